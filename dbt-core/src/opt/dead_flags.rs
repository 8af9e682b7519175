//! Demanded flags: which bits of each flags value somebody wants.
//!
//! `NzFlags` takes C and V from an older flags value. If nobody wants its C and
//! V, it must not keep the older value alive: chains of flag-setting moves would
//! otherwise all stay. Its operand still has to be *some* value, so an operand
//! that is referenced but not wanted becomes a constant where it is made, when
//! the backward walk gets there and nobody else has wanted it.

use crate::analysis::FlagSet;
use crate::ir::{Inst, Ty, Value};

/// What users want of a value: for flags the wanted bits, for others all of it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Demand(u8);

impl Demand {
    /// Nobody even names the value.
    pub(super) const NONE: Self = Self(0);
    /// Somebody names it but does not care what it is.
    pub(super) const REFERENCED: Self = Self(0x10);
    /// Somebody wants all of it.
    pub(super) const ALL: Self = Self(0x1f);

    /// Somebody names a flags value and wants some of its bits.
    const fn flags(wanted: FlagSet) -> Self {
        Self(wanted.bits() | Self::REFERENCED.0)
    }

    /// Returns the flags that are wanted.
    pub(super) const fn wanted(self) -> FlagSet {
        FlagSet::from_bits(self.0)
    }

    /// Adds another user's demand.
    pub(super) fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// Returns a cheaper instruction that agrees with `inst` on the wanted flags.
pub(super) fn narrow(inst: Inst, wanted: FlagSet) -> Inst {
    match inst {
        Inst::NzcFlags { result, rest, .. } if !wanted.intersects(FlagSet::C) => {
            Inst::NzFlags { result, rest }
        }
        _ => inst,
    }
}

/// Tells `demand` what an instruction that makes flags, of which `wanted` are
/// wanted, demands of its operands.
#[inline]
pub(super) fn operands(inst: &Inst, wanted: FlagSet, mut demand: impl FnMut(Value, Demand)) {
    let whole_if = |flags: FlagSet| {
        if wanted.intersects(flags) {
            Demand::ALL
        } else {
            Demand::REFERENCED
        }
    };
    match *inst {
        Inst::NzFlags { result, rest } => {
            demand(result, whole_if(FlagSet::NZ));
            demand(rest, Demand::flags(wanted & FlagSet::CV));
        }
        Inst::NzcFlags {
            result,
            carry,
            rest,
        } => {
            demand(result, whole_if(FlagSet::NZ));
            demand(carry, whole_if(FlagSet::C));
            demand(rest, Demand::flags(wanted & FlagSet::V));
        }
        Inst::Condition { flags, condition } => {
            demand(flags, Demand::flags(FlagSet::of_condition(condition)));
        }
        // The one flags operand that a slot's liveness narrows.
        Inst::Set { value, .. } => demand(value, Demand::flags(wanted)),
        _ => inst.for_each_operand(|value| demand(value, Demand::ALL)),
    }
}

/// Returns the type of the value of a removable instruction whose value is named
/// but not wanted; it may become a constant of that type.
pub(super) fn unwanted_ty(inst: &Inst, slot_ty: impl Fn(crate::ir::Slot) -> Ty) -> Option<Ty> {
    match inst {
        Inst::Const { .. }
        | Inst::Extend { .. }
        | Inst::Load { .. }
        | Inst::LoadVector { .. }
        | Inst::LoadTag { .. }
        | Inst::StoreExclusive { .. }
        | Inst::Call { .. }
        | Inst::Float { .. } => None,
        Inst::Vector { op, .. } if !op.is_pure() => None,
        _ => inst.ty(slot_ty),
    }
}
