//! The host side of a window: its reservation, its page table, and the only code
//! that changes what is mapped in it.
//!
//! # Invariants
//!
//! - *Reserved*: the bytes from `GUARD` below `base` to `above` above `base` plus
//!   4 GiB belong to this process's mapping table on behalf of this value, at all
//!   times: every operation *replaces* mappings and none leaves a hole, into which
//!   the host's allocator could put memory of its own for the guest to find. Should
//!   the host itself leave one by failing half-way, it is closed at once. With the
//!   base at zero its first `GUARD` bytes are never mapped by anybody, so null pointers
//!   stay invalid, and what lies below is the kernel's half of the address space, which
//!   the process cannot reach.
//! - *Ours*: nothing in the reservation is referenced by Rust references; it is
//!   reached through raw pointers, by fault-tolerant copies, by generated code and
//!   by system calls only.
//! - *Narrow*: once an operation has returned, the host's protection of a page is
//!   what [`PageFlags::host`] says of its entry. Within an operation it may be
//!   ahead of the entry; a fault that finds the entry in favour of the access is
//!   retried.
//!
//! The lock orders host protection changes among each other. It is the innermost
//! lock of the window (regions, then code pages, then this one).

use alloc::boxed::Box;
use core::ffi::c_void;
use core::fmt;
use core::ops::Range;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicU8, Ordering};

use dbt_core::host::ISOLATION;
use dbt_mmu::{Page, PageProtection, Refused};
use lock_api::Mutex;
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, MremapFlags, ProtFlags};

use super::lock::FutexLock;
use super::prot::{HostProt, PageFlags};
use super::{Error, Prot, WINDOW_SIZE, page_size};

/// Inaccessible bytes before and after the window.
///
/// An access of up to 64 KiB that starts inside the window faults at the latest
/// here.
pub(super) const GUARD: usize = 64 << 10;

/// Where the base is aligned to, so that the host can use huge pages.
const ALIGN: usize = 2 << 20;

const SIZE: usize = 4 << 30;

/// [`ISOLATION`] in host pages.
#[expect(clippy::cast_possible_truncation, reason = "the host has 64 bits")]
const ISOLATED: usize = ISOLATION as usize;

/// The reservation and page table of a window. See the module's invariants.
pub struct Space {
    base: *mut u8,
    /// The first guest address that can be mapped.
    floor: u64,
    /// How many bytes are inaccessible behind the window.
    above: usize,
    flags: Box<[AtomicU8]>,
    changes: Mutex<FutexLock, ()>,
}

/// What to put into a range.
#[derive(Clone, Copy, Debug)]
pub(super) enum Contents<'fd> {
    Anonymous {
        shared: bool,
    },
    File {
        fd: BorrowedFd<'fd>,
        offset: u64,
        shared: bool,
    },
}

// SAFETY: `base` is the address of a reservation that belongs to the value and is
// not tied to a thread; the table is made of atomics.
unsafe impl Send for Space {}
// SAFETY: every method that changes mappings does so with the lock held, or is
// documented to be ordered by its caller; the table is made of atomics.
unsafe impl Sync for Space {}

impl Space {
    /// Reserves a window.
    pub(super) fn new() -> Result<Self, Error> {
        check_page_size()?;
        let wanted = SIZE + 2 * GUARD;
        // Reserve more than needed, then give back what alignment did not use.
        let all = reserve_anywhere(wanted + ALIGN)?;
        let start = all.addr().get();
        let base = (start + GUARD).next_multiple_of(ALIGN);
        let excess = [
            start..base - GUARD,
            base + SIZE + GUARD..start + wanted + ALIGN,
        ];
        for range in excess.iter().filter(|r| !r.is_empty()) {
            let from = all.as_ptr().with_addr(range.start).cast::<c_void>();
            // SAFETY: the range is part of the reservation made above, outside what
            // will be *Reserved*, and nothing refers to it.
            unsafe { rustix::mm::munmap(from, range.len()) }?;
        }
        Ok(Self::with_base(
            all.as_ptr().wrapping_add(base - start),
            0,
            GUARD,
        ))
    }

    /// Reserves the process's own lowest 4 GiB but for the first `GUARD` bytes, and
    /// [`ISOLATION`] above if the host grants that.
    pub(super) fn at_zero() -> Result<Self, Error> {
        check_page_size()?;
        let reserve = |above: usize| {
            let start = reserve_at(ptr::without_provenance_mut(GUARD), SIZE - GUARD + above)?;
            let base = start.cast::<u8>().wrapping_sub(GUARD);
            Ok::<_, Errno>(Self::with_base(base, GUARD as u64, above))
        };
        reserve(ISOLATED).or_else(|_| Ok(reserve(GUARD)?))
    }

    fn with_base(base: *mut u8, floor: u64, above: usize) -> Self {
        Self {
            base,
            floor,
            above,
            flags: bytemuck::allocation::zeroed_slice_box(SIZE / page_size() as usize),
            changes: Mutex::new(()),
        }
    }

    pub(super) fn base(&self) -> *mut u8 {
        self.base
    }

    /// The host addresses that are *Reserved*.
    fn reserved(&self) -> Range<usize> {
        let base = self.base.addr();
        let start = if self.floor == 0 { base - GUARD } else { GUARD };
        start..base + SIZE + self.above
    }

    /// Tells whether addresses are nobody's [`ISOLATION`] below and above the window.
    pub(super) fn is_isolated(&self) -> bool {
        self.base.is_null() && self.above == ISOLATED
    }

    /// Tells whether an access to a host address has missed the window because a guest's
    /// address has wrapped around, or has hit it.
    pub(super) fn is_near(&self, address: usize) -> bool {
        // Below address zero lies the end of the kernel's half.
        let is_below = self.base.is_null() && address >= self.above.wrapping_neg();
        self.host_range().contains(&address) || is_below
    }

    /// The host address of a guest address.
    pub(super) fn host(&self, addr: u64) -> *mut u8 {
        // *Reserved* covers everything up to the upper guard.
        debug_assert!(addr <= WINDOW_SIZE, "guest address beyond the window");
        let offset = usize::try_from(addr).unwrap_or(SIZE);
        self.base().wrapping_add(offset)
    }

    pub(super) fn host_range(&self) -> Range<usize> {
        let base = self.base.addr();
        base.saturating_sub(GUARD)..base + SIZE + self.above
    }

    /// The page table entry for `addr`.
    pub(super) fn flags(&self, addr: u32) -> PageFlags {
        let page = (addr / page_size()) as usize;
        // Relaxed: an entry stands alone; whoever needs it to be stable holds a lock.
        PageFlags::from_bits_retain(self.flags[page].load(Ordering::Relaxed))
    }

    /// Runs `section` while no change is under way, so that *Narrow* holds in it.
    pub(super) fn settled<R>(&self, section: impl FnOnce() -> R) -> R {
        let _held = self.changes.lock();
        section()
    }

    /// Replaces what is mapped in `range`.
    ///
    /// The caller has released the code pages in the range and keeps others from
    /// being made.
    pub(super) fn map(
        &self,
        range: &Range<u64>,
        prot: Prot,
        contents: Contents<'_>,
    ) -> Result<(), Errno> {
        self.above_floor(range)?;
        let flags = PageFlags::mapped(prot);
        let (start, len) = self.extent(range);
        let _held = self.changes.lock();
        match contents {
            Contents::Anonymous { shared } => {
                let map = MapFlags::FIXED | MapFlags::NORESERVE | sharing(shared);
                // SAFETY: *Reserved* and *Ours*: the mapping replaces part of our own
                // reservation, to which no references exist.
                unsafe { rustix::mm::mmap_anonymous(start, len, flags.host().into(), map) }
                    .inspect_err(|_| self.heal(range))?;
            }
            Contents::File { fd, offset, shared } => {
                // A file may refuse after its target was unmapped, so it is mapped
                // elsewhere first.
                let map = MapFlags::NORESERVE | sharing(shared);
                let prot = flags.host().into();
                // SAFETY: without a fixed address the host chooses one that is free.
                let scratch =
                    unsafe { rustix::mm::mmap(ptr::null_mut(), len, prot, map, fd, offset) }?;
                self.replace(range, scratch)?;
            }
        }
        self.set_flags(range, flags);
        Ok(())
    }

    /// Makes `range` inaccessible reserved space again. Same duty as for `map`.
    pub(super) fn unmap(&self, range: &Range<u64>) -> Result<(), Errno> {
        let _held = self.changes.lock();
        self.unmap_locked(range)
    }

    fn unmap_locked(&self, range: &Range<u64>) -> Result<(), Errno> {
        let (start, len) = self.extent(range);
        let map = MapFlags::FIXED | MapFlags::NORESERVE | MapFlags::PRIVATE;
        // SAFETY: *Reserved* and *Ours*: the mapping replaces part of our own
        // reservation, to which no references exist.
        unsafe { rustix::mm::mmap_anonymous(start, len, ProtFlags::empty(), map) }
            .inspect_err(|_| self.heal(range))?;
        self.set_flags(range, PageFlags::empty());
        Ok(())
    }

    /// Drops the contents of `range` (`MADV_DONTNEED`). Same duty as for `map`.
    pub(super) fn discard(&self, range: &Range<u64>) -> Result<(), Errno> {
        let (start, len) = self.extent(range);
        // SAFETY: *Reserved* and *Ours*: nothing refers to the contents.
        unsafe { rustix::mm::madvise(start, len, Advice::LinuxDontNeed) }
    }

    /// Changes the guest's permissions in `range`, all of which is mapped.
    ///
    /// Code pages stay code pages and write-protected.
    pub(super) fn set_prot(&self, range: &Range<u64>, prot: Prot) -> Result<(), Errno> {
        let _held = self.changes.lock();
        let with_prot =
            |flags: PageFlags| PageFlags::mapped(prot) | flags.intersection(PageFlags::CODE);
        let mut at = range.start;
        while at < range.end {
            // A run of pages that need the same host protection is one system call.
            let wanted = with_prot(self.entry(at)).host();
            let mut end = at + u64::from(page_size());
            while end < range.end && with_prot(self.entry(end)).host() == wanted {
                end += u64::from(page_size());
            }
            self.set_host_prot(&(at..end), wanted)?;
            for page in pages(&(at..end)) {
                let flags = PageFlags::from_bits_retain(self.flags[page].load(Ordering::Relaxed));
                self.flags[page].store(with_prot(flags).bits(), Ordering::Relaxed);
            }
            at = end;
        }
        Ok(())
    }

    /// Moves or grows the mapping at `from` to `to`, which may be the same start.
    ///
    /// Everything in `to` is replaced; what `from` has beyond `to` is unmapped.
    /// Same duty as for `map`, for both ranges. The mapping must be a single one
    /// for the host as well.
    ///
    /// A plain `mremap` would leave a hole where the mapping was, against
    /// *Reserved*. So the pages leave the window first, with the emptied mapping
    /// kept in place, grow outside, and replace the target in one step:
    ///
    /// ```text
    ///   from ──DONTUNMAP──► scratch ──grow──► scratch' ──FIXED──► to
    /// ```
    pub(super) fn move_mapping(
        &self,
        from: &Range<u64>,
        to: &Range<u64>,
        prot: Prot,
    ) -> Result<(), Errno> {
        self.above_floor(to)?;
        let (from_ptr, from_len) = self.extent(from);
        let (_, to_len) = self.extent(to);
        let _held = self.changes.lock();
        // With DONTUNMAP the kernel reads the new address even when it may choose one,
        // and rustix passes none. So room is made first and named.
        let scratch = reserve_anywhere(from_len)?.as_ptr().cast::<c_void>();
        let leave = MremapFlags::MAYMOVE | MremapFlags::DONTUNMAP;
        // SAFETY: *Ours*: nothing refers to the pages; the range stays mapped, and with
        // it *Reserved* holds. The target is a reservation that nobody else knows of.
        unsafe { rustix::mm::mremap_fixed(from_ptr, from_len, from_len, leave, scratch) }
            .inspect_err(|_| {
                // SAFETY: as above. An error would leak address space.
                let _ = unsafe { rustix::mm::munmap(scratch, from_len) };
            })?;
        // SAFETY: `scratch` is a mapping of our own that nobody else knows of.
        let grown = unsafe { rustix::mm::mremap(scratch, from_len, to_len, MremapFlags::MAYMOVE) };
        let Ok(grown) = grown else {
            // It returns to where it came from. Should that fail, the range is empty.
            let _ = self.replace(from, scratch);
            return grown.map(|_| ());
        };
        self.replace(to, grown)?;
        self.set_flags(to, PageFlags::mapped(prot));
        for rest in [
            from.start..from.end.min(to.start),
            from.start.max(to.end)..from.end,
        ] {
            if rest.start < rest.end {
                self.unmap_locked(&rest)?;
            }
        }
        Ok(())
    }

    /// Moves the mapping at `scratch`, which is as long as `range` and known to nobody
    /// else, to `range`. If that fails, the mapping is gone.
    fn replace(&self, range: &Range<u64>, scratch: *mut c_void) -> Result<(), Errno> {
        let (start, len) = self.extent(range);
        // SAFETY: `scratch` is as described. The target is *Reserved* and *Ours*, and
        // replaced in one step.
        let moved =
            unsafe { rustix::mm::mremap_fixed(scratch, len, len, MremapFlags::MAYMOVE, start) };
        if let Err(errno) = moved {
            self.heal(range);
            // SAFETY: `scratch` is as described. An error would leak address space.
            let _ = unsafe { rustix::mm::munmap(scratch, len) };
            return Err(errno);
        }
        Ok(())
    }

    /// Restores *Reserved* after a replacement of `range` has failed.
    ///
    /// A host that runs out of memory at the wrong moment has unmapped the target
    /// already. Then it is reserved again, and is unmapped for the guest too.
    fn heal(&self, range: &Range<u64>) {
        let (start, len) = self.extent(range);
        match reserve_at(start, len) {
            Ok(_) => self.set_flags(range, PageFlags::empty()),
            // Still mapped: the replacement failed before it began.
            Err(Errno::EXIST) => {}
            // The guest could reach whatever the host maps there next. There is no safe
            // way to go on.
            Err(_) => std::process::abort(),
        }
    }

    fn extent(&self, range: &Range<u64>) -> (*mut c_void, usize) {
        assert!(
            range.start < range.end && range.end <= WINDOW_SIZE,
            "an extent lies within the window"
        );
        let len = usize::try_from(range.end - range.start).unwrap_or(SIZE);
        (self.host(range.start).cast(), len)
    }

    /// Refuses what Linux refuses below `vm.mmap_min_addr`, with the same error.
    fn above_floor(&self, range: &Range<u64>) -> Result<(), Errno> {
        (range.start >= self.floor).then_some(()).ok_or(Errno::PERM)
    }

    fn entry(&self, addr: u64) -> PageFlags {
        let page = usize::try_from(addr / u64::from(page_size())).unwrap_or(usize::MAX);
        PageFlags::from_bits_retain(self.flags[page].load(Ordering::Relaxed))
    }

    fn set_flags(&self, range: &Range<u64>, flags: PageFlags) {
        for entry in &self.flags[pages(range)] {
            entry.store(flags.bits(), Ordering::Relaxed);
        }
    }

    fn set_host_prot(&self, range: &Range<u64>, prot: HostProt) -> Result<(), Errno> {
        let (start, len) = self.extent(range);
        // SAFETY: *Reserved* and *Ours*: the range is our own and no reference is
        // affected by its protection.
        unsafe { rustix::mm::mprotect(start, len, prot.into()) }
    }

    /// Sets or clears the code bit and does to the host what follows from it.
    fn set_code(&self, page: Page, code: bool) -> Result<(), Refused> {
        let refused = Refused { page };
        let bytes = page.start()..page.start() + u64::from(page_size());
        let entries = self.flags.get(pages(&bytes)).ok_or(refused)?;
        let entry = entries.first().ok_or(refused)?;
        let _held = self.changes.lock();
        let old = PageFlags::from_bits_retain(entry.load(Ordering::Relaxed));
        if !old.contains(PageFlags::MAPPED) {
            return Err(refused);
        }
        let mut new = old;
        new.set(PageFlags::CODE, code);
        if new.host() != old.host() {
            self.set_host_prot(&bytes, new.host())
                .map_err(|_| refused)?;
        }
        entry.store(new.bits(), Ordering::Relaxed);
        Ok(())
    }
}

impl PageProtection for Space {
    fn write_protect(&self, page: Page) -> Result<(), Refused> {
        self.set_code(page, true)
    }

    fn unprotect(&self, page: Page) -> Result<(), Refused> {
        self.set_code(page, false)
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let range = self.reserved();
        let start = self.base().with_addr(range.start).cast();
        // SAFETY: *Reserved* and *Ours*: the whole range is ours, and nobody can reach
        // it any more. An error would leak address space and nothing else.
        let _ = unsafe { rustix::mm::munmap(start, range.len()) };
    }
}

impl fmt::Debug for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Space")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// Refuses pages that the guards, and guests' programs, are not aligned to.
fn check_page_size() -> Result<(), Error> {
    match rustix::param::page_size() {
        4096 | 0x4000 | GUARD => Ok(()),
        bytes => Err(Error::HostPageSize { bytes }),
    }
}

fn reserve_anywhere(len: usize) -> Result<NonNull<u8>, Errno> {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    // SAFETY: without a fixed address the host chooses one that is free.
    let start =
        unsafe { rustix::mm::mmap_anonymous(ptr::null_mut(), len, ProtFlags::empty(), flags) }?;
    // The host never chooses address zero.
    NonNull::new(start.cast()).ok_or(Errno::NOMEM)
}

/// Reserves space at an address if all of it is free, or fails with `EXIST`.
fn reserve_at(wanted: *mut c_void, len: usize) -> Result<*mut c_void, Errno> {
    let flags = MapFlags::FIXED_NOREPLACE | MapFlags::NORESERVE | MapFlags::PRIVATE;
    // SAFETY: only space that is free is mapped.
    let start = unsafe { rustix::mm::mmap_anonymous(wanted, len, ProtFlags::empty(), flags) }?;
    if start == wanted {
        return Ok(start);
    }
    // Linux before 4.17 and QEMU's user emulation up to 7.2 do not know the flag and take
    // the address as a hint.
    // SAFETY: the mapping was made above, and nobody else knows of it.
    unsafe { rustix::mm::munmap(start, len) }?;
    Err(Errno::EXIST)
}

fn sharing(shared: bool) -> MapFlags {
    if shared {
        MapFlags::SHARED
    } else {
        MapFlags::PRIVATE
    }
}

/// The page table indices of `range`, which is page-aligned.
fn pages(range: &Range<u64>) -> Range<usize> {
    let index = |addr: u64| usize::try_from(addr / u64::from(page_size())).unwrap_or(usize::MAX);
    index(range.start)..index(range.end)
}
