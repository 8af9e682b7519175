//! Arguments of branches, status and system instructions.

use crate::imm::ExpandedImm;
use crate::itstate::{Cond, ItState};
use crate::reg::Reg;

/// `B`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Branch {
    /// The condition, if the encoding of T32 has a field for it; else always, and what guards the instruction decides.
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

/// No operands (`NOP`, `CLREX`, the hints).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct NoArgs;

/// One immediate (`SVC`, `BKPT`, `UDF`, `HVC`, `SMC`, `DBG`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Imm {
    /// The immediate.
    pub imm: u32,
}

/// `DMB`, `DSB`, `ISB`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Barrier {
    /// Which accesses are ordered, four bits.
    pub option: u8,
}

/// `MRS` of the APSR.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Mrs {
    /// Destination.
    pub d: Reg,
}

/// `MSR` with an immediate.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MsrImm {
    /// Fields written: bit 3 for N Z C V Q, bit 2 for GE, bits 1 and 0 for what only privileged code may write.
    pub mask: u8,
    /// What is written.
    pub imm: ExpandedImm,
}

/// `MSR` with a register.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MsrReg {
    /// Fields written, as in [`MsrImm`].
    pub mask: u8,
    /// What is written.
    pub n: Reg,
}

/// `SETEND`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Setend {
    /// Whether data becomes big-endian.
    pub big_endian: bool,
}

/// `MCR`, `MRC`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Coproc {
    /// Coprocessor.
    pub coproc: u8,
    /// First opcode.
    pub opc1: u8,
    /// Register moved.
    pub t: Reg,
    /// Coprocessor register.
    pub crn: u8,
    /// Additional coprocessor register.
    pub crm: u8,
    /// Second opcode.
    pub opc2: u8,
}

/// `MCRR`, `MRRC`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct CoprocDual {
    /// Coprocessor.
    pub coproc: u8,
    /// Opcode.
    pub opc1: u8,
    /// First register moved.
    pub t: Reg,
    /// Second register moved.
    pub t2: Reg,
    /// Coprocessor register.
    pub crm: u8,
}

/// `CPS`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Cps {
    /// 2 to enable, 3 to disable, 0 to leave the masks.
    pub imod: u8,
    /// Masks A, I and F in bits 2 to 0.
    pub flags: u8,
    /// The mode to change to.
    pub mode: Option<u8>,
}

/// `SRS`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Srs {
    /// The mode whose stack is used.
    pub mode: u8,
    /// Whether the stack pointer is updated.
    pub wback: bool,
}

/// `RFE`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Rfe {
    /// Base.
    pub n: Reg,
    /// Whether the base is updated.
    pub wback: bool,
}
