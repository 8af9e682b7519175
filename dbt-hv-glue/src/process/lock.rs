//! A lock that a fault hook may take.
//!
//! The standard library's mutex promises nothing about signal handlers, a spin
//! lock burns a time slice when its holder is inside a system call, and both
//! matter here: `mprotect` is called with the lock held, and the hook of a
//! faulting vCPU waits for it. This is the classic three-state futex lock: no
//! thread-local state, no poisoning, nothing lazy.

use core::sync::atomic::{AtomicU32, Ordering};

use lock_api::{GuardSend, RawMutex};
use rustix::thread::futex;

/// A mutual exclusion lock on a futex word.
///
/// A fault hook may take it as long as the interrupted code cannot hold it,
/// which is so for code that was generated.
#[derive(Debug)]
pub struct FutexLock(AtomicU32);

const FREE: u32 = 0;
const HELD: u32 = 1;
const CONTENDED: u32 = 2;

impl FutexLock {
    #[cold]
    fn lock_contended(&self) {
        // Whoever waits must leave the word `CONTENDED`, since others may wait too.
        // Acquire pairs with the release in `unlock`.
        while self.0.swap(CONTENDED, Ordering::Acquire) != FREE {
            // Interruption and a changed word are both reasons to look again.
            let _ = futex::wait(&self.0, futex::Flags::PRIVATE, CONTENDED, None);
        }
    }

    #[cold]
    fn wake(&self) {
        // Cannot fail: the word is readable and the flags are valid.
        let _ = futex::wake(&self.0, futex::Flags::PRIVATE, 1);
    }
}

// SAFETY: `lock` and `try_lock` return (true) only after this thread changed the
// word from `FREE`, and only `unlock`, whose caller holds the lock, makes it
// `FREE` again; so the lock is exclusive.
unsafe impl RawMutex for FutexLock {
    #[allow(
        clippy::declare_interior_mutable_const,
        reason = "the trait's way to initialise a lock"
    )]
    const INIT: Self = Self(AtomicU32::new(FREE));

    type GuardMarker = GuardSend;

    #[inline]
    fn lock(&self) {
        if !self.try_lock() {
            self.lock_contended();
        }
    }

    #[inline]
    fn try_lock(&self) -> bool {
        // Acquire pairs with the release in `unlock`.
        self.0
            .compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    #[inline]
    unsafe fn unlock(&self) {
        // Release pairs with the acquire in `try_lock` and `lock_contended`.
        if self.0.swap(FREE, Ordering::Release) == CONTENDED {
            self.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FutexLock;

    /// No increment is lost among threads that fight for the lock.
    #[test]
    fn the_lock_excludes() {
        let count = lock_api::Mutex::<FutexLock, u32>::new(0);
        std::thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| (0..20_000).for_each(|_| *count.lock() += 1));
            }
        });
        assert_eq!(count.into_inner(), 80_000);
    }
}
