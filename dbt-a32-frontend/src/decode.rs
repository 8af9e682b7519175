//! Decoding of instruction streams.

use dbt_isa::{Decoded, Undecodable};

use crate::insn::{Insn, a32, t16, t32, vfp};
use crate::version::DecodeContext;

/// Decodes an A32 instruction.
///
/// # Errors
///
/// Says why the word is no instruction.
#[inline]
pub fn decode_a32(word: u32, cx: &DecodeContext) -> Result<Decoded<Insn>, Undecodable> {
    if is_vfp(word) && word >> 28 != 0b1111 {
        return decode_vfp(word, cx);
    }
    a32::decode(word, cx)
}

/// Whether a word is a floating-point instruction, in A32 unless its condition
/// is `0b1111` and in T32 if its first four bits are `0b1110`: coprocessors 10
/// and 11.
///
/// See Arm ARM DDI 0406C.d, sections A5.6 and A6.3.18.
#[inline]
const fn is_vfp(word: u32) -> bool {
    word & 0x0c00_0e00 == 0x0c00_0a00 && word & 0x0300_0000 != 0x0300_0000
}

/// Decodes what A32 under any condition and T32 encode alike.
#[inline]
fn decode_vfp(word: u32, cx: &DecodeContext) -> Result<Decoded<Insn>, Undecodable> {
    vfp::decode(word & 0x0fff_ffff | 0xe000_0000, cx)
}

/// Whether a halfword is the first of a 32-bit T32 instruction.
///
/// See Arm ARM DDI 0406C.d, section A6.1.
///
/// # Examples
///
/// ```
/// use dbt_a32_frontend::decode::is_32bit;
///
/// assert!(is_32bit(0xf000)); // The first half of `bl`.
/// assert!(!is_32bit(0xe7fe)); // `b .`
/// ```
#[inline]
#[must_use]
pub const fn is_32bit(first: u16) -> bool {
    first >= 0b11101 << 11
}

/// A decoded T32 instruction and its size.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DecodedThumb {
    /// The instruction and its row.
    pub decoded: Decoded<Insn>,
    /// The size in bytes, 2 or 4.
    pub size: u32,
}

/// Decodes a T32 instruction; `second` is asked for only if the first halfword
/// needs it.
///
/// # Errors
///
/// Says why the halfwords are no instruction.
#[inline]
pub fn decode_thumb(
    first: u16,
    second: impl FnOnce() -> u16,
    cx: &DecodeContext,
) -> Result<DecodedThumb, Undecodable> {
    if is_32bit(first) {
        let word = u32::from(first) << 16 | u32::from(second());
        let decoded = if is_vfp(word) && word >> 28 == 0b1110 {
            decode_vfp(word, cx)
        } else {
            t32::decode(word, cx)
        };
        decoded.map(|decoded| DecodedThumb { decoded, size: 4 })
    } else {
        t16::decode(first, cx).map(|decoded| DecodedThumb { decoded, size: 2 })
    }
}
