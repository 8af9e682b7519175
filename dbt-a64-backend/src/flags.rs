//! Guest flags on the host: the forms they take.
//!
//! The host's flags are the guest's own, carry included, so they stay in `NZCV`
//! until an instruction of ours would change them. Instructions that set N and Z of
//! a logical result clear C and V on the host but not on the guest; what is lost by
//! that is kept in a register as [`MRS`](crate::asm::Asm::read_flags) gives it, a
//! *word*. [`Sources`] tell for each flag where it is; at a fault the same sources,
//! kept in the state map, are read from the recorded registers.

use dbt_core::analysis::FlagSet;
use dbt_isa::ops::Nzcv;

use crate::features::Features;
use crate::regs::Reg;

/// One condition flag.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Flag {
    N = 0,
    Z = 1,
    C = 2,
    V = 3,
}

impl Flag {
    pub(crate) const ALL: [Self; 4] = [Self::N, Self::Z, Self::C, Self::V];

    /// Returns the flags of a set, in order.
    pub(crate) fn each(set: FlagSet) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |flag| flag.is_in(set))
    }

    /// Returns the set of this flag.
    pub(crate) const fn set(self) -> FlagSet {
        FlagSet::from_bits(8 >> self as u8)
    }

    pub(crate) const fn is_in(self, set: FlagSet) -> bool {
        set.intersects(self.set())
    }

    /// Returns the flag's bit in a word.
    pub(crate) const fn bit(self) -> u32 {
        31 - self as u32
    }
}

/// A value in a register, or known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Operand {
    Reg(Reg),
    Imm(u32),
}

impl Operand {
    #[allow(clippy::cast_possible_truncation, reason = "32-bit values")]
    const fn of_host(self, regs: &[u64; 32]) -> u32 {
        match self {
            Self::Reg(Reg::ZERO) => 0,
            Self::Reg(reg) => regs[reg.index()] as u32,
            Self::Imm(value) => value,
        }
    }
}

/// A comparison: the flags of `a - b`, or of `a + b`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) add: bool,
    pub(crate) a: Reg,
    pub(crate) b: Operand,
}

/// Where one flag is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Source {
    /// Nowhere: nobody needs it.
    #[default]
    None,
    /// In the host's flags.
    Host,
    /// In its bit of a register.
    Word(Reg),
    /// It is that of a comparison.
    Compare(Comparison),
    /// It is N or Z of a value.
    Result(Reg),
    /// In a bit of a register.
    Bit(Reg, u32),
    /// It is known.
    Known(bool),
}

impl Source {
    /// Returns the registers that it reads.
    pub(crate) fn registers(self) -> u32 {
        let bit = |reg: Reg| 1_u32 << reg.0;
        match self {
            Self::None | Self::Host | Self::Known(_) => 0,
            Self::Word(reg) | Self::Result(reg) | Self::Bit(reg, _) => bit(reg),
            Self::Compare(Comparison { a, b, .. }) => {
                bit(a) | if let Operand::Reg(b) = b { bit(b) } else { 0 }
            }
        }
    }
}

/// Where each flag is, by [`Flag`].
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Sources(pub(crate) [Source; 4]);

impl Sources {
    /// Those of [`Form::Split`].
    pub(crate) const SPLIT: Self = Self([
        Source::Host,
        Source::Host,
        Source::Word(Reg::CARRY),
        Source::Word(Reg::CARRY),
    ]);

    pub(crate) const fn of(&self, flag: Flag) -> Source {
        self.0[flag as usize]
    }

    /// Returns the one source of all flags of `mask`, if there is only one.
    pub(crate) fn common(&self, mask: FlagSet) -> Option<Source> {
        let mut sources = Flag::each(mask).map(|flag| self.of(flag));
        let first = sources.next()?;
        sources.all(|source| source == first).then_some(first)
    }

    pub(crate) fn registers(&self) -> u32 {
        self.0
            .iter()
            .fold(0, |all, source| all | source.registers())
    }

    /// Reads the flags from recorded registers, as bits 31 to 28.
    pub(crate) fn recover(&self, regs: &[u64; 32], nzcv: u64) -> u32 {
        let mut result = 0;
        for flag in Flag::ALL {
            let bit = 1 << flag.bit();
            let value = match self.of(flag) {
                Source::None => false,
                Source::Host => nzcv & bit != 0,
                Source::Word(reg) => regs[reg.index()] & bit != 0,
                Source::Compare(Comparison { add, a, b }) => {
                    let (a, b) = (Operand::Reg(a).of_host(regs), b.of_host(regs));
                    let flags = match add {
                        true => Nzcv::of_adc(a, b, false),
                        false => Nzcv::of_sbc(a, b, true),
                    };
                    u64::from(flags.to_psr()) & bit != 0
                }
                Source::Result(reg) => {
                    let flags = Nzcv::default().with_nz(Operand::Reg(reg).of_host(regs));
                    u64::from(flags.to_psr()) & bit != 0
                }
                Source::Bit(reg, bit) => regs[reg.index()] >> bit & 1 != 0,
                Source::Known(value) => value,
            };
            result |= u32::from(value) << flag.bit();
        }
        result
    }
}

/// Where the flags are when a block or a fragment is entered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    /// N and Z are in the host's flags, C and V in their register.
    Split,
    /// All are in the host's flags.
    Full,
}

impl Form {
    /// Returns the form in which a fragment is entered by whatever is no direct exit,
    /// and in which guest calls return: the one that others are easily brought to.
    pub(crate) const fn outside(features: Features) -> Self {
        if features.flagm {
            Self::Full
        } else {
            Self::Split
        }
    }

    pub(crate) const fn sources(self) -> Sources {
        match self {
            Self::Split => Sources::SPLIT,
            Self::Full => Sources([Source::Host; 4]),
        }
    }
}
