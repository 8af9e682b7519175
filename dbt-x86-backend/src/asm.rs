//! Encoding of single instructions whose registers are known only at run time.
//!
//! `dynasm` serves the fixed sequences (see `runtime.rs`). For instructions with
//! registers chosen at run time it always emits a REX prefix and a SIB byte:
//! measured, `mov eax, gs:[ecx + 68]` takes seven bytes where five suffice, and
//! these are most of what a translator emits. So they are encoded here, shortest
//! form first, from one generic ModRM encoder.

mod inst;
mod jump;

use alloc::vec::Vec;

pub(crate) use jump::displacement;

use crate::regs::Reg;

mod sse;

pub(crate) use sse::{Sse, SseOp, VecOp};

/// Where the address operand of an instruction is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Rm {
    /// A register.
    Reg(Reg),
    /// Memory at an offset from the state pointer.
    State(i32),
    /// Memory at the host address in a register.
    Host(Reg),
    /// Memory at an offset from the stack pointer.
    Stack(i32),
    /// Guest memory: `gs:[base + index << scale + offset]`, modulo 2^32.
    Window {
        base: Option<Reg>,
        index: Option<(Reg, u8)>,
        offset: i32,
    },
    /// A constant of the runtime; the displacement, which comes last, is patched.
    Constant,
    /// Host memory: `[base + index * 8 + offset]`.
    Table { base: Reg, index: Reg, offset: i8 },
}

impl From<Reg> for Rm {
    fn from(reg: Reg) -> Self {
        Self::Reg(reg)
    }
}

/// Two-operand arithmetic, numbered as in the `81 /n` group.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Alu {
    Add = 0,
    Or = 1,
    Adc = 2,
    Sbb = 3,
    And = 4,
    Sub = 5,
    Xor = 6,
    Cmp = 7,
}

/// Shifts, numbered as in the `C1 /n` group.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Shift {
    Ror = 1,
    Shl = 4,
    Shr = 5,
    Sar = 7,
}

/// Condition codes, numbered as in `Jcc`; bit 0 inverts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Cc {
    O = 0,
    No = 1,
    B = 2,
    Ae = 3,
    E = 4,
    Ne = 5,
    Be = 6,
    A = 7,
    S = 8,
    Ns = 9,
    P = 10,
    Np = 11,
    L = 12,
    Ge = 13,
    Le = 14,
    G = 15,
}

impl Cc {
    const ALL: [Self; 16] = [
        Self::O,
        Self::No,
        Self::B,
        Self::Ae,
        Self::E,
        Self::Ne,
        Self::Be,
        Self::A,
        Self::S,
        Self::Ns,
        Self::P,
        Self::Np,
        Self::L,
        Self::Ge,
        Self::Le,
        Self::G,
    ];

    /// Returns the opposite condition.
    pub(crate) const fn inverted(self) -> Self {
        Self::ALL[(self as usize) ^ 1]
    }
}

/// The operand size of an instruction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Bits {
    B8,
    B16,
    B32,
    B64,
}

impl From<dbt_core::ir::Width> for Bits {
    fn from(width: dbt_core::ir::Width) -> Self {
        match width {
            dbt_core::ir::Width::W32 => Self::B32,
            dbt_core::ir::Width::W64 => Self::B64,
        }
    }
}

/// Prefixes and opcode of an instruction.
#[derive(Clone, Copy)]
struct Opcode {
    /// `66`, `F2`, `F3`, or zero.
    mandatory: u8,
    /// `0F` map.
    escape: bool,
    /// What follows `0F`: `38`, `3A`, or zero.
    second: u8,
    byte: u8,
    /// REX.W.
    wide: bool,
    /// The register operands are bytes, so `sil` and its like need a REX prefix.
    byte_regs: bool,
}

impl Opcode {
    const fn new(byte: u8) -> Self {
        Self {
            mandatory: 0,
            escape: false,
            second: 0,
            byte,
            wide: false,
            byte_regs: false,
        }
    }

    const fn escaped(byte: u8) -> Self {
        Self {
            escape: true,
            ..Self::new(byte)
        }
    }

    /// The form of an opcode whose lowest bit distinguishes bytes from words.
    const fn sized(byte: u8, bits: Bits) -> Self {
        let mut op = Self::new(byte);
        match bits {
            Bits::B8 => op.byte_regs = true,
            Bits::B16 => {
                op.mandatory = 0x66;
                op.byte |= 1;
            }
            Bits::B32 => op.byte |= 1,
            Bits::B64 => {
                op.wide = true;
                op.byte |= 1;
            }
        }
        op
    }

    const fn wide(mut self, bits: Bits) -> Self {
        self.wide = matches!(bits, Bits::B64);
        self
    }
}

/// Appends instructions to a buffer.
#[derive(Debug)]
pub(crate) struct Asm<'a> {
    pub(crate) code: &'a mut Vec<u8>,
}

impl Asm<'_> {
    /// Returns the offset of the next byte.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "code memory is less than 2 GiB"
    )]
    pub(crate) fn offset(&self) -> u32 {
        self.code.len() as u32
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.code.push(byte);
    }

    pub(crate) fn dword(&mut self, value: u32) {
        self.code.extend_from_slice(&value.to_le_bytes());
    }

    fn encode(&mut self, op: Opcode, reg: u8, rm: Rm) {
        if matches!(rm, Rm::Window { .. }) {
            self.byte(0x65);
            if matches!(
                rm,
                Rm::Window { base: Some(_), .. } | Rm::Window { index: Some(_), .. }
            ) {
                self.byte(0x67);
            }
        }
        if op.mandatory != 0 {
            self.byte(op.mandatory);
        }
        let (index, base) = match rm {
            Rm::Reg(reg) | Rm::Host(reg) => (0, reg.0),
            Rm::Constant => (0, 0),
            Rm::State(_) => (0, Reg::STATE.0),
            Rm::Stack(_) => (0, Reg::RSP.0),
            Rm::Window { base, index, .. } => (
                index.map_or(0, |(reg, _)| reg.0),
                base.map_or(0, |reg| reg.0),
            ),
            Rm::Table { base, index, .. } => (index.0, base.0),
        };
        let rex = u8::from(op.wide) << 3 | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;
        let byte_rex = op.byte_regs && (reg >= 4 || matches!(rm, Rm::Reg(reg) if reg.0 >= 4));
        if rex != 0 || byte_rex {
            self.byte(0x40 | rex);
        }
        if op.escape {
            self.byte(0x0f);
            if op.second != 0 {
                self.byte(op.second);
            }
        }
        self.byte(op.byte);
        self.modrm(reg & 7, rm);
    }

    fn modrm(&mut self, reg: u8, rm: Rm) {
        let reg = reg << 3;
        match rm {
            Rm::Reg(rm) => self.byte(0xc0 | reg | rm.low()),
            Rm::Constant => {
                self.byte(reg | 5);
                self.dword(0);
            }
            Rm::Host(base) => self.based(reg, base, None, 0),
            Rm::State(offset) => self.based(reg, Reg::STATE, None, offset),
            Rm::Stack(offset) => self.based(reg, Reg::RSP, None, offset),
            Rm::Table {
                base,
                index,
                offset,
            } => {
                self.based(reg, base, Some((index, 3)), offset.into());
            }
            Rm::Window {
                base: Some(base),
                index,
                offset,
            } => self.based(reg, base, index, offset),
            Rm::Window {
                base: None,
                index,
                offset,
            } => {
                // No base: SIB with base 101 and a full displacement.
                let (index, scale) = index.map_or((4, 0), |(index, scale)| (index.low(), scale));
                self.byte(reg | 4);
                self.byte(scale << 6 | index << 3 | 5);
                self.dword(offset.cast_unsigned());
            }
        }
    }

    fn based(&mut self, reg: u8, base: Reg, index: Option<(Reg, u8)>, offset: i32) {
        let short = i8::try_from(offset);
        let mode = if offset == 0 && base.low() != 5 {
            0
        } else if short.is_ok() {
            0x40
        } else {
            0x80
        };
        if let Some((index, scale)) = index {
            self.byte(mode | reg | 4);
            self.byte(scale << 6 | index.low() << 3 | base.low());
        } else if base.low() == 4 {
            self.byte(mode | reg | 4);
            self.byte(0x20 | base.low());
        } else {
            self.byte(mode | reg | base.low());
        }
        match (mode, short) {
            (0, _) => {}
            (0x40, Ok(short)) => self.byte(short.cast_unsigned()),
            _ => self.dword(offset.cast_unsigned()),
        }
    }
}
