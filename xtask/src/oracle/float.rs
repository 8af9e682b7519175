//! Floating point in generated code against Berkeley SoftFloat, at length.

use std::process::ExitCode;

use lexopt::prelude::*;

/// Runs `cargo xtask oracle float`.
pub(crate) fn run(args: &mut lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    let mut options = Options {
        tuples: 62_500,
        seed: 1,
        only: Vec::new(),
    };
    while let Some(arg) = args.next()? {
        match arg {
            Long("tuples") => options.tuples = args.value()?.parse()?,
            Long("seed") => options.seed = args.value()?.parse()?,
            Value(name) => options.only.push(name.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(compare(&options))
}

struct Options {
    /// Tuples of operands for each operation, mode and set of host features.
    tuples: u64,
    seed: u64,
    /// Names of operations; all if there are none.
    only: Vec<String>,
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
fn compare(options: &Options) -> ExitCode {
    use dbt_a32_frontend::vfp_machine::FpOp;
    use dbt_testkit::fp::generated::{Generated, backends, encodable};
    use dbt_testkit::fp::{Operands, controls, expected};

    const SHOWN: usize = 5;
    let chosen = |op: &&FpOp| {
        options.only.is_empty() || options.only.iter().any(|name| *name == format!("{op:?}"))
    };
    let mut total = 0_u64;
    let mut clean = true;
    for (what, backend) in backends() {
        let mut generated = match Generated::new(backend) {
            Ok(generated) => generated,
            Err(error) => {
                eprintln!("xtask: {error}");
                return ExitCode::FAILURE;
            }
        };
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
    }
    println!("{total} tuples of operands");
    super::verdict(clean)
}
