//! `cargo xtask bench density`: host instructions for each guest instruction.
//!
//! Each program of `guests/bench` is built for A32 and T32 and put to
//! `examples/density`, which counts what the code of each back end would execute, and
//! names what AArch64's has beside one instruction for each of the guest's.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{CROSS, CROSS_FLAGS, Options, build, need};

/// Programs of Debian's armhf packages with their arguments: paths are relative to the
/// sysroot, and `@` is a file of it.
const DEBIAN: &[(&str, &[&str])] = &[
    ("sha512sum", &["bin/busybox", "sha512sum", "@"]),
    ("gzip", &["bin/gzip", "-9nc", "@"]),
    ("bzip2", &["bin/bzip2", "-9c", "@"]),
    ("xz", &["usr/bin/xz", "-3", "-T1", "-c", "@"]),
    ("openssl", &["usr/bin/openssl", "dgst", "-sha3-256", "@"]),
    (
        "objdump",
        &["usr/bin/arm-linux-gnueabihf-objdump", "-d", "@"],
    ),
    ("sqlite3", &["usr/bin/sqlite3", ":memory:", SQL]),
    (
        "gawk",
        &[
            "usr/bin/gawk",
            "{ n[$1] += NF } END { for (k in n) t += n[k]; print t }",
            "@",
        ],
    ),
    ("perl", &["usr/bin/perl", "-e", PERL]),
    ("lua", &["usr/bin/lua5.4", "-e", LUA]),
];
/// The file that they read.
const INPUT: &str = "lib/arm-linux-gnueabihf/libm.so.6";
const SQL: &str = "create table t(a integer primary key, b text);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
    insert into t select i, hex(i * 7919 % 65537) from n; create index ix on t(b);
    select count(*), max(b) from t;";
const PERL: &str = r#"my %h; $h{"k".($_ % 977)} += $_ for 1..10000;
    my $t = 0; $t += $h{$_} for sort keys %h; my $n = () = ("abc" x 1000) =~ /b(?=c)/g; print "$t $n""#;
const LUA: &str = "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
    local t = {} for i = 1, 20000 do t[i] = (i * 7919) % 100003 end table.sort(t) print(fib(20), t[1000])";

/// Counts the programs.
pub(super) fn run(options: &Options) -> Result<(), String> {
    build(Command::new("cargo").args(["build", "--release", "-p", "density"]))?;
    let mut table = Table::default();
    if let Some(sysroot) = &options.sysroot {
        println!("{}: {LEGEND}", sysroot.display());
        for (name, words) in DEBIAN {
            let [program, arguments @ ..] = *words else {
                continue;
            };
            let mut density = Command::new(DENSITY);
            density.arg("-L").arg(sysroot).arg(sysroot.join(program));
            density.args(arguments.iter().map(|word| match *word {
                "@" => sysroot.join(INPUT),
                word => word.into(),
            }));
            table.row(name, &count(name, &mut density)?);
        }
    } else {
        need(CROSS, "gcc-arm-linux-gnueabihf")?;
        let folder = Path::new("target/guests");
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        for set in ["arm", "thumb"] {
            println!("\n{set} build: {LEGEND}");
            table.begun = false;
            for name in options.names() {
                let guest = compile(options, folder, name, set)?;
                table.row(name, &count(name, Command::new(DENSITY).arg(guest))?);
            }
        }
    }
    let [x86, a64] = table.logarithms.map(|sum| (sum / table.count).exp());
    println!("\ngeometric mean: {x86:.3} on x86-64, {a64:.3} on AArch64");
    Ok(())
}

const DENSITY: &str = "target/release/density";
const LEGEND: &str = "host instructions for each guest instruction; then, in hundredths,
AArch64's: one's own, and beside it";

/// What is printed, and what for the means.
#[derive(Default)]
struct Table {
    begun: bool,
    logarithms: [f64; 2],
    count: f64,
}

impl Table {
    fn row(&mut self, name: &str, counts: &Counts) {
        if !self.begun {
            print!("{:<18} {:>6} {:>7}", "program", "x86-64", "AArch64");
            for (what, _) in &counts.named {
                print!(" {:>w$}", what, w = what.len().max(4));
            }
            println!();
            self.begun = true;
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
        for (host, sum) in hosts.into_iter().zip(&mut self.logarithms) {
            *sum += host.ln();
        }
        self.count += 1.0;
    }
}

/// What was counted.
struct Counts {
    guest: f64,
    x86: f64,
    /// AArch64's instructions by what they are for.
    named: Vec<(String, f64)>,
}

/// Builds a program and returns where it is.
fn compile(options: &Options, folder: &Path, name: &str, set: &str) -> Result<PathBuf, String> {
    let source = PathBuf::from(format!("guests/bench/{name}.c"));
    let guest = folder.join(format!("{name}-{set}"));
    let mut compiler = Command::new(CROSS);
    compiler
        .args(CROSS_FLAGS)
        .args(options.kernels.cross_flags())
        .arg(format!("-m{set}"));
    build(compiler.arg("-o").arg(&guest).arg(&source).arg("-lm"))?;
    Ok(guest)
}

/// Counts what a program executes.
fn count(name: &str, density: &mut Command) -> Result<Counts, String> {
    let output = density.output().map_err(|error| error.to_string())?;
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
