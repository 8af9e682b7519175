//! One row per encoding, in the manual's order and notation.
//!
//! Expressions in the rows are resolved in [`insn`](crate::insn), where the
//! tables are put together.

pub(crate) mod vfp;
