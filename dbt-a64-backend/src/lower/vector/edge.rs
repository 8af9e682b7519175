//! Vector registers, and what `FPCR` holds, on the way from block to block.
//!
//! Each block has a contract ([`Contracts`](dbt_core::analysis::bindings::Contracts));
//! whoever goes there makes it hold.

use dbt_core::analysis::bindings::{Binding, Transfer, transfers};
use dbt_core::ir::{BlockId, Inst, Target};

use super::{Bound, in_context, load_from_context, store_to_context};
use crate::asm::View;
use crate::lower::float::Fpcr;
use crate::lower::{Lowering, Result};
use crate::regs::{VECTORS, Vreg};

/// Slots that a loop's head keeps in registers, at most; the rest is for values.
const MAX_KEPT: usize = 24;

/// What it takes to go somewhere on a branch that may not be taken.
#[derive(Clone, Copy, Debug)]
pub(in crate::lower) struct OnBranch {
    /// A range of the unit's transfers.
    pub(in crate::lower) transfers: (u32, u32),
    /// What is bound after them, outside of the unit.
    pub(in crate::lower) bound: Option<Bound>,
}

impl OnBranch {
    /// Tells whether there is nothing to do.
    pub(in crate::lower) const fn is_empty(&self) -> bool {
        self.transfers.0 == self.transfers.1
    }
}

impl Lowering<'_> {
    /// Begins a unit.
    pub(in crate::lower) fn prepare_vectors(&mut self) {
        let scratch = &mut *self.scratch;
        scratch.transfers.clear();
        scratch.contracts.begin(self.input.unit, VECTORS, MAX_KEPT);
        scratch.fpcr.clear();
        scratch.fpcr.resize(self.input.unit.blocks.len(), None);
    }

    /// Begins a block: makes its contract the bindings. A jump from the block
    /// before has made it hold; code for those who come from outside the unit is
    /// emitted here, before the block's label.
    pub(in crate::lower) fn begin_vectors(&mut self, id: BlockId, position: usize) -> Result<()> {
        if self.vector_loop.is_some_and(|last| position > last) {
            self.vector_loop = None;
            self.vectors.bindings.prefer(false);
        }
        let is_new = self.scratch.contracts.known(id).is_none();
        if id == BlockId::ENTRY {
            self.enter_vectors()?;
            let fpcr = self.fpcr_of(id);
            self.need_fpcr(fpcr);
        } else {
            if is_new {
                // Nobody has gone here yet.
                self.vectors.bindings.clear();
                self.fpcr = Fpcr::Guest;
            }
            self.fpcr = self.fpcr_of(id);
            let contract = self.contract(id);
            self.vectors.bindings.set(&contract);
        }
        if let Some(last) = self.scratch.contracts.loop_end(id) {
            self.vector_loop = Some(last);
            self.vectors.bindings.prefer(true);
        }
        Ok(())
    }

    fn contract(&mut self, id: BlockId) -> alloc::vec::Vec<Binding> {
        let (unit, layout) = (self.input.unit, self.input.layout);
        let now = &self.vectors.bindings;
        self.scratch.contracts.contract(unit, layout, id, now)
    }

    /// Makes the contract of a block hold before control goes there.
    pub(in crate::lower) fn jump_vectors(&mut self, to: BlockId) -> Result<()> {
        let contract = self.contract(to);
        self.move_values_out(&contract)?;
        self.transfer_to(&contract);
        let fpcr = self.fpcr_of(to);
        self.need_fpcr(fpcr);
        Ok(())
    }

    /// Returns what `FPCR` holds when a block is entered: what the first operation needs
    /// of the loop that starts there, else what it holds now.
    fn fpcr_of(&mut self, id: BlockId) -> Fpcr {
        if let Some(fpcr) = self.scratch.fpcr[id.index()] {
            return fpcr;
        }
        let contracts = &self.scratch.contracts;
        let fpcr = match contracts.loop_end(id) {
            _ if contracts.is_called(id) => Fpcr::Guest,
            Some(last) => self.fpcr_of_loop(id, last).unwrap_or(self.fpcr),
            None => self.fpcr,
        };
        self.scratch.fpcr[id.index()] = Some(fpcr);
        fpcr
    }

    fn fpcr_of_loop(&self, head: BlockId, last: usize) -> Option<Fpcr> {
        let unit = self.input.unit;
        let first = unit.order.iter().position(|id| *id == head)?;
        let blocks = unit.order.get(first..=last)?;
        let mut insts = blocks
            .iter()
            .flat_map(|id| &unit.insts[unit.block(*id).insts.clone()]);
        insts.find_map(|inst| match inst {
            Inst::Float { .. } => Some(Fpcr::Guest),
            Inst::Vector { op, .. } => Fpcr::of_vector(*op),
            _ => None,
        })
    }

    /// Returns what `FPCR` must be set to on a branch to `target`, if it must.
    pub(in crate::lower) fn branch_fpcr(&mut self, target: Target) -> Option<Fpcr> {
        let wanted = match target {
            Target::Block(id) => self.fpcr_of(id),
            Target::Exit(_) => Fpcr::Guest,
        };
        (wanted != self.fpcr).then_some(wanted)
    }

    /// Tells whether control going to `target` is part of a loop's every iteration.
    pub(in crate::lower) fn goes_back(&self, target: Target) -> bool {
        matches!(target, Target::Block(to) if self.scratch.labels[to.index()].is_some())
    }

    /// Notes what it takes to go to `target` on a branch that may not be taken: a range
    /// of transfers for a stub, and what is bound after them if that leaves the unit.
    pub(in crate::lower) fn branch_vectors(&mut self, target: Target) -> OnBranch {
        let (contract, bound) = match target {
            Target::Block(id) => (self.contract(id), None),
            Target::Exit(to) => {
                let contract = self.leaving_vectors(to);
                let bound = self.note_bound(&contract);
                (contract, bound)
            }
        };
        let start = self.transfers_end();
        self.note_transfers(&contract);
        let transfers = (start, self.transfers_end());
        OnBranch { transfers, bound }
    }

    pub(super) fn note_transfers(&mut self, wanted: &[Binding]) {
        let from = self.vectors.bindings.all();
        transfers(from, wanted, Vreg::SCRATCH.0, &mut self.scratch.transfers);
    }

    #[allow(clippy::cast_possible_truncation, reason = "units are small")]
    pub(super) fn transfers_end(&self) -> u32 {
        self.scratch.transfers.len() as u32
    }

    /// Emits what was noted.
    pub(in crate::lower) fn emit_transfers(&mut self, (start, end): (u32, u32)) {
        for index in start..end {
            let transfer = self.scratch.transfers[index as usize];
            self.emit_transfer(transfer);
        }
    }

    pub(super) fn emit_transfer(&mut self, transfer: Transfer) {
        match transfer {
            Transfer::Store(Binding {
                offset, bytes, reg, ..
            }) => {
                let (view, at) = (View::of_bytes(bytes), in_context(offset));
                store_to_context(&mut self.asm, view, Vreg(reg), at);
            }
            Transfer::Load(Binding {
                offset, bytes, reg, ..
            }) => {
                let (view, at) = (View::of_bytes(bytes), in_context(offset));
                load_from_context(&mut self.asm, view, Vreg(reg), at);
            }
            Transfer::Move { to, from, bytes } => {
                let view = View::of_bytes(bytes);
                self.asm.move_vector(view, Vreg(to), Vreg(from));
            }
        }
    }

    /// Makes `wanted` the bindings.
    pub(super) fn transfer_to(&mut self, wanted: &[Binding]) {
        let start = self.transfers_end();
        self.note_transfers(wanted);
        self.emit_transfers((start, self.transfers_end()));
        self.scratch.transfers.truncate(start as usize);
        self.vectors.bindings.set(wanted);
    }

    /// Moves values that are needed after this instruction out of registers that are
    /// about to hold something else.
    fn move_values_out(&mut self, wanted: &[Binding]) -> Result<()> {
        for binding in wanted {
            let now = self.vectors.bindings.find(binding.offset, binding.bytes);
            if now != Some(binding.reg) {
                self.spill_vector(Vreg(binding.reg))?;
            }
        }
        Ok(())
    }
}
