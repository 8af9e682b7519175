//! Sets of condition flags.

use core::fmt;
use core::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign, Sub, SubAssign};

use dbt_isa::ops::Condition;

/// A set of condition flags: which of N, Z, C and V somebody wants.
///
/// # Examples
///
/// ```
/// use dbt_core::analysis::FlagSet;
/// use dbt_isa::ops::Condition;
///
/// let wanted = FlagSet::of_condition(Condition::Hi);
/// assert_eq!(wanted, FlagSet::C | FlagSet::Z);
/// assert!(!wanted.intersects(FlagSet::NZ & FlagSet::N));
/// assert_eq!(FlagSet::ALL - wanted, FlagSet::N | FlagSet::V);
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct FlagSet(u8);

impl FlagSet {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// Overflow.
    pub const V: Self = Self(1);
    /// Carry.
    pub const C: Self = Self(2);
    /// Zero.
    pub const Z: Self = Self(4);
    /// Negative.
    pub const N: Self = Self(8);
    /// Carry and overflow.
    pub const CV: Self = Self(3);
    /// Negative and zero.
    pub const NZ: Self = Self(12);
    /// All four.
    pub const ALL: Self = Self(15);

    /// Returns the flags that a condition reads.
    #[must_use]
    pub const fn of_condition(condition: Condition) -> Self {
        match condition {
            Condition::Eq | Condition::Ne => Self::Z,
            Condition::Cs | Condition::Cc => Self::C,
            Condition::Mi | Condition::Pl => Self::N,
            Condition::Vs | Condition::Vc => Self::V,
            Condition::Hi | Condition::Ls => Self(6),
            Condition::Ge | Condition::Lt => Self(9),
            Condition::Gt | Condition::Le => Self(13),
        }
    }

    /// Takes a set from its bits: N, Z, C, V in bits 3 to 0. Others are dropped.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// Returns N, Z, C, V in bits 3 to 0.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Tells whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Tells whether the sets share a flag.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Formats to the letters of the flags.
impl fmt::Display for FlagSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        let letters = [
            (Self::N, "N"),
            (Self::Z, "Z"),
            (Self::C, "C"),
            (Self::V, "V"),
        ];
        for (_, letter) in letters.iter().filter(|(flag, _)| self.intersects(*flag)) {
            f.write_str(letter)?;
        }
        Ok(())
    }
}

impl BitOr for FlagSet {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for FlagSet {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for FlagSet {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitAndAssign for FlagSet {
    fn bitand_assign(&mut self, other: Self) {
        *self = *self & other;
    }
}

/// The difference of sets.
impl Sub for FlagSet {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl SubAssign for FlagSet {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}
