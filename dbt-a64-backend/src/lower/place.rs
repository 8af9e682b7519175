//! Where values are, and registers for them.

use alloc::vec::Vec;

use dbt_core::host::CompileError;
use dbt_core::ir::{IndirectKind, Inst, Slot, Terminator, Ty, Value, Width};

use super::vector::view_of;
use super::{Lowering, Result};
use crate::asm::{Logic, Shift, Shifted, View, add_immediate};
use crate::context;
use crate::regs::{Reg, SCRATCH, Vreg};
use crate::runtime::slot_offset;

/// Where a value is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Place {
    /// Nowhere: not made yet, or a constant, or deferred.
    #[default]
    None,
    /// In a register; of 32-bit values only the low half counts.
    Reg(Reg),
    /// The sum of registers and a constant, modulo 2^32, not computed yet.
    Sum {
        base: Reg,
        index: Option<(Reg, u8)>,
        offset: i32,
    },
    /// A register shifted, or the complement of that, not computed yet.
    Shifted { of: Shifted, inverted: bool },
    /// The product of two registers, not computed yet.
    Product(Reg, Reg),
    /// A register's low half, extended to 64 bits, not computed yet.
    Extended { reg: Reg, signed: bool },
    /// A register's lowest byte, not extended yet.
    Byte(Reg),
    /// Still in its slot, at an offset from the context.
    Slot { offset: i32, width: Width },
    /// In a spill place.
    Spill(u8),
    /// In a vector register, of which only the value's own bits count.
    Vector(Vreg),
    /// The upper doubleword of a vector register, not moved yet.
    Upper(Vreg),
    /// Still in its slot, of a vector register.
    VectorSlot { offset: u32, view: View },
    /// In two spill places, the first of which has an even number.
    VectorSpill(u8),
    /// An integer in a vector register, of which only the low bits count.
    InVector { reg: Vreg, width: Width },
    /// What the value's instruction makes of vector registers, not computed yet.
    Deferred(Vreg, Vreg),
    /// The same of their upper doublewords.
    DeferredUpper(Vreg, Vreg),
}

impl Place {
    pub(super) fn uses(self, reg: Reg) -> bool {
        match self {
            Self::Reg(used) | Self::Extended { reg: used, .. } | Self::Byte(used) => used == reg,
            Self::Shifted { of, .. } => of.reg == reg,
            Self::Product(a, b) => a == reg || b == reg,
            Self::Sum { base, index, .. } => {
                base == reg || index.is_some_and(|(used, _)| used == reg)
            }
            _ => false,
        }
    }

    /// Tells whether the value is in a vector register, or follows from it.
    pub(crate) fn uses_vector(self, reg: Vreg) -> bool {
        match self {
            Self::Vector(used) | Self::Upper(used) | Self::InVector { reg: used, .. } => {
                used == reg
            }
            Self::Deferred(a, b) | Self::DeferredUpper(a, b) => a == reg || b == reg,
            _ => false,
        }
    }
}

/// The places of a unit's values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    of: Vec<Place>,
    /// Values of this block that are somewhere and still needed.
    pub(super) active: Vec<Value>,
    spills: u32,
    /// Counts the writes to each register, so that a note about a register's
    /// content can tell whether it still holds.
    versions: [u32; 32],
}

impl Places {
    pub(crate) fn reset(&mut self, values: usize) {
        self.of.clear();
        self.of.resize(values, Place::None);
    }

    pub(crate) fn begin_block(&mut self) {
        self.active.clear();
        self.spills = 0;
    }

    pub(crate) fn prune(&mut self, needed: impl Fn(Value) -> bool) {
        let Self {
            of, active, spills, ..
        } = self;
        active.retain(|value| {
            let keep = needed(*value);
            match of[value.index()] {
                Place::Spill(index) if !keep => *spills &= !(1 << index),
                Place::VectorSpill(index) if !keep => *spills &= !(3 << index),
                _ => {}
            }
            keep
        });
    }

    pub(crate) fn get(&self, value: Value) -> Place {
        self.of[value.index()]
    }

    pub(crate) fn version(&self, reg: Reg) -> u32 {
        self.versions[reg.index()]
    }

    pub(crate) fn set_version(&mut self, reg: Reg, version: u32) {
        self.versions[reg.index()] = version;
    }

    pub(crate) fn put(&mut self, value: Value, place: Place) {
        if self.of[value.index()] == Place::None {
            self.active.push(value);
        }
        self.of[value.index()] = place;
    }

    /// Reserves a spill place.
    pub(crate) fn take_spill(&mut self) -> Result<u8> {
        let index = (!self.spills).trailing_zeros();
        if index as usize >= context::SPILLS {
            return Err(CompileError::Unsupported);
        }
        self.spills |= 1 << index;
        u8::try_from(index).map_err(|_| CompileError::Unsupported)
    }

    /// Reserves two spill places for a vector register.
    pub(crate) fn take_vector_spill(&mut self) -> Result<u8> {
        let free = |index: &u8| self.spills & 3 << index == 0;
        let index = (0..).step_by(2).take(context::SPILLS / 2).find(free);
        let index = index.ok_or(CompileError::Unsupported)?;
        self.spills |= 3 << index;
        Ok(index)
    }

    pub(crate) fn free_vector_spill(&mut self, index: u8) {
        self.spills &= !(3 << index);
    }

    /// The values that are somewhere and may still be needed.
    pub(crate) fn active(&self) -> &[Value] {
        &self.active
    }

    pub(crate) fn free_spill(&mut self, index: u8) {
        self.spills &= !(1 << index);
    }
}

/// The bits of a general register that hold a value of a type.
pub(crate) const fn width_of(ty: Ty) -> Width {
    match ty {
        Ty::I64 => Width::W64,
        _ => Width::W32,
    }
}

/// Slots.
impl Lowering<'_> {
    pub(super) fn get(&mut self, value: Value, slot: Slot) -> Result<()> {
        if slot == self.input.layout.flags {
            self.get_flags(value);
            return Ok(());
        }
        if let Some(view) = view_of(self.input.layout.slot(slot).ty) {
            return self.get_vector(value, slot, view);
        }
        let place = match self.pins.of(slot) {
            Some(reg) => Place::Reg(reg),
            None => Place::Slot {
                offset: slot_offset(self.input.layout, slot),
                width: width_of(self.input.layout.slot(slot).ty),
            },
        };
        self.scratch.places.put(value, place);
        Ok(())
    }

    pub(super) fn set(&mut self, slot: Slot, value: Value) -> Result<()> {
        self.keep_aligned()?;
        if slot == self.input.layout.flags {
            return self.set_flags(value);
        }
        if let Some(view) = view_of(self.input.layout.slot(slot).ty) {
            return self.set_vector(slot, value, view);
        }
        match self.pins.of(slot) {
            Some(pin) => self.set_pinned(pin, value),
            None => self.set_memory(slot, value),
        }
    }

    fn set_pinned(&mut self, pin: Reg, value: Value) -> Result<()> {
        if self.place(value) == Place::Reg(pin) {
            return Ok(());
        }
        if let Place::Sum {
            base,
            index: None,
            offset,
        } = self.place(value)
            && base == pin
        {
            self.move_out_of_sums(pin)?;
            self.before_overwrite(pin)?;
            self.add_constant(pin, pin, offset);
            self.rebase(pin, offset);
            return Ok(());
        }
        self.move_out(pin, value)?;
        if let Some(constant) = self.constant32(value) {
            self.before_overwrite(pin)?;
            if self.is_return_location(constant) {
                self.constant_to(pin, constant);
            } else {
                self.asm.mov_imm(pin, constant.into());
            }
            self.known = Some((pin, self.version(pin), constant));
            return Ok(());
        }
        match self.place(value) {
            Place::Reg(from) => {
                self.before_overwrite(pin)?;
                self.asm.mov(Width::W32, pin, from);
                self.renote_results(from, pin);
            }
            Place::None => return Err(CompileError::Unsupported),
            place => {
                self.before_overwrite(pin)?;
                self.compute(pin, place);
                if let Place::Spill(index) = place {
                    self.scratch.places.free_spill(index);
                }
            }
        }
        self.scratch.places.put(value, Place::Reg(pin));
        Ok(())
    }

    /// Tells whether a constant is where the block's call returns to, which nobody
    /// waits for, and takes more than an instruction to make.
    fn is_return_location(&self, constant: u32) -> bool {
        let location = match self.terminator {
            Some(
                Terminator::Call {
                    return_location, ..
                }
                | Terminator::Indirect {
                    kind:
                        IndirectKind::Call {
                            return_location, ..
                        },
                    ..
                },
            ) => return_location,
            _ => return false,
        };
        location.0 == u64::from(constant)
    }

    /// Sets a register to a constant by one instruction, be it a load.
    pub(super) fn constant_to(&mut self, reg: Reg, constant: u32) {
        let halves = [constant >> 16, constant & 0xffff];
        if halves.contains(&0) || halves.contains(&0xffff) {
            self.asm.mov_imm(reg, constant.into());
            return;
        }
        let at = self.asm.load_literal(reg);
        self.literals.push((at, constant));
    }

    /// Moves values elsewhere that [`rebase`](Self::rebase) cannot have follow from a
    /// register whose content is about to change.
    pub(super) fn move_out_of_sums(&mut self, reg: Reg) -> Result<()> {
        for position in 0..self.scratch.places.active.len() {
            let value = self.scratch.places.active[position];
            let place = self.place(value);
            let simple = matches!(place, Place::Reg(_) | Place::Sum { index: None, .. });
            if !simple && place.uses(reg) && self.fact(value).last_use > self.index {
                let moved = self.take_scratch()?;
                self.compute(moved, place);
                self.scratch.places.put(value, Place::Reg(moved));
            }
        }
        Ok(())
    }

    /// Has values that follow from a register's old content follow from its new one,
    /// which is so much more.
    pub(super) fn rebase(&mut self, reg: Reg, by: i32) {
        for position in 0..self.scratch.places.active.len() {
            let value = self.scratch.places.active[position];
            match self.place(value) {
                Place::Reg(base) if base == reg => self.put_sum(value, reg, by.wrapping_neg()),
                Place::Sum {
                    base,
                    index: None,
                    offset,
                } if base == reg => self.put_sum(value, reg, offset.wrapping_sub(by)),
                _ => {}
            }
        }
    }

    fn set_memory(&mut self, slot: Slot, value: Value) -> Result<()> {
        let info = *self.input.layout.slot(slot);
        let width = width_of(info.ty);
        let start = slot_offset(self.input.layout, slot);
        self.save_slot_values(start, start + info.bytes().cast_signed(), value)?;
        let reg = match info.ty {
            Ty::I1 if self.input.unit.constant(value).is_none() => self.reg_of_bit(value)?,
            _ => self.reg_or_zero(value)?,
        };
        self.asm.store(width, reg, Reg::CONTEXT, start);
        Ok(())
    }

    /// Loads values out of slots that share bytes with `start..end`, which is
    /// about to be written.
    fn save_slot_values(&mut self, start: i32, end: i32, except: Value) -> Result<()> {
        for position in 0..self.scratch.places.active.len() {
            let value = self.scratch.places.active[position];
            if let Place::Slot { offset, width } = self.place(value) {
                let size = if width == Width::W64 { 8 } else { 4 };
                let needed = self.fact(value).last_use > self.index;
                if offset < end && start < offset + size && needed && value != except {
                    self.reg(value)?;
                }
            }
        }
        Ok(())
    }

    /// Moves every value that is still needed out of its slot: a callee may
    /// write them all.
    pub(super) fn save_all_slot_values(&mut self) -> Result<()> {
        for position in 0..self.scratch.places.active.len() {
            let value = self.scratch.places.active[position];
            let place = self.place(value);
            let in_slot = match place {
                Place::Slot { .. } => true,
                Place::None | Place::Spill(_) | Place::VectorSpill(_) => false,
                place => (0..crate::regs::PINNED).any(|n| place.uses(Reg(n))),
            };
            if in_slot && self.fact(value).last_use > self.index {
                let reg = self.take_scratch()?;
                self.compute(reg, place);
                self.release(reg);
                self.scratch.places.put(value, Place::Reg(reg));
            }
        }
        Ok(())
    }
}

/// Operands.
impl Lowering<'_> {
    /// Computes a value that is somewhere into a register. Changes no flags.
    pub(super) fn compute(&mut self, dst: Reg, place: Place) {
        match place {
            // Values of vector registers are not computed here.
            Place::None
            | Place::Vector(_)
            | Place::Upper(_)
            | Place::VectorSlot { .. }
            | Place::VectorSpill(_)
            | Place::Deferred(..)
            | Place::DeferredUpper(..) => {}
            Place::InVector { reg, width } => self.asm.move_from_vector(width, dst, reg),
            Place::Reg(reg) => self.asm.mov(Width::W64, dst, reg),
            Place::Sum {
                base,
                index,
                offset,
            } => self.sum_to(dst, base, index, offset),
            Place::Shifted { of, inverted } if inverted => {
                self.asm
                    .logic(Logic::Orr, true, Width::W32, dst, Reg::ZERO, of);
            }
            Place::Shifted { of, .. } => {
                let amount = of.amount.into();
                self.asm
                    .shift_imm(of.shift, Width::W32, dst, of.reg, amount);
            }
            Place::Product(a, b) => {
                self.asm.multiply(false, Width::W32, dst, a, b, Reg::ZERO);
            }
            Place::Extended { reg, signed: true } => {
                self.asm.extract(true, Width::W64, dst, reg, 0, 32);
            }
            Place::Extended { reg, signed: false } => self.asm.mov(Width::W32, dst, reg),
            Place::Byte(reg) => self.asm.extract(false, Width::W32, dst, reg, 0, 8),
            Place::Slot { offset, width } => self.asm.load(width, dst, Reg::CONTEXT, offset),
            Place::Spill(index) => {
                let place = context::spill(index.into());
                self.asm.load(Width::W64, dst, Reg::CONTEXT, place);
            }
        }
    }

    /// Adds a constant, modulo 2^32. Changes no flags; `dst` may be `base`.
    pub(super) fn add_constant(&mut self, dst: Reg, base: Reg, offset: i32) {
        let magnitude = u64::from(offset.unsigned_abs());
        let (low, high) = (magnitude & 0xfff, magnitude & !0xfff);
        let parts = [low, high].map(add_immediate);
        if let [Some(low_part), Some(high_part)] = parts {
            let mut from = base;
            for (part, immediate) in [(low, low_part), (high, high_part)] {
                if part != 0 {
                    self.asm
                        .add_imm(offset < 0, false, Width::W32, dst, from, immediate);
                    from = dst;
                }
            }
            if from != dst {
                self.asm.mov(Width::W32, dst, from);
            }
            return;
        }
        // A register that is free for sure: nothing else uses the link register
        // within a fragment.
        self.asm.mov_imm(Reg::LINK, offset.cast_unsigned().into());
        self.asm
            .add_reg(false, false, Width::W32, dst, base, Reg::LINK.into());
    }

    fn sum_to(&mut self, dst: Reg, base: Reg, index: Option<(Reg, u8)>, offset: i32) {
        let mut from = base;
        if let Some((reg, amount)) = index {
            let index = Shifted {
                reg,
                shift: Shift::Lsl,
                amount,
            };
            self.asm.add_reg(false, false, Width::W32, dst, base, index);
            from = dst;
        }
        if offset != 0 || from != dst {
            self.add_constant(dst, from, offset);
        }
    }

    /// Returns a register that holds `value`, which is kept for this
    /// instruction.
    pub(super) fn reg(&mut self, value: Value) -> Result<Reg> {
        let place = self.place(value);
        if let Place::Reg(reg) = place {
            self.keep(reg);
            return Ok(reg);
        }
        if let Some(bits) = self.input.unit.constant(value) {
            // A constant is made anew at each use, but for one that is known to be
            // in a pinned register.
            if let Some((reg, version, known)) = self.known
                && u64::from(known) == bits
                && self.version(reg) == version
            {
                self.keep(reg);
                return Ok(reg);
            }
            let reg = self.take_scratch()?;
            self.asm.mov_imm(reg, bits);
            return Ok(reg);
        }
        if place == Place::None {
            return Err(CompileError::Unsupported);
        }
        self.keep_place(place);
        let reg = self.take_scratch()?;
        self.compute(reg, place);
        if let Place::Spill(index) = place {
            self.scratch.places.free_spill(index);
        }
        self.scratch.places.put(value, Place::Reg(reg));
        Ok(reg)
    }

    /// As [`reg`](Self::reg), but the zero register for zero.
    pub(super) fn reg_or_zero(&mut self, value: Value) -> Result<Reg> {
        match self.input.unit.constant(value) {
            Some(0) => Ok(Reg::ZERO),
            _ => self.reg(value),
        }
    }

    /// Keeps the registers that a place names.
    pub(super) fn keep_place(&mut self, place: Place) {
        match place {
            Place::Sum { base, index, .. } => {
                self.keep(base);
                if let Some((index, _)) = index {
                    self.keep(index);
                }
            }
            Place::Shifted { of, .. } => self.keep(of.reg),
            Place::Product(a, b) => {
                self.keep(a);
                self.keep(b);
            }
            Place::Reg(reg) | Place::Extended { reg, .. } | Place::Byte(reg) => self.keep(reg),
            _ => {}
        }
    }

    pub(super) fn place(&self, value: Value) -> Place {
        self.scratch.places.get(value)
    }

    pub(super) fn version(&self, reg: Reg) -> u32 {
        self.scratch.places.version(reg)
    }

    /// Returns the 32-bit constant that `value` is.
    #[allow(clippy::cast_possible_truncation, reason = "32-bit values")]
    pub(super) fn constant32(&self, value: Value) -> Option<u32> {
        match self.input.unit.inst(value) {
            Inst::Const { bits, .. } => Some(*bits as u32),
            _ => None,
        }
    }
}

/// Registers.
impl Lowering<'_> {
    /// Keeps a register from being given away while this instruction lasts.
    pub(super) fn keep(&mut self, reg: Reg) {
        self.busy |= 1 << reg.0;
    }

    /// Undoes [`keep`](Self::keep).
    pub(super) fn release(&mut self, reg: Reg) {
        self.busy &= !(1 << reg.0);
    }

    /// Tells whether a value that is needed after this instruction is in `reg`.
    pub(super) fn outlives(&self, reg: Reg) -> bool {
        self.scratch
            .places
            .active
            .iter()
            .any(|value| self.fact(*value).last_use > self.index && self.place(*value).uses(reg))
    }

    /// Tells whether a register may be taken.
    fn is_takable(&self, reg: Reg) -> bool {
        (self.busy | self.flags.word_registers()) & 1 << reg.0 == 0
    }

    /// Returns a scratch register that holds nothing needed, and keeps it.
    pub(super) fn take_scratch(&mut self) -> Result<Reg> {
        let holds_needed = |reg: Reg| {
            self.scratch
                .places
                .active
                .iter()
                .any(|value| self.place(*value).uses(reg))
        };
        let free = SCRATCH
            .into_iter()
            .find(|reg| self.is_takable(*reg) && !holds_needed(*reg));
        let reg = match free {
            Some(reg) => reg,
            None => self.victim()?,
        };
        self.take(reg)?;
        Ok(reg)
    }

    /// Chooses the scratch register whose content is needed last.
    fn victim(&self) -> Result<Reg> {
        let last_use = |reg: Reg| {
            let active = self.scratch.places.active.iter();
            active
                .filter(|value| self.place(**value).uses(reg))
                .map(|value| self.fact(*value).last_use)
                .max()
        };
        SCRATCH
            .into_iter()
            .filter(|reg| self.is_takable(*reg))
            .max_by_key(|reg| last_use(*reg))
            .ok_or(CompileError::Unsupported)
    }

    /// Takes a particular scratch register, moving its content elsewhere, flags too, and
    /// keeps it.
    pub(super) fn take(&mut self, reg: Reg) -> Result<()> {
        if self.busy & 1 << reg.0 != 0 {
            return Err(CompileError::Unsupported);
        }
        self.keep(reg);
        if self.flags.word_registers() & 1 << reg.0 != 0 {
            let to = self.take_scratch()?;
            self.asm.mov(Width::W32, to, reg);
            self.flags.move_word(reg, to);
            self.release(to);
        }
        self.vacate(reg)?;
        self.before_overwrite(reg)
    }

    /// Spills what is in a scratch register.
    fn vacate(&mut self, reg: Reg) -> Result<()> {
        for position in 0..self.scratch.places.active.len() {
            let value = self.scratch.places.active[position];
            let place = self.place(value);
            if !place.uses(reg) {
                continue;
            }
            let spill = self.scratch.places.take_spill()?;
            let from = match place {
                Place::Reg(reg) => reg,
                // Nothing else uses the link register within a fragment.
                place => {
                    self.compute(Reg::LINK, place);
                    Reg::LINK
                }
            };
            self.asm
                .store(Width::W64, from, Reg::CONTEXT, context::spill(spill.into()));
            self.scratch.places.put(value, Place::Spill(spill));
        }
        Ok(())
    }

    /// Moves values that are needed later out of a pinned register that is about
    /// to be written with `by`.
    fn move_out(&mut self, pin: Reg, by: Value) -> Result<()> {
        self.keep_place(self.place(by));
        for position in 0..self.scratch.places.active.len() {
            let value = self.scratch.places.active[position];
            let place = self.place(value);
            let needed = self.fact(value).last_use > self.index;
            if !place.uses(pin) || !needed || value == by {
                continue;
            }
            let reg = self.take_scratch()?;
            self.compute(reg, place);
            self.scratch.places.put(value, Place::Reg(reg));
        }
        Ok(())
    }

    /// Chooses the register in which `value` is made: that of the slot which it
    /// is for, else that of a dying operand, else a scratch register. The
    /// operands are in place already; those that are read after the result has
    /// been written are in `avoid`.
    pub(super) fn destination(
        &mut self,
        value: Value,
        dying: Option<Reg>,
        avoid: &[Reg],
    ) -> Result<Reg> {
        let fits = |this: &Self, reg: Reg| !this.outlives(reg) && !avoid.contains(&reg);
        if let Some(pin) = self.fact(value).hint
            && fits(self, pin)
        {
            self.before_overwrite(pin)?;
            return Ok(pin);
        }
        if let Some(reg) = dying
            && SCRATCH.contains(&reg)
            && self.flags.word_registers() & 1 << reg.0 == 0
            && fits(self, reg)
        {
            self.before_overwrite(reg)?;
            return Ok(reg);
        }
        self.take_scratch()
    }

    /// Records where `value` was made.
    pub(super) fn define(&mut self, value: Value, reg: Reg) {
        self.scratch.places.put(value, Place::Reg(reg));
    }
}
