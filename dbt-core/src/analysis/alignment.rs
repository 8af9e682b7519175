//! Which slots and values are multiples of four.
//!
//! **Problem.** Many accesses must be aligned to words. Looking at each address costs as
//! much as the access, and in loops the answer is always the same.
//!
//! **Approach.** An address that has been looked at tells about all values that differ
//! from it by multiples of four, and so do slots that are set to them. Where a block
//! begins, a slot is a multiple of four if it is so on every way there. At the head of a
//! loop that looks at addresses made from a slot, and steps it by multiples of four only,
//! it is *assumed*: a back end looks at it before it enters the loop, and leaves the
//! instruction at the head to the interpreter if it is none.
//!
//! What is wanted of a slot is followed along jumps and back to the heads of loops only,
//! not to where a block may be left: what is hardly ever executed is no reason to look.

use alloc::vec::Vec;

use dbt_isa::ops::BinOp;

use crate::guest::StateLayout;
use crate::ir::{BlockId, Inst, Slot, Target, Terminator, Ty, Unit, Value, Width};

/// The low bits that are zero in a multiple of four.
const WORD: u32 = 3;
/// How many operations of an address are looked through.
const DEPTH: u32 = 4;

/// A set of slots of type `I32`, of the first 64.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SlotSet(u64);

impl SlotSet {
    const NONE: Self = Self(0);
    const ALL: Self = Self(u64::MAX);

    /// Returns the slots, in their order.
    pub fn iter(self) -> impl Iterator<Item = Slot> {
        (0..64_u16)
            .filter(move |index| self.0 & 1 << index != 0)
            .map(Slot)
    }

    fn bit(slot: Slot, layout: &StateLayout) -> u64 {
        if slot.index() < 64 && layout.slot(slot).ty == Ty::I32 {
            1 << slot.index()
        } else {
            0
        }
    }

    fn retain(&mut self, keep: impl Fn(Slot) -> bool) {
        for slot in self.iter() {
            if !keep(slot) {
                self.0 &= !(1 << slot.index());
            }
        }
    }
}

/// Low bits of `root + offset` that are zero.
#[derive(Clone, Copy, Debug)]
struct Known {
    root: Value,
    offset: u32,
    mask: u32,
}

/// Values of a block that are known to be multiples of powers of two, and with each all that
/// differ from it by a constant.
#[derive(Clone, Debug, Default)]
pub struct AlignedValues(Vec<Known>);

/// What is known at one point of a block.
#[derive(Clone, Debug, Default)]
pub struct Aligned {
    slots: SlotSet,
    known: AlignedValues,
    /// Values that slots hold.
    held: Vec<(Slot, Value)>,
}

/// Takes constants off a value. Returns the rest, and their sum.
#[allow(clippy::cast_possible_truncation, reason = "32-bit values")]
fn root_of(unit: &Unit, mut value: Value) -> (Value, u32) {
    let mut offset = 0_u32;
    while let Inst::Binary {
        op: BinOp::Add,
        width: Width::W32,
        a,
        b,
    } = *unit.inst(value)
        && let Some(constant) = unit.constant(b)
    {
        offset = offset.wrapping_add(constant as u32);
        value = a;
    }
    (value, offset)
}

/// Returns the address of an access, and the bits of it that must be zero.
#[must_use]
pub fn accessed(inst: &Inst) -> Option<(Value, u32)> {
    let (access, address) = inst.access()?;
    Some((address, access.alignment() - 1))
}

impl AlignedValues {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes note that the bits `mask` of a value, its lowest, are zero.
    pub fn note(&mut self, unit: &Unit, value: Value, mask: u32) {
        let (root, offset) = root_of(unit, value);
        self.0.push(Known { root, offset, mask });
    }

    /// Tells whether the bits `mask` of a value, its lowest, are known to be zero.
    #[must_use]
    pub fn contains(&self, unit: &Unit, value: Value, mask: u32) -> bool {
        let (root, offset) = root_of(unit, value);
        self.0.iter().any(|known| {
            known.root == root
                && known.mask & mask == mask
                && offset.wrapping_sub(known.offset) & mask == 0
        })
    }
}

impl Aligned {
    /// Begins a block at whose start so much is known.
    pub fn begin(&mut self, slots: SlotSet) {
        self.slots = slots;
        self.known.clear();
        self.held.clear();
    }

    /// Tells whether the bits `mask` of a value, low ones, are zero for certain.
    #[must_use]
    pub fn is_aligned(&self, unit: &Unit, value: Value, mask: u32) -> bool {
        self.is_multiple(unit, value, mask, DEPTH)
    }

    #[allow(clippy::cast_possible_truncation, reason = "32-bit values")]
    fn is_multiple(&self, unit: &Unit, value: Value, mask: u32, depth: u32) -> bool {
        if let Some(constant) = unit.constant(value) {
            return constant as u32 & mask == 0;
        }
        if self.known.contains(unit, value, mask) {
            return true;
        }
        let (root, offset) = root_of(unit, value);
        let Inst::Binary {
            op,
            width: Width::W32,
            a,
            b,
        } = *unit.inst(root)
        else {
            return false;
        };
        if depth == 0 || offset & mask != 0 {
            return false;
        }
        let is = |value| self.is_multiple(unit, value, mask, depth - 1);
        match op {
            BinOp::Add | BinOp::Sub | BinOp::Or | BinOp::Xor => is(a) && is(b),
            BinOp::And | BinOp::Mul => is(a) || is(b),
            BinOp::Shl => unit
                .constant(b)
                .is_some_and(|amount| amount >= mask.count_ones().into()),
            _ => false,
        }
    }

    /// Takes note that an address was looked at, and these bits are zero.
    fn note(&mut self, unit: &Unit, layout: &StateLayout, value: Value, mask: u32) {
        self.known.note(unit, value, mask);
        if mask & WORD != WORD {
            return;
        }
        let (root, offset) = root_of(unit, value);
        for (slot, held) in &self.held {
            let (other, away) = root_of(unit, *held);
            if other == root && away.wrapping_sub(offset) & WORD == 0 {
                self.slots.0 |= SlotSet::bit(*slot, layout);
            }
        }
    }

    /// Goes past an instruction: an access has been made, and its address has been looked
    /// at.
    #[allow(clippy::cast_possible_truncation, reason = "units are small")]
    pub fn step(&mut self, unit: &Unit, layout: &StateLayout, index: usize) {
        match unit.insts[index] {
            Inst::Get { slot } => {
                let value = Value(index as u32);
                let bit = SlotSet::bit(slot, layout);
                if self.slots.0 & bit != 0 {
                    self.known.note(unit, value, WORD);
                }
                if bit != 0 {
                    self.held.push((slot, value));
                }
            }
            Inst::Set { slot, value } => {
                let bit = SlotSet::bit(slot, layout);
                let aligned = bit != 0 && self.is_aligned(unit, value, WORD);
                let other = |at: Slot| !layout.slot(at).overlaps(layout.slot(slot));
                self.slots.retain(other);
                self.held.retain(|(at, _)| other(*at));
                if bit != 0 {
                    self.held.push((slot, value));
                }
                if aligned {
                    self.slots.0 |= bit;
                }
            }
            Inst::Call { .. } => {
                // It may write what is not hot.
                self.slots.retain(|slot| layout.hot.contains(&slot));
                self.held.retain(|(slot, _)| layout.hot.contains(slot));
            }
            ref inst => {
                if let Some((address, mask)) = accessed(inst).filter(|(_, mask)| *mask != 0)
                    && !self.is_aligned(unit, address, mask)
                {
                    self.note(unit, layout, address, mask);
                }
            }
        }
    }
}

/// What is known where the blocks of a unit begin, and where a back end must look.
///
/// Reuse it: it keeps its memory from unit to unit.
#[derive(Clone, Debug, Default)]
pub struct Alignment {
    blocks: Vec<Facts>,
    aligned: Aligned,
    values: Vec<Value>,
}

/// What is known of one block.
#[derive(Clone, Copy, Debug, Default)]
struct Facts {
    /// Where it is in the order.
    position: usize,
    /// Whether a loop begins with it.
    is_head: bool,
    /// Slots that it and what follows want to be multiples of four.
    wanted: SlotSet,
    /// Slots that are, once a way there has been seen.
    entry: Option<SlotSet>,
    /// Slots to be looked at at its end, before its jump; of the first block, also
    /// before it begins.
    tests: SlotSet,
}

impl Alignment {
    /// Returns the slots that are multiples of four when a block begins.
    ///
    /// # Panics
    ///
    /// If the analysed unit has no such block.
    #[must_use]
    pub fn at_entry(&self, block: BlockId) -> SlotSet {
        self.blocks[block.index()].entry.unwrap_or_default()
    }

    /// Returns the slots that must be found to be multiples of four before the jump at
    /// the end of a block is made. If one is not, the instruction at the target is left
    /// to the interpreter.
    ///
    /// # Panics
    ///
    /// If the analysed unit has no such block.
    #[must_use]
    pub fn before_jump(&self, block: BlockId) -> SlotSet {
        self.blocks[block.index()].tests
    }

    /// Returns the slots that must be found to be multiples of four before a unit begins
    /// with its first block, in the same way.
    #[must_use]
    pub fn before_unit(&self) -> SlotSet {
        let first = self.blocks.get(BlockId::ENTRY.index());
        first.and_then(|facts| facts.entry).unwrap_or_default()
    }

    /// Analyses a unit.
    pub fn analyse(&mut self, unit: &Unit, layout: &StateLayout) {
        self.blocks.clear();
        self.blocks.resize(unit.blocks.len(), Facts::default());
        self.find_heads(unit);
        if !unit
            .insts
            .iter()
            .any(|inst| accessed(inst).is_some_and(|(_, mask)| mask & WORD == WORD))
        {
            return;
        }
        if self.blocks.iter().any(|facts| facts.is_head) {
            while self.want(unit, layout) {}
            for &id in &unit.order {
                let facts = &mut self.blocks[id.index()];
                if !facts.is_head || unit.block(id).location.is_none() {
                    facts.wanted = SlotSet::NONE;
                }
            }
        }
        while self.meet(unit, layout) {}
    }

    fn find_heads(&mut self, unit: &Unit) {
        for (position, id) in unit.order.iter().enumerate() {
            self.blocks[id.index()].position = position;
        }
        for (position, id) in unit.order.iter().enumerate() {
            for target in targets(unit, *id) {
                let facts = &mut self.blocks[target.index()];
                facts.is_head |= facts.position <= position;
            }
        }
    }

    /// Passes once over the blocks, backwards, for what each wants; tells whether that
    /// has changed.
    fn want(&mut self, unit: &Unit, layout: &StateLayout) -> bool {
        let mut changed = false;
        for &id in unit.order.iter().rev() {
            let block = unit.block(id);
            let mut wanted = match block.terminator {
                Terminator::Jump(Target::Block(to)) => self.blocks[to.index()].wanted,
                _ => SlotSet::NONE,
            };
            self.values.clear();
            for index in block.insts.clone().rev() {
                match unit.insts[index] {
                    Inst::Get { slot } if self.values.iter().any(|it| it.index() == index) => {
                        wanted.0 |= SlotSet::bit(slot, layout);
                    }
                    Inst::Set { slot, value } => {
                        let bit = SlotSet::bit(slot, layout);
                        if wanted.0 & bit != 0 {
                            wanted.0 &= !bit;
                            sources(unit, value, DEPTH, &mut self.values);
                        }
                    }
                    Inst::Call { .. } => wanted.retain(|slot| layout.hot.contains(&slot)),
                    Inst::ExitIf {
                        target: Target::Block(to),
                        ..
                    } if self.blocks[to.index()].position <= self.blocks[id.index()].position => {
                        wanted.0 |= self.blocks[to.index()].wanted.0;
                    }
                    ref inst => {
                        if let Some((address, mask)) = accessed(inst)
                            && mask & WORD == WORD
                        {
                            sources(unit, address, DEPTH, &mut self.values);
                        }
                    }
                }
            }
            let facts = &mut self.blocks[id.index()];
            changed |= facts.wanted != wanted;
            facts.wanted = wanted;
        }
        changed
    }

    /// Passes once over the blocks, forwards, for what is known where each begins; tells
    /// whether less is known at the head of a loop than was assumed.
    fn meet(&mut self, unit: &Unit, layout: &StateLayout) -> bool {
        for facts in &mut self.blocks {
            if !facts.is_head {
                facts.entry = None;
            }
            facts.tests = SlotSet::NONE;
        }
        let first = &mut self.blocks[BlockId::ENTRY.index()];
        let known = first.entry.unwrap_or(SlotSet::ALL);
        let looked_at = if first.is_head {
            first.wanted
        } else {
            SlotSet::NONE
        };
        first.entry = Some(SlotSet(known.0 & looked_at.0));
        let mut changed = false;
        let mut aligned = core::mem::take(&mut self.aligned);
        for &id in &unit.order {
            let entry = self.blocks[id.index()].entry;
            aligned.begin(entry.unwrap_or_default());
            let block = unit.block(id);
            for index in block.insts.clone() {
                if let Inst::ExitIf {
                    target: Target::Block(to),
                    ..
                } = unit.insts[index]
                {
                    changed |= self.arrive(to, aligned.slots, None);
                }
                aligned.step(unit, layout, index);
            }
            match block.terminator {
                Terminator::Jump(Target::Block(to)) => {
                    changed |= self.arrive(to, aligned.slots, Some(id));
                }
                Terminator::Call {
                    target, return_to, ..
                } => {
                    for target in [target, return_to] {
                        if let Target::Block(to) = target {
                            changed |= self.arrive(to, SlotSet::NONE, None);
                        }
                    }
                }
                _ => {}
            }
        }
        self.aligned = aligned;
        changed
    }

    /// Goes to a block with what is known, by the jump of a block if one is given; tells
    /// whether that is less than was assumed of a loop.
    fn arrive(&mut self, to: BlockId, mut slots: SlotSet, jump: Option<BlockId>) -> bool {
        let facts = self.blocks[to.index()];
        let known = facts.entry.unwrap_or(SlotSet::ALL);
        if let Some(from) = jump
            && facts.is_head
            && self.blocks[from.index()].position < facts.position
        {
            let tests = facts.wanted.0 & known.0 & !slots.0;
            self.blocks[from.index()].tests = SlotSet(tests);
            slots.0 |= facts.wanted.0;
        }
        let entry = SlotSet(known.0 & slots.0);
        self.blocks[to.index()].entry = Some(entry);
        facts.is_head && entry != known
    }
}

/// Returns the blocks that a block leads to.
fn targets(unit: &Unit, id: BlockId) -> impl Iterator<Item = BlockId> {
    let block = unit.block(id);
    let exits = unit.insts[block.insts.clone()].iter();
    let exits = exits.filter_map(|inst| match inst {
        Inst::ExitIf { target, .. } => Some(*target),
        _ => None,
    });
    let ends = match block.terminator {
        Terminator::Jump(target) => [Some(target), None],
        Terminator::Call {
            target, return_to, ..
        } => [Some(target), Some(return_to)],
        _ => [None; 2],
    };
    exits
        .chain(ends.into_iter().flatten())
        .filter_map(|target| match target {
            Target::Block(block) => Some(block),
            Target::Exit(_) => None,
        })
}

/// Adds the values that a value is a multiple of four with.
fn sources(unit: &Unit, value: Value, depth: u32, values: &mut Vec<Value>) {
    let (root, offset) = root_of(unit, value);
    if offset & WORD != 0 {
        return;
    }
    match *unit.inst(root) {
        Inst::Get { .. } => values.push(root),
        Inst::Binary {
            op: BinOp::Add | BinOp::Sub,
            width: Width::W32,
            a,
            b,
        } if depth > 0 => {
            sources(unit, a, depth - 1, values);
            sources(unit, b, depth - 1, values);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::SlotInfo;
    use crate::ir::{FloatRules, text};

    const fn slot(name: &'static str, ty: Ty, offset: u32) -> SlotInfo {
        SlotInfo { name, ty, offset }
    }

    static SLOTS: [SlotInfo; 4] = [
        slot("r0", Ty::I32, 0),
        slot("r1", Ty::I32, 4),
        slot("r2", Ty::I32, 8),
        slot("flags", Ty::Flags, 12),
    ];

    static LAYOUT: StateLayout = StateLayout {
        slots: &SLOTS,
        hot: &[Slot(0), Slot(1)],
        flags: Slot(3),
        float_status: None,
        float_rules: FloatRules::Own,
        vector_operands: None,
        aligned: None,
    };

    fn analysed(source: &str) -> Alignment {
        let unit = text::parse(source, &LAYOUT).unwrap();
        let mut alignment = Alignment::default();
        alignment.analyse(&unit, &LAYOUT);
        alignment
    }

    fn set(slots: &[u16]) -> SlotSet {
        SlotSet(slots.iter().fold(0, |set, slot| set | 1 << slot))
    }

    /// A loop that loads from `r0` and steps it by `step`, reached by a jump after
    /// `before`.
    fn looping(before: &str, step: u32) -> Alignment {
        analysed(&alloc::format!(
            "block0 0x8000:
               {before}
               jump block1
             block1 0x8004:
               v10 = get r0
               v11 = load.i32.word.aligned v10
               v12 = const.i32 {step}
               v13 = add.i32 v10, v12
               set r0, v13
               v15 = ne.i32 v11, v13
               exit_if v15 -> block1
               jump exit 0x8008
            "
        ))
    }

    #[test]
    fn a_slot_stepped_by_words_is_looked_at_before_the_loop() {
        let alignment = looping("", 4);
        assert_eq!(alignment.before_jump(BlockId(0)), set(&[0]));
        assert_eq!(alignment.at_entry(BlockId(1)), set(&[0]));
        assert_eq!(alignment.before_unit(), SlotSet::NONE);
    }

    #[test]
    fn a_slot_stepped_by_bytes_is_looked_at_in_each_iteration() {
        let alignment = looping("", 1);
        assert_eq!(alignment.before_jump(BlockId(0)), SlotSet::NONE);
        assert_eq!(alignment.at_entry(BlockId(1)), SlotSet::NONE);
    }

    #[test]
    fn a_slot_stepped_by_another_wants_both() {
        let alignment = analysed(
            "block0 0x8000:
               jump block1
             block1 0x8004:
               v0 = get r0
               v1 = load.i32.word.aligned v0
               v2 = get r1
               v3 = add.i32 v0, v2
               set r0, v3
               v5 = ne.i32 v1, v3
               exit_if v5 -> block1
               jump exit 0x8008
            ",
        );
        assert_eq!(alignment.before_jump(BlockId(0)), set(&[0, 1]));
        assert_eq!(alignment.at_entry(BlockId(1)), set(&[0, 1]));
    }

    #[test]
    fn an_access_before_the_loop_is_enough() {
        let access = "v0 = get r1
                      v1 = load.i32.word.aligned v0
                      v2 = const.i32 8
                      v3 = add.i32 v0, v2
                      set r0, v3";
        let alignment = looping(access, 4);
        assert_eq!(alignment.before_jump(BlockId(0)), SlotSet::NONE);
        // What else the loop leaves alone stays known.
        assert_eq!(alignment.at_entry(BlockId(1)), set(&[0, 1]));
    }

    #[test]
    fn a_function_may_write_what_is_not_hot() {
        let call = |slot| {
            analysed(&alloc::format!(
                "block0 0x8000:
                   jump block1
                 block1 0x8004:
                   v0 = get {slot}
                   v1 = load.i32.word.aligned v0
                   v2 = zext v1
                   v3 = call helper0 v2, v2, v2
                   jump block1
                "
            ))
        };
        assert_eq!(call("r1").at_entry(BlockId(1)), set(&[1]));
        assert_eq!(call("r2").at_entry(BlockId(1)), SlotSet::NONE);
    }

    #[test]
    fn sums_and_shifts_of_aligned_values_are_aligned() {
        let unit = "block0 0x8000:
                      v0 = get r0
                      v1 = load.i32.word.aligned v0
                      v2 = const.i32 2
                      v3 = shl.i32 v1, v2
                      v4 = add.i32 v0, v3
                      v5 = add.i32 v4, v2
                      set r1, v4
                      set r2, v5
                      jump exit 0x8004
                   ";
        let unit = text::parse(unit, &LAYOUT).unwrap();
        let mut aligned = Aligned::default();
        aligned.begin(SlotSet::NONE);
        for index in 0..unit.insts.len() {
            aligned.step(&unit, &LAYOUT, index);
        }
        assert_eq!(aligned.slots, set(&[0, 1]));
    }
}
