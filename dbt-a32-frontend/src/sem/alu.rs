//! Data processing.
//!
//! See Arm ARM DDI 0406C.d, section A8.8. The three forms of the second operand
//! share one function per operation.

use dbt_isa::machine::{Execution, Flow};
use dbt_isa::ops::{BinOp, UnOp};

use super::shift::{shift, shift_by, shift_by_c, shift_c};
use super::{Bit, Word, alu_write_pc, exception_return, write_result};
use crate::args::{
    Adr, DpImm, DpReg, DpRegShift, MoveImm, MoveReg, MoveRegShift, MoveWide, Regs2, ShiftReg,
    TestImm, TestReg, TestRegShift,
};
use crate::imm::ExpandedImm;
use crate::machine::BranchKind;
use crate::operands::{Shift, ShiftKind};
use crate::reg::Reg;
use crate::system_machine::SystemMachine;

/// The second operand of an instruction.
#[derive(Clone, Copy)]
enum Operand2 {
    Imm(ExpandedImm),
    Reg(Reg, Shift),
    RegShift(Reg, ShiftKind, Reg),
}

impl Operand2 {
    /// Its value.
    fn value<M: SystemMachine>(self, m: &mut M) -> Word<M> {
        match self {
            Self::Imm(imm) => m.imm(imm.value),
            Self::Reg(reg, by) => {
                let value = m.reg(reg);
                shift(m, value, by)
            }
            Self::RegShift(reg, kind, by) => {
                let value = m.reg(reg);
                shift_by(m, value, kind, by)
            }
        }
    }

    /// Its value and the carry of the shifter; `None` leaves the carry alone.
    fn value_c<M: SystemMachine>(self, m: &mut M) -> (Word<M>, Option<Bit<M>>) {
        match self {
            Self::Imm(imm) => (m.imm(imm.value), imm.carry.map(|carry| m.bit(carry))),
            Self::Reg(reg, by) => {
                let value = m.reg(reg);
                shift_c(m, value, by)
            }
            Self::RegShift(reg, kind, by) => {
                let value = m.reg(reg);
                let (value, carry) = shift_by_c(m, value, kind, by);
                (value, Some(carry))
            }
        }
    }
}

/// Sets N and Z of `result` and C of the shifter.
fn set_logical_flags<M: SystemMachine>(m: &mut M, result: Word<M>, carry: Option<Bit<M>>) {
    let old = m.flags();
    let flags = match carry {
        Some(carry) => m.nzc_flags(result, carry, old),
        None => m.nz_flags(result, old),
    };
    m.set_flags(flags);
}

/// A bitwise operation of the first operand, if there is one, and the second.
fn logical<M: SystemMachine>(
    m: &mut M,
    (s, d): (bool, Reg),
    operand: Operand2,
    operate: impl FnOnce(&mut M, Word<M>) -> Word<M>,
) -> Execution {
    if !s {
        let operand = operand.value(m);
        let result = operate(m, operand);
        return Ok(write_result(m, d, result));
    }
    if d.is_pc() {
        // `MOVS PC, LR` and its kin.
        return exception_return(m, |m| {
            let operand = operand.value(m);
            operate(m, operand)
        });
    }
    let (operand, carry) = operand.value_c(m);
    let result = operate(m, operand);
    m.set_reg(d, result);
    set_logical_flags(m, result, carry);
    Ok(Flow::Next)
}

/// An arithmetic operation.
#[derive(Clone, Copy)]
enum Arithmetic {
    Add,
    Sub,
    Rsb,
    Adc,
    Sbc,
    Rsc,
}

impl Arithmetic {
    /// The result, and the flags if they are wanted.
    fn apply<M: SystemMachine>(
        self,
        m: &mut M,
        s: bool,
        a: Word<M>,
        b: Word<M>,
    ) -> (Word<M>, Option<M::Flags>) {
        match self {
            Self::Add => (m.add(a, b), s.then(|| m.add_flags(a, b))),
            Self::Sub => (m.sub(a, b), s.then(|| m.sub_flags(a, b))),
            Self::Rsb => Self::Sub.apply(m, s, b, a),
            Self::Adc => {
                let carry = m.carry();
                (m.adc(a, b, carry), s.then(|| m.adc_flags(a, b, carry)))
            }
            Self::Sbc => {
                let carry = m.carry();
                (m.sbc(a, b, carry), s.then(|| m.sbc_flags(a, b, carry)))
            }
            Self::Rsc => Self::Sbc.apply(m, s, b, a),
        }
    }

    fn execute<M: SystemMachine>(
        self,
        m: &mut M,
        (s, d, n): (bool, Reg, Reg),
        operand: Operand2,
    ) -> Execution {
        if s && d.is_pc() {
            // `SUBS PC, LR, #4` and its kin.
            return exception_return(m, |m| {
                let a = m.reg(n);
                let b = operand.value(m);
                self.apply(m, false, a, b).0
            });
        }
        let a = m.reg(n);
        let b = operand.value(m);
        let (result, flags) = self.apply(m, s, a, b);
        let flow = write_result(m, d, result);
        if let Some(flags) = flags {
            m.set_flags(flags);
        }
        Ok(flow)
    }
}

/// Defines the functions of the three operand forms of a bitwise operation.
macro_rules! logical_forms {
    ($($(#[$doc:meta])* $imm:ident $reg:ident $reg_shift:ident = $operate:expr;)*) => { $(
        $(#[$doc])*
        pub(crate) fn $imm<M: SystemMachine>(m: &mut M, i: &DpImm) -> Execution {
            let operand = Operand2::Imm(i.imm);
            logical(m, (i.s, i.d), operand, |m, b| { let a = m.reg(i.n); $operate(m, a, b) })
        }
        $(#[$doc])*
        pub(crate) fn $reg<M: SystemMachine>(m: &mut M, i: &DpReg) -> Execution {
            let operand = Operand2::Reg(i.m, i.shift);
            logical(m, (i.s, i.d), operand, |m, b| { let a = m.reg(i.n); $operate(m, a, b) })
        }
        $(#[$doc])*
        pub(crate) fn $reg_shift<M: SystemMachine>(m: &mut M, i: &DpRegShift) -> Execution {
            let operand = Operand2::RegShift(i.m, i.kind, i.rs);
            logical(m, (i.s, i.d), operand, |m, b| { let a = m.reg(i.n); $operate(m, a, b) })
        }
    )* };
}

logical_forms! {
    /// `AND`.
    and_imm and_reg and_reg_shift = M::and;
    /// `BIC`.
    bic_imm bic_reg bic_reg_shift = and_not;
    /// `EOR`.
    eor_imm eor_reg eor_reg_shift = M::xor;
    /// `ORR`.
    orr_imm orr_reg orr_reg_shift = M::or;
}

fn and_not<M: SystemMachine>(m: &mut M, a: Word<M>, b: Word<M>) -> Word<M> {
    let b = m.not(b);
    m.and(a, b)
}

fn or_not<M: SystemMachine>(m: &mut M, a: Word<M>, b: Word<M>) -> Word<M> {
    let b = m.not(b);
    m.or(a, b)
}

/// `ORN` (T32 only).
#[allow(dead_code, reason = "only T32 has the instruction")]
pub(crate) fn orn_imm<M: SystemMachine>(m: &mut M, i: &DpImm) -> Execution {
    logical(m, (i.s, i.d), Operand2::Imm(i.imm), |m, b| {
        let a = m.reg(i.n);
        or_not(m, a, b)
    })
}

/// `ORN` (T32 only).
#[allow(dead_code, reason = "only T32 has the instruction")]
pub(crate) fn orn_reg<M: SystemMachine>(m: &mut M, i: &DpReg) -> Execution {
    logical(m, (i.s, i.d), Operand2::Reg(i.m, i.shift), |m, b| {
        let a = m.reg(i.n);
        or_not(m, a, b)
    })
}

/// Defines the functions of the three operand forms of an arithmetic operation.
macro_rules! arithmetic_forms {
    ($($(#[$doc:meta])* $imm:ident $reg:ident $reg_shift:ident = $operation:ident;)*) => { $(
        $(#[$doc])*
        pub(crate) fn $imm<M: SystemMachine>(m: &mut M, i: &DpImm) -> Execution {
            Arithmetic::$operation.execute(m, (i.s, i.d, i.n), Operand2::Imm(i.imm))
        }
        $(#[$doc])*
        pub(crate) fn $reg<M: SystemMachine>(m: &mut M, i: &DpReg) -> Execution {
            Arithmetic::$operation.execute(m, (i.s, i.d, i.n), Operand2::Reg(i.m, i.shift))
        }
        $(#[$doc])*
        pub(crate) fn $reg_shift<M: SystemMachine>(m: &mut M, i: &DpRegShift) -> Execution {
            let operand = Operand2::RegShift(i.m, i.kind, i.rs);
            Arithmetic::$operation.execute(m, (i.s, i.d, i.n), operand)
        }
    )* };
}

arithmetic_forms! {
    /// `ADD`. A32's `ADR` and the additions to SP are the same operation.
    add_imm add_reg add_reg_shift = Add;
    /// `SUB`.
    sub_imm sub_reg sub_reg_shift = Sub;
    /// `RSB`.
    rsb_imm rsb_reg rsb_reg_shift = Rsb;
    /// `ADC`.
    adc_imm adc_reg adc_reg_shift = Adc;
    /// `SBC`.
    sbc_imm sbc_reg sbc_reg_shift = Sbc;
    /// `RSC`.
    rsc_imm rsc_reg rsc_reg_shift = Rsc;
}

/// Defines the functions of the three operand forms of a comparison.
macro_rules! test_forms {
    ($($(#[$doc:meta])* $imm:ident $reg:ident $reg_shift:ident = $test:expr;)*) => { $(
        $(#[$doc])*
        pub(crate) fn $imm<M: SystemMachine>(m: &mut M, i: &TestImm) -> Execution {
            $test(m, i.n, Operand2::Imm(i.imm))
        }
        $(#[$doc])*
        pub(crate) fn $reg<M: SystemMachine>(m: &mut M, i: &TestReg) -> Execution {
            $test(m, i.n, Operand2::Reg(i.m, i.shift))
        }
        $(#[$doc])*
        pub(crate) fn $reg_shift<M: SystemMachine>(m: &mut M, i: &TestRegShift) -> Execution {
            $test(m, i.n, Operand2::RegShift(i.m, i.kind, i.rs))
        }
    )* };
}

test_forms! {
    /// `CMP`.
    cmp_imm cmp_reg cmp_reg_shift = |m, n, operand| compare(m, M::sub_flags, n, operand);
    /// `CMN`.
    cmn_imm cmn_reg cmn_reg_shift = |m, n, operand| compare(m, M::add_flags, n, operand);
    /// `TST`.
    tst_imm tst_reg tst_reg_shift = |m, n, operand| test(m, BinOp::And, n, operand);
    /// `TEQ`.
    teq_imm teq_reg teq_reg_shift = |m, n, operand| test(m, BinOp::Xor, n, operand);
}

fn compare<M: SystemMachine>(
    m: &mut M,
    flags: impl FnOnce(&mut M, Word<M>, Word<M>) -> M::Flags,
    n: Reg,
    operand: Operand2,
) -> Execution {
    let a = m.reg(n);
    let b = operand.value(m);
    let flags = flags(m, a, b);
    m.set_flags(flags);
    Ok(Flow::Next)
}

fn test<M: SystemMachine>(m: &mut M, operation: BinOp, n: Reg, operand: Operand2) -> Execution {
    let (b, carry) = operand.value_c(m);
    let a = m.reg(n);
    let result = m.binary(operation, a, b);
    set_logical_flags(m, result, carry);
    Ok(Flow::Next)
}

/// `MOV` of an immediate, `MOVW`.
pub(crate) fn mov_imm<M: SystemMachine>(m: &mut M, i: &MoveImm) -> Execution {
    logical(m, (i.s, i.d), Operand2::Imm(i.imm), |_, b| b)
}

/// `MVN` of an immediate.
pub(crate) fn mvn_imm<M: SystemMachine>(m: &mut M, i: &MoveImm) -> Execution {
    logical(m, (i.s, i.d), Operand2::Imm(i.imm.inverted()), |_, b| b)
}

/// `MOVT`.
pub(crate) fn movt<M: SystemMachine>(m: &mut M, i: &MoveWide) -> Execution {
    let old = m.reg(i.d);
    let low = m.unary(UnOp::ZextHalf, old);
    let high = m.imm(i.imm16.get() << 16);
    let result = m.or(low, high);
    m.set_reg(i.d, result);
    Ok(Flow::Next)
}

/// `MOV` of a register.
pub(crate) fn mov_reg<M: SystemMachine>(m: &mut M, i: &MoveReg) -> Execution {
    if i.d.is_pc() && !i.s && i.m == Reg::LR && i.shift.is_none() {
        let target = m.reg(Reg::LR);
        return Ok(alu_write_pc(m, target, BranchKind::Return));
    }
    logical(m, (i.s, i.d), Operand2::Reg(i.m, i.shift), |_, b| b)
}

/// `LSL` by an immediate.
pub(crate) fn lsl_imm<M: SystemMachine>(m: &mut M, i: &MoveReg) -> Execution {
    logical(m, (i.s, i.d), Operand2::Reg(i.m, i.shift), |_, b| b)
}

/// `LSR` by an immediate.
pub(crate) fn lsr_imm<M: SystemMachine>(m: &mut M, i: &MoveReg) -> Execution {
    lsl_imm(m, i)
}

/// `ASR` by an immediate.
pub(crate) fn asr_imm<M: SystemMachine>(m: &mut M, i: &MoveReg) -> Execution {
    lsl_imm(m, i)
}

/// `ROR` by an immediate.
pub(crate) fn ror_imm<M: SystemMachine>(m: &mut M, i: &MoveReg) -> Execution {
    lsl_imm(m, i)
}

/// `RRX`.
pub(crate) fn rrx<M: SystemMachine>(m: &mut M, i: &MoveReg) -> Execution {
    lsl_imm(m, i)
}

/// `MVN` of a register.
pub(crate) fn mvn_reg<M: SystemMachine>(m: &mut M, i: &MoveReg) -> Execution {
    logical(m, (i.s, i.d), Operand2::Reg(i.m, i.shift), M::not)
}

/// `MVN` of a register shifted by a register.
pub(crate) fn mvn_reg_shift<M: SystemMachine>(m: &mut M, i: &MoveRegShift) -> Execution {
    logical(m, (i.s, i.d), Operand2::RegShift(i.m, i.kind, i.rs), M::not)
}

fn shift_reg<M: SystemMachine>(m: &mut M, kind: ShiftKind, i: &ShiftReg) -> Execution {
    logical(m, (i.s, i.d), Operand2::RegShift(i.n, kind, i.m), |_, b| b)
}

/// `LSL` by a register.
pub(crate) fn lsl_reg<M: SystemMachine>(m: &mut M, i: &ShiftReg) -> Execution {
    shift_reg(m, ShiftKind::Lsl, i)
}

/// `LSR` by a register.
pub(crate) fn lsr_reg<M: SystemMachine>(m: &mut M, i: &ShiftReg) -> Execution {
    shift_reg(m, ShiftKind::Lsr, i)
}

/// `ASR` by a register.
pub(crate) fn asr_reg<M: SystemMachine>(m: &mut M, i: &ShiftReg) -> Execution {
    shift_reg(m, ShiftKind::Asr, i)
}

/// `ROR` by a register.
pub(crate) fn ror_reg<M: SystemMachine>(m: &mut M, i: &ShiftReg) -> Execution {
    shift_reg(m, ShiftKind::Ror, i)
}

/// `ADR`, which aligns the PC that it adds to.
#[allow(dead_code, reason = "A32 describes it as ADD")]
pub(crate) fn adr<M: SystemMachine>(m: &mut M, i: &Adr) -> Execution {
    let base = super::load_store::aligned_pc(m);
    let result = m.add_imm(base, i.offset.cast_unsigned());
    Ok(write_result(m, i.d, result))
}

/// `CLZ`.
pub(crate) fn clz<M: SystemMachine>(m: &mut M, i: &Regs2) -> Execution {
    unary(m, UnOp::Clz, i)
}

/// `REV`.
pub(crate) fn rev<M: SystemMachine>(m: &mut M, i: &Regs2) -> Execution {
    unary(m, UnOp::ByteSwap, i)
}

/// `RBIT`.
pub(crate) fn rbit<M: SystemMachine>(m: &mut M, i: &Regs2) -> Execution {
    unary(m, UnOp::BitReverse, i)
}

fn unary<M: SystemMachine>(m: &mut M, operation: UnOp, i: &Regs2) -> Execution {
    let value = m.reg(i.m);
    let result = m.unary(operation, value);
    m.set_reg(i.d, result);
    Ok(Flow::Next)
}

/// `REV16`: the bytes of the reversed word, its halves exchanged.
pub(crate) fn rev16<M: SystemMachine>(m: &mut M, i: &Regs2) -> Execution {
    let value = m.reg(i.m);
    let reversed = m.unary(UnOp::ByteSwap, value);
    let result = super::rotate_right(m, reversed, 16);
    m.set_reg(i.d, result);
    Ok(Flow::Next)
}

/// `REVSH`: the top halfword of the reversed word, sign-extended.
pub(crate) fn revsh<M: SystemMachine>(m: &mut M, i: &Regs2) -> Execution {
    let value = m.reg(i.m);
    let reversed = m.unary(UnOp::ByteSwap, value);
    let result = m.ashr_imm(reversed, 16);
    m.set_reg(i.d, result);
    Ok(Flow::Next)
}
