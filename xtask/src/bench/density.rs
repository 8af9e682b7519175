//! `cargo xtask bench density`: host instructions for each guest instruction.
//!
//! Each program of `guests/bench` is built for A32 and T32 and put to
//! `examples/density`, which counts what the code of each back end would execute.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{CROSS, CROSS_FLAGS, build, need};

/// Counts the programs.
pub(super) fn run(names: &[&str]) -> Result<(), String> {
    need(CROSS, "gcc-arm-linux-gnueabihf")?;
    build(Command::new("cargo").args(["build", "--release", "-p", "density"]))?;
    let folder = Path::new("target/guests");
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let mut logarithms = [0.0; 2];
    let mut count = 0.0;
    for set in ["arm", "thumb"] {
        println!(
            "\n{set} build: host instructions for each guest instruction, and how many of them"
        );
        println!("are between blocks");
        println!("{:<18} {:>16} {:>16}", "program", "x86-64", "AArch64");
        for name in names {
            let hosts = program(folder, name, set)?;
            print!("{name:<18}");
            for ((all, between), sum) in hosts.into_iter().zip(&mut logarithms) {
                print!(" {all:>9.2} ({between:.2})");
                *sum += all.ln();
            }
            println!();
            count += 1.0;
        }
    }
    let [x86, a64] = logarithms.map(|sum: f64| (sum / count).exp());
    println!("\ngeometric mean: {x86:.2} on x86-64, {a64:.2} on AArch64");
    Ok(())
}

/// Returns for each host all instructions and those between blocks, for each
/// instruction of the guest.
fn program(folder: &Path, name: &str, set: &str) -> Result<[(f64, f64); 2], String> {
    let source = PathBuf::from(format!("guests/bench/{name}.c"));
    let guest = folder.join(format!("{name}-{set}"));
    let mut compiler = Command::new(CROSS);
    compiler
        .args(CROSS_FLAGS)
        .arg("-mfpu=vfpv3-d16")
        .arg(format!("-m{set}"));
    build(compiler.arg("-o").arg(&guest).arg(&source).arg("-lm"))?;
    let output = Command::new("target/release/density").arg(&guest).output();
    let output = output.map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stderr);
    let numbers: Vec<f64> = text
        .lines()
        .find(|line| line.starts_with("density:"))
        .unwrap_or_default()
        .replace("x86-64", "")
        .replace("AArch64", "")
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect();
    match numbers[..] {
        [guest, x86, x86_between, a64, a64_between] => Ok([
            (x86 / guest, x86_between / guest),
            (a64 / guest, a64_between / guest),
        ]),
        _ => Err(format!("{name}: density says {text:?}")),
    }
}
