//! Operations on vectors.
//!
//! Nearly each is one instruction of the host, since the two instruction sets have the
//! same operations. What the host has not is a call of the guest's function.
//!
//! Operations on singles compute as `StandardFPSCRValue()` says, whatever the guest's
//! modes are: see [`Fpcr`](super::float::Fpcr).

mod form;
mod fuse;

use dbt_core::host::CompileError;
use dbt_core::ir::{Helper, Inst, Value, VectorKind, VectorOp, VectorWidth, Width};
use dbt_isa::ops::Size;

use super::float::Fpcr;
use super::place::Place;
use super::vector::{in_context, load_from_context, store_to_context};
use super::{Lowering, Result};
use crate::asm::{Arrangement, View, element};
use crate::regs::Vreg;

use form::{Form, form};

/// What tells an operation on upper halves from that on lower ones: `SMULL2`.
pub(super) const UPPER: u32 = 1 << 30;

impl Lowering<'_> {
    pub(super) fn vector_op(
        &mut self,
        value: Value,
        op: VectorOp,
        (helper, info): (Helper, u32),
        args: [Value; 3],
    ) -> Result<()> {
        if self.fused_vector(value, op, args)? || self.moves_vector(value, op, args)? {
            return Ok(());
        }
        let Some(form) = form(op, self.features) else {
            return self.vector_by_call(value, op, (helper, info), args);
        };
        if let Some(fpcr) = Fpcr::of_vector(op) {
            self.need_fpcr(fpcr);
        }
        match form {
            Form::Same => {
                let a = self.vector(args[0])?;
                self.define_vector(value, a);
            }
            Form::Unary(opcode) => {
                let widens = matches!(op.kind, VectorKind::Widen | VectorKind::FloatWiden);
                let upper = self.upper(args[0]).filter(|_| widens);
                let (a, half) = match upper {
                    Some(reg) => (reg, UPPER),
                    None => (self.vector(args[0])?, 0),
                };
                if self.is_fused_by_user(value) {
                    self.defer(value, [a, a], half);
                    return Ok(());
                }
                let dst = self.vector_for(value)?;
                self.asm.vector2(opcode | half, dst, a);
                self.define_vector(value, dst);
            }
            Form::Binary(opcode) => {
                if let Some(opcode) = self.compared_with_zero(op, args) {
                    let number = if self.is_zero(args[0]) {
                        args[1]
                    } else {
                        args[0]
                    };
                    let a = self.vector(number)?;
                    let dst = self.vector_for(value)?;
                    self.asm.vector2(opcode, dst, a);
                    self.define_vector(value, dst);
                    return Ok(());
                }
                let is_long = matches!(op.kind, VectorKind::MulLong | VectorKind::PolyMulLong);
                let uppers = [args[0], args[1]].map(|arg| self.upper(arg));
                let (a, b, half) = match uppers {
                    [Some(a), Some(b)] if is_long => (a, b, UPPER),
                    _ => (self.vector(args[0])?, self.vector(args[1])?, 0),
                };
                if self.is_fused_by_user(value) {
                    self.defer(value, [a, b], half);
                    return Ok(());
                }
                let dst = self.vector_for(value)?;
                self.asm.vector3(opcode | half, dst, a, b);
                self.define_vector(value, dst);
            }
            Form::Tied { opcode, tied, a, b } => {
                let others = [self.vector(args[a])?, self.vector(args[b])?];
                let dst = self.tied(value, args[tied], others)?;
                self.asm.vector3(opcode, dst, others[0], others[1]);
                self.define_vector(value, dst);
            }
            Form::Step(opcode) => self.iteration_step(value, op, opcode, args)?,
            Form::TiedUnary { opcode, tied, a } => {
                let other = self.vector(args[a])?;
                let dst = self.tied(value, args[tied], [other; 2])?;
                self.asm.vector2(opcode, dst, other);
                self.define_vector(value, dst);
            }
        }
        Ok(())
    }

    /// Makes `VRECPS` or `VRSQRTS`, which round the product before they go on, of an
    /// instruction that does not, `2 - a * b` or `(3 - a * b) / 2`: with one as the second
    /// factor it rounds as a difference does, and half of a single is exact.
    ///
    /// Zero times infinity is to count as zero. `FMULX` gives ±2 then, raising nothing; so
    /// the second factor is zero instead, if one of the operands is. Any other product is
    /// zero or a NaN then, and stays that.
    fn iteration_step(
        &mut self,
        value: Value,
        op: VectorOp,
        opcode: u32,
        args: [Value; 3],
    ) -> Result<()> {
        let at = Arrangement {
            size: op.size,
            wide: op.wide,
        };
        let (a, b) = (self.vector(args[0])?, self.vector(args[1])?);
        let dst = self.vector_for(value)?;
        let [zeroes, product] = Vreg::TABLE;
        let is_zero = at.number(0b0_1101) | 1 << 23;
        self.asm.vector3(at.numbers(0b1_1011), product, a, b);
        self.asm.vector2(is_zero, zeroes, a);
        if a != b {
            // The operands are not needed any more, where one is in the result's register.
            self.asm.vector2(is_zero, dst, b);
            self.asm.vector3(at.whole(0x0ea0_1c00), zeroes, zeroes, dst);
        }
        self.asm.vector2(at.ones(), dst, Vreg(0));
        self.asm.vector3(at.whole(0x0e60_1c00), dst, dst, zeroes);
        self.asm.vector3(opcode, dst, product, dst);
        self.define_vector(value, dst);
        Ok(())
    }

    /// Leaves an operation on registers, or on their upper halves, to its user.
    fn defer(&mut self, value: Value, [a, b]: [Vreg; 2], half: u32) {
        let place = match half {
            UPPER => Place::DeferredUpper(a, b),
            _ => Place::Deferred(a, b),
        };
        self.scratch.places.put(value, place);
    }

    /// Returns the register of which a value is the upper half, and keeps it.
    fn upper(&mut self, value: Value) -> Option<Vreg> {
        let Place::Upper(reg) = self.place(value) else {
            return None;
        };
        self.keep_vector(reg);
        Some(reg)
    }

    /// Computes a value that was left to its user after all.
    pub(super) fn emit_deferred(&mut self, value: Value, dst: Vreg, [a, b]: [Vreg; 2], half: u32) {
        use crate::asm::{Fp1, Fp2};
        match *self.input.unit.inst(value) {
            Inst::Vector { op, .. } if op.kind == VectorKind::Splat => {
                self.asm.vector2(form::splat(op), dst, a);
            }
            Inst::Vector { op, .. } => match form(op, self.features) {
                Some(Form::Unary(opcode)) => self.asm.vector2(opcode | half, dst, a),
                Some(Form::Binary(opcode)) => self.asm.vector3(opcode | half, dst, a, b),
                _ => {}
            },
            Inst::FloatSign { width, .. } => self.asm.float1(Fp1::Neg, width.into(), dst, a),
            Inst::Float { op, .. } => {
                let view = match op.ty() {
                    dbt_core::ir::Ty::V32 => View::S,
                    _ => View::D,
                };
                self.asm.float2(Fp2::Mul, view.into(), dst, a, b);
            }
            _ => {}
        }
    }

    /// Returns the register in which `value` is made, with `from` in it, of which an
    /// instruction changes a part. The other operands are in `others`.
    fn tied(&mut self, value: Value, from: Value, others: [Vreg; 2]) -> Result<Vreg> {
        let a = self.vector(from)?;
        if self.is_dying(value, a) {
            // An instruction reads all operands before it writes.
            self.vectors.bindings.drop_if(|b| b.reg == a.0);
            return Ok(a);
        }
        let mut dst = self.vector_for(value)?;
        if others.contains(&dst) {
            dst = self.take_vector()?;
        }
        self.asm.move_vector(View::Q, dst, a);
        Ok(dst)
    }

    fn is_constant(&self, value: Value) -> bool {
        matches!(self.input.unit.inst(value), Inst::Const { .. })
    }

    fn is_zero(&self, value: Value) -> bool {
        self.input.unit.constant(value) == Some(0)
    }

    /// Returns the comparison with zero that an operation is.
    fn compared_with_zero(&self, op: VectorOp, args: [Value; 3]) -> Option<u32> {
        let zeroes = [args[0], args[1]].map(|arg| self.is_zero(arg));
        form::compare_zero(op, zeroes)
    }
}

/// Parts.
impl Lowering<'_> {
    /// Moves parts of vectors; false if the operation does something else.
    fn moves_vector(&mut self, value: Value, op: VectorOp, args: [Value; 3]) -> Result<bool> {
        let [a, b, _] = args;
        match op.kind {
            VectorKind::Low => {
                let reg = self.vector(a)?;
                self.define_vector(value, reg);
            }
            VectorKind::High => {
                let reg = self.vector(a)?;
                self.scratch.places.put(value, Place::Upper(reg));
            }
            VectorKind::Join => self.join_vectors(value, a, b)?,
            VectorKind::Splat => {
                // `DUP` (vector) has no arrangement of one element.
                let is_one_double = op.size == Size::Dword && !op.wide;
                if let Place::Reg(from) = self.place(a)
                    && op.imm == 0
                {
                    self.keep(from);
                    let dst = self.vector_for(value)?;
                    if is_one_double {
                        self.asm.move_to_vector(Width::W64, dst, from);
                    } else {
                        let q = if op.wide { 1 << 30 } else { 0 };
                        let opcode = element(0x0e00_0c00 | q, op.size, 0);
                        self.asm.vector_general(opcode, dst, from);
                    }
                    self.define_vector(value, dst);
                    return Ok(true);
                }
                let reg = self.vector(a)?;
                if is_one_double {
                    self.define_vector(value, reg);
                    return Ok(true);
                }
                if self.is_fused_by_user(value) {
                    self.defer(value, [reg, reg], 0);
                    return Ok(true);
                }
                let dst = self.vector_for(value)?;
                self.asm.vector2(form::splat(op), dst, reg);
                self.define_vector(value, dst);
            }
            VectorKind::Insert => {
                if let Place::Reg(from) = self.place(b) {
                    self.keep(from);
                    let dst = self.tied(value, a, [Vreg::SCRATCH; 2])?;
                    let opcode = element(0x4e00_1c00, op.size, op.imm.into());
                    self.asm.vector_general(opcode, dst, from);
                    self.define_vector(value, dst);
                    return Ok(true);
                }
                let other = self.vector(b)?;
                let dst = self.tied(value, a, [other; 2])?;
                let opcode = element(0x6e00_0400, op.size, op.imm.into());
                self.asm.vector2(opcode, dst, other);
                self.define_vector(value, dst);
            }
            VectorKind::Table => self.look_up_bytes(value, op, args)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn join_vectors(&mut self, value: Value, low: Value, high: Value) -> Result<()> {
        if self.is_zero(high) && !self.is_constant(low) {
            // A move of 64 bits clears the rest.
            let reg = self.vector(low)?;
            let dst = self.vector_for(value)?;
            self.asm.move_vector(View::D, dst, reg);
            self.define_vector(value, dst);
            return Ok(());
        }
        let upper = self.vector(high)?;
        let dst = self.tied(value, low, [upper; 2])?;
        self.asm.insert_element(View::D, dst, 1, upper);
        self.define_vector(value, dst);
        Ok(())
    }

    /// A table of more than 16 bytes is in two registers with neighbouring numbers, and
    /// what is behind its end reads as zero.
    fn look_up_bytes(&mut self, value: Value, op: VectorOp, args: [Value; 3]) -> Result<()> {
        const TBL: u32 = 0x0e00_0000;
        const TWO: u32 = 1 << 13;
        let index = self.vector(args[2])?;
        let first = self.vector(args[0])?;
        if op.imm == 16 {
            let dst = self.vector_for(value)?;
            self.asm.vector3(TBL, dst, first, index);
            self.define_vector(value, dst);
            return Ok(());
        }
        let [table, above] = Vreg::TABLE;
        let part = |ends: bool| if ends { View::D } else { View::Q };
        self.asm.move_vector(part(op.imm == 8), table, first);
        let mut opcode = TBL;
        if op.imm > 16 {
            let second = self.vector(args[1])?;
            self.asm.move_vector(part(op.imm == 24), above, second);
            opcode |= TWO;
        }
        let dst = self.vector_for(value)?;
        self.asm.vector3(opcode, dst, table, index);
        self.define_vector(value, dst);
        Ok(())
    }
}

/// Functions.
impl Lowering<'_> {
    /// Calls the guest's function.
    fn vector_by_call(
        &mut self,
        value: Value,
        op: VectorOp,
        (helper, info): (Helper, u32),
        args: [Value; 3],
    ) -> Result<()> {
        let slots = self.input.layout.vector_operands;
        let slots = slots.ok_or(CompileError::Unsupported)?;
        let places = slots.map(|slot| in_context(self.input.layout.slot(slot).offset));
        for (position, width) in op.operands().into_iter().enumerate().take(op.count()) {
            let mut reg = self.vector(args[position])?;
            if width != VectorWidth::V128 {
                self.asm.move_vector(width.into(), Vreg::SCRATCH, reg);
                reg = Vreg::SCRATCH;
            }
            store_to_context(&mut self.asm, View::Q, reg, places[position]);
        }
        self.call_exact_with(helper, info.into())?;
        let dst = self.vector_for(value)?;
        load_from_context(&mut self.asm, View::Q, dst, places[0]);
        self.asm.zero_vector(Vreg::SCRATCH);
        store_to_context(&mut self.asm, View::Q, Vreg::SCRATCH, places[0]);
        self.define_vector(value, dst);
        Ok(())
    }
}

/// The size of the elements of a product that is as long as its factors are not.
const fn doubled(size: Size) -> Size {
    match size {
        Size::Byte => Size::Half,
        Size::Half => Size::Word,
        Size::Word | Size::Dword => Size::Dword,
    }
}
