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
            Self::CountOnes(inner) => bits(inner.eval(word))
                .map_or((0, u32::BITS), |(known, value)| {
                    (value.count_ones(), (value | !known).count_ones())
                }),
            _ => bits(self.eval(word))
                .map_or((0, u32::MAX), |(known, value)| (value, value | !known)),
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

#[cfg(test)]
mod tests {
    use super::{Cond, Found, PartialWord, compile, find};
    use crate::pattern::{Field, Run};

    /// `a` is bits 7 and 2 to 0, `b` is bits 6 to 3.
    fn condition(text: &str) -> Cond {
        let run = |low, len| Run { low, len };
        let fields = [
            Field {
                letter: 'a',
                runs: vec![run(7, 1), run(0, 3)],
            },
            Field {
                letter: 'b',
                runs: vec![run(3, 4)],
            },
        ];
        compile(&syn::parse_str(text).expect("an expression"), &fields)
    }

    const CONDITIONS: [&str; 14] = [
        "a == b",
        "a < b && !(b >= 9)",
        "a <= b || a + 1 == b",
        "a & 0b101 != b ^ 3",
        "(a | b) == 0xf",
        "a << 1 | b >> 2 == 7",
        "matches!(a, 1 | 3..=5 | 9..)",
        "!matches!(b, ..4) && a - 1 > b",
        "a.count_ones() >= 2",
        "!a == 0xffff_fff0 | b",
        "a * b == 12 || a / 2 == b % 3",
        "(a == 3) == (b != 2)",
        "a > 15",
        "unknown(a) && b == 3",
    ];

    /// What is known about a part of a word holds for every word with that part.
    #[test]
    fn partial_answers_are_never_wrong() {
        for text in CONDITIONS {
            let cond = condition(text);
            for mask in 0..=0xff {
                for value in (0..=0xff).filter(|value| value & !mask == 0) {
                    let Some(partial) = cond.holds(PartialWord { mask, value }) else {
                        continue;
                    };
                    for rest in (0..=0xff).filter(|rest| rest & mask == 0) {
                        let whole = cond.holds(PartialWord {
                            mask: 0xff,
                            value: value | rest,
                        });
                        assert_ne!(whole, Some(!partial), "{text} with {mask:#x} {value:#x}");
                    }
                }
            }
        }
    }

    #[test]
    fn whole_words_have_an_answer_unless_something_is_not_understood() {
        let word = |value| PartialWord { mask: 0xff, value };
        let a = |word: u32| word >> 4 & 8 | word & 7;
        let b = |word: u32| word >> 3 & 15;
        for value in 0..=0xff {
            let holds = |text| condition(text).holds(word(value));
            assert_eq!(
                holds("a < b && !(b >= 9)"),
                Some(a(value) < b(value) && b(value) < 9)
            );
            assert_eq!(
                holds("a & 0b101 != b ^ 3"),
                Some(a(value) & 5 != b(value) ^ 3)
            );
            assert_eq!(
                holds("a.count_ones() >= 2"),
                Some(a(value).count_ones() >= 2)
            );
            assert_eq!(
                holds("unknown(a) && b == 3"),
                (b(value) != 3).then_some(false)
            );
        }
    }

    #[test]
    fn search_finds_the_word_there_is() {
        let conds = [condition("a == 9"), condition("b == a + 2")];
        let found = find(PartialWord::default(), &[&conds[0], &conds[1]]);
        assert!(matches!(found, Found::Word(0b1101_1001)));
        let fixed = PartialWord {
            mask: 0x80,
            value: 0,
        };
        assert!(matches!(
            find(fixed, &[&conds[0], &conds[1]]),
            Found::Nothing
        ));
    }
}
