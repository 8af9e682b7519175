//! What the host CPU offers beyond baseline x86-64.

/// Host features that lowering makes use of.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Features {
    /// `lzcnt`.
    pub lzcnt: bool,
    /// The AVX forms of floating-point instructions, whose result is not one of
    /// the operands.
    pub avx: bool,
    /// Fused multiplication and addition. Needs `avx`.
    pub fma: bool,
}

impl Features {
    /// Baseline x86-64: code that runs on every such host.
    pub const BASELINE: Self = Self {
        lzcnt: false,
        avx: false,
        fma: false,
    };

    /// Asks the CPU that this runs on. On other hosts than x86-64 the result is
    /// the baseline.
    #[must_use]
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            use core::arch::x86_64::{__cpuid, __cpuid_count};
            const AVX_STATE_END: u32 = 832;
            let extended = __cpuid(0x8000_0000).eax;
            let lzcnt = extended >= 0x8000_0001 && __cpuid(0x8000_0001).ecx & 1 << 5 != 0;
            let features = __cpuid(1).ecx;
            // The state that the operating system has enabled reaches so far.
            let saved = features & 1 << 27 != 0 && __cpuid_count(0xd, 0).ebx >= AVX_STATE_END;
            let avx = saved && features & 1 << 28 != 0;
            let fma = avx && features & 1 << 12 != 0;
            Self { lzcnt, avx, fma }
        }
        #[cfg(not(target_arch = "x86_64"))]
        Self::BASELINE
    }
}
