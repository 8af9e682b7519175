//! Code memory in a buffer that somebody else has made executable.

use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};

use dbt_core::host::CodeMemory;

const WORD: usize = 8;

/// Code memory over words that never move.
#[derive(Debug)]
pub struct StaticCode {
    words: &'static [AtomicU64],
    exec: *const u8,
}

impl StaticCode {
    /// Takes `words` for generated code, which is executed at `exec`.
    ///
    /// An embedder that has page tables of its own maps the words twice, writable
    /// here and executable there; without, `exec` is where they are.
    ///
    /// # Safety
    ///
    /// The bytes at `exec` are those of `words` and executable, for good, and nobody
    /// else has `words`.
    #[must_use]
    pub const unsafe fn new(words: &'static [AtomicU64], exec: *const u8) -> Self {
        Self { words, exec }
    }
}

// SAFETY: *Executable* and *Fixed* are what the caller of `new` says. *Exclusive*:
// nobody else has the words. *Whole*: each word is written at once. *Published*: x86
// processors keep instruction fetch coherent with stores.
unsafe impl CodeMemory for StaticCode {
    fn capacity(&self) -> usize {
        self.words.len() * WORD
    }

    fn exec_base(&self) -> *const u8 {
        self.exec
    }

    fn write(&self, offset: usize, bytes: &[u8]) {
        let (mut at, mut rest) = (offset, bytes);
        while !rest.is_empty() {
            let (word, start) = (&self.words[at / WORD], at % WORD);
            let (now, later) = rest.split_at(rest.len().min(WORD - start));
            let (mut value, mut mask) = ([0; WORD], [0; WORD]);
            value[start..start + now.len()].copy_from_slice(now);
            mask[start..start + now.len()].fill(0xff);
            let (value, mask) = (u64::from_le_bytes(value), u64::from_le_bytes(mask));
            // One update for each word, so that a CPU that executes there sees all of it
            // or nothing. It never fails.
            let _ = word.fetch_update(Ordering::Release, Ordering::Relaxed, |old| {
                Some(old & !mask | value)
            });
            (at, rest) = (at + now.len(), later);
        }
    }

    fn publish(&self, _: Range<usize>) {}
}
