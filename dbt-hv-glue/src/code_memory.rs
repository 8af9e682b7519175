//! Memory for generated code, as an engine sees it.

use core::ops::Range;

/// Memory with two views: one to write generated code, one to execute it.
///
/// The two views are different addresses of the same bytes, so that no mapping is
/// ever writable and executable. An environment that has no second mapping to
/// give (a kernel with one address space) may return the same address twice and
/// answer for the consequences.
///
/// # Safety
///
/// For as long as the value lives, and wherever it is moved:
///
/// - *Both views*: the `capacity` bytes at [`write_base`](Self::write_base) are
///   readable and writable, those at [`exec_base`](Self::exec_base) readable and
///   executable, and they are the same memory.
/// - *Exclusive*: nothing but the holder of the value writes to them.
/// - *Fixed*: all four functions but `publish` always return the same.
/// - *Published*: when [`publish`](Self::publish) has returned, every CPU that
///   afterwards enters the range executes what had been written.
pub unsafe trait CodeMemory {
    /// Returns the size of each view in bytes.
    fn capacity(&self) -> usize;

    /// Returns the start of the executable view.
    fn exec_base(&self) -> *const u8;

    /// Returns the start of the writable view.
    fn write_base(&self) -> *mut u8;

    /// Makes code that was written to `range` (offsets in bytes) visible to
    /// instruction fetch.
    ///
    /// # Panics
    ///
    /// May panic when the range is not within the capacity.
    fn publish(&self, range: Range<usize>);
}
