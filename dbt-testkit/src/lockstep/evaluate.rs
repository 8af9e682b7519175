//! The lifter and the evaluator as a runner.

use std::mem::offset_of;

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::state::ArmState;
use dbt_core::guest::Guest;
use dbt_core::ir::eval::{Evaluator, Outcome, Surroundings};
use dbt_core::ir::text::display;
use dbt_core::ir::{Builder, Helper, TrapKind, Unit, verify};
use dbt_core::opt::{Optimizer, Passes};

use super::{Ending, Runner, stepped, trapped, user};
use crate::arena::{Arena, Obstacle};

/// Units that a program may enter.
const MAX_UNITS: usize = 500;
/// Blocks that a unit may execute.
const MAX_BLOCKS: u32 = 2000;

/// Lifts and optimises each unit that a program enters, and evaluates it.
#[derive(Debug)]
pub struct Evaluated {
    guest: A32Guest,
    passes: Passes,
    optimizer: Optimizer,
    evaluator: Evaluator,
    unit: Unit,
}

impl Evaluated {
    /// Makes a runner that optimises with `passes`.
    #[must_use]
    pub fn new(passes: Passes) -> Self {
        let guest = user();
        Self {
            guest,
            passes,
            optimizer: Optimizer::new(guest.layout()).with_passes(passes),
            evaluator: Evaluator::default(),
            unit: Unit::default(),
        }
    }

    /// Evaluates the unit at `state`. Returns the ending, or nothing if the program
    /// goes on.
    ///
    /// # Panics
    ///
    /// When the unit is not valid.
    fn unit(&mut self, state: &mut ArmState, arena: &mut Arena) -> Option<Ending> {
        let guest = self.guest;
        let location = guest.location(state);
        let unit = &mut self.unit;
        if let Err(fault) = guest.lift(arena, location, &mut Builder::new(unit)) {
            return Some(Ending::Fetch(fault));
        }
        let layout = guest.layout();
        let valid = verify(unit, layout);
        assert!(
            valid.is_ok(),
            "{valid:?} as lifted\n{}",
            display(unit, layout)
        );
        if self.passes != Passes::NONE {
            self.optimizer.run(unit);
            let valid = verify(unit, layout);
            assert!(
                valid.is_ok(),
                "{valid:?} with {:?}\n{}",
                self.passes,
                display(unit, layout)
            );
        }
        let mut bytes = to_bytes(state);
        let mut helper = |helper: Helper, bytes: &mut [u8], [a, b, c]: [u64; 3]| {
            let mut state = from_bytes(bytes);
            let result = guest.helpers()[usize::from(helper.0)](&mut state, a, b, c);
            bytes.copy_from_slice(&to_bytes(&state));
            result
        };
        let with = &mut Surroundings {
            layout,
            state: &mut bytes,
            memory: arena,
            helper: &mut helper,
        };
        let outcome = self.evaluator.run(unit, with, MAX_BLOCKS);
        let before = *state;
        *state = from_bytes(&bytes);
        // What is no slot is in the location.
        (state.r[15], state.thumb) = (before.r[15], before.thumb);
        (state.it, state.big_endian) = (before.it, before.big_endian);
        match outcome {
            Outcome::Exit(location) | Outcome::Indirect(location) => {
                guest.set_location(state, location);
                None
            }
            Outcome::Trap { kind, info, resume } => {
                guest.set_location(state, resume);
                if kind == TrapKind::Interpret {
                    return stepped(guest.step(state, arena));
                }
                trapped(kind, info)
            }
            Outcome::Fault { location, fault } => {
                let location = location.expect("guest instructions are marked");
                guest.set_location(state, location);
                Some(Ending::Fault(fault))
            }
            Outcome::Spent | Outcome::Reached(_) => Some(Ending::Endless),
        }
    }
}

impl Runner for Evaluated {
    fn name(&self) -> String {
        format!("evaluator with {:?}", self.passes)
    }

    fn takes(&self, _: Obstacle) -> bool {
        true
    }

    fn run(&mut self, state: &mut ArmState, arena: &mut Arena) -> Ending {
        let mut units = 0..MAX_UNITS;
        let ended = units.find_map(|_| self.unit(state, arena));
        ended.unwrap_or(Ending::Endless)
    }
}

/// The size of the state.
const BYTES: usize = size_of::<ArmState>();

/// Applies a macro to each word and doubleword of the state.
macro_rules! fields {
    ($apply:ident) => {
        $apply!(nzcv q ge thumb it big_endian exclusive_address exclusive_value exclusive_tag fpscr tpidruro tpidrurw fpscr_nzcv)
    };
}

/// Returns the state as generated code sees it.
fn to_bytes(state: &ArmState) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    for (n, value) in state.r.iter().enumerate() {
        put(offset_of!(ArmState, r) + 4 * n, &value.to_ne_bytes());
    }
    for (n, value) in state.d.iter().enumerate() {
        put(offset_of!(ArmState, d) + 8 * n, &value.to_ne_bytes());
    }
    for (n, value) in state.vectors.iter().enumerate() {
        put(offset_of!(ArmState, vectors) + 8 * n, &value.to_ne_bytes());
    }
    macro_rules! all {
        ($($field:ident)*) => {
            $(put(offset_of!(ArmState, $field), &state.$field.to_ne_bytes());)*
        };
    }
    fields!(all);
    bytes
}

/// Takes as many bytes as an array has.
fn take<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("the length is N")
}

/// Returns the state of bytes.
fn from_bytes(bytes: &[u8]) -> ArmState {
    let mut state = ArmState::default();
    for (n, value) in state.r.iter_mut().enumerate() {
        *value = u32::from_ne_bytes(take(bytes, offset_of!(ArmState, r) + 4 * n));
    }
    for (n, value) in state.d.iter_mut().enumerate() {
        *value = u64::from_ne_bytes(take(bytes, offset_of!(ArmState, d) + 8 * n));
    }
    for (n, value) in state.vectors.iter_mut().enumerate() {
        *value = u64::from_ne_bytes(take(bytes, offset_of!(ArmState, vectors) + 8 * n));
    }
    macro_rules! all {
        ($($field:ident)*) => {
            $(field(&mut state.$field, bytes, offset_of!(ArmState, $field));)*
        };
    }
    fields!(all);
    state
}

/// A field that can be read from bytes.
trait Field {
    fn read(&mut self, bytes: &[u8], at: usize);
}

impl Field for u32 {
    fn read(&mut self, bytes: &[u8], at: usize) {
        *self = Self::from_ne_bytes(take(bytes, at));
    }
}

impl Field for u64 {
    fn read(&mut self, bytes: &[u8], at: usize) {
        *self = Self::from_ne_bytes(take(bytes, at));
    }
}

fn field(field: &mut impl Field, bytes: &[u8], at: usize) {
    field.read(bytes, at);
}
