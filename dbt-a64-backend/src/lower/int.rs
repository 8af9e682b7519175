//! Integer operations.

use dbt_core::analysis::FlagSet;
use dbt_core::host::CompileError;
use dbt_core::ir::{BitOp, Inst, Value, Width};
use dbt_isa::ops::{BinOp, CmpOp, Condition, UnOp};

use super::flags::InRegister;
use super::place::Place;
use super::{Lowering, Result};
use crate::asm::{Logic, Shift, Shifted, add_immediate, logical_immediate};
use crate::facts::{bit_logic, is_wide};
use crate::flags::Operand;
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
        let (x, y) = (self.reg_or_zero(a)?, self.reg(b)?);
        if op == Shift::Ror {
            let dst = self.destination(value, Some(x), &[])?;
            self.asm.shift_reg(op, width, dst, x, y);
            self.define(value, dst);
            return Ok(());
        }
        // The host takes amounts modulo the width; greater ones are rare.
        let large = self.take_scratch()?;
        let dst = self.destination(value, None, &[x, y])?;
        let bits = if width == Width::W64 { 6 } else { 5 };
        self.asm.shift_imm(Shift::Lsr, width, large, y, bits);
        self.asm.shift_reg(op, width, dst, x, y);
        let within = self.asm.cbz(false, width, large);
        if op == Shift::Asr {
            self.asm
                .shift_imm(Shift::Asr, width, dst, x, (1 << bits) - 1);
        } else {
            self.asm.mov_imm(dst, 0);
        }
        let here = self.asm.offset();
        self.bind(within, here)?;
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

/// Arithmetic that makes flags or uses them.
impl Lowering<'_> {
    fn fused(&mut self, value: Value, flags: Value, a: Value) -> Result<()> {
        match *self.input.unit.inst(flags) {
            Inst::AddFlags { b, .. } => self.with_flags(false, Some(value), flags, a, b),
            Inst::SubFlags { b, .. } => self.with_flags(true, Some(value), flags, a, b),
            _ => Err(CompileError::Unsupported),
        }
    }

    pub(super) fn sub_flags(&mut self, value: Value, a: Value, b: Value) -> Result<()> {
        self.with_flags(true, None, value, a, b)
    }

    pub(super) fn add_flags(&mut self, value: Value, a: Value, b: Value) -> Result<()> {
        self.with_flags(false, None, value, a, b)
    }

    /// An addition or subtraction that sets the host's flags.
    fn with_flags(
        &mut self,
        subtract: bool,
        value: Option<Value>,
        flags: Value,
        a: Value,
        b: Value,
    ) -> Result<()> {
        let constant = self
            .constant32(b)
            .and_then(|b| self.comparable(!subtract, b));
        let zero = self.input.unit.constant(a) == Some(0);
        let x = match constant {
            // There 31 is the stack pointer.
            Some(_) => self.reg(a)?,
            None if zero => Reg::ZERO,
            None => self.reg(a)?,
        };
        let y = match constant {
            Some(_) => Reg::ZERO.into(),
            None => self.addend(b)?,
        };
        // To overwrite a register may change the host's flags, so this comes first.
        let dst = match value {
            Some(value) => self.destination(value, Some(x), &[])?,
            None => Reg::ZERO,
        };
        self.before_clobber()?;
        match constant.and_then(|(add, b)| Some((add, add_immediate(b.into())?))) {
            Some((add, immediate)) => {
                self.asm.add_imm(!add, true, Width::W32, dst, x, immediate);
            }
            None => self.asm.add_reg(subtract, true, Width::W32, dst, x, y),
        }
        if let Some(value) = value {
            self.define(value, dst);
        }
        // A comparison can be repeated only if its operands outlive the result.
        let lost = |operand: Value| {
            value.is_some() && dst != Reg::ZERO && self.place(operand) == Place::Reg(dst)
        };
        let compared = (!lost(a) && !lost(b)).then_some((!subtract, a, b));
        self.define_host_flags(flags, compared, value.map(|_| dst));
        Ok(())
    }

    pub(super) fn adc(&mut self, value: Value, a: Value, b: Value, carry: Value) -> Result<()> {
        self.with_carry(false, value, self.fact(value).fused, a, b, carry)
    }

    pub(super) fn sbc(&mut self, value: Value, a: Value, b: Value, carry: Value) -> Result<()> {
        self.with_carry(true, value, self.fact(value).fused, a, b, carry)
    }

    pub(super) fn adc_flags(
        &mut self,
        value: Value,
        a: Value,
        b: Value,
        carry: Value,
    ) -> Result<()> {
        self.with_carry(false, value, Some(value), a, b, carry)
    }

    pub(super) fn sbc_flags(
        &mut self,
        value: Value,
        a: Value,
        b: Value,
        carry: Value,
    ) -> Result<()> {
        self.with_carry(true, value, Some(value), a, b, carry)
    }

    /// An addition or subtraction with the carry in the host's. Everything is in
    /// place before the carry is.
    fn with_carry(
        &mut self,
        subtract: bool,
        value: Value,
        flags: Option<Value>,
        a: Value,
        b: Value,
        carry: Value,
    ) -> Result<()> {
        let (x, y) = (self.reg_or_zero(a)?, self.reg_or_zero(b)?);
        let only_flags = flags == Some(value);
        self.reads_flags = self.flags_behind(carry);
        let dst = match only_flags {
            true => Reg::ZERO,
            false => self.destination(value, Some(x), &[])?,
        };
        self.keep(dst);
        self.carry_to_host(carry)?;
        self.reads_flags = None;
        if flags.is_some() {
            self.before_clobber()?;
        }
        self.asm.adc(subtract, flags.is_some(), dst, x, y);
        if !only_flags {
            self.define(value, dst);
        }
        if let Some(flags) = flags {
            self.define_host_flags(flags, None, (!only_flags).then_some(dst));
        }
        Ok(())
    }

    /// Makes the host's carry that which `carry` is.
    fn carry_to_host(&mut self, carry: Value) -> Result<()> {
        if self.place(carry) == Place::None
            && let Inst::Condition {
                flags,
                condition: Condition::Cs,
            } = *self.input.unit.inst(carry)
        {
            return self.condition(flags, Condition::Cs);
        }
        let bit = match self.constant32(carry) {
            Some(0) => None,
            _ => Some(self.reg_of_bit(carry)?),
        };
        self.before_clobber()?;
        let (zero, one) = (Reg::ZERO, add_immediate(1).unwrap_or(0));
        match bit {
            // The carry of subtracting one from zero or one is that bit.
            Some(bit) => self.asm.add_imm(true, true, Width::W32, zero, bit, one),
            None => self
                .asm
                .add_reg(false, true, Width::W32, zero, zero, zero.into()),
        }
        Ok(())
    }

    /// Returns the flags that a bit is a condition of, if it has been left to its user.
    fn flags_behind(&self, bit: Value) -> Option<(Value, FlagSet)> {
        if self.place(bit) != Place::None {
            return None;
        }
        match *self.input.unit.inst(bit) {
            Inst::Condition { flags, condition } => Some((flags, FlagSet::of_condition(condition))),
            Inst::BitNot { a } => self.flags_behind(a),
            _ => None,
        }
    }
}

/// How a condition is told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Test {
    /// By the host's flags.
    Cond(Condition),
    /// By a register.
    Register(InRegister),
}

impl Test {
    fn inverted(self) -> Self {
        match self {
            Self::Cond(cond) => Self::Cond(cond.inverted()),
            Self::Register(InRegister::Bit { reg, bit, set }) => Self::Register(InRegister::Bit {
                reg,
                bit,
                set: !set,
            }),
            Self::Register(InRegister::Zero { reg, zero }) => {
                Self::Register(InRegister::Zero { reg, zero: !zero })
            }
        }
    }
}

/// Bits.
impl Lowering<'_> {
    /// Emits what it takes for something to tell whether `bit` is set, and returns
    /// what tells it, for a branch.
    pub(super) fn test(&mut self, bit: Value) -> Result<Test> {
        if self.place(bit) == Place::None {
            match *self.input.unit.inst(bit) {
                Inst::Condition { flags, condition } => {
                    if let Some(test) = self.condition_in_register(flags, condition) {
                        return Ok(Test::Register(test));
                    }
                    self.condition(flags, condition)?;
                    return Ok(Test::Cond(condition));
                }
                Inst::BitNot { a } => return self.test(a).map(Test::inverted),
                Inst::Compare { op, width, a, b } => {
                    if let Some(test) = self.compare_in_register(op, width, a, b)? {
                        return Ok(Test::Register(test));
                    }
                    return self.compare(op, width, a, b).map(Test::Cond);
                }
                _ => {}
            }
        }
        let reg = self.reg(bit)?;
        Ok(Test::Register(InRegister::Bit {
            reg,
            bit: 0,
            set: true,
        }))
    }

    /// The same with the host's flags.
    fn test_by_flags(&mut self, bit: Value) -> Result<Condition> {
        if self.place(bit) == Place::None {
            match *self.input.unit.inst(bit) {
                Inst::Condition { flags, condition } => {
                    self.condition(flags, condition)?;
                    return Ok(condition);
                }
                Inst::BitNot { a } => return self.test_by_flags(a).map(Condition::inverted),
                Inst::Compare { op, width, a, b } => return self.compare(op, width, a, b),
                _ => {}
            }
        }
        let reg = self.reg(bit)?;
        self.before_clobber()?;
        self.emit_test(reg);
        Ok(Condition::Ne)
    }

    /// A comparison that a branch can make.
    fn compare_in_register(
        &mut self,
        op: CmpOp,
        width: Width,
        a: Value,
        b: Value,
    ) -> Result<Option<InRegister>> {
        if width == Width::W64 || self.input.unit.constant(b) != Some(0) {
            return Ok(None);
        }
        Ok(match op {
            CmpOp::Eq | CmpOp::Ne => {
                let zero = op == CmpOp::Eq;
                let reg = self.reg(a)?;
                Some(InRegister::Zero { reg, zero })
            }
            CmpOp::Slt | CmpOp::Sge => {
                let reg = self.reg(a)?;
                let set = op == CmpOp::Slt;
                Some(InRegister::Bit { reg, bit: 31, set })
            }
            _ => None,
        })
    }

    fn compare(&mut self, op: CmpOp, width: Width, a: Value, b: Value) -> Result<Condition> {
        let (op, a, b) = if self.input.unit.constant(a).is_some() {
            (op.swapped(), b, a)
        } else {
            (op, a, b)
        };
        let x = self.reg(a)?;
        let constant = match width {
            Width::W32 => self.constant32(b).and_then(|b| self.comparable(false, b)),
            Width::W64 => None,
        };
        let y = match constant {
            Some((_, b)) => Operand::Imm(b),
            None => Operand::Reg(self.reg_or_zero(b)?),
        };
        self.before_clobber()?;
        match y {
            Operand::Imm(b) => {
                let add = constant.is_some_and(|(add, _)| add);
                let immediate = add_immediate(b.into()).unwrap_or(0);
                self.asm.add_imm(!add, true, width, Reg::ZERO, x, immediate);
            }
            Operand::Reg(y) => self.asm.add_reg(true, true, width, Reg::ZERO, x, y.into()),
        }
        Ok(match op {
            CmpOp::Eq => Condition::Eq,
            CmpOp::Ne => Condition::Ne,
            CmpOp::Ult => Condition::Cc,
            CmpOp::Ule => Condition::Ls,
            CmpOp::Ugt => Condition::Hi,
            CmpOp::Uge => Condition::Cs,
            CmpOp::Slt => Condition::Lt,
            CmpOp::Sle => Condition::Le,
            CmpOp::Sgt => Condition::Gt,
            CmpOp::Sge => Condition::Ge,
        })
    }

    /// Makes zero or one of an `i1`.
    pub(super) fn materialise_bit(&mut self, value: Value) -> Result<()> {
        let reg = self.bit_in_scratch(value)?;
        self.define(value, reg);
        Ok(())
    }

    fn bit_in_scratch(&mut self, bit: Value) -> Result<Reg> {
        // The register is taken first: to vacate it may change the host's flags.
        let reg = self.take_scratch()?;
        self.bit_to(reg, bit)?;
        Ok(reg)
    }

    /// Sets a register that is kept to one or zero.
    fn bit_to(&mut self, reg: Reg, bit: Value) -> Result<()> {
        match self.test(bit)? {
            Test::Cond(cond) => self.asm.cset(reg, cond),
            Test::Register(InRegister::Bit {
                reg: from,
                bit,
                set,
            }) => {
                self.asm.extract(false, Width::W32, reg, from, bit, 1);
                if !set {
                    self.flip(reg);
                }
            }
            Test::Register(InRegister::Zero { reg: from, zero }) => {
                // 32 zeroes in front are the one count that has bit 5.
                self.asm.clz(reg, from);
                self.asm.shift_imm(Shift::Lsr, Width::W32, reg, reg, 5);
                if !zero {
                    self.flip(reg);
                }
            }
        }
        Ok(())
    }

    /// Inverts bit 0.
    fn flip(&mut self, reg: Reg) {
        let one = logical_immediate(1, Width::W32).unwrap_or(0);
        self.asm.logic_imm(Logic::Eor, Width::W32, reg, reg, one);
    }

    /// Returns a register that holds zero or one.
    pub(super) fn reg_of_bit(&mut self, bit: Value) -> Result<Reg> {
        if self.input.unit.constant(bit).is_some() || self.place(bit) != Place::None {
            return self.reg(bit);
        }
        self.bit_in_scratch(bit)
    }

    pub(super) fn bits(&mut self, value: Value, op: BitOp, a: Value, b: Value) -> Result<()> {
        let x = self.reg_of_bit(a)?;
        self.keep(x);
        let y = self.reg_of_bit(b)?;
        let dst = self.destination(value, None, &[])?;
        self.asm
            .logic(bit_logic(op), false, Width::W32, dst, x, y.into());
        self.define(value, dst);
        Ok(())
    }

    pub(super) fn bit_to_word(&mut self, value: Value, a: Value) -> Result<()> {
        if self.input.unit.constant(a).is_some() || self.place(a) != Place::None {
            let reg = self.reg(a)?;
            // Values of different types may share a register.
            self.define(value, reg);
            return Ok(());
        }
        // As in `select`.
        self.reads_flags = self.flags_behind(a);
        let dst = self.destination(value, None, &[])?;
        self.keep(dst);
        self.bit_to(dst, a)?;
        self.reads_flags = None;
        self.define(value, dst);
        Ok(())
    }

    pub(super) fn select(
        &mut self,
        value: Value,
        width: Width,
        condition: Value,
        yes: Value,
        no: Value,
    ) -> Result<()> {
        let yes = self.reg_or_zero(yes)?;
        let no = self.reg_or_zero(no)?;
        // The result is written only after the condition has been evaluated, but to
        // choose its register may change the host's flags.
        self.reads_flags = self.flags_behind(condition);
        let dst = self.destination(value, Some(no), &[])?;
        self.keep(dst);
        let cond = self.test_by_flags(condition)?;
        self.reads_flags = None;
        self.asm.csel(width, dst, yes, no, cond);
        self.define(value, dst);
        Ok(())
    }
}
