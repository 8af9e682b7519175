//! The value operations that a machine description may use.
//!
//! Each operation is defined once, here, by a `const fn` on Rust integers. An
//! interpreter calls these functions, the IR names the operations, the IR's
//! evaluator and constant folder call the functions again, and a back end lowers
//! the names. That leaves one place to look up what an operation means at its
//! edges: a shift by the width and more, a division by zero.
//!
//! Edges follow AArch32 where hosts differ, because a guest that wants another
//! outcome can select it, whereas a trap could not be undone.
#![allow(
    clippy::cast_possible_truncation,
    reason = "narrowing is what extensions and carries are made of"
)]

mod access;

pub use self::access::{Access, Size};

/// An operation of two operands of one width (32 or 64 bits) and the same width
/// of result.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum BinOp {
    /// Wrapping sum.
    Add,
    /// Wrapping difference.
    Sub,
    /// Wrapping product, low half.
    Mul,
    /// Unsigned quotient; zero when the divisor is zero.
    UDiv,
    /// Signed quotient rounded towards zero; zero when the divisor is zero, and
    /// the dividend when `MIN / -1` overflows.
    SDiv,
    /// Bitwise and.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
    /// Shift left; an amount of the width or more gives zero.
    Shl,
    /// Logical shift right; an amount of the width or more gives zero.
    Lshr,
    /// Arithmetic shift right; an amount of the width or more gives the sign.
    Ashr,
    /// Rotate right by the amount modulo the width.
    Ror,
}

/// An operation of one 32-bit operand and a 32-bit result.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum UnOp {
    /// Bitwise complement.
    Not,
    /// Two's complement negation.
    Neg,
    /// Number of leading zeroes; 32 for zero.
    Clz,
    /// Reversal of the four bytes.
    ByteSwap,
    /// Reversal of the 32 bits.
    BitReverse,
    /// Sign extension of the low byte.
    SextByte,
    /// Sign extension of the low halfword.
    SextHalf,
    /// Zero extension of the low byte.
    ZextByte,
    /// Zero extension of the low halfword.
    ZextHalf,
}

/// A comparison of two operands of one width.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CmpOp {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Unsigned less than.
    Ult,
    /// Unsigned less than or equal.
    Ule,
    /// Unsigned greater than.
    Ugt,
    /// Unsigned greater than or equal.
    Uge,
    /// Signed less than.
    Slt,
    /// Signed less than or equal.
    Sle,
    /// Signed greater than.
    Sgt,
    /// Signed greater than or equal.
    Sge,
}

/// A condition on N, Z, C and V in the Arm manual's numbering; bit 0 inverts.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum Condition {
    /// Z set.
    Eq = 0,
    /// Z clear.
    Ne = 1,
    /// C set.
    Cs = 2,
    /// C clear.
    Cc = 3,
    /// N set.
    Mi = 4,
    /// N clear.
    Pl = 5,
    /// V set.
    Vs = 6,
    /// V clear.
    Vc = 7,
    /// C set and Z clear.
    Hi = 8,
    /// C clear or Z set.
    Ls = 9,
    /// N equals V.
    Ge = 10,
    /// N differs from V.
    Lt = 11,
    /// Z clear and N equals V.
    Gt = 12,
    /// Z set or N differs from V.
    Le = 13,
}

impl Condition {
    /// All conditions, in encoding order.
    pub const ALL: [Self; 14] = [
        Self::Eq,
        Self::Ne,
        Self::Cs,
        Self::Cc,
        Self::Mi,
        Self::Pl,
        Self::Vs,
        Self::Vc,
        Self::Hi,
        Self::Ls,
        Self::Ge,
        Self::Lt,
        Self::Gt,
        Self::Le,
    ];

    /// Returns the condition of an encoding, or `None` for AL and `0b1111`.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Option<Self> {
        if bits < 14 {
            Some(Self::ALL[bits as usize])
        } else {
            None
        }
    }

    /// Returns the condition that holds exactly when `self` does not.
    #[must_use]
    pub const fn inverted(self) -> Self {
        Self::ALL[(self as usize) ^ 1]
    }

    /// Evaluates the condition.
    #[must_use]
    pub const fn holds(self, flags: Nzcv) -> bool {
        let (n, z, c, v) = (flags.n(), flags.z(), flags.c(), flags.v());
        let base = match self as u8 >> 1 {
            0 => z,
            1 => c,
            2 => n,
            3 => v,
            4 => c && !z,
            5 => n == v,
            _ => n == v && !z,
        };
        base != (self as u8 & 1 != 0)
    }
}

/// The four condition flags, packed in bits 3 to 0 as N, Z, C, V.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct Nzcv(u8);

impl Nzcv {
    /// Packs four flags.
    #[must_use]
    pub const fn new(n: bool, z: bool, c: bool, v: bool) -> Self {
        Self((n as u8) << 3 | (z as u8) << 2 | (c as u8) << 1 | v as u8)
    }

    /// Takes the flags from bits 31 to 28, as in a CPSR.
    #[must_use]
    pub const fn from_psr(word: u32) -> Self {
        Self((word >> 28) as u8)
    }

    /// Returns the flags in bits 31 to 28, the other bits zero.
    #[must_use]
    pub const fn to_psr(self) -> u32 {
        (self.0 as u32) << 28
    }

    /// Negative.
    #[must_use]
    pub const fn n(self) -> bool {
        self.0 & 8 != 0
    }

    /// Zero.
    #[must_use]
    pub const fn z(self) -> bool {
        self.0 & 4 != 0
    }

    /// Carry, which after a subtraction means "no borrow".
    #[must_use]
    pub const fn c(self) -> bool {
        self.0 & 2 != 0
    }

    /// Overflow.
    #[must_use]
    pub const fn v(self) -> bool {
        self.0 & 1 != 0
    }

    /// Returns the flags of `a + b + carry` (`AddWithCarry()`).
    #[must_use]
    pub const fn of_adc(a: u32, b: u32, carry: bool) -> Self {
        let wide = a as u64 + b as u64 + carry as u64;
        let result = wide as u32;
        let overflow = (a ^ result) & (b ^ result);
        Self::new(
            result >> 31 != 0,
            result == 0,
            wide >> 32 != 0,
            overflow >> 31 != 0,
        )
    }

    /// Returns the flags of `a - b - !carry`, which is `a + !b + carry`.
    #[must_use]
    pub const fn of_sbc(a: u32, b: u32, carry: bool) -> Self {
        Self::of_adc(a, !b, carry)
    }

    /// Returns `self` with N and Z from `result`.
    #[must_use]
    pub const fn with_nz(self, result: u32) -> Self {
        Self::new(result >> 31 != 0, result == 0, self.c(), self.v())
    }

    /// Returns `self` with another C.
    #[must_use]
    pub const fn with_c(self, carry: bool) -> Self {
        Self::new(self.n(), self.z(), carry, self.v())
    }
}

impl BinOp {
    /// Evaluates the operation on 32 bits.
    #[must_use]
    #[inline]
    pub const fn eval32(self, a: u32, b: u32) -> u32 {
        match self {
            Self::Add => a.wrapping_add(b),
            Self::Sub => a.wrapping_sub(b),
            Self::Mul => a.wrapping_mul(b),
            Self::UDiv => match a.checked_div(b) {
                Some(quotient) => quotient,
                None => 0,
            },
            Self::SDiv if b == 0 => 0,
            Self::SDiv => a
                .cast_signed()
                .wrapping_div(b.cast_signed())
                .cast_unsigned(),
            Self::And => a & b,
            Self::Or => a | b,
            Self::Xor => a ^ b,
            Self::Shl if b > 31 => 0,
            Self::Shl => a << b,
            Self::Lshr if b > 31 => 0,
            Self::Lshr => a >> b,
            Self::Ashr => (a.cast_signed() >> if b > 31 { 31 } else { b }).cast_unsigned(),
            Self::Ror => a.rotate_right(b & 31),
        }
    }

    /// Evaluates the operation on 64 bits.
    #[must_use]
    #[inline]
    pub const fn eval64(self, a: u64, b: u64) -> u64 {
        match self {
            Self::Add => a.wrapping_add(b),
            Self::Sub => a.wrapping_sub(b),
            Self::Mul => a.wrapping_mul(b),
            Self::UDiv => match a.checked_div(b) {
                Some(quotient) => quotient,
                None => 0,
            },
            Self::SDiv if b == 0 => 0,
            Self::SDiv => a
                .cast_signed()
                .wrapping_div(b.cast_signed())
                .cast_unsigned(),
            Self::And => a & b,
            Self::Or => a | b,
            Self::Xor => a ^ b,
            Self::Shl if b > 63 => 0,
            Self::Shl => a << b,
            Self::Lshr if b > 63 => 0,
            Self::Lshr => a >> b,
            Self::Ashr => (a.cast_signed() >> if b > 63 { 63 } else { b }).cast_unsigned(),
            Self::Ror => a.rotate_right((b & 63) as u32),
        }
    }
}

impl UnOp {
    /// Evaluates the operation.
    #[must_use]
    #[inline]
    pub const fn eval(self, a: u32) -> u32 {
        match self {
            Self::Not => !a,
            Self::Neg => a.wrapping_neg(),
            Self::Clz => a.leading_zeros(),
            Self::ByteSwap => a.swap_bytes(),
            Self::BitReverse => a.reverse_bits(),
            Self::SextByte => (a as i8 as i32).cast_unsigned(),
            Self::SextHalf => (a as i16 as i32).cast_unsigned(),
            Self::ZextByte => a & 0xff,
            Self::ZextHalf => a & 0xffff,
        }
    }
}

impl CmpOp {
    /// Returns the relation that holds exactly when this one does not.
    #[must_use]
    pub const fn inverted(self) -> Self {
        match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::Ult => Self::Uge,
            Self::Ule => Self::Ugt,
            Self::Ugt => Self::Ule,
            Self::Uge => Self::Ult,
            Self::Slt => Self::Sge,
            Self::Sle => Self::Sgt,
            Self::Sgt => Self::Sle,
            Self::Sge => Self::Slt,
        }
    }

    /// Returns the relation between `b` and `a` when this is that of `a` and `b`.
    #[must_use]
    pub const fn swapped(self) -> Self {
        match self {
            Self::Eq | Self::Ne => self,
            Self::Ult => Self::Ugt,
            Self::Ule => Self::Uge,
            Self::Ugt => Self::Ult,
            Self::Uge => Self::Ule,
            Self::Slt => Self::Sgt,
            Self::Sle => Self::Sge,
            Self::Sgt => Self::Slt,
            Self::Sge => Self::Sle,
        }
    }

    /// Evaluates the comparison on 32 bits.
    #[must_use]
    #[inline]
    pub const fn eval32(self, a: u32, b: u32) -> bool {
        match self {
            Self::Eq => a == b,
            Self::Ne => a != b,
            Self::Ult => a < b,
            Self::Ule => a <= b,
            Self::Ugt => a > b,
            Self::Uge => a >= b,
            Self::Slt => a.cast_signed() < b.cast_signed(),
            Self::Sle => a.cast_signed() <= b.cast_signed(),
            Self::Sgt => a.cast_signed() > b.cast_signed(),
            Self::Sge => a.cast_signed() >= b.cast_signed(),
        }
    }

    /// Evaluates the comparison on 64 bits.
    #[must_use]
    #[inline]
    pub const fn eval64(self, a: u64, b: u64) -> bool {
        match self {
            Self::Eq => a == b,
            Self::Ne => a != b,
            Self::Ult => a < b,
            Self::Ule => a <= b,
            Self::Ugt => a > b,
            Self::Uge => a >= b,
            Self::Slt => a.cast_signed() < b.cast_signed(),
            Self::Sle => a.cast_signed() <= b.cast_signed(),
            Self::Sgt => a.cast_signed() > b.cast_signed(),
            Self::Sge => a.cast_signed() >= b.cast_signed(),
        }
    }
}
