//! Rounding to integers, and maxima.

use super::compare::compare;
use super::convert::{Fixed, FixedWidth, to_fixed};
use super::env::{FpEnv, FpFlags, RoundingMode};
use super::format::{
    Class, Format, Unpacked, infinity, process_nans, round, rounds_up, shift_right_jam, unpack,
    zero,
};

/// How a number is rounded to an integer: FPSCR's modes and one more.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum Rounding {
    /// To the nearest integer, ties to the even one.
    TieEven = 0,
    /// Towards plus infinity.
    Up = 1,
    /// Towards minus infinity.
    Down = 2,
    /// Towards zero.
    Zero = 3,
    /// To the nearest integer, ties away from zero.
    TieAway = 4,
}

impl Rounding {
    /// Returns the rounding with a number, or the last one.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        match bits {
            0 => Self::TieEven,
            1 => Self::Up,
            2 => Self::Down,
            3 => Self::Zero,
            _ => Self::TieAway,
        }
    }

    fn rounds_up(self, sign: bool, int: u64, rest: u64) -> bool {
        let mode = match self {
            Self::TieEven => RoundingMode::Nearest,
            Self::Up => RoundingMode::Up,
            Self::Down => RoundingMode::Down,
            Self::Zero => RoundingMode::Zero,
            Self::TieAway => return rest >> 63 != 0,
        };
        rounds_up(mode, sign, int, rest)
    }
}

impl From<RoundingMode> for Rounding {
    fn from(mode: RoundingMode) -> Self {
        Self::from_bits(mode as u64)
    }
}

/// Rounds to an integer of the same format (`FPRoundInt()`). It is inexact only if
/// `exact` says that it may be.
#[must_use]
pub fn round_to_int<F: Format>(
    env: &mut FpEnv,
    a: F::Bits,
    rounding: Rounding,
    exact: bool,
) -> F::Bits {
    let a = unpack::<F>(env, a);
    match a.class {
        Class::QuietNan | Class::SignallingNan => return process_nans::<F>(env, &[a]),
        Class::Infinity => return infinity::<F>(a.sign),
        Class::Finite if a.sig == 0 => return zero::<F>(a.sign),
        Class::Finite => {}
    }
    let (int, rest) = match a.exp {
        ..-1 => (0, shift_right_jam(a.sig, 2)),
        -1 => (0, a.sig),
        0..=62 => (a.sig >> (63 - a.exp), a.sig << (a.exp + 1)),
        // Numbers this large are integers.
        _ => return round::<F>(env, a.sign, a.exp, a.sig),
    };
    if exact && rest != 0 {
        env.raise(FpFlags::INEXACT);
    }
    let magnitude = int + u64::from(rounding.rounds_up(a.sign, int, rest));
    if magnitude == 0 {
        return zero::<F>(a.sign);
    }
    let zeroes = magnitude.leading_zeros();
    round::<F>(env, a.sign, 63 - zeroes as i32, magnitude << zeroes)
}

/// Converts to an integer, saturating (`FPToFixed()`).
#[must_use]
pub fn to_int<F: Format>(
    env: &mut FpEnv,
    a: F::Bits,
    width: FixedWidth,
    signed: bool,
    rounding: Rounding,
) -> u32 {
    let mut rounded = FpEnv::new(env.control());
    let int = round_to_int::<F>(&mut rounded, a, rounding, true);
    let mut converted = FpEnv::new(env.control());
    let to = Fixed {
        width,
        signed,
        fraction_bits: 0,
    };
    let result = to_fixed::<F>(&mut converted, int, to, RoundingMode::Zero);
    // What is invalid is not inexact as well; what is flushed is told by rounding.
    let mut flags = rounded.flags();
    if converted.flags().contains(FpFlags::INVALID) {
        flags = FpFlags::from_fpscr(flags.bits() & !FpFlags::INEXACT.bits());
    }
    env.raise(flags);
    env.raise(converted.flags());
    result
}

/// The larger of two numbers (`FPMax()`).
#[must_use]
pub fn max<F: Format>(env: &mut FpEnv, a: F::Bits, b: F::Bits) -> F::Bits {
    choose::<F>(env, a, b, false)
}

/// The smaller of two numbers (`FPMin()`).
#[must_use]
pub fn min<F: Format>(env: &mut FpEnv, a: F::Bits, b: F::Bits) -> F::Bits {
    choose::<F>(env, a, b, true)
}

/// The larger of two numbers, the number if the other is a quiet NaN
/// (`FPMaxNum()`).
#[must_use]
pub fn max_num<F: Format>(env: &mut FpEnv, a: F::Bits, b: F::Bits) -> F::Bits {
    let (a, b) = number_first::<F>(a, b, true);
    max::<F>(env, a, b)
}

/// The smaller of two numbers, the number if the other is a quiet NaN
/// (`FPMinNum()`).
#[must_use]
pub fn min_num<F: Format>(env: &mut FpEnv, a: F::Bits, b: F::Bits) -> F::Bits {
    let (a, b) = number_first::<F>(a, b, false);
    min::<F>(env, a, b)
}

/// Replaces the only quiet NaN by the infinity that is never chosen.
fn number_first<F: Format>(a: F::Bits, b: F::Bits, sign: bool) -> (F::Bits, F::Bits) {
    let quiet = |bits: F::Bits| {
        let bits: u64 = bits.into();
        bits & F::INFINITY == F::INFINITY && bits & F::QUIET != 0
    };
    match (quiet(a), quiet(b)) {
        (true, false) => (infinity::<F>(sign), b),
        (false, true) => (a, infinity::<F>(sign)),
        _ => (a, b),
    }
}

fn choose<F: Format>(env: &mut FpEnv, a: F::Bits, b: F::Bits, smaller: bool) -> F::Bits {
    let (x, y) = (unpack::<F>(env, a), unpack::<F>(env, b));
    if x.is_nan() || y.is_nan() {
        return process_nans::<F>(env, &[x, y]);
    }
    if x.is_zero() && y.is_zero() {
        let sign = if smaller {
            x.sign || y.sign
        } else {
            x.sign && y.sign
        };
        return zero::<F>(sign);
    }
    let below = compare::<F>(env, a, b, false).n();
    again::<F>(env, if below == smaller { x } else { y })
}

/// Makes a number of its parts, which rounds it to what it is.
fn again<F: Format>(env: &mut FpEnv, a: Unpacked) -> F::Bits {
    match a.class {
        Class::Infinity => infinity::<F>(a.sign),
        _ if a.is_zero() => zero::<F>(a.sign),
        _ => {
            // A number that was not flushed is exact in its format.
            let mut exact = FpEnv::new(env.control());
            round::<F>(&mut exact, a.sign, a.exp, a.sig)
        }
    }
}
