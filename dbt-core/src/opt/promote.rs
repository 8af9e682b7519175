//! Slot promotion: inside a block, guest registers become SSA values.
//!
//! After a read or a write of a slot its value is known until the slot, or one
//! that overlaps it, is written again, or a helper is called. A read of a known
//! slot is the known value; a write of the known value is nothing.

use super::slots::SlotTable;
use crate::ir::{Slot, Value};

use alloc::vec::Vec;

/// What is known of the slots at one point of the forward walk.
#[derive(Clone, Debug)]
pub(super) struct Promoter {
    known: Vec<Known>,
    /// Facts of earlier epochs are forgotten.
    epoch: u32,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    epoch: u32,
    value: Value,
}

impl Known {
    const NOTHING: Self = Self {
        epoch: 0,
        value: Value(0),
    };
}

impl Promoter {
    pub(super) fn new(slots: usize) -> Self {
        Self {
            known: alloc::vec![Known::NOTHING; slots],
            epoch: 1,
        }
    }

    /// Forgets everything: at the start of a block, or after a helper.
    pub(super) fn forget_all(&mut self) {
        if self.epoch == u32::MAX {
            self.known.fill(Known::NOTHING);
            self.epoch = 0;
        }
        self.epoch += 1;
    }

    /// Forgets one slot, which something else has written.
    pub(super) fn forget(&mut self, slot: Slot, slots: &SlotTable) {
        self.known[slot.index()] = Known::NOTHING;
        for other in slots.overlapping(slot) {
            self.known[other.index()] = Known::NOTHING;
        }
    }

    /// Returns the value that `slot` holds, if it is known.
    #[inline]
    pub(super) fn known(&self, slot: Slot) -> Option<Value> {
        let known = self.known[slot.index()];
        (known.epoch == self.epoch).then_some(known.value)
    }

    /// Records that `slot` was read as `value`.
    #[inline]
    pub(super) fn learn(&mut self, slot: Slot, value: Value) {
        self.known[slot.index()] = Known {
            epoch: self.epoch,
            value,
        };
    }

    /// Records that `value` was written to `slot`.
    #[inline]
    pub(super) fn write(&mut self, slot: Slot, value: Value, slots: &SlotTable) {
        for other in slots.overlapping(slot) {
            self.known[other.index()] = Known::NOTHING;
        }
        self.learn(slot, value);
    }
}
