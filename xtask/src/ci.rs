//! `cargo xtask ci`: the steps of continuous integration, one by one.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use lexopt::prelude::*;

use crate::unsafe_inventory;

/// A step: its name, what it is for, and what it does.
type Step = (&'static str, &'static str, fn() -> Result<(), String>);

const STEPS: &[Step] = &[
    (
        "program",
        "the embedded guest program runs and finds its answers right",
        program,
    ),
    ("fmt", "there is one way to lay code out", fmt),
    (
        "unsafe",
        "SAFETY.md lists every module with unsafe code",
        unsafe_code,
    ),
    (
        "clippy",
        "no warnings, all features, tests and benches included",
        clippy,
    ),
    ("fuzz", "the fuzz targets compile, without warnings", fuzz),
    ("doc", "the documentation builds without warnings", doc),
    ("no-std", "the library crates build for bare metal", no_std),
    ("package", "the leaf crates can be published", package),
    (
        "capstone",
        "decoders agree with Capstone, on a sample",
        capstone,
    ),
    (
        "lockstep",
        "generated code and the interpreter agree, for a moment",
        lockstep,
    ),
    (
        "float",
        "generated code agrees with SoftFloat, for a moment",
        float,
    ),
    (
        "aarch64",
        "the AArch64 back end agrees with the interpreter, under an emulator, for a moment",
        aarch64,
    ),
    (
        "unicorn",
        "the interpreter agrees with Unicorn, for a moment",
        unicorn,
    ),
    (
        "threads",
        "guest programs with threads and signals find themselves right, for a moment",
        threads,
    ),
    (
        "bench",
        "guest programs print natively, under QEMU and under us the same",
        bench,
    ),
    (
        "test",
        "every test that needs only Rust and a C compiler",
        test,
    ),
];

/// Crates that need `alloc`, and build without an operating system.
const LIBRARIES: [&str; 6] = [
    "dbt-isa",
    "dbt-core",
    "dbt-a32-frontend",
    "dbt-x86-backend",
    "dbt-a64-backend",
    "dbt-mmu",
];
/// Workspaces of their own.
const OTHERS: [&str; 2] = ["fuzz", "oracles/unicorn"];
/// Where bare-metal embedders run.
const HOSTS: [&str; 2] = ["aarch64-unknown-none", "x86_64-unknown-none"];
/// A target where nobody brings an allocator.
const SMALL: &str = "thumbv7em-none-eabi";
/// Crates that depend on no other of ours that is not listed before them.
const LEAVES: [&str; 3] = ["dbt-isa-macros", "dbt-isa", "dbt-mmu"];

/// Runs the step that the arguments name.
pub(crate) fn run(args: &mut lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    let Some(Value(name)) = args.next()? else {
        for (name, purpose, _) in STEPS {
            println!("{name:<10} {purpose}");
        }
        return Ok(ExitCode::SUCCESS);
    };
    let Some((_, _, step)) = STEPS.iter().find(|(known, ..)| name == *known) else {
        return Err(format!("there is no step {name:?}").into());
    };
    Ok(exit_code(step()))
}

/// Runs `cargo xtask unsafe-inventory`.
pub(crate) fn unsafe_inventory() -> ExitCode {
    exit_code(unsafe_code())
}

fn exit_code(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn program() -> Result<(), String> {
    cargo("run --release -p dbt-user")
}

fn test() -> Result<(), String> {
    cargo("test --workspace")
}

fn fmt() -> Result<(), String> {
    cargo("fmt --all --check")?;
    for workspace in OTHERS {
        cargo(&format!(
            "fmt --manifest-path {workspace}/Cargo.toml --check"
        ))?;
    }
    Ok(())
}

fn clippy() -> Result<(), String> {
    cargo("clippy --workspace --all-targets --all-features -- -D warnings")
}

fn fuzz() -> Result<(), String> {
    cargo("clippy --manifest-path fuzz/Cargo.toml -- -D warnings")
}

fn doc() -> Result<(), String> {
    let mut command = command("doc --workspace --no-deps");
    command.env("RUSTDOCFLAGS", "-D warnings");
    status(&mut command)
}

fn unsafe_code() -> Result<(), String> {
    unsafe_inventory::check(&root())
}

fn no_std() -> Result<(), String> {
    for target in HOSTS.into_iter().chain([SMALL]) {
        have(target)?;
    }
    let libraries = LIBRARIES.map(|name| format!("-p {name}")).join(" ");
    for host in HOSTS {
        cargo(&format!("build --target {host} {libraries}"))?;
        for bare in ["dbt-a32-frontend", "dbt-hv-glue"] {
            cargo(&format!(
                "build --target {host} -p {bare} --no-default-features"
            ))?;
        }
    }
    cargo("build --target x86_64-unknown-none -p bare-metal")?;
    cargo(&format!(
        "build --target {SMALL} -p dbt-isa -p dbt-a32-frontend --no-default-features"
    ))
}

/// Tells whether the compiler has the libraries of a target.
fn have(target: &str) -> Result<(), String> {
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", target])
        .output()
        .map_err(|error| format!("cannot run rustc: {error}"))?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if output.status.success() && folder.is_dir() {
        return Ok(());
    }
    Err(format!(
        "rustc has no library for {target}: `rustup target add {target}`"
    ))
}

fn package() -> Result<(), String> {
    let leaves = LEAVES.map(|name| format!("-p {name}")).join(" ");
    cargo(&format!("publish --dry-run --allow-dirty {leaves}"))
}

fn capstone() -> Result<(), String> {
    cargo("xtask oracle capstone --sample 4000000")
}

fn lockstep() -> Result<(), String> {
    cargo("xtask oracle lockstep --count 200000")?;
    for programs in ["floating", "system", "exclusive", "hostile"] {
        cargo(&format!(
            "xtask oracle lockstep --{programs} --count 200000"
        ))?;
    }
    cargo("xtask oracle lockstep --system --hostile --count 200000")
}

/// Runs the embedded program and the lockstep suite for AArch64 under QEMU.
fn aarch64() -> Result<(), String> {
    const TARGET: &str = "aarch64-unknown-linux-gnu";
    have(TARGET)?;
    for tool in ["qemu-aarch64-static", "aarch64-linux-gnu-gcc"] {
        installed(tool)?;
    }
    cargo(&format!(
        "clippy --release --target {TARGET} -p dbt-hv-glue -p dbt-user --all-features \
         --all-targets -- -D warnings"
    ))?;
    cargo(&format!("run --release --target {TARGET} -p dbt-user"))?;
    cargo(&format!(
        "test --release --target {TARGET} -p dbt-testkit --test lockstep --test conformance"
    ))?;
    // Emulators do not know every flag that Linux does.
    cargo(&format!(
        "test --release --target {TARGET} -p dbt-hv-glue --lib at_zero"
    ))?;
    let oracle = format!("run --release --target {TARGET} -p xtask -- oracle");
    for programs in ["", "--floating", "--system", "--exclusive", "--hostile"] {
        cargo(&format!("{oracle} lockstep {programs} --count 10000"))?;
    }
    cargo(&format!("{oracle} float --tuples 100"))
}

/// Fails if a program cannot be run.
fn installed(tool: &str) -> Result<(), String> {
    let run = Command::new(tool).arg("--version").output();
    run.map(|_| ()).map_err(|_| {
        format!("{tool} is missing: Debian has it in qemu-user-static and gcc-aarch64-linux-gnu")
    })
}

fn float() -> Result<(), String> {
    cargo("xtask oracle float --tuples 1000")
}

fn unicorn() -> Result<(), String> {
    cargo("xtask oracle unicorn --count 500000")?;
    cargo("xtask oracle unicorn --system --count 200000")
}

fn threads() -> Result<(), String> {
    cargo("build --release -p dbt-user")?;
    cargo("xtask oracle threads --seconds 2")
}

fn bench() -> Result<(), String> {
    cargo("build --release -p dbt-user")?;
    cargo("xtask bench user --runs 1")?;
    cargo("xtask bench user --runs 1 --floating mandelbrot")
}

/// Runs cargo in the root of the workspace.
fn cargo(arguments: &str) -> Result<(), String> {
    status(&mut command(arguments))
}

fn command(arguments: &str) -> Command {
    let mut command = Command::new("cargo");
    command
        .args(arguments.split_whitespace())
        .current_dir(root());
    command
}

fn status(command: &mut Command) -> Result<(), String> {
    let text = {
        let words = command.get_args().map(|word| word.to_string_lossy());
        format!("cargo {}", words.collect::<Vec<_>>().join(" "))
    };
    println!("$ {text}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{text}` failed: {status}")),
        Err(error) => Err(format!("cannot run `{text}`: {error}")),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
