//! Accesses that also write their base register.
//!
//! **Problem.** A guest's `LDR R3, [R1], #4`, `PUSH` and `POP` are an access, or several,
//! and an addition. The host's accesses can add to their base, but 64 bits wide, and at
//! the first of several accesses, when a later one may fault still.
//!
//! **Approach.** Where guest addresses are the host's, the first access writes the base.
//! Until the guest instruction would have, values that follow from the old base are sums
//! with the new one, and state maps say by how much it is ahead. If the sum leaves 32
//! bits the register is as far out of range as one access goes: as an address that
//! faults, as anything else only its low half is looked at.

use dbt_core::ir::{Inst, Value, Width};
use dbt_isa::ops::BinOp;

use super::place::Place;
use super::{Lowering, Result};
use crate::asm::Mem;
use crate::regs::{PINNED, Reg};

/// A register that is ahead of what the guest sees.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ahead {
    pub(super) reg: Reg,
    /// By how much.
    pub(super) by: i32,
    /// The instruction that catches up.
    until: u32,
}

impl Lowering<'_> {
    /// If the access at `mem` is one that may write its base at once, returns the operand
    /// that does, with how the base is ahead then. Whatever depends on the old base has
    /// been seen to. `reg` is what is accessed, if that is a general register.
    pub(super) fn write_back(
        &mut self,
        reg: Option<Reg>,
        mem: Mem,
    ) -> Result<Option<(Mem, Ahead)>> {
        let Mem::Offset { base, offset } = mem else {
            return Ok(None);
        };
        let pinned = base.0 < PINNED;
        let may = self.ahead.is_none() && self.input.lowering.is_identity();
        if !may || !pinned || reg == Some(base) {
            return Ok(None);
        }
        let Some(ahead) = self.caught_up(base) else {
            return Ok(None);
        };
        let by = ahead.by;
        let mem = match offset {
            0 => Mem::After { base, offset: by },
            _ if offset == by => Mem::Before { base, offset: by },
            _ => return Ok(None),
        };
        self.move_out_of_sums(base)?;
        self.before_overwrite(base)?;
        self.rebase(base, by);
        Ok(Some((mem, ahead)))
    }

    /// Notes that a value is a register's and a constant, not computed yet.
    pub(super) fn put_sum(&mut self, value: Value, base: Reg, offset: i32) {
        let place = match offset {
            0 => Place::Reg(base),
            _ => Place::Sum {
                base,
                index: None,
                offset,
            },
        };
        self.scratch.places.put(value, place);
    }

    /// Looks for where the guest instruction adds a constant to `base`, with nothing
    /// before that minds if it has happened already.
    fn caught_up(&self, base: Reg) -> Option<Ahead> {
        let unit = self.input.unit;
        let mut index = self.index + 1;
        loop {
            match *unit.insts.get(index as usize)? {
                Inst::Nop | Inst::Const { .. } => {}
                Inst::Get { slot } if self.pins.of(slot) != Some(base) => {}
                Inst::Binary {
                    op: BinOp::Add,
                    width: Width::W32,
                    b,
                    ..
                } if unit.constant(b).is_some() => {}
                inst if inst.access().is_some_and(|(access, address)| {
                    !access.ordered
                        && (!access.aligned || self.is_aligned(address, access.alignment() - 1))
                }) => {}
                Inst::Set { slot, value } if self.pins.of(slot) == Some(base) => {
                    let by = self.distance(value, base)?;
                    let stays = by % 4 == 0 || self.pins.aligned() != Some(base);
                    let fits = by != 0 && stays && (-256..256).contains(&by);
                    return fits.then_some(Ahead {
                        reg: base,
                        by,
                        until: index,
                    });
                }
                inst @ Inst::Set { slot, .. }
                    if slot != self.input.layout.flags
                        && !self.input.layout.is_refusable(&unit.insts, &inst) => {}
                _ => return None,
            }
            index += 1;
        }
    }

    /// Returns by how much a value, computed or not, is more than `base` is now.
    fn distance(&self, value: Value, base: Reg) -> Option<i32> {
        match self.place(value) {
            Place::Reg(reg) if reg == base => Some(0),
            Place::Sum {
                base: reg,
                index: None,
                offset,
            } if reg == base => Some(offset),
            // Not reached yet.
            Place::None => match *self.input.unit.inst(value) {
                Inst::Binary {
                    op: BinOp::Add,
                    width: Width::W32,
                    a,
                    b,
                } => {
                    let constant = self.constant32(b)?.cast_signed();
                    Some(self.distance(a, base)?.wrapping_add(constant))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Forgets that a register is ahead once the guest has caught up.
    pub(super) fn catch_up(&mut self) {
        if self.ahead.is_some_and(|ahead| ahead.until < self.index) {
            self.ahead = None;
        }
    }
}
