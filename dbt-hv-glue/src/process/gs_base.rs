//! The base of the `gs` segment, through which generated code reaches the window.
//!
//! `gs:[r32 + disp]` adds the window's base and truncates the guest address to 32
//! bits, without a register and without an instruction. Linux programs on x86-64
//! leave `gs` alone (thread-local storage uses `fs`), the kernel saves the base per
//! thread, and signal handlers see it unchanged.
//!
//! Writing the base costs about 10 ns where the kernel lets programs do it (Linux
//! 5.9, FSGSBASE), reading it less than one; elsewhere either is a system call. So
//! [`ensure`] looks first.

use core::arch::asm;
use std::sync::OnceLock;

/// `AT_HWCAP2`: the kernel enabled the FSGSBASE instructions.
const HWCAP2_FSGSBASE: usize = 1 << 1;

const ARCH_SET_GS: libc::c_int = 0x1001;
const ARCH_GET_GS: libc::c_int = 0x1004;

/// Returns the current thread's `gs` base.
#[inline]
#[must_use]
pub fn get() -> usize {
    if has_instructions() {
        let base;
        // SAFETY: the kernel has enabled the instruction, and it touches nothing else.
        unsafe { asm!("rdgsbase {}", out(reg) base, options(nomem, nostack, preserves_flags)) };
        return base;
    }
    let mut base = 0_usize;
    // SAFETY: the kernel writes one word to a valid address. It cannot fail.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_GET_GS, &raw mut base) };
    base
}

/// Sets the current thread's `gs` base.
///
/// # Safety
///
/// Nothing else on this thread relies on the base, and `base` is a canonical
/// user-space address, such as that of a window.
#[inline]
pub unsafe fn set(base: usize) {
    if has_instructions() {
        // SAFETY: the kernel has enabled the instruction. The compiler does not use the
        // segment, and the caller says that nobody else does.
        unsafe { asm!("wrgsbase {}", in(reg) base, options(nostack, preserves_flags)) };
        return;
    }
    // SAFETY: as above; for a user-space address the call cannot fail.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_SET_GS, base) };
}

/// Sets the base unless it has that value already.
///
/// # Safety
///
/// As for [`set`].
#[inline]
pub unsafe fn ensure(base: usize) {
    if get() != base {
        // SAFETY: handed down.
        unsafe { set(base) };
    }
}

#[inline]
fn has_instructions() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| rustix::param::linux_hwcap().1 & HWCAP2_FSGSBASE != 0)
}

#[cfg(test)]
mod tests {
    /// A base is per thread and reads back; memory is reached through it.
    #[test]
    fn the_base_belongs_to_the_thread() {
        let value = 0x1234_5678_u32;
        let before = super::get();
        std::thread::spawn(move || {
            let base = (&raw const value).addr();
            // SAFETY: nothing on this thread uses the segment; the base is an address.
            unsafe { super::ensure(base) };
            assert_eq!(super::get(), base);
            let read: u32;
            // SAFETY: the base is the address of a live `u32`.
            unsafe { core::arch::asm!("mov {:e}, gs:[0]", out(reg) read) };
            assert_eq!(read, value);
        })
        .join()
        .unwrap();
        assert_eq!(super::get(), before);
    }
}
