//! Arguments of Advanced SIMD data processing.

use core::fmt;

use dbt_isa::ops::Size;

use crate::fp_reg::{DReg, FpRegList, VReg};
use crate::imm::Imm8;
use crate::reg::Reg;

/// What the elements of a vector are.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ElementKind {
    /// Patterns of bits.
    Bits,
    /// Integers, whether signed or not.
    Int,
    /// Signed integers.
    Signed,
    /// Unsigned integers.
    Unsigned,
    /// Polynomials over {0, 1}.
    Poly,
    /// Floating-point numbers.
    Float,
}

/// The data type of a vector's elements, as the mnemonic names it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdTy {
    /// What they are.
    pub kind: ElementKind,
    /// How large they are.
    pub size: Size,
}

/// Returns the size of two to the power of `log2` bytes.
#[inline]
#[must_use]
pub const fn size_of_log2(log2: u32) -> Size {
    match log2 & 3 {
        0 => Size::Byte,
        1 => Size::Half,
        2 => Size::Word,
        _ => Size::Dword,
    }
}

impl SimdTy {
    /// Single precision.
    pub const F32: Self = Self::new(ElementKind::Float, 2);
    /// Half precision.
    pub const F16: Self = Self::new(ElementKind::Float, 1);
    /// Polynomials of 8 bits.
    pub const P8: Self = Self::new(ElementKind::Poly, 0);
    /// Polynomials of 64 bits.
    pub const P64: Self = Self::new(ElementKind::Poly, 3);
    /// For what does not depend on elements.
    pub const NONE: Self = Self::new(ElementKind::Bits, 0);

    const fn new(kind: ElementKind, log2: u32) -> Self {
        Self {
            kind,
            size: size_of_log2(log2),
        }
    }

    /// Unsigned integers if `u` is set, else signed ones, of `2^size` bytes.
    #[inline]
    #[must_use]
    pub const fn su(u: u32, size: u32) -> Self {
        if u == 0 {
            Self::signed(size)
        } else {
            Self::unsigned(size)
        }
    }

    /// Signed integers of `2^size` bytes.
    #[inline]
    #[must_use]
    pub const fn signed(size: u32) -> Self {
        Self::new(ElementKind::Signed, size)
    }

    /// Unsigned integers of `2^size` bytes.
    #[inline]
    #[must_use]
    pub const fn unsigned(size: u32) -> Self {
        Self::new(ElementKind::Unsigned, size)
    }

    /// Integers of `2^size` bytes.
    #[inline]
    #[must_use]
    pub const fn int(size: u32) -> Self {
        Self::new(ElementKind::Int, size)
    }

    /// Patterns of `2^size` bytes.
    #[inline]
    #[must_use]
    pub const fn bits(size: u32) -> Self {
        Self::new(ElementKind::Bits, size)
    }

    /// Floating-point numbers of `2^size` bytes.
    #[inline]
    #[must_use]
    pub const fn float(size: u32) -> Self {
        Self::new(ElementKind::Float, size)
    }

    /// Polynomials of `2^size` bytes.
    #[inline]
    #[must_use]
    pub const fn poly(size: u32) -> Self {
        Self::new(ElementKind::Poly, size)
    }

    /// Returns the letter of the kind.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self.kind {
            ElementKind::Bits => "",
            ElementKind::Int => "i",
            ElementKind::Signed => "s",
            ElementKind::Unsigned => "u",
            ElementKind::Poly => "p",
            ElementKind::Float => "f",
        }
    }

    /// Whether the elements are signed integers.
    #[inline]
    #[must_use]
    pub const fn is_signed(self) -> bool {
        matches!(self.kind, ElementKind::Signed)
    }
}

impl fmt::Display for SimdTy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.letter(), self.size.bytes() * 8)
    }
}

/// Whether a quadword is asked for (`q` is set) that would start at a doubleword
/// with an odd number, given all numbers in question or-ed.
#[inline]
pub(crate) const fn odd(q: u32, registers: u32) -> bool {
    q & registers & 1 == 1
}

/// Three vectors.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Simd3 {
    /// The type that the mnemonic names.
    pub ty: SimdTy,
    /// Destination.
    pub d: VReg,
    /// First operand.
    pub n: VReg,
    /// Second operand.
    pub m: VReg,
}

impl Simd3 {
    /// Returns registers of one length, quadwords if `q` is set.
    #[inline]
    #[must_use]
    pub const fn new(ty: SimdTy, q: u32, d: u32, n: u32, m: u32) -> Self {
        Self::mixed(ty, [q; 3], d, n, m)
    }

    /// Returns registers of which `q` tells the quadwords.
    #[inline]
    #[must_use]
    pub const fn mixed(ty: SimdTy, q: [u32; 3], d: u32, n: u32, m: u32) -> Self {
        Self {
            ty,
            d: VReg::new(q[0], d),
            n: VReg::new(q[1], n),
            m: VReg::new(q[2], m),
        }
    }
}

/// Two vectors.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Simd2 {
    /// The type that the mnemonic names.
    pub ty: SimdTy,
    /// Destination.
    pub d: VReg,
    /// Operand.
    pub m: VReg,
}

impl Simd2 {
    /// Returns registers of one length, quadwords if `q` is set.
    #[inline]
    #[must_use]
    pub const fn new(ty: SimdTy, q: u32, d: u32, m: u32) -> Self {
        Self {
            ty,
            d: VReg::new(q, d),
            m: VReg::new(q, m),
        }
    }

    /// Returns a doubleword made of a quadword, whose type is named.
    #[inline]
    #[must_use]
    pub const fn narrow(ty: SimdTy, d: u32, m: u32) -> Self {
        Self {
            ty,
            d: VReg::new(0, d),
            m: VReg::new(1, m),
        }
    }
}

/// Two vectors and a scalar.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdScalar3 {
    /// The type that the mnemonic names.
    pub ty: SimdTy,
    /// Destination.
    pub d: VReg,
    /// First operand.
    pub n: VReg,
    /// The doubleword that holds the scalar.
    pub m: DReg,
    /// Which of its elements is the scalar.
    pub x: u8,
}

impl SimdScalar3 {
    /// Returns the registers of the fields; the field of the scalar holds register
    /// and index, as the size of elements says.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "fields of five bits")]
    pub const fn new(
        ty: SimdTy,
        quad_d: u32,
        quad_n: u32,
        d: u32,
        n: u32,
        size: u32,
        m: u32,
    ) -> Self {
        let register_bits = if size == 1 { 3 } else { 4 };
        Self {
            ty,
            d: VReg::new(quad_d, d),
            n: VReg::new(quad_n, n),
            m: DReg::new(m & ((1 << register_bits) - 1)),
            x: (m >> register_bits) as u8,
        }
    }
}

impl SimdScalar3 {
    /// Returns registers of one length, quadwords if `q` is set, and element `x` of a
    /// doubleword.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "a field of two bits")]
    pub const fn element(ty: SimdTy, q: u32, d: u32, n: u32, m: u32, x: u32) -> Self {
        Self {
            ty,
            d: VReg::new(q, d),
            n: VReg::new(q, n),
            m: DReg::new(m),
            x: x as u8,
        }
    }
}

/// `VEXT`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdExt {
    /// Destination.
    pub d: VReg,
    /// What the result begins with.
    pub n: VReg,
    /// What it ends with.
    pub m: VReg,
    /// The first byte of `n` that is taken.
    pub imm: Imm8,
}

impl SimdExt {
    /// Returns the arguments of the fields.
    #[inline]
    #[must_use]
    pub const fn new(q: u32, d: u32, n: u32, m: u32, imm: u32) -> Self {
        Self {
            d: VReg::new(q, d),
            n: VReg::new(q, n),
            m: VReg::new(q, m),
            imm: Imm8::new(imm),
        }
    }
}

/// `VTBL`, `VTBX`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdTable {
    /// Destination.
    pub d: DReg,
    /// The table.
    pub list: FpRegList,
    /// Indices.
    pub m: DReg,
}

/// `VDUP` of a scalar.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdDup {
    /// The size of elements.
    pub size: SimdTy,
    /// Destination.
    pub d: VReg,
    /// The doubleword that holds the scalar.
    pub m: DReg,
    /// Which of its elements is the scalar.
    pub x: u8,
}

impl SimdDup {
    /// Returns the arguments of the fields: the lowest one of `imm4` tells the size,
    /// what is above it the element.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "a field of four bits")]
    pub const fn new(q: u32, d: u32, imm4: u32, m: u32) -> Self {
        let log2 = imm4.trailing_zeros();
        Self {
            size: SimdTy::bits(log2),
            d: VReg::new(q, d),
            m: DReg::new(m),
            x: (imm4 >> ((log2 & 3) + 1)) as u8,
        }
    }
}

/// `VMOV` between a core register and an element.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdLane {
    /// The type of the element.
    pub ty: SimdTy,
    /// Core register.
    pub t: Reg,
    /// Doubleword.
    pub d: DReg,
    /// Which of its elements.
    pub x: u8,
}

impl SimdLane {
    /// Returns element `x` of a doubleword.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "a field of three bits")]
    pub const fn new(ty: SimdTy, t: Reg, d: DReg, x: u32) -> Self {
        Self {
            ty,
            t,
            d,
            x: x as u8,
        }
    }
}

/// `VDUP` of a core register.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdDupCore {
    /// The size of elements.
    pub size: SimdTy,
    /// Destination.
    pub d: VReg,
    /// Core register.
    pub t: Reg,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_found() {
        let ty = SimdTy::int(1);
        let args = SimdScalar3::new(ty, 0, 0, 0, 0, 1, 0b11_010);
        assert_eq!((args.m, args.x), (DReg::new(2), 3));
        let args = SimdScalar3::new(ty, 0, 0, 0, 0, 2, 0b1_1010);
        assert_eq!((args.m, args.x), (DReg::new(10), 1));
    }
}
