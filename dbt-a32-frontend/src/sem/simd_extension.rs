//! The three-register extensions of Advanced SIMD, DDI 0487, section F6.1.

use dbt_isa::machine::Execution;
use dbt_isa::ops::Size;

use super::simd::{Vector, of_three, one, op, signs, two, write};
use super::simd_long::scalar;
use crate::args::{
    QuarterTurns, Simd3, SimdBrain, SimdBrainScalar, SimdComplex, SimdComplexScalar,
    SimdHalfScalar, SimdHalves, SimdScalar3, SimdTy, size_of_log2,
};
use crate::fp_reg::{FpReg, VReg};
use crate::simd::{SimdKind, SimdOp};
use crate::simd_machine::SimdMachine;

/// The signs of elements with even or with odd numbers.
const fn signs_of(ty: SimdTy, odd: bool) -> u64 {
    let (even_half, even_single) = (0x0000_8000_0000_8000, 0x0000_0000_8000_0000);
    let even = match ty.size {
        Size::Half => even_half,
        _ => even_single,
    };
    if odd { signs(ty) ^ even } else { even }
}

/// Exchanges real and imaginary parts.
fn exchanged<M: SimdMachine>(m: &mut M, ty: SimdTy, a: Vector<M>, quad: bool) -> Vector<M> {
    let log2 = if matches!(ty.size, Size::Half) { 2 } else { 3 };
    one(m, op(SimdKind::Reverse, ty, quad).imm(log2), a)
}

/// Inverts signs.
fn invert<M: SimdMachine>(m: &mut M, ty: SimdTy, a: Vector<M>, of: u64, quad: bool) -> Vector<M> {
    let signs = m.vector_imm(of);
    two(m, op(SimdKind::Xor, ty, quad), a, signs)
}

/// `VCADD`: adds a number that is rotated by 90 or 270 degrees.
pub(crate) fn vcadd<M: SimdMachine>(m: &mut M, args: &SimdComplex) -> Execution {
    let Simd3 {
        ty,
        d,
        n,
        m: second,
    } = args.args;
    let quad = d.is_quad();
    let (a, b) = (m.vreg(n), m.vreg(second));
    let b = exchanged(m, ty, b, quad);
    let b = invert(m, ty, b, signs_of(ty, args.rotation.count() == 3), quad);
    let result = two(m, op(SimdKind::FloatAdd, ty, quad), a, b);
    write(m, d, result)
}

/// Adds the real or the imaginary part of `n` times `b`, rotated, to `d`.
fn complex_mul_add<M: SimdMachine>(
    m: &mut M,
    (ty, d, n): (SimdTy, VReg, VReg),
    b: Vector<M>,
    rotation: QuarterTurns,
) -> Execution {
    let quad = d.is_quad();
    let (sum, a) = (m.vreg(d), m.vreg(n));
    // The real part is multiplied with both of `b` as they are, the imaginary part
    // crosswise.
    let (part, b) = if rotation.count().is_multiple_of(2) {
        (SimdKind::TransposeEven, b)
    } else {
        (SimdKind::TransposeOdd, exchanged(m, ty, b, quad))
    };
    let part = two(m, op(part, ty, quad), a, a);
    let b = match rotation.count() {
        0 => b,
        1 => invert(m, ty, b, signs_of(ty, false), quad),
        2 => invert(m, ty, b, signs(ty), quad),
        _ => invert(m, ty, b, signs_of(ty, true), quad),
    };
    let result = m.simd(op(SimdKind::FloatMulAdd, ty, quad), sum, part, b);
    write(m, d, result)
}

/// `VCMLA`.
pub(crate) fn vcmla<M: SimdMachine>(m: &mut M, args: &SimdComplex) -> Execution {
    let Simd3 {
        ty,
        d,
        n,
        m: second,
    } = args.args;
    let b = m.vreg(second);
    complex_mul_add(m, (ty, d, n), b, args.rotation)
}

/// `VCMLA` (by element).
pub(crate) fn vcmla_scalar<M: SimdMachine>(m: &mut M, args: &SimdComplexScalar) -> Execution {
    let SimdScalar3 {
        ty,
        d,
        n,
        m: second,
        x,
    } = args.args;
    // A complex number is two elements.
    let both = size_of_log2(if matches!(ty.size, Size::Half) { 2 } else { 3 });
    let value = m.vreg(VReg::doubleword(second));
    let splat = SimdOp::new(SimdKind::Splat, both, d.is_quad()).imm(x.into());
    let b = one(m, splat, value);
    complex_mul_add(m, (ty, d, n), b, args.rotation)
}

/// The halves in a register.
fn halves_of<M: SimdMachine>(m: &mut M, reg: FpReg) -> Vector<M> {
    let low = match reg {
        FpReg::Double(reg) => m.dreg(reg),
        FpReg::Half(reg) | FpReg::Single(reg) => {
            let word = m.sreg(reg);
            m.zext64(word)
        }
    };
    let zero = m.imm64(0);
    m.vector(low, zero)
}

/// `d = d + a * b`.
fn mul_add_singles<M: SimdMachine>(m: &mut M, d: VReg, [a, b]: [Vector<M>; 2]) -> Execution {
    let sum = m.vreg(d);
    let result = m.simd(
        op(SimdKind::FloatMulAdd, SimdTy::F32, d.is_quad()),
        sum,
        a,
        b,
    );
    write(m, d, result)
}

/// `d = kind(d, a, b)` of halves.
fn mul_add_halves<M: SimdMachine>(
    m: &mut M,
    kind: SimdKind,
    d: VReg,
    [a, b]: [Vector<M>; 2],
) -> Execution {
    let sum = m.vreg(d);
    let result = m.simd(op(kind, SimdTy::F16, d.is_quad()), sum, a, b);
    write(m, d, result)
}

fn halves<M: SimdMachine>(m: &mut M, kind: SimdKind, args: &SimdHalves) -> Execution {
    let operands = [args.n, args.m].map(|reg| halves_of(m, reg));
    mul_add_halves(m, kind, args.d, operands)
}

fn halves_by_scalar<M: SimdMachine>(m: &mut M, kind: SimdKind, args: &SimdHalfScalar) -> Execution {
    let (a, b) = (halves_of(m, args.n), halves_of(m, args.m));
    let splat = op(SimdKind::Splat, SimdTy::F16, false).imm(args.x.into());
    let b = one(m, splat, b);
    mul_add_halves(m, kind, args.d, [a, b])
}

/// `VFMAL` (vector).
pub(crate) fn vfmal<M: SimdMachine>(m: &mut M, args: &SimdHalves) -> Execution {
    halves(m, SimdKind::FloatMulAddLong, args)
}

/// `VFMSL` (vector).
pub(crate) fn vfmsl<M: SimdMachine>(m: &mut M, args: &SimdHalves) -> Execution {
    halves(m, SimdKind::FloatMulSubLong, args)
}

/// `VFMAL` (by scalar).
pub(crate) fn vfmal_scalar<M: SimdMachine>(m: &mut M, args: &SimdHalfScalar) -> Execution {
    halves_by_scalar(m, SimdKind::FloatMulAddLong, args)
}

/// `VFMSL` (by scalar).
pub(crate) fn vfmsl_scalar<M: SimdMachine>(m: &mut M, args: &SimdHalfScalar) -> Execution {
    halves_by_scalar(m, SimdKind::FloatMulSubLong, args)
}

/// The element of 32 bits, a group of narrow ones, in every place.
fn group<M: SimdMachine>(m: &mut M, args: &SimdScalar3) -> Vector<M> {
    let value = m.vreg(VReg::doubleword(args.m));
    let splat = SimdOp::new(SimdKind::Splat, Size::Word, args.d.is_quad());
    one(m, splat.imm(args.x.into()), value)
}

/// `d = kind(d, n, group)`, or with the operands exchanged.
fn by_group<M: SimdMachine>(
    m: &mut M,
    kind: SimdKind,
    args: &SimdScalar3,
    exchange: bool,
) -> Execution {
    let (sum, a, b) = (m.vreg(args.d), m.vreg(args.n), group(m, args));
    let (a, b) = if exchange { (b, a) } else { (a, b) };
    let result = m.simd(op(kind, args.ty, args.d.is_quad()), sum, a, b);
    write(m, args.d, result)
}

/// `VSDOT`, `VUDOT` (vector).
pub(crate) fn vdot<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    of_three(m, SimdKind::Dot, args)
}

/// `VSDOT`, `VUDOT` (by element).
pub(crate) fn vdot_scalar<M: SimdMachine>(m: &mut M, args: &SimdScalar3) -> Execution {
    by_group(m, SimdKind::Dot, args, false)
}

/// `VUSDOT` (vector).
pub(crate) fn vusdot<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    of_three(m, SimdKind::DotMixed, args)
}

/// `VUSDOT` (by element).
pub(crate) fn vusdot_scalar<M: SimdMachine>(m: &mut M, args: &SimdScalar3) -> Execution {
    by_group(m, SimdKind::DotMixed, args, false)
}

/// `VSUDOT` (by element).
pub(crate) fn vsudot_scalar<M: SimdMachine>(m: &mut M, args: &SimdScalar3) -> Execution {
    by_group(m, SimdKind::DotMixed, args, true)
}

/// `VSMMLA`, `VUMMLA`.
pub(crate) fn vmmla<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    of_three(m, SimdKind::MatrixMulAdd, args)
}

/// `VUSMMLA`.
pub(crate) fn vusmmla<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    of_three(m, SimdKind::MatrixMulAddMixed, args)
}

/// `VDOT` (vector).
pub(crate) fn vdot_brain<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    of_three(m, SimdKind::BrainDot, args)
}

/// `VDOT` (by element).
pub(crate) fn vdot_brain_scalar<M: SimdMachine>(m: &mut M, args: &SimdScalar3) -> Execution {
    by_group(m, SimdKind::BrainDot, args, false)
}

/// `VMMLA`.
pub(crate) fn vmmla_brain<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    of_three(m, SimdKind::BrainMatrixMulAdd, args)
}

/// The singles of the same values as the BFloat16 with even or odd numbers.
fn brain_as_singles<M: SimdMachine>(m: &mut M, a: Vector<M>, top: bool) -> Vector<M> {
    if top {
        let upper = m.vector_imm(0xffff_0000_ffff_0000);
        return two(m, op(SimdKind::And, SimdTy::F32, true), a, upper);
    }
    one(m, op(SimdKind::ShiftLeft, SimdTy::F32, true).imm(16), a)
}

/// `VFMAB`, `VFMAT` (BFloat16, vector).
pub(crate) fn vfma_brain<M: SimdMachine>(m: &mut M, args: &SimdBrain) -> Execution {
    let (a, b) = (m.vreg(args.args.n), m.vreg(args.args.m));
    let operands = [a, b].map(|operand| brain_as_singles(m, operand, args.top));
    mul_add_singles(m, args.args.d, operands)
}

/// `VFMAB`, `VFMAT` (BFloat16, by scalar).
pub(crate) fn vfma_brain_scalar<M: SimdMachine>(m: &mut M, args: &SimdBrainScalar) -> Execution {
    let (a, b) = (m.vreg(args.args.n), scalar(m, &args.args));
    let operands = [a, b].map(|operand| brain_as_singles(m, operand, args.top));
    mul_add_singles(m, args.args.d, operands)
}
