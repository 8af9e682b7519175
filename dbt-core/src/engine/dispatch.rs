//! The dispatcher: finds or makes the fragment for a location and enters it.
//!
//! A *round* is one entry of generated code, one interpreted instruction, or a run of
//! interpreted instructions that are not worth translating yet. The
//! guest's location travels in [`Run::location`] from round to round, and the flags
//! stay in the back end's form; both go to guest state only when somebody looks at
//! it: the interpreter, or the embedder.

use core::ops::ControlFlow;
use core::sync::atomic::Ordering;

use super::Jit;
use super::enter::callback::{Refusal, Scope};
use super::enter::{Access, EMBEDDER, ENGINE};
use super::invalidate::WatchedMemory;
use super::translate::{Scratch, Untranslated};
use crate::cache::code::Entry;
use crate::cache::{ExitAt, Watcher};
use crate::exit::Exit;
use crate::guest::{Guest, Step};
use crate::host::{Backend, BetOn, CodeMemory, Environment, Leave, Lowering, Resolution};
use crate::ir::TrapKind;
use crate::location::Location;
use crate::monitor::{GlobalMonitor, Monitored};
use crate::stats::VcpuStats;

/// Instructions interpreted in one round, at most.
const MAX_COLD: u32 = 64;
/// The longest step forward, in bytes, that is not taken for a branch.
const MAX_STRIDE: u64 = 8;

/// One call of [`Engine::run`](super::Engine::run).
pub(super) struct Run<'a, G: Guest, B: Backend, C> {
    pub(super) guest: &'a G,
    pub(super) jit: &'a Jit<B, C>,
    pub(super) monitor: &'a GlobalMonitor,
    pub(super) access: Access<'a, G::State>,
    pub(super) scratch: &'a mut Scratch,
    pub(super) stats: &'a mut VcpuStats,
    /// Where the guest is.
    location: Location,
    /// Where that is translated, if it is known already.
    known: Option<Entry>,
    /// The exit that wants to be linked to it.
    link: Option<ExitAt>,
    /// Whether the flags, those of floating point too, are in the context rather
    /// than in the state.
    flags_in_context: bool,
    /// Whether the vCPU has published that it is inside.
    inside: bool,
    /// Whether generated code did not find the location.
    missed: bool,
    /// What a callback said when generated code left with a fault.
    refusal: Option<Refusal>,
}

impl<'a, G, B, C> Run<'a, G, B, C>
where
    G: Guest<State: Send>,
    B: Backend,
    C: CodeMemory,
{
    pub(super) fn new(
        guest: &'a G,
        jit: &'a Jit<B, C>,
        monitor: &'a GlobalMonitor,
        access: Access<'a, G::State>,
        scratch: &'a mut Scratch,
        stats: &'a mut VcpuStats,
    ) -> Self {
        let location = guest.location(access.state());
        Self {
            guest,
            jit,
            monitor,
            access,
            scratch,
            stats,
            location,
            known: None,
            link: None,
            flags_in_context: false,
            inside: false,
            missed: false,
            refusal: None,
        }
    }

    /// Runs the guest until something is for the embedder.
    pub(super) fn run<E: Environment>(mut self, env: &mut E, rounds: u64) -> Exit {
        let exit = self.rounds(env, rounds);
        self.sync_state();
        self.go_outside();
        exit
    }

    fn rounds<E: Environment>(&mut self, env: &mut E, mut rounds: u64) -> Exit {
        loop {
            if self.access.block().interrupt().load(Ordering::Relaxed) != 0 && self.interrupted() {
                return Exit::Interrupted;
            }
            if rounds == 0 {
                return Exit::BudgetSpent;
            }
            rounds -= 1;
            if let ControlFlow::Break(exit) = self.round(env) {
                return exit;
            }
        }
    }

    /// Takes the requests to leave; tells whether the embedder made one.
    #[cold]
    fn interrupted(&mut self) -> bool {
        // Acquire: pairs with `InterruptHandle::interrupt`.
        let requests = self.access.block().interrupt().swap(0, Ordering::Acquire);
        // Addresses known so far may be what another vCPU wants to reclaim.
        self.go_outside();
        requests & EMBEDDER != 0
    }

    fn round<E: Environment>(&mut self, env: &mut E) -> ControlFlow<Exit> {
        match self.find(env) {
            Ok(entry) => {
                if self.jit.link {
                    self.enter(env, entry, false);
                    return self.left(env);
                }
                self.enter_for_one_iteration(env, entry)
            }
            Err(Untranslated::Interpret | Untranslated::Refused) => self.interpret(env),
            Err(Untranslated::Cold) => self.interpret_to_branch(env),
            Err(Untranslated::Fetch(fault)) => ControlFlow::Break(Exit::FetchFault(fault)),
        }
    }

    /// Publishes that no code address is known.
    fn go_outside(&mut self) {
        self.known = None;
        self.inside = false;
        self.access.block().go_outside();
    }

    /// Finds the code for the present location, or makes it.
    fn find<E: Environment>(&mut self, env: &mut E) -> Result<Entry, Untranslated> {
        if let Some(entry) = self.known.take() {
            return Ok(entry);
        }
        let host = &self.jit.host;
        if !self.inside {
            // SeqCst: step (1) of "Reclaiming" in `cache::evict`.
            let epoch = host.epoch.load(Ordering::SeqCst);
            self.access.block().go_inside(epoch);
            self.inside = true;
        }
        if self.link.is_none()
            && !core::mem::take(&mut self.missed)
            && let Some(entry) = self
                .access
                .block()
                .jump_cache()
                .get(&host.code, self.location)
        {
            return Ok(entry);
        }
        self.find_shared(env)
    }

    /// The same by the cache that all vCPUs share.
    fn find_shared<E: Environment>(&mut self, env: &mut E) -> Result<Entry, Untranslated> {
        self.stats.lookups += 1;
        // No address is known from here on, so a segment can be reclaimed.
        self.go_outside();
        let jit = self.jit;
        let ticket = {
            let mut cache = jit.cache.lock();
            if let Some(id) = cache.get(self.location)
                && let Some(entry) = cache.entry(id)
            {
                self.arrive(entry);
                if let Some(exit) = self.link.take() {
                    cache.link(&jit.host, exit, id);
                }
                return Ok(entry);
            }
            if cache.is_refused(self.location) {
                self.link = None;
                return Err(Untranslated::Interpret);
            }
            if cache.is_waiting() {
                self.link = None;
                return Err(Untranslated::Interpret);
            }
            if self.scratch.heat.is_cold(self.location, cache.evictions()) {
                self.link = None;
                return Err(Untranslated::Cold);
            }
            cache.ticket()
        };
        let start = env.now();
        let Self {
            guest,
            location,
            link,
            ..
        } = *self;
        let made = jit.translate(guest, self.scratch, env, location, ticket, link);
        self.stats.translation_ns += env.now().saturating_sub(start);
        let id = made.inspect_err(|_| self.link = None)?;
        self.stats.translations += 1;
        let mut cache = jit.cache.lock();
        let link = self.link.take();
        // Another vCPU may have made it forgotten already.
        let entry = cache.entry(id).ok_or(Untranslated::Interpret)?;
        self.arrive(entry);
        if let Some(exit) = link {
            cache.link(&jit.host, exit, id);
        }
        Ok(entry)
    }

    /// Publishes, with the cache's lock held, that `entry` will be entered.
    fn arrive(&mut self, entry: Entry) {
        let host = &self.jit.host;
        let block = self.access.block();
        // Relaxed: the lock orders it.
        block.stay_inside(host.epoch.load(Ordering::Relaxed));
        self.inside = true;
        if self.jit.jump_cache && self.link.is_none() {
            block.jump_cache().fill(&host.code, self.location, entry);
            host.code.list_if_absent(self.location, entry.offset());
        }
    }

    /// Executes generated code until it would go backwards.
    fn enter_for_one_iteration<E: Environment>(
        &mut self,
        env: &mut E,
        entry: Entry,
    ) -> ControlFlow<Exit> {
        if self.jit.host.code.detour().is_some() {
            self.enter(env, entry, true);
            return self.left(env);
        }
        let start = self.location;
        self.access.block().request_leave();
        self.enter(env, entry, false);
        let asked = matches!(self.access.leave(), Leave::Interrupt | Leave::InterruptAt);
        let flow = self.left(env);
        let interrupt = self.access.block().interrupt();
        interrupt.fetch_and(!ENGINE, Ordering::Relaxed);
        if !asked || self.location != start {
            return flow;
        }
        // The unit begins with a loop and may not have begun yet. It can still be
        // entered: the vCPU has not gone outside.
        self.enter(env, entry, false);
        self.left(env)
    }

    /// Executes generated code, or its detour.
    fn enter<E: Environment>(&mut self, env: &mut E, entry: Entry, in_detour: bool) {
        let jit = self.jit;
        if !self.flags_in_context {
            let nzcv = self.access.slot(jit.flags_offset);
            self.access.set_flags(jit.host.backend.import_flags(nzcv));
            let mode = self.guest.float_mode(self.access.state());
            self.access.set_float(jit.host.backend.import_float(mode));
            self.flags_in_context = true;
        }
        self.access.set_location(self.location);
        self.stats.entries += 1;
        let (code, enter) = (&jit.host.code, jit.runtime.enter);
        match jit.lowering {
            Lowering::Window | Lowering::Identity | Lowering::Isolated => {
                self.access.enter(code, enter, entry.offset(), in_detour);
                resume(jit, &mut self.access, &mut self.stats.float_traps);
            }
            Lowering::Callback => {
                let mut scope = Scope {
                    memory: &mut Monitored {
                        memory: env,
                        monitor: self.monitor,
                    },
                    watch: jit,
                    refusal: None,
                };
                self.access.with_scope(&mut scope, |access| {
                    access.enter(code, enter, entry.offset(), in_detour);
                    resume(jit, access, &mut self.stats.float_traps);
                });
                self.refusal = scope.refusal;
            }
        }
    }

    /// Sees to what generated code left for.
    fn left<E: Environment>(&mut self, env: &mut E) -> ControlFlow<Exit> {
        match self.access.leave() {
            Leave::Unlinked => {
                self.follow();
                ControlFlow::Continue(())
            }
            Leave::Indirect => {
                self.stats.indirect_misses += 1;
                self.missed = true;
                self.location = Location(self.access.context().location);
                self.jit.host.code.mark_absent(self.location);
                ControlFlow::Continue(())
            }
            Leave::Interrupt => {
                self.location = Location(self.access.context().location);
                ControlFlow::Continue(())
            }
            Leave::Trap => {
                self.location = Location(self.access.context().location);
                match self.access.trap() {
                    (TrapKind::Interpret, _) => self.interpret(env),
                    (kind, info) => trap(kind, info),
                }
            }
            Leave::Fault => self.fault(env),
            Leave::InterruptAt => {
                self.recover();
                ControlFlow::Continue(())
            }
            Leave::InterpretAt => {
                self.recover();
                self.interpret(env)
            }
        }
    }

    /// Goes on behind an exit that is not linked, and links it if its successor
    /// exists.
    fn follow(&mut self) {
        self.stats.unlinked_exits += 1;
        let jit = self.jit;
        let mut cache = jit.cache.lock();
        let exit = jit
            .host
            .code
            .offset(self.access.context().exit)
            .and_then(|id| cache.exit_at(id));
        let Some(exit) = exit else {
            unreachable!("generated code leaves by an exit of a fragment");
        };
        self.location = exit.target;
        let link = jit.link.then_some(exit);
        match cache.get(exit.target) {
            Some(id) => {
                if let Some(exit) = link {
                    cache.link(&jit.host, exit, id);
                }
                self.known = cache.entry(id);
                // Relaxed: the lock orders it.
                let epoch = jit.host.epoch.load(Ordering::Relaxed);
                self.access.block().stay_inside(epoch);
            }
            None => self.link = link,
        }
    }

    /// Sees to an access that generated code could not make.
    #[cold]
    fn fault<E: Environment>(&mut self, env: &mut E) -> ControlFlow<Exit> {
        self.stats.faults += 1;
        let fault = self.recover();
        let called = self.access.take_callback_fault();
        if !called && self.jit.lowering == Lowering::Isolated && fault.address >> 32 != 0 {
            self.lose_bet(fault.pc);
        }
        if let Some(granule) = self.access.take_claimed() {
            self.monitor.release(granule);
        }
        self.go_outside();
        if called {
            match self.refusal.take() {
                Some(Refusal::Fault(fault)) => return ControlFlow::Break(Exit::Fault(fault)),
                Some(Refusal::Code) => {}
                None => unreachable!("an access function says why it refuses"),
            }
        } else if let Resolution::Retry(ranges) = env.resolve(&fault) {
            for range in &ranges {
                self.jit.invalidate(range);
            }
        }
        // The interpreter makes the access now if the cause is removed, or if it
        // was none: wrapping around the end of the address space, for example.
        let flow = self.interpret(env);
        self.stats.resolved_faults += u64::from(flow.is_continue());
        flow
    }

    /// Takes note that an address has wrapped around, if the access at `pc` was made on
    /// the bet that it would not. The vCPU has not gone outside, so the code is there.
    fn lose_bet(&mut self, pc: u64) {
        let host = &self.jit.host;
        let offset = host.code.offset(pc);
        let lost = offset.and_then(|offset| self.jit.cache.lock().lose(host, offset));
        self.stats.wrapped += u64::from(lost == Some(BetOn::Address));
    }

    /// Rebuilds guest state at a fault from the state map of the host instruction.
    fn recover(&mut self) -> crate::host::HostFault {
        let jit = self.jit;
        let backend = &jit.host.backend;
        let fault = self.access.fault();
        let map = {
            let cache = jit.cache.lock();
            jit.host
                .code
                .offset(fault.pc)
                .and_then(|offset| {
                    let (_, record) = cache.at(offset)?;
                    backend.find_map(&record.maps, offset - record.offset)
                })
                .cloned()
        };
        let Some(map) = map else {
            unreachable!("every host instruction that may fault has a state map");
        };
        let flags = self.access.context().flags;
        let access = &mut self.access;
        let (location, flags) = backend.recover(&map, &fault, flags, &mut |offset, value| {
            access.set_slot(offset, value);
        });
        self.access.set_flags(flags);
        self.location = location;
        fault
    }

    /// Interprets one instruction.
    fn interpret<E: Environment>(&mut self, env: &mut E) -> ControlFlow<Exit> {
        self.sync_state();
        self.step(env)
    }

    /// Interprets until control does not simply go on, or somebody wants the vCPU
    /// to stop.
    fn interpret_to_branch<E: Environment>(&mut self, env: &mut E) -> ControlFlow<Exit> {
        self.sync_state();
        for _ in 0..MAX_COLD {
            let at = self.guest.address(self.location);
            self.step(env)?;
            let forward = self.guest.address(self.location).wrapping_sub(at);
            let asked = self.access.block().interrupt().load(Ordering::Relaxed) != 0;
            if forward == 0 || forward > MAX_STRIDE || asked {
                break;
            }
        }
        ControlFlow::Continue(())
    }

    /// Interprets one instruction, with guest state in order before and after.
    fn step<E: Environment>(&mut self, env: &mut E) -> ControlFlow<Exit> {
        self.stats.interpreted += 1;
        let mut memory = Monitored {
            memory: &mut WatchedMemory { env, jit: self.jit },
            monitor: self.monitor,
        };
        let step = self.guest.step(self.access.state_mut(), &mut memory);
        self.location = self.guest.location(self.access.state());
        stepped(step)
    }

    /// Writes location and flags to guest state.
    fn sync_state(&mut self) {
        self.guest
            .set_location(self.access.state_mut(), self.location);
        if self.flags_in_context {
            let nzcv = self
                .jit
                .host
                .backend
                .export_flags(self.access.context().flags);
            self.access.set_slot(self.jit.flags_offset, nzcv);
            let float = self.access.context().float;
            let raised = self.jit.host.backend.export_float(float);
            self.guest
                .raise_float_flags(self.access.state_mut(), raised);
            self.flags_in_context = false;
        }
    }
}

/// Goes on in generated code while it leaves for no more than a floating-point
/// exception.
fn resume<S, B: Backend, C: CodeMemory>(
    jit: &Jit<B, C>,
    access: &mut Access<'_, S>,
    count: &mut u64,
) {
    let Some(runtime) = jit.runtime.resume.filter(|_| jit.float_traps) else {
        return;
    };
    let code = &jit.host.code;
    while access.leave() == Leave::Fault
        && let Some(offset) = access.float_trap().and_then(|pc| code.offset(pc))
    {
        // The vCPU has not gone outside, so the code stays.
        let lost = jit.cache.lock().lose(&jit.host, offset);
        let Some(BetOn::Float { resume }) = lost else {
            return;
        };
        *count += 1;
        access.enter(code, runtime, resume, false);
    }
}

/// Tells what an interpreted instruction is to the embedder.
pub(super) fn stepped(step: Step) -> ControlFlow<Exit> {
    match step {
        Step::Next => ControlFlow::Continue(()),
        // The interpreter is the last resort.
        Step::Trap {
            kind: TrapKind::Interpret,
            ..
        } => ControlFlow::Break(Exit::Undefined),
        Step::Trap { kind, info } => trap(kind, info),
        Step::Fault(fault) => ControlFlow::Break(Exit::Fault(fault)),
        Step::Fetch(fault) => ControlFlow::Break(Exit::FetchFault(fault)),
    }
}

/// Tells what a trap is to the embedder.
fn trap(kind: TrapKind, info: u32) -> ControlFlow<Exit> {
    ControlFlow::Break(match kind {
        TrapKind::SystemCall => Exit::SystemCall { immediate: info },
        TrapKind::Undefined => Exit::Undefined,
        TrapKind::Breakpoint => Exit::Breakpoint { immediate: info },
        TrapKind::WaitForInterrupt => Exit::WaitForInterrupt,
        TrapKind::WaitForEvent => Exit::WaitForEvent,
        TrapKind::SendEvent => Exit::SendEvent,
        TrapKind::Yield => Exit::Yield,
        TrapKind::HypervisorCall => Exit::HypervisorCall { immediate: info },
        TrapKind::FirmwareCall => Exit::FirmwareCall { immediate: info },
        TrapKind::SystemRegister => Exit::SystemRegister,
        // Looking the location up says what is the matter there.
        TrapKind::Interpret | TrapKind::Fetch | TrapKind::Resynchronise => {
            return ControlFlow::Continue(());
        }
    })
}
