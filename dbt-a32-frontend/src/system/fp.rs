//! Whether floating point and Advanced SIMD are enabled.

use super::psr::context;

/// Whether an instruction is refused because CPACR, NSACR or FPEXC disable
/// floating point and Advanced SIMD, in a context as bits of a location's mode.
///
/// See Arm ARM DDI 0406C.d, section B1.11. The words of T32 have the first halfword
/// in the upper half.
#[inline]
pub(crate) const fn is_refused(word: u32, thumb: bool, bits: u32) -> bool {
    if bits & (context::FP_DENIED | context::FP_DISABLED) == 0 || !is_fp_or_simd(word, thumb) {
        return false;
    }
    bits & context::FP_DENIED != 0 || !is_control(word)
}

/// Whether a word is in the spaces of floating point (coprocessors 10 and 11) and of
/// Advanced SIMD.
const fn is_fp_or_simd(word: u32, thumb: bool) -> bool {
    let coprocessor = word & 0x0c00_0e00 == 0x0c00_0a00 && word & 0x0300_0000 != 0x0300_0000;
    if thumb {
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
