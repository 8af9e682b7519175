//! One row: an encoding of an instruction.
//!
//! ```text
//! attributes Name "label" "pattern" { where (…) | if_cx (…) | undefined (…) | unpredictable (…) }
//!     [ => arguments [ as Type ] ] [ "syntax" ]
//! ```

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::visit::{self, Visit};
use syn::{Attribute, Error, Expr, Ident, LitStr, Path, Result, Token, Type, parenthesized};

use crate::cond::{self, Cond};
use crate::errors::Errors;
use crate::pattern::{self, Pattern};
use crate::syntax::{self, Syntax};

/// A parsed row, its names checked.
pub(crate) struct Row {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) name: Ident,
    pub(crate) label: LitStr,
    pub(crate) literal: LitStr,
    pub(crate) pattern: Pattern,
    /// The conditions under which the row matches, as Rust.
    pub(crate) matches: Vec<Expr>,
    /// The `where` clauses alone, for the checks; `if_cx` counts as true there.
    pub(crate) conds: Vec<Cond>,
    pub(crate) undefined: Vec<Expr>,
    pub(crate) unpredictable: Vec<Expr>,
    pub(crate) arguments: Option<Arguments>,
    pub(crate) syntax: Option<Syntax>,
    /// All single identifiers read by the row's expressions.
    used: HashSet<String>,
}

/// What an instruction carries.
pub(crate) struct Arguments {
    pub(crate) value: Expr,
    pub(crate) r#type: Type,
}

impl Row {
    /// Where messages about the row as a whole stand.
    pub(crate) fn error(&self, message: impl core::fmt::Display) -> Error {
        let (name, label, literal) = (&self.name, &self.label, &self.literal);
        Error::new_spanned(quote::quote!(#name #label #literal), message)
    }

    /// The identifiers of the row's expressions resolve where this points.
    pub(crate) fn span(&self) -> Span {
        self.literal.span()
    }

    /// Whether an expression of the row reads the variable `name`.
    pub(crate) fn uses(&self, name: &str) -> bool {
        self.used.contains(name)
    }

    /// `Name "label"`, as messages call the row.
    pub(crate) fn title(&self) -> String {
        format!("`{} {:?}`", self.name, self.label.value())
    }
}

/// Parses rows up to the end of the input and appends the good ones to `rows`.
///
/// Fails only where a row cannot be delimited; other mistakes go to `errors`.
pub(crate) fn parse_all(
    input: ParseStream<'_>,
    width: u32,
    rows: &mut Vec<Row>,
    errors: &mut Errors,
) -> Result<()> {
    while !input.is_empty() {
        rows.extend(errors.take(parse_raw(input)?.check(width)));
    }
    Ok(())
}

/// A row whose strings and names have not been looked at.
struct RawRow {
    attributes: Vec<Attribute>,
    name: Ident,
    label: LitStr,
    literal: LitStr,
    wheres: Vec<Expr>,
    if_cx: Vec<Expr>,
    undefined: Vec<Expr>,
    unpredictable: Vec<Expr>,
    arguments: Option<Expr>,
    syntax: Option<LitStr>,
}

fn parse_raw(input: ParseStream<'_>) -> Result<RawRow> {
    let mut row = RawRow {
        attributes: input.call(Attribute::parse_outer)?,
        name: input.parse()?,
        label: input.parse()?,
        literal: input.parse()?,
        wheres: Vec::new(),
        if_cx: Vec::new(),
        undefined: Vec::new(),
        unpredictable: Vec::new(),
        arguments: None,
        syntax: None,
    };
    while let Some(clause) = clause(input)? {
        let content;
        parenthesized!(content in input);
        let expr: Expr = content.parse()?;
        if !content.is_empty() {
            return Err(content.error("expected one expression"));
        }
        match clause {
            Clause::Where => row.wheres.push(expr),
            Clause::IfCx => row.if_cx.push(expr),
            Clause::Undefined => row.undefined.push(expr),
            Clause::Unpredictable => row.unpredictable.push(expr),
        }
    }
    if input.peek(Token![=>]) {
        input.parse::<Token![=>]>()?;
        row.arguments = Some(input.parse()?);
    }
    if input.peek(LitStr) {
        row.syntax = Some(input.parse()?);
    }
    Ok(row)
}

#[derive(Clone, Copy)]
enum Clause {
    Where,
    IfCx,
    Undefined,
    Unpredictable,
}

/// Reads the keyword of a clause; the name of the next row is no clause.
fn clause(input: ParseStream<'_>) -> Result<Option<Clause>> {
    if input.peek(Token![where]) {
        input.parse::<Token![where]>()?;
        return Ok(Some(Clause::Where));
    }
    if !(input.peek(Ident) && input.peek2(syn::token::Paren)) {
        return Ok(None);
    }
    let keyword: Ident = input.parse()?;
    match keyword.to_string().as_str() {
        "if_cx" => Ok(Some(Clause::IfCx)),
        "undefined" => Ok(Some(Clause::Undefined)),
        "unpredictable" => Ok(Some(Clause::Unpredictable)),
        _ => {
            let message = "expected `where`, `if_cx`, `undefined` or `unpredictable`";
            Err(Error::new(keyword.span(), message))
        }
    }
}

/// Finds the type of the arguments from the form of their expression.
fn arguments(expr: Expr) -> Result<Arguments> {
    let path = match &expr {
        Expr::Cast(cast) => {
            return Ok(Arguments {
                value: (*cast.expr).clone(),
                r#type: (*cast.ty).clone(),
            });
        }
        Expr::Struct(value) => Some(value.path.clone()),
        Expr::Path(value) => Some(value.path.clone()),
        Expr::Call(call) => match &*call.func {
            Expr::Path(function) => constructed(&function.path),
            _ => None,
        },
        _ => None,
    };
    match path {
        Some(path) => Ok(Arguments {
            value: expr,
            r#type: Type::Path(syn::TypePath { qself: None, path }),
        }),
        None => {
            let message = "cannot see the type of these arguments: write `… as Type`";
            Err(Error::new_spanned(expr, message))
        }
    }
}

/// The type built by calling `path`: `Tuple(…)` or `Type::new(…)`.
fn constructed(path: &Path) -> Option<Path> {
    let is_type = |name: &Ident| name.to_string().starts_with(char::is_uppercase);
    if is_type(&path.segments.last()?.ident) {
        return Some(path.clone());
    }
    let mut parent = path.clone();
    parent.segments.pop();
    parent.segments.pop_punct();
    is_type(&parent.segments.last()?.ident).then_some(parent)
}

impl RawRow {
    fn check(self, width: u32) -> Result<Row> {
        if let Some(attribute) = self
            .attributes
            .iter()
            .find(|attribute| !attribute.path().is_ident("doc"))
        {
            let message = "a row takes documentation only: leave out a whole table with `#[cfg]`";
            return Err(Error::new_spanned(attribute, message));
        }
        let pattern = pattern::parse(&self.literal, width)?;
        let mut names = Names::default();
        let conditions = self.wheres.iter().chain(&self.if_cx);
        let outcomes = self.undefined.iter().chain(&self.unpredictable);
        conditions
            .chain(outcomes)
            .chain(&self.arguments)
            .for_each(|expr| names.visit_expr(expr));

        for ident in &names.read {
            let name = ident.to_string();
            let is_letter = name.len() == 1 && name.starts_with(|c: char| c.is_ascii_alphabetic());
            let is_bound = names.bound.contains(&name)
                || pattern
                    .fields
                    .iter()
                    .any(|field| name == field.letter.to_string());
            if is_letter && !is_bound {
                let message = format!("field `{name}` is not bound by the pattern of this row");
                return Err(Error::new(ident.span(), message));
            }
        }
        let mut used: HashSet<String> = names.read.iter().map(Ident::to_string).collect();
        used.extend(names.in_macros);
        if let Some(field) = pattern
            .fields
            .iter()
            .find(|field| !used.contains(&field.letter.to_string()))
        {
            let message = format!(
                "field `{}` is bound by the pattern but used nowhere in this row \
                 (write `-` for bits that do not matter)",
                field.letter
            );
            return Err(Error::new(self.literal.span(), message));
        }
        let conds = self
            .wheres
            .iter()
            .map(|expr| cond::compile(expr, &pattern.fields))
            .collect();
        Ok(Row {
            attributes: self.attributes,
            name: self.name,
            label: self.label,
            literal: self.literal,
            pattern,
            // The context first: it is cheap, and clauses may rely on it.
            matches: self.if_cx.into_iter().chain(self.wheres).collect(),
            conds,
            undefined: self.undefined,
            unpredictable: self.unpredictable,
            arguments: self.arguments.map(arguments).transpose()?,
            syntax: self.syntax.as_ref().map(syntax::parse).transpose()?,
            used,
        })
    }
}

/// Collects the single identifiers of expressions.
#[derive(Default)]
struct Names {
    read: Vec<Ident>,
    /// Bound inside the expressions: closures, `let`, `match`.
    bound: HashSet<String>,
    /// Inside macro calls, where reading cannot be told from other uses.
    in_macros: HashSet<String>,
}

impl<'ast> Visit<'ast> for Names {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        if let Some(ident) = path.path.get_ident() {
            self.read.push(ident.clone());
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        // A function with a name of one letter is not a field.
        if !matches!(*call.func, Expr::Path(_)) {
            self.visit_expr(&call.func);
        }
        call.args
            .iter()
            .for_each(|argument| self.visit_expr(argument));
    }

    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        self.bound.insert(pat.ident.to_string());
        visit::visit_pat_ident(self, pat);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        collect_idents(call.tokens.to_token_stream(), &mut self.in_macros);
    }
}

fn collect_idents(tokens: TokenStream, into: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                into.insert(ident.to_string());
            }
            TokenTree::Group(group) => collect_idents(group.stream(), into),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
