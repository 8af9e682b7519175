//! Assembly syntax strings: `"add{s?s}{.c} {d}, {n}, {imm}"`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Error, LitStr, Path, Result};

/// A parsed syntax string.
#[derive(Clone)]
pub(crate) struct Syntax {
    pub(crate) literal: LitStr,
    pieces: Vec<Piece>,
}

#[derive(Clone)]
enum Piece {
    Text(String),
    /// `{field}` and `{field:spec}`: a value, with the format to print it by.
    Field {
        place: TokenStream,
        format: String,
    },
    /// `{field?then:otherwise}`
    If {
        place: TokenStream,
        then: String,
        otherwise: String,
    },
    /// `{.x}`
    Context {
        place: TokenStream,
        format: String,
    },
    /// `{@path}`
    Call(Path),
}

/// Parses a syntax string.
pub(crate) fn parse(literal: &LitStr) -> Result<Syntax> {
    let text = literal.value();
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '{' | '}' if rest.peek() == Some(&character) => {
                rest.next();
                plain.push(character);
            }
            '{' => {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(core::mem::take(&mut plain)));
                }
                let inner: String = rest.by_ref().take_while(|&end| end != '}').collect();
                pieces.push(piece(&inner, literal)?);
            }
            '}' => {
                return Err(Error::new(
                    literal.span(),
                    "unmatched `}`: write `}}` for the text",
                ));
            }
            other => plain.push(other),
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(Syntax {
        literal: literal.clone(),
        pieces,
    })
}

/// Parses what stands between braces.
fn piece(inner: &str, literal: &LitStr) -> Result<Piece> {
    let tokens = |code: &str| {
        let parsed: Result<TokenStream> = literal_at(code, literal).parse();
        let bad = Error::new(
            literal.span(),
            format!("`{{{inner}}}` does not name a field"),
        );
        match parsed {
            Ok(tokens) if !tokens.is_empty() => Ok(tokens),
            _ => Err(bad),
        }
    };
    if let Some(path) = inner.strip_prefix('@') {
        return literal_at(path, literal).parse().map(Piece::Call);
    }
    if let Some((place, texts)) = inner.split_once('?') {
        let (then, otherwise) = texts.split_once(':').unwrap_or((texts, ""));
        let (then, otherwise) = (then.to_owned(), otherwise.to_owned());
        return Ok(Piece::If {
            place: tokens(place)?,
            then,
            otherwise,
        });
    }
    let (place, spec) = inner.split_once(':').unwrap_or((inner, ""));
    let format = format!("{{:{spec}}}");
    match place.strip_prefix('.') {
        Some(place) => Ok(Piece::Context {
            place: tokens(place)?,
            format,
        }),
        None => Ok(Piece::Field {
            place: tokens(place)?,
            format,
        }),
    }
}

/// Code that is written inside of `literal`.
fn literal_at(code: &str, literal: &LitStr) -> LitStr {
    LitStr::new(code, literal.span())
}

impl Syntax {
    /// Whether two strings print the same.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.literal.value() == other.literal.value()
    }

    /// Whether the print context is read.
    pub(crate) fn reads_context(&self) -> bool {
        self.pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Context { .. } | Piece::Call(_)))
    }

    /// Whether the instruction's arguments are read.
    pub(crate) fn reads_arguments(&self) -> bool {
        self.pieces
            .iter()
            .any(|piece| !matches!(piece, Piece::Text(_) | Piece::Context { .. }))
    }

    /// The statements that print; `arguments` is missing for an instruction without any.
    pub(crate) fn print(&self, arguments: Option<&Ident>, f: &Ident, cx: &Ident) -> TokenStream {
        let span = self.literal.span();
        let unit = quote_spanned!(span=> ());
        let own = arguments.map_or(unit, |arguments| quote!(#arguments));
        let statements = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => quote_spanned!(span=> #f.write_str(#text)?;),
            Piece::Field { place, format } => {
                value(span, &quote_spanned!(span=> #own.#place), format, f)
            }
            Piece::Context { place, format } => {
                value(span, &quote_spanned!(span=> #cx.#place), format, f)
            }
            Piece::If {
                place,
                then,
                otherwise,
            } if otherwise.is_empty() => quote_spanned! {span=>
                if #own.#place { #f.write_str(#then)?; }
            },
            Piece::If {
                place,
                then,
                otherwise,
            } => quote_spanned! {span=>
                #f.write_str(if #own.#place { #then } else { #otherwise })?;
            },
            Piece::Call(path) => {
                let own = arguments.map(|own| quote!(#own,));
                quote_spanned!(span=> #path(#own #f, #cx)?;)
            }
        });
        quote!(#(#statements)*)
    }
}

fn value(span: proc_macro2::Span, place: &TokenStream, format: &str, f: &Ident) -> TokenStream {
    if format == "{:}" {
        quote_spanned!(span=> ::core::fmt::Display::fmt(&#place, #f)?;)
    } else {
        let format = LitStr::new(format, span);
        quote_spanned!(span=> ::core::write!(#f, #format, #place)?;)
    }
}
