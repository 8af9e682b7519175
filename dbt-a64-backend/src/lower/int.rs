//! Integer operations.

mod bits;
mod carry;

pub(super) use bits::Test;

use dbt_core::host::CompileError;
use dbt_core::ir::{ChecksumOp, Helper, Value, Width};
use dbt_isa::ops::{BinOp, Condition, UnOp};

use super::place::Place;
use super::{Lowering, Result};
use crate::asm::{Logic, Shift, Shifted, logical_immediate};
use crate::facts::is_wide;
use crate::regs::Reg;

/// Checksums.
impl Lowering<'_> {
    pub(super) fn checksum(
        &mut self,
        value: Value,
        op: ChecksumOp,
        helper: Helper,
        args: [Value; 3],
    ) -> Result<()> {
        if !self.features.crc32 {
            self.call_exact(helper, &args)?;
            self.asm.mov(Width::W32, Reg::X16, Reg::X16);
            self.define(value, Reg::X16);
            return Ok(());
        }
        let [_, sum, data] = args;
        let (sum, data) = (self.reg_or_zero(sum)?, self.reg_or_zero(data)?);
        let dst = self.destination(value, Some(sum), &[])?;
        self.asm.checksum(op.castagnoli, op.size, dst, sum, data);
        self.define(value, dst);
        Ok(())
    }
}

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
            BinOp::Add => self.add(value, width, a, b),
            BinOp::Sub => self.sub(value, width, a, b),
            BinOp::And => self.and(value, width, a, b),
            BinOp::Or => self.logic(Logic::Orr, value, width, a, b),
            BinOp::Xor => self.logic(Logic::Eor, value, width, a, b),
            BinOp::Mul => self.mul(value, width, a, b),
            BinOp::Shl => self.shift(value, Shift::Lsl, width, a, b),
            BinOp::Lshr => self.shift(value, Shift::Lsr, width, a, b),
            BinOp::Ashr => self.shift(value, Shift::Asr, width, a, b),
            BinOp::Ror => self.shift(value, Shift::Ror, width, a, b),
            BinOp::UDiv => self.divide(value, width, a, b, false),
            BinOp::SDiv => self.divide(value, width, a, b, true),
        }
    }

    /// Tells whether every user of a value can compute it on the side.
    fn is_absorbed(&self, value: Value) -> bool {
        let fact = self.fact(value);
        fact.uses > 0 && fact.absorbing == fact.uses
    }

    /// Returns an operand that an instruction can read shifted.
    fn shifted(&mut self, value: Value) -> Result<(Shifted, bool)> {
        if let Place::Shifted { of, inverted } = self.place(value) {
            self.keep(of.reg);
            return Ok((of, inverted));
        }
        Ok((self.reg_or_zero(value)?.into(), false))
    }

    /// Returns an operand that additions and comparisons can read shifted.
    fn addend(&mut self, value: Value) -> Result<Shifted> {
        match self.place(value) {
            Place::Shifted {
                of,
                inverted: false,
            } if of.shift != Shift::Ror => {
                self.keep(of.reg);
                Ok(of)
            }
            _ => Ok(self.reg_or_zero(value)?.into()),
        }
    }

    fn add(&mut self, value: Value, width: Width, a: Value, b: Value) -> Result<()> {
        if width == Width::W32 {
            if let Some(constant) = self.constant32(b) {
                return self.add_offset(value, a, constant.cast_signed());
            }
            for (product, other) in [(a, b), (b, a)] {
                if let Place::Product(x, y) = self.place(product) {
                    self.keep_place(Place::Product(x, y));
                    let c = self.reg(other)?;
                    let dst = self.destination(value, Some(c), &[])?;
                    self.asm.multiply(false, width, dst, x, y, c);
                    self.define(value, dst);
                    return Ok(());
                }
            }
        }
        let x = self.reg(a)?;
        let y = match width {
            Width::W32 => self.addend(b)?,
            Width::W64 => self.reg(b)?.into(),
        };
        if width == Width::W32 && self.fact(value).addresses && y.shift == Shift::Lsl {
            let index = Some((y.reg, y.amount));
            let offset = 0;
            self.scratch.places.put(
                value,
                Place::Sum {
                    base: x,
                    index,
                    offset,
                },
            );
            return Ok(());
        }
        let dst = self.destination(value, Some(x), &[])?;
        self.asm.add_reg(false, false, width, dst, x, y);
        self.define(value, dst);
        Ok(())
    }

    /// Adds a constant, or leaves that to the address that the sum is.
    fn add_offset(&mut self, value: Value, a: Value, offset: i32) -> Result<()> {
        if let Place::Shifted {
            of,
            inverted: false,
        } = self.place(a)
            && of.shift != Shift::Ror
            && is_wide(offset.cast_unsigned().into())
        {
            self.keep(of.reg);
            let dst = self.destination(value, Some(of.reg), &[])?;
            self.keep(dst);
            let constant = self.take_scratch()?;
            self.constant_to(constant, offset.cast_unsigned());
            self.asm
                .add_reg(false, false, Width::W32, dst, constant, of);
            self.release(constant);
            self.define(value, dst);
            return Ok(());
        }
        let (base, index, offset) = match self.place(a) {
            Place::Sum {
                base,
                index,
                offset: more,
            } if small(offset.wrapping_add(more)) => (base, index, offset.wrapping_add(more)),
            _ => (self.reg(a)?, None, offset),
        };
        let sum = Place::Sum {
            base,
            index,
            offset,
        };
        self.keep_place(sum);
        // Nothing is to be computed, or not yet: an access may add to its base.
        let fact = self.fact(value);
        let waits = fact.set_to == Some(base) && (fact.hint.is_none() || self.outlives(base));
        if (offset == 0 || fact.addresses || waits) && small(offset) {
            match index {
                None => self.put_sum(value, base, offset),
                Some(_) => self.scratch.places.put(value, sum),
            }
            return Ok(());
        }
        let avoid = index.map(|(index, _)| index).unwrap_or(Reg::SP);
        let dst = self.destination(value, Some(base), &[avoid])?;
        self.compute(dst, sum);
        self.define(value, dst);
        Ok(())
    }

    fn sub(&mut self, value: Value, width: Width, a: Value, b: Value) -> Result<()> {
        if let Place::Product(x, y) = self.place(b) {
            self.keep_place(Place::Product(x, y));
            let c = self.reg_or_zero(a)?;
            let dst = self.destination(value, Some(c), &[])?;
            self.asm.multiply(true, width, dst, x, y, c);
            self.define(value, dst);
            return Ok(());
        }
        if width == Width::W32
            && let Some(constant) = self.constant32(b)
        {
            return self.add_offset(value, a, constant.wrapping_neg().cast_signed());
        }
        let x = self.reg_or_zero(a)?;
        let y = match width {
            Width::W32 => self.addend(b)?,
            Width::W64 => self.reg(b)?.into(),
        };
        let dst = self.destination(value, Some(x), &[])?;
        self.asm.add_reg(true, false, width, dst, x, y);
        self.define(value, dst);
        Ok(())
    }

    fn and(&mut self, value: Value, width: Width, a: Value, b: Value) -> Result<()> {
        if !self.fact(value).sets_flags {
            return self.logic(Logic::And, value, width, a, b);
        }
        self.logic(Logic::Ands, value, width, a, b)?;
        if let Place::Reg(reg) = self.place(value) {
            self.note_host_result(reg);
        }
        Ok(())
    }

    fn logic(&mut self, op: Logic, value: Value, width: Width, a: Value, b: Value) -> Result<()> {
        if let Some(constant) = self.input.unit.constant(b)
            && let Some(immediate) = logical_immediate(constant, width)
        {
            let x = self.reg(a)?;
            let dst = self.destination(value, Some(x), &[])?;
            if op == Logic::Ands {
                self.before_clobber()?;
            }
            self.asm.logic_imm(op, width, dst, x, immediate);
            self.define(value, dst);
            return Ok(());
        }
        let x = self.reg_or_zero(a)?;
        let (y, inverted) = match width {
            Width::W32 => self.shifted(b)?,
            Width::W64 => (self.reg(b)?.into(), false),
        };
        let dst = self.destination(value, Some(x), &[])?;
        if op == Logic::Ands {
            self.before_clobber()?;
        }
        self.asm.logic(op, inverted, width, dst, x, y);
        self.define(value, dst);
        Ok(())
    }

    fn mul(&mut self, value: Value, width: Width, a: Value, b: Value) -> Result<()> {
        if let (
            Place::Extended { reg: x, signed },
            Place::Extended {
                reg: y,
                signed: also,
            },
        ) = (self.place(a), self.place(b))
            && signed == also
        {
            self.keep(x);
            self.keep(y);
            let dst = self.destination(value, Some(x), &[])?;
            self.asm.multiply_long(signed, dst, x, y, Reg::ZERO);
            self.define(value, dst);
            return Ok(());
        }
        let (x, y) = (self.reg(a)?, self.reg(b)?);
        if width == Width::W32 && self.fact(value).uses == 1 && self.is_absorbed(value) {
            self.scratch.places.put(value, Place::Product(x, y));
            return Ok(());
        }
        let dst = self.destination(value, Some(x), &[])?;
        self.asm.multiply(false, width, dst, x, y, Reg::ZERO);
        self.define(value, dst);
        Ok(())
    }

    fn divide(
        &mut self,
        value: Value,
        width: Width,
        a: Value,
        b: Value,
        signed: bool,
    ) -> Result<()> {
        // The host gives zero for a division by zero, and the dividend for the one
        // quotient that overflows, as it should be.
        let (x, y) = (self.reg_or_zero(a)?, self.reg_or_zero(b)?);
        let dst = self.destination(value, Some(x), &[])?;
        self.asm.divide(signed, width, dst, x, y);
        self.define(value, dst);
        Ok(())
    }
}

/// Tells whether a constant can stay part of a sum.
const fn small(offset: i32) -> bool {
    offset.unsigned_abs() < 1 << 24
}

/// Shifts.
impl Lowering<'_> {
    fn shift(&mut self, value: Value, op: Shift, width: Width, a: Value, b: Value) -> Result<()> {
        if let Some(amount) = self.input.unit.constant(b) {
            return self.shift_constant(value, op, width, a, amount);
        }
        let x = self.reg_or_zero(a)?;
        let (y, is_byte) = match self.place(b) {
            Place::Byte(reg) => {
                self.keep(reg);
                (reg, true)
            }
            _ => (self.reg(b)?, false),
        };
        if op == Shift::Ror {
            let dst = self.destination(value, Some(x), &[])?;
            self.asm.shift_reg(op, width, dst, x, y);
            self.define(value, dst);
            return Ok(());
        }
        // The host takes amounts modulo the width; greater ones are rare.
        let large = self.take_scratch()?;
        let dst = self.destination(value, None, &[x, y])?;
        let limit: u32 = if width == Width::W64 { 64 } else { 32 };
        let (above, of) = match (is_byte, width) {
            (true, _) => (u64::from(0x100 - limit), Width::W32),
            (false, Width::W32) => (u64::from(!(limit - 1)), width),
            (false, Width::W64) => (!u64::from(limit - 1), width),
        };
        let above = logical_immediate(above, of).ok_or(CompileError::Unsupported)?;
        let sign = (op == Shift::Asr).then_some(limit - 1);
        if self.is_host_idle() {
            self.before_clobber()?;
            let most = match sign {
                Some(amount) => {
                    self.asm.shift_imm(op, width, large, x, amount);
                    large
                }
                None => Reg::ZERO,
            };
            self.asm.shift_reg(op, width, dst, x, y);
            self.asm.logic_imm(Logic::Ands, of, Reg::ZERO, y, above);
            self.asm.csel(width, dst, dst, most, Condition::Eq);
        } else {
            self.asm.logic_imm(Logic::And, of, large, y, above);
            self.asm.shift_reg(op, width, dst, x, y);
            let within = self.asm.cbz(false, of, large);
            match sign {
                Some(amount) => self.asm.shift_imm(op, width, dst, x, amount),
                None => self.asm.mov_imm(dst, 0),
            }
            let here = self.asm.offset();
            self.bind(within, here)?;
        }
        self.define(value, dst);
        Ok(())
    }

    #[allow(clippy::cast_possible_truncation, reason = "less than the width")]
    fn shift_constant(
        &mut self,
        value: Value,
        op: Shift,
        width: Width,
        a: Value,
        amount: u64,
    ) -> Result<()> {
        let limit = if width == Width::W64 { 64 } else { 32 };
        let amount = match op {
            Shift::Ror => amount % limit,
            Shift::Asr => amount.min(limit - 1),
            Shift::Lsl | Shift::Lsr if amount >= limit => {
                let dst = self.destination(value, None, &[])?;
                self.asm.mov_imm(dst, 0);
                self.define(value, dst);
                return Ok(());
            }
            Shift::Lsl | Shift::Lsr => amount,
        } as u8;
        if self.inputs_high_half(value, op, width, a, amount)? {
            return Ok(());
        }
        let x = self.reg(a)?;
        let absorbed = width == Width::W32 && amount != 0 && self.is_absorbed(value);
        if absorbed || (op == Shift::Lsl && amount < 4 && self.is_index(value, width)) {
            let of = Shifted {
                reg: x,
                shift: op,
                amount,
            };
            let inverted = false;
            self.scratch
                .places
                .put(value, Place::Shifted { of, inverted });
            return Ok(());
        }
        let dst = self.destination(value, Some(x), &[])?;
        self.asm.shift_imm(op, width, dst, x, amount.into());
        self.define(value, dst);
        Ok(())
    }

    fn is_index(&self, value: Value, width: Width) -> bool {
        width == Width::W32 && self.fact(value).addresses
    }

    /// A shift of a slot's 64 bits that leaves its high half is a load.
    fn inputs_high_half(
        &mut self,
        value: Value,
        op: Shift,
        width: Width,
        a: Value,
        amount: u8,
    ) -> Result<bool> {
        let Place::Slot { offset, .. } = self.place(a) else {
            return Ok(false);
        };
        if (op, width, amount) != (Shift::Lsr, Width::W64, 32) {
            return Ok(false);
        }
        let dst = self.destination(value, None, &[])?;
        self.asm.load(Width::W32, dst, Reg::CONTEXT, offset + 4);
        self.define(value, dst);
        Ok(true)
    }
}

/// Operations of one operand.
impl Lowering<'_> {
    pub(super) fn unary(&mut self, value: Value, op: UnOp, a: Value) -> Result<()> {
        if op == UnOp::Not {
            return self.not(value, a);
        }
        let x = self.reg_or_zero(a)?;
        if op == UnOp::ZextByte && x != Reg::ZERO && self.is_absorbed(value) {
            self.scratch.places.put(value, Place::Byte(x));
            return Ok(());
        }
        let dst = self.destination(value, Some(x), &[])?;
        match op {
            UnOp::Not | UnOp::Neg => {
                self.asm
                    .add_reg(true, false, Width::W32, dst, Reg::ZERO, x.into());
            }
            UnOp::ByteSwap => self.asm.rev(dst, x),
            UnOp::SextByte => self.asm.extract(true, Width::W32, dst, x, 0, 8),
            UnOp::SextHalf => self.asm.extract(true, Width::W32, dst, x, 0, 16),
            UnOp::ZextByte => self.asm.extract(false, Width::W32, dst, x, 0, 8),
            UnOp::ZextHalf => self.asm.extract(false, Width::W32, dst, x, 0, 16),
            UnOp::Clz => self.asm.clz(dst, x),
            UnOp::BitReverse => self.asm.rbit(dst, x),
        }
        self.define(value, dst);
        Ok(())
    }

    fn not(&mut self, value: Value, a: Value) -> Result<()> {
        let (of, inverted) = self.shifted(a)?;
        if self.is_absorbed(value) && !inverted && of.reg != Reg::ZERO {
            let inverted = true;
            self.scratch
                .places
                .put(value, Place::Shifted { of, inverted });
            return Ok(());
        }
        let dst = self.destination(value, Some(of.reg), &[])?;
        self.asm
            .logic(Logic::Orr, !inverted, Width::W32, dst, Reg::ZERO, of);
        self.define(value, dst);
        Ok(())
    }

    pub(super) fn extend(&mut self, value: Value, signed: bool, a: Value) -> Result<()> {
        if let Place::Byte(reg) = self.place(a)
            && self.is_absorbed(value)
        {
            self.keep(reg);
            self.scratch.places.put(value, Place::Byte(reg));
            return Ok(());
        }
        let reg = self.reg(a)?;
        let extended = Place::Extended { reg, signed };
        if self.is_absorbed(value) {
            self.scratch.places.put(value, extended);
            return Ok(());
        }
        let dst = self.destination(value, Some(reg), &[])?;
        self.compute(dst, extended);
        self.define(value, dst);
        Ok(())
    }

    pub(super) fn low(&mut self, value: Value, a: Value) -> Result<()> {
        if let Place::Slot { offset, .. } = self.place(a) {
            let dst = self.destination(value, None, &[])?;
            self.asm.load(Width::W32, dst, Reg::CONTEXT, offset);
            self.define(value, dst);
            return Ok(());
        }
        let reg = self.reg(a)?;
        let dst = self.destination(value, Some(reg), &[])?;
        self.asm.mov(Width::W32, dst, reg);
        self.define(value, dst);
        Ok(())
    }

    pub(super) fn high(&mut self, value: Value, a: Value) -> Result<()> {
        self.shift_constant(value, Shift::Lsr, Width::W64, a, 32)
    }
}
