//! Opening files and asking about them.

use super::abi::file::{HostStatfs, Stat64, Statfs64, halves};
use super::abi::time::fetch;
use super::host::{self, Arg, Sysno};
use super::path::open_flags_to_host;
use super::table::calls;
use super::{Args, Errno, Fail, SysResult, fail, proc_files};
use crate::thread::{Thread, call, call_at, call_path};

calls! {
    open(Str, Hex, Oct) => |t, a| open(t, libc::AT_FDCWD, a[0], a[1], a[2]);
    creat(Str, Oct) => |t, a| {
        let flags = libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC;
        open(t, libc::AT_FDCWD, a[0], flags.cast_unsigned(), a[1])
    };
    openat(Fd, Str, Hex, Oct) => |t, a| open(t, a.int(0), a[1], a[2], a[3]);
    access(Str, Oct) => |t, a| call_at(Sysno::faccessat, &t.host_path(a[0])?, [a[1].into()]);
    faccessat(Fd, Str, Oct) => |t, a| {
        let path = t.host_path(a[1])?;
        call(Sysno::faccessat, [a.int(0).into(), (&*path).into(), a[2].into()])
    };
    faccessat2(Fd, Str, Oct, Hex) => |t, a| {
        let path = t.host_path(a[1])?;
        call(Sysno::faccessat2, [a.int(0).into(), (&*path).into(), a[2].into(), a[3].into()])
    };
    stat64(Str, Ptr) => |t, a| stat_path(t, libc::AT_FDCWD, a[0], 0, a[1]);
    lstat64(Str, Ptr) => |t, a| {
        stat_path(t, libc::AT_FDCWD, a[0], libc::AT_SYMLINK_NOFOLLOW, a[1])
    };
    fstat64(Fd, Ptr) => |t, a| {
        let stat = stat(|out| host::call(Sysno::fstat, [a.int(0).into(), out]))?;
        t.put(a[1], &stat)?;
        Ok(0)
    };
    fstatat64(Fd, Str, Ptr, Hex) => |t, a| stat_path(t, a.int(0), a[1], a.int(3), a[2]);
    statx(Fd, Str, Hex, Hex, Ptr) => statx;
    statfs64(Str, Len, Ptr) => |t, a| {
        let path = t.host_path(a[0])?;
        statfs(t, a, |out| host::call(Sysno::statfs, [(&*path).into(), out]))
    };
    fstatfs64(Fd, Len, Ptr) => |t, a| {
        statfs(t, a, |out| host::call(Sysno::fstatfs, [a.int(0).into(), out]))
    };
    readlink(Str, Ptr, Len) => |t, a| readlink(t, libc::AT_FDCWD, a[0], a[1], a[2]);
    readlinkat(Fd, Str, Ptr, Len) => |t, a| readlink(t, a.int(0), a[1], a[2], a[3]);
    getdents64(Fd, Ptr, Len) => |t, a| {
        call(Sysno::getdents64, [a.int(0).into(), t.output(a[1], a[2])?, a[2].into()])
    };
    getcwd(Ptr, Len) => |t, a| call(Sysno::getcwd, [t.output(a[0], a[1])?, a[1].into()]);
    chdir(Str) => |t, a| call_path(Sysno::chdir, &t.host_path(a[0])?, []);
    fchdir(Fd) => |_, a| call(Sysno::fchdir, [a.int(0).into()]);
    chroot(Str) => |t, a| call_path(Sysno::chroot, &t.path(a[0])?, []);
    getxattr(Str, Str, Ptr, Len) => |t, a| xattr(t, Sysno::getxattr, a);
    lgetxattr(Str, Str, Ptr, Len) => |t, a| xattr(t, Sysno::lgetxattr, a);
    fgetxattr(Fd, Str, Ptr, Len) => |t, a| {
        let (name, value) = (t.path(a[1])?, t.optional_output(a[2], a[3])?);
        call(Sysno::fgetxattr, [a.int(0).into(), (&*name).into(), value, a[3].into()])
    };
    listxattr(Str, Ptr, Len) => |t, a| list_xattr(t, Sysno::listxattr, a);
    llistxattr(Str, Ptr, Len) => |t, a| list_xattr(t, Sysno::llistxattr, a);
    flistxattr(Fd, Ptr, Len) => |t, a| {
        call(Sysno::flistxattr, [a.int(0).into(), t.optional_output(a[1], a[2])?, a[2].into()])
    };
}

fn open(thread: &mut Thread, dir: i32, path: u32, flags: u32, mode: u32) -> SysResult {
    let guest = thread.path(path)?;
    if let Some(fd) = proc_files::open(thread, &guest) {
        return fd;
    }
    let flags = open_flags_to_host(flags);
    let sysroot = &thread.process.sysroot;
    let host = if flags & libc::O_NOFOLLOW != 0 {
        sysroot.resolve_link(&guest)
    } else {
        sysroot.resolve(&guest)
    };
    let flags = Arg::from(flags);
    thread.blocking(
        Sysno::openat,
        [dir.into(), (&*host).into(), flags, mode.into()],
    )
}

/// Runs a host call that writes a `struct stat` and converts it.
#[allow(
    clippy::unnecessary_cast,
    reason = "hosts differ in the width of the number of links"
)]
fn stat(run: impl FnOnce(Arg<'_>) -> Result<u64, Fail>) -> Result<Stat64, Fail> {
    let mut host = std::mem::MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: all three calls that take a `struct stat` write just that.
    run(unsafe { Arg::out(&mut host) })?;
    // SAFETY: all-zero or written by the kernel, it is a valid structure of integers.
    let s = unsafe { host.assume_init() };
    let time = |sec: i64, nsec: i64| [sec as u32, nsec as u32];
    Ok(Stat64 {
        dev: s.st_dev,
        pad0: 0,
        short_ino: s.st_ino as u32,
        mode: s.st_mode,
        nlink: s.st_nlink as u32,
        uid: s.st_uid,
        gid: s.st_gid,
        rdev: s.st_rdev,
        pad3: [0; 2],
        size: s.st_size,
        blksize: s.st_blksize as u32,
        pad4: 0,
        blocks: s.st_blocks.cast_unsigned(),
        atime: time(s.st_atime, s.st_atime_nsec),
        mtime: time(s.st_mtime, s.st_mtime_nsec),
        ctime: time(s.st_ctime, s.st_ctime_nsec),
        ino: s.st_ino,
    })
}

fn stat_path(thread: &mut Thread, dir: i32, path: u32, flags: i32, out: u32) -> SysResult {
    let path = lookup(thread, path, flags)?;
    let stat = stat(|buffer| {
        host::call(
            host::FSTATAT,
            [dir.into(), (&*path).into(), buffer, flags.into()],
        )
    })?;
    thread.put(out, &stat)?;
    Ok(0)
}

/// Looks up a path that may stand for a link.
fn lookup(thread: &Thread, path: u32, flags: i32) -> Result<std::ffi::CString, Fail> {
    let path = thread.path(path)?;
    if let Some(own) = proc_files::link(thread, &path)
        && flags & libc::AT_SYMLINK_NOFOLLOW == 0
    {
        return Ok(own);
    }
    let sysroot = &thread.process.sysroot;
    Ok(if flags & libc::AT_SYMLINK_NOFOLLOW != 0 {
        sysroot.resolve_link(&path)
    } else {
        sysroot.resolve(&path)
    })
}

/// `struct statx` is the same everywhere.
fn statx(thread: &mut Thread, args: Args) -> SysResult {
    let path = lookup(thread, args[1], args.int(2))?;
    let out = thread.output(args[4], 256)?;
    let (flags, mask) = (args[2].into(), args[3].into());
    call(
        Sysno::statx,
        [args.int(0).into(), (&*path).into(), flags, mask, out],
    )
}

fn statfs(
    thread: &mut Thread,
    args: Args,
    run: impl FnOnce(Arg<'_>) -> Result<u64, Fail>,
) -> SysResult {
    // The C library says 88, counting the padding that the kernel's packed one lacks.
    if args[1] != 84 && args[1] != 88 {
        return fail(Errno::EINVAL);
    }
    let host: HostStatfs = fetch(run)?;
    thread.put(
        args[2],
        &Statfs64 {
            kind: host.kind as u32,
            bsize: host.bsize as u32,
            blocks: halves(host.blocks),
            bfree: halves(host.bfree),
            bavail: halves(host.bavail),
            files: halves(host.files),
            ffree: halves(host.ffree),
            fsid: host.fsid,
            namelen: host.namelen as u32,
            frsize: host.frsize as u32,
            flags: host.flags as u32,
            spare: [0; 4],
        },
    )?;
    Ok(0)
}

fn readlink(thread: &mut Thread, dir: i32, path: u32, out: u32, len: u32) -> SysResult {
    let path = thread.path(path)?;
    if let Some(own) = proc_files::link(thread, &path) {
        let bytes = own.as_bytes();
        let shown = &bytes[..bytes.len().min(len as usize)];
        thread.space().write(out, shown)?;
        return Ok(shown.len() as u32);
    }
    let path = thread.process.sysroot.resolve_link(&path);
    let out = thread.output(out, len)?;
    call(
        Sysno::readlinkat,
        [dir.into(), (&*path).into(), out, len.into()],
    )
}

fn xattr(thread: &mut Thread, nr: Sysno, args: Args) -> SysResult {
    let (path, name) = (thread.host_path(args[0])?, thread.path(args[1])?);
    let value = thread.optional_output(args[2], args[3])?;
    call_path(nr, &path, [(&*name).into(), value, args[3].into()])
}

fn list_xattr(thread: &mut Thread, nr: Sysno, args: Args) -> SysResult {
    let path = thread.host_path(args[0])?;
    call_path(
        nr,
        &path,
        [thread.optional_output(args[1], args[2])?, args[2].into()],
    )
}
