//! Runs of instructions under one condition.
//!
//! An instruction that only writes registers becomes a selection. As soon as one
//! of a run cannot, the whole run is branched around once, those before it
//! included: selections beside a branch would only lengthen the path through the
//! values that they select.

use dbt_core::ir::{BlockId, Builder, Inst, Target, Terminator};
use dbt_isa::machine::Machine as _;

use crate::guest::{Mode, slot};
use crate::itstate::Cond;

/// A place in the unit to which lifting can return.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) pc: u32,
    pub(super) mode: Mode,
    pub(super) count: u32,
    /// How many IR instructions there are.
    pub(super) insts: usize,
}

/// How the run that lifting is in is guarded.
#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// There is none.
    #[default]
    None,
    /// By selections so far; it began at the mark.
    Selected(Cond, Mark),
    /// By selections so far, but it must be lifted again from the mark.
    Refused(Mark),
    /// The instruction at this address starts a run that is branched around.
    Forced(u32),
    /// By a branch to the block behind it.
    Branched(Cond, BlockId),
}

/// The run of instructions under one condition that lifting is in.
#[derive(Debug, Default)]
pub(super) struct Run(State);

impl Run {
    /// Prepares for an instruction at `mark` that `cond` guards. Afterwards
    /// [`is_branched`](Self::is_branched) tells whether the guard is there
    /// already.
    pub(super) fn arrive(&mut self, cond: Cond, builder: &mut Builder<'_>) {
        match self.0 {
            State::Branched(of, _) if of != cond => self.close(builder),
            State::Selected(of, _) if of != cond => self.0 = State::None,
            _ => {}
        }
    }

    /// Tells whether what is lifted now is executed only if the condition holds.
    pub(super) const fn is_branched(&self) -> bool {
        matches!(self.0, State::Branched(..))
    }

    /// Tells whether the instruction at `pc` may not become a selection.
    pub(super) fn is_forced(&self, pc: u32) -> bool {
        matches!(self.0, State::Forced(at) if at == pc)
    }

    /// Notes that the instruction at `mark` became a selection.
    pub(super) fn selected(&mut self, cond: Cond, mark: Mark) {
        if !matches!(self.0, State::Selected(..)) {
            self.0 = State::Selected(cond, mark);
        }
    }

    /// The instruction cannot be a selection. Branches around it, or returns
    /// false if the run has to be lifted again first.
    pub(super) fn branch(&mut self, cond: Cond, builder: &mut Builder<'_>) -> bool {
        if let State::Selected(_, mark) = self.0 {
            self.0 = State::Refused(mark);
            return false;
        }
        let (false, Some(condition)) = (self.is_branched(), cond.condition()) else {
            return true;
        };
        let join = builder.reserve();
        let flags = builder.get(slot::NZCV);
        let skip = builder.condition(flags, condition.inverted());
        builder.exit_if(skip, Target::Block(join));
        self.0 = State::Branched(cond, join);
        true
    }

    /// Returns from where the run must be lifted again, if it must, and removes
    /// what was lifted of it.
    pub(super) fn take_refused(&mut self, builder: &mut Builder<'_>) -> Option<Mark> {
        let State::Refused(mark) = self.0 else {
            return None;
        };
        builder.rewind(mark.insts);
        self.0 = State::Forced(mark.pc);
        Some(mark)
    }

    /// Ends the run after an instruction whose IR starts at `start`, if the next
    /// one cannot belong to it.
    pub(super) fn leave(&mut self, start: usize, ends: bool, builder: &mut Builder<'_>) {
        let writes_flags = || {
            builder.unit().insts[start..]
                .iter()
                .any(|inst| matches!(inst, Inst::Set { slot, .. } if *slot == slot::NZCV))
        };
        if ends || !builder.is_open() || writes_flags() {
            self.close(builder);
        }
    }

    /// Ends the run. Afterwards a block is open if the run was branched around.
    pub(super) fn close(&mut self, builder: &mut Builder<'_>) {
        if let State::Branched(_, join) = self.0 {
            if builder.is_open() {
                builder.end(Terminator::Jump(Target::Block(join)));
            }
            builder.begin(join, None);
        }
        self.0 = State::None;
    }
}
