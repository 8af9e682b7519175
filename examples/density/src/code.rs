//! The code of a unit, counted by what it was made from.

use std::ops::Range;
use std::sync::Arc;

use dbt_a32_frontend::guest::A32Guest;
use dbt_core::analysis::bindings::{Binding, Successors, meets};
use dbt_core::guest::Guest;
use dbt_core::host::{
    Backend, BoundEntry, Callees, CodeMark, CompileInput, ExitSite, Lowering, Origin, Runtime,
};
use dbt_core::ir::{BlockId, IndirectKind, Inst, Target, Terminator, Unit};
use dbt_core::location::Location;
use iced_x86::{Decoder, DecoderOptions};

use crate::names::{self, Name, Named};

/// Host instructions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) x86: u64,
    pub(crate) a64: Named,
}

impl Cost {
    pub(crate) fn add(&mut self, other: &Self) {
        self.x86 += other.x86;
        self.a64 += other.a64;
    }
}

/// A guest instruction.
#[derive(Debug)]
pub(crate) struct Guested {
    pub(crate) location: Location,
    /// Its assembly, for the listing.
    pub(crate) text: String,
    pub(crate) cost: Cost,
    /// Where it may leave in its middle, with what is executed then.
    pub(crate) exits: Vec<Leaving>,
    /// How often it was executed.
    pub(crate) count: u64,
}

/// A way out of a guest instruction's middle.
#[derive(Debug)]
pub(crate) struct Leaving {
    pub(crate) to: Target,
    pub(crate) cost: Cost,
    pub(crate) out: Out,
}

/// A way into another fragment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Out {
    /// By which entry.
    pub(crate) entry: usize,
    /// What is in registers on the way, and what stores it if the fragment expects
    /// something else.
    pub(crate) bound: Option<Arc<[Binding]>>,
    pub(crate) storing: Named,
}

/// What precedes the first block, by entry.
#[derive(Debug)]
pub(crate) struct Entering {
    plain: [Named; 2],
    bound: Vec<(BoundEntry, [Named; 2])>,
}

impl Entering {
    /// Returns what it takes to get in.
    pub(crate) fn cost(&self, out: &Out) -> Named {
        let suited = |entry: &&(BoundEntry, _)| {
            let now = out.bound.as_ref();
            now.is_some_and(|now| meets(now, &entry.0.contract))
        };
        let mut cost = Named::default();
        match self.bound.iter().find(suited) {
            Some((_, entering)) => cost += entering[out.entry],
            None => {
                cost += out.storing;
                cost += self.plain[out.entry];
            }
        }
        cost
    }

    /// Returns the same by each plain entry.
    pub(crate) fn plain(&self) -> [u64; 2] {
        self.plain.map(|named| named.total())
    }

    /// Returns what exits that lead here had best have in registers.
    pub(crate) fn contract(&self) -> Option<&Arc<[Binding]>> {
        self.bound.first().map(|(entry, _)| &entry.contract)
    }
}

/// A block of a unit.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub(crate) start: Option<Location>,
    /// The block's place in the unit's code.
    pub(crate) position: usize,
    /// The code before the first guest instruction, but for what converts flags; and when
    /// control comes from the end of a loop.
    pub(crate) head: Cost,
    pub(crate) back: Cost,
    /// How its end gets to a fragment.
    pub(crate) out: Out,
    pub(crate) guest: Vec<Guested>,
    /// The code that leaves, unless the last guest instruction has it.
    pub(crate) end: Cost,
    /// Where a call returns to, and the code between.
    pub(crate) returns: Option<(Location, Target, Cost)>,
    /// Whether it ends with a return.
    pub(crate) is_return: bool,
}

/// A unit's code.
pub(crate) struct Code {
    bytes: Vec<u8>,
    marks: Vec<CodeMark>,
    len: u32,
    entries: [u32; 2],
    bound: Vec<BoundEntry>,
    exits: Vec<ExitSite>,
}

impl Code {
    /// Compiles a unit.
    pub(crate) fn new<B: Backend>(
        backend: &mut B,
        guest: &A32Guest,
        callees: &Callees,
        runtime: &Runtime,
        unit: &Unit,
        (arriving, successors): (&[Binding], Successors<'_>),
    ) -> Option<Self> {
        let mut bytes = Vec::new();
        let input = CompileInput {
            unit,
            layout: guest.layout(),
            lowering: Lowering::Isolated,
            callees,
            runtime,
            offset: 0x10000,
            lost: &[],
            arriving,
            successors,
            marks: true,
        };
        let fragment = backend.compile(input, &mut bytes).ok()?;
        Some(Self {
            bytes,
            marks: fragment.marks,
            len: fragment.len,
            entries: fragment.entries,
            bound: fragment.bound,
            exits: fragment.exits,
        })
    }

    /// Returns A64 code as instructions.
    pub(crate) fn words(&self) -> Vec<u32> {
        let words = self.bytes.as_chunks::<4>().0;
        words.iter().map(|word| u32::from_le_bytes(*word)).collect()
    }

    /// Returns where A64 code is entered with flags and slots as the first block has them.
    fn entered(&self) -> usize {
        // What is behind has all converted, what is out of line lies far behind.
        let bound = self.bound.first().map(|bound| bound.entries);
        let entered = match bound {
            Some([first, second]) => first.min(second),
            None => self.entries[0].max(self.entries[1]),
        };
        entered as usize / 4
    }

    /// Returns what A64 code takes from each entry.
    pub(crate) fn entering(&self) -> Entering {
        let (words, end) = (self.words(), self.entered());
        let cost = |entry: u32| {
            let start = entry as usize / 4;
            let code = match start > end {
                true => &words[start..=jump_at(&words, start)],
                false => &words[start..end],
            };
            let mut named = Named::default();
            names::of_head(code, &mut named);
            named
        };
        let bound = self.bound.iter().cloned();
        Entering {
            plain: self.entries.map(cost),
            bound: bound
                .map(|bound| {
                    let costs = bound.entries.map(cost);
                    (bound, costs)
                })
                .collect(),
        }
    }

    /// Returns how the exit gets to a fragment that is patched in a range.
    fn out(&self, range: &Range<usize>) -> Out {
        let first = |site: &&ExitSite| {
            let bound = site.bound.as_ref().map(|bound| bound.patch.at);
            range.contains(&(bound.unwrap_or(site.patch.at) as usize))
        };
        let Some(site) = self.exits.iter().find(first) else {
            return Out::default();
        };
        let mut storing = Named::default();
        if let Some(bound) = &site.bound
            && bound.patch != site.patch
        {
            let code = bound.patch.unlinked as usize / 4..=site.patch.at as usize / 4;
            names::of_end(&LEAVES, &self.words()[code], &mut storing);
        }
        Out {
            entry: site.entry.into(),
            bound: site.bound.as_ref().map(|bound| Arc::clone(&bound.bindings)),
            storing,
        }
    }

    /// Returns each part with what it was made from.
    fn parts(&self) -> impl Iterator<Item = (Origin, Range<usize>)> {
        self.marks.iter().enumerate().map(|(index, mark)| {
            let next = self.marks.get(index + 1);
            let end = next.map_or(self.len, |next| next.offset);
            (mark.origin, mark.offset as usize..end as usize)
        })
    }
}

/// Counts both hosts' code of a unit.
pub(crate) fn count(unit: &Unit, x86: &Code, a64: &Code) -> Vec<Block> {
    let mut blocks: Vec<Block> = unit.blocks.iter().map(|_| Block::default()).collect();
    for (position, id) in unit.order.iter().enumerate() {
        blocks[id.index()].position = position;
    }
    for (costs, block) in blocks.iter_mut().zip(&unit.blocks) {
        let first = unit.insts[block.insts.clone()]
            .iter()
            .find_map(|inst| match inst {
                Inst::Guest { location } => Some(*location),
                _ => None,
            });
        costs.start = block.location.or(first);
        for inst in &unit.insts[block.insts.clone()] {
            match *inst {
                Inst::Guest { location } => costs.guest.push(Guested {
                    location,
                    text: String::new(),
                    cost: Cost::default(),
                    exits: Vec::new(),
                    count: 0,
                }),
                Inst::ExitIf { target: to, .. } => {
                    if let Some(guest) = costs.guest.last_mut() {
                        let (cost, out) = (Cost::default(), Out::default());
                        guest.exits.push(Leaving { to, cost, out });
                    }
                }
                _ => {}
            }
        }
        match block.terminator {
            Terminator::Call {
                return_location,
                return_to,
                ..
            }
            | Terminator::Indirect {
                kind:
                    IndirectKind::Call {
                        return_location,
                        return_to,
                    },
                ..
            } => costs.returns = Some((return_location, return_to, Cost::default())),
            Terminator::Indirect {
                kind: IndirectKind::Return,
                ..
            } => costs.is_return = true,
            _ => {}
        }
    }
    count_x86(unit, x86, &mut blocks);
    count_a64(unit, a64, &mut blocks);
    for block in &mut blocks {
        finish(block);
    }
    blocks
}

/// Has each guest instruction have one host instruction of its own; the end of a block
/// belongs to its last one.
fn finish(block: &mut Block) {
    if let Some(last) = block.guest.last_mut() {
        let end = core::mem::take(&mut block.end);
        last.cost.add(&end);
    }
    for guest in &mut block.guest {
        guest.cost.a64 = guest.cost.a64.own();
        for exit in &mut guest.exits {
            exit.cost.a64 = exit.cost.a64.own();
        }
    }
}

/// Returns the guest instruction of its block that an IR instruction belongs to, and the
/// number of conditional exits before in the same.
fn place_of(unit: &Unit, block: BlockId, index: usize) -> Option<(usize, usize)> {
    let first = unit.block(block).insts.start;
    let (mut guests, mut exits) = (0_usize, 0);
    for inst in &unit.insts[first..index] {
        match inst {
            Inst::Guest { .. } => (guests, exits) = (guests + 1, 0),
            Inst::ExitIf { .. } => exits += 1,
            _ => {}
        }
    }
    Some((guests.checked_sub(1)?, exits))
}

fn count_x86(unit: &Unit, code: &Code, blocks: &mut [Block]) {
    let mut id = BlockId::ENTRY;
    for (origin, range) in code.parts() {
        let decoder = Decoder::new(64, &code.bytes[range], DecoderOptions::NONE);
        let number = decoder.into_iter().count() as u64;
        match origin {
            Origin::Block(begun) => {
                id = begun;
                blocks[id.index()].head.x86 += number;
                blocks[id.index()].back.x86 += number;
            }
            Origin::Inst(value) => match place_of(unit, id, value.index()) {
                Some((index, exits)) => {
                    let guest = &mut blocks[id.index()].guest[index];
                    guest.cost.x86 += number;
                    for exit in &mut guest.exits[exits..] {
                        exit.cost.x86 += number;
                    }
                }
                None => {
                    blocks[id.index()].head.x86 += number;
                    blocks[id.index()].back.x86 += number;
                }
            },
            Origin::Terminator => blocks[id.index()].end.x86 += number,
            Origin::OutOfLine => {}
        }
    }
}

fn count_a64(unit: &Unit, code: &Code, blocks: &mut [Block]) {
    let words = code.words();
    let mut id = BlockId::ENTRY;
    let out_of_line = code
        .parts()
        .find(|(origin, _)| *origin == Origin::OutOfLine)
        .map_or(words.len(), |(_, range)| range.start / 4);
    for (origin, range) in code.parts() {
        let part = range.start / 4..range.end / 4;
        let mut named = Named::default();
        match origin {
            Origin::Block(begun) => {
                id = begun;
                let start = match id {
                    BlockId::ENTRY => code.entered(),
                    _ => part.start,
                };
                // Who has been here goes past it.
                names::of_head(&words[start..part.end], &mut named);
                blocks[id.index()].head.a64 += named;
            }
            Origin::Inst(value) => {
                let inst = unit.inst(value);
                names::of_inst(inst, &words[part.clone()], &mut named);
                let Some((index, exits)) = place_of(unit, id, value.index()) else {
                    blocks[id.index()].head.a64 += named;
                    blocks[id.index()].back.a64 += named;
                    continue;
                };
                let guest = &mut blocks[id.index()].guest[index];
                guest.cost.a64 += named;
                for exit in &mut guest.exits[exits..] {
                    exit.cost.a64 += named;
                }
                if matches!(inst, Inst::ExitIf { .. }) && !part.is_empty() {
                    let (stub, range) = stub(&words, part.end - 1, out_of_line);
                    let exit = &mut guest.exits[exits];
                    exit.cost.a64 += stub;
                    exit.out = code.out(&range);
                }
            }
            Origin::Terminator => {
                let end = &unit.block(id).terminator;
                let costs = &mut blocks[id.index()];
                costs.out = code.out(&range);
                let part = &words[part];
                let call = part.iter().rposition(|word| is_call(*word));
                let (before, after) = match call.filter(|_| costs.returns.is_some()) {
                    Some(call) => part.split_at(call + 1),
                    None => (part, &[][..]),
                };
                names::of_end(end, before, &mut costs.end.a64);
                if let Some((_, _, cost)) = &mut costs.returns {
                    names::of_end(end, after, &mut cost.a64);
                }
                // To write the link register is part of a call.
                if costs.returns.is_some()
                    && let Some(last) = costs.guest.last_mut()
                {
                    let constants = core::mem::take(&mut last.cost.a64[Name::Constants]);
                    last.cost.a64[Name::Calls] += constants;
                }
            }
            Origin::OutOfLine => {}
        }
    }
}

/// What a part out of line ends with.
const LEAVES: Terminator = Terminator::Jump(Target::Exit(Location(0)));

/// Returns where the next jump is, that leads back or out.
fn jump_at(words: &[u32], start: usize) -> usize {
    let is_jump = |word: &u32| word >> 26 == 0b00_0101;
    let rest = words[start..].iter();
    start + rest.take_while(|word| !is_jump(word)).count()
}

/// `BL` or `BLR`.
const fn is_call(word: u32) -> bool {
    word >> 26 == 0b10_0101 || word & 0xffff_fc1f == 0xd63f_0000
}

/// Returns what is executed out of line after the branch at an index is taken, and
/// where that is.
fn stub(words: &[u32], at: usize, out_of_line: usize) -> (Named, Range<usize>) {
    let mut named = Named::default();
    let Some(mut at) = target(words, at).filter(|at| *at >= out_of_line) else {
        return (named, 0..0);
    };
    let start = at;
    // Interrupts are rare.
    at = jump_at(words, start) + 1;
    names::of_end(&LEAVES, &words[start..at], &mut named);
    (named, 4 * start..4 * at)
}

/// Returns where the branch at an index leads, as an index.
fn target(words: &[u32], at: usize) -> Option<usize> {
    let word = *words.get(at)?;
    let distance = match word >> 24 {
        0x54 | 0x34 | 0x35 | 0xb4 | 0xb5 => (word << 8).cast_signed() >> 13,
        0x36 | 0x37 | 0xb6 | 0xb7 => (word << 13).cast_signed() >> 18,
        _ if word >> 26 == 0b00_0101 => (word << 6).cast_signed() >> 6,
        _ => return None,
    };
    at.checked_add_signed(isize::try_from(distance).ok()?)
}
