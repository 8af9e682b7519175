//! The results of decoding.

use core::error::Error;
use core::fmt;

use crate::{RowInfo, Syntax};

/// A decoded instruction and the row it was decoded by.
///
/// An embedder that keeps instructions keeps [`insn`](Self::insn) alone; the row
/// is for printing and for tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a pair with names")]
pub struct Decoded<I> {
    /// The instruction.
    pub insn: I,
    /// The encoding it has.
    pub row: &'static RowInfo,
}

impl<I: Syntax> Decoded<I> {
    /// Returns something that prints the instruction in assembly syntax.
    #[must_use]
    pub const fn display<'a>(&'a self, cx: &'a I::Context) -> Display<'a, I> {
        Display { decoded: self, cx }
    }

    /// Prints the instruction in assembly syntax.
    ///
    /// # Errors
    ///
    /// Passes on the errors of the formatter.
    pub fn fmt_syntax(&self, f: &mut fmt::Formatter<'_>, cx: &I::Context) -> fmt::Result {
        self.insn.fmt_syntax(self.row, f, cx)
    }
}

/// Prints a [`Decoded`] instruction; made by [`Decoded::display`].
pub struct Display<'a, I: Syntax> {
    decoded: &'a Decoded<I>,
    cx: &'a I::Context,
}

impl<I: Syntax> fmt::Display for Display<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decoded.fmt_syntax(f, self.cx)
    }
}

impl<I: Syntax> fmt::Debug for Display<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a word is no instruction.
///
/// None of these is an error of the embedder: they are architectural events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Undecodable {
    /// No row matches: the word is architecturally UNDEFINED, or the description
    /// leaves it out.
    Unallocated,
    /// A row matches and says that the word is UNDEFINED.
    Undefined,
    /// A row matches and says that the word is UNPREDICTABLE, or a bit that
    /// should be zero or one is not.
    Unpredictable,
}

impl Undecodable {
    /// Returns whether the guest takes an undefined instruction exception.
    #[must_use]
    pub const fn is_undefined(self) -> bool {
        matches!(self, Self::Unallocated | Self::Undefined)
    }

    /// Returns whether the architecture leaves open what happens.
    #[must_use]
    pub const fn is_unpredictable(self) -> bool {
        matches!(self, Self::Unpredictable)
    }
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unallocated => "unallocated instruction",
            Self::Undefined => "undefined instruction",
            Self::Unpredictable => "unpredictable instruction",
        })
    }
}

impl Error for Undecodable {}
