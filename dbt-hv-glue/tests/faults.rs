//! Faults of generated code, seen from its registers to the guest's event.
//!
//! The code is assembled by hand and addresses the window as a back end does,
//! through the `gs` base and a 32-bit register.
#![allow(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(all(feature = "process", target_os = "linux", target_arch = "x86_64"))]

use core::cell::{Cell, RefCell};
use core::ops::Range;
use core::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};

use dbt_core::host::CodeMemory;
use dbt_hv_glue::process::{
    Access, Backing, Fault, FaultHandler, FaultKind, FaultScope, GuestFault, HostContext,
    Placement, ProcessCode, Prot, Verdict, Window, WindowFault, gs_base,
};
use dbt_mmu::{Page, Translations};

/// Number of `rax`, `rcx` and `rdx` in encodings.
const RAX: usize = 0;
const RCX: usize = 1;
const RDX: usize = 2;

/// What generated code looks like to its caller: `rdx` holds a value to store and
/// `rcx` a guest address.
type Entry = extern "sysv64" fn(u64, u64, u64, u64) -> u64;

/// `mov eax, gs:[ecx]; ret`
const LOAD: &[u8] = &[0x65, 0x67, 0x8b, 0x01, 0xc3];

/// `mov gs:[ecx], edx; mov eax, 1; ret`
const STORE: &[u8] = &[0x65, 0x67, 0x89, 0x11, 0xb8, 1, 0, 0, 0, 0xc3];

/// `ret`, where faults exit to.
const EXIT: &[u8] = &[0xc3];

/// `mov rsi, rsp; xor esp, esp; mov eax, gs:[ecx]`, followed by `STACK_EXIT`.
const WILD_STACK: &[u8] = &[0x48, 0x89, 0xe6, 0x31, 0xe4, 0x65, 0x67, 0x8b, 0x01];

/// `mov rsp, rsi; ret`
const STACK_EXIT: &[u8] = &[0x48, 0x89, 0xf4, 0xc3];

/// A window, code memory, and where the code goes.
struct Machine {
    window: Window,
    code: ProcessCode,
    used: Cell<usize>,
}

impl Machine {
    fn new() -> Self {
        Self {
            window: Window::new().unwrap(),
            code: ProcessCode::new(4096).unwrap(),
            used: Cell::new(0),
        }
    }

    /// Appends code and returns its executable address.
    fn emit(&self, bytes: &[u8]) -> usize {
        let at = self.used.get();
        self.code.write(at, bytes);
        self.used.set(at + bytes.len());
        self.code.publish(at..at + bytes.len());
        self.code.exec_base().wrapping_add(at).addr()
    }

    fn map(&self, addr: u32, prot: Prot) {
        let placement = Placement::Fixed;
        self.window
            .map(addr, 4096, prot, Backing::Anonymous, placement)
            .unwrap();
    }

    fn code_range(&self) -> Range<usize> {
        let base = self.code.exec_base().addr();
        base..base + self.code.capacity()
    }

    /// Runs the code at `entry` with faults going to `handler`.
    fn run(&self, entry: usize, addr: u32, value: u32, handler: &dyn FaultHandler) -> u64 {
        // SAFETY: the range holds only code of these tests, which tolerates any change
        // of `rax` and resumption at its exits; the scope is dropped here.
        let _scope = unsafe { FaultScope::new(self.code_range(), handler) }.unwrap();
        self.enter(entry, addr, value)
    }

    fn enter(&self, entry: usize, addr: u32, value: u32) -> u64 {
        let exec = self.code.exec_base();
        let entry = exec.with_addr(entry);
        // SAFETY: nothing else on a test's thread uses the segment.
        unsafe { gs_base::ensure(self.window.base().addr()) };
        // SAFETY: the code follows the calling convention of this type.
        let entry = unsafe { core::mem::transmute::<*const u8, Entry>(entry) };
        entry(0, 0, value.into(), addr.into())
    }
}

/// A handler that turns guest faults into an exit with `rax == 0xdead`.
fn engine<'a>(
    machine: &'a Machine,
    exit: usize,
    seen: &'a RefCell<Vec<GuestFault>>,
) -> impl Fn(&mut HostContext<'_>, &Fault) -> Verdict + 'a {
    move |context, fault| match machine.window.host_fault(fault) {
        WindowFault::Retry { .. } => Verdict::Resume,
        WindowFault::Guest(fault) => {
            seen.borrow_mut().push(fault);
            context.set_gpr(RAX, 0xdead);
            context.set_pc(exit);
            Verdict::Resume
        }
        WindowFault::Elsewhere => Verdict::NotMine,
    }
}

/// A load from nowhere arrives with the registers of the load, and exits where the
/// handler says; a mapped one just works.
#[test]
fn an_unmapped_load_becomes_a_guest_fault() {
    let machine = Machine::new();
    let (load, exit) = (machine.emit(LOAD), machine.emit(EXIT));
    let seen = RefCell::default();
    let inner = engine(&machine, exit, &seen);
    let handler = |context: &mut HostContext<'_>, fault: &Fault| {
        assert_eq!(context.pc(), load);
        assert_eq!(context.gpr(RCX), 0x1234_5678);
        assert_eq!(context.gpr(RDX), 77);
        assert!(context.mxcsr().is_some() && context.xmm(15).is_some());
        assert!(!fault.write && !fault.bus);
        assert_eq!(
            fault.address,
            Some(machine.window.base().addr() + 0x1234_5678)
        );
        inner(context, fault)
    };
    assert_eq!(machine.run(load, 0x1234_5678, 77, &handler), 0xdead);
    let (addr, access) = (0x1234_5678, Access::Read);
    let kind = FaultKind::Unmapped;
    assert_eq!(*seen.borrow(), [GuestFault { addr, access, kind }]);

    machine.map(0x1234_5000, Prot::READ);
    assert_eq!(machine.run(load, 0x1234_5678, 77, &handler), 0);
}

/// Stores to read-only pages are protection faults, and accesses that run out of
/// the window end in its guard.
#[test]
fn protection_and_guards_fault() {
    let machine = Machine::new();
    let (load, store) = (machine.emit(LOAD), machine.emit(STORE));
    let exit = machine.emit(EXIT);
    machine.map(0x1_0000, Prot::READ);
    machine.map(0xffff_f000, Prot::READ);
    let seen = RefCell::default();
    let handler = engine(&machine, exit, &seen);
    assert_eq!(machine.run(store, 0x1_0000, 1, &handler), 0xdead);
    assert_eq!(machine.run(load, 0xffff_fffe, 1, &handler), 0xdead);
    let read_only = GuestFault {
        addr: 0x1_0000,
        access: Access::Write,
        kind: FaultKind::Protection,
    };
    let beyond = GuestFault {
        addr: 0,
        access: Access::Read,
        kind: FaultKind::Unmapped,
    };
    assert_eq!(*seen.borrow(), [read_only, beyond]);
}

/// A file that shrinks under generated code is a bus fault.
#[test]
fn a_truncated_file_is_a_bus_fault() {
    use std::os::fd::AsFd as _;
    let machine = Machine::new();
    let (load, exit) = (machine.emit(LOAD), machine.emit(EXIT));
    let file = rustix::fs::memfd_create("test", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
    rustix::fs::ftruncate(&file, 4096).unwrap();
    let (fd, offset, shared) = (file.as_fd(), 0, true);
    let backing = Backing::File { fd, offset, shared };
    let placement = Placement::Fixed;
    machine
        .window
        .map(0x1_0000, 4096, Prot::READ, backing, placement)
        .unwrap();
    rustix::fs::ftruncate(&file, 0).unwrap();
    let seen = RefCell::default();
    let handler = engine(&machine, exit, &seen);
    assert_eq!(machine.run(load, 0x1_0010, 0, &handler), 0xdead);
    let (addr, access, kind) = (0x1_0010, Access::Read, FaultKind::Bus);
    assert_eq!(*seen.borrow(), [GuestFault { addr, access, kind }]);
}

/// The signal stack makes the generated code's own stack irrelevant.
#[test]
fn a_fault_with_a_wild_stack_pointer_is_survived() {
    let machine = Machine::new();
    let entry = machine.emit(WILD_STACK);
    let exit = machine.emit(STACK_EXIT);
    let seen = RefCell::default();
    let handler = engine(&machine, exit, &seen);
    assert_eq!(machine.run(entry, 0x5000, 0, &handler), 0xdead);
}

struct Count(AtomicU32);

impl Translations for Count {
    fn forget(&self, _: Range<u64>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A store to a page with translated code forgets the translations and then
/// happens, without the guest's knowledge.
#[test]
fn a_store_to_a_code_page_invalidates_and_retires() {
    let machine = Machine::new();
    let (store, exit) = (machine.emit(STORE), machine.emit(EXIT));
    machine.map(0x1_0000, Prot::all());
    let forgotten = Arc::new(Count(AtomicU32::new(0)));
    let weak = Arc::downgrade(&forgotten);
    machine.window.attach(weak).unwrap();
    let page = Page::containing(0x1_0000);
    let ticket = machine.window.code_pages().protect(page).unwrap();

    let seen = RefCell::default();
    let handler = engine(&machine, exit, &seen);
    assert_eq!(machine.run(store, 0x1_0040, 0x55aa, &handler), 1);
    assert_eq!(machine.window.read_obj::<u32>(0x1_0040), Ok(0x55aa));
    assert_eq!(forgotten.0.load(Ordering::Relaxed), 1);
    assert!(
        machine
            .window
            .code_pages()
            .publish(&[ticket], || ())
            .is_none()
    );
    assert_eq!(machine.run(store, 0x1_0044, 1, &handler), 1);
    assert_eq!(
        forgotten.0.load(Ordering::Relaxed),
        1,
        "the page is released"
    );
    assert!(seen.borrow().is_empty());
}

/// Two engines on one thread each get their own faults, in whatever order their
/// scopes end; the one that passes leaves it to the other.
#[test]
fn engines_share_a_thread() {
    let (a, b) = (Machine::new(), Machine::new());
    let exits = [a.emit(EXIT), b.emit(EXIT)];
    let loads = [a.emit(LOAD), b.emit(LOAD)];
    let seen = [RefCell::default(), RefCell::default()];
    let (for_a, for_b) = (
        engine(&a, exits[0], &seen[0]),
        engine(&b, exits[1], &seen[1]),
    );
    let passes = |_: &mut HostContext<'_>, _: &Fault| Verdict::NotMine;
    // SAFETY: the ranges hold code of these tests only; the scopes are dropped.
    let outer = unsafe { FaultScope::new(a.code_range(), &for_a) }.unwrap();
    // SAFETY: as above.
    let inner = unsafe { FaultScope::new(b.code_range(), &for_b) }.unwrap();
    // SAFETY: as above.
    let passing = unsafe { FaultScope::new(a.code_range(), &passes) }.unwrap();
    assert_eq!(a.enter(loads[0], 0x1000, 0), 0xdead);
    assert_eq!(b.enter(loads[1], 0x1000, 0), 0xdead);
    drop(inner);
    assert_eq!(a.enter(loads[0], 0x1000, 0), 0xdead);
    drop(passing);
    assert_eq!(a.enter(loads[0], 0x1000, 0), 0xdead);
    drop(outer);
    assert_eq!(seen.each_ref().map(|s| s.borrow().len()), [3, 1]);
}

/// A handler may itself run into faults of guest memory.
#[test]
fn copies_inside_a_handler_may_fault() {
    let machine = Machine::new();
    let (load, exit) = (machine.emit(LOAD), machine.emit(EXIT));
    let file = rustix::fs::memfd_create("test", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
    let fd = std::os::fd::AsFd::as_fd(&file);
    let (offset, shared) = (0, true);
    let backing = Backing::File { fd, offset, shared };
    let placement = Placement::Fixed;
    machine
        .window
        .map(0x1_0000, 4096, Prot::READ, backing, placement)
        .unwrap();
    let handler = |context: &mut HostContext<'_>, _: &Fault| {
        let fault = machine.window.read_obj::<u64>(0x1_0000).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Bus);
        context.set_pc(exit);
        context.set_gpr(RAX, 0xbeef);
        Verdict::Resume
    };
    assert_eq!(machine.run(load, 0, 0, &handler), 0xbeef);
}

/// Threads with engines of their own fault in parallel, each into its own engine.
#[test]
fn threads_fault_in_parallel() {
    const THREADS: u32 = 4;
    let start = Barrier::new(THREADS as usize);
    std::thread::scope(|s| {
        for id in 0..THREADS {
            let start = &start;
            s.spawn(move || {
                let machine = Machine::new();
                let (load, exit) = (machine.emit(LOAD), machine.emit(EXIT));
                let seen = RefCell::default();
                let handler = engine(&machine, exit, &seen);
                start.wait();
                for round in 0..2_000 {
                    let addr = id << 28 | round << 4;
                    assert_eq!(machine.run(load, addr, 0, &handler), 0xdead);
                }
                let seen = seen.borrow();
                assert_eq!(seen.len(), 2_000);
                assert!(seen.iter().all(|fault| fault.addr >> 28 == id));
            });
        }
    });
}

/// vCPUs that translate from, write to and remap one page never wedge or fault.
#[test]
fn vcpus_fight_over_a_page() {
    let machine = Machine::new();
    let entry = machine.emit(STORE);
    machine.map(0x1_0000, Prot::all());
    let page = Page::containing(0x1_0000);
    let Machine { window, code, .. } = &machine;
    let range = machine.code_range();
    std::thread::scope(|s| {
        for id in 0..2_u32 {
            let range = range.clone();
            s.spawn(move || {
                let handler = |_: &mut HostContext<'_>, fault: &Fault| {
                    assert!(matches!(
                        window.host_fault(fault),
                        WindowFault::Retry { .. }
                    ));
                    Verdict::Resume
                };
                // SAFETY: the range holds code of these tests only; the scope is dropped.
                let _scope = unsafe { FaultScope::new(range, &handler) }.unwrap();
                // SAFETY: nothing else on this thread uses the segment.
                unsafe { gs_base::ensure(window.base().addr()) };
                let entry = code.exec_base().with_addr(entry);
                // SAFETY: the code follows the calling convention of this type.
                let entry = unsafe { core::mem::transmute::<*const u8, Entry>(entry) };
                for round in 0..3_000_u32 {
                    let addr = 0x1_0000 + 4 * id;
                    entry(0, 0, round.into(), addr.into());
                    assert_eq!(window.read_obj::<u32>(addr), Ok(round));
                }
            });
        }
        s.spawn(|| {
            for _ in 0..6_000 {
                let _ = window.code_pages().protect(page).unwrap();
            }
        });
        s.spawn(|| {
            for round in 0..1_000 {
                let prot = if round % 2 == 0 {
                    Prot::READ | Prot::WRITE
                } else {
                    Prot::all()
                };
                window.protect(0x1_0000, 4096, prot).unwrap();
            }
        });
    });
}
