//! Floating-point arithmetic on the host's.
//!
//! # Exactness
//!
//! `FPCR` and `FPSR` hold the guest's modes and cumulative flags. If the guest follows
//! Arm's rules ([`FloatRules::Arm`]) the host's operations are the guest's in every
//! case: both round alike in each mode, find out that a result is tiny before they
//! round it, flush the same operands and results, choose the same NaNs, and saturate
//! conversions alike (Arm ARM DDI 0487, `shared/functions/float`; `FPCR.AH`, `FIZ` and
//! `NEP` of FEAT_AFP are zero). So a result is never looked at, and nothing has a slow
//! path.
//!
//! The host has no conversion to an integer that rounds as `FPCR` says, so that one is
//! the guest's function; so are all operations of a guest with other rules.

use dbt_core::ir::{FloatOp, FloatRules, Helper, Inst, IntRounding, SignOp, Ty, Value, Width};

use super::place::Place;
use super::vector::view_of;
use super::{Lowering, Result};
use crate::asm::{Fp1, Fp2, Fused, IntConversion, Logic, View, logical_immediate};
use crate::context;
use crate::regs::{Reg, Vreg};

/// What `FPCR` holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Fpcr {
    /// The guest's modes. So between fragments.
    #[default]
    Guest,
    /// What `StandardFPSCRValue()` says: to nearest, flushing to zero, default NaNs.
    Standard,
}

impl Lowering<'_> {
    /// Sees to it that `FPCR` holds what an operation needs.
    pub(super) fn need_fpcr(&mut self, needed: Fpcr) {
        if self.fpcr != needed {
            self.write_fpcr(needed);
            self.fpcr = needed;
        }
    }

    pub(super) fn write_fpcr(&mut self, to: Fpcr) {
        const FZ_DN: u64 = 3 << 24;
        // Nothing else uses the link register within a fragment.
        let reg = Reg::LINK;
        match to {
            Fpcr::Guest => self.asm.load(Width::W32, reg, Reg::CONTEXT, context::FLOAT),
            Fpcr::Standard => self.asm.mov_imm(reg, FZ_DN),
        }
        self.asm.write_fpcr(reg);
    }

    pub(super) fn float(
        &mut self,
        value: Value,
        op: FloatOp,
        helper: Helper,
        args: [Value; 3],
    ) -> Result<()> {
        if self.input.layout.float_rules != FloatRules::Arm {
            return self.float_by_call(value, op, helper, args);
        }
        self.need_fpcr(Fpcr::Guest);
        let [a, b, _] = args;
        match op {
            FloatOp::Add(width) => self.arithmetic(value, Fp2::Add, width, a, b),
            FloatOp::Sub(width) => self.arithmetic(value, Fp2::Sub, width, a, b),
            FloatOp::Mul(width) => self.float_mul(value, width, a, b),
            FloatOp::Div(width) => self.arithmetic(value, Fp2::Div, width, a, b),
            FloatOp::Sqrt(width) => {
                let a = self.vector(a)?;
                let dst = self.vector_for(value)?;
                self.asm.float1(Fp1::Sqrt, width.into(), dst, a);
                self.define_vector(value, dst);
                Ok(())
            }
            FloatOp::MulAdd(width) => self.mul_add(value, width, args),
            FloatOp::Compare(width) => self.compare_float(value, width, false, a, b),
            FloatOp::CompareSignalling(width) => self.compare_float(value, width, true, a, b),
            FloatOp::Widen => self.convert_float(value, View::S, a),
            FloatOp::Narrow => self.convert_float(value, View::D, a),
            FloatOp::ToInt {
                truncates: false, ..
            } => self.float_by_call(value, op, helper, args),
            FloatOp::ToInt { from, signed, .. } => self.float_to_int(value, from, signed, a),
            FloatOp::MaxNum(width) => self.arithmetic(value, Fp2::MaxNum, width, a, b),
            FloatOp::MinNum(width) => self.arithmetic(value, Fp2::MinNum, width, a, b),
            FloatOp::Round { width, to } => {
                let op = match to {
                    IntRounding::TiesEven => Fp1::RoundTiesEven,
                    IntRounding::Up => Fp1::RoundUp,
                    IntRounding::Down => Fp1::RoundDown,
                    IntRounding::Zero => Fp1::RoundZero,
                    IntRounding::TiesAway => Fp1::RoundTiesAway,
                    IntRounding::Mode => Fp1::RoundMode,
                    IntRounding::ModeExact => Fp1::RoundModeExact,
                };
                let a = self.vector(a)?;
                let dst = self.vector_for(value)?;
                self.asm.float1(op, width.into(), dst, a);
                self.define_vector(value, dst);
                Ok(())
            }
            FloatOp::ToIntRounded { from, signed, to } => {
                let rounding = match to {
                    IntRounding::TiesEven => IntConversion::TiesEven,
                    IntRounding::Up => IntConversion::Up,
                    IntRounding::Down => IntConversion::Down,
                    IntRounding::Zero => IntConversion::Zero,
                    IntRounding::TiesAway => IntConversion::TiesAway,
                    // There is none.
                    IntRounding::Mode | IntRounding::ModeExact => {
                        return self.float_by_call(value, op, helper, args);
                    }
                };
                let a = self.vector(a)?;
                let dst = self.destination(value, None, &[])?;
                self.asm.float_to_int(from.into(), rounding, signed, dst, a);
                self.define(value, dst);
                Ok(())
            }
            FloatOp::FromHalf(width) => {
                let a = self.vector(a)?;
                let dst = self.vector_for(value)?;
                self.asm.half_to_float(width.into(), dst, a);
                self.define_vector(value, dst);
                Ok(())
            }
            FloatOp::ToHalf(width) => {
                let a = self.vector(a)?;
                let dst = self.vector_for(value)?;
                self.asm.float_to_half(width.into(), dst, a);
                self.define_vector(value, dst);
                Ok(())
            }
            FloatOp::FromInt { to, signed } => self.int_to_float(value, to, signed, a),
        }
    }

    fn float_by_call(
        &mut self,
        value: Value,
        op: FloatOp,
        helper: Helper,
        args: [Value; 3],
    ) -> Result<()> {
        self.call_exact(helper, &args[..op.count()])?;
        match op.ty() {
            Ty::Flags => self.flags_in_register(value, Reg::X16),
            ty => match view_of(ty) {
                Some(view) => {
                    let width = if view == View::S {
                        Width::W32
                    } else {
                        Width::W64
                    };
                    let dst = self.vector_for(value)?;
                    self.asm.move_to_vector(width, dst, Reg::X16);
                    self.define_vector(value, dst);
                    Ok(())
                }
                None => {
                    self.asm.mov(Width::W32, Reg::X16, Reg::X16);
                    self.define(value, Reg::X16);
                    Ok(())
                }
            },
        }
    }

    fn arithmetic(
        &mut self,
        value: Value,
        op: Fp2,
        width: Width,
        a: Value,
        b: Value,
    ) -> Result<()> {
        let (a, b) = (self.vector(a)?, self.vector(b)?);
        let dst = self.vector_for(value)?;
        self.asm.float2(op, width.into(), dst, a, b);
        self.define_vector(value, dst);
        Ok(())
    }

    /// Multiplies, or leaves that to the change of the sign that follows.
    fn float_mul(&mut self, value: Value, width: Width, a: Value, b: Value) -> Result<()> {
        let next = self.input.unit.insts.get(value.index() + 1);
        let is_negated = matches!(next, Some(Inst::FloatSign { op: SignOp::Neg, a, .. })
            if *a == value);
        if is_negated && self.fact(value).uses == 1 {
            let (a, b) = (self.vector(a)?, self.vector(b)?);
            self.scratch.places.put(value, Place::Deferred(a, b));
            return Ok(());
        }
        self.arithmetic(value, Fp2::Mul, width, a, b)
    }

    /// Multiplies and adds. The addend and the first factor may have to be negated, as
    /// the host's instructions do.
    fn mul_add(&mut self, value: Value, width: Width, args: [Value; 3]) -> Result<()> {
        let [(minus_c, c), (minus_a, a)] = [
            self.perhaps_negated(args[0])?,
            self.perhaps_negated(args[1])?,
        ];
        let b = self.vector(args[2])?;
        let op = match (minus_c, minus_a) {
            (false, false) => Fused::Add,
            (false, true) => Fused::Sub,
            (true, true) => Fused::NegAdd,
            (true, false) => Fused::NegSub,
        };
        let dst = self.vector_for(value)?;
        self.asm.fused(op, width.into(), dst, a, b, c);
        self.define_vector(value, dst);
        Ok(())
    }

    /// Returns a register, and whether the opposite of what it holds is meant.
    fn perhaps_negated(&mut self, value: Value) -> Result<(bool, Vreg)> {
        if let Place::Deferred(reg, _) = self.place(value)
            && matches!(self.input.unit.inst(value), Inst::FloatSign { .. })
        {
            self.keep_vector(reg);
            return Ok((true, reg));
        }
        Ok((false, self.vector(value)?))
    }

    /// Compares; the host's flags are the guest's.
    fn compare_float(
        &mut self,
        value: Value,
        width: Width,
        signalling: bool,
        a: Value,
        b: Value,
    ) -> Result<()> {
        let a = self.vector(a)?;
        let b = match self.input.unit.constant(b) {
            Some(0) => None,
            _ => Some(self.vector(b)?),
        };
        self.before_clobber()?;
        self.asm.float_compare(signalling, width.into(), a, b);
        self.define_host_flags(value, None, None);
        Ok(())
    }

    fn convert_float(&mut self, value: Value, from: View, a: Value) -> Result<()> {
        let a = self.vector(a)?;
        let dst = self.vector_for(value)?;
        self.asm.float_convert(from, dst, a);
        self.define_vector(value, dst);
        Ok(())
    }

    /// Converts to an integer, which stays in a vector register if it is wanted there.
    fn float_to_int(&mut self, value: Value, from: Width, signed: bool, a: Value) -> Result<()> {
        let a = self.vector(a)?;
        let next = self.input.unit.insts.get(value.index() + 1);
        let stays = matches!(next, Some(Inst::ToVector { a, .. }) if *a == value);
        if stays && from == Width::W32 && self.fact(value).uses == 1 {
            let reg = self.vector_for(Value(value.0 + 1))?;
            self.asm.single_to_int(signed, reg, a);
            let place = Place::InVector { reg, width: from };
            self.scratch.places.put(value, place);
            return Ok(());
        }
        let dst = self.destination(value, None, &[])?;
        let towards_zero = IntConversion::Zero;
        self.asm
            .float_to_int(from.into(), towards_zero, signed, dst, a);
        self.define(value, dst);
        Ok(())
    }

    fn int_to_float(&mut self, value: Value, to: Width, signed: bool, a: Value) -> Result<()> {
        if let (Place::InVector { reg, .. }, Width::W32) = (self.place(a), to) {
            self.keep_vector(reg);
            let dst = self.vector_for(value)?;
            self.asm.int_to_single(signed, dst, reg);
            self.define_vector(value, dst);
            return Ok(());
        }
        let from = self.reg_or_zero(a)?;
        let dst = self.vector_for(value)?;
        self.asm.int_to_float(to.into(), signed, dst, from);
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
        let view = View::from(width);
        if let (Place::Deferred(a, b), SignOp::Neg, Inst::Float { .. }) =
            (self.place(a), op, self.input.unit.inst(a))
        {
            self.keep_vector(a);
            self.keep_vector(b);
            let dst = self.vector_for(value)?;
            self.asm.float2(Fp2::NegMul, view, dst, a, b);
            self.define_vector(value, dst);
            return Ok(());
        }
        let a = self.vector(a)?;
        if op == SignOp::Neg && self.is_negated_by_user(value) {
            self.scratch.places.put(value, Place::Deferred(a, a));
            return Ok(());
        }
        let dst = self.vector_for(value)?;
        let op = match op {
            SignOp::Neg => Fp1::Neg,
            SignOp::Abs => Fp1::Abs,
        };
        self.asm.float1(op, view, dst, a);
        self.define_vector(value, dst);
        Ok(())
    }

    /// Tells whether the one user of a number that is about to be negated does that
    /// itself.
    fn is_negated_by_user(&self, value: Value) -> bool {
        let near = self.input.unit.insts.iter().skip(value.index() + 1).take(3);
        let mut users = near.filter_map(|inst| match inst {
            Inst::Float {
                op: FloatOp::MulAdd(_),
                args: [c, a, b],
                ..
            } => Some((*c == value || *a == value) && *b != value),
            _ => None,
        });
        self.fact(value).uses == 1 && users.next() == Some(true)
    }

    /// Reads the cumulative flags that the host holds.
    pub(super) fn float_status(&mut self, value: Value) -> Result<()> {
        let dst = self.destination(value, None, &[])?;
        self.asm.read_fpsr(dst);
        // N, Z, C and V are always zero there.
        let flags = logical_immediate(0xf800_00ff, Width::W32).unwrap_or(0);
        self.asm.logic_imm(Logic::And, Width::W32, dst, dst, flags);
        self.define(value, dst);
        Ok(())
    }
}
