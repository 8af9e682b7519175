//! What the host CPU offers beyond ARMv8.0.

/// Host features that lowering makes use of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Features {
    /// Floating point and Advanced SIMD: required. Some ARMv8.0 cores for special purposes
    /// have none, and some kernels let programs use none.
    pub simd: bool,
    /// FEAT_LSE: one instruction that compares and swaps.
    pub lse: bool,
    /// FEAT_FlagM: bits of a register become flags, and the other flags stay.
    pub flagm: bool,
}

impl Features {
    /// ARMv8.0: code that runs on every such host.
    pub const BASELINE: Self = Self {
        simd: true,
        lse: false,
        flagm: false,
    };

    /// Makes a set of features of what Linux says of them (`AT_HWCAP`).
    #[must_use]
    pub const fn from_hwcap(hwcap: u64) -> Self {
        Self {
            simd: hwcap & HWCAP_SIMD == HWCAP_SIMD,
            lse: hwcap & HWCAP_ATOMICS != 0,
            flagm: hwcap & HWCAP_FLAGM != 0,
        }
    }
}

impl Default for Features {
    fn default() -> Self {
        Self::BASELINE
    }
}

/// `HWCAP_FP` and `HWCAP_ASIMD`.
const HWCAP_SIMD: u64 = 3;
const HWCAP_ATOMICS: u64 = 1 << 8;
const HWCAP_FLAGM: u64 = 1 << 27;

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
            let mut backend = A64Backend::new(Features::from_hwcap(hwcap));
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
