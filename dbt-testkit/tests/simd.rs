//! Vector operations on singles give, element by element, the results and the flags
//! that Berkeley SoftFloat gives under the standard FPSCR.
//!
//! `DBT_FP_TUPLES` sets how many tuples of operands are tried for each operation.

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::cast_possible_truncation, reason = "elements are taken apart")]

use dbt_a32_frontend::simd::{SimdEnv, SimdKind, SimdOp};
use dbt_a32_frontend::softfloat::{Fixed, FixedWidth, FpControl, FpFlags, Rounding};
use dbt_a32_frontend::vfp_machine::{Conversion, FpOp, RoundingOf};
use dbt_isa::ops::Size;
use dbt_testkit::fp::{Operands, Outcome, expected};

/// FPSCR.AHP.
const AHP: u32 = 1 << 26;

/// What an operation gives for one element.
struct Oracle {
    control: FpControl,
    flags: FpFlags,
}

impl Oracle {
    fn new(fpscr: u32) -> Self {
        Self {
            control: FpControl::from_fpscr(FpControl::STANDARD.bits() | fpscr & AHP),
            flags: FpFlags::NONE,
        }
    }

    fn of(&mut self, op: FpOp, a: u32, b: u64, c: u32) -> u32 {
        let (result, flags): Outcome = expected(op, self.control, a.into(), b, c.into());
        self.flags |= flags;
        result as u32
    }

    fn compare(&mut self, op: FpOp, a: u32, b: u32, holds: impl Fn(u32) -> bool) -> u32 {
        if holds(self.of(op, a, b.into(), 0) >> 28) {
            u32::MAX
        } else {
            0
        }
    }

    /// The extreme of two numbers, or the NaN that their sum is.
    fn extreme(&mut self, op: FpOp, a: u32, b: u32) -> u32 {
        let is_nan = |x: u32| f32::from_bits(x).is_nan();
        let op = if is_nan(a) || is_nan(b) {
            FpOp::Add32
        } else {
            op
        };
        self.of(op, a, b.into(), 0)
    }

    /// `from - a * b`, where zero times infinity is zero.
    fn step(&mut self, from: f32, a: u32, b: u32) -> u32 {
        let zero = |x: u32| x & 0x7f80_0000 == 0;
        let infinite = |x: u32| x & 0x7fff_ffff == 0x7f80_0000;
        if zero(a) && infinite(b) || infinite(a) && zero(b) {
            // A subnormal operand is flushed all the same.
            self.of(FpOp::Add32, a, 0, 0);
            self.of(FpOp::Add32, b, 0, 0);
            return from.to_bits();
        }
        let product = self.of(FpOp::Mul32, a, b.into(), 0);
        self.of(FpOp::Sub32, from.to_bits(), product.into(), 0)
    }

    fn element(&mut self, op: SimdOp, a: u32, b: u32, c: u32) -> u32 {
        let fixed = Conversion {
            fixed: Fixed {
                width: FixedWidth::Word,
                signed: op.signed,
                fraction_bits: op.imm,
            },
            by_fpscr: false,
        };
        let rounding = RoundingOf {
            rounding: Some(Rounding::from_bits(op.imm.into())),
            exact: op.kind == SimdKind::FloatRoundExact,
            signed: op.signed,
        };
        match op.kind {
            SimdKind::FloatAdd => self.of(FpOp::Add32, a, b.into(), 0),
            SimdKind::FloatSub => self.of(FpOp::Sub32, a, b.into(), 0),
            SimdKind::FloatMul => self.of(FpOp::Mul32, a, b.into(), 0),
            SimdKind::FloatMulAdd => self.of(FpOp::MulAdd32, a, b.into(), c),
            SimdKind::FloatMax => self.extreme(FpOp::MaxNum32, a, b),
            SimdKind::FloatMin => self.extreme(FpOp::MinNum32, a, b),
            SimdKind::FloatMaxNum => self.of(FpOp::MaxNum32, a, b.into(), 0),
            SimdKind::FloatMinNum => self.of(FpOp::MinNum32, a, b.into(), 0),
            SimdKind::FloatEqual => self.compare(FpOp::Compare32, a, b, |nzcv| nzcv == 0b0110),
            SimdKind::FloatGreater => {
                self.compare(FpOp::CompareSignalling32, a, b, |nzcv| nzcv == 0b0010)
            }
            SimdKind::FloatGreaterOrEqual => {
                self.compare(FpOp::CompareSignalling32, a, b, |nzcv| {
                    nzcv & 0b0011 == 0b0010
                })
            }
            SimdKind::FloatRecipStep => self.step(2.0, a, b),
            SimdKind::FloatRsqrtStep => {
                let difference = self.step(3.0, a, b);
                self.of(FpOp::Mul32, difference, 0.5_f32.to_bits().into(), 0)
            }
            SimdKind::FloatToFixed => self.of(FpOp::ToFixed32, a, fixed.bits(), 0),
            SimdKind::FixedToFloat => self.of(FpOp::FromFixed32, a, fixed.bits(), 0),
            SimdKind::FloatToInt => self.of(FpOp::ToInt32, a, rounding.bits(), 0),
            SimdKind::FloatRound | SimdKind::FloatRoundExact => {
                self.of(FpOp::RoundToInt32, a, rounding.bits(), 0)
            }
            other => panic!("{other:?} is no operation of singles"),
        }
    }
}

/// Operations, with the scalar operation whose operands are interesting to them.
const KINDS: [(SimdKind, FpOp); 18] = [
    (SimdKind::FloatAdd, FpOp::Add32),
    (SimdKind::FloatSub, FpOp::Sub32),
    (SimdKind::FloatMul, FpOp::Mul32),
    (SimdKind::FloatMulAdd, FpOp::MulAdd32),
    (SimdKind::FloatMax, FpOp::MaxNum32),
    (SimdKind::FloatMin, FpOp::MinNum32),
    (SimdKind::FloatMaxNum, FpOp::MaxNum32),
    (SimdKind::FloatMinNum, FpOp::MinNum32),
    (SimdKind::FloatEqual, FpOp::Compare32),
    (SimdKind::FloatGreater, FpOp::Compare32),
    (SimdKind::FloatGreaterOrEqual, FpOp::Compare32),
    (SimdKind::FloatRecipStep, FpOp::MulAdd32),
    (SimdKind::FloatRsqrtStep, FpOp::MulAdd32),
    (SimdKind::FloatToFixed, FpOp::ToFixed32),
    (SimdKind::FixedToFloat, FpOp::FromFixed32),
    (SimdKind::FloatToInt, FpOp::ToInt32),
    (SimdKind::FloatRound, FpOp::RoundToInt32),
    (SimdKind::FloatRoundExact, FpOp::RoundToInt32),
];

fn tuples() -> u64 {
    std::env::var("DBT_FP_TUPLES").map_or(20_000, |n| n.parse().unwrap())
}

#[test]
fn singles_agree_with_softfloat() {
    for (kind, source) in KINDS {
        let mut operands = Operands::new(kind as u64);
        for _ in 0..tuples() {
            let imm = match kind {
                SimdKind::FloatToFixed | SimdKind::FixedToFloat => operands.below(33),
                SimdKind::FloatToInt | SimdKind::FloatRound => operands.below(5),
                _ => 0,
            };
            let op = SimdOp::new(kind, Size::Word, true)
                .signed(operands.below(2) == 0)
                .imm(imm as u32);
            let (mut a, mut b, mut c) = (0_u128, 0_u128, 0_u128);
            let mut oracle = Oracle::new(0);
            let mut right = 0_u128;
            for at in (0..128).step_by(32) {
                let [x, y, z] = operands.of(source).map(|x| x as u32);
                a |= u128::from(x) << at;
                b |= u128::from(y) << at;
                c |= u128::from(z) << at;
                right |= u128::from(oracle.element(op, x, y, z)) << at;
            }
            let mut env = SimdEnv::new(0);
            let ours = op.eval(&mut env, a, b, c);
            assert_eq!(
                (ours, FpFlags::from_fpscr(env.flags())),
                (right, oracle.flags),
                "{op:?} of {a:#x}, {b:#x}, {c:#x}: left is ours"
            );
        }
    }
}

#[test]
fn halves_agree_with_softfloat() {
    for fpscr in [0, AHP] {
        let mut operands = Operands::new(fpscr.into());
        for _ in 0..tuples() {
            let mut oracle = Oracle::new(fpscr);
            let (mut singles, mut halves) = (0_u128, 0_u128);
            let (mut narrowed, mut widened) = (0_u128, 0_u128);
            for index in 0..4 {
                let single = operands.of(FpOp::SingleToHalf)[0] as u32;
                let half = operands.of(FpOp::HalfToSingle)[0] as u32;
                singles |= u128::from(single) << (32 * index);
                halves |= u128::from(half) << (16 * index);
                let narrow = oracle.of(FpOp::SingleToHalf, single, 0, 0);
                let wide = oracle.of(FpOp::HalfToSingle, half, 0, 0);
                narrowed |= u128::from(narrow) << (16 * index);
                widened |= u128::from(wide) << (32 * index);
            }
            let mut env = SimdEnv::new(fpscr);
            let narrow = SimdOp::new(SimdKind::FloatNarrow, Size::Word, false);
            let widen = SimdOp::new(SimdKind::FloatWiden, Size::Half, true);
            assert_eq!(
                narrow.eval(&mut env, singles, 0, 0),
                narrowed,
                "{singles:#x}"
            );
            assert_eq!(widen.eval(&mut env, halves, 0, 0), widened, "{halves:#x}");
            assert_eq!(FpFlags::from_fpscr(env.flags()), oracle.flags);
        }
    }
}
