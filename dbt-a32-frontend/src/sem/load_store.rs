//! Loads and stores of single registers and of pairs.
//!
//! See Arm ARM DDI 0406C.d, sections A4.6 and A8.8. Memory is accessed in
//! little-endian order; while data is big-endian, values are byte-reversed here.

use dbt_isa::machine::{Abort, Execution, Flow};
use dbt_isa::ops::{Access, Size, UnOp};

use super::Word;
use super::shift::shift;
use crate::args::{
    MemDualImm, MemDualLit, MemDualReg, MemImm, MemLit, MemReg, PreloadImm, PreloadLit, PreloadReg,
};
use crate::machine::{A32Machine, BranchKind};
use crate::operands::{AddrImm, AddrLit, AddrReg, Indexing};
use crate::reg::Reg;

/// The width of what is transferred, and how it fills a register.
#[derive(Clone, Copy)]
pub(super) struct Transfer {
    pub(super) size: Size,
    pub(super) signed: bool,
    pub(super) unprivileged: bool,
}

impl Transfer {
    pub(super) const WORD: Self = Self::new(Size::Word);
    pub(super) const HALF: Self = Self::new(Size::Half);
    pub(super) const BYTE: Self = Self::new(Size::Byte);

    const fn new(size: Size) -> Self {
        Self {
            size,
            signed: false,
            unprivileged: false,
        }
    }

    const fn signed(self) -> Self {
        Self {
            signed: true,
            ..self
        }
    }

    const fn unprivileged(self) -> Self {
        Self {
            unprivileged: true,
            ..self
        }
    }

    const fn access(self) -> Access {
        let mut access = Access::new(self.size);
        access.signed = self.signed;
        access.unprivileged = self.unprivileged;
        access
    }

    /// Loads in the current endianness.
    pub(super) fn load<M: A32Machine>(self, m: &mut M, address: Word<M>) -> Result<Word<M>, Abort> {
        if !m.big_endian() || matches!(self.size, Size::Byte) {
            return m.load(self.access(), address);
        }
        let value = m.load(
            Self {
                signed: false,
                ..self
            }
            .access(),
            address,
        )?;
        let value = m.unary(UnOp::ByteSwap, value);
        Ok(match self.size {
            Size::Half if self.signed => m.ashr_imm(value, 16),
            Size::Half => m.lshr_imm(value, 16),
            _ => value,
        })
    }

    /// Stores in the current endianness.
    fn store<M: A32Machine>(
        self,
        m: &mut M,
        address: Word<M>,
        value: Word<M>,
    ) -> Result<(), Abort> {
        let value = match self.size {
            Size::Byte => value,
            _ if !m.big_endian() => value,
            Size::Half => {
                let value = m.unary(UnOp::ByteSwap, value);
                m.lshr_imm(value, 16)
            }
            _ => m.unary(UnOp::ByteSwap, value),
        };
        m.store(self.access(), address, value)
    }
}

/// Reverses the bytes of a word while data is big-endian.
pub(super) fn swap_if_big<M: A32Machine>(m: &mut M, value: Word<M>) -> Word<M> {
    if m.big_endian() {
        m.unary(UnOp::ByteSwap, value)
    } else {
        value
    }
}

/// `Align(PC, 4)`.
pub(super) fn aligned_pc<M: A32Machine>(m: &mut M) -> Word<M> {
    let pc = m.reg(Reg::PC);
    if m.thumb() { m.and_imm(pc, !3) } else { pc }
}

/// `base + displacement`, without an addition of nothing.
pub(super) fn displace<M: A32Machine>(m: &mut M, base: Word<M>, displacement: u32) -> Word<M> {
    if displacement == 0 {
        base
    } else {
        m.add_imm(base, displacement)
    }
}

/// Where an access goes and what becomes of the base register.
struct Address<M: A32Machine> {
    /// The address of the access.
    at: Word<M>,
    /// The base register and its new value.
    wback: Option<(Reg, Word<M>)>,
}

impl<M: A32Machine> Address<M> {
    fn new(base: Word<M>, displaced: Word<M>, n: Reg, indexing: Indexing) -> Self {
        Self {
            at: if indexing.index() { displaced } else { base },
            wback: indexing.wback().then_some((n, displaced)),
        }
    }

    fn imm(m: &mut M, address: AddrImm) -> Self {
        // T32 has no separate encodings for some offsets from the aligned PC.
        let base = if address.n.is_pc() {
            aligned_pc(m)
        } else {
            m.reg(address.n)
        };
        let displaced = displace(m, base, address.displacement());
        Self::new(base, displaced, address.n, address.indexing)
    }

    fn reg(m: &mut M, address: AddrReg) -> Self {
        let base = m.reg(address.n);
        let offset = m.reg(address.m);
        let offset = shift(m, offset, address.shift);
        let displaced = if address.add {
            m.add(base, offset)
        } else {
            m.sub(base, offset)
        };
        Self::new(base, displaced, address.n, address.indexing)
    }

    fn lit(m: &mut M, address: AddrLit) -> Self {
        let base = aligned_pc(m);
        let displaced = displace(m, base, address.displacement());
        Self {
            at: displaced,
            wback: None,
        }
    }

    /// Writes the base register.
    fn write_back(&self, m: &mut M) {
        if let Some((n, value)) = self.wback {
            m.set_reg(n, value);
        }
    }
}

fn load<M: A32Machine>(m: &mut M, transfer: Transfer, t: Reg, address: &Address<M>) -> Execution {
    let value = transfer.load(m, address.at)?;
    address.write_back(m);
    if t.is_pc() {
        // `LDR PC, [SP], #4` is how a single PC is popped.
        let pops = address.wback.is_some_and(|(n, _)| n.is_sp());
        let kind = if pops {
            BranchKind::Return
        } else {
            BranchKind::Jump
        };
        return Ok(m.branch_indirect(value, kind));
    }
    m.set_reg(t, value);
    Ok(Flow::Next)
}

fn store<M: A32Machine>(m: &mut M, transfer: Transfer, t: Reg, address: &Address<M>) -> Execution {
    let value = m.reg(t);
    transfer.store(m, address.at, value)?;
    address.write_back(m);
    Ok(Flow::Next)
}

/// Defines a function that loads or stores with one kind of address.
macro_rules! transfers {
    ($($name:ident($kind:ident: $args:ident) = $operate:ident $transfer:expr;)*) => { $(
        #[doc = concat!("`", stringify!($name), "`.")]
        #[allow(dead_code, reason = "not every instruction set has every form")]
        pub(crate) fn $name<M: A32Machine>(m: &mut M, i: &$args) -> Execution {
            let address = Address::$kind(m, i.address);
            $operate(m, $transfer, i.t, &address)
        }
    )* };
}

transfers! {
    ldr_imm(imm: MemImm) = load Transfer::WORD;
    ldr_reg(reg: MemReg) = load Transfer::WORD;
    ldr_lit(lit: MemLit) = load Transfer::WORD;
    ldrb_imm(imm: MemImm) = load Transfer::BYTE;
    ldrb_reg(reg: MemReg) = load Transfer::BYTE;
    ldrb_lit(lit: MemLit) = load Transfer::BYTE;
    ldrh_imm(imm: MemImm) = load Transfer::HALF;
    ldrh_reg(reg: MemReg) = load Transfer::HALF;
    ldrh_lit(lit: MemLit) = load Transfer::HALF;
    ldrsb_imm(imm: MemImm) = load Transfer::BYTE.signed();
    ldrsb_reg(reg: MemReg) = load Transfer::BYTE.signed();
    ldrsb_lit(lit: MemLit) = load Transfer::BYTE.signed();
    ldrsh_imm(imm: MemImm) = load Transfer::HALF.signed();
    ldrsh_reg(reg: MemReg) = load Transfer::HALF.signed();
    ldrsh_lit(lit: MemLit) = load Transfer::HALF.signed();
    str_imm(imm: MemImm) = store Transfer::WORD;
    str_reg(reg: MemReg) = store Transfer::WORD;
    strb_imm(imm: MemImm) = store Transfer::BYTE;
    strb_reg(reg: MemReg) = store Transfer::BYTE;
    strh_imm(imm: MemImm) = store Transfer::HALF;
    strh_reg(reg: MemReg) = store Transfer::HALF;
    ldrt_imm(imm: MemImm) = load Transfer::WORD.unprivileged();
    ldrt_reg(reg: MemReg) = load Transfer::WORD.unprivileged();
    ldrbt_imm(imm: MemImm) = load Transfer::BYTE.unprivileged();
    ldrbt_reg(reg: MemReg) = load Transfer::BYTE.unprivileged();
    ldrht_imm(imm: MemImm) = load Transfer::HALF.unprivileged();
    ldrht_reg(reg: MemReg) = load Transfer::HALF.unprivileged();
    ldrsbt_imm(imm: MemImm) = load Transfer::BYTE.signed().unprivileged();
    ldrsbt_reg(reg: MemReg) = load Transfer::BYTE.signed().unprivileged();
    ldrsht_imm(imm: MemImm) = load Transfer::HALF.signed().unprivileged();
    ldrsht_reg(reg: MemReg) = load Transfer::HALF.signed().unprivileged();
    strt_imm(imm: MemImm) = store Transfer::WORD.unprivileged();
    strt_reg(reg: MemReg) = store Transfer::WORD.unprivileged();
    strbt_imm(imm: MemImm) = store Transfer::BYTE.unprivileged();
    strbt_reg(reg: MemReg) = store Transfer::BYTE.unprivileged();
    strht_imm(imm: MemImm) = store Transfer::HALF.unprivileged();
    strht_reg(reg: MemReg) = store Transfer::HALF.unprivileged();
}

/// Loads two words; only the first has to prove its alignment.
fn load_dual<M: A32Machine>(m: &mut M, (t, t2): (Reg, Reg), address: &Address<M>) -> Execution {
    let first = m.load(Access::new(Size::Word).aligned(), address.at)?;
    let next = m.add_imm(address.at, 4);
    let second = m.load(Access::new(Size::Word), next)?;
    let (first, second) = (swap_if_big(m, first), swap_if_big(m, second));
    address.write_back(m);
    m.set_reg(t, first);
    m.set_reg(t2, second);
    Ok(Flow::Next)
}

fn store_dual<M: A32Machine>(m: &mut M, (t, t2): (Reg, Reg), address: &Address<M>) -> Execution {
    let (first, second) = (m.reg(t), m.reg(t2));
    let (first, second) = (swap_if_big(m, first), swap_if_big(m, second));
    m.store(Access::new(Size::Word).aligned(), address.at, first)?;
    let next = m.add_imm(address.at, 4);
    m.store(Access::new(Size::Word), next, second)?;
    address.write_back(m);
    Ok(Flow::Next)
}

/// `LDRD` with an immediate offset.
pub(crate) fn ldrd_imm<M: A32Machine>(m: &mut M, i: &MemDualImm) -> Execution {
    let address = Address::imm(m, i.address);
    load_dual(m, (i.t, i.t2), &address)
}

/// `LDRD` with a register offset.
pub(crate) fn ldrd_reg<M: A32Machine>(m: &mut M, i: &MemDualReg) -> Execution {
    let address = Address::reg(m, i.address);
    load_dual(m, (i.t, i.t2), &address)
}

/// `LDRD` relative to the PC.
pub(crate) fn ldrd_lit<M: A32Machine>(m: &mut M, i: &MemDualLit) -> Execution {
    let address = Address::lit(m, i.address);
    load_dual(m, (i.t, i.t2), &address)
}

/// `STRD` with an immediate offset.
pub(crate) fn strd_imm<M: A32Machine>(m: &mut M, i: &MemDualImm) -> Execution {
    let address = Address::imm(m, i.address);
    store_dual(m, (i.t, i.t2), &address)
}

/// `STRD` with a register offset.
pub(crate) fn strd_reg<M: A32Machine>(m: &mut M, i: &MemDualReg) -> Execution {
    let address = Address::reg(m, i.address);
    store_dual(m, (i.t, i.t2), &address)
}

/// Defines the preloads, which are hints and do nothing.
macro_rules! preloads {
    ($($(#[$doc:meta])* $imm:ident $reg:ident $lit:ident;)*) => { $(
        $(#[$doc])*
        #[allow(dead_code, reason = "not every form exists")]
        pub(crate) fn $imm<M: A32Machine>(_: &mut M, _: &PreloadImm) -> Execution {
            Ok(Flow::Next)
        }
        $(#[$doc])*
        #[allow(dead_code, reason = "not every form exists")]
        pub(crate) fn $reg<M: A32Machine>(_: &mut M, _: &PreloadReg) -> Execution {
            Ok(Flow::Next)
        }
        $(#[$doc])*
        #[allow(dead_code, reason = "not every form exists")]
        pub(crate) fn $lit<M: A32Machine>(_: &mut M, _: &PreloadLit) -> Execution {
            Ok(Flow::Next)
        }
    )* };
}

preloads! {
    /// `PLD`.
    pld_imm pld_reg pld_lit;
    /// `PLDW`.
    pldw_imm pldw_reg pldw_lit;
    /// `PLI`.
    pli_imm pli_reg pli_lit;
}
