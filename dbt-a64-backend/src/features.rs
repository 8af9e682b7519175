//! What the host CPU offers beyond ARMv8.0.

/// Host features that lowering makes use of.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Features {
    /// FEAT_LSE: one instruction that compares and swaps.
    pub lse: bool,
    /// FEAT_FlagM: bits of a register become flags, and the other flags stay.
    pub flagm: bool,
}

impl Features {
    /// ARMv8.0: code that runs on every such host.
    pub const BASELINE: Self = Self {
        lse: false,
        flagm: false,
    };

    /// Makes a set of features of what Linux says of them (`AT_HWCAP`).
    #[must_use]
    pub const fn from_hwcap(hwcap: u64) -> Self {
        Self {
            lse: hwcap & HWCAP_ATOMICS != 0,
            flagm: hwcap & HWCAP_FLAGM != 0,
        }
    }
}

const HWCAP_ATOMICS: u64 = 1 << 8;
const HWCAP_FLAGM: u64 = 1 << 27;
