//! Where we and the other side differ knowingly, and what is not described.
//!
//! Sections are those of DDI 0406C unless DDI 0487 is named.

use super::{Class, Set};

/// Whose decoder ours is compared with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Against {
    /// Capstone.
    Capstone,
    /// LLVM.
    Llvm,
}

/// A difference that is right on our side.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// The other side, if not both.
    pub against: Option<Against>,
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

/// A group of instructions that is not described, being of other architectures or
/// implementations.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    /// Where it is.
    pub set: Set,
    /// The words it covers.
    pub pattern: Pattern,
    /// How the other side's mnemonics for it begin; their types, if any, are whole.
    pub mnemonics: &'static [&'static str],
    /// What the manual calls it.
    pub name: &'static str,
}

impl Gap {
    /// Whether the group contains `word`, which Capstone calls `mnemonic`.
    #[must_use]
    pub fn covers(&self, word: u32, mnemonic: &str) -> bool {
        // A condition may stand before the types.
        let known = |start: &&str| match (start.split_once('.'), mnemonic.split_once('.')) {
            (Some((start, types)), Some((name, named))) => {
                name.starts_with(start) && types == named
            }
            _ => mnemonic.starts_with(start),
        };
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
#[rustfmt::skip]
pub static EXCEPTIONS: &[Exception] = &[
    accept(Set::T16, Class::OursOnly, "xxxx_xxxx_xxxx_xxxx_1101_1110_1111_1001", |ours, _| ours == "udf #0xf9", UDF),
    accept(Set::T16, Class::Text, "xxxx_xxxx_xxxx_xxxx_1101_1110_1111_1001", |ours, theirs| ours == "udf 249" && theirs == "__brkdiv0", UDF),
    accept(Set::T16, Class::Text, "xxxx_xxxx_xxxx_xxxx_1101_1110_1111_1110", |ours, theirs| ours == "udf 254" && theirs == "trap", UDF),
    accept(Set::A32, Class::Text, "1110_0111_1111_111x_1101_1110_1111_xxx0", |ours, theirs| matches!(ours, "udf 60896" | "udf 65006") && theirs == "trap", UDF),
    accept(Set::A32, Class::Text, "xxxx_0100_0001_1101_xxxx_0000_0000_0100", |ours, theirs| ours.starts_with("ldr") && theirs.starts_with("pop"), "A5.3; POP encoding A2, A8.8.132: only an added offset makes a POP; Capstone ignores the sign"),
    accept(Set::A32, Class::Text, "1111_0101_0111_1111_1111_0000_0100_1100", |ours, theirs| ours == "dsb 12" && theirs == "dfb", BARRIER),
    accept(Set::T32, Class::Text, "1111_0011_1011_1111_1000_1111_0100_1100", |ours, theirs| ours.starts_with("dsb") && theirs.starts_with("dfb"), BARRIER),
    accept_of(Against::Capstone, accept(Set::A32, Class::Text, "1111_0101_0111_1111_1111_0000_010x", named_option, OPTION)),
    accept_of(Against::Capstone, accept(Set::T32, Class::Text, "1111_0011_1011_1111_1000_1111_010x", named_option, OPTION)),
    accept(Set::A32, Class::Doubtful, "xxxx_000x_xxxx_xxxx_xxxx_xxxx_xxx0_11x1", |_, _| true, SHIFTED),
    accept(Set::A32, Class::Doubtful, "xxxx_000x_x1x0_xxxx_xxxx_xxxx_1111_1111", |ours, _| ours.starts_with("strd"), "A5.2.8: the low half of STRD's immediate is no register; LLVM takes 15 for one"),
    accept(Set::T32, Class::Text, "1111_0x10_x0x0_1111_0", address, "A6.3.3: ADR, as UAL prefers; Capstone prints the ADD or SUB that it also is"),
    accept(Set::T32, Class::Doubtful, "1110_1001_x11x_1101", |ours, _| ours.ends_with("]!"), "A6.3.6: LDRD and STRD may push to and pop from the stack; LLVM doubts it"),
    accept(Set::T16, Class::Text, "xxxx_xxxx_xxxx_xxxx_1011_1111_0101", sevl, HINT),
    accept(Set::A32, Class::Text, "xxxx_0011_0010_0000_1111_0000_0000_0101", sevl, HINT),
    accept(Set::T32, Class::Text, "1111_0011_1010_1111_1000_0000_0000_0101", sevl, HINT),
    accept(Set::A32, Class::OursOnly, "1111_01x0_x001", |ours, _| ours.starts_with("nop"), "A5.7.1: unallocated memory hints do nothing; Capstone rejects them"),
    accept(Set::T32, Class::OursOnly, "1111_1001_x011_xxxx_1111", |ours, _| ours.starts_with("nop"), "A6.3.8: unallocated memory hints do nothing; Capstone rejects them"),
    accept(Set::T32, Class::Text, "1111_1000_0101_1101_xxxx_1011_0000_0100", pop_of_one, "A6.3.7; POP encoding T3, A8.8.131: LDR with these operands is POP; Capstone prints it as LDR"),
    accept(Set::T32, Class::Text, "1111_1000_0100_1101_xxxx_1101_0000_0100", push_of_one, "A6.3.10; PUSH encoding T3, A8.8.133: STR with these operands is PUSH; Capstone prints it as STR"),
    accept(Set::T32, Class::Text, "1111_0011_1010_1111_1000_0000_0001", hint, HINT),
    accept(Set::A32, Class::Text, "xxxx_0011_0010_0000_1111_0000_000x", hint, HINT),
    accept(Set::A32, Class::Text, "xxxx_0011_0010_0000_1111_0000_0001_0xx0", named_hint, HINT),
    accept(Set::T32, Class::Text, "1111_0011_1010_1111_1000_0000_0001_0xx0", named_hint, HINT),
    accept_of(Against::Capstone, accept(Set::A32, Class::OursOnly, "1111_0101_0111_1111_1111_0000_0111_0000", |ours, _| ours == "sb", SB)),
    accept_of(Against::Capstone, accept(Set::T32, Class::OursOnly, "1111_0011_1011_1111_1000_1111_0111_0000", |ours, _| ours.starts_with("sb"), SB)),
    accept_of(Against::Llvm, accept(Set::T32, Class::Text, "1111_0011_1010_1111_1000_0000_00xx_11x1", signing, SIGNING)),
    accept(Set::A32, Class::Text, "1111_0010_1x11", extract, EXTRACT),
    accept(Set::T32, Class::Text, "1110_1111_1x11", extract, EXTRACT),
    accept(Set::A32, Class::TheirsOnly, "1111_001x_1x10_xxxx_xxxx_110x_0xx1", |_, theirs| fixed_half(theirs), FIXED_HALF),
    accept(Set::T32, Class::TheirsOnly, "111x_1111_1x10_xxxx_xxxx_110x_0xx1", |_, theirs| fixed_half(theirs), FIXED_HALF),
    accept_of(Against::Llvm, accept(Set::A32, Class::Text, "xxxx_0100_1001_1101_xxxx_0000_0000_0100", pop_of_one, "A5.3; POP encoding A2, A8.8.132: LDR with these operands is POP; LLVM prints it as LDR")),
    accept_of(Against::Llvm, accept(Set::A32, Class::Doubtful, "1111_1100_0100", |ours, _| ours.starts_with("mcrr2"), "A8.8.99: MCRR2 may move one register twice; LLVM doubts it as it does for MRRC2")),
    accept_of(Against::Capstone, accept(Set::A32, Class::OursOnly, "1111_11x", newest, NEWEST)),
    accept_of(Against::Capstone, accept(Set::T32, Class::OursOnly, "1111_11x", newest, NEWEST)),
    accept_of(Against::Capstone, accept(Set::A32, Class::OursOnly, "xxxx_1110_1x11_0011_xxxx_1001", newest, NEWEST)),
    accept_of(Against::Capstone, accept(Set::T32, Class::OursOnly, "1110_1110_1x11_0011_xxxx_1001", newest, NEWEST)),
    accept_of(Against::Capstone, accept(Set::A32, Class::OursOnly, "1111_0011_1x11_0110_xxxx_0110", newest, NEWEST)),
    accept_of(Against::Capstone, accept(Set::T32, Class::OursOnly, "1111_1111_1x11_0110_xxxx_0110", newest, NEWEST)),
];

const fn accept(
    set: Set,
    class: Class,
    pattern: &str,
    texts: fn(&str, &str) -> bool,
    reason: &'static str,
) -> Exception {
    Exception {
        against: None,
        set,
        class,
        pattern: Pattern::new(pattern),
        texts,
        reason,
    }
}

/// The same for one side alone.
const fn accept_of(against: Against, exception: Exception) -> Exception {
    Exception {
        against: Some(against),
        ..exception
    }
}

const SHIFTED: &str =
    "A5.2.1: SP and PC may be operands that are shifted by an immediate; LLVM doubts them";
const UDF: &str =
    "A5.4, A6.2.6: UDF; Capstone and LLVM leave out or rename what LLVM uses as traps";
const BARRIER: &str =
    "A5.7.1, A6.3.4: a reserved barrier option; Capstone and LLVM print the name ARMv8-R gave it";
const OPTION: &str = "DDI 0487, F5.1, DMB, DSB, SSBB and PSSBB: names that ARMv8 gives to options; Capstone prints their numbers";
const HINT: &str =
    "A5.2.11, A6.3.4: hints ARMv7 reserves; either side prints names some of them got in ARMv8";
const SB: &str =
    "DDI 0487, F5.1, SB: ARMv8.5's speculation barrier, which Capstone 5 does not know";
const SIGNING: &str = "DDI 0487, F3.1.9: hints reserved in the A profile; LLVM prints what ARMv8.1-M signs pointers with";
const EXTRACT: &str =
    "A8.8.316: VEXT has bytes only; other sizes are pseudo-instructions, which Capstone prints";
const FIXED_HALF: &str = "DDI 0487, F6.1, VCVT: between F16 and fixed point has at most 16 fraction bits, and \
     imm6 = 10xxxx is UNDEFINED; Capstone and LLVM take it";
const NEWEST: &str = "DDI 0487, A2.6 and A2.9: ARMv8.2's products of halves and ARMv8.6, which Capstone 5 does not know";

/// What Capstone does not know.
fn newest(ours: &str, _: &str) -> bool {
    const NAMES: [&str; 6] = ["vusdot", "vsudot", "vsmmla", "vummla", "vusmmla", "vfm"];
    const BRAIN: [&str; 3] = ["vdot.bf16", "vmmla.bf16", "vcvt"];
    let starts = |name: &&str| ours.starts_with(name);
    NAMES.iter().any(starts) || ours.contains("bf16") && BRAIN.iter().any(starts)
}

/// `vcvt` between halves and fixed point.
fn fixed_half(theirs: &str) -> bool {
    theirs.starts_with("vcvt") && theirs.contains(".f16") && theirs.contains("16 ")
}

/// `pop{c} {rt}` against `ldr{c} rt, [sp], #4`.
fn pop_of_one(ours: &str, theirs: &str) -> bool {
    one_register((ours, "pop"), (theirs, "ldr", ",[sp],4"))
}

/// `push{c} {rt}` against `str{c} rt, [sp, #-4]!`.
fn push_of_one(ours: &str, theirs: &str) -> bool {
    one_register((ours, "push"), (theirs, "str", ",[sp,4294967292]!"))
}

/// Whether condition and register are the same.
fn one_register(ours: (&str, &str), theirs: (&str, &str, &str)) -> bool {
    let stack = ours
        .0
        .strip_prefix(ours.1)
        .and_then(|rest| rest.strip_suffix('}'));
    let single = theirs
        .0
        .strip_prefix(theirs.1)
        .and_then(|rest| rest.strip_suffix(theirs.2));
    match (stack, single) {
        (Some(stack), Some(single)) => stack.replacen('{', "", 1) == single,
        _ => false,
    }
}

/// `adr{c} rd, #n` against `addw{c} rd, pc, #n` or `subw{c} rd, pc, #-n`.
fn address(ours: &str, theirs: &str) -> bool {
    let sum = theirs.strip_prefix("addw").map(|rest| (rest, false));
    let parts = sum.or_else(|| theirs.strip_prefix("subw").map(|rest| (rest, true)));
    let Some((rest, negative)) = parts else {
        return false;
    };
    let Some((register, distance)) = rest.split_once(",pc,") else {
        return false;
    };
    let distance = distance.parse::<u32>().unwrap_or(0);
    let distance = if negative {
        distance.wrapping_neg()
    } else {
        distance
    };
    ours.strip_prefix("adr")
        .and_then(|ours| ours.split_once(','))
        == Some((register, distance.to_string().as_str()))
}

/// A numbered hint against the name it got later.
fn hint(ours: &str, theirs: &str) -> bool {
    ours.starts_with("hint")
        && ["esb", "csdb", "tsb", "sevl"]
            .iter()
            .any(|name| theirs.starts_with(name))
}

/// A barrier with the name that ARMv8 has for its option against the number.
fn named_option(ours: &str, theirs: &str) -> bool {
    const NAMES: [(&str, &str); 4] = [
        (" oshld", " 1"),
        (" nshld", " 5"),
        (" ishld", " 9"),
        (" ld", " 13"),
    ];
    const SPECULATION: [(&str, &str, &str); 2] = [("ssbb", "dsb", " 0"), ("pssbb", "dsb", " 4")];
    NAMES.iter().any(|(name, number)| {
        let barrier = ours.strip_suffix(name);
        barrier.is_some() && barrier == theirs.strip_suffix(number)
    }) || SPECULATION.iter().any(|(name, barrier, number)| {
        let condition = ours.strip_prefix(name);
        condition.is_some()
            && condition
                == theirs
                    .strip_prefix(barrier)
                    .and_then(|rest| rest.strip_suffix(number))
    })
}

/// A numbered hint against what the M profile uses it for.
fn signing(ours: &str, theirs: &str) -> bool {
    ours.starts_with("hint")
        && ["pacbti", "bti", "pac", "aut"].contains(&theirs.split(' ').next().unwrap_or_default())
}

/// The name that a hint got after ARMv7 against its number.
fn named_hint(ours: &str, theirs: &str) -> bool {
    const NAMES: [(&str, &str); 4] = [
        ("esb", " 16"),
        ("tsb", " 18"),
        ("csdb", " 20"),
        ("clrbhb", " 22"),
    ];
    theirs.starts_with("hint")
        && NAMES
            .iter()
            .any(|(name, number)| ours.starts_with(name) && theirs.ends_with(number))
}

/// The name that `SEVL` got in ARMv8 against its number.
fn sevl(ours: &str, theirs: &str) -> bool {
    ours.starts_with("sevl") && theirs.starts_with("hint")
}

/// `vext{c}.8 d, n, m, #imm` against the same with larger elements.
fn extract(ours: &str, theirs: &str) -> bool {
    let parts = |text: &str| -> Option<(String, u32, u32)> {
        let (mnemonic, operands) = text.split_once(' ')?;
        let (name, bits) = mnemonic.split_once('.')?;
        let (registers, index) = operands.rsplit_once(',')?;
        let bytes = bits.parse::<u32>().ok()? / 8;
        let index = index.parse::<u32>().ok()?;
        Some((format!("{name} {registers}"), bytes, index * bytes))
    };
    match (parts(ours), parts(theirs)) {
        (Some((ours, 1, at)), Some((theirs, _, their_at))) => ours == theirs && at == their_at,
        _ => false,
    }
}

/// What is not described.
#[rustfmt::skip]
pub static GAPS: &[Gap] = &[
    gap(Set::A32, "xxxx_1110_111x_xxxx_xxxx_1010_xxx1", &["vmrs", "vmsr"], "FPINST and FPINST2 of a VFP subarchitecture"),
    gap(Set::A32, "xxxx_1100_001x_xxxx_xxxx_1010", &["vlldm", "vlstm"], "ARMv8-M: lazy floating-point state"),
    gap(Set::A32, "1111_11xx_xxxx_xxxx_xxxx_101x", &["cdp2", "ldc2", "stc2", "mcr2", "mrc2", "mcrr2", "mrrc2"], "Coprocessors 10 and 11 in the second space, which are floating point (A5.7, A6.3.18)"),
    gap(Set::T32, "1110_1110_111x_xxxx_xxxx_1010_xxx1", &["vmrs", "vmsr"], "FPINST and FPINST2 of a VFP subarchitecture"),
    gap(Set::T32, "1110_1100_001x_xxxx_xxxx_1010", &["vlldm", "vlstm"], "ARMv8-M: lazy floating-point state"),
    gap(Set::T32, "1111_11xx_xxxx_xxxx_xxxx_101x", &["cdp2", "ldc2", "stc2", "mcr2", "mrc2", "mcrr2", "mrrc2"], "Coprocessors 10 and 11 in the second space, which are floating point (A5.7, A6.3.18)"),
];

const fn gap(
    set: Set,
    pattern: &str,
    mnemonics: &'static [&'static str],
    name: &'static str,
) -> Gap {
    Gap {
        set,
        pattern: Pattern::new(pattern),
        mnemonics,
        name,
    }
}
