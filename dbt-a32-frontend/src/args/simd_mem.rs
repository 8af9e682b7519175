//! Arguments of Advanced SIMD loads and stores of elements and structures.

use core::fmt;

use dbt_isa::ops::Size;

use super::SimdTy;
use crate::fp_reg::DReg;
use crate::reg::{Reg, r};

/// Doublewords with equal distances.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdList {
    /// The first.
    pub first: DReg,
    /// How many there are.
    pub count: u8,
    /// The distance of their numbers, 1 or 2.
    pub spacing: u8,
}

impl SimdList {
    /// Returns `count` registers from the one with number `first` on.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "at most four registers")]
    pub const fn new(first: u32, count: u32, spacing: u32) -> Self {
        Self {
            first: DReg::new(first),
            count: count as u8,
            spacing: spacing as u8,
        }
    }

    /// Returns one of the registers.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "register numbers")]
    pub const fn get(self, index: u32) -> DReg {
        DReg::new(self.first.index() as u32 + index * self.spacing as u32)
    }
}

/// Which elements of the registers are transferred.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Lanes {
    /// Each, with its own place in memory.
    Every,
    /// One of each register.
    One(u8),
    /// All of a register, from one place in memory.
    All,
}

/// What is added to the base register.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PostIndex {
    /// Nothing.
    None,
    /// The number of bytes transferred.
    Size,
    /// A register.
    Reg(Reg),
}

impl PostIndex {
    /// Returns what the field Rm means.
    #[inline]
    #[must_use]
    pub const fn new(m: u32) -> Self {
        match m {
            15 => Self::None,
            13 => Self::Size,
            m => Self::Reg(r(m)),
        }
    }
}

/// The address of elements.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdAddress {
    /// Base.
    pub n: Reg,
    /// Of what number of bytes the address must be a multiple; 1 if of none.
    pub align: u8,
    /// What is added to the base afterwards.
    pub index: PostIndex,
}

/// A load or store of elements or structures.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SimdMem {
    /// The size of elements.
    pub size: SimdTy,
    /// The number of elements in a structure.
    pub elements: u8,
    /// Registers loaded or stored.
    pub list: SimdList,
    /// Which elements of them.
    pub lanes: Lanes,
    /// Where they are in memory.
    pub address: SimdAddress,
}

#[allow(clippy::cast_possible_truncation, reason = "fields of a few bits")]
impl SimdMem {
    /// The transfer of multiple structures.
    #[inline]
    #[must_use]
    pub const fn multiple(
        elements: u32,
        size: u32,
        list: SimdList,
        n: u32,
        align: u32,
        m: u32,
    ) -> Self {
        Self {
            size: SimdTy::bits(size),
            elements: elements as u8,
            list,
            lanes: Lanes::Every,
            address: SimdAddress {
                n: r(n),
                align: if align == 0 { 1 } else { 4 << align },
                index: PostIndex::new(m),
            },
        }
    }

    /// The transfer of a structure from or to one lane.
    #[inline]
    #[must_use]
    pub const fn lane(elements: u32, size: u32, align: u32, d: u32, n: u32, m: u32) -> Self {
        let bytes = 1 << size;
        let low = align & ((1 << size) - 1);
        let aligned = match (elements, size) {
            (1, 1) => low != 0,
            (1, 2) => low == 3,
            (2 | 4, 0 | 1) => align & 1 != 0,
            (2, _) => align & 1 != 0,
            (4, _) => align & 3 != 0,
            _ => false,
        };
        let unit = match (elements, size) {
            (4, 2) => 4 << (align & 3),
            _ => elements * bytes,
        };
        Self {
            size: SimdTy::bits(size),
            elements: elements as u8,
            list: SimdList::new(d, elements, lane_spacing(size, align)),
            lanes: Lanes::One((align >> (size + 1)) as u8),
            address: SimdAddress {
                n: r(n),
                align: if aligned { unit as u8 } else { 1 },
                index: PostIndex::new(m),
            },
        }
    }

    /// The load of a structure to all lanes.
    #[inline]
    #[must_use]
    pub const fn all(elements: u32, size: u32, t: u32, align: u32, d: u32, n: u32, m: u32) -> Self {
        let unit = match (elements, size) {
            (4, 3) => 16,
            (4, 2) => 8,
            _ => elements << size,
        };
        let size = if size == 3 { 2 } else { size };
        let list = match elements {
            1 => SimdList::new(d, 1 + t, 1),
            _ => SimdList::new(d, elements, 1 + t),
        };
        Self {
            size: SimdTy::bits(size),
            elements: elements as u8,
            list,
            lanes: Lanes::All,
            address: SimdAddress {
                n: r(n),
                align: if align == 0 { 1 } else { unit as u8 },
                index: PostIndex::new(m),
            },
        }
    }

    /// The number of bytes in memory.
    #[inline]
    #[must_use]
    pub const fn bytes(self) -> u32 {
        match self.lanes {
            Lanes::Every => 8 * self.list.count as u32,
            Lanes::One(_) | Lanes::All => self.elements as u32 * self.element_bytes(),
        }
    }

    /// The number of bytes of an element.
    #[inline]
    #[must_use]
    pub const fn element_bytes(self) -> u32 {
        self.size.size.bytes()
    }

    /// The size of an element.
    #[inline]
    #[must_use]
    pub const fn element(self) -> Size {
        self.size.size
    }
}

/// Whether the field `index_align` of a transfer of one lane is UNDEFINED.
#[inline]
pub(crate) const fn bad_lane(elements: u32, size: u32, align: u32) -> bool {
    match (elements, size) {
        (1, 0) => align & 1 != 0,
        (1, 1) => align & 2 != 0,
        (1, _) => align & 4 != 0 || matches!(align & 3, 1 | 2),
        (2, 2) => align & 2 != 0,
        (3, 0 | 1) => align & 1 != 0,
        (3, _) => align & 3 != 0,
        (4, 2) => align & 3 == 3,
        _ => false,
    }
}

/// The distance of the registers of a transfer of one lane.
#[inline]
pub(crate) const fn lane_spacing(size: u32, align: u32) -> u32 {
    if size == 0 {
        1
    } else {
        1 + (align >> size & 1)
    }
}

/// The registers with their lanes, as they are printed.
#[derive(Clone, Copy, Debug)]
pub struct SimdElements(SimdList, Lanes);

impl SimdMem {
    /// Returns the registers with their lanes, for printing.
    #[must_use]
    pub const fn elements(&self) -> SimdElements {
        SimdElements(self.list, self.lanes)
    }
}

impl fmt::Display for SimdElements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for index in 0..self.0.count {
            if index != 0 {
                f.write_str(", ")?;
            }
            let register = self.0.get(index.into());
            match self.1 {
                Lanes::Every => write!(f, "{register}")?,
                Lanes::One(x) => write!(f, "{register}[{x}]")?,
                Lanes::All => write!(f, "{register}[]")?,
            }
        }
        f.write_str("}")
    }
}

impl fmt::Display for SimdAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { n, align, index } = self;
        match align {
            1 => write!(f, "[{n}]")?,
            align => {
                let bits = u32::from(*align) * 8;
                write!(f, "[{n}:{bits}]")?;
            }
        }
        match index {
            PostIndex::None => Ok(()),
            PostIndex::Size => f.write_str("!"),
            PostIndex::Reg(m) => write!(f, ", {m}"),
        }
    }
}
