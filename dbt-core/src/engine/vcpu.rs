//! One guest CPU.

use alloc::sync::Arc;
use core::fmt;

use super::Kick;
use super::enter::{Block, EMBEDDER, Owner};
use super::translate::Scratch;
use crate::guest::Guest;
use crate::monitor::GlobalMonitor;
use crate::stats::VcpuStats;

/// One guest CPU: its state, and what the engine keeps for it.
///
/// Made by [`Engine::vcpu`](super::Engine::vcpu), run by that engine only. It may
/// move between threads between runs.
pub struct Vcpu<G: Guest> {
    pub(super) owner: Owner<G::State>,
    pub(super) scratch: Scratch,
    pub(super) stats: VcpuStats,
    /// The monitor of the engine that made it, which tells engines apart too.
    pub(super) engine: Arc<GlobalMonitor>,
}

impl<G: Guest> Vcpu<G> {
    pub(super) fn new(
        state: G::State,
        scratch: Scratch,
        engine: Arc<GlobalMonitor>,
        kick: Option<Kick>,
    ) -> Self {
        Self {
            owner: Owner::new(state, engine.base(), kick),
            scratch,
            stats: VcpuStats::default(),
            engine,
        }
    }

    /// Returns the guest's state.
    #[must_use]
    pub fn state(&self) -> &G::State {
        self.owner.state()
    }

    /// Returns the guest's state, to change it between runs.
    pub fn state_mut(&mut self) -> &mut G::State {
        self.owner.access().into_state_mut()
    }

    /// Returns what the vCPU has done so far.
    #[must_use]
    pub const fn stats(&self) -> VcpuStats {
        self.stats
    }
}

impl<G: Guest<State: Send + 'static>> Vcpu<G> {
    /// Returns a handle by which any thread, a signal handler included, makes
    /// the vCPU return from [`Engine::run`](super::Engine::run).
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        InterruptHandle {
            vcpu: Arc::<Block<G::State>>::clone(self.owner.block()),
        }
    }
}

impl<G: Guest<State: fmt::Debug>> fmt::Debug for Vcpu<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vcpu")
            .field("state", self.state())
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

/// Makes a vCPU return. Cheap to clone; it keeps the vCPU's memory alive, nothing
/// more.
#[derive(Clone)]
pub struct InterruptHandle {
    vcpu: Arc<dyn Interruptible>,
}

impl InterruptHandle {
    /// Asks the vCPU to return with
    /// [`Exit::Interrupted`](crate::exit::Exit::Interrupted): at its next loop
    /// head or exit if it runs, else as soon as it is run. Requests before it
    /// returns count as one.
    ///
    /// It is safe in a signal handler.
    pub fn interrupt(&self) {
        self.vcpu.interrupt();
    }
}

impl fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterruptHandle").finish_non_exhaustive()
    }
}

trait Interruptible: Send + Sync {
    fn interrupt(&self);
}

impl<S: Send> Interruptible for Block<S> {
    fn interrupt(&self) {
        // What the embedder made pending comes before; pairs with the dispatcher's
        // swap.
        self.request(EMBEDDER);
    }
}
