//! The seam between the Linux personality and whatever executes instructions.
//!
//! The personality knows system calls, signals and memory maps; it does not
//! know how an instruction is executed. It drives a [`Cpu`] in a loop: run,
//! look at the [`CpuExit`], act, run again. An [`Engine`] makes one `Cpu` for
//! each guest thread.
//!
//! # Contract
//!
//! - `r[15]` in [`UserRegs`] is the address at which execution resumes, with
//!   bit 0 clear; the instruction set is `cpsr.T`. After [`CpuExit::Svc`] it is
//!   already behind the `SVC`; after any fault it is the faulting instruction,
//!   and every register has its value from before that instruction.
//! - A `Cpu` stays on the host thread that runs it. An [`Interrupt`] may be used
//!   from any thread and from a host signal handler.
//! - Translations of memory that changes are forgotten through the window
//!   ([`Space`]), to which the engine attaches itself; the personality calls
//!   `Window::invalidate` for `cacheflush` and nothing else.
//! - The personality never touches the host's handlers of `SIGSEGV`, `SIGBUS`,
//!   `SIGILL`, `SIGFPE` and `SIGTRAP`: they belong to the engine.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use crate::memory::{FaultKind, Space};

/// `CPSR.T`: the instruction set is T32.
pub const CPSR_T: u32 = 1 << 5;
/// `CPSR.E`: data accesses are big-endian.
pub const CPSR_E: u32 = 1 << 9;
/// `CPSR.J` and the two halves of `CPSR.IT`.
pub const CPSR_J_IT: u32 = 0x0700_fc00;
/// User mode with nothing else set.
pub const CPSR_USER: u32 = 0x10;

/// The registers of an ARMv7-A core that a user program can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserRegs {
    /// `R0`–`R14` and the address at which execution resumes.
    pub r: [u32; 16],
    /// Flags, `Q`, `GE`, `IT`, `E`, `T` and mode.
    pub cpsr: u32,
    /// `D0`–`D31`; a VFPv3-D16 core uses the first sixteen.
    pub d: [u64; 32],
    /// Floating-point status and control.
    pub fpscr: u32,
    /// Thread pointer, read-only for the program (`TPIDRURO`).
    pub tpidruro: u32,
    /// Thread register that the program may write (`TPIDRURW`).
    pub tpidrurw: u32,
}

impl UserRegs {
    /// Returns the registers of a program about to start at `entry`, whose bit 0
    /// selects T32.
    #[must_use]
    pub fn at_entry(entry: u32, sp: u32) -> Self {
        let mut regs = Self {
            r: [0; 16],
            cpsr: CPSR_USER,
            d: [0; 32],
            fpscr: 0,
            tpidruro: 0,
            tpidrurw: 0,
        };
        regs.r[13] = sp;
        regs.branch_exchange(entry);
        regs
    }

    /// Branches as `BX` does: bit 0 of `target` selects T32. Leaves any IT block.
    pub fn branch_exchange(&mut self, target: u32) {
        self.cpsr &= !(CPSR_T | CPSR_J_IT);
        if target & 1 != 0 {
            self.cpsr |= CPSR_T;
            self.r[15] = target & !1;
        } else {
            self.r[15] = target & !3;
        }
    }

    /// Whether the core executes T32.
    #[must_use]
    pub fn is_thumb(&self) -> bool {
        self.cpsr & CPSR_T != 0
    }
}

/// Why a [`Cpu`] stopped, and what the personality does before it runs again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CpuExit {
    /// `SVC #imm` was executed: a system call.
    Svc {
        /// The immediate; Linux's EABI ignores it.
        imm: u32,
    },
    /// The instruction at `r[15]` is UNDEFINED: `SIGILL`.
    Undefined,
    /// An instruction could not be fetched: `SIGSEGV` or `SIGBUS`.
    PrefetchAbort {
        /// The address that could not be fetched.
        addr: u32,
        /// Why not.
        kind: FaultKind,
    },
    /// A load or store was refused: `SIGSEGV` or `SIGBUS`.
    DataAbort {
        /// The address that could not be accessed.
        addr: u32,
        /// Whether it was a store.
        write: bool,
        /// Why not.
        kind: FaultKind,
    },
    /// An access must be aligned and was not: `SIGBUS`.
    Alignment {
        /// The unaligned address.
        addr: u32,
    },
    /// `BKPT #imm`: `SIGTRAP`.
    Breakpoint {
        /// The immediate.
        imm: u32,
    },
    /// A trapped floating-point exception, for cores that trap: `SIGFPE`.
    FloatingPoint {
        /// The `FPSCR` cumulative bits (`IOC` 0, `DZC` 1, `OFC` 2, `UFC` 3, `IXC` 4).
        exceptions: u32,
    },
    /// [`Interrupt::interrupt`] was called, or the engine has its own reason to
    /// come back. Nothing needs doing before the next run.
    Interrupted,
}

/// One guest thread's core.
pub trait Cpu {
    /// Runs until something needs the personality.
    fn run(&mut self) -> CpuExit;

    /// Returns register `r[n]`.
    fn reg(&self, n: usize) -> u32;

    /// Sets register `r[n]`; for 15, where execution resumes.
    fn set_reg(&mut self, n: usize, value: u32);

    /// Returns all registers.
    fn regs(&self) -> UserRegs;

    /// Replaces all registers.
    fn set_regs(&mut self, regs: &UserRegs);

    /// Sets `TPIDRURO`, the thread pointer.
    fn set_thread_pointer(&mut self, value: u32);

    /// Drops the local exclusive monitor, as an exception return does.
    fn clear_exclusive(&mut self);

    /// Returns the means to stop this core from elsewhere.
    fn interrupt_handle(&self) -> Arc<dyn Interrupt>;

    /// Calls `fork`, which returns zero in the child, and returns what it returned.
    /// Where it is called no thread is in the middle of changing memory or code, and
    /// the child shares no code memory with its parent.
    ///
    /// # Errors
    ///
    /// Returns an error, and has not called `fork`, when the host has no memory for
    /// the child's code.
    fn fork(&mut self, fork: &mut dyn FnMut() -> i32) -> io::Result<i32>;
}

/// Stops one core.
pub trait Interrupt: Send + Sync {
    /// Makes the core leave [`Cpu::run`] with [`CpuExit::Interrupted`] soon; when
    /// it is not running, at once on its next run.
    ///
    /// Called from host signal handlers: an implementation may only store to
    /// atomics.
    fn interrupt(&self);
}

/// Makes cores: the translator, the interpreter, or a test's script.
pub trait Engine: Send + Sync {
    /// Makes the core of one guest thread, on the host thread that will run it.
    ///
    /// # Errors
    ///
    /// Returns an error when the host lacks what the core needs.
    fn cpu(&self, space: &Arc<Space>, regs: &UserRegs) -> io::Result<Box<dyn Cpu>>;

    /// Writes the statistics that `--stats` asks for.
    ///
    /// # Errors
    ///
    /// Returns an error when `out` does.
    fn report(&self, out: &mut dyn Write) -> io::Result<()>;
}

impl fmt::Debug for dyn Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}
