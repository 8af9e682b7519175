//! Page permissions, the guest's and the host's.

use bitflags::bitflags;
use rustix::mm::{MprotectFlags, ProtFlags};

bitflags! {
    /// What a guest may do with a page, in the words of `mmap`.
    ///
    /// The empty set is `PROT_NONE`. As on AArch32 Linux, a page with any
    /// permission at all can be read.
    #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
    pub struct Prot: u8 {
        /// `PROT_READ`.
        const READ = 1;
        /// `PROT_WRITE`.
        const WRITE = 2;
        /// `PROT_EXEC`: instructions may be fetched. The host never executes a
        /// guest page.
        const EXEC = 4;
    }
}

bitflags! {
    /// An entry of the window's page table.
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub(super) struct PageFlags: u8 {
        const READ = Prot::READ.bits();
        const WRITE = Prot::WRITE.bits();
        const EXEC = Prot::EXEC.bits();
        /// Something is mapped, if only with `PROT_NONE`.
        const MAPPED = 8;
        /// Translations were made from the page: the host must not write to it.
        const CODE = 16;
    }
}

/// What is known of a mapped guest page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PageInfo {
    /// What the guest may do.
    pub prot: Prot,
    /// Whether translations were made from it, so that writes fault on the host.
    pub code: bool,
}

impl PageFlags {
    pub(super) const fn mapped(prot: Prot) -> Self {
        Self::from_bits_truncate(prot.bits()).union(Self::MAPPED)
    }

    pub(super) const fn prot(self) -> Prot {
        Prot::from_bits_truncate(self.bits())
    }

    /// What the host must allow so that exactly the guest's unremarkable accesses
    /// succeed.
    pub(super) fn host(self) -> HostProt {
        if self.prot().is_empty() {
            HostProt::None
        } else if self.contains(Self::WRITE) && !self.contains(Self::CODE) {
            HostProt::ReadWrite
        } else {
            HostProt::Read
        }
    }
}

/// The three protections a guest page can have on the host. None is executable.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum HostProt {
    None,
    Read,
    ReadWrite,
}

impl From<HostProt> for ProtFlags {
    fn from(prot: HostProt) -> Self {
        match prot {
            HostProt::None => Self::empty(),
            HostProt::Read => Self::READ,
            HostProt::ReadWrite => Self::READ | Self::WRITE,
        }
    }
}

impl From<HostProt> for MprotectFlags {
    fn from(prot: HostProt) -> Self {
        match prot {
            HostProt::None => Self::empty(),
            HostProt::Read => Self::READ,
            HostProt::ReadWrite => Self::READ | Self::WRITE,
        }
    }
}
