//! Reads and writes of guest memory by the host.
//!
//! These are for system calls and loaders. The page table is consulted first, so
//! the guest's permissions decide and not what the host happens to allow; then a
//! copy that survives a fault does the work (see [`mod@copy`]), since
//! another guest thread may change the mapping in between.
//!
//! # Invariants
//!
//! A write to a page that holds translated code goes through
//! [`CodePages::fault`](dbt_mmu::CodePages::fault) like the guest's own, before
//! the first byte lands.

use alloc::ffi::CString;
use alloc::vec::Vec;

use bytemuck::Pod;
use dbt_mmu::Outcome;

use super::copy::{self, Stopped};
use super::prot::PageFlags;
use super::window::code_page;
use super::{Access, CStrFault, FaultKind, FetchFault, GuestFault, WINDOW_SIZE, Window, page_size};

impl Window {
    /// Copies guest memory at `addr` into `into`.
    ///
    /// # Errors
    ///
    /// Returns the fault at the first byte the guest may not read. `into` may have
    /// been filled up to there.
    pub fn read(&self, addr: u32, into: &mut [u8]) -> Result<(), GuestFault> {
        let to = into.as_mut_ptr();
        self.access(addr, into.len(), Access::Read, |host, done, len| {
            // SAFETY: `host` lies in the window for `len` bytes, and `done + len` does
            // not exceed the length of `into`.
            unsafe { copy::copy(host, to.wrapping_add(done), len) }
        })
    }

    /// Copies `bytes` into guest memory at `addr`.
    ///
    /// Translations of the pages are forgotten first.
    ///
    /// # Errors
    ///
    /// Returns the fault at the first byte the guest may not write. Nothing has
    /// been written, unless another thread changed the mapping meanwhile.
    pub fn write(&self, addr: u32, bytes: &[u8]) -> Result<(), GuestFault> {
        let from = bytes.as_ptr();
        self.access(addr, bytes.len(), Access::Write, |host, done, len| {
            // SAFETY: `host` lies in the window for `len` bytes, and `done + len` does
            // not exceed the length of `bytes`.
            unsafe { copy::copy(from.wrapping_add(done), host, len) }
        })
    }

    /// Fills `len` bytes of guest memory with zeroes.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write), except that zeroes may have been written up
    /// to the fault.
    pub fn zero(&self, addr: u32, len: u64) -> Result<(), GuestFault> {
        static ZEROES: [u8; 4096] = [0; 4096];
        let mut at = u64::from(addr);
        let end = at.saturating_add(len);
        while at < end {
            let chunk = usize::try_from(end - at).map_or(ZEROES.len(), |n| n.min(ZEROES.len()));
            let start = u32::try_from(at).map_err(|_| beyond(Access::Write))?;
            self.write(start, &ZEROES[..chunk])?;
            at += chunk as u64;
        }
        Ok(())
    }

    /// Reads an object.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read).
    pub fn read_obj<T: Pod>(&self, addr: u32) -> Result<T, GuestFault> {
        let mut object = T::zeroed();
        self.read(addr, bytemuck::bytes_of_mut(&mut object))?;
        Ok(object)
    }

    /// Writes an object.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write).
    pub fn write_obj<T: Pod>(&self, addr: u32, object: &T) -> Result<(), GuestFault> {
        self.write(addr, bytemuck::bytes_of(object))
    }

    /// Reads a string that ends in a zero byte, of at most `max` bytes without it.
    ///
    /// # Errors
    ///
    /// Returns [`CStrFault::Fault`] when the guest may not read all of it, and
    /// [`CStrFault::TooLong`] when it does not end.
    pub fn read_cstr(&self, addr: u32, max: usize) -> Result<CString, CStrFault> {
        let mut bytes = Vec::new();
        let mut at = u64::from(addr);
        loop {
            // Never read beyond a page that the string may end in.
            let page = page_size() as usize;
            let in_page = page - usize::try_from(at).map_or(0, |a| a % page);
            let chunk = in_page.min(max.saturating_add(1) - bytes.len()).min(256);
            let old = bytes.len();
            bytes.resize(old + chunk, 0);
            let start = u32::try_from(at).map_err(|_| beyond(Access::Read))?;
            self.read(start, &mut bytes[old..])?;
            if let Some(end) = bytes[old..].iter().position(|&b| b == 0) {
                bytes.truncate(old + end);
                // Infallible: what is left was searched for zeroes.
                return CString::new(bytes).map_err(|_| CStrFault::TooLong);
            }
            if bytes.len() > max {
                return Err(CStrFault::TooLong);
            }
            at += chunk as u64;
        }
    }

    /// Checks a range for a host system call, and returns its host address.
    ///
    /// With [`Access::Write`], translations of the pages are forgotten and the pages
    /// released, so the host's kernel can write to them.
    ///
    /// The pointer is good for system calls only: another guest thread may unmap
    /// the pages, and the host's kernel then reports `EFAULT`, which is what the
    /// guest has earned. It reports `EFAULT` too when another vCPU translates from
    /// the page between this call and the write; so when a call fails with it, call
    /// `slice` again and repeat the call if that succeeds.
    ///
    /// # Errors
    ///
    /// Returns the fault at the first byte the guest may not access.
    pub fn slice(&self, addr: u32, len: u64, access: Access) -> Result<*mut u8, GuestFault> {
        let len = usize::try_from(len).map_err(|_| beyond(access))?;
        self.prepare(addr, len, access)?;
        Ok(self.space().host(addr.into()))
    }

    /// Copies instructions at `addr` into `into`, at most to the end of the page, and
    /// returns how many bytes.
    ///
    /// For a translation, protect the page first; see
    /// [`CodePages`](dbt_mmu::CodePages).
    ///
    /// # Errors
    ///
    /// Says why the guest cannot execute there.
    pub fn fetch(&self, addr: u32, into: &mut [u8]) -> Result<usize, FetchFault> {
        let len = into.len().min((page_size() - addr % page_size()) as usize);
        self.permits(addr, Access::Fetch).map_err(fetch_fault)?;
        self.read(addr, &mut into[..len])
            .map_err(|fault| fetch_fault(fault.kind))?;
        Ok(len)
    }

    /// Runs `copy` over host addresses for `len` guest bytes until all is done.
    ///
    /// `copy` receives a host address, how many bytes are done and how many are left.
    fn access(
        &self,
        addr: u32,
        len: usize,
        access: Access,
        copy: impl Fn(*mut u8, usize, usize) -> Result<(), Stopped>,
    ) -> Result<(), GuestFault> {
        let mut done = 0;
        loop {
            // Cannot wrap: the first `prepare` has found the range to be in the window.
            #[expect(clippy::cast_possible_truncation, reason = "below 4 GiB")]
            let at = addr.wrapping_add(done as u32);
            self.prepare(at, len - done, access)?;
            let attempt = || copy(self.space().host(at.into()), done, len - done);
            let stopped = match attempt() {
                Ok(()) => return Ok(()),
                Err(stopped) if stopped.done > 0 || stopped.bus => stopped,
                Err(stopped) => match self.once_settled(at, access, stopped, attempt) {
                    Ok(()) => return Ok(()),
                    Err(stopped) => stopped,
                },
            };
            done += stopped.done;
            if stopped.bus {
                let addr = at.wrapping_add(stopped.done.try_into().unwrap_or(0));
                let kind = FaultKind::Bus;
                return Err(GuestFault { addr, access, kind });
            }
        }
    }

    /// Repeats a copy that `stopped` at `at` for no reason in the page table.
    ///
    /// Another thread was changing the page. When it has finished, the table and the
    /// host agree (*Narrow*); what fails then all the same is the host's word.
    fn once_settled(
        &self,
        at: u32,
        access: Access,
        stopped: Stopped,
        attempt: impl Fn() -> Result<(), Stopped>,
    ) -> Result<(), Stopped> {
        self.space().settled(|| {
            let code = self.space().flags(at).contains(PageFlags::CODE);
            if self.permits(at, access).is_err() || (code && access == Access::Write) {
                // `prepare` deals with it in the next round.
                return Err(stopped);
            }
            attempt().map_err(|stopped| Stopped {
                bus: stopped.bus || stopped.done == 0,
                ..stopped
            })
        })
    }

    /// Checks the permissions of a range and releases code pages that are to be
    /// written.
    fn prepare(&self, addr: u32, len: usize, access: Access) -> Result<(), GuestFault> {
        let Some(last) = len.checked_sub(1) else {
            return Ok(());
        };
        let end = u64::from(addr).saturating_add(last as u64);
        let pages = u64::from(addr / page_size())..=end / u64::from(page_size());
        let first_byte = |page: u64| (page * u64::from(page_size())).max(addr.into());
        for page in pages.clone() {
            let Ok(addr) = u32::try_from(first_byte(page)) else {
                return Err(beyond(access));
            };
            self.permits(addr, access)
                .map_err(|kind| GuestFault { addr, access, kind })?;
        }
        if access != Access::Write {
            return Ok(());
        }
        for page in pages {
            let Ok(addr) = u32::try_from(first_byte(page)) else {
                return Err(beyond(access));
            };
            if self.space().flags(addr).contains(PageFlags::CODE)
                && self.code_pages().fault(code_page(addr.into())) == Outcome::Stuck
            {
                let kind = FaultKind::Bus;
                return Err(GuestFault { addr, access, kind });
            }
        }
        Ok(())
    }
}

/// The fault of a range that runs over the end of the window: at the address that
/// comes after the last one.
fn beyond(access: Access) -> GuestFault {
    const _: () = assert!(WINDOW_SIZE == 1 << u32::BITS, "addresses wrap to zero");
    GuestFault {
        addr: 0,
        access,
        kind: FaultKind::Unmapped,
    }
}

fn fetch_fault(kind: FaultKind) -> FetchFault {
    match kind {
        FaultKind::Unmapped => FetchFault::Unmapped,
        FaultKind::Protection => FetchFault::NotExecutable,
        FaultKind::Bus => FetchFault::Bus,
    }
}

#[cfg(test)]
mod tests;
