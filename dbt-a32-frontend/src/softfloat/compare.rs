//! Comparison.

use dbt_isa::ops::Nzcv;

use super::env::{FpEnv, FpFlags};
use super::format::{Class, Format, unpack};

/// Compares `a` with `b` (`FPCompare()`): equal is Z and C, less is N, greater
/// is C, unordered is C and V. A quiet NaN is an invalid operand only to a
/// signalling comparison.
#[inline]
#[must_use]
pub fn compare<F: Format>(env: &mut FpEnv, a: F::Bits, b: F::Bits, signalling: bool) -> Nzcv {
    let a = unpack::<F>(env, a);
    let b = unpack::<F>(env, b);
    if a.is_nan() || b.is_nan() {
        if signalling || [a.class, b.class].contains(&Class::SignallingNan) {
            env.raise(FpFlags::INVALID);
        }
        return Nzcv::new(false, false, true, true);
    }
    // The patterns of a format order like sign and magnitude. A flushed operand
    // is a zero whatever its pattern.
    let rank = |bits: u64, zero| match bits & !F::SIGN {
        _ if zero => 0,
        magnitude if bits & F::SIGN != 0 => -(magnitude as i64),
        magnitude => magnitude as i64,
    };
    let (a, b) = (rank(a.bits, a.is_zero()), rank(b.bits, b.is_zero()));
    Nzcv::new(a < b, a == b, a >= b, false)
}
