//! Operations on integers that keep their size.

use super::{SimdEnv, SimdKind, SimdOp, each, element, number};
use crate::softfloat::{unsigned_recip_estimate, unsigned_rsqrt_estimate};

pub(super) fn eval(op: SimdOp, env: &mut SimdEnv, a: u128, b: u128, c: u128) -> u128 {
    let cut = |vector: u128| vector & u128::MAX >> (128 - op.width());
    match op.kind {
        SimdKind::And => cut(a & b),
        SimdKind::Or => cut(a | b),
        SimdKind::Xor => cut(a ^ b),
        SimdKind::AndNot => cut(a & !b),
        SimdKind::OrNot => cut(a | !b),
        SimdKind::Select => cut(a & b | !a & c),
        _ => {
            let bits = op.bits();
            each(bits, op.width(), |at| {
                let operand = |vector| number(vector, at, bits, op.signed);
                let (a, b) = (operand(a), operand(b));
                let value = match op.kind {
                    SimdKind::SatRoundingDoublingMulAdd => accumulate(op, env, a, b * operand(c)),
                    SimdKind::SatRoundingDoublingMulSub => accumulate(op, env, a, -b * operand(c)),
                    _ => lane(op, env, a, b),
                };
                value as u64
            })
        }
    }
}

/// `a` and the upper half of twice the product, rounded together.
fn accumulate(op: SimdOp, env: &mut SimdEnv, a: i128, product: i128) -> i128 {
    let bits = op.bits();
    let sum = (a << bits) + 2 * product + (1 << (bits - 1));
    saturate(op, env, sum >> bits)
}

/// Computes an element.
fn lane(op: SimdOp, env: &mut SimdEnv, a: i128, b: i128) -> i128 {
    let imm = i32::from(op.imm);
    match op.kind {
        SimdKind::Add => a + b,
        SimdKind::Sub => a - b,
        SimdKind::Mul => a.wrapping_mul(b),
        SimdKind::PolyMul => i128::from(polynomial(a as u64, b as u64) as u64),
        SimdKind::Equal => truth(a == b),
        SimdKind::Greater => truth(a > b),
        SimdKind::GreaterOrEqual => truth(a >= b),
        SimdKind::Test => truth(a & b != 0),
        SimdKind::Max => a.max(b),
        SimdKind::Min => a.min(b),
        SimdKind::AbsDiff => (a - b).abs(),
        SimdKind::HalvingAdd => (a + b) >> 1,
        SimdKind::RoundingHalvingAdd => (a + b + 1) >> 1,
        SimdKind::HalvingSub => (a - b) >> 1,
        SimdKind::SatAdd => saturate(op, env, a + b),
        SimdKind::SatSub => saturate(op, env, a - b),
        SimdKind::SatDoublingMulHigh => saturate(op, env, (2 * a * b) >> op.bits()),
        SimdKind::SatRoundingDoublingMulHigh => {
            let product = 2 * a * b + (1 << (op.bits() - 1));
            saturate(op, env, product >> op.bits())
        }
        SimdKind::Shift => shift(a, amount(b), false),
        SimdKind::RoundingShift => shift(a, amount(b), true),
        SimdKind::SatShift => saturate(op, env, shift(a, amount(b), false)),
        SimdKind::SatRoundingShift => saturate(op, env, shift(a, amount(b), true)),
        SimdKind::ShiftLeft => shift(a, imm, false),
        SimdKind::ShiftRight => shift(a, -imm, false),
        SimdKind::RoundingShiftRight => shift(a, -imm, true),
        SimdKind::SatShiftLeft => saturate(op, env, shift(a, imm, false)),
        SimdKind::SatShiftLeftUnsigned => saturate(op.signed(false), env, shift(a, imm, false)),
        SimdKind::InsertLeft => a << imm | b & ((1 << imm) - 1),
        SimdKind::InsertRight => {
            let kept = -1 << (op.bits().cast_signed() - imm);
            a >> imm & !kept | b & kept
        }
        SimdKind::Abs => a.abs(),
        SimdKind::Neg => -a,
        SimdKind::SatAbs => saturate(op, env, a.abs()),
        SimdKind::SatNeg => saturate(op, env, -a),
        SimdKind::CountSign => {
            let highest = if a < 0 { !a } else { a };
            i128::from(highest.leading_zeros() + op.bits() - 129)
        }
        SimdKind::CountZeroes => i128::from(a.leading_zeros() + op.bits() - 128),
        SimdKind::CountOnes => i128::from(a.count_ones()),
        SimdKind::RecipEstimate => unsigned_recip_estimate(a as u32).into(),
        SimdKind::RsqrtEstimate => unsigned_rsqrt_estimate(a as u32).into(),
        _ => unreachable!("operations of other modules"),
    }
}

const fn truth(condition: bool) -> i128 {
    if condition { -1 } else { 0 }
}

/// What a shift by a register takes of an element.
const fn amount(b: i128) -> i32 {
    b as i8 as i32
}

/// Shifts left, or right if the amount is negative. Beyond what fits in 128 bits,
/// there is more to the left than any element holds.
fn shift(a: i128, amount: i32, rounding: bool) -> i128 {
    match amount {
        0..64 => a << amount,
        64.. => a.signum() << 126 & !i128::from(u64::MAX),
        // What is rounded is half of the result's unit at most.
        ..=-100 if rounding => 0,
        _ if rounding => (a + (1 << (-amount - 1))) >> -amount,
        _ => a >> (-amount).min(127),
    }
}

/// Brings a number into the range of an element.
pub(super) fn saturate(op: SimdOp, env: &mut SimdEnv, value: i128) -> i128 {
    let bits = op.bits();
    let (min, max) = if op.signed {
        (-1 << (bits - 1), (1 << (bits - 1)) - 1)
    } else {
        (0, (1 << bits) - 1)
    };
    env.saturated |= value < min || value > max;
    value.clamp(min, max)
}

/// The product of polynomials over {0, 1} (`PolynomialMult()`).
pub(super) fn polynomial(a: u64, b: u64) -> u128 {
    (0..64).fold(0, |sum, bit| {
        let term = if b >> bit & 1 == 1 {
            u128::from(a) << bit
        } else {
            0
        };
        sum ^ term
    })
}

/// The elements of both halves by position, for operations that change sizes.
pub(super) const fn at(vector: u128, index: u32, bits: u32) -> u64 {
    element(vector, index * bits, bits)
}
