//! What goes from unit to unit.

use std::thread;
use std::time::Duration;

use dbt_core::engine::Config;
use dbt_core::exit::{Budget, Exit};
use dbt_core::host::Backend;
use dbt_core::ir::eval::{read_slot, write_slot};
use dbt_core::ir::{Builder, IndirectKind, Inst, Slot, Target, Terminator, TrapKind, Value, Width};
use dbt_isa::machine::Machine;
use dbt_isa::ops::{Access, BinOp, CmpOp, Size};

use super::guest::{Ending, MODE, NOTHING, State, at};
use super::rig::{Rig, Subject};
use crate::lockstep::Called;
use crate::memory::MirroredMemory;
use crate::random::Random;
use crate::units::LAYOUT;

/// Where code is; nothing is at `END`.
pub(super) const START: u32 = 0x1_0000;
pub(super) const END: u32 = 0x2_0000;
/// Code memory that fits no test as a whole.
pub(super) const SMALL: usize = 24 << 10;

/// What slots are for: a counter, a stack pointer, a link register, a sum, and zero.
pub(super) const COUNT: Slot = Slot(0);
const STACK: Slot = Slot(1);
const LINK: Slot = Slot(2);
const SUM: Slot = Slot(3);
const ZERO: Slot = Slot(5);

pub(super) fn set(state: &mut State, slot: Slot, value: u32) {
    write_slot(&LAYOUT, &mut state.slots, slot, value.into());
}

fn get(state: &State, slot: Slot) -> u32 {
    u32::try_from(read_slot(&LAYOUT, &state.slots, slot)).expect("a slot of 32 bits")
}

/// Begins a unit of one instruction.
fn begin(builder: &mut Builder<'_>, address: u32) {
    let entry = builder.reserve();
    builder.begin(entry, Some(at(address)));
    builder.guest(at(address));
}

/// Adds a constant to a slot.
pub(super) fn add(builder: &mut Builder<'_>, slot: Slot, number: u32) -> Value {
    let (old, number) = (builder.get(slot), builder.imm(number));
    let new = builder.binary(BinOp::Add, old, number);
    builder.set(slot, new);
    new
}

/// A jump to an address that the optimiser does not know: a slot that is always zero
/// takes part.
pub(super) fn computed(builder: &mut Builder<'_>, address: u32, kind: IndirectKind) -> Terminator {
    let (address, zero) = (builder.imm(address), builder.get(ZERO));
    Terminator::Indirect {
        value: builder.binary(BinOp::Or, address, zero),
        mode: MODE,
        kind,
    }
}

pub(super) fn is_zero(builder: &mut Builder<'_>, a: Value) -> Value {
    let b = builder.imm(0);
    let (op, width) = (CmpOp::Eq, Width::W32);
    builder.push(Inst::Compare { op, width, a, b })
}

/// Counts down and leaves at zero; otherwise adds `number` to the sum.
pub(super) fn count_down(builder: &mut Builder<'_>, address: u32, number: u32) {
    begin(builder, address);
    let count = add(builder, COUNT, u32::MAX);
    let done = is_zero(builder, count);
    builder.exit_if(done, Target::Exit(at(END)));
    add(builder, SUM, number);
}

/// Every way to link units.
pub(super) fn configs() -> impl Iterator<Item = Config> {
    (0..4).map(|choice| Config {
        link: choice & 1 == 0,
        jump_cache: choice & 2 == 0,
        ..Config::default()
    })
}

/// Loops through units that jump to one another, linked and not linked. Returns the
/// number of runs.
///
/// # Panics
///
/// When a run ends otherwise than it should.
pub fn links<S: Subject>(make: impl Fn() -> S) -> u64 {
    let mut cases = 0;
    for config in configs() {
        for units in [1, 2, 3, 17, 200] {
            for bytes in [1 << 20, SMALL] {
                let mut rig = Rig::with(make(), bytes, config);
                for unit in 0..units {
                    let address = START + 16 * unit;
                    let next = START + 16 * ((unit + 1) % units);
                    rig.guest.set(address, move |builder| {
                        count_down(builder, address, unit + 1);
                        builder.end(Terminator::Jump(Target::Exit(at(next))));
                    });
                }
                for count in [1, 2, 3, 100, 5000] {
                    let mut state = State::new(START);
                    set(&mut state, COUNT, count);
                    assert!(rig.agree(&state, || format!("{units} units, {count} times")));
                    cases += 1;
                }
                rig.finish();
            }
        }
    }
    cases
}

/// A unit that code memory has no room for is interpreted, and others are not. Returns
/// the number of runs.
///
/// # Panics
///
/// When a run ends otherwise than it should, or the unit is compiled all the same.
pub fn too_large<S: Subject>(make: impl Fn() -> S) -> u64 {
    const LARGE: u32 = START + 0x100;
    const STORES: u32 = 4000;
    let mut rig = Rig::with(make(), SMALL, Config::default());
    rig.guest.set(START, |builder| {
        count_down(builder, START, 1);
        builder.end(Terminator::Jump(Target::Exit(at(LARGE))));
    });
    rig.guest.set(LARGE, |builder| {
        begin(builder, LARGE);
        let base = builder.get(STACK);
        for number in 0..STORES {
            let (offset, value) = (builder.imm(4 * number), builder.imm(number));
            let address = builder.binary(BinOp::Add, base, offset);
            builder.push(Inst::Store {
                access: Access::new(Size::Word),
                width: Width::W32,
                address,
                value,
            });
        }
        builder.end(Terminator::Jump(Target::Exit(at(START))));
    });
    let mut cases = 0;
    for count in [1, 2, 100] {
        let mut state = State::new(START);
        set(&mut state, COUNT, count);
        assert!(rig.agree(&state, || format!("{count} times")));
        cases += 1;
    }
    assert_eq!(rig.refused(), 1, "one unit is too large");
    cases
}

/// Recursion of many depths, with returns that the host predicts and such that go
/// elsewhere. Returns the number of runs.
///
/// # Panics
///
/// When a run ends otherwise than it should.
pub fn calls<S: Subject>(make: impl Fn() -> S) -> u64 {
    const BEHIND: u32 = START + 0x100;
    const RETURN: u32 = START + 0x200;
    const ELSEWHERE: u32 = START + 0x300;
    let access = Access::new(Size::Word);
    let width = Width::W32;
    let mut cases = 0;
    for (config, indirect) in configs().flat_map(|config| [(config, false), (config, true)]) {
        let mut rig = Rig::with(make(), 1 << 20, config);
        rig.guest.set(START, move |builder| {
            begin(builder, START);
            let address = add(builder, STACK, 4);
            let value = builder.get(LINK);
            builder.push(Inst::Store {
                access,
                width,
                address,
                value,
            });
            let count = add(builder, COUNT, u32::MAX);
            let done = is_zero(builder, count);
            builder.exit_if(done, Target::Exit(at(RETURN)));
            let link = builder.imm(BEHIND);
            builder.set(LINK, link);
            let return_location = at(BEHIND);
            let return_to = Target::Exit(return_location);
            let terminator = if indirect {
                let kind = IndirectKind::Call {
                    return_location,
                    return_to,
                };
                computed(builder, START, kind)
            } else {
                Terminator::Call {
                    target: Target::Exit(at(START)),
                    return_location,
                    return_to,
                }
            };
            builder.end(terminator);
        });
        rig.guest.set(BEHIND, |builder| {
            begin(builder, BEHIND);
            add(builder, SUM, 1);
            builder.end(Terminator::Jump(Target::Exit(at(RETURN))));
        });
        rig.guest.set(RETURN, move |builder| {
            begin(builder, RETURN);
            let address = builder.get(STACK);
            let value = builder.push(Inst::Load {
                access,
                width,
                address,
            });
            add(builder, STACK, 4_u32.wrapping_neg());
            // At one depth the return goes elsewhere, which nobody has predicted.
            let odd = builder.get(Slot(4));
            let (a, b) = (builder.get(STACK), odd);
            let op = CmpOp::Eq;
            let condition = builder.push(Inst::Compare { op, width, a, b });
            let no = value;
            let yes = builder.imm(ELSEWHERE);
            let value = builder.push(Inst::Select {
                width,
                condition,
                yes,
                no,
            });
            builder.end(Terminator::Indirect {
                value,
                mode: MODE,
                kind: IndirectKind::Return,
            });
        });
        rig.guest.set(ELSEWHERE, |builder| {
            begin(builder, ELSEWHERE);
            add(builder, SUM, 1000);
            builder.end(Terminator::Jump(Target::Exit(at(RETURN))));
        });
        for depth in (1..40).chain([63, 64, 65, 127, 128, 129, 400]) {
            for odd in [0, 1, 2, depth / 2, depth - 1] {
                let mut state = State::new(START);
                set(&mut state, COUNT, depth);
                set(&mut state, STACK, 0x1000);
                set(&mut state, LINK, END);
                let odd = if odd == 0 { 0 } else { 0x1000 + 4 * odd };
                set(&mut state, Slot(4), odd);
                assert!(rig.agree(&state, || format!("depth {depth}, odd at {odd:#x}")));
                cases += 1;
            }
        }
        rig.finish();
    }
    cases
}

/// Jumps to addresses that are computed, more than any cache of targets holds well.
/// Returns the number of runs.
///
/// # Panics
///
/// When a run ends otherwise than it should.
pub fn indirect<S: Subject>(make: impl Fn() -> S) -> u64 {
    const TARGETS: u32 = START + 0x1000;
    let mut cases = 0;
    for config in configs() {
        for spread in [16, 4096, 65536] {
            let mut rig = Rig::with(make(), 1 << 20, config);
            rig.guest.set(START, move |builder| {
                count_down(builder, START, 1);
                let (count, mask) = (builder.get(COUNT), builder.imm(63));
                let index = builder.binary(BinOp::And, count, mask);
                let spread = builder.imm(spread);
                let offset = builder.binary(BinOp::Mul, index, spread);
                let base = builder.imm(TARGETS);
                let value = builder.binary(BinOp::Add, base, offset);
                builder.end(Terminator::Indirect {
                    value,
                    mode: MODE,
                    kind: IndirectKind::Jump,
                });
            });
            // Where there is no target, the run ends.
            for index in 0..63 {
                let address = TARGETS + index * spread;
                rig.guest.set(address, move |builder| {
                    begin(builder, address);
                    add(builder, SUM, index << 8);
                    builder.end(Terminator::Jump(Target::Exit(at(START))));
                });
            }
            for count in [1, 2, 62, 63, 64, 65, 100] {
                let mut state = State::new(START);
                set(&mut state, COUNT, count);
                assert!(rig.agree(&state, || format!("{spread} apart, {count} times")));
                cases += 1;
            }
            rig.finish();
        }
    }
    cases
}

/// Loops that never end, linked, in one unit or through computed jumps, are interrupted
/// soon, between two instructions. Returns the number of interrupts.
///
/// # Panics
///
/// When the state is not that of the location.
pub fn interrupts<S: Subject>(make: impl Fn() -> S) -> u64 {
    const OTHER: u32 = START + 0x40;
    let mut cases = 0;
    for shape in 0..3 {
        let mut rig = Rig::new(make());
        rig.guest.set(START, move |builder| {
            begin(builder, START);
            add(builder, COUNT, 1);
            let target = if shape == 0 {
                Target::Block(dbt_core::ir::BlockId::ENTRY)
            } else {
                Target::Exit(at(OTHER))
            };
            builder.end(Terminator::Jump(target));
        });
        rig.guest.set(OTHER, move |builder| {
            begin(builder, OTHER);
            add(builder, SUM, 1);
            let terminator = if shape == 1 {
                Terminator::Jump(Target::Exit(at(START)))
            } else {
                computed(builder, START, IndirectKind::Jump)
            };
            builder.end(terminator);
        });
        *rig.vcpu.state_mut() = State::new(START);
        for _ in 0..20 {
            let handle = rig.vcpu.interrupt_handle();
            let other = thread::spawn(move || {
                thread::sleep(Duration::from_millis(2));
                handle.interrupt();
            });
            let mut memory = MirroredMemory::new();
            let mut called = Called(&mut memory);
            let exit = rig
                .engine
                .run(&mut rig.vcpu, &mut called, Budget::UNLIMITED);
            other.join().expect("it only sleeps");
            assert_eq!(exit, Exit::Interrupted);
            let state = rig.vcpu.state();
            let ahead = get(state, COUNT).wrapping_sub(get(state, SUM));
            match (shape, state.location) {
                (0, location) => assert_eq!(location, at(START).0),
                (_, location) if location == at(START).0 => assert_eq!(ahead, 0),
                (_, location) if location == at(OTHER).0 => assert_eq!(ahead, 1),
                (_, location) => panic!("interrupted at {location:#x}"),
            }
            cases += 1;
        }
        assert!(get(rig.vcpu.state(), COUNT) > 1000, "it runs meanwhile");
        rig.finish();
    }
    cases
}

/// Units that are replaced, forgotten and run in any order, with code memory for all
/// and for few: what runs is what is there. Returns the number of runs.
///
/// # Panics
///
/// When something else runs.
pub fn invalidation<S: Subject>(make: impl Fn() -> S) -> u64 {
    const PLACES: u32 = 48;
    let mut cases = 0;
    for bytes in [1 << 20, SMALL] {
        for config in configs() {
            let mut rig = Rig::with(make(), bytes, config);
            let mut random = Random::new(3);
            for place in 0..PLACES {
                replace(&rig, place, &mut random);
            }
            for _ in 0..1500 {
                let place = u32::try_from(random.below(PLACES as usize)).expect("a place");
                let address = START + 16 * place;
                match random.below(8) {
                    0 | 1 => {
                        replace(&rig, place, &mut random);
                        rig.engine
                            .invalidate(address.into()..u64::from(address) + 4);
                    }
                    2 => rig
                        .engine
                        .invalidate(address.into()..u64::from(address) + 64),
                    3 if random.one_in(16) => rig.engine.invalidate_all(),
                    _ => {
                        let mut state = State::new(address);
                        set(&mut state, COUNT, 1 + random.word() % 200);
                        set(&mut state, LINK, END);
                        assert!(rig.agree(&state, || format!("place {place}")));
                        cases += 1;
                    }
                }
            }
            rig.guest.clear();
            rig.engine.invalidate_all();
            let mut state = State::new(START);
            let ending = rig.run(&mut state, &mut MirroredMemory::new());
            assert_eq!(ending, Ending::Trap(TrapKind::SystemCall, NOTHING));
            rig.finish();
        }
    }
    cases
}

/// Puts a unit at a place that goes to another: by a jump, a call or a computed jump.
fn replace<B: Backend + Clone>(rig: &Rig<B>, place: u32, random: &mut Random) {
    let address = START + 16 * place;
    let next = START + 16 * (random.word() % 48);
    let (number, kind) = (random.word(), random.below(3));
    rig.guest.set(address, move |builder| {
        count_down(builder, address, number);
        let target = Target::Exit(at(next));
        let terminator = match kind {
            0 => Terminator::Jump(target),
            1 => Terminator::Call {
                target,
                return_location: at(address + 4),
                return_to: Target::Exit(at(address + 4)),
            },
            _ => computed(builder, next, IndirectKind::Jump),
        };
        builder.end(terminator);
    });
}
