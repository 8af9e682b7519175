//! Saving flags before they are lost.

use dbt_core::analysis::FlagSet;
use dbt_core::host::CompileError;
use dbt_core::ir::Value;

use super::{Definition, Note};
use crate::asm::Rm;
use crate::context;
use crate::facts::Fact;
use crate::flags::{COMPONENTS, Operand, Plan, Source};
use crate::lower::{Lowering, Result};
use crate::regs::Reg;

impl Lowering<'_> {
    /// Completes components of the architectural flags in memory.
    pub(in crate::lower) fn save_architectural(&mut self, mask: FlagSet) -> Result<()> {
        let mut mask = mask;
        let mut plan = self.architectural_plan(mask)?;
        if recomputes(&plan) && self.flags.host.is_some() {
            // The host's flags change, so what else they hold is saved too.
            mask |= self.flags_needed();
            plan = self.architectural_plan(mask)?;
        }
        if !plan.is_empty() {
            self.emit_plan(&plan, context::FLAGS);
            self.forget_host_if_changed(&plan);
        }
        self.flags.home |= mask;
        Ok(())
    }

    fn forget_host_if_changed(&mut self, plan: &Plan) {
        if recomputes(plan) {
            self.flags.host = None;
            self.flags.host_result = None;
        }
    }

    /// The components of `value` that are still needed: by name after this
    /// instruction, or as architectural flags from this instruction on.
    fn still_needed(&self, value: Value) -> FlagSet {
        let mut needed = FlagSet::NONE;
        let fact = self.fact(value);
        let read_now = self.reads_flags && fact.read_until == self.index;
        if fact.read_until > self.index || read_now {
            needed = fact.read;
        }
        if fact.passed_until > self.index {
            needed |= fact.passed;
        }
        if self.flags.architectural == Some(value) {
            return needed | self.flags_needed();
        }
        needed
    }

    /// Prepares for an instruction that changes the host's flags.
    pub(in crate::lower) fn before_clobber(&mut self) -> Result<()> {
        self.flags.host_result = None;
        if let Some(held) = self.flags.host.take() {
            let needed = self.still_needed(held.0);
            if !needed.is_empty() && self.plan(held.0, needed).is_none() {
                self.flags.host = Some(held);
                self.rescue(held.0, needed)?;
                self.flags.host = None;
            }
            // The flags may also be the rest of the architectural ones.
            if let Some(architectural) = self.flags.architectural
                && architectural != held.0
            {
                let needed = self.still_needed(architectural);
                if self.plan(architectural, needed).is_none() {
                    self.flags.host = Some(held);
                    self.save_architectural(needed)?;
                    self.flags.host = None;
                }
            }
        }
        Ok(())
    }

    /// Prepares for an instruction that writes `reg`.
    pub(in crate::lower) fn before_overwrite(&mut self, reg: Reg) -> Result<()> {
        let version = self.version(reg);
        self.scratch.places.set_version(reg, version + 1);
        for position in 0..self.flags.definitions.len() {
            let definition = self.flags.definitions[position];
            let depends = |note: Note| note.operand == Operand::Reg(reg) && note.version == version;
            let concerned = definition.result.is_some_and(depends)
                || definition
                    .compare
                    .is_some_and(|(a, b)| depends(a) || depends(b));
            if !concerned {
                continue;
            }
            let value = definition.value;
            let needed = self.still_needed(value);
            if !needed.is_empty() && self.plan(value, needed).is_none() {
                self.scratch.places.set_version(reg, version);
                self.rescue(value, needed)?;
                self.scratch.places.set_version(reg, version + 1);
            }
            if let Some(architectural) = self.flags.architectural
                && architectural != value
            {
                let needed = self.still_needed(architectural);
                if self.plan(architectural, needed).is_none() {
                    self.scratch.places.set_version(reg, version);
                    self.save_architectural(needed)?;
                    self.scratch.places.set_version(reg, version + 1);
                }
            }
        }
        Ok(())
    }

    /// Saves a flags value that is about to lose its last place.
    pub(super) fn rescue(&mut self, value: Value, mask: FlagSet) -> Result<()> {
        if self.flags.architectural == Some(value) {
            return self.save_architectural(mask);
        }
        let Some(definition) = self.flags.definition(value).copied() else {
            return Err(CompileError::Unsupported);
        };
        let mask = mask | self.fact(value).read;
        let Some((saved, spill)) = definition.spill else {
            return self.spill_flags(value, mask);
        };
        let missing = mask - saved;
        if missing.is_empty() {
            return Ok(());
        }
        let plan = self.plan(value, missing).ok_or(CompileError::Unsupported)?;
        if !(missing - plan.mask()).is_empty() {
            return Err(CompileError::Unsupported);
        }
        self.emit_spilled(value, &plan, mask | saved, spill)
    }

    /// Saves components of flags apart from the architectural ones.
    fn spill_flags(&mut self, value: Value, mask: FlagSet) -> Result<()> {
        let plan = self.plan(value, mask).ok_or(CompileError::Unsupported)?;
        let spill = self.scratch.places.take_spill()?;
        let place = context::spill(spill.into());
        if !(mask - plan.mask()).is_empty() {
            // The rest is what memory holds of the architectural flags. Neither a
            // register nor the host's flags are free here.
            self.asm.push(Rm::State(context::FLAGS));
            self.asm.pop(place);
        }
        self.emit_spilled(value, &plan, mask, spill)
    }

    fn emit_spilled(&mut self, value: Value, plan: &Plan, mask: FlagSet, spill: u8) -> Result<()> {
        let Rm::State(to) = context::spill(spill.into()) else {
            return Err(CompileError::Unsupported);
        };
        self.emit_plan(plan, to);
        self.forget_host_if_changed(plan);
        for definition in &mut self.flags.definitions {
            if definition.value == value {
                definition.spill = Some((mask, spill));
            }
        }
        Ok(())
    }

    /// Saves the carry of flags that are read before they are written, if ever:
    /// nothing else will tell it later.
    pub(super) fn spill_carry(&mut self, value: Value, carry: Value) -> Result<()> {
        let spill = self.scratch.places.take_spill()?;
        let place = context::spill(spill.into());
        let Rm::State(to) = place else {
            return Err(CompileError::Unsupported);
        };
        let held = self.home_of(value);
        if !held.is_empty() {
            self.asm.push(Rm::State(context::FLAGS));
            self.asm.pop(place);
        }
        self.store_bit(carry, to + 2)?;
        self.emit_spilled(value, &Plan::EMPTY, held | FlagSet::C, spill)
    }

    /// Keeps the components that memory holds of flags which will be read when
    /// memory holds those of others.
    pub(super) fn keep_read_later(&mut self, new: Value) -> Result<()> {
        for position in 0..self.flags.definitions.len() {
            let Definition { value, spill, .. } = self.flags.definitions[position];
            let Fact {
                read, read_until, ..
            } = *self.fact(value);
            if spill.is_some() || read_until <= self.index {
                continue;
            }
            let shares = COMPONENTS.into_iter().any(|component| {
                let held = self.home_of(value) & read & component;
                !held.is_empty() && self.origin(value, component) != self.origin(new, component)
            });
            if shares {
                self.spill_flags(value, read)?;
            }
        }
        Ok(())
    }
}

/// Tells whether carrying a plan out changes the host's flags.
fn recomputes(plan: &Plan) -> bool {
    plan.parts.iter().flatten().any(|(_, source)| match source {
        Source::Host(_) | Source::Result(Operand::Imm(_)) | Source::Constant(_) => false,
        Source::Compare(..) | Source::Result(Operand::Reg(_)) => true,
    })
}
