//! Tests that are files: an input, and what is expected to come of it.
//!
//! ```text
//! test opt fold dce
//! ; Comments and the input follow.
//!
//! block0 0x8000:
//!   …
//!
//! ; expect
//! ; block0 0x8000:
//! ;   …
//! ```
//!
//! The first line names a kind of test and its arguments. The input goes up to
//! the line `; expect`; the expectation is what follows, each line behind `;`.
//! [`bless`] rewrites the expectations to what comes of the inputs now, for a
//! human to review the difference.

mod a64;
mod counts;
mod emitted;
mod host;
mod isa;
mod opt;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod x86;

use core::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Runs a kind of test: takes the arguments and the input, and returns what
/// comes of it.
///
/// What is itself expected to fail (a parser's error) is a result, not an error.
pub type Run = fn(arguments: &[&str], input: &str) -> Result<String, String>;

/// The kinds that need nothing but the IR.
pub const IR_KINDS: [(&str, Run); 2] = [("opt", opt::run), ("check", opt::check)];

/// The kind that reads the manuals' index.
pub const ISA_KINDS: [(&str, Run); 1] = [("isa", isa::run)];

/// The kinds that compile for x86-64.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub const X86_KINDS: [(&str, Run); 3] =
    [("x86", x86::run), ("rows", x86::rows), ("code", x86::code)];

/// The kinds that compile for AArch64.
pub const A64_KINDS: [(&str, Run); 3] =
    [("a64", a64::run), ("rows", a64::rows), ("code", a64::code)];

/// The line between input and expectation.
const EXPECT: &str = "; expect";

/// A file that is not as it should be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.reason)
    }
}

/// Runs every file in a folder and those below, and returns their number.
///
/// # Errors
///
/// All files that fail, or that no kind of `kinds` runs.
pub fn run(folder: &Path, kinds: &[(&str, Run)]) -> Result<usize, Vec<Failure>> {
    let mut failures = Vec::new();
    let paths = files(folder).map_err(|error| vec![failure(folder, error)])?;
    for path in &paths {
        if let Err(reason) = run_file(path, kinds) {
            failures.push(failure(path, reason));
        }
    }
    if failures.is_empty() {
        Ok(paths.len())
    } else {
        Err(failures)
    }
}

/// Returns what comes of a file's input now.
///
/// # Errors
///
/// When it cannot be read or run.
pub fn report(path: &Path, kinds: &[(&str, Run)]) -> Result<String, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    actual(&text, kinds)
}

/// Rewrites the expectations of every file in a folder and those below, and
/// returns the files that changed.
///
/// # Errors
///
/// All files that cannot be run or written; the others are written.
pub fn bless(folder: &Path, kinds: &[(&str, Run)]) -> Result<Vec<PathBuf>, Vec<Failure>> {
    let (mut changed, mut failures) = (Vec::new(), Vec::new());
    for path in files(folder).map_err(|error| vec![failure(folder, error)])? {
        match bless_file(&path, kinds) {
            Ok(true) => changed.push(path),
            Ok(false) => {}
            Err(reason) => failures.push(failure(&path, reason)),
        }
    }
    if failures.is_empty() {
        Ok(changed)
    } else {
        Err(failures)
    }
}

fn failure(path: &Path, reason: impl fmt::Display) -> Failure {
    Failure {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

/// Returns the files in a folder and those below, in order.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// Returns what comes of a file's input.
fn actual(text: &str, kinds: &[(&str, Run)]) -> Result<String, String> {
    let (header, rest) = text.split_once('\n').unwrap_or((text, ""));
    let words: Vec<_> = header.split_whitespace().collect();
    let ["test", kind, arguments @ ..] = words.as_slice() else {
        return Err("the first line is not `test KIND ARGUMENTS`".to_owned());
    };
    let Some((_, run)) = kinds.iter().find(|(name, _)| name == kind) else {
        return Err(format!("there is no kind `{kind}` here"));
    };
    // The header's line stays, empty, so that errors name the lines of the file.
    run(arguments, &format!("\n{}", input_of(rest)))
}

fn input_of(text: &str) -> &str {
    let marker = format!("\n{EXPECT}\n");
    text.split_once(&marker).map_or(text, |(input, _)| input)
}

/// Returns the expectation, as it would be printed.
fn expectation(text: &str) -> Option<String> {
    let marker = format!("\n{EXPECT}\n");
    let (_, lines) = text.split_once(&marker)?;
    let mut expected = String::new();
    for line in lines.lines() {
        let line = line.strip_prefix(';')?;
        expected += line.strip_prefix(' ').unwrap_or(line);
        expected += "\n";
    }
    Some(expected)
}

fn run_file(path: &Path, kinds: &[(&str, Run)]) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let actual = actual(&text, kinds)?;
    let expected = expectation(&text).ok_or("there is no expectation; bless it")?;
    if actual.trim_end() == expected.trim_end() {
        return Ok(());
    }
    Err(format!("expected\n{expected}but got\n{actual}"))
}

/// Rewrites a file and tells whether it changed.
fn bless_file(path: &Path, kinds: &[(&str, Run)]) -> Result<bool, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let actual = actual(&text, kinds)?;
    let mut blessed = format!("{}\n\n{EXPECT}\n", input_of(&text).trim_end());
    for line in actual.trim_end().lines() {
        blessed += format!("; {line}").trim_end();
        blessed += "\n";
    }
    if blessed == text {
        return Ok(false);
    }
    fs::write(path, blessed).map_err(|error| error.to_string())?;
    Ok(true)
}
