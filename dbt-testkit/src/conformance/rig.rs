//! A back end in an engine, beside the evaluator.

use dbt_core::engine::{Config, Engine, Vcpu};
use dbt_core::exit::{Budget, Exit};
use dbt_core::host::{Backend, Lowering};
use dbt_core::ir::TrapKind;
use dbt_core::memory::FaultCause;
use dbt_hv_glue::process::ProcessCode;

use super::guest::{Ending, NOTHING, State, UnitGuest, stops};
use crate::lockstep::Called;
use crate::memory::MirroredMemory;

/// Bytes of code memory.
const CODE_BYTES: usize = 1 << 20;
/// Units that a run may enter.
const MAX_UNITS: u32 = 20_000;

/// An engine and the code of its guest.
pub(super) struct Rig<B: Backend> {
    pub(super) guest: UnitGuest,
    pub(super) engine: Engine<UnitGuest, B, ProcessCode>,
    pub(super) vcpu: Vcpu<UnitGuest>,
    /// Runs that were left to the interpreter before their first instruction.
    left: u64,
}

impl<B: Backend + Clone> Rig<B> {
    /// Makes an engine that translates everything at once.
    pub(super) fn new(backend: B) -> Self {
        Self::with(backend, CODE_BYTES, Config::default())
    }

    /// The same with so much code memory, and configured so.
    pub(super) fn with(backend: B, bytes: usize, config: Config) -> Self {
        let guest = UnitGuest::default();
        let code = ProcessCode::new(bytes).expect("the host allows executable memory");
        let config = Config {
            hot_threshold: 0,
            ..config
        };
        let engine = Engine::new(
            guest.clone(),
            backend,
            Some(code),
            Lowering::Callback,
            config,
        );
        let engine = engine.expect("the back end takes any layout");
        Self {
            vcpu: engine.vcpu(State::new(0)),
            engine,
            guest,
            left: 0,
        }
    }

    /// Runs generated code until something ends the run.
    pub(super) fn run(&mut self, state: &mut State, memory: &mut MirroredMemory) -> Ending {
        *self.vcpu.state_mut() = *state;
        let mut called = Called(memory);
        let ending = loop {
            let exit = self
                .engine
                .run(&mut self.vcpu, &mut called, Budget::UNLIMITED);
            if let Some(ending) = ended(exit) {
                break ending;
            }
        };
        *state = *self.vcpu.state();
        ending
    }

    /// Runs from `state` by evaluation and in generated code and tells whether the run
    /// ends.
    ///
    /// # Panics
    ///
    /// When the two differ; `what` says what was run.
    pub(super) fn agree(&mut self, state: &State, what: impl Fn() -> String) -> bool {
        let (mut expected, mut memory) = (*state, MirroredMemory::new());
        let right = self.guest.run(&mut expected, &mut memory, MAX_UNITS);
        if right == Ending::Endless {
            return false;
        }
        let (mut actual, mut written) = (*state, MirroredMemory::new());
        let mut ending = self.run(&mut actual, &mut written);
        let stopped = ending == Ending::Trap(TrapKind::SystemCall, NOTHING);
        // A back end may look at a unit's addresses before it begins with it, and leave
        // all of it to the interpreter.
        let untouched = actual.slots == state.slots && written == MirroredMemory::new();
        if stopped && untouched && (ending, actual) != (right, expected) {
            self.left += 1;
            return false;
        }
        // It may leave an unaligned access to the interpreter, in the state before its
        // instruction. This guest knows units, not what is inside, and stops.
        if let Ending::Fault(fault) = right
            && fault.cause == FaultCause::Alignment
            && stopped
        {
            ending = right;
        }
        assert!(
            (ending, actual) == (right, expected),
            "{}: {ending:?}\n{actual:?}, not {right:?}\n{expected:?}, from\n{state:?}\n{}",
            what(),
            self.guest.listing(state)
        );
        assert!(memory == written, "{}: memory differs", what());
        true
    }

    /// How many units the back end has refused.
    pub(super) fn refused(&self) -> u64 {
        self.engine.stats().refused
    }

    /// Checks that the back end has compiled everything.
    pub(super) fn finish(&self) {
        assert_eq!(self.refused(), 0, "units were refused");
    }

    /// Checks that the back end has compiled all units but for one of so many: it may
    /// refuse one that needs too many registers at once. As few may be left to the
    /// interpreter.
    pub(super) fn finish_crowded(&self, one_of: u64) {
        let (refused, made) = (self.refused(), self.engine.stats().translations);
        let left = self.left;
        println!("{refused} units were refused, {made} translated, {left} runs left");
        assert!(left * one_of < made, "{left} runs left, {made} translated");
        assert!(
            refused * one_of < made,
            "{refused} refused, {made} translated"
        );
    }
}

/// The ending that an exit is, unless the guest goes on.
fn ended(exit: Exit) -> Option<Ending> {
    let (kind, info) = match exit {
        Exit::SystemCall { immediate } => (TrapKind::SystemCall, immediate),
        Exit::Undefined => (TrapKind::Undefined, 0),
        Exit::Breakpoint { immediate } => (TrapKind::Breakpoint, immediate),
        Exit::HypervisorCall { immediate } => (TrapKind::HypervisorCall, immediate),
        Exit::FirmwareCall { immediate } => (TrapKind::FirmwareCall, immediate),
        Exit::WaitForInterrupt => (TrapKind::WaitForInterrupt, 0),
        Exit::WaitForEvent => (TrapKind::WaitForEvent, 0),
        Exit::SendEvent => (TrapKind::SendEvent, 0),
        Exit::Yield => (TrapKind::Yield, 0),
        Exit::SystemRegister => (TrapKind::SystemRegister, 0),
        Exit::Fault(fault) => return Some(Ending::Fault(fault)),
        other => panic!("{other:?} is not expected"),
    };
    stops(kind, info)
}
