//! Bits: comparisons, conditions and what is chosen by them.

use dbt_core::ir::{BitOp, Inst, Value, Width};
use dbt_isa::ops::{CmpOp, Condition};

use crate::asm::{Logic, Shift, add_immediate, logical_immediate};
use crate::facts::bit_logic;
use crate::flags::Operand;
use crate::lower::flags::InRegister;
use crate::lower::place::Place;
use crate::lower::{Lowering, Result};
use crate::regs::Reg;

/// How a condition is told.
#[derive(Clone, Copy, Debug)]
pub(in crate::lower) enum Test {
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
    pub(in crate::lower) fn test(&mut self, bit: Value) -> Result<Test> {
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
    pub(in crate::lower) fn test_by_flags(&mut self, bit: Value) -> Result<Condition> {
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
    pub(in crate::lower) fn materialise_bit(&mut self, value: Value) -> Result<()> {
        let reg = self.bit_in_scratch(value)?;
        self.define(value, reg);
        Ok(())
    }

    fn bit_in_scratch(&mut self, bit: Value) -> Result<Reg> {
        // The register is taken first: to vacate it may change the host's flags. Those that
        // are about to be read must not be lost with what it holds.
        let before = self.reads_flags;
        self.reads_flags = self.flags_behind(bit).or(before);
        let reg = self.take_scratch()?;
        self.bit_to(reg, bit)?;
        self.reads_flags = before;
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
    pub(in crate::lower) fn reg_of_bit(&mut self, bit: Value) -> Result<Reg> {
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
        self.reads_flags_next = self.flags_behind(b);
        let x = self.reg_of_bit(a)?;
        self.reads_flags_next = None;
        self.keep(x);
        let y = self.reg_of_bit(b)?;
        let dst = self.destination(value, None, &[])?;
        self.asm
            .logic(bit_logic(op), false, Width::W32, dst, x, y.into());
        self.define(value, dst);
        Ok(())
    }

    pub(in crate::lower) fn bit_to_word(&mut self, value: Value, a: Value) -> Result<()> {
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

    pub(in crate::lower) fn select(
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
