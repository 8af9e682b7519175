//! The verifier: checks what passes and back ends take for granted.

use dbt_isa::ops::Size;

use super::inst::{BlockId, Inst, Slot, Target, Value};
use super::terminator::{IndirectKind, Terminator};
use super::ty::{Ty, VectorWidth, Width};
use super::unit::{Block, Unit};
use crate::guest::StateLayout;

/// What is wrong with a unit. It is the fault of who built or changed the unit:
/// a front end, a pass, or the author of a text file.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum VerifyError {
    /// The unit has no entry.
    #[error("the unit has no block")]
    Empty,
    /// A block was reserved but never begun, or begun twice.
    #[error("block{} is {times} times in the order", block.0)]
    Order {
        /// The block.
        block: BlockId,
        /// How often its code is placed.
        times: u32,
    },
    /// The order names a block that does not exist.
    #[error("the order names block{}, which does not exist", block.0)]
    UnknownInOrder {
        /// The name.
        block: BlockId,
    },
    /// The blocks do not divide the instructions in the order of their code.
    #[error("block{} does not start where the block before ends", block.0)]
    Range {
        /// The block.
        block: BlockId,
    },
    /// A target names a block that does not exist.
    #[error("block{} goes to block{}, which does not exist", block.0, target.0)]
    UnknownTarget {
        /// The block that goes there.
        block: BlockId,
        /// The name.
        target: BlockId,
    },
    /// An operand is not made earlier in the same block.
    #[error("in block{}, v{} uses v{}, which is not made before in the block", block.0, inst.0, operand.0)]
    NotBefore {
        /// The block.
        block: BlockId,
        /// The instruction; for a terminator one past the last.
        inst: Value,
        /// Its operand.
        operand: Value,
    },
    /// An operand has another type than its user wants, or is no value.
    #[error("in block{}, v{} wants v{} to be {wanted:?}", block.0, inst.0, operand.0)]
    Type {
        /// The block.
        block: BlockId,
        /// The instruction; for a terminator one past the last.
        inst: Value,
        /// Its operand.
        operand: Value,
        /// The type that it should have.
        wanted: Ty,
    },
    /// A slot is not in the layout.
    #[error("in block{}, v{} names slot {}, which does not exist", block.0, inst.0, slot.0)]
    UnknownSlot {
        /// The block.
        block: BlockId,
        /// The instruction.
        inst: Value,
        /// The slot.
        slot: Slot,
    },
    /// A constant has bits that its type has not.
    #[error("in block{}, v{} is a constant with more bits than its type", block.0, inst.0)]
    Constant {
        /// The block.
        block: BlockId,
        /// The instruction.
        inst: Value,
    },
    /// An access moves more bytes than its value has.
    #[error("in block{}, v{} moves more bytes than its value has", block.0, inst.0)]
    AccessSize {
        /// The block.
        block: BlockId,
        /// The instruction.
        inst: Value,
    },
    /// An operation on vectors has not this size of elements, or not this constant.
    #[error("in block{}, v{} is an operation of no such elements or constant", block.0, inst.0)]
    VectorOp {
        /// The block.
        block: BlockId,
        /// The instruction.
        inst: Value,
    },
    /// A conversion to or from fixed point has no such number of fraction bits.
    #[error("in block{}, v{} has too many fraction bits, or none", block.0, inst.0)]
    FloatOp {
        /// The block.
        block: BlockId,
        /// The instruction.
        inst: Value,
    },
    /// An access of a vector register moves not as many bytes as its value has.
    #[error("in block{}, v{} moves more or fewer bytes than its value has", block.0, inst.0)]
    VectorAccess {
        /// The block.
        block: BlockId,
        /// The instruction.
        inst: Value,
    },
}

/// Checks a unit.
///
/// # Errors
///
/// The first [`VerifyError`] in the order of the code.
pub fn verify(unit: &Unit, layout: &StateLayout) -> Result<(), VerifyError> {
    if unit.blocks.is_empty() {
        return Err(VerifyError::Empty);
    }
    order(unit)?;
    for &id in &unit.order {
        let block = unit.block(id);
        let check = Check {
            unit,
            layout,
            id,
            block,
        };
        for index in block.insts.clone() {
            check.inst(index)?;
        }
        check.terminator()?;
    }
    Ok(())
}

/// Checks that the blocks divide the instructions.
fn order(unit: &Unit) -> Result<(), VerifyError> {
    let mut end = 0;
    for &id in &unit.order {
        let block = unit
            .blocks
            .get(id.index())
            .ok_or(VerifyError::UnknownInOrder { block: id })?;
        if block.insts.start != end || block.insts.end < end || block.insts.end > unit.insts.len() {
            return Err(VerifyError::Range { block: id });
        }
        end = block.insts.end;
    }
    // Ranges that follow each other cannot be placed twice unless empty, so
    // counting is only needed to name the culprit.
    for (id, _) in (0..).map(BlockId).zip(&unit.blocks) {
        let times = unit.order.iter().filter(|&&placed| placed == id).count();
        if times != 1 {
            let times = u32::try_from(times).unwrap_or(u32::MAX);
            return Err(VerifyError::Order { block: id, times });
        }
    }
    Ok(())
}

/// The block being checked.
struct Check<'a> {
    unit: &'a Unit,
    layout: &'a StateLayout,
    id: BlockId,
    block: &'a Block,
}

impl Check<'_> {
    fn inst(&self, index: usize) -> Result<(), VerifyError> {
        let inst = &self.unit.insts[index];
        let (block, value) = (self.id, value(index));
        match *inst {
            Inst::Get { slot } | Inst::Set { slot, .. }
                if slot.index() >= self.layout.slots.len() =>
            {
                return Err(VerifyError::UnknownSlot {
                    block,
                    inst: value,
                    slot,
                });
            }
            Inst::Const { ty, bits } if bits & !bits_of(ty) != 0 => {
                return Err(VerifyError::Constant { block, inst: value });
            }
            Inst::Load { access, width, .. } | Inst::Store { access, width, .. }
                if width == Width::W32 && access.size.bytes() > 4 =>
            {
                return Err(VerifyError::AccessSize { block, inst: value });
            }
            Inst::LoadVector { access, width, .. } | Inst::StoreVector { access, width, .. }
                if access.size.bytes() != width.bytes().min(8) =>
            {
                return Err(VerifyError::VectorAccess { block, inst: value });
            }
            Inst::Vector { op, .. } if !op.is_valid() => {
                return Err(VerifyError::VectorOp { block, inst: value });
            }
            Inst::Float { op, .. } if !op.is_valid() => {
                return Err(VerifyError::FloatOp { block, inst: value });
            }
            Inst::Checksum { op, .. } if op.size == Size::Dword => {
                return Err(VerifyError::AccessSize { block, inst: value });
            }
            Inst::ExitIf { target, .. } => self.target(target)?,
            _ => {}
        }
        let wanted = self.operand_types(inst);
        let mut result = Ok(());
        let mut position = 0;
        inst.for_each_operand(|operand| {
            if result.is_ok() {
                result = self.operand(index, operand, wanted[position]);
            }
            position += 1;
        });
        result
    }

    fn operand(&self, user: usize, operand: Value, wanted: Ty) -> Result<(), VerifyError> {
        let (block, inst) = (self.id, value(user));
        if operand.index() < self.block.insts.start || operand.index() >= user {
            return Err(VerifyError::NotBefore {
                block,
                inst,
                operand,
            });
        }
        if self.unit.ty(operand, self.layout) != Some(wanted) {
            return Err(VerifyError::Type {
                block,
                inst,
                operand,
                wanted,
            });
        }
        Ok(())
    }

    fn terminator(&self) -> Result<(), VerifyError> {
        match self.block.terminator {
            Terminator::Jump(target) => self.target(target),
            Terminator::Call {
                target, return_to, ..
            } => {
                self.target(target)?;
                self.target(return_to)
            }
            Terminator::Indirect { value, kind, .. } => {
                self.operand(self.block.insts.end, value, Ty::I32)?;
                match kind {
                    IndirectKind::Call { return_to, .. } => self.target(return_to),
                    IndirectKind::Jump | IndirectKind::Return => Ok(()),
                }
            }
            Terminator::Trap { .. } => Ok(()),
        }
    }

    fn target(&self, target: Target) -> Result<(), VerifyError> {
        match target {
            Target::Block(target) if target.index() >= self.unit.blocks.len() => {
                Err(VerifyError::UnknownTarget {
                    block: self.id,
                    target,
                })
            }
            Target::Block(_) | Target::Exit(_) => Ok(()),
        }
    }

    /// Returns the types of the operands, in the order in which
    /// [`Inst::for_each_operand`] visits them.
    fn operand_types(&self, inst: &Inst) -> [Ty; 4] {
        let [a, b, c] = match *inst {
            Inst::StoreExclusive { .. } => return [Ty::I32, Ty::I64, Ty::I64, Ty::I64],
            Inst::Set { slot, .. } => [self.layout.slot(slot).ty; 3],
            Inst::Binary { width, .. } | Inst::Compare { width, .. } => [width.ty(); 3],
            Inst::Select { width, .. } => [Ty::I1, width.ty(), width.ty()],
            Inst::Store { width, .. } => [Ty::I32, width.ty(), Ty::I32],
            Inst::ToVector { width, .. } => [width.ty(); 3],
            Inst::Vector { op, .. } => op.operands().map(VectorWidth::ty),
            Inst::FromVector { width, .. } | Inst::FloatSign { width, .. } => {
                [width.vector_ty(); 3]
            }
            Inst::StoreVector { width, .. } => [Ty::I32, width.ty(), Ty::I32],
            Inst::Float { op, .. } => op.operands(),
            Inst::Bits { .. } | Inst::BitNot { .. } | Inst::BitToWord { .. } => [Ty::I1; 3],
            Inst::ExitIf { .. } => [Ty::I1; 3],
            Inst::Low { .. } | Inst::High { .. } | Inst::Call { .. } => [Ty::I64; 3],
            Inst::FlagsToPsr { .. } | Inst::Condition { .. } => [Ty::Flags; 3],
            Inst::NzFlags { .. } => [Ty::I32, Ty::Flags, Ty::Flags],
            Inst::NzcFlags { .. } => [Ty::I32, Ty::I1, Ty::Flags],
            Inst::Checksum { .. } => [Ty::I64, Ty::I32, Ty::I32],
            Inst::Adc { .. } | Inst::Sbc { .. } => [Ty::I32, Ty::I32, Ty::I1],
            Inst::AdcFlags { .. } | Inst::SbcFlags { .. } => [Ty::I32, Ty::I32, Ty::I1],
            Inst::Unary { .. }
            | Inst::Extend { .. }
            | Inst::AddFlags { .. }
            | Inst::SubFlags { .. }
            | Inst::FlagsFromPsr { .. }
            | Inst::Load { .. }
            | Inst::LoadVector { .. }
            | Inst::FloatStatus
            | Inst::Nop
            | Inst::Guest { .. }
            | Inst::Const { .. }
            | Inst::Get { .. }
            | Inst::LoadTag { .. }
            | Inst::Fence => [Ty::I32; 3],
        };
        [a, b, c, c]
    }
}

fn value(index: usize) -> Value {
    Value(u32::try_from(index).unwrap_or(u32::MAX))
}

/// Returns the bits that a value of a type may have, of a `v128` either half.
pub(super) const fn bits_of(ty: Ty) -> u64 {
    match ty {
        Ty::I1 => 1,
        Ty::I32 | Ty::V32 => 0xffff_ffff,
        Ty::I64 | Ty::V64 | Ty::V128 => u64::MAX,
        Ty::Flags => 0xf000_0000,
    }
}
