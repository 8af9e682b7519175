//! Starting, replacing, waiting for and ending threads and programs.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::sync::mpsc;

use super::abi::signal::SigInfo;
use super::abi::time::{Rusage, Rusage32};
use super::host::{Arg, Sysno};
use super::signal::{Info, host_signal};
use super::table::calls;
use super::{Args, Errno, Fail, SysResult, fail, proc_files};
use crate::process::finish_thread;
use crate::thread::{End, Thread, call, call_at};

calls! {
    exit(Int) => |t, a| { t.end = Some(End::Thread(a.int(0) & 0xff)); Ok(0) };
    exit_group(Int) => |t, a| { t.end = Some(End::Program(a.int(0) & 0xff)); Ok(0) };
    fork() => |t, _| fork(t, 0, Args([0; 6]));
    // A parent that waits cannot tell a copy of its memory from the memory itself, except
    // that a failed exec leaves no trace in it.
    vfork() => |t, _| fork(t, 0, Args([0; 6]));
    clone(Hex, Ptr, Ptr, Ptr, Ptr) => clone;
    execve(Str, Ptr, Ptr) => |t, a| {
        let path = t.path(a[0])?;
        execve(t, path, a[1], a[2])
    };
    wait4(Int, Ptr, Hex, Ptr) => wait4;
    waitid(Int, Int, Ptr, Hex, Ptr) => waitid;
    pidfd_open(Int, Hex) => |_, a| call(Sysno::pidfd_open, [a.int(0).into(), a[1].into()]);
    pidfd_send_signal(Fd, Sig, Ptr, Hex) => |_, a| {
        // With a siginfo of one's own it would have to be translated.
        if a[2] != 0 {
            return fail(Errno::ENOSYS);
        }
        call(Sysno::pidfd_send_signal, [a.int(0).into(), a[1].into(), Arg::NULL, a[3].into()])
    };
}

/// `CLONE_*`.
mod flag {
    pub(super) const VM: u32 = 0x100;
    pub(super) const VFORK: u32 = 0x4000;
    pub(super) const THREAD: u32 = 0x1_0000;
    pub(super) const SETTLS: u32 = 0x8_0000;
    pub(super) const PARENT_SETTID: u32 = 0x10_0000;
    pub(super) const CHILD_CLEARTID: u32 = 0x20_0000;
    pub(super) const CHILD_SETTID: u32 = 0x100_0000;
}

/// `clone(flags, stack, parent_tid, tls, child_tid)`.
fn clone(thread: &mut Thread, args: Args) -> SysResult {
    let flags = args[0];
    if flags & flag::VM == 0 || flags & flag::VFORK != 0 {
        // Namespaces are the host's to grant; fork() makes none.
        return fork(thread, flags, args);
    }
    if flags & flag::THREAD == 0 {
        return fail(Errno::EINVAL);
    }
    spawn(thread, flags, args)
}

/// Makes a child process with a copy of everything.
fn fork(thread: &mut Thread, flags: u32, args: Args) -> SysResult {
    let process = thread.process.clone();
    // Held across the fork, so that the child does not find them held by a thread it lacks.
    let (actions, heap) = (process.actions(), process.heap());
    // The engine sees to its own locks and the window's; the C library's fork takes care
    // of the allocator's.
    // SAFETY: the child continues in this function with its own copy of everything; it is
    // single-threaded and does not use what other threads were working on.
    let forked = thread.cpu.fork(&mut || unsafe { libc::fork() });
    drop((actions, heap));
    let pid = forked?;
    if pid < 0 {
        return Err(std::io::Error::last_os_error().into());
    }
    if pid != 0 {
        if flags & flag::PARENT_SETTID != 0 {
            thread.put(args[2], &pid)?;
        }
        return Ok(pid.cast_unsigned());
    }
    process.only_one_thread_left();
    if args[1] != 0 {
        thread.cpu.set_reg(13, args[1]);
    }
    if flags & flag::SETTLS != 0 {
        thread.cpu.set_thread_pointer(args[3]);
    }
    let tid = call(Sysno::gettid, [])?;
    if flags & flag::CHILD_SETTID != 0 {
        thread.put(args[4], &tid)?;
    }
    thread.clear_tid = if flags & flag::CHILD_CLEARTID != 0 {
        args[4]
    } else {
        0
    };
    Ok(0)
}

/// Makes a thread: a host thread with a core of its own.
fn spawn(thread: &mut Thread, flags: u32, args: Args) -> SysResult {
    let process = thread.process.clone();
    let mut regs = thread.cpu.regs();
    regs.r[0] = 0;
    if args[1] != 0 {
        regs.r[13] = args[1];
    }
    if flags & flag::SETTLS != 0 {
        regs.tpidruro = args[3];
    }
    let mask = thread.signals.mask();
    let (ready, started) = mpsc::sync_channel(0);
    process.thread_begins();
    let body = move || {
        // The host mask was inherited full: nothing is delivered before the mailbox is there.
        let cpu = match process.engine.cpu(&process.space, &regs) {
            Ok(cpu) => cpu,
            Err(error) => {
                process.thread_ends();
                // The parent waits for this.
                let _ = ready.send(Err(Fail::from(error)));
                return;
            }
        };
        let mut child = Thread::new(process, cpu, mask);
        let tid = call(Sysno::gettid, []);
        // Before either of the two continues, so that neither can miss it. As in Linux, a bad
        // address does not undo the thread.
        if let Ok(tid) = &tid {
            if flags & flag::CHILD_SETTID != 0 {
                let _ = child.put(args[4], tid);
            }
            if flags & flag::PARENT_SETTID != 0 {
                let _ = child.put(args[2], tid);
            }
        }
        if flags & flag::CHILD_CLEARTID != 0 {
            child.clear_tid = args[4];
        }
        if ready.send(tid).is_ok() {
            let end = child.run();
            finish_thread(child, end);
        }
    };
    host_signal::set_mask(u64::MAX);
    let spawned = std::thread::Builder::new().spawn(body);
    host_signal::set_mask(mask);
    if let Err(error) = spawned {
        thread.process.thread_ends();
        return Err(error.into());
    }
    started.recv().unwrap_or(fail(Errno::EAGAIN))
}

/// Reads an array of pointers to strings.
fn strings(thread: &Thread, mut addr: u32) -> Result<Vec<CString>, Fail> {
    /// As Linux's limit on one string.
    const LONGEST: usize = 128 << 10;
    let mut strings = Vec::new();
    // A null array is an empty one.
    while addr != 0 {
        let pointer: u32 = thread.get(addr)?;
        if pointer == 0 {
            break;
        }
        let string = thread.space().read_cstr(pointer, LONGEST);
        strings.push(string.map_err(|fault| match Fail::from(fault) {
            Fail(Errno::ENAMETOOLONG) => Fail(Errno::E2BIG),
            other => other,
        })?);
        addr = addr.wrapping_add(4);
    }
    Ok(strings)
}

/// Replaces the program. An ARM program runs under a new instance of ourselves, with
/// our options; anything else is the host's to run.
fn execve(thread: &mut Thread, path: CString, args: u32, env: u32) -> SysResult {
    let (args, env) = (strings(thread, args)?, strings(thread, env)?);
    let host = match proc_files::link(thread, &path) {
        Some(own) => own,
        None => thread.process.sysroot.resolve(&path),
    };
    call_at(Sysno::faccessat, &host, [libc::X_OK.into()])?;
    let (program, args) = match kind(&host)? {
        Program::Arm => (own_program()?, own_command(thread, &host, &args)?),
        Program::Script {
            interpreter,
            argument,
        } => {
            // The kernel would look for the interpreter on the host.
            let found = thread.process.sysroot.resolve(&interpreter);
            let rest = args.iter().skip(1).cloned();
            let args: Vec<CString> = [interpreter]
                .into_iter()
                .chain(argument)
                .chain([host])
                .chain(rest)
                .collect();
            match kind(&found)? {
                Program::Arm => (own_program()?, own_command(thread, &found, &args)?),
                _ => (found, args),
            }
        }
        Program::Other => (host, args),
    };
    let pointers = |strings: &[CString]| -> Vec<u64> {
        strings
            .iter()
            .map(|s| s.as_ptr() as u64)
            .chain([0])
            .collect()
    };
    let (argv, envp) = (pointers(&args), pointers(&env));
    call(
        Sysno::execve,
        [
            (&*program).into(),
            Arg::input(&argv[0]),
            Arg::input(&envp[0]),
        ],
    )
}

/// What a file is, for `execve`.
enum Program {
    Arm,
    Script {
        interpreter: CString,
        argument: Option<CString>,
    },
    Other,
}

fn kind(path: &CString) -> Result<Program, Fail> {
    use std::io::Read;
    let mut head = Vec::new();
    let file = std::fs::File::open(OsStr::from_bytes(path.as_bytes()))?;
    file.take(256).read_to_end(&mut head)?;
    if crate::elf::is_arm_program(head.as_slice()) {
        return Ok(Program::Arm);
    }
    let Some(line) = head.strip_prefix(b"#!") else {
        return Ok(Program::Other);
    };
    let line = line
        .split(|&b| b == b'\n')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    // As Linux: everything behind the interpreter is one argument.
    let (name, rest) = match line.iter().position(|b| b" \t".contains(b)) {
        Some(at) => (&line[..at], line[at..].trim_ascii()),
        None => (line, &line[..0]),
    };
    let text = |bytes: &[u8]| CString::new(bytes).or(fail(Errno::ENOEXEC));
    let argument = if rest.is_empty() {
        None
    } else {
        Some(text(rest)?)
    };
    Ok(Program::Script {
        interpreter: text(name)?,
        argument,
    })
}

fn own_program() -> Result<CString, Fail> {
    let path = std::env::current_exe()?;
    CString::new(path.as_os_str().as_bytes()).or(fail(Errno::ENOENT))
}

/// Returns the command line that runs an ARM program under a new instance of ourselves.
fn own_command(thread: &Thread, path: &CString, args: &[CString]) -> Result<Vec<CString>, Fail> {
    let mut command = vec![c"dbt-user".to_owned()];
    for arg in &thread.process.own_args {
        command.push(CString::new(arg.as_bytes()).or(fail(Errno::EINVAL))?);
    }
    if let Some(name) = args.first() {
        command.extend([c"-0".to_owned(), name.clone()]);
    }
    command.extend([c"--".to_owned(), path.clone()]);
    command.extend(args.iter().skip(1).cloned());
    Ok(command)
}

fn wait4(thread: &mut Thread, args: Args) -> SysResult {
    let status = thread.optional_output(args[1], 4)?;
    let mut usage = <Rusage as bytemuck::Zeroable>::zeroed();
    // SAFETY: the kernel writes a `struct rusage`.
    let out = unsafe { Arg::out(&mut usage) };
    let pid = thread.blocking(
        Sysno::wait4,
        [args.int(0).into(), status, args[2].into(), out],
    )?;
    if args[3] != 0 {
        thread.put(args[3], &Rusage32::from(usage))?;
    }
    Ok(pid)
}

fn waitid(thread: &mut Thread, args: Args) -> SysResult {
    let mut host = [0_u32; 32];
    let mut usage = <Rusage as bytemuck::Zeroable>::zeroed();
    // SAFETY: the kernel writes a `siginfo_t`, which is 128 bytes.
    let info = unsafe { Arg::out(&mut host) };
    // SAFETY: the kernel writes a `struct rusage`.
    let usage_out = unsafe { Arg::out(&mut usage) };
    let (which, id, options) = (args[0].into(), args.int(1).into(), args[3].into());
    let value = thread.blocking(Sysno::waitid, [which, id, info, options, usage_out])?;
    if args[2] != 0 {
        let (code, words) = Info::from_host(&host);
        let mut fields = [0; 29];
        fields[..5].copy_from_slice(&words);
        let info = SigInfo {
            signo: host[0].cast_signed(),
            errno: 0,
            code,
            fields,
        };
        thread.put(args[2], &info)?;
    }
    if args[4] != 0 {
        thread.put(args[4], &Rusage32::from(usage))?;
    }
    Ok(value)
}
