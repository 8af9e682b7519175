//! Shifts.

use dbt_core::ir::{Value, Width};

use crate::asm::{Alu, Bits, Cc, Rm, Shift};
use crate::lower::place::Place;
use crate::lower::{Lowering, Result};
use crate::regs::Reg;

impl Lowering<'_> {
    pub(super) fn shift(
        &mut self,
        value: Value,
        op: Shift,
        width: Width,
        a: Value,
        b: Value,
    ) -> Result<()> {
        let bits = Bits::from(width);
        if let Some(amount) = self.input.unit.constant(b) {
            return self.shift_constant(value, op, width, a, amount);
        }
        self.before_clobber()?;
        self.amount_to_rcx(bits, a, b)?;
        let dst = self.copy_for(value, bits, a, &[Reg::RCX])?;
        self.keep(dst);
        match op {
            Shift::Ror => self.asm.shift_cl(op, bits, dst),
            Shift::Sar => self.shift_saturating(dst, bits),
            Shift::Shl | Shift::Shr => self.shift_to_zero(op, dst, bits),
        }
        self.define(value, dst);
        Ok(())
    }

    /// Puts the amount `b` of a shift of `a` in `rcx`, which may then change, and
    /// keeps it there.
    fn amount_to_rcx(&mut self, bits: Bits, a: Value, b: Value) -> Result<()> {
        if self.place(b) == Place::Reg(Reg::RCX) {
            // Whatever is needed later gets a copy; the register stays as it is.
            self.take(Reg::RCX)?;
            return Ok(());
        }
        if matches!(self.place(a), Place::Sum { .. }) {
            self.reg(a)?;
        }
        let amount = self.operand(b)?;
        if self.place(a) == Place::Reg(Reg::RCX) {
            self.release(Reg::RCX);
        }
        self.take(Reg::RCX)?;
        self.asm.mov(bits, Reg::RCX, amount);
        if let Rm::Reg(reg) = amount {
            self.release(reg);
        }
        Ok(())
    }

    /// Shifts by `cl`; amounts of the width or more give the sign.
    fn shift_saturating(&mut self, dst: Reg, bits: Bits) {
        let most = if bits == Bits::B64 { 63 } else { 31 };
        self.asm.alu_imm(Alu::Cmp, bits, Reg::RCX, most);
        let within = self.asm.jcc_short(Cc::Be);
        self.asm.mov_imm(Reg::RCX, most.unsigned_abs().into());
        self.asm.bind_short(within);
        self.asm.shift_cl(Shift::Sar, bits, dst);
    }

    /// Shifts by `cl`; amounts of the width or more give zero.
    fn shift_to_zero(&mut self, op: Shift, dst: Reg, bits: Bits) {
        let width = if bits == Bits::B64 { 64 } else { 32 };
        self.asm.shift_cl(op, bits, dst);
        self.asm.alu_imm(Alu::Cmp, bits, Reg::RCX, width);
        // Large amounts are rare, so this is predicted.
        let within = self.asm.jcc_short(Cc::B);
        self.asm.clear(dst);
        self.asm.bind_short(within);
    }

    fn shift_constant(
        &mut self,
        value: Value,
        op: Shift,
        width: Width,
        a: Value,
        amount: u64,
    ) -> Result<()> {
        let bits = Bits::from(width);
        let limit = if width == Width::W64 { 64 } else { 32 };
        if op == Shift::Shl && width == Width::W32 && (1..=3).contains(&amount) {
            return self.shift_as_address(value, a, amount);
        }
        let amount = match op {
            Shift::Ror => amount % limit,
            Shift::Sar => amount.min(limit - 1),
            Shift::Shl | Shift::Shr if amount >= limit => {
                let dst = self.destination(value, None, &[])?;
                self.load_constant(dst, 0);
                self.define(value, dst);
                return Ok(());
            }
            Shift::Shl | Shift::Shr => amount,
        };
        self.before_clobber()?;
        let dst = self.copy_for(value, bits, a, &[])?;
        if amount != 0 {
            self.asm.shift_imm(op, bits, dst, amount.to_le_bytes()[0]);
            if op != Shift::Ror {
                return self.arithmetic_done(value, dst, width);
            }
        }
        self.define(value, dst);
        Ok(())
    }

    /// A shift that an address can contain, or that `lea` can do.
    fn shift_as_address(&mut self, value: Value, a: Value, amount: u64) -> Result<()> {
        let scale = amount.to_le_bytes()[0];
        let x = self.reg(a)?;
        if self.fact(value).addresses || !self.flags.host_is_free() {
            if self.fact(value).addresses {
                self.define_sum(value, None, Some((x, scale)), 0);
                return Ok(());
            }
            let dst = self.destination(value, Some(x), &[])?;
            self.asm.lea_scaled(dst, x, scale);
            self.define(value, dst);
            return Ok(());
        }
        // Nothing is there to be lost, but finding a register may change that.
        self.before_clobber()?;
        let dst = self.copy_for(value, Bits::B32, a, &[])?;
        self.asm.shift_imm(Shift::Shl, Bits::B32, dst, scale);
        self.arithmetic_done(value, dst, Width::W32)
    }
}
