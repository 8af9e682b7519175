//! The functions of the made-up guest.
//!
//! The first read and write a slot, which must not be hot; those of numbers compute as Arm does, rounding to
//! nearest; one does any operation on vectors, which is packed into its argument; the last
//! are checksums.

use dbt_a32_frontend::checksum::Checksum;
use dbt_a32_frontend::simd::{SimdEnv, SimdKind, SimdOp};
use dbt_a32_frontend::softfloat::{Fixed, FixedWidth, FpControl, FpEnv, Rounding};
use dbt_a32_frontend::vfp_machine::{Conversion, FpOp, RoundingOf};
use dbt_core::ir::eval::{read_slot, write_slot};
use dbt_core::ir::{
    ChecksumOp, FloatOp, HalfOp, Helper, IntRounding, Slot, VectorKind, VectorOp, Width,
};
use dbt_isa::ops::Size;

use super::{FLOAT, FLOAT_STATUS, LAYOUT};

/// The function of the first operation on numbers.
const FIRST_FLOAT: u16 = 16;

/// The function of operations on vectors.
pub const VECTOR: Helper = Helper(FIRST_FLOAT + FLOAT.len() as u16);

/// The function of the first checksum.
const FIRST_CHECKSUM: u16 = VECTOR.0 + 1;

/// How many functions there are.
pub const COUNT: usize = FIRST_CHECKSUM as usize + 8;

/// The function of a checksum.
#[must_use]
pub const fn of_checksum(op: ChecksumOp) -> Helper {
    Helper(FIRST_CHECKSUM + (op.size as u16 | (op.castagnoli as u16) << 2))
}

/// The function of an operation of [`FLOAT`].
///
/// # Panics
///
/// If it is none.
#[must_use]
pub fn of_float(op: FloatOp) -> Helper {
    let index = FLOAT.iter().position(|other| *other == op);
    Helper(FIRST_FLOAT + index.expect("an operation of the list") as u16)
}

/// Packs an operation on vectors.
#[must_use]
pub const fn pack(op: VectorOp) -> u32 {
    op.kind as u32
        | (op.size as u32) << 8
        | (op.signed as u32) << 10
        | (op.wide as u32) << 11
        | (op.imm as u32) << 16
}

fn unpack(bits: u32) -> VectorOp {
    const SIZES: [Size; 4] = [Size::Byte, Size::Half, Size::Word, Size::Dword];
    let kind = VectorKind::ALL[(bits & 0xff) as usize];
    VectorOp::new(kind, SIZES[(bits >> 8 & 3) as usize], bits >> 11 & 1 != 0)
        .signed(bits >> 10 & 1 != 0)
        .imm((bits >> 16) as u8)
}

/// Calls a function.
pub fn help(helper: Helper, state: &mut [u8], args: [u64; 3]) -> u64 {
    if helper == VECTOR {
        vector(unpack(args[0] as u32), state);
        return 0;
    }
    if let Some(bits) = helper.0.checked_sub(FIRST_CHECKSUM) {
        let [_, sum, data] = args.map(|arg| arg as u32);
        return Checksum::from_bits(bits.into()).eval(sum, data).into();
    }
    if let Some(index) = helper.0.checked_sub(FIRST_FLOAT) {
        return float(FLOAT[usize::from(index)], state, args);
    }
    let slot = Slot(helper.0);
    let old = read_slot(&LAYOUT, state, slot);
    let new = args[0] ^ args[1].rotate_left(5);
    write_slot(&LAYOUT, state, slot, new.into());
    old as u64 ^ args[2]
}

fn raise(state: &mut [u8], flags: u32) {
    let status = read_slot(&LAYOUT, state, FLOAT_STATUS);
    write_slot(&LAYOUT, state, FLOAT_STATUS, status | u128::from(flags));
}

fn vector(op: VectorOp, state: &mut [u8]) {
    let slots = LAYOUT.vector_operands.expect("the layout has them");
    let [a, b, c] = slots.map(|slot| read_slot(&LAYOUT, state, slot));
    let result = if op.is_pure() {
        op.eval(a, b, c)
    } else if let Some(kind) = arm_kind(op.kind) {
        let op = SimdOp::new(kind, op.size, op.wide)
            .signed(op.signed)
            .imm(op.imm.into());
        let mut env = SimdEnv::new(0);
        let result = op.eval(&mut env, a, b, c);
        raise(state, env.flags());
        result
    } else {
        // What a guest has besides; anything will do.
        let any = a ^ b.rotate_left(3) ^ c.rotate_left(70);
        if op.wide {
            any
        } else {
            any & u128::from(u64::MAX)
        }
    };
    for (slot, value) in slots.into_iter().zip([result, 0, 0]) {
        write_slot(&LAYOUT, state, slot, value);
    }
}

/// The operation of Arm that one that raises flags is.
fn arm_kind(kind: VectorKind) -> Option<SimdKind> {
    macro_rules! same {
        ($($kind:ident)*) => {
            Some(match kind {
                $(VectorKind::$kind => SimdKind::$kind,)*
                _ => return None,
            })
        };
    }
    same!(
        SatAdd SatSub SatDoublingMulHigh SatRoundingDoublingMulHigh SatShift SatRoundingShift
        SatShiftLeft SatShiftLeftUnsigned SatAbs SatNeg SatNarrow SatNarrowUnsigned FloatAdd FloatSub
        FloatMul FloatMulAdd FloatMax FloatMin FloatMaxNum FloatMinNum FloatEqual FloatGreater
        FloatGreaterOrEqual FloatRecipStep FloatRsqrtStep FloatRecipEstimate FloatRsqrtEstimate
        FloatToFixed FixedToFloat FloatToInt FloatRound FloatRoundExact RecipEstimate RsqrtEstimate
        FloatNarrow FloatWiden FloatNarrowBrain FloatMulAddLong FloatMulSubLong
        SatRoundingDoublingMulAdd SatRoundingDoublingMulSub Dot DotMixed MatrixMulAdd
        MatrixMulAddMixed BrainDot BrainMatrixMulAdd AesEncrypt AesDecrypt AesMix AesUnmix
        Sha1Choose Sha1Parity Sha1Majority Sha1Rotate Sha1Schedule0 Sha1Schedule1 Sha256Hash
        Sha256Hash2 Sha256Schedule0 Sha256Schedule1
    )
}

/// What the functions that round to integers are told.
fn rounding(to: IntRounding, exact: bool, signed: bool) -> u64 {
    let rounding = match to {
        IntRounding::TiesEven => Some(Rounding::TieEven),
        IntRounding::Up => Some(Rounding::Up),
        IntRounding::Down => Some(Rounding::Down),
        IntRounding::Zero => Some(Rounding::Zero),
        IntRounding::TiesAway => Some(Rounding::TieAway),
        IntRounding::Mode | IntRounding::ModeExact => None,
    };
    RoundingOf {
        rounding,
        exact,
        signed,
    }
    .bits()
}

fn float(op: FloatOp, state: &mut [u8], [a, b, c]: [u64; 3]) -> u64 {
    let fixed = |signed, fraction_bits, by_fpscr| {
        let fixed = Fixed {
            width: FixedWidth::Word,
            signed,
            fraction_bits,
        };
        Conversion { fixed, by_fpscr }.bits()
    };
    let conversion = |signed, by_fpscr| fixed(signed, 0, by_fpscr);
    let of = |width, single, double| match width {
        Width::W32 => single,
        Width::W64 => double,
    };
    let (op, b) = match op {
        FloatOp::Add(width) => (of(width, FpOp::Add32, FpOp::Add64), b),
        FloatOp::Sub(width) => (of(width, FpOp::Sub32, FpOp::Sub64), b),
        FloatOp::Mul(width) => (of(width, FpOp::Mul32, FpOp::Mul64), b),
        FloatOp::Div(width) => (of(width, FpOp::Div32, FpOp::Div64), b),
        FloatOp::Sqrt(width) => (of(width, FpOp::Sqrt32, FpOp::Sqrt64), b),
        FloatOp::MulAdd(width) => (of(width, FpOp::MulAdd32, FpOp::MulAdd64), b),
        FloatOp::Compare(width) => (of(width, FpOp::Compare32, FpOp::Compare64), b),
        FloatOp::CompareSignalling(width) => {
            let op = of(width, FpOp::CompareSignalling32, FpOp::CompareSignalling64);
            (op, b)
        }
        FloatOp::Widen => (FpOp::Widen, b),
        FloatOp::Narrow => (FpOp::Narrow, b),
        FloatOp::ToInt {
            from,
            signed,
            truncates,
        } => {
            let op = of(from, FpOp::ToFixed32, FpOp::ToFixed64);
            (op, conversion(signed, !truncates))
        }
        FloatOp::FromInt { to, signed } => {
            let op = of(to, FpOp::FromFixed32, FpOp::FromFixed64);
            (op, conversion(signed, true))
        }
        FloatOp::MaxNum(width) => (of(width, FpOp::MaxNum32, FpOp::MaxNum64), b),
        FloatOp::MinNum(width) => (of(width, FpOp::MinNum32, FpOp::MinNum64), b),
        FloatOp::Round { width, to } => {
            let op = of(width, FpOp::RoundToInt32, FpOp::RoundToInt64);
            (op, rounding(to, to == IntRounding::ModeExact, true))
        }
        FloatOp::ToIntRounded { from, signed, to } => {
            let op = of(from, FpOp::ToInt32, FpOp::ToInt64);
            (op, rounding(to, true, signed))
        }
        FloatOp::FromHalf(width) => (of(width, FpOp::HalfToSingle, FpOp::HalfToDouble), b),
        FloatOp::ToHalf(width) => (of(width, FpOp::SingleToHalf, FpOp::DoubleToHalf), b),
        FloatOp::ToBrain => (FpOp::SingleToBrain, b),
        FloatOp::ToFixed {
            from,
            signed,
            fraction_bits,
        } => {
            let op = of(from, FpOp::ToFixed32, FpOp::ToFixed64);
            (op, fixed(signed, fraction_bits, false))
        }
        FloatOp::FromFixed {
            to,
            signed,
            fraction_bits,
        } => {
            let op = of(to, FpOp::FromFixed32, FpOp::FromFixed64);
            (op, fixed(signed, fraction_bits, false))
        }
        FloatOp::Half(op) => match op {
            HalfOp::Add => (FpOp::Add16, b),
            HalfOp::Sub => (FpOp::Sub16, b),
            HalfOp::Mul => (FpOp::Mul16, b),
            HalfOp::Div => (FpOp::Div16, b),
            HalfOp::Sqrt => (FpOp::Sqrt16, b),
            HalfOp::MulAdd => (FpOp::MulAdd16, b),
            HalfOp::Compare => (FpOp::Compare16, b),
            HalfOp::CompareSignalling => (FpOp::CompareSignalling16, b),
            HalfOp::MaxNum => (FpOp::MaxNum16, b),
            HalfOp::MinNum => (FpOp::MinNum16, b),
            HalfOp::Round(to) => {
                let how = rounding(to, to == IntRounding::ModeExact, true);
                (FpOp::RoundToInt16, how)
            }
            HalfOp::ToInt { signed, to } => (FpOp::ToInt16, rounding(to, true, signed)),
            HalfOp::FromInt { signed } => (FpOp::FromFixed16, conversion(signed, true)),
        },
    };
    let mut env = FpEnv::new(FpControl::default());
    let result = op.eval(&mut env, a, b, c);
    raise(state, env.flags().bits());
    result
}
