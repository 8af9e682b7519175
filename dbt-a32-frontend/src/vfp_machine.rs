//! The machine that floating-point semantic functions run on.
//!
//! Arithmetic is an operation of the machine, because its cost decides: the
//! interpreter computes with [`softfloat`], a lifter calls
//! [`fp_helpers`](crate::fp_helpers), and may emit host arithmetic where it is
//! exact. All go through [`VfpMachine::fp`] unless a machine overrides one of
//! the typed methods above it.
//!
//! Every operation computes as FPSCR says and raises cumulative flags there, so
//! the reads and writes of FPSCR around it are ordered with it.

use dbt_isa::machine::{Abort, Flow};
use dbt_isa::ops::{Access, BinOp};

use crate::args::FpSystemReg;
use crate::fp_reg::{DReg, SReg};
use crate::softfloat::{
    self, Double, Fixed, FixedWidth, Format, FpEnv, Half, Rounding, RoundingMode, Single,
};
use crate::system_machine::SystemMachine;

/// An operation on floating-point numbers, with the formats it is on.
///
/// Operands and results are bit patterns, zero-extended to 64 bits.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum FpOp {
    /// `a + b` in single precision.
    Add32,
    /// `a + b` in double precision.
    Add64,
    /// `a - b` in single precision.
    Sub32,
    /// `a - b` in double precision.
    Sub64,
    /// `a * b` in single precision.
    Mul32,
    /// `a * b` in double precision.
    Mul64,
    /// `a / b` in single precision.
    Div32,
    /// `a / b` in double precision.
    Div64,
    /// The square root of `a` in single precision.
    Sqrt32,
    /// The square root of `a` in double precision.
    Sqrt64,
    /// `a + b * c`, rounded once, in single precision.
    MulAdd32,
    /// `a + b * c`, rounded once, in double precision.
    MulAdd64,
    /// Compares singles; gives N, Z, C, V in bits 31 to 28.
    Compare32,
    /// Compares doubles; gives N, Z, C, V in bits 31 to 28.
    Compare64,
    /// As `Compare32`; a quiet NaN is an invalid operand.
    CompareSignalling32,
    /// As `Compare64`; a quiet NaN is an invalid operand.
    CompareSignalling64,
    /// Converts a single to a double.
    Widen,
    /// Converts a double to a single.
    Narrow,
    /// Converts the half in bits 15 to 0 to a single.
    HalfToSingle,
    /// Converts a single to a half.
    SingleToHalf,
    /// Converts a single to the fixed-point number that `b` describes.
    ToFixed32,
    /// Converts a double to the fixed-point number that `b` describes.
    ToFixed64,
    /// Converts the fixed-point number that `b` describes to a single.
    FromFixed32,
    /// Converts the fixed-point number that `b` describes to a double.
    FromFixed64,
    /// The larger single, or the one that is no quiet NaN.
    MaxNum32,
    /// The larger double, or the one that is no quiet NaN.
    MaxNum64,
    /// The smaller single, or the one that is no quiet NaN.
    MinNum32,
    /// The smaller double, or the one that is no quiet NaN.
    MinNum64,
    /// Rounds a single to an integer as `b` describes, a [`RoundingOf`].
    RoundToInt32,
    /// Rounds a double to an integer as `b` describes, a [`RoundingOf`].
    RoundToInt64,
    /// Converts a single to an integer as `b` describes, a [`RoundingOf`].
    ToInt32,
    /// Converts a double to an integer as `b` describes, a [`RoundingOf`].
    ToInt64,
    /// Converts the half in bits 15 to 0 to a double.
    HalfToDouble,
    /// Converts a double to a half.
    DoubleToHalf,
    /// `a + b` in half precision.
    Add16,
    /// `a - b` in half precision.
    Sub16,
    /// `a * b` in half precision.
    Mul16,
    /// `a / b` in half precision.
    Div16,
    /// The square root of `a` in half precision.
    Sqrt16,
    /// `a + b * c`, rounded once, in half precision.
    MulAdd16,
    /// Compares halves; gives N, Z, C, V in bits 31 to 28.
    Compare16,
    /// As `Compare16`; a quiet NaN is an invalid operand.
    CompareSignalling16,
    /// Converts a half to the fixed-point number that `b` describes.
    ToFixed16,
    /// Converts the fixed-point number that `b` describes to a half.
    FromFixed16,
    /// The larger half, or the one that is no quiet NaN.
    MaxNum16,
    /// The smaller half, or the one that is no quiet NaN.
    MinNum16,
    /// Rounds a half to an integer as `b` describes, a [`RoundingOf`].
    RoundToInt16,
    /// Converts a half to an integer as `b` describes, a [`RoundingOf`].
    ToInt16,
    /// Converts a single to BFloat16.
    SingleToBrain,
    /// Converts a double to a signed integer modulo 2^32; bit 62 tells whether it is
    /// exact.
    ToIntModulo,
}

impl FpOp {
    /// Every operation, in the order of their numbers.
    pub const ALL: [Self; 50] = [
        Self::Add32,
        Self::Add64,
        Self::Sub32,
        Self::Sub64,
        Self::Mul32,
        Self::Mul64,
        Self::Div32,
        Self::Div64,
        Self::Sqrt32,
        Self::Sqrt64,
        Self::MulAdd32,
        Self::MulAdd64,
        Self::Compare32,
        Self::Compare64,
        Self::CompareSignalling32,
        Self::CompareSignalling64,
        Self::Widen,
        Self::Narrow,
        Self::HalfToSingle,
        Self::SingleToHalf,
        Self::ToFixed32,
        Self::ToFixed64,
        Self::FromFixed32,
        Self::FromFixed64,
        Self::MaxNum32,
        Self::MaxNum64,
        Self::MinNum32,
        Self::MinNum64,
        Self::RoundToInt32,
        Self::RoundToInt64,
        Self::ToInt32,
        Self::ToInt64,
        Self::HalfToDouble,
        Self::DoubleToHalf,
        Self::Add16,
        Self::Sub16,
        Self::Mul16,
        Self::Div16,
        Self::Sqrt16,
        Self::MulAdd16,
        Self::Compare16,
        Self::CompareSignalling16,
        Self::ToFixed16,
        Self::FromFixed16,
        Self::MaxNum16,
        Self::MinNum16,
        Self::RoundToInt16,
        Self::ToInt16,
        Self::SingleToBrain,
        Self::ToIntModulo,
    ];

    /// The comparison of halves.
    #[must_use]
    pub const fn compare16(signalling: bool) -> Self {
        if signalling {
            Self::CompareSignalling16
        } else {
            Self::Compare16
        }
    }

    /// The comparison of singles.
    #[must_use]
    pub const fn compare32(signalling: bool) -> Self {
        if signalling {
            Self::CompareSignalling32
        } else {
            Self::Compare32
        }
    }

    /// The comparison of doubles.
    #[must_use]
    pub const fn compare64(signalling: bool) -> Self {
        if signalling {
            Self::CompareSignalling64
        } else {
            Self::Compare64
        }
    }

    /// Evaluates the operation; operands it does not have are ignored.
    #[inline]
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "operands are zero-extended"
    )]
    pub fn eval(self, env: &mut FpEnv, a: u64, b: u64, c: u64) -> u64 {
        let (a16, b16) = (a as u16, b as u16);
        let (a32, b32, c32) = (a as u32, b as u32, c as u32);
        match self {
            Self::Add32 => softfloat::add::<Single>(env, a32, b32).into(),
            Self::Add64 => softfloat::add::<Double>(env, a, b),
            Self::Sub32 => softfloat::sub::<Single>(env, a32, b32).into(),
            Self::Sub64 => softfloat::sub::<Double>(env, a, b),
            Self::Mul32 => softfloat::mul::<Single>(env, a32, b32).into(),
            Self::Mul64 => softfloat::mul::<Double>(env, a, b),
            Self::Div32 => softfloat::div::<Single>(env, a32, b32).into(),
            Self::Div64 => softfloat::div::<Double>(env, a, b),
            Self::Sqrt32 => softfloat::sqrt::<Single>(env, a32).into(),
            Self::Sqrt64 => softfloat::sqrt::<Double>(env, a),
            Self::MulAdd32 => softfloat::mul_add::<Single>(env, a32, b32, c32).into(),
            Self::MulAdd64 => softfloat::mul_add::<Double>(env, a, b, c),
            Self::Compare32 => compare::<Single>(env, a32, b32, false),
            Self::Compare64 => compare::<Double>(env, a, b, false),
            Self::CompareSignalling32 => compare::<Single>(env, a32, b32, true),
            Self::CompareSignalling64 => compare::<Double>(env, a, b, true),
            Self::Widen => softfloat::single_to_double(env, a32),
            Self::Narrow => softfloat::double_to_single(env, a).into(),
            Self::HalfToSingle => softfloat::half_to_single(env, a as u16).into(),
            Self::SingleToHalf => softfloat::single_to_half(env, a32).into(),
            Self::ToFixed32 => to_fixed::<Single>(env, a32, Conversion::from_bits(b)),
            Self::ToFixed64 => to_fixed::<Double>(env, a, Conversion::from_bits(b)),
            Self::FromFixed32 => from_fixed::<Single>(env, a32, Conversion::from_bits(b)).into(),
            Self::FromFixed64 => from_fixed::<Double>(env, a32, Conversion::from_bits(b)),
            Self::MaxNum32 => softfloat::max_num::<Single>(env, a32, b32).into(),
            Self::MaxNum64 => softfloat::max_num::<Double>(env, a, b),
            Self::MinNum32 => softfloat::min_num::<Single>(env, a32, b32).into(),
            Self::MinNum64 => softfloat::min_num::<Double>(env, a, b),
            Self::RoundToInt32 => RoundingOf::from_bits(b).round::<Single>(env, a32).into(),
            Self::RoundToInt64 => RoundingOf::from_bits(b).round::<Double>(env, a),
            Self::ToInt32 => RoundingOf::from_bits(b).convert::<Single>(env, a32).into(),
            Self::ToInt64 => RoundingOf::from_bits(b).convert::<Double>(env, a).into(),
            Self::HalfToDouble => softfloat::half_to_double(env, a as u16),
            Self::DoubleToHalf => softfloat::double_to_half(env, a).into(),
            Self::Add16 => softfloat::add::<Half>(env, a16, b16).into(),
            Self::Sub16 => softfloat::sub::<Half>(env, a16, b16).into(),
            Self::Mul16 => softfloat::mul::<Half>(env, a16, b16).into(),
            Self::Div16 => softfloat::div::<Half>(env, a16, b16).into(),
            Self::Sqrt16 => softfloat::sqrt::<Half>(env, a16).into(),
            Self::MulAdd16 => softfloat::mul_add::<Half>(env, a16, b16, c as u16).into(),
            Self::Compare16 => compare::<Half>(env, a16, b16, false),
            Self::CompareSignalling16 => compare::<Half>(env, a16, b16, true),
            Self::ToFixed16 => to_fixed::<Half>(env, a16, Conversion::from_bits(b)),
            Self::FromFixed16 => from_fixed::<Half>(env, a32, Conversion::from_bits(b)).into(),
            Self::MaxNum16 => softfloat::max_num::<Half>(env, a16, b16).into(),
            Self::MinNum16 => softfloat::min_num::<Half>(env, a16, b16).into(),
            Self::RoundToInt16 => RoundingOf::from_bits(b).round::<Half>(env, a16).into(),
            Self::ToInt16 => RoundingOf::from_bits(b).convert::<Half>(env, a16).into(),
            Self::SingleToBrain => softfloat::single_to_brain(env, a32).into(),
            Self::ToIntModulo => {
                let (value, exact) = softfloat::to_int_modulo(env, a);
                u64::from(value) | u64::from(exact) << 62
            }
        }
    }
}

#[inline]
fn compare<F: Format>(env: &mut FpEnv, a: F::Bits, b: F::Bits, signalling: bool) -> u64 {
    softfloat::compare::<F>(env, a, b, signalling)
        .to_psr()
        .into()
}

#[inline]
fn to_fixed<F: Format>(env: &mut FpEnv, a: F::Bits, to: Conversion) -> u64 {
    let mode = to.rounding(env, RoundingMode::Zero);
    softfloat::to_fixed::<F>(env, a, to.fixed, mode).into()
}

#[inline]
fn from_fixed<F: Format>(env: &mut FpEnv, a: u32, from: Conversion) -> F::Bits {
    let mode = from.rounding(env, RoundingMode::Nearest);
    softfloat::from_fixed::<F>(env, a, from.fixed, mode)
}

/// How an operation rounds to an integer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct RoundingOf {
    /// The direction; that of FPSCR if there is none.
    pub rounding: Option<Rounding>,
    /// Whether the result may be inexact, if it stays a floating-point number.
    pub exact: bool,
    /// Whether an integer is signed.
    pub signed: bool,
}

impl RoundingOf {
    const BY_FPSCR: u64 = 7;
    const EXACT: u64 = 1 << 3;
    const SIGNED: u64 = 1 << 4;

    /// Packs the description into an operand of [`FpOp`].
    #[must_use]
    pub const fn bits(self) -> u64 {
        let rounding = match self.rounding {
            Some(rounding) => rounding as u64,
            None => Self::BY_FPSCR,
        };
        rounding
            | if self.exact { Self::EXACT } else { 0 }
            | if self.signed { Self::SIGNED } else { 0 }
    }

    /// Unpacks what [`bits`](Self::bits) packed.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        let rounding = match bits & 7 {
            Self::BY_FPSCR => None,
            rounding => Some(Rounding::from_bits(rounding)),
        };
        Self {
            rounding,
            exact: bits & Self::EXACT != 0,
            signed: bits & Self::SIGNED != 0,
        }
    }

    fn direction(self, env: &FpEnv) -> Rounding {
        self.rounding
            .unwrap_or_else(|| env.control().rounding().into())
    }

    fn round<F: Format>(self, env: &mut FpEnv, a: F::Bits) -> F::Bits {
        let direction = self.direction(env);
        softfloat::round_to_int::<F>(env, a, direction, self.exact)
    }

    fn convert<F: Format>(self, env: &mut FpEnv, a: F::Bits) -> u32 {
        let direction = self.direction(env);
        softfloat::to_int::<F>(env, a, FixedWidth::Word, self.signed, direction)
    }
}

/// What a conversion to or from fixed point is between, and how it rounds.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Conversion {
    /// The type of the fixed-point number.
    pub fixed: Fixed,
    /// Whether FPSCR chooses the rounding. Else it is towards zero when the
    /// result is fixed-point, and to nearest when it is floating-point.
    pub by_fpscr: bool,
}

impl Conversion {
    const BY_FPSCR: u64 = 1 << 16;

    /// Packs the conversion into an operand of [`FpOp`].
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.fixed.bits() | if self.by_fpscr { Self::BY_FPSCR } else { 0 }
    }

    /// Unpacks what [`bits`](Self::bits) packed.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self {
            fixed: Fixed::from_bits(bits),
            by_fpscr: bits & Self::BY_FPSCR != 0,
        }
    }

    const fn rounding(self, env: &FpEnv, otherwise: RoundingMode) -> RoundingMode {
        if self.by_fpscr {
            env.control().rounding()
        } else {
            otherwise
        }
    }
}

/// An operation of one operand and a result of the same precision. Negation and
/// absolute value are not among them: they are operations on bits.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FpUnary {
    /// Square root.
    Sqrt,
}

/// An operation of two operands and a result of one precision.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FpBinary {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
    /// Quotient.
    Div,
}

/// An operation of three operands and a result of one precision.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FpTernary {
    /// `a + b * c`, rounded once.
    MulAdd,
}

impl FpUnary {
    pub(crate) const fn op16(self) -> FpOp {
        match self {
            Self::Sqrt => FpOp::Sqrt16,
        }
    }

    pub(crate) const fn op32(self) -> FpOp {
        match self {
            Self::Sqrt => FpOp::Sqrt32,
        }
    }

    pub(crate) const fn op64(self) -> FpOp {
        match self {
            Self::Sqrt => FpOp::Sqrt64,
        }
    }
}

impl FpBinary {
    pub(crate) const fn op16(self) -> FpOp {
        match self {
            Self::Add => FpOp::Add16,
            Self::Sub => FpOp::Sub16,
            Self::Mul => FpOp::Mul16,
            Self::Div => FpOp::Div16,
        }
    }

    pub(crate) const fn op32(self) -> FpOp {
        match self {
            Self::Add => FpOp::Add32,
            Self::Sub => FpOp::Sub32,
            Self::Mul => FpOp::Mul32,
            Self::Div => FpOp::Div32,
        }
    }

    pub(crate) const fn op64(self) -> FpOp {
        match self {
            Self::Add => FpOp::Add64,
            Self::Sub => FpOp::Sub64,
            Self::Mul => FpOp::Mul64,
            Self::Div => FpOp::Div64,
        }
    }
}

impl FpTernary {
    pub(crate) const fn op16(self) -> FpOp {
        match self {
            Self::MulAdd => FpOp::MulAdd16,
        }
    }

    pub(crate) const fn op32(self) -> FpOp {
        match self {
            Self::MulAdd => FpOp::MulAdd32,
        }
    }

    pub(crate) const fn op64(self) -> FpOp {
        match self {
            Self::MulAdd => FpOp::MulAdd64,
        }
    }
}

/// The floating-point part of the machine.
///
/// Registers hold a single or a double, of types that a machine may keep apart
/// from words. The provided methods express everything in the required ones; a
/// machine overrides those that it can do better.
pub trait VfpMachine: SystemMachine {
    /// What a single-precision register holds.
    type Single: Copy;
    /// What a double-precision register holds.
    type Double: Copy;

    /// Reads a single.
    fn single(&mut self, reg: SReg) -> Self::Single;
    /// Writes a single; the other half of its double stays.
    fn set_single(&mut self, reg: SReg, value: Self::Single);
    /// Reads a double.
    fn double(&mut self, reg: DReg) -> Self::Double;
    /// Writes a double.
    fn set_double(&mut self, reg: DReg, value: Self::Double);

    /// Takes the bits of a single.
    fn single_to_word(&mut self, a: Self::Single) -> Self::Word;
    /// Makes a single of its bits.
    fn single_from_word(&mut self, a: Self::Word) -> Self::Single;
    /// Takes the bits of a double.
    fn double_to_dword(&mut self, a: Self::Double) -> Self::Dword;
    /// Makes a double of its bits.
    fn double_from_dword(&mut self, a: Self::Dword) -> Self::Double;

    /// Reads FPSCR.
    fn fpscr(&mut self) -> Self::Word;
    /// Reads the condition flags of FPSCR.
    fn fpscr_flags(&mut self) -> Self::Flags;
    /// Writes the condition flags of FPSCR.
    fn set_fpscr_flags(&mut self, flags: Self::Flags);
    /// Writes FPSCR, control bits included. A machine that translates leaves if
    /// what the translation depends on may change.
    fn set_fpscr(&mut self, value: Self::Word) -> Flow;

    /// Performs an operation as FPSCR says and raises the cumulative flags there.
    fn fp(&mut self, op: FpOp, a: Self::Dword, b: Self::Dword, c: Self::Dword) -> Self::Dword;

    /// Reads a register that only privileged code may access, behind
    /// [`rarely`](SystemMachine::rarely). `None` means that the instruction is
    /// UNDEFINED.
    fn fp_system_reg(&mut self, _reg: FpSystemReg) -> Option<Self::Word> {
        None
    }
    /// Writes a register that only privileged code may access, behind
    /// [`rarely`](SystemMachine::rarely). `None` means that the instruction is
    /// UNDEFINED.
    fn set_fp_system_reg(&mut self, _reg: FpSystemReg, _value: Self::Word) -> Option<()> {
        None
    }

    /// Reads the bits of a single.
    fn sreg(&mut self, reg: SReg) -> Self::Word {
        let value = self.single(reg);
        self.single_to_word(value)
    }
    /// Writes the bits of a single; the other half of its double stays.
    fn set_sreg(&mut self, reg: SReg, value: Self::Word) {
        let value = self.single_from_word(value);
        self.set_single(reg, value);
    }
    /// Reads the bits of a double.
    fn dreg(&mut self, reg: DReg) -> Self::Dword {
        let value = self.double(reg);
        self.double_to_dword(value)
    }
    /// Writes the bits of a double.
    fn set_dreg(&mut self, reg: DReg, value: Self::Dword) {
        let value = self.double_from_dword(value);
        self.set_double(reg, value);
    }

    /// Loads a single.
    ///
    /// # Errors
    ///
    /// [`Abort`] when the access faults.
    fn load_single(&mut self, access: Access, address: Self::Word) -> Result<Self::Single, Abort> {
        let value = self.load(access, address)?;
        Ok(self.single_from_word(value))
    }
    /// Loads a double.
    ///
    /// # Errors
    ///
    /// [`Abort`] when the access faults.
    fn load_double(&mut self, access: Access, address: Self::Word) -> Result<Self::Double, Abort> {
        let value = self.load64(access, address)?;
        Ok(self.double_from_dword(value))
    }
    /// Stores a single.
    ///
    /// # Errors
    ///
    /// [`Abort`] when the access faults.
    fn store_single(
        &mut self,
        access: Access,
        address: Self::Word,
        value: Self::Single,
    ) -> Result<(), Abort> {
        let value = self.single_to_word(value);
        self.store(access, address, value)
    }
    /// Stores a double.
    ///
    /// # Errors
    ///
    /// [`Abort`] when the access faults.
    fn store_double(
        &mut self,
        access: Access,
        address: Self::Word,
        value: Self::Double,
    ) -> Result<(), Abort> {
        let value = self.double_to_dword(value);
        self.store64(access, address, value)
    }

    /// `FPNeg()` of a single.
    fn fp_neg32(&mut self, a: Self::Single) -> Self::Single {
        let (a, sign) = (self.single_to_word(a), self.imm(1 << 31));
        let result = self.xor(a, sign);
        self.single_from_word(result)
    }
    /// `FPNeg()` of a double.
    fn fp_neg64(&mut self, a: Self::Double) -> Self::Double {
        let (a, sign) = (self.double_to_dword(a), self.imm64(1 << 63));
        let result = self.binary64(BinOp::Xor, a, sign);
        self.double_from_dword(result)
    }
    /// `FPAbs()` of a single.
    fn fp_abs32(&mut self, a: Self::Single) -> Self::Single {
        let a = self.single_to_word(a);
        let result = self.and_imm(a, !(1 << 31));
        self.single_from_word(result)
    }
    /// `FPAbs()` of a double.
    fn fp_abs64(&mut self, a: Self::Double) -> Self::Double {
        let (a, magnitude) = (self.double_to_dword(a), self.imm64(!(1 << 63)));
        let result = self.binary64(BinOp::And, a, magnitude);
        self.double_from_dword(result)
    }

    /// An operation of a single.
    fn fp_unary32(&mut self, op: FpUnary, a: Self::Single) -> Self::Single {
        let (a, zero) = (extended(self, a), self.imm64(0));
        let result = self.fp(op.op32(), a, zero, zero);
        narrowed(self, result)
    }
    /// An operation of a double.
    fn fp_unary64(&mut self, op: FpUnary, a: Self::Double) -> Self::Double {
        let (a, zero) = (self.double_to_dword(a), self.imm64(0));
        let result = self.fp(op.op64(), a, zero, zero);
        self.double_from_dword(result)
    }
    /// An operation of two singles.
    fn fp_binary32(&mut self, op: FpBinary, a: Self::Single, b: Self::Single) -> Self::Single {
        let (a, b, zero) = (extended(self, a), extended(self, b), self.imm64(0));
        let result = self.fp(op.op32(), a, b, zero);
        narrowed(self, result)
    }
    /// An operation of two doubles.
    fn fp_binary64(&mut self, op: FpBinary, a: Self::Double, b: Self::Double) -> Self::Double {
        let (a, b) = (self.double_to_dword(a), self.double_to_dword(b));
        let zero = self.imm64(0);
        let result = self.fp(op.op64(), a, b, zero);
        self.double_from_dword(result)
    }
    /// An operation of three singles.
    fn fp_ternary32(
        &mut self,
        op: FpTernary,
        a: Self::Single,
        b: Self::Single,
        c: Self::Single,
    ) -> Self::Single {
        let (a, b, c) = (extended(self, a), extended(self, b), extended(self, c));
        let result = self.fp(op.op32(), a, b, c);
        narrowed(self, result)
    }
    /// An operation of three doubles.
    fn fp_ternary64(
        &mut self,
        op: FpTernary,
        a: Self::Double,
        b: Self::Double,
        c: Self::Double,
    ) -> Self::Double {
        let (a, b) = (self.double_to_dword(a), self.double_to_dword(b));
        let c = self.double_to_dword(c);
        let result = self.fp(op.op64(), a, b, c);
        self.double_from_dword(result)
    }

    /// Compares singles.
    fn fp_compare32(&mut self, signalling: bool, a: Self::Single, b: Self::Single) -> Self::Flags {
        let op = FpOp::compare32(signalling);
        let (a, b, zero) = (extended(self, a), extended(self, b), self.imm64(0));
        let result = self.fp(op, a, b, zero);
        let word = self.low(result);
        self.flags_from_psr(word)
    }
    /// Compares doubles.
    fn fp_compare64(&mut self, signalling: bool, a: Self::Double, b: Self::Double) -> Self::Flags {
        let op = FpOp::compare64(signalling);
        let (a, b) = (self.double_to_dword(a), self.double_to_dword(b));
        let zero = self.imm64(0);
        let result = self.fp(op, a, b, zero);
        let word = self.low(result);
        self.flags_from_psr(word)
    }

    /// Converts a single to a double.
    fn fp_widen(&mut self, a: Self::Single) -> Self::Double {
        let (a, zero) = (extended(self, a), self.imm64(0));
        let result = self.fp(FpOp::Widen, a, zero, zero);
        self.double_from_dword(result)
    }
    /// Converts a double to a single.
    fn fp_narrow(&mut self, a: Self::Double) -> Self::Single {
        let (a, zero) = (self.double_to_dword(a), self.imm64(0));
        let result = self.fp(FpOp::Narrow, a, zero, zero);
        narrowed(self, result)
    }
    /// Converts the half in bits 15 to 0, whatever is above, to a single.
    fn fp_half_to_single(&mut self, a: Self::Word) -> Self::Single {
        let (a, zero) = (self.zext64(a), self.imm64(0));
        let result = self.fp(FpOp::HalfToSingle, a, zero, zero);
        narrowed(self, result)
    }
    /// Converts a single to a half, zero-extended.
    fn fp_single_to_half(&mut self, a: Self::Single) -> Self::Word {
        let (a, zero) = (extended(self, a), self.imm64(0));
        let result = self.fp(FpOp::SingleToHalf, a, zero, zero);
        self.low(result)
    }
    /// Converts a single to fixed point, extended to a word by its sign or by
    /// zeroes.
    fn fp_to_fixed32(&mut self, to: Conversion, a: Self::Single) -> Self::Word {
        let (a, b, zero) = (extended(self, a), self.imm64(to.bits()), self.imm64(0));
        let result = self.fp(FpOp::ToFixed32, a, b, zero);
        self.low(result)
    }
    /// Converts a double to fixed point, extended to a word by its sign or by
    /// zeroes.
    fn fp_to_fixed64(&mut self, to: Conversion, a: Self::Double) -> Self::Word {
        let (a, b) = (self.double_to_dword(a), self.imm64(to.bits()));
        let zero = self.imm64(0);
        let result = self.fp(FpOp::ToFixed64, a, b, zero);
        self.low(result)
    }
    /// Converts fixed point, whatever is above its width, to a single.
    fn fp_from_fixed32(&mut self, from: Conversion, a: Self::Word) -> Self::Single {
        let (a, b, zero) = (self.zext64(a), self.imm64(from.bits()), self.imm64(0));
        let result = self.fp(FpOp::FromFixed32, a, b, zero);
        narrowed(self, result)
    }
    /// Converts fixed point, whatever is above its width, to a double.
    fn fp_from_fixed64(&mut self, from: Conversion, a: Self::Word) -> Self::Double {
        let (a, b, zero) = (self.zext64(a), self.imm64(from.bits()), self.imm64(0));
        let result = self.fp(FpOp::FromFixed64, a, b, zero);
        self.double_from_dword(result)
    }
}

/// The bits of a single as an operand of [`VfpMachine::fp`].
fn extended<M: VfpMachine + ?Sized>(m: &mut M, a: M::Single) -> M::Dword {
    let word = m.single_to_word(a);
    m.zext64(word)
}

/// The single in a result of [`VfpMachine::fp`].
fn narrowed<M: VfpMachine + ?Sized>(m: &mut M, result: M::Dword) -> M::Single {
    let word = m.low(result);
    m.single_from_word(word)
}
