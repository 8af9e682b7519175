//! The system-level part of the interpreter.

use dbt_core::guest::Step;
use dbt_core::ir;
use dbt_core::memory::GuestMemory;
use dbt_isa::machine::Flow;

use super::Interpreter;
use crate::machine::{A32Machine, TrapKind};
use crate::reg::Reg;
use crate::state::ArmState;
use crate::system::psr::{PAN, PsrWrite, context, spsr_bits};
use crate::system::{
    Access, AccessKind, Action, BankedReg, Exception, Firmware, Outcome, ProcessorMode,
    SystemRegister, Watch,
};
use crate::system_machine::{CoprocessorAccess, Event, Privilege, SystemCall, SystemMachine};
use crate::version::Features;

/// Takes an interrupt that is pending behind an instruction, which may have unmasked
/// it.
pub(super) fn settle(state: &mut ArmState, step: Step, features: Features) -> Step {
    if state.system.lines != 0
        && step == Step::Next
        && let Some(exception) = state.pending_interrupt(features)
    {
        state.take_exception(exception, features);
    }
    step
}

impl<Mem: GuestMemory + ?Sized> Interpreter<'_, Mem> {
    /// Takes the exception that a trap is, if it is one; returns whether.
    pub(super) fn take_trap(&mut self, kind: TrapKind, info: u32) -> bool {
        let exception = match kind {
            TrapKind::SupervisorCall => Exception::SupervisorCall { immediate: info },
            TrapKind::Undefined => Exception::Undefined,
            TrapKind::Breakpoint => Exception::breakpoint(self.site.pc),
            TrapKind::Yield
            | TrapKind::WaitForEvent
            | TrapKind::WaitForInterrupt
            | TrapKind::SendEvent => return false,
        };
        self.take(exception);
        true
    }

    fn take(&mut self, exception: Exception) {
        self.state.take_exception(exception, self.core.features);
    }

    /// Stops for the embedder.
    fn leave(&mut self, kind: ir::TrapKind, info: u32) -> Flow {
        self.stop = Step::Trap { kind, info };
        Flow::Leave
    }

    /// Records an access for the embedder.
    fn record(&mut self, access: CoprocessorAccess, value: u64, outcome: Outcome) {
        let site = self.site;
        self.state.system.access = Access {
            place: access.place,
            kind: access.kind,
            value,
            word: site.word,
            address: site.pc,
            outcome,
            #[allow(clippy::cast_possible_truncation, reason = "register numbers")]
            registers: access.registers.map(|register| register.index() as u8),
            len: site.len,
            next_it: site.next_it.bits(),
        };
    }

    /// What an instruction writes to a place.
    fn written(&mut self, access: CoprocessorAccess) -> u64 {
        if access.kind != AccessKind::Write {
            return 0;
        }
        let [low, high] = access
            .registers
            .map(|register| u64::from(self.reg(register)));
        if access.place.is_dual() {
            low | high << 32
        } else {
            low
        }
    }

    /// Makes an access that is none of the embedder's.
    fn access_register(&mut self, register: &SystemRegister, access: CoprocessorAccess) -> Flow {
        if access.kind == AccessKind::Read {
            let value = self.state.read_register(register);
            self.state.set_read(access.registers, access.place, value);
            return Flow::Next;
        }
        let value = self.written(access);
        match self.state.write_register(register, value) {
            Watch::No => Flow::Next,
            Watch::Writes => {
                self.record(access, value, Outcome::Done);
                self.site.skip(self.state);
                self.leave(ir::TrapKind::SystemRegister, 0)
            }
        }
    }

    /// An access that nobody handles.
    fn unhandled(&mut self, access: CoprocessorAccess) -> Flow {
        let value = self.written(access);
        self.record(access, value, Outcome::Undefined);
        let flow = self.trap(TrapKind::Undefined, 0);
        if self.core.takes_exceptions() {
            return self.leave(ir::TrapKind::SystemRegister, 0);
        }
        flow
    }
}

impl ArmState {
    /// Writes what `MRC` or `MRRC` has read; R15 stands for the condition flags.
    #[allow(clippy::cast_possible_truncation, reason = "halves are meant")]
    pub(crate) fn set_read(
        &mut self,
        registers: [Reg; 2],
        place: crate::system::Place,
        value: u64,
    ) {
        let [first, second] = registers;
        if first.is_pc() {
            self.nzcv = value as u32 & 0xf000_0000;
        } else {
            self.r[first.index()] = value as u32;
        }
        if place.is_dual() {
            self.r[second.index()] = (value >> 32) as u32;
        }
    }
}

impl<Mem: GuestMemory + ?Sized> SystemMachine for Interpreter<'_, Mem> {
    fn privilege(&self) -> Privilege {
        privilege(self.state.system.context)
    }

    fn control(&mut self) -> u32 {
        self.state.system.control
    }
    fn spsr(&mut self) -> u32 {
        self.state.system.spsr
    }
    fn set_spsr(&mut self, value: u32) {
        self.state.system.spsr = value & spsr_bits(self.core.features);
    }

    fn rarely(&mut self) -> Flow {
        Flow::Next
    }

    fn write_cpsr(&mut self, value: u32, fields: u32) {
        self.state
            .write_cpsr(value, fields, PsrWrite::Instruction, self.core.features);
    }
    fn set_pan(&mut self, value: bool) {
        let control = &mut self.state.system.control;
        *control = if value {
            *control | PAN
        } else {
            *control & !PAN
        };
    }
    fn return_from_exception(&mut self, pc: u32, psr: u32) -> Flow {
        self.state
            .return_from_exception(pc, psr, self.core.features);
        Flow::Leave
    }
    fn elr_hyp(&mut self) -> u32 {
        self.state.system.elr_hyp
    }
    fn user_reg(&mut self, reg: Reg) -> u32 {
        if reg.is_pc() {
            return self.reg(reg);
        }
        self.state.mode_reg(ProcessorMode::User, reg.index())
    }
    fn set_user_reg(&mut self, reg: Reg, value: u32) {
        self.state
            .set_mode_reg(ProcessorMode::User, reg.index(), value);
    }
    fn banked(&mut self, reg: BankedReg) -> Option<u32> {
        self.state.banked(reg, self.core.features)
    }
    fn set_banked(&mut self, reg: BankedReg, value: u32) -> Option<()> {
        self.state.set_banked(reg, value, self.core.features)
    }
    fn mode_sp(&mut self, mode: ProcessorMode) -> Option<u32> {
        let allowed = mode != ProcessorMode::Hyp
            && self.state.mode() != ProcessorMode::System
            && self
                .state
                .may_enter(mode, PsrWrite::Instruction, self.core.features);
        allowed.then(|| self.state.mode_reg(mode, Reg::SP.index()))
    }
    fn set_mode_sp(&mut self, mode: ProcessorMode, value: u32) {
        self.state.set_mode_reg(mode, Reg::SP.index(), value);
    }

    fn coprocessor(&mut self, access: CoprocessorAccess) -> Flow {
        let Some(config) = self.core.system else {
            return self.trap(TrapKind::Undefined, 0);
        };
        let write = access.kind == AccessKind::Write;
        let is_register = matches!(access.kind, AccessKind::Read | AccessKind::Write);
        let coproc = access.place.coproc();
        let register = config
            .find(access.place, self.core.features)
            .filter(|_| is_register);
        match register {
            Some(register) if !register.rights.allow(self.state, write) => self.unhandled(access),
            Some(register) if !matches!(register.action, Action::Embedder) => {
                self.access_register(register, access)
            }
            None if !config.is_embedders(coproc) => self.unhandled(access),
            _ => {
                let value = self.written(access);
                self.record(access, value, Outcome::Pending);
                self.leave(ir::TrapKind::SystemRegister, 0)
            }
        }
    }

    fn call(&mut self, call: SystemCall, immediate: u32) -> Flow {
        let features = self.core.features;
        let firmware = self
            .core
            .system
            .map_or(Firmware::None, |config| config.firmware);
        let (ours, kind) = match call {
            SystemCall::Hypervisor => (Firmware::HypervisorCall, ir::TrapKind::HypervisorCall),
            SystemCall::SecureMonitor => (Firmware::SecureMonitorCall, ir::TrapKind::FirmwareCall),
        };
        if firmware != ours && !self.state.may_call(call, features) {
            return self.trap(TrapKind::Undefined, 0);
        }
        self.site.skip(self.state);
        if firmware == ours || !self.core.takes_exceptions() {
            return self.leave(kind, immediate);
        }
        self.take(match call {
            SystemCall::Hypervisor => Exception::HypervisorCall { immediate },
            SystemCall::SecureMonitor => Exception::SecureMonitorCall,
        });
        Flow::Leave
    }

    fn event(&mut self, event: Event) -> Flow {
        let kind = match event {
            Event::WaitForEvent => TrapKind::WaitForEvent,
            Event::WaitForInterrupt => TrapKind::WaitForInterrupt,
            Event::Send | Event::SendLocal => TrapKind::SendEvent,
        };
        if !self.core.takes_exceptions() {
            return self.trap(kind, 0);
        }
        let system = &mut self.state.system;
        match event {
            Event::WaitForEvent if system.event != 0 => {
                system.event = 0;
                return Flow::Next;
            }
            // Whether it is masked does not matter.
            Event::WaitForInterrupt if system.lines != 0 => return Flow::Next,
            Event::SendLocal => {
                system.event = 1;
                return Flow::Next;
            }
            Event::Send => system.event = 1,
            _ => {}
        }
        self.trap(kind, 0)
    }
}

/// The privilege that bits of a location's mode tell.
pub(crate) const fn privilege(bits: u32) -> Privilege {
    if bits & context::HYP != 0 {
        Privilege::Hyp
    } else if bits & context::PRIVILEGED != 0 {
        Privilege::Privileged
    } else {
        Privilege::User
    }
}
