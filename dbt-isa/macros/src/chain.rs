//! Collects the rows of named tables by callbacks before the instruction set is expanded.
//!
//! The state passed along is one braced group, so that a table's `macro_rules!` matches it as a
//! single token tree however many rows it holds already:
//!
//! ```text
//! { { tables still to ask } { rows of the first table } … ; the input of isa! }
//! ```

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Ident, Path, Result, Token, Visibility, braced};

use crate::errors::Errors;
use crate::{expand, grammar};

/// Expands `rows! { pub name; rows… }` to a macro that passes its rows on.
pub(crate) fn table(input: TokenStream) -> Result<TokenStream> {
    let parse = |input: ParseStream<'_>| {
        let attributes = input.call(syn::Attribute::parse_outer)?;
        let visibility: Visibility = input.parse()?;
        let name: Ident = input.parse()?;
        input.parse::<Token![;]>()?;
        let rows: TokenStream = input.parse()?;
        Ok((attributes, visibility, name, rows))
    };
    let (attributes, visibility, name, rows) = parse.parse2(input)?;
    // A macro without `#[macro_export]` cannot be re-exported further than the crate.
    let visibility = match visibility {
        Visibility::Public(_) => quote!(pub(crate)),
        other => quote!(#other),
    };
    Ok(quote! {
        #(#attributes)*
        macro_rules! #name {
            ($state:tt) => { ::dbt_isa::isa_resume! { $state { #rows } } };
        }
        // Unused where `isa!` stands below in the same file and sees the macro itself.
        #[allow(unused_imports, reason = "tables may be named without a path")]
        #visibility use #name;
    })
}

/// Starts the collection for one `isa!`.
pub(crate) fn start(input: TokenStream) -> Result<TokenStream> {
    let tables = grammar::tables(input.clone())?;
    step(State {
        pending: tables,
        collected: Vec::new(),
        input,
    })
}

/// Takes the rows of the table asked last and goes on.
pub(crate) fn resume(input: TokenStream) -> Result<TokenStream> {
    let parse = |input: ParseStream<'_>| {
        let content;
        braced!(content in input);
        let mut state: State = content.parse()?;
        state.collected.push(input.parse()?);
        Ok(state)
    };
    step(parse.parse2(input)?)
}

/// What a chain of tables carries along.
struct State {
    pending: Vec<Path>,
    collected: Vec<Group>,
    input: TokenStream,
}

impl Parse for State {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let content;
        braced!(content in input);
        let pending = Punctuated::<Path, Token![,]>::parse_terminated(&content)?;
        let mut collected = Vec::new();
        while !input.peek(Token![;]) {
            collected.push(input.parse()?);
        }
        input.parse::<Token![;]>()?;
        Ok(Self {
            pending: pending.into_iter().collect(),
            collected,
            input: input.parse()?,
        })
    }
}

/// Asks the next table, or expands when all have answered.
fn step(mut state: State) -> Result<TokenStream> {
    if state.pending.is_empty() {
        let mut errors = Errors::default();
        let mut isa = grammar::isa(state.input, state.collected, &mut errors)?;
        let mut items = expand::isa(&mut isa, &mut errors);
        items.extend(errors.into_items());
        return Ok(items);
    }
    let table = state.pending.remove(0);
    let State {
        pending,
        collected,
        input,
    } = &state;
    let carried = quote!({ #(#pending),* } #(#collected)* ; #input);
    let carried = TokenTree::Group(Group::new(Delimiter::Brace, carried));
    Ok(quote!(#table! { #carried }))
}
