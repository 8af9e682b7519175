//! What the host CPU offers beyond ARMv8.0.
//!
//! Each field is an instruction that lowering has a use for. Of what else Linux tells:
//!
//! - FEAT_AFP changes how `FPCR` flushes, chooses NaNs and detects tininess, to what other
//!   architectures do. AArch32 does as AArch64 does without it.
//! - FEAT_FRINTTS rounds to integers of 32 or 64 bits in a floating-point register.
//!   AArch32's `VRINT` has no such limit, and its `VCVT` gives the integer, as `FCVT` of
//!   ARMv8.0 does.
//! - FEAT_FCMA multiplies complex numbers. Front ends say that in operations which every
//!   host has: three or four instructions.

/// Defines the features, each with the word and the bits in which Linux tells of it.
macro_rules! features {
    ($($(#[$doc:meta])* $field:ident = $word:literal $mask:literal,)*) => {
        /// Host features that lowering makes use of.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[non_exhaustive]
        #[allow(clippy::struct_excessive_bools, reason = "each is a feature of its own")]
        pub struct Features {
            /// Floating point and Advanced SIMD: required. Some ARMv8.0 cores for special
            /// purposes have none, and some kernels let programs use none.
            pub simd: bool,
            $($(#[$doc])* pub $field: bool,)*
        }

        impl Features {
            /// ARMv8.0: code that runs on every such host.
            pub const BASELINE: Self = Self {
                simd: true,
                $($field: false,)*
            };

            /// Makes a set of features of what Linux says of them (`AT_HWCAP` and
            /// `AT_HWCAP2`).
            #[must_use]
            pub const fn from_hwcap(hwcap: u64, hwcap2: u64) -> Self {
                // FP and ASIMD.
                let simd = hwcap & 3 == 3;
                let words = [hwcap, hwcap2];
                Self {
                    simd,
                    $($field: words[$word] & $mask == $mask,)*
                }
            }
        }
    };
}

features! {
    /// FEAT_LSE: one instruction that compares and swaps.
    lse = 0 0x100,
    /// FEAT_FlagM: bits of a register become flags, and the other flags stay.
    flagm = 0 0x800_0000,
    /// FEAT_FP16: arithmetic in half precision, scalar and of vectors.
    fp16 = 0 0x600,
    /// FEAT_CRC32: checksums.
    crc32 = 0 0x80,
    /// FEAT_AES: rounds of AES.
    aes = 0 0x8,
    /// FEAT_PMULL: products of polynomials of 64 bits.
    pmull = 0 0x10,
    /// FEAT_SHA1: rounds of SHA-1.
    sha1 = 0 0x20,
    /// FEAT_SHA256: rounds of SHA-256.
    sha256 = 0 0x40,
    /// FEAT_RDM: saturating, rounding products that are accumulated.
    rdm = 0 0x1000,
    /// FEAT_DotProd: sums of products of bytes.
    dot_product = 0 0x10_0000,
    /// FEAT_FHM: products of halves that are added to singles.
    fhm = 0 0x80_0000,
    /// FEAT_I8MM: products of matrices of bytes, and of bytes with and without signs.
    i8mm = 1 0x2000,
    /// FEAT_BF16: BFloat16.
    bf16 = 1 0x4000,
}

impl Default for Features {
    fn default() -> Self {
        Self::BASELINE
    }
}

#[cfg(test)]
mod tests {
    use dbt_core::guest::{SlotInfo, StateLayout};
    use dbt_core::host::{Backend, Callees, CompileError, Lowering};
    use dbt_core::ir::{FloatRules, Slot, Ty};

    use super::*;
    use crate::A64Backend;

    static LAYOUT: StateLayout = StateLayout {
        slots: &[SlotInfo {
            name: "flags",
            ty: Ty::Flags,
            offset: 0,
        }],
        hot: &[],
        flags: Slot(0),
        float_status: None,
        float_rules: FloatRules::Arm,
        vector_operands: None,
        aligned: None,
    };

    /// A host with one half of what a feature stands for lacks the other (`HWCAP_FPHP` and
    /// `HWCAP_ASIMDHP`), and the words are not taken for one another.
    #[test]
    fn every_bit_of_a_feature_is_wanted() {
        let fp16 = |hwcap| Features::from_hwcap(hwcap, 0).fp16;
        assert!([3 | 1 << 9, 3 | 1 << 10].map(fp16).iter().all(|fp16| !fp16));
        assert!(fp16(3 | 3 << 9));
        assert_eq!(Features::from_hwcap(3, 0), Features::BASELINE);
        let [first, second] = [(u64::MAX, 0), (3, u64::MAX)];
        let first = Features::from_hwcap(first.0, first.1);
        let second = Features::from_hwcap(second.0, second.1);
        assert!(first.crc32 && !first.i8mm && !first.bf16);
        assert!(!second.crc32 && second.i8mm && second.bf16);
    }

    /// A host without floating point is refused before anything is emitted.
    #[test]
    fn what_is_required_is_asked_for_first() {
        for (hwcap, fits) in [
            (0, false),
            (1, false),
            (2, false),
            (3, true),
            (1 << 27, false),
        ] {
            let mut backend = A64Backend::new(Features::from_hwcap(hwcap, 0));
            let mut code = alloc::vec::Vec::new();
            let made =
                backend.emit_runtime(&LAYOUT, Lowering::Window, &Callees::default(), &mut code);
            assert_eq!(made.is_ok(), fits, "{hwcap:#x}");
            if let Err(error) = made {
                let missing = "floating point and Advanced SIMD";
                assert_eq!(error, CompileError::MissingFeature(missing));
                assert!(code.is_empty());
            }
        }
    }
}
