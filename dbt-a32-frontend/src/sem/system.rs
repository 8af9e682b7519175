//! Exceptions, hints, coprocessors, and what User mode may not execute.
//!
//! See Arm ARM DDI 0406C.d, sections A8.8, B3.15 and B9.3.

use dbt_isa::machine::{Execution, Flow};

use super::undefined;
use crate::args::{Coproc, CoprocDual, Cps, Imm, Rfe, Srs};
use crate::machine::{A32Machine, TrapKind};

/// `SVC`.
pub(crate) fn svc<M: A32Machine>(m: &mut M, i: &Imm) -> Execution {
    Ok(m.trap(TrapKind::SupervisorCall, i.imm.0))
}

/// `BKPT`.
pub(crate) fn bkpt<M: A32Machine>(m: &mut M, i: &Imm) -> Execution {
    Ok(m.trap(TrapKind::Breakpoint, i.imm.0))
}

/// `UDF`.
pub(crate) fn udf<M: A32Machine>(m: &mut M, _: &Imm) -> Execution {
    undefined(m)
}

/// `HVC`, UNDEFINED in User mode.
pub(crate) fn hvc<M: A32Machine>(m: &mut M, _: &Imm) -> Execution {
    undefined(m)
}

/// `SMC`, UNDEFINED in User mode.
pub(crate) fn smc<M: A32Machine>(m: &mut M, _: &Imm) -> Execution {
    undefined(m)
}

/// `ERET`, UNPREDICTABLE in User mode.
pub(crate) fn eret<M: A32Machine>(m: &mut M) -> Execution {
    undefined(m)
}

/// `NOP`.
pub(crate) fn nop<M: A32Machine>(_: &mut M) -> Execution {
    Ok(Flow::Next)
}

/// `YIELD`.
pub(crate) fn r#yield<M: A32Machine>(m: &mut M) -> Execution {
    Ok(m.trap(TrapKind::Yield, 0))
}

/// `WFE`.
pub(crate) fn wfe<M: A32Machine>(m: &mut M) -> Execution {
    Ok(m.trap(TrapKind::WaitForEvent, 0))
}

/// `WFI`.
pub(crate) fn wfi<M: A32Machine>(m: &mut M) -> Execution {
    Ok(m.trap(TrapKind::WaitForInterrupt, 0))
}

/// `SEV`.
pub(crate) fn sev<M: A32Machine>(m: &mut M) -> Execution {
    Ok(m.trap(TrapKind::SendEvent, 0))
}

/// `DBG`, which does nothing.
pub(crate) fn dbg<M: A32Machine>(_: &mut M, _: &Imm) -> Execution {
    Ok(Flow::Next)
}

/// A reserved hint, which does nothing.
pub(crate) fn hint<M: A32Machine>(_: &mut M, _: &Imm) -> Execution {
    Ok(Flow::Next)
}

/// `CPS`, which does nothing in User mode.
pub(crate) fn cps<M: A32Machine>(_: &mut M, _: &Cps) -> Execution {
    Ok(Flow::Next)
}

/// `SRS`, UNPREDICTABLE in User mode.
pub(crate) fn srs<M: A32Machine>(m: &mut M, _: &Srs) -> Execution {
    undefined(m)
}

/// `RFE`, UNPREDICTABLE in User mode.
pub(crate) fn rfe<M: A32Machine>(m: &mut M, _: &Rfe) -> Execution {
    undefined(m)
}

/// The CP15 registers and operations that User mode may use.
#[derive(Clone, Copy)]
enum UserRegister {
    Tpidrurw,
    Tpidruro,
    InstructionBarrier,
    DataBarrier,
}

impl UserRegister {
    const fn new(i: &Coproc) -> Option<Self> {
        if i.coproc.number() != 15 || i.opc1.get() != 0 {
            return None;
        }
        match (i.crn.number(), i.crm.number(), i.opc2.get()) {
            (13, 0, 2) => Some(Self::Tpidrurw),
            (13, 0, 3) => Some(Self::Tpidruro),
            (7, 5, 4) => Some(Self::InstructionBarrier),
            (7, 10, 4 | 5) => Some(Self::DataBarrier),
            _ => None,
        }
    }
}

/// `MRC`: the thread registers; everything else is UNDEFINED in User mode.
pub(crate) fn mrc<M: A32Machine>(m: &mut M, i: &Coproc) -> Execution {
    let value = match UserRegister::new(i) {
        Some(UserRegister::Tpidrurw) if !i.t.is_pc() => m.tpidrurw(),
        Some(UserRegister::Tpidruro) if !i.t.is_pc() => m.tpidruro(),
        _ => return undefined(m),
    };
    m.set_reg(i.t, value);
    Ok(Flow::Next)
}

/// `MCR`: TPIDRURW and the barriers; everything else is UNDEFINED in User mode.
pub(crate) fn mcr<M: A32Machine>(m: &mut M, i: &Coproc) -> Execution {
    match UserRegister::new(i) {
        Some(UserRegister::Tpidrurw) => {
            let value = m.reg(i.t);
            m.set_tpidrurw(value);
            Ok(Flow::Next)
        }
        Some(UserRegister::InstructionBarrier) => Ok(m.instruction_barrier()),
        Some(UserRegister::DataBarrier) => {
            m.fence();
            Ok(Flow::Next)
        }
        Some(UserRegister::Tpidruro) | None => undefined(m),
    }
}

/// `MCRR`, of which User mode may use nothing.
pub(crate) fn mcrr<M: A32Machine>(m: &mut M, _: &CoprocDual) -> Execution {
    undefined(m)
}

/// `MRRC`, of which User mode may use nothing here.
pub(crate) fn mrrc<M: A32Machine>(m: &mut M, _: &CoprocDual) -> Execution {
    undefined(m)
}
