//! Why the engine returned to the embedder, and how long it may run.

use crate::memory::{FetchFault, MemoryFault};

/// Why [`Engine::run`](crate::engine::Engine::run) returned.
///
/// The vCPU's state is precise at every exit: all registers, flags and the
/// location are the guest's. Each variant says where the guest is and what the
/// embedder does before it runs the vCPU again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Exit {
    /// The guest made a system call. It stands behind the instruction: carry the
    /// call out, write its results to the state, run again.
    SystemCall {
        /// The instruction's immediate.
        immediate: u32,
    },
    /// The guest stands at an UNDEFINED instruction. Deliver the exception (move
    /// the state to its handler) or stop the guest; running again without a
    /// change gives the same exit.
    Undefined,
    /// The guest stands at a breakpoint instruction. As with
    /// [`Undefined`](Self::Undefined).
    Breakpoint {
        /// The instruction's immediate.
        immediate: u32,
    },
    /// The guest stands at an instruction whose data access faulted, and nothing
    /// of that instruction has retired. Deliver the abort, or make the access
    /// possible and run again.
    Fault(MemoryFault),
    /// The guest stands at an instruction that cannot be fetched. Deliver the
    /// abort, or make the fetch possible and run again.
    FetchFault(FetchFault),
    /// Somebody used the vCPU's
    /// [`InterruptHandle`](crate::engine::InterruptHandle). The request is
    /// taken; deliver what is pending and run again.
    Interrupted,
    /// The budget is spent. Run again.
    BudgetSpent,
    /// The guest waits for an interrupt, behind the instruction. Run again when
    /// one is pending, or at once: waking early is allowed.
    WaitForInterrupt,
    /// The guest waits for an event, behind the instruction. Run again when there
    /// may be one, or at once.
    WaitForEvent,
    /// The guest sent an event to all CPUs; it stands behind the instruction.
    /// Wake those that wait and run again.
    SendEvent,
    /// The guest has nothing better to do for now; it stands behind the
    /// instruction. Let another thread or vCPU run, then run again.
    Yield,
    /// The guest called a hypervisor, which the embedder is. It stands behind the
    /// instruction: carry the call out, write its results to the state, run again.
    HypervisorCall {
        /// The instruction's immediate.
        immediate: u32,
    },
    /// The guest called firmware, which the embedder is. As with
    /// [`HypervisorCall`](Self::HypervisorCall).
    FirmwareCall {
        /// The instruction's immediate.
        immediate: u32,
    },
    /// The guest accessed a system register that the embedder implements, watches,
    /// or might want to know of. The guest's state tells which and what is left to
    /// do: complete the access, act upon it, or just take note. Then run again.
    SystemRegister,
}

/// How long [`Engine::run`](crate::engine::Engine::run) may run.
///
/// A budget bounds the *dispatcher*: one round is one entry of generated code, one
/// interpreted instruction, or a short run of them in code that is not worth
/// translating yet. Linked fragments run on in generated code, a
/// loop of any length included, without coming back; so a budget of translated
/// code bounds no time. To end a time slice, let a timer use the vCPU's
/// [`InterruptHandle`](crate::engine::InterruptHandle). With
/// [`Mode::Interpret`](crate::engine::Mode::Interpret) a budget counts
/// instructions exactly.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Budget {
    /// How many rounds of the dispatcher are allowed.
    pub rounds: u64,
}

impl Budget {
    /// No bound.
    pub const UNLIMITED: Self = Self { rounds: u64::MAX };

    /// Allows `rounds` entries of generated code or runs of the interpreter.
    #[must_use]
    pub const fn rounds(rounds: u64) -> Self {
        Self { rounds }
    }
}
