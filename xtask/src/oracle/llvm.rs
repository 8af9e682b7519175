//! Samples of our decoders against LLVM.

use std::process::ExitCode;

use dbt_testkit::llvm;
use dbt_testkit::sweep::subject::Frontend;
use dbt_testkit::sweep::{self, Report, Set, Space};
use indicatif::ProgressBar;
use lexopt::prelude::*;

/// Words per process: a second of work.
const CHUNK: usize = 1 << 18;

/// Runs `cargo xtask oracle llvm`.
pub(crate) fn run(args: &mut lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    let (mut sample, mut all, mut sets) = (1_000_000, false, Vec::new());
    while let Some(arg) = args.next()? {
        match arg {
            Long("sample") => sample = args.value()?.parse()?,
            Long("all") => all = true,
            Value(name) => sets.push(super::capstone::set(&name)?),
            other => return Err(other.unexpected()),
        }
    }
    if sets.is_empty() {
        sets = vec![Set::A32, Set::T16, Set::T32];
    }
    let tool = llvm::find().ok_or("llvm-mc is missing; Debian has it in `llvm-19` and `llvm`")?;
    let mut clean = true;
    for set in sets {
        for (name, space) in spaces(set, sample) {
            let report =
                sweep_space(tool, set, space).map_err(|error| format!("{tool}: {error}"))?;
            clean &= report.is_clean();
            if all {
                println!("{name}\n{report:#}");
            } else {
                println!("{name}\n{report}");
            }
        }
    }
    Ok(super::verdict(clean))
}

fn spaces(set: Set, sample: u32) -> Vec<(&'static str, Space)> {
    match set {
        Set::A32 => vec![
            (
                "A32, cond = 1110",
                Space::all(0xe000_0000, 0xefff_ffff).sample(sample),
            ),
            (
                "A32, cond = 1111",
                Space::all(0xf000_0000, 0xffff_ffff).sample(sample),
            ),
        ],
        Set::T16 => vec![("T16, outside an IT block", Space::all(0, 0xe7ff))],
        Set::T32 => {
            vec![(
                "T32, outside an IT block",
                Space::all(0xe800_0000, 0xffff_ffff).sample(sample),
            )]
        }
    }
}

fn sweep_space(tool: &str, set: Set, space: Space) -> std::io::Result<Report> {
    // IT would change what follows it.
    let is_it = |word: &u32| set == Set::T16 && word >> 8 == 0xbf && word & 0xf != 0;
    let words: Vec<u32> = space.iter().filter(|word| !is_it(word)).collect();
    let bar = ProgressBar::new(words.len() as u64);
    let subject = Frontend::new(set).relative();
    let mut report = Report::new(set);
    for chunk in words.chunks(CHUNK) {
        report = report.merge(sweep::with_llvm(tool, set, chunk, &subject)?);
        bar.inc(chunk.len() as u64);
    }
    bar.finish_and_clear();
    Ok(report)
}
