//! Guest memory: a 4 GiB window in the host's address space, and who may touch what.
//!
//! Guest address `a` is host address `base + a`. The host's own page tables do
//! the checking for guest code; for the host's code, which must not crash on a
//! bad guest pointer, a table holds one byte for each guest page.
//!
//! # Invariants
//!
//! - *Inside*: every address computed here lies in the reservation of 4 GiB plus
//!   [`GUARD`] on either side, which nothing else ever maps into.
//! - *Recorded*: a page's byte in the table never claims more than the host's
//!   mapping grants. Both change under the write side of `lock`, so whoever
//!   holds the read side may rely on the byte.
//! - *Raw*: guest memory is never a Rust reference. The guest may write it at any
//!   time, so it is copied in and out, or handed to the kernel as an address.
//!
//! A page backed by a file can vanish when the file is truncated. Copies to and
//! from such pages therefore go through the kernel (`process_vm_readv`), which
//! reports a fault where `memcpy` would die.

mod copy;
mod map;

use std::io;
use std::ptr::{self, NonNull};
use std::ops::Range;
use std::sync::{Mutex, RwLock};
use std::sync::atomic::{AtomicU8, Ordering};

pub use map::{Backing, Error, Placement, Region, RemapTarget};

/// Bytes in a page, for the guest and the host.
pub const PAGE_SIZE: u32 = 4096;

/// Bytes reserved on each side of the window, so that an access that starts
/// inside and runs over the end still faults.
pub const GUARD: usize = 1 << 16;

const WINDOW: usize = 1 << 32;
const PAGES: usize = WINDOW / PAGE_SIZE as usize;

bitflags::bitflags! {
    /// What the guest may do with a page, and what is known about it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Prot: u8 {
        /// Loads are allowed.
        const READ = 1;
        /// Stores are allowed.
        const WRITE = 2;
        /// Instruction fetches are allowed.
        const EXEC = 4;
    }
}

/// The page exists, even if nothing is allowed.
const MAPPED: u8 = 8;
/// The page may fault although its protection allows the access.
const FILE: u8 = 16;

/// What an access wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Load.
    Read,
    /// Store.
    Write,
    /// Instruction fetch.
    Fetch,
}

/// What is known about a mapped page.
#[derive(Clone, Copy, Debug)]
pub struct PageInfo {
    /// What the guest may do with it.
    pub prot: Prot,
}

impl Prot {
    fn host(self) -> i32 {
        let mut bits = libc::PROT_NONE;
        if self.intersects(Self::READ | Self::EXEC) {
            bits |= libc::PROT_READ;
        }
        if self.contains(Self::WRITE) {
            bits |= libc::PROT_READ | libc::PROT_WRITE;
        }
        bits
    }
}

/// A guest address does not allow an access: `EFAULT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("guest address {addr:#010x} cannot be accessed")]
pub struct GuestFault {
    /// The first address that does not.
    pub addr: u32,
}

/// Why a string could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CStrFault {
    /// An address that cannot be read.
    Fault(GuestFault),
    /// No zero byte within the limit.
    TooLong,
}

/// The guest's address space.
#[derive(Debug)]
pub struct Space {
    base: NonNull<u8>,
    pages: Box<[AtomicU8]>,
    lock: RwLock<()>,
    mmap: Mutex<Range<u64>>,
}

// SAFETY: *Raw* – nothing in `Space` hands out references to the window, and the
// table and the lock are `Sync` by themselves.
unsafe impl Send for Space {}
// SAFETY: as above.
unsafe impl Sync for Space {}

impl Space {
    /// Reserves an empty address space.
    ///
    /// # Errors
    ///
    /// Returns the host's error when 4 GiB of addresses cannot be reserved, as
    /// under a tight `RLIMIT_AS`.
    pub fn new() -> io::Result<Self> {
        // SAFETY: a fresh anonymous reservation touches no existing mapping.
        let start = unsafe {
            libc::mmap(
                ptr::null_mut(),
                WINDOW + 2 * GUARD,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let base = NonNull::new(start.cast::<u8>().wrapping_add(GUARD))
            .ok_or_else(|| io::Error::other("the host mapped page zero"))?;
        let pages = (0..PAGES).map(|_| AtomicU8::new(0)).collect();
        let mmap = Mutex::new(0x1_0000..0xffff_0000);
        Ok(Self { base, pages, lock: RwLock::new(()), mmap })
    }

    /// Returns the host address of guest address 0.
    #[must_use]
    pub fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Returns what is known about the page that contains `addr`, if it is mapped.
    #[must_use]
    pub fn query(&self, addr: u32) -> Option<PageInfo> {
        // Relaxed: whoever needs more than a hint holds `lock`.
        let bits = self.pages[page(addr)].load(Ordering::Relaxed);
        (bits & MAPPED != 0).then(|| PageInfo { prot: Prot::from_bits_truncate(bits) })
    }

    /// Returns the host address of `[addr, addr + len)` if every page of it allows
    /// `access`, for the kernel to use. An empty range is always allowed.
    ///
    /// # Errors
    ///
    /// Returns the first address that does not allow it.
    pub fn slice(&self, addr: u32, len: u64, access: Access) -> Result<*mut u8, GuestFault> {
        let need = match access {
            Access::Read => Prot::READ,
            Access::Write => Prot::WRITE,
            Access::Fetch => Prot::EXEC,
        };
        if len != 0 {
            let last = u64::from(addr).checked_add(len - 1).filter(|&l| l < 1 << 32);
            let last = last.ok_or(GuestFault { addr })? as u32;
            for p in page(addr)..=page(last) {
                if self.pages[p].load(Ordering::Relaxed) & need.bits() == 0 {
                    return Err(GuestFault { addr: addr.max((p as u32) << 12) });
                }
            }
        }
        Ok(self.host(addr))
    }

    /// Returns the host address of `addr`, unchecked.
    fn host(&self, addr: u32) -> *mut u8 {
        self.base.as_ptr().wrapping_add(addr as usize)
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let start = self.base.as_ptr().wrapping_sub(GUARD);
        // SAFETY: *Inside*: exactly the reservation made by `new`, whose last user this is.
        unsafe { libc::munmap(start.cast(), WINDOW + 2 * GUARD) };
    }
}

/// Returns the index of the page that contains `addr`.
fn page(addr: u32) -> usize {
    (addr >> 12) as usize
}
