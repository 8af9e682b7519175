//! Control bits and cumulative flags, both in FPSCR's layout.

use core::fmt;
use core::ops::{BitOr, BitOrAssign};

/// How an inexact result is rounded (FPSCR.RMode).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum RoundingMode {
    /// To the nearest value, ties to the even one.
    #[default]
    Nearest = 0,
    /// Towards plus infinity.
    Up = 1,
    /// Towards minus infinity.
    Down = 2,
    /// Towards zero.
    Zero = 3,
}

impl RoundingMode {
    /// All modes, in encoding order.
    pub const ALL: [Self; 4] = [Self::Nearest, Self::Up, Self::Down, Self::Zero];
}

/// The control bits of an FPSCR: RMode, FZ, FZ16, DN and AHP.
#[derive(Clone, Copy, Default, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct FpControl(u32);

impl FpControl {
    /// Where FPSCR holds the control bits.
    pub const MASK: u32 = Self::AHP | Self::DN | Self::FZ | Self::FZ16 | 3 << Self::RMODE;
    /// What Advanced SIMD computes with (`StandardFPSCRValue()`), AHP and FZ16 apart.
    pub const STANDARD: Self = Self(Self::DN | Self::FZ);

    const AHP: u32 = 1 << 26;
    const DN: u32 = 1 << 25;
    const FZ: u32 = 1 << 24;
    /// FZ16, which only cores with arithmetic in half precision have.
    pub const FZ16: u32 = 1 << 19;
    const RMODE: u32 = 22;

    /// Takes the control bits out of an FPSCR.
    #[inline]
    #[must_use]
    pub const fn from_fpscr(fpscr: u32) -> Self {
        Self(fpscr & Self::MASK)
    }

    /// Returns the control bits in their places in an FPSCR.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Returns the same control bits with another rounding mode.
    #[inline]
    #[must_use]
    pub const fn with_rounding(self, mode: RoundingMode) -> Self {
        Self(self.0 & !(3 << Self::RMODE) | (mode as u32) << Self::RMODE)
    }

    /// The rounding mode.
    #[inline]
    #[must_use]
    pub const fn rounding(self) -> RoundingMode {
        RoundingMode::ALL[(self.0 >> Self::RMODE & 3) as usize]
    }

    /// Whether subnormal numbers are flushed to zero.
    #[inline]
    #[must_use]
    pub const fn flush_to_zero(self) -> bool {
        self.0 & Self::FZ != 0
    }

    /// Whether subnormal numbers of half precision are flushed to zero.
    #[inline]
    #[must_use]
    pub const fn flush_halves_to_zero(self) -> bool {
        self.0 & Self::FZ16 != 0
    }

    /// Whether every NaN result is the default NaN.
    #[inline]
    #[must_use]
    pub const fn default_nan(self) -> bool {
        self.0 & Self::DN != 0
    }

    /// Whether half precision has neither infinities nor NaNs.
    #[inline]
    #[must_use]
    pub const fn alternative_half(self) -> bool {
        self.0 & Self::AHP != 0
    }
}

impl fmt::Debug for FpControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FpControl")
            .field("rounding", &self.rounding())
            .field("flush_to_zero", &self.flush_to_zero())
            .field("flush_halves_to_zero", &self.flush_halves_to_zero())
            .field("default_nan", &self.default_nan())
            .field("alternative_half", &self.alternative_half())
            .finish()
    }
}

/// The cumulative exception flags of an FPSCR.
#[derive(Clone, Copy, Default, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct FpFlags(u32);

impl FpFlags {
    /// No exception.
    pub const NONE: Self = Self(0);
    /// IOC: invalid operation.
    pub const INVALID: Self = Self(1 << 0);
    /// DZC: division by zero.
    pub const DIVIDE_BY_ZERO: Self = Self(1 << 1);
    /// OFC: overflow.
    pub const OVERFLOW: Self = Self(1 << 2);
    /// UFC: underflow, or a result flushed to zero.
    pub const UNDERFLOW: Self = Self(1 << 3);
    /// IXC: inexact result.
    pub const INEXACT: Self = Self(1 << 4);
    /// IDC: a subnormal operand was flushed to zero.
    pub const INPUT_DENORMAL: Self = Self(1 << 7);
    /// Where FPSCR holds the flags.
    pub const MASK: u32 = 0x9f;

    /// Takes the flags out of an FPSCR.
    #[inline]
    #[must_use]
    pub const fn from_fpscr(fpscr: u32) -> Self {
        Self(fpscr & Self::MASK)
    }

    /// Returns the flags in their places in an FPSCR.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether all of `other` are raised.
    #[inline]
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for FpFlags {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for FpFlags {
    #[inline]
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for FpFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [(FpFlags, &str); 6] = [
            (FpFlags::INVALID, "IOC"),
            (FpFlags::DIVIDE_BY_ZERO, "DZC"),
            (FpFlags::OVERFLOW, "OFC"),
            (FpFlags::UNDERFLOW, "UFC"),
            (FpFlags::INEXACT, "IXC"),
            (FpFlags::INPUT_DENORMAL, "IDC"),
        ];
        let raised = NAMES.iter().filter(|(flag, _)| self.contains(*flag));
        f.debug_set().entries(raised.map(|(_, name)| name)).finish()
    }
}

/// What an operation computes under and reports to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FpEnv {
    control: FpControl,
    flags: FpFlags,
}

impl FpEnv {
    /// An environment in which no flag is raised yet.
    #[inline]
    #[must_use]
    pub const fn new(control: FpControl) -> Self {
        Self {
            control,
            flags: FpFlags::NONE,
        }
    }

    /// Raises flags (`FPProcessException()` with the trap disabled).
    #[inline]
    pub fn raise(&mut self, flags: FpFlags) {
        self.flags |= flags;
    }

    /// The control bits.
    #[inline]
    #[must_use]
    pub const fn control(&self) -> FpControl {
        self.control
    }

    /// The flags raised since the environment was made.
    #[inline]
    #[must_use]
    pub const fn flags(&self) -> FpFlags {
        self.flags
    }
}
