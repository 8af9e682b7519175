//! One guest thread: its core, its signals, and the loop that drives it.

use std::ffi::{CStr, CString};
use std::sync::Arc;

use crate::cpu::{Cpu, CpuExit};
use crate::linux::host::{self, Arg, Sysno};
use crate::linux::{Errno, Fail, signal, table};
use crate::memory::{Access, Space};
use crate::process::Process;

/// How a thread's run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The whole program exits with this status.
    Program(i32),
    /// This thread is done; if it was the last, its status is the program's.
    Thread(i32),
    /// A signal kills the program.
    Killed(i32),
}

/// A system call that was interrupted before it did anything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Restart {
    /// What `r0` was.
    pub(crate) r0: u32,
    /// Whether any handler prevents the restart, `SA_RESTART` or not.
    pub(crate) unless_handled: bool,
}

/// A guest thread, on the host thread that runs it.
pub(crate) struct Thread {
    pub(crate) process: Arc<Process>,
    pub(crate) cpu: Box<dyn Cpu>,
    pub(crate) signals: signal::State,
    /// Where to write zero and wake a waiter when the thread is gone
    /// (`CLONE_CHILD_CLEARTID`); 0 if nowhere.
    pub(crate) clear_tid: u32,
    pub(crate) restart: Option<Restart>,
    pub(crate) end: Option<End>,
}

impl Thread {
    /// Makes the thread of a core, on the host thread that will run it.
    pub(crate) fn new(process: Arc<Process>, cpu: Box<dyn Cpu>, mask: u64) -> Self {
        let signals = signal::State::new(cpu.interrupt_handle(), mask);
        Self {
            process,
            cpu,
            signals,
            clear_tid: 0,
            restart: None,
            end: None,
        }
    }

    /// Runs until the thread or the program ends.
    pub(crate) fn run(&mut self) -> End {
        loop {
            match self.cpu.run() {
                CpuExit::Svc { .. } => self.system_call(),
                CpuExit::Interrupted => {}
                fault => signal::raise(self, fault),
            }
            signal::deliver(self);
            if let Some(end) = self.end {
                return end;
            }
        }
    }

    fn system_call(&mut self) {
        let r0 = self.cpu.reg(0);
        let result = table::dispatch(self);
        let value = match result {
            Ok(value) => value,
            Err(Fail(errno)) => match errno.into_raw() {
                raw @ (Fail::RESTART | Fail::RESTART_UNLESS_HANDLED) => {
                    let unless_handled = raw == Fail::RESTART_UNLESS_HANDLED;
                    self.restart = Some(Restart { r0, unless_handled });
                    (-Errno::EINTR.into_raw()).cast_unsigned()
                }
                raw => (-raw).cast_unsigned(),
            },
        };
        self.cpu.set_reg(0, value);
    }

    /// Says farewell: clears the thread's word and wakes who waits for it.
    pub(crate) fn announce_end(&self) {
        if self.clear_tid == 0 || self.space().write_obj(self.clear_tid, &0_u32).is_err() {
            return;
        }
        if let Ok(word) = self.space().slice(self.clear_tid, 4, Access::Write) {
            let wake = Arg::from(libc::FUTEX_WAKE);
            // Nobody waiting is no error.
            let _ = host::call(Sysno::futex, [word.into(), wake, 1.into()]);
        }
    }

    pub(crate) fn space(&self) -> &Space {
        self.process.space()
    }

    /// Reads a path argument.
    pub(crate) fn path(&self, addr: u32) -> Result<CString, Fail> {
        Ok(self.space().read_cstr(addr, libc::PATH_MAX as usize)?)
    }

    /// Reads a path argument and looks it up under the sysroot.
    pub(crate) fn host_path(&self, addr: u32) -> Result<CString, Fail> {
        let path = self.path(addr)?;
        Ok(self.process.sysroot.resolve(&path))
    }

    /// Returns a checked host address of a buffer that the kernel reads.
    pub(crate) fn input(&self, addr: u32, len: u32) -> Result<Arg<'static>, Fail> {
        Ok(self
            .space()
            .slice(addr, u64::from(len), Access::Read)?
            .into())
    }

    /// Returns a checked host address of a buffer that the kernel writes.
    pub(crate) fn output(&self, addr: u32, len: u32) -> Result<Arg<'static>, Fail> {
        Ok(self
            .space()
            .slice(addr, u64::from(len), Access::Write)?
            .into())
    }

    /// As [`output`](Self::output), where a null pointer means "not wanted".
    pub(crate) fn optional_output(&self, addr: u32, len: u32) -> Result<Arg<'static>, Fail> {
        if addr == 0 {
            Ok(Arg::NULL)
        } else {
            self.output(addr, len)
        }
    }

    /// As [`input`](Self::input), where a null pointer means "not given".
    pub(crate) fn optional_input(&self, addr: u32, len: u32) -> Result<Arg<'static>, Fail> {
        if addr == 0 {
            Ok(Arg::NULL)
        } else {
            self.input(addr, len)
        }
    }

    /// Writes a result structure.
    pub(crate) fn put<T: bytemuck::Pod>(&self, addr: u32, value: &T) -> Result<(), Fail> {
        Ok(self.space().write_obj(addr, value)?)
    }

    /// Reads an argument structure.
    pub(crate) fn get<T: bytemuck::Pod>(&self, addr: u32) -> Result<T, Fail> {
        Ok(self.space().read_obj(addr)?)
    }

    /// Calls the host where the call may wait for something.
    pub(crate) fn blocking<const N: usize>(
        &self,
        nr: Sysno,
        args: [Arg<'_>; N],
    ) -> Result<u32, Fail> {
        host::blocking(self.signals.mailbox(), nr, args).map(|value| value as u32)
    }
}

/// Calls the host and returns the low half of its result, which is all the guest sees.
pub(crate) fn call<const N: usize>(nr: Sysno, args: [Arg<'_>; N]) -> Result<u32, Fail> {
    host::call(nr, args).map(|value| value as u32)
}

/// A call of a path that is relative to the working directory, by way of one that has
/// a directory as well: hosts that came late have no other.
pub(crate) fn call_at<const N: usize>(
    nr: Sysno,
    path: &CStr,
    rest: [Arg<'_>; N],
) -> Result<u32, Fail> {
    let mut args = [Arg::NULL; 6];
    args[0] = libc::AT_FDCWD.into();
    args[1] = path.into();
    for (slot, arg) in args[2..].iter_mut().zip(rest) {
        *slot = arg;
    }
    call(nr, args)
}

/// Calls the host with a path.
pub(crate) fn call_path<const N: usize>(
    nr: Sysno,
    path: &CStr,
    rest: [Arg<'_>; N],
) -> Result<u32, Fail> {
    let mut args = [Arg::NULL; 6];
    args[0] = path.into();
    for (slot, arg) in args[1..].iter_mut().zip(rest) {
        *slot = arg;
    }
    call(nr, args)
}
