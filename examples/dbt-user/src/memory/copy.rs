//! Copies between guest memory and Rust values.

use std::ffi::{CStr, CString};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use bytemuck::Pod;

use super::{Access, CStrFault, FILE, GuestFault, PAGE_SIZE, Space, page};

impl Space {
    /// Copies guest memory into `out`.
    ///
    /// # Errors
    ///
    /// Returns an address that could not be read; `out` is then unspecified.
    pub fn read(&self, addr: u32, out: &mut [u8]) -> Result<(), GuestFault> {
        let len = u32::try_from(out.len()).map_err(|_| GuestFault { addr })?;
        let _guard = self.lock.read().unwrap_or_else(PoisonError::into_inner);
        self.slice(addr, u64::from(len), Access::Read)?;
        if self.may_vanish(addr, len) {
            return self.kernel_copy(addr, out.as_mut_ptr(), out.len(), false);
        }
        // SAFETY: *Recorded*: the range is mapped readable while the guard lives, and `out` is
        // outside the window because Rust memory never lies inside it.
        unsafe { self.host(addr).copy_to_nonoverlapping(out.as_mut_ptr(), out.len()) };
        Ok(())
    }

    /// Copies `bytes` into guest memory.
    ///
    /// # Errors
    ///
    /// Returns an address that could not be written; a part may have been.
    pub fn write(&self, addr: u32, bytes: &[u8]) -> Result<(), GuestFault> {
        let len = u32::try_from(bytes.len()).map_err(|_| GuestFault { addr })?;
        let _guard = self.lock.read().unwrap_or_else(PoisonError::into_inner);
        self.slice(addr, u64::from(len), Access::Write)?;
        if self.may_vanish(addr, len) {
            return self.kernel_copy(addr, bytes.as_ptr().cast_mut(), bytes.len(), true);
        }
        // SAFETY: as in `read`, with the range mapped writable.
        unsafe { self.host(addr).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        Ok(())
    }

    /// Reads a value laid out as the guest lays it out.
    ///
    /// # Errors
    ///
    /// Returns an address that could not be read.
    pub fn read_obj<T: Pod>(&self, addr: u32) -> Result<T, GuestFault> {
        let mut value = T::zeroed();
        self.read(addr, bytemuck::bytes_of_mut(&mut value))?;
        Ok(value)
    }

    /// Writes a value laid out as the guest lays it out.
    ///
    /// # Errors
    ///
    /// Returns an address that could not be written.
    pub fn write_obj<T: Pod>(&self, addr: u32, value: &T) -> Result<(), GuestFault> {
        self.write(addr, bytemuck::bytes_of(value))
    }

    /// Reads a string that ends with a zero byte, of at most `max` bytes.
    ///
    /// # Errors
    ///
    /// Returns an address that could not be read, or that no zero byte was found.
    pub fn read_cstr(&self, addr: u32, max: usize) -> Result<CString, CStrFault> {
        let mut string = Vec::new();
        let mut at = addr;
        let mut chunk = [0_u8; 256];
        while string.len() < max {
            // Never across a page boundary: the next page need not exist.
            let len = (PAGE_SIZE - at % PAGE_SIZE).min(256) as usize;
            let part = &mut chunk[..len];
            self.read(at, part).map_err(CStrFault::Fault)?;
            string.extend_from_slice(part);
            if let Ok(done) = CStr::from_bytes_until_nul(&string) {
                return Ok(done.to_owned());
            }
            at = at.wrapping_add(len as u32);
        }
        Err(CStrFault::TooLong)
    }

    /// Whether an access may fault although the table allows it.
    fn may_vanish(&self, addr: u32, len: u32) -> bool {
        len != 0
            && (page(addr)..=page(addr + (len - 1))).any(|p| {
                self.pages[p].load(Ordering::Relaxed) & FILE != 0
            })
    }

    /// Copies through the kernel, which reports a fault as an error.
    fn kernel_copy(
        &self,
        addr: u32,
        buffer: *mut u8,
        len: usize,
        to_guest: bool,
    ) -> Result<(), GuestFault> {
        let local = libc::iovec { iov_base: buffer.cast(), iov_len: len };
        let remote = libc::iovec { iov_base: self.host(addr).cast(), iov_len: len };
        // SAFETY: `getpid` has no preconditions.
        let pid = unsafe { libc::getpid() };
        let done = if to_guest {
            // SAFETY: `local` describes memory the caller lent for reading, `remote` is inside
            // the window; the kernel checks both.
            unsafe { libc::process_vm_writev(pid, &raw const local, 1, &raw const remote, 1, 0) }
        } else {
            // SAFETY: as above, with `local` lent for writing.
            unsafe { libc::process_vm_readv(pid, &raw const local, 1, &raw const remote, 1, 0) }
        };
        match usize::try_from(done) {
            Ok(n) if n == len => Ok(()),
            Ok(n) => Err(GuestFault { addr: addr + n as u32 }),
            Err(_) => Err(GuestFault { addr }),
        }
    }
}
