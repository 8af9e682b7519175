//! Single accesses that survive a fault, each as atomic as the guest's own.
//!
//! The interpreter's loads and stores go straight to the window, as those of
//! generated code do, and ask questions only when the host's MMU objects. Each is
//! one instruction of a function of its own. When it faults, the hook (see
//! [`fault`](super::fault)) recognises it by its address and has the function
//! return at once, with the signal's number in `rdx` and the address accessed in
//! `rax`.
//!
//! See [`mod@super::copy`] for copies of any length.

use core::arch::naked_asm;
use core::sync::atomic::Ordering;

use dbt_isa::ops::Size;

use super::copy::INSTALLED;

/// An access did not happen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Stopped {
    /// The host address that could not be accessed.
    pub(super) address: usize,
    /// Whether it was by `SIGBUS`.
    pub(super) bus: bool,
}

#[repr(C)]
struct Outcome {
    /// The result, or with a signal the address.
    value: u64,
    signal: u64,
}

/// `rdi`: where, `rsi`: what to store, `rdx`: signal (zero), `rcx`: what to expect.
type Access = unsafe extern "sysv64" fn(*mut u8, u64, u64, u64) -> Outcome;

const LOAD: [Access; 4] = [load8, load16, load32, load64];
const STORE: [Access; 4] = [store8, store16, store32, store64];
const COMPARE_EXCHANGE: [Access; 4] = [
    compare_exchange8,
    compare_exchange16,
    compare_exchange32,
    compare_exchange64,
];

/// Where the instruction that may fault stands in a `compare_exchange`: behind
/// `mov rax, rcx`.
const BEHIND_MOV: usize = 3;

/// Loads, zero-extended.
///
/// # Safety
///
/// The bytes lie in the reservation of a window, to which no Rust reference exists,
/// and the hook is installed.
#[inline]
pub(super) unsafe fn load(size: Size, from: *mut u8) -> Result<u64, Stopped> {
    // SAFETY: handed down.
    unsafe { access(LOAD[size as usize], from, 0, 0) }
}

/// Stores the low bytes of `value`.
///
/// # Safety
///
/// As for [`load`].
#[inline]
pub(super) unsafe fn store(size: Size, to: *mut u8, value: u64) -> Result<(), Stopped> {
    // SAFETY: handed down.
    unsafe { access(STORE[size as usize], to, value, 0) }.map(|_| ())
}

/// Stores `new` if memory holds `expected`, and returns what it held.
///
/// # Safety
///
/// As for [`load`].
#[inline]
pub(super) unsafe fn compare_exchange(
    size: Size,
    at: *mut u8,
    expected: u64,
    new: u64,
) -> Result<u64, Stopped> {
    let unused = 64 - 8 * size.bytes();
    // SAFETY: handed down.
    let held = unsafe { access(COMPARE_EXCHANGE[size as usize], at, new, expected) }?;
    // Above the bytes compared there is what `expected` had there.
    Ok(held << unused >> unused)
}

/// # Safety
///
/// As for [`load`].
#[inline]
unsafe fn access(how: Access, at: *mut u8, value: u64, expected: u64) -> Result<u64, Stopped> {
    debug_assert!(INSTALLED.load(Ordering::Relaxed), "access without the hook");
    // SAFETY: a fault is caught by the hook; otherwise the bytes are the guest's.
    let outcome = unsafe { how(at, value, 0, expected) };
    if outcome.signal == 0 {
        return Ok(outcome.value);
    }
    Err(Stopped {
        address: usize::try_from(outcome.value).unwrap_or(usize::MAX),
        bus: outcome.signal == libc::SIGBUS.cast_unsigned().into(),
    })
}

/// Returns where to continue if `pc` is one of the instructions.
pub(super) fn recovery(pc: usize) -> Option<usize> {
    let at = |function: &Access, offset| *function as usize + offset == pc;
    let plain = LOAD.iter().chain(&STORE).any(|f| at(f, 0));
    let found = plain || COMPARE_EXCHANGE.iter().any(|f| at(f, BEHIND_MOV));
    found.then_some(stopped as *const () as usize)
}

/// Where an access returns that has faulted.
#[unsafe(naked)]
unsafe extern "sysv64" fn stopped() {
    naked_asm!("ret")
}

macro_rules! accesses {
    ($($name:ident: $($line:literal),+;)+) => {$(
        #[unsafe(naked)]
        unsafe extern "sysv64" fn $name(_: *mut u8, _: u64, _: u64, _: u64) -> Outcome {
            naked_asm!($($line,)+ "ret")
        }
    )+};
}

accesses! {
    load8:  "movzx eax, byte ptr [rdi]";
    load16: "movzx eax, word ptr [rdi]";
    load32: "mov eax, [rdi]";
    load64: "mov rax, [rdi]";
    store8:  "mov [rdi], sil";
    store16: "mov [rdi], si";
    store32: "mov [rdi], esi";
    store64: "mov [rdi], rsi";
    compare_exchange8:  "mov rax, rcx", "lock cmpxchg [rdi], sil";
    compare_exchange16: "mov rax, rcx", "lock cmpxchg [rdi], si";
    compare_exchange32: "mov rax, rcx", "lock cmpxchg [rdi], esi";
    compare_exchange64: "mov rax, rcx", "lock cmpxchg [rdi], rsi";
}
