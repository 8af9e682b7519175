//! Interpreter against evaluator and generated code, at length.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use dbt_testkit::lockstep::{Counts, Difference, Lockstep};
use indicatif::{ProgressBar, ProgressStyle};
use lexopt::prelude::*;

struct Options {
    /// How many instructions.
    count: u64,
    seed: u64,
    threads: u64,
    /// The least and the largest length of a program.
    len: (usize, usize),
    /// Whether to run on the evaluator.
    evaluate: bool,
    /// What programs are made of.
    source: fn(u64, (usize, usize)) -> Lockstep,
    /// Runs a program.
    step: fn(&mut Lockstep, &mut Counts) -> Result<(), Box<Difference>>,
}

/// Runs `cargo xtask oracle lockstep`.
pub(crate) fn run(args: &mut lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    let options = parse(args)?;
    let bar = ProgressBar::new(options.count).with_style(
        ProgressStyle::with_template("{wide_bar} {human_pos} {per_sec} {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let (done, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let results: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..options.threads)
            .map(|number| {
                let (options, bar, done, failed) = (&options, &bar, &done, &failed);
                scope.spawn(move || worker(options, number, bar, done, failed))
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("workers do not panic"))
            .collect()
    });
    bar.finish_and_clear();
    let mut total = Counts::default();
    let mut clean = true;
    for (counts, difference) in results {
        total += counts;
        if let Some(difference) = difference {
            clean = false;
            println!("{difference}\n");
        }
    }
    let Counts {
        programs,
        instructions,
        runs,
        aborts,
        calls,
    } = total;
    println!(
        "{instructions} instructions in {programs} programs; {runs} runs compared with the \
         interpreter's, of which {aborts} ended in a data abort and {calls} in a system call"
    );
    Ok(super::verdict(clean))
}

fn parse(args: &mut lexopt::Parser) -> Result<Options, lexopt::Error> {
    let mut options = Options {
        count: 1_000_000,
        seed: 1,
        threads: thread::available_parallelism().map_or(1, |count| count.get() as u64),
        len: (8, 32),
        evaluate: false,
        source: Lockstep::new,
        step: Lockstep::step,
    };
    while let Some(arg) = args.next()? {
        match arg {
            Long("count") => options.count = args.value()?.parse()?,
            Long("seed") => options.seed = args.value()?.parse()?,
            Long("threads") => options.threads = args.value()?.parse()?,
            Long("single") => options.len = (1, 1),
            Long("hostile") => options.step = Lockstep::step_hostile,
            Long("evaluate") => options.evaluate = true,
            Long("floating") => options.source = Lockstep::floating,
            Long("system") => options.source = Lockstep::system,
            Long("exclusive") => options.source = Lockstep::exclusive,
            other => return Err(other.unexpected()),
        }
    }
    Ok(options)
}

fn worker(
    options: &Options,
    number: u64,
    bar: &ProgressBar,
    done: &AtomicU64,
    failed: &AtomicBool,
) -> (Counts, Option<Box<Difference>>) {
    let seed = options.seed.wrapping_mul(0x1_0000).wrapping_add(number);
    let lockstep = (options.source)(seed, options.len);
    let mut lockstep = if options.evaluate {
        lockstep.with_evaluators()
    } else {
        lockstep.with_generated_code().with_generated_code_at_zero()
    };
    let mut counts = Counts::default();
    // Relaxed: neither guards other memory.
    while done.load(Ordering::Relaxed) < options.count && !failed.load(Ordering::Relaxed) {
        let before = counts.instructions;
        if let Err(difference) = (options.step)(&mut lockstep, &mut counts) {
            failed.store(true, Ordering::Relaxed);
            return (counts, Some(difference));
        }
        let count = counts.instructions - before;
        done.fetch_add(count, Ordering::Relaxed);
        bar.inc(count);
    }
    (counts, None)
}
