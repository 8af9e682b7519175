//! `fcntl` and `ioctl`: calls whose argument depends on a command.

use super::abi::file::{Flock, Flock32};
use super::host::{self, Arg, Sysno};
use super::path::{open_flags_to_guest, open_flags_to_host};
use super::table::calls;
use super::{Args, Errno, SysResult, fail};
use crate::thread::{Thread, call};

calls! {
    fcntl(Fd, Int, Hex) => fcntl;
    fcntl64(Fd, Int, Hex) => fcntl;
    ioctl(Fd, Hex, Hex) => ioctl;
}

/// `fcntl` commands, which are numbered as on the host but for the 64-bit locks.
mod command {
    pub(super) const GETFL: i32 = 3;
    pub(super) const SETFL: i32 = 4;
    pub(super) const GETLK: i32 = 5;
    pub(super) const SETLK: i32 = 6;
    pub(super) const SETLKW: i32 = 7;
    pub(super) const GETLK64: i32 = 12;
    pub(super) const SETLK64: i32 = 13;
    pub(super) const SETLKW64: i32 = 14;
    pub(super) const SETOWN_EX: i32 = 15;
    pub(super) const GETOWN_EX: i32 = 16;
    pub(super) const OFD_GETLK: i32 = 36;
    pub(super) const OFD_SETLK: i32 = 37;
    pub(super) const OFD_SETLKW: i32 = 38;
}

fn fcntl(thread: &mut Thread, args: Args) -> SysResult {
    let (fd, nr) = (args.int(0), args.int(1));
    match nr {
        command::GETFL => {
            let flags = call(Sysno::fcntl, [fd.into(), nr.into()])?;
            Ok(open_flags_to_guest(flags.cast_signed()))
        }
        command::SETFL => {
            let flags = open_flags_to_host(args[2]);
            call(Sysno::fcntl, [fd.into(), nr.into(), flags.into()])
        }
        command::GETLK..=command::SETLKW => lock32(thread, fd, nr, args[2]),
        // The structure is the host's.
        command::GETLK64 => lock(thread, fd, libc::F_GETLK, args[2]),
        command::SETLK64 => lock(thread, fd, libc::F_SETLK, args[2]),
        command::SETLKW64 => lock(thread, fd, libc::F_SETLKW, args[2]),
        command::OFD_GETLK | command::OFD_SETLK | command::OFD_SETLKW => {
            lock(thread, fd, nr, args[2])
        }
        command::SETOWN_EX | command::GETOWN_EX => {
            let owner = thread.output(args[2], 8)?;
            call(Sysno::fcntl, [fd.into(), nr.into(), owner])
        }
        _ => call(Sysno::fcntl, [fd.into(), nr.into(), args[2].into()]),
    }
}

fn lock(thread: &mut Thread, fd: i32, nr: i32, addr: u32) -> SysResult {
    let lock = thread.output(addr, size_of::<Flock>() as u32)?;
    thread.blocking(Sysno::fcntl, [fd.into(), nr.into(), lock])
}

fn lock32(thread: &mut Thread, fd: i32, nr: i32, addr: u32) -> SysResult {
    const _: () = assert!(libc::F_GETLK == command::GETLK && libc::F_SETLK == command::SETLK);
    let Flock32 {
        kind,
        whence,
        start,
        len,
        pid,
    } = thread.get(addr)?;
    let (start, len) = (start.into(), len.into());
    let mut host = Flock {
        kind,
        whence,
        pad: 0,
        start,
        len,
        pid,
        pad2: 0,
    };
    // SAFETY: the kernel writes its `struct flock`.
    let out = unsafe { Arg::out(&mut host) };
    let value = thread.blocking(Sysno::fcntl, [fd.into(), nr.into(), out])?;
    if nr == command::GETLK {
        let Flock {
            kind, whence, pid, ..
        } = host;
        let number = |n| i32::try_from(n).or(fail(Errno::EOVERFLOW));
        let (start, len) = (number(host.start)?, number(host.len)?);
        thread.put(
            addr,
            &Flock32 {
                kind,
                whence,
                start,
                len,
                pid,
            },
        )?;
    }
    Ok(value)
}

/// What an `ioctl` does with its argument.
#[derive(Clone, Copy)]
enum Argument {
    /// It is a number, or not used.
    Number,
    /// It points to bytes that are the same on the host.
    Bytes(u32),
}

/// The commands that are understood. Their numbers and structures are the same on the
/// host; what is not listed might hold pointers or `long`s.
#[rustfmt::skip]
const COMMANDS: &[(u32, Argument)] = &[
    (0x5401, Argument::Bytes(36)),          // TCGETS
    (0x5402, Argument::Bytes(36)),          // TCSETS
    (0x5403, Argument::Bytes(36)),          // TCSETSW
    (0x5404, Argument::Bytes(36)),          // TCSETSF
    (0x802c_542a, Argument::Bytes(44)),     // TCGETS2
    (0x402c_542b, Argument::Bytes(44)),     // TCSETS2
    (0x402c_542c, Argument::Bytes(44)),     // TCSETSW2
    (0x402c_542d, Argument::Bytes(44)),     // TCSETSF2
    (0x5409, Argument::Number),             // TCSBRK
    (0x540a, Argument::Number),             // TCXONC
    (0x540b, Argument::Number),             // TCFLSH
    (0x540c, Argument::Number),             // TIOCEXCL
    (0x540d, Argument::Number),             // TIOCNXCL
    (0x540e, Argument::Number),             // TIOCSCTTY
    (0x540f, Argument::Bytes(4)),           // TIOCGPGRP
    (0x5410, Argument::Bytes(4)),           // TIOCSPGRP
    (0x5411, Argument::Bytes(4)),           // TIOCOUTQ
    (0x5412, Argument::Bytes(1)),           // TIOCSTI
    (0x5413, Argument::Bytes(8)),           // TIOCGWINSZ
    (0x5414, Argument::Bytes(8)),           // TIOCSWINSZ
    (0x5415, Argument::Bytes(4)),           // TIOCMGET
    (0x541b, Argument::Bytes(4)),           // FIONREAD
    (0x5421, Argument::Bytes(4)),           // FIONBIO
    (0x5422, Argument::Number),             // TIOCNOTTY
    (0x5425, Argument::Number),             // TCSBRKP
    (0x5427, Argument::Number),             // TIOCSBRK
    (0x5428, Argument::Number),             // TIOCCBRK
    (0x5429, Argument::Bytes(4)),           // TIOCGSID
    (0x8004_5430, Argument::Bytes(4)),      // TIOCGPTN
    (0x4004_5431, Argument::Bytes(4)),      // TIOCSPTLCK
    (0x5441, Argument::Number),             // TIOCGPTPEER
    (0x5450, Argument::Number),             // FIONCLEX
    (0x5451, Argument::Number),             // FIOCLEX
    (0x5452, Argument::Bytes(4)),           // FIOASYNC
    (0x5460, Argument::Bytes(4)),           // FIOQSIZE (of regular files: eight bytes)
    (0x8905, Argument::Bytes(4)),           // SIOCATMARK
    (0x1261, Argument::Number),             // BLKFLSBUF
    (0x1268, Argument::Bytes(4)),           // BLKSSZGET
    (0x4004_9409, Argument::Number),        // FICLONE
];

fn ioctl(thread: &mut Thread, args: Args) -> SysResult {
    let (fd, nr) = (args.int(0), args[1]);
    let Some((_, argument)) = COMMANDS.iter().find(|c| c.0 == nr) else {
        if thread.process.strace {
            eprintln!(
                "{} ioctl command {nr:#x} is not implemented by dbt-user",
                std::process::id()
            );
        }
        // The descriptor's own fault comes first.
        host::call(Sysno::fcntl, [fd.into(), libc::F_GETFD.into()])?;
        return fail(Errno::ENOTTY);
    };
    let argument = match argument {
        Argument::Number => args[2].into(),
        // Readable is enough for those that only set; Linux itself tells which write.
        Argument::Bytes(len) => match thread.output(args[2], *len) {
            Ok(out) => out,
            Err(_) => thread.input(args[2], *len)?,
        },
    };
    thread.blocking(Sysno::ioctl, [fd.into(), nr.into(), argument])
}
