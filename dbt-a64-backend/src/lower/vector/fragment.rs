//! Vector registers on the way from fragment to fragment.
//!
//! # Emitted-code contract
//!
//! A fragment's entries expect nothing in vector registers: what the first block expects
//! is loaded there. Behind these loads the fragment can be entered by direct exits that
//! have it in registers already ([`BoundEntry`]). If what arrives differs, an entry of its
//! own, out of line, makes the one into the other.
//!
//! A direct exit with bound slots jumps before it stores the dirty ones. Unlinked, that
//! jump leads to the stores, and on to the jump that is linked to plain entries.
//!
//! Calls, returns and indirect branches leave with nothing bound, since nobody knows where
//! they lead. In the detour no exit is linked, so all is stored there.

use alloc::sync::Arc;
use alloc::vec::Vec;

use dbt_core::analysis::bindings::{Binding, Transfer, is_cheaper, leaving, meets, transfers};
use dbt_core::host::BoundEntry;
use dbt_core::ir::BlockId;
use dbt_core::location::Location;

use super::{Fpcr, Vreg};
use crate::flags::{Form, Sources};
use crate::lower::edge::Conversion;
use crate::lower::{Lowering, Result};

/// What is bound at a direct exit: its place in a list of such lists.
#[derive(Clone, Copy, Debug)]
pub(in crate::lower) struct Bound(usize);

/// How the unit's first block is reached.
#[derive(Clone, Copy, Debug)]
pub(in crate::lower) struct Arrival {
    /// Where flags are expected.
    pub(in crate::lower) form: Form,
    /// The code behind the loads.
    loaded: u32,
}

impl Default for Arrival {
    fn default() -> Self {
        Self {
            form: Form::Split,
            loaded: 0,
        }
    }
}

impl Lowering<'_> {
    /// Loads what the unit's first block expects.
    pub(super) fn enter_vectors(&mut self) {
        let input = self.input;
        let (arriving, successors) = (input.arriving, input.successors);
        let contracts = &mut self.scratch.contracts;
        let contract = contracts.enter(input.unit, input.layout, arriving, successors);
        self.vectors.bindings.clear();
        self.transfer_to(&contract);
        self.arrival.loaded = self.asm.offset();
        // A loop of several fragments is closed by a branch backwards.
        let here = input.unit.block(BlockId::ENTRY).location;
        let is_back = |to: Location| here.is_some_and(|here| to.pc_bits() <= here.pc_bits());
        let back = successors.iter().find(|(to, _)| is_back(*to));
        let around = back.or(successors.first());
        let around = around.map_or(&contract[..], |(_, contract)| contract);
        self.vectors.bindings.prefer_around(around);
    }

    /// Emits where those enter that have slots in registers.
    pub(in crate::lower) fn bound_entries(&mut self) -> Result<Vec<BoundEntry>> {
        let Arrival { form, loaded } = self.arrival;
        let (id, arriving) = (BlockId::ENTRY, self.input.arriving);
        let contract: Arc<[Binding]> = self.scratch.contracts.known(id).unwrap_or(&[]).into();
        let mut all = Vec::new();
        if contract.is_empty() {
            return Ok(all);
        }
        let other = match form {
            Form::Full => Form::Split,
            Form::Split => Form::Full,
        };
        let live = self.scratch.liveness.live_in(id);
        let conversion = Conversion::between(other, live, form);
        let mut entries = [loaded; 2];
        if !conversion.is_empty() {
            entries[usize::from(self.entry_of(other))] = self.asm.offset();
            self.convert(&conversion)?;
            self.jump_to(loaded)?;
        }
        if !meets(arriving, &contract) && is_cheaper(arriving, &contract) {
            let mut steps = Vec::new();
            transfers(arriving, &contract, Vreg::SCRATCH.0, &mut steps);
            let mut entries = [self.asm.offset(); 2];
            self.convert(&conversion)?;
            entries[usize::from(self.entry_of(form))] = self.asm.offset();
            for step in steps {
                self.emit_transfer(step);
            }
            self.jump_to(loaded)?;
            all.push(BoundEntry {
                entries,
                contract: arriving.into(),
            });
        }
        all.insert(0, BoundEntry { entries, contract });
        Ok(all)
    }

    fn jump_to(&mut self, to: u32) -> Result<()> {
        let at = self.asm.b();
        self.bind(at, to)
    }

    /// Returns what is bound when control leaves by a direct exit.
    pub(super) fn leaving_vectors(&self, to: Location) -> Vec<Binding> {
        let mut successors = self.input.successors.iter();
        let contract = successors.find(|(location, _)| *location == to);
        let contract = contract.map(|(_, contract)| &contract[..]);
        leaving(self.vectors.bindings.all(), contract)
    }

    pub(super) fn note_bound(&mut self, bindings: &[Binding]) -> Option<Bound> {
        if bindings.is_empty() {
            return None;
        }
        self.bound.push(bindings.into());
        Some(Bound(self.bound.len() - 1))
    }

    /// Makes those bindings hold with which control leaves for `to`.
    pub(in crate::lower) fn leave_vectors_for(&mut self, to: Location) -> Option<Bound> {
        self.need_fpcr(Fpcr::Guest);
        let bindings = self.leaving_vectors(to);
        self.transfer_to(&bindings);
        self.note_bound(&bindings)
    }

    /// Returns what is bound at an exit.
    pub(in crate::lower) fn bound_bindings(&self, bound: Bound) -> Arc<[Binding]> {
        Arc::clone(&self.bound[bound.0])
    }

    /// Stores what is dirty at an exit; tells whether there is anything.
    pub(in crate::lower) fn store_bound(&mut self, bound: Bound) -> bool {
        let bindings = self.bound_bindings(bound);
        let dirty = bindings.iter().filter(|binding| binding.dirty);
        for binding in dirty.clone() {
            self.emit_transfer(Transfer::Store(*binding));
        }
        dirty.count() > 0
    }

    /// Polls in a stub that leaves with slots in registers.
    pub(in crate::lower) fn poll_bound(
        &mut self,
        to: Location,
        flags: Sources,
        bound: Option<Bound>,
    ) {
        if let Some(bound) = bound {
            let bindings = self.bound_bindings(bound);
            self.vectors.bindings.set(&bindings);
        }
        self.poll(to, flags);
        self.vectors.bindings.clear();
    }
}
