//! The system calls about signals.

use bytemuck::Zeroable;

use super::{Action, IGNORE, Info, SigInfo, bit, frame, host_signal};
use crate::cpu::CpuExit;
use crate::linux::abi::signal::{
    AltStack, MINSIGSTKSZ, OldSigAction, SS_DISABLE, SS_ONSTACK, SigAction,
};
use crate::linux::abi::time::read_timeout;
use crate::linux::host::{self, Arg, Sysno};
use crate::linux::table::calls;
use crate::linux::{Args, Errno, Fail, SysResult, fail};
use crate::memory::FaultKind;
use crate::thread::{Thread, call};

calls! {
    sigaction(Sig, Ptr, Ptr) => old_sigaction;
    rt_sigaction(Sig, Ptr, Ptr, Len) => rt_sigaction;
    sigprocmask(Int, Ptr, Ptr) => old_sigprocmask;
    rt_sigprocmask(Int, Ptr, Ptr, Len) => rt_sigprocmask;
    sigpending(Ptr) => |t, a| pending(t, a, 4);
    rt_sigpending(Ptr, Len) => |t, a| pending(t, a, 8);
    sigsuspend(Int, Int, Hex) => |t, a| suspend(t, Some(u64::from(a[2])));
    rt_sigsuspend(Ptr, Len) => |t, a| { let mask = t.get(a[0])?; suspend(t, Some(mask)) };
    pause() => |t, _| suspend(t, None);
    rt_sigtimedwait(Ptr, Ptr, Ptr, Len) => |t, a| timed_wait(t, a, false);
    rt_sigtimedwait_time64(Ptr, Ptr, Ptr, Len) => |t, a| timed_wait(t, a, true);
    rt_sigqueueinfo(Int, Sig, Ptr) => queue_info;
    sigreturn() => |t, _| frame_left(t, false);
    rt_sigreturn() => |t, _| frame_left(t, true);
    sigaltstack(Ptr, Ptr) => sigaltstack;
    kill(Int, Sig) => |t, a| send(t, Sysno::kill, a, 1);
    tkill(Int, Sig) => |t, a| send(t, Sysno::tkill, a, 1);
    tgkill(Int, Int, Sig) => |t, a| send(t, Sysno::tgkill, a, 2);
}

fn checked(signal: i32) -> Result<i32, Fail> {
    if (1..=64).contains(&signal) {
        Ok(signal)
    } else {
        fail(Errno::EINVAL)
    }
}

/// Replaces an action and returns the old one.
fn exchange(thread: &Thread, signal: i32, new: Option<Action>) -> Result<Action, Fail> {
    let signal = checked(signal)?;
    if new.is_some() && bit(signal) & super::UNBLOCKABLE != 0 {
        return fail(Errno::EINVAL);
    }
    let mut actions = thread.process.actions();
    let old = actions.0[signal as usize];
    if let Some(action) = new {
        actions.replace(signal, action);
        if action.handler == IGNORE {
            thread.signals.mailbox.discard(signal);
        }
    }
    Ok(old)
}

fn rt_sigaction(thread: &mut Thread, args: Args) -> SysResult {
    if args[3] != 8 {
        return fail(Errno::EINVAL);
    }
    let new = if args[1] == 0 {
        None
    } else {
        Some(thread.get::<SigAction>(args[1])?)
    };
    let new = new.map(|a| Action {
        handler: a.handler,
        flags: a.flags,
        restorer: a.restorer,
        mask: u64::from(a.mask[0]) | u64::from(a.mask[1]) << 32,
    });
    let old = exchange(thread, args.int(0), new)?;
    if args[2] != 0 {
        let mask = [old.mask as u32, (old.mask >> 32) as u32];
        let Action {
            handler,
            flags,
            restorer,
            ..
        } = old;
        thread.put(
            args[2],
            &SigAction {
                handler,
                flags,
                restorer,
                mask,
            },
        )?;
    }
    Ok(0)
}

fn old_sigaction(thread: &mut Thread, args: Args) -> SysResult {
    let new = if args[1] == 0 {
        None
    } else {
        Some(thread.get::<OldSigAction>(args[1])?)
    };
    let new = new.map(|a| Action {
        handler: a.handler,
        flags: a.flags,
        restorer: a.restorer,
        mask: u64::from(a.mask),
    });
    let old = exchange(thread, args.int(0), new)?;
    if args[2] != 0 {
        let Action {
            handler,
            flags,
            restorer,
            mask,
        } = old;
        thread.put(
            args[2],
            &OldSigAction {
                handler,
                mask: mask as u32,
                flags,
                restorer,
            },
        )?;
    }
    Ok(0)
}

/// Changes the mask as `how` says.
fn change_mask(thread: &mut Thread, how: i32, set: u64) -> Result<(), Fail> {
    let mask = thread.signals.mask;
    thread.signals.set_mask(match how {
        libc::SIG_BLOCK => mask | set,
        libc::SIG_UNBLOCK => mask & !set,
        libc::SIG_SETMASK => set,
        _ => return fail(Errno::EINVAL),
    });
    Ok(())
}

fn rt_sigprocmask(thread: &mut Thread, args: Args) -> SysResult {
    if args[3] != 8 {
        return fail(Errno::EINVAL);
    }
    let old = thread.signals.mask;
    if args[1] != 0 {
        let set = thread.get(args[1])?;
        change_mask(thread, args.int(0), set)?;
    }
    if args[2] != 0 {
        thread.put(args[2], &old)?;
    }
    Ok(0)
}

fn old_sigprocmask(thread: &mut Thread, args: Args) -> SysResult {
    let old = thread.signals.mask;
    if args[1] != 0 {
        // The upper half is not its to change.
        let set = u64::from(thread.get::<u32>(args[1])?);
        let keep = if args.int(0) == libc::SIG_SETMASK {
            old & !0xffff_ffff
        } else {
            0
        };
        change_mask(thread, args.int(0), set | keep)?;
    }
    if args[2] != 0 {
        thread.put(args[2], &(old as u32))?;
    }
    Ok(0)
}

fn pending(thread: &mut Thread, args: Args, size: u32) -> SysResult {
    let mut host = 0_u64;
    // SAFETY: the kernel writes eight bytes.
    let out = unsafe { Arg::out(&mut host) };
    call(Sysno::rt_sigpending, [out, Arg::long(8)])?;
    let all = (host | thread.signals.mailbox.pending()) & thread.signals.mask;
    let bytes = all.to_le_bytes();
    thread.space().write(args[0], &bytes[..size as usize])?;
    Ok(0)
}

/// Waits for a signal.
fn suspend(thread: &mut Thread, mask: Option<u64>) -> SysResult {
    if let Some(mask) = mask {
        thread.signals.set_mask_for_now(mask);
    }
    // A signal that is pending here already must not be slept through.
    if thread.signals.mailbox.pending() & !thread.signals.mask != 0 {
        return Err(Fail(Errno::new(Fail::RESTART_UNLESS_HANDLED)));
    }
    thread
        .blocking(Sysno::ppoll, [])
        .map_err(Fail::unless_handled)
}

fn timed_wait(thread: &mut Thread, args: Args, wide: bool) -> SysResult {
    let set: u64 = thread.get(args[0])?;
    let timeout = read_timeout(thread, args[2], wide)?;
    let mut host = [0_u32; 32];
    // SAFETY: the kernel writes a `siginfo_t`, which is 128 bytes.
    let out = unsafe { Arg::out(&mut host) };
    let timeout = timeout.as_ref().map_or(Arg::NULL, Arg::input);
    let wait = [Arg::input(&set), out, timeout, Arg::long(8)];
    let signal = thread
        .blocking(Sysno::rt_sigtimedwait, wait)
        .map_err(Fail::unless_handled)?;
    if args[1] != 0 {
        let (code, fields) = Info::from_host(&host);
        thread.put(args[1], &Info::new(signal.cast_signed(), code, &fields).0)?;
    }
    Ok(signal)
}

fn queue_info(thread: &mut Thread, args: Args) -> SysResult {
    let info: SigInfo = thread.get(args[2])?;
    let mut host = [0_u32; 32];
    host[0] = args[1];
    host[2] = info.code.cast_unsigned();
    host[4..7].copy_from_slice(&info.fields[..3]);
    call(
        Sysno::rt_sigqueueinfo,
        [args[0].into(), args[1].into(), Arg::input(&host)],
    )
}

fn frame_left(thread: &mut Thread, with_info: bool) -> SysResult {
    frame::leave(thread, with_info).or_else(|_| {
        // As Linux: a bad frame is a fault at the stack pointer.
        let sp = thread.cpu.reg(13);
        let kind = FaultKind::Unmapped;
        super::raise(
            thread,
            CpuExit::DataAbort {
                addr: sp,
                write: false,
                kind,
            },
        );
        Ok(thread.cpu.reg(0))
    })
}

fn sigaltstack(thread: &mut Thread, args: Args) -> SysResult {
    let old = frame::alt_stack(thread, thread.cpu.reg(13));
    if args[0] != 0 {
        let new: AltStack = thread.get(args[0])?;
        if old.flags == SS_ONSTACK {
            return fail(Errno::EPERM);
        }
        thread.signals.alt_stack = if new.flags & SS_DISABLE != 0 {
            AltStack::zeroed()
        } else if new.flags & !SS_ONSTACK != 0 {
            return fail(Errno::EINVAL);
        } else if new.size < MINSIGSTKSZ {
            return fail(Errno::ENOMEM);
        } else {
            new
        };
    }
    if args[1] != 0 {
        thread.put(args[1], &old)?;
    }
    Ok(0)
}

/// Sends a signal; `at` is the argument that names it.
fn send(thread: &mut Thread, nr: Sysno, args: Args, at: usize) -> SysResult {
    let signal = args.int(at);
    let own = if nr == Sysno::kill {
        Sysno::getpid
    } else {
        Sysno::gettid
    };
    let to_self = u64::from(args[at - 1]) == host::call(own, [])?;
    if to_self && bit(signal) & host_signal::SYNCHRONOUS != 0 {
        // The host's handlers of these are the engine's.
        let code = if nr == Sysno::kill {
            libc::SI_USER
        } else {
            libc::SI_TKILL
        };
        let uid = call(Sysno::getuid, [])?;
        thread
            .signals
            .post(&Info::new(signal, code, &[std::process::id(), uid]));
        return Ok(0);
    }
    call(
        nr,
        [args.int(0).into(), args.int(1).into(), args.int(2).into()],
    )
}
