//! What the engine costs around generated code, with a host that does nothing.
//!
//! `system_call` is one return to the embedder and back in: the price of each
//! system call. `indirect_miss` is what an indirect branch pays that the jump
//! cache cannot answer, by the number of its targets; watch 64, because larger
//! sets also miss the host's caches. `translate` is the engine's share of one
//! translation of eight instructions: everything but lifting and compiling.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use core::hint::black_box;
use core::ops::Range;
use std::sync::Mutex;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dbt_core::engine::{Config, Engine};
use dbt_core::exit::{Budget, Exit};
use dbt_core::guest::{Guest, HelperFn, SlotInfo, StateLayout, Step};
use dbt_core::host::{
    Backend, Callees, CodeMemory, CompileError, CompileInput, Environment, Fragment, HostFault,
    Leave, Lowering, Patch, Resolution, Runtime, Unwatched, VcpuContext,
};
use dbt_core::ir::{Builder, Slot, Target, Terminator, TrapKind, Ty};
use dbt_core::location::Location;
use dbt_core::memory::{AccessKind, FaultCause, Fetch, FetchFault, GuestMemory, MemoryFault};
use dbt_isa::ops::Access;

/// The guest decides what its "code" does.
#[derive(Default)]
#[repr(C)]
struct State {
    flags: u32,
    pc: u32,
    /// With how many targets it branches; none means system calls.
    targets: u32,
}

struct Idle;

impl Guest for Idle {
    type State = State;
    fn layout(&self) -> &'static StateLayout {
        &StateLayout {
            slots: &[SlotInfo {
                name: "flags",
                ty: Ty::Flags,
                offset: 0,
            }],
            hot: &[],
            flags: Slot(0),
            float_status: None,
            float_rules: dbt_core::ir::FloatRules::Own,
            vector_operands: None,
            aligned: None,
        }
    }
    fn helpers(&self) -> &'static [HelperFn<State>] {
        &[]
    }
    fn location(&self, state: &State) -> Location {
        Location::new(state.pc, 0)
    }
    fn set_location(&self, state: &mut State, location: Location) {
        state.pc = location.pc_bits();
    }
    fn address(&self, location: Location) -> u64 {
        location.0
    }
    fn lift(
        &self,
        fetch: &mut dyn Fetch,
        location: Location,
        ir: &mut Builder<'_>,
    ) -> Result<(), FetchFault> {
        let entry = ir.reserve();
        ir.begin(entry, Some(location));
        for index in 0..8 {
            black_box(fetch.fetch32(location.0 + 4 * index)?);
        }
        ir.end(Terminator::Jump(Target::Exit(location)));
        Ok(())
    }
    fn step(&self, _: &mut State, _: &mut dyn GuestMemory) -> Step {
        Step::Next
    }
}

/// The runtime's `enter`.
extern "C" fn idle(state: *mut State, _: *const u8) {
    // SAFETY: the engine enters with the state of a vCPU that runs nothing else.
    let state = unsafe { &mut *state };
    let context = core::ptr::from_mut(state)
        .wrapping_byte_sub(VcpuContext::size())
        .cast::<VcpuContext>();
    let (leave, location) = if state.targets == 0 {
        (Leave::Trap, state.pc)
    } else {
        state.pc = (state.pc + 2) % (2 * state.targets);
        // All share one entry of the jump cache, so that it is never hit.
        (Leave::Indirect, state.pc << 12)
    };
    // SAFETY: the context lies before the state.
    unsafe { (*context).leave = leave };
    // SAFETY: as above.
    unsafe { (*context).trap = TrapKind::SystemCall as u32 };
    // SAFETY: as above.
    unsafe { (*context).location = location.into() };
}

#[derive(Clone)]
struct Null;

// SAFETY: what is entered is `idle`, which leaves at once as a runtime does; what is
// emitted is never executed.
unsafe impl Backend for Null {
    type Map = ();
    fn emit_runtime(
        &mut self,
        _: &StateLayout,
        _: Lowering,
        _: &Callees,
        code: &mut Vec<u8>,
    ) -> Result<Runtime, CompileError> {
        code.push(0);
        Ok(Runtime::default())
    }
    fn compile(
        &mut self,
        _: CompileInput<'_>,
        code: &mut Vec<u8>,
    ) -> Result<Fragment<()>, CompileError> {
        code.resize(200, 0);
        Ok(Fragment::default())
    }
    fn link(&self, _: &Patch, _: u32, to: u32) -> Option<(u64, usize)> {
        Some((to.into(), 4))
    }
    fn import_flags(&self, nzcv: u32) -> u64 {
        nzcv.into()
    }
    fn export_flags(&self, _: u64) -> u32 {
        0
    }
    fn find_map<'m>(&self, _: &'m [()], _: u32) -> Option<&'m ()> {
        None
    }
    fn recover(
        &self,
        (): &(),
        _: &HostFault,
        flags: u64,
        _: &mut dyn FnMut(u32, u32),
    ) -> (Location, u64) {
        (Location(0), flags)
    }
}

struct Memory(Mutex<Vec<u8>>);

// SAFETY: nothing that is written here is executed; what lies at the base is a
// function of this file.
unsafe impl CodeMemory for Memory {
    fn capacity(&self) -> usize {
        1 << 22
    }
    fn exec_base(&self) -> *const u8 {
        idle as *const u8
    }
    fn write(&self, offset: usize, bytes: &[u8]) {
        if let Ok(mut memory) = self.0.lock() {
            memory[offset..][..bytes.len()].copy_from_slice(bytes);
        }
    }
    fn publish(&self, _: Range<usize>) {}
}

struct Env;

const FAULT: MemoryFault = MemoryFault {
    address: 0,
    kind: AccessKind::Read,
    cause: FaultCause::Unmapped,
};

impl Fetch for Env {
    fn fetch16(&mut self, _: u64) -> Result<u16, FetchFault> {
        Ok(0)
    }
}

impl GuestMemory for Env {
    fn load(&mut self, _: Access, _: u64) -> Result<u64, MemoryFault> {
        Err(FAULT)
    }
    fn store(&mut self, _: Access, _: u64, _: u64) -> Result<(), MemoryFault> {
        Err(FAULT)
    }
    fn compare_exchange(&mut self, _: Access, _: u64, _: u64, _: u64) -> Result<u64, MemoryFault> {
        Err(FAULT)
    }
}

impl Environment for Env {
    fn lowering(&self) -> Lowering {
        Lowering::Window
    }
    fn window(&self) -> u64 {
        0
    }
    fn protect(&mut self, _: Range<u64>) -> Result<(), Unwatched> {
        Ok(())
    }
    fn guarded<R>(
        &mut self,
        _: *mut VcpuContext,
        _: Range<u64>,
        _: u64,
        body: impl FnOnce(&mut Self) -> R,
    ) -> R {
        body(self)
    }
    fn resolve(&mut self, _: &HostFault) -> Resolution {
        Resolution::Fault(FAULT)
    }
}

fn engine() -> Engine<Idle, Null, Memory> {
    let code = Memory(Mutex::new(vec![0; 1 << 22]));
    match Engine::new(Idle, Null, Some(code), Lowering::Window, Config::default()) {
        Ok(engine) => engine,
        Err(error) => panic!("{error}"),
    }
}

fn dispatch(c: &mut Criterion) {
    let engine = engine();
    let mut vcpu = engine.vcpu(State::default());
    c.bench_function("system_call", |b| {
        b.iter(|| {
            let exit = engine.run(&mut vcpu, &mut Env, Budget::UNLIMITED);
            assert!(matches!(exit, Exit::SystemCall { .. }));
        });
    });
    let mut group = c.benchmark_group("indirect_miss");
    group.throughput(Throughput::Elements(1000));
    for targets in [2_u32, 64, 1024] {
        vcpu.state_mut().targets = targets;
        group.bench_function(BenchmarkId::from_parameter(targets), |b| {
            b.iter(|| engine.run(&mut vcpu, &mut Env, Budget::rounds(1000)));
        });
    }
    group.finish();
    vcpu.state_mut().targets = 0;
    c.bench_function("translate", |b| {
        b.iter(|| {
            engine.invalidate(0..32);
            vcpu.state_mut().pc = 0;
            engine.run(&mut vcpu, &mut Env, Budget::UNLIMITED)
        });
    });
}

criterion_group!(benches, dispatch);
criterion_main!(benches);
