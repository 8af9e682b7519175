//! Copies that survive a fault.
//!
//! A system call emulator copies guest memory while other guest threads unmap it
//! and truncate the files behind it. Checking the page table first is not enough,
//! and a fault in the middle of an ordinary `memcpy` would kill the host. Rust's
//! memory model also has nothing good to say about reading bytes that somebody is
//! writing.
//!
//! So copies are a single `rep movsb`, which the memory model does not look into.
//! When it faults, the hook (see [`fault`](super::fault)) recognises the
//! instruction by its address and lets the function return early: `rcx` holds
//! what is left, exactly, and `rdx` receives the signal's number.
//!
//! The alternative without assembly, `process_vm_readv` on the own process, costs
//! a system call per copy; it is what an AArch64 version can start with.

use core::arch::naked_asm;
use core::sync::atomic::{AtomicBool, Ordering};

/// Where [`copy_bytes`] continues when its first instruction has faulted: behind
/// it. `rep movsb` is two bytes long.
const LANDING: usize = 2;

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
    let result = unsafe { copy_bytes(to, from, 0, len as u64) };
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
    let copy = copy_bytes as *const () as usize;
    (pc == copy).then_some(copy + LANDING)
}

/// `rdi`: to, `rsi`: from, `rdx`: signal (zero), `rcx`: length.
/// Returns the length left in `rax`, the signal in `rdx`.
#[unsafe(naked)]
unsafe extern "sysv64" fn copy_bytes(
    to: *mut u8,
    from: *const u8,
    signal: u64,
    len: u64,
) -> Result2 {
    naked_asm!("rep movsb", "mov rax, rcx", "ret")
}
