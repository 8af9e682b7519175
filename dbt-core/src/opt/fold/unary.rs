//! Rules for operations of one operand.

use dbt_isa::ops::{BinOp, Size, UnOp};

use super::Folder;
use crate::ir::{Inst, Value, Width};

pub(super) fn unary(f: &mut Folder<'_>, op: UnOp, a: Value) -> Value {
    if let Some(x) = f.word(a) {
        return f.make_word(op.eval(x));
    }
    let inner = match f.inst(a) {
        Inst::Unary { op: inner, a: x } => Some((inner, x)),
        _ => None,
    };
    match op {
        UnOp::Not | UnOp::Neg | UnOp::ByteSwap | UnOp::BitReverse => {
            if let Some((inner, x)) = inner
                && inner == op
            {
                return x;
            }
        }
        UnOp::Clz => {}
        UnOp::ZextByte | UnOp::ZextHalf => {
            if f.possible_bits(a) & !op.eval(u32::MAX) == 0 {
                return a;
            }
        }
        UnOp::SextByte | UnOp::SextHalf => {
            if is_sign_extended(f, a, op) {
                return a;
            }
        }
    }
    if let Some(width) = kept_bytes(op)
        && let Some(x) = low_bytes(f, a, width)
    {
        return unary(f, op, x);
    }
    f.push(Inst::Unary { op, a })
}

/// Returns what may be stored instead of `value` when only its low `size` bytes
/// are.
pub(super) fn stored(f: &Folder<'_>, size: Size, value: Value) -> Value {
    let mut value = value;
    while let Some(inner) = low_bytes(f, value, size) {
        value = inner;
    }
    value
}

/// Returns how many low bytes an extension looks at.
const fn kept_bytes(op: UnOp) -> Option<Size> {
    match op {
        UnOp::ZextByte | UnOp::SextByte => Some(Size::Byte),
        UnOp::ZextHalf | UnOp::SextHalf => Some(Size::Half),
        _ => None,
    }
}

/// Returns an earlier value whose low `size` bytes are those of `value`.
fn low_bytes(f: &Folder<'_>, value: Value, size: Size) -> Option<Value> {
    let mask = match size {
        Size::Byte => 0xff,
        Size::Half => 0xffff,
        Size::Word | Size::Dword => return None,
    };
    match f.inst(value) {
        Inst::Unary { op, a } => (kept_bytes(op)?.bytes() >= size.bytes()).then_some(a),
        Inst::Binary {
            op: BinOp::And,
            width: Width::W32,
            a,
            b,
        } => (f.word(b)? & mask == mask).then_some(a),
        _ => None,
    }
}

/// Tells whether the sign extension `op` would change nothing.
fn is_sign_extended(f: &Folder<'_>, value: Value, op: UnOp) -> bool {
    // The sign bit and all above it are known to be clear.
    let magnitude = if op == UnOp::SextByte { 0x7f } else { 0x7fff };
    if f.possible_bits(value) & !magnitude == 0 {
        return true;
    }
    match f.inst(value) {
        Inst::Unary { op: inner, .. } => {
            inner == op
                || (op == UnOp::SextHalf && matches!(inner, UnOp::SextByte | UnOp::ZextByte))
        }
        Inst::Load { access, .. } if access.signed => {
            access.size == Size::Byte || (access.size == Size::Half && op == UnOp::SextHalf)
        }
        _ => false,
    }
}
