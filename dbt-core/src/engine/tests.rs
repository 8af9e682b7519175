//! The engine on a simulated host, against the interpreter alone.

extern crate std;

mod sim;
mod toy;

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use std::thread;

use proptest::prelude::*;

use self::sim::{Sim, SimBackend, SimCode, SimEnv};
use self::toy::{COUNT, Insn, MEMORY, State, Toy};
use super::*;
use crate::memory::{FaultCause, MemoryFault};
use crate::opt::Passes;

type SimEngine = Engine<Toy, SimBackend, SimCode>;

/// How a program is executed.
#[derive(Clone, Copy, Debug)]
struct Setup {
    lowering: Lowering,
    config: Config,
    capacity: usize,
    slice: u32,
    rounds: u64,
}

impl Setup {
    const PLAIN: Self = Self {
        lowering: Lowering::Window,
        config: Config {
            mode: Mode::Translate,
            hot_threshold: 0,
            link: true,
            jump_cache: true,
            segments: 8,
            passes: Passes::ALL,
            kick: None,
            float_traps: 0,
            wrapping: 0,
        },
        capacity: 1 << 16,
        slice: 1000,
        rounds: 100,
    };

    fn engine(self, program: &[Insn]) -> (SimEngine, SimEnv) {
        let mut memory = vec![0; MEMORY as usize];
        for (bytes, insn) in memory.chunks_mut(4).zip(program) {
            bytes.copy_from_slice(&insn.0.to_le_bytes());
        }
        let sim = Sim::new(self.capacity, memory, self.slice);
        let backend = SimBackend(Arc::clone(&sim));
        let code = SimCode(Arc::clone(&sim));
        let engine = Engine::new(Toy, backend, Some(code), self.lowering, self.config).unwrap();
        let lowering = self.lowering;
        (engine, SimEnv { sim, lowering })
    }
}

fn setup() -> impl Strategy<Value = Setup> {
    (
        prop_oneof![Just(Lowering::Window), Just(Lowering::Callback)],
        prop_oneof![9 => Just(Mode::Translate), 1 => Just(Mode::Interpret)],
        any::<[bool; 2]>(),
        prop_oneof![Just(0_u8), Just(3)],
        prop_oneof![Just(Passes::NONE), Just(Passes::ALL)],
        1..5_usize,
        prop_oneof![80..400_usize, 400..3000_usize, Just(1_usize << 15)],
        1..60_u32,
        1..80_u64,
    )
        .prop_map(
            |(
                lowering,
                mode,
                [link, jump_cache],
                hot_threshold,
                passes,
                segments,
                capacity,
                slice,
                rounds,
            )| {
                Setup {
                    lowering,
                    config: Config {
                        mode,
                        hot_threshold,
                        link,
                        jump_cache,
                        segments,
                        passes,
                        kick: None,
                        float_traps: 0,
                        wrapping: 0,
                    },
                    capacity,
                    slice,
                    rounds,
                }
            },
        )
}

/// Any instruction, in sensible proportions.
fn insn() -> impl Strategy<Value = Insn> {
    let op = prop_oneof![
        8 => Just(0_u32), 1 => Just(1), 3 => Just(2), 4 => Just(3), 2 => Just(4),
        5 => Just(5), 2 => Just(6), 1 => Just(7), 3 => Just(8), 3 => Just(9), 1 => Just(10),
    ];
    (op, 0..7_u32, 0..7_u32, any::<i16>()).prop_map(|(op, a, b, imm)| match op {
        4 | 5 => Insn::new(op, a, b, imm % 12),
        // Half of all accesses go to the program.
        2 | 3 if imm & 1 == 0 => Insn::new(op, a, b, imm & 0xff),
        _ => Insn::new(op, a, b, imm),
    })
}

/// The interpreter alone, brought to where the engine stopped.
fn follow(exit: Exit, count: u32, state: &mut State, env: &mut SimEnv) {
    for _ in 0..1_000_000 {
        if matches!(exit, Exit::Interrupted | Exit::BudgetSpent) && state.regs[COUNT] == count {
            return;
        }
        if let ControlFlow::Break(own) = stepped(Toy.step(state, env)) {
            assert_eq!(own, exit);
            return;
        }
    }
    panic!("the interpreter does not come to {exit:?} at {count}");
}

/// What an embedder would do with an exit; never a thing on which the guest hangs.
fn handle(exit: Exit, state: &mut State) {
    match exit {
        Exit::SystemCall { immediate } => state.regs[0] ^= immediate,
        Exit::FetchFault(_) => state.pc = 0,
        Exit::Fault(_) | Exit::Undefined => state.pc = state.pc.wrapping_add(4),
        _ => {}
    }
}

/// Runs a program on an engine, step by step beside the interpreter.
fn run_beside(setup: Setup, program: &[Insn], exits: usize) -> (SimEngine, Vcpu<Toy>) {
    let (engine, mut env) = setup.engine(program);
    let (_, mut other) = setup.engine(program);
    let mut vcpu = engine.vcpu(State::default());
    let mut state = State::default();
    for _ in 0..exits {
        let exit = engine.run(&mut vcpu, &mut env, Budget::rounds(setup.rounds));
        follow(exit, vcpu.state().regs[COUNT], &mut state, &mut other);
        assert_eq!(*vcpu.state(), state, "after {exit:?}");
        assert_eq!(
            *env.sim.memory.lock(),
            *other.sim.memory.lock(),
            "after {exit:?}"
        );
        handle(exit, vcpu.state_mut());
        handle(exit, &mut state);
    }
    (engine, vcpu)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Programs that jump about, fault, and rewrite themselves.
    #[test]
    fn engine_agrees_with_the_interpreter(
        setup in setup(),
        program in prop::collection::vec(insn(), 1..40),
    ) {
        run_beside(setup, &program, 12);
    }
}

/// `r1` counts down from 30 in a loop of two units.
fn countdown() -> Vec<Insn> {
    vec![
        Insn::new(0, 1, 0, 30),
        Insn::new(0, 1, 1, -1),
        Insn::new(4, 0, 0, 1),
        Insn::new(5, 1, 0, -2),
        Insn::new(7, 0, 0, 5),
    ]
}

#[test]
fn linked_loop_stays_in_generated_code() {
    let setup = Setup::PLAIN;
    let (engine, vcpu) = run_beside(setup, &countdown(), 1);
    assert_eq!(vcpu.state().regs[1], 0);
    assert!(vcpu.stats().entries < 8, "{:?}", vcpu.stats());
    assert!(engine.stats().links >= 3);
    let config = Config {
        link: false,
        ..setup.config
    };
    let (engine, vcpu) = run_beside(Setup { config, ..setup }, &countdown(), 1);
    assert!(vcpu.stats().entries > 50, "{:?}", vcpu.stats());
    assert_eq!(engine.stats().links, 0);
}

#[test]
fn system_call_is_left_behind_the_instruction() {
    let (engine, mut env) = Setup::PLAIN.engine(&countdown());
    let mut vcpu = engine.vcpu(State::default());
    let exit = engine.run(&mut vcpu, &mut env, Budget::UNLIMITED);
    assert_eq!(exit, Exit::SystemCall { immediate: 5 });
    assert_eq!(vcpu.state().pc, 20);
    assert_eq!(vcpu.stats().interpreted, 0);
}

#[test]
fn budget_counts_interpreted_instructions() {
    let config = Config {
        mode: Mode::Interpret,
        ..Config::default()
    };
    let setup = Setup {
        config,
        ..Setup::PLAIN
    };
    let (engine, mut env) = setup.engine(&countdown());
    let mut vcpu = engine.vcpu(State::default());
    let exit = engine.run(&mut vcpu, &mut env, Budget::rounds(4));
    assert_eq!(exit, Exit::BudgetSpent);
    assert_eq!(vcpu.state().regs[COUNT], 4);
    assert!(!engine.is_translating());
}

#[test]
fn interrupt_before_a_run_ends_it_at_once() {
    let (engine, mut env) = Setup::PLAIN.engine(&countdown());
    let mut vcpu = engine.vcpu(State::default());
    let handle = vcpu.interrupt_handle();
    handle.interrupt();
    handle.interrupt();
    let exit = engine.run(&mut vcpu, &mut env, Budget::UNLIMITED);
    assert_eq!((exit, vcpu.state().pc), (Exit::Interrupted, 0));
    let exit = engine.run(&mut vcpu, &mut env, Budget::UNLIMITED);
    assert_eq!(exit, Exit::SystemCall { immediate: 5 });
}

#[test]
fn fault_is_precise_and_can_be_retried() {
    for lowering in [Lowering::Window, Lowering::Callback] {
        let program = [
            Insn::new(0, 2, 2, 7),
            Insn::new(0, 3, 3, 0x2000),
            Insn::new(3, 2, 3, 0x40),
            Insn::new(0, 2, 2, 1),
        ];
        let setup = Setup {
            lowering,
            ..Setup::PLAIN
        };
        let (engine, mut env) = setup.engine(&program);
        let mut vcpu = engine.vcpu(State::default());
        for _ in 0..3 {
            let exit = engine.run(&mut vcpu, &mut env, Budget::UNLIMITED);
            let fault = MemoryFault {
                address: 0x2040,
                kind: crate::memory::AccessKind::Write,
                cause: FaultCause::Unmapped,
            };
            assert_eq!(exit, Exit::Fault(fault));
            let state = vcpu.state();
            assert_eq!((state.pc, state.regs[2], state.regs[COUNT]), (8, 7, 2));
        }
    }
}

/// The second instruction is replaced by the first; both are in one unit.
#[test]
fn next_instruction_can_be_rewritten() {
    for lowering in [Lowering::Window, Lowering::Callback] {
        let new = Insn::new(0, 5, 5, 42);
        let program = [
            Insn::new(2, 1, 6, 0x100),
            Insn::new(3, 1, 6, 8),
            Insn::new(0, 5, 5, 1),
            Insn::new(7, 0, 0, 0),
        ];
        let setup = Setup {
            lowering,
            ..Setup::PLAIN
        };
        let (engine, mut env) = setup.engine(&program);
        env.sim.memory.lock()[0x100..0x104].copy_from_slice(&new.0.to_le_bytes());
        let mut vcpu = engine.vcpu(State::default());
        let exit = engine.run(&mut vcpu, &mut env, Budget::UNLIMITED);
        assert_eq!(exit, Exit::SystemCall { immediate: 0 });
        assert_eq!(vcpu.state().regs[5], 42, "{lowering:?}");
    }
}

#[test]
fn fragment_is_found_by_host_address() {
    let (engine, mut env) = Setup::PLAIN.engine(&countdown());
    let mut vcpu = engine.vcpu(State::default());
    engine.run(&mut vcpu, &mut env, Budget::UNLIMITED);
    let base = SimCode(Arc::clone(&env.sim)).exec_base().addr() as u64;
    assert_eq!(engine.lookup_fragment(base), None, "the runtime is none");
    let info = engine.lookup_fragment(base + 68).unwrap();
    assert_eq!(info.location, Location(0));
    assert_eq!(info.source.as_slice(), core::slice::from_ref(&(0..12)));
    assert!(info.code.contains(&(base + 68)));
    engine.invalidate(8..9);
    assert_eq!(engine.lookup_fragment(base + 68).unwrap().source, vec![]);
}

#[test]
fn bad_code_memory_is_an_error() {
    for (capacity, error) in [
        (10, Error::CodeMemoryTooSmall { need: 72, have: 10 }),
        (71, Error::CodeMemoryTooSmall { need: 72, have: 71 }),
    ] {
        let sim = Sim::new(capacity, vec![], 1);
        let (backend, code) = (SimBackend(Arc::clone(&sim)), SimCode(sim));
        let made = Engine::new(
            Toy,
            backend,
            Some(code),
            Lowering::Window,
            Config::default(),
        );
        assert_eq!(made.err(), Some(error));
    }
}

#[test]
#[should_panic(expected = "a vCPU is run by the engine that made it")]
fn vcpu_of_another_engine_is_refused() {
    let (engine, mut env) = Setup::PLAIN.engine(&[]);
    let (other, _) = Setup::PLAIN.engine(&[]);
    engine.run(
        &mut other.vcpu(State::default()),
        &mut env,
        Budget::UNLIMITED,
    );
}

/// Threads share a cache that is always full, while one more invalidates. Each
/// checks itself against the interpreter; the simulator checks that no code is
/// overwritten while it is executed.
#[test]
fn threads_share_a_full_cache() {
    share_a_full_cache(2000, 1, 1500);
    share_a_full_cache(3 * 4096 + 8, 3, 3000);
}

fn share_a_full_cache(capacity: usize, segments: usize, runs: u32) {
    let mut program = Vec::new();
    // Loops of different lengths, left by way of a register.
    for block in 0..200_u32 {
        let imm = i16::try_from(block % 5).unwrap();
        program.extend([
            Insn::new(0, 1, 1, 4 * imm + 4),
            Insn::new(0, 2, 2, imm - 7),
            Insn::new(5, 2, 0, -2),
            Insn::new(2, 3, 2, 0),
            Insn::new(5, 3, 0, imm + 1),
            Insn::new(0, 2, 2, 77),
            Insn::new(6, 1, 0, 0),
        ]);
    }
    let setup = Setup {
        capacity,
        config: Config {
            segments,
            ..Setup::PLAIN.config
        },
        slice: 100,
        ..Setup::PLAIN
    };
    let (engine, env) = setup.engine(&program);
    let done = core::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        let vcpus: Vec<_> = (0..3_u32)
            .map(|seed| {
                let (engine, sim) = (&engine, Arc::clone(&env.sim));
                scope.spawn(move || {
                    let lowering = setup.lowering;
                    let mut env = SimEnv { sim, lowering };
                    let start = State {
                        regs: [seed * 24, 0, seed, 0, 0, 0, 0, 0],
                        ..State::default()
                    };
                    let (mut state, mut vcpu) = (start.clone(), engine.vcpu(start));
                    for run in 0..runs {
                        let exit = engine.run(&mut vcpu, &mut env, Budget::rounds(40));
                        follow(exit, vcpu.state().regs[COUNT], &mut state, &mut env);
                        assert_eq!(*vcpu.state(), state, "after {exit:?}");
                        // Nobody stays in one loop for ever.
                        state.pc = (state.regs[COUNT] * 44) % MEMORY;
                        state.regs[2] = run * 7;
                        *vcpu.state_mut() = state.clone();
                    }
                    vcpu.stats()
                })
            })
            .collect();
        scope.spawn(|| {
            let mut address = 0_u64;
            while !done.load(Ordering::Relaxed) {
                address = (address + 52) % 6000;
                engine.invalidate(address..address + 8);
                thread::yield_now();
            }
        });
        let results: Vec<_> = vcpus.into_iter().map(|vcpu| vcpu.join()).collect();
        done.store(true, Ordering::Relaxed);
        let entries = results.into_iter().map(|stats| stats.unwrap().entries);
        assert!(entries.sum::<u64>() > 0);
    });
    let stats = engine.stats();
    assert!(stats.evictions > 0 && stats.links > 0, "{stats:?}");
}
