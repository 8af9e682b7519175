//! Arithmetic that makes flags or uses them.

use dbt_core::host::CompileError;
use dbt_core::ir::{Inst, Value, Width};

use crate::asm::{Alu, Bits, Rm};
use crate::context;
use crate::flags::Kind;
use crate::lower::place::Place;
use crate::lower::{Lowering, Result};
use crate::regs::Reg;

impl Lowering<'_> {
    pub(super) fn fused(&mut self, value: Value, flags: Value, a: Value) -> Result<()> {
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

    /// `op` with the carry (or its opposite, the borrow) in the host's carry
    /// flag. Everything is in place before the flag is set.
    pub(in crate::lower) fn with_carry(
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

    pub(in crate::lower) fn sub_flags(&mut self, value: Value, a: Value, b: Value) -> Result<()> {
        if self.is_clobbered_unread() {
            let constant = self.constant32(b).is_some();
            self.reg(a)?;
            if constant || matches!(self.place(b), Place::Reg(_)) {
                self.define_comparison(value, a, b);
                return Ok(());
            }
        }
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

    pub(in crate::lower) fn add_flags(&mut self, value: Value, a: Value, b: Value) -> Result<()> {
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
