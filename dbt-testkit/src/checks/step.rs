//! Cores of any description, and any instruction on them.

use std::cell::RefCell;

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::system::{Config, ConfigError, Exceptions, Firmware, ProcessorMode};
use dbt_a32_frontend::version::Features;
use dbt_core::guest::{Guest, Step};
use dbt_core::ir::TrapKind;

use super::Input;
use crate::arena::Arena;
use crate::programs::{FILLER, Mix, Programs, START};

/// How many states are drawn once and for all.
const STATES: u64 = 64;

/// A configuration of the system level.
fn config(choice: u8) -> Config {
    Config {
        exceptions: [Exceptions::Guest, Exceptions::Embedder][usize::from(choice & 1)],
        firmware: match choice >> 1 & 3 {
            0 => Firmware::HypervisorCall,
            1 => Firmware::SecureMonitorCall,
            _ => Firmware::None,
        },
        coprocessors: choice & 0xe0,
        ..Config::default()
    }
}

/// A guest of any features is refused exactly if they contradict one another or the
/// configuration lacks what it needs; one that is made can be reset. Four bytes are
/// the features that lack, one is the configuration.
///
/// # Panics
///
/// If the theorem does not hold.
#[must_use]
pub fn description_is_checked(data: &[u8]) -> bool {
    let mut input = Input(data);
    let features = input.features();
    let config = config(input.byte());
    let needed = match config.firmware {
        Firmware::None => Features::empty(),
        Firmware::HypervisorCall => Features::VIRTUALIZATION,
        Firmware::SecureMonitorCall => Features::SECURITY,
    };
    match (A32Guest::with_system(features, config), features.check()) {
        (Err(ConfigError::Features(why)), Err(contradiction)) => {
            assert_eq!(why, contradiction);
            assert!(features.contains(why.feature) && !features.intersects(why.missing));
            // What lacks is enough, as far as this feature is concerned.
            let more = (features | why.missing).check();
            assert_ne!(more.err().map(|next| next.feature), Some(why.feature));
            false
        }
        (Err(ConfigError::Firmware(_)), Ok(())) => {
            assert!(!features.contains(needed));
            false
        }
        (Ok(guest), Ok(())) => {
            assert!(features.contains(needed));
            let state = guest.reset();
            assert!(ProcessorMode::from_bits(state.cpsr() & 0x1f).is_some());
            true
        }
        other => panic!("{features:?} with {config:?}: {other:?}"),
    }
}

/// What [`any_instruction_steps`] keeps.
struct Stepping {
    arena: Arena,
    states: Vec<ArmState>,
}

impl Stepping {
    fn new() -> Self {
        let mix = Mix {
            system: true,
            ..Mix::new(Features::all())
        };
        let mut programs = Programs::new(1, mix, |_, _| true);
        let mut arena = Arena::new();
        arena.fill_code(FILLER);
        programs.fill(&mut arena);
        let states = (0..STATES).map(|seed| programs.state(seed, seed % 2 != 0));
        Self {
            states: states.collect(),
            arena,
        }
    }
}

/// Interpreting any instruction in any mode and state never panics, leaves a mode that
/// exists and a PC that suits the instruction set; an UNDEFINED instruction that is the
/// embedder's affair changes nothing. Four bytes are the instruction, one chooses a
/// state, five change a register of it, one is the configuration, four are the
/// features that lack.
///
/// # Panics
///
/// If the theorem does not hold.
#[must_use]
pub fn any_instruction_steps(data: &[u8]) -> bool {
    thread_local! {
        static STEPPING: RefCell<Stepping> = RefCell::new(Stepping::new());
    }
    let mut input = Input(data);
    let (word, choice) = (input.word(), input.byte());
    let (register, value) = (input.byte(), input.word());
    let config = config(input.byte() | 4);
    let Ok(guest) = A32Guest::with_system(input.features(), config) else {
        return false;
    };
    STEPPING.with_borrow_mut(|Stepping { arena, states }| {
        let mut state = states[usize::from(choice) % states.len()];
        if register < 15 {
            state.r[usize::from(register)] = value;
        }
        #[allow(clippy::cast_possible_truncation, reason = "halves are meant")]
        let (low, high) = (word as u16, (word >> 16) as u16);
        arena.write_code(START, &[low, high]);
        let before = state;
        let step = guest.step(&mut state, arena);
        arena.undo(arena.start());
        let mode = ProcessorMode::from_bits(state.cpsr() & 0x1f);
        assert!(mode.is_some(), "{word:#010x} left mode {:#x}", state.cpsr());
        // An A32 address may have bit 1, which is ignored.
        assert_eq!(state.r[15] & 1, 0, "{word:#010x} left the PC odd");
        assert!(
            state.thumb != 0 || state.it == 0,
            "{word:#010x} left ITSTATE in A32"
        );
        let undefined = TrapKind::Undefined;
        let unchanged = matches!(step, Step::Trap { kind, .. } if kind == undefined);
        // The access to a system register that nobody has is noted.
        let seen = |state: &ArmState| (state.r, state.cpsr(), state.spsr(), state.fpscr(), state.d);
        assert!(
            !unchanged || seen(&state) == seen(&before),
            "{word:#010x} is UNDEFINED"
        );
        step == Step::Next
    })
}
