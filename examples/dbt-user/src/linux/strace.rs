//! `--strace`: one line for each system call.

use std::fmt::Write;

use super::table::{Call, Kind};
use super::{Args, Errno, SysResult};
use crate::memory::Space;

/// Formats a call and its arguments.
pub(super) fn format(space: &Space, call: &Call, args: Args) -> String {
    let mut line = format!("{}(", call.name);
    let mut long_half = false;
    let mut first = true;
    for (n, kind) in call.kinds.iter().enumerate() {
        if std::mem::take(&mut long_half) || *kind == Kind::Pad {
            continue;
        }
        if !std::mem::take(&mut first) {
            line.push_str(", ");
        }
        let value = args[n];
        let _ = match kind {
            Kind::Int => write!(line, "{}", args.int(n)),
            Kind::Fd if args.int(n) == libc::AT_FDCWD => write!(line, "AT_FDCWD"),
            Kind::Fd => write!(line, "{}", args.int(n)),
            Kind::Len => write!(line, "{value}"),
            Kind::Oct => write!(line, "{value:#o}"),
            Kind::Sig => write!(line, "{}", signal_name(args.int(n))),
            Kind::Hex => write!(line, "{value:#x}"),
            Kind::Ptr if value == 0 => write!(line, "NULL"),
            Kind::Ptr | Kind::Pad => write!(line, "{value:#010x}"),
            Kind::Long => {
                long_half = true;
                write!(line, "{}", args.long(n).cast_signed())
            }
            Kind::Str => match space.read_cstr(value, 256) {
                Ok(text) => write!(line, "{text:?}"),
                Err(_) => write!(line, "{value:#010x}"),
            },
            Kind::Buf => buffer(&mut line, space, value, args[n + 1]),
        };
    }
    line.push(')');
    line
}

/// Shows the start of a buffer.
fn buffer(line: &mut String, space: &Space, addr: u32, len: u32) -> std::fmt::Result {
    let mut bytes = [0; 32];
    let shown = &mut bytes[..len.min(32) as usize];
    match space.read(addr, shown) {
        Ok(()) => {
            let more = if len > 32 { "..." } else { "" };
            write!(line, "\"{}\"{more}", shown.escape_ascii())
        }
        Err(_) => write!(line, "{addr:#010x}"),
    }
}

/// Prints a formatted call with its result.
pub(super) fn print(line: &str, result: Option<SysResult>) {
    let pid = std::process::id();
    match result {
        None => eprintln!("{pid} {line} = ?"),
        // Pointers are recognised by their size; a descriptor is never that large.
        Some(Ok(value)) if (0x8000..0xffff_f000).contains(&value) => {
            eprintln!("{pid} {line} = {value:#x}");
        }
        Some(Ok(value)) => eprintln!("{pid} {line} = {}", value.cast_signed()),
        Some(Err(fail)) => match fail.0.name_and_description() {
            Some((name, text)) => eprintln!("{pid} {line} = -1 {name} ({text})"),
            None => eprintln!("{pid} {line} = ? (interrupted by a signal)"),
        },
    }
}

/// Prints the one line about a number without a handler.
pub(super) fn unknown(number: u32) {
    let name = syscalls::arm::Sysno::new(number as usize).map_or("unknown", |nr| nr.name());
    let errno = Errno::ENOSYS;
    let pid = std::process::id();
    eprintln!(
        "{pid} {name}(...) = -1 {errno:?} (system call {number} is not implemented by dbt-user)"
    );
}

/// Whether a call ends the thread or the program.
pub(super) fn never_returns(call: &Call) -> bool {
    matches!(call.name, "exit" | "exit_group" | "execve" | "execveat")
}

/// Returns a signal's name.
pub(crate) fn signal_name(signal: i32) -> String {
    const NAMES: [&str; 32] = [
        "0",
        "SIGHUP",
        "SIGINT",
        "SIGQUIT",
        "SIGILL",
        "SIGTRAP",
        "SIGABRT",
        "SIGBUS",
        "SIGFPE",
        "SIGKILL",
        "SIGUSR1",
        "SIGSEGV",
        "SIGUSR2",
        "SIGPIPE",
        "SIGALRM",
        "SIGTERM",
        "SIGSTKFLT",
        "SIGCHLD",
        "SIGCONT",
        "SIGSTOP",
        "SIGTSTP",
        "SIGTTIN",
        "SIGTTOU",
        "SIGURG",
        "SIGXCPU",
        "SIGXFSZ",
        "SIGVTALRM",
        "SIGPROF",
        "SIGWINCH",
        "SIGIO",
        "SIGPWR",
        "SIGSYS",
    ];
    match usize::try_from(signal) {
        Ok(n) if n < NAMES.len() => NAMES[n].to_owned(),
        _ => format!("SIG{signal}"),
    }
}
