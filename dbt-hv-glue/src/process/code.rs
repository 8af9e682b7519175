//! Executable memory in a process: one file in memory, mapped twice.
//!
//! A page that is writable and executable at once is a gift to whoever finds a
//! hole in the engine, and hardened hosts refuse it. Flipping one mapping with
//! `mprotect` costs 1.6 µs each way and stops every other vCPU that runs code in
//! it. Two mappings of the same memory cost nothing after set-up.

use core::ffi::c_void;
use core::fmt;
use core::ops::Range;
use core::ptr::{self, NonNull};
use core::sync::atomic::{Ordering, compiler_fence};

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::MemfdFlags;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};

use super::{Error, PAGE_SIZE};
use crate::CodeMemory;

/// Memory for generated code with a writable and an executable view.
///
/// The writable view is at no fixed distance from the executable one. No file
/// descriptor remains open, so a guest that shares the process's descriptors
/// cannot get at it.
///
/// # Invariants
///
/// *Both views*, *Exclusive* and *Fixed* of [`CodeMemory`].
///
/// # Examples
///
/// ```
/// use dbt_hv_glue::{CodeMemory, process::ProcessCode};
///
/// let code = ProcessCode::new(1 << 20)?;
/// let seven = [0xb8, 7, 0, 0, 0, 0xc3]; // mov eax, 7; ret
/// // SAFETY: the view is writable and larger than this.
/// unsafe { code.write_base().copy_from_nonoverlapping(seven.as_ptr(), seven.len()) };
/// code.publish(0..seven.len());
///
/// // SAFETY: that is a function of this type.
/// let seven: extern "C" fn() -> u32 = unsafe { core::mem::transmute(code.exec_base()) };
/// assert_eq!(seven(), 7);
/// # Ok::<(), dbt_hv_glue::process::Error>(())
/// ```
pub struct ProcessCode {
    write: View,
    exec: View,
}

/// A mapping that ends when dropped.
struct View {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: the mappings belong to the process, not to a thread.
unsafe impl Send for ProcessCode {}
// SAFETY: shared access gives out addresses only; `fork` aside, nothing changes.
unsafe impl Sync for ProcessCode {}

impl ProcessCode {
    /// Makes code memory of `capacity` bytes, rounded up to pages.
    ///
    /// Memory is used as it is written to, so a generous capacity costs address
    /// space.
    ///
    /// # Errors
    ///
    /// [`Error::ExecutableDenied`] when the host does not let this process execute
    /// memory of its own making: interpret instead. [`Error::ZeroLength`],
    /// [`Error::OutOfRange`] beyond 1 TiB, and [`Error::Host`] when it has no memory.
    pub fn new(capacity: usize) -> Result<Self, Error> {
        Self::with_mapper(capacity, map)
    }

    /// Gives a forked child code memory of its own, with the same contents at the
    /// same addresses.
    ///
    /// After `fork`, parent and child share the memory, and each would overwrite
    /// the other's code. Call this in the child before it runs or makes any.
    ///
    /// # Errors
    ///
    /// Returns the host's error. The memory is then still shared with the parent and
    /// must not be used.
    pub fn unshare(&mut self) -> Result<(), Error> {
        let file = memory_file(self.capacity())?;
        let copy = View::new(file.as_fd(), self.capacity(), map, VIEW_WRITE)?;
        // SAFETY: both are valid for the capacity, different mappings of different
        // files, and `&mut self` says that nobody writes meanwhile.
        unsafe {
            ptr::copy_nonoverlapping(
                self.write.start.as_ptr(),
                copy.start.as_ptr(),
                self.capacity(),
            );
        }
        for (view, prot) in [(&self.write, VIEW_WRITE), (&self.exec, VIEW_EXEC)] {
            let start = view.start.as_ptr().cast();
            let flags = MapFlags::SHARED | MapFlags::FIXED;
            // SAFETY: the new mapping replaces one of ours of the same size and holds the
            // same bytes, so whoever has its address does not see the difference.
            unsafe { rustix::mm::mmap(start, view.len, prot, flags, &file, 0) }.map_err(denied)?;
        }
        Ok(())
    }

    fn with_mapper(capacity: usize, mapper: Mapper) -> Result<Self, Error> {
        if capacity == 0 {
            return Err(Error::ZeroLength);
        }
        let len = capacity
            .checked_next_multiple_of(PAGE_SIZE as usize)
            .filter(|&len| len <= MAX)
            .ok_or(Error::OutOfRange {
                addr: 0,
                len: capacity as u64,
            })?;
        let file = memory_file(len)?;
        Ok(Self {
            write: View::new(file.as_fd(), len, mapper, VIEW_WRITE)?,
            exec: View::new(file.as_fd(), len, mapper, VIEW_EXEC).map_err(|error| match error {
                Error::Host(errno) => denied(errno),
                other => other,
            })?,
        })
    }
}

// SAFETY: *Both views*, *Exclusive* and *Fixed* by construction: two mappings of one
// file that nobody else has, which live as long as the value. *Published*: x86
// processors keep instruction fetch coherent with stores, also through another
// mapping, from the next branch into the code on; the fence keeps the compiler from
// delaying the stores.
unsafe impl CodeMemory for ProcessCode {
    fn capacity(&self) -> usize {
        self.exec.len
    }

    fn exec_base(&self) -> *const u8 {
        self.exec.start.as_ptr()
    }

    fn write_base(&self) -> *mut u8 {
        self.write.start.as_ptr()
    }

    fn publish(&self, range: Range<usize>) {
        assert!(
            range.start <= range.end && range.end <= self.capacity(),
            "published code lies within the capacity"
        );
        compiler_fence(Ordering::SeqCst);
    }
}

impl fmt::Debug for ProcessCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessCode")
            .field("capacity", &self.capacity())
            .field("write", &self.write.start)
            .field("exec", &self.exec.start)
            .finish()
    }
}

impl View {
    fn new(
        file: BorrowedFd<'_>,
        len: usize,
        mapper: Mapper,
        prot: ProtFlags,
    ) -> Result<Self, Error> {
        let start = mapper(file, len, prot)?;
        // The host never chooses address zero.
        let start = NonNull::new(start.cast()).ok_or(Error::Host(Errno::NOMEM))?;
        Ok(Self { start, len })
    }
}

impl Drop for View {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and whoever holds its address was told by
        // `CodeMemory` for how long it is good.
        let _ = unsafe { rustix::mm::munmap(self.start.as_ptr().cast(), self.len) };
    }
}

/// Maps a file; replaced in tests by hosts that refuse.
type Mapper = fn(BorrowedFd<'_>, usize, ProtFlags) -> MapResult;

type MapResult = Result<*mut c_void, Errno>;

fn map(file: BorrowedFd<'_>, len: usize, prot: ProtFlags) -> MapResult {
    // SAFETY: without a fixed address the host chooses one that is free.
    unsafe { rustix::mm::mmap(ptr::null_mut(), len, prot, MapFlags::SHARED, file, 0) }
}

fn memory_file(len: usize) -> Result<OwnedFd, Error> {
    // Linux before 6.3 does not know the flag that asks for executability; newer ones
    // may be told to require it, or to deny it.
    let name = c"dbt-code";
    let file = match rustix::fs::memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::EXEC) {
        Err(Errno::INVAL) => rustix::fs::memfd_create(name, MemfdFlags::CLOEXEC)?,
        other => other.map_err(denied)?,
    };
    rustix::fs::ftruncate(&file, len as u64)?;
    Ok(file)
}

fn denied(errno: Errno) -> Error {
    match errno {
        Errno::PERM | Errno::ACCESS => Error::ExecutableDenied(errno),
        other => Error::Host(other),
    }
}

const VIEW_WRITE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);
const VIEW_EXEC: ProtFlags = ProtFlags::READ.union(ProtFlags::EXEC);

/// More than any engine can address; keeps sizes far from overflow.
const MAX: usize = 1 << 40;

#[cfg(test)]
mod tests;
