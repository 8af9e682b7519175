//! One guest program: what its threads share, and how it starts and ends.

mod end;
mod start;
#[cfg(test)]
mod tests;

use std::ffi::{CString, OsString};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use end::finish_thread;
pub use start::StartError;
pub(crate) use start::{Program, start};

use crate::cpu::Engine;
use crate::linux::Sysroot;
use crate::linux::signal::Actions;
use crate::memory::Space;

/// The heap that `brk` moves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heap {
    /// Where it starts.
    pub(crate) start: u32,
    /// The program break.
    pub(crate) end: u32,
}

/// What the threads of a program share.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) space: Arc<Space>,
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) sysroot: Sysroot,
    pub(crate) strace: bool,
    pub(crate) stats: bool,
    /// Our own options, for the programs that this one executes.
    pub(crate) own_args: Vec<OsString>,
    /// The program's file, as the guest would name it.
    pub(crate) path: PathBuf,
    /// `argv`, for `/proc/self/cmdline`.
    pub(crate) args: Vec<CString>,
    /// For `/proc/self/auxv`.
    pub(crate) auxv: Vec<u8>,
    actions: Mutex<Actions>,
    heap: Mutex<Heap>,
    threads: AtomicUsize,
}

impl Process {
    pub(crate) fn space(&self) -> &Space {
        &self.space
    }

    pub(crate) fn actions(&self) -> MutexGuard<'_, Actions> {
        self.actions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn heap(&self) -> MutexGuard<'_, Heap> {
        self.heap.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A process with memory and nothing in it.
    #[cfg(test)]
    pub(crate) fn bare(space: Arc<Space>, engine: Arc<dyn Engine>) -> Self {
        Self {
            space,
            engine,
            sysroot: Sysroot::default(),
            strace: false,
            stats: false,
            own_args: Vec::new(),
            path: "/bin/guest".into(),
            args: vec![c"guest".to_owned()],
            auxv: Vec::new(),
            actions: Mutex::new(Actions::inherited()),
            heap: Mutex::new(Heap {
                start: 0x40_0000,
                end: 0x40_0000,
            }),
            threads: AtomicUsize::new(1),
        }
    }

    /// Counts a new thread.
    pub(crate) fn thread_begins(&self) {
        // Relaxed: a count only; the threads' data is ordered by the mutexes.
        self.threads.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a thread that is done; whether it was the last.
    pub(crate) fn thread_ends(&self) -> bool {
        // AcqRel pairs with itself: the last one sees what the others did.
        self.threads.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// In a forked child: only the calling thread is left.
    pub(crate) fn only_one_thread_left(&self) {
        self.threads.store(1, Ordering::Relaxed);
    }

    /// Whether this thread has company.
    pub(crate) fn is_threaded(&self) -> bool {
        self.threads.load(Ordering::Relaxed) > 1
    }
}
