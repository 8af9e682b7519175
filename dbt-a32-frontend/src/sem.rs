//! What instructions do: one function per instruction, generic over the machine.

mod vfp;

pub(crate) use vfp::*;
