//! Rules for values of floating-point and vector registers.

use super::Folder;
use crate::ir::{Inst, SignOp, Value, Width};

pub(super) fn to_vector(f: &mut Folder<'_>, width: Width, a: Value) -> Value {
    match f.inst(a) {
        Inst::Const { bits, .. } => f.make(width.vector_ty(), bits),
        Inst::FromVector { a: same, .. } => same,
        _ => f.push(Inst::ToVector { width, a }),
    }
}

pub(super) fn from_vector(f: &mut Folder<'_>, width: Width, a: Value) -> Value {
    match f.inst(a) {
        Inst::Const { bits, .. } => f.make(width.ty(), bits),
        Inst::ToVector { a: same, .. } => same,
        _ => f.push(Inst::FromVector { width, a }),
    }
}

pub(super) fn float_sign(f: &mut Folder<'_>, op: SignOp, width: Width, a: Value) -> Value {
    match (op, f.inst(a)) {
        (_, Inst::Const { bits, .. }) => f.make(width.vector_ty(), op.eval(width, bits)),
        (
            SignOp::Neg,
            Inst::FloatSign {
                op: SignOp::Neg,
                a: same,
                ..
            },
        ) => same,
        (SignOp::Abs, Inst::FloatSign { a: signed, .. }) => float_sign(f, op, width, signed),
        _ => f.push(Inst::FloatSign { op, width, a }),
    }
}
