//! Floating point in generated code against Berkeley SoftFloat, at length.

use std::process::ExitCode;

use lexopt::prelude::*;

/// Runs `cargo xtask oracle float`.
pub(crate) fn run(args: &mut lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    let mut options = Options {
        tuples: 62_500,
        seed: 1,
        exceptions: false,
        only: Vec::new(),
    };
    while let Some(arg) = args.next()? {
        match arg {
            Long("tuples") => options.tuples = args.value()?.parse()?,
            Long("seed") => options.seed = args.value()?.parse()?,
            Long("exceptions") => options.exceptions = true,
            Value(name) => options.only.push(name.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(compare(&options))
}

struct Options {
    /// Tuples of operands for each operation, mode and set of host features; of each
    /// vector operation sixteen times as many.
    tuples: u64,
    seed: u64,
    /// Whether only code that may raise the host's exceptions is compared.
    exceptions: bool,
    /// Names of operations; all if there are none.
    only: Vec<String>,
}

impl Options {
    fn chosen(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
fn compare(_: &Options) -> ExitCode {
    println!("there is no back end for this host");
    ExitCode::SUCCESS
}

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
use on_this_host::compare;

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod on_this_host {
    use std::error::Error;
    use std::process::ExitCode;

    use dbt_a32_frontend::vfp_machine::FpOp;
    #[cfg(target_arch = "aarch64")]
    use dbt_a64_backend::Features;
    use dbt_hv_glue::process::native::{self, NativeBackend};
    use dbt_testkit::fp::generated::{Generated, encodable};
    use dbt_testkit::fp::vector::{Form, OPERATIONS};
    use dbt_testkit::fp::vector_programs::{Comparison, Counts};
    use dbt_testkit::fp::{Operands, controls, expected};
    #[cfg(target_arch = "x86_64")]
    use dbt_x86_backend::Features;

    use super::Options;

    /// Differences that are printed of each operation.
    const SHOWN: usize = 5;
    /// Operands that each program of vectors is run with.
    const RUNS: u32 = 256;

    /// A name, what makes the back end, and whether its code may raise exceptions.
    type Made = (&'static str, fn() -> NativeBackend, bool);

    /// The back end, for all that the host has and for the least of its architecture.
    const BACKENDS: &[Made] = &[
        ("all host features", native::backend, false),
        ("baseline", || NativeBackend::new(Features::BASELINE), false),
        #[cfg(target_arch = "x86_64")]
        ("all host features and exceptions", native::backend, true),
        #[cfg(target_arch = "x86_64")]
        (
            "baseline and exceptions",
            || NativeBackend::new(Features::BASELINE),
            true,
        ),
    ];
    pub(super) fn compare(options: &Options) -> ExitCode {
        let mut clean = true;
        for made in (BACKENDS.iter()).filter(|made| made.2 || !options.exceptions) {
            let same = scalars(options, made).and_then(|same| Ok(vectors(options, made)? && same));
            match same {
                Ok(same) => clean &= same,
                Err(error) => {
                    eprintln!("xtask: {error}");
                    return ExitCode::FAILURE;
                }
            }
        }
        crate::oracle::verdict(clean)
    }

    /// Compares single instructions in every mode; tells whether all are the same.
    fn scalars(options: &Options, &(what, backend, traps): &Made) -> Result<bool, Box<dyn Error>> {
        let mut generated = Generated::new(backend(), traps)?;
        let mut total = 0_u64;
        let mut clean = true;
        let chosen = |op: &&FpOp| options.chosen(&format!("{op:?}"));
        for op in FpOp::ALL.iter().filter(chosen) {
            let mut different = 0;
            for control in controls(*op) {
                let seed = u64::from(control.bits()) << 8 | *op as u64;
                let mut operands = Operands::new(options.seed << 40 ^ seed);
                for _ in 0..options.tuples {
                    let [a, b, c] = operands.of(*op);
                    let b = encodable(*op, b);
                    let ours = generated.execute(*op, control, [a, b, c]);
                    let theirs = expected(*op, control, a, b, c);
                    total += 1;
                    if ours != theirs {
                        different += 1;
                        if different <= SHOWN {
                            println!(
                                "{op:?} of {a:#x}, {b:#x}, {c:#x} under {control:?} with {what}:\n  \
                                 generated code {:#x} {:?}\n  SoftFloat      {:#x} {:?}",
                                ours.0, ours.1, theirs.0, theirs.1
                            );
                        }
                    }
                }
            }
            clean &= different == 0;
            println!("{op:?} with {what}: {different} differences");
        }
        println!("{total} tuples of operands with {what}");
        Ok(clean)
    }

    /// Compares vectors, in programs; tells whether all are the same.
    fn vectors(options: &Options, &(what, backend, traps): &Made) -> Result<bool, Box<dyn Error>> {
        let mut comparison = Comparison::new(options.seed, backend(), traps)?;
        let mut clean = true;
        let mut lanes = 0;
        for op in OPERATIONS.iter().filter(|op| options.chosen(op.name)) {
            if matches!(op.form, Form::Integer(_)) {
                continue;
            }
            let mut counts = Counts::default();
            let mut different = 0;
            // As many as scalars have in their sixteen modes.
            while counts.lanes < options.tuples * 16 {
                if let Err(difference) = comparison.check(op, RUNS, &mut counts) {
                    different += 1;
                    if different <= SHOWN {
                        println!("{} with {what}: {difference}", op.name);
                    }
                    if different > 20 * SHOWN {
                        break;
                    }
                }
            }
            clean &= different == 0;
            lanes += counts.all_lanes;
            println!(
                "{} with {what}: {} lanes, {} runs of {} programs: {different} differences",
                op.name, counts.lanes, counts.runs, counts.programs
            );
        }
        println!("{lanes} lanes of vectors with {what}");
        Ok(clean)
    }
}
