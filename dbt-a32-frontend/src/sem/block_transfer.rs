//! Loads and stores of several registers.
//!
//! See Arm ARM DDI 0406C.d, section A4.7. Registers are transferred in ascending
//! order at ascending addresses, the lowest of which must be a multiple of four;
//! then all are, so that only the first access checks it.

use dbt_isa::machine::{Execution, Flow};
use dbt_isa::ops::{Access, Size};

use super::load_store::{displace, swap_if_big};
use super::undefined;
use crate::args::{Block, BlockSystem};
use crate::machine::{A32Machine, BranchKind};
use crate::reg::Reg;

/// In which direction and from where a block is transferred.
#[derive(Clone, Copy)]
enum Mode {
    IncrementAfter,
    IncrementBefore,
    DecrementAfter,
    DecrementBefore,
}

impl Mode {
    /// The distance from the base to the lowest address, modulo 2³².
    const fn start(self, len: u32) -> u32 {
        match self {
            Self::IncrementAfter => 0,
            Self::IncrementBefore => 4,
            Self::DecrementAfter => 4_u32.wrapping_sub(4 * len),
            Self::DecrementBefore => (4 * len).wrapping_neg(),
        }
    }

    /// The distance from the base to its new value, modulo 2³².
    const fn wback(self, len: u32) -> u32 {
        match self {
            Self::IncrementAfter | Self::IncrementBefore => 4 * len,
            Self::DecrementAfter | Self::DecrementBefore => (4 * len).wrapping_neg(),
        }
    }
}

/// Displacements from the base and accesses of the registers of a block.
fn transfers(mode: Mode, i: &Block) -> impl Iterator<Item = (Reg, u32, Access)> {
    let mut displacement = mode.start(i.list.len());
    let mut access = Access::new(Size::Word).aligned();
    i.list.iter().map(move |reg| {
        let this = (reg, displacement, access);
        displacement = displacement.wrapping_add(4);
        access = Access::new(Size::Word);
        this
    })
}

fn load_multiple<M: A32Machine>(m: &mut M, mode: Mode, i: &Block) -> Execution {
    let base = m.reg(i.n);
    let mut new_base = None;
    let mut target = None;
    for (reg, displacement, access) in transfers(mode, i) {
        let address = displace(m, base, displacement);
        let value = m.load(access, address)?;
        let value = swap_if_big(m, value);
        if reg.is_pc() {
            target = Some(value);
        } else if reg == i.n {
            new_base = Some(value);
        } else {
            m.set_reg(reg, value);
        }
    }
    if i.wback {
        new_base = Some(displace(m, base, mode.wback(i.list.len())));
    }
    if let Some(value) = new_base {
        m.set_reg(i.n, value);
    }
    Ok(match target {
        Some(target) => {
            // Frames end with LDM SP!, {…, pc}, or LDMDB FP, {…, sp, pc}.
            let pops = i.n.is_sp() || i.list.contains(Reg::SP);
            m.branch_indirect(
                target,
                if pops {
                    BranchKind::Return
                } else {
                    BranchKind::Jump
                },
            )
        }
        None => Flow::Next,
    })
}

fn store_multiple<M: A32Machine>(m: &mut M, mode: Mode, i: &Block) -> Execution {
    let base = m.reg(i.n);
    for (reg, displacement, access) in transfers(mode, i) {
        let address = displace(m, base, displacement);
        let value = m.reg(reg);
        let value = swap_if_big(m, value);
        m.store(access, address, value)?;
    }
    if i.wback {
        let new_base = displace(m, base, mode.wback(i.list.len()));
        m.set_reg(i.n, new_base);
    }
    Ok(Flow::Next)
}

/// `LDM`, `LDMIA`, `LDMFD`, `POP`.
pub(crate) fn ldm<M: A32Machine>(m: &mut M, i: &Block) -> Execution {
    load_multiple(m, Mode::IncrementAfter, i)
}

/// `LDMIB`.
pub(crate) fn ldmib<M: A32Machine>(m: &mut M, i: &Block) -> Execution {
    load_multiple(m, Mode::IncrementBefore, i)
}

/// `LDMDA`.
pub(crate) fn ldmda<M: A32Machine>(m: &mut M, i: &Block) -> Execution {
    load_multiple(m, Mode::DecrementAfter, i)
}

/// `LDMDB`.
pub(crate) fn ldmdb<M: A32Machine>(m: &mut M, i: &Block) -> Execution {
    load_multiple(m, Mode::DecrementBefore, i)
}

/// `STM`, `STMIA`. A base that is also written back is stored as it was.
pub(crate) fn stm<M: A32Machine>(m: &mut M, i: &Block) -> Execution {
    store_multiple(m, Mode::IncrementAfter, i)
}

/// `STMIB`.
pub(crate) fn stmib<M: A32Machine>(m: &mut M, i: &Block) -> Execution {
    store_multiple(m, Mode::IncrementBefore, i)
}

/// `STMDA`.
pub(crate) fn stmda<M: A32Machine>(m: &mut M, i: &Block) -> Execution {
    store_multiple(m, Mode::DecrementAfter, i)
}

/// `STMDB`, `STMFD`, `PUSH`.
pub(crate) fn stmdb<M: A32Machine>(m: &mut M, i: &Block) -> Execution {
    store_multiple(m, Mode::DecrementBefore, i)
}

/// `LDM` of User registers or for exception return, UNPREDICTABLE in User mode.
pub(crate) fn ldm_system<M: A32Machine>(m: &mut M, _: &BlockSystem) -> Execution {
    undefined(m)
}

/// `STM` of User registers, UNPREDICTABLE in User mode.
pub(crate) fn stm_system<M: A32Machine>(m: &mut M, _: &BlockSystem) -> Execution {
    undefined(m)
}
