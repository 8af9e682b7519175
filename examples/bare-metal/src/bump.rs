//! An allocator that never frees.
//!
//! Enough to show that the engine needs no more than `alloc`. A long-lived
//! embedder brings its kernel's allocator: the engine frees what it evicts.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::fmt;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

/// `N` bytes that are given out from the start.
///
/// # Invariants
///
/// *Once*: the bytes before `used` have been given out, each to one allocation;
/// nobody has those behind.
#[repr(C, align(4096))]
pub struct Bump<const N: usize> {
    arena: UnsafeCell<[u8; N]>,
    used: AtomicUsize,
}

// SAFETY: the arena is reached only by the pointers that `alloc` gives out, and by
// *Once* no two of them lead to the same byte.
unsafe impl<const N: usize> Sync for Bump<N> {}

impl<const N: usize> Bump<N> {
    /// Makes an arena of which nothing is used.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            arena: UnsafeCell::new([0; N]),
            used: AtomicUsize::new(0),
        }
    }

    /// Returns the number of bytes given out, gaps included.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Reserves bytes and returns their offset.
    fn reserve(&self, layout: Layout) -> Option<usize> {
        // The arena's own alignment bounds what alignment an offset can give.
        if layout.align() > 4096 {
            return None;
        }
        let mut start = 0;
        // Relaxed: *Once* needs no more than that the updates have an order.
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                start = used.checked_next_multiple_of(layout.align())?;
                start.checked_add(layout.size()).filter(|&end| end <= N)
            })
            .ok()?;
        Some(start)
    }
}

impl<const N: usize> Default for Bump<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Debug for Bump<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bump")
            .field("used", &self.used())
            .finish_non_exhaustive()
    }
}

// SAFETY: `reserve` gives out each byte once (*Once*), with the alignment asked for
// because the arena is aligned to 4096; nothing here panics.
unsafe impl<const N: usize> GlobalAlloc for Bump<N> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match self.reserve(layout) {
            Some(start) => self.arena.get().cast::<u8>().wrapping_add(start),
            None => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
