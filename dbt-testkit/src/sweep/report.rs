//! What a sweep found.

use std::collections::BTreeMap;
use std::fmt;

use super::Set;
use super::accepted::{self, Against, Exception, Gap};

/// How the subject and Capstone differ.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Class {
    /// Only the subject calls it an instruction.
    OursOnly,
    /// Only Capstone calls it an instruction.
    TheirsOnly,
    /// Both do, but they print it differently.
    Text,
    /// The subject calls it an instruction, LLVM one that is doubtful.
    Doubtful,
}

/// One word that shows a difference.
#[derive(Clone, Debug)]
pub struct Example {
    /// The instruction.
    pub word: u32,
    /// The subject's text.
    pub ours: String,
    /// Capstone's text.
    pub theirs: String,
}

/// A group of like differences.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// How many words show it.
    pub count: u64,
    /// The first few of them.
    pub examples: Vec<Example>,
}

/// The outcome of a sweep.
#[derive(Clone, Debug)]
pub struct Report {
    set: Set,
    exceptions: Vec<&'static Exception>,
    gaps: Vec<&'static Gap>,
    /// Words asked about.
    pub words: u64,
    /// Words that both call an instruction.
    pub both: u64,
    /// Words that neither accepts.
    pub neither: u64,
    /// UNPREDICTABLE words that LLVM doubts as well.
    pub confirmed: u64,
    /// UNPREDICTABLE words that the other side accepts, by row.
    pub lenient: BTreeMap<&'static str, u64>,
    /// Words of groups not described yet, by group and Capstone's mnemonic.
    pub gap: BTreeMap<(&'static str, String), u64>,
    /// Accepted differences, by reason.
    pub accepted: BTreeMap<&'static str, u64>,
    /// What is left, by class and row (or Capstone's mnemonic where no row
    /// matched).
    pub unexplained: BTreeMap<(Class, String), Difference>,
}

impl Report {
    /// An empty report.
    #[must_use]
    pub fn new(set: Set, against: Against) -> Self {
        Self {
            set,
            exceptions: accepted::EXCEPTIONS
                .iter()
                .filter(|e| e.set == set && e.against.is_none_or(|only| only == against))
                .collect(),
            gaps: accepted::GAPS.iter().filter(|gap| gap.set == set).collect(),
            words: 0,
            both: 0,
            neither: 0,
            confirmed: 0,
            lenient: BTreeMap::new(),
            gap: BTreeMap::new(),
            accepted: BTreeMap::new(),
            unexplained: BTreeMap::new(),
        }
    }

    /// Whether nothing is unexplained.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.unexplained.is_empty()
    }

    /// The number of unexplained words.
    #[must_use]
    pub fn unexplained(&self) -> u64 {
        self.unexplained
            .values()
            .map(|difference| difference.count)
            .sum()
    }

    /// The sum of two reports on the same set.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.words += other.words;
        self.both += other.both;
        self.neither += other.neither;
        self.confirmed += other.confirmed;
        add(&mut self.lenient, other.lenient);
        add(&mut self.gap, other.gap);
        add(&mut self.accepted, other.accepted);
        for (key, difference) in other.unexplained {
            let entry = self.unexplained.entry(key).or_default();
            entry.count += difference.count;
            entry.examples.extend(difference.examples);
            entry.examples.sort_by_key(|example| example.word);
            entry.examples.truncate(EXAMPLES);
        }
        self
    }

    pub(super) fn lenient(&mut self, row: &'static str) {
        *self.lenient.entry(row).or_default() += 1;
    }

    pub(super) fn unallocated(&mut self, word: u32, mnemonic: &str, operands: &str) {
        match self.gaps.iter().find(|gap| gap.covers(word, mnemonic)) {
            Some(gap) => *self.gap.entry((gap.name, mnemonic.to_owned())).or_default() += 1,
            None => {
                let theirs = format!("{mnemonic} {operands}");
                self.differ(Class::TheirsOnly, word, mnemonic, "", &theirs);
            }
        }
    }

    /// Whether an exception says that the other side doubts this instruction.
    pub(super) fn excuses_doubt(&self, word: u32, ours: &str) -> bool {
        let doubts = |e: &&Exception| e.class == Class::Doubtful && e.covers(word, ours, "");
        self.exceptions.iter().any(doubts)
    }

    pub(super) fn differ(&mut self, class: Class, word: u32, row: &str, ours: &str, theirs: &str) {
        let covers = |e: &&&Exception| e.class == class && e.covers(word, ours, theirs);
        if let Some(exception) = self.exceptions.iter().find(covers) {
            *self.accepted.entry(exception.reason).or_default() += 1;
            return;
        }
        let entry = self.unexplained.entry((class, row.to_owned())).or_default();
        entry.count += 1;
        if entry.examples.len() < EXAMPLES {
            entry.examples.push(Example {
                word,
                ours: ours.to_owned(),
                theirs: theirs.to_owned(),
            });
        }
    }
}

/// How many examples of a difference are kept.
const EXAMPLES: usize = 6;

fn add<K: Ord>(sums: &mut BTreeMap<K, u64>, more: BTreeMap<K, u64>) {
    for (key, count) in more {
        *sums.entry(key).or_default() += count;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:?}: {} words: {} described by both, {} by neither",
            self.set, self.words, self.both, self.neither
        )?;
        let lenient: u64 = self.lenient.values().sum();
        writeln!(
            f,
            "  UNPREDICTABLE here, accepted by the other side: {lenient}; doubted by both: {}",
            self.confirmed
        )?;
        if f.alternate() {
            for (row, count) in &self.lenient {
                writeln!(f, "    {count:>12}  {row}")?;
            }
        }
        let mut groups = BTreeMap::<_, (u64, Vec<&str>)>::new();
        for ((group, mnemonic), count) in &self.gap {
            let entry = groups.entry(group).or_default();
            entry.0 += count;
            entry.1.push(mnemonic);
        }
        for (group, (count, mnemonics)) in groups {
            let names = if f.alternate() {
                mnemonics.join(" ")
            } else {
                String::new()
            };
            let kinds = mnemonics.len();
            writeln!(
                f,
                "  not described: {count:>12}  {group} ({kinds} mnemonics) {names}"
            )?;
        }
        for (reason, count) in &self.accepted {
            writeln!(f, "  accepted: {count:>12}  {reason}")?;
        }
        writeln!(f, "  unexplained: {}", self.unexplained())?;
        for ((class, row), difference) in &self.unexplained {
            writeln!(f, "    {class:?} {row}: {}", difference.count)?;
            for Example { word, ours, theirs } in &difference.examples {
                writeln!(f, "      {word:08x}  ours `{ours}`  theirs `{theirs}`")?;
            }
        }
        Ok(())
    }
}
