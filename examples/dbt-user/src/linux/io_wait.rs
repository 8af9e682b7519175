//! Waiting for descriptors: `poll`, `select`, `epoll`.

use super::abi::file::{EpollEvent, HostEpollEvent};
use super::abi::time::{Timespec, Timeval, Timeval32, from_timeval, read_timeout, write_time};
use super::host::{Arg, Sysno};
use super::table::calls;
use super::{Args, Errno, Fail, SysResult, fail};
use bytemuck::Zeroable;

use crate::thread::{Thread, call};

calls! {
    poll(Ptr, Len, Int) => |t, a| {
        let fds = poll_fds(t, a)?;
        let timeout = milliseconds(a.int(2));
        let timeout = timeout.as_ref().map_or(Arg::NULL, Arg::input);
        t.blocking(Sysno::ppoll, [fds, a[1].into(), timeout]).map_err(Fail::unless_handled)
    };
    ppoll(Ptr, Len, Ptr, Ptr, Len) => |t, a| ppoll(t, a, false);
    ppoll_time64(Ptr, Len, Ptr, Ptr, Len) => |t, a| ppoll(t, a, true);
    _newselect(Int, Ptr, Ptr, Ptr, Ptr) => newselect;
    pselect6(Int, Ptr, Ptr, Ptr, Ptr, Ptr) => |t, a| pselect(t, a, false);
    pselect6_time64(Int, Ptr, Ptr, Ptr, Ptr, Ptr) => |t, a| pselect(t, a, true);
    epoll_create(Int) => |_, a| match a.int(0) {
        1.. => call(Sysno::epoll_create1, [0.into()]),
        _ => fail(Errno::EINVAL),
    };
    epoll_create1(Hex) => |_, a| call(Sysno::epoll_create1, [a[0].into()]);
    epoll_ctl(Fd, Int, Fd, Ptr) => epoll_ctl;
    epoll_wait(Fd, Ptr, Int, Int) => |t, a| epoll_wait(t, a, 0);
    epoll_pwait(Fd, Ptr, Int, Int, Ptr, Len) => |t, a| epoll_wait(t, a, a[4]);
}

/// `struct pollfd` is the same everywhere.
fn poll_fds(thread: &Thread, args: Args) -> Result<Arg<'static>, Fail> {
    let len = args[1].checked_mul(8).ok_or(Fail(Errno::EINVAL))?;
    thread.output(args[0], len)
}

/// Runs a wait under another mask, as one step.
fn masked(
    thread: &mut Thread,
    mask: u32,
    wait: impl FnOnce(&mut Thread) -> SysResult,
) -> SysResult {
    if mask != 0 {
        let mask = thread.get(mask)?;
        thread.signals.set_mask_for_now(mask);
    }
    let result = wait(thread).map_err(Fail::unless_handled);
    let interrupted = Errno::new(Fail::RESTART_UNLESS_HANDLED);
    if result != Err(Fail(interrupted)) {
        thread.signals.restore_mask();
    }
    result
}

/// Returns a timeout as time; none if it is negative.
fn milliseconds(timeout: i32) -> Option<Timespec> {
    (timeout >= 0).then(|| Timespec {
        sec: i64::from(timeout / 1000),
        nsec: i64::from(timeout % 1000) * 1_000_000,
    })
}

/// Writes back how much of a timeout is left, as Linux does.
fn put_rest(thread: &Thread, addr: u32, rest: Option<Timespec>, wide: bool) {
    if let Some(rest) = rest {
        // A read-only timeout is allowed; Linux does not tell either.
        let _ = write_time(thread, addr, rest, wide);
    }
}

fn ppoll(thread: &mut Thread, args: Args, wide: bool) -> SysResult {
    let fds = poll_fds(thread, args)?;
    let mut timeout = read_timeout(thread, args[2], wide)?;
    let result = masked(thread, args[3], |thread| {
        // SAFETY: the kernel writes a timespec.
        let time = timeout
            .as_mut()
            .map_or(Arg::NULL, |t| unsafe { Arg::out(t) });
        thread.blocking(
            Sysno::ppoll,
            [fds, args[1].into(), time, Arg::NULL, Arg::long(8)],
        )
    });
    put_rest(thread, args[2], timeout, wide);
    result
}

/// A set of descriptors, as the host's 64-bit words; on a little-endian machine the
/// guest's 32-bit words are a prefix.
type FdSet = [u64; 1024 / 64];

/// Bytes of a guest's set for `count` descriptors.
fn set_len(count: u32) -> usize {
    count.div_ceil(32) as usize * 4
}

fn read_set(thread: &Thread, addr: u32, count: u32) -> Result<Option<FdSet>, Fail> {
    if addr == 0 {
        return Ok(None);
    }
    let mut set = FdSet::default();
    let bytes = bytemuck::bytes_of_mut(&mut set);
    thread.space().read(addr, &mut bytes[..set_len(count)])?;
    Ok(Some(set))
}

fn set_arg(set: &mut Option<FdSet>) -> Arg<'_> {
    // SAFETY: the kernel writes at most 1024 bits, as `select` limits the count.
    set.as_mut()
        .map_or(Arg::NULL, |set| unsafe { Arg::out(set) })
}

fn select(thread: &mut Thread, args: Args, timeout: &mut Option<Timespec>) -> SysResult {
    let count = u32::try_from(args.int(0))
        .or(fail(Errno::EINVAL))?
        .min(1024);
    let mut sets = [None; 3];
    for (set, addr) in sets.iter_mut().zip(&args.0[1..4]) {
        *set = read_set(thread, *addr, count)?;
    }
    let [read, write, except] = &mut sets;
    let (read, write, except) = (set_arg(read), set_arg(write), set_arg(except));
    // SAFETY: the kernel writes a timespec.
    let time = timeout
        .as_mut()
        .map_or(Arg::NULL, |t| unsafe { Arg::out(t) });
    let all = [count.into(), read, write, except, time, Arg::NULL];
    let ready = thread.blocking(Sysno::pselect6, all)?;
    for (set, addr) in sets.iter().zip(&args.0[1..4]) {
        if let Some(set) = set {
            thread
                .space()
                .write(*addr, &bytemuck::bytes_of(set)[..set_len(count)])?;
        }
    }
    Ok(ready)
}

fn newselect(thread: &mut Thread, args: Args) -> SysResult {
    let mut timeout = None;
    if args[4] != 0 {
        let time = Timeval::from(thread.get::<Timeval32>(args[4])?);
        // Linux lets the microseconds overflow into the seconds here.
        let whole = Timeval {
            sec: time.sec + time.usec / 1_000_000,
            usec: time.usec % 1_000_000,
        };
        timeout = Some(from_timeval(whole)?);
    }
    let result = select(thread, args, &mut timeout).map_err(Fail::unless_handled);
    if let Some(rest) = timeout {
        let rest = Timeval32 {
            sec: rest.sec as i32,
            usec: (rest.nsec / 1000) as i32,
        };
        let _ = thread.put(args[4], &rest);
    }
    result
}

fn pselect(thread: &mut Thread, args: Args, wide: bool) -> SysResult {
    let mut timeout = read_timeout(thread, args[4], wide)?;
    // The sixth argument points to a pointer and a size.
    let mask = if args[5] == 0 {
        0
    } else {
        thread.get::<[u32; 2]>(args[5])?[0]
    };
    let result = masked(thread, mask, |thread| select(thread, args, &mut timeout));
    put_rest(thread, args[4], timeout, wide);
    result
}

fn epoll_ctl(thread: &mut Thread, args: Args) -> SysResult {
    let mut host = HostEpollEvent::zeroed();
    if args.int(1) != libc::EPOLL_CTL_DEL {
        let EpollEvent { events, data, .. } = thread.get(args[3])?;
        (host.events, host.data) = (events, data);
    }
    let (epoll, fd) = (args.int(0).into(), args.int(2).into());
    call(
        Sysno::epoll_ctl,
        [epoll, args[1].into(), fd, Arg::input(&host)],
    )
}

fn epoll_wait(thread: &mut Thread, args: Args, mask: u32) -> SysResult {
    // Linux allows far more, but nobody can tell: the rest is reported the next time.
    const MOST: usize = 256;
    let most = usize::try_from(args.int(2))
        .or(fail(Errno::EINVAL))?
        .min(MOST);
    let mut host = [HostEpollEvent::zeroed(); MOST];
    let ready = masked(thread, mask, |thread| {
        // SAFETY: the kernel writes at most `most` events.
        let out = unsafe { Arg::out(&mut host) };
        let most = most as u32;
        thread.blocking(
            Sysno::epoll_pwait,
            [args.int(0).into(), out, most.into(), args.int(3).into()],
        )
    })?;
    for (n, event) in host[..ready as usize].iter().enumerate() {
        let HostEpollEvent { events, data, .. } = *event;
        let at = args[1].wrapping_add((n * size_of::<EpollEvent>()) as u32);
        thread.put(
            at,
            &EpollEvent {
                events,
                pad: 0,
                data,
            },
        )?;
    }
    Ok(ready)
}
