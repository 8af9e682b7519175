//! Advanced SIMD loads and stores of elements and structures, DDI 0406C.d, section
//! A7.7.
//!
//! Everything is loaded before a register is written. Of consecutive elements of
//! one register, eight bytes are accessed at a time: what an access that faults
//! has done is not told apart from accesses of elements.

use dbt_isa::machine::{Abort, Execution, Flow};
use dbt_isa::ops::{Access, BinOp, CmpOp, Size, UnOp};

use super::load_store::displace;
use super::{Dword, Word};
use crate::args::{Lanes, PostIndex, SimdMem};
use crate::fp_reg::{DReg, VReg};
use crate::simd_machine::SimdMachine;

/// Registers of one instruction, at most.
const MOST: usize = 4;

/// An element of a doubleword; what is above it in the word may be anything.
pub(super) fn lane<M: SimdMachine>(m: &mut M, size: Size, d: DReg, x: u32) -> Word<M> {
    let value = m.dreg(d);
    let amount = m.imm64((8 * size.bytes() * x).into());
    let value = m.binary64(BinOp::Lshr, value, amount);
    m.low(value)
}

/// Writes an element of a doubleword.
pub(super) fn set_lane<M: SimdMachine>(m: &mut M, size: Size, d: DReg, x: u32, value: Word<M>) {
    let old = m.dreg(d);
    let new = with_element(m, size, old, x, value);
    m.set_dreg(d, new);
}

/// Replaces an element of a doubleword.
fn with_element<M: SimdMachine>(
    m: &mut M,
    size: Size,
    old: Dword<M>,
    x: u32,
    value: Word<M>,
) -> Dword<M> {
    let bits = size.bytes() * 8;
    let mask = u64::MAX >> (64 - bits);
    let (kept, mask) = (m.imm64(!(mask << (bits * x))), m.imm64(mask));
    let amount = m.imm64((bits * x).into());
    let value = m.zext64(value);
    let value = m.binary64(BinOp::And, value, mask);
    let value = m.binary64(BinOp::Shl, value, amount);
    let old = m.binary64(BinOp::And, old, kept);
    m.binary64(BinOp::Or, old, value)
}

/// Swaps the bytes of an element if data is big-endian.
fn swap_if_big<M: SimdMachine>(m: &mut M, size: Size, value: Word<M>) -> Word<M> {
    if !m.big_endian() || size == Size::Byte {
        return value;
    }
    let swapped = m.unary(UnOp::ByteSwap, value);
    if size == Size::Half {
        m.lshr_imm(swapped, 16)
    } else {
        swapped
    }
}

/// Returns the base and raises an Alignment fault if the instruction demands more
/// alignment than it has.
fn base<M: SimdMachine>(m: &mut M, args: &SimdMem, write: bool) -> Result<Word<M>, Abort> {
    let align = u32::from(args.address.align);
    if align > 1 {
        let address = m.reg(args.address.n);
        let rest = m.and_imm(address, align - 1);
        let zero = m.imm(0);
        let misaligned = m.compare(CmpOp::Ne, rest, zero);
        m.when(misaligned, |m| {
            let address = m.reg(args.address.n);
            m.misaligned(address, write)
        })?;
    }
    Ok(m.reg(args.address.n))
}

/// Updates the base.
fn write_back<M: SimdMachine>(m: &mut M, args: &SimdMem) {
    let n = args.address.n;
    let base = m.reg(n);
    let sum = match args.address.index {
        PostIndex::None => return,
        PostIndex::Size => m.add_imm(base, args.bytes()),
        PostIndex::Reg(offset) => {
            let offset = m.reg(offset);
            m.add(base, offset)
        }
    };
    m.set_reg(n, sum);
}

/// Loads an element.
fn load_element<M: SimdMachine>(
    m: &mut M,
    size: Size,
    base: Word<M>,
    offset: u32,
) -> Result<Word<M>, Abort> {
    let address = displace(m, base, offset);
    let value = m.load(Access::new(size), address)?;
    Ok(swap_if_big(m, size, value))
}

/// Stores an element.
fn store_element<M: SimdMachine>(
    m: &mut M,
    size: Size,
    base: Word<M>,
    offset: u32,
    value: Word<M>,
) -> Result<(), Abort> {
    let address = displace(m, base, offset);
    let value = swap_if_big(m, size, value);
    m.store(Access::new(size), address, value)
}

/// An element of multiple structures.
struct Place {
    /// The number of its register in the list.
    index: u32,
    /// Its number in the register.
    e: u32,
    /// Where it is in memory, in bytes from the base.
    offset: u32,
}

/// The elements of multiple structures in the order of memory.
fn places(args: &SimdMem) -> impl Iterator<Item = Place> {
    let (elements, bytes) = (u32::from(args.elements), args.element_bytes());
    let (count, each) = (u32::from(args.list.count), 8 / bytes);
    // Registers of one number in a structure stand together.
    let sets = count / elements;
    (0..count * each).map(move |number| {
        let (structure, position) = (number / elements, number % elements);
        Place {
            index: position * sets + structure / each,
            e: structure % each,
            offset: number * bytes,
        }
    })
}

/// Whether registers are in memory as they are.
fn is_plain<M: SimdMachine>(m: &M, args: &SimdMem) -> bool {
    args.elements == 1 && (!m.big_endian() || args.element() == Size::Byte)
}

/// Loads registers as they are.
fn load_plain<M: SimdMachine>(m: &mut M, args: &SimdMem) -> Execution {
    let base = base(m, args, false)?;
    let zero = m.imm64(0);
    let zero = m.double_from_dword(zero);
    let mut values = [zero; MOST];
    let count = u32::from(args.list.count);
    for (index, value) in (0..count).zip(&mut values) {
        let address = displace(m, base, 8 * index);
        *value = m.load_double(Access::new(Size::Dword), address)?;
    }
    for (index, value) in (0..count).zip(values) {
        m.set_double(args.list.get(index), value);
    }
    write_back(m, args);
    Ok(Flow::Next)
}

/// Loads the registers of multiple structures.
fn load_multiple<M: SimdMachine>(m: &mut M, args: &SimdMem) -> Execution {
    if is_plain(m, args) {
        return load_plain(m, args);
    }
    let base = base(m, args, false)?;
    let size = args.element();
    let zero = m.imm64(0);
    let mut values = [zero; MOST];
    let count = u32::from(args.list.count);
    if size == Size::Dword {
        for (index, value) in (0..count).zip(&mut values) {
            let high = load_element(m, Size::Word, base, 8 * index)?;
            let low = load_element(m, Size::Word, base, 8 * index + 4)?;
            *value = super::join(m, low, high);
        }
    } else {
        for Place { index, e, offset } in places(args) {
            let element = load_element(m, size, base, offset)?;
            let value = &mut values[index as usize];
            *value = with_element(m, size, *value, e, element);
        }
    }
    for (index, value) in (0..count).zip(values) {
        m.set_dreg(args.list.get(index), value);
    }
    write_back(m, args);
    Ok(Flow::Next)
}

/// Stores the registers of multiple structures.
fn store_multiple<M: SimdMachine>(m: &mut M, args: &SimdMem) -> Execution {
    let base = base(m, args, true)?;
    let size = args.element();
    let count = u32::from(args.list.count);
    if is_plain(m, args) {
        for index in 0..count {
            let address = displace(m, base, 8 * index);
            let value = m.double(args.list.get(index));
            m.store_double(Access::new(Size::Dword), address, value)?;
        }
    } else if size == Size::Dword {
        for index in 0..count {
            let value = m.dreg(args.list.get(index));
            let (low, high) = (m.low(value), m.high(value));
            store_element(m, Size::Word, base, 8 * index, high)?;
            store_element(m, Size::Word, base, 8 * index + 4, low)?;
        }
    } else {
        for Place { index, e, offset } in places(args) {
            let element = lane(m, size, args.list.get(index), e);
            store_element(m, size, base, offset, element)?;
        }
    }
    write_back(m, args);
    Ok(Flow::Next)
}

/// Loads a structure to one lane of its registers.
fn load_lane<M: SimdMachine>(m: &mut M, args: &SimdMem, x: u32) -> Execution {
    let base = base(m, args, false)?;
    let size = args.element();
    let zero = m.imm(0);
    let mut values = [zero; MOST];
    let count = u32::from(args.elements);
    for (index, value) in (0..count).zip(&mut values) {
        *value = load_element(m, size, base, index * size.bytes())?;
    }
    for (index, value) in (0..count).zip(values) {
        set_lane(m, size, args.list.get(index), x, value);
    }
    write_back(m, args);
    Ok(Flow::Next)
}

/// Stores a structure from one lane of its registers.
fn store_lane<M: SimdMachine>(m: &mut M, args: &SimdMem, x: u32) -> Execution {
    let base = base(m, args, true)?;
    let size = args.element();
    for index in 0..u32::from(args.elements) {
        let value = lane(m, size, args.list.get(index), x);
        store_element(m, size, base, index * size.bytes(), value)?;
    }
    write_back(m, args);
    Ok(Flow::Next)
}

/// Loads a structure to all lanes of its registers.
fn load_all<M: SimdMachine>(m: &mut M, args: &SimdMem) -> Execution {
    let base = base(m, args, false)?;
    let size = args.element();
    let zero = m.imm(0);
    let mut values = [zero; MOST];
    for (index, value) in (0..u32::from(args.elements)).zip(&mut values) {
        *value = load_element(m, size, base, index * size.bytes())?;
    }
    for index in 0..args.list.count {
        // One element may go to two registers.
        let value = values[usize::from(index) % usize::from(args.elements)];
        let value = m.splat(size, value);
        m.set_vreg(VReg::doubleword(args.list.get(index.into())), value);
    }
    write_back(m, args);
    Ok(Flow::Next)
}

fn load<M: SimdMachine>(m: &mut M, args: &SimdMem) -> Execution {
    match args.lanes {
        Lanes::Every => load_multiple(m, args),
        Lanes::One(x) => load_lane(m, args, x.into()),
        Lanes::All => load_all(m, args),
    }
}

fn store<M: SimdMachine>(m: &mut M, args: &SimdMem) -> Execution {
    match args.lanes {
        Lanes::One(x) => store_lane(m, args, x.into()),
        Lanes::Every | Lanes::All => store_multiple(m, args),
    }
}

/// Names for loads and stores.
macro_rules! transfers {
    ($($(#[$doc:meta])* $name:ident = $function:ident;)*) => {
        $($(#[$doc])* pub(crate) fn $name<M: SimdMachine>(m: &mut M, args: &SimdMem) -> Execution {
            $function(m, args)
        })*
    };
}

transfers! {
    /// `VLD1` (multiple single elements; A8.8.320).
    vld1_multiple = load;
    /// `VLD1` (single element to one lane; A8.8.321).
    vld1_lane = load;
    /// `VLD1` (single element to all lanes; A8.8.322).
    vld1_all = load;
    /// `VLD2` (multiple 2-element structures; A8.8.323).
    vld2_multiple = load;
    /// `VLD2` (single 2-element structure to one lane; A8.8.324).
    vld2_lane = load;
    /// `VLD2` (single 2-element structure to all lanes; A8.8.325).
    vld2_all = load;
    /// `VLD3` (multiple 3-element structures; A8.8.326).
    vld3_multiple = load;
    /// `VLD3` (single 3-element structure to one lane; A8.8.327).
    vld3_lane = load;
    /// `VLD3` (single 3-element structure to all lanes; A8.8.328).
    vld3_all = load;
    /// `VLD4` (multiple 4-element structures; A8.8.329).
    vld4_multiple = load;
    /// `VLD4` (single 4-element structure to one lane; A8.8.330).
    vld4_lane = load;
    /// `VLD4` (single 4-element structure to all lanes; A8.8.331).
    vld4_all = load;
    /// `VST1` (multiple single elements; A8.8.404).
    vst1_multiple = store;
    /// `VST1` (single element from one lane; A8.8.405).
    vst1_lane = store;
    /// `VST2` (multiple 2-element structures; A8.8.406).
    vst2_multiple = store;
    /// `VST2` (single 2-element structure from one lane; A8.8.407).
    vst2_lane = store;
    /// `VST3` (multiple 3-element structures; A8.8.408).
    vst3_multiple = store;
    /// `VST3` (single 3-element structure from one lane; A8.8.409).
    vst3_lane = store;
    /// `VST4` (multiple 4-element structures; A8.8.410).
    vst4_multiple = store;
    /// `VST4` (single 4-element structure from one lane; A8.8.411).
    vst4_lane = store;
}
