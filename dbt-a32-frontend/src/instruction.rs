//! An instruction where it stands.

use core::fmt;

use dbt_isa::{Decoded, Undecodable};

use crate::decode::{decode_a32, decode_thumb};
use crate::disasm::PrintContext;
use crate::insn::Insn;
use crate::itstate::Cond;
use crate::version::DecodeContext;

/// A decoded instruction with its address, size, and the condition that guards
/// it, which is all it takes to print it or to tell what it does.
///
/// # Examples
///
/// ```
/// use dbt_a32_frontend::instruction::Instruction;
/// use dbt_a32_frontend::version::DecodeContext;
///
/// let insn = Instruction::a32(0x0b00_0002, 0x1000, &DecodeContext::a32()).unwrap();
/// assert_eq!(insn.to_string(), "bleq #0x1010");
/// assert_eq!(insn.next_address(), 0x1004);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Instruction {
    /// The instruction and the encoding it has.
    pub decoded: Decoded<Insn>,
    /// Its address.
    pub address: u32,
    /// Its size in bytes, 2 or 4.
    pub size: u32,
    /// Whether the instruction set is T32.
    pub thumb: bool,
    /// The condition under which it is executed.
    pub cond: Cond,
}

impl Instruction {
    /// Decodes an A32 instruction.
    ///
    /// # Errors
    ///
    /// Says why the word is no instruction.
    #[inline]
    pub fn a32(word: u32, address: u32, cx: &DecodeContext) -> Result<Self, Undecodable> {
        let decoded = decode_a32(word, cx)?;
        let cond = Cond::from_bits(word >> 28);
        Ok(Self {
            decoded,
            address,
            size: 4,
            thumb: false,
            cond,
        })
    }

    /// Decodes a T32 instruction; `second` is asked for only if the first
    /// halfword needs it.
    ///
    /// # Errors
    ///
    /// Says why the halfwords are no instruction.
    #[inline]
    pub fn thumb(
        first: u16,
        second: impl FnOnce() -> u16,
        address: u32,
        cx: &DecodeContext,
    ) -> Result<Self, Undecodable> {
        let thumb = decode_thumb(first, second, cx)?;
        let cond = match thumb.decoded.insn {
            Insn::B(branch) if !branch.cond.is_always() => branch.cond,
            // Executed whatever the IT block says.
            Insn::Bkpt(_) => Cond::AL,
            _ => cx.it.cond(),
        };
        Ok(Self {
            decoded: thumb.decoded,
            address,
            size: thumb.size,
            thumb: true,
            cond,
        })
    }

    /// Returns the address of what follows.
    #[inline]
    #[must_use]
    pub const fn next_address(&self) -> u32 {
        self.address.wrapping_add(self.size)
    }
}

/// Prints the instruction in UAL.
impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cx = PrintContext {
            c: self.cond,
            address: self.address,
            thumb: self.thumb,
        };
        self.decoded.fmt_syntax(f, &cx)
    }
}
