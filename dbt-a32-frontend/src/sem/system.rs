//! Exceptions, hints, changes of the processor state, coprocessors.
//!
//! See Arm ARM DDI 0406C.d, sections A8.8, B3.15 and B9.3.

use dbt_isa::machine::{Execution, Flow};

use super::{exception_return, undefined};
use crate::args::{Coproc, CoprocDual, CoprocOperation, CoprocTransfer, Coprocessor, Cps, Imm};
use crate::machine::{A32Machine, TrapKind};
use crate::reg::Reg;
use crate::system::{AccessKind, Place};
use crate::system_machine::{CoprocessorAccess, Event, Privilege, SystemCall, SystemMachine};

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
pub(crate) fn hvc<M: SystemMachine>(m: &mut M, i: &Imm) -> Execution {
    call(m, SystemCall::Hypervisor, i)
}

/// `SMC`, UNDEFINED in User mode.
pub(crate) fn smc<M: SystemMachine>(m: &mut M, i: &Imm) -> Execution {
    call(m, SystemCall::SecureMonitor, i)
}

fn call<M: SystemMachine>(m: &mut M, call: SystemCall, i: &Imm) -> Execution {
    if m.privilege() == Privilege::User {
        return undefined(m);
    }
    if m.rarely() == Flow::Leave {
        return Ok(Flow::Leave);
    }
    Ok(m.call(call, i.imm.0))
}

/// `ERET`, UNPREDICTABLE in User mode. Outside Hyp mode it is `SUBS PC, LR, #0`.
pub(crate) fn eret<M: SystemMachine>(m: &mut M) -> Execution {
    if m.privilege() != Privilege::Hyp {
        return exception_return(m, |m| m.reg(Reg::LR));
    }
    if m.rarely() == Flow::Leave {
        return Ok(Flow::Leave);
    }
    let (target, psr) = (m.elr_hyp(), m.spsr());
    Ok(m.return_from_exception(target, psr))
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
pub(crate) fn wfe<M: SystemMachine>(m: &mut M) -> Execution {
    Ok(m.event(Event::WaitForEvent))
}

/// `WFI`.
pub(crate) fn wfi<M: SystemMachine>(m: &mut M) -> Execution {
    Ok(m.event(Event::WaitForInterrupt))
}

/// `SEV`.
pub(crate) fn sev<M: SystemMachine>(m: &mut M) -> Execution {
    Ok(m.event(Event::Send))
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
pub(crate) fn cps<M: SystemMachine>(m: &mut M, i: &Cps) -> Execution {
    if m.privilege() == Privilege::User {
        return Ok(Flow::Next);
    }
    if m.rarely() == Flow::Leave {
        return Ok(Flow::Leave);
    }
    let masks = i.flags.psr_bits();
    let old = m.control();
    let masked = match i.imod.get() {
        2 => m.and_imm(old, !masks),
        3 => {
            let masks = m.imm(masks);
            m.or(old, masks)
        }
        _ => old,
    };
    let value = match i.mode {
        Some(mode) => {
            let rest = m.and_imm(masked, !31);
            let mode = m.imm(mode.get());
            m.or(rest, mode)
        }
        None => masked,
    };
    // Only A of the extension field is meant, so E is written as it is.
    let endianness = m.imm(u32::from(m.big_endian()) << 9);
    let value = m.or(value, endianness);
    m.write_cpsr(value, 3);
    Ok(Flow::Next)
}

/// The CP15 registers and operations that every mode may use, executed in place.
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

/// `MRC`.
pub(crate) fn mrc<M: SystemMachine>(m: &mut M, i: &Coproc) -> Execution {
    let value = match UserRegister::new(i) {
        Some(UserRegister::Tpidrurw) if !i.t.is_pc() => m.tpidrurw(),
        Some(UserRegister::Tpidruro) if !i.t.is_pc() => m.tpidruro(),
        _ => return coprocessor(m, i.access(AccessKind::Read)),
    };
    m.set_reg(i.t, value);
    Ok(Flow::Next)
}

/// `MCR`.
pub(crate) fn mcr<M: SystemMachine>(m: &mut M, i: &Coproc) -> Execution {
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
        Some(UserRegister::Tpidruro) | None => coprocessor(m, i.access(AccessKind::Write)),
    }
}

impl Coproc {
    const fn access(&self, kind: AccessKind) -> CoprocessorAccess {
        CoprocessorAccess {
            place: Place::new(
                self.coproc.number(),
                self.crn.number(),
                self.opc1.get(),
                self.crm.number(),
                self.opc2.get(),
            ),
            kind,
            registers: [self.t, self.t],
        }
    }
}

impl CoprocDual {
    const fn access(&self, kind: AccessKind) -> CoprocessorAccess {
        CoprocessorAccess {
            place: Place::dual(self.coproc.number(), self.opc1.get(), self.crm.number()),
            kind,
            registers: [self.t, self.t2],
        }
    }
}

/// Accesses a system register other than those that are read and written in place, or
/// a coprocessor. Where there is no system level, that is UNDEFINED.
fn coprocessor<M: SystemMachine>(m: &mut M, access: CoprocessorAccess) -> Execution {
    if m.rarely() == Flow::Leave {
        return Ok(Flow::Leave);
    }
    Ok(m.coprocessor(access))
}

/// `MCRR`.
pub(crate) fn mcrr<M: SystemMachine>(m: &mut M, i: &CoprocDual) -> Execution {
    coprocessor(m, i.access(AccessKind::Write))
}

/// `MRRC`.
pub(crate) fn mrrc<M: SystemMachine>(m: &mut M, i: &CoprocDual) -> Execution {
    coprocessor(m, i.access(AccessKind::Read))
}

/// What the second space of coprocessor instructions and those without a place among
/// the registers access: the embedder decides by the encoding.
fn whole<M: SystemMachine>(m: &mut M, coproc: Coprocessor, kind: AccessKind) -> Execution {
    let access = CoprocessorAccess {
        place: Place::new(coproc.number(), 0, 0, 0, 0),
        kind,
        registers: [Reg::PC; 2],
    };
    coprocessor(m, access)
}

/// Defines the functions of coprocessor instructions that no register stands for.
macro_rules! whole_coprocessor {
    ($($(#[$doc:meta])* $name:ident($args:ident) = $kind:ident;)*) => { $(
        $(#[$doc])*
        pub(crate) fn $name<M: SystemMachine>(m: &mut M, i: &$args) -> Execution {
            whole(m, i.coproc, AccessKind::$kind)
        }
    )* };
}

whole_coprocessor! {
    /// `CDP`.
    cdp(CoprocOperation) = Operation;
    /// `CDP2`.
    cdp2(CoprocOperation) = Operation;
    /// `LDC`.
    ldc(CoprocTransfer) = Load;
    /// `LDC2`.
    ldc2(CoprocTransfer) = Load;
    /// `STC`.
    stc(CoprocTransfer) = Store;
    /// `STC2`.
    stc2(CoprocTransfer) = Store;
    /// `MCR2`.
    mcr2(Coproc) = Operation;
    /// `MRC2`.
    mrc2(Coproc) = Operation;
    /// `MCRR2`.
    mcrr2(CoprocDual) = Operation;
    /// `MRRC2`.
    mrrc2(CoprocDual) = Operation;
}
