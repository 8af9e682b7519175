//! Guest bytes and the fragments made from them.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashMap;

use super::FragmentId;

/// Guest bytes are indexed by pages of this size; also the grain at which an
/// environment is asked to protect them.
pub(crate) const PAGE_SIZE: u64 = 4096;

/// Returns the numbers of the pages that a range of bytes touches.
fn pages_of(range: &Range<u64>) -> Range<u64> {
    if range.is_empty() {
        return 0..0;
    }
    range.start / PAGE_SIZE..(range.end - 1) / PAGE_SIZE + 1
}

/// The live fragments of each page.
#[derive(Debug, Default)]
pub(super) struct Pages {
    fragments: HashMap<u64, Vec<FragmentId>>,
}

impl Pages {
    /// Enters a fragment made from `range`.
    pub(super) fn add(&mut self, id: FragmentId, range: &Range<u64>) {
        for page in pages_of(range) {
            let fragments = self.fragments.entry(page).or_default();
            // Two ranges of one fragment on one page count once.
            if fragments.last() != Some(&id) {
                fragments.push(id);
            }
        }
    }

    /// Removes a fragment made from `range`.
    pub(super) fn remove(&mut self, id: FragmentId, range: &Range<u64>) {
        for page in pages_of(range) {
            let Some(fragments) = self.fragments.get_mut(&page) else {
                continue;
            };
            if let Some(index) = fragments.iter().position(|&other| other == id) {
                fragments.swap_remove(index);
            }
            if fragments.is_empty() {
                self.fragments.remove(&page);
            }
        }
    }

    /// Returns the fragments on the pages of `range`; some may come twice.
    pub(super) fn candidates(&self, range: &Range<u64>) -> impl Iterator<Item = FragmentId> {
        let pages = pages_of(range);
        // Of a large range, few pages hold code.
        let sparse = pages.end - pages.start > self.fragments.len() as u64;
        let walk = if sparse { 0..0 } else { pages.clone() };
        let listed = walk.filter_map(|page| self.fragments.get(&page));
        let searched = self
            .fragments
            .iter()
            .filter(move |(page, _)| sparse && pages.contains(page))
            .map(|(_, fragments)| fragments);
        listed.chain(searched).flatten().copied()
    }
}

/// A superset of the pages that hold translated code, readable without a lock.
///
/// It answers "certainly not" for nearly all stores of the interpreter and of the
/// callback lowering. Bits are set before the bytes are read, and never cleared.
#[derive(Debug)]
pub(crate) struct PageFilter {
    words: Vec<AtomicU64>,
}

impl PageFilter {
    /// Pages this many apart share a bit.
    const PAGES: u64 = 1 << 16;

    pub(super) fn new() -> Self {
        let mut words = Vec::new();
        words.resize_with(
            usize::try_from(Self::PAGES / 64).unwrap_or(0),
            AtomicU64::default,
        );
        Self { words }
    }

    fn place(&self, page: u64) -> (&AtomicU64, u64) {
        let bit = page % Self::PAGES;
        let index = usize::try_from(bit / 64).unwrap_or(0);
        (&self.words[index], 1 << (bit % 64))
    }

    /// Notes that code is about to be translated from `range`.
    pub(crate) fn add(&self, range: &Range<u64>) {
        for page in pages_of(range) {
            let (word, mask) = self.place(page);
            if word.load(Ordering::Relaxed) & mask == 0 {
                word.fetch_or(mask, Ordering::SeqCst);
            }
        }
    }

    /// Tells whether code may have been translated from a page of `range`.
    #[inline]
    pub(crate) fn may_have_code(&self, range: &Range<u64>) -> bool {
        pages_of(range).any(|page| {
            let (word, mask) = self.place(page);
            word.load(Ordering::Relaxed) & mask != 0
        })
    }
}

/// When a translation began, in invalidations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket(u64);

/// The latest invalidations, so that a translation whose bytes changed while it
/// was made does not enter the cache.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// Number of invalidations ever.
    count: u64,
    /// The latest of them, oldest first.
    ranges: VecDeque<Range<u64>>,
}

impl Log {
    /// How many are remembered. A translation that more than these have passed is
    /// thrown away on suspicion.
    const LEN: usize = 64;

    pub(super) fn ticket(&self) -> Ticket {
        Ticket(self.count)
    }

    pub(super) fn push(&mut self, range: Range<u64>) {
        if self.ranges.len() == Self::LEN {
            self.ranges.pop_front();
        }
        self.ranges.push_back(range);
        self.count += 1;
    }

    /// Tells whether bytes in `source` may have changed since `ticket`.
    pub(super) fn changed_since(&self, ticket: Ticket, source: &[Range<u64>]) -> bool {
        let passed = usize::try_from(self.count - ticket.0).unwrap_or(usize::MAX);
        passed > self.ranges.len()
            || self.ranges.iter().rev().take(passed).any(|range| {
                source
                    .iter()
                    .any(|source| source.start < range.end && range.start < source.end)
            })
    }
}
