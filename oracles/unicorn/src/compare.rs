//! Running one program on both sides.

use std::fmt;

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::system::ProcessorMode;
use dbt_core::guest::Step;
use dbt_core::ir::TrapKind;
use dbt_core::memory::FaultCause;
use dbt_testkit::arena::Arena;
use dbt_testkit::programs::{End, Item, MAX_STEPS, MODES, Program, SYSTEM_REGISTERS, run, text};
use unicorn_engine::uc_error;

use crate::cpu::{Cpu, CpuKind, Stop};

/// QEMU's numbers of exceptions.
const EXCP_UDEF: u32 = 1;
const EXCP_SWI: u32 = 2;
const EXCP_DATA_ABORT: u32 = 4;
const EXCP_BKPT: u32 = 7;
const EXCP_HVC: u32 = 11;
const EXCP_SMC: u32 = 13;

/// What a side was left with.
#[derive(Clone, Debug)]
pub struct Side<E> {
    /// The state.
    pub state: ArmState,
    /// How it ended.
    pub end: E,
}

/// A difference, located at one instruction.
#[derive(Clone, Debug)]
pub struct Mismatch {
    /// The instruction that our side stopped at, or else `last`.
    pub item: Item,
    /// The last instruction of the program that was executed.
    pub last: Item,
    /// How many instructions of the program stand before it.
    pub index: usize,
    /// Whether it is T32.
    pub thumb: bool,
    /// What it looks like.
    pub text: String,
    /// The state before it.
    pub before: ArmState,
    /// What the interpreter makes of it.
    pub ours: Side<End>,
    /// What Unicorn makes of it.
    pub theirs: Side<Stop>,
    /// The first difference in memory: address, our word, their word.
    pub memory: Option<(u32, u32, u32)>,
    /// What differs.
    pub fields: Vec<&'static str>,
    /// Whether Unicorn executed A32 code at an address with bit 1 set.
    pub misaligned: bool,
    /// What differs after the whole program.
    pub whole: String,
}

const REGISTERS: [&str; 16] = [
    "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "sp", "lr",
    "pc",
];

/// Names what differs.
fn differences(ours: &Side<End>, theirs: &Side<Stop>) -> Vec<&'static str> {
    let mut fields = Vec::new();
    if !same_end(ours.end, theirs.end) {
        fields.push("end");
    }
    let (ours, theirs) = (&ours.state, &theirs.state);
    for (name, (a, b)) in REGISTERS.iter().zip(ours.r.iter().zip(&theirs.r)) {
        if a != b {
            fields.push(name);
        }
    }
    let words = [
        ("nzcv", ours.nzcv, theirs.nzcv),
        ("q", ours.q, theirs.q),
        ("ge", ours.ge, theirs.ge),
        ("thumb", ours.thumb, theirs.thumb),
        ("it", ours.it, theirs.it),
        ("big_endian", ours.big_endian, theirs.big_endian),
        ("fpscr", ours.fpscr(), theirs.fpscr()),
        ("tpidruro", ours.tpidruro, theirs.tpidruro),
        ("tpidrurw", ours.tpidrurw, theirs.tpidrurw),
    ];
    fields.extend(
        (words.iter())
            .filter(|(_, a, b)| a != b)
            .map(|&(name, ..)| name),
    );
    if ours.d != theirs.d {
        fields.push("d");
    }
    if ours.cpsr() & 0x1df != theirs.cpsr() & 0x1df {
        fields.push("control");
    }
    if psr(ours.spsr()) != psr(theirs.spsr()) {
        fields.push("spsr");
    }
    if banks(ours).ne(banks(theirs)) {
        fields.push("banks");
    }
    if SYSTEM_REGISTERS
        .iter()
        .any(|&(cell, _)| ours.cell(cell) != theirs.cell(cell))
    {
        fields.push("registers");
    }
    fields
}

/// The bits of an SPSR that are compared: 23 to 20 are reserved (B1.3.3).
const fn psr(spsr: u32) -> u32 {
    spsr & !0x00f0_0000
}

/// The registers of all modes.
pub fn banks(state: &ArmState) -> impl Iterator<Item = u32> {
    MODES.into_iter().flat_map(move |mode| {
        let first = if mode == ProcessorMode::Fiq { 8 } else { 13 };
        let registers = (first..15).map(move |n| state.mode_reg(mode, n));
        registers.chain([psr(state.mode_spsr(mode))])
    })
}

/// Whether both ended alike.
fn same_end(ours: End, theirs: Stop) -> bool {
    let step = match ours {
        End::Done => return theirs == Stop::Reached,
        End::Endless => return false,
        End::Stopped(step) => step,
    };
    match step {
        Step::Next => false,
        Step::Trap { kind, .. } => match kind {
            TrapKind::SystemCall => theirs == Stop::Exception(EXCP_SWI),
            TrapKind::Breakpoint => theirs == Stop::Exception(EXCP_BKPT),
            TrapKind::Undefined => {
                matches!(theirs, Stop::Invalid | Stop::Exception(EXCP_UDEF))
            }
            TrapKind::Yield | TrapKind::WaitForEvent => theirs == Stop::Invalid,
            TrapKind::WaitForInterrupt => theirs == Stop::Reached,
            TrapKind::HypervisorCall => theirs == Stop::Exception(EXCP_HVC),
            TrapKind::FirmwareCall => theirs == Stop::Exception(EXCP_SMC),
            _ => false,
        },
        // Unicorn does not tell the address.
        Step::Fault(fault) if fault.cause == FaultCause::Alignment => {
            theirs == Stop::Exception(EXCP_DATA_ABORT)
        }
        Step::Fault(fault) => theirs == Stop::Fault(fault.kind, fault.address),
        Step::Fetch(_) => matches!(theirs, Stop::Fetch(_)),
    }
}

/// Both sides and how to put a program to them.
#[derive(Debug)]
pub struct Comparison {
    cpu: Cpu,
    guest: A32Guest,
    /// Whether memory of the CPU equals the arena as the next program finds it.
    is_fresh: bool,
}

impl Comparison {
    /// Makes a CPU of a kind beside our interpreter of `guest`.
    ///
    /// # Errors
    ///
    /// When Unicorn refuses.
    pub fn new(guest: A32Guest, kind: CpuKind) -> Result<Self, uc_error> {
        Ok(Self {
            cpu: Cpu::new(kind)?,
            guest,
            is_fresh: false,
        })
    }

    /// The arena has been changed by others.
    pub fn memory_changed(&mut self) {
        self.is_fresh = false;
    }

    /// Runs a program on Unicorn and compares with what the interpreter, which grew
    /// it, made of it; on a difference runs ever longer beginnings of it to find the
    /// instruction that makes the difference. Memory is afterwards what the
    /// interpreter made of it.
    ///
    /// # Errors
    ///
    /// When Unicorn refuses.
    pub fn check(
        &mut self,
        program: &Program,
        arena: &mut Arena,
    ) -> Result<Option<Mismatch>, uc_error> {
        if !self.is_fresh {
            let mut initial = arena.clone();
            initial.undo(initial.start());
            self.cpu.set_memory(&initial);
            self.is_fresh = true;
        }
        self.cpu.set_code(arena)?;
        let mut state = program.before;
        let end = self.cpu.run(&mut state, program.limit())?;
        let ours = Side {
            state: program.after,
            end: program.end,
        };
        let theirs = Side { state, end };
        let equal =
            differences(&ours, &theirs).is_empty() && self.cpu.memory_difference(arena).is_none();
        if program.after.exclusive_address != ArmState::MONITOR_OPEN || !equal {
            self.open_monitor(arena)?;
        }
        if equal {
            return Ok(None);
        }
        if self.runs_alike_anew(program, arena)? {
            return Ok(None);
        }
        let memory = self.cpu.memory_difference(arena);
        let whole = format!(
            "{:?} {:?}, memory {memory:x?}",
            differences(&ours, &theirs),
            theirs.end
        );
        let mut mismatch = self.locate(program, arena)?;
        mismatch.whole = whole;
        self.is_fresh = false;
        Ok(Some(mismatch))
    }

    /// Runs a program again after Unicorn has forgotten all translations, of which it
    /// rarely keeps a stale one when asked to forget those of a page.
    fn runs_alike_anew(&mut self, program: &Program, arena: &Arena) -> Result<bool, uc_error> {
        let mut initial = arena.clone();
        initial.undo(initial.start());
        self.cpu.set_memory(&initial);
        self.cpu.forget()?;
        let mut state = program.before;
        let end = self.cpu.run(&mut state, program.limit())?;
        let ours = Side {
            state: program.after,
            end: program.end,
        };
        let alike = differences(&ours, &Side { state, end }).is_empty()
            && self.cpu.memory_difference(arena).is_none();
        if program.after.exclusive_address != ArmState::MONITOR_OPEN || !alike {
            self.open_monitor(arena)?;
        }
        Ok(alike)
    }

    /// Opens Unicorn's monitor; the code page of the arena keeps its content.
    fn open_monitor(&mut self, arena: &Arena) -> Result<(), uc_error> {
        let mut scratch = arena.clone();
        self.cpu.clear_exclusive(&mut scratch)
    }

    /// Returns what our side stopped at, which need not be an instruction of the
    /// program, and whether it is T32.
    fn stopped_at(&self, ours: &Side<End>, arena: &mut Arena) -> Option<(Item, bool)> {
        let End::Stopped(Step::Trap { .. } | Step::Fault(_)) = ours.end else {
            return None;
        };
        Some((
            Item::fetch(&ours.state, arena, self.guest.features())?,
            ours.state.thumb != 0,
        ))
    }

    /// Finds the first instruction after which there is a difference.
    fn locate(&mut self, program: &Program, arena: &Arena) -> Result<Mismatch, uc_error> {
        let mut initial = arena.clone();
        initial.undo(initial.start());
        let mut before = program.before;
        for (index, item) in program.items.iter().enumerate() {
            let is_last = index + 1 == program.items.len();
            let limit = item.address + item.len;
            let mut memory = initial.clone();
            self.cpu.set_memory(&memory);
            self.open_monitor(&memory)?;
            self.cpu.set_code(&memory)?;
            self.cpu.forget()?;
            let mut ours = Side {
                state: program.before,
                end: End::Done,
            };
            ours.end = run(&mut ours.state, &mut memory, &self.guest, limit, MAX_STEPS);
            let mut state = program.before;
            let end = self.cpu.run(&mut state, limit)?;
            let misaligned = self.cpu.was_misaligned();
            let theirs = Side { state, end };
            let fields = differences(&ours, &theirs);
            let at = self.cpu.memory_difference(&memory);
            if !fields.is_empty() || at.is_some() || is_last {
                let mut word = |at: u32| {
                    let access = dbt_isa::ops::Access::new(dbt_isa::ops::Size::Word);
                    let load = dbt_core::memory::GuestMemory::load;
                    load(&mut memory, access, (at & !3).into()).map_or(0, |value| value as u32)
                };
                let memory_words = at.map(|at| (at, word(at), self.cpu.word(at).unwrap_or(0)));
                let stopped = self.stopped_at(&ours, &mut memory);
                let last = *item;
                let (item, thumb) = stopped.unwrap_or((last, program.thumb()));
                return Ok(Mismatch {
                    last,
                    item,
                    index,
                    thumb,
                    text: text(&item, thumb, before.it, self.guest.features()),
                    before,
                    ours,
                    theirs,
                    memory: memory_words,
                    fields,
                    misaligned,
                    whole: String::new(),
                });
            }
            before = ours.state;
        }
        unreachable!("a program has instructions")
    }
}

impl Mismatch {
    /// The name of the row, or why there is none.
    #[must_use]
    pub fn row(&self) -> String {
        let set = if self.thumb { "T32" } else { "A32" };
        match self.item.row {
            Ok(row) => format!("{set} {} {}", row.name, row.encoding),
            Err(error) => format!("{set} {error}"),
        }
    }

    /// What differences of one kind have in common.
    #[must_use]
    pub fn class(&self) -> String {
        let mut fields: Vec<&str> = self
            .fields
            .iter()
            .map(|&field| {
                if REGISTERS[..15].contains(&field) {
                    "register"
                } else {
                    field
                }
            })
            .collect();
        fields.dedup();
        if self.memory.is_some() {
            fields.push("memory");
        }
        format!("{}: {}", self.row(), fields.join(", "))
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            item, ours, theirs, ..
        } = self;
        writeln!(
            f,
            "  {:#010x} at {:#x}: {}",
            item.word, item.address, self.text
        )?;
        writeln!(f, "  ours: {:?}", ours.end)?;
        writeln!(f, "  theirs: {:?}", theirs.end)?;
        if self.fields.is_empty() {
            writeln!(f, "  after the whole program: {}", self.whole)?;
        }
        let row = |f: &mut fmt::Formatter<'_>, name: &str, values: [u64; 3]| {
            let mark = if values[1] == values[2] { ' ' } else { '!' };
            let [before, ours, theirs] = values;
            writeln!(f, " {mark} {name:>8} {before:18x} {ours:18x} {theirs:18x}")
        };
        writeln!(
            f,
            "   {:>8} {:>18} {:>18} {:>18}",
            "", "before", "ours", "theirs"
        )?;
        let states = [&self.before, &ours.state, &theirs.state];
        for (index, name) in REGISTERS.iter().enumerate() {
            row(f, name, states.map(|state| state.r[index].into()))?;
        }
        row(f, "cpsr", states.map(|state| state.cpsr().into()))?;
        row(f, "spsr", states.map(|state| state.spsr().into()))?;
        for (index, mode) in MODES.into_iter().enumerate() {
            for n in [8, 13, 14] {
                let values = states.map(|state| state.mode_reg(mode, n).into());
                if values[1] != values[2] {
                    row(f, &format!("r{n}.{index}"), values)?;
                }
            }
            let values = states.map(|state| state.mode_spsr(mode).into());
            if values[1] != values[2] {
                row(f, &format!("spsr.{index}"), values)?;
            }
        }
        row(f, "fpscr", states.map(|state| state.fpscr().into()))?;
        for index in 0..32 {
            let values = states.map(|state| state.d[index]);
            if values[0] != values[1]
                || values[1] != values[2]
                || matches!(self.item.row, Ok(row) if row.name.starts_with('V')) && index < 32
            {
                row(f, &format!("d{index}"), values)?;
            }
        }
        if let Some((address, ours, theirs)) = self.memory {
            writeln!(f, "  memory {address:#x}: {ours:#010x} {theirs:#010x}")?;
        }
        Ok(())
    }
}
