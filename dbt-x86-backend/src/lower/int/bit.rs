//! Bits: comparing, combining and selecting by them.

use dbt_core::ir::{BitOp, Inst, Value, Width};
use dbt_isa::ops::CmpOp;

use super::register_of;
use crate::asm::{Alu, Bits, Cc, Rm};
use crate::facts::bit_alu;
use crate::lower::place::Place;
use crate::lower::{Lowering, Result};
use crate::regs::Reg;

impl Lowering<'_> {
    /// Emits what it takes for the host's flags to tell whether `bit` is set, and
    /// returns how they tell it.
    pub(in crate::lower) fn branch_on(&mut self, bit: Value) -> Result<Cc> {
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
            (op.swapped(), b, a)
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
    pub(in crate::lower) fn materialise_bit(&mut self, value: Value) -> Result<()> {
        let reg = self.bit_in_scratch(value)?;
        self.define(value, reg);
        Ok(())
    }

    /// Makes a bit a value if it has been deferred.
    pub(in crate::lower) fn make_bit(&mut self, value: Value) -> Result<()> {
        if self.input.unit.constant(value).is_some() || self.place(value) != Place::None {
            return Ok(());
        }
        self.materialise_bit(value)
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

    pub(in crate::lower) fn bits(
        &mut self,
        value: Value,
        op: BitOp,
        a: Value,
        b: Value,
    ) -> Result<()> {
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

    pub(in crate::lower) fn bit_to_word(&mut self, value: Value, a: Value) -> Result<()> {
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

    pub(in crate::lower) fn select(
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
