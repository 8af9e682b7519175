//! What a decoder's rows must satisfy together.

use std::collections::{HashMap, HashSet};

use quote::ToTokens;

use crate::cond::{self, Cond, Found, PartialWord};
use crate::errors::Errors;
use crate::grammar::{Decoder, Isa};
use crate::row::Row;

/// Removes rows whose arguments have another type than those of earlier rows of the same name.
pub(crate) fn arguments(isa: &mut Isa, errors: &mut Errors) {
    let mut types: HashMap<String, String> = HashMap::new();
    for decoder in &mut isa.decoders {
        decoder.rows.retain(|row| {
            let own = row.arguments.as_ref().map_or_else(
                || "()".to_owned(),
                |arguments| arguments.r#type.to_token_stream().to_string(),
            );
            let first = types
                .entry(row.name.to_string())
                .or_insert_with(|| own.clone());
            let agrees = *first == own;
            if !agrees {
                let name = &row.name;
                errors.push(row.error(format!(
                    "all rows of `{name}` carry the same type: this one has `{own}`, \
                     the first one `{first}`"
                )));
            }
            agrees
        });
    }
}

/// Checks the rows of one decoder.
pub(crate) fn decoder(decoder: &Decoder, errors: &mut Errors) {
    let mut labels = HashSet::new();
    for (index, row) in decoder.rows.iter().enumerate() {
        let conds: Vec<&Cond> = row.conds.iter().collect();
        if let Found::Nothing = cond::find(fixed(row), &conds) {
            errors.push(row.error(format!(
                "{} can never match: its `where` never holds",
                row.title()
            )));
            continue;
        }
        if !labels.insert((row.name.to_string(), row.label.value())) {
            let message = format!("{} occurs twice in decoder `{}`", row.title(), decoder.name);
            errors.push(row.error(message));
        }
        for earlier in &decoder.rows[..index] {
            if let Some(message) = overlap(row, earlier, decoder.width) {
                errors.push(row.error(message));
            }
        }
    }
}

/// The fixed bits of a row.
pub(crate) fn fixed(row: &Row) -> PartialWord {
    PartialWord {
        mask: row.pattern.mask,
        value: row.pattern.value,
    }
}

/// Says how two rows overlap, if they do.
fn overlap(row: &Row, earlier: &Row, width: u32) -> Option<String> {
    let both = fixed(row).merge(fixed(earlier))?;
    let conds: Vec<&Cond> = row.conds.iter().chain(&earlier.conds).collect();
    let (this, other, pattern) = (row.title(), earlier.title(), earlier.literal.value());
    let digits = width as usize / 4 + 2;
    match cond::find(both, &conds) {
        Found::Nothing => None,
        Found::Word(word) => Some(format!(
            "{this} overlaps {other} ({pattern:?}): both match {word:#0digits$x}"
        )),
        Found::Unknown(word) => Some(format!(
            "{this} may overlap {other} ({pattern:?}): a `where` is not understood, so both may \
             match {word:#0digits$x}"
        )),
        Found::GaveUp => Some(format!(
            "{this} may overlap {other} ({pattern:?}): their `where` clauses are too complex"
        )),
    }
}
