//! Host faults of generated code, turned into calls.
//!
//! # Problem
//!
//! With a window the host's MMU checks the guest's accesses, and what it finds
//! arrives as `SIGSEGV` or `SIGBUS`: process-wide, in the middle of an
//! instruction, on whatever thread, with a handler that others (the standard
//! library, a garbage collector, another engine) want as well.
//!
//! # Approach
//!
//! One handler per signal is installed once for the process and never removed. A
//! thread that is about to run generated code registers a [`FaultHandler`] for the
//! range of that code with a [`FaultScope`]; registrations are a list that hangs
//! off a thread-local pointer, so several engines can share a thread. When a fault
//! arrives, in this order:
//!
//! 1. the interrupted instruction is a fault-tolerant copy or access: it returns
//!    early;
//! 2. it lies in a registered range: the registration is called, and may rewrite
//!    registers and resume;
//! 3. the handler that was installed before us is called as the kernel would have
//!    called it, which includes dying by default.
//!
//! # Kicks
//!
//! Generated code that does not poll is brought to leave by moving its program counter
//! to the detour. Only the thread itself can do that, in a handler, so it is sent a
//! signal: `SIGFPE`, with a mark that tells it from all others, because programs
//! leave that alone.
//!
//! # Floating-point exceptions
//!
//! Generated code may raise the host's floating-point exceptions, which arrive as
//! `SIGFPE` too and are faults like others.
//!
//! # Invariants
//!
//! - *Signal-safe*: the handler takes no lock, allocates nothing and initialises
//!   nothing lazily. Registrations may take locks that generated code cannot hold.
//! - *Listed*: the thread's list holds exactly its live scopes, and is whole at
//!   every instruction, since a signal may arrive at any.
//! - *Chained*: the previous action is stored before our handler can run.
//! - *Undisturbed*: no kick arrives while the handler of a fault runs, which may decide
//!   to resume: the kick would find the handler instead of generated code. So must it be
//!   with every handler on this thread that interrupts generated code and returns.
//!
//! # Rejected
//!
//! Looking the PC up in a global table of code ranges needs a table that can be
//! read in a signal handler while another thread changes it; a thread knows its
//! own engines for nothing. Forwarding by `sigaction` back and forth races with
//! other threads.
//!
//! # Limits
//!
//! Code that installs a handler after us and does not chain takes the faults away.
//! A thread that blocks `SIGSEGV` or `SIGBUS` dies of the first fault: a guest's
//! signal mask must not reach the host for these two, nor for `SIGFPE`.

use alloc::boxed::Box;
use core::cell::Cell;
use core::ffi::c_void;
use core::fmt;
use core::marker::PhantomData;
use core::mem;
use core::ops::Range;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, Ordering, compiler_fence};
use std::sync::OnceLock;

use rustix::io::Errno;

use super::alt_stack::checked;
use super::{HostContext, alt_stack, copy, icache, single};

/// A host fault of generated code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Fault {
    /// The host address accessed. `None` when the host does not say: the address was
    /// not canonical, or the instruction faulted for another reason.
    pub address: Option<usize>,
    /// Whether it was a write.
    pub write: bool,
    /// Whether the signal was `SIGBUS`: the mapping has nothing behind it.
    pub bus: bool,
    /// Whether it is a floating-point exception, which has no address.
    pub float: bool,
}

/// What a [`FaultHandler`] makes of a fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum Verdict {
    /// Resume with the registers as they are now.
    Resume,
    /// Ask whoever comes next; the registers have not been changed.
    NotMine,
}

/// Deals with faults of generated code.
///
/// It is called on the signal stack, which has at least 32 KiB, on the thread that
/// faulted. It must not unwind. Closures of this shape are handlers.
pub trait FaultHandler {
    /// Deals with `fault`, which `context` was interrupted by.
    fn fault(&self, context: &mut HostContext<'_>, fault: &Fault) -> Verdict;

    /// Deals with a jump to address zero, by whatever code of the thread.
    fn jumped_to_zero(&self, _context: &mut HostContext<'_>) -> Verdict {
        Verdict::NotMine
    }

    /// Sees to a thread that was kicked while it executed generated code.
    fn kicked(&self, _context: &mut HostContext<'_>) {}
}

impl<F: Fn(&mut HostContext<'_>, &Fault) -> Verdict> FaultHandler for F {
    fn fault(&self, context: &mut HostContext<'_>, fault: &Fault) -> Verdict {
        self(context, fault)
    }
}

/// A registration for the current thread; ends when dropped.
///
/// Making one costs a few nanoseconds and an allocation after the first on a
/// thread, which also installs a signal stack.
///
/// # Invariants
///
/// - *Listed* of the module.
/// - *Pinned*: the registration is a leaked box that the scope owns.
pub struct FaultScope<'a> {
    registration: NonNull<Registration>,
    /// Borrows the handler; bound to the thread.
    handler: PhantomData<(&'a (), *const ())>,
}

struct Registration {
    code: Range<usize>,
    handler: *const (dyn FaultHandler + 'static),
    next: Cell<*const Registration>,
}

std::thread_local! {
    /// The thread's registrations, innermost first. Without destructor and with a
    /// constant initial value, so that reading it in the handler does nothing else.
    static REGISTRATIONS: Cell<*const Registration> = const { Cell::new(ptr::null()) };
}

/// The actions that were in place before ours, for `SIGSEGV`, `SIGBUS` and [`KICK`].
static PREVIOUS: [AtomicPtr<libc::sigaction>; 3] = [const { AtomicPtr::new(ptr::null_mut()) }; 3];

/// The signal that kicks a thread.
const KICK: libc::c_int = libc::SIGFPE;

/// Its address, which no other signal carries, marks a kick.
static MARK: u8 = 0;

impl<'a> FaultScope<'a> {
    /// Has `handler` called for faults of instructions in `code` on this thread.
    ///
    /// Of several scopes that hold the instruction, the youngest is asked first.
    ///
    /// # Errors
    ///
    /// Returns the host's error when it denies the handler or a signal stack.
    ///
    /// # Safety
    ///
    /// - `code` holds nothing but generated code, and that code tolerates what
    ///   `handler` does to its registers whenever it resumes.
    /// - The scope is dropped, not forgotten.
    pub unsafe fn new(
        code: Range<usize>,
        handler: &'a (dyn FaultHandler + 'a),
    ) -> Result<Self, Errno> {
        install()?;
        alt_stack::ensure()?;
        let handler: *const (dyn FaultHandler + 'a) = handler;
        // SAFETY: only the lifetime changes. The pointer is used while the scope lives,
        // which borrows the handler for `'a` and is dropped as the caller promises.
        let handler = unsafe {
            mem::transmute::<*const (dyn FaultHandler + 'a), *const (dyn FaultHandler + 'static)>(
                handler,
            )
        };
        let registration = NonNull::from(Box::leak(Box::new(Registration {
            code,
            handler,
            next: Cell::new(REGISTRATIONS.get()),
        })));
        // The handler on this thread must find the registration complete.
        compiler_fence(Ordering::Release);
        REGISTRATIONS.set(registration.as_ptr());
        Ok(Self {
            registration,
            handler: PhantomData,
        })
    }
}

impl Drop for FaultScope<'_> {
    fn drop(&mut self) {
        let this = self.registration.as_ptr().cast_const();
        // SAFETY: *Pinned*.
        let next = unsafe { self.registration.as_ref() }.next.get();
        let mut at = REGISTRATIONS.get();
        if at == this {
            REGISTRATIONS.set(next);
        }
        // Scopes usually end in reverse order, but need not.
        // SAFETY: *Listed*: what the list holds is alive, and of this thread.
        while let Some(registration) = unsafe { at.as_ref() } {
            if registration.next.get() == this {
                registration.next.set(next);
            }
            at = registration.next.get();
        }
        // The registration is freed only after it has left the list.
        compiler_fence(Ordering::Release);
        // SAFETY: *Pinned*, and nobody else refers to it any more.
        drop(unsafe { Box::from_raw(self.registration.as_ptr()) });
    }
}

impl fmt::Debug for FaultScope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: *Pinned*.
        let registration = unsafe { self.registration.as_ref() };
        f.debug_struct("FaultScope")
            .field("code", &registration.code)
            .finish_non_exhaustive()
    }
}

/// Installs the process's handlers, once.
pub(super) fn install() -> Result<(), Errno> {
    static DONE: OnceLock<Result<(), Errno>> = OnceLock::new();
    *DONE.get_or_init(|| {
        let handler = on_fault as *const () as usize;
        // NODEFER, because a registration may itself use fault-tolerant copies.
        let flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
        install_for(libc::SIGSEGV, handler, flags)?;
        install_for(libc::SIGBUS, handler, flags)?;
        let flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
        install_for(KICK, on_kick as *const () as usize, flags)?;
        copy::INSTALLED.store(true, Ordering::Relaxed);
        Ok(())
    })
}

/// Names the present thread for [`kick`], and makes sure that it can be kicked.
pub(super) fn thread() -> Result<u64, Errno> {
    install()?;
    // SAFETY: the call has no requirements.
    let thread = unsafe { libc::gettid() };
    let (process, thread) = (std::process::id(), thread.cast_unsigned());
    Ok(u64::from(process) << 32 | u64::from(thread))
}

/// Has a thread that runs an engine made with this as its
/// [`kick`](dbt_core::engine::Config::kick) leave generated code. Async-signal-safe.
#[expect(clippy::cast_possible_truncation, reason = "two halves")]
pub fn kick(thread: u64) {
    // SAFETY: the C library says where the thread's `errno` is.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: it lives as long as the thread.
    let saved = unsafe { errno.read() };
    let (process, thread) = ((thread >> 32) as u32, thread as u32);
    // The kernel's `siginfo_t`: number, error, code, a gap, sender, its user, value.
    let mut info = [0_u64; 16];
    info[0] = KICK.cast_unsigned().into();
    info[1] = libc::SI_QUEUE.cast_unsigned().into();
    info[2] = process.into();
    info[3] = (&raw const MARK).addr() as u64;
    // SAFETY: the kernel reads the 128 bytes. A thread that has ended is an error, of which
    // nothing is made.
    unsafe {
        libc::syscall(
            libc::SYS_rt_tgsigqueueinfo,
            process,
            thread,
            KICK,
            info.as_ptr(),
        )
    };
    // SAFETY: as above.
    unsafe { errno.write(saved) };
}

/// The handler of kicks, and of floating-point exceptions.
extern "C" fn on_kick(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes a valid `siginfo_t` with `SA_SIGINFO`.
    let details = unsafe { &*info };
    // SAFETY: signals with this code carry a value.
    let marked = details.si_code == libc::SI_QUEUE
        && unsafe { details.si_value() }.sival_ptr.cast_const() == (&raw const MARK).cast();
    if !marked {
        on_fault(signal, info, context);
        return;
    }
    // SAFETY: the kernel passes a valid `ucontext_t` with `SA_SIGINFO`, which nobody
    // else refers to while the handler runs.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    let mut context = HostContext::new(context);
    let pc = context.pc();
    let mut at = REGISTRATIONS.get();
    // SAFETY: *Listed*: what the list holds is alive, and of this thread.
    while let Some(registration) = unsafe { at.as_ref() } {
        if registration.code.contains(&pc) {
            // SAFETY: the scope is alive, and with it what it borrows.
            let handler = unsafe { &*registration.handler };
            handler.kicked(&mut context);
            return;
        }
        at = registration.next.get();
    }
}

fn install_for(signal: libc::c_int, handler: usize, flags: libc::c_int) -> Result<(), Errno> {
    let store = |previous| {
        // Never freed: the handler may be reading an older one.
        let previous = Box::into_raw(Box::new(previous));
        // Release pairs with the acquire in `chain`.
        PREVIOUS[slot(signal)].store(previous, Ordering::Release);
    };
    // *Chained*: ask first, then install. Whoever got in between is found out by the
    // second answer.
    store(sigaction(signal, None)?);
    let mut action = zeroed_action();
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    // *Undisturbed*.
    // SAFETY: the set is valid and the signal exists.
    unsafe { libc::sigaddset(&raw mut action.sa_mask, KICK) };
    store(sigaction(signal, Some(&action))?);
    Ok(())
}

fn slot(signal: libc::c_int) -> usize {
    match signal {
        libc::SIGSEGV => 0,
        libc::SIGBUS => 1,
        _ => 2,
    }
}

fn zeroed_action() -> libc::sigaction {
    // SAFETY: all its fields are integers or an optional function, for which zeroes
    // mean the default action, an empty mask and no flags.
    unsafe { mem::zeroed() }
}

fn sigaction(signal: libc::c_int, new: Option<&libc::sigaction>) -> Result<libc::sigaction, Errno> {
    let mut old = zeroed_action();
    let new = new.map_or(ptr::null(), ptr::from_ref);
    // SAFETY: `new` is null or valid, `old` is valid. The handler we install obeys
    // *Signal-safe*; other actions are restored as somebody else had made them.
    checked(unsafe { libc::sigaction(signal, new, &raw mut old) })?;
    Ok(old)
}

/// The handler of faults.
extern "C" fn on_fault(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the C library says where the thread's `errno` is; it lives as long as
    // the thread.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let saved = unsafe { errno.read() };
    // SAFETY: the kernel passes a valid `siginfo_t` with `SA_SIGINFO`.
    let details = unsafe { &*info };
    // Otherwise it was sent by a process, not raised by an instruction.
    let raised = details.si_code > 0;
    if !raised || !is_dealt_with(signal, details, context) {
        chain(signal, raised, info, context);
    }
    // SAFETY: as above.
    unsafe { errno.write(saved) };
}

fn is_dealt_with(signal: libc::c_int, info: &libc::siginfo_t, context: *mut c_void) -> bool {
    // SAFETY: the kernel passes a valid `ucontext_t` with `SA_SIGINFO`, which nobody
    // else refers to while the handler runs.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    let mut context = HostContext::new(context);
    let pc = context.pc();
    // SAFETY: for a fault the kernel fills in the address, of which any value is fine.
    let address = unsafe { info.si_addr() }.addr();
    if let Some(recovery) = copy::recovery(pc).or_else(|| single::recovery(pc)) {
        context.set_stopped(address as u64, signal.cast_unsigned().into());
        context.set_pc(recovery);
        return true;
    }
    if pc == 0 {
        // SAFETY: *Listed*: what the list holds is alive, and of this thread.
        let Some(last) = (unsafe { REGISTRATIONS.get().as_ref() }) else {
            return false;
        };
        // SAFETY: the scope is alive, and with it what it borrows.
        let handler = unsafe { &*last.handler };
        return handler.jumped_to_zero(&mut context) == Verdict::Resume;
    }
    let page_fault = context.is_page_fault() || signal == libc::SIGBUS;
    let fault = Fault {
        address: page_fault.then_some(address),
        write: context.is_write(),
        bus: signal == libc::SIGBUS,
        float: signal == libc::SIGFPE,
    };
    let mut at = REGISTRATIONS.get();
    // SAFETY: *Listed*: what the list holds is alive, and of this thread.
    while let Some(registration) = unsafe { at.as_ref() } {
        if registration.code.contains(&pc) {
            if address == pc && icache::is_republished() {
                return true;
            }
            // SAFETY: the scope is alive, and with it what it borrows.
            let handler = unsafe { &*registration.handler };
            if handler.fault(&mut context, &fault) == Verdict::Resume {
                return true;
            }
        }
        at = registration.next.get();
    }
    false
}

/// Passes a signal on as the kernel would have delivered it without us.
fn chain(signal: libc::c_int, raised: bool, info: *mut libc::siginfo_t, context: *mut c_void) {
    // Acquire pairs with the release in `install_for`.
    let previous = PREVIOUS[slot(signal)].load(Ordering::Acquire);
    // SAFETY: null, or a leaked box.
    let previous = unsafe { previous.as_ref() };
    match previous {
        Some(action) if action.sa_sigaction == libc::SIG_IGN && !raised => {}
        Some(action) if !matches!(action.sa_sigaction, libc::SIG_DFL | libc::SIG_IGN) => {
            call(action, signal, info, context);
        }
        // The default, or a fault that cannot be ignored: die of it.
        _ => die(signal, raised),
    }
}

fn call(
    action: &libc::sigaction,
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
) {
    type WithInfo = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut c_void);
    type Plain = extern "C" fn(libc::c_int);
    // What the kernel would have blocked meanwhile. It restores the mask when our
    // handler returns.
    let mut mask = action.sa_mask;
    if action.sa_flags & libc::SA_NODEFER == 0 {
        // SAFETY: the set is valid and the signal exists.
        unsafe { libc::sigaddset(&raw mut mask, signal) };
    }
    // SAFETY: the set is valid, and nobody asks for the old one.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const mask, ptr::null_mut()) };
    if action.sa_flags & libc::SA_SIGINFO != 0 {
        // SAFETY: somebody installed this address as a handler of this type.
        let handler = unsafe { mem::transmute::<usize, WithInfo>(action.sa_sigaction) };
        handler(signal, info, context);
    } else {
        // SAFETY: somebody installed this address as a handler of this type.
        let handler = unsafe { mem::transmute::<usize, Plain>(action.sa_sigaction) };
        handler(signal);
    }
}

/// Lets the process die of `signal` by the default action.
fn die(signal: libc::c_int, raised: bool) {
    // A failure leaves us in a loop of faults, which cannot be helped.
    let _ = sigaction(signal, Some(&zeroed_action()));
    if !raised {
        // The instruction will not raise it again when we return.
        // SAFETY: the call has no requirements.
        unsafe { libc::raise(signal) };
    }
}
