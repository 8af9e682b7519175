//! Scalar floating point that ARMv8 added, DDI 0487, section F6.1.

use dbt_isa::machine::{Execution, Flow};

use super::vfp::{Value, of_two, read, write};
use crate::args::{Fp3, FpHalfDouble, FpRound, FpSelect, FpToIntRounded, RoundTo};
use crate::fp_reg::FpReg;
use crate::vfp_machine::{FpBinary, FpOp, RoundingOf, VfpMachine};

/// `VSEL` (F6.1.207).
pub(crate) fn vsel<M: VfpMachine>(m: &mut M, args: &FpSelect) -> Execution {
    let Fp3 { d, n, m: other } = args.args;
    let Some(condition) = args.cond.condition() else {
        unreachable!("there are four conditions")
    };
    let (yes, no) = (read(m, n), read(m, other));
    let flags = m.flags();
    let holds = m.condition(flags, condition);
    let result = match (yes, no) {
        (Value::Single(yes), Value::Single(no)) => Value::Single(m.select(holds, yes, no)),
        (Value::Double(yes), Value::Double(no)) => Value::Double(m.select64(holds, yes, no)),
        _ => super::vfp::mixed(),
    };
    write(m, d, result)
}

/// `VMAXNM` (F6.1.117).
pub(crate) fn vmaxnm<M: VfpMachine>(m: &mut M, args: &Fp3) -> Execution {
    of_two(m, FpBinary::MaxNum, args)
}

/// `VMINNM` (F6.1.120).
pub(crate) fn vminnm<M: VfpMachine>(m: &mut M, args: &Fp3) -> Execution {
    of_two(m, FpBinary::MinNum, args)
}

/// `VRINTA`, `VRINTN`, `VRINTP`, `VRINTM`, `VRINTR`, `VRINTX`, `VRINTZ` (F6.1.200 and
/// on).
pub(crate) fn vrint<M: VfpMachine>(m: &mut M, args: &FpRound) -> Execution {
    let how = RoundingOf {
        rounding: args.to.rounding(),
        exact: args.to == RoundTo::Exact,
        signed: true,
    };
    let (how, zero) = (m.imm64(how.bits()), m.imm64(0));
    let result = match read(m, args.m) {
        Value::Single(value) => {
            let value = m.zext64(value);
            let result = m.fp(FpOp::RoundToInt32, value, how, zero);
            Value::Single(m.low(result))
        }
        Value::Double(value) => Value::Double(m.fp(FpOp::RoundToInt64, value, how, zero)),
    };
    write(m, args.d, result)
}

/// `VCVTA`, `VCVTN`, `VCVTP`, `VCVTM` (F6.1.63 and on).
pub(crate) fn vcvt_rounded<M: VfpMachine>(m: &mut M, args: &FpToIntRounded) -> Execution {
    let how = RoundingOf {
        rounding: args.to.rounding(),
        exact: true,
        signed: args.signed,
    };
    let (how, zero) = (m.imm64(how.bits()), m.imm64(0));
    let result = match read(m, args.m) {
        Value::Single(value) => {
            let value = m.zext64(value);
            m.fp(FpOp::ToInt32, value, how, zero)
        }
        Value::Double(value) => m.fp(FpOp::ToInt64, value, how, zero),
    };
    let result = m.low(result);
    write(m, FpReg::Single(args.d), Value::Single(result))
}

/// `VCVTB`, `VCVTT` (to double-precision; F6.1.65).
pub(crate) fn vcvt_double_from_half<M: VfpMachine>(m: &mut M, args: &FpHalfDouble) -> Execution {
    let value = m.sreg(args.s);
    let half = if args.top {
        m.lshr_imm(value, 16)
    } else {
        value
    };
    let (half, zero) = (m.zext64(half), m.imm64(0));
    let result = m.fp(FpOp::HalfToDouble, half, zero, zero);
    m.set_dreg(args.d, result);
    Ok(Flow::Next)
}

/// `VCVTB`, `VCVTT` (from double-precision; F6.1.65). The other half of the
/// destination stays.
pub(crate) fn vcvt_half_from_double<M: VfpMachine>(m: &mut M, args: &FpHalfDouble) -> Execution {
    let (value, zero) = (m.dreg(args.d), m.imm64(0));
    let half = m.fp(FpOp::DoubleToHalf, value, zero, zero);
    let half = m.low(half);
    let old = m.sreg(args.s);
    let (half, kept) = if args.top {
        (m.shl_imm(half, 16), m.and_imm(old, 0xffff))
    } else {
        (half, m.and_imm(old, 0xffff_0000))
    };
    let result = m.or(half, kept);
    m.set_sreg(args.s, result);
    Ok(Flow::Next)
}
