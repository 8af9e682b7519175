//! Operations on singles and halves, and conversions.

use super::{SimdEnv, SimdKind, SimdOp, each, element};
use crate::softfloat::{
    self, Fixed, FixedWidth, Format, FpEnv, FpFlags, Half, Rounding, RoundingMode, Single,
};

pub(super) fn eval(op: SimdOp, env: &mut SimdEnv, a: u128, b: u128, c: u128) -> u128 {
    let host = env.host_rounds_to_nearest;
    let env = &mut env.fp;
    match op.kind {
        SimdKind::FloatNarrow => each(16, 64, |at| {
            softfloat::single_to_half(env, element(a, 2 * at, 32) as u32).into()
        }),
        SimdKind::FloatNarrowBrain => each(16, 64, |at| {
            softfloat::single_to_brain(env, element(a, 2 * at, 32) as u32).into()
        }),
        SimdKind::FloatWiden => each(32, 128, |at| {
            softfloat::half_to_single(env, element(a, at / 2, 16) as u16).into()
        }),
        SimdKind::FloatMulAddLong | SimdKind::FloatMulSubLong => each(32, op.width(), |at| {
            let sign = u32::from(op.kind == SimdKind::FloatMulSubLong) << 31;
            let control = env.control();
            let single = |halves| {
                let half = element(halves, at / 2, 16) as u16;
                softfloat::half_as_single(control, half)
            };
            let (addend, x, y) = (element(a, at, 32) as u32, single(b) ^ sign, single(c));
            softfloat::mul_add::<Single>(env, addend, x, y).into()
        }),
        _ if op.is_half_float() => each(16, op.width(), |at| {
            let operand = |vector| element(vector, at, 16) as u16;
            lane::<Half>(op, env, operand(a), operand(b), operand(c)).into()
        }),
        _ => each(32, op.width(), |at| {
            let operand = |vector| element(vector, at, 32) as u32;
            let (a, b, c) = (operand(a), operand(b), operand(c));
            let easy = if host {
                ordinary(op.kind, env, a, b)
            } else {
                None
            };
            easy.unwrap_or_else(|| lane::<Single>(op, env, a, b, c))
                .into()
        }),
    }
}

/// Computes an element.
fn lane<F: Format>(op: SimdOp, env: &mut FpEnv, a: F::Bits, b: F::Bits, c: F::Bits) -> F::Bits {
    let fixed = Fixed {
        width: if F::SIGN == Half::SIGN {
            FixedWidth::Half
        } else {
            FixedWidth::Word
        },
        signed: op.signed,
        fraction_bits: op.imm,
    };
    let rounding = Rounding::from_bits(op.imm.into());
    let truth = |condition| F::from_u64(if condition { u64::MAX } else { 0 });
    match op.kind {
        SimdKind::FloatAdd => softfloat::add::<F>(env, a, b),
        SimdKind::FloatSub => softfloat::sub::<F>(env, a, b),
        SimdKind::FloatMul => softfloat::mul::<F>(env, a, b),
        SimdKind::FloatMulAdd => softfloat::mul_add::<F>(env, a, b, c),
        SimdKind::FloatMax => softfloat::max::<F>(env, a, b),
        SimdKind::FloatMin => softfloat::min::<F>(env, a, b),
        SimdKind::FloatMaxNum => softfloat::max_num::<F>(env, a, b),
        SimdKind::FloatMinNum => softfloat::min_num::<F>(env, a, b),
        SimdKind::FloatEqual => truth(softfloat::compare::<F>(env, a, b, false).z()),
        SimdKind::FloatGreater => {
            let flags = softfloat::compare::<F>(env, a, b, true);
            truth(flags.c() && !flags.z() && !flags.v())
        }
        SimdKind::FloatGreaterOrEqual => {
            let flags = softfloat::compare::<F>(env, a, b, true);
            truth(flags.c() && !flags.v())
        }
        SimdKind::FloatRecipStep => softfloat::recip_step::<F>(env, a, b),
        SimdKind::FloatRsqrtStep => softfloat::rsqrt_step::<F>(env, a, b),
        SimdKind::FloatRecipEstimate => softfloat::recip_estimate::<F>(env, a),
        SimdKind::FloatRsqrtEstimate => softfloat::rsqrt_estimate::<F>(env, a),
        SimdKind::FloatToFixed => {
            F::from_u64(softfloat::to_fixed::<F>(env, a, fixed, RoundingMode::Zero).into())
        }
        SimdKind::FixedToFloat => {
            let bits: u64 = a.into();
            softfloat::from_fixed::<F>(env, bits as u32, fixed, RoundingMode::Nearest)
        }
        SimdKind::FloatToInt => {
            F::from_u64(softfloat::to_int::<F>(env, a, fixed.width, op.signed, rounding).into())
        }
        SimdKind::FloatRound => softfloat::round_to_int::<F>(env, a, rounding, false),
        SimdKind::FloatRoundExact => softfloat::round_to_int::<F>(env, a, Rounding::TieEven, true),
        _ => unreachable!("operations of other modules"),
    }
}

/// Adds, subtracts, multiplies or compares in double precision, if neither operands
/// nor the result are anything but zeroes and normal numbers.
///
/// Products of singles are exact there. A sum may be rounded twice, but doubles have
/// more than twice the bits of singles, so that the second rounding gives what one
/// alone would. The host must round to nearest; flags that it raises are right.
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

const fn truth(condition: bool) -> u32 {
    if condition { u32::MAX } else { 0 }
}
