//! What is in a unit.
#![allow(
    clippy::cast_possible_truncation,
    reason = "constants are cut to their types, and slots are few"
)]

use std::sync::Arc;

use dbt_core::ir::eval::write_slot;
use dbt_core::ir::{
    BitOp, Builder, ChecksumOp, Helper, Inst, SignOp, Slot, Terminator, TrapKind, Ty, Unit, Value,
    VectorKind, VectorOp, VectorWidth, Width,
};
use dbt_isa::machine::Machine;
use dbt_isa::ops::{Access, BinOp, Condition, Size};

use super::guest::{State, at};
use super::rig::{Rig, Subject};
use crate::random::Random;
use crate::units::{BINARY, COMPARE, FLOAT, FLOAT_STATUS, LAYOUT, NAMED, UNARY, build, helpers};

/// Where units start: where no edge of an address is near, since a store to code has it
/// translated anew.
const START: u32 = 0x2468_0000;
/// States that a unit is run with.
const STATES: u64 = 16;

const BITS: [u64; 2] = [0, 1];
const WORDS: [u64; 20] = [
    0,
    1,
    2,
    31,
    32,
    33,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x1000,
    0x1ffe,
    0x3000,
    0x5003,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
];
const DWORDS: [u64; 10] = [
    0,
    1,
    63,
    64,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ffff,
    0xffff_ffff,
    0x1_0000_0000,
    0x8000_0000_8000_0000,
];
const SINGLES: [u64; 14] = [
    0,
    0x8000_0000,
    0x0000_0001,
    0x007f_ffff,
    0x0080_0000,
    0x3f80_0000,
    0xbfc0_0000,
    0x4f00_0000,
    0xcf00_0001,
    0x7f7f_ffff,
    0x7f80_0000,
    0xff80_0000,
    0x7fc0_0001,
    0x7fa0_0000,
];
const DOUBLES: [u64; 16] = [
    0,
    0x8000_0000_0000_0000,
    1,
    0x000f_ffff_ffff_ffff,
    0x0010_0000_0000_0000,
    0x3ff0_0000_0000_0000,
    0xbff8_0000_0000_0000,
    0x41e0_0000_0000_0000,
    0xc1e0_0000_0020_0000,
    0x7fef_ffff_ffff_ffff,
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    0x7ff8_0000_0000_0001,
    0x7ff4_0000_0000_0000,
    0x0180_7fff_8001_ff7f,
    0x8000_0001_0080_00ff,
];

/// Draws a value of a type: an edge, mostly.
fn edge(ty: Ty, random: &mut Random) -> u64 {
    let edges: &[u64] = match ty {
        Ty::I1 => &BITS,
        Ty::Flags => return u64::from(random.word() & 0xf000_0000),
        Ty::I32 => &WORDS,
        Ty::I64 => &DWORDS,
        Ty::V32 => &SINGLES,
        Ty::V64 | Ty::V128 => &DOUBLES,
    };
    let mask = match ty {
        Ty::I1 => 1,
        Ty::I32 | Ty::V32 => u64::from(u32::MAX),
        _ => u64::MAX,
    };
    if random.one_in(5) {
        return random.bits() & mask;
    }
    random.pick(edges)
}

/// A state with a value in each slot; flags may be pending in the host.
pub(super) fn draw_state(random: &mut Random) -> State {
    let mut state = State::new(START);
    for (slot, info) in (0..).map(Slot).zip(&LAYOUT.slots[..NAMED]) {
        let value = if slot == FLOAT_STATUS {
            0
        } else {
            u128::from(edge(info.ty, random))
        };
        let value = if info.ty == Ty::V128 {
            // Elements of either size.
            let high = if random.one_in(2) {
                edge(Ty::V64, random)
            } else {
                edge(Ty::V32, random) << 32 | edge(Ty::V32, random)
            };
            u128::from(high) << 64 | value
        } else {
            value
        };
        write_slot(&LAYOUT, &mut state.slots, slot, value);
    }
    state
}

/// Where an operand comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Constant,
    /// A slot that may be in a host register.
    Hot,
    /// A slot that is in memory, if its type has one.
    Cold,
    /// The result of an instruction.
    Made,
    /// The first operand of the type once more.
    Same,
}

pub(super) const KINDS: [Kind; 5] = [
    Kind::Constant,
    Kind::Hot,
    Kind::Cold,
    Kind::Made,
    Kind::Same,
];

/// Slots of a type, the hot ones first.
pub(super) fn slots(ty: Ty) -> Vec<Slot> {
    let all = (0..).map(Slot).zip(&LAYOUT.slots[..NAMED]);
    all.filter(|(slot, info)| info.ty == ty && *slot != FLOAT_STATUS)
        .map(|(slot, _)| slot)
        .collect()
}

/// Makes an operand.
fn operand(
    builder: &mut Builder<'_>,
    kind: Kind,
    ty: Ty,
    place: usize,
    before: &[(Ty, Value)],
    random: &mut Random,
) -> Value {
    let slots = slots(ty);
    match kind {
        Kind::Same => {
            if let Some((_, value)) = before.iter().find(|(other, _)| *other == ty) {
                return *value;
            }
            builder.get(slots[0])
        }
        Kind::Hot => builder.get(slots[place % slots.len()]),
        Kind::Cold => builder.get(slots[slots.len() - 1 - place % slots.len()]),
        Kind::Constant if ty == Ty::Flags => {
            let word = builder.imm(edge(ty, random) as u32);
            builder.flags_from_psr(word)
        }
        Kind::Constant => {
            let bits = edge(ty, random);
            builder.push(Inst::Const { ty, bits })
        }
        Kind::Made => made(builder, ty, place),
    }
}

/// The result of an instruction.
fn made(builder: &mut Builder<'_>, ty: Ty, place: usize) -> Value {
    let word = builder.get(Slot(place as u16));
    let other = builder.get(Slot(5));
    match ty {
        Ty::I1 => {
            let op = COMPARE[place];
            let width = Width::W32;
            let (a, b) = (word, other);
            builder.push(Inst::Compare { op, width, a, b })
        }
        Ty::I32 => builder.binary(BinOp::Xor, word, other),
        Ty::I64 => {
            let signed = place == 0;
            builder.push(Inst::Extend { signed, a: word })
        }
        Ty::Flags => builder.push(Inst::SubFlags { a: word, b: other }),
        Ty::V32 => {
            let width = Width::W32;
            builder.push(Inst::ToVector { width, a: word })
        }
        Ty::V64 => {
            let width = Width::W64;
            let a = slots(Ty::I64)[0];
            let a = builder.get(a);
            builder.push(Inst::ToVector { width, a })
        }
        Ty::V128 => {
            let [a, b] = [0, 1].map(|index| builder.get(slots(Ty::V64)[index]));
            builder.push(vector(
                VectorOp::new(VectorKind::Join, Size::Dword, true),
                [a, b, a],
            ))
        }
    }
}

/// An operation on vectors.
fn vector(op: VectorOp, args: [Value; 3]) -> Inst {
    Inst::Vector {
        op,
        rounds: false,
        helper: helpers::VECTOR,
        info: helpers::pack(op),
        args,
    }
}

/// Every operation on vectors, with constants at their edges.
fn vector_ops() -> Vec<VectorOp> {
    let mut all = Vec::new();
    for &kind in VectorKind::ALL {
        for size in [Size::Byte, Size::Half, Size::Word, Size::Dword] {
            let bits = 8 * size.bytes() as u8;
            let mut imms = vec![0, 1, 2, 3, 8, bits / 2, bits - 1, bits];
            imms.sort_unstable();
            imms.dedup();
            for (wide, signed) in [(false, false), (false, true), (true, false), (true, true)] {
                let mut op = VectorOp::new(kind, size, wide).signed(signed);
                if !imms.iter().any(|&imm| op.imm(imm).is_valid()) {
                    continue;
                }
                // A constant that is not used makes no difference.
                let used = has_constant(kind);
                for &imm in imms.iter().filter(|imm| used || **imm == 0) {
                    op = op.imm(imm);
                    if op.is_valid() {
                        all.push(op);
                    }
                }
            }
        }
    }
    all
}

/// Whether a random unit has only what this suite is about. A back end may leave
/// exclusive accesses to the interpreter, and units are no instructions to it;
/// lockstep has them.
fn is_fit(unit: &Unit) -> bool {
    let is_left = |inst: &Inst| matches!(inst, Inst::LoadTag { .. } | Inst::StoreExclusive { .. });
    !unit.insts.iter().any(is_left)
}

/// Whether the constant of an operation says something.
const fn has_constant(kind: VectorKind) -> bool {
    use VectorKind as K;
    matches!(
        kind,
        K::ShiftLeft
            | K::ShiftRight
            | K::RoundingShiftRight
            | K::InsertLeft
            | K::InsertRight
            | K::Reverse
            | K::Extract
            | K::Splat
            | K::Insert
            | K::Table
            | K::SatShiftLeft
            | K::SatShiftLeftUnsigned
            | K::FloatToFixed
            | K::FixedToFloat
            | K::FloatToInt
            | K::FloatRound
    )
}

/// An instruction without its operands.
pub(super) struct Template {
    pub(super) operands: Vec<Ty>,
    pub(super) make: Box<dyn Fn([Value; 3]) -> Inst + Send + Sync>,
}

fn template(
    operands: &[Ty],
    make: impl Fn([Value; 3]) -> Inst + Send + Sync + 'static,
) -> Template {
    Template {
        operands: operands.to_vec(),
        make: Box::new(make),
    }
}

const WIDTHS: [Width; 2] = [Width::W32, Width::W64];

/// Every instruction that computes.
pub(super) fn templates() -> Vec<Template> {
    use Ty::{Flags, I1, I32, I64};
    let mut all = Vec::new();
    for width in WIDTHS {
        let ty = width.ty();
        for op in BINARY {
            all.push(template(&[ty, ty], move |[a, b, _]| Inst::Binary {
                op,
                width,
                a,
                b,
            }));
        }
        for op in COMPARE {
            all.push(template(&[ty, ty], move |[a, b, _]| Inst::Compare {
                op,
                width,
                a,
                b,
            }));
        }
        all.push(template(&[I1, ty, ty], move |[condition, yes, no]| {
            Inst::Select {
                width,
                condition,
                yes,
                no,
            }
        }));
        all.push(template(&[ty], move |[a, ..]| Inst::ToVector { width, a }));
        all.push(template(&[width.vector_ty()], move |[a, ..]| {
            Inst::FromVector { width, a }
        }));
        for op in [SignOp::Neg, SignOp::Abs] {
            all.push(template(&[width.vector_ty()], move |[a, ..]| {
                Inst::FloatSign { op, width, a }
            }));
        }
    }
    for op in UNARY {
        all.push(template(&[I32], move |[a, ..]| Inst::Unary { op, a }));
    }
    for op in [BitOp::And, BitOp::Or, BitOp::Xor] {
        all.push(template(&[I1, I1], move |[a, b, _]| Inst::Bits {
            op,
            a,
            b,
        }));
    }
    for signed in [false, true] {
        all.push(template(&[I32], move |[a, ..]| Inst::Extend { signed, a }));
    }
    for condition in Condition::ALL {
        all.push(template(&[Flags], move |[flags, ..]| Inst::Condition {
            flags,
            condition,
        }));
    }
    all.extend([
        template(&[I1], |[a, ..]| Inst::BitNot { a }),
        template(&[I1], |[a, ..]| Inst::BitToWord { a }),
        template(&[I64], |[a, ..]| Inst::Low { a }),
        template(&[I64], |[a, ..]| Inst::High { a }),
        template(&[I32], |[a, ..]| Inst::FlagsFromPsr { a }),
        template(&[Flags], |[a, ..]| Inst::FlagsToPsr { a }),
        template(&[I32, I32], |[a, b, _]| Inst::AddFlags { a, b }),
        template(&[I32, I32], |[a, b, _]| Inst::SubFlags { a, b }),
        template(&[I32, Flags], |[result, rest, _]| Inst::NzFlags {
            result,
            rest,
        }),
        template(&[I32, I1, Flags], |[result, carry, rest]| Inst::NzcFlags {
            result,
            carry,
            rest,
        }),
        template(&[I32, I32, I1], |[a, b, carry]| Inst::Adc { a, b, carry }),
        template(&[I32, I32, I1], |[a, b, carry]| Inst::Sbc { a, b, carry }),
        template(&[I32, I32, I1], |[a, b, carry]| Inst::AdcFlags {
            a,
            b,
            carry,
        }),
        template(&[I32, I32, I1], |[a, b, carry]| Inst::SbcFlags {
            a,
            b,
            carry,
        }),
        template(&[], |_| Inst::Fence),
    ]);
    for op in vector_ops() {
        let operands = op.operands().map(VectorWidth::ty);
        all.push(template(&operands[..op.count()], move |mut args| {
            let first = args[0];
            args[op.count()..].fill(first);
            vector(op, args)
        }));
    }
    for op in FLOAT {
        let operands = &op.operands()[..op.count()];
        all.push(template(operands, move |mut args| {
            let first = args[0];
            args[op.count()..].fill(first);
            Inst::Float {
                op,
                flushes: false,
                default_nan: false,
                rounds: false,
                helper: helpers::of_float(op),
                args,
            }
        }));
    }
    for castagnoli in [false, true] {
        for size in [Size::Byte, Size::Half, Size::Word] {
            let op = ChecksumOp { castagnoli, size };
            all.push(template(&[I64, I32, I32], move |args| Inst::Checksum {
                op,
                helper: helpers::of_checksum(op),
                args,
            }));
        }
    }
    for slot in 4..7 {
        all.push(template(&[I64, I64, I64], move |args| Inst::Call {
            helper: Helper(slot),
            args,
        }));
    }
    all.extend(accesses());
    all
}

/// Every access to memory.
pub(super) fn accesses() -> Vec<Template> {
    let mut all = Vec::new();
    for size in [Size::Byte, Size::Half, Size::Word, Size::Dword] {
        for (signed, aligned) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut access = Access::new(size);
            access.signed = signed;
            access.aligned = aligned;
            for width in WIDTHS {
                if size == Size::Dword && width == Width::W32 {
                    continue;
                }
                all.push(template(&[Ty::I32], move |[address, ..]| Inst::Load {
                    access,
                    width,
                    address,
                }));
                all.push(template(
                    &[Ty::I32, width.ty()],
                    move |[address, value, _]| Inst::Store {
                        access,
                        width,
                        address,
                        value,
                    },
                ));
            }
            all.push(template(
                &[Ty::I32, Ty::I64, Ty::I64],
                move |[address, expected, new]| Inst::StoreExclusive {
                    access,
                    address,
                    tag: address,
                    expected,
                    new,
                },
            ));
        }
    }
    for (width, access) in [
        (VectorWidth::V32, Access::new(Size::Word)),
        (
            VectorWidth::V64,
            Access::new(Size::Dword).aligned_by_words(),
        ),
        (VectorWidth::V128, Access::new(Size::Dword)),
    ] {
        all.push(template(&[Ty::I32], move |[address, ..]| {
            Inst::LoadVector {
                access,
                width,
                address,
            }
        }));
        all.push(template(
            &[Ty::I32, width.ty()],
            move |[address, value, _]| Inst::StoreVector {
                access,
                width,
                address,
                value,
            },
        ));
    }
    all
}

/// Ends a unit.
fn stop(builder: &mut Builder<'_>) {
    builder.end(Terminator::Trap {
        kind: TrapKind::SystemCall,
        info: 0,
        resume: at(START + 4),
    });
}

/// Gives a store-exclusive its granule's tag, which differs from engine to engine, so
/// that nothing else may use it.
pub(super) fn tagged(builder: &mut Builder<'_>, mut inst: Inst) -> Inst {
    if let Inst::StoreExclusive { address, tag, .. } = &mut inst {
        *tag = builder.load_tag(*address);
    }
    inst
}

/// Appends an instruction with operands of some kinds, and stores its result.
pub(super) fn place(
    builder: &mut Builder<'_>,
    template: &Template,
    kinds: [Kind; 3],
    last: bool,
    random: &mut Random,
) {
    let mut operands: Vec<(Ty, Value)> = Vec::new();
    for (index, &ty) in template.operands.iter().enumerate() {
        let value = operand(builder, kinds[index], ty, index, &operands, random);
        operands.push((ty, value));
    }
    let unused = Value(0);
    let mut args = [unused; 3];
    for (arg, (_, value)) in args.iter_mut().zip(&operands) {
        *arg = *value;
    }
    let inst = tagged(builder, (template.make)(args));
    let value = builder.push(inst);
    if let Some(ty) = inst.ty(|slot| LAYOUT.slot(slot).ty) {
        let slots = slots(ty);
        let index = if last { slots.len() - 1 } else { 0 };
        builder.set(slots[index], value);
    }
}

/// Each instruction, for each kind of its operands, does what the evaluator does.
/// Returns the number of cases: instructions, kinds, states.
///
/// # Panics
///
/// When it does something else.
pub fn instructions<S: Subject>(make: impl Fn() -> S) -> u64 {
    let mut rig = Rig::new(make());
    let mut random = Random::new(1);
    let (mut cases, mut refused) = (0, 0);
    let templates: Vec<_> = templates().into_iter().map(Arc::new).collect();
    for (number, template) in templates.iter().enumerate() {
        for choice in 0..5_usize.pow(template.operands.len() as u32) {
            let kinds = [choice % 5, choice / 5 % 5, choice / 25].map(|index| KINDS[index]);
            // The first operand has nothing to be the same as.
            if kinds[0] == Kind::Same && !template.operands.is_empty() {
                continue;
            }
            let seed = random.bits();
            let shown = Arc::clone(template);
            rig.guest.set(START, move |builder| {
                let random = &mut Random::new(seed);
                let entry = builder.reserve();
                builder.begin(entry, Some(at(START)));
                builder.guest(at(START));
                place(builder, &shown, kinds, choice % 2 == 0, random);
                stop(builder);
            });
            rig.engine.invalidate_all();
            for _ in 0..STATES {
                let state = draw_state(&mut random);
                let what = || {
                    let inst = (template.make)([Value(0), Value(1), Value(2)]);
                    format!("instruction {number}, {inst:?}, of {kinds:?}, seed {seed}")
                };
                assert!(rig.agree(&state, what), "one instruction ends");
                cases += 1;
            }
            if rig.refused() != refused {
                refused = rig.refused();
                let inst = (template.make)([Value(0), Value(1), Value(2)]);
                println!("refused: {inst:?} of {kinds:?}");
            }
        }
    }
    rig.finish_crowded(50);
    cases
}

/// Random units do what the evaluator does. Returns how many have ended, with each of
/// their states.
///
/// # Panics
///
/// When one does something else.
pub fn units<S: Subject>(make: impl Fn() -> S) -> u64 {
    let mut rig = Rig::new(make());
    let mut cases = 0;
    let mut unit = Unit::default();
    for seed in 0..6000 {
        build(&mut Random::new(seed), &mut Builder::new(&mut unit));
        if !is_fit(&unit) {
            continue;
        }
        rig.guest
            .set(START, move |builder| build(&mut Random::new(seed), builder));
        rig.engine.invalidate_all();
        for input in 0..3 {
            let state = draw_state(&mut Random::new(seed << 8 | input));
            cases += u64::from(rig.agree(&state, || format!("unit {seed}, input {input}")));
        }
    }
    rig.finish_crowded(4);
    cases
}

/// How many guest instructions units that fault have.
const ACCESSES: u32 = 6;

/// Each of several accesses of a unit faults in turn, behind writes of all kinds of
/// slots; state is that of the guest instruction that faults. Returns the number of
/// faults.
///
/// # Panics
///
/// When it is not.
pub fn faults<S: Subject>(make: impl Fn() -> S) -> u64 {
    let mut rig = Rig::new(make());
    let mut random = Random::new(2);
    let accesses: Vec<_> = accesses().into_iter().map(Arc::new).collect();
    let computes: Vec<_> = templates().into_iter().map(Arc::new).collect();
    let mut cases = 0;
    for _ in 0..400 {
        let seed = random.bits();
        for faulting in 0..ACCESSES {
            let (accesses, computes) = (accesses.clone(), computes.clone());
            rig.guest.set(START, move |builder| {
                let random = &mut Random::new(seed);
                let entry = builder.reserve();
                builder.begin(entry, Some(at(START)));
                for index in 0..ACCESSES {
                    builder.guest(at(START + 4 * index));
                    for _ in 0..random.below(4) {
                        let template = random.below(computes.len());
                        let template = &computes[template];
                        if (template.make)([Value(0); 3]).exposes_state() {
                            continue;
                        }
                        let kinds = [(); 3].map(|()| random.pick(&KINDS));
                        place(builder, template, kinds, random.one_in(2), random);
                    }
                    access(builder, &accesses, index == faulting, random);
                }
                stop(builder);
            });
            rig.engine.invalidate_all();
            let state = draw_state(&mut random);
            let ended = rig.agree(&state, || format!("access {faulting} of {seed}"));
            cases += u64::from(ended);
        }
    }
    rig.finish_crowded(4);
    cases
}

/// Appends an access, to where memory is or is not.
fn access(
    builder: &mut Builder<'_>,
    accesses: &[Arc<Template>],
    faults: bool,
    random: &mut Random,
) {
    let template = &accesses[random.below(accesses.len())];
    let address = if faults { 0x3100 } else { 0x1100 } + 8 * random.below(32) as u32;
    let mut args = [builder.imm(address); 3];
    let mut before = Vec::new();
    for (index, &ty) in template.operands.iter().enumerate().skip(1) {
        let kind = random.pick(&KINDS);
        args[index] = operand(builder, kind, ty, index, &before, random);
        before.push((ty, args[index]));
    }
    let inst = tagged(builder, (template.make)(args));
    let value = builder.push(inst);
    if let Some(ty) = inst.ty(|slot| LAYOUT.slot(slot).ty) {
        let slots = slots(ty);
        builder.set(slots[random.below(slots.len())], value);
    }
}
