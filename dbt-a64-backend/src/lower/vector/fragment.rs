//! Vector registers on the way from fragment to fragment.
//!
//! # Emitted-code contract
//!
//! A fragment's entries expect nothing in vector registers: what the first block expects
//! is loaded there. Behind these loads the fragment can be entered by direct exits that
//! have it in registers already ([`BoundEntry`]). If what arrives differs, an entry of its
//! own makes the one into the other, and the plain ones lie out of line.
//!
//! A direct exit with bound slots jumps before it stores the dirty ones. Unlinked, that
//! jump leads to the stores, and on to the jump that is linked to plain entries.
//!
//! Calls, returns and indirect branches leave with nothing bound, since nobody knows where
//! they lead. In the detour no exit is linked, so all is stored there.

use alloc::sync::Arc;
use alloc::vec::Vec;

use dbt_core::analysis::bindings::{Binding, Transfer, is_cheaper, leaving, meets};
use dbt_core::host::BoundEntry;
use dbt_core::ir::BlockId;
use dbt_core::location::Location;

use super::Fpcr;
use crate::flags::Sources;
use crate::lower::{Lowering, Result};

/// What is bound at a direct exit: its place in a list of such lists.
#[derive(Clone, Copy, Debug)]
pub(in crate::lower) struct Bound(usize);

/// The code before the unit's first block, from which it falls through.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::lower) struct Arrival {
    /// By which entries it is reached.
    entries: [u32; 2],
    /// Whether those enter there from whose exit the unit is compiled.
    is_bound: bool,
    /// The code behind.
    ready: u32,
}

impl Lowering<'_> {
    /// Makes hold what the unit's first block expects, for those who have nothing in
    /// registers; or what arrives, if that is not what is expected.
    pub(super) fn enter_vectors(&mut self) -> Result<()> {
        let input = self.input;
        let (arriving, successors) = (input.arriving, input.successors);
        let contracts = &mut self.scratch.contracts;
        let contract = contracts.enter(input.unit, input.layout, arriving, successors);
        let is_bound = !meets(arriving, &contract) && is_cheaper(arriving, &contract);
        self.arrival.is_bound = is_bound;
        self.arrival.entries = self.enter_with_flags(!is_bound)?;
        let now = if is_bound { arriving } else { &[] };
        self.vectors.bindings.set(now);
        self.transfer_to(&contract);
        self.arrival.ready = self.asm.offset();
        // A loop of several fragments is closed by a branch backwards.
        let here = input.unit.block(BlockId::ENTRY).location;
        let is_back = |to: Location| here.is_some_and(|here| to.pc_bits() <= here.pc_bits());
        let back = successors.iter().find(|(to, _)| is_back(*to));
        let around = back.or(successors.first());
        let around = around.map_or(&contract[..], |(_, contract)| contract);
        self.vectors.bindings.prefer_around(around);
        Ok(())
    }

    /// Emits the other entries. Returns those for who has nothing in registers, and the
    /// bound ones.
    pub(in crate::lower) fn entries(&mut self) -> Result<([u32; 2], Vec<BoundEntry>)> {
        let Arrival {
            entries,
            is_bound,
            ready,
        } = self.arrival;
        let contract = self.scratch.contracts.known(BlockId::ENTRY).unwrap_or(&[]);
        let contract: Arc<[Binding]> = contract.into();
        if contract.is_empty() {
            return Ok((entries, Vec::new()));
        }
        let start = self.asm.offset();
        // Whoever has the flags as expected needs none of this.
        let with_flags = self.enter_with_flags(false)?;
        let converts = self.asm.offset() != start;
        if converts {
            self.jump_to(ready)?;
        }
        let ready_entries = with_flags.map(|entry| match converts && entry == start {
            true => start,
            false => ready,
        });
        let mut bound = alloc::vec![BoundEntry {
            entries: ready_entries,
            contract: Arc::clone(&contract),
        }];
        if !is_bound {
            return Ok((entries, bound));
        }
        bound.push(BoundEntry {
            entries,
            contract: self.input.arriving.into(),
        });
        let plain = self.enter_with_flags(true)?;
        self.vectors.bindings.clear();
        self.transfer_to(&contract);
        self.jump_to(ready)?;
        Ok((plain, bound))
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
