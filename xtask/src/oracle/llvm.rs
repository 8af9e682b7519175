//! Sweeps of our decoders against LLVM.

use std::num::NonZero;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use dbt_testkit::llvm::{self, Llvm};
use dbt_testkit::sweep::accepted::Against;
use dbt_testkit::sweep::subject::Frontend;
use dbt_testkit::sweep::{self, Report, Set, Space};
use indicatif::ProgressBar;
use lexopt::prelude::*;

/// Words per process of `llvm-mc`: a second of work.
const CHUNK: usize = 1 << 18;

/// How many words `llvm-mc` is asked about by default.
const TOOL_SAMPLE: u32 = 1_000_000;

struct Options {
    /// Words to ask about in each set; all of them if `None`.
    sample: Option<u32>,
    /// Whether `llvm-mc` is asked.
    tool: bool,
    /// Whether to list names of what is UNPREDICTABLE or not described.
    all: bool,
    threads: NonZero<usize>,
    sets: Vec<Set>,
}

/// Runs `cargo xtask oracle llvm`.
pub(crate) fn run(args: &mut lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    let options = parse(args)?;
    let mut clean = true;
    for &set in &options.sets {
        for (name, space) in spaces(set, options.sample) {
            let start = Instant::now();
            let report = if options.tool {
                with_tool(set, space)?
            } else {
                with_library(set, space, options.threads)?
            };
            clean &= report.is_clean();
            let seconds = start.elapsed().as_secs_f64();
            if options.all {
                println!("{name}: {seconds:.1} s\n{report:#}");
            } else {
                println!("{name}: {seconds:.1} s\n{report}");
            }
        }
    }
    Ok(super::verdict(clean))
}

fn parse(args: &mut lexopt::Parser) -> Result<Options, lexopt::Error> {
    let mut options = Options {
        sample: Some(2_000_000),
        tool: false,
        all: false,
        threads: thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN),
        sets: Vec::new(),
    };
    while let Some(arg) = args.next()? {
        match arg {
            Long("full") => options.sample = None,
            Long("sample") => options.sample = Some(args.value()?.parse()?),
            Long("threads") => options.threads = args.value()?.parse()?,
            Long("doubts") => {
                options.tool = true;
                options.sample = Some(TOOL_SAMPLE);
            }
            Long("all") => options.all = true,
            Value(name) => options.sets.push(super::capstone::set(&name)?),
            other => return Err(other.unexpected()),
        }
    }
    if options.sets.is_empty() {
        options.sets = vec![Set::A32, Set::T16, Set::T32];
    }
    Ok(options)
}

fn spaces(set: Set, sample: Option<u32>) -> Vec<(&'static str, Space)> {
    let sampled = |first, last| match sample {
        Some(count) => Space::all(first, last).sample(count),
        None => Space::all(first, last),
    };
    match set {
        Set::A32 => vec![
            ("A32, cond = 1110", sampled(0xe000_0000, 0xefff_ffff)),
            ("A32, cond = 1111", sampled(0xf000_0000, 0xffff_ffff)),
        ],
        Set::T16 => vec![("T16, outside an IT block", Space::all(0, 0xe7ff))],
        Set::T32 => vec![(
            "T32, outside an IT block",
            sampled(0xe800_0000, 0xffff_ffff),
        )],
    }
}

fn with_library(set: Set, space: Space, threads: NonZero<usize>) -> Result<Report, lexopt::Error> {
    let llvm = Llvm::load()?;
    let subject = Frontend::new(set).relative();
    let bar = ProgressBar::new(space.len());
    let report = sweep::words_with_llvm(&llvm, set, space, &subject, threads, &|done| {
        bar.inc(done);
    });
    bar.finish_and_clear();
    Ok(report)
}

fn with_tool(set: Set, space: Space) -> Result<Report, lexopt::Error> {
    let tool = llvm::find().ok_or("llvm-mc is missing; Debian has it in `llvm-19` and `llvm`")?;
    // IT would change what follows it.
    let is_it = |word: &u32| set == Set::T16 && word >> 8 == 0xbf && word & 0xf != 0;
    let words: Vec<u32> = space.iter().filter(|word| !is_it(word)).collect();
    let bar = ProgressBar::new(words.len() as u64);
    let subject = Frontend::new(set).relative();
    let mut report = Report::new(set, Against::Llvm);
    for chunk in words.chunks(CHUNK) {
        let part = sweep::with_llvm(tool, set, chunk, &subject);
        report = report.merge(part.map_err(|error| format!("{tool}: {error}"))?);
        bar.inc(chunk.len() as u64);
    }
    bar.finish_and_clear();
    Ok(report)
}
