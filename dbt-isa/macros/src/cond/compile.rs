//! Translates Rust expressions to conditions.

use syn::{BinOp, Expr, Lit, Pat, RangeLimits, UnOp};

use super::{Cond, Op};
use crate::pattern::Field;

/// Translates an expression; `fields` are those bound by the row's pattern.
pub(crate) fn compile(expr: &Expr, fields: &[Field]) -> Cond {
    match expr {
        Expr::Paren(paren) => compile(&paren.expr, fields),
        Expr::Group(group) => compile(&group.expr, fields),
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(int) => int.base10_parse().map_or(Cond::Unknown, Cond::Int),
            Lit::Bool(bool) => Cond::Bool(bool.value),
            _ => Cond::Unknown,
        },
        Expr::Path(path) => path
            .path
            .get_ident()
            .and_then(|ident| {
                fields
                    .iter()
                    .find(|field| *ident == field.letter.to_string())
            })
            .map_or(Cond::Unknown, |field| Cond::Field(field.clone())),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) => {
            Cond::Not(Box::new(compile(&unary.expr, fields)))
        }
        Expr::Binary(binary) => compile_binary(
            &binary.op,
            compile(&binary.left, fields),
            compile(&binary.right, fields),
        ),
        Expr::Macro(call) if call.mac.path.is_ident("matches") => {
            compile_matches(call, fields).unwrap_or(Cond::Unknown)
        }
        Expr::MethodCall(call) if call.method == "count_ones" => {
            Cond::CountOnes(Box::new(compile(&call.receiver, fields)))
        }
        _ => Cond::Unknown,
    }
}

fn compile_binary(op: &BinOp, left: Cond, right: Cond) -> Cond {
    let (op, swapped) = match op {
        BinOp::And(_) => (Op::And, false),
        BinOp::Or(_) => (Op::Or, false),
        BinOp::Eq(_) => (Op::Eq, false),
        BinOp::Ne(_) => (Op::Ne, false),
        BinOp::Lt(_) => (Op::Lt, false),
        BinOp::Le(_) => (Op::Le, false),
        BinOp::Gt(_) => (Op::Lt, true),
        BinOp::Ge(_) => (Op::Le, true),
        BinOp::BitAnd(_) => (Op::BitAnd, false),
        BinOp::BitOr(_) => (Op::BitOr, false),
        BinOp::BitXor(_) => (Op::BitXor, false),
        BinOp::Shl(_) => (Op::Shl, false),
        BinOp::Shr(_) => (Op::Shr, false),
        BinOp::Add(_) => (Op::Add, false),
        BinOp::Sub(_) => (Op::Sub, false),
        BinOp::Mul(_) => (Op::Mul, false),
        BinOp::Div(_) => (Op::Div, false),
        BinOp::Rem(_) => (Op::Rem, false),
        _ => return Cond::Unknown,
    };
    let (left, right) = if swapped {
        (right, left)
    } else {
        (left, right)
    };
    Cond::Binary(op, Box::new(left), Box::new(right))
}

/// Translates `matches!(field, 1 | 3..=5)`; `None` if a pattern is not made of integers.
fn compile_matches(call: &syn::ExprMacro, fields: &[Field]) -> Option<Cond> {
    let parse = |input: syn::parse::ParseStream<'_>| {
        let subject: Expr = input.parse()?;
        input.parse::<syn::Token![,]>()?;
        let pat = Pat::parse_multi_with_leading_vert(input)?;
        Ok((subject, pat))
    };
    let (subject, pat) = call.mac.parse_body_with(parse).ok()?;
    let mut ranges = Vec::new();
    collect_ranges(&pat, &mut ranges)?;
    Some(Cond::Matches(Box::new(compile(&subject, fields)), ranges))
}

fn collect_ranges(pat: &Pat, ranges: &mut Vec<(u32, u32)>) -> Option<()> {
    let int = |expr: &Expr| match expr {
        Expr::Lit(syn::ExprLit {
            lit: Lit::Int(int), ..
        }) => int.base10_parse::<u32>().ok(),
        _ => None,
    };
    match pat {
        Pat::Lit(literal) => {
            let value = int(&Expr::Lit(literal.clone()))?;
            ranges.push((value, value));
        }
        Pat::Range(range) => {
            let start = range.start.as_deref().map_or(Some(0), int)?;
            let end = range.end.as_deref().map_or(Some(u32::MAX), int)?;
            match range.limits {
                RangeLimits::Closed(_) => ranges.push((start, end)),
                RangeLimits::HalfOpen(_) if range.end.is_none() => ranges.push((start, end)),
                RangeLimits::HalfOpen(_) => ranges.push((start, end.checked_sub(1)?)),
            }
        }
        Pat::Or(or) => or
            .cases
            .iter()
            .try_for_each(|case| collect_ranges(case, ranges))?,
        Pat::Paren(paren) => collect_ranges(&paren.pat, ranges)?,
        _ => return None,
    }
    Some(())
}
