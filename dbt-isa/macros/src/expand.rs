//! Writes the Rust items of an instruction set.

mod decoder;
mod insn;

use std::collections::HashMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Type;

use crate::check;
use crate::errors::Errors;
use crate::grammar::Isa;
use crate::row::Row;
use crate::syntax::Syntax;

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

impl Names<'_> {
    /// What to match on: the reference to an enum without variants is no match for no arms.
    fn matched_self(&self) -> TokenStream {
        if self.instructions.is_empty() {
            quote!(*self)
        } else {
            quote!(self)
        }
    }
}

/// Expands a complete instruction set.
pub(crate) fn isa(isa: &mut Isa, errors: &mut Errors) -> TokenStream {
    check::arguments(isa, errors);
    for decoder in &isa.decoders {
        check::decoder(decoder, errors);
    }
    let isa = &*isa;
    let names = names(isa, errors);
    let instructions = insn::instruction_enum(isa, &names);
    let syntax = insn::printer(isa, &names, errors);
    let executes = isa
        .executes
        .iter()
        .map(|execute| insn::dispatcher(isa, &names, execute));
    let decoders = isa
        .decoders
        .iter()
        .map(|decoder| decoder::decoder(isa, &names, decoder));
    quote! {
        #instructions
        #syntax
        #(#executes)*
        #(#decoders)*
    }
}

/// Gathers the rows of each name.
fn names<'a>(isa: &'a Isa, errors: &mut Errors) -> Names<'a> {
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
            errors.push(row.error(format!(
                "{} needs a syntax string, being the first of its name",
                row.title()
            )));
        }
        names.syntax_of.insert(row, syntax);
        instruction.rows.push(row);
    }
    names
}

/// An identifier of ours that no row can see.
fn mixed(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
