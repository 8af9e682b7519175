//! Guest code locations.

use core::fmt;

/// A place in guest code together with every piece of state that changes how
/// code is translated there: the key of a translation.
///
/// The low half is what the guest's own branches carry
/// ([`pc_bits`](Self::pc_bits)); for AArch32 that is the address with the T32
/// state in bit 0. The high half ([`mode`](Self::mode)) is the guest's to define; an indirect
/// branch leaves it as it is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(transparent)]
pub struct Location(pub u64);

impl Location {
    /// Joins the two halves.
    #[must_use]
    pub const fn new(pc_bits: u32, mode: u32) -> Self {
        Self(((mode as u64) << 32) | pc_bits as u64)
    }

    /// Returns the half that branches carry.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "the low half is meant")]
    pub const fn pc_bits(self) -> u32 {
        self.0 as u32
    }

    /// Returns the half that branches leave alone.
    #[must_use]
    pub const fn mode(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.pc_bits())?;
        if self.mode() != 0 {
            write!(f, ".{:#x}", self.mode())?;
        }
        Ok(())
    }
}
