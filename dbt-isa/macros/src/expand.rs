//! Writes the Rust items of an instruction set.

use std::collections::HashMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Error, FnArg, Pat, Result, Type};

use crate::grammar::{Decoder, Execute, Isa};
use crate::row::Row;
use crate::syntax::Syntax;
use crate::{check, tree};

/// All encodings of one name.
struct Instruction<'a> {
    name: &'a Ident,
    arguments: Option<&'a Type>,
    rows: Vec<&'a Row>,
    /// The different syntax strings, in order of their first appearance.
    syntaxes: Vec<&'a Syntax>,
}

/// Instructions in order, and for each row of each decoder its instruction and syntax.
struct Names<'a> {
    instructions: Vec<Instruction<'a>>,
    syntax_of: HashMap<*const Row, usize>,
}

/// Expands a complete instruction set.
pub(crate) fn isa(isa: &Isa) -> Result<TokenStream> {
    let mut errors: Option<Error> = None;
    let mut report = |error: Error| match &mut errors {
        Some(errors) => errors.combine(error),
        None => errors = Some(error),
    };
    for decoder in &isa.decoders {
        check::decoder(decoder).unwrap_or_else(&mut report);
    }
    let names = names(isa, &mut report);
    if let Some(errors) = errors {
        return Err(errors);
    }
    let instructions = instruction_enum(isa, &names);
    let syntax = printer(isa, &names)?;
    let executes = isa
        .executes
        .iter()
        .map(|execute| dispatcher(isa, &names, execute));
    let decoders = isa
        .decoders
        .iter()
        .map(|decoder| self::decoder(isa, &names, decoder));
    Ok(quote! {
        #instructions
        #syntax
        #(#executes)*
        #(#decoders)*
    })
}

/// Gathers the rows of each name.
fn names<'a>(isa: &'a Isa, report: &mut impl FnMut(Error)) -> Names<'a> {
    let mut names = Names {
        instructions: Vec::new(),
        syntax_of: HashMap::new(),
    };
    let mut index_of = HashMap::new();
    for row in isa.decoders.iter().flat_map(|decoder| &decoder.rows) {
        let arguments = row.arguments.as_ref().map(|arguments| &arguments.r#type);
        let index = *index_of.entry(row.name.to_string()).or_insert_with(|| {
            let syntaxes = Vec::new();
            let name = &row.name;
            names.instructions.push(Instruction {
                name,
                arguments,
                rows: Vec::new(),
                syntaxes,
            });
            names.instructions.len() - 1
        });
        let instruction = &mut names.instructions[index];
        if type_text(arguments) != type_text(instruction.arguments) {
            report(row.error(format!(
                "all rows of `{}` carry the same type: this one has `{}`, the first one `{}`",
                row.name,
                type_text(arguments),
                type_text(instruction.arguments),
            )));
        }
        let syntax = match &row.syntax {
            None => 0,
            Some(syntax) => {
                let known = instruction
                    .syntaxes
                    .iter()
                    .position(|known| known.same(syntax));
                known.unwrap_or_else(|| {
                    instruction.syntaxes.push(syntax);
                    instruction.syntaxes.len() - 1
                })
            }
        };
        if instruction.syntaxes.is_empty() && isa.print_context.is_some() {
            report(row.error(format!(
                "{} needs a syntax string, being the first of its name",
                row.title()
            )));
        }
        names.syntax_of.insert(row, syntax);
        instruction.rows.push(row);
    }
    names
}

fn type_text(r#type: Option<&Type>) -> String {
    r#type.map_or_else(|| "()".to_owned(), |r#type| quote!(#r#type).to_string())
}

/// The enum itself.
fn instruction_enum(isa: &Isa, names: &Names<'_>) -> TokenStream {
    let Isa {
        attributes,
        visibility,
        name,
        ..
    } = isa;
    let variants = names.instructions.iter().map(|instruction| {
        let variant = instruction.name;
        let docs = instruction.rows.iter().flat_map(|row| &row.attributes);
        let mut labels: Vec<String> = Vec::new();
        for row in &instruction.rows {
            let label = format!("`{}`", row.label.value());
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        let encodings = format!("Encodings: {}.", labels.join(", "));
        let arguments = instruction.arguments.map(|arguments| quote!((#arguments)));
        quote!(#(#docs)* #[doc = #encodings] #variant #arguments)
    });
    let name_arms = names.instructions.iter().map(|instruction| {
        let (variant, text) = (instruction.name, instruction.name.to_string());
        quote!(Self::#variant { .. } => #text)
    });
    quote! {
        #(#attributes)*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #visibility enum #name {
            #(#variants,)*
        }

        impl #name {
            /// Returns the name of the instruction as its rows spell it.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { #(#name_arms,)* }
            }
        }
    }
}

/// The implementation of `Syntax`.
fn printer(isa: &Isa, names: &Names<'_>) -> Result<TokenStream> {
    let (f, cx) = (mixed("f"), mixed("cx"));
    let mut arms = Vec::new();
    for instruction in &names.instructions {
        let variant = instruction.name;
        let arguments = instruction.arguments.map(|_| mixed("arguments"));
        let mut reads_arguments = false;
        let mut bodies = Vec::new();
        for (index, syntax) in instruction.syntaxes.iter().enumerate() {
            if syntax.reads_context() && isa.print_context.is_none() {
                let message = "this syntax needs a `print context` clause in `isa!`";
                return Err(Error::new(syntax.literal.span(), message));
            }
            reads_arguments |= syntax.reads_arguments();
            let body = syntax.print(arguments.as_ref(), &f, &cx);
            let is_last = index + 1 == instruction.syntaxes.len();
            let index = u8::try_from(index).unwrap_or(u8::MAX);
            bodies.push(if is_last {
                quote!(_ => { #body })
            } else {
                quote!(#index => { #body })
            });
        }
        let body = match instruction.syntaxes.as_slice() {
            [] => {
                let text = instruction.name.to_string().to_lowercase();
                quote!(#f.write_str(#text)?;)
            }
            [only] => only.print(arguments.as_ref(), &f, &cx),
            _ => quote!(match row.syntax_index { #(#bodies)* }),
        };
        let pattern = match arguments {
            Some(arguments) if reads_arguments => quote!((#arguments)),
            Some(_) => quote!((_)),
            None => TokenStream::new(),
        };
        arms.push(quote!(Self::#variant #pattern => { #body }));
    }
    let name = &isa.name;
    let context = isa
        .print_context
        .clone()
        .unwrap_or_else(|| syn::parse_quote!(()));
    Ok(quote! {
        impl ::dbt_isa::Syntax for #name {
            type Context = #context;

            #[allow(unused_variables, reason = "not every instruction set needs all of them")]
            fn fmt_syntax(
                &self,
                row: &::dbt_isa::RowInfo,
                #f: &mut ::core::fmt::Formatter<'_>,
                #cx: &Self::Context,
            ) -> ::core::fmt::Result {
                match self { #(#arms)* }
                ::core::result::Result::Ok(())
            }
        }
    })
}

/// One `execute` clause.
fn dispatcher(isa: &Isa, names: &Names<'_>, execute: &Execute) -> TokenStream {
    let Execute {
        attributes,
        module,
        generics,
        inputs,
        output,
    } = execute;
    let (parameters, where_clause) = (&generics.params, &generics.where_clause);
    let passed: Vec<TokenStream> = inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(typed) => match &*typed.pat {
                Pat::Ident(pat) => Some(&pat.ident),
                _ => None,
            },
            FnArg::Receiver(_) => None,
        })
        .map(|ident| quote!(#ident,))
        .collect();
    let arms = names.instructions.iter().map(|instruction| {
        let variant = instruction.name;
        let function = function_name(variant);
        let arguments = instruction.arguments.map(|_| mixed("arguments"));
        let pattern = arguments.as_ref().map(|arguments| quote!((#arguments)));
        quote!(Self::#variant #pattern => #module::#function(#(#passed)* #arguments))
    });
    let name = &isa.name;
    quote! {
        #(#attributes)*
        impl #name {
            /// Calls the semantic function of this instruction.
            pub fn execute<#parameters>(&self, #inputs) #output #where_clause {
                match self { #(#arms,)* }
            }
        }
    }
}

/// `AddImm` → `add_imm`.
fn function_name(name: &Ident) -> Ident {
    let mut snake = String::new();
    for character in name.to_string().chars() {
        if character.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    match syn::parse_str::<Ident>(&snake) {
        Ok(_) => Ident::new(&snake, name.span()),
        // A keyword, such as `yield`.
        Err(_) => Ident::new_raw(&snake, name.span()),
    }
}

/// One decoder: its tables, its row functions and its interface.
fn decoder(isa: &Isa, names: &Names<'_>, decoder: &Decoder) -> TokenStream {
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
        root,
        entries,
        depth,
        most_candidates,
        ..
    } = &tree;
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
            use ::dbt_isa::{Decoded, RowInfo, Undecodable, tree::{Candidate, Reject, Tree}};

            static __ROWS: [RowInfo; #row_count] = [#(#infos),*];
            static __ENTRIES: [u32; #entry_count] = [#(#entries),*];
            static __CANDIDATES: [Candidate; #candidate_count] = [#(#candidates),*];
            static __TREE: Tree = Tree::new(#root, &__ENTRIES, &__CANDIDATES, &__ROWS);

            #[allow(
                non_snake_case,
                unused_variables,
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

/// An identifier of ours that no row can see.
fn mixed(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// A row number; the emitted tables hold them in 16 bits.
fn small(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}
