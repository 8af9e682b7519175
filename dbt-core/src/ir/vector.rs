//! Operations on elements of 64 bits in a vector register.

use dbt_isa::ops::Size;

/// An operation of two values of 64 bits in vector registers, by elements.
///
/// There are those that every host with vectors has; others are put together of
/// them. Sizes that an operation does not have are never asked for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum VectorOp {
    /// `a & b`.
    And,
    /// `a | b`.
    Or,
    /// `a ^ b`.
    Xor,
    /// `a & !b`.
    AndNot,
    /// `a + b`, of any size.
    Add(Size),
    /// `a - b`, of any size.
    Sub(Size),
    /// The lower half of `a * b`, of halves or words.
    Mul(Size),
    /// All ones if `a == b`, of up to words.
    Equal(Size),
    /// All ones if `a > b` as signed numbers, of up to words.
    Greater(Size),
    /// Elements of the lower halves of `a` and `b` in turns, of up to words.
    Zip(Size),
    /// The lower halves of the elements of `a`, and of `b` above them, of halves
    /// up to doublewords.
    Narrow(Size),
}

/// A shift of elements of 64 bits in a vector register by a constant less than the
/// size of the elements, which are halves or larger.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum VectorShift {
    /// To the left.
    Left(Size),
    /// To the right, with zeroes.
    Logical(Size),
    /// To the right, with the sign; not of doublewords.
    Arithmetic(Size),
}

/// Maps each element.
fn map(size: Size, element: impl Fn(u32) -> u64) -> u64 {
    let bits = 8 * size.bytes();
    let mask = u64::MAX >> (64 - bits);
    (0..64 / bits).fold(0, |all, index| {
        let at = index * bits;
        all | (element(at) & mask) << at
    })
}

/// The element at a position, with its sign.
fn signed(value: u64, at: u32, size: Size) -> i64 {
    let unused = 64 - 8 * size.bytes();
    (value >> at << unused).cast_signed() >> unused
}

const fn truth(condition: bool) -> u64 {
    if condition { u64::MAX } else { 0 }
}

impl VectorOp {
    /// Evaluates the operation.
    #[must_use]
    pub fn eval(self, a: u64, b: u64) -> u64 {
        match self {
            Self::And => a & b,
            Self::Or => a | b,
            Self::Xor => a ^ b,
            Self::AndNot => a & !b,
            Self::Add(size) => map(size, |at| (a >> at).wrapping_add(b >> at)),
            Self::Sub(size) => map(size, |at| (a >> at).wrapping_sub(b >> at)),
            Self::Mul(size) => map(size, |at| (a >> at).wrapping_mul(b >> at)),
            Self::Equal(size) => map(size, |at| truth(signed(a, at, size) == signed(b, at, size))),
            Self::Greater(size) => map(size, |at| truth(signed(a, at, size) > signed(b, at, size))),
            Self::Zip(size) => {
                let bits = 8 * size.bytes();
                map(size, |at| {
                    let index = at / bits;
                    let from = if index.is_multiple_of(2) { a } else { b };
                    from >> (index / 2 * bits)
                })
            }
            Self::Narrow(size) => {
                let bits = 8 * size.bytes();
                let half = |value: u64| {
                    let mask = u64::MAX >> (64 - bits / 2);
                    (0..64 / bits).fold(0, |all, index| {
                        all | (value >> (index * bits) & mask) << (index * bits / 2)
                    })
                };
                half(a) | half(b) << 32
            }
        }
    }
}

impl VectorShift {
    /// Returns the size of the elements.
    #[must_use]
    pub const fn size(self) -> Size {
        match self {
            Self::Left(size) | Self::Logical(size) | Self::Arithmetic(size) => size,
        }
    }

    /// Evaluates the shift; the amount is less than the size of the elements.
    #[must_use]
    pub fn eval(self, a: u64, amount: u8) -> u64 {
        match self {
            Self::Left(size) => map(size, |at| a >> at << amount),
            Self::Logical(size) => {
                let mask = u64::MAX >> (64 - 8 * size.bytes());
                map(size, |at| (a >> at & mask) >> amount)
            }
            Self::Arithmetic(size) => {
                map(size, |at| (signed(a, at, size) >> amount).cast_unsigned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: u64 = 0x8001_7fff_0102_fffe;
    const B: u64 = 0x0001_8000_0304_0001;

    #[test]
    fn elements_do_not_touch_each_other() {
        let size = Size::Half;
        assert_eq!(VectorOp::Add(size).eval(A, B), 0x8002_ffff_0406_ffff);
        assert_eq!(VectorOp::Sub(size).eval(B, A), 0x8000_0001_0202_0003);
        assert_eq!(VectorOp::Mul(size).eval(A, B), 0x8001_8000_0a08_fffe);
        assert_eq!(VectorOp::Greater(size).eval(A, B), 0x0000_ffff_0000_0000);
        assert_eq!(
            VectorOp::Equal(Size::Byte).eval(A, B),
            0x00ff_0000_0000_0000
        );
        assert_eq!(VectorShift::Left(size).eval(A, 4), 0x0010_fff0_1020_ffe0);
        assert_eq!(VectorShift::Logical(size).eval(A, 4), 0x0800_07ff_0010_0fff);
        assert_eq!(
            VectorShift::Arithmetic(size).eval(A, 4),
            0xf800_07ff_0010_ffff
        );
    }

    #[test]
    fn elements_move() {
        assert_eq!(VectorOp::Zip(Size::Half).eval(A, B), 0x0304_0102_0001_fffe);
        assert_eq!(
            VectorOp::Narrow(Size::Half).eval(A, B),
            0x0100_0401_01ff_02fe
        );
        assert_eq!(
            VectorOp::Narrow(Size::Dword).eval(A, B),
            0x0304_0001_0102_fffe
        );
    }
}
