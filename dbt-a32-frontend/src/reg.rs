//! The general-purpose registers and sets of them.

use core::fmt;

/// A general-purpose register, R0 to R15.
///
/// Possession of a `Reg` proves that the number is below 16.
///
/// See Arm ARM DDI 0406C.d, section A2.3.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(transparent)]
pub struct Reg(u8);

impl Reg {
    /// The stack pointer, R13.
    pub const SP: Self = Self(13);
    /// The link register, R14.
    pub const LR: Self = Self(14);
    /// The program counter, R15.
    pub const PC: Self = Self(15);

    /// Returns the register that the low four bits of `bits` name.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "masked to four bits")]
    pub const fn new(bits: u32) -> Self {
        Self((bits & 15) as u8)
    }

    /// Returns the number of the register, 0 to 15.
    #[inline]
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0 as u32
    }

    /// Returns the number of the register, for indexing.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        (self.0 & 15) as usize
    }

    /// Whether this is the program counter.
    #[inline]
    #[must_use]
    pub const fn is_pc(self) -> bool {
        self.0 == 15
    }

    /// Whether this is the stack pointer.
    #[inline]
    #[must_use]
    pub const fn is_sp(self) -> bool {
        self.0 == 13
    }

    /// Returns the register with the next number, R0 after R15.
    #[inline]
    #[must_use]
    pub const fn next(self) -> Self {
        Self::new(self.0 as u32 + 1)
    }
}

/// Short for [`Reg::new`], for the rows of the encoding tables.
#[inline]
#[must_use]
pub const fn r(bits: u32) -> Reg {
    Reg::new(bits)
}

/// Whether a T32 operand field names SP or PC, which most instructions forbid
/// (`d IN {13,15}`).
#[inline]
#[must_use]
pub const fn bad(bits: u32) -> bool {
    bits == 13 || bits == 15
}

impl fmt::Display for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 16] = [
            "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "sp",
            "lr", "pc",
        ];
        f.write_str(NAMES[self.index()])
    }
}

/// The register list of a block transfer.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct RegList(u16);

impl RegList {
    /// Returns the list in which bit *n* stands for R*n*.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "a list has 16 bits")]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits as u16)
    }

    /// Returns the list as a bit set.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0 as u32
    }

    /// Returns how many registers are listed (`BitCount()`).
    #[inline]
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether no register is listed.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `reg` is listed.
    #[inline]
    #[must_use]
    pub const fn contains(self, reg: Reg) -> bool {
        self.0 >> reg.0 & 1 != 0
    }

    /// Returns the register with the lowest number (`LowestSetBit()`).
    #[inline]
    #[must_use]
    pub const fn lowest(self) -> Option<Reg> {
        if self.0 == 0 {
            None
        } else {
            Some(Reg::new(self.0.trailing_zeros()))
        }
    }

    /// Iterates over the registers in ascending order.
    pub fn iter(self) -> impl Iterator<Item = Reg> {
        (0..16).map(Reg::new).filter(move |&reg| self.contains(reg))
    }
}

impl fmt::Display for RegList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (position, reg) in self.iter().enumerate() {
            if position != 0 {
                f.write_str(", ")?;
            }
            reg.fmt(f)?;
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
    fn registers_print_by_their_usual_names() {
        assert_eq!(r(0).to_string(), "r0");
        assert_eq!(r(12).to_string(), "r12");
        assert_eq!(Reg::SP.to_string(), "sp");
        assert_eq!(Reg::LR.to_string(), "lr");
        assert_eq!(Reg::PC.to_string(), "pc");
    }

    #[test]
    fn a_list_is_ascending() {
        let list = RegList::from_bits(0b1000_0000_0001_0010);
        assert_eq!(list.to_string(), "{r1, r4, pc}");
        assert_eq!(list.len(), 3);
        assert_eq!(list.lowest(), Some(r(1)));
    }
}
