//! The floating-point registers and lists of them.
//!
//! S*2n* and S*2n+1* are the low and the high half of D*n*, for *n* below 16.
//! The views share storage, so an instruction that writes one changes what the
//! other reads.
//!
//! See Arm ARM DDI 0406C.d, section A2.6.2.

use core::fmt;

/// A single-precision register, S0 to S31.
///
/// Possession of an `SReg` proves that the number is below 32.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(transparent)]
pub struct SReg(u8);

/// A double-precision register, D0 to D31.
///
/// Possession of a `DReg` proves that the number is below 32.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(transparent)]
pub struct DReg(u8);

impl SReg {
    /// Returns the register that the low five bits of `bits` name.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "masked to five bits")]
    pub const fn new(bits: u32) -> Self {
        Self((bits & 31) as u8)
    }

    /// Returns the number of the register, for indexing.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        (self.0 & 31) as usize
    }

    /// Returns the register with the next number, S0 after S31.
    #[inline]
    #[must_use]
    pub const fn next(self) -> Self {
        Self::new(self.0 as u32 + 1)
    }
}

impl DReg {
    /// Returns the register that the low five bits of `bits` name.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "masked to five bits")]
    pub const fn new(bits: u32) -> Self {
        Self((bits & 31) as u8)
    }

    /// Returns the number of the register, for indexing.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        (self.0 & 31) as usize
    }
}

/// Returns the single that the fields `Vx:x` name, for the rows of the encoding
/// tables.
#[inline]
#[must_use]
pub const fn single(v: u32, x: u32) -> SReg {
    SReg::new(v << 1 | x)
}

/// Returns the double that the fields `x:Vx` name, for the rows of the encoding
/// tables.
#[inline]
#[must_use]
pub const fn double(x: u32, v: u32) -> DReg {
    DReg::new(x << 4 | v)
}

impl fmt::Display for SReg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}", self.0)
    }
}

impl fmt::Display for DReg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d{}", self.0)
    }
}

/// The precision of an operand.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Precision {
    /// 16 bits.
    Half,
    /// 32 bits.
    Single,
    /// 64 bits.
    Double,
}

/// Prints the suffix of the mnemonic.
impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Half => "f16",
            Self::Single => "f32",
            Self::Double => "f64",
        })
    }
}

/// A register of any precision.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FpReg {
    /// A half, in bits 15 to 0 of a single.
    Half(SReg),
    /// A single.
    Single(SReg),
    /// A double.
    Double(DReg),
}

impl FpReg {
    /// Returns the register that a four-bit field and its extension bit name, a
    /// double if `sz` is set.
    #[inline]
    #[must_use]
    pub const fn new(sz: u32, v: u32, x: u32) -> Self {
        if sz == 0 {
            Self::Single(single(v, x))
        } else {
            Self::Double(double(x, v))
        }
    }

    /// Returns the half that a four-bit field and its extension bit name.
    #[inline]
    #[must_use]
    pub const fn half(v: u32, x: u32) -> Self {
        Self::Half(single(v, x))
    }

    /// Returns the precision.
    #[inline]
    #[must_use]
    pub const fn precision(self) -> Precision {
        match self {
            Self::Half(_) => Precision::Half,
            Self::Single(_) => Precision::Single,
            Self::Double(_) => Precision::Double,
        }
    }
}

impl fmt::Display for FpReg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Half(reg) | Self::Single(reg) => reg.fmt(f),
            Self::Double(reg) => reg.fmt(f),
        }
    }
}

/// A vector register: a doubleword D0 to D31 or a quadword Q0 to Q15.
///
/// Q*n* is D*2n* and D*2n+1*. Possession of a `VReg` proves that the numbers of its
/// doublewords are below 32.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct VReg {
    /// The (lower) doubleword, an even one for a quadword.
    low: DReg,
    quad: bool,
}

impl VReg {
    /// Returns the register whose lower doubleword is `d`, a quadword if `q` is
    /// set. An odd number is rounded down for a quadword.
    #[inline]
    #[must_use]
    pub const fn new(q: u32, d: u32) -> Self {
        let quad = q != 0;
        Self {
            low: DReg::new(if quad { d & !1 } else { d }),
            quad,
        }
    }

    /// Returns a doubleword.
    #[inline]
    #[must_use]
    pub const fn doubleword(d: DReg) -> Self {
        Self {
            low: d,
            quad: false,
        }
    }

    /// Returns the quadword that `d` is half of.
    #[inline]
    #[must_use]
    pub const fn quadword(d: DReg) -> Self {
        Self {
            low: DReg(d.0 & !1),
            quad: true,
        }
    }

    /// Whether it is a quadword.
    #[inline]
    #[must_use]
    pub const fn is_quad(self) -> bool {
        self.quad
    }

    /// Returns the lower doubleword, or the only one.
    #[inline]
    #[must_use]
    pub const fn low(self) -> DReg {
        self.low
    }

    /// Returns the upper doubleword of a quadword.
    #[inline]
    #[must_use]
    pub const fn high(self) -> DReg {
        DReg(self.low.0 | 1)
    }
}

impl fmt::Display for VReg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.quad {
            write!(f, "q{}", self.low.0 / 2)
        } else {
            self.low.fmt(f)
        }
    }
}

/// Consecutive registers of one precision, as block transfers name them.
///
/// Possession proves that the list is not empty and ends with register 31 or
/// before.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FpRegList {
    first: FpReg,
    len: u8,
}

impl FpRegList {
    /// Returns the `len` registers that start with `first`; as few as there are
    /// if it is too many, and one if it is none.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "at most 32")]
    pub const fn new(first: FpReg, len: u32) -> Self {
        let number = match first {
            FpReg::Half(reg) | FpReg::Single(reg) => reg.0,
            FpReg::Double(reg) => reg.0,
        };
        let most = 32 - number as u32;
        let len = if len > most { most } else { len };
        let len = if len == 0 { 1 } else { len as u8 };
        Self { first, len }
    }

    /// Returns the number of registers.
    #[inline]
    #[must_use]
    pub const fn count(self) -> u32 {
        self.len as u32
    }

    /// Iterates over the registers in ascending order.
    pub fn iter(self) -> impl Iterator<Item = FpReg> {
        (0..u32::from(self.len)).map(move |i| match self.first {
            FpReg::Half(reg) | FpReg::Single(reg) => FpReg::Single(SReg::new(u32::from(reg.0) + i)),
            FpReg::Double(reg) => FpReg::Double(DReg::new(u32::from(reg.0) + i)),
        })
    }
}

impl fmt::Display for FpRegList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, reg) in self.iter().enumerate() {
            write!(f, "{}{reg}", if position == 0 { "{" } else { ", " })?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn the_extension_bit_is_low_for_singles_and_high_for_doubles() {
        assert_eq!(FpReg::new(0, 5, 1).to_string(), "s11");
        assert_eq!(FpReg::new(1, 5, 1).to_string(), "d21");
    }

    #[test]
    fn a_list_is_cut_where_the_registers_end() {
        let list = FpRegList::new(FpReg::new(1, 14, 1), 5);
        assert_eq!(list.to_string(), "{d30, d31}");
        assert_eq!(FpRegList::new(FpReg::new(0, 0, 1), 0).to_string(), "{s1}");
    }
}
