//! `cargo xtask bless`: rewrites what the filetests expect.

use std::path::Path;
use std::process::ExitCode;

use dbt_testkit::filetest::{A64_KINDS, IR_KINDS, ISA_KINDS, Run, bless};

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use dbt_testkit::filetest::X86_KINDS;
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
const X86_KINDS: [(&str, Run); 0] = [];

/// The folders of `filetests` and the kinds of test that they hold.
const FOLDERS: [(&str, &[(&str, Run)]); 7] = [
    ("isa", &ISA_KINDS),
    ("ir", &IR_KINDS),
    ("opt", &IR_KINDS),
    ("a64", &A64_KINDS),
    ("x86", &X86_KINDS),
    ("counts/a64", &A64_KINDS),
    ("counts/x86", &X86_KINDS),
];

pub(crate) fn run() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../filetests");
    let mut code = ExitCode::SUCCESS;
    for (folder, kinds) in FOLDERS {
        if kinds.is_empty() {
            eprintln!("xtask: {folder} is blessed on x86-64 Linux only");
            continue;
        }
        match bless(&root.join(folder), kinds) {
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
