//! Packing, extension, bit fields, sums of differences.
//!
//! See Arm ARM DDI 0406C.d, sections A4.4.5 to A4.4.7.

use dbt_isa::machine::{Execution, Flow};
use dbt_isa::ops::UnOp;

use super::shift::shift;
use super::{Word, pack_halves, rotate_right, signed_half, unsigned_half};
use crate::args::{Bfc, Bfi, BitfieldExtract, Extend, ExtendAdd, PackHalf, Regs3, Regs4};
use crate::machine::A32Machine;
use crate::operands::Rotation;
use crate::reg::Reg;

/// `PKHBT`: the top of the shifted operand over the bottom of the first.
pub(crate) fn pkhbt<M: A32Machine>(m: &mut M, i: &PackHalf) -> Execution {
    let (first, second) = (m.reg(i.n), m.reg(i.m));
    let second = shift(m, second, i.shift);
    let top = m.and_imm(second, 0xffff_0000);
    let bottom = m.unary(UnOp::ZextHalf, first);
    let result = m.or(top, bottom);
    m.set_reg(i.d, result);
    Ok(Flow::Next)
}

/// `PKHTB`: the top of the first operand over the bottom of the shifted.
pub(crate) fn pkhtb<M: A32Machine>(m: &mut M, i: &PackHalf) -> Execution {
    let (first, second) = (m.reg(i.n), m.reg(i.m));
    let second = shift(m, second, i.shift);
    let top = m.and_imm(first, 0xffff_0000);
    let bottom = m.unary(UnOp::ZextHalf, second);
    let result = m.or(top, bottom);
    m.set_reg(i.d, result);
    Ok(Flow::Next)
}

/// What an extension takes and how.
#[derive(Clone, Copy)]
enum Extension {
    One(UnOp),
    SignBytes,
    ZeroBytes,
}

impl Extension {
    fn apply<M: A32Machine>(self, m: &mut M, reg: Reg, rotation: Rotation) -> Word<M> {
        let value = m.reg(reg);
        let value = rotate_right(m, value, rotation.amount());
        match self {
            Self::One(operation) => m.unary(operation, value),
            Self::ZeroBytes => m.and_imm(value, 0x00ff_00ff),
            Self::SignBytes => {
                let high = m.lshr_imm(value, 16);
                let (low, high) = (
                    m.unary(UnOp::SextByte, value),
                    m.unary(UnOp::SextByte, high),
                );
                pack_halves(m, low, high)
            }
        }
    }
}

fn extend<M: A32Machine>(m: &mut M, extension: Extension, i: &Extend) -> Execution {
    let result = extension.apply(m, i.m, i.rotate);
    m.set_reg(i.d, result);
    Ok(Flow::Next)
}

fn extend_add<M: A32Machine>(m: &mut M, extension: Extension, i: &ExtendAdd) -> Execution {
    let extended = extension.apply(m, i.m, i.rotate);
    let n = m.reg(i.n);
    let result = match extension {
        Extension::One(_) => m.add(n, extended),
        Extension::SignBytes | Extension::ZeroBytes => {
            let low = m.add(n, extended);
            let (a, b) = (m.lshr_imm(n, 16), m.lshr_imm(extended, 16));
            let high = m.add(a, b);
            pack_halves(m, low, high)
        }
    };
    m.set_reg(i.d, result);
    Ok(Flow::Next)
}

/// Defines the extensions with and without addition.
macro_rules! extensions {
    ($($(#[$doc:meta])* $plain:ident $add:ident = $extension:expr;)*) => { $(
        $(#[$doc])*
        pub(crate) fn $plain<M: A32Machine>(m: &mut M, i: &Extend) -> Execution {
            extend(m, $extension, i)
        }
        $(#[$doc])*
        pub(crate) fn $add<M: A32Machine>(m: &mut M, i: &ExtendAdd) -> Execution {
            extend_add(m, $extension, i)
        }
    )* };
}

extensions! {
    /// `SXTB`, `SXTAB`.
    sxtb sxtab = Extension::One(UnOp::SextByte);
    /// `SXTH`, `SXTAH`.
    sxth sxtah = Extension::One(UnOp::SextHalf);
    /// `SXTB16`, `SXTAB16`.
    sxtb16 sxtab16 = Extension::SignBytes;
    /// `UXTB`, `UXTAB`.
    uxtb uxtab = Extension::One(UnOp::ZextByte);
    /// `UXTH`, `UXTAH`.
    uxth uxtah = Extension::One(UnOp::ZextHalf);
    /// `UXTB16`, `UXTAB16`.
    uxtb16 uxtab16 = Extension::ZeroBytes;
}

/// `width` ones from bit 0.
const fn ones(width: u32) -> u32 {
    u32::MAX >> (32 - width)
}

/// `BFC`.
pub(crate) fn bfc<M: A32Machine>(m: &mut M, i: &Bfc) -> Execution {
    let old = m.reg(i.d);
    let result = m.and_imm(old, !(ones(i.width.get()) << i.lsb.get()));
    m.set_reg(i.d, result);
    Ok(Flow::Next)
}

/// `BFI`.
pub(crate) fn bfi<M: A32Machine>(m: &mut M, i: &Bfi) -> Execution {
    let (lsb, mask) = (i.lsb.get(), ones(i.width.get()));
    let field = m.reg(i.n);
    let field = m.and_imm(field, mask);
    let field = if lsb == 0 {
        field
    } else {
        m.shl_imm(field, lsb)
    };
    let rest = m.reg(i.d);
    let rest = m.and_imm(rest, !(mask << lsb));
    let result = m.or(rest, field);
    m.set_reg(i.d, result);
    Ok(Flow::Next)
}

/// `UBFX`.
pub(crate) fn ubfx<M: A32Machine>(m: &mut M, i: &BitfieldExtract) -> Execution {
    let (lsb, width) = (i.lsb.get(), i.width.get());
    let value = m.reg(i.n);
    let value = if lsb == 0 {
        value
    } else {
        m.lshr_imm(value, lsb)
    };
    let result = if lsb + width == 32 {
        value
    } else {
        m.and_imm(value, ones(width))
    };
    m.set_reg(i.d, result);
    Ok(Flow::Next)
}

/// `SBFX`.
pub(crate) fn sbfx<M: A32Machine>(m: &mut M, i: &BitfieldExtract) -> Execution {
    let (lsb, width) = (i.lsb.get(), i.width.get());
    let value = m.reg(i.n);
    let left = 32 - lsb - width;
    let value = if left == 0 {
        value
    } else {
        m.shl_imm(value, left)
    };
    let result = if width == 32 {
        value
    } else {
        m.ashr_imm(value, 32 - width)
    };
    m.set_reg(i.d, result);
    Ok(Flow::Next)
}

/// The sum of the absolute differences of the four bytes.
fn absolute_differences<M: A32Machine>(m: &mut M, n: Reg, by: Reg) -> Word<M> {
    let (a, b) = (m.reg(n), m.reg(by));
    let mut sum = None;
    for lane in 0..4 {
        let (a, b) = (m.lshr_imm(a, lane * 8), m.lshr_imm(b, lane * 8));
        let (a, b) = (m.unary(UnOp::ZextByte, a), m.unary(UnOp::ZextByte, b));
        let difference = m.sub(a, b);
        let sign = m.ashr_imm(difference, 31);
        let difference = m.xor(difference, sign);
        let difference = m.sub(difference, sign);
        sum = Some(match sum {
            Some(sum) => m.add(sum, difference),
            None => difference,
        });
    }
    sum.unwrap_or(a)
}

/// `USAD8`.
pub(crate) fn usad8<M: A32Machine>(m: &mut M, i: &Regs3) -> Execution {
    let result = absolute_differences(m, i.n, i.m);
    m.set_reg(i.d, result);
    Ok(Flow::Next)
}

/// `USADA8`.
pub(crate) fn usada8<M: A32Machine>(m: &mut M, i: &Regs4) -> Execution {
    let sum = absolute_differences(m, i.n, i.m);
    let a = m.reg(i.a);
    let result = m.add(sum, a);
    m.set_reg(i.d, result);
    Ok(Flow::Next)
}

/// `SEL`: the GE flags choose bytes of the first or the second operand.
pub(crate) fn sel<M: A32Machine>(m: &mut M, i: &Regs3) -> Execution {
    // What the bit above a byte exceeds its lowest bit by is the byte, all ones.
    let ge = m.ge();
    let above = m.shl_imm(ge, 1);
    let lowest = m.lshr_imm(ge, 7);
    let mask = m.sub(above, lowest);
    let (a, b) = (m.reg(i.n), m.reg(i.m));
    let difference = m.xor(a, b);
    let chosen = m.and(difference, mask);
    let result = m.xor(b, chosen);
    m.set_reg(i.d, result);
    Ok(Flow::Next)
}

/// The halves of a register, extended.
pub(super) fn halves<M: A32Machine>(m: &mut M, reg: Reg, signed: bool) -> [Word<M>; 2] {
    let value = m.reg(reg);
    if signed {
        [signed_half(m, value, false), signed_half(m, value, true)]
    } else {
        [
            unsigned_half(m, value, false),
            unsigned_half(m, value, true),
        ]
    }
}
