//! What a thread must have set up for generated code to reach the window: nothing,
//! since the base is in a register (AArch64).

/// A thread that is set up.
pub(super) struct Segment;

impl Segment {
    pub(super) const fn enter(_base: usize) -> Self {
        Self
    }
}

impl Drop for Segment {
    fn drop(&mut self) {}
}
