//! Changing directories and what they say about files.
//!
//! These calls name things that the program makes, so the sysroot is asked only
//! for the directory part's sake: an existing path under it is changed there.

use super::abi::time::{Timespec, Timespec32, Timeval, Timeval32, from_timeval};
use super::host::{Arg, Sysno};
use super::table::calls;
use super::{Args, Fail, SysResult};
use crate::thread::{Thread, call, call_at, call_path};

calls! {
    unlink(Str) => |t, a| call_at(Sysno::unlinkat, &link_path(t, a[0])?, []);
    unlinkat(Fd, Str, Hex) => |t, a| at(t, Sysno::unlinkat, a, [a[2].into()]);
    rmdir(Str) => |t, a| {
        call_at(Sysno::unlinkat, &link_path(t, a[0])?, [libc::AT_REMOVEDIR.into()])
    };
    mkdir(Str, Oct) => |t, a| call_at(Sysno::mkdirat, &link_path(t, a[0])?, [a[1].into()]);
    mkdirat(Fd, Str, Oct) => |t, a| at(t, Sysno::mkdirat, a, [a[2].into()]);
    mknod(Str, Oct, Hex) => |t, a| {
        call_at(Sysno::mknodat, &link_path(t, a[0])?, [a[1].into(), a[2].into()])
    };
    mknodat(Fd, Str, Oct, Hex) => |t, a| at(t, Sysno::mknodat, a, [a[2].into(), a[3].into()]);
    rename(Str, Str) => |t, a| {
        let (from, to) = (link_path(t, a[0])?, link_path(t, a[1])?);
        call_at(Sysno::renameat2, &from, [libc::AT_FDCWD.into(), (&*to).into()])
    };
    renameat(Fd, Str, Fd, Str) => |t, a| two(t, Sysno::renameat2, a, 0);
    renameat2(Fd, Str, Fd, Str, Hex) => |t, a| two(t, Sysno::renameat2, a, a[4]);
    link(Str, Str) => |t, a| {
        let (from, to) = (link_path(t, a[0])?, link_path(t, a[1])?);
        call_at(Sysno::linkat, &from, [libc::AT_FDCWD.into(), (&*to).into()])
    };
    linkat(Fd, Str, Fd, Str, Hex) => |t, a| two(t, Sysno::linkat, a, a[4]);
    symlink(Str, Str) => |t, a| {
        // The target is text, not a path to look up.
        let (target, path) = (t.path(a[0])?, link_path(t, a[1])?);
        call(Sysno::symlinkat, [(&*target).into(), libc::AT_FDCWD.into(), (&*path).into()])
    };
    symlinkat(Str, Fd, Str) => |t, a| {
        let (target, path) = (t.path(a[0])?, link_path(t, a[2])?);
        call(Sysno::symlinkat, [(&*target).into(), a.int(1).into(), (&*path).into()])
    };
    chmod(Str, Oct) => |t, a| call_at(Sysno::fchmodat, &t.host_path(a[0])?, [a[1].into()]);
    fchmod(Fd, Oct) => |_, a| call(Sysno::fchmod, [a.int(0).into(), a[1].into()]);
    fchmodat(Fd, Str, Oct) => |t, a| at(t, Sysno::fchmodat, a, [a[2].into()]);
    chown32(Str, Int, Int) => |t, a| {
        call_at(Sysno::fchownat, &t.host_path(a[0])?, [a.int(1).into(), a.int(2).into()])
    };
    lchown32(Str, Int, Int) => |t, a| {
        let owner = [a.int(1).into(), a.int(2).into(), libc::AT_SYMLINK_NOFOLLOW.into()];
        call_at(Sysno::fchownat, &link_path(t, a[0])?, owner)
    };
    fchown32(Fd, Int, Int) => |_, a| {
        call(Sysno::fchown, [a.int(0).into(), a.int(1).into(), a.int(2).into()])
    };
    fchownat(Fd, Str, Int, Int, Hex) => |t, a| {
        at(t, Sysno::fchownat, a, [a.int(2).into(), a.int(3).into(), a[4].into()])
    };
    utimes(Str, Ptr) => utimes;
    futimesat(Fd, Str, Ptr) => |t, a| set_times(t, a.int(0), a[1], timevals(t, a[2])?, 0);
    utimensat(Fd, Str, Ptr, Hex) => |t, a| {
        let times = timespecs(t, a[2], false)?;
        set_times(t, a.int(0), a[1], times, a[3])
    };
    utimensat_time64(Fd, Str, Ptr, Hex) => |t, a| {
        let times = timespecs(t, a[2], true)?;
        set_times(t, a.int(0), a[1], times, a[3])
    };
    truncate(Str, Len) => |t, a| {
        call_path(Sysno::truncate, &t.host_path(a[0])?, [a.int(1).into()])
    };
    truncate64(Str, Pad, Long, Long) => |t, a| {
        call_path(Sysno::truncate, &t.host_path(a[0])?, [Arg::long(a.long(2))])
    };
    setxattr(Str, Str, Ptr, Len, Hex) => |t, a| set_xattr(t, Sysno::setxattr, a);
    lsetxattr(Str, Str, Ptr, Len, Hex) => |t, a| set_xattr(t, Sysno::lsetxattr, a);
    fsetxattr(Fd, Str, Ptr, Len, Hex) => |t, a| {
        let (name, value) = (t.path(a[1])?, t.input(a[2], a[3])?);
        let (len, flags) = (a[3].into(), a[4].into());
        call(Sysno::fsetxattr, [a.int(0).into(), (&*name).into(), value, len, flags])
    };
    removexattr(Str, Str) => |t, a| {
        let name = t.path(a[1])?;
        call_path(Sysno::removexattr, &t.host_path(a[0])?, [(&*name).into()])
    };
    umask(Oct) => |_, a| call(Sysno::umask, [a[0].into()]);
    sync() => |_, _| call(Sysno::sync, []);
    syncfs(Fd) => |_, a| call(Sysno::syncfs, [a.int(0).into()]);
    inotify_init() => |_, _| call(Sysno::inotify_init1, [0.into()]);
    inotify_init1(Hex) => |_, a| call(Sysno::inotify_init1, [a[0].into()]);
    inotify_add_watch(Fd, Str, Hex) => |t, a| at(t, Sysno::inotify_add_watch, a, [a[2].into()]);
    inotify_rm_watch(Fd, Int) => |_, a| {
        call(Sysno::inotify_rm_watch, [a.int(0).into(), a[1].into()])
    };
}

/// Reads a path whose last part is not followed.
fn link_path(thread: &Thread, addr: u32) -> Result<std::ffi::CString, Fail> {
    Ok(thread.process.sysroot.resolve_link(&thread.path(addr)?))
}

/// A call of a directory and a path in it.
fn at<const N: usize>(thread: &mut Thread, nr: Sysno, args: Args, rest: [Arg<'_>; N]) -> SysResult {
    let path = link_path(thread, args[1])?;
    let mut all = [Arg::NULL; 6];
    all[0] = args.int(0).into();
    all[1] = (&*path).into();
    all[2..2 + N].copy_from_slice(&rest);
    call(nr, all)
}

/// A call of two directories with a path in each.
fn two(thread: &mut Thread, nr: Sysno, args: Args, flags: u32) -> SysResult {
    let (from, to) = (link_path(thread, args[1])?, link_path(thread, args[3])?);
    let (from_dir, to_dir) = (args.int(0).into(), args.int(2).into());
    call(
        nr,
        [
            from_dir,
            (&*from).into(),
            to_dir,
            (&*to).into(),
            flags.into(),
        ],
    )
}

fn timespecs(thread: &Thread, addr: u32, wide: bool) -> Result<Option<[Timespec; 2]>, Fail> {
    Ok(match (addr, wide) {
        (0, _) => None,
        (_, true) => Some(thread.get::<[Timespec; 2]>(addr)?),
        (_, false) => Some(thread.get::<[Timespec32; 2]>(addr)?.map(Timespec::from)),
    })
}

fn timevals(thread: &Thread, addr: u32) -> Result<Option<[Timespec; 2]>, Fail> {
    if addr == 0 {
        return Ok(None);
    }
    let [access, modified] = thread.get::<[Timeval32; 2]>(addr)?.map(Timeval::from);
    Ok(Some([from_timeval(access)?, from_timeval(modified)?]))
}

fn utimes(thread: &mut Thread, args: Args) -> SysResult {
    let times = timevals(thread, args[1])?;
    set_times(thread, libc::AT_FDCWD, args[0], times, 0)
}

fn set_times(
    thread: &mut Thread,
    dir: i32,
    path: u32,
    times: Option<[Timespec; 2]>,
    flags: u32,
) -> SysResult {
    let times = times.as_ref().map_or(Arg::NULL, Arg::input);
    // Without a path it is about the descriptor itself.
    let path = if path == 0 {
        None
    } else {
        Some(thread.host_path(path)?)
    };
    let path = path.as_deref().map_or(Arg::NULL, Arg::from);
    call(Sysno::utimensat, [dir.into(), path, times, flags.into()])
}

fn set_xattr(thread: &mut Thread, nr: Sysno, args: Args) -> SysResult {
    let (path, name) = (thread.host_path(args[0])?, thread.path(args[1])?);
    let value = thread.input(args[2], args[3])?;
    call_path(
        nr,
        &path,
        [(&*name).into(), value, args[3].into(), args[4].into()],
    )
}
