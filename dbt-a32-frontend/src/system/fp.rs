//! Whether floating point and Advanced SIMD are enabled.

use super::psr::context;
use crate::version::DecodeContext;

/// Whether an instruction is refused because CPACR, NSACR or FPEXC disable
/// floating point and Advanced SIMD, in a context as bits of a location's mode.
///
/// See Arm ARM DDI 0406C.d, section B1.11. The words of T32 have the first halfword
/// in the upper half.
#[inline]
pub(crate) const fn is_refused(word: u32, cx: &DecodeContext, bits: u32) -> bool {
    if bits & (context::FP_DENIED | context::FP_DISABLED) == 0 || !is_fp_or_simd(word, cx) {
        return false;
    }
    bits & context::FP_DENIED != 0 || !is_control(word)
}

/// Whether a word is in the spaces of floating point (coprocessors 10 and 11, and 9 where
/// it is half precision) and of Advanced SIMD.
const fn is_fp_or_simd(word: u32, cx: &DecodeContext) -> bool {
    let coprocessor = word & 0x0c00_0000 == 0x0c00_0000
        && word & 0x0300_0000 != 0x0300_0000
        && match word >> 8 & 15 {
            10 | 11 => true,
            8 | 12 | 13 => word >> 28 == 0b1111,
            9 => word >> 28 == 0b1111 || cx.has_half(),
            _ => false,
        };
    if cx.thumb {
        return word >> 29 == 0b111 && (coprocessor || word & 0x0f00_0000 == 0x0f00_0000)
            || word & 0xff10_0000 == 0xf900_0000;
    }
    coprocessor || word & 0xfe00_0000 == 0xf200_0000 || word & 0xff10_0000 == 0xf400_0000
}

/// Whether it accesses FPEXC, FPSID or a media feature register, which does not
/// depend on FPEXC.EN.
const fn is_control(word: u32) -> bool {
    word & 0x0fe0_0f10 == 0x0ee0_0a10 && matches!(word >> 16 & 15, 0 | 5..=8)
}
