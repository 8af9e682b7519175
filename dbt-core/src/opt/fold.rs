//! Folding: constants, algebraic identities, canonical forms.
//!
//! Each instruction goes through the rules when it is appended. Its operands
//! have gone through them before, so a rule looks at most two levels deep and
//! relies on what is canonical:
//!
//! - a constant operand of a commutative operation, and of a comparison, is on
//!   the right;
//! - `x - c` is `x + -c`, and sums with constants have one constant, so that
//!   addresses are a base and an offset (but see below);
//! - a constant of a given type and value is made once in a row, mostly;
//! - comparisons and conditions are never inverted by a `BitNot`: they are the
//!   inverted comparison or condition.
//!
//! **Flags pairs.** A host computes a sum or difference and its flags at once if
//! `Add`/`AddFlags` or `Sub`/`SubFlags` have the same operands. Where the rules
//! for sums would part such a pair they are not applied, or are taken back.
//!
//! What an operation means on constants is not said here: the rules call the
//! `eval` functions of [`dbt_isa::ops`].

mod binary;
mod bits;
mod compare;
mod flags;
mod unary;
mod vector;
mod wide;

pub(super) use vector::part;

use alloc::vec::Vec;

use dbt_isa::ops::{Condition, Size};

use crate::ir::{IndirectKind, Inst, Target, Terminator, Ty, Value, Width};
use crate::location::Location;

/// The block being rebuilt, with what the rules remember about it.
#[derive(Debug)]
pub(super) struct Folder<'a> {
    out: &'a mut Vec<Inst>,
    /// Constants made lately, by their low bits.
    constants: [Option<Value>; Folder::CONSTANTS],
    /// The last test of each condition: its flags and its result.
    conditions: [Option<(Value, Value)>; Condition::ALL.len()],
    /// The last sum whose form the rules changed.
    changed_sum: Option<ChangedSum>,
    /// Operands of the last flags of a sum, with a constant on the right.
    flags_sum: Option<(Value, u32)>,
}

/// A sum with a constant that was rewritten: `result` is `base + addend`.
#[derive(Clone, Copy, Debug)]
struct ChangedSum {
    base: Value,
    addend: u32,
    result: Value,
}

impl<'a> Folder<'a> {
    const CONSTANTS: usize = 16;

    /// Starts a block at the end of `out`.
    pub(super) fn new(out: &'a mut Vec<Inst>) -> Self {
        Self {
            out,
            constants: [None; Self::CONSTANTS],
            conditions: [None; Condition::ALL.len()],
            changed_sum: None,
            flags_sum: None,
        }
    }

    /// Appends an instruction as it is.
    #[inline]
    pub(super) fn push(&mut self, inst: Inst) -> Value {
        let value = Value(u32::try_from(self.out.len()).unwrap_or(u32::MAX));
        self.out.push(inst);
        value
    }

    /// Returns the index of the next instruction.
    pub(super) fn end(&self) -> usize {
        self.out.len()
    }

    /// Returns the instruction that makes `value`.
    #[inline]
    pub(super) fn inst(&self, value: Value) -> Inst {
        self.out[value.index()]
    }

    /// Returns the constant that `value` is, if it is one.
    #[inline]
    pub(super) fn constant(&self, value: Value) -> Option<u64> {
        match self.out[value.index()] {
            Inst::Const { bits, .. } => Some(bits),
            _ => None,
        }
    }

    /// Returns the constant that `value`, an `i32`, is.
    #[inline]
    fn word(&self, value: Value) -> Option<u32> {
        self.constant(value)
            .and_then(|bits| u32::try_from(bits).ok())
    }

    /// Returns the bit that `value`, an `i1`, is.
    #[inline]
    fn bit(&self, value: Value) -> Option<bool> {
        self.constant(value).map(|bits| bits != 0)
    }

    /// Makes a constant, or finds the one made before.
    fn make(&mut self, ty: Ty, bits: u64) -> Value {
        // Most constants are small or negated small; flags have high bits only.
        #[allow(clippy::cast_possible_truncation, reason = "any mixture will do")]
        let key = (bits ^ (bits >> 28)) as usize % Self::CONSTANTS;
        if let Some(value) = self.constants[key]
            && let Inst::Const { ty: of, bits: made } = self.out[value.index()]
            && (of, made) == (ty, bits)
        {
            return value;
        }
        let value = self.push(Inst::Const { ty, bits });
        self.constants[key] = Some(value);
        value
    }

    fn make_word(&mut self, value: u32) -> Value {
        self.make(Ty::I32, value.into())
    }

    fn make_bit(&mut self, value: bool) -> Value {
        self.make(Ty::I1, value.into())
    }

    /// Returns the bits of an `i32` that may be set, as far as its instruction
    /// alone tells.
    fn possible_bits(&self, value: Value) -> u32 {
        use dbt_isa::ops::{BinOp, UnOp};
        match self.inst(value) {
            Inst::Const { bits, .. } => u32::try_from(bits).unwrap_or(u32::MAX),
            Inst::Load { access, .. } if !access.signed => match access.size {
                Size::Byte => 0xff,
                Size::Half => 0xffff,
                Size::Word | Size::Dword => u32::MAX,
            },
            Inst::BitToWord { .. } => 1,
            Inst::FlagsToPsr { .. } => 0xf000_0000,
            Inst::Unary { op, .. } => match op {
                UnOp::ZextByte => 0xff,
                UnOp::ZextHalf => 0xffff,
                UnOp::Clz => 0x3f,
                _ => u32::MAX,
            },
            Inst::Binary { op, a, b, .. } => match (op, self.word(b)) {
                (BinOp::And, Some(mask)) => mask,
                (BinOp::Lshr | BinOp::Shl, Some(amount)) => op.eval32(u32::MAX, amount),
                (BinOp::Add, Some(addend)) => {
                    let low = self.possible_bits(a).trailing_zeros();
                    u32::MAX
                        .checked_shl(low.min(addend.trailing_zeros()))
                        .unwrap_or(0)
                }
                _ => u32::MAX,
            },
            _ => u32::MAX,
        }
    }
}

/// Appends what remains of an instruction whose operands are folded, and returns
/// its value.
#[inline]
pub(super) fn fold(f: &mut Folder<'_>, inst: Inst) -> Value {
    match inst {
        Inst::Const { ty, bits } => f.make(ty, bits),
        Inst::Binary { op, width, a, b } => binary::binary(f, op, width, a, b),
        Inst::Unary { op, a } => unary::unary(f, op, a),
        Inst::Compare { op, width, a, b } => compare::compare(f, op, width, a, b),
        Inst::Bits { op, a, b } => bits::bits(f, op, a, b),
        Inst::BitNot { a } => bits::bit_not(f, a),
        Inst::BitToWord { a } => bits::bit_to_word(f, a),
        Inst::Select {
            width,
            condition,
            yes,
            no,
        } => bits::select(f, width, condition, yes, no),
        Inst::Extend { signed, a } => wide::extend(f, signed, a),
        Inst::Low { a } => wide::low(f, a),
        Inst::High { a } => wide::high(f, a),
        Inst::Adc { a, b, carry } => flags::adc(f, a, b, carry),
        Inst::Sbc { a, b, carry } => flags::sbc(f, a, b, carry),
        Inst::AddFlags { a, b } => flags::add_flags(f, a, b),
        Inst::SubFlags { a, b } => flags::sub_flags(f, a, b),
        Inst::AdcFlags { a, b, carry } => flags::adc_flags(f, a, b, carry),
        Inst::SbcFlags { a, b, carry } => flags::sbc_flags(f, a, b, carry),
        Inst::NzFlags { result, rest } => flags::nz_flags(f, result, rest),
        Inst::NzcFlags {
            result,
            carry,
            rest,
        } => flags::nzc_flags(f, result, carry, rest),
        Inst::ToVector { width, a } => vector::to_vector(f, width, a),
        Inst::FromVector { width, a } => vector::from_vector(f, width, a),
        Inst::FloatSign { op, width, a } => vector::float_sign(f, op, width, a),
        Inst::Vector { op, args, .. } => vector::elements(f, op, args, inst),
        Inst::FlagsFromPsr { a } => flags::from_psr(f, a),
        Inst::FlagsToPsr { a } => flags::to_psr(f, a),
        Inst::Condition { flags, condition } => flags::condition(f, flags, condition),
        Inst::Store {
            access,
            width: Width::W32,
            address,
            value,
        } => {
            let value = unary::stored(f, access.size, value);
            f.push(Inst::Store {
                access,
                width: Width::W32,
                address,
                value,
            })
        }
        _ => f.push(inst),
    }
}

/// Returns what remains of a block's end: an indirect branch to a constant is a
/// direct one.
pub(super) fn terminator(f: &Folder<'_>, end: Terminator) -> Terminator {
    let Terminator::Indirect { value, mode, kind } = end else {
        return end;
    };
    let Some(pc_bits) = f.word(value) else {
        return end;
    };
    let target = Target::Exit(Location::new(pc_bits, mode));
    match kind {
        IndirectKind::Jump => Terminator::Jump(target),
        IndirectKind::Call {
            return_location,
            return_to,
        } => Terminator::Call {
            target,
            return_location,
            return_to,
        },
        IndirectKind::Return => end,
    }
}
