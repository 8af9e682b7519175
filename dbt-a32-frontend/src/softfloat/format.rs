//! The formats, and the two functions that know them: `unpack` and `round`.

use super::env::{FpControl, FpEnv, FpFlags, RoundingMode};

/// An interchange format of IEEE 754.
///
/// All constants and the masks made of them are of the format right-aligned in
/// 64 bits.
pub trait Format: sealed::Sealed {
    /// An integer of the format's width.
    type Bits: Copy + Eq + core::fmt::Debug + Into<u64>;

    /// Bits of the exponent field.
    const EXPONENT_BITS: u32;
    /// Bits of the fraction field, which lacks the leading bit.
    const FRACTION_BITS: u32;
    /// Which bit of FPSCR says that subnormal numbers are flushed to zero.
    const FLUSH: Flush = Flush::Fz;
    /// Whether FPSCR.AHP applies.
    const ALTERNATIVE: bool = false;

    /// The exponent field of one.
    const BIAS: i32 = (1 << (Self::EXPONENT_BITS - 1)) - 1;
    /// The exponent field of infinities and NaNs.
    const EXPONENT_MAX: u64 = (1 << Self::EXPONENT_BITS) - 1;
    /// The sign bit.
    const SIGN: u64 = 1 << (Self::EXPONENT_BITS + Self::FRACTION_BITS);
    /// The fraction field.
    const FRACTION: u64 = (1 << Self::FRACTION_BITS) - 1;
    /// The bit that tells a quiet NaN from a signalling one.
    const QUIET: u64 = 1 << (Self::FRACTION_BITS - 1);
    /// Plus infinity.
    const INFINITY: u64 = Self::EXPONENT_MAX << Self::FRACTION_BITS;
    /// The default NaN (`FPDefaultNaN()`): positive, quiet, no payload.
    const DEFAULT_NAN: u64 = Self::INFINITY | Self::QUIET;

    /// Whether subnormal numbers are flushed to zero.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    fn flushes(control: FpControl) -> bool {
        match Self::FLUSH {
            Flush::Fz => control.flush_to_zero(),
            Flush::Fz16 => control.flush_halves_to_zero(),
            Flush::Never => false,
        }
    }

    /// Narrows to the format's width.
    fn from_u64(bits: u64) -> Self::Bits;

    /// The quotient of two significands in [1, 2), jammed, with bit 63 for one.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    fn quotient(a: u64, b: u64) -> u64 {
        let (a, b) = (u128::from(a) << 63, u128::from(b));
        let quotient = a / b;
        quotient as u64 | u64::from(quotient * b != a)
    }

    /// The square root of a significand in [1, 2), or of twice that, jammed,
    /// with bit 63 for one.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    fn root(sig: u64, twice: bool) -> u64 {
        let square = u128::from(sig) << (63 + u32::from(twice));
        let root = square.isqrt();
        root as u64 | u64::from(root * root != square)
    }
}

/// What flushes subnormal numbers of a format to zero.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Flush {
    /// FPSCR.FZ.
    Fz,
    /// FPSCR.FZ16. That an operand was flushed is not reported.
    Fz16,
    /// Nothing.
    Never,
}

/// Half precision in arithmetic.
#[derive(Clone, Copy, Debug)]
pub struct Half;

/// Half precision as conversions between formats read and write it: never flushed,
/// and the alternative format if FPSCR.AHP says so.
#[derive(Clone, Copy, Debug)]
pub struct StoredHalf;

/// BFloat16: a single without its lower half.
#[derive(Clone, Copy, Debug)]
pub struct Brain;

/// Single precision.
#[derive(Clone, Copy, Debug)]
pub struct Single;

/// Double precision.
#[derive(Clone, Copy, Debug)]
pub struct Double;

impl Format for Half {
    type Bits = u16;
    const EXPONENT_BITS: u32 = 5;
    const FRACTION_BITS: u32 = 10;
    const FLUSH: Flush = Flush::Fz16;

    #[inline]
    fn from_u64(bits: u64) -> u16 {
        bits as u16
    }
}

impl Format for StoredHalf {
    type Bits = u16;
    const EXPONENT_BITS: u32 = 5;
    const FRACTION_BITS: u32 = 10;
    const FLUSH: Flush = Flush::Never;
    const ALTERNATIVE: bool = true;

    #[inline]
    fn from_u64(bits: u64) -> u16 {
        bits as u16
    }
}

impl Format for Brain {
    type Bits = u16;
    const EXPONENT_BITS: u32 = 8;
    const FRACTION_BITS: u32 = 7;

    #[inline]
    fn from_u64(bits: u64) -> u16 {
        bits as u16
    }
}

impl Format for Single {
    type Bits = u32;
    const EXPONENT_BITS: u32 = 8;
    const FRACTION_BITS: u32 = 23;

    #[inline]
    fn from_u64(bits: u64) -> u32 {
        bits as u32
    }

    // A single's significand has 24 bits, so that 64-bit arithmetic is enough.

    #[inline]
    fn quotient(a: u64, b: u64) -> u64 {
        let (a, b) = (a >> 1, b >> 40);
        let quotient = a / b;
        (quotient | u64::from(quotient * b != a)) << 24
    }

    #[inline]
    fn root(sig: u64, twice: bool) -> u64 {
        let square = sig >> u32::from(!twice);
        let root = square.isqrt();
        root << 32 | u64::from(root * root != square)
    }
}

impl Format for Double {
    type Bits = u64;
    const EXPONENT_BITS: u32 = 11;
    const FRACTION_BITS: u32 = 52;

    #[inline]
    fn from_u64(bits: u64) -> u64 {
        bits
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Half {}
    impl Sealed for super::StoredHalf {}
    impl Sealed for super::Brain {}
    impl Sealed for super::Single {}
    impl Sealed for super::Double {}
}

/// What `FPUnpack()` returns as its type, with zero among the finite values.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Class {
    Finite,
    Infinity,
    QuietNan,
    SignallingNan,
}

/// An operand taken apart (`FPUnpack()`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Unpacked {
    pub(super) class: Class,
    pub(super) sign: bool,
    /// If finite, the value is `sig * 2^(exp - 63)`.
    pub(super) exp: i32,
    /// Bit 63 is set, unless the value is zero.
    pub(super) sig: u64,
    /// The operand itself, which a NaN result is made of.
    pub(super) bits: u64,
}

impl Unpacked {
    #[inline]
    pub(super) fn is_nan(&self) -> bool {
        matches!(self.class, Class::QuietNan | Class::SignallingNan)
    }

    #[inline]
    pub(super) fn is_finite(&self) -> bool {
        self.class == Class::Finite
    }

    #[inline]
    pub(super) fn is_infinite(&self) -> bool {
        self.class == Class::Infinity
    }

    #[inline]
    pub(super) fn is_zero(&self) -> bool {
        self.class == Class::Finite && self.sig == 0
    }
}

/// The exponent of an unpacked zero: so small that any other operand dominates,
/// and sums of two still fit.
const EXP_OF_ZERO: i32 = -0x10000;

const TOP: u64 = 1 << 63;

/// Takes an operand apart, flushing a subnormal one if FZ says so.
#[inline]
pub(super) fn unpack<F: Format>(env: &mut FpEnv, bits: F::Bits) -> Unpacked {
    let bits: u64 = bits.into();
    let field = bits >> F::FRACTION_BITS & F::EXPONENT_MAX;
    let mut unpacked = Unpacked {
        class: Class::Finite,
        sign: bits & F::SIGN != 0,
        exp: field as i32 - F::BIAS,
        // The exponent and the sign fall off at the top, all but one bit, which
        // is where the leading bit goes.
        sig: bits << (63 - F::FRACTION_BITS) | TOP,
        bits,
    };
    if field.wrapping_sub(1) >= F::EXPONENT_MAX - 1 {
        unpack_special::<F>(env, &mut unpacked);
    }
    unpacked
}

/// The exponent field is all zeroes or all ones.
#[inline]
fn unpack_special<F: Format>(env: &mut FpEnv, unpacked: &mut Unpacked) {
    let fraction = unpacked.bits & F::FRACTION;
    if unpacked.exp != -F::BIAS {
        if F::ALTERNATIVE && env.control().alternative_half() {
            return;
        }
        unpacked.class = match fraction {
            0 => Class::Infinity,
            _ if fraction & F::QUIET != 0 => Class::QuietNan,
            _ => Class::SignallingNan,
        };
    } else if fraction == 0 || F::flushes(env.control()) {
        if fraction != 0 && F::FLUSH == Flush::Fz {
            env.raise(FpFlags::INPUT_DENORMAL);
        }
        (unpacked.exp, unpacked.sig) = (EXP_OF_ZERO, 0);
    } else {
        let zeroes = fraction.leading_zeros();
        unpacked.exp = 63 - zeroes as i32 - F::FRACTION_BITS as i32 - F::BIAS + 1;
        unpacked.sig = fraction << zeroes;
    }
}

/// A zero (`FPZero()`).
#[inline]
pub(super) fn zero<F: Format>(sign: bool) -> F::Bits {
    F::from_u64(if sign { F::SIGN } else { 0 })
}

/// An infinity (`FPInfinity()`).
#[inline]
pub(super) fn infinity<F: Format>(sign: bool) -> F::Bits {
    F::from_u64(if sign { F::SIGN } else { 0 } | F::INFINITY)
}

/// The default NaN as the result of an invalid operation.
#[cold]
pub(super) fn invalid<F: Format>(env: &mut FpEnv) -> F::Bits {
    env.raise(FpFlags::INVALID);
    F::from_u64(F::DEFAULT_NAN)
}

/// Whether a magnitude of integer part `int` and remaining fraction `rest`
/// (`TOP` stands for one half) is rounded away from zero.
#[inline]
pub(super) fn rounds_up(mode: RoundingMode, sign: bool, int: u64, rest: u64) -> bool {
    match mode {
        RoundingMode::Nearest => rest > TOP - (int & 1),
        RoundingMode::Up => rest != 0 && !sign,
        RoundingMode::Down => rest != 0 && sign,
        RoundingMode::Zero => false,
    }
}

/// Shifts right and sets bit 0 if anything but zeroes fell off.
#[inline]
pub(super) fn shift_right_jam(sig: u64, by: u32) -> u64 {
    if by < 64 {
        sig >> by | u64::from(sig & ((1 << by) - 1) != 0)
    } else {
        u64::from(sig != 0)
    }
}

/// Rounds `±sig * 2^(exp - 63)` to the format (`FPRound()`). Bit 63 of `sig` is
/// set, bit 0 may stand for lower ones.
#[inline]
pub(super) fn round<F: Format>(env: &mut FpEnv, sign: bool, exp: i32, sig: u64) -> F::Bits {
    debug_assert!(sig & TOP != 0, "only normalised values are rounded");
    // One less than the exponent field: the leading bit of the significand adds
    // the one, as does a carry out of rounding.
    let below = exp + F::BIAS - 1;
    if below < 0 {
        return round_tiny::<F>(env, sign, below, sig);
    }
    let int = sig >> (63 - F::FRACTION_BITS);
    let rest = sig << (F::FRACTION_BITS + 1);
    let up = rounds_up(env.control().rounding(), sign, int, rest);
    let magnitude = ((below as u64) << F::FRACTION_BITS) + int + u64::from(up);
    let alternative = F::ALTERNATIVE && env.control().alternative_half();
    if magnitude >= if alternative { F::SIGN } else { F::INFINITY } {
        return overflow::<F>(env, sign, alternative);
    }
    if rest != 0 {
        env.raise(FpFlags::INEXACT);
    }
    F::from_u64(if sign { F::SIGN } else { 0 } | magnitude)
}

/// The value before rounding is smaller than the smallest normal number.
#[cold]
fn round_tiny<F: Format>(env: &mut FpEnv, sign: bool, below: i32, sig: u64) -> F::Bits {
    if F::flushes(env.control()) {
        env.raise(FpFlags::UNDERFLOW);
        return zero::<F>(sign);
    }
    let sig = shift_right_jam(sig, below.unsigned_abs());
    let int = sig >> (63 - F::FRACTION_BITS);
    let rest = sig << (F::FRACTION_BITS + 1);
    if rest != 0 {
        env.raise(FpFlags::UNDERFLOW | FpFlags::INEXACT);
    }
    let up = rounds_up(env.control().rounding(), sign, int, rest);
    F::from_u64(if sign { F::SIGN } else { 0 } | (int + u64::from(up)))
}

/// The rounded value is too large for the format.
#[cold]
fn overflow<F: Format>(env: &mut FpEnv, sign: bool, alternative: bool) -> F::Bits {
    let signed = if sign { F::SIGN } else { 0 };
    if alternative {
        env.raise(FpFlags::INVALID);
        return F::from_u64(signed | (F::SIGN - 1));
    }
    env.raise(FpFlags::OVERFLOW | FpFlags::INEXACT);
    let to_infinity = match env.control().rounding() {
        RoundingMode::Nearest => true,
        RoundingMode::Up => !sign,
        RoundingMode::Down => sign,
        RoundingMode::Zero => false,
    };
    // The largest normal number precedes infinity.
    F::from_u64(signed | (F::INFINITY - u64::from(!to_infinity)))
}

/// Chooses among NaN operands, the first that signals, else the first, and
/// returns what becomes of it (`FPProcessNaN()`, `FPProcessNaNs()`,
/// `FPProcessNaNs3()`). At least one operand is a NaN.
#[cold]
pub(super) fn process_nans<F: Format>(env: &mut FpEnv, operands: &[Unpacked]) -> F::Bits {
    let of_class = |class| operands.iter().find(move |operand| operand.class == class);
    let signalling = of_class(Class::SignallingNan);
    if signalling.is_some() {
        env.raise(FpFlags::INVALID);
    }
    match signalling.or_else(|| of_class(Class::QuietNan)) {
        Some(nan) if !env.control().default_nan() => F::from_u64(nan.bits | F::QUIET),
        _ => F::from_u64(F::DEFAULT_NAN),
    }
}
