//! Random differential execution against Unicorn, which is the CPU of QEMU.
//!
//! Random programs run on our interpreter and on Unicorn; registers, flags,
//! memory, and how each ended are compared.

mod accepted;
mod compare;
mod cpu;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use dbt_a32_frontend::version::Features;
use dbt_testkit::arena::Arena;
use dbt_testkit::programs::{Mix, Programs};
use indicatif::{ProgressBar, ProgressStyle};
use lexopt::prelude::*;
use regex::Regex;

use compare::{Comparison, Mismatch};
use cpu::CpuKind;

const USAGE: &str = "\
dbt-oracle-unicorn [--system] [--count N] [--seed S] [--rows REGEX] [--threads N] [--examples N]
                   [--coverage]
    executes N random instructions (default 1000000) on the interpreter and on Unicorn
    --system       in all modes but Hyp, in both security states, and instructions of the system
                   level
    --rows REGEX   only rows whose set, name and encoding match, such as '^T32 Ldr'
    --examples N   prints so many differences of a kind (default 1)
    --coverage     lists how often each row was executed
    --newest       on a CPU with ARMv8's instructions; not all UNPREDICTABLE cases and none
                   of the removed instructions are the same there, so choose rows";

/// What the CPU under test implements: what Unicorn's Cortex-A15 does.
const CORTEX_A15: Features = Features::CORTEX_A15
    .union(Features::D32)
    .union(Features::ASIMD);

/// What the newest CPU of Unicorn implements: that of QEMU 5.0.
const NEWEST: Features = Features::all()
    .difference(Features::PAN)
    .difference(Features::FP16)
    .difference(Features::FHM)
    .difference(Features::BF16)
    .difference(Features::I8MM);

struct Options {
    count: u64,
    seed: u64,
    rows: Option<Regex>,
    threads: u64,
    examples: usize,
    coverage: bool,
    system: bool,
    /// Whether the CPU is Unicorn's "max", which has what ARMv8 added, too.
    newest: bool,
}

impl Options {
    fn features(&self) -> Features {
        if self.newest { NEWEST } else { CORTEX_A15 }
    }

    fn kind(&self) -> CpuKind {
        match (self.newest, self.system) {
            (true, _) => CpuKind::Newest,
            (_, true) => CpuKind::System,
            _ => CpuKind::User,
        }
    }
}

/// Instructions of the system level, and those that return from exceptions. Of system
/// registers, only `MRC` and `MCR` of a few are compared.
const SYSTEM: &str = "Msr|Mrs|Cps|Srs|Rfe|Eret|(Ldm|Stm)System|Svc|Hvc|Smc|Bkpt|Udf|Mrc |Mcr \
    |VmrsSystem|VmsrSystem|Setend|Wfi|(Ldr|Str)[a-z]*t(Imm|Reg)|^A32 (Sub|Add|Mov|And|Orr|Mvn|Bic|\
    Eor|Rsb|Adc|Sbc|Rsc)(Imm|Reg) |SubImm LR|^A32 (Asr|Lsl|Lsr|Ror)Imm|Rrx|^T.. (B|Bl|It|MovImm) ";

fn main() -> ExitCode {
    let options = match parse() {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("dbt-oracle-unicorn: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let start = Instant::now();
    let findings = match run(&options) {
        Ok(findings) => findings,
        Err(error) => {
            eprintln!("dbt-oracle-unicorn: {error}");
            return ExitCode::from(2);
        }
    };
    findings.print(&options, start.elapsed().as_secs_f64());
    if findings.unexplained.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn parse() -> Result<Option<Options>, lexopt::Error> {
    let mut options = Options {
        count: 1_000_000,
        seed: 1,
        rows: None,
        threads: 2,
        examples: 1,
        coverage: false,
        system: false,
        newest: false,
    };
    let mut args = lexopt::Parser::from_env();
    while let Some(arg) = args.next()? {
        match arg {
            Long("count") => options.count = args.value()?.parse()?,
            Long("seed") => options.seed = args.value()?.parse()?,
            Long("rows") => options.rows = Some(args.value()?.parse()?),
            Long("threads") => options.threads = args.value()?.parse()?,
            Long("examples") => options.examples = args.value()?.parse()?,
            Long("system") => options.system = true,
            Long("coverage") => options.coverage = true,
            Long("newest") => options.newest = true,
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    if options.system && options.rows.is_none() {
        options.rows = Some(Regex::new(SYSTEM).map_err(|error| error.to_string())?);
    }
    Ok(Some(options))
}

/// What a run has found.
#[derive(Debug, Default)]
struct Findings {
    instructions: u64,
    programs: u64,
    explained: BTreeMap<&'static str, u64>,
    unexplained: BTreeMap<String, (u64, Vec<Mismatch>)>,
    /// How often each row was executed, and how often it stopped a program.
    rows: BTreeMap<(&'static str, &'static str, &'static str), (u64, u64)>,
}

impl Findings {
    fn add(&mut self, mismatch: Mismatch, examples: usize) {
        let mut exceptions = accepted::EXCEPTIONS.iter();
        if let Some(exception) = exceptions.find(|exception| (exception.covers)(&mismatch)) {
            *self.explained.entry(exception.reason).or_default() += 1;
            return;
        }
        let (count, kept) = self.unexplained.entry(mismatch.class()).or_default();
        *count += 1;
        if kept.len() < examples {
            kept.push(mismatch);
        }
    }

    fn merge(mut self, other: Self) -> Self {
        self.instructions += other.instructions;
        self.programs += other.programs;
        for (reason, count) in other.explained {
            *self.explained.entry(reason).or_default() += count;
        }
        for (class, (count, kept)) in other.unexplained {
            let entry = self.unexplained.entry(class).or_default();
            entry.0 += count;
            entry.1.extend(kept);
        }
        for (row, (done, stopped)) in other.rows {
            let entry = self.rows.entry(row).or_default();
            entry.0 += done;
            entry.1 += stopped;
        }
        self
    }

    fn print(&self, options: &Options, seconds: f64) {
        if options.coverage {
            for ((set, name, encoding), (done, stopped)) in &self.rows {
                println!("{set} {name} {encoding}: {done} executed, {stopped} stopped");
            }
        }
        for (class, (count, examples)) in &self.unexplained {
            println!("UNEXPLAINED {count} x {class}");
            for example in examples.iter().take(options.examples) {
                print!("{example}");
            }
        }
        for (reason, count) in &self.explained {
            println!("accepted {count}: {reason}");
        }
        let unexplained: u64 = self.unexplained.values().map(|(count, _)| count).sum();
        println!(
            "{} instructions in {} programs, {} rows, {seconds:.1} s; {} accepted differences, \
             {unexplained} unexplained",
            self.instructions,
            self.programs,
            self.rows.len(),
            self.explained.values().sum::<u64>(),
        );
    }
}

fn run(options: &Options) -> Result<Findings, unicorn_engine::uc_error> {
    let bar = ProgressBar::new(options.count).with_style(
        ProgressStyle::with_template("{wide_bar} {human_pos} {per_sec} {eta} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let done = AtomicU64::new(0);
    let findings = thread::scope(|scope| {
        let workers: Vec<_> = (0..options.threads)
            .map(|number| {
                let (bar, done) = (&bar, &done);
                scope.spawn(move || worker(options, number, bar, done))
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("workers do not panic"))
            .try_fold(Findings::default(), |all, one| Ok(all.merge(one?)))
    });
    bar.finish_and_clear();
    findings
}

fn worker(
    options: &Options,
    number: u64,
    bar: &ProgressBar,
    done: &AtomicU64,
) -> Result<Findings, unicorn_engine::uc_error> {
    let mix = Mix {
        // A choice of rows excludes words of no row.
        wild: if options.rows.is_some() { 0 } else { 8 },
        straight: true,
        system: options.system && !options.newest,
        ..Mix::new(options.features())
    };
    let seed = options.seed.wrapping_mul(0x1_0000).wrapping_add(number);
    let mut programs = Programs::new(seed, mix, |set, row| {
        let name = format!("{set} {} {}", row.name, row.encoding);
        options
            .rows
            .as_ref()
            .is_none_or(|rows| rows.is_match(&name))
    });
    let mut arena = Arena::new();
    let mut comparison = Comparison::new(mix.guest(), options.kind())?;
    let mut findings = Findings::default();
    // Relaxed: the counter guards no other memory.
    while done.load(Ordering::Relaxed) < options.count {
        if findings.programs.is_multiple_of(16) {
            programs.fill(&mut arena);
            comparison.memory_changed();
        }
        let program = programs.next(&mut arena);
        let mismatch = comparison.check(&program, &mut arena)?;
        // What stands behind a difference has not been compared.
        let compared = mismatch
            .as_ref()
            .map_or(program.items.len(), |m| m.index + 1);
        let count = compared as u64;
        findings.programs += 1;
        findings.instructions += count;
        for (index, item) in program.items[..compared].iter().enumerate() {
            if let Ok(row) = item.row {
                let set = if program.thumb() { "T32" } else { "A32" };
                let entry = findings
                    .rows
                    .entry((set, row.name, row.encoding))
                    .or_default();
                let last = index + 1 == program.items.len();
                let stopped = last && program.end != dbt_testkit::programs::End::Done;
                *(if stopped { &mut entry.1 } else { &mut entry.0 }) += 1;
            }
        }
        if let Some(mismatch) = mismatch {
            findings.add(mismatch, options.examples);
            bar.set_message(format!("{} unexplained", findings.unexplained.len()));
        }
        done.fetch_add(count, Ordering::Relaxed);
        bar.inc(count);
    }
    Ok(findings)
}
