//! The optimiser.
//!
//! **Problem.** Lifted code reads and writes state slots at every turn and
//! computes flags that nobody reads. Removing that is worth a lot, but all of
//! translation may cost no more than a microsecond per guest instruction.
//!
//! **Approach.** Two walks over the unit. The *forward* walk rebuilds the
//! instructions, so that a rule can insert as easily as it can delete: reads of
//! slots become values (`promote`), and each instruction goes through the
//! algebraic rules (`fold`) when it is appended, when its operands are already
//! in their final form. The *backward* walk knows all users of a value when it
//! reaches the value: it narrows flags to the bits that are wanted
//! (`dead_flags`), removes writes that nobody sees (`dead_writes`) and values
//! that nobody uses (`dce`). Between the two, [`Liveness`] decides which flags
//! cross blocks.
//!
//! **Invariants.** Scratch memory lives in the [`Optimizer`] and is only ever
//! grown, so nothing is allocated once it is warm. No pass hashes. Each pass
//! is linear in the number of instructions (the flags' fixed point in blocks, a
//! few times). Values never cross blocks, so tables that name values need no
//! clearing: an entry of an earlier block is recognised by its index.
//!
//! **Rejected.** One walk per pass: the same rules took longer, since a walk
//! costs more than most rules, and found less, since promotion exposes constants
//! and constants expose promotions.
#![forbid(unsafe_code)]

mod backward;
mod dce;
mod dead_flags;
mod dead_writes;
mod fold;
mod forward;
mod promote;
mod slots;

use alloc::vec::Vec;
use core::ops::{AddAssign, BitOr, Sub};

use crate::analysis::Liveness;
use crate::guest::StateLayout;
use crate::ir::{Inst, Unit, Value};

use dead_writes::DeadWrites;
use promote::Promoter;
use slots::SlotTable;

/// A set of passes.
///
/// # Examples
///
/// ```
/// use dbt_core::opt::Passes;
///
/// let passes = Passes::ALL - Passes::FOLD;
/// assert!(passes.contains(Passes::PROMOTE));
/// assert!(!passes.contains(Passes::FOLD));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct Passes(u8);

impl Passes {
    /// No pass: the unit is left as it was lifted.
    pub const NONE: Self = Self(0);
    /// Reads of slots whose value is known become that value.
    pub const PROMOTE: Self = Self(1 << 0);
    /// Constant folding, algebraic identities, canonical forms.
    pub const FOLD: Self = Self(1 << 1);
    /// Flags are narrowed to the bits that are wanted.
    pub const DEAD_FLAGS: Self = Self(1 << 2);
    /// Writes of slots that are overwritten unseen are removed.
    pub const DEAD_WRITES: Self = Self(1 << 3);
    /// Values without users are removed.
    pub const DCE: Self = Self(1 << 4);
    /// [`DEAD_FLAGS`](Self::DEAD_FLAGS) looks across blocks. Without it the flags
    /// slot is exact at every block boundary.
    pub const FLAGS_ACROSS_BLOCKS: Self = Self(1 << 5);
    /// Every pass.
    pub const ALL: Self = Self(0x3f);

    /// Tells whether all of `other` are in the set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Tells whether one of `other` is in the set.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Passes {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Sub for Passes {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// What the passes did, summed over all units.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Statistics {
    /// Units optimised.
    pub units: u64,
    /// Instructions before.
    pub insts_before: u64,
    /// Instructions after.
    pub insts_after: u64,
    /// Reads of slots replaced by a known value.
    pub promoted_reads: u64,
    /// Writes of the value that the slot already held.
    pub redundant_writes: u64,
    /// Instructions that became of another kind, a constant or an earlier value.
    pub folded: u64,
    /// Writes of the flags slot that nobody sees.
    pub dead_flags: u64,
    /// Flags instructions of which fewer than four flags are wanted.
    pub narrowed_flags: u64,
    /// Writes of slots that are overwritten unseen.
    pub dead_writes: u64,
    /// Values without users.
    pub dead_values: u64,
}

impl AddAssign for Statistics {
    fn add_assign(&mut self, other: Self) {
        self.units += other.units;
        self.insts_before += other.insts_before;
        self.insts_after += other.insts_after;
        self.promoted_reads += other.promoted_reads;
        self.redundant_writes += other.redundant_writes;
        self.folded += other.folded;
        self.dead_flags += other.dead_flags;
        self.narrowed_flags += other.narrowed_flags;
        self.dead_writes += other.dead_writes;
        self.dead_values += other.dead_values;
    }
}

/// The passes with the memory that they work in.
///
/// Make one per translating thread and state layout, and keep it.
#[derive(Clone, Debug)]
pub struct Optimizer {
    passes: Passes,
    layout: StateLayout,
    slots: SlotTable,
    statistics: Statistics,
    liveness: Liveness,
    /// The forward walk's output, exchanged with the unit's instructions.
    rebuilt: Vec<Inst>,
    /// Old values to new ones.
    renamed: Vec<Value>,
    promoter: Promoter,
    dead_writes: DeadWrites,
    demand: Vec<dead_flags::Demand>,
}

impl Optimizer {
    /// Makes an optimiser for units of one guest, with all passes.
    #[must_use]
    pub fn new(layout: &StateLayout) -> Self {
        Self {
            passes: Passes::ALL,
            layout: *layout,
            slots: SlotTable::new(layout),
            statistics: Statistics::default(),
            liveness: Liveness::default(),
            rebuilt: Vec::new(),
            renamed: Vec::new(),
            promoter: Promoter::new(layout.slots.len()),
            dead_writes: DeadWrites::new(layout.slots.len()),
            demand: Vec::new(),
        }
    }

    /// Returns the optimiser with other passes.
    #[must_use]
    pub const fn with_passes(mut self, passes: Passes) -> Self {
        self.passes = passes;
        self
    }

    /// Optimises a unit whose slots are those of the optimiser's layout.
    ///
    /// Values are renumbered; blocks keep their names. Deleted instructions are
    /// left as [`Inst::Nop`] or are gone.
    pub fn run(&mut self, unit: &mut Unit) {
        self.statistics.units += 1;
        self.statistics.insts_before += unit.insts.len() as u64;
        if self.passes.intersects(Passes::PROMOTE | Passes::FOLD) {
            self.forward(unit);
        }
        if self.passes.contains(Passes::FLAGS_ACROSS_BLOCKS) {
            self.liveness.analyse(unit, &self.layout);
        } else {
            self.liveness.assume_all(unit);
        }
        if self
            .passes
            .intersects(Passes::DEAD_FLAGS | Passes::DEAD_WRITES | Passes::DCE)
        {
            self.backward(unit);
        } else {
            self.statistics.insts_after += unit.insts.len() as u64;
        }
    }

    /// Returns which flags are wanted where in the unit that was optimised last.
    #[must_use]
    pub const fn liveness(&self) -> &Liveness {
        &self.liveness
    }

    /// Returns what the passes have done so far.
    #[must_use]
    pub const fn statistics(&self) -> &Statistics {
        &self.statistics
    }
}
