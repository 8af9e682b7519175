//! The command line.

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use dbt_core::listing::Columns;

/// The text of `--help`.
pub const HELP: &str = "\
Runs 32-bit ARM Linux programs (armhf, static or dynamic) on x86-64 and
AArch64 Linux.

Usage: dbt-user [OPTIONS] [PROGRAM [ARGUMENTS...]]

Everything after PROGRAM belongs to it. Without PROGRAM a built-in one runs that
does some work, checks itself and says how fast it was.

Options:
  -L DIR              look for absolute paths under DIR first: interpreter,
                      libraries, and every file that exists there
  -E NAME=VALUE       set an environment variable of the program
  -U NAME             remove an environment variable of the program
  -0 NAME             give the program NAME as its argv[0]
      --strace        print system calls to standard error
      --stats         print statistics to standard error at the end
      --interpret     interpret, do not translate
      --lockstep      compare each translated unit with the interpreter (slow, for
                      programs with one thread)
      --hot-threshold N
                      interpret code until it has been reached N times (0 to 255)
      --code-cache N  bytes of code cache; K, M and G are understood
      --check-branches
                      have the host check that indirect branches of translated code
                      lead where they may (AArch64 with BTI)
      --dump COLUMNS  print a listing of each translated unit to standard error;
                      COLUMNS are some of guest, ir and host, with commas
      --dump-to FILE  append the listings to FILE instead
      --perf-map      write the names of translated code to /tmp/perf-PID.map, where
                      perf looks for them
  -h, --help          print this
  -V, --version       print the version";

/// What the translation engine is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineOptions {
    /// Interpret instead of translating.
    pub interpret: bool,
    /// Compare each unit with the interpreter.
    pub lockstep: bool,
    /// Measure time for statistics.
    pub clock: bool,
    /// Bytes of code cache, if not the default.
    pub code_cache: Option<usize>,
    /// Have indirect branches of generated code checked by the host.
    pub check_branches: bool,
    /// How often code is reached before it is translated, if not the default.
    pub hot_threshold: Option<u8>,
    /// What to list of each unit, if anything.
    pub dump: Option<Columns>,
    /// Where listings go, if not to standard error.
    pub dump_to: Option<PathBuf>,
    /// Name translated code for perf.
    pub perf_map: bool,
}

/// A parsed command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-L`.
    pub sysroot: Option<PathBuf>,
    /// `-E` and `-U`, in order: a name and its new value, if any.
    pub env: Vec<(OsString, Option<OsString>)>,
    /// `-0`.
    pub argv0: Option<OsString>,
    /// `--strace`.
    pub strace: bool,
    /// `--stats`.
    pub stats: bool,
    /// What is for the engine.
    pub engine: EngineOptions,
    /// PROGRAM; `None` means the built-in one.
    pub program: Option<PathBuf>,
    /// ARGUMENTS.
    pub args: Vec<OsString>,
}

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Run a program.
    Run(Box<Options>),
    /// Print [`HELP`].
    Help,
    /// Print the version.
    Version,
}

/// Parses the arguments after our own name.
///
/// # Errors
///
/// Returns what is wrong with them, as a sentence.
pub fn parse<I>(args: I) -> Result<Command, String>
where
    I: IntoIterator<Item: Into<OsString>>,
{
    use lexopt::prelude::{Long, Short, Value};
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_args(args);
    while let Some(arg) = parser.next().map_err(|e| e.to_string())? {
        // An owned copy, because taking the option's value needs the parser.
        let name = match &arg {
            Short(c) => format!("-{c}"),
            Long(name) => format!("--{name}"),
            Value(_) => String::new(),
        };
        match name.as_str() {
            "" => {
                let Value(program) = arg else { continue };
                options.program = Some(program.into());
                // Behind the program nothing is ours, not even `--`.
                options.args = parser.raw_args().map_err(|e| e.to_string())?.collect();
                break;
            }
            "-h" | "--help" => return Ok(Command::Help),
            "-V" | "--version" => return Ok(Command::Version),
            "--strace" => options.strace = true,
            "--stats" => {
                options.stats = true;
                options.engine.clock = true;
            }
            "--interpret" => options.engine.interpret = true,
            "--lockstep" => options.engine.lockstep = true,
            "--check-branches" => options.engine.check_branches = true,
            "--perf-map" => options.engine.perf_map = true,
            _ => valued(&mut options, &name, &mut parser)?,
        }
    }
    contradiction(&options)?;
    Ok(Command::Run(Box::new(options)))
}

/// The options that have a value.
const VALUED: [&str; 8] = [
    "-L",
    "-E",
    "-U",
    "-0",
    "--code-cache",
    "--hot-threshold",
    "--dump",
    "--dump-to",
];

/// Says which options do not go together.
fn contradiction(options: &Options) -> Result<(), String> {
    let engine = &options.engine;
    let message = if options.program.is_none() && options.argv0.is_some() {
        "-0 names a program, but there is no PROGRAM"
    } else if engine.dump.is_none() && engine.dump_to.is_some() {
        "--dump-to says where listings go, but there is no --dump"
    } else if engine.interpret && (engine.dump.is_some() || engine.perf_map) {
        "--dump and --perf-map tell of translated code, and --interpret translates none"
    } else {
        return Ok(());
    };
    Err(message.into())
}

/// Handles an option that has a value.
fn valued(options: &mut Options, name: &str, parser: &mut lexopt::Parser) -> Result<(), String> {
    if !VALUED.contains(&name) {
        return Err(format!("unknown option {name}; dbt-user --help lists them"));
    }
    let value = parser
        .value()
        .map_err(|_| format!("option {name} needs a value"))?;
    match name {
        "-L" => {
            let dir = PathBuf::from(value);
            if !dir.is_dir() {
                return Err(format!("-L {}: no such directory", dir.display()));
            }
            options.sysroot = Some(dir);
        }
        "-E" => {
            let (name, value) = split(&value)
                .ok_or_else(|| format!("-E {}: expected NAME=VALUE", value.display()))?;
            options.env.push((name, Some(value)));
        }
        "-U" => options.env.push((value, None)),
        "-0" => options.argv0 = Some(value),
        "--hot-threshold" => options.engine.hot_threshold = Some(threshold(&value)?),
        "--dump" => options.engine.dump = Some(columns(&value)?),
        "--dump-to" => options.engine.dump_to = Some(value.into()),
        _ => options.engine.code_cache = Some(size(&value)?),
    }
    Ok(())
}

fn split(assignment: &OsStr) -> Option<(OsString, OsString)> {
    let bytes = assignment.as_bytes();
    let at = bytes
        .iter()
        .position(|&b| b == b'=')
        .filter(|&at| at != 0)?;
    let part = |b| OsStr::from_bytes(b).to_owned();
    Some((part(&bytes[..at]), part(&bytes[at + 1..])))
}

fn threshold(text: &OsStr) -> Result<u8, String> {
    let text = text.to_string_lossy();
    text.parse()
        .map_err(|_| format!("--hot-threshold {text}: expected a number from 0 to 255"))
}

fn size(text: &OsStr) -> Result<usize, String> {
    let text = text.to_string_lossy();
    let (digits, shift) = match text.chars().last().map(|c| c.to_ascii_uppercase()) {
        Some('K') => (&text[..text.len() - 1], 10),
        Some('M') => (&text[..text.len() - 1], 20),
        Some('G') => (&text[..text.len() - 1], 30),
        _ => (&*text, 0),
    };
    digits
        .parse::<usize>()
        .ok()
        .and_then(|n| n.checked_mul(1 << shift))
        .filter(|&n| n != 0)
        .ok_or_else(|| format!("--code-cache {text}: expected a size such as 512K or 32M"))
}

fn columns(text: &OsStr) -> Result<Columns, String> {
    let text = text.to_string_lossy();
    text.parse()
        .map_err(|error| format!("--dump {text}: {error}"))
}

/// Returns the program's environment: ours, changed as `-E` and `-U` say.
#[must_use]
pub fn environment(
    ours: impl IntoIterator<Item = (OsString, OsString)>,
    changes: &[(OsString, Option<OsString>)],
) -> Vec<CString> {
    let mut env: Vec<(OsString, OsString)> = ours.into_iter().collect();
    for (name, value) in changes {
        env.retain(|(n, _)| n != name);
        env.extend(value.clone().map(|value| (name.clone(), value)));
    }
    env.into_iter()
        .filter_map(|(name, value)| {
            CString::new([name.as_bytes(), b"=", value.as_bytes()].concat()).ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(args: &[&str]) -> Options {
        match parse(args) {
            Ok(Command::Run(options)) => *options,
            other => panic!("{args:?} gave {other:?}"),
        }
    }

    fn error(args: &[&str]) -> String {
        parse(args).expect_err("the command line is bad")
    }

    /// `-c`, `--` and even our own options belong to the program once it is named.
    #[test]
    fn parsing_stops_at_the_program() {
        let options = run(&["--strace", "-L", "/", "sh", "-c", "--stats", "--", "-L"]);
        assert!(options.strace && !options.stats);
        assert_eq!(options.sysroot, Some("/".into()));
        assert_eq!(options.program, Some("sh".into()));
        assert_eq!(options.args, ["-c", "--stats", "--", "-L"]);
    }

    #[test]
    fn no_program_means_the_built_in_one() {
        assert_eq!(run(&[]), Options::default());
        assert!(run(&["--stats"]).program.is_none());
    }

    #[test]
    fn program_may_follow_a_double_dash() {
        let options = run(&["--", "-odd", "a"]);
        assert_eq!(options.program, Some("-odd".into()));
        assert_eq!(options.args, ["a"]);
    }

    #[test]
    fn bad_options_are_named() {
        assert!(error(&["--frobnicate", "p"]).contains("unknown option --frobnicate"));
        assert!(error(&["-q"]).contains("unknown option -q"));
        assert!(error(&["-L"]).contains("-L needs a value"));
        assert!(error(&["-L", "/no/such/dir", "p"]).contains("no such directory"));
        assert!(error(&["-E", "=x", "p"]).contains("NAME=VALUE"));
        assert!(error(&["--code-cache", "lots"]).contains("--code-cache lots"));
        assert!(error(&["--hot-threshold", "256"]).contains("--hot-threshold 256"));
        assert!(error(&["--code-cache", "0"]).contains("--code-cache 0"));
        assert!(error(&["-0", "x"]).contains("no PROGRAM"));
        assert!(error(&["--dump", "guest,asm"]).contains("`asm` is none of guest, ir and host"));
        assert!(error(&["--dump", ""]).contains("--dump : `` is none"));
        assert!(error(&["--dump-to", "f"]).contains("no --dump"));
        assert!(error(&["--dump", "ir", "--interpret"]).contains("--interpret translates none"));
        assert!(error(&["--strace=yes", "p"]).contains("--strace"));
    }

    #[test]
    fn engine_options_are_understood() {
        let options = run(&["--code-cache=32M", "--interpret", "p"]);
        assert_eq!(options.engine.code_cache, Some(32 << 20));
        assert!(options.engine.interpret);
    }

    #[test]
    fn dump_takes_some_columns() {
        let options = run(&["--dump", "host,guest", "--dump-to=list", "--perf-map"]);
        let columns = Columns {
            ir: false,
            ..Columns::ALL
        };
        assert_eq!(options.engine.dump, Some(columns));
        assert_eq!(options.engine.dump_to, Some("list".into()));
        assert!(options.engine.perf_map);
    }

    #[test]
    fn environment_is_changed_in_order() {
        let options = run(&["-E", "A=1", "-U", "B", "-E", "A=2=3", "p"]);
        let ours = [("B", "x"), ("C", "y")].map(|(n, v)| (n.into(), v.into()));
        assert_eq!(
            environment(ours, &options.env),
            [c"C=y".to_owned(), c"A=2=3".to_owned()]
        );
    }
}
