//! Jumps, calls and their displacements.

use super::{Asm, Cc};

impl Asm<'_> {
    /// `jcc` with a 32-bit displacement; returns the offset of the displacement.
    pub(crate) fn jcc(&mut self, cc: Cc) -> u32 {
        self.code.extend_from_slice(&[0x0f, 0x80 | cc as u8]);
        self.displacement()
    }

    /// `jmp` with a 32-bit displacement; returns the offset of the displacement.
    pub(crate) fn jmp(&mut self) -> u32 {
        self.byte(0xe9);
        self.displacement()
    }

    /// `call` with a 32-bit displacement; returns the offset of the displacement.
    pub(crate) fn call(&mut self) -> u32 {
        self.byte(0xe8);
        self.displacement()
    }

    fn displacement(&mut self) -> u32 {
        let at = self.offset();
        self.dword(0);
        at
    }

    /// `jcc` with an 8-bit displacement; [`bind_short`](Self::bind_short) it.
    pub(crate) fn jcc_short(&mut self, cc: Cc) -> Short {
        self.code.extend_from_slice(&[0x70 | cc as u8, 0]);
        Short(self.code.len())
    }

    /// `jmp` with an 8-bit displacement; [`bind_short`](Self::bind_short) it.
    pub(crate) fn jmp_short(&mut self) -> Short {
        self.code.extend_from_slice(&[0xeb, 0]);
        Short(self.code.len())
    }

    /// Makes a short jump lead to the next byte.
    ///
    /// # Panics
    ///
    /// If that is more than 127 bytes away.
    pub(crate) fn bind_short(&mut self, jump: Short) {
        let distance = self.code.len() - jump.0;
        assert!(distance < 128, "a short jump spans a few instructions");
        self.code[jump.0 - 1] = distance.to_le_bytes()[0];
    }

    /// Makes the displacement at `at` lead to offset `to`.
    pub(crate) fn patch(&mut self, at: u32, to: i64) {
        let value = displacement(at, to);
        let at = at as usize;
        self.code[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
}

/// A short jump that waits for its target.
#[derive(Debug)]
pub(crate) struct Short(usize);

/// Returns the displacement that leads from a four-byte field at `at` to `to`.
#[allow(
    clippy::cast_possible_truncation,
    reason = "code memory is less than 2 GiB"
)]
pub(crate) const fn displacement(at: u32, to: i64) -> i32 {
    (to - (at as i64 + 4)) as i32
}
