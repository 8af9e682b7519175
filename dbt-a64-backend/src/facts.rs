//! What is known of a block's values before any code is emitted.
//!
//! One backward scan gives each value its last use and its uses, the register in
//! which it should be made (that of the hot slot it is soon written to), which
//! flag computations share an instruction with an arithmetic one, and which
//! values need no instruction of their own because their user absorbs them.

use alloc::vec::Vec;

use dbt_core::analysis::{FlagSet, Liveness};
use dbt_core::guest::StateLayout;
use dbt_core::ir::{BitOp, Block, Inst, Slot, Terminator, Unit, Value, Width};
use dbt_isa::ops::{BinOp, CmpOp, Size, UnOp};

use crate::asm::{Logic, add_immediate};
use crate::regs::{PINNED, Reg};

/// What is known of one value (or of the instruction without one).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fact {
    /// Index of the last instruction that needs the value; the block's end for
    /// its terminator.
    pub(crate) last_use: u32,
    /// For flags: index of the last instruction that reads them, other than to
    /// pass them on.
    pub(crate) read_until: u32,
    /// For flags: index of the last instruction that passes C or V on.
    pub(crate) passed_until: u32,
    /// For flags: the components that are passed on.
    pub(crate) passed: FlagSet,
    /// For flags: the components that are read.
    pub(crate) read: FlagSet,
    /// Number of instructions that use it.
    pub(crate) uses: u32,
    /// The pinned register that the value is written to before anything could
    /// see the old one.
    pub(crate) hint: Option<Reg>,
    /// The pinned register that the value is first written to, later.
    pub(crate) set_to: Option<Reg>,
    /// The slot of a vector register that the value is written to before anything
    /// could see the old one.
    pub(crate) vector_slot: Option<Slot>,
    /// The first use is as an address or as part of one.
    pub(crate) addresses: bool,
    /// Number of those uses that can take it as part of their own operation.
    pub(crate) absorbing: u32,
    /// For flags: index of the last instruction that writes them to the slot.
    pub(crate) set_until: u32,
    /// Whether the host's flags should tell of this result.
    pub(crate) sets_flags: bool,
    /// No code at the definition: the user absorbs it.
    pub(crate) deferred: bool,
    /// For the carry of flags: that it is a bit of a value, which they can look up
    /// themselves. For the value masked: likewise.
    pub(crate) tests_bit: bool,
    /// For arithmetic: the flags that the same host instruction makes. For those
    /// flags: themselves.
    pub(crate) fused: Option<Value>,
    /// For those flags: where the arithmetic is.
    fused_at: Option<u32>,
    /// For flags: they leave the block.
    last_of_block: bool,
    /// Components of the architectural flags that are needed from here to where
    /// they are next written.
    pub(crate) flags_needed: FlagSet,
}

/// The pinned register of each slot, or none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pins {
    by_slot: Vec<Option<Reg>>,
    by_reg: Vec<Slot>,
    /// The slot whose register is a multiple of four in all code.
    aligned: Option<Slot>,
}

impl Pins {
    /// Assigns registers to the hot slots, in the order of the slots, so that a
    /// guest's first registers are the host's.
    pub(crate) fn new(layout: &StateLayout) -> Self {
        let hot = &layout.hot[..layout.hot.len().min(PINNED.into())];
        let mut by_reg = hot.to_vec();
        by_reg.sort_by_key(|slot| slot.0);
        let mut by_slot = alloc::vec![None; layout.slots.len()];
        for (slot, reg) in by_reg.iter().zip(0..) {
            by_slot[slot.index()] = Some(Reg(reg));
        }
        let aligned = layout
            .aligned
            .filter(|slot| by_slot[slot.index()].is_some());
        Self {
            by_slot,
            by_reg,
            aligned,
        }
    }

    /// Returns the register that is a multiple of four in all code, if there is one.
    pub(crate) fn aligned(&self) -> Option<Reg> {
        self.of(self.aligned?)
    }

    pub(crate) fn of(&self, slot: Slot) -> Option<Reg> {
        self.by_slot[slot.index()]
    }

    /// Returns the slot that a register holds.
    pub(crate) fn slot(&self, reg: Reg) -> Option<Slot> {
        self.by_reg.get(reg.index()).copied()
    }

    /// Returns the slots of the pinned registers, in their order.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.by_reg
    }
}

/// Returns the components of the architectural flags that must be right when a
/// block ends with `terminator`.
pub(crate) fn demanded_at_end(terminator: &Terminator, liveness: &Liveness) -> FlagSet {
    match terminator {
        Terminator::Jump(target) => liveness.live_at(*target),
        _ => FlagSet::ALL,
    }
}

/// Returns the components that pass unchanged from the flags before to `flags`.
pub(crate) fn passed_through(unit: &Unit, mut flags: Value) -> FlagSet {
    let mut mask = FlagSet::ALL;
    loop {
        match *unit.inst(flags) {
            Inst::NzFlags { rest, .. } => {
                mask &= FlagSet::CV;
                flags = rest;
            }
            Inst::NzcFlags { rest, .. } => {
                mask &= FlagSet::V;
                flags = rest;
            }
            // Their own components all differ from what was before.
            Inst::AddFlags { .. }
            | Inst::SubFlags { .. }
            | Inst::AdcFlags { .. }
            | Inst::SbcFlags { .. }
            | Inst::Float { .. }
            | Inst::FlagsFromPsr { .. } => return FlagSet::NONE,
            _ => return mask,
        }
    }
}

fn flags_needed_before(
    unit: &Unit,
    inst: &Inst,
    layout: &StateLayout,
    liveness: &Liveness,
    after: FlagSet,
) -> FlagSet {
    match inst {
        Inst::Set { slot, value } if *slot == layout.flags => after & passed_through(unit, *value),
        Inst::Get { slot } if *slot == layout.flags => FlagSet::ALL,
        Inst::ExitIf { target, .. } => after | liveness.live_at(*target),
        Inst::Call { .. } => after,
        inst if inst.exposes_state() || layout.is_refusable(&unit.insts, inst) => FlagSet::ALL,
        _ => after,
    }
}

/// Fills `facts` for the instructions of `block`; the slice has an element for
/// each instruction of the unit.
pub(crate) fn analyse(
    unit: &Unit,
    block: &Block,
    layout: &StateLayout,
    pins: &Pins,
    liveness: &Liveness,
    facts: &mut [Fact],
) {
    let end = index32(block.insts.end);
    facts[block.insts.clone()].fill(Fact::default());
    fuse(unit, block, facts);
    let mut needed = demanded_at_end(&block.terminator, liveness);
    if let Some(value) = block.terminator.operand() {
        use_value(facts, value, end);
    }
    let mut opaque = end;
    let mut set_later = false;
    for index in block.insts.clone().rev() {
        let inst = &unit.insts[index];
        needed = flags_needed_before(unit, inst, layout, liveness, needed);
        facts[index].flags_needed = needed;
        facts[index].deferred = is_deferred(unit, index, facts, opaque);
        // What a deferred instruction uses is needed where its user is, and what
        // fused flags use is needed where the arithmetic is.
        let at = if facts[index].deferred {
            facts[index].last_use
        } else {
            facts[index].fused_at.unwrap_or(index32(index))
        };
        inst.for_each_operand(|value| use_value(facts, value, at));
        for value in absorbed(unit, inst).into_iter().flatten() {
            facts[value.index()].absorbing += 1;
        }
        note_flags(unit, inst, index, layout, &mut set_later, facts, needed);
        if let Inst::NzFlags { rest, .. } | Inst::NzcFlags { rest, .. } = *inst {
            let fact = &mut facts[rest.index()];
            fact.passed_until = fact.passed_until.max(at);
            let carries_on = matches!(inst, Inst::NzFlags { .. });
            fact.passed |= if carries_on { FlagSet::CV } else { FlagSet::V };
        }
        if let Inst::Condition { flags, .. } | Inst::FlagsToPsr { a: flags } = *inst {
            let fact = &mut facts[flags.index()];
            fact.read_until = fact.read_until.max(at);
            fact.read |= match inst {
                Inst::Condition { condition, .. } => FlagSet::of_condition(*condition),
                _ => FlagSet::ALL,
            };
        }
        match *inst {
            Inst::Load { address, .. }
            | Inst::Store { address, .. }
            | Inst::LoadVector { address, .. }
            | Inst::StoreVector { address, .. }
            | Inst::StoreExclusive { address, .. } => facts[address.index()].addresses = true,
            Inst::Binary {
                op: BinOp::Add,
                width: Width::W32,
                a,
                b,
            } => {
                let part = facts[index].addresses;
                facts[a.index()].addresses = part;
                facts[b.index()].addresses = part;
            }
            // The carry is stored when the flags are written, the rest of the
            // flags when they are next needed.
            Inst::NzcFlags { carry, .. } => {
                if let Some(test) = bit_test(unit, carry)
                    && test.of.index() >= block.insts.start
                {
                    facts[carry.index()].tests_bit = true;
                    facts[test.masked.index()].tests_bit = true;
                }
                let until = facts[index].last_use;
                let fact = &mut facts[carry.index()];
                fact.last_use = fact.last_use.max(until);
            }
            Inst::Set { slot, value } => {
                hint(unit, block, layout, pins, index, slot, value, facts);
            }
            _ => inst.for_each_operand(|value| facts[value.index()].addresses = false),
        }
        if let Inst::Vector { op, args, .. } = inst
            && let Some(slot) = facts[index].vector_slot
        {
            for arg in &args[..op.count()] {
                hint_operand(unit, block, layout, index, slot, *arg, facts);
            }
        }
        if !facts[index].deferred && facts[index].fused_at.is_none() && !is_silent(inst) {
            opaque = index32(index);
        }
    }
}

/// Notes what becomes of flags.
fn note_flags(
    unit: &Unit,
    inst: &Inst,
    index: usize,
    layout: &StateLayout,
    set_later: &mut bool,
    facts: &mut [Fact],
    needed: FlagSet,
) {
    match *inst {
        Inst::Set { slot, value } if slot == layout.flags => {
            let fact = &mut facts[value.index()];
            fact.set_until = fact.set_until.max(index32(index));
            fact.last_of_block |= !*set_later && !needed.is_empty();
            *set_later = true;
        }
        Inst::NzFlags { result, .. } | Inst::NzcFlags { result, .. } => {
            let fact = facts[index];
            let in_host = fact.last_of_block || fact.read.intersects(FlagSet::NZ);
            let settable = matches!(
                unit.inst(result),
                Inst::Binary {
                    op: BinOp::And,
                    width: Width::W32,
                    ..
                }
            );
            facts[result.index()].sets_flags |= in_host && settable;
        }
        _ => {}
    }
}

/// Returns the operands that an instruction can take shifted, inverted, extended
/// or multiplied, as they are.
fn absorbed(unit: &Unit, inst: &Inst) -> [Option<Value>; 2] {
    let form = |value: Value| absorbable(unit, value);
    match *inst {
        Inst::Binary {
            op: BinOp::And | BinOp::Or | BinOp::Xor,
            width: Width::W32,
            b,
            ..
        } if matches!(
            form(b),
            Some(Absorbable::Shift | Absorbable::Rotation | Absorbable::Not)
        ) =>
        {
            [Some(b), None]
        }
        Inst::Binary {
            op: BinOp::Add,
            width: Width::W32,
            a,
            b,
        } if form(b) != Some(Absorbable::Product) => {
            let wide = |value| unit.constant(value).is_some_and(is_wide);
            let shift = [a, b]
                .into_iter()
                .zip([wide(b), true])
                .find(|(value, takes)| *takes && form(*value) == Some(Absorbable::Shift))
                .map(|(value, _)| value);
            let product = (form(a) == Some(Absorbable::Product) && a != b).then_some(a);
            if shift.is_some() {
                [shift, None]
            } else {
                [product, None]
            }
        }
        Inst::Binary {
            op: BinOp::Add | BinOp::Sub,
            width: Width::W32,
            a,
            b,
        } if a != b && matches!(form(b), Some(Absorbable::Shift | Absorbable::Product)) => {
            [Some(b), None]
        }
        Inst::AddFlags { b, .. } | Inst::SubFlags { b, .. }
            if form(b) == Some(Absorbable::Shift) =>
        {
            [Some(b), None]
        }
        Inst::Unary { op: UnOp::Not, a }
            if matches!(form(a), Some(Absorbable::Shift | Absorbable::Rotation)) =>
        {
            [Some(a), None]
        }
        Inst::Binary {
            op: BinOp::Shl | BinOp::Lshr | BinOp::Ashr,
            a,
            b,
            ..
        } if a != b && is_byte(unit, b) => [Some(b), None],
        Inst::Extend { signed: false, a } if is_byte(unit, a) => [Some(a), None],
        Inst::Binary {
            op: BinOp::Mul,
            width: Width::W64,
            a,
            b,
        } if form(a) == form(b)
            && matches!(form(a), Some(Absorbable::Signed | Absorbable::Unsigned)) =>
        {
            [Some(a), Some(b)]
        }
        _ => [None, None],
    }
}

/// Tells whether a value is the lowest byte of another, extended.
fn is_byte(unit: &Unit, value: Value) -> bool {
    match *unit.inst(value) {
        Inst::Unary { op, .. } => op == UnOp::ZextByte,
        Inst::Extend { signed: false, a } => is_byte(unit, a),
        _ => false,
    }
}

/// Tells whether to add a constant, or its opposite, takes more than an instruction.
pub(crate) fn is_wide(constant: u64) -> bool {
    #[allow(clippy::cast_possible_truncation, reason = "of 32 bits")]
    let negated = (constant as u32).wrapping_neg().into();
    add_immediate(constant).is_none() && add_immediate(negated).is_none()
}

/// Returns the greatest number that a value of 32 bits can be, if its instruction says
/// that this is less than 2^16.
pub(crate) fn greatest(unit: &Unit, value: Value) -> Option<u32> {
    match *unit.inst(value) {
        Inst::Unary {
            op: UnOp::ZextByte, ..
        } => Some(0xff),
        Inst::Unary {
            op: UnOp::ZextHalf, ..
        } => Some(0xffff),
        Inst::Load { access, .. } if !access.signed => match access.size {
            Size::Byte => Some(0xff),
            Size::Half => Some(0xffff),
            Size::Word | Size::Dword => None,
        },
        Inst::Binary {
            op,
            width: Width::W32,
            b,
            ..
        } => match (op, unit.constant(b)?) {
            (BinOp::And, mask @ 0..=0xffff) => u32::try_from(mask).ok(),
            (BinOp::Lshr, amount @ 16..=31) => Some(u32::MAX >> amount),
            _ => None,
        },
        _ => None,
    }
}

/// What another instruction can do on the side.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Absorbable {
    Shift,
    Rotation,
    Not,
    Product,
    Signed,
    Unsigned,
}

fn absorbable(unit: &Unit, value: Value) -> Option<Absorbable> {
    match *unit.inst(value) {
        Inst::Binary {
            op,
            width: Width::W32,
            b,
            ..
        } => match (op, unit.constant(b)) {
            (BinOp::Shl | BinOp::Lshr | BinOp::Ashr, Some(1..=31)) => Some(Absorbable::Shift),
            (BinOp::Ror, Some(1..=31)) => Some(Absorbable::Rotation),
            (BinOp::Mul, _) => Some(Absorbable::Product),
            _ => None,
        },
        Inst::Unary { op: UnOp::Not, .. } => Some(Absorbable::Not),
        Inst::Extend { signed: true, .. } => Some(Absorbable::Signed),
        Inst::Extend { signed: false, .. } => Some(Absorbable::Unsigned),
        _ => None,
    }
}

/// A test whether a bit is set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BitTest {
    /// The value whose bit it is.
    pub(crate) of: Value,
    pub(crate) bit: u32,
    /// The value with all other bits cleared.
    pub(crate) masked: Value,
}

/// Returns what a value tests, if it is such a test: `(of & 1 << bit) != 0`.
pub(crate) fn bit_test(unit: &Unit, value: Value) -> Option<BitTest> {
    let Inst::Compare {
        op: CmpOp::Ne,
        width: Width::W32,
        a: masked,
        b,
    } = *unit.inst(value)
    else {
        return None;
    };
    let Inst::Binary {
        op: BinOp::And,
        width: Width::W32,
        a: of,
        b: mask,
    } = *unit.inst(masked)
    else {
        return None;
    };
    let mask = unit.constant(mask).filter(|mask| mask.is_power_of_two())?;
    (unit.constant(b) == Some(0)).then_some(BitTest {
        of,
        bit: mask.trailing_zeros(),
        masked,
    })
}

#[allow(clippy::cast_possible_truncation, reason = "units are small")]
const fn index32(index: usize) -> u32 {
    index as u32
}

fn use_value(facts: &mut [Fact], value: Value, at: u32) {
    let fact = &mut facts[value.index()];
    fact.last_use = fact.last_use.max(at);
    fact.uses += 1;
}

/// Instructions that emit no code where they stand.
const fn is_silent(inst: &Inst) -> bool {
    matches!(inst, Inst::Nop | Inst::Const { .. } | Inst::Get { .. })
}

fn is_deferred(unit: &Unit, index: usize, facts: &[Fact], opaque: u32) -> bool {
    let fact = &facts[index];
    match unit.insts[index] {
        // Flags stay obtainable until their last use, so conditions on them may
        // wait, however often they are used.
        Inst::Condition { .. } => true,
        Inst::BitNot { a } => {
            matches!(unit.inst(a), Inst::Condition { .. })
                || (fact.uses == 1 && fact.last_use == opaque)
        }
        Inst::Compare { a, .. } => {
            fact.uses == 1
                && (fact.last_use == opaque || (fact.tests_bit && facts[a.index()].uses == 0))
        }
        // The only use is the comparison after it, which is deferred.
        Inst::Binary { .. } if fact.tests_bit => {
            fact.uses == 1
                && (index + 1..facts.len().min(index + 4)).any(|at| {
                    facts[at].tests_bit
                        && facts[at].deferred
                        && bit_test(unit, Value(index32(at)))
                            .is_some_and(|test| test.masked.index() == index)
                })
        }
        _ => false,
    }
}

/// Notes that `value` should be made in the register of `slot`, if nothing
/// between its definition and this write can see the old content.
#[allow(
    clippy::too_many_arguments,
    reason = "a step of `analyse`, split for length"
)]
fn hint(
    unit: &Unit,
    block: &Block,
    layout: &StateLayout,
    pins: &Pins,
    index: usize,
    slot: Slot,
    value: Value,
    facts: &mut [Fact],
) {
    facts[value.index()].addresses = false;
    let pin = pins.of(slot);
    let is_vector = layout.slot(slot).ty.is_vector();
    if value.index() < block.insts.start || pin.is_none() && !is_vector {
        return;
    }
    if let Some(pin) = pin {
        facts[value.index()].set_to = Some(pin);
        facts[value.index()].hint = None;
        // What may be refused is made elsewhere first.
        if layout.is_refusable(&unit.insts, &unit.insts[index]) {
            return;
        }
    }
    let touches = |other: Slot| layout.slot(other).overlaps(layout.slot(slot));
    let hidden = unit.insts[value.index() + 1..index]
        .iter()
        .all(|between| match between {
            Inst::Set { slot: other, .. } | Inst::Get { slot: other } => !touches(*other),
            between => !between.exposes_state(),
        });
    // What is refused is found out before the guest instruction's first write.
    let refused = || {
        unit.insts[value.index() + 1..block.insts.end]
            .iter()
            .enumerate()
            .take_while(|(at, inst)| {
                value.index() + 1 + at <= index || !matches!(inst, Inst::Guest { .. })
            })
            .any(|(_, inst)| layout.is_refusable(&unit.insts, inst))
    };
    if hidden && !refused() {
        facts[value.index()].hint = pin;
        facts[value.index()].vector_slot = is_vector.then_some(slot);
    }
}

/// Notes that an operand of the operation at `index` should be made in the register of
/// the slot that the result is written to: the host's may change one of its operands.
fn hint_operand(
    unit: &Unit,
    block: &Block,
    layout: &StateLayout,
    index: usize,
    slot: Slot,
    operand: Value,
    facts: &mut [Fact],
) {
    let fact = facts[operand.index()];
    let is_own = operand.index() >= block.insts.start && fact.uses == 1;
    if !is_own || fact.vector_slot.is_some() || !matches!(unit.inst(operand), Inst::Vector { .. }) {
        return;
    }
    let info = layout.slot(slot);
    let hidden = unit.insts[operand.index() + 1..index]
        .iter()
        .all(|between| match between {
            Inst::Set { slot: other, .. } | Inst::Get { slot: other } => {
                !layout.slot(*other).overlaps(info)
            }
            between => !between.exposes_state(),
        });
    if hidden && unit.inst(operand).ty(|slot| layout.slot(slot).ty) == Some(info.ty) {
        facts[operand.index()].vector_slot = Some(slot);
    }
}

/// Pairs arithmetic with the computation of its flags.
fn fuse(unit: &Unit, block: &Block, facts: &mut [Fact]) {
    for index in block.insts.clone() {
        let inst = &unit.insts[index];
        if !matches!(
            inst,
            Inst::AddFlags { .. }
                | Inst::SubFlags { .. }
                | Inst::AdcFlags { .. }
                | Inst::SbcFlags { .. }
        ) {
            continue;
        }
        let flags = Value(index32(index));
        let near = index.saturating_sub(3).max(block.insts.start)..(index + 4).min(block.insts.end);
        for other in near {
            if facts[other].fused.is_none()
                && same_operation(unit, inst, &unit.insts[other])
                && quiet_between(unit, index, other)
            {
                facts[other].fused = Some(flags);
                facts[index].fused = Some(flags);
                facts[index].fused_at = Some(index32(other));
                break;
            }
        }
    }
}

fn quiet_between(unit: &Unit, a: usize, b: usize) -> bool {
    let (from, to) = if a < b { (a, b) } else { (b, a) };
    unit.insts[from + 1..to].iter().all(is_silent)
}

fn same_operation(unit: &Unit, flags: &Inst, other: &Inst) -> bool {
    match (*flags, *other) {
        (
            Inst::AddFlags { a, b },
            Inst::Binary {
                op: BinOp::Add,
                width: Width::W32,
                a: c,
                b: d,
            },
        )
        | (
            Inst::SubFlags { a, b },
            Inst::Binary {
                op: BinOp::Sub,
                width: Width::W32,
                a: c,
                b: d,
            },
        ) => a == c && same_value(unit, b, d),
        // A subtraction of a constant in its canonical form.
        (
            Inst::SubFlags { a, b },
            Inst::Binary {
                op: BinOp::Add,
                width: Width::W32,
                a: c,
                b: d,
            },
        ) => {
            a == c
                && matches!((unit.constant(b), unit.constant(d)), (Some(b), Some(d))
                    if b.wrapping_add(d).trailing_zeros() >= 32)
        }
        (
            Inst::AdcFlags { a, b, carry },
            Inst::Adc {
                a: c,
                b: d,
                carry: e,
            },
        )
        | (
            Inst::SbcFlags { a, b, carry },
            Inst::Sbc {
                a: c,
                b: d,
                carry: e,
            },
        ) => a == c && same_value(unit, b, d) && same_value(unit, carry, e),
        _ => false,
    }
}

fn same_value(unit: &Unit, a: Value, b: Value) -> bool {
    a == b
        || matches!((unit.inst(a), unit.inst(b)),
            (Inst::Const { bits: a, .. }, Inst::Const { bits: b, .. }) if a == b)
        || matches!((unit.inst(a), unit.inst(b)),
            (Inst::Condition { flags: f, condition: c }, Inst::Condition { flags: g, condition: d })
                if f == g && c == d)
}

/// Returns the host operation for an operation of two bits.
pub(crate) const fn bit_logic(op: BitOp) -> Logic {
    match op {
        BitOp::And => Logic::And,
        BitOp::Or => Logic::Orr,
        BitOp::Xor => Logic::Eor,
    }
}
