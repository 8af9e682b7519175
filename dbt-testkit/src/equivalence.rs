//! Do two units do the same?

use core::fmt;

use dbt_core::ir::eval::{Evaluator, Outcome, Surroundings, read_slot, write_slot};
use dbt_core::ir::{Slot, Ty, Unit};

use crate::memory::MirroredMemory;
use crate::random::Random;
use crate::units::helpers::help;
use crate::units::{FLAGS, LAYOUT, STATE_BYTES};

/// Blocks evaluated before a unit counts as looping for ever.
const BUDGET: u32 = 50;

/// Where two units of the made-up guest differ.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// The seed of the input.
    pub seed: u64,
    /// How the first ended, and what it left.
    pub before: World,
    /// How the second ended, and what it left.
    pub after: World,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = (&self.before, &self.after);
        write!(f, "input {}:", self.seed)?;
        if before.outcome != after.outcome {
            write!(f, " {:?} became {:?}", before.outcome, after.outcome)?;
        }
        for (slot, info) in (0..).map(Slot).zip(LAYOUT.slots) {
            let old = read_slot(&LAYOUT, &before.state, slot);
            let new = read_slot(&LAYOUT, &after.state, slot);
            if old != new {
                write!(f, " {} {old:#x} became {new:#x}", info.name)?;
            }
        }
        if before.memory != after.memory {
            write!(f, " memory differs")?;
        }
        Ok(())
    }
}

impl core::error::Error for Difference {}

/// What an evaluation works on, and how it ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct World {
    outcome: Outcome,
    state: Vec<u8>,
    memory: MirroredMemory,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut state = vec![0; STATE_BYTES];
        for (slot, info) in (0..).map(Slot).zip(LAYOUT.slots) {
            let value = match info.name {
                "flags" => random.bits() & 0xf000_0000,
                "q" => random.bits() & 1,
                name if name.starts_with("operand") => 0,
                _ if random.one_in(3) => random.bits() & 0xff,
                _ => random.bits(),
            };
            let above = match info.ty {
                Ty::V128 if value != 0 => u128::from(random.bits()) << 64,
                _ => 0,
            };
            write_slot(&LAYOUT, &mut state, slot, above | u128::from(value));
        }
        Self {
            outcome: Outcome::Spent,
            state,
            memory: MirroredMemory::new(),
        }
    }

    fn run(&mut self, unit: &Unit) {
        let with = &mut Surroundings {
            layout: &LAYOUT,
            state: &mut self.state,
            memory: &mut self.memory,
            helper: &mut help,
        };
        self.outcome = match Evaluator::default().run(unit, with, BUDGET) {
            // An indirect branch to a constant may have become a direct one.
            Outcome::Indirect(location) => Outcome::Exit(location),
            outcome => outcome,
        };
        if self.outcome == Outcome::Spent {
            // Flags that are not live at the head of a loop may differ there.
            write_slot(&LAYOUT, &mut self.state, FLAGS, 0);
        }
    }
}

/// Evaluates two valid units of the made-up guest on the same state and memory,
/// chosen by `seed`. Tells whether they ended by themselves.
///
/// # Errors
///
/// When they end differently or leave different state or memory.
pub fn compare(before: &Unit, after: &Unit, seed: u64) -> Result<bool, Box<Difference>> {
    let (mut first, mut second) = (World::new(seed), World::new(seed));
    first.run(before);
    second.run(after);
    if first == second {
        return Ok(first.outcome != Outcome::Spent);
    }
    Err(Box::new(Difference {
        seed,
        before: first,
        after: second,
    }))
}
