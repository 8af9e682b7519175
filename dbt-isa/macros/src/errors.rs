//! Mistakes found so far.

use proc_macro2::TokenStream;
use syn::{Error, Result};

/// Collects errors, so that one mistake does not hide others.
///
/// What can be expanded is expanded all the same: the compiler would otherwise report every use of
/// the missing items, and bury the mistake.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    /// Adds an error.
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// Passes on a value, or adds the error there is instead.
    pub(crate) fn take<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// The items that make the compiler report the errors.
    pub(crate) fn into_items(self) -> TokenStream {
        self.0.map(Error::into_compile_error).unwrap_or_default()
    }
}
