//! Integer operations.

use dbt_core::host::CompileError;
use dbt_core::ir::{BitOp, Inst, Value, Width};
use dbt_isa::ops::{BinOp, CmpOp, UnOp};

use super::place::Place;
use super::{Lowering, Result};
use crate::asm::{Alu, Bits, Cc, Rm, Shift};
use crate::context;
use crate::facts::{bit_alu, swapped};
use crate::flags::Kind;
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

    fn shift(&mut self, value: Value, op: Shift, width: Width, a: Value, b: Value) -> Result<()> {
        let bits = Bits::from(width);
        if let Some(amount) = self.input.unit.constant(b) {
            return self.shift_constant(value, op, width, a, amount);
        }
        self.before_clobber()?;
        self.amount_to_rcx(a, b)?;
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
    fn amount_to_rcx(&mut self, a: Value, b: Value) -> Result<()> {
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
        self.asm.mov32(Reg::RCX, amount);
        if let Rm::Reg(reg) = amount {
            self.release(reg);
        }
        Ok(())
    }

    /// Shifts by `cl`; amounts of the width or more give the sign.
    fn shift_saturating(&mut self, dst: Reg, bits: Bits) {
        let most = if bits == Bits::B64 { 63 } else { 31 };
        self.asm.alu_imm(Alu::Cmp, Bits::B32, Reg::RCX, most);
        let within = self.asm.jcc_short(Cc::Be);
        self.asm.mov_imm(Reg::RCX, most.unsigned_abs().into());
        self.asm.bind_short(within);
        self.asm.shift_cl(Shift::Sar, bits, dst);
    }

    /// Shifts by `cl`; amounts of the width or more give zero.
    fn shift_to_zero(&mut self, op: Shift, dst: Reg, bits: Bits) {
        let width = if bits == Bits::B64 { 64 } else { 32 };
        self.asm.shift_cl(op, bits, dst);
        self.asm.alu_imm(Alu::Cmp, Bits::B32, Reg::RCX, width);
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
        let dst = self.copy_for(value, Bits::B32, a, &[])?;
        self.asm.shift_imm(Shift::Shl, Bits::B32, dst, scale);
        self.arithmetic_done(value, dst, Width::W32)
    }

    fn divide(
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
    pub(super) fn move_result(&mut self, value: Value, from: Reg) -> Result<()> {
        self.release(from);
        self.define(value, from);
        Ok(())
    }

    pub(super) fn unary(&mut self, value: Value, op: UnOp, a: Value) -> Result<()> {
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
}

/// Widths.
impl Lowering<'_> {
    pub(super) fn extend(&mut self, value: Value, signed: bool, a: Value) -> Result<()> {
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

    pub(super) fn low(&mut self, value: Value, a: Value) -> Result<()> {
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

    pub(super) fn high(&mut self, value: Value, a: Value) -> Result<()> {
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

/// Arithmetic that makes flags or uses them.
impl Lowering<'_> {
    fn fused(&mut self, value: Value, flags: Value, a: Value) -> Result<()> {
        match *self.input.unit.inst(flags) {
            Inst::AddFlags { b, .. } => self.arithmetic_with_flags(Alu::Add, value, flags, a, b),
            Inst::SubFlags { b, .. } => self.arithmetic_with_flags(Alu::Sub, value, flags, a, b),
            _ => Err(CompileError::Unsupported),
        }
    }

    fn arithmetic_with_flags(
        &mut self,
        op: Alu,
        value: Value,
        flags: Value,
        a: Value,
        b: Value,
    ) -> Result<()> {
        self.before_clobber()?;
        let dst = self.two_operand(op, value, a, b)?;
        self.define(value, dst);
        let (kind, compared) = match op {
            Alu::Sub | Alu::Sbb => (Kind::Sub, (op == Alu::Sub).then_some((a, b))),
            _ => (Kind::Add, None),
        };
        // A comparison can be repeated only if its operands outlive the result.
        let compared = compared.filter(|(a, b)| {
            self.place(*a) != Place::Reg(dst) && self.place(*b) != Place::Reg(dst)
        });
        self.define_host_flags(flags, kind, compared, Some(dst));
        if let Some(constant) = self.constant32(b) {
            self.note_undoable(flags, op, constant);
        }
        Ok(())
    }

    /// Emits `op` so that the host's flags are exactly its own.
    fn two_operand(&mut self, op: Alu, value: Value, a: Value, b: Value) -> Result<Reg> {
        if let Some(constant) = self.immediate(b, Width::W32) {
            let dst = self.copy_for(value, Bits::B32, a, &[])?;
            self.asm.alu_imm(op, Bits::B32, dst, constant);
            return Ok(dst);
        }
        let second = self.operand(b)?;
        let avoid = if let Rm::Reg(y) = second {
            [y]
        } else {
            [Reg::RSP]
        };
        let dst = if a == b {
            self.copy_for(value, Bits::B32, a, &[])?
        } else {
            self.copy_for(value, Bits::B32, a, &avoid)?
        };
        let second = if a == b { Rm::Reg(dst) } else { second };
        self.asm.alu(op, Bits::B32, dst, second);
        Ok(dst)
    }

    pub(super) fn adc(&mut self, value: Value, a: Value, b: Value, carry: Value) -> Result<()> {
        self.with_carry(Alu::Adc, value, self.fact(value).fused, a, b, carry)
    }

    pub(super) fn sbc(&mut self, value: Value, a: Value, b: Value, carry: Value) -> Result<()> {
        self.with_carry(Alu::Sbb, value, self.fact(value).fused, a, b, carry)
    }

    pub(super) fn adc_flags(
        &mut self,
        value: Value,
        a: Value,
        b: Value,
        carry: Value,
    ) -> Result<()> {
        self.with_carry(Alu::Adc, value, Some(value), a, b, carry)
    }

    pub(super) fn sbc_flags(
        &mut self,
        value: Value,
        a: Value,
        b: Value,
        carry: Value,
    ) -> Result<()> {
        self.with_carry(Alu::Sbb, value, Some(value), a, b, carry)
    }

    /// `op` with the carry (or its opposite, the borrow) in the host's carry
    /// flag. Everything is in place before the flag is set.
    fn with_carry(
        &mut self,
        op: Alu,
        value: Value,
        flags: Option<Value>,
        a: Value,
        b: Value,
        carry: Value,
    ) -> Result<()> {
        let carry = self.carry_in_memory(carry)?;
        self.before_clobber()?;
        let constant = self.immediate(b, Width::W32);
        let second = match constant {
            Some(_) => None,
            None => Some(self.operand(b)?),
        };
        let avoid = match second {
            Some(Rm::Reg(y)) if a != b => y,
            _ => Reg::RSP,
        };
        let dst = self.copy_for(value, Bits::B32, a, &[avoid])?;
        let second = if a == b {
            second.map(|_| Rm::Reg(dst))
        } else {
            second
        };
        // 0 - 1 borrows: comparing with 1 sets the host's carry to "it is zero",
        // and a borrow is just a carry that is clear.
        self.asm.alu_imm(Alu::Cmp, Bits::B8, carry, 1);
        if op == Alu::Adc {
            self.asm.byte(0xf5); // cmc
        }
        match (constant, second) {
            (Some(constant), _) => self.asm.alu_imm(op, Bits::B32, dst, constant),
            (None, Some(second)) => self.asm.alu(op, Bits::B32, dst, second),
            (None, None) => return Err(CompileError::Unsupported),
        }
        let only_flags = flags == Some(value);
        if !only_flags {
            self.define(value, dst);
        }
        if let Some(flags) = flags {
            let kind = if op == Alu::Adc { Kind::Add } else { Kind::Sub };
            self.define_host_flags(flags, kind, None, (!only_flags).then_some(dst));
        } else {
            self.note_host_result(dst);
        }
        Ok(())
    }

    /// Returns where an `i1` is in memory, as a byte: registers are scarce here.
    fn carry_in_memory(&mut self, carry: Value) -> Result<Rm> {
        if let Place::Slot { offset, .. } = self.place(carry) {
            return Ok(Rm::State(offset));
        }
        let place = context::argument(2);
        if let Some(constant) = self.constant32(carry) {
            self.asm.store_imm(Bits::B8, place, constant);
        } else if self.place(carry) == Place::None {
            let busy = self.busy;
            let cc = self.branch_on(carry)?;
            self.busy = busy;
            self.asm.setcc(cc, place);
        } else {
            let reg = self.reg(carry)?;
            self.asm.store(Bits::B8, place, reg);
            self.release(reg);
        }
        Ok(place)
    }

    pub(super) fn sub_flags(&mut self, value: Value, a: Value, b: Value) -> Result<()> {
        self.before_clobber()?;
        if let Some(constant) = self.constant32(b) {
            let x = self.reg(a)?;
            if constant == 0 {
                self.asm.test(Bits::B32, x, x);
            } else {
                self.asm
                    .alu_imm(Alu::Cmp, Bits::B32, x, constant.cast_signed());
            }
        } else {
            let x = self.reg(a)?;
            let y = self.operand(b)?;
            self.asm.alu(Alu::Cmp, Bits::B32, x, y);
        }
        self.define_host_flags(value, Kind::Sub, Some((a, b)), None);
        Ok(())
    }

    pub(super) fn add_flags(&mut self, value: Value, a: Value, b: Value) -> Result<()> {
        self.before_clobber()?;
        let x = self.reg(a)?;
        let second = match self.constant32(b) {
            Some(_) => None,
            None => Some(self.operand(b)?),
        };
        let sum = self.take_scratch()?;
        self.asm.mov32(sum, x);
        match (self.constant32(b), second) {
            (Some(constant), _) => {
                self.asm
                    .alu_imm(Alu::Add, Bits::B32, sum, constant.cast_signed());
            }
            (None, Some(second)) => self.asm.alu(Alu::Add, Bits::B32, sum, second),
            (None, None) => return Err(CompileError::Unsupported),
        }
        self.define_host_flags(value, Kind::Add, None, Some(sum));
        Ok(())
    }
}

/// Bits.
impl Lowering<'_> {
    /// Emits what it takes for the host's flags to tell whether `bit` is set, and
    /// returns how they tell it.
    pub(super) fn branch_on(&mut self, bit: Value) -> Result<Cc> {
        if matches!(self.place(bit), Place::None) {
            match *self.input.unit.inst(bit) {
                Inst::Condition { flags, condition } => return self.condition(flags, condition),
                Inst::BitNot { a } => return self.branch_on(a).map(Cc::inverted),
                Inst::Compare { op, width, a, b } => return self.compare(op, width, a, b),
                _ => {}
            }
        }
        self.before_clobber()?;
        if let Place::Slot { offset, .. } = self.place(bit) {
            self.asm.alu_imm(Alu::Cmp, Bits::B32, Rm::State(offset), 0);
        } else {
            let reg = self.reg(bit)?;
            self.asm.test(Bits::B32, reg, reg);
        }
        Ok(Cc::Ne)
    }

    fn compare(&mut self, op: CmpOp, width: Width, a: Value, b: Value) -> Result<Cc> {
        let bits = Bits::from(width);
        let (op, a, b) = if self.input.unit.constant(a).is_some() {
            (swapped(op), b, a)
        } else {
            (op, a, b)
        };
        self.before_clobber()?;
        match self.immediate(b, width) {
            Some(constant) => {
                let x = self.reg(a)?;
                if constant == 0 {
                    self.asm.test(bits, x, x);
                } else {
                    self.asm.alu_imm(Alu::Cmp, bits, x, constant);
                }
            }
            None => {
                let x = self.reg(a)?;
                let y = self.operand(b)?;
                self.asm.alu(Alu::Cmp, bits, x, y);
            }
        }
        Ok(match op {
            CmpOp::Eq => Cc::E,
            CmpOp::Ne => Cc::Ne,
            CmpOp::Ult => Cc::B,
            CmpOp::Ule => Cc::Be,
            CmpOp::Ugt => Cc::A,
            CmpOp::Uge => Cc::Ae,
            CmpOp::Slt => Cc::L,
            CmpOp::Sle => Cc::Le,
            CmpOp::Sgt => Cc::G,
            CmpOp::Sge => Cc::Ge,
        })
    }

    /// Makes zero or one of an `i1`.
    pub(super) fn materialise_bit(&mut self, value: Value) -> Result<()> {
        let reg = self.bit_in_scratch(value)?;
        self.define(value, reg);
        Ok(())
    }

    fn bit_in_scratch(&mut self, bit: Value) -> Result<Reg> {
        // Bytes are set in scratch registers only: the pinned ones hold words. The
        // register is taken first, since saving the guest's flags that follow from
        // its content may change the host's.
        let reg = self.take_scratch()?;
        let busy = self.busy;
        let cc = self.branch_on(bit)?;
        // What was compared is not read again.
        self.busy = busy;
        self.asm.setcc(cc, reg);
        self.asm.movzx(Bits::B8, reg, reg);
        Ok(reg)
    }

    /// Returns a register that holds zero or one.
    fn reg_of_bit(&mut self, bit: Value) -> Result<Reg> {
        if self.input.unit.constant(bit).is_some() || self.place(bit) != Place::None {
            return self.reg(bit);
        }
        self.bit_in_scratch(bit)
    }

    pub(super) fn bits(&mut self, value: Value, op: BitOp, a: Value, b: Value) -> Result<()> {
        let x = self.reg_of_bit(a)?;
        let made = self.place(b) == Place::None && self.input.unit.constant(b).is_none();
        let y = self.reg_of_bit(b)?;
        self.before_clobber()?;
        if made {
            // Nothing else knows the register of `y`.
            self.asm.alu(bit_alu(op), Bits::B32, y, x);
            self.define(value, y);
            return Ok(());
        }
        let dst = self.take_scratch()?;
        self.asm.mov32(dst, x);
        self.asm.alu(bit_alu(op), Bits::B32, dst, y);
        self.define(value, dst);
        Ok(())
    }

    pub(super) fn bit_to_word(&mut self, value: Value, a: Value) -> Result<()> {
        if self.place(a) != Place::None || self.input.unit.constant(a).is_some() {
            let reg = self.reg(a)?;
            let dst = self.destination(value, Some(reg), &[])?;
            self.asm.mov32(dst, reg);
            self.define(value, dst);
            return Ok(());
        }
        let reg = self.bit_in_scratch(a)?;
        self.define(value, reg);
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
        let bits = Bits::from(width);
        self.reads_flags = true;
        // A constant that is moved where the result will be needs no register.
        let hint = self.fact(value).hint.map(Place::Reg);
        let exchanged = self.input.unit.constant(yes).is_some()
            && self.input.unit.constant(no).is_none()
            && Some(self.place(no)) != hint;
        let (yes, no) = if exchanged { (no, yes) } else { (yes, no) };
        let yes = self.movable(yes)?;
        let no = self.constant_or_movable(no)?;
        let avoid = if let Rm::Reg(reg) = yes {
            [reg]
        } else {
            [Reg::RSP]
        };
        let dying = no.ok().and_then(register_of);
        let dst = self.destination(value, dying, &avoid)?;
        self.keep(dst);
        // The condition comes after every other preparation, and the result is
        // written after the condition has been evaluated, which may read it.
        let cc = self.branch_on(condition)?;
        let cc = if exchanged { cc.inverted() } else { cc };
        self.reads_flags = false;
        match no {
            Ok(operand) if operand == Rm::Reg(dst) => {}
            Ok(operand) => self.asm.mov(bits, dst, operand),
            Err(constant) => self.asm.mov_imm(dst, constant),
        }
        self.asm.cmov(cc, bits, dst, yes);
        self.define(value, dst);
        Ok(())
    }

    /// Returns an operand that a move can read.
    fn movable(&mut self, value: Value) -> Result<Rm> {
        if self.input.unit.constant(value).is_some() {
            return self.reg(value).map(Rm::Reg);
        }
        self.operand(value)
    }

    fn constant_or_movable(&mut self, value: Value) -> Result<core::result::Result<Rm, u64>> {
        match self.input.unit.constant(value) {
            Some(constant) => Ok(Err(constant)),
            None => self.operand(value).map(Ok),
        }
    }
}

fn register_of(operand: Rm) -> Option<Reg> {
    match operand {
        Rm::Reg(reg) => Some(reg),
        _ => None,
    }
}
