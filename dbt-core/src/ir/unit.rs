//! Units and blocks.

use alloc::vec::Vec;
use core::ops::Range;

use super::inst::{BlockId, Inst, Target, Value};
use super::terminator::Terminator;
use super::ty::Ty;
use crate::guest::StateLayout;
use crate::location::Location;

/// What is translated at a time: extended basic blocks of guest code, entered
/// at the first and left through exits.
///
/// An extended block has one entry and may be left at several points
/// ([`Inst::ExitIf`]), so it is straight code for every pass and back end.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// The instructions of all blocks, block after block.
    pub insts: Vec<Inst>,
    /// The blocks; the first is the entry.
    pub blocks: Vec<Block>,
    /// The blocks in the order of their code.
    pub order: Vec<BlockId>,
    /// Number of guest instructions lifted into the unit.
    pub guest_insts: u32,
    /// The guest bytes that the unit was made from: addresses as fetched.
    pub source: Vec<Range<u64>>,
}

/// An extended basic block.
#[derive(Clone, Debug)]
pub struct Block {
    /// Where the block starts in the guest, if it starts with an instruction. In a
    /// block without it, what may fault comes behind a [`Guest`](super::Inst::Guest).
    pub location: Option<Location>,
    /// Its instructions, as a range of [`Unit::insts`].
    pub insts: Range<usize>,
    /// How it ends.
    pub terminator: Terminator,
}

impl Unit {
    /// Empties the unit and keeps its memory.
    pub fn clear(&mut self) {
        self.insts.clear();
        self.blocks.clear();
        self.order.clear();
        self.guest_insts = 0;
        self.source.clear();
    }

    /// Returns a block.
    ///
    /// # Panics
    ///
    /// If there is no such block.
    #[must_use]
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.index()]
    }

    /// Returns where control may go from its blocks without a call, in no order.
    pub fn targets(&self) -> impl Iterator<Item = Target> {
        let conditional = self.insts.iter().filter_map(|inst| match inst {
            Inst::ExitIf { target, .. } => Some(*target),
            _ => None,
        });
        let last = self
            .blocks
            .iter()
            .filter_map(|block| match block.terminator {
                Terminator::Jump(target) => Some(target),
                _ => None,
            });
        conditional.chain(last)
    }

    /// Returns the instruction that makes `value`.
    ///
    /// # Panics
    ///
    /// If there is no such value.
    #[must_use]
    pub fn inst(&self, value: Value) -> &Inst {
        &self.insts[value.index()]
    }

    /// Returns the constant that `value` is, if it is one.
    #[must_use]
    pub fn constant(&self, value: Value) -> Option<u64> {
        match self.inst(value) {
            Inst::Const { bits, .. } => Some(*bits),
            _ => None,
        }
    }

    /// Returns the type of the value that an instruction makes, or `None` if it
    /// makes none.
    #[must_use]
    pub fn ty(&self, value: Value, layout: &StateLayout) -> Option<Ty> {
        self.inst(value).ty(|slot| layout.slot(slot).ty)
    }
}
