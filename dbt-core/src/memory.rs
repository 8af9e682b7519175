//! Guest memory, as the engine, the interpreter and a front end see it.

use dbt_isa::ops::{Access, Size};

/// What an access was for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum AccessKind {
    /// Loading data.
    Read,
    /// Storing data.
    Write,
    /// Fetching an instruction.
    Fetch,
}

/// Why an access faulted.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FaultCause {
    /// Nothing is mapped there.
    Unmapped,
    /// Something is, but the access is not allowed.
    Permission,
    /// The address is not aligned as the access demands.
    Alignment,
    /// The memory that is mapped there does not answer: an external abort, as
    /// behind the end of a mapped file.
    External,
}

/// A data access that faulted.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MemoryFault {
    /// The first faulting guest address.
    pub address: u64,
    /// Whether it read or wrote.
    pub kind: AccessKind,
    /// Why it faulted.
    pub cause: FaultCause,
}

/// An instruction fetch that faulted.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FetchFault {
    /// The guest address of the first byte that cannot be fetched.
    pub address: u64,
    /// Why.
    pub cause: FaultCause,
}

/// Source of guest instructions.
pub trait Fetch {
    /// Reads the little-endian halfword at `address`, a multiple of two.
    ///
    /// # Errors
    ///
    /// When nothing executable is there.
    fn fetch16(&mut self, address: u64) -> Result<u16, FetchFault>;

    /// Reads the little-endian word at `address`, a multiple of four.
    ///
    /// # Errors
    ///
    /// When nothing executable is there.
    fn fetch32(&mut self, address: u64) -> Result<u32, FetchFault> {
        let low = self.fetch16(address)?;
        let high = self.fetch16(address + 2)?;
        Ok(u32::from(low) | u32::from(high) << 16)
    }

    /// Tells with which privilege is fetched from now on. A guest with more than
    /// one calls it before it fetches; memory that treats all alike ignores it.
    fn fetch_unprivileged(&mut self, unprivileged: bool) {
        let _ = unprivileged;
    }
}

/// Guest memory for single accesses: the interpreter's, and the callback
/// lowering's.
///
/// An implementation checks alignment only where [`Access::aligned`] asks for
/// it, and accepts accesses that cross pages or wrap at the end of the address
/// space.
pub trait GuestMemory: Fetch {
    /// Loads `access.size` bytes, zero-extended (the sign is the caller's).
    ///
    /// # Errors
    ///
    /// When the access faults; then nothing was read that has side effects.
    fn load(&mut self, access: Access, address: u64) -> Result<u64, MemoryFault>;

    /// Stores the low `access.size` bytes of `value`.
    ///
    /// # Errors
    ///
    /// When the access faults; then nothing was written.
    fn store(&mut self, access: Access, address: u64, value: u64) -> Result<(), MemoryFault>;

    /// Stores `new` if memory holds `expected`, atomically with regard to every
    /// other CPU, and returns what memory held.
    ///
    /// # Errors
    ///
    /// When the access faults or is not aligned.
    fn compare_exchange(
        &mut self,
        access: Access,
        address: u64,
        expected: u64,
        new: u64,
    ) -> Result<u64, MemoryFault>;

    /// Returns the tag of the exclusive granule that `address` lies in, to be read
    /// before the bytes of a load-exclusive.
    ///
    /// The engine puts its [global monitor](crate::monitor::GlobalMonitor) in front of
    /// an environment's memory, which implements neither this nor
    /// [`store_exclusive`](Self::store_exclusive). Memory alone has no tags: there, a
    /// store-exclusive succeeds also if memory holds *again* what was loaded.
    fn load_tag(&mut self, address: u64) -> u64 {
        let _ = address;
        0
    }

    /// Stores `new` if the granule of `address` still has the tag `tag` and memory
    /// holds `expected`, atomically with regard to every other CPU. Tells whether it
    /// did.
    ///
    /// # Errors
    ///
    /// When the access faults or is not aligned.
    fn store_exclusive(
        &mut self,
        access: Access,
        address: u64,
        tag: u64,
        expected: u64,
        new: u64,
    ) -> Result<bool, MemoryFault> {
        let _ = tag;
        Ok(self.compare_exchange(access, address, expected, new)? == expected)
    }
}

/// Returns `value`, which was zero-extended from `size`, sign-extended to 64
/// bits.
#[must_use]
pub const fn sign_extend(value: u64, size: Size) -> u64 {
    let unused = 64 - 8 * size.bytes();
    (value.cast_signed() << unused >> unused).cast_unsigned()
}
