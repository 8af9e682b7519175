//! Arguments of the three-register extensions of Advanced SIMD.

use core::fmt;

use super::{Simd3, SimdScalar3, SimdTy};
use crate::fp_reg::{DReg, FpReg, VReg, single};

/// A rotation by a multiple of 90 degrees.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct QuarterTurns(u8);

impl QuarterTurns {
    /// Returns the rotation by so many times 90 degrees, of which two bits count.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "masked to two bits")]
    pub const fn new(count: u32) -> Self {
        Self((count & 3) as u8)
    }

    /// How many times 90 degrees.
    #[inline]
    #[must_use]
    pub const fn count(self) -> u8 {
        self.0
    }
}

/// Prints the rotation in degrees.
impl fmt::Display for QuarterTurns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", 90 * u32::from(self.0))
    }
}

/// `VCADD`, `VCMLA`: elements are real and imaginary parts in turns.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdComplex {
    /// Type and registers.
    pub args: Simd3,
    /// How the second operand is rotated.
    pub rotation: QuarterTurns,
}

impl SimdComplex {
    /// Returns registers of one length, quadwords if `q` is set.
    #[inline]
    #[must_use]
    pub const fn new(ty: SimdTy, q: u32, d: u32, n: u32, m: u32, turns: u32) -> Self {
        Self {
            args: Simd3::new(ty, q, d, n, m),
            rotation: QuarterTurns::new(turns),
        }
    }
}

/// `VCMLA` by an element, which is a complex number.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdComplexScalar {
    /// Type and registers.
    pub args: SimdScalar3,
    /// How the element is rotated.
    pub rotation: QuarterTurns,
}

impl SimdComplexScalar {
    /// Returns registers of one length, quadwords if `q` is set, and complex number `x`
    /// of a doubleword.
    #[inline]
    #[must_use]
    pub const fn new(ty: SimdTy, q: u32, d: u32, n: u32, m: u32, x: u32, turns: u32) -> Self {
        Self {
            args: SimdScalar3::element(ty, q, d, n, m, x),
            rotation: QuarterTurns::new(turns),
        }
    }
}

/// The register of halves that fields name: a doubleword if `q` is set, else a single.
const fn halves(q: u32, v: u32, x: u32) -> FpReg {
    FpReg::new(q, v, x)
}

/// `VFMAL`, `VFMSL`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdHalves {
    /// Destination and addend: singles.
    pub d: VReg,
    /// First operand: half as many bits, of halves.
    pub n: FpReg,
    /// Second operand, likewise.
    pub m: FpReg,
}

impl SimdHalves {
    /// Returns the registers of the fields D:Vd, Vn, N, Vm and M; a quadword and
    /// doublewords if `q` is set, else a doubleword and singles.
    #[inline]
    #[must_use]
    pub const fn new(q: u32, d: u32, vn: u32, n: u32, vm: u32, m: u32) -> Self {
        Self {
            d: VReg::new(q, d),
            n: halves(q, vn, n),
            m: halves(q, vm, m),
        }
    }
}

/// `VFMAL`, `VFMSL` by an element.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdHalfScalar {
    /// Destination and addend: singles.
    pub d: VReg,
    /// First operand: half as many bits, of halves.
    pub n: FpReg,
    /// The register that holds the scalar.
    pub m: FpReg,
    /// Which of its halves is the scalar.
    pub x: u8,
}

impl SimdHalfScalar {
    /// Returns the registers of the fields D:Vd, Vn, N, Vm and M, which also name the
    /// element.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "fields of two bits")]
    pub const fn new(q: u32, d: u32, vn: u32, n: u32, vm: u32, m: u32) -> Self {
        let (reg, x) = if q == 0 {
            (FpReg::Single(single(vm & 7, m)), vm >> 3)
        } else {
            (FpReg::Double(DReg::new(vm & 7)), m << 1 | vm >> 3)
        };
        Self {
            d: VReg::new(q, d),
            n: halves(q, vn, n),
            m: reg,
            x: x as u8,
        }
    }
}

/// `VFMAB`, `VFMAT`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdBrain {
    /// Whether elements with odd numbers are multiplied (`VFMAT`).
    pub top: bool,
    /// The registers.
    pub args: Simd3,
}

/// `VFMAB`, `VFMAT` by an element.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdBrainScalar {
    /// Whether elements with odd numbers are multiplied (`VFMAT`).
    pub top: bool,
    /// The registers.
    pub args: SimdScalar3,
}
