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
//! The host has no conversion to an integer that rounds as `FPCR` says: one to nearest
//! serves where that is what the guest's mode says, and elsewhere it is the guest's
//! function. So are all operations of a guest with other rules.

mod half;

use dbt_core::ir::{
    FloatOp, FloatRules, Helper, Inst, IntRounding, SignOp, Ty, Value, VectorOp, Width,
};

use super::place::Place;
use super::vector::view_of;
use super::{Lowering, Result};
use crate::asm::{Fp1, Fp2, Fused, IntConversion, Logic, Precision, View, logical_immediate};
use crate::context;
use crate::regs::{Reg, Vreg};

/// What `FPCR` holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Fpcr {
    /// The guest's modes. So between fragments.
    #[default]
    Guest,
    /// What `StandardFPSCRValue()` says of singles: to nearest, flushing to zero, default
    /// NaNs.
    Standard,
    /// The same, and what it says of halves: FZ16 and AHP are the guest's.
    StandardHalves,
}

impl Fpcr {
    /// Returns what an operation on vectors needs, if it needs anything.
    pub(super) const fn of_vector(op: VectorOp) -> Option<Self> {
        if op.has_halves() {
            Some(Self::StandardHalves)
        } else if op.is_float() {
            Some(Self::Standard)
        } else {
            None
        }
    }

    /// Tells whether what needs `needed` may find this.
    fn serves(self, needed: Self) -> bool {
        self == needed || (self, needed) == (Self::StandardHalves, Self::Standard)
    }
}

/// The instruction that rounds to an integer.
const fn rounding(to: IntRounding) -> Fp1 {
    match to {
        IntRounding::TiesEven => Fp1::RoundTiesEven,
        IntRounding::Up => Fp1::RoundUp,
        IntRounding::Down => Fp1::RoundDown,
        IntRounding::Zero => Fp1::RoundZero,
        IntRounding::TiesAway => Fp1::RoundTiesAway,
        IntRounding::Mode => Fp1::RoundMode,
        IntRounding::ModeExact => Fp1::RoundModeExact,
    }
}

/// How the conversion that rounds so is called, if there is one.
const fn int_conversion(to: IntRounding) -> Option<IntConversion> {
    Some(match to {
        IntRounding::TiesEven => IntConversion::TiesEven,
        IntRounding::Up => IntConversion::Up,
        IntRounding::Down => IntConversion::Down,
        IntRounding::Zero => IntConversion::Zero,
        IntRounding::TiesAway => IntConversion::TiesAway,
        IntRounding::Mode | IntRounding::ModeExact => return None,
    })
}

impl Lowering<'_> {
    /// Sees to it that `FPCR` holds what an operation needs.
    pub(super) fn need_fpcr(&mut self, needed: Fpcr) {
        if !self.fpcr.serves(needed) {
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
            Fpcr::StandardHalves => {
                const RMODE: u64 = 3 << 22;
                let part = |bits| logical_immediate(bits, Width::W32).unwrap_or(0);
                let width = Width::W32;
                self.asm.load(width, reg, Reg::CONTEXT, context::FLOAT);
                self.asm.logic_imm(Logic::Orr, width, reg, reg, part(FZ_DN));
                let kept = part(!RMODE & 0xffff_ffff);
                self.asm.logic_imm(Logic::And, width, reg, reg, kept);
            }
        }
        self.asm.write_fpcr(reg);
    }

    pub(super) fn float(
        &mut self,
        value: Value,
        op: FloatOp,
        rounds: bool,
        helper: Helper,
        args: [Value; 3],
    ) -> Result<()> {
        if self.input.layout.float_rules != FloatRules::Arm {
            return self.float_by_call(value, op, helper, args);
        }
        // Fixed point is converted to nearest; a double is exact in any mode.
        let to_nearest = matches!(op, FloatOp::FromFixed { to: Width::W32, .. });
        self.need_fpcr(if to_nearest && rounds {
            Fpcr::Standard
        } else {
            Fpcr::Guest
        });
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
            FloatOp::Compare(width) => self.compare_float(value, width.into(), false, a, b),
            FloatOp::CompareSignalling(width) => {
                self.compare_float(value, width.into(), true, a, b)
            }
            FloatOp::Widen => self.convert_float(value, View::S, a),
            FloatOp::Narrow => self.convert_float(value, View::D, a),
            FloatOp::ToInt {
                truncates: false,
                from,
                signed,
            } => {
                // The host has no conversion that rounds as `FPCR` says.
                if rounds {
                    return self.float_by_call(value, op, helper, args);
                }
                let to_nearest = IntConversion::TiesEven;
                self.convert_to_int(value, from.into(), to_nearest, signed, a)
            }
            FloatOp::ToInt { from, signed, .. } => self.float_to_int(value, from, signed, a),
            FloatOp::ToFixed {
                from,
                signed,
                fraction_bits,
            } => self.float_to_fixed(value, from, signed, fraction_bits, a),
            FloatOp::FromFixed {
                to,
                signed,
                fraction_bits,
            } => self.fixed_to_float(value, to, signed, fraction_bits, a),
            FloatOp::Half(half) if self.features.fp16 => {
                if !self.half(value, half, rounds, args)? {
                    return self.float_by_call(value, op, helper, args);
                }
                Ok(())
            }
            FloatOp::Half(_) => self.float_by_call(value, op, helper, args),
            FloatOp::MaxNum(width) => self.arithmetic(value, Fp2::MaxNum, width, a, b),
            FloatOp::MinNum(width) => self.arithmetic(value, Fp2::MinNum, width, a, b),
            FloatOp::Round { width, to } => {
                let a = self.vector(a)?;
                let dst = self.vector_for(value)?;
                self.asm.float1(rounding(to), width.into(), dst, a);
                self.define_vector(value, dst);
                Ok(())
            }
            FloatOp::ToIntRounded { from, signed, to } => match int_conversion(to) {
                Some(rounding) => self.convert_to_int(value, from.into(), rounding, signed, a),
                None => self.float_by_call(value, op, helper, args),
            },
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
            FloatOp::ToBrain if self.features.bf16 => {
                let a = self.vector(a)?;
                let dst = self.vector_for(value)?;
                self.asm.float_to_brain(dst, a);
                self.define_vector(value, dst);
                Ok(())
            }
            FloatOp::ToBrain => self.float_by_call(value, op, helper, args),
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
        of: Precision,
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
        self.asm.float_compare(signalling, of, a, b);
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
        if from == Width::W32 && self.stays_in_vector(value) {
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

    fn convert_to_int(
        &mut self,
        value: Value,
        from: Precision,
        rounding: IntConversion,
        signed: bool,
        a: Value,
    ) -> Result<()> {
        let a = self.vector(a)?;
        let dst = self.destination(value, None, &[])?;
        self.asm.float_to_int(from, rounding, signed, dst, a);
        self.define(value, dst);
        Ok(())
    }

    /// As [`float_to_int`](Self::float_to_int), with bits behind the point.
    fn float_to_fixed(
        &mut self,
        value: Value,
        from: Width,
        signed: bool,
        fraction_bits: u8,
        a: Value,
    ) -> Result<()> {
        let a = self.vector(a)?;
        if from == Width::W32 && self.stays_in_vector(value) {
            let reg = self.vector_for(Value(value.0 + 1))?;
            self.asm.single_to_fixed(signed, fraction_bits, reg, a);
            let place = Place::InVector { reg, width: from };
            self.scratch.places.put(value, place);
            return Ok(());
        }
        let dst = self.destination(value, None, &[])?;
        self.asm
            .float_to_fixed(from.into(), signed, fraction_bits, dst, a);
        self.define(value, dst);
        Ok(())
    }

    fn fixed_to_float(
        &mut self,
        value: Value,
        to: Width,
        signed: bool,
        fraction_bits: u8,
        a: Value,
    ) -> Result<()> {
        if let (Place::InVector { reg, .. }, Width::W32) = (self.place(a), to) {
            self.keep_vector(reg);
            let dst = self.vector_for(value)?;
            self.asm.fixed_to_single(signed, fraction_bits, dst, reg);
            self.define_vector(value, dst);
            return Ok(());
        }
        let from = self.reg_or_zero(a)?;
        let dst = self.vector_for(value)?;
        self.asm
            .fixed_to_float(to.into(), signed, fraction_bits, dst, from);
        self.define_vector(value, dst);
        Ok(())
    }

    /// Tells whether an integer is wanted in a vector register, and nowhere else.
    fn stays_in_vector(&self, value: Value) -> bool {
        let next = self.input.unit.insts.get(value.index() + 1);
        matches!(next, Some(Inst::ToVector { a, .. }) if *a == value) && self.fact(value).uses == 1
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
        if let (Place::Deferred(a, b), SignOp::Neg, Inst::Float { .. }) =
            (self.place(a), op, self.input.unit.inst(a))
        {
            self.keep_vector(a);
            self.keep_vector(b);
            let dst = self.vector_for(value)?;
            self.asm.float2(Fp2::NegMul, width.into(), dst, a, b);
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
        self.asm.float1(op, width.into(), dst, a);
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
