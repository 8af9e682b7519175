//! A window as the engine sees it.

use alloc::sync::Arc;
use core::fmt;
use core::marker::PhantomData;
use core::ops::Range;
use core::sync::atomic::{Ordering, fence};
use std::time::Instant;

use dbt_core::host::{
    Environment, HostFault, HostFaultKind, Lowering, Resolution, Unwatched, VcpuContext,
};
use dbt_core::memory::{AccessKind, FaultCause, Fetch, FetchFault, GuestMemory, MemoryFault};
use dbt_isa::ops;

use super::single::{self, Stopped};
use super::window::code_page;
use super::{
    Access, Error, Fault, FaultHandler, FaultKind, FaultScope, GuestFault, HostContext, Space,
    Verdict, Window, WindowFault, alt_stack, fault, page_size, segment::Segment,
};

/// One vCPU's way to a window: the [`Environment`] of an engine in a process.
///
/// Each thread that runs a vCPU has its own, made there. Generated code reaches
/// guest memory at the window's base (on x86-64 through the `gs` segment); the interpreter reaches it with single
/// instructions that survive a fault. Nothing is looked up for an access that the
/// host's MMU lets pass.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use dbt_core::memory::GuestMemory;
/// use dbt_hv_glue::process::{Backing, Placement, ProcessMemory, Prot, Window};
/// use dbt_isa::ops::{Access, Size};
///
/// let window = Arc::new(Window::new()?);
/// let data = Prot::READ | Prot::WRITE;
/// window.map(0x8000, 4096, data, Backing::Anonymous, Placement::Fixed)?;
///
/// let mut memory = ProcessMemory::new(window)?;
/// memory.store(Access::new(Size::Word), 0x8002, 42).unwrap();
/// assert_eq!(memory.load(Access::new(Size::Half), 0x8002), Ok(42));
/// assert!(memory.load(Access::new(Size::Word), 0x8ffe).is_err());
/// # Ok::<(), dbt_hv_glue::process::Error>(())
/// ```
pub struct ProcessMemory {
    window: Arc<Window>,
    /// What [`Environment::now`] counts from, if it counts.
    start: Option<Instant>,
    /// The signal stack belongs to the thread.
    thread: PhantomData<*const ()>,
}

impl ProcessMemory {
    /// Makes the current thread's way to `window`.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] when the host denies a signal stack.
    pub fn new(window: Arc<Window>) -> Result<Self, Error> {
        fault::install()?;
        alt_stack::ensure()?;
        Ok(Self {
            window,
            start: None,
            thread: PhantomData,
        })
    }

    /// Has time measured for statistics, which costs about 50 ns per translation.
    #[must_use]
    pub fn with_clock(mut self) -> Self {
        self.start = Some(Instant::now());
        self
    }

    /// Returns the window.
    #[must_use]
    pub fn window(&self) -> &Arc<Window> {
        &self.window
    }

    /// Repeats `attempt` until it succeeds or the guest is to see why it does not.
    #[inline]
    fn access<R>(
        &self,
        addr: u32,
        size: ops::Size,
        kind: AccessKind,
        attempt: impl Fn(*mut u8) -> Result<R, Stopped>,
    ) -> Result<R, MemoryFault> {
        let host = self.window.base().wrapping_add(addr as usize);
        loop {
            match attempt(host) {
                Ok(result) => return Ok(result),
                Err(stopped) => self.see_to(addr, size, kind, stopped)?,
            }
        }
    }

    /// Removes the cause of a fault, or says that it is the guest's.
    #[cold]
    fn see_to(
        &self,
        addr: u32,
        size: ops::Size,
        kind: AccessKind,
        stopped: Stopped,
    ) -> Result<(), MemoryFault> {
        // Which of two pages the host names is its own affair.
        self.check(addr, size, kind)?;
        let fault = Fault {
            address: Some(stopped.address),
            write: kind == AccessKind::Write,
            bus: stopped.bus,
            float: false,
        };
        match self.window.host_fault(&fault) {
            WindowFault::Retry { .. } => Ok(()),
            WindowFault::Guest(fault) => Err(memory_fault(fault)),
            WindowFault::Elsewhere => unreachable!("a guest address lies in the window"),
        }
    }

    /// Finds the first byte of an access that the page table does not allow.
    fn check(&self, addr: u32, size: ops::Size, kind: AccessKind) -> Result<(), MemoryFault> {
        let last = addr.wrapping_add(size.bytes() - 1);
        let access = match kind {
            AccessKind::Read => Access::Read,
            AccessKind::Write => Access::Write,
            AccessKind::Fetch => Access::Fetch,
        };
        let page = |addr: u32| addr & !(page_size() - 1);
        let second = (page(last) != page(addr)).then_some(page(last));
        for addr in core::iter::once(addr).chain(second) {
            self.window
                .permits(addr, access)
                .map_err(|kind| memory_fault(GuestFault { addr, access, kind }))?;
        }
        Ok(())
    }

    /// Makes an access byte by byte that wraps round at the end of memory.
    #[cold]
    fn wrapping(
        &mut self,
        size: ops::Size,
        addr: u32,
        kind: AccessKind,
        mut byte: impl FnMut(&mut Self, u64, u32) -> Result<(), MemoryFault>,
    ) -> Result<(), MemoryFault> {
        self.check(addr, size, kind)?;
        (0..size.bytes()).try_for_each(|at| byte(self, addr.wrapping_add(at).into(), 8 * at))
    }

    /// Fetches `size` bytes that do not cross a page.
    #[inline]
    fn fetch(&self, size: ops::Size, address: u64) -> Result<u64, FetchFault> {
        let addr = truncate(address);
        let fault = |kind| FetchFault {
            address,
            cause: cause(kind),
        };
        let host = self.window.base().wrapping_add(addr as usize);
        // SAFETY: the bytes lie in the window, whose existence proves that the hook is
        // installed.
        let attempt = || unsafe { single::load(size, host) };
        self.window.permits(addr, Access::Fetch).map_err(fault)?;
        attempt().or_else(|_| {
            // Another thread is changing the page, or there is nothing behind it.
            self.window.space().settled(|| {
                self.window.permits(addr, Access::Fetch).map_err(fault)?;
                attempt().map_err(|_| fault(FaultKind::Bus))
            })
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "instructions are at most words; guest addresses wrap"
)]
impl Fetch for ProcessMemory {
    #[inline]
    fn fetch16(&mut self, address: u64) -> Result<u16, FetchFault> {
        self.fetch(ops::Size::Half, address).map(|half| half as u16)
    }

    #[inline]
    fn fetch32(&mut self, address: u64) -> Result<u32, FetchFault> {
        self.fetch(ops::Size::Word, address).map(|word| word as u32)
    }
}

impl GuestMemory for ProcessMemory {
    #[inline]
    fn load(&mut self, access: ops::Access, address: u64) -> Result<u64, MemoryFault> {
        let (addr, size, kind) = (truncate(address), access.size, AccessKind::Read);
        if access.aligned {
            aligned(addr, access, kind)?;
        }
        if wraps(addr, size) {
            let mut value = 0;
            let how = ops::Access::new(ops::Size::Byte);
            self.wrapping(size, addr, kind, |memory, at, shift| {
                value |= memory.load(how, at)? << shift;
                Ok(())
            })?;
            return Ok(value);
        }
        // SAFETY: the bytes lie in the window, whose existence proves that the hook is
        // installed.
        self.access(addr, size, kind, |host| unsafe { single::load(size, host) })
    }

    #[inline]
    fn store(&mut self, access: ops::Access, address: u64, value: u64) -> Result<(), MemoryFault> {
        let (addr, size, kind) = (truncate(address), access.size, AccessKind::Write);
        if access.aligned {
            aligned(addr, access, kind)?;
        }
        if wraps(addr, size) {
            let how = ops::Access::new(ops::Size::Byte);
            return self.wrapping(size, addr, kind, |memory, at, shift| {
                memory.store(how, at, value >> shift)
            });
        }
        // SAFETY: as in `load`.
        self.access(addr, size, kind, |host| unsafe {
            single::store(size, host, value)
        })?;
        if access.ordered {
            // A later load that is ordered must not overtake it.
            fence(Ordering::SeqCst);
        }
        Ok(())
    }

    #[inline]
    fn compare_exchange(
        &mut self,
        access: ops::Access,
        address: u64,
        expected: u64,
        new: u64,
    ) -> Result<u64, MemoryFault> {
        let (addr, size, kind) = (truncate(address), access.size, AccessKind::Write);
        aligned(addr, ops::Access::new(size).aligned(), kind)?;
        // SAFETY: as in `load`.
        self.access(addr, size, kind, |host| unsafe {
            single::compare_exchange(size, host, expected, new)
        })
    }
}

impl Environment for ProcessMemory {
    fn lowering(&self) -> Lowering {
        self.window.lowering()
    }

    fn window(&self) -> u64 {
        self.window.base().addr() as u64
    }

    fn protect(&mut self, range: Range<u64>) -> Result<(), Unwatched> {
        let page = page_size();
        let start = range.start & !u64::from(page - 1);
        for start in (start..range.end).step_by(page as usize) {
            let protected = self.window.code_pages().protect(code_page(start));
            // The engine knows by itself which pages changed since.
            let _ = protected.map_err(|_| Unwatched)?;
        }
        Ok(())
    }

    fn thread(&self) -> u64 {
        // The host has let us install a handler before.
        fault::thread().unwrap_or_else(|error| unreachable!("a second handler: {error}"))
    }

    fn takes_float_traps(&self) -> bool {
        true
    }

    fn now(&self) -> u64 {
        self.start.map_or(0, |start| {
            u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
        })
    }

    fn guarded<R>(
        &mut self,
        context: *mut VcpuContext,
        code: Range<u64>,
        resume: u64,
        body: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let code = host_address(code.start)..host_address(code.end);
        let window = Arc::clone(&self.window);
        let handler = Guard {
            space: window.space(),
            code: code.start,
            resume: host_address(resume),
            context,
        };
        // SAFETY: the engine says that only its generated code is there, and that it
        // expects at `resume` what it had at the fault. The scope is dropped below.
        let scope = match unsafe { FaultScope::new(code, &handler) } {
            Ok(scope) => scope,
            Err(_) => unreachable!("`new` installed the hook and the signal stack"),
        };
        let segment = Segment::enter(self.window.base().addr());
        let result = body(self);
        drop((segment, scope));
        result
    }

    fn resolve(&mut self, fault: &HostFault) -> Resolution {
        let fault = Fault {
            address: Some(host_address(fault.address)),
            write: fault.kind == HostFaultKind::Write,
            // The interpreter repeats the access and meets the signal itself.
            bus: false,
            float: false,
        };
        match self.window.host_fault(&fault) {
            // Translations were forgotten through the window already.
            WindowFault::Retry { .. } | WindowFault::Elsewhere => {
                Resolution::Retry(alloc::vec::Vec::new())
            }
            WindowFault::Guest(fault) => Resolution::Fault(memory_fault(fault)),
        }
    }
}

impl fmt::Debug for ProcessMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessMemory")
            .field("window", &self.window.base())
            .finish_non_exhaustive()
    }
}

/// What is done for the faults of a vCPU's generated code, and for kicks.
struct Guard<'a> {
    space: &'a Space,
    /// Where the code starts.
    code: usize,
    /// Where it resumes after a fault.
    resume: usize,
    context: *mut VcpuContext,
}

impl FaultHandler for Guard<'_> {
    fn fault(&self, host: &mut HostContext<'_>, fault: &Fault) -> Verdict {
        let address = match fault.address {
            Some(address) if self.space.is_near(address) => address,
            None if fault.float => 0,
            _ => return Verdict::NotMine,
        };
        let kind = match (fault.float, fault.write) {
            (true, _) => HostFaultKind::Float,
            (_, true) => HostFaultKind::Write,
            _ => HostFaultKind::Read,
        };
        record(host, address, kind, self.context);
        host.set_pc(self.resume);
        Verdict::Resume
    }

    fn jumped_to_zero(&self, host: &mut HostContext<'_>) -> Verdict {
        // SAFETY: `Environment::guarded` is given the context of the vCPU that the thread
        // runs, and nobody writes the field while it does.
        let directory = unsafe { (*self.context).directory };
        // SAFETY: likewise.
        let absent = unsafe { (*self.context).absent };
        let holds = |wanted: u64| (0..HostContext::REGISTERS).any(|n| host.gpr(n) == wanted);
        if absent == 0 || !holds(directory) || !holds(self.context.addr() as u64) {
            return Verdict::NotMine;
        }
        host.set_pc(host_address(absent));
        Verdict::Resume
    }

    fn kicked(&self, host: &mut HostContext<'_>) {
        // SAFETY: `Environment::guarded` is given the context of the vCPU whose code was
        // interrupted on this thread, and nobody writes the field while it runs.
        let detour = unsafe { (*self.context).detour } as usize;
        let pc = host.pc();
        if pc - self.code < detour {
            host.set_pc(pc + detour);
        }
    }
}

/// Writes what the engine wants to know of a fault. What is no register of this host
/// stays: generated code keeps there what its state maps need.
fn record(host: &HostContext<'_>, address: usize, kind: HostFaultKind, context: *mut VcpuContext) {
    // SAFETY: `Environment::guarded` is given the context of the vCPU whose code was
    // interrupted on this thread, and nobody refers to `fault` while it runs.
    let fault = unsafe { &mut (*context).fault };
    fault.pc = host.pc() as u64;
    fault.flags = host.flags();
    fault.address = address as u64;
    fault.kind = kind;
    for (n, reg) in fault
        .regs
        .iter_mut()
        .enumerate()
        .take(HostContext::REGISTERS)
    {
        *reg = host.gpr(n);
    }
}

fn memory_fault(fault: GuestFault) -> MemoryFault {
    MemoryFault {
        address: fault.addr.into(),
        kind: match fault.access {
            Access::Read => AccessKind::Read,
            Access::Write => AccessKind::Write,
            Access::Fetch => AccessKind::Fetch,
        },
        cause: cause(fault.kind),
    }
}

fn cause(kind: FaultKind) -> FaultCause {
    match kind {
        FaultKind::Unmapped => FaultCause::Unmapped,
        FaultKind::Protection => FaultCause::Permission,
        FaultKind::Bus => FaultCause::External,
    }
}

#[inline]
fn aligned(addr: u32, access: ops::Access, kind: AccessKind) -> Result<(), MemoryFault> {
    if addr.is_multiple_of(access.alignment()) {
        return Ok(());
    }
    Err(MemoryFault {
        address: addr.into(),
        kind,
        cause: FaultCause::Alignment,
    })
}

/// Tells whether an access continues at address zero.
#[inline]
fn wraps(addr: u32, size: ops::Size) -> bool {
    addr.checked_add(size.bytes() - 1).is_none()
}

#[expect(clippy::cast_possible_truncation, reason = "guest addresses wrap")]
#[inline]
fn truncate(address: u64) -> u32 {
    address as u32
}

#[expect(clippy::cast_possible_truncation, reason = "the host has 64 bits")]
#[inline]
fn host_address(address: u64) -> usize {
    address as usize
}

#[cfg(test)]
mod tests;
