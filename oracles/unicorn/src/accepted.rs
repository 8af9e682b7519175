//! Where we and Unicorn differ knowingly.
//!
//! Sections are those of DDI 0406C.d.

use crate::compare::Mismatch;

/// A difference that has a reason.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// Whether a difference is this one.
    pub covers: fn(&Mismatch) -> bool,
    /// Why the two sides differ.
    pub reason: &'static str,
}

/// All of them.
pub const EXCEPTIONS: &[Exception] = &[];
