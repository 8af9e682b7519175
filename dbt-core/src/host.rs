//! What a back end and a host environment give to the engine.
//!
//! Generated code runs with one pointer to guest state. Directly *before* the
//! state lies a [`VcpuContext`], so both are reached from that pointer: slots at
//! non-negative offsets, the context at negative ones.

mod backend;

use alloc::vec::Vec;
use core::mem::{offset_of, size_of};
use core::sync::atomic::{AtomicU32, AtomicU64};

use dbt_isa::ops::{Access, Size};

pub use self::backend::{
    Backend, Bet, BetOn, BoundEntry, BoundExit, Callees, CodeMark, CompileError, CompileInput,
    Detour, ExitSite, Fragment, Origin, Patch, Runtime,
};

use crate::ir::TrapKind;
use crate::location::Location;
use crate::memory::MemoryFault;

/// Number of entries of a vCPU's jump cache.
pub const JUMP_CACHE_ENTRIES: usize = 4096;

/// One entry of a jump cache. Generated code compares `tag` with the wanted
/// [`Location`] and jumps to `code`; the index is bits 12 to 1 of the location.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct JumpCacheEntry {
    /// The location's bits, or [`JumpCacheEntry::EMPTY`]'s, which no location has.
    pub tag: u64,
    /// The host address of its fragment.
    pub code: u64,
}

impl JumpCacheEntry {
    /// Matches no location.
    pub const EMPTY: Self = Self {
        tag: u64::MAX,
        code: 0,
    };

    /// Returns the index at which a location's entry is.
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the mask leaves twelve bits"
    )]
    pub const fn index(location: Location) -> usize {
        (location.0 >> 1) as usize & (JUMP_CACHE_ENTRIES - 1)
    }
}

/// What a vCPU's generated code shares with the engine, besides guest state.
///
/// Emitted code addresses the fields by their offsets.
#[derive(Debug)]
#[repr(C, align(16))]
pub struct VcpuContext {
    /// With [`Leave::Fault`]: what the host's registers held.
    pub fault: HostFault,
    /// Where the tags of the [global monitor](crate::monitor::GlobalMonitor) are.
    pub tags: u64,
    /// Where the tag of the granule is that generated code has claimed; zero while
    /// it has claimed none.
    pub claimed: u64,
    /// Base of the [directory](CodeMemory::directory), or zero.
    pub directory: u64,
    /// Where generated code resumes that has jumped to address zero, because the
    /// directory had no word yet for where it goes; zero without a directory. General
    /// registers hold the addresses of the context and of the directory then, so a
    /// fault hook can tell that it was generated code.
    pub absent: u64,
    /// Where values wait that found no register.
    pub spill: [u64; 32],
    /// With the callback lowering: for the engine's access functions.
    pub memory: *mut (),
    /// With [`Leave::Unlinked`]: the host address that identifies the exit
    /// ([`ExitSite::id`]).
    pub exit: u64,
    /// Base of the guest's window, or zero.
    pub window: u64,
    /// With [`Leave::Trap`]: the [`TrapKind`], and its particulars.
    pub trap: u32,
    /// With [`Leave::Trap`]: particulars, by kind.
    pub info: u32,
    /// Where the guest is. Written when generated code leaves, except with
    /// [`Leave::Unlinked`] and [`Leave::Fault`], where the engine looks it up.
    pub location: u64,
    /// Why generated code left.
    pub leave: Leave,
    /// With the callback lowering: not zero after a call of an access function
    /// that must not be gone on from. Generated code tests it after each such
    /// call; when it is set, the call's result is meaningless, and generated code
    /// leaves with [`Leave::Fault`], `fault.pc` naming the access by its state
    /// map and `fault.regs` holding what the map names. The engine clears it.
    pub callback_fault: u32,
    /// The host's stack pointer at entry, where exits unwind to.
    pub host_stack: u64,
    /// Below this the paired-return stack is full.
    pub stack_limit: u64,
    /// Base of the jump cache.
    pub jump_cache: *const JumpCacheEntry,
    /// N, Z, C, V while generated code runs, in the back end's own form.
    pub flags: u64,
    /// Non-zero asks generated code to leave at the next poll point.
    pub interrupt: AtomicU32,
    /// The guest's floating-point mode and cumulative flags, in the back
    /// end's own form; see [`Backend::import_float`].
    pub float: u32,
    /// The host's own, while generated code runs.
    pub host_float: u32,
    /// How far above generated code its [`Detour`] lies; zero if there is none.
    pub detour: u32,
}

/// Why generated code returned to the engine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum Leave {
    /// A direct exit that is not linked yet.
    Unlinked = 0,
    /// An indirect branch that missed the jump cache.
    Indirect = 1,
    /// A [`Terminator::Trap`](crate::ir::Terminator::Trap).
    Trap = 2,
    /// The interrupt flag was seen.
    Interrupt = 3,
    /// A memory access faulted, or a floating-point operation trapped.
    Fault = 4,
    /// As `Interrupt`, where the state map of the address in `fault.pc` says.
    InterruptAt = 5,
    /// The instruction at the location that the state map of the address in
    /// `fault.pc` names is left to the interpreter.
    InterpretAt = 6,
}

/// The host's state at a fault in generated code, recorded by the fault hook.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct HostFault {
    /// The faulting host instruction.
    pub pc: u64,
    /// The general registers, by the host's numbering. A fault hook leaves
    /// those that the host does not have: generated code may keep there what
    /// its state maps need.
    pub regs: [u64; 32],
    /// The host's flags register.
    pub flags: u64,
    /// The host address of the access. Means nothing of a floating-point exception.
    pub address: u64,
    /// What the instruction did.
    pub kind: HostFaultKind,
    /// The vector registers, low half first. Generated code records them itself:
    /// a fault hook resumes with those of the fault and leaves the field alone.
    pub vectors: [[u64; 2]; 32],
}

/// What an instruction did that faulted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(u64)]
pub enum HostFaultKind {
    /// It read memory.
    #[default]
    Read = 0,
    /// It wrote to memory.
    Write = 1,
    /// It raised a floating-point exception: see [`Backend::use_float_traps`].
    Float = 2,
}

impl VcpuContext {
    /// Returns the distance from the context to the guest state behind it.
    #[must_use]
    pub const fn size() -> usize {
        size_of::<Self>()
    }

    /// Makes a context whose pointers are still null.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            fault: HostFault {
                pc: 0,
                regs: [0; 32],
                flags: 0,
                address: 0,
                kind: HostFaultKind::Read,
                vectors: [[0; 2]; 32],
            },
            tags: 0,
            claimed: 0,
            directory: 0,
            absent: 0,
            spill: [0; 32],
            memory: core::ptr::null_mut(),
            exit: 0,
            window: 0,
            trap: 0,
            info: 0,
            location: 0,
            leave: Leave::Unlinked,
            callback_fault: 0,
            host_stack: 0,
            stack_limit: 0,
            jump_cache: core::ptr::null(),
            flags: 0,
            interrupt: AtomicU32::new(0),
            float: 0,
            host_float: 0,
            detour: 0,
        }
    }

    /// Returns why generated code trapped.
    #[must_use]
    pub fn trap_kind(&self) -> TrapKind {
        TrapKind::ALL
            .get(self.trap as usize)
            .copied()
            .unwrap_or(TrapKind::Undefined)
    }
}

impl Default for VcpuContext {
    fn default() -> Self {
        Self::new()
    }
}

// Emitted code reaches the fields that it uses often with one-byte offsets from
// the state, so the large arrays come first.
const _: () = assert!(size_of::<VcpuContext>().is_multiple_of(16));
const _: () = assert!(size_of::<VcpuContext>() - offset_of!(VcpuContext, memory) <= 128);

/// How far above and below the guest's addresses nothing is with [`Lowering::Isolated`],
/// in bytes. A base and an index of 32 bits with a sign, scaled by the size of a word,
/// leave the 4 GiB by at most 8 GiB; the rest is for what a base is off and for the access.
pub const ISOLATION: u64 = (8 << 30) + (64 << 10);

/// How guest memory accesses become host code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lowering {
    /// The guest's address space is a window of the host's; the host's MMU
    /// checks, and a fault hook reports.
    Window,
    /// As `Window`, and the guest's addresses are the host's. Addresses up to 64 KiB
    /// above the guest's last one and below its first are nobody's.
    Identity,
    /// As `Identity`, and so are addresses up to [`ISOLATION`] above and below: whatever
    /// lies there faults. Generated code may bet that a sum does not wrap around
    /// ([`BetOn::Address`]).
    Isolated,
    /// Each access calls the embedder.
    Callback,
}

impl Lowering {
    /// Tells whether code that was made for this lowering is right in an environment
    /// of another.
    #[must_use]
    pub const fn suits(self, environment: Self) -> bool {
        matches!(
            (self, environment),
            (Self::Window, Self::Window | Self::Identity | Self::Isolated)
                | (Self::Identity, Self::Identity | Self::Isolated)
                | (Self::Isolated, Self::Isolated)
                | (Self::Callback, Self::Callback)
        )
    }

    /// Tells whether guest addresses are the host's.
    #[must_use]
    pub const fn is_identity(self) -> bool {
        matches!(self, Self::Identity | Self::Isolated)
    }
}

/// Packs how an access is made into a word, for calls from generated code.
#[must_use]
pub const fn access_bits(access: Access) -> u64 {
    access.size as u64
        | (access.signed as u64) << 2
        | (access.aligned as u64) << 3
        | (access.unprivileged as u64) << 4
        | (access.ordered as u64) << 5
        | (access.by_words as u64) << 6
}

/// Unpacks what [`access_bits`] packed. Other bits are ignored.
#[must_use]
pub const fn access_from_bits(bits: u64) -> Access {
    let size = match bits & 3 {
        0 => Size::Byte,
        1 => Size::Half,
        2 => Size::Word,
        _ => Size::Dword,
    };
    Access {
        size,
        signed: bits & 1 << 2 != 0,
        aligned: bits & 1 << 3 != 0,
        unprivileged: bits & 1 << 4 != 0,
        ordered: bits & 1 << 5 != 0,
        by_words: bits & 1 << 6 != 0,
    }
}

/// Memory for generated code with two views: one to write it, one to execute it.
///
/// The two views are different addresses of the same bytes, so that no mapping is
/// ever writable and executable. The writable one stays inside the implementation.
///
/// # Safety
///
/// For as long as the value lives, and wherever it is moved:
///
/// - *Executable*: the [`capacity`](Self::capacity) bytes at
///   [`exec_base`](Self::exec_base) are executable and hold what
///   [`write`](Self::write) was given.
/// - *Exclusive*: nothing but `write` changes them.
/// - *Fixed*: `capacity` and `exec_base` always return the same.
/// - *Whole*: a `write` of at most eight bytes that do not cross a multiple of
///   eight is seen by a CPU that executes there entirely or not at all.
/// - *Published*: when [`publish`](Self::publish) has returned, every CPU that
///   afterwards enters the range executes what had been written.
/// - *Listed*: [`directory`](Self::directory) always returns the same, and nobody but
///   the engine writes to it.
pub unsafe trait CodeMemory {
    /// Returns the capacity in bytes, less than 2 GiB.
    fn capacity(&self) -> usize;
    /// Returns the host address at which the code is executed.
    fn exec_base(&self) -> *const u8;
    /// Writes `bytes` at `offset`. Concurrent writes to different bytes do not
    /// disturb each other.
    ///
    /// # Panics
    ///
    /// If they do not fit.
    fn write(&self, offset: usize, bytes: &[u8]);
    /// Makes what was written in the range visible to instruction fetch.
    ///
    /// # Panics
    ///
    /// May panic when the range is not within the capacity.
    fn publish(&self, range: core::ops::Range<usize>);

    /// Returns the *directory*, if there is one: 2^32 words, all zero at first. The
    /// word whose index is a [`Location`] becomes the host address of its code, so that
    /// an indirect branch of generated code takes a load and a jump. Few of its pages
    /// are ever touched, so it costs address space. The environment sees to jumps to
    /// zero: see [`VcpuContext::absent`].
    ///
    /// Without one, with the callback lowering, or where a location has more than 32
    /// bits, each vCPU's jump cache is used.
    fn directory(&self) -> Option<&[AtomicU64]> {
        None
    }
}

/// An environment cannot tell of changes to guest bytes, so no translation of
/// them is kept; they are interpreted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("changes of the guest's code would go unnoticed")]
pub struct Unwatched;

/// What became of a host fault.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Resolution {
    /// The environment removed the cause; the access is made again. The guest
    /// pages (address ranges) whose translations are stale now are listed.
    Retry(Vec<core::ops::Range<u64>>),
    /// The guest sees it.
    Fault(MemoryFault),
}

/// The host environment's part of guest memory.
pub trait Environment: crate::memory::GuestMemory {
    /// How generated code accesses memory.
    fn lowering(&self) -> Lowering;

    /// The host address of guest address zero; zero without a window.
    fn window(&self) -> u64;

    /// A translation is about to be made from the bytes in `range`: from now on
    /// a write to them by anybody must end in [`Resolution::Retry`] or in a call
    /// of the engine's `invalidate`.
    ///
    /// The engine holds no lock when it calls this.
    ///
    /// # Errors
    ///
    /// [`Unwatched`] if that cannot be had, or is not worth its price. What is
    /// made from these bytes is thrown away, and an instruction is interpreted.
    fn protect(&mut self, range: core::ops::Range<u64>) -> Result<(), Unwatched>;

    /// Returns what [`Config::kick`](crate::engine::Config::kick) calls the present
    /// thread; zero if threads of this environment cannot be kicked. Then the vCPU
    /// notices requests only when it leaves generated code of its own accord, if the
    /// engine was told of a kick.
    fn thread(&self) -> u64 {
        0
    }

    /// Tells whether the hook of [`guarded`](Self::guarded) also takes floating-point
    /// exceptions that instructions in generated code raise: they are recorded and
    /// resume as faults do.
    fn takes_float_traps(&self) -> bool {
        false
    }

    /// Returns a time in nanoseconds, for statistics. Without a clock it stands
    /// still.
    fn now(&self) -> u64 {
        0
    }

    /// Calls `body` with the fault hook armed: while it runs, a fault of an
    /// instruction in `code` is recorded in the context's
    /// [`fault`](VcpuContext::fault) and resumes at `resume`. Faults anywhere else
    /// are not the engine's.
    ///
    /// A [kick](crate::engine::Config::kick) of the thread, if the environment knows
    /// such, moves a program counter in the first [`VcpuContext::detour`] bytes of
    /// `code` up by so many.
    ///
    /// The scope spans a whole [`Engine::run`](crate::engine::Engine::run), so
    /// that re-entering generated code costs nothing: `body` enters it many times
    /// and uses the environment in between. Another thread may set
    /// [`VcpuContext::interrupt`] at any time, so a hook forms no reference to the
    /// context and writes `fault` through the pointer.
    fn guarded<R>(
        &mut self,
        context: *mut VcpuContext,
        code: core::ops::Range<u64>,
        resume: u64,
        body: impl FnOnce(&mut Self) -> R,
    ) -> R
    where
        Self: Sized;

    /// Decides what a recorded fault means.
    fn resolve(&mut self, fault: &HostFault) -> Resolution;
}
