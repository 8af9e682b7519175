//! Rules for operations of two operands.

use dbt_isa::ops::{BinOp, UnOp};

use super::{ChangedSum, Folder, fold};
use crate::ir::{Inst, Value, Width};

pub(super) fn binary(f: &mut Folder<'_>, op: BinOp, width: Width, a: Value, b: Value) -> Value {
    let (a, b) = if is_commutative(op) && f.constant(a).is_some() && f.constant(b).is_none() {
        (b, a)
    } else {
        (a, b)
    };
    let replaced = match (f.constant(a), f.constant(b)) {
        (Some(x), Some(y)) => return constant(f, width, eval(op, width, x, y)),
        (None, Some(y)) => constant_on_right(f, op, width, a, y),
        (Some(x), None) => constant_on_left(op, width, a, x),
        (None, None) if a == b => same_operands(f, op, width, a),
        (None, None) => None,
    };
    replaced.unwrap_or_else(|| f.push(Inst::Binary { op, width, a, b }))
}

const fn is_commutative(op: BinOp) -> bool {
    matches!(
        op,
        BinOp::Add | BinOp::Mul | BinOp::And | BinOp::Or | BinOp::Xor
    )
}

const fn bits_of(width: Width) -> u64 {
    match width {
        Width::W32 => 32,
        Width::W64 => 64,
    }
}

/// Returns the constant of all ones.
const fn ones(width: Width) -> u64 {
    match width {
        Width::W32 => u32::MAX as u64,
        Width::W64 => u64::MAX,
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "constants of 32 bits have no others"
)]
fn eval(op: BinOp, width: Width, a: u64, b: u64) -> u64 {
    match width {
        Width::W32 => op.eval32(a as u32, b as u32).into(),
        Width::W64 => op.eval64(a, b),
    }
}

fn constant(f: &mut Folder<'_>, width: Width, bits: u64) -> Value {
    f.make(width.ty(), bits)
}

/// `op(a, c)` for a constant `c` made here.
fn with_constant(f: &mut Folder<'_>, op: BinOp, width: Width, a: Value, c: u64) -> Value {
    let b = constant(f, width, c);
    binary(f, op, width, a, b)
}

/// Returns `x` and `k` if `value` is `op(x, k)`.
fn split(f: &Folder<'_>, value: Value, op: BinOp, width: Width) -> Option<(Value, u64)> {
    match f.inst(value) {
        Inst::Binary {
            op: found,
            width: of,
            a,
            b,
        } if found == op && of == width => Some((a, f.constant(b)?)),
        _ => None,
    }
}

fn constant_on_right(
    f: &mut Folder<'_>,
    op: BinOp,
    width: Width,
    a: Value,
    c: u64,
) -> Option<Value> {
    match op {
        BinOp::Add => add(f, width, a, c),
        BinOp::Sub => sub(f, width, a, c),
        BinOp::Mul => match c {
            0 => Some(constant(f, width, 0)),
            1 => Some(a),
            _ if c.is_power_of_two() => Some(with_constant(
                f,
                BinOp::Shl,
                width,
                a,
                c.trailing_zeros().into(),
            )),
            _ => None,
        },
        BinOp::UDiv => match c {
            0 => Some(constant(f, width, 0)),
            1 => Some(a),
            _ if c.is_power_of_two() => Some(with_constant(
                f,
                BinOp::Lshr,
                width,
                a,
                c.trailing_zeros().into(),
            )),
            _ => None,
        },
        BinOp::SDiv => match c {
            0 => Some(constant(f, width, 0)),
            1 => Some(a),
            _ => None,
        },
        BinOp::And => and(f, width, a, c),
        BinOp::Or if c == ones(width) => Some(constant(f, width, c)),
        BinOp::Or | BinOp::Xor if c == 0 => Some(a),
        BinOp::Xor if c == ones(width) && width == Width::W32 => {
            Some(fold(f, Inst::Unary { op: UnOp::Not, a }))
        }
        BinOp::Or | BinOp::Xor => {
            if let Some((x, k)) = split(f, a, op, width) {
                return Some(with_constant(f, op, width, x, eval(op, width, k, c)));
            }
            // Nothing carries: then it joins another addition.
            let (x, k) = split(f, a, BinOp::Add, width)?;
            let carries = width != Width::W32 || u64::from(f.possible_bits(a)) & c != 0;
            (!carries).then(|| with_constant(f, BinOp::Add, width, x, k.wrapping_add(c)))
        }
        BinOp::Shl | BinOp::Lshr | BinOp::Ashr | BinOp::Ror => shift(f, op, width, a, c),
    }
}

/// `a + c`.
fn add(f: &mut Folder<'_>, width: Width, a: Value, c: u64) -> Option<Value> {
    if c == 0 {
        return Some(a);
    }
    if width == Width::W32 && is_sum_of_flags(f, a, c) {
        return None;
    }
    let (base, addend) = base_and_addend(f, width, a)?;
    let sum = eval(BinOp::Add, width, addend, c);
    Some(changed_sum(f, width, a, c, base, sum))
}

/// `a - c`.
fn sub(f: &mut Folder<'_>, width: Width, a: Value, c: u64) -> Option<Value> {
    if c == 0 {
        return Some(a);
    }
    let negated = eval(BinOp::Sub, width, 0, c);
    if width == Width::W32 && is_sum_of_flags(f, a, negated) {
        return None;
    }
    let (base, addend) = base_and_addend(f, width, a).unwrap_or((a, 0));
    let sum = eval(BinOp::Add, width, addend, negated);
    Some(changed_sum(f, width, a, negated, base, sum))
}

/// Returns `x` and `k` if `value` is `x + k`.
fn base_and_addend(f: &Folder<'_>, width: Width, value: Value) -> Option<(Value, u64)> {
    split(f, value, BinOp::Add, width).or_else(|| {
        let (x, k) = split(f, value, BinOp::Sub, width)?;
        Some((x, eval(BinOp::Sub, width, 0, k)))
    })
}

/// Tells whether flags have just been made of `a + c`; then the sum keeps that
/// form.
fn is_sum_of_flags(f: &Folder<'_>, a: Value, c: u64) -> bool {
    f.flags_sum
        .is_some_and(|(base, addend)| base == a && u64::from(addend) == c)
}

/// Appends `base + sum`, which was written as `a + c`.
fn changed_sum(f: &mut Folder<'_>, width: Width, a: Value, c: u64, base: Value, sum: u64) -> Value {
    if sum == 0 {
        return base;
    }
    let b = constant(f, width, sum);
    let result = f.push(Inst::Binary {
        op: BinOp::Add,
        width,
        a: base,
        b,
    });
    if let (Width::W32, Ok(addend)) = (width, u32::try_from(c)) {
        f.changed_sum = Some(ChangedSum {
            base: a,
            addend,
            result,
        });
    }
    result
}

/// `a & c`.
fn and(f: &mut Folder<'_>, width: Width, a: Value, c: u64) -> Option<Value> {
    if c == 0 {
        return Some(constant(f, width, 0));
    }
    if c == ones(width) {
        return Some(a);
    }
    if width == Width::W32 && u64::from(f.possible_bits(a)) & !c == 0 {
        return Some(a);
    }
    if let Some((x, k)) = split(f, a, BinOp::And, width) {
        return Some(with_constant(f, BinOp::And, width, x, k & c));
    }
    let op = match (width, c) {
        (Width::W32, 0xff) => UnOp::ZextByte,
        (Width::W32, 0xffff) => UnOp::ZextHalf,
        _ => return None,
    };
    Some(fold(f, Inst::Unary { op, a }))
}

/// A shift or rotation of `a` by `c`.
fn shift(f: &mut Folder<'_>, op: BinOp, width: Width, a: Value, c: u64) -> Option<Value> {
    let bits = bits_of(width);
    if c == 0 {
        return Some(a);
    }
    if c >= bits {
        return Some(match op {
            BinOp::Ror => with_constant(f, op, width, a, c % bits),
            BinOp::Ashr => with_constant(f, op, width, a, bits - 1),
            _ => constant(f, width, 0),
        });
    }
    if let Some((x, k)) = split(f, a, op, width) {
        // `k` is less than the width, as every constant amount is here.
        return Some(with_constant(f, op, width, x, k + c));
    }
    match op {
        BinOp::Lshr | BinOp::Ashr => {
            let (x, k) = split(f, a, BinOp::Shl, width)?;
            if k != c {
                return None;
            }
            if op == BinOp::Lshr {
                return Some(with_constant(f, BinOp::And, width, x, ones(width) >> c));
            }
            let op = match (width, c) {
                (Width::W32, 24) => UnOp::SextByte,
                (Width::W32, 16) => UnOp::SextHalf,
                _ => return None,
            };
            Some(fold(f, Inst::Unary { op, a: x }))
        }
        BinOp::Shl => {
            let (x, k) = split(f, a, BinOp::Lshr, width)?;
            let mask = eval(BinOp::Shl, width, ones(width), c);
            (k == c).then(|| with_constant(f, BinOp::And, width, x, mask))
        }
        _ => None,
    }
}

/// `op(a, …)` where `a` is the constant `c`.
fn constant_on_left(op: BinOp, width: Width, a: Value, c: u64) -> Option<Value> {
    match op {
        // Zero shifted or divided by anything is zero.
        BinOp::Shl | BinOp::Lshr | BinOp::Ashr | BinOp::Ror | BinOp::UDiv | BinOp::SDiv
            if c == 0 =>
        {
            Some(a)
        }
        BinOp::Ashr | BinOp::Ror if c == ones(width) => Some(a),
        _ => None,
    }
}

fn same_operands(f: &mut Folder<'_>, op: BinOp, width: Width, a: Value) -> Option<Value> {
    match op {
        BinOp::Sub | BinOp::Xor => Some(constant(f, width, 0)),
        BinOp::And | BinOp::Or => Some(a),
        _ => None,
    }
}
