//! Operations on vectors.
//!
//! A vector is 128 bits; what is computed with a doubleword register stands in the
//! lower half, with zeroes above it. An operation is a [`SimdOp`]: what is done, to
//! elements of what size, in which part of the vector. Semantic functions put
//! operations together; here they are computed on numbers, for the interpreter and
//! for helpers of generated code.
//!
//! Floating point is under the standard FPSCR (`StandardFPSCRValue()`): subnormal
//! numbers are flushed, NaNs are the default NaN, rounding is to nearest; AHP and FZ16 are
//! those of FPSCR. Flags are cumulative in FPSCR.
//!
//! See Arm ARM DDI 0406C.d, section A2.6.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "elements of a known width are taken apart and put together"
)]

mod crypto;
mod float;
mod integer;
mod permute;
mod products;

use dbt_isa::ops::Size;

use crate::args::size_of_log2;
use crate::softfloat::{FpControl, FpEnv};
use crate::state::ArmState;

/// Defines the operations with a list of them.
macro_rules! kinds {
    ($(#[$outer:meta])* pub enum $name:ident { $($(#[$inner:meta])* $variant:ident,)* }) => {
        $(#[$outer])*
        pub enum $name { $($(#[$inner])* $variant,)* }

        impl $name {
            /// Every operation, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$variant),*];
        }
    };
}

kinds! {
    /// What is done to vectors or their elements: `a`, `b` and `c` are the operands, or
    /// their elements.
    #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
    #[repr(u8)]
    pub enum SimdKind {
        /// `a & b`.
        And,
        /// `a | b`.
        Or,
        /// `a ^ b`.
        Xor,
        /// `a & !b`.
        AndNot,
        /// `a | !b`.
        OrNot,
        /// `b` where bits of `a` are set, else `c`.
        Select,
        /// `a + b`.
        Add,
        /// `a - b`.
        Sub,
        /// `a * b`.
        Mul,
        /// `a * b` of polynomials.
        PolyMul,
        /// All ones if `a == b`.
        Equal,
        /// All ones if `a > b`.
        Greater,
        /// All ones if `a >= b`.
        GreaterOrEqual,
        /// All ones if `a & b` is not zero.
        Test,
        /// The larger.
        Max,
        /// The smaller.
        Min,
        /// `|a - b|`.
        AbsDiff,
        /// `(a + b) >> 1`.
        HalvingAdd,
        /// `(a + b + 1) >> 1`.
        RoundingHalvingAdd,
        /// `(a - b) >> 1`.
        HalvingSub,
        /// `a + b`, saturating.
        SatAdd,
        /// `a - b`, saturating.
        SatSub,
        /// The upper half of `2 * a * b`, saturating.
        SatDoublingMulHigh,
        /// The upper half of `2 * a * b`, rounded, saturating.
        SatRoundingDoublingMulHigh,
        /// `a` and the upper half of `2 * b * c`, rounded together, saturating.
        SatRoundingDoublingMulAdd,
        /// `a` less the upper half of `2 * b * c`, rounded together, saturating.
        SatRoundingDoublingMulSub,
        /// `a << b`, or right if `b`, of which the lowest byte counts, is negative.
        Shift,
        /// As `Shift`, rounding.
        RoundingShift,
        /// As `Shift`, saturating.
        SatShift,
        /// As `Shift`, rounding and saturating.
        SatRoundingShift,
        /// `a << imm`.
        ShiftLeft,
        /// `a >> imm`.
        ShiftRight,
        /// `a >> imm`, rounding.
        RoundingShiftRight,
        /// `a << imm`, saturating.
        SatShiftLeft,
        /// `a << imm` for a signed `a`, saturating to an unsigned result.
        SatShiftLeftUnsigned,
        /// `a << imm`, with the lowest bits of `b`.
        InsertLeft,
        /// `a >> imm`, with the highest bits of `b`.
        InsertRight,
        /// `|a|`.
        Abs,
        /// `-a`.
        Neg,
        /// `|a|`, saturating.
        SatAbs,
        /// `-a`, saturating.
        SatNeg,
        /// How many bits below the highest are equal to it, without a gap.
        CountSign,
        /// How many of the highest bits are zero.
        CountZeroes,
        /// How many bits are set.
        CountOnes,
        /// The estimate of the reciprocal of an integer.
        RecipEstimate,
        /// The estimate of the reciprocal square root of an integer.
        RsqrtEstimate,
        /// Elements of twice the size, from the lower half of `a`.
        Widen,
        /// The lower halves of elements, in the lower half of the result.
        Narrow,
        /// Elements of half the size, saturating.
        SatNarrow,
        /// As `SatNarrow`, of signed elements to unsigned ones.
        SatNarrowUnsigned,
        /// The sums of neighbours, of twice the size.
        PairAddLong,
        /// Products, of twice the size, from the lower halves.
        MulLong,
        /// Products of polynomials, of twice the size, from the lower halves.
        PolyMulLong,
        /// Elements with even numbers, of `a`, then of `b`.
        Even,
        /// Elements with odd numbers, of `a`, then of `b`.
        Odd,
        /// Elements of `a` and `b` in turns, from the lower ends.
        ZipLow,
        /// Elements of `a` and `b` in turns, from the middles.
        ZipHigh,
        /// Elements with even numbers, of `a` and `b` in turns.
        TransposeEven,
        /// Elements with odd numbers, of `a` and `b` in turns.
        TransposeOdd,
        /// Elements in reverse order in groups of `2^imm` bytes.
        Reverse,
        /// Bytes from number `imm` of `a` on, and of `b` behind them.
        Extract,
        /// Element number `imm` everywhere.
        Splat,
        /// `a` with element number 0 of `b` as its element number `imm`.
        Insert,
        /// Bytes of the table in `a` and `b`, of `imm` bytes, that bytes of `c` name;
        /// zero if there is none.
        Table,
        /// Words: `a` and the products of the four bytes of `b` and `c` each.
        Dot,
        /// As `Dot`, of unsigned bytes of `b` and signed ones of `c`.
        DotMixed,
        /// Words: the matrix `a` and the product of `b`, of two rows of eight bytes, and
        /// `c`, of two columns of eight bytes.
        MatrixMulAdd,
        /// As `MatrixMulAdd`, of unsigned bytes of `b` and signed ones of `c`.
        MatrixMulAddMixed,
        /// As `Dot`, of two BFloat16 each, added to singles without flags.
        BrainDot,
        /// As `MatrixMulAdd`, of four BFloat16 each, added to singles without flags.
        BrainMatrixMulAdd,
        /// `a + b` in floating point.
        FloatAdd,
        /// `a - b` in floating point.
        FloatSub,
        /// `a * b` in floating point.
        FloatMul,
        /// `a + b * c` in floating point, rounded once.
        FloatMulAdd,
        /// The larger number.
        FloatMax,
        /// The smaller number.
        FloatMin,
        /// The larger number, or the one that is no quiet NaN.
        FloatMaxNum,
        /// The smaller number, or the one that is no quiet NaN.
        FloatMinNum,
        /// All ones if the numbers are equal.
        FloatEqual,
        /// All ones if `a > b`.
        FloatGreater,
        /// All ones if `a >= b`.
        FloatGreaterOrEqual,
        /// `2 - a * b`.
        FloatRecipStep,
        /// `(3 - a * b) / 2`.
        FloatRsqrtStep,
        /// The estimate of `1 / a`.
        FloatRecipEstimate,
        /// The estimate of `1 / sqrt(a)`.
        FloatRsqrtEstimate,
        /// To fixed point with `imm` bits behind the point.
        FloatToFixed,
        /// From fixed point with `imm` bits behind the point.
        FixedToFloat,
        /// To an integer; `imm` is a [`Rounding`](crate::softfloat::Rounding).
        FloatToInt,
        /// To an integer that is a floating-point number; `imm` as before.
        FloatRound,
        /// As `FloatRound` to nearest, telling what is inexact.
        FloatRoundExact,
        /// To half precision, in the lower half of the result.
        FloatNarrow,
        /// To BFloat16, in the lower half of the result.
        FloatNarrowBrain,
        /// From half precision, from the lower half of `a`.
        FloatWiden,
        /// `a + b * c`, rounded once, of singles and products of the lower halves' halves.
        FloatMulAddLong,
        /// `a - b * c` of the same.
        FloatMulSubLong,
        /// A round of AES encryption without mixing columns, of `a ^ b`.
        AesEncrypt,
        /// A round of AES decryption without mixing columns, of `a ^ b`.
        AesDecrypt,
        /// Mixes the columns.
        AesMix,
        /// Undoes `AesMix`.
        AesUnmix,
        /// Four rounds of SHA-1 with the choosing function.
        Sha1Choose,
        /// Four rounds of SHA-1 with the parity.
        Sha1Parity,
        /// Four rounds of SHA-1 with the majority.
        Sha1Majority,
        /// The rotation of SHA-1.
        Sha1Rotate,
        /// The first part of SHA-1's schedule.
        Sha1Schedule0,
        /// The second part of SHA-1's schedule.
        Sha1Schedule1,
        /// Four rounds of SHA-256, the first half of the state.
        Sha256Hash,
        /// Four rounds of SHA-256, the second half of the state.
        Sha256Hash2,
        /// The first part of SHA-256's schedule.
        Sha256Schedule0,
        /// The second part of SHA-256's schedule.
        Sha256Schedule1,
    }
}

impl SimdKind {
    /// Whether it computes in floating point, and so reads FPSCR and raises flags.
    #[must_use]
    pub const fn is_float(self) -> bool {
        self as u8 >= Self::FloatAdd as u8 && self as u8 <= Self::FloatMulSubLong as u8
    }

    /// How many operands it has.
    #[must_use]
    pub const fn operands(self) -> usize {
        match self {
            Self::Select
            | Self::Table
            | Self::SatRoundingDoublingMulAdd
            | Self::SatRoundingDoublingMulSub
            | Self::Dot
            | Self::DotMixed
            | Self::MatrixMulAdd
            | Self::MatrixMulAddMixed
            | Self::BrainDot
            | Self::BrainMatrixMulAdd
            | Self::FloatMulAdd
            | Self::FloatMulAddLong
            | Self::FloatMulSubLong
            | Self::Sha1Choose
            | Self::Sha1Parity
            | Self::Sha1Majority
            | Self::Sha1Schedule0
            | Self::Sha256Hash
            | Self::Sha256Hash2
            | Self::Sha256Schedule1 => 3,
            Self::ShiftLeft
            | Self::ShiftRight
            | Self::RoundingShiftRight
            | Self::SatShiftLeft
            | Self::SatShiftLeftUnsigned
            | Self::Abs
            | Self::Neg
            | Self::SatAbs
            | Self::SatNeg
            | Self::CountSign
            | Self::CountZeroes
            | Self::CountOnes
            | Self::RecipEstimate
            | Self::RsqrtEstimate
            | Self::Widen
            | Self::Narrow
            | Self::SatNarrow
            | Self::SatNarrowUnsigned
            | Self::PairAddLong
            | Self::Reverse
            | Self::Splat
            | Self::FloatRecipEstimate
            | Self::FloatRsqrtEstimate
            | Self::FloatToFixed
            | Self::FixedToFloat
            | Self::FloatToInt
            | Self::FloatRound
            | Self::FloatRoundExact
            | Self::FloatNarrow
            | Self::FloatNarrowBrain
            | Self::FloatWiden
            | Self::AesMix
            | Self::AesUnmix
            | Self::Sha1Rotate => 1,
            _ => 2,
        }
    }

    /// Whether it may set FPSCR.QC.
    #[must_use]
    pub const fn saturates(self) -> bool {
        matches!(
            self,
            Self::SatAdd
                | Self::SatSub
                | Self::SatDoublingMulHigh
                | Self::SatRoundingDoublingMulHigh
                | Self::SatRoundingDoublingMulAdd
                | Self::SatRoundingDoublingMulSub
                | Self::SatShift
                | Self::SatRoundingShift
                | Self::SatShiftLeft
                | Self::SatShiftLeftUnsigned
                | Self::SatAbs
                | Self::SatNeg
                | Self::SatNarrow
                | Self::SatNarrowUnsigned
        )
    }
}

/// An operation on vectors.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdOp {
    /// What is done.
    pub kind: SimdKind,
    /// The size of the operands' elements.
    pub size: Size,
    /// Whether they are signed.
    pub signed: bool,
    /// Whether the result is a quadword; else a doubleword. Of operations that
    /// change the size of elements, the larger ones fill a quadword anyway.
    pub quad: bool,
    /// A constant operand.
    pub imm: u8,
}

impl SimdOp {
    /// An operation on unsigned or untyped elements.
    #[inline]
    #[must_use]
    pub const fn new(kind: SimdKind, size: Size, quad: bool) -> Self {
        Self {
            kind,
            size,
            signed: false,
            quad,
            imm: 0,
        }
    }

    /// The same on signed elements if `signed`.
    #[inline]
    #[must_use]
    pub const fn signed(self, signed: bool) -> Self {
        Self { signed, ..self }
    }

    /// The same with a constant operand.
    #[inline]
    #[must_use]
    pub const fn imm(self, imm: u32) -> Self {
        Self {
            imm: imm as u8,
            ..self
        }
    }

    const SIGNED: u64 = 1 << 16;
    const QUAD: u64 = 1 << 17;

    /// Packs the operation into an argument for generated code.
    #[must_use]
    pub const fn pack(self) -> u64 {
        self.kind as u64
            | (self.size as u64) << 8
            | if self.signed { Self::SIGNED } else { 0 }
            | if self.quad { Self::QUAD } else { 0 }
            | (self.imm as u64) << 24
    }

    /// Unpacks what [`pack`](Self::pack) packed.
    ///
    /// # Panics
    ///
    /// When it was not packed.
    #[must_use]
    pub const fn unpack(bits: u64) -> Self {
        Self {
            kind: SimdKind::ALL[bits as u8 as usize],
            size: size_of_log2(bits as u32 >> 8),
            signed: bits & Self::SIGNED != 0,
            quad: bits & Self::QUAD != 0,
            imm: (bits >> 24) as u8,
        }
    }

    /// The bits of an element.
    const fn bits(self) -> u32 {
        8 * self.size.bytes()
    }

    /// The bits of the result that count.
    const fn width(self) -> u32 {
        if self.quad { 128 } else { 64 }
    }

    /// Whether it computes in half precision.
    #[must_use]
    pub const fn is_half_float(self) -> bool {
        let has_singles = matches!(
            self.kind,
            SimdKind::FloatWiden | SimdKind::FloatMulAddLong | SimdKind::FloatMulSubLong
        );
        self.kind.is_float() && matches!(self.size, Size::Half) && !has_singles
    }

    /// Whether FPSCR is read or written.
    #[must_use]
    pub const fn uses_fpscr(self) -> bool {
        self.kind.is_float() || self.kind.saturates()
    }

    /// Computes the operation; operands it does not have are ignored.
    #[must_use]
    pub fn eval(self, env: &mut SimdEnv, a: u128, b: u128, c: u128) -> u128 {
        let kind = self.kind as u8;
        if kind <= SimdKind::RsqrtEstimate as u8 {
            integer::eval(self, env, a, b, c)
        } else if kind <= SimdKind::Table as u8 {
            permute::eval(self, env, a, b, c)
        } else if kind <= SimdKind::BrainMatrixMulAdd as u8 {
            products::eval(self, a, b, c)
        } else if kind <= SimdKind::FloatMulSubLong as u8 {
            float::eval(self, env, a, b, c)
        } else {
            crypto::eval(self.kind, a, b, c)
        }
    }

    /// Whether the result has an upper half.
    #[must_use]
    pub const fn is_wide(self) -> bool {
        match self.kind {
            SimdKind::Widen | SimdKind::PolyMulLong | SimdKind::FloatWiden => true,
            SimdKind::Narrow
            | SimdKind::SatNarrow
            | SimdKind::SatNarrowUnsigned
            | SimdKind::FloatNarrow
            | SimdKind::FloatNarrowBrain => false,
            _ => self.quad,
        }
    }

    /// Computes the operation on a state: AHP from FPSCR, flags to it.
    #[must_use]
    pub fn execute(self, state: &mut ArmState, a: u128, b: u128, c: u128) -> u128 {
        let mut env = SimdEnv::new(state.fpscr);
        let result = self.eval(&mut env, a, b, c);
        state.fpscr |= env.flags();
        result
    }
}

/// What operations on vectors compute under and report to.
#[derive(Clone, Copy, Debug)]
pub struct SimdEnv {
    fp: FpEnv,
    saturated: bool,
    /// Whether the host rounds to nearest. Generated code has it round as FPSCR
    /// says, also while it calls functions.
    host_rounds_to_nearest: bool,
}

impl SimdEnv {
    /// FPSCR.QC.
    pub const QC: u32 = 1 << 27;
    const AHP: u32 = 1 << 26;
    const FZ16: u32 = FpControl::FZ16;
    const RMODE: u32 = 3 << 22;

    /// An environment in which no flag is raised yet.
    #[must_use]
    pub const fn new(fpscr: u32) -> Self {
        let control = FpControl::STANDARD.bits() | fpscr & (Self::AHP | Self::FZ16);
        Self {
            fp: FpEnv::new(FpControl::from_fpscr(control)),
            saturated: false,
            host_rounds_to_nearest: fpscr & Self::RMODE == 0,
        }
    }

    /// The flags raised, in their places in FPSCR.
    #[must_use]
    pub const fn flags(&self) -> u32 {
        self.fp.flags().bits() | if self.saturated { Self::QC } else { 0 }
    }
}

/// Makes a vector of elements of `bits` bits, of which `width` bits count, by
/// asking for the element at each position.
#[inline]
fn each(bits: u32, width: u32, mut element: impl FnMut(u32) -> u64) -> u128 {
    let mut result = 0;
    let mut at = 0;
    while at < width {
        result |= u128::from(element(at) & mask(bits)) << at;
        at += bits;
    }
    result
}

/// The lowest `bits` bits.
#[inline]
const fn mask(bits: u32) -> u64 {
    u64::MAX >> (64 - bits)
}

/// The element of `bits` bits at position `at`.
#[inline]
const fn element(vector: u128, at: u32, bits: u32) -> u64 {
    (vector >> at) as u64 & mask(bits)
}

/// The same, extended.
#[inline]
const fn number(vector: u128, at: u32, bits: u32, signed: bool) -> i128 {
    let value = element(vector, at, bits);
    if signed {
        let unused = 64 - bits;
        ((value << unused).cast_signed() >> unused) as i128
    } else {
        value as i128
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_survive_packing() {
        for (number, &kind) in SimdKind::ALL.iter().enumerate() {
            assert_eq!(kind as usize, number);
            for size in [Size::Byte, Size::Half, Size::Word, Size::Dword] {
                let op = SimdOp::new(kind, size, true)
                    .signed(number % 2 == 0)
                    .imm(200);
                assert_eq!(SimdOp::unpack(op.pack()), op);
            }
        }
    }
}
