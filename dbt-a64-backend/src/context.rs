//! Offsets of [`VcpuContext`]'s fields from the context register.

use core::mem::offset_of;

use dbt_core::host::VcpuContext;

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "the context is smaller than a page"
)]
const fn field(offset: usize) -> i32 {
    offset as i32
}

/// Guest state, behind the context.
pub(crate) const STATE: i32 = field(VcpuContext::size());
pub(crate) const EXIT: i32 = field(offset_of!(VcpuContext, exit));
pub(crate) const WINDOW: i32 = field(offset_of!(VcpuContext, window));
pub(crate) const LOCATION: i32 = field(offset_of!(VcpuContext, location));
pub(crate) const LEAVE: i32 = field(offset_of!(VcpuContext, leave));
pub(crate) const TRAP: i32 = field(offset_of!(VcpuContext, trap));
pub(crate) const CALLBACK_FAULT: i32 = field(offset_of!(VcpuContext, callback_fault));
pub(crate) const HOST_STACK: i32 = field(offset_of!(VcpuContext, host_stack));
pub(crate) const JUMP_CACHE: i32 = field(offset_of!(VcpuContext, jump_cache));
pub(crate) const DIRECTORY: i32 = field(offset_of!(VcpuContext, directory));
/// N, Z, C and V as in a PSR, outside generated code only.
pub(crate) const FLAGS: i32 = field(offset_of!(VcpuContext, flags));
pub(crate) const INTERRUPT: i32 = field(offset_of!(VcpuContext, interrupt));
/// Where the tags of exclusive granules are.
pub(crate) const TAGS: i32 = field(offset_of!(VcpuContext, tags));
pub(crate) const CLAIMED: i32 = field(offset_of!(VcpuContext, claimed));
pub(crate) const FAULT_PC: i32 = field(offset_of!(VcpuContext, fault.pc));
pub(crate) const FAULT_REGS: i32 = field(offset_of!(VcpuContext, fault.regs));
/// The guest's `FPCR`; with the flags of `FPSR` outside generated code only.
pub(crate) const FLOAT: i32 = field(offset_of!(VcpuContext, float));
/// The host's `FPCR`.
pub(crate) const HOST_FLOAT: i32 = field(offset_of!(VcpuContext, host_float));
pub(crate) const FAULT_VECTORS: i32 = field(offset_of!(VcpuContext, fault.vectors));
pub(crate) const FAULT_FLAGS: i32 = field(offset_of!(VcpuContext, fault.flags));

// A trap's kind and particulars are stored as a pair.
const _: () = assert!(offset_of!(VcpuContext, info) == offset_of!(VcpuContext, trap) + 4);

/// Number of spill places; the last five pass arguments to functions.
pub(crate) const SPILLS: usize = 27;

/// Returns where spilled value `index` waits.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "there are 32 places"
)]
pub(crate) const fn spill(index: usize) -> i32 {
    field(offset_of!(VcpuContext, spill)) + index as i32 * 8
}

/// Returns where argument `index` of a called function waits.
pub(crate) const fn argument(index: usize) -> i32 {
    spill(SPILLS + index)
}
