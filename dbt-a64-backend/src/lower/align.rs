//! Which addresses are known to be aligned.
//!
//! **Problem.** Accesses of floating-point registers must be aligned to words, and two
//! instructions to find out are twice what the access itself costs.
//!
//! **Approach.** What has been found out of one value holds for each that differs from it
//! by a constant. A slot that a loop only steps by multiples of words is aligned in each
//! iteration if it was before the first, so it is looked at before the loop; this is done
//! for loops with which a unit begins. If it is not aligned the instruction there is left
//! to the interpreter, which is always right.

use alloc::vec::Vec;

use dbt_core::analysis::FlagSet;
use dbt_core::host::{CompileError, Lowering as MemoryLowering};
use dbt_core::ir::{BlockId, Inst, Slot, Terminator, Unit, Value, Width};
use dbt_isa::ops::{Access, BinOp};

use super::branch::Why;
use super::flags::InRegister;
use super::int::Test;
use super::place::Place;
use super::{Lowering, Result};
use crate::asm::{Logic, logical_immediate};
use crate::flags::Form;
use crate::regs::Reg;

/// Low bits of `root + offset` that are zero.
#[derive(Clone, Copy, Debug)]
struct Known {
    root: Value,
    offset: u32,
    mask: u32,
}

/// What is known at one point.
#[derive(Clone, Debug, Default)]
pub(super) struct Alignment {
    known: Vec<Known>,
    /// Pinned registers that are multiples of four throughout the loop with which the
    /// unit begins.
    in_loop: u32,
    /// The position of that loop's last block.
    last: usize,
}

impl Alignment {
    /// Begins the block at a position.
    pub(super) fn begin_block(&mut self, position: usize) {
        self.known.clear();
        if position > self.last {
            self.in_loop = 0;
        }
    }
}

/// The low bits that are zero in a multiple of four.
const WORD: u32 = 3;

/// Takes constants off a value. Returns the rest, and their sum.
fn root_of(unit: &Unit, mut value: Value) -> (Value, u32) {
    let mut offset = 0_u32;
    while let Inst::Binary {
        op: BinOp::Add,
        width: Width::W32,
        a,
        b,
    } = *unit.inst(value)
        && let Some(constant) = unit.constant(b)
    {
        #[allow(clippy::cast_possible_truncation, reason = "32-bit values")]
        let constant = constant as u32;
        offset = offset.wrapping_add(constant);
        value = a;
    }
    (value, offset)
}

impl Lowering<'_> {
    /// Leaves for the interpreter if the address is not aligned: it knows what
    /// becomes of the access.
    pub(super) fn check_alignment(&mut self, access: Access, address: Value) -> Result<()> {
        let mask = access.alignment() - 1;
        if mask == 0 {
            return Ok(());
        }
        let (root, offset) = root_of(self.input.unit, address);
        if self.is_aligned(root, offset, mask) {
            return Ok(());
        }
        let reg = match self.place(address) {
            Place::Sum {
                base,
                index: None,
                offset,
            } if offset.cast_unsigned() & mask == 0 => {
                self.keep(base);
                base
            }
            _ => self.reg(address)?,
        };
        if mask & !WORD == 0 && self.pins.aligned() == Some(reg) {
            return Ok(());
        }
        self.leave_if_unaligned(reg, mask)?;
        self.alignment.known.push(Known { root, offset, mask });
        Ok(())
    }

    /// Leaves for the interpreter if what this guest instruction is about to write to the
    /// register that is a multiple of four is not. It interprets until that is so again.
    ///
    /// The instruction is executed again then, so this is found out before its first
    /// write.
    pub(super) fn keep_aligned(&mut self) -> Result<()> {
        if self.pins.aligned().is_none() {
            return Ok(());
        }
        let unit = self.input.unit;
        let (insts, layout) = (&unit.insts, self.input.layout);
        let rest = insts[self.index as usize..self.block_end].iter();
        let mut rest = rest.take_while(|inst| !matches!(inst, Inst::Guest { .. }));
        let Some(&Inst::Set { value, .. }) = rest.find(|inst| layout.is_refusable(insts, inst))
        else {
            return Ok(());
        };
        let (root, offset) = root_of(unit, value);
        if self.is_aligned(root, offset, WORD) {
            return Ok(());
        }
        let before = insts[..self.index as usize].iter().rev();
        let changes = before
            .take_while(|inst| !matches!(inst, Inst::Guest { .. }))
            .any(|inst| match inst {
                Inst::Set { .. } => true,
                // An embedder may not be asked twice.
                Inst::Load { .. } => self.input.lowering == MemoryLowering::Callback,
                inst => inst.exposes_state(),
            });
        if changes || self.ahead.is_some() || value.0 >= self.index {
            return Err(CompileError::Unsupported);
        }
        let reg = self.reg(value)?;
        self.leave_if_unaligned(reg, WORD)?;
        let mask = WORD;
        self.alignment.known.push(Known { root, offset, mask });
        Ok(())
    }

    fn leave_if_unaligned(&mut self, reg: Reg, mask: u32) -> Result<()> {
        let flags = self.architectural_sources(FlagSet::ALL)?;
        let test = if mask == 1 {
            InRegister::Bit {
                reg,
                bit: 0,
                set: true,
            }
        } else {
            let low = self.take_scratch()?;
            self.low_bits(low, reg, mask)?;
            self.release(low);
            InRegister::Zero {
                reg: low,
                zero: false,
            }
        };
        self.side_exit(Test::Register(test), Why::Interpret, self.location, flags);
        Ok(())
    }

    fn low_bits(&mut self, to: Reg, from: Reg, mask: u32) -> Result<()> {
        let immediate = logical_immediate(mask.into(), Width::W32);
        let immediate = immediate.ok_or(CompileError::Unsupported)?;
        self.asm
            .logic_imm(Logic::And, Width::W32, to, from, immediate);
        Ok(())
    }

    fn is_aligned(&self, root: Value, offset: u32, mask: u32) -> bool {
        if let Inst::Get { slot } = *self.input.unit.inst(root)
            && let Some(pin) = self.pins.of(slot)
            && self.alignment.in_loop & 1 << pin.0 != 0
            && mask & !WORD == 0
            && offset & mask == 0
        {
            return true;
        }
        self.alignment.known.iter().any(|known| {
            known.root == root
                && known.mask & mask == mask
                && offset.wrapping_sub(known.offset) & mask == 0
        })
    }

    /// Looks, before the loop with which a unit begins, at the slots that must be aligned
    /// in it.
    pub(super) fn enter_aligned_loop(&mut self, form: Form) -> Result<()> {
        self.alignment = Alignment::default();
        let unit = self.input.unit;
        let Some(last) = self.scratch.contracts.loop_end(BlockId::ENTRY) else {
            return Ok(());
        };
        let Some(location) = unit.block(BlockId::ENTRY).location else {
            return Ok(());
        };
        let wanted = self.steady_slots(unit, last);
        for pin in (0..crate::regs::PINNED).filter(|pin| wanted & 1 << pin != 0) {
            self.low_bits(Reg::X17, Reg(pin), WORD)?;
            let test = InRegister::Zero {
                reg: Reg::X17,
                zero: false,
            };
            let flags = form.sources();
            self.side_exit(Test::Register(test), Why::Interpret, location, flags);
        }
        self.alignment.in_loop = wanted;
        self.alignment.last = last;
        Ok(())
    }

    /// Returns the pinned registers that the unit's first loop reads as addresses of
    /// words and steps by words only.
    fn steady_slots(&self, unit: &Unit, last: usize) -> u32 {
        let contracts = &self.scratch.contracts;
        let mut blocks = unit.order.iter().take(last + 1);
        // Nobody comes back to the middle of the loop from behind it.
        if !blocks.all(|id| contracts.loop_end(*id).is_none_or(|end| end <= last)) {
            return 0;
        }
        let (mut addresses, mut unsteady) = (0_u32, 0_u32);
        let pin_of = |slot: Slot| self.pins.of(slot).map_or(0, |pin| 1_u32 << pin.0);
        for id in unit.order.iter().take(last + 1) {
            let block = unit.block(*id);
            for inst in &unit.insts[block.insts.clone()] {
                match *inst {
                    Inst::LoadVector {
                        access, address, ..
                    }
                    | Inst::StoreVector {
                        access, address, ..
                    }
                    | Inst::Load {
                        access, address, ..
                    }
                    | Inst::Store {
                        access, address, ..
                    } if access.aligned && access.alignment() == WORD + 1 => {
                        let (root, offset) = root_of(unit, address);
                        if let Inst::Get { slot } = *unit.inst(root)
                            && offset & WORD == 0
                        {
                            addresses |= pin_of(slot);
                        }
                    }
                    Inst::Set { slot, value } => {
                        let (root, offset) = root_of(unit, value);
                        let is_step = *unit.inst(root) == Inst::Get { slot } && offset & WORD == 0;
                        if !is_step {
                            unsteady |= pin_of(slot);
                        }
                    }
                    Inst::Call { .. } => return 0,
                    _ => {}
                }
            }
            if matches!(block.terminator, Terminator::Call { .. }) {
                return 0;
            }
        }
        addresses & !unsteady
    }
}
