//! Offsets of [`VcpuContext`]'s fields from the state pointer.

use core::mem::offset_of;

use dbt_core::host::VcpuContext;

use crate::asm::Rm;

/// Returns the operand of a field at `offset` in the context.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "the context is smaller than a page"
)]
const fn field(offset: usize) -> i32 {
    offset as i32 - VcpuContext::size() as i32
}

/// The context itself, before the state.
pub(crate) const SELF: i32 = field(0);
pub(crate) const EXIT: i32 = field(offset_of!(VcpuContext, exit));
pub(crate) const LOCATION: i32 = field(offset_of!(VcpuContext, location));
pub(crate) const LEAVE: i32 = field(offset_of!(VcpuContext, leave));
pub(crate) const TRAP: i32 = field(offset_of!(VcpuContext, trap));
pub(crate) const INFO: i32 = field(offset_of!(VcpuContext, info));
pub(crate) const CALLBACK_FAULT: i32 = field(offset_of!(VcpuContext, callback_fault));
pub(crate) const HOST_STACK: i32 = field(offset_of!(VcpuContext, host_stack));
pub(crate) const STACK_LIMIT: i32 = field(offset_of!(VcpuContext, stack_limit));
pub(crate) const JUMP_CACHE: i32 = field(offset_of!(VcpuContext, jump_cache));
pub(crate) const INTERRUPT: i32 = field(offset_of!(VcpuContext, interrupt));
/// Where the tags of exclusive granules are.
pub(crate) const TAGS: i32 = field(offset_of!(VcpuContext, tags));
pub(crate) const CLAIMED: i32 = field(offset_of!(VcpuContext, claimed));
pub(crate) const FAULT_PC: i32 = field(offset_of!(VcpuContext, fault.pc));
pub(crate) const FAULT_REGS: i32 = field(offset_of!(VcpuContext, fault.regs));
pub(crate) const FAULT_VECTORS: i32 = field(offset_of!(VcpuContext, fault.vectors));
pub(crate) const FLOAT: i32 = field(offset_of!(VcpuContext, float));
pub(crate) const HOST_FLOAT: i32 = field(offset_of!(VcpuContext, host_float));
pub(crate) const FAULT_FLAGS: i32 = field(offset_of!(VcpuContext, fault.flags));

/// The first of the recorded registers that x86-64 does not have.
pub(crate) const SAVED: u8 = 16;

/// The first of the places for outcomes of floating-point comparisons; those
/// before it are for the operands of flags at the edges of loops.
pub(crate) const OUTCOME: u8 = 2;

/// Returns where operand `index` of flags that are recomputed waits.
pub(crate) const fn saved(index: u8) -> Rm {
    Rm::State(FAULT_REGS + (SAVED + index) as i32 * 8)
}

/// Which of a loop's edges was taken last: see `lower/edge.rs`.
pub(crate) const EDGE: Rm = Rm::State(FLAGS + 4);

/// Where N, Z, C and V wait while generated code runs: one byte each, zero or
/// one, in this order. Single flags are then stored by one `setcc` and tested by
/// one compare.
pub(crate) const FLAGS: i32 = field(offset_of!(VcpuContext, flags));

/// Number of places.
const PLACES: usize = 32;

/// Number of spill places. Of the places behind them, one holds the content of a
/// register that is borrowed, and five pass arguments to functions, the first one last,
/// so that the nearest are used most.
pub(crate) const SPILLS: usize = PLACES - 6;

/// Returns where spilled value `index` waits.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "there are 32 places"
)]
pub(crate) const fn spill(index: usize) -> Rm {
    Rm::State(field(offset_of!(VcpuContext, spill)) + index as i32 * 8)
}

/// Returns where argument `index` of a called function waits.
pub(crate) const fn argument(index: usize) -> Rm {
    spill(PLACES - 1 - index)
}

/// Returns where the content of a borrowed register waits.
pub(crate) const fn aside() -> Rm {
    argument(5)
}
