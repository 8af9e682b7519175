//! Symbolic evaluation of `where` clauses over partly known words.
//!
//! Whether two rows can match the same word is a question of satisfiability. The clauses are small
//! (a few comparisons of fields with literals), so a depth-first search over the bits they mention
//! answers it: after each bit every clause is evaluated with *tristate* numbers, in which every
//! bit is 0, 1 or unknown, and a clause that has become false prunes the branch. What the evaluator
//! does not understand (calls, the context) is unknown, which counts as "may hold".

use syn::{BinOp, Expr, Lit, Pat, RangeLimits, UnOp};

use crate::pattern::{Field, low_bits};

/// A `where` clause in a form that can be evaluated while expanding.
#[derive(Clone)]
pub(crate) enum Cond {
    Int(u32),
    Bool(bool),
    Field(Field),
    Not(Box<Cond>),
    Binary(Op, Box<Cond>, Box<Cond>),
    /// `matches!` with inclusive ranges.
    Matches(Box<Cond>, Vec<(u32, u32)>),
    CountOnes(Box<Cond>),
    Unknown,
}

/// The binary operators understood here.
#[derive(Clone, Copy)]
pub(crate) enum Op {
    And,
    Or,
    Eq,
    Ne,
    Lt,
    Le,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

/// A number of which the bits in `known` are known, or a truth value that may be unknown.
#[derive(Clone, Copy)]
enum Value {
    Int { known: u32, value: u32 },
    Bool(Option<bool>),
    Unknown,
}

/// A word of which the bits in `mask` are known.
#[derive(Clone, Copy, Default)]
pub(crate) struct PartialWord {
    pub(crate) mask: u32,
    pub(crate) value: u32,
}

impl PartialWord {
    /// Both descriptions at once, or `None` where they contradict each other.
    pub(crate) fn merge(self, other: Self) -> Option<Self> {
        let contradicts = (self.value ^ other.value) & self.mask & other.mask != 0;
        (!contradicts).then_some(Self {
            mask: self.mask | other.mask,
            value: self.value | other.value,
        })
    }
}

/// The answer of [`find`].
pub(crate) enum Found {
    /// This word may satisfy all clauses.
    Word(u32),
    /// No word does.
    Nothing,
    /// The search was too long; the answer is not known.
    GaveUp,
}

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

impl Cond {
    /// Whether the clause holds for `word`: `None` if that depends on more than is known.
    pub(crate) fn holds(&self, word: PartialWord) -> Option<bool> {
        match self.eval(word) {
            Value::Bool(truth) => truth,
            _ => None,
        }
    }

    /// Adds the bits of the word that the clause reads, grouped by field.
    fn mentioned(&self, bits: &mut Vec<u32>) {
        match self {
            Self::Field(field) => {
                for position in (0..u32::BITS).rev() {
                    if field.bits() >> position & 1 == 1 && !bits.contains(&position) {
                        bits.push(position);
                    }
                }
            }
            Self::Not(inner) | Self::Matches(inner, _) | Self::CountOnes(inner) => {
                inner.mentioned(bits);
            }
            Self::Binary(_, left, right) => {
                left.mentioned(bits);
                right.mentioned(bits);
            }
            Self::Int(_) | Self::Bool(_) | Self::Unknown => {}
        }
    }

    fn eval(&self, word: PartialWord) -> Value {
        match self {
            Self::Int(value) => Value::Int {
                known: u32::MAX,
                value: *value,
            },
            Self::Bool(value) => Value::Bool(Some(*value)),
            Self::Field(field) => Value::Int {
                // Bits above the field are known to be zero.
                known: field.extract(word.mask)
                    | !low_bits(field.runs.iter().map(|run| run.len).sum()),
                value: field.extract(word.value & word.mask),
            },
            Self::Not(inner) => match inner.eval(word) {
                Value::Int { known, value } => Value::Int {
                    known,
                    value: !value & known,
                },
                Value::Bool(truth) => Value::Bool(truth.map(|truth| !truth)),
                Value::Unknown => Value::Unknown,
            },
            Self::Binary(op, left, right) => binary(*op, left.eval(word), right.eval(word)),
            Self::Matches(inner, ranges) => match inner.eval(word) {
                Value::Int { known, value } => {
                    Value::Bool(in_ranges(value, value | !known, ranges))
                }
                _ => Value::Unknown,
            },
            Self::CountOnes(inner) => match inner.eval(word) {
                Value::Int {
                    known: u32::MAX,
                    value,
                } => exact(Some(value.count_ones())),
                _ => Value::Int {
                    known: !0x3f,
                    value: 0,
                },
            },
            Self::Unknown => Value::Unknown,
        }
    }
}

/// A fully known number, or an unknown one.
fn exact(value: Option<u32>) -> Value {
    value.map_or(Value::Unknown, |value| Value::Int {
        known: u32::MAX,
        value,
    })
}

/// Whether numbers from `least` to `most` are all, or none, in one of the ranges.
fn in_ranges(least: u32, most: u32, ranges: &[(u32, u32)]) -> Option<bool> {
    if ranges
        .iter()
        .any(|&(start, end)| start <= least && most <= end)
    {
        return Some(true);
    }
    let disjoint = ranges
        .iter()
        .all(|&(start, end)| most < start || end < least);
    disjoint.then_some(false)
}

fn binary(op: Op, left: Value, right: Value) -> Value {
    if let Op::And | Op::Or = op {
        return logical(op, left, right);
    }
    let (
        Value::Int {
            known: left_known,
            value: left,
        },
        Value::Int {
            known: right_known,
            value: right,
        },
    ) = (left, right)
    else {
        return match (op, left, right) {
            (Op::Eq, Value::Bool(Some(left)), Value::Bool(Some(right))) => {
                Value::Bool(Some(left == right))
            }
            (Op::Ne, Value::Bool(Some(left)), Value::Bool(Some(right))) => {
                Value::Bool(Some(left != right))
            }
            _ => Value::Unknown,
        };
    };
    let both_exact = left_known == u32::MAX && right_known == u32::MAX;
    let arithmetic = |compute: fn(u32, u32) -> Option<u32>| {
        exact(both_exact.then(|| compute(left, right)).flatten())
    };
    let shift = |compute: fn(u32, u32) -> Option<u32>, filled: u32| match right_known {
        u32::MAX => match (compute(left_known, right), compute(left, right)) {
            (Some(known), Some(value)) => Value::Int {
                known: known | filled,
                value,
            },
            _ => Value::Unknown,
        },
        _ => Value::Unknown,
    };
    match op {
        Op::Eq => Value::Bool(equal((left_known, left), (right_known, right))),
        Op::Ne => Value::Bool(equal((left_known, left), (right_known, right)).map(|same| !same)),
        Op::Lt => Value::Bool(match () {
            () if left | !left_known < right => Some(true),
            () if left >= right | !right_known => Some(false),
            () => None,
        }),
        Op::Le => Value::Bool(match () {
            () if left | !left_known <= right => Some(true),
            () if left > right | !right_known => Some(false),
            () => None,
        }),
        Op::BitAnd => Value::Int {
            known: (left_known & right_known) | (left_known & !left) | (right_known & !right),
            value: left & right,
        },
        Op::BitOr => Value::Int {
            known: (left_known & right_known) | left | right,
            value: left | right,
        },
        Op::BitXor => {
            let known = left_known & right_known;
            Value::Int {
                known,
                value: (left ^ right) & known,
            }
        }
        Op::Shl => shift(
            u32::checked_shl,
            if right < 32 { low_bits(right) } else { 0 },
        ),
        Op::Shr => shift(
            u32::checked_shr,
            if right < 32 { !(u32::MAX >> right) } else { 0 },
        ),
        Op::Add => arithmetic(u32::checked_add),
        Op::Sub => arithmetic(u32::checked_sub),
        Op::Mul => arithmetic(u32::checked_mul),
        Op::Div => arithmetic(u32::checked_div),
        Op::Rem => arithmetic(u32::checked_rem),
        Op::And | Op::Or => Value::Unknown,
    }
}

fn equal((left_known, left): (u32, u32), (right_known, right): (u32, u32)) -> Option<bool> {
    if (left ^ right) & left_known & right_known != 0 {
        return Some(false);
    }
    (left_known & right_known == u32::MAX).then_some(true)
}

fn logical(op: Op, left: Value, right: Value) -> Value {
    let truth = |value| match value {
        Value::Bool(truth) => truth,
        _ => None,
    };
    // `false` decides a conjunction and `true` a disjunction, whatever the other side is.
    let deciding = matches!(op, Op::Or);
    Value::Bool(match (truth(left), truth(right)) {
        (Some(one), _) | (_, Some(one)) if one == deciding => Some(deciding),
        (Some(_), Some(_)) => Some(!deciding),
        (Some(_), None) | (None, Some(_)) | (None, None) => None,
    })
}

/// Looks for a word that contains `fixed` and for which no clause is known to be false.
pub(crate) fn find(fixed: PartialWord, conds: &[&Cond]) -> Found {
    let mut bits = Vec::new();
    conds.iter().for_each(|cond| cond.mentioned(&mut bits));
    bits.retain(|bit| fixed.mask >> bit & 1 == 0);
    // Enough for 16 bits without any pruning.
    let mut budget = 1 << 17;
    search(fixed, conds, &bits, &mut budget)
}

fn search(word: PartialWord, conds: &[&Cond], bits: &[u32], budget: &mut u32) -> Found {
    if *budget == 0 {
        return Found::GaveUp;
    }
    *budget -= 1;
    if conds.iter().any(|cond| cond.holds(word) == Some(false)) {
        return Found::Nothing;
    }
    let Some((&bit, rest)) = bits.split_first() else {
        return Found::Word(word.value);
    };
    let mask = word.mask | 1 << bit;
    match search(
        PartialWord {
            mask,
            value: word.value,
        },
        conds,
        rest,
        budget,
    ) {
        Found::Nothing => search(
            PartialWord {
                mask,
                value: word.value | 1 << bit,
            },
            conds,
            rest,
            budget,
        ),
        other => other,
    }
}
