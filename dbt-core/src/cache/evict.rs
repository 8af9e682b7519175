//! Segments of code memory, and how they are reclaimed.
//!
//! # Reclaiming
//!
//! An evicted segment may be overwritten once no vCPU can be executing in it. A
//! vCPU publishes whether it is inside generated code, and since which epoch
//! ([`Watcher::inside`](super::Watcher::inside)):
//!
//! ```text
//!  vCPU, entering              evictor, with the lock
//!  (1) e = epoch               (a) forget all fragments of the segment
//!  (2) inside = e                  (indices, links, jump caches)
//!  (3) look for the target     (b) epoch = E
//!  (4) enter                   (c) all inside >= E?  then reclaim
//! ```
//!
//! All are sequentially consistent. If (1) reads a value of (b), then (3) comes
//! after (a) and finds no forgotten fragment. If it reads an older one, `inside`
//! is less than `E` from (2) on, and either (c) sees it or (2) comes after (c),
//! hence (3) after (a) again. A vCPU that looks a target up with the lock held
//! may publish the present epoch on that occasion, because it executes nothing.
//!
//! The evictor does not wait. If (c) fails it asks the vCPUs to leave and lets its
//! caller interpret; the next attempt continues at (c). If there are several vCPUs,
//! (a) and (b) happen while the segment before still has room, so that (c) rarely
//! fails.

use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::Ordering;

use super::code::Offset;
use super::{Cache, FragmentId, Host};
use crate::host::{Backend, CodeMemory};

/// A vCPU may still be executing what would be overwritten.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Busy;

/// All of code memory that fragments may use.
#[derive(Debug)]
pub(super) struct Segments {
    segments: Vec<Segment>,
    /// The one that is being filled.
    current: usize,
    /// The epoch that lets the next one be reclaimed, once it is evicted.
    evicted: Option<u64>,
}

/// A part of code memory, evicted as a whole.
#[derive(Debug)]
struct Segment {
    range: Range<Offset>,
    /// Where the next fragment goes.
    next: Offset,
    /// Its fragments with their offsets, ordered by them.
    fragments: Vec<(Offset, FragmentId)>,
}

impl Segments {
    /// Fragments begin at multiples of this, a cache line, so that what lies before one
    /// does not decide how fast it is.
    const ALIGN: u32 = 64;
    /// Segments smaller than this are merged.
    const LEAST: u32 = 4096;
    /// Less room than this is not worth a translation that may not fit.
    const LITTLE: u32 = 1024;

    pub(super) fn new(range: Range<Offset>, count: usize) -> Self {
        let start = range.start.next_multiple_of(Self::ALIGN).min(range.end);
        let room = range.end - start;
        let count = u32::try_from(count)
            .unwrap_or(u32::MAX)
            .min(room / Self::LEAST)
            .max(1);
        let size = room / count / Self::ALIGN * Self::ALIGN;
        let segments = (0..count)
            .map(|index| {
                let start = start + index * size;
                Segment {
                    range: start..start + size,
                    next: start,
                    fragments: Vec::new(),
                }
            })
            .collect();
        Self {
            segments,
            current: 0,
            evicted: None,
        }
    }

    pub(super) fn capacity(&self) -> u64 {
        self.segments
            .iter()
            .map(|segment| u64::from(segment.range.end - segment.range.start))
            .sum()
    }

    pub(super) fn used(&self) -> u64 {
        self.segments
            .iter()
            .map(|segment| u64::from(segment.next - segment.range.start))
            .sum()
    }

    /// Returns the fragment with the greatest offset that is at most `offset`.
    pub(super) fn at(&self, offset: Offset) -> Option<FragmentId> {
        let segment = self
            .segments
            .partition_point(|segment| segment.range.start <= offset)
            .checked_sub(1)?;
        let fragments = &self.segments[segment].fragments;
        let index = fragments
            .partition_point(|&(start, _)| start <= offset)
            .checked_sub(1)?;
        Some(fragments[index].1)
    }

    /// Adds a fragment at `offset`, where [`Cache::room`] said.
    pub(super) fn push(&mut self, id: FragmentId, offset: Offset, len: u32) {
        let segment = &mut self.segments[self.current];
        assert!(
            offset == segment.next && len < segment.range.end - offset,
            "a fragment lies in the room that was found for it"
        );
        segment.fragments.push((offset, id));
        // At least one byte stays free behind it.
        segment.next = (offset + len + 1)
            .next_multiple_of(Self::ALIGN)
            .min(segment.range.end);
    }

    /// Returns the segment that is evicted next, or is evicted already.
    #[cfg(test)]
    pub(super) fn oldest(&self) -> (Range<Offset>, bool) {
        let segment = &self.segments[self.following()];
        (segment.range.clone(), self.evicted.is_some())
    }

    fn following(&self) -> usize {
        (self.current + 1) % self.segments.len()
    }
}

impl<M> Cache<M> {
    /// Returns the number of bytes that the largest fragment may have.
    pub(crate) fn largest(&self) -> u32 {
        let range = &self.segments.segments[0].range;
        (range.end - range.start).saturating_sub(1)
    }

    /// Returns where the next fragment will lie, and how many bytes it may have.
    pub(crate) fn room(&self) -> (Offset, u32) {
        let segments = &self.segments;
        let segment = &segments.segments[segments.current];
        // An evicted segment takes nothing before it is reclaimed.
        if segments.evicted.is_some() && segments.following() == segments.current {
            return (segment.range.start, 0);
        }
        let room = (segment.range.end - segment.next).saturating_sub(1);
        (segment.next, room)
    }

    /// Evicts the oldest segment, to be filled next.
    ///
    /// # Errors
    ///
    /// [`Busy`] if it cannot be reclaimed yet; it is evicted all the same. To be
    /// called again later.
    pub(crate) fn advance<B: Backend, C: CodeMemory>(
        &mut self,
        host: &Host<B, C>,
    ) -> Result<(), Busy> {
        let oldest = self.segments.following();
        let epoch = match self.segments.evicted {
            Some(epoch) => epoch,
            None => self.evict(host, oldest),
        };
        if self.is_executing(epoch) {
            return Err(Busy);
        }
        self.reclaim(oldest);
        self.segments.current = oldest;
        self.segments.evicted = None;
        Ok(())
    }

    /// Evicts ahead, if there are several vCPUs and the room comes to its end.
    pub(super) fn prepare_advance<B: Backend, C: CodeMemory>(&mut self, host: &Host<B, C>) {
        let segments = &self.segments;
        let segment = &segments.segments[segments.current];
        let room = segment.range.end - segment.next;
        let oldest = segments.following();
        if room < (segment.range.end - segment.range.start) / 4
            && self.watchers.len() > 1
            && segments.evicted.is_none()
            && oldest != segments.current
        {
            self.evict(host, oldest);
        }
    }

    /// Tells whether a segment is evicted but cannot be reclaimed yet, and asks
    /// those to leave who are in the way.
    pub(crate) fn is_waiting(&mut self) -> bool {
        let full = self.room().1 < Segments::LITTLE;
        self.segments
            .evicted
            .is_some_and(|epoch| full && self.is_executing(epoch))
    }

    /// Tells whether a vCPU may be executing what was evicted at `epoch`.
    fn is_executing(&mut self, epoch: u64) -> bool {
        // SeqCst: step (c) of "Reclaiming".
        let busy = self
            .watchers()
            .filter(|watcher| watcher.inside() < epoch)
            .inspect(|watcher| watcher.request_leave())
            .count();
        self.stats.waits += u64::from(busy > 0);
        busy > 0
    }

    /// Forgets the fragments of a segment; returns the epoch to wait for.
    fn evict<B: Backend, C: CodeMemory>(&mut self, host: &Host<B, C>, segment: usize) -> u64 {
        let fragments = core::mem::take(&mut self.segments.segments[segment].fragments);
        let live = self.by_location.len();
        for &(_, id) in &fragments {
            self.forget(host, id);
        }
        if !fragments.is_empty() {
            self.stats.evictions += 1;
            self.stats.evicted_fragments += (live - self.by_location.len()) as u64;
        }
        self.segments.segments[segment].fragments = fragments;
        // SeqCst: step (b) of "Reclaiming".
        let epoch = host.epoch.fetch_add(1, Ordering::SeqCst) + 1;
        self.segments.evicted = Some(epoch);
        epoch
    }

    /// Drops the records of an evicted segment.
    fn reclaim(&mut self, segment: usize) {
        let segment = &mut self.segments.segments[segment];
        segment.next = segment.range.start;
        for (_, id) in segment.fragments.drain(..) {
            let record = &mut self.records[id.index as usize];
            record.generation = record.generation.wrapping_add(1);
            record.exits = Vec::new();
            record.bound = Vec::new();
            record.maps = Vec::new();
            record.bets = Vec::new();
            record.returns = Vec::new();
            record.incoming = Vec::new();
            self.free.push(id.index);
        }
    }
}
