//! The guest's 4 GiB, mapped: `mmap` and its relatives.

use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::ops::Range;
use std::sync::OnceLock;

use dbt_core::host::Lowering;
use dbt_mmu::{CodePages, Outcome, Page, Translations};
use lock_api::Mutex;
use rustix::fd::BorrowedFd;

use super::layout::{Layout, aligned, narrow, page_range};
use super::lock::FutexLock;
use super::prot::PageFlags;
use super::regions::Regions;
use super::space::{Contents, Space};
use super::{
    Access, Error, Fault, FaultKind, GuestFault, PageInfo, Prot, Region, RegionKind, Search,
    WINDOW_SIZE, fault, page_size,
};

/// A 4 GiB guest address space inside the host's, with guards on both sides.
///
/// Guest address `a` is host address [`base`](Self::base)` + a`, and the host's
/// MMU checks every access of generated code. All methods take `&self` and may be
/// called from any thread; those that change mappings exclude each other.
///
/// Possession of a window proves that the process's fault hook is installed and
/// that the whole reservation is the guest's alone.
///
/// # Examples
///
/// ```
/// use dbt_hv_glue::process::{Backing, Error, Placement, Prot, Window};
///
/// let window = Window::new()?;
/// let code = window.map(0, 0x2000, Prot::READ | Prot::EXEC, Backing::Anonymous, Placement::Anywhere)?;
/// window.protect(code, 0x1000, Prot::READ)?;
/// assert_eq!(window.query(code).map(|page| page.prot), Some(Prot::READ));
/// assert_eq!(
///     window.protect(code, 0x3000, Prot::READ),
///     Err(Error::NotMapped { addr: code + 0x2000 })
/// );
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct Window {
    space: Arc<Space>,
    layout: Mutex<FutexLock, Layout>,
    code: WindowCodePages,
}

/// The coherence state machine of a window.
pub type WindowCodePages = CodePages<Arc<Space>, Attached, FutexLock>;

/// The engine attached to a window, if any.
#[derive(Default)]
pub struct Attached(OnceLock<Weak<dyn Translations + Send + Sync>>);

/// What is behind a new mapping.
#[derive(Clone, Copy, Debug)]
pub enum Backing<'fd> {
    /// Zeroed memory of its own.
    Anonymous,
    /// Zeroed memory that a forked child shares.
    AnonymousShared,
    /// A file.
    File {
        /// The file; it need not stay open.
        fd: BorrowedFd<'fd>,
        /// Where in the file the mapping starts, a multiple of the page size.
        offset: u64,
        /// Whether writes go to the file.
        shared: bool,
    },
}

/// Where a new mapping goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Placement {
    /// Exactly at the address, replacing what is there (`MAP_FIXED`).
    Fixed,
    /// Exactly at the address, which must be free (`MAP_FIXED_NOREPLACE`).
    FixedNoReplace,
    /// At the address, rounded down to a page, if it is free there; otherwise
    /// anywhere.
    Hint,
    /// Wherever there is room. The address is ignored.
    Anywhere,
}

/// Where a mapping goes when it is resized (`mremap`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RemapTarget {
    /// It stays where it is or the call fails.
    InPlace,
    /// It moves if there is no room behind it (`MREMAP_MAYMOVE`).
    MayMove,
    /// It moves here, replacing what is there (`MREMAP_FIXED`).
    Fixed(u32),
}

/// What a host fault in or near a window means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "the access is repeated or not depending on this"]
pub enum WindowFault {
    /// Execute the access again.
    Retry {
        /// Whether the access is a write to a page whose translations have just
        /// been forgotten. If one of them is being executed, leave it after this
        /// access.
        invalidated: bool,
    },
    /// The guest is not allowed this access.
    Guest(GuestFault),
    /// The address is not in the window or its guards.
    Elsewhere,
}

/// An engine is attached to the window already.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an engine is attached to the window already")]
pub struct AlreadyAttached;

impl Window {
    /// Reserves a window with nothing mapped in it, and installs the process's
    /// fault hook if that has not been done.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Host`] when the host has no 4 GiB of address space to give,
    /// and [`Error::HostPageSize`] when its pages are not of 4, 16 or 64 KiB.
    pub fn new() -> Result<Self, Error> {
        fault::install()?;
        Ok(Self::of(Space::new()?))
    }

    /// Reserves the process's own lowest 4 GiB: guest address `a` is host address
    /// `a`. The 8 GiB above are reserved as well where they are free
    /// ([`Lowering::Isolated`]). As [`new`](Self::new) in everything else, but nothing can be mapped
    /// below 64 KiB, and only one such window can be there.
    ///
    /// Many processors add a base of zero faster than any other, which shows where a
    /// loaded value is the next address. The price is that the process has no low
    /// addresses left for others that want them (`MAP_32BIT`).
    ///
    /// # Errors
    ///
    /// Returns [`Error::Host`] when something is mapped there, such as an
    /// executable that is not position-independent, and as [`new`](Self::new) does.
    pub fn at_zero() -> Result<Self, Error> {
        fault::install()?;
        Ok(Self::of(Space::at_zero()?))
    }

    fn of(space: Space) -> Self {
        let space = Arc::new(space);
        Self {
            code: CodePages::new(Arc::clone(&space), Attached::default()),
            space,
            layout: Mutex::new(Layout {
                regions: Regions::default(),
                mmap: 0x1_0000..WINDOW_SIZE - 0x1_0000,
            }),
        }
    }

    /// Returns the host address of guest address zero, aligned to 2 MiB.
    #[must_use]
    pub fn base(&self) -> *mut u8 {
        self.space.base()
    }

    /// Returns how generated code reaches the window.
    #[must_use]
    pub fn lowering(&self) -> Lowering {
        match (self.base().is_null(), self.space.is_isolated()) {
            (true, true) => Lowering::Isolated,
            (true, false) => Lowering::Identity,
            (false, _) => Lowering::Window,
        }
    }

    /// Returns the host addresses of the window with its guards.
    #[must_use]
    pub fn host_range(&self) -> Range<usize> {
        self.space.host_range()
    }

    /// Sets where mappings without a fixed address go, from the top down.
    ///
    /// Initially this is everything but the lowest and the highest 64 KiB.
    pub fn set_mmap_range(&self, range: Range<u64>) {
        self.layout.lock().mmap = range.start..range.end.min(WINDOW_SIZE);
    }

    /// Maps `len` bytes, rounded up to pages, and returns where.
    ///
    /// # Errors
    ///
    /// [`Error::ZeroLength`], [`Error::Unaligned`] (of a fixed address or a file
    /// offset), [`Error::OutOfRange`], [`Error::Exists`], [`Error::NoSpace`], or
    /// [`Error::Host`] with what the host says of the file. Nothing has changed
    /// then, except that translations from the range may be forgotten.
    pub fn map(
        &self,
        addr: u32,
        len: u64,
        prot: Prot,
        backing: Backing<'_>,
        placement: Placement,
    ) -> Result<u32, Error> {
        let layout = &mut *self.layout.lock();
        let range = layout.place(addr, len, placement)?;
        let kind = region_kind(backing)?;
        let contents = match backing {
            Backing::Anonymous => Contents::Anonymous { shared: false },
            Backing::AnonymousShared => Contents::Anonymous { shared: true },
            Backing::File { fd, offset, shared } => Contents::File { fd, offset, shared },
        };
        let start = range.start;
        self.code
            .remap(range.clone(), || self.space.map(&range, prot, contents))
            .inspect_err(|_| layout.drop_lost(&self.space, &range))?;
        layout.regions.insert(Region {
            range,
            prot,
            kind,
            label: None,
        });
        narrow(start)
    }

    /// Unmaps `len` bytes, rounded up to pages. Parts that are not mapped are
    /// passed over.
    ///
    /// # Errors
    ///
    /// [`Error::ZeroLength`], [`Error::Unaligned`], [`Error::OutOfRange`] or
    /// [`Error::Host`].
    pub fn unmap(&self, addr: u32, len: u64) -> Result<(), Error> {
        let range = page_range(addr, len)?;
        let layout = &mut *self.layout.lock();
        for part in layout.regions.parts(&range) {
            self.code
                .remap(part.range.clone(), || self.space.unmap(&part.range))?;
            layout.regions.remove(&part.range);
        }
        Ok(())
    }

    /// Changes the guest's permissions for `len` bytes, rounded up to pages. A
    /// length of zero changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::NotMapped`] at the first page that is not mapped; as on Linux, the
    /// pages before it have changed. [`Error::Unaligned`], [`Error::OutOfRange`],
    /// or [`Error::Host`] (a shared mapping of a file that may not be written).
    pub fn protect(&self, addr: u32, len: u64, prot: Prot) -> Result<(), Error> {
        if len == 0 {
            return aligned(addr.into()).map(|_| ());
        }
        let range = page_range(addr, len)?;
        let layout = &mut *self.layout.lock();
        let mut at = range.start;
        for part in layout.regions.parts(&range) {
            if part.range.start != at {
                break;
            }
            at = part.range.end;
            if part.prot == prot {
                continue;
            }
            let change = || self.space.set_prot(&part.range, prot);
            if part.prot.contains(Prot::EXEC) && !prot.contains(Prot::EXEC) {
                // Translations must not outlive the permission to execute.
                self.code.remap(part.range.clone(), change)?;
            } else {
                change()?;
            }
            layout.regions.update(&part.range, |r| r.prot = prot);
        }
        if at < range.end {
            return Err(Error::NotMapped { addr: narrow(at)? });
        }
        Ok(())
    }

    /// Drops the contents of a range (`MADV_DONTNEED`): anonymous memory reads as
    /// zeroes afterwards, private copies of a file as the file.
    ///
    /// # Errors
    ///
    /// [`Error::NotMapped`] at the first page that is not mapped, with the pages
    /// before it discarded; otherwise as for [`unmap`](Self::unmap).
    pub fn discard(&self, addr: u32, len: u64) -> Result<(), Error> {
        let range = page_range(addr, len)?;
        let layout = self.layout.lock();
        let mut at = range.start;
        for part in layout.regions.parts(&range) {
            if part.range.start != at {
                break;
            }
            at = part.range.end;
            self.code
                .remap(part.range.clone(), || self.space.discard(&part.range))?;
        }
        if at < range.end {
            return Err(Error::NotMapped { addr: narrow(at)? });
        }
        Ok(())
    }

    /// Resizes or moves a mapping (`mremap`) and returns where it is now.
    ///
    /// # Errors
    ///
    /// [`Error::NotOneRegion`] when the old range is not mapped as a whole or alike, [`Error::NoSpace`] when there is no room, [`Error::Overlap`] when a
    /// fixed target overlaps the old range, [`Error::ZeroLength`],
    /// [`Error::Unaligned`], [`Error::OutOfRange`] or [`Error::Host`].
    pub fn remap(
        &self,
        addr: u32,
        old_len: u64,
        new_len: u64,
        target: RemapTarget,
    ) -> Result<u32, Error> {
        let old = page_range(addr, old_len)?;
        let new_len = page_range(0, new_len)?.end;
        let layout = &mut *self.layout.lock();
        let region = match layout.regions.parts(&old).as_slice() {
            [part] if part.range == old => part.clone(),
            _ => return Err(Error::NotOneRegion { addr }),
        };
        let new = layout.remap_target(&old, new_len, target)?;
        if new.start == old.start && new.end <= old.end {
            if new.end < old.end {
                let tail = new.end..old.end;
                self.code.remap(tail.clone(), || self.space.unmap(&tail))?;
                layout.regions.remove(&tail);
            }
            return Ok(addr);
        }
        self.move_region(layout, region, old, new.clone())?;
        narrow(new.start)
    }

    /// Returns what is known of the page at `addr`, if it is mapped.
    #[must_use]
    pub fn query(&self, addr: u32) -> Option<PageInfo> {
        let flags = self.space.flags(addr);
        flags.contains(PageFlags::MAPPED).then(|| PageInfo {
            prot: flags.prot(),
            code: flags.contains(PageFlags::CODE),
        })
    }

    /// Finds room for `len` bytes, rounded up to pages, without taking it.
    ///
    /// Another thread may take it first; [`map`](Self::map) with
    /// [`FixedNoReplace`](Placement::FixedNoReplace) finds that out.
    #[must_use]
    pub fn find_free(&self, len: u64, within: Range<u64>, search: Search) -> Option<u32> {
        let len = page_range(0, len).ok()?.end;
        let start = self.layout.lock().regions.find_free(len, within, search)?;
        u32::try_from(start).ok()
    }

    /// Returns what is mapped, in order, with equal neighbours merged.
    #[must_use]
    pub fn regions(&self) -> Vec<Region> {
        self.layout.lock().regions.iter().cloned().collect()
    }

    /// Names what is mapped in a range, or takes its name away.
    ///
    /// # Errors
    ///
    /// [`Error::ZeroLength`], [`Error::Unaligned`] or [`Error::OutOfRange`].
    pub fn label(&self, addr: u32, len: u64, label: Option<Arc<str>>) -> Result<(), Error> {
        let range = page_range(addr, len)?;
        self.layout
            .lock()
            .regions
            .update(&range, |r| r.label.clone_from(&label));
        Ok(())
    }

    /// Returns the window's coherence state machine.
    ///
    /// Translators use it directly. Do not call it from within
    /// [`Translations::forget`].
    #[must_use]
    pub fn code_pages(&self) -> &WindowCodePages {
        &self.code
    }

    /// Has `translations` told which bytes to forget from now on.
    ///
    /// The window does not keep the engine alive.
    ///
    /// # Errors
    ///
    /// Returns [`AlreadyAttached`] the second time. To attach several engines,
    /// attach something that tells them all.
    pub fn attach(
        &self,
        translations: Weak<dyn Translations + Send + Sync>,
    ) -> Result<(), AlreadyAttached> {
        let Attached(slot) = self.code.translations();
        slot.set(translations).map_err(|_| AlreadyAttached)
    }

    /// Forgets what was translated from a range (`cacheflush`). What exceeds the
    /// window is ignored.
    pub fn invalidate(&self, addr: u32, len: u64) {
        let start = u64::from(addr);
        let end = start.saturating_add(len).min(WINDOW_SIZE);
        self.code.invalidate(whole_pages(start..end));
    }

    /// Says what a host fault means to this window, and deals with it if it is a
    /// write to a page that holds translated code.
    ///
    /// For use in a [`FaultHandler`](super::FaultHandler).
    pub fn host_fault(&self, fault: &Fault) -> WindowFault {
        let Some(address) = fault
            .address
            .filter(|a| self.space.host_range().contains(a))
        else {
            return WindowFault::Elsewhere;
        };
        // In a guard the guest address has wrapped round, as it does in a register.
        #[expect(clippy::cast_possible_truncation, reason = "guest addresses wrap")]
        let addr = address.wrapping_sub(self.base().addr()) as u32;
        let in_guard =
            address < self.base().addr() || (address - self.base().addr()) as u64 >= WINDOW_SIZE;
        let access = if fault.write {
            Access::Write
        } else {
            Access::Read
        };
        let guest = |kind| WindowFault::Guest(GuestFault { addr, access, kind });
        if in_guard {
            return guest(FaultKind::Unmapped);
        }
        if let Err(kind) = self.permits(addr, access) {
            return guest(kind);
        }
        if fault.bus {
            return guest(FaultKind::Bus);
        }
        // The guest may do this. Either the page holds code, or another thread was
        // faster at changing the page and the next attempt will succeed.
        // Wait for that thread.
        self.space.settled(|| ());
        if access != Access::Write {
            return WindowFault::Retry { invalidated: false };
        }
        match self.code.fault(code_page(addr.into())) {
            Outcome::Released { .. } => WindowFault::Retry { invalidated: true },
            Outcome::NotProtected => WindowFault::Retry { invalidated: false },
            // The host is out of mappings. The guest sees what it would see of a
            // host out of memory.
            Outcome::Stuck => guest(FaultKind::Bus),
        }
    }

    /// Runs `section` while no other thread is in the middle of changing this
    /// window, for a `fork`.
    ///
    /// `section` must not call methods of the window in the parent.
    pub fn quiesce<R>(&self, section: impl FnOnce() -> R) -> R {
        let _layout = self.layout.lock();
        self.code.quiesce(|| self.space.settled(section))
    }

    pub(super) fn space(&self) -> &Space {
        &self.space
    }

    /// Tells whether the guest's permissions allow an access at `addr`.
    pub(super) fn permits(&self, addr: u32, access: Access) -> Result<(), FaultKind> {
        let flags = self.space.flags(addr);
        if !flags.contains(PageFlags::MAPPED) {
            return Err(FaultKind::Unmapped);
        }
        let allowed = match access {
            Access::Read => !flags.prot().is_empty(),
            Access::Write => flags.contains(PageFlags::WRITE),
            Access::Fetch => flags.contains(PageFlags::EXEC),
        };
        allowed.then_some(()).ok_or(FaultKind::Protection)
    }

    fn move_region(
        &self,
        layout: &mut Layout,
        region: Region,
        old: Range<u64>,
        new: Range<u64>,
    ) -> Result<(), Error> {
        let prot = region.prot;
        let in_place = old.start == new.start;
        let anonymous = matches!(region.kind, RegionKind::Anonymous { shared: false });
        // One critical section: no page of either range may become a code page in it.
        let changed = self.code.remap_all([old.clone(), new.clone()], || {
            if in_place && anonymous {
                // What is new is as good as any other anonymous memory.
                let contents = Contents::Anonymous { shared: false };
                self.space.map(&(old.end..new.end), prot, contents)
            } else {
                self.space.move_mapping(&old, &new, prot)
            }
        });
        changed.inspect_err(|_| layout.drop_lost(&self.space, &new))?;
        layout.regions.remove(&old);
        layout.regions.insert(Region {
            range: new,
            ..region
        });
        Ok(())
    }
}

/// Returns the page by which code pages know the host's page that holds `addr`: the first
/// of those that it consists of.
pub(super) fn code_page(addr: u64) -> Page {
    Page::containing(addr & !u64::from(page_size() - 1))
}

/// Extends a range to pages of the host, if these are larger than those of code pages.
fn whole_pages(bytes: Range<u64>) -> Range<u64> {
    let page = u64::from(page_size());
    if page == Page::SIZE || bytes.is_empty() {
        return bytes;
    }
    bytes.start & !(page - 1)..bytes.end.next_multiple_of(page)
}

impl Translations for Attached {
    fn forget(&self, bytes: Range<u64>) {
        // An engine that is gone has no translations.
        if let Some(engine) = self.0.get().and_then(Weak::upgrade) {
            engine.forget(whole_pages(bytes));
        }
    }
}

impl core::fmt::Debug for Attached {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Attached")
            .field(&self.0.get().is_some())
            .finish()
    }
}

fn region_kind(backing: Backing<'_>) -> Result<RegionKind, Error> {
    match backing {
        Backing::Anonymous => Ok(RegionKind::Anonymous { shared: false }),
        Backing::AnonymousShared => Ok(RegionKind::Anonymous { shared: true }),
        Backing::File { fd, offset, shared } => {
            aligned(offset)?;
            let stat = rustix::fs::fstat(fd)?;
            Ok(RegionKind::File {
                device: stat.st_dev,
                inode: stat.st_ino,
                offset,
                shared,
            })
        }
    }
}

#[cfg(test)]
mod tests;
