//! A host that is simulated: its code is data, and the function that "executes"
//! it lies where code memory claims to start.
//!
//! A fragment is a word that names its unit, one byte for each IR instruction (so
//! that each has an address), and two words for each exit: where it leads, and
//! where it leads when it is not linked. The simulator defers all writes of state
//! to exits, as a good back end does, and keeps flags inverted, so that an engine
//! that forgets to convert them is found out.
#![allow(
    clippy::cast_possible_truncation,
    reason = "host addresses are words of the host that runs the test"
)]

extern crate std;

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;
use std::collections::HashSet;

use dbt_isa::ops::Access;
use spin::Mutex;

use super::super::enter::EMBEDDER;
use super::toy::{MEMORY, State, Toy};
use crate::guest::{Guest, StateLayout};
use crate::host::{
    Backend, Callees, CodeMemory, CompileError, CompileInput, Environment, ExitSite, Fragment,
    HostFault, HostFaultKind, JumpCacheEntry, Leave, Lowering, Patch, Resolution, Runtime,
    Unwatched, VcpuContext, access_bits,
};
use crate::ir::{Inst, Slot, Target, Terminator, Unit, Value};
use crate::location::Location;
use crate::memory::{AccessKind, FaultCause, Fetch, FetchFault, GuestMemory, MemoryFault};

const UNIT: u64 = 0x554e_4954 << 32;
const LINK: u64 = 0x4c49_4e4b << 32;

/// Everything that hardware would be.
#[derive(Debug)]
pub(super) struct Sim {
    code: Mutex<Vec<u8>>,
    units: Mutex<Vec<Arc<Compiled>>>,
    pub(super) memory: Mutex<Vec<u8>>,
    /// Pages to which generated code cannot store.
    protected: Mutex<HashSet<u64>>,
    /// After how many links the embedder's timer fires.
    pub(super) slice: u32,
}

#[derive(Debug)]
struct Compiled {
    unit: Unit,
    exits: Vec<ExitSite>,
    callees: Callees,
    lowering: Lowering,
}

impl Sim {
    pub(super) fn new(capacity: usize, memory: Vec<u8>, slice: u32) -> Arc<Self> {
        Arc::new(Self {
            code: Mutex::new(vec![0; capacity]),
            units: Mutex::default(),
            memory: Mutex::new(memory),
            protected: Mutex::default(),
            slice,
        })
    }

    fn word(&self, offset: u32) -> u64 {
        let code = self.code.lock();
        u64::from_le_bytes(code[offset as usize..][..8].try_into().unwrap())
    }

    /// Returns the unit whose fragment starts at `offset`.
    fn unit(&self, offset: u32) -> Arc<Compiled> {
        let word = self.word(offset);
        assert_eq!(word & UNIT, UNIT, "only fragments are entered");
        Arc::clone(&self.units.lock()[usize::try_from(word & 0xffff_ffff).unwrap()])
    }

    fn protects(&self, address: u64) -> bool {
        self.protected.lock().contains(&(address / 4096))
    }

    fn access(&self, address: u64, write: Option<u64>) -> Result<u64, MemoryFault> {
        let index = usize::try_from(address).unwrap();
        if address >= MEMORY.into() {
            let kind = match write {
                Some(_) => AccessKind::Write,
                None => AccessKind::Read,
            };
            let cause = FaultCause::Unmapped;
            return Err(MemoryFault {
                address,
                kind,
                cause,
            });
        }
        let mut memory = self.memory.lock();
        let bytes = &mut memory[index..index + 4];
        let old = u32::from_le_bytes(bytes.try_into().unwrap());
        if let Some(value) = write {
            bytes.copy_from_slice(&u32::try_from(value).unwrap().to_le_bytes());
        }
        Ok(old.into())
    }
}

/// Code memory that starts at the address of the simulator.
#[derive(Debug)]
pub(super) struct SimCode(pub(super) Arc<Sim>);

// SAFETY: of what is written here nothing is executed: what lies at the base is a
// function of this crate, which reads the bytes as data, under a lock.
unsafe impl CodeMemory for SimCode {
    fn capacity(&self) -> usize {
        self.0.code.lock().len()
    }
    fn exec_base(&self) -> *const u8 {
        simulate as *const u8
    }
    fn write(&self, offset: usize, bytes: &[u8]) {
        self.0.code.lock()[offset..][..bytes.len()].copy_from_slice(bytes);
    }
    fn publish(&self, _: Range<usize>) {}
}

#[derive(Clone, Debug)]
pub(super) struct SimBackend(pub(super) Arc<Sim>);

/// Which slots are deferred at one instruction: the n-th is in register n.
#[derive(Clone, Debug)]
pub(super) struct Map {
    offset: u32,
    location: Location,
    deferred: Vec<Slot>,
}

const FLAGS: Slot = Slot(8);

// SAFETY: what is entered is `simulate`, which reads what was emitted as data and
// does to the state and the context what generated code may do.
unsafe impl Backend for SimBackend {
    type Map = Map;

    fn emit_runtime(
        &mut self,
        _: &StateLayout,
        _: Lowering,
        _: &Callees,
        code: &mut Vec<u8>,
    ) -> Result<Runtime, CompileError> {
        code.resize(8, 0);
        Ok(Runtime {
            enter: 0,
            fault: 4,
            resume: None,
            absent: 0,
            len: 8,
        })
    }

    fn compile(
        &mut self,
        input: CompileInput<'_>,
        code: &mut Vec<u8>,
    ) -> Result<Fragment<Map>, CompileError> {
        let unit = input.unit;
        let mut targets = Vec::new();
        let mut maps = Vec::new();
        let mut deferred = Vec::new();
        let mut location = Location(0);
        for (index, inst) in unit.insts.iter().enumerate() {
            match *inst {
                Inst::Guest { location: here } => location = here,
                Inst::Set { slot, .. } if !deferred.contains(&slot) => deferred.push(slot),
                Inst::ExitIf {
                    target: Target::Exit(target),
                    ..
                } => targets.push(target),
                Inst::Load { .. } | Inst::Store { .. } => {
                    deferred.sort();
                    maps.push(Map {
                        offset: 8 + u32::try_from(index).unwrap(),
                        location,
                        deferred: deferred.clone(),
                    });
                }
                _ => {}
            }
        }
        if let Terminator::Jump(Target::Exit(target)) = unit.blocks[0].terminator {
            targets.push(target);
        }
        let name = self.0.units.lock().len();
        code.extend((UNIT | name as u64).to_le_bytes());
        code.resize((8 + unit.insts.len()).next_multiple_of(8), 0);
        let mut exits = Vec::new();
        for target in targets {
            let patch = u32::try_from(code.len()).unwrap();
            let unlinked = patch + 8;
            code.extend((LINK | u64::from(input.offset + unlinked)).to_le_bytes());
            code.extend([0xcc; 8]);
            exits.push(ExitSite {
                id: patch + 16,
                patch: Patch {
                    at: patch,
                    unlinked,
                    tag: 0,
                },
                target,
                entry: 0,
                bound: None,
            });
        }
        self.0.units.lock().push(Arc::new(Compiled {
            unit: unit.clone(),
            exits: exits.clone(),
            callees: input.callees.clone(),
            lowering: input.lowering,
        }));
        let len = u32::try_from(code.len()).unwrap();
        Ok(Fragment {
            len,
            exits,
            maps,
            bets: Vec::new(),
            outside: 0,
            entries: [0; 2],
            bound: Vec::new(),
            returns: Vec::new(),
            detour: Vec::new(),
            marks: Vec::new(),
        })
    }

    fn link(&self, _: &Patch, _: u32, to: u32) -> Option<(u64, usize)> {
        Some((LINK | u64::from(to), 8))
    }
    fn import_flags(&self, nzcv: u32) -> u64 {
        !u64::from(nzcv)
    }
    fn export_flags(&self, flags: u64) -> u32 {
        u32::try_from(!flags).expect("flags in the context's form")
    }
    fn find_map<'m>(&self, maps: &'m [Map], offset: u32) -> Option<&'m Map> {
        maps.iter().find(|map| map.offset == offset)
    }
    fn recover(
        &self,
        map: &Map,
        fault: &HostFault,
        mut flags: u64,
        set_slot: &mut dyn FnMut(u32, u32),
    ) -> (Location, u64) {
        for (&slot, &value) in map.deferred.iter().zip(&fault.regs) {
            if slot == FLAGS {
                flags = !value;
            } else {
                set_slot(
                    Toy.layout().slot(slot).offset,
                    u32::try_from(value).unwrap(),
                );
            }
        }
        (map.location, flags)
    }
}

/// How a unit was left.
enum Left {
    /// By this exit.
    Exit(usize),
    /// To this location, found out at run time.
    Indirect(Location),
    /// For the engine.
    Engine(Leave),
}

/// One execution of one fragment.
struct Execution<'a> {
    sim: &'a Sim,
    context: *mut VcpuContext,
    state: *mut State,
    offset: u32,
    values: Vec<u64>,
    deferred: BTreeMap<Slot, u64>,
}

impl Execution<'_> {
    fn value(&self, value: Value) -> u64 {
        self.values[value.index()]
    }

    fn get(&self, slot: Slot) -> u64 {
        if let Some(&value) = self.deferred.get(&slot) {
            return value;
        }
        if slot == FLAGS {
            // SAFETY: generated code may read its context.
            return !unsafe { (*self.context).flags };
        }
        // SAFETY: generated code may read its state.
        unsafe { (*self.state).regs[slot.index()].into() }
    }

    /// Writes everything deferred.
    fn flush(&mut self) {
        for (slot, value) in core::mem::take(&mut self.deferred) {
            if slot == FLAGS {
                // SAFETY: generated code may write to its context.
                unsafe { (*self.context).flags = !value };
            } else {
                // SAFETY: generated code may write to its state.
                unsafe { (*self.state).regs[slot.index()] = u32::try_from(value).unwrap() };
            }
        }
    }

    /// Makes an access; `None` if it cannot be made.
    fn access(
        &mut self,
        compiled: &Compiled,
        access: Access,
        address: u64,
        write: Option<u64>,
    ) -> Option<u64> {
        if compiled.lowering == Lowering::Callback {
            let bits = access_bits(access);
            let result = call(&compiled.callees, self.context, address, bits, write);
            // SAFETY: generated code may read its context.
            return (unsafe { (*self.context).callback_fault } == 0).then_some(result);
        }
        if write.is_some() && self.sim.protects(address) {
            return None;
        }
        self.sim.access(address, write).ok()
    }

    /// Records a fault, as a hook would.
    fn fault(&mut self, index: usize, address: u64, write: bool) {
        let mut fault = HostFault {
            pc: simulate as *const () as usize as u64 + u64::from(self.offset) + 8 + index as u64,
            address,
            kind: match write {
                true => HostFaultKind::Write,
                false => HostFaultKind::Read,
            },
            ..HostFault::default()
        };
        for (reg, (_, &value)) in fault.regs.iter_mut().zip(&self.deferred) {
            *reg = value;
        }
        // SAFETY: generated code does not run while its hook does.
        unsafe { (*self.context).fault = fault };
    }

    fn run(&mut self, compiled: &Compiled) -> Left {
        let mut exit = 0;
        for (index, inst) in compiled.unit.insts.iter().enumerate() {
            let mut result = 0;
            match *inst {
                Inst::Const { bits, .. } => result = bits,
                Inst::Get { slot } => result = self.get(slot),
                Inst::Set { slot, value } => {
                    let value = self.value(value);
                    self.deferred.insert(slot, value);
                }
                Inst::Binary { op, a, b, .. } => {
                    let [a, b] = [a, b].map(|it| u32::try_from(self.value(it)).unwrap());
                    result = op.eval32(a, b).into();
                }
                Inst::Compare { op, a, b, .. } => {
                    let [a, b] = [a, b].map(|it| u32::try_from(self.value(it)).unwrap());
                    result = op.eval32(a, b).into();
                }
                Inst::FlagsFromPsr { a } => result = self.value(a) & 0xf000_0000,
                Inst::FlagsToPsr { a } => result = self.value(a),
                Inst::Load {
                    access, address, ..
                } => {
                    let address = self.value(address);
                    match self.access(compiled, access, address, None) {
                        Some(value) => result = value,
                        None => {
                            self.fault(index, address, false);
                            return Left::Engine(Leave::Fault);
                        }
                    }
                }
                Inst::Store {
                    access,
                    address,
                    value,
                    ..
                } => {
                    let (address, value) = (self.value(address), self.value(value));
                    if self
                        .access(compiled, access, address, Some(value))
                        .is_none()
                    {
                        self.fault(index, address, true);
                        return Left::Engine(Leave::Fault);
                    }
                }
                Inst::ExitIf { condition, .. } => {
                    if self.value(condition) != 0 {
                        return Left::Exit(exit);
                    }
                    exit += 1;
                }
                Inst::Guest { .. } | Inst::Nop => {}
                ref other => panic!("{other:?} is not simulated"),
            }
            self.values.push(result);
        }
        match compiled.unit.blocks[0].terminator {
            Terminator::Jump(_) => Left::Exit(exit),
            Terminator::Indirect { value, .. } => Left::Indirect(Location(self.value(value))),
            Terminator::Trap { kind, info, resume } => {
                // SAFETY: generated code may write to its context.
                let context = unsafe { &mut *self.context };
                (context.trap, context.info) = (kind as u32, info);
                context.location = resume.0;
                Left::Engine(Leave::Trap)
            }
            ref other => panic!("{other:?} is not simulated"),
        }
    }
}

/// Calls one of the engine's access functions.
fn call(
    callees: &Callees,
    context: *mut VcpuContext,
    address: u64,
    bits: u64,
    write: Option<u64>,
) -> u64 {
    let pointer = |address: u64| core::ptr::with_exposed_provenance::<()>(address as usize);
    if let Some(value) = write {
        let store = pointer(callees.store);
        // SAFETY: `Callees` says what the function is.
        let store: extern "C" fn(*mut VcpuContext, u64, u64, u64) =
            unsafe { core::mem::transmute(store) };
        store(context, address, bits, value);
        return 0;
    }
    let load = pointer(callees.load);
    // SAFETY: as above.
    let load: extern "C" fn(*mut VcpuContext, u64, u64) -> u64 =
        unsafe { core::mem::transmute(load) };
    load(context, address, bits)
}

/// The runtime's `enter`: executes fragments until one leaves.
extern "C" fn simulate(state: *mut State, code: *const u8) {
    let context = state
        .cast::<u8>()
        .wrapping_sub(VcpuContext::size())
        .cast::<VcpuContext>();
    // SAFETY: the context lies before the state.
    let window = unsafe { (*context).window };
    // SAFETY: the window of `SimEnv` is its `Sim`.
    let sim = unsafe { &*core::ptr::with_exposed_provenance::<Sim>(window as usize) };
    let base = simulate as *const () as usize;
    let mut offset = u32::try_from(code.addr() - base).unwrap();
    let mut slice = sim.slice;
    loop {
        let compiled = sim.unit(offset);
        let mut execution = Execution {
            sim,
            context,
            state,
            offset,
            values: Vec::new(),
            deferred: BTreeMap::new(),
        };
        let left = execution.run(&compiled);
        if !matches!(left, Left::Engine(Leave::Fault)) {
            execution.flush();
        }
        assert!(
            Arc::ptr_eq(&compiled, &sim.unit(offset)),
            "code is overwritten while it is executed"
        );
        let fragment = (base + offset as usize) as u64;
        let leave = match left {
            Left::Exit(index) => {
                let site = &compiled.exits[index];
                let word = sim.word(offset + site.patch.at);
                assert_eq!(word & LINK, LINK);
                let to = u32::try_from(word & 0xffff_ffff).unwrap();
                if to == offset + site.patch.unlinked {
                    // SAFETY: generated code may write to its context.
                    unsafe { (*context).exit = fragment + u64::from(site.id) };
                    Some(Leave::Unlinked)
                } else {
                    offset = to;
                    poll(context, sim, site.target, &mut slice)
                }
            }
            Left::Indirect(location) => match probe(context, location) {
                Some(code) => {
                    offset = u32::try_from(code - base as u64).unwrap();
                    poll(context, sim, location, &mut slice)
                }
                None => {
                    // SAFETY: generated code may write to its context.
                    unsafe { (*context).location = location.0 };
                    Some(Leave::Indirect)
                }
            },
            Left::Engine(leave) => Some(leave),
        };
        if let Some(leave) = leave {
            // SAFETY: generated code may write to its context.
            unsafe { (*context).leave = leave };
            return;
        }
    }
}

/// Polls the interrupt flag; the timer sets it when the slice is over.
fn poll(
    context: *mut VcpuContext,
    sim: &Sim,
    location: Location,
    slice: &mut u32,
) -> Option<Leave> {
    use core::sync::atomic::Ordering::Relaxed;
    // SAFETY: the field is atomic.
    let interrupt = unsafe { &(*context).interrupt };
    if *slice == 0 {
        *slice = sim.slice;
        interrupt.fetch_or(EMBEDDER, Relaxed);
    }
    *slice -= 1;
    if interrupt.load(Relaxed) == 0 {
        return None;
    }
    // SAFETY: generated code may write to its context.
    unsafe { (*context).location = location.0 };
    Some(Leave::Interrupt)
}

/// Looks into the jump cache, as generated code does.
fn probe(context: *mut VcpuContext, location: Location) -> Option<u64> {
    use core::sync::atomic::AtomicU64;
    use core::sync::atomic::Ordering::Acquire;
    // SAFETY: generated code may read its context.
    let entries = unsafe { (*context).jump_cache };
    let entry = entries.wrapping_add(JumpCacheEntry::index(location));
    // SAFETY: the entry is in the jump cache, whose words are atomic.
    let tag = unsafe { &*entry.cast::<AtomicU64>() };
    // SAFETY: as above; `code` is the second word.
    let code = unsafe { &*entry.cast::<AtomicU64>().wrapping_add(1) };
    (tag.load(Acquire) == location.0).then(|| code.load(Acquire))
}

/// An environment whose pages stay protected once code was translated from them:
/// stores to them are left to the interpreter, for ever.
#[derive(Debug)]
pub(super) struct SimEnv {
    pub(super) sim: Arc<Sim>,
    pub(super) lowering: Lowering,
}

impl Fetch for SimEnv {
    fn fetch16(&mut self, _: u64) -> Result<u16, FetchFault> {
        unreachable!("the toy's instructions are words")
    }
    fn fetch32(&mut self, address: u64) -> Result<u32, FetchFault> {
        match self.sim.access(address, None) {
            Ok(word) => Ok(u32::try_from(word).unwrap()),
            Err(fault) => Err(FetchFault {
                address: fault.address,
                cause: fault.cause,
            }),
        }
    }
}

impl GuestMemory for SimEnv {
    fn load(&mut self, _: Access, address: u64) -> Result<u64, MemoryFault> {
        self.sim.access(address, None)
    }
    fn store(&mut self, _: Access, address: u64, value: u64) -> Result<(), MemoryFault> {
        self.sim.access(address, Some(value)).map(|_| ())
    }
    fn compare_exchange(
        &mut self,
        _: Access,
        address: u64,
        _: u64,
        _: u64,
    ) -> Result<u64, MemoryFault> {
        self.sim.access(address, None)
    }
}

impl Environment for SimEnv {
    fn lowering(&self) -> Lowering {
        self.lowering
    }
    fn window(&self) -> u64 {
        Arc::as_ptr(&self.sim).expose_provenance() as u64
    }
    fn protect(&mut self, range: Range<u64>) -> Result<(), Unwatched> {
        if self.lowering == Lowering::Window {
            self.sim.protected.lock().insert(range.start / 4096);
        }
        Ok(())
    }
    fn guarded<R>(
        &mut self,
        _: *mut VcpuContext,
        code: Range<u64>,
        resume: u64,
        body: impl FnOnce(&mut Self) -> R,
    ) -> R {
        assert!(code.contains(&resume));
        body(self)
    }
    fn resolve(&mut self, fault: &HostFault) -> Resolution {
        if fault.kind == HostFaultKind::Write && self.sim.protects(fault.address) {
            let stale = fault.address..fault.address + 4;
            return Resolution::Retry(core::iter::once(stale).collect());
        }
        // What the engine makes of it is the interpreter's word.
        let cause = FaultCause::Permission;
        Resolution::Fault(MemoryFault {
            address: !0,
            kind: AccessKind::Read,
            cause,
        })
    }
}
