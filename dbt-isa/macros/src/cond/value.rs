//! Arithmetic on numbers of which some bits are known.

use super::Op;
use crate::pattern::low_bits;

/// A number of which the bits in `known` are known, or a truth value that may be unknown.
#[derive(Clone, Copy)]
pub(super) enum Value {
    Int { known: u32, value: u32 },
    Bool(Option<bool>),
    Unknown,
}

/// A fully known number, or an unknown one.
pub(super) fn exact(value: Option<u32>) -> Value {
    value.map_or(Value::Unknown, |value| Value::Int {
        known: u32::MAX,
        value,
    })
}

/// Whether numbers from `least` to `most` are all, or none, in one of the ranges.
pub(super) fn in_ranges(least: u32, most: u32, ranges: &[(u32, u32)]) -> Option<bool> {
    if ranges
        .iter()
        .any(|&(start, end)| start <= least && most <= end)
    {
        return Some(true);
    }
    let disjoint = ranges
        .iter()
        .all(|&(start, end)| most < start || end < least);
    disjoint.then_some(false)
}

/// Applies a binary operator.
pub(super) fn binary(op: Op, left: Value, right: Value) -> Value {
    if let Op::And | Op::Or = op {
        return logical(op, left, right);
    }
    let (
        Value::Int {
            known: left_known,
            value: left,
        },
        Value::Int {
            known: right_known,
            value: right,
        },
    ) = (left, right)
    else {
        return match (op, left, right) {
            (Op::Eq, Value::Bool(Some(left)), Value::Bool(Some(right))) => {
                Value::Bool(Some(left == right))
            }
            (Op::Ne, Value::Bool(Some(left)), Value::Bool(Some(right))) => {
                Value::Bool(Some(left != right))
            }
            _ => Value::Unknown,
        };
    };
    let both_exact = left_known == u32::MAX && right_known == u32::MAX;
    let arithmetic = |compute: fn(u32, u32) -> Option<u32>| {
        exact(both_exact.then(|| compute(left, right)).flatten())
    };
    let shift = |compute: fn(u32, u32) -> Option<u32>, filled: u32| match right_known {
        u32::MAX => match (compute(left_known, right), compute(left, right)) {
            (Some(known), Some(value)) => Value::Int {
                known: known | filled,
                value,
            },
            _ => Value::Unknown,
        },
        _ => Value::Unknown,
    };
    match op {
        Op::Eq => Value::Bool(equal((left_known, left), (right_known, right))),
        Op::Ne => Value::Bool(equal((left_known, left), (right_known, right)).map(|same| !same)),
        Op::Lt => Value::Bool(match () {
            () if left | !left_known < right => Some(true),
            () if left >= right | !right_known => Some(false),
            () => None,
        }),
        Op::Le => Value::Bool(match () {
            () if left | !left_known <= right => Some(true),
            () if left > right | !right_known => Some(false),
            () => None,
        }),
        Op::BitAnd => Value::Int {
            known: (left_known & right_known) | (left_known & !left) | (right_known & !right),
            value: left & right,
        },
        Op::BitOr => Value::Int {
            known: (left_known & right_known) | left | right,
            value: left | right,
        },
        Op::BitXor => {
            let known = left_known & right_known;
            Value::Int {
                known,
                value: (left ^ right) & known,
            }
        }
        Op::Shl => shift(
            u32::checked_shl,
            if right < 32 { low_bits(right) } else { 0 },
        ),
        Op::Shr => shift(
            u32::checked_shr,
            if right < 32 { !(u32::MAX >> right) } else { 0 },
        ),
        Op::Add => arithmetic(u32::checked_add),
        Op::Sub => arithmetic(u32::checked_sub),
        Op::Mul => arithmetic(u32::checked_mul),
        Op::Div => arithmetic(u32::checked_div),
        Op::Rem => arithmetic(u32::checked_rem),
        Op::And | Op::Or => Value::Unknown,
    }
}

fn equal((left_known, left): (u32, u32), (right_known, right): (u32, u32)) -> Option<bool> {
    if (left ^ right) & left_known & right_known != 0 {
        return Some(false);
    }
    (left_known & right_known == u32::MAX).then_some(true)
}

fn logical(op: Op, left: Value, right: Value) -> Value {
    let truth = |value| match value {
        Value::Bool(truth) => truth,
        _ => None,
    };
    // `false` decides a conjunction and `true` a disjunction, whatever the other side is.
    let deciding = matches!(op, Op::Or);
    Value::Bool(match (truth(left), truth(right)) {
        (Some(one), _) | (_, Some(one)) if one == deciding => Some(deciding),
        (Some(_), Some(_)) => Some(!deciding),
        (Some(_), None) | (None, Some(_)) | (None, None) => None,
    })
}
