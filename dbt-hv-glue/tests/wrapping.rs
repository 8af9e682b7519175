//! Addresses that wrap around, in a window at address zero: whatever a base and an index
//! are, the access is the guest's, and one that has cost faults is compiled anew.
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have the standard library"
)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(all(
    feature = "process",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]

use std::sync::Arc;

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::version::Features;
use dbt_core::engine::{Config, Engine};
use dbt_core::exit::{Budget, Exit};
use dbt_core::host::Lowering;
use dbt_core::memory::{AccessKind, FaultCause, MemoryFault};
use dbt_core::stats::VcpuStats;
use dbt_hv_glue::process::native::{self, NativeBackend};
use dbt_hv_glue::process::{Backing, Placement, ProcessCode, Prot, Window, WindowEngine};

const CODE: u32 = 0x1_0000;
/// Memory that programs add up, in either half of the address space.
const LOW: u32 = 0x4000_0000;
const HIGH: u32 = 0xc000_0000;
/// Nothing is there.
const NOWHERE: u32 = 0x5000_0000;
/// How often a loop loads.
const TIMES: u32 = 500;
/// How many wrapped accesses of an instruction are put up with.
const PATIENCE: u32 = 5;
/// Whether the back end bets on addresses.
const BETS: bool = cfg!(target_arch = "aarch64");

/// `LDR R0, [R1, R2, LSL #2]`.
const WORD: Load = Load {
    word: 0xe791_0102,
    shift: 2,
};
/// `LDRB R0, [R1, R2]`.
const BYTE: Load = Load {
    word: 0xe7d1_0002,
    shift: 0,
};
/// `LDRSH R0, [R1, R2]`.
const HALF: Load = Load {
    word: 0xe191_00f2,
    shift: 0,
};
/// `LDRB R0, [R1, R2, LSL #2]`, which the host does not have.
const SHIFTED: Load = Load {
    word: 0xe7d1_0102,
    shift: 2,
};

#[derive(Clone, Copy, Debug)]
struct Load {
    word: u32,
    shift: u32,
}

/// A loop whose index counts up from somewhere, and whose base is such that the
/// address counts up from somewhere else.
#[derive(Clone, Copy, Debug)]
struct Case {
    load: Load,
    address: u32,
    index: u32,
    /// Whether base and index, a number with a sign, are out of 32 bits.
    loses: bool,
}

const fn case(load: Load, address: u32, index: u32, loses: bool) -> Case {
    Case {
        load,
        address,
        index,
        loses,
    }
}

const CASES: [Case; 17] = [
    case(WORD, LOW, 0, false),
    case(WORD, LOW, TIMES.wrapping_neg(), false),
    // The base is 0xc000_0000, and 2^31 more is too much.
    case(WORD, LOW, 0x2000_0000, true),
    case(WORD, LOW, 0xe000_0000, false),
    case(WORD, LOW, 0x7fff_0000, true),
    case(WORD, LOW, 0x8000_0000, true),
    case(BYTE, LOW, 0x3000_0000, false),
    case(BYTE, LOW, TIMES.wrapping_neg(), false),
    case(BYTE, LOW, 0x4100_0000, true),
    case(BYTE, LOW, 0x8000_0000, false),
    // An address as index, and a small base.
    case(BYTE, HIGH, HIGH - 4, true),
    case(BYTE, HIGH, 4, false),
    case(HALF, HIGH, HIGH - 4, true),
    case(HALF, LOW, 0x4100_0000, true),
    case(HALF, LOW, TIMES.wrapping_neg(), false),
    case(SHIFTED, LOW, 0x2000_0000, false),
    case(SHIFTED, LOW, 0x8000_0000, false),
];

struct Machine {
    window: Arc<Window>,
    engine: Arc<WindowEngine<A32Guest, NativeBackend, ProcessCode>>,
}

impl Machine {
    /// Makes one with data, and a loop for each case.
    fn new() -> Self {
        let window = Arc::new(Window::at_zero().unwrap());
        assert_eq!(window.lowering(), Lowering::Isolated);
        let (fixed, rw) = (Placement::Fixed, Prot::READ | Prot::WRITE);
        for (at, prot) in [(CODE, Prot::all()), (LOW, rw), (HIGH, rw)] {
            window
                .map(at, 4096, prot, Backing::Anonymous, fixed)
                .unwrap();
        }
        for at in (0..4096).step_by(4) {
            for base in [LOW, HIGH] {
                window
                    .write_obj(base + at, &at.wrapping_mul(0x8123_4567))
                    .unwrap();
            }
        }
        for (number, case) in CASES.iter().enumerate() {
            let program = [
                case.load.word,
                0xe083_3000, // add r3, r3, r0
                0xe282_2001, // add r2, r2, #1
                0xe254_4001, // subs r4, r4, #1
                0x1aff_fffa, // bne to the first
                0xef00_0000, // svc
            ];
            for (at, word) in (start(number)..).step_by(4).zip(program) {
                window.write_obj(at, &word).unwrap();
            }
        }
        let config = Config {
            hot_threshold: 0,
            wrapping: PATIENCE,
            ..Config::default()
        };
        let engine = Engine::new(
            A32Guest::new(Features::ARMHF),
            native::backend(),
            Some(native::code(1 << 20).unwrap()),
            window.lowering(),
            config,
        )
        .unwrap();
        Self {
            engine: WindowEngine::new(Arc::clone(&window), engine).unwrap(),
            window,
        }
    }

    /// Runs the loop of a case, with the address counting up from somewhere.
    fn run(&self, number: usize, address: u32) -> (Exit, ArmState, VcpuStats) {
        let Case { load, index, .. } = CASES[number];
        let mut state = ArmState::default();
        state.r[1] = address.wrapping_sub(index << load.shift);
        (state.r[2], state.r[4], state.r[15]) = (index, TIMES, start(number));
        let mut vcpu = self.engine.vcpu(state);
        let mut memory = self.engine.memory().unwrap();
        let exit = self.engine.run(&mut vcpu, &mut memory, Budget::UNLIMITED);
        (exit, *vcpu.state(), vcpu.stats())
    }

    /// What the loop of a case adds up.
    fn sum(&self, case: Case) -> u32 {
        let load = |n: u32| {
            let at = case.address + (n << case.load.shift);
            match case.load.word {
                word if word == WORD.word => self.window.read_obj(at).unwrap(),
                word if word == HALF.word => {
                    let half: i16 = self.window.read_obj(at).unwrap();
                    i32::from(half).cast_unsigned()
                }
                _ => self.window.read_obj::<u8>(at).unwrap().into(),
            }
        };
        (0..TIMES).map(load).fold(0, u32::wrapping_add)
    }
}

/// Where the loop of a case is.
fn start(number: usize) -> u32 {
    CODE + 0x40 * u32::try_from(number).unwrap()
}

#[test]
fn wrapping_addresses_are_the_guests() {
    let machine = Machine::new();
    for (number, case) in CASES.into_iter().enumerate() {
        let lost = if case.loses && BETS { PATIENCE } else { 0 };
        for lost in [lost, 0, 0] {
            let (exit, state, stats) = machine.run(number, case.address);
            assert_eq!(exit, Exit::SystemCall { immediate: 0 }, "{case:x?}");
            assert_eq!(state.r[3], machine.sum(case), "{case:x?}");
            let faults = [stats.wrapped, stats.faults, stats.resolved_faults];
            assert_eq!(faults, [lost.into(); 3], "{case:x?}");
        }
        // The guest may not read there, and learns where that is.
        let (exit, state, stats) = machine.run(number, NOWHERE);
        let fault = MemoryFault {
            address: NOWHERE.into(),
            kind: AccessKind::Read,
            cause: FaultCause::Unmapped,
        };
        assert_eq!(exit, Exit::Fault(fault), "{case:x?}");
        assert_eq!((state.r[2], state.r[4]), (case.index, TIMES), "{case:x?}");
        assert_eq!(state.r[15], start(number), "{case:x?}");
        assert_eq!((stats.faults, stats.resolved_faults), (1, 0), "{case:x?}");
    }
}
