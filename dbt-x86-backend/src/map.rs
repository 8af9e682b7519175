//! State maps: where guest state is at a host instruction that may fault.
//!
//! Hot slots are in their pinned registers at every instruction, and all other
//! slots in memory but for those that vector registers hold, so a map need only
//! list these and say where the guest is and how to obtain the flags.

use alloc::sync::Arc;
use core::fmt;

use dbt_core::analysis::bindings::Binding;
use dbt_core::location::Location;

use crate::flags::{Plan, Recipe};

/// The state at one host instruction.
#[derive(Clone, Debug)]
pub struct StateMap {
    /// Offset of the host instruction in its fragment.
    pub(crate) offset: u32,
    /// The guest instruction.
    pub(crate) location: Location,
    /// How to obtain the flags that memory does not hold.
    pub(crate) flags: Plan,
    /// How each edge into the loop left the flags, if they are still those of
    /// the edge.
    pub(crate) edges: Option<Arc<[Recipe]>>,
    /// The slots that vector registers hold and memory does not, if there are any.
    pub(crate) vectors: Option<Arc<[Binding]>>,
}

impl fmt::Display for StateMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{:#x} is {}", self.offset, self.location)?;
        for (flags, source) in self.flags.parts.iter().flatten() {
            write!(f, ", {flags} {source}")?;
        }
        for (index, recipe) in (1..).zip(self.edges.iter().flat_map(|edges| edges.iter())) {
            write!(f, ", edge {index}: {recipe}")?;
        }
        for Binding {
            offset, bytes, reg, ..
        } in self.vectors.iter().flat_map(|slots| slots.iter())
        {
            write!(f, ", {bytes} bytes at {offset:#x} in xmm{reg}")?;
        }
        Ok(())
    }
}
