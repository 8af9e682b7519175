//! The table of system calls: number, name, handler, and what its arguments are.

use super::{Args, Errno, Fail, SysResult, fail, strace};
use crate::thread::Thread;

/// What an argument is, for `--strace`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A signed number.
    Int,
    /// A file descriptor, with `AT_FDCWD`.
    Fd,
    /// A size or an unsigned number.
    Len,
    /// Flags or another bit pattern.
    Hex,
    /// Permissions.
    Oct,
    /// A pointer to something.
    Ptr,
    /// A pointer to a string.
    Str,
    /// A pointer to bytes whose length is the next argument.
    Buf,
    /// A signal number.
    Sig,
    /// Half of a 64-bit number; the other half is the next argument.
    Long,
    /// The padding before a 64-bit number, or a reserved argument.
    Pad,
}

/// One system call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) number: u32,
    pub(crate) name: &'static str,
    pub(crate) kinds: &'static [Kind],
    pub(crate) handler: fn(&mut Thread, Args) -> SysResult,
}

/// Declares one group of the table: `name(Kind, …) => handler;`.
macro_rules! calls {
    ($( $name:ident ( $($kind:ident),* ) => $handler:expr; )*) => {
        pub(super) const CALLS: &[$crate::linux::table::Call] = &[$(
            $crate::linux::table::Call {
                number: ::syscalls::arm::Sysno::$name as u32,
                name: stringify!($name),
                kinds: &[$($crate::linux::table::Kind::$kind),*],
                handler: $handler,
            }
        ),*];
    };
}
pub(super) use calls;

const SIZE: usize = 512;

static TABLE: [Option<Call>; SIZE] = {
    let mut table = [None; SIZE];
    let groups = [
        super::fs::CALLS,
        super::fs_change::CALLS,
        super::futex::CALLS,
        super::info::CALLS,
        super::io::CALLS,
        super::io_control::CALLS,
        super::io_wait::CALLS,
        super::memory::CALLS,
        super::net::CALLS,
        super::net_message::CALLS,
        super::process::CALLS,
        super::signal::CALLS,
        super::time::CALLS,
    ];
    let mut g = 0;
    while g < groups.len() {
        let mut i = 0;
        while i < groups[g].len() {
            let call = groups[g][i];
            assert!(
                table[call.number as usize].is_none(),
                "a system call is listed twice"
            );
            table[call.number as usize] = Some(call);
            i += 1;
        }
        g += 1;
    }
    table
};

/// The calls that only ARM has, above 0xf0000 (Linux, `arch/arm/include/uapi/asm/unistd.h`).
static PRIVATE: [Call; 3] = [
    Call {
        number: 0xf_0002,
        name: "ARM_cacheflush",
        kinds: &[Kind::Ptr, Kind::Ptr, Kind::Hex],
        handler: super::memory::cacheflush,
    },
    Call {
        number: 0xf_0005,
        name: "ARM_set_tls",
        kinds: &[Kind::Ptr],
        handler: |thread, args| {
            thread.cpu.set_thread_pointer(args[0]);
            Ok(0)
        },
    },
    Call {
        number: 0xf_0006,
        name: "ARM_get_tls",
        kinds: &[],
        handler: |thread, _| Ok(thread.cpu.regs().tpidruro),
    },
];

/// Finds a system call.
pub(crate) fn find(number: u32) -> Option<&'static Call> {
    TABLE
        .get(number as usize)
        .and_then(Option::as_ref)
        .or_else(|| PRIVATE.iter().find(|call| call.number == number))
}

/// Carries out the system call that `r7` names.
pub(crate) fn dispatch(thread: &mut Thread) -> Result<u32, Fail> {
    let number = thread.cpu.reg(7);
    let args = Args([0, 1, 2, 3, 4, 5].map(|n| thread.cpu.reg(n)));
    let call = find(number);
    if !thread.process.strace {
        return call.map_or(fail(Errno::ENOSYS), |call| carry_out(thread, call, args));
    }
    let Some(call) = call else {
        strace::unknown(number);
        return fail(Errno::ENOSYS);
    };
    // Formatted first: the call may overwrite its arguments, or not return.
    let line = strace::format(thread.process.space(), call, args);
    if strace::never_returns(call) {
        strace::print(&line, None);
    }
    let result = carry_out(thread, call, args);
    if !strace::never_returns(call) {
        strace::print(&line, Some(result));
    }
    result
}

/// Runs a handler. When another thread translates from a page just after it was checked, the
/// page is write-protected again and the kernel reports a fault that is not the guest's: the
/// second try tells.
fn carry_out(thread: &mut Thread, call: &Call, args: Args) -> SysResult {
    let result = (call.handler)(thread, args);
    if result == fail(Errno::EFAULT) && thread.process.is_threaded() {
        return (call.handler)(thread, args);
    }
    result
}
