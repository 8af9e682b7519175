//! Operations that move elements or change their size.

use super::integer::{at, polynomial, saturate};
use super::{SimdEnv, SimdKind, SimdOp, each, element, number};
use dbt_isa::ops::Size;

pub(super) fn eval(op: SimdOp, env: &mut SimdEnv, a: u128, b: u128, c: u128) -> u128 {
    let (bits, width) = (op.bits(), op.width());
    // How many elements there are.
    let count = width / bits;
    // Element number `index` of `a` and, behind it, `b`.
    let of_both = |index: u32| {
        if index < count {
            at(a, index, bits)
        } else {
            at(b, index - count, bits)
        }
    };
    let in_turns = |index: u32, offset: u32| {
        let from = if index.is_multiple_of(2) { a } else { b };
        at(from, index / 2 + offset, bits)
    };
    let elements = |element: &dyn Fn(u32) -> u64| each(bits, width, |at| element(at / bits));
    match op.kind {
        SimdKind::Widen => each(2 * bits, 128, |position| {
            number(a, position / 2, bits, op.signed) as u64
        }),
        SimdKind::Narrow | SimdKind::SatNarrow | SimdKind::SatNarrowUnsigned => {
            each(bits / 2, 64, |position| {
                let value = number(a, 2 * position, bits, op.signed);
                narrow(op, env, value) as u64
            })
        }
        SimdKind::PairAddLong => each(2 * bits, width, |position| {
            let low = number(a, position, bits, op.signed);
            (low + number(a, position + bits, bits, op.signed)) as u64
        }),
        SimdKind::MulLong => each(2 * bits, 128, |position| {
            let operand = |vector| number(vector, position / 2, bits, op.signed);
            (operand(a) * operand(b)) as u64
        }),
        SimdKind::PolyMulLong if op.size == Size::Dword => polynomial(a as u64, b as u64),
        SimdKind::PolyMulLong => each(2 * bits, 128, |position| {
            let operand = |vector| element(vector, position / 2, bits);
            polynomial(operand(a), operand(b)) as u64
        }),
        SimdKind::Even => elements(&|index| of_both(2 * index)),
        SimdKind::Odd => elements(&|index| of_both(2 * index + 1)),
        SimdKind::ZipLow => elements(&|index| in_turns(index, 0)),
        SimdKind::ZipHigh => elements(&|index| in_turns(index, count / 2)),
        SimdKind::TransposeEven => elements(&|index| {
            let from = if index.is_multiple_of(2) { a } else { b };
            at(from, index & !1, bits)
        }),
        SimdKind::TransposeOdd => elements(&|index| {
            let from = if index.is_multiple_of(2) { a } else { b };
            at(from, index | 1, bits)
        }),
        SimdKind::Reverse => {
            let last = (8 << op.imm) / bits - 1;
            elements(&|index| at(a, index ^ last, bits))
        }
        SimdKind::Extract => each(8, width, |position| {
            let index = position / 8 + u32::from(op.imm);
            if index < width / 8 {
                at(a, index, 8)
            } else {
                at(b, index - width / 8, 8)
            }
        }),
        SimdKind::Splat => elements(&|_| at(a, op.imm.into(), bits)),
        SimdKind::Insert => elements(&|index| {
            if index == op.imm.into() {
                at(b, 0, bits)
            } else {
                at(a, index, bits)
            }
        }),
        SimdKind::Table => each(8, width, |position| match at(c, position / 8, 8) as u32 {
            index if index >= op.imm.into() => 0,
            index @ 0..16 => at(a, index, 8),
            index => at(b, index - 16, 8),
        }),
        _ => unreachable!("operations of other modules"),
    }
}

fn narrow(op: SimdOp, env: &mut SimdEnv, value: i128) -> i128 {
    let size = match op.size {
        Size::Dword => Size::Word,
        Size::Word => Size::Half,
        _ => Size::Byte,
    };
    let to = SimdOp { size, ..op };
    match op.kind {
        SimdKind::Narrow => value,
        SimdKind::SatNarrow => saturate(to, env, value),
        _ => saturate(to.signed(false), env, value),
    }
}
