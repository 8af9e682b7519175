//! Guest programs with threads and signals that check themselves.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::time::Instant;

use lexopt::prelude::*;

/// The compiler of the guest programs.
const CROSS: &str = "arm-linux-gnueabihf-gcc";
const FLAGS: [&str; 7] = [
    "-O2",
    "-mfpu=neon",
    "-mfloat-abi=hard",
    "-static",
    "-pthread",
    "-Wall",
    "-Werror",
];

/// A program of `guests/threads`: its name, the architecture and the instruction set
/// that it is compiled for, and whether its first argument is a number of seconds or
/// what it does in about one.
struct Program {
    name: &'static str,
    architecture: &'static str,
    set: &'static str,
    each_second: Option<u64>,
}

const fn program(
    name: &'static str,
    architecture: &'static str,
    set: &'static str,
    each_second: Option<u64>,
) -> Program {
    Program {
        name,
        architecture,
        set,
        each_second,
    }
}

const PROGRAMS: [Program; 7] = [
    program("stack", "armv7-a", "arm", None),
    program("stack", "armv7-a", "thumb", None),
    program("atomics", "armv7-a", "arm", Some(10_000)),
    program("atomics", "armv7-a", "thumb", Some(10_000)),
    program("patching", "armv7-a", "arm", Some(200)),
    program("patching", "armv7-a", "thumb", Some(200)),
    program("signals", "armv7-a", "arm", None),
];

struct Options {
    /// For how long each program runs, about.
    seconds: u64,
    threads: u64,
    /// What runs them, with its own arguments.
    emulator: Vec<String>,
    /// The programs, or all.
    names: Vec<String>,
}

/// Runs `cargo xtask oracle threads`.
pub(crate) fn run(args: &mut lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    let options = parse(args)?;
    Ok(match all(&options) {
        Ok(clean) => super::verdict(clean),
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    })
}

fn parse(args: &mut lexopt::Parser) -> Result<Options, lexopt::Error> {
    let mut options = Options {
        seconds: 10,
        threads: 4,
        emulator: vec!["target/release/dbt-user".to_owned()],
        names: Vec::new(),
    };
    while let Some(arg) = args.next()? {
        match arg {
            Long("seconds") => options.seconds = args.value()?.parse()?,
            Long("threads") => options.threads = args.value()?.parse()?,
            Long("with") => {
                let command = args.value()?.string()?;
                options.emulator = command.split_whitespace().map(str::to_owned).collect();
            }
            Value(name) if PROGRAMS.iter().any(|program| name == program.name) => {
                options.names.push(name.string()?);
            }
            _ => return Err(arg.unexpected()),
        }
    }
    Ok(options)
}

fn all(options: &Options) -> Result<bool, String> {
    let folder = Path::new("target/guests");
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let mut clean = true;
    for program in &PROGRAMS {
        if !options.names.is_empty() && !options.names.iter().any(|name| name == program.name) {
            continue;
        }
        let guest = build(folder, program)?;
        let start = Instant::now();
        let output = execute(options, program, &guest)?;
        clean &= output.status.success();
        println!(
            "{:<9} {} {:<6} {:>6.1} s  {}  {} {}",
            program.name,
            program.architecture,
            program.set,
            start.elapsed().as_secs_f64(),
            output.status,
            String::from_utf8_lossy(&output.stdout).trim(),
            String::from_utf8_lossy(&output.stderr).trim(),
        );
    }
    Ok(clean)
}

fn build(folder: &Path, program: &Program) -> Result<PathBuf, String> {
    let Program {
        name,
        architecture,
        set,
        ..
    } = program;
    let guest = folder.join(format!("{name}-{architecture}-{set}"));
    let status = Command::new(CROSS)
        .args(FLAGS)
        .args([format!("-march={architecture}"), format!("-m{set}")])
        .arg("-o")
        .arg(&guest)
        .arg(format!("guests/threads/{name}.c"))
        .status()
        .map_err(|error| format!("{CROSS} (Debian: gcc-arm-linux-gnueabihf): {error}"))?;
    match status.success() {
        true => Ok(guest),
        false => Err(format!("{name}.c does not compile")),
    }
}

fn execute(options: &Options, program: &Program, guest: &Path) -> Result<Output, String> {
    let [emulator, arguments @ ..] = options.emulator.as_slice() else {
        return Err("the emulator has no name".to_owned());
    };
    let mut command = Command::new(emulator);
    command
        .args(arguments)
        .arg(guest)
        .arg((options.seconds * program.each_second.unwrap_or(1)).to_string());
    if program.name != "signals" {
        command.arg(options.threads.to_string());
    }
    let output = command.output();
    output.map_err(|error| format!("{emulator} (see `cargo build --release -p dbt-user`): {error}"))
}
