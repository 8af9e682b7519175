//! Floating-point operations.

use super::ty::{Ty, Width};

/// An operation on floating-point numbers: what a host's own IEEE 754 operation
/// gives for ordinary values.
///
/// Widths are those of numbers: [`Width::W32`] is single, [`Width::W64`] double
/// precision.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FloatOp {
    /// `a + b`.
    Add(Width),
    /// `a - b`.
    Sub(Width),
    /// `a * b`.
    Mul(Width),
    /// `a / b`.
    Div(Width),
    /// The square root of `a`.
    Sqrt(Width),
    /// `a + b * c`, rounded once.
    MulAdd(Width),
    /// Compares `a` with `b`; gives flags: N for less, Z and C for equal, C for
    /// greater, C and V for unordered. A quiet NaN is a valid operand.
    Compare(Width),
    /// As `Compare`; a quiet NaN is an invalid operand.
    CompareSignalling(Width),
    /// Converts a single to a double.
    Widen,
    /// Converts a double to a single.
    Narrow,
    /// Converts to a 32-bit integer, an `i32`, saturating. `b`, an `i64`, is the
    /// helper's only.
    ToInt {
        /// The width of the number.
        from: Width,
        /// Whether the integer has a sign.
        signed: bool,
        /// Whether it is rounded towards zero, whatever the rounding mode is.
        truncates: bool,
    },
    /// Converts a 32-bit integer, an `i32`, to a number. `b`, an `i64`, is the
    /// helper's only.
    FromInt {
        /// The width of the number.
        to: Width,
        /// Whether the integer has a sign.
        signed: bool,
    },
    /// The larger number, +0 above -0; of a number and a quiet NaN the number.
    MaxNum(Width),
    /// The smaller number, -0 below +0; of a number and a quiet NaN the number.
    MinNum(Width),
    /// Rounds to an integer that stays a number. `b`, an `i64`, is the helper's only.
    Round {
        /// The width of the number.
        width: Width,
        /// How it is rounded.
        to: IntRounding,
    },
    /// As `ToInt`, rounded in a way of its own: not as the guest's mode says.
    ToIntRounded {
        /// The width of the number.
        from: Width,
        /// Whether the integer has a sign.
        signed: bool,
        /// How it is rounded.
        to: IntRounding,
    },
    /// Converts a half in the low bits of a `v32`, of which the others do not count. Which
    /// format halves have is part of the guest's [`FloatMode`].
    FromHalf(Width),
    /// Converts to a half in the low bits of a `v32`, zeroes above it.
    ToHalf(Width),
    /// Converts a single to BFloat16 in the low bits of a `v32`, zeroes above it.
    ToBrain,
    /// Converts to a 32-bit fixed-point number, an `i32`, towards zero, saturating. `b`, an
    /// `i64`, is the helper's only.
    ToFixed {
        /// The width of the number.
        from: Width,
        /// Whether the fixed-point number has a sign.
        signed: bool,
        /// How many of its bits stand behind the point: 1 to 32.
        fraction_bits: u8,
    },
    /// Converts a 32-bit fixed-point number, an `i32`, to a number, rounded to nearest
    /// whatever the guest's mode is. `b`, an `i64`, is the helper's only.
    FromFixed {
        /// The width of the number.
        to: Width,
        /// Whether the fixed-point number has a sign.
        signed: bool,
        /// How many of its bits stand behind the point: 1 to 32.
        fraction_bits: u8,
    },
    /// An operation in half precision.
    Half(HalfOp),
}

/// An operation in half precision, as [`FloatOp`] says of the others. A half is in the low
/// bits of a `v32`; of an operand the other bits do not count, in a result they are zero.
/// Halves are those of IEEE 754, whatever the guest's [`FloatMode`] says.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum HalfOp {
    /// `a + b`.
    Add,
    /// `a - b`.
    Sub,
    /// `a * b`.
    Mul,
    /// `a / b`.
    Div,
    /// The square root of `a`.
    Sqrt,
    /// `a + b * c`, rounded once.
    MulAdd,
    /// As [`FloatOp::Compare`].
    Compare,
    /// As [`FloatOp::CompareSignalling`].
    CompareSignalling,
    /// As [`FloatOp::MaxNum`].
    MaxNum,
    /// As [`FloatOp::MinNum`].
    MinNum,
    /// As [`FloatOp::Round`].
    Round(IntRounding),
    /// Converts to a 32-bit integer, an `i32`, saturating. `b`, an `i64`, is the helper's
    /// only.
    ToInt {
        /// Whether the integer has a sign.
        signed: bool,
        /// How it is rounded.
        to: IntRounding,
    },
    /// Converts a 32-bit integer, an `i32`. `b`, an `i64`, is the helper's only.
    FromInt {
        /// Whether the integer has a sign.
        signed: bool,
    },
}

impl HalfOp {
    const fn operands(self) -> [Ty; 3] {
        match self {
            Self::Round(_) | Self::ToInt { .. } => [Ty::V32, Ty::I64, Ty::I64],
            Self::FromInt { .. } => [Ty::I32, Ty::I64, Ty::I64],
            _ => [Ty::V32; 3],
        }
    }

    const fn count(self) -> usize {
        match self {
            Self::Sqrt => 1,
            Self::MulAdd => 3,
            _ => 2,
        }
    }

    const fn ty(self) -> Ty {
        match self {
            Self::Compare | Self::CompareSignalling => Ty::Flags,
            Self::ToInt { .. } => Ty::I32,
            _ => Ty::V32,
        }
    }
}

/// How a number is rounded to an integer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum IntRounding {
    /// To the nearest integer, ties to the even one.
    TiesEven,
    /// Towards plus infinity.
    Up,
    /// Towards minus infinity.
    Down,
    /// Towards zero.
    Zero,
    /// To the nearest integer, ties away from zero.
    TiesAway,
    /// As the guest's mode says.
    Mode,
    /// The same, and tells what is inexact. The others do not, of what stays a number.
    ModeExact,
}

impl FloatOp {
    /// Returns the types of the operands; the first [`count`](Self::count) count.
    #[must_use]
    pub const fn operands(self) -> [Ty; 3] {
        match self {
            Self::Add(width)
            | Self::Sub(width)
            | Self::Mul(width)
            | Self::Div(width)
            | Self::Sqrt(width)
            | Self::MulAdd(width)
            | Self::Compare(width)
            | Self::CompareSignalling(width)
            | Self::MaxNum(width)
            | Self::MinNum(width)
            | Self::ToHalf(width) => [width.vector_ty(); 3],
            Self::Widen | Self::FromHalf(_) | Self::ToBrain => [Ty::V32; 3],
            Self::Narrow => [Ty::V64; 3],
            Self::ToInt { from, .. }
            | Self::ToIntRounded { from, .. }
            | Self::ToFixed { from, .. } => [from.vector_ty(), Ty::I64, Ty::I64],
            Self::Half(op) => op.operands(),
            Self::Round { width, .. } => [width.vector_ty(), Ty::I64, Ty::I64],
            Self::FromInt { .. } | Self::FromFixed { .. } => [Ty::I32, Ty::I64, Ty::I64],
        }
    }

    /// Returns how many operands there are.
    #[must_use]
    pub const fn count(self) -> usize {
        match self {
            Self::Half(op) => op.count(),
            Self::Sqrt(_)
            | Self::Widen
            | Self::Narrow
            | Self::FromHalf(_)
            | Self::ToHalf(_)
            | Self::ToBrain => 1,
            Self::MulAdd(_) => 3,
            _ => 2,
        }
    }

    /// Tells whether the constants are such that the operation is defined.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        match self {
            Self::ToFixed { fraction_bits, .. } | Self::FromFixed { fraction_bits, .. } => {
                fraction_bits >= 1 && fraction_bits <= 32
            }
            _ => true,
        }
    }

    /// Tells whether an operand or the result may be a subnormal number.
    #[must_use]
    pub const fn meets_subnormals(self) -> bool {
        !matches!(self, Self::FromInt { .. } | Self::FromFixed { .. })
    }

    /// Returns the type of the result.
    #[must_use]
    pub const fn ty(self) -> Ty {
        match self {
            Self::Add(width)
            | Self::Sub(width)
            | Self::Mul(width)
            | Self::Div(width)
            | Self::Sqrt(width)
            | Self::MulAdd(width)
            | Self::MaxNum(width)
            | Self::MinNum(width)
            | Self::Round { width, .. }
            | Self::FromHalf(width)
            | Self::FromInt { to: width, .. }
            | Self::FromFixed { to: width, .. } => width.vector_ty(),
            Self::Compare(_) | Self::CompareSignalling(_) => Ty::Flags,
            Self::Widen => Ty::V64,
            Self::Narrow | Self::ToHalf(_) | Self::ToBrain => Ty::V32,
            Self::ToInt { .. } | Self::ToIntRounded { .. } | Self::ToFixed { .. } => Ty::I32,
            Self::Half(op) => op.ty(),
        }
    }
}

/// An operation on the sign of a number, NaNs included. It raises nothing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SignOp {
    /// The opposite sign.
    Neg,
    /// No sign.
    Abs,
}

impl SignOp {
    /// Evaluates the operation on the bits of a number.
    #[must_use]
    pub const fn eval(self, width: Width, a: u64) -> u64 {
        let sign = match width {
            Width::W32 => 1 << 31,
            Width::W64 => 1 << 63,
        };
        match self {
            Self::Neg => a ^ sign,
            Self::Abs => a & !sign,
        }
    }
}

/// How inexact results are rounded.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Rounding {
    /// To the nearest value, ties to the even one.
    #[default]
    Nearest,
    /// Towards plus infinity.
    Up,
    /// Towards minus infinity.
    Down,
    /// Towards zero.
    Zero,
}

/// How the guest's floating point works at the moment.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct FloatMode {
    /// How inexact results are rounded.
    pub rounding: Rounding,
    /// Whether subnormal operands and results are flushed to zero, but for halves.
    pub flushes: bool,
    /// Whether those of arithmetic in half precision are.
    pub flushes_halves: bool,
    /// Whether every NaN that an operation gives is the default one.
    pub default_nan: bool,
    /// Whether halves have Arm's alternative format, without infinities and NaNs.
    pub alternative_half: bool,
}

/// What the functions of [`Inst::Float`](super::Inst::Float) do where the
/// instruction promises nothing.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum FloatRules {
    /// Whatever the guest wants.
    #[default]
    Own,
    /// What AArch64 does in the same [`FloatMode`] (Arm ARM DDI 0487,
    /// `shared/functions/float`, without FEAT_AFP), flags and NaNs included.
    Arm,
}

/// Cumulative exception flags as [`Inst::FloatStatus`](super::Inst::FloatStatus)
/// gives them.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct FloatFlags(u32);

impl FloatFlags {
    /// An invalid operation: bit 0.
    pub const INVALID: Self = Self(1);
    /// A division by zero: bit 1.
    pub const DIVIDE_BY_ZERO: Self = Self(1 << 1);
    /// An overflow: bit 2.
    pub const OVERFLOW: Self = Self(1 << 2);
    /// An underflow: bit 3.
    pub const UNDERFLOW: Self = Self(1 << 3);
    /// An inexact result: bit 4.
    pub const INEXACT: Self = Self(1 << 4);
    /// A subnormal operand was flushed to zero: bit 7.
    pub const INPUT_DENORMAL: Self = Self(1 << 7);
    /// An integer operation saturated: bit 27.
    pub const SATURATED: Self = Self(1 << 27);
    const ALL: u32 = 0x0800_009f;

    /// Takes flags from their bits; others are dropped.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits & Self::ALL)
    }

    /// Returns the flags' bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }
}
