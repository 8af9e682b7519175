//! Arguments of loads and stores.

use crate::operands::{AddrImm, AddrLit, AddrReg};
use crate::reg::{Reg, RegList};

/// A load or store with an immediate offset.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MemImm {
    /// Register loaded or stored.
    pub t: Reg,
    /// Address.
    pub address: AddrImm,
}

/// A load or store with a register offset.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MemReg {
    /// Register loaded or stored.
    pub t: Reg,
    /// Address.
    pub address: AddrReg,
}

/// A load relative to the PC.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MemLit {
    /// Register loaded or stored.
    pub t: Reg,
    /// Address.
    pub address: AddrLit,
}

/// `LDRD`, `STRD` with an immediate offset.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MemDualImm {
    /// Register loaded or stored.
    pub t: Reg,
    /// Second register loaded or stored.
    pub t2: Reg,
    /// Address.
    pub address: AddrImm,
}

/// `LDRD`, `STRD` with a register offset.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MemDualReg {
    /// Register loaded or stored.
    pub t: Reg,
    /// Second register loaded or stored.
    pub t2: Reg,
    /// Address.
    pub address: AddrReg,
}

/// `LDRD` relative to the PC.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MemDualLit {
    /// Register loaded or stored.
    pub t: Reg,
    /// Second register loaded or stored.
    pub t2: Reg,
    /// Address.
    pub address: AddrLit,
}

/// A preload with an immediate offset.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PreloadImm {
    /// Address.
    pub address: AddrImm,
}

/// A preload with a register offset.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PreloadReg {
    /// Address.
    pub address: AddrReg,
}

/// A preload relative to the PC.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PreloadLit {
    /// Address.
    pub address: AddrLit,
}

/// `LDM` and `STM` in their four forms.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Block {
    /// Base.
    pub n: Reg,
    /// Whether the base is updated.
    pub wback: bool,
    /// Registers loaded or stored.
    pub list: RegList,
}

/// `LDM` and `STM` of User registers, `LDM` for exception return.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct BlockSystem {
    /// Base.
    pub n: Reg,
    /// Whether addresses ascend from the base.
    pub increment: bool,
    /// Whether the base itself is left out.
    pub before: bool,
    /// Whether the base is updated.
    pub wback: bool,
    /// Registers loaded or stored.
    pub list: RegList,
}

/// `LDREX`, `LDREXB`, `LDREXH`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct LoadExclusive {
    /// Register loaded.
    pub t: Reg,
    /// Address.
    pub address: AddrImm,
}

/// `STREX`, `STREXB`, `STREXH`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct StoreExclusive {
    /// Status: 0 for success, 1 for failure.
    pub d: Reg,
    /// Register stored.
    pub t: Reg,
    /// Address.
    pub address: AddrImm,
}

/// `LDREXD`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct LoadExclusiveDual {
    /// Register loaded from the lower address.
    pub t: Reg,
    /// Register loaded from the higher address.
    pub t2: Reg,
    /// Address.
    pub n: Reg,
}

/// `STREXD`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct StoreExclusiveDual {
    /// Status: 0 for success, 1 for failure.
    pub d: Reg,
    /// Register stored at the lower address.
    pub t: Reg,
    /// Register stored at the higher address.
    pub t2: Reg,
    /// Address.
    pub n: Reg,
}

/// `SWP`, `SWPB`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Swap {
    /// Register loaded.
    pub t: Reg,
    /// Register stored.
    pub t2: Reg,
    /// Address.
    pub n: Reg,
}
