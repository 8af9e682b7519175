//! Signals: what the guest wants done, what arrived, and how it is delivered.

mod calls;
mod frame;
pub(crate) mod host_signal;
pub(crate) mod mailbox;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(super) const CALLS: &[super::table::Call] = calls::CALLS;
use frame::Fault;
use host_signal::Disposition;
use mailbox::Mailbox;

use super::abi::signal::{AltStack, SA_NODEFER, SA_RESETHAND, SA_RESTART, SigInfo};
use crate::cpu::{CpuExit, Interrupt};
use crate::memory::FaultKind;
use crate::thread::{End, Restart, Thread};

pub(super) use super::strace::signal_name;

/// `SIG_DFL`.
const DEFAULT: u32 = 0;
/// `SIG_IGN`.
const IGNORE: u32 = 1;

/// The signals that cannot be blocked.
const UNBLOCKABLE: u64 = 1 << (libc::SIGKILL - 1) | 1 << (libc::SIGSTOP - 1);

/// Returns a signal's bit in a mask.
pub(crate) fn bit(signal: i32) -> u64 {
    if (1..=64).contains(&signal) {
        1 << (signal - 1)
    } else {
        0
    }
}

/// What the guest does with a signal.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Action {
    handler: u32,
    flags: u32,
    restorer: u32,
    mask: u64,
}

/// The actions of a program.
#[derive(Debug)]
pub(crate) struct Actions([Action; 65]);

impl Actions {
    /// Everything by default, but what our parent ignored stays ignored. Undoes what
    /// Rust's start-up code did.
    pub(crate) fn inherited() -> Self {
        let mut actions = Self([Action::default(); 65]);
        for signal in 1..=64 {
            if host_signal::is_ignored(signal) {
                actions.0[signal as usize].handler = IGNORE;
            }
        }
        host_signal::set(libc::SIGPIPE, Disposition::Default);
        actions
    }

    fn replace(&mut self, signal: i32, action: Action) {
        self.0[signal as usize] = action;
        let disposition = match action.handler {
            DEFAULT => Disposition::Default,
            IGNORE => Disposition::Ignore,
            _ => Disposition::Handle {
                flags: action.flags,
            },
        };
        host_signal::set(signal, disposition);
    }
}

/// A `siginfo_t` for the guest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Info(pub(crate) SigInfo);

impl Info {
    fn new(signal: i32, code: i32, fields: &[u32]) -> Self {
        let mut info = SigInfo {
            signo: signal,
            errno: 0,
            code,
            fields: [0; 29],
        };
        info.fields[..fields.len()].copy_from_slice(fields);
        Self(info)
    }

    /// Takes over a host's `siginfo_t`, as words: its code and the guest's first
    /// fields. On x86-64 the fields start at byte 16 instead of 12, and from the third on
    /// each is eight bytes wide.
    pub(super) fn from_host(words: &[u32; 32]) -> (i32, [u32; 5]) {
        (
            words[2].cast_signed(),
            [words[4], words[5], words[6], words[8], words[10]],
        )
    }
}

/// A thread's signals.
pub(crate) struct State {
    mailbox: Arc<Mailbox>,
    mask: u64,
    /// The mask to return to when `sigsuspend` and its relatives are over.
    saved_mask: Option<u64>,
    pub(crate) alt_stack: AltStack,
}

impl State {
    /// Makes the state of the current host thread.
    pub(crate) fn new(interrupt: Arc<dyn Interrupt>, mask: u64) -> Self {
        let mailbox = Arc::new(Mailbox::new(interrupt));
        mailbox::set_current(Arc::as_ptr(&mailbox));
        let alt_stack = AltStack {
            sp: 0,
            flags: 0,
            size: 0,
        };
        let mask = mask & !UNBLOCKABLE;
        // Whatever mask the host thread had: a new one begins with everything blocked.
        host_signal::set_mask(mask);
        Self {
            mailbox,
            mask,
            saved_mask: None,
            alt_stack,
        }
    }

    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    pub(crate) fn mask(&self) -> u64 {
        self.mask
    }

    pub(crate) fn set_mask(&mut self, mask: u64) {
        let mask = mask & !UNBLOCKABLE;
        if mask != self.mask {
            self.mask = mask;
            host_signal::set_mask(mask);
        }
    }

    /// Sets a mask until the next signal has been handled.
    pub(crate) fn set_mask_for_now(&mut self, mask: u64) {
        self.saved_mask.get_or_insert(self.mask);
        self.set_mask(mask);
    }

    /// Ends what [`set_mask_for_now`](Self::set_mask_for_now) began.
    pub(crate) fn restore_mask(&mut self) {
        if let Some(mask) = self.saved_mask.take() {
            self.set_mask(mask);
        }
    }

    /// Leaves a signal that the guest sent to this very thread.
    fn post(&self, info: &Info) {
        let SigInfo {
            signo,
            code,
            fields,
            ..
        } = info.0;
        self.mailbox.post(
            signo,
            code,
            [fields[0], fields[1], fields[2], fields[3], fields[4]],
        );
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // From here on the kernel chooses another thread, and a signal already on its way
        // finds no mailbox.
        host_signal::set_mask(u64::MAX);
        mailbox::set_current(std::ptr::null());
    }
}

/// Delivers what is pending, and settles whether an interrupted call restarts.
pub(crate) fn deliver(thread: &mut Thread) {
    // The common case costs one load.
    let flag = thread.signals.mailbox.flag();
    let quiet = flag.load(std::sync::atomic::Ordering::Acquire) == 0
        && thread.signals.mailbox.pending() & !thread.signals.mask == 0;
    while !quiet && thread.end.is_none() {
        let Some(info) = thread.signals.mailbox.take(thread.signals.mask) else {
            break;
        };
        handle(thread, &info, Fault::default(), false);
    }
    if thread.restart.is_some() {
        restart(thread);
    }
    if thread.signals.saved_mask.is_some() {
        thread.signals.restore_mask();
    }
}

/// Raises the signal of a fault in guest code.
pub(crate) fn raise(thread: &mut Thread, exit: CpuExit) {
    let (info, fault) = describe(thread, exit);
    handle(thread, &info, fault, true);
}

/// Does with one signal what the guest wants done. A `forced` one cannot be
/// blocked or ignored: the program would fault for ever.
fn handle(thread: &mut Thread, info: &Info, fault: Fault, forced: bool) {
    let signal = info.0.signo;
    let action = thread.process.actions().0[signal as usize];
    let blocked = thread.signals.mask & bit(signal) != 0;
    match action.handler {
        IGNORE if !forced => {}
        DEFAULT if !forced && is_harmless(signal) => {}
        DEFAULT | IGNORE => kill(thread, info, forced),
        _ if forced && blocked => kill(thread, info, forced),
        _ => {
            interrupt_call(thread, action);
            if action.flags & SA_RESETHAND != 0 {
                let mut actions = thread.process.actions();
                actions.replace(
                    signal,
                    Action {
                        handler: DEFAULT,
                        ..action
                    },
                );
            }
            let old = thread
                .signals
                .saved_mask
                .take()
                .unwrap_or(thread.signals.mask);
            if frame::enter(thread, info, fault, action, old).is_err() {
                // No room for a frame: nothing can be handled any more.
                kill(
                    thread,
                    &Info::new(libc::SIGSEGV, libc::SI_KERNEL, &[]),
                    true,
                );
                return;
            }
            let own = if action.flags & SA_NODEFER == 0 {
                bit(signal)
            } else {
                0
            };
            thread
                .signals
                .set_mask(thread.signals.mask | action.mask | own);
        }
    }
}

/// Settles an interrupted call because a handler is about to run.
fn interrupt_call(thread: &mut Thread, action: Action) {
    match thread.restart {
        Some(restart) if restart.unless_handled || action.flags & SA_RESTART == 0 => {
            // `r0` holds `-EINTR` already.
            thread.restart = None;
        }
        Some(_) => restart(thread),
        None => {}
    }
}

/// Goes back to the `SVC`.
fn restart(thread: &mut Thread) {
    if let Some(Restart { r0, .. }) = thread.restart.take() {
        let size = if thread.cpu.regs().is_thumb() { 2 } else { 4 };
        let pc = thread.cpu.reg(15);
        thread.cpu.set_reg(0, r0);
        thread.cpu.set_reg(15, pc.wrapping_sub(size));
    }
}

fn kill(thread: &mut Thread, info: &Info, forced: bool) {
    let signal = info.0.signo;
    if forced {
        let (pc, name) = (thread.cpu.reg(15), signal_name(signal));
        let program = thread.process.path.display();
        let detail = match signal {
            libc::SIGSEGV | libc::SIGBUS => format!(" (address {:#010x})", info.0.fields[0]),
            _ => String::new(),
        };
        eprintln!("dbt-user: {program}: killed by {name} at {pc:#010x}{detail}");
    }
    thread.end = Some(End::Killed(signal));
}

/// Whether a signal's default action leaves the program running (or stopped, which
/// the host does).
fn is_harmless(signal: i32) -> bool {
    matches!(
        signal,
        libc::SIGCHLD
            | libc::SIGURG
            | libc::SIGWINCH
            | libc::SIGCONT
            | libc::SIGSTOP
            | libc::SIGTSTP
            | libc::SIGTTIN
            | libc::SIGTTOU
    )
}

/// Returns the signal that Linux raises for a fault (`arch/arm/mm/fault.c`,
/// `arch/arm/kernel/traps.c`).
fn describe(thread: &Thread, exit: CpuExit) -> (Info, Fault) {
    const SEGV_MAPERR: i32 = 1;
    const SEGV_ACCERR: i32 = 2;
    const BUS_ADRALN: i32 = 1;
    const BUS_ADRERR: i32 = 2;
    // The short-descriptor FSR encodings of page translation and permission faults.
    const TRANSLATION: u32 = 0x007;
    const PERMISSION: u32 = 0x00f;
    const EXTERNAL: u32 = 0x008;
    const WRITE: u32 = 1 << 11;
    let pc = thread.cpu.reg(15);
    let abort = |addr, kind, status: u32| {
        let (signal, code, kind) = match kind {
            FaultKind::Unmapped => (libc::SIGSEGV, SEGV_MAPERR, TRANSLATION),
            FaultKind::Protection => (libc::SIGSEGV, SEGV_ACCERR, PERMISSION),
            FaultKind::Bus => (libc::SIGBUS, BUS_ADRERR, EXTERNAL),
        };
        let fault = Fault {
            trap_no: 14,
            error_code: kind | status,
            address: addr,
        };
        (Info::new(signal, code, &[addr]), fault)
    };
    let trap = |signal, code| {
        let fault = Fault {
            trap_no: 6,
            error_code: 0,
            address: 0,
        };
        (Info::new(signal, code, &[pc]), fault)
    };
    match exit {
        CpuExit::PrefetchAbort { addr, kind } => abort(addr, kind, 1 << 31),
        CpuExit::DataAbort {
            addr,
            write: true,
            kind,
        } => abort(addr, kind, WRITE),
        CpuExit::DataAbort {
            addr,
            write: false,
            kind,
        } => abort(addr, kind, 0),
        CpuExit::Alignment { addr } => {
            let fault = Fault {
                trap_no: 14,
                error_code: 1,
                address: addr,
            };
            (Info::new(libc::SIGBUS, BUS_ADRALN, &[addr]), fault)
        }
        CpuExit::Breakpoint { .. } => trap(libc::SIGTRAP, 1),
        CpuExit::FloatingPoint { exceptions } => trap(libc::SIGFPE, float_code(exceptions)),
        _ if is_breakpoint(thread, pc) => trap(libc::SIGTRAP, 1),
        // `ILL_ILLOPC`: Linux tells no kinds of UNDEFINED apart.
        _ => trap(libc::SIGILL, 1),
    }
}

/// Returns the `si_code` of the gravest exception.
fn float_code(exceptions: u32) -> i32 {
    const FPE_FLTDIV: i32 = 3;
    const FPE_FLTOVF: i32 = 4;
    const FPE_FLTUND: i32 = 5;
    const FPE_FLTRES: i32 = 6;
    const FPE_FLTINV: i32 = 7;
    [FPE_FLTINV, FPE_FLTDIV, FPE_FLTOVF, FPE_FLTUND, FPE_FLTRES]
        .into_iter()
        .enumerate()
        .find(|(n, _)| exceptions & (1 << n) != 0)
        .map_or(FPE_FLTINV, |(_, code)| code)
}

/// Whether the UNDEFINED instruction at `pc` is one of those that Linux takes for a
/// breakpoint (`arch/arm/kernel/ptrace.c`).
fn is_breakpoint(thread: &Thread, pc: u32) -> bool {
    let half = |at| thread.space().read_obj::<u16>(at).unwrap_or(0);
    if thread.cpu.regs().is_thumb() {
        let first = half(pc);
        first == 0xde01 || (first == 0xf7f0 && half(pc.wrapping_add(2)) == 0xa000)
    } else {
        thread.space().read_obj::<u32>(pc).unwrap_or(0) & 0x0fff_ffff == 0x07f0_01f0
    }
}
