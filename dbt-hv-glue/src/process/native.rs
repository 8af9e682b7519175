//! The back end for the host that the process runs on (x86-64).

use super::{Error, ProcessCode};

/// That back end.
pub type NativeBackend = dbt_x86_backend::X86Backend;

/// Makes the back end, for the features of the CPU that this runs on.
#[must_use]
pub fn backend() -> NativeBackend {
    NativeBackend::default()
}

/// Has the host check that indirect branches into the code lead where the back end meant
/// them to. On x86-64 nothing changes.
#[must_use]
pub fn check_branches(backend: NativeBackend, code: ProcessCode) -> (NativeBackend, ProcessCode) {
    (backend, code.with_branch_targets())
}

/// Makes code memory with what the back end can use.
///
/// # Errors
///
/// As [`ProcessCode::new`].
pub fn code(capacity: usize) -> Result<ProcessCode, Error> {
    ProcessCode::new(capacity)
}
