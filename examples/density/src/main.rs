//! Counts how many host instructions each back end's code would execute for each
//! guest instruction of a program: a measure that needs no hardware and repeats
//! exactly.
//!
//! The program is interpreted under the personality of `dbt-user`. Each guest
//! instruction is accounted to the unit in which generated code would execute it:
//! units are lifted, optimised and compiled as the engine does, and control follows
//! them as it would follow linked fragments. What counts are the instructions that a
//! back end emitted for the guest instruction, for the head of each block that is
//! entered and for the end of each that is left. Not counted are the runtime, called
//! functions, and code out of line, but for one branch at each conditional exit that
//! is taken.
//!
//! `density [-L SYSROOT] PROGRAM [ARGUMENTS...]` takes the options of `dbt-user` and
//! prints a line of sums to standard error when the program ends or has executed twenty
//! million instructions: guest instructions,
//! then for x86-64 and AArch64 the host instructions, and how many of them are block
//! heads and ends.
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "this is a program for an operating system"
)]

mod cpu;
mod units;

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use dbt_user::cli::{self, Command};

fn main() -> ExitCode {
    let options = match cli::parse(env::args_os().skip(1)) {
        Ok(Command::Run(options)) => options,
        Ok(_) => {
            println!("usage: density [OPTIONS of dbt-user] PROGRAM [ARGUMENTS...]");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("density: {message}");
            return ExitCode::from(2);
        }
    };
    let environment = cli::environment(env::vars_os(), &options.env);
    match dbt_user::run(&options, environment, Arc::new(cpu::Counting)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("density: {error}");
            ExitCode::from(u8::try_from(error.status()).unwrap_or(1))
        }
    }
}
