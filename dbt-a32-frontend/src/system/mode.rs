//! Processor modes and the registers that they bank.

use core::fmt;

/// A processor mode (CPSR.M).
///
/// See Arm ARM DDI 0406C.d, section B1.3.1.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum ProcessorMode {
    /// User.
    User = 0b10000,
    /// FIQ.
    Fiq = 0b10001,
    /// IRQ.
    Irq = 0b10010,
    /// Supervisor.
    Supervisor = 0b10011,
    /// Monitor, of the Security Extensions.
    Monitor = 0b10110,
    /// Abort.
    Abort = 0b10111,
    /// Hyp, of the Virtualization Extensions.
    Hyp = 0b11010,
    /// Undefined.
    Undefined = 0b11011,
    /// System.
    System = 0b11111,
}

impl ProcessorMode {
    /// Returns the mode of a five-bit field, none if the value is reserved.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u32) -> Option<Self> {
        Some(match bits {
            0b10000 => Self::User,
            0b10001 => Self::Fiq,
            0b10010 => Self::Irq,
            0b10011 => Self::Supervisor,
            0b10110 => Self::Monitor,
            0b10111 => Self::Abort,
            0b11010 => Self::Hyp,
            0b11011 => Self::Undefined,
            0b11111 => Self::System,
            _ => return None,
        })
    }

    /// Returns the value of the field.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u32 {
        self as u32
    }

    /// Returns which bank of SP, LR and SPSR the mode uses. User and System share
    /// one, whose SPSR only System mode reaches.
    #[inline]
    #[must_use]
    pub(crate) const fn bank(self) -> usize {
        match self {
            Self::User | Self::System => 0,
            Self::Fiq => 1,
            Self::Irq => 2,
            Self::Supervisor => 3,
            Self::Monitor => 4,
            Self::Abort => 5,
            Self::Hyp => Self::HYP_BANK,
            Self::Undefined => 7,
        }
    }

    /// The bank of Hyp mode, which has no LR.
    const HYP_BANK: usize = 6;
    /// How many banks there are.
    pub(crate) const BANKS: usize = 8;

    /// Returns where the mode's LR is: Hyp mode uses that of User mode.
    pub(crate) const fn lr_bank(self) -> usize {
        match self.bank() {
            Self::HYP_BANK => 0,
            bank => bank,
        }
    }

    /// The suffix of its banked registers.
    const fn suffix(self) -> &'static str {
        match self {
            Self::User | Self::System => "usr",
            Self::Fiq => "fiq",
            Self::Irq => "irq",
            Self::Supervisor => "svc",
            Self::Monitor => "mon",
            Self::Abort => "abt",
            Self::Hyp => "hyp",
            Self::Undefined => "und",
        }
    }
}

/// A register that `MRS` and `MSR` of banked registers name, printed as `sp_irq`.
///
/// See Arm ARM DDI 0406C.d, section B9.2.3.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct BankedReg {
    mode: ProcessorMode,
    kind: BankedKind,
}

/// What a [`BankedReg`] is in its mode.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum BankedKind {
    /// R8 to R14, by number.
    Core(u8),
    /// The saved program status.
    Spsr,
    /// The exception link register of Hyp mode.
    Elr,
}

impl BankedReg {
    /// Returns the register of a `SYSm` field and the `R` bit, none where the pair
    /// is UNPREDICTABLE.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "register numbers")]
    pub const fn new(r: u32, sysm: u32) -> Option<Self> {
        use ProcessorMode::{Abort, Fiq, Hyp, Irq, Monitor, Supervisor, Undefined, User};
        let (mode, kind) = match (r, sysm) {
            (0, 0..=6) => (User, BankedKind::Core(sysm as u8 + 8)),
            (0, 8..=14) => (Fiq, BankedKind::Core(sysm as u8)),
            (0, 30) => (Hyp, BankedKind::Elr),
            (0, 31) => (Hyp, BankedKind::Core(13)),
            (1, 14) => (Fiq, BankedKind::Spsr),
            (_, 16..=23 | 28..=31) => {
                let mode = match sysm >> 1 {
                    8 => Irq,
                    9 => Supervisor,
                    10 => Abort,
                    11 => Undefined,
                    14 => Monitor,
                    _ => Hyp,
                };
                match (r, sysm & 1) {
                    (0, even) => (mode, BankedKind::Core(14 - even as u8)),
                    (_, 0) => (mode, BankedKind::Spsr),
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(Self { mode, kind })
    }

    /// As [`new`](Self::new), for rows that have ruled the other values out.
    #[inline]
    #[must_use]
    pub(crate) const fn of(r: u32, sysm: u32) -> Self {
        match Self::new(r, sysm) {
            Some(register) => register,
            None => Self {
                mode: ProcessorMode::User,
                kind: BankedKind::Core(8),
            },
        }
    }

    /// Returns the mode whose register it is.
    #[inline]
    #[must_use]
    pub const fn mode(self) -> ProcessorMode {
        self.mode
    }

    /// Returns which of the mode's registers it is.
    #[inline]
    #[must_use]
    pub const fn kind(self) -> BankedKind {
        self.kind
    }
}

impl fmt::Display for BankedReg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            BankedKind::Core(13) => f.write_str("sp")?,
            BankedKind::Core(14) => f.write_str("lr")?,
            BankedKind::Core(number) => write!(f, "r{number}")?,
            BankedKind::Spsr => f.write_str("spsr")?,
            BankedKind::Elr => f.write_str("elr")?,
        }
        write!(f, "_{}", self.mode.suffix())
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn banked_registers_are_those_of_the_table() {
        let name = |r, sysm| BankedReg::new(r, sysm).map(|register| register.to_string());
        let of = |r| -> Vec<_> { (0..32).filter_map(|sysm| name(r, sysm)).collect() };
        assert_eq!(
            of(0).join(" "),
            "r8_usr r9_usr r10_usr r11_usr r12_usr sp_usr lr_usr r8_fiq r9_fiq r10_fiq r11_fiq \
             r12_fiq sp_fiq lr_fiq lr_irq sp_irq lr_svc sp_svc lr_abt sp_abt lr_und sp_und lr_mon \
             sp_mon elr_hyp sp_hyp"
        );
        assert_eq!(
            of(1).join(" "),
            "spsr_fiq spsr_irq spsr_svc spsr_abt spsr_und spsr_mon spsr_hyp"
        );
    }

    #[test]
    fn modes_round_trip() {
        let modes = (0..32).filter_map(ProcessorMode::from_bits);
        assert!(
            modes
                .clone()
                .all(|mode| ProcessorMode::from_bits(mode.bits()) == Some(mode))
        );
        assert_eq!(modes.count(), 9);
    }
}
