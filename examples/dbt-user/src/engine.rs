//! The translation engine behind the personality's [`cpu`](dbt_user::cpu) traits.

mod dump;
#[cfg_attr(target_arch = "aarch64", path = "engine/host_code_aarch64.rs")]
mod host_code;
mod lockstep;
mod observe;
mod perf_map;
mod report;

use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::version::Features;
use dbt_core::engine::{Config, Engine, InterruptHandle, Mode, Vcpu};
use dbt_core::exit::{Budget, Exit};
use dbt_core::memory::{AccessKind, FaultCause, FetchFault, MemoryFault};
use dbt_hv_glue::process::native::{self, NativeBackend};
use dbt_hv_glue::process::{Error, ProcessCode, ProcessMemory, WindowEngine, kick};
use dbt_user::cli::EngineOptions;
use dbt_user::cpu::{self, Cpu, CpuExit, Interrupt, UserRegs};
use dbt_user::memory::{FaultKind, Space};

use lockstep::Ahead;
use observe::Observers;
use report::Totals;

type ArmEngine = WindowEngine<A32Guest, NativeBackend, ProcessCode>;

/// What the cores implement; the personality's `AT_HWCAP` says the same.
const FEATURES: Features = Features::CORTEX_A15
    .union(Features::D32)
    .union(Features::ASIMD);

/// Bytes of code memory when nothing else is said.
const CODE_CACHE: usize = 64 << 20;

/// As many floating-point exceptions as cost about what compiling a unit anew does.
const FLOAT_TRAPS: u32 = 64;

/// Makes the engine that the options describe.
pub(crate) fn create(options: &EngineOptions) -> io::Result<Arc<dyn cpu::Engine>> {
    let code = if options.interpret {
        None
    } else {
        code_memory(options.code_cache.unwrap_or(CODE_CACHE))?
    };
    let config = Config {
        mode: if code.is_some() {
            Mode::Translate
        } else {
            Mode::Interpret
        },
        // Each unit is to be compared with the interpreter.
        hot_threshold: match options.lockstep {
            true => 0,
            false => options
                .hot_threshold
                .unwrap_or(Config::default().hot_threshold),
        },
        link: !options.lockstep,
        jump_cache: !options.lockstep,
        kick: Some(kick),
        float_traps: FLOAT_TRAPS,
        ..Config::default()
    };
    let guest = A32Guest::new(FEATURES);
    let observers = Observers::new(options, guest)?;
    Ok(Arc::new(Shared {
        unattached: Mutex::new(Some((code, config))),
        engine: OnceLock::new(),
        clock: options.clock,
        check_branches: options.check_branches,
        lockstep: options.lockstep && !options.interpret,
        totals: Arc::default(),
        observers,
    }))
}

/// Makes code memory; none if the host denies it, which is said.
fn code_memory(capacity: usize) -> io::Result<Option<ProcessCode>> {
    match native::code(capacity) {
        Ok(code) => Ok(Some(code)),
        Err(error @ Error::ExecutableDenied(_)) => {
            eprintln!("dbt-user: {error}; interpreting, which is slow");
            Ok(None)
        }
        Err(error) => Err(io::Error::other(error)),
    }
}

/// What the program's threads share.
struct Shared {
    /// What the engine is made of, once the program's memory is known.
    unattached: Mutex<Option<(Option<ProcessCode>, Config)>>,
    engine: OnceLock<Arc<ArmEngine>>,
    clock: bool,
    check_branches: bool,
    lockstep: bool,
    totals: Arc<Mutex<Totals>>,
    observers: Option<Arc<Observers>>,
}

impl Shared {
    fn attach(&self, space: &Arc<Space>) -> io::Result<Arc<ArmEngine>> {
        let mut unattached = self
            .unattached
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((code, config)) = unattached.take() {
            let guest = A32Guest::new(FEATURES);
            let (host, code) = match code {
                Some(code) if self.check_branches => {
                    let (host, code) = native::check_branches(native::backend(), code);
                    (host, Some(code))
                }
                code => (native::backend(), code),
            };
            let mut engine = Engine::new(guest, host, code, space.lowering(), config)
                .map_err(io::Error::other)?;
            if let Some(observers) = &self.observers {
                engine = engine.with_observer(Arc::<Observers>::clone(observers));
                observers.attach(space, engine.runtime_code());
            }
            let engine = WindowEngine::new(Arc::clone(space), engine).map_err(io::Error::other)?;
            // The lock is held, so nobody else has set it.
            let _ = self.engine.set(engine);
        }
        self.engine
            .get()
            .filter(|engine| Arc::ptr_eq(engine.window(), space))
            .cloned()
            .ok_or_else(|| io::Error::other("an engine runs the threads of one program"))
    }
}

impl cpu::Engine for Shared {
    fn cpu(&self, space: &Arc<Space>, regs: &UserRegs) -> io::Result<Box<dyn Cpu>> {
        let engine = self.attach(space)?;
        let mut memory = engine.memory().map_err(io::Error::other)?;
        if self.clock {
            memory = memory.with_clock();
        }
        let mut state = ArmState::default();
        put(&mut state, regs);
        Ok(Box::new(Core {
            vcpu: engine.vcpu(state),
            engine,
            memory,
            lockstep: self.lockstep,
            system_calls: 0,
            totals: Arc::clone(&self.totals),
        }))
    }

    fn report(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(engine) = self.engine.get() else {
            return Ok(());
        };
        let totals = *self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        report::write(out, engine.is_translating(), &engine.stats(), &totals)
    }
}

/// One guest thread's core.
struct Core {
    engine: Arc<ArmEngine>,
    vcpu: Vcpu<A32Guest>,
    memory: ProcessMemory,
    lockstep: bool,
    system_calls: u64,
    totals: Arc<Mutex<Totals>>,
}

impl Core {
    /// Runs one unit and compares it with the interpreter.
    #[cold]
    fn run_one_checked(&mut self) -> Exit {
        let features = self.engine.guest().features();
        let ahead = Ahead::run(self.vcpu.state(), &mut self.memory, features);
        let exit = self
            .engine
            .run(&mut self.vcpu, &mut self.memory, Budget::rounds(1));
        if let Err(difference) = ahead.check(self.vcpu.state(), &mut self.memory) {
            eprintln!("dbt-user: {difference}");
            std::process::exit(125);
        }
        exit
    }
}

impl Cpu for Core {
    fn run(&mut self) -> CpuExit {
        loop {
            let exit = if self.lockstep {
                self.run_one_checked()
            } else {
                self.engine
                    .run(&mut self.vcpu, &mut self.memory, Budget::UNLIMITED)
            };
            return match exit {
                Exit::SystemCall { immediate } => {
                    self.system_calls += 1;
                    CpuExit::Svc { imm: immediate }
                }
                Exit::Undefined => CpuExit::Undefined,
                Exit::Breakpoint { immediate } => CpuExit::Breakpoint { imm: immediate },
                Exit::Fault(fault) => data_abort(fault),
                Exit::FetchFault(fault) => prefetch_abort(fault),
                // Nothing that a user program waits for: events come of their own accord.
                Exit::Yield | Exit::WaitForEvent | Exit::WaitForInterrupt => {
                    std::thread::yield_now();
                    continue;
                }
                Exit::SendEvent => continue,
                Exit::BudgetSpent => continue,
                _ => CpuExit::Interrupted,
            };
        }
    }

    fn reg(&self, n: usize) -> u32 {
        self.vcpu.state().r[n]
    }

    fn set_reg(&mut self, n: usize, value: u32) {
        self.vcpu.state_mut().r[n] = value;
    }

    fn regs(&self) -> UserRegs {
        let state = self.vcpu.state();
        UserRegs {
            r: state.r,
            cpsr: state.cpsr(),
            d: state.d,
            fpscr: state.fpscr(),
            tpidruro: state.tpidruro,
            tpidrurw: state.tpidrurw,
        }
    }

    fn set_regs(&mut self, regs: &UserRegs) {
        put(self.vcpu.state_mut(), regs);
    }

    fn set_thread_pointer(&mut self, value: u32) {
        self.vcpu.state_mut().tpidruro = value;
    }

    fn clear_exclusive(&mut self) {
        self.vcpu.state_mut().exclusive_address = ArmState::MONITOR_OPEN;
    }

    fn interrupt_handle(&self) -> Arc<dyn Interrupt> {
        Arc::new(Handle(self.vcpu.interrupt_handle()))
    }

    fn fork(&mut self, fork: &mut dyn FnMut() -> i32) -> io::Result<i32> {
        self.engine
            .across_fork(&self.vcpu, fork)
            .map_err(|error| io::Error::from_raw_os_error(error.errno()))
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        totals.vcpus += self.vcpu.stats();
        totals.system_calls += self.system_calls;
    }
}

struct Handle(InterruptHandle);

impl Interrupt for Handle {
    fn interrupt(&self) {
        self.0.interrupt();
    }
}

/// Sets what a program sees of a core.
fn put(state: &mut ArmState, regs: &UserRegs) {
    state.r = regs.r;
    state.set_cpsr(regs.cpsr);
    state.d = regs.d;
    state.set_fpscr(regs.fpscr);
    state.tpidruro = regs.tpidruro;
    state.tpidrurw = regs.tpidrurw;
}

fn data_abort(fault: MemoryFault) -> CpuExit {
    let addr = address(fault.address);
    match kind(fault.cause) {
        Some(kind) => CpuExit::DataAbort {
            addr,
            write: fault.kind == AccessKind::Write,
            kind,
        },
        None => CpuExit::Alignment { addr },
    }
}

fn prefetch_abort(fault: FetchFault) -> CpuExit {
    CpuExit::PrefetchAbort {
        addr: address(fault.address),
        // Fetches are always aligned.
        kind: kind(fault.cause).unwrap_or(FaultKind::Protection),
    }
}

/// Returns what is wrong with a page; nothing if the alignment is.
fn kind(cause: FaultCause) -> Option<FaultKind> {
    match cause {
        FaultCause::Unmapped => Some(FaultKind::Unmapped),
        FaultCause::Permission => Some(FaultKind::Protection),
        FaultCause::External => Some(FaultKind::Bus),
        FaultCause::Alignment => None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "guest addresses have 32 bits"
)]
const fn address(address: u64) -> u32 {
    address as u32
}
