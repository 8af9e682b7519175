//! Tests of units of the made-up guest.

use dbt_core::ir::{Unit, text, verify};
use dbt_core::opt::{Optimizer, Passes};

use crate::equivalence::compare;
use crate::units::LAYOUT;

/// Number of inputs on which the optimised unit is compared.
const INPUTS: u64 = 32;

/// `test opt PASSES`: what the passes make of a unit. It is also evaluated.
pub(super) fn run(arguments: &[&str], input: &str) -> Result<String, String> {
    let mut passes = Passes::NONE;
    for name in arguments {
        passes = passes | pass_named(name).ok_or_else(|| format!("there is no pass `{name}`"))?;
    }
    let unit = valid(input)?;
    let mut optimised = unit.clone();
    let mut optimizer = Optimizer::new(&LAYOUT).with_passes(passes);
    optimizer.run(&mut optimised);
    verify(&optimised, &LAYOUT).map_err(|error| error.to_string())?;
    for seed in 0..INPUTS {
        compare(&unit, &optimised, seed).map_err(|difference| difference.to_string())?;
    }
    let mut listing = text::display(&optimised, &LAYOUT).to_string();
    if passes.contains(Passes::FLAGS_ACROSS_BLOCKS) {
        for &block in &optimised.order {
            let live = optimizer.liveness().live_in(block);
            listing += &format!("flags into block{}: {live}\n", block.0);
        }
    }
    Ok(listing)
}

/// `test check`: what the parser or the verifier has against a unit.
pub(super) fn check(arguments: &[&str], input: &str) -> Result<String, String> {
    if !arguments.is_empty() {
        return Err("`check` takes no arguments".to_owned());
    }
    match text::parse(input, &LAYOUT) {
        Err(error) => Ok(error.to_string()),
        Ok(unit) => match verify(&unit, &LAYOUT) {
            Err(error) => Ok(error.to_string()),
            Ok(()) => Ok(text::display(&unit, &LAYOUT).to_string()),
        },
    }
}

fn valid(input: &str) -> Result<Unit, String> {
    let unit = text::parse(input, &LAYOUT).map_err(|error| error.to_string())?;
    verify(&unit, &LAYOUT).map_err(|error| error.to_string())?;
    Ok(unit)
}

fn pass_named(name: &str) -> Option<Passes> {
    Some(match name {
        "promote" => Passes::PROMOTE,
        "fold" => Passes::FOLD,
        "dead_flags" => Passes::DEAD_FLAGS,
        "flags_across_blocks" => Passes::FLAGS_ACROSS_BLOCKS,
        "dead_writes" => Passes::DEAD_WRITES,
        "dce" => Passes::DCE,
        "all" => Passes::ALL,
        _ => return None,
    })
}
