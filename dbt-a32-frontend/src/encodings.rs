//! One row per encoding, in the manual's order and notation.
//!
//! Expressions in the rows are resolved in [`insn`](crate::insn), where the
//! tables are put together.

pub(crate) mod a32_branch;
pub(crate) mod a32_dp;
pub(crate) mod a32_media;
pub(crate) mod a32_mem;
pub(crate) mod a32_system;
pub(crate) mod t16;
pub(crate) mod t32_dp;
pub(crate) mod t32_mem;
pub(crate) mod t32_misc;
pub(crate) mod vfp;
