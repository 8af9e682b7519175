//! The words of the text form.

use dbt_isa::ops::{Access, BinOp, CmpOp, Condition, Size, UnOp};

use crate::ir::float::{FloatOp, HalfOp, IntRounding, SignOp};
use crate::ir::inst::{BitOp, ChecksumOp};
use crate::ir::terminator::TrapKind;
use crate::ir::ty::{Ty, VectorWidth, Width};

/// Words and what they stand for.
pub(super) type Names<T, const N: usize> = [(&'static str, T); N];

/// Returns the word for something that has one.
pub(super) fn name_of<T: Copy + PartialEq>(names: &[(&'static str, T)], wanted: T) -> &'static str {
    names
        .iter()
        .find(|(_, thing)| *thing == wanted)
        .map_or("?", |(name, _)| name)
}

/// Returns what a word stands for.
pub(super) fn named<T: Copy>(names: &[(&'static str, T)], wanted: &str) -> Option<T> {
    names
        .iter()
        .find(|(name, _)| *name == wanted)
        .map(|(_, thing)| *thing)
}

pub(super) const fn width_name(width: Width) -> &'static str {
    match width {
        Width::W32 => "i32",
        Width::W64 => "i64",
    }
}

pub(super) const WIDTHS: Names<Width, 2> = [("i32", Width::W32), ("i64", Width::W64)];

pub(super) const TYPES: Names<Ty, 7> = [
    ("i1", Ty::I1),
    ("i32", Ty::I32),
    ("i64", Ty::I64),
    ("flags", Ty::Flags),
    ("v32", Ty::V32),
    ("v64", Ty::V64),
    ("v128", Ty::V128),
];

pub(super) const VECTORS: Names<VectorWidth, 3> = [
    ("v32", VectorWidth::V32),
    ("v64", VectorWidth::V64),
    ("v128", VectorWidth::V128),
];

pub(super) const SIGNS: Names<(SignOp, Width), 4> = [
    ("float_neg.f32", (SignOp::Neg, Width::W32)),
    ("float_neg.f64", (SignOp::Neg, Width::W64)),
    ("float_abs.f32", (SignOp::Abs, Width::W32)),
    ("float_abs.f64", (SignOp::Abs, Width::W64)),
];

const fn to_int(from: Width, signed: bool, truncates: bool) -> FloatOp {
    FloatOp::ToInt {
        from,
        signed,
        truncates,
    }
}

const fn from_int(to: Width, signed: bool) -> FloatOp {
    FloatOp::FromInt { to, signed }
}

const fn round(width: Width, to: IntRounding) -> FloatOp {
    FloatOp::Round { width, to }
}

const fn to_int_by(from: Width, signed: bool, to: IntRounding) -> FloatOp {
    FloatOp::ToIntRounded { from, signed, to }
}

const fn half_round(to: IntRounding) -> FloatOp {
    FloatOp::Half(HalfOp::Round(to))
}

const fn half_to_int(signed: bool, to: IntRounding) -> FloatOp {
    FloatOp::Half(HalfOp::ToInt { signed, to })
}

const fn to_fixed(from: Width, signed: bool) -> FloatOp {
    let fraction_bits = 1;
    FloatOp::ToFixed {
        from,
        signed,
        fraction_bits,
    }
}

const fn from_fixed(to: Width, signed: bool) -> FloatOp {
    let fraction_bits = 1;
    FloatOp::FromFixed {
        to,
        signed,
        fraction_bits,
    }
}

/// Conversions to and from fixed point, all with one fraction bit.
pub(super) const FIXED: Names<FloatOp, 8> = [
    ("float_to_fixed_i32.f32", to_fixed(Width::W32, true)),
    ("float_to_fixed_i32.f64", to_fixed(Width::W64, true)),
    ("float_to_fixed_u32.f32", to_fixed(Width::W32, false)),
    ("float_to_fixed_u32.f64", to_fixed(Width::W64, false)),
    ("float_from_fixed_i32.f32", from_fixed(Width::W32, true)),
    ("float_from_fixed_i32.f64", from_fixed(Width::W64, true)),
    ("float_from_fixed_u32.f32", from_fixed(Width::W32, false)),
    ("float_from_fixed_u32.f64", from_fixed(Width::W64, false)),
];

/// The same conversion with so many fraction bits.
pub(super) const fn with_fraction_bits(op: FloatOp, fraction_bits: u8) -> FloatOp {
    match op {
        FloatOp::ToFixed { from, signed, .. } => FloatOp::ToFixed {
            from,
            signed,
            fraction_bits,
        },
        FloatOp::FromFixed { to, signed, .. } => FloatOp::FromFixed {
            to,
            signed,
            fraction_bits,
        },
        other => other,
    }
}

const fn checksum(castagnoli: bool, size: Size) -> ChecksumOp {
    ChecksumOp { castagnoli, size }
}

pub(super) const CHECKSUMS: Names<ChecksumOp, 6> = [
    ("crc32.byte", checksum(false, Size::Byte)),
    ("crc32.half", checksum(false, Size::Half)),
    ("crc32.word", checksum(false, Size::Word)),
    ("crc32c.byte", checksum(true, Size::Byte)),
    ("crc32c.half", checksum(true, Size::Half)),
    ("crc32c.word", checksum(true, Size::Word)),
];

pub(super) const FLOAT: Names<FloatOp, 100> = [
    ("float_add.f32", FloatOp::Add(Width::W32)),
    ("float_add.f64", FloatOp::Add(Width::W64)),
    ("float_sub.f32", FloatOp::Sub(Width::W32)),
    ("float_sub.f64", FloatOp::Sub(Width::W64)),
    ("float_mul.f32", FloatOp::Mul(Width::W32)),
    ("float_mul.f64", FloatOp::Mul(Width::W64)),
    ("float_div.f32", FloatOp::Div(Width::W32)),
    ("float_div.f64", FloatOp::Div(Width::W64)),
    ("float_sqrt.f32", FloatOp::Sqrt(Width::W32)),
    ("float_sqrt.f64", FloatOp::Sqrt(Width::W64)),
    ("float_mul_add.f32", FloatOp::MulAdd(Width::W32)),
    ("float_mul_add.f64", FloatOp::MulAdd(Width::W64)),
    ("float_compare.f32", FloatOp::Compare(Width::W32)),
    ("float_compare.f64", FloatOp::Compare(Width::W64)),
    (
        "float_compare_signalling.f32",
        FloatOp::CompareSignalling(Width::W32),
    ),
    (
        "float_compare_signalling.f64",
        FloatOp::CompareSignalling(Width::W64),
    ),
    ("float_widen", FloatOp::Widen),
    ("float_narrow", FloatOp::Narrow),
    ("float_to_i32.f32", to_int(Width::W32, true, false)),
    ("float_to_i32.f64", to_int(Width::W64, true, false)),
    ("float_to_u32.f32", to_int(Width::W32, false, false)),
    ("float_to_u32.f64", to_int(Width::W64, false, false)),
    ("float_trunc_i32.f32", to_int(Width::W32, true, true)),
    ("float_trunc_i32.f64", to_int(Width::W64, true, true)),
    ("float_trunc_u32.f32", to_int(Width::W32, false, true)),
    ("float_trunc_u32.f64", to_int(Width::W64, false, true)),
    ("float_from_i32.f32", from_int(Width::W32, true)),
    ("float_from_i32.f64", from_int(Width::W64, true)),
    ("float_from_u32.f32", from_int(Width::W32, false)),
    ("float_from_u32.f64", from_int(Width::W64, false)),
    ("float_max_num.f32", FloatOp::MaxNum(Width::W32)),
    ("float_max_num.f64", FloatOp::MaxNum(Width::W64)),
    ("float_min_num.f32", FloatOp::MinNum(Width::W32)),
    ("float_min_num.f64", FloatOp::MinNum(Width::W64)),
    (
        "float_round_ties_even.f32",
        round(Width::W32, IntRounding::TiesEven),
    ),
    (
        "float_round_ties_even.f64",
        round(Width::W64, IntRounding::TiesEven),
    ),
    ("float_round_up.f32", round(Width::W32, IntRounding::Up)),
    ("float_round_up.f64", round(Width::W64, IntRounding::Up)),
    ("float_round_down.f32", round(Width::W32, IntRounding::Down)),
    ("float_round_down.f64", round(Width::W64, IntRounding::Down)),
    ("float_round_zero.f32", round(Width::W32, IntRounding::Zero)),
    ("float_round_zero.f64", round(Width::W64, IntRounding::Zero)),
    (
        "float_round_ties_away.f32",
        round(Width::W32, IntRounding::TiesAway),
    ),
    (
        "float_round_ties_away.f64",
        round(Width::W64, IntRounding::TiesAway),
    ),
    ("float_round_mode.f32", round(Width::W32, IntRounding::Mode)),
    ("float_round_mode.f64", round(Width::W64, IntRounding::Mode)),
    (
        "float_round_mode_exact.f32",
        round(Width::W32, IntRounding::ModeExact),
    ),
    (
        "float_round_mode_exact.f64",
        round(Width::W64, IntRounding::ModeExact),
    ),
    (
        "float_to_i32_ties_even.f32",
        to_int_by(Width::W32, true, IntRounding::TiesEven),
    ),
    (
        "float_to_i32_ties_even.f64",
        to_int_by(Width::W64, true, IntRounding::TiesEven),
    ),
    (
        "float_to_u32_ties_even.f32",
        to_int_by(Width::W32, false, IntRounding::TiesEven),
    ),
    (
        "float_to_u32_ties_even.f64",
        to_int_by(Width::W64, false, IntRounding::TiesEven),
    ),
    (
        "float_to_i32_up.f32",
        to_int_by(Width::W32, true, IntRounding::Up),
    ),
    (
        "float_to_i32_up.f64",
        to_int_by(Width::W64, true, IntRounding::Up),
    ),
    (
        "float_to_u32_up.f32",
        to_int_by(Width::W32, false, IntRounding::Up),
    ),
    (
        "float_to_u32_up.f64",
        to_int_by(Width::W64, false, IntRounding::Up),
    ),
    (
        "float_to_i32_down.f32",
        to_int_by(Width::W32, true, IntRounding::Down),
    ),
    (
        "float_to_i32_down.f64",
        to_int_by(Width::W64, true, IntRounding::Down),
    ),
    (
        "float_to_u32_down.f32",
        to_int_by(Width::W32, false, IntRounding::Down),
    ),
    (
        "float_to_u32_down.f64",
        to_int_by(Width::W64, false, IntRounding::Down),
    ),
    (
        "float_to_i32_ties_away.f32",
        to_int_by(Width::W32, true, IntRounding::TiesAway),
    ),
    (
        "float_to_i32_ties_away.f64",
        to_int_by(Width::W64, true, IntRounding::TiesAway),
    ),
    (
        "float_to_u32_ties_away.f32",
        to_int_by(Width::W32, false, IntRounding::TiesAway),
    ),
    (
        "float_to_u32_ties_away.f64",
        to_int_by(Width::W64, false, IntRounding::TiesAway),
    ),
    ("float_from_half.f32", FloatOp::FromHalf(Width::W32)),
    ("float_from_half.f64", FloatOp::FromHalf(Width::W64)),
    ("float_to_half.f32", FloatOp::ToHalf(Width::W32)),
    ("float_to_half.f64", FloatOp::ToHalf(Width::W64)),
    ("float_to_brain", FloatOp::ToBrain),
    ("float_add.f16", FloatOp::Half(HalfOp::Add)),
    ("float_sub.f16", FloatOp::Half(HalfOp::Sub)),
    ("float_mul.f16", FloatOp::Half(HalfOp::Mul)),
    ("float_div.f16", FloatOp::Half(HalfOp::Div)),
    ("float_sqrt.f16", FloatOp::Half(HalfOp::Sqrt)),
    ("float_mul_add.f16", FloatOp::Half(HalfOp::MulAdd)),
    ("float_compare.f16", FloatOp::Half(HalfOp::Compare)),
    (
        "float_compare_signalling.f16",
        FloatOp::Half(HalfOp::CompareSignalling),
    ),
    ("float_max_num.f16", FloatOp::Half(HalfOp::MaxNum)),
    ("float_min_num.f16", FloatOp::Half(HalfOp::MinNum)),
    (
        "float_round_ties_even.f16",
        half_round(IntRounding::TiesEven),
    ),
    ("float_round_up.f16", half_round(IntRounding::Up)),
    ("float_round_down.f16", half_round(IntRounding::Down)),
    ("float_round_zero.f16", half_round(IntRounding::Zero)),
    (
        "float_round_ties_away.f16",
        half_round(IntRounding::TiesAway),
    ),
    ("float_round_mode.f16", half_round(IntRounding::Mode)),
    (
        "float_round_mode_exact.f16",
        half_round(IntRounding::ModeExact),
    ),
    (
        "float_to_i32_ties_even.f16",
        half_to_int(true, IntRounding::TiesEven),
    ),
    (
        "float_to_u32_ties_even.f16",
        half_to_int(false, IntRounding::TiesEven),
    ),
    ("float_to_i32_up.f16", half_to_int(true, IntRounding::Up)),
    ("float_to_u32_up.f16", half_to_int(false, IntRounding::Up)),
    (
        "float_to_i32_down.f16",
        half_to_int(true, IntRounding::Down),
    ),
    (
        "float_to_u32_down.f16",
        half_to_int(false, IntRounding::Down),
    ),
    (
        "float_to_i32_zero.f16",
        half_to_int(true, IntRounding::Zero),
    ),
    (
        "float_to_u32_zero.f16",
        half_to_int(false, IntRounding::Zero),
    ),
    (
        "float_to_i32_ties_away.f16",
        half_to_int(true, IntRounding::TiesAway),
    ),
    (
        "float_to_u32_ties_away.f16",
        half_to_int(false, IntRounding::TiesAway),
    ),
    (
        "float_to_i32_mode.f16",
        half_to_int(true, IntRounding::Mode),
    ),
    (
        "float_to_u32_mode.f16",
        half_to_int(false, IntRounding::Mode),
    ),
    (
        "float_from_i32.f16",
        FloatOp::Half(HalfOp::FromInt { signed: true }),
    ),
    (
        "float_from_u32.f16",
        FloatOp::Half(HalfOp::FromInt { signed: false }),
    ),
];

pub(super) const BINARY: Names<BinOp, 12> = [
    ("add", BinOp::Add),
    ("sub", BinOp::Sub),
    ("mul", BinOp::Mul),
    ("udiv", BinOp::UDiv),
    ("sdiv", BinOp::SDiv),
    ("and", BinOp::And),
    ("or", BinOp::Or),
    ("xor", BinOp::Xor),
    ("shl", BinOp::Shl),
    ("lshr", BinOp::Lshr),
    ("ashr", BinOp::Ashr),
    ("ror", BinOp::Ror),
];

pub(super) const UNARY: Names<UnOp, 9> = [
    ("not", UnOp::Not),
    ("neg", UnOp::Neg),
    ("clz", UnOp::Clz),
    ("byte_swap", UnOp::ByteSwap),
    ("bit_reverse", UnOp::BitReverse),
    ("sext_byte", UnOp::SextByte),
    ("sext_half", UnOp::SextHalf),
    ("zext_byte", UnOp::ZextByte),
    ("zext_half", UnOp::ZextHalf),
];

pub(super) const COMPARE: Names<CmpOp, 10> = [
    ("eq", CmpOp::Eq),
    ("ne", CmpOp::Ne),
    ("ult", CmpOp::Ult),
    ("ule", CmpOp::Ule),
    ("ugt", CmpOp::Ugt),
    ("uge", CmpOp::Uge),
    ("slt", CmpOp::Slt),
    ("sle", CmpOp::Sle),
    ("sgt", CmpOp::Sgt),
    ("sge", CmpOp::Sge),
];

pub(super) const BIT_OPS: Names<BitOp, 3> = [
    ("and.i1", BitOp::And),
    ("or.i1", BitOp::Or),
    ("xor.i1", BitOp::Xor),
];

pub(super) const CONDITIONS: Names<Condition, 14> = [
    ("eq", Condition::Eq),
    ("ne", Condition::Ne),
    ("cs", Condition::Cs),
    ("cc", Condition::Cc),
    ("mi", Condition::Mi),
    ("pl", Condition::Pl),
    ("vs", Condition::Vs),
    ("vc", Condition::Vc),
    ("hi", Condition::Hi),
    ("ls", Condition::Ls),
    ("ge", Condition::Ge),
    ("lt", Condition::Lt),
    ("gt", Condition::Gt),
    ("le", Condition::Le),
];

pub(super) const SIZES: Names<Size, 4> = [
    ("byte", Size::Byte),
    ("half", Size::Half),
    ("word", Size::Word),
    ("dword", Size::Dword),
];

pub(super) const TRAPS: Names<TrapKind, 13> = [
    ("system_call", TrapKind::SystemCall),
    ("undefined", TrapKind::Undefined),
    ("breakpoint", TrapKind::Breakpoint),
    ("interpret", TrapKind::Interpret),
    ("wait_for_interrupt", TrapKind::WaitForInterrupt),
    ("wait_for_event", TrapKind::WaitForEvent),
    ("send_event", TrapKind::SendEvent),
    ("yield", TrapKind::Yield),
    ("fetch", TrapKind::Fetch),
    ("resynchronise", TrapKind::Resynchronise),
    ("hypervisor_call", TrapKind::HypervisorCall),
    ("firmware_call", TrapKind::FirmwareCall),
    ("system_register", TrapKind::SystemRegister),
];

/// A word that may follow an access's size, what it does to an access, and
/// whether an access is already so.
pub(super) type AccessFlag = (&'static str, fn(Access) -> Access, bool);

/// Returns the words that may follow an access's size.
pub(super) fn access_flags(access: Access) -> [AccessFlag; 5] {
    [
        ("signed", Access::signed, access.signed),
        (
            "aligned",
            Access::aligned,
            access.aligned && !access.by_words,
        ),
        (
            "aligned_by_words",
            Access::aligned_by_words,
            access.aligned && access.by_words,
        ),
        ("unprivileged", Access::unprivileged, access.unprivileged),
        ("ordered", Access::ordered, access.ordered),
    ]
}
