//! Sums of products of BFloat16, under their own rules.
//!
//! Whatever FPSCR says, subnormal numbers are flushed to zero, NaNs are the default one,
//! sums are rounded to odd, and no flags are raised.
//!
//! See Arm ARM DDI 0487, `BFDotAdd()`.

use super::arith::{add, mul};
use super::env::{FpControl, FpEnv, FpFlags, RoundingMode};
use super::format::{Format as _, Single};

/// `sum + a.0 * b.0 + a.1 * b.1` in single precision (`BFDotAdd()`).
#[must_use]
pub fn brain_dot_add(sum: u32, a: (u16, u16), b: (u16, u16)) -> u32 {
    let products = add_to_odd(product(a.0, b.0), product(a.1, b.1));
    add_to_odd(sum, products)
}

/// The single of the same value.
#[must_use]
pub const fn brain_as_single(a: u16) -> u32 {
    (a as u32) << 16
}

/// The product, which a single holds if it is not too large or too small
/// (`BFMulNoRound()` and `BFRound()`).
fn product(a: u16, b: u16) -> u32 {
    let mut env = FpEnv::new(FpControl::STANDARD);
    mul::<Single>(&mut env, brain_as_single(a), brain_as_single(b))
}

/// The sum, rounded to odd; infinity if it is too large.
fn add_to_odd(a: u32, b: u32) -> u32 {
    let mut env = FpEnv::new(FpControl::STANDARD.with_rounding(RoundingMode::Zero));
    let sum = add::<Single>(&mut env, a, b);
    if env.flags().contains(FpFlags::OVERFLOW) {
        return sum & !(Single::SIGN as u32 - 1) | Single::INFINITY as u32;
    }
    sum | u32::from(env.flags().contains(FpFlags::INEXACT))
}
