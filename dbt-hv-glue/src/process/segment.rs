//! What a thread must have set up for generated code to reach the window.

use super::gs_base;

/// The `gs` segment of this thread, as generated code wants it.
///
/// Whoever had set a base that is not a window's of ours gets it back.
pub(super) struct Segment {
    before: usize,
}

impl Segment {
    #[inline]
    pub(super) fn enter(base: usize) -> Self {
        let before = gs_base::get();
        if before == base {
            return Self { before: 0 };
        }
        // SAFETY: the base is a window's. Who relies on another one gets it back before
        // code that is not the engine's or its environment's runs again.
        unsafe { gs_base::set(base) };
        Self { before }
    }
}

impl Drop for Segment {
    #[inline]
    fn drop(&mut self) {
        // Nobody relies on a base of zero; leaving ours in place makes the next entry
        // cheap.
        if self.before != 0 {
            // SAFETY: that is what it was.
            unsafe { gs_base::set(self.before) };
        }
    }
}
