//! Vector registers on the way from block to block.
//!
//! **Problem.** If dirty slots were stored at the end of each block, the variables
//! of a loop would go through memory in each iteration.
//!
//! **Approach.** Each block has a *contract*: the bindings with which it is
//! entered. Whoever goes there makes it hold, by stores, moves and loads. The
//! first edge to a block makes the contract from what it has. A loop's head is
//! reached from before the loop first, and makes its own: the slots that the
//! loop uses, those written in the loop being dirty.
//!
//! **Rejected.** Fixed registers for slots within a unit: straight code would pay
//! for moves, and there are more slots than registers.

use alloc::vec::Vec;

use dbt_core::guest::StateLayout;
use dbt_core::ir::{BlockId, Inst, Target, Terminator, Unit, VectorWidth};

use super::{Binding, bytes};
use crate::asm::Rm;
use crate::lower::{Lowering, Result};
use crate::regs::{VECTORS, Xmm};
use crate::runtime::slot_offset;

/// Slots that a loop's head keeps in registers, at most; the rest is for values.
const MAX_KEPT: usize = 11;

/// The bindings with which a block is entered, once they are known.
pub(in crate::lower) type Contract = Option<Vec<Binding>>;

/// One step from a set of bindings to another.
#[derive(Clone, Copy, Debug)]
pub(in crate::lower) enum Transfer {
    Store(Binding),
    Load(Binding),
    Move { to: Xmm, from: Xmm },
}

/// A slot that a loop uses.
#[derive(Clone, Copy, Debug)]
struct Used {
    offset: i32,
    width: VectorWidth,
    /// Whether the loop reads what was there before it.
    read_first: bool,
    written: bool,
    count: u32,
}

/// What is known of a unit's loops.
#[derive(Clone, Debug, Default)]
pub(in crate::lower) struct Loops {
    /// For each block that is a loop's head, the position of the loop's last block
    /// in the order.
    ends: Vec<Option<usize>>,
    /// Blocks that are called: they start with nothing in registers.
    called: Vec<bool>,
    used: Vec<Used>,
}

impl Loops {
    /// Finds the loops of a unit.
    pub(in crate::lower) fn find(&mut self, unit: &Unit) {
        self.ends.clear();
        self.ends.resize(unit.blocks.len(), None);
        self.called.clear();
        self.called.resize(unit.blocks.len(), false);
        let mut begun = alloc::vec![false; unit.blocks.len()];
        for (position, id) in unit.order.iter().enumerate() {
            begun[id.index()] = true;
            let ends = &mut self.ends;
            let mut visit = |target: Target| {
                if let Target::Block(head) = target
                    && begun[head.index()]
                {
                    ends[head.index()] = Some(position);
                }
            };
            let block = unit.block(*id);
            for inst in &unit.insts[block.insts.clone()] {
                if let Inst::ExitIf { target, .. } = inst {
                    visit(*target);
                }
            }
            match block.terminator {
                Terminator::Jump(target) => visit(target),
                Terminator::Call {
                    target: Target::Block(callee),
                    ..
                } => self.called[callee.index()] = true,
                _ => {}
            }
        }
    }

    /// Finds the slots that the loop from `head` on uses, those first that are
    /// worth most. Nothing if it calls functions that use any slot.
    fn uses(&mut self, unit: &Unit, layout: &StateLayout, head: BlockId) -> &[Used] {
        self.used.clear();
        let first = unit.order.iter().position(|id| *id == head);
        let (Some(first), Some(last)) = (first, self.ends[head.index()]) else {
            return &[];
        };
        for id in &unit.order[first..=last] {
            let block = unit.block(*id);
            for inst in &unit.insts[block.insts.clone()] {
                let (slot, writes) = match inst {
                    Inst::Get { slot } => (*slot, false),
                    Inst::Set { slot, .. } => (*slot, true),
                    Inst::Call { .. } => {
                        self.used.clear();
                        return &[];
                    }
                    _ => continue,
                };
                let Some(width) = VectorWidth::of(layout.slot(slot).ty) else {
                    continue;
                };
                let offset = slot_offset(layout, slot);
                let known = self
                    .used
                    .iter_mut()
                    .find(|used| used.offset == offset && used.width == width);
                if let Some(used) = known {
                    used.written |= writes;
                    used.count += 1;
                } else {
                    self.used.push(Used {
                        offset,
                        width,
                        read_first: !writes,
                        written: writes,
                        count: 1,
                    });
                }
            }
            if matches!(block.terminator, Terminator::Call { .. }) {
                self.used.clear();
                return &[];
            }
        }
        self.used
            .sort_by_key(|used| (!used.read_first, core::cmp::Reverse(used.count)));
        // Of slots that overlap, the most valuable is kept.
        let mut kept = 0;
        for position in 0..self.used.len() {
            let used = self.used[position];
            let overlaps = self.used[..kept].iter().any(|other| {
                other.offset < used.offset + bytes(used.width)
                    && used.offset < other.offset + bytes(other.width)
            });
            if !overlaps && kept < MAX_KEPT {
                self.used[kept] = used;
                kept += 1;
            }
        }
        self.used.truncate(kept);
        &self.used
    }
}

impl Lowering<'_> {
    /// Begins a block: makes its contract the bindings. A jump from the block
    /// before has made it hold; code for those who come from outside the unit is
    /// emitted here, before the block's label.
    pub(in crate::lower) fn begin_vectors(&mut self, id: BlockId, position: usize) {
        self.vectors.clean = 0;
        if self.vector_loop.is_some_and(|last| position > last) {
            self.vector_loop = None;
            self.vectors.preferred.clear();
        }
        if id == BlockId::ENTRY {
            let contract = self.contract(id);
            self.transfer_to(&contract);
        } else {
            if self.scratch.contracts[id.index()].is_none() {
                // Nobody has gone here yet.
                self.vectors.clear();
            }
            let contract = self.contract(id);
            self.vectors.set(&contract);
        }
        if let Some(last) = self.scratch.loops.ends[id.index()] {
            self.vector_loop = Some(last);
            let vectors = &mut self.vectors;
            vectors.preferred.clear();
            vectors.preferred.extend_from_slice(&vectors.bindings);
        }
    }

    /// Returns the contract of a block, which is made if there is none yet: from
    /// what the loop uses that starts there, else from the bindings of now.
    fn contract(&mut self, id: BlockId) -> Vec<Binding> {
        if let Some(contract) = &self.scratch.contracts[id.index()] {
            return contract.clone();
        }
        let mut contract = Vec::new();
        let loops = &self.scratch.loops;
        if loops.called[id.index()] {
            // Nothing is in registers.
        } else if loops.ends[id.index()].is_some() {
            contract = self.loop_contract(id);
        } else {
            let mut taken = 0_u16;
            for binding in &self.vectors.bindings {
                // Other edges may have different values in slots that are copies.
                if taken & 1 << binding.xmm.0 == 0 {
                    taken |= 1 << binding.xmm.0;
                    contract.push(*binding);
                }
            }
        }
        self.scratch.contracts[id.index()] = Some(contract.clone());
        contract
    }

    /// Chooses registers for the slots that a loop uses.
    fn loop_contract(&mut self, id: BlockId) -> Vec<Binding> {
        let mut loops = core::mem::take(&mut self.scratch.loops);
        let used = loops.uses(self.input.unit, self.input.layout, id);
        let mut wanted: Vec<Binding> = Vec::new();
        let mut taken = 0_u16;
        // Registers of slots that are in registers already stay.
        for used in used {
            if let Some(xmm) = self.vectors.find(used.offset, used.width)
                && taken & 1 << xmm.0 == 0
            {
                taken |= 1 << xmm.0;
                wanted.push(used.binding(xmm));
            }
        }
        for used in used {
            let known = wanted.iter().any(|known| known.is(used.offset, used.width));
            let free = || (0..VECTORS).map(Xmm).find(|xmm| taken & 1 << xmm.0 == 0);
            if !known && let Some(xmm) = free() {
                taken |= 1 << xmm.0;
                wanted.push(used.binding(xmm));
            }
        }
        // What a loop around this one wants stays where it is, if there is room.
        for binding in &self.vectors.bindings {
            let mut around = self.vectors.preferred.iter();
            let free = taken & 1 << binding.xmm.0 == 0 && wanted.len() < MAX_KEPT;
            if free
                && around.any(|outer| outer.is(binding.offset, binding.width))
                && !wanted
                    .iter()
                    .any(|known| known.overlaps(binding.offset, binding.width))
            {
                taken |= 1 << binding.xmm.0;
                wanted.push(*binding);
            }
        }
        // A slot that is dirty already stays so, rather than being stored.
        for wanted in &mut wanted {
            let mut bindings = self.vectors.bindings.iter();
            wanted.dirty |= bindings.any(|now| now.dirty && now.is(wanted.offset, wanted.width));
        }
        self.scratch.loops = loops;
        wanted
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
        transfers(&self.vectors.bindings, &contract, &mut steps);
        self.scratch.transfers = steps;
        (start, self.transfers_end())
    }

    /// Notes what it takes to leave the unit on a branch that may not be taken.
    pub(in crate::lower) fn exit_vectors(&mut self) -> (u32, u32) {
        let start = self.transfers_end();
        let dirty = self.vectors.bindings.iter().filter(|binding| binding.dirty);
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
            Transfer::Store(binding) => {
                let place = Rm::State(binding.offset);
                self.asm.store_vector(binding.width, place, binding.xmm);
            }
            Transfer::Load(binding) => {
                let place = Rm::State(binding.offset);
                self.asm.load_vector(binding.width, binding.xmm, place);
            }
            Transfer::Move { to, from } => self.asm.move_vector(to, from),
        }
    }

    /// Makes `wanted` the bindings.
    fn transfer_to(&mut self, wanted: &[Binding]) {
        let start = self.transfers_end();
        let mut steps = core::mem::take(&mut self.scratch.transfers);
        transfers(&self.vectors.bindings, wanted, &mut steps);
        self.scratch.transfers = steps;
        self.emit_transfers((start, self.transfers_end()));
        self.scratch.transfers.truncate(start as usize);
        self.vectors.set(wanted);
    }

    /// Spills values that are needed after this instruction and lie in registers
    /// that are about to hold something else.
    fn move_values_out(&mut self, wanted: &[Binding]) -> Result<()> {
        for binding in wanted {
            let stays = self.vectors.find(binding.offset, binding.width) == Some(binding.xmm);
            if !stays {
                self.spill_values(binding.xmm)?;
            }
        }
        Ok(())
    }
}

impl Used {
    const fn binding(&self, xmm: Xmm) -> Binding {
        Binding {
            offset: self.offset,
            width: self.width,
            xmm,
            dirty: self.written,
        }
    }
}

/// Appends the steps from bindings to others. None of them changes flags.
fn transfers(from: &[Binding], to: &[Binding], steps: &mut Vec<Transfer>) {
    let same = |a: &Binding, b: &Binding| a.is(b.offset, b.width);
    for binding in from {
        let stays_dirty = to
            .iter()
            .any(|wanted| same(binding, wanted) && wanted.dirty);
        if binding.dirty && !stays_dirty {
            steps.push(Transfer::Store(*binding));
        }
    }
    let mut moves: Vec<(Xmm, Xmm)> = Vec::new();
    for wanted in to {
        if let Some(now) = from.iter().find(|now| same(now, wanted))
            && now.xmm != wanted.xmm
        {
            moves.push((wanted.xmm, now.xmm));
        }
    }
    while !moves.is_empty() {
        let ready = moves
            .iter()
            .position(|(to, _)| moves.iter().all(|(_, from)| from != to));
        if let Some(index) = ready {
            let (to, from) = moves.swap_remove(index);
            steps.push(Transfer::Move { to, from });
        } else {
            // A cycle: its first source goes through the scratch register.
            let (_, from) = moves[0];
            let scratch = Xmm::SCRATCH;
            steps.push(Transfer::Move { to: scratch, from });
            for (_, source) in &mut moves {
                if *source == from {
                    *source = scratch;
                }
            }
        }
    }
    for wanted in to {
        if !from.iter().any(|now| same(now, wanted)) {
            steps.push(Transfer::Load(*wanted));
        }
    }
}
