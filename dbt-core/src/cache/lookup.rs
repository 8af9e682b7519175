//! Finding fragments: by location, by host address, by guest bytes.

use alloc::vec::Vec;
use core::ops::Range;

use super::code::{Entry, Offset};
use super::pages::Ticket;
use super::{Cache, FragmentId, Record};
use crate::location::Location;

impl<M> Cache<M> {
    /// Returns the live fragment of a location.
    pub(crate) fn get(&self, location: Location) -> Option<FragmentId> {
        self.by_location.get(&location).copied()
    }

    /// Tells whether the unit at a location is known to be refused by the back
    /// end.
    pub(crate) fn is_refused(&self, location: Location) -> bool {
        !self.refused.is_empty() && self.refused.contains(&location)
    }

    /// Returns a ticket for a translation that begins now.
    pub(crate) fn ticket(&self) -> Ticket {
        self.log.ticket()
    }

    /// Returns a fragment's record, live or forgotten, unless it is reclaimed.
    pub(crate) fn record(&self, id: FragmentId) -> Option<&Record<M>> {
        self.records
            .get(id.index as usize)
            .filter(|record| record.generation == id.generation)
    }

    /// Returns a fragment's record if it can be entered.
    pub(super) fn live(&self, id: FragmentId) -> Option<&Record<M>> {
        self.record(id).filter(|record| record.live)
    }

    /// Returns where a live fragment is entered.
    pub(crate) fn entry(&self, id: FragmentId) -> Option<Entry> {
        self.live(id).map(|record| Entry::new(record.outside))
    }

    /// Returns the fragment, live or forgotten, that owns the byte of code memory
    /// at `offset` or ends just before it.
    pub(crate) fn at(&self, offset: Offset) -> Option<(FragmentId, &Record<M>)> {
        let id = self.segments.at(offset)?;
        let record = self.record(id)?;
        (offset - record.offset <= record.len).then_some((id, record))
    }

    /// Tells whether a live fragment was made from bytes in `range`.
    pub(crate) fn has_code(&self, range: &Range<u64>) -> bool {
        self.pages
            .candidates(range)
            .any(|id| self.is_made_from(id, range))
    }

    /// Returns the live fragments made from bytes in `range`, each once.
    pub(super) fn on_bytes(&self, range: &Range<u64>) -> Vec<FragmentId> {
        let mut hit: Vec<FragmentId> = self
            .pages
            .candidates(range)
            .filter(|&id| self.is_made_from(id, range))
            .collect();
        hit.sort_unstable_by_key(|id| id.index);
        hit.dedup();
        hit
    }

    fn is_made_from(&self, id: FragmentId, range: &Range<u64>) -> bool {
        self.live(id).is_some_and(|record| {
            record
                .source
                .iter()
                .any(|source| source.start < range.end && range.start < source.end)
        })
    }
}
