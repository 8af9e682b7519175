//! Capstone as an oracle for decoding and printing.
//!
//! Sweeps ask about a billion words, so the cost of a question decides what can
//! be asked at all. Capstone's iterator is reused: one allocation per *chunk* of
//! words instead of two per word makes a question cost about 0.3 µs, nearly all
//! of it spent in Capstone's decoder and printer.
//!
//! Capstone knows ARMv7 and ARMv8 apart: the latter has what was added, and lacks
//! what was removed (coprocessors, `SWP`). What ARMv7 does not know, or reserves, ARMv8 is asked.
//!
//! Two habits of Capstone (version 5) shape the comparison:
//!
//! - It decodes UNPREDICTABLE encodings like any other ("soft failures" count as
//!   success), so its opinion on those says nothing.
//! - It follows IT blocks across calls of the iterator. [`Oracle::ask_in_block`]
//!   goes through the entry point that starts afresh; [`Oracle::chunk`] is for
//!   words that do not include IT.

use ::capstone::arch::arm::{ArchExtraMode, ArchMode};
use ::capstone::arch::{BuildsCapstone as _, BuildsCapstoneExtraMode as _};
use ::capstone::{Capstone, Error};

/// The address at which Capstone believes every instruction to stand. Targets of
/// branches and literals are printed relative to it.
pub const ADDRESS: u32 = 0x1000_0000;

/// Which decoder to ask.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// A32.
    Arm,
    /// T32, 16-bit and 32-bit.
    Thumb,
}

/// What Capstone says about one instruction.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The number of bytes it took.
    pub size: usize,
    /// The mnemonic with all suffixes.
    pub mnemonic: &'a str,
    /// The operands.
    pub operands: &'a str,
}

/// A Capstone decoder.
#[derive(Debug)]
pub struct Oracle {
    /// ARMv7.
    handle: Capstone,
    /// ARMv8.
    newer: Capstone,
    state: State,
    bytes: Vec<u8>,
}

impl Oracle {
    /// Opens Capstone.
    ///
    /// # Errors
    ///
    /// Capstone's own, when it was built without the Arm decoder.
    pub fn new(state: State) -> Result<Self, Error> {
        let mode = match state {
            State::Arm => ArchMode::Arm,
            State::Thumb => ArchMode::Thumb,
        };
        let builder = || Capstone::new().arm().mode(mode);
        let v8 = std::iter::once(ArchExtraMode::V8);
        Ok(Self {
            handle: builder().build()?,
            newer: builder().extra_mode(v8).build()?,
            state,
            bytes: Vec::new(),
        })
    }

    /// Asks about each of `words` by itself; a T32 word has the first halfword in
    /// its upper half.
    ///
    /// # Errors
    ///
    /// Capstone's own, when it is out of memory.
    pub fn chunk(
        &mut self,
        words: impl Iterator<Item = u32>,
        mut answer: impl FnMut(u32, Option<Answer<'_>>),
    ) -> Result<(), Error> {
        self.bytes.clear();
        for word in words {
            self.bytes.extend(memory_order(self.state, word));
        }
        let mut iter = self.handle.disasm_iter(&self.bytes, ADDRESS.into())?;
        let mut newer = self.newer.disasm_iter(&self.bytes, ADDRESS.into())?;
        for bytes in self.bytes.chunks_exact(4) {
            let word = from_memory_order(self.state, bytes);
            if !is_reserved(word) {
                iter.reset(bytes, ADDRESS.into());
                if let Some(insn) = iter.next() {
                    answer(word, Some(view(&insn)));
                    continue;
                }
            }
            newer.reset(bytes, ADDRESS.into());
            let insn = newer.next();
            let state = self.state;
            let insn = insn.as_ref().map(view);
            answer(word, insn.filter(|insn| !is_misplaced(state, word, insn)));
        }
        Ok(())
    }

    /// Asks about the instruction at the end of `halfwords`; those before it set
    /// the stage (an `IT`). The last instruction stands at [`ADDRESS`].
    ///
    /// # Errors
    ///
    /// Capstone's own, when it is out of memory.
    pub fn ask_in_block<R>(
        &self,
        before: &[u16],
        insn: &[u16],
        answer: impl FnOnce(Option<Answer<'_>>) -> R,
    ) -> Result<R, Error> {
        let bytes: Vec<u8> = before
            .iter()
            .chain(insn)
            .flat_map(|half| half.to_le_bytes())
            .collect();
        let start = u64::from(ADDRESS) - 2 * before.len() as u64;
        let count = before.len() + 1;
        let reserved = match *insn {
            [first, second] => is_reserved(u32::from(first) << 16 | u32::from(second)),
            _ => false,
        };
        let handles = [&self.handle, &self.newer];
        for handle in &handles[usize::from(reserved)..] {
            let insns = handle.disasm_count(&bytes, start, count)?;
            let mut insns = insns.iter();
            if let Some(last) = insns.find(|insn| insn.address() == u64::from(ADDRESS)) {
                let last = view(last);
                let misplaced = match *insn {
                    [first, second] => {
                        let word = u32::from(first) << 16 | u32::from(second);
                        is_misplaced(self.state, word, &last)
                    }
                    _ => false,
                };
                if !misplaced {
                    return Ok(answer(Some(last)));
                }
            }
        }
        Ok(answer(None))
    }
}

fn view<'a>(insn: &'a ::capstone::Insn<'_>) -> Answer<'a> {
    Answer {
        size: insn.len(),
        mnemonic: insn.mnemonic().unwrap_or_default(),
        operands: insn.op_str().unwrap_or_default(),
    }
}

/// Whether a word is of coprocessors 8, 9, 12 and 13, which ARMv7 reserves (DDI 0406C, A2.9)
/// and ARMv8 gives to floating point and Advanced SIMD: ARMv7 is not asked.
pub(crate) const fn is_reserved(word: u32) -> bool {
    let coprocessor = word >> 26 & 3 == 3 && word >> 24 & 3 != 3;
    coprocessor && matches!(word >> 8 & 15, 8 | 9 | 12 | 13)
}

/// Whether a T32 word is no Advanced SIMD, of which ARMv8 added the instruction. A
/// bug of Capstone: it looks at bits 23 to 0 only.
fn is_misplaced(state: State, word: u32, insn: &Answer<'_>) -> bool {
    let added = ["vmaxnm", "vminnm", "vrint", "vcvt", "vmull"];
    let cryptography = ["aes", "sha1", "sha256"];
    let hashes = cryptography
        .iter()
        .any(|start| insn.mnemonic.starts_with(start));
    state == State::Thumb
        && word & 0xef00_0000 != 0xef00_0000
        && (hashes
            || word >> 24 != 0xfe
                && word >> 24 != 0xee
                && added.iter().any(|start| insn.mnemonic.starts_with(start)))
}

fn memory_order(state: State, word: u32) -> [u8; 4] {
    match state {
        State::Arm => word.to_le_bytes(),
        State::Thumb => word.rotate_left(16).to_le_bytes(),
    }
}

fn from_memory_order(state: State, bytes: &[u8]) -> u32 {
    let word = bytes
        .iter()
        .rev()
        .fold(0, |word, &byte| word << 8 | u32::from(byte));
    match state {
        State::Arm => word,
        State::Thumb => word.rotate_left(16),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_asked_one_by_one() {
        let mut oracle = Oracle::new(State::Arm).unwrap();
        let mut said = Vec::new();
        oracle
            .chunk(
                [0xe2811001, 0xffff_ffff, 0xe1a0_0000].into_iter(),
                |word, answer| {
                    said.push((
                        word,
                        answer.map(|a| format!("{} {}", a.mnemonic, a.operands)),
                    ));
                },
            )
            .unwrap();
        assert_eq!(said[0], (0xe2811001, Some("add r1, r1, #1".into())));
        assert_eq!(said[1], (0xffff_ffff, None));
        assert_eq!(said[2].1.as_deref(), Some("mov r0, r0"));
    }

    #[test]
    fn an_it_block_does_not_outlive_its_question() {
        let oracle = Oracle::new(State::Thumb).unwrap();
        let ask = |before: &[u16], half: u16| {
            oracle
                .ask_in_block(before, &[half], |a| {
                    a.map(|a| format!("{} {}", a.mnemonic, a.operands))
                })
                .unwrap()
        };
        assert_eq!(ask(&[0xbf08], 0x1c48).as_deref(), Some("addeq r0, r1, #1"));
        assert_eq!(ask(&[], 0x1c48).as_deref(), Some("adds r0, r1, #1"));
    }
}
