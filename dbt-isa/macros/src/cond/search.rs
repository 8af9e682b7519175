//! Looks for words that satisfy clauses.

use super::{Cond, PartialWord};

/// The answer of [`find`].
pub(crate) enum Found {
    /// This word satisfies all clauses.
    Word(u32),
    /// This word may: a clause contains what is not understood.
    Unknown(u32),
    /// No word does.
    Nothing,
    /// The search was too long; the answer is not known.
    GaveUp,
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
        let certain = conds.iter().all(|cond| cond.holds(word) == Some(true));
        return if certain {
            Found::Word(word.value)
        } else {
            Found::Unknown(word.value)
        };
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
