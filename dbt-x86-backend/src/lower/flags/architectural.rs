//! Reading and writing the architectural flags.

use dbt_core::analysis::FlagSet;
use dbt_core::host::CompileError;
use dbt_core::ir::{Inst, Value};

use super::Definition;
use crate::asm::{Alu, Bits, Rm, Shift};
use crate::context;
use crate::flags::COMPONENTS;
use crate::lower::place::Place;
use crate::lower::{Lowering, Result};
use crate::regs::Reg;

impl Lowering<'_> {
    pub(in crate::lower) fn set_flags(&mut self, value: Value) -> Result<()> {
        let old = self.flags.architectural;
        if old == Some(value) {
            return Ok(());
        }
        self.keep_read_later(value)?;
        let passed = self.passed_from(value, old);
        self.flags.home &= passed;
        if let Inst::NzcFlags { carry, .. } = *self.input.unit.inst(value) {
            self.store_bit(carry, context::FLAGS + 2)?;
            self.flags.home |= FlagSet::C;
        }
        self.adopt_spilled(value, old)?;
        self.flags.architectural = Some(value);
        Ok(())
    }

    /// Brings components home that `value` takes from flags which were saved
    /// elsewhere.
    fn adopt_spilled(&mut self, value: Value, old: Option<Value>) -> Result<()> {
        let mut left = FlagSet::ALL - self.flags.home;
        let mut value = value;
        while Some(value) != old
            && !left.is_empty()
            && let Some(definition) = self.flags.definition(value).copied()
        {
            if let Some((saved, spill)) = definition.spill {
                return self.copy_components(left & saved, spill);
            }
            left -= definition.own;
            match definition.rest {
                Some(rest) => value = rest,
                None => break,
            }
        }
        Ok(())
    }

    fn copy_components(&mut self, mask: FlagSet, spill: u8) -> Result<()> {
        let Rm::State(from) = context::spill(spill.into()) else {
            return Err(CompileError::Unsupported);
        };
        self.copy_bytes(mask, from, context::FLAGS)?;
        self.flags.home |= mask;
        Ok(())
    }

    /// Copies components from one place in memory to another.
    fn copy_bytes(&mut self, mask: FlagSet, from: i32, to: i32) -> Result<()> {
        let reg = self.take_scratch()?;
        for (offset, component) in (0..).zip(COMPONENTS) {
            if mask.intersects(component) {
                self.asm.movzx(Bits::B8, reg, Rm::State(from + offset));
                self.asm.store(Bits::B8, Rm::State(to + offset), reg);
            }
        }
        self.release(reg);
        Ok(())
    }

    /// Stores an `i1` as a byte.
    pub(super) fn store_bit(&mut self, bit: Value, to: i32) -> Result<()> {
        if let Some(constant) = self.constant32(bit) {
            self.asm.store_imm(Bits::B8, Rm::State(to), constant);
            return Ok(());
        }
        if matches!(self.place(bit), Place::None) {
            let cc = self.branch_on(bit)?;
            self.asm.setcc(cc, Rm::State(to));
        } else {
            let reg = self.reg(bit)?;
            self.asm.store(Bits::B8, Rm::State(to), reg);
        }
        Ok(())
    }

    /// Spreads bits 31 to 28 to bytes.
    pub(in crate::lower) fn flags_from_psr(&mut self, value: Value, word: Value) -> Result<()> {
        if let Some(constant) = self.constant32(word) {
            self.flags.define_constant(value, constant);
            return Ok(());
        }
        self.before_clobber()?;
        let from = self.operand(word)?;
        let reg = self.take_scratch()?;
        self.asm.mov32(reg, from);
        self.flags_from_reg(value, reg)
    }

    /// The same of a scratch register, which is changed.
    pub(in crate::lower) fn flags_from_reg(&mut self, value: Value, reg: Reg) -> Result<()> {
        self.asm.shift_imm(Shift::Shr, Bits::B32, reg, 28);
        // The product has bits 0 to 3 at 0, 8, 16 and 24; N, the highest, comes
        // first in memory.
        self.asm.imul_imm(Bits::B32, reg, reg, 0x0020_4081);
        self.asm.alu_imm(Alu::And, Bits::B32, reg, 0x0101_0101);
        self.asm.bswap(reg);
        let spill = self.scratch.places.take_spill()?;
        self.asm.store(Bits::B64, context::spill(spill.into()), reg);
        self.release(reg);
        self.flags.define_unknown(value);
        if let Some(definition) = self.flags.definitions.last_mut() {
            definition.spill = Some((FlagSet::ALL, spill));
        }
        Ok(())
    }

    pub(in crate::lower) fn flags_to_psr(&mut self, value: Value, flags: Value) -> Result<()> {
        if let Some(from) = self.float_flags_in_memory(flags) {
            let dst = self.destination(value, None, &[])?;
            self.asm.mov32(dst, from);
            self.define(value, dst);
            return Ok(());
        }
        let from = self.in_memory(flags, FlagSet::ALL)?;
        self.before_clobber()?;
        let dst = self.destination(value, None, &[])?;
        // The bytes hold a bit each at 0, 8, 16 and 24. The product moves them to
        // 31, 30, 29 and 28; its other terms fall elsewhere.
        self.asm.imul_imm(
            Bits::B32,
            dst,
            Rm::State(from),
            0x8040_2010_u32.cast_signed(),
        );
        self.asm
            .alu_imm(Alu::And, Bits::B32, dst, 0xf000_0000_u32.cast_signed());
        self.define(value, dst);
        Ok(())
    }

    /// Makes sure that components of `flags` are in memory and returns where.
    pub(super) fn in_memory(&mut self, flags: Value, mask: FlagSet) -> Result<i32> {
        let mut flags = flags;
        // A read that was not forwarded stands for the flags of its time.
        while let Some(Definition {
            own: FlagSet::NONE,
            rest: Some(rest),
            spill: None,
            ..
        }) = self.flags.definition(flags)
        {
            flags = *rest;
        }
        if self.flags.architectural == Some(flags) {
            self.save_architectural(mask)?;
            return Ok(context::FLAGS);
        }
        if (mask - self.home_of(flags)).is_empty() {
            return Ok(context::FLAGS);
        }
        self.rescue(flags, mask)?;
        match self
            .flags
            .definition(flags)
            .and_then(|definition| definition.spill)
        {
            Some((_, spill)) => match context::spill(spill.into()) {
                Rm::State(offset) => Ok(offset),
                _ => Err(CompileError::Unsupported),
            },
            None => Err(CompileError::Unsupported),
        }
    }
}
