//! The host's trap flag: something happens before each host instruction of generated code.

use core::ops::Range;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use dbt_core::engine::InterruptHandle;

/// The trap flag in RFLAGS.
const TRAP: libc::greg_t = 1 << 8;

/// Host instructions of generated code that are still to be executed before the interrupt.
static LEFT: AtomicUsize = AtomicUsize::new(0);
static CODE_START: AtomicUsize = AtomicUsize::new(0);
static CODE_END: AtomicUsize = AtomicUsize::new(0);
static HANDLE: AtomicPtr<InterruptHandle> = AtomicPtr::new(ptr::null_mut());

/// One thread at a time uses the variables above.
static STEPPING: Mutex<()> = Mutex::new(());

extern "C" fn on_trap(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes the frame of what was interrupted, which nobody else uses now.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    let registers = &mut context.uc_mcontext.gregs;
    let at = usize::try_from(registers[libc::REG_RIP as usize]);
    let code = CODE_START.load(Ordering::Relaxed)..CODE_END.load(Ordering::Relaxed);
    if !at.is_ok_and(|at| code.contains(&at)) {
        return;
    }
    let left = LEFT.load(Ordering::Relaxed);
    LEFT.store(left.wrapping_sub(1), Ordering::Relaxed);
    if left == 0 {
        // SAFETY: null, or what `interrupt_before` borrows while it steps on this thread.
        if let Some(handle) = unsafe { HANDLE.load(Ordering::Relaxed).as_ref() } {
            handle.interrupt();
        }
        registers[libc::REG_EFL as usize] &= !TRAP;
    }
}

/// Calls `run` and interrupts the vCPU of `handle` before host instruction number `number`,
/// from zero, of those that are executed in `code`. Returns the result, and whether there were
/// so many.
pub(crate) fn interrupt_before<T>(
    number: usize,
    code: &Range<usize>,
    handle: &InterruptHandle,
    run: impl FnOnce() -> T,
) -> (T, bool) {
    let _sole = STEPPING.lock().unwrap_or_else(PoisonError::into_inner);
    LEFT.store(number, Ordering::Relaxed);
    CODE_START.store(code.start, Ordering::Relaxed);
    CODE_END.store(code.end, Ordering::Relaxed);
    HANDLE.store(ptr::from_ref(handle).cast_mut(), Ordering::Relaxed);
    // SAFETY: all zeroes is a valid action.
    let mut action = unsafe { core::mem::zeroed::<libc::sigaction>() };
    action.sa_sigaction = on_trap as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    // As any handler that may interrupt generated code must.
    // SAFETY: the set is ours to change, and the number a signal.
    unsafe { libc::sigaddset(&raw mut action.sa_mask, libc::SIGFPE) };
    // SAFETY: the handler has the type that `SA_SIGINFO` asks for, and is signal-safe.
    let set = unsafe { libc::sigaction(libc::SIGTRAP, &raw const action, ptr::null_mut()) };
    assert_eq!(set, 0);
    // SAFETY: traps go to the handler from here on.
    unsafe { core::arch::asm!("pushfq", "or qword ptr [rsp], 0x100", "popfq") };
    let result = run();
    // SAFETY: no traps from here on.
    unsafe { core::arch::asm!("pushfq", "and qword ptr [rsp], -0x101", "popfq") };
    HANDLE.store(ptr::null_mut(), Ordering::Relaxed);
    (result, LEFT.load(Ordering::Relaxed) > number)
}
