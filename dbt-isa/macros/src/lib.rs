//! The procedural macros behind `dbt-isa`; use them as `dbt_isa::isa!` and `dbt_isa::rows!`.
//!
//! An instruction set is described by rows, one per encoding. The way from rows to code:
//!
//! ```text
//! tokens ──grammar, row, pattern, syntax──▶ rows ──cond, check──▶ disjoint rows
//!                                                                     │
//!                       Rust items ◀──expand──── decision tree ◀──tree┘
//! ```
//!
//! A procedural macro sees only its own input, so rows kept in files of their own reach `isa!` by
//! callbacks: `rows!` defines a `macro_rules!` that appends its rows to whatever state it is given
//! and hands both to `isa_resume!`, which asks the next table, until none is left. The tokens keep
//! their spans on that way, so errors stand at the row.
//!
//! Rejected: a build script reading the rows (spans and editor support are lost), and one macro
//! invocation holding all rows (files of many thousand lines).

mod chain;
mod check;
mod cond;
mod errors;
mod expand;
mod grammar;
mod pattern;
mod row;
mod syntax;
mod tree;

use proc_macro::TokenStream;

/// Describes a guest: the instruction enum, its decoders, printer and dispatcher to semantics.
///
/// The grammar is documented in `docs/isa-spec.md` and at the front page of `dbt-isa`.
#[proc_macro]
pub fn isa(input: TokenStream) -> TokenStream {
    chain::start(input.into())
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}

/// Names a table of rows, so that an `isa!` elsewhere in the crate can list it.
#[proc_macro]
pub fn rows(input: TokenStream) -> TokenStream {
    chain::table(input.into())
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}

/// Continues an `isa!` after one table has delivered its rows.
#[doc(hidden)]
#[proc_macro]
pub fn isa_resume(input: TokenStream) -> TokenStream {
    chain::resume(input.into())
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}
