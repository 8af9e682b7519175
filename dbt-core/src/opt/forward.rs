//! The forward walk: rebuilds a unit's instructions through promotion and
//! folding.

use core::mem::discriminant;

use super::fold::{Folder, fold, part, terminator};
use super::promote::Promoter;
use super::slots::{Quad, SlotTable};
use super::{Optimizer, Passes};
use crate::ir::{Inst, Slot, Terminator, Unit, Value, VectorKind};

impl Optimizer {
    pub(super) fn forward(&mut self, unit: &mut Unit) {
        self.rebuilt.clear();
        self.rebuilt.reserve(unit.insts.len());
        self.renamed.clear();
        self.renamed.resize(unit.insts.len(), Value(0));
        for position in 0..unit.order.len() {
            let id = unit.order[position].index();
            let range = unit.blocks[id].insts.clone();
            let start = self.rebuilt.len();
            let end = unit.blocks[id].terminator;
            let end = self.forward_block(&unit.insts[range.clone()], range.start, end);
            unit.blocks[id].insts = start..self.rebuilt.len();
            unit.blocks[id].terminator = end;
        }
        core::mem::swap(&mut unit.insts, &mut self.rebuilt);
    }

    /// Rebuilds one block and returns how it ends now.
    fn forward_block(&mut self, insts: &[Inst], first: usize, end: Terminator) -> Terminator {
        let promoting = self.passes.contains(Passes::PROMOTE);
        let folding = self.passes.contains(Passes::FOLD);
        let mut folder = Folder::new(&mut self.rebuilt);
        self.promoter.forget_all();
        for (offset, inst) in insts.iter().enumerate() {
            let index = first + offset;
            let mut inst = *inst;
            let renamed = &mut self.renamed;
            inst.map_operands(|value| renamed[value.index()]);
            renamed[index] = match inst {
                Inst::Nop => continue,
                Inst::Get { slot } if promoting => {
                    if let Some(value) = self.promoter.known(slot) {
                        self.statistics.promoted_reads += 1;
                        value
                    } else {
                        let value = read(&mut folder, &mut self.promoter, &self.slots, slot);
                        self.promoter.learn(slot, value);
                        value
                    }
                }
                Inst::Set { slot, value } if promoting => {
                    if self.promoter.known(slot) == Some(value) {
                        self.statistics.redundant_writes += 1;
                        continue;
                    }
                    self.promoter.write(slot, value, &self.slots);
                    folder.push(inst)
                }
                Inst::Call { .. } => {
                    self.promoter.forget_all();
                    folder.push(inst)
                }
                _ if inst.raises_float_flags() => {
                    if let Some(slot) = self.layout.float_status {
                        self.promoter.forget(slot, &self.slots);
                    }
                    folder.push(inst)
                }
                Inst::ExitIf { condition, target } if folding => match folder.constant(condition) {
                    Some(0) => {
                        self.statistics.folded += 1;
                        continue;
                    }
                    Some(_) => {
                        self.statistics.folded += 1;
                        return Terminator::Jump(target);
                    }
                    None => folder.push(inst),
                },
                _ if folding => {
                    let value = fold(&mut folder, inst);
                    let kept = discriminant(&folder.inst(value)) == discriminant(&inst)
                        && value.index() + 1 == folder.end();
                    self.statistics.folded += u64::from(!kept);
                    value
                }
                _ => folder.push(inst),
            };
        }
        let end = rename_terminator(end, &self.renamed);
        if folding {
            return terminator(&folder, end);
        }
        end
    }
}

/// Reads a slot whose value is not known: of its halves, or of what it is half of,
/// if these are.
fn read(folder: &mut Folder<'_>, promoter: &mut Promoter, slots: &SlotTable, slot: Slot) -> Value {
    match slots.quad(slot) {
        Quad::Half { whole, high } => {
            if let Some(whole) = promoter.known(whole) {
                let kind = if high {
                    VectorKind::High
                } else {
                    VectorKind::Low
                };
                return fold(folder, part(kind, [whole; 2]));
            }
        }
        Quad::Whole { low, high } => {
            let known = [low, high].map(|half| promoter.known(half));
            if known != [None; 2] {
                // What is not known is loaded: a whole that was just written in part
                // is slow to load.
                let mut half = |slot: Slot, known: Option<Value>| {
                    known.unwrap_or_else(|| {
                        let value = folder.push(Inst::Get { slot });
                        promoter.learn(slot, value);
                        value
                    })
                };
                let halves = [half(low, known[0]), half(high, known[1])];
                return fold(folder, part(VectorKind::Join, halves));
            }
        }
        Quad::None => {}
    }
    folder.push(Inst::Get { slot })
}

fn rename_terminator(end: Terminator, renamed: &[Value]) -> Terminator {
    match end {
        Terminator::Indirect { value, mode, kind } => Terminator::Indirect {
            mode,
            value: renamed[value.index()],
            kind,
        },
        Terminator::Jump(_) | Terminator::Call { .. } | Terminator::Trap { .. } => end,
    }
}
