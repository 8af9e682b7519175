//! Conversions between formats, and to and from fixed point and integers.

use super::env::{FpControl, FpEnv, FpFlags, RoundingMode};
use super::format::{
    Brain, Class, Double, Format, Single, StoredHalf, Unpacked, infinity, process_nans, round,
    rounds_up, shift_right_jam, unpack, zero,
};

/// The width of a fixed-point number or integer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FixedWidth {
    /// 16 bits.
    Half,
    /// 32 bits.
    Word,
}

impl FixedWidth {
    /// Returns the number of bits.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::Half => 16,
            Self::Word => 32,
        }
    }
}

/// A fixed-point number's type; an integer's if it has no fraction bits.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Fixed {
    /// Its width.
    pub width: FixedWidth,
    /// Whether it is signed, in two's complement.
    pub signed: bool,
    /// How many of its bits stand behind the point, up to the width.
    pub fraction_bits: u8,
}

impl Fixed {
    /// A signed 32-bit integer.
    pub const I32: Self = Self {
        width: FixedWidth::Word,
        signed: true,
        fraction_bits: 0,
    };
    /// An unsigned 32-bit integer.
    pub const U32: Self = Self {
        signed: false,
        ..Self::I32
    };

    /// Returns the type of the fields `sx`, `U` and `imm4:i` of an encoding. A
    /// 16-bit number has no fraction bits if `imm4:i` leaves it fewer than none.
    #[inline]
    #[must_use]
    pub const fn decode(sx: u32, u: u32, imm5: u32) -> Self {
        let width = match sx {
            0 => FixedWidth::Half,
            _ => FixedWidth::Word,
        };
        Self {
            width,
            signed: u == 0,
            fraction_bits: width.bits().saturating_sub(imm5) as u8,
        }
    }

    const SIGNED: u64 = 1 << 8;
    const HALF: u64 = 1 << 9;

    /// Packs the type into an argument for generated code.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.fraction_bits as u64
            | if self.signed { Self::SIGNED } else { 0 }
            | match self.width {
                FixedWidth::Half => Self::HALF,
                FixedWidth::Word => 0,
            }
    }

    /// Unpacks what [`bits`](Self::bits) packed.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self {
            width: if bits & Self::HALF != 0 {
                FixedWidth::Half
            } else {
                FixedWidth::Word
            },
            signed: bits & Self::SIGNED != 0,
            fraction_bits: bits as u8,
        }
    }

    /// The smallest and the largest number, fraction bits included.
    const fn range(self) -> (i64, i64) {
        let bits = self.width.bits();
        if self.signed {
            (-1 << (bits - 1), (1 << (bits - 1)) - 1)
        } else {
            (0, (1 << bits) - 1)
        }
    }
}

/// Converts to fixed point or to an integer (`FPToFixed()`), saturating.
///
/// A result narrower than 32 bits is sign-extended if the type is signed and
/// zero-extended if not. A NaN becomes zero.
#[inline]
#[must_use]
pub fn to_fixed<F: Format>(env: &mut FpEnv, a: F::Bits, to: Fixed, mode: RoundingMode) -> u32 {
    let a = unpack::<F>(env, a);
    let (min, max) = to.range();
    match a.class {
        Class::Finite => {}
        Class::Infinity => return saturated(env, if a.sign { min } else { max }),
        Class::QuietNan | Class::SignallingNan => return saturated(env, 0),
    }
    // Bits above and below the point, the latter with the top bit for one half.
    let exp = a.exp + i32::from(to.fraction_bits);
    let (int, rest) = match exp {
        ..-1 => (0, shift_right_jam(a.sig, 2)),
        -1 => (0, a.sig),
        0..=32 => (a.sig >> (63 - exp), a.sig << (exp + 1)),
        _ => return saturated(env, if a.sign { min } else { max }),
    };
    let magnitude = (int + u64::from(rounds_up(mode, a.sign, int, rest))) as i64;
    let value = if a.sign { -magnitude } else { magnitude };
    if value < min || value > max {
        return saturated(env, value.clamp(min, max));
    }
    if rest != 0 {
        env.raise(FpFlags::INEXACT);
    }
    value as u32
}

#[cold]
fn saturated(env: &mut FpEnv, value: i64) -> u32 {
    env.raise(FpFlags::INVALID);
    value as u32
}

/// Converts from fixed point or from an integer (`FixedToFP()`). Bits of `a`
/// beyond the type's width are ignored.
#[inline]
#[must_use]
pub fn from_fixed<F: Format>(env: &mut FpEnv, a: u32, from: Fixed, mode: RoundingMode) -> F::Bits {
    let value = match (from.width, from.signed) {
        (FixedWidth::Half, true) => i64::from(a as i16),
        (FixedWidth::Half, false) => i64::from(a as u16),
        (FixedWidth::Word, true) => i64::from(a as i32),
        (FixedWidth::Word, false) => i64::from(a),
    };
    let magnitude = value.unsigned_abs();
    if magnitude == 0 {
        return zero::<F>(false);
    }
    let zeroes = magnitude.leading_zeros();
    let exp = 63 - zeroes as i32 - i32::from(from.fraction_bits);
    let mut rounding = FpEnv::new(env.control().with_rounding(mode));
    let result = round::<F>(&mut rounding, value < 0, exp, magnitude << zeroes);
    env.raise(rounding.flags());
    result
}

/// Converts a single to a double (`FPSingleToDouble()`).
#[inline]
#[must_use]
pub fn single_to_double(env: &mut FpEnv, a: u32) -> u64 {
    reformat::<Single, Double>(env, a)
}

/// Converts a double to a single (`FPDoubleToSingle()`).
#[inline]
#[must_use]
pub fn double_to_single(env: &mut FpEnv, a: u64) -> u32 {
    reformat::<Double, Single>(env, a)
}

/// Converts a half to a single (`FPHalfToSingle()`).
#[inline]
#[must_use]
pub fn half_to_single(env: &mut FpEnv, a: u16) -> u32 {
    reformat::<StoredHalf, Single>(env, a)
}

/// Converts a single to a half (`FPSingleToHalf()`). The alternative format has
/// neither infinities nor NaNs: an infinity becomes the largest number, a NaN
/// zero, and either is invalid.
#[inline]
#[must_use]
pub fn single_to_half(env: &mut FpEnv, a: u32) -> u16 {
    to_half::<Single>(env, a)
}

/// Converts a half to a double (`FPHalfToDouble()`).
#[inline]
#[must_use]
pub fn half_to_double(env: &mut FpEnv, a: u16) -> u64 {
    reformat::<StoredHalf, Double>(env, a)
}

/// Converts a double to a half (`FPDoubleToHalf()`), as [`single_to_half`] does.
#[inline]
#[must_use]
pub fn double_to_half(env: &mut FpEnv, a: u64) -> u16 {
    to_half::<Double>(env, a)
}

/// Converts a single to BFloat16 (`FPConvertBF()`).
#[inline]
#[must_use]
pub fn single_to_brain(env: &mut FpEnv, a: u32) -> u16 {
    reformat::<Single, Brain>(env, a)
}

/// Converts a half to the single of the same value, or to a NaN that signals if the half
/// does, raising no flags. A subnormal half is flushed if FZ16 says so.
#[inline]
#[must_use]
pub fn half_as_single(control: FpControl, a: u16) -> u32 {
    const FRACTION: u32 = 0x3ff;
    let (sign, fraction) = (u32::from(a & 0x8000) << 16, u32::from(a) & FRACTION);
    let exponent = u32::from(a) >> 10 & 31;
    let magnitude = match exponent {
        31 => 0x7f80_0000 | fraction << 13,
        0 if fraction == 0 || control.flush_halves_to_zero() => 0,
        0 => {
            let up = fraction.leading_zeros() - 21;
            (113 - up) << 23 | (fraction << up & FRACTION) << 13
        }
        _ => (exponent + 112) << 23 | fraction << 13,
    };
    sign | magnitude
}

/// Converts a double to a signed integer modulo 2^32, towards zero (`FPToFixedJS()`), and
/// tells whether the integer is the double. No flag but for invalid and inexact is raised,
/// and that a subnormal operand was flushed.
#[must_use]
pub fn to_int_modulo(env: &mut FpEnv, a: u64) -> (u32, bool) {
    let bits = a;
    let a = unpack::<Double>(env, a);
    if !a.is_finite() {
        env.raise(FpFlags::INVALID);
        return (0, false);
    }
    let (int, rest) = match a.exp {
        ..0 => (0, a.sig),
        0..=62 => (a.sig >> (63 - a.exp), a.sig << (a.exp + 1)),
        63..=94 => (a.sig << (a.exp - 63), 0),
        _ => (0, 0),
    };
    let value = if a.sign { int.wrapping_neg() } else { int };
    let fits = a.exp < 31 || a.exp == 31 && a.sign && int == 1 << 31;
    if !fits {
        env.raise(FpFlags::INVALID);
    } else if rest != 0 {
        env.raise(FpFlags::INEXACT);
    }
    // The zero of an integer is positive, and nothing that was flushed.
    let exact = fits && rest == 0 && (int != 0 || bits == 0);
    (value as u32, exact)
}

#[inline]
fn to_half<From: Format>(env: &mut FpEnv, a: From::Bits) -> u16 {
    if env.control().alternative_half() {
        let unpacked = unpack::<From>(env, a);
        if !unpacked.is_finite() {
            env.raise(FpFlags::INVALID);
            let magnitude = if unpacked.is_nan() {
                0
            } else {
                StoredHalf::SIGN - 1
            };
            return zero::<StoredHalf>(unpacked.sign) | magnitude as u16;
        }
    }
    reformat::<From, StoredHalf>(env, a)
}

#[inline]
fn reformat<From: Format, To: Format>(env: &mut FpEnv, a: From::Bits) -> To::Bits {
    let a = unpack::<From>(env, a);
    match a.class {
        Class::Finite if a.sig == 0 => zero::<To>(a.sign),
        Class::Finite => round::<To>(env, a.sign, a.exp, a.sig),
        Class::Infinity => infinity::<To>(a.sign),
        Class::QuietNan | Class::SignallingNan => reformat_nan::<From, To>(env, a),
    }
}

/// The leading bits of the payload are kept.
#[cold]
fn reformat_nan<From: Format, To: Format>(env: &mut FpEnv, a: Unpacked) -> To::Bits {
    let nan: u64 = process_nans::<From>(env, &[a]).into();
    let sign = if nan & From::SIGN != 0 { To::SIGN } else { 0 };
    let fraction = nan << (64 - From::FRACTION_BITS) >> (64 - To::FRACTION_BITS);
    To::from_u64(sign | To::INFINITY | fraction)
}
