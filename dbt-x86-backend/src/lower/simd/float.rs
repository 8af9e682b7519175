//! Singles.
//!
//! # Exactness
//!
//! The host neither flushes subnormal numbers nor gives default NaNs, and its flags
//! are cumulative. Its operations give what the guest's do, with the same flags, as
//! long as
//!
//! - no operand is subnormal. Registers of which that is known are *clean*; others
//!   are looked at before the operation, so that the host raises nothing for them;
//! - the result is neither a NaN nor tiny. For NaNs the host raises what the guest
//!   does. A tiny sum is exact, so that the host raises nothing; so is that of a
//!   number and a product none of whose bits is too small for a subnormal number. A
//!   tiny product is not, so it is excluded by the operands' exponents, before the
//!   operation.
//!
//! Otherwise the guest's function computes the whole operation, behind the unit.
//! Zeroes take that way too, but come back at once.
//!
//! Where invalid operations trap, the function computes the whole operation as well.
//!
//! Of an operation on two singles the upper halves are cleared, so that nothing is
//! raised for what they hold.

use dbt_core::ir::{VectorKind as K, VectorOp, VectorWidth};
use dbt_isa::ops::Size;

use super::{Operation, Recheck, Shift, SlowVector, op};
use crate::asm::{Alu, Bits, Cc};
use crate::lower::traps::Trapped;
use crate::lower::{Lowering, Result};
use crate::regs::{Reg, Xmm};
use crate::runtime::WideConstant;

const ADD: crate::asm::VecOp = op::ADD[Size::Word as usize];
const GREATER: crate::asm::VecOp = op::GREATER[Size::Word as usize];
const EQUAL: crate::asm::VecOp = op::EQUAL[Size::Word as usize];

/// Predicates of `cmpps`.
const EQUAL_QUIET: u8 = 0;
const LESS: u8 = 1;
const LESS_OR_EQUAL: u8 = 2;
const UNORDERED: u8 = 3;

impl Lowering<'_> {
    /// Emits an operation on singles, if the host has it.
    pub(super) fn vector_float(&mut self, operation: &Operation) -> Result<bool> {
        let op = operation.op;
        match op.kind {
            K::FloatMulAdd if !self.features.fma => return Ok(false),
            K::FloatToFixed if op.imm != 0 => return Ok(false),
            _ if op.has_halves() => return Ok(false),
            K::FloatAdd
            | K::FloatSub
            | K::FloatMul
            | K::FloatMulAdd
            | K::FloatMax
            | K::FloatMin
            | K::FloatEqual
            | K::FloatGreater
            | K::FloatGreaterOrEqual
            | K::FloatToFixed
            | K::FixedToFloat => {}
            _ => return Ok(false),
        }
        let mut operation = *operation;
        if !op.wide {
            let args = operation.args;
            for position in 0..op.count() {
                let from = args[position];
                let narrow = match args[..position].iter().position(|xmm| *xmm == from) {
                    Some(same) => operation.args[same],
                    None => {
                        let narrow = self.take_vector()?;
                        self.asm.move_low(narrow, from);
                        self.inherit_clean(narrow, &[from]);
                        narrow
                    }
                };
                operation.args[position] = narrow;
            }
        }
        // Registers are taken before anything branches: what is stored to free them
        // must not be skipped.
        let wanted = match op.kind {
            K::FloatAdd | K::FloatSub => 1,
            K::FloatMul | K::FloatMulAdd => 3,
            _ => 0,
        };
        let mut free = [Xmm::SCRATCH; 3];
        for xmm in &mut free[..wanted] {
            *xmm = self.take_vector()?;
        }
        self.before_clobber()?;
        let reg = self.take_scratch()?;
        let first = self.scratch.slow_vectors.len();
        let sites = self.trap_sites();
        self.float_kind(&operation, reg, free)?;
        if self.trap_sites() != sites {
            let index = self.push_slow_vector(Recheck::Nothing, reg, operation.call);
            self.set_trapped(sites, Trapped::Vector(index));
        }
        self.slow_goes_on_here(first);
        self.release(reg);
        let dst = operation.dst;
        self.note_singles(op, dst);
        Ok(true)
    }

    fn float_kind(&mut self, operation: &Operation, reg: Reg, free: [Xmm; 3]) -> Result<()> {
        let Operation { op, dst, args, .. } = *operation;
        let [a, b, c] = args;
        let scratch = Xmm::SCRATCH;
        match op.kind {
            K::FloatAdd | K::FloatSub => {
                self.check_operands(operation, reg, &[a, b], false);
                let instruction = if op.kind == K::FloatAdd {
                    op::FLOAT_ADD
                } else {
                    op::FLOAT_SUB
                };
                self.f3(instruction, dst, a, b);
                self.check_sum(operation, reg, free[0]);
            }
            K::FloatMul => {
                self.check_product(operation, reg, free, [a, b], WideConstant::Product);
                self.f3(op::FLOAT_MUL, dst, a, b);
            }
            K::FloatMulAdd => {
                self.check_operands(operation, reg, &[a], false);
                self.check_product(operation, reg, free, [b, c], WideConstant::ExactProduct);
                self.asm.move_vector(dst, a);
                self.may_trap();
                self.asm.fused_vector(dst, b, c);
                self.check_sum(operation, reg, free[0]);
            }
            K::FloatMax | K::FloatMin => {
                self.check_operands(operation, reg, &[a, b], true);
                // Of equal numbers the host gives the second: zeroes may differ.
                let (extreme, both) = if op.kind == K::FloatMax {
                    (op::FLOAT_MAX, op::AND)
                } else {
                    (op::FLOAT_MIN, op::OR)
                };
                self.f3(extreme, dst, a, b);
                self.f3(extreme, scratch, b, a);
                self.v3(both, dst, dst, scratch);
            }
            K::FloatEqual => {
                self.check_operands(operation, reg, &[a, b], false);
                self.f3i(op::FLOAT_COMPARE, dst, a, b, EQUAL_QUIET);
            }
            K::FloatGreater | K::FloatGreaterOrEqual => {
                self.check_operands(operation, reg, &[a, b], false);
                let predicate = if op.kind == K::FloatGreater {
                    LESS
                } else {
                    LESS_OR_EQUAL
                };
                self.f3i(op::FLOAT_COMPARE, dst, b, a, predicate);
            }
            K::FloatToFixed => self.to_integer(operation, reg),
            _ => self.from_fixed(operation)?,
        }
        Ok(())
    }

    /// Notes that a result has no subnormal elements.
    pub(super) fn note_singles(&mut self, op: VectorOp, dst: Xmm) {
        let makes_singles = op.is_float()
            && !op.has_halves()
            && !matches!(
                op.kind,
                K::FloatToFixed | K::FloatToInt | K::FloatNarrowBrain
            );
        if makes_singles {
            self.vectors.clean |= 1 << dst.0;
        }
    }

    fn is_clean(&self, xmm: Xmm) -> bool {
        self.vectors.clean & 1 << xmm.0 != 0
    }

    /// Leaves for the function if an operand has a subnormal element or, if so
    /// asked, a NaN.
    fn check_operands(&mut self, operation: &Operation, reg: Reg, operands: &[Xmm], nans: bool) {
        let (good, scratch) = (operation.dst, Xmm::SCRATCH);
        let mut checked = false;
        for (position, xmm) in operands.iter().enumerate() {
            if self.is_clean(*xmm) || operands[..position].contains(xmm) {
                continue;
            }
            let to = if checked { scratch } else { good };
            self.v3(ADD, to, *xmm, *xmm);
            self.v3c(ADD, to, to, WideConstant::Abs);
            self.v3c(GREATER, to, to, WideConstant::NotSubnormal);
            if checked {
                self.v3(op::AND, good, good, scratch);
            }
            checked = true;
        }
        if nans {
            let [a, b, _] = operation.args;
            if checked {
                self.f3i(op::FLOAT_COMPARE, scratch, a, b, UNORDERED);
                // Those that are unordered are not good.
                self.v3c(EQUAL, scratch, scratch, WideConstant::Zero);
                self.v3(op::AND, good, good, scratch);
            } else {
                self.f3i(op::FLOAT_COMPARE, good, a, b, UNORDERED);
                self.v3c(EQUAL, good, good, WideConstant::Zero);
                checked = true;
            }
        }
        if checked {
            self.branch_unless(operation, reg, good, Recheck::Nothing);
        }
    }

    /// Leaves unless all elements that count are good.
    fn branch_unless(
        &mut self,
        operation: &Operation,
        reg: Reg,
        good: Xmm,
        recheck: Recheck,
    ) -> usize {
        self.asm.move_mask(reg, good);
        self.test_mask(reg, operation.op.wide);
        self.slow_vector(Cc::Ne, recheck, reg, operation.call)
    }

    /// Compares a mask of elements with all that count.
    fn test_mask(&mut self, reg: Reg, wide: bool) {
        let all = if wide { 15 } else { 3 };
        if !wide {
            self.asm.alu_imm(Alu::And, Bits::B32, reg, all);
        }
        self.asm.alu_imm(Alu::Cmp, Bits::B32, reg, all);
    }

    /// Leaves if a sum, just made, is a NaN or tiny.
    fn check_sum(&mut self, operation: &Operation, reg: Reg, good: Xmm) {
        let dst = operation.dst;
        self.v3(ADD, good, dst, dst);
        self.v3c(ADD, good, good, WideConstant::Result);
        self.v3c(GREATER, good, good, WideConstant::NotTiny);
        self.branch_unless(operation, reg, good, Recheck::ZeroResult { good });
    }

    /// Leaves if a product may be tiny, or if a factor is not finite or subnormal.
    fn check_product(
        &mut self,
        operation: &Operation,
        reg: Reg,
        [good, other, third]: [Xmm; 3],
        factors: [Xmm; 2],
        least: WideConstant,
    ) {
        let ([a, b], scratch) = (factors, Xmm::SCRATCH);
        self.v3c(op::AND, good, a, WideConstant::Abs);
        self.v3c(op::AND, other, b, WideConstant::Abs);
        self.v3(op::MAX_SIGNED[1], scratch, good, other);
        self.v3(op::MUL_HIGH_UNSIGNED, good, good, other);
        self.v3c(op::ADD[1], scratch, scratch, WideConstant::Finite);
        self.v3c(op::GREATER[1], good, good, least);
        if self.features.avx {
            self.v3(op::AND_NOT, good, scratch, good);
        } else {
            self.v3(op::AND_NOT, scratch, scratch, good);
            self.asm.move_vector(good, scratch);
        }
        self.branch_unless(
            operation,
            reg,
            good,
            Recheck::ZeroFactor {
                good,
                factors,
                free: [other, third, operation.dst],
            },
        );
    }

    /// Emits what is looked at before a function is called, and returns the
    /// condition under which it need not be.
    pub(super) fn recheck(&mut self, slow: &SlowVector) -> Option<Cc> {
        let scratch = Xmm::SCRATCH;
        let wide = slow.call.to.0 == VectorWidth::V128;
        let good = match slow.recheck {
            Recheck::Nothing => return None,
            Recheck::ZeroResult { good } => {
                let (_, result) = slow.call.to;
                self.v3(ADD, scratch, result, result);
                self.v3c(EQUAL, scratch, scratch, WideConstant::Zero);
                self.v3(op::OR, good, good, scratch);
                good
            }
            Recheck::ZeroFactor {
                good,
                factors: [a, b],
                free: [second, third, zero],
            } => {
                // Zeroes, which are not normal, and what is neither, of each.
                self.v3(ADD, second, b, b);
                self.v3c(EQUAL, zero, second, WideConstant::Zero);
                self.v3c(ADD, second, second, WideConstant::Normal);
                self.v3c(GREATER, second, second, WideConstant::NotNormal);
                self.v3(op::XOR, second, second, zero);
                self.v3(ADD, scratch, a, a);
                self.v3c(EQUAL, third, scratch, WideConstant::Zero);
                self.v3c(ADD, scratch, scratch, WideConstant::Normal);
                self.v3c(GREATER, scratch, scratch, WideConstant::NotNormal);
                self.v3(op::XOR, scratch, scratch, third);
                self.v3(op::OR, second, second, scratch);
                // Elements are bad where one is neither, or none is zero.
                self.v3(op::OR, zero, zero, third);
                self.v3c(EQUAL, zero, zero, WideConstant::Zero);
                self.v3(op::OR, second, second, zero);
                self.v3(op::AND_NOT, good, good, second);
                self.asm.move_mask(slow.reg, good);
                self.asm.test_imm(slow.reg, if wide { 15 } else { 3 });
                return Some(Cc::E);
            }
        };
        self.asm.move_mask(slow.reg, good);
        self.test_mask(slow.reg, wide);
        Some(Cc::E)
    }

    /// Converts to integers, rounding towards zero.
    fn to_integer(&mut self, operation: &Operation, reg: Reg) {
        let Operation { op, dst, args, .. } = *operation;
        let (a, scratch) = (args[0], Xmm::SCRATCH);
        self.check_operands(operation, reg, &[a], false);
        let tests = |this: &mut Self| {
            this.asm.move_mask(reg, scratch);
            this.asm.test_imm(reg, if op.wide { 15 } else { 3 });
            this.slow_vector(Cc::Ne, Recheck::Nothing, reg, operation.call);
        };
        if op.signed {
            self.may_trap();
            self.v2(op::TO_INT, dst, a);
            // Stands for all that no integer can hold.
            self.v3c(EQUAL, scratch, dst, WideConstant::Lowest);
            tests(self);
        } else {
            self.v3c(ADD, scratch, a, WideConstant::Lowest);
            self.v3c(GREATER, scratch, scratch, WideConstant::BelowTwo31);
            tests(self);
            self.may_trap();
            self.v2(op::TO_INT, dst, a);
        }
    }

    /// Converts from fixed point, which is rounded once.
    fn from_fixed(&mut self, operation: &Operation) -> Result<()> {
        let Operation { op, dst, args, .. } = *operation;
        let a = args[0];
        let wide = VectorWidth::V128;
        if op.signed {
            self.v2(op::FROM_INT, dst, a);
        } else {
            // The halves are exact, and so is the upper one in its place.
            let (high, place) = (self.take_vector()?, self.take_vector()?);
            self.vector_constant(place, wide, 0x4780_0000_4780_0000)?;
            self.shift_elements(Shift::Logical, Size::Word, high, a, 16);
            self.v2(op::FROM_INT, high, high);
            self.v3(op::FLOAT_MUL, high, high, place);
            self.shift_elements(Shift::Left, Size::Word, dst, a, 16);
            self.shift_elements(Shift::Logical, Size::Word, dst, dst, 16);
            self.v2(op::FROM_INT, dst, dst);
            self.v3(op::FLOAT_ADD, dst, dst, high);
        }
        if op.imm != 0 {
            let scale = self.take_vector()?;
            let power = (127 - u64::from(op.imm)) << 23;
            self.vector_constant(scale, wide, power << 32 | power)?;
            self.v3(op::FLOAT_MUL, dst, dst, scale);
        }
        Ok(())
    }
}
