//! The host's side of signals.
//!
//! A guest action of "default" or "ignore" is the host's as well, and a thread's
//! guest mask is its host mask, so that the host's kernel chooses threads, stops,
//! continues and kills as it would for the real program. Only a guest handler
//! needs [`on_signal`], which leaves the signal in the thread's mailbox.
//!
//! The engine's signals ([`SYNCHRONOUS`]) are never touched or blocked: they
//! tell of faults in translated code. A guest that sends itself one of them, and
//! handles it, gets it through the mailbox directly.

use std::ptr;

use super::{Info, bit, mailbox};
use crate::linux::abi::signal::SA_CHILD;
use crate::linux::host::{self, Arg, Sysno};

/// The signals that belong to the engine: `SIGILL`, `SIGTRAP`, `SIGBUS`, `SIGFPE`, `SIGSEGV`.
pub(crate) const SYNCHRONOUS: u64 = 1 << (libc::SIGILL - 1)
    | 1 << (libc::SIGTRAP - 1)
    | 1 << (libc::SIGBUS - 1)
    | 1 << (libc::SIGFPE - 1)
    | 1 << (libc::SIGSEGV - 1);

/// What the host does with a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disposition {
    Default,
    Ignore,
    Handle {
        /// The guest's `sa_flags`.
        flags: u32,
    },
}

/// The kernel's `struct sigaction`. The C library's own refuses signals 32 and
/// 33, which the guest's C library needs.
#[repr(C)]
struct KernelAction {
    handler: usize,
    flags: u64,
    restorer: usize,
    mask: u64,
}

const SA_RESTORER: u64 = 0x0400_0000;

#[cfg(target_arch = "x86_64")]
std::arch::global_asm!(
    ".pushsection .text.dbt_user_restorer,\"ax\",@progbits",
    "dbt_user_restorer:",
    "mov eax, 15",
    "syscall",
    ".popsection",
);

#[cfg(target_arch = "x86_64")]
fn restorer() -> usize {
    unsafe extern "C" {
        fn dbt_user_restorer();
    }
    dbt_user_restorer as *const () as usize
}

/// Elsewhere the kernel brings its own.
#[cfg(not(target_arch = "x86_64"))]
fn restorer() -> usize {
    0
}

/// Sets what the host does with a signal that is not [`SYNCHRONOUS`].
pub(crate) fn set(signal: i32, disposition: Disposition) {
    if bit(signal) & SYNCHRONOUS != 0 {
        return;
    }
    let (handler, flags) = match disposition {
        Disposition::Default => (libc::SIG_DFL, 0),
        Disposition::Ignore => (libc::SIG_IGN, 0),
        Disposition::Handle { flags } => (
            on_signal as *const () as usize,
            u64::from(flags & SA_CHILD) | (libc::SA_SIGINFO | libc::SA_ONSTACK) as u64,
        ),
    };
    install(signal, handler, flags);
}

fn install(signal: i32, handler: usize, flags: u64) {
    let restorer = restorer();
    let flags = if restorer == 0 {
        flags
    } else {
        flags | SA_RESTORER
    };
    // Everything else waits while the handler runs.
    let action = KernelAction {
        handler,
        flags,
        restorer,
        mask: u64::MAX,
    };
    // SAFETY: the structure is the kernel's, and the handler is async-signal-safe. It fails
    // only for SIGKILL and SIGSTOP, which a guest cannot handle either.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigaction,
            signal,
            &raw const action,
            ptr::null_mut::<KernelAction>(),
            size_of::<u64>(),
        )
    };
}

/// Whether our parent left a signal ignored.
pub(crate) fn is_ignored(signal: i32) -> bool {
    let mut action = KernelAction {
        handler: 0,
        flags: 0,
        restorer: 0,
        mask: 0,
    };
    // SAFETY: the kernel writes one of its structures.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigaction,
            signal,
            ptr::null::<KernelAction>(),
            &raw mut action,
            size_of::<u64>(),
        )
    };
    // Rust's start-up code ignores SIGPIPE; what it was before is lost, and almost always it
    // was the default.
    action.handler == libc::SIG_IGN && signal != libc::SIGPIPE
}

/// Returns the mask that our parent left.
pub(crate) fn inherited_mask() -> u64 {
    let mut mask = 0_u64;
    // SAFETY: the kernel writes eight bytes, any of which are a `u64`.
    let out = unsafe { Arg::out(&mut mask) };
    let how = Arg::from(libc::SIG_BLOCK);
    // It cannot fail; if it did, nothing would be blocked.
    let _ = host::call(Sysno::rt_sigprocmask, [how, Arg::NULL, out, Arg::long(8)]);
    mask
}

/// Gives this host thread a guest's mask.
pub(crate) fn set_mask(mask: u64) {
    let mask = mask & !SYNCHRONOUS;
    let how = Arg::from(libc::SIG_SETMASK);
    // It cannot fail.
    let _ = host::call(
        Sysno::rt_sigprocmask,
        [how, Arg::input(&mask), Arg::NULL, Arg::long(8)],
    );
}

/// The handler of every signal that the guest handles.
extern "C" fn on_signal(signal: i32, info: *const libc::siginfo_t, context: *mut libc::ucontext_t) {
    // SAFETY: the kernel passes a `siginfo_t` of 128 bytes that lives while the handler runs.
    let words = unsafe { info.cast::<[u32; 32]>().read_unaligned() };
    // SAFETY: likewise the interrupted context, which nobody else uses now.
    if let Some(context) = unsafe { context.as_mut() } {
        host::leave_sequence(context);
    }
    let (code, fields) = Info::from_host(&words);
    mailbox::with_current(|mailbox| mailbox.post(signal, code, fields));
}

/// Dies of a signal, so that our parent sees what the program's would have seen.
pub(crate) fn die(signal: i32) -> ! {
    // The core would be ours, not the program's.
    let none = [0_u64; 2];
    let core = Arg::from(libc::RLIMIT_CORE);
    let _ = host::call(
        Sysno::prlimit64,
        [0.into(), core, Arg::input(&none), Arg::NULL],
    );
    install(signal, libc::SIG_DFL, 0);
    let unblocked = !bit(signal);
    let how = Arg::from(libc::SIG_SETMASK);
    let _ = host::call(
        Sysno::rt_sigprocmask,
        [how, Arg::input(&unblocked), Arg::NULL, Arg::long(8)],
    );
    let pid = std::process::id();
    let _ = host::call(Sysno::kill, [pid.into(), signal.into()]);
    // Only a signal whose default does not kill comes here.
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(128 + signal) }
}
