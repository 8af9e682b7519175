//! Values and slots in vector registers.
//!
//! Vector registers cache slots; see [`bindings`](dbt_core::analysis::bindings). A
//! write of a slot only binds a register to it, a read finds the binding, and dirty
//! slots are stored when their register is wanted for something else or control leaves
//! the unit. State maps list the dirty slots. Between blocks bindings live on: see
//! `vector/edge.rs`; by direct exits between fragments too, see `vector/fragment.rs`.
//!
//! Slots overlap as the host's registers do, lower parts in lower parts. So a part of a
//! slot that is bound is read by at most one instruction, and written to it by one; and
//! a slot is put together of its bound halves.
//!
//! **Invariants.** What counts of a register's content does not change while a value
//! that is still needed, or a binding, is in it. No two bindings overlap unless both
//! are clean.

mod edge;
mod fragment;
mod memory;

use dbt_core::analysis::bindings::{Binding, Bindings};
use dbt_core::host::CompileError;
use dbt_core::ir::{Inst, Slot, Ty, Value, VectorKind, Width};

use super::float::Fpcr;
use super::place::Place;
use super::simd::UPPER;
use super::{Lowering, Result};
use crate::asm::{Asm, Extend, Mem, View, float_immediate, modified_immediate};
use crate::context;
use crate::regs::{Reg, VECTORS, Vreg};

pub(super) use edge::OnBranch;
pub(super) use fragment::{Arrival, Bound};
pub(super) use memory::LastVectorAccess;

/// `DUP Vd.2D, Xn`.
const DUP_DWORDS: u32 = 0x4e08_0c00;

/// Returns what a value of a type is in a vector register, if it belongs there.
pub(crate) const fn view_of(ty: Ty) -> Option<View> {
    match ty {
        Ty::V32 => Some(View::S),
        Ty::V64 => Some(View::D),
        Ty::V128 => Some(View::Q),
        _ => None,
    }
}

/// What vector registers hold at one point.
#[derive(Clone, Debug, Default)]
pub(super) struct VectorState {
    pub(super) bindings: Bindings,
    /// Registers that the instruction being lowered still needs.
    pub(super) busy: u32,
}

/// Slots.
impl Lowering<'_> {
    fn slot_in_state(&self, slot: Slot) -> u32 {
        self.input.layout.slot(slot).offset
    }

    /// Reads a slot of a vector register.
    pub(super) fn get_vector(&mut self, value: Value, slot: Slot, view: View) -> Result<()> {
        let offset = self.slot_in_state(slot);
        let bytes = view.bytes();
        if self.vectors.bindings.find(offset, bytes).is_none() {
            self.join_halves(offset, view)?;
        }
        if let Some(binding) = self.vectors.bindings.find_containing(offset, bytes) {
            let from = Vreg(binding.reg);
            let index = (offset - binding.offset) / bytes;
            if index == 0 {
                self.define_vector(value, from);
                return Ok(());
            }
            if view == View::D {
                self.scratch.places.put(value, Place::Upper(from));
                return Ok(());
            }
            self.keep_vector(from);
            let dst = self.vector_for(value)?;
            self.asm.take_element(view, dst, from, index);
            self.define_vector(value, dst);
            return Ok(());
        }
        self.store_dirty(|binding| binding.overlaps(offset, bytes));
        let place = Place::VectorSlot { offset, view };
        self.scratch.places.put(value, place);
        Ok(())
    }

    /// Binds a slot of which both halves are bound and memory has not all.
    fn join_halves(&mut self, offset: u32, view: View) -> Result<()> {
        let half = view.bytes() / 2;
        let bindings = self.vectors.bindings.all();
        let find = |at: u32| bindings.iter().copied().find(|b| b.is(at, half));
        let (Some(low), Some(high)) = (find(offset), find(offset + half)) else {
            return Ok(());
        };
        if view == View::S || !low.dirty && !high.dirty {
            return Ok(());
        }
        let (from, upper) = (Vreg(low.reg), Vreg(high.reg));
        self.keep_vector(from);
        self.keep_vector(upper);
        let part = View::of_bytes(half);
        let dst = if self.is_whole_needed(from, half) || low.reg == high.reg {
            let dst = self.take_vector()?;
            self.asm.move_vector(part, dst, from);
            dst
        } else {
            from
        };
        self.asm.insert_element(part, dst, 1, upper);
        self.vectors
            .bindings
            .drop_if(|b| b.overlaps(offset, view.bytes()));
        self.vectors.bindings.bind(Binding {
            offset,
            bytes: view.bytes(),
            reg: dst.0,
            dirty: true,
        });
        Ok(())
    }

    /// Tells whether more than so many bytes of a register count.
    fn is_whole_needed(&self, reg: Vreg, bytes: u32) -> bool {
        let more = |value: &Value| {
            let place = self.place(*value);
            let view = view_of(self.ty_of(*value)).filter(|_| !matches!(place, Place::Upper(_)));
            place.uses_vector(reg) && view.is_none_or(|view| view.bytes() > bytes)
        };
        let mut bindings = self.vectors.bindings.all().iter();
        bindings.any(|b| b.reg == reg.0 && b.bytes > bytes)
            || self.scratch.places.active().iter().any(more)
    }

    pub(super) fn ty_of(&self, value: Value) -> Ty {
        let layout = self.input.layout;
        let ty = self.input.unit.inst(value).ty(|slot| layout.slot(slot).ty);
        ty.unwrap_or(Ty::I64)
    }

    /// Writes a slot of a vector register.
    pub(super) fn set_vector(&mut self, slot: Slot, value: Value, view: View) -> Result<()> {
        let offset = self.slot_in_state(slot);
        let bytes = view.bytes();
        let reg = self.vector(value)?;
        self.save_overwritten(offset, bytes)?;
        // What is wholly overwritten need not be stored.
        self.vectors
            .bindings
            .drop_if(|binding| binding.is_within(offset, bytes));
        if self.insert_in_wider(offset, view, reg) {
            return Ok(());
        }
        self.store_dirty(|binding| binding.overlaps(offset, bytes));
        self.vectors
            .bindings
            .drop_if(|binding| binding.overlaps(offset, bytes));
        self.vectors.bindings.bind(Binding {
            offset,
            bytes,
            reg: reg.0,
            dirty: true,
        });
        Ok(())
    }

    /// Writes a slot that is a part of one that is bound and dirty; false if nothing
    /// may be written to that register.
    fn insert_in_wider(&mut self, offset: u32, view: View, from: Vreg) -> bool {
        let wider = self.vectors.bindings.find_containing(offset, view.bytes());
        let Some(wider) = wider.filter(|wider| wider.dirty) else {
            return false;
        };
        let reg = Vreg(wider.reg);
        let is_other = |b: &Binding| b.reg == reg.0 && !b.is(wider.offset, wider.bytes);
        if self.vectors.bindings.all().iter().any(is_other) || self.outlives_in(reg) {
            return false;
        }
        let index = (offset - wider.offset) / view.bytes();
        self.asm.insert_element(view, reg, index, from);
        true
    }

    /// Loads values that are still needed out of slots that are about to be
    /// written.
    fn save_overwritten(&mut self, offset: u32, bytes: u32) -> Result<()> {
        for position in 0..self.scratch.places.active().len() {
            let value = self.scratch.places.active()[position];
            if self.fact(value).last_use <= self.index {
                continue;
            }
            let overlaps = |at: u32, size: u32| at < offset + bytes && offset < at + size;
            match self.place(value) {
                Place::VectorSlot { offset: at, view } if overlaps(at, view.bytes()) => {
                    self.vector(value)?;
                }
                Place::Slot { offset: at, width } => {
                    let at = (at - context::STATE).cast_unsigned();
                    if overlaps(at, width.bytes()) {
                        self.reg(value)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Stores dirty slots, which stay bound.
    fn store_dirty(&mut self, condition: impl Fn(&Binding) -> bool) {
        let asm = &mut self.asm;
        self.vectors.bindings.clean(condition, |binding| {
            let view = View::of_bytes(binding.bytes);
            let at = in_context(binding.offset);
            store_to_context(asm, view, Vreg(binding.reg), at);
        });
    }

    /// Stores every dirty slot.
    fn flush_vectors(&mut self) {
        self.store_dirty(|_| true);
    }

    /// Stores every dirty slot and forgets the bindings, as between fragments: control
    /// leaves the unit.
    pub(super) fn leave_vectors(&mut self) {
        self.need_fpcr(Fpcr::Guest);
        self.flush_vectors();
        self.vectors.bindings.clear();
    }

    /// Prepares for a function that may read and write any slot, and changes
    /// vector registers.
    pub(super) fn before_call_of_guest(&mut self) -> Result<()> {
        self.flush_vectors();
        // What is still in its slot may be written there.
        for position in 0..self.scratch.places.active().len() {
            let value = self.scratch.places.active()[position];
            let waits = matches!(self.place(value), Place::VectorSlot { .. });
            if waits && self.fact(value).last_use > self.index {
                self.vector(value)?;
            }
        }
        for number in 0..VECTORS {
            self.spill_vector(Vreg(number))?;
        }
        self.vectors.bindings.clear();
        Ok(())
    }
}

/// Stores to a slot, wherever it is.
pub(super) fn store_to_context(asm: &mut Asm<'_>, view: View, reg: Vreg, offset: i32) {
    let mem = context_operand(asm, view, offset);
    asm.transfer_vector(false, view, reg, mem);
}

/// Loads from a slot, wherever it is.
pub(super) fn load_from_context(asm: &mut Asm<'_>, view: View, reg: Vreg, offset: i32) {
    let mem = context_operand(asm, view, offset);
    asm.transfer_vector(true, view, reg, mem);
}

/// Returns the operand at an offset from the context. The link register, which nothing
/// else uses within a fragment, may be lost.
fn context_operand(asm: &mut Asm<'_>, view: View, offset: i32) -> Mem {
    let base = Reg::CONTEXT;
    if Asm::vector_offset_fits(view, offset) {
        return Mem::Offset { base, offset };
    }
    let index = Reg::LINK;
    asm.mov_imm(index, offset.cast_unsigned().into());
    Mem::Index {
        base,
        index,
        extend: Extend::Uxtw,
    }
}

/// Returns where a slot is from the context.
pub(super) const fn in_context(offset: u32) -> i32 {
    context::STATE + offset.cast_signed()
}

/// Registers.
impl Lowering<'_> {
    pub(super) fn keep_vector(&mut self, reg: Vreg) {
        self.vectors.busy |= 1 << reg.0;
    }

    fn is_vector_busy(&self, reg: Vreg) -> bool {
        self.vectors.busy & 1 << reg.0 != 0
    }

    /// Tells whether a value that is needed at or after this instruction is in a
    /// register.
    fn holds_value(&self, reg: Vreg) -> bool {
        let mut active = self.scratch.places.active().iter();
        active.any(|value| self.place(*value).uses_vector(reg))
    }

    /// Tells whether a value that is needed after this instruction is in a register.
    fn outlives_in(&self, reg: Vreg) -> bool {
        let mut active = self.scratch.places.active().iter();
        active.any(|value| {
            self.place(*value).uses_vector(reg) && self.fact(*value).last_use > self.index
        })
    }

    /// Tells whether a register may be changed in which an operand is that is not
    /// needed after this instruction.
    pub(super) fn is_dying(&self, value: Value, reg: Vreg) -> bool {
        let slot = self.fact(value).vector_slot;
        let slot = slot.map(|slot| *self.input.layout.slot(slot));
        let is_overwritten =
            |b: &Binding| slot.is_some_and(|slot| b.is_within(slot.offset, slot.bytes()));
        let mut bindings = self.vectors.bindings.all().iter();
        !self.outlives_in(reg) && bindings.all(|b| b.reg != reg.0 || is_overwritten(b))
    }

    /// Returns a register that holds nothing needed, and keeps it.
    pub(super) fn take_vector(&mut self) -> Result<Vreg> {
        let all = || (0..VECTORS).map(Vreg);
        let preferred = self.vectors.bindings.preferred().iter();
        let wanted = preferred.fold(0_u32, |set, binding| set | 1 << binding.reg);
        let free = |this: &Self, reg: Vreg| {
            !this.is_vector_busy(reg)
                && !this.vectors.bindings.is_bound(reg.0)
                && !this.holds_value(reg)
        };
        // Registers that the loop's head wants for something come last.
        let unwanted = all().filter(|reg| wanted & 1 << reg.0 == 0);
        let found = unwanted.chain(all()).find(|reg| free(self, *reg));
        let reg = match found {
            Some(reg) => reg,
            None => self.evict_vector()?,
        };
        self.keep_vector(reg);
        Ok(reg)
    }

    /// Frees a register: one whose slots memory holds, else one whose slots can be
    /// stored, else one with values.
    fn evict_vector(&mut self) -> Result<Vreg> {
        let cost = |this: &Self, reg: Vreg| {
            let bindings = &this.vectors.bindings;
            let dirty = bindings.all().iter().any(|b| b.reg == reg.0 && b.dirty);
            let loaded = bindings.preferred().iter().any(|b| b.reg == reg.0);
            u8::from(this.holds_value(reg)) << 2 | u8::from(dirty) << 1 | u8::from(loaded)
        };
        let candidates = (0..VECTORS).map(Vreg);
        let reg = candidates
            .filter(|reg| !self.is_vector_busy(*reg))
            .min_by_key(|reg| cost(self, *reg))
            .ok_or(CompileError::Unsupported)?;
        self.store_dirty(|binding| binding.reg == reg.0);
        self.vectors.bindings.drop_if(|b| b.reg == reg.0);
        self.spill_vector(reg)?;
        Ok(reg)
    }

    /// Moves the values out of a register.
    fn spill_vector(&mut self, reg: Vreg) -> Result<()> {
        for position in 0..self.scratch.places.active().len() {
            let value = self.scratch.places.active()[position];
            let place = self.place(value);
            if !place.uses_vector(reg) || self.fact(value).last_use < self.index {
                continue;
            }
            let from = match place {
                Place::InVector { width, .. } => {
                    let spill = self.scratch.places.take_spill()?;
                    // Nothing else uses the link register within a fragment.
                    self.asm.move_from_vector(width, Reg::LINK, reg);
                    let place = context::spill(spill.into());
                    self.asm.store(Width::W64, Reg::LINK, Reg::CONTEXT, place);
                    self.scratch.places.put(value, Place::Spill(spill));
                    continue;
                }
                place => self.compute_vector(value, place, Vreg::SCRATCH),
            };
            let spill = self.scratch.places.take_vector_spill()?;
            let place = context::spill(spill.into());
            self.asm.store_vector(View::Q, from, Reg::CONTEXT, place);
            self.scratch.places.put(value, Place::VectorSpill(spill));
        }
        Ok(())
    }

    /// Computes a value that follows from vector registers into `dst`, unless it is in
    /// a register as it is. Returns the register.
    fn compute_vector(&mut self, value: Value, place: Place, dst: Vreg) -> Vreg {
        match place {
            Place::Vector(reg) => return reg,
            Place::Upper(reg) => self.asm.take_element(View::D, dst, reg, 1),
            Place::Deferred(a, b) => self.emit_deferred(value, dst, [a, b], 0),
            Place::DeferredUpper(a, b) => self.emit_deferred(value, dst, [a, b], UPPER),
            _ => {}
        }
        dst
    }

    /// Returns the register in which `value` is made, which may be one of its dying
    /// operands': that of the slot which it is soon written to, if nothing needs its
    /// content, else any. Whoever writes it before all operands are read uses
    /// [`take_vector`](Self::take_vector).
    pub(super) fn vector_for(&mut self, value: Value) -> Result<Vreg> {
        let slot = self.fact(value).vector_slot;
        let wanted = slot.and_then(|slot| {
            let info = self.input.layout.slot(slot);
            let (offset, bytes) = (info.offset, info.bytes());
            let bindings = &self.vectors.bindings;
            let mut preferred = bindings.preferred().iter();
            let preferred = preferred.find(|binding| binding.is(offset, bytes));
            let reg = preferred.map(|binding| binding.reg);
            let reg = reg.or_else(|| bindings.find(offset, bytes))?;
            Some((Vreg(reg), offset, bytes))
        });
        if let Some((reg, offset, bytes)) = wanted
            && !self.outlives_in(reg)
        {
            let mut bindings = self.vectors.bindings.all().iter();
            // The slot is overwritten before anybody can see it.
            if bindings.all(|b| b.reg != reg.0 || b.is_within(offset, bytes)) {
                self.vectors.bindings.drop_if(|b| b.reg == reg.0);
                self.keep_vector(reg);
                return Ok(reg);
            }
        }
        self.take_vector()
    }

    /// Records where `value` was made.
    pub(super) fn define_vector(&mut self, value: Value, reg: Vreg) {
        self.scratch.places.put(value, Place::Vector(reg));
    }

    /// Returns a register that holds `value`, which is kept for this instruction.
    pub(super) fn vector(&mut self, value: Value) -> Result<Vreg> {
        let place = self.place(value);
        if let Place::Vector(reg) = place {
            self.keep_vector(reg);
            return Ok(reg);
        }
        if let Inst::Const { ty, bits } = *self.input.unit.inst(value) {
            let view = view_of(ty).ok_or(CompileError::Unsupported)?;
            let reg = self.take_vector()?;
            self.vector_constant(reg, view, bits)?;
            if self.fact(value).uses > 1 {
                self.define_vector(value, reg);
            }
            return Ok(reg);
        }
        let reg = match place {
            Place::VectorSlot { offset, view } => self.load_slot(offset, view)?,
            Place::VectorSpill(index) => {
                let reg = self.take_vector()?;
                let place = context::spill(index.into());
                self.asm.load_vector(View::Q, reg, Reg::CONTEXT, place);
                self.scratch.places.free_vector_spill(index);
                reg
            }
            Place::Deferred(a, b) | Place::DeferredUpper(a, b) => {
                self.keep_vector(a);
                self.keep_vector(b);
                let reg = self.take_vector()?;
                self.compute_vector(value, place, reg)
            }
            Place::Upper(from) => {
                self.keep_vector(from);
                let reg = self.take_vector()?;
                self.compute_vector(value, place, reg)
            }
            Place::Spill(index) => {
                let reg = self.take_vector()?;
                let place = context::spill(index.into());
                self.asm.load_vector(View::D, reg, Reg::CONTEXT, place);
                self.scratch.places.free_spill(index);
                reg
            }
            Place::Reg(from) => {
                self.keep(from);
                let reg = self.take_vector()?;
                self.asm.move_to_vector(Width::W64, reg, from);
                reg
            }
            _ => return Err(CompileError::Unsupported),
        };
        self.keep_vector(reg);
        self.define_vector(value, reg);
        Ok(reg)
    }

    /// Returns a register that holds a slot, which memory holds or which has been bound
    /// since it was read.
    fn load_slot(&mut self, offset: u32, view: View) -> Result<Vreg> {
        let bytes = view.bytes();
        if let Some(reg) = self.vectors.bindings.find(offset, bytes) {
            return Ok(Vreg(reg));
        }
        let reg = self.take_vector()?;
        load_from_context(&mut self.asm, view, reg, in_context(offset));
        let mut bindings = self.vectors.bindings.all().iter();
        if !bindings.any(|b| b.dirty && b.overlaps(offset, bytes)) {
            self.vectors.bindings.bind(Binding {
                offset,
                bytes,
                reg: reg.0,
                dirty: false,
            });
        }
        Ok(reg)
    }

    /// Makes a constant.
    pub(super) fn vector_constant(&mut self, reg: Vreg, view: View, bits: u64) -> Result<()> {
        if bits == 0 {
            self.asm.zero_vector(reg);
            return Ok(());
        }
        if view != View::Q
            && let Some(immediate) = float_immediate(view, bits)
        {
            self.asm.float_constant(view, reg, immediate);
            return Ok(());
        }
        let wide = view == View::Q;
        let bits = match view {
            View::S => bits & 0xffff_ffff | bits << 32,
            View::D | View::Q => bits,
        };
        if let Some(opcode) = modified_immediate(wide, bits) {
            self.asm.vector2(opcode, reg, Vreg(0));
            return Ok(());
        }
        let general = self.take_scratch()?;
        self.asm.mov_imm(general, bits);
        match wide {
            true => self.asm.vector_general(DUP_DWORDS, reg, general),
            false => self.asm.move_to_vector(Width::W64, reg, general),
        }
        self.release(general);
        Ok(())
    }
}

/// Moves between the kinds of registers.
impl Lowering<'_> {
    pub(super) fn move_to_vector(&mut self, value: Value, width: Width, a: Value) -> Result<()> {
        if let Place::InVector { reg, .. } = self.place(a) {
            self.define_vector(value, reg);
            return Ok(());
        }
        if let Some(bits) = self.input.unit.constant(a) {
            let reg = self.vector_for(value)?;
            self.vector_constant(reg, width.into(), bits)?;
            self.define_vector(value, reg);
            return Ok(());
        }
        let from = self.reg(a)?;
        let next = self.input.unit.insts.get(value.index() + 1);
        let takes_general = matches!(next, Some(Inst::Vector { op, args, .. })
            if op.kind == VectorKind::Splat && args[0] == value
                || op.kind == VectorKind::Insert && args[1] == value && args[0] != value);
        if takes_general && self.fact(value).uses == 1 {
            self.scratch.places.put(value, Place::Reg(from));
            return Ok(());
        }
        let reg = self.vector_for(value)?;
        self.asm.move_to_vector(width, reg, from);
        self.define_vector(value, reg);
        Ok(())
    }

    pub(super) fn move_from_vector(&mut self, value: Value, width: Width, a: Value) -> Result<()> {
        if let Place::VectorSlot { offset, .. } = self.place(a)
            && self
                .vectors
                .bindings
                .find_containing(offset, width.bytes())
                .is_none()
        {
            let offset = in_context(offset);
            let place = Place::Slot { offset, width };
            self.scratch.places.put(value, place);
            return Ok(());
        }
        let reg = self.vector(a)?;
        let place = Place::InVector { reg, width };
        self.scratch.places.put(value, place);
        Ok(())
    }
}
