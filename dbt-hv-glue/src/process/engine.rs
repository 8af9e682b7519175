//! An engine whose translations follow a window.

use alloc::sync::{Arc, Weak};
use core::fmt;
use core::ops::{Deref, Range};

use dbt_core::engine::{Engine, Vcpu};
use dbt_core::guest::Guest;
use dbt_core::host::{Backend, CodeMemory};
use dbt_mmu::Translations;

use super::{AlreadyAttached, Error, ProcessCode, ProcessMemory, Window};

/// An engine and the window whose code it translates.
///
/// Whatever changes the window's memory (the guest on any thread, a system call, a
/// new mapping) makes the engine forget what it had translated from there.
///
/// Locks, outermost first: the window's, the engine's compiler, the engine's cache.
/// The engine calls its environment, and through it the window, with none of its
/// own held.
pub struct WindowEngine<G, B: Backend, C> {
    window: Arc<Window>,
    engine: Engine<G, B, C>,
}

impl<G, B, C> WindowEngine<G, B, C>
where
    G: Guest<State: Send + 'static> + Send + Sync + 'static,
    B: Backend<Map: Send> + Clone + Send + Sync + 'static,
    C: CodeMemory + Send + Sync + 'static,
{
    /// Attaches `engine` to `window`.
    ///
    /// # Errors
    ///
    /// [`AlreadyAttached`] when the window has an engine.
    pub fn new(window: Arc<Window>, engine: Engine<G, B, C>) -> Result<Arc<Self>, AlreadyAttached> {
        let this = Arc::new(Self { window, engine });
        let translations: Weak<dyn Translations + Send + Sync> = Arc::<Self>::downgrade(&this);
        this.window.attach(translations)?;
        Ok(this)
    }

    /// Returns the window.
    pub fn window(&self) -> &Arc<Window> {
        &self.window
    }

    /// Makes the current thread's environment for [`Engine::run`].
    ///
    /// # Errors
    ///
    /// As [`ProcessMemory::new`].
    pub fn memory(&self) -> Result<ProcessMemory, Error> {
        ProcessMemory::new(Arc::clone(&self.window))
    }
}

impl<G, B> WindowEngine<G, B, ProcessCode>
where
    G: Guest<State: Send + 'static> + Send + Sync + 'static,
    B: Backend<Map: Send> + Clone + Send + Sync + 'static,
{
    /// Calls `fork`, which returns zero in a new process that is a copy of this one
    /// with only the current thread, and something else here. Returns what it
    /// returned.
    ///
    /// Every operation of the window and the engine on other threads is complete, or
    /// has not begun, in the copy. There `vcpu` is the only one left, and code memory
    /// is the child's own.
    ///
    /// # Errors
    ///
    /// Returns the host's error when it has no memory for the child's code; `fork`
    /// has not been called then. If the host changes its mind in the child, the child
    /// aborts: it has no code to run and no way to say so.
    pub fn across_fork(&self, vcpu: &Vcpu<G>, fork: &mut dyn FnMut() -> i32) -> Result<i32, Error> {
        let pid = self.window.quiesce(|| {
            self.engine.quiesce(|code| {
                let code = match code {
                    Some(code) => Some((code, code.copy()?)),
                    None => None,
                };
                let pid = fork();
                if let Some((code, copy)) = code
                    && pid == 0
                {
                    // SAFETY: the engine is quiet, so nothing was written since the copy was
                    // made, and there is no other thread.
                    if unsafe { code.adopt(copy) }.is_err() {
                        std::process::abort();
                    }
                }
                Ok::<i32, Error>(pid)
            })
        })?;
        if pid == 0 {
            self.engine.keep_only(vcpu);
        }
        Ok(pid)
    }
}

impl<G, B: Backend, C> Deref for WindowEngine<G, B, C> {
    type Target = Engine<G, B, C>;

    fn deref(&self) -> &Self::Target {
        &self.engine
    }
}

impl<G: Guest, B: Backend, C: CodeMemory> Translations for WindowEngine<G, B, C> {
    fn forget(&self, bytes: Range<u64>) {
        self.engine.invalidate(bytes);
    }
}

impl<G, B: Backend, C> fmt::Debug for WindowEngine<G, B, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WindowEngine")
            .field("window", &self.window.base())
            .field("engine", &self.engine)
            .finish()
    }
}
