//! What a decoder's rows must satisfy together.

use std::collections::HashMap;

use syn::{Error, Result};

use crate::cond::{self, Cond, Found, PartialWord};
use crate::grammar::Decoder;
use crate::row::Row;

/// Checks the rows of one decoder; reports everything that is wrong.
pub(crate) fn decoder(decoder: &Decoder) -> Result<()> {
    let mut errors: Option<Error> = None;
    let mut report = |error: Error| match &mut errors {
        Some(errors) => errors.combine(error),
        None => errors = Some(error),
    };
    let mut labels = HashMap::new();
    for (index, row) in decoder.rows.iter().enumerate() {
        let conds: Vec<&Cond> = row.conds.iter().collect();
        if let Found::Nothing = cond::find(fixed(row), &conds) {
            report(row.error(format!(
                "{} can never match: its `where` never holds",
                row.title()
            )));
            continue;
        }
        if labels
            .insert((row.name.to_string(), row.label.value()), index)
            .is_some()
        {
            report(row.error(format!(
                "{} occurs twice in decoder `{}`",
                row.title(),
                decoder.name
            )));
        }
        for earlier in &decoder.rows[..index] {
            if let Err(error) = disjoint(row, earlier, decoder.width) {
                report(error);
            }
        }
    }
    errors.map_or(Ok(()), Err)
}

/// The fixed bits of a row.
pub(crate) fn fixed(row: &Row) -> PartialWord {
    PartialWord {
        mask: row.pattern.mask,
        value: row.pattern.value,
    }
}

fn disjoint(row: &Row, earlier: &Row, width: u32) -> Result<()> {
    let Some(both) = fixed(row).merge(fixed(earlier)) else {
        return Ok(());
    };
    let conds: Vec<&Cond> = row.conds.iter().chain(&earlier.conds).collect();
    let digits = width as usize / 4 + 2;
    match cond::find(both, &conds) {
        Found::Nothing => Ok(()),
        Found::Word(word) => Err(row.error(format!(
            "{} overlaps {} ({:?}): both match {word:#0digits$x}",
            row.title(),
            earlier.title(),
            earlier.literal.value(),
        ))),
        Found::GaveUp => Err(row.error(format!(
            "{} and {} ({:?}) cannot be shown to be disjoint: their `where` clauses are too complex",
            row.title(),
            earlier.title(),
            earlier.literal.value(),
        ))),
    }
}
