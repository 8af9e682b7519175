//! Condition codes and the state of IT blocks.

use core::fmt;

pub use dbt_isa::ops::Condition;

/// The condition that guards an instruction: one of fourteen, or always.
///
/// See Arm ARM DDI 0406C.d, section A8.3.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct Cond(u8);

impl Cond {
    /// Always.
    pub const AL: Self = Self(14);

    /// Returns the condition of a four-bit field; `0b1111` means always, as
    /// the unconditional encodings of A32 are executed.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "masked to four bits")]
    pub const fn from_bits(bits: u32) -> Self {
        let bits = (bits & 15) as u8;
        if bits == 15 { Self::AL } else { Self(bits) }
    }

    /// Returns the encoding, 0 to 14.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0 as u32
    }

    /// Whether nothing has to be tested.
    #[inline]
    #[must_use]
    pub const fn is_always(self) -> bool {
        self.0 >= 14
    }

    /// Returns what has to be tested, or `None` for always.
    #[inline]
    #[must_use]
    pub const fn condition(self) -> Option<Condition> {
        Condition::from_bits(self.0 as u32)
    }
}

impl Default for Cond {
    fn default() -> Self {
        Self::AL
    }
}

impl From<Condition> for Cond {
    fn from(condition: Condition) -> Self {
        Self(condition as u8)
    }
}

/// Prints the suffix of the mnemonic, nothing for always.
impl fmt::Display for Cond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 16] = [
            "eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "",
            "",
        ];
        if self.is_always() {
            return Ok(());
        }
        f.write_str(NAMES[usize::from(self.0 & 15)])
    }
}

/// `ITSTATE`: what remains of a T32 IT block.
///
/// `IT[7:4]` is the condition that guards the *current* instruction. `IT[3:0]`
/// queues the low condition bits of the instructions still to come and is ended
/// by a one, so its trailing zeroes tell how much of the block is left. Retiring
/// an instruction shifts the queue into `IT[4]`. The empty state is all zeroes.
///
/// # Examples
///
/// ```
/// use dbt_a32_frontend::itstate::{Cond, Condition, ItState};
///
/// // ITE EQ guards two instructions: the first by EQ, the second by NE.
/// let it = ItState::from_bits(0b0000_1100);
/// assert_eq!(it.cond(), Cond::from(Condition::Eq));
/// assert_eq!(it.advance().cond(), Cond::from(Condition::Ne));
/// assert_eq!(it.advance().advance(), ItState::EMPTY);
/// ```
///
/// See Arm ARM DDI 0406C.d, section A2.5.2.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct ItState(u8);

impl ItState {
    /// Outside any IT block.
    pub const EMPTY: Self = Self(0);

    /// Returns the state of an `IT[7:0]` field.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Returns the state that `IT{x{y{z}}} <firstcond>` starts.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "masked to eight bits")]
    pub const fn start(firstcond: u32, mask: u32) -> Self {
        Self(((firstcond & 15) << 4 | mask & 15) as u8)
    }

    /// Returns `IT[7:0]`.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether an instruction is guarded (`InITBlock()`).
    #[inline]
    #[must_use]
    pub const fn in_block(self) -> bool {
        self.0 & 15 != 0
    }

    /// Whether the guarded instruction is the last one (`LastInITBlock()`).
    #[inline]
    #[must_use]
    pub const fn last_in_block(self) -> bool {
        self.0 & 15 == 8
    }

    /// Returns the condition of the current instruction.
    #[inline]
    #[must_use]
    pub const fn cond(self) -> Cond {
        if self.in_block() {
            Cond::from_bits(self.0 as u32 >> 4)
        } else {
            Cond::AL
        }
    }

    /// Returns how many instructions are still guarded, 0 to 4.
    #[inline]
    #[must_use]
    pub const fn remaining(self) -> u32 {
        if self.in_block() {
            4 - self.0.trailing_zeros()
        } else {
            0
        }
    }

    /// Returns the state after one instruction has retired (`ITAdvance()`).
    #[inline]
    #[must_use]
    pub const fn advance(self) -> Self {
        if self.0 & 0b0111 == 0 {
            Self::EMPTY
        } else {
            Self(self.0 & 0b1110_0000 | self.0 << 1 & 0b0001_1111)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every IT block is finite: no state survives more than four retirements.
    #[test]
    fn it_block_drains_within_four_instructions() {
        for bits in 0..=u8::MAX {
            let mut it = ItState::from_bits(bits);
            for left in (0..it.remaining()).rev() {
                it = it.advance();
                assert_eq!(it.remaining(), left);
            }
            assert!(
                !it.in_block(),
                "IT={bits:#010b} still guards an instruction"
            );
        }
    }
}
