//! A host architecture: what makes host code of units.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{HostFault, Lowering};
#[cfg(doc)]
use super::{Leave, VcpuContext, access_bits};
use crate::analysis::bindings::Binding;
use crate::guest::StateLayout;
use crate::ir::{BlockId, FloatFlags, FloatMode, Unit, Value};
use crate::location::Location;
#[cfg(doc)]
use dbt_isa::ops::Access;

/// A place that [`Backend::link`] patches.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Patch {
    /// Its offset from the fragment.
    pub at: u32,
    /// The offset to which it leads when it is not linked.
    pub unlinked: u32,
    /// The back end's own: what it needs to know when it links.
    pub tag: u32,
}

/// A direct exit of a fragment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExitSite {
    /// What [`VcpuContext::exit`] holds, as an offset from the fragment.
    pub id: u32,
    /// What is patched to lead to one of the [entries](Fragment::entries).
    pub patch: Patch,
    /// Where the guest goes.
    pub target: Location,
    /// By which entry of a fragment.
    pub entry: u8,
    /// If slots are in registers on the way there, what is patched to lead to a
    /// [bound entry](Fragment::bound).
    pub bound: Option<BoundExit>,
}

/// The part of a direct exit where slots are in registers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BoundExit {
    /// What is patched. Unlinked it leads to where the dirty slots are stored, and
    /// on to the exit's other patch; if none is dirty it may be the same place.
    pub patch: Patch,
    /// The slots.
    pub bindings: Arc<[Binding]>,
}

/// A way into a fragment that expects slots in registers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BoundEntry {
    /// The offsets at which it is entered, as [`Fragment::entries`] has them.
    pub entries: [u32; 2],
    /// Which slots, in which registers. Slots that are clean here are clean in all
    /// that leads here; those that are dirty here need not be.
    pub contract: Arc<[Binding]>,
}

/// An instruction that differs in the *detour*, a second copy of all code, by which
/// generated code is brought to leave without ever looking whether it should.
///
/// A thread that executes the code and is wanted elsewhere is moved to the same place
/// in the detour, which lies at a fixed distance ([`Backend::use_detour`]). There each
/// jump that closes a loop, each direct exit and each branch to an address in a
/// register leaves, so that the vCPU is back in the engine soon.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Detour {
    /// The offset from the fragment, or from the runtime.
    pub offset: u32,
    /// The four bytes that stand there instead.
    pub word: u32,
}

/// A host instruction that does what the guest's does nearly always, and raises an
/// exception otherwise: the bet that it will not is lost then.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bet {
    /// The offset from the fragment.
    pub offset: u32,
    /// The guest instruction.
    pub location: Location,
    /// What will be so.
    pub on: BetOn,
}

/// What a [`Bet`] is on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BetOn {
    /// The host's floating-point operation does as the guest's. Otherwise it raises an
    /// exception; see [`Backend::use_float_traps`].
    Float {
        /// The offset at which generated code goes on then, with all registers as they
        /// were.
        resume: u32,
    },
    /// An address does not wrap around. Otherwise the access faults where nobody's
    /// addresses are ([`Lowering::Isolated`]), and the interpreter makes it.
    Address,
}

/// The back end's answer to one unit.
#[derive(Clone, Debug, Default)]
pub struct Fragment<M> {
    /// Number of bytes emitted.
    pub len: u32,
    /// The offset at which all enter it but direct exits.
    pub outside: u32,
    /// The offsets at which direct exits enter it, which say by which of them. What each
    /// expects is the back end's own affair: where it keeps the guest's flags, for example.
    pub entries: [u32; 2],
    /// Where exits that have slots in registers enter it, the best first. An exit is
    /// linked to the first whose contract it [meets](crate::analysis::bindings::meets).
    pub bound: Vec<BoundEntry>,
    /// Direct exits.
    pub exits: Vec<ExitSite>,
    /// Where guest calls return to, with the offsets of the instructions behind the
    /// host's calls: each is an entry that expects what [`outside`](Self::outside) does.
    pub returns: Vec<(Location, u32)>,
    /// One state map for each host instruction that may fault, ordered by
    /// offset.
    pub maps: Vec<M>,
    /// The instructions that are bets, ordered by offset.
    pub bets: Vec<Bet>,
    /// How the detour differs, if there is one.
    pub detour: Vec<Detour>,
    /// What each part of the code was made from, ordered by offset. Empty unless
    /// [`CompileInput::marks`] asked for it.
    pub marks: Vec<CodeMark>,
}

/// The code from an offset up to the next mark, and what it was made from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CodeMark {
    /// The offset from the fragment.
    pub offset: u32,
    /// What the code was made from.
    pub origin: Origin,
}

/// What a part of a fragment was made from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// A block's start: what precedes its first instruction.
    Block(BlockId),
    /// An instruction.
    Inst(Value),
    /// The end of the block begun last.
    Terminator,
    /// Exits and other paths out of line, behind all blocks.
    OutOfLine,
}

/// What generated code needs besides fragments; emitted once, at the start of
/// code memory. Offsets from there.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Runtime {
    /// `extern "C" fn(state: *mut State, code: *const u8)`: enters generated
    /// code and returns when it leaves.
    pub enter: u32,
    /// Where a fault hook resumes after it has recorded a [`HostFault`]. Expects
    /// the state pointer where generated code has it.
    pub fault: u32,
    /// With [float traps](Backend::use_float_traps): as `enter`, but loads the registers
    /// recorded in [`VcpuContext::fault`] before it jumps to `code`.
    pub resume: Option<u32>,
    /// With a directory: where it resumes after a jump to address zero
    /// ([`VcpuContext::absent`]).
    pub absent: u32,
    /// Number of bytes emitted.
    pub len: u32,
}

/// Functions of the engine and the guest that generated code calls, as host
/// addresses.
///
/// `access` is an [`Access`] as [`access_bits`] packs it. Guest addresses and
/// values are zero-extended, results too: extending a sign is generated code's.
/// After `load`, `store` and `store_exclusive` generated code tests
/// [`VcpuContext::callback_fault`].
#[derive(Clone, Debug, Default)]
pub struct Callees {
    /// The guest's helpers, in order: `extern "C" fn(*mut State, u64, u64, u64)
    /// -> u64`.
    pub helpers: Vec<u64>,
    /// `extern "C" fn(*mut VcpuContext, address: u64, access: u64) -> u64`.
    pub load: u64,
    /// `extern "C" fn(*mut VcpuContext, address: u64, access: u64, value: u64)`.
    pub store: u64,
    /// `extern "C" fn(*mut VcpuContext, address: u64, access: u64, tag: u64,
    /// expected: u64, new: u64) -> u64`.
    pub store_exclusive: u64,
}

/// What a compilation is told besides the unit.
#[derive(Clone, Copy, Debug)]
pub struct CompileInput<'a> {
    /// What to compile.
    pub unit: &'a Unit,
    /// Where guest state is.
    pub layout: &'a StateLayout,
    /// How memory is accessed.
    pub lowering: Lowering,
    /// The functions that generated code may call.
    pub callees: &'a Callees,
    /// The runtime, at the start of code memory.
    pub runtime: &'a Runtime,
    /// The offset from the start of code memory at which the code will lie.
    pub offset: u32,
    /// Guest instructions that have lost so many bets that none are made on them any
    /// more, ordered: code for these is right whatever happens.
    pub lost: &'a [Location],
    /// What the exit has in registers that leads to the unit: because of it the unit is
    /// compiled.
    pub arriving: &'a [Binding],
    /// The contracts of the first [bound entries](Fragment::bound) of fragments that the
    /// unit's direct exits lead to.
    pub successors: &'a [(Location, Arc<[Binding]>)],
    /// Whether [`Fragment::marks`] is wanted: for listings.
    pub marks: bool,
}

/// Why a unit could not be compiled. The engine then interprets it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CompileError {
    /// The unit needs more bytes than it may have.
    TooLarge,
    /// The unit holds an instruction that the back end cannot lower.
    Unsupported,
    /// The host lacks what all generated code needs. Said of the runtime.
    MissingFeature(&'static str),
}

/// A host architecture.
///
/// # Safety
///
/// The engine executes what a back end emits. For every unit, also one that does
/// not verify, while the functions in [`Callees`] are what is said of them there:
///
/// - *Entry*: [`Runtime::enter`] is an `extern "C" fn(*mut State, *const u8)`, and so
///   is [`Runtime::resume`], to be called with the place that a
///   [bet](BetOn::Float) names after the exception was recorded. It
///   preserves what the host's calling convention says and returns on the stack
///   that it was called on; so does every way out of generated code, and what
///   resumes at [`Runtime::fault`] after a fault in generated code.
/// - *Confined*: generated code touches the layout's slots of guest state, the
///   [`VcpuContext`] before it, the jump cache, the directory and the runtime (these
///   reading), the [tags](VcpuContext::tags), its stack, and guest memory as lowered;
///   nothing else. It calls the [`Callees`] only, with the pointers that they expect.
/// - *Inside*: control stays in the runtime and the fragment until it leaves by an
///   exit, through the jump cache or the directory, or by a return to an address that
///   generated code has pushed itself. With a directory, the runtime's first byte is
///   where the directory leads to from locations known to have no code.
/// - *Valid*: what it writes is valid for the field that it writes: [`Leave`] is
///   one of its variants, and with [`Leave::Unlinked`]
///   [`exit`](VcpuContext::exit) is that of the exit taken.
/// - *Patchable*: a [`Patch`] of an exit lies in the fragment, and writing what
///   [`link`](Self::link) returns there, at most eight bytes that do not cross a
///   multiple of eight, changes where that exit leads and nothing else.
/// - *Bound*: an entry of [`Fragment::bound`] expects no more than its contract says, and
///   at the patch of a [`BoundExit`] the registers hold what its bindings say, while memory
///   holds all that is not dirty among them.
/// - *Alike*: a copy of a back end answers as its original does.
pub unsafe trait Backend {
    /// Where each deferred slot is at one host instruction that may fault.
    type Map: Clone;

    /// Asks for code that does not poll [`VcpuContext::interrupt`], because there is a
    /// detour at this distance (in bytes, upwards) from all code; tells whether it will
    /// be so. Called before the runtime is emitted, if at all.
    ///
    /// With a detour, the engine writes [`VcpuContext::location`] before it enters
    /// generated code, and may enter the detour. [`Runtime::enter`] and the return
    /// from each of the [`Callees`] look at the flag still: a thread that is elsewhere
    /// cannot be moved.
    fn use_detour(&mut self, _distance: u32) -> bool {
        false
    }

    /// Says that there is a [directory](super::CodeMemory::directory), which generated
    /// code may use for indirect branches; tells whether it will. Called before the
    /// runtime is emitted, if at all.
    fn use_directory(&mut self) -> bool {
        false
    }

    /// Returns how the runtime's detour differs. Called after the runtime was emitted.
    fn runtime_detour(&self) -> Vec<Detour> {
        Vec::new()
    }

    /// Asks for code that has the host raise floating-point exceptions where its
    /// operations do otherwise than the guest's, instead of looking at each result;
    /// tells whether it will be so. Called before the runtime is emitted, if at all.
    ///
    /// The exception is recorded as a fault would be, and resumes at
    /// [`Runtime::fault`]; the engine then goes on where [`BetOn::Float`] says.
    fn use_float_traps(&mut self) -> bool {
        false
    }

    /// Emits the runtime to `code`, which is empty.
    ///
    /// # Errors
    ///
    /// [`CompileError`] when the host lacks what the back end needs.
    fn emit_runtime(
        &mut self,
        layout: &StateLayout,
        lowering: Lowering,
        callees: &Callees,
        code: &mut Vec<u8>,
    ) -> Result<Runtime, CompileError>;

    /// Compiles a unit to `code`, which is empty. The code is position
    /// dependent: it will lie at `input.offset`.
    ///
    /// # Errors
    ///
    /// [`CompileError`]; `code` is then meaningless.
    fn compile(
        &mut self,
        input: CompileInput<'_>,
        code: &mut Vec<u8>,
    ) -> Result<Fragment<Self::Map>, CompileError>;

    /// Returns the bytes (at most eight, with their count) that make a patch of the
    /// fragment at offset `fragment` lead to offset `to`, or nothing if it does not
    /// reach that far: then it stays as it is. It always reaches its own fragment. The
    /// bytes can be written at once, atomically with regard to a running host CPU.
    fn link(&self, patch: &Patch, fragment: u32, to: u32) -> Option<(u64, usize)>;

    /// Moves the flags between the architectural form (bits 31 to 28) and
    /// [`VcpuContext::flags`]: called before entering generated code.
    fn import_flags(&self, nzcv: u32) -> u64;

    /// The opposite of [`import_flags`](Self::import_flags).
    fn export_flags(&self, flags: u64) -> u32;

    /// Returns what [`VcpuContext::float`] holds before entering generated code:
    /// how the host's floating point works, and no flags.
    fn import_float(&self, _mode: FloatMode) -> u32 {
        0
    }

    /// Returns the cumulative flags that [`VcpuContext::float`] holds after
    /// leaving generated code.
    fn export_float(&self, _float: u32) -> FloatFlags {
        FloatFlags::default()
    }

    /// Returns the map of the host instruction at `offset` from its fragment.
    fn find_map<'m>(&self, maps: &'m [Self::Map], offset: u32) -> Option<&'m Self::Map>;

    /// Rebuilds guest state at a fault: writes each deferred slot through
    /// `set_slot(offset in state, value)` and returns the faulting location and
    /// the flags in the context's form.
    fn recover(
        &self,
        map: &Self::Map,
        fault: &HostFault,
        context_flags: u64,
        set_slot: &mut dyn FnMut(u32, u32),
    ) -> (Location, u64);
}
