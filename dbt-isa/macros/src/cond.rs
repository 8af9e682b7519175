//! Symbolic evaluation of `where` clauses over partly known words.
//!
//! Whether two rows can match the same word is a question of satisfiability. The clauses are small
//! (a few comparisons of fields with literals), so a depth-first search over the bits they mention
//! answers it: after each bit every clause is evaluated with *tristate* numbers, in which every
//! bit is 0, 1 or unknown, and a clause that has become false prunes the branch. What the evaluator
//! does not understand (calls, the context) is unknown, which counts as "may hold".

mod compile;
mod search;
mod value;

use crate::pattern::{Field, low_bits};

pub(crate) use compile::compile;
pub(crate) use search::{Found, find};
use value::{Value, binary, exact, in_ranges};

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

    /// The least and the most that a number can be.
    fn range(&self, word: PartialWord) -> (u32, u32) {
        let bits = |value| match value {
            Value::Int { known, value } => Some((known, value)),
            _ => None,
        };
        match self {
            Self::CountOnes(inner) => bits(inner.eval(word)).map_or((0, u32::BITS), |(known, value)| {
                (value.count_ones(), (value | !known).count_ones())
            }),
            _ => bits(self.eval(word)).map_or((0, u32::MAX), |(known, value)| (value, value | !known)),
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
            Self::Binary(op @ (Op::Lt | Op::Le), left, right) => {
                let (left, right) = (left.range(word), right.range(word));
                Value::Bool(match op {
                    Op::Lt if left.1 < right.0 => Some(true),
                    Op::Lt if left.0 >= right.1 => Some(false),
                    Op::Le if left.1 <= right.0 => Some(true),
                    Op::Le if left.0 > right.1 => Some(false),
                    _ => None,
                })
            }
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
