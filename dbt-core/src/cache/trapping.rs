//! Floating-point exceptions that generated code raises.
//!
//! **Problem.** An exception goes through the host's kernel. That is nothing for one
//! in a million operations, and far too much for a guest instruction that meets
//! NaNs all the time.
//!
//! **Approach.** Exceptions are counted by guest instruction. One that has raised many
//! is *exact* from then on: fragments that raise for it are forgotten, and compiled
//! again with the guest's function in its place.

use alloc::sync::Arc;
use alloc::vec::Vec;

use hashbrown::HashMap;

use super::code::Offset;
use super::{Cache, Host};
use crate::host::{Backend, CodeMemory};
use crate::location::Location;

/// Guest instructions that raise exceptions.
#[derive(Debug)]
pub(super) struct Trapping {
    /// How many exceptions an instruction may raise.
    patience: u32,
    counts: HashMap<Location, u32>,
    /// Those that are exact, ordered.
    exact: Arc<[Location]>,
}

impl Trapping {
    /// How many instructions are remembered.
    const MOST: usize = 4096;

    pub(super) fn new(patience: u32) -> Self {
        Self {
            patience,
            counts: HashMap::new(),
            exact: Arc::default(),
        }
    }

    /// Takes note of an exception, and tells whether the instruction is exact now.
    fn count(&mut self, location: Location) -> bool {
        if self.counts.len() >= Self::MOST {
            *self = Self::new(self.patience);
        }
        let count = self.counts.entry(location).or_insert(0);
        *count = count.saturating_add(1);
        if *count < self.patience || self.patience == u32::MAX {
            return false;
        }
        if let Err(index) = self.exact.binary_search(&location) {
            let mut exact: Vec<_> = self.exact.to_vec();
            exact.insert(index, location);
            self.exact = exact.into();
        }
        true
    }
}

impl<M> Cache<M> {
    /// Returns the instructions that are exact.
    pub(crate) fn exact(&self) -> Arc<[Location]> {
        Arc::clone(&self.trapping.exact)
    }

    /// Takes note of an exception of the host instruction at `offset`, and returns
    /// where generated code goes on. None if the instruction raises none.
    pub(crate) fn trap<B: Backend, C: CodeMemory>(
        &mut self,
        host: &Host<B, C>,
        offset: Offset,
    ) -> Option<Offset> {
        let (id, record) = self.at(offset)?;
        let start = record.offset;
        let traps = &record.traps;
        let index = traps
            .binary_search_by_key(&(offset - start), |trap| trap.offset)
            .ok()?;
        let trap = traps[index];
        if self.trapping.count(trap.location) {
            self.forget(host, id);
            self.request_leave();
        }
        Some(start + trap.resume)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_that_raises_often_becomes_exact() {
        let mut trapping = Trapping::new(64);
        let (often, once) = (Location(8), Location(4));
        assert!(!trapping.count(once));
        for _ in 1..64 {
            assert!(!trapping.count(often));
        }
        assert!(trapping.count(often) && trapping.count(often));
        assert_eq!(*trapping.exact, [often]);
        for location in 0..2 * Trapping::MOST as u64 {
            trapping.count(Location(location));
        }
        assert!(trapping.counts.len() <= Trapping::MOST && trapping.exact.is_empty());
    }
}
