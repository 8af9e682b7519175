//! Assembly syntax.

use core::fmt;

use crate::RowInfo;

/// An instruction that can be printed; implemented by `isa!`.
///
/// Embedders use [`Decoded::display`](crate::Decoded::display).
pub trait Syntax {
    /// What printing needs besides the instruction: its address, the condition
    /// it is executed under, the dialect.
    type Context;

    /// Prints the instruction as `row`, one of its rows, says.
    ///
    /// # Errors
    ///
    /// Passes on the errors of the formatter.
    fn fmt_syntax(
        &self,
        row: &RowInfo,
        f: &mut fmt::Formatter<'_>,
        cx: &Self::Context,
    ) -> fmt::Result;
}
