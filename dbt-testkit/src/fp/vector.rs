//! What Advanced SIMD's floating-point instructions do, as the manual says it.
//!
//! Each lane is computed by [`expected`] under the standard FPSCR, so what a vector
//! instruction is made of (which operations, how often rounded, which comparison) is
//! spelled out here a second time, and nothing of the code under test is used. Scalar
//! instructions on the same registers are among them, since a translator keeps
//! both in the same host registers.
//!
//! See Arm ARM DDI 0406C.d, sections A2.6 and A8.8; DDI 0487 for those that ARMv8
//! added.
#![allow(
    clippy::cast_possible_truncation,
    reason = "singles are the lower halves of what SoftFloat's wrapper returns"
)]

use dbt_a32_frontend::softfloat::{Fixed, FixedWidth, FpControl, FpFlags, Rounding};
use dbt_a32_frontend::vfp_machine::{Conversion, FpOp, RoundingOf};

use super::expected;
use crate::random::Random;

/// FPSCR.AHP and FZ16, which the standard FPSCR takes over.
const TAKEN_OVER: u32 = 1 << 26 | FpControl::FZ16;

/// Computes lanes and gathers their flags.
#[derive(Clone, Copy, Debug)]
pub struct Lane {
    control: FpControl,
    /// Whether operations are those in half precision.
    is_half: bool,
    /// The flags that are raised.
    pub flags: FpFlags,
}

impl Lane {
    /// Lanes of vectors: under the standard FPSCR, but for AHP and FZ16.
    #[must_use]
    pub fn standard(fpscr: u32) -> Self {
        Self::under(FpControl::STANDARD.bits() | fpscr & TAKEN_OVER)
    }

    /// The same in half precision, for lanes of 16 bits.
    #[must_use]
    pub fn of_halves(self) -> Self {
        Self {
            is_half: true,
            ..self
        }
    }

    /// Scalars: as FPSCR says.
    #[must_use]
    pub fn under(fpscr: u32) -> Self {
        Self {
            control: FpControl::from_fpscr(fpscr),
            is_half: false,
            flags: FpFlags::NONE,
        }
    }

    /// Computes an operation on singles, or that on halves.
    pub fn of(&mut self, op: FpOp, a: u32, b: u64, c: u32) -> u32 {
        let op = if self.is_half { on_halves(op) } else { op };
        let (result, flags) = expected(op, self.control, a.into(), b, c.into());
        self.flags |= flags;
        result as u32
    }

    fn add(&mut self, a: u32, b: u32) -> u32 {
        self.of(FpOp::Add32, a, b.into(), 0)
    }

    fn sub(&mut self, a: u32, b: u32) -> u32 {
        self.of(FpOp::Sub32, a, b.into(), 0)
    }

    fn mul(&mut self, a: u32, b: u32) -> u32 {
        self.of(FpOp::Mul32, a, b.into(), 0)
    }

    fn compare(&mut self, op: FpOp, a: u32, b: u32, holds: fn(u32) -> bool) -> u32 {
        match holds(self.of(op, a, b.into(), 0) >> 28) {
            true if self.is_half => 0xffff,
            true => u32::MAX,
            false => 0,
        }
    }

    /// `FPCompareEQ()`.
    pub fn equal(&mut self, a: u32, b: u32) -> u32 {
        self.compare(FpOp::Compare32, a, b, |nzcv| nzcv == 0b0110)
    }

    /// `FPCompareGE()`.
    pub fn greater_or_equal(&mut self, a: u32, b: u32) -> u32 {
        self.compare(FpOp::CompareSignalling32, a, b, |nzcv| {
            nzcv & 0b0011 == 0b0010
        })
    }

    /// `FPCompareGT()`.
    pub fn greater(&mut self, a: u32, b: u32) -> u32 {
        self.compare(FpOp::CompareSignalling32, a, b, |nzcv| nzcv == 0b0010)
    }

    /// `FPMax()` and `FPMin()`: the extreme of two numbers, or the NaN that their sum
    /// is.
    pub fn extreme(&mut self, op: FpOp, a: u32, b: u32) -> u32 {
        let op = if self.is_nan(a) || self.is_nan(b) {
            FpOp::Add32
        } else {
            op
        };
        self.of(op, a, b.into(), 0)
    }

    /// The bits of 2 and of 3.
    fn small(&self, number: u32) -> u32 {
        match (self.is_half, number) {
            (true, 2) => 0x4000,
            (true, _) => 0x4200,
            (false, 2) => 2.0_f32.to_bits(),
            (false, _) => 3.0_f32.to_bits(),
        }
    }

    fn is_nan(&self, x: u32) -> bool {
        absolute_of(self.is_half, x) > infinity(self.is_half)
    }

    /// `from - a * b`, where zero times infinity is zero.
    fn step(&mut self, from: u32, a: u32, b: u32) -> u32 {
        let (is_half, infinity) = (self.is_half, infinity(self.is_half));
        let flushes = !is_half || self.control.bits() & FpControl::FZ16 != 0;
        let zero = |x: u32| absolute_of(is_half, x) == 0 || flushes && x & infinity == 0;
        let infinite = |x: u32| absolute_of(is_half, x) == infinity;
        if zero(a) && infinite(b) || infinite(a) && zero(b) {
            // A subnormal operand is flushed all the same.
            self.add(a, 0);
            self.add(b, 0);
            return from;
        }
        let product = self.mul(a, b);
        self.sub(from, product)
    }

    /// `FPRecipStep()`.
    pub fn reciprocal_step(&mut self, a: u32, b: u32) -> u32 {
        self.step(self.small(2), a, b)
    }

    /// `FPRSqrtStep()`.
    pub fn square_root_step(&mut self, a: u32, b: u32) -> u32 {
        let difference = self.step(self.small(3), a, b);
        self.of(FpOp::Div32, difference, self.small(2).into(), 0)
    }

    /// `FPRecipEstimate()` of the standard FPSCR.
    pub fn reciprocal_estimate(&mut self, a: u32) -> u32 {
        // Flushes, raises the flag, makes NaNs quiet and default.
        let a = self.add(a, a & 0x8000_0000);
        let (sign, exponent, fraction) = (a & 0x8000_0000, a >> 23 & 0xff, a & 0x7f_ffff);
        match (exponent, fraction) {
            (0xff, 0) => sign,
            (0xff, _) => a,
            (0, _) => {
                self.flags |= FpFlags::DIVIDE_BY_ZERO;
                sign | 0x7f80_0000
            }
            (253.., _) => {
                self.flags |= FpFlags::UNDERFLOW;
                sign
            }
            _ => {
                let scaled = f64::from_bits(0x3fe << 52 | u64::from(fraction) << 29);
                let steps = (scaled * 512.0).floor();
                let inverse = 1.0 / ((steps + 0.5) / 512.0);
                sign | (253 - exponent) << 23 | rounded_fraction(inverse)
            }
        }
    }

    /// `FPRSqrtEstimate()` of the standard FPSCR.
    pub fn square_root_estimate(&mut self, a: u32) -> u32 {
        let a = self.add(a, a & 0x8000_0000);
        let (sign, exponent, fraction) = (a & 0x8000_0000, a >> 23 & 0xff, a & 0x7f_ffff);
        match (exponent, fraction) {
            (0xff, 1..) => a,
            (0, _) => {
                self.flags |= FpFlags::DIVIDE_BY_ZERO;
                sign | 0x7f80_0000
            }
            _ if sign != 0 => {
                self.flags |= FpFlags::INVALID;
                0x7fc0_0000
            }
            (0xff, _) => 0,
            _ => {
                let is_even = exponent & 1 == 0;
                let scale = if is_even { 0x3fe } else { 0x3fd };
                let scaled = f64::from_bits(scale << 52 | u64::from(fraction) << 29);
                let steps = if scaled < 0.5 { 512.0 } else { 256.0 };
                let middle = ((scaled * steps).floor() + 0.5) / steps;
                ((380 - exponent) / 2) << 23 | rounded_fraction(1.0 / middle.sqrt())
            }
        }
    }
}

/// The fraction of a number from 1 to 2, rounded to a multiple of 1/256.
fn rounded_fraction(number: f64) -> u32 {
    let rounded = (256.0 * number + 0.5).floor() / 256.0;
    (rounded.to_bits() >> 29) as u32 & 0x7f_ffff
}

/// The same operation in half precision.
fn on_halves(op: FpOp) -> FpOp {
    match op {
        FpOp::Add32 => FpOp::Add16,
        FpOp::Sub32 => FpOp::Sub16,
        FpOp::Mul32 => FpOp::Mul16,
        FpOp::Div32 => FpOp::Div16,
        FpOp::MulAdd32 => FpOp::MulAdd16,
        FpOp::Compare32 => FpOp::Compare16,
        FpOp::CompareSignalling32 => FpOp::CompareSignalling16,
        FpOp::MaxNum32 => FpOp::MaxNum16,
        FpOp::MinNum32 => FpOp::MinNum16,
        FpOp::RoundToInt32 => FpOp::RoundToInt16,
        FpOp::ToFixed32 => FpOp::ToFixed16,
        FpOp::FromFixed32 => FpOp::FromFixed16,
        other => unreachable!("{other:?} of halves is not asked for"),
    }
}

/// The exponent bits.
const fn infinity(is_half: bool) -> u32 {
    if is_half { 0x7c00 } else { 0x7f80_0000 }
}

/// All but the sign.
const fn absolute_of(is_half: bool, x: u32) -> u32 {
    if is_half { x & 0x7fff } else { absolute(x) }
}

const fn absolute(x: u32) -> u32 {
    x & 0x7fff_ffff
}

const fn negated(x: u32) -> u32 {
    x ^ 0x8000_0000
}

/// What a lane becomes: of the destination's lane before, and of the operands'.
type OfThree = fn(&mut Lane, u32, u32, u32) -> u32;
/// What a lane becomes: of the operand's, and of the instruction's immediate.
type OfOne = fn(&mut Lane, u32, u32) -> u32;

/// How an instruction names its operands.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Two vectors, lane by lane.
    Three(OfThree),
    /// Two vectors of 64 bits, by neighbours.
    Pairwise(OfThree),
    /// A vector and a scalar.
    ByScalar(OfThree),
    /// One vector.
    Two(OfOne),
    /// One vector, and a number of fraction bits.
    Fixed(OfOne),
    /// Four singles to four halves.
    Narrow,
    /// Four halves to four singles.
    Widen,
    /// Scalars, as FPSCR says.
    Scalar(OfThree),
    /// Any bits, which raise no flags.
    Integer(fn(u32, u32) -> u32),
}

/// An instruction.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// Its name, in assembly syntax.
    pub name: &'static str,
    /// The A32 word without registers.
    pub word: u32,
    /// Its operands, and what it does.
    pub form: Form,
    /// Whether its lanes are halves.
    is_half: bool,
}

const fn op(name: &'static str, word: u32, form: Form) -> Operation {
    let is_half = false;
    Operation {
        name,
        word,
        form,
        is_half,
    }
}

const fn half(name: &'static str, word: u32, form: Form) -> Operation {
    let is_half = true;
    Operation {
        name,
        word,
        form,
        is_half,
    }
}

/// The way of rounding of `VRINT` and `VCVT` with a letter.
fn rounding(rounding: Rounding, exact: bool, signed: bool) -> u64 {
    let rounding = Some(rounding);
    RoundingOf {
        rounding,
        exact,
        signed,
    }
    .bits()
}

fn fixed(signed: bool, fraction_bits: u32) -> u64 {
    fixed_of(FixedWidth::Word, signed, fraction_bits)
}

fn fixed_half(signed: bool, fraction_bits: u32) -> u64 {
    fixed_of(FixedWidth::Half, signed, fraction_bits)
}

fn fixed_of(width: FixedWidth, signed: bool, fraction_bits: u32) -> u64 {
    let fixed = Fixed {
        width,
        signed,
        fraction_bits: fraction_bits as u8,
    };
    Conversion {
        fixed,
        by_fpscr: false,
    }
    .bits()
}

/// Defines `VRINT` or `VCVT` with a letter.
macro_rules! rounded {
    ($op:ident $rounding:ident $exact:literal $signed:literal) => {
        Form::Two(|lane, m, _| {
            lane.of(
                FpOp::$op,
                m,
                rounding(Rounding::$rounding, $exact, $signed),
                0,
            )
        })
    };
}

/// Every instruction on floating-point vectors, and some on the same registers.
#[rustfmt::skip] // One instruction a line is a table.
pub const OPERATIONS: &[Operation] = &[
    op("vadd.f32",    0xf200_0d00, Form::Three(|lane, _, n, m| lane.add(n, m))),
    op("vsub.f32",    0xf220_0d00, Form::Three(|lane, _, n, m| lane.sub(n, m))),
    op("vmul.f32",    0xf300_0d10, Form::Three(|lane, _, n, m| lane.mul(n, m))),
    op("vmla.f32",    0xf200_0d10, Form::Three(multiply_add)),
    op("vmls.f32",    0xf220_0d10, Form::Three(multiply_sub)),
    op("vfma.f32",    0xf200_0c10, Form::Three(|lane, d, n, m| lane.of(FpOp::MulAdd32, d, n.into(), m))),
    op("vfms.f32",    0xf220_0c10, Form::Three(|lane, d, n, m| lane.of(FpOp::MulAdd32, d, negated(n).into(), m))),
    op("vabd.f32",    0xf320_0d00, Form::Three(|lane, _, n, m| absolute(lane.sub(n, m)))),
    op("vceq.f32",    0xf200_0e00, Form::Three(|lane, _, n, m| lane.equal(n, m))),
    op("vcge.f32",    0xf300_0e00, Form::Three(|lane, _, n, m| lane.greater_or_equal(n, m))),
    op("vcgt.f32",    0xf320_0e00, Form::Three(|lane, _, n, m| lane.greater(n, m))),
    op("vacge.f32",   0xf300_0e10, Form::Three(|lane, _, n, m| lane.greater_or_equal(absolute(n), absolute(m)))),
    op("vacgt.f32",   0xf320_0e10, Form::Three(|lane, _, n, m| lane.greater(absolute(n), absolute(m)))),
    op("vmax.f32",    0xf200_0f00, Form::Three(|lane, _, n, m| lane.extreme(FpOp::MaxNum32, n, m))),
    op("vmin.f32",    0xf220_0f00, Form::Three(|lane, _, n, m| lane.extreme(FpOp::MinNum32, n, m))),
    op("vmaxnm.f32",  0xf300_0f10, Form::Three(|lane, _, n, m| lane.of(FpOp::MaxNum32, n, m.into(), 0))),
    op("vminnm.f32",  0xf320_0f10, Form::Three(|lane, _, n, m| lane.of(FpOp::MinNum32, n, m.into(), 0))),
    op("vrecps.f32",  0xf200_0f10, Form::Three(|lane, _, n, m| lane.reciprocal_step(n, m))),
    op("vrsqrts.f32", 0xf220_0f10, Form::Three(|lane, _, n, m| lane.square_root_step(n, m))),
    op("vpadd.f32",   0xf300_0d00, Form::Pairwise(|lane, _, n, m| lane.add(n, m))),
    op("vpmax.f32",   0xf300_0f00, Form::Pairwise(|lane, _, n, m| lane.extreme(FpOp::MaxNum32, n, m))),
    op("vpmin.f32",   0xf320_0f00, Form::Pairwise(|lane, _, n, m| lane.extreme(FpOp::MinNum32, n, m))),
    op("vmul.f32 [x]", 0xf2a0_0940, Form::ByScalar(|lane, _, n, m| lane.mul(n, m))),
    op("vmla.f32 [x]", 0xf2a0_0140, Form::ByScalar(multiply_add)),
    op("vmls.f32 [x]", 0xf2a0_0540, Form::ByScalar(multiply_sub)),
    op("vcgt.f32 #0", 0xf3b9_0400, Form::Two(|lane, m, _| lane.greater(m, 0))),
    op("vcge.f32 #0", 0xf3b9_0480, Form::Two(|lane, m, _| lane.greater_or_equal(m, 0))),
    op("vceq.f32 #0", 0xf3b9_0500, Form::Two(|lane, m, _| lane.equal(m, 0))),
    op("vcle.f32 #0", 0xf3b9_0580, Form::Two(|lane, m, _| lane.greater_or_equal(0, m))),
    op("vclt.f32 #0", 0xf3b9_0600, Form::Two(|lane, m, _| lane.greater(0, m))),
    op("vabs.f32",    0xf3b9_0700, Form::Two(|_, m, _| absolute(m))),
    op("vneg.f32",    0xf3b9_0780, Form::Two(|_, m, _| negated(m))),
    op("vrecpe.f32",  0xf3bb_0500, Form::Two(|lane, m, _| lane.reciprocal_estimate(m))),
    op("vrsqrte.f32", 0xf3bb_0580, Form::Two(|lane, m, _| lane.square_root_estimate(m))),
    op("vrintn.f32",  0xf3ba_0400, rounded!(RoundToInt32 TieEven false false)),
    op("vrintx.f32",  0xf3ba_0480, rounded!(RoundToInt32 TieEven true false)),
    op("vrinta.f32",  0xf3ba_0500, rounded!(RoundToInt32 TieAway false false)),
    op("vrintz.f32",  0xf3ba_0580, rounded!(RoundToInt32 Zero false false)),
    op("vrintm.f32",  0xf3ba_0680, rounded!(RoundToInt32 Down false false)),
    op("vrintp.f32",  0xf3ba_0780, rounded!(RoundToInt32 Up false false)),
    op("vcvta.s32.f32", 0xf3bb_0000, rounded!(ToInt32 TieAway true true)),
    op("vcvta.u32.f32", 0xf3bb_0080, rounded!(ToInt32 TieAway true false)),
    op("vcvtn.s32.f32", 0xf3bb_0100, rounded!(ToInt32 TieEven true true)),
    op("vcvtn.u32.f32", 0xf3bb_0180, rounded!(ToInt32 TieEven true false)),
    op("vcvtp.s32.f32", 0xf3bb_0200, rounded!(ToInt32 Up true true)),
    op("vcvtp.u32.f32", 0xf3bb_0280, rounded!(ToInt32 Up true false)),
    op("vcvtm.s32.f32", 0xf3bb_0300, rounded!(ToInt32 Down true true)),
    op("vcvtm.u32.f32", 0xf3bb_0380, rounded!(ToInt32 Down true false)),
    op("vcvt.f32.s32", 0xf3bb_0600, Form::Two(|lane, m, _| lane.of(FpOp::FromFixed32, m, fixed(true, 0), 0))),
    op("vcvt.f32.u32", 0xf3bb_0680, Form::Two(|lane, m, _| lane.of(FpOp::FromFixed32, m, fixed(false, 0), 0))),
    op("vcvt.s32.f32", 0xf3bb_0700, Form::Two(|lane, m, _| lane.of(FpOp::ToFixed32, m, fixed(true, 0), 0))),
    op("vcvt.u32.f32", 0xf3bb_0780, Form::Two(|lane, m, _| lane.of(FpOp::ToFixed32, m, fixed(false, 0), 0))),
    op("vcvt.f32.s32 #f", 0xf280_0e10, Form::Fixed(|lane, m, bits| lane.of(FpOp::FromFixed32, m, fixed(true, bits), 0))),
    op("vcvt.f32.u32 #f", 0xf380_0e10, Form::Fixed(|lane, m, bits| lane.of(FpOp::FromFixed32, m, fixed(false, bits), 0))),
    op("vcvt.s32.f32 #f", 0xf280_0f10, Form::Fixed(|lane, m, bits| lane.of(FpOp::ToFixed32, m, fixed(true, bits), 0))),
    op("vcvt.u32.f32 #f", 0xf380_0f10, Form::Fixed(|lane, m, bits| lane.of(FpOp::ToFixed32, m, fixed(false, bits), 0))),
    op("vcvt.f16.f32", 0xf3b6_0600, Form::Narrow),
    op("vcvt.f32.f16", 0xf3b6_0700, Form::Widen),
    op("vadd.f32 s",  0xee30_0a00, Form::Scalar(|lane, _, n, m| lane.add(n, m))),
    op("vsub.f32 s",  0xee30_0a40, Form::Scalar(|lane, _, n, m| lane.sub(n, m))),
    op("vmul.f32 s",  0xee20_0a00, Form::Scalar(|lane, _, n, m| lane.mul(n, m))),
    op("vmla.f32 s",  0xee00_0a00, Form::Scalar(multiply_add)),
    op("vdiv.f32 s",  0xee80_0a00, Form::Scalar(|lane, _, n, m| lane.of(FpOp::Div32, n, m.into(), 0))),
    half("vadd.f16",  0xf210_0d00, Form::Three(|lane, _, n, m| lane.add(n, m))),
    half("vsub.f16",  0xf230_0d00, Form::Three(|lane, _, n, m| lane.sub(n, m))),
    half("vmul.f16",  0xf310_0d10, Form::Three(|lane, _, n, m| lane.mul(n, m))),
    half("vmla.f16",  0xf210_0d10, Form::Three(multiply_add)),
    half("vmls.f16",  0xf230_0d10, Form::Three(multiply_sub_halves)),
    half("vfma.f16",  0xf210_0c10, Form::Three(|lane, d, n, m| lane.of(FpOp::MulAdd32, d, n.into(), m))),
    half("vfms.f16",  0xf230_0c10, Form::Three(|lane, d, n, m| lane.of(FpOp::MulAdd32, d, (n ^ 0x8000).into(), m))),
    half("vabd.f16",  0xf330_0d00, Form::Three(|lane, _, n, m| lane.sub(n, m) & 0x7fff)),
    half("vceq.f16",  0xf210_0e00, Form::Three(|lane, _, n, m| lane.equal(n, m))),
    half("vcge.f16",  0xf310_0e00, Form::Three(|lane, _, n, m| lane.greater_or_equal(n, m))),
    half("vcgt.f16",  0xf330_0e00, Form::Three(|lane, _, n, m| lane.greater(n, m))),
    half("vacge.f16", 0xf310_0e10, Form::Three(|lane, _, n, m| lane.greater_or_equal(n & 0x7fff, m & 0x7fff))),
    half("vacgt.f16", 0xf330_0e10, Form::Three(|lane, _, n, m| lane.greater(n & 0x7fff, m & 0x7fff))),
    half("vmax.f16",  0xf210_0f00, Form::Three(|lane, _, n, m| lane.extreme(FpOp::MaxNum32, n, m))),
    half("vmin.f16",  0xf230_0f00, Form::Three(|lane, _, n, m| lane.extreme(FpOp::MinNum32, n, m))),
    half("vmaxnm.f16", 0xf310_0f10, Form::Three(|lane, _, n, m| lane.of(FpOp::MaxNum32, n, m.into(), 0))),
    half("vminnm.f16", 0xf330_0f10, Form::Three(|lane, _, n, m| lane.of(FpOp::MinNum32, n, m.into(), 0))),
    half("vrecps.f16", 0xf210_0f10, Form::Three(|lane, _, n, m| lane.reciprocal_step(n, m))),
    half("vrsqrts.f16", 0xf230_0f10, Form::Three(|lane, _, n, m| lane.square_root_step(n, m))),
    half("vpadd.f16", 0xf310_0d00, Form::Pairwise(|lane, _, n, m| lane.add(n, m))),
    half("vpmax.f16", 0xf310_0f00, Form::Pairwise(|lane, _, n, m| lane.extreme(FpOp::MaxNum32, n, m))),
    half("vpmin.f16", 0xf330_0f00, Form::Pairwise(|lane, _, n, m| lane.extreme(FpOp::MinNum32, n, m))),
    half("vcgt.f16 #0", 0xf3b5_0400, Form::Two(|lane, m, _| lane.greater(m, 0))),
    half("vcge.f16 #0", 0xf3b5_0480, Form::Two(|lane, m, _| lane.greater_or_equal(m, 0))),
    half("vceq.f16 #0", 0xf3b5_0500, Form::Two(|lane, m, _| lane.equal(m, 0))),
    half("vcle.f16 #0", 0xf3b5_0580, Form::Two(|lane, m, _| lane.greater_or_equal(0, m))),
    half("vclt.f16 #0", 0xf3b5_0600, Form::Two(|lane, m, _| lane.greater(0, m))),
    half("vabs.f16",  0xf3b5_0700, Form::Two(|_, m, _| m & 0x7fff)),
    half("vneg.f16",  0xf3b5_0780, Form::Two(|_, m, _| m ^ 0x8000)),
    half("vrintn.f16", 0xf3b6_0400, rounded!(RoundToInt32 TieEven false false)),
    half("vrintx.f16", 0xf3b6_0480, rounded!(RoundToInt32 TieEven true false)),
    half("vrinta.f16", 0xf3b6_0500, rounded!(RoundToInt32 TieAway false false)),
    half("vrintz.f16", 0xf3b6_0580, rounded!(RoundToInt32 Zero false false)),
    half("vrintm.f16", 0xf3b6_0680, rounded!(RoundToInt32 Down false false)),
    half("vrintp.f16", 0xf3b6_0780, rounded!(RoundToInt32 Up false false)),
    half("vcvt.f16.s16", 0xf3b7_0600, Form::Two(|lane, m, _| lane.of(FpOp::FromFixed32, m, fixed_half(true, 0), 0))),
    half("vcvt.f16.u16", 0xf3b7_0680, Form::Two(|lane, m, _| lane.of(FpOp::FromFixed32, m, fixed_half(false, 0), 0))),
    half("vcvt.s16.f16", 0xf3b7_0700, Form::Two(|lane, m, _| lane.of(FpOp::ToFixed32, m, fixed_half(true, 0), 0))),
    half("vcvt.u16.f16", 0xf3b7_0780, Form::Two(|lane, m, _| lane.of(FpOp::ToFixed32, m, fixed_half(false, 0), 0))),
    half("vcvt.f16.s16 #f", 0xf280_0c10, Form::Fixed(|lane, m, bits| lane.of(FpOp::FromFixed32, m, fixed_half(true, bits), 0))),
    half("vcvt.f16.u16 #f", 0xf380_0c10, Form::Fixed(|lane, m, bits| lane.of(FpOp::FromFixed32, m, fixed_half(false, bits), 0))),
    half("vcvt.s16.f16 #f", 0xf280_0d10, Form::Fixed(|lane, m, bits| lane.of(FpOp::ToFixed32, m, fixed_half(true, bits), 0))),
    half("vcvt.u16.f16 #f", 0xf380_0d10, Form::Fixed(|lane, m, bits| lane.of(FpOp::ToFixed32, m, fixed_half(false, bits), 0))),
    op("vadd.i32",    0xf220_0800, Form::Integer(u32::wrapping_add)),
    op("veor",        0xf300_0110, Form::Integer(|n, m| n ^ m)),
    op("vorr",        0xf220_0110, Form::Integer(|n, m| n | m)),
];

fn multiply_add(lane: &mut Lane, d: u32, n: u32, m: u32) -> u32 {
    let product = lane.mul(n, m);
    lane.add(d, product)
}

fn multiply_sub_halves(lane: &mut Lane, d: u32, n: u32, m: u32) -> u32 {
    let product = lane.mul(n, m);
    lane.add(d, product ^ 0x8000)
}

fn multiply_sub(lane: &mut Lane, d: u32, n: u32, m: u32) -> u32 {
    let product = lane.mul(n, m);
    lane.add(d, negated(product))
}

/// An instruction with its operands.
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    /// The instruction.
    pub op: &'static Operation,
    /// Whether it works on vectors of 128 bits.
    quad: bool,
    /// Destination and operands: numbers of doublewords, or of singles.
    registers: [u32; 3],
    /// Fraction bits, or the lane of the scalar.
    imm: u32,
}

impl Placed {
    /// Draws operands among few registers.
    pub fn draw(op: &'static Operation, random: &mut Random) -> Self {
        let quad = match op.form {
            Form::Pairwise(_) | Form::Scalar(_) | Form::Narrow | Form::Widen => false,
            _ => !random.one_in(3),
        };
        let mut register = |quad: bool| {
            // D0 to D7 have singles too; D16 to D19 have none.
            let number = random.below(12) as u32;
            let number = if number < 8 { number } else { number + 8 };
            if quad { number & !1 } else { number }
        };
        let registers = match op.form {
            Form::Narrow => [register(false), 0, register(true)],
            Form::Widen => [register(true), 0, register(false)],
            Form::ByScalar(_) => [register(quad), register(quad), register(false) % 8],
            Form::Scalar(_) => [0; 3].map(|_: u32| random.below(16) as u32),
            _ => [register(quad), register(quad), register(quad)],
        };
        let imm = match op.form {
            Form::Fixed(_) if op.is_half => 1 + random.below(16) as u32,
            Form::Fixed(_) => 1 + random.below(32) as u32,
            _ => random.below(2) as u32,
        };
        Self {
            op,
            quad,
            registers,
            imm,
        }
    }

    /// The A32 word.
    #[must_use]
    pub fn word(&self) -> u32 {
        let [d, n, m] = self.registers;
        if let Form::Scalar(_) = self.op.form {
            let (d, n, m) = (
                d >> 1 << 12 | (d & 1) << 22,
                n >> 1 << 16 | (n & 1) << 7,
                m >> 1 | (m & 1) << 5,
            );
            return self.op.word | d | n | m;
        }
        let d = (d & 15) << 12 | d >> 4 << 22;
        let n = (n & 15) << 16 | n >> 4 << 7;
        let m = m & 15 | m >> 4 << 5;
        let quad = u32::from(self.quad);
        self.op.word
            | match self.op.form {
                Form::ByScalar(_) => d | n | m | self.imm << 5 | quad << 24,
                Form::Two(_) => d | m | quad << 6,
                Form::Fixed(_) => d | m | (64 - self.imm) << 16 | quad << 6,
                Form::Narrow | Form::Widen => d | m,
                _ => d | n | m | quad << 6,
            }
    }

    /// How many lanes it computes.
    #[must_use]
    pub fn lanes(&self) -> u64 {
        match self.op.form {
            Form::Scalar(_) => 1,
            Form::Narrow | Form::Widen => 4,
            _ => 2 << (u32::from(self.quad) + u32::from(self.op.is_half)),
        }
    }

    /// Whether its lanes are halves.
    #[must_use]
    pub const fn is_half(&self) -> bool {
        self.op.is_half
    }

    /// Puts operands that belong together into each lane, or each two that are halves:
    /// an addend, and two more.
    pub fn place_operands(&self, singles: &mut [u32; 64], mut operands: impl FnMut() -> [u64; 3]) {
        let (numbers, count) = match self.op.form {
            Form::Scalar(_) => (self.registers.map(|number| number as usize), 1),
            _ => (
                self.registers.map(|number| 2 * number as usize),
                self.lanes() as usize,
            ),
        };
        let [d, n, m] = numbers;
        let words = if self.op.is_half { count / 2 } else { count };
        for i in 0..words {
            let [addend, a, b] = operands().map(|operand| operand as u32);
            singles[d + i] = addend;
            singles[n + i] = a;
            singles[m + i] = b;
        }
    }

    /// Does what the instruction does, to singles that registers are made of; FPSCR
    /// gathers flags.
    pub fn apply(&self, singles: &mut [u32; 64], fpscr: &mut u32) {
        let mut lane = Lane::standard(*fpscr);
        if self.op.is_half {
            lane = lane.of_halves();
            self.apply_to_halves(singles, &mut lane);
            *fpscr |= lane.flags.bits();
            return;
        }
        let [d, n, m] = self.registers.map(|number| 2 * number as usize);
        let count = self.lanes() as usize;
        let before = *singles;
        match self.op.form {
            Form::Three(of) => {
                for i in 0..count {
                    singles[d + i] = of(&mut lane, before[d + i], before[n + i], before[m + i]);
                }
            }
            Form::Pairwise(of) => {
                singles[d] = of(&mut lane, 0, before[n], before[n + 1]);
                singles[d + 1] = of(&mut lane, 0, before[m], before[m + 1]);
            }
            Form::ByScalar(of) => {
                let scalar = before[m + self.imm as usize];
                for i in 0..count {
                    singles[d + i] = of(&mut lane, before[d + i], before[n + i], scalar);
                }
            }
            Form::Two(of) | Form::Fixed(of) => {
                for i in 0..count {
                    singles[d + i] = of(&mut lane, before[m + i], self.imm);
                }
            }
            Form::Narrow => {
                let mut half = |i: usize| lane.of(FpOp::SingleToHalf, before[m + i], 0, 0);
                singles[d] = half(0) | half(1) << 16;
                singles[d + 1] = half(2) | half(3) << 16;
            }
            Form::Widen => {
                for i in 0..count {
                    let half = before[m + i / 2] >> (16 * (i % 2)) & 0xffff;
                    singles[d + i] = lane.of(FpOp::HalfToSingle, half, 0, 0);
                }
            }
            Form::Scalar(of) => {
                lane = Lane::under(*fpscr);
                let [d, n, m] = self.registers.map(|number| number as usize);
                singles[d] = of(&mut lane, before[d], before[n], before[m]);
            }
            Form::Integer(of) => {
                for i in 0..count {
                    singles[d + i] = of(before[n + i], before[m + i]);
                }
            }
        }
        *fpscr |= lane.flags.bits();
    }

    /// The same in half precision.
    fn apply_to_halves(&self, singles: &mut [u32; 64], lane: &mut Lane) {
        let before = *singles;
        let take = |index: usize| before[index / 2] >> (16 * (index % 2)) & 0xffff;
        let mut put = |index: usize, half: u32| {
            let (word, shift) = (&mut singles[index / 2], 16 * (index % 2));
            *word = *word & !(0xffff << shift) | half << shift;
        };
        let [d, n, m] = self.registers.map(|number| 4 * number as usize);
        let count = self.lanes() as usize;
        for i in 0..count {
            let result = match self.op.form {
                Form::Three(of) => of(lane, take(d + i), take(n + i), take(m + i)),
                Form::Pairwise(of) => {
                    let from = if i < 2 { n } else { m } + 2 * (i % 2);
                    of(lane, 0, take(from), take(from + 1))
                }
                Form::Two(of) | Form::Fixed(of) => of(lane, take(m + i), self.imm),
                other => unreachable!("{other:?} of halves is not in the table"),
            };
            put(d + i, result);
        }
    }
}
