//! Sockets. Addresses, options and flags are the same on the host, but for the two
//! options that are times.

use super::abi::time::{Timeval, Timeval32, fetch};
use super::host::{self, Arg, Sysno};
use super::table::calls;
use super::{Args, Fail, SysResult};
use crate::thread::{Thread, call};

calls! {
    socket(Int, Hex, Int) => |_, a| call(Sysno::socket, [a[0].into(), a[1].into(), a[2].into()]);
    socketpair(Int, Hex, Int, Ptr) => |t, a| {
        call(Sysno::socketpair, [a[0].into(), a[1].into(), a[2].into(), t.output(a[3], 8)?])
    };
    bind(Fd, Ptr, Len) => |t, a| {
        call(Sysno::bind, [a.int(0).into(), t.input(a[1], a[2])?, a[2].into()])
    };
    connect(Fd, Ptr, Len) => |t, a| {
        t.blocking(Sysno::connect, [a.int(0).into(), t.input(a[1], a[2])?, a[2].into()])
    };
    listen(Fd, Int) => |_, a| call(Sysno::listen, [a.int(0).into(), a[1].into()]);
    accept(Fd, Ptr, Ptr) => |t, a| accept(t, a, 0);
    accept4(Fd, Ptr, Ptr, Hex) => |t, a| accept(t, a, a[3]);
    shutdown(Fd, Int) => |_, a| call(Sysno::shutdown, [a.int(0).into(), a[1].into()]);
    getsockname(Fd, Ptr, Ptr) => |t, a| name(t, Sysno::getsockname, a);
    getpeername(Fd, Ptr, Ptr) => |t, a| name(t, Sysno::getpeername, a);
    send(Fd, Buf, Len, Hex) => |t, a| {
        let buffer = t.input(a[1], a[2])?;
        let rest = [Arg::NULL, 0.into()];
        let head = [a.int(0).into(), buffer, a[2].into(), a[3].into()];
        t.blocking(Sysno::sendto, [head[0], head[1], head[2], head[3], rest[0], rest[1]])
    };
    sendto(Fd, Buf, Len, Hex, Ptr, Len) => |t, a| {
        let (buffer, to) = (t.input(a[1], a[2])?, t.optional_input(a[4], a[5])?);
        let (len, flags) = (a[2].into(), a[3].into());
        t.blocking(Sysno::sendto, [a.int(0).into(), buffer, len, flags, to, a[5].into()])
    };
    recv(Fd, Ptr, Len, Hex) => |t, a| {
        let buffer = t.output(a[1], a[2])?;
        let (len, flags) = (a[2].into(), a[3].into());
        t.blocking(Sysno::recvfrom, [a.int(0).into(), buffer, len, flags, Arg::NULL, Arg::NULL])
    };
    recvfrom(Fd, Ptr, Len, Hex, Ptr, Ptr) => |t, a| {
        let buffer = t.output(a[1], a[2])?;
        let (from, from_len) = address(t, a[4], a[5])?;
        let (len, flags) = (a[2].into(), a[3].into());
        t.blocking(Sysno::recvfrom, [a.int(0).into(), buffer, len, flags, from, from_len])
    };
    setsockopt(Fd, Int, Int, Ptr, Len) => setsockopt;
    getsockopt(Fd, Int, Int, Ptr, Ptr) => getsockopt;
}

/// Checks where an address and its length go to; both may be null.
fn address(thread: &Thread, addr: u32, len: u32) -> Result<(Arg<'static>, Arg<'static>), Fail> {
    if addr == 0 {
        return Ok((Arg::NULL, Arg::NULL));
    }
    let size: u32 = thread.get(len)?;
    Ok((thread.output(addr, size)?, thread.output(len, 4)?))
}

fn accept(thread: &mut Thread, args: Args, flags: u32) -> SysResult {
    let (addr, len) = address(thread, args[1], args[2])?;
    thread.blocking(
        Sysno::accept4,
        [args.int(0).into(), addr, len, flags.into()],
    )
}

fn name(thread: &mut Thread, nr: Sysno, args: Args) -> SysResult {
    let (addr, len) = address(thread, args[1], args[2])?;
    call(nr, [args.int(0).into(), addr, len])
}

/// `SO_RCVTIMEO` and `SO_SNDTIMEO`, as both sides number them.
fn is_timeout(args: Args) -> bool {
    args.int(1) == libc::SOL_SOCKET && matches!(args[2], 20 | 21)
}

fn setsockopt(thread: &mut Thread, args: Args) -> SysResult {
    let (fd, level, option) = (args.int(0).into(), args[1].into(), args[2].into());
    if is_timeout(args) && args[4] == 8 {
        let time = Timeval::from(thread.get::<Timeval32>(args[3])?);
        return call(
            Sysno::setsockopt,
            [fd, level, option, Arg::input(&time), 16.into()],
        );
    }
    let value = thread.optional_input(args[3], args[4])?;
    call(
        Sysno::setsockopt,
        [fd, level, option, value, args[4].into()],
    )
}

fn getsockopt(thread: &mut Thread, args: Args) -> SysResult {
    let (fd, level, option) = (args.int(0).into(), args[1].into(), args[2].into());
    let size: u32 = thread.get(args[4])?;
    if is_timeout(args) && size == 8 {
        let len = 16_u32;
        let time: Timeval = fetch(|out| {
            host::call(
                Sysno::getsockopt,
                [fd, level, option, out, Arg::input(&len)],
            )
        })?;
        thread.put(args[3], &Timeval32::from(time))?;
        return Ok(0);
    }
    let (value, len) = (thread.output(args[3], size)?, thread.output(args[4], 4)?);
    call(Sysno::getsockopt, [fd, level, option, value, len])
}
