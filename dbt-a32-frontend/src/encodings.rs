//! One row per encoding, in the manual's order and notation.
//!
//! Expressions in the rows are resolved in [`insn`](crate::insn), where the
//! tables are put together.

pub(crate) mod a32_branch;
pub(crate) mod a32_dp;
pub(crate) mod a32_media;
pub(crate) mod a32_mem;
pub(crate) mod a32_system;
pub(crate) mod a32_v8;
pub(crate) mod simd_extension;
pub(crate) mod simd_mem;
pub(crate) mod simd_shift;
pub(crate) mod simd_three_different;
pub(crate) mod simd_three_same;
pub(crate) mod simd_two_misc;
pub(crate) mod t16;
pub(crate) mod t32_dp;
pub(crate) mod t32_mem;
pub(crate) mod t32_misc;
pub(crate) mod t32_v8;
pub(crate) mod vfp;
pub(crate) mod vfp_half;
pub(crate) mod vfp_v8;
