//! Loads and stores, exclusive and atomic ones among them.

use dbt_core::ir::Width;
use dbt_isa::ops::Size;

use super::{Asm, rd, rm, rn, sf};
use crate::regs::Reg;

/// How the low half of an index is extended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Extend {
    Uxtw,
    Sxtw,
}

impl Extend {
    /// `option` of a load or store.
    const fn bits(self) -> u32 {
        match self {
            Self::Uxtw => 0b010 << 13,
            Self::Sxtw => 0b110 << 13,
        }
    }
}

/// The memory operand of a load or store.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mem {
    /// `[base, #offset]`: see [`offset_fits`].
    Offset { base: Reg, offset: i32 },
    /// `[base, index, UXTW]`, or `SXTW`.
    Index {
        base: Reg,
        index: Reg,
        extend: Extend,
    },
    /// The same with the index scaled by the size of the access.
    Element {
        base: Reg,
        index: Reg,
        extend: Extend,
    },
    /// `[base, #offset]!`, between -256 and 255.
    Before { base: Reg, offset: i32 },
    /// `[base], #offset`, between -256 and 255.
    After { base: Reg, offset: i32 },
}

impl Mem {
    /// Returns the operand's part of an access of so many bytes.
    pub(super) fn bits(self, bytes: u32) -> u32 {
        let unscaled = |offset: i32| (offset.cast_unsigned() & 0x1ff) << 12;
        match self {
            Self::Offset { base, offset } => {
                let bytes = bytes.cast_signed();
                if offset >= 0 && offset % bytes == 0 && offset / bytes < 4096 {
                    let scaled = (offset / bytes).cast_unsigned();
                    0x3900_0000 | scaled << 10 | rn(base)
                } else {
                    0x3800_0000 | unscaled(offset) | rn(base)
                }
            }
            Self::Index {
                base,
                index,
                extend,
            } => 0x3820_0800 | extend.bits() | rm(index) | rn(base),
            Self::Element {
                base,
                index,
                extend,
            } => 0x3820_1800 | extend.bits() | rm(index) | rn(base),
            Self::Before { base, offset } => 0x3800_0c00 | unscaled(offset) | rn(base),
            Self::After { base, offset } => 0x3800_0400 | unscaled(offset) | rn(base),
        }
    }
}

/// A load or store of one register.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Transfer {
    Store(Size),
    /// Zero-extended.
    Load(Size),
    /// Sign-extended to a width.
    LoadSigned(Size, Width),
}

impl Transfer {
    const fn size(self) -> Size {
        match self {
            Self::Store(size) | Self::Load(size) | Self::LoadSigned(size, _) => size,
        }
    }

    /// The bits that tell size and direction: `size`, bits 31 and 30, and `opc`,
    /// bits 23 and 22.
    const fn bits(self) -> u32 {
        let size = (self.size() as u32) << 30;
        let opc = match self {
            Self::Store(_) => 0,
            Self::Load(_) => 1,
            Self::LoadSigned(_, Width::W64) => 2,
            Self::LoadSigned(_, Width::W32) => 3,
        };
        size | opc << 22
    }
}

/// Tells whether an offset fits a load or store of this size.
pub(crate) const fn offset_fits(size: Size, offset: i32) -> bool {
    let bytes = size.bytes().cast_signed();
    (offset >= -256 && offset < 256)
        || (offset >= 0 && offset % bytes == 0 && offset / bytes < 4096)
}

/// Memory.
impl Asm<'_> {
    /// A load or store of one register.
    pub(crate) fn transfer(&mut self, what: Transfer, reg: Reg, mem: Mem) {
        let operand = mem.bits(what.size().bytes());
        self.word(what.bits() | operand | rd(reg));
    }

    /// A load of 32 or 64 bits.
    pub(crate) fn load(&mut self, width: Width, reg: Reg, base: Reg, offset: i32) {
        self.transfer(
            Transfer::Load(size_of(width)),
            reg,
            Mem::Offset { base, offset },
        );
    }

    /// A store of 32 or 64 bits.
    pub(crate) fn store(&mut self, width: Width, reg: Reg, base: Reg, offset: i32) {
        self.transfer(
            Transfer::Store(size_of(width)),
            reg,
            Mem::Offset { base, offset },
        );
    }

    /// `LDP`, `STP` with an offset that is a multiple of the size.
    pub(crate) fn pair(
        &mut self,
        load: bool,
        width: Width,
        first: Reg,
        second: Reg,
        base: Reg,
        offset: i32,
    ) {
        self.pair_with(0x2900_0000, load, width, first, second, base, offset);
    }

    /// `LDR` of 64 bits from `[base, index, UXTW #3]`.
    pub(crate) fn load_element(&mut self, reg: Reg, base: Reg, index: Reg) {
        self.word(0xf860_5800 | rm(index) | rn(base) | rd(reg));
    }

    /// `LDR` of a word at a place that is [patched](Self::patch) later. Returns where
    /// it is.
    pub(crate) fn load_literal(&mut self, reg: Reg) -> u32 {
        let at = self.offset();
        self.word(0x1800_0000 | rd(reg));
        at
    }

    /// `LDP`, `STP` of words at an operand that is no index.
    pub(crate) fn pair_at(&mut self, load: bool, first: Reg, second: Reg, mem: Mem) {
        let (form, base, offset) = match mem {
            Mem::Before { base, offset } => (0x2980_0000, base, offset),
            Mem::After { base, offset } => (0x2880_0000, base, offset),
            Mem::Offset { base, offset } => (0x2900_0000, base, offset),
            Mem::Index { base, .. } | Mem::Element { base, .. } => (0x2900_0000, base, 0),
        };
        self.pair_with(form, load, Width::W32, first, second, base, offset);
    }

    /// `STP` that first adds the offset to the base.
    pub(crate) fn push_pair(&mut self, first: Reg, second: Reg, base: Reg, offset: i32) {
        self.pair_with(0x2980_0000, false, Width::W64, first, second, base, offset);
    }

    /// `LDP` that adds the offset to the base afterwards.
    pub(crate) fn pop_pair(&mut self, first: Reg, second: Reg, base: Reg, offset: i32) {
        self.pair_with(0x2880_0000, true, Width::W64, first, second, base, offset);
    }

    #[allow(clippy::too_many_arguments, reason = "the fields of the encoding")]
    fn pair_with(
        &mut self,
        form: u32,
        load: bool,
        width: Width,
        first: Reg,
        second: Reg,
        base: Reg,
        offset: i32,
    ) {
        let scaled = (offset / if width == Width::W64 { 8 } else { 4 }).cast_unsigned() & 0x7f;
        let op = sf(width) | form | u32::from(load) << 22;
        self.word(op | scaled << 15 | u32::from(second.0) << 10 | rn(base) | rd(first));
    }

    /// `LDAR`.
    pub(crate) fn load_acquire(&mut self, size: Size, reg: Reg, base: Reg) {
        self.word((size as u32) << 30 | 0x08df_fc00 | rn(base) | rd(reg));
    }

    /// `STLR`.
    pub(crate) fn store_release(&mut self, size: Size, reg: Reg, base: Reg) {
        self.word((size as u32) << 30 | 0x089f_fc00 | rn(base) | rd(reg));
    }

    /// `LDAXR`.
    pub(crate) fn load_exclusive(&mut self, size: Size, reg: Reg, base: Reg) {
        self.word((size as u32) << 30 | 0x085f_fc00 | rn(base) | rd(reg));
    }

    /// `STLXR`: `status` is zero if it was stored.
    pub(crate) fn store_exclusive(&mut self, size: Size, status: Reg, reg: Reg, base: Reg) {
        self.word((size as u32) << 30 | 0x0800_fc00 | rm(status) | rn(base) | rd(reg));
    }

    /// `CLREX`.
    pub(crate) fn clear_exclusive(&mut self) {
        self.word(0xd503_3f5f);
    }

    /// `CASAL` (FEAT_LSE): `expected` receives what memory held.
    pub(crate) fn compare_and_swap(&mut self, size: Size, expected: Reg, new: Reg, base: Reg) {
        self.word((size as u32) << 30 | 0x08e0_fc00 | rm(expected) | rn(base) | rd(new));
    }

    /// `DMB ISH`.
    pub(crate) fn barrier(&mut self) {
        self.word(0xd503_3bbf);
    }
}

const fn size_of(width: Width) -> Size {
    match width {
        Width::W32 => Size::Word,
        Width::W64 => Size::Dword,
    }
}
