//! `cargo xtask oracle`: long comparisons with independent parties.

mod capstone;
mod float;
mod llvm;
mod lockstep;
mod threads;
mod unicorn;

use std::process::ExitCode;

use lexopt::prelude::*;

/// Runs the oracle that the arguments name.
pub(crate) fn run(args: &mut lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    match args.next()? {
        Some(Value(name)) if name == "capstone" => capstone::run(args),
        Some(Value(name)) if name == "float" => float::run(args),
        Some(Value(name)) if name == "llvm" => llvm::run(args),
        Some(Value(name)) if name == "lockstep" => lockstep::run(args),
        Some(Value(name)) if name == "threads" => threads::run(args),
        Some(Value(name)) if name == "unicorn" => unicorn::run(args),
        Some(other) => Err(other.unexpected()),
        None => Err("the name of an oracle is missing".into()),
    }
}

/// Says how a comparison ended.
fn verdict(clean: bool) -> ExitCode {
    if clean {
        println!("no unexplained differences");
        ExitCode::SUCCESS
    } else {
        println!("UNEXPLAINED DIFFERENCES");
        ExitCode::FAILURE
    }
}
