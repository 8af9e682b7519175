//! What `isa!` generates does what the rows say.

#![allow(missing_docs, clippy::missing_errors_doc, reason = "a test")]

use core::fmt;

use dbt_isa::Undecodable;

#[path = "toy/alu.rs"]
mod alu;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DpImm {
    s: bool,
    d: u32,
    n: u32,
    imm: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair(u32, u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    bytes: i32,
}

impl Offset {
    fn new(words: u32) -> Self {
        Self {
            bytes: words.cast_signed() << 21 >> 20,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Context {
    has_clz: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct PrintContext {
    c: &'static str,
}

fn print_pair(pair: &Pair, f: &mut fmt::Formatter<'_>, cx: &PrintContext) -> fmt::Result {
    write!(f, "pair{}<{}>", cx.c, pair.1)
}

mod sem {
    use super::{DpImm, Offset, Pair};

    pub(crate) trait Machine {
        fn log(&mut self, text: &'static str, value: u32);
    }

    pub(crate) fn add_imm<M: Machine>(m: &mut M, a: &DpImm) -> bool {
        m.log("add", a.imm);
        true
    }

    pub(crate) fn sub_imm<M: Machine>(m: &mut M, a: &DpImm) -> bool {
        m.log("sub", a.imm);
        true
    }

    pub(crate) fn sub_pc<M: Machine>(m: &mut M, a: &Pair) -> bool {
        m.log("sub pc", a.0);
        true
    }

    pub(crate) fn clz<M: Machine>(m: &mut M, a: &Pair) -> bool {
        m.log("clz", a.0);
        true
    }

    pub(crate) fn nop<M: Machine>(_: &mut M) -> bool {
        false
    }

    pub(crate) fn branch<M: Machine>(m: &mut M, a: &Offset) -> bool {
        m.log("b", a.bytes.cast_unsigned());
        true
    }
}

dbt_isa::isa! {
    /// Every instruction.
    #[derive(Hash)]
    pub enum Insn;
    context Context;
    print context PrintContext;
    execute sem<M: sem::Machine>(m: &mut M) -> bool;
    #[cfg(any())]
    execute not_there<M: sem::Machine>(m: &mut M) -> bool;
    /// Long instructions.
    pub decoder a32: u32 = [alu::alu];
    /// Short ones.
    pub decoder T16: u16 = {
        AddImm "T1" "000_11_1_0_iii_nnn_ddd" => DpImm { s: true, d, n, imm: i }
        Branch "T2" "11100_iiiiiiiiiii" => Offset::new(i) "b {bytes}"
        Branch "T3" "1011_i_0_jj_kkk_00_iii" where (matches!(k, 1 | 3..=5)) => Offset { bytes: (i + word + j + k).cast_signed() } as Offset "b.w {bytes:+}"
        SubPc  "T1" "1011_i_0_jj_kkk_00_iii" where (k == 0 || k == 2 || k > 5) => Pair(i, j | k)
        Nop    "T1" "10111111_00000000"
    };
}

impl core::hash::Hash for DpImm {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.imm.hash(state);
    }
}

impl core::hash::Hash for Pair {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl core::hash::Hash for Offset {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

const CX: Context = Context { has_clz: true };
const PRINT: PrintContext = PrintContext { c: "eq" };

fn text(word: u32) -> String {
    a32::decode(word, &CX)
        .expect("an instruction")
        .display(&PRINT)
        .to_string()
}

#[test]
fn fields_reach_the_arguments() {
    let decoded = a32::decode(0xe292_1fff, &CX).unwrap();
    let arguments = DpImm {
        s: true,
        d: 1,
        n: 2,
        imm: 0xfff,
    };
    assert_eq!(decoded.insn, Insn::AddImm(arguments));
    assert_eq!((decoded.row.name, decoded.row.encoding), ("AddImm", "A1"));
    assert_eq!(
        (decoded.row.mask, decoded.row.value),
        (0x0fe0_0000, 0x0280_0000)
    );
    assert_eq!(decoded.insn.name(), "AddImm");
}

#[test]
fn split_fields_are_concatenated() {
    let word = 0b1011_1010_0110_0101;
    let Insn::Branch(offset) = T16::decode(word, &CX).unwrap().insn else {
        panic!()
    };
    assert_eq!(offset.bytes, 0b1101 + i32::from(word) + 0b10 + 0b011);
    assert_eq!(
        T16::decode(0xe7ff, &CX).unwrap().insn,
        Insn::Branch(Offset { bytes: -2 })
    );
}

#[test]
fn conditions_pass_a_word_on_to_other_rows() {
    assert_eq!(a32::decode(0xe250_f001, &CX).unwrap().insn.name(), "SubImm");
    assert_eq!(
        a32::decode(0xf250_f001, &CX).unwrap().insn,
        Insn::SubPc(Pair(0, 1))
    );
    assert_eq!(a32::decode(0xf254_f001, &CX), Err(Undecodable::Unallocated));
    assert_eq!(a32::decode(0xf250_1001, &CX), Err(Undecodable::Unallocated));
}

#[test]
fn undefined_and_unpredictable_are_told_apart() {
    assert_eq!(a32::decode(0xe243_0000, &CX), Err(Undecodable::Undefined));
    assert_eq!(
        a32::decode(0xe28d_0000, &CX),
        Err(Undecodable::Unpredictable)
    );
    assert!(Undecodable::Undefined.is_undefined() && !Undecodable::Undefined.is_unpredictable());
}

#[test]
fn violated_should_be_bits_are_unpredictable() {
    assert_eq!(
        a32::decode(0xf16f_1f12, &CX).unwrap().insn,
        Insn::Clz(Pair(1, 2))
    );
    assert_eq!(
        a32::decode(0xf16f_1012, &CX),
        Err(Undecodable::Unpredictable)
    );
    let row = a32::ROWS.iter().find(|row| row.name == "Clz").unwrap();
    assert_eq!(
        (row.should_be_mask, row.should_be_value),
        (0x000f_0f00, 0x000f_0f00)
    );
}

#[test]
fn the_context_can_remove_a_row() {
    let old = Context { has_clz: false };
    assert_eq!(
        a32::decode(0xf16f_1f12, &old),
        Err(Undecodable::Unallocated)
    );
}

#[test]
fn ignored_bits_do_not_matter() {
    assert_eq!(a32::decode(0xe320_f000, &CX).unwrap().insn, Insn::Nop);
    assert_eq!(a32::decode(0xe325_f000, &CX).unwrap().insn, Insn::Nop);
}

#[test]
fn syntax_is_printed() {
    assert_eq!(text(0xe292_1fff), "addseq 1, 2, 4095");
    assert_eq!(text(0xe282_1fff), "addeq 1, 2, 4095");
    assert_eq!(text(0xe242_1fff), "sub.neq {1}, 2, 0xfff");
    assert_eq!(text(0xf250_f001), "paireq<1> 0");
    assert_eq!(text(0xe320_f000), "nop");
    let short = |word| T16::decode(word, &CX).unwrap().display(&PRINT).to_string();
    assert_eq!(short(0xe7ff), "b -2");
    assert_eq!(short(0b1011_0000_0010_0000), "b.w +45089");
    assert_eq!(short(0b0001_1101_1100_1010), "addseq 2, 1, 7");
}

#[test]
fn execute_calls_the_semantic_function() {
    struct Log(Vec<(&'static str, u32)>);
    impl sem::Machine for Log {
        fn log(&mut self, text: &'static str, value: u32) {
            self.0.push((text, value));
        }
    }
    let mut log = Log(Vec::new());
    assert!(
        a32::decode(0xe292_1fff, &CX)
            .unwrap()
            .insn
            .execute(&mut log)
    );
    assert!(
        !a32::decode(0xe320_f000, &CX)
            .unwrap()
            .insn
            .execute(&mut log)
    );
    assert_eq!(log.0, [("add", 0xfff)]);
}

/// Xorshift.
fn random() -> impl FnMut() -> u32 {
    let mut state = 0x2545_f491_u32;
    move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    }
}

#[test]
fn random_words_decode_to_their_row() {
    let mut next = random();
    for row in a32::ROWS {
        for _ in 0..100 {
            let word = a32::random(row, &mut next, &CX).unwrap();
            assert_eq!(a32::decode(word, &CX).unwrap().row, row);
        }
    }
    for row in T16::ROWS {
        for _ in 0..100 {
            let word = T16::random(row, &mut next, &CX).unwrap();
            assert_eq!(T16::decode(word, &CX).unwrap().row, row);
        }
    }
}

#[test]
fn the_tree_agrees_with_trying_all_rows() {
    for word in 0..=u16::MAX {
        let fits = |row: &&dbt_isa::RowInfo| u32::from(word) & row.mask == row.value;
        match T16::decode(word, &CX) {
            Ok(decoded) => assert!(fits(&decoded.row)),
            Err(_) => assert_eq!(T16::ROWS.iter().find(fits), None, "{word:#06x}"),
        }
    }
}
