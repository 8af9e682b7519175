//! What a front end gives to the engine.

use crate::ir::{Builder, FloatFlags, FloatMode, FloatRules, Inst, Slot, TrapKind, Ty, Value};
use crate::location::Location;
use crate::memory::{Fetch, FetchFault, GuestMemory, MemoryFault};
use dbt_isa::ops::BinOp;

/// One slot of guest state.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SlotInfo {
    /// Its name in the text form of the IR.
    pub name: &'static str,
    /// Its type. `I1` occupies a `u32` that is zero or one; `Flags` a `u32` with
    /// N, Z, C, V in bits 31 to 28.
    pub ty: Ty,
    /// Its offset from the start of [`Guest::State`], in bytes; a multiple of
    /// four.
    pub offset: u32,
}

impl SlotInfo {
    /// Returns the number of bytes that the slot occupies.
    #[must_use]
    pub const fn bytes(&self) -> u32 {
        match self.ty {
            Ty::I1 | Ty::I32 | Ty::Flags | Ty::V32 => 4,
            Ty::I64 | Ty::V64 => 8,
            Ty::V128 => 16,
        }
    }

    /// Tells whether two slots share bytes, as `s0` and `d0` do.
    #[must_use]
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.offset < other.offset + other.bytes() && other.offset < self.offset + self.bytes()
    }
}

/// Where a guest's state is, for all who do not know the guest.
#[derive(Clone, Copy, Debug)]
pub struct StateLayout {
    /// Every slot; a [`Slot`] indexes it. Those for floating-point and vector
    /// registers overlap only each other.
    pub slots: &'static [SlotInfo],
    /// Slots worth a host register, the most valuable first. They overlap no
    /// other slot and are of type `I32`.
    pub hot: &'static [Slot],
    /// The one slot of type `Flags`.
    pub flags: Slot,
    /// The slot that the functions of [`Inst::Float`] and
    /// [`Inst::Vector`] read and write, if there are such
    /// functions.
    pub float_status: Option<Slot>,
    /// What these functions do in every case.
    pub float_rules: FloatRules,
    /// The slots, of type `V128`, through which the functions of
    /// [`Inst::Vector`] get their operands and return their
    /// result, if there are such functions. They are zero otherwise, and no unit
    /// names them.
    pub vector_operands: Option<[Slot; 3]>,
    /// A hot slot that programs keep a multiple of four: a stack pointer. No helper
    /// writes it. Back ends may rely on it in generated code, which they leave to the
    /// interpreter for as long as it is not so.
    pub aligned: Option<Slot>,
}

impl StateLayout {
    /// Returns a slot's description.
    ///
    /// # Panics
    ///
    /// If the guest has no such slot.
    #[must_use]
    pub const fn slot(&self, slot: Slot) -> &SlotInfo {
        &self.slots[slot.index()]
    }

    /// Tells whether an instruction is a write that a back end may refuse, leaving the
    /// guest instruction to the interpreter: one of [`aligned`](Self::aligned), of what
    /// need not be a multiple of four. The state before the guest instruction is visible then.
    /// The instructions that make values are in `insts`, at the values' indices.
    #[must_use]
    pub fn is_refusable(&self, insts: &[Inst], inst: &Inst) -> bool {
        matches!(*inst, Inst::Set { slot, value }
            if Some(slot) == self.aligned && !self.keeps_aligned(insts, value))
    }

    /// Tells whether a value is a multiple of four because the aligned slot is.
    fn keeps_aligned(&self, insts: &[Inst], value: Value) -> bool {
        let constant = |value: Value| matches!(insts[value.index()], Inst::Const { bits, .. } if bits % 4 == 0);
        match insts[value.index()] {
            Inst::Get { slot } => Some(slot) == self.aligned,
            Inst::Const { .. } => constant(value),
            Inst::Binary {
                op: BinOp::Add | BinOp::Sub,
                a,
                b,
                ..
            } => constant(b) && self.keeps_aligned(insts, a),
            Inst::Binary {
                op: BinOp::And, b, ..
            } => constant(b),
            _ => false,
        }
    }
}

/// A function that generated code may call with the guest's state, of which the
/// [hot](StateLayout::hot) slots are not up to date and must be left alone.
///
/// The host's floating-point status is the host's own while it runs.
pub type HelperFn<S> = extern "C" fn(state: &mut S, a: u64, b: u64, c: u64) -> u64;

/// What the interpreter did with one instruction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// It was executed and the state is at the next one.
    Next,
    /// It stopped, and the state is where [`TrapKind`] says.
    Trap {
        /// Why.
        kind: TrapKind,
        /// Particulars, by kind.
        info: u32,
    },
    /// An access faulted; the state is at the instruction.
    Fault(MemoryFault),
    /// The instruction cannot be fetched; the state is at the instruction.
    Fetch(FetchFault),
}

/// A guest architecture.
pub trait Guest {
    /// The state of one guest CPU. Generated code reads and writes it as
    /// [`layout`](Self::layout) says, so it is `repr(C)`.
    type State;

    /// Returns where the state is.
    fn layout(&self) -> &'static StateLayout;

    /// Returns the functions that [`Inst::Call`] names.
    fn helpers(&self) -> &'static [HelperFn<Self::State>];

    /// Returns where `state` is.
    fn location(&self, state: &Self::State) -> Location;

    /// Moves `state` to `location`, with the mode that it names.
    fn set_location(&self, state: &mut Self::State, location: Location);

    /// Returns the address of the instruction at `location`.
    fn address(&self, location: Location) -> u64;

    /// Returns how [`Inst::Float`] rounds, and so on. What
    /// the guest's own instructions do to it, they do in the interpreter only.
    fn float_mode(&self, _state: &Self::State) -> FloatMode {
        FloatMode::default()
    }

    /// Raises cumulative flags that the host's status held.
    fn raise_float_flags(&self, _state: &mut Self::State, _flags: FloatFlags) {}

    /// Lifts the unit that starts at `location`.
    ///
    /// # Errors
    ///
    /// When not even the first instruction can be fetched. A later instruction
    /// that cannot be fetched ends the unit.
    fn lift(
        &self,
        fetch: &mut dyn Fetch,
        location: Location,
        builder: &mut Builder<'_>,
    ) -> Result<(), FetchFault>;

    /// Interprets one instruction.
    fn step(&self, state: &mut Self::State, memory: &mut dyn GuestMemory) -> Step;
}
