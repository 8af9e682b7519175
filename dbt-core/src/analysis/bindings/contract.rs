//! Bindings on the way from block to block.
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

use super::{Binding, Bindings};
use crate::guest::StateLayout;
use crate::ir::{BlockId, Inst, Target, Terminator, Unit};

/// One step from a set of bindings to another. None of them changes flags.
#[derive(Clone, Copy, Debug)]
pub enum Transfer {
    /// Stores the register to the slot.
    Store(Binding),
    /// Loads the register from the slot.
    Load(Binding),
    /// Copies a register.
    Move {
        /// Where to.
        to: u8,
        /// Where from.
        from: u8,
        /// How many bytes count.
        bytes: u32,
    },
}

/// A slot that a loop uses.
#[derive(Clone, Copy, Debug)]
struct Used {
    offset: u32,
    bytes: u32,
    /// Whether the loop reads what was there before it.
    read_first: bool,
    written: bool,
    count: u32,
}

impl Used {
    const fn binding(&self, reg: u8) -> Binding {
        Binding {
            offset: self.offset,
            bytes: self.bytes,
            reg,
            dirty: self.written,
        }
    }
}

/// The bindings with which each block of a unit is entered.
#[derive(Clone, Debug, Default)]
pub struct Contracts {
    /// The contract of each block, once it is known.
    of: Vec<Option<Vec<Binding>>>,
    /// For each block that is a loop's head, the position of the loop's last block
    /// in the order.
    ends: Vec<Option<usize>>,
    /// Blocks that are entered from elsewhere too: they start with nothing in
    /// registers.
    called: Vec<bool>,
    used: Vec<Used>,
    /// Registers that may be bound: so many from number zero on.
    pub(super) registers: u8,
    /// Slots that a loop's head keeps in registers, at most; the rest is for values.
    pub(super) kept: usize,
}

impl Contracts {
    /// Begins a unit. Bindings use the first `registers` registers, and of these a
    /// loop's head at most `kept`.
    pub fn begin(&mut self, unit: &Unit, registers: u8, kept: usize) {
        (self.registers, self.kept) = (registers, kept);
        self.of.clear();
        self.of.resize(unit.blocks.len(), None);
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

    /// Returns the position of the last block of the loop that starts at a block.
    #[must_use]
    pub fn loop_end(&self, id: BlockId) -> Option<usize> {
        self.ends[id.index()]
    }

    /// Tells whether a block is called, and so entered with nothing in registers.
    #[must_use]
    pub fn is_called(&self, id: BlockId) -> bool {
        self.called[id.index()]
    }

    /// Returns the contract of a block, if there is one yet.
    #[must_use]
    pub fn known(&self, id: BlockId) -> Option<&[Binding]> {
        self.of.get(id.index())?.as_deref()
    }

    /// Returns the contract of a block, which is made if there is none yet: from
    /// what the loop uses that starts there, else from the bindings of now.
    pub fn contract(
        &mut self,
        unit: &Unit,
        layout: &StateLayout,
        id: BlockId,
        now: &Bindings,
    ) -> Vec<Binding> {
        if let Some(contract) = &self.of[id.index()] {
            return contract.clone();
        }
        let mut contract = Vec::new();
        if self.called[id.index()] {
            // Nothing is in registers.
        } else if self.ends[id.index()].is_some() {
            contract = self.of_loop(unit, layout, id, now);
        } else {
            let mut taken = 0_u32;
            for binding in now.all() {
                // Other edges may have different values in slots that are copies.
                if taken & 1 << binding.reg == 0 {
                    taken |= 1 << binding.reg;
                    contract.push(*binding);
                }
            }
        }
        self.of[id.index()] = Some(contract.clone());
        contract
    }

    /// Makes these the contract of a block.
    pub(super) fn decide(&mut self, id: BlockId, contract: &[Binding]) {
        self.of[id.index()] = Some(contract.to_vec());
    }

    /// Chooses registers for the slots that a loop uses.
    fn of_loop(
        &mut self,
        unit: &Unit,
        layout: &StateLayout,
        id: BlockId,
        now: &Bindings,
    ) -> Vec<Binding> {
        self.find_uses(unit, layout, id);
        let mut wanted: Vec<Binding> = Vec::new();
        let mut taken = 0_u32;
        // Registers of slots that are in registers already stay.
        for used in &self.used {
            if let Some(reg) = now.find(used.offset, used.bytes)
                && taken & 1 << reg == 0
            {
                taken |= 1 << reg;
                wanted.push(used.binding(reg));
            }
        }
        for used in &self.used {
            let known = wanted.iter().any(|known| known.is(used.offset, used.bytes));
            let free = || (0..self.registers).find(|reg| taken & 1 << reg == 0);
            if !known && let Some(reg) = free() {
                taken |= 1 << reg;
                wanted.push(used.binding(reg));
            }
        }
        // What a loop around this one wants stays where it is, if there is room.
        for binding in now.all() {
            let mut around = now.preferred().iter();
            let free = taken & 1 << binding.reg == 0 && wanted.len() < self.kept;
            if free
                && around.any(|outer| outer.is(binding.offset, binding.bytes))
                && !wanted
                    .iter()
                    .any(|known| known.overlaps(binding.offset, binding.bytes))
            {
                taken |= 1 << binding.reg;
                wanted.push(*binding);
            }
        }
        // A slot that is dirty already stays so, rather than being stored.
        for wanted in &mut wanted {
            let mut bindings = now.all().iter();
            wanted.dirty |= bindings.any(|now| now.dirty && now.is(wanted.offset, wanted.bytes));
        }
        wanted
    }

    /// Finds the slots that the loop from `head` on uses, those first that are
    /// worth most. Nothing if it calls functions that use any slot.
    fn find_uses(&mut self, unit: &Unit, layout: &StateLayout, head: BlockId) {
        self.used.clear();
        let first = unit.order.iter().position(|id| *id == head);
        let (Some(first), Some(last)) = (first, self.ends[head.index()]) else {
            return;
        };
        for id in &unit.order[first..=last] {
            let block = unit.block(*id);
            for inst in &unit.insts[block.insts.clone()] {
                let (slot, writes) = match inst {
                    Inst::Get { slot } => (*slot, false),
                    Inst::Set { slot, .. } => (*slot, true),
                    Inst::Call { .. } => {
                        self.used.clear();
                        return;
                    }
                    _ => continue,
                };
                let info = layout.slot(slot);
                if info.ty.is_vector() {
                    self.note(info.offset, info.bytes(), writes);
                }
            }
            if matches!(block.terminator, Terminator::Call { .. }) {
                self.used.clear();
                return;
            }
        }
        self.used
            .sort_by_key(|used| (!used.read_first, core::cmp::Reverse(used.count)));
        // Of slots that overlap, the most valuable is kept.
        let mut kept = 0;
        for position in 0..self.used.len() {
            let used = self.used[position];
            let overlaps = self.used[..kept]
                .iter()
                .any(|other| other.binding(0).overlaps(used.offset, used.bytes));
            if !overlaps && kept < self.kept {
                self.used[kept] = used;
                kept += 1;
            }
        }
        self.used.truncate(kept);
    }

    fn note(&mut self, offset: u32, bytes: u32, writes: bool) {
        let mut known = self.used.iter_mut();
        if let Some(used) = known.find(|used| used.offset == offset && used.bytes == bytes) {
            used.written |= writes;
            used.count += 1;
        } else {
            self.used.push(Used {
                offset,
                bytes,
                read_first: !writes,
                written: writes,
                count: 1,
            });
        }
    }
}

/// Appends the steps from bindings to others. Cycles of moves go through the
/// register `scratch`, which is never bound.
pub fn transfers(from: &[Binding], to: &[Binding], scratch: u8, steps: &mut Vec<Transfer>) {
    let same = |a: &Binding, b: &Binding| a.is(b.offset, b.bytes);
    for binding in from {
        let stays_dirty = to
            .iter()
            .any(|wanted| same(binding, wanted) && wanted.dirty);
        if binding.dirty && !stays_dirty {
            steps.push(Transfer::Store(*binding));
        }
    }
    let mut moves: Vec<(u8, u8, u32)> = Vec::new();
    for wanted in to {
        if let Some(now) = from.iter().find(|now| same(now, wanted))
            && now.reg != wanted.reg
        {
            moves.push((wanted.reg, now.reg, wanted.bytes));
        }
    }
    while !moves.is_empty() {
        let ready = moves
            .iter()
            .position(|(to, ..)| moves.iter().all(|(_, from, _)| from != to));
        if let Some(index) = ready {
            let (to, from, bytes) = moves.swap_remove(index);
            steps.push(Transfer::Move { to, from, bytes });
        } else {
            // A cycle: its first source goes through the scratch register.
            let (_, from, _) = moves[0];
            let all = moves.iter().filter(|(_, source, _)| *source == from);
            let bytes = all.map(|(.., bytes)| *bytes).max().unwrap_or(0);
            steps.push(Transfer::Move {
                to: scratch,
                from,
                bytes,
            });
            for (_, source, _) in &mut moves {
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
