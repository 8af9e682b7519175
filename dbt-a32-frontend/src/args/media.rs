//! Arguments of multiplication and of the media instructions.

use crate::imm::Imm8;
use crate::operands::{Rotation, Shift};
use crate::reg::Reg;

/// `d = op m` (`CLZ`, `REV`, `RBIT`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Regs2 {
    /// Destination.
    pub d: Reg,
    /// Operand.
    pub m: Reg,
}

/// `d = n op m` (`SDIV`, `QADD`, `SADD16`, `SEL`, `USAD8`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Regs3 {
    /// Destination.
    pub d: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
}

/// `d = a ± n op m` (`MLS`, `USADA8`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Regs4 {
    /// Destination.
    pub d: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
    /// What is added, or subtracted from.
    pub a: Reg,
}

/// `MUL`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Mul {
    /// Whether the flags are set.
    pub s: bool,
    /// Destination.
    pub d: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
}

/// `MLA`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MulAcc {
    /// Whether the flags are set.
    pub s: bool,
    /// Destination.
    pub d: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
    /// What is added, or subtracted from.
    pub a: Reg,
}

/// `UMULL`, `UMLAL`, `SMULL`, `SMLAL`, `UMAAL`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MulLong {
    /// Whether the flags are set.
    pub s: bool,
    /// Low half of the result.
    pub lo: Reg,
    /// High half of the result.
    pub hi: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
}

/// `SMULxy`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MulHalf {
    /// Destination.
    pub d: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
    /// Whether the top half of `n` is taken.
    pub n_high: bool,
    /// Whether the top half of `m` is taken.
    pub m_high: bool,
}

/// `SMLAxy`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MulAccHalf {
    /// Destination.
    pub d: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
    /// What is added, or subtracted from.
    pub a: Reg,
    /// Whether the top half of `n` is taken.
    pub n_high: bool,
    /// Whether the top half of `m` is taken.
    pub m_high: bool,
}

/// `SMLALxy`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MulLongHalf {
    /// Low half of the result.
    pub lo: Reg,
    /// High half of the result.
    pub hi: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
    /// Whether the top half of `n` is taken.
    pub n_high: bool,
    /// Whether the top half of `m` is taken.
    pub m_high: bool,
}

/// `SMULWy`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MulWordHalf {
    /// Destination.
    pub d: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
    /// Whether the top half of `m` is taken.
    pub m_high: bool,
}

/// `SMLAWy`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MulAccWordHalf {
    /// Destination.
    pub d: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
    /// What is added, or subtracted from.
    pub a: Reg,
    /// Whether the top half of `m` is taken.
    pub m_high: bool,
}

/// `SMUAD`, `SMUSD`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MulDual {
    /// Destination.
    pub d: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
    /// Whether the halves of `m` are exchanged.
    pub x: bool,
}

/// `SMLAD`, `SMLSD`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MulAccDual {
    /// Destination.
    pub d: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
    /// What is added, or subtracted from.
    pub a: Reg,
    /// Whether the halves of `m` are exchanged.
    pub x: bool,
}

/// `SMLALD`, `SMLSLD`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MulLongDual {
    /// Low half of the result.
    pub lo: Reg,
    /// High half of the result.
    pub hi: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
    /// Whether the halves of `m` are exchanged.
    pub x: bool,
}

/// `SMMUL`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MulHigh {
    /// Destination.
    pub d: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
    /// Whether the result is rounded.
    pub round: bool,
}

/// `SMMLA`, `SMMLS`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MulAccHigh {
    /// Destination.
    pub d: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
    /// What is added, or subtracted from.
    pub a: Reg,
    /// Whether the result is rounded.
    pub round: bool,
}

/// `PKHBT`, `PKHTB`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PackHalf {
    /// Destination.
    pub d: Reg,
    /// First operand.
    pub n: Reg,
    /// Second operand.
    pub m: Reg,
    /// How `m` is shifted.
    pub shift: Shift,
}

/// `SSAT`, `USAT`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Sat {
    /// Destination.
    pub d: Reg,
    /// The width saturated to: 1 to 32 for `SSAT`, 0 to 31 for `USAT`.
    pub bits: Imm8,
    /// Operand.
    pub n: Reg,
    /// How `n` is shifted.
    pub shift: Shift,
}

/// `SSAT16`, `USAT16`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Sat16 {
    /// Destination.
    pub d: Reg,
    /// The width saturated to: 1 to 16 for `SSAT16`, 0 to 15 for `USAT16`.
    pub bits: Imm8,
    /// Operand.
    pub n: Reg,
}

/// `SXTB`, `SXTH`, `SXTB16`, `UXTB`, `UXTH`, `UXTB16`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Extend {
    /// Destination.
    pub d: Reg,
    /// Operand.
    pub m: Reg,
    /// How `m` is rotated.
    pub rotate: Rotation,
}

/// `SXTAB`, `SXTAH`, `SXTAB16`, `UXTAB`, `UXTAH`, `UXTAB16`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ExtendAdd {
    /// Destination.
    pub d: Reg,
    /// What is added.
    pub n: Reg,
    /// What is extended.
    pub m: Reg,
    /// How `m` is rotated.
    pub rotate: Rotation,
}

/// `BFC`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Bfc {
    /// Destination.
    pub d: Reg,
    /// The lowest bit of the field.
    pub lsb: Imm8,
    /// The width of the field.
    pub width: Imm8,
}

/// `BFI`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Bfi {
    /// Destination.
    pub d: Reg,
    /// What is inserted.
    pub n: Reg,
    /// The lowest bit of the field.
    pub lsb: Imm8,
    /// The width of the field.
    pub width: Imm8,
}

/// `SBFX`, `UBFX`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct BitfieldExtract {
    /// Destination.
    pub d: Reg,
    /// What the field is taken from.
    pub n: Reg,
    /// The lowest bit of the field.
    pub lsb: Imm8,
    /// The width of the field.
    pub width: Imm8,
}
