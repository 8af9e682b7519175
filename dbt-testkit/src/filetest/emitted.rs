//! What a back end emitted, as text.

use core::fmt::Display;

use dbt_core::analysis::bindings::Binding;
use dbt_core::engine::CompiledUnit;
use dbt_core::host::{BetOn, Fragment};
use dbt_core::ir::Unit;
use dbt_core::listing::{Columns, Listing};
use dbt_core::location::Location;

use crate::units::LAYOUT;

/// Disassembles host code: the size of each instruction and its text.
type Disassemble<'a> = &'a dyn Fn(&[u8]) -> Vec<(u32, String)>;

/// Lists a unit of the made-up guest beside the code at `address` that it was compiled
/// to, with its direct exits and its state maps.
pub(super) fn describe<M: Display>(
    unit: &Unit,
    (code, address): (&[u8], u64),
    fragment: &Fragment<M>,
    disassemble: Disassemble<'_>,
) -> String {
    let compiled = CompiledUnit {
        location: Location(0x8000),
        unit,
        layout: &LAYOUT,
        code,
        address,
        marks: &fragment.marks,
    };
    let columns = Columns {
        guest: false,
        ..Columns::ALL
    };
    let listing = Listing {
        unit: &compiled,
        columns,
        guest: &|_| String::new(),
        host: &|code, _| disassemble(code),
    };
    let mut out = listing.to_string();
    let [first, second] = fragment.entries;
    if second != first {
        out += &format!("entered at +{first:#x} or +{second:#x}\n");
    }
    for bound in &fragment.bound {
        let [first, second] = bound.entries;
        let contract = bindings(&bound.contract);
        out += &format!("entered at +{first:#x} or +{second:#x} with {contract}\n");
    }
    for exit in &fragment.exits {
        let entry = match exit.entry {
            0 => "",
            _ => " by the second entry",
        };
        out += &format!(
            "exit +{:#x} to {}{entry}, unlinked to +{:#x}\n",
            exit.patch.at, exit.target, exit.patch.unlinked
        );
        if let Some(bound) = &exit.bound {
            let (patch, bindings) = (&bound.patch, bindings(&bound.bindings));
            out += &format!(
                "  or +{:#x}, unlinked to +{:#x}, with {bindings}\n",
                patch.at, patch.unlinked
            );
        }
    }
    for bet in &fragment.bets {
        out += &match bet.on {
            BetOn::Float { resume } => {
                format!("trap +{:#x} goes on at +{resume:#x}\n", bet.offset)
            }
            BetOn::Address => format!("bet +{:#x} on the address\n", bet.offset),
        };
    }
    for (location, offset) in &fragment.returns {
        out += &format!("return of {location} to +{offset:#x}\n");
    }
    for map in &fragment.maps {
        out += &format!("map {map}\n");
    }
    out
}

/// Lists slots in registers.
fn bindings(list: &[Binding]) -> String {
    let each = list.iter().map(|binding| {
        let Binding {
            offset,
            bytes,
            reg,
            dirty,
        } = binding;
        let only = if *dirty { " only" } else { "" };
        format!("{bytes} bytes at {offset:#x} in v{reg}{only}")
    });
    each.collect::<Vec<_>>().join(", ")
}
