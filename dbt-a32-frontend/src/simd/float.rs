//! Operations on singles, and conversions.

use dbt_isa::ops::Nzcv;

use super::{SimdKind, SimdOp, each, element};
use crate::softfloat::{self, Fixed, FixedWidth, FpEnv, Rounding, RoundingMode, Single};

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

fn compare(env: &mut FpEnv, a: u32, b: u32, signalling: bool) -> Nzcv {
    softfloat::compare::<Single>(env, a, b, signalling)
}

const fn truth(condition: bool) -> u32 {
    if condition { u32::MAX } else { 0 }
}
