//! Where we and Capstone differ knowingly, and what is not described yet.
//!
//! Sections are those of DDI 0406C.

use super::{Class, Set};

/// A difference that is right on our side.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// Where it occurs.
    pub set: Set,
    /// How the two sides differ.
    pub class: Class,
    /// The words it covers.
    pub pattern: Pattern,
    /// What the two texts have to do with one another.
    pub texts: fn(ours: &str, theirs: &str) -> bool,
    /// Why ours is right, with the manual's section.
    pub reason: &'static str,
}

impl Exception {
    /// Whether a difference is this one.
    #[must_use]
    pub fn covers(&self, word: u32, ours: &str, theirs: &str) -> bool {
        self.pattern.matches(word) && (self.texts)(ours, theirs)
    }
}

/// A group of instructions that is not described yet.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    /// Where it is.
    pub set: Set,
    /// The words it covers.
    pub pattern: Pattern,
    /// How Capstone's mnemonics for it begin.
    pub mnemonics: &'static [&'static str],
    /// What the manual calls it.
    pub name: &'static str,
}

impl Gap {
    /// Whether the group contains `word`, which Capstone calls `mnemonic`.
    #[must_use]
    pub fn covers(&self, word: u32, mnemonic: &str) -> bool {
        let known = |start: &&str| mnemonic.starts_with(start);
        self.pattern.matches(word) && self.mnemonics.iter().any(known)
    }
}

/// Fixed bits of a word.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    mask: u32,
    value: u32,
}

impl Pattern {
    /// Reads a pattern of `0`, `1` and `x`; `_` separates, and `x` is understood
    /// to the right.
    ///
    /// # Panics
    ///
    /// When there is another character, or there are too many.
    #[must_use]
    pub const fn new(pattern: &str) -> Self {
        let bytes = pattern.as_bytes();
        let (mut mask, mut value, mut left, mut at) = (0, 0, 32, 0);
        while at < bytes.len() {
            if bytes[at] != b'_' {
                left -= 1;
                match bytes[at] {
                    b'0' => mask |= 1 << left,
                    b'1' => {
                        mask |= 1 << left;
                        value |= 1 << left;
                    }
                    b'x' => {}
                    _ => panic!("a pattern is made of 0, 1, x and _"),
                }
            }
            at += 1;
        }
        Self { mask, value }
    }

    /// Whether `word` has the fixed bits.
    #[must_use]
    pub const fn matches(self, word: u32) -> bool {
        word & self.mask == self.value
    }
}

/// The accepted differences.
pub static EXCEPTIONS: &[Exception] = &[
    Exception {
        set: Set::T16,
        class: Class::OursOnly,
        pattern: Pattern::new("xxxx_xxxx_xxxx_xxxx_1101_1110_1111_1001"),
        texts: |ours, _| ours == "udf #0xf9",
        reason: UDF,
    },
    Exception {
        set: Set::T16,
        class: Class::Text,
        pattern: Pattern::new("xxxx_xxxx_xxxx_xxxx_1101_1110_1111_1110"),
        texts: |ours, theirs| ours == "udf 254" && theirs == "trap",
        reason: UDF,
    },
    Exception {
        set: Set::A32,
        class: Class::Text,
        pattern: Pattern::new("1110_0111_1111_1110_1101_1110_1111_0000"),
        texts: |ours, theirs| ours == "udf 60896" && theirs == "trap",
        reason: UDF,
    },
    Exception {
        set: Set::A32,
        class: Class::Text,
        pattern: Pattern::new("xxxx_0100_0001_1101_xxxx_0000_0000_0100"),
        texts: |ours, theirs| ours.starts_with("ldr") && theirs.starts_with("pop"),
        reason: "A5.3, POP encoding A2: only an added offset makes a POP; Capstone ignores the sign",
    },
    Exception {
        set: Set::A32,
        class: Class::Text,
        pattern: Pattern::new("1111_0101_0111_1111_1111_0000_0100_1100"),
        texts: |ours, theirs| ours == "dsb 12" && theirs == "dfb",
        reason: BARRIER,
    },
    Exception {
        set: Set::T32,
        class: Class::Text,
        pattern: Pattern::new("1111_0011_1011_1111_1000_1111_0100_1100"),
        texts: |ours, theirs| ours.starts_with("dsb") && theirs.starts_with("dfb"),
        reason: BARRIER,
    },
    Exception {
        set: Set::T32,
        class: Class::OursOnly,
        pattern: Pattern::new("1111_1001_x0x1_xxxx_1111"),
        texts: |ours, _| ours.starts_with("nop"),
        reason: "A6.3.8: unallocated memory hints do nothing; Capstone rejects them",
    },
    Exception {
        set: Set::T32,
        class: Class::Text,
        pattern: Pattern::new("1111_1000_0101_1101_xxxx_1011_0000_0100"),
        texts: pop_of_one,
        reason: "A6.3.7, POP encoding T3: LDR with these operands is POP; Capstone prints it as LDR",
    },
    Exception {
        set: Set::T32,
        class: Class::Text,
        pattern: Pattern::new("1111_0011_1010_1111_1000_0000_0001"),
        texts: hint,
        reason: HINT,
    },
    Exception {
        set: Set::T32,
        class: Class::Text,
        pattern: Pattern::new("1110_1110_000x_xxxx_xxxx_1001_x001_0000"),
        texts: half_move,
        reason: HALF_MOVE,
    },
    Exception {
        set: Set::A32,
        class: Class::Text,
        pattern: Pattern::new("xxxx_0011_0010_0000_1111_0000_000x"),
        texts: hint,
        reason: HINT,
    },
    Exception {
        set: Set::A32,
        class: Class::Text,
        pattern: Pattern::new("xxxx_1110_000x_xxxx_xxxx_1001_x001_0000"),
        texts: half_move,
        reason: HALF_MOVE,
    },
];

const UDF: &str = "A5.4, A6.2.7: UDF; Capstone leaves out or renames what LLVM uses as traps";
const BARRIER: &str =
    "A5.7.1, A6.3.4: a reserved barrier option; Capstone prints the name ARMv8-R gave it";
const HINT: &str =
    "A5.2.11, A6.3.4: hints ARMv7 reserves; Capstone prints the names some of them got in ARMv8";
const HALF_MOVE: &str =
    "A5.6, A6.3.18: coprocessor 9 is a coprocessor; Capstone prints ARMv8.2's VMOV.F16";

/// `pop{c} {rt}` against `ldr{c} rt, [sp], #4`.
fn pop_of_one(ours: &str, theirs: &str) -> bool {
    let ours = ours
        .strip_prefix("pop")
        .and_then(|ours| ours.strip_suffix('}'));
    let theirs = theirs
        .strip_prefix("ldr")
        .and_then(|theirs| theirs.strip_suffix(",[sp],4"));
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => ours.replacen('{', "", 1) == theirs,
        _ => false,
    }
}

/// A numbered hint against the name it got later.
fn hint(ours: &str, theirs: &str) -> bool {
    ours.starts_with("hint")
        && ["esb", "csdb", "tsb", "sevl"]
            .iter()
            .any(|name| theirs.starts_with(name))
}

/// A move from or to coprocessor 9 against a move of half a register.
fn half_move(ours: &str, theirs: &str) -> bool {
    (ours.starts_with("mcr") || ours.starts_with("mrc")) && theirs.starts_with("vmov")
}

/// What is not described yet.
pub static GAPS: &[Gap] = &[
    Gap {
        set: Set::A32,
        pattern: Pattern::new("1111_001x"),
        mnemonics: &["v", "sha1", "sha256", "aes"],
        name: "Advanced SIMD data-processing (A7.4)",
    },
    Gap {
        set: Set::A32,
        pattern: Pattern::new("1111_0100_xxx0"),
        mnemonics: &["v"],
        name: "Advanced SIMD element or structure load/store (A7.7)",
    },
    Gap {
        set: Set::A32,
        pattern: Pattern::new("xxxx_1110_xxxx_xxxx_xxxx_1011_xxx1"),
        mnemonics: &["vdup", "vmov"],
        name: "Advanced SIMD transfers of bytes, halfwords and to all elements (A7.8)",
    },
    Gap {
        set: Set::A32,
        pattern: Pattern::new("xxxx_1110_111x_xxxx_xxxx_1010_xxx1"),
        mnemonics: &["vmrs", "vmsr"],
        name: "FPINST and FPINST2 of a VFP subarchitecture, MVFR2 of ARMv8",
    },
    Gap {
        set: Set::A32,
        pattern: Pattern::new("xxxx_1110_1x11_011x_xxxx_101x"),
        mnemonics: &["vrint"],
        name: "ARMv8: rounding to an integer",
    },
    Gap {
        set: Set::A32,
        pattern: Pattern::new("xxxx_1100_001x_xxxx_xxxx_1010"),
        mnemonics: &["vlldm", "vlstm"],
        name: "ARMv8-M: lazy floating-point state",
    },
    Gap {
        set: Set::A32,
        pattern: Pattern::new("xxxx_11xx"),
        mnemonics: &["cdp", "ldc", "stc", "mcr2", "mrc2", "mcrr2", "mrrc2"],
        name: "Coprocessor instructions but MCR, MRC, MCRR, MRRC (A5.6, A6.3.18)",
    },
    Gap {
        set: Set::A32,
        pattern: Pattern::new("xxxx_0001_0xx0_xxxx_xxxx_xx1x_0000"),
        mnemonics: &["mrs", "msr"],
        name: "MRS and MSR of banked registers (B9.3.9, B9.3.10)",
    },
    Gap {
        set: Set::A32,
        pattern: Pattern::new("xxxx_0001_1xxx_xxxx_xxxx_11x0_1001"),
        mnemonics: &["lda", "stl"],
        name: "ARMv8: load-acquire and store-release",
    },
    Gap {
        set: Set::A32,
        pattern: Pattern::new("xxxx_0001_0xx0_xxxx_xxxx_00x0_0100"),
        mnemonics: &["crc32"],
        name: "ARMv8: CRC-32",
    },
    Gap {
        set: Set::A32,
        pattern: Pattern::new("xxxx_0001_0000_xxxx_xxxx_xxxx_0111"),
        mnemonics: &["hlt"],
        name: "ARMv8: HLT",
    },
    Gap {
        set: Set::A32,
        pattern: Pattern::new("1111_0001_0001"),
        mnemonics: &["setpan"],
        name: "ARMv8.1: SETPAN",
    },
    Gap {
        set: Set::A32,
        pattern: Pattern::new("xxxx_11xx_xxxx_xxxx_xxxx_1001"),
        mnemonics: &["v"],
        name: "ARMv8.2: half-precision floating point",
    },
    Gap {
        set: Set::A32,
        pattern: Pattern::new("1111_11xx_xxxx_xxxx_xxxx_1xxx"),
        mnemonics: &["vsdot", "vudot", "vcmla", "vcadd", "vfmal", "vfmsl"],
        name: "ARMv8.2: dot products",
    },
    Gap {
        set: Set::T32,
        pattern: Pattern::new("111x_1111"),
        mnemonics: &["v", "sha1", "sha256", "aes"],
        name: "Advanced SIMD data-processing (A7.4)",
    },
    Gap {
        set: Set::T32,
        pattern: Pattern::new("1111_1001_xxx0"),
        mnemonics: &["v"],
        name: "Advanced SIMD element or structure load/store (A7.7)",
    },
    Gap {
        set: Set::T32,
        pattern: Pattern::new("1110_1110_xxxx_xxxx_xxxx_1011_xxx1"),
        mnemonics: &["vdup", "vmov"],
        name: "Advanced SIMD transfers of bytes, halfwords and to all elements (A7.8)",
    },
    Gap {
        set: Set::T32,
        pattern: Pattern::new("1110_1110_111x_xxxx_xxxx_1010_xxx1"),
        mnemonics: &["vmrs", "vmsr"],
        name: "FPINST and FPINST2 of a VFP subarchitecture, MVFR2 of ARMv8",
    },
    Gap {
        set: Set::T32,
        pattern: Pattern::new("1110_1110_1x11_011x_xxxx_101x"),
        mnemonics: &["vrint"],
        name: "ARMv8: rounding to an integer",
    },
    Gap {
        set: Set::T32,
        pattern: Pattern::new("1110_1100_001x_xxxx_xxxx_1010"),
        mnemonics: &["vlldm", "vlstm"],
        name: "ARMv8-M: lazy floating-point state",
    },
    Gap {
        set: Set::T32,
        pattern: Pattern::new("111x_11xx"),
        mnemonics: &["cdp", "ldc", "stc", "mcr2", "mrc2", "mcrr2", "mrrc2"],
        name: "Coprocessor instructions but MCR, MRC, MCRR, MRRC (A5.6, A6.3.18)",
    },
    Gap {
        set: Set::T32,
        pattern: Pattern::new("1111_0011_1xxx_xxxx_10x0_xxxx_xx1x"),
        mnemonics: &["mrs", "msr"],
        name: "MRS and MSR of banked registers (B9.3.9, B9.3.10)",
    },
    Gap {
        set: Set::T32,
        pattern: Pattern::new("1110_1000_110x_xxxx_xxxx_xxxx_1xxx"),
        mnemonics: &["lda", "stl"],
        name: "ARMv8: load-acquire and store-release",
    },
    Gap {
        set: Set::T32,
        pattern: Pattern::new("1111_1010_110x_xxxx_1111_xxxx_10xx"),
        mnemonics: &["crc32"],
        name: "ARMv8: CRC-32",
    },
    Gap {
        set: Set::T32,
        pattern: Pattern::new("1111_0111_1000_1111_1000_0000_0000_00"),
        mnemonics: &["dcps"],
        name: "ARMv8: DCPS",
    },
    Gap {
        set: Set::T32,
        pattern: Pattern::new("111x_11xx_xxxx_xxxx_xxxx_1001"),
        mnemonics: &["v"],
        name: "ARMv8.2: half-precision floating point",
    },
    Gap {
        set: Set::T32,
        pattern: Pattern::new("1111_11xx_xxxx_xxxx_xxxx_1xxx"),
        mnemonics: &["vsdot", "vudot", "vcmla", "vcadd", "vfmal", "vfmsl"],
        name: "ARMv8.2: dot products",
    },
    Gap {
        set: Set::T16,
        pattern: Pattern::new("xxxx_xxxx_xxxx_xxxx_1011_1010_10"),
        mnemonics: &["hlt"],
        name: "ARMv8: HLT",
    },
    Gap {
        set: Set::T16,
        pattern: Pattern::new("xxxx_xxxx_xxxx_xxxx_1011_0110_0001"),
        mnemonics: &["setpan"],
        name: "ARMv8.1: SETPAN",
    },
];
