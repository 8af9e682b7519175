//! What the host CPU offers beyond baseline x86-64.

/// Host features that lowering makes use of.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Features {
    /// `lzcnt`.
    pub lzcnt: bool,
}

impl Features {
    /// Baseline x86-64: code that runs on every such host.
    pub const BASELINE: Self = Self { lzcnt: false };

    /// Asks the CPU that this runs on. On other hosts than x86-64 the result is
    /// the baseline.
    #[must_use]
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            use core::arch::x86_64::__cpuid;
            let extended = __cpuid(0x8000_0000).eax;
            let lzcnt = extended >= 0x8000_0001 && __cpuid(0x8000_0001).ecx & 1 << 5 != 0;
            Self { lzcnt }
        }
        #[cfg(not(target_arch = "x86_64"))]
        Self::BASELINE
    }
}
