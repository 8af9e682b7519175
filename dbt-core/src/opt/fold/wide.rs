//! Rules for the passage between 32 and 64 bits.

use dbt_isa::ops::BinOp;

use super::{Folder, fold};
use crate::ir::{Inst, Ty, Value, Width};

pub(super) fn extend(f: &mut Folder<'_>, signed: bool, a: Value) -> Value {
    if let Some(x) = f.word(a) {
        let wide = if signed {
            i64::from(x.cast_signed()).cast_unsigned()
        } else {
            x.into()
        };
        return f.make(Ty::I64, wide);
    }
    // A value that is never negative is zero-extended.
    let signed = signed && f.possible_bits(a) >> 31 != 0;
    f.push(Inst::Extend { signed, a })
}

#[allow(clippy::cast_possible_truncation, reason = "the low half is meant")]
pub(super) fn low(f: &mut Folder<'_>, a: Value) -> Value {
    match f.inst(a) {
        Inst::Const { bits, .. } => f.make_word(bits as u32),
        Inst::Extend { a: x, .. } => x,
        Inst::Binary {
            op: BinOp::Lshr,
            width: Width::W64,
            a: x,
            b,
        } if f.constant(b) == Some(32) => high(f, x),
        _ => match joined(f, a) {
            Some((low, _)) => low,
            None => f.push(Inst::Low { a }),
        },
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the high half is meant")]
pub(super) fn high(f: &mut Folder<'_>, a: Value) -> Value {
    match f.inst(a) {
        Inst::Const { bits, .. } => f.make_word((bits >> 32) as u32),
        Inst::Extend { signed: false, .. } => f.make_word(0),
        Inst::Extend { signed: true, a: x } => {
            let b = f.make_word(31);
            fold(
                f,
                Inst::Binary {
                    op: BinOp::Ashr,
                    width: Width::W32,
                    a: x,
                    b,
                },
            )
        }
        Inst::Binary {
            op: BinOp::Shl,
            width: Width::W64,
            a: x,
            b,
        } if f.constant(b) == Some(32) => low(f, x),
        _ => match joined(f, a) {
            Some((_, high)) => high,
            None => f.push(Inst::High { a }),
        },
    }
}

/// Returns the halves of which a doubleword was joined.
fn joined(f: &Folder<'_>, value: Value) -> Option<(Value, Value)> {
    let Inst::Binary {
        op: BinOp::Or,
        width: Width::W64,
        a,
        b,
    } = f.inst(value)
    else {
        return None;
    };
    halves(f, a, b).or_else(|| halves(f, b, a))
}

/// Returns the halves if `low` is a zero-extended word and `high` one that is
/// shifted up.
fn halves(f: &Folder<'_>, low: Value, high: Value) -> Option<(Value, Value)> {
    let Inst::Extend {
        signed: false,
        a: x,
    } = f.inst(low)
    else {
        return None;
    };
    let Inst::Binary {
        op: BinOp::Shl,
        width: Width::W64,
        a: shifted,
        b: amount,
    } = f.inst(high)
    else {
        return None;
    };
    let Inst::Extend { a: y, .. } = f.inst(shifted) else {
        return None;
    };
    (f.constant(amount) == Some(32)).then_some((x, y))
}
