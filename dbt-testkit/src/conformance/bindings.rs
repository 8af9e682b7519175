//! Slots of vector registers that go from unit to unit.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use dbt_core::engine::Config;
use dbt_core::host::Backend;
use dbt_core::ir::{BlockId, Builder, IndirectKind, Inst, Slot, Target, Terminator, Value, Width};
use dbt_isa::machine::Machine;
use dbt_isa::ops::{BinOp, CmpOp};

use super::control::{COUNT, SMALL, START, add, computed, configs, count_down, is_zero, set};
use super::guest::{State, at};
use super::instructions::{KINDS, Template, accesses, draw_state, place, slots, tagged, templates};
use super::rig::{Rig, Subject};
use crate::random::Random;
use crate::units::LAYOUT;

/// Units, and how far apart.
const PLACES: u32 = 10;
const APART: u32 = 64;
/// At which count accesses fault, and how often loops within units go round.
const FAULT: Slot = Slot(4);
const INNER: Slot = Slot(6);

/// What units are made of: all that has to do with vector registers alone.
#[derive(Clone)]
struct Parts {
    computes: Arc<[Template]>,
    accesses: Arc<[Template]>,
}

impl Parts {
    fn new() -> Self {
        let is_vector = |template: &Template, from: usize| {
            let inst = (template.make)([Value(0); 3]);
            let result = inst.ty(|slot| LAYOUT.slot(slot).ty);
            let mut operands = template.operands.iter().skip(from);
            operands.all(|ty| ty.is_vector()) && result.is_none_or(|ty| ty.is_vector())
        };
        let some = |all: Vec<Template>, from| {
            let mut all = all;
            all.retain(|template| is_vector(template, from) && template.operands.len() > from);
            all.into()
        };
        Self {
            computes: some(templates(), 0),
            accesses: some(accesses(), 1),
        }
    }
}

/// Random units that compute in vector registers, go to one another by exits of all kinds,
/// loop, fault, and are replaced. Returns the number of runs.
///
/// # Panics
///
/// When a run ends otherwise than it should.
pub fn bindings<S: Subject>(make: impl Fn() -> S) -> u64 {
    let parts = Parts::new();
    let (mut cases, mut bound) = (0, 0);
    for bytes in [1 << 20, 4 * SMALL] {
        for config in configs() {
            let mut rig = Rig::with(make(), bytes, config);
            let mut random = Random::new(5);
            for number in 0..PLACES {
                replace(&rig, number, &parts, &mut random);
            }
            for _ in 0..600 {
                let number = random.word() % PLACES;
                if random.one_in(4) {
                    let address = u64::from(START + APART * number);
                    match random.one_in(4) {
                        true => rig.engine.invalidate_all(),
                        false => {
                            replace(&rig, number, &parts, &mut random);
                            rig.engine.invalidate(address..address + 4);
                        }
                    }
                }
                let state = begin_at(number, &mut random);
                cases += u64::from(rig.agree(&state, || format!("place {number}")));
            }
            rig.finish_crowded(8);
            bound += rig.engine.stats().bound_links;
        }
    }
    println!("{bound} links with slots in registers");
    cases + interrupted(&parts, make)
}

/// The same while another thread interrupts all the time.
fn interrupted<S: Subject>(parts: &Parts, make: impl Fn() -> S) -> u64 {
    let mut rig = Rig::with(make(), 1 << 20, Config::default());
    let mut random = Random::new(6);
    let mut cases = 0;
    for _ in 0..20 {
        rig.engine.invalidate_all();
        for number in 0..PLACES {
            replace(&rig, number, parts, &mut random);
        }
        let handle = rig.vcpu.interrupt_handle();
        let running = Arc::new(());
        let watched = Arc::downgrade(&running);
        let other = thread::spawn(move || {
            while watched.strong_count() > 0 {
                handle.interrupt();
                thread::sleep(Duration::from_micros(20));
            }
        });
        for number in 0..PLACES {
            let state = begin_at(number, &mut random);
            cases += u64::from(rig.agree(&state, || format!("place {number}, interrupted")));
        }
        drop(running);
        other.join().expect("it only interrupts");
    }
    cases
}

/// Returns a state from which a run starts.
fn begin_at(number: u32, random: &mut Random) -> State {
    let mut state = draw_state(random);
    state.location = at(START + APART * number).0;
    let count = 1 + random.word() % 100;
    set(&mut state, COUNT, count);
    set(&mut state, INNER, 3);
    // One run in four faults nowhere.
    set(
        &mut state,
        FAULT,
        random.word() % count.next_power_of_two() * 4 / 3,
    );
    set(&mut state, Slot(5), 0);
    state
}

/// Puts a unit at a place.
fn replace<B: Backend + Clone>(rig: &Rig<B>, number: u32, parts: &Parts, random: &mut Random) {
    let (parts, seed) = (parts.clone(), random.bits());
    let address = START + APART * number;
    rig.guest.set(address, move |builder| {
        unit(builder, address, &parts, &mut Random::new(seed));
    });
}

fn unit(builder: &mut Builder<'_>, address: u32, parts: &Parts, random: &mut Random) {
    let somewhere = |random: &mut Random| START + APART * (random.word() % PLACES);
    let is_loop = random.one_in(3);
    count_down(builder, address, 1);
    for step in 1..2 + random.word() % 8 {
        builder.guest(at(address + 4 * step));
        for _ in 0..random.below(3) {
            let template = &parts.computes[random.below(parts.computes.len())];
            let kinds = [(); 3].map(|()| random.pick(&KINDS));
            place(builder, template, kinds, random.one_in(2), random);
        }
        if random.one_in(3) {
            access(builder, parts, random);
        }
        if random.one_in(4) {
            let (count, one) = (builder.get(COUNT), builder.imm(1 << random.below(3)));
            let bit = builder.binary(BinOp::And, count, one);
            let condition = is_zero(builder, bit);
            builder.exit_if(condition, Target::Exit(at(somewhere(random))));
        }
    }
    if is_loop {
        let inner = add(builder, INNER, u32::MAX);
        let (op, width, b) = (CmpOp::Ne, Width::W32, builder.imm(0));
        let again = builder.push(Inst::Compare {
            op,
            width,
            a: inner,
            b,
        });
        builder.exit_if(again, Target::Block(BlockId::ENTRY));
        let three = builder.imm(3);
        builder.set(INNER, three);
    }
    let next = somewhere(random);
    let terminator = match random.below(8) {
        0 => computed(builder, next, IndirectKind::Jump),
        1 => Terminator::Call {
            target: Target::Exit(at(next)),
            return_location: at(next),
            return_to: Target::Exit(at(next)),
        },
        _ => Terminator::Jump(Target::Exit(at(next))),
    };
    builder.end(terminator);
}

/// Appends an access that faults at one count.
fn access(builder: &mut Builder<'_>, parts: &Parts, random: &mut Random) {
    let template = &parts.accesses[random.below(parts.accesses.len())];
    let (a, b) = (builder.get(COUNT), builder.get(FAULT));
    let (op, width) = (CmpOp::Eq, Width::W32);
    let condition = builder.push(Inst::Compare { op, width, a, b });
    let yes = builder.imm(0x3100);
    let no = builder.imm(0x1100 + 16 * (random.word() % 32));
    let address = builder.push(Inst::Select {
        width,
        condition,
        yes,
        no,
    });
    let mut args = [address; 3];
    for (arg, ty) in args.iter_mut().zip(&template.operands).skip(1) {
        let slots = slots(*ty);
        *arg = builder.get(slots[random.below(slots.len())]);
    }
    let inst = tagged(builder, (template.make)(args));
    let value = builder.push(inst);
    if let Some(ty) = inst.ty(|slot| LAYOUT.slot(slot).ty) {
        let slots = slots(ty);
        builder.set(slots[random.below(slots.len())], value);
    }
}
