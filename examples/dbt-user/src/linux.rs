//! Linux as an ARM program sees it: system calls and signals.
//!
//! [`table`] finds the handler of a number, [`host`] is the only way to the
//! host's kernel, [`abi`] holds the guest's structure layouts, and each other
//! module is one group of calls, with its part of the table at its head.
//!
//! Numbers, `errno` values and most constants are the generic ones of Linux and
//! equal on ARM and x86-64. What differs is translated in the module concerned:
//! four `O_*` flags ([`path`]), 64-bit arguments in register pairs ([`Args`]),
//! and every structure that holds a `long`, a pointer or a 64-bit field.

pub(crate) mod abi;
mod fs;
mod fs_change;
mod futex;
pub(crate) mod host;
mod info;
mod io;
mod io_control;
mod io_wait;
mod memory;
mod net;
mod net_message;
mod path;
mod proc_files;
mod process;
pub(crate) mod signal;
mod strace;
pub(crate) mod table;

#[cfg(test)]
pub(crate) mod tests;
mod time;

pub(crate) use path::Sysroot;
pub(crate) use syscalls::Errno;

use crate::memory::{CStrFault, Error, GuestFault};

/// What a handler returns: the value for `r0`, or why not.
pub(crate) type SysResult = Result<u32, Fail>;

/// Why a system call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fail(pub(crate) Errno);

impl Fail {
    /// Interrupted before anything happened: restart, unless a handler without
    /// `SA_RESTART` runs (the kernel's `ERESTARTSYS`).
    pub(crate) const RESTART: i32 = 512;
    /// Interrupted: restart, unless any handler runs (`ERESTARTNOHAND`).
    pub(crate) const RESTART_UNLESS_HANDLED: i32 = 514;

    /// For calls that no handler lets continue, such as `poll`.
    pub(crate) fn unless_handled(self) -> Self {
        if self.0.into_raw() == Self::RESTART {
            return Self(Errno::new(Self::RESTART_UNLESS_HANDLED));
        }
        self
    }
}

impl From<Errno> for Fail {
    fn from(errno: Errno) -> Self {
        Self(errno)
    }
}

impl From<GuestFault> for Fail {
    fn from(_: GuestFault) -> Self {
        Self(Errno::EFAULT)
    }
}

impl From<CStrFault> for Fail {
    fn from(fault: CStrFault) -> Self {
        match fault {
            CStrFault::TooLong => Self(Errno::ENAMETOOLONG),
            CStrFault::Fault(_) => Self(Errno::EFAULT),
        }
    }
}

impl From<Error> for Fail {
    fn from(error: Error) -> Self {
        Self(Errno::new(error.errno()))
    }
}

impl From<std::io::Error> for Fail {
    fn from(error: std::io::Error) -> Self {
        Self(error.raw_os_error().map_or(Errno::EIO, Errno::new))
    }
}

/// Fails with `errno`.
pub(crate) fn fail<T>(errno: Errno) -> Result<T, Fail> {
    Err(Fail(errno))
}

/// The argument registers, `r0`–`r5`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Args(pub(crate) [u32; 6]);

impl Args {
    /// Returns a signed argument.
    pub(crate) fn int(self, n: usize) -> i32 {
        self.0[n].cast_signed()
    }

    /// Returns the 64-bit argument whose low half is in `r[n]`. The ABI aligns
    /// such pairs to even registers; the caller counts the padding.
    pub(crate) fn long(self, n: usize) -> u64 {
        u64::from(self.0[n]) | u64::from(self.0[n + 1]) << 32
    }
}

impl std::ops::Index<usize> for Args {
    type Output = u32;

    fn index(&self, n: usize) -> &u32 {
        &self.0[n]
    }
}
