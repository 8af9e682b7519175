//! Code memory as the cache addresses it: by offsets.

use crate::host::CodeMemory;

/// An offset from the start of code memory.
pub(crate) type Offset = u32;

/// Where a live fragment was entered when the cache was asked. It may be entered
/// for as long as the vCPU that asked stays *inside*; see `cache::evict`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Entry(Offset);

impl Entry {
    /// Names the first byte of a live fragment.
    pub(super) const fn new(offset: Offset) -> Self {
        Self(offset)
    }

    pub(crate) const fn offset(self) -> Offset {
        self.0
    }
}

/// Code memory with its address.
///
/// # Invariants
///
/// - *Stable*: the executable view stays at `base` for as long as `self` lives.
/// - *Short*: the capacity is less than 2 GiB, so an [`Offset`] never overflows.
#[derive(Debug)]
pub(crate) struct Code<C> {
    memory: C,
    base: u64,
    capacity: u32,
}

impl<C: CodeMemory> Code<C> {
    /// Adopts code memory, unless it is too large.
    pub(crate) fn new(memory: C) -> Option<Self> {
        let capacity = u32::try_from(memory.capacity())
            .ok()
            .filter(|&capacity| capacity <= i32::MAX.cast_unsigned())?;
        let base = memory.exec_base().addr() as u64;
        Some(Self {
            memory,
            base,
            capacity,
        })
    }

    pub(crate) fn memory(&self) -> &C {
        &self.memory
    }

    /// Returns the number of bytes.
    pub(crate) fn capacity(&self) -> u32 {
        self.capacity
    }

    /// Returns the host addresses at which code is executed.
    pub(crate) fn range(&self) -> core::ops::Range<u64> {
        self.base..self.base + u64::from(self.capacity)
    }

    /// Returns the host address of the byte at `offset`.
    pub(crate) fn address(&self, offset: Offset) -> u64 {
        self.base + u64::from(offset)
    }

    /// Returns a pointer to the byte at `offset`, to execute.
    ///
    /// # Panics
    ///
    /// If `offset` is beyond the end.
    pub(crate) fn pointer(&self, offset: Offset) -> *const u8 {
        assert!(offset <= self.capacity, "code lies in code memory");
        self.memory.exec_base().wrapping_add(offset as usize)
    }

    /// Returns the offset of the byte at a host address, if it is in code memory.
    pub(crate) fn offset(&self, address: u64) -> Option<Offset> {
        let offset = u32::try_from(address.checked_sub(self.base)?).ok()?;
        (offset <= self.capacity).then_some(offset)
    }

    /// Writes code and makes it visible to instruction fetch.
    pub(crate) fn write(&self, offset: Offset, bytes: &[u8]) {
        let start = offset as usize;
        self.memory.write(start, bytes);
        self.memory.publish(start..start + bytes.len());
    }
}
