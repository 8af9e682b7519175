//! Types of values, and widths of operations.

/// The type of a value.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Ty {
    /// One bit.
    I1,
    /// 32 bits.
    I32,
    /// 64 bits.
    I64,
    /// N, Z, C and V as one value, so that a host may keep them in its own
    /// flags, recompute them, or pack them.
    Flags,
    /// 32 bits in a floating-point or vector register: a single.
    V32,
    /// 64 bits in a floating-point or vector register: a double, or elements.
    V64,
    /// 128 bits in a vector register: elements.
    V128,
}

impl Ty {
    /// Tells whether values of the type belong in floating-point or vector
    /// registers.
    #[must_use]
    pub const fn is_vector(self) -> bool {
        matches!(self, Self::V32 | Self::V64 | Self::V128)
    }
}

/// The width of an operation.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Width {
    /// Operands and result of 32 bits.
    W32,
    /// Operands and result of 64 bits.
    W64,
}

impl Width {
    /// Returns the number of bytes.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        match self {
            Self::W32 => 4,
            Self::W64 => 8,
        }
    }

    /// Returns the type of an operand.
    #[must_use]
    pub const fn ty(self) -> Ty {
        match self {
            Self::W32 => Ty::I32,
            Self::W64 => Ty::I64,
        }
    }

    /// Returns the type of a value of this width in a floating-point or vector
    /// register.
    #[must_use]
    pub const fn vector_ty(self) -> Ty {
        match self {
            Self::W32 => Ty::V32,
            Self::W64 => Ty::V64,
        }
    }
}

/// The width of a value in a floating-point or vector register.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum VectorWidth {
    /// 32 bits.
    V32,
    /// 64 bits.
    V64,
    /// 128 bits.
    V128,
}

impl VectorWidth {
    /// Returns the number of bytes.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        match self {
            Self::V32 => 4,
            Self::V64 => 8,
            Self::V128 => 16,
        }
    }

    /// Returns the type of a value.
    #[must_use]
    pub const fn ty(self) -> Ty {
        match self {
            Self::V32 => Ty::V32,
            Self::V64 => Ty::V64,
            Self::V128 => Ty::V128,
        }
    }

    /// Returns the width of values of a type, if they belong in floating-point or
    /// vector registers.
    #[must_use]
    pub const fn of(ty: Ty) -> Option<Self> {
        match ty {
            Ty::V32 => Some(Self::V32),
            Ty::V64 => Some(Self::V64),
            Ty::V128 => Some(Self::V128),
            _ => None,
        }
    }
}

impl From<Width> for VectorWidth {
    fn from(width: Width) -> Self {
        match width {
            Width::W32 => Self::V32,
            Width::W64 => Self::V64,
        }
    }
}
