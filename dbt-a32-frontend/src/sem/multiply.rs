//! Multiplication and division.
//!
//! See Arm ARM DDI 0406C.d, section A4.4.3.

use dbt_isa::machine::{Execution, Flow};
use dbt_isa::ops::{BinOp, CmpOp, Condition};

use super::{Dword, Word, join, signed_half};
use crate::args::{
    Mul, MulAcc, MulAccDual, MulAccHalf, MulAccHigh, MulAccWordHalf, MulDual, MulHalf, MulHigh,
    MulLong, MulLongDual, MulLongHalf, MulWordHalf, Regs3, Regs4,
};
use crate::machine::A32Machine;
use crate::reg::Reg;

/// The low word of the product of two registers.
fn product<M: A32Machine>(m: &mut M, n: Reg, by: Reg) -> Word<M> {
    let (a, b) = (m.reg(n), m.reg(by));
    m.binary(BinOp::Mul, a, b)
}

/// The unsigned product of two registers.
fn unsigned_product<M: A32Machine>(m: &mut M, n: Reg, by: Reg) -> Dword<M> {
    let (a, b) = (m.reg(n), m.reg(by));
    let (a, b) = (m.zext64(a), m.zext64(b));
    m.binary64(BinOp::Mul, a, b)
}

/// The signed product of two registers.
fn signed_product<M: A32Machine>(m: &mut M, n: Reg, by: Reg) -> Dword<M> {
    let (a, b) = (m.reg(n), m.reg(by));
    let (a, b) = (m.sext64(a), m.sext64(b));
    m.binary64(BinOp::Mul, a, b)
}

/// Writes a word and, if asked, N and Z.
fn write_word<M: A32Machine>(m: &mut M, s: bool, d: Reg, result: Word<M>) -> Execution {
    m.set_reg(d, result);
    if s {
        let old = m.flags();
        let flags = m.nz_flags(result, old);
        m.set_flags(flags);
    }
    Ok(Flow::Next)
}

/// Writes a doubleword and, if asked, N and Z.
fn write_long<M: A32Machine>(
    m: &mut M,
    s: bool,
    (lo, hi): (Reg, Reg),
    result: Dword<M>,
) -> Execution {
    let (low, high) = (m.low(result), m.high(result));
    m.set_reg(lo, low);
    m.set_reg(hi, high);
    if s {
        // A word with the sign of the result that is zero only if all of it is.
        let zero = m.imm(0);
        let low = m.compare(CmpOp::Ne, low, zero);
        let low = m.bit_to_word(low);
        let summary = m.or(high, low);
        let old = m.flags();
        let flags = m.nz_flags(summary, old);
        m.set_flags(flags);
    }
    Ok(Flow::Next)
}

/// Adds two words and sets Q if the signed sum overflows.
fn add_q<M: A32Machine>(m: &mut M, a: Word<M>, b: Word<M>) -> Word<M> {
    let flags = m.add_flags(a, b);
    let overflow = m.condition(flags, Condition::Vs);
    m.or_q(overflow);
    m.add(a, b)
}

/// `MUL`.
pub(crate) fn mul<M: A32Machine>(m: &mut M, i: &Mul) -> Execution {
    let result = product(m, i.n, i.m);
    write_word(m, i.s, i.d, result)
}

/// `MLA`.
pub(crate) fn mla<M: A32Machine>(m: &mut M, i: &MulAcc) -> Execution {
    let product = product(m, i.n, i.m);
    let a = m.reg(i.a);
    let result = m.add(product, a);
    write_word(m, i.s, i.d, result)
}

/// `MLS`.
pub(crate) fn mls<M: A32Machine>(m: &mut M, i: &Regs4) -> Execution {
    let product = product(m, i.n, i.m);
    let a = m.reg(i.a);
    let result = m.sub(a, product);
    write_word(m, false, i.d, result)
}

/// `UMULL`.
pub(crate) fn umull<M: A32Machine>(m: &mut M, i: &MulLong) -> Execution {
    let result = unsigned_product(m, i.n, i.m);
    write_long(m, i.s, (i.lo, i.hi), result)
}

/// `SMULL`.
pub(crate) fn smull<M: A32Machine>(m: &mut M, i: &MulLong) -> Execution {
    let result = signed_product(m, i.n, i.m);
    write_long(m, i.s, (i.lo, i.hi), result)
}

/// Adds a product to the doubleword in two registers and writes it back.
fn accumulate<M: A32Machine>(
    m: &mut M,
    s: bool,
    (lo, hi): (Reg, Reg),
    operation: BinOp,
    product: Dword<M>,
) -> Execution {
    let (low, high) = (m.reg(lo), m.reg(hi));
    let old = join(m, low, high);
    let result = m.binary64(operation, old, product);
    write_long(m, s, (lo, hi), result)
}

/// `UMLAL`.
pub(crate) fn umlal<M: A32Machine>(m: &mut M, i: &MulLong) -> Execution {
    let product = unsigned_product(m, i.n, i.m);
    accumulate(m, i.s, (i.lo, i.hi), BinOp::Add, product)
}

/// `SMLAL`.
pub(crate) fn smlal<M: A32Machine>(m: &mut M, i: &MulLong) -> Execution {
    let product = signed_product(m, i.n, i.m);
    accumulate(m, i.s, (i.lo, i.hi), BinOp::Add, product)
}

/// `UMAAL`.
pub(crate) fn umaal<M: A32Machine>(m: &mut M, i: &MulLong) -> Execution {
    let product = unsigned_product(m, i.n, i.m);
    let (low, high) = (m.reg(i.lo), m.reg(i.hi));
    let (low, high) = (m.zext64(low), m.zext64(high));
    let result = m.binary64(BinOp::Add, product, low);
    let result = m.binary64(BinOp::Add, result, high);
    write_long(m, false, (i.lo, i.hi), result)
}

/// The signed product of a halfword each of two registers.
fn half_product<M: A32Machine>(
    m: &mut M,
    (n, n_high): (Reg, bool),
    (by, by_high): (Reg, bool),
) -> Word<M> {
    let (a, b) = (m.reg(n), m.reg(by));
    let (a, b) = (signed_half(m, a, n_high), signed_half(m, b, by_high));
    m.binary(BinOp::Mul, a, b)
}

/// `SMULBB` and so on.
pub(crate) fn smulxy<M: A32Machine>(m: &mut M, i: &MulHalf) -> Execution {
    let result = half_product(m, (i.n, i.n_high), (i.m, i.m_high));
    write_word(m, false, i.d, result)
}

/// `SMLABB` and so on.
pub(crate) fn smlaxy<M: A32Machine>(m: &mut M, i: &MulAccHalf) -> Execution {
    let product = half_product(m, (i.n, i.n_high), (i.m, i.m_high));
    let a = m.reg(i.a);
    let result = add_q(m, product, a);
    write_word(m, false, i.d, result)
}

/// `SMLALBB` and so on.
pub(crate) fn smlalxy<M: A32Machine>(m: &mut M, i: &MulLongHalf) -> Execution {
    let product = half_product(m, (i.n, i.n_high), (i.m, i.m_high));
    let product = m.sext64(product);
    accumulate(m, false, (i.lo, i.hi), BinOp::Add, product)
}

/// The top 32 of the 48 bits of the signed product of a word and a halfword.
fn word_half_product<M: A32Machine>(m: &mut M, n: Reg, by: Reg, by_high: bool) -> Word<M> {
    let (a, b) = (m.reg(n), m.reg(by));
    let b = signed_half(m, b, by_high);
    let (a, b) = (m.sext64(a), m.sext64(b));
    let product = m.binary64(BinOp::Mul, a, b);
    let amount = m.imm64(16);
    let top = m.binary64(BinOp::Lshr, product, amount);
    m.low(top)
}

/// `SMULWB`, `SMULWT`.
pub(crate) fn smulwy<M: A32Machine>(m: &mut M, i: &MulWordHalf) -> Execution {
    let result = word_half_product(m, i.n, i.m, i.m_high);
    write_word(m, false, i.d, result)
}

/// `SMLAWB`, `SMLAWT`.
pub(crate) fn smlawy<M: A32Machine>(m: &mut M, i: &MulAccWordHalf) -> Execution {
    let product = word_half_product(m, i.n, i.m, i.m_high);
    let a = m.reg(i.a);
    let result = add_q(m, product, a);
    write_word(m, false, i.d, result)
}

/// The products of the low and of the high halfwords of two registers, those of
/// the second exchanged if `x`.
fn dual_products<M: A32Machine>(m: &mut M, n: Reg, by: Reg, x: bool) -> (Word<M>, Word<M>) {
    let first = half_product(m, (n, false), (by, x));
    let second = half_product(m, (n, true), (by, !x));
    (first, second)
}

/// `SMUAD`.
pub(crate) fn smuad<M: A32Machine>(m: &mut M, i: &MulDual) -> Execution {
    let (first, second) = dual_products(m, i.n, i.m, i.x);
    let result = add_q(m, first, second);
    write_word(m, false, i.d, result)
}

/// `SMUSD`.
pub(crate) fn smusd<M: A32Machine>(m: &mut M, i: &MulDual) -> Execution {
    let (first, second) = dual_products(m, i.n, i.m, i.x);
    let result = m.sub(first, second);
    write_word(m, false, i.d, result)
}

/// `SMLAD`. The sum of the products alone may not fit a word, so that Q is
/// found in 64 bits.
pub(crate) fn smlad<M: A32Machine>(m: &mut M, i: &MulAccDual) -> Execution {
    let (first, second) = dual_products(m, i.n, i.m, i.x);
    let a = m.reg(i.a);
    let (first, second, a) = (m.sext64(first), m.sext64(second), m.sext64(a));
    let sum = m.binary64(BinOp::Add, first, second);
    let sum = m.binary64(BinOp::Add, sum, a);
    let result = m.low(sum);
    let exact = m.sext64(result);
    let overflow = m.compare64(CmpOp::Ne, exact, sum);
    m.or_q(overflow);
    write_word(m, false, i.d, result)
}

/// `SMLSD`. The difference of the products fits a word.
pub(crate) fn smlsd<M: A32Machine>(m: &mut M, i: &MulAccDual) -> Execution {
    let (first, second) = dual_products(m, i.n, i.m, i.x);
    let difference = m.sub(first, second);
    let a = m.reg(i.a);
    let result = add_q(m, difference, a);
    write_word(m, false, i.d, result)
}

/// `SMLALD`.
pub(crate) fn smlald<M: A32Machine>(m: &mut M, i: &MulLongDual) -> Execution {
    long_dual(m, BinOp::Add, i)
}

/// `SMLSLD`.
pub(crate) fn smlsld<M: A32Machine>(m: &mut M, i: &MulLongDual) -> Execution {
    long_dual(m, BinOp::Sub, i)
}

fn long_dual<M: A32Machine>(m: &mut M, operation: BinOp, i: &MulLongDual) -> Execution {
    let (first, second) = dual_products(m, i.n, i.m, i.x);
    let (first, second) = (m.sext64(first), m.sext64(second));
    let combined = m.binary64(operation, first, second);
    accumulate(m, false, (i.lo, i.hi), BinOp::Add, combined)
}

/// The high word of `0 ± n * m`, rounded if asked.
fn high_product<M: A32Machine>(
    m: &mut M,
    operation: BinOp,
    (n, by): (Reg, Reg),
    round: bool,
) -> Word<M> {
    let product = signed_product(m, n, by);
    if !round && matches!(operation, BinOp::Add) {
        return m.high(product);
    }
    let start = m.imm64(if round { 1 << 31 } else { 0 });
    let result = m.binary64(operation, start, product);
    m.high(result)
}

/// `SMMUL`.
pub(crate) fn smmul<M: A32Machine>(m: &mut M, i: &MulHigh) -> Execution {
    let result = high_product(m, BinOp::Add, (i.n, i.m), i.round);
    write_word(m, false, i.d, result)
}

/// `SMMLA`. The accumulator has no low word, so that it can be added at the end.
pub(crate) fn smmla<M: A32Machine>(m: &mut M, i: &MulAccHigh) -> Execution {
    let high = high_product(m, BinOp::Add, (i.n, i.m), i.round);
    let a = m.reg(i.a);
    let result = m.add(a, high);
    write_word(m, false, i.d, result)
}

/// `SMMLS`.
pub(crate) fn smmls<M: A32Machine>(m: &mut M, i: &MulAccHigh) -> Execution {
    let high = high_product(m, BinOp::Sub, (i.n, i.m), i.round);
    let a = m.reg(i.a);
    let result = m.add(a, high);
    write_word(m, false, i.d, result)
}

/// `SDIV`; a division by zero gives zero.
pub(crate) fn sdiv<M: A32Machine>(m: &mut M, i: &Regs3) -> Execution {
    divide(m, BinOp::SDiv, i)
}

/// `UDIV`; a division by zero gives zero.
pub(crate) fn udiv<M: A32Machine>(m: &mut M, i: &Regs3) -> Execution {
    divide(m, BinOp::UDiv, i)
}

fn divide<M: A32Machine>(m: &mut M, operation: BinOp, i: &Regs3) -> Execution {
    let (a, b) = (m.reg(i.n), m.reg(i.m));
    let result = m.binary(operation, a, b);
    write_word(m, false, i.d, result)
}
