//! Counts how many host instructions each back end's code would execute for each
//! guest instruction of a program: a measure that needs no hardware and repeats
//! exactly.
//!
//! The program is interpreted under the personality of `dbt-user`. Each guest
//! instruction is accounted to the unit in which generated code would execute it:
//! units are lifted, optimised and compiled as the engine does, and control follows
//! them as it would follow linked fragments and paired returns. What counts are the
//! instructions that a back end emitted for the guest instruction, for the head of each
//! block that is entered and for the end of each that is left; of a guest instruction
//! that leaves in its middle, what precedes, and on AArch64 what lies out of line on that
//! way. Not counted are the runtime and called functions.
//!
//! `density [--baseline] [--units N] [-L SYSROOT] PROGRAM [ARGUMENTS...]` takes the options of
//! `dbt-user` too. When the program ends or has executed twenty million instructions it
//! prints a line to standard error: the number of guest instructions, that of x86-64's, and
//! those of AArch64 by what they are for; `--baseline` says that its host is ARMv8.0, else it has all
//! features. One for each guest instruction that has any is
//! called its `own`; joined accesses and the like have none. `--units` lists the units
//! that execute most.
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "this is a program for an operating system"
)]

mod code;
mod cpu;
mod names;
mod units;

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use dbt_a64_backend::Features;
use dbt_user::cli::{self, Command};

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1).peekable();
    let baseline = arguments.next_if(|first| first == "--baseline").is_some();
    let features = if baseline {
        Features::BASELINE
    } else {
        Features::from_hwcap(u64::MAX, u64::MAX)
    };
    let mut listed = 0;
    if arguments.next_if(|first| first == "--units").is_some() {
        let number = arguments.next().unwrap_or_default();
        match number.to_string_lossy().parse() {
            Ok(number) => listed = number,
            Err(error) => {
                eprintln!("density: --units {}: {error}", number.display());
                return ExitCode::from(2);
            }
        }
    }
    let options = match cli::parse(arguments) {
        Ok(Command::Run(options)) => options,
        Ok(_) => {
            println!(
                "usage: density [--baseline] [--units N] [OPTIONS of dbt-user] PROGRAM [ARGUMENTS...]"
            );
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("density: {message}");
            return ExitCode::from(2);
        }
    };
    let environment = cli::environment(env::vars_os(), &options.env);
    let counting = cpu::Counting { features, listed };
    match dbt_user::run(&options, environment, Arc::new(counting)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("density: {error}");
            ExitCode::from(u8::try_from(error.status()).unwrap_or(1))
        }
    }
}
