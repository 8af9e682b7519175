//! The parser of the text form.
//!
//! It checks the form only; [`verify`](crate::ir::verify()) checks the rest. Its
//! input may be anything: it neither panics nor takes more than the memory of
//! the text, so that it can be fuzzed.

mod cursor;
mod inst;

use alloc::vec::Vec;
use core::ops::Range;

use self::cursor::Cursor;
use super::names::TRAPS;
use crate::guest::StateLayout;
use crate::ir::inst::{BlockId, Inst, Target, Value};
use crate::ir::terminator::{IndirectKind, Terminator};
use crate::ir::unit::{Block, Unit};
use crate::location::Location;

/// What a text is not the text form of a unit for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}, column {column}: expected {expected}")]
pub struct ParseError {
    /// The line, from one.
    pub line: u32,
    /// The column, in characters from one.
    pub column: u32,
    /// What should stand there.
    pub expected: Expected,
}

/// What the parser expected.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Expected {
    /// A certain word or sign.
    #[error("`{0}`")]
    Word(&'static str),
    /// The start of a block.
    #[error("`blockN:`")]
    Block,
    /// A block that has not been defined before.
    #[error("a block that is not yet defined")]
    NewBlock,
    /// A block that is defined somewhere; blocks are numbered without gaps.
    #[error("a block that is defined (block {missing} is not)")]
    DefinedBlock {
        /// A block that is not.
        missing: u32,
    },
    /// An instruction or the end of a block.
    #[error("an instruction")]
    Instruction,
    /// The name of a value: `v` and a number.
    #[error("a value")]
    Value,
    /// The name of a value that has been made in the block.
    #[error("a value made before in the block")]
    KnownValue,
    /// A value that has not been made in the block.
    #[error("a value that is not yet made")]
    NewValue,
    /// The name of a slot.
    #[error("a slot of the guest")]
    Slot,
    /// A number that fits.
    #[error("a number that fits")]
    Number,
    /// A type, width, size or another suffix of a mnemonic.
    #[error("a suffix that the instruction has")]
    Suffix,
    /// Why the unit traps.
    #[error("a kind of trap")]
    Trap,
    /// `block` or `exit`.
    #[error("`blockN` or `exit LOCATION`")]
    Target,
    /// The end of the line.
    #[error("the end of the line")]
    EndOfLine,
}

/// Parses a unit.
///
/// # Errors
///
/// [`ParseError`] at the first place that does not fit.
pub fn parse(text: &str, layout: &StateLayout) -> Result<Unit, ParseError> {
    let mut parser = Parser {
        layout,
        unit: Unit::default(),
        defined: Vec::new(),
        targets: Vec::new(),
        open: None,
        names: Vec::new(),
    };
    let mut last = 0;
    for (number, line) in (1..).zip(text.lines()) {
        last = number;
        let code = line.split_once(';').map_or(line, |(code, _)| code);
        parser.line(Cursor::new(number, code))?;
    }
    parser.finish(Cursor::new(last, ""))
}

struct Parser<'a> {
    layout: &'a StateLayout,
    unit: Unit,
    /// The blocks in the order of the text.
    defined: Vec<(BlockId, Block)>,
    /// Blocks that are named as targets, with the place.
    targets: Vec<(BlockId, Cursor<'a>)>,
    /// The block being read.
    open: Option<Open>,
    /// The names of the open block's values.
    names: Vec<(u32, Value)>,
}

struct Open {
    id: BlockId,
    location: Option<Location>,
    start: usize,
}

impl<'a> Parser<'a> {
    fn line(&mut self, mut cursor: Cursor<'a>) -> Result<(), ParseError> {
        if cursor.is_at_end() {
            return Ok(());
        }
        if self.open.is_some() {
            self.inst_or_end(&mut cursor)?;
        } else if cursor.take_word("source") {
            let start = cursor.number()?;
            cursor.expect("..")?;
            let end = cursor.number()?;
            self.unit.source.push(Range { start, end });
        } else {
            self.start(&mut cursor)?;
        }
        cursor.end()
    }

    /// Parses `blockN LOCATION:`.
    fn start(&mut self, cursor: &mut Cursor<'a>) -> Result<(), ParseError> {
        let place = cursor.clone();
        let id = BlockId(
            cursor
                .numbered("block")
                .ok_or(place.error(Expected::Block))?,
        );
        if self.defined.iter().any(|(defined, _)| *defined == id) {
            return Err(place.error(Expected::NewBlock));
        }
        let location = if cursor.take(":") {
            None
        } else {
            let location = cursor.location()?;
            cursor.expect(":")?;
            Some(location)
        };
        self.names.clear();
        self.open = Some(Open {
            id,
            location,
            start: self.unit.insts.len(),
        });
        Ok(())
    }

    fn inst_or_end(&mut self, cursor: &mut Cursor<'a>) -> Result<(), ParseError> {
        if let Some(terminator) = self.terminator(cursor)? {
            if let Some(open) = self.open.take() {
                let block = Block {
                    location: open.location,
                    insts: open.start..self.unit.insts.len(),
                    terminator,
                };
                self.defined.push((open.id, block));
            }
            return Ok(());
        }
        let place = cursor.clone();
        let name = cursor.numbered("v");
        if let Some(name) = name {
            if self.value_named(name).is_some() {
                return Err(place.error(Expected::NewValue));
            }
            cursor.expect("=")?;
        }
        let inst = self.inst(cursor, name.is_some())?;
        let value = Value(u32::try_from(self.unit.insts.len()).unwrap_or(u32::MAX));
        self.unit.guest_insts += u32::from(matches!(inst, Inst::Guest { .. }));
        self.unit.insts.push(inst);
        if let Some(name) = name {
            self.names.push((name, value));
        }
        Ok(())
    }

    /// Names are mostly in order, so the search starts at the end.
    fn value_named(&self, name: u32) -> Option<Value> {
        let mut names = self.names.iter().rev();
        names
            .find(|(named, _)| *named == name)
            .map(|(_, value)| *value)
    }

    fn value(&self, cursor: &mut Cursor<'a>) -> Result<Value, ParseError> {
        let place = cursor.clone();
        let name = cursor.numbered("v").ok_or(place.error(Expected::Value))?;
        self.value_named(name)
            .ok_or(place.error(Expected::KnownValue))
    }

    /// Parses the end of a block, if it is one.
    fn terminator(&mut self, cursor: &mut Cursor<'a>) -> Result<Option<Terminator>, ParseError> {
        let place = cursor.clone();
        Ok(Some(if cursor.take_word("jump") {
            Terminator::Jump(self.target(cursor)?)
        } else if cursor.take_word("call") {
            if cursor.clone().numbered("helper").is_some() {
                // An instruction whose value has no name.
                return Err(place.error(Expected::Value));
            }
            let target = self.target(cursor)?;
            let (return_location, return_to) = self.returning(cursor)?;
            Terminator::Call {
                target,
                return_location,
                return_to,
            }
        } else if cursor.take_word("jump_indirect") {
            self.indirect(cursor, IndirectKind::Jump)?
        } else if cursor.take_word("return") {
            self.indirect(cursor, IndirectKind::Return)?
        } else if cursor.take_word("call_indirect") {
            let (value, mode) = (self.value(cursor)?, mode(cursor)?);
            let (return_location, return_to) = self.returning(cursor)?;
            let kind = IndirectKind::Call {
                return_location,
                return_to,
            };
            Terminator::Indirect { value, mode, kind }
        } else if cursor.take_word("trap") {
            let kind = cursor.named(&TRAPS, Expected::Trap)?;
            let info = cursor.number32()?;
            cursor.expect(",")?;
            cursor.expect("resume")?;
            let resume = cursor.location()?;
            Terminator::Trap { kind, info, resume }
        } else {
            return Ok(None);
        }))
    }

    fn indirect(
        &self,
        cursor: &mut Cursor<'a>,
        kind: IndirectKind,
    ) -> Result<Terminator, ParseError> {
        let (value, mode) = (self.value(cursor)?, mode(cursor)?);
        Ok(Terminator::Indirect { value, mode, kind })
    }

    fn returning(&mut self, cursor: &mut Cursor<'a>) -> Result<(Location, Target), ParseError> {
        cursor.expect(",")?;
        cursor.expect("return")?;
        let location = cursor.location()?;
        cursor.expect("->")?;
        Ok((location, self.target(cursor)?))
    }

    fn target(&mut self, cursor: &mut Cursor<'a>) -> Result<Target, ParseError> {
        if cursor.take_word("exit") {
            return Ok(Target::Exit(cursor.location()?));
        }
        let place = cursor.clone();
        let Some(id) = cursor.numbered("block") else {
            return Err(place.error(Expected::Target));
        };
        self.targets.push((BlockId(id), place));
        Ok(Target::Block(BlockId(id)))
    }

    /// Puts the blocks where their names say.
    fn finish(mut self, end: Cursor<'a>) -> Result<Unit, ParseError> {
        if self.open.is_some() {
            return Err(end.error(Expected::Instruction));
        }
        if self.defined.is_empty() {
            return Err(end.error(Expected::Block));
        }
        self.unit.order = self.defined.iter().map(|(id, _)| *id).collect();
        self.defined.sort_by_key(|(id, _)| *id);
        for (missing, (id, _)) in (0..).zip(&self.defined) {
            if id.0 != missing {
                return Err(end.error(Expected::DefinedBlock { missing }));
            }
        }
        self.unit.blocks = self.defined.into_iter().map(|(_, block)| block).collect();
        for (target, place) in self.targets {
            if target.index() >= self.unit.blocks.len() {
                return Err(place.error(Expected::DefinedBlock { missing: target.0 }));
            }
        }
        Ok(self.unit)
    }
}

/// Parses the mode of an indirect branch, which is zero when it is not given.
fn mode(cursor: &mut Cursor<'_>) -> Result<u32, ParseError> {
    if cursor.take_word("mode") {
        cursor.number32()
    } else {
        Ok(0)
    }
}
