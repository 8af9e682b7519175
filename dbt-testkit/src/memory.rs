//! A small guest memory with holes.
#![allow(
    clippy::cast_possible_truncation,
    reason = "bytes of values and addresses are meant"
)]

use dbt_core::memory::{AccessKind, FaultCause, Fetch, FetchFault, GuestMemory, MemoryFault};
use dbt_isa::ops::Access;

/// A few kilobytes, mirrored over the whole address space, so that random
/// addresses meet each other. One page in eight is unmapped, one read-only.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MirroredMemory {
    bytes: Vec<u8>,
}

impl MirroredMemory {
    /// The distance at which the memory repeats.
    pub const SIZE: usize = 0x800;

    /// Makes a memory whose bytes are their addresses, more or less.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bytes: (0..Self::SIZE).map(|at| (at ^ at >> 8) as u8).collect(),
        }
    }

    fn check(&self, access: Access, address: u64, kind: AccessKind) -> Result<(), MemoryFault> {
        let cause = if !address.is_multiple_of(access.alignment().into()) {
            FaultCause::Alignment
        } else {
            match (address >> 12 & 7, kind) {
                (3, _) => FaultCause::Unmapped,
                (5, AccessKind::Write) => FaultCause::Permission,
                _ => return Ok(()),
            }
        };
        Err(MemoryFault {
            address,
            kind,
            cause,
        })
    }

    fn indices(access: Access, address: u64) -> impl Iterator<Item = usize> {
        (address..address + u64::from(access.size.bytes()))
            .map(|at| usize::try_from(at).unwrap_or(0) % Self::SIZE)
    }

    fn read(&self, access: Access, address: u64) -> u64 {
        let bytes = Self::indices(access, address).enumerate();
        bytes.fold(0, |value, (place, at)| {
            value | u64::from(self.bytes[at]) << (8 * place)
        })
    }

    fn write(&mut self, access: Access, address: u64, value: u64) {
        for (place, at) in Self::indices(access, address).enumerate() {
            self.bytes[at] = (value >> (8 * place)) as u8;
        }
    }
}

impl Default for MirroredMemory {
    fn default() -> Self {
        Self::new()
    }
}

impl Fetch for MirroredMemory {
    fn fetch16(&mut self, _: u64) -> Result<u16, FetchFault> {
        // Whoever has code elsewhere wants to be seen fetching it.
        Ok(0)
    }
}

impl GuestMemory for MirroredMemory {
    fn load(&mut self, access: Access, address: u64) -> Result<u64, MemoryFault> {
        self.check(access, address, AccessKind::Read)?;
        Ok(self.read(access, address))
    }

    fn store(&mut self, access: Access, address: u64, value: u64) -> Result<(), MemoryFault> {
        self.check(access, address, AccessKind::Write)?;
        self.write(access, address, value);
        Ok(())
    }

    fn compare_exchange(
        &mut self,
        access: Access,
        address: u64,
        expected: u64,
        new: u64,
    ) -> Result<u64, MemoryFault> {
        self.check(access.aligned(), address, AccessKind::Write)?;
        let held = self.read(access, address);
        if held == expected {
            self.write(access, address, new);
        }
        Ok(held)
    }
}
