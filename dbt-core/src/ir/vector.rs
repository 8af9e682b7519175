//! Operations on vector registers.

mod eval;

use dbt_isa::ops::Size;

use super::ty::{Ty, VectorWidth};

/// Defines the operations with a list of them: names as in the text form.
macro_rules! kinds {
    ($(#[$outer:meta])* pub enum $name:ident { $($(#[$inner:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$outer])*
        pub enum $name { $($(#[$inner])* $variant,)* }

        impl $name {
            /// Every operation, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Returns the operation's name in the text form.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

kinds! {
    /// What is done to vectors or, if not said otherwise, to each of their elements:
    /// `a`, `b` and `c` are the operands, `imm` is [`VectorOp::imm`].
    ///
    /// Operations up to [`Table`](Self::Table) only compute
    /// ([`VectorOp::is_pure`]); those behind it are defined by the function of the
    /// guest that [`Inst::Vector`](super::Inst::Vector) names, and promise what is
    /// said here.
    #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
    #[repr(u8)]
    pub enum VectorKind {
        /// The lower half of a `v128` as a `v64`.
        Low = "low",
        /// The upper half of a `v128` as a `v64`.
        High = "high",
        /// `a` with `b` above it, both `v64`.
        Join = "join",
        /// `a & b`.
        And = "and",
        /// `a | b`.
        Or = "or",
        /// `a ^ b`.
        Xor = "xor",
        /// `a & !b`.
        AndNot = "and_not",
        /// `a | !b`.
        OrNot = "or_not",
        /// Bits of `b` where bits of `a` are set, else of `c`.
        Select = "select",
        /// `a + b`.
        Add = "add",
        /// `a - b`.
        Sub = "sub",
        /// `a * b`.
        Mul = "mul",
        /// `a * b` of polynomials over {0, 1}.
        PolyMul = "poly_mul",
        /// All ones if `a == b`.
        Equal = "equal",
        /// All ones if `a > b`.
        Greater = "greater",
        /// All ones if `a >= b`.
        GreaterOrEqual = "greater_or_equal",
        /// All ones if `a & b` is not zero.
        Test = "test",
        /// The larger.
        Max = "max",
        /// The smaller.
        Min = "min",
        /// `|a - b|`.
        AbsDiff = "abs_diff",
        /// `(a + b) >> 1`, without overflow.
        HalvingAdd = "halving_add",
        /// `(a + b + 1) >> 1`, without overflow.
        RoundingHalvingAdd = "rounding_halving_add",
        /// `(a - b) >> 1`, without overflow.
        HalvingSub = "halving_sub",
        /// `a << b`, or right if `b`, of which the lowest byte counts as a signed
        /// number, is negative.
        Shift = "shift",
        /// As `Shift`; right shifts round, halves up.
        RoundingShift = "rounding_shift",
        /// `a << imm`; `imm` is less than the bits of an element.
        ShiftLeft = "shift_left",
        /// `a >> imm`; `imm` is 1 up to the bits of an element.
        ShiftRight = "shift_right",
        /// As `ShiftRight`, rounding.
        RoundingShiftRight = "rounding_shift_right",
        /// `a << imm`, with the lowest bits of `b`.
        InsertLeft = "insert_left",
        /// `a >> imm`, with the highest bits of `b`.
        InsertRight = "insert_right",
        /// `|a|` of a signed number, wrapping.
        Abs = "abs",
        /// `-a`.
        Neg = "neg",
        /// How many bits below the highest are equal to it, without a gap.
        CountSign = "count_sign",
        /// How many of the highest bits are zero.
        CountZeroes = "count_zeroes",
        /// How many bits are set.
        CountOnes = "count_ones",
        /// Elements of twice the size, from a `v64`.
        Widen = "widen",
        /// The lower halves of the elements of a `v128`, a `v64`.
        Narrow = "narrow",
        /// `a + b` of neighbours, of twice the size.
        PairAddLong = "pair_add_long",
        /// `a * b` of two `v64`, of twice the size.
        MulLong = "mul_long",
        /// `a * b` of polynomials of two `v64`, of twice the size.
        PolyMulLong = "poly_mul_long",
        /// Elements with even numbers, of `a`, then of `b`.
        Even = "even",
        /// Elements with odd numbers, of `a`, then of `b`.
        Odd = "odd",
        /// Elements of `a` and `b` in turns, from the lower ends.
        ZipLow = "zip_low",
        /// Elements of `a` and `b` in turns, from the middles.
        ZipHigh = "zip_high",
        /// Elements with even numbers, of `a` and `b` in turns.
        TransposeEven = "transpose_even",
        /// Elements with odd numbers, of `a` and `b` in turns.
        TransposeOdd = "transpose_odd",
        /// Elements in reverse order in groups of `2^imm` bytes, at most eight.
        Reverse = "reverse",
        /// Bytes from number `imm` of `a` on, and of `b` behind them.
        Extract = "extract",
        /// Element number `imm` of a `v64` everywhere.
        Splat = "splat",
        /// `a` with element number 0 of `b` as its element number `imm`.
        Insert = "insert",
        /// Bytes of the table in `a` and `b`, two `v128` of which the first `imm`
        /// bytes count, that the bytes of `c` name, a `v64`; zero if there is none.
        Table = "table",
        /// `a + b`, saturating. This and the other saturating operations raise what
        /// the guest knows about it in [`float_status`].
        ///
        /// [`float_status`]: crate::guest::StateLayout::float_status
        SatAdd = "sat_add",
        /// `a - b`, saturating.
        SatSub = "sat_sub",
        /// The upper half of `2 * a * b`, saturating.
        SatDoublingMulHigh = "sat_doubling_mul_high",
        /// The upper half of `2 * a * b`, rounded, saturating.
        SatRoundingDoublingMulHigh = "sat_rounding_doubling_mul_high",
        /// As `Shift`, saturating.
        SatShift = "sat_shift",
        /// As `RoundingShift`, saturating.
        SatRoundingShift = "sat_rounding_shift",
        /// `a << imm`, saturating.
        SatShiftLeft = "sat_shift_left",
        /// `a << imm` of a signed `a`, saturating to an unsigned result.
        SatShiftLeftUnsigned = "sat_shift_left_unsigned",
        /// `|a|`, saturating.
        SatAbs = "sat_abs",
        /// `-a`, saturating.
        SatNeg = "sat_neg",
        /// Elements of a `v128` in half the size, saturating, a `v64`.
        SatNarrow = "sat_narrow",
        /// As `SatNarrow`, of signed elements to unsigned ones.
        SatNarrowUnsigned = "sat_narrow_unsigned",
        /// `a` and the upper half of `2 * b * c`, rounded together, saturating.
        SatRoundingDoublingMulAdd = "sat_rounding_doubling_mul_add",
        /// `a` less the upper half of `2 * b * c`, rounded together, saturating.
        SatRoundingDoublingMulSub = "sat_rounding_doubling_mul_sub",
        /// `a + b` of singles, words, or of halves of IEEE 754. This and the other
        /// operations on numbers are those of IEEE 754, rounded to nearest, with subnormal
        /// singles as operands, and results that are tiny before rounding, flushed to
        /// zero, and the default NaN for every NaN. Halves are flushed if the guest's
        /// [`FloatMode`](super::FloatMode) says so. Cumulative flags are those of the
        /// guest, who may count flushed operands too. What is said of singles below holds
        /// for halves, where the elements are those.
        FloatAdd = "float_add",
        /// `a - b` of singles.
        FloatSub = "float_sub",
        /// `a * b` of singles.
        FloatMul = "float_mul",
        /// `a + b * c` of singles, rounded once.
        FloatMulAdd = "float_mul_add",
        /// The larger single, +0 above -0.
        FloatMax = "float_max",
        /// The smaller single, -0 below +0.
        FloatMin = "float_min",
        /// As `FloatMax`, but of a number and a quiet NaN the number.
        FloatMaxNum = "float_max_num",
        /// As `FloatMin`, but of a number and a quiet NaN the number.
        FloatMinNum = "float_min_num",
        /// All ones if the singles are equal; a quiet NaN is a valid operand.
        FloatEqual = "float_equal",
        /// All ones if `a > b`; a NaN is an invalid operand.
        FloatGreater = "float_greater",
        /// All ones if `a >= b`; a NaN is an invalid operand.
        FloatGreaterOrEqual = "float_greater_or_equal",
        /// `2 - a * b`, rounded twice; 2 if one is zero and the other infinite.
        FloatRecipStep = "float_recip_step",
        /// `(3 - a * b) / 2`, the product and the rest rounded; 1.5 if one is zero and
        /// the other infinite.
        FloatRsqrtStep = "float_rsqrt_step",
        /// Arm's estimate of `1 / a` of singles.
        FloatRecipEstimate = "float_recip_estimate",
        /// Arm's estimate of `1 / sqrt(a)` of singles.
        FloatRsqrtEstimate = "float_rsqrt_estimate",
        /// A single to fixed point with `imm` bits behind the point, rounded towards
        /// zero, saturating.
        FloatToFixed = "float_to_fixed",
        /// Fixed point with `imm` bits behind the point to a single.
        FixedToFloat = "fixed_to_float",
        /// A single to an integer, saturating; `imm` says how it is rounded: 0 to
        /// nearest, ties to the even one; 1 up; 2 down; 3 towards zero; 4 to nearest,
        /// ties away from zero.
        FloatToInt = "float_to_int",
        /// A single to one that is an integer; `imm` as before.
        FloatRound = "float_round",
        /// As `FloatRound` to nearest, ties to the even one, telling what is inexact.
        FloatRoundExact = "float_round_exact",
        /// Singles of a `v128` to halves, a `v64`, in the format that the guest's
        /// [`FloatMode`](super::FloatMode) says.
        FloatNarrow = "float_narrow",
        /// Halves in that format, a `v64`, to singles, a `v128`.
        FloatWiden = "float_widen",
        /// Singles of a `v128` to BFloat16, a `v64`.
        FloatNarrowBrain = "float_narrow_brain",
        /// `a + b * c`, rounded once, of singles and products of as many halves of IEEE 754,
        /// the lower ones of two `v64`.
        FloatMulAddLong = "float_mul_add_long",
        /// `a - b * c` of the same.
        FloatMulSubLong = "float_mul_sub_long",
        /// Arm's estimate of the reciprocal of a number from 1/2 to 1 in unsigned
        /// fixed point (`VRECPE`).
        RecipEstimate = "recip_estimate",
        /// The same of the reciprocal square root (`VRSQRTE`).
        RsqrtEstimate = "rsqrt_estimate",
        /// Words: `a` and the products of the four bytes of `b` and `c` each.
        Dot = "dot",
        /// As `Dot`, of unsigned bytes of `b` and signed ones of `c`.
        DotMixed = "dot_mixed",
        /// Words: the matrix `a` of two rows and the product of `b`, two rows of eight
        /// bytes, and `c`, two columns of eight bytes.
        MatrixMulAdd = "matrix_mul_add",
        /// As `MatrixMulAdd`, of unsigned bytes of `b` and signed ones of `c`.
        MatrixMulAddMixed = "matrix_mul_add_mixed",
        /// As `Dot`, of two BFloat16 each, added to singles as Arm's `BFDotAdd()` does.
        BrainDot = "brain_dot",
        /// As `MatrixMulAdd`, of four BFloat16 each, added in the same way.
        BrainMatrixMulAdd = "brain_matrix_mul_add",
        /// `SubBytes(ShiftRows(a ^ b))` of AES (FIPS 197), the state a `v128`.
        AesEncrypt = "aes_encrypt",
        /// `InvSubBytes(InvShiftRows(a ^ b))`.
        AesDecrypt = "aes_decrypt",
        /// `MixColumns(a)`.
        AesMix = "aes_mix",
        /// `InvMixColumns(a)`.
        AesUnmix = "aes_unmix",
        /// Four rounds of SHA-1 (FIPS 180-4) with `Ch`: `a` holds the state's a to d, `b`
        /// e in its lowest word, `c` the schedule and the constants; gives a to d.
        Sha1Choose = "sha1_choose",
        /// As `Sha1Choose`, with `Parity`.
        Sha1Parity = "sha1_parity",
        /// As `Sha1Choose`, with `Maj`.
        Sha1Majority = "sha1_majority",
        /// The lowest word, rotated left by 30; zeroes above.
        Sha1Rotate = "sha1_rotate",
        /// The first half of four words of SHA-1's schedule, of twelve before.
        Sha1Schedule0 = "sha1_schedule0",
        /// The second half, of the first and of four words before.
        Sha1Schedule1 = "sha1_schedule1",
        /// Four rounds of SHA-256: `a` holds the state's a to d, `b` e to h, `c` the
        /// schedule and the constants; gives a to d.
        Sha256Hash = "sha256_hash",
        /// As `Sha256Hash`, with `a` and `b` exchanged; gives e to h.
        Sha256Hash2 = "sha256_hash2",
        /// The first half of four words of SHA-256's schedule, of eight before.
        Sha256Schedule0 = "sha256_schedule0",
        /// The second half, of the first and of eight words before.
        Sha256Schedule1 = "sha256_schedule1",
        /// What the function does, of operands and to a result of the operation's
        /// width. Nothing is promised.
        Guest = "guest",
    }
}

/// An operation on vectors.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct VectorOp {
    /// What is done.
    pub kind: VectorKind,
    /// The size of the operands' elements.
    pub size: Size,
    /// Whether they are signed.
    pub signed: bool,
    /// Whether the result is a `v128`, else a `v64`; operands are alike, where the
    /// operation does not say otherwise.
    pub wide: bool,
    /// A constant operand.
    pub imm: u8,
}

impl VectorOp {
    /// An operation on unsigned or untyped elements.
    #[must_use]
    pub const fn new(kind: VectorKind, size: Size, wide: bool) -> Self {
        Self {
            kind,
            size,
            signed: false,
            wide,
            imm: 0,
        }
    }

    /// The same on signed elements if `signed`.
    #[must_use]
    pub const fn signed(self, signed: bool) -> Self {
        Self { signed, ..self }
    }

    /// The same with a constant operand.
    #[must_use]
    pub const fn imm(self, imm: u8) -> Self {
        Self { imm, ..self }
    }

    /// Tells whether the operation only computes: it raises no flags, and
    /// [`eval`](Self::eval) says what it gives.
    #[must_use]
    pub const fn is_pure(self) -> bool {
        self.kind as u8 <= VectorKind::Table as u8
    }

    /// Tells whether the operation computes with numbers, or converts them.
    #[must_use]
    pub const fn is_float(self) -> bool {
        self.kind as u8 >= VectorKind::FloatAdd as u8
            && self.kind as u8 <= VectorKind::FloatMulSubLong as u8
    }

    /// Tells whether some of the numbers are halves, so that what the guest's
    /// [`FloatMode`](super::FloatMode) says of those counts.
    #[must_use]
    pub const fn has_halves(self) -> bool {
        self.is_float()
            && (matches!(self.size, Size::Half) || matches!(self.kind, VectorKind::FloatNarrow))
    }

    /// Returns how many operands there are.
    #[must_use]
    pub const fn count(self) -> usize {
        use VectorKind as K;
        match self.kind {
            K::Select
            | K::Table
            | K::SatRoundingDoublingMulAdd
            | K::SatRoundingDoublingMulSub
            | K::FloatMulAdd
            | K::FloatMulAddLong
            | K::FloatMulSubLong
            | K::Dot
            | K::DotMixed
            | K::MatrixMulAdd
            | K::MatrixMulAddMixed
            | K::BrainDot
            | K::BrainMatrixMulAdd
            | K::Sha1Choose
            | K::Sha1Parity
            | K::Sha1Majority
            | K::Sha1Schedule0
            | K::Sha256Hash
            | K::Sha256Hash2
            | K::Sha256Schedule1
            | K::Guest => 3,
            K::Low
            | K::High
            | K::ShiftLeft
            | K::ShiftRight
            | K::RoundingShiftRight
            | K::Abs
            | K::Neg
            | K::CountSign
            | K::CountZeroes
            | K::CountOnes
            | K::Widen
            | K::Narrow
            | K::PairAddLong
            | K::Reverse
            | K::Splat
            | K::SatShiftLeft
            | K::SatShiftLeftUnsigned
            | K::SatAbs
            | K::SatNeg
            | K::SatNarrow
            | K::SatNarrowUnsigned
            | K::FloatRecipEstimate
            | K::FloatRsqrtEstimate
            | K::FloatToFixed
            | K::FixedToFloat
            | K::FloatToInt
            | K::FloatRound
            | K::FloatRoundExact
            | K::FloatNarrow
            | K::FloatWiden
            | K::FloatNarrowBrain
            | K::RecipEstimate
            | K::RsqrtEstimate
            | K::AesMix
            | K::AesUnmix
            | K::Sha1Rotate => 1,
            _ => 2,
        }
    }

    /// Returns the widths of the operands; the first [`count`](Self::count) count.
    #[must_use]
    pub const fn operands(self) -> [VectorWidth; 3] {
        use VectorKind as K;
        use VectorWidth::{V64, V128};
        match self.kind {
            K::Low
            | K::High
            | K::Narrow
            | K::SatNarrow
            | K::SatNarrowUnsigned
            | K::FloatNarrow
            | K::FloatNarrowBrain => [V128; 3],
            K::Join | K::Widen | K::MulLong | K::PolyMulLong | K::FloatWiden | K::Splat => [V64; 3],
            K::FloatMulAddLong | K::FloatMulSubLong => [self.width(), V64, V64],
            K::Table => [V128, V128, V64],
            K::Insert => [self.width(), V64, V64],
            _ => [self.width(); 3],
        }
    }

    /// Returns the width of the result.
    #[must_use]
    pub const fn width(self) -> VectorWidth {
        use VectorKind as K;
        match self.kind {
            K::Join | K::Widen | K::MulLong | K::PolyMulLong | K::FloatWiden => VectorWidth::V128,
            K::Low
            | K::High
            | K::Narrow
            | K::SatNarrow
            | K::SatNarrowUnsigned
            | K::FloatNarrow
            | K::FloatNarrowBrain
            | K::Table => VectorWidth::V64,
            _ if self.wide => VectorWidth::V128,
            _ => VectorWidth::V64,
        }
    }

    /// Returns the type of the result.
    #[must_use]
    pub const fn ty(self) -> Ty {
        self.width().ty()
    }

    /// The bits of an element of an operand.
    const fn bits(self) -> u32 {
        8 * self.size.bytes()
    }

    /// Tells whether there are singles among the operands and halves, or the other way
    /// round, so that it takes no arithmetic in half precision.
    #[must_use]
    pub const fn mixes_singles(self) -> bool {
        matches!(
            self.kind,
            VectorKind::FloatNarrow
                | VectorKind::FloatWiden
                | VectorKind::FloatMulAddLong
                | VectorKind::FloatMulSubLong
        )
    }

    /// Whether elements are singles or halves.
    const fn is_of_numbers(self) -> bool {
        matches!(self.size, Size::Half | Size::Word)
    }

    /// Tells whether the size and the constant are such that the operation is
    /// defined.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        use VectorKind as K;
        let (bits, imm) = (self.bits(), self.imm as u32);
        let dword = matches!(self.size, Size::Dword);
        let byte = matches!(self.size, Size::Byte);
        let whole = if self.wide { 16 } else { 8 };
        match self.kind {
            K::ShiftLeft | K::SatShiftLeft | K::InsertLeft => imm < bits,
            K::SatShiftLeftUnsigned => self.signed && imm < bits,
            K::ShiftRight | K::RoundingShiftRight | K::InsertRight => imm >= 1 && imm <= bits,
            K::Widen | K::PairAddLong | K::MulLong => !dword,
            K::CountSign => self.signed && !dword,
            K::CountZeroes => !dword,
            K::SatDoublingMulHigh
            | K::SatRoundingDoublingMulHigh
            | K::SatRoundingDoublingMulAdd
            | K::SatRoundingDoublingMulSub => self.signed && !byte && !dword,
            K::Abs | K::Neg | K::SatAbs | K::SatNeg => self.signed,
            K::CountOnes | K::PolyMul => byte,
            K::PolyMulLong => byte || dword,
            K::Narrow | K::SatNarrow => !byte,
            K::SatNarrowUnsigned => self.signed && !byte,
            K::Even | K::Odd | K::ZipLow | K::ZipHigh | K::TransposeEven | K::TransposeOdd => {
                !dword || self.wide
            }
            K::Reverse => imm <= 3 && self.size as u32 <= imm,
            K::Extract => byte && imm < whole,
            K::Splat => imm * self.size.bytes() < 8,
            K::Insert => imm * self.size.bytes() < whole,
            K::Table => byte && imm >= 8 && imm <= 32 && imm.is_multiple_of(8),
            K::FloatWiden | K::FloatMulAddLong | K::FloatMulSubLong => {
                matches!(self.size, Size::Half)
            }
            K::FloatNarrow | K::FloatNarrowBrain => matches!(self.size, Size::Word),
            K::FloatToFixed | K::FixedToFloat => self.is_of_numbers() && imm <= bits,
            K::FloatToInt | K::FloatRound => self.is_of_numbers() && imm <= 4,
            _ if self.is_float() => self.is_of_numbers(),
            K::Dot | K::DotMixed => byte,
            K::MatrixMulAdd | K::MatrixMulAddMixed => byte && self.wide,
            K::BrainDot => matches!(self.size, Size::Half),
            K::BrainMatrixMulAdd => matches!(self.size, Size::Half) && self.wide,
            _ if self.kind as u8 >= K::AesEncrypt as u8
                && self.kind as u8 <= K::Sha256Schedule1 as u8 =>
            {
                byte && self.wide
            }
            K::RecipEstimate | K::RsqrtEstimate => matches!(self.size, Size::Word),
            _ => true,
        }
    }
}
