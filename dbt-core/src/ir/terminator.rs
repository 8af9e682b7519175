//! How a block ends.

use super::inst::{Target, Value};
use crate::location::Location;

/// How a block ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Terminator {
    /// Goes to `target`.
    Jump(Target),
    /// Goes to `target`, which is expected to return to `return_location`.
    /// The guest's own link register is an ordinary slot, written before.
    Call {
        /// The callee.
        target: Target,
        /// What the callee's [`Indirect`](Self::Indirect) return will hold.
        return_location: Location,
        /// Where that location is translated.
        return_to: Target,
    },
    /// Goes to the guest location whose halves are `value`, an `i32`, and
    /// `mode`.
    Indirect {
        /// The location's [`pc_bits`](Location::pc_bits).
        value: Value,
        /// The location's [`mode`](Location::mode).
        mode: u32,
        /// What the guest means by it.
        kind: IndirectKind,
    },
    /// Stops and tells the engine why. The guest goes on at `resume`.
    Trap {
        /// Why.
        kind: TrapKind,
        /// Particulars, by kind.
        info: u32,
        /// Where the guest is then.
        resume: Location,
    },
}

/// What an indirect branch is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IndirectKind {
    /// An ordinary jump.
    Jump,
    /// A call that is expected to return.
    Call {
        /// As in [`Terminator::Call`].
        return_location: Location,
        /// As in [`Terminator::Call`].
        return_to: Target,
    },
    /// A return from a call.
    Return,
}

/// Why generated code stops of itself.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum TrapKind {
    /// A system call; `info` is its immediate. `resume` is the next
    /// instruction.
    SystemCall = 0,
    /// The instruction at `resume` is UNDEFINED (or treated so).
    Undefined = 1,
    /// A breakpoint instruction at `resume`; `info` is its immediate.
    Breakpoint = 2,
    /// The instruction at `resume` is left to the interpreter.
    Interpret = 3,
    /// Waits for an interrupt; `resume` is the next instruction.
    WaitForInterrupt = 4,
    /// Waits for an event; `resume` is the next instruction.
    WaitForEvent = 5,
    /// Sends an event; `resume` is the next instruction.
    SendEvent = 6,
    /// Another thread may run; `resume` is the next instruction.
    Yield = 7,
    /// The instruction at `resume` cannot be fetched; the engine reports the
    /// fault when it tries.
    Fetch = 8,
    /// Translations may be stale from `resume` on; the engine looks up anew.
    Resynchronise = 9,
    /// A call to a hypervisor that is the embedder; `info` is its immediate.
    /// `resume` is the next instruction.
    HypervisorCall = 10,
    /// A call to firmware that is the embedder; `info` is its immediate.
    /// `resume` is the next instruction.
    FirmwareCall = 11,
    /// A system register was accessed that the embedder implements or watches;
    /// the guest's state has the particulars, and says whether `resume` is the
    /// instruction or what follows.
    SystemRegister = 12,
}

impl TrapKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 13] = [
        Self::SystemCall,
        Self::Undefined,
        Self::Breakpoint,
        Self::Interpret,
        Self::WaitForInterrupt,
        Self::WaitForEvent,
        Self::SendEvent,
        Self::Yield,
        Self::Fetch,
        Self::Resynchronise,
        Self::HypervisorCall,
        Self::FirmwareCall,
        Self::SystemRegister,
    ];
}

impl Terminator {
    /// Returns the operand, if there is one.
    #[must_use]
    pub const fn operand(&self) -> Option<Value> {
        match self {
            Self::Indirect { value, .. } => Some(*value),
            _ => None,
        }
    }
}
