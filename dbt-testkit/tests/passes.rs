//! Passes do not change what a unit does.
//!
//! Random units are evaluated before and after each pass on the same state. The
//! evaluations agree on how the unit ends and on all of state and memory.

use dbt_core::ir::text::display;
use dbt_core::ir::{Unit, verify};
use dbt_core::opt::{Optimizer, Passes};
use dbt_testkit::equivalence::compare;
use dbt_testkit::random::Random;
use dbt_testkit::units::{LAYOUT, generate};

fn check(passes: Passes, units: u64) {
    let mut optimizer = Optimizer::new(&LAYOUT).with_passes(passes);
    let mut unit = Unit::default();
    let mut finished = 0;
    for seed in 0..units {
        generate(&mut Random::new(seed), &mut unit);
        assert_eq!(verify(&unit, &LAYOUT), Ok(()), "seed {seed} as generated");
        let mut optimised = unit.clone();
        optimizer.run(&mut optimised);
        let listing = || {
            let (before, after) = (display(&unit, &LAYOUT), display(&optimised, &LAYOUT));
            format!("seed {seed}\n{before}\nbecame\n{after}")
        };
        assert_eq!(verify(&optimised, &LAYOUT), Ok(()), "{}", listing());
        for input in 0..3 {
            match compare(&unit, &optimised, seed << 8 | input) {
                Ok(ended) => finished += u64::from(ended),
                Err(difference) => panic!("{difference}\n{}", listing()),
            }
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

/// Optimising what has been optimised changes nothing either, and does not grow.
#[test]
fn optimising_twice_does_no_harm() {
    let mut optimizer = Optimizer::new(&LAYOUT);
    let mut unit = Unit::default();
    for seed in 0..10_000 {
        generate(&mut Random::new(seed), &mut unit);
        let original = unit.clone();
        optimizer.run(&mut unit);
        optimizer.run(&mut unit);
        assert_eq!(verify(&unit, &LAYOUT), Ok(()), "seed {seed}");
        if let Err(difference) = compare(&original, &unit, seed) {
            panic!("seed {seed}: {difference}");
        }
    }
}
