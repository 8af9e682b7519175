//! Scalar floating point that ARMv8 added, DDI 0487, section F6.1.

use dbt_isa::machine::{Execution, Flow};

use super::vfp::{Value, half, mixed, read, set_half, write};
use crate::args::{Fp2, Fp3, FpHalfDouble, FpRound, FpSelect, FpToIntRounded, RoundTo};
use crate::fp_reg::FpReg;
use crate::vfp_machine::{FpOp, RoundingOf, VfpMachine};

/// `VSEL`.
pub(crate) fn vsel<M: VfpMachine>(m: &mut M, args: &FpSelect) -> Execution {
    let Fp3 { d, n, m: other } = args.args;
    let Some(condition) = args.cond.condition() else {
        unreachable!("there are four conditions")
    };
    let (yes, no) = (read(m, n), read(m, other));
    let flags = m.flags();
    let holds = m.condition(flags, condition);
    let result = match (yes, no) {
        (Value::Half(yes), Value::Half(no)) => Value::Half(m.select64(holds, yes, no)),
        (Value::Single(yes), Value::Single(no)) => {
            let (yes, no) = (m.single_to_word(yes), m.single_to_word(no));
            let word = m.select(holds, yes, no);
            Value::Single(m.single_from_word(word))
        }
        (Value::Double(yes), Value::Double(no)) => {
            let (yes, no) = (m.double_to_dword(yes), m.double_to_dword(no));
            let dword = m.select64(holds, yes, no);
            Value::Double(m.double_from_dword(dword))
        }
        _ => mixed(),
    };
    write(m, d, result)
}

/// The operation for the precision of a register, of those for halves, singles and
/// doubles.
const fn of_precision([half, single, double]: [FpOp; 3], reg: FpReg) -> FpOp {
    match reg {
        FpReg::Half(_) => half,
        FpReg::Single(_) => single,
        FpReg::Double(_) => double,
    }
}

/// `d = op(n, m)`, exactly.
fn of_two<M: VfpMachine>(m: &mut M, ops: [FpOp; 3], args: &Fp3) -> Execution {
    let op = of_precision(ops, args.d);
    let (a, b) = (read_bits(m, args.n), read_bits(m, args.m));
    let zero = m.imm64(0);
    let result = m.fp(op, a, b, zero);
    write_bits(m, args.d, result)
}

/// Writes a result of [`VfpMachine::fp`].
fn write_bits<M: VfpMachine>(m: &mut M, d: FpReg, bits: M::Dword) -> Execution {
    match d {
        FpReg::Half(d) | FpReg::Single(d) => {
            let word = m.low(bits);
            m.set_sreg(d, word);
        }
        FpReg::Double(d) => m.set_dreg(d, bits),
    }
    Ok(Flow::Next)
}

/// Reads the bits of a register.
fn read_bits<M: VfpMachine>(m: &mut M, reg: FpReg) -> M::Dword {
    match reg {
        FpReg::Half(reg) => half(m, reg),
        FpReg::Single(reg) => {
            let word = m.sreg(reg);
            m.zext64(word)
        }
        FpReg::Double(reg) => m.dreg(reg),
    }
}

/// `VMAXNM`.
pub(crate) fn vmaxnm<M: VfpMachine>(m: &mut M, args: &Fp3) -> Execution {
    of_two(m, [FpOp::MaxNum16, FpOp::MaxNum32, FpOp::MaxNum64], args)
}

/// `VMINNM`.
pub(crate) fn vminnm<M: VfpMachine>(m: &mut M, args: &Fp3) -> Execution {
    of_two(m, [FpOp::MinNum16, FpOp::MinNum32, FpOp::MinNum64], args)
}

/// `op` of a register's bits, which rounds as `how` says.
fn rounding<M: VfpMachine>(m: &mut M, ops: [FpOp; 3], how: RoundingOf, reg: FpReg) -> M::Dword {
    let op = of_precision(ops, reg);
    let value = read_bits(m, reg);
    let (how, zero) = (m.imm64(how.bits()), m.imm64(0));
    m.fp(op, value, how, zero)
}

/// `VRINTA`, `VRINTN`, `VRINTP`, `VRINTM`, `VRINTR`, `VRINTX`, `VRINTZ`.
pub(crate) fn vrint<M: VfpMachine>(m: &mut M, args: &FpRound) -> Execution {
    let how = RoundingOf {
        rounding: args.to.rounding(),
        exact: args.to == RoundTo::Exact,
        signed: true,
    };
    let ops = [FpOp::RoundToInt16, FpOp::RoundToInt32, FpOp::RoundToInt64];
    let result = rounding(m, ops, how, args.m);
    write_bits(m, args.d, result)
}

/// `VCVTA`, `VCVTN`, `VCVTP`, `VCVTM`.
pub(crate) fn vcvt_rounded<M: VfpMachine>(m: &mut M, args: &FpToIntRounded) -> Execution {
    let how = RoundingOf {
        rounding: args.to.rounding(),
        exact: true,
        signed: args.signed,
    };
    let ops = [FpOp::ToInt16, FpOp::ToInt32, FpOp::ToInt64];
    let result = rounding(m, ops, how, args.m);
    write_bits(m, FpReg::Single(args.d), result)
}

/// `VCVTB`, `VCVTT` (to double-precision).
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

/// `VCVTB`, `VCVTT` (from double-precision). The other half of the
/// destination stays.
pub(crate) fn vcvt_half_from_double<M: VfpMachine>(m: &mut M, args: &FpHalfDouble) -> Execution {
    let (value, zero) = (m.dreg(args.d), m.imm64(0));
    let half = m.fp(FpOp::DoubleToHalf, value, zero, zero);
    let half = m.low(half);
    Ok(set_half(m, args.s, args.top, half))
}

/// `VINS`.
pub(crate) fn vins<M: VfpMachine>(m: &mut M, args: &Fp2) -> Execution {
    let (FpReg::Single(d), FpReg::Single(operand)) = (args.d, args.m) else {
        mixed()
    };
    let half = m.sreg(operand);
    Ok(set_half(m, d, true, half))
}

/// `VMOVX`.
pub(crate) fn vmovx<M: VfpMachine>(m: &mut M, args: &Fp2) -> Execution {
    let (FpReg::Single(d), FpReg::Single(operand)) = (args.d, args.m) else {
        mixed()
    };
    let value = m.sreg(operand);
    let half = m.lshr_imm(value, 16);
    m.set_sreg(d, half);
    Ok(Flow::Next)
}

/// `VJCVT`. FPSCR.Z tells whether the conversion is exact.
pub(crate) fn vjcvt<M: VfpMachine>(m: &mut M, args: &FpHalfDouble) -> Execution {
    let value = m.dreg(args.d);
    let result = m.fp(FpOp::ToIntModulo, value, value, value);
    let (word, flags) = (m.low(result), m.high(result));
    m.set_sreg(args.s, word);
    let flags = m.flags_from_psr(flags);
    m.set_fpscr_flags(flags);
    Ok(Flow::Next)
}
