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
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use dbt_core::host::CodeMemory;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::MemfdFlags;
use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags};

use super::{Error, icache, page_size};

/// Memory for generated code with a writable and an executable view.
///
/// The writable view is at no fixed distance from the executable one. No file
/// descriptor remains open, so a guest that shares the process's descriptors
/// cannot get at it.
///
/// # Invariants
///
/// *Executable*, *Exclusive*, *Fixed* and *Whole* of [`CodeMemory`].
///
/// # Examples
///
/// ```
/// use dbt_core::host::CodeMemory;
/// use dbt_hv_glue::process::ProcessCode;
///
/// let code = ProcessCode::new(1 << 20)?;
/// #[cfg(target_arch = "x86_64")]
/// let seven = [0xb8, 7, 0, 0, 0, 0xc3]; // mov eax, 7; ret
/// #[cfg(target_arch = "aarch64")]
/// let seven = [0xe0, 0, 0x80, 0x52, 0xc0, 3, 0x5f, 0xd6]; // mov w0, #7; ret
/// code.write(0, &seven);
/// code.publish(0..seven.len());
///
/// // SAFETY: that is a function of this type.
/// let seven: extern "C" fn() -> u32 = unsafe { core::mem::transmute(code.exec_base()) };
/// assert_eq!(seven(), 7);
/// # Ok::<(), dbt_hv_glue::process::Error>(())
/// ```
pub struct ProcessCode {
    /// No byte from here on has been written to.
    used: AtomicUsize,
    write: View,
    exec: View,
    directory: Option<View>,
    /// How the executable view is mapped.
    exec_prot: ProtFlags,
}

/// A copy of code memory; see [`ProcessCode::copy`].
#[derive(Debug)]
pub struct CodeCopy {
    file: OwnedFd,
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

    /// Adds a [directory](CodeMemory::directory): 32 GiB of address space, of which as
    /// much becomes memory as is used. If the host does not grant that, nothing
    /// changes.
    #[must_use]
    pub fn with_directory(mut self) -> Self {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: without a fixed address the host chooses one that is free.
        let start =
            unsafe { rustix::mm::mmap_anonymous(ptr::null_mut(), DIRECTORY, VIEW_WRITE, flags) };
        let view = start.ok().and_then(|start| {
            Some(View {
                start: NonNull::new(start.cast())?,
                len: DIRECTORY,
            })
        });
        if let Some(view) = &view {
            let start = view.start.as_ptr().cast();
            // It is used here and there. A host without huge pages refuses, rightly.
            // SAFETY: the mapping is ours, and what it holds does not change.
            let _ = unsafe { rustix::mm::madvise(start, view.len, Advice::LinuxNoHugepage) };
        }
        self.directory = view;
        self
    }

    /// Has the host check, where it can, that indirect branches into the code lead to
    /// instructions that say so: `PROT_BTI` on AArch64, with FEAT_BTI. The back end must
    /// emit these, and `native::check_branches` sees to both. Elsewhere, or if the host
    /// refuses, nothing changes.
    #[must_use]
    pub fn with_branch_targets(mut self) -> Self {
        let prot = VIEW_EXEC | icache::branch_targets();
        let start = self.exec.start.as_ptr().cast();
        let flags = MprotectFlags::from_bits_retain(prot.bits());
        // SAFETY: the view is ours, and stays readable and executable.
        if unsafe { rustix::mm::mprotect(start, self.exec.len, flags) }.is_ok() {
            self.exec_prot = prot;
        }
        self
    }

    /// Tells whether the host checks indirect branches into the code.
    #[must_use]
    pub fn checks_branches(&self) -> bool {
        self.exec_prot != VIEW_EXEC
    }

    /// Copies what has been written so far, for a child to be forked.
    ///
    /// After `fork`, parent and child share the memory, and each would overwrite
    /// the other's code. So the parent makes a copy before it forks, at a moment
    /// when nobody writes, and the child [adopts](Self::adopt) it.
    ///
    /// # Errors
    ///
    /// Returns the host's error.
    pub fn copy(&self) -> Result<CodeCopy, Error> {
        let file = memory_file(self.capacity())?;
        let copy = View::new(file.as_fd(), self.capacity(), map, VIEW_WRITE)?;
        // Acquire pairs with the release in `write`.
        let used = self.used.load(Ordering::Acquire).div_ceil(WORD);
        for (from, to) in self.write.words()[..used].iter().zip(copy.words()) {
            to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        Ok(CodeCopy { file })
    }

    /// Puts a copy in the memory's place, at the same addresses.
    ///
    /// # Errors
    ///
    /// Returns the host's error. The memory may then still be shared with the parent
    /// in part; nothing may be written to it.
    ///
    /// # Safety
    ///
    /// In this process (as a copy of the parent's) nothing has been written since
    /// `copy` was made of `self`, and no other thread uses the memory.
    pub unsafe fn adopt(&self, copy: CodeCopy) -> Result<(), Error> {
        for (view, prot) in [(&self.write, VIEW_WRITE), (&self.exec, self.exec_prot)] {
            let start = view.start.as_ptr().cast();
            let flags = MapFlags::SHARED | MapFlags::FIXED;
            // SAFETY: the new mapping replaces one of ours of the same size and, as the
            // caller says, holds the same bytes, so whoever has its address does not see
            // the difference.
            unsafe { rustix::mm::mmap(start, view.len, prot, flags, &copy.file, 0) }
                .map_err(denied)?;
        }
        Ok(())
    }

    fn with_mapper(capacity: usize, mapper: Mapper) -> Result<Self, Error> {
        if capacity == 0 {
            return Err(Error::ZeroLength);
        }
        let len = capacity
            .checked_next_multiple_of(page_size() as usize)
            .filter(|&len| len <= MAX)
            .ok_or(Error::OutOfRange {
                addr: 0,
                len: capacity as u64,
            })?;
        let file = memory_file(len)?;
        let this = Self {
            used: AtomicUsize::new(0),
            write: View::new(file.as_fd(), len, mapper, VIEW_WRITE)?,
            exec: View::new(file.as_fd(), len, mapper, VIEW_EXEC).map_err(|error| match error {
                Error::Host(errno) => denied(errno),
                other => other,
            })?,
            directory: None,
            exec_prot: VIEW_EXEC,
        };
        // SAFETY: there is at least a page, and nobody knows of it yet.
        unsafe { icache::try_out(this.write.start.as_ptr(), this.exec_base()) };
        Ok(this)
    }
}

// SAFETY: *Executable*, *Exclusive* and *Fixed* by construction: two mappings of one
// file that nobody else has, which live as long as the value and are only written to
// by `write`. *Whole*: `write` stores aligned words of eight bytes. *Published*: by
// `icache::publish`. *Listed*: nothing else knows of the mapping.
unsafe impl CodeMemory for ProcessCode {
    fn capacity(&self) -> usize {
        self.exec.len
    }

    fn exec_base(&self) -> *const u8 {
        self.exec.start.as_ptr()
    }

    fn write(&self, offset: usize, bytes: &[u8]) {
        let end = offset
            .checked_add(bytes.len())
            .filter(|&end| end <= self.capacity());
        let Some(end) = end else {
            panic!("code written lies within the capacity");
        };
        let words = self.write.words();
        let (mut at, mut rest) = (offset, bytes);
        while !rest.is_empty() {
            let (word, start) = (&words[at / WORD], at % WORD);
            let (part, behind) = rest.split_at(rest.len().min(WORD - start));
            store(word, start, part);
            at += part.len();
            rest = behind;
        }
        // Release: the bytes come first; pairs with `copy`.
        self.used.fetch_max(end, Ordering::Release);
    }

    fn publish(&self, range: Range<usize>) {
        assert!(
            range.start <= range.end && range.end <= self.capacity(),
            "published code lies within the capacity"
        );
        let write = self.write.start.as_ptr().wrapping_add(range.start);
        let exec = self.exec_base().wrapping_add(range.start);
        icache::publish(write, exec, range.len(), self.exec_prot);
    }

    fn directory(&self) -> Option<&[AtomicU64]> {
        self.directory.as_ref().map(View::words)
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

/// Replaces the bytes of `word` from `start` on, in one store.
fn store(word: &AtomicU64, start: usize, part: &[u8]) {
    if let Ok(whole) = part.try_into() {
        word.store(u64::from_ne_bytes(whole), Ordering::Release);
        return;
    }
    let with_part = |old: u64| {
        let mut bytes = old.to_ne_bytes();
        bytes[start..start + part.len()].copy_from_slice(part);
        Some(u64::from_ne_bytes(bytes))
    };
    // Others may be writing to the word's other bytes. The closure never declines.
    let _ = word.fetch_update(Ordering::Release, Ordering::Relaxed, with_part);
}

impl View {
    /// The words of a writable view, or of a directory.
    fn words(&self) -> &[AtomicU64] {
        // SAFETY: the mapping starts at a page, is a whole number of pages long, lives
        // as long as the view, and is written to as atomics only.
        unsafe { core::slice::from_raw_parts(self.start.as_ptr().cast(), self.len / WORD) }
    }

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

/// Bytes of a directory.
const DIRECTORY: usize = 8 << 32;

/// Bytes that are written at once.
const WORD: usize = size_of::<u64>();

const VIEW_WRITE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);
const VIEW_EXEC: ProtFlags = ProtFlags::READ.union(ProtFlags::EXEC);

/// More than any engine can address; keeps sizes far from overflow.
const MAX: usize = 1 << 40;

#[cfg(test)]
mod tests;
