//! The engine: runs guest code.
//!
//! An [`Engine`] is what all vCPUs of one guest share: the translations. A
//! [`Vcpu`] is one guest CPU. [`Engine::run`] runs a vCPU until something is for
//! the embedder to see to, which the returned [`Exit`] names.
//!
//! ```text
//!            ┌────────────────────────── Engine::run ─────────────────────────┐
//!  embedder ─┤ location ─► jump cache ─► cache ─► translate ─► enter ─► leave │─► Exit
//!            │    ▲                                                      │    │
//!            │    └─ unlinked exit, jump-cache miss, resolved fault ◄────┘    │
//!            └────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Locks: the compiler's (one translation is compiled at a time), and inside it
//! the cache's. Neither is held while guest code runs or while the environment or
//! the front end is called.

mod config;
mod dispatch;
mod enter;
mod heat;
mod invalidate;
mod observe;
#[cfg(test)]
mod tests;
mod translate;
mod vcpu;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::{ControlFlow, Range};
use core::sync::atomic::Ordering;

use spin::Mutex;

pub use self::config::{Config, Kick, Mode};
pub use self::observe::{CompiledUnit, Observer};
pub use self::vcpu::{InterruptHandle, Vcpu};

use self::dispatch::{Run, stepped};
use self::enter::{Access, Block, EMBEDDER, callback};
use self::observe::Observing;
use self::translate::{Compiler, Scratch};
use crate::cache::code::Code;
use crate::cache::{Cache, Host, Patience, Watcher};
use crate::error::Error;
use crate::exit::{Budget, Exit};
use crate::guest::{Guest, StateLayout};
use crate::host::{Backend, Callees, CodeMemory, CompileError, Environment, Lowering, Runtime};
use crate::ir::Ty;
use crate::location::Location;
use crate::monitor::{GlobalMonitor, Monitored};
use crate::stats::Stats;

/// What the vCPUs of one guest share. `Send` and `Sync` when its parts are.
pub struct Engine<G, B: Backend, C> {
    guest: G,
    config: Config,
    /// Absent if everything is interpreted.
    jit: Option<Jit<B, C>>,
    /// Shared with the vCPUs made here, so it is the engine's identity too.
    monitor: Arc<GlobalMonitor>,
}

/// The translating part of an engine.
#[derive(Debug)]
struct Jit<B: Backend, C> {
    host: Host<B, C>,
    lowering: Lowering,
    /// Where guest state is, checked once.
    layout: &'static StateLayout,
    callees: Callees,
    runtime: Runtime,
    /// Where the state's flags are.
    flags_offset: u32,
    /// Whether generated code raises floating-point exceptions.
    float_traps: bool,
    /// Whether exits are linked.
    link: bool,
    /// Whether jump caches are filled.
    jump_cache: bool,
    /// Told of each unit that is compiled.
    observer: Observing,
    /// Locked before `cache`.
    compiler: Mutex<Compiler<B>>,
    cache: Mutex<Cache<B::Map>>,
}

/// A fragment, as [`Engine::lookup_fragment`] describes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FragmentInfo {
    /// Where its guest code starts.
    pub location: Location,
    /// The host addresses of its code.
    pub code: Range<u64>,
    /// The guest bytes that it was made from; none if they have changed since.
    pub source: Vec<Range<u64>>,
}

impl<G, B, C> Engine<G, B, C>
where
    G: Guest<State: Send + 'static>,
    B: Backend + Clone,
    C: CodeMemory,
{
    /// The least that fragments must have.
    const LEAST_ROOM: usize = 64;

    /// Makes an engine, and emits the runtime to the start of `code`.
    ///
    /// Without code memory, or with [`Mode::Interpret`], everything is
    /// interpreted; the back end is not used then. The engine keeps a second copy
    /// of the back end for questions about fragments, so that these need no lock.
    ///
    /// # Errors
    ///
    /// [`Error`], if the code memory has the wrong size, or the host or the guest
    /// does not fit.
    pub fn new(
        guest: G,
        backend: B,
        code: Option<C>,
        lowering: Lowering,
        config: Config,
    ) -> Result<Self, Error> {
        let layout = guest.layout();
        let flags_offset = check_layout::<G::State>(layout)?;
        let jit = match code.filter(|_| config.mode == Mode::Translate) {
            None => None,
            Some(code) => {
                let callees = callees(&guest);
                Some(Self::jit(
                    layout,
                    callees,
                    flags_offset,
                    backend,
                    code,
                    lowering,
                    config,
                )?)
            }
        };
        Ok(Self {
            guest,
            config,
            jit,
            monitor: GlobalMonitor::new(),
        })
    }

    fn jit(
        layout: &'static StateLayout,
        callees: Callees,
        flags_offset: u32,
        mut backend: B,
        code: C,
        lowering: Lowering,
        config: Config,
    ) -> Result<Jit<B, C>, Error> {
        let have = code.capacity();
        let mut code = Code::new(code).ok_or(Error::CodeMemoryTooLarge { have })?;
        if config.kick.is_some() && backend.use_detour(code.possible_detour()) {
            code.make_detour();
        }
        let lowering = match lowering {
            // An environment that grants more suits code that needs less.
            Lowering::Isolated if config.wrapping == 0 => Lowering::Identity,
            lowering => lowering,
        };
        let float_traps = config.float_traps > 0 && backend.use_float_traps();
        // An environment that is called for each access needs no fault hook.
        let hooked = lowering != Lowering::Callback;
        if config.jump_cache && hooked && code.offers_directory() && backend.use_directory() {
            code.use_directory();
        }
        let mut bytes = Vec::new();
        let runtime = backend
            .emit_runtime(layout, lowering, &callees, &mut bytes)
            .map_err(|error| match error {
                CompileError::MissingFeature(feature) => Error::MissingHostFeature { feature },
                _ => Error::Unsupported,
            })?;
        let need = bytes.len() + Self::LEAST_ROOM;
        if need > code.capacity() as usize {
            let need = if code.detour().is_some() {
                2 * need
            } else {
                need
            };
            return Err(Error::CodeMemoryTooSmall { need, have });
        }
        code.write_new(0, &bytes, &backend.runtime_detour());
        let start = u32::try_from(bytes.len()).map_err(|_| Error::Unsupported)?;
        let range = start..code.capacity();
        let patience = Patience {
            float: config.float_traps,
            address: config.wrapping,
        };
        let cache = Cache::new(range, config.segments, patience);
        bytes.clear();
        Ok(Jit {
            host: Host::new(backend.clone(), code),
            lowering,
            layout,
            callees,
            runtime,
            flags_offset,
            float_traps,
            link: config.link,
            jump_cache: config.jump_cache,
            observer: Observing::default(),
            compiler: Mutex::new(Compiler {
                backend,
                code: bytes,
            }),
            cache: Mutex::new(cache),
        })
    }

    /// Returns the engine with an observer, which is told of each unit that is
    /// compiled from now on, or of nothing if everything is interpreted.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        if let Some(jit) = &mut self.jit {
            jit.observer = Observing(Some(observer));
        }
        self
    }

    /// Returns the host addresses of the code that all units share: what enters
    /// and leaves them. None if everything is interpreted.
    pub fn runtime_code(&self) -> Option<Range<u64>> {
        let jit = self.jit.as_ref()?;
        let start = jit.host.code.address(0);
        Some(start..start + u64::from(jit.runtime.len))
    }

    /// Makes a vCPU.
    #[must_use]
    pub fn vcpu(&self, state: G::State) -> Vcpu<G> {
        self.monitor.join();
        let scratch = Scratch::new(self.guest.layout(), self.config);
        let detour = self.jit.as_ref().and_then(|jit| jit.host.code.detour());
        let kick = self.config.kick.filter(|_| detour.is_some());
        let vcpu = Vcpu::new(state, scratch, Arc::clone(&self.monitor), kick);
        if let Some(jit) = &self.jit {
            let block: Arc<dyn Watcher> = Arc::<Block<G::State>>::clone(vcpu.owner.block());
            jit.cache.lock().watch(Arc::downgrade(&block));
        }
        vcpu
    }

    /// Runs a vCPU until something is for the embedder, or the budget is spent.
    ///
    /// # Panics
    ///
    /// If another engine made the vCPU, or the environment accesses memory in
    /// another way than the engine was made for, or does not take floating-point
    /// exceptions and the engine was told that it does.
    pub fn run<E: Environment>(&self, vcpu: &mut Vcpu<G>, env: &mut E, budget: Budget) -> Exit {
        assert!(
            Arc::ptr_eq(&self.monitor, &vcpu.engine),
            "a vCPU is run by the engine that made it"
        );
        let Vcpu {
            owner,
            scratch,
            stats,
            ..
        } = vcpu;
        let mut access = owner.access();
        let Some(jit) = &self.jit else {
            return self.interpret(&mut access, &mut stats.interpreted, env, budget.rounds);
        };
        assert!(
            jit.lowering.suits(env.lowering()),
            "an environment suits the engine's lowering"
        );
        assert!(
            !jit.float_traps || env.takes_float_traps(),
            "an environment takes what generated code raises"
        );
        access.set_window(env.window());
        let context = access.block().context();
        let code = &jit.host.code;
        access.set_detour(code.detour().unwrap_or(0));
        let directory = code
            .directory()
            .map_or(0, |words| words.as_ptr().addr() as u64);
        let absent = code.directory().map(|_| code.address(jit.runtime.absent));
        access.set_directory(directory, absent.unwrap_or(0));
        if code.detour().is_some() {
            access.block().set_thread(env.thread());
        }
        let exit = env.guarded(
            context,
            code.range(),
            code.address(jit.runtime.fault),
            |env| {
                Run::new(&self.guest, jit, &self.monitor, access, scratch, stats)
                    .run(env, budget.rounds)
            },
        );
        owner.block().set_thread(0);
        exit
    }

    /// Runs a vCPU without translating.
    fn interpret<E: Environment>(
        &self,
        access: &mut Access<'_, G::State>,
        count: &mut u64,
        env: &mut E,
        rounds: u64,
    ) -> Exit {
        let interrupt = access.block().interrupt();
        let mut memory = Monitored {
            memory: env,
            monitor: &self.monitor,
        };
        for _ in 0..rounds {
            // Acquire: pairs with `InterruptHandle::interrupt`.
            if interrupt.load(Ordering::Relaxed) != 0
                && interrupt.swap(0, Ordering::Acquire) & EMBEDDER != 0
            {
                return Exit::Interrupted;
            }
            *count += 1;
            if let ControlFlow::Break(exit) =
                stepped(self.guest.step(access.state_mut(), &mut memory))
            {
                return exit;
            }
        }
        Exit::BudgetSpent
    }

    /// Runs `section` while nobody translates, links or invalidates, with the code
    /// memory if there is any: for embedders that copy the whole process (`fork`)
    /// and must not copy a half-done operation of another thread.
    ///
    /// # Contract
    ///
    /// `section` calls no method of the engine. It may be called with the locks
    /// held under which the environment calls [`invalidate`](Self::invalidate).
    pub fn quiesce<R>(&self, section: impl FnOnce(Option<&C>) -> R) -> R {
        let Some(jit) = &self.jit else {
            return section(None);
        };
        let _compiler = jit.compiler.lock();
        let _cache = jit.cache.lock();
        section(Some(jit.host.code.memory()))
    }

    /// Forgets all vCPUs but `vcpu`, whose threads a forked child lacks, so that
    /// nothing waits for them.
    ///
    /// # Panics
    ///
    /// If another engine made the vCPU.
    pub fn keep_only(&self, vcpu: &Vcpu<G>) {
        assert!(
            Arc::ptr_eq(&self.monitor, &vcpu.engine),
            "a vCPU is kept by the engine that made it"
        );
        self.monitor.leave_one();
        if let Some(jit) = &self.jit {
            let block: Arc<dyn Watcher> = Arc::<Block<G::State>>::clone(vcpu.owner.block());
            jit.cache.lock().watch_only(Arc::downgrade(&block));
        }
    }

    /// Returns the guest.
    pub const fn guest(&self) -> &G {
        &self.guest
    }

    /// Returns the configuration.
    pub const fn config(&self) -> Config {
        self.config
    }

    /// Tells whether guest code is translated.
    pub const fn is_translating(&self) -> bool {
        self.jit.is_some()
    }

    /// Returns what has been done so far. All zero if everything is interpreted.
    pub fn stats(&self) -> Stats {
        self.jit
            .as_ref()
            .map(|jit| jit.cache.lock().stats())
            .unwrap_or_default()
    }

    /// Returns the fragment that a host address lies in: for profilers,
    /// debuggers and crash reports.
    pub fn lookup_fragment(&self, host_pc: u64) -> Option<FragmentInfo> {
        let jit = self.jit.as_ref()?;
        let offset = jit.host.code.offset(host_pc)?;
        let cache = jit.cache.lock();
        let (_, record) = cache.at(offset)?;
        let start = jit.host.code.address(record.offset);
        Some(FragmentInfo {
            location: record.location,
            code: start..start + u64::from(record.len),
            source: record.source.clone(),
        })
    }
}

impl<G, B: Backend, C> fmt::Debug for Engine<G, B, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// Checks that slots lie in the state; returns where the flags are.
fn check_layout<S>(layout: &StateLayout) -> Result<u32, Error> {
    let size = u64::try_from(size_of::<S>()).unwrap_or(u64::MAX);
    let fits = layout.slots.iter().all(|slot| {
        slot.offset.is_multiple_of(4) && u64::from(slot.offset) + u64::from(slot.bytes()) <= size
    });
    let flags = layout
        .slots
        .get(layout.flags.index())
        .filter(|slot| fits && slot.ty == Ty::Flags && align_of::<S>() >= 4);
    flags.map(|slot| slot.offset).ok_or(Error::BadLayout)
}

/// Returns the host addresses of what generated code may call.
fn callees<G: Guest<State: 'static>>(guest: &G) -> Callees {
    Callees {
        helpers: guest
            .helpers()
            .iter()
            .map(|&helper| helper as usize as u64)
            .collect(),
        load: callback::load as *const () as usize as u64,
        store: callback::store as *const () as usize as u64,
        store_exclusive: callback::store_exclusive as *const () as usize as u64,
    }
}
