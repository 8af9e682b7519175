//! Where the host's signal handler leaves what arrived, for the thread's loop.
//!
//! The handler may run at any instruction of the thread, so everything here is
//! an atomic, and the handler neither allocates nor locks. There is one slot for
//! each signal: a second one of the same number replaces the first, as standard
//! signals do in Linux; queued real-time signals lose their queue.

use std::cell::Cell;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::Info;
use crate::cpu::Interrupt;
use crate::linux::abi::signal::SigInfo;

/// Words of a `siginfo` that are carried over.
const WORDS: usize = 5;

#[derive(Debug, Default)]
struct Slot {
    code: AtomicU32,
    words: [AtomicU32; WORDS],
}

/// One thread's mailbox.
pub(crate) struct Mailbox {
    /// Not zero when something arrived since the last look.
    flag: AtomicU32,
    /// One bit for each signal, `1 << (signal - 1)`.
    pending: AtomicU64,
    slots: [Slot; 64],
    interrupt: Arc<dyn Interrupt>,
}

thread_local! {
    /// The running thread's mailbox. Constant initialisation and no destructor:
    /// reading it in a signal handler is a plain load.
    static CURRENT: Cell<*const Mailbox> = const { Cell::new(ptr::null()) };
}

impl Mailbox {
    pub(crate) fn new(interrupt: Arc<dyn Interrupt>) -> Self {
        Self {
            flag: AtomicU32::new(0),
            pending: AtomicU64::new(0),
            slots: std::array::from_fn(|_| Slot::default()),
            interrupt,
        }
    }

    /// The word that says whether to look; read before entering the kernel.
    pub(crate) fn flag(&self) -> &AtomicU32 {
        &self.flag
    }

    /// Leaves a signal and stops the core. Async-signal-safe.
    pub(crate) fn post(&self, signal: i32, code: i32, words: [u32; WORDS]) {
        let Some(slot) = usize::try_from(signal - 1)
            .ok()
            .and_then(|n| self.slots.get(n))
        else {
            return;
        };
        slot.code.store(code.cast_unsigned(), Ordering::Relaxed);
        for (to, word) in slot.words.iter().zip(words) {
            to.store(word, Ordering::Relaxed);
        }
        // Release pairs with the acquire in `take`: the slot is filled.
        self.pending.fetch_or(super::bit(signal), Ordering::Release);
        self.flag.store(1, Ordering::Release);
        self.interrupt.interrupt();
    }

    /// Takes the lowest pending signal that `mask` lets through.
    pub(crate) fn take(&self, mask: u64) -> Option<Info> {
        // Cleared before the look: what arrives later sets it again.
        self.flag.store(0, Ordering::Relaxed);
        let ready = self.pending.load(Ordering::Acquire) & !mask;
        if ready == 0 {
            return None;
        }
        let signal = ready.trailing_zeros().cast_signed() + 1;
        self.pending
            .fetch_and(!super::bit(signal), Ordering::Acquire);
        let slot = &self.slots[signal as usize - 1];
        let mut fields = [0; 29];
        for (field, word) in fields.iter_mut().zip(&slot.words) {
            *field = word.load(Ordering::Relaxed);
        }
        let code = slot.code.load(Ordering::Relaxed).cast_signed();
        Some(Info(SigInfo {
            signo: signal,
            errno: 0,
            code,
            fields,
        }))
    }

    /// Returns the pending signals.
    pub(crate) fn pending(&self) -> u64 {
        self.pending.load(Ordering::Acquire)
    }

    /// Forgets pending signals, when their action becomes "ignore".
    pub(crate) fn discard(&self, signal: i32) {
        self.pending
            .fetch_and(!super::bit(signal), Ordering::Relaxed);
    }
}

/// Makes a mailbox the current thread's; null for none.
pub(super) fn set_current(mailbox: *const Mailbox) {
    CURRENT.with(|current| current.set(mailbox));
}

/// Runs `f` with the current thread's mailbox. Async-signal-safe if `f` is.
pub(super) fn with_current(f: impl FnOnce(&Mailbox)) {
    let mailbox = CURRENT.with(Cell::get);
    // SAFETY: `State` sets the pointer to a mailbox that it owns and to null before it drops
    // it, on this very thread.
    if let Some(mailbox) = unsafe { mailbox.as_ref() } {
        f(mailbox);
    }
}
