//! The engine and the host's back end as runners.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::state::ArmState;
use dbt_core::engine::{Config, Engine, InterruptHandle, Kick, Vcpu};
use dbt_core::exit::{Budget, Exit};
use dbt_core::host::{Environment, HostFault, Lowering, Resolution, Unwatched, VcpuContext};
use dbt_core::memory::{Fetch, FetchFault, GuestMemory, MemoryFault};
use dbt_hv_glue::process::native::{self, NativeBackend};
use dbt_hv_glue::process::{
    Backing, Error, Placement, ProcessCode, ProcessMemory, Prot, Window, WindowEngine, kick,
};
use dbt_isa::ops::Access;

use super::{Ending, Runner};
use crate::arena::{Arena, CODE, Obstacle, PAGE, REGIONS, Region, Rights};

/// Bytes of code memory: little, so that it is full often.
const CODE_BYTES: usize = 1 << 20;
/// Rounds of the dispatcher.
const BUDGET: Budget = Budget::rounds(5000);

/// Returns the ending that an exit is; nothing if the program goes on.
fn exited(exit: Exit) -> Option<Ending> {
    Some(match exit {
        Exit::SystemCall { immediate } => Ending::SystemCall(immediate),
        Exit::Undefined => Ending::Undefined,
        Exit::Breakpoint { immediate } => Ending::Breakpoint(immediate),
        Exit::Fault(fault) => Ending::Fault(fault),
        Exit::FetchFault(fault) => Ending::Fetch(fault),
        Exit::HypervisorCall { immediate } => Ending::HypervisorCall(immediate),
        Exit::FirmwareCall { immediate } => Ending::FirmwareCall(immediate),
        Exit::SystemRegister => Ending::SystemRegister,
        Exit::WaitForInterrupt | Exit::WaitForEvent | Exit::SendEvent | Exit::Yield => {
            return None;
        }
        _ => Ending::Endless,
    })
}

type ArmEngine = Engine<A32Guest, NativeBackend, ProcessCode>;

fn engine(
    guest: A32Guest,
    lowering: Lowering,
    code_bytes: usize,
    config: Config,
) -> Result<ArmEngine, Box<dyn std::error::Error>> {
    // The one with the least, the others with what the back end can use.
    let code = match lowering {
        Lowering::Callback => ProcessCode::new(code_bytes)?,
        _ => native::code(code_bytes)?,
    };
    let (backend, code) = match lowering {
        Lowering::Window => native::check_branches(native::backend(), code),
        _ => (native::backend(), code),
    };
    Ok(Engine::new(guest, backend, Some(code), lowering, config)?)
}

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Ends runs that take too long: a budget bounds no loop of generated code.
#[derive(Debug)]
struct Watchdog {
    /// When the present run began, in milliseconds since `epoch`; none is running
    /// if zero.
    began: Arc<AtomicU64>,
    epoch: Instant,
}

impl Watchdog {
    /// Watches a vCPU from a thread that ends some time after the watchdog.
    fn new(handle: InterruptHandle) -> Self {
        let this = Self {
            began: Arc::default(),
            epoch: Instant::now(),
        };
        let began = Arc::downgrade(&this.began);
        let epoch = this.epoch;
        thread::spawn(move || {
            while let Some(began) = began.upgrade() {
                // Relaxed: a time too old or too new does no harm.
                let since = began.load(Ordering::Relaxed);
                if since != 0 && epoch.elapsed() > Duration::from_millis(since) + PATIENCE {
                    handle.interrupt();
                }
                drop(began);
                thread::sleep(PATIENCE / 4);
            }
        });
        this
    }

    /// Watches `run`.
    fn watch<R>(&self, run: impl FnOnce() -> R) -> R {
        let now = u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.began.store(now.max(1), Ordering::Relaxed);
        let result = run();
        self.began.store(0, Ordering::Relaxed);
        result
    }
}

/// Generated code that calls for each access to memory.
#[derive(Debug)]
pub struct CallbackJit {
    engine: ArmEngine,
    vcpu: Vcpu<A32Guest>,
    watchdog: Watchdog,
    link: bool,
}

impl CallbackJit {
    /// Makes an engine for a guest, which links exits if `link`.
    ///
    /// # Errors
    ///
    /// When the host denies executable memory.
    pub fn new(guest: A32Guest, link: bool) -> Result<Self, Box<dyn std::error::Error>> {
        Self::with(guest, link, CODE_BYTES, 0)
    }

    /// Makes an engine with so much code memory, which interprets until a location
    /// has been reached so often.
    ///
    /// # Errors
    ///
    /// When the host denies executable memory.
    pub fn with(
        guest: A32Guest,
        link: bool,
        bytes: usize,
        hot_threshold: u8,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let config = Config {
            hot_threshold,
            link,
            ..Config::default()
        };
        let engine = engine(guest, Lowering::Callback, bytes, config)?;
        let vcpu = engine.vcpu(ArmState::default());
        Ok(Self {
            watchdog: Watchdog::new(vcpu.interrupt_handle()),
            vcpu,
            engine,
            link,
        })
    }

    /// Forgets translations of guest code at addresses in `range`.
    pub fn forget(&self, range: Range<u64>) {
        self.engine.invalidate(range);
    }

    /// Runs as [`Runner::run`] does, code that is the same as before but for what
    /// was [forgotten](Self::forget).
    pub fn run_again(&mut self, state: &mut ArmState, arena: &mut Arena) -> Ending {
        *self.vcpu.state_mut() = *state;
        let mut called = Called(arena);
        let Self { engine, vcpu, .. } = self;
        let ending = self.watchdog.watch(|| {
            loop {
                let exit = engine.run(vcpu, &mut called, BUDGET);
                if let Some(ending) = exited(exit) {
                    break ending;
                }
            }
        });
        *state = self.vcpu.state().without_tag();
        ending
    }
}

impl Runner for CallbackJit {
    fn name(&self) -> String {
        let linked = if self.link { "" } else { "un" };
        format!("generated code, callback, {linked}linked")
    }

    fn takes(&self, _: Obstacle) -> bool {
        true
    }

    fn run(&mut self, state: &mut ArmState, arena: &mut Arena) -> Ending {
        // Obstacles come and go; the code is the same then, and forgotten anyway.
        self.engine.invalidate_all();
        self.run_again(state, arena)
    }

    fn bound_links(&self) -> u64 {
        self.engine.stats().bound_links
    }
}

/// A memory as an environment whose code nobody else changes.
pub(crate) struct Called<'a, M>(pub(crate) &'a mut M);

impl<M: Fetch> Fetch for Called<'_, M> {
    fn fetch16(&mut self, address: u64) -> Result<u16, FetchFault> {
        self.0.fetch16(address)
    }
}

impl<M: GuestMemory> GuestMemory for Called<'_, M> {
    fn load(&mut self, access: Access, address: u64) -> Result<u64, MemoryFault> {
        self.0.load(access, address)
    }

    fn store(&mut self, access: Access, address: u64, value: u64) -> Result<(), MemoryFault> {
        self.0.store(access, address, value)
    }

    fn compare_exchange(
        &mut self,
        access: Access,
        address: u64,
        expected: u64,
        new: u64,
    ) -> Result<u64, MemoryFault> {
        self.0.compare_exchange(access, address, expected, new)
    }
}

impl<M: GuestMemory> Environment for Called<'_, M> {
    fn lowering(&self) -> Lowering {
        Lowering::Callback
    }

    fn window(&self) -> u64 {
        0
    }

    fn protect(&mut self, _: Range<u64>) -> Result<(), Unwatched> {
        // Only the runner writes code.
        Ok(())
    }

    fn guarded<R>(
        &mut self,
        _: *mut VcpuContext,
        _: Range<u64>,
        _: u64,
        body: impl FnOnce(&mut Self) -> R,
    ) -> R {
        body(self)
    }

    fn resolve(&mut self, _: &HostFault) -> Resolution {
        unreachable!("no hook records faults")
    }
}

/// Generated code that accesses memory through a window, where the host's MMU
/// checks.
#[derive(Debug)]
pub struct WindowJit {
    engine: Arc<WindowEngine<A32Guest, NativeBackend, ProcessCode>>,
    vcpu: Vcpu<A32Guest>,
    watchdog: Watchdog,
    memory: ProcessMemory,
}

impl WindowJit {
    /// Makes an engine for a guest with a window that has the regions of the arena.
    ///
    /// # Errors
    ///
    /// When the host denies memory.
    pub fn new(guest: A32Guest) -> Result<Self, Box<dyn std::error::Error>> {
        Self::with(guest, Window::new()?, None)
    }

    /// The same with guest addresses that are the host's, and code that does not poll;
    /// none if something is there already.
    ///
    /// # Errors
    ///
    /// When the host denies memory.
    pub fn at_zero(guest: A32Guest) -> Result<Option<Self>, Box<dyn std::error::Error>> {
        let Ok(window) = Window::at_zero() else {
            return Ok(None);
        };
        Ok(Some(Self::with(guest, window, Some(kick))?))
    }

    fn with(
        guest: A32Guest,
        window: Window,
        kick: Option<Kick>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let window = Arc::new(window);
        for Region { base, len, rights } in REGIONS {
            let prot = prot(rights);
            window.map(base, len.into(), prot, Backing::Anonymous, Placement::Fixed)?;
        }
        let config = Config {
            hot_threshold: 0,
            kick,
            float_traps: if kick.is_some() { 8 } else { u32::MAX },
            // All programs are in one place.
            wrapping: u32::MAX,
            ..Config::default()
        };
        let engine = engine(guest, window.lowering(), CODE_BYTES, config)?;
        let engine = WindowEngine::new(window, engine)?;
        let vcpu = engine.vcpu(ArmState::default());
        Ok(Self {
            memory: engine.memory()?,
            watchdog: Watchdog::new(vcpu.interrupt_handle()),
            vcpu,
            engine,
        })
    }

    /// Copies the arena to the window.
    fn load(&self, arena: &Arena) -> Result<(), Error> {
        let window = self.engine.window();
        for region in REGIONS {
            let Region { base, len, rights } = region;
            let writable = rights == Rights::ReadWrite;
            let mut now = vec![0; len as usize];
            let equal = window.read(base, &mut now).is_ok() && now == arena.region(&region);
            if equal {
                continue;
            }
            if !writable {
                window.protect(base, len.into(), Prot::READ | Prot::WRITE)?;
            }
            window
                .write(base, arena.region(&region))
                .expect("the region is writable");
            if !writable {
                window.protect(base, len.into(), prot(rights))?;
            }
        }
        Ok(())
    }

    /// Copies the window to the arena.
    fn store(&self, arena: &mut Arena) {
        let window = self.engine.window();
        for region in REGIONS {
            let mut now = vec![0; region.len as usize];
            window
                .read(region.base, &mut now)
                .expect("every region is readable");
            arena.replace(&region, &now);
        }
    }
}

/// What the guest may do in a region.
fn prot(rights: Rights) -> Prot {
    match rights {
        Rights::Read => Prot::READ,
        Rights::ReadWrite => Prot::READ | Prot::WRITE,
        Rights::ReadExecute => Prot::READ | Prot::EXEC,
    }
}

impl Runner for WindowJit {
    fn name(&self) -> String {
        match self.engine.window().lowering() {
            Lowering::Isolated => "generated code, isolated".to_owned(),
            Lowering::Identity => "generated code, identity".to_owned(),
            _ => "generated code, window".to_owned(),
        }
    }

    fn takes(&self, obstacle: Obstacle) -> bool {
        // The host's MMU does not count.
        !matches!(obstacle, Obstacle::After(_))
    }

    fn run(&mut self, state: &mut ArmState, arena: &mut Arena) -> Ending {
        self.load(arena).expect("the host changes protections");
        let window = Arc::clone(self.engine.window());
        let blocked = match arena.obstacle() {
            Obstacle::Page(page) => window.query(page).map(|info| (page, info.prot)),
            _ => None,
        };
        if let Some((page, _)) = blocked {
            window
                .unmap(page, PAGE.into())
                .expect("a page can be unmapped");
        }
        *self.vcpu.state_mut() = *state;
        let Self {
            engine,
            vcpu,
            memory,
            ..
        } = self;
        let ending = self.watchdog.watch(|| {
            loop {
                let exit = engine.run(vcpu, memory, BUDGET);
                if let Some(ending) = exited(exit) {
                    break ending;
                }
            }
        });
        if let Some((page, prot)) = blocked {
            let (backing, place) = (Backing::Anonymous, Placement::Fixed);
            window
                .map(page, PAGE.into(), Prot::READ | Prot::WRITE, backing, place)
                .expect("a page can be mapped again");
            let region = REGIONS
                .iter()
                .find(|region| page.wrapping_sub(region.base) < region.len)
                .expect("only regions are mapped");
            let start = (page - region.base) as usize;
            let bytes = &arena.region(region)[start..start + PAGE as usize];
            window.write(page, bytes).expect("the page is writable");
            window
                .protect(page, PAGE.into(), prot)
                .expect("the host changes protections");
        }
        self.store(arena);
        *state = self.vcpu.state().without_tag();
        ending
    }

    fn bound_links(&self) -> u64 {
        self.engine.stats().bound_links
    }
}

/// The region of code is the one that changes with every program.
const _: () = assert!(CODE.len == PAGE);
