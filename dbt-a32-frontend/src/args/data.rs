//! Arguments of data processing.

use dbt_isa::ops::Size;

use crate::imm::{ExpandedImm, Imm16};
use crate::operands::{Shift, ShiftKind};
use crate::reg::Reg;

/// `d = n op imm`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct DpImm {
    /// Whether the flags are set.
    pub s: bool,
    /// Destination.
    pub d: Reg,
    /// First operand.
    pub n: Reg,
    /// Constant operand.
    pub imm: ExpandedImm,
}

/// `d = n op shifted m`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct DpReg {
    /// Whether the flags are set.
    pub s: bool,
    /// Destination.
    pub d: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
    /// How `m` is shifted.
    pub shift: Shift,
}

/// `d = n op (m shifted by rs)`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct DpRegShift {
    /// Whether the flags are set.
    pub s: bool,
    /// Destination.
    pub d: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
    /// How `m` is shifted.
    pub kind: ShiftKind,
    /// By how much `m` is shifted, in its low byte.
    pub rs: Reg,
}

/// `d = op imm` (`MOV`, `MVN`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MoveImm {
    /// Whether the flags are set.
    pub s: bool,
    /// Destination.
    pub d: Reg,
    /// Constant operand.
    pub imm: ExpandedImm,
}

/// `d = op shifted m` (`MOV`, `MVN`, and the shifts by an immediate).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MoveReg {
    /// Whether the flags are set.
    pub s: bool,
    /// Destination.
    pub d: Reg,
    /// Second operand.
    pub m: Reg,
    /// How `m` is shifted.
    pub shift: Shift,
}

/// `d = op (m shifted by rs)` (`MVN`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MoveRegShift {
    /// Whether the flags are set.
    pub s: bool,
    /// Destination.
    pub d: Reg,
    /// Second operand.
    pub m: Reg,
    /// How `m` is shifted.
    pub kind: ShiftKind,
    /// By how much `m` is shifted, in its low byte.
    pub rs: Reg,
}

/// `d = n shifted by the low byte of m`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ShiftReg {
    /// Whether the flags are set.
    pub s: bool,
    /// Destination.
    pub d: Reg,
    /// What is shifted.
    pub n: Reg,
    /// By how much, in its low byte.
    pub m: Reg,
}

/// Flags of `n op imm` (`CMP`, `CMN`, `TST`, `TEQ`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct TestImm {
    /// First operand.
    pub n: Reg,
    /// Constant operand.
    pub imm: ExpandedImm,
}

/// Flags of `n op shifted m`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct TestReg {
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
    /// How `m` is shifted.
    pub shift: Shift,
}

/// Flags of `n op (m shifted by rs)`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct TestRegShift {
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
    /// How `m` is shifted.
    pub kind: ShiftKind,
    /// By how much `m` is shifted, in its low byte.
    pub rs: Reg,
}

/// `MOVT`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MoveWide {
    /// Destination.
    pub d: Reg,
    /// The halfword.
    pub imm16: Imm16,
}

/// `ADR`: `d = Align(PC, 4) ± offset`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Adr {
    /// Destination.
    pub d: Reg,
    /// The distance in bytes.
    pub offset: i32,
}

/// `CRC32`, `CRC32C`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Crc32 {
    /// Whether the polynomial is Castagnoli's.
    pub castagnoli: bool,
    /// How much of `m` is added to the checksum.
    pub size: Size,
    /// Destination.
    pub d: Reg,
    /// The checksum so far.
    pub n: Reg,
    /// Data.
    pub m: Reg,
}

impl Crc32 {
    /// Returns the letter of the size, for printing.
    #[must_use]
    pub const fn width(&self) -> &'static str {
        match self.size {
            Size::Byte => "b",
            Size::Half => "h",
            Size::Word | Size::Dword => "w",
        }
    }
}
