//! Host registers and what each is for.
//!
//! x86-64 has sixteen general registers. Generated code uses them so:
//!
//! | register | use |
//! | --- | --- |
//! | `rsp` | the host's stack, and on it the paired-return stack |
//! | `rbp` | guest state; the vCPU's context lies below it |
//! | `rax`, `rcx`, `rdx` | scratch, for values local to a block |
//! | the other eleven | *pinned*: each holds one hot state slot, in all code |
//!
//! Vector registers hold values and floating-point slots of the unit that runs;
//! between fragments all such slots are in memory. `xmm15` is scratch.
//!
//! The guest's window needs no register: it is the base of the GS segment, and an
//! access with the address-size prefix wraps at 32 bits as the guest's does.
//! Measured: such an access costs the same as one relative to a register.

use core::fmt;

/// A general host register, by its number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(transparent)]
pub struct Reg(pub u8);

impl Reg {
    /// `rax`, scratch.
    pub const RAX: Self = Self(0);
    /// `rcx`, scratch and the amount of shifts.
    pub const RCX: Self = Self(1);
    /// `rdx`, scratch.
    pub const RDX: Self = Self(2);
    /// `rsp`.
    pub const RSP: Self = Self(4);
    /// `rbp`, the state.
    pub const STATE: Self = Self(5);

    /// Returns the register's index in a table of sixteen.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Returns the three bits that ModRM and SIB hold.
    #[must_use]
    pub const fn low(self) -> u8 {
        self.0 & 7
    }

    /// Tells whether the register needs a REX bit.
    #[must_use]
    pub const fn is_extended(self) -> bool {
        self.0 >= 8
    }
}

/// A vector host register, by its number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(transparent)]
pub struct Xmm(pub u8);

impl Xmm {
    /// The register that no value stays in.
    pub const SCRATCH: Self = Self(15);

    /// Returns the register's index in a table of sixteen.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Number of vector registers for values: all but [`Xmm::SCRATCH`].
pub const VECTORS: u8 = 15;

/// Registers for values local to a block.
pub const SCRATCH: [Reg; 3] = [Reg::RAX, Reg::RCX, Reg::RDX];

/// Registers that hold the guest's hot slots, in the order of
/// [`StateLayout::hot`](dbt_core::guest::StateLayout::hot).
///
/// Those whose encodings are shortest come first. `r12` and `r13` need an extra
/// byte as the base of an address and come last.
pub const PINNED: [Reg; 11] = [
    Reg(3),
    Reg(6),
    Reg(7),
    Reg(8),
    Reg(9),
    Reg(10),
    Reg(11),
    Reg(14),
    Reg(15),
    Reg(12),
    Reg(13),
];

/// Pinned registers that a function of the host's calling convention may change.
pub const CALLER_SAVED: [Reg; 6] = [Reg(6), Reg(7), Reg(8), Reg(9), Reg(10), Reg(11)];

/// Formats to the name of the 64-bit register; a saved operand counts as one
/// beyond them.
impl fmt::Display for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 8] = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"];
        match NAMES.get(self.index()) {
            Some(name) => f.write_str(name),
            None if self.0 < 16 => write!(f, "r{}", self.0),
            None => write!(f, "saved{}", self.0 - 16),
        }
    }
}
