//! Bindings on the way from fragment to fragment.
//!
//! **Problem.** Units are short and only go forward. The variables of a loop that
//! takes several would go through memory at each boundary.
//!
//! **Approach.** A direct exit leaves slots in registers and says which; a fragment
//! says which it can be entered with, its contract. Who links the two sees whether
//! the exit [`meets`] it. So that it does, a fragment that is made because of an
//! exit adopts what [arrives](Contracts::enter), and an exit that leads to a
//! fragment which is there already brings about what that one expects
//! ([`leaving`]). A loop is closed by an exit of the second kind, so the fragment at
//! its head has a contract even if nothing arrives.
//!
//! **Rejected.** Code between fragments that is made when they are linked: an exit
//! would have to be patched to it, which would have to be kept and forgotten.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Binding, Bindings, Contracts, transfers};
use crate::guest::StateLayout;
use crate::ir::{BlockId, Inst, Terminator, Unit};
use crate::location::Location;

/// The contracts of fragments that direct exits of a unit lead to.
pub type Successors<'a> = &'a [(Location, Arc<[Binding]>)];

/// Tells whether code that expects a contract can follow where bindings are as they
/// are now.
#[must_use]
pub fn meets(now: &[Binding], contract: &[Binding]) -> bool {
    let is_bound = |wanted: &Binding| {
        let mut now = now.iter();
        now.any(|now| {
            now.is(wanted.offset, wanted.bytes)
                && now.reg == wanted.reg
                && (wanted.dirty || !now.dirty)
        })
    };
    let is_expected = |now: &Binding| {
        let mut contract = contract.iter();
        contract.any(|wanted| wanted.is(now.offset, now.bytes))
    };
    contract.iter().all(is_bound) && now.iter().all(|now| !now.dirty || is_expected(now))
}

/// Tells whether making a contract hold takes less than storing what is dirty and
/// loading what the contract names.
#[must_use]
pub fn is_cheaper(now: &[Binding], contract: &[Binding]) -> bool {
    let mut steps = Vec::new();
    transfers(now, contract, u8::MAX, &mut steps);
    let dirty = now.iter().filter(|binding| binding.dirty).count();
    steps.len() < dirty + contract.len()
}

/// Returns the bindings with which control leaves by a direct exit: those of now, or
/// what the fragment expects that it leads to. [`transfers`] says how to get there.
#[must_use]
pub fn leaving(now: &[Binding], contract: Option<&[Binding]>) -> Vec<Binding> {
    let Some(contract) = contract.filter(|contract| is_cheaper(now, contract)) else {
        return one_for_each_register(now);
    };
    let mut wanted = contract.to_vec();
    for wanted in &mut wanted {
        let mut now = now.iter();
        wanted.dirty &= now.any(|now| now.dirty && now.is(wanted.offset, wanted.bytes));
    }
    wanted
}

/// Leaves out bindings whose register has another: copies of a slot may differ when
/// control comes from elsewhere.
fn one_for_each_register(bindings: &[Binding]) -> Vec<Binding> {
    let mut all = Vec::new();
    for dirty in [true, false] {
        for binding in bindings.iter().filter(|binding| binding.dirty == dirty) {
            if !all.iter().any(|other: &Binding| other.reg == binding.reg) {
                all.push(*binding);
            }
        }
    }
    all
}

/// A slot that a unit uses.
#[derive(Clone, Copy, Debug)]
struct Used {
    offset: u32,
    bytes: u32,
    /// Whether the unit reads what was there before it, in any case.
    is_read: bool,
    /// Whether it writes the slot in any case.
    is_written: bool,
}

impl Contracts {
    /// Decides with which bindings the unit's first block is entered, and returns
    /// them. What arrives there may be bound otherwise; if so, getting there is up
    /// to the entry.
    pub fn enter(
        &mut self,
        unit: &Unit,
        layout: &StateLayout,
        arriving: &[Binding],
        successors: Successors<'_>,
    ) -> Vec<Binding> {
        let id = BlockId::ENTRY;
        if self.is_called(id) || self.loop_end(id).is_some() {
            let mut now = Bindings::default();
            now.set(arriving);
            now.prefer(true);
            return self.contract(unit, layout, id, &now);
        }
        let used = uses(unit, layout);
        let mut contract = adopted(arriving, &used, successors);
        self.add_read(&mut contract, &used, arriving, successors);
        self.decide(id, &contract);
        contract
    }

    /// Adds what the unit reads in any case.
    fn add_read(
        &self,
        contract: &mut Vec<Binding>,
        used: &[Used],
        arriving: &[Binding],
        successors: Successors<'_>,
    ) {
        let regs = |list: &[Binding]| list.iter().fold(0_u32, |set, b| set | 1 << b.reg);
        for used in used.iter().filter(|used| used.is_read) {
            let Used { offset, bytes, .. } = *used;
            let taken = regs(contract);
            let mut expected = successors.iter().flat_map(|(_, contract)| contract.iter());
            let expected = expected
                .find(|expected| expected.is(offset, bytes))
                .map(|expected| expected.reg)
                .filter(|reg| taken & 1 << reg == 0);
            let is_free = |reg: &u8| (taken | regs(arriving)) & 1 << reg == 0;
            let reg = expected.or_else(|| (0..self.registers).find(is_free));
            let is_new = !contract.iter().any(|known| known.overlaps(offset, bytes));
            if let Some(reg) = reg
                && is_new
                && contract.len() < self.kept
            {
                contract.push(Binding {
                    offset,
                    bytes,
                    reg,
                    dirty: used.is_written,
                });
            }
        }
    }
}

/// Returns what a unit had best be entered with of what arrives: what it uses, or a
/// fragment that it leads to expects. All that is dirty, if most of that is so.
fn adopted(arriving: &[Binding], used: &[Used], successors: Successors<'_>) -> Vec<Binding> {
    let is_wanted = |binding: &Binding| {
        let mut expected = successors.iter().flat_map(|(_, contract)| contract.iter());
        let mut used = used.iter();
        used.any(|used| binding.overlaps(used.offset, used.bytes))
            || expected.any(|expected| expected.is(binding.offset, binding.bytes))
    };
    let dirty = arriving.iter().filter(|binding| binding.dirty);
    let wanted = dirty.clone().filter(|binding| is_wanted(binding)).count();
    let keeps_all = 2 * wanted >= dirty.count();
    let mut adopted = arriving.to_vec();
    adopted.retain(|binding| is_wanted(binding) || binding.dirty && keeps_all);
    adopted
}

/// Finds the slots that a unit uses before it calls anything.
fn uses(unit: &Unit, layout: &StateLayout) -> Vec<Used> {
    let mut all: Vec<Used> = Vec::new();
    // Up to where control may go elsewhere.
    let mut is_certain = true;
    for id in &unit.order {
        let block = unit.block(*id);
        for inst in &unit.insts[block.insts.clone()] {
            let (slot, writes) = match inst {
                Inst::Get { slot } => (*slot, false),
                Inst::Set { slot, .. } => (*slot, true),
                Inst::Call { .. } => return all,
                Inst::ExitIf { .. } => {
                    is_certain = false;
                    continue;
                }
                _ => continue,
            };
            let info = layout.slot(slot);
            if !info.ty.is_vector() {
                continue;
            }
            let (offset, bytes) = (info.offset, info.bytes());
            let mut known = all.iter_mut();
            if let Some(used) = known.find(|used| used.offset == offset && used.bytes == bytes) {
                used.is_written |= writes && is_certain;
                continue;
            }
            let binding = |used: &Used| Binding {
                offset: used.offset,
                bytes: used.bytes,
                reg: 0,
                dirty: false,
            };
            let overlaps = all.iter().any(|used| binding(used).overlaps(offset, bytes));
            all.push(Used {
                offset,
                bytes,
                is_read: !writes && is_certain && !overlaps,
                is_written: writes && is_certain,
            });
        }
        if matches!(block.terminator, Terminator::Call { .. }) {
            return all;
        }
        is_certain = false;
    }
    all
}

#[cfg(test)]
mod tests;
