//! The floating-point part of the lifter.
//!
//! An operation is an [`Inst::Float`] whose function is the exact one, so that a
//! back end may use the host's own operation.

use dbt_core::ir::{
    FloatOp, HalfOp, Helper, Inst, IntRounding, SignOp, Slot, Ty, Value, VectorWidth, Width,
};
use dbt_isa::machine::{Abort, Flow, Machine};
use dbt_isa::ops::{Access, BinOp, UnOp};

use super::machine::Lifter;
use crate::fp_reg::{DReg, SReg};
use crate::guest::slot;
use crate::softfloat::{Fixed, FixedWidth, Rounding};
use crate::vfp_machine::{Conversion, FpBinary, FpOp, FpTernary, FpUnary, RoundingOf, VfpMachine};

impl Lifter<'_, '_> {
    pub(super) fn set_vector(&mut self, slot: Slot, value: Value) {
        if !self.refuse() {
            self.builder.set(slot, value);
        }
    }

    /// Performs `op` as the host does, where that is exact, else as `exact` does.
    fn float(&mut self, op: FloatOp, exact: FpOp, args: [Value; 3]) -> Value {
        self.refuse();
        self.builder.push(Inst::Float {
            op,
            flushes: self.site.mode.fp_flush,
            default_nan: self.site.mode.fp_default_nan,
            rounds: self.site.mode.fp_rounds,
            helper: Helper(exact as u16),
            args,
        })
    }

    /// Extends an operand for a call.
    fn extended(&mut self, ty: Ty, value: Value) -> Value {
        match ty {
            Ty::V64 => self.double_to_dword(value),
            Ty::V32 => {
                let word = self.single_to_word(value);
                self.builder.zext64(word)
            }
            Ty::I32 => self.builder.zext64(value),
            _ => value,
        }
    }

    fn sign(&mut self, op: SignOp, width: Width, a: Value) -> Value {
        self.builder.push(Inst::FloatSign { op, width, a })
    }

    fn compare_float(&mut self, op: FloatOp, exact: FpOp, a: Value, b: Value) -> Value {
        self.float(op, exact, [a, b, a])
    }

    /// Extends a fixed-point number to a word.
    fn whole_word(&mut self, from: Conversion, a: Value) -> Value {
        match (from.fixed.width, from.fixed.signed) {
            (FixedWidth::Word, _) => a,
            (FixedWidth::Half, true) => self.builder.unary(UnOp::SextHalf, a),
            (FixedWidth::Half, false) => self.builder.unary(UnOp::ZextHalf, a),
        }
    }

    /// The conversion to or from an integer that bits describe, if it is none of other
    /// fixed-point numbers.
    fn int_of(&self, bits: Value) -> Option<Conversion> {
        let conversion = Conversion::from_bits(self.builder.unit().constant(bits)?);
        let Fixed {
            width,
            fraction_bits,
            ..
        } = conversion.fixed;
        (width == FixedWidth::Word && fraction_bits == 0).then_some(conversion)
    }

    /// Calls the exact function of a conversion that is not the host's.
    fn convert(&mut self, exact: FpOp, ty: Ty, conversion: Conversion, a: Value) -> Value {
        let a = self.extended(ty, a);
        let (b, zero) = (self.builder.imm64(conversion.bits()), self.builder.imm64(0));
        self.fp(exact, a, b, zero)
    }
}

/// Operations on the bits of numbers.
impl Lifter<'_, '_> {
    /// Returns what an operation is to a host, if it is anything. `how_bits` is the operand that
    /// says how it rounds, if it does.
    fn host_operation(&self, op: FpOp, how_bits: Value) -> Option<FloatOp> {
        use FpOp as F;
        let (single, double) = (Width::W32, Width::W64);
        let how = || {
            let bits = self.builder.unit().constant(how_bits)?;
            let how = RoundingOf::from_bits(bits);
            let to = match how.rounding {
                Some(Rounding::TieEven) => IntRounding::TiesEven,
                Some(Rounding::Up) => IntRounding::Up,
                Some(Rounding::Down) => IntRounding::Down,
                Some(Rounding::Zero) => IntRounding::Zero,
                Some(Rounding::TieAway) => IntRounding::TiesAway,
                None if how.exact => IntRounding::ModeExact,
                None => IntRounding::Mode,
            };
            Some((to, how.signed))
        };
        let round = |width| how().map(|(to, _)| FloatOp::Round { width, to });
        let to_int = |from| how().map(|(to, signed)| FloatOp::ToIntRounded { from, signed, to });
        match op {
            F::MaxNum32 => Some(FloatOp::MaxNum(single)),
            F::MaxNum64 => Some(FloatOp::MaxNum(double)),
            F::MinNum32 => Some(FloatOp::MinNum(single)),
            F::MinNum64 => Some(FloatOp::MinNum(double)),
            F::RoundToInt32 => round(single),
            F::RoundToInt64 => round(double),
            F::ToInt32 => to_int(single),
            F::ToInt64 => to_int(double),
            F::Add16 => Some(FloatOp::Half(HalfOp::Add)),
            F::Sub16 => Some(FloatOp::Half(HalfOp::Sub)),
            F::Mul16 => Some(FloatOp::Half(HalfOp::Mul)),
            F::Div16 => Some(FloatOp::Half(HalfOp::Div)),
            F::Sqrt16 => Some(FloatOp::Half(HalfOp::Sqrt)),
            F::MulAdd16 => Some(FloatOp::Half(HalfOp::MulAdd)),
            F::Compare16 => Some(FloatOp::Half(HalfOp::Compare)),
            F::CompareSignalling16 => Some(FloatOp::Half(HalfOp::CompareSignalling)),
            F::MaxNum16 => Some(FloatOp::Half(HalfOp::MaxNum)),
            F::MinNum16 => Some(FloatOp::Half(HalfOp::MinNum)),
            F::RoundToInt16 => how().map(|(to, _)| FloatOp::Half(HalfOp::Round(to))),
            F::ToInt16 => how().map(|(to, signed)| FloatOp::Half(HalfOp::ToInt { signed, to })),
            F::ToFixed16 => {
                let to = self.int_of(how_bits)?;
                Some(FloatOp::Half(HalfOp::ToInt {
                    signed: to.fixed.signed,
                    to: if to.by_fpscr {
                        IntRounding::Mode
                    } else {
                        IntRounding::Zero
                    },
                }))
            }
            F::FromFixed16 => {
                let from = self.int_of(how_bits)?;
                let signed = from.fixed.signed;
                Some(FloatOp::Half(HalfOp::FromInt { signed }))
            }
            F::HalfToSingle => Some(FloatOp::FromHalf(single)),
            F::HalfToDouble => Some(FloatOp::FromHalf(double)),
            F::SingleToBrain => Some(FloatOp::ToBrain),
            F::SingleToHalf => Some(FloatOp::ToHalf(single)),
            F::DoubleToHalf => Some(FloatOp::ToHalf(double)),
            _ => None,
        }
    }

    /// Performs an operation of a host on the bits of numbers, and gives those of the
    /// result.
    fn on_numbers(&mut self, op: FloatOp, exact: FpOp, bits: [Value; 3]) -> Value {
        let mut args = bits;
        for (position, ty) in op.operands().into_iter().enumerate().take(op.count()) {
            args[position] = match ty {
                Ty::V32 if matches!(op, FloatOp::Half(_)) => self.half_of(bits[position]),
                Ty::V32 => self.single_of(bits[position]),
                Ty::V64 => self.double_of(bits[position]),
                Ty::I32 => self.builder.low(bits[position]),
                _ => bits[position],
            };
        }
        let first = args[0];
        args[op.count()..].fill(first);
        let result = self.float(op, exact, args);
        if op.ty() == Ty::Flags {
            let word = self.builder.flags_to_psr(result);
            return self.builder.zext64(word);
        }
        self.extended(op.ty(), result)
    }

    /// The half in the low bits, whatever is above it.
    fn half_of(&mut self, bits: Value) -> Value {
        let unit = self.builder.unit();
        let is_mask = |value| unit.constant(value) == Some(0xffff);
        let half = match *unit.inst(bits) {
            Inst::Extend { signed: false, a } => match *unit.inst(a) {
                Inst::Binary {
                    op: BinOp::And,
                    a,
                    b,
                    ..
                } if is_mask(b) => match *unit.inst(a) {
                    Inst::FromVector { a, .. } => Some(a),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        half.unwrap_or_else(|| self.single_of(bits))
    }

    /// The single with these bits.
    fn single_of(&mut self, bits: Value) -> Value {
        let unit = self.builder.unit();
        let word = match *unit.inst(bits) {
            Inst::Extend { signed: false, a } => a,
            _ => self.builder.low(bits),
        };
        match *self.builder.unit().inst(word) {
            Inst::FromVector { a, .. } => a,
            _ => self.single_from_word(word),
        }
    }

    /// The double with these bits.
    fn double_of(&mut self, bits: Value) -> Value {
        match *self.builder.unit().inst(bits) {
            Inst::FromVector {
                width: Width::W64,
                a,
            } => a,
            _ => self.double_from_dword(bits),
        }
    }
}

/// Returns the host's conversion to an integer or to fixed point, if there is one.
fn to_int(from: Width, to: Conversion) -> Option<FloatOp> {
    if to.fixed.width == FixedWidth::Word && to.fixed.fraction_bits != 0 {
        return (!to.by_fpscr).then_some(FloatOp::ToFixed {
            from,
            signed: to.fixed.signed,
            fraction_bits: to.fixed.fraction_bits,
        });
    }
    let is_int = to.fixed.width == FixedWidth::Word && to.fixed.fraction_bits == 0;
    is_int.then_some(FloatOp::ToInt {
        from,
        signed: to.fixed.signed,
        truncates: !to.by_fpscr,
    })
}

/// Returns the host's conversion from an integer or from fixed point of 32 bits, if there
/// is one. `rounds` tells whether the mode rounds otherwise than to nearest.
fn from_int(to: Width, from: Conversion, rounds: bool) -> Option<FloatOp> {
    let signed = from.fixed.signed;
    if from.fixed.fraction_bits != 0 {
        return Some(FloatOp::FromFixed {
            to,
            signed,
            fraction_bits: from.fixed.fraction_bits,
        });
    }
    // Doubles hold every integer, and singles those of 16 bits, so that they are not
    // rounded.
    let is_exact = to == Width::W64 || from.fixed.width == FixedWidth::Half;
    (from.by_fpscr || is_exact || !rounds).then_some(FloatOp::FromInt { to, signed })
}

const fn binary(op: FpBinary, width: Width) -> FloatOp {
    match op {
        FpBinary::Add => FloatOp::Add(width),
        FpBinary::Sub => FloatOp::Sub(width),
        FpBinary::Mul => FloatOp::Mul(width),
        FpBinary::Div => FloatOp::Div(width),
    }
}

const fn compare(signalling: bool, width: Width) -> FloatOp {
    if signalling {
        FloatOp::CompareSignalling(width)
    } else {
        FloatOp::Compare(width)
    }
}

impl VfpMachine for Lifter<'_, '_> {
    type Single = Value;
    type Double = Value;

    fn single(&mut self, reg: SReg) -> Value {
        self.builder.get(slot::s(reg.index()))
    }
    fn set_single(&mut self, reg: SReg, value: Value) {
        self.set_vector(slot::s(reg.index()), value);
    }
    fn double(&mut self, reg: DReg) -> Value {
        self.builder.get(slot::d(reg.index()))
    }
    fn set_double(&mut self, reg: DReg, value: Value) {
        self.set_vector(slot::d(reg.index()), value);
    }

    fn single_to_word(&mut self, a: Value) -> Value {
        let width = Width::W32;
        self.builder.push(Inst::FromVector { width, a })
    }
    fn single_from_word(&mut self, a: Value) -> Value {
        let width = Width::W32;
        self.builder.push(Inst::ToVector { width, a })
    }
    fn double_to_dword(&mut self, a: Value) -> Value {
        let width = Width::W64;
        self.builder.push(Inst::FromVector { width, a })
    }
    fn double_from_dword(&mut self, a: Value) -> Value {
        let width = Width::W64;
        self.builder.push(Inst::ToVector { width, a })
    }

    fn fpscr(&mut self) -> Value {
        let rest = self.builder.get(slot::FPSCR);
        let nzcv = self.builder.get(slot::FPSCR_NZCV);
        let fpscr = self.builder.or(rest, nzcv);
        // The flags of the status are in the order of FPSCR's.
        let raised = self.builder.push(Inst::FloatStatus);
        self.builder.or(fpscr, raised)
    }
    fn fpscr_flags(&mut self) -> Value {
        let word = self.builder.get(slot::FPSCR_NZCV);
        self.builder.flags_from_psr(word)
    }
    fn set_fpscr_flags(&mut self, flags: Value) {
        let word = self.builder.flags_to_psr(flags);
        self.set_vector(slot::FPSCR_NZCV, word);
    }
    fn set_fpscr(&mut self, _: Value) -> Flow {
        self.interpret()
    }

    fn fp(&mut self, op: FpOp, a: Value, b: Value, c: Value) -> Value {
        if let Some(host) = self.host_operation(op, b) {
            return self.on_numbers(host, op, [a, b, c]);
        }
        self.refuse();
        self.builder.call(Helper(op as u16), [a, b, c])
    }

    fn load_single(&mut self, access: Access, address: Value) -> Result<Value, Abort> {
        self.refuse();
        let access = self.access(access);
        Ok(self.builder.push(Inst::LoadVector {
            access,
            width: VectorWidth::V32,
            address,
        }))
    }
    fn load_double(&mut self, access: Access, address: Value) -> Result<Value, Abort> {
        self.refuse();
        let access = self.access(access);
        Ok(self.builder.push(Inst::LoadVector {
            access,
            width: VectorWidth::V64,
            address,
        }))
    }
    fn store_single(&mut self, access: Access, address: Value, value: Value) -> Result<(), Abort> {
        self.refuse();
        let access = self.access(access);
        self.builder.push(Inst::StoreVector {
            access,
            width: VectorWidth::V32,
            address,
            value,
        });
        Ok(())
    }
    fn store_double(&mut self, access: Access, address: Value, value: Value) -> Result<(), Abort> {
        self.refuse();
        let access = self.access(access);
        self.builder.push(Inst::StoreVector {
            access,
            width: VectorWidth::V64,
            address,
            value,
        });
        Ok(())
    }

    fn fp_neg32(&mut self, a: Value) -> Value {
        self.sign(SignOp::Neg, Width::W32, a)
    }
    fn fp_neg64(&mut self, a: Value) -> Value {
        self.sign(SignOp::Neg, Width::W64, a)
    }
    fn fp_abs32(&mut self, a: Value) -> Value {
        self.sign(SignOp::Abs, Width::W32, a)
    }
    fn fp_abs64(&mut self, a: Value) -> Value {
        self.sign(SignOp::Abs, Width::W64, a)
    }

    fn fp_unary32(&mut self, op: FpUnary, a: Value) -> Value {
        let FpUnary::Sqrt = op;
        self.float(FloatOp::Sqrt(Width::W32), op.op32(), [a; 3])
    }
    fn fp_unary64(&mut self, op: FpUnary, a: Value) -> Value {
        let FpUnary::Sqrt = op;
        self.float(FloatOp::Sqrt(Width::W64), op.op64(), [a; 3])
    }
    fn fp_binary32(&mut self, op: FpBinary, a: Value, b: Value) -> Value {
        self.float(binary(op, Width::W32), op.op32(), [a, b, a])
    }
    fn fp_binary64(&mut self, op: FpBinary, a: Value, b: Value) -> Value {
        self.float(binary(op, Width::W64), op.op64(), [a, b, a])
    }
    fn fp_ternary32(&mut self, op: FpTernary, a: Value, b: Value, c: Value) -> Value {
        let FpTernary::MulAdd = op;
        self.float(FloatOp::MulAdd(Width::W32), op.op32(), [a, b, c])
    }
    fn fp_ternary64(&mut self, op: FpTernary, a: Value, b: Value, c: Value) -> Value {
        let FpTernary::MulAdd = op;
        self.float(FloatOp::MulAdd(Width::W64), op.op64(), [a, b, c])
    }

    fn fp_compare32(&mut self, signalling: bool, a: Value, b: Value) -> Value {
        let op = compare(signalling, Width::W32);
        self.compare_float(op, FpOp::compare32(signalling), a, b)
    }
    fn fp_compare64(&mut self, signalling: bool, a: Value, b: Value) -> Value {
        let op = compare(signalling, Width::W64);
        self.compare_float(op, FpOp::compare64(signalling), a, b)
    }

    fn fp_widen(&mut self, a: Value) -> Value {
        self.float(FloatOp::Widen, FpOp::Widen, [a; 3])
    }
    fn fp_narrow(&mut self, a: Value) -> Value {
        self.float(FloatOp::Narrow, FpOp::Narrow, [a; 3])
    }
    fn fp_to_fixed32(&mut self, to: Conversion, a: Value) -> Value {
        let Some(op) = to_int(Width::W32, to) else {
            let result = self.convert(FpOp::ToFixed32, Ty::V32, to, a);
            return self.builder.low(result);
        };
        let conversion = self.builder.imm64(to.bits());
        self.float(op, FpOp::ToFixed32, [a, conversion, a])
    }
    fn fp_to_fixed64(&mut self, to: Conversion, a: Value) -> Value {
        let Some(op) = to_int(Width::W64, to) else {
            let result = self.convert(FpOp::ToFixed64, Ty::V64, to, a);
            return self.builder.low(result);
        };
        let conversion = self.builder.imm64(to.bits());
        self.float(op, FpOp::ToFixed64, [a, conversion, a])
    }
    fn fp_from_fixed32(&mut self, from: Conversion, a: Value) -> Value {
        let Some(op) = from_int(Width::W32, from, self.site.mode.fp_rounds) else {
            let result = self.convert(FpOp::FromFixed32, Ty::I32, from, a);
            let word = self.builder.low(result);
            return self.single_from_word(word);
        };
        let a = self.whole_word(from, a);
        let conversion = self.builder.imm64(from.bits());
        self.float(op, FpOp::FromFixed32, [a, conversion, a])
    }
    fn fp_from_fixed64(&mut self, from: Conversion, a: Value) -> Value {
        let Some(op) = from_int(Width::W64, from, self.site.mode.fp_rounds) else {
            let result = self.convert(FpOp::FromFixed64, Ty::I32, from, a);
            return self.double_from_dword(result);
        };
        let a = self.whole_word(from, a);
        let conversion = self.builder.imm64(from.bits());
        self.float(op, FpOp::FromFixed64, [a, conversion, a])
    }
}
