//! Coherence of translated code with the guest's memory.
//!
//! # Problem
//!
//! A translation is a copy. Guest programs write code without telling anybody
//! (on hosts whose caches are coherent even the architecture's cache maintenance
//! is missed out), a loader puts new pages where old ones were, and several
//! vCPUs do so at once: while one reads bytes to translate them, another
//! rewrites them.
//!
//! # Approach
//!
//! Every page is in one of three states:
//!
//! ```text
//!               protect                      publish (any number)
//!   unknown ───────────────► protected ◄──────────┐
//!      ▲                      │    ▲  └───────────┘
//!      │ remap          fault │    │ protect
//!      │                      ▼    │
//!      └──────────────────── released
//! ```
//!
//! A page is *protected before* its bytes are read, so a write that the reader
//! might have missed is a write that faults. [`CodePages::protect`] hands out a
//! [`Ticket`], and every event that may change bytes gives the page a new
//! generation, which makes older tickets worthless. [`CodePages::publish`]
//! compares the tickets and inserts the translation under one lock, so nothing
//! fits between the check and the insertion. On a write, translations are
//! forgotten *before* the page is released, so at no time can memory differ from
//! what a reachable translation was made from.
//!
//! # Invariants
//!
//! These hold whenever the lock is free:
//!
//! - *Guarded*: a translation is reachable only if every page it was made from is
//!   protected.
//! - *Fresh*: a ticket that `publish` accepts was issued after the last event
//!   that could have changed its page.
//! - *Unique*: no two events share a generation, so a page that is dropped and
//!   met again does not revive old tickets.
//!
//! # Rejected
//!
//! Checksums at the entry of each translation cost every execution something;
//! here only writers pay (about 3.5 µs per flip in a process). For a page that
//! holds code *and* busy data that is a bad bargain, and the flip count
//! ([`Ticket::flips`]) tells the engine so; what it does then (interpret, or
//! check bytes at entry) is its own policy. Per-byte watching in here would
//! double the state and help no environment whose protection is per page.

use alloc::collections::BTreeMap;
use core::fmt;
use core::ops::Range;

use lock_api::{Mutex, RawMutex};

use crate::{Page, PageProtection, Refused, Translations};

/// The guest pages that hold translated code.
///
/// `P` protects pages, `T` forgets translations, and `L` is the embedder's lock:
/// a futex in a process, a spin lock in a kernel. All methods may be called from
/// any vCPU thread. The lock is held while `P` and `T` are called and never while
/// guest code runs, so a fault hook may take it.
///
/// Crossing the lock with the engine's own: `CodePages` calls the engine
/// ([`Translations::forget`] and the closure of [`publish`](Self::publish)) with
/// its lock held; the engine must not call `CodePages` with a lock held that
/// those take.
pub struct CodePages<P, T, L: RawMutex> {
    protection: P,
    translations: T,
    state: Mutex<L, State>,
}

/// Permission to publish a translation made from one page.
///
/// Holding a ticket proves that the page was write-protected when the ticket was
/// issued. It proves nothing about now: [`CodePages::publish`] decides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "a translation without its ticket cannot be published"]
pub struct Ticket {
    page: Page,
    generation: u64,
    flips: u32,
}

/// What a write to a page meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "the write is repeated or not depending on the outcome"]
pub enum Outcome {
    /// The page held translations. They are forgotten, and it can be written.
    ///
    /// Repeat the write. If the vCPU is executing a translation of this page,
    /// leave it after the write.
    Released {
        /// How often this has happened to the page of late, this time included.
        flips: u32,
    },
    /// The page is not protected on behalf of translations.
    ///
    /// Another vCPU may just have released it: if the guest may write to it,
    /// repeat the write, otherwise the fault is the guest's.
    NotProtected,
    /// The page held translations, which are forgotten, but the environment
    /// refuses to release it.
    ///
    /// Perform the write by other means, after which the page is still protected
    /// and consistent, or give up.
    Stuck,
}

impl<P: PageProtection, T: Translations, L: RawMutex> CodePages<P, T, L> {
    /// Starts with no code pages.
    #[must_use]
    pub fn new(protection: P, translations: T) -> Self {
        Self {
            protection,
            translations,
            state: Mutex::new(State::default()),
        }
    }

    /// Announces that a translation is about to be made from `page`.
    ///
    /// Call this before reading the first byte, once for each page the unit
    /// touches.
    ///
    /// # Errors
    ///
    /// Returns [`Refused`] when the environment cannot protect the page. Do not
    /// keep a translation of it.
    pub fn protect(&self, page: Page) -> Result<Ticket, Refused> {
        let state = &mut *self.state.lock();
        let clock = state.tick();
        let entry = state.pages.entry(page).or_insert(PageState {
            generation: clock,
            protected: false,
            flips: 0,
            last_flip: clock,
        });
        if !entry.protected {
            self.protection.write_protect(page)?;
            entry.protected = true;
        }
        Ok(Ticket {
            page,
            generation: entry.generation,
            flips: entry.recent_flips(clock),
        })
    }

    /// Makes a translation reachable, by `insert`, if its bytes are still fresh.
    ///
    /// `tickets` are those of every page it was made from. Nothing changes any of
    /// these pages until `insert` has returned.
    ///
    /// Returns `None`, and does not call `insert`, when a page has changed since
    /// its ticket was issued: throw the translation away and start again.
    pub fn publish<R>(&self, tickets: &[Ticket], insert: impl FnOnce() -> R) -> Option<R> {
        let state = self.state.lock();
        // Inserted under the lock: *Guarded* must hold when it is free again.
        tickets.iter().all(|t| state.is_fresh(t)).then(insert)
    }

    /// Reports that a write to `page` faulted, or is about to be made by the host
    /// on the guest's behalf.
    ///
    /// The caller has already found that the guest itself may write to the page.
    pub fn fault(&self, page: Page) -> Outcome {
        let state = &mut *self.state.lock();
        let clock = state.tick();
        let Some(entry) = state.pages.get_mut(&page).filter(|e| e.protected) else {
            return Outcome::NotProtected;
        };
        // The order matters: forget, then release. See *Guarded*.
        entry.generation = clock;
        self.translations.forget(page.bytes());
        if self.protection.unprotect(page).is_err() {
            return Outcome::Stuck;
        }
        entry.protected = false;
        entry.flips = entry.recent_flips(clock).saturating_add(1);
        entry.last_flip = clock;
        Outcome::Released { flips: entry.flips }
    }

    /// Forgets what was translated from `bytes`, which may have changed unseen.
    ///
    /// This is the guest's own cache maintenance, a device that writes past the
    /// protection, or a write through another mapping of the same memory. The
    /// pages stay protected and their other translations reachable.
    pub fn invalidate(&self, bytes: Range<u64>) {
        let Some((first, last)) = Page::covering(&bytes) else {
            return;
        };
        let state = &mut *self.state.lock();
        let clock = state.tick();
        for (page, entry) in state.pages.range_mut(first..=last) {
            entry.generation = clock;
            if entry.protected {
                let own = page.bytes();
                self.translations
                    .forget(own.start.max(bytes.start)..own.end.min(bytes.end));
            }
        }
    }

    /// Runs `change`, which gives the pages of `bytes` other contents or takes
    /// away the guest's permission to execute them.
    ///
    /// Everything translated from these pages is forgotten and the pages are
    /// released first; nothing can be protected or published until `change` has
    /// returned. When the environment refuses to release a page, `change` runs
    /// all the same: it decides what the page's protection is from now on.
    ///
    /// # Contract
    ///
    /// `change` does not call back into `self`, and leaves none of the pages
    /// protected.
    pub fn remap<R>(&self, bytes: Range<u64>, change: impl FnOnce() -> R) -> R {
        self.remap_all([bytes], change)
    }

    /// Does what [`remap`](Self::remap) does for several ranges and one change.
    pub fn remap_all<R>(
        &self,
        ranges: impl IntoIterator<Item = Range<u64>>,
        change: impl FnOnce() -> R,
    ) -> R {
        let state = &mut *self.state.lock();
        for (first, last) in ranges.into_iter().filter_map(|r| Page::covering(&r)) {
            while let Some((&page, entry)) = state.pages.range(first..=last).next() {
                if entry.protected {
                    self.translations.forget(page.bytes());
                    // A refusal leaves the page to `change`, as documented.
                    let _ = self.protection.unprotect(page);
                }
                state.pages.remove(&page);
            }
        }
        change()
    }

    /// Tells whether translations of `page` may be reachable.
    #[must_use]
    pub fn is_protected(&self, page: Page) -> bool {
        self.state
            .lock()
            .pages
            .get(&page)
            .is_some_and(|e| e.protected)
    }

    /// Tells how often writes have released `page` of late.
    ///
    /// The count halves with every 256 events elsewhere, so a page whose guest
    /// has finished patching it is forgiven.
    #[must_use]
    pub fn flips(&self, page: Page) -> u32 {
        let state = self.state.lock();
        let clock = state.clock;
        state.pages.get(&page).map_or(0, |e| e.recent_flips(clock))
    }

    /// Returns how many pages are protected now.
    #[must_use]
    pub fn protected_pages(&self) -> usize {
        let state = self.state.lock();
        state.pages.values().filter(|e| e.protected).count()
    }

    /// Returns the environment's side.
    #[must_use]
    pub fn protection(&self) -> &P {
        &self.protection
    }

    /// Returns the engine's side.
    #[must_use]
    pub fn translations(&self) -> &T {
        &self.translations
    }

    /// Holds every operation back while `section` runs.
    ///
    /// For embedders that copy the whole process (`fork`) and must not copy a
    /// half-done operation of another thread.
    pub fn quiesce<R>(&self, section: impl FnOnce() -> R) -> R {
        let _held = self.state.lock();
        section()
    }
}

impl Ticket {
    /// Returns the page this ticket is for.
    #[must_use]
    pub const fn page(&self) -> Page {
        self.page
    }

    /// Tells how often writes have released the page of late.
    ///
    /// A large count means that the page mixes code with busy data: its
    /// translations will not live long enough to pay for themselves.
    #[must_use]
    pub const fn flips(&self) -> u32 {
        self.flips
    }
}

impl<P: fmt::Debug, T, L: RawMutex> fmt::Debug for CodePages<P, T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The translations are the engine's and may be large.
        f.debug_struct("CodePages")
            .field("protection", &self.protection)
            .field("state", &self.state.try_lock().as_deref())
            .finish_non_exhaustive()
    }
}

/// What the lock guards.
#[derive(Debug, Default)]
struct State {
    pages: BTreeMap<Page, PageState>,
    /// Counts events; the source of generations (*Unique*) and of forgiveness.
    clock: u64,
}

/// What is known of a page that has been translated from.
#[derive(Debug)]
struct PageState {
    generation: u64,
    protected: bool,
    flips: u32,
    last_flip: u64,
}

impl State {
    fn tick(&mut self) -> u64 {
        // Cannot overflow: at one event per nanosecond it takes 584 years.
        self.clock += 1;
        self.clock
    }

    fn is_fresh(&self, ticket: &Ticket) -> bool {
        self.pages
            .get(&ticket.page)
            .is_some_and(|e| e.protected && e.generation == ticket.generation)
    }
}

impl PageState {
    fn recent_flips(&self, clock: u64) -> u32 {
        let halvings = (clock - self.last_flip) / EVENTS_PER_HALVING;
        u32::try_from(halvings).map_or(0, |n| self.flips.checked_shr(n).unwrap_or(0))
    }
}

const EVENTS_PER_HALVING: u64 = 256;

#[cfg(test)]
mod tests;
