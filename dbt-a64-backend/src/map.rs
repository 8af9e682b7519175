//! State maps: where guest state is at a host instruction that may fault.
//!
//! Hot slots are in their pinned registers at every instruction, and all other
//! slots in memory, so a map need only say where the guest is and how to obtain
//! the flags.

use dbt_core::location::Location;

use crate::flags::Sources;
use crate::regs::Reg;

/// The state at one host instruction.
#[derive(Clone, Copy, Debug)]
pub struct StateMap {
    /// Offset of the host instruction in its fragment.
    pub(crate) offset: u32,
    /// The guest instruction.
    pub(crate) location: Location,
    /// How to obtain the flags.
    pub(crate) flags: Sources,
    /// A pinned register that is ahead of its slot, and by how much.
    pub(crate) ahead: Option<(Reg, i32)>,
}
