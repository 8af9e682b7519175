//! Who and where we are: identities, limits, the system's name and load.

use super::abi::misc::{HostSysInfo, Rlimit, Rlimit32, SysInfo, Utsname};
use super::abi::time::{Rusage, Rusage32, Timespec, fetch, write_time};
use super::host::{self, Arg, Sysno};
use super::table::calls;
use super::{Args, Errno, SysResult, fail};
use crate::thread::{Thread, call};

calls! {
    uname(Ptr) => uname;
    sysinfo(Ptr) => sysinfo;
    getrusage(Int, Ptr) => |t, a| {
        let usage: Rusage = fetch(|out| host::call(Sysno::getrusage, [a.int(0).into(), out]))?;
        t.put(a[1], &Rusage32::from(usage))?;
        Ok(0)
    };
    ugetrlimit(Int, Ptr) => |t, a| {
        let limit: Rlimit = fetch(|out| host::call(Sysno::getrlimit, [a[0].into(), out]))?;
        let narrow = |n| u32::try_from(n).unwrap_or(u32::MAX);
        t.put(a[1], &Rlimit32 { cur: narrow(limit.cur), max: narrow(limit.max) })?;
        Ok(0)
    };
    setrlimit(Int, Ptr) => |t, a| {
        let limit: Rlimit32 = t.get(a[1])?;
        let wide = |n: u32| if n == u32::MAX { u64::MAX } else { n.into() };
        let limit = Rlimit { cur: wide(limit.cur), max: wide(limit.max) };
        if concerns_us(a[0]) {
            return Ok(0);
        }
        call(Sysno::setrlimit, [a[0].into(), Arg::input(&limit)])
    };
    prlimit64(Int, Int, Ptr, Ptr) => |t, a| {
        let new = if concerns_us(a[1]) { Arg::NULL } else { t.optional_input(a[2], 16)? };
        call(Sysno::prlimit64, [a.int(0).into(), a[1].into(), new, t.optional_output(a[3], 16)?])
    };
    getrandom(Ptr, Len, Hex) => |t, a| {
        t.blocking(Sysno::getrandom, [t.output(a[0], a[1])?, a[1].into(), a[2].into()])
    };
    getpid() => |_, _| call(Sysno::getpid, []);
    getppid() => |_, _| call(Sysno::getppid, []);
    gettid() => |_, _| call(Sysno::gettid, []);
    getpgrp() => |_, _| call(Sysno::getpgid, [0.into()]);
    getpgid(Int) => |_, a| call(Sysno::getpgid, [a.int(0).into()]);
    setpgid(Int, Int) => |_, a| call(Sysno::setpgid, [a.int(0).into(), a.int(1).into()]);
    getsid(Int) => |_, a| call(Sysno::getsid, [a.int(0).into()]);
    setsid() => |_, _| call(Sysno::setsid, []);
    getuid32() => |_, _| call(Sysno::getuid, []);
    geteuid32() => |_, _| call(Sysno::geteuid, []);
    getgid32() => |_, _| call(Sysno::getgid, []);
    getegid32() => |_, _| call(Sysno::getegid, []);
    setuid32(Int) => |_, a| call(Sysno::setuid, [a.int(0).into()]);
    setgid32(Int) => |_, a| call(Sysno::setgid, [a.int(0).into()]);
    setreuid32(Int, Int) => |_, a| call(Sysno::setreuid, [a.int(0).into(), a.int(1).into()]);
    setregid32(Int, Int) => |_, a| call(Sysno::setregid, [a.int(0).into(), a.int(1).into()]);
    setresuid32(Int, Int, Int) => |_, a| {
        call(Sysno::setresuid, [a.int(0).into(), a.int(1).into(), a.int(2).into()])
    };
    setresgid32(Int, Int, Int) => |_, a| {
        call(Sysno::setresgid, [a.int(0).into(), a.int(1).into(), a.int(2).into()])
    };
    getresuid32(Ptr, Ptr, Ptr) => |t, a| three_ids(t, Sysno::getresuid, a);
    getresgid32(Ptr, Ptr, Ptr) => |t, a| three_ids(t, Sysno::getresgid, a);
    getgroups32(Int, Ptr) => |t, a| {
        let len = a[0].saturating_mul(4);
        call(Sysno::getgroups, [a.int(0).into(), t.optional_output(a[1], len)?])
    };
    setgroups32(Int, Ptr) => |t, a| {
        let len = a[0].saturating_mul(4);
        call(Sysno::setgroups, [a.int(0).into(), t.optional_input(a[1], len)?])
    };
    getpriority(Int, Int) => |_, a| call(Sysno::getpriority, [a[0].into(), a.int(1).into()]);
    setpriority(Int, Int, Int) => |_, a| {
        call(Sysno::setpriority, [a[0].into(), a.int(1).into(), a.int(2).into()])
    };
    nice(Int) => nice;
    sched_yield() => |_, _| call(Sysno::sched_yield, []);
    sched_getaffinity(Int, Len, Ptr) => get_affinity;
    sched_setaffinity(Int, Len, Ptr) => |t, a| {
        call(Sysno::sched_setaffinity, [a.int(0).into(), a[1].into(), t.input(a[2], a[1])?])
    };
    sched_getscheduler(Int) => |_, a| call(Sysno::sched_getscheduler, [a.int(0).into()]);
    sched_setscheduler(Int, Int, Ptr) => |t, a| {
        call(Sysno::sched_setscheduler, [a.int(0).into(), a[1].into(), t.input(a[2], 4)?])
    };
    sched_getparam(Int, Ptr) => |t, a| {
        call(Sysno::sched_getparam, [a.int(0).into(), t.output(a[1], 4)?])
    };
    sched_setparam(Int, Ptr) => |t, a| {
        call(Sysno::sched_setparam, [a.int(0).into(), t.input(a[1], 4)?])
    };
    sched_get_priority_max(Int) => |_, a| call(Sysno::sched_get_priority_max, [a[0].into()]);
    sched_get_priority_min(Int) => |_, a| call(Sysno::sched_get_priority_min, [a[0].into()]);
    sched_rr_get_interval(Int, Ptr) => |t, a| {
        let time: Timespec =
            fetch(|out| host::call(Sysno::sched_rr_get_interval, [a.int(0).into(), out]))?;
        write_time(t, a[1], time, false)?;
        Ok(0)
    };
    getcpu(Ptr, Ptr, Ptr) => |t, a| {
        call(Sysno::getcpu, [t.optional_output(a[0], 4)?, t.optional_output(a[1], 4)?, Arg::NULL])
    };
    personality(Hex) => |_, a| match a[0] {
        // PER_LINUX is all there is.
        0 | 0xffff_ffff => Ok(0),
        _ => fail(Errno::EINVAL),
    };
    prctl(Int, Hex, Hex, Hex, Hex) => prctl;
    capget(Ptr, Ptr) => |t, a| call(Sysno::capget, [t.output(a[0], 8)?, t.optional_output(a[1], 24)?]);
    capset(Ptr, Ptr) => |t, a| call(Sysno::capset, [t.output(a[0], 8)?, t.input(a[1], 24)?]);
    sethostname(Str, Len) => |t, a| {
        call(Sysno::sethostname, [t.input(a[0], a[1])?, a[1].into()])
    };
}

/// Whether a limit would bind our own 4 GiB of addresses and the translator's memory
/// rather than the guest's: `RLIMIT_DATA`, `RLIMIT_STACK`, `RLIMIT_AS`.
fn concerns_us(resource: u32) -> bool {
    matches!(
        resource,
        libc::RLIMIT_DATA | libc::RLIMIT_STACK | libc::RLIMIT_AS
    )
}

fn uname(thread: &mut Thread, args: Args) -> SysResult {
    let mut name = Utsname {
        sysname: [0; 65],
        nodename: [0; 65],
        release: [0; 65],
        version: [0; 65],
        machine: [0; 65],
        domainname: [0; 65],
    };
    // SAFETY: the kernel writes a `struct new_utsname`.
    let out = unsafe { Arg::out(&mut name) };
    call(Sysno::uname, [out])?;
    name.machine = [0; 65];
    name.machine[..6].copy_from_slice(b"armv7l");
    thread.put(args[0], &name)?;
    Ok(0)
}

fn sysinfo(thread: &mut Thread, args: Args) -> SysResult {
    let host: HostSysInfo = fetch(|out| host::call(Sysno::sysinfo, [out]))?;
    // In pages, so that more than 4 GiB fit.
    let unit = 4096;
    let pages = |n: u64| u32::try_from(n * u64::from(host.mem_unit) / unit).unwrap_or(u32::MAX);
    let info = SysInfo {
        uptime: host.uptime as i32,
        loads: host.loads.map(|l| l as u32),
        ram: host.ram.map(pages),
        swap: host.swap.map(pages),
        procs: host.procs,
        pad: 0,
        high: host.high.map(pages),
        mem_unit: unit as u32,
        spare: [0; 2],
    };
    thread.put(args[0], &info)?;
    Ok(0)
}

fn three_ids(thread: &mut Thread, nr: Sysno, args: Args) -> SysResult {
    let id = |n: usize| thread.output(args[n], 4);
    call(nr, [id(0)?, id(1)?, id(2)?])
}

/// x86-64 has no `nice`; the C library makes it of these.
fn nice(_: &mut Thread, args: Args) -> SysResult {
    let own = [libc::PRIO_PROCESS.into(), 0.into()];
    // The kernel's answer is 20 minus the nice value, to keep it positive.
    let now = 20 - call(Sysno::getpriority, own)?.cast_signed();
    let new = now.saturating_add(args.int(0)).clamp(-20, 19);
    call(
        Sysno::setpriority,
        [libc::PRIO_PROCESS.into(), 0.into(), new.into()],
    )
}

fn get_affinity(thread: &mut Thread, args: Args) -> SysResult {
    let mut mask = [0_u64; 128];
    let size = size_of_val(&mask) as u32;
    // SAFETY: the kernel writes at most as many bytes as it is told.
    let out = unsafe { Arg::out(&mut mask) };
    let written = call(
        Sysno::sched_getaffinity,
        [args.int(0).into(), size.into(), out],
    )?;
    let bytes = &bytemuck::bytes_of(&mask)[..written as usize];
    // A guest's mask may be shorter, if nothing is lost.
    let fits = (args[1] as usize).min(bytes.len());
    if args[1] & 3 != 0 || bytes[fits..].iter().any(|&b| b != 0) {
        return fail(Errno::EINVAL);
    }
    thread.space().write(args[2], &bytes[..fits])?;
    Ok(fits as u32)
}

fn prctl(thread: &mut Thread, args: Args) -> SysResult {
    let option = args.int(0);
    let pointer = match option {
        libc::PR_SET_NAME => thread.input(args[1], 16)?,
        libc::PR_GET_NAME => thread.output(args[1], 16)?,
        libc::PR_GET_PDEATHSIG | libc::PR_GET_CHILD_SUBREAPER => thread.output(args[1], 4)?,
        libc::PR_SET_PDEATHSIG
        | libc::PR_GET_DUMPABLE
        | libc::PR_SET_DUMPABLE
        | libc::PR_GET_KEEPCAPS
        | libc::PR_SET_KEEPCAPS
        | libc::PR_CAPBSET_READ
        | libc::PR_CAPBSET_DROP
        | libc::PR_SET_NO_NEW_PRIVS
        | libc::PR_GET_NO_NEW_PRIVS
        | libc::PR_SET_CHILD_SUBREAPER
        | libc::PR_GET_TIMERSLACK
        | libc::PR_SET_TIMERSLACK
        | libc::PR_SET_THP_DISABLE
        | libc::PR_GET_THP_DISABLE => args[1].into(),
        // The rest is about memory maps, filters and cores that are not the guest's.
        _ => return fail(Errno::EINVAL),
    };
    let rest = [args[2], args[3], args[4]].map(Arg::from);
    call(
        Sysno::prctl,
        [option.into(), pointer, rest[0], rest[1], rest[2]],
    )
}
