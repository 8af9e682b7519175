//! Advanced SIMD on registers of different lengths and on scalars, DDI 0406C.d,
//! sections A7.4.2 and A7.4.3.

use dbt_isa::machine::{Execution, Flow};
use dbt_isa::ops::{Size, UnOp};

use super::simd::{Vector, one, op, two, wider};
use crate::args::{ElementKind, Simd3, SimdDup, SimdDupCore, SimdLane, SimdScalar3, SimdTy};
use crate::fp_reg::VReg;
use crate::simd::{SimdKind, SimdOp};
use crate::simd_machine::SimdMachine;

/// Reads an operand of a long operation: widened, if it is a doubleword.
fn wide<M: SimdMachine>(m: &mut M, reg: VReg, ty: SimdTy) -> Vector<M> {
    let value = m.vreg(reg);
    if reg.is_quad() {
        value
    } else {
        one(m, op(SimdKind::Widen, ty, true), value)
    }
}

/// `d = kind(widen(n), widen(m))`; an operand that is a quadword is wide already.
fn long<M: SimdMachine>(m: &mut M, kind: SimdKind, args: &Simd3) -> Execution {
    let (a, b) = (wide(m, args.n, args.ty), wide(m, args.m, args.ty));
    let result = two(m, op(kind, wider(args.ty), true), a, b);
    m.set_vreg(args.d, result);
    Ok(Flow::Next)
}

/// `d = second(d, first(widen(n), widen(m)))`.
fn accumulate<M: SimdMachine>(
    m: &mut M,
    first: SimdKind,
    second: SimdKind,
    args: &Simd3,
) -> Execution {
    let (a, b) = (wide(m, args.n, args.ty), wide(m, args.m, args.ty));
    let value = two(m, op(first, wider(args.ty), true), a, b);
    let sum = m.vreg(args.d);
    let result = two(m, op(second, wider(args.ty), true), sum, value);
    m.set_vreg(args.d, result);
    Ok(Flow::Next)
}

/// `d = narrow((first(n, m)) >> half)`.
fn high_half<M: SimdMachine>(
    m: &mut M,
    first: SimdKind,
    shift: SimdKind,
    args: &Simd3,
) -> Execution {
    let (a, b) = (m.vreg(args.n), m.vreg(args.m));
    let value = two(m, op(first, args.ty, true), a, b);
    let half = 4 * args.ty.size.bytes();
    let value = one(m, op(shift, args.ty, true).imm(half), value);
    let result = one(m, op(SimdKind::Narrow, args.ty, false), value);
    m.set_vreg(args.d, result);
    Ok(Flow::Next)
}

/// The saturated double of a product of widened numbers. The product of two numbers
/// fits, so that adding it to itself is what saturates.
fn doubling_product<M: SimdMachine>(
    m: &mut M,
    ty: SimdTy,
    a: Vector<M>,
    b: Vector<M>,
) -> Vector<M> {
    let product = two(m, op(SimdKind::Mul, wider(ty), true), a, b);
    two(m, op(SimdKind::SatAdd, wider(ty), true), product, product)
}

/// Functions of widened operands.
macro_rules! long {
    ($($(#[$doc:meta])* $name:ident = $function:ident($($kind:ident),*);)*) => {
        $($(#[$doc])* pub(crate) fn $name<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
            $function(m, $(SimdKind::$kind,)* args)
        })*
    };
}

long! {
    /// `VADDL` (A8.8.285).
    vaddl = long(Add);
    /// `VADDW` (A8.8.285).
    vaddw = long(Add);
    /// `VSUBL` (A8.8.417).
    vsubl = long(Sub);
    /// `VSUBW` (A8.8.417).
    vsubw = long(Sub);
    /// `VADDHN` (A8.8.284).
    vaddhn = high_half(Add, ShiftRight);
    /// `VRADDHN` (A8.8.383).
    vraddhn = high_half(Add, RoundingShiftRight);
    /// `VSUBHN` (A8.8.416).
    vsubhn = high_half(Sub, ShiftRight);
    /// `VRSUBHN` (A8.8.394).
    vrsubhn = high_half(Sub, RoundingShiftRight);
    /// `VABAL` (A8.8.277).
    vabal = accumulate(AbsDiff, Add);
    /// `VABDL` (A8.8.278).
    vabdl = long(AbsDiff);
    /// `VMLAL` (A8.8.336).
    vmlal = accumulate(Mul, Add);
    /// `VMLSL` (A8.8.336).
    vmlsl = accumulate(Mul, Sub);
    /// `VMULL` (integer; A8.8.350).
    vmull_int = long(Mul);
}

/// `VMULL` (polynomial; A8.8.350).
pub(crate) fn vmull_poly<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    let (a, b) = (m.vreg(args.n), m.vreg(args.m));
    let result = two(m, op(SimdKind::PolyMulLong, args.ty, true), a, b);
    m.set_vreg(args.d, result);
    Ok(Flow::Next)
}

/// `VQDMULL` (A8.8.373).
pub(crate) fn vqdmull<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    let (a, b) = (wide(m, args.n, args.ty), wide(m, args.m, args.ty));
    let result = doubling_product(m, args.ty, a, b);
    m.set_vreg(args.d, result);
    Ok(Flow::Next)
}

/// `d = kind(d, 2 * widen(n) * widen(m))`, both steps saturating.
fn doubling_accumulate<M: SimdMachine>(
    m: &mut M,
    kind: SimdKind,
    (ty, d): (SimdTy, VReg),
    [a, b]: [Vector<M>; 2],
) -> Execution {
    let product = doubling_product(m, ty, a, b);
    let sum = m.vreg(d);
    let result = two(m, op(kind, wider(ty), true), sum, product);
    m.set_vreg(d, result);
    Ok(Flow::Next)
}

/// `VQDMLAL` (A8.8.371).
pub(crate) fn vqdmlal<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    let operands = [wide(m, args.n, args.ty), wide(m, args.m, args.ty)];
    doubling_accumulate(m, SimdKind::SatAdd, (args.ty, args.d), operands)
}

/// `VQDMLSL` (A8.8.371).
pub(crate) fn vqdmlsl<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    let operands = [wide(m, args.n, args.ty), wide(m, args.m, args.ty)];
    doubling_accumulate(m, SimdKind::SatSub, (args.ty, args.d), operands)
}

/// The scalar in every element.
fn scalar<M: SimdMachine>(m: &mut M, args: &SimdScalar3) -> Vector<M> {
    let value = m.vreg(VReg::doubleword(args.m));
    let splat = SimdOp::new(SimdKind::Splat, args.ty.size, args.n.is_quad());
    one(m, splat.imm(args.x.into()), value)
}

/// `d = kind(n, scalar)`.
fn by_scalar<M: SimdMachine>(m: &mut M, kind: SimdKind, args: &SimdScalar3) -> Execution {
    let (a, b) = (m.vreg(args.n), scalar(m, args));
    let result = two(m, op(kind, args.ty, args.d.is_quad()), a, b);
    m.set_vreg(args.d, result);
    Ok(Flow::Next)
}

/// `d = second(d, first(n, scalar))`.
fn accumulate_by_scalar<M: SimdMachine>(
    m: &mut M,
    first: SimdKind,
    second: SimdKind,
    args: &SimdScalar3,
) -> Execution {
    let (a, b) = (m.vreg(args.n), scalar(m, args));
    let quad = args.d.is_quad();
    let value = two(m, op(first, args.ty, quad), a, b);
    let sum = m.vreg(args.d);
    let result = two(m, op(second, args.ty, quad), sum, value);
    m.set_vreg(args.d, result);
    Ok(Flow::Next)
}

/// The widened first operand, and the widened scalar.
fn wide_scalar<M: SimdMachine>(m: &mut M, args: &SimdScalar3) -> [Vector<M>; 2] {
    let a = wide(m, args.n, args.ty);
    let b = scalar(m, args);
    [a, one(m, op(SimdKind::Widen, args.ty, true), b)]
}

/// `d = second(d, widen(n) * widen(scalar))`.
fn accumulate_long_by_scalar<M: SimdMachine>(
    m: &mut M,
    second: SimdKind,
    args: &SimdScalar3,
) -> Execution {
    let [a, b] = wide_scalar(m, args);
    let value = two(m, op(SimdKind::Mul, wider(args.ty), true), a, b);
    let sum = m.vreg(args.d);
    let result = two(m, op(second, wider(args.ty), true), sum, value);
    m.set_vreg(args.d, result);
    Ok(Flow::Next)
}

/// Functions of a vector and a scalar.
macro_rules! by_scalar {
    ($($(#[$doc:meta])* $name:ident = $function:ident($($kind:ident),*);)*) => {
        $($(#[$doc])* pub(crate) fn $name<M: SimdMachine>(
            m: &mut M,
            args: &SimdScalar3,
        ) -> Execution {
            $function(m, $(SimdKind::$kind,)* args)
        })*
    };
}

by_scalar! {
    /// `VMLA` (by scalar, integer; A8.8.338).
    vmla_scalar = accumulate_by_scalar(Mul, Add);
    /// `VMLA` (by scalar, floating-point; A8.8.338).
    vmla_scalar_float = accumulate_by_scalar(FloatMul, FloatAdd);
    /// `VMLS` (by scalar, integer; A8.8.338).
    vmls_scalar = accumulate_by_scalar(Mul, Sub);
    /// `VMLS` (by scalar, floating-point; A8.8.338).
    vmls_scalar_float = accumulate_by_scalar(FloatMul, FloatSub);
    /// `VMUL` (by scalar, integer; A8.8.352).
    vmul_scalar = by_scalar(Mul);
    /// `VMUL` (by scalar, floating-point; A8.8.352).
    vmul_scalar_float = by_scalar(FloatMul);
    /// `VQDMULH` (by scalar; A8.8.372).
    vqdmulh_scalar = by_scalar(SatDoublingMulHigh);
    /// `VQRDMULH` (by scalar; A8.8.376).
    vqrdmulh_scalar = by_scalar(SatRoundingDoublingMulHigh);
    /// `VMLAL` (by scalar; A8.8.338).
    vmlal_scalar = accumulate_long_by_scalar(Add);
    /// `VMLSL` (by scalar; A8.8.338).
    vmlsl_scalar = accumulate_long_by_scalar(Sub);
}

/// `VMULL` (by scalar; A8.8.352).
pub(crate) fn vmull_scalar<M: SimdMachine>(m: &mut M, args: &SimdScalar3) -> Execution {
    let [a, b] = wide_scalar(m, args);
    let result = two(m, op(SimdKind::Mul, wider(args.ty), true), a, b);
    m.set_vreg(args.d, result);
    Ok(Flow::Next)
}

/// `VQDMULL` (by scalar; A8.8.373).
pub(crate) fn vqdmull_scalar<M: SimdMachine>(m: &mut M, args: &SimdScalar3) -> Execution {
    let [a, b] = wide_scalar(m, args);
    let result = doubling_product(m, args.ty, a, b);
    m.set_vreg(args.d, result);
    Ok(Flow::Next)
}

/// `VQDMLAL` (by scalar; A8.8.371).
pub(crate) fn vqdmlal_scalar<M: SimdMachine>(m: &mut M, args: &SimdScalar3) -> Execution {
    let operands = wide_scalar(m, args);
    doubling_accumulate(m, SimdKind::SatAdd, (args.ty, args.d), operands)
}

/// `VQDMLSL` (by scalar; A8.8.371).
pub(crate) fn vqdmlsl_scalar<M: SimdMachine>(m: &mut M, args: &SimdScalar3) -> Execution {
    let operands = wide_scalar(m, args);
    doubling_accumulate(m, SimdKind::SatSub, (args.ty, args.d), operands)
}

/// `VDUP` (scalar; A8.8.313).
pub(crate) fn vdup_scalar<M: SimdMachine>(m: &mut M, args: &SimdDup) -> Execution {
    let value = m.vreg(VReg::doubleword(args.m));
    let splat = SimdOp::new(SimdKind::Splat, args.size.size, args.d.is_quad());
    let result = one(m, splat.imm(args.x.into()), value);
    m.set_vreg(args.d, result);
    Ok(Flow::Next)
}

/// `VDUP` (Arm core register; A8.8.314).
pub(crate) fn vdup_core<M: SimdMachine>(m: &mut M, args: &SimdDupCore) -> Execution {
    let value = m.reg(args.t);
    let result = m.splat(args.size.size, value);
    m.set_vreg(args.d, result);
    Ok(Flow::Next)
}

/// `VMOV` (Arm core register to a byte or halfword; A8.8.341).
pub(crate) fn vmov_to_lane<M: SimdMachine>(m: &mut M, args: &SimdLane) -> Execution {
    let value = m.reg(args.t);
    m.set_element(args.ty.size, args.d, args.x.into(), value);
    Ok(Flow::Next)
}

/// `VMOV` (byte or halfword to Arm core register; A8.8.342).
pub(crate) fn vmov_from_lane<M: SimdMachine>(m: &mut M, args: &SimdLane) -> Execution {
    let value = super::simd_mem::lane(m, args.ty.size, args.d, args.x.into());
    let result = match (args.ty.size, args.ty.kind) {
        (Size::Byte, ElementKind::Signed) => m.unary(UnOp::SextByte, value),
        (Size::Byte, _) => m.and_imm(value, 0xff),
        (_, ElementKind::Signed) => m.unary(UnOp::SextHalf, value),
        _ => m.and_imm(value, 0xffff),
    };
    m.set_reg(args.t, result);
    Ok(Flow::Next)
}
