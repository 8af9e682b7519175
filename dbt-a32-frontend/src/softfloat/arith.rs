//! Addition, multiplication, division, square root and the fused operation.

use super::env::{FpEnv, FpFlags, RoundingMode};
use super::format::{
    Class, Format, Unpacked, infinity, invalid, process_nans, round, shift_right_jam, unpack, zero,
};

/// `a + b` (`FPAdd()`).
#[inline]
#[must_use]
pub fn add<F: Format>(env: &mut FpEnv, a: F::Bits, b: F::Bits) -> F::Bits {
    let a = unpack::<F>(env, a);
    let b = unpack::<F>(env, b);
    sum::<F>(env, a, b, false)
}

/// `a - b` (`FPSub()`).
#[inline]
#[must_use]
pub fn sub<F: Format>(env: &mut FpEnv, a: F::Bits, b: F::Bits) -> F::Bits {
    let a = unpack::<F>(env, a);
    let b = unpack::<F>(env, b);
    sum::<F>(env, a, b, true)
}

/// `a + b`, or `a - b`; a NaN operand keeps its sign in either case.
#[inline]
fn sum<F: Format>(env: &mut FpEnv, a: Unpacked, b: Unpacked, subtract: bool) -> F::Bits {
    let b_sign = b.sign != subtract;
    if !(a.is_finite() && b.is_finite()) {
        return sum_special::<F>(env, a, b, b_sign);
    }
    // The larger magnitude first.
    let swap = (b.exp, b.sig) > (a.exp, a.sig);
    let (sign, exp, large) = if swap {
        (b_sign, b.exp, b.sig)
    } else {
        (a.sign, a.exp, a.sig)
    };
    let (small_exp, small) = if swap { (a.exp, a.sig) } else { (b.exp, b.sig) };
    // One bit is made free at the top for the carry.
    let small = shift_right_jam(small >> 1, exp.abs_diff(small_exp));
    let large = large >> 1;
    let sig = if a.sign == b_sign {
        large + small
    } else {
        large - small
    };
    if sig == 0 {
        return zero::<F>(sign_of_zero_sum(env, a.sign, b_sign));
    }
    let zeroes = sig.leading_zeros();
    round::<F>(env, sign, exp + 1 - zeroes as i32, sig << zeroes)
}

#[cold]
fn sum_special<F: Format>(env: &mut FpEnv, a: Unpacked, b: Unpacked, b_sign: bool) -> F::Bits {
    if a.is_nan() || b.is_nan() {
        return process_nans::<F>(env, &[a, b]);
    }
    match (a.is_infinite(), b.is_infinite()) {
        (true, true) if a.sign != b_sign => invalid::<F>(env),
        (true, _) => infinity::<F>(a.sign),
        _ => infinity::<F>(b_sign),
    }
}

/// A sum that is exactly zero is positive unless rounding goes down, but two
/// zeroes of one sign keep it.
#[inline]
fn sign_of_zero_sum(env: &FpEnv, a: bool, b: bool) -> bool {
    if a == b {
        a
    } else {
        env.control().rounding() == RoundingMode::Down
    }
}

/// `a * b` (`FPMul()`).
#[inline]
#[must_use]
pub fn mul<F: Format>(env: &mut FpEnv, a: F::Bits, b: F::Bits) -> F::Bits {
    let a = unpack::<F>(env, a);
    let b = unpack::<F>(env, b);
    let sign = a.sign != b.sign;
    if !(a.is_finite() && b.is_finite()) {
        return mul_special::<F>(env, a, b);
    }
    if a.sig == 0 || b.sig == 0 {
        return zero::<F>(sign);
    }
    let product = u128::from(a.sig) * u128::from(b.sig);
    let sig = (product >> 64) as u64 | u64::from(product as u64 != 0);
    // The product of two significands in [1, 2) is in [1, 4).
    let small = sig.leading_zeros();
    round::<F>(env, sign, a.exp + b.exp + 1 - small as i32, sig << small)
}

#[cold]
fn mul_special<F: Format>(env: &mut FpEnv, a: Unpacked, b: Unpacked) -> F::Bits {
    if a.is_nan() || b.is_nan() {
        process_nans::<F>(env, &[a, b])
    } else if a.is_zero() || b.is_zero() {
        invalid::<F>(env)
    } else {
        infinity::<F>(a.sign != b.sign)
    }
}

/// `a / b` (`FPDiv()`).
#[inline]
#[must_use]
pub fn div<F: Format>(env: &mut FpEnv, a: F::Bits, b: F::Bits) -> F::Bits {
    let a = unpack::<F>(env, a);
    let b = unpack::<F>(env, b);
    let sign = a.sign != b.sign;
    if !(a.is_finite() && b.is_finite()) || a.sig == 0 || b.sig == 0 {
        return div_special::<F>(env, a, b);
    }
    let sig = F::quotient(a.sig, b.sig);
    let small = sig.leading_zeros();
    // The quotient of two significands in [1, 2) is in (1/2, 2).
    let below_one = i32::from(a.sig < b.sig);
    round::<F>(env, sign, a.exp - b.exp - below_one, sig << small)
}

#[cold]
fn div_special<F: Format>(env: &mut FpEnv, a: Unpacked, b: Unpacked) -> F::Bits {
    let sign = a.sign != b.sign;
    if a.is_nan() || b.is_nan() {
        process_nans::<F>(env, &[a, b])
    } else if a.is_infinite() && b.is_infinite() || a.is_zero() && b.is_zero() {
        invalid::<F>(env)
    } else if a.is_infinite() {
        infinity::<F>(sign)
    } else if b.is_zero() {
        env.raise(FpFlags::DIVIDE_BY_ZERO);
        infinity::<F>(sign)
    } else {
        zero::<F>(sign)
    }
}

/// The square root of `a` (`FPSqrt()`).
#[inline]
#[must_use]
pub fn sqrt<F: Format>(env: &mut FpEnv, a: F::Bits) -> F::Bits {
    let a = unpack::<F>(env, a);
    if a.is_nan() {
        return process_nans::<F>(env, &[a]);
    }
    if a.is_zero() {
        return zero::<F>(a.sign);
    }
    if a.sign {
        return invalid::<F>(env);
    }
    if a.is_infinite() {
        return infinity::<F>(false);
    }
    let odd = a.exp & 1 != 0;
    round::<F>(env, false, a.exp >> 1, F::root(a.sig, odd))
}

/// `addend + a * b`, rounded once (`FPMulAdd()`).
#[inline]
#[must_use]
pub fn mul_add<F: Format>(env: &mut FpEnv, addend: F::Bits, a: F::Bits, b: F::Bits) -> F::Bits {
    let addend = unpack::<F>(env, addend);
    let a = unpack::<F>(env, a);
    let b = unpack::<F>(env, b);
    if !(addend.is_finite() && a.is_finite() && b.is_finite()) {
        return mul_add_special::<F>(env, addend, a, b);
    }
    let sign = a.sign != b.sign;
    // In 128 bits, a product of doubles leaves 20 bits at the bottom besides one
    // that is free at the top for the carry. So an addend that is shifted far
    // enough to lose bits is too far away for more than one bit to cancel, and
    // jamming is exact.
    let product = Wide {
        exp: a.exp + b.exp + 1,
        sig: (u128::from(a.sig) * u128::from(b.sig)) >> 1,
    };
    let addend_wide = Wide {
        exp: addend.exp,
        sig: u128::from(addend.sig) << 63,
    };
    let (exp, sig, swapped) = Wide::combine(product, addend_wide, sign == addend.sign);
    if sig == 0 {
        return zero::<F>(sign_of_zero_sum(env, sign, addend.sign));
    }
    let zeroes = sig.leading_zeros();
    let sig = sig << zeroes;
    let jammed = (sig >> 64) as u64 | u64::from(sig as u64 != 0);
    let sign = if swapped { addend.sign } else { sign };
    round::<F>(env, sign, exp + 1 - zeroes as i32, jammed)
}

#[cold]
fn mul_add_special<F: Format>(
    env: &mut FpEnv,
    addend: Unpacked,
    a: Unpacked,
    b: Unpacked,
) -> F::Bits {
    let sign = a.sign != b.sign;
    let infinite = a.is_infinite() || b.is_infinite();
    let meaningless = infinite && (a.is_zero() || b.is_zero());
    if addend.is_nan() || a.is_nan() || b.is_nan() {
        // Infinity times zero is invalid even if the addend is a quiet NaN.
        let chosen = process_nans::<F>(env, &[addend, a, b]);
        let hides = meaningless && addend.class == Class::QuietNan;
        return if hides { invalid::<F>(env) } else { chosen };
    }
    if meaningless || infinite && addend.is_infinite() && sign != addend.sign {
        return invalid::<F>(env);
    }
    infinity::<F>(if infinite { sign } else { addend.sign })
}

/// `sig * 2^(exp - 126)`, where bit 127 is free.
#[derive(Clone, Copy)]
struct Wide {
    exp: i32,
    sig: u128,
}

impl Wide {
    /// The sum or difference of two magnitudes, and whether `b`'s was larger.
    #[inline]
    fn combine(a: Self, b: Self, add: bool) -> (i32, u128, bool) {
        // A product's leading bit may be one place lower than its exponent says,
        // so that exponents alone do not tell the larger.
        let (exp, x, y) = if a.exp >= b.exp {
            (
                a.exp,
                a.sig,
                Self::shift_right_jam(b.sig, a.exp.abs_diff(b.exp)),
            )
        } else {
            (
                b.exp,
                Self::shift_right_jam(a.sig, a.exp.abs_diff(b.exp)),
                b.sig,
            )
        };
        if add {
            (exp, x + y, false)
        } else if x >= y {
            (exp, x - y, false)
        } else {
            (exp, y - x, true)
        }
    }

    #[inline]
    fn shift_right_jam(sig: u128, by: u32) -> u128 {
        if by < 128 {
            sig >> by | u128::from(sig & ((1 << by) - 1) != 0)
        } else {
            u128::from(sig != 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::env::FpControl;
    use super::super::format::Single;
    use super::*;
    use crate::softfloat::neg;

    #[test]
    fn subtraction_does_not_negate_a_nan() {
        let mut env = FpEnv::new(FpControl::default());
        assert_eq!(sub::<Single>(&mut env, 0, 0x7fc0_1234), 0x7fc0_1234);
        assert_eq!(neg::<Single>(0x7fc0_1234), 0xffc0_1234);
    }
}
