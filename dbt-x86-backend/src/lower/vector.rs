//! Values and slots in vector registers.
//!
//! **Problem.** Floating-point code keeps its variables in registers that are too
//! many to be pinned, and writing each result to memory at once would cost more
//! than computing it.
//!
//! **Approach.** Vector registers cache slots, by [`Bindings`]. A write of a slot only
//! binds it, a read finds the binding, and dirty slots are stored when their register
//! is wanted for something else or control leaves the unit. State maps list
//! the dirty slots. Between blocks bindings live on: see `vector/edge.rs`.
//!
//! **Invariants.** A register's content does not change while a value that is
//! still needed, or a binding, is in it. No two bindings overlap unless both are
//! clean. A result is not made in a register of its operands if the exact function may
//! still be called with them when it has been written.

mod edge;

use dbt_core::analysis::bindings::{Binding, Bindings};
use dbt_core::host::CompileError;
use dbt_core::ir::{Inst, Slot, Ty, Value, VectorWidth, Width};

use super::place::{Place, bits_of};
use super::{Lowering, Result};
use crate::asm::{Asm, Bits, Rm, SseOp};
use crate::context;
use crate::regs::{VECTORS, Xmm};
use crate::runtime::{Constant, slot_offset};

/// Slots that a loop's head keeps in registers, at most; the rest is for values.
pub(super) const MAX_KEPT: usize = 11;

/// What vector registers hold at one point.
#[derive(Clone, Debug, Default)]
pub(super) struct VectorState {
    pub(super) bindings: Bindings,
    /// Registers that the instruction being lowered still needs.
    pub(super) busy: u16,
    /// Registers of which no element is a subnormal single.
    pub(super) clean: u16,
}

impl VectorState {
    /// Returns the register of a slot.
    fn find(&self, offset: i32, width: VectorWidth) -> Option<Xmm> {
        let found = self.bindings.find(offset.cast_unsigned(), width.bytes());
        found.map(Xmm)
    }

    fn bind(&mut self, offset: i32, width: VectorWidth, xmm: Xmm, dirty: bool) {
        self.bindings.bind(Binding {
            offset: offset.cast_unsigned(),
            bytes: width.bytes(),
            reg: xmm.0,
            dirty,
        });
    }
}

/// Returns the width of a slot that a register holds.
const fn width_of(binding: &Binding) -> VectorWidth {
    match binding.bytes {
        4 => VectorWidth::V32,
        8 => VectorWidth::V64,
        _ => VectorWidth::V128,
    }
}

/// Returns where memory has the slot.
const fn place_of(binding: &Binding) -> Rm {
    Rm::State(binding.offset.cast_signed())
}

/// Stores a register to its slot.
fn store_binding(asm: &mut Asm<'_>, binding: &Binding) {
    asm.store_vector(width_of(binding), place_of(binding), Xmm(binding.reg));
}

/// Slots.
impl Lowering<'_> {
    /// Reads a slot of a vector register.
    pub(super) fn get_vector(
        &mut self,
        value: Value,
        slot: Slot,
        width: VectorWidth,
    ) -> Result<()> {
        let offset = slot_offset(self.input.layout, slot);
        if let Some(xmm) = self.vectors.find(offset, width) {
            self.scratch.places.put(value, Place::Vector(xmm));
            return Ok(());
        }
        self.store_dirty(|binding| binding.overlaps(offset.cast_unsigned(), width.bytes()));
        if width == VectorWidth::V128 {
            let xmm = self.load_slot(offset, width)?;
            self.scratch.places.put(value, Place::Vector(xmm));
            return Ok(());
        }
        let bits = bits_of(width.ty());
        self.scratch.places.put(value, Place::Slot { offset, bits });
        Ok(())
    }

    /// Loads a slot, which stays bound.
    fn load_slot(&mut self, offset: i32, width: VectorWidth) -> Result<Xmm> {
        let xmm = self.take_vector()?;
        self.asm.load_vector(width, xmm, Rm::State(offset));
        self.vectors.bind(offset, width, xmm, false);
        Ok(xmm)
    }

    /// Writes a slot of a vector register.
    pub(super) fn set_vector(
        &mut self,
        slot: Slot,
        value: Value,
        width: VectorWidth,
    ) -> Result<()> {
        let offset = slot_offset(self.input.layout, slot);
        let xmm = self.vector(value)?;
        self.save_overwritten(offset, width)?;
        let (at, bytes) = (offset.cast_unsigned(), width.bytes());
        // What is wholly overwritten need not be stored.
        let bindings = &mut self.vectors.bindings;
        bindings.drop_if(|binding| binding.is_within(at, bytes));
        self.store_dirty(|binding| binding.overlaps(at, bytes));
        let bindings = &mut self.vectors.bindings;
        bindings.drop_if(|binding| binding.overlaps(at, bytes));
        self.vectors.bind(offset, width, xmm, true);
        Ok(())
    }

    /// Loads values that are still needed out of slots that are about to be
    /// written.
    fn save_overwritten(&mut self, offset: i32, width: VectorWidth) -> Result<()> {
        for position in 0..self.scratch.places.active().len() {
            let value = self.scratch.places.active()[position];
            if let Place::Slot { offset: at, bits } = self.place(value) {
                let size = if bits == Bits::B64 { 8 } else { 4 };
                let end = offset + width.bytes().cast_signed();
                let overlaps = at < end && offset < at + size;
                if overlaps && self.fact(value).last_use > self.index {
                    self.vector(value)?;
                }
            }
        }
        Ok(())
    }

    /// Stores dirty slots, which stay bound.
    fn store_dirty(&mut self, condition: impl Fn(&Binding) -> bool) {
        let asm = &mut self.asm;
        let bindings = &mut self.vectors.bindings;
        bindings.clean(condition, |binding| store_binding(asm, binding));
    }

    /// Stores every dirty slot: control leaves the unit, or a function may read
    /// any slot.
    pub(super) fn flush_vectors(&mut self) {
        self.store_dirty(|_| true);
    }

    /// Prepares for a function that may read and write any slot, and changes
    /// vector registers.
    pub(super) fn before_call_of_guest(&mut self) -> Result<()> {
        self.flush_vectors();
        for number in 0..VECTORS {
            self.spill_values(Xmm(number))?;
        }
        self.vectors.bindings.clear();
        Ok(())
    }
}

/// Registers.
impl Lowering<'_> {
    fn keep_vector(&mut self, xmm: Xmm) {
        self.vectors.busy |= 1 << xmm.0;
    }

    fn is_busy(&self, xmm: Xmm) -> bool {
        self.vectors.busy & 1 << xmm.0 != 0
    }

    /// Tells whether a value that is needed at or after this instruction is in a
    /// register.
    fn holds_value(&self, xmm: Xmm) -> bool {
        let mut active = self.scratch.places.active().iter();
        active.any(|value| self.place(*value) == Place::Vector(xmm))
    }

    /// Tells whether a value that is needed after this instruction is in a register.
    fn holds_later(&self, xmm: Xmm) -> bool {
        let mut active = self.scratch.places.active().iter();
        active.any(|value| {
            self.place(*value) == Place::Vector(xmm) && self.fact(*value).last_use > self.index
        })
    }

    /// Returns a register that holds nothing needed, and keeps it.
    pub(super) fn take_vector(&mut self) -> Result<Xmm> {
        let all = || (0..VECTORS).map(Xmm);
        let preferred = self.vectors.bindings.preferred().iter();
        let wanted = preferred.fold(0_u16, |set, binding| set | 1 << binding.reg);
        let free = |this: &Self, xmm: Xmm| {
            !this.is_busy(xmm) && !this.holds_value(xmm) && !this.vectors.bindings.is_bound(xmm.0)
        };
        // Registers that the loop's head wants for something come last.
        let unwanted = all().filter(|xmm| wanted & 1 << xmm.0 == 0);
        let found = unwanted.chain(all()).find(|xmm| free(self, *xmm));
        let xmm = match found {
            Some(xmm) => xmm,
            None => self.evict_vector()?,
        };
        self.keep_vector(xmm);
        self.vectors.clean &= !(1 << xmm.0);
        Ok(xmm)
    }

    /// Frees a register: one whose slots memory holds, else one whose slots can be
    /// stored, else one with values.
    fn evict_vector(&mut self) -> Result<Xmm> {
        let cost = |this: &Self, xmm: Xmm| {
            let bindings = &this.vectors.bindings;
            let mut all = bindings.all().iter();
            let dirty = all.any(|binding| binding.reg == xmm.0 && binding.dirty);
            let mut preferred = bindings.preferred().iter();
            let loaded = preferred.any(|binding| binding.reg == xmm.0);
            u8::from(this.holds_value(xmm)) << 2 | u8::from(dirty) << 1 | u8::from(loaded)
        };
        let candidates = (0..VECTORS).map(Xmm).filter(|xmm| !self.is_busy(*xmm));
        let xmm = candidates
            .min_by_key(|xmm| cost(self, *xmm))
            .ok_or(CompileError::Unsupported)?;
        self.store_dirty(|binding| binding.reg == xmm.0);
        self.vectors
            .bindings
            .drop_if(|binding| binding.reg == xmm.0);
        self.spill_values(xmm)?;
        Ok(xmm)
    }

    /// Spills the values in a register.
    fn spill_values(&mut self, xmm: Xmm) -> Result<()> {
        for position in 0..self.scratch.places.active().len() {
            let value = self.scratch.places.active()[position];
            if self.place(value) == Place::Vector(xmm) && self.fact(value).last_use >= self.index {
                let wide = self.input.unit.ty(value, self.input.layout) == Some(Ty::V128);
                let (width, spill, place) = if wide {
                    let spill = self.scratch.places.take_wide_spill()?;
                    (VectorWidth::V128, spill, Place::WideSpill(spill))
                } else {
                    let spill = self.scratch.places.take_spill()?;
                    (VectorWidth::V64, spill, Place::Spill(spill))
                };
                let to = context::spill(spill.into());
                self.asm.store_vector(width, to, xmm);
                self.scratch.places.put(value, place);
            }
        }
        Ok(())
    }

    /// Returns the register in which `value` is made: that which the loop's head
    /// wants for the slot that it is soon written to, if nothing needs its content,
    /// else any.
    pub(super) fn vector_for(&mut self, value: Value) -> Result<Xmm> {
        self.vector_over(value, &[])
    }

    /// The same, where it may also be the register of one of these operands: the
    /// function is not called any more when the result has been written.
    pub(super) fn vector_over(&mut self, value: Value, operands: &[Xmm]) -> Result<Xmm> {
        let wanted = self.fact(value).vector_slot.and_then(|slot| {
            let info = self.input.layout.slot(slot);
            let mut preferred = self.vectors.bindings.preferred().iter();
            preferred
                .find(|binding| binding.is(info.offset, info.bytes()))
                .copied()
        });
        if let Some(Binding {
            offset, bytes, reg, ..
        }) = wanted
            && if operands.contains(&Xmm(reg)) {
                !self.holds_later(Xmm(reg))
            } else {
                !self.is_busy(Xmm(reg)) && !self.holds_value(Xmm(reg))
            }
        {
            let bindings = &mut self.vectors.bindings;
            let mut all = bindings.all().iter();
            // The slot is overwritten before anybody can see it.
            if all.all(|binding| binding.reg != reg || binding.is(offset, bytes)) {
                bindings.drop_if(|binding| binding.reg == reg);
                self.keep_vector(Xmm(reg));
                self.vectors.clean &= !(1 << reg);
                return Ok(Xmm(reg));
            }
        }
        self.take_vector()
    }

    /// Records where `value` was made.
    pub(super) fn define_vector(&mut self, value: Value, xmm: Xmm) {
        self.scratch.places.put(value, Place::Vector(xmm));
    }

    /// Returns a register that holds `value`, which is kept for this instruction.
    pub(super) fn vector(&mut self, value: Value) -> Result<Xmm> {
        let place = self.place(value);
        if let Place::Vector(xmm) = place {
            self.keep_vector(xmm);
            return Ok(xmm);
        }
        if let Inst::Const { ty, bits } = *self.input.unit.inst(value) {
            let xmm = self.take_vector()?;
            let width = VectorWidth::of(ty).ok_or(CompileError::Unsupported)?;
            self.vector_constant(xmm, width, bits)?;
            // Making it costs more instructions than keeping it, mostly.
            if bits != 0 && self.fact(value).uses > 1 {
                self.scratch.places.free_spills_of(value);
                self.scratch.places.put(value, Place::Vector(xmm));
            }
            return Ok(xmm);
        }
        match place {
            Place::Slot { offset, bits } => {
                let width = if bits == Bits::B64 {
                    VectorWidth::V64
                } else {
                    VectorWidth::V32
                };
                let xmm = match self.vectors.find(offset, width) {
                    Some(xmm) => xmm,
                    None => self.load_slot(offset, width)?,
                };
                self.keep_vector(xmm);
                self.scratch.places.put(value, Place::Vector(xmm));
                Ok(xmm)
            }
            Place::Spill(index) => {
                let xmm = self.take_vector()?;
                self.asm
                    .load_vector(VectorWidth::V64, xmm, context::spill(index.into()));
                self.scratch.places.free_spill(index);
                self.scratch.places.put(value, Place::Vector(xmm));
                Ok(xmm)
            }
            Place::WideSpill(index) => {
                let xmm = self.take_vector()?;
                self.asm
                    .load_vector(VectorWidth::V128, xmm, context::spill(index.into()));
                self.scratch.places.free_spill(index);
                self.scratch.places.free_spill(index + 1);
                self.scratch.places.put(value, Place::Vector(xmm));
                Ok(xmm)
            }
            _ => Err(CompileError::Unsupported),
        }
    }

    /// Sets a register to a constant, of 128 bits in both halves.
    pub(super) fn vector_constant(
        &mut self,
        xmm: Xmm,
        width: VectorWidth,
        bits: u64,
    ) -> Result<()> {
        let clean = [bits & 0xffff_ffff, bits >> 32]
            .into_iter()
            .all(|single| single << 33 == 0 || single >> 23 & 0xff != 0);
        if clean {
            self.vectors.clean |= 1 << xmm.0;
        }
        if bits == 0 {
            self.asm.bits(SseOp::Xor, xmm, xmm);
            return Ok(());
        }
        if bits == u64::MAX {
            self.ones(xmm);
            return Ok(());
        }
        let reg = self.take_scratch()?;
        self.asm.mov_imm(reg, bits);
        let moved = if width == VectorWidth::V32 {
            Width::W32
        } else {
            Width::W64
        };
        self.asm.move_to_vector(moved, xmm, Rm::Reg(reg));
        if width == VectorWidth::V128 {
            self.double_low(xmm);
        }
        self.release(reg);
        Ok(())
    }

    /// Makes the operand of the instruction just emitted a constant of the runtime.
    pub(super) fn at_constant(&mut self, constant: Constant) {
        let at = self.asm.offset() - 4;
        self.patch_runtime(at, self.entries.constants + constant.offset());
    }
}

/// Moves between the kinds of registers.
impl Lowering<'_> {
    pub(super) fn move_to_vector(&mut self, value: Value, width: Width, a: Value) -> Result<()> {
        let xmm = self.vector_for(value)?;
        if let Some(bits) = self.input.unit.constant(a) {
            self.vector_constant(xmm, width.into(), bits)?;
        } else {
            let from = self.operand(a)?;
            self.asm.move_to_vector(width, xmm, from);
        }
        self.define_vector(value, xmm);
        Ok(())
    }

    pub(super) fn move_from_vector(&mut self, value: Value, width: Width, a: Value) -> Result<()> {
        match self.place(a) {
            Place::Slot { offset, bits } if self.vectors.find(offset, width.into()).is_none() => {
                let dst = self.destination(value, None, &[])?;
                self.asm.mov(bits, dst, Rm::State(offset));
                self.define(value, dst);
            }
            _ => {
                let xmm = self.vector(a)?;
                let dst = self.destination(value, None, &[])?;
                self.asm.move_from_vector(width, dst, xmm);
                self.define(value, dst);
            }
        }
        Ok(())
    }
}
