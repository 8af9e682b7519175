//! Access to the status register.
//!
//! See Arm ARM DDI 0406C.d, sections A4.5, A8.8.109 to A8.8.112 and B1.3.3.

use dbt_isa::machine::{Execution, Flow};

use super::{Word, undefined};
use crate::args::{Mrs, MsrImm, MsrReg, PsrMask, Setend};
use crate::machine::A32Machine;

/// The mode field of User mode.
const USER_MODE: u32 = 0x10;

/// `MRS` of the APSR. What user code should not look at reads as the CPSR with
/// its execution state masked: E as it is, masks clear, User mode.
pub(crate) fn mrs<M: A32Machine>(m: &mut M, i: &Mrs) -> Execution {
    let flags = m.flags();
    let flags = m.flags_to_psr(flags);
    let q = m.q();
    let q = m.shl_imm(q, 27);
    let ge = m.ge();
    let ge = m.shl_imm(ge, 16);
    let endianness = u32::from(m.big_endian()) << 9;
    let fixed = m.imm(USER_MODE | endianness);
    let result = m.or(flags, q);
    let result = m.or(result, ge);
    let result = m.or(result, fixed);
    m.set_reg(i.d, result);
    Ok(Flow::Next)
}

/// `MRS` of the SPSR, which User mode has not.
pub(crate) fn mrs_spsr<M: A32Machine>(m: &mut M, _: &Mrs) -> Execution {
    undefined(m)
}

/// Writes what user code may write of the fields in `mask`.
fn write_psr<M: A32Machine>(m: &mut M, mask: PsrMask, value: Word<M>) -> Execution {
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
        m.set_ge(ge);
    }
    Ok(Flow::Next)
}

/// `MSR` of an immediate.
pub(crate) fn msr_imm<M: A32Machine>(m: &mut M, i: &MsrImm) -> Execution {
    let value = m.imm(i.imm.value);
    write_psr(m, i.mask, value)
}

/// `MSR` of a register.
pub(crate) fn msr_reg<M: A32Machine>(m: &mut M, i: &MsrReg) -> Execution {
    let value = m.reg(i.n);
    write_psr(m, i.mask, value)
}

/// `MSR` of an immediate to the SPSR, which User mode has not.
pub(crate) fn msr_spsr_imm<M: A32Machine>(m: &mut M, _: &MsrImm) -> Execution {
    undefined(m)
}

/// `MSR` of a register to the SPSR, which User mode has not.
pub(crate) fn msr_spsr_reg<M: A32Machine>(m: &mut M, _: &MsrReg) -> Execution {
    undefined(m)
}

/// `SETEND`.
pub(crate) fn setend<M: A32Machine>(m: &mut M, i: &Setend) -> Execution {
    let big_endian = m.bit(i.big_endian);
    Ok(m.set_big_endian(big_endian))
}
