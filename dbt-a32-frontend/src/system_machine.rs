//! The machine that semantic functions of the system level run on.
//!
//! What is rare is executed by the interpreter alone: a semantic function asks
//! [`SystemMachine::rarely`] before it does anything, and returns if the machine
//! leaves. The methods that say so are called only behind it.

use dbt_isa::machine::Flow;

use crate::machine::A32Machine;
use crate::reg::Reg;
use crate::system::{AccessKind, BankedReg, Place, ProcessorMode};

/// The privilege of an instruction.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Privilege {
    /// PL0: User mode.
    User,
    /// PL1: the modes of an operating system, and Monitor mode.
    Privileged,
    /// PL2: Hyp mode.
    Hyp,
}

/// What `MCR`, `MRC` and their relatives access, and with which registers.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct CoprocessorAccess {
    /// The place.
    pub place: Place,
    /// What is done.
    pub kind: AccessKind,
    /// The registers moved; the second only of a place of 64 bits.
    pub registers: [Reg; 2],
}

/// The system-level part of the machine.
pub trait SystemMachine: A32Machine {
    /// The privilege of this instruction; static. In a guest that has only
    /// user-level code, it is that of User mode.
    fn privilege(&self) -> Privilege;

    /// Reads A, I, F and M of the CPSR, in their places.
    fn control(&mut self) -> Self::Word;
    /// Reads the SPSR.
    fn spsr(&mut self) -> Self::Word;
    /// Writes the SPSR; bits that it does not have are zero.
    fn set_spsr(&mut self, value: Self::Word);

    /// Comes before what only the interpreter executes: another machine leaves.
    fn rarely(&mut self) -> Flow;

    /// Writes fields of the CPSR that `MSR` may write, by its mask. Rare.
    fn write_cpsr(&mut self, value: Self::Word, fields: u32);
    /// Writes CPSR.PAN. Rare.
    fn set_pan(&mut self, value: bool);
    /// Returns to an address with a CPSR. Rare.
    fn return_from_exception(&mut self, pc: Self::Word, psr: Self::Word) -> Flow;
    /// Reads the exception link register of Hyp mode. Rare.
    fn elr_hyp(&mut self) -> Self::Word;
    /// Reads a register of User mode (`Rmode[n, '10000']`). Rare.
    fn user_reg(&mut self, reg: Reg) -> Self::Word;
    /// Writes a register of User mode. Rare.
    fn set_user_reg(&mut self, reg: Reg, value: Self::Word);
    /// Reads a banked register; none if that is UNDEFINED. Rare.
    fn banked(&mut self, reg: BankedReg) -> Option<Self::Word>;
    /// Writes a banked register; none if that is UNDEFINED. Rare.
    fn set_banked(&mut self, reg: BankedReg, value: Self::Word) -> Option<()>;
    /// Reads the SP of a mode for `SRS`; none if that is UNDEFINED. Rare.
    fn mode_sp(&mut self, mode: ProcessorMode) -> Option<Self::Word>;
    /// Writes the SP of a mode. Rare.
    fn set_mode_sp(&mut self, mode: ProcessorMode, value: Self::Word);
    /// Accesses a system register or a coprocessor. Rare.
    fn coprocessor(&mut self, access: CoprocessorAccess) -> Flow;
    /// Makes a call of the system level: `HVC` or `SMC`. Rare.
    fn call(&mut self, call: SystemCall, immediate: u32) -> Flow;
    /// `WFE`, `WFI` and `SEV` where the event register exists. Rare.
    fn event(&mut self, event: Event) -> Flow;
}

/// A call to another level than the operating system.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SystemCall {
    /// `HVC`.
    Hypervisor,
    /// `SMC`.
    SecureMonitor,
}

/// What a hint does with events and interrupts.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Event {
    /// `WFE`.
    WaitForEvent,
    /// `WFI`.
    WaitForInterrupt,
    /// `SEV`.
    Send,
    /// `SEVL`.
    SendLocal,
}
