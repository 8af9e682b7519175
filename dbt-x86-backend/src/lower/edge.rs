//! Flags on the way back to the head of a loop.
//!
//! **Problem.** A loop that ends with `subs` and `bne` and begins with a load
//! leaves flags that only a fault of that load could show. Saving four flags in
//! each iteration would cost more than many loops do.
//!
//! **Approach.** Such an edge saves no flags but its number, in one byte, and
//! operands of the comparison that registers will not hold any more. State maps
//! at the head of the loop list for each edge how the flags follow from registers
//! and saved operands; recovery looks the number up. Edge 0 means that memory
//! holds the flags, and every other way into the loop stores that.
//!
//! **Invariant.** From the head of the loop to where the flags are next written,
//! all of them, nothing but a state map looks at them.

use alloc::sync::Arc;
use alloc::vec::Vec;

use dbt_core::analysis::FlagSet;
use dbt_core::host::Lowering as MemoryLowering;
use dbt_core::ir::{BlockId, Inst};

use super::{Lowering, Result};
use crate::asm::Bits;
use crate::context;
use crate::facts;
use crate::flags::{Recipe, Term};
use crate::regs::{Reg, SCRATCH};

/// The edges into one block.
#[derive(Clone, Debug, Default)]
pub(super) struct Edges {
    /// Whether edges may leave flags unsaved.
    deferring: bool,
    /// The pinned registers that change before the last look at the flags.
    changed: u16,
    /// What edges 1 and on left.
    recipes: Vec<Recipe>,
}

impl Edges {
    pub(super) const fn is_deferring(&self) -> bool {
        self.deferring
    }
}

impl Lowering<'_> {
    /// Decides for each loop whether its edges may leave flags unsaved.
    pub(super) fn find_edges(&mut self) {
        let unit = self.input.unit;
        let mut edges = core::mem::take(&mut self.scratch.edges);
        edges.clear();
        edges.resize(unit.blocks.len(), Edges::default());
        if self.input.lowering != MemoryLowering::Callback {
            for id in &unit.order {
                if self.scratch.loop_heads[id.index()]
                    && let Some(changed) = self.changed_before_flags(*id)
                {
                    edges[id.index()] = Edges {
                        deferring: true,
                        changed,
                        recipes: Vec::new(),
                    };
                }
            }
        }
        self.scratch.edges = edges;
    }

    /// Returns the pinned registers that change before the last state map that
    /// shows the flags of the block's start; `None` if something else looks at
    /// these flags, or nothing does.
    fn changed_before_flags(&self, id: BlockId) -> Option<u16> {
        let unit = self.input.unit;
        let block = unit.block(id);
        let mut changed = 0;
        let mut before_last = None;
        for inst in &unit.insts[block.insts.clone()] {
            match inst {
                Inst::Set { slot, value } if *slot == self.input.layout.flags => {
                    let kept = facts::passed_through(unit, *value);
                    return if kept == FlagSet::NONE {
                        before_last
                    } else {
                        None
                    };
                }
                Inst::Get { slot } if *slot == self.input.layout.flags => return None,
                Inst::Set { slot, .. } => {
                    if let Some(pin) = self.pins.of(*slot) {
                        changed |= 1 << pin.0;
                    }
                }
                Inst::ExitIf { .. } | Inst::Call { .. } => return None,
                inst if inst.exposes_state() => before_last = Some(changed),
                _ => {}
            }
        }
        None
    }

    /// Marks the start of a block that is reached from the block before it or
    /// from outside: memory holds the flags on that way in.
    pub(super) fn begin_edge(&mut self, id: BlockId) {
        let deferring = self.scratch.edges[id.index()].deferring;
        if deferring && id == BlockId::ENTRY {
            self.asm.store_imm(Bits::B8, context::EDGE, 0);
        }
        self.edge = deferring.then_some(id);
    }

    /// Takes an edge into a block: if its flags may stay unsaved, notes how they
    /// follow from registers. Tells whether they need no saving any more. Leaves
    /// the host's flags alone.
    pub(super) fn take_edge(&mut self, to: BlockId) -> Result<bool> {
        let Edges {
            deferring, changed, ..
        } = self.scratch.edges[to.index()];
        if !deferring {
            return Ok(false);
        }
        let recipe = if self.flags_at_home() {
            None
        } else {
            self.edge_recipe()
        };
        let number = match recipe {
            Some(recipe) => {
                let recipe = self.keep_operands(recipe, changed);
                let recipes = &mut self.scratch.edges[to.index()].recipes;
                let number = recipes.len() + 1;
                if number > usize::from(u8::MAX) {
                    return Err(dbt_core::host::CompileError::TooLarge);
                }
                recipes.push(recipe);
                number
            }
            None => 0,
        };
        #[allow(clippy::cast_possible_truncation, reason = "checked above")]
        self.asm.store_imm(Bits::B8, context::EDGE, number as u32);
        Ok(number != 0)
    }

    /// Saves the operands that registers will not hold until they are needed.
    fn keep_operands(&mut self, recipe: Recipe, changed: u16) -> Recipe {
        let mut places = 0;
        let mut keep = |term: Term| match term.base {
            // The outcome of a floating-point comparison, whose place will be
            // used again.
            Some(reg) if reg.0 >= context::SAVED => {
                self.asm.push(context::saved(reg.0 - context::SAVED));
                self.asm.pop(context::saved(places));
                let base = Reg(context::SAVED + places);
                places += 1;
                Term {
                    base: Some(base),
                    ..term
                }
            }
            Some(reg) if SCRATCH.contains(&reg) || changed & 1 << reg.0 != 0 => {
                self.asm.store(Bits::B64, context::saved(places), reg);
                let base = Reg(context::SAVED + places);
                places += 1;
                Term {
                    base: Some(base),
                    ..term
                }
            }
            _ => term,
        };
        match recipe {
            Recipe::Compare(a, b) => Recipe::Compare(keep(a), keep(b)),
            Recipe::Result(result) => Recipe::Result(keep(result)),
        }
    }

    /// The loop whose edge's flags are still the architectural ones.
    pub(super) fn edge_flags(&self) -> Option<BlockId> {
        self.edge.filter(|_| self.flags_untouched())
    }

    /// Completes the state maps with what the edges left.
    pub(super) fn finish_edges(&mut self) {
        let mut shared: Option<(BlockId, Arc<[Recipe]>)> = None;
        for (map, id) in &self.edge_maps {
            let recipes = match &shared {
                Some((of, recipes)) if of == id => recipes.clone(),
                _ => Arc::from(self.scratch.edges[id.index()].recipes.as_slice()),
            };
            self.maps[*map].edges = Some(recipes.clone());
            shared = Some((*id, recipes));
        }
    }
}
