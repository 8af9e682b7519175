//! Theorems about any input, for fuzzing and for `cargo test`.
//!
//! Each takes bytes, of which it makes an input, panics if its theorem does not
//! hold, and tells whether the input was a meaningful one.

use std::cell::RefCell;
use std::fmt::Write;

use dbt_a32_frontend::decode::{decode_a32, decode_thumb, is_32bit};
use dbt_a32_frontend::disasm::PrintContext;
use dbt_a32_frontend::insn::{Insn, a32, t16, t32, vfp};
use dbt_a32_frontend::itstate::{Cond, ItState};
use dbt_a32_frontend::version::{DecodeContext, Features};
use dbt_core::ir::text::{display, parse};
use dbt_core::ir::{Unit, verify};
use dbt_isa::{Decoded, RowInfo, Undecodable};

use crate::lockstep::Lockstep;
use crate::random::Random;
use crate::units::{LAYOUT, generate};

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub use cache::code_cache;

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod cache;

/// Returns up to eight bytes as a number.
fn number(data: &[u8]) -> u64 {
    let bytes = data.iter().take(8).rev();
    bytes.fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// Prints an instruction, which must not fail.
fn print(decoded: &Decoded<Insn>, thumb: bool, c: Cond) {
    let print = PrintContext {
        address: 0x8000,
        thumb,
        c,
    };
    let mut text = String::new();
    write!(text, "{}", decoded.display(&print)).expect("a string takes any text");
    assert!(!text.is_empty(), "every instruction has a text");
}

/// A random encoding of any row decodes to that row, or to the row of floating
/// point that takes precedence.
fn round_trip(
    rows: &'static [RowInfo],
    seed: u64,
    draw: impl Fn(&RowInfo, &mut dyn FnMut() -> u32) -> Option<u32>,
    decode: impl Fn(u32) -> Result<Decoded<Insn>, Undecodable>,
) {
    let mut random = Random::new(seed);
    let row = &rows[random.below(rows.len())];
    if let Some(word) = draw(row, &mut || random.word()) {
        let decoded = decode(word).map(|decoded| decoded.row);
        assert_eq!(decoded, Ok(row), "{word:#010x}");
    }
}

/// Decoding any A32 word never panics, nor does printing what it gives; an
/// encoding drawn for a row decodes to that row.
#[must_use]
pub fn a32_decodes(data: &[u8]) -> bool {
    let features = Features::from_bits_truncate(!0);
    let cx = DecodeContext {
        features,
        ..DecodeContext::a32()
    };
    let mut meaningful = false;
    for bytes in data.chunks_exact(4) {
        #[allow(clippy::cast_possible_truncation, reason = "of four bytes")]
        let word = number(bytes) as u32;
        if let Ok(decoded) = decode_a32(word, &cx) {
            print(&decoded, false, Cond::from_bits(word >> 28));
            meaningful = true;
        }
    }
    let seed = number(data);
    let decode = |word| decode_a32(word, &cx);
    round_trip(
        a32::ROWS,
        seed,
        |row, next| a32::random(row, next, &cx),
        decode,
    );
    round_trip(
        vfp::ROWS,
        seed,
        |row, next| vfp::random(row, next, &cx),
        decode,
    );
    meaningful
}

/// The same for T32, in and outside IT blocks: the first byte is `ITSTATE`.
///
/// # Panics
///
/// If the theorem does not hold.
#[must_use]
pub fn t32_decodes(data: &[u8]) -> bool {
    let Some((&it, data)) = data.split_first() else {
        return false;
    };
    let cx = DecodeContext {
        features: Features::from_bits_truncate(!0),
        it: ItState::from_bits(it),
        ..DecodeContext::t32()
    };
    let mut meaningful = false;
    for bytes in data.chunks_exact(4) {
        let first = u16::from_le_bytes([bytes[0], bytes[1]]);
        let second = u16::from_le_bytes([bytes[2], bytes[3]]);
        if let Ok(thumb) = decode_thumb(first, || second, &cx) {
            assert_eq!(
                thumb.size == 4,
                is_32bit(first),
                "the first halfword tells the size"
            );
            print(&thumb.decoded, true, cx.it.cond());
            meaningful = true;
        }
    }
    let seed = number(data);
    #[allow(clippy::cast_possible_truncation, reason = "halves are meant")]
    let wide = |word: u32| {
        let thumb = decode_thumb((word >> 16) as u16, || word as u16, &cx)?;
        Ok(thumb.decoded)
    };
    #[allow(clippy::cast_possible_truncation, reason = "encodings have 16 bits")]
    let narrow = |word: u32| decode_thumb(word as u16, || 0, &cx).map(|thumb| thumb.decoded);
    let draw =
        |row: &RowInfo, next: &mut dyn FnMut() -> u32| t16::random(row, next, &cx).map(u32::from);
    round_trip(t16::ROWS, seed, draw, narrow);
    round_trip(
        t32::ROWS,
        seed,
        |row, next| t32::random(row, next, &cx),
        wide,
    );
    round_trip(
        vfp::ROWS,
        seed,
        |row, next| vfp::random(row, next, &cx),
        wide,
    );
    meaningful
}

/// Any text is parsed or refused; a valid unit that was parsed or generated prints
/// as a text that parses to one that prints alike.
///
/// # Panics
///
/// If the theorem does not hold.
#[must_use]
pub fn ir_text_round_trips(data: &[u8]) -> bool {
    let again = |unit: &Unit| {
        let text = display(unit, &LAYOUT).to_string();
        let parsed = parse(&text, &LAYOUT).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(display(&parsed, &LAYOUT).to_string(), text);
    };
    let mut unit = Unit::default();
    generate(&mut Random::new(number(data)), &mut unit);
    again(&unit);
    // Printing a unit and damaging the text reaches further than bytes alone.
    let mut text = display(&unit, &LAYOUT).to_string().into_bytes();
    for bytes in data.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([bytes[0], bytes[1]])) % text.len();
        text[at] = bytes[2];
    }
    let mut meaningful = false;
    for text in [&text[..], data] {
        if let Ok(unit) = parse(&String::from_utf8_lossy(text), &LAYOUT)
            && verify(&unit, &LAYOUT).is_ok()
        {
            again(&unit);
            meaningful = true;
        }
    }
    meaningful
}

/// Generated code does what the interpreter does, for any instructions and any
/// state: eight bytes choose the state, the rest is code.
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
    let Some((seed, code)) = data.split_at_checked(8) else {
        return false;
    };
    let seed = number(seed);
    let thumb = seed & 1 != 0;
    let words: Vec<u32> = if thumb {
        thumb_words(code)
    } else {
        let words = code.chunks_exact(4);
        #[allow(clippy::cast_possible_truncation, reason = "of four bytes")]
        words.map(|bytes| number(bytes) as u32).collect()
    };
    let words = &words[..words.len().min(64)];
    LOCKSTEP.with_borrow_mut(|lockstep| {
        let before = lockstep.state(seed, thumb);
        match lockstep.run(before, words) {
            Ok(ended) => ended && !words.is_empty(),
            Err(difference) => panic!("{difference}"),
        }
    })
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
