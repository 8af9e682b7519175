//! Encoding of single instructions.
//!
//! Each method is one instruction of the manual (Arm ARM DDI 0487, chapter C6), or
//! one group of them that share an encoding. Operands are checked by the caller
//! where the type cannot: [`add_immediate`] and [`logical_immediate`] tell whether a
//! constant fits.

use alloc::vec::Vec;

use dbt_core::ir::Width;
use dbt_isa::ops::{Condition, Size};

use crate::regs::Reg;

mod fp;
mod memory;
mod simd;

pub(crate) use fp::{Fp1, Fp2, Fused, IntConversion, Precision, View, float_immediate};
pub(crate) use memory::{Extend, Mem, Transfer, offset_fits};
pub(crate) use simd::{Arrangement, element, modified_immediate, unsigned};

/// Logical operations, numbered as in their encodings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Logic {
    And = 0,
    Orr = 1,
    Eor = 2,
    Ands = 3,
}

/// Shifts, numbered as in the encodings of shifted operands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Shift {
    Lsl = 0,
    Lsr = 1,
    Asr = 2,
    Ror = 3,
}

/// A register operand with a constant shift, as many instructions take it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Shifted {
    pub(crate) reg: Reg,
    pub(crate) shift: Shift,
    pub(crate) amount: u8,
}

impl From<Reg> for Shifted {
    fn from(reg: Reg) -> Self {
        Self {
            reg,
            shift: Shift::Lsl,
            amount: 0,
        }
    }
}

/// Returns the encoding of a constant in an addition or subtraction: twelve bits
/// and whether they are shifted left by twelve.
pub(crate) const fn add_immediate(constant: u64) -> Option<u32> {
    if constant < 1 << 12 {
        #[allow(clippy::cast_possible_truncation, reason = "checked")]
        return Some((constant as u32) << 10);
    }
    if constant < 1 << 24 && constant.is_multiple_of(1 << 12) {
        #[allow(clippy::cast_possible_truncation, reason = "checked")]
        return Some((constant >> 12 << 10) as u32 | 1 << 22);
    }
    None
}

/// Returns the encoding of a constant in a logical operation: `N`, `immr` and
/// `imms` in their places (`DecodeBitMasks()`).
///
/// Such a constant is a run of ones in an element of 2 to 64 bits, rotated, and
/// the element repeated.
pub(crate) fn logical_immediate(constant: u64, width: Width) -> Option<u32> {
    let constant = match width {
        Width::W64 => constant,
        Width::W32 => constant & 0xffff_ffff | constant << 32,
    };
    if constant == 0 || constant == u64::MAX {
        return None;
    }
    let mut size = 64;
    while size > 2 && constant.rotate_right(size / 2) == constant {
        size /= 2;
    }
    let mask = u64::MAX >> (64 - size);
    let element = constant & mask;
    let ones = element.count_ones();
    // The rotation that brings the run to the bottom.
    let rotation = if element & 1 == 0 {
        element.trailing_zeros()
    } else {
        size - (!element & mask).leading_zeros().wrapping_sub(64 - size)
    };
    let run = rotate_element(element, rotation % size, size);
    if run != u64::MAX >> (64 - ones) {
        return None;
    }
    let immr = (size - rotation % size) % size;
    let imms = (!(size * 2 - 1) & 0x3f) | (ones - 1);
    Some(u32::from(size == 64) << 22 | immr << 16 | imms << 10)
}

const fn rotate_element(element: u64, by: u32, size: u32) -> u64 {
    if by == 0 {
        return element;
    }
    (element >> by | element << (size - by)) & u64::MAX >> (64 - size)
}

/// Emits to a buffer whose start is the start of the fragment.
pub(crate) struct Asm<'a> {
    pub(crate) code: &'a mut Vec<u8>,
}

const fn sf(width: Width) -> u32 {
    match width {
        Width::W32 => 0,
        Width::W64 => 1 << 31,
    }
}

const fn rd(reg: Reg) -> u32 {
    reg.0 as u32
}

const fn rn(reg: Reg) -> u32 {
    (reg.0 as u32) << 5
}

const fn rm(reg: Reg) -> u32 {
    (reg.0 as u32) << 16
}

/// Where the instructions are.
impl Asm<'_> {
    /// Returns the offset of the next instruction.
    #[allow(clippy::cast_possible_truncation, reason = "fragments are small")]
    pub(crate) fn offset(&self) -> u32 {
        self.code.len() as u32
    }

    /// `CRC32B` and its like.
    pub(crate) fn checksum(&mut self, castagnoli: bool, size: Size, dst: Reg, sum: Reg, data: Reg) {
        let opcode = 0x1ac0_4000 | u32::from(castagnoli) << 12 | (size as u32) << 10;
        self.word(opcode | rm(data) | rn(sum) | rd(dst));
    }

    pub(crate) fn word(&mut self, word: u32) {
        self.code.extend_from_slice(&word.to_le_bytes());
    }

    /// Returns the instruction at an offset.
    pub(crate) fn opcode(&self, at: u32) -> u32 {
        let at = at as usize;
        let word = self.code[at..].first_chunk().copied();
        u32::from_le_bytes(word.unwrap_or_default())
    }

    /// Makes the branch at `at` lead to offset `to`; false if that is too far.
    pub(crate) fn patch(&mut self, at: u32, to: i64) -> bool {
        let Some(word) = with_target(self.opcode(at), to - i64::from(at)) else {
            return false;
        };
        let at = at as usize;
        self.code[at..at + 4].copy_from_slice(&word.to_le_bytes());
        true
    }
}

/// How an indirect branch leads to where it is checked. `RET` is not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum IndirectBranch {
    /// `BLR`, or `BR` by `x16` or `x17`: `BTI c`.
    Call,
    /// `BR` by any register: `BTI j`.
    Jump,
}

/// `B`, to itself.
pub(crate) const B: u32 = 0x1400_0000;

/// Returns a branch with its distance replaced, if it reaches that far.
pub(crate) fn with_target(branch: u32, distance: i64) -> Option<u32> {
    let (low, bits) = match branch >> 24 & 0x7f {
        // B, BL
        0x14..=0x17 => (0, 26),
        // TBZ, TBNZ
        0x36 | 0x37 => (5, 14),
        // B.cond, CBZ, CBNZ, LDR of a literal
        _ => (5, 19),
    };
    let words = distance >> 2;
    if words < -(1 << (bits - 1)) || words >= 1 << (bits - 1) {
        return None;
    }
    let mask = (1_u32 << bits) - 1;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the field is what its bits say"
    )]
    let field = words as u32 & mask;
    Some(branch & !(mask << low) | field << low)
}

/// Arithmetic.
impl Asm<'_> {
    /// `ADD`, `SUB` of a register and an encoded constant. 31 is the stack pointer,
    /// but for the result of an instruction that sets flags.
    pub(crate) fn add_imm(
        &mut self,
        subtract: bool,
        set: bool,
        width: Width,
        dst: Reg,
        a: Reg,
        immediate: u32,
    ) {
        let op = u32::from(subtract) << 30 | u32::from(set) << 29;
        self.word(sf(width) | op | 0x1100_0000 | immediate | rn(a) | rd(dst));
    }

    /// `ADD`, `SUB` of registers, the second shifted.
    pub(crate) fn add_reg(
        &mut self,
        subtract: bool,
        set: bool,
        width: Width,
        dst: Reg,
        a: Reg,
        b: Shifted,
    ) {
        let op = u32::from(subtract) << 30 | u32::from(set) << 29;
        let shift = (b.shift as u32) << 22 | u32::from(b.amount) << 10;
        self.word(sf(width) | op | 0x0b00_0000 | shift | rm(b.reg) | rn(a) | rd(dst));
    }

    /// `ADD Xd, Xn, Wm, UXTW`.
    pub(crate) fn add_uxtw(&mut self, dst: Reg, a: Reg, b: Reg) {
        self.word(0x8b20_4000 | rm(b) | rn(a) | rd(dst));
    }

    /// `ADC`, `SBC`, `ADCS`, `SBCS`.
    pub(crate) fn adc(&mut self, subtract: bool, set: bool, dst: Reg, a: Reg, b: Reg) {
        let op = u32::from(subtract) << 30 | u32::from(set) << 29;
        self.word(op | 0x1a00_0000 | rm(b) | rn(a) | rd(dst));
    }

    /// `AND`, `ORR`, `EOR`, `ANDS`, and with the second operand inverted `BIC`,
    /// `ORN`, `EON`, `BICS`.
    pub(crate) fn logic(
        &mut self,
        op: Logic,
        inverted: bool,
        width: Width,
        dst: Reg,
        a: Reg,
        b: Shifted,
    ) {
        let op = (op as u32) << 29 | u32::from(inverted) << 21;
        let shift = (b.shift as u32) << 22 | u32::from(b.amount) << 10;
        self.word(sf(width) | op | 0x0a00_0000 | shift | rm(b.reg) | rn(a) | rd(dst));
    }

    /// The same with an encoded constant.
    pub(crate) fn logic_imm(&mut self, op: Logic, width: Width, dst: Reg, a: Reg, immediate: u32) {
        self.word(sf(width) | (op as u32) << 29 | 0x1200_0000 | immediate | rn(a) | rd(dst));
    }

    /// `MOV` of a register.
    pub(crate) fn mov(&mut self, width: Width, dst: Reg, from: Reg) {
        self.logic(Logic::Orr, false, width, dst, Reg::ZERO, from.into());
    }

    /// Sets a register to a constant by as few instructions as it takes.
    pub(crate) fn mov_imm(&mut self, dst: Reg, constant: u64) {
        let halves = [0, 16, 32, 48].map(|at| (constant >> at & 0xffff) as u32);
        let width = if constant >> 32 == 0 {
            Width::W32
        } else {
            Width::W64
        };
        let places = if width == Width::W32 { 2 } else { 4 };
        let halves = &halves[..places];
        let zeroes = halves.iter().filter(|half| **half == 0).count();
        let ones = halves.iter().filter(|half| **half == 0xffff).count();
        if places - zeroes.max(ones) > 1
            && let Some(immediate) = logical_immediate(constant, width)
        {
            self.logic_imm(Logic::Orr, width, dst, Reg::ZERO, immediate);
            return;
        }
        let (background, first) = if ones > zeroes {
            (0xffff, 0x1280_0000)
        } else {
            (0, 0x5280_0000)
        };
        let mut opcode = first;
        for (place, half) in (0..).zip(halves) {
            if *half == background {
                continue;
            }
            let written = if opcode == 0x1280_0000 {
                !*half & 0xffff
            } else {
                *half
            };
            self.word(sf(width) | opcode | place << 21 | written << 5 | rd(dst));
            opcode = 0x7280_0000;
        }
        if opcode == first {
            self.word(sf(width) | first | rd(dst));
        }
    }

    /// `UBFM`, `SBFM` (`signed`), `BFM`.
    fn bitfield(&mut self, opcode: u32, width: Width, dst: Reg, a: Reg, immr: u32, imms: u32) {
        let n = if width == Width::W64 { 1 << 22 } else { 0 };
        self.word(sf(width) | opcode | n | immr << 16 | imms << 10 | rn(a) | rd(dst));
    }

    /// `UBFX`, `SBFX`: bits from `low` on.
    pub(crate) fn extract(
        &mut self,
        signed: bool,
        width: Width,
        dst: Reg,
        a: Reg,
        low: u32,
        count: u32,
    ) {
        let opcode = if signed { 0x1300_0000 } else { 0x5300_0000 };
        self.bitfield(opcode, width, dst, a, low, low + count - 1);
    }

    /// `BFI` on 32 bits: the low bits of `a` to `low` and on.
    pub(crate) fn insert(&mut self, dst: Reg, a: Reg, low: u32, count: u32) {
        self.bitfield(0x3300_0000, Width::W32, dst, a, (32 - low) % 32, count - 1);
    }

    /// A shift by a constant less than the width.
    pub(crate) fn shift_imm(&mut self, shift: Shift, width: Width, dst: Reg, a: Reg, amount: u32) {
        let bits = if width == Width::W64 { 64 } else { 32 };
        match shift {
            Shift::Lsl => {
                let immr = (bits - amount) % bits;
                self.bitfield(0x5300_0000, width, dst, a, immr, bits - 1 - amount);
            }
            Shift::Lsr => self.bitfield(0x5300_0000, width, dst, a, amount, bits - 1),
            Shift::Asr => self.bitfield(0x1300_0000, width, dst, a, amount, bits - 1),
            Shift::Ror => {
                let n = if width == Width::W64 { 1 << 22 } else { 0 };
                self.word(sf(width) | 0x1380_0000 | n | rm(a) | amount << 10 | rn(a) | rd(dst));
            }
        }
    }

    /// A shift by a register, modulo the width.
    pub(crate) fn shift_reg(&mut self, shift: Shift, width: Width, dst: Reg, a: Reg, b: Reg) {
        self.two_source(width, 0x2000 | (shift as u32) << 10, dst, a, b);
    }

    fn two_source(&mut self, width: Width, opcode: u32, dst: Reg, a: Reg, b: Reg) {
        self.word(sf(width) | 0x1ac0_0000 | opcode | rm(b) | rn(a) | rd(dst));
    }

    /// `UDIV`, `SDIV`.
    pub(crate) fn divide(&mut self, signed: bool, width: Width, dst: Reg, a: Reg, b: Reg) {
        self.two_source(width, 0x0800 | u32::from(signed) << 10, dst, a, b);
    }

    /// `MADD`, `MSUB`: `c + a * b`, `c - a * b`.
    pub(crate) fn multiply(
        &mut self,
        subtract: bool,
        width: Width,
        dst: Reg,
        a: Reg,
        b: Reg,
        c: Reg,
    ) {
        let op = u32::from(subtract) << 15;
        self.word(sf(width) | 0x1b00_0000 | op | rm(b) | u32::from(c.0) << 10 | rn(a) | rd(dst));
    }

    /// `SMADDL`, `UMADDL`: `c + a * b` of words.
    pub(crate) fn multiply_long(&mut self, signed: bool, dst: Reg, a: Reg, b: Reg, c: Reg) {
        let unsigned = u32::from(!signed) << 23;
        self.word(0x9b20_0000 | unsigned | rm(b) | u32::from(c.0) << 10 | rn(a) | rd(dst));
    }

    fn one_source(&mut self, opcode: u32, dst: Reg, a: Reg) {
        self.word(0x5ac0_0000 | opcode << 10 | rn(a) | rd(dst));
    }

    /// `RBIT` on 32 bits.
    pub(crate) fn rbit(&mut self, dst: Reg, a: Reg) {
        self.one_source(0, dst, a);
    }

    /// `REV` on 32 bits.
    pub(crate) fn rev(&mut self, dst: Reg, a: Reg) {
        self.one_source(2, dst, a);
    }

    /// `CLZ` on 32 bits.
    pub(crate) fn clz(&mut self, dst: Reg, a: Reg) {
        self.one_source(4, dst, a);
    }
}

/// Flags.
impl Asm<'_> {
    /// `CSEL`.
    pub(crate) fn csel(&mut self, width: Width, dst: Reg, yes: Reg, no: Reg, cond: Condition) {
        let cond = (cond as u32) << 12;
        self.word(sf(width) | 0x1a80_0000 | rm(no) | cond | rn(yes) | rd(dst));
    }

    /// `CSET`: one if `cond`, else zero.
    pub(crate) fn cset(&mut self, dst: Reg, cond: Condition) {
        let inverted = (cond.inverted() as u32) << 12;
        self.word(0x1a80_0400 | rm(Reg::ZERO) | inverted | rn(Reg::ZERO) | rd(dst));
    }

    /// `MRS Xt, NZCV`.
    pub(crate) fn read_flags(&mut self, dst: Reg) {
        self.word(0xd53b_4200 | rd(dst));
    }

    /// `MSR NZCV, Xt`.
    pub(crate) fn write_flags(&mut self, from: Reg) {
        self.word(0xd51b_4200 | rd(from));
    }

    /// `RMIF` (FEAT_FlagM): bits 3 to 0 of `from` rotated right become those of N,
    /// Z, C, V that `mask` names.
    pub(crate) fn rotate_to_flags(&mut self, from: Reg, by: u32, mask: u32) {
        self.word(0xba00_0400 | by << 15 | rn(from) | mask);
    }
}

/// Branches, whose distances are [patched](Asm::patch) later. Each returns where it
/// is.
impl Asm<'_> {
    fn unpatched(&mut self, word: u32) -> u32 {
        let at = self.offset();
        self.word(word);
        at
    }

    pub(crate) fn b(&mut self) -> u32 {
        self.unpatched(B)
    }

    pub(crate) fn bl(&mut self) -> u32 {
        self.unpatched(0x9400_0000)
    }

    pub(crate) fn b_cond(&mut self, cond: Condition) -> u32 {
        self.unpatched(0x5400_0000 | cond as u32)
    }

    /// `CBZ`, or `CBNZ`.
    pub(crate) fn cbz(&mut self, nonzero: bool, width: Width, reg: Reg) -> u32 {
        self.unpatched(sf(width) | 0x3400_0000 | u32::from(nonzero) << 24 | rd(reg))
    }

    /// `TBZ`, or `TBNZ`.
    pub(crate) fn tbz(&mut self, set: bool, reg: Reg, bit: u32) -> u32 {
        let place = (bit >> 5) << 31 | (bit & 31) << 19;
        self.unpatched(place | 0x3600_0000 | u32::from(set) << 24 | rd(reg))
    }

    /// `ADR` of a place so many bytes from this instruction, less than 1 MiB.
    pub(crate) fn adr(&mut self, dst: Reg, distance: i32) {
        let distance = distance.cast_unsigned();
        self.word(0x1000_0000 | (distance & 3) << 29 | (distance >> 2 & 0x7_ffff) << 5 | rd(dst));
    }

    /// `BTI`: what such a branch may lead to.
    pub(crate) fn bti(&mut self, by: IndirectBranch) {
        self.word(match by {
            IndirectBranch::Call => 0xd503_245f,
            IndirectBranch::Jump => 0xd503_249f,
        });
    }

    pub(crate) fn br(&mut self, to: Reg) {
        self.word(0xd61f_0000 | rn(to));
    }

    pub(crate) fn blr(&mut self, to: Reg) {
        self.word(0xd63f_0000 | rn(to));
    }

    /// `RET`, predicted to lead to where the last call came from.
    pub(crate) fn ret(&mut self, to: Reg) {
        self.word(0xd65f_0000 | rn(to));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `DecodeBitMasks()` of the manual.
    fn decode(field: u32, width: Width) -> u64 {
        let (n, immr, imms) = (field >> 22 & 1, field >> 16 & 63, field >> 10 & 63);
        let len = 31 - (n << 6 | (!imms & 63)).leading_zeros();
        let size = 1 << len;
        let ones = (imms & (size - 1)) + 1;
        let rotation = immr & (size - 1);
        let run = if ones == 64 {
            u64::MAX
        } else {
            (1 << ones) - 1
        };
        let element = rotate_element(run, rotation, size);
        let mut result = 0;
        for at in (0..64).step_by(size as usize) {
            result |= element << at;
        }
        if width == Width::W32 {
            result & 0xffff_ffff
        } else {
            result
        }
    }

    /// Every encoding decodes to what was encoded, and all 5,334 constants of 64 bits
    /// and 1,302 of 32 bits have one.
    #[test]
    fn logical_immediates_are_complete() {
        for (width, expected) in [(Width::W64, 5334), (Width::W32, 1302)] {
            let mut constants = alloc::collections::BTreeSet::new();
            for field in 0..1_u32 << 13 {
                let (n, imms) = (field >> 12, field & 63);
                let invalid = (n << 6 | (!imms & 63)) < 2;
                let all_ones = {
                    let len = 31 - (n << 6 | (!imms & 63) | 1).leading_zeros();
                    imms & ((1 << len) - 1) == (1 << len) - 1
                };
                if invalid || all_ones || (width == Width::W32 && n == 1) {
                    continue;
                }
                constants.insert(decode(field << 10, width));
            }
            assert_eq!(constants.len(), expected);
            for constant in constants {
                let field =
                    logical_immediate(constant, width).expect("a constant with an encoding");
                assert_eq!(decode(field, width), constant);
            }
        }
        for constant in [0, u64::MAX, 5, 0xffff_fffe_ffff_fff7, 0x1234] {
            assert_eq!(logical_immediate(constant, Width::W64), None);
        }
    }
}
