//! Values and slots in vector registers.
//!
//! **Problem.** Floating-point code keeps its variables in registers that are too
//! many to be pinned, and writing each result to memory at once would cost more
//! than computing it.
//!
//! **Approach.** Vector registers cache slots. A *binding* says that a register
//! holds a slot; it is *dirty* if memory does not. A write of a slot only binds
//! it, a read finds the binding, and dirty slots are stored when their register
//! is wanted for something else or control leaves the unit. State maps list
//! the dirty slots. Between blocks bindings live on: see `vector/edge.rs`.
//!
//! **Invariants.** A register's content does not change while a value that is
//! still needed, or a binding, is in it. No two bindings overlap unless both are
//! clean. A result is not made in a register of its operands if the exact function may
//! still be called with them when it has been written.

mod edge;

use alloc::sync::Arc;
use alloc::vec::Vec;

use dbt_core::host::CompileError;
use dbt_core::ir::{Inst, Slot, Ty, Value, VectorWidth, Width};

use super::place::{Place, bits_of};
use super::{Lowering, Result};
use crate::asm::{Bits, Rm, SseOp};
use crate::context;
use crate::map::Deferred;
use crate::regs::{VECTORS, Xmm};
use crate::runtime::{Constant, slot_offset};

pub(super) use edge::{Contract, Loops, Transfer};

/// A slot that a register holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Binding {
    /// The slot's offset from the state.
    pub(super) offset: i32,
    pub(super) width: VectorWidth,
    pub(super) xmm: Xmm,
    /// Whether memory does not hold the slot.
    pub(super) dirty: bool,
}

impl Binding {
    fn overlaps(&self, offset: i32, width: VectorWidth) -> bool {
        self.offset < offset + bytes(width) && offset < self.offset + bytes(self.width)
    }

    fn is(&self, offset: i32, width: VectorWidth) -> bool {
        self.offset == offset && self.width == width
    }
}

const fn bytes(width: VectorWidth) -> i32 {
    width.bytes().cast_signed()
}

/// What vector registers hold at one point.
#[derive(Clone, Debug, Default)]
pub(super) struct VectorState {
    pub(super) bindings: Vec<Binding>,
    /// Registers that the instruction being lowered still needs.
    pub(super) busy: u16,
    /// Registers of which no element is a subnormal single.
    pub(super) clean: u16,
    /// The dirty slots as a state map lists them, if nothing has changed since.
    deferred: Option<Option<Arc<[Deferred]>>>,
    /// The bindings at the head of the loop that is being lowered.
    preferred: Vec<Binding>,
}

impl VectorState {
    /// Forgets the bindings, none of which is dirty.
    pub(super) fn clear(&mut self) {
        self.bindings.clear();
        self.deferred = None;
    }

    fn set(&mut self, bindings: &[Binding]) {
        self.bindings.clear();
        self.bindings.extend_from_slice(bindings);
        self.deferred = None;
    }

    fn find(&self, offset: i32, width: VectorWidth) -> Option<Xmm> {
        let mut bindings = self.bindings.iter();
        bindings
            .find(|binding| binding.is(offset, width))
            .map(|binding| binding.xmm)
    }

    fn bind(&mut self, binding: Binding) {
        self.bindings.push(binding);
        if binding.dirty {
            self.deferred = None;
        }
    }

    fn drop_if(&mut self, condition: impl Fn(&Binding) -> bool) {
        self.bindings.retain(|binding| !condition(binding));
        self.deferred = None;
    }

    /// Returns the dirty slots for a state map.
    pub(super) fn deferred(&mut self) -> Option<Arc<[Deferred]>> {
        let bindings = &self.bindings;
        let list = || {
            let dirty = bindings.iter().filter(|binding| binding.dirty);
            let list: Vec<_> = dirty
                .map(|binding| Deferred {
                    offset: binding.offset.cast_unsigned(),
                    width: binding.width,
                    xmm: binding.xmm,
                })
                .collect();
            (!list.is_empty()).then(|| list.into())
        };
        self.deferred.get_or_insert_with(list).clone()
    }
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
        self.store_dirty(|binding| binding.overlaps(offset, width));
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
        self.vectors.bind(Binding {
            offset,
            width,
            xmm,
            dirty: false,
        });
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
        let end = offset + bytes(width);
        // What is wholly overwritten need not be stored.
        self.vectors.drop_if(|binding| {
            binding.offset >= offset && binding.offset + bytes(binding.width) <= end
        });
        self.store_dirty(|binding| binding.overlaps(offset, width));
        self.vectors
            .drop_if(|binding| binding.overlaps(offset, width));
        self.vectors.bind(Binding {
            offset,
            width,
            xmm,
            dirty: true,
        });
        Ok(())
    }

    /// Loads values that are still needed out of slots that are about to be
    /// written.
    fn save_overwritten(&mut self, offset: i32, width: VectorWidth) -> Result<()> {
        for position in 0..self.scratch.places.active().len() {
            let value = self.scratch.places.active()[position];
            if let Place::Slot { offset: at, bits } = self.place(value) {
                let size = if bits == Bits::B64 { 8 } else { 4 };
                let overlaps = at < offset + bytes(width) && offset < at + size;
                if overlaps && self.fact(value).last_use > self.index {
                    self.vector(value)?;
                }
            }
        }
        Ok(())
    }

    /// Stores dirty slots, which stay bound.
    fn store_dirty(&mut self, condition: impl Fn(&Binding) -> bool) {
        for binding in &mut self.vectors.bindings {
            if binding.dirty && condition(binding) {
                let place = Rm::State(binding.offset);
                self.asm.store_vector(binding.width, place, binding.xmm);
                binding.dirty = false;
                self.vectors.deferred = None;
            }
        }
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
        self.vectors.clear();
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

    fn is_bound(&self, xmm: Xmm) -> bool {
        let mut bindings = self.vectors.bindings.iter();
        bindings.any(|binding| binding.xmm == xmm)
    }

    /// Returns a register that holds nothing needed, and keeps it.
    pub(super) fn take_vector(&mut self) -> Result<Xmm> {
        let all = || (0..VECTORS).map(Xmm);
        let preferred = self.vectors.preferred.iter();
        let wanted = preferred.fold(0_u16, |set, binding| set | 1 << binding.xmm.0);
        let free = |this: &Self, xmm: Xmm| {
            !this.is_busy(xmm) && !this.holds_value(xmm) && !this.is_bound(xmm)
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
            let dirty = this
                .vectors
                .bindings
                .iter()
                .any(|binding| binding.xmm == xmm && binding.dirty);
            let loaded = this
                .vectors
                .preferred
                .iter()
                .any(|binding| binding.xmm == xmm);
            u8::from(this.holds_value(xmm)) << 2 | u8::from(dirty) << 1 | u8::from(loaded)
        };
        let candidates = (0..VECTORS).map(Xmm).filter(|xmm| !self.is_busy(*xmm));
        let xmm = candidates
            .min_by_key(|xmm| cost(self, *xmm))
            .ok_or(CompileError::Unsupported)?;
        self.store_dirty(|binding| binding.xmm == xmm);
        self.vectors.drop_if(|binding| binding.xmm == xmm);
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
            let offset = slot_offset(self.input.layout, slot);
            let width = VectorWidth::of(self.input.layout.slot(slot).ty)?;
            let mut preferred = self.vectors.preferred.iter();
            preferred
                .find(|binding| binding.is(offset, width))
                .map(|binding| (binding.xmm, offset, width))
        });
        if let Some((xmm, offset, width)) = wanted
            && if operands.contains(&xmm) {
                !self.holds_later(xmm)
            } else {
                !self.is_busy(xmm) && !self.holds_value(xmm)
            }
        {
            let mut bindings = self.vectors.bindings.iter();
            // The slot is overwritten before anybody can see it.
            if bindings.all(|binding| binding.xmm != xmm || binding.is(offset, width)) {
                self.vectors.drop_if(|binding| binding.xmm == xmm);
                self.keep_vector(xmm);
                self.vectors.clean &= !(1 << xmm.0);
                return Ok(xmm);
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
