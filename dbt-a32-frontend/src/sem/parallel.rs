//! Parallel addition and subtraction.
//!
//! See Arm ARM DDI 0406C.d, section A4.4.6. Lanes are taken apart and put
//! together again, except in `UADD8` and `USUB8`, on which string functions are
//! built: those compute all lanes in one word.

use dbt_isa::machine::{Execution, Flow};
use dbt_isa::ops::{BinOp, UnOp};

use super::Word;
use super::media::halves;
use super::saturate::clamp;
use crate::args::Regs3;
use crate::machine::A32Machine;
use crate::reg::Reg;

/// What becomes of the exact sum or difference of a lane.
#[derive(Clone, Copy)]
enum Finish {
    /// It wraps, and sets GE: not negative, or a carry or no borrow.
    SetGe,
    /// It saturates.
    Saturate,
    /// It is halved.
    Halve,
}

/// Whether lanes are signed, and what becomes of results.
#[derive(Clone, Copy)]
struct Variant {
    signed: bool,
    finish: Finish,
}

impl Variant {
    /// Finishes the exact result of a lane of `bits` bits. Returns the new lane,
    /// whose upper bits do not count, and its GE flag.
    fn finish<M: A32Machine>(
        self,
        m: &mut M,
        bits: u32,
        operation: BinOp,
        exact: Word<M>,
    ) -> (Word<M>, Option<Word<M>>) {
        match self.finish {
            Finish::Halve if self.signed => (m.ashr_imm(exact, 1), None),
            Finish::Halve => (m.lshr_imm(exact, 1), None),
            Finish::Saturate => {
                let (least, most) = if self.signed {
                    (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
                } else {
                    (0, (1 << bits) - 1)
                };
                (clamp(m, exact, least, most), None)
            }
            Finish::SetGe => {
                let ge = if !self.signed && matches!(operation, BinOp::Add) {
                    m.lshr_imm(exact, bits)
                } else {
                    let inverted = m.not(exact);
                    m.lshr_imm(inverted, 31)
                };
                (exact, Some(ge))
            }
        }
    }

    /// An operation on two halfwords each, with the halfwords of the second
    /// operand exchanged if `exchange`.
    fn halfwords<M: A32Machine>(
        self,
        m: &mut M,
        i: &Regs3,
        operations: [BinOp; 2],
        exchange: bool,
    ) -> Execution {
        let a = halves(m, i.n, self.signed);
        let [low, high] = halves(m, i.m, self.signed);
        let b = if exchange { [high, low] } else { [low, high] };
        let [low, high] = [0, 1].map(|lane| {
            let operation = operations[lane];
            let exact = m.binary(operation, a[lane], b[lane]);
            self.finish(m, 16, operation, exact)
        });
        let result = super::pack_halves(m, low.0, high.0);
        m.set_reg(i.d, result);
        if let (Some(low), Some(high)) = (low.1, high.1) {
            let high = m.shl_imm(high, 16);
            let flags = m.or(low, high);
            let both = m.imm(0x8080);
            let ge = m.binary(BinOp::Mul, flags, both);
            m.set_ge(ge);
        }
        Ok(Flow::Next)
    }

    /// An operation on four bytes each.
    fn bytes<M: A32Machine>(self, m: &mut M, i: &Regs3, operation: BinOp) -> Execution {
        let (a, b) = (m.reg(i.n), m.reg(i.m));
        let (mut result, mut flags) = (m.imm(0), m.imm(0));
        for lane in 0..4 {
            let (a, b) = (self.byte(m, a, lane), self.byte(m, b, lane));
            let exact = m.binary(operation, a, b);
            let (new, ge) = self.finish(m, 8, operation, exact);
            let new = m.unary(UnOp::ZextByte, new);
            let new = m.shl_imm(new, lane * 8);
            result = m.or(result, new);
            if let Some(ge) = ge {
                let ge = m.shl_imm(ge, lane * 8 + 7);
                flags = m.or(flags, ge);
            }
        }
        m.set_reg(i.d, result);
        if matches!(self.finish, Finish::SetGe) {
            m.set_ge(flags);
        }
        Ok(Flow::Next)
    }

    fn byte<M: A32Machine>(self, m: &mut M, value: Word<M>, lane: u32) -> Word<M> {
        let value = m.lshr_imm(value, lane * 8);
        m.unary(
            if self.signed {
                UnOp::SextByte
            } else {
                UnOp::ZextByte
            },
            value,
        )
    }
}

/// Defines the four operations of a variant on halfwords.
macro_rules! on_halfwords {
    ($($signed:literal $finish:ident: $add:ident $asx:ident $sax:ident $sub:ident;)*) => { $(
        on_halfwords!(@ $signed $finish $add [Add Add] false);
        on_halfwords!(@ $signed $finish $asx [Sub Add] true);
        on_halfwords!(@ $signed $finish $sax [Add Sub] true);
        on_halfwords!(@ $signed $finish $sub [Sub Sub] false);
    )* };
    (@ $signed:literal $finish:ident $name:ident [$low:ident $high:ident] $exchange:literal) => {
        #[doc = concat!("`", stringify!($name), "`, on halfwords.")]
        pub(crate) fn $name<M: A32Machine>(m: &mut M, i: &Regs3) -> Execution {
            let variant = Variant { signed: $signed, finish: Finish::$finish };
            variant.halfwords(m, i, [BinOp::$low, BinOp::$high], $exchange)
        }
    };
}

on_halfwords! {
    true SetGe: sadd16 sasx ssax ssub16;
    true Saturate: qadd16 qasx qsax qsub16;
    true Halve: shadd16 shasx shsax shsub16;
    false SetGe: uadd16 uasx usax usub16;
    false Saturate: uqadd16 uqasx uqsax uqsub16;
    false Halve: uhadd16 uhasx uhsax uhsub16;
}

/// Defines the two operations of a variant on bytes.
macro_rules! on_bytes {
    ($($signed:literal $finish:ident: $add:ident $sub:ident;)*) => { $(
        on_bytes!(@ $signed $finish $add Add);
        on_bytes!(@ $signed $finish $sub Sub);
    )* };
    (@ $signed:literal $finish:ident $name:ident $operation:ident) => {
        #[doc = concat!("`", stringify!($name), "`, on bytes.")]
        pub(crate) fn $name<M: A32Machine>(m: &mut M, i: &Regs3) -> Execution {
            let variant = Variant { signed: $signed, finish: Finish::$finish };
            variant.bytes(m, i, BinOp::$operation)
        }
    };
}

on_bytes! {
    true SetGe: sadd8 ssub8;
    true Saturate: qadd8 qsub8;
    true Halve: shadd8 shsub8;
    false Saturate: uqadd8 uqsub8;
    false Halve: uhadd8 uhsub8;
}

/// The top bit of each byte.
const TOPS: u32 = 0x8080_8080;

/// `UADD8`: bytes are added without their top bits, so that no carry leaves a
/// lane; the top bits and the carries out of them follow by logic.
pub(crate) fn uadd8<M: A32Machine>(m: &mut M, i: &Regs3) -> Execution {
    let (a, b) = (m.reg(i.n), m.reg(i.m));
    let (low_a, low_b) = (m.and_imm(a, !TOPS), m.and_imm(b, !TOPS));
    let low = m.add(low_a, low_b);
    let differ = m.xor(a, b);
    let tops = m.and_imm(differ, TOPS);
    let sum = m.xor(low, tops);
    // Carry: both tops set, or one of them and the sum's top clear.
    let either = m.or(a, b);
    let clear = m.not(sum);
    let one = m.and(either, clear);
    let both = m.and(a, b);
    let carry = m.or(both, one);
    set_ge_of_tops(m, carry);
    write(m, i.d, sum)
}

/// `USUB8`, likewise with borrows.
pub(crate) fn usub8<M: A32Machine>(m: &mut M, i: &Regs3) -> Execution {
    let (a, b) = (m.reg(i.n), m.reg(i.m));
    let tops = m.imm(TOPS);
    let high_a = m.or(a, tops);
    let low_b = m.and_imm(b, !TOPS);
    let low = m.sub(high_a, low_b);
    let differ = m.xor(a, b);
    let same = m.not(differ);
    let top = m.and_imm(same, TOPS);
    let difference = m.xor(low, top);
    // No borrow: only the first top set, or both alike and the difference's
    // top clear.
    let not_b = m.not(b);
    let greater = m.and(a, not_b);
    let clear = m.not(difference);
    let alike = m.and(same, clear);
    let no_borrow = m.or(greater, alike);
    set_ge_of_tops(m, no_borrow);
    write(m, i.d, difference)
}

/// Sets GE to the top bits of the bytes of `value`.
fn set_ge_of_tops<M: A32Machine>(m: &mut M, value: Word<M>) {
    let ge = m.and_imm(value, TOPS);
    m.set_ge(ge);
}

fn write<M: A32Machine>(m: &mut M, d: Reg, result: Word<M>) -> Execution {
    m.set_reg(d, result);
    Ok(Flow::Next)
}
