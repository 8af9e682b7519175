//! LLVM as an oracle for decoding and printing.
//!
//! Its [library](Llvm) is asked about every word. The tool `llvm-mc` is asked about samples: it
//! knows what Capstone does not tell: it calls many UNPREDICTABLE encodings
//! "potentially undefined". One process answers a list of words; a word costs
//! about 3 µs.

mod library;

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};
use std::thread;

use crate::capstone::is_reserved;
use crate::sweep::Set;

pub use library::{Disassembler, Llvm};

/// What LLVM says about one instruction.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Opinion {
    /// An instruction, printed like this. Branch targets are relative to the PC.
    Insn(String),
    /// "Potentially undefined", printed like this.
    Doubtful(String),
    /// No instruction of the architecture asked about.
    Invalid,
}

/// The names under which the tool is looked for.
const NAMES: [&str; 4] = ["llvm-mc-19", "llvm-mc", "llvm-mc-16", "llvm-mc-14"];

/// Finds the tool, which Debian has in the packages `llvm` and `llvm-19`.
#[must_use]
pub fn find() -> Option<&'static str> {
    NAMES.into_iter().find(|name| {
        let version = Command::new(name)
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        version.is_ok_and(|status| status.success())
    })
}

/// Asks about `words`, each by itself. `IT` must not be among them, because LLVM
/// would take the following words for its block. What is invalid in ARMv8.6 is
/// asked again as ARMv7, of which later versions removed some.
///
/// # Errors
///
/// Those of running the tool, and `InvalidData` if its output does not fit the
/// question.
pub fn ask(tool: &str, set: Set, words: &[u32]) -> io::Result<Vec<Opinion>> {
    let newest = "+crypto,+crc,+fullfp16,+fp16fml,+dotprod,+bf16,+i8mm,+sb,+ras,+clrbhb,\
                  +trustzone,+virtualization";
    let mut opinions = ask_version(tool, set, words, "v8.6a", newest)?;
    let (places, rest): (Vec<usize>, Vec<u32>) = (opinions.iter().zip(words).enumerate())
        .filter(|(_, (opinion, word))| **opinion == Opinion::Invalid && !is_reserved(**word))
        .map(|(place, (_, &word))| (place, word))
        .unzip();
    let attributes = "+hwdiv,+hwdiv-arm,+mp,+trustzone,+virtualization,+vfp4,+neon";
    let older = ask_version(tool, set, &rest, "v7a", attributes)?;
    for (place, opinion) in places.into_iter().zip(older) {
        opinions[place] = opinion;
    }
    Ok(opinions)
}

fn ask_version(
    tool: &str,
    set: Set,
    words: &[u32],
    version: &str,
    attributes: &str,
) -> io::Result<Vec<Opinion>> {
    let name = if set == Set::A32 { "arm" } else { "thumb" };
    let mut child = Command::new(tool)
        .args(["--disassemble", "-triple", &format!("{name}{version}")])
        .arg(format!("-mattr={attributes}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let question = question(set, words);
    let stdin = child.stdin.take();
    // Both ends move at once, or full pipes would stop either.
    let writer = thread::spawn(move || match stdin {
        Some(mut stdin) => stdin.write_all(question.as_bytes()),
        None => Ok(()),
    });
    let output = child.wait_with_output()?;
    match writer.join() {
        Ok(written) => written?,
        Err(_) => return Err(io::Error::other("the writer panicked")),
    }
    answer(words.len(), &output.stdout, &output.stderr)
}

/// The bytes of each word on a line of its own, in brackets, or LLVM would look
/// for an instruction in the rest of an invalid one.
fn question(set: Set, words: &[u32]) -> String {
    let mut lines = String::with_capacity(words.len() * 20);
    for &word in words {
        let [a, b, c, d] = word.to_le_bytes();
        lines += &match set {
            Set::A32 => format!("[{a:#x} {b:#x} {c:#x} {d:#x}]\n"),
            Set::T16 => format!("[{a:#x} {b:#x}]\n"),
            Set::T32 => format!("[{c:#x} {d:#x} {a:#x} {b:#x}]\n"),
        };
    }
    lines
}

/// Puts texts (standard output) and warnings (standard error, by line) together.
fn answer(count: usize, stdout: &[u8], stderr: &[u8]) -> io::Result<Vec<Opinion>> {
    let warnings = String::from_utf8_lossy(stderr);
    let warnings: HashMap<usize, bool> = warnings.lines().filter_map(warning).collect();
    let stdout = String::from_utf8_lossy(stdout);
    let mut texts = stdout
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && *line != ".text");
    let missing = || io::Error::new(io::ErrorKind::InvalidData, "fewer answers than questions");
    let opinions: io::Result<Vec<_>> = (1..=count)
        .map(|line| match warnings.get(&line) {
            Some(false) => Ok(Opinion::Invalid),
            Some(true) => Ok(Opinion::Doubtful(
                texts.next().ok_or_else(missing)?.to_owned(),
            )),
            None => Ok(Opinion::Insn(texts.next().ok_or_else(missing)?.to_owned())),
        })
        .collect();
    match texts.next() {
        None => opinions,
        Some(text) => {
            let message = format!("more answers than questions: {text}");
            Err(io::Error::new(io::ErrorKind::InvalidData, message))
        }
    }
}

/// Reads `<stdin>:LINE:COLUMN: warning: … instruction encoding`: the line, and
/// whether the word is an instruction all the same.
fn warning(line: &str) -> Option<(usize, bool)> {
    let (place, message) = line.split_once(": warning: ")?;
    let number = place.split(':').nth(1)?.parse().ok()?;
    match message {
        "potentially undefined instruction encoding" => Some((number, true)),
        "invalid instruction encoding" => Some((number, false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_belong_to_their_lines() {
        let stdout = b"\t.text\n\tmov\tpc, pc\n\tmul\tpc, r1, pc\n";
        let stderr = b"<stdin>:2:1: warning: invalid instruction encoding\n0xff\n^\n\
            <stdin>:3:1: warning: potentially undefined instruction encoding\n0x91\n^\n";
        let expected = vec![
            Opinion::Insn("mov\tpc, pc".into()),
            Opinion::Invalid,
            Opinion::Doubtful("mul\tpc, r1, pc".into()),
        ];
        assert_eq!(answer(3, stdout, stderr).unwrap(), expected);
        assert!(answer(4, stdout, stderr).is_err() && answer(2, stdout, stderr).is_err());
    }

    #[test]
    fn t32_bytes_are_in_the_order_of_memory() {
        assert_eq!(question(Set::T32, &[0xf000_8001]), "[0x0 0xf0 0x1 0x80]\n");
    }
}
