//! Decoders and printers.

use std::fmt::{self, Write};

use dbt_a32_frontend::decode::{decode_a32, decode_thumb, is_32bit};
use dbt_a32_frontend::disasm::PrintContext;
use dbt_a32_frontend::insn::{Insn, a32, simd, t16, t32, vfp, vfp_v8};
use dbt_a32_frontend::itstate::{Cond, ItState};
use dbt_a32_frontend::version::{DecodeContext, Features};
use dbt_isa::Decoded;

use super::Input;
use crate::random::Random;

/// Counts what is printed, without keeping it.
struct Length(usize);

impl Write for Length {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

/// Prints an instruction, which must not fail.
fn print(decoded: &Decoded<Insn>, thumb: bool, c: Cond) {
    let print = PrintContext {
        address: 0x8000,
        thumb,
        c,
    };
    let mut text = Length(0);
    write!(text, "{}", decoded.display(&print)).expect("any text can be counted");
    assert!(text.0 != 0, "every instruction has a text");
}

/// Decoding any A32 word for a core with any features never panics, nor does printing
/// what it gives; with more features a word is the same instruction. Four bytes are
/// the word, four the features that lack, one the rest of the context.
///
/// # Panics
///
/// If the theorem does not hold.
#[must_use]
pub fn a32_decodes(data: &[u8]) -> bool {
    let mut input = Input(data);
    let word = input.word();
    let all = DecodeContext {
        features: Features::all(),
        ..DecodeContext::a32()
    };
    let cx = DecodeContext {
        features: input.features(),
        ..all
    };
    let Ok(decoded) = decode_a32(word, &cx) else {
        return false;
    };
    let fixed = decoded.row.mask & 0x0fff_ffff;
    assert_eq!(word & fixed, decoded.row.value & fixed, "{word:#010x}");
    if cx != all {
        let row = decode_a32(word, &all).map(|decoded| decoded.row);
        assert_eq!(row, Ok(decoded.row), "{word:#010x} with all features");
    }
    print(&decoded, false, Cond::from_bits(word >> 28));
    true
}

/// The same for T32, in and outside IT blocks: four bytes are two halfwords, one is
/// `ITSTATE`, four are the features that lack.
///
/// # Panics
///
/// If the theorem does not hold.
#[must_use]
pub fn t32_decodes(data: &[u8]) -> bool {
    let mut input = Input(data);
    let (first, second) = (input.half(), input.half());
    let all = DecodeContext {
        it: ItState::from_bits(input.byte()),
        features: Features::all(),
        ..DecodeContext::t32()
    };
    let cx = DecodeContext {
        features: input.features(),
        ..all
    };
    let Ok(thumb) = decode_thumb(first, || second, &cx) else {
        return false;
    };
    assert_eq!(
        thumb.size == 4,
        is_32bit(first),
        "the first halfword tells the size"
    );
    if cx != all {
        let row = decode_thumb(first, || second, &all).map(|thumb| thumb.decoded.row);
        assert_eq!(
            row,
            Ok(thumb.decoded.row),
            "{first:#06x} {second:#06x} with all features"
        );
    }
    print(&thumb.decoded, true, cx.it.cond());
    true
}

/// An encoding drawn for any row of any decoder decodes to that row, in and outside IT
/// blocks. Two bytes choose the row, four the encoding, one is `ITSTATE`.
///
/// # Panics
///
/// If the theorem does not hold.
#[must_use]
pub fn encodings_decode(data: &[u8]) -> bool {
    let mut input = Input(data);
    let choice = usize::from(input.half());
    let mut random = Random::new(input.word().into());
    let next = &mut || random.word();
    let features = Features::all();
    let thumb = DecodeContext {
        it: ItState::from_bits(input.byte()),
        features,
        ..DecodeContext::t32()
    };
    let arm = DecodeContext {
        features,
        ..DecodeContext::a32()
    };
    let mut number = choice;
    let mut chosen = |rows: &'static [_]| {
        let row = rows.get(number);
        number = number.wrapping_sub(rows.len());
        row
    };
    let (row, word, decoded) = if let Some(row) = chosen(a32::ROWS) {
        let Some(word) = a32::random(row, next, &arm) else {
            return false;
        };
        (row, word, decode_a32(word, &arm))
    } else if let Some(row) = chosen(simd::ROWS) {
        let Some(word) = simd::random(row, next, &arm) else {
            return false;
        };
        (row, word, decode_a32(word, &arm))
    } else if let Some(row) = chosen(vfp_v8::ROWS) {
        let Some(word) = vfp_v8::random(row, next, &arm) else {
            return false;
        };
        (row, word, decode_a32(word, &arm))
    } else if let Some(row) = chosen(t16::ROWS) {
        let Some(half) = t16::random(row, next, &thumb) else {
            return false;
        };
        let decoded = decode_thumb(half, || 0, &thumb).map(|thumb| thumb.decoded);
        (row, half.into(), decoded)
    } else if let Some(row) = chosen(t32::ROWS) {
        let Some(word) = t32::random(row, next, &thumb) else {
            return false;
        };
        (row, word, decode_wide(word, &thumb))
    } else if let Some(row) = chosen(vfp::ROWS) {
        let Some(word) = vfp::random(row, next, &thumb) else {
            return false;
        };
        (row, word, decode_wide(word, &thumb))
    } else {
        return false;
    };
    let decoded = decoded.map(|decoded| decoded.row);
    assert_eq!(decoded, Ok(row), "{word:#010x}");
    true
}

/// Decodes a T32 instruction of 32 bits.
#[allow(clippy::cast_possible_truncation, reason = "halves are meant")]
fn decode_wide(word: u32, cx: &DecodeContext) -> Result<Decoded<Insn>, dbt_isa::Undecodable> {
    decode_thumb((word >> 16) as u16, || word as u16, cx).map(|thumb| thumb.decoded)
}
