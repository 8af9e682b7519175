//! The instruction enum, its printer and its dispatchers.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Error, FnArg, Pat};

use super::{Names, mixed};
use crate::errors::Errors;
use crate::grammar::{Execute, Isa};

/// The enum itself.
pub(super) fn instruction_enum(isa: &Isa, names: &Names<'_>) -> TokenStream {
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
                match *self { #(#name_arms,)* }
            }
        }
    }
}

/// The implementation of `Syntax`.
pub(super) fn printer(isa: &Isa, names: &Names<'_>, errors: &mut Errors) -> TokenStream {
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
                errors.push(Error::new(syntax.literal.span(), message));
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
    let (name, this) = (&isa.name, names.matched_self());
    let context = isa
        .print_context
        .clone()
        .unwrap_or_else(|| syn::parse_quote!(()));
    quote! {
        impl ::dbt_isa::Syntax for #name {
            type Context = #context;

            #[allow(unused_variables, reason = "not every instruction set needs all of them")]
            fn fmt_syntax(
                &self,
                row: &::dbt_isa::RowInfo,
                #f: &mut ::core::fmt::Formatter<'_>,
                #cx: &Self::Context,
            ) -> ::core::fmt::Result {
                match #this { #(#arms)* }
                ::core::result::Result::Ok(())
            }
        }
    }
}

/// One `execute` clause.
pub(super) fn dispatcher(isa: &Isa, names: &Names<'_>, execute: &Execute) -> TokenStream {
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
    let (name, this) = (&isa.name, names.matched_self());
    quote! {
        #(#attributes)*
        impl #name {
            /// Calls the semantic function of this instruction.
            #[allow(unused_qualifications, reason = "`self` names functions that stand beside")]
            pub fn execute<#parameters>(&self, #inputs) #output #where_clause {
                match #this { #(#arms,)* }
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
