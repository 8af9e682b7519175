//! Division.

use dbt_core::host::CompileError;
use dbt_core::ir::{Value, Width};

use crate::asm::{Bits, Cc, Rm};
use crate::lower::place::Place;
use crate::lower::{Lowering, Result};
use crate::regs::Reg;

impl Lowering<'_> {
    pub(super) fn divide(
        &mut self,
        value: Value,
        width: Width,
        a: Value,
        b: Value,
        signed: bool,
    ) -> Result<()> {
        if width == Width::W64 {
            return Err(CompileError::Unsupported);
        }
        self.before_clobber()?;
        if matches!(self.place(a), Place::Sum { .. }) {
            self.reg(a)?;
        }
        // The divisor must survive in a register that division does not use.
        let divisor = self.reg(b)?;
        if self.place(a) == Place::Reg(Reg::RCX) {
            self.release(Reg::RCX);
        }
        let divisor = if divisor == Reg::RAX || divisor == Reg::RDX {
            self.take(Reg::RCX)?;
            self.asm.mov32(Reg::RCX, divisor);
            self.release(divisor);
            Reg::RCX
        } else {
            divisor
        };
        let dividend = self.operand(a)?;
        if let Rm::Reg(reg) = dividend {
            self.release(reg);
        }
        if dividend == Rm::Reg(Reg::RDX) || dividend == Rm::Reg(Reg::RAX) {
            let Rm::Reg(reg) = dividend else {
                return Err(CompileError::Unsupported);
            };
            self.vacate(reg)?;
        }
        self.take(Reg::RAX)?;
        self.take(Reg::RDX)?;
        let dividend = match self.input.unit.constant(a) {
            Some(constant) => {
                self.asm.mov_imm(Reg::RAX, constant);
                Rm::Reg(Reg::RAX)
            }
            None => self.operand(a)?,
        };
        if signed {
            // In 64 bits the one quotient that overflows does not.
            self.asm.movsxd(Reg::RAX, dividend);
        } else if dividend != Rm::Reg(Reg::RAX) {
            self.asm.mov32(Reg::RAX, dividend);
        }
        self.asm.test(Bits::B32, divisor, divisor);
        let nonzero = self.asm.jcc_short(Cc::Ne);
        self.asm.clear(Reg::RAX);
        let done = self.asm.jmp_short();
        self.asm.bind_short(nonzero);
        if signed {
            // The divisor is extended in place; its low half stays the same.
            self.asm.cqo();
            self.divide_signed(divisor);
        } else {
            self.asm.clear(Reg::RDX);
            self.asm.div(Bits::B32, divisor);
        }
        self.asm.bind_short(done);
        self.release(Reg::RDX);
        self.move_result(value, Reg::RAX)
    }

    fn divide_signed(&mut self, divisor: Reg) {
        self.asm.movsxd(divisor, divisor);
        self.asm.idiv(Bits::B64, divisor);
        self.asm.mov32(divisor, divisor);
        self.asm.mov32(Reg::RAX, Reg::RAX);
    }

    /// Defines `value`, which was made in a particular register.
    pub(in crate::lower) fn move_result(&mut self, value: Value, from: Reg) -> Result<()> {
        self.release(from);
        self.define(value, from);
        Ok(())
    }
}
