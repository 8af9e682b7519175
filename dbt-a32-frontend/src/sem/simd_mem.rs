//! Advanced SIMD loads and stores of elements and structures, DDI 0406C.d, section
//! A7.7.
//!
//! Everything is loaded before a register is written. Of multiple structures, eight
//! or sixteen bytes are accessed at a time where elements have the byte order of
//! memory: what an access that faults has done is not told apart from accesses of
//! elements.

use dbt_isa::machine::{Abort, Execution, Flow};
use dbt_isa::ops::{Access, BinOp, CmpOp, Size, UnOp};

use super::load_store::displace;
use super::simd::Vector;
use super::{Dword, Word};
use crate::args::{Lanes, PostIndex, SimdMem};
use crate::fp_reg::{DReg, VReg};
use crate::simd::{SimdKind, SimdOp};
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
    let element = if m.aligns() { args.element_bytes() } else { 1 };
    let align = u32::from(args.address.align).max(element);
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

/// Whether elements have the byte order of memory.
fn is_plain<M: SimdMachine>(m: &M, args: &SimdMem) -> bool {
    !m.big_endian() || args.element() == Size::Byte
}

/// Sixteen bytes of memory, or the last eight.
fn chunks(args: &SimdMem) -> impl Iterator<Item = (u32, bool)> {
    let bytes = 8 * u32::from(args.list.count);
    (0..bytes)
        .step_by(16)
        .map(move |offset| (offset, bytes - offset >= 16))
}

/// Loads the bytes of all registers; of an odd number the last is a half.
fn load_chunks<M: SimdMachine>(m: &mut M, args: &SimdMem) -> Result<[Vector<M>; 2], Abort> {
    let base = base(m, args, false)?;
    let access = Access::new(Size::Dword);
    let mut values = [m.vector_imm(0); 2];
    for ((offset, whole), value) in chunks(args).zip(&mut values) {
        let address = displace(m, base, offset);
        *value = if whole {
            m.load_vector(access, address)?
        } else {
            let value = m.load_double(access, address)?;
            m.vector_from_double(value)
        };
    }
    Ok(values)
}

/// Stores the bytes of all registers.
fn store_chunks<M: SimdMachine>(
    m: &mut M,
    args: &SimdMem,
    base: Word<M>,
    values: [Vector<M>; 2],
) -> Execution {
    let access = Access::new(Size::Dword);
    for ((offset, whole), value) in chunks(args).zip(values) {
        let address = displace(m, base, offset);
        if whole {
            m.store_vector(access, address, value)?;
        } else {
            let value = m.vector_to_double(value);
            m.store_double(access, address, value)?;
        }
    }
    write_back(m, args);
    Ok(Flow::Next)
}

/// Reads registers number `first` and the next of the list, or the last one alone.
fn pair<M: SimdMachine>(m: &mut M, args: &SimdMem, [first, second]: [u32; 2]) -> Vector<M> {
    let count = u32::from(args.list.count);
    let (low, high) = (args.list.get(first), args.list.get(second.min(count - 1)));
    if second < count && low.index().is_multiple_of(2) && high.index() == low.index() + 1 {
        return m.vreg(VReg::new(1, low.index() as u32));
    }
    let low = m.double(low);
    if second >= count {
        return m.vector_from_double(low);
    }
    let high = m.double(high);
    m.vector_join(low, high)
}

/// Writes them.
fn set_pair<M: SimdMachine>(
    m: &mut M,
    args: &SimdMem,
    [first, second]: [u32; 2],
    value: Vector<M>,
) {
    let count = u32::from(args.list.count);
    let (low, high) = (args.list.get(first), args.list.get(second.min(count - 1)));
    if second >= count {
        m.set_vreg(VReg::doubleword(low), value);
    } else if low.index().is_multiple_of(2) && high.index() == low.index() + 1 {
        m.set_vreg(VReg::new(1, low.index() as u32), value);
    } else {
        let [first, second] = m.vector_halves(value);
        m.set_double(low, first);
        m.set_double(high, second);
    }
}

/// An operation on whole vectors, or on doublewords.
fn two<M: SimdMachine>(
    m: &mut M,
    args: &SimdMem,
    kind: SimdKind,
    quad: bool,
    [a, b]: [Vector<M>; 2],
) -> Vector<M> {
    m.simd(SimdOp::new(kind, args.element(), quad), a, b, b)
}

/// The two doublewords of a vector as vectors.
fn halves<M: SimdMachine>(m: &mut M, a: Vector<M>) -> [Vector<M>; 2] {
    m.vector_halves(a).map(|half| m.vector_from_double(half))
}

fn join<M: SimdMachine>(m: &mut M, [low, high]: [Vector<M>; 2]) -> Vector<M> {
    let (low, high) = (m.vector_to_double(low), m.vector_to_double(high));
    m.vector_join(low, high)
}

/// Eight bytes of a table of 24, of which `map` says what each is.
fn table<M: SimdMachine>(m: &mut M, [a, b]: [Vector<M>; 2], map: impl Fn(u32) -> u32) -> Vector<M> {
    let indices = (0..8).fold(0, |all, index| all | u64::from(map(index)) << (8 * index));
    let indices = m.vector_imm(indices);
    let op = SimdOp::new(SimdKind::Table, Size::Byte, false).imm(24);
    m.simd(op, a, b, indices)
}

/// Loads the registers of multiple structures.
fn load_multiple<M: SimdMachine>(m: &mut M, args: &SimdMem) -> Execution {
    if !is_plain(m, args) {
        return load_swapped(m, args);
    }
    let [a, b] = load_chunks(m, args)?;
    let bytes = args.element_bytes();
    match (args.elements, args.list.count) {
        (2, 2) => {
            let halves = halves(m, a);
            for (index, kind) in [(0, SimdKind::Even), (1, SimdKind::Odd)] {
                let value = two(m, args, kind, false, halves);
                m.set_vreg(VReg::doubleword(args.list.get(index)), value);
            }
        }
        (2, _) => {
            let even = two(m, args, SimdKind::Even, true, [a, b]);
            let odd = two(m, args, SimdKind::Odd, true, [a, b]);
            set_pair(m, args, [0, 1], even);
            set_pair(m, args, [2, 3], odd);
        }
        (3, _) => {
            let values = [0, 1, 2].map(|position| {
                table(m, [a, b], |index| {
                    (index / bytes * 3 + position) * bytes + index % bytes
                })
            });
            for (index, value) in (0..).zip(values) {
                m.set_vreg(VReg::doubleword(args.list.get(index)), value);
            }
        }
        (4, _) => {
            let even = two(m, args, SimdKind::Even, true, [a, b]);
            let odd = two(m, args, SimdKind::Odd, true, [a, b]);
            for (first, value) in [(0, even), (1, odd)] {
                let halves = halves(m, value);
                let [low, high] =
                    [SimdKind::Even, SimdKind::Odd].map(|kind| two(m, args, kind, false, halves));
                m.set_vreg(VReg::doubleword(args.list.get(first)), low);
                m.set_vreg(VReg::doubleword(args.list.get(first + 2)), high);
            }
        }
        _ => {
            for ((first, value), _) in [(0, a), (2, b)].into_iter().zip(chunks(args)) {
                set_pair(m, args, [first, first + 1], value);
            }
        }
    }
    write_back(m, args);
    Ok(Flow::Next)
}

/// Loads them element by element, swapping bytes.
fn load_swapped<M: SimdMachine>(m: &mut M, args: &SimdMem) -> Execution {
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
    if !is_plain(m, args) {
        return store_swapped(m, args);
    }
    let (base, bytes) = (base(m, args, true)?, args.element_bytes());
    let values = match (args.elements, args.list.count) {
        (2, 2) => {
            let halves = [0, 1].map(|index| m.vreg(VReg::doubleword(args.list.get(index))));
            let zipped =
                [SimdKind::ZipLow, SimdKind::ZipHigh].map(|kind| two(m, args, kind, false, halves));
            let value = join(m, zipped);
            [value, value]
        }
        (2, _) => {
            let pairs = [[0, 1], [2, 3]].map(|indices| pair(m, args, indices));
            [SimdKind::ZipLow, SimdKind::ZipHigh].map(|kind| two(m, args, kind, true, pairs))
        }
        (3, _) => {
            let (a, b) = (pair(m, args, [0, 1]), pair(m, args, [2, 3]));
            // Byte `at` of memory is in this structure, of this element.
            let [x, y, z] = [0, 8, 16].map(|start| {
                table(m, [a, b], |index| {
                    let at = start + index;
                    let (number, rest) = (at / bytes, at % bytes);
                    number % 3 * 8 + number / 3 * bytes + rest
                })
            });
            [join(m, [x, y]), z]
        }
        (4, _) => {
            // Neighbours first: 0 and 2, 1 and 3.
            let [even, odd] = [0, 1].map(|first| {
                let halves =
                    [first, first + 2].map(|index| m.vreg(VReg::doubleword(args.list.get(index))));
                let zipped = [SimdKind::ZipLow, SimdKind::ZipHigh]
                    .map(|kind| two(m, args, kind, false, halves));
                join(m, zipped)
            });
            [SimdKind::ZipLow, SimdKind::ZipHigh].map(|kind| two(m, args, kind, true, [even, odd]))
        }
        (_, count) => {
            let first = pair(m, args, [0, 1]);
            let second = if count > 2 {
                pair(m, args, [2, 3])
            } else {
                first
            };
            [first, second]
        }
    };
    store_chunks(m, args, base, values)
}

/// Stores them element by element, swapping bytes.
fn store_swapped<M: SimdMachine>(m: &mut M, args: &SimdMem) -> Execution {
    let base = base(m, args, true)?;
    let size = args.element();
    if size == Size::Dword {
        for index in 0..u32::from(args.list.count) {
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
        m.set_element(size, args.list.get(index), x, value);
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
