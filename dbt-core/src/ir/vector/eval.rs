//! What the operations that only compute give.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "elements of a known width are taken apart and put together"
)]

use dbt_isa::ops::Size;

use super::{VectorKind, VectorOp};
use crate::ir::ty::VectorWidth;

/// Makes a vector of elements of `bits` bits by asking for the one at each position.
fn each(bits: u32, width: u32, element: impl Fn(u32) -> i128) -> u128 {
    (0..width / bits).fold(0, |all, index| {
        let at = index * bits;
        all | (element(at) as u128 & mask(bits)) << at
    })
}

const fn mask(bits: u32) -> u128 {
    u128::MAX >> (128 - bits)
}

/// The element of `bits` bits at a position, extended.
const fn number(vector: u128, at: u32, bits: u32, signed: bool) -> i128 {
    let unused = 128 - bits;
    let raised = (vector >> at) << unused;
    if signed {
        raised.cast_signed() >> unused
    } else {
        (raised >> unused).cast_signed()
    }
}

const fn truth(condition: bool) -> i128 {
    if condition { -1 } else { 0 }
}

/// The product of polynomials over {0, 1}.
fn polynomial(a: i128, b: i128) -> i128 {
    (0..64).fold(0, |sum, bit| {
        sum ^ if b >> bit & 1 == 1 { a << bit } else { 0 }
    })
}

/// Shifts a number of at most 64 bits left, or right if the amount, a byte, is
/// negative.
fn shift(a: i128, amount: i8, rounding: bool) -> i128 {
    match amount {
        0..64 => a << amount,
        64.. => 0,
        _ if rounding => {
            let right = u32::from(amount.unsigned_abs());
            if right > 65 {
                0
            } else {
                (a + (1 << (right - 1))) >> right
            }
        }
        _ => a >> u32::from(amount.unsigned_abs()).min(127),
    }
}

impl VectorOp {
    /// Evaluates the operation. Of operands and results of 64 bits the upper half is
    /// zero.
    ///
    /// # Panics
    ///
    /// If the operation is not [pure](Self::is_pure).
    #[must_use]
    pub fn eval(self, a: u128, b: u128, c: u128) -> u128 {
        use VectorKind as K;
        let (bits, width) = (self.bits(), 8 * self.width().bytes());
        let cut = |vector: u128| vector & mask(width);
        let same = |element: &dyn Fn(i128, i128) -> i128| {
            let operand = |vector, at| number(vector, at, bits, self.signed);
            each(bits, width, |at| element(operand(a, at), operand(b, at)))
        };
        match self.kind {
            K::Low => cut(a),
            K::High => a >> 64,
            K::Join => a | b << 64,
            K::And => cut(a & b),
            K::Or => cut(a | b),
            K::Xor => cut(a ^ b),
            K::AndNot => cut(a & !b),
            K::OrNot => cut(a | !b),
            K::Select => cut(a & b | !a & c),
            K::InsertLeft => same(&|a, b| a << self.imm | b & ((1 << self.imm) - 1)),
            K::InsertRight => {
                let kept = !(mask(bits) >> self.imm).cast_signed();
                each(bits, width, |at| {
                    let a = number(a, at, bits, false);
                    a >> self.imm | number(b, at, bits, false) & kept
                })
            }
            K::Abs => each(bits, width, |at| number(a, at, bits, true).abs()),
            _ if self.kind as u8 >= K::Widen as u8 => self.permute(a, b, c),
            _ => same(&|a, b| self.lane(a, b)),
        }
    }

    /// Computes an element.
    fn lane(self, a: i128, b: i128) -> i128 {
        use VectorKind as K;
        let (bits, imm) = (self.bits(), i8::try_from(self.imm).unwrap_or(i8::MAX));
        match self.kind {
            K::Add => a + b,
            K::Sub => a - b,
            K::Mul => a.wrapping_mul(b),
            K::PolyMul => polynomial(a, b),
            K::Equal => truth(a == b),
            K::Greater => truth(a > b),
            K::GreaterOrEqual => truth(a >= b),
            K::Test => truth(a & b != 0),
            K::Max => a.max(b),
            K::Min => a.min(b),
            K::AbsDiff => (a - b).abs(),
            K::HalvingAdd => (a + b) >> 1,
            K::RoundingHalvingAdd => (a + b + 1) >> 1,
            K::HalvingSub => (a - b) >> 1,
            K::Shift => shift(a, b as i8, false),
            K::RoundingShift => shift(a, b as i8, true),
            K::ShiftLeft => shift(a, imm, false),
            K::ShiftRight => shift(a, -imm, false),
            K::RoundingShiftRight => shift(a, -imm, true),
            K::Neg => -a,
            K::CountSign => {
                let raised = a << (128 - bits);
                let sign = if raised < 0 { !raised } else { raised };
                i128::from(sign.leading_zeros().min(bits)) - 1
            }
            K::CountZeroes => {
                let value = a.cast_unsigned() & mask(bits);
                i128::from(value.leading_zeros() - (128 - bits))
            }
            K::CountOnes => i128::from((a.cast_unsigned() & mask(bits)).count_ones()),
            _ => unreachable!("evaluated elsewhere, or not pure"),
        }
    }

    /// Moves elements or changes their size.
    fn permute(self, a: u128, b: u128, c: u128) -> u128 {
        use VectorKind as K;
        let (bits, width) = (self.bits(), 8 * self.width().bytes());
        let count = width / bits;
        let at = |vector, index: u32| number(vector, index * bits, bits, self.signed);
        let elements = |element: &dyn Fn(u32) -> i128| each(bits, width, |at| element(at / bits));
        let longer =
            |element: &dyn Fn(u32) -> i128| each(2 * bits, width, |at| element(at / (2 * bits)));
        let of_both = |index: u32| {
            if index < count {
                at(a, index)
            } else {
                at(b, index - count)
            }
        };
        let in_turns = |index: u32, element: u32| {
            let from = if index.is_multiple_of(2) { a } else { b };
            at(from, element)
        };
        match self.kind {
            K::Widen => longer(&|index| at(a, index)),
            K::Narrow => each(bits / 2, 64, |position| at(a, 2 * position / bits)),
            K::PairAddLong => longer(&|index| at(a, 2 * index) + at(a, 2 * index + 1)),
            K::MulLong => longer(&|index| at(a, index).wrapping_mul(at(b, index))),
            K::PolyMulLong if self.size == Size::Dword => {
                let operand = |vector: u128| number(vector, 0, 64, false);
                polynomial(operand(a), operand(b)).cast_unsigned()
            }
            K::PolyMulLong => longer(&|index| {
                let operand = |vector| number(vector, index * bits, bits, false);
                polynomial(operand(a), operand(b))
            }),
            K::Even => elements(&|index| of_both(2 * index)),
            K::Odd => elements(&|index| of_both(2 * index + 1)),
            K::ZipLow => elements(&|index| in_turns(index, index / 2)),
            K::ZipHigh => elements(&|index| in_turns(index, (index + count) / 2)),
            K::TransposeEven => elements(&|index| in_turns(index, index & !1)),
            K::TransposeOdd => elements(&|index| in_turns(index, index | 1)),
            K::Reverse => {
                let last = (8 << self.imm) / bits - 1;
                elements(&|index| at(a, index ^ last))
            }
            K::Extract => elements(&|index| of_both(index + u32::from(self.imm))),
            K::Splat => elements(&|_| at(a, self.imm.into())),
            K::Insert => elements(&|index| {
                if index == self.imm.into() {
                    at(b, 0)
                } else {
                    at(a, index)
                }
            }),
            K::Table => elements(&|index| {
                let entry = number(c, 8 * index, 8, false);
                match u32::try_from(entry) {
                    Ok(entry @ 0..16) if entry < self.imm.into() => at(a, entry),
                    Ok(entry) if entry < self.imm.into() => at(b, entry - 16),
                    _ => 0,
                }
            }),
            _ => unreachable!("evaluated elsewhere, or not pure"),
        }
    }
}

impl VectorWidth {
    /// Cuts what does not belong to a value of the width off.
    #[must_use]
    pub const fn cut(self, bits: u128) -> u128 {
        bits & mask(8 * self.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: u128 = 0x0123_4567_89ab_cdef_8001_7fff_0102_fffe;
    const B: u128 = 0x1111_2222_3333_4444_0001_8000_0304_0001;

    fn op(kind: VectorKind, size: Size) -> VectorOp {
        VectorOp::new(kind, size, false).signed(true)
    }

    #[test]
    fn elements_do_not_touch_each_other() {
        let half = |kind| op(kind, Size::Half).eval(A, B, 0);
        assert_eq!(half(VectorKind::Add), 0x8002_ffff_0406_ffff);
        assert_eq!(half(VectorKind::Mul), 0x8001_8000_0a08_fffe);
        assert_eq!(half(VectorKind::Greater), 0x0000_ffff_0000_0000);
        assert_eq!(half(VectorKind::HalvingAdd), 0xc001_ffff_0203_ffff);
        let shift = op(VectorKind::ShiftRight, Size::Half).imm(4);
        assert_eq!(shift.eval(A, 0, 0), 0xf800_07ff_0010_ffff);
        let whole = op(VectorKind::ShiftRight, Size::Dword).imm(64);
        assert_eq!(whole.eval(A, 0, 0), u128::from(u64::MAX));
    }

    #[test]
    fn shifts_by_registers_go_both_ways() {
        let shift = VectorOp::new(VectorKind::RoundingShift, Size::Word, true).signed(true);
        // By -1, 4, 33 and -128; only the lowest byte counts.
        let amounts = 0xffff_ff80_0000_0021_ffff_ff04_0000_00ff;
        let a = 0xffff_ffff_0000_0001_0000_0012_0000_0003;
        assert_eq!(shift.eval(a, amounts, 0), 0x0000_0120_0000_0002);
    }

    #[test]
    fn elements_move() {
        let wide = |kind, size| VectorOp::new(kind, size, true).eval(A, B, 0);
        assert_eq!(
            wide(VectorKind::ZipHigh, Size::Word),
            0x1111_2222_0123_4567_3333_4444_89ab_cdef
        );
        assert_eq!(
            wide(VectorKind::Even, Size::Word),
            0x3333_4444_0304_0001_89ab_cdef_0102_fffe
        );
        let extract = VectorOp::new(VectorKind::Extract, Size::Byte, true).imm(14);
        assert_eq!(
            extract.eval(A, B, 0),
            0x2222_3333_4444_0001_8000_0304_0001_0123
        );
        let narrow = VectorOp::new(VectorKind::Narrow, Size::Half, false);
        assert_eq!(narrow.eval(A, 0, 0), 0x2367_abef_01ff_02fe);
        let insert = VectorOp::new(VectorKind::Insert, Size::Half, false).imm(1);
        assert_eq!(insert.eval(A & 0xffff_ffff, B, 0), 0x0001_fffe);
        let table = VectorOp::new(VectorKind::Table, Size::Byte, false).imm(24);
        assert_eq!(
            table.eval(A, B, 0x1017_180f_0e10_0100),
            0x0100_0001_2301_fffe
        );
    }
}
