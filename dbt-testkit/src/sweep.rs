//! Exhaustive comparison of a decoder with Capstone.
//!
//! A sweep puts every word of a space to the *subject* (our decoder) and to
//! [Capstone](crate::capstone), brings both texts to one [form](text), and sorts
//! what came out:
//!
//! | subject | Capstone | counted as |
//! | --- | --- | --- |
//! | instruction | instruction, same width and text | agreement |
//! | instruction | instruction, other width or text | [`Class::Text`] |
//! | instruction | nothing | [`Class::OursOnly`] |
//! | UNPREDICTABLE | instruction | `lenient`: Capstone accepts most UNPREDICTABLE encodings and means nothing by it |
//! | UNDEFINED, or in no row | instruction | [`Class::TheirsOnly`], unless a [`Gap`](accepted::Gap) says that the group is not described yet |
//! | none of the above | nothing | agreement |
//!
//! [LLVM](crate::llvm) is asked in the same way. The tool `llvm-mc` has one more answer: that an
//! encoding is doubtful, which is how it calls UNPREDICTABLE ones. The library refuses these.
//!
//! | subject | LLVM | counted as |
//! | --- | --- | --- |
//! | UNPREDICTABLE | doubtful | `confirmed` |
//! | instruction | doubtful | [`Class::Doubtful`] |
//!
//! A difference that an [`Exception`](accepted::Exception) covers is counted under its reason. What is
//! left is unexplained, and a sweep succeeds when nothing is.

pub mod accepted;
mod report;
pub mod subject;
pub mod text;

use std::io;
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::capstone::{Answer, Oracle, State};
use crate::llvm::{self, Llvm, Opinion};

use accepted::Against;
pub use report::{Class, Difference, Example, Report};

/// The instruction set of a sweep.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Set {
    /// A32.
    A32,
    /// T32, 16-bit encodings.
    T16,
    /// T32, 32-bit encodings; the first halfword is the upper one.
    T32,
}

/// What the subject says about one instruction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It is `row`, and its text was written.
    Insn {
        /// The name of the row.
        row: &'static str,
        /// The number of bytes it takes.
        size: usize,
    },
    /// It is UNPREDICTABLE.
    Unpredictable {
        /// The name of the row that says so.
        row: &'static str,
    },
    /// A row says that it is UNDEFINED.
    Undefined {
        /// The name of that row.
        row: &'static str,
    },
    /// No row matches.
    Unallocated,
}

/// A decoder under test.
pub trait Subject: Sync {
    /// Decodes `word`; appends the text to `text` if it is an instruction.
    fn ask(&self, word: u32, text: &mut String) -> Verdict;
}

impl<F: Fn(u32, &mut String) -> Verdict + Sync> Subject for F {
    fn ask(&self, word: u32, text: &mut String) -> Verdict {
        self(word, text)
    }
}

/// Words `first`, `first + stride`, … up to `last`.
#[derive(Clone, Copy, Debug)]
pub struct Space {
    /// The first word.
    pub first: u32,
    /// The last word that may be asked.
    pub last: u32,
    /// The distance of words.
    pub stride: u32,
}

impl Space {
    /// Every word from `first` to `last`.
    #[must_use]
    pub const fn all(first: u32, last: u32) -> Self {
        Self {
            first,
            last,
            stride: 1,
        }
    }

    /// About `count` words, evenly spread. The distance is odd, so that no field
    /// stays constant.
    #[must_use]
    pub const fn sample(self, count: u32) -> Self {
        let count = if count == 0 { 1 } else { count };
        Self {
            stride: ((self.last - self.first) / count) | 1,
            ..self
        }
    }

    /// The number of words.
    #[must_use]
    pub fn len(self) -> u64 {
        u64::from(self.last - self.first) / u64::from(self.stride) + 1
    }

    /// Whether there is no word, which cannot be.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        false
    }

    /// All words.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        self.words(0, self.len())
    }

    /// The words with indices from `start` to before `end`.
    fn words(self, start: u64, end: u64) -> impl Iterator<Item = u32> {
        (start..end.min(self.len())).map(move |index| {
            let word = u64::from(self.first) + index * u64::from(self.stride);
            u32::try_from(word).expect("inside the space")
        })
    }
}

/// Runs a sweep over 32-bit words on `threads` threads; `progress` is told how
/// many words were done since it was last told.
///
/// # Panics
///
/// When Capstone cannot be opened.
pub fn words(
    set: Set,
    space: Space,
    subject: &impl Subject,
    threads: NonZero<usize>,
    progress: &(impl Fn(u64) + Sync),
) -> Report {
    in_chunks(
        (set, Against::Capstone),
        space,
        threads,
        progress,
        |judge, chunks| {
            let state = if set == Set::A32 {
                State::Arm
            } else {
                State::Thumb
            };
            let mut oracle = Oracle::new(state).expect("capstone has a decoder for Arm");
            while let Some(words) = chunks.next() {
                oracle
                    .chunk(words, |word, answer| judge.compare(word, subject, answer))
                    .expect("capstone finds memory for one instruction");
            }
        },
    )
}

/// The same with LLVM's library. Branch targets of the subject must be relative to the PC
/// ([`Frontend::relative`](subject::Frontend::relative)). `IT` is left out.
///
/// # Panics
///
/// When LLVM was built without Arm.
pub fn words_with_llvm(
    llvm: &Llvm,
    set: Set,
    space: Space,
    subject: &impl Subject,
    threads: NonZero<usize>,
    progress: &(impl Fn(u64) + Sync),
) -> Report {
    in_chunks(
        (set, Against::Llvm),
        space,
        threads,
        progress,
        |judge, chunks| {
            let mut oracle = llvm.open(set).expect("LLVM has a disassembler for Arm");
            while let Some(words) = chunks.next() {
                for word in words {
                    let is_it = set == Set::T16 && word >> 8 == 0xbf && word & 0xf != 0;
                    if is_it {
                        continue;
                    }
                    let answer = oracle.ask(word).map(|(size, text)| {
                        let (mnemonic, operands) = text::split(text::without_comment(text));
                        Answer {
                            size,
                            mnemonic,
                            operands,
                        }
                    });
                    judge.compare_or_doubt(word, subject, answer);
                }
            }
        },
    )
}

/// Hands out the words of a space to threads.
struct Chunks<'a, P> {
    space: Space,
    next: &'a AtomicU64,
    progress: &'a P,
}

impl<P: Fn(u64)> Chunks<'_, P> {
    fn next(&mut self) -> Option<impl Iterator<Item = u32> + use<P>> {
        const CHUNK: u64 = 1 << 14;
        // Relaxed: the counter hands out numbers and guards no other memory.
        let start = self.next.fetch_add(CHUNK, Ordering::Relaxed);
        let left = self
            .space
            .len()
            .checked_sub(start)
            .filter(|&left| left > 0)?;
        (self.progress)(CHUNK.min(left));
        Some(self.space.words(start, start + CHUNK))
    }
}

/// Runs `work` on `threads` threads and adds up what they report.
fn in_chunks<P: Fn(u64) + Sync>(
    (set, against): (Set, Against),
    space: Space,
    threads: NonZero<usize>,
    progress: &P,
    work: impl Fn(&mut Judge, &mut Chunks<'_, P>) + Sync,
) -> Report {
    let next = AtomicU64::new(0);
    let worker = || {
        let mut judge = Judge::new(set, against);
        let mut chunks = Chunks {
            space,
            next: &next,
            progress,
        };
        work(&mut judge, &mut chunks);
        judge.report
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.get()).map(|_| scope.spawn(worker)).collect();
        let reports = workers
            .into_iter()
            .map(|worker| worker.join().expect("workers do not panic"));
        reports.fold(Report::new(set, against), Report::merge)
    })
}

/// Asks about every halfword that is a 16-bit instruction, after the halfwords
/// `before` (an `IT`, or nothing).
///
/// # Panics
///
/// When Capstone cannot be opened.
#[must_use]
pub fn halfwords(before: &[u16], subject: &impl Subject) -> Report {
    let oracle = Oracle::new(State::Thumb).expect("capstone has a decoder for Thumb");
    let mut judge = Judge::new(Set::T16, Against::Capstone);
    // From 0b11101 upwards, a halfword is the first of two.
    for half in 0..0xe800_u16 {
        oracle
            .ask_in_block(before, &[half], |answer| {
                judge.compare(half.into(), subject, answer);
            })
            .expect("capstone finds memory for one instruction");
    }
    judge.report
}

/// Asks about 32-bit Thumb instructions after the halfwords `before`.
///
/// # Panics
///
/// When Capstone cannot be opened.
#[must_use]
pub fn words_in_block(before: &[u16], space: Space, subject: &impl Subject) -> Report {
    let oracle = Oracle::new(State::Thumb).expect("capstone has a decoder for Thumb");
    let mut judge = Judge::new(Set::T32, Against::Capstone);
    for word in space.iter() {
        let [a, b, c, d] = word.to_be_bytes();
        let halves = [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])];
        oracle
            .ask_in_block(before, &halves, |answer| {
                judge.compare(word, subject, answer);
            })
            .expect("capstone finds memory for one instruction");
    }
    judge.report
}

/// Compares what LLVM says about `words` with the subject, whose branch targets
/// must be relative to the PC ([`Frontend::relative`](subject::Frontend::relative)).
///
/// # Errors
///
/// Those of [`llvm::ask`].
pub fn with_llvm(
    tool: &str,
    set: Set,
    words: &[u32],
    subject: &impl Subject,
) -> io::Result<Report> {
    let mut judge = Judge::new(set, Against::Llvm);
    let size = if set == Set::T16 { 2 } else { 4 };
    for (&word, opinion) in words.iter().zip(llvm::ask(tool, set, words)?) {
        let (text, doubtful) = match &opinion {
            Opinion::Invalid => {
                judge.compare(word, subject, None);
                continue;
            }
            Opinion::Insn(text) => (text, false),
            Opinion::Doubtful(text) => (text, true),
        };
        let (mnemonic, operands) = text::split(text::without_comment(text));
        let answer = Answer {
            size,
            mnemonic,
            operands,
        };
        if doubtful {
            judge.doubtful(word, subject, answer);
        } else {
            judge.compare(word, subject, Some(answer));
        }
    }
    Ok(judge.report)
}

/// Compares answers and keeps the texts' buffers.
struct Judge {
    report: Report,
    raw: String,
    ours: String,
    theirs: String,
}

impl Judge {
    fn new(set: Set, against: Against) -> Self {
        let (raw, ours, theirs) = Default::default();
        Self {
            report: Report::new(set, against),
            raw,
            ours,
            theirs,
        }
    }

    /// The other side has an instruction, but calls it doubtful.
    fn doubtful(&mut self, word: u32, subject: &impl Subject, answer: Answer<'_>) {
        self.raw.clear();
        match subject.ask(word, &mut self.raw) {
            Verdict::Insn { row, .. } => {
                self.report.words += 1;
                let theirs = format!("{} {}", answer.mnemonic, answer.operands);
                self.report
                    .differ(Class::Doubtful, word, row, &self.raw, &theirs);
            }
            Verdict::Unpredictable { .. } => {
                self.report.words += 1;
                self.report.confirmed += 1;
            }
            _ => self.compare(word, subject, Some(answer)),
        }
    }

    /// As `compare`; if there is no answer, the other side may mean that the instruction is
    /// doubtful.
    fn compare_or_doubt(&mut self, word: u32, subject: &impl Subject, answer: Option<Answer<'_>>) {
        if answer.is_some() {
            return self.compare(word, subject, answer);
        }
        self.raw.clear();
        match subject.ask(word, &mut self.raw) {
            Verdict::Insn { row, .. } if self.report.excuses_doubt(word, &self.raw) => {
                self.report.words += 1;
                self.report
                    .differ(Class::Doubtful, word, row, &self.raw, "");
            }
            _ => self.compare(word, subject, None),
        }
    }

    fn compare(&mut self, word: u32, subject: &impl Subject, answer: Option<Answer<'_>>) {
        self.raw.clear();
        let verdict = subject.ask(word, &mut self.raw);
        let report = &mut self.report;
        report.words += 1;
        match (verdict, answer) {
            (Verdict::Insn { row, size }, Some(theirs)) => {
                report.both += 1;
                self.ours.clear();
                self.theirs.clear();
                let (mnemonic, operands) = text::split(&self.raw);
                text::canonical(mnemonic, operands, &mut self.ours);
                text::canonical(theirs.mnemonic, theirs.operands, &mut self.theirs);
                if size != theirs.size || self.ours != self.theirs {
                    report.differ(Class::Text, word, row, &self.ours, &self.theirs);
                }
            }
            (Verdict::Insn { row, .. }, None) => {
                report.differ(Class::OursOnly, word, row, &self.raw, "");
            }
            (Verdict::Unpredictable { row }, Some(_)) => report.lenient(row),
            (Verdict::Undefined { row }, Some(theirs)) => {
                let theirs = format!("{} {}", theirs.mnemonic, theirs.operands);
                report.differ(Class::TheirsOnly, word, row, "UNDEFINED", &theirs);
            }
            (Verdict::Unallocated, Some(theirs)) => {
                report.unallocated(word, theirs.mnemonic, theirs.operands);
            }
            (_, None) => report.neither += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep(subject: impl Subject) -> Report {
        words(
            Set::A32,
            Space::all(0xe281_1000, 0xe281_10ff),
            &subject,
            NonZero::<usize>::MIN,
            &|_| (),
        )
    }

    /// `add r1, r1, #imm8` as Capstone prints it, more or less.
    fn right(word: u32, text: &mut String) -> Verdict {
        text.push_str(&format!("ADD r1, R1, #{}", word & 0xff));
        Verdict::Insn {
            row: "AddImm",
            size: 4,
        }
    }

    #[test]
    fn agreement_is_clean() {
        let report = sweep(right);
        assert!(report.is_clean(), "{report}");
        assert_eq!((report.words, report.both), (256, 256));
    }

    #[test]
    fn one_wrong_text_is_found() {
        let report = sweep(|word: u32, text: &mut String| match word & 0xff {
            77 => {
                text.push_str("add r1, r1, #78");
                Verdict::Insn {
                    row: "AddImm",
                    size: 4,
                }
            }
            _ => right(word, text),
        });
        let difference = &report.unexplained[&(Class::Text, "AddImm".to_owned())];
        assert_eq!(
            (difference.count, difference.examples[0].word),
            (1, 0xe281_104d)
        );
    }

    #[test]
    fn a_missing_row_is_found() {
        let report = sweep(|_: u32, _: &mut String| Verdict::Unallocated);
        assert_eq!(
            report.unexplained[&(Class::TheirsOnly, "add".to_owned())].count,
            256
        );
    }

    #[test]
    fn a_wrong_width_is_found() {
        let report = sweep(|word: u32, text: &mut String| {
            right(word, text);
            Verdict::Insn {
                row: "AddImm",
                size: 2,
            }
        });
        assert_eq!(report.unexplained(), 256);
    }

    #[test]
    fn a_sample_reaches_both_ends_and_all_low_bits() {
        let space = Space::all(0xe800_0000, 0xffff_ffff).sample(100_000);
        assert!(space.len().abs_diff(100_000) < 1000 && space.stride % 2 == 1);
        let seen = space
            .words(0, space.len())
            .fold((0, 0), |(ones, zeroes), word| (ones | word, zeroes | !word));
        assert_eq!(
            (seen.0 & 0x07ff_ffff, seen.1 & 0x07ff_ffff),
            (0x07ff_ffff, 0x07ff_ffff)
        );
    }
}
