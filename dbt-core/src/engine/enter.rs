//! Guest state as generated code sees it, and the way in and out of generated
//! code.
//!
//! This module and its child hold all unsafe code of the engine. What they rely on
//! and cannot check is what the implementers of the unsafe traits
//! [`Backend`](crate::host::Backend) (*Entry*, *Confined*, *Inside*, *Valid*,
//! *Patchable*, *Alike*) and [`CodeMemory`](crate::host::CodeMemory) promise.

pub(super) mod callback;

use alloc::sync::Arc;
use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::mem::offset_of;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::Kick;
use crate::cache::code::{Code, Offset};
use crate::cache::jump_cache::JumpCache;
use crate::cache::{OUTSIDE, Watcher};
use crate::host::{CodeMemory, HostFault, HostFaultKind, Leave, VcpuContext};
use crate::ir::TrapKind;
use crate::location::Location;

/// In [`VcpuContext::interrupt`]: the embedder wants the vCPU back.
pub(super) const EMBEDDER: u32 = 1;
/// In [`VcpuContext::interrupt`]: the engine wants the vCPU in the dispatcher.
pub(super) const ENGINE: u32 = 2;

/// What generated code addresses: the context with the state behind it.
#[repr(C)]
struct Frame<S> {
    context: VcpuContext,
    state: S,
}

/// One vCPU's memory. It stays in place for as long as anybody knows of it.
///
/// # Invariants
///
/// - *Owned*: only the [`Vcpu`](super::Vcpu) that made it, and generated code
///   entered through it, touch the frame, except for the context's `interrupt`,
///   which anybody may set.
/// - *Behind*: the state lies `VcpuContext::size()` bytes behind the start of the
///   frame.
pub(super) struct Block<S> {
    frame: UnsafeCell<Frame<S>>,
    jump_cache: JumpCache,
    inside: AtomicU64,
    /// Makes the thread leave generated code that does not poll.
    kick: Option<Kick>,
    /// The thread that runs the vCPU, as `kick` knows it, or zero.
    thread: AtomicU64,
}

// SAFETY: by *Owned*, what another thread reaches through a shared `Block` is
// `interrupt`, `jump_cache` and `inside`, which are atomic. The state is dropped
// by whoever drops the last `Arc`, hence `Send`.
unsafe impl<S: Send> Sync for Block<S> {}
// SAFETY: the context's pointers lead to the block's own jump cache, and to a
// scope of `run` that has ended when the block can be moved to another thread.
unsafe impl<S: Send> Send for Block<S> {}

impl<S> fmt::Debug for Block<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Block")
            .field("inside", &self.inside)
            .finish_non_exhaustive()
    }
}

impl<S: Send> Watcher for Block<S> {
    fn jump_cache(&self) -> &JumpCache {
        &self.jump_cache
    }

    fn inside(&self) -> u64 {
        self.inside.load(Ordering::SeqCst)
    }

    fn request_leave(&self) {
        self.request(ENGINE);
    }
}

impl<S> Block<S> {
    /// Makes a vCPU's memory around its state. `tags` is where the global monitor's
    /// are.
    fn new(state: S, tags: u64, kick: Option<Kick>) -> Arc<Self> {
        const {
            // *Behind*.
            assert!(
                offset_of!(Frame<S>, state) == VcpuContext::size(),
                "guest state is aligned to at most sixteen bytes"
            );
        }
        let jump_cache = JumpCache::new();
        let mut context = VcpuContext::new();
        context.jump_cache = jump_cache.as_ptr();
        context.tags = tags;
        Arc::new(Self {
            frame: UnsafeCell::new(Frame { context, state }),
            jump_cache,
            inside: AtomicU64::new(OUTSIDE),
            kick,
            thread: AtomicU64::new(0),
        })
    }

    /// Returns a pointer to the context, good for the whole frame.
    pub(super) fn context(&self) -> *mut VcpuContext {
        self.frame.get().cast()
    }

    /// Returns a pointer to the state, good for the whole frame.
    fn state_ptr(&self) -> *mut S {
        self.context().wrapping_byte_add(VcpuContext::size()).cast()
    }

    /// Returns the flag that generated code polls.
    pub(super) fn interrupt(&self) -> &AtomicU32 {
        // SAFETY: the pointer is to the live frame; the field is atomic, so that
        // the reference may be shared with generated code and other threads.
        unsafe { &(*self.context()).interrupt }
    }

    /// Asks the vCPU to leave generated code, for one of the reasons above.
    pub(super) fn request(&self, reason: u32) {
        // SeqCst: a thread that is not named yet reads the flag after it is. Release is
        // what `InterruptHandle::interrupt` needs.
        self.interrupt().fetch_or(reason, Ordering::SeqCst);
        let thread = self.thread.load(Ordering::SeqCst);
        if let Some(kick) = self.kick
            && thread != 0
        {
            kick(thread);
        }
    }

    /// Says which thread runs the vCPU from now on; zero for none.
    pub(super) fn set_thread(&self, thread: u64) {
        self.thread.store(thread, Ordering::SeqCst);
    }

    /// Publishes that generated code may be executed from now on. A target is
    /// looked up without the lock only afterwards; see `cache::evict`.
    pub(super) fn go_inside(&self, epoch: u64) {
        // SeqCst, and a full barrier: step (2) of "Reclaiming".
        self.inside.swap(epoch, Ordering::SeqCst);
    }

    /// The same with the cache's lock held, which orders it.
    pub(super) fn stay_inside(&self, epoch: u64) {
        self.inside.store(epoch, Ordering::Release);
    }

    /// Publishes that no generated code is executed, and no address of any is
    /// known.
    pub(super) fn go_outside(&self) {
        // Release: what was executed comes before; pairs with `inside`.
        self.inside.store(OUTSIDE, Ordering::Release);
    }
}

/// The one owner of a block.
///
/// # Invariants
///
/// - *Sole*: there is one `Owner` per block, so that a borrow of it is a borrow of
///   the frame (except for `interrupt`).
pub(super) struct Owner<S> {
    block: Arc<Block<S>>,
    /// The state is reached through `self`, so it decides what may be shared.
    _state: PhantomData<S>,
}

impl<S> Owner<S> {
    /// Makes a vCPU's memory around its state. `tags` is where the global monitor's
    /// are.
    pub(super) fn new(state: S, tags: u64, kick: Option<Kick>) -> Self {
        Self {
            block: Block::new(state, tags, kick),
            _state: PhantomData,
        }
    }

    /// Returns the block to share.
    pub(super) fn block(&self) -> &Arc<Block<S>> {
        &self.block
    }

    /// Returns the guest state.
    pub(super) fn state(&self) -> &S {
        // SAFETY: by *Sole*, nobody writes to the state while `self` is borrowed,
        // and the pointer is to the live frame.
        unsafe { &*self.block.state_ptr() }
    }

    /// Uses the frame.
    pub(super) fn access(&mut self) -> Access<'_, S> {
        Access { block: &self.block }
    }
}

/// Exclusive use of a block's frame while generated code does not run.
///
/// # Invariants
///
/// - *Exclusive*: nobody else touches the frame (except `interrupt`) during the
///   life of this value, because it borrows the block's owner (*Sole*).
pub(super) struct Access<'a, S> {
    block: &'a Block<S>,
}

impl<'a, S> Access<'a, S> {
    /// Returns the block.
    pub(super) const fn block(&self) -> &'a Block<S> {
        self.block
    }

    /// Returns the guest state.
    pub(super) fn state(&self) -> &S {
        // SAFETY: *Exclusive*, and the pointer is to the live frame.
        unsafe { &*self.block.state_ptr() }
    }

    /// Returns the guest state.
    pub(super) fn state_mut(&mut self) -> &mut S {
        // SAFETY: *Exclusive*, and the pointer is to the live frame; the context
        // and its `interrupt` are not part of the state.
        unsafe { &mut *self.block.state_ptr() }
    }

    /// Returns the guest state for as long as the owner is borrowed.
    pub(super) fn into_state_mut(self) -> &'a mut S {
        // SAFETY: as in `state_mut`, and `self` is gone.
        unsafe { &mut *self.block.state_ptr() }
    }

    /// Returns the context as generated code left it.
    pub(super) fn context(&self) -> &VcpuContext {
        // SAFETY: *Exclusive*; `interrupt` is atomic, so it may change behind a
        // shared reference.
        unsafe { &*self.block.context() }
    }

    /// Sets where the guest's window is.
    pub(super) fn set_window(&mut self, window: u64) {
        // SAFETY: *Exclusive*, and no reference to the context exists.
        unsafe { (*self.block.context()).window = window }
    }

    /// Sets the flags as generated code expects them.
    pub(super) fn set_flags(&mut self, flags: u64) {
        // SAFETY: *Exclusive*, and no reference to the context exists.
        unsafe { (*self.block.context()).flags = flags }
    }

    /// Sets the floating-point rounding and flags as generated code expects
    /// them.
    pub(super) fn set_float(&mut self, float: u32) {
        // SAFETY: *Exclusive*, and no reference to the context exists.
        unsafe { (*self.block.context()).float = float }
    }

    /// Sets where the guest is, for when generated code is left at once.
    pub(super) fn set_location(&mut self, location: Location) {
        // SAFETY: *Exclusive*, and no reference to the context exists.
        unsafe { (*self.block.context()).location = location.0 }
    }

    /// Sets how far above generated code its detour lies.
    pub(super) fn set_detour(&mut self, detour: u32) {
        // SAFETY: *Exclusive*, and no reference to the context exists.
        unsafe { (*self.block.context()).detour = detour }
    }

    /// Sets where the directory is, and where code resumes that it lacks.
    pub(super) fn set_directory(&mut self, directory: u64, absent: u64) {
        // SAFETY: *Exclusive*, and no reference to the context exists.
        unsafe { (*self.block.context()).directory = directory }
        // SAFETY: likewise.
        unsafe { (*self.block.context()).absent = absent }
    }

    /// Returns why generated code left.
    pub(super) fn leave(&self) -> Leave {
        self.context().leave
    }

    /// Returns why generated code trapped, with the particulars.
    pub(super) fn trap(&self) -> (TrapKind, u32) {
        let context = self.context();
        (context.trap_kind(), context.info)
    }

    /// Returns the host address of the instruction that has raised a floating-point
    /// exception, if it is that which has been recorded.
    pub(super) fn float_trap(&self) -> Option<u64> {
        let fault = &self.context().fault;
        (fault.kind == HostFaultKind::Float).then_some(fault.pc)
    }

    /// Returns what was recorded of a fault.
    pub(super) fn fault(&self) -> HostFault {
        self.context().fault
    }

    /// Tells whether the fault is a callback's, and forgets it.
    pub(super) fn take_callback_fault(&mut self) -> bool {
        // SAFETY: *Exclusive*, and no reference to the context exists.
        let flag = unsafe { &mut (*self.block.context()).callback_fault };
        core::mem::take(flag) != 0
    }

    /// Returns where the tag of a granule is that generated code has claimed and not
    /// freed, and forgets it.
    pub(super) fn take_claimed(&mut self) -> Option<u64> {
        // SAFETY: *Exclusive*, and no reference to the context exists.
        let claimed = unsafe { &mut (*self.block.context()).claimed };
        Some(core::mem::take(claimed)).filter(|claimed| *claimed != 0)
    }

    /// Reads the four bytes of state at `offset`.
    ///
    /// # Panics
    ///
    /// If they are outside the state, or not aligned.
    pub(super) fn slot(&self, offset: u32) -> u32 {
        let slot = self.slot_ptr(offset);
        // SAFETY: *Exclusive*; `slot_ptr` checked bounds and alignment, and that
        // the state is plain at its slots is the guest's contract.
        unsafe { slot.read() }
    }

    /// Writes the four bytes of state at `offset`.
    ///
    /// # Panics
    ///
    /// If they are outside the state, or not aligned.
    pub(super) fn set_slot(&mut self, offset: u32, value: u32) {
        let slot = self.slot_ptr(offset);
        // SAFETY: as in `slot`.
        unsafe { slot.write(value) }
    }

    fn slot_ptr(&self, offset: u32) -> *mut u32 {
        let offset = offset as usize;
        let in_bounds = offset
            .checked_add(size_of::<u32>())
            .is_some_and(|end| end <= size_of::<S>());
        assert!(
            in_bounds && offset.is_multiple_of(4) && align_of::<S>() >= 4,
            "a slot lies in the state"
        );
        self.block.state_ptr().wrapping_byte_add(offset).cast()
    }

    /// Enters generated code at `at` by the runtime's function at `enter`, and returns
    /// when it leaves. The block is *inside* since before the place was looked up (see
    /// `cache::evict`), so that the code there is not reclaimed.
    pub(super) fn enter<C: CodeMemory>(
        &mut self,
        code: &Code<C>,
        enter: Offset,
        at: Offset,
        in_detour: bool,
    ) {
        let pointer = code.pointer(enter, false);
        // SAFETY: a back end emitted the functions there, which are of this type by
        // its *Entry*, and the code memory holds it unchanged by *Exclusive*.
        let enter: extern "C" fn(*mut S, *const u8) = unsafe { core::mem::transmute(pointer) };
        enter(self.block.state_ptr(), code.pointer(at, in_detour));
    }
}

impl<S> fmt::Debug for Access<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.block, f)
    }
}
