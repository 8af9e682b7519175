//! Signals are delivered as Linux delivers them.

use crate::cpu::{CPSR_T, CpuExit};
use crate::linux::abi::signal::{RtSigFrame, SigAction, VfpFrame};
use crate::linux::tests::nr::{Sysno, of};
use crate::linux::tests::{DATA, NOWHERE, Step, call, program};
use crate::memory::FaultKind;
use crate::thread::{End, Thread};

const HANDLER: u32 = 0x9000;
const RESTORER: u32 = 0xa000;
const SIGINFO: u32 = 4 | 0x0400_0000;
const SA_RESTART: u32 = 0x1000_0000;
const SA_ONSTACK: u32 = 0x0800_0000;

fn handle(signal: i32, handler: u32, flags: u32) -> Step {
    Box::new(move |regs, space| {
        let action = SigAction {
            handler,
            flags,
            restorer: RESTORER,
            mask: [0, 0],
        };
        space.write_obj(DATA, &action).unwrap();
        call(
            regs,
            of(Sysno::rt_sigaction),
            &[signal.cast_unsigned(), DATA, 0, 8],
        )
    })
}

fn sigreturn() -> Step {
    Box::new(|regs, _| call(regs, of(Sysno::rt_sigreturn), &[]))
}

fn run(steps: Vec<Step>) -> End {
    thread(steps).run()
}

fn thread(steps: Vec<Step>) -> Thread {
    program(vec![steps])
}

#[test]
fn an_undefined_instruction_reaches_its_handler_and_returns() {
    let end = run(vec![
        handle(libc::SIGILL, HANDLER | 1, SIGINFO),
        Box::new(|regs, _| {
            assert_eq!(regs.r[0], 0);
            regs.r = std::array::from_fn(|n| 0x100 + n as u32);
            (regs.r[13], regs.r[15]) = (DATA + 0x8004, 0x8100);
            // Inside an IT block, with flags, big-endian data.
            regs.cpsr = 0xf80f_0210 | 0x0600_0400 | CPSR_T;
            regs.d[3] = 0x4009_21fb_5444_2d18;
            regs.fpscr = 0x0300_0000;
            CpuExit::Undefined
        }),
        Box::new(|regs, space| {
            assert_eq!(regs.r[15], HANDLER);
            // T as the handler's address says; no IT block; little-endian.
            assert_eq!(regs.cpsr & (CPSR_T | 0x0600_fc00 | 0x200), CPSR_T);
            assert_eq!(regs.r[0], libc::SIGILL.cast_unsigned());
            assert_eq!((regs.r[13] % 8, regs.r[14]), (0, RESTORER));
            assert_eq!((regs.r[1], regs.r[2]), (regs.r[13], regs.r[13] + 128));
            let frame: RtSigFrame = space.read_obj(regs.r[13]).unwrap();
            assert_eq!((frame.info.signo, frame.info.code), (libc::SIGILL, 1));
            assert_eq!(frame.info.fields[0], 0x8100);
            let context = frame.frame.context;
            assert_eq!(context.context.trap_no, 6);
            assert_eq!(
                (context.context.r[4], context.context.r[15]),
                (0x104, 0x8100)
            );
            assert_eq!(context.context.cpsr, 0xfe0f_0610 | CPSR_T);
            assert_eq!(
                (context.vfp.magic, context.vfp.size),
                (VfpFrame::MAGIC, 288)
            );
            assert_eq!(context.vfp.d[3], 0x4009_21fb_5444_2d18);
            // The handler changes what it returns to: the next instruction, and a register.
            let mut changed = frame;
            changed.frame.context.context.r[15] += 2;
            changed.frame.context.context.r[4] = 0xabcd;
            changed.frame.context.vfp.d[3] = 1;
            space.write_obj(regs.r[13], &changed).unwrap();
            regs.d[3] = 99;
            call(regs, of(Sysno::rt_sigreturn), &[])
        }),
        Box::new(|regs, _| {
            assert_eq!((regs.r[0], regs.r[4], regs.r[15]), (0x100, 0xabcd, 0x8102));
            assert_eq!(
                (regs.r[13], regs.cpsr),
                (DATA + 0x8004, 0xfe0f_0610 | CPSR_T)
            );
            assert_eq!((regs.d[3], regs.fpscr), (1, 0x0300_0000));
            call(regs, of(Sysno::exit_group), &[5])
        }),
    ]);
    assert_eq!(end, End::Program(5));
}

/// A fault, and the signal, code and address that Linux makes of it.
const FAULTS: [(CpuExit, i32, i32, u32); 7] = [
    (
        CpuExit::DataAbort {
            addr: NOWHERE,
            write: true,
            kind: FaultKind::Unmapped,
        },
        11,
        1,
        NOWHERE,
    ),
    (
        CpuExit::DataAbort {
            addr: DATA,
            write: false,
            kind: FaultKind::Protection,
        },
        11,
        2,
        DATA,
    ),
    (
        CpuExit::PrefetchAbort {
            addr: DATA,
            kind: FaultKind::Protection,
        },
        11,
        2,
        DATA,
    ),
    (
        CpuExit::DataAbort {
            addr: DATA,
            write: false,
            kind: FaultKind::Bus,
        },
        7,
        2,
        DATA,
    ),
    (CpuExit::Alignment { addr: 0x1_0001 }, 7, 1, 0x1_0001),
    (CpuExit::Breakpoint { imm: 3 }, 5, 1, 0x8000),
    (CpuExit::FloatingPoint { exceptions: 2 }, 8, 3, 0x8000),
];

#[test]
fn faults_say_what_and_where() {
    for (exit, signal, code, addr) in FAULTS {
        let end = run(vec![
            handle(signal, HANDLER, SIGINFO),
            Box::new(move |regs, _| {
                regs.r[15] = 0x8000;
                exit
            }),
            Box::new(move |regs, space| {
                let frame: RtSigFrame = space.read_obj(regs.r[13]).unwrap();
                let info = frame.info;
                assert_eq!(
                    (info.signo, info.code, info.fields[0]),
                    (signal, code, addr),
                    "{exit:?}"
                );
                call(regs, of(Sysno::exit_group), &[1])
            }),
        ]);
        assert_eq!(end, End::Program(1));
    }
}

/// Without a handler, or with the signal blocked or ignored, a fault kills.
#[test]
fn faults_that_nobody_handles_kill() {
    for (exit, signal, ..) in FAULTS {
        let fault = || -> Step { Box::new(move |_, _| exit) };
        let blocked: Step = Box::new(move |regs, space| {
            space.write_obj(DATA, &super::bit(signal)).unwrap();
            call(regs, of(Sysno::rt_sigprocmask), &[0, DATA, 0, 8])
        });
        assert_eq!(run(vec![fault()]), End::Killed(signal));
        assert_eq!(
            run(vec![handle(signal, 1, 0), fault()]),
            End::Killed(signal)
        );
        assert_eq!(
            run(vec![handle(signal, HANDLER, SIGINFO), blocked, fault()]),
            End::Killed(signal)
        );
    }
}

#[test]
fn linux_takes_some_undefined_instructions_for_breakpoints() {
    let undefined = |word: u32, thumb: bool| -> Vec<Step> {
        vec![Box::new(move |regs, space| {
            space.write_obj(DATA, &word).unwrap();
            regs.r[15] = DATA;
            regs.cpsr |= if thumb { CPSR_T } else { 0 };
            CpuExit::Undefined
        })]
    };
    assert_eq!(
        run(undefined(0xe7f0_01f0, false)),
        End::Killed(libc::SIGTRAP)
    );
    assert_eq!(run(undefined(0xde01, true)), End::Killed(libc::SIGTRAP));
    assert_eq!(
        run(undefined(0xa000_f7f0, true)),
        End::Killed(libc::SIGTRAP)
    );
    assert_eq!(run(undefined(0xde02, true)), End::Killed(libc::SIGILL));
    assert_eq!(
        run(undefined(0xe7f0_00f0, false)),
        End::Killed(libc::SIGILL)
    );
}

#[test]
fn an_overflowed_stack_needs_the_alternate_one() {
    let overflow = || -> Step {
        Box::new(|regs, _| {
            regs.r[13] = NOWHERE;
            CpuExit::DataAbort {
                addr: NOWHERE - 4,
                write: true,
                kind: FaultKind::Unmapped,
            }
        })
    };
    // The frame itself cannot be written.
    let end = run(vec![handle(libc::SIGSEGV, HANDLER, SIGINFO), overflow()]);
    assert_eq!(end, End::Killed(libc::SIGSEGV));
    let end = run(vec![
        Box::new(|regs, space| {
            space.write_obj(DATA, &[DATA + 0x4000, 0, 0x2000]).unwrap();
            call(regs, of(Sysno::sigaltstack), &[DATA, 0])
        }),
        handle(libc::SIGSEGV, HANDLER, SIGINFO | SA_ONSTACK),
        overflow(),
        Box::new(|regs, _| {
            assert!((DATA + 0x4000..DATA + 0x6000).contains(&regs.r[13]));
            call(regs, of(Sysno::sigaltstack), &[0, DATA])
        }),
        Box::new(|regs, space| {
            // SS_ONSTACK
            assert_eq!(
                space.read_obj::<[u32; 3]>(DATA).unwrap(),
                [DATA + 0x4000, 1, 0x2000]
            );
            call(regs, of(Sysno::exit_group), &[2])
        }),
    ]);
    assert_eq!(end, End::Program(2));
}

fn send_to_self(signal: i32) -> Step {
    Box::new(move |regs, _| {
        let pid = std::process::id();
        // SAFETY: `gettid` has no preconditions.
        let tid = unsafe { libc::gettid() };
        call(
            regs,
            of(Sysno::tgkill),
            &[pid, tid.cast_unsigned(), signal.cast_unsigned()],
        )
    })
}

#[test]
fn a_signal_sent_to_oneself_arrives_at_once() {
    // One that the host delivers, and one that the engine owns.
    for signal in [libc::SIGUSR1, libc::SIGSEGV] {
        let end = run(vec![
            handle(signal, HANDLER, SIGINFO),
            send_to_self(signal),
            Box::new(move |regs, space| {
                assert_eq!(regs.r[15], HANDLER, "{signal}");
                let frame: RtSigFrame = space.read_obj(regs.r[13]).unwrap();
                // SI_TKILL, from us.
                assert_eq!((frame.info.signo, frame.info.code), (signal, -6));
                assert_eq!(frame.info.fields[0], std::process::id());
                // tgkill itself succeeded.
                assert_eq!(frame.frame.context.context.r[0], 0);
                CpuExit::Interrupted
            }),
            sigreturn(),
        ]);
        assert_eq!(end, End::Program(0));
    }
    // With the default action it kills: here without a detour over the host.
    assert_eq!(
        run(vec![send_to_self(libc::SIGFPE)]),
        End::Killed(libc::SIGFPE)
    );
}

#[test]
fn a_blocked_signal_waits() {
    let mask = |how: u32, signal| -> Step {
        Box::new(move |regs, space| {
            space.write_obj(DATA, &super::bit(signal)).unwrap();
            call(regs, of(Sysno::rt_sigprocmask), &[how, DATA, 0, 8])
        })
    };
    let end = run(vec![
        handle(libc::SIGUSR2, HANDLER, SIGINFO),
        mask(0, libc::SIGUSR2),
        send_to_self(libc::SIGUSR2),
        Box::new(|regs, _| {
            assert_ne!(regs.r[15], HANDLER);
            call(regs, of(Sysno::rt_sigpending), &[DATA, 8])
        }),
        Box::new(|regs, space| {
            assert_eq!(regs.r[0], 0);
            assert_eq!(
                space.read_obj::<u64>(DATA).unwrap(),
                super::bit(libc::SIGUSR2)
            );
            CpuExit::Interrupted
        }),
        mask(1, libc::SIGUSR2),
        Box::new(|regs, _| {
            assert_eq!(regs.r[15], HANDLER);
            call(regs, of(Sysno::exit_group), &[3])
        }),
    ]);
    assert_eq!(end, End::Program(3));
}

/// A read that waits is interrupted; whether it starts again is the handler's flag.
#[test]
fn an_interrupted_call_restarts_only_if_asked() {
    for (flags, restarts) in [(SIGINFO, false), (SIGINFO | SA_RESTART, true)] {
        let end = run(vec![
            handle(libc::SIGALRM, HANDLER, flags),
            Box::new(|regs, _| call(regs, of(Sysno::pipe2), &[DATA, 0o2_000_000])),
            Box::new(|regs, space| {
                assert_eq!(regs.r[0], 0);
                let fd: u32 = space.read_obj(DATA).unwrap();
                // SAFETY: `gettid` has no preconditions.
                let tid = unsafe { libc::gettid() };
                std::thread::spawn(move || {
                    std::thread::sleep(std::time::Duration::from_millis(30));
                    let pid = std::process::id().cast_signed();
                    // SAFETY: the thread waits for this signal and lives.
                    unsafe { libc::syscall(libc::SYS_tgkill, pid, tid, libc::SIGALRM) };
                });
                regs.r[15] = 0x8000;
                call(regs, of(Sysno::read), &[fd, DATA + 0x100, 10])
            }),
            Box::new(move |regs, space| {
                assert_eq!(regs.r[15], HANDLER);
                let context = space
                    .read_obj::<RtSigFrame>(regs.r[13])
                    .unwrap()
                    .frame
                    .context;
                let (r0, pc) = (context.context.r[0], context.context.r[15]);
                let fd: u32 = space.read_obj(DATA).unwrap();
                let expected = if restarts {
                    (fd, 0x8000)
                } else {
                    (-4_i32 as u32, 0x8004)
                };
                assert_eq!((r0, pc), expected);
                call(regs, of(Sysno::exit_group), &[4])
            }),
        ]);
        assert_eq!(end, End::Program(4));
    }
}

/// A signal that arrives just before `sigsuspend` must not be slept through.
#[test]
fn suspend_opens_the_mask_for_one_signal() {
    let signal = libc::SIGWINCH;
    let end = run(vec![
        handle(signal, HANDLER, SIGINFO),
        Box::new(move |regs, space| {
            space.write_obj(DATA, &super::bit(signal)).unwrap();
            call(regs, of(Sysno::rt_sigprocmask), &[0, DATA, 0, 8])
        }),
        send_to_self(signal),
        Box::new(|regs, space| {
            space.write_obj(DATA, &0_u64).unwrap();
            call(regs, of(Sysno::rt_sigsuspend), &[DATA, 8])
        }),
        Box::new(move |regs, space| {
            assert_eq!(regs.r[15], HANDLER);
            let context = space
                .read_obj::<RtSigFrame>(regs.r[13])
                .unwrap()
                .frame
                .context;
            assert_eq!(context.context.r[0], -4_i32 as u32);
            // The mask to return to is the one from before.
            assert_eq!(context.mask, [super::bit(signal) as u32, 0]);
            call(regs, of(Sysno::exit_group), &[6])
        }),
    ]);
    assert_eq!(end, End::Program(6));
}

#[test]
fn kill_and_stop_cannot_be_handled() {
    for signal in [libc::SIGKILL, libc::SIGSTOP, 0, 65] {
        let end = run(vec![
            handle(signal, HANDLER, SIGINFO),
            Box::new(|regs, _| {
                assert_eq!(regs.r[0], -22_i32 as u32);
                CpuExit::Interrupted
            }),
        ]);
        assert_eq!(end, End::Program(0));
    }
}
