//! Berkeley SoftFloat as an oracle for floating point.
//!
//! SoftFloat, built for VFP, knows IEEE 754 in all rounding modes with tininess
//! detected before rounding, and Arm's choice between two NaNs. What Arm adds is
//! put on top of it here, by other means than in the code under test:
//!
//! - Flush-to-zero: subnormal operands are replaced before SoftFloat sees them. A
//!   result is tiny before rounding exactly if rounding *towards zero* leaves it
//!   below the smallest normal number, so that a second run finds out.
//! - Default NaNs: a NaN result is replaced.
//! - The choice among the three NaNs of a fused multiplication is spelled out.
//! - Fixed point goes through quadruple precision, where scaling is exact.
//! - The alternative half precision is the ordinary one with numbers of the
//!   highest exponent halved on the way.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "operands are zero-extended, results truncated"
)]

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub mod generated;
mod operands;
pub mod vector;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub mod vector_programs;

use dbt_a32_frontend::softfloat::{FixedWidth, FpControl, FpFlags, Rounding, RoundingMode};
use dbt_a32_frontend::vfp_machine::{Conversion, FpOp, RoundingOf};
use softfloat_wrapper::{ExceptionFlags, F16, F32, F64, F128, Float};

pub use operands::Operands;

/// A result and the flags that are raised.
pub type Outcome = (u64, FpFlags);

/// Returns what `op` gives under `control`.
#[must_use]
pub fn expected(op: FpOp, control: FpControl, a: u64, b: u64, c: u64) -> Outcome {
    let oracle = Oracle(control);
    let (a32, b32, c32) = (a as u32, b as u32, c as u32);
    match op {
        FpOp::Add32 => oracle.binary(a32, b32, |a, b, mode| F32::add(&a, b, mode)),
        FpOp::Add64 => oracle.binary(a, b, |a, b, mode| F64::add(&a, b, mode)),
        FpOp::Sub32 => oracle.binary(a32, b32, |a, b, mode| F32::sub(&a, b, mode)),
        FpOp::Sub64 => oracle.binary(a, b, |a, b, mode| F64::sub(&a, b, mode)),
        FpOp::Mul32 => oracle.binary(a32, b32, |a, b, mode| F32::mul(&a, b, mode)),
        FpOp::Mul64 => oracle.binary(a, b, |a, b, mode| F64::mul(&a, b, mode)),
        FpOp::Div32 => oracle.binary(a32, b32, |a, b, mode| F32::div(&a, b, mode)),
        FpOp::Div64 => oracle.binary(a, b, |a, b, mode| F64::div(&a, b, mode)),
        FpOp::Sqrt32 => oracle.unary(a32, |a: F32, mode| a.sqrt(mode)),
        FpOp::Sqrt64 => oracle.unary(a, |a: F64, mode| a.sqrt(mode)),
        FpOp::MulAdd32 => oracle.mul_add::<F32>(a32, b32, c32),
        FpOp::MulAdd64 => oracle.mul_add::<F64>(a, b, c),
        FpOp::Compare32 => oracle.compare::<F32>(a32, b32, false),
        FpOp::Compare64 => oracle.compare::<F64>(a, b, false),
        FpOp::CompareSignalling32 => oracle.compare::<F32>(a32, b32, true),
        FpOp::CompareSignalling64 => oracle.compare::<F64>(a, b, true),
        FpOp::Widen => oracle.unary(a32, |a: F32, mode| a.to_f64(mode)),
        FpOp::Narrow => oracle.unary(a, |a: F64, mode| a.to_f32(mode)),
        FpOp::HalfToSingle => oracle.half_to_single(a as u16),
        FpOp::SingleToHalf => oracle.to_half::<F32>(a32),
        FpOp::ToFixed32 => oracle.float_to_fixed::<F32>(a32, b),
        FpOp::ToFixed64 => oracle.float_to_fixed::<F64>(a, b),
        FpOp::FromFixed32 => oracle.fixed_to_float(a32, b, |a, mode| a.to_f32(mode)),
        FpOp::FromFixed64 => oracle.fixed_to_float(a32, b, |a, mode| a.to_f64(mode)),
        FpOp::MaxNum32 => oracle.extreme_number::<F32>(a32, b32, true),
        FpOp::MaxNum64 => oracle.extreme_number::<F64>(a, b, true),
        FpOp::MinNum32 => oracle.extreme_number::<F32>(a32, b32, false),
        FpOp::MinNum64 => oracle.extreme_number::<F64>(a, b, false),
        FpOp::RoundToInt32 => oracle.round_to_int::<F32>(a32, b),
        FpOp::RoundToInt64 => oracle.round_to_int::<F64>(a, b),
        FpOp::ToInt32 => oracle.float_to_int::<F32>(a32, b),
        FpOp::ToInt64 => oracle.float_to_int::<F64>(a, b),
        FpOp::HalfToDouble => oracle.half_to_double(a as u16),
        FpOp::DoubleToHalf => oracle.to_half::<F64>(a),
    }
}

/// What the oracle needs of SoftFloat's types besides [`Float`].
trait Number: Float<Payload: Into<u64> + TryFrom<u64>> + Copy {
    const DEFAULT_NAN: u64;
    /// Whether flush-to-zero applies to the format.
    const FLUSHES: bool = true;

    fn bits64(self) -> u64 {
        self.to_bits().into()
    }

    fn of_bits64(bits: u64) -> Self {
        let Ok(bits) = bits.try_into() else {
            panic!("a pattern of the format's width")
        };
        Self::from_bits(bits)
    }

    /// The number with its sign and nothing else.
    fn zeroed(self) -> Self {
        Self::of_bits64(self.bits64() & 1 << Self::SIGN_POS)
    }

    /// Whether the number is subnormal (SoftFloat's wrapper counts zero in).
    fn tiny(self) -> bool {
        self.is_subnormal() && !self.is_zero()
    }

    fn quiet(self) -> bool {
        self.is_nan() && !self.is_signaling_nan()
    }
}

impl Number for F16 {
    const DEFAULT_NAN: u64 = 0x7e00;
    const FLUSHES: bool = false;
}

impl Number for F32 {
    const DEFAULT_NAN: u64 = 0x7fc0_0000;
}

impl Number for F64 {
    const DEFAULT_NAN: u64 = 0x7ff8_0000_0000_0000;
}

type Mode = softfloat_wrapper::RoundingMode;

const fn mode_of(mode: RoundingMode) -> Mode {
    match mode {
        RoundingMode::Nearest => Mode::TiesToEven,
        RoundingMode::Up => Mode::TowardPositive,
        RoundingMode::Down => Mode::TowardNegative,
        RoundingMode::Zero => Mode::TowardZero,
    }
}

/// Runs SoftFloat and collects its flags.
fn run<R>(operation: impl FnOnce() -> R) -> (R, FpFlags) {
    ExceptionFlags::from_bits(0).set();
    let result = operation();
    let mut raised = ExceptionFlags::default();
    raised.get();
    let mut flags = FpFlags::NONE;
    for (is_raised, flag) in [
        (raised.is_invalid(), FpFlags::INVALID),
        (raised.is_infinite(), FpFlags::DIVIDE_BY_ZERO),
        (raised.is_overflow(), FpFlags::OVERFLOW),
        (raised.is_underflow(), FpFlags::UNDERFLOW),
        (raised.is_inexact(), FpFlags::INEXACT),
    ] {
        if is_raised {
            flags |= flag;
        }
    }
    (result, flags)
}

struct Oracle(FpControl);

impl Oracle {
    fn mode(&self) -> Mode {
        mode_of(self.0.rounding())
    }

    fn default_nan<F: Number>(&self, value: F) -> u64 {
        if self.0.default_nan() && value.is_nan() {
            F::DEFAULT_NAN
        } else {
            value.bits64()
        }
    }

    /// Replaces a subnormal operand.
    fn flush<F: Number>(&self, value: F) -> (F, FpFlags) {
        if F::FLUSHES && self.0.flush_to_zero() && value.tiny() {
            (value.zeroed(), FpFlags::INPUT_DENORMAL)
        } else {
            (value, FpFlags::NONE)
        }
    }

    /// Runs an operation whose operands are flushed already.
    fn result<F: Number>(&self, input: FpFlags, operation: impl Fn(Mode) -> F) -> Outcome {
        let (result, flags) = run(|| operation(self.mode()));
        if F::FLUSHES && self.0.flush_to_zero() {
            let (truncated, flags) = run(|| operation(Mode::TowardZero));
            if truncated.tiny() || truncated.is_zero() && flags != FpFlags::NONE {
                return (truncated.zeroed().bits64(), input | FpFlags::UNDERFLOW);
            }
        }
        (self.default_nan(result), input | flags)
    }

    fn unary<F: Number, G: Number>(&self, a: F::Payload, op: impl Fn(F, Mode) -> G) -> Outcome {
        let (a, flags) = self.flush(F::from_bits(a));
        self.result(flags, |mode| op(a, mode))
    }

    fn binary<F: Number>(
        &self,
        a: F::Payload,
        b: F::Payload,
        op: impl Fn(F, F, Mode) -> F,
    ) -> Outcome {
        let (a, a_flags) = self.flush(F::from_bits(a));
        let (b, b_flags) = self.flush(F::from_bits(b));
        self.result(a_flags | b_flags, |mode| op(a, b, mode))
    }

    fn mul_add<F: Number>(&self, addend: F::Payload, a: F::Payload, b: F::Payload) -> Outcome {
        let (addend, addend_flags) = self.flush(F::from_bits(addend));
        let (a, a_flags) = self.flush(F::from_bits(a));
        let (b, b_flags) = self.flush(F::from_bits(b));
        let input = addend_flags | a_flags | b_flags;
        let operands = [addend, a, b];
        let infinite = |x: F| x.is_positive_infinity() || x.is_negative_infinity();
        let meaningless = infinite(a) && b.is_zero() || a.is_zero() && infinite(b);
        if meaningless && addend.quiet() {
            return (F::DEFAULT_NAN, input | FpFlags::INVALID);
        }
        let quiet_bit = 1 << (F::EXPONENT_POS - 1);
        if let Some(nan) = operands.iter().find(|x| x.is_signaling_nan()) {
            let quieted = F::of_bits64(nan.bits64() | quiet_bit);
            return (self.default_nan(quieted), input | FpFlags::INVALID);
        }
        if let Some(nan) = operands.iter().find(|x| x.is_nan()) {
            return (self.default_nan(*nan), input);
        }
        self.result(input, |mode| a.fused_mul_add(b, addend, mode))
    }

    fn compare<F: Number>(&self, a: F::Payload, b: F::Payload, signalling: bool) -> Outcome {
        let (a, a_flags) = self.flush(F::from_bits(a));
        let (b, b_flags) = self.flush(F::from_bits(b));
        let ((less, equal, greater), flags) = run(|| {
            if signalling {
                (a.lt(b), a.eq_signaling(b), b.lt(a))
            } else {
                (a.lt_quiet(b), a.eq(b), b.lt_quiet(a))
            }
        });
        let nzcv: u64 = match (less, equal, greater) {
            (true, false, false) => 0b1000,
            (false, true, false) => 0b0110,
            (false, false, true) => 0b0010,
            _ => 0b0011,
        };
        (nzcv << 28, a_flags | b_flags | flags)
    }

    fn half_to_single(&self, a: u16) -> Outcome {
        if self.0.alternative_half() && a & 0x7c00 == 0x7c00 {
            let (halved, _) = run(|| F16::from_bits(a - 0x400).to_f32(Mode::TiesToEven));
            return (u64::from(halved.to_bits() + 0x80_0000), FpFlags::NONE);
        }
        self.unary(a, |a: F16, mode| a.to_f32(mode))
    }

    fn half_to_double(&self, a: u16) -> Outcome {
        // Every half is a single, and every single is a double.
        let (single, flags) = self.half_to_single(a);
        let (double, _) = run(|| F32::from_bits(single as u32).to_f64(Mode::TiesToEven));
        (self.default_nan(double), flags)
    }

    fn to_half<F: Number>(&self, a: F::Payload) -> Outcome {
        let (value, input) = self.flush(F::from_bits(a));
        let bits: u64 = a.into();
        let sign = (bits >> F::SIGN_POS & 1) << 15;
        if !self.0.alternative_half() {
            return self.result(input, |mode| value.to_f16(mode));
        }
        let largest = (1 << (F::SIGN_POS - F::EXPONENT_POS)) - 1;
        let exponent = bits >> F::EXPONENT_POS & largest;
        if value.is_nan() {
            (sign, input | FpFlags::INVALID)
        } else if exponent == largest {
            (sign | 0x7fff, FpFlags::INVALID)
        } else if exponent >= largest / 2 + 15 {
            let halved = F::of_bits64(bits - (1 << F::EXPONENT_POS));
            let (half, flags) = run(|| halved.to_f16(self.mode()));
            if flags.contains(FpFlags::OVERFLOW) {
                (sign | 0x7fff, FpFlags::INVALID)
            } else {
                (u64::from(half.to_bits() + 0x400), flags)
            }
        } else {
            let (half, flags) = run(|| value.to_f16(self.mode()));
            (half.bits64(), input | flags)
        }
    }

    /// The larger or the smaller number.
    fn extreme_number<F: Number>(&self, a: F::Payload, b: F::Payload, larger: bool) -> Outcome {
        let (a, a_flags) = self.flush(F::from_bits(a));
        let (b, b_flags) = self.flush(F::from_bits(b));
        let input = a_flags | b_flags;
        match (a.quiet(), b.quiet()) {
            (true, false) if !b.is_nan() => return (b.bits64(), input),
            (false, true) if !a.is_nan() => return (a.bits64(), input),
            _ => {}
        }
        if a.is_nan() || b.is_nan() {
            // A sum chooses among NaNs.
            return self.result(input, |mode| F::add(&a, b, mode));
        }
        let sign = |x: F| x.bits64() >> F::SIGN_POS & 1 == 1;
        let a_first = if a.is_zero() && b.is_zero() {
            sign(a) != larger
        } else {
            a.lt_quiet(b) != larger
        };
        (if a_first { a } else { b }.bits64(), input)
    }

    fn direction(&self, rounding: Option<Rounding>) -> Mode {
        match rounding {
            None => self.mode(),
            Some(Rounding::TieEven) => Mode::TiesToEven,
            Some(Rounding::TieAway) => Mode::TiesToAway,
            Some(Rounding::Up) => Mode::TowardPositive,
            Some(Rounding::Down) => Mode::TowardNegative,
            Some(Rounding::Zero) => Mode::TowardZero,
        }
    }

    fn round_to_int<F: Number>(&self, a: F::Payload, packed: u64) -> Outcome {
        let how = RoundingOf::from_bits(packed);
        let (value, input) = self.flush(F::from_bits(a));
        let (rounded, flags) = run(|| value.round_to_integral(self.direction(how.rounding)));
        let inexact = how.exact && !value.is_nan() && rounded.bits64() != value.bits64();
        let flags = if inexact {
            flags | FpFlags::INEXACT
        } else {
            flags
        };
        (self.default_nan(rounded), input | flags)
    }

    fn float_to_int<F: Number>(&self, a: F::Payload, packed: u64) -> Outcome {
        let how = RoundingOf::from_bits(packed);
        let (value, input) = self.flush(F::from_bits(a));
        if value.is_nan() {
            return (0, input | FpFlags::INVALID);
        }
        let (min, max) = if how.signed {
            (i32::MIN.into(), i32::MAX.into())
        } else {
            (0, u32::MAX.into())
        };
        let (wide, flags) = run(|| value.to_i64(self.direction(how.rounding), true));
        let saturated = wide.clamp(min, max);
        let invalid = saturated != wide || flags.contains(FpFlags::INVALID);
        let flags = if invalid { FpFlags::INVALID } else { flags };
        (u64::from(saturated as u32), input | flags)
    }

    fn float_to_fixed<F: Number>(&self, a: F::Payload, conversion: u64) -> Outcome {
        let Conversion { fixed, by_fpscr } = Conversion::from_bits(conversion);
        let (value, input) = self.flush(F::from_bits(a));
        if value.is_nan() {
            return (0, input | FpFlags::INVALID);
        }
        let mode = if by_fpscr {
            self.mode()
        } else {
            Mode::TowardZero
        };
        let scaled = F128::mul(
            &value.to_f128(Mode::TiesToEven),
            power_of_two(fixed.fraction_bits.into()),
            Mode::TiesToEven,
        );
        let (wide, flags) = run(|| scaled.to_i64(mode, true));
        let bits = fixed.width.bits();
        let (min, max) = match fixed.signed {
            true => (-1 << (bits - 1), (1 << (bits - 1)) - 1),
            false => (0, (1 << bits) - 1),
        };
        let saturated = wide.clamp(min, max);
        let flags = if saturated != wide || flags.contains(FpFlags::INVALID) {
            FpFlags::INVALID
        } else {
            flags
        };
        (u64::from(saturated as u32), input | flags)
    }

    fn fixed_to_float<F: Number>(
        &self,
        a: u32,
        conversion: u64,
        narrow: impl Fn(F128, Mode) -> F,
    ) -> Outcome {
        let Conversion { fixed, by_fpscr } = Conversion::from_bits(conversion);
        let mode = if by_fpscr {
            self.mode()
        } else {
            Mode::TiesToEven
        };
        let unused = 64 - fixed.width.bits();
        let value = match fixed.signed {
            true => (u64::from(a) << unused).cast_signed() >> unused,
            false => (u64::from(a) << unused >> unused).cast_signed(),
        };
        assert!(matches!(fixed.width, FixedWidth::Half | FixedWidth::Word));
        let scaled = F128::mul(
            &F128::from_i64(value, Mode::TiesToEven),
            power_of_two(-i32::from(fixed.fraction_bits)),
            Mode::TiesToEven,
        );
        let (result, flags) = run(|| narrow(scaled, mode));
        (result.bits64(), flags)
    }
}

fn power_of_two(exponent: i32) -> F128 {
    F128::from_bits(u128::from((16383 + exponent).unsigned_abs()) << 112)
}

/// Every combination of RMode, FZ, DN and AHP that matters to `op`.
pub fn controls(op: FpOp) -> impl Iterator<Item = FpControl> {
    let halves = matches!(
        op,
        FpOp::HalfToSingle | FpOp::SingleToHalf | FpOp::HalfToDouble | FpOp::DoubleToHalf
    );
    let combinations = if halves { 32 } else { 16 };
    (0..combinations).map(|bits| FpControl::from_fpscr(bits << 22))
}
