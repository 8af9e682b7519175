//! Loads and stores of several registers.
//!
//! See Arm ARM DDI 0406C.d, section A4.7. Registers are transferred in ascending
//! order at ascending addresses, the lowest of which must be a multiple of four;
//! then all are, so that only the first access checks it.

use dbt_isa::machine::{Execution, Flow};
use dbt_isa::ops::{Access, Size};

use super::load_store::{displace, swap_if_big};
use super::undefined;
use crate::args::{Block, BlockSystem, Rfe, Srs};
use crate::machine::{A32Machine, BranchKind};
use crate::reg::Reg;
use crate::system::ProcessorMode;
use crate::system_machine::{Privilege, SystemMachine};

/// In which direction and from where a block is transferred.
#[derive(Clone, Copy)]
enum Mode {
    IncrementAfter,
    IncrementBefore,
    DecrementAfter,
    DecrementBefore,
}

impl Mode {
    const fn of(increment: bool, before: bool) -> Self {
        match (increment, before) {
            (true, false) => Self::IncrementAfter,
            (true, true) => Self::IncrementBefore,
            (false, false) => Self::DecrementAfter,
            (false, true) => Self::DecrementBefore,
        }
    }

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

impl BlockSystem {
    const fn mode(&self) -> Mode {
        Mode::of(self.increment, self.before)
    }

    const fn block(&self) -> Block {
        Block {
            n: self.n,
            wback: self.wback,
            list: self.list,
        }
    }
}

/// `LDM` of User registers, or for exception return if the PC is among them.
/// UNPREDICTABLE in User mode, UNDEFINED in Hyp mode.
pub(crate) fn ldm_system<M: SystemMachine>(m: &mut M, i: &BlockSystem) -> Execution {
    if m.privilege() != Privilege::Privileged {
        return undefined(m);
    }
    if m.rarely() == Flow::Leave {
        return Ok(Flow::Leave);
    }
    let returns = i.list.contains(Reg::PC);
    let base = m.reg(i.n);
    let (mode, len) = (i.mode(), i.list.len());
    let mut new_base = i.wback.then(|| displace(m, base, mode.wback(len)));
    let mut target = None;
    for (reg, displacement, access) in transfers(mode, &i.block()) {
        let address = displace(m, base, displacement);
        let value = m.load(access, address)?;
        let value = swap_if_big(m, value);
        if reg.is_pc() {
            target = Some(value);
        } else if !returns {
            m.set_user_reg(reg, value);
        } else if reg == i.n {
            new_base = Some(value);
        } else {
            m.set_reg(reg, value);
        }
    }
    if let Some(value) = new_base {
        m.set_reg(i.n, value);
    }
    Ok(match target {
        Some(target) => {
            let psr = m.spsr();
            m.return_from_exception(target, psr)
        }
        None => Flow::Next,
    })
}

/// `STM` of User registers. UNPREDICTABLE in User mode, UNDEFINED in Hyp mode.
pub(crate) fn stm_system<M: SystemMachine>(m: &mut M, i: &BlockSystem) -> Execution {
    if m.privilege() != Privilege::Privileged {
        return undefined(m);
    }
    if m.rarely() == Flow::Leave {
        return Ok(Flow::Leave);
    }
    let base = m.reg(i.n);
    for (reg, displacement, access) in transfers(i.mode(), &i.block()) {
        let address = displace(m, base, displacement);
        let value = m.user_reg(reg);
        let value = swap_if_big(m, value);
        m.store(access, address, value)?;
    }
    Ok(Flow::Next)
}

/// `SRS`: stores LR and the SPSR on the stack of a mode. UNPREDICTABLE in User mode,
/// UNDEFINED in Hyp mode.
pub(crate) fn srs<M: SystemMachine>(m: &mut M, i: &Srs) -> Execution {
    if m.privilege() != Privilege::Privileged {
        return undefined(m);
    }
    if m.rarely() == Flow::Leave {
        return Ok(Flow::Leave);
    }
    let target = ProcessorMode::from_bits(i.mode.get());
    let Some((target, base)) = target.and_then(|mode| Some((mode, m.mode_sp(mode)?))) else {
        return undefined(m);
    };
    let mode = Mode::of(i.increment, i.before);
    let address = displace(m, base, mode.start(2));
    let (lr, psr) = (m.reg(Reg::LR), m.spsr());
    let (lr, psr) = (swap_if_big(m, lr), swap_if_big(m, psr));
    m.store(Access::new(Size::Word).aligned(), address, lr)?;
    let address = m.add_imm(address, 4);
    m.store(Access::new(Size::Word), address, psr)?;
    if i.wback {
        let value = displace(m, base, mode.wback(2));
        m.set_mode_sp(target, value);
    }
    Ok(Flow::Next)
}

/// `RFE`: loads the PC and the CPSR. UNPREDICTABLE in User mode, UNDEFINED in Hyp mode.
pub(crate) fn rfe<M: SystemMachine>(m: &mut M, i: &Rfe) -> Execution {
    if m.privilege() != Privilege::Privileged {
        return undefined(m);
    }
    if m.rarely() == Flow::Leave {
        return Ok(Flow::Leave);
    }
    let base = m.reg(i.n);
    let mode = Mode::of(i.increment, i.before);
    let address = displace(m, base, mode.start(2));
    let pc = m.load(Access::new(Size::Word).aligned(), address)?;
    let address = m.add_imm(address, 4);
    let psr = m.load(Access::new(Size::Word), address)?;
    let (pc, psr) = (swap_if_big(m, pc), swap_if_big(m, psr));
    if i.wback {
        let value = displace(m, base, mode.wback(2));
        m.set_reg(i.n, value);
    }
    Ok(m.return_from_exception(pc, psr))
}
