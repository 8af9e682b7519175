//! Testing conditions.

use dbt_core::analysis::FlagSet;
use dbt_core::ir::Value;
use dbt_isa::ops::Condition;

use super::Definition;
use crate::asm::{Alu, Bits, Cc, Rm};
use crate::flags::{Kind, Operand};
use crate::lower::{Lowering, Result};

impl Lowering<'_> {
    /// Emits what it takes for the host's flags to tell whether `condition`
    /// holds, and returns how they tell it.
    pub(in crate::lower) fn condition(&mut self, flags: Value, condition: Condition) -> Result<Cc> {
        if let Some((held, kind)) = self.flags.host
            && held == flags
            && let Some(cc) = kind.cc(condition)
        {
            return Ok(cc);
        }
        let definition = self.flags.definition(flags).copied();
        if let Some(Definition {
            result: Some(note), ..
        }) = definition
            && let Some(cc) = Kind::Nz.cc(condition)
            && self.holds(note)
            && let Operand::Reg(reg) = note.operand
        {
            self.before_clobber()?;
            self.asm.test(Bits::B32, reg, reg);
            self.flags.host = Some((flags, Kind::Nz));
            return Ok(cc);
        }
        if let Some(Definition {
            compare: Some((a, b)),
            ..
        }) = definition
            && self.holds(a)
            && self.holds(b)
            && let Some(cc) = Kind::Sub.cc(condition)
        {
            self.before_clobber()?;
            self.emit_compare(a.operand, b.operand);
            self.flags.host = Some((flags, Kind::Sub));
            return Ok(cc);
        }
        let from = self.in_memory(flags, FlagSet::of_condition(condition))?;
        self.before_clobber()?;
        self.test_in_memory(from, condition)
    }

    fn test_in_memory(&mut self, from: i32, condition: Condition) -> Result<Cc> {
        let byte = |component: usize| Rm::State(from + i32::from([0_u8, 1, 2, 3][component]));
        let (n, z, c, v) = (byte(0), byte(1), byte(2), byte(3));
        let positive = match condition {
            Condition::Eq | Condition::Ne => self.test_byte(z),
            Condition::Cs | Condition::Cc => self.test_byte(c),
            Condition::Mi | Condition::Pl => self.test_byte(n),
            Condition::Vs | Condition::Vc => self.test_byte(v),
            // C and not Z is "C greater than Z".
            Condition::Hi | Condition::Ls => {
                let reg = self.take_scratch()?;
                self.asm.movzx(Bits::B8, reg, c);
                self.asm.alu(Alu::Cmp, Bits::B8, reg, z);
                self.release(reg);
                Cc::A
            }
            Condition::Ge | Condition::Lt => {
                let reg = self.take_scratch()?;
                self.asm.movzx(Bits::B8, reg, n);
                self.asm.alu(Alu::Cmp, Bits::B8, reg, v);
                self.release(reg);
                Cc::E
            }
            Condition::Gt | Condition::Le => {
                let reg = self.take_scratch()?;
                self.asm.movzx(Bits::B8, reg, n);
                self.asm.alu(Alu::Xor, Bits::B8, reg, v);
                self.asm.alu(Alu::Or, Bits::B8, reg, z);
                self.release(reg);
                Cc::E
            }
        };
        Ok(if condition as u8 & 1 == 0 {
            positive
        } else {
            positive.inverted()
        })
    }

    fn test_byte(&mut self, byte: Rm) -> Cc {
        self.asm.alu_imm(Alu::Cmp, Bits::B8, byte, 0);
        Cc::Ne
    }
}
