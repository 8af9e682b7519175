//! Text of the host's code (AArch64).

use std::ops::Range;

use yaxpeax_arch::{Decoder as _, U8Reader};
use yaxpeax_arm::armv8::a64::InstDecoder;

/// Disassembles A64 code, with offsets; distances of branches stay distances.
pub(super) fn disassemble_host(
    code: &[u8],
    _address: u64,
    _runtime: &Range<u64>,
) -> Vec<(u32, String)> {
    let decoder = InstDecoder::default();
    let words = code.as_chunks::<4>().0;
    (0..)
        .step_by(4)
        .zip(words)
        .map(|(offset, word)| {
            let text = match decoder.decode(&mut U8Reader::new(word)) {
                Ok(instruction) => instruction.to_string(),
                Err(_) => format!(".word {:#010x}", u32::from_le_bytes(*word)),
            };
            (offset, text)
        })
        .collect()
}
