//! What instructions do: one function each, generic over [`A32Machine`].
//!
//! The condition has been tested, PC and `ITSTATE` are advanced by whoever calls
//! when the function returns [`Flow::Next`]. UNPREDICTABLE cases have been
//! rejected by the decoder.
//!
//! Aborts are precise: no register changes before the last access that can
//! fault, with the exception of `LDM`, which writes each register as it is
//! loaded but keeps the base for the end, so that the instruction can be
//! restarted (the base-restored abort model).

mod alu;
mod block_transfer;
mod branch;
mod load_store;
mod media;
mod multiply;
mod parallel;
mod saturate;
mod shift;
mod simd;
mod simd_crypto;
mod simd_extension;
mod simd_long;
mod simd_mem;
mod simd_shift;
mod simd_two;
mod status;
mod sync;
mod system;
mod v8;
mod vfp;
mod vfp_v8;

pub(crate) use alu::*;
pub(crate) use block_transfer::*;
pub(crate) use branch::*;
pub(crate) use load_store::*;
pub(crate) use media::*;
pub(crate) use multiply::*;
pub(crate) use parallel::*;
pub(crate) use saturate::*;
pub(crate) use simd::*;
pub(crate) use simd_crypto::*;
pub(crate) use simd_extension::*;
pub(crate) use simd_long::*;
pub(crate) use simd_mem::*;
pub(crate) use simd_shift::*;
pub(crate) use simd_two::*;
pub(crate) use status::*;
pub(crate) use sync::*;
pub(crate) use system::*;
pub(crate) use v8::*;
pub(crate) use vfp::*;
pub(crate) use vfp_v8::*;

use dbt_isa::machine::{Execution, Flow, Machine};
use dbt_isa::ops::{BinOp, UnOp};

use crate::machine::{A32Machine, BranchKind, TrapKind};
use crate::reg::Reg;
use crate::system_machine::{Privilege, SystemMachine};

/// A word of a machine.
type Word<M> = <M as Machine>::Word;
/// A bit of a machine.
type Bit<M> = <M as Machine>::Bit;
/// A doubleword of a machine.
type Dword<M> = <M as Machine>::Dword;

/// Leaves with an undefined instruction exception.
fn undefined<M: A32Machine>(m: &mut M) -> Execution {
    Ok(m.trap(TrapKind::Undefined, 0))
}

/// Writes the result of a data-processing instruction, which may go to the PC
/// (`ALUWritePC()`).
fn write_result<M: A32Machine>(m: &mut M, d: Reg, result: Word<M>) -> Flow {
    if d.is_pc() {
        return alu_write_pc(m, result, BranchKind::Jump);
    }
    m.set_reg(d, result);
    Flow::Next
}

/// Branches to the result of a data-processing instruction: with interworking
/// in A32, without in T32 (`ALUWritePC()`).
fn alu_write_pc<M: A32Machine>(m: &mut M, target: Word<M>, kind: BranchKind) -> Flow {
    if m.thumb() {
        m.branch_same_state(target, kind)
    } else {
        m.branch_indirect(target, kind)
    }
}

/// Returns from an exception to a computed address, with the SPSR. UNPREDICTABLE in
/// User mode, UNDEFINED in Hyp mode.
///
/// See Arm ARM DDI 0406C.d, sections B9.3.19 and B9.3.20.
fn exception_return<M: SystemMachine>(
    m: &mut M,
    target: impl FnOnce(&mut M) -> Word<M>,
) -> Execution {
    if m.privilege() != Privilege::Privileged {
        return undefined(m);
    }
    if m.rarely() == Flow::Leave {
        return Ok(Flow::Leave);
    }
    let target = target(m);
    let psr = m.spsr();
    Ok(m.return_from_exception(target, psr))
}

/// Joins two words to a doubleword.
fn join<M: A32Machine>(m: &mut M, lo: Word<M>, hi: Word<M>) -> Dword<M> {
    let amount = m.imm64(32);
    let (lo, hi) = (m.zext64(lo), m.zext64(hi));
    let hi = m.binary64(BinOp::Shl, hi, amount);
    m.binary64(BinOp::Or, hi, lo)
}

/// The low or high halfword, sign-extended.
fn signed_half<M: A32Machine>(m: &mut M, value: Word<M>, high: bool) -> Word<M> {
    if high {
        m.ashr_imm(value, 16)
    } else {
        m.unary(UnOp::SextHalf, value)
    }
}

/// The low or high halfword, zero-extended.
fn unsigned_half<M: A32Machine>(m: &mut M, value: Word<M>, high: bool) -> Word<M> {
    if high {
        m.lshr_imm(value, 16)
    } else {
        m.unary(UnOp::ZextHalf, value)
    }
}

/// Joins two halfwords; only the low halves of the operands count.
fn pack_halves<M: A32Machine>(m: &mut M, lo: Word<M>, hi: Word<M>) -> Word<M> {
    let lo = m.unary(UnOp::ZextHalf, lo);
    let hi = m.shl_imm(hi, 16);
    m.or(hi, lo)
}

/// Rotates right by a constant.
fn rotate_right<M: A32Machine>(m: &mut M, value: Word<M>, amount: u32) -> Word<M> {
    if amount == 0 {
        return value;
    }
    let amount = m.imm(amount);
    m.binary(BinOp::Ror, value, amount)
}
