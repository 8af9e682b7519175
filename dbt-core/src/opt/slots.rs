//! Which slots share bytes, looked up once per layout.

use alloc::vec::Vec;

use crate::guest::{SlotInfo, StateLayout};
use crate::ir::Slot;

/// For each slot, the other slots that a write to it touches.
#[derive(Clone, Debug)]
pub(super) struct SlotTable {
    overlapping: Lists,
    covered: Lists,
}

/// A list of slots for each slot.
#[derive(Clone, Debug, Default)]
struct Lists {
    ranges: Vec<(u32, u32)>,
    members: Vec<Slot>,
}

impl SlotTable {
    pub(super) fn new(layout: &StateLayout) -> Self {
        Self {
            overlapping: Lists::new(layout, SlotInfo::overlaps),
            covered: Lists::new(layout, |outer, inner| {
                outer.offset <= inner.offset
                    && inner.offset + inner.bytes() <= outer.offset + outer.bytes()
            }),
        }
    }

    /// Returns the other slots that share a byte with `slot`.
    #[inline]
    pub(super) fn overlapping(&self, slot: Slot) -> &[Slot] {
        self.overlapping.of(slot)
    }

    /// Returns the other slots that lie wholly within `slot`.
    #[inline]
    pub(super) fn covered(&self, slot: Slot) -> &[Slot] {
        self.covered.of(slot)
    }
}

impl Lists {
    fn new(layout: &StateLayout, related: impl Fn(&SlotInfo, &SlotInfo) -> bool) -> Self {
        let mut lists = Self::default();
        for (index, slot) in layout.slots.iter().enumerate() {
            let start = lists.count();
            for (other_index, other) in layout.slots.iter().enumerate() {
                if other_index != index && related(slot, other) {
                    let other = Slot(u16::try_from(other_index).unwrap_or(u16::MAX));
                    lists.members.push(other);
                }
            }
            let end = lists.count();
            lists.ranges.push((start, end));
        }
        lists
    }

    fn count(&self) -> u32 {
        u32::try_from(self.members.len()).unwrap_or(u32::MAX)
    }

    #[inline]
    fn of(&self, slot: Slot) -> &[Slot] {
        let (start, end) = self.ranges[slot.index()];
        &self.members[start as usize..end as usize]
    }
}
