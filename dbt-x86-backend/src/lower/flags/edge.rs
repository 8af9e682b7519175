//! Flags at an edge into a loop.

use dbt_core::analysis::FlagSet;

use crate::flags::{Operand, Recipe, Term};
use crate::lower::Lowering;

impl Lowering<'_> {
    /// Tells whether the flags are still those of the block's start.
    pub(in crate::lower) fn flags_untouched(&self) -> bool {
        self.flags.architectural.is_none()
    }

    /// Tells whether memory holds all of the architectural flags.
    pub(in crate::lower) fn flags_at_home(&self) -> bool {
        self.flags.architectural.is_none() || self.flags.home == FlagSet::ALL
    }

    /// Returns how the architectural flags follow from values of now: registers
    /// and constants.
    pub(in crate::lower) fn edge_recipe(&self) -> Option<Recipe> {
        let value = self.flags.architectural?;
        let definition = self.flags.definition(value)?;
        if let Some((a, b)) = definition.compare
            && self.holds(a)
            && self.holds(b)
        {
            return Some(Recipe::Compare(term(a.operand, 0), term(b.operand, 0)));
        }
        let result = definition.result.filter(|note| self.holds(*note))?;
        if let Some((addend, constant)) = definition.undone {
            let constant = Term {
                base: None,
                offset: constant,
            };
            return Some(Recipe::Compare(term(result.operand, addend), constant));
        }
        let rest_at_home = (FlagSet::CV - self.flags.home).is_empty();
        (definition.own != FlagSet::ALL && rest_at_home)
            .then(|| Recipe::Result(term(result.operand, 0)))
    }
}

fn term(operand: Operand, offset: u32) -> Term {
    match operand {
        Operand::Reg(reg) => Term {
            base: Some(reg),
            offset,
        },
        Operand::Imm(value) => Term {
            base: None,
            offset: offset.wrapping_add(value),
        },
    }
}
