//! Estimates of reciprocals, and the steps that refine them.
//!
//! Estimates have eight bits of fraction and are the same on every core. The
//! tables of DDI 0487 are computed here: `RecipEstimate()` and
//! `RecipSqrtEstimate()`.

use super::arith::{mul, sub};
use super::env::{FpEnv, FpFlags};
use super::format::{Format, infinity, invalid, process_nans, round, unpack, zero};

/// A power of two.
fn power<F: Format>(exponent: i32) -> u64 {
    ((F::BIAS + exponent) as u64) << F::FRACTION_BITS
}

/// The reciprocal of `a / 512`, in 256ths, for `a` from 256 to 511.
const fn recip(a: u32) -> u32 {
    let inverse = (1 << 19) / (2 * a + 1);
    inverse.div_ceil(2)
}

/// The reciprocal square root of `a / 512`, in 256ths, for `a` from 128 to 511.
const fn rsqrt(a: u32) -> u32 {
    let a = if a < 256 { 2 * a + 1 } else { 2 * (a | 1) };
    // The largest root whose square times `a` is below 2^28.
    let mut root = 512;
    while a * (root + 1) * (root + 1) < 1 << 28 {
        root += 1;
    }
    root.div_ceil(2)
}

const RECIP: [u8; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        table[index] = recip(256 + index as u32) as u8;
        index += 1;
    }
    table
};

const RSQRT: [u8; 384] = {
    let mut table = [0; 384];
    let mut index = 0;
    while index < 384 {
        table[index] = rsqrt(128 + index as u32) as u8;
        index += 1;
    }
    table
};

/// The estimate of `2^63 / a` (`UnsignedRecipEstimate()`).
#[must_use]
pub fn unsigned_recip_estimate(a: u32) -> u32 {
    match a >> 23 {
        index @ 256.. => 1 << 31 | u32::from(RECIP[index as usize - 256]) << 23,
        _ => u32::MAX,
    }
}

/// The estimate of `2^47.5 / sqrt(a)` (`UnsignedRSqrtEstimate()`).
#[must_use]
pub fn unsigned_rsqrt_estimate(a: u32) -> u32 {
    match a >> 23 {
        index @ 128.. => 1 << 31 | u32::from(RSQRT[index as usize - 128]) << 23,
        _ => u32::MAX,
    }
}

/// The estimate of `1 / a` (`FPRecipEstimate()`), rounded to nearest.
#[must_use]
pub fn recip_estimate<F: Format>(env: &mut FpEnv, a: F::Bits) -> F::Bits {
    let a = unpack::<F>(env, a);
    if a.is_nan() {
        return process_nans::<F>(env, &[a]);
    }
    if a.is_infinite() {
        return zero::<F>(a.sign);
    }
    if a.is_zero() {
        env.raise(FpFlags::DIVIDE_BY_ZERO);
        return infinity::<F>(a.sign);
    }
    // Only if subnormal numbers are not flushed.
    if a.exp < -F::BIAS - 1 {
        env.raise(FpFlags::OVERFLOW | FpFlags::INEXACT);
        return infinity::<F>(a.sign);
    }
    if a.exp >= F::BIAS - 1 && F::flushes(env.control()) {
        env.raise(FpFlags::UNDERFLOW);
        return zero::<F>(a.sign);
    }
    let estimate = RECIP[(a.sig >> 55 & 0xff) as usize];
    finite::<F>(env, a.sign, -1 - a.exp, estimate)
}

/// The estimate of `1 / sqrt(a)` (`FPRSqrtEstimate()`).
#[must_use]
pub fn rsqrt_estimate<F: Format>(env: &mut FpEnv, a: F::Bits) -> F::Bits {
    let a = unpack::<F>(env, a);
    if a.is_nan() {
        return process_nans::<F>(env, &[a]);
    }
    if a.is_zero() {
        env.raise(FpFlags::DIVIDE_BY_ZERO);
        return infinity::<F>(a.sign);
    }
    if a.sign {
        return invalid::<F>(env);
    }
    if a.is_infinite() {
        return zero::<F>(false);
    }
    // The operand is scaled by an even power of two to a quarter up to one.
    let index = if a.exp & 1 == 0 {
        a.sig >> 56
    } else {
        a.sig >> 55
    };
    let estimate = RSQRT[index as usize - 128];
    finite::<F>(env, false, (-1 - a.exp) >> 1, estimate)
}

/// `±1.estimate * 2^exp`, which the format has.
fn finite<F: Format>(env: &mut FpEnv, sign: bool, exp: i32, estimate: u8) -> F::Bits {
    round::<F>(env, sign, exp, 1 << 63 | u64::from(estimate) << 55)
}

/// `2 - a * b`, rounded twice (`FPRecipStep()`).
#[must_use]
pub fn recip_step<F: Format>(env: &mut FpEnv, a: F::Bits, b: F::Bits) -> F::Bits {
    let two = F::from_u64(power::<F>(1));
    step::<F>(env, a, b, two)
}

/// `(3 - a * b) / 2`, rounded twice (`FPRSqrtStep()`).
#[must_use]
pub fn rsqrt_step<F: Format>(env: &mut FpEnv, a: F::Bits, b: F::Bits) -> F::Bits {
    let three = F::from_u64(power::<F>(1) | F::QUIET);
    // A difference from three is no number that halving would round.
    let difference = step::<F>(env, a, b, three);
    let half = F::from_u64(power::<F>(-1));
    mul::<F>(env, difference, half)
}

/// `from - a * b`, in which zero times infinity is zero.
fn step<F: Format>(env: &mut FpEnv, a: F::Bits, b: F::Bits, from: F::Bits) -> F::Bits {
    let (x, y) = (unpack::<F>(env, a), unpack::<F>(env, b));
    if x.is_nan() || y.is_nan() {
        return process_nans::<F>(env, &[x, y]);
    }
    if x.is_zero() && y.is_infinite() || x.is_infinite() && y.is_zero() {
        return from;
    }
    let product = mul::<F>(env, a, b);
    sub::<F>(env, from, product)
}

#[cfg(test)]
mod tests {
    use super::super::env::FpControl;
    use super::super::format::Single;
    use super::*;

    #[test]
    fn estimates_are_near() {
        for exponent in 1..=252_u32 {
            for fraction in 0..256 {
                let bits = exponent << 23 | fraction << 15;
                let mut env = FpEnv::new(FpControl::STANDARD);
                let x = f32::from_bits(bits);
                let recip = f32::from_bits(recip_estimate::<Single>(&mut env, bits));
                assert!(
                    (recip * x - 1.0).abs() < 1.0 / 256.0,
                    "1 / {x} is not {recip}"
                );
                let rsqrt = f32::from_bits(rsqrt_estimate::<Single>(&mut env, bits));
                assert!(
                    (rsqrt * rsqrt * x - 1.0).abs() < 1.0 / 128.0,
                    "{x}: {rsqrt}"
                );
                assert_eq!(env.flags(), FpFlags::NONE);
            }
        }
    }

    #[test]
    fn integer_estimates_are_those_of_fractions() {
        assert_eq!(unsigned_recip_estimate(0x7fff_ffff), u32::MAX);
        assert_eq!(unsigned_recip_estimate(0x8000_0000), 0xff80_0000);
        assert_eq!(unsigned_recip_estimate(u32::MAX), 0x8000_0000);
        assert_eq!(unsigned_rsqrt_estimate(0x3fff_ffff), u32::MAX);
        assert_eq!(unsigned_rsqrt_estimate(0x4000_0000), 0xff80_0000);
        assert_eq!(unsigned_rsqrt_estimate(u32::MAX), 0x8000_0000);
    }
}
