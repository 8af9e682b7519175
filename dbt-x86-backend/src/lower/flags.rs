//! Flags: tracking where they can be obtained, and saving them before they are
//! lost.
//!
//! The invariant behind every function here: each component of the architectural
//! flags that is still needed is in memory, or in the host's flags, or can be
//! recomputed from registers that have not been written since. It could be broken
//! in two ways only, by an instruction that changes the host's flags
//! (`before_clobber`) and by one that writes a register (`before_overwrite`), and
//! both save first what would be lost.

mod architectural;
mod condition;
mod edge;
mod plan;
mod save;

use alloc::vec::Vec;

use dbt_core::analysis::FlagSet;
use dbt_core::ir::{Inst, Value};

use super::place::Place;
use super::{Lowering, Result};
use crate::asm::Alu;
use crate::asm::Rm;
use crate::context;
use crate::flags::{Kind, Operand};
use crate::regs::Reg;

/// An operand noted for later: valid while its register has not been written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Note {
    operand: Operand,
    version: u32,
}

impl Note {
    fn replace(&mut self, old: Self, new: Self) {
        if *self == old {
            *self = new;
        }
    }
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
    own: FlagSet,
    /// Components that were saved when the value lost its other places, and
    /// where.
    spill: Option<(FlagSet, u8)>,
    /// The flags are those of comparing `result + .0` with `.1`.
    undone: Option<(u32, u32)>,
    /// The flags are known, in bits 31 to 28.
    constant: Option<u32>,
}

impl Definition {
    /// A definition of all components, which cannot be obtained yet.
    const fn new(value: Value) -> Self {
        Self {
            value,
            compare: None,
            result: None,
            rest: None,
            own: FlagSet::ALL,
            spill: None,
            undone: None,
            constant: None,
        }
    }
}

/// What is known of flags at one point of a block.
#[derive(Clone, Debug, Default)]
pub(super) struct FlagsState {
    definitions: Vec<Definition>,
    /// What the host's flags hold.
    host: Option<(Value, Kind)>,
    /// The host's N and Z are those of this register.
    host_result: Option<(Reg, u32)>,
    /// The last instruction prepared to change the host's flags.
    clobbered_at: Option<u32>,
    /// The architectural flags; none while they are those of the block's start.
    architectural: Option<Value>,
    /// The components of the architectural flags that memory holds.
    home: FlagSet,
}

impl FlagsState {
    pub(super) fn begin_block(&mut self) {
        self.definitions.clear();
        self.host = None;
        self.host_result = None;
        self.clobbered_at = None;
        self.architectural = None;
        self.home = FlagSet::ALL;
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
        self.define(Definition::new(value));
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
            compare,
            result,
            ..Definition::new(value)
        });
        self.flags.host = Some((value, kind));
        self.flags.host_result = None;
    }

    /// How far to look for who reads flags.
    const NEAR: usize = 12;

    /// Records flags that are compared for when they are read.
    pub(super) fn define_comparison(&mut self, value: Value, a: Value, b: Value) {
        let host = self.flags.host;
        let result = self.flags.host_result;
        self.define_host_flags(value, Kind::Sub, Some((a, b)), None);
        self.flags.host = host;
        self.flags.host_result = result;
    }

    /// Tells whether floating-point arithmetic, which changes the host's flags, comes
    /// before anything that may read flags made now.
    pub(super) fn is_clobbered_unread(&self) -> bool {
        let insts = &self.input.unit.insts[self.index as usize + 1..];
        for inst in insts.iter().take(Self::NEAR) {
            match inst {
                Inst::Float { .. } => return true,
                Inst::ExitIf { .. }
                | Inst::Select { .. }
                | Inst::Call { .. }
                | Inst::BitToWord { .. } => return false,
                _ => {}
            }
        }
        false
    }

    /// Records the flags of a floating-point comparison, whose outcome is in a
    /// saved place: a number that compares with one alike.
    pub(super) fn define_float_flags(&mut self, value: Value, kind: Kind, place: u8) {
        let outcome = self.note(Operand::Reg(Reg(context::SAVED + place)));
        self.flags.define(Definition {
            compare: Some((outcome, self.note(Operand::Imm(1)))),
            ..Definition::new(value)
        });
        self.flags.host = Some((value, kind));
        self.flags.host_result = None;
    }

    /// Returns where the flags of a floating-point comparison are, in bits 31 to
    /// 28, if they still are.
    pub(super) fn float_flags_in_memory(&self, value: Value) -> Option<Rm> {
        let (note, _) = self.flags.definition(value)?.compare?;
        let Operand::Reg(reg) = note.operand else {
            return None;
        };
        let place = reg.0.checked_sub(context::SAVED)?;
        if !self.holds(note) {
            return None;
        }
        match context::saved(place) {
            Rm::State(offset) => Some(Rm::State(offset + 4)),
            _ => None,
        }
    }

    pub(super) fn get_flags(&mut self, value: Value) {
        match self.flags.architectural {
            None => {
                self.flags.architectural = Some(value);
                self.flags.define_unknown(value);
            }
            // A read that was not forwarded names the same flags again.
            Some(same) => self.flags.define(Definition {
                rest: Some(same),
                own: FlagSet::NONE,
                ..Definition::new(value)
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
        own: FlagSet,
    ) -> Result<()> {
        if self.constant32(result).is_none() {
            self.reg(result)?;
        }
        let note = self.note_value(result);
        self.flags.define(Definition {
            result: note,
            rest: Some(rest),
            own,
            ..Definition::new(value)
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
        self.nz_flags(value, result, rest, FlagSet::NZ | FlagSet::C)?;
        if !self.fact(value).read.intersects(FlagSet::C) {
            return Ok(());
        }
        self.spill_carry(value, carry)
    }

    /// Records that the host's N and Z are those of `reg`.
    pub(super) fn note_host_result(&mut self, reg: Reg) {
        self.flags.host_result = Some((reg, self.version(reg)));
    }

    /// A value moved from `from` to `to`, which lives longer: its results are noted
    /// of that one now.
    pub(super) fn renote_results(&mut self, from: Reg, to: Reg) {
        let (old, new) = self.moved(from, to);
        for definition in &mut self.flags.definitions {
            if let Some(note) = &mut definition.result {
                note.replace(old, new);
            }
        }
    }

    /// A value was copied from `from` to `to`: all that was noted of the one now
    /// holds for the other.
    fn renote(&mut self, from: Reg, to: Reg) {
        let (old, new) = self.moved(from, to);
        for definition in &mut self.flags.definitions {
            if let Some(note) = &mut definition.result {
                note.replace(old, new);
            }
            if let Some((a, b)) = &mut definition.compare {
                a.replace(old, new);
                b.replace(old, new);
            }
        }
    }

    fn moved(&self, from: Reg, to: Reg) -> (Note, Note) {
        (self.note(Operand::Reg(from)), self.note(Operand::Reg(to)))
    }

    /// Tells whether flags that may still be needed are noted of a register.
    pub(super) fn is_noted(&self, reg: Reg) -> bool {
        let note = self.note(Operand::Reg(reg));
        self.flags.definitions.iter().any(|definition| {
            let (a, b) = definition.compare.unzip();
            [definition.result, a, b].contains(&Some(note))
        })
    }
}
