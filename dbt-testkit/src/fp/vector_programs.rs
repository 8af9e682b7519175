//! Vector instructions in programs, interpreted and in generated code.
//!
//! What a translator knows of a value decides how it is computed with: one just
//! loaded may be anything, one that an addition has given may not be subnormal. And
//! what is slow for one lane is slow for all of its vector. So an instruction stands
//! alone or behind others that made its operands, which were loaded in the program or
//! before it; and lanes are special all, one among ordinary ones, or none.

use std::fmt;

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::vfp_machine::FpOp;
use dbt_core::guest::{Guest, Step};
use dbt_hv_glue::process::native::NativeBackend;

use super::Operands;
use super::generated::Machine;
use super::vector::{OPERATIONS, Operation, Placed};
use crate::arena::{Arena, DATA, REGIONS};
use crate::lockstep::user;
use crate::programs::START;
use crate::random::Random;

/// What loads all registers from where R0 points.
const LOAD_ALL: [u32; 2] = [
    // vldmia r0!, {d0-d15}
    0xecb0_0b20,
    // vldmia r0, {d16-d31}
    0xecd0_0b20,
];
/// How many instructions a program has at most, but for those that load.
const LONGEST: usize = 6;

/// A program that did something else than the manual says.
#[derive(Debug)]
pub struct Difference {
    /// Who differs.
    pub who: &'static str,
    /// The program.
    pub program: Vec<Placed>,
    /// Its words, those that load included.
    pub words: Vec<u32>,
    /// Singles and FPSCR before.
    pub before: ([u32; 64], u32),
    /// What is right.
    pub expected: ([u32; 64], u32),
    /// What came out.
    pub actual: ([u32; 64], u32),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            who,
            words,
            before,
            expected,
            actual,
            ..
        } = self;
        writeln!(f, "{who}: {words:x?}")?;
        for placed in &self.program {
            writeln!(f, "  {:#010x} {placed:?}", placed.word())?;
        }
        for (index, (right, wrong)) in expected.0.iter().zip(&actual.0).enumerate() {
            if right != wrong {
                let (double, half) = (index / 2, index % 2);
                writeln!(f, "  d{double}[{half}] is {wrong:#010x}, not {right:#010x}")?;
            }
        }
        writeln!(f, "  fpscr is {:#x}, not {:#x}", actual.1, expected.1)?;
        write!(f, "  initially {:x?} fpscr {:#x}", before.0, before.1)
    }
}

impl std::error::Error for Difference {}

/// How much was compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Programs.
    pub programs: u64,
    /// Runs of programs, each on the interpreter and in generated code.
    pub runs: u64,
    /// Lanes that the instruction in question has computed.
    pub lanes: u64,
    /// Lanes of all floating-point instructions.
    pub all_lanes: u64,
}

/// Compares the interpreter and generated code with the manual.
#[derive(Debug)]
pub struct Comparison {
    guest: A32Guest,
    arena: Arena,
    machine: Machine,
    random: Random,
    operands: Operands,
}

impl Comparison {
    /// Makes an engine with a back end, whose code may raise floating-point exceptions
    /// if `traps`.
    ///
    /// # Errors
    ///
    /// When the host denies memory.
    pub fn new(
        seed: u64,
        backend: NativeBackend,
        traps: bool,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        Ok(Self {
            guest: user(),
            arena: Arena::new(),
            machine: Machine::new(backend, traps)?,
            random: Random::new(seed),
            operands: Operands::new(seed),
        })
    }

    /// Runs a program that ends with `op` so many times, with other operands each.
    ///
    /// # Errors
    ///
    /// When somebody differs.
    pub fn check(
        &mut self,
        op: &'static Operation,
        runs: u32,
        counts: &mut Counts,
    ) -> Result<(), Box<Difference>> {
        let random = &mut self.random;
        let others = if random.one_in(2) {
            0
        } else {
            random.below(LONGEST)
        };
        let ops = (0..others).map(|_| &OPERATIONS[random.below(OPERATIONS.len())]);
        let ops: Vec<_> = ops.chain([op]).collect();
        let program: Vec<Placed> = (ops.into_iter())
            .map(|op| Placed::draw(op, random))
            .collect();
        let loads: &[u32] = if random.one_in(2) { &LOAD_ALL } else { &[] };
        let words: Vec<u32> = (loads.iter().copied())
            .chain(program.iter().map(Placed::word))
            .collect();
        let pc = self.machine.place(&words);
        for (address, word) in (START..).step_by(4).zip(&words) {
            let [a, b, c, d] = word.to_le_bytes();
            let halves = [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])];
            self.arena.write_code(address, &halves);
        }
        counts.programs += 1;
        for _ in 0..runs {
            self.run(&program, &words, pc, !loads.is_empty())?;
            counts.runs += 1;
            counts.lanes += program.last().map_or(0, Placed::lanes);
            counts.all_lanes += program.iter().map(Placed::lanes).sum::<u64>();
        }
        Ok(())
    }

    fn run(
        &mut self,
        program: &[Placed],
        words: &[u32],
        pc: u32,
        loads: bool,
    ) -> Result<(), Box<Difference>> {
        let (singles, fpscr) = self.draw(program);
        let mut expected = (singles, fpscr);
        for placed in program {
            placed.apply(&mut expected.0, &mut expected.1);
        }
        let mut state = ArmState::default();
        state.r[0] = DATA;
        state.r[15] = pc;
        state.set_fpscr(fpscr);
        if loads {
            let bytes: Vec<u8> = singles.iter().flat_map(|word| word.to_le_bytes()).collect();
            self.machine.write(DATA, &bytes);
            let data = REGIONS.iter().find(|region| region.base == DATA);
            let data = self.arena.region_mut(data.expect("data is a region"));
            data[..bytes.len()].copy_from_slice(&bytes);
        } else {
            for (double, halves) in state.d.iter_mut().zip(singles.chunks_exact(2)) {
                *double = u64::from(halves[0]) | u64::from(halves[1]) << 32;
            }
        }
        let generated = outcome(self.machine.run(&state));
        state.r[15] = START;
        for _ in words {
            let step = self.guest.step(&mut state, &mut self.arena);
            assert_eq!(step, Step::Next, "programs do not stop: {words:x?}");
        }
        for (who, actual) in [
            ("the interpreter", outcome(&state)),
            ("generated code", generated),
        ] {
            if actual != expected {
                return Err(Box::new(Difference {
                    who,
                    program: program.to_vec(),
                    words: words.to_vec(),
                    before: (singles, fpscr),
                    expected,
                    actual,
                }));
            }
        }
        Ok(())
    }

    /// Draws registers and FPSCR.
    fn draw(&mut self, program: &[Placed]) -> ([u32; 64], u32) {
        let mut singles = [0; 64];
        let special = self.random.below(4);
        for single in &mut singles {
            *single = match special {
                0 | 1 => self.any(),
                _ => self.ordinary(),
            };
        }
        if let (0, Some(last)) = (special, program.last()) {
            // Operands that belong together, such as those that cancel.
            let is_half = last.is_half();
            last.place_operands(&mut singles, || {
                if is_half {
                    let [low, high] = [0; 2].map(|_: u32| self.operands.of(FpOp::MulAdd16));
                    return [0, 1, 2].map(|index| low[index] | high[index] << 16);
                }
                let op = [FpOp::Add32, FpOp::MulAdd32];
                self.operands.of(self.random.pick(&op))
            });
        }
        if special == 2 {
            // One lane of each vector of 128 bits.
            for vector in singles.chunks_exact_mut(4) {
                vector[self.random.below(4)] = self.any();
            }
        }
        let modes = if self.random.one_in(2) {
            self.random.word() & 0x07c8_0000
        } else {
            0
        };
        let flags = if self.random.one_in(4) {
            self.random.word() & 0x9f
        } else {
            0
        };
        (singles, modes | flags)
    }

    /// A pattern of some use.
    #[allow(clippy::cast_possible_truncation, reason = "operands are singles")]
    fn any(&mut self) -> u32 {
        const SOURCES: [FpOp; 7] = [
            FpOp::Add32,
            FpOp::Compare32,
            FpOp::ToFixed32,
            FpOp::SingleToHalf,
            FpOp::FromFixed32,
            FpOp::HalfToSingle,
            FpOp::Add16,
        ];
        let source = self.random.pick(&SOURCES);
        let [a, b, _] = self.operands.of(source);
        if source == FpOp::Add16 {
            return a as u32 | (b as u32) << 16;
        }
        a as u32
    }

    /// A number of moderate size.
    fn ordinary(&mut self) -> u32 {
        let word = self.random.word();
        let exponent = 0x7f - 8 + (word >> 23 & 15);
        word & 0x807f_ffff | exponent << 23
    }
}

/// Returns the singles of a state, and FPSCR.
#[allow(clippy::cast_possible_truncation, reason = "halves are meant")]
fn outcome(state: &ArmState) -> ([u32; 64], u32) {
    let mut singles = [0; 64];
    for (halves, double) in singles.chunks_exact_mut(2).zip(state.d) {
        halves.copy_from_slice(&[double as u32, (double >> 32) as u32]);
    }
    (singles, state.fpscr())
}
