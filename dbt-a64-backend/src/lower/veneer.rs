//! Branches to the runtime from where they do not reach it.
//!
//! **Problem.** A branch spans 128 MiB, and code memory may be larger. A call of the
//! runtime leaves no register free: a state map may name all of them.
//!
//! **Approach.** At its end a fragment has a veneer for each entry point of the runtime
//! that its branches do not reach: code that adds the distance to where it is itself, in
//! `x29`, which nothing else uses. Links between fragments that are too far apart are not
//! made: such an exit goes through the runtime each time.
//!
//! Where branches are checked, entry points that veneers lead to begin with `BTI j`.
//!
//! A kick may move the thread to the detour in the middle of a veneer, which leads to the
//! runtime of the code then. That does not matter: all that veneers lead to leaves, or
//! looks whether to leave when it returns.

use alloc::vec::Vec;

use dbt_core::ir::Width;

use super::{Lowering, Result};
use crate::asm;
use crate::regs::Reg;

/// A branch that does not reach the runtime.
#[derive(Clone, Copy, Debug)]
pub(super) struct Far {
    /// The branch.
    at: u32,
    /// Where it leads, from the start of code memory.
    entry: u32,
    /// Whether only the detour has it.
    in_detour: bool,
}

/// A veneer of the fragment.
#[derive(Clone, Copy, Debug)]
struct Veneer {
    entry: u32,
    at: u32,
}

impl Lowering<'_> {
    /// Makes the branch at `at` lead into the runtime.
    pub(super) fn patch_runtime(&mut self, at: u32, entry: u32) -> Result<()> {
        let target = i64::from(entry) - i64::from(self.input.offset);
        let is_near = (target - i64::from(at)).abs() < self.reach;
        if !is_near || !self.asm.patch(at, target) {
            let in_detour = false;
            self.far.push(Far {
                at,
                entry,
                in_detour,
            });
        }
        Ok(())
    }

    /// Has the detour hold a jump into the runtime at `at`.
    pub(super) fn leave_for_runtime(&mut self, at: u32, entry: u32) -> Result<()> {
        let target = i64::from(entry) - i64::from(self.input.offset);
        if (target - i64::from(at)).abs() < self.reach {
            return self.leave_in_detour(at, asm::B, target);
        }
        let in_detour = true;
        self.far.push(Far {
            at,
            entry,
            in_detour,
        });
        Ok(())
    }

    /// Emits the veneers.
    pub(super) fn veneers(&mut self) -> Result<()> {
        let mut made: Vec<Veneer> = Vec::new();
        for Far {
            at,
            entry,
            in_detour,
        } in core::mem::take(&mut self.far)
        {
            let known = made.iter().find(|veneer| veneer.entry == entry).copied();
            let veneer = known.unwrap_or_else(|| {
                let at = self.veneer(entry);
                let veneer = Veneer { entry, at };
                made.push(veneer);
                veneer
            });
            match in_detour {
                true => self.leave_in_detour(at, asm::B, veneer.at.into())?,
                false => self.bind(at, veneer.at)?,
            }
        }
        Ok(())
    }

    /// Emits a veneer and returns where it is.
    fn veneer(&mut self, entry: u32) -> u32 {
        let (sum, here) = (Reg::FRAME, Reg::LINK);
        let at = self.asm.offset();
        self.asm.push_pair(here, here, Reg::SP, -16);
        let from = self.asm.offset();
        self.asm.adr(here, 0);
        let distance = i64::from(entry) - i64::from(self.input.offset) - i64::from(from);
        self.asm.mov_imm(sum, distance.cast_unsigned());
        self.asm
            .add_reg(false, false, Width::W64, sum, sum, here.into());
        self.asm.pop_pair(here, Reg::ZERO, Reg::SP, 16);
        self.asm.br(sum);
        at
    }
}
