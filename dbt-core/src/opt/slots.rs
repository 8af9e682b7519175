//! Which slots share bytes, looked up once per layout.

use alloc::vec::Vec;

use crate::guest::{SlotInfo, StateLayout};
use crate::ir::{Slot, Ty};

/// For each slot, the other slots that a write to it touches.
#[derive(Clone, Debug)]
pub(super) struct SlotTable {
    overlapping: Lists,
    covered: Lists,
    quads: Vec<Quad>,
}

/// How a slot of 64 or 128 bits is related to those that it is half of, or that are
/// its halves.
#[derive(Clone, Copy, Debug)]
pub(super) enum Quad {
    /// Not at all.
    None,
    /// It is a half of another slot, the upper one if `high`.
    Half { whole: Slot, high: bool },
    /// It has two halves.
    Whole { low: Slot, high: Slot },
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
            quads: quads(layout),
        }
    }

    /// Returns how a slot is related to halves.
    #[inline]
    pub(super) fn quad(&self, slot: Slot) -> Quad {
        self.quads[slot.index()]
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

fn quads(layout: &StateLayout) -> Vec<Quad> {
    let mut quads = alloc::vec![Quad::None; layout.slots.len()];
    let slots = || (0..).map(Slot).zip(layout.slots);
    for (whole, info) in slots().filter(|(_, info)| info.ty == Ty::V128) {
        let half = |offset| {
            let mut slots = slots();
            slots.find(|(_, half)| half.ty == Ty::V64 && half.offset == offset)
        };
        if let (Some((low, _)), Some((high, _))) = (half(info.offset), half(info.offset + 8)) {
            quads[whole.index()] = Quad::Whole { low, high };
            quads[low.index()] = Quad::Half { whole, high: false };
            quads[high.index()] = Quad::Half { whole, high: true };
        }
    }
    quads
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
