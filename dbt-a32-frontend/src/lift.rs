//! From AArch32 code to IR.
//!
//! **Problem.** A unit should hold whole loops, so that they run without leaving
//! it, but branches backwards name places that were lifted as the middle of a
//! block.
//!
//! **Approach.** Code is lifted in the order of its addresses, from the entry
//! on. A branch forwards to a place near by reserves a block, which is begun when
//! lifting gets there. A branch backwards to an instruction that starts no block
//! leaves the unit, but is noted; if there were such branches, the unit is lifted
//! once more, now with blocks at their targets.
//!
//! Conditional instructions that only write registers select between old and new
//! values; others are branched around, together with their neighbours under the same
//! condition. Which kind an instruction is, is found by trying: the machine refuses
//! in the middle what a selection cannot express.

mod exclusive;
mod guard;
mod machine;
mod region;
mod simd;
mod system;
mod vfp;

pub(crate) use region::{Fetched, region};
