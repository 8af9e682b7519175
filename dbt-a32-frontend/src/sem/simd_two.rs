//! Advanced SIMD on two registers, and what moves elements, DDI 0406C.d, section
//! A7.4.5.

use dbt_isa::machine::Execution;
use dbt_isa::ops::Size;

use super::simd::{Vector, float_abs, float_neg, of_one, one, op, two, wider, write};
use crate::args::{Simd2, SimdExt, SimdTable};
use crate::fp_reg::{FpReg, VReg};
use crate::simd::{SimdKind, SimdOp};
use crate::simd_machine::SimdMachine;

/// Functions that are one operation of one operand.
macro_rules! of_one {
    ($($(#[$doc:meta])* $name:ident = $kind:ident;)*) => {
        $($(#[$doc])* pub(crate) fn $name<M: SimdMachine>(m: &mut M, args: &Simd2) -> Execution {
            of_one(m, SimdKind::$kind, args)
        })*
    };
}

of_one! {
    /// `VPADDL` (A8.8.364).
    vpaddl = PairAddLong;
    /// `VCLS` (A8.8.299).
    vcls = CountSign;
    /// `VCLZ` (A8.8.302).
    vclz = CountZeroes;
    /// `VCNT` (A8.8.304).
    vcnt = CountOnes;
    /// `VQABS` (A8.8.369).
    vqabs = SatAbs;
    /// `VQNEG` (A8.8.375).
    vqneg = SatNeg;
    /// `VABS` (integer; A8.8.280).
    vabs_int = Abs;
    /// `VNEG` (integer; A8.8.355).
    vneg_int = Neg;
    /// `VRECPE` (integer; A8.8.384).
    vrecpe_int = RecipEstimate;
    /// `VRECPE` (floating-point; A8.8.384).
    vrecpe_float = FloatRecipEstimate;
    /// `VRSQRTE` (integer; A8.8.391).
    vrsqrte_int = RsqrtEstimate;
    /// `VRSQRTE` (floating-point; A8.8.391).
    vrsqrte_float = FloatRsqrtEstimate;
    /// `VMOVN` (A8.8.347).
    vmovn = Narrow;
    /// `VQMOVN` (A8.8.374).
    vqmovn = SatNarrow;
    /// `VQMOVUN` (A8.8.374).
    vqmovun = SatNarrowUnsigned;
    /// `VCVT` (from single-precision to BFloat16; DDI 0487).
    vcvt_brain_from_single = FloatNarrowBrain;
    /// `AESMC` (DDI 0487).
    aesmc = AesMix;
    /// `AESIMC` (DDI 0487).
    aesimc = AesUnmix;
    /// `SHA1H` (DDI 0487).
    sha1h = Sha1Rotate;
}

/// `VABS` (floating-point; A8.8.280).
pub(crate) fn vabs_float<M: SimdMachine>(m: &mut M, args: &Simd2) -> Execution {
    let a = m.vreg(args.m);
    let result = float_abs(m, args.ty, a, args.d.is_quad());
    write(m, args.d, result)
}

/// `VNEG` (floating-point; A8.8.355).
pub(crate) fn vneg_float<M: SimdMachine>(m: &mut M, args: &Simd2) -> Execution {
    let a = m.vreg(args.m);
    let result = float_neg(m, args.ty, a, args.d.is_quad());
    write(m, args.d, result)
}

/// `VMVN` (register; A8.8.354).
pub(crate) fn vmvn_reg<M: SimdMachine>(m: &mut M, args: &Simd2) -> Execution {
    let a = m.vreg(args.m);
    let ones = m.vector_imm(u64::MAX);
    let result = two(m, op(SimdKind::Xor, args.ty, args.d.is_quad()), a, ones);
    write(m, args.d, result)
}

/// `VPADAL` (A8.8.361).
pub(crate) fn vpadal<M: SimdMachine>(m: &mut M, args: &Simd2) -> Execution {
    let (a, sum) = (m.vreg(args.m), m.vreg(args.d));
    let quad = args.d.is_quad();
    let pairs = one(m, op(SimdKind::PairAddLong, args.ty, quad), a);
    let result = two(m, op(SimdKind::Add, wider(args.ty), quad), sum, pairs);
    write(m, args.d, result)
}

/// Reverses elements in groups of `2^log2` bytes.
fn reverse<M: SimdMachine>(m: &mut M, args: &Simd2, log2: u32) -> Execution {
    let a = m.vreg(args.m);
    let reverse = op(SimdKind::Reverse, args.ty, args.d.is_quad()).imm(log2);
    let result = one(m, reverse, a);
    write(m, args.d, result)
}

/// `VREV16` (A8.8.386).
pub(crate) fn vrev16<M: SimdMachine>(m: &mut M, args: &Simd2) -> Execution {
    reverse(m, args, 1)
}

/// `VREV32` (A8.8.386).
pub(crate) fn vrev32<M: SimdMachine>(m: &mut M, args: &Simd2) -> Execution {
    reverse(m, args, 2)
}

/// `VREV64` (A8.8.386).
pub(crate) fn vrev64<M: SimdMachine>(m: &mut M, args: &Simd2) -> Execution {
    reverse(m, args, 3)
}

/// `d = kind(m, 0)`, or with the operands exchanged.
fn compare_zero<M: SimdMachine>(
    m: &mut M,
    kind: SimdKind,
    exchanged: bool,
    args: &Simd2,
) -> Execution {
    let (a, zero) = (m.vreg(args.m), m.vector_imm(0));
    let (a, b) = if exchanged { (zero, a) } else { (a, zero) };
    let result = two(m, op(kind, args.ty, args.d.is_quad()), a, b);
    write(m, args.d, result)
}

/// Functions that compare with zero.
macro_rules! compare_zero {
    ($($(#[$doc:meta])* $name:ident = $kind:ident, $exchanged:literal;)*) => {
        $($(#[$doc])* pub(crate) fn $name<M: SimdMachine>(m: &mut M, args: &Simd2) -> Execution {
            compare_zero(m, SimdKind::$kind, $exchanged, args)
        })*
    };
}

compare_zero! {
    /// `VCGT` (zero; A8.8.296).
    vcgt_zero = Greater, false;
    /// `VCGE` (zero; A8.8.294).
    vcge_zero = GreaterOrEqual, false;
    /// `VCEQ` (zero; A8.8.292).
    vceq_zero = Equal, false;
    /// `VCLE` (zero; A8.8.298).
    vcle_zero = GreaterOrEqual, true;
    /// `VCLT` (zero; A8.8.301).
    vclt_zero = Greater, true;
    /// `VCGT` (zero, floating-point; A8.8.296).
    vcgt_zero_float = FloatGreater, false;
    /// `VCGE` (zero, floating-point; A8.8.294).
    vcge_zero_float = FloatGreaterOrEqual, false;
    /// `VCEQ` (zero, floating-point; A8.8.292).
    vceq_zero_float = FloatEqual, false;
    /// `VCLE` (zero, floating-point; A8.8.298).
    vcle_zero_float = FloatGreaterOrEqual, true;
    /// `VCLT` (zero, floating-point; A8.8.301).
    vclt_zero_float = FloatGreater, true;
}

/// Writes two results made of `d` and `m` to both.
fn exchange<M: SimdMachine>(m: &mut M, kinds: [SimdKind; 2], args: &Simd2) -> Execution {
    let (a, b) = (m.vreg(args.d), m.vreg(args.m));
    let quad = args.d.is_quad();
    let first = two(m, op(kinds[0], args.ty, quad), a, b);
    let second = two(m, op(kinds[1], args.ty, quad), a, b);
    m.set_vreg(args.d, first);
    write(m, args.m, second)
}

/// `VSWP` (A8.8.418).
pub(crate) fn vswp<M: SimdMachine>(m: &mut M, args: &Simd2) -> Execution {
    let (a, b) = (m.vreg(args.d), m.vreg(args.m));
    m.set_vreg(args.d, b);
    write(m, args.m, a)
}

/// `VTRN` (A8.8.420).
pub(crate) fn vtrn<M: SimdMachine>(m: &mut M, args: &Simd2) -> Execution {
    exchange(m, [SimdKind::TransposeEven, SimdKind::TransposeOdd], args)
}

/// `VUZP` (A8.8.422).
pub(crate) fn vuzp<M: SimdMachine>(m: &mut M, args: &Simd2) -> Execution {
    exchange(m, [SimdKind::Even, SimdKind::Odd], args)
}

/// `VZIP` (A8.8.423).
pub(crate) fn vzip<M: SimdMachine>(m: &mut M, args: &Simd2) -> Execution {
    exchange(m, [SimdKind::ZipLow, SimdKind::ZipHigh], args)
}

/// `VEXT` (A8.8.316).
pub(crate) fn vext<M: SimdMachine>(m: &mut M, args: &SimdExt) -> Execution {
    let (a, b) = (m.vreg(args.n), m.vreg(args.m));
    let extract = SimdOp::new(SimdKind::Extract, Size::Byte, args.d.is_quad());
    let result = two(m, extract.imm(args.imm.get()), a, b);
    write(m, args.d, result)
}

/// Looks bytes up; gives zero for those out of range.
fn look_up<M: SimdMachine>(m: &mut M, args: &SimdTable, indices: Vector<M>) -> Vector<M> {
    let zero = m.imm64(0);
    let mut table = [zero; 4];
    for (entry, reg) in table.iter_mut().zip(args.list.iter()) {
        if let FpReg::Double(reg) = reg {
            *entry = m.dreg(reg);
        }
    }
    let low = m.vector(table[0], table[1]);
    let high = m.vector(table[2], table[3]);
    let bytes = 8 * args.list.count();
    let op = SimdOp::new(SimdKind::Table, Size::Byte, false).imm(bytes);
    m.simd(op, low, high, indices)
}

/// `VTBL` (A8.8.419).
pub(crate) fn vtbl<M: SimdMachine>(m: &mut M, args: &SimdTable) -> Execution {
    let indices = m.vreg(VReg::doubleword(args.m));
    let result = look_up(m, args, indices);
    write(m, VReg::doubleword(args.d), result)
}

/// `VTBX` (A8.8.419).
pub(crate) fn vtbx<M: SimdMachine>(m: &mut M, args: &SimdTable) -> Execution {
    let d = VReg::doubleword(args.d);
    let (indices, old) = (m.vreg(VReg::doubleword(args.m)), m.vreg(d));
    let found = look_up(m, args, indices);
    let bytes = m.vector_imm(u64::from(args.list.count()) * 0x0808_0808_0808_0808);
    let byte = |kind| SimdOp::new(kind, Size::Byte, false);
    let beyond = two(m, byte(SimdKind::GreaterOrEqual), indices, bytes);
    let result = m.simd(byte(SimdKind::Select), beyond, old, found);
    write(m, d, result)
}
