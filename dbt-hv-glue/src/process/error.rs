//! What can go wrong in a process, and whose fault it is.

use rustix::io::Errno;

/// An operation on a window or on code memory was not possible.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An address or a file offset is not a multiple of the page size. The caller's
    /// (or the guest's) fault.
    #[error("address or offset {value:#x} is not a multiple of the page size")]
    Unaligned {
        /// The offending number.
        value: u64,
    },
    /// A length is zero. The caller's (or the guest's) fault.
    #[error("the length is zero")]
    ZeroLength,
    /// A range does not lie within the window's 4 GiB. The caller's (or the
    /// guest's) fault.
    #[error("{len:#x} bytes at {addr:#x} exceed the window")]
    OutOfRange {
        /// Start of the range.
        addr: u64,
        /// Its length.
        len: u64,
    },
    /// Something is mapped where [`FixedNoReplace`] asked for free space.
    ///
    /// [`FixedNoReplace`]: super::Placement::FixedNoReplace
    #[error("the range at {addr:#x} is in use")]
    Exists {
        /// Start of the range asked for.
        addr: u32,
    },
    /// No gap in the window is large enough. The guest has used its memory up.
    #[error("no room for {len:#x} bytes")]
    NoSpace {
        /// The length asked for.
        len: u64,
    },
    /// Nothing is mapped at an address that must be mapped.
    #[error("nothing is mapped at {addr:#x}")]
    NotMapped {
        /// The first such address.
        addr: u32,
    },
    /// A range to be resized is not a single region. The caller's (or the guest's)
    /// fault.
    #[error("the range at {addr:#x} is not a single region")]
    NotOneRegion {
        /// Start of the range.
        addr: u32,
    },
    /// The ranges of a move overlap. The caller's (or the guest's) fault.
    #[error("source and target of the move overlap")]
    Overlap,
    /// The host does not let this process have executable memory of its own making.
    /// Interpret instead.
    #[error("the host denies executable memory ({0})")]
    ExecutableDenied(Errno),
    /// The host's pages are not of 4, 16 or 64 KiB. Interpret instead, in memory of
    /// another kind.
    #[error("host pages of {bytes} bytes are not supported")]
    HostPageSize {
        /// The host's page size.
        bytes: usize,
    },
    /// The host's kernel refused; the number is its own.
    #[error("the host refused: {0}")]
    Host(#[from] Errno),
}

impl Error {
    /// Returns what a Linux system call would return for this, as a positive
    /// error number.
    #[must_use]
    pub fn errno(self) -> i32 {
        match self {
            Self::Unaligned { .. } | Self::ZeroLength | Self::Overlap => Errno::INVAL,
            Self::OutOfRange { .. } | Self::NoSpace { .. } | Self::NotMapped { .. } => Errno::NOMEM,
            Self::NotOneRegion { .. } => Errno::FAULT,
            Self::Exists { .. } => Errno::EXIST,
            Self::HostPageSize { .. } => Errno::NOTSUP,
            Self::ExecutableDenied(errno) | Self::Host(errno) => errno,
        }
        .raw_os_error()
    }
}

/// Kinds of access to guest memory.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Access {
    /// A load.
    Read,
    /// A store.
    Write,
    /// An instruction fetch.
    Fetch,
}

/// Why an access failed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FaultKind {
    /// Nothing is mapped there (`SIGSEGV`, `SEGV_MAPERR`).
    Unmapped,
    /// The mapping does not allow it (`SIGSEGV`, `SEGV_ACCERR`).
    Protection,
    /// The mapping has nothing behind it, as past the end of a file (`SIGBUS`,
    /// `BUS_ADRERR`).
    Bus,
}

/// An access to guest memory that the guest is not allowed, at its first such byte.
///
/// This is the guest's event, not the embedder's error: it becomes `EFAULT` in a
/// system call and a data abort in an instruction.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[error("{access:?} fault at {addr:#x} ({kind:?})")]
pub struct GuestFault {
    /// The first address that faults.
    pub addr: u32,
    /// What was tried.
    pub access: Access,
    /// Why it failed.
    pub kind: FaultKind,
}

/// Why instructions cannot be fetched.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchFault {
    /// Nothing is mapped there (`SEGV_MAPERR`).
    #[error("nothing is mapped there")]
    Unmapped,
    /// The mapping does not allow execution (`SEGV_ACCERR`).
    #[error("the mapping is not executable")]
    NotExecutable,
    /// The mapping has nothing behind it (`SIGBUS`).
    #[error("the mapping has nothing behind it")]
    Bus,
    /// The host refused to write-protect the page, so a translation of it would
    /// not be told of writes. Interpret instead.
    #[error("the page cannot be protected")]
    Refused,
}

/// Why a string could not be read.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
pub enum CStrFault {
    /// The string runs into memory that cannot be read (`EFAULT`).
    #[error(transparent)]
    Fault(#[from] GuestFault),
    /// There is no end within the given length (`ENAMETOOLONG` for a path).
    #[error("the string is too long")]
    TooLong,
}
