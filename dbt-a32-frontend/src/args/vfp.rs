//! Arguments of floating-point instructions.

use core::fmt;

use super::RoundTo;
use crate::fp_reg::{DReg, FpReg, FpRegList, SReg};
use crate::imm::Imm8;
use crate::itstate::Cond;
use crate::operands::AddrImm;
use crate::reg::{Reg, r};
use crate::softfloat::{Fixed, FixedWidth};

/// Three registers of one precision.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Fp3 {
    /// Destination, and addend of the accumulating instructions.
    pub d: FpReg,
    /// First operand.
    pub n: FpReg,
    /// Second operand.
    pub m: FpReg,
}

impl Fp3 {
    /// Returns the registers of the fields Vd, D, Vn, N, Vm and M, doubles if
    /// `sz` is set.
    #[inline]
    #[must_use]
    pub const fn new(sz: u32, vd: u32, d: u32, vn: u32, n: u32, vm: u32, m: u32) -> Self {
        Self {
            d: FpReg::new(sz, vd, d),
            n: FpReg::new(sz, vn, n),
            m: FpReg::new(sz, vm, m),
        }
    }

    /// Returns the halves of the fields Vd, D, Vn, N, Vm and M.
    #[inline]
    #[must_use]
    pub const fn half(vd: u32, d: u32, vn: u32, n: u32, vm: u32, m: u32) -> Self {
        Self {
            d: FpReg::half(vd, d),
            n: FpReg::half(vn, n),
            m: FpReg::half(vm, m),
        }
    }
}

/// Two registers, of one precision except for the conversion between
/// precisions.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Fp2 {
    /// Destination.
    pub d: FpReg,
    /// Operand.
    pub m: FpReg,
}

impl Fp2 {
    /// Returns the registers of the fields Vd, D, Vm and M, doubles if `sz` is
    /// set.
    #[inline]
    #[must_use]
    pub const fn new(sz: u32, vd: u32, d: u32, vm: u32, m: u32) -> Self {
        Self {
            d: FpReg::new(sz, vd, d),
            m: FpReg::new(sz, vm, m),
        }
    }
}

/// `VMOV` with an immediate.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpMovImm {
    /// Destination.
    pub d: FpReg,
    /// What is moved.
    pub imm: FpImm,
}

/// `VCMP`, `VCMPE`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpCompare {
    /// Whether a quiet NaN is an invalid operand (`VCMPE`).
    pub signalling: bool,
    /// First operand.
    pub d: FpReg,
    /// Second operand.
    pub m: FpReg,
}

/// `VCMP`, `VCMPE` with zero.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpCompareZero {
    /// Whether a quiet NaN is an invalid operand (`VCMPE`).
    pub signalling: bool,
    /// First operand.
    pub d: FpReg,
}

/// `VCVT`, `VCVTR` to an integer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpToInt {
    /// Whether FPSCR chooses the rounding (`VCVTR`); else it is towards zero.
    pub rounded: bool,
    /// Whether the integer is signed.
    pub signed: bool,
    /// Destination.
    pub d: SReg,
    /// Operand.
    pub m: FpReg,
}

/// `VCVT` from an integer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpFromInt {
    /// Whether the integer is signed.
    pub signed: bool,
    /// Destination.
    pub d: FpReg,
    /// Operand.
    pub m: SReg,
}

/// `VCVT` to and from fixed point, in place.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpFixed {
    /// The type of the fixed-point number.
    pub fixed: Fixed,
    /// Operand and destination.
    pub d: FpReg,
}

/// `VCVTB`, `VCVTT`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpHalf {
    /// Whether the half is in bits 31 to 16 (`VCVTT`).
    pub top: bool,
    /// Destination.
    pub d: SReg,
    /// Operand.
    pub m: SReg,
}

/// `VCVTB`, `VCVTT` between a double and a half.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpHalfDouble {
    /// Whether the half is in bits 31 to 16 (`VCVTT`).
    pub top: bool,
    /// The double.
    pub d: DReg,
    /// The register that holds the half.
    pub s: SReg,
}

/// `VRINT`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpRound {
    /// How it rounds.
    pub to: RoundTo,
    /// Destination.
    pub d: FpReg,
    /// Operand.
    pub m: FpReg,
}

/// `VCVTA`, `VCVTN`, `VCVTP`, `VCVTM`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpToIntRounded {
    /// How it rounds.
    pub to: RoundTo,
    /// Whether the integer is signed.
    pub signed: bool,
    /// Destination.
    pub d: SReg,
    /// Operand.
    pub m: FpReg,
}

/// `VSEL`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpSelect {
    /// When the first operand is selected.
    pub cond: Cond,
    /// The registers.
    pub args: Fp3,
}

/// `VLDR`, `VSTR`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpMem {
    /// Register loaded or stored.
    pub d: FpReg,
    /// Address; PC as the base is aligned to a word.
    pub address: AddrImm,
}

/// `VLDM`, `VSTM` and their relatives.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpBlock {
    /// Base.
    pub n: Reg,
    /// Whether addresses ascend from the base (`IA`); else they ascend to it
    /// (`DB`).
    pub add: bool,
    /// Whether the base is updated.
    pub wback: bool,
    /// Registers loaded or stored.
    pub list: FpRegList,
    /// By how many words the base is updated.
    pub words: u8,
}

impl FpBlock {
    /// Returns the transfer of `len` doubles from `first` on, with a word more in
    /// the format of `FLDMX`.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "fields of eight bits")]
    pub const fn doubles(n: u32, u: u32, w: u32, first: u32, len: u32, extra: u32) -> Self {
        Self {
            n: r(n),
            add: u != 0,
            wback: w != 0,
            list: FpRegList::new(FpReg::Double(DReg::new(first)), len),
            words: (len << 1 | extra) as u8,
        }
    }

    /// Returns the transfer of `len` singles from `first` on.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "fields of eight bits")]
    pub const fn singles(n: u32, u: u32, w: u32, first: u32, len: u32) -> Self {
        Self {
            n: r(n),
            add: u != 0,
            wback: w != 0,
            list: FpRegList::new(FpReg::Single(SReg::new(first)), len),
            words: len as u8,
        }
    }
}

/// `VMOV` between a core register and a single.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpCore {
    /// Core register.
    pub t: Reg,
    /// Single.
    pub n: SReg,
}

/// `VMOV` between two core registers and two singles.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpCorePair {
    /// Core register for the first single.
    pub t: Reg,
    /// Core register for the second single.
    pub t2: Reg,
    /// First single.
    pub m: SReg,
    /// Second single.
    pub m1: SReg,
}

impl FpCorePair {
    /// Returns the transfer of `m` and the single after it.
    #[inline]
    #[must_use]
    pub const fn new(t: u32, t2: u32, m: SReg) -> Self {
        Self {
            t: r(t),
            t2: r(t2),
            m,
            m1: m.next(),
        }
    }
}

/// `VMOV` between two core registers and a double.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpCoreDouble {
    /// Core register for the low word.
    pub t: Reg,
    /// Core register for the high word.
    pub t2: Reg,
    /// Double.
    pub m: DReg,
}

/// `VMOV` between a core register and half of a double.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpScalar {
    /// Core register.
    pub t: Reg,
    /// Double.
    pub d: DReg,
    /// Which half: 0 for the low one, 1 for the high one.
    pub x: u8,
}

/// `VMRS`, `VMSR` of FPSCR.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpStatus {
    /// Core register.
    pub t: Reg,
}

/// `VMRS`, `VMSR` of a register that only privileged code may access.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpSystem {
    /// Core register.
    pub t: Reg,
    /// Floating-point system register.
    pub reg: FpSystemReg,
}

/// The floating-point system registers besides FPSCR.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FpSystemReg {
    /// System ID.
    Fpsid,
    /// Media and VFP features 2.
    Mvfr2,
    /// Media and VFP features 1.
    Mvfr1,
    /// Media and VFP features 0.
    Mvfr0,
    /// Exception control.
    Fpexc,
}

impl FpSystemReg {
    /// Returns the register of a four-bit `reg` field that is 0 or 5 to 8.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        match bits {
            0 => Self::Fpsid,
            5 => Self::Mvfr2,
            6 => Self::Mvfr1,
            7 => Self::Mvfr0,
            _ => Self::Fpexc,
        }
    }
}

impl fmt::Display for FpSystemReg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fpsid => "fpsid",
            Self::Mvfr2 => "mvfr2",
            Self::Mvfr1 => "mvfr1",
            Self::Mvfr0 => "mvfr0",
            Self::Fpexc => "fpexc",
        })
    }
}

/// An eight-bit floating-point constant: `±n / 16 * 2^r` with *n* from 16 to 31
/// and *r* from -3 to 4.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct FpImm(u8);

impl FpImm {
    /// Returns the constant of the fields `imm4H:imm4L`.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "masked to eight bits")]
    pub const fn new(imm8: u32) -> Self {
        Self((imm8 & 0xff) as u8)
    }

    /// Returns the constant as a half (`VFPExpandImm()`).
    #[inline]
    #[must_use]
    pub const fn half(self) -> u32 {
        let imm8 = self.0 as u32;
        let exponent = if imm8 & 0x40 == 0 { 0x10 } else { 0xc } | imm8 >> 4 & 3;
        (imm8 & 0x80) << 8 | exponent << 10 | (imm8 & 15) << 6
    }

    /// Returns the constant as a single (`VFPExpandImm()`).
    #[inline]
    #[must_use]
    pub const fn single(self) -> u32 {
        let imm8 = self.0 as u32;
        let exponent = if imm8 & 0x40 == 0 { 0x80 } else { 0x7c } | imm8 >> 4 & 3;
        (imm8 & 0x80) << 24 | exponent << 23 | (imm8 & 15) << 19
    }

    /// Returns the constant as a double (`VFPExpandImm()`).
    #[inline]
    #[must_use]
    pub const fn double(self) -> u64 {
        let imm8 = self.0 as u64;
        let exponent = if imm8 & 0x40 == 0 { 0x400 } else { 0x3fc } | imm8 >> 4 & 3;
        (imm8 & 0x80) << 56 | exponent << 52 | (imm8 & 15) << 48
    }

    /// Returns the constant in 128ths.
    const fn in_128ths(self) -> i32 {
        let r = (self.0 as u32 >> 4 & 7) ^ 4;
        let magnitude = ((self.0 & 15) as i32 + 16) << r;
        if self.0 & 0x80 == 0 {
            magnitude
        } else {
            -magnitude
        }
    }
}

/// Prints the constant as C's `%e` does, in which seven digits are exact.
impl fmt::Display for FpImm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.in_128ths();
        let sign = if value < 0 { "-" } else { "" };
        // In units of 10^-7, in which 128ths are whole numbers.
        let scaled = value.unsigned_abs() * 78_125;
        let exponent = scaled.ilog10().cast_signed() - 7;
        // The leading digit stands for 10^6 of what is printed.
        let (digits, sign_of_exponent) = if exponent < 0 {
            (scaled, '-')
        } else {
            (scaled / 10_u32.pow(exponent.unsigned_abs() + 1), '+')
        };
        let (whole, fraction) = (digits / 1_000_000, digits % 1_000_000);
        let exponent = exponent.unsigned_abs();
        write!(
            f,
            "#{sign}{whole}.{fraction:06}e{sign_of_exponent}{exponent:02}"
        )
    }
}

impl FpFixed {
    /// Returns the number of fraction bits, for printing.
    #[must_use]
    pub fn fraction(&self) -> Imm8 {
        Imm8::new(self.fixed.fraction_bits.into())
    }
}

/// Prints the type as the mnemonic names it, without the fraction bits.
impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.signed, self.width) {
            (true, FixedWidth::Half) => "s16",
            (true, FixedWidth::Word) => "s32",
            (false, FixedWidth::Half) => "u16",
            (false, FixedWidth::Word) => "u32",
        })
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::format;
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn both_expansions_of_a_constant_are_its_value() {
        for imm8 in 0..=255 {
            let imm = FpImm::new(imm8);
            let value = f64::from(imm.in_128ths()) / 128.0;
            assert_eq!(f64::from_bits(imm.double()), value);
            assert_eq!(f64::from(f32::from_bits(imm.single())), value);
        }
    }

    #[test]
    fn constants_print_as_in_c() {
        for imm8 in 0..=255 {
            let imm = FpImm::new(imm8);
            let value = f64::from(imm.in_128ths()) / 128.0;
            let (digits, exponent) = format!("{value:.6e}")
                .split_once('e')
                .map(|(digits, exponent)| (digits.to_string(), exponent.to_string()))
                .unwrap();
            let exponent: i32 = exponent.parse().unwrap();
            assert_eq!(imm.to_string(), format!("#{digits}e{exponent:+03}"));
        }
        assert_eq!(FpImm::new(0x70).to_string(), "#1.000000e+00");
    }
}
