//! A signal stack for each thread that runs generated code.
//!
//! The hook runs on the alternate signal stack, because generated code may fault
//! with any stack pointer and because recovering guest state takes more room than
//! the page or two that the standard library provides. A thread gets one when it
//! first registers and keeps it until it ends: installing costs three system
//! calls, too much for each entry into an engine.

use core::cell::OnceCell;
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr;

use rustix::io::Errno;
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags};

/// A stack at least this large is left in place.
const ENOUGH: usize = 32 << 10;

/// Size of a stack of our own, besides what the host needs for its frame.
const SIZE: usize = 64 << 10;

/// Size of what is not accessible below it: a page, of any host.
const GUARD: usize = 64 << 10;

std::thread_local! {
    /// Kept for its destructor; the hook never looks at it.
    static STACK: OnceCell<Option<AltStack>> = const { OnceCell::new() };
}

/// A signal stack of our own, and the one it stands in for.
struct AltStack {
    start: *mut c_void,
    len: usize,
    before: libc::stack_t,
}

/// Gives the current thread a signal stack of at least 32 KiB.
pub(super) fn ensure() -> Result<(), Errno> {
    let ensured = STACK.try_with(|stack| {
        if stack.get().is_none() {
            // The cell is empty and belongs to this thread, so this succeeds.
            let _ = stack.set(AltStack::install_if_needed()?);
        }
        Ok(())
    });
    // A thread that is past its destructors runs no more generated code.
    ensured.unwrap_or(Err(Errno::SRCH))
}

impl AltStack {
    fn install_if_needed() -> Result<Option<Self>, Errno> {
        let before = current()?;
        if before.ss_flags & libc::SS_DISABLE == 0 && before.ss_size >= ENOUGH {
            return Ok(None);
        }
        let frame = rustix::param::linux_minsigstksz().next_multiple_of(4096);
        let len = GUARD + SIZE + frame;
        let flags = MapFlags::PRIVATE | MapFlags::STACK | MapFlags::NORESERVE;
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: without a fixed address the host chooses one that is free.
        let start = unsafe { rustix::mm::mmap_anonymous(ptr::null_mut(), len, prot, flags) }?;
        let stack = Self { start, len, before };
        // SAFETY: the bytes are the first of the mapping just made.
        unsafe { rustix::mm::mprotect(start, GUARD, MprotectFlags::empty()) }?;
        set(&stack.descriptor())?;
        Ok(Some(stack))
    }

    fn descriptor(&self) -> libc::stack_t {
        libc::stack_t {
            ss_sp: self.start.wrapping_byte_add(GUARD),
            ss_flags: 0,
            ss_size: self.len - GUARD,
        }
    }
}

impl Drop for AltStack {
    fn drop(&mut self) {
        // Whoever replaced our stack since then (the standard library disables the
        // signal stack of a thread that ends) keeps its own, and what was there
        // before us may be gone by now.
        if let Ok(now) = current()
            && now.ss_sp == self.descriptor().ss_sp
            && set(&self.before).is_err()
        {
            // Still in use, so it must not go.
            return;
        }
        // SAFETY: the mapping is ours and is no longer the signal stack.
        let _ = unsafe { rustix::mm::munmap(self.start, self.len) };
    }
}

fn current() -> Result<libc::stack_t, Errno> {
    let mut stack = MaybeUninit::uninit();
    // SAFETY: a null pointer asks for no change, and the other is valid for a write.
    let status = unsafe { libc::sigaltstack(ptr::null(), stack.as_mut_ptr()) };
    checked(status)?;
    // SAFETY: the call has succeeded, so the structure is filled in.
    Ok(unsafe { stack.assume_init() })
}

fn set(stack: &libc::stack_t) -> Result<(), Errno> {
    // SAFETY: the descriptor names memory that stays mapped while it is the signal
    // stack: ours until `AltStack` is dropped, and otherwise what the thread's other
    // code had set itself and is responsible for.
    checked(unsafe { libc::sigaltstack(stack, ptr::null_mut()) })
}

pub(super) fn checked(status: libc::c_int) -> Result<(), Errno> {
    if status == 0 {
        return Ok(());
    }
    let error = std::io::Error::last_os_error();
    Err(Errno::from_io_error(&error).unwrap_or(Errno::INVAL))
}
