//! Checks generated code against the interpreter, unit by unit.
//!
//! Before a unit is entered, the interpreter runs ahead from the same state with
//! its writes held back. Then the unit runs. Its state must be one that the
//! interpreter has been in, and memory must be what the interpreter would have made
//! of it. This finds the first unit that goes wrong; it is for programs with one
//! thread, and slow.

use std::collections::HashMap;

use dbt_a32_frontend::interp::step;
use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::version::Features;
use dbt_core::guest::Step;
use dbt_core::memory::{AccessKind, FaultCause, Fetch, FetchFault, GuestMemory, MemoryFault};
use dbt_hv_glue::process::ProcessMemory;
use dbt_isa::ops::{Access, Size};
use dbt_user::memory::Prot;

/// How far the interpreter runs ahead at most, in instructions.
const AHEAD: usize = 2000;
/// How often it goes backwards at most. Without links generated code comes back when
/// it does so, but not always at once.
const BACKWARDS: usize = 64;

/// In how many instructions stale flags have to be replaced.
const MEET: usize = 16;

/// What the interpreter did from one state on.
pub(super) struct Ahead {
    features: Features,
    /// The state before each instruction.
    states: Vec<ArmState>,
    /// Whether it came to a trap.
    complete: bool,
    /// The bytes written, each with how many instructions had begun, oldest first.
    writes: Vec<(usize, u32, u8)>,
}

impl Ahead {
    /// Runs ahead from `state` to the first instruction that traps.
    pub(super) fn run(state: &ArmState, memory: &mut ProcessMemory, features: Features) -> Self {
        let mut state = state.without_tag();
        let mut states = vec![state];
        let mut held = Held {
            memory,
            bytes: HashMap::new(),
            writes: Vec::new(),
            now: 0,
        };
        let mut backwards = 0;
        while states.len() < AHEAD && backwards < BACKWARDS {
            held.now = states.len();
            let before = state.r[15];
            let stepped = step(&mut state, &mut held, features);
            states.push(state);
            backwards += usize::from(state.r[15] <= before);
            if stepped != Step::Next {
                break;
            }
        }
        Self {
            features,
            complete: states.len() < AHEAD && backwards < BACKWARDS,
            states,
            writes: held.writes,
        }
    }

    /// Says what is wrong with the state that a unit has ended in, if anything is.
    pub(super) fn check(&self, after: &ArmState, memory: &mut ProcessMemory) -> Result<(), String> {
        let after = &after.without_tag();
        // A loop may come back to where it was; the first time is as good as any, unless
        // memory tells them apart.
        let candidates = || (0..self.states.len()).filter(|&at| self.states[at] == *after);
        if candidates().any(|at| self.first_wrong_byte(at, memory).is_none()) {
            return Ok(());
        }
        // At a loop's head flags that the loop sets before it reads them may be stale.
        let with_flags = |nzcv| ArmState { nzcv, ..*after };
        if self.states.iter().any(|state| {
            with_flags(state.nzcv) == *state && self.flags_are_dead(*state, *after, memory)
        }) {
            return Ok(());
        }
        let place = format!(
            "unit at {:#x} (thumb {})",
            self.states[0].r[15], self.states[0].thumb
        );
        if let Some(at) = candidates().next() {
            let wrong = self.first_wrong_byte(at, memory);
            return Err(format!(
                "{place}: after {at} instructions, memory (address, interpreter, unit) {wrong:x?}"
            ));
        }
        let same_place = |state: &&ArmState| state.r[15] == after.r[15];
        let nearest = self
            .states
            .iter()
            .filter(same_place)
            .min_by_key(|state| differences(state, after).len());
        Err(match nearest {
            Some(state) => format!(
                "{place} ends at {:#x}: register (interpreter, unit): {}",
                after.r[15],
                differences(state, after).join(", ")
            ),
            // A long loop, perhaps.
            None if !self.complete => return Ok(()),
            None => format!(
                "{place} ends at {:#x}, where the interpreter never came in {} instructions to {:#x}",
                after.r[15],
                self.states.len() - 1,
                self.states.last().map_or(0, |state| state.r[15]),
            ),
        })
    }

    /// Tells whether two states that differ in their flags become one.
    fn flags_are_dead(&self, mut a: ArmState, mut b: ArmState, memory: &mut ProcessMemory) -> bool {
        let mut held = Held {
            memory,
            bytes: HashMap::new(),
            writes: Vec::new(),
            now: 0,
        };
        (0..MEET).any(|_| {
            let steps = [&mut a, &mut b].map(|state| step(state, &mut held, self.features));
            steps == [Step::Next; 2] && a == b
        })
    }

    /// Finds a byte that is not what the interpreter makes it in `instructions`.
    fn first_wrong_byte(
        &self,
        instructions: usize,
        memory: &mut ProcessMemory,
    ) -> Option<(u32, u8, u64)> {
        let mut last = HashMap::new();
        for &(_, addr, byte) in self.writes.iter().take_while(|w| w.0 <= instructions) {
            last.insert(addr, byte);
        }
        let byte = Access::new(Size::Byte);
        last.into_iter().find_map(|(addr, wanted)| {
            let found = memory.load(byte, addr.into()).ok()?;
            (found != u64::from(wanted)).then_some((addr, wanted, found))
        })
    }
}

/// Names what differs.
fn differences(a: &ArmState, b: &ArmState) -> Vec<String> {
    let words = |s: &ArmState| {
        let mut words: Vec<(String, u64)> = (0..16)
            .map(|n| (format!("r{n}"), u64::from(s.r[n])))
            .collect();
        words.extend((0..32).map(|n| (format!("d{n}"), s.d[n])));
        for (name, value) in [
            ("nzcv", s.nzcv),
            ("q", s.q),
            ("ge", s.ge),
            ("thumb", s.thumb),
            ("it", s.it),
            ("big_endian", s.big_endian),
            ("fpscr", s.fpscr()),
            ("tpidruro", s.tpidruro),
            ("tpidrurw", s.tpidrurw),
        ] {
            words.push((name.to_owned(), value.into()));
        }
        words.push(("exclusive address".to_owned(), s.exclusive_address));
        words.push(("exclusive value".to_owned(), s.exclusive_value));
        words
    };
    words(a)
        .into_iter()
        .zip(words(b))
        .filter(|(a, b)| a.1 != b.1)
        .map(|(a, b)| format!("{} ({:#x}, {:#x})", a.0, a.1, b.1))
        .collect()
}

/// Memory whose writes are held back.
struct Held<'a> {
    memory: &'a mut ProcessMemory,
    bytes: HashMap<u32, u8>,
    writes: Vec<(usize, u32, u8)>,
    now: usize,
}

impl Held<'_> {
    fn check_writable(&self, addr: u32) -> Result<(), MemoryFault> {
        let page = self.memory.window().query(addr);
        let cause = match page {
            None => FaultCause::Unmapped,
            Some(page) if !page.prot.contains(Prot::WRITE) => FaultCause::Permission,
            Some(_) => return Ok(()),
        };
        Err(MemoryFault {
            address: addr.into(),
            kind: AccessKind::Write,
            cause,
        })
    }
}

impl Fetch for Held<'_> {
    fn fetch16(&mut self, address: u64) -> Result<u16, FetchFault> {
        self.memory.fetch16(address)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "addresses and bytes are cut out of words"
)]
impl GuestMemory for Held<'_> {
    fn load(&mut self, access: Access, address: u64) -> Result<u64, MemoryFault> {
        let mut value = self.memory.load(access, address)?;
        for at in 0..access.size.bytes() {
            if let Some(&byte) = self.bytes.get(&(address as u32).wrapping_add(at)) {
                value = value & !(0xff << (8 * at)) | u64::from(byte) << (8 * at);
            }
        }
        Ok(value)
    }

    fn store(&mut self, access: Access, address: u64, value: u64) -> Result<(), MemoryFault> {
        // An alignment fault comes first, and a load finds it.
        if let Err(fault) = self.memory.load(access, address) {
            return Err(MemoryFault {
                kind: AccessKind::Write,
                ..fault
            });
        }
        let addr = address as u32;
        let bytes = || (0..access.size.bytes()).map(|at| (addr.wrapping_add(at), at));
        bytes().try_for_each(|(addr, _)| self.check_writable(addr))?;
        for (addr, at) in bytes() {
            let byte = (value >> (8 * at)) as u8;
            self.bytes.insert(addr, byte);
            self.writes.push((self.now, addr, byte));
        }
        Ok(())
    }

    fn compare_exchange(
        &mut self,
        access: Access,
        address: u64,
        expected: u64,
        new: u64,
    ) -> Result<u64, MemoryFault> {
        let held = self.load(access.aligned(), address)?;
        self.store(access, address, if held == expected { new } else { held })?;
        Ok(held)
    }
}
