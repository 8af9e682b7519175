//! Passes do not change what a unit does.
//!
//! Random units are evaluated before and after each pass on the same state. The
//! evaluations agree on how the unit ends and on all of state and memory, except
//! that an indirect branch to a constant may have become a direct one.

use dbt_core::ir::eval::{Evaluator, Outcome, Surroundings, read_slot, write_slot};
use dbt_core::ir::{Helper, Slot, Unit, verify};
use dbt_core::opt::{Optimizer, Passes};
use dbt_testkit::memory::MirroredMemory;
use dbt_testkit::random::Random;
use dbt_testkit::units::{FLAGS, LAYOUT, STATE_BYTES, generate};

/// Blocks evaluated before a unit counts as looping for ever.
const BUDGET: u32 = 50;

struct World {
    state: Vec<u8>,
    memory: MirroredMemory,
}

impl World {
    fn new(random: &mut Random) -> Self {
        let mut state = vec![0; STATE_BYTES];
        for (index, slot) in (0..).zip(LAYOUT.slots) {
            let value = match slot.name {
                "flags" => random.bits() & 0xf000_0000,
                "q" => random.bits() & 1,
                _ if random.one_in(3) => random.bits() & 0xff,
                _ => random.bits(),
            };
            write_slot(&LAYOUT, &mut state, Slot(index), value);
        }
        Self {
            state,
            memory: MirroredMemory::new(),
        }
    }

    fn run(&mut self, unit: &Unit) -> Outcome {
        let with = &mut Surroundings {
            layout: &LAYOUT,
            state: &mut self.state,
            memory: &mut self.memory,
            helper: &mut help,
        };
        match Evaluator::default().run(unit, with, BUDGET) {
            Outcome::Indirect(location) => Outcome::Exit(location),
            outcome => outcome,
        }
    }
}

/// A helper that reads and writes state.
fn help(helper: Helper, state: &mut [u8], args: [u64; 3]) -> u64 {
    let slot = Slot(helper.0);
    let old = read_slot(&LAYOUT, state, slot);
    write_slot(&LAYOUT, state, slot, args[0] ^ args[1].rotate_left(5));
    old ^ args[2]
}

fn check(passes: Passes, units: u64) {
    let mut optimizer = Optimizer::new(&LAYOUT).with_passes(passes);
    let mut unit = Unit::default();
    let mut finished = 0;
    for seed in 0..units {
        let mut random = Random::new(seed);
        generate(&mut random, &mut unit);
        assert_eq!(verify(&unit, &LAYOUT), Ok(()), "seed {seed} as generated");
        let mut optimised = unit.clone();
        optimizer.run(&mut optimised);
        assert_eq!(
            verify(&optimised, &LAYOUT),
            Ok(()),
            "seed {seed}: {:#?}",
            unit.insts
        );
        for input in 0..3 {
            let mut random = Random::new(seed << 8 | input);
            let mut before = World::new(&mut random.clone());
            let mut after = World::new(&mut random);
            let outcome = before.run(&unit);
            assert_eq!(outcome, after.run(&optimised), "seed {seed}, input {input}");
            if outcome == Outcome::Spent {
                // Flags that are not live at the head of a loop may differ.
                write_slot(&LAYOUT, &mut before.state, FLAGS, 0);
                write_slot(&LAYOUT, &mut after.state, FLAGS, 0);
            }
            finished += u64::from(outcome != Outcome::Spent);
            assert_eq!(before.memory, after.memory, "seed {seed}, input {input}");
            assert_eq!(before.state, after.state, "seed {seed}, input {input}");
        }
    }
    println!("{finished} evaluations ended by themselves");
    println!("{:#?}", optimizer.statistics());
    assert!(finished > units, "most units end");
}

#[test]
fn promotion_changes_nothing() {
    check(Passes::PROMOTE, 20_000);
}

#[test]
fn folding_changes_nothing() {
    check(Passes::FOLD, 20_000);
}

#[test]
fn dead_flags_change_nothing() {
    check(Passes::DEAD_FLAGS, 20_000);
    check(Passes::DEAD_FLAGS | Passes::FLAGS_ACROSS_BLOCKS, 20_000);
}

#[test]
fn dead_writes_change_nothing() {
    check(Passes::DEAD_WRITES, 20_000);
}

#[test]
fn dead_code_changes_nothing() {
    check(Passes::DCE, 20_000);
}

#[test]
fn all_passes_change_nothing() {
    check(Passes::ALL, 60_000);
}
