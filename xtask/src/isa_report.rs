//! `cargo xtask isa-report`: the manuals' instructions and the rows that describe them.

use std::path::Path;
use std::process::ExitCode;

use dbt_testkit::filetest::{ISA_KINDS, report};

/// Prints what comes of the index, up to date or not.
pub(crate) fn run() -> ExitCode {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../filetests/isa/index.txt");
    match report(&path, &ISA_KINDS) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("xtask: {}: {reason}", path.display());
            ExitCode::FAILURE
        }
    }
}
