//! Operands that encodings of all instruction sets share: shifted registers and
//! addresses.

use core::fmt;

use crate::imm::{Imm32, number};
use crate::reg::{Reg, r};

/// What a shift does (`SRType`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum ShiftKind {
    /// Logical left.
    Lsl = 0,
    /// Logical right.
    Lsr = 1,
    /// Arithmetic right.
    Asr = 2,
    /// Rotate right.
    Ror = 3,
    /// Rotate right by one through the carry; only by an immediate.
    Rrx = 4,
}

impl ShiftKind {
    /// Returns the shift of a two-bit `type` field (`DecodeRegShift()`).
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        match bits & 3 {
            0 => Self::Lsl,
            1 => Self::Lsr,
            2 => Self::Asr,
            _ => Self::Ror,
        }
    }
}

impl fmt::Display for ShiftKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lsl => "lsl",
            Self::Lsr => "lsr",
            Self::Asr => "asr",
            Self::Ror => "ror",
            Self::Rrx => "rrx",
        })
    }
}

/// A shift by a constant, as applied to a register operand.
///
/// `LSL #0` is no shift; the amount of `LSR` and `ASR` is 1 to 32, that of `ROR`
/// 1 to 31, that of `RRX` 1.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Shift {
    /// What the shift does.
    pub kind: ShiftKind,
    /// By how much.
    pub amount: u8,
}

impl Shift {
    /// No shift.
    pub const NONE: Self = Self {
        kind: ShiftKind::Lsl,
        amount: 0,
    };

    /// Returns the shift of a two-bit `type` and a five-bit amount
    /// (`DecodeImmShift()`).
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "masked to five bits")]
    pub const fn decode(bits: u32, imm5: u32) -> Self {
        let amount = (imm5 & 31) as u8;
        match (bits & 3, amount) {
            (1, 0) => Self {
                kind: ShiftKind::Lsr,
                amount: 32,
            },
            (2, 0) => Self {
                kind: ShiftKind::Asr,
                amount: 32,
            },
            (3, 0) => Self {
                kind: ShiftKind::Rrx,
                amount: 1,
            },
            (kind, amount) => Self {
                kind: ShiftKind::from_bits(kind),
                amount,
            },
        }
    }

    /// Whether the operand is the register as it is.
    #[inline]
    #[must_use]
    pub const fn is_none(self) -> bool {
        matches!(self.kind, ShiftKind::Lsl) && self.amount == 0
    }
}

/// Prints what follows the register: nothing, `, rrx` or `, lsl #3`.
impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            _ if self.is_none() => Ok(()),
            ShiftKind::Rrx => f.write_str(", rrx"),
            kind => write!(f, ", {kind} {}", Imm32(self.amount.into())),
        }
    }
}

/// A rotation by 0, 8, 16 or 24 bits, as of the extending instructions.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Rotation(u8);

impl Rotation {
    /// Returns the rotation by `rotate` bytes.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "masked to two bits")]
    pub const fn from_bits(rotate: u32) -> Self {
        Self((rotate & 3) as u8 * 8)
    }

    /// Returns the amount in bits.
    #[inline]
    #[must_use]
    pub const fn amount(self) -> u32 {
        self.0 as u32
    }
}

/// Prints what follows the register: nothing or `, ror #8`.
impl fmt::Display for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            amount => write!(f, ", ror {}", Imm32(amount.into())),
        }
    }
}

/// How an address and its base register are used.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum Indexing {
    /// Access base plus offset, leave the base.
    Offset,
    /// Access base plus offset, write that address back to the base.
    PreIndexed,
    /// Access the base, write base plus offset back to it.
    PostIndexed,
}

impl Indexing {
    /// Returns the indexing of the P and W bits; P clear is post-indexed
    /// whatever W says (W then makes the access unprivileged).
    #[inline]
    #[must_use]
    pub const fn from_bits(p: u32, w: u32) -> Self {
        match (p & 1, w & 1) {
            (0, _) => Self::PostIndexed,
            (_, 0) => Self::Offset,
            _ => Self::PreIndexed,
        }
    }

    /// Whether the access itself uses the offset (`index`).
    #[inline]
    #[must_use]
    pub const fn index(self) -> bool {
        !matches!(self, Self::PostIndexed)
    }

    /// Whether the base register is written (`wback`).
    #[inline]
    #[must_use]
    pub const fn wback(self) -> bool {
        !matches!(self, Self::Offset)
    }
}

/// A base register with a constant offset: `[r1, #-4]!`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct AddrImm {
    /// The base register.
    pub n: Reg,
    /// Whether the offset is added; a subtracted zero prints as `#-0`.
    pub add: bool,
    /// How the offset and the base are used.
    pub indexing: Indexing,
    /// The magnitude of the offset in bytes.
    pub imm: u16,
}

impl AddrImm {
    /// Returns the address of the fields Rn, P, U, W and the offset in bytes.
    #[inline]
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "offsets have at most 12 bits"
    )]
    pub const fn new(n: u32, p: u32, u: u32, w: u32, imm: u32) -> Self {
        Self {
            n: r(n),
            add: u != 0,
            indexing: Indexing::from_bits(p, w),
            imm: imm as u16,
        }
    }

    /// Returns the address `[Rn, #imm]`.
    #[inline]
    #[must_use]
    pub const fn offset(n: u32, imm: u32) -> Self {
        Self::new(n, 1, 1, 0, imm)
    }

    /// Returns what is added to the base, modulo 2³².
    #[inline]
    #[must_use]
    pub const fn displacement(self) -> u32 {
        displacement(self.add, self.imm)
    }
}

/// Returns what is added for an immediate, modulo 2³².
const fn displacement(add: bool, imm: u16) -> u32 {
    if add {
        imm as u32
    } else {
        (imm as u32).wrapping_neg()
    }
}

impl fmt::Display for AddrImm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        self.n.fmt(f)?;
        if matches!(self.indexing, Indexing::PostIndexed) {
            f.write_str("]")?;
        }
        if self.indexing.wback() || self.imm != 0 || !self.add {
            f.write_str(", ")?;
            Signed(if self.add { "" } else { "-" }, self.imm).fmt(f)?;
        }
        f.write_str(match self.indexing {
            Indexing::Offset => "]",
            Indexing::PreIndexed => "]!",
            Indexing::PostIndexed => "",
        })
    }
}

/// A base register with a register offset: `[r1, -r2, lsl #2]`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct AddrReg {
    /// The base register.
    pub n: Reg,
    /// The offset register.
    pub m: Reg,
    /// How the offset register is shifted.
    pub shift: Shift,
    /// Whether the offset is added.
    pub add: bool,
    /// How the offset and the base are used.
    pub indexing: Indexing,
}

impl AddrReg {
    /// Returns the address of the fields Rn, Rm, P, U, W.
    #[inline]
    #[must_use]
    pub const fn new(n: u32, m: u32, p: u32, u: u32, w: u32, shift: Shift) -> Self {
        Self {
            n: r(n),
            m: r(m),
            shift,
            add: u != 0,
            indexing: Indexing::from_bits(p, w),
        }
    }

    /// Returns the address `[Rn, Rm, LSL #amount]`.
    #[inline]
    #[must_use]
    pub const fn offset(n: u32, m: u32, amount: u32) -> Self {
        Self::new(n, m, 1, 1, 0, Shift::decode(0, amount))
    }
}

impl fmt::Display for AddrReg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { n, m, shift, .. } = self;
        let sign = if self.add { "" } else { "-" };
        match self.indexing {
            Indexing::Offset => write!(f, "[{n}, {sign}{m}{shift}]"),
            Indexing::PreIndexed => write!(f, "[{n}, {sign}{m}{shift}]!"),
            Indexing::PostIndexed => write!(f, "[{n}], {sign}{m}{shift}"),
        }
    }
}

/// An address relative to the aligned PC: `[pc, #-8]`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct AddrLit {
    /// Whether the offset is added.
    pub add: bool,
    /// The magnitude of the offset in bytes.
    pub imm: u16,
}

impl AddrLit {
    /// Returns the address of the U bit and the offset in bytes.
    #[inline]
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "offsets have at most 12 bits"
    )]
    pub const fn new(u: u32, imm: u32) -> Self {
        Self {
            add: u != 0,
            imm: imm as u16,
        }
    }

    /// Returns what is added to `Align(PC, 4)`, modulo 2³².
    #[inline]
    #[must_use]
    pub const fn displacement(self) -> u32 {
        displacement(self.add, self.imm)
    }
}

impl fmt::Display for AddrLit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.imm == 0 && self.add {
            return f.write_str("[pc]");
        }
        write!(
            f,
            "[pc, {}]",
            Signed(if self.add { "" } else { "-" }, self.imm)
        )
    }
}

/// Prints `#4` or `#-0x10`, and `#-0` too.
struct Signed(&'static str, u16);

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("#")?;
        f.write_str(self.0)?;
        number(self.1.into(), f)
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn an_amount_of_zero_means_32_or_rrx() {
        assert!(Shift::decode(0, 0).is_none());
        assert_eq!(
            Shift::decode(1, 0),
            Shift {
                kind: ShiftKind::Lsr,
                amount: 32
            }
        );
        assert_eq!(
            Shift::decode(2, 0),
            Shift {
                kind: ShiftKind::Asr,
                amount: 32
            }
        );
        assert_eq!(
            Shift::decode(3, 0),
            Shift {
                kind: ShiftKind::Rrx,
                amount: 1
            }
        );
        assert_eq!(
            Shift::decode(3, 7),
            Shift {
                kind: ShiftKind::Ror,
                amount: 7
            }
        );
    }

    #[test]
    fn addresses_print_as_in_ual() {
        assert_eq!(AddrImm::new(1, 1, 0, 1, 16).to_string(), "[r1, #-0x10]!");
        assert_eq!(AddrImm::new(1, 1, 0, 0, 0).to_string(), "[r1, #-0]");
        assert_eq!(AddrImm::offset(13, 0).to_string(), "[sp]");
        assert_eq!(AddrImm::new(13, 0, 1, 0, 4).to_string(), "[sp], #4");
        let shift = Shift::decode(0, 2);
        assert_eq!(
            AddrReg::new(1, 2, 1, 0, 0, shift).to_string(),
            "[r1, -r2, lsl #2]"
        );
        assert_eq!(
            AddrReg::new(1, 2, 0, 1, 0, Shift::NONE).to_string(),
            "[r1], r2"
        );
        assert_eq!(AddrLit::new(1, 12).to_string(), "[pc, #0xc]");
    }
}
