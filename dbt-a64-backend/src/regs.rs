//! Host registers and what each is for.
//!
//! AArch64 has 31 general registers. Generated code uses them so:
//!
//! | register | use |
//! | --- | --- |
//! | `x0` to `x14` | *pinned*: each holds one hot state slot, in all code; for AArch32 `w0` is R0 and so on to `w14`, which is LR |
//! | `x15` to `x17`, `x21` to `x24` | scratch, for values local to a block |
//! | `x18` | not used: some platforms reserve it |
//! | `x19` | the vCPU's context, with guest state behind it |
//! | `x20` | C and V, in bits 29 and 28, where they are not in `NZCV` |
//! | `x25` | what the directory last had for a callee in a pinned register |
//! | `x26` | the start of code memory, with a directory |
//! | `x27` | the base of the guest's window |
//! | `x28` | the directory, or the jump cache |
//! | `x29` | not used: the caller's frame |
//! | `x30` | the return address of host calls |
//! | `sp` | the host's stack |
//! | `v0` to `v29` | nothing between fragments; within one floating-point and vector slots, and values |
//! | `v30`, `v31` | scratch |
//! | `FPCR`, `FPSR` | the guest's modes and cumulative flags |
//!
//! A register that holds 32 bits has zeroes above them, so that it can be part of an
//! address as it is. Pinned ones may be out of that range by as much as one access
//! adds to its base; then they are no address, and 64-bit uses extend the low half.

/// A general host register, by its number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(transparent)]
pub struct Reg(pub u8);

impl Reg {
    /// `x16`, the first scratch register of stubs, and where a location is that is
    /// looked up.
    pub const X16: Self = Self(16);
    /// `x17`, the second one.
    pub const X17: Self = Self(17);
    /// `x15`, the third one.
    pub const X15: Self = Self(15);
    /// The context.
    pub const CONTEXT: Self = Self(19);
    /// C and V, where they are not in the host's flags.
    pub const CARRY: Self = Self(20);
    /// What the directory last had for a callee in a pinned register, so that the runtime
    /// can tell if that was nothing.
    pub const CALLEE: Self = Self(25);
    /// The start of code memory.
    pub const CODE: Self = Self(26);
    /// The base of the guest's window.
    pub const WINDOW: Self = Self(27);
    /// The directory, or the jump cache.
    pub const LOOKUP: Self = Self(28);
    /// The return address.
    pub const LINK: Self = Self(30);
    /// Reads as zero; writes to it are lost.
    pub const ZERO: Self = Self(31);
    /// The stack pointer, where an instruction means that by 31.
    pub const SP: Self = Self(31);

    /// Returns the register's index in a table of 32.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A vector register, by its number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(transparent)]
pub struct Vreg(pub u8);

impl Vreg {
    /// The register that holds nothing from one IR instruction to the next.
    pub const SCRATCH: Self = Self(31);
    /// Two neighbours that hold nothing either.
    pub const TABLE: [Self; 2] = [Self(30), Self(31)];

    /// Returns the register's index in a table of 32.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The pinned register to whose content most returns go: the guest's link register.
pub const GUEST_LINK: Reg = Reg(14);

/// Number of vector registers for values and slots: `v0` and on.
pub const VECTORS: u8 = 30;

/// Registers for values local to a block.
pub const SCRATCH: [Reg; 7] = [
    Reg(16),
    Reg(17),
    Reg(15),
    Reg(21),
    Reg(22),
    Reg(23),
    Reg(24),
];

/// Scratch registers that a called function may change.
pub const CALLER_SAVED: [Reg; 3] = [Reg(15), Reg(16), Reg(17)];

/// Number of registers that hold the guest's hot slots: `x0` and on.
pub const PINNED: u8 = 15;
