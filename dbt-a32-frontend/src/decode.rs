//! Decoding of instruction streams.

use dbt_isa::{Decoded, Undecodable};

use crate::insn::{Insn, a32, simd, t16, t32, vfp, vfp_v8};
use crate::version::DecodeContext;

/// Decodes an A32 instruction.
///
/// # Errors
///
/// Says why the word is no instruction.
#[inline]
pub fn decode_a32(word: u32, cx: &DecodeContext) -> Result<Decoded<Insn>, Undecodable> {
    if is_vfp(word) {
        return decode_vfp(word, cx);
    }
    if is_simd(word) {
        return simd::decode(word, cx);
    }
    a32::decode(word, cx)
}

/// Whether an A32 word is Advanced SIMD: data processing, or a load or store of
/// elements or structures.
///
/// See Arm ARM DDI 0406C.d, section A5.7.
#[inline]
const fn is_simd(word: u32) -> bool {
    word >> 25 == 0b111_1001 || word & 0xff10_0000 == 0xf400_0000
}

/// Returns a T32 word as A32 encodes it, if it is Advanced SIMD.
///
/// See Arm ARM DDI 0406C.d, sections A6.3.18 and A6.3.7.
#[inline]
const fn simd_of_thumb(word: u32) -> Option<u32> {
    if word & 0xef00_0000 == 0xef00_0000 {
        Some(0xf200_0000 | (word >> 28 & 1) << 24 | word & 0x00ff_ffff)
    } else if word & 0xff10_0000 == 0xf900_0000 {
        Some(0xf400_0000 | word & 0x00ff_ffff)
    } else {
        None
    }
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
    if word >> 28 == 0b1111 {
        return vfp_v8::decode(word, cx);
    }
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

/// Whether a T32 instruction is executed whatever the IT block says: `BKPT`, and `HLT`
/// (or what stands in its place, which is UNDEFINED).
///
/// See Arm ARM DDI 0406C.d, section A8.8.24, and DDI 0487, section F5.1.56.
#[cfg(feature = "translate")]
#[inline]
pub(crate) const fn ignores_it(first: u16) -> bool {
    first >> 8 == 0xbe || first >> 6 == 0xba80 >> 6
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
        let decoded = if is_vfp(word) {
            decode_vfp(word, cx)
        } else if let Some(word) = simd_of_thumb(word) {
            simd::decode(word, cx)
        } else {
            t32::decode(word, cx)
        };
        decoded.map(|decoded| DecodedThumb { decoded, size: 4 })
    } else {
        t16::decode(first, cx).map(|decoded| DecodedThumb { decoded, size: 2 })
    }
}
