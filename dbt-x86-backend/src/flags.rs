//! Guest flags on the host: the forms they take and how they are saved.
//!
//! Flags are set far more often than read, so they are kept as they fall out of
//! the host's own instructions, and saved to memory only when they would be lost
//! while still needed. A [`Plan`] says how to obtain the components that memory
//! does not hold; at a fault the same plan, kept in the state map, is carried
//! out on the recorded registers instead of being emitted.

use core::fmt;

use crate::asm::Cc;
use crate::regs::Reg;
use dbt_core::analysis::FlagSet;
use dbt_isa::ops::{Condition, Nzcv};

/// The components in the order of their bytes in the context.
pub(crate) const COMPONENTS: [FlagSet; 4] = [FlagSet::N, FlagSet::Z, FlagSet::C, FlagSet::V];

/// What the host's flags mean.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// They are those of an addition: the carry is the guest's.
    Add,
    /// They are those of a subtraction or comparison: the carry is a borrow.
    Sub,
    /// Only sign and zero are meaningful.
    Nz,
    /// They are those of a comparison of floating-point numbers, of which no
    /// component can be told, but most conditions.
    Float,
    /// The same with the operands exchanged, for the other conditions.
    FloatSwapped,
}

impl Kind {
    /// Returns the components that the host's flags hold.
    pub(crate) const fn mask(self) -> FlagSet {
        match self {
            Self::Add | Self::Sub => FlagSet::ALL,
            Self::Nz => FlagSet::NZ,
            Self::Float | Self::FloatSwapped => FlagSet::NONE,
        }
    }

    /// Returns the host's condition for a guest condition, if one suffices.
    pub(crate) const fn cc(self, condition: Condition) -> Option<Cc> {
        Some(match (condition, self) {
            (_, Self::Float | Self::FloatSwapped) => return self.float_cc(condition),
            (Condition::Eq, _) => Cc::E,
            (Condition::Ne, _) => Cc::Ne,
            (Condition::Mi, _) => Cc::S,
            (Condition::Pl, _) => Cc::Ns,
            (_, Self::Nz) => return None,
            (Condition::Cs, Self::Sub) | (Condition::Cc, Self::Add) => Cc::Ae,
            (Condition::Cc, Self::Sub) | (Condition::Cs, Self::Add) => Cc::B,
            (Condition::Hi, Self::Sub) => Cc::A,
            (Condition::Ls, Self::Sub) => Cc::Be,
            (Condition::Hi | Condition::Ls, Self::Add) => return None,
            (Condition::Vs, _) => Cc::O,
            (Condition::Vc, _) => Cc::No,
            (Condition::Ge, _) => Cc::Ge,
            (Condition::Lt, _) => Cc::L,
            (Condition::Gt, _) => Cc::G,
            (Condition::Le, _) => Cc::Le,
        })
    }

    /// The same after a comparison of numbers. The host's flags are those of an
    /// unsigned comparison; if the numbers are unordered, all are set.
    const fn float_cc(self, condition: Condition) -> Option<Cc> {
        let swapped = matches!(self, Self::FloatSwapped);
        Some(match (condition, swapped) {
            (Condition::Vs, _) => Cc::P,
            (Condition::Vc, _) => Cc::Np,
            (Condition::Ge, false) => Cc::Ae,
            (Condition::Lt, false) => Cc::B,
            (Condition::Gt, false) => Cc::A,
            (Condition::Le, false) => Cc::Be,
            (Condition::Mi | Condition::Cc, true) => Cc::A,
            (Condition::Pl | Condition::Cs, true) => Cc::Be,
            (Condition::Hi, true) => Cc::B,
            (Condition::Ls, true) => Cc::Ae,
            _ => return None,
        })
    }

    /// Returns the host's condition that tells one component.
    pub(crate) const fn component(self, component: FlagSet) -> Cc {
        match component {
            FlagSet::N => Cc::S,
            FlagSet::Z => Cc::E,
            FlagSet::V => Cc::O,
            _ => match self {
                Self::Sub => Cc::Ae,
                _ => Cc::B,
            },
        }
    }

    /// Reads a recorded host flags register.
    const fn of_host(self, rflags: u64) -> Nzcv {
        let carry = rflags & 1 != 0;
        Nzcv::new(
            rflags & 1 << 7 != 0,
            rflags & 1 << 6 != 0,
            carry != matches!(self, Self::Sub),
            rflags & 1 << 11 != 0,
        )
    }
}

/// A value in a register (or in a saved place, which counts as a register beyond
/// the host's) or known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Operand {
    Reg(Reg),
    Imm(u32),
}

impl Operand {
    #[allow(clippy::cast_possible_truncation, reason = "32-bit values")]
    const fn of_host(self, regs: &[u64; 32]) -> u32 {
        match self {
            Self::Reg(reg) => regs[reg.index()] as u32,
            Self::Imm(value) => value,
        }
    }
}

/// How to obtain flags.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    /// The host's flags hold them.
    Host(Kind),
    /// They are those of a comparison.
    Compare(Operand, Operand),
    /// N and Z are those of a value.
    Result(Operand),
    /// They are known, in bits 31 to 28.
    Constant(u32),
}

/// How to obtain the components that memory does not hold: up to two sources,
/// each for some components.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Plan {
    pub(crate) parts: [Option<(FlagSet, Source)>; 2],
}

impl Plan {
    pub(crate) const EMPTY: Self = Self {
        parts: [None, None],
    };

    pub(crate) fn is_empty(&self) -> bool {
        self.parts[0].is_none()
    }

    /// Returns the components that the plan obtains.
    pub(crate) fn mask(&self) -> FlagSet {
        let parts = self.parts.iter().flatten();
        parts.fold(FlagSet::NONE, |all, (mask, _)| all | *mask)
    }

    /// Returns the last source for which host instructions compute flags.
    pub(crate) fn last_recomputed(&self) -> Option<Source> {
        let mut parts = self.parts.iter().flatten().map(|(_, source)| *source);
        parts.rfind(|source| match source {
            Source::Host(_) | Source::Result(Operand::Imm(_)) | Source::Constant(_) => false,
            Source::Compare(..) | Source::Result(Operand::Reg(_)) => true,
        })
    }

    /// Adds a part; false if there is no room.
    pub(crate) fn add(&mut self, mask: FlagSet, source: Source) -> bool {
        for part in &mut self.parts {
            if part.is_none() {
                *part = Some((mask, source));
                return true;
            }
        }
        false
    }

    /// Carries the plan out on recorded registers. `home` and the result are in
    /// the context's form.
    pub(crate) fn recover(&self, home: u64, regs: &[u64; 32], rflags: u64) -> u64 {
        let mut flags = home;
        for (mask, source) in self.parts.iter().flatten() {
            let value = match *source {
                Source::Host(kind) => kind.of_host(rflags),
                Source::Compare(a, b) => Nzcv::of_sbc(a.of_host(regs), b.of_host(regs), true),
                Source::Result(result) => Nzcv::default().with_nz(result.of_host(regs)),
                Source::Constant(psr) => Nzcv::from_psr(psr),
            };
            for (byte, component) in COMPONENTS.into_iter().enumerate() {
                if mask.intersects(component) {
                    let bit = u64::from(value.to_psr() >> 28 & u32::from(component.bits()) != 0);
                    flags = flags & !(0xff << (8 * byte)) | bit << (8 * byte);
                }
            }
        }
        flags
    }
}

/// A value at an edge into a loop: what a register (or a saved operand, which
/// counts as a register beyond the host's) holds, and a constant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Term {
    pub(crate) base: Option<Reg>,
    pub(crate) offset: u32,
}

impl Term {
    #[allow(clippy::cast_possible_truncation, reason = "32-bit values")]
    fn of_host(self, regs: &[u64; 32]) -> u32 {
        let base = self.base.map_or(0, |reg| regs[reg.index()] as u32);
        base.wrapping_add(self.offset)
    }
}

/// How an edge into a loop left the flags.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Recipe {
    /// All of them are those of a comparison.
    Compare(Term, Term),
    /// N and Z are those of a value, the others are in memory.
    Result(Term),
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reg(reg) => reg.fmt(f),
            Self::Imm(value) => write!(f, "{value:#x}"),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(Kind::Add) => f.write_str("in the host's, as of add"),
            Self::Host(Kind::Sub) => f.write_str("in the host's, as of sub"),
            Self::Host(Kind::Nz) => f.write_str("in the host's"),
            Self::Host(Kind::Float) => f.write_str("in the host's, as of ucomis"),
            Self::Host(Kind::FloatSwapped) => f.write_str("in the host's, as of ucomis swapped"),
            Self::Compare(a, b) => write!(f, "of cmp {a}, {b}"),
            Self::Result(value) => write!(f, "of {value}"),
            Self::Constant(psr) => write!(f, "of {psr:#x}"),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.base {
            None => write!(f, "{:#x}", self.offset),
            Some(base) if self.offset == 0 => base.fmt(f),
            Some(base) => write!(f, "{base}+{:#x}", self.offset),
        }
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare(a, b) => write!(f, "of cmp {a}, {b}"),
            Self::Result(result) => write!(f, "NZ of {result}"),
        }
    }
}

/// Completes flags that an edge into a loop left unsaved. `flags` is in the
/// context's form, with the number of the edge in byte 4; edge 0 saved them.
pub(crate) fn recover_edge(edges: Option<&[Recipe]>, flags: u64, regs: &[u64; 32]) -> u64 {
    let edge = usize::from(flags.to_le_bytes()[4]);
    let Some(recipe) = edge.checked_sub(1).and_then(|index| edges?.get(index)) else {
        return flags;
    };
    let old = Nzcv::from_psr(export(flags));
    let new = match recipe {
        Recipe::Compare(a, b) => Nzcv::of_sbc(a.of_host(regs), b.of_host(regs), true),
        Recipe::Result(result) => old.with_nz(result.of_host(regs)),
    };
    import(new.to_psr())
}

/// Converts bits 31 to 28 to the context's form.
pub(crate) fn import(nzcv: u32) -> u64 {
    let bit = |index: u32| u64::from(nzcv >> index & 1);
    bit(31) | bit(30) << 8 | bit(29) << 16 | bit(28) << 24
}

/// Converts the context's form to bits 31 to 28.
pub(crate) fn export(flags: u64) -> u32 {
    let bit = |byte: u32| u32::from(flags >> (8 * byte) & 1 != 0);
    bit(0) << 31 | bit(1) << 30 | bit(2) << 29 | bit(3) << 28
}
