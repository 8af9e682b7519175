//! Saturating arithmetic.
//!
//! See Arm ARM DDI 0406C.d, section A4.4.4.

use dbt_isa::machine::{Execution, Flow};
use dbt_isa::ops::{CmpOp, Condition};

use super::shift::shift;
use super::{Bit, Word, pack_halves, signed_half};
use crate::args::{Regs3, Sat, Sat16};
use crate::machine::A32Machine;

/// Saturates an overflowed sum or difference whose first operand is `a`: the
/// result has the sign of `a`.
fn saturate<M: A32Machine>(m: &mut M, a: Word<M>, result: Word<M>, overflow: Bit<M>) -> Word<M> {
    let sign = m.ashr_imm(a, 31);
    let largest = m.imm(i32::MAX.cast_unsigned());
    let limit = m.xor(sign, largest);
    m.select(overflow, limit, result)
}

/// `a + b`, saturated, and whether it was.
fn add_saturated<M: A32Machine>(m: &mut M, a: Word<M>, b: Word<M>) -> (Word<M>, Bit<M>) {
    let flags = m.add_flags(a, b);
    let overflow = m.condition(flags, Condition::Vs);
    let result = m.add(a, b);
    (saturate(m, a, result, overflow), overflow)
}

/// `a - b`, saturated, and whether it was.
fn sub_saturated<M: A32Machine>(m: &mut M, a: Word<M>, b: Word<M>) -> (Word<M>, Bit<M>) {
    let flags = m.sub_flags(a, b);
    let overflow = m.condition(flags, Condition::Vs);
    let result = m.sub(a, b);
    (saturate(m, a, result, overflow), overflow)
}

/// `QADD`.
pub(crate) fn qadd<M: A32Machine>(m: &mut M, i: &Regs3) -> Execution {
    let (a, b) = (m.reg(i.m), m.reg(i.n));
    let (result, saturated) = add_saturated(m, a, b);
    m.set_reg(i.d, result);
    m.or_q(saturated);
    Ok(Flow::Next)
}

/// `QSUB`.
pub(crate) fn qsub<M: A32Machine>(m: &mut M, i: &Regs3) -> Execution {
    let (a, b) = (m.reg(i.m), m.reg(i.n));
    let (result, saturated) = sub_saturated(m, a, b);
    m.set_reg(i.d, result);
    m.or_q(saturated);
    Ok(Flow::Next)
}

/// `QDADD`.
pub(crate) fn qdadd<M: A32Machine>(m: &mut M, i: &Regs3) -> Execution {
    let (a, b) = (m.reg(i.m), m.reg(i.n));
    let (doubled, first) = add_saturated(m, b, b);
    let (result, second) = add_saturated(m, a, doubled);
    m.set_reg(i.d, result);
    let saturated = m.bit_or(first, second);
    m.or_q(saturated);
    Ok(Flow::Next)
}

/// `QDSUB`.
pub(crate) fn qdsub<M: A32Machine>(m: &mut M, i: &Regs3) -> Execution {
    let (a, b) = (m.reg(i.m), m.reg(i.n));
    let (doubled, first) = add_saturated(m, b, b);
    let (result, second) = sub_saturated(m, a, doubled);
    m.set_reg(i.d, result);
    let saturated = m.bit_or(first, second);
    m.or_q(saturated);
    Ok(Flow::Next)
}

/// `value`, limited to `least` and `most`.
pub(super) fn clamp<M: A32Machine>(m: &mut M, value: Word<M>, least: i32, most: i32) -> Word<M> {
    let (least, most) = (m.imm(least.cast_unsigned()), m.imm(most.cast_unsigned()));
    let low = m.compare(CmpOp::Slt, value, least);
    let result = m.select(low, least, value);
    let high = m.compare(CmpOp::Sgt, result, most);
    m.select(high, most, result)
}

/// The limits of a signed number of `bits` bits.
const fn signed_limits(bits: u32) -> (i32, i32) {
    let most = (i32::MAX.cast_unsigned() >> (32 - bits)).cast_signed();
    (!most, most)
}

/// The limits of an unsigned number of `bits` bits, at most 31.
const fn unsigned_limits(bits: u32) -> (i32, i32) {
    (0, ((1_u32 << bits) - 1).cast_signed())
}

fn saturate_word<M: A32Machine>(m: &mut M, i: &Sat, (least, most): (i32, i32)) -> Execution {
    let value = m.reg(i.n);
    let value = shift(m, value, i.shift);
    let result = clamp(m, value, least, most);
    m.set_reg(i.d, result);
    let saturated = m.compare(CmpOp::Ne, result, value);
    m.or_q(saturated);
    Ok(Flow::Next)
}

/// `SSAT`.
pub(crate) fn ssat<M: A32Machine>(m: &mut M, i: &Sat) -> Execution {
    saturate_word(m, i, signed_limits(i.bits.get()))
}

/// `USAT`.
pub(crate) fn usat<M: A32Machine>(m: &mut M, i: &Sat) -> Execution {
    saturate_word(m, i, unsigned_limits(i.bits.get()))
}

fn saturate_halves<M: A32Machine>(m: &mut M, i: &Sat16, (least, most): (i32, i32)) -> Execution {
    let value = m.reg(i.n);
    let (lo, hi) = (signed_half(m, value, false), signed_half(m, value, true));
    let (new_lo, new_hi) = (clamp(m, lo, least, most), clamp(m, hi, least, most));
    let result = pack_halves(m, new_lo, new_hi);
    m.set_reg(i.d, result);
    // A halfword changes exactly when it is saturated.
    let saturated = m.compare(CmpOp::Ne, result, value);
    m.or_q(saturated);
    Ok(Flow::Next)
}

/// `SSAT16`.
pub(crate) fn ssat16<M: A32Machine>(m: &mut M, i: &Sat16) -> Execution {
    saturate_halves(m, i, signed_limits(i.bits.get()))
}

/// `USAT16`.
pub(crate) fn usat16<M: A32Machine>(m: &mut M, i: &Sat16) -> Execution {
    saturate_halves(m, i, unsigned_limits(i.bits.get()))
}
