//! `cargo xtask bench user`: guest programs side by side.
//!
//! Each program of `guests/bench` is built from C for x86-64 and for A32 and T32,
//! and run natively, under each QEMU that is given, and under `dbt-user`, in
//! turn, several times over. All outputs must be equal. What is printed is the
//! median of each and its ratio to native; the last column is what the issue is
//! about, our time against the fastest QEMU's. Absolute times mean little on
//! shared machines, so sides alternate within a round.

mod density;
mod emulated;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use indicatif::{ProgressBar, ProgressStyle};
use lexopt::prelude::*;

const INTEGER: &[&str] = &[
    "hash",
    "sort",
    "matrix",
    "interpreter",
    "recursion",
    "chase",
    "copies",
];
const FLOATING: &[&str] = &[
    "nbody",
    "nbody_single",
    "mandelbrot",
    "mandelbrot_single",
    "fft",
    "fft_single",
    "saxpy",
    "saxpy_single",
];
const SIMD: &[&str] = &["vector_mix", "vector_fft", "vector_layer"];
const CROSS: &str = "arm-linux-gnueabihf-gcc";
const CROSS_FLAGS: &[&str] = &[
    "-O2",
    "-ffp-contract=off",
    "-march=armv7-a",
    "-mfloat-abi=hard",
    "-static",
];

/// Which programs are measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kernels {
    Integer,
    /// Scalar floating point.
    Floating,
    /// Advanced SIMD, against the native compiler's vectors.
    Simd,
}

impl Kernels {
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Integer => INTEGER,
            Self::Floating => FLOATING,
            Self::Simd => SIMD,
        }
    }

    /// What the native compiler is told.
    const fn native_flags(self) -> &'static [&'static str] {
        match self {
            Self::Integer => &["-O2"],
            // The guest's floating point is scalar, so that of the other side is too.
            Self::Floating => &["-O2", "-fno-tree-vectorize"],
            Self::Simd => &["-O3"],
        }
    }

    /// What the cross compiler is told besides.
    const fn cross_flags(self) -> &'static [&'static str] {
        match self {
            Self::Integer | Self::Floating => &["-mfpu=vfpv3-d16"],
            Self::Simd => &["-O3", "-mfpu=neon"],
        }
    }
}

struct Options {
    runs: usize,
    qemus: Vec<OsString>,
    dbt_user: PathBuf,
    kernels: Kernels,
    only: Vec<String>,
    /// Programs of this sysroot are counted instead.
    sysroot: Option<PathBuf>,
    /// Fails unless we are this much faster than QEMU, in the geometric mean.
    at_least: Option<f64>,
}

impl Options {
    /// The programs that are asked for.
    fn names(&self) -> Vec<&'static str> {
        self.kernels
            .names()
            .iter()
            .copied()
            .filter(|name| self.only.is_empty() || self.only.iter().any(|only| only == name))
            .collect()
    }
}

/// Runs the command.
pub(crate) fn run(args: &mut lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    let mut options = Options {
        runs: 5,
        qemus: Vec::new(),
        dbt_user: "target/release/dbt-user".into(),
        kernels: Kernels::Integer,
        only: Vec::new(),
        sysroot: None,
        at_least: None,
    };
    let what = match args.next()? {
        Some(Value(what)) => what.string()?,
        _ => String::new(),
    };
    if !["user", "density", "emulated"].contains(&what.as_str()) {
        return Err("bench what? `user`, `density` or `emulated`".into());
    }
    while let Some(arg) = args.next()? {
        match arg {
            Long("runs") => options.runs = args.value()?.parse()?,
            Long("qemu") => options.qemus.push(args.value()?),
            Long("dbt-user") => options.dbt_user = args.value()?.into(),
            Long("at-least") => options.at_least = Some(args.value()?.parse()?),
            Long("sysroot") => options.sysroot = Some(args.value()?.into()),
            Long("floating") => options.kernels = Kernels::Floating,
            Long("simd") => options.kernels = Kernels::Simd,
            Value(name) => options.only.push(name.string()?),
            other => return Err(other.unexpected()),
        }
    }
    if options.qemus.is_empty() {
        options.qemus.push("qemu-arm-static".into());
    }
    let result = match what.as_str() {
        "density" => density::run(&options).map(|()| ExitCode::SUCCESS),
        "emulated" => emulated::run(&options).map(|()| ExitCode::SUCCESS),
        _ => bench(&options),
    };
    Ok(match result {
        Ok(code) => code,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    })
}

/// One way to run a program: a name and what comes before the program.
struct Side {
    name: String,
    program: PathBuf,
    prefix: Vec<OsString>,
    seconds: Vec<f64>,
}

impl Side {
    fn median(&self) -> f64 {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

fn bench(options: &Options) -> Result<ExitCode, String> {
    need(CROSS, "gcc-arm-linux-gnueabihf")?;
    need("cc", "gcc")?;
    for qemu in &options.qemus {
        need(qemu, "qemu-user-static")?;
    }
    if !options.dbt_user.exists() {
        return Err(format!(
            "{} is missing: build it with `cargo build --release -p dbt-user`",
            options.dbt_user.display()
        ));
    }
    let names = options.names();
    let folder = Path::new("target/guests");
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let mut mean = Mean::default();
    for set in ["arm", "thumb"] {
        println!(
            "\n{} build, seconds (ratio to native), median of {}",
            set, options.runs
        );
        print!("{:<12} {:>8}", "program", "native");
        for qemu in &options.qemus {
            print!(" {:>22}", short_name(qemu));
        }
        println!(" {:>22} {:>14}", "dbt-user", "faster by");
        for name in &names {
            program(options, folder, name, set, &mut mean)?;
        }
    }
    let faster = mean.value();
    println!(
        "\ngeometric mean: {faster:.2} times as fast as the fastest QEMU; at worst {:.2}",
        mean.worst
    );
    match options.at_least {
        Some(wanted) if faster < wanted => Err(format!("{wanted} times were wanted")),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Measures one program.
fn program(
    options: &Options,
    folder: &Path,
    name: &str,
    set: &str,
    mean: &mut Mean,
) -> Result<(), String> {
    let source = PathBuf::from(format!("guests/bench/{name}.c"));
    let native = folder.join(format!("{name}-native"));
    let guest = folder.join(format!("{name}-{set}"));
    build(
        Command::new("cc")
            .arg("-ffp-contract=off")
            .args(options.kernels.native_flags())
            .arg("-o")
            .arg(&native)
            .arg(&source)
            .arg("-lm"),
    )?;
    build(
        Command::new(CROSS)
            .args(CROSS_FLAGS)
            .args(options.kernels.cross_flags())
            .arg(format!("-m{set}"))
            .arg("-o")
            .arg(&guest)
            .arg(&source)
            .arg("-lm"),
    )?;
    let side = |name: &str, program: &Path, prefix: Option<OsString>| Side {
        name: name.into(),
        program: program.into(),
        prefix: prefix.into_iter().collect(),
        seconds: Vec::new(),
    };
    let mut sides = vec![side("native", &native, None)];
    for qemu in &options.qemus {
        sides.push(side(&short_name(qemu), &guest, Some(qemu.clone())));
    }
    sides.push(side(
        "dbt-user",
        &guest,
        Some(options.dbt_user.clone().into()),
    ));
    measure(name, options.runs, &mut sides)?;
    report(name, &sides, mean);
    Ok(())
}

/// Runs a command and tells the processor time of it, of which other programs on the same
/// machine change less than of the time that passes.
const TIMED: &str = "\"$@\"; code=$?; times >&2; exit $code";

/// Returns the processor time, in user mode and in the system, that `times` has printed of
/// a shell's children: on the last line, as `0m0.12s 0m0.01s`.
fn processor_time(stderr: &[u8]) -> Option<f64> {
    let text = String::from_utf8_lossy(stderr);
    let both = text.lines().last()?.split_whitespace().map(|time| {
        let (minutes, seconds) = time.trim_end_matches('s').split_once('m')?;
        Some(60.0 * minutes.parse::<f64>().ok()? + seconds.parse::<f64>().ok()?)
    });
    both.sum()
}

fn measure(name: &str, runs: usize, sides: &mut [Side]) -> Result<(), String> {
    let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}")
        .map_err(|error| error.to_string())?;
    let progress = ProgressBar::new((runs * sides.len()) as u64).with_style(style);
    progress.set_message(name.to_owned());
    let mut expected: Option<Vec<u8>> = None;
    // The first round warms up and is not counted.
    for round in 0..=runs {
        for side in sides.iter_mut() {
            let mut command = Command::new("sh");
            command.args(["-c", TIMED, "sh"]);
            command.args(&side.prefix).arg(&side.program);
            let output = command
                .stdin(Stdio::null())
                .output()
                .map_err(|error| format!("{}: {error}", side.name))?;
            let seconds = processor_time(&output.stderr)
                .ok_or_else(|| format!("{name} under {} took no time", side.name))?;
            if !output.status.success() {
                return Err(format!(
                    "{name} under {} ended with {}: {}",
                    side.name,
                    output.status,
                    String::from_utf8_lossy(&output.stderr)
                ));
            }
            match &expected {
                Some(expected) if *expected != output.stdout => {
                    return Err(format!("{name} under {} prints something else", side.name));
                }
                _ => expected = Some(output.stdout),
            }
            if round > 0 {
                side.seconds.push(seconds);
                progress.inc(1);
            }
        }
    }
    progress.finish_and_clear();
    Ok(())
}

fn report(name: &str, sides: &[Side], mean: &mut Mean) {
    let native = sides.first().map_or(f64::NAN, Side::median);
    let ours = sides.last().map_or(f64::NAN, Side::median);
    let mut fastest = f64::INFINITY;
    print!("{name:<12} {native:>8.3}");
    for side in &sides[1..] {
        let median = side.median();
        print!(" {:>22}", format!("{median:.3} ({:.2})", median / native));
        if side.name != "dbt-user" {
            fastest = fastest.min(median);
        }
    }
    let ratio = fastest / ours;
    println!(" {ratio:>14.2}");
    mean.add(ratio);
}

/// The geometric mean, and the least.
struct Mean {
    logarithms: f64,
    count: f64,
    worst: f64,
}

impl Default for Mean {
    fn default() -> Self {
        Self {
            logarithms: 0.0,
            count: 0.0,
            worst: f64::INFINITY,
        }
    }
}

impl Mean {
    fn add(&mut self, ratio: f64) {
        self.logarithms += ratio.ln();
        self.count += 1.0;
        self.worst = self.worst.min(ratio);
    }

    fn value(&self) -> f64 {
        (self.logarithms / self.count).exp()
    }
}

fn short_name(program: &OsString) -> String {
    let path = Path::new(program);
    let last: Vec<String> = path
        .components()
        .rev()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    // Several QEMUs have the same file name; the folder above tells them apart.
    match last.as_slice() {
        [name, _, _, folder, ..] => format!("{folder}/{name}"),
        [name, ..] => name.clone(),
        [] => String::new(),
    }
}

fn need(program: impl AsRef<std::ffi::OsStr>, package: &str) -> Result<(), String> {
    let program = program.as_ref();
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map(drop)
        .map_err(|error| {
            format!(
                "cannot run {}: {error}; Debian's package {package} has it",
                program.to_string_lossy()
            )
        })
}

fn build(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| error.to_string())?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?} failed"))
    }
}
