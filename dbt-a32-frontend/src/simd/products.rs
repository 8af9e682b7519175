//! Sums of products of narrow elements.

use super::{SimdKind, SimdOp, each, element, number};
use crate::softfloat::brain_dot_add;

pub(super) fn eval(op: SimdOp, a: u128, b: u128, c: u128) -> u128 {
    let (b_signed, c_signed) = match op.kind {
        SimdKind::DotMixed | SimdKind::MatrixMulAddMixed => (false, true),
        _ => (op.signed, op.signed),
    };
    // The sum of the products of bytes from two positions on.
    let sum = |b_at, c_at, bytes: u32| {
        let product = |index| {
            let x = number(b, b_at + 8 * index, 8, b_signed);
            x * number(c, c_at + 8 * index, 8, c_signed)
        };
        (0..bytes).map(product).sum::<i128>() as u64
    };
    let pair = |vector, at| {
        (
            element(vector, at, 16) as u16,
            element(vector, at + 16, 16) as u16,
        )
    };
    let word = |at| element(a, at, 32);
    match op.kind {
        SimdKind::Dot | SimdKind::DotMixed => {
            each(32, op.width(), |at| word(at).wrapping_add(sum(at, at, 4)))
        }
        SimdKind::MatrixMulAdd | SimdKind::MatrixMulAddMixed => each(32, 128, |at| {
            let (row, column) = place(at);
            word(at).wrapping_add(sum(row, column, 8))
        }),
        SimdKind::BrainDot => each(32, op.width(), |at| {
            brain_dot_add(word(at) as u32, pair(b, at), pair(c, at)).into()
        }),
        SimdKind::BrainMatrixMulAdd => each(32, 128, |at| {
            let (row, column) = place(at);
            let sum = brain_dot_add(word(at) as u32, pair(b, row), pair(c, column));
            brain_dot_add(sum, pair(b, row + 32), pair(c, column + 32)).into()
        }),
        _ => unreachable!("operations of other modules"),
    }
}

/// Where the row and the column begin whose product is the word at a position.
const fn place(at: u32) -> (u32, u32) {
    (at & 64, (at & 32) << 1)
}
