//! Times (Linux, `include/uapi/linux/time_types.h`): 32-bit ones and the `time64` kind.

use super::guest_struct;
use crate::linux::host::Arg;
use crate::linux::{Errno, Fail, fail};
use crate::thread::Thread;

guest_struct! { 8; /// `struct old_timespec32`.
Timespec32 { sec: i32, nsec: i32 } }

guest_struct! { 16; /// `struct __kernel_timespec`, which is also the host's.
Timespec { sec: i64, nsec: i64 } }

guest_struct! { 8; /// `struct old_timeval32`.
Timeval32 { sec: i32, usec: i32 } }

guest_struct! { 16; /// The host's `struct timeval`.
Timeval { sec: i64, usec: i64 } }

guest_struct! { 16; /// `struct old_itimerval32`.
Itimerval32 { interval: Timeval32, value: Timeval32 } }

guest_struct! { 16; /// `struct old_itimerspec32`.
Itimerspec32 { interval: Timespec32, value: Timespec32 } }

guest_struct! { 32; /// `struct __kernel_itimerspec`, and the host's.
Itimerspec { interval: Timespec, value: Timespec } }

guest_struct! { 32; /// The host's `struct itimerval`.
Itimerval { interval: Timeval, value: Timeval } }

guest_struct! { 16; /// `struct tms`.
Tms { utime: i32, stime: i32, cutime: i32, cstime: i32 } }

guest_struct! { 72; /// `struct rusage`: two times and fourteen counters.
Rusage32 { utime: Timeval32, stime: Timeval32, counters: [i32; 14] } }

guest_struct! { 144; /// The host's `struct rusage`.
Rusage { utime: Timeval, stime: Timeval, counters: [i64; 14] } }

impl From<Timespec32> for Timespec {
    fn from(t: Timespec32) -> Self {
        Self {
            sec: t.sec.into(),
            nsec: t.nsec.into(),
        }
    }
}

impl From<Timespec> for Timespec32 {
    fn from(t: Timespec) -> Self {
        Self {
            sec: t.sec as i32,
            nsec: t.nsec as i32,
        }
    }
}

impl From<Timeval32> for Timeval {
    fn from(t: Timeval32) -> Self {
        Self {
            sec: t.sec.into(),
            usec: t.usec.into(),
        }
    }
}

impl From<Timeval> for Timeval32 {
    fn from(t: Timeval) -> Self {
        Self {
            sec: t.sec as i32,
            usec: t.usec as i32,
        }
    }
}

impl From<Rusage> for Rusage32 {
    fn from(r: Rusage) -> Self {
        let counters = r.counters.map(|c| i32::try_from(c).unwrap_or(i32::MAX));
        Self {
            utime: r.utime.into(),
            stime: r.stime.into(),
            counters,
        }
    }
}

/// Reads an optional time; the upper half of a `time64` nanosecond count is padding.
pub(crate) fn read_timeout(
    thread: &Thread,
    addr: u32,
    wide: bool,
) -> Result<Option<Timespec>, Fail> {
    if addr == 0 {
        return Ok(None);
    }
    let mut time = if wide {
        thread.get::<Timespec>(addr)?
    } else {
        thread.get::<Timespec32>(addr)?.into()
    };
    time.nsec = i64::from(time.nsec as i32);
    Ok(Some(time))
}

/// Writes a time, in the width that the call has.
pub(crate) fn write_time(
    thread: &Thread,
    addr: u32,
    time: Timespec,
    wide: bool,
) -> Result<(), Fail> {
    if wide {
        thread.put(addr, &time)
    } else {
        thread.put(addr, &Timespec32::from(time))
    }
}

/// Runs a host call that writes one `T`.
pub(crate) fn fetch<T: bytemuck::Pod>(
    run: impl FnOnce(Arg<'_>) -> Result<u64, Fail>,
) -> Result<T, Fail> {
    let mut value = T::zeroed();
    // SAFETY: `T` accepts all bit patterns; the callers pass the kernel's structure.
    run(unsafe { Arg::out(&mut value) })?;
    Ok(value)
}

/// Converts microseconds to nanoseconds, refusing what is out of range.
pub(crate) fn from_timeval(t: Timeval) -> Result<Timespec, Fail> {
    if (0..1_000_000).contains(&t.usec) {
        Ok(Timespec {
            sec: t.sec,
            nsec: t.usec * 1000,
        })
    } else {
        fail(Errno::EINVAL)
    }
}
