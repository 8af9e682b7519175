//! Random guest programs that do something.
//!
//! Instructions drawn blindly would fault on the first load and leave after the
//! first branch. So a program is grown by the interpreter: an instruction is
//! drawn, executed, and kept if execution goes on behind it. Registers, flags and
//! memory start with values that reach the edges, and enough registers point into
//! the [`Arena`] for loads and stores to meet memory. Some programs end with an
//! instruction that faults, traps or branches away.

use dbt_a32_frontend::decode::{decode_a32, decode_thumb, is_32bit};
use dbt_a32_frontend::disasm::PrintContext;
use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::insn::Insn;
use dbt_a32_frontend::itstate::{Cond, ItState};
use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::system::{Cell, ProcessorMode};
use dbt_a32_frontend::version::{DecodeContext, Features};
use dbt_core::guest::{Guest, Step};
use dbt_core::ir::TrapKind;
use dbt_core::memory::Fetch;
use dbt_isa::{Decoded, RowInfo, Undecodable};

mod mix;
mod state;

pub use mix::Mix;
pub(crate) use mix::Source;

use crate::arena::{Arena, CODE, PAGE, REGIONS, Rights};
use crate::random::Random;

/// Where programs start: in the middle of the code page, so that what is relative
/// to the PC meets memory on both sides.
pub const START: u32 = CODE.base + PAGE / 2;

/// What fills the code page around a program: UNDEFINED as an A32 word, as a T32
/// lower halfword, and as a T32 upper halfword a branch to the lower one.
pub const FILLER: u32 = 0xe7fd_def1;

/// How many steps a program takes at most.
pub const MAX_STEPS: usize = 32 * GROWTH_STEPS;

/// How many steps one more instruction of a program may take.
const GROWTH_STEPS: usize = 9;

/// One instruction of a program.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// Where it is.
    pub address: u32,
    /// The encoding; the first halfword of a T32 instruction is the upper one.
    pub word: u32,
    /// Its bytes.
    pub len: u32,
    /// The row it decodes by, or why it does not.
    pub row: Result<&'static RowInfo, Undecodable>,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// It ran to its end.
    Done,
    /// An instruction stopped it.
    Stopped(Step),
    /// It did not end within the bound of steps.
    Endless,
}

/// A program, and what becomes of the state.
#[derive(Clone, Debug)]
pub struct Program {
    /// The state it starts with.
    pub before: ArmState,
    /// The state it ends with.
    pub after: ArmState,
    /// How it ended.
    pub end: End,
    /// Its instructions, in order.
    pub items: Vec<Item>,
}

impl Program {
    /// Makes a program of given instructions, which starts where the state `before` is.
    /// It is not run.
    #[must_use]
    pub fn new(before: ArmState, words: &[u32], features: Features) -> Self {
        let thumb = before.thumb != 0;
        let mut address = before.r[15];
        let item = |&word: &u32| {
            let len = if thumb && word < 0x1_0000 { 2 } else { 4 };
            let row = decode(word, len, &context(thumb, 0, features)).map(|decoded| decoded.row);
            let item = Item {
                address,
                word,
                len,
                row,
            };
            address += len;
            item
        };
        Self {
            before,
            after: before,
            end: End::Done,
            items: words.iter().map(item).collect(),
        }
    }

    /// The address behind the last instruction.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.items
            .last()
            .map_or(self.before.r[15], |item| item.address + item.len)
    }

    /// Writes an instruction to its place in an arena, as far as the code page goes.
    pub fn write(&self, arena: &mut Arena, index: usize) {
        let Item {
            address, word, len, ..
        } = self.items[index];
        let halves = halfwords(word, len, self.thumb());
        let len = len.min((CODE.base + CODE.len).saturating_sub(address));
        if len != 0 {
            arena.write_code(address, &halves[..len as usize / 2]);
        }
    }

    /// Whether it is T32.
    #[must_use]
    pub const fn thumb(&self) -> bool {
        self.before.thumb != 0
    }
}

impl Item {
    /// Fetches the instruction that a state is at.
    #[must_use]
    pub fn fetch(state: &ArmState, arena: &mut Arena, features: Features) -> Option<Self> {
        let address = state.pc();
        let thumb = state.thumb != 0;
        let first = arena.fetch16(address.into()).ok()?;
        let len = if thumb && !is_32bit(first) { 2 } else { 4 };
        let second = if len == 4 {
            arena.fetch16(u64::from(address) + 2).ok()?
        } else {
            0
        };
        let (first, second) = (u32::from(first), u32::from(second));
        let word = match (thumb, len) {
            (false, _) => first | second << 16,
            (true, 2) => first,
            (true, _) => first << 16 | second,
        };
        let cx = context(thumb, state.it, features);
        Some(Self {
            address,
            word,
            len,
            row: decode(word, len, &cx).map(|decoded| decoded.row),
        })
    }
}

/// Prints an instruction in assembly syntax, which stands under an `ITSTATE`.
#[must_use]
pub fn text(item: &Item, thumb: bool, it: u32, features: Features) -> String {
    let cx = context(thumb, it, features);
    let cond = if thumb {
        cx.it.cond()
    } else {
        Cond::from_bits(item.word >> 28)
    };
    let print = PrintContext {
        c: cond,
        address: item.address,
        thumb,
    };
    decode(item.word, item.len, &cx).map_or_else(
        |error| error.to_string(),
        |decoded| decoded.display(&print).to_string(),
    )
}

/// Runs until an instruction stops or `limit` is reached.
pub fn run(
    state: &mut ArmState,
    arena: &mut Arena,
    guest: &A32Guest,
    limit: u32,
    max_steps: usize,
) -> End {
    for _ in 0..max_steps {
        if state.pc() == limit {
            return End::Done;
        }
        match guest.step(state, arena) {
            Step::Next => {}
            // An event for other CPUs, of which there is none.
            Step::Trap {
                kind: TrapKind::SendEvent,
                ..
            } => {}
            stop => return End::Stopped(stop),
        }
    }
    if state.pc() == limit {
        End::Done
    } else {
        End::Endless
    }
}

/// Decodes an instruction of either set.
///
/// # Errors
///
/// Says why it is none.
pub fn decode(word: u32, len: u32, cx: &DecodeContext) -> Result<Decoded<Insn>, Undecodable> {
    if !cx.thumb {
        return decode_a32(word, cx);
    }
    let [first, second] = halfwords_of_thumb(word, len);
    decode_thumb(first, || second, cx).map(|thumb| thumb.decoded)
}

#[allow(clippy::cast_possible_truncation, reason = "halves are meant")]
const fn halfwords_of_thumb(word: u32, len: u32) -> [u16; 2] {
    if len == 2 {
        [word as u16, 0]
    } else {
        [(word >> 16) as u16, word as u16]
    }
}

/// Returns the halfwords of an instruction in the order of memory.
#[allow(clippy::cast_possible_truncation, reason = "halves are meant")]
fn halfwords(word: u32, len: u32, thumb: bool) -> [u16; 2] {
    if thumb {
        halfwords_of_thumb(word, len)
    } else {
        [word as u16, (word >> 16) as u16]
    }
}

#[allow(clippy::cast_possible_truncation, reason = "ITSTATE has eight bits")]
fn context(thumb: bool, it: u32, features: Features) -> DecodeContext {
    DecodeContext {
        features,
        thumb,
        it: ItState::from_bits(it as u8),
        ..DecodeContext::default()
    }
}

/// The system registers of programs in any mode, by the fields of `MRC`: enough to
/// tell banked ones from others, and without effect on anything else.
pub const SYSTEM_REGISTERS: [(Cell, [u32; 4]); 5] = [
    (Cell::TPIDRPRW, [13, 0, 0, 4]),
    (Cell::DFSR, [5, 0, 0, 0]),
    (Cell::IFSR, [5, 0, 0, 1]),
    (Cell::DFAR, [6, 0, 0, 0]),
    (Cell::IFAR, [6, 0, 0, 2]),
];

/// The modes of programs; those with an SPSR before System mode.
pub const MODES: [ProcessorMode; 8] = [
    ProcessorMode::Fiq,
    ProcessorMode::Irq,
    ProcessorMode::Supervisor,
    ProcessorMode::Abort,
    ProcessorMode::Undefined,
    ProcessorMode::Monitor,
    ProcessorMode::System,
    ProcessorMode::User,
];

/// What stands at the vectors, in A32: calls (of the system, the hypervisor or the
/// monitor) and breakpoints return; all else goes to where nothing can be fetched.
const VECTORS: [u32; 8] = {
    const fn far(vector: u32) -> u32 {
        const FAR: u32 = 0x10_0000;
        0xea00_0000 | (FAR - (CODE.base + 4 * vector) - 8) >> 2
    }
    const MOVS_PC_LR: u32 = 0xe1b0_f00e;
    const ERET: u32 = 0xe160_006e;
    [
        far(0),
        far(1),
        MOVS_PC_LR,
        MOVS_PC_LR,
        far(4),
        ERET,
        far(6),
        far(7),
    ]
};

/// A source of programs, the same for the same seed.
#[derive(Debug)]
pub struct Programs {
    random: Random,
    mix: Mix,
    guest: A32Guest,
    a32: Vec<Source>,
    t32: Vec<Source>,
}

impl Programs {
    /// A source that uses the rows that `wanted` accepts, which is told the set,
    /// `A32` or `T32`, besides.
    pub fn new(seed: u64, mix: Mix, wanted: impl Fn(&str, &RowInfo) -> bool) -> Self {
        let keep = |set: &str, sources: Vec<Source>| -> Vec<Source> {
            sources
                .into_iter()
                .filter(|source| wanted(set, source.row()))
                .collect()
        };
        Self {
            random: Random::new(seed),
            mix,
            guest: mix.guest(),
            a32: keep("A32", Source::all(false)),
            t32: keep("T32", Source::all(true)),
        }
    }

    /// Fills data with fresh values.
    pub fn fill(&mut self, arena: &mut Arena) {
        for region in REGIONS {
            if region.rights == Rights::ReadExecute {
                continue;
            }
            for word in arena.region_mut(&region).chunks_exact_mut(4) {
                word.copy_from_slice(&self.word().to_le_bytes());
            }
        }
        arena.commit();
    }

    /// Fills the code page with what stands around programs.
    pub fn clear_code(&self, arena: &mut Arena) {
        arena.fill_code(FILLER);
        if self.mix.system && self.mix.vectors {
            for (address, word) in (CODE.base..).step_by(4).zip(VECTORS) {
                arena.write_code(address, &halfwords(word, 4, false));
            }
        }
    }

    /// Draws a state and grows a program for it in `arena`. Afterwards the arena is
    /// as the program left it; undoing to [`Arena::start`] gives what it found.
    pub fn next(&mut self, arena: &mut Arena) -> Program {
        let thumb = if self.a32.is_empty() || self.t32.is_empty() {
            self.a32.is_empty()
        } else {
            self.random.one_in(2)
        };
        self.clear_code(arena);
        arena.commit();
        let before = self.draw_state(thumb);
        let mut program = Program {
            before,
            after: before,
            end: End::Done,
            items: Vec::new(),
        };
        let (least, most) = self.mix.len;
        let len = least + self.random.below(most - least + 1);
        while program.items.len() < len && program.end == End::Done {
            self.grow(&mut program, arena);
        }
        // What was grown later may have been read earlier, as data.
        arena.undo(arena.start());
        if self.run_again(&mut program, arena) {
            return program;
        }
        arena.undo(arena.start());
        self.next(arena)
    }

    /// Runs a whole program from its start; tells whether it is good.
    fn run_again(&self, program: &mut Program, arena: &mut Arena) -> bool {
        let guest = &self.guest;
        let limit = program.limit();
        let mut state = program.before;
        if self.mix.straight {
            for index in 0..program.items.len() {
                let Item { address, len, .. } = program.items[index];
                if state.pc() != address {
                    return false;
                }
                program.end = run(&mut state, arena, guest, address + len, 1);
                if let End::Stopped(_) = program.end {
                    program.items.truncate(index + 1);
                    program.after = state;
                    return true;
                }
            }
        }
        let end = run(&mut state, arena, guest, limit, MAX_STEPS);
        program.after = state;
        program.end = end;
        end != End::Endless
    }

    /// Appends one instruction.
    fn grow(&mut self, program: &mut Program, arena: &mut Arena) {
        let source = self.source(program.thumb());
        let mut tries = 12;
        loop {
            tries -= 1;
            let source = if tries == 0 {
                // This row does not want to; take any.
                tries = 12;
                self.source(program.thumb())
            } else {
                source
            };
            let cx = context(program.thumb(), program.after.it, self.mix.features);
            let Some((word, len)) = self.draw(source, &cx) else {
                tries = 1;
                continue;
            };
            let decoded = decode(word, len, &cx);
            if decoded == Err(Undecodable::Unpredictable) {
                continue;
            }
            let item = Item {
                address: program.after.pc(),
                word,
                len,
                row: decoded.map(|decoded| decoded.row),
            };
            if self.try_item(program, arena, item) {
                return;
            }
        }
    }

    /// Executes an instruction behind the program and tells whether to keep it; if
    /// not, nothing has changed.
    fn try_item(&mut self, program: &mut Program, arena: &mut Arena, item: Item) -> bool {
        let mark = arena.mark();
        let limit = item.address + item.len;
        let halves = halfwords(item.word, item.len, program.thumb());
        arena.write_code(item.address, &halves[..item.len as usize / 2]);
        let mut state = program.after;
        let mut end = run(&mut state, arena, &self.guest, limit, 1);
        let sequential = end != End::Endless;
        if !sequential {
            // It branched. Around the program there is only what stops soon.
            end = run(&mut state, arena, &self.guest, limit, GROWTH_STEPS - 1);
        }
        let keep = match end {
            End::Done => state.thumb == program.after.thumb && (sequential || !self.mix.straight),
            End::Stopped(_) => self.random.one_in(self.mix.stops),
            End::Endless => false,
        };
        if keep {
            program.items.push(item);
            program.after = state;
            program.end = end;
        } else {
            arena.undo(mark);
            let filler = FILLER.to_le_bytes();
            for at in item.address..limit {
                let byte = filler[(at % 4) as usize];
                arena.region_mut(&CODE)[(at - CODE.base) as usize] = byte;
            }
        }
        keep
    }

    fn source(&mut self, thumb: bool) -> Option<Source> {
        if self.mix.wild != 0 && self.random.one_in(self.mix.wild) {
            return None;
        }
        let sources = if thumb { &self.t32 } else { &self.a32 };
        Some(self.random.pick(sources))
    }

    /// Draws an encoding: of a row, or any word if there is none.
    fn draw(&mut self, source: Option<Source>, cx: &DecodeContext) -> Option<(u32, u32)> {
        if let Some(source) = source {
            return self.mix.draw(source, &mut self.random, cx);
        }
        let word = self.random.word();
        if !cx.thumb {
            return Some((word, 4));
        }
        #[allow(clippy::cast_possible_truncation, reason = "a halfword is meant")]
        let first = (word >> 16) as u16;
        // Half of the words in T32 shall be of 32 bits, not one in eight.
        if self.random.one_in(2) {
            Some((word | 0xe800_0000, 4)).filter(|&(word, _)| is_32bit((word >> 16) as u16))
        } else {
            Some((first.into(), 2)).filter(|_| !is_32bit(first))
        }
    }

    /// Draws an encoding of the row of a number, outside IT blocks; the first halfword
    /// of a T32 instruction is the upper one. There need be none.
    #[must_use]
    pub fn encoding(&self, thumb: bool, number: usize, seed: u64) -> Option<u32> {
        let sources = if thumb { &self.t32 } else { &self.a32 };
        let source = sources[number % sources.len()];
        let cx = context(thumb, 0, self.mix.features);
        let drawn = self.mix.draw(source, &mut Random::new(seed), &cx);
        drawn.map(|(word, _)| word)
    }

    /// Draws a word that is no instruction, is UNPREDICTABLE, or is anything at all.
    #[allow(clippy::cast_possible_truncation, reason = "halves are meant")]
    pub fn bad_word(&mut self, thumb: bool) -> u32 {
        let sources = if thumb { &self.t32 } else { &self.a32 };
        let row = self.random.pick(sources).row();
        let cx = context(thumb, 0, self.mix.features);
        let len = if row.width_bits == 16 { 2 } else { 4 };
        // Vectors of T32 are described as A32 encodes them.
        let is_own = !thumb || !row.name.starts_with('V');
        let fixed = row.mask | row.should_be_mask;
        let width = u32::MAX >> (32 - row.width_bits);
        match self.random.below(6) {
            // Bits that should be one or zero are not all.
            0 if is_own && row.should_be_mask != 0 => {
                let wrong = (self.random.word() & row.should_be_mask)
                    | 1 << row.should_be_mask.trailing_zeros();
                self.random.word() & !fixed & width | row.value | row.should_be_value ^ wrong
            }
            // Fields have values that they may not have.
            1 | 2 if is_own => {
                let mut word = row.value;
                for _ in 0..32 {
                    let free = match self.random.below(3) {
                        0 => self.random.word() & self.random.word(),
                        1 => self.random.word() | self.random.word(),
                        _ => self.random.word(),
                    };
                    word = free & !fixed & width | row.value | row.should_be_value;
                    if decode(word, len, &cx).is_err() {
                        break;
                    }
                }
                word
            }
            3 if thumb => self
                .random
                .pick(&[0xde00, 0xf7f0_a000, 0xe800_0000, 0xffff_ffff]),
            3 => self
                .random
                .pick(&[0xe7f0_00f0, 0x07f0_00f0, 0xf7ff_ffff, 0xffff_ffff]),
            // `IT`, and whatever it may be followed by.
            4 if thumb => 0xbf00 | self.random.word() & 0xff,
            _ if thumb => {
                let word = self.random.word();
                if self.random.one_in(2) {
                    // After each prefix that begins 32 bits.
                    word | 0xe800_0000
                } else if is_32bit(word as u16) {
                    word & 0x7fff
                } else {
                    word & 0xffff
                }
            }
            _ => self.random.word(),
        }
    }
}
