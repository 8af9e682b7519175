//! The system calls, driven by a core that follows a script.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::Errno;
use crate::cpu::{Cpu, CpuExit, Engine, Interrupt, UserRegs};
use crate::memory::{Backing, Placement, Prot, Space};
use crate::process::Process;
use crate::thread::{End, Thread};

mod files;
mod memory;
mod threads;

/// One thing that the scripted core does: look at or change registers, and stop.
pub(crate) type Step = Box<dyn FnOnce(&mut UserRegs, &Space) -> CpuExit + Send>;

/// Memory for the guest's data.
pub(crate) const DATA: u32 = 0x1_0000;
pub(crate) const DATA_LEN: u32 = 0x2_0000;
/// An address that is not mapped.
pub(crate) const NOWHERE: u32 = 0x6666_6000;

struct Scripted {
    regs: UserRegs,
    space: Arc<Space>,
    steps: VecDeque<Step>,
    flag: Arc<Flag>,
}

struct Flag(AtomicBool);

impl Interrupt for Flag {
    fn interrupt(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Cpu for Scripted {
    fn run(&mut self) -> CpuExit {
        if self.flag.0.swap(false, Ordering::Acquire) {
            return CpuExit::Interrupted;
        }
        match self.steps.pop_front() {
            Some(step) => step(&mut self.regs, &self.space),
            // The script is over: exit_group(0).
            None => call(&mut self.regs, 248, &[0]),
        }
    }

    fn reg(&self, n: usize) -> u32 {
        self.regs.r[n]
    }

    fn set_reg(&mut self, n: usize, value: u32) {
        self.regs.r[n] = value;
    }

    fn regs(&self) -> UserRegs {
        self.regs
    }

    fn set_regs(&mut self, regs: &UserRegs) {
        self.regs = *regs;
    }

    fn set_thread_pointer(&mut self, value: u32) {
        self.regs.tpidruro = value;
    }

    fn clear_exclusive(&mut self) {}

    fn interrupt_handle(&self) -> Arc<dyn Interrupt> {
        self.flag.clone()
    }

    fn fork(&mut self, fork: &mut dyn FnMut() -> i32) -> io::Result<i32> {
        Ok(fork())
    }
}

/// Hands out scripts, one for each thread that is made.
struct Scripts(Mutex<VecDeque<Vec<Step>>>);

impl Engine for Scripts {
    fn cpu(&self, space: &Arc<Space>, regs: &UserRegs) -> io::Result<Box<dyn Cpu>> {
        let steps = self
            .0
            .lock()
            .unwrap()
            .pop_front()
            .ok_or(io::ErrorKind::OutOfMemory)?;
        let flag = Arc::new(Flag(AtomicBool::new(false)));
        Ok(Box::new(Scripted {
            regs: *regs,
            space: space.clone(),
            steps: steps.into(),
            flag,
        }))
    }

    fn report(&self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// Returns an engine whose cores follow these scripts, one after another.
pub(crate) fn scripts(scripts: Vec<Vec<Step>>) -> Arc<dyn Engine> {
    Arc::new(Scripts(Mutex::new(scripts.into())))
}

/// Makes a system call as a program would.
pub(crate) fn call(regs: &mut UserRegs, number: u32, args: &[u32]) -> CpuExit {
    regs.r[..args.len()].copy_from_slice(args);
    regs.r[7] = number;
    regs.r[15] += 4;
    CpuExit::Svc { imm: 0 }
}

/// Makes the threads of a program: the first runs the first script.
pub(crate) fn program(scripts: Vec<Vec<Step>>) -> Thread {
    let space = Arc::new(Space::new().unwrap());
    crate::kuser::map(&space).unwrap();
    let prot = Prot::READ | Prot::WRITE;
    space
        .map(
            DATA,
            DATA_LEN.into(),
            prot,
            Backing::Anonymous,
            Placement::Fixed,
        )
        .unwrap();
    let regs = UserRegs::at_entry(0x8000, DATA + DATA_LEN);
    let engine = self::scripts(scripts);
    let cpu = engine.cpu(&space, &regs).unwrap();
    Thread::new(Arc::new(Process::bare(space, engine)), cpu, 0)
}

/// A thread to call system calls on, one by one.
pub(crate) struct Caller(pub(crate) Thread);

impl Caller {
    pub(crate) fn new() -> Self {
        Self(program(vec![Vec::new()]))
    }

    /// Calls by number; a negative `errno` is an error.
    pub(crate) fn call(&mut self, number: u32, args: &[u32]) -> Result<u32, Errno> {
        for n in 0..6 {
            self.0.cpu.set_reg(n, args.get(n).copied().unwrap_or(0));
        }
        self.0.cpu.set_reg(7, number);
        super::table::dispatch(&mut self.0).map_err(|fail| fail.0)
    }

    pub(crate) fn put(&self, addr: u32, bytes: &[u8]) -> u32 {
        self.0.space().write(addr, bytes).unwrap();
        addr
    }

    pub(crate) fn get<T: bytemuck::Pod>(&self, addr: u32) -> T {
        self.0.space().read_obj(addr).unwrap()
    }
}

/// Numbers, named where they are used more than once.
pub(crate) mod nr {
    pub(crate) use syscalls::arm::Sysno;

    pub(crate) fn of(number: Sysno) -> u32 {
        number as u32
    }
}
use nr::{Sysno, of};

#[test]
fn unknown_calls_are_not_implemented() {
    let mut caller = Caller::new();
    for number in [
        0x1234,
        0xffff_ffff,
        0xf_0001,
        of(Sysno::clone3),
        of(Sysno::rseq),
    ] {
        assert_eq!(caller.call(number, &[]), Err(Errno::ENOSYS));
    }
}

/// Calls that end or replace the test itself, wait for ever, or change the machine.
#[rustfmt::skip]
const LEFT_OUT: [&str; 39] = [
    "exit", "exit_group", "fork", "vfork", "clone", "execve", "kill", "tkill", "tgkill",
    "pause", "sigsuspend", "rt_sigsuspend", "rt_sigqueueinfo", "rt_sigtimedwait",
    "rt_sigtimedwait_time64", "close", "close_range", "dup2", "dup3", "read", "readv", "poll",
    "wait4", "waitid", "sync", "setitimer", "nanosleep", "clock_nanosleep", "futex",
    "setrlimit", "prlimit64", "setuid32", "setgid32", "setsid", "umask", "sigreturn",
    "rt_sigreturn", "nice", "setpriority",
];

/// Every handler must survive arguments that make no sense.
#[test]
fn wild_arguments_never_crash_the_host() {
    let mut caller = Caller::new();
    let wild = [
        0,
        1,
        7,
        0xfff,
        NOWHERE,
        DATA + 1,
        DATA + DATA_LEN - 3,
        0xffff_0000,
        !0 - 3,
        !0,
    ];
    // A descriptor that is never open.
    let fd = 0x7fff_ff00;
    for number in 0..512 {
        let Some(call) = super::table::find(number).filter(|c| !LEFT_OUT.contains(&c.name)) else {
            continue;
        };
        if call.name.contains("set") && !call.name.contains("sock") || call.name.contains("chroot")
        {
            continue;
        }
        for (n, a) in wild.iter().enumerate() {
            let b = wild[(n * 7 + 3) % wild.len()];
            // The result does not matter; returning does.
            let _ = caller.call(number, &[fd, *a, b, *a, b, *a]);
        }
    }
    // Nothing of it reached the page that is not the guest's to write.
    let page: [u32; 2] = caller.get(0xffff_0fe0);
    assert_eq!(page, [0xee1d_0f70, 0xe12f_ff1e]);
}

#[test]
fn pointers_outside_the_guests_memory_are_faults() {
    let mut caller = Caller::new();
    let fault = Err(Errno::EFAULT);
    for addr in [0, NOWHERE, DATA + DATA_LEN - 1, 0xffff_0000, 0xffff_ffff] {
        assert_eq!(caller.call(of(Sysno::uname), &[addr]), fault, "{addr:#x}");
        assert_eq!(caller.call(of(Sysno::pipe), &[addr]), fault);
        assert_eq!(caller.call(of(Sysno::clock_gettime), &[1, addr]), fault);
        assert_eq!(caller.call(of(Sysno::clock_gettime64), &[1, addr]), fault);
        assert_eq!(caller.call(of(Sysno::getcwd), &[addr, 100]), fault);
        assert_eq!(caller.call(of(Sysno::getrandom), &[addr, 64, 0]), fault);
        assert_eq!(
            caller.call(
                of(Sysno::nanosleep),
                &[if addr == 0xffff_0000 { 0 } else { addr }, 0]
            ),
            fault
        );
    }
    assert_eq!(caller.call(of(Sysno::open), &[NOWHERE, 0, 0]), fault);
    // A length that runs over the end of the address space.
    assert_eq!(
        caller.call(of(Sysno::write), &[1, DATA, 0xffff_ffff]),
        fault
    );
    // The kernel helpers can be read, by a system call too.
    let mut fds = [0; 2];
    caller.call(of(Sysno::pipe2), &[DATA, 0o2_000_000]).unwrap();
    fds.copy_from_slice(&caller.get::<[u32; 2]>(DATA));
    assert_eq!(
        caller.call(of(Sysno::write), &[fds[1], 0xffff_0fe0, 8]),
        Ok(8)
    );
    assert_eq!(
        caller.call(of(Sysno::read), &[fds[0], 0xffff_0fe0, 8]),
        fault
    );
    assert_eq!(caller.call(of(Sysno::read), &[fds[0], DATA + 64, 8]), Ok(8));
    assert_eq!(caller.get::<u32>(DATA + 64), 0xee1d_0f70);
    for fd in fds {
        caller.call(of(Sysno::close), &[fd]).unwrap();
    }
}

#[test]
fn the_programs_status_is_its_own() {
    let exit = |number, status| -> Step { Box::new(move |regs, _| call(regs, number, &[status])) };
    assert_eq!(program(vec![vec![exit(248, 42)]]).run(), End::Program(42));
    assert_eq!(
        program(vec![vec![exit(248, 0x1ff)]]).run(),
        End::Program(255)
    );
    assert_eq!(program(vec![vec![exit(1, 3)]]).run(), End::Thread(3));
}

#[test]
fn the_thread_pointer_is_the_guests_to_set() {
    let mut caller = Caller::new();
    assert_eq!(caller.call(0xf_0005, &[0xb6f0_04c0]), Ok(0));
    assert_eq!(caller.0.cpu.regs().tpidruro, 0xb6f0_04c0);
    assert_eq!(caller.call(0xf_0006, &[]), Ok(0xb6f0_04c0));
}

#[test]
fn strace_shows_what_the_arguments_are() {
    let caller = Caller::new();
    let space = caller.0.space();
    space.write(DATA, b"/etc/passwd\0").unwrap();
    let line = |number, args: [u32; 6]| {
        let call = super::table::find(of(number)).unwrap();
        super::strace::format(space, call, super::Args(args))
    };
    let at = libc::AT_FDCWD.cast_unsigned();
    assert_eq!(
        line(Sysno::openat, [at, DATA, 0, 0, 0, 0]),
        r#"openat(AT_FDCWD, "/etc/passwd", 0x0, 0)"#.replace(", 0)", ", 0o0)")
    );
    assert_eq!(
        line(Sysno::write, [1, DATA, 4, 0, 0, 0]),
        r#"write(1, "/etc", 4)"#
    );
    assert_eq!(
        line(Sysno::write, [1, NOWHERE, 4, 0, 0, 0]),
        "write(1, 0x66666000, 4)"
    );
    assert_eq!(line(Sysno::kill, [1, 15, 0, 0, 0, 0]), "kill(1, SIGTERM)");
    // The padding register is not shown, the pair is one number.
    assert_eq!(
        line(Sysno::pread64, [3, DATA, 10, 0xdead, 0x10, 1]),
        "pread64(3, 0x00010000, 10, 4294967312)"
    );
}
