//! Encoding of Advanced SIMD instructions (Arm ARM DDI 0487, C4.1.96).
//!
//! An instruction is given by its opcode with the fields that an [`Arrangement`] fills
//! zero.

use dbt_isa::ops::Size;

use super::Asm;
use super::fp::{vd, vm, vn};
use crate::regs::{Reg, Vreg};

/// The elements that an instruction works on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Arrangement {
    pub(crate) size: Size,
    /// All 128 bits.
    pub(crate) wide: bool,
}

impl Arrangement {
    /// One word, of a scalar instruction.
    pub(crate) const SINGLE_WORD: Self = Self {
        size: Size::Word,
        wide: false,
    };

    /// `Q`, which is the scalar form's if the one element is a doubleword.
    const fn q(self) -> u32 {
        match (self.wide, self.size) {
            (true, _) => 1 << 30,
            (false, Size::Dword) => 0x5000_0000,
            (false, _) => 0,
        }
    }

    const fn bits(self) -> u32 {
        8 * self.size.bytes()
    }

    /// `size`.
    pub(crate) const fn sized(self, opcode: u32) -> u32 {
        opcode | self.q() | (self.size as u32) << 22
    }

    /// `Q`, where there is no `size`.
    pub(crate) const fn whole(self, opcode: u32) -> u32 {
        opcode | if self.wide { 1 << 30 } else { 0 }
    }

    /// Two numbers, by the five bits of the opcode that singles have; halves have three.
    pub(crate) const fn numbers(self, opcode: u32) -> u32 {
        self.whole(match self.size {
            Size::Half => 0x0e40_0400 | (opcode & 7) << 11,
            _ => 0x0e20_0400 | opcode << 11,
        })
    }

    /// `FMOV` of one to each element.
    pub(crate) const fn ones(self) -> u32 {
        const ONE: u32 = 3 << 16 | 16 << 5;
        self.whole(match self.size {
            Size::Half => 0x0f00_fc00 | ONE,
            _ => 0x0f00_f400 | ONE,
        })
    }

    /// One number.
    pub(crate) const fn number(self, opcode: u32) -> u32 {
        self.whole(match self.size {
            Size::Half => 0x0e78_0800 | opcode << 12,
            _ => 0x0e20_0800 | opcode << 12,
        })
    }

    /// `immh:immb` of a shift to the left.
    pub(crate) const fn left(self, opcode: u32, amount: u32) -> u32 {
        opcode | self.q() | (self.bits() + amount) << 16
    }

    /// `immh:immb` of a shift to the right.
    pub(crate) const fn right(self, opcode: u32, amount: u32) -> u32 {
        opcode | self.q() | (2 * self.bits() - amount) << 16
    }
}

/// `U`: unsigned.
pub(crate) const fn unsigned(opcode: u32, signed: bool) -> u32 {
    opcode | if signed { 0 } else { 1 << 29 }
}

/// `imm5` that names an element.
pub(crate) const fn element(opcode: u32, size: Size, index: u32) -> u32 {
    let bytes = size.bytes();
    opcode | (bytes | (index * 2 * bytes)) << 16
}

/// Returns the instruction that makes a constant everywhere in a register, if there is
/// one (`AdvSIMDExpandImm()` inverted): `MOVI`, `MVNI`.
pub(crate) fn modified_immediate(wide: bool, bits: u64) -> Option<u32> {
    let q = if wide { 1 << 30 } else { 0 };
    let fields = |byte: u64| {
        #[allow(clippy::cast_possible_truncation, reason = "a byte")]
        let byte = byte as u32 & 0xff;
        q | (byte >> 5) << 16 | (byte & 31) << 5
    };
    let word = bits & 0xffff_ffff;
    if word == bits >> 32 {
        let half = word & 0xffff;
        if half == word >> 16 {
            if half & 0xff == half >> 8 {
                return Some(0x0f00_e400 | fields(half));
            }
            if half >> 8 == 0 {
                return Some(0x0f00_8400 | fields(half));
            }
            if half & 0xff == 0 {
                return Some(0x0f00_a400 | fields(half >> 8));
            }
        }
        for place in 0..4_u32 {
            let byte = word >> (8 * place) & 0xff;
            if byte << (8 * place) == word {
                return Some(0x0f00_0400 | place << 13 | fields(byte));
            }
            let inverted = !word & 0xffff_ffff;
            let byte = inverted >> (8 * place) & 0xff;
            if byte << (8 * place) == inverted {
                return Some(0x2f00_0400 | place << 13 | fields(byte));
            }
        }
    }
    let mut byte = 0;
    for place in 0..8 {
        match bits >> (8 * place) & 0xff {
            0 => {}
            0xff => byte |= 1 << place,
            _ => return None,
        }
    }
    Some(0x2f00_e400 | fields(byte))
}

impl Asm<'_> {
    /// An instruction with two operands.
    pub(crate) fn vector3(&mut self, opcode: u32, dst: Vreg, a: Vreg, b: Vreg) {
        self.word(opcode | vm(b) | vn(a) | vd(dst));
    }

    /// An instruction with one operand.
    pub(crate) fn vector2(&mut self, opcode: u32, dst: Vreg, a: Vreg) {
        self.word(opcode | vn(a) | vd(dst));
    }

    /// An instruction with a general register as its operand.
    pub(crate) fn vector_general(&mut self, opcode: u32, dst: Vreg, a: Reg) {
        self.word(opcode | u32::from(a.0) << 5 | vd(dst));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is encoded is decoded to the same (`AdvSIMDExpandImm()`).
    #[test]
    fn modified_immediates_are_right() {
        let decode = |word: u32| -> u64 {
            let byte = u64::from(word >> 16 & 7) << 5 | u64::from(word >> 5 & 31);
            let (op, cmode) = (word >> 29 & 1, word >> 12 & 15);
            let plain = match cmode {
                0 | 2 | 4 | 6 => (byte << (4 * cmode)) * 0x1_0000_0001,
                8 | 10 => (byte << (4 * (cmode - 8))) * 0x1_0001_0001_0001,
                14 if op == 0 => byte * 0x0101_0101_0101_0101,
                14 => {
                    return (0..8).fold(0, |all, bit| {
                        all | if byte >> bit & 1 == 1 {
                            0xff << (8 * bit)
                        } else {
                            0
                        }
                    });
                }
                _ => unreachable!("not made"),
            };
            if op == 1 { !plain } else { plain }
        };
        let mut found = 0;
        for byte in 0..=255_u64 {
            for constant in [
                byte * 0x0101_0101_0101_0101,
                byte * 0x0001_0001_0001_0001,
                (byte << 8) * 0x0001_0001_0001_0001,
                byte * 0x1_0000_0001,
                (byte << 16) * 0x1_0000_0001,
                !((byte << 24) * 0x1_0000_0001),
                (0..8).fold(0, |all, bit| {
                    all | if byte >> bit & 1 == 1 {
                        0xff << (8 * bit)
                    } else {
                        0
                    }
                }),
            ] {
                let word = modified_immediate(true, constant).expect("it can be encoded");
                assert_eq!(decode(word), constant, "{word:#x}");
                found += 1;
            }
        }
        assert_eq!(found, 7 * 256);
        assert_eq!(modified_immediate(true, 0x1234), None);
    }
}
