//! `cargo xtask bench density`: host instructions for each guest instruction.
//!
//! Each program of `guests/bench` is built for A32 and T32 and put to
//! `examples/density`, which counts what the code of each back end would execute, and
//! names what AArch64's has beside one instruction for each of the guest's.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{CROSS, CROSS_FLAGS, Options, build, need};

/// Counts the programs.
pub(super) fn run(options: &Options) -> Result<(), String> {
    need(CROSS, "gcc-arm-linux-gnueabihf")?;
    build(Command::new("cargo").args(["build", "--release", "-p", "density"]))?;
    let folder = Path::new("target/guests");
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let mut logarithms = [0.0; 2];
    let mut count = 0.0;
    for set in ["arm", "thumb"] {
        println!(
            "\n{set} build: host instructions for each guest instruction; then, in hundredths,"
        );
        println!("AArch64's: one's own, and beside it");
        let mut begun = false;
        for name in options.names() {
            let counts = program(options, folder, name, set)?;
            if !begun {
                print!("{:<18} {:>6} {:>7}", "program", "x86-64", "AArch64");
                for (what, _) in &counts.named {
                    print!(" {:>w$}", what, w = what.len().max(4));
                }
                println!();
                begun = true;
            }
            let each = |number: f64| number / counts.guest;
            let a64: f64 = counts.named.iter().map(|(_, number)| number).sum();
            let hosts = [each(counts.x86), each(a64)];
            print!("{name:<18} {:>6.2} {:>7.2}", hosts[0], hosts[1]);
            for (what, number) in &counts.named {
                let hundredths = 100.0 * each(*number);
                print!(" {hundredths:>w$.1}", w = what.len().max(4));
            }
            println!();
            for (host, sum) in hosts.into_iter().zip(&mut logarithms) {
                *sum += host.ln();
            }
            count += 1.0;
        }
    }
    let [x86, a64] = logarithms.map(|sum: f64| (sum / count).exp());
    println!("\ngeometric mean: {x86:.3} on x86-64, {a64:.3} on AArch64");
    Ok(())
}

/// What was counted.
struct Counts {
    guest: f64,
    x86: f64,
    /// AArch64's instructions by what they are for.
    named: Vec<(String, f64)>,
}

/// Counts a program.
fn program(options: &Options, folder: &Path, name: &str, set: &str) -> Result<Counts, String> {
    let source = PathBuf::from(format!("guests/bench/{name}.c"));
    let guest = folder.join(format!("{name}-{set}"));
    let mut compiler = Command::new(CROSS);
    compiler
        .args(CROSS_FLAGS)
        .args(options.kernels.cross_flags())
        .arg(format!("-m{set}"));
    build(compiler.arg("-o").arg(&guest).arg(&source).arg("-lm"))?;
    let output = Command::new("target/release/density").arg(&guest).output();
    let output = output.map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find_map(|line| line.strip_prefix("density: "));
    let mut words = line.unwrap_or_default().split(' ');
    let mut counts = Vec::new();
    while let (Some(what), Some(number)) = (words.next(), words.next()) {
        let number: f64 = number
            .parse()
            .map_err(|error| format!("{line:?}: {error}"))?;
        counts.push((what.to_owned(), number));
    }
    if counts.len() < 3 {
        return Err(format!("{name}: density says {text:?}"));
    }
    let named = counts.split_off(2);
    Ok(Counts {
        guest: counts[0].1,
        x86: counts[1].1,
        named,
    })
}
