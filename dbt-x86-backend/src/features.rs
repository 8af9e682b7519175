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
    /// SSSE3, SSE4.1 and SSE4.2.
    pub sse4: bool,
    /// AVX2. Needs `avx` and `sse4`.
    pub avx2: bool,
}

impl Features {
    /// Baseline x86-64: code that runs on every such host.
    pub const BASELINE: Self = Self {
        lzcnt: false,
        avx: false,
        fma: false,
        sse4: false,
        avx2: false,
    };

    /// Asks the CPU that this runs on. On other hosts than x86-64 the result is
    /// the baseline.
    #[must_use]
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            use core::arch::x86_64::{__cpuid, __cpuid_count};
            const AVX_STATE_END: u32 = 832;
            const SSE4: u32 = 1 << 9 | 1 << 19 | 1 << 20;
            let extended = __cpuid(0x8000_0000).eax;
            let lzcnt = extended >= 0x8000_0001 && __cpuid(0x8000_0001).ecx & 1 << 5 != 0;
            let features = __cpuid(1).ecx;
            // The state that the operating system has enabled reaches so far.
            let saved = features & 1 << 27 != 0 && __cpuid_count(0xd, 0).ebx >= AVX_STATE_END;
            let avx = saved && features & 1 << 28 != 0;
            let fma = avx && features & 1 << 12 != 0;
            let sse4 = features & SSE4 == SSE4;
            let leaves = __cpuid(0).eax;
            let avx2 = avx && sse4 && leaves >= 7 && __cpuid_count(7, 0).ebx & 1 << 5 != 0;
            Self {
                lzcnt,
                avx,
                fma,
                sse4,
                avx2,
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        Self::BASELINE
    }
}
