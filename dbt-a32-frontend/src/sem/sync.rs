//! Exclusive accesses, swaps and barriers.
//!
//! See Arm ARM DDI 0406C.d, section A3.4. The local monitor is an address, the value
//! read there, and the tag that the global monitor had for its granule. A
//! store-exclusive succeeds if the address is the monitored one, nobody has stored to
//! the granule exclusively, and memory holds the value: see `docs/exclusives.md`.

use dbt_isa::machine::{Abort, Execution, Flow};
use dbt_isa::ops::{Access, BinOp, CmpOp, Size, UnOp};

use super::load_store::{displace, swap_if_big};
use super::{Bit, Dword, Word, join};
use crate::args::{
    Barrier, LoadExclusive, LoadExclusiveDual, StoreExclusive, StoreExclusiveDual, Swap,
};
use crate::machine::A32Machine;
use crate::operands::AddrImm;
use crate::reg::Reg;

/// The address of an exclusive access.
fn exclusive_address<M: A32Machine>(m: &mut M, address: AddrImm) -> Word<M> {
    let base = m.reg(address.n);
    displace(m, base, address.displacement())
}

/// Makes a value of memory one of a register, or the other way round.
pub(super) fn swap_order<M: A32Machine>(m: &mut M, size: Size, value: Word<M>) -> Word<M> {
    match size {
        Size::Half if m.big_endian() => {
            let value = m.unary(UnOp::ByteSwap, value);
            m.lshr_imm(value, 16)
        }
        Size::Word => swap_if_big(m, value),
        _ => value,
    }
}

pub(super) fn load_exclusive<M: A32Machine>(
    m: &mut M,
    access: Access,
    i: &LoadExclusive,
) -> Execution {
    let address = exclusive_address(m, i.address);
    let tag = m.load_tag(address);
    let raw = m.load(access, address)?;
    let (address, monitored) = (m.zext64(address), m.zext64(raw));
    m.set_exclusive(address, tag, monitored);
    let value = swap_order(m, access.size, raw);
    m.set_reg(i.t, value);
    Ok(Flow::Next)
}

/// `LDREX`.
pub(crate) fn ldrex<M: A32Machine>(m: &mut M, i: &LoadExclusive) -> Execution {
    load_exclusive(m, Access::new(Size::Word).aligned(), i)
}

/// `LDREXB`.
pub(crate) fn ldrexb<M: A32Machine>(m: &mut M, i: &LoadExclusive) -> Execution {
    load_exclusive(m, Access::new(Size::Byte).aligned(), i)
}

/// `LDREXH`.
pub(crate) fn ldrexh<M: A32Machine>(m: &mut M, i: &LoadExclusive) -> Execution {
    load_exclusive(m, Access::new(Size::Half).aligned(), i)
}

/// `LDREXD`.
pub(crate) fn ldrexd<M: A32Machine>(m: &mut M, i: &LoadExclusiveDual) -> Execution {
    load_exclusive_dual(m, Access::new(Size::Dword).aligned(), i)
}

/// The first register comes from the lower address in either endianness.
pub(super) fn load_exclusive_dual<M: A32Machine>(
    m: &mut M,
    access: Access,
    i: &LoadExclusiveDual,
) -> Execution {
    let address = m.reg(i.n);
    let tag = m.load_tag(address);
    let raw = m.load64(access, address)?;
    let address = m.zext64(address);
    m.set_exclusive(address, tag, raw);
    let (low, high) = (m.low(raw), m.high(raw));
    let (first, second) = (swap_if_big(m, low), swap_if_big(m, high));
    m.set_reg(i.t, first);
    m.set_reg(i.t2, second);
    Ok(Flow::Next)
}

/// Whether the monitor watches the address (`ExclusiveMonitorsPass()`).
fn monitor_passes<M: A32Machine>(m: &mut M, address: AddrImm) -> Bit<M> {
    let address = exclusive_address(m, address);
    let address = m.zext64(address);
    let monitored = m.exclusive_address();
    m.compare64(CmpOp::Eq, address, monitored)
}

/// Stores if the monitor passes, writes the status, opens the monitor.
///
/// Values do not outlive a conditional part, so that operands are read inside it
/// and the monitor is asked again for the other outcome. The status is written
/// after the store, which may fault.
fn store_exclusive<M: A32Machine>(
    m: &mut M,
    size: Size,
    (d, address): (Reg, AddrImm),
    value: impl FnOnce(&mut M) -> Dword<M>,
) -> Execution {
    let access = Access::new(size).aligned();
    if let Some((tag, expected)) = m.loaded_exclusive(size, address) {
        let at = exclusive_address(m, address);
        let new = value(m);
        let status = m.store_exclusive(access, at, tag, expected, new)?;
        m.set_reg(d, status);
        m.clear_exclusive();
        return Ok(Flow::Next);
    }
    let passes = monitor_passes(m, address);
    m.when(passes, |m| {
        let at = exclusive_address(m, address);
        let new = value(m);
        let (tag, expected) = (m.exclusive_tag(), m.exclusive_value());
        let expected = narrow(m, size, expected);
        let status = m.store_exclusive(access, at, tag, expected, new)?;
        m.set_reg(d, status);
        Ok(())
    })?;
    let passes = monitor_passes(m, address);
    let fails = m.bit_not(passes);
    m.when(fails, |m| {
        let status = m.imm(1);
        m.set_reg(d, status);
        Ok(())
    })?;
    m.clear_exclusive();
    Ok(Flow::Next)
}

/// The part of a monitored value that an access of `size` sees.
fn narrow<M: A32Machine>(m: &mut M, size: Size, value: Dword<M>) -> Dword<M> {
    let mask = match size {
        Size::Byte => 0xff,
        Size::Half => 0xffff,
        Size::Word => 0xffff_ffff,
        Size::Dword => return value,
    };
    let mask = m.imm64(mask);
    m.binary64(BinOp::And, value, mask)
}

pub(super) fn store_exclusive_word<M: A32Machine>(
    m: &mut M,
    size: Size,
    i: &StoreExclusive,
) -> Execution {
    store_exclusive(m, size, (i.d, i.address), |m| {
        let value = m.reg(i.t);
        let value = match size {
            Size::Byte => m.unary(UnOp::ZextByte, value),
            Size::Half => m.unary(UnOp::ZextHalf, value),
            _ => value,
        };
        let value = swap_order(m, size, value);
        m.zext64(value)
    })
}

/// `STREX`.
pub(crate) fn strex<M: A32Machine>(m: &mut M, i: &StoreExclusive) -> Execution {
    store_exclusive_word(m, Size::Word, i)
}

/// `STREXB`.
pub(crate) fn strexb<M: A32Machine>(m: &mut M, i: &StoreExclusive) -> Execution {
    store_exclusive_word(m, Size::Byte, i)
}

/// `STREXH`.
pub(crate) fn strexh<M: A32Machine>(m: &mut M, i: &StoreExclusive) -> Execution {
    store_exclusive_word(m, Size::Half, i)
}

/// `STREXD`.
pub(crate) fn strexd<M: A32Machine>(m: &mut M, i: &StoreExclusiveDual) -> Execution {
    store_exclusive_dual(m, i)
}

pub(super) fn store_exclusive_dual<M: A32Machine>(m: &mut M, i: &StoreExclusiveDual) -> Execution {
    let address = AddrImm::offset(i.n.number(), 0);
    store_exclusive(m, Size::Dword, (i.d, address), |m| {
        let (first, second) = (m.reg(i.t), m.reg(i.t2));
        let (first, second) = (swap_if_big(m, first), swap_if_big(m, second));
        join(m, first, second)
    })
}

/// `CLREX`.
pub(crate) fn clrex<M: A32Machine>(m: &mut M) -> Execution {
    m.clear_exclusive();
    Ok(Flow::Next)
}

/// Exchanges a register with memory in one atomic step. If another CPU writes
/// between load and exchange, the instruction is executed again.
fn swap<M: A32Machine>(m: &mut M, size: Size, i: &Swap) -> Result<Flow, Abort> {
    let access = Access::new(size).aligned();
    let address = m.reg(i.n);
    let tag = m.load_tag(address);
    let seen = m.load(access, address)?;
    let new = m.reg(i.t2);
    let new = match size {
        Size::Byte => m.unary(UnOp::ZextByte, new),
        _ => swap_if_big(m, new),
    };
    let (expected, new) = (m.zext64(seen), m.zext64(new));
    let status = m.store_exclusive(access, address, tag, expected, new)?;
    let stored = m.is_zero(status);
    let failed = m.bit_not(stored);
    let value = swap_order(m, size, seen);
    let before = m.reg(i.t);
    let value = m.select(failed, before, value);
    m.set_reg(i.t, value);
    let this = m.pc();
    Ok(m.branch_if(failed, this))
}

/// `SWP`.
pub(crate) fn swp<M: A32Machine>(m: &mut M, i: &Swap) -> Execution {
    swap(m, Size::Word, i)
}

/// `SWPB`.
pub(crate) fn swpb<M: A32Machine>(m: &mut M, i: &Swap) -> Execution {
    swap(m, Size::Byte, i)
}

/// `DMB`: whatever the option, everything is ordered for everybody.
pub(crate) fn dmb<M: A32Machine>(m: &mut M, _: &Barrier) -> Execution {
    m.fence();
    Ok(Flow::Next)
}

/// `DSB`: whatever the option, everything is ordered for everybody.
pub(crate) fn dsb<M: A32Machine>(m: &mut M, _: &Barrier) -> Execution {
    m.fence();
    Ok(Flow::Next)
}

/// `ISB`.
pub(crate) fn isb<M: A32Machine>(m: &mut M, _: &Barrier) -> Execution {
    Ok(m.instruction_barrier())
}
