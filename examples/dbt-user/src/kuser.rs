//! The kernel user helpers: the page at 0xffff0000 that every ARM process has.
//!
//! Linux promises these entry points to programs built for cores older than
//! ARMv7 (`Documentation/arch/arm/kernel_user_helpers.rst`). They are ordinary
//! A32 code here, executed like the program's own. The page also holds the
//! trampolines to which a signal handler without a restorer returns; Linux
//! keeps those in a page of their own.

use crate::memory::{Backing, Error, Placement, Prot, Space, page_size};

/// Address of the page.
pub(crate) const PAGE: u32 = 0xffff_0000;

/// Where the trampoline for `sigreturn` is; 8 bytes on, the one for `rt_sigreturn`.
pub(crate) const SIGRETURN: u32 = PAGE + 0x500;

/// The helpers, at the addresses that Linux promises.
#[rustfmt::skip]
const HELPERS: &[(u32, &[u32])] = &[
    // sigreturn, rt_sigreturn (ours)
    (SIGRETURN, &[
        0xe3a0_7077,    // mov   r7, #119
        0xef00_0000,    // svc   #0
        0xe3a0_70ad,    // mov   r7, #173
        0xef00_0000,    // svc   #0
    ]),
    // __kuser_cmpxchg64: r0 = &old, r1 = &new, r2 = ptr; r0 = 0 and C set if it matched
    (0xffff_0f60, &[
        0xe92d_00f0,    // push     {r4-r7}
        0xe1c0_40d0,    // ldrd     r4, r5, [r0]
        0xe1c1_60d0,    // ldrd     r6, r7, [r1]
        0xf57f_f05b,    // dmb      ish
        0xe1b2_0f9f,    // 1: ldrexd r0, r1, [r2]
        0xe030_3004,    // eors     r3, r0, r4
        0x0031_3005,    // eorseq   r3, r1, r5
        0x01a2_3f96,    // strexdeq r3, r6, r7, [r2]
        0x0333_0001,    // teqeq    r3, #1
        0x0aff_fff9,    // beq      1b
        0xe273_0000,    // rsbs     r0, r3, #0
        0xe8bd_00f0,    // pop      {r4-r7}
        0xea00_0002,    // b        __kuser_memory_barrier
    ]),
    // __kuser_memory_barrier
    (0xffff_0fa0, &[
        0xf57f_f05b,    // dmb   ish
        0xe12f_ff1e,    // bx    lr
    ]),
    // __kuser_cmpxchg: r0 = old, r1 = new, r2 = ptr; r0 = 0 and C set if it matched
    (0xffff_0fc0, &[
        0xf57f_f05b,    // dmb   ish
        0xe192_3f9f,    // 1: ldrex r3, [r2]
        0xe053_3000,    // subs  r3, r3, r0
        0x0182_3f91,    // strexeq r3, r1, [r2]
        0x0333_0001,    // teqeq r3, #1
        0x0aff_fffa,    // beq   1b
        0xe273_0000,    // rsbs  r0, r3, #0
        0xeaff_ffef,    // b     __kuser_memory_barrier
    ]),
    // __kuser_get_tls
    (0xffff_0fe0, &[
        0xee1d_0f70,    // mrc   p15, 0, r0, c13, c0, 3
        0xe12f_ff1e,    // bx    lr
    ]),
    // __kuser_helper_version
    (0xffff_0ffc, &[5]),
];

/// Maps the page, readable and executable.
///
/// # Errors
///
/// Returns an error when the host refuses the mapping.
pub(crate) fn map(space: &Space) -> Result<(), Error> {
    let len = u64::from(page_size());
    space.map(
        PAGE,
        len,
        Prot::READ | Prot::WRITE,
        Backing::Anonymous,
        Placement::Fixed,
    )?;
    for (addr, words) in HELPERS {
        for (at, word) in (*addr..).step_by(4).zip(*words) {
            // The page was mapped writable just now.
            if space.write_obj(at, &word.to_le()).is_err() {
                return Err(Error::NotMapped { addr: at });
            }
        }
    }
    space.label(PAGE, len, Some("[vectors]".into()))?;
    space.protect(PAGE, len, Prot::READ | Prot::EXEC)
}
