//! Advanced SIMD data processing, DDI 0406C.d, section A7.4.
//!
//! Most instructions are one operation of the machine; the others are put together
//! of several. An instruction that widens computes on widened elements, one that
//! narrows computes on the wide ones first.

use dbt_isa::machine::{Execution, Flow};
use dbt_isa::ops::Size;

use crate::args::{Simd2, Simd3, SimdTy};
use crate::fp_reg::VReg;
use crate::simd::{SimdKind, SimdOp};
use crate::simd_machine::SimdMachine;

/// A vector of a machine.
pub(super) type Vector<M> = <M as SimdMachine>::Vector;

/// The operation on elements of a type.
pub(super) const fn op(kind: SimdKind, ty: SimdTy, quad: bool) -> SimdOp {
    SimdOp::new(kind, ty.size, quad).signed(ty.is_signed())
}

/// The type of twice the size.
pub(super) const fn wider(ty: SimdTy) -> SimdTy {
    let size = match ty.size {
        Size::Byte => Size::Half,
        Size::Half => Size::Word,
        Size::Word | Size::Dword => Size::Dword,
    };
    SimdTy { size, ..ty }
}

/// An operation of one operand.
pub(super) fn one<M: SimdMachine>(m: &mut M, op: SimdOp, a: Vector<M>) -> Vector<M> {
    m.simd(op, a, a, a)
}

/// An operation of two operands.
pub(super) fn two<M: SimdMachine>(m: &mut M, op: SimdOp, a: Vector<M>, b: Vector<M>) -> Vector<M> {
    m.simd(op, a, b, b)
}

/// Writes the result.
pub(super) fn write<M: SimdMachine>(m: &mut M, d: VReg, value: Vector<M>) -> Execution {
    m.set_vreg(d, value);
    Ok(Flow::Next)
}

/// `d = kind(n, m)`.
fn of_two<M: SimdMachine>(m: &mut M, kind: SimdKind, args: &Simd3) -> Execution {
    let (a, b) = (m.vreg(args.n), m.vreg(args.m));
    let result = two(m, op(kind, args.ty, args.d.is_quad()), a, b);
    write(m, args.d, result)
}

/// `d = second(d, first(n, m))`.
fn accumulate<M: SimdMachine>(
    m: &mut M,
    first: SimdKind,
    second: SimdKind,
    args: &Simd3,
) -> Execution {
    let (a, b, sum) = (m.vreg(args.n), m.vreg(args.m), m.vreg(args.d));
    let quad = args.d.is_quad();
    let value = two(m, op(first, args.ty, quad), a, b);
    let result = two(m, op(second, args.ty, quad), sum, value);
    write(m, args.d, result)
}

/// `d = kind(m)`.
pub(super) fn of_one<M: SimdMachine>(m: &mut M, kind: SimdKind, args: &Simd2) -> Execution {
    let a = m.vreg(args.m);
    let result = one(m, op(kind, args.ty, args.d.is_quad()), a);
    write(m, args.d, result)
}

/// `d = kind(first elements of pairs, second elements of pairs)`.
fn pairwise<M: SimdMachine>(m: &mut M, kind: SimdKind, args: &Simd3) -> Execution {
    let (a, b) = (m.vreg(args.n), m.vreg(args.m));
    let even = two(m, op(SimdKind::Even, args.ty, false), a, b);
    let odd = two(m, op(SimdKind::Odd, args.ty, false), a, b);
    let result = two(m, op(kind, args.ty, false), even, odd);
    write(m, args.d, result)
}

/// Functions that are one operation of two operands.
macro_rules! of_two {
    ($($(#[$doc:meta])* $name:ident = $kind:ident;)*) => {
        $($(#[$doc])* pub(crate) fn $name<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
            of_two(m, SimdKind::$kind, args)
        })*
    };
}

of_two! {
    /// `VHADD` (A8.8.319).
    vhadd = HalvingAdd;
    /// `VQADD` (A8.8.370).
    vqadd = SatAdd;
    /// `VRHADD` (A8.8.387).
    vrhadd = RoundingHalvingAdd;
    /// `VAND` (register; A8.8.287).
    vand_reg = And;
    /// `VBIC` (register; A8.8.289).
    vbic_reg = AndNot;
    /// `VORR` (register; A8.8.360).
    vorr_reg = Or;
    /// `VORN` (register; A8.8.358).
    vorn_reg = OrNot;
    /// `VEOR` (A8.8.315).
    veor = Xor;
    /// `VHSUB` (A8.8.319).
    vhsub = HalvingSub;
    /// `VQSUB` (A8.8.382).
    vqsub = SatSub;
    /// `VCGT` (register; A8.8.295).
    vcgt_reg = Greater;
    /// `VCGE` (register; A8.8.293).
    vcge_reg = GreaterOrEqual;
    /// `VMAX` (integer; A8.8.334).
    vmax_int = Max;
    /// `VMIN` (integer; A8.8.334).
    vmin_int = Min;
    /// `VABD` (integer; A8.8.278).
    vabd_int = AbsDiff;
    /// `VADD` (integer; A8.8.282).
    vadd_int = Add;
    /// `VSUB` (integer; A8.8.414).
    vsub_int = Sub;
    /// `VTST` (A8.8.421).
    vtst = Test;
    /// `VCEQ` (register; A8.8.291).
    vceq_reg = Equal;
    /// `VMUL` (integer; A8.8.350).
    vmul_int = Mul;
    /// `VMUL` (polynomial; A8.8.350).
    vmul_poly = PolyMul;
    /// `VQDMULH` (A8.8.372).
    vqdmulh = SatDoublingMulHigh;
    /// `VQRDMULH` (A8.8.376).
    vqrdmulh = SatRoundingDoublingMulHigh;
    /// `VADD` (floating-point; A8.8.283).
    vadd_float = FloatAdd;
    /// `VSUB` (floating-point; A8.8.415).
    vsub_float = FloatSub;
    /// `VMUL` (floating-point; A8.8.351).
    vmul_float = FloatMul;
    /// `VCEQ` (register, floating-point; A8.8.291).
    vceq_float = FloatEqual;
    /// `VCGE` (register, floating-point; A8.8.293).
    vcge_float = FloatGreaterOrEqual;
    /// `VCGT` (register, floating-point; A8.8.295).
    vcgt_float = FloatGreater;
    /// `VMAX` (floating-point; A8.8.335).
    vmax_float = FloatMax;
    /// `VMIN` (floating-point; A8.8.335).
    vmin_float = FloatMin;
    /// `VRECPS` (A8.8.385).
    vrecps = FloatRecipStep;
    /// `VRSQRTS` (A8.8.392).
    vrsqrts = FloatRsqrtStep;
    /// `VMAXNM` (DDI 0487).
    vmaxnm_simd = FloatMaxNum;
    /// `VMINNM` (DDI 0487).
    vminnm_simd = FloatMinNum;
}

/// Functions that shift `m` by `n`.
macro_rules! shift_by_register {
    ($($(#[$doc:meta])* $name:ident = $kind:ident;)*) => {
        $($(#[$doc])* pub(crate) fn $name<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
            let Simd3 { ty, d, n, m: value } = *args;
            of_two(m, SimdKind::$kind, &Simd3 { ty, d, n: value, m: n })
        })*
    };
}

shift_by_register! {
    /// `VSHL` (register; A8.8.396).
    vshl_reg = Shift;
    /// `VQSHL` (register; A8.8.379).
    vqshl_reg = SatShift;
    /// `VRSHL` (A8.8.388).
    vrshl = RoundingShift;
    /// `VQRSHL` (A8.8.377).
    vqrshl = SatRoundingShift;
}

/// Functions that add to `d` what is made of `n` and `m`.
macro_rules! accumulate {
    ($($(#[$doc:meta])* $name:ident = $first:ident, $second:ident;)*) => {
        $($(#[$doc])* pub(crate) fn $name<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
            accumulate(m, SimdKind::$first, SimdKind::$second, args)
        })*
    };
}

accumulate! {
    /// `VABA` (A8.8.277).
    vaba = AbsDiff, Add;
    /// `VMLA` (integer; A8.8.336).
    vmla_int = Mul, Add;
    /// `VMLS` (integer; A8.8.336).
    vmls_int = Mul, Sub;
    /// `VMLA` (floating-point; A8.8.337).
    vmla_float = FloatMul, FloatAdd;
}

/// `VMLS` (floating-point; A8.8.337). The product is negated, which matters for the
/// sign of a NaN only, and NaNs are the default one.
pub(crate) fn vmls_float<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    accumulate(m, SimdKind::FloatMul, SimdKind::FloatSub, args)
}

/// Functions of pairs.
macro_rules! pairwise {
    ($($(#[$doc:meta])* $name:ident = $kind:ident;)*) => {
        $($(#[$doc])* pub(crate) fn $name<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
            pairwise(m, SimdKind::$kind, args)
        })*
    };
}

pairwise! {
    /// `VPADD` (integer; A8.8.362).
    vpadd_int = Add;
    /// `VPADD` (floating-point; A8.8.363).
    vpadd_float = FloatAdd;
    /// `VPMAX` (integer; A8.8.365).
    vpmax_int = Max;
    /// `VPMIN` (integer; A8.8.365).
    vpmin_int = Min;
    /// `VPMAX` (floating-point; A8.8.366).
    vpmax_float = FloatMax;
    /// `VPMIN` (floating-point; A8.8.366).
    vpmin_float = FloatMin;
}

/// `mask ? yes : no`, bit by bit.
fn select<M: SimdMachine>(m: &mut M, args: &Simd3, [mask, yes, no]: [VReg; 3]) -> Execution {
    let (mask, yes, no) = (m.vreg(mask), m.vreg(yes), m.vreg(no));
    let select = op(SimdKind::Select, args.ty, args.d.is_quad());
    let result = m.simd(select, mask, yes, no);
    write(m, args.d, result)
}

/// `VBSL` (A8.8.290).
pub(crate) fn vbsl<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    select(m, args, [args.d, args.n, args.m])
}

/// `VBIT` (A8.8.290).
pub(crate) fn vbit<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    select(m, args, [args.m, args.n, args.d])
}

/// `VBIF` (A8.8.290).
pub(crate) fn vbif<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    select(m, args, [args.m, args.d, args.n])
}

/// The sign of every number.
pub(super) const fn signs(ty: SimdTy) -> u64 {
    match ty.size {
        Size::Half => 0x8000_8000_8000_8000,
        _ => 0x8000_0000_8000_0000,
    }
}

/// Inverts the signs of numbers.
pub(super) fn float_neg<M: SimdMachine>(
    m: &mut M,
    ty: SimdTy,
    a: Vector<M>,
    quad: bool,
) -> Vector<M> {
    let signs = m.vector_imm(signs(ty));
    two(m, op(SimdKind::Xor, ty, quad), a, signs)
}

/// Clears the signs of numbers.
pub(super) fn float_abs<M: SimdMachine>(
    m: &mut M,
    ty: SimdTy,
    a: Vector<M>,
    quad: bool,
) -> Vector<M> {
    let signs = m.vector_imm(signs(ty));
    two(m, op(SimdKind::AndNot, ty, quad), a, signs)
}

/// `VABD` (floating-point; A8.8.279).
pub(crate) fn vabd_float<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    let (a, b) = (m.vreg(args.n), m.vreg(args.m));
    let quad = args.d.is_quad();
    let difference = two(m, op(SimdKind::FloatSub, args.ty, quad), a, b);
    let result = float_abs(m, args.ty, difference, quad);
    write(m, args.d, result)
}

/// Compares magnitudes.
fn compare_abs<M: SimdMachine>(m: &mut M, kind: SimdKind, args: &Simd3) -> Execution {
    let (a, b) = (m.vreg(args.n), m.vreg(args.m));
    let quad = args.d.is_quad();
    let a = float_abs(m, args.ty, a, quad);
    let b = float_abs(m, args.ty, b, quad);
    let result = two(m, op(kind, args.ty, quad), a, b);
    write(m, args.d, result)
}

/// `VACGE` (A8.8.281).
pub(crate) fn vacge<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    compare_abs(m, SimdKind::FloatGreaterOrEqual, args)
}

/// `VACGT` (A8.8.281).
pub(crate) fn vacgt<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    compare_abs(m, SimdKind::FloatGreater, args)
}

/// `VFMA` (A8.8.317, encoding A1).
pub(crate) fn vfma_simd<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    of_three(m, SimdKind::FloatMulAdd, args)
}

/// `VFMS` (A8.8.317, encoding A1).
pub(crate) fn vfms_simd<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    let (sum, a, b) = (m.vreg(args.d), m.vreg(args.n), m.vreg(args.m));
    let quad = args.d.is_quad();
    let a = float_neg(m, args.ty, a, quad);
    let result = m.simd(op(SimdKind::FloatMulAdd, args.ty, quad), sum, a, b);
    write(m, args.d, result)
}

/// `d = kind(d, n, m)`.
pub(super) fn of_three<M: SimdMachine>(m: &mut M, kind: SimdKind, args: &Simd3) -> Execution {
    let (sum, a, b) = (m.vreg(args.d), m.vreg(args.n), m.vreg(args.m));
    let result = m.simd(op(kind, args.ty, args.d.is_quad()), sum, a, b);
    write(m, args.d, result)
}

/// `VQRDMLAH` (DDI 0487).
pub(crate) fn vqrdmlah<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    of_three(m, SimdKind::SatRoundingDoublingMulAdd, args)
}

/// `VQRDMLSH` (DDI 0487).
pub(crate) fn vqrdmlsh<M: SimdMachine>(m: &mut M, args: &Simd3) -> Execution {
    of_three(m, SimdKind::SatRoundingDoublingMulSub, args)
}
