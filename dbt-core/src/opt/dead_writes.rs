//! Dead-write elimination: a write that is overwritten before anybody can see it
//! is removed.

use alloc::vec::Vec;

use super::slots::SlotTable;
use crate::ir::Slot;

/// The slots that are overwritten later in the block, at one point of the
/// backward walk.
#[derive(Clone, Debug)]
pub(super) struct DeadWrites {
    /// The epoch in which the slot is overwritten.
    overwritten: Vec<u32>,
    epoch: u32,
}

impl DeadWrites {
    pub(super) fn new(slots: usize) -> Self {
        Self {
            overwritten: alloc::vec![0; slots],
            epoch: 1,
        }
    }

    /// All slots are visible here: at the end of a block, or where it may fault
    /// or be left.
    pub(super) fn expose(&mut self) {
        if self.epoch == u32::MAX {
            self.overwritten.fill(0);
            self.epoch = 0;
        }
        self.epoch += 1;
    }

    /// Records a read.
    #[inline]
    pub(super) fn read(&mut self, slot: Slot, slots: &SlotTable) {
        self.overwritten[slot.index()] = 0;
        for other in slots.overlapping(slot) {
            self.overwritten[other.index()] = 0;
        }
    }

    /// Records a write and tells whether it is seen.
    #[inline]
    pub(super) fn write(&mut self, slot: Slot, slots: &SlotTable) -> bool {
        if self.overwritten[slot.index()] == self.epoch {
            return false;
        }
        self.overwritten[slot.index()] = self.epoch;
        for other in slots.covered(slot) {
            self.overwritten[other.index()] = self.epoch;
        }
        true
    }
}
