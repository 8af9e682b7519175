//! The decision tree that `isa!` computes, and how it is walked.
//!
//! Public for the expansion of the macro only.
//!
//! A level of the tree is one load from a table: `entries[base + group of bits]` is the next
//! level or a list of candidates, rows whose fixed bits are compared one after the other. Only the
//! row's own code, reached by one indirect jump, looks at its conditions; it may send the walk on
//! to the next candidate. The lists are short: one or two rows for all but contrived descriptions.

use crate::{Decoded, RowInfo, Undecodable};

/// Marks an entry as a list of candidates.
const LEAF: u32 = 1 << 31;

/// How often [`Tree::random`] tries.
const RANDOM_TRIES: u32 = 10_000;

/// Why a row does not accept a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "shared with the expansion of `isa!`"
)]
pub enum Reject {
    /// Its conditions do not hold; another row may match.
    NextRow,
    /// The word is UNDEFINED.
    Undefined,
    /// The word is UNPREDICTABLE.
    Unpredictable,
}

impl From<Reject> for Undecodable {
    fn from(reject: Reject) -> Self {
        match reject {
            Reject::NextRow => Self::Unallocated,
            Reject::Undefined => Self::Undefined,
            Reject::Unpredictable => Self::Unpredictable,
        }
    }
}

/// A row in a list of candidates.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    mask: u32,
    value: u32,
    row: u16,
    is_last: bool,
}

impl Candidate {
    /// Matches no word and ends its list.
    pub const NONE: Self = Self::new(0, 1, u16::MAX, true);

    /// Creates the candidate for row number `row`.
    #[must_use]
    pub const fn new(mask: u32, value: u32, row: u16, is_last: bool) -> Self {
        Self {
            mask,
            value,
            row,
            is_last,
        }
    }
}

/// The first level: two groups of bits, joined to an index.
#[derive(Clone, Copy, Debug)]
pub struct Root {
    /// Each group as the distance to shift it by and the mask of its final place.
    high: (u32, u32),
    low: (u32, u32),
}

impl Root {
    /// Creates the root from two pairs of shift and mask.
    #[must_use]
    pub const fn new(high: (u32, u32), low: (u32, u32)) -> Self {
        Self { high, low }
    }

    const fn index(self, word: u32) -> u32 {
        (word >> self.high.0 & self.high.1) | (word >> self.low.0 & self.low.1)
    }
}

/// A decision tree over instruction words.
#[derive(Clone, Copy, Debug)]
pub struct Tree {
    root: Root,
    /// The entries of the root, then those of other nodes. Bit 31 marks
    /// candidates, the rest is the index of the first; otherwise
    /// `base << 9 | width << 5 | shift`.
    entries: &'static [u32],
    candidates: &'static [Candidate],
    rows: &'static [RowInfo],
}

impl Tree {
    /// Combines the tables made by `isa!`.
    #[must_use]
    pub const fn new(
        root: Root,
        entries: &'static [u32],
        candidates: &'static [Candidate],
        rows: &'static [RowInfo],
    ) -> Self {
        Self {
            root,
            entries,
            candidates,
            rows,
        }
    }

    /// Decodes `word`; `extract` evaluates the conditions and arguments of a row.
    ///
    /// # Errors
    ///
    /// Says why the word is no instruction.
    #[inline]
    pub fn decode<I>(
        &self,
        word: u32,
        extract: impl Fn(u16) -> Result<I, Reject>,
    ) -> Result<Decoded<I>, Undecodable> {
        for candidate in self.candidates(word) {
            if word & candidate.mask == candidate.value {
                match extract(candidate.row) {
                    Err(Reject::NextRow) => {}
                    Err(reject) => return Err(reject.into()),
                    Ok(insn) => {
                        let row = self.rows.get(usize::from(candidate.row));
                        return row
                            .map(|row| Decoded { insn, row })
                            .ok_or(Undecodable::Unallocated);
                    }
                }
            }
            if candidate.is_last {
                break;
            }
        }
        Err(Undecodable::Unallocated)
    }

    /// Walks the tree; the list ends with the candidate marked as last.
    #[inline]
    fn candidates(&self, word: u32) -> &'static [Candidate] {
        let mut index = self.root.index(word);
        let leaf = loop {
            // The tables are complete, so this never fails; a word without candidates is the
            // harmless answer if it did.
            let Some(&entry) = self.entries.get(index as usize) else {
                return &[];
            };
            if entry & LEAF != 0 {
                break entry & !LEAF;
            }
            let (base, width, shift) = (entry >> 9, entry >> 5 & 0xf, entry & 0x1f);
            index = base + (word >> shift & !(u32::MAX << width));
        };
        self.candidates.get(leaf as usize..).unwrap_or_default()
    }

    /// Returns a random word that decodes to `row`.
    ///
    /// Besides uniform bits it tries words with few and with many ones, since
    /// conditions often ask for a field of all zeroes or all ones.
    pub fn random<I>(
        &self,
        row: &RowInfo,
        next: &mut dyn FnMut() -> u32,
        extract: impl Fn(u16, u32) -> Result<I, Reject>,
    ) -> Option<u32> {
        let width = u32::MAX >> (u32::BITS - row.width_bits);
        let fixed = row.mask | row.should_be_mask;
        for attempt in 0..RANDOM_TRIES {
            let free = match attempt % 8 {
                1 => next() & next() & next(),
                2 => next() | next() | next(),
                _ => next(),
            };
            let word = free & !fixed & width | row.value | row.should_be_value;
            let decoded = self.decode(word, |candidate| extract(candidate, word));
            if decoded.is_ok_and(|decoded| core::ptr::eq(decoded.row, row)) {
                return Some(word);
            }
        }
        None
    }
}
