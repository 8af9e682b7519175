//! Printing in UAL.
//!
//! The rows hold the syntax; what does not fit a format string stands here.

use crate::itstate::Cond;

/// What printing an instruction depends on besides its operands.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct PrintContext {
    /// The condition that guards the instruction.
    pub c: Cond,
    /// The address of the instruction.
    pub address: u32,
    /// Whether the instruction set is T32.
    pub thumb: bool,
}
