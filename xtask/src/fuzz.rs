//! `cargo xtask fuzz`: every fuzz target in turn.
//!
//! What cargo-fuzz does is to compile with a few flags, and to run a program with a
//! few options; this does it with the stable compiler alone, and with the options that
//! make a target fast. The decoders' targets execute hundreds of thousands of
//! inputs a second since inputs are short, nothing is set up or allocated for one, and
//! the binary has few counters: libFuzzer looks at each of them after each input.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use lexopt::prelude::*;

/// A target.
struct Target {
    name: &'static str,
    /// The bytes of the longest input that is worth while.
    max_len: u32,
}

const fn target(name: &'static str, max_len: u32) -> Target {
    Target { name, max_len }
}

const TARGETS: &[Target] = &[
    target("decode_a32", 8),
    target("decode_t32", 9),
    target("encodings", 7),
    target("description", 5),
    target("step", 15),
    target("ir_text", 300),
    target("lockstep_jit", 74),
    target("lockstep_system", 106),
    target("lockstep_fp", 106),
    target("lockstep_exclusive", 106),
    target("code_cache", 200),
    target("elf_load", 600),
];

/// What the compiler adds to targets and to what they test: a counter for each edge of
/// the control flow, which libFuzzer reads.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table --cfg fuzzing";

/// What makes libFuzzer fast: no weighing of the corpus and no search for shorter inputs,
/// which take longer than inputs do; lengths as they come.
const OPTIONS: [&str; 7] = [
    "-entropic=0",
    "-reduce_inputs=0",
    "-shrink=0",
    "-len_control=0",
    "-reload=0",
    "-timeout=20",
    "-print_final_stats=1",
];

/// How a run went.
struct Outcome {
    name: &'static str,
    executions: u64,
    seconds: f64,
    meaningful: String,
    clean: bool,
}

/// Runs the targets that the arguments name.
pub(crate) fn run(args: &mut lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    let mut minutes = 12.0_f64;
    let mut names = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            Long("minutes") => minutes = args.value()?.parse()?,
            Value(name) => names.push(name.string()?),
            other => return Err(other.unexpected()),
        }
    }
    for name in &names {
        if !TARGETS.iter().any(|target| target.name == name) {
            return Err(format!("there is no target {name:?}").into());
        }
    }
    let chosen: Vec<_> = (TARGETS.iter())
        .filter(|target| names.is_empty() || names.iter().any(|name| name == target.name))
        .collect();
    let seconds = (minutes * 60.0 / chosen.len() as f64).max(1.0);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let outcomes = build(&root).and_then(|binaries| {
        (chosen.iter())
            .map(|target| fuzz(&root, &binaries, target, seconds))
            .collect::<Result<Vec<_>, _>>()
    });
    let outcomes = match outcomes {
        Ok(outcomes) => outcomes,
        Err(error) => {
            eprintln!("xtask: {error}");
            return Ok(ExitCode::FAILURE);
        }
    };
    print(&outcomes);
    let clean = outcomes.iter().all(|outcome| outcome.clean);
    Ok(ExitCode::from(u8::from(!clean)))
}

fn print(outcomes: &[Outcome]) {
    println!("target               executions   a second  result");
    for outcome in outcomes {
        let Outcome {
            name,
            executions,
            seconds,
            meaningful,
            clean,
        } = outcome;
        let result = if *clean { "clean" } else { "FAILED" };
        let rate = *executions as f64 / seconds;
        println!("{name:<20} {executions:>10} {rate:>10.0}  {result} {meaningful}");
    }
    let total: u64 = outcomes.iter().map(|outcome| outcome.executions).sum();
    println!("{total} executions");
}

/// Builds the targets and returns the folder that they are in.
fn build(root: &Path) -> Result<PathBuf, String> {
    let version = Command::new("rustc").arg("-vV").output();
    let version = version.map_err(|error| format!("cannot run rustc: {error}"))?;
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let host = (version.lines())
        .find_map(|line| line.strip_prefix("host: "))
        .ok_or("rustc does not tell its host")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // With a target, flags do not apply to what runs while compiling.
    let status = Command::new(cargo)
        .args(["build", "--release", "--target", host])
        .current_dir(root)
        .env("RUSTFLAGS", FLAGS)
        .status()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !status.success() {
        return Err("the targets do not build".to_owned());
    }
    Ok(root.join("target").join(host).join("release"))
}

/// Runs one target; what it finds interesting is kept in its folder of the corpus.
fn fuzz(root: &Path, binaries: &Path, target: &Target, seconds: f64) -> Result<Outcome, String> {
    let Target { name, max_len } = *target;
    let (corpus, seeds) = (
        root.join("corpus").join(name),
        root.join("seeds").join(name),
    );
    let artifacts = root.join("artifacts").join(name);
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    println!("{name}, {seconds:.0} s");
    let mut command = Command::new(binaries.join(name));
    command
        .arg(format!("-max_len={max_len}"))
        .arg(format!("-max_total_time={seconds:.0}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .args(OPTIONS)
        .arg(&corpus);
    if seeds.is_dir() {
        command.arg(&seeds);
    }
    let start = std::time::Instant::now();
    let output = command.output();
    let output = output.map_err(|error| format!("cannot run {name}: {error}"))?;
    let log = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        println!("{log}");
    }
    let executions = (log.lines())
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .and_then(|count| count.trim().parse().ok());
    let meaningful = log.lines().find(|line| line.ends_with("were meaningful"));
    Ok(Outcome {
        name,
        executions: executions.unwrap_or(0),
        seconds: start.elapsed().as_secs_f64(),
        meaningful: meaningful.unwrap_or_default().to_owned(),
        clean: output.status.success(),
    })
}
