//! Clocks, timers and sleeping. Each call exists with 32-bit seconds and, ending in
//! `64`, with 64-bit ones.

use super::abi::misc::{HostSigEvent, SigEvent};
use super::abi::time::{
    Itimerspec, Itimerspec32, Itimerval, Itimerval32, Timespec, Timespec32, Timeval, Timeval32,
    Tms, fetch, from_timeval, read_timeout, write_time,
};
use super::host::{self, Arg, Sysno};
use super::table::calls;
use super::{Args, Errno, Fail, SysResult, fail};
use crate::thread::{Thread, call};

calls! {
    clock_gettime(Int, Ptr) => |t, a| get_clock(t, Sysno::clock_gettime, a, false);
    clock_gettime64(Int, Ptr) => |t, a| get_clock(t, Sysno::clock_gettime, a, true);
    clock_getres(Int, Ptr) => |t, a| get_clock(t, Sysno::clock_getres, a, false);
    clock_getres_time64(Int, Ptr) => |t, a| get_clock(t, Sysno::clock_getres, a, true);
    clock_settime(Int, Ptr) => |t, a| set_clock(t, a, false);
    clock_settime64(Int, Ptr) => |t, a| set_clock(t, a, true);
    clock_nanosleep(Int, Hex, Ptr, Ptr) => |t, a| sleep(t, a, false);
    clock_nanosleep_time64(Int, Hex, Ptr, Ptr) => |t, a| sleep(t, a, true);
    nanosleep(Ptr, Ptr) => |t, a| {
        let clock = libc::CLOCK_MONOTONIC.cast_unsigned();
        sleep(t, Args([clock, 0, a[0], a[1], 0, 0]), false)
    };
    gettimeofday(Ptr, Ptr) => gettimeofday;
    times(Ptr) => times;
    getitimer(Int, Ptr) => |t, a| {
        let timer: Itimerval = fetch(|out| host::call(Sysno::getitimer, [a[0].into(), out]))?;
        put_itimer(t, a[1], timer)
    };
    setitimer(Int, Ptr, Ptr) => setitimer;
    timer_create(Int, Ptr, Ptr) => timer_create;
    timer_settime(Int, Hex, Ptr, Ptr) => |t, a| set_timer(t, Sysno::timer_settime, a, false);
    timer_settime64(Int, Hex, Ptr, Ptr) => |t, a| set_timer(t, Sysno::timer_settime, a, true);
    timer_gettime(Int, Ptr) => |t, a| get_timer(t, Sysno::timer_gettime, a, false);
    timer_gettime64(Int, Ptr) => |t, a| get_timer(t, Sysno::timer_gettime, a, true);
    timer_getoverrun(Int) => |_, a| call(Sysno::timer_getoverrun, [a[0].into()]);
    timer_delete(Int) => |_, a| call(Sysno::timer_delete, [a[0].into()]);
    timerfd_create(Int, Hex) => |_, a| call(Sysno::timerfd_create, [a[0].into(), a[1].into()]);
    timerfd_settime(Fd, Hex, Ptr, Ptr) => |t, a| set_timer(t, Sysno::timerfd_settime, a, false);
    timerfd_settime64(Fd, Hex, Ptr, Ptr) => |t, a| set_timer(t, Sysno::timerfd_settime, a, true);
    timerfd_gettime(Fd, Ptr) => |t, a| get_timer(t, Sysno::timerfd_gettime, a, false);
    timerfd_gettime64(Fd, Ptr) => |t, a| get_timer(t, Sysno::timerfd_gettime, a, true);
}

fn get_clock(thread: &mut Thread, nr: Sysno, args: Args, wide: bool) -> SysResult {
    // Negative numbers are clocks of processes and descriptors.
    let time: Timespec = fetch(|out| host::call(nr, [args.int(0).into(), out]))?;
    if args[1] != 0 || nr == Sysno::clock_gettime {
        write_time(thread, args[1], time, wide)?;
    }
    Ok(0)
}

fn set_clock(thread: &mut Thread, args: Args, wide: bool) -> SysResult {
    let time = read_timeout(thread, args[1], wide)?.ok_or(Fail(Errno::EFAULT))?;
    call(
        Sysno::clock_settime,
        [args.int(0).into(), Arg::input(&time)],
    )
}

fn sleep(thread: &mut Thread, args: Args, wide: bool) -> SysResult {
    let time = read_timeout(thread, args[2], wide)?.ok_or(Fail(Errno::EFAULT))?;
    // Written by the kernel only if interrupted, and left alone if that was before it began.
    let mut rest = time;
    // SAFETY: the kernel writes a timespec.
    let out = unsafe { Arg::out(&mut rest) };
    let all = [args.int(0).into(), args[1].into(), Arg::input(&time), out];
    let result = thread
        .blocking(Sysno::clock_nanosleep, all)
        .map_err(Fail::unless_handled);
    let absolute = args.int(1) & libc::TIMER_ABSTIME != 0;
    if result.is_err() && args[3] != 0 && !absolute {
        write_time(thread, args[3], rest, wide)?;
    }
    result
}

fn gettimeofday(thread: &mut Thread, args: Args) -> SysResult {
    if args[0] != 0 {
        let clock = libc::CLOCK_REALTIME.into();
        let now: Timespec = fetch(|out| host::call(Sysno::clock_gettime, [clock, out]))?;
        let usec = (now.nsec / 1000) as i32;
        thread.put(
            args[0],
            &Timeval32 {
                sec: now.sec as i32,
                usec,
            },
        )?;
    }
    if args[1] != 0 {
        // The time zone, which nobody sets.
        thread.put(args[1], &[0_u32; 2])?;
    }
    Ok(0)
}

fn times(thread: &mut Thread, args: Args) -> SysResult {
    let mut host = [0_i64; 4];
    // SAFETY: the kernel writes a `struct tms`, four longs.
    let out = unsafe { Arg::out(&mut host) };
    let now = call(Sysno::times, [out])?;
    if args[0] != 0 {
        let [utime, stime, cutime, cstime] = host.map(|t| t as i32);
        thread.put(
            args[0],
            &Tms {
                utime,
                stime,
                cutime,
                cstime,
            },
        )?;
    }
    Ok(now)
}

fn put_itimer(thread: &Thread, addr: u32, timer: Itimerval) -> SysResult {
    if addr != 0 {
        let (interval, value) = (timer.interval.into(), timer.value.into());
        thread.put(addr, &Itimerval32 { interval, value })?;
    }
    Ok(0)
}

fn setitimer(thread: &mut Thread, args: Args) -> SysResult {
    let zero = Itimerval32 {
        interval: Timeval32 { sec: 0, usec: 0 },
        value: Timeval32 { sec: 0, usec: 0 },
    };
    let new = if args[1] == 0 {
        zero
    } else {
        thread.get(args[1])?
    };
    let new = Itimerval {
        interval: new.interval.into(),
        value: new.value.into(),
    };
    for time in [new.interval, new.value] {
        from_timeval(Timeval { ..time })?;
    }
    let which = args[0].into();
    let old = fetch(|out| host::call(Sysno::setitimer, [which, Arg::input(&new), out]))?;
    put_itimer(thread, args[2], old)
}

fn timer_create(thread: &mut Thread, args: Args) -> SysResult {
    let event = if args[1] == 0 {
        None
    } else {
        let SigEvent {
            value,
            signo,
            notify,
            tid,
            ..
        } = thread.get(args[1])?;
        Some(HostSigEvent {
            value: value.into(),
            signo,
            notify,
            tid,
            pad: [0; 11],
        })
    };
    let event = event.as_ref().map_or(Arg::NULL, Arg::input);
    let id = thread.output(args[2], 4)?;
    call(Sysno::timer_create, [args.int(0).into(), event, id])
}

fn put_timer(thread: &Thread, addr: u32, timer: Itimerspec, wide: bool) -> SysResult {
    if wide {
        thread.put(addr, &timer)?;
    } else {
        let (interval, value) = (timer.interval.into(), timer.value.into());
        thread.put(addr, &Itimerspec32 { interval, value })?;
    }
    Ok(0)
}

fn get_timer(thread: &mut Thread, nr: Sysno, args: Args, wide: bool) -> SysResult {
    let timer = fetch(|out| host::call(nr, [args.int(0).into(), out]))?;
    put_timer(thread, args[1], timer, wide)
}

fn set_timer(thread: &mut Thread, nr: Sysno, args: Args, wide: bool) -> SysResult {
    if args[2] == 0 {
        return fail(Errno::EINVAL);
    }
    let half = if wide {
        size_of::<Timespec>()
    } else {
        size_of::<Timespec32>()
    };
    let read = |addr| read_timeout(thread, addr, wide)?.ok_or(Fail(Errno::EFAULT));
    let new = Itimerspec {
        interval: read(args[2])?,
        value: read(args[2].wrapping_add(half as u32))?,
    };
    let (id, flags) = (args.int(0).into(), args[1].into());
    let old = fetch(|out| host::call(nr, [id, flags, Arg::input(&new), out]))?;
    if args[3] != 0 {
        put_timer(thread, args[3], old, wide)?;
    }
    Ok(0)
}
