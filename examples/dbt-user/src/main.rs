//! Runs 32-bit ARM Linux programs on 64-bit Linux.
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "this is a program for an operating system"
)]

mod engine;

use std::env;
use std::process::ExitCode;

use dbt_user::cli::{self, Command};

fn main() -> ExitCode {
    let options = match cli::parse(env::args_os().skip(1)) {
        Ok(Command::Run(options)) => options,
        Ok(Command::Help) => {
            println!("{}", cli::HELP);
            return ExitCode::SUCCESS;
        }
        Ok(Command::Version) => {
            println!("dbt-user {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("dbt-user: {message}");
            return ExitCode::from(2);
        }
    };
    let environment = cli::environment(env::vars_os(), &options.env);
    let engine = match engine::create(&options.engine) {
        Ok(engine) => engine,
        Err(error) => {
            eprintln!("dbt-user: {error}");
            return ExitCode::from(125);
        }
    };
    match dbt_user::run(&options, environment, engine) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dbt-user: {error}");
            ExitCode::from(u8::try_from(error.status()).unwrap_or(1))
        }
    }
}
