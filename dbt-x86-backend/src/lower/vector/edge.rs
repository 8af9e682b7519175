//! Vector registers on the way from block to block: see
//! [`Contracts`](dbt_core::analysis::bindings::Contracts).

use alloc::vec::Vec;

use dbt_core::analysis::bindings::{Binding, Transfer, transfers};
use dbt_core::ir::{BlockId, Target};

use super::{place_of, store_binding, width_of};
use crate::lower::{Lowering, Result};
use crate::regs::Xmm;

impl Lowering<'_> {
    /// Begins a block: makes its contract the bindings. A jump from the block
    /// before has made it hold; code for those who come from outside the unit is
    /// emitted here, before the block's label.
    pub(in crate::lower) fn begin_vectors(&mut self, id: BlockId, position: usize) {
        self.vectors.clean = 0;
        if self.vector_loop.is_some_and(|last| position > last) {
            self.vector_loop = None;
            self.vectors.bindings.prefer(false);
        }
        if id == BlockId::ENTRY {
            let contract = self.contract(id);
            self.transfer_to(&contract);
        } else {
            if self.scratch.contracts.known(id).is_none() {
                // Nobody has gone here yet.
                self.vectors.bindings.clear();
            }
            let contract = self.contract(id);
            self.vectors.bindings.set(&contract);
        }
        if let Some(last) = self.scratch.contracts.loop_end(id) {
            self.vector_loop = Some(last);
            self.vectors.bindings.prefer(true);
        }
    }

    fn contract(&mut self, id: BlockId) -> Vec<Binding> {
        let (unit, layout) = (self.input.unit, self.input.layout);
        let now = &self.vectors.bindings;
        self.scratch.contracts.contract(unit, layout, id, now)
    }

    /// Makes the contract of a block hold before control goes there.
    pub(in crate::lower) fn jump_vectors(&mut self, to: BlockId) -> Result<()> {
        let contract = self.contract(to);
        self.move_values_out(&contract)?;
        self.transfer_to(&contract);
        Ok(())
    }

    /// Tells whether control going to `target` is part of a loop's every iteration.
    pub(in crate::lower) fn goes_back(&self, target: Target) -> bool {
        matches!(target, Target::Block(to) if self.scratch.labels[to.index()].is_some())
    }

    /// Notes what it takes to make the contract of a block hold on a branch there
    /// that may not be taken: a range of transfers for a stub.
    pub(in crate::lower) fn branch_vectors(&mut self, to: BlockId) -> (u32, u32) {
        let contract = self.contract(to);
        let start = self.transfers_end();
        let mut steps = core::mem::take(&mut self.scratch.transfers);
        transfers(
            self.vectors.bindings.all(),
            &contract,
            Xmm::SCRATCH.0,
            &mut steps,
        );
        self.scratch.transfers = steps;
        (start, self.transfers_end())
    }

    /// Notes what it takes to leave the unit on a branch that may not be taken.
    pub(in crate::lower) fn exit_vectors(&mut self) -> (u32, u32) {
        let start = self.transfers_end();
        let dirty = self
            .vectors
            .bindings
            .all()
            .iter()
            .filter(|binding| binding.dirty);
        let stores = dirty.copied().map(Transfer::Store);
        self.scratch.transfers.extend(stores);
        (start, self.transfers_end())
    }

    #[allow(clippy::cast_possible_truncation, reason = "units are small")]
    fn transfers_end(&self) -> u32 {
        self.scratch.transfers.len() as u32
    }

    /// Emits what was noted.
    pub(in crate::lower) fn emit_transfers(&mut self, (start, end): (u32, u32)) {
        for index in start..end {
            let transfer = self.scratch.transfers[index as usize];
            self.emit_transfer(transfer);
        }
    }

    fn emit_transfer(&mut self, transfer: Transfer) {
        match transfer {
            Transfer::Store(binding) => store_binding(&mut self.asm, &binding),
            Transfer::Load(binding) => {
                let xmm = Xmm(binding.reg);
                self.asm
                    .load_vector(width_of(&binding), xmm, place_of(&binding));
            }
            Transfer::Move { to, from, .. } => self.asm.move_vector(Xmm(to), Xmm(from)),
        }
    }

    /// Makes `wanted` the bindings.
    fn transfer_to(&mut self, wanted: &[Binding]) {
        let start = self.transfers_end();
        let mut steps = core::mem::take(&mut self.scratch.transfers);
        transfers(
            self.vectors.bindings.all(),
            wanted,
            Xmm::SCRATCH.0,
            &mut steps,
        );
        self.scratch.transfers = steps;
        self.emit_transfers((start, self.transfers_end()));
        self.scratch.transfers.truncate(start as usize);
        self.vectors.bindings.set(wanted);
    }

    /// Spills values that are needed after this instruction and lie in registers
    /// that are about to hold something else.
    fn move_values_out(&mut self, wanted: &[Binding]) -> Result<()> {
        for binding in wanted {
            let now = self.vectors.bindings.find(binding.offset, binding.bytes);
            if now != Some(binding.reg) {
                self.spill_values(Xmm(binding.reg))?;
            }
        }
        Ok(())
    }
}
