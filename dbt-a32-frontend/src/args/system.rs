//! Arguments of status and system instructions.

use core::fmt;

use crate::imm::{ExpandedImm, Imm8, Imm32};
use crate::operands::AddrImm;
use crate::reg::Reg;
use crate::system::BankedReg;

/// One immediate (`SVC`, `BKPT`, `UDF`, `HVC`, `SMC`, `DBG`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Imm {
    /// The immediate.
    pub imm: Imm32,
}

/// `DMB`, `DSB`, `ISB`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Barrier {
    /// Which accesses are ordered, and for whom.
    pub option: BarrierOption,
}

/// The option of a barrier.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct BarrierOption(u8);

impl BarrierOption {
    /// Returns the option of the low four bits.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "masked to four bits")]
    pub const fn new(bits: u32) -> Self {
        Self((bits & 15) as u8)
    }

    /// Returns the encoding, 0 to 15.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0 as u32
    }
}

impl fmt::Display for BarrierOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            1 => "oshld",
            2 => "oshst",
            3 => "osh",
            5 => "nshld",
            6 => "nshst",
            7 => "nsh",
            9 => "ishld",
            10 => "ishst",
            11 => "ish",
            13 => "ld",
            14 => "st",
            15 => "sy",
            reserved => return Imm8::new(reserved.into()).fmt(f),
        })
    }
}

/// `MRS`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Mrs {
    /// Destination.
    pub d: Reg,
}

/// `MRS` of a banked register.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MrsBanked {
    /// Destination.
    pub d: Reg,
    /// What is read.
    pub reg: BankedReg,
}

/// `MSR` of a banked register.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MsrBanked {
    /// What is written.
    pub reg: BankedReg,
    /// The new value.
    pub n: Reg,
}

/// `MSR` with an immediate.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MsrImm {
    /// Fields written.
    pub mask: PsrMask,
    /// What is written.
    pub imm: ExpandedImm,
}

/// `MSR` with a register.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MsrReg {
    /// Fields written.
    pub mask: PsrMask,
    /// What is written.
    pub n: Reg,
}

/// The fields of a status register that `MSR` writes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PsrMask {
    bits: u8,
    spsr: bool,
}

impl PsrMask {
    /// Returns the fields of the CPSR of a four-bit mask.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "masked to four bits")]
    pub const fn new(bits: u32) -> Self {
        Self {
            bits: (bits & 15) as u8,
            spsr: false,
        }
    }

    /// Returns the fields of the SPSR of a four-bit mask.
    #[inline]
    #[must_use]
    pub const fn spsr(bits: u32) -> Self {
        Self {
            spsr: true,
            ..Self::new(bits)
        }
    }

    /// Whether N, Z, C, V and Q are written.
    #[inline]
    #[must_use]
    pub const fn writes_nzcvq(self) -> bool {
        self.bits & 8 != 0
    }

    /// Whether GE is written.
    #[inline]
    #[must_use]
    pub const fn writes_ge(self) -> bool {
        self.bits & 4 != 0
    }

    /// Whether E is written.
    #[inline]
    #[must_use]
    pub const fn writes_endianness(self) -> bool {
        self.bits & 2 != 0
    }

    /// Whether fields are written that have bits which only privileged code may write:
    /// masks, mode, PAN and SSBS.
    #[inline]
    #[must_use]
    pub const fn writes_control(self) -> bool {
        self.bits & 7 != 0
    }

    /// Returns the fields as a set of four bits: f, s, x, c.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.bits as u32
    }

    /// Returns the bits of the register that the fields cover.
    #[inline]
    #[must_use]
    pub const fn spread(self) -> u32 {
        let bits = self.bits as u32;
        ((bits & 1) | (bits >> 1 & 1) << 8 | (bits >> 2 & 1) << 16 | (bits >> 3 & 1) << 24) * 0xff
    }
}

impl fmt::Display for PsrMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.spsr, self.bits) {
            (false, 4) => return f.write_str("apsr_g"),
            (false, 8) => return f.write_str("apsr_nzcvq"),
            (false, 12) => return f.write_str("apsr_nzcvqg"),
            (false, _) => f.write_str("cpsr_")?,
            (true, _) => f.write_str("spsr_")?,
        }
        for (bit, letter) in [(8, "f"), (4, "s"), (2, "x"), (1, "c")] {
            if self.bits & bit != 0 {
                f.write_str(letter)?;
            }
        }
        Ok(())
    }
}

/// `SETEND`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Setend {
    /// Whether data becomes big-endian.
    pub big_endian: bool,
}

/// A coprocessor, printed as `p15`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct Coprocessor(Imm8);

impl Coprocessor {
    /// Returns the coprocessor with the number.
    #[inline]
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(Imm8::new(number & 15))
    }

    /// Returns the number.
    #[inline]
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for Coprocessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.number())
    }
}

/// A coprocessor register, printed as `c13`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct CoprocReg(Imm8);

impl CoprocReg {
    /// Returns the register with the number.
    #[inline]
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(Imm8::new(number & 15))
    }

    /// Returns the number.
    #[inline]
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for CoprocReg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.number())
    }
}

/// `MCR`, `MRC`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Coproc {
    /// Coprocessor.
    pub coproc: Coprocessor,
    /// First opcode.
    pub opc1: Imm8,
    /// Register moved.
    pub t: Reg,
    /// Coprocessor register.
    pub crn: CoprocReg,
    /// Additional coprocessor register.
    pub crm: CoprocReg,
    /// Second opcode.
    pub opc2: Imm8,
}

/// `MCRR`, `MRRC`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct CoprocDual {
    /// Coprocessor.
    pub coproc: Coprocessor,
    /// Opcode.
    pub opc1: Imm8,
    /// First register moved.
    pub t: Reg,
    /// Second register moved.
    pub t2: Reg,
    /// Coprocessor register.
    pub crm: CoprocReg,
}

/// `CDP`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct CoprocOperation {
    /// Coprocessor.
    pub coproc: Coprocessor,
    /// First opcode.
    pub opc1: Imm8,
    /// Destination register of the coprocessor.
    pub crd: CoprocReg,
    /// Operand register of the coprocessor.
    pub crn: CoprocReg,
    /// Second operand register.
    pub crm: CoprocReg,
    /// Second opcode.
    pub opc2: Imm8,
}

/// `LDC`, `STC`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct CoprocTransfer {
    /// Coprocessor.
    pub coproc: Coprocessor,
    /// Whether the coprocessor is told that the transfer is long.
    pub long: bool,
    /// Register of the coprocessor.
    pub crd: CoprocReg,
    /// Where.
    pub address: CoprocAddress,
}

/// The address of `LDC` and `STC`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CoprocAddress {
    /// An offset in words.
    Offset(AddrImm),
    /// The base alone, and eight bits for the coprocessor.
    Option {
        /// Base.
        n: Reg,
        /// The bits.
        option: Imm8,
    },
}

impl CoprocAddress {
    /// Returns the address of the fields P, U, W, `Rn` and `imm8`.
    #[inline]
    #[must_use]
    pub const fn new([p, u, w]: [u32; 3], n: u32, imm8: u32) -> Self {
        if p == 0 && w == 0 {
            return Self::Option {
                n: Reg::new(n),
                option: Imm8::new(imm8),
            };
        }
        Self::Offset(AddrImm::new(n, p, u, w, imm8 << 2))
    }
}

impl fmt::Display for CoprocAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offset(address) => address.fmt(f),
            Self::Option { n, option } => write!(f, "[{n}], {{{}}}", option.get()),
        }
    }
}

/// `CPS`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Cps {
    /// 2 to enable, 3 to disable, 0 to leave the masks.
    pub imod: Imm8,
    /// The masks meant.
    pub flags: InterruptFlags,
    /// The mode to change to.
    pub mode: Option<Imm8>,
}

/// The interrupt masks A, I and F, printed as `aif`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct InterruptFlags(Imm8);

impl InterruptFlags {
    /// Returns the masks A, I and F of bits 2 to 0.
    #[inline]
    #[must_use]
    pub const fn new(bits: u32) -> Self {
        Self(Imm8::new(bits & 7))
    }

    /// Returns the masks in their places in the CPSR.
    #[inline]
    #[must_use]
    pub const fn psr_bits(self) -> u32 {
        self.0.get() << 6
    }
}

impl fmt::Display for InterruptFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (bit, letter) in [(4, "a"), (2, "i"), (1, "f")] {
            if self.0.get() & bit != 0 {
                f.write_str(letter)?;
            }
        }
        Ok(())
    }
}

/// `SRS`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Srs {
    /// Whether addresses ascend from the base.
    pub increment: bool,
    /// Whether the base itself is left out.
    pub before: bool,
    /// The mode whose stack is used.
    pub mode: Imm8,
    /// Whether the stack pointer is updated.
    pub wback: bool,
}

/// `RFE`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Rfe {
    /// Whether addresses ascend from the base.
    pub increment: bool,
    /// Whether the base itself is left out.
    pub before: bool,
    /// Base.
    pub n: Reg,
    /// Whether the base is updated.
    pub wback: bool,
}
