//! Listings of translated units: guest code, IR and host code side by side.
//!
//! The engine tells an [`Observer`](crate::engine::Observer) of each unit; a
//! [`Listing`] prints what it was told. Neither knows the guest or the host, so
//! the embedder brings two disassemblers.
//!
//! ```text
//! block0 0x10074:
//! 00010074  e2900001  adds r0, r0, #1 | v1 = get r0             |
//!                                     | v2 = const.i32 0x1      |
//!                                     | v3 = add.i32 v1, v2     | +0x0   add ebx, 1
//!                                     | v4 = add_flags v1, v2   |
//! ```
//!
//! The host code of an instruction stands beside it, also where a later guest
//! instruction is the first to need it. IR without host code beside it is part of
//! its user's, or needs none: a value that is in its register already.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use crate::engine::CompiledUnit;
use crate::host::Origin;
use crate::ir::{BlockId, Inst, text};
use crate::location::Location;

/// Width of the guest's column, in characters.
const GUEST_WIDTH: usize = 46;
/// Width of the IR's column.
const IR_WIDTH: usize = 44;

/// Which columns a listing has.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Columns {
    /// The guest's assembly.
    pub guest: bool,
    /// The IR after the optimiser.
    pub ir: bool,
    /// The host's assembly.
    pub host: bool,
}

impl Columns {
    /// Every column.
    pub const ALL: Self = Self {
        guest: true,
        ir: true,
        host: true,
    };
}

/// A word that names no column.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is none of guest, ir and host")]
pub struct UnknownColumn(pub String);

/// Parses words with commas between them.
///
/// ```
/// use dbt_core::listing::Columns;
///
/// assert_eq!("guest,ir,host".parse(), Ok(Columns::ALL));
/// assert!("assembly".parse::<Columns>().is_err());
/// ```
impl FromStr for Columns {
    type Err = UnknownColumn;

    fn from_str(text: &str) -> Result<Self, UnknownColumn> {
        let mut columns = Self::default();
        for word in text.split(',') {
            match word {
                "guest" => columns.guest = true,
                "ir" => columns.ir = true,
                "host" => columns.host = true,
                _ => return Err(UnknownColumn(word.to_string())),
            }
        }
        Ok(columns)
    }
}

impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [(self.guest, "guest"), (self.ir, "ir"), (self.host, "host")];
        let mut separator = "";
        for (_, word) in words.iter().filter(|(wanted, _)| *wanted) {
            write!(f, "{separator}{word}")?;
            separator = ",";
        }
        Ok(())
    }
}

/// Disassembles a guest instruction.
pub type DisassembleGuest<'a> = &'a dyn Fn(Location) -> String;

/// Disassembles code of the host that is executed at an address: returns the
/// offset and the text of each instruction.
pub type DisassembleHost<'a> = &'a dyn Fn(&[u8], u64) -> Vec<(u32, String)>;

/// A unit that formats to its listing.
#[derive(Clone, Copy)]
pub struct Listing<'a> {
    /// What is listed.
    pub unit: &'a CompiledUnit<'a>,
    /// How.
    pub columns: Columns,
    /// The guest's disassembler.
    pub guest: DisassembleGuest<'a>,
    /// The host's disassembler.
    pub host: DisassembleHost<'a>,
}

impl fmt::Debug for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listing")
            .field("unit", &self.unit)
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CompiledUnit {
            location,
            unit,
            code,
            address,
            ..
        } = *self.unit;
        writeln!(
            f,
            "unit {location}: {} guest instructions, {} bytes at {address:#x}",
            unit.guest_insts,
            code.len(),
        )?;
        let host = self.host_instructions();
        let mut rows = Rows::default();
        let marks = self.unit.marks;
        for (index, mark) in marks.iter().enumerate() {
            let end = marks
                .get(index + 1)
                .map_or(u32::MAX, |following| following.offset);
            let host = host
                .iter()
                .filter(|(offset, _)| (mark.offset..end).contains(offset));
            self.origin(f, mark.origin, &mut rows)?;
            rows.host.extend(host.map(|(_, text)| text.clone()));
            // A guest instruction stands beside the first that was made from it.
            if self.columns.ir && !rows.is_only_guest() {
                rows.write(f, self.columns)?;
            }
        }
        rows.write(f, self.columns)
    }
}

impl Listing<'_> {
    fn host_instructions(&self) -> Vec<(u32, String)> {
        if !self.columns.host {
            return Vec::new();
        }
        let text = (self.host)(self.unit.code, self.unit.address);
        text.into_iter()
            .map(|(offset, text)| (offset, alloc::format!("+{offset:<#6x} {text}")))
            .collect()
    }

    /// Takes up what a part of the code was made from.
    fn origin(&self, f: &mut fmt::Formatter<'_>, origin: Origin, rows: &mut Rows) -> fmt::Result {
        let CompiledUnit { unit, layout, .. } = *self.unit;
        match origin {
            Origin::Block(block) => {
                rows.write(f, self.columns)?;
                rows.block = Some(block);
                self.heading(f, block)
            }
            Origin::Inst(value) => match *unit.inst(value) {
                Inst::Guest { location } => {
                    rows.write(f, self.columns)?;
                    if self.columns.guest {
                        rows.guest = Some((self.guest)(location));
                    } else if self.columns.ir {
                        rows.ir = text::display_inst(unit, layout, value).to_string();
                    }
                    Ok(())
                }
                Inst::Nop => Ok(()),
                _ => {
                    rows.ir = text::display_inst(unit, layout, value).to_string();
                    Ok(())
                }
            },
            Origin::Terminator => {
                if let Some(block) = rows.block {
                    let terminator = &unit.block(block).terminator;
                    rows.ir = text::display_terminator(terminator).to_string();
                }
                Ok(())
            }
            Origin::OutOfLine => {
                rows.write(f, self.columns)?;
                if self.columns.host {
                    writeln!(f, "out of line:")?;
                }
                Ok(())
            }
        }
    }

    fn heading(&self, f: &mut fmt::Formatter<'_>, id: BlockId) -> fmt::Result {
        write!(f, "block{}", id.0)?;
        if let Some(location) = self.unit.unit.block(id).location {
            write!(f, " {location}")?;
        }
        f.write_str(":\n")
    }
}

/// Rows that wait for being written.
#[derive(Debug, Default)]
struct Rows {
    block: Option<BlockId>,
    guest: Option<String>,
    ir: String,
    host: Vec<String>,
}

impl Rows {
    fn is_only_guest(&self) -> bool {
        self.ir.is_empty() && self.host.is_empty()
    }

    /// Writes what there is, one host instruction a row.
    fn write(&mut self, f: &mut fmt::Formatter<'_>, columns: Columns) -> fmt::Result {
        let mut host = core::mem::take(&mut self.host).into_iter();
        let mut guest = self.guest.take();
        let mut ir = core::mem::take(&mut self.ir);
        if !columns.ir {
            ir.clear();
        }
        loop {
            let next = host.next();
            if guest.is_none() && ir.is_empty() && next.is_none() {
                return Ok(());
            }
            let cells = [
                (columns.guest, GUEST_WIDTH, guest.take().unwrap_or_default()),
                (columns.ir, IR_WIDTH, core::mem::take(&mut ir)),
                (columns.host, 0, next.unwrap_or_default()),
            ];
            row(f, cells)?;
        }
    }
}

/// Writes a row of the cells whose columns are wanted.
fn row(f: &mut fmt::Formatter<'_>, cells: [(bool, usize, String); 3]) -> fmt::Result {
    let mut line = String::new();
    let mut column = 0;
    for (_, width, text) in cells.iter().filter(|(wanted, ..)| *wanted) {
        if column != 0 {
            // A cell that is too wide moves the others of its row to the right.
            line = alloc::format!("{line:<column$} | ");
            column += 3;
        }
        line += text;
        column += width;
    }
    writeln!(f, "{}", line.trim_end())
}
