//! Bets that generated code loses.
//!
//! **Problem.** Generated code may bet that a host instruction does what the guest's
//! does: that an operation is of ordinary numbers, that an address does not wrap around.
//! A bet that is lost goes through the host's kernel. That is nothing once in a million
//! times, and far too much for a guest instruction that meets NaNs all the time, or
//! counts a negative index up.
//!
//! **Approach.** Lost bets are counted by guest instruction. No more bets are made on one
//! that has lost many: fragments that lose for it are forgotten, and compiled again
//! with the guest's function, or explicit arithmetic, in its place. How many that is
//! depends on what the bet is on.

use alloc::sync::Arc;
use alloc::vec::Vec;

use hashbrown::HashMap;

use super::code::Offset;
use super::{Cache, Host};
use crate::host::{Backend, Bet, BetOn, CodeMemory};
use crate::location::Location;

/// How many bets of each kind a guest instruction may lose. `u32::MAX` is as many as
/// there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) float: u32,
    pub(crate) address: u32,
}

impl Patience {
    fn with(self, on: BetOn) -> u32 {
        match on {
            BetOn::Float { .. } => self.float,
            BetOn::Address => self.address,
        }
    }
}

/// Guest instructions that have lost bets.
#[derive(Debug)]
pub(super) struct Bets {
    patience: Patience,
    counts: HashMap<Location, u32>,
    /// Those that no bets are made on any more, ordered.
    lost: Arc<[Location]>,
}

impl Bets {
    /// How many instructions are remembered.
    const MOST: usize = 4096;

    pub(super) fn new(patience: Patience) -> Self {
        Self {
            patience,
            counts: HashMap::new(),
            lost: Arc::default(),
        }
    }

    /// Takes note of a bet that was lost, and tells whether no more are made on the
    /// instruction.
    fn lose(&mut self, bet: &Bet) -> bool {
        if self.counts.len() >= Self::MOST {
            *self = Self::new(self.patience);
        }
        let count = self.counts.entry(bet.location).or_insert(0);
        *count = count.saturating_add(1);
        let patience = self.patience.with(bet.on);
        if *count < patience || patience == u32::MAX {
            return false;
        }
        if let Err(index) = self.lost.binary_search(&bet.location) {
            let mut lost: Vec<_> = self.lost.to_vec();
            lost.insert(index, bet.location);
            self.lost = lost.into();
        }
        true
    }
}

impl<M> Cache<M> {
    /// Returns the instructions that no bets are made on any more.
    pub(crate) fn lost(&self) -> Arc<[Location]> {
        Arc::clone(&self.bets.lost)
    }

    /// Takes note that the bet on the host instruction at `offset` is lost. Returns what
    /// it was on, with where generated code goes on from the start of code memory; none
    /// if the instruction is no bet.
    pub(crate) fn lose<B: Backend, C: CodeMemory>(
        &mut self,
        host: &Host<B, C>,
        offset: Offset,
    ) -> Option<BetOn> {
        let (id, record) = self.at(offset)?;
        let start = record.offset;
        let bets = &record.bets;
        let index = bets
            .binary_search_by_key(&(offset - start), |bet| bet.offset)
            .ok()?;
        let bet = bets[index];
        if self.bets.lose(&bet) {
            self.forget(host, id);
            self.request_leave();
        }
        Some(match bet.on {
            BetOn::Float { resume } => BetOn::Float {
                resume: start + resume,
            },
            BetOn::Address => BetOn::Address,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        float: 64,
        address: 8,
    };

    fn bet(location: u64, on: BetOn) -> Bet {
        Bet {
            offset: 0,
            location: Location(location),
            on,
        }
    }

    #[test]
    fn no_bets_are_made_on_what_has_lost_many() {
        let mut bets = Bets::new(PATIENCE);
        let float = BetOn::Float { resume: 0 };
        let once = bet(4, float);
        assert!(!bets.lose(&once));
        for (often, patience) in [(bet(16, float), 64), (bet(8, BetOn::Address), 8)] {
            for _ in 1..patience {
                assert!(!bets.lose(&often));
            }
            assert!(bets.lose(&often) && bets.lose(&often));
        }
        assert_eq!(*bets.lost, [Location(8), Location(16)]);
        for location in 0..2 * Bets::MOST as u64 {
            bets.lose(&bet(location, float));
        }
        assert!(bets.counts.len() <= Bets::MOST && bets.lost.is_empty());
    }

    #[test]
    fn patience_may_have_no_end() {
        let mut bets = Bets::new(Patience {
            address: u32::MAX,
            ..PATIENCE
        });
        let often = bet(8, BetOn::Address);
        assert!((0..1000).all(|_| !bets.lose(&often)));
    }
}
