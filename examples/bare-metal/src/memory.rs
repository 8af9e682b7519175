//! Guest memory in a slice.

use core::ops::Range;

use dbt_core::host::{Environment, HostFault, Lowering, Resolution, Unwatched, VcpuContext};
use dbt_core::memory::{AccessKind, FaultCause, Fetch, FetchFault, GuestMemory, MemoryFault};
use dbt_isa::ops::Access;

/// Guest addresses from zero up to the length of a slice; nothing beyond.
///
/// One vCPU at a time uses it, so an exclusive access needs no more than the
/// exclusive borrow.
#[derive(Debug)]
pub struct FlatMemory<'a> {
    bytes: &'a mut [u8],
}

impl<'a> FlatMemory<'a> {
    /// Takes the guest's memory.
    pub const fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes }
    }

    fn at(
        &mut self,
        access: Access,
        address: u64,
        kind: AccessKind,
    ) -> Result<&mut [u8], MemoryFault> {
        let size = access.size.bytes() as usize;
        let fault = |cause| MemoryFault {
            address,
            kind,
            cause,
        };
        if !address.is_multiple_of(access.alignment().into()) {
            return Err(fault(FaultCause::Alignment));
        }
        usize::try_from(address)
            .ok()
            .and_then(|start| self.bytes.get_mut(start..)?.get_mut(..size))
            .ok_or(fault(FaultCause::Unmapped))
    }
}

/// Reads up to eight little-endian bytes.
fn read(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, &byte| value << 8 | u64::from(byte))
}

/// Writes the low bytes of a value.
fn write(bytes: &mut [u8], value: u64) {
    let len = bytes.len();
    bytes.copy_from_slice(&value.to_le_bytes()[..len]);
}

impl Fetch for FlatMemory<'_> {
    fn fetch16(&mut self, address: u64) -> Result<u16, FetchFault> {
        usize::try_from(address)
            .ok()
            .and_then(|start| self.bytes.get(start..)?.first_chunk())
            .map(|&bytes| u16::from_le_bytes(bytes))
            .ok_or(FetchFault {
                address,
                cause: FaultCause::Unmapped,
            })
    }
}

impl GuestMemory for FlatMemory<'_> {
    fn load(&mut self, access: Access, address: u64) -> Result<u64, MemoryFault> {
        self.at(access, address, AccessKind::Read)
            .map(|bytes| read(bytes))
    }

    fn store(&mut self, access: Access, address: u64, value: u64) -> Result<(), MemoryFault> {
        self.at(access, address, AccessKind::Write)
            .map(|bytes| write(bytes, value))
    }

    fn compare_exchange(
        &mut self,
        access: Access,
        address: u64,
        expected: u64,
        new: u64,
    ) -> Result<u64, MemoryFault> {
        let bytes = self.at(access, address, AccessKind::Write)?;
        let old = read(bytes);
        if old == expected {
            write(bytes, new);
        }
        Ok(old)
    }
}

impl Environment for FlatMemory<'_> {
    fn lowering(&self) -> Lowering {
        Lowering::Callback
    }

    fn window(&self) -> u64 {
        0
    }

    /// The engine sees every store of the guest, and nobody else writes while the
    /// slice is borrowed.
    fn protect(&mut self, _: Range<u64>) -> Result<(), Unwatched> {
        Ok(())
    }

    /// Generated code makes no access of its own that could fault.
    fn guarded<R>(
        &mut self,
        _: *mut VcpuContext,
        _: Range<u64>,
        _: u64,
        body: impl FnOnce(&mut Self) -> R,
    ) -> R {
        body(self)
    }

    fn resolve(&mut self, _: &HostFault) -> Resolution {
        unreachable!("without a fault hook no fault is recorded")
    }
}

#[cfg(test)]
mod tests {
    use dbt_isa::ops::Size;

    use super::*;

    fn access(size: Size, aligned: bool) -> Access {
        Access {
            size,
            signed: false,
            aligned,
            by_words: false,
            unprivileged: false,
            ordered: false,
        }
    }

    #[test]
    fn bytes_are_little_endian_and_bounded() {
        let mut bytes = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        let mut memory = FlatMemory::new(&mut bytes);
        let word = access(Size::Word, false);
        assert_eq!(memory.load(word, 5), Ok(0x0908_0706));
        assert_eq!(
            memory.load(word, 6).map_err(|fault| fault.cause),
            Err(FaultCause::Unmapped)
        );
        assert_eq!(memory.store(access(Size::Half, true), 2, 0xabcd), Ok(()));
        assert_eq!(memory.fetch32(0), Ok(0xabcd_0201));
    }

    #[test]
    fn alignment_is_checked_on_demand() {
        let mut memory = [0; 16];
        let mut memory = FlatMemory::new(&mut memory);
        let fault = memory
            .load(access(Size::Word, true), 2)
            .map_err(|fault| fault.cause);
        assert_eq!(fault, Err(FaultCause::Alignment));
    }
}
