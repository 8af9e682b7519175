//! Floating-point arithmetic on the host's.
//!
//! # Exactness
//!
//! With flush-to-zero off, the host's operations under the guest's rounding mode
//! give the guest's values and flags, except that
//!
//! - NaNs are chosen and signed otherwise;
//! - the host finds out that a result is tiny after it has rounded it, the guest
//!   before, so that the two disagree on underflow if the result is the smallest
//!   normal number;
//! - conversions of what no integer can hold give one value only.
//!
//! In each of these cases the host raises no flag that the guest does not raise, so
//! that nothing must be undone: code behind the unit calls the exact function
//! with the operands, which are still there. How it gets there is in `float/result.rs`.

mod result;

use dbt_core::host::CompileError;
use dbt_core::ir::{FloatOp, Helper, Inst, SignOp, Ty, Value, VectorWidth, Width};

use super::traps::Trapped;
use super::{Lowering, Result};
use crate::asm::{Alu, Bits, Cc, Rm, Shift, Sse, SseOp};
use crate::context;
use crate::flags::Kind;
use crate::regs::{Reg, Xmm};
use crate::runtime::Constant;

pub(super) use result::Slow;

/// A call of an exact function that leaves all registers but the result's alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExactCall {
    function: u64,
    args: [Arg; 3],
    to: Arg,
}

/// An operand or a result.
#[derive(Clone, Copy, Debug)]
enum Arg {
    Nothing,
    Constant(u64),
    Reg(Reg),
    Vector(VectorWidth, Xmm),
}

impl Lowering<'_> {
    pub(super) fn float(
        &mut self,
        value: Value,
        op: FloatOp,
        helper: Helper,
        args: [Value; 3],
    ) -> Result<()> {
        match op {
            FloatOp::Add(width) => self.arithmetic(value, op, Sse::Add, width, helper, args),
            FloatOp::Sub(width) => self.arithmetic(value, op, Sse::Sub, width, helper, args),
            FloatOp::Mul(width) => self.arithmetic(value, op, Sse::Mul, width, helper, args),
            FloatOp::Div(width) => self.arithmetic(value, op, Sse::Div, width, helper, args),
            FloatOp::Sqrt(width) => self.arithmetic(value, op, Sse::Sqrt, width, helper, args),
            FloatOp::MulAdd(width) => self.mul_add(value, op, width, helper, args),
            FloatOp::Compare(width) => self.compare_float(value, width, false, args),
            FloatOp::CompareSignalling(width) => self.compare_float(value, width, true, args),
            FloatOp::Widen => self.widen(value, op, helper, args),
            FloatOp::Narrow => self.narrow(value, op, helper, args),
            FloatOp::ToInt {
                from,
                signed,
                truncates,
            } => self.convert_to_int(value, op, (from, signed, truncates), helper, args),
            FloatOp::FromInt { to, signed } => self.convert_from_int(value, to, signed, args[0]),
            FloatOp::MaxNum(_)
            | FloatOp::MinNum(_)
            | FloatOp::Round { .. }
            | FloatOp::ToIntRounded { .. }
            | FloatOp::FromHalf(_)
            | FloatOp::ToHalf(_)
            | FloatOp::ToBrain
            | FloatOp::ToFixed { .. }
            | FloatOp::FromFixed { .. }
            | FloatOp::Half(_) => self.float_by_call(value, op, helper, args),
        }
    }

    /// Calls the exact function: flushing to zero raises flags that no result shows.
    pub(super) fn float_by_call(
        &mut self,
        value: Value,
        op: FloatOp,
        helper: Helper,
        args: [Value; 3],
    ) -> Result<()> {
        for (position, ty) in op.operands().into_iter().enumerate().take(op.count()) {
            if ty.is_vector() {
                self.vector(args[position])?;
            }
        }
        if let Some(width) = VectorWidth::of(op.ty()) {
            let dst = self.vector_for(value)?;
            let call = self.exact_call(
                &op.operands()[..op.count()],
                helper,
                args,
                Arg::Vector(width, dst),
            )?;
            self.before_clobber()?;
            self.emit_exact_call(&call);
            self.define_vector(value, dst);
            return Ok(());
        }
        let dst = self.take_scratch()?;
        let call = self.exact_call(&op.operands()[..op.count()], helper, args, Arg::Reg(dst))?;
        self.before_clobber()?;
        self.emit_exact_call(&call);
        if op.ty() == Ty::Flags {
            return self.flags_from_reg(value, dst);
        }
        self.define(value, dst);
        Ok(())
    }

    fn arithmetic(
        &mut self,
        value: Value,
        op: FloatOp,
        sse: Sse,
        width: Width,
        helper: Helper,
        args: [Value; 3],
    ) -> Result<()> {
        let a = self.vector(args[0])?;
        let b = if op.count() == 1 {
            a
        } else {
            self.vector(args[1])?
        };
        let operands = [a, b];
        let over = match (self.is_never_looked_at(op), self.features.avx) {
            (false, _) => &operands[..0],
            (true, true) => &operands[..],
            // The second operand is read after the first has been moved.
            (true, false) => &operands[..1],
        };
        let dst = self.vector_over(value, over)?;
        let call = self.exact_call(
            &op.operands()[..op.count()],
            helper,
            args,
            Arg::Vector(width.into(), dst),
        )?;
        let look = self.look(op)?;
        if !self.features.avx && sse != Sse::Sqrt {
            self.asm.move_vector(dst, a);
        }
        let at = self.asm.offset();
        if self.features.avx {
            self.asm.scalar3(sse, width, dst, a, b);
        } else {
            self.asm.scalar(sse, width, dst, b);
        }
        self.check(look, width, dst, (at, call));
        self.define_vector(value, dst);
        Ok(())
    }

    fn mul_add(
        &mut self,
        value: Value,
        op: FloatOp,
        width: Width,
        helper: Helper,
        args: [Value; 3],
    ) -> Result<()> {
        let addend = self.vector(args[0])?;
        let (a, b) = (self.vector(args[1])?, self.vector(args[2])?);
        let dst = self.vector_for(value)?;
        let call = self.exact_call(
            &op.operands()[..op.count()],
            helper,
            args,
            Arg::Vector(width.into(), dst),
        )?;
        if self.features.fma {
            let look = self.look(op)?;
            self.asm.move_vector(dst, addend);
            let at = self.asm.offset();
            self.asm.fused(width, dst, a, b);
            self.check(look, width, dst, (at, call));
        } else {
            self.before_clobber()?;
            self.emit_exact_call(&call);
        }
        self.define_vector(value, dst);
        Ok(())
    }

    /// Calls the guest's function for a checksum.
    pub(super) fn checksum(
        &mut self,
        value: Value,
        helper: Helper,
        args: [Value; 3],
    ) -> Result<()> {
        let dst = self.take_scratch()?;
        let types = [Ty::I64, Ty::I32, Ty::I32];
        let call = self.exact_call(&types, helper, args, Arg::Reg(dst))?;
        self.before_clobber()?;
        self.emit_exact_call(&call);
        self.define(value, dst);
        Ok(())
    }

    /// Describes the call of the exact function. The operands are in registers.
    fn exact_call(
        &mut self,
        types: &[Ty],
        helper: Helper,
        args: [Value; 3],
        to: Arg,
    ) -> Result<ExactCall> {
        // The function writes the slot, of which values may not be loaded yet.
        self.save_float_status()?;
        let helpers = &self.input.callees.helpers;
        let function = *helpers
            .get(usize::from(helper.0))
            .ok_or(CompileError::Unsupported)?;
        let mut operands = [Arg::Nothing; 3];
        for (position, ty) in types.iter().enumerate() {
            operands[position] = match VectorWidth::of(*ty) {
                Some(width) => Arg::Vector(width, self.vector(args[position])?),
                None => match self.input.unit.constant(args[position]) {
                    Some(bits) => Arg::Constant(bits),
                    None => Arg::Reg(self.reg(args[position])?),
                },
            };
        }
        Ok(ExactCall {
            function,
            args: operands,
            to,
        })
    }

    #[allow(
        clippy::cast_possible_truncation,
        reason = "the constant is stored in halves"
    )]
    fn emit_exact_call(&mut self, call: &ExactCall) {
        let high = |place: Rm| match place {
            Rm::State(offset) => Rm::State(offset + 4),
            other => other,
        };
        for (index, arg) in call.args.into_iter().enumerate() {
            let place = context::argument(index);
            match arg {
                Arg::Nothing => {}
                Arg::Constant(bits) => {
                    self.asm.store_imm(Bits::B32, place, bits as u32);
                    self.asm
                        .store_imm(Bits::B32, high(place), (bits >> 32) as u32);
                }
                Arg::Reg(reg) => self.asm.store(Bits::B64, place, reg),
                Arg::Vector(width, xmm) => {
                    self.asm.store_vector(width, place, xmm);
                    if width == VectorWidth::V32 {
                        self.asm.store_imm(Bits::B32, high(place), 0);
                    }
                }
            }
        }
        self.asm.store(Bits::B64, context::argument(3), Reg::RAX);
        self.asm.mov_imm(Reg::RAX, call.function);
        let at = self.asm.call();
        self.patch_runtime(at, self.entries.call_float);
        let result = context::argument(0);
        match call.to {
            Arg::Vector(width, xmm) => self.asm.load_vector(width, xmm, result),
            Arg::Reg(reg) => self.asm.mov32(reg, result),
            Arg::Nothing | Arg::Constant(_) => {}
        }
    }
}

/// Comparison.
impl Lowering<'_> {
    /// Compares as the guest does: the host's flags tell all, and the outcome is
    /// kept in memory in two forms (see [`Constant::Less`]).
    fn compare_float(
        &mut self,
        value: Value,
        width: Width,
        signalling: bool,
        args: [Value; 3],
    ) -> Result<()> {
        // If an operand is a NaN the slot is written, of which values may not be loaded yet.
        if self.traps {
            self.save_float_status()?;
        }
        let (a, b) = (self.vector(args[0])?, self.vector(args[1])?);
        self.before_clobber()?;
        let place = self.next_outcome;
        self.next_outcome = (place + 1) % OUTCOMES;
        let place = context::OUTCOME + place;
        self.before_overwrite(Reg(context::SAVED + place))?;
        let reg = self.take_scratch()?;
        let swaps = self.wants_swapped(value);
        let (kind, a, b) = if swaps {
            (Kind::FloatSwapped, b, a)
        } else {
            (Kind::Float, a, b)
        };
        let (above, below) = if swaps {
            (Constant::Less, Constant::Greater)
        } else {
            (Constant::Greater, Constant::Less)
        };
        self.asm.mov_imm(reg, above.value());
        let at = self.asm.offset();
        self.asm.compare_vector(width, signalling, a, b);
        self.traps_at(at, Trapped::Unordered(self.asm.offset()));
        for (cc, constant) in [
            (Cc::B, below),
            (Cc::E, Constant::Equal),
            (Cc::P, Constant::Unordered),
        ] {
            self.asm.cmov(cc, Bits::B64, reg, Rm::Constant);
            self.at_constant(constant);
        }
        self.asm.store(Bits::B64, context::saved(place), reg);
        self.define_float_flags(value, kind, place);
        Ok(())
    }

    /// Tells whether the first test of a comparison needs its operands exchanged.
    fn wants_swapped(&self, value: Value) -> bool {
        let insts = &self.input.unit.insts[value.index() + 1..];
        let test = insts
            .iter()
            .take_while(|inst| !matches!(inst, Inst::Float { .. }))
            .find_map(|inst| match inst {
                Inst::Condition { flags, condition } if *flags == value => Some(*condition),
                _ => None,
            });
        test.is_some_and(|condition| {
            Kind::Float.cc(condition).is_none() && Kind::FloatSwapped.cc(condition).is_some()
        })
    }
}

/// Number of comparisons whose outcomes are kept at a time.
const OUTCOMES: u8 = 6;

/// Conversion and signs.
impl Lowering<'_> {
    fn widen(&mut self, value: Value, op: FloatOp, helper: Helper, args: [Value; 3]) -> Result<()> {
        let a = self.vector(args[0])?;
        let dst = self.vector_for(value)?;
        let call = self.exact_call(
            &op.operands()[..op.count()],
            helper,
            args,
            Arg::Vector(VectorWidth::V64, dst),
        )?;
        let look = self.look(op)?;
        let at = self.convert(Width::W32, dst, a);
        self.check(look, Width::W64, dst, (at, call));
        self.define_vector(value, dst);
        Ok(())
    }

    fn narrow(
        &mut self,
        value: Value,
        op: FloatOp,
        helper: Helper,
        args: [Value; 3],
    ) -> Result<()> {
        let a = self.vector(args[0])?;
        let dst = self.vector_for(value)?;
        let call = self.exact_call(
            &op.operands()[..op.count()],
            helper,
            args,
            Arg::Vector(VectorWidth::V32, dst),
        )?;
        let look = self.look(op)?;
        let at = self.convert(Width::W64, dst, a);
        self.check(look, Width::W32, dst, (at, call));
        self.define_vector(value, dst);
        Ok(())
    }

    /// Converts from `width` to the other precision, and returns where.
    fn convert(&mut self, width: Width, dst: Xmm, a: Xmm) -> u32 {
        // The rest of the register is kept, so it must not be waited for.
        self.asm.bits(SseOp::Xor, dst, dst);
        let at = self.asm.offset();
        self.asm.scalar(Sse::Convert, width, dst, a);
        at
    }

    fn convert_to_int(
        &mut self,
        value: Value,
        op: FloatOp,
        (from, signed, truncates): (Width, bool, bool),
        helper: Helper,
        args: [Value; 3],
    ) -> Result<()> {
        let a = self.vector(args[0])?;
        let dst = self.destination(value, None, &[])?;
        self.keep(dst);
        let call = self.exact_call(&op.operands()[..op.count()], helper, args, Arg::Reg(dst))?;
        if signed && self.traps {
            let at = self.asm.offset();
            self.asm.convert_to_int(from, Bits::B32, truncates, dst, a);
            self.slow_if_trapped(at, call);
            self.define(value, dst);
            return Ok(());
        }
        self.before_clobber()?;
        if signed {
            self.asm.convert_to_int(from, Bits::B32, truncates, dst, a);
            // Overflows for the one value that stands for invalid operations.
            self.asm.alu_imm(Alu::Cmp, Bits::B32, dst, 1);
            self.slow(Cc::O, None, call);
        } else {
            // What is negative, too large or no number would raise other flags if
            // it were converted to 64 bits. Rounded, 2^32 - 1/2 is too large.
            self.asm.move_from_vector(from, dst, a);
            let limit = match (from, truncates) {
                (Width::W32, _) => 0x4f80_0000_u32,
                (Width::W64, true) => 0x41f0_0000,
                (Width::W64, false) => 0x41e0_0000,
            };
            if from == Width::W64 {
                self.asm.shift_imm(Shift::Shr, Bits::B64, dst, 32);
            }
            self.asm
                .alu_imm(Alu::Cmp, Bits::B32, dst, limit.cast_signed());
            self.slow(Cc::Ae, None, call);
            self.asm.convert_to_int(from, Bits::B64, truncates, dst, a);
            self.slow_ends_here();
        }
        self.define(value, dst);
        Ok(())
    }

    /// Converts an integer, which is always exact or rounded alike.
    fn convert_from_int(&mut self, value: Value, to: Width, signed: bool, a: Value) -> Result<()> {
        let from = self.reg(a)?;
        let dst = self.vector_for(value)?;
        let bits = if signed { Bits::B32 } else { Bits::B64 };
        self.asm.bits(SseOp::Xor, dst, dst);
        self.asm.convert_from_int(to, bits, dst, from);
        self.define_vector(value, dst);
        Ok(())
    }

    pub(super) fn float_sign(
        &mut self,
        value: Value,
        op: SignOp,
        width: Width,
        a: Value,
    ) -> Result<()> {
        let a = self.vector(a)?;
        let dst = self.vector_for(value)?;
        let (sse, constant) = match (op, width) {
            (SignOp::Neg, Width::W32) => (SseOp::Xor, Constant::Sign32),
            (SignOp::Neg, Width::W64) => (SseOp::Xor, Constant::Sign64),
            (SignOp::Abs, Width::W32) => (SseOp::And, Constant::Abs32),
            (SignOp::Abs, Width::W64) => (SseOp::And, Constant::Abs64),
        };
        if self.features.avx {
            self.asm.bits3(sse, dst, a, Rm::Constant);
            self.at_constant(constant);
        } else {
            self.asm.load_vector(width.into(), dst, Rm::Constant);
            self.at_constant(constant);
            self.asm.bits(sse, dst, a);
        }
        self.define_vector(value, dst);
        Ok(())
    }

    /// Reads the cumulative flags that the host holds.
    pub(super) fn float_status(&mut self, value: Value) -> Result<()> {
        self.before_clobber()?;
        let dst = self.destination(value, None, &[])?;
        self.keep(dst);
        let low = self.take_scratch()?;
        let place = context::argument(0);
        self.asm.store_status(place);
        self.asm.mov32(dst, place);
        self.asm.mov32(low, dst);
        // Bit 1 tells of subnormal operands, which the guest does not count.
        self.asm.alu_imm(Alu::And, Bits::B32, low, 1);
        self.asm.alu_imm(Alu::And, Bits::B32, dst, 0x3c);
        self.asm.shift_imm(Shift::Shr, Bits::B32, dst, 1);
        self.asm.alu(Alu::Or, Bits::B32, dst, low);
        self.define(value, dst);
        Ok(())
    }

    /// Loads values that are still needed out of the slot with the cumulative
    /// flags.
    pub(super) fn save_float_status(&mut self) -> Result<()> {
        let Some(slot) = self.input.layout.float_status else {
            return Ok(());
        };
        let info = self.input.layout.slot(slot);
        debug_assert!(info.ty == Ty::I32, "flags are in a word");
        let start = info.offset.cast_signed();
        self.save_slot_values(start, start + info.bytes().cast_signed(), None)
    }
}
