//! The typed table of system registers.
//!
//! A [`SystemRegister`] is data: a name, a place among the coprocessor registers, who
//! may access it, a reset value, and what reading and writing do. The table of
//! [`registers`](super::registers) describes CP14 and CP15; an embedder's own table
//! is looked at first, so that it extends ours and replaces entries of it.

use bitflags::bitflags;

use super::mode::ProcessorMode;
use crate::state::ArmState;
use crate::version::Features;

/// Where a system register is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(transparent)]
pub struct Place(u32);

impl Place {
    /// A register of `MRC` and `MCR`, by the operands in the manual's order.
    #[must_use]
    pub const fn new(coproc: u32, crn: u32, opc1: u32, crm: u32, opc2: u32) -> Self {
        Self((coproc & 15) << 24 | (crn & 15) << 12 | (opc1 & 7) << 8 | (crm & 15) << 4 | opc2 & 7)
    }

    /// A register of 64 bits, of `MRRC` and `MCRR`.
    #[must_use]
    pub const fn dual(coproc: u32, opc1: u32, crm: u32) -> Self {
        Self((coproc & 15) << 24 | 1 << 20 | (opc1 & 15) << 8 | (crm & 15) << 4)
    }

    /// A register of CP15, by `CRn`, `opc1`, `CRm`, `opc2`.
    pub(crate) const fn cp15(crn: u32, opc1: u32, crm: u32, opc2: u32) -> Self {
        Self::new(15, crn, opc1, crm, opc2)
    }

    /// Returns the number of the coprocessor.
    #[must_use]
    pub const fn coproc(self) -> u32 {
        self.0 >> 24
    }

    /// Whether it is accessed by `MRRC` and `MCRR`.
    #[must_use]
    pub const fn is_dual(self) -> bool {
        self.0 & 1 << 20 != 0
    }

    /// Returns `CRn`, zero if [`is_dual`](Self::is_dual).
    #[must_use]
    pub const fn crn(self) -> u32 {
        self.0 >> 12 & 15
    }

    /// Returns `opc1`.
    #[must_use]
    pub const fn opc1(self) -> u32 {
        self.0 >> 8 & 15
    }

    /// Returns `CRm`.
    #[must_use]
    pub const fn crm(self) -> u32 {
        self.0 >> 4 & 15
    }

    /// Returns `opc2`, zero if [`is_dual`](Self::is_dual).
    #[must_use]
    pub const fn opc2(self) -> u32 {
        self.0 & 15
    }
}

bitflags! {
    /// Who may access a system register.
    #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
    pub struct Rights: u16 {
        /// User mode may read.
        const USER_READ = 1 << 0;
        /// User mode may write.
        const USER_WRITE = 1 << 1;
        /// Privileged modes in Non-secure state may read.
        const NON_SECURE_READ = 1 << 2;
        /// Privileged modes in Non-secure state may write.
        const NON_SECURE_WRITE = 1 << 3;
        /// Privileged modes in Secure state may read.
        const SECURE_READ = 1 << 4;
        /// Privileged modes in Secure state may write.
        const SECURE_WRITE = 1 << 5;
        /// Hyp mode may read, and Monitor mode while SCR.NS is one.
        const HYP_READ = 1 << 6;
        /// Hyp mode may write, and Monitor mode while SCR.NS is one.
        const HYP_WRITE = 1 << 7;
    }
}

impl Rights {
    /// Privileged code may read.
    pub const READ: Self = Self::NON_SECURE_READ
        .union(Self::SECURE_READ)
        .union(Self::HYP_READ);
    /// Privileged code may write.
    pub const WRITE: Self = Self::NON_SECURE_WRITE
        .union(Self::SECURE_WRITE)
        .union(Self::HYP_WRITE);
    /// Privileged code may read and write.
    pub const READ_WRITE: Self = Self::READ.union(Self::WRITE);
    /// Everybody may read, privileged code may write.
    pub const USER_READ_ONLY: Self = Self::READ_WRITE.union(Self::USER_READ);
    /// Everybody may read and write.
    pub const ALL: Self = Self::USER_READ_ONLY.union(Self::USER_WRITE);
    /// Secure privileged code may read and write.
    pub const SECURE: Self = Self::SECURE_READ.union(Self::SECURE_WRITE);
    /// Hyp mode may read and write.
    pub const HYP: Self = Self::HYP_READ.union(Self::HYP_WRITE);

    /// Whether the present mode of `state` may read, or write.
    pub(crate) fn allow(self, state: &ArmState, write: bool) -> bool {
        let read = match state.mode() {
            ProcessorMode::User => Self::USER_READ,
            ProcessorMode::Hyp => Self::HYP_READ,
            ProcessorMode::Monitor if state.non_secure() => Self::SECURE_READ | Self::HYP_READ,
            _ if state.is_secure() => Self::SECURE_READ,
            _ => Self::NON_SECURE_READ,
        };
        let wanted = read.bits() << u16::from(write);
        self.bits() & wanted != 0
    }
}

/// Whether the embedder sees a write, after which
/// [`Engine::run`](https://docs.rs/dbt-core) returns `Exit::SystemRegister`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Watch {
    /// It need not.
    No,
    /// It does: the register controls translation of addresses, say.
    Writes,
}

/// What accesses do.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// Reads and writes a place for a value.
    Cell {
        /// The place.
        cell: Cell,
        /// The bits that writes change.
        writable: u64,
        /// Whether the embedder sees writes.
        watch: Watch,
    },
    /// Reads as the reset value; writes, where the rights allow them, are ignored.
    Constant,
    /// Writes do something that the embedder sees, and that has no value:
    /// maintenance of caches and TLBs.
    Operation {
        /// Whether the embedder sees it.
        watch: Watch,
    },
    /// Reads and writes call functions.
    Call {
        /// Returns the value.
        read: fn(&ArmState) -> u64,
        /// Takes the value.
        write: fn(&mut ArmState, u64),
    },
    /// The embedder makes the access: [`Engine::run`](https://docs.rs/dbt-core)
    /// returns `Exit::SystemRegister` at the instruction, and
    /// [`A32Guest::complete`](crate::guest::A32Guest::complete) goes on.
    Embedder,
}

/// A system register.
#[derive(Clone, Copy, Debug)]
pub struct SystemRegister {
    /// The manual's name.
    pub name: &'static str,
    /// Where it is.
    pub place: Place,
    /// Who may access it.
    pub rights: Rights,
    /// The features without which it is absent.
    pub needs: Features,
    /// The value after a reset.
    pub reset: u64,
    /// What accesses do.
    pub action: Action,
}

/// A place for the value of a system register.
///
/// Some are banked: there is one for each security state.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct Cell(u8);

/// Defines cells by consecutive numbers.
macro_rules! cells {
    (banked: $($banked:ident)*; common: $($common:ident)*;) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "the manual's names")]
        #[repr(u8)]
        enum Number { $($banked,)* FirstCommon, $($common,)* Count }

        #[allow(missing_docs, reason = "the manual's names")]
        impl Cell {
            $(pub const $banked: Self = Self(Number::$banked as u8);)*
            $(pub const $common: Self = Self(Number::$common as u8);)*
        }
    };
}

cells! {
    banked: SCTLR ACTLR CSSELR TTBR0 TTBR1 TTBCR DACR DFSR IFSR ADFSR AIFSR DFAR IFAR PAR
        MAIR0 MAIR1 AMAIR0 AMAIR1 VBAR FCSEIDR CONTEXTIDR TPIDRPRW;
    common: CPACR SCR SDER NSACR MVBAR FPEXC VPIDR VMPIDR MPIDR
        HSCTLR HACTLR HCR HDCR HCPTR HSTR HTCR VTCR HTTBR VTTBR HADFSR HAIFSR HSR HDFAR HIFAR
        HPFAR HMAIR0 HMAIR1 HAMAIR0 HAMAIR1 HVBAR HTPIDR
        CNTFRQ CNTKCTL CNTHCTL CNTVOFF TEECR TEEHBR;
}

impl Cell {
    /// How many there are for registers of the embedder.
    pub const EMBEDDER: usize = 16;
    /// How many there are.
    pub(crate) const COUNT: usize = Number::Count as usize + Self::EMBEDDER;

    /// Returns a cell for a register of the embedder, by a number below
    /// [`EMBEDDER`](Self::EMBEDDER).
    ///
    /// # Panics
    ///
    /// If the number is too large.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "checked")]
    pub const fn embedder(number: usize) -> Self {
        assert!(number < Self::EMBEDDER, "there are so many cells");
        Self(Number::Count as u8 + number as u8)
    }

    /// Returns the number of the cell.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// Whether there is one for each security state.
    #[must_use]
    pub const fn is_banked(self) -> bool {
        self.0 < Number::FirstCommon as u8
    }
}

/// What an instruction does to a coprocessor.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum AccessKind {
    /// `MRC`, `MRRC`.
    Read,
    /// `MCR`, `MCRR`.
    Write,
    /// `CDP`.
    Operation,
    /// `LDC`.
    Load,
    /// `STC`.
    Store,
}

/// How far an access has got when the embedder sees it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// The instruction waits: see [`A32Guest::complete`](crate::guest::A32Guest::complete).
    Pending,
    /// It has been executed; the embedder acts upon it.
    Done,
    /// It was UNDEFINED, and the exception has been taken where the guest takes
    /// exceptions; else the guest stands at the instruction. The embedder may take note.
    Undefined,
}

/// An access to a system register or to a coprocessor, as the embedder sees it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Access {
    /// What is accessed; of `CDP`, `LDC` and `STC` only the coprocessor is told.
    pub place: Place,
    /// How.
    pub kind: AccessKind,
    /// What is or was written, zero-extended.
    pub value: u64,
    /// The encoding, with the first halfword of T32 in the upper half.
    pub word: u32,
    /// The address of the instruction.
    pub address: u32,
    /// How far the access has got.
    pub outcome: Outcome,
    /// Where a read goes: R15 stands for the condition flags.
    pub(crate) registers: [u8; 2],
    /// The size of the instruction.
    pub(crate) len: u32,
    /// `ITSTATE` behind it.
    pub(crate) next_it: u8,
}

impl Access {
    /// No access yet.
    pub(crate) const NONE: Self = Self {
        place: Place(0),
        kind: AccessKind::Operation,
        value: 0,
        word: 0,
        address: 0,
        outcome: Outcome::Done,
        registers: [0; 2],
        len: 4,
        next_it: 0,
    };
}

impl ArmState {
    /// Reads a cell as instructions do: SCR.NS chooses between banked ones.
    #[must_use]
    pub const fn cell(&self, cell: Cell) -> u64 {
        self.system.cells[self.world(cell)][cell.index()]
    }

    /// Writes a cell as instructions do, whatever is writable.
    pub fn set_cell(&mut self, cell: Cell, value: u64) {
        let world = self.world(cell);
        self.system.cells[world][cell.index()] = value;
        self.refresh_context();
    }

    /// Writes both of a banked cell, at a reset.
    pub(crate) const fn reset_cell(&mut self, cell: Cell, value: u64) {
        self.system.cells[0][cell.index()] = value;
        self.system.cells[1][cell.index()] = value;
    }

    const fn world(&self, cell: Cell) -> usize {
        (cell.is_banked() && self.non_secure()) as usize
    }

    /// Reads a register.
    pub(crate) fn read_register(&self, register: &SystemRegister) -> u64 {
        match register.action {
            Action::Cell { cell, .. } => self.cell(cell),
            Action::Constant => register.reset,
            Action::Call { read, .. } => read(self),
            Action::Operation { .. } | Action::Embedder => 0,
        }
    }

    /// Writes a register; tells whether the embedder sees it.
    pub(crate) fn write_register(&mut self, register: &SystemRegister, value: u64) -> Watch {
        match register.action {
            Action::Cell {
                cell,
                writable,
                watch,
            } => {
                let old = self.cell(cell);
                self.set_cell(cell, old & !writable | value & writable);
                watch
            }
            Action::Call { write, .. } => {
                write(self, value);
                Watch::No
            }
            Action::Operation { watch } => watch,
            Action::Constant | Action::Embedder => Watch::No,
        }
    }
}

/// A cell is numbered by eight bits.
const _: () = assert!(Cell::COUNT < 256);
