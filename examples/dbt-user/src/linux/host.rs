//! The way to the host's kernel.
//!
//! # Contract
//!
//! [`call`] and [`blocking`] take integers, checked guest addresses, and
//! borrowed bytes or strings that the kernel only reads. What the kernel can
//! do with these touches guest memory and descriptors, never Rust's memory, so
//! they are safe; calls that change the host's address space or its threads go
//! through `libc` elsewhere and are refused here. A 64-bit integer
//! ([`Arg::long`]) is only passed where Linux expects an offset or a size. Where
//! the kernel writes into Rust's memory, [`Arg::out`] is `unsafe` and the call
//! site says why the type is right.
//!
//! # Interruption
//!
//! A signal that arrives between the last look at the mailbox and the `syscall`
//! instruction must not leave the thread blocked. [`blocking`] therefore runs a
//! short sequence that looks at the mailbox's flag and then enters the kernel;
//! the host's signal handler, when it finds the program counter inside the
//! sequence, moves it to the exit that reports an interruption
//! ([`leave_sequence`]).

use std::ffi::CStr;
use std::marker::PhantomData;

pub(crate) use syscalls::Sysno;

use super::{Errno, Fail};
use crate::linux::signal::mailbox::Mailbox;

/// One argument of a host call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arg<'a>(u64, PhantomData<&'a ()>);

impl Arg<'_> {
    /// A null pointer.
    pub(crate) const NULL: Self = Self(0, PhantomData);

    /// An offset or a size.
    pub(crate) fn long(value: u64) -> Self {
        Self(value, PhantomData)
    }

    /// A place for the kernel to write to.
    ///
    /// # Safety
    ///
    /// The call must write nothing but a valid `T` through this argument.
    pub(crate) unsafe fn out<T>(value: &mut T) -> Arg<'_> {
        Arg((&raw mut *value) as u64, PhantomData)
    }

    /// A value for the kernel to read.
    pub(crate) fn input<T>(value: &T) -> Arg<'_> {
        Arg((&raw const *value) as u64, PhantomData)
    }
}

impl From<u32> for Arg<'_> {
    fn from(value: u32) -> Self {
        Self(u64::from(value), PhantomData)
    }
}

impl From<i32> for Arg<'_> {
    fn from(value: i32) -> Self {
        Self(i64::from(value).cast_unsigned(), PhantomData)
    }
}

impl<'a> From<&'a CStr> for Arg<'a> {
    fn from(value: &'a CStr) -> Self {
        Self(value.as_ptr() as u64, PhantomData)
    }
}

/// A checked guest address, from `Space::slice`.
impl From<*mut u8> for Arg<'_> {
    fn from(value: *mut u8) -> Self {
        Self(value as u64, PhantomData)
    }
}

/// Calls the host's kernel. Never interrupted before it begins.
pub(crate) fn call<const N: usize>(nr: Sysno, args: [Arg<'_>; N]) -> Result<u64, Fail> {
    assert!(!is_restricted(nr), "{nr} changes the host process");
    let a = six(args);
    // SAFETY: by this module's contract the arguments let the kernel write guest memory and
    // what `Arg::out` vouches for; calls that touch the host's own memory were refused.
    let value = unsafe {
        syscalls::raw::syscall6(
            nr.id() as usize,
            a[0] as usize,
            a[1] as usize,
            a[2] as usize,
            a[3] as usize,
            a[4] as usize,
            a[5] as usize,
        )
    };
    Ok(Errno::from_ret(value)? as u64)
}

/// Calls the host's kernel where the call may wait. Fails with [`Fail::RESTART`]
/// when a signal for the guest has arrived, before or meanwhile.
pub(crate) fn blocking<const N: usize>(
    mailbox: &Mailbox,
    nr: Sysno,
    args: [Arg<'_>; N],
) -> Result<u64, Fail> {
    assert!(!is_restricted(nr), "{nr} changes the host process");
    let value = sequence::enter(mailbox, nr, &six(args));
    match Errno::from_ret(value) {
        Ok(value) => Ok(value as u64),
        Err(Errno::EINTR) => Err(Fail(Errno::new(Fail::RESTART))),
        Err(errno) => Err(Fail(errno)),
    }
}

pub(crate) use sequence::leave_sequence;

fn six<const N: usize>(args: [Arg<'_>; N]) -> [u64; 6] {
    let mut six = [0; 6];
    for (slot, arg) in six.iter_mut().zip(args) {
        *slot = arg.0;
    }
    six
}

/// Whether a call could pull the ground from under this process.
fn is_restricted(nr: Sysno) -> bool {
    matches!(
        nr,
        Sysno::mmap
            | Sysno::munmap
            | Sysno::mremap
            | Sysno::mprotect
            | Sysno::brk
            | Sysno::clone
            | Sysno::clone3
            | Sysno::rt_sigaction
            | Sysno::rt_sigreturn
            | Sysno::sigaltstack
            | Sysno::set_tid_address
            | Sysno::set_robust_list
    ) || named_on_this_host::RESTRICTED.contains(&nr)
}

pub(crate) use named_on_this_host::FSTATAT;

#[cfg(target_arch = "x86_64")]
mod named_on_this_host {
    use super::Sysno;

    /// `fstatat`.
    pub(crate) const FSTATAT: Sysno = Sysno::newfstatat;
    /// Calls that only this host has.
    pub(super) const RESTRICTED: &[Sysno] = &[Sysno::fork, Sysno::vfork, Sysno::arch_prctl];
}

#[cfg(not(target_arch = "x86_64"))]
mod named_on_this_host {
    use super::Sysno;

    /// `fstatat`.
    pub(crate) const FSTATAT: Sysno = Sysno::fstatat;
    /// Calls that only this host has.
    pub(super) const RESTRICTED: &[Sysno] = &[];
}

#[cfg(target_arch = "x86_64")]
mod sequence {
    use super::Sysno;
    use crate::linux::signal::mailbox::Mailbox;

    // rdi: &flag, rsi: number, rdx: arguments. Nothing is pushed, so the sequence can be left
    // from any instruction by changing the program counter alone.
    std::arch::global_asm!(
        ".pushsection .text.dbt_user_syscall,\"ax\",@progbits",
        "dbt_user_syscall:",
        "mov rax, rsi",
        "mov rcx, rdx",
        "mov r11, rdi",
        "mov rdi, [rcx]",
        "mov rsi, [rcx + 8]",
        "mov rdx, [rcx + 16]",
        "mov r10, [rcx + 24]",
        "mov r8, [rcx + 32]",
        "mov r9, [rcx + 40]",
        "dbt_user_syscall_first:",
        "cmp dword ptr [r11], 0",
        "jne dbt_user_syscall_interrupted",
        "syscall",
        // Behind `syscall` the result is in rax and must not be lost.
        "dbt_user_syscall_last:",
        "ret",
        "dbt_user_syscall_interrupted:",
        "mov rax, -4",
        "ret",
        ".popsection",
    );

    unsafe extern "C" {
        fn dbt_user_syscall(flag: *const u32, nr: usize, args: *const u64) -> usize;
        fn dbt_user_syscall_first();
        fn dbt_user_syscall_last();
        fn dbt_user_syscall_interrupted();
    }

    pub(super) fn enter(mailbox: &Mailbox, nr: Sysno, args: &[u64; 6]) -> usize {
        let flag = mailbox.flag().as_ptr().cast_const();
        // SAFETY: as in `call`; the flag and the six arguments outlive the call.
        unsafe { dbt_user_syscall(flag, nr.id() as usize, args.as_ptr()) }
    }

    /// Called in the host's signal handler: when `context` stopped before the kernel was
    /// entered, makes it return an interruption.
    pub(crate) fn leave_sequence(context: &mut libc::ucontext_t) {
        let rip = &mut context.uc_mcontext.gregs[libc::REG_RIP as usize];
        let at = |label: unsafe extern "C" fn()| label as usize as i64;
        if (at(dbt_user_syscall_first)..at(dbt_user_syscall_last)).contains(rip) {
            *rip = at(dbt_user_syscall_interrupted);
        }
    }
}

/// Without the sequence a signal in the wrong moment waits for the call to end.
#[cfg(not(target_arch = "x86_64"))]
mod sequence {
    use super::Sysno;
    use crate::linux::signal::mailbox::Mailbox;

    pub(super) fn enter(_: &Mailbox, nr: Sysno, args: &[u64; 6]) -> usize {
        let a = args.map(|a| a as usize);
        // SAFETY: as in `call`.
        unsafe { syscalls::raw::syscall6(nr.id() as usize, a[0], a[1], a[2], a[3], a[4], a[5]) }
    }

    pub(crate) fn leave_sequence(_: &mut libc::ucontext_t) {}
}
