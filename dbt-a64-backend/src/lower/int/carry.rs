//! Arithmetic with flags.

use dbt_core::analysis::FlagSet;
use dbt_core::host::CompileError;
use dbt_core::ir::{Inst, Value, Width};
use dbt_isa::ops::Condition;

use crate::asm::add_immediate;
use crate::lower::place::Place;
use crate::lower::{Lowering, Result};
use crate::regs::Reg;

/// Arithmetic that makes flags or uses them.
impl Lowering<'_> {
    pub(in crate::lower) fn fused(&mut self, value: Value, flags: Value, a: Value) -> Result<()> {
        match *self.input.unit.inst(flags) {
            Inst::AddFlags { b, .. } => self.with_flags(false, Some(value), flags, a, b),
            Inst::SubFlags { b, .. } => self.with_flags(true, Some(value), flags, a, b),
            _ => Err(CompileError::Unsupported),
        }
    }

    pub(in crate::lower) fn sub_flags(&mut self, value: Value, a: Value, b: Value) -> Result<()> {
        self.with_flags(true, None, value, a, b)
    }

    pub(in crate::lower) fn add_flags(&mut self, value: Value, a: Value, b: Value) -> Result<()> {
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

    pub(in crate::lower) fn adc(
        &mut self,
        value: Value,
        a: Value,
        b: Value,
        carry: Value,
    ) -> Result<()> {
        self.with_carry(false, value, self.fact(value).fused, a, b, carry)
    }

    pub(in crate::lower) fn sbc(
        &mut self,
        value: Value,
        a: Value,
        b: Value,
        carry: Value,
    ) -> Result<()> {
        self.with_carry(true, value, self.fact(value).fused, a, b, carry)
    }

    pub(in crate::lower) fn adc_flags(
        &mut self,
        value: Value,
        a: Value,
        b: Value,
        carry: Value,
    ) -> Result<()> {
        self.with_carry(false, value, Some(value), a, b, carry)
    }

    pub(in crate::lower) fn sbc_flags(
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
    pub(in crate::lower) fn flags_behind(&self, bit: Value) -> Option<(Value, FlagSet)> {
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
