//! The arguments of instructions.
//!
//! Every encoding of an instruction, in whatever instruction set, normalises
//! onto one argument structure, so that there is one semantic function. Fields
//! have the letters of the manual: `d` for Rd, `n` for Rn, `m` for Rm, `t` for
//! Rt, `a` for Ra, `lo` and `hi` for RdLo and RdHi, `s` for `setflags`.

mod control;
mod data;
mod media;
mod memory;
mod simd;
mod simd_extension;
mod simd_mem;
mod simd_shift;
mod system;
mod vfp;

pub use control::*;
pub use data::*;
pub use media::*;
pub use memory::*;
pub use simd::*;
pub use simd_extension::*;
pub use simd_mem::*;
pub use simd_shift::*;
pub use system::*;
pub use vfp::*;

pub(crate) use simd::odd;
pub(crate) use simd_mem::{bad_lane, lane_spacing};
pub(crate) use simd_shift::shift_size;
