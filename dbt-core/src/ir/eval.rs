//! The evaluator: says what a unit means.
//!
//! It is the oracle between interpreter and generated code: slow, safe, and
//! written so that each instruction reads like its definition. It goes through
//! the `eval` functions of [`dbt_isa::ops`], as the interpreter and the constant
//! folder do.

use alloc::vec::Vec;
use core::ops::Range;

use dbt_isa::ops::{Access, Nzcv};

use super::inst::{BitOp, BlockId, Helper, Inst, Slot, Target, Value};
use super::terminator::{Terminator, TrapKind};
use super::ty::{Ty, VectorWidth, Width};
use super::unit::Unit;
use super::vector::VectorOp;
use super::verify::bits_of;
use crate::guest::StateLayout;
use crate::location::Location;
use crate::memory::{GuestMemory, MemoryFault, sign_extend};

/// How the evaluation of a unit ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Control left to a location known while translating.
    Exit(Location),
    /// Control left by an indirect branch.
    Indirect(Location),
    /// The unit stopped of itself.
    Trap {
        /// Why.
        kind: TrapKind,
        /// Particulars, by kind.
        info: u32,
        /// Where the guest is then.
        resume: Location,
    },
    /// An access faulted.
    Fault {
        /// The guest instruction that faulted, unless the unit names none.
        location: Option<Location>,
        /// Why it faulted.
        fault: MemoryFault,
    },
    /// The budget was spent inside a loop of the unit.
    Spent,
    /// The guest is at a location where it was to stop, before what is done there.
    Reached(Location),
}

/// A call of a helper: which, the state, the arguments; gives the result.
pub type HelperCall<'a> = dyn FnMut(Helper, &mut [u8], [u64; 3]) -> u64 + 'a;

/// What a unit is evaluated on.
pub struct Surroundings<'a> {
    /// Where the slots are.
    pub layout: &'a StateLayout,
    /// Guest state; slots are in the host's byte order.
    pub state: &'a mut [u8],
    /// Guest memory.
    pub memory: &'a mut dyn GuestMemory,
    /// The guest's helpers.
    pub helper: &'a mut HelperCall<'a>,
}

impl core::fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Surroundings")
            .field("layout", &self.layout)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Evaluates units. Keeps the memory in which values lie.
#[derive(Clone, Debug, Default)]
pub struct Evaluator {
    values: Vec<u128>,
}

/// Where control goes after a block.
enum Next {
    Block(BlockId),
    Left(Outcome),
}

impl From<Target> for Next {
    fn from(target: Target) -> Self {
        match target {
            Target::Block(block) => Self::Block(block),
            Target::Exit(location) => Self::Left(Outcome::Exit(location)),
        }
    }
}

impl Evaluator {
    /// Evaluates a unit, which has passed [`verify`](super::verify()), from its
    /// entry until it leaves or `budget` blocks have been evaluated.
    ///
    /// Paired calls and returns are ordinary jumps here.
    ///
    /// # Panics
    ///
    /// If the unit is not valid or the state is smaller than its layout.
    pub fn run(&mut self, unit: &Unit, with: &mut Surroundings<'_>, budget: u32) -> Outcome {
        self.run_to(unit, with, budget, &mut |_, _| false)
    }

    /// The same, but stops where `stop` says so of a location that the guest comes to,
    /// and of its state there.
    ///
    /// # Panics
    ///
    /// As [`run`](Self::run).
    pub fn run_to(
        &mut self,
        unit: &Unit,
        with: &mut Surroundings<'_>,
        budget: u32,
        stop: &mut dyn FnMut(Location, &[u8]) -> bool,
    ) -> Outcome {
        self.values.clear();
        self.values.resize(unit.insts.len(), 0);
        let mut block = BlockId::ENTRY;
        let mut location = None;
        for _ in 0..budget {
            if let Some(at) = unit.block(block).location {
                location = Some(at);
                if stop(at, with.state) {
                    return Outcome::Reached(at);
                }
            }
            match self.block(unit, block, with, &mut location, stop) {
                Ok(Next::Block(next)) => block = next,
                Ok(Next::Left(outcome)) => return outcome,
                Err(fault) => return Outcome::Fault { location, fault },
            }
        }
        Outcome::Spent
    }

    fn block(
        &mut self,
        unit: &Unit,
        id: BlockId,
        with: &mut Surroundings<'_>,
        location: &mut Option<Location>,
        stop: &mut dyn FnMut(Location, &[u8]) -> bool,
    ) -> Result<Next, MemoryFault> {
        let block = unit.block(id);
        for index in block.insts.clone() {
            match unit.insts[index] {
                Inst::Guest { location: at } => {
                    *location = Some(at);
                    if stop(at, with.state) {
                        return Ok(Next::Left(Outcome::Reached(at)));
                    }
                }
                Inst::ExitIf { condition, target } => {
                    if self.bit(condition) {
                        return Ok(target.into());
                    }
                }
                inst => self.values[index] = self.inst(inst, with)?,
            }
        }
        Ok(match block.terminator {
            Terminator::Jump(target) | Terminator::Call { target, .. } => target.into(),
            Terminator::Indirect { value, mode, .. } => {
                Next::Left(Outcome::Indirect(Location::new(self.word(value), mode)))
            }
            Terminator::Trap { kind, info, resume } => {
                Next::Left(Outcome::Trap { kind, info, resume })
            }
        })
    }

    /// Evaluates an instruction that does not end the block.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "vectors are stored in halves"
    )]
    fn inst(&mut self, inst: Inst, with: &mut Surroundings<'_>) -> Result<u128, MemoryFault> {
        Ok(match inst {
            Inst::Nop | Inst::Guest { .. } | Inst::Fence | Inst::ExitIf { .. } => 0,
            Inst::Get { slot } => read_slot(with.layout, with.state, slot),
            Inst::Set { slot, value } => {
                write_slot(with.layout, with.state, slot, self.whole(value));
                0
            }
            Inst::Load {
                access,
                width,
                address,
            } => {
                let loaded = with.memory.load(access, self.address(address))?;
                extended(access, width, loaded).into()
            }
            Inst::Store {
                access,
                address,
                value,
                ..
            } => {
                let stored = self.dword(value) & mask(access);
                with.memory.store(access, self.address(address), stored)?;
                0
            }
            Inst::LoadVector {
                access,
                width,
                address,
            } => self.load_vector(access, width, address, with.memory)?,
            Inst::StoreVector {
                access,
                width,
                address,
                value,
            } => {
                let (address, value) = (self.word(address), self.whole(value));
                with.memory.store(access, address.into(), value as u64)?;
                if width == VectorWidth::V128 {
                    let above = address.wrapping_add(8).into();
                    with.memory.store(access, above, (value >> 64) as u64)?;
                }
                0
            }
            Inst::Vector {
                op,
                helper,
                info,
                args,
                ..
            } if !op.is_pure() => self.call_vector(op, (helper, info), args, with),
            Inst::Float {
                op, helper, args, ..
            } => {
                let count = op.count();
                let operand = |index: usize| {
                    if index < count {
                        self.dword(args[index])
                    } else {
                        0
                    }
                };
                let operands = [operand(0), operand(1), operand(2)];
                ((with.helper)(helper, with.state, operands) & bits_of(op.ty())).into()
            }
            Inst::LoadTag { address } => with.memory.load_tag(self.address(address)).into(),
            Inst::StoreExclusive {
                access,
                address,
                tag,
                expected,
                new,
            } => {
                let stored = with.memory.store_exclusive(
                    access,
                    self.address(address),
                    self.dword(tag),
                    self.dword(expected) & mask(access),
                    self.dword(new) & mask(access),
                )?;
                u128::from(!stored)
            }
            Inst::Checksum { helper, args, .. } => {
                let args = args.map(|arg| self.dword(arg));
                u128::from((with.helper)(helper, with.state, args) & 0xffff_ffff)
            }
            Inst::Call { helper, args } => {
                (with.helper)(helper, with.state, args.map(|arg| self.dword(arg))).into()
            }
            Inst::Const { ty: Ty::V128, bits } => u128::from(bits) << 64 | u128::from(bits),
            Inst::Vector { op, args, .. } => {
                let [a, b, c] = args.map(|arg| self.whole(arg));
                op.eval(a, b, c)
            }
            _ => self.pure(inst).into(),
        })
    }

    /// Evaluates an instruction that only computes.
    fn pure(&self, inst: Inst) -> u64 {
        match inst {
            Inst::Const { bits, .. } => bits,
            Inst::Binary { op, width, a, b } => match width {
                Width::W32 => op.eval32(self.word(a), self.word(b)).into(),
                Width::W64 => op.eval64(self.dword(a), self.dword(b)),
            },
            Inst::Unary { op, a } => op.eval(self.word(a)).into(),
            Inst::Compare { op, width, a, b } => match width {
                Width::W32 => op.eval32(self.word(a), self.word(b)).into(),
                Width::W64 => op.eval64(self.dword(a), self.dword(b)).into(),
            },
            Inst::Bits { op, a, b } => match op {
                BitOp::And => self.bit(a) & self.bit(b),
                BitOp::Or => self.bit(a) | self.bit(b),
                BitOp::Xor => self.bit(a) ^ self.bit(b),
            }
            .into(),
            Inst::BitNot { a } => (!self.bit(a)).into(),
            Inst::BitToWord { a } => self.bit(a).into(),
            Inst::Select {
                condition, yes, no, ..
            } => self.dword(if self.bit(condition) { yes } else { no }),
            Inst::Extend { signed: false, a } => self.word(a).into(),
            Inst::Extend { signed: true, a } => {
                i64::from(self.word(a).cast_signed()).cast_unsigned()
            }
            Inst::ToVector { a, .. } | Inst::FromVector { a, .. } => self.dword(a),
            Inst::FloatSign { op, width, a } => op.eval(width, self.dword(a)),
            // The helpers raise all flags in the state.
            Inst::FloatStatus => 0,
            Inst::Low { a } => self.dword(a) & u64::from(u32::MAX),
            Inst::High { a } => self.dword(a) >> 32,
            Inst::Adc { a, b, carry } => {
                let sum = self.word(a).wrapping_add(self.word(b));
                sum.wrapping_add(self.bit(carry).into()).into()
            }
            Inst::Sbc { a, b, carry } => {
                let sum = self.word(a).wrapping_add(!self.word(b));
                sum.wrapping_add(self.bit(carry).into()).into()
            }
            Inst::Condition { flags, condition } => condition.holds(self.flags(flags)).into(),
            _ => self.flags_inst(inst).to_psr().into(),
        }
    }

    /// Evaluates an instruction that makes flags, or their packed form.
    fn flags_inst(&self, inst: Inst) -> Nzcv {
        match inst {
            Inst::AddFlags { a, b } => Nzcv::of_adc(self.word(a), self.word(b), false),
            Inst::SubFlags { a, b } => Nzcv::of_sbc(self.word(a), self.word(b), true),
            Inst::AdcFlags { a, b, carry } => {
                Nzcv::of_adc(self.word(a), self.word(b), self.bit(carry))
            }
            Inst::SbcFlags { a, b, carry } => {
                Nzcv::of_sbc(self.word(a), self.word(b), self.bit(carry))
            }
            Inst::NzFlags { result, rest } => self.flags(rest).with_nz(self.word(result)),
            Inst::NzcFlags {
                result,
                carry,
                rest,
            } => {
                let flags = self.flags(rest).with_nz(self.word(result));
                flags.with_c(self.bit(carry))
            }
            Inst::FlagsFromPsr { a } | Inst::FlagsToPsr { a } => Nzcv::from_psr(self.word(a)),
            _ => unreachable!("every other instruction has been handled"),
        }
    }

    /// Loads a value of a vector register.
    fn load_vector(
        &self,
        access: Access,
        width: VectorWidth,
        address: Value,
        memory: &mut dyn GuestMemory,
    ) -> Result<u128, MemoryFault> {
        let address = self.word(address);
        let low = memory.load(access, address.into())?;
        let high = match width {
            VectorWidth::V128 => memory.load(access, address.wrapping_add(8).into())?,
            VectorWidth::V32 | VectorWidth::V64 => 0,
        };
        Ok(u128::from(high) << 64 | u128::from(low))
    }

    /// Calls the function of an operation on vectors.
    fn call_vector(
        &self,
        op: VectorOp,
        (helper, info): (Helper, u32),
        args: [Value; 3],
        with: &mut Surroundings<'_>,
    ) -> u128 {
        let Some(slots) = with.layout.vector_operands else {
            unreachable!("a guest with such functions has slots for their operands");
        };
        for (slot, arg) in slots.into_iter().zip(args).take(op.count()) {
            write_slot(with.layout, with.state, slot, self.whole(arg));
        }
        (with.helper)(helper, with.state, [info.into(), 0, 0]);
        let result = read_slot(with.layout, with.state, slots[0]);
        write_slot(with.layout, with.state, slots[0], 0);
        op.width().cut(result)
    }

    fn whole(&self, value: Value) -> u128 {
        self.values[value.index()]
    }

    #[allow(
        clippy::cast_possible_truncation,
        reason = "the type has 64 bits at most"
    )]
    fn dword(&self, value: Value) -> u64 {
        self.whole(value) as u64
    }

    #[allow(clippy::cast_possible_truncation, reason = "the type is `i32`")]
    fn word(&self, value: Value) -> u32 {
        self.dword(value) as u32
    }

    fn address(&self, value: Value) -> u64 {
        self.word(value).into()
    }

    fn bit(&self, value: Value) -> bool {
        self.dword(value) != 0
    }

    fn flags(&self, value: Value) -> Nzcv {
        Nzcv::from_psr(self.word(value))
    }
}

/// Returns the bits of a value that an access moves.
const fn mask(access: Access) -> u64 {
    u64::MAX >> (64 - 8 * access.size.bytes())
}

fn extended(access: Access, width: Width, loaded: u64) -> u64 {
    let loaded = if access.signed {
        sign_extend(loaded, access.size)
    } else {
        loaded
    };
    match width {
        Width::W32 => loaded & u64::from(u32::MAX),
        Width::W64 => loaded,
    }
}

fn bytes_of(layout: &StateLayout, slot: Slot) -> Range<usize> {
    let info = layout.slot(slot);
    info.offset as usize..(info.offset + info.bytes()) as usize
}

/// Reads a slot of guest state that lies in bytes.
///
/// # Panics
///
/// If the state is smaller than its layout.
#[must_use]
pub fn read_slot(layout: &StateLayout, state: &[u8], slot: Slot) -> u128 {
    let mut bytes = [0; 16];
    let range = bytes_of(layout, slot);
    bytes[in_order(range.len())].copy_from_slice(&state[range]);
    u128::from_ne_bytes(bytes)
}

/// Writes a slot of guest state that lies in bytes; higher bits of `value` are
/// ignored.
///
/// # Panics
///
/// If the state is smaller than its layout.
pub fn write_slot(layout: &StateLayout, state: &mut [u8], slot: Slot, value: u128) {
    let range = bytes_of(layout, slot);
    let bytes = &value.to_ne_bytes()[in_order(range.len())];
    state[range].copy_from_slice(bytes);
}

/// Returns where the lowest `len` bytes of sixteen are.
const fn in_order(len: usize) -> Range<usize> {
    if cfg!(target_endian = "little") {
        0..len
    } else {
        16 - len..16
    }
}
