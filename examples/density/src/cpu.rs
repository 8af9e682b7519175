//! The interpreter as an engine of `dbt-user` that counts.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::version::Features;
use dbt_core::guest::{Guest, Step};
use dbt_core::ir::TrapKind;
use dbt_core::memory::{AccessKind, FaultCause};
use dbt_hv_glue::process::ProcessMemory;
use dbt_user::cpu::{Cpu, CpuExit, Engine, Interrupt, UserRegs};
use dbt_user::memory::{FaultKind, Space};

use crate::units::Follower;

/// What the cores implement: more than those of `dbt-user`, so that what is for newer ones
/// can be counted.
const FEATURES: Features = Features::all();

/// Programs are counted for so many instructions: the interpreter is slow, and
/// kernels repeat themselves.
const MOST: u64 = 20_000_000;

/// Makes cores that count.
pub(crate) struct Counting {
    /// What an AArch64 host has.
    pub(crate) features: dbt_a64_backend::Features,
    /// Units to list at the end.
    pub(crate) listed: usize,
}

impl Engine for Counting {
    fn cpu(&self, space: &Arc<Space>, regs: &UserRegs) -> io::Result<Box<dyn Cpu>> {
        let guest = A32Guest::new(FEATURES);
        let memory = ProcessMemory::new(Arc::clone(space)).map_err(io::Error::other)?;
        let mut core = Core {
            guest,
            state: ArmState::default(),
            memory,
            follower: Follower::new(guest, self.features),
            listed: self.listed,
            flag: Arc::new(Flag(AtomicBool::new(false))),
        };
        core.set_regs(regs);
        Ok(Box::new(core))
    }

    fn report(&self, _: &mut dyn io::Write) -> io::Result<()> {
        Ok(())
    }
}

struct Core {
    guest: A32Guest,
    state: ArmState,
    memory: ProcessMemory,
    follower: Follower,
    listed: usize,
    flag: Arc<Flag>,
}

struct Flag(AtomicBool);

impl Interrupt for Flag {
    fn interrupt(&self) {
        // Relaxed: it is looked at again and again.
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Core {
    fn report(&self) {
        let sums = &self.follower.sums;
        eprint!("density: guest {} x86-64 {}", sums.guest, sums.host.x86);
        for (name, number) in sums.host.a64.iter() {
            eprint!(" {name} {number}");
        }
        eprintln!();
        self.follower.list(self.listed);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "guest addresses have 32 bits"
)]
impl Cpu for Core {
    fn run(&mut self) -> CpuExit {
        loop {
            if self.flag.0.swap(false, Ordering::Relaxed) {
                return CpuExit::Interrupted;
            }
            if self.follower.sums.guest >= MOST {
                self.report();
                std::process::exit(0);
            }
            let location = self.guest.location(&self.state);
            self.follower.step(location, &mut self.memory);
            match self.guest.step(&mut self.state, &mut self.memory) {
                Step::Next => {}
                Step::Trap { kind, info } => match kind {
                    TrapKind::SystemCall => {
                        // EABI: the number is in R7; these two end the program.
                        if matches!(self.state.r[7], 1 | 248) {
                            self.report();
                        }
                        return CpuExit::Svc { imm: info };
                    }
                    TrapKind::Undefined | TrapKind::Interpret => return CpuExit::Undefined,
                    TrapKind::Breakpoint => return CpuExit::Breakpoint { imm: info },
                    _ => {}
                },
                Step::Fault(fault) => {
                    let addr = fault.address as u32;
                    return match kind(fault.cause) {
                        Some(kind) => CpuExit::DataAbort {
                            addr,
                            write: fault.kind == AccessKind::Write,
                            kind,
                        },
                        None => CpuExit::Alignment { addr },
                    };
                }
                Step::Fetch(fault) => {
                    return CpuExit::PrefetchAbort {
                        addr: fault.address as u32,
                        kind: kind(fault.cause).unwrap_or(FaultKind::Protection),
                    };
                }
            }
        }
    }

    fn reg(&self, n: usize) -> u32 {
        self.state.r[n]
    }

    fn set_reg(&mut self, n: usize, value: u32) {
        self.state.r[n] = value;
    }

    fn regs(&self) -> UserRegs {
        let state = &self.state;
        UserRegs {
            r: state.r,
            cpsr: state.cpsr(),
            d: state.d,
            fpscr: state.fpscr,
            tpidruro: state.tpidruro,
            tpidrurw: state.tpidrurw,
        }
    }

    fn set_regs(&mut self, regs: &UserRegs) {
        let state = &mut self.state;
        state.r = regs.r;
        state.set_cpsr(regs.cpsr);
        state.d = regs.d;
        state.fpscr = regs.fpscr;
        state.tpidruro = regs.tpidruro;
        state.tpidrurw = regs.tpidrurw;
    }

    fn set_thread_pointer(&mut self, value: u32) {
        self.state.tpidruro = value;
    }

    fn clear_exclusive(&mut self) {
        self.state.exclusive_address = ArmState::MONITOR_OPEN;
    }

    fn interrupt_handle(&self) -> Arc<dyn Interrupt> {
        Arc::<Flag>::clone(&self.flag)
    }

    fn fork(&mut self, fork: &mut dyn FnMut() -> i32) -> io::Result<i32> {
        Ok(fork())
    }
}

fn kind(cause: FaultCause) -> Option<FaultKind> {
    match cause {
        FaultCause::Unmapped => Some(FaultKind::Unmapped),
        FaultCause::Permission => Some(FaultKind::Protection),
        FaultCause::External => Some(FaultKind::Bus),
        FaultCause::Alignment => None,
    }
}
