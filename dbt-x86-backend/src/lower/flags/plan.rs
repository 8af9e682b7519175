//! How flags can be obtained, and obtaining them.

use dbt_core::analysis::FlagSet;
use dbt_core::host::CompileError;
use dbt_core::ir::Value;

use crate::asm::{Alu, Bits, Rm};
use crate::context;
use crate::flags::{COMPONENTS, Kind, Operand, Plan, Source};
use crate::lower::{Lowering, Result};

impl Lowering<'_> {
    /// Returns how to obtain `mask` of `value`, beyond what memory holds of it if
    /// it is architectural.
    pub(super) fn plan(&self, value: Value, mask: FlagSet) -> Option<Plan> {
        let mut plan = Plan::EMPTY;
        let mut left = mask - self.home_of(value);
        let mut value = value;
        loop {
            if left.is_empty() {
                return Some(plan);
            }
            let definition = *self.flags.definition(value)?;
            if let Some((held, kind)) = self.flags.host
                && held == value
            {
                let here = left & kind.mask();
                if !here.is_empty() && !plan.add(here, Source::Host(kind)) {
                    return None;
                }
                left -= here;
            }
            if let Some(psr) = definition.constant {
                return plan.add(left, Source::Constant(psr)).then_some(plan);
            }
            let own = left & definition.own;
            if let Some((a, b)) = definition.compare
                && !own.is_empty()
                && self.holds(a)
                && self.holds(b)
            {
                if !plan.add(own, Source::Compare(a.operand, b.operand)) {
                    return None;
                }
                left -= own;
            }
            let result = left & definition.own & FlagSet::NZ;
            if let Some(note) = definition.result
                && !result.is_empty()
                && self.holds(note)
            {
                if !plan.add(result, Source::Result(note.operand)) {
                    return None;
                }
                left -= result;
            }
            if left.is_empty() {
                return Some(plan);
            }
            if left.intersects(definition.own) {
                return None;
            }
            value = definition.rest?;
        }
    }

    /// The components of `value` that memory holds for the architectural flags.
    pub(super) fn home_of(&self, value: Value) -> FlagSet {
        let Some(architectural) = self.flags.architectural else {
            return FlagSet::NONE;
        };
        if architectural == value {
            return self.flags.home;
        }
        let mut held = FlagSet::NONE;
        for component in COMPONENTS {
            if self.flags.home.intersects(component)
                && self.origin(value, component) == self.origin(architectural, component)
            {
                held |= component;
            }
        }
        held
    }

    /// Returns how to complete the architectural flags in memory.
    pub(in crate::lower) fn architectural_plan(&self, needed: FlagSet) -> Result<Plan> {
        match self.flags.architectural {
            Some(value) => self.plan(value, needed).ok_or(CompileError::Unsupported),
            None => Ok(Plan::EMPTY),
        }
    }

    /// Emits a plan. Host flags come first: the other sources change them.
    pub(in crate::lower) fn emit_plan(&mut self, plan: &Plan, to: i32) {
        for host_first in [true, false] {
            for (mask, source) in plan.parts.iter().flatten() {
                match *source {
                    Source::Host(kind) if host_first => self.store_flags(*mask, kind, to),
                    Source::Compare(a, b) if !host_first => {
                        self.emit_compare(a, b);
                        self.store_flags(*mask, Kind::Sub, to);
                    }
                    Source::Result(result) if !host_first => self.store_result(*mask, result, to),
                    Source::Constant(psr) if !host_first => self.store_known(*mask, psr, to),
                    _ => {}
                }
            }
        }
    }

    fn store_flags(&mut self, mask: FlagSet, kind: Kind, to: i32) {
        for (offset, component) in (to..).zip(COMPONENTS) {
            if mask.intersects(component) {
                self.asm.setcc(kind.component(component), Rm::State(offset));
            }
        }
    }

    fn store_result(&mut self, mask: FlagSet, result: Operand, to: i32) {
        match result {
            Operand::Reg(reg) => {
                self.asm.test(Bits::B32, reg, reg);
                self.store_flags(mask, Kind::Nz, to);
            }
            Operand::Imm(value) if mask == FlagSet::NZ => {
                let bytes = value >> 31 | u32::from(value == 0) << 8;
                self.asm.store_imm(Bits::B16, Rm::State(to), bytes);
            }
            Operand::Imm(value) if mask == FlagSet::N => {
                self.asm.store_imm(Bits::B8, Rm::State(to), value >> 31);
            }
            Operand::Imm(value) => {
                self.asm
                    .store_imm(Bits::B8, Rm::State(to + 1), u32::from(value == 0));
            }
        }
    }

    fn store_known(&mut self, mask: FlagSet, psr: u32, to: i32) {
        for (offset, component) in (to..).zip(COMPONENTS) {
            if mask.intersects(component) {
                let bit = u32::from(psr >> 28 & u32::from(component.bits()) != 0);
                self.asm.store_imm(Bits::B8, Rm::State(offset), bit);
            }
        }
    }

    pub(super) fn emit_compare(&mut self, a: Operand, b: Operand) {
        match (a, b) {
            (Operand::Reg(saved), Operand::Imm(b)) if saved.0 >= context::SAVED => {
                let place = context::saved(saved.0 - context::SAVED);
                self.asm
                    .alu_imm(Alu::Cmp, Bits::B32, place, b.cast_signed());
            }
            (Operand::Reg(a), Operand::Imm(0)) => self.asm.test(Bits::B32, a, a),
            (Operand::Reg(a), Operand::Imm(b)) => {
                self.asm.alu_imm(Alu::Cmp, Bits::B32, a, b.cast_signed());
            }
            (Operand::Reg(a), Operand::Reg(b)) => self.asm.alu(Alu::Cmp, Bits::B32, a, b),
            (Operand::Imm(a), b) => {
                // No register may be free here, so the constant goes through
                // memory that nothing else uses at this point.
                let place = context::aside();
                self.asm.store_imm(Bits::B32, place, a);
                match b {
                    Operand::Reg(b) => self.asm.alu_store(Alu::Cmp, Bits::B32, place, b),
                    Operand::Imm(b) => {
                        self.asm
                            .alu_imm(Alu::Cmp, Bits::B32, place, b.cast_signed());
                    }
                }
            }
        }
    }

    /// The components that `value` has unchanged from `old`: those that both
    /// have from the same definition.
    pub(super) fn passed_from(&self, value: Value, old: Option<Value>) -> FlagSet {
        let Some(old) = old else { return FlagSet::NONE };
        let mut passed = FlagSet::NONE;
        for component in COMPONENTS {
            if self.origin(value, component) == self.origin(old, component) {
                passed |= component;
            }
        }
        passed
    }

    /// The definition that makes a component of `value`.
    pub(super) fn origin(&self, mut value: Value, component: FlagSet) -> Value {
        while let Some(definition) = self.flags.definition(value)
            && !definition.own.intersects(component)
            && let Some(rest) = definition.rest
        {
            value = rest;
        }
        value
    }
}
