//! Arguments of branches.

use crate::itstate::{Cond, ItState};
use crate::reg::Reg;

/// `B`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Branch {
    /// The condition, if the encoding of T32 has a field for it; else always,
    /// and what guards the instruction decides.
    pub cond: Cond,
    /// From the PC as read, in bytes.
    pub offset: i32,
}

/// `BL`, and `BLX` with an immediate.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct BranchLink {
    /// From the PC as read (aligned for `BLX`), in bytes.
    pub offset: i32,
}

/// `BX`, `BLX` with a register, `BXJ`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct BranchReg {
    /// Target.
    pub m: Reg,
}

/// `CBZ`, `CBNZ`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct CompareBranch {
    /// Whether to branch if `n` is not zero.
    pub nonzero: bool,
    /// What is compared.
    pub n: Reg,
    /// From the PC as read, in bytes.
    pub offset: i32,
}

/// `TBB`, `TBH`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct TableBranch {
    /// Base of the table.
    pub n: Reg,
    /// Index into the table.
    pub m: Reg,
}

/// `IT`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct It {
    /// The state that the block starts with.
    pub it: ItState,
}
