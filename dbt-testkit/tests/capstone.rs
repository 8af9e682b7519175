//! Our decoders agree with Capstone on a sample, and on all of T16.
//!
//! `cargo xtask oracle capstone --full` asks about every word; see
//! `docs/testing.md`.

use core::num::NonZero;
use std::thread;

use dbt_a32_frontend::itstate::ItState;
use dbt_testkit::sweep::subject::Frontend;
use dbt_testkit::sweep::{self, Report, Set, Space};

/// Words per 32-bit space; a few seconds in all.
const SAMPLE: u32 = 4_000_000;

fn assert_clean(report: &Report) {
    assert!(report.is_clean(), "{report}");
    assert!(report.both > 0, "nothing was compared: {report}");
}

fn sample(set: Set, first: u32, last: u32) {
    let threads = thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let space = Space::all(first, last).sample(SAMPLE);
    assert_clean(&sweep::words(
        set,
        space,
        &Frontend::new(set),
        threads,
        &|_| (),
    ));
}

#[test]
fn a32_agrees() {
    sample(Set::A32, 0xe000_0000, 0xefff_ffff);
}

#[test]
fn unconditional_a32_agrees() {
    sample(Set::A32, 0xf000_0000, 0xffff_ffff);
}

#[test]
fn conditions_agree() {
    for condition in 0..14_u32 {
        let space = Space::all(condition << 28, condition << 28 | 0x0fff_ffff).sample(100_000);
        let subject = Frontend::new(Set::A32);
        assert_clean(&sweep::words(
            Set::A32,
            space,
            &subject,
            NonZero::<usize>::MIN,
            &|_| (),
        ));
    }
}

#[test]
fn t32_agrees() {
    sample(Set::T32, 0xe800_0000, 0xffff_ffff);
}

#[test]
fn all_of_t16_agrees_outside_and_inside_it_blocks() {
    for (before, it) in [
        (&[][..], 0),
        (&[0xbf14], 0b0001_0100),
        (&[0xbf18], 0b0001_1000),
    ] {
        let subject = Frontend::in_block(Set::T16, ItState::from_bits(it));
        assert_clean(&sweep::halfwords(before, &subject));
    }
}

#[test]
fn t32_agrees_inside_it_blocks() {
    let space = Space::all(0xe800_0000, 0xffff_ffff).sample(400_000);
    for (before, it) in [(&[0xbf14], 0b0001_0100), (&[0xbf18], 0b0001_1000)] {
        let subject = Frontend::in_block(Set::T32, ItState::from_bits(it));
        assert_clean(&sweep::words_in_block(before, space, &subject));
    }
}
