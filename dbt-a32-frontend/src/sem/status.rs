//! Access to the status register.
//!
//! See Arm ARM DDI 0406C.d, sections A4.5, A8.8.109 to A8.8.112 and B1.3.3.

use dbt_isa::machine::{Execution, Flow};
use dbt_isa::ops::BinOp;

use super::{Word, undefined};
use crate::args::{Mrs, MrsBanked, MsrBanked, MsrImm, MsrReg, PsrMask, Setend};
use crate::machine::A32Machine;
use crate::state::{GATHER_GE, SPREAD_GE};
use crate::system::psr::SPSR_BITS;
use crate::system_machine::{Privilege, SystemMachine};

/// `MRS` of the CPSR, whose execution state reads as zero but for E. User code, which
/// should look at the APSR only, reads as much.
pub(crate) fn mrs<M: SystemMachine>(m: &mut M, i: &Mrs) -> Execution {
    let flags = m.flags();
    let flags = m.flags_to_psr(flags);
    let q = m.q();
    let q = m.shl_imm(q, 27);
    let ge = m.ge();
    let ge = m.lshr_imm(ge, 7);
    let gather = m.imm(GATHER_GE);
    let ge = m.binary(BinOp::Mul, ge, gather);
    let ge = m.lshr_imm(ge, 24);
    let ge = m.shl_imm(ge, 16);
    let mut rest = m.control();
    if m.big_endian() {
        let endianness = m.imm(1 << 9);
        rest = m.or(rest, endianness);
    }
    let result = m.or(flags, q);
    let result = m.or(result, ge);
    let result = m.or(result, rest);
    m.set_reg(i.d, result);
    Ok(Flow::Next)
}

/// `MRS` of the SPSR, which User mode has not.
pub(crate) fn mrs_spsr<M: SystemMachine>(m: &mut M, i: &Mrs) -> Execution {
    if m.privilege() == Privilege::User {
        return undefined(m);
    }
    let value = m.spsr();
    m.set_reg(i.d, value);
    Ok(Flow::Next)
}

/// Writes the CPSR. User code writes what it may of the fields in `mask`.
fn write_psr<M: SystemMachine>(m: &mut M, mask: PsrMask, value: Word<M>) -> Execution {
    if m.privilege() != Privilege::User && mask.writes_control() {
        if m.rarely() == Flow::Leave {
            return Ok(Flow::Leave);
        }
        m.write_cpsr(value, mask.bits());
        return Ok(Flow::Next);
    }
    // First: a machine that leaves executes the instruction anew, under the flags
    // that it finds.
    if mask.writes_endianness() {
        let big_endian = m.bit_of(value, 9);
        if m.set_big_endian(big_endian) == Flow::Leave {
            return Ok(Flow::Leave);
        }
    }
    if mask.writes_nzcvq() {
        let flags = m.flags_from_psr(value);
        m.set_flags(flags);
        let q = m.lshr_imm(value, 27);
        let q = m.and_imm(q, 1);
        m.set_q(q);
    }
    if mask.writes_ge() {
        let ge = m.lshr_imm(value, 16);
        let ge = m.and_imm(ge, 15);
        let spread = m.imm(SPREAD_GE);
        let ge = m.binary(BinOp::Mul, ge, spread);
        let ge = m.and_imm(ge, 0x0101_0101);
        let ge = m.shl_imm(ge, 7);
        m.set_ge(ge);
    }
    Ok(Flow::Next)
}

/// `MSR` of an immediate.
pub(crate) fn msr_imm<M: SystemMachine>(m: &mut M, i: &MsrImm) -> Execution {
    let value = m.imm(i.imm.value);
    write_psr(m, i.mask, value)
}

/// `MSR` of a register.
pub(crate) fn msr_reg<M: SystemMachine>(m: &mut M, i: &MsrReg) -> Execution {
    let value = m.reg(i.n);
    write_psr(m, i.mask, value)
}

/// Writes fields of the SPSR (`SPSRWriteByInstr()`).
fn write_spsr<M: SystemMachine>(m: &mut M, mask: PsrMask, value: Word<M>) -> Execution {
    if m.privilege() == Privilege::User {
        return undefined(m);
    }
    let bits = mask.spread() & SPSR_BITS;
    let old = m.spsr();
    let old = m.and_imm(old, SPSR_BITS & !bits);
    let new = m.and_imm(value, bits);
    let new = m.or(old, new);
    m.set_spsr(new);
    Ok(Flow::Next)
}

/// `MSR` of an immediate to the SPSR, which User mode has not.
pub(crate) fn msr_spsr_imm<M: SystemMachine>(m: &mut M, i: &MsrImm) -> Execution {
    let value = m.imm(i.imm.value);
    write_spsr(m, i.mask, value)
}

/// `MSR` of a register to the SPSR, which User mode has not.
pub(crate) fn msr_spsr_reg<M: SystemMachine>(m: &mut M, i: &MsrReg) -> Execution {
    let value = m.reg(i.n);
    write_spsr(m, i.mask, value)
}

/// `MRS` of a banked register, UNPREDICTABLE in User mode.
pub(crate) fn mrs_banked<M: SystemMachine>(m: &mut M, i: &MrsBanked) -> Execution {
    if m.privilege() == Privilege::User {
        return undefined(m);
    }
    if m.rarely() == Flow::Leave {
        return Ok(Flow::Leave);
    }
    match m.banked(i.reg) {
        Some(value) => {
            m.set_reg(i.d, value);
            Ok(Flow::Next)
        }
        None => undefined(m),
    }
}

/// `MSR` of a banked register, UNPREDICTABLE in User mode.
pub(crate) fn msr_banked<M: SystemMachine>(m: &mut M, i: &MsrBanked) -> Execution {
    if m.privilege() == Privilege::User {
        return undefined(m);
    }
    if m.rarely() == Flow::Leave {
        return Ok(Flow::Leave);
    }
    let value = m.reg(i.n);
    match m.set_banked(i.reg, value) {
        Some(()) => Ok(Flow::Next),
        None => undefined(m),
    }
}

/// `SETEND`.
pub(crate) fn setend<M: A32Machine>(m: &mut M, i: &Setend) -> Execution {
    let big_endian = m.bit(i.big_endian);
    Ok(m.set_big_endian(big_endian))
}
