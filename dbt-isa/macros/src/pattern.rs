//! Bit patterns: `"cccc_001_0100_S_nnnn_dddd_iiiiiiiiiiii"`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Error, LitStr, Result};

/// A parsed bit pattern.
pub(crate) struct Pattern {
    /// Bits that are fixed, and what they must be.
    pub(crate) mask: u32,
    pub(crate) value: u32,
    /// Bits that should have a value, but do not take part in matching.
    pub(crate) should_be_mask: u32,
    pub(crate) should_be_value: u32,
    /// In the order of their first appearance.
    pub(crate) fields: Vec<Field>,
}

/// A named field: its runs of bits, most significant first.
#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) letter: char,
    pub(crate) runs: Vec<Run>,
}

/// Adjacent bits of a word.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    pub(crate) low: u32,
    pub(crate) len: u32,
}

impl Run {
    /// The mask of the run when moved to bit 0.
    pub(crate) fn mask(self) -> u32 {
        low_bits(self.len)
    }
}

impl Field {
    /// The bits of the word that the field covers.
    pub(crate) fn bits(&self) -> u32 {
        self.runs
            .iter()
            .map(|run| run.mask() << run.low)
            .fold(0, |all, run| all | run)
    }

    /// Moves the field's bits of `word` together.
    pub(crate) fn extract(&self, word: u32) -> u32 {
        self.runs.iter().fold(0, |all, run| {
            join(all, run.len) | ((word >> run.low) & run.mask())
        })
    }

    /// The expression that computes the field from `word`.
    pub(crate) fn extraction(&self, word: &Ident) -> TokenStream {
        let mut low = 0;
        let mut terms = Vec::new();
        for run in self.runs.iter().rev() {
            let (shift, mask) = (run.low, run.mask());
            terms.push(match (shift, low) {
                (0, 0) => quote!((#word & #mask)),
                (_, 0) => quote!(((#word >> #shift) & #mask)),
                (0, _) => quote!(((#word & #mask) << #low)),
                _ => quote!((((#word >> #shift) & #mask) << #low)),
            });
            low += run.len;
        }
        quote!(#(#terms)|*)
    }

    /// The field's variable, resolved where the row was written.
    pub(crate) fn ident(&self, span: Span) -> Ident {
        Ident::new(self.letter.encode_utf8(&mut [0; 4]), span)
    }
}

/// The mask of the `len` lowest bits.
pub(crate) fn low_bits(len: u32) -> u32 {
    if len >= u32::BITS {
        u32::MAX
    } else {
        (1 << len) - 1
    }
}

/// Makes room for `len` bits below `value`.
fn join(value: u32, len: u32) -> u32 {
    if len >= u32::BITS { 0 } else { value << len }
}

/// One bit of a pattern.
#[derive(Clone, Copy)]
enum Bit {
    Fixed(bool),
    ShouldBe(bool),
    Ignored,
    Field(char),
}

/// Parses the pattern of a row for words of `width` bits.
pub(crate) fn parse(literal: &LitStr, width: u32) -> Result<Pattern> {
    let bits = bits(literal)?;
    if bits.len() != width as usize {
        let message = format!(
            "pattern has {} bits, but the decoder's words have {width}",
            bits.len()
        );
        return Err(Error::new(literal.span(), message));
    }
    let mut pattern = Pattern {
        mask: 0,
        value: 0,
        should_be_mask: 0,
        should_be_value: 0,
        fields: Vec::new(),
    };
    for (position, bit) in (0..width).rev().zip(bits) {
        match bit {
            Bit::Fixed(one) => {
                pattern.mask |= 1 << position;
                pattern.value |= u32::from(one) << position;
            }
            Bit::ShouldBe(one) => {
                pattern.should_be_mask |= 1 << position;
                pattern.should_be_value |= u32::from(one) << position;
            }
            Bit::Ignored => {}
            Bit::Field(letter) => append(&mut pattern.fields, letter, position),
        }
    }
    Ok(pattern)
}

/// Adds the bit at `position` at the low end of the field `letter`.
fn append(fields: &mut Vec<Field>, letter: char, position: u32) {
    let run = Run {
        low: position,
        len: 1,
    };
    match fields.iter_mut().find(|field| field.letter == letter) {
        None => fields.push(Field {
            letter,
            runs: vec![run],
        }),
        Some(field) => match field.runs.last_mut() {
            Some(last) if last.low == position + 1 => {
                *last = Run {
                    low: position,
                    len: last.len + 1,
                };
            }
            _ => field.runs.push(run),
        },
    }
}

/// Reads the characters of a pattern, most significant bit first.
fn bits(literal: &LitStr) -> Result<Vec<Bit>> {
    let mut bits = Vec::new();
    let mut in_parentheses = false;
    for character in literal.value().chars() {
        let bit = match character {
            '_' | ' ' => continue,
            '(' if !in_parentheses => {
                in_parentheses = true;
                continue;
            }
            ')' if in_parentheses => {
                in_parentheses = false;
                continue;
            }
            '0' | '1' if in_parentheses => Bit::ShouldBe(character == '1'),
            '0' | '1' => Bit::Fixed(character == '1'),
            '-' if !in_parentheses => Bit::Ignored,
            letter if letter.is_ascii_alphabetic() && !in_parentheses => Bit::Field(letter),
            other => {
                let message = format!(
                    "bad character `{other}` in a pattern: expected 0, 1, a letter (field), \
                     (0), (1), `-` (ignored bit) or `_` (separator)"
                );
                return Err(Error::new(literal.span(), message));
            }
        };
        bits.push(bit);
    }
    if in_parentheses {
        return Err(Error::new(
            literal.span(),
            "pattern has an unclosed parenthesis",
        ));
    }
    Ok(bits)
}
