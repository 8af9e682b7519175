//! Single instructions against `qemu-arm`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use dbt_testkit::qemu::{Batches, Mismatch, Qemu};
use indicatif::ProgressBar;
use lexopt::prelude::*;

/// Instructions and states of a batch: QEMU translates each instruction once.
const INSNS: usize = 2000;
const STATES: usize = 32;
/// How many differences of a row are printed.
const EXAMPLES: usize = 2;

/// Runs `cargo xtask oracle qemu`.
pub(crate) fn run(args: &mut lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    let (mut count, mut seed, mut prefix) = (1_000_000, 1, None::<String>);
    let mut program = PathBuf::from("qemu-arm");
    while let Some(arg) = args.next()? {
        match arg {
            Long("count") => count = args.value()?.parse()?,
            Long("seed") => seed = args.value()?.parse()?,
            Long("rows") => prefix = Some(args.value()?.parse()?),
            Long("qemu") => program = args.value()?.into(),
            other => return Err(other.unexpected()),
        }
    }
    let folder = std::env::temp_dir();
    let qemu = Qemu::new(program, &folder).map_err(|error| error.to_string())?;
    let mut batches = Batches::new(seed, prefix.as_deref());
    println!("{} rows", batches.rows().count());
    let bar = ProgressBar::new(count);
    let mut found = BTreeMap::<&str, Vec<Mismatch>>::new();
    let (mut done, mut differ, mut thumb) = (0, 0_u64, false);
    while done < count {
        let batch = batches.draw(INSNS, STATES, thumb, prefix.is_some());
        let executions = batch.executions();
        if executions == 0 && thumb {
            break;
        }
        let compared = qemu.compare(&batch, &mut |mismatch| {
            differ += 1;
            let examples = found.entry(mismatch.row).or_default();
            if examples.len() < EXAMPLES {
                examples.push(mismatch);
            }
        });
        compared.map_err(|error| error.to_string())?;
        done += executions;
        thumb = !thumb;
        bar.inc(executions);
    }
    bar.finish_and_clear();
    println!("{done} executions, {differ} differ");
    for mismatch in found.values().flatten() {
        println!("{}: {:08x} {}", mismatch.row, mismatch.word, mismatch.text);
        for (name, before, ours, theirs) in &mismatch.fields {
            println!("  {name}: before {before:#x}, ours {ours:#x}, QEMU's {theirs:#x}");
        }
    }
    Ok(super::verdict(differ == 0))
}
