//! The words of the text form.

use dbt_isa::ops::{Access, BinOp, CmpOp, Condition, Size, UnOp};

use crate::ir::inst::{BitOp, TrapKind, Ty, Width};

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

pub(super) const TYPES: Names<Ty, 4> = [
    ("i1", Ty::I1),
    ("i32", Ty::I32),
    ("i64", Ty::I64),
    ("flags", Ty::Flags),
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
pub(super) fn access_flags(access: Access) -> [AccessFlag; 4] {
    [
        ("signed", Access::signed, access.signed),
        ("aligned", Access::aligned, access.aligned),
        ("unprivileged", Access::unprivileged, access.unprivileged),
        ("ordered", Access::ordered, access.ordered),
    ]
}
