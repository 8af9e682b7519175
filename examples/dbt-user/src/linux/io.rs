//! Reading, writing and everything else done with a descriptor's contents.

use super::abi::file::{HostIovec, Iovec};
use super::host::{self, Arg, Sysno};
use super::table::calls;
use super::{Args, Errno, Fail, SysResult, fail};
use crate::memory::Access;
use crate::thread::{Thread, call};

calls! {
    read(Fd, Ptr, Len) => |t, a| {
        t.blocking(Sysno::read, [a.int(0).into(), t.output(a[1], a[2])?, a[2].into()])
    };
    write(Fd, Buf, Len) => |t, a| {
        t.blocking(Sysno::write, [a.int(0).into(), t.input(a[1], a[2])?, a[2].into()])
    };
    pread64(Fd, Ptr, Len, Pad, Long, Long) => |t, a| {
        let buffer = t.output(a[1], a[2])?;
        t.blocking(Sysno::pread64, [a.int(0).into(), buffer, a[2].into(), Arg::long(a.long(4))])
    };
    pwrite64(Fd, Buf, Len, Pad, Long, Long) => |t, a| {
        let buffer = t.input(a[1], a[2])?;
        t.blocking(Sysno::pwrite64, [a.int(0).into(), buffer, a[2].into(), Arg::long(a.long(4))])
    };
    readv(Fd, Ptr, Int) => |t, a| vector(t, Sysno::readv, a, Access::Write, []);
    writev(Fd, Ptr, Int) => |t, a| vector(t, Sysno::writev, a, Access::Read, []);
    // The two halves of the offset are separate arguments, for the guest and the host.
    preadv(Fd, Ptr, Int, Long, Long) => |t, a| {
        vector(t, Sysno::preadv, a, Access::Write, [Arg::long(a.long(3))])
    };
    pwritev(Fd, Ptr, Int, Long, Long) => |t, a| {
        vector(t, Sysno::pwritev, a, Access::Read, [Arg::long(a.long(3))])
    };
    preadv2(Fd, Ptr, Int, Long, Long, Hex) => |t, a| {
        let rest = [Arg::long(a.long(3)), Arg::NULL, a[5].into()];
        vector(t, Sysno::preadv2, a, Access::Write, rest)
    };
    pwritev2(Fd, Ptr, Int, Long, Long, Hex) => |t, a| {
        let rest = [Arg::long(a.long(3)), Arg::NULL, a[5].into()];
        vector(t, Sysno::pwritev2, a, Access::Read, rest)
    };
    lseek(Fd, Int, Int) => |_, a| {
        let offset = host::call(Sysno::lseek, [a.int(0).into(), a.int(1).into(), a[2].into()])?;
        if offset > 0x7fff_ffff { fail(Errno::EOVERFLOW) } else { Ok(offset as u32) }
    };
    _llseek(Fd, Hex, Hex, Ptr, Int) => |t, a| {
        let offset = u64::from(a[1]) << 32 | u64::from(a[2]);
        let at = host::call(Sysno::lseek, [a.int(0).into(), Arg::long(offset), a[4].into()])?;
        t.put(a[3], &at)?;
        Ok(0)
    };
    close(Fd) => |_, a| call(Sysno::close, [a.int(0).into()]);
    close_range(Int, Int, Hex) => |_, a| {
        call(Sysno::close_range, [a[0].into(), a[1].into(), a[2].into()])
    };
    dup(Fd) => |_, a| call(Sysno::dup, [a.int(0).into()]);
    dup2(Fd, Fd) => |_, a| match a[0] == a[1] {
        // Here the calls differ: this one only looks whether the descriptor is open.
        true => call(Sysno::fcntl, [a.int(0).into(), libc::F_GETFD.into()]).map(|_| a[0]),
        false => call(Sysno::dup3, [a.int(0).into(), a.int(1).into(), 0.into()]),
    };
    dup3(Fd, Fd, Hex) => |_, a| {
        call(Sysno::dup3, [a.int(0).into(), a.int(1).into(), a[2].into()])
    };
    pipe(Ptr) => |t, a| call(Sysno::pipe2, [t.output(a[0], 8)?, 0.into()]);
    pipe2(Ptr, Hex) => |t, a| {
        // O_DIRECT means packets here; the other flags are the same.
        let flags = super::path::open_flags_to_host(a[1]);
        call(Sysno::pipe2, [t.output(a[0], 8)?, flags.into()])
    };
    fsync(Fd) => |t, a| t.blocking(Sysno::fsync, [a.int(0).into()]);
    fdatasync(Fd) => |t, a| t.blocking(Sysno::fdatasync, [a.int(0).into()]);
    ftruncate(Fd, Len) => |_, a| call(Sysno::ftruncate, [a.int(0).into(), a.int(1).into()]);
    ftruncate64(Fd, Pad, Long, Long) => |_, a| {
        call(Sysno::ftruncate, [a.int(0).into(), Arg::long(a.long(2))])
    };
    fallocate(Fd, Hex, Long, Long, Long, Long) => |t, a| {
        let (offset, len) = (Arg::long(a.long(2)), Arg::long(a.long(4)));
        t.blocking(Sysno::fallocate, [a.int(0).into(), a[1].into(), offset, len])
    };
    // The advice comes before the offsets here, so that those are in even registers.
    arm_fadvise64_64(Fd, Int, Long, Long, Long, Long) => |_, a| {
        let (offset, len) = (Arg::long(a.long(2)), Arg::long(a.long(4)));
        call(Sysno::fadvise64, [a.int(0).into(), offset, len, a[1].into()])
    };
    arm_sync_file_range(Fd, Hex, Long, Long, Long, Long) => |_, a| {
        let (offset, len) = (Arg::long(a.long(2)), Arg::long(a.long(4)));
        call(Sysno::sync_file_range, [a.int(0).into(), offset, len, a[1].into()])
    };
    readahead(Fd, Pad, Long, Long, Len) => |_, a| {
        call(Sysno::readahead, [a.int(0).into(), Arg::long(a.long(2)), a[4].into()])
    };
    flock(Fd, Hex) => |t, a| t.blocking(Sysno::flock, [a.int(0).into(), a[1].into()]);
    sendfile(Fd, Fd, Ptr, Len) => sendfile32;
    sendfile64(Fd, Fd, Ptr, Len) => |t, a| {
        // Read and written, so it must allow both; a writable page allows reads.
        let offset = t.optional_output(a[2], 8)?;
        t.blocking(Sysno::sendfile, [a.int(0).into(), a.int(1).into(), offset, a[3].into()])
    };
    copy_file_range(Fd, Ptr, Fd, Ptr, Len, Hex) => |t, a| {
        let (from, to) = (t.optional_output(a[1], 8)?, t.optional_output(a[3], 8)?);
        let (len, flags) = (a[4].into(), a[5].into());
        t.blocking(Sysno::copy_file_range, [a.int(0).into(), from, a.int(2).into(), to, len, flags])
    };
    splice(Fd, Ptr, Fd, Ptr, Len, Hex) => |t, a| {
        let (from, to) = (t.optional_output(a[1], 8)?, t.optional_output(a[3], 8)?);
        let (len, flags) = (a[4].into(), a[5].into());
        t.blocking(Sysno::splice, [a.int(0).into(), from, a.int(2).into(), to, len, flags])
    };
    tee(Fd, Fd, Len, Hex) => |t, a| {
        t.blocking(Sysno::tee, [a.int(0).into(), a.int(1).into(), a[2].into(), a[3].into()])
    };
    memfd_create(Str, Hex) => |t, a| {
        let name = t.path(a[0])?;
        call(Sysno::memfd_create, [(&*name).into(), a[1].into()])
    };
    eventfd(Int) => |_, a| call(Sysno::eventfd2, [a[0].into(), 0.into()]);
    eventfd2(Int, Hex) => |_, a| call(Sysno::eventfd2, [a[0].into(), a[1].into()]);
    signalfd(Fd, Ptr, Len) => |t, a| {
        call(Sysno::signalfd4, [a.int(0).into(), t.input(a[1], 8)?, a[2].into(), 0.into()])
    };
    signalfd4(Fd, Ptr, Len, Hex) => |t, a| {
        call(Sysno::signalfd4, [a.int(0).into(), t.input(a[1], 8)?, a[2].into(), a[3].into()])
    };
}

/// Reads a guest's `iovec` array and checks each range.
pub(super) fn iovecs(
    thread: &Thread,
    addr: u32,
    count: u32,
    access: Access,
) -> Result<Vec<HostIovec>, Fail> {
    if count > libc::UIO_MAXIOV.cast_unsigned() {
        return fail(Errno::EINVAL);
    }
    let mut vectors = Vec::with_capacity(count as usize);
    for n in 0..count {
        let at = addr.wrapping_add(n * size_of::<Iovec>() as u32);
        let Iovec { base, len } = thread.get(at)?;
        if len > 0x7fff_ffff {
            return fail(Errno::EINVAL);
        }
        match thread.space().slice(base, len.into(), access) {
            Ok(base) => vectors.push(HostIovec {
                base: base as u64,
                len: len.into(),
            }),
            // As Linux: what comes before a bad range is transferred.
            Err(_) if n > 0 => break,
            Err(fault) => return Err(fault.into()),
        }
    }
    Ok(vectors)
}

fn vector<const N: usize>(
    thread: &mut Thread,
    nr: Sysno,
    args: Args,
    access: Access,
    rest: [Arg<'_>; N],
) -> SysResult {
    let vectors = iovecs(thread, args[1], args[2], access)?;
    let mut all = [Arg::NULL; 6];
    all[0] = args.int(0).into();
    all[1] = vectors.first().map_or(Arg::NULL, Arg::input);
    all[2] = (vectors.len() as u32).into();
    all[3..3 + N].copy_from_slice(&rest);
    thread.blocking(nr, all)
}

fn sendfile32(thread: &mut Thread, args: Args) -> SysResult {
    let (to, from, len) = (args.int(0).into(), args.int(1).into(), args[3].into());
    if args[2] == 0 {
        return thread.blocking(Sysno::sendfile, [to, from, Arg::NULL, len]);
    }
    let mut offset = i64::from(thread.get::<i32>(args[2])?);
    // SAFETY: the kernel writes a 64-bit offset.
    let out = unsafe { Arg::out(&mut offset) };
    let sent = thread.blocking(Sysno::sendfile, [to, from, out, len])?;
    thread.put(args[2], &(offset as i32))?;
    Ok(sent)
}
