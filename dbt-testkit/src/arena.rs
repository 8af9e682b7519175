//! A guest memory of a few pages with different rights, which can be undone.
//!
//! It is small enough to compare as a whole after every program, and addresses
//! near its page limits meet everything that can go wrong with an access.
#![allow(
    clippy::cast_possible_truncation,
    reason = "bytes of values and offsets into a small memory are meant"
)]

use dbt_core::memory::{AccessKind, FaultCause, Fetch, FetchFault, GuestMemory, MemoryFault};
use dbt_isa::ops::Access;

/// The bytes of a page.
pub const PAGE: u32 = 0x1000;

/// What a page allows.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Rights {
    /// Loads, stores.
    ReadWrite,
    /// Loads.
    Read,
    /// Loads and instruction fetches.
    ReadExecute,
}

/// Some pages that follow one another and have the same rights.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    /// The first address.
    pub base: u32,
    /// The number of bytes.
    pub len: u32,
    /// What it allows.
    pub rights: Rights,
}

/// The page of instructions.
pub const CODE: Region = Region {
    base: 0x0001_0000,
    len: PAGE,
    rights: Rights::ReadExecute,
};

/// All regions. Behind the read-only page is a hole of one page.
pub const REGIONS: [Region; 4] = [
    CODE,
    Region {
        base: 0x2000_0000,
        len: 2 * PAGE,
        rights: Rights::ReadWrite,
    },
    Region {
        base: 0x2000_2000,
        len: PAGE,
        rights: Rights::Read,
    },
    Region {
        base: 0x2000_4000,
        len: PAGE,
        rights: Rights::ReadWrite,
    },
];

/// The start of what data registers point to.
pub const DATA: u32 = 0x2000_0000;
/// The length of what data registers point to, the hole included.
pub const DATA_LEN: u32 = 5 * PAGE;

/// Bytes of the code page and of data, one after the other.
const BYTES: usize = (CODE.len + DATA_LEN) as usize;

/// What makes accesses fault that would not.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Obstacle {
    /// Nothing.
    #[default]
    None,
    /// So many data accesses are let through, then all fault.
    After(u64),
    /// Accesses to the page at an address fault, and fetches from there.
    Page(u32),
}

/// The memory.
#[derive(Clone, Debug)]
pub struct Arena {
    bytes: Vec<u8>,
    obstacle: Obstacle,
    /// How many data accesses there were.
    accesses: u64,
    /// What stores replaced, oldest first.
    log: Vec<(u32, u8)>,
}

/// A moment to which [`Arena::undo`] returns.
#[derive(Clone, Copy, Debug)]
pub struct Mark(usize);

impl Arena {
    /// All zeroes.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bytes: vec![0; BYTES],
            obstacle: Obstacle::None,
            accesses: 0,
            log: Vec::new(),
        }
    }

    /// Returns where an address is in `bytes`, and what it allows.
    fn find(address: u64) -> Option<(usize, Rights)> {
        let address = u32::try_from(address).ok()?;
        let region = REGIONS
            .iter()
            .find(|region| address.wrapping_sub(region.base) < region.len)?;
        let at = if region.base == CODE.base {
            address - CODE.base
        } else {
            CODE.len + address - DATA
        };
        Some((at as usize, region.rights))
    }

    /// Returns the bytes of a region.
    ///
    /// # Panics
    ///
    /// If it is none of [`REGIONS`].
    #[must_use]
    pub fn region(&self, region: &Region) -> &[u8] {
        let (start, _) = Self::find(region.base.into()).expect("a region of the arena");
        &self.bytes[start..start + region.len as usize]
    }

    /// Returns the bytes of a region, to be changed for good.
    ///
    /// # Panics
    ///
    /// If it is none of [`REGIONS`].
    pub fn region_mut(&mut self, region: &Region) -> &mut [u8] {
        let (start, _) = Self::find(region.base.into()).expect("a region of the arena");
        &mut self.bytes[start..start + region.len as usize]
    }

    /// Returns all bytes, to compare.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Puts up an obstacle, in place of the one before, and counts accesses anew.
    pub fn obstruct(&mut self, obstacle: Obstacle) {
        self.obstacle = obstacle;
        self.accesses = 0;
    }

    /// Returns the obstacle.
    #[must_use]
    pub const fn obstacle(&self) -> Obstacle {
        self.obstacle
    }

    /// Replaces the bytes of a region, as stores would.
    pub fn replace(&mut self, region: &Region, bytes: &[u8]) {
        let Some((start, _)) = Self::find(region.base.into()) else {
            return;
        };
        if self.bytes[start..start + bytes.len()] == *bytes {
            return;
        }
        for (at, &byte) in (start..).zip(bytes) {
            if self.bytes[at] != byte {
                self.log.push((at as u32, self.bytes[at]));
                self.bytes[at] = byte;
            }
        }
    }

    /// Returns how many data accesses there were since the last obstacle was put
    /// up.
    #[must_use]
    pub const fn accesses(&self) -> u64 {
        self.accesses
    }

    /// Writes instructions.
    ///
    /// # Panics
    ///
    /// If they do not fit into the code page.
    pub fn write_code(&mut self, address: u32, halfwords: &[u16]) {
        let start = (address - CODE.base) as usize;
        for (at, half) in (start..).step_by(2).zip(halfwords) {
            self.bytes[at..at + 2].copy_from_slice(&half.to_le_bytes());
        }
    }

    /// Fills the code page.
    pub fn fill_code(&mut self, word: u32) {
        for bytes in self.region_mut(&CODE).chunks_exact_mut(4) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
    }

    /// Forgets how to undo what was stored so far.
    pub fn commit(&mut self) {
        self.log.clear();
    }

    /// Returns the present moment.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark(self.log.len())
    }

    /// Returns the moment of the last [`commit`](Self::commit).
    #[must_use]
    pub const fn start(&self) -> Mark {
        Mark(0)
    }

    /// Undoes every store since `mark`.
    pub fn undo(&mut self, mark: Mark) {
        for (at, byte) in self.log.drain(mark.0..).rev() {
            self.bytes[at as usize] = byte;
        }
    }

    /// Whether an obstacle is the page of an address.
    fn blocks(&self, address: u64) -> bool {
        matches!(self.obstacle, Obstacle::Page(page) if u64::from(page >> 12) == address >> 12)
    }

    /// Checks each page that an access touches, as hardware would.
    fn check(&mut self, access: Access, address: u64, kind: AccessKind) -> Result<(), MemoryFault> {
        let fault = |address, cause| MemoryFault {
            address,
            kind,
            cause,
        };
        if !address.is_multiple_of(access.alignment().into()) {
            return Err(fault(address, FaultCause::Alignment));
        }
        self.accesses += 1;
        if matches!(self.obstacle, Obstacle::After(count) if self.accesses > count) {
            return Err(fault(address, FaultCause::Unmapped));
        }
        let last = (address + u64::from(access.size.bytes()) - 1) & 0xffff_ffff;
        for at in [address, last & !0xfff] {
            let at = if at == last & !0xfff && last >> 12 == address >> 12 {
                address
            } else {
                at
            };
            match Self::find(at).filter(|_| !self.blocks(at)) {
                None => return Err(fault(at, FaultCause::Unmapped)),
                Some((_, Rights::ReadWrite)) => {}
                Some(_) if kind != AccessKind::Write => {}
                Some(_) => return Err(fault(at, FaultCause::Permission)),
            }
        }
        Ok(())
    }

    fn read(&self, access: Access, address: u64) -> u64 {
        (0..access.size.bytes()).fold(0, |value, place| {
            let at = Self::find(address + u64::from(place)).map_or(0, |(at, _)| at);
            value | u64::from(self.bytes[at]) << (8 * place)
        })
    }

    fn write(&mut self, access: Access, address: u64, value: u64) {
        for place in 0..access.size.bytes() {
            if let Some((at, _)) = Self::find(address + u64::from(place)) {
                self.log.push((at as u32, self.bytes[at]));
                self.bytes[at] = (value >> (8 * place)) as u8;
            }
        }
    }
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

impl Fetch for Arena {
    fn fetch16(&mut self, address: u64) -> Result<u16, FetchFault> {
        let cause = match Self::find(address) {
            Some(_) if self.blocks(address) => FaultCause::Unmapped,
            Some((at, Rights::ReadExecute)) => {
                return Ok(u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]]));
            }
            Some(_) => FaultCause::Permission,
            None => FaultCause::Unmapped,
        };
        Err(FetchFault { address, cause })
    }
}

impl GuestMemory for Arena {
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
