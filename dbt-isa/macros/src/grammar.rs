//! The clauses of `isa!`.

use proc_macro2::{Group, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Error, FnArg, Generics, Ident, Path, Result, ReturnType, Token, Type, Visibility,
    braced, bracketed, parenthesized, token,
};

use crate::errors::Errors;
use crate::row::{self, Row};

/// An instruction set, its rows parsed.
pub(crate) struct Isa {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: Ident,
    /// The context of decoding; `()` if there is no clause.
    pub(crate) context: Type,
    pub(crate) print_context: Option<Type>,
    pub(crate) executes: Vec<Execute>,
    pub(crate) decoders: Vec<Decoder>,
}

/// A dispatcher to semantic functions.
pub(crate) struct Execute {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) module: Path,
    pub(crate) generics: Generics,
    pub(crate) inputs: Punctuated<FnArg, Token![,]>,
    pub(crate) output: ReturnType,
}

/// One instruction word format.
pub(crate) struct Decoder {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: Ident,
    pub(crate) word: Ident,
    pub(crate) width: u32,
    pub(crate) rows: Vec<Row>,
}

/// `isa!` before the named tables are filled in.
struct Outline {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    context: Option<Type>,
    print_context: Option<Type>,
    executes: Vec<Execute>,
    decoders: Vec<(Decoder, Vec<Source>)>,
}

/// Where rows of a decoder stand.
enum Source {
    Table(Path),
    Inline(TokenStream),
}

/// The tables that an `isa!` names, in order.
pub(crate) fn tables(input: TokenStream) -> Result<Vec<Path>> {
    let outline = outline.parse2(input)?;
    let sources = outline
        .decoders
        .into_iter()
        .flat_map(|(_, sources)| sources);
    Ok(sources
        .filter_map(|source| match source {
            Source::Table(path) => Some(path),
            Source::Inline(_) => None,
        })
        .collect())
}

/// Parses an `isa!`, given the rows of the tables it names.
pub(crate) fn isa(input: TokenStream, collected: Vec<Group>, errors: &mut Errors) -> Result<Isa> {
    let outline = outline.parse2(input)?;
    let mut collected = collected.into_iter();
    let mut decoders = Vec::new();
    for (mut decoder, sources) in outline.decoders {
        for source in sources {
            let rows = match source {
                Source::Inline(rows) => rows,
                Source::Table(_) => collected
                    .next()
                    .map(|rows| rows.stream())
                    .unwrap_or_default(),
            };
            let parse = |input: ParseStream<'_>| {
                row::parse_all(input, decoder.width, &mut decoder.rows, errors)
            };
            let parsed = parse.parse2(rows);
            errors.take(parsed);
        }
        decoders.push(decoder);
    }
    Ok(Isa {
        attributes: outline.attributes,
        visibility: outline.visibility,
        name: outline.name,
        context: outline.context.unwrap_or_else(|| syn::parse_quote!(())),
        print_context: outline.print_context,
        executes: outline.executes,
        decoders,
    })
}

fn outline(input: ParseStream<'_>) -> Result<Outline> {
    let attributes = input.call(Attribute::parse_outer)?;
    let visibility = input.parse()?;
    input.parse::<Token![enum]>()?;
    let mut outline = Outline {
        attributes,
        visibility,
        name: input.parse()?,
        context: None,
        print_context: None,
        executes: Vec::new(),
        decoders: Vec::new(),
    };
    input.parse::<Token![;]>()?;
    while !input.is_empty() {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility: Visibility = input.parse()?;
        let keyword: Ident = input.parse()?;
        match keyword.to_string().as_str() {
            "context" => {
                outline.context = Some(input.parse()?);
                input.parse::<Token![;]>()?;
            }
            "print" => {
                let second: Ident = input.parse()?;
                if second != "context" {
                    return Err(Error::new(second.span(), "expected `print context`"));
                }
                outline.print_context = Some(input.parse()?);
                input.parse::<Token![;]>()?;
            }
            "execute" => outline.executes.push(execute(input, attributes)?),
            "decoder" => outline
                .decoders
                .push(decoder(input, attributes, visibility)?),
            _ => {
                let message = "expected `context`, `print context`, `execute` or `decoder`";
                return Err(Error::new(keyword.span(), message));
            }
        }
    }
    Ok(outline)
}

fn execute(input: ParseStream<'_>, attributes: Vec<Attribute>) -> Result<Execute> {
    let module = input.call(Path::parse_mod_style)?;
    let mut generics: Generics = input.parse()?;
    let content;
    parenthesized!(content in input);
    let inputs = Punctuated::parse_terminated(&content)?;
    let output = input.parse()?;
    generics.where_clause = input.parse()?;
    input.parse::<Token![;]>()?;
    Ok(Execute {
        attributes,
        module,
        generics,
        inputs,
        output,
    })
}

fn decoder(
    input: ParseStream<'_>,
    attributes: Vec<Attribute>,
    visibility: Visibility,
) -> Result<(Decoder, Vec<Source>)> {
    let name = input.parse()?;
    input.parse::<Token![:]>()?;
    let word: Ident = input.parse()?;
    let width = match word.to_string().as_str() {
        "u8" => 8,
        "u16" => 16,
        "u32" => 32,
        _ => return Err(Error::new(word.span(), "expected `u8`, `u16` or `u32`")),
    };
    input.parse::<Token![=]>()?;
    let sources = if input.peek(token::Brace) {
        vec![inline(input)?]
    } else {
        let content;
        bracketed!(content in input);
        let source = |input: ParseStream<'_>| {
            if input.peek(token::Brace) {
                inline(input)
            } else {
                input.parse().map(Source::Table)
            }
        };
        Punctuated::<Source, Token![,]>::parse_terminated_with(&content, source)?
            .into_iter()
            .collect()
    };
    input.parse::<Token![;]>()?;
    Ok((
        Decoder {
            attributes,
            visibility,
            name,
            word,
            width,
            rows: Vec::new(),
        },
        sources,
    ))
}

fn inline(input: ParseStream<'_>) -> Result<Source> {
    let content;
    braced!(content in input);
    content.parse().map(Source::Inline)
}
