//! Saving flags before they are lost.

use dbt_core::analysis::FlagSet;
use dbt_core::host::CompileError;
use dbt_core::ir::Value;

use super::{Definition, Note};
use crate::asm::Rm;
use crate::context;
use crate::facts::Fact;
use crate::flags::{COMPONENTS, Kind, Operand, Plan, Source};
use crate::lower::{Lowering, Result};
use crate::regs::Reg;

impl Lowering<'_> {
    /// Completes components of the architectural flags in memory.
    pub(in crate::lower) fn save_architectural(&mut self, mask: FlagSet) -> Result<()> {
        let mut mask = mask;
        let mut plan = self.architectural_plan(mask)?;
        if plan.last_recomputed().is_some() && self.flags.host.is_some() {
            // The host's flags change, so what else they hold is saved too.
            mask |= self.flags_needed();
            plan = self.architectural_plan(mask)?;
        }
        if !plan.is_empty() {
            self.emit_plan(&plan, context::FLAGS);
            self.note_host_after(&plan);
        }
        self.flags.home |= mask;
        Ok(())
    }

    /// Notes what the host's flags hold once a plan has been carried out.
    fn note_host_after(&mut self, plan: &Plan) {
        let Some(source) = plan.last_recomputed() else {
            return;
        };
        self.flags.host_result = None;
        // Storing leaves them, so whoever tests a condition next need not load it,
        // unless this instruction is going to change them.
        self.flags.host = match source {
            Source::Compare(a, b) if self.flags.clobbered_at != Some(self.index) => {
                self.compared(a, b).map(|value| (value, Kind::Sub))
            }
            _ => None,
        };
    }

    /// The flags of comparing `a` with `b`, as these are now.
    fn compared(&self, a: Operand, b: Operand) -> Option<Value> {
        let mut definitions = self.flags.definitions.iter().rev();
        let definition = definitions.find(|definition| {
            definition.compare.is_some_and(|(x, y)| {
                x.operand == a && y.operand == b && self.holds(x) && self.holds(y)
            })
        });
        definition.map(|definition| definition.value)
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
        self.flags.clobbered_at = Some(self.index);
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
                let copied = self.copy_noted(reg)?;
                if !copied {
                    self.rescue(value, needed)?;
                }
                self.scratch.places.set_version(reg, version + 1);
                if copied {
                    return Ok(());
                }
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

    /// Copies a register to one that is free, if there is one, together with all
    /// that was noted of it: a copy costs less than saving four flags, and whoever
    /// tests a condition finds the operands in registers.
    fn copy_noted(&mut self, reg: Reg) -> Result<bool> {
        let Some(to) = self.free_scratch().filter(|free| *free != reg) else {
            return Ok(false);
        };
        let version = self.version(to);
        self.scratch.places.set_version(to, version + 1);
        self.asm.mov32(to, reg);
        self.renote(reg, to);
        Ok(true)
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
        self.note_host_after(plan);
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
