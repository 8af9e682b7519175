//! The code cache with its links, evictions and invalidations, seen from outside.

use std::cell::RefCell;

use dbt_a32_frontend::state::ArmState;

use crate::arena::{Arena, CODE};
use crate::lockstep::{CallbackJit, Ending, Interpreted, Runner, user};

/// Code memory: little, so that it is full often.
const CODE_BYTES: usize = 12 << 10;
/// Places for blocks of guest code.
const PLACES: u32 = 48;
/// Bytes of each.
const PLACE: u32 = 64;

/// Replacing guest code, forgetting translations and running, in any order and
/// with code memory for few blocks, never executes what is not there any more:
/// every run ends as the interpreter's does. A byte says how often a block is
/// interpreted before it is translated, three are a step.
///
/// # Panics
///
/// If it does, or the host denies executable memory.
#[must_use]
pub fn code_cache(data: &[u8]) -> bool {
    thread_local! {
        static ENGINES: RefCell<[CallbackJit; 4]> = RefCell::new([0, 1, 2, 3].map(|threshold| {
            let jit = CallbackJit::with(user(), true, CODE_BYTES, threshold);
            jit.expect("the host allows code")
        }));
    }
    let Some((threshold, data)) = data.split_first() else {
        return false;
    };
    ENGINES.with_borrow_mut(|engines| run_steps(&mut engines[usize::from(threshold % 4)], data))
}

fn run_steps(jit: &mut CallbackJit, data: &[u8]) -> bool {
    let mut arena = Arena::new();
    jit.forget(0..1 << 32);
    for place in 0..PLACES {
        write(&mut arena, place, place + 1, place.to_le_bytes()[0]);
    }
    arena.commit();
    let mut runs = 0;
    for step in data.chunks_exact(3) {
        let place = u32::from(step[1]) % PLACES;
        let start = u64::from(CODE.base + place * PLACE);
        match step[0] % 4 {
            0 => {
                write(&mut arena, place, u32::from(step[2]), step[0]);
                jit.forget(start..start + u64::from(PLACE));
            }
            // Forgetting what has not changed does no harm.
            1 => jit.forget(start..start + 1 + u64::from(step[2])),
            _ => {
                run(jit, &mut arena, place, u32::from(step[2]));
                runs += 1;
            }
        }
    }
    runs > 1
}

/// Writes a block that counts `r1` down and goes to `next`, or calls it and goes on
/// when that returns.
fn write(arena: &mut Arena, place: u32, next: u32, kind: u8) {
    let address = CODE.base + place * PLACE;
    let target = CODE.base + next % PLACES * PLACE;
    let branch = |at: u32| target.wrapping_sub(address + at + 8) >> 2 & 0x00ff_ffff;
    let mut words = vec![
        // add r0, r0, #kind; eor r2, r0, r2, ror #1
        0xe280_0000 | u32::from(kind),
        0xe020_20e2,
        // subs r1, r1, #1; svceq #place
        0xe251_1001,
        0x0f00_0000 | place,
    ];
    match kind % 3 {
        // b next
        0 => words.push(0xea00_0000 | branch(16)),
        // bl next; bx lr
        1 => words.extend([0xeb00_0000 | branch(16), 0xe12f_ff1e]),
        // bne next; b here
        _ => words.extend([0x1a00_0000 | branch(16), 0xeaff_fff9]),
    }
    #[allow(clippy::cast_possible_truncation, reason = "halves are meant")]
    let halves: Vec<u16> = words
        .iter()
        .flat_map(|word| [*word as u16, (word >> 16) as u16])
        .collect();
    arena.write_code(address, &halves);
}

fn run(jit: &mut CallbackJit, arena: &mut Arena, place: u32, count: u32) {
    let mut expected = ArmState::default();
    expected.r[15] = CODE.base + place * PLACE;
    expected.r[14] = CODE.base;
    expected.r[1] = count % 128 + 1;
    let mut state = expected;
    let right = Interpreted(user()).run(&mut expected, arena);
    let ending = jit.run_again(&mut state, arena);
    if right != Ending::Endless {
        assert_eq!(
            (ending, state),
            (right, expected),
            "place {place}, count {count}"
        );
    }
}
