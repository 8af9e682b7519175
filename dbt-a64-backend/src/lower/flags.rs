//! Flags: tracking where they can be obtained, and saving them before they are
//! lost.
//!
//! Each flag of each flags value has an *origin*, the value whose instruction made
//! it: `nz_flags` makes N and Z and passes C and V on. What the host's flags and each
//! word hold is noted by origins, so a flag is found wherever it is, under whatever
//! name it is asked for.
//!
//! The invariant behind every function here: each flag that is still needed is in the
//! host's flags, in a word, or follows from registers that have not been written
//! since. It could be broken in two ways only, by an instruction that changes the
//! host's flags (`before_clobber`) and by one that writes a register
//! (`before_overwrite`), and both save first what would be lost.

use alloc::vec::Vec;

use dbt_core::analysis::FlagSet;
use dbt_core::host::CompileError;
use dbt_core::ir::{Value, Width};
use dbt_isa::ops::Condition;

use super::place::Place;
use super::{Lowering, Result};
use crate::asm::add_immediate;
use crate::facts::bit_test;
use crate::flags::{Comparison, Flag, Form, Operand, Source, Sources};
use crate::regs::{PINNED, Reg, SCRATCH};

/// The flags at the start of the block.
const ENTRY: Value = Value(u32::MAX);

/// Words beside the one in its own register.
const MAX_WORDS: usize = 3;

/// A register noted for later: valid while it has not been written.
#[derive(Clone, Copy, Debug)]
struct Note {
    reg: Reg,
    version: u32,
}

/// How flags follow from values.
#[derive(Clone, Copy, Debug)]
enum Recipe {
    /// They do not.
    None,
    /// They are those of a comparison.
    Compare { add: bool, a: Note, b: NotedOperand },
    /// N and Z are those of this.
    Result(Note),
    /// They are known, in bits 31 to 28.
    Known(u32),
}

#[derive(Clone, Copy, Debug)]
enum NotedOperand {
    Reg(Note),
    Imm(u32),
}

/// Where C is if neither a recipe nor another value tells it.
#[derive(Clone, Copy, Debug)]
enum Carry {
    /// A bit of a register.
    Bit(Note, u32),
    Known(bool),
}

/// How one flags value of the block can be obtained.
#[derive(Clone, Copy, Debug)]
struct Definition {
    value: Value,
    /// The flags that it makes.
    own: FlagSet,
    /// Where the others come from.
    rest: Option<Value>,
    recipe: Recipe,
    carry: Option<Carry>,
}

impl Definition {
    /// Tells whether a note of the definition is such a one.
    fn mentions(&self, such: impl Fn(&Note) -> bool) -> bool {
        let by_recipe = match &self.recipe {
            Recipe::None | Recipe::Known(_) => false,
            Recipe::Result(note) => such(note),
            Recipe::Compare { a, b, .. } => {
                such(a) || matches!(b, NotedOperand::Reg(note) if such(note))
            }
        };
        by_recipe || matches!(&self.carry, Some(Carry::Bit(note, _)) if such(note))
    }
}

/// A register that holds flags as `MRS` gives them.
#[derive(Clone, Copy, Debug)]
struct Word {
    reg: Reg,
    origins: Origins,
}

/// The origin of what is in the place of each flag.
type Origins = [Option<Value>; 4];

const NOTHING: Origins = [None; 4];

/// What is known of flags at one point of a block.
#[derive(Clone, Debug)]
pub(super) struct FlagsState {
    definitions: Vec<Definition>,
    host: Origins,
    /// The host's N and Z are those of this register, though no value says so yet.
    host_result: Option<Note>,
    words: Vec<Word>,
    /// The architectural flags.
    architectural: Value,
    /// A register that is about to be written, so that nothing may follow from it.
    doomed: Option<Reg>,
}

impl Default for FlagsState {
    fn default() -> Self {
        Self {
            definitions: Vec::new(),
            host: NOTHING,
            host_result: None,
            words: Vec::new(),
            architectural: ENTRY,
            doomed: None,
        }
    }
}

impl FlagsState {
    pub(super) fn begin_block(&mut self, form: Form) {
        self.definitions.clear();
        self.host_result = None;
        self.words.clear();
        self.architectural = ENTRY;
        self.doomed = None;
        let there =
            |flag: Flag, source: Source| (form.sources().of(flag) == source).then_some(ENTRY);
        self.host = Flag::ALL.map(|flag| there(flag, Source::Host));
        self.words.push(Word {
            reg: Reg::CARRY,
            origins: Flag::ALL.map(|flag| there(flag, Source::Word(Reg::CARRY))),
        });
    }

    fn definition(&self, value: Value) -> Option<&Definition> {
        self.definitions
            .iter()
            .rev()
            .find(|definition| definition.value == value)
    }

    /// Returns the value that made a flag of `value`.
    fn origin(&self, mut value: Value, flag: Flag) -> Value {
        while let Some(definition) = self.definition(value)
            && !flag.is_in(definition.own)
            && let Some(rest) = definition.rest
        {
            value = rest;
        }
        value
    }

    /// The scratch registers that hold words.
    pub(super) fn word_registers(&self) -> u32 {
        self.words
            .iter()
            .fold(0, |all, word| all | 1_u32 << word.reg.0)
    }

    /// Notes that the word in a register is in another now.
    pub(super) fn move_word(&mut self, from: Reg, to: Reg) {
        for word in &mut self.words {
            if word.reg == from {
                word.reg = to;
            }
        }
    }

    fn define(&mut self, value: Value, own: FlagSet, rest: Option<Value>, recipe: Recipe) {
        self.definitions.push(Definition {
            value,
            own,
            rest,
            recipe,
            carry: None,
        });
    }

    /// Flags that are known.
    pub(super) fn define_constant(&mut self, value: Value, psr: u32) {
        self.define(value, FlagSet::ALL, None, Recipe::Known(psr));
    }

    /// Tells whether the host's flags hold nothing.
    fn host_is_empty(&self) -> bool {
        self.host == NOTHING
    }
}

/// Definitions.
impl Lowering<'_> {
    fn note(&self, reg: Reg) -> Note {
        Note {
            reg,
            version: self.version(reg),
        }
    }

    fn holds(&self, note: Note) -> bool {
        self.version(note.reg) == note.version
    }

    /// The comparison of two values, if it can be repeated by one instruction.
    fn comparison_recipe(&self, add: bool, a: Value, b: Value) -> Recipe {
        let Place::Reg(a) = self.place(a) else {
            return Recipe::None;
        };
        let a = self.note(a);
        let (add, b) = match (self.constant32(b), self.place(b)) {
            (Some(b), _) => match self.comparable(add, b) {
                Some((add, b)) => (add, NotedOperand::Imm(b)),
                None => return Recipe::None,
            },
            (None, Place::Reg(b)) => (add, NotedOperand::Reg(self.note(b))),
            _ => return Recipe::None,
        };
        Recipe::Compare { add, a, b }
    }

    /// Returns an addition or subtraction of a constant that has an encoding and
    /// gives the same flags as `a + b` or `a - b`.
    #[allow(clippy::unused_self, reason = "reads as the others do")]
    pub(super) fn comparable(&self, add: bool, b: u32) -> Option<(bool, u32)> {
        if add_immediate(b.into()).is_some() {
            return Some((add, b));
        }
        // The opposite has the same carry and overflow, but for zero (which has an
        // encoding) and the least number, which is its own opposite.
        let negated = b.wrapping_neg();
        (negated != b && add_immediate(negated.into()).is_some()).then_some((!add, negated))
    }

    /// Records flags that the host's flags hold now: those of comparing two values
    /// if they are given, with a result in a register if there is one.
    pub(super) fn define_host_flags(
        &mut self,
        value: Value,
        compared: Option<(bool, Value, Value)>,
        result: Option<Reg>,
    ) {
        let mut recipe = match compared {
            Some((add, a, b)) => self.comparison_recipe(add, a, b),
            None => Recipe::None,
        };
        if let (Recipe::None, Some(result)) = (recipe, result) {
            recipe = Recipe::Result(self.note(result));
        }
        self.flags.define(value, FlagSet::ALL, None, recipe);
        self.flags.host = [Some(value); 4];
        self.flags.host_result = None;
    }

    pub(super) fn get_flags(&mut self, value: Value) {
        let same = self.flags.architectural;
        self.flags
            .define(value, FlagSet::NONE, Some(same), Recipe::None);
    }

    /// Records flags with N and Z of `result`, and C of `carry` if it is given.
    pub(super) fn nz_flags(
        &mut self,
        value: Value,
        result: Value,
        rest: Value,
        carry: Option<Value>,
    ) -> Result<()> {
        let own = match carry {
            Some(_) => FlagSet::NZ | FlagSet::C,
            None => FlagSet::NZ,
        };
        if let Some(constant) = self.constant32(result) {
            let nz = constant & 0x8000_0000 | u32::from(constant == 0) << 30;
            self.flags.define(value, own, Some(rest), Recipe::Known(nz));
            return Ok(());
        }
        let reg = self.reg(result)?;
        let note = self.note(reg);
        self.flags
            .define(value, own, Some(rest), Recipe::Result(note));
        if let Some(held) = self.flags.host_result
            && held.reg == reg
            && held.version == note.version
        {
            self.flags.host[Flag::N as usize] = Some(value);
            self.flags.host[Flag::Z as usize] = Some(value);
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
        // The bit first: what it takes may change the host's flags.
        let carry_now = match self.constant32(carry) {
            Some(constant) => Carry::Known(constant != 0),
            None => match self.tested_bit(carry) {
                Some((value, bit)) => {
                    let reg = self.reg(value)?;
                    Carry::Bit(self.note(reg), bit)
                }
                None => {
                    let reg = self.reg_of_bit(carry)?;
                    self.keep(reg);
                    self.scratch.places.put(carry, Place::Reg(reg));
                    Carry::Bit(self.note(reg), 0)
                }
            },
        };
        self.nz_flags(value, result, rest, Some(carry))?;
        if let Some(definition) = self.flags.definitions.last_mut() {
            definition.carry = Some(carry_now);
        }
        Ok(())
    }

    /// Returns the value of which a carry is a bit, if that is all that is made of it.
    fn tested_bit(&self, carry: Value) -> Option<(Value, u32)> {
        if !self.fact(carry).deferred || !self.fact(carry).tests_bit {
            return None;
        }
        bit_test(self.input.unit, carry)
            .filter(|test| self.fact(test.masked).deferred)
            .map(|test| (test.of, test.bit))
    }

    /// Records that the host's N and Z are those of `reg`.
    pub(super) fn note_host_result(&mut self, reg: Reg) {
        self.flags.host_result = Some(self.note(reg));
    }

    /// A value moved from `from` to `to`: what was noted of the one now holds for
    /// the other, which lives longer.
    pub(super) fn renote_results(&mut self, from: Reg, to: Reg) {
        let (old, new) = (self.note(from), self.note(to));
        let moved = |note: &mut Note| {
            if note.reg == old.reg && note.version == old.version {
                *note = new;
            }
        };
        for definition in &mut self.flags.definitions {
            match &mut definition.recipe {
                Recipe::Result(note) => moved(note),
                Recipe::Compare { a, b, .. } => {
                    moved(a);
                    if let NotedOperand::Reg(b) = b {
                        moved(b);
                    }
                }
                Recipe::None | Recipe::Known(_) => {}
            }
        }
        if let Some(note) = &mut self.flags.host_result {
            moved(note);
        }
    }
}

/// Finding.
impl Lowering<'_> {
    /// Returns where a flag of a certain origin is, other than in the host's flags if
    /// `but_host`, and other than by way of register `but_reg`.
    fn source(
        &self,
        origin: Value,
        flag: Flag,
        but_host: bool,
        but_reg: Option<Reg>,
    ) -> Option<Source> {
        if !but_host && self.flags.host[flag as usize] == Some(origin) {
            return Some(Source::Host);
        }
        let word =
            self.flags.words.iter().find(|word| {
                word.origins[flag as usize] == Some(origin) && Some(word.reg) != but_reg
            });
        if let Some(word) = word {
            return Some(Source::Word(word.reg));
        }
        let lost = [but_reg, self.flags.doomed];
        let good = |note: Note| self.holds(note) && !lost.contains(&Some(note.reg));
        let definition = self.flags.definition(origin)?;
        if flag == Flag::C
            && let Some(carry) = definition.carry
        {
            return match carry {
                Carry::Known(bit) => Some(Source::Known(bit)),
                Carry::Bit(note, bit) => good(note).then_some(Source::Bit(note.reg, bit)),
            };
        }
        match definition.recipe {
            Recipe::Known(psr) => Some(Source::Known(psr >> flag.bit() & 1 != 0)),
            Recipe::Result(note) if flag.is_in(FlagSet::NZ) && good(note) => {
                Some(Source::Result(note.reg))
            }
            Recipe::Compare { add, a, b } if good(a) => {
                let b = match b {
                    NotedOperand::Imm(b) => Operand::Imm(b),
                    NotedOperand::Reg(note) if good(note) => Operand::Reg(note.reg),
                    NotedOperand::Reg(_) => return None,
                };
                Some(Source::Compare(Comparison { add, a: a.reg, b }))
            }
            _ => None,
        }
    }

    /// Returns where flags of a value are.
    pub(super) fn sources(&self, value: Value, mask: FlagSet) -> Result<Sources> {
        let mut sources = Sources::default();
        for flag in Flag::each(mask) {
            let origin = self.flags.origin(value, flag);
            sources.0[flag as usize] = self
                .source(origin, flag, false, None)
                .ok_or(CompileError::Unsupported)?;
        }
        Ok(sources)
    }

    /// Returns where the architectural flags are.
    pub(super) fn architectural_sources(&self, mask: FlagSet) -> Result<Sources> {
        self.sources(self.flags.architectural, mask)
    }

    /// The flags of `value` that are still needed: by name after this instruction, or
    /// as architectural flags from this instruction on.
    fn still_needed(&self, value: Value) -> FlagSet {
        let mut needed = FlagSet::NONE;
        if value != ENTRY {
            let fact = self.fact(value);
            if fact.read_until > self.index {
                needed = fact.read;
            }
            if fact.passed_until > self.index {
                needed |= fact.passed;
            }
            if fact.set_until > self.index {
                needed = FlagSet::ALL;
            }
        }
        for (read, mask) in [self.reads_flags, self.reads_flags_next]
            .into_iter()
            .flatten()
        {
            if read == value {
                needed |= mask;
            }
        }
        if self.flags.architectural == value {
            needed |= self.flags_needed();
        }
        needed
    }

    /// Calls `visit` with each flag that is still needed, by its origin, until it
    /// returns true; tells whether it did.
    fn any_needed(&self, mut visit: impl FnMut(Value, Flag) -> bool) -> bool {
        let named = self.flags.definitions.iter().map(|d| d.value);
        for value in named.chain([ENTRY]) {
            for flag in Flag::each(self.still_needed(value)) {
                if visit(self.flags.origin(value, flag), flag) {
                    return true;
                }
            }
        }
        false
    }

    /// Forgets words that nobody needs.
    pub(super) fn forget_words(&mut self) {
        if self.flags.words.len() == 1 {
            return;
        }
        let mut position = self.flags.words.len();
        while position > 0 {
            position -= 1;
            let Word { reg, origins } = self.flags.words[position];
            let needed = self.any_needed(|origin, flag| origins[flag as usize] == Some(origin));
            if !needed && reg != Reg::CARRY {
                self.flags.words.swap_remove(position);
            }
        }
    }
}

/// Saving.
impl Lowering<'_> {
    /// Prepares for an instruction that changes the host's flags, all of them.
    pub(super) fn before_clobber(&mut self) -> Result<()> {
        if !self.is_host_idle() {
            self.save_host()?;
        }
        self.flags.host = NOTHING;
        self.flags.host_result = None;
        Ok(())
    }

    /// Tells whether nothing that is still needed would be lost with the host's flags.
    pub(super) fn is_host_idle(&self) -> bool {
        self.flags.host_is_empty()
            || !self.any_needed(|origin, flag| {
                self.flags.host[flag as usize] == Some(origin)
                    && self.source(origin, flag, true, None).is_none()
            })
    }

    /// Saves the host's flags in a word.
    fn save_host(&mut self) -> Result<()> {
        let reg = self.word_for(self.flags.host)?;
        let now = self.flags.host;
        // To take a register may have put other flags there, and saved those that were.
        if let Some(word) = self.flags.words.last_mut()
            && reg != Reg::CARRY
        {
            word.origins = now;
        }
        self.asm.read_flags(reg);
        Ok(())
    }

    /// Reserves a register for a word: that of C and V, if what it holds is not
    /// needed but for `origins`.
    fn word_for(&mut self, origins: Origins) -> Result<Reg> {
        let held = self.flags.words[0].origins;
        let needed = self.any_needed(|origin, flag| {
            held[flag as usize] == Some(origin)
                && origins[flag as usize] != Some(origin)
                && self.source(origin, flag, false, Some(Reg::CARRY)).is_none()
        });
        if !needed {
            self.flags.words[0].origins = origins;
            return Ok(Reg::CARRY);
        }
        if self.flags.words.len() > MAX_WORDS {
            return Err(CompileError::Unsupported);
        }
        let reg = self.take_scratch()?;
        self.flags.words.push(Word { reg, origins });
        Ok(reg)
    }

    /// Prepares for an instruction that writes `reg`.
    pub(super) fn before_overwrite(&mut self, reg: Reg) -> Result<()> {
        let version = self.version(reg);
        let mentioned = |note: &Note| note.reg == reg && note.version == version;
        let follows = self.flags.definitions.iter().any(|d| d.mentions(mentioned));
        if follows {
            self.rescue_from(reg)?;
        }
        self.scratch.places.set_version(reg, version + 1);
        Ok(())
    }

    /// Saves what would be lost with a register's content.
    fn rescue_from(&mut self, reg: Reg) -> Result<()> {
        loop {
            let mut lost = None;
            self.any_needed(|origin, flag| {
                let source = self.source(origin, flag, false, None);
                if source.is_some() && self.source(origin, flag, false, Some(reg)).is_none() {
                    lost = Some((origin, source));
                }
                lost.is_some()
            });
            let Some((origin, source)) = lost else {
                return Ok(());
            };
            // What is saved on the way must not follow from the register either.
            let before = self.flags.doomed.replace(reg);
            self.rescue(origin, source)?;
            self.flags.doomed = before;
        }
    }

    /// Brings a flag that follows from registers to the host's flags or to a word.
    fn rescue(&mut self, origin: Value, source: Option<Source>) -> Result<()> {
        match source {
            Some(Source::Bit(reg, bit)) => self.carry_to_word(origin, reg, bit),
            Some(Source::Compare(comparison)) => {
                self.before_clobber()?;
                self.emit_comparison(comparison);
                self.flags.host = [Some(origin); 4];
                Ok(())
            }
            Some(Source::Result(reg)) => {
                self.before_clobber()?;
                self.emit_test(reg);
                self.flags.host = [Some(origin), Some(origin), None, None];
                Ok(())
            }
            _ => Err(CompileError::Unsupported),
        }
    }

    /// Puts a carry that is in a register with the word of C and V.
    fn carry_to_word(&mut self, origin: Value, from: Reg, bit: u32) -> Result<()> {
        let held = self.flags.words[0].origins;
        let mut origins = held;
        origins[Flag::C as usize] = Some(origin);
        let reg = self.word_for(origins)?;
        if reg != Reg::CARRY {
            // Its other flags stay where they are.
            let mut only = NOTHING;
            only[Flag::C as usize] = Some(origin);
            if let Some(word) = self.flags.words.last_mut() {
                word.origins = only;
            }
        }
        self.bit_to_carry(reg, from, bit);
        Ok(())
    }
}

/// Reading and writing the architectural flags.
impl Lowering<'_> {
    pub(super) fn set_flags(&mut self, value: Value) -> Result<()> {
        self.flags.architectural = value;
        // A carry in a scratch register would not outlive the values of the block; in
        // another it is rescued when that is written.
        let origin = self.flags.origin(value, Flag::C);
        if self.flags_needed_after().intersects(FlagSet::C)
            && let Some(Source::Bit(reg, bit)) = self.source(origin, Flag::C, false, None)
            && reg.0 >= PINNED
        {
            self.carry_to_word(origin, reg, bit)?;
        }
        Ok(())
    }

    /// The architectural flags needed after this instruction.
    fn flags_needed_after(&self) -> FlagSet {
        self.flags_needed_at(self.index as usize + 1)
    }

    pub(super) fn flags_from_psr(&mut self, value: Value, word: Value) -> Result<()> {
        if let Some(constant) = self.constant32(word) {
            self.flags.define_constant(value, constant);
            return Ok(());
        }
        let reg = self.reg(word)?;
        self.flags_in_register(value, reg)
    }

    /// Flags that are in bits 31 to 28 of a register.
    pub(super) fn flags_in_register(&mut self, value: Value, reg: Reg) -> Result<()> {
        self.before_clobber()?;
        self.asm.write_flags(reg);
        self.flags.define(value, FlagSet::ALL, None, Recipe::None);
        self.flags.host = [Some(value); 4];
        Ok(())
    }

    pub(super) fn flags_to_psr(&mut self, value: Value, flags: Value) -> Result<()> {
        self.reads_flags = Some((flags, FlagSet::ALL));
        if self.host_holds(flags, FlagSet::ALL) {
            // To vacate the register may change the host's flags.
            let dst = self.destination(value, None, &[])?;
            if self.host_holds(flags, FlagSet::ALL) {
                self.reads_flags = None;
                self.asm.read_flags(dst);
                self.define(value, dst);
                return Ok(());
            }
            self.release(dst);
        }
        let word = self.assemble_here(flags, FlagSet::ALL)?;
        self.reads_flags = None;
        let dst = self.destination(value, Some(word), &[])?;
        if dst != word {
            self.asm.mov(Width::W32, dst, word);
        }
        self.define(value, dst);
        Ok(())
    }

    /// Assembles flags of a value in a scratch register, in the middle of a block. The
    /// host's flags may be changed then.
    fn assemble_here(&mut self, value: Value, mask: FlagSet) -> Result<Reg> {
        // Registers come first: to vacate them may change flags.
        let (first, second) = (self.take_scratch()?, self.take_scratch()?);
        self.before_clobber()?;
        let sources = self.sources(value, mask)?;
        let others = SCRATCH
            .into_iter()
            .filter(|reg| *reg != first && *reg != second)
            .fold(0, |all, reg| all | 1_u32 << reg.0);
        let word = self.assemble(&sources, mask, others)?;
        self.release(if word == first { second } else { first });
        Ok(word)
    }

    /// Tells whether the host's flags hold flags of a value.
    fn host_holds(&self, value: Value, mask: FlagSet) -> bool {
        Flag::each(mask)
            .all(|flag| self.flags.host[flag as usize] == Some(self.flags.origin(value, flag)))
    }

    /// Has the host's flags tell whether `condition` holds.
    pub(super) fn condition(&mut self, flags: Value, condition: Condition) -> Result<()> {
        let mask = FlagSet::of_condition(condition);
        if self.host_holds(flags, mask) {
            return Ok(());
        }
        let before = self.reads_flags;
        self.reads_flags = Some((flags, mask));
        self.before_clobber()?;
        let sources = self.sources(flags, mask)?;
        let origins = Flag::ALL.map(|flag| Some(self.flags.origin(flags, flag)));
        match sources.common(mask) {
            Some(Source::Word(reg)) => {
                self.asm.write_flags(reg);
                let word = self.flags.words.iter().find(|word| word.reg == reg);
                self.flags.host = word.map_or(NOTHING, |word| word.origins);
            }
            Some(Source::Compare(comparison)) => {
                self.emit_comparison(comparison);
                let flag = Flag::each(mask).next().unwrap_or(Flag::N);
                self.flags.host = [origins[flag as usize]; 4];
            }
            Some(Source::Result(reg)) => {
                self.emit_test(reg);
                self.flags.host = [origins[0], origins[1], None, None];
            }
            _ => {
                let word = self.assemble_here(flags, mask)?;
                self.asm.write_flags(word);
                self.release(word);
                for flag in Flag::each(mask) {
                    self.flags.host[flag as usize] = origins[flag as usize];
                }
            }
        }
        self.reads_flags = before;
        Ok(())
    }

    /// Returns a bit of a register that tells whether a condition holds, or the
    /// register whose being zero does, so that the host's flags need not.
    pub(super) fn condition_in_register(
        &self,
        flags: Value,
        condition: Condition,
    ) -> Option<InRegister> {
        let mask = FlagSet::of_condition(condition);
        if self.host_holds(flags, mask) {
            return None;
        }
        let set = condition as u8 & 1 == 0;
        let mut each = Flag::each(mask);
        let flag = each.next()?;
        if each.next().is_some() {
            return None;
        }
        let origin = self.flags.origin(flags, flag);
        match (self.source(origin, flag, false, None)?, flag) {
            (Source::Word(reg), _) => Some(InRegister::Bit {
                reg,
                bit: flag.bit(),
                set,
            }),
            (Source::Bit(reg, bit), _) => Some(InRegister::Bit { reg, bit, set }),
            (Source::Result(reg), Flag::Z) => Some(InRegister::Zero { reg, zero: set }),
            (Source::Result(reg), _) => Some(InRegister::Bit { reg, bit: 31, set }),
            _ => None,
        }
    }
}

/// What a branch can test without the host's flags.
#[derive(Clone, Copy, Debug)]
pub(super) enum InRegister {
    /// A bit is set, or clear.
    Bit { reg: Reg, bit: u32, set: bool },
    /// All 32 bits are zero, or not.
    Zero { reg: Reg, zero: bool },
}
