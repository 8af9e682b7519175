//! Operations on singles, and conversions.

use dbt_isa::ops::Nzcv;

use super::{SimdKind, SimdOp, each, element};
use crate::softfloat::{self, Fixed, FixedWidth, FpEnv, FpFlags, Rounding, RoundingMode, Single};

pub(super) fn eval(op: SimdOp, env: &mut FpEnv, a: u128, b: u128, c: u128) -> u128 {
    match op.kind {
        SimdKind::FloatNarrow => each(16, 64, |at| {
            softfloat::single_to_half(env, element(a, 2 * at, 32) as u32).into()
        }),
        SimdKind::FloatWiden => each(32, 128, |at| {
            softfloat::half_to_single(env, element(a, at / 2, 16) as u16).into()
        }),
        _ => each(32, op.width(), |at| {
            let operand = |vector| element(vector, at, 32) as u32;
            lane(op, env, operand(a), operand(b), operand(c)).into()
        }),
    }
}

/// Computes an element.
fn lane(op: SimdOp, env: &mut FpEnv, a: u32, b: u32, c: u32) -> u32 {
    if let Some(result) = ordinary(op.kind, env, a, b) {
        return result;
    }
    let fixed = Fixed {
        width: FixedWidth::Word,
        signed: op.signed,
        fraction_bits: op.imm,
    };
    let rounding = Rounding::from_bits(op.imm.into());
    match op.kind {
        SimdKind::FloatAdd => softfloat::add::<Single>(env, a, b),
        SimdKind::FloatSub => softfloat::sub::<Single>(env, a, b),
        SimdKind::FloatMul => softfloat::mul::<Single>(env, a, b),
        SimdKind::FloatMulAdd => softfloat::mul_add::<Single>(env, a, b, c),
        SimdKind::FloatMax => softfloat::max::<Single>(env, a, b),
        SimdKind::FloatMin => softfloat::min::<Single>(env, a, b),
        SimdKind::FloatMaxNum => softfloat::max_num::<Single>(env, a, b),
        SimdKind::FloatMinNum => softfloat::min_num::<Single>(env, a, b),
        SimdKind::FloatEqual => truth(compare(env, a, b, false).z()),
        SimdKind::FloatGreater => {
            let flags = compare(env, a, b, true);
            truth(flags.c() && !flags.z() && !flags.v())
        }
        SimdKind::FloatGreaterOrEqual => {
            let flags = compare(env, a, b, true);
            truth(flags.c() && !flags.v())
        }
        SimdKind::FloatRecipStep => softfloat::recip_step(env, a, b),
        SimdKind::FloatRsqrtStep => softfloat::rsqrt_step(env, a, b),
        SimdKind::FloatRecipEstimate => softfloat::recip_estimate(env, a),
        SimdKind::FloatRsqrtEstimate => softfloat::rsqrt_estimate(env, a),
        SimdKind::FloatToFixed => softfloat::to_fixed::<Single>(env, a, fixed, RoundingMode::Zero),
        SimdKind::FixedToFloat => {
            softfloat::from_fixed::<Single>(env, a, fixed, RoundingMode::Nearest)
        }
        SimdKind::FloatToInt => softfloat::to_int::<Single>(env, a, op.signed, rounding),
        SimdKind::FloatRound => softfloat::round_to_int::<Single>(env, a, rounding, false),
        SimdKind::FloatRoundExact => {
            softfloat::round_to_int::<Single>(env, a, Rounding::TieEven, true)
        }
        _ => unreachable!("operations of other modules"),
    }
}

/// Adds, subtracts, multiplies or compares in double precision, if neither operands
/// nor the result are anything but zeroes and normal numbers.
///
/// Products of singles are exact there. A sum may be rounded twice, but doubles have
/// more than twice the bits of singles, so that the second rounding gives what one
/// alone would.
#[inline]
fn ordinary(kind: SimdKind, env: &mut FpEnv, a: u32, b: u32) -> Option<u32> {
    const SMALLEST: f64 = f32::MIN_POSITIVE as f64;
    let is_ordinary = |bits: u32| {
        let exponent = bits >> 23 & 0xff;
        exponent.wrapping_sub(1) < 0xfe || bits << 1 == 0
    };
    if !(is_ordinary(a) && is_ordinary(b)) {
        return None;
    }
    let [x, y] = [a, b].map(|bits| f64::from(f32::from_bits(bits)));
    let y = if kind == SimdKind::FloatSub { -y } else { y };
    let (result, exact) = match kind {
        SimdKind::FloatAdd | SimdKind::FloatSub => {
            let sum = x + y;
            // What the sum lacks, exactly.
            let of_y = sum - x;
            (sum, (x - (sum - of_y)) + (y - of_y) == 0.0)
        }
        SimdKind::FloatMul => (x * y, true),
        SimdKind::FloatEqual => return Some(truth(x == y)),
        SimdKind::FloatGreater => return Some(truth(x > y)),
        SimdKind::FloatGreaterOrEqual => return Some(truth(x >= y)),
        _ => return None,
    };
    // Tiny results are flushed before they are rounded.
    if result.abs() < SMALLEST && result != 0.0 {
        return None;
    }
    let single = result as f32;
    if single.is_infinite() {
        return None;
    }
    if !exact || f64::from(single) != result {
        env.raise(FpFlags::INEXACT);
    }
    Some(single.to_bits())
}

fn compare(env: &mut FpEnv, a: u32, b: u32, signalling: bool) -> Nzcv {
    softfloat::compare::<Single>(env, a, b, signalling)
}

const fn truth(condition: bool) -> u32 {
    if condition { u32::MAX } else { 0 }
}
