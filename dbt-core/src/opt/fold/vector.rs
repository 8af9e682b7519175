//! Rules for values of floating-point and vector registers.

use dbt_isa::ops::Size;

use super::Folder;
use crate::ir::{Helper, Inst, SignOp, Ty, Value, VectorKind, VectorOp, Width};

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

/// Halves of vectors that are put together, and operations without effect.
pub(super) fn elements(f: &mut Folder<'_>, op: VectorOp, args: [Value; 3], inst: Inst) -> Value {
    let [a, b, _] = args;
    match (op.kind, f.inst(a)) {
        (VectorKind::Low | VectorKind::High, Inst::Const { bits, .. }) => f.make(Ty::V64, bits),
        (VectorKind::Low, Inst::Vector { op, args, .. }) if op.kind == VectorKind::Join => args[0],
        (VectorKind::High, Inst::Vector { op, args, .. }) if op.kind == VectorKind::Join => args[1],
        (VectorKind::Join, first) => match (first, f.inst(b)) {
            (Inst::Const { bits, .. }, Inst::Const { bits: above, .. }) if bits == above => {
                f.make(Ty::V128, bits)
            }
            (
                Inst::Vector {
                    op: low,
                    args: [whole, ..],
                    ..
                },
                Inst::Vector {
                    op: high,
                    args: [other, ..],
                    ..
                },
            ) if whole == other && (low.kind, high.kind) == (VectorKind::Low, VectorKind::High) => {
                whole
            }
            _ => f.push(inst),
        },
        (VectorKind::And | VectorKind::Or, _) if a == b => a,
        (VectorKind::Xor, _) if a == b => f.make(op.ty(), 0),
        (VectorKind::ShiftLeft, _) if op.imm == 0 => a,
        _ => f.push(inst),
    }
}

/// The operation that takes a vector apart or puts it together; every back end has
/// it, and no function is called for it.
pub(in crate::opt) fn part(kind: VectorKind, args: [Value; 2]) -> Inst {
    Inst::Vector {
        op: VectorOp::new(kind, Size::Dword, kind == VectorKind::Join),
        rounds: false,
        helper: Helper(0),
        info: 0,
        args: [args[0], args[1], args[0]],
    }
}
