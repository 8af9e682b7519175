//! A guest whose code is IR: what is at an address is said by whoever wants it tested.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use dbt_core::guest::{Guest, HelperFn, StateLayout, Step};
use dbt_core::ir::eval::{Evaluator, Outcome, Surroundings, read_slot};
use dbt_core::ir::text::display;
use dbt_core::ir::{Builder, FloatFlags, Helper, Slot, Terminator, TrapKind, Unit, verify};
use dbt_core::location::Location;
use dbt_core::memory::{Fetch, FetchFault, GuestMemory, MemoryFault};

use crate::units::helpers::{self, help};
use crate::units::{FLOAT_STATUS, LAYOUT, STATE_BYTES};

/// The mode of all locations.
pub(super) const MODE: u32 = 7;
/// What the trap at an address without code says.
pub(super) const NOTHING: u32 = 0xffff;
/// Blocks that a unit may execute.
const MAX_BLOCKS: u32 = 50;

/// The location of an address.
pub(super) const fn at(address: u32) -> Location {
    Location::new(address, MODE)
}

/// The state of the guest: the slots of [`LAYOUT`], and where it is.
#[derive(Clone, Copy, Eq, PartialEq)]
#[repr(C, align(16))]
pub struct State {
    pub(super) slots: [u8; STATE_BYTES],
    pub(super) location: u64,
}

impl State {
    /// All zeroes, at an address.
    pub(super) const fn new(address: u32) -> Self {
        Self {
            slots: [0; STATE_BYTES],
            location: at(address).0,
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {:#x}:", self.location)?;
        for (slot, info) in (0..).map(Slot).zip(LAYOUT.slots) {
            let value = read_slot(&LAYOUT, &self.slots, slot);
            write!(f, " {} {value:#x}", info.name)?;
        }
        Ok(())
    }
}

/// Builds a unit.
pub(super) type Recipe = Arc<dyn Fn(&mut Builder<'_>) + Send + Sync>;

/// The guest; clones have the same code.
#[derive(Clone, Default)]
pub struct UnitGuest {
    code: Arc<Mutex<BTreeMap<u32, Recipe>>>,
}

impl fmt::Debug for UnitGuest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnitGuest").finish_non_exhaustive()
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ending {
    /// A unit stopped of itself.
    Trap(TrapKind, u32),
    /// An access faulted.
    Fault(MemoryFault),
    /// A unit runs for ever.
    Endless,
    /// The guest is where it was to stop.
    Reached,
}

impl UnitGuest {
    /// Says what is at an address: four bytes of code, as far as anybody sees.
    pub(super) fn set(
        &self,
        address: u32,
        recipe: impl Fn(&mut Builder<'_>) + Send + Sync + 'static,
    ) {
        self.lock().insert(address, Arc::new(recipe));
    }

    /// Forgets all code.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u32, Recipe>> {
        self.code.lock().expect("recipes do not panic")
    }

    /// Builds the unit at a location. Where there is none, it stops.
    fn build(&self, location: Location, mut builder: Builder<'_>) {
        let address = location.pc_bits();
        let recipe = self.lock().get(&address).cloned();
        if let Some(recipe) = recipe.filter(|_| location.mode() == MODE) {
            recipe(&mut builder);
            return;
        }
        let entry = builder.reserve();
        builder.begin(entry, Some(location));
        builder.end(Terminator::Trap {
            kind: TrapKind::SystemCall,
            info: NOTHING,
            resume: location,
        });
    }

    /// Returns the text of the unit that `state` is at.
    pub(super) fn listing(&self, state: &State) -> String {
        let mut unit = Unit::default();
        self.build(Location(state.location), Builder::new(&mut unit));
        display(&unit, &LAYOUT).to_string()
    }

    /// Evaluates the unit that `state` is at. Gives the ending, or nothing if the guest
    /// goes on.
    fn evaluate(&self, state: &mut State, memory: &mut dyn GuestMemory) -> Option<Ending> {
        self.evaluate_to(state, memory, &mut |_, _| false)
    }

    /// The same, but ends where `stop` says so, in the middle of a unit too.
    fn evaluate_to(
        &self,
        state: &mut State,
        memory: &mut dyn GuestMemory,
        stop: &mut dyn FnMut(Location, &[u8]) -> bool,
    ) -> Option<Ending> {
        let mut unit = Unit::default();
        self.build(Location(state.location), Builder::new(&mut unit));
        debug_assert_eq!(verify(&unit, &LAYOUT), Ok(()));
        let with = &mut Surroundings {
            layout: &LAYOUT,
            state: &mut state.slots,
            memory,
            helper: &mut help,
        };
        let outcome = Evaluator::default().run_to(&unit, with, MAX_BLOCKS, stop);
        let (location, ending) = match outcome {
            Outcome::Exit(location) | Outcome::Indirect(location) => (location, None),
            Outcome::Trap { kind, info, resume } => (resume, stops(kind, info)),
            Outcome::Fault { location, fault } => {
                let location = location.unwrap_or(Location(state.location));
                (location, Some(Ending::Fault(fault)))
            }
            Outcome::Spent => (Location(state.location), Some(Ending::Endless)),
            Outcome::Reached(location) => (location, Some(Ending::Reached)),
        };
        state.location = location.0;
        ending
    }

    /// Evaluates unit after unit until something ends the run.
    pub(super) fn run(
        &self,
        state: &mut State,
        memory: &mut dyn GuestMemory,
        units: u32,
    ) -> Ending {
        self.run_to(state, memory, units, &mut |_, _| false)
    }

    /// The same, but ends where `stop` says so, in the middle of a unit too.
    pub(super) fn run_to(
        &self,
        state: &mut State,
        memory: &mut dyn GuestMemory,
        units: u32,
        stop: &mut dyn FnMut(Location, &[u8]) -> bool,
    ) -> Ending {
        let mut units = 0..units;
        let ended = units.find_map(|_| self.evaluate_to(state, memory, stop));
        ended.unwrap_or(Ending::Endless)
    }

    /// Tells whether the unit that `state` is at has a block that begins at a location.
    pub(super) fn has_block_at(&self, state: &State, location: Location) -> bool {
        let mut unit = Unit::default();
        self.build(Location(state.location), Builder::new(&mut unit));
        let mut blocks = unit.blocks.iter();
        blocks.any(|block| block.location == Some(location))
    }
}

/// The ending that a trap is, unless the engine goes on behind it.
pub(super) fn stops(kind: TrapKind, info: u32) -> Option<Ending> {
    match kind {
        TrapKind::Interpret | TrapKind::Fetch | TrapKind::Resynchronise => None,
        TrapKind::SystemCall
        | TrapKind::Breakpoint
        | TrapKind::HypervisorCall
        | TrapKind::FirmwareCall => Some(Ending::Trap(kind, info)),
        _ => Some(Ending::Trap(kind, 0)),
    }
}

impl Guest for UnitGuest {
    type State = State;

    fn layout(&self) -> &'static StateLayout {
        &LAYOUT
    }

    fn helpers(&self) -> &'static [HelperFn<State>] {
        &TABLE
    }

    fn location(&self, state: &State) -> Location {
        Location(state.location)
    }

    fn set_location(&self, state: &mut State, location: Location) {
        state.location = location.0;
    }

    fn address(&self, location: Location) -> u64 {
        location.pc_bits().into()
    }

    fn raise_float_flags(&self, state: &mut State, flags: FloatFlags) {
        let at = LAYOUT.slot(FLOAT_STATUS).offset as usize;
        for (byte, raised) in state.slots[at..at + 4]
            .iter_mut()
            .zip(flags.bits().to_ne_bytes())
        {
            *byte |= raised;
        }
    }

    fn lift(
        &self,
        fetch: &mut dyn Fetch,
        location: Location,
        builder: &mut Builder<'_>,
    ) -> Result<(), FetchFault> {
        // The engine notes what a unit is made from: those that stop, of nothing, so that
        // random stores do not change them.
        if self.lock().contains_key(&location.pc_bits()) {
            for address in [0, 2].map(|at| location.pc_bits().wrapping_add(at)) {
                fetch.fetch16(address.into())?;
            }
        }
        self.build(location, Builder::new(builder.unit_mut()));
        Ok(())
    }

    fn step(&self, state: &mut State, memory: &mut dyn GuestMemory) -> Step {
        match self.evaluate(state, memory) {
            None => Step::Next,
            Some(Ending::Trap(kind, info)) => Step::Trap { kind, info },
            Some(Ending::Fault(fault)) => Step::Fault(fault),
            Some(Ending::Endless) => panic!("a unit that runs for ever is not run"),
            Some(Ending::Reached) => panic!("nobody asked to stop"),
        }
    }
}

/// The helper of a number, for generated code.
extern "C" fn helper<const NUMBER: u16>(state: &mut State, a: u64, b: u64, c: u64) -> u64 {
    help(Helper(NUMBER), &mut state.slots, [a, b, c])
}

/// Lists the helpers of some numbers.
macro_rules! table {
    ($($number:literal)*) => {
        [$(helper::<$number>),*]
    };
}

#[rustfmt::skip] // One number a line is no list.
static TABLE: [HelperFn<State>; helpers::COUNT] = table![
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32
    33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61
    62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90
    91 92 93 94 95 96 97 98 99 100 101 102 103 104 105 106 107 108 109 110 111 112 113 114
    115 116 117 118 119 120 121 122 123 124 125 126 127 128 129 130 131 132 133 134 135 136
    137 138 139 140 141 142 143 144 145 146 147 148
];
