//! Where we and Capstone differ knowingly, and what is not described yet.
//!
//! Sections are those of DDI 0406C.

use super::{Class, Set};

/// A difference that is right on our side.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// Where it occurs.
    pub set: Set,
    /// How the two sides differ.
    pub class: Class,
    /// The words it covers.
    pub pattern: Pattern,
    /// What the two texts have to do with one another.
    pub texts: fn(ours: &str, theirs: &str) -> bool,
    /// Why ours is right, with the manual's section.
    pub reason: &'static str,
}

impl Exception {
    /// Whether a difference is this one.
    #[must_use]
    pub fn covers(&self, word: u32, ours: &str, theirs: &str) -> bool {
        self.pattern.matches(word) && (self.texts)(ours, theirs)
    }
}

/// A group of instructions that is not described yet.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    /// Where it is.
    pub set: Set,
    /// The words it covers.
    pub pattern: Pattern,
    /// What the manual calls it.
    pub name: &'static str,
}

impl Gap {
    /// Whether the group contains `word`.
    #[must_use]
    pub const fn covers(&self, word: u32) -> bool {
        self.pattern.matches(word)
    }
}

/// Fixed bits of a word.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    mask: u32,
    value: u32,
}

impl Pattern {
    /// Reads a pattern of `0`, `1` and `x`; `_` separates, and `x` is understood
    /// to the right.
    ///
    /// # Panics
    ///
    /// When there is another character, or there are too many.
    #[must_use]
    pub const fn new(pattern: &str) -> Self {
        let bytes = pattern.as_bytes();
        let (mut mask, mut value, mut left, mut at) = (0, 0, 32, 0);
        while at < bytes.len() {
            if bytes[at] != b'_' {
                left -= 1;
                match bytes[at] {
                    b'0' => mask |= 1 << left,
                    b'1' => {
                        mask |= 1 << left;
                        value |= 1 << left;
                    }
                    b'x' => {}
                    _ => panic!("a pattern is made of 0, 1, x and _"),
                }
            }
            at += 1;
        }
        Self { mask, value }
    }

    /// Whether `word` has the fixed bits.
    #[must_use]
    pub const fn matches(self, word: u32) -> bool {
        word & self.mask == self.value
    }
}

/// The accepted differences.
pub static EXCEPTIONS: &[Exception] = &[];

/// What is not described yet.
pub static GAPS: &[Gap] = &[];
