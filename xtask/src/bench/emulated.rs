//! `cargo xtask bench emulated`: guest programs on AArch64 without AArch64 hardware.
//!
//! Each program of `guests/bench` is built for A64, A32 and T32. The first runs under
//! `qemu-aarch64` as it is, the others under `dbt-user` for AArch64, which runs under the
//! same `qemu-aarch64`. The emulator's costs are on both sides, so the ratio says how
//! much more our code does. Starting is another matter, since the emulator translates
//! the translator then; so programs do their work several times over.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{CROSS, CROSS_FLAGS, Mean, Options, Side, build, measure, need};

const NATIVE: &str = "aarch64-linux-gnu-gcc";
const EMULATOR: &str = "qemu-aarch64-static";
/// What makes a program do its work ten times.
const REPEATED: &[&str] = &["-DTIMES=10", "-Dmain=once", "guests/bench/repeat.c"];

/// Measures the programs.
pub(super) fn run(options: &Options) -> Result<(), String> {
    need(CROSS, "gcc-arm-linux-gnueabihf")?;
    need(NATIVE, "gcc-aarch64-linux-gnu")?;
    need(EMULATOR, "qemu-user-static")?;
    let dbt_user = Path::new("target/aarch64-unknown-linux-gnu/release/dbt-user");
    if !dbt_user.exists() {
        return Err(format!(
            "{} is missing: build it with `cargo build --release -p dbt-user --target \
             aarch64-unknown-linux-gnu`",
            dbt_user.display()
        ));
    }
    let folder = Path::new("target/guests");
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    println!("seconds under {EMULATOR}, median of {}", options.runs);
    println!(
        "{:<18} {:>8} {:>16} {:>16}",
        "program", "A64", "A32 (ratio)", "T32 (ratio)"
    );
    let mut mean = Mean::default();
    for name in options.names() {
        let source = PathBuf::from(format!("guests/bench/{name}.c"));
        let native = folder.join(format!("{name}-a64-repeated"));
        let mut compiler = Command::new(NATIVE);
        compiler
            .args(["-ffp-contract=off", "-static"])
            .args(REPEATED);
        compiler.args(options.kernels.native_flags());
        build(compiler.arg("-o").arg(&native).arg(&source).arg("-lm"))?;
        let side = |program: PathBuf| Side {
            name: program.display().to_string(),
            program,
            prefix: vec![EMULATOR.into()],
            seconds: Vec::new(),
        };
        let mut sides = vec![side(native)];
        for set in ["arm", "thumb"] {
            let guest = folder.join(format!("{name}-{set}-repeated"));
            let mut compiler = Command::new(CROSS);
            compiler.args(CROSS_FLAGS).arg(format!("-m{set}"));
            compiler.args(REPEATED);
            compiler.args(options.kernels.cross_flags());
            build(compiler.arg("-o").arg(&guest).arg(&source).arg("-lm"))?;
            let mut side = side(guest);
            side.prefix.push(dbt_user.into());
            sides.push(side);
        }
        measure(name, options.runs, &mut sides)?;
        let native = sides[0].median();
        print!("{name:<18} {native:>8.3}");
        for side in &sides[1..] {
            let ratio = side.median() / native;
            print!(" {:>16}", format!("{:.3} ({ratio:.2})", side.median()));
            mean.add(ratio);
        }
        println!();
    }
    println!("\ngeometric mean: {:.2} times A64's time", mean.value());
    Ok(())
}
