//! Interpreter, IR evaluator and generated code do the same.
//!
//! A random [program](crate::programs) runs on the interpreter, which says what is
//! right, and on every other [`Runner`]: the evaluator with different passes of the
//! optimiser, and the engine with each memory lowering. All must end alike, with
//! the same registers, flags and memory.
//!
//! What ends a program in the middle is compared as well: each program runs again
//! with memory that faults at a certain access or in a certain page, so that
//! deferred state must be recovered wherever an instruction can fault.

mod evaluate;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod jit;

use std::fmt;
use std::ops::Range;

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::version::Features;
use dbt_core::guest::{Guest, Step};
use dbt_core::ir::TrapKind;
use dbt_core::memory::{FetchFault, MemoryFault};
use dbt_core::opt::Passes;

use crate::arena::{Arena, CODE, DATA, DATA_LEN, Obstacle, PAGE};
use crate::programs::{Mix, Program, Programs, START, text};
use crate::random::Random;

pub use evaluate::Evaluated;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub(crate) use jit::Called;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub use jit::{CallbackJit, WindowJit};

/// What a core implements here: all that is described.
pub const FEATURES: Features = Features::all();

/// How a run ended. Hints that other CPUs might wait for do not end it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// A system call, with its immediate.
    SystemCall(u32),
    /// An UNDEFINED instruction.
    Undefined,
    /// A breakpoint, with its immediate.
    Breakpoint(u32),
    /// A call of a hypervisor, with its immediate.
    HypervisorCall(u32),
    /// A call of firmware, with its immediate.
    FirmwareCall(u32),
    /// An access to a system register that the embedder sees.
    SystemRegister,
    /// A data access faulted.
    Fault(MemoryFault),
    /// An instruction cannot be fetched.
    Fetch(FetchFault),
    /// It does not end, or the runner gave up.
    Endless,
}

/// Something that executes guest code.
pub trait Runner {
    /// Returns what it is.
    fn name(&self) -> String;

    /// Whether it can run with an obstacle of this kind.
    fn takes(&self, obstacle: Obstacle) -> bool;

    /// Runs from `state` until something ends it, and leaves what was stored in
    /// `arena`. The code is another one than before.
    fn run(&mut self, state: &mut ArmState, arena: &mut Arena) -> Ending;

    /// Returns how many links it has made by which slots stay in vector registers.
    fn bound_links(&self) -> u64 {
        0
    }
}

/// The runner that is right by definition: the interpreter of a guest.
#[derive(Clone, Copy, Debug)]
pub struct Interpreted(pub A32Guest);

/// One random program in so many is run with obstacles too, which takes as many
/// runs as it has accesses.
const OBSTRUCTED: usize = 8;

/// How many instructions a program may execute.
const MAX_STEPS: usize = 1000;

/// What an instruction means for the run; nothing if it goes on.
fn stepped(step: Step) -> Option<Ending> {
    Some(match step {
        Step::Next => return None,
        Step::Fault(fault) => Ending::Fault(fault),
        Step::Fetch(fault) => Ending::Fetch(fault),
        Step::Trap { kind, info } => return trapped(kind, info),
    })
}

/// What a trap means for the run; nothing if it goes on.
fn trapped(kind: TrapKind, info: u32) -> Option<Ending> {
    Some(match kind {
        TrapKind::SystemCall => Ending::SystemCall(info),
        TrapKind::Breakpoint => Ending::Breakpoint(info),
        TrapKind::Undefined => Ending::Undefined,
        TrapKind::HypervisorCall => Ending::HypervisorCall(info),
        TrapKind::FirmwareCall => Ending::FirmwareCall(info),
        TrapKind::SystemRegister => Ending::SystemRegister,
        _ => return None,
    })
}

impl Runner for Interpreted {
    fn name(&self) -> String {
        "interpreter".to_owned()
    }

    fn takes(&self, _: Obstacle) -> bool {
        true
    }

    fn run(&mut self, state: &mut ArmState, arena: &mut Arena) -> Ending {
        let mut steps = 0..MAX_STEPS;
        let ended = steps.find_map(|_| stepped(self.0.step(state, arena)));
        ended.unwrap_or(Ending::Endless)
    }
}

/// A runner that did something else than the interpreter.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The runner.
    pub runner: String,
    /// What stood in the way.
    pub obstacle: Obstacle,
    /// The program.
    pub program: Program,
    /// How the interpreter ended, and its state.
    pub expected: (Ending, ArmState),
    /// How the runner ended, and its state.
    pub actual: (Ending, ArmState),
    /// The first byte of memory that differs: its place in the arena, the
    /// interpreter's, the runner's.
    pub memory: Option<(usize, u8, u8)>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            program,
            expected,
            actual,
            ..
        } = self;
        writeln!(f, "{} with {:?}:", self.runner, self.obstacle)?;
        let thumb = program.thumb();
        for item in &program.items {
            // The printer needs no ITSTATE but for the suffix.
            let text = text(item, thumb, 0, FEATURES);
            if text.starts_with("nop") {
                continue;
            }
            writeln!(f, "  {:#x}: {:#010x} {text}", item.address, item.word)?;
        }
        writeln!(f, "  interpreter: {:?}", expected.0)?;
        writeln!(f, "  runner:      {:?}", actual.0)?;
        let mut row = |name: &str, before: u64, expected: u64, actual: u64| {
            if expected == actual {
                return Ok(());
            }
            writeln!(
                f,
                "  {name}: {before:#x} became {expected:#x}, not {actual:#x}"
            )
        };
        let (before, right, wrong) = (&program.before, &expected.1, &actual.1);
        for n in 0..16 {
            let name = format!("r{n}");
            row(
                &name,
                before.r[n].into(),
                right.r[n].into(),
                wrong.r[n].into(),
            )?;
        }
        row(
            "cpsr",
            before.cpsr().into(),
            right.cpsr().into(),
            wrong.cpsr().into(),
        )?;
        row(
            "fpscr",
            before.fpscr().into(),
            right.fpscr().into(),
            wrong.fpscr().into(),
        )?;
        row(
            "spsr",
            before.spsr().into(),
            right.spsr().into(),
            wrong.spsr().into(),
        )?;
        row(
            "monitor",
            before.exclusive_address,
            right.exclusive_address,
            wrong.exclusive_address,
        )?;
        row(
            "monitored",
            before.exclusive_value,
            right.exclusive_value,
            wrong.exclusive_value,
        )?;
        for n in 0..32 {
            row(&format!("d{n}"), before.d[n], right.d[n], wrong.d[n])?;
        }
        if let Some((at, right, wrong)) = self.memory {
            writeln!(
                f,
                "  memory at {at:#x} of the arena: {right:#x}, not {wrong:#x}"
            )?;
        }
        let words: Vec<u32> = program.items.iter().map(|item| item.word).collect();
        writeln!(f, "  all words {words:x?}")?;
        let ArmState {
            r,
            nzcv,
            q,
            ge,
            it,
            big_endian,
            ..
        } = before;
        let fpscr = before.fpscr();
        write!(
            f,
            "  initially r {r:x?} nzcv {nzcv:x} q {q} ge {ge:x} it {it:x} "
        )?;
        write!(f, "big_endian {big_endian} fpscr {fpscr:x}")?;
        for (number, value) in before
            .d
            .iter()
            .enumerate()
            .filter(|(_, value)| **value != 0)
        {
            write!(f, " d{number} {value:x}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Difference {}

/// What was compared.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Programs.
    pub programs: u64,
    /// Instructions of programs.
    pub instructions: u64,
    /// Runs of programs on a runner, with all obstacles.
    pub runs: u64,
    /// Runs that ended in a data abort.
    pub aborts: u64,
    /// Runs that ended in a system call.
    pub calls: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.programs += other.programs;
        self.instructions += other.instructions;
        self.runs += other.runs;
        self.aborts += other.aborts;
        self.calls += other.calls;
    }
}

/// Programs, and what runs them.
pub struct Lockstep {
    guest: A32Guest,
    programs: Programs,
    random: Random,
    arena: Arena,
    /// Memory as the interpreter left it.
    expected: Vec<u8>,
    runners: Vec<Box<dyn Runner>>,
}

impl fmt::Debug for Lockstep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lockstep").finish_non_exhaustive()
    }
}

impl Lockstep {
    /// Makes a source of programs of so many instructions, from the least to the
    /// most, and no runner.
    #[must_use]
    pub fn new(seed: u64, len: (usize, usize)) -> Self {
        Self::of(seed, Self::mix(len), |_, _| true)
    }

    fn mix(len: (usize, usize)) -> Mix {
        Mix {
            len,
            ..Mix::new(FEATURES)
        }
    }

    /// The same, of programs in any mode, which take exceptions and return from them,
    /// with much of the system level and some of everything else.
    #[must_use]
    pub fn system(seed: u64, len: (usize, usize)) -> Self {
        let mix = Mix {
            system: true,
            vectors: true,
            ..Self::mix(len)
        };
        const STARTS: [&str; 22] = [
            "Msr",
            "Mrs",
            "Cps",
            "Srs",
            "Rfe",
            "Eret",
            "LdmSystem",
            "StmSystem",
            "Svc",
            "Hvc",
            "Smc",
            "Bkpt",
            "Mrc",
            "Mcr",
            "VmrsSystem",
            "VmsrSystem",
            "Setend",
            "Wf",
            "Sev",
            "AddImm",
            "SubImm",
            "Mov",
        ];
        const OTHERS: [&str; 12] = [
            "B", "CmpImm", "LdrImm", "StrImm", "Ldm", "Stm", "It", "Push", "Pop", "Vadd", "Vldr",
            "Tst",
        ];
        Self::of(seed, mix, |_, row| {
            let translated = row.name.ends_with("tImm") || row.name.ends_with("tReg");
            translated
                || STARTS.iter().any(|start| row.name.starts_with(start))
                || OTHERS.contains(&row.name)
        })
    }

    /// The same, of programs that are dense in exclusive and ordered accesses to few
    /// addresses.
    #[must_use]
    pub fn exclusive(seed: u64, len: (usize, usize)) -> Self {
        const STARTS: [&str; 7] = ["Ldrex", "Strex", "Clrex", "Lda", "Stl", "LdrImm", "StrImm"];
        const OTHERS: [&str; 6] = ["B", "AddImm", "CmpImm", "MovReg", "Swp", "Strd"];
        Self::of(seed, Self::mix(len), |_, row| {
            STARTS.iter().any(|start| row.name.starts_with(start)) || OTHERS.contains(&row.name)
        })
    }

    /// The same, of programs that are dense in floating point: with branches, but
    /// with little else.
    #[must_use]
    pub fn floating(seed: u64, len: (usize, usize)) -> Self {
        const OTHERS: [&str; 5] = ["B", "AddImm", "SubImm", "CmpImm", "MovReg"];
        Self::of(seed, Self::mix(len), |_, row| {
            row.name.starts_with('V') && row.name != "Vmsr" || OTHERS.contains(&row.name)
        })
    }

    fn of(seed: u64, mix: Mix, wanted: impl Fn(&str, &dbt_isa::RowInfo) -> bool) -> Self {
        Self {
            guest: mix.guest(),
            programs: Programs::new(seed, mix, wanted),
            random: Random::new(!seed),
            arena: Arena::new(),
            expected: Vec::new(),
            runners: Vec::new(),
        }
    }

    /// Adds a runner.
    #[must_use]
    pub fn with(mut self, runner: impl Runner + 'static) -> Self {
        self.runners.push(Box::new(runner));
        self
    }

    /// Returns how many links its runners have made by which slots stay in vector
    /// registers.
    #[must_use]
    pub fn bound_links(&self) -> u64 {
        self.runners.iter().map(|runner| runner.bound_links()).sum()
    }

    /// Adds the evaluator without passes, with each pass alone, and with all.
    #[must_use]
    pub fn with_evaluators(self) -> Self {
        [
            Passes::NONE,
            Passes::PROMOTE,
            Passes::FOLD,
            Passes::DEAD_FLAGS,
            Passes::DEAD_FLAGS | Passes::FLAGS_ACROSS_BLOCKS,
            Passes::DEAD_WRITES,
            Passes::DCE,
            Passes::ALL,
        ]
        .into_iter()
        .fold(self, |this, passes| this.with(Evaluated::new(passes)))
    }

    /// Adds generated code: linked and not linked, with each memory lowering.
    /// Does nothing where there is no back end for the host.
    ///
    /// # Panics
    ///
    /// When the host denies executable memory.
    #[must_use]
    pub fn with_generated_code(self) -> Self {
        #[cfg(all(
            target_os = "linux",
            any(target_arch = "x86_64", target_arch = "aarch64")
        ))]
        let this = {
            const DENIED: &str = "the host allows executable memory";
            let guest = self.guest;
            self.with(CallbackJit::new(guest, true).expect(DENIED))
                .with(CallbackJit::new(guest, false).expect(DENIED))
                .with(WindowJit::new(guest).expect(DENIED))
        };
        #[cfg(not(all(
            target_os = "linux",
            any(target_arch = "x86_64", target_arch = "aarch64")
        )))]
        let this = self;
        this
    }

    /// Adds generated code whose guest addresses are the host's, if nobody else in the process has
    /// them now.
    ///
    /// # Panics
    ///
    /// When the host denies executable memory.
    #[must_use]
    pub fn with_generated_code_at_zero(self) -> Self {
        #[cfg(all(
            target_os = "linux",
            any(target_arch = "x86_64", target_arch = "aarch64")
        ))]
        let this = match WindowJit::at_zero(self.guest).expect("the host allows executable memory")
        {
            Some(runner) => self.with(runner),
            None => self,
        };
        #[cfg(not(all(
            target_os = "linux",
            any(target_arch = "x86_64", target_arch = "aarch64")
        )))]
        let this = self;
        this
    }

    /// Runs one program everywhere, unobstructed and, for some programs, with each
    /// access and each page of data faulting in turn.
    ///
    /// # Errors
    ///
    /// When a runner differs from the interpreter.
    pub fn step(&mut self, counts: &mut Counts) -> Result<(), Box<Difference>> {
        if self.random.one_in(16) || counts.programs == 0 {
            self.programs.fill(&mut self.arena);
        }
        let program = self.programs.next(&mut self.arena);
        self.arena.undo(self.arena.start());
        self.end(&program);
        counts.programs += 1;
        counts.instructions += program.items.len() as u64;
        let result = if self.random.one_in(OBSTRUCTED) {
            self.everywhere(&program, counts)
        } else {
            self.compare(&program, Obstacle::None, counts).map(|_| ())
        };
        result.map_err(|difference| self.shrunk(difference))
    }

    /// Runs a program with words at a place of it that are no instructions or are
    /// UNPREDICTABLE, which must not harm the host. One program in four ends where the
    /// code page does, in the middle of its last instruction perhaps.
    ///
    /// # Errors
    ///
    /// When a runner differs from the interpreter.
    pub fn step_hostile(&mut self, counts: &mut Counts) -> Result<(), Box<Difference>> {
        if self.random.one_in(64) || counts.programs == 0 {
            self.programs.fill(&mut self.arena);
        }
        let thumb = self.random.one_in(2);
        let len = 1 + self.random.below(8);
        let bad = self.random.below(len);
        let mut words = Vec::new();
        for index in 0..len {
            if index == bad || self.random.one_in(8) {
                words.push(self.programs.bad_word(thumb));
                continue;
            }
            let (number, seed) = (self.random.word() as usize, self.random.bits());
            words.extend(self.programs.encoding(thumb, number, seed));
        }
        let seed = self.random.bits();
        let mut before = self.programs.state(seed, thumb);
        if self.random.one_in(4) {
            let bytes: u32 = (words.iter())
                .map(|&word| if thumb && word < 0x1_0000 { 2 } else { 4 })
                .sum();
            before.r[15] = CODE.base + CODE.len - bytes;
            if thumb && self.random.one_in(2) {
                // Only the first halfword of the last instruction is there.
                before.r[15] += 2;
            }
        }
        let program = self.write(before, &words);
        counts.programs += 1;
        counts.instructions += program.items.len() as u64;
        let obstructed = self.random.one_in(OBSTRUCTED);
        let result = if obstructed {
            self.everywhere(&program, counts)
        } else {
            self.compare(&program, Obstacle::None, counts).map(|_| ())
        };
        result.map_err(|difference| self.shrunk(difference))
    }

    /// Runs instructions everywhere, unobstructed and with obstacles, in T32 if
    /// `before` says so, from [`START`] on. The first halfword of a T32 instruction is the
    /// upper one. Tells whether they came to an end.
    ///
    /// # Errors
    ///
    /// When a runner differs from the interpreter.
    pub fn run(&mut self, mut before: ArmState, words: &[u32]) -> Result<bool, Box<Difference>> {
        before.r[15] = START;
        let program = self.write(before, words);
        let mut counts = Counts::default();
        self.everywhere(&program, &mut counts)?;
        Ok(counts.runs > 0)
    }

    /// Runs instructions as [`run`](Self::run) does, with one obstacle and on one
    /// runner of a number, if there are so many: for those who try many programs.
    ///
    /// # Errors
    ///
    /// When the runner differs from the interpreter.
    pub fn try_out(
        &mut self,
        before: ArmState,
        words: &[u32],
        obstacle: Obstacle,
        runner: usize,
    ) -> Result<bool, Box<Difference>> {
        let program = self.write(before, words);
        let mut counts = Counts::default();
        let runner = runner % self.runners.len().max(1);
        self.compare_on(&program, obstacle, runner..runner + 1, &mut counts)?;
        Ok(counts.runs > 0)
    }

    /// Returns the word that encodes the row of a number, with operands by `seed`, if
    /// there is one.
    #[must_use]
    pub fn encoding(&self, thumb: bool, number: usize, seed: u64) -> Option<u32> {
        self.programs.encoding(thumb, number, seed)
    }

    /// Makes a program of instructions and writes it to the arena.
    fn write(&mut self, before: ArmState, words: &[u32]) -> Program {
        self.programs.clear_code(&mut self.arena);
        let program = Program::new(before, words, FEATURES);
        for index in 0..program.items.len() {
            program.write(&mut self.arena, index);
        }
        self.end(&program);
        program
    }

    /// Draws a state.
    pub fn state(&mut self, seed: u64, thumb: bool) -> ArmState {
        self.programs.state(seed, thumb)
    }

    /// Puts something UNDEFINED behind a program, if there is room.
    fn end(&mut self, program: &Program) {
        let udf: &[u16] = if program.thumb() {
            &[0xdeff]
        } else {
            &[0x00f0, 0xe7f0]
        };
        let end = CODE.base + CODE.len;
        if program.limit() + 4 <= end {
            self.arena.write_code(program.limit(), udf);
        }
        self.arena.commit();
    }

    /// Runs a program unobstructed and with obstacles.
    fn everywhere(
        &mut self,
        program: &Program,
        counts: &mut Counts,
    ) -> Result<(), Box<Difference>> {
        let accesses = self.compare(program, Obstacle::None, counts)?;
        for count in 0..accesses {
            self.compare(program, Obstacle::After(count), counts)?;
        }
        if accesses != 0 {
            for page in (DATA..DATA + DATA_LEN).step_by(PAGE as usize) {
                self.compare(program, Obstacle::Page(page), counts)?;
            }
        }
        Ok(())
    }

    /// Replaces instructions by ones that do nothing and registers by zeroes, as
    /// long as there is a difference.
    fn shrunk(&mut self, mut difference: Box<Difference>) -> Box<Difference> {
        let obstacle = difference.obstacle;
        let mut program = difference.program.clone();
        let thumb = program.thumb();
        for index in 0..program.items.len() {
            let item = program.items[index];
            let nop = match (thumb, item.len) {
                (false, _) => 0xe320_f000,
                (true, 2) => 0xbf00,
                (true, _) => 0xf3af_8000,
            };
            program.items[index].word = nop;
            program.write(&mut self.arena, index);
            match self.compare(&program, obstacle, &mut Counts::default()) {
                Err(smaller) => difference = smaller,
                Ok(_) => {
                    program.items[index] = item;
                    program.write(&mut self.arena, index);
                }
            }
        }
        for register in 0..15 {
            let value = std::mem::take(&mut program.before.r[register]);
            match self.compare(&program, obstacle, &mut Counts::default()) {
                Err(smaller) => difference = smaller,
                Ok(_) => program.before.r[register] = value,
            }
        }
        difference
    }

    /// Runs a program everywhere and returns how many data accesses it made.
    fn compare(
        &mut self,
        program: &Program,
        obstacle: Obstacle,
        counts: &mut Counts,
    ) -> Result<u64, Box<Difference>> {
        self.compare_on(program, obstacle, 0..self.runners.len(), counts)
    }

    /// The same on some of the runners.
    fn compare_on(
        &mut self,
        program: &Program,
        obstacle: Obstacle,
        runners: Range<usize>,
        counts: &mut Counts,
    ) -> Result<u64, Box<Difference>> {
        let arena = &mut self.arena;
        arena.obstruct(obstacle);
        let mut expected = program.before;
        let ending = Interpreted(self.guest).run(&mut expected, arena);
        let accesses = arena.accesses();
        if ending == Ending::Endless {
            arena.undo(arena.start());
            return Ok(0);
        }
        self.expected.clear();
        self.expected.extend_from_slice(arena.bytes());
        arena.undo(arena.start());
        for runner in self
            .runners
            .iter_mut()
            .take(runners.end)
            .skip(runners.start)
        {
            if !runner.takes(obstacle) {
                continue;
            }
            arena.obstruct(obstacle);
            let mut state = program.before;
            let actual = runner.run(&mut state, arena);
            let memory = first_difference(&self.expected, arena.bytes());
            arena.undo(arena.start());
            if (actual, state) != (ending, expected) || memory.is_some() {
                return Err(Box::new(Difference {
                    runner: runner.name(),
                    obstacle,
                    program: program.clone(),
                    expected: (ending, expected),
                    actual: (actual, state),
                    memory,
                }));
            }
            counts.runs += 1;
            counts.aborts += u64::from(matches!(ending, Ending::Fault(_)));
            counts.calls += u64::from(matches!(ending, Ending::SystemCall(_)));
        }
        Ok(accesses)
    }
}

/// Returns where two memories differ first, and the bytes there.
fn first_difference(right: &[u8], wrong: &[u8]) -> Option<(usize, u8, u8)> {
    // The first comparison is of words, and nearly always the last.
    if right == wrong {
        return None;
    }
    let mut pairs = right.iter().zip(wrong).enumerate();
    let (at, (&right, &wrong)) = pairs.find(|(_, (right, wrong))| right != wrong)?;
    Some((at, right, wrong))
}

/// A guest of user-level code.
#[must_use]
pub const fn user() -> A32Guest {
    A32Guest::new(FEATURES)
}
