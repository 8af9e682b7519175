//! Mapping, unmapping, protecting and moving guest pages.

use std::io;
use std::ops::Range;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::{FILE, MAPPED, PAGE_SIZE, PAGES, Prot, Space, page};

/// What stands behind a mapping.
#[derive(Clone, Copy, Debug)]
pub enum Backing<'fd> {
    /// Zeroes, private to the process.
    Anonymous,
    /// Zeroes, shared with forked children.
    AnonymousShared,
    /// A file.
    File {
        /// The host descriptor.
        fd: BorrowedFd<'fd>,
        /// Offset into the file, a multiple of the page size.
        offset: u64,
        /// Whether stores reach the file.
        shared: bool,
    },
}

/// Where a mapping goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// At the address, replacing what is there.
    Fixed,
    /// At the address, if nothing is there.
    FixedNoReplace,
    /// At the address if that is free, else anywhere.
    Hint,
    /// Anywhere.
    Anywhere,
}

/// Where a mapping may go when it changes its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemapTarget {
    /// It stays.
    InPlace,
    /// It may move.
    MayMove,
    /// It moves to this address.
    Fixed(u32),
}

/// A run of mapped pages with one protection.
#[derive(Clone, Debug)]
pub struct Region {
    /// Its addresses.
    pub range: Range<u64>,
    /// What the guest may do there.
    pub prot: Prot,
}

/// Why a mapping could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The address or offset is no multiple of the page size.
    #[error("the address is not a multiple of the page size")]
    Unaligned,
    /// The length is zero.
    #[error("the length is zero")]
    ZeroLength,
    /// The range leaves the 32-bit address space.
    #[error("the range leaves the 32-bit address space")]
    OutOfRange,
    /// Something is mapped there already.
    #[error("something is mapped there already")]
    Exists,
    /// No free range is large enough.
    #[error("no free range of the guest's address space is large enough")]
    NoSpace,
    /// A page of the range is not mapped.
    #[error("a page of the range is not mapped")]
    NotMapped,
    /// The host refused.
    #[error("the host refused (errno {0})")]
    Host(i32),
}

impl Error {
    /// Returns the `errno` that Linux would give.
    #[must_use]
    pub fn errno(self) -> i32 {
        match self {
            Self::Unaligned | Self::ZeroLength => libc::EINVAL,
            Self::OutOfRange | Self::NoSpace | Self::NotMapped => libc::ENOMEM,
            Self::Exists => libc::EEXIST,
            Self::Host(errno) => errno,
        }
    }
}

impl Space {
    /// Sets where mappings go that name no address.
    pub fn set_mmap_range(&self, range: Range<u64>) {
        *self.mmap.lock().unwrap_or_else(PoisonError::into_inner) = range;
    }

    /// Maps `len` bytes and returns where.
    ///
    /// # Errors
    ///
    /// Returns an error when the range is bad, taken or the host refuses.
    pub fn map(
        &self,
        addr: u32,
        len: u64,
        prot: Prot,
        backing: Backing<'_>,
        placement: Placement,
    ) -> Result<u32, Error> {
        let len = len.next_multiple_of(u64::from(PAGE_SIZE));
        let guard = self.lock.write().unwrap_or_else(PoisonError::into_inner);
        let free = |addr| range(addr, len).is_ok_and(|r| self.free(r));
        let anywhere = || self.find_free(len).ok_or(Error::NoSpace);
        let addr = match placement {
            Placement::Fixed => addr,
            Placement::FixedNoReplace if range(addr, len).is_ok() && !free(addr) => {
                return Err(Error::Exists);
            }
            Placement::FixedNoReplace => addr,
            Placement::Hint if addr >= 0x1_0000 && free(addr) => addr,
            Placement::Hint | Placement::Anywhere => anywhere()?,
        };
        let pages = range(addr, len)?;
        let (flags, fd, offset, mark) = match backing {
            Backing::Anonymous => (libc::MAP_ANONYMOUS | libc::MAP_PRIVATE, -1, 0, 0),
            Backing::AnonymousShared => (libc::MAP_ANONYMOUS | libc::MAP_SHARED, -1, 0, 0),
            Backing::File { fd, offset, shared: false } => {
                (libc::MAP_PRIVATE, fd.as_raw_fd(), offset, FILE)
            }
            Backing::File { fd, offset, shared: true } => {
                (libc::MAP_SHARED, fd.as_raw_fd(), offset, FILE)
            }
        };
        self.mark(&pages, 0);
        // SAFETY: *Inside*: `MAP_FIXED` replaces pages of our own reservation only.
        let at = unsafe {
            libc::mmap(
                self.host(addr).cast(),
                len as usize,
                prot.host(),
                flags | libc::MAP_FIXED | libc::MAP_NORESERVE,
                fd,
                offset.cast_signed(),
            )
        };
        if at == libc::MAP_FAILED {
            let error = last_error();
            self.reserve(addr, len);
            return Err(error);
        }
        self.mark(&pages, prot.bits() | MAPPED | mark);
        drop(guard);
        Ok(addr)
    }

    /// Unmaps a range; pages that are not mapped are left alone.
    ///
    /// # Errors
    ///
    /// Returns an error when the range is bad.
    pub fn unmap(&self, addr: u32, len: u64) -> Result<(), Error> {
        let len = len.next_multiple_of(u64::from(PAGE_SIZE));
        let pages = range(addr, len)?;
        let guard = self.lock.write().unwrap_or_else(PoisonError::into_inner);
        self.mark(&pages, 0);
        self.reserve(addr, len);
        drop(guard);
        Ok(())
    }

    /// Changes the protection of a range, all of which must be mapped.
    ///
    /// # Errors
    ///
    /// Returns an error when the range is bad, has a hole, or the host refuses.
    pub fn protect(&self, addr: u32, len: u64, prot: Prot) -> Result<(), Error> {
        let len = len.next_multiple_of(u64::from(PAGE_SIZE));
        let pages = range(addr, len)?;
        let guard = self.lock.write().unwrap_or_else(PoisonError::into_inner);
        if pages.clone().any(|p| self.at(p) & MAPPED == 0) {
            return Err(Error::NotMapped);
        }
        // SAFETY: *Inside*: only pages of the window change.
        let rc = unsafe { libc::mprotect(self.host(addr).cast(), len as usize, prot.host()) };
        if rc != 0 {
            return Err(last_error());
        }
        for p in pages {
            self.pages[p].store(self.at(p) & (MAPPED | FILE) | prot.bits(), Ordering::Relaxed);
        }
        drop(guard);
        Ok(())
    }

    /// Changes the size or the place of a mapping and returns where it is.
    ///
    /// # Errors
    ///
    /// Returns an error when a range is bad or the host refuses.
    pub fn remap(
        &self,
        addr: u32,
        old_len: u64,
        new_len: u64,
        target: RemapTarget,
    ) -> Result<u32, Error> {
        let old_len = old_len.next_multiple_of(u64::from(PAGE_SIZE));
        let new_len = new_len.next_multiple_of(u64::from(PAGE_SIZE));
        let old = range(addr, old_len)?;
        if self.at(old.start) & MAPPED == 0 {
            return Err(Error::Host(libc::EFAULT));
        }
        let to = match target {
            RemapTarget::Fixed(to) => to,
            _ if new_len == old_len => return Ok(addr),
            _ if new_len < old_len => {
                self.unmap(addr + new_len as u32, old_len - new_len)?;
                return Ok(addr);
            }
            RemapTarget::InPlace => return Err(Error::NoSpace),
            RemapTarget::MayMove => self.find_free(new_len).ok_or(Error::NoSpace)?,
        };
        let new = range(to, new_len)?;
        let guard = self.lock.write().unwrap_or_else(PoisonError::into_inner);
        let bits = self.at(old.start);
        self.mark(&new, 0);
        // SAFETY: *Inside*: source and target are pages of the window.
        let at = unsafe {
            libc::mremap(
                self.host(addr).cast(),
                old_len as usize,
                new_len as usize,
                libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED,
                self.host(to).cast::<libc::c_void>(),
            )
        };
        if at == libc::MAP_FAILED {
            let error = last_error();
            self.reserve(to, new_len);
            return Err(error);
        }
        self.mark(&old, 0);
        self.reserve(addr, old_len);
        self.mark(&new, bits);
        drop(guard);
        Ok(to)
    }

    /// Returns the mapped ranges, sorted.
    #[must_use]
    pub fn regions(&self) -> Vec<Region> {
        let mut regions = Vec::new();
        let mut start = 0;
        while start < PAGES {
            let bits = self.at(start);
            let end = (start..PAGES).find(|&p| self.at(p) != bits).unwrap_or(PAGES);
            if bits & MAPPED != 0 {
                let range = (start as u64) << 12..(end as u64) << 12;
                regions.push(Region { range, prot: Prot::from_bits_truncate(bits) });
            }
            start = end;
        }
        regions
    }

    fn find_free(&self, len: u64) -> Option<u32> {
        let within = self.mmap.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let want = (len >> 12) as usize;
        let mut run = 0;
        for p in ((within.start >> 12) as usize..(within.end >> 12) as usize).rev() {
            run = if self.at(p) == 0 { run + 1 } else { 0 };
            if run == want {
                return Some((p << 12) as u32);
            }
        }
        None
    }

    fn free(&self, mut pages: Range<usize>) -> bool {
        pages.all(|p| self.at(p) == 0)
    }

    fn at(&self, page: usize) -> u8 {
        self.pages[page].load(Ordering::Relaxed)
    }

    fn mark(&self, pages: &Range<usize>, bits: u8) {
        for p in pages.clone() {
            self.pages[p].store(bits, Ordering::Relaxed);
        }
    }

    /// Turns a range back into reserved, inaccessible addresses.
    fn reserve(&self, addr: u32, len: u64) {
        // SAFETY: *Inside*: the range is part of the window.
        unsafe {
            libc::mmap(
                self.host(addr).cast(),
                len as usize,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED,
                -1,
                0,
            )
        };
    }
}

fn last_error() -> Error {
    Error::Host(io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL))
}

/// Returns the pages of `[addr, addr + len)`.
fn range(addr: u32, len: u64) -> Result<Range<usize>, Error> {
    if len == 0 {
        return Err(Error::ZeroLength);
    }
    if !addr.is_multiple_of(PAGE_SIZE) {
        return Err(Error::Unaligned);
    }
    let end = u64::from(addr) + len;
    if end > 1 << 32 {
        return Err(Error::OutOfRange);
    }
    Ok(page(addr)..(end >> 12) as usize)
}
