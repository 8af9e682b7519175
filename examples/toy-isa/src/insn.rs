//! The rows.

use core::fmt;

/// A register, `r0` to `r7`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reg(pub u8);

impl fmt::Display for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

/// Arguments: a destination, a source and a constant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RegImm {
    /// The destination; what is stored by a store.
    pub d: Reg,
    /// The source; the base of an address.
    pub n: Reg,
    /// The constant.
    pub imm: u32,
}

/// Arguments: a destination and a source.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pair {
    /// The destination.
    pub d: Reg,
    /// The source.
    pub n: Reg,
}

/// Arguments: a destination and two sources.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RegReg {
    /// The destination.
    pub d: Reg,
    /// The first source.
    pub n: Reg,
    /// The second source.
    pub m: Reg,
}

/// Arguments: a destination and a constant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Constant {
    /// The destination.
    pub d: Reg,
    /// The constant.
    pub imm: u32,
}

/// Arguments: a register to test and where to go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Branch {
    /// The tested register.
    pub n: Reg,
    /// The address to go on at.
    pub target: u32,
}

/// Arguments: the register that holds where to go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Jump {
    /// The register.
    pub n: Reg,
}

/// Arguments: the address of the next instruction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Next(pub u32);

/// What decoding needs besides the word.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The address of the instruction.
    pub pc: u32,
}

#[allow(clippy::cast_possible_truncation, reason = "fields have three bits")]
const fn reg(field: u32) -> Reg {
    Reg(field as u8)
}

/// `offset` is a signed number of instructions in nine bits.
const fn target(pc: u32, offset: u32) -> u32 {
    let bytes = (offset << 23).cast_signed() >> 22;
    pc.wrapping_add_signed(bytes)
}

dbt_isa::isa! {
    /// The instructions of Toy.
    pub enum Insn;
    context Context;
    print context ();
    execute crate::sem<M: crate::sem::ToyMachine>(m: &mut M) -> dbt_isa::machine::Execution;

    /// All instructions of Toy.
    pub decoder toy: u16 = {
        Move     "R" "0000_ddd_nnn_000000" => Pair { d: reg(d), n: reg(n) } "mov {d}, {n}"
        AddImm   "I" "0000_ddd_nnn_iiiiii" where (i != 0) => RegImm { d: reg(d), n: reg(n), imm: i } "add {d}, {n}, {imm}"
        Add      "R" "0001_ddd_nnn_mmm_000" => RegReg { d: reg(d), n: reg(n), m: reg(m) } "add {d}, {n}, {m}"
        Sub      "R" "0001_ddd_nnn_mmm_001" => RegReg { d: reg(d), n: reg(n), m: reg(m) } "sub {d}, {n}, {m}"
        And      "R" "0001_ddd_nnn_mmm_010" => RegReg { d: reg(d), n: reg(n), m: reg(m) } "and {d}, {n}, {m}"
        Mul      "R" "0001_ddd_nnn_mmm_011" => RegReg { d: reg(d), n: reg(n), m: reg(m) } "mul {d}, {n}, {m}"
        Less     "R" "0001_ddd_nnn_mmm_100" => RegReg { d: reg(d), n: reg(n), m: reg(m) } "less {d}, {n}, {m}"
        Load     "I" "0010_ddd_nnn_iiiiii" unpredictable (d == n) => RegImm { d: reg(d), n: reg(n), imm: i << 2 } "ldr {d}, [{n}, {imm}]"
        Store    "I" "0011_ddd_nnn_iiiiii" => RegImm { d: reg(d), n: reg(n), imm: i << 2 } "str {d}, [{n}, {imm}]"
        MoveImm  "I" "0100_ddd_iiiiiiiii" => Constant { d: reg(d), imm: i } "mov {d}, {imm}"
        Branch   "I" "0101_nnn_ooooooooo" => Branch { n: reg(n), target: target(cx.pc, o) } "bnz {n}, {target:#x}"
        Jump     "R" "0110_nnn_(000000000)" => Jump { n: reg(n) } "jmp {n}"
        Halt     "H" "1111_1111_1111_1111" => Next(cx.pc + 2) "halt"
    };
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::string::{String, ToString};

    use super::{Context, toy};
    use crate::FACTORIAL;

    fn text(word: u16, pc: u32) -> String {
        toy::decode(word, &Context { pc })
            .expect("an instruction")
            .display(&())
            .to_string()
    }

    #[test]
    fn instructions_are_printed() {
        assert_eq!(text(FACTORIAL[5], 10), "bnz r1, 0x6");
        assert_eq!(text(FACTORIAL[7], 14), "str r0, [r3, 4]");
        assert_eq!(text(0x0240, 0), "mov r1, r1");
        assert_eq!(text(0x0241, 0), "add r1, r1, 1");
    }

    #[test]
    fn words_that_are_no_instructions_are_told_apart() {
        let decode = |word| toy::decode(word, &Context { pc: 0 }).expect_err("no instruction");
        assert!(decode(0x8000).is_undefined());
        assert!(decode(0x2000).is_unpredictable(), "a load of its own base");
        assert!(
            decode(0x6001).is_unpredictable(),
            "a jump with a bit that should be zero"
        );
    }
}
