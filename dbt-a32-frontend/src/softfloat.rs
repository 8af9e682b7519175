//! Floating point exactly as the Arm architecture defines it, on integers.
//!
//! The host's floating point agrees with a guest's on ordinary values, but not
//! on which NaN comes out, what is flushed to zero and when, whether tininess
//! is detected before or after rounding, or what an overflowing conversion
//! yields. This module is the answer to all of these: the pseudocode functions
//! of DDI 0406C, section A2.7.7 (`FPAdd`, `FPRound`, `FPToFixed`, …), with the
//! real numbers of the pseudocode represented as a sign, an exponent and 64
//! bits of significand.
//!
//! ```text
//!   bits ──unpack──▶ Unpacked ──add, mul, …──▶ Exact (sign, 2^e, 64 bits, sticky) ──round──▶ bits
//!         flush inputs          NaNs, infinities                                 flush outputs
//! ```
//!
//! Every format unpacks into the same representation, so the arithmetic is
//! written once and only `unpack` and `round` know what a single or a double
//! is. An exact result rarely fits 64 bits; what falls off is remembered by
//! setting bit 0 (*jamming*). That is enough as long as two bits remain below
//! the last bit of the target, and even a double leaves eleven.
//!
//! Operations take an [`FpEnv`], which holds the control bits and collects the
//! cumulative exception flags. No operation reads or clears flags raised before.
//! Trapped exceptions are not modelled: the trap enable bits of FPSCR read as
//! zero, as on every Cortex-A.
//!
//! The alternative was to build on a port of LLVM's `APFloat`. It has neither
//! flush-to-zero, default NaNs, nor Arm's choice among NaNs, so that a wrapper
//! would repeat most of what stands here.
//!
//! # Examples
//!
//! ```
//! use dbt_a32_frontend::softfloat::{self, FpControl, FpEnv, FpFlags, Single};
//!
//! let mut env = FpEnv::new(FpControl::default());
//! let third = softfloat::div::<Single>(&mut env, 0x3f80_0000, 0x4040_0000);
//! assert_eq!(third, 0x3eaa_aaab);
//! assert_eq!(env.flags(), FpFlags::INEXACT);
//! ```
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "fields of a known width are taken apart and put together"
)]

mod arith;
mod brain;
mod compare;
mod convert;
mod env;
mod estimate;
mod format;
mod round;

pub use arith::{add, div, mul, mul_add, sqrt, sub};
pub use brain::{brain_as_single, brain_dot_add};
pub use compare::compare;
pub use convert::{
    Fixed, FixedWidth, double_to_half, double_to_single, from_fixed, half_as_single,
    half_to_double, half_to_single, single_to_brain, single_to_double, single_to_half, to_fixed,
    to_int_modulo,
};
pub use env::{FpControl, FpEnv, FpFlags, RoundingMode};
pub use estimate::{
    recip_estimate, recip_step, rsqrt_estimate, rsqrt_step, unsigned_recip_estimate,
    unsigned_rsqrt_estimate,
};
pub use format::{Brain, Double, Flush, Format, Half, Single, StoredHalf};
pub use round::{Rounding, max, max_num, min, min_num, round_to_int, to_int};

/// Returns the operand with its sign cleared (`FPAbs()`).
#[inline]
#[must_use]
pub fn abs<F: Format>(a: F::Bits) -> F::Bits {
    F::from_u64(a.into() & !F::SIGN)
}

/// Returns the operand with its sign inverted (`FPNeg()`).
#[inline]
#[must_use]
pub fn neg<F: Format>(a: F::Bits) -> F::Bits {
    F::from_u64(a.into() ^ F::SIGN)
}
