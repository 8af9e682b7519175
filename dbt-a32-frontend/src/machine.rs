//! The machine that AArch32 semantic functions run on.
//!
//! The interpreter, the lifter and the use analysis implement it. Conditional
//! execution is not its business: whoever runs a semantic function has tested
//! the condition. Neither is going on with the next instruction: a function that
//! returns [`Flow::Next`] leaves PC and `ITSTATE` to the driver.

use dbt_isa::machine::{Flow, Machine};
use dbt_isa::ops::Size;

use crate::operands::AddrImm;
use crate::reg::Reg;

/// Why a branch is taken, as far as the encoding tells. A hint for pairing calls
/// with returns; the effect of the branch does not depend on it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum BranchKind {
    /// An ordinary branch.
    Jump,
    /// A call. LR has been written.
    Call {
        /// What LR holds: the return address, with bit 0 set in T32.
        link: u32,
    },
    /// Most likely a return: `BX LR`, `MOV PC, LR`, `POP {…, pc}`.
    Return,
}

/// Why execution leaves for the embedder.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum TrapKind {
    /// `SVC`; the information is the immediate.
    SupervisorCall,
    /// UNDEFINED; the information is the encoding, if known.
    Undefined,
    /// `BKPT`; the information is the immediate.
    Breakpoint,
    /// `YIELD`.
    Yield,
    /// `WFE`.
    WaitForEvent,
    /// `WFI`.
    WaitForInterrupt,
    /// `SEV`.
    SendEvent,
}

impl TrapKind {
    /// Whether the instruction has retired, so that PC and `ITSTATE` are those
    /// of the next one. Otherwise they are those of the instruction itself.
    #[must_use]
    pub const fn retires(self) -> bool {
        !matches!(self, Self::Undefined | Self::Breakpoint)
    }

    /// Whether it is an exception of the architecture.
    #[must_use]
    pub const fn is_exception(self) -> bool {
        matches!(
            self,
            Self::SupervisorCall | Self::Undefined | Self::Breakpoint
        )
    }
}

/// The AArch32 part of the machine.
///
/// Methods that take `&self` and return Rust values are *static*: they tell what
/// is known while translating.
pub trait A32Machine: Machine {
    /// The address of this instruction.
    fn pc(&self) -> u32;
    /// Whether this instruction is T32 (CPSR.T).
    fn thumb(&self) -> bool;
    /// Whether data accesses are big-endian (CPSR.E).
    fn big_endian(&self) -> bool;
    /// The size of this instruction in bytes: 2 or 4.
    fn insn_len(&self) -> u32;

    /// Reads a register. R15 reads as the address of this instruction plus 8 in
    /// A32 and plus 4 in T32.
    fn reg(&mut self, reg: Reg) -> Self::Word;
    /// Writes a register, never R15.
    fn set_reg(&mut self, reg: Reg, value: Self::Word);
    /// Reads N, Z, C and V.
    fn flags(&mut self) -> Self::Flags;
    /// Writes N, Z, C and V.
    fn set_flags(&mut self, flags: Self::Flags);
    /// Reads C.
    fn carry(&mut self) -> Self::Bit {
        let flags = self.flags();
        self.condition(flags, dbt_isa::ops::Condition::Cs)
    }
    /// Reads Q as zero or one.
    fn q(&mut self) -> Self::Word;
    /// Writes Q, zero or one.
    fn set_q(&mut self, value: Self::Word);
    /// Sets Q if `saturated`.
    fn or_q(&mut self, saturated: Self::Bit) {
        let old = self.q();
        let new = self.bit_to_word(saturated);
        let new = self.or(old, new);
        self.set_q(new);
    }
    /// Reads the GE flags, each in the top bit of its byte.
    fn ge(&mut self) -> Self::Word;
    /// Writes the GE flags, each given in the top bit of its byte, the other bits zero.
    fn set_ge(&mut self, value: Self::Word);

    /// Branches to a known address in the given instruction set.
    fn branch(&mut self, target: u32, thumb: bool, kind: BranchKind) -> Flow;
    /// Branches to a known address in the same instruction set if `condition`,
    /// else goes on with the next instruction (`CBZ`).
    fn branch_if(&mut self, condition: Self::Bit, target: u32) -> Flow;
    /// Branches to a computed address whose bit 0 selects T32
    /// (`BXWritePC()`). Bit 1 of an A32 address is ignored.
    fn branch_indirect(&mut self, target: Self::Word, kind: BranchKind) -> Flow;
    /// Branches to a computed address in the same instruction set
    /// (`BranchWritePC()`). Low bits are ignored as the set demands.
    fn branch_same_state(&mut self, target: Self::Word, kind: BranchKind) -> Flow;

    /// Leaves for the embedder. PC and `ITSTATE` are as
    /// [`TrapKind::retires`] says.
    fn trap(&mut self, kind: TrapKind, info: u32) -> Flow;
    /// Sets the endianness of data accesses (`SETEND`, `MSR`), from the next
    /// instruction on. A machine for which endianness is static leaves, and what
    /// executes the instruction then starts it anew: this comes before every
    /// other effect.
    fn set_big_endian(&mut self, big_endian: Self::Bit) -> Flow;
    /// Starts an IT block: `ITSTATE` for the next instruction.
    fn set_it(&mut self, it: crate::itstate::ItState);
    /// Makes code written before visible to fetches after (`ISB`). A machine
    /// that has fetched ahead leaves.
    fn instruction_barrier(&mut self) -> Flow;

    /// The address the exclusive monitor watches, zero-extended, or
    /// [`ArmState::MONITOR_OPEN`](crate::state::ArmState::MONITOR_OPEN).
    fn exclusive_address(&mut self) -> Self::Dword;
    /// What the load-exclusive read.
    fn exclusive_value(&mut self) -> Self::Dword;
    /// The tag that the address's granule had before that.
    fn exclusive_tag(&mut self) -> Self::Dword;
    /// Makes the monitor watch an address.
    fn set_exclusive(&mut self, address: Self::Dword, tag: Self::Dword, value: Self::Dword);
    /// The tag and the value of a load-exclusive of `size` at `address` that is known
    /// to come before this instruction, with nothing but arithmetic on registers in
    /// between. Nobody can then tell the load from one that is made just before a
    /// store-exclusive, so the monitor need not be asked.
    fn loaded_exclusive(&self, _: Size, _: AddrImm) -> Option<(Self::Dword, Self::Dword)> {
        None
    }
    /// Opens the monitor (`ClearExclusiveLocal()`).
    fn clear_exclusive(&mut self);

    /// Reads the user read-only thread register.
    fn tpidruro(&mut self) -> Self::Word;
    /// Reads the user thread register.
    fn tpidrurw(&mut self) -> Self::Word;
    /// Writes the user thread register.
    fn set_tpidrurw(&mut self, value: Self::Word);
}
