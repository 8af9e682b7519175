//! What a core implements, and what decoding depends on besides the word.

use core::fmt;

use bitflags::bitflags;

use crate::itstate::ItState;

bitflags! {
    /// Architecture features that add instructions.
    ///
    /// An encoding that needs an absent feature decodes as UNDEFINED.
    #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
    pub struct Features: u64 {
        /// ARMv5TE: `BLX`, `CLZ`, halfword multiplies, saturation, doublewords.
        const V5TE = 1 << 0;
        /// ARMv6: media instructions, exclusives, `SETEND`.
        const V6 = 1 << 1;
        /// ARMv6K: narrow and doubleword exclusives, hints, thread registers.
        const V6K = 1 << 2;
        /// ARMv6T2: Thumb-2, bit fields, `MOVW`, `MLS`, `RBIT`.
        const V6T2 = 1 << 3;
        /// ARMv7: barriers as instructions, `PLI`, `DBG`.
        const V7 = 1 << 4;
        /// `SDIV` and `UDIV` in A32.
        const DIV_ARM = 1 << 5;
        /// `SDIV` and `UDIV` in T32.
        const DIV_THUMB = 1 << 6;
        /// Multiprocessing Extensions: `PLDW`.
        const MP = 1 << 7;
        /// `SWP` and `SWPB` are enabled.
        const SWP = 1 << 8;
        /// Floating-point Extension, version 2.
        const VFP2 = 1 << 9;
        /// Floating-point Extension, version 3.
        const VFP3 = 1 << 10;
        /// Floating-point Extension, version 4: fused multiplication.
        const VFP4 = 1 << 11;
        /// 32 doubleword registers.
        const D32 = 1 << 12;
        /// Advanced SIMD Extension; comes with 32 doubleword registers.
        const ASIMD = 1 << 13;
        /// Half-precision conversions.
        const VFP_HALF = 1 << 14;
        /// Security Extensions: `SMC`.
        const SECURITY = 1 << 15;
        /// Virtualization Extensions: `HVC`, `ERET`.
        const VIRTUALIZATION = 1 << 16;
        /// ARMv8: load-acquire and store-release, `SEVL`, `HLT`.
        const V8 = 1 << 17;
        /// ARMv8 floating point: selection, rounding, numeric maximum.
        const FP_V8 = 1 << 18;
        /// `CRC32` and `CRC32C`.
        const CRC32 = 1 << 19;
        /// AES instructions.
        const AES = 1 << 20;
        /// `VMULL.P64`.
        const PMULL = 1 << 21;
        /// SHA-1 instructions.
        const SHA1 = 1 << 22;
        /// SHA-256 instructions.
        const SHA2 = 1 << 23;
        /// ARMv8.1 rounding doubling multiplication with accumulation: `VQRDMLAH`,
        /// `VQRDMLSH` (FEAT_RDM).
        const RDM = 1 << 24;
        /// ARMv8.1 Privileged Access Never: `SETPAN`, CPSR.PAN (FEAT_PAN).
        const PAN = 1 << 25;
        /// ARMv8.2 arithmetic in half precision, scalar and of vectors (FEAT_FP16).
        const FP16 = 1 << 26;
        /// ARMv8.2 dot products of bytes (FEAT_DotProd).
        const DOT_PRODUCT = 1 << 27;
        /// ARMv8.2 products of halves added to singles: `VFMAL`, `VFMSL` (FEAT_FHM).
        const FHM = 1 << 28;
        /// ARMv8.3 complex numbers: `VCADD`, `VCMLA` (FEAT_FCMA).
        const FCMA = 1 << 29;
        /// Generic Timer Extension.
        const GENERIC_TIMER = 1 << 30;
        /// Large Physical Address Extension.
        const LPAE = 1 << 31;
        /// ARMv8.3 conversion as JavaScript does it: `VJCVT` (FEAT_JSCVT).
        const JSCVT = 1 << 32;
        /// ARMv8.6 BFloat16 (FEAT_AA32BF16).
        const BF16 = 1 << 33;
        /// ARMv8.6 products of matrices of bytes (FEAT_AA32I8MM).
        const I8MM = 1 << 34;
        /// ARMv8.5 speculation barrier: `SB` (FEAT_SB).
        const SB = 1 << 35;
        /// ARMv8.5 Speculative Store Bypass Safe: CPSR.SSBS (FEAT_SSBS).
        const SSBS = 1 << 36;
    }
}

impl Features {
    /// ARMv7-A without floating point.
    pub const ARMV7A: Self = Self::V5TE
        .union(Self::V6)
        .union(Self::V6K)
        .union(Self::V6T2)
        .union(Self::V7)
        .union(Self::MP)
        .union(Self::SWP)
        .union(Self::SECURITY);

    /// ARMv7-A as Debian's armhf needs it: VFPv3-D16.
    pub const ARMHF: Self = Self::ARMV7A.union(Self::VFP2).union(Self::VFP3);

    /// A Cortex-A7 or Cortex-A15 without Advanced SIMD: division and VFPv4-D16.
    pub const CORTEX_A15: Self = Self::ARMHF
        .union(Self::DIV_ARM)
        .union(Self::DIV_THUMB)
        .union(Self::VFP4)
        .union(Self::VFP_HALF)
        .union(Self::VIRTUALIZATION)
        .union(Self::LPAE)
        .union(Self::GENERIC_TIMER);

    /// What each feature is based on.
    const NEEDS: &[(Self, Self)] = &[
        (Self::V6, Self::V5TE),
        (Self::V6K, Self::V6),
        (Self::V6T2, Self::V6),
        (Self::V7, Self::V6K.union(Self::V6T2)),
        (Self::DIV_THUMB, Self::V7),
        (Self::DIV_ARM, Self::DIV_THUMB),
        (Self::MP, Self::V7),
        (Self::VFP2, Self::V5TE),
        (Self::VFP3, Self::VFP2.union(Self::V7)),
        (Self::VFP4, Self::VFP3.union(Self::VFP_HALF)),
        (Self::VFP_HALF, Self::VFP3),
        (Self::D32, Self::VFP3),
        (Self::ASIMD, Self::D32),
        (Self::V8, Self::MP.union(Self::DIV_ARM)),
        (Self::CRC32, Self::V8),
        (Self::FP_V8, Self::V8.union(Self::VFP4)),
        (Self::AES, Self::V8.union(Self::ASIMD)),
        (Self::PMULL, Self::AES),
        (Self::SHA1, Self::V8.union(Self::ASIMD)),
        (Self::SHA2, Self::SHA1),
        (Self::RDM, Self::V8.union(Self::ASIMD)),
        (Self::PAN, Self::V8),
        (Self::FP16, Self::FP_V8.union(Self::ASIMD)),
        (Self::DOT_PRODUCT, Self::V8.union(Self::ASIMD)),
        (Self::FHM, Self::FP16),
        (Self::FCMA, Self::V8.union(Self::ASIMD)),
        (Self::JSCVT, Self::FP_V8),
        (Self::BF16, Self::FP_V8.union(Self::ASIMD)),
        (Self::I8MM, Self::V8.union(Self::ASIMD)),
        (Self::SB, Self::V8),
        (Self::SSBS, Self::V8),
        (Self::SECURITY, Self::V6K),
        (Self::LPAE, Self::MP),
        (Self::GENERIC_TIMER, Self::V7),
        (
            Self::VIRTUALIZATION,
            Self::SECURITY
                .union(Self::LPAE)
                .union(Self::GENERIC_TIMER)
                .union(Self::DIV_ARM),
        ),
    ];

    /// Checks that no feature is declared without what it is based on.
    ///
    /// # Errors
    ///
    /// Names the first that is.
    ///
    /// # Examples
    ///
    /// ```
    /// use dbt_a32_frontend::version::Features;
    ///
    /// assert!(Features::CORTEX_A15.check().is_ok());
    /// let error = (Features::ARMV7A | Features::VFP4).check().unwrap_err();
    /// assert_eq!(error.to_string(), "VFP4 is declared without VFP3 | VFP_HALF");
    /// ```
    pub const fn check(self) -> Result<(), Contradiction> {
        let mut index = 0;
        while index < Self::NEEDS.len() {
            let (feature, needs) = Self::NEEDS[index];
            index += 1;
            if self.contains(feature) && !self.contains(needs) {
                let missing = needs.difference(self);
                return Err(Contradiction { feature, missing });
            }
        }
        Ok(())
    }
}

/// A feature that is declared without what it is based on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Contradiction {
    /// The feature.
    pub feature: Features,
    /// What it lacks.
    pub missing: Features,
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bitflags::parser::to_writer(&self.feature, &mut *f)?;
        f.write_str(" is declared without ")?;
        bitflags::parser::to_writer(&self.missing, f)
    }
}

impl core::error::Error for Contradiction {}

impl Default for Features {
    fn default() -> Self {
        Self::CORTEX_A15
    }
}

/// What the meaning of an instruction depends on besides its bits.
///
/// All of it is known while translating and is part of a block's key.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct DecodeContext {
    /// What the core implements.
    pub features: Features,
    /// Whether the instruction set is T32 (CPSR.T).
    pub thumb: bool,
    /// What remains of the IT block; empty in A32.
    pub it: ItState,
    /// Whether data accesses are big-endian (CPSR.E).
    pub big_endian: bool,
    /// Whether floating-point instructions work on short vectors (FPSCR.Len or
    /// FPSCR.Stride not zero). They are deprecated and no core since the
    /// Cortex-A9 has them, so the instructions they affect are UNDEFINED then,
    /// as on those cores.
    pub fp_vectors: bool,
}

impl DecodeContext {
    /// A32 with the default features.
    #[must_use]
    pub fn a32() -> Self {
        Self::default()
    }

    /// T32 with the default features, outside an IT block.
    #[must_use]
    pub fn t32() -> Self {
        Self {
            thumb: true,
            ..Self::default()
        }
    }

    /// Whether all of `features` are implemented.
    #[inline]
    #[must_use]
    pub const fn has(&self, features: Features) -> bool {
        self.features.contains(features)
    }

    /// Whether coprocessor 9 is floating point in half precision.
    #[inline]
    #[must_use]
    pub const fn has_half(&self) -> bool {
        self.features
            .intersects(Features::FP16.union(Features::BF16))
    }

    /// Whether Advanced SIMD with `features` computes on floating-point numbers of
    /// `2^log2` bytes: singles, and halves if there is arithmetic in half precision.
    #[inline]
    #[must_use]
    pub const fn has_float(&self, log2: u32, features: Features) -> bool {
        let numbers = if log2 == 1 {
            Features::FP16
        } else {
            Features::ASIMD
        };
        self.has(features.union(numbers))
    }

    /// Whether D16 to D31 are absent (`VFPSmallRegisterBank()`).
    #[inline]
    #[must_use]
    pub const fn small_register_bank(&self) -> bool {
        !self.has(Features::D32)
    }

    /// Whether the doubles that an extension bit of 1 names are absent.
    #[inline]
    #[must_use]
    pub const fn lacks(&self, extension: u32) -> bool {
        extension == 1 && self.small_register_bank()
    }

    /// Whether `count` doubles from `first` on are none, more than 16, or partly
    /// absent, so that a block transfer of them is UNPREDICTABLE.
    #[inline]
    #[must_use]
    pub const fn lacks_doubles(&self, first: u32, count: u32) -> bool {
        let bank = if self.small_register_bank() { 16 } else { 32 };
        count == 0 || count > 16 || first + count > bank
    }

    /// Whether the instruction is in an IT block (`InITBlock()`).
    #[inline]
    #[must_use]
    pub const fn in_it_block(&self) -> bool {
        self.it.in_block()
    }

    /// Whether the instruction is the last of an IT block
    /// (`LastInITBlock()`).
    #[inline]
    #[must_use]
    pub const fn last_in_it_block(&self) -> bool {
        self.it.last_in_block()
    }

    /// Whether a branch may stand here: outside an IT block or last in it.
    #[inline]
    #[must_use]
    pub const fn may_branch(&self) -> bool {
        !self.in_it_block() || self.last_in_it_block()
    }
}
