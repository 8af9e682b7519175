//! Sweeps of our decoders against Capstone.

use std::ffi::OsStr;
use std::num::NonZero;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use dbt_a32_frontend::itstate::ItState;
use dbt_testkit::sweep::subject::Frontend;
use dbt_testkit::sweep::{self, Report, Set, Space};
use indicatif::{ProgressBar, ProgressStyle};
use lexopt::prelude::*;

struct Options {
    /// Words to ask about in each set; all of them if `None`.
    sample: Option<u32>,
    /// Whether to list names of what is UNPREDICTABLE or not described.
    all: bool,
    threads: NonZero<usize>,
    sets: Vec<Set>,
}

/// Runs `cargo xtask oracle capstone`.
pub(crate) fn run(args: &mut lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    let options = parse(args)?;
    let mut clean = true;
    for &set in &options.sets {
        for (name, report) in sweep_set(set, &options) {
            clean &= report.is_clean();
            if options.all {
                println!("{name}\n{report:#}");
            } else {
                println!("{name}\n{report}");
            }
        }
    }
    Ok(super::verdict(clean))
}

fn parse(args: &mut lexopt::Parser) -> Result<Options, lexopt::Error> {
    let threads = thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let mut options = Options {
        sample: Some(2_000_000),
        all: false,
        threads,
        sets: Vec::new(),
    };
    while let Some(arg) = args.next()? {
        match arg {
            Long("full") => options.sample = None,
            Long("sample") => options.sample = Some(args.value()?.parse()?),
            Long("threads") => options.threads = args.value()?.parse()?,
            Long("all") => options.all = true,
            Value(name) => options.sets.push(set(&name)?),
            other => return Err(other.unexpected()),
        }
    }
    if options.sets.is_empty() {
        options.sets = vec![Set::A32, Set::T16, Set::T32];
    }
    Ok(options)
}

/// Reads the name of a set.
pub(super) fn set(name: &OsStr) -> Result<Set, lexopt::Error> {
    match name.to_str() {
        Some("a32") => Ok(Set::A32),
        Some("t16") => Ok(Set::T16),
        Some("t32") => Ok(Set::T32),
        _ => Err(format!("{name:?} is none of a32, t16, t32").into()),
    }
}

fn sweep_set(set: Set, options: &Options) -> Vec<(String, Report)> {
    match set {
        Set::A32 => [
            (0xe, "cond = 1110"),
            (0xf, "cond = 1111"),
            (0x1, "cond = 0001"),
        ]
        .into_iter()
        // Other conditions differ in the printed suffix only: a sample is enough.
        .map(|(cond, name)| {
            let limit = if cond == 1 { Some(2_000_000) } else { None };
            let space = Space::all(cond << 28, cond << 28 | 0x0fff_ffff);
            words(set, &format!("A32, {name}"), space, limit, options)
        })
        .collect(),
        Set::T16 => IT_STATES
            .iter()
            .map(|&(name, before, it)| {
                let subject = Frontend::in_block(set, ItState::from_bits(it));
                (format!("T16, {name}"), sweep::halfwords(before, &subject))
            })
            .collect(),
        Set::T32 => {
            let space = Space::all(0xe800_0000, 0xffff_ffff);
            let mut reports = vec![words(set, IT_STATES[0].0, space, None, options)];
            for &(name, before, it) in &IT_STATES[1..] {
                let subject = Frontend::in_block(set, ItState::from_bits(it));
                let space = space.sample(500_000);
                reports.push((
                    format!("T32, {name}"),
                    sweep::words_in_block(before, space, &subject),
                ));
            }
            reports
        }
    }
}

/// A name, the halfwords that lead there, and ITSTATE.
const IT_STATES: [(&str, &[u16], u8); 3] = [
    ("outside an IT block", &[], 0),
    ("in an IT block", &[0xbf14], 0b0001_0100),
    ("last in an IT block", &[0xbf18], 0b0001_1000),
];

fn words(
    set: Set,
    name: &str,
    space: Space,
    limit: Option<u32>,
    options: &Options,
) -> (String, Report) {
    let space = match (options.sample, limit) {
        (None, None) => space,
        (Some(count), None) | (None, Some(count)) => space.sample(count),
        (Some(count), Some(limit)) => space.sample(count.min(limit)),
    };
    let name = format!("{set:?}, {name}");
    let bar = ProgressBar::new(space.len())
        .with_style(style())
        .with_message(name.clone());
    let start = Instant::now();
    let report = sweep::words(set, space, &Frontend::new(set), options.threads, &|done| {
        bar.inc(done);
    });
    bar.finish_and_clear();
    (
        format!("{name}: {:.1} s", start.elapsed().as_secs_f64()),
        report,
    )
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{msg} {wide_bar} {percent} % {per_sec} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
