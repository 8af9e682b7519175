//! One decoder: its tables, its row functions and its interface.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{Names, mixed};
use crate::grammar::{Decoder, Isa};
use crate::pattern::low_bits;
use crate::row::Row;
use crate::tree;

/// One decoder: its tables, its row functions and its interface.
pub(super) fn decoder(isa: &Isa, names: &Names<'_>, decoder: &Decoder) -> TokenStream {
    let Decoder {
        attributes,
        visibility,
        name,
        word,
        width,
        rows,
    } = decoder;
    let Isa {
        name: insn,
        context,
        ..
    } = isa;
    let tree = tree::build(rows, *width);
    let infos = rows
        .iter()
        .enumerate()
        .map(|(index, row)| info(names, row, index, *width));
    let arms = rows
        .iter()
        .enumerate()
        .map(|(index, row)| arm(isa, row, index));
    let tree::Tree {
        root: [high, low],
        entries,
        depth,
        most_candidates,
        ..
    } = &tree;
    let root = {
        // The high group ends up above the low one.
        let high_shift = high.shift - low.width;
        let high_mask = low_bits(high.width) << low.width;
        let (low_shift, low_mask) = (low.shift, low_bits(low.width));
        quote!(Root::new((#high_shift, #high_mask), (#low_shift, #low_mask)))
    };
    let candidates = tree
        .candidates
        .iter()
        .map(|&(row, last)| match rows.get(row) {
            Some(Row { pattern, .. }) => {
                let (mask, value, row) = (pattern.mask, pattern.value, small(row));
                quote!(Candidate::new(#mask, #value, #row, #last))
            }
            None => quote!(Candidate::NONE),
        });
    let (row_count, entry_count, candidate_count) =
        (rows.len(), entries.len(), tree.candidates.len());
    let (cx, encoded) = (mixed("cx"), mixed("encoded"));
    let word_doc = format!("Instruction words of {width} bits.");
    quote! {
        #(#attributes)*
        #[doc = ""]
        #[doc = #word_doc]
        #[allow(non_camel_case_types, reason = "decoders are named like modules")]
        #[derive(Clone, Copy, Debug)]
        #visibility struct #name;

        const _: () = {
            use ::dbt_isa::{Decoded, RowInfo, Undecodable, tree::{Candidate, Reject, Root, Tree}};

            static __ROWS: [RowInfo; #row_count] = [#(#infos),*];
            static __ENTRIES: [u32; #entry_count] = [#(#entries),*];
            static __CANDIDATES: [Candidate; #candidate_count] = [#(#candidates),*];
            static __TREE: Tree = Tree::new(#root, &__ENTRIES, &__CANDIDATES, &__ROWS);

            #[allow(
                non_snake_case,
                unused_variables,
                unused_parens,
                clippy::many_single_char_names,
                clippy::too_many_lines,
                clippy::cognitive_complexity,
                reason = "fields are named as in the manual"
            )]
            fn __extract(
                row: u16,
                #encoded: u32,
                #cx: &#context,
            ) -> ::core::result::Result<#insn, Reject> {
                match row {
                    #(#arms)*
                    _ => ::core::result::Result::Err(Reject::NextRow),
                }
            }

            impl #name {
                /// All rows, in the order of the description.
                pub const ROWS: &'static [RowInfo] = &__ROWS;

                /// How many table lookups decoding takes at most.
                pub const DEPTH: usize = #depth;

                /// How many rows are compared at most after the lookups.
                pub const MOST_CANDIDATES: usize = #most_candidates;

                /// Size of the lookup table in entries of four bytes.
                pub const TABLE_LEN: usize = #entry_count;

                /// Decodes one instruction word.
                ///
                /// # Errors
                ///
                /// Says why the word is no instruction; see [`Undecodable`](::dbt_isa::Undecodable).
                #[inline]
                pub fn decode(
                    word: #word,
                    #cx: &#context,
                ) -> ::core::result::Result<Decoded<#insn>, Undecodable> {
                    let word = ::core::convert::From::from(word);
                    __TREE.decode(word, |row| __extract(row, word, #cx))
                }

                /// Returns a random word that decodes to `row`, which is one of [`Self::ROWS`].
                ///
                /// `next` is the source of randomness. Returns `None` if no such word was
                /// found, which happens if `cx` excludes the row or if its conditions are very
                /// rarely satisfied.
                pub fn random(
                    row: &RowInfo,
                    next: &mut dyn ::core::ops::FnMut() -> u32,
                    #cx: &#context,
                ) -> ::core::option::Option<#word> {
                    let word = __TREE.random(row, next, |row, word| __extract(row, word, #cx))?;
                    ::core::convert::TryFrom::try_from(word).ok()
                }
            }
        };
    }
}

fn info(names: &Names<'_>, row: &Row, index: usize, width: u32) -> TokenStream {
    let name = row.name.to_string();
    let (encoding, pattern) = (&row.label, &row.literal);
    let (mask, value) = (row.pattern.mask, row.pattern.value);
    let (should_be_mask, should_be_value) =
        (row.pattern.should_be_mask, row.pattern.should_be_value);
    let syntax_index = names
        .syntax_of
        .get(&core::ptr::from_ref(row))
        .copied()
        .unwrap_or(0);
    let same_name = names
        .instructions
        .iter()
        .find(|instruction| *instruction.name == row.name);
    let syntax = same_name
        .and_then(|instruction| instruction.syntaxes.get(syntax_index))
        .map_or_else(String::new, |syntax| syntax.literal.value());
    let (index, syntax_index) = (small(index), u8::try_from(syntax_index).unwrap_or(u8::MAX));
    quote! {
        RowInfo {
            name: #name,
            encoding: #encoding,
            pattern: #pattern,
            mask: #mask,
            value: #value,
            should_be_mask: #should_be_mask,
            should_be_value: #should_be_value,
            width_bits: #width,
            index: #index,
            syntax: #syntax,
            syntax_index: #syntax_index,
        }
    }
}

/// The arm of a row: its conditions and its arguments.
fn arm(isa: &Isa, row: &Row, index: usize) -> TokenStream {
    let span = row.span();
    let index = small(index);
    let encoded = mixed("encoded");
    let fields = row.pattern.fields.iter().map(|field| {
        let ident = field.ident(span);
        let value = field.extraction(&encoded);
        quote!(let #ident: u32 = #value;)
    });
    // Bound only if used, and under names that resolve where the row stands.
    let variable = |name: &str, value: Ident| {
        let ident = Ident::new(name, span);
        row.uses(name).then(|| quote!(let #ident = #value;))
    };
    let word = variable("word", mixed("encoded"));
    let cx = variable("cx", mixed("cx"));
    let reject = |holds: bool, outcome: &str, expr: &syn::Expr| {
        let outcome = Ident::new(outcome, Span::mixed_site());
        quote_spanned! {span=>
            let holds: bool = #expr;
            if holds == #holds { return ::core::result::Result::Err(Reject::#outcome); }
        }
    };
    let matches = row
        .matches
        .iter()
        .map(|expr| reject(false, "NextRow", expr));
    let undefined = row
        .undefined
        .iter()
        .map(|expr| reject(true, "Undefined", expr));
    let (mask, value) = (row.pattern.should_be_mask, row.pattern.should_be_value);
    let should_be = (mask != 0).then(|| {
        quote! {
            if #encoded & #mask != #value {
                return ::core::result::Result::Err(Reject::Unpredictable);
            }
        }
    });
    let unpredictable = row
        .unpredictable
        .iter()
        .map(|expr| reject(true, "Unpredictable", expr));
    let (insn, variant) = (&isa.name, &row.name);
    let arguments = row.arguments.as_ref().map(|arguments| {
        let value = &arguments.value;
        quote!((#value))
    });
    quote! {
        #index => {
            #(#fields)*
            #word
            #cx
            #(#matches)*
            #(#undefined)*
            #should_be
            #(#unpredictable)*
            ::core::result::Result::Ok(#insn::#variant #arguments)
        }
    }
}

/// A row number; the emitted tables hold them in 16 bits.
fn small(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}
