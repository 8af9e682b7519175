//! Single accesses that survive a fault, each as atomic as the guest's own (AArch64).
//!
//! The interpreter's loads and stores go straight to the window, as those of
//! generated code do, and ask questions only when the host's MMU objects. Each is
//! a function of its own. When an instruction of it faults, the hook (see
//! [`fault`](super::fault)) recognises it by its address and has the function
//! return at once, with what the hook left in `x16` and `x17`: the address accessed
//! and the signal's number.
//!
//! See [`mod@super::copy`] for copies of any length.

use core::arch::global_asm;
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

/// `x0`: where, `x1`: what to store, `x2`: what to expect.
type Access = unsafe extern "C" fn(*mut u8, u64, u64) -> Outcome;

const LOAD: [Access; 4] = [
    dbt_glue_load8,
    dbt_glue_load16,
    dbt_glue_load32,
    dbt_glue_load64,
];
const STORE: [Access; 4] = [
    dbt_glue_store8,
    dbt_glue_store16,
    dbt_glue_store32,
    dbt_glue_store64,
];
const COMPARE_EXCHANGE: [Access; 4] = [
    dbt_glue_compare_exchange8,
    dbt_glue_compare_exchange16,
    dbt_glue_compare_exchange32,
    dbt_glue_compare_exchange64,
];

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
    // SAFETY: handed down.
    unsafe { access(COMPARE_EXCHANGE[size as usize], at, new, expected) }
}

/// # Safety
///
/// As for [`load`].
#[inline]
unsafe fn access(how: Access, at: *mut u8, value: u64, expected: u64) -> Result<u64, Stopped> {
    debug_assert!(INSTALLED.load(Ordering::Relaxed), "access without the hook");
    // SAFETY: a fault is caught by the hook; otherwise the bytes are the guest's.
    let outcome = unsafe { how(at, value, expected) };
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
    let first = dbt_glue_load8 as *const () as usize;
    let stopped = dbt_glue_stopped as *const () as usize;
    (first..stopped).contains(&pc).then_some(stopped)
}

// Defined below, with these signatures; the last is never called.
unsafe extern "C" {
    fn dbt_glue_load8(at: *mut u8, value: u64, expected: u64) -> Outcome;
    fn dbt_glue_load16(at: *mut u8, value: u64, expected: u64) -> Outcome;
    fn dbt_glue_load32(at: *mut u8, value: u64, expected: u64) -> Outcome;
    fn dbt_glue_load64(at: *mut u8, value: u64, expected: u64) -> Outcome;
    fn dbt_glue_store8(at: *mut u8, value: u64, expected: u64) -> Outcome;
    fn dbt_glue_store16(at: *mut u8, value: u64, expected: u64) -> Outcome;
    fn dbt_glue_store32(at: *mut u8, value: u64, expected: u64) -> Outcome;
    fn dbt_glue_store64(at: *mut u8, value: u64, expected: u64) -> Outcome;
    fn dbt_glue_compare_exchange8(at: *mut u8, value: u64, expected: u64) -> Outcome;
    fn dbt_glue_compare_exchange16(at: *mut u8, value: u64, expected: u64) -> Outcome;
    fn dbt_glue_compare_exchange32(at: *mut u8, value: u64, expected: u64) -> Outcome;
    fn dbt_glue_compare_exchange64(at: *mut u8, value: u64, expected: u64) -> Outcome;
    fn dbt_glue_stopped();
}

macro_rules! accesses {
    ($($name:literal: $($line:literal),+;)+) => {
        global_asm!(
            ".p2align 2",
            $(
                concat!(".hidden ", $name),
                concat!(".globl ", $name),
                concat!($name, ":"),
                $($line,)+
                "ret",
            )+
            ".hidden dbt_glue_stopped",
            ".globl dbt_glue_stopped",
            "dbt_glue_stopped:",
            "mov x0, x16",
            "mov x1, x17",
            "ret",
        );
    };
}

accesses! {
    "dbt_glue_load8":   "ldrb w0, [x0]", "mov x1, #0";
    "dbt_glue_load16":  "ldrh w0, [x0]", "mov x1, #0";
    "dbt_glue_load32":  "ldr w0, [x0]", "mov x1, #0";
    "dbt_glue_load64":  "ldr x0, [x0]", "mov x1, #0";
    "dbt_glue_store8":  "strb w1, [x0]", "mov x1, #0";
    "dbt_glue_store16": "strh w1, [x0]", "mov x1, #0";
    "dbt_glue_store32": "str w1, [x0]", "mov x1, #0";
    "dbt_glue_store64": "str x1, [x0]", "mov x1, #0";
    // What is there is stored again if it is not what is expected: a page that may not be
    // written faults either way, as it does for a compare-and-swap instruction.
    "dbt_glue_compare_exchange8":
        "0:", "ldaxrb w3, [x0]", "cmp w3, w2, uxtb", "csel w5, w1, w3, eq",
        "stlxrb w4, w5, [x0]", "cbnz w4, 0b", "mov w0, w3", "mov x1, #0";
    "dbt_glue_compare_exchange16":
        "1:", "ldaxrh w3, [x0]", "cmp w3, w2, uxth", "csel w5, w1, w3, eq",
        "stlxrh w4, w5, [x0]", "cbnz w4, 1b", "mov w0, w3", "mov x1, #0";
    "dbt_glue_compare_exchange32":
        "2:", "ldaxr w3, [x0]", "cmp w3, w2", "csel w5, w1, w3, eq",
        "stlxr w4, w5, [x0]", "cbnz w4, 2b", "mov w0, w3", "mov x1, #0";
    "dbt_glue_compare_exchange64":
        "3:", "ldaxr x3, [x0]", "cmp x3, x2", "csel x5, x1, x3, eq",
        "stlxr w4, x5, [x0]", "cbnz w4, 3b", "mov x0, x3", "mov x1, #0";
}
