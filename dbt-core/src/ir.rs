//! The intermediate representation between guests and hosts.
//!
//! **Problem.** Front ends must not know hosts, back ends must not know guests,
//! and translating must cost less than a microsecond per guest instruction.
//!
//! **Approach.** A [`Unit`] is a list of extended basic blocks. Inside a block
//! the IR is SSA: straight code of [`Inst`]s whose operands are earlier results
//! of the same block. Between blocks only *state slots* carry values. A back end
//! that keeps hot slots in fixed host registers therefore needs no global
//! allocation, and its state maps come for nothing: at every instruction that
//! can fault each slot has one known place.
//!
//! **Invariants** (checked by [`verify()`]): an operand is made
//! earlier in the same block and has the type that its user wants; block 0 is
//! the entry; targets name blocks of the unit.
//!
//! **Rejected.** Block parameters and values that live across blocks: they ask
//! for a global register allocator, which was measured at more than the whole
//! time budget of a translation (see `docs/decisions/`).
#![forbid(unsafe_code)]

mod builder;
pub mod eval;
mod float;
mod inst;
mod terminator;
pub mod text;
mod ty;
mod unit;
mod vector;
mod verify;

pub use builder::Builder;
pub use float::{
    FloatFlags, FloatMode, FloatOp, FloatRules, HalfOp, IntRounding, Rounding, SignOp,
};
pub use inst::{BitOp, BlockId, ChecksumOp, Helper, Inst, Slot, Target, Value};
pub use terminator::{IndirectKind, Terminator, TrapKind};
pub use ty::{Ty, VectorWidth, Width};
pub use unit::{Block, Unit};
pub use vector::{VectorKind, VectorOp};
pub use verify::{VerifyError, verify};
