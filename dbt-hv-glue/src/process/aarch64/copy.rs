//! Copies that survive a fault (AArch64).
//!
//! A system call emulator copies guest memory while other guest threads unmap it
//! and truncate the files behind it. Checking the page table first is not enough,
//! and a fault in the middle of an ordinary `memcpy` would kill the host. Rust's
//! memory model also has nothing good to say about reading bytes that somebody is
//! writing.
//!
//! So copies are loops in assembly, which the memory model does not look into: of
//! sixteen bytes, then of single ones. When an access of the first loop faults, the
//! hook (see [`fault`](super::fault)) has the second one go on, which gets exactly as
//! far as it can; when one of the second faults, the function returns what is left.

use core::arch::global_asm;
use core::sync::atomic::{AtomicBool, Ordering};

/// A copy stopped early.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Stopped {
    /// How many bytes were copied.
    pub(super) done: usize,
    /// Whether it was by `SIGBUS`.
    pub(super) bus: bool,
}

#[repr(C)]
struct Result2 {
    left: u64,
    signal: u64,
}

/// Copies `len` bytes, of which those on the guest's side may fault.
///
/// # Safety
///
/// Each side is either valid for `len` bytes (read or write respectively), or lies
/// in the reservation of a window, to which no Rust reference exists, and the hook
/// is installed.
pub(super) unsafe fn copy(from: *const u8, to: *mut u8, len: usize) -> Result<(), Stopped> {
    debug_assert!(INSTALLED.load(Ordering::Relaxed), "copy without the hook");
    // SAFETY: handed down; a fault in a window is caught by the hook.
    let result = unsafe { dbt_glue_copy(to, from, len as u64) };
    if result.left == 0 {
        return Ok(());
    }
    Err(Stopped {
        done: len - usize::try_from(result.left).unwrap_or(len),
        bus: result.signal == libc::SIGBUS.cast_unsigned().into(),
    })
}

/// Whether the hook has been installed; for assertions only.
pub(super) static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Returns where to continue if `pc` is a fault-tolerant instruction.
pub(super) fn recovery(pc: usize) -> Option<usize> {
    let at = |label: unsafe extern "C" fn()| label as *const () as usize;
    let start = dbt_glue_copy as *const () as usize;
    if (start..at(dbt_glue_copy_bytes)).contains(&pc) {
        return Some(at(dbt_glue_copy_bytes));
    }
    (at(dbt_glue_copy_bytes)..at(dbt_glue_copy_stopped))
        .contains(&pc)
        .then_some(at(dbt_glue_copy_stopped))
}

// Defined below, with these signatures. The labels are never called.
unsafe extern "C" {
    fn dbt_glue_copy(to: *mut u8, from: *const u8, len: u64) -> Result2;
    fn dbt_glue_copy_bytes();
    fn dbt_glue_copy_stopped();
}

// x0: to, x1: from, x2: length that is left. The hook leaves the signal in x17.
global_asm!(
    ".hidden dbt_glue_copy",
    ".hidden dbt_glue_copy_bytes",
    ".hidden dbt_glue_copy_stopped",
    ".globl dbt_glue_copy",
    ".globl dbt_glue_copy_bytes",
    ".globl dbt_glue_copy_stopped",
    ".p2align 2",
    "dbt_glue_copy:",
    "cmp x2, #16",
    "b.lo dbt_glue_copy_bytes",
    "ldp x4, x5, [x1]",
    "stp x4, x5, [x0]",
    "add x1, x1, #16",
    "add x0, x0, #16",
    "sub x2, x2, #16",
    "b dbt_glue_copy",
    "dbt_glue_copy_bytes:",
    "cbz x2, dbt_glue_copy_stopped",
    "ldrb w4, [x1]",
    "strb w4, [x0]",
    "add x1, x1, #1",
    "add x0, x0, #1",
    "sub x2, x2, #1",
    "b dbt_glue_copy_bytes",
    "dbt_glue_copy_stopped:",
    "mov x0, x2",
    "mov x1, x17",
    "ret",
);
