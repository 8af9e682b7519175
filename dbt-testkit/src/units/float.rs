//! Every floating-point operation of the IR.

use dbt_core::ir::{FloatOp, HalfOp, IntRounding, Width};

const fn round(width: Width, to: IntRounding) -> FloatOp {
    FloatOp::Round { width, to }
}

const fn to_int_by(from: Width, signed: bool, to: IntRounding) -> FloatOp {
    FloatOp::ToIntRounded { from, signed, to }
}

const fn half_to_int(signed: bool, to: IntRounding) -> FloatOp {
    FloatOp::Half(HalfOp::ToInt { signed, to })
}

const fn to_fixed(from: Width, signed: bool, fraction_bits: u8) -> FloatOp {
    FloatOp::ToFixed {
        from,
        signed,
        fraction_bits,
    }
}

const fn from_fixed(to: Width, signed: bool, fraction_bits: u8) -> FloatOp {
    FloatOp::FromFixed {
        to,
        signed,
        fraction_bits,
    }
}

/// Every operation on numbers.
pub const FLOAT: [FloatOp; 124] = [
    FloatOp::Add(Width::W32),
    FloatOp::Sub(Width::W32),
    FloatOp::Mul(Width::W32),
    FloatOp::Div(Width::W32),
    FloatOp::Sqrt(Width::W32),
    FloatOp::MulAdd(Width::W32),
    FloatOp::Compare(Width::W32),
    FloatOp::CompareSignalling(Width::W32),
    FloatOp::Add(Width::W64),
    FloatOp::Sub(Width::W64),
    FloatOp::Mul(Width::W64),
    FloatOp::Div(Width::W64),
    FloatOp::Sqrt(Width::W64),
    FloatOp::MulAdd(Width::W64),
    FloatOp::Compare(Width::W64),
    FloatOp::CompareSignalling(Width::W64),
    FloatOp::Widen,
    FloatOp::Narrow,
    FloatOp::ToInt {
        from: Width::W32,
        signed: true,
        truncates: true,
    },
    FloatOp::ToInt {
        from: Width::W32,
        signed: true,
        truncates: false,
    },
    FloatOp::ToInt {
        from: Width::W32,
        signed: false,
        truncates: true,
    },
    FloatOp::ToInt {
        from: Width::W32,
        signed: false,
        truncates: false,
    },
    FloatOp::ToInt {
        from: Width::W64,
        signed: true,
        truncates: true,
    },
    FloatOp::ToInt {
        from: Width::W64,
        signed: true,
        truncates: false,
    },
    FloatOp::ToInt {
        from: Width::W64,
        signed: false,
        truncates: true,
    },
    FloatOp::ToInt {
        from: Width::W64,
        signed: false,
        truncates: false,
    },
    FloatOp::FromInt {
        to: Width::W32,
        signed: true,
    },
    FloatOp::FromInt {
        to: Width::W32,
        signed: false,
    },
    FloatOp::FromInt {
        to: Width::W64,
        signed: true,
    },
    FloatOp::FromInt {
        to: Width::W64,
        signed: false,
    },
    FloatOp::MaxNum(Width::W32),
    FloatOp::MaxNum(Width::W64),
    FloatOp::MinNum(Width::W32),
    FloatOp::MinNum(Width::W64),
    round(Width::W32, IntRounding::TiesEven),
    round(Width::W64, IntRounding::TiesEven),
    round(Width::W32, IntRounding::Up),
    round(Width::W64, IntRounding::Up),
    round(Width::W32, IntRounding::Down),
    round(Width::W64, IntRounding::Down),
    round(Width::W32, IntRounding::Zero),
    round(Width::W64, IntRounding::Zero),
    round(Width::W32, IntRounding::TiesAway),
    round(Width::W64, IntRounding::TiesAway),
    round(Width::W32, IntRounding::Mode),
    round(Width::W64, IntRounding::Mode),
    round(Width::W32, IntRounding::ModeExact),
    round(Width::W64, IntRounding::ModeExact),
    to_int_by(Width::W32, true, IntRounding::TiesEven),
    to_int_by(Width::W64, true, IntRounding::TiesEven),
    to_int_by(Width::W32, false, IntRounding::TiesEven),
    to_int_by(Width::W64, false, IntRounding::TiesEven),
    to_int_by(Width::W32, true, IntRounding::Up),
    to_int_by(Width::W64, true, IntRounding::Up),
    to_int_by(Width::W32, false, IntRounding::Up),
    to_int_by(Width::W64, false, IntRounding::Up),
    to_int_by(Width::W32, true, IntRounding::Down),
    to_int_by(Width::W64, true, IntRounding::Down),
    to_int_by(Width::W32, false, IntRounding::Down),
    to_int_by(Width::W64, false, IntRounding::Down),
    to_int_by(Width::W32, true, IntRounding::TiesAway),
    to_int_by(Width::W64, true, IntRounding::TiesAway),
    to_int_by(Width::W32, false, IntRounding::TiesAway),
    to_int_by(Width::W64, false, IntRounding::TiesAway),
    FloatOp::FromHalf(Width::W32),
    FloatOp::FromHalf(Width::W64),
    FloatOp::ToHalf(Width::W32),
    FloatOp::ToHalf(Width::W64),
    FloatOp::ToBrain,
    FloatOp::Half(HalfOp::Add),
    FloatOp::Half(HalfOp::Sub),
    FloatOp::Half(HalfOp::Mul),
    FloatOp::Half(HalfOp::Div),
    FloatOp::Half(HalfOp::Sqrt),
    FloatOp::Half(HalfOp::MulAdd),
    FloatOp::Half(HalfOp::Compare),
    FloatOp::Half(HalfOp::CompareSignalling),
    FloatOp::Half(HalfOp::MaxNum),
    FloatOp::Half(HalfOp::MinNum),
    FloatOp::Half(HalfOp::Round(IntRounding::TiesEven)),
    FloatOp::Half(HalfOp::Round(IntRounding::Up)),
    FloatOp::Half(HalfOp::Round(IntRounding::Down)),
    FloatOp::Half(HalfOp::Round(IntRounding::Zero)),
    FloatOp::Half(HalfOp::Round(IntRounding::TiesAway)),
    FloatOp::Half(HalfOp::Round(IntRounding::Mode)),
    FloatOp::Half(HalfOp::Round(IntRounding::ModeExact)),
    half_to_int(true, IntRounding::TiesEven),
    half_to_int(false, IntRounding::TiesEven),
    half_to_int(true, IntRounding::Up),
    half_to_int(false, IntRounding::Up),
    half_to_int(true, IntRounding::Down),
    half_to_int(false, IntRounding::Down),
    half_to_int(true, IntRounding::Zero),
    half_to_int(false, IntRounding::Zero),
    half_to_int(true, IntRounding::TiesAway),
    half_to_int(false, IntRounding::TiesAway),
    half_to_int(true, IntRounding::Mode),
    half_to_int(false, IntRounding::Mode),
    FloatOp::Half(HalfOp::FromInt { signed: true }),
    FloatOp::Half(HalfOp::FromInt { signed: false }),
    to_fixed(Width::W32, true, 1),
    from_fixed(Width::W32, true, 1),
    to_fixed(Width::W32, true, 16),
    from_fixed(Width::W32, true, 16),
    to_fixed(Width::W32, true, 32),
    from_fixed(Width::W32, true, 32),
    to_fixed(Width::W32, false, 1),
    from_fixed(Width::W32, false, 1),
    to_fixed(Width::W32, false, 16),
    from_fixed(Width::W32, false, 16),
    to_fixed(Width::W32, false, 32),
    from_fixed(Width::W32, false, 32),
    to_fixed(Width::W64, true, 1),
    from_fixed(Width::W64, true, 1),
    to_fixed(Width::W64, true, 16),
    from_fixed(Width::W64, true, 16),
    to_fixed(Width::W64, true, 32),
    from_fixed(Width::W64, true, 32),
    to_fixed(Width::W64, false, 1),
    from_fixed(Width::W64, false, 1),
    to_fixed(Width::W64, false, 16),
    from_fixed(Width::W64, false, 16),
    to_fixed(Width::W64, false, 32),
    from_fixed(Width::W64, false, 32),
];
