//! How many host instructions and bytes guest code costs: golden figures, so that
//! a change of code quality shows in a diff.
//!
//! The figures are of units that end with `svc #0` (whose own cost is left out, as is
//! what it takes to enter) or with a branch, optimised; each back end says for what host.
//! What is out of line is counted apart, since it is not executed as a rule.

use std::fmt::Write;
use std::ops::AddAssign;

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::insn::{a32, simd, t16, t32, vfp};
use dbt_a32_frontend::version::{DecodeContext, Features};
use dbt_core::guest::Guest as _;
use dbt_core::host::{Lowering, Origin};
use dbt_core::ir::{BlockId, Builder, Inst, Target, Terminator, TrapKind, Unit};
use dbt_core::location::Location;
use dbt_core::memory::{FaultCause, Fetch, FetchFault};
use dbt_core::opt::Optimizer;
use dbt_isa::RowInfo;

use super::host::{Disassembled, Host};
use crate::random::Random;

/// Where guest code stands.
const ADDRESS: u32 = 0x8000;

/// What the cores implement that run Debian's programs.
const FEATURES: Features = Features::ARMHF
    .union(Features::DIV_ARM)
    .union(Features::DIV_THUMB);

/// `svc #0`.
const SVC_A32: u32 = 0xef00_0000;
const SVC_T16: u16 = 0xdf00;

/// `test rows a32`, `test rows t32` or `test rows simd`: one canonical instruction
/// of each row, and the one that sets flags if the row has both.
pub(super) fn rows<B: Disassembled>(
    host: fn() -> (B, Lowering),
    arguments: &[&str],
) -> Result<String, String> {
    let features = match arguments {
        // Half precision calls functions and would hide what singles cost.
        ["simd"] => Features::all() - Features::FP16 - Features::FHM,
        _ => FEATURES,
    };
    let mut counter = Counter::new(host(), features)?;
    let mut out = Table::new();
    let cx = |cx: DecodeContext| DecodeContext { features, ..cx };
    match arguments {
        ["a32"] => {
            let cx = cx(DecodeContext::a32());
            for row in a32::ROWS {
                let draw = |next: &mut dyn FnMut() -> u32| a32::random(row, next, &cx);
                out.row(&mut counter, row, false, draw)?;
            }
            for row in vfp::ROWS {
                let draw = |next: &mut dyn FnMut() -> u32| vfp::random(row, next, &cx);
                out.row(&mut counter, row, false, draw)?;
            }
        }
        ["t32"] => {
            let cx = cx(DecodeContext::t32());
            for row in t16::ROWS {
                let draw =
                    |next: &mut dyn FnMut() -> u32| t16::random(row, next, &cx).map(u32::from);
                out.row(&mut counter, row, true, draw)?;
            }
            for row in t32::ROWS {
                let draw = |next: &mut dyn FnMut() -> u32| t32::random(row, next, &cx);
                out.row(&mut counter, row, true, draw)?;
            }
        }
        ["simd"] => {
            let cx = cx(DecodeContext::a32());
            for row in simd::ROWS {
                let draw = |next: &mut dyn FnMut() -> u32| simd::random(row, next, &cx);
                out.row(&mut counter, row, false, draw)?;
            }
        }
        _ => return Err("`rows` wants a32, t32 or simd".to_owned()),
    }
    Ok(out.0)
}

/// `test code a32` or `test code t32`: sequences, one a line, as words. What
/// follows `;` is a comment.
pub(super) fn code<B: Disassembled>(
    host: fn() -> (B, Lowering),
    arguments: &[&str],
    input: &str,
) -> Result<String, String> {
    let thumb = match arguments {
        ["a32"] => false,
        ["t32"] => true,
        _ => return Err("`code` wants a32 or t32".to_owned()),
    };
    let mut counter = Counter::new(host(), FEATURES)?;
    let mut out = Table::new();
    for line in input.lines() {
        let words = line.split(';').next().unwrap_or_default();
        let words: Vec<u32> = words
            .split_whitespace()
            .map(|word| u32::from_str_radix(word, 16).map_err(|error| format!("{word}: {error}")))
            .collect::<Result<_, _>>()?;
        if !words.is_empty() {
            let counted = counter.count(&words, thumb)?;
            out.line(&counted);
        }
    }
    Ok(out.0)
}

/// Host instructions and their bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    insts: usize,
    bytes: usize,
}

impl AddAssign for Size {
    fn add_assign(&mut self, other: Self) {
        self.insts += other.insts;
        self.bytes += other.bytes;
    }
}

/// What guest code costs.
#[derive(Clone, Debug, Default)]
struct Counted {
    /// The instructions' text, without address.
    text: String,
    inline: Size,
    out_of_line: Size,
    /// Why it has no figures, if it has none.
    not_lifted: Option<&'static str>,
}

/// Makes units of guest code and measures them.
struct Counter<B> {
    guest: A32Guest,
    host: Host<B>,
    optimizer: Optimizer,
    unit: Unit,
}

impl<B: Disassembled> Counter<B> {
    fn new((backend, lowering): (B, Lowering), features: Features) -> Result<Self, String> {
        let guest = A32Guest::new(features);
        let layout = guest.layout();
        Ok(Self {
            guest,
            host: Host::new(backend, layout, lowering)?,
            optimizer: Optimizer::new(layout),
            unit: Unit::default(),
        })
    }

    /// Counts what `words` cost; a T32 word of 32 bits has the first halfword in
    /// its upper half.
    fn count(&mut self, words: &[u32], thumb: bool) -> Result<Counted, String> {
        let mut code = Code::new(words, thumb);
        let start = Location::new(ADDRESS | u32::from(thumb), 0);
        self.guest
            .lift(&mut code, start, &mut Builder::new(&mut self.unit))
            .map_err(|fault| format!("{fault:?}"))?;
        self.optimizer.run(&mut self.unit);
        let mut counted = Counted {
            text: self.text(&mut code, words.len())?,
            ..Counted::default()
        };
        if let Some(why) = not_lifted(&self.unit) {
            counted.not_lifted = Some(why);
            return Ok(counted);
        }
        let Ok((bytes, fragment)) = self.host.compile(&self.unit) else {
            counted.not_lifted = Some("refused by the back end");
            return Ok(counted);
        };
        let insts = self.host.disassemble(&bytes, 0);
        let ends = fragment.marks.iter().skip(1).map(|mark| mark.offset);
        let mut block = self.unit.order[0];
        for (mark, end) in fragment.marks.iter().zip(ends.chain([fragment.len])) {
            let part = mark.offset..end;
            let size = Size {
                insts: insts.iter().filter(|(at, _)| part.contains(at)).count(),
                bytes: part.len(),
            };
            if let Origin::Block(id) = mark.origin {
                block = id;
            }
            match mark.origin {
                Origin::OutOfLine => counted.out_of_line += size,
                origin if is_around(&self.unit, block, origin) => {}
                _ => counted.inline += size,
            }
        }
        Ok(counted)
    }

    /// Returns the assembly of the first instructions.
    fn text(&self, code: &mut Code, count: usize) -> Result<String, String> {
        let mut text = String::new();
        let guests = self.unit.insts.iter().filter_map(|inst| match inst {
            Inst::Guest { location } => Some(*location),
            _ => None,
        });
        for location in guests.take(count) {
            let found = self
                .guest
                .disassemble(code, location)
                .map_err(|fault| format!("{fault:?}"))?;
            let separator = if text.is_empty() { "" } else { "; " };
            let instruction = found.instruction.map_err(|error| error.to_string())?;
            // Writing to a String cannot fail.
            let _ = write!(text, "{separator}{instruction}");
        }
        Ok(text)
    }
}

/// Tells whether code is that of entering the unit or of the system call at its end.
fn is_around(unit: &Unit, block: BlockId, origin: Origin) -> bool {
    let entry = Target::Block(unit.order[0]);
    let loops = || {
        let exits = unit
            .insts
            .iter()
            .any(|inst| matches!(inst, Inst::ExitIf { target, .. } if *target == entry));
        let jump = Terminator::Jump(entry);
        exits || unit.blocks.iter().any(|block| block.terminator == jump)
    };
    match origin {
        Origin::Block(id) => Target::Block(id) == entry && !loops(),
        Origin::Terminator => matches!(
            unit.block(block).terminator,
            Terminator::Trap {
                kind: TrapKind::SystemCall,
                ..
            }
        ),
        Origin::Inst(_) | Origin::OutOfLine => false,
    }
}

/// Says why a unit's first instruction is not generated code's, if so.
fn not_lifted(unit: &Unit) -> Option<&'static str> {
    unit.blocks.iter().find_map(|block| match block.terminator {
        Terminator::Trap { kind, .. } => match kind {
            TrapKind::Interpret => Some("interpreted"),
            TrapKind::Undefined => Some("undefined"),
            _ => None,
        },
        _ => None,
    })
}

/// Guest code, with `svc #0` behind it.
struct Code(Vec<u8>);

impl Code {
    fn new(words: &[u32], thumb: bool) -> Self {
        let mut bytes = Vec::new();
        for &word in words {
            match (thumb, u16::try_from(word)) {
                (false, _) => bytes.extend(word.to_le_bytes()),
                (true, Ok(half)) => bytes.extend(half.to_le_bytes()),
                (true, Err(_)) => bytes.extend(word.rotate_left(16).to_le_bytes()),
            }
        }
        if thumb {
            bytes.extend(SVC_T16.to_le_bytes());
        } else {
            bytes.extend(SVC_A32.to_le_bytes());
        }
        Self(bytes)
    }
}

impl Fetch for Code {
    fn fetch16(&mut self, address: u64) -> Result<u16, FetchFault> {
        let index = address.wrapping_sub(ADDRESS.into());
        let bytes = usize::try_from(index)
            .ok()
            .and_then(|index| self.0.get(index..)?.first_chunk());
        let cause = FaultCause::Unmapped;
        bytes
            .map(|bytes| u16::from_le_bytes(*bytes))
            .ok_or(FetchFault { address, cause })
    }
}

/// The lines of a result.
struct Table(String);

impl Table {
    fn new() -> Self {
        Self("host  bytes  out of line\n".to_owned())
    }

    /// Adds the canonical instructions of a row.
    fn row<B: Disassembled>(
        &mut self,
        counter: &mut Counter<B>,
        row: &RowInfo,
        thumb: bool,
        draw: impl Fn(&mut dyn FnMut() -> u32) -> Option<u32>,
    ) -> Result<(), String> {
        let sets_flags = row.pattern.contains('S');
        for set in [false, true].into_iter().take(1 + usize::from(sets_flags)) {
            let mut proposals = Proposals::new(row, set);
            let Some(word) = draw(&mut || proposals.next()) else {
                continue;
            };
            let mut counted = counter.count(&[word], thumb)?;
            let text = format!("{:<7}{}", row.encoding, counted.text);
            counted.text = text;
            self.line(&counted);
        }
        Ok(())
    }

    fn line(&mut self, counted: &Counted) {
        let Counted {
            text,
            inline,
            out_of_line,
            not_lifted,
        } = counted;
        // Writing to a String cannot fail.
        let _ = match not_lifted {
            Some(why) => writeln!(self.0, "{:24}{text}  ({why})", ""),
            None => {
                let cold = if out_of_line.bytes == 0 {
                    String::new()
                } else {
                    format!("{}/{}", out_of_line.insts, out_of_line.bytes)
                };
                let Size { insts, bytes } = inline;
                writeln!(self.0, "{insts:4} {bytes:6}  {cold:11}{text}")
            }
        };
    }
}

/// Proposes words for a row: plain ones first, then any.
struct Proposals {
    plain: Vec<u32>,
    random: Random,
}

impl Proposals {
    fn new(row: &RowInfo, sets_flags: bool) -> Self {
        // Operands are not shifted if they need not be; what only shifts does shift.
        let amounts = if row.pattern.contains('y') {
            [0, 4]
        } else {
            [4, 0]
        };
        let [first, second] = amounts.map(|amount| canonical(row, sets_flags, amount));
        // The generator takes one word for its first attempt, three for the next.
        let mut plain = vec![second; 6];
        plain.push(first);
        Self {
            plain,
            // The same whatever rows there are besides.
            random: Random::new((u64::from(row.mask) << 32) | u64::from(row.value)),
        }
    }

    fn next(&mut self) -> u32 {
        self.plain.pop().unwrap_or_else(|| self.random.word())
    }
}

/// Fills the fields of a row's pattern: registers differ, the condition is
/// "always", offsets are added, immediates are small.
fn canonical(row: &RowInfo, sets_flags: bool, amount: u32) -> u32 {
    let pattern: Vec<char> = row
        .pattern
        .chars()
        .filter(|c| !matches!(c, '_' | '(' | ')'))
        .collect();
    let mut word = 0;
    for field in pattern.chunk_by(|a, b| a == b) {
        let width = field.len();
        let value = match (field[0], width) {
            ('1', _) => u32::MAX,
            ('c', _) => 14,
            ('n', 3..) | ('h', _) => 1,
            ('m', 3..) | ('o', 4) => 2,
            ('a' | 's' | 'u' | 'q', 3..) => 3,
            ('P' | 'U', _) | ('u', 1) => 1,
            ('S', _) => sets_flags.into(),
            ('i', 2 | 5) => amount,
            ('i', 3..) => 4,
            ('b' | 'w' | 'l' | 'k', 4 | 5) => 8,
            ('x' | 'l', 8..) => 0xf0,
            _ => 0,
        };
        word = word << width | value & !(u32::MAX << width);
    }
    word
}
