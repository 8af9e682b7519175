//! The global exclusive monitor.
//!
//! **Problem.** A store-exclusive must fail if another CPU has stored exclusively to
//! the same granule since the load-exclusive, even if memory holds the loaded value
//! again. A host's compare-and-swap does not see that. And hosts have no instruction
//! that compares one word, a version, and stores to another.
//!
//! **Approach.** Granules of eight bytes have *tags*. Which tag is that of an address
//! follows from its offset in a page alone, so that all mappings of a page share
//! tags. A load-exclusive notes the tag, then loads. A store-exclusive
//!
//! 1. *claims* the granule: changes its tag from what was noted, an even number, to
//!    the odd one behind it, atomically; if it holds something else, it fails;
//! 2. compares and swaps;
//! 3. *frees* the granule: makes the tag the next even number.
//!
//! So between the noting of a tag and the claim that succeeds with it no other
//! store-exclusive has done (2), and none does before the granule is free. Nobody
//! waits for a granule: a claim of what is claimed fails, as the architecture lets
//! a store-exclusive do. Ordinary stores pay nothing; one that changes the value is
//! seen by the comparison. `docs/exclusives.md` says what is guaranteed.
//!
//! **Invariants.** A granule is claimed by at most one vCPU. It stays claimed over
//! nothing but the access itself; if that faults, whoever notices frees it with the
//! tag that it had.

use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

use dbt_isa::ops::Access;

use crate::memory::{Fetch, FetchFault, GuestMemory, MemoryFault};

/// Bits of an address that choose a granule's tag, which is then as many bytes into
/// the table as the masked address says.
pub const GRANULE_MASK: u64 = 0xff8;

/// Number of tags.
const TAGS: usize = 512;

/// The tags of all exclusive granules; shared by the vCPUs of a guest.
pub struct GlobalMonitor {
    tags: [AtomicU64; TAGS],
}

impl GlobalMonitor {
    /// Makes a monitor.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            tags: [const { AtomicU64::new(0) }; TAGS],
        })
    }

    #[allow(
        clippy::cast_possible_truncation,
        reason = "the mask leaves twelve bits"
    )]
    fn granule(&self, address: u64) -> &AtomicU64 {
        &self.tags[(address & GRANULE_MASK) as usize / size_of::<AtomicU64>()]
    }

    /// Returns what a load-exclusive notes before it loads. If the granule is claimed
    /// now, that is worth something only if its claimant's access will fault.
    #[must_use]
    pub fn tag(&self, address: u64) -> u64 {
        // Acquire: what is loaded is at least as new; pairs with `store`.
        self.granule(address).load(Ordering::Acquire)
    }

    /// Makes a store-exclusive: does `swap` if the granule's tag is still `tag`, and
    /// tells whether that was so and `swap` has stored.
    ///
    /// # Errors
    ///
    /// When `swap` fails.
    pub fn store<E>(
        &self,
        address: u64,
        tag: u64,
        swap: impl FnOnce() -> Result<bool, E>,
    ) -> Result<bool, E> {
        let granule = self.granule(address);
        let tag = tag & !1;
        // Acquire, and Release below: what `swap` does stays in between. Relaxed: a
        // failure orders nothing.
        let claim = granule.compare_exchange(tag, tag + 1, Ordering::Acquire, Ordering::Relaxed);
        if claim.is_err() {
            return Ok(false);
        }
        let result = swap();
        let freed = match result {
            Ok(_) => tag.wrapping_add(2),
            Err(_) => tag,
        };
        granule.store(freed, Ordering::Release);
        result
    }

    /// Returns the host address of the tags, for generated code.
    pub(crate) fn base(&self) -> u64 {
        self.tags.as_ptr() as usize as u64
    }

    /// Frees the granule whose tag is at the host address `claimed`; its claimant has
    /// not stored.
    pub(crate) fn release(&self, claimed: u64) {
        self.granule(claimed.wrapping_sub(self.base()))
            .fetch_sub(1, Ordering::Release);
    }

    /// Frees all granules: their claimants are gone.
    pub(crate) fn release_all(&self) {
        for tag in &self.tags {
            // Relaxed: there is one thread.
            let next = tag.load(Ordering::Relaxed).wrapping_add(1) & !1;
            tag.store(next, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for GlobalMonitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GlobalMonitor").finish_non_exhaustive()
    }
}

/// Memory with a global monitor in front.
pub(crate) struct Monitored<'a, M: ?Sized> {
    pub(crate) memory: &'a mut M,
    pub(crate) monitor: &'a GlobalMonitor,
}

impl<M: Fetch + ?Sized> Fetch for Monitored<'_, M> {
    fn fetch16(&mut self, address: u64) -> Result<u16, FetchFault> {
        self.memory.fetch16(address)
    }

    fn fetch32(&mut self, address: u64) -> Result<u32, FetchFault> {
        self.memory.fetch32(address)
    }

    fn fetch_unprivileged(&mut self, unprivileged: bool) {
        self.memory.fetch_unprivileged(unprivileged);
    }
}

impl<M: GuestMemory + ?Sized> GuestMemory for Monitored<'_, M> {
    fn load(&mut self, access: Access, address: u64) -> Result<u64, MemoryFault> {
        self.memory.load(access, address)
    }

    fn store(&mut self, access: Access, address: u64, value: u64) -> Result<(), MemoryFault> {
        self.memory.store(access, address, value)
    }

    fn compare_exchange(
        &mut self,
        access: Access,
        address: u64,
        expected: u64,
        new: u64,
    ) -> Result<u64, MemoryFault> {
        self.memory.compare_exchange(access, address, expected, new)
    }

    fn load_tag(&mut self, address: u64) -> u64 {
        self.monitor.tag(address)
    }

    fn store_exclusive(
        &mut self,
        access: Access,
        address: u64,
        tag: u64,
        expected: u64,
        new: u64,
    ) -> Result<bool, MemoryFault> {
        self.monitor.store(address, tag, || {
            Ok(self
                .memory
                .compare_exchange(access, address, expected, new)?
                == expected)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_makes_noted_tags_stale_whatever_it_stores() {
        let monitor = GlobalMonitor::new();
        let (first, second) = (monitor.tag(0x1000), monitor.tag(0x1004));
        assert_eq!(monitor.store(0x1000, first, || Ok::<_, ()>(true)), Ok(true));
        assert_eq!(monitor.store(0x1004, second, || Err(())), Ok(false));
        let again = monitor.tag(0x1000);
        assert_eq!(monitor.store(0x1000, again, || Ok::<_, ()>(true)), Ok(true));
    }

    #[test]
    fn mappings_of_a_page_share_tags_and_other_granules_do_not() {
        let monitor = GlobalMonitor::new();
        let (alias, other) = (monitor.tag(0x7000_0010), monitor.tag(0x18));
        assert_eq!(monitor.store(0x10, 0, || Ok::<_, ()>(true)), Ok(true));
        assert_eq!(monitor.store(0x7000_0010, alias, || Err(())), Ok(false));
        assert_eq!(monitor.store(0x18, other, || Ok::<_, ()>(true)), Ok(true));
    }

    #[test]
    fn a_fault_leaves_the_tag() {
        let monitor = GlobalMonitor::new();
        assert_eq!(monitor.store(8, 0, || Err(7)), Err(7));
        assert_eq!(monitor.store(8, 0, || Ok::<_, ()>(true)), Ok(true));
    }

    #[test]
    fn a_claimed_granule_cannot_be_claimed_with_a_tag_noted_meanwhile() {
        let monitor = GlobalMonitor::new();
        let outcome = monitor.store(8, 0, || {
            let meanwhile = monitor.tag(8);
            assert_eq!(monitor.store(8, meanwhile, || Err(())), Ok(false));
            Ok::<_, ()>(true)
        });
        assert_eq!(outcome, Ok(true));
    }
}
