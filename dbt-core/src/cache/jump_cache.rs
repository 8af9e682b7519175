//! The direct-mapped front of block lookup.
//!
//! Generated code probes a vCPU's jump cache at indirect branches, and so does
//! the dispatcher, both without a lock. Entries are filled and emptied only with
//! the cache's lock held: by the vCPU that owns them, after a lookup, and by
//! whoever forgets a fragment. So an entry never outlives the fragment that it
//! names.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

use super::code::{Code, Entry};
use crate::host::{CodeMemory, JUMP_CACHE_ENTRIES, JumpCacheEntry};
use crate::location::Location;

/// A [`JumpCacheEntry`] that several threads may touch.
///
/// # Invariants
///
/// - *Tagged*: whoever sees a `tag` that is not empty and afterwards reads
///   `code` reads the address of a fragment of that location, live or forgotten.
///   An entry's tag is emptied before its code changes.
#[derive(Debug)]
#[repr(C)]
struct Slot {
    tag: AtomicU64,
    code: AtomicU64,
}

const _: () = assert!(size_of::<Slot>() == size_of::<JumpCacheEntry>());
const _: () = {
    use core::mem::offset_of;
    assert!(offset_of!(Slot, tag) == offset_of!(JumpCacheEntry, tag));
    assert!(offset_of!(Slot, code) == offset_of!(JumpCacheEntry, code));
};

/// One vCPU's jump cache.
#[derive(Debug)]
pub(crate) struct JumpCache {
    slots: Box<[Slot]>,
}

impl JumpCache {
    /// Makes an empty jump cache.
    pub(crate) fn new() -> Self {
        let mut slots = Vec::with_capacity(JUMP_CACHE_ENTRIES);
        slots.resize_with(JUMP_CACHE_ENTRIES, || Slot {
            tag: AtomicU64::new(JumpCacheEntry::EMPTY.tag),
            code: AtomicU64::new(JumpCacheEntry::EMPTY.code),
        });
        Self {
            slots: slots.into_boxed_slice(),
        }
    }

    /// Returns what generated code addresses.
    pub(crate) fn as_ptr(&self) -> *const JumpCacheEntry {
        self.slots.as_ptr().cast()
    }

    /// Returns the host address of a location's fragment, if it is here.
    #[inline]
    pub(crate) fn get<C: CodeMemory>(&self, code: &Code<C>, location: Location) -> Option<Entry> {
        let slot = &self.slots[JumpCacheEntry::index(location)];
        // SeqCst: pairs with `forget`; see "Reclaiming" in `cache::evict`.
        if slot.tag.load(Ordering::SeqCst) != location.0 {
            return None;
        }
        code.offset(slot.code.load(Ordering::Acquire))
            .map(Entry::new)
    }

    /// Remembers a location's fragment. The cache's lock is held.
    pub(crate) fn fill<C: CodeMemory>(&self, code: &Code<C>, location: Location, entry: Entry) {
        let code = code.address(entry.offset());
        let slot = &self.slots[JumpCacheEntry::index(location)];
        // The owner fills while it is in the dispatcher, so nobody probes.
        slot.tag.store(JumpCacheEntry::EMPTY.tag, Ordering::Relaxed);
        slot.code.store(code, Ordering::Release);
        slot.tag.store(location.0, Ordering::Release);
    }

    /// Empties a location's entry. The cache's lock is held.
    pub(crate) fn forget(&self, location: Location) {
        let slot = &self.slots[JumpCacheEntry::index(location)];
        if slot.tag.load(Ordering::Relaxed) == location.0 {
            // SeqCst: pairs with `get`.
            slot.tag.store(JumpCacheEntry::EMPTY.tag, Ordering::SeqCst);
        }
    }
}
