//! Code memory as the cache addresses it: by offsets.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::host::{CodeMemory, Detour};
use crate::location::Location;

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
    /// Without the detour.
    capacity: u32,
    /// How far above the code its detour lies.
    detour: Option<u32>,
    /// Whether generated code uses the directory.
    has_directory: bool,
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
            detour: None,
            has_directory: false,
        })
    }

    /// Returns the distance of a detour for which room can be made.
    pub(crate) fn possible_detour(&self) -> u32 {
        self.capacity / 2 / 4096 * 4096
    }

    /// Makes room for the detour.
    pub(crate) fn make_detour(&mut self) {
        self.capacity = self.possible_detour();
        self.detour = Some(self.capacity);
    }

    /// Returns how far above the code its detour lies, if there is one.
    pub(crate) fn detour(&self) -> Option<u32> {
        self.detour
    }

    /// Tells whether there is a directory that can be used: a host address of code is
    /// no location.
    pub(crate) fn offers_directory(&self) -> bool {
        let locations = 1 << u32::BITS;
        self.base >= locations
            && self
                .memory
                .directory()
                .is_some_and(|words| words.len() as u64 == locations)
    }

    /// Says that generated code uses the directory.
    pub(crate) fn use_directory(&mut self) {
        self.has_directory = true;
        // Whoever jumps to zero does not want location zero.
        self.mark_absent(Location(0));
    }

    /// Returns the directory that generated code uses.
    pub(crate) fn directory(&self) -> Option<&[AtomicU64]> {
        self.memory.directory().filter(|_| self.has_directory)
    }

    /// Returns the word of a location in the directory.
    fn word(&self, location: Location) -> Option<&AtomicU64> {
        let index = usize::try_from(location.0).ok()?;
        self.directory()?.get(index)
    }

    /// Has the directory lead from a location to `offset`, in place of what it has.
    /// The cache's lock is held.
    pub(crate) fn list(&self, location: Location, offset: Offset) {
        if let Some(word) = self.word(location) {
            // Release: the code comes first.
            word.store(self.address(offset), Ordering::Release);
        }
    }

    /// The same if it has nothing for the location.
    pub(crate) fn list_if_absent(&self, location: Location, offset: Offset) {
        if let Some(word) = self.word(location)
            && [0, self.base].contains(&word.load(Ordering::Relaxed))
        {
            word.store(self.address(offset), Ordering::Release);
        }
    }

    /// Takes it back, if that is what the directory has. The cache's lock is held.
    pub(crate) fn strike(&self, location: Location, offset: Offset) {
        if let Some(word) = self.word(location)
            && word.load(Ordering::Relaxed) == self.address(offset)
        {
            // SeqCst: a vCPU that goes inside afterwards does not find it; see
            // "Reclaiming" in `cache::evict`.
            word.store(self.base, Ordering::SeqCst);
        }
    }

    /// Has the directory lead from a location to the runtime, unless it leads
    /// elsewhere: jumps to zero are slow.
    pub(crate) fn mark_absent(&self, location: Location) {
        if let Some(word) = self.word(location) {
            // Relaxed: the runtime is there since the beginning.
            let _ = word.compare_exchange(0, self.base, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    pub(crate) fn memory(&self) -> &C {
        &self.memory
    }

    /// Returns the number of bytes, without the detour.
    pub(crate) fn capacity(&self) -> u32 {
        self.capacity
    }

    /// Returns the host addresses at which code is executed, the detour included.
    pub(crate) fn range(&self) -> core::ops::Range<u64> {
        let size = self.capacity + self.detour.unwrap_or(0);
        self.base..self.base + u64::from(size)
    }

    /// Returns the host address of the byte at `offset`.
    pub(crate) fn address(&self, offset: Offset) -> u64 {
        self.base + u64::from(offset)
    }

    /// Returns a pointer to the byte at `offset`, to execute, or to that in the
    /// detour.
    ///
    /// # Panics
    ///
    /// If `offset` is beyond the end.
    pub(crate) fn pointer(&self, offset: Offset, in_detour: bool) -> *const u8 {
        assert!(offset <= self.capacity, "code lies in code memory");
        let distance = self.detour.filter(|_| in_detour).unwrap_or(0);
        let offset = offset as usize + distance as usize;
        self.memory.exec_base().wrapping_add(offset)
    }

    /// Returns the offset of the byte at a host address, if it is in code memory. In
    /// the detour it is that of the byte's counterpart.
    pub(crate) fn offset(&self, address: u64) -> Option<Offset> {
        let offset = u32::try_from(address.checked_sub(self.base)?).ok()?;
        let offset = match self.detour {
            Some(distance) if offset >= distance => offset - distance,
            _ => offset,
        };
        (offset <= self.capacity).then_some(offset)
    }

    /// Writes code and makes it visible to instruction fetch.
    pub(crate) fn write(&self, offset: Offset, bytes: &[u8]) {
        let start = offset as usize;
        self.memory.write(start, bytes);
        self.memory.publish(start..start + bytes.len());
    }

    /// Writes new code, and its detour if there is one.
    pub(crate) fn write_new(&self, offset: Offset, bytes: &[u8], detour: &[Detour]) {
        self.write(offset, bytes);
        let Some(distance) = self.detour else { return };
        let start = (offset + distance) as usize;
        self.memory.write(start, bytes);
        for Detour { offset, word } in detour {
            self.memory
                .write(start + *offset as usize, &word.to_le_bytes());
        }
        self.memory.publish(start..start + bytes.len());
    }
}
