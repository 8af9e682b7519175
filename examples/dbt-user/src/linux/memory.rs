//! Guest memory: `brk`, `mmap` and their relatives.

use std::os::fd::BorrowedFd;

use super::table::calls;
use super::{Args, Errno, Fail, SysResult, fail};
use crate::memory::{Access, Backing, Placement, Prot, RemapTarget, page_size};
use crate::thread::Thread;

calls! {
    brk(Ptr) => brk;
    mmap2(Ptr, Len, Hex, Hex, Fd, Hex) => mmap2;
    munmap(Ptr, Len) => munmap;
    mprotect(Ptr, Len, Hex) => mprotect;
    mremap(Ptr, Len, Len, Hex, Ptr) => mremap;
    msync(Ptr, Len, Hex) => msync;
    madvise(Ptr, Len, Int) => madvise;
    mincore(Ptr, Len, Ptr) => mincore;
    mlock(Ptr, Len) => |t, a| mapped(t, a);
    mlock2(Ptr, Len, Hex) => |t, a| mapped(t, a);
    munlock(Ptr, Len) => |t, a| mapped(t, a);
    // Locking 4 GiB of reserved addresses is not what the guest means.
    mlockall(Hex) => |_, _| Ok(0);
    munlockall() => |_, _| Ok(0);
    membarrier(Int, Hex, Int) => |_, a| {
        use super::host::Sysno;
        crate::thread::call(Sysno::membarrier, [a[0].into(), a[1].into(), a[2].into()])
    };
}

/// What `mmap2` counts offsets in, whatever the page size is.
const MMAP2_UNIT: u64 = 4096;

/// `MREMAP_MAYMOVE` and `MREMAP_FIXED`.
const MAYMOVE: u32 = 1;
const FIXED: u32 = 2;

/// Returns the protection that `PROT_*` bits ask for. Linux on ARM cannot tell a write or
/// fetch permission without a read one from one with it.
fn prot(bits: u32) -> Prot {
    let mut prot = Prot::from_bits_truncate((bits & 7) as u8);
    if prot.intersects(Prot::WRITE | Prot::EXEC) {
        prot |= Prot::READ;
    }
    prot
}

/// Returns the page-rounded length, as Linux checks it.
fn pages(addr: u32, len: u32) -> Result<u64, Fail> {
    if !addr.is_multiple_of(page_size()) {
        return fail(Errno::EINVAL);
    }
    Ok(u64::from(len).next_multiple_of(u64::from(page_size())))
}

fn brk(thread: &mut Thread, args: Args) -> SysResult {
    let process = thread.process.clone();
    let mut heap = process.heap();
    let want = args[0];
    if want < heap.start {
        return Ok(heap.end);
    }
    let page = |addr: u32| u64::from(addr).next_multiple_of(u64::from(page_size()));
    let (old, new) = (page(heap.end), page(want));
    let space = thread.space();
    let done = if new > old {
        let prot = Prot::READ | Prot::WRITE;
        let (at, len) = (old as u32, new - old);
        space
            .map(at, len, prot, Backing::Anonymous, Placement::FixedNoReplace)
            .and_then(|at| space.label(at, len, Some("[heap]".into())))
    } else if new < old {
        thread.space().unmap(new as u32, old - new)
    } else {
        Ok(())
    };
    // Failure is told by the break that did not move.
    if done.is_ok() {
        heap.end = want;
    }
    Ok(heap.end)
}

fn mmap2(thread: &mut Thread, args: Args) -> SysResult {
    let [addr, len, bits, flags, fd, page] = args.0;
    let flag = |bit: i32| flags.cast_signed() & bit != 0;
    let len = u64::from(len).next_multiple_of(u64::from(page_size()));
    if len == 0 {
        return fail(Errno::EINVAL);
    }
    let shared = match flags & 0xf {
        1 | 3 => true,
        2 => false,
        _ => return fail(Errno::EINVAL),
    };
    let placement = if flag(libc::MAP_FIXED_NOREPLACE) {
        Placement::FixedNoReplace
    } else if flag(libc::MAP_FIXED) {
        Placement::Fixed
    } else if addr == 0 {
        Placement::Anywhere
    } else {
        Placement::Hint
    };
    if matches!(placement, Placement::Fixed | Placement::FixedNoReplace)
        && !addr.is_multiple_of(page_size())
    {
        return fail(Errno::EINVAL);
    }
    let addr = addr & !(page_size() - 1);
    let backing = if flag(libc::MAP_ANONYMOUS) {
        if shared {
            Backing::AnonymousShared
        } else {
            Backing::Anonymous
        }
    } else {
        if fd.cast_signed() < 0 {
            return fail(Errno::EBADF);
        }
        // SAFETY: descriptors are the guest's as well as ours. Should it be closed meanwhile,
        // the kernel says so or maps what has taken its place, as for the guest itself.
        let fd = unsafe { BorrowedFd::borrow_raw(fd.cast_signed()) };
        Backing::File {
            fd,
            offset: u64::from(page) * MMAP2_UNIT,
            shared,
        }
    };
    let at = thread
        .space()
        .map(addr, len, prot(bits), backing, placement)?;
    Ok(at)
}

fn munmap(thread: &mut Thread, args: Args) -> SysResult {
    let len = pages(args[0], args[1])?;
    if len == 0 || u64::from(args[0]) + len > 1 << 32 {
        return fail(Errno::EINVAL);
    }
    thread.space().unmap(args[0], len)?;
    Ok(0)
}

fn mprotect(thread: &mut Thread, args: Args) -> SysResult {
    let len = pages(args[0], args[1])?;
    if len != 0 {
        thread.space().protect(args[0], len, prot(args[2]))?;
    }
    Ok(0)
}

fn mremap(thread: &mut Thread, args: Args) -> SysResult {
    let [addr, old, new, flags, to, _] = args.0;
    let (old, new) = (pages(addr, old)?, pages(0, new)?);
    let target = match flags {
        0 => RemapTarget::InPlace,
        MAYMOVE => RemapTarget::MayMove,
        f if f == MAYMOVE | FIXED => RemapTarget::Fixed(to),
        _ => return fail(Errno::EINVAL),
    };
    if new == 0 || old == 0 {
        return fail(Errno::EINVAL);
    }
    let at = thread.space().remap(addr, old, new, target)?;
    Ok(at)
}

/// Fails unless all of a range is mapped.
fn mapped(thread: &mut Thread, args: Args) -> SysResult {
    let start = args[0] & !(page_size() - 1);
    let end = u64::from(args[0]) + u64::from(args[1]);
    for page in (u64::from(start)..end).step_by(page_size() as usize) {
        if page >= 1 << 32 || thread.space().query(page as u32).is_none() {
            return fail(Errno::ENOMEM);
        }
    }
    Ok(0)
}

fn msync(thread: &mut Thread, args: Args) -> SysResult {
    let len = pages(args[0], args[1])?;
    mapped(thread, args)?;
    if len == 0 {
        return Ok(0);
    }
    use super::host::{Arg, Sysno};
    let start = thread.space().slice(args[0], 0, Access::Read)?;
    crate::thread::call(Sysno::msync, [start.into(), Arg::long(len), args[2].into()])
}

fn madvise(thread: &mut Thread, args: Args) -> SysResult {
    let len = pages(args[0], args[1])?;
    mapped(thread, args)?;
    let advice = args.int(2);
    // Only advice that changes what the guest sees is carried out; the rest is advice.
    if len == 0
        || !matches!(
            advice,
            libc::MADV_DONTNEED | libc::MADV_REMOVE | libc::MADV_FREE
        )
    {
        return Ok(0);
    }
    use super::host::{Arg, Sysno};
    let start = thread.space().slice(args[0], 0, Access::Read)?;
    let done = crate::thread::call(
        Sysno::madvise,
        [start.into(), Arg::long(len), advice.into()],
    );
    thread.space().invalidate(args[0], len);
    done
}

fn mincore(thread: &mut Thread, args: Args) -> SysResult {
    let len = pages(args[0], args[1])?;
    mapped(thread, args)?;
    // "Resident" is always a possible answer.
    let resident = vec![1; (len / u64::from(page_size())) as usize];
    thread.space().write(args[2], &resident)?;
    Ok(0)
}

/// `cacheflush(start, end, flags)`: the guest wrote instructions.
pub(super) fn cacheflush(thread: &mut Thread, args: Args) -> SysResult {
    if args[1] < args[0] || args[2] != 0 {
        return fail(Errno::EINVAL);
    }
    thread
        .space()
        .invalidate(args[0], u64::from(args[1] - args[0]));
    Ok(0)
}
