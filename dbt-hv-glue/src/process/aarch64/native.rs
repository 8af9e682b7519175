//! The back end for the host that the process runs on (AArch64).

use dbt_a64_backend::Features;

use super::{Error, ProcessCode};

/// That back end.
pub type NativeBackend = dbt_a64_backend::A64Backend;

/// Makes the back end, for the features of the CPU that this runs on.
#[must_use]
pub fn backend() -> NativeBackend {
    let (hwcap, hwcap2) = rustix::param::linux_hwcap();
    NativeBackend::new(Features::from_hwcap(hwcap as u64, hwcap2 as u64))
}

/// Has the host check that indirect branches into the code lead where the back end meant
/// them to. Without FEAT_BTI nothing changes.
#[must_use]
pub fn check_branches(backend: NativeBackend, code: ProcessCode) -> (NativeBackend, ProcessCode) {
    let code = code.with_branch_targets();
    match code.checks_branches() {
        true => (backend.with_branch_targets(), code),
        false => (backend, code),
    }
}

/// Makes code memory with what the back end can use.
///
/// # Errors
///
/// As [`ProcessCode::new`].
pub fn code(capacity: usize) -> Result<ProcessCode, Error> {
    ProcessCode::new(capacity).map(ProcessCode::with_directory)
}
