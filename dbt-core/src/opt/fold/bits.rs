//! Rules for single bits and for selection by them.

use super::{Folder, fold};
use crate::ir::{BitOp, Inst, Value, Width};

pub(super) fn bits(f: &mut Folder<'_>, op: BitOp, a: Value, b: Value) -> Value {
    let (a, b) = if f.bit(a).is_some() { (b, a) } else { (a, b) };
    match (f.bit(a), f.bit(b)) {
        (Some(x), Some(y)) => f.make_bit(match op {
            BitOp::And => x & y,
            BitOp::Or => x | y,
            BitOp::Xor => x ^ y,
        }),
        (None, Some(y)) => match (op, y) {
            (BitOp::And, true) | (BitOp::Or | BitOp::Xor, false) => a,
            (BitOp::And, false) | (BitOp::Or, true) => b,
            (BitOp::Xor, true) => bit_not(f, a),
        },
        _ if a == b => match op {
            BitOp::And | BitOp::Or => a,
            BitOp::Xor => f.make_bit(false),
        },
        _ => f.push(Inst::Bits { op, a, b }),
    }
}

pub(super) fn bit_not(f: &mut Folder<'_>, a: Value) -> Value {
    match f.inst(a) {
        Inst::Const { bits, .. } => f.make_bit(bits == 0),
        Inst::BitNot { a: x } => x,
        Inst::Compare { op, width, a, b } => f.push(Inst::Compare {
            op: op.inverted(),
            width,
            a,
            b,
        }),
        Inst::Condition { flags, condition } => fold(
            f,
            Inst::Condition {
                flags,
                condition: condition.inverted(),
            },
        ),
        _ => f.push(Inst::BitNot { a }),
    }
}

pub(super) fn bit_to_word(f: &mut Folder<'_>, a: Value) -> Value {
    match f.bit(a) {
        Some(bit) => f.make_word(bit.into()),
        None => f.push(Inst::BitToWord { a }),
    }
}

pub(super) fn select(
    f: &mut Folder<'_>,
    width: Width,
    condition: Value,
    yes: Value,
    no: Value,
) -> Value {
    if let Some(bit) = f.bit(condition) {
        return if bit { yes } else { no };
    }
    let (yes, no) = (
        chosen(f, condition, true, yes),
        chosen(f, condition, false, no),
    );
    if yes == no {
        return yes;
    }
    if let Inst::BitNot { a } = f.inst(condition) {
        return select(f, width, a, no, yes);
    }
    match (width, f.constant(yes), f.constant(no)) {
        (Width::W32, Some(1), Some(0)) => bit_to_word(f, condition),
        (Width::W32, Some(0), Some(1)) => {
            let inverse = bit_not(f, condition);
            bit_to_word(f, inverse)
        }
        _ => f.push(Inst::Select {
            width,
            condition,
            yes,
            no,
        }),
    }
}

/// Returns what `value` is where `condition` is `bit`: such as what a guest's
/// instruction made that is executed if the one before was not.
fn chosen(f: &Folder<'_>, condition: Value, bit: bool, value: Value) -> Value {
    let Inst::Select {
        condition: inner,
        yes,
        no,
        ..
    } = f.inst(value)
    else {
        return value;
    };
    let same = match (f.inst(condition), f.inst(inner)) {
        _ if condition == inner => true,
        (
            Inst::Condition { flags, condition },
            Inst::Condition {
                flags: others,
                condition: other,
            },
        ) if flags == others && condition == other.inverted() => false,
        _ => return value,
    };
    if same == bit { yes } else { no }
}
