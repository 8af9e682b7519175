//! Making new code visible to instruction fetch (AArch64).
//!
//! Data and instruction caches are separate. What was written is cleaned to where
//! both meet, then the instruction caches of all CPUs forget what they had (Arm ARM
//! DDI 0487, B2.4.4, "Concurrent modification and execution of instructions"; K10.5
//! for the sequence). CPUs that may have fetched ahead must also synchronise their
//! context, which `membarrier` makes those do that run this process.
//!
//! QEMU before 8.1 ignores instruction cache maintenance by programs and finds out
//! about changed code by write-protecting the page that it was fetched from, which a
//! second mapping escapes. There the page is made inaccessible to execution for a
//! moment, which it does notice. Whether that is needed is found out by trying.

use core::arch::asm;
use core::sync::atomic::{AtomicU8, Ordering};

use rustix::mm::{MprotectFlags, ProtFlags};

use super::page_size;

/// Makes `len` bytes of code that were written at `write` visible at `exec`, which is
/// mapped with `prot`.
pub(super) fn publish(write: *const u8, exec: *const u8, len: usize, prot: ProtFlags) {
    maintain(write, exec, len);
    synchronise();
    if is_republished() {
        republish(exec, len, prot);
    }
}

/// Returns what has indirect branches to a page checked (`PROT_BTI`): nothing if the
/// host cannot.
pub(super) fn branch_targets() -> ProtFlags {
    const HWCAP2_BTI: usize = 1 << 17;
    const PROT_BTI: u32 = 0x10;
    let (_, hwcap2) = rustix::param::linux_hwcap();
    match hwcap2 & HWCAP2_BTI {
        0 => ProtFlags::empty(),
        _ => ProtFlags::from_bits_retain(PROT_BTI),
    }
}

/// Tells whether code may be inaccessible for a moment while it is published.
pub(super) fn is_republished() -> bool {
    // Relaxed: the value stands alone.
    MAINTENANCE.load(Ordering::Relaxed) == IGNORED
}

/// What became of maintenance instructions: not tried, obeyed or ignored.
static MAINTENANCE: AtomicU8 = AtomicU8::new(UNTRIED);
const UNTRIED: u8 = 0;
const OBEYED: u8 = 1;
const IGNORED: u8 = 2;

/// Finds out whether maintenance instructions do anything, with the first bytes of
/// code memory, to which `write` writes and which is executed at `exec`.
///
/// # Safety
///
/// There are at least eight bytes, which nobody else uses.
pub(super) unsafe fn try_out(write: *mut u8, exec: *const u8) {
    if MAINTENANCE.load(Ordering::Relaxed) != UNTRIED {
        return;
    }
    let mut obeyed = true;
    for n in [1_u32, 2] {
        let code = [0x5280_0000 | n << 5, 0xd65f_03c0]; // mov w0, #n; ret
        // SAFETY: the caller says that there are eight bytes, at the start of a page.
        unsafe { write.cast::<[u32; 2]>().write_volatile(code) };
        maintain(write, exec, size_of_val(&code));
        // SAFETY: that is a function of this type.
        let function: extern "C" fn() -> u32 = unsafe { core::mem::transmute(exec) };
        obeyed &= function() == n;
    }
    let found = if obeyed { OBEYED } else { IGNORED };
    MAINTENANCE.store(found, Ordering::Relaxed);
}

fn maintain(write: *const u8, exec: *const u8, len: usize) {
    let ctr: u64;
    // SAFETY: Linux lets programs read the register, or reads it for them.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) ctr, options(nomem, nostack, preserves_flags)) };
    let (data_line, code_line) = (4 << (ctr >> 16 & 15), 4 << (ctr & 15));
    let lines = |start: *const u8, line: usize| {
        let first = start.addr() & !(line - 1);
        (first..start.addr() + len).step_by(line)
    };
    for line in lines(write, data_line) {
        // SAFETY: cleaning the line of mapped memory changes no value.
        unsafe { asm!("dc cvau, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    // SAFETY: a barrier.
    unsafe { asm!("dsb ish", options(nostack, preserves_flags)) };
    for line in lines(exec, code_line) {
        // SAFETY: invalidating a line of the instruction cache changes no value.
        unsafe { asm!("ic ivau, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    // SAFETY: barriers.
    unsafe { asm!("dsb ish", "isb", options(nostack, preserves_flags)) };
}

/// Has all CPUs that run this process synchronise their context before they go on in
/// it. Without other threads, or where the kernel cannot, this does nothing.
fn synchronise() {
    const REGISTER: libc::c_int = 1 << 6;
    const SYNC_CORE: libc::c_int = 1 << 5;
    // SAFETY: the calls touch no memory.
    let status = unsafe { libc::syscall(libc::SYS_membarrier, SYNC_CORE, 0) };
    if status != 0 {
        // The process has not registered yet.
        // SAFETY: as above.
        unsafe { libc::syscall(libc::SYS_membarrier, REGISTER, 0) };
        // SAFETY: as above.
        unsafe { libc::syscall(libc::SYS_membarrier, SYNC_CORE, 0) };
    }
}

/// Makes pages inaccessible to execution and accessible again.
fn republish(exec: *const u8, len: usize, prot: ProtFlags) {
    let start = exec.addr() & !(page_size() as usize - 1);
    let bytes = (exec.addr() + len - start).next_multiple_of(page_size() as usize);
    let start = exec.with_addr(start).cast_mut().cast();
    let again = MprotectFlags::from_bits_retain(prot.bits());
    for protection in [MprotectFlags::READ, again] {
        // SAFETY: the pages are the executable view of code memory, and whoever executes
        // there meanwhile tries again (see `fault`).
        let _ = unsafe { rustix::mm::mprotect(start, bytes, protection) };
    }
}
