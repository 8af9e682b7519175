//! The system-level part of the lifter.

use dbt_core::ir::Value;
use dbt_isa::machine::{Flow, Machine};

use super::machine::{Level, Lifter};
use crate::guest::slot;
use crate::interp::privilege;
use crate::machine::{A32Machine, TrapKind as GuestTrap};
use crate::reg::Reg;
use crate::system::{BankedReg, ProcessorMode};
use crate::system_machine::{CoprocessorAccess, Event, Privilege, SystemCall, SystemMachine};

/// What a rare instruction asks of this machine, which has left before.
#[cold]
fn rare() -> ! {
    unreachable!("rare instructions are interpreted")
}

impl SystemMachine for Lifter<'_, '_> {
    fn privilege(&self) -> Privilege {
        privilege(self.site.mode.system)
    }

    fn control(&mut self) -> Value {
        if self.site.level == Level::User {
            return self.builder.imm(ProcessorMode::User.bits());
        }
        self.builder.get(slot::CONTROL)
    }
    fn spsr(&mut self) -> Value {
        self.builder.get(slot::SPSR)
    }
    fn set_spsr(&mut self, value: Value) {
        self.set_slot(slot::SPSR, value);
    }

    fn rarely(&mut self) -> Flow {
        match self.site.level {
            // What comes here is UNDEFINED there.
            Level::User => self.trap(GuestTrap::Undefined, 0),
            Level::Modes | Level::Exceptions => self.interpret(),
        }
    }
    fn event(&mut self, event: Event) -> Flow {
        if self.site.level == Level::Exceptions {
            return self.interpret();
        }
        let kind = match event {
            Event::WaitForEvent => GuestTrap::WaitForEvent,
            Event::WaitForInterrupt => GuestTrap::WaitForInterrupt,
            Event::Send | Event::SendLocal => GuestTrap::SendEvent,
        };
        self.trap(kind, 0)
    }

    fn write_cpsr(&mut self, _: Value, _: u32) {
        rare()
    }
    fn set_pan(&mut self, _: bool) {
        rare()
    }
    fn return_from_exception(&mut self, _: Value, _: Value) -> Flow {
        rare()
    }
    fn elr_hyp(&mut self) -> Value {
        rare()
    }
    fn user_reg(&mut self, _: Reg) -> Value {
        rare()
    }
    fn set_user_reg(&mut self, _: Reg, _: Value) {
        rare()
    }
    fn banked(&mut self, _: BankedReg) -> Option<Value> {
        rare()
    }
    fn set_banked(&mut self, _: BankedReg, _: Value) -> Option<()> {
        rare()
    }
    fn mode_sp(&mut self, _: ProcessorMode) -> Option<Value> {
        rare()
    }
    fn set_mode_sp(&mut self, _: ProcessorMode, _: Value) {
        rare()
    }
    fn coprocessor(&mut self, _: CoprocessorAccess) -> Flow {
        rare()
    }
    fn call(&mut self, _: SystemCall, _: u32) -> Flow {
        rare()
    }
}
