//! Making new code visible to instruction fetch.

use core::sync::atomic::{Ordering, compiler_fence};

use rustix::mm::ProtFlags;

/// Makes `len` bytes of code that were written at `write` visible at `exec`, which is
/// mapped with `prot`.
///
/// x86 processors keep instruction fetch coherent with stores, also through another
/// mapping, from the next branch into the code on; the fence keeps the compiler from
/// delaying the stores.
pub(super) fn publish(_write: *const u8, _exec: *const u8, _len: usize, _prot: ProtFlags) {
    compiler_fence(Ordering::SeqCst);
}

/// Returns what has indirect branches to a page checked: nothing, since Linux lets no
/// process have that.
pub(super) const fn branch_targets() -> ProtFlags {
    ProtFlags::empty()
}

/// Finds out nothing: processors are all alike here.
///
/// # Safety
///
/// None is needed.
pub(super) const unsafe fn try_out(_write: *mut u8, _exec: *const u8) {}

/// Tells whether code may be inaccessible for a moment while it is published.
pub(super) const fn is_republished() -> bool {
    false
}
