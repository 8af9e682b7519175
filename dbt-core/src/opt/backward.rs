//! The backward walk: removes what nobody wants.
//!
//! When it reaches a value it has seen all users, so each decision is final and
//! one walk does what separate passes would need several rounds for: an unread
//! value is gone before its operands are looked at, and a read that is gone
//! does not keep a write.

use super::dead_flags::{self, Demand};
use super::{Optimizer, Passes, dce};
use crate::analysis::FlagSet;
use crate::ir::{BlockId, Inst, Slot, Terminator, Ty, Unit, Value};

impl Optimizer {
    pub(super) fn backward(&mut self, unit: &mut Unit) {
        self.demand.clear();
        self.demand.resize(unit.insts.len(), Demand::NONE);
        for position in (0..unit.order.len()).rev() {
            self.backward_block(unit, unit.order[position]);
        }
        if self.passes.contains(Passes::DEAD_FLAGS) {
            self.liveness
                .set_demanded(self.demand.iter().map(|demand| demand.wanted()));
        }
    }

    fn backward_block(&mut self, unit: &mut Unit, id: BlockId) {
        let block = &unit.blocks[id.index()];
        let mut walk = Walk {
            optimizer: self,
            flags_live: FlagSet::ALL,
            refusable: false,
        };
        walk.end(&block.terminator);
        for index in block.insts.clone().rev() {
            let (before, rest) = unit.insts.split_at_mut(index);
            if let Some(inst) = rest.first_mut() {
                walk.step(index, before, inst);
            }
        }
    }
}

/// The walk through one block.
struct Walk<'a> {
    optimizer: &'a mut Optimizer,
    /// The flags that may be read from the slot after this point.
    flags_live: FlagSet,
    /// Whether the guest instruction may be refused: then the state before it is visible.
    refusable: bool,
}

impl Walk<'_> {
    fn runs(&self, pass: Passes) -> bool {
        self.optimizer.passes.contains(pass)
    }

    fn want(&mut self, value: Value, demand: Demand) {
        self.optimizer.demand[value.index()].add(demand);
    }

    fn end(&mut self, terminator: &Terminator) {
        self.optimizer.dead_writes.expose();
        self.flags_live = self.optimizer.liveness.live_out(terminator);
        if let Some(value) = terminator.operand() {
            self.want(value, Demand::ALL);
        }
    }

    #[inline]
    fn step(&mut self, index: usize, before: &[Inst], inst: &mut Inst) {
        match *inst {
            Inst::Nop | Inst::Fence => {}
            Inst::Guest { .. } => {
                if core::mem::take(&mut self.refusable) {
                    self.optimizer.dead_writes.expose();
                    self.flags_live = FlagSet::ALL;
                }
            }
            Inst::Set { slot, value } => {
                self.set(inst, slot, value);
                self.refusable |= self.optimizer.layout.is_refusable(before, inst);
            }
            Inst::ExitIf { condition, target } => {
                self.optimizer.dead_writes.expose();
                self.flags_live |= self.optimizer.liveness.live_at(target);
                self.want(condition, Demand::ALL);
            }
            Inst::Load { .. }
            | Inst::Store { .. }
            | Inst::StoreExclusive { .. }
            | Inst::LoadVector { .. }
            | Inst::StoreVector { .. }
            | Inst::Call { .. } => {
                self.optimizer.dead_writes.expose();
                self.flags_live = FlagSet::ALL;
                inst.for_each_operand(|value| self.want(value, Demand::ALL));
            }
            _ if inst.raises_float_flags() => {
                if let Some(slot) = self.optimizer.layout.float_status {
                    let optimizer = &mut *self.optimizer;
                    optimizer.dead_writes.read(slot, &optimizer.slots);
                }
                inst.for_each_operand(|value| self.want(value, Demand::ALL));
            }
            _ => self.value(index, inst),
        }
        self.optimizer.statistics.insts_after += u64::from(!matches!(inst, Inst::Nop));
    }

    fn set(&mut self, inst: &mut Inst, slot: Slot, value: Value) {
        let is_flags = slot == self.optimizer.layout.flags;
        if is_flags && self.flags_live.is_empty() && self.runs(Passes::DEAD_FLAGS) {
            self.optimizer.statistics.dead_flags += 1;
            *inst = Inst::Nop;
            return;
        }
        let optimizer = &mut *self.optimizer;
        if optimizer.passes.contains(Passes::DEAD_WRITES)
            && !optimizer.dead_writes.write(slot, &optimizer.slots)
        {
            optimizer.statistics.dead_writes += 1;
            *inst = Inst::Nop;
            return;
        }
        if is_flags && self.runs(Passes::DEAD_FLAGS) {
            let live = self.flags_live;
            dead_flags::operands(inst, live, |value, demand| self.want(value, demand));
            self.flags_live = FlagSet::NONE;
        } else {
            self.want(value, Demand::ALL);
        }
    }

    fn value(&mut self, index: usize, inst: &mut Inst) {
        let demand = self.optimizer.demand[index];
        if demand == Demand::NONE && self.runs(Passes::DCE) && dce::is_removable(inst) {
            self.optimizer.statistics.dead_values += 1;
            *inst = Inst::Nop;
            return;
        }
        let narrowing = self.runs(Passes::DEAD_FLAGS) && demand != Demand::NONE;
        if narrowing && demand == Demand::REFERENCED && self.replace_unwanted(inst) {
            return;
        }
        let wanted = if narrowing {
            demand.wanted()
        } else {
            FlagSet::ALL
        };
        if wanted != FlagSet::ALL {
            self.optimizer.statistics.narrowed_flags += 1;
            *inst = dead_flags::narrow(*inst, wanted);
        }
        if let Inst::Get { slot } = *inst {
            let optimizer = &mut *self.optimizer;
            optimizer.dead_writes.read(slot, &optimizer.slots);
            if slot == optimizer.layout.flags {
                self.flags_live |= wanted;
            }
        } else if self.runs(Passes::DEAD_FLAGS) {
            dead_flags::operands(inst, wanted, |value, demand| self.want(value, demand));
        } else {
            inst.for_each_operand(|value| self.want(value, Demand::ALL));
        }
    }

    /// Makes a constant of an instruction whose value nobody wants, so that its
    /// own operands are not wanted either.
    fn replace_unwanted(&mut self, inst: &mut Inst) -> bool {
        let layout = &self.optimizer.layout;
        let ty: Option<Ty> = dead_flags::unwanted_ty(inst, |slot| layout.slot(slot).ty);
        if let Some(ty) = ty {
            self.optimizer.statistics.dead_values += 1;
            *inst = Inst::Const { ty, bits: 0 };
        }
        ty.is_some()
    }
}
