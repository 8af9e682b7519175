//! Operands that reach the edges.

use dbt_a32_frontend::softfloat::{Fixed, FixedWidth, Rounding};
use dbt_a32_frontend::vfp_machine::{Conversion, FpOp, RoundingOf};

/// A source of operands, the same for the same seed.
///
/// Patterns drawn evenly would hardly ever cancel, tie, or meet the ends of the
/// exponent range. So operands are drawn from special values, from sparse and
/// dense significands, with exponents at the ends, or close to the exponent of
/// the operand before.
#[derive(Clone, Copy, Debug)]
pub struct Operands {
    state: u64,
}

/// The two fields of a format.
#[derive(Clone, Copy)]
struct Layout {
    exponent_bits: u32,
    fraction_bits: u32,
}

const HALF: Layout = Layout {
    exponent_bits: 5,
    fraction_bits: 10,
};
const SINGLE: Layout = Layout {
    exponent_bits: 8,
    fraction_bits: 23,
};
const DOUBLE: Layout = Layout {
    exponent_bits: 11,
    fraction_bits: 52,
};

impl Operands {
    /// A source that starts from `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self {
            state: seed ^ 0x9e37_79b9_7f4a_7c15,
        }
    }

    /// Returns 64 random bits (SplitMix64).
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ self.state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Returns a number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound
    }

    /// Returns three operands for `op`.
    pub fn of(&mut self, op: FpOp) -> [u64; 3] {
        match op {
            FpOp::Add32
            | FpOp::Sub32
            | FpOp::Mul32
            | FpOp::Div32
            | FpOp::Sqrt32
            | FpOp::MulAdd32
            | FpOp::Compare32
            | FpOp::CompareSignalling32
            | FpOp::MaxNum32
            | FpOp::MinNum32
            | FpOp::Widen => self.numbers(SINGLE),
            FpOp::Add64
            | FpOp::Sub64
            | FpOp::Mul64
            | FpOp::Div64
            | FpOp::Sqrt64
            | FpOp::MulAdd64
            | FpOp::Compare64
            | FpOp::CompareSignalling64
            | FpOp::MaxNum64
            | FpOp::MinNum64 => self.numbers(DOUBLE),
            FpOp::Add16
            | FpOp::Sub16
            | FpOp::Mul16
            | FpOp::Div16
            | FpOp::Sqrt16
            | FpOp::MulAdd16
            | FpOp::Compare16
            | FpOp::CompareSignalling16
            | FpOp::MaxNum16
            | FpOp::MinNum16 => self.numbers(HALF),
            FpOp::SingleToBrain => self.numbers(SINGLE),
            FpOp::ToIntModulo => [self.number(DOUBLE, Some((1023, 90))), 0, 0],
            FpOp::RoundToInt16 | FpOp::ToInt16 => [self.number(HALF, None), self.rounding(), 0],
            FpOp::ToFixed16 => [self.number(HALF, None), self.conversion(), 0],
            // Exponents in the range of the narrower format, mostly.
            FpOp::Narrow => [self.number(DOUBLE, Some((1023, 160))), 0, 0],
            FpOp::SingleToHalf => [self.number(SINGLE, Some((127, 28))), 0, 0],
            FpOp::DoubleToHalf => [self.number(DOUBLE, Some((1023, 28))), 0, 0],
            FpOp::HalfToSingle | FpOp::HalfToDouble => [self.number(HALF, None), 0, 0],
            FpOp::RoundToInt32 | FpOp::ToInt32 => {
                [self.number(SINGLE, Some((127, 40))), self.rounding(), 0]
            }
            FpOp::RoundToInt64 | FpOp::ToInt64 => {
                [self.number(DOUBLE, Some((1023, 60))), self.rounding(), 0]
            }
            FpOp::ToFixed32 => [self.number(SINGLE, Some((127, 40))), self.conversion(), 0],
            FpOp::ToFixed64 => [self.number(DOUBLE, Some((1023, 40))), self.conversion(), 0],
            FpOp::FromFixed16 | FpOp::FromFixed32 | FpOp::FromFixed64 => {
                [self.integer(), self.conversion(), 0]
            }
        }
    }

    /// A way of rounding, packed.
    fn rounding(&mut self) -> u64 {
        let rounding = match self.below(6) {
            5 => None,
            direction => Some(Rounding::from_bits(direction)),
        };
        let how = RoundingOf {
            rounding,
            exact: self.below(2) == 0,
            signed: self.below(2) == 0,
        };
        how.bits()
    }

    fn numbers(&mut self, layout: Layout) -> [u64; 3] {
        let a = self.number(layout, None);
        let exponent = |x: u64| x >> layout.fraction_bits & ((1 << layout.exponent_bits) - 1);
        let b = self.number(layout, Some((exponent(a), layout.fraction_bits.into())));
        let c = self.number(layout, Some((exponent(b), layout.fraction_bits.into())));
        let mut numbers = [a, b, c];
        if self.below(8) == 0 {
            // Near cancellation, and products near one.
            numbers[1] = a.wrapping_add(self.below(5)).wrapping_sub(2);
            numbers[1] ^= self.below(2) << (layout.exponent_bits + layout.fraction_bits);
        }
        if self.below(8) == 0 {
            // An addend near the product.
            let bias = (1 << (layout.exponent_bits - 1)) - 1;
            let product = (exponent(numbers[1]) + exponent(c)).saturating_sub(bias);
            let near = layout.fraction_bits as u64 * 2 + 8;
            numbers[0] = self.number(layout, Some((product, near)));
        }
        let mask = u64::MAX >> (63 - layout.exponent_bits - layout.fraction_bits);
        numbers.map(|x| x & mask)
    }

    /// A pattern of the format, its exponent within `near.1` of `near.0` half of
    /// the time.
    fn number(&mut self, layout: Layout, near: Option<(u64, u64)>) -> u64 {
        let max = (1 << layout.exponent_bits) - 1;
        let exponent = match self.below(16) {
            0 => 0,
            1 => max,
            2 => 1 + self.below(3),
            3 => max - 1 - self.below(2),
            4..=11 => match near {
                Some((centre, distance)) => (centre + self.below(2 * distance + 1))
                    .saturating_sub(distance)
                    .min(max),
                None => self.below(max + 1),
            },
            _ => self.below(max + 1),
        };
        let fraction_mask = (1 << layout.fraction_bits) - 1;
        let fraction = self.fraction(layout.fraction_bits) & fraction_mask;
        let sign = self.below(2);
        (sign << layout.exponent_bits | exponent) << layout.fraction_bits | fraction
    }

    fn fraction(&mut self, width: u32) -> u64 {
        let bit = |source: &mut Self| 1_u64 << source.below(width.into());
        match self.below(8) {
            0 => 0,
            1 => u64::MAX,
            2 => bit(self),
            3 => bit(self) | bit(self),
            4 => bit(self) - 1,
            5 => !(bit(self) - 1),
            _ => self.bits(),
        }
    }

    fn integer(&mut self) -> u64 {
        let bits = match self.below(4) {
            0 => self.bits(),
            1 => self.bits() >> self.below(64),
            2 => (1 << self.below(33)) - 1,
            _ => (1_u64 << self.below(32))
                .wrapping_add(self.below(3))
                .wrapping_sub(1),
        };
        bits & 0xffff_ffff
    }

    fn conversion(&mut self) -> u64 {
        let width = match self.below(3) {
            0 => FixedWidth::Half,
            _ => FixedWidth::Word,
        };
        let fraction_bits = match self.below(2) {
            0 => 0,
            _ => self.below(u64::from(width.bits()) + 1),
        };
        let fixed = Fixed {
            width,
            signed: self.below(2) == 0,
            fraction_bits: u8::try_from(fraction_bits).unwrap_or(0),
        };
        let by_fpscr = self.below(2) == 0;
        Conversion { fixed, by_fpscr }.bits()
    }
}
