//! Memory accesses.

/// The width of a memory access.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum Size {
    /// One byte.
    Byte = 0,
    /// Two bytes.
    Half = 1,
    /// Four bytes.
    Word = 2,
    /// Eight bytes.
    Dword = 3,
}

impl Size {
    /// Returns the width in bytes.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        1 << self as u32
    }
}

/// How a memory access is made. Values are little-endian in the host's sense; a
/// description of a big-endian access swaps the bytes itself.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Access {
    /// Its width.
    pub size: Size,
    /// Whether a load narrower than its result extends the sign.
    pub signed: bool,
    /// Whether an address that is not a multiple of `size` faults.
    pub aligned: bool,
    /// With `aligned`, of doublewords: whether a multiple of four suffices.
    pub by_words: bool,
    /// Whether the access is made with user privilege (`LDRT`).
    pub unprivileged: bool,
    /// Whether it is ordered: a load acquires, a store releases.
    pub ordered: bool,
}

impl Access {
    /// An ordinary access that may be unaligned and zero-extends.
    #[must_use]
    pub const fn new(size: Size) -> Self {
        Self {
            size,
            signed: false,
            aligned: false,
            by_words: false,
            unprivileged: false,
            ordered: false,
        }
    }

    /// The same access with sign extension.
    #[must_use]
    pub const fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    /// The same access with an alignment check.
    #[must_use]
    pub const fn aligned(mut self) -> Self {
        self.aligned = true;
        self
    }

    /// The same access with an alignment check as if it were of words.
    #[must_use]
    pub const fn aligned_by_words(mut self) -> Self {
        self.aligned = true;
        self.by_words = matches!(self.size, Size::Dword);
        self
    }

    /// Returns the number of bytes of which an address must be a multiple.
    #[must_use]
    pub const fn alignment(self) -> u32 {
        match (self.aligned, self.by_words) {
            (false, _) => 1,
            (true, false) => self.size.bytes(),
            (true, true) => Size::Word.bytes(),
        }
    }

    /// The same access with user privilege.
    #[must_use]
    pub const fn unprivileged(mut self) -> Self {
        self.unprivileged = true;
        self
    }

    /// The same access with acquire or release order.
    #[must_use]
    pub const fn ordered(mut self) -> Self {
        self.ordered = true;
        self
    }
}
