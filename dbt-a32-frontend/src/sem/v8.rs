//! What ARMv8 added to A32 and T32 besides vectors, DDI 0487, section F5.1.

use dbt_isa::machine::{Execution, Flow};
use dbt_isa::ops::{Access, Size};

use super::sync::swap_order;
use super::sync::{
    load_exclusive, load_exclusive_dual, store_exclusive_dual, store_exclusive_word,
};
use super::undefined;
use crate::args::{
    Crc32, Imm, LoadExclusive, LoadExclusiveDual, StoreExclusive, StoreExclusiveDual,
};
use crate::checksum::Checksum;
use crate::machine::A32Machine;
use crate::simd_machine::SimdMachine;
use crate::system_machine::{Event, Privilege, SystemMachine};

/// An access that is ordered and aligned.
const fn ordered(size: Size) -> Access {
    Access::new(size).aligned().ordered()
}

fn load_acquire<M: A32Machine>(m: &mut M, size: Size, i: &LoadExclusive) -> Execution {
    let address = m.reg(i.address.n);
    let raw = m.load(ordered(size), address)?;
    let value = swap_order(m, size, raw);
    m.set_reg(i.t, value);
    Ok(Flow::Next)
}

fn store_release<M: A32Machine>(m: &mut M, size: Size, i: &LoadExclusive) -> Execution {
    let address = m.reg(i.address.n);
    let value = m.reg(i.t);
    let value = swap_order(m, size, value);
    m.store(ordered(size), address, value)?;
    Ok(Flow::Next)
}

/// Names for accesses of each size.
macro_rules! sizes {
    ($($(#[$doc:meta])* $name:ident($args:ident) = $function:ident($size:ident);)*) => {
        $($(#[$doc])* pub(crate) fn $name<M: A32Machine>(m: &mut M, i: &$args) -> Execution {
            $function(m, Size::$size, i)
        })*
    };
}

sizes! {
    /// `LDA`.
    lda(LoadExclusive) = load_acquire(Word);
    /// `LDAB`.
    ldab(LoadExclusive) = load_acquire(Byte);
    /// `LDAH`.
    ldah(LoadExclusive) = load_acquire(Half);
    /// `STL`.
    stl(LoadExclusive) = store_release(Word);
    /// `STLB`.
    stlb(LoadExclusive) = store_release(Byte);
    /// `STLH`.
    stlh(LoadExclusive) = store_release(Half);
    /// `LDAEX`.
    ldaex(LoadExclusive) = load_acquire_exclusive(Word);
    /// `LDAEXB`.
    ldaexb(LoadExclusive) = load_acquire_exclusive(Byte);
    /// `LDAEXH`.
    ldaexh(LoadExclusive) = load_acquire_exclusive(Half);
    /// `STLEX`.
    stlex(StoreExclusive) = store_release_exclusive(Word);
    /// `STLEXB`.
    stlexb(StoreExclusive) = store_release_exclusive(Byte);
    /// `STLEXH`.
    stlexh(StoreExclusive) = store_release_exclusive(Half);
}

fn load_acquire_exclusive<M: A32Machine>(m: &mut M, size: Size, i: &LoadExclusive) -> Execution {
    load_exclusive(m, ordered(size), i)
}

/// The exchange that a store-exclusive is made of is a full barrier.
fn store_release_exclusive<M: A32Machine>(m: &mut M, size: Size, i: &StoreExclusive) -> Execution {
    store_exclusive_word(m, size, i)
}

/// `LDAEXD`.
pub(crate) fn ldaexd<M: A32Machine>(m: &mut M, i: &LoadExclusiveDual) -> Execution {
    load_exclusive_dual(m, ordered(Size::Dword), i)
}

/// `STLEXD`.
pub(crate) fn stlexd<M: A32Machine>(m: &mut M, i: &StoreExclusiveDual) -> Execution {
    store_exclusive_dual(m, i)
}

/// `CRC32`, `CRC32C`.
pub(crate) fn crc32<M: SimdMachine>(m: &mut M, args: &Crc32) -> Execution {
    let op = Checksum {
        castagnoli: args.castagnoli,
        size: args.size,
    };
    let (sum, data) = (m.reg(args.n), m.reg(args.m));
    let result = m.checksum(op, sum, data);
    m.set_reg(args.d, result);
    Ok(Flow::Next)
}

/// `SEVL`. Where there is no event register, who waits wakes for events
/// that others send, too.
pub(crate) fn sevl<M: SystemMachine>(m: &mut M) -> Execution {
    Ok(m.event(Event::SendLocal))
}

/// `HLT`, while halting is not allowed.
pub(crate) fn hlt<M: A32Machine>(m: &mut M, _: &Imm) -> Execution {
    undefined(m)
}

/// `DCPS1`, `DCPS2`, `DCPS3`, outside Debug state.
pub(crate) fn dcps<M: A32Machine>(m: &mut M, _: &Imm) -> Execution {
    undefined(m)
}

/// `SETPAN`, which does nothing in User mode.
pub(crate) fn setpan<M: SystemMachine>(m: &mut M, i: &Imm) -> Execution {
    if m.privilege() == Privilege::User {
        return Ok(Flow::Next);
    }
    if m.rarely() == Flow::Leave {
        return Ok(Flow::Leave);
    }
    m.set_pan(i.imm.0 == 1);
    Ok(Flow::Next)
}

/// `ESB`. There are no errors that it could wait for.
pub(crate) fn esb<M: A32Machine>(_: &mut M) -> Execution {
    Ok(Flow::Next)
}

/// `TSB CSYNC`. Nothing is traced.
pub(crate) fn tsb<M: A32Machine>(_: &mut M) -> Execution {
    Ok(Flow::Next)
}

/// `CSDB`. Guest code is not speculated on but by the host.
pub(crate) fn csdb<M: A32Machine>(_: &mut M) -> Execution {
    Ok(Flow::Next)
}

/// `CLRBHB`.
pub(crate) fn clrbhb<M: A32Machine>(_: &mut M) -> Execution {
    Ok(Flow::Next)
}

/// `SB`.
pub(crate) fn sb<M: A32Machine>(_: &mut M) -> Execution {
    Ok(Flow::Next)
}
