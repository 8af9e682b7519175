//! Rules for comparisons.

use dbt_isa::ops::{BinOp, CmpOp};

use super::{Folder, fold};
use crate::ir::{Inst, Value, Width};

pub(super) fn compare(f: &mut Folder<'_>, op: CmpOp, width: Width, a: Value, b: Value) -> Value {
    if f.constant(a).is_some() && f.constant(b).is_none() {
        return compare(f, op.swapped(), width, b, a);
    }
    let folded = match (f.constant(a), f.constant(b)) {
        (Some(x), Some(y)) => Some(f.make_bit(eval(op, width, x, y))),
        (_, Some(c)) => with_constant(f, op, width, a, c),
        _ if a == b => Some(f.make_bit(op.eval32(0, 0))),
        _ => None,
    };
    if let Some(value) = folded {
        return value;
    }
    if width == Width::W64
        && let Some(value) = narrowed(f, op, a, b)
    {
        return value;
    }
    f.push(Inst::Compare { op, width, a, b })
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "constants of 32 bits have no others"
)]
fn eval(op: CmpOp, width: Width, a: u64, b: u64) -> bool {
    match width {
        Width::W32 => op.eval32(a as u32, b as u32),
        Width::W64 => op.eval64(a, b),
    }
}

fn with_constant(f: &mut Folder<'_>, op: CmpOp, width: Width, a: Value, c: u64) -> Option<Value> {
    match (op, c) {
        (CmpOp::Ult, 0) => return Some(f.make_bit(false)),
        (CmpOp::Uge, 0) => return Some(f.make_bit(true)),
        (CmpOp::Ult, 1) | (CmpOp::Ule, 0) => return Some(with_zero(f, CmpOp::Eq, width, a)),
        (CmpOp::Uge, 1) | (CmpOp::Ugt, 0) => return Some(with_zero(f, CmpOp::Ne, width, a)),
        (CmpOp::Eq | CmpOp::Ne, _) => {}
        _ => return None,
    }
    match f.inst(a) {
        Inst::BitToWord { a: bit } => Some(match (op, c) {
            (CmpOp::Ne, 0) | (CmpOp::Eq, 1) => bit,
            (CmpOp::Eq, 0) | (CmpOp::Ne, 1) => fold(f, Inst::BitNot { a: bit }),
            _ => f.make_bit(op == CmpOp::Ne),
        }),
        // Comparing a sum with a constant is comparing with another constant.
        Inst::Binary {
            op: sum @ (BinOp::Add | BinOp::Sub | BinOp::Xor),
            width: Width::W32,
            a: x,
            b: y,
        } => match (f.word(y), u32::try_from(c)) {
            (Some(k), Ok(c)) => {
                let back = match sum {
                    BinOp::Add => BinOp::Sub,
                    BinOp::Sub => BinOp::Add,
                    other => other,
                };
                let c = f.make_word(back.eval32(c, k));
                Some(compare(f, op, width, x, c))
            }
            (None, Ok(0)) if sum != BinOp::Add => Some(compare(f, op, width, x, y)),
            _ => None,
        },
        Inst::Extend {
            signed: false,
            a: x,
        } if c <= u32::MAX.into() => {
            let c = f.make(crate::ir::Ty::I32, c);
            Some(compare(f, op, Width::W32, x, c))
        }
        _ => None,
    }
}

fn with_zero(f: &mut Folder<'_>, op: CmpOp, width: Width, a: Value) -> Value {
    let zero = f.make(width.ty(), 0);
    compare(f, op, width, a, zero)
}

/// Compares 32 bits if 64 are extended from them in the same way.
fn narrowed(f: &mut Folder<'_>, op: CmpOp, a: Value, b: Value) -> Option<Value> {
    let (
        Inst::Extend { signed, a: x },
        Inst::Extend {
            signed: other,
            a: y,
        },
    ) = (f.inst(a), f.inst(b))
    else {
        return None;
    };
    if signed != other {
        return None;
    }
    // Zero-extended values are never negative, so that even a signed comparison
    // of them is an unsigned one.
    let op = match (signed, op) {
        (false, CmpOp::Slt) => CmpOp::Ult,
        (false, CmpOp::Sle) => CmpOp::Ule,
        (false, CmpOp::Sgt) => CmpOp::Ugt,
        (false, CmpOp::Sge) => CmpOp::Uge,
        _ => op,
    };
    Some(compare(f, op, Width::W32, x, y))
}
