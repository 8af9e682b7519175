//! Which flags are wanted where.
//!
//! **Problem.** A back end that keeps the guest's flags in the host's must save
//! them wherever they may still be wanted, and that is dear. Most flags are
//! never wanted.
//!
//! **Approach.** For each block, the flags that somebody may read from the slot
//! before it is overwritten. A block is summarised by one forward scan that ends
//! at the first write or exposure, which comes early; the summaries are then
//! solved backwards, to a fixed point because of loops. For each value of type
//! `flags`, what its users want of it; the backward pass of the optimiser fills
//! that in.
//!
//! **Contract.** Flags that are not live into a block may hold anything there.
//! A guest that is interrupted on the edge, saved, restored and resumed cannot
//! tell, because it overwrites them before it reads them. A debugger can.

use alloc::vec::Vec;

use super::FlagSet;
use crate::guest::StateLayout;
use crate::ir::{BlockId, Inst, Target, Terminator, Unit, Value};

/// The flags wanted at the start of each block and of each value.
///
/// Reuse it: it keeps its memory from unit to unit.
#[derive(Clone, Debug, Default)]
pub struct Liveness {
    live_in: Vec<FlagSet>,
    demanded: Vec<FlagSet>,
    summaries: Vec<Summary>,
    edges: Vec<BlockId>,
}

/// What one block wants, by itself and on behalf of its successors.
#[derive(Clone, Copy, Debug, Default)]
struct Summary {
    /// Wanted by the block itself.
    own: FlagSet,
    /// The blocks reached before the slot is written, in `edges`.
    edges: (u32, u32),
}

impl Liveness {
    /// Returns the flags that may be read, from the slot as it is when `block`
    /// starts.
    ///
    /// # Panics
    ///
    /// If the analysed unit has no such block.
    #[must_use]
    pub fn live_in(&self, block: BlockId) -> FlagSet {
        self.live_in[block.index()]
    }

    /// Returns the flags that control going to `target` may read.
    #[must_use]
    pub fn live_at(&self, target: Target) -> FlagSet {
        match target {
            Target::Block(block) => self.live_in(block),
            Target::Exit(_) => FlagSet::ALL,
        }
    }

    /// Returns the flags that may be read when a block ends with `terminator`.
    #[must_use]
    pub fn live_out(&self, terminator: &Terminator) -> FlagSet {
        match terminator {
            Terminator::Jump(target) | Terminator::Call { target, .. } => self.live_at(*target),
            Terminator::Indirect { .. } | Terminator::Trap { .. } => FlagSet::ALL,
        }
    }

    /// Returns the flags that users want of `value`, which is of type `flags`.
    /// The others may be computed wrongly.
    #[must_use]
    pub fn demanded(&self, value: Value) -> FlagSet {
        self.demanded
            .get(value.index())
            .copied()
            .unwrap_or(FlagSet::ALL)
    }

    /// Assumes that every flag is wanted everywhere.
    pub fn assume_all(&mut self, unit: &Unit) {
        self.demanded.clear();
        self.live_in.clear();
        self.live_in.resize(unit.blocks.len(), FlagSet::ALL);
    }

    /// Analyses the blocks of a unit. Every value's flags count as wanted until
    /// the optimiser has found out better.
    pub fn analyse(&mut self, unit: &Unit, layout: &StateLayout) {
        self.demanded.clear();
        self.live_in.clear();
        self.live_in.resize(unit.blocks.len(), FlagSet::NONE);
        self.summaries.clear();
        self.summaries.resize(unit.blocks.len(), Summary::default());
        self.edges.clear();
        for &id in &unit.order {
            self.summaries[id.index()] = summarise(unit, id, layout, &mut self.edges);
        }
        while self.propagate(unit) {}
    }

    /// Records what users want of each value.
    pub(crate) fn set_demanded(&mut self, masks: impl Iterator<Item = FlagSet>) {
        self.demanded.clear();
        self.demanded.extend(masks);
    }

    fn propagate(&mut self, unit: &Unit) -> bool {
        let mut changed = false;
        for &id in unit.order.iter().rev() {
            let summary = self.summaries[id.index()];
            let mut live = summary.own;
            for &successor in &self.edges[summary.edges.0 as usize..summary.edges.1 as usize] {
                live |= self.live_in[successor.index()];
            }
            changed |= live != self.live_in[id.index()];
            self.live_in[id.index()] = live;
        }
        changed
    }
}

fn summarise(unit: &Unit, id: BlockId, layout: &StateLayout, edges: &mut Vec<BlockId>) -> Summary {
    let flags = layout.flags;
    let block = unit.block(id);
    let first_edge = count(edges);
    let mut own = FlagSet::NONE;
    // The value read from the slot, whose users may come after the slot is
    // overwritten.
    let mut read = None;
    let mut overwritten = false;
    // Whether they were when the guest instruction began.
    let mut overwritten_before = false;
    for index in block.insts.clone() {
        let inst = &unit.insts[index];
        match *inst {
            Inst::Get { slot } if slot == flags && !overwritten => {
                if read.is_some() {
                    own = FlagSet::ALL;
                }
                read = Some(index);
            }
            Inst::Guest { .. } => overwritten_before = overwritten,
            // The state before the guest instruction is visible if it is refused.
            Inst::Set { .. } if !overwritten_before && layout.is_refusable(&unit.insts, inst) => {
                own = FlagSet::ALL;
            }
            Inst::Set { slot, .. } if slot == flags => overwritten = true,
            Inst::ExitIf {
                target: Target::Block(to),
                ..
            } if !overwritten => edges.push(to),
            _ if !overwritten && inst.exposes_state() => own = FlagSet::ALL,
            _ => {}
        }
        if let Some(read) = read {
            own |= wanted_of(inst, read);
        }
        if own == FlagSet::ALL || (overwritten_before && read.is_none()) {
            break;
        }
    }
    if !overwritten {
        match block.terminator {
            Terminator::Jump(Target::Block(to))
            | Terminator::Call {
                target: Target::Block(to),
                ..
            } => edges.push(to),
            _ => own = FlagSet::ALL,
        }
    }
    Summary {
        own,
        edges: (first_edge, count(edges)),
    }
}

/// Returns the flags that `inst` wants of the value made at `read`.
fn wanted_of(inst: &Inst, read: usize) -> FlagSet {
    match *inst {
        Inst::Condition { flags, condition } if flags.index() == read => {
            FlagSet::of_condition(condition)
        }
        Inst::NzFlags { rest, .. } if rest.index() == read => FlagSet::CV,
        Inst::NzcFlags { rest, .. } if rest.index() == read => FlagSet::V,
        Inst::FlagsToPsr { a } | Inst::Set { value: a, .. } if a.index() == read => FlagSet::ALL,
        _ => FlagSet::NONE,
    }
}

fn count(edges: &[BlockId]) -> u32 {
    u32::try_from(edges.len()).unwrap_or(u32::MAX)
}
