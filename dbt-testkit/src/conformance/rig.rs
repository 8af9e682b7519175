//! A back end in an engine, beside the evaluator.

use dbt_core::engine::{Config, Engine, Vcpu};
use dbt_core::exit::{Budget, Exit};
use dbt_core::host::{Backend, Lowering};
use dbt_core::ir::eval::read_slot;
use dbt_core::ir::{Slot, TrapKind, Ty};
use dbt_core::location::Location;
use dbt_core::memory::FaultCause;
use dbt_hv_glue::process::ProcessCode;
use dbt_hv_glue::process::native::{self, NativeBackend};

use super::guest::{Ending, NOTHING, State, UnitGuest, stops};
use crate::lockstep::Called;
use crate::memory::MirroredMemory;
use crate::units::LAYOUT;

/// Bytes of code memory.
const CODE_BYTES: usize = 1 << 20;
/// Units that a run may enter.
const MAX_UNITS: u32 = 20_000;

/// A back end that is put to the suite.
pub trait Subject {
    /// What it is.
    type Backend: Backend + Clone;

    /// Returns it with the code memory that it is to write to.
    fn with_code(self, code: ProcessCode) -> (Self::Backend, ProcessCode);
}

impl<B: Backend + Clone> Subject for B {
    type Backend = B;

    fn with_code(self, code: ProcessCode) -> (B, ProcessCode) {
        (self, code)
    }
}

/// This host's back end with indirect branches checked, if the host can.
#[derive(Clone, Copy, Debug)]
pub struct CheckedBranches;

impl Subject for CheckedBranches {
    type Backend = NativeBackend;

    fn with_code(self, code: ProcessCode) -> (NativeBackend, ProcessCode) {
        native::check_branches(native::backend(), code)
    }
}

/// An engine and the code of its guest.
pub(super) struct Rig<B: Backend> {
    pub(super) guest: UnitGuest,
    pub(super) engine: Engine<UnitGuest, B, ProcessCode>,
    pub(super) vcpu: Vcpu<UnitGuest>,
    /// Runs that were left to the interpreter.
    left: u64,
}

impl<B: Backend + Clone> Rig<B> {
    /// Makes an engine that translates everything at once.
    pub(super) fn new(subject: impl Subject<Backend = B>) -> Self {
        Self::with(subject, CODE_BYTES, Config::default())
    }

    /// The same with so much code memory, and configured so.
    pub(super) fn with(subject: impl Subject<Backend = B>, bytes: usize, config: Config) -> Self {
        let guest = UnitGuest::default();
        let code = ProcessCode::new(bytes).expect("the host allows executable memory");
        let (backend, code) = subject.with_code(code);
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
            if exit == Exit::Interrupted {
                continue;
            }
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
        let ending = self.run(&mut actual, &mut written);
        let stopped = ending == Ending::Trap(TrapKind::SystemCall, NOTHING);
        if stopped && (ending, actual) != (right, expected) {
            // The guest has no code inside units, so it stops where the interpreter was to
            // go on.
            assert!(
                self.is_left_rightly(state, (&actual, &written), right, (&expected, &memory)),
                "{}: left to the interpreter,\n{actual:?}, from\n{state:?}\n{}",
                what(),
                self.guest.listing(state)
            );
            self.left += 1;
            return true;
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

    /// Tells whether a back end may have left to the interpreter with a state: that before
    /// an unaligned access, or one that the guest comes to where a block begins, if an
    /// address that the block uses may not be aligned.
    fn is_left_rightly(
        &self,
        from: &State,
        left: (&State, &MirroredMemory),
        right: Ending,
        expected: (&State, &MirroredMemory),
    ) -> bool {
        let is_unaligned = matches!(right, Ending::Fault(fault)
            if fault.cause == FaultCause::Alignment);
        if is_unaligned && left == expected {
            return true;
        }
        let location = Location(left.0.location);
        let words = (0..).map(Slot).zip(LAYOUT.slots);
        let mut words = words.filter(|(_, info)| info.ty == Ty::I32);
        let may_be_unaligned =
            words.any(|(slot, _)| !read_slot(&LAYOUT, &left.0.slots, slot).is_multiple_of(16));
        if !may_be_unaligned || !self.guest.has_block_at(from, location) {
            return false;
        }
        for visit in 1.. {
            let (mut state, mut memory) = (*from, MirroredMemory::new());
            let mut visits = 0;
            let stop = &mut |at, _: &[u8]| {
                visits += u32::from(at == location);
                visits == visit
            };
            let ending = self.guest.run_to(&mut state, &mut memory, MAX_UNITS, stop);
            if ending != Ending::Reached || (&state, &memory) == left {
                return ending == Ending::Reached;
            }
        }
        false
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
