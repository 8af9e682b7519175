//! Shifts of operands, with and without carry.
//!
//! See Arm ARM DDI 0406C.d, section A2.2.1 (`Shift_C()`).

use dbt_isa::ops::{BinOp, CmpOp, UnOp};

use super::{Bit, Word};
use crate::machine::A32Machine;
use crate::operands::{Shift, ShiftKind};
use crate::reg::Reg;

/// The operation of a shift other than `RRX`.
const fn operation(kind: ShiftKind) -> BinOp {
    match kind {
        ShiftKind::Lsl => BinOp::Shl,
        ShiftKind::Lsr => BinOp::Lshr,
        ShiftKind::Asr => BinOp::Ashr,
        ShiftKind::Ror | ShiftKind::Rrx => BinOp::Ror,
    }
}

/// Shifts by a constant (`Shift()`).
pub(super) fn shift<M: A32Machine>(m: &mut M, value: Word<M>, shift: Shift) -> Word<M> {
    if shift.is_none() {
        return value;
    }
    if matches!(shift.kind, ShiftKind::Rrx) {
        let carry = m.carry();
        return rrx(m, value, carry);
    }
    let amount = m.imm(shift.amount.into());
    m.binary(operation(shift.kind), value, amount)
}

/// Shifts by a constant and returns the carry, `None` if it is unchanged
/// (`Shift_C()`).
pub(super) fn shift_c<M: A32Machine>(
    m: &mut M,
    value: Word<M>,
    by: Shift,
) -> (Word<M>, Option<Bit<M>>) {
    if by.is_none() {
        return (value, None);
    }
    let amount = u32::from(by.amount);
    let carry = match by.kind {
        ShiftKind::Lsl => m.bit_of(value, 32 - amount),
        ShiftKind::Lsr | ShiftKind::Asr | ShiftKind::Ror => m.bit_of(value, amount - 1),
        ShiftKind::Rrx => m.bit_of(value, 0),
    };
    (shift(m, value, by), Some(carry))
}

/// Rotates right through the carry by one.
fn rrx<M: A32Machine>(m: &mut M, value: Word<M>, carry: Bit<M>) -> Word<M> {
    let top = m.bit_to_word(carry);
    let top = m.shl_imm(top, 31);
    let rest = m.lshr_imm(value, 1);
    m.or(top, rest)
}

/// Shifts by the low byte of a register (`Shift()`).
pub(super) fn shift_by<M: A32Machine>(
    m: &mut M,
    value: Word<M>,
    kind: ShiftKind,
    by: Reg,
) -> Word<M> {
    let amount = m.reg(by);
    let amount = m.unary(UnOp::ZextByte, amount);
    m.binary(operation(kind), value, amount)
}

/// Shifts by the low byte of a register and returns the carry, which an amount
/// of zero leaves as it is (`Shift_C()`).
///
/// The value and the old carry are shifted together, as 64 bits: the carry is the bit
/// next to the result, and an amount of zero leaves the old one there. Amounts beyond the
/// width give zero, or the sign, as they should.
pub(super) fn shift_by_c<M: A32Machine>(
    m: &mut M,
    value: Word<M>,
    kind: ShiftKind,
    by: Reg,
) -> (Word<M>, Bit<M>) {
    let amount = m.reg(by);
    let amount = m.unary(UnOp::ZextByte, amount);
    let carry = m.carry();
    if matches!(kind, ShiftKind::Ror | ShiftKind::Rrx) {
        let result = m.binary(BinOp::Ror, value, amount);
        let zero = m.imm(0);
        let shifted = m.compare(CmpOp::Ne, amount, zero);
        let unshifted = m.bit_not(shifted);
        let old = m.bit_and(unshifted, carry);
        let top = m.bit_of(result, 31);
        let new = m.bit_and(shifted, top);
        return (result, m.bit_or(old, new));
    }
    let amount = m.zext64(amount);
    let carry = m.bit_to_word(carry);
    let wide = m.zext64(value);
    if matches!(kind, ShiftKind::Lsl) {
        let carry = m.zext64(carry);
        let carry = shl64_imm(m, carry, 32);
        let both = m.binary64(BinOp::Or, wide, carry);
        let shifted = m.binary64(BinOp::Shl, both, amount);
        let above = m.high(shifted);
        let carry = m.bit_of(above, 0);
        return (m.low(shifted), carry);
    }
    let carry = m.shl_imm(carry, 31);
    let carry = m.zext64(carry);
    let wide = shl64_imm(m, wide, 32);
    let both = m.binary64(BinOp::Or, wide, carry);
    let shifted = m.binary64(operation(kind), both, amount);
    let below = m.low(shifted);
    let carry = m.bit_of(below, 31);
    (m.high(shifted), carry)
}

fn shl64_imm<M: A32Machine>(m: &mut M, value: M::Dword, amount: u64) -> M::Dword {
    let amount = m.imm64(amount);
    m.binary64(BinOp::Shl, value, amount)
}
