//! Integer operations.

mod bit;
mod carry;
mod divide;
mod shift;
mod unary;

use dbt_core::ir::{Value, Width};
use dbt_isa::ops::BinOp;

use super::place::Place;
use super::{Lowering, Result};
use crate::asm::{Alu, Bits, Rm, Shift};
use crate::regs::Reg;

/// Arithmetic.
impl Lowering<'_> {
    pub(super) fn binary(
        &mut self,
        value: Value,
        op: BinOp,
        width: Width,
        a: Value,
        b: Value,
    ) -> Result<()> {
        if let Some(flags) = self.fact(value).fused {
            return self.fused(value, flags, a);
        }
        match op {
            BinOp::Add if width == Width::W32 => self.add(value, a, b),
            BinOp::Add => self.commutative(Alu::Add, value, width, a, b),
            BinOp::Sub => self.sub(value, width, a, b),
            BinOp::And => self.and(value, width, a, b),
            BinOp::Or => self.commutative(Alu::Or, value, width, a, b),
            BinOp::Xor => self.commutative(Alu::Xor, value, width, a, b),
            BinOp::Mul => self.mul(value, width, a, b),
            BinOp::Shl => self.shift(value, Shift::Shl, width, a, b),
            BinOp::Lshr => self.shift(value, Shift::Shr, width, a, b),
            BinOp::Ashr => self.shift(value, Shift::Sar, width, a, b),
            BinOp::Ror => self.shift(value, Shift::Ror, width, a, b),
            BinOp::UDiv => self.divide(value, width, a, b, false),
            BinOp::SDiv => self.divide(value, width, a, b, true),
        }
    }

    /// Addition by `lea`, which has three operands and leaves the flags alone, or
    /// not at all, when the sum is an address.
    fn add(&mut self, value: Value, a: Value, b: Value) -> Result<()> {
        let addresses = self.fact(value).addresses;
        if let Some(constant) = self.constant32(b) {
            let offset = constant.cast_signed();
            let (base, index, offset) = self.sum_parts(a, offset)?;
            if addresses {
                self.define_sum(value, base, index, offset);
                return Ok(());
            }
            let dst = self.destination(value, base, &[])?;
            self.sum_to(dst, base, index, offset);
            self.define(value, dst);
            return Ok(());
        }
        if let Place::Sum {
            base: None,
            index: Some(index),
            offset: 0,
        } = self.place(b)
        {
            let base = self.reg(a)?;
            if addresses {
                self.define_sum(value, Some(base), Some(index), 0);
                return Ok(());
            }
            let dst = self.destination(value, Some(base), &[])?;
            self.asm.lea32(dst, base, Some(index), 0);
            self.define(value, dst);
            return Ok(());
        }
        let x = self.reg(a)?;
        if addresses {
            let y = self.reg(b)?;
            self.define_sum(value, Some(x), Some((y, 0)), 0);
            return Ok(());
        }
        let y = self.reg(b)?;
        let dst = self.destination(value, Some(x), &[])?;
        if self.flags.host_is_free() && (dst == x || dst == y) {
            self.flags.forget_host_result();
            self.asm
                .alu(Alu::Add, Bits::B32, dst, if dst == x { y } else { x });
        } else {
            self.asm.lea32(dst, x, Some((y, 0)), 0);
        }
        self.define(value, dst);
        Ok(())
    }

    /// Returns `a + offset` as a sum.
    #[allow(clippy::type_complexity, reason = "the parts of `Place::Sum`")]
    fn sum_parts(
        &mut self,
        a: Value,
        offset: i32,
    ) -> Result<(Option<Reg>, Option<(Reg, u8)>, i32)> {
        if let Place::Sum {
            base,
            index,
            offset: more,
        } = self.place(a)
            && base.is_some()
        {
            return Ok((base, index, offset.wrapping_add(more)));
        }
        Ok((Some(self.reg(a)?), None, offset))
    }

    /// An operation for which `a` and `b` may be exchanged.
    fn commutative(
        &mut self,
        op: Alu,
        value: Value,
        width: Width,
        a: Value,
        b: Value,
    ) -> Result<()> {
        self.before_clobber()?;
        let bits = Bits::from(width);
        if let Some(constant) = self.immediate(b, width) {
            let dst = self.copy_for(value, bits, a, &[])?;
            self.asm.alu_imm(op, bits, dst, constant);
            return self.arithmetic_done(value, dst, width);
        }
        // An operand in memory is the better second one.
        let (a, b) = if matches!(self.place(b), Place::Reg(_)) && !self.is_reg(a) {
            (b, a)
        } else {
            (a, b)
        };
        let second = self.operand(b)?;
        let hint = self.fact(value).hint;
        if let (Rm::Reg(y), Some(pin)) = (second, hint)
            && y == pin
        {
            let x = self.operand(a)?;
            let dst = self.copy_for(value, bits, b, &[])?;
            self.asm.alu(op, bits, dst, x);
            return self.arithmetic_done(value, dst, width);
        }
        let avoid = if let Rm::Reg(y) = second {
            [y]
        } else {
            [Reg::RSP]
        };
        let dst = self.copy_for(value, bits, a, &avoid)?;
        self.asm.alu(op, bits, dst, second);
        self.arithmetic_done(value, dst, width)
    }

    fn is_reg(&self, value: Value) -> bool {
        matches!(self.place(value), Place::Reg(_))
    }

    fn and(&mut self, value: Value, width: Width, a: Value, b: Value) -> Result<()> {
        let extension = match (self.constant32(b), width) {
            (Some(0xff), Width::W32) => Some(Bits::B8),
            (Some(0xffff), Width::W32) => Some(Bits::B16),
            _ => None,
        };
        let Some(from) = extension else {
            return self.commutative(Alu::And, value, width, a, b);
        };
        let operand = self.operand(a)?;
        let dst = self.destination(value, register_of(operand), &[])?;
        self.asm.movzx(from, dst, operand);
        self.define(value, dst);
        Ok(())
    }

    fn arithmetic_done(&mut self, value: Value, dst: Reg, width: Width) -> Result<()> {
        self.define(value, dst);
        if width == Width::W32 {
            self.note_host_result(dst);
        }
        Ok(())
    }

    fn sub(&mut self, value: Value, width: Width, a: Value, b: Value) -> Result<()> {
        let bits = Bits::from(width);
        self.before_clobber()?;
        if self.input.unit.constant(a) == Some(0) {
            let dst = self.copy_for(value, bits, b, &[])?;
            self.asm.neg(bits, dst);
            return self.arithmetic_done(value, dst, width);
        }
        if let Some(constant) = self.immediate(b, width) {
            let dst = self.copy_for(value, bits, a, &[])?;
            self.asm.alu_imm(Alu::Sub, bits, dst, constant);
            return self.arithmetic_done(value, dst, width);
        }
        let second = self.operand(b)?;
        let avoid = if let Rm::Reg(y) = second {
            [y]
        } else {
            [Reg::RSP]
        };
        let dst = self.copy_for(value, bits, a, &avoid)?;
        self.asm.alu(Alu::Sub, bits, dst, second);
        self.arithmetic_done(value, dst, width)
    }

    /// Puts a copy of `a` where `value` will be made.
    fn copy_for(&mut self, value: Value, bits: Bits, a: Value, avoid: &[Reg]) -> Result<Reg> {
        if let Some(constant) = self.input.unit.constant(a) {
            let dst = self.destination(value, None, avoid)?;
            self.load_constant(dst, constant);
            return Ok(dst);
        }
        if matches!(self.place(a), Place::Sum { .. } | Place::None) {
            self.reg(a)?;
        }
        let operand = self.operand(a)?;
        let dst = self.destination(value, register_of(operand), avoid)?;
        if operand != Rm::Reg(dst) {
            self.asm.mov(bits, dst, operand);
        }
        Ok(dst)
    }

    /// Returns the constant that an instruction can hold.
    #[allow(clippy::cast_possible_truncation, reason = "32-bit values, or checked")]
    fn immediate(&self, value: Value, width: Width) -> Option<i32> {
        let constant = self.input.unit.constant(value)?;
        match width {
            Width::W32 => Some((constant as u32).cast_signed()),
            Width::W64 => i32::try_from(constant.cast_signed()).ok(),
        }
    }

    fn mul(&mut self, value: Value, width: Width, a: Value, b: Value) -> Result<()> {
        let bits = Bits::from(width);
        self.before_clobber()?;
        if let Some(constant) = self.immediate(b, width) {
            if matches!(self.place(a), Place::None) {
                self.reg(a)?;
            }
            let operand = self.operand(a)?;
            let dst = self.destination(value, register_of(operand), &[])?;
            self.asm.imul_imm(bits, dst, operand, constant);
            self.define(value, dst);
            return Ok(());
        }
        let (a, b) = if self
            .fact(value)
            .hint
            .is_some_and(|pin| self.place(b) == Place::Reg(pin))
        {
            (b, a)
        } else {
            (a, b)
        };
        let second = self.operand(b)?;
        let avoid = if let Rm::Reg(y) = second {
            [y]
        } else {
            [Reg::RSP]
        };
        let dst = self.copy_for(value, bits, a, &avoid)?;
        self.asm.imul(bits, dst, second);
        self.define(value, dst);
        Ok(())
    }
}

fn register_of(operand: Rm) -> Option<Reg> {
    match operand {
        Rm::Reg(reg) => Some(reg),
        _ => None,
    }
}
