//! Advanced SIMD shifts by constants, constants, and conversions, DDI 0406C.d,
//! sections A7.4.4 and A7.4.6.

use dbt_isa::machine::Execution;

use super::simd::{Vector, one, op, two, wider, write};
use crate::args::{
    ElementKind, SimdConvert, SimdConvertRounded, SimdImm, SimdRound, SimdShift, SimdTy,
};
use crate::simd::SimdKind;
use crate::simd_machine::SimdMachine;

/// The constant of a modified immediate.
fn constant<M: SimdMachine>(m: &mut M, args: &SimdImm) -> Vector<M> {
    m.vector_imm(args.imm.value())
}

/// `VMOV` (immediate; A8.8.339, encoding A1).
pub(crate) fn vmov_simd_imm<M: SimdMachine>(m: &mut M, args: &SimdImm) -> Execution {
    let value = constant(m, args);
    write(m, args.d, value)
}

/// `VMVN` (immediate; A8.8.353).
pub(crate) fn vmvn_imm<M: SimdMachine>(m: &mut M, args: &SimdImm) -> Execution {
    let value = m.vector_imm(!args.imm.value());
    write(m, args.d, value)
}

/// `VORR` (immediate; A8.8.359).
pub(crate) fn vorr_imm<M: SimdMachine>(m: &mut M, args: &SimdImm) -> Execution {
    let (old, value) = (m.vreg(args.d), constant(m, args));
    let result = two(
        m,
        op(SimdKind::Or, SimdTy::NONE, args.d.is_quad()),
        old,
        value,
    );
    write(m, args.d, result)
}

/// `VBIC` (immediate; A8.8.288).
pub(crate) fn vbic_imm<M: SimdMachine>(m: &mut M, args: &SimdImm) -> Execution {
    let (old, value) = (m.vreg(args.d), constant(m, args));
    let result = two(
        m,
        op(SimdKind::AndNot, SimdTy::NONE, args.d.is_quad()),
        old,
        value,
    );
    write(m, args.d, result)
}

/// `d = kind(m)` with a constant amount.
fn shift<M: SimdMachine>(m: &mut M, kind: SimdKind, args: &SimdShift) -> Execution {
    let a = m.vreg(args.m);
    let shift = op(kind, args.ty, args.d.is_quad()).imm(args.amount.get());
    let result = one(m, shift, a);
    write(m, args.d, result)
}

/// `d = d + kind(m)` with a constant amount.
fn shift_add<M: SimdMachine>(m: &mut M, kind: SimdKind, args: &SimdShift) -> Execution {
    let (a, sum) = (m.vreg(args.m), m.vreg(args.d));
    let quad = args.d.is_quad();
    let shifted = one(m, op(kind, args.ty, quad).imm(args.amount.get()), a);
    let result = two(m, op(SimdKind::Add, args.ty, quad), sum, shifted);
    write(m, args.d, result)
}

/// `d = kind(m, d)` with a constant amount.
fn shift_insert<M: SimdMachine>(m: &mut M, kind: SimdKind, args: &SimdShift) -> Execution {
    let (a, old) = (m.vreg(args.m), m.vreg(args.d));
    let insert = op(kind, args.ty, args.d.is_quad()).imm(args.amount.get());
    let result = two(m, insert, a, old);
    write(m, args.d, result)
}

/// `d = narrow(kind(m))` with a constant amount.
fn shift_narrow<M: SimdMachine>(
    m: &mut M,
    kind: SimdKind,
    narrow: SimdKind,
    args: &SimdShift,
) -> Execution {
    let a = m.vreg(args.m);
    let shifted = one(m, op(kind, args.ty, true).imm(args.amount.get()), a);
    let result = one(m, op(narrow, args.ty, false), shifted);
    write(m, args.d, result)
}

/// Functions of a register and an amount.
macro_rules! shifts {
    ($($(#[$doc:meta])* $name:ident = $function:ident($($kind:ident),*);)*) => {
        $($(#[$doc])* pub(crate) fn $name<M: SimdMachine>(m: &mut M, args: &SimdShift) -> Execution {
            $function(m, $(SimdKind::$kind,)* args)
        })*
    };
}

shifts! {
    /// `VSHR` (A8.8.398).
    vshr_imm = shift(ShiftRight);
    /// `VSRA` (A8.8.402).
    vsra = shift_add(ShiftRight);
    /// `VRSHR` (A8.8.389).
    vrshr_imm = shift(RoundingShiftRight);
    /// `VRSRA` (A8.8.393).
    vrsra = shift_add(RoundingShiftRight);
    /// `VSRI` (A8.8.403).
    vsri = shift_insert(InsertRight);
    /// `VSHL` (immediate; A8.8.395).
    vshl_imm = shift(ShiftLeft);
    /// `VSLI` (A8.8.400).
    vsli = shift_insert(InsertLeft);
    /// `VQSHLU` (A8.8.380).
    vqshlu = shift(SatShiftLeftUnsigned);
    /// `VQSHL` (immediate; A8.8.380).
    vqshl_imm = shift(SatShiftLeft);
    /// `VSHRN` (A8.8.399).
    vshrn = shift_narrow(ShiftRight, Narrow);
    /// `VRSHRN` (A8.8.390).
    vrshrn = shift_narrow(RoundingShiftRight, Narrow);
    /// `VQSHRUN` (A8.8.381).
    vqshrun = shift_narrow(ShiftRight, SatNarrowUnsigned);
    /// `VQRSHRUN` (A8.8.378).
    vqrshrun = shift_narrow(RoundingShiftRight, SatNarrowUnsigned);
    /// `VQSHRN` (A8.8.381).
    vqshrn = shift_narrow(ShiftRight, SatNarrow);
    /// `VQRSHRN` (A8.8.378).
    vqrshrn = shift_narrow(RoundingShiftRight, SatNarrow);
}

/// `d = widen(m) << amount`.
fn shift_long<M: SimdMachine>(m: &mut M, args: &SimdShift) -> Execution {
    let a = m.vreg(args.m);
    let wide = one(m, op(SimdKind::Widen, args.ty, true), a);
    let shift = op(SimdKind::ShiftLeft, wider(args.ty), true).imm(args.amount.get());
    let result = one(m, shift, wide);
    write(m, args.d, result)
}

/// `VSHLL` (A8.8.397, encoding A1).
pub(crate) fn vshll_imm<M: SimdMachine>(m: &mut M, args: &SimdShift) -> Execution {
    shift_long(m, args)
}

/// `VSHLL` (A8.8.397, encoding A2).
pub(crate) fn vshll_max<M: SimdMachine>(m: &mut M, args: &SimdShift) -> Execution {
    shift_long(m, args)
}

/// `VMOVL` (A8.8.346).
pub(crate) fn vmovl<M: SimdMachine>(m: &mut M, args: &SimdShift) -> Execution {
    let a = m.vreg(args.m);
    let result = one(m, op(SimdKind::Widen, args.ty, true), a);
    write(m, args.d, result)
}

/// A conversion, of which the integer's type counts.
fn convert<M: SimdMachine>(m: &mut M, kind: SimdKind, args: &SimdConvert) -> Execution {
    let a = m.vreg(args.m);
    let ty = if args.to.kind == ElementKind::Float {
        args.from
    } else {
        args.to
    };
    let op = op(kind, ty, args.d.is_quad()).imm(args.fraction.get());
    let result = one(m, op, a);
    write(m, args.d, result)
}

/// `VCVT` (from fixed-point; A8.8.307).
pub(crate) fn vcvt_fixed_float<M: SimdMachine>(m: &mut M, args: &SimdConvert) -> Execution {
    convert(m, SimdKind::FixedToFloat, args)
}

/// `VCVT` (to fixed-point; A8.8.307).
pub(crate) fn vcvt_float_fixed<M: SimdMachine>(m: &mut M, args: &SimdConvert) -> Execution {
    convert(m, SimdKind::FloatToFixed, args)
}

/// `VCVT` (from integer; A8.8.305).
pub(crate) fn vcvt_int_float<M: SimdMachine>(m: &mut M, args: &SimdConvert) -> Execution {
    convert(m, SimdKind::FixedToFloat, args)
}

/// `VCVT` (to integer; A8.8.305).
pub(crate) fn vcvt_float_int<M: SimdMachine>(m: &mut M, args: &SimdConvert) -> Execution {
    convert(m, SimdKind::FloatToFixed, args)
}

/// `VCVT` (to half-precision; A8.8.310).
pub(crate) fn vcvt_half_from_single<M: SimdMachine>(m: &mut M, args: &SimdConvert) -> Execution {
    convert(m, SimdKind::FloatNarrow, args)
}

/// `VCVT` (from half-precision; A8.8.310).
pub(crate) fn vcvt_single_from_half<M: SimdMachine>(m: &mut M, args: &SimdConvert) -> Execution {
    convert(m, SimdKind::FloatWiden, args)
}

/// `VRINT` (DDI 0487). Advanced SIMD rounds to nearest where FPSCR
/// would decide.
pub(crate) fn vrint_simd<M: SimdMachine>(m: &mut M, args: &SimdRound) -> Execution {
    let a = m.vreg(args.m);
    let quad = args.d.is_quad();
    let round = match args.to.rounding() {
        Some(rounding) => op(SimdKind::FloatRound, args.ty, quad).imm(rounding as u32),
        None => op(SimdKind::FloatRoundExact, args.ty, quad),
    };
    let result = one(m, round, a);
    write(m, args.d, result)
}

/// `VCVTA`, `VCVTN`, `VCVTP`, `VCVTM` (DDI 0487).
pub(crate) fn vcvt_rounded_simd<M: SimdMachine>(m: &mut M, args: &SimdConvertRounded) -> Execution {
    let a = m.vreg(args.m);
    let rounding = args.round.rounding().map_or(0, |rounding| rounding as u32);
    let convert = op(SimdKind::FloatToInt, args.to, args.d.is_quad()).imm(rounding);
    let result = one(m, convert, a);
    write(m, args.d, result)
}
