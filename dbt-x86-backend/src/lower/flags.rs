//! Flags: tracking where they can be obtained, and saving them before they are
//! lost.
//!
//! The invariant behind every function here: each component of the architectural
//! flags that is still needed is in memory, or in the host's flags, or can be
//! recomputed from registers that have not been written since. It could be broken
//! in two ways only, by an instruction that changes the host's flags
//! (`before_clobber`) and by one that writes a register (`before_overwrite`), and
//! both save first what would be lost.

use alloc::vec::Vec;

use dbt_core::host::CompileError;
use dbt_core::ir::{Inst, Value};
use dbt_isa::ops::Condition;

use super::place::Place;
use super::{Lowering, Result};
use crate::asm::{Alu, Bits, Cc, Rm, Shift};
use crate::context;
use crate::facts::Fact;
use crate::flags::{Kind, Mask, Operand, Plan, Recipe, Source, Term};
use crate::regs::Reg;

/// An operand noted for later: valid while its register has not been written.
#[derive(Clone, Copy, Debug)]
struct Note {
    operand: Operand,
    version: u32,
}

/// How one flags value of the block can be obtained.
#[derive(Clone, Copy, Debug)]
struct Definition {
    value: Value,
    /// The flags are those of comparing these.
    compare: Option<(Note, Note)>,
    /// N and Z are those of this.
    result: Option<Note>,
    /// Where the components come from that the definition does not make.
    rest: Option<Value>,
    /// The components that it makes.
    own: Mask,
    /// Components that were saved when the value lost its other places, and
    /// where.
    spill: Option<(Mask, u8)>,
    /// The flags are those of comparing `result + .0` with `.1`.
    undone: Option<(u32, u32)>,
    /// The flags are known, in bits 31 to 28.
    constant: Option<u32>,
}

/// What is known of flags at one point of a block.
#[derive(Clone, Debug, Default)]
pub(super) struct FlagsState {
    definitions: Vec<Definition>,
    /// What the host's flags hold.
    host: Option<(Value, Kind)>,
    /// The host's N and Z are those of this register.
    host_result: Option<(Reg, u32)>,
    /// The architectural flags; none while they are those of the block's start.
    architectural: Option<Value>,
    /// The components of the architectural flags that memory holds.
    home: Mask,
}

impl FlagsState {
    pub(super) fn begin_block(&mut self) {
        self.definitions.clear();
        self.host = None;
        self.host_result = None;
        self.architectural = None;
        self.home = Mask::ALL;
    }

    /// Tells whether the host's flags may be changed without saving anything.
    pub(super) fn host_is_free(&self) -> bool {
        self.host.is_none()
    }

    /// The host's N and Z no longer tell of a result.
    pub(super) fn forget_host_result(&mut self) {
        self.host_result = None;
    }

    fn definition(&self, value: Value) -> Option<&Definition> {
        self.definitions
            .iter()
            .rev()
            .find(|definition| definition.value == value)
    }

    fn define(&mut self, definition: Definition) {
        self.definitions.push(definition);
    }

    /// Flags that are known.
    pub(super) fn define_constant(&mut self, value: Value, psr: u32) {
        self.define_unknown(value);
        if let Some(definition) = self.definitions.last_mut() {
            definition.constant = Some(psr);
        }
    }

    /// Flags whose components can be obtained only when they are written.
    pub(super) fn define_unknown(&mut self, value: Value) {
        self.define(Definition {
            value,
            compare: None,
            result: None,
            rest: None,
            own: Mask::ALL,
            spill: None,
            undone: None,
            constant: None,
        });
    }
}

/// Definitions.
impl Lowering<'_> {
    fn note(&self, operand: Operand) -> Note {
        let version = match operand {
            Operand::Reg(reg) => self.version(reg),
            Operand::Imm(_) => 0,
        };
        Note { operand, version }
    }

    /// Records that the operands of `value`, an addition of `addend`, follow
    /// from its result.
    pub(super) fn note_undoable(&mut self, value: Value, op: Alu, constant: u32) {
        let negated = constant.wrapping_neg();
        let undone = match op {
            Alu::Sub => Some((constant, constant)),
            // The flags of an addition are those of subtracting the opposite,
            // unless that is the same or nothing.
            Alu::Add if negated != constant => Some((negated, negated)),
            _ => None,
        };
        for definition in &mut self.flags.definitions {
            if definition.value == value {
                definition.undone = undone;
            }
        }
    }

    fn note_value(&self, value: Value) -> Option<Note> {
        if let Some(constant) = self.constant32(value) {
            return Some(self.note(Operand::Imm(constant)));
        }
        match self.place(value) {
            Place::Reg(reg) => Some(self.note(Operand::Reg(reg))),
            _ => None,
        }
    }

    fn holds(&self, note: Note) -> bool {
        match note.operand {
            Operand::Reg(reg) => self.version(reg) == note.version,
            Operand::Imm(_) => true,
        }
    }

    /// Records flags that the host's flags hold now.
    pub(super) fn define_host_flags(
        &mut self,
        value: Value,
        kind: Kind,
        compared: Option<(Value, Value)>,
        result: Option<Reg>,
    ) {
        let compare = compared.and_then(|(a, b)| Some((self.note_value(a)?, self.note_value(b)?)));
        let result = result.map(|reg| self.note(Operand::Reg(reg)));
        self.flags.define(Definition {
            value,
            compare,
            result,
            rest: None,
            own: Mask::ALL,
            spill: None,
            undone: None,
            constant: None,
        });
        self.flags.host = Some((value, kind));
        self.flags.host_result = None;
    }

    pub(super) fn get_flags(&mut self, value: Value) {
        match self.flags.architectural {
            None => {
                self.flags.architectural = Some(value);
                self.flags.define_unknown(value);
            }
            // A read that was not forwarded names the same flags again.
            Some(same) => self.flags.define(Definition {
                value,
                compare: None,
                result: None,
                rest: Some(same),
                own: Mask::NONE,
                spill: None,
                undone: None,
                constant: None,
            }),
        }
    }

    /// Records flags with N and Z of `result`; `own` has C too if it is set when
    /// the flags are written.
    pub(super) fn nz_flags(
        &mut self,
        value: Value,
        result: Value,
        rest: Value,
        own: Mask,
    ) -> Result<()> {
        if self.constant32(result).is_none() {
            self.reg(result)?;
        }
        let note = self.note_value(result);
        self.flags.define(Definition {
            value,
            compare: None,
            result: note,
            rest: Some(rest),
            own,
            spill: None,
            undone: None,
            constant: None,
        });
        if let Some(Note {
            operand: Operand::Reg(reg),
            version,
        }) = note
            && self.flags.host_result == Some((reg, version))
            && self.flags.host.is_none()
        {
            self.flags.host = Some((value, Kind::Nz));
        }
        Ok(())
    }

    pub(super) fn nzc_flags(
        &mut self,
        value: Value,
        result: Value,
        carry: Value,
        rest: Value,
    ) -> Result<()> {
        self.nz_flags(value, result, rest, Mask::NZ.or(Mask::C))?;
        if self.fact(value).read.and(Mask::C).is_empty() {
            return Ok(());
        }
        self.spill_carry(value, carry)
    }

    /// Records that the host's N and Z are those of `reg`.
    pub(super) fn note_host_result(&mut self, reg: Reg) {
        self.flags.host_result = Some((reg, self.version(reg)));
    }

    /// A value moved from `from` to `to`: what was noted of the one now holds for
    /// the other, which lives longer.
    pub(super) fn renote_results(&mut self, from: Reg, to: Reg) {
        let old = self.version(from);
        let new = self.version(to);
        for definition in &mut self.flags.definitions {
            if let Some(note) = &mut definition.result
                && note.operand == Operand::Reg(from)
                && note.version == old
            {
                *note = Note {
                    operand: Operand::Reg(to),
                    version: new,
                };
            }
        }
    }
}

/// Obtaining and saving.
impl Lowering<'_> {
    /// Returns how to obtain `mask` of `value`, beyond what memory holds of it if
    /// it is architectural.
    fn plan(&self, value: Value, mask: Mask) -> Option<Plan> {
        let mut plan = Plan::EMPTY;
        let mut left = mask.without(self.home_of(value));
        let mut value = value;
        loop {
            if left.is_empty() {
                return Some(plan);
            }
            let definition = *self.flags.definition(value)?;
            if let Some((held, kind)) = self.flags.host
                && held == value
            {
                let here = left.and(kind.mask());
                if !here.is_empty() && !plan.add(here, Source::Host(kind)) {
                    return None;
                }
                left = left.without(here);
            }
            if let Some(psr) = definition.constant {
                return plan.add(left, Source::Constant(psr)).then_some(plan);
            }
            let own = left.and(definition.own);
            if let Some((a, b)) = definition.compare
                && !own.is_empty()
                && self.holds(a)
                && self.holds(b)
            {
                if !plan.add(own, Source::Compare(a.operand, b.operand)) {
                    return None;
                }
                left = left.without(own);
            }
            let result = left.and(definition.own).and(Mask::NZ);
            if let Some(note) = definition.result
                && !result.is_empty()
                && self.holds(note)
            {
                if !plan.add(result, Source::Result(note.operand)) {
                    return None;
                }
                left = left.without(result);
            }
            if left.is_empty() {
                return Some(plan);
            }
            if !left.and(definition.own).is_empty() {
                return None;
            }
            value = definition.rest?;
        }
    }

    /// The components of `value` that memory holds for the architectural flags.
    fn home_of(&self, value: Value) -> Mask {
        let Some(architectural) = self.flags.architectural else {
            return Mask::NONE;
        };
        if architectural == value {
            return self.flags.home;
        }
        let mut held = Mask::NONE;
        for component in Mask::EACH {
            if !self.flags.home.and(component).is_empty()
                && self.origin(value, component) == self.origin(architectural, component)
            {
                held = held.or(component);
            }
        }
        held
    }

    /// Returns how to complete the architectural flags in memory.
    pub(super) fn architectural_plan(&self, needed: Mask) -> Result<Plan> {
        match self.flags.architectural {
            Some(value) => self.plan(value, needed).ok_or(CompileError::Unsupported),
            None => Ok(Plan::EMPTY),
        }
    }

    /// Emits a plan. Host flags come first: the other sources change them.
    pub(super) fn emit_plan(&mut self, plan: &Plan, to: i32) {
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

    fn store_flags(&mut self, mask: Mask, kind: Kind, to: i32) {
        for (offset, component) in (to..).zip(Mask::EACH) {
            if !mask.and(component).is_empty() {
                self.asm.setcc(kind.component(component), Rm::State(offset));
            }
        }
    }

    fn store_result(&mut self, mask: Mask, result: Operand, to: i32) {
        match result {
            Operand::Reg(reg) => {
                self.asm.test(Bits::B32, reg, reg);
                self.store_flags(mask, Kind::Nz, to);
            }
            Operand::Imm(value) if mask == Mask::NZ => {
                let bytes = value >> 31 | u32::from(value == 0) << 8;
                self.asm.store_imm(Bits::B16, Rm::State(to), bytes);
            }
            Operand::Imm(value) if mask == Mask::N => {
                self.asm.store_imm(Bits::B8, Rm::State(to), value >> 31);
            }
            Operand::Imm(value) => {
                self.asm
                    .store_imm(Bits::B8, Rm::State(to + 1), u32::from(value == 0));
            }
        }
    }

    fn store_known(&mut self, mask: Mask, psr: u32, to: i32) {
        for (offset, component) in (to..).zip(Mask::EACH) {
            if !mask.and(component).is_empty() {
                let bit = u32::from(psr >> 28 & u32::from(component.0) != 0);
                self.asm.store_imm(Bits::B8, Rm::State(offset), bit);
            }
        }
    }

    fn emit_compare(&mut self, a: Operand, b: Operand) {
        match (a, b) {
            (Operand::Reg(a), Operand::Imm(0)) => self.asm.test(Bits::B32, a, a),
            (Operand::Reg(a), Operand::Imm(b)) => {
                self.asm.alu_imm(Alu::Cmp, Bits::B32, a, b.cast_signed());
            }
            (Operand::Reg(a), Operand::Reg(b)) => self.asm.alu(Alu::Cmp, Bits::B32, a, b),
            (Operand::Imm(a), b) => {
                // No register may be free here, so the constant goes through
                // memory that nothing else uses at this point.
                let place = context::argument(3);
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

    /// Completes components of the architectural flags in memory.
    pub(super) fn save_architectural(&mut self, mask: Mask) -> Result<()> {
        let mut mask = mask;
        let mut plan = self.architectural_plan(mask)?;
        if recomputes(&plan) && self.flags.host.is_some() {
            // The host's flags change, so what else they hold is saved too.
            mask = mask.or(self.flags_needed());
            plan = self.architectural_plan(mask)?;
        }
        if !plan.is_empty() {
            self.emit_plan(&plan, context::FLAGS);
            self.forget_host_if_changed(&plan);
        }
        self.flags.home = self.flags.home.or(mask);
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
    fn still_needed(&self, value: Value) -> Mask {
        let mut needed = Mask::NONE;
        let fact = self.fact(value);
        let read_now = self.reads_flags && fact.read_until == self.index;
        if fact.read_until > self.index || read_now {
            needed = fact.read;
        }
        if fact.passed_until > self.index {
            needed = needed.or(fact.passed);
        }
        if self.flags.architectural == Some(value) {
            return needed.or(self.flags_needed());
        }
        needed
    }

    /// Prepares for an instruction that changes the host's flags.
    pub(super) fn before_clobber(&mut self) -> Result<()> {
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
    pub(super) fn before_overwrite(&mut self, reg: Reg) -> Result<()> {
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
    fn rescue(&mut self, value: Value, mask: Mask) -> Result<()> {
        if self.flags.architectural == Some(value) {
            return self.save_architectural(mask);
        }
        let Some(definition) = self.flags.definition(value).copied() else {
            return Err(CompileError::Unsupported);
        };
        let mask = mask.or(self.fact(value).read);
        let Some((saved, spill)) = definition.spill else {
            return self.spill_flags(value, mask);
        };
        let missing = mask.without(saved);
        if missing.is_empty() {
            return Ok(());
        }
        let plan = self.plan(value, missing).ok_or(CompileError::Unsupported)?;
        if !missing.without(plan.mask()).is_empty() {
            return Err(CompileError::Unsupported);
        }
        self.emit_spilled(value, &plan, mask.or(saved), spill)
    }

    /// Saves components of flags apart from the architectural ones.
    fn spill_flags(&mut self, value: Value, mask: Mask) -> Result<()> {
        let plan = self.plan(value, mask).ok_or(CompileError::Unsupported)?;
        let spill = self.scratch.places.take_spill()?;
        let place = context::spill(spill.into());
        if !mask.without(plan.mask()).is_empty() {
            // The rest is what memory holds of the architectural flags. Neither a
            // register nor the host's flags are free here.
            self.asm.push(Rm::State(context::FLAGS));
            self.asm.pop(place);
        }
        self.emit_spilled(value, &plan, mask, spill)
    }

    fn emit_spilled(&mut self, value: Value, plan: &Plan, mask: Mask, spill: u8) -> Result<()> {
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
    fn spill_carry(&mut self, value: Value, carry: Value) -> Result<()> {
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
        self.emit_spilled(value, &Plan::EMPTY, held.or(Mask::C), spill)
    }
}

/// Reading and writing the architectural flags.
impl Lowering<'_> {
    pub(super) fn set_flags(&mut self, value: Value) -> Result<()> {
        let old = self.flags.architectural;
        if old == Some(value) {
            return Ok(());
        }
        self.keep_read_later(value)?;
        let passed = self.passed_from(value, old);
        self.flags.home = self.flags.home.and(passed);
        if let Inst::NzcFlags { carry, .. } = *self.input.unit.inst(value) {
            self.store_bit(carry, context::FLAGS + 2)?;
            self.flags.home = self.flags.home.or(Mask::C);
        }
        self.adopt_spilled(value, old)?;
        self.flags.architectural = Some(value);
        Ok(())
    }

    /// Brings components home that `value` takes from flags which were saved
    /// elsewhere.
    fn adopt_spilled(&mut self, value: Value, old: Option<Value>) -> Result<()> {
        let mut left = Mask::ALL.without(self.flags.home);
        let mut value = value;
        while Some(value) != old
            && !left.is_empty()
            && let Some(definition) = self.flags.definition(value).copied()
        {
            if let Some((saved, spill)) = definition.spill {
                return self.copy_components(left.and(saved), spill);
            }
            left = left.without(definition.own);
            match definition.rest {
                Some(rest) => value = rest,
                None => break,
            }
        }
        Ok(())
    }

    fn copy_components(&mut self, mask: Mask, spill: u8) -> Result<()> {
        let Rm::State(from) = context::spill(spill.into()) else {
            return Err(CompileError::Unsupported);
        };
        self.copy_bytes(mask, from, context::FLAGS)?;
        self.flags.home = self.flags.home.or(mask);
        Ok(())
    }

    /// Copies components from one place in memory to another.
    fn copy_bytes(&mut self, mask: Mask, from: i32, to: i32) -> Result<()> {
        let reg = self.take_scratch()?;
        for (offset, component) in (0..).zip(Mask::EACH) {
            if !mask.and(component).is_empty() {
                self.asm.movzx(Bits::B8, reg, Rm::State(from + offset));
                self.asm.store(Bits::B8, Rm::State(to + offset), reg);
            }
        }
        self.release(reg);
        Ok(())
    }

    /// The components that `value` has unchanged from `old`: those that both
    /// have from the same definition.
    fn passed_from(&self, value: Value, old: Option<Value>) -> Mask {
        let Some(old) = old else { return Mask::NONE };
        let mut passed = Mask::NONE;
        for component in Mask::EACH {
            if self.origin(value, component) == self.origin(old, component) {
                passed = passed.or(component);
            }
        }
        passed
    }

    /// The definition that makes a component of `value`.
    fn origin(&self, mut value: Value, component: Mask) -> Value {
        while let Some(definition) = self.flags.definition(value)
            && definition.own.and(component).is_empty()
            && let Some(rest) = definition.rest
        {
            value = rest;
        }
        value
    }

    /// Keeps the components that memory holds of flags which will be read when
    /// memory holds those of others.
    fn keep_read_later(&mut self, new: Value) -> Result<()> {
        for position in 0..self.flags.definitions.len() {
            let Definition { value, spill, .. } = self.flags.definitions[position];
            let Fact {
                read, read_until, ..
            } = *self.fact(value);
            if spill.is_some() || read_until <= self.index {
                continue;
            }
            let shares = Mask::EACH.into_iter().any(|component| {
                let held = self.home_of(value).and(read).and(component);
                !held.is_empty() && self.origin(value, component) != self.origin(new, component)
            });
            if shares {
                self.spill_flags(value, read)?;
            }
        }
        Ok(())
    }

    /// Stores an `i1` as a byte.
    fn store_bit(&mut self, bit: Value, to: i32) -> Result<()> {
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
    pub(super) fn flags_from_psr(&mut self, value: Value, word: Value) -> Result<()> {
        if let Some(constant) = self.constant32(word) {
            self.flags.define_constant(value, constant);
            return Ok(());
        }
        self.before_clobber()?;
        let from = self.operand(word)?;
        let reg = self.take_scratch()?;
        self.asm.mov32(reg, from);
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
            definition.spill = Some((Mask::ALL, spill));
        }
        Ok(())
    }

    pub(super) fn flags_to_psr(&mut self, value: Value, flags: Value) -> Result<()> {
        let from = self.in_memory(flags, Mask::ALL)?;
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
    fn in_memory(&mut self, flags: Value, mask: Mask) -> Result<i32> {
        let mut flags = flags;
        // A read that was not forwarded stands for the flags of its time.
        while let Some(Definition {
            own: Mask::NONE,
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
        if mask.without(self.home_of(flags)).is_empty() {
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

    /// Emits what it takes for the host's flags to tell whether `condition`
    /// holds, and returns how they tell it.
    pub(super) fn condition(&mut self, flags: Value, condition: Condition) -> Result<Cc> {
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
        let from = self.in_memory(flags, Mask::of(condition))?;
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

/// Flags at an edge into a loop.
impl Lowering<'_> {
    /// Tells whether the flags are still those of the block's start.
    pub(super) fn flags_untouched(&self) -> bool {
        self.flags.architectural.is_none()
    }

    /// Tells whether memory holds all of the architectural flags.
    pub(super) fn flags_at_home(&self) -> bool {
        self.flags.architectural.is_none() || self.flags.home == Mask::ALL
    }

    /// Returns how the architectural flags follow from values of now: registers
    /// and constants.
    pub(super) fn edge_recipe(&self) -> Option<Recipe> {
        let value = self.flags.architectural?;
        let definition = self.flags.definition(value)?;
        if let Some((a, b)) = definition.compare
            && self.holds(a)
            && self.holds(b)
        {
            return Some(Recipe::Compare(term(a.operand, 0), term(b.operand, 0)));
        }
        let result = definition.result.filter(|note| self.holds(*note))?;
        if let Some((addend, constant)) = definition.undone {
            let constant = Term {
                base: None,
                offset: constant,
            };
            return Some(Recipe::Compare(term(result.operand, addend), constant));
        }
        let rest_at_home = Mask::CV.without(self.flags.home).is_empty();
        (definition.own != Mask::ALL && rest_at_home)
            .then(|| Recipe::Result(term(result.operand, 0)))
    }
}

fn term(operand: Operand, offset: u32) -> Term {
    match operand {
        Operand::Reg(reg) => Term {
            base: Some(reg),
            offset,
        },
        Operand::Imm(value) => Term {
            base: None,
            offset: offset.wrapping_add(value),
        },
    }
}

/// Tells whether carrying a plan out changes the host's flags.
fn recomputes(plan: &Plan) -> bool {
    plan.parts.iter().flatten().any(|(_, source)| match source {
        Source::Host(_) | Source::Result(Operand::Imm(_)) | Source::Constant(_) => false,
        Source::Compare(..) | Source::Result(Operand::Reg(_)) => true,
    })
}
