//! Branches and calls.
//!
//! See Arm ARM DDI 0406C.d, section A4.3.

use dbt_isa::machine::{Execution, Flow};
use dbt_isa::ops::{Access, BinOp, CmpOp, Size};

use super::Word;
use crate::args::{Branch, BranchLink, BranchReg, CompareBranch, It, TableBranch};
use crate::machine::{A32Machine, BranchKind};
use crate::reg::Reg;

/// What reading the PC gives, as a number.
fn static_pc<M: A32Machine>(m: &M) -> u32 {
    m.pc().wrapping_add(if m.thumb() { 4 } else { 8 })
}

/// Writes the return address to LR.
fn link<M: A32Machine>(m: &mut M) -> BranchKind {
    let link = m.pc().wrapping_add(m.insn_len()) | u32::from(m.thumb());
    let value = m.imm(link);
    m.set_reg(Reg::LR, value);
    BranchKind::Call { link }
}

/// `B`.
pub(crate) fn b<M: A32Machine>(m: &mut M, i: &Branch) -> Execution {
    let target = static_pc(m).wrapping_add_signed(i.offset);
    let thumb = m.thumb();
    Ok(m.branch(target, thumb, BranchKind::Jump))
}

/// `BL`.
pub(crate) fn bl<M: A32Machine>(m: &mut M, i: &BranchLink) -> Execution {
    let target = static_pc(m).wrapping_add_signed(i.offset);
    let thumb = m.thumb();
    let kind = link(m);
    Ok(m.branch(target, thumb, kind))
}

/// `BLX` with an immediate, which changes the instruction set.
pub(crate) fn blx_imm<M: A32Machine>(m: &mut M, i: &BranchLink) -> Execution {
    let target = (static_pc(m) & !3).wrapping_add_signed(i.offset);
    let thumb = !m.thumb();
    let kind = link(m);
    Ok(m.branch(target, thumb, kind))
}

/// `BLX` with a register.
pub(crate) fn blx_reg<M: A32Machine>(m: &mut M, i: &BranchReg) -> Execution {
    let target = m.reg(i.m);
    let kind = link(m);
    Ok(m.branch_indirect(target, kind))
}

/// `BX`.
pub(crate) fn bx<M: A32Machine>(m: &mut M, i: &BranchReg) -> Execution {
    let target = m.reg(i.m);
    let kind = if i.m == Reg::LR {
        BranchKind::Return
    } else {
        BranchKind::Jump
    };
    Ok(m.branch_indirect(target, kind))
}

/// `BXJ`, which is `BX` where Jazelle is trivial.
pub(crate) fn bxj<M: A32Machine>(m: &mut M, i: &BranchReg) -> Execution {
    bx(m, i)
}

/// `CBZ`, `CBNZ`.
#[allow(dead_code, reason = "only T32 has the instruction")]
pub(crate) fn cbz<M: A32Machine>(m: &mut M, i: &CompareBranch) -> Execution {
    let value = m.reg(i.n);
    let zero = m.imm(0);
    let operation = if i.nonzero { CmpOp::Ne } else { CmpOp::Eq };
    let condition = m.compare(operation, value, zero);
    let target = static_pc(m).wrapping_add_signed(i.offset);
    Ok(m.branch_if(condition, target))
}

/// Branches forward by a number of halfwords.
fn branch_by_halfwords<M: A32Machine>(m: &mut M, halfwords: Word<M>) -> Flow {
    let pc = m.reg(Reg::PC);
    let distance = m.shl_imm(halfwords, 1);
    let target = m.add(pc, distance);
    m.branch_same_state(target, BranchKind::Jump)
}

/// `TBB`.
#[allow(dead_code, reason = "only T32 has the instruction")]
pub(crate) fn tbb<M: A32Machine>(m: &mut M, i: &TableBranch) -> Execution {
    let (base, index) = (m.reg(i.n), m.reg(i.m));
    let address = m.add(base, index);
    let halfwords = m.load(Access::new(Size::Byte), address)?;
    Ok(branch_by_halfwords(m, halfwords))
}

/// `TBH`.
#[allow(dead_code, reason = "only T32 has the instruction")]
pub(crate) fn tbh<M: A32Machine>(m: &mut M, i: &TableBranch) -> Execution {
    let (base, index) = (m.reg(i.n), m.reg(i.m));
    let one = m.imm(1);
    let offset = m.binary(BinOp::Shl, index, one);
    let address = m.add(base, offset);
    let halfwords = super::load_store::Transfer::HALF.load(m, address)?;
    Ok(branch_by_halfwords(m, halfwords))
}

/// `IT`.
#[allow(dead_code, reason = "only T32 has the instruction")]
pub(crate) fn it<M: A32Machine>(m: &mut M, i: &It) -> Execution {
    m.set_it(i.it);
    Ok(Flow::Next)
}
