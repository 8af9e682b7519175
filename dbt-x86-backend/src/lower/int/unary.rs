//! Operations on one word, and changes of width.

use dbt_core::ir::{Value, Width};
use dbt_isa::ops::UnOp;

use super::register_of;
use crate::asm::{Alu, Bits, Cc, Rm, Shift};
use crate::lower::place::Place;
use crate::lower::{Lowering, Result};

impl Lowering<'_> {
    pub(in crate::lower) fn unary(&mut self, value: Value, op: UnOp, a: Value) -> Result<()> {
        match op {
            UnOp::Not => {
                let dst = self.copy_for(value, Bits::B32, a, &[])?;
                self.asm.not(Bits::B32, dst);
                self.define(value, dst);
            }
            UnOp::Neg => {
                self.before_clobber()?;
                let dst = self.copy_for(value, Bits::B32, a, &[])?;
                self.asm.neg(Bits::B32, dst);
                self.arithmetic_done(value, dst, Width::W32)?;
            }
            UnOp::ByteSwap => {
                let dst = self.copy_for(value, Bits::B32, a, &[])?;
                self.asm.bswap(dst);
                self.define(value, dst);
            }
            UnOp::SextByte | UnOp::SextHalf | UnOp::ZextByte | UnOp::ZextHalf => {
                self.extend_part(value, op, a)?;
            }
            UnOp::Clz => self.clz(value, a)?,
            UnOp::BitReverse => self.bit_reverse(value, a)?,
        }
        Ok(())
    }

    fn extend_part(&mut self, value: Value, op: UnOp, a: Value) -> Result<()> {
        if matches!(self.place(a), Place::Sum { .. } | Place::None) {
            self.reg(a)?;
        }
        let operand = if self.input.unit.constant(a).is_some() {
            Rm::Reg(self.reg(a)?)
        } else {
            self.operand(a)?
        };
        let dst = self.destination(value, register_of(operand), &[])?;
        match op {
            UnOp::SextByte => self.asm.movsx(Bits::B8, Bits::B32, dst, operand),
            UnOp::SextHalf => self.asm.movsx(Bits::B16, Bits::B32, dst, operand),
            UnOp::ZextByte => self.asm.movzx(Bits::B8, dst, operand),
            _ => self.asm.movzx(Bits::B16, dst, operand),
        }
        self.define(value, dst);
        Ok(())
    }

    fn clz(&mut self, value: Value, a: Value) -> Result<()> {
        self.before_clobber()?;
        let x = self.reg(a)?;
        if self.features.lzcnt {
            let dst = self.destination(value, Some(x), &[])?;
            self.asm.lzcnt(dst, x);
            self.define(value, dst);
            return Ok(());
        }
        let dst = self.destination(value, None, &[x])?;
        self.asm.bsr(dst, x);
        let nonzero = self.asm.jcc_short(Cc::Ne);
        // 63 becomes 32.
        self.asm.mov_imm(dst, 63);
        self.asm.bind_short(nonzero);
        self.asm.alu_imm(Alu::Xor, Bits::B32, dst, 31);
        self.define(value, dst);
        Ok(())
    }

    /// Reverses the bytes, then the nibbles, pairs and bits in each.
    fn bit_reverse(&mut self, value: Value, a: Value) -> Result<()> {
        self.before_clobber()?;
        let dst = self.copy_for(value, Bits::B32, a, &[])?;
        self.keep(dst);
        let other = self.take_scratch()?;
        self.asm.bswap(dst);
        for (amount, mask) in [(4, 0x0f0f_0f0f_u32), (2, 0x3333_3333), (1, 0x5555_5555)] {
            self.asm.mov32(other, dst);
            self.asm.shift_imm(Shift::Shr, Bits::B32, other, amount);
            self.asm
                .alu_imm(Alu::And, Bits::B32, other, mask.cast_signed());
            self.asm
                .alu_imm(Alu::And, Bits::B32, dst, mask.cast_signed());
            self.asm.shift_imm(Shift::Shl, Bits::B32, dst, amount);
            self.asm.alu(Alu::Or, Bits::B32, dst, other);
        }
        self.release(other);
        self.define(value, dst);
        Ok(())
    }

    pub(in crate::lower) fn extend(&mut self, value: Value, signed: bool, a: Value) -> Result<()> {
        if !signed && let Place::Reg(reg) = self.place(a) {
            // The upper half is zero already.
            self.define(value, reg);
            return Ok(());
        }
        let operand = if self.input.unit.constant(a).is_some() {
            Rm::Reg(self.reg(a)?)
        } else {
            self.operand(a)?
        };
        let dst = self.destination(value, register_of(operand), &[])?;
        if signed {
            self.asm.movsxd(dst, operand);
        } else {
            self.asm.mov32(dst, operand);
        }
        self.define(value, dst);
        Ok(())
    }

    pub(in crate::lower) fn low(&mut self, value: Value, a: Value) -> Result<()> {
        let operand = if self.input.unit.constant(a).is_some() {
            Rm::Reg(self.reg(a)?)
        } else {
            self.operand(a)?
        };
        let dst = self.destination(value, register_of(operand), &[])?;
        self.asm.mov32(dst, operand);
        self.define(value, dst);
        Ok(())
    }

    pub(in crate::lower) fn high(&mut self, value: Value, a: Value) -> Result<()> {
        if let Place::Slot { offset, .. } = self.place(a) {
            let dst = self.destination(value, None, &[])?;
            self.asm.mov32(dst, Rm::State(offset + 4));
            self.define(value, dst);
            return Ok(());
        }
        self.before_clobber()?;
        let dst = self.copy_for(value, Bits::B64, a, &[])?;
        self.asm.shift_imm(Shift::Shr, Bits::B64, dst, 32);
        self.define(value, dst);
        Ok(())
    }
}
