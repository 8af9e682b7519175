//! The code cache: which guest code is translated, where the host code is, and
//! what leads to it.
//!
//! **Problem.** Fragments are found by guest location (to enter them), by host
//! address (when they leave or fault) and by guest bytes (when those change).
//! They jump to each other directly. They must disappear at once when their
//! bytes change, while vCPUs may be executing them, and all of it in bounded
//! memory.
//!
//! **Approach.** Fragments lie one behind the other in *segments* of code memory,
//! which are filled in turn and evicted whole. A fragment that is *forgotten* (its
//! bytes changed, or its segment is evicted) can no longer be entered: it leaves
//! the indices and every jump cache, and the links to and from it are taken back.
//! Its code and its record stay until the segment is reclaimed, which waits until
//! no vCPU can be executing there; so a vCPU inside it can still leave, fault and
//! be understood.
//!
//! ```text
//!  location ──► by_location ─┐             ┌─► exits ──► links ──► live fragments
//!  guest bytes ► pages ──────┼─► Record ───┤
//!  host address ► segments ──┘             └─► incoming (who links to it)
//! ```
//!
//! **Invariants** (held outside methods; checked by the tests against a model):
//!
//! - *Live*: `by_location` and the page index name live fragments only, each live
//!   fragment exactly once per location and page.
//! - *Linked*: an exit is patched to lead to a fragment's entry, at one place, if and
//!   only if its `to` names that fragment; then both are live, and the target's `incoming`
//!   names the exit.
//! - *Listed*: the directory, if there is one, names entries of live fragments only.
//! - *Ordered*: a segment lists its fragments by offset; they do not overlap, and
//!   at least one byte separates them, so that the address behind a fragment's
//!   last byte (a return address) still belongs to it.
//! - *Known*: every byte of code that a vCPU may be executing belongs to the
//!   runtime or to a fragment with a record.
//!
//! **Rejected.** Reference counts on fragments instead of epochs: generated code
//! would have to count on every indirect branch. Reuse of the space of single
//! fragments: it fragments code memory, and a guest that often rewrites its code
//! fills the segments in turn just as well.

mod bets;
pub(crate) mod code;
mod evict;
pub(crate) mod jump_cache;
mod link;
mod lookup;
pub(crate) mod pages;
#[cfg(test)]
mod tests;

use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::AtomicU64;

use hashbrown::{HashMap, HashSet};

use self::bets::Bets;
pub(crate) use self::bets::Patience;
use self::code::{Code, Offset};
use self::evict::Segments;
use self::jump_cache::JumpCache;
use self::link::Exit;
pub(crate) use self::link::ExitAt;
pub(crate) use self::pages::Ticket;
use self::pages::{Log, PageFilter, Pages};
use crate::host::{Backend, Bet, BoundEntry, CodeMemory, Fragment};
use crate::location::Location;
use crate::stats::Stats;

/// What [`Watcher::inside`] returns for a vCPU that executes no generated code.
pub(crate) const OUTSIDE: u64 = u64::MAX;

/// A vCPU as the cache sees it.
pub(crate) trait Watcher: Send + Sync {
    /// Returns its jump cache.
    fn jump_cache(&self) -> &JumpCache;
    /// Returns the epoch since which it may be executing generated code, or
    /// [`OUTSIDE`].
    fn inside(&self) -> u64;
    /// Asks it to come back to the dispatcher soon.
    fn request_leave(&self);
}

/// The parts of a host that need no lock.
#[derive(Debug)]
pub(crate) struct Host<B, C> {
    /// Answers questions about fragments; another copy of it compiles.
    pub(crate) backend: B,
    /// Where fragments lie.
    pub(crate) code: Code<C>,
    /// Counts evictions; see "Reclaiming" in `cache::evict`.
    pub(crate) epoch: AtomicU64,
    /// Which pages may hold translated code.
    pub(crate) filter: PageFilter,
}

impl<B: Backend, C: CodeMemory> Host<B, C> {
    pub(crate) fn new(backend: B, code: Code<C>) -> Self {
        Self {
            backend,
            code,
            epoch: AtomicU64::new(1),
            filter: PageFilter::new(),
        }
    }
}

/// Names a fragment. A name is never reused, so one that outlives its fragment
/// names nothing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct FragmentId {
    index: u32,
    generation: u32,
}

/// What is known of one fragment.
#[derive(Debug)]
pub(crate) struct Record<M> {
    generation: u32,
    /// Whether it can be entered.
    live: bool,
    pub(crate) location: Location,
    pub(crate) offset: Offset,
    pub(crate) len: u32,
    /// Where it is entered, and where direct exits enter it.
    outside: Offset,
    entries: [Offset; 2],
    /// Where exits that have slots in registers enter it, by offsets from its own.
    bound: Vec<BoundEntry>,
    /// Where guest calls return to, and where the host's do.
    returns: Vec<(Location, Offset)>,
    /// The guest bytes that it was made from.
    pub(crate) source: Vec<Range<u64>>,
    exits: Vec<Exit>,
    /// The exits that are linked here, and some that were once.
    incoming: Vec<(FragmentId, u32)>,
    pub(crate) maps: Vec<M>,
    bets: Vec<Bet>,
}

/// A fragment on its way into the cache.
#[derive(Debug)]
pub(crate) struct NewFragment<'a, M> {
    pub(crate) location: Location,
    /// Taken before the first guest byte was read.
    pub(crate) ticket: Ticket,
    pub(crate) source: &'a [Range<u64>],
    pub(crate) guest_insts: u32,
    /// Where it was compiled for: what [`Cache::room`] returned.
    pub(crate) offset: Offset,
    pub(crate) code: &'a [u8],
    pub(crate) fragment: Fragment<M>,
}

/// Why a fragment did not enter the cache.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Rejected {
    /// The guest bytes changed while it was made.
    Stale,
    /// Another vCPU was faster.
    Exists(FragmentId),
}

/// The code cache. See the module's documentation.
pub(crate) struct Cache<M> {
    records: Vec<Record<M>>,
    free: Vec<u32>,
    by_location: HashMap<Location, FragmentId>,
    pages: Pages,
    /// Locations whose units the back end refused; forgotten at every
    /// invalidation, because the bytes may be others then.
    refused: HashSet<Location>,
    bets: Bets,
    segments: Segments,
    log: Log,
    watchers: Vec<Weak<dyn Watcher>>,
    pub(crate) stats: Stats,
}

impl<M> core::fmt::Debug for Cache<M> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Cache")
            .field("stats", &self.stats)
            .field("segments", &self.segments)
            .finish_non_exhaustive()
    }
}

impl<M> Cache<M> {
    /// How many refused locations are remembered.
    const REFUSED: usize = 4096;

    /// Makes an empty cache for the part of code memory in `range`.
    pub(crate) fn new(range: Range<Offset>, segments: usize, patience: Patience) -> Self {
        Self {
            records: Vec::new(),
            free: Vec::new(),
            by_location: HashMap::new(),
            pages: Pages::default(),
            refused: HashSet::new(),
            bets: Bets::new(patience),
            segments: Segments::new(range, segments),
            log: Log::default(),
            watchers: Vec::new(),
            stats: Stats::default(),
        }
    }

    /// Adds a vCPU and forgets those that are gone.
    pub(crate) fn watch(&mut self, watcher: Weak<dyn Watcher>) {
        self.watchers.retain(|watcher| watcher.strong_count() > 0);
        self.watchers.push(watcher);
    }

    /// Forgets all vCPUs but one.
    pub(crate) fn watch_only(&mut self, watcher: Weak<dyn Watcher>) {
        self.watchers.clear();
        self.watchers.push(watcher);
    }

    /// Adds a fragment and writes its code.
    ///
    /// # Errors
    ///
    /// [`Rejected`]; the cache is as it was.
    pub(crate) fn insert<B: Backend, C: CodeMemory>(
        &mut self,
        host: &Host<B, C>,
        new: NewFragment<'_, M>,
    ) -> Result<FragmentId, Rejected> {
        if self.log.changed_since(new.ticket, new.source) {
            self.stats.discarded += 1;
            return Err(Rejected::Stale);
        }
        if let Some(id) = self.get(new.location) {
            self.stats.discarded += 1;
            return Err(Rejected::Exists(id));
        }
        // The segments have room: the caller asked, and only the holder of the
        // compiler's lock uses it up.
        host.code
            .write_new(new.offset, new.code, &new.fragment.detour);
        let id = self.add_record(&new);
        let record = &mut self.records[id.index as usize];
        record.exits = new.fragment.exits.into_iter().map(Exit::new).collect();
        record.outside = new.offset + new.fragment.outside;
        record.entries = new.fragment.entries.map(|entry| new.offset + entry);
        record.bound = new.fragment.bound;
        record.returns = new.fragment.returns;
        for (location, offset) in &mut record.returns {
            *offset += new.offset;
            // In place of another fragment's: that one may be executed no more, and
            // the host predicts the return to the call that was last made.
            host.code.list(*location, *offset);
        }
        record.maps = new.fragment.maps;
        record.bets = new.fragment.bets;
        self.segments.push(id, new.offset, record.len);
        self.by_location.insert(new.location, id);
        for range in new.source {
            self.pages.add(id, range);
            host.filter.add(range);
        }
        self.stats.translations += 1;
        self.stats.guest_insts += u64::from(new.guest_insts);
        self.stats.host_bytes += new.code.len() as u64;
        self.prepare_advance(host);
        Ok(id)
    }

    fn add_record(&mut self, new: &NewFragment<'_, M>) -> FragmentId {
        let index = self.free.pop().unwrap_or_else(|| {
            self.records.push(Record {
                generation: 0,
                live: false,
                location: new.location,
                offset: 0,
                len: 0,
                outside: 0,
                entries: [0; 2],
                bound: Vec::new(),
                returns: Vec::new(),
                source: Vec::new(),
                exits: Vec::new(),
                incoming: Vec::new(),
                maps: Vec::new(),
                bets: Vec::new(),
            });
            u32::try_from(self.records.len() - 1).unwrap_or(u32::MAX)
        });
        let record = &mut self.records[index as usize];
        record.live = true;
        record.location = new.location;
        record.offset = new.offset;
        record.len = u32::try_from(new.code.len()).unwrap_or(u32::MAX);
        record.source.extend_from_slice(new.source);
        FragmentId {
            index,
            generation: record.generation,
        }
    }

    /// Forgets one live fragment: nothing enters it or leads to it any more.
    fn forget<B: Backend, C: CodeMemory>(&mut self, host: &Host<B, C>, id: FragmentId) {
        let Some(record) = self.record(id).filter(|record| record.live) else {
            return;
        };
        let location = record.location;
        host.code.strike(location, record.outside);
        for (location, offset) in &record.returns {
            host.code.strike(*location, *offset);
        }
        self.by_location.remove(&location);
        for watcher in self.watchers.iter().filter_map(Weak::upgrade) {
            watcher.jump_cache().forget(location);
        }
        self.unlink_incoming(host, id);
        self.unlink_outgoing(host, id);
        let record = &mut self.records[id.index as usize];
        record.live = false;
        for range in core::mem::take(&mut record.source) {
            self.pages.remove(id, &range);
        }
    }

    /// Forgets every fragment made from bytes in `range`, and keeps those that
    /// are being made from entering the cache.
    pub(crate) fn invalidate<B: Backend, C: CodeMemory>(
        &mut self,
        host: &Host<B, C>,
        range: &Range<u64>,
    ) {
        self.stats.invalidations += 1;
        self.log.push(range.clone());
        self.refused.clear();
        let hit = self.on_bytes(range);
        for &id in &hit {
            self.forget(host, id);
        }
        self.stats.invalidated_fragments += hit.len() as u64;
        if !hit.is_empty() {
            self.request_leave();
        }
    }

    /// Asks every vCPU that may be executing generated code to come back.
    fn request_leave(&self) {
        for watcher in self.watchers() {
            if watcher.inside() != OUTSIDE {
                watcher.request_leave();
            }
        }
    }

    fn watchers(&self) -> impl Iterator<Item = Arc<dyn Watcher>> {
        self.watchers.iter().filter_map(Weak::upgrade)
    }

    /// Remembers that a unit cannot be compiled.
    pub(crate) fn refuse(&mut self, location: Location) {
        if self.refused.len() >= Self::REFUSED {
            self.refused.clear();
        }
        self.refused.insert(location);
        self.stats.refused += 1;
    }

    /// Returns how often a segment was evicted.
    pub(crate) const fn evictions(&self) -> u64 {
        self.stats.evictions
    }

    /// Returns the statistics with the present numbers filled in.
    pub(crate) fn stats(&self) -> Stats {
        Stats {
            live_fragments: self.by_location.len() as u64,
            used_bytes: self.segments.used(),
            capacity_bytes: self.segments.capacity(),
            ..self.stats
        }
    }
}
