//! Random execution against Unicorn: builds and runs `oracles/unicorn`.
//!
//! That is a workspace of its own, because Unicorn's licence is the GPL and its
//! build needs tools that the default build does not.

use std::path::Path;
use std::process::{Command, ExitCode};

/// Runs `cargo xtask oracle unicorn`; the arguments are the oracle's.
pub(crate) fn run(args: &mut lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    if Command::new("cmake").arg("--version").output().is_err() {
        return Err(
            "cmake is missing; Debian has it in `cmake`, and libclang, which Unicorn's \
                    build needs as well, in `libclang-dev`"
                .into(),
        );
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let status = Command::new("cargo")
        .args([
            "run",
            "--release",
            "--manifest-path",
            "oracles/unicorn/Cargo.toml",
        ])
        .args(["--target-dir", "target/unicorn", "--"])
        .args(args.raw_args()?)
        .current_dir(root)
        .status()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
