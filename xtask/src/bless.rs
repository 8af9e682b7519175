//! `cargo xtask bless`: rewrites what the filetests expect.

use std::path::Path;
use std::process::ExitCode;

use dbt_testkit::filetest::{IR_KINDS, bless};

/// The folders of `filetests` and the kinds of test that they hold.
const FOLDERS: [&str; 2] = ["ir", "opt"];

pub(crate) fn run() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../filetests");
    let mut code = ExitCode::SUCCESS;
    for folder in FOLDERS {
        match bless(&root.join(folder), &IR_KINDS) {
            Ok(changed) => {
                for path in changed {
                    println!("rewrote {}", path.display());
                }
            }
            Err(failures) => {
                for failure in failures {
                    eprintln!("xtask: {failure}");
                }
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}
