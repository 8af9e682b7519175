//! Where values are, and registers for them.

use alloc::vec::Vec;

use dbt_core::host::CompileError;
use dbt_core::ir::{Inst, Slot, Ty, Value, VectorWidth};

use super::{Lowering, Result};
use crate::asm::{Alu, Bits, Rm};
use crate::context;
use crate::regs::{Reg, SCRATCH, Xmm};
use crate::runtime::slot_offset;

/// Where a value is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Place {
    /// Nowhere: not made yet, or a constant, or deferred.
    #[default]
    None,
    /// In a register; of 32-bit values the upper half is zero.
    Reg(Reg),
    /// The sum of registers and a constant, modulo 2^32, not computed yet.
    Sum {
        base: Option<Reg>,
        index: Option<(Reg, u8)>,
        offset: i32,
    },
    /// Still in its slot, at an offset from the state.
    Slot { offset: i32, bits: Bits },
    /// In a vector register.
    Vector(Xmm),
    /// In a spill place.
    Spill(u8),
    /// In two adjacent spill places: 128 bits.
    WideSpill(u8),
}

impl Place {
    fn uses(self, reg: Reg) -> bool {
        match self {
            Self::Reg(used) => used == reg,
            Self::Sum { base, index, .. } => {
                base == Some(reg) || index.is_some_and(|(used, _)| used == reg)
            }
            Self::None
            | Self::Slot { .. }
            | Self::Vector(_)
            | Self::Spill(_)
            | Self::WideSpill(_) => false,
        }
    }
}

/// The places of a unit's values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    of: Vec<Place>,
    /// Values of this block that are somewhere and still needed.
    active: Vec<Value>,
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
                Place::WideSpill(index) if !keep => *spills &= !(3 << index),
                _ => {}
            }
            keep
        });
    }

    pub(crate) fn get(&self, value: Value) -> Place {
        self.of[value.index()]
    }

    /// The values of this block that are somewhere and still needed.
    pub(crate) fn active(&self) -> &[Value] {
        &self.active
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

    /// Reserves two adjacent spill places and returns the first.
    pub(crate) fn take_wide_spill(&mut self) -> Result<u8> {
        let index = (!self.spills & !self.spills >> 1).trailing_zeros();
        if index as usize + 1 >= context::SPILLS {
            return Err(CompileError::Unsupported);
        }
        self.spills |= 3 << index;
        u8::try_from(index).map_err(|_| CompileError::Unsupported)
    }

    /// Frees the spill places in which a value is.
    pub(crate) fn free_spills_of(&mut self, value: Value) {
        match self.get(value) {
            Place::Spill(index) => self.free_spill(index),
            Place::WideSpill(index) => self.spills &= !(3 << index),
            _ => {}
        }
    }

    pub(crate) fn free_spill(&mut self, index: u8) {
        self.spills &= !(1 << index);
    }
}

/// The bits of a register that hold a value of a type.
pub(crate) const fn bits_of(ty: Ty) -> Bits {
    match ty {
        Ty::I64 | Ty::V64 | Ty::V128 => Bits::B64,
        Ty::I1 | Ty::I32 | Ty::Flags | Ty::V32 => Bits::B32,
    }
}

/// Slots.
impl Lowering<'_> {
    pub(super) fn get(&mut self, value: Value, slot: Slot) -> Result<()> {
        if slot == self.input.layout.flags {
            self.get_flags(value);
            return Ok(());
        }
        if let Some(width) = VectorWidth::of(self.input.layout.slot(slot).ty) {
            return self.get_vector(value, slot, width);
        }
        let place = match self.pins.of(slot) {
            Some(reg) => Place::Reg(reg),
            None => Place::Slot {
                offset: slot_offset(self.input.layout, slot),
                bits: bits_of(self.input.layout.slot(slot).ty),
            },
        };
        self.scratch.places.put(value, place);
        Ok(())
    }

    pub(super) fn set(&mut self, slot: Slot, value: Value) -> Result<()> {
        if slot == self.input.layout.flags {
            return self.set_flags(value);
        }
        if let Some(width) = VectorWidth::of(self.input.layout.slot(slot).ty) {
            return self.set_vector(slot, value, width);
        }
        if self.input.layout.slot(slot).ty == Ty::I1 {
            self.make_bit(value)?;
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
        self.move_out(pin, value)?;
        if let Some(bits) = self.input.unit.constant(value) {
            self.before_overwrite(pin)?;
            self.load_constant(pin, bits);
            return Ok(());
        }
        match self.place(value) {
            Place::Reg(from) => {
                self.before_overwrite(pin)?;
                self.asm.mov32(pin, from);
                self.renote_results(from, pin);
            }
            Place::Sum {
                base,
                index,
                offset,
            } => {
                self.before_overwrite(pin)?;
                self.sum_to(pin, base, index, offset);
            }
            _ => {
                let rm = self.operand(value)?;
                self.before_overwrite(pin)?;
                self.asm.mov32(pin, rm);
                if let Place::Spill(index) = self.place(value) {
                    self.scratch.places.free_spill(index);
                }
            }
        }
        self.scratch.places.put(value, Place::Reg(pin));
        Ok(())
    }

    #[allow(clippy::cast_possible_truncation, reason = "stores keep the low bytes")]
    fn set_memory(&mut self, slot: Slot, value: Value) -> Result<()> {
        let info = *self.input.layout.slot(slot);
        let bits = bits_of(info.ty);
        let start = slot_offset(self.input.layout, slot);
        let end = start + info.bytes().cast_signed();
        self.save_slot_values(start, end, Some(value))?;
        let to = Rm::State(start);
        match self.input.unit.constant(value) {
            Some(constant)
                if bits == Bits::B32 || i32::try_from(constant.cast_signed()).is_ok() =>
            {
                self.asm.store_imm(bits, to, constant as u32);
            }
            _ => {
                let reg = self.reg(value)?;
                self.asm.store(bits, to, reg);
            }
        }
        Ok(())
    }

    /// Loads values out of slots that share bytes with `start..end`, which is
    /// about to be written.
    pub(super) fn save_slot_values(
        &mut self,
        start: i32,
        end: i32,
        except: Option<Value>,
    ) -> Result<()> {
        for position in 0..self.scratch.places.active.len() {
            let value = self.scratch.places.active[position];
            if let Place::Slot { offset, bits } = self.place(value) {
                let size = if bits == Bits::B64 { 8 } else { 4 };
                let needed = self.fact(value).last_use > self.index;
                if offset < end && start < offset + size && needed && Some(value) != except {
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
            if let Place::Slot { offset, bits } = self.place(value)
                && self.fact(value).last_use > self.index
            {
                let spill = self.scratch.places.take_spill()?;
                let reg = self.take_scratch()?;
                self.asm.mov(bits, reg, Rm::State(offset));
                self.asm.store(Bits::B64, context::spill(spill.into()), reg);
                self.release(reg);
                self.scratch.places.put(value, Place::Spill(spill));
            }
        }
        Ok(())
    }
}

/// Operands.
impl Lowering<'_> {
    /// Sets a register to a constant without touching flags that are needed.
    pub(super) fn load_constant(&mut self, reg: Reg, bits: u64) {
        if bits == 0 && self.flags.host_is_free() {
            self.flags.forget_host_result();
            self.asm.clear(reg);
        } else {
            self.asm.mov_imm(reg, bits);
        }
    }

    pub(super) fn sum_to(
        &mut self,
        dst: Reg,
        base: Option<Reg>,
        index: Option<(Reg, u8)>,
        offset: i32,
    ) {
        match (base, index) {
            (Some(base), None) if base == dst && self.flags.host_is_free() => {
                if offset != 0 {
                    self.flags.forget_host_result();
                    self.asm.alu_imm(Alu::Add, Bits::B32, dst, offset);
                }
            }
            (Some(base), None) if offset == 0 => self.asm.mov32(dst, base),
            (Some(base), index) => self.asm.lea32(dst, base, index, offset),
            (None, Some((index, scale))) => self.asm.lea_scaled(dst, index, scale),
            (None, None) => self.asm.mov_imm(dst, offset.cast_unsigned().into()),
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
            // A constant is made anew at each use: keeping it would cost a
            // register, making it costs one instruction without operands.
            let reg = self.take_scratch()?;
            self.load_constant(reg, bits);
            return Ok(reg);
        }
        if let Place::Sum { base, index, .. } = place {
            for reg in base.into_iter().chain(index.map(|(reg, _)| reg)) {
                self.keep(reg);
            }
        }
        if matches!(place, Place::None | Place::Vector(_) | Place::WideSpill(_)) {
            return Err(CompileError::Unsupported);
        }
        let reg = self.take_scratch()?;
        match place {
            Place::Slot { offset, bits } => self.asm.mov(bits, reg, Rm::State(offset)),
            Place::Spill(index) => {
                self.asm.mov(Bits::B64, reg, context::spill(index.into()));
                self.scratch.places.free_spill(index);
            }
            Place::Sum {
                base,
                index,
                offset,
            } => self.sum_to(reg, base, index, offset),
            Place::Reg(_) | Place::Vector(_) | Place::WideSpill(_) | Place::None => {}
        }
        self.scratch.places.put(value, Place::Reg(reg));
        Ok(reg)
    }

    /// Returns an operand that an instruction can read: a register or memory.
    pub(super) fn operand(&mut self, value: Value) -> Result<Rm> {
        match self.place(value) {
            Place::Slot { offset, .. } => Ok(Rm::State(offset)),
            Place::Spill(index) => Ok(context::spill(index.into())),
            _ => self.reg(value).map(Rm::Reg),
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
    fn outlives(&self, reg: Reg) -> bool {
        self.scratch
            .places
            .active
            .iter()
            .any(|value| self.fact(*value).last_use > self.index && self.place(*value).uses(reg))
    }

    /// Returns a scratch register that holds nothing needed, and keeps it.
    pub(super) fn take_scratch(&mut self) -> Result<Reg> {
        let mut free = SCRATCH.into_iter().filter(|reg| self.is_free(*reg));
        let reg = match self.free_scratch().or_else(|| free.next()) {
            Some(reg) => reg,
            None => self.victim()?,
        };
        self.take(reg)?;
        Ok(reg)
    }

    /// Returns a scratch register that nothing depends on, flags included.
    pub(super) fn free_scratch(&self) -> Option<Reg> {
        SCRATCH
            .into_iter()
            .find(|reg| self.is_free(*reg) && !self.is_noted(*reg))
    }

    /// Tells whether no value is in a scratch register.
    fn is_free(&self, reg: Reg) -> bool {
        let mut active = self.scratch.places.active.iter();
        self.busy & 1 << reg.0 == 0 && !active.any(|value| self.place(*value).uses(reg))
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
            .filter(|reg| self.busy & 1 << reg.0 == 0)
            .max_by_key(|reg| last_use(*reg))
            .ok_or(CompileError::Unsupported)
    }

    /// Takes a particular scratch register, moving its content elsewhere, and
    /// keeps it.
    pub(super) fn take(&mut self, reg: Reg) -> Result<()> {
        if self.busy & 1 << reg.0 != 0 {
            return Err(CompileError::Unsupported);
        }
        self.vacate(reg)?;
        self.before_overwrite(reg)?;
        self.keep(reg);
        Ok(())
    }

    /// Spills what is in a scratch register.
    pub(super) fn vacate(&mut self, reg: Reg) -> Result<()> {
        for position in 0..self.scratch.places.active.len() {
            let value = self.scratch.places.active[position];
            let place = self.place(value);
            if !place.uses(reg) {
                continue;
            }
            let spill = self.scratch.places.take_spill()?;
            if let Place::Sum {
                base,
                index,
                offset,
            } = place
            {
                self.spill_sum(spill, base, index, offset);
            } else {
                self.asm.store(Bits::B64, context::spill(spill.into()), reg);
            }
            self.scratch.places.put(value, Place::Spill(spill));
        }
        Ok(())
    }

    /// Computes a sum into a spill place when no register is free: a pinned one
    /// is borrowed for three instructions, none of which can fault.
    fn spill_sum(&mut self, spill: u8, base: Option<Reg>, index: Option<(Reg, u8)>, offset: i32) {
        let borrowed = Reg(3);
        let aside = context::aside();
        self.asm.store(Bits::B64, aside, borrowed);
        match (base, index) {
            (Some(base), index) => self.asm.lea32(borrowed, base, index, offset),
            (None, Some((index, scale))) => self.asm.lea_scaled(borrowed, index, scale),
            (None, None) => self.asm.mov_imm(borrowed, offset.cast_unsigned().into()),
        }
        self.asm
            .store(Bits::B64, context::spill(spill.into()), borrowed);
        self.asm.mov(Bits::B64, borrowed, aside);
    }

    /// Moves values that are needed later out of a pinned register that is about
    /// to be written with `by`.
    fn move_out(&mut self, pin: Reg, by: Value) -> Result<()> {
        if let Place::Reg(reg) = self.place(by) {
            self.keep(reg);
        }
        for position in 0..self.scratch.places.active.len() {
            let value = self.scratch.places.active[position];
            let place = self.place(value);
            let needed = self.fact(value).last_use > self.index;
            if !place.uses(pin) || !needed || value == by {
                continue;
            }
            let reg = self.take_scratch()?;
            if let Place::Sum {
                base,
                index,
                offset,
            } = place
            {
                self.sum_to(reg, base, index, offset);
            } else {
                self.asm.mov(Bits::B64, reg, pin);
            }
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

    /// Records that `value` is a sum that its users compute.
    pub(super) fn define_sum(
        &mut self,
        value: Value,
        base: Option<Reg>,
        index: Option<(Reg, u8)>,
        offset: i32,
    ) {
        self.scratch.places.put(
            value,
            Place::Sum {
                base,
                index,
                offset,
            },
        );
    }
}
