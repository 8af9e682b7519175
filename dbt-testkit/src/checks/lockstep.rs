//! Generated code beside the interpreter.

use std::cell::RefCell;
use std::thread::LocalKey;

use dbt_a32_frontend::decode::is_32bit;

use super::Input;
use crate::arena::{DATA, DATA_LEN, Obstacle, PAGE};
use crate::lockstep::Lockstep;

/// The longest program that an input makes.
const LONGEST: usize = 64;

/// An input is eight bytes that choose a state, one that chooses an obstacle, and one
/// that chooses a runner; the rest is the program.
fn check(
    lockstep: &'static LocalKey<RefCell<Lockstep>>,
    data: &[u8],
    words: impl Fn(&Lockstep, bool, &[u8]) -> Vec<u32>,
) -> bool {
    let mut input = Input(data);
    let (seed, obstacle, runner) = (input.doubleword(), input.byte(), input.byte());
    let thumb = seed & 1 != 0;
    let obstacle = match obstacle % 16 {
        0..10 => Obstacle::None,
        10..13 => Obstacle::After((obstacle >> 4).into()),
        _ => Obstacle::Page(DATA + PAGE * (u32::from(obstacle >> 4) % (DATA_LEN / PAGE))),
    };
    lockstep.with_borrow_mut(|lockstep| {
        let mut words = words(lockstep, thumb, input.0);
        words.truncate(LONGEST);
        let before = lockstep.state(seed, thumb);
        match lockstep.try_out(before, &words, obstacle, runner.into()) {
            Ok(ended) => ended && !words.is_empty(),
            Err(difference) => panic!("{difference}"),
        }
    })
}

/// Generated code does what the interpreter does, for any instructions and any
/// state, with any access or page of data faulting.
///
/// # Panics
///
/// If the theorem does not hold.
#[must_use]
pub fn generated_code_keeps_in_step(data: &[u8]) -> bool {
    thread_local! {
        static LOCKSTEP: RefCell<Lockstep> =
            RefCell::new(Lockstep::new(0, (1, 1)).with_generated_code());
    }
    check(&LOCKSTEP, data, any_words)
}

/// The same in any mode, with exceptions that are taken and returned from.
///
/// # Panics
///
/// If the theorem does not hold.
#[must_use]
pub fn system_level_keeps_in_step(data: &[u8]) -> bool {
    thread_local! {
        static LOCKSTEP: RefCell<Lockstep> =
            RefCell::new(Lockstep::system(0, (1, 1)).with_generated_code());
    }
    check(&LOCKSTEP, data, drawn_words)
}

/// The same for floating-point and vector instructions.
///
/// # Panics
///
/// If the theorem does not hold.
#[must_use]
pub fn floating_point_keeps_in_step(data: &[u8]) -> bool {
    thread_local! {
        static LOCKSTEP: RefCell<Lockstep> =
            RefCell::new(Lockstep::floating(0, (1, 1)).with_generated_code());
    }
    check(&LOCKSTEP, data, drawn_words)
}

/// The same for exclusive and ordered accesses.
///
/// # Panics
///
/// If the theorem does not hold.
#[must_use]
pub fn exclusives_keep_in_step(data: &[u8]) -> bool {
    thread_local! {
        static LOCKSTEP: RefCell<Lockstep> =
            RefCell::new(Lockstep::exclusive(0, (1, 1)).with_generated_code());
    }
    check(&LOCKSTEP, data, drawn_words)
}

/// Takes bytes as instructions.
fn any_words(_: &Lockstep, thumb: bool, code: &[u8]) -> Vec<u32> {
    if thumb {
        return thumb_words(code);
    }
    let words = code.chunks_exact(4);
    words.map(|bytes| Input(bytes).word()).collect()
}

/// Takes six bytes as an instruction: two choose a row, four the encoding.
fn drawn_words(lockstep: &Lockstep, thumb: bool, code: &[u8]) -> Vec<u32> {
    let choices = code.chunks_exact(6).map(|bytes| {
        let mut input = Input(bytes);
        let (number, seed) = (input.half(), input.word());
        lockstep.encoding(thumb, number.into(), seed.into())
    });
    choices.flatten().collect()
}

/// Splits a stream of halfwords into instructions.
fn thumb_words(code: &[u8]) -> Vec<u32> {
    let mut halves = code
        .chunks_exact(2)
        .map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
    let mut words = Vec::new();
    while let Some(first) = halves.next() {
        if !is_32bit(first) {
            words.push(first.into());
        } else if let Some(second) = halves.next() {
            words.push(u32::from(first) << 16 | u32::from(second));
        }
    }
    words
}
