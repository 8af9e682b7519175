//! Scalar floating point, DDI 0406C.d, section A8.8.
//!
//! Arithmetic, conversion and comparison are operations of the machine; negation
//! and absolute value only touch the sign. Functions are written once for all
//! precisions, on a [`Value`] that is any.

use dbt_isa::machine::{Abort, Execution, Flow};
use dbt_isa::ops::{Access, BinOp, Size};

use super::load_store::{aligned_pc, displace, swap_if_big};
use super::sync::swap_order;
use super::{join, undefined};
use crate::args::{
    Fp2, Fp3, FpBlock, FpCompare, FpCompareZero, FpCore, FpCoreDouble, FpCorePair, FpFixed,
    FpFromInt, FpHalf, FpMem, FpMovImm, FpScalar, FpStatus, FpSystem, FpToInt,
};
use crate::fp_reg::{FpReg, SReg};
use crate::softfloat::Fixed;
use crate::system_machine::Privilege;
use crate::vfp_machine::{Conversion, FpBinary, FpOp, FpTernary, FpUnary, VfpMachine};

/// What `VMSR` writes of FPSCR: N Z C V QC AHP DN FZ RMode Stride FZ16 Len IDC IXC UFC
/// OFC DZC IOC. FZ16 reads as zero on a core without arithmetic in half precision. The trap enable bits read as zero; QC is kept even without
/// Advanced SIMD, which is one of the things that UNK/SBZP allows.
const FPSCR_WRITABLE: u32 = 0xffff_009f;

/// A number of any precision.
pub(super) enum Value<M: VfpMachine> {
    /// The bits, zero-extended.
    Half(M::Dword),
    Single(M::Single),
    Double(M::Double),
}

impl<M: VfpMachine> Clone for Value<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: VfpMachine> Copy for Value<M> {}

pub(super) fn read<M: VfpMachine>(m: &mut M, reg: FpReg) -> Value<M> {
    match reg {
        FpReg::Half(reg) => Value::Half(half(m, reg)),
        FpReg::Single(reg) => Value::Single(m.single(reg)),
        FpReg::Double(reg) => Value::Double(m.double(reg)),
    }
}

/// Reads the bits of a half, whatever is above it.
pub(super) fn half<M: VfpMachine>(m: &mut M, reg: SReg) -> M::Dword {
    let word = m.sreg(reg);
    let half = m.and_imm(word, 0xffff);
    m.zext64(half)
}

/// Writes a value to a register of its precision. Above a half are zeroes then.
pub(super) fn write<M: VfpMachine>(m: &mut M, reg: FpReg, value: Value<M>) -> Execution {
    match (reg, value) {
        (FpReg::Half(reg), Value::Half(value)) => {
            let word = m.low(value);
            m.set_sreg(reg, word);
        }
        (FpReg::Single(reg), Value::Single(value)) => m.set_single(reg, value),
        (FpReg::Double(reg), Value::Double(value)) => m.set_double(reg, value),
        _ => mixed(),
    }
    Ok(Flow::Next)
}

#[cold]
pub(super) fn mixed() -> ! {
    unreachable!("the registers of one operation have one precision")
}

/// `FPNeg()`.
fn neg<M: VfpMachine>(m: &mut M, a: Value<M>) -> Value<M> {
    match a {
        Value::Half(a) => Value::Half(with_constant(m, BinOp::Xor, a, 0x8000)),
        Value::Single(a) => Value::Single(m.fp_neg32(a)),
        Value::Double(a) => Value::Double(m.fp_neg64(a)),
    }
}

/// `FPAbs()`.
fn abs<M: VfpMachine>(m: &mut M, a: Value<M>) -> Value<M> {
    match a {
        Value::Half(a) => Value::Half(with_constant(m, BinOp::And, a, 0x7fff)),
        Value::Single(a) => Value::Single(m.fp_abs32(a)),
        Value::Double(a) => Value::Double(m.fp_abs64(a)),
    }
}

fn with_constant<M: VfpMachine>(m: &mut M, op: BinOp, a: M::Dword, b: u64) -> M::Dword {
    let b = m.imm64(b);
    m.binary64(op, a, b)
}

/// A single that is known.
fn single<M: VfpMachine>(m: &mut M, bits: u32) -> Value<M> {
    let word = m.imm(bits);
    Value::Single(m.single_from_word(word))
}

/// A double that is known.
fn double<M: VfpMachine>(m: &mut M, bits: u64) -> Value<M> {
    let dword = m.imm64(bits);
    Value::Double(m.double_from_dword(dword))
}

fn unary<M: VfpMachine>(m: &mut M, op: FpUnary, a: Value<M>) -> Value<M> {
    match a {
        Value::Half(a) => Value::Half(m.fp(op.op16(), a, a, a)),
        Value::Single(a) => Value::Single(m.fp_unary32(op, a)),
        Value::Double(a) => Value::Double(m.fp_unary64(op, a)),
    }
}

fn binary<M: VfpMachine>(m: &mut M, op: FpBinary, a: Value<M>, b: Value<M>) -> Value<M> {
    match (a, b) {
        (Value::Half(a), Value::Half(b)) => Value::Half(m.fp(op.op16(), a, b, b)),
        (Value::Single(a), Value::Single(b)) => Value::Single(m.fp_binary32(op, a, b)),
        (Value::Double(a), Value::Double(b)) => Value::Double(m.fp_binary64(op, a, b)),
        _ => mixed(),
    }
}

/// `FPMulAdd()`.
fn mul_add<M: VfpMachine>(m: &mut M, addend: Value<M>, a: Value<M>, b: Value<M>) -> Value<M> {
    let op = FpTernary::MulAdd;
    match (addend, a, b) {
        (Value::Half(addend), Value::Half(a), Value::Half(b)) => {
            Value::Half(m.fp(op.op16(), addend, a, b))
        }
        (Value::Single(addend), Value::Single(a), Value::Single(b)) => {
            Value::Single(m.fp_ternary32(op, addend, a, b))
        }
        (Value::Double(addend), Value::Double(a), Value::Double(b)) => {
            Value::Double(m.fp_ternary64(op, addend, a, b))
        }
        _ => mixed(),
    }
}

/// `d = op(n, m)`.
pub(super) fn of_two<M: VfpMachine>(m: &mut M, op: FpBinary, args: &Fp3) -> Execution {
    let (x, y) = (read(m, args.n), read(m, args.m));
    let result = binary(m, op, x, y);
    write(m, args.d, result)
}

/// `d = ±d + ±(n * m)`, rounded twice.
fn accumulate<M: VfpMachine>(
    m: &mut M,
    args: &Fp3,
    neg_addend: bool,
    neg_product: bool,
) -> Execution {
    let (x, y) = (read(m, args.n), read(m, args.m));
    let product = binary(m, FpBinary::Mul, x, y);
    let product = if neg_product {
        neg(m, product)
    } else {
        product
    };
    let addend = read(m, args.d);
    let addend = if neg_addend { neg(m, addend) } else { addend };
    let result = binary(m, FpBinary::Add, addend, product);
    write(m, args.d, result)
}

/// `d = ±d + ±n * m`, rounded once.
fn fused<M: VfpMachine>(m: &mut M, args: &Fp3, neg_addend: bool, neg_n: bool) -> Execution {
    let (x, y, addend) = (read(m, args.n), read(m, args.m), read(m, args.d));
    let x = if neg_n { neg(m, x) } else { x };
    let addend = if neg_addend { neg(m, addend) } else { addend };
    let result = mul_add(m, addend, x, y);
    write(m, args.d, result)
}

/// `VMLA` (A8.8.337, encoding A2).
pub(crate) fn vmla<M: VfpMachine>(m: &mut M, args: &Fp3) -> Execution {
    accumulate(m, args, false, false)
}

/// `VMLS` (A8.8.337, encoding A2).
pub(crate) fn vmls<M: VfpMachine>(m: &mut M, args: &Fp3) -> Execution {
    accumulate(m, args, false, true)
}

/// `VNMLA` (A8.8.356, encoding A1).
pub(crate) fn vnmla<M: VfpMachine>(m: &mut M, args: &Fp3) -> Execution {
    accumulate(m, args, true, true)
}

/// `VNMLS` (A8.8.356, encoding A1).
pub(crate) fn vnmls<M: VfpMachine>(m: &mut M, args: &Fp3) -> Execution {
    accumulate(m, args, true, false)
}

/// `VMUL` (A8.8.351, encoding A2).
pub(crate) fn vmul<M: VfpMachine>(m: &mut M, args: &Fp3) -> Execution {
    of_two(m, FpBinary::Mul, args)
}

/// `VNMUL` (A8.8.356, encoding A2).
pub(crate) fn vnmul<M: VfpMachine>(m: &mut M, args: &Fp3) -> Execution {
    let (x, y) = (read(m, args.n), read(m, args.m));
    let product = binary(m, FpBinary::Mul, x, y);
    let result = neg(m, product);
    write(m, args.d, result)
}

/// `VADD` (A8.8.283, encoding A2).
pub(crate) fn vadd<M: VfpMachine>(m: &mut M, args: &Fp3) -> Execution {
    of_two(m, FpBinary::Add, args)
}

/// `VSUB` (A8.8.415, encoding A2).
pub(crate) fn vsub<M: VfpMachine>(m: &mut M, args: &Fp3) -> Execution {
    of_two(m, FpBinary::Sub, args)
}

/// `VDIV` (A8.8.312).
pub(crate) fn vdiv<M: VfpMachine>(m: &mut M, args: &Fp3) -> Execution {
    of_two(m, FpBinary::Div, args)
}

/// `VFMA` (A8.8.317, encoding A2).
pub(crate) fn vfma<M: VfpMachine>(m: &mut M, args: &Fp3) -> Execution {
    fused(m, args, false, false)
}

/// `VFMS` (A8.8.317, encoding A2).
pub(crate) fn vfms<M: VfpMachine>(m: &mut M, args: &Fp3) -> Execution {
    fused(m, args, false, true)
}

/// `VFNMA` (A8.8.318).
pub(crate) fn vfnma<M: VfpMachine>(m: &mut M, args: &Fp3) -> Execution {
    fused(m, args, true, true)
}

/// `VFNMS` (A8.8.318).
pub(crate) fn vfnms<M: VfpMachine>(m: &mut M, args: &Fp3) -> Execution {
    fused(m, args, true, false)
}

/// `VMOV` (immediate; A8.8.339, encoding A2).
pub(crate) fn vmov_imm<M: VfpMachine>(m: &mut M, args: &FpMovImm) -> Execution {
    let value = match args.d {
        FpReg::Half(_) => Value::Half(m.imm64(args.imm.half().into())),
        FpReg::Single(_) => single(m, args.imm.single()),
        FpReg::Double(_) => double(m, args.imm.double()),
    };
    write(m, args.d, value)
}

/// `VMOV` (register; A8.8.340, encoding A2).
pub(crate) fn vmov_reg<M: VfpMachine>(m: &mut M, args: &Fp2) -> Execution {
    let value = read(m, args.m);
    write(m, args.d, value)
}

/// `VABS` (A8.8.280, encoding A2).
pub(crate) fn vabs<M: VfpMachine>(m: &mut M, args: &Fp2) -> Execution {
    let value = read(m, args.m);
    let result = abs(m, value);
    write(m, args.d, result)
}

/// `VNEG` (A8.8.355, encoding A2).
pub(crate) fn vneg<M: VfpMachine>(m: &mut M, args: &Fp2) -> Execution {
    let value = read(m, args.m);
    let result = neg(m, value);
    write(m, args.d, result)
}

/// `VSQRT` (A8.8.401).
pub(crate) fn vsqrt<M: VfpMachine>(m: &mut M, args: &Fp2) -> Execution {
    let value = read(m, args.m);
    let result = unary(m, FpUnary::Sqrt, value);
    write(m, args.d, result)
}

/// Compares and writes the flags of FPSCR.
fn compare<M: VfpMachine>(m: &mut M, signalling: bool, a: Value<M>, b: Value<M>) -> Execution {
    let flags = match (a, b) {
        (Value::Half(a), Value::Half(b)) => {
            let result = m.fp(FpOp::compare16(signalling), a, b, b);
            let word = m.low(result);
            m.flags_from_psr(word)
        }
        (Value::Single(a), Value::Single(b)) => m.fp_compare32(signalling, a, b),
        (Value::Double(a), Value::Double(b)) => m.fp_compare64(signalling, a, b),
        _ => mixed(),
    };
    m.set_fpscr_flags(flags);
    Ok(Flow::Next)
}

/// `VCMP`, `VCMPE` (A8.8.303, encoding A1).
pub(crate) fn vcmp<M: VfpMachine>(m: &mut M, args: &FpCompare) -> Execution {
    let (a, b) = (read(m, args.d), read(m, args.m));
    compare(m, args.signalling, a, b)
}

/// `VCMP`, `VCMPE` with zero (A8.8.303, encoding A2).
pub(crate) fn vcmp_zero<M: VfpMachine>(m: &mut M, args: &FpCompareZero) -> Execution {
    let a = read(m, args.d);
    let zero = match a {
        Value::Half(_) => Value::Half(m.imm64(0)),
        Value::Single(_) => single(m, 0),
        Value::Double(_) => double(m, 0),
    };
    compare(m, args.signalling, a, zero)
}

/// `VCVT` (between double-precision and single-precision; A8.8.309).
pub(crate) fn vcvt_precision<M: VfpMachine>(m: &mut M, args: &Fp2) -> Execution {
    let result = match read(m, args.m) {
        Value::Single(value) => Value::Double(m.fp_widen(value)),
        Value::Double(value) => Value::Single(m.fp_narrow(value)),
        Value::Half(_) => mixed(),
    };
    write(m, args.d, result)
}

/// `VCVT`, `VCVTR` (to an integer; A8.8.306).
pub(crate) fn vcvt_to_int<M: VfpMachine>(m: &mut M, args: &FpToInt) -> Execution {
    let to = Conversion {
        fixed: if args.signed { Fixed::I32 } else { Fixed::U32 },
        by_fpscr: args.rounded,
    };
    let result = match read(m, args.m) {
        Value::Half(value) => half_to_fixed(m, to, value),
        Value::Single(value) => m.fp_to_fixed32(to, value),
        Value::Double(value) => m.fp_to_fixed64(to, value),
    };
    m.set_sreg(args.d, result);
    Ok(Flow::Next)
}

/// `VCVT` (from an integer; A8.8.306).
pub(crate) fn vcvt_from_int<M: VfpMachine>(m: &mut M, args: &FpFromInt) -> Execution {
    let from = Conversion {
        fixed: if args.signed { Fixed::I32 } else { Fixed::U32 },
        by_fpscr: true,
    };
    let value = m.sreg(args.m);
    let result = from_fixed(m, from, args.d, value);
    write(m, args.d, result)
}

/// `VCVT` (to fixed-point; A8.8.308).
pub(crate) fn vcvt_to_fixed<M: VfpMachine>(m: &mut M, args: &FpFixed) -> Execution {
    let to = Conversion {
        fixed: args.fixed,
        by_fpscr: false,
    };
    let result = match read(m, args.d) {
        Value::Half(value) => {
            let word = half_to_fixed(m, to, value);
            // The result is a whole register.
            let FpReg::Half(d) = args.d else { mixed() };
            m.set_sreg(d, word);
            return Ok(Flow::Next);
        }
        Value::Single(value) => {
            let word = m.fp_to_fixed32(to, value);
            Value::Single(m.single_from_word(word))
        }
        Value::Double(value) => {
            let word = m.fp_to_fixed64(to, value);
            let dword = if args.fixed.signed {
                m.sext64(word)
            } else {
                m.zext64(word)
            };
            Value::Double(m.double_from_dword(dword))
        }
    };
    write(m, args.d, result)
}

/// `VCVT` (from fixed-point; A8.8.308).
pub(crate) fn vcvt_from_fixed<M: VfpMachine>(m: &mut M, args: &FpFixed) -> Execution {
    let from = Conversion {
        fixed: args.fixed,
        by_fpscr: false,
    };
    let value = match args.d {
        FpReg::Half(d) | FpReg::Single(d) => m.sreg(d),
        FpReg::Double(d) => {
            let dword = m.dreg(d);
            m.low(dword)
        }
    };
    let result = from_fixed(m, from, args.d, value);
    write(m, args.d, result)
}

/// Converts a half to fixed point.
fn half_to_fixed<M: VfpMachine>(m: &mut M, to: Conversion, value: M::Dword) -> M::Word {
    let to = m.imm64(to.bits());
    let result = m.fp(FpOp::ToFixed16, value, to, to);
    m.low(result)
}

/// Converts to the precision of `d`.
fn from_fixed<M: VfpMachine>(m: &mut M, from: Conversion, d: FpReg, value: M::Word) -> Value<M> {
    match d {
        FpReg::Half(_) => {
            let (value, from) = (m.zext64(value), m.imm64(from.bits()));
            Value::Half(m.fp(FpOp::FromFixed16, value, from, from))
        }
        FpReg::Single(_) => Value::Single(m.fp_from_fixed32(from, value)),
        FpReg::Double(_) => Value::Double(m.fp_from_fixed64(from, value)),
    }
}

/// `VCVTB`, `VCVTT` (from half-precision; A8.8.311).
pub(crate) fn vcvt_from_half<M: VfpMachine>(m: &mut M, args: &FpHalf) -> Execution {
    let value = m.sreg(args.m);
    let half = if args.top {
        m.lshr_imm(value, 16)
    } else {
        value
    };
    let result = m.fp_half_to_single(half);
    m.set_single(args.d, result);
    Ok(Flow::Next)
}

/// `VCVTB`, `VCVTT` (to half-precision; A8.8.311). The other half of the
/// destination stays.
pub(crate) fn vcvt_to_half<M: VfpMachine>(m: &mut M, args: &FpHalf) -> Execution {
    let value = m.single(args.m);
    let half = m.fp_single_to_half(value);
    Ok(set_half(m, args.d, args.top, half))
}

/// `VCVTB`, `VCVTT` (to BFloat16; DDI 0487). The other half of the destination
/// stays.
pub(crate) fn vcvt_to_brain<M: VfpMachine>(m: &mut M, args: &FpHalf) -> Execution {
    let value = m.sreg(args.m);
    let value = m.zext64(value);
    let brain = m.fp(FpOp::SingleToBrain, value, value, value);
    let brain = m.low(brain);
    Ok(set_half(m, args.d, args.top, brain))
}

/// Writes one half of a register.
pub(super) fn set_half<M: VfpMachine>(m: &mut M, d: SReg, top: bool, half: M::Word) -> Flow {
    let old = m.sreg(d);
    let (half, kept) = if top {
        (m.shl_imm(half, 16), m.and_imm(old, 0xffff))
    } else {
        (half, m.and_imm(old, 0xffff_0000))
    };
    let result = m.or(half, kept);
    m.set_sreg(d, result);
    Flow::Next
}

/// Loads a register. A double is two words, the one at the lower address being
/// the low one, or the high one if data is big-endian.
fn load<M: VfpMachine>(m: &mut M, reg: FpReg, address: M::Word) -> Result<(), Abort> {
    let word = Access::new(Size::Word).aligned();
    match reg {
        FpReg::Half(reg) => {
            let value = m.load(Access::new(Size::Half).aligned(), address)?;
            let value = swap_order(m, Size::Half, value);
            m.set_sreg(reg, value);
        }
        FpReg::Single(reg) if m.big_endian() => {
            let value = m.load(word, address)?;
            let value = swap_if_big(m, value);
            m.set_sreg(reg, value);
        }
        FpReg::Single(reg) => {
            let value = m.load_single(word, address)?;
            m.set_single(reg, value);
        }
        FpReg::Double(reg) if m.big_endian() => {
            let high = m.load(word, address)?;
            let high = swap_if_big(m, high);
            let address = m.add_imm(address, 4);
            let low = m.load(word, address)?;
            let low = swap_if_big(m, low);
            let value = join(m, low, high);
            m.set_dreg(reg, value);
        }
        FpReg::Double(reg) => {
            let both = Access::new(Size::Dword).aligned_by_words();
            let value = m.load_double(both, address)?;
            m.set_double(reg, value);
        }
    }
    Ok(())
}

/// Stores a register, as [`load`] loads it.
fn store<M: VfpMachine>(m: &mut M, reg: FpReg, address: M::Word) -> Result<(), Abort> {
    let word = Access::new(Size::Word).aligned();
    match reg {
        FpReg::Half(reg) => {
            let value = m.sreg(reg);
            let value = swap_order(m, Size::Half, value);
            m.store(Access::new(Size::Half).aligned(), address, value)
        }
        FpReg::Single(reg) if m.big_endian() => {
            let value = m.sreg(reg);
            let value = swap_if_big(m, value);
            m.store(word, address, value)
        }
        FpReg::Single(reg) => {
            let value = m.single(reg);
            m.store_single(word, address, value)
        }
        FpReg::Double(reg) if m.big_endian() => {
            let value = m.dreg(reg);
            let (low, high) = (m.low(value), m.high(value));
            let high = swap_if_big(m, high);
            m.store(word, address, high)?;
            let low = swap_if_big(m, low);
            let address = m.add_imm(address, 4);
            m.store(word, address, low)
        }
        FpReg::Double(reg) => {
            let both = Access::new(Size::Dword).aligned_by_words();
            let value = m.double(reg);
            m.store_double(both, address, value)
        }
    }
}

/// The address of `VLDR` and `VSTR`; the PC is aligned as for a literal.
fn address<M: VfpMachine>(m: &mut M, args: &FpMem) -> M::Word {
    let base = if args.address.n.is_pc() {
        aligned_pc(m)
    } else {
        m.reg(args.address.n)
    };
    displace(m, base, args.address.displacement())
}

/// `VLDR` (A8.8.333).
pub(crate) fn vldr<M: VfpMachine>(m: &mut M, args: &FpMem) -> Execution {
    let address = address(m, args);
    load(m, args.d, address)?;
    Ok(Flow::Next)
}

/// `VSTR` (A8.8.413).
pub(crate) fn vstr<M: VfpMachine>(m: &mut M, args: &FpMem) -> Execution {
    let address = address(m, args);
    store(m, args.d, address)?;
    Ok(Flow::Next)
}

/// Transfers each register of the list, then updates the base. A fault leaves
/// the base alone, so that the instruction can be executed again.
fn block<M: VfpMachine>(
    m: &mut M,
    args: &FpBlock,
    transfer: impl Fn(&mut M, FpReg, M::Word) -> Result<(), Abort>,
) -> Execution {
    let base = m.reg(args.n);
    let bytes = u32::from(args.words) * 4;
    let end = m.add_imm(
        base,
        if args.add {
            bytes
        } else {
            bytes.wrapping_neg()
        },
    );
    let start = if args.add { base } else { end };
    let mut offset = 0;
    for reg in args.list.iter() {
        let address = displace(m, start, offset);
        transfer(m, reg, address)?;
        offset += match reg {
            FpReg::Half(_) | FpReg::Single(_) => 4,
            FpReg::Double(_) => 8,
        };
    }
    if args.wback {
        m.set_reg(args.n, end);
    }
    Ok(Flow::Next)
}

/// `VLDM` (A8.8.332).
pub(crate) fn vldm<M: VfpMachine>(m: &mut M, args: &FpBlock) -> Execution {
    block(m, args, load)
}

/// `VSTM` (A8.8.412).
pub(crate) fn vstm<M: VfpMachine>(m: &mut M, args: &FpBlock) -> Execution {
    block(m, args, store)
}

/// `VPOP` (A8.8.367).
pub(crate) fn vpop<M: VfpMachine>(m: &mut M, args: &FpBlock) -> Execution {
    vldm(m, args)
}

/// `VPUSH` (A8.8.368).
pub(crate) fn vpush<M: VfpMachine>(m: &mut M, args: &FpBlock) -> Execution {
    vstm(m, args)
}

/// `FLDMX`: `VLDM` that skips a word.
pub(crate) fn fldmx<M: VfpMachine>(m: &mut M, args: &FpBlock) -> Execution {
    vldm(m, args)
}

/// `FSTMX`: `VSTM` that skips a word.
pub(crate) fn fstmx<M: VfpMachine>(m: &mut M, args: &FpBlock) -> Execution {
    vstm(m, args)
}

/// `VMOV` (between Arm core register and single-precision; A8.8.343).
pub(crate) fn vmov_to_single<M: VfpMachine>(m: &mut M, args: &FpCore) -> Execution {
    let value = m.reg(args.t);
    m.set_sreg(args.n, value);
    Ok(Flow::Next)
}

/// `VMOV` (between Arm core register and single-precision; A8.8.343).
pub(crate) fn vmov_from_single<M: VfpMachine>(m: &mut M, args: &FpCore) -> Execution {
    let value = m.sreg(args.n);
    m.set_reg(args.t, value);
    Ok(Flow::Next)
}

/// `VMOV` (between general-purpose register and half-precision; DDI 0487).
pub(crate) fn vmov_to_half<M: VfpMachine>(m: &mut M, args: &FpCore) -> Execution {
    let value = m.reg(args.t);
    let value = m.and_imm(value, 0xffff);
    m.set_sreg(args.n, value);
    Ok(Flow::Next)
}

/// `VMOV` (between general-purpose register and half-precision; DDI 0487).
pub(crate) fn vmov_from_half<M: VfpMachine>(m: &mut M, args: &FpCore) -> Execution {
    let value = m.sreg(args.n);
    let value = m.and_imm(value, 0xffff);
    m.set_reg(args.t, value);
    Ok(Flow::Next)
}

/// `VMOV` (between two Arm core registers and two single-precision; A8.8.344).
pub(crate) fn vmov_to_pair<M: VfpMachine>(m: &mut M, args: &FpCorePair) -> Execution {
    let (first, second) = (m.reg(args.t), m.reg(args.t2));
    m.set_sreg(args.m, first);
    m.set_sreg(args.m1, second);
    Ok(Flow::Next)
}

/// `VMOV` (between two Arm core registers and two single-precision; A8.8.344).
pub(crate) fn vmov_from_pair<M: VfpMachine>(m: &mut M, args: &FpCorePair) -> Execution {
    let (first, second) = (m.sreg(args.m), m.sreg(args.m1));
    m.set_reg(args.t, first);
    m.set_reg(args.t2, second);
    Ok(Flow::Next)
}

/// `VMOV` (between two Arm core registers and a doubleword; A8.8.345).
pub(crate) fn vmov_to_double<M: VfpMachine>(m: &mut M, args: &FpCoreDouble) -> Execution {
    let (low, high) = (m.reg(args.t), m.reg(args.t2));
    let value = join(m, low, high);
    m.set_dreg(args.m, value);
    Ok(Flow::Next)
}

/// `VMOV` (between two Arm core registers and a doubleword; A8.8.345).
pub(crate) fn vmov_from_double<M: VfpMachine>(m: &mut M, args: &FpCoreDouble) -> Execution {
    let value = m.dreg(args.m);
    let (low, high) = (m.low(value), m.high(value));
    m.set_reg(args.t, low);
    m.set_reg(args.t2, high);
    Ok(Flow::Next)
}

/// `VMOV` (Arm core register to scalar; A8.8.341). The other half of the double
/// stays.
pub(crate) fn vmov_to_scalar<M: VfpMachine>(m: &mut M, args: &FpScalar) -> Execution {
    let (value, old) = (m.reg(args.t), m.dreg(args.d));
    let result = if args.x == 0 {
        let high = m.high(old);
        join(m, value, high)
    } else {
        let low = m.low(old);
        join(m, low, value)
    };
    m.set_dreg(args.d, result);
    Ok(Flow::Next)
}

/// `VMOV` (scalar to Arm core register; A8.8.342).
pub(crate) fn vmov_from_scalar<M: VfpMachine>(m: &mut M, args: &FpScalar) -> Execution {
    let value = m.dreg(args.d);
    let word = if args.x == 0 {
        m.low(value)
    } else {
        m.high(value)
    };
    m.set_reg(args.t, word);
    Ok(Flow::Next)
}

/// `VMRS` (A8.8.348).
pub(crate) fn vmrs<M: VfpMachine>(m: &mut M, args: &FpStatus) -> Execution {
    let value = m.fpscr();
    m.set_reg(args.t, value);
    Ok(Flow::Next)
}

/// `VMRS APSR_nzcv, FPSCR` (A8.8.348).
pub(crate) fn vmrs_flags<M: VfpMachine>(m: &mut M) -> Execution {
    let flags = m.fpscr_flags();
    m.set_flags(flags);
    Ok(Flow::Next)
}

/// `VMSR` (A8.8.349).
pub(crate) fn vmsr<M: VfpMachine>(m: &mut M, args: &FpStatus) -> Execution {
    let value = m.reg(args.t);
    let value = m.and_imm(value, FPSCR_WRITABLE);
    Ok(m.set_fpscr(value))
}

/// `VMRS` of a register that only privileged code may access (section B9.3).
pub(crate) fn vmrs_system<M: VfpMachine>(m: &mut M, args: &FpSystem) -> Execution {
    if m.privilege() == Privilege::User {
        return undefined(m);
    }
    if m.rarely() == Flow::Leave {
        return Ok(Flow::Leave);
    }
    match m.fp_system_reg(args.reg) {
        Some(value) => {
            m.set_reg(args.t, value);
            Ok(Flow::Next)
        }
        None => undefined(m),
    }
}

/// `VMSR` of a register that only privileged code may access (section B9.3).
pub(crate) fn vmsr_system<M: VfpMachine>(m: &mut M, args: &FpSystem) -> Execution {
    if m.privilege() == Privilege::User {
        return undefined(m);
    }
    if m.rarely() == Flow::Leave {
        return Ok(Flow::Leave);
    }
    let value = m.reg(args.t);
    match m.set_fp_system_reg(args.reg, value) {
        Some(()) => Ok(Flow::Next),
        None => undefined(m),
    }
}
