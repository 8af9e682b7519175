//! Arguments of Advanced SIMD shifts, conversions and constants.

use core::fmt;

use dbt_isa::ops::Size;

use super::{ElementKind, FpImm, SimdTy};
use crate::fp_reg::VReg;
use crate::imm::Imm8;
use crate::softfloat::Rounding;

/// Two vectors and an amount.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdShift {
    /// The type that the mnemonic names.
    pub ty: SimdTy,
    /// Destination.
    pub d: VReg,
    /// Operand.
    pub m: VReg,
    /// By how many bits.
    pub amount: Imm8,
}

/// Returns log2 of the bytes that the fields `L` and `imm6` tell.
#[inline]
pub(crate) const fn shift_size(l: u32, imm6: u32) -> u32 {
    match (l, imm6) {
        (1, _) => 3,
        (_, 32..) => 2,
        (_, 16..) => 1,
        _ => 0,
    }
}

impl SimdShift {
    /// A shift right by 1 up to the size of the elements.
    #[inline]
    #[must_use]
    pub const fn right(ty: SimdTy, q: u32, d: u32, m: u32, imm6: u32) -> Self {
        let bits = 8 * ty.size.bytes();
        let amount = match ty.size {
            Size::Dword => 64 - imm6,
            _ => 2 * bits - imm6,
        };
        Self {
            ty,
            d: VReg::new(q, d),
            m: VReg::new(q, m),
            amount: Imm8::new(amount),
        }
    }

    /// A shift left by less than the size of the elements.
    #[inline]
    #[must_use]
    pub const fn left(ty: SimdTy, q: u32, d: u32, m: u32, imm6: u32) -> Self {
        let amount = match ty.size {
            Size::Dword => imm6,
            _ => imm6 - 8 * ty.size.bytes(),
        };
        Self {
            ty,
            d: VReg::new(q, d),
            m: VReg::new(q, m),
            amount: Imm8::new(amount),
        }
    }

    /// A shift right of elements of type `ty` that halves their size.
    #[inline]
    #[must_use]
    pub const fn narrow(ty: SimdTy, d: u32, m: u32, imm6: u32) -> Self {
        Self {
            ty,
            d: VReg::new(0, d),
            m: VReg::new(1, m),
            amount: Imm8::new(8 * ty.size.bytes() - imm6),
        }
    }

    /// A shift left of elements of type `ty` that doubles their size.
    #[inline]
    #[must_use]
    pub const fn long(ty: SimdTy, d: u32, m: u32, imm6: u32) -> Self {
        Self {
            ty,
            d: VReg::new(1, d),
            m: VReg::new(0, m),
            amount: Imm8::new(imm6 - 8 * ty.size.bytes()),
        }
    }

    /// A shift left by the size of the elements that doubles it.
    #[inline]
    #[must_use]
    pub const fn long_max(size: u32, d: u32, m: u32) -> Self {
        let ty = SimdTy::int(size);
        Self::long(ty, d, m, 16 * ty.size.bytes())
    }
}

/// A conversion between vectors.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdConvert {
    /// The type of the result.
    pub to: SimdTy,
    /// The type of the operand.
    pub from: SimdTy,
    /// Destination.
    pub d: VReg,
    /// Operand.
    pub m: VReg,
    /// How many bits of a fixed-point number stand behind the point.
    pub fraction: Imm8,
}

impl SimdConvert {
    /// A conversion that keeps the size of elements.
    #[inline]
    #[must_use]
    pub const fn new(to: SimdTy, from: SimdTy, q: u32, d: u32, m: u32, fraction: u32) -> Self {
        Self {
            to,
            from,
            d: VReg::new(q, d),
            m: VReg::new(q, m),
            fraction: Imm8::new(fraction),
        }
    }

    /// The conversion of singles to halves.
    #[inline]
    #[must_use]
    pub const fn narrow(d: u32, m: u32) -> Self {
        Self {
            d: VReg::new(0, d),
            ..Self::new(SimdTy::F16, SimdTy::F32, 1, d, m, 0)
        }
    }

    /// The conversion of halves to singles.
    #[inline]
    #[must_use]
    pub const fn long(d: u32, m: u32) -> Self {
        Self {
            m: VReg::new(0, m),
            ..Self::new(SimdTy::F32, SimdTy::F16, 1, d, m, 0)
        }
    }
}

/// `VRINT` of vectors.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdRound {
    /// The type that the mnemonic names.
    pub ty: SimdTy,
    /// How it rounds.
    pub to: RoundTo,
    /// Destination.
    pub d: VReg,
    /// Operand.
    pub m: VReg,
}

impl SimdRound {
    /// Returns the arguments of the fields.
    #[inline]
    #[must_use]
    pub const fn new(ty: SimdTy, to: RoundTo, q: u32, d: u32, m: u32) -> Self {
        Self {
            ty,
            to,
            d: VReg::new(q, d),
            m: VReg::new(q, m),
        }
    }
}

/// `VCVTA`, `VCVTN`, `VCVTP`, `VCVTM` of vectors.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdConvertRounded {
    /// How it rounds.
    pub round: RoundTo,
    /// The type of the result.
    pub to: SimdTy,
    /// Destination.
    pub d: VReg,
    /// Operand.
    pub m: VReg,
}

impl SimdConvertRounded {
    /// Returns the arguments of the fields.
    #[inline]
    #[must_use]
    pub const fn new(round: RoundTo, to: SimdTy, q: u32, d: u32, m: u32) -> Self {
        Self {
            round,
            to,
            d: VReg::new(q, d),
            m: VReg::new(q, m),
        }
    }

    /// The type of the operand.
    #[must_use]
    pub const fn from(&self) -> SimdTy {
        SimdTy {
            kind: ElementKind::Float,
            size: self.to.size,
        }
    }
}

/// How a number is rounded to an integer, as the mnemonic names it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum RoundTo {
    /// To the nearest, ties away from zero (`A`).
    TieAway,
    /// To the nearest, ties to the even one (`N`).
    TieEven,
    /// Towards plus infinity (`P`).
    Up,
    /// Towards minus infinity (`M`).
    Down,
    /// Towards zero (`Z`).
    Zero,
    /// As FPSCR says (`R`).
    Fpscr,
    /// As FPSCR says, and tells what was inexact (`X`).
    Exact,
}

impl RoundTo {
    /// Returns the direction of a two-bit `RM` field.
    #[inline]
    #[must_use]
    pub const fn from_rm(rm: u32) -> Self {
        match rm & 3 {
            0 => Self::TieAway,
            1 => Self::TieEven,
            2 => Self::Up,
            _ => Self::Down,
        }
    }

    /// Returns the direction, nothing if FPSCR decides it.
    #[must_use]
    pub const fn rounding(self) -> Option<Rounding> {
        match self {
            Self::TieAway => Some(Rounding::TieAway),
            Self::TieEven => Some(Rounding::TieEven),
            Self::Up => Some(Rounding::Up),
            Self::Down => Some(Rounding::Down),
            Self::Zero => Some(Rounding::Zero),
            Self::Fpscr | Self::Exact => None,
        }
    }
}

impl fmt::Display for RoundTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TieAway => "a",
            Self::TieEven => "n",
            Self::Up => "p",
            Self::Down => "m",
            Self::Zero => "z",
            Self::Fpscr => "r",
            Self::Exact => "x",
        })
    }
}

/// A vector and a constant.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdImm {
    /// Destination, and operand of `VORR` and `VBIC`.
    pub d: VReg,
    /// What the mnemonic names.
    pub imm: SimdConstant,
}

/// A constant of modified immediate (`AdvSIMDExpandImm()`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdConstant {
    cmode: u8,
    op: bool,
    imm8: u8,
}

impl SimdImm {
    /// Returns the arguments of the fields.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "narrow fields")]
    pub const fn new(q: u32, d: u32, cmode: u32, op: u32, imm8: u32) -> Self {
        Self {
            d: VReg::new(q, d),
            imm: SimdConstant {
                cmode: cmode as u8,
                op: op != 0,
                imm8: imm8 as u8,
            },
        }
    }
}

impl SimdConstant {
    /// Returns the constant, repeated to a doubleword.
    #[inline]
    #[must_use]
    pub const fn value(self) -> u64 {
        let imm8 = self.imm8 as u64;
        let shift = 8 * (self.cmode as u64 >> 1 & 3);
        match self.cmode {
            0..8 => (imm8 << shift) * 0x1_0000_0001,
            8..12 => (imm8 << (shift & 8)) * 0x0001_0001_0001_0001,
            12 => (imm8 << 8 | 0xff) * 0x1_0000_0001,
            13 => (imm8 << 16 | 0xffff) * 0x1_0000_0001,
            14 if self.op => Self::bytes_of_bits(self.imm8),
            14 => imm8 * 0x0101_0101_0101_0101,
            _ => FpImm::new(self.imm8 as u32).single() as u64 * 0x1_0000_0001,
        }
    }

    /// One byte of ones or zeroes for each bit.
    const fn bytes_of_bits(imm8: u8) -> u64 {
        let mut value = 0;
        let mut bit = 0;
        while bit < 8 {
            if imm8 >> bit & 1 == 1 {
                value |= 0xff << (8 * bit);
            }
            bit += 1;
        }
        value
    }
}

impl SimdConstant {
    /// Returns the type of the elements that the mnemonic names.
    #[must_use]
    pub const fn ty(self) -> SimdTy {
        match self.cmode {
            0..8 | 12 | 13 => SimdTy::int(2),
            8..12 => SimdTy::int(1),
            14 if self.op => SimdTy::int(3),
            14 => SimdTy::int(0),
            _ => SimdTy::F32,
        }
    }
}

/// Prints the constant in one element.
impl fmt::Display for SimdConstant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cmode == 15 {
            return FpImm::new(self.imm8.into()).fmt(f);
        }
        let unused = 64 - 8 * self.ty().size.bytes();
        match self.value() << unused >> unused {
            small @ 0..10 => write!(f, "#{small}"),
            value => write!(f, "#{value:#x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constant(cmode: u32, op: u32, imm8: u32) -> u64 {
        SimdImm::new(0, 0, cmode, op, imm8).imm.value()
    }

    #[test]
    fn constants_are_repeated() {
        assert_eq!(constant(0, 0, 0xab), 0x0000_00ab_0000_00ab);
        assert_eq!(constant(6, 0, 0xab), 0xab00_0000_ab00_0000);
        assert_eq!(constant(10, 0, 0xab), 0xab00_ab00_ab00_ab00);
        assert_eq!(constant(12, 0, 0xab), 0x0000_abff_0000_abff);
        assert_eq!(constant(13, 0, 0xab), 0x00ab_ffff_00ab_ffff);
        assert_eq!(constant(14, 0, 0xab), 0xabab_abab_abab_abab);
        assert_eq!(constant(14, 1, 0xab), 0xff00_ff00_ff00_ffff);
        assert_eq!(constant(15, 0, 0x70), 0x3f80_0000_3f80_0000);
    }
}
