//! Encoding of single instructions whose registers are known only at run time.
//!
//! `dynasm` serves the fixed sequences (see `runtime.rs`). For instructions with
//! registers chosen at run time it always emits a REX prefix and a SIB byte:
//! measured, `mov eax, gs:[ecx + 68]` takes seven bytes where five suffice, and
//! these are most of what a translator emits. So they are encoded here, shortest
//! form first, from one generic ModRM encoder.

use alloc::vec::Vec;

use crate::regs::Reg;

/// Where the address operand of an instruction is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Rm {
    /// A register.
    Reg(Reg),
    /// Memory at an offset from the state pointer.
    State(i32),
    /// Memory at an offset from the stack pointer.
    Stack(i32),
    /// Guest memory: `gs:[base + index << scale + offset]`, modulo 2^32.
    Window {
        base: Option<Reg>,
        index: Option<(Reg, u8)>,
        offset: i32,
    },
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
            Rm::Reg(reg) => (0, reg.0),
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
        }
        self.byte(op.byte);
        self.modrm(reg & 7, rm);
    }

    fn modrm(&mut self, reg: u8, rm: Rm) {
        let reg = reg << 3;
        match rm {
            Rm::Reg(rm) => self.byte(0xc0 | reg | rm.low()),
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

    /// `mov dst, src` of 32 bits, which clears the upper half. Emitted even when
    /// the two are the same register.
    pub(crate) fn mov32(&mut self, dst: Reg, src: impl Into<Rm>) {
        self.encode(Opcode::new(0x8b), dst.0, src.into());
    }

    /// `mov dst, src`.
    pub(crate) fn mov(&mut self, bits: Bits, dst: Reg, src: impl Into<Rm>) {
        self.encode(Opcode::new(0x8b).wide(bits), dst.0, src.into());
    }

    /// `mov [dst], src`.
    pub(crate) fn store(&mut self, bits: Bits, dst: Rm, src: Reg) {
        self.encode(Opcode::sized(0x88, bits), src.0, dst);
    }

    /// `mov [dst], value`; of 64 bits the value is sign-extended.
    pub(crate) fn store_imm(&mut self, bits: Bits, dst: Rm, value: u32) {
        self.encode(Opcode::sized(0xc6, bits), 0, dst);
        match bits {
            Bits::B8 => self.byte(value.to_le_bytes()[0]),
            Bits::B16 => {
                let bytes = value.to_le_bytes();
                self.code.extend_from_slice(&bytes[..2]);
            }
            Bits::B32 | Bits::B64 => self.dword(value),
        }
    }

    /// Sets a register to a constant. Leaves the flags alone.
    pub(crate) fn mov_imm(&mut self, dst: Reg, value: u64) {
        if let Ok(short) = u32::try_from(value) {
            if dst.is_extended() {
                self.byte(0x41);
            }
            self.byte(0xb8 | dst.low());
            self.dword(short);
        } else {
            self.byte(0x48 | dst.0 >> 3);
            self.byte(0xb8 | dst.low());
            self.code.extend_from_slice(&value.to_le_bytes());
        }
    }

    /// Clears a register with `xor`, which sets the flags.
    pub(crate) fn clear(&mut self, dst: Reg) {
        self.alu(Alu::Xor, Bits::B32, dst, dst);
    }

    /// `op dst, src`.
    pub(crate) fn alu(&mut self, op: Alu, bits: Bits, dst: Reg, src: impl Into<Rm>) {
        let opcode = Opcode::sized((op as u8) << 3 | 2, bits);
        self.encode(opcode, dst.0, src.into());
    }

    /// `op [dst], src`.
    pub(crate) fn alu_store(&mut self, op: Alu, bits: Bits, dst: Rm, src: Reg) {
        self.encode(Opcode::sized((op as u8) << 3, bits), src.0, dst);
    }

    /// `op dst, value`; of 64 bits the value is sign-extended.
    pub(crate) fn alu_imm(&mut self, op: Alu, bits: Bits, dst: impl Into<Rm>, value: i32) {
        let dst = dst.into();
        if bits == Bits::B8 {
            self.encode(Opcode::sized(0x80, bits), op as u8, dst);
            self.byte(value.to_le_bytes()[0]);
        } else if let Ok(short) = i8::try_from(value) {
            self.encode(
                Opcode {
                    byte: 0x83,
                    ..Opcode::sized(0x80, bits)
                },
                op as u8,
                dst,
            );
            self.byte(short.cast_unsigned());
        } else if dst == Rm::Reg(Reg::RAX) {
            if bits == Bits::B64 {
                self.byte(0x48);
            }
            self.byte((op as u8) << 3 | 5);
            self.dword(value.cast_unsigned());
        } else {
            self.encode(Opcode::sized(0x80, bits), op as u8, dst);
            self.dword(value.cast_unsigned());
        }
    }

    /// `test a, b`.
    pub(crate) fn test(&mut self, bits: Bits, a: impl Into<Rm>, b: Reg) {
        self.encode(Opcode::sized(0x84, bits), b.0, a.into());
    }

    /// `test a, value` on 32 bits, as a byte where that gives the same result.
    pub(crate) fn test_imm(&mut self, a: Reg, value: u32) {
        if value < 0x80 {
            if a == Reg::RAX {
                self.byte(0xa8);
            } else {
                self.encode(Opcode::sized(0xf6, Bits::B8), 0, a.into());
            }
            self.byte(value.to_le_bytes()[0]);
        } else {
            if a == Reg::RAX {
                self.byte(0xa9);
            } else {
                self.encode(Opcode::sized(0xf6, Bits::B32), 0, a.into());
            }
            self.dword(value);
        }
    }

    /// `shift dst, amount`.
    pub(crate) fn shift_imm(&mut self, op: Shift, bits: Bits, dst: Reg, amount: u8) {
        if amount == 1 {
            self.encode(Opcode::sized(0xd0, bits), op as u8, dst.into());
        } else {
            self.encode(Opcode::sized(0xc0, bits), op as u8, dst.into());
            self.byte(amount);
        }
    }

    /// `shift dst, cl`.
    pub(crate) fn shift_cl(&mut self, op: Shift, bits: Bits, dst: Reg) {
        self.encode(Opcode::sized(0xd2, bits), op as u8, dst.into());
    }

    /// `not dst`, which leaves the flags alone.
    pub(crate) fn not(&mut self, bits: Bits, dst: Reg) {
        self.encode(Opcode::sized(0xf6, bits), 2, dst.into());
    }

    /// `neg dst`.
    pub(crate) fn neg(&mut self, bits: Bits, dst: Reg) {
        self.encode(Opcode::sized(0xf6, bits), 3, dst.into());
    }

    /// Unsigned division of `rdx:rax`.
    pub(crate) fn div(&mut self, bits: Bits, by: Reg) {
        self.encode(Opcode::sized(0xf6, bits), 6, by.into());
    }

    /// Signed division of `rdx:rax`.
    pub(crate) fn idiv(&mut self, bits: Bits, by: Reg) {
        self.encode(Opcode::sized(0xf6, bits), 7, by.into());
    }

    /// `cqo`: the sign of `rax` to `rdx`.
    pub(crate) fn cqo(&mut self) {
        self.code.extend_from_slice(&[0x48, 0x99]);
    }

    /// `imul dst, src`.
    pub(crate) fn imul(&mut self, bits: Bits, dst: Reg, src: impl Into<Rm>) {
        self.encode(Opcode::escaped(0xaf).wide(bits), dst.0, src.into());
    }

    /// `imul dst, src, value`.
    pub(crate) fn imul_imm(&mut self, bits: Bits, dst: Reg, src: impl Into<Rm>, value: i32) {
        if let Ok(short) = i8::try_from(value) {
            self.encode(Opcode::new(0x6b).wide(bits), dst.0, src.into());
            self.byte(short.cast_unsigned());
        } else {
            self.encode(Opcode::new(0x69).wide(bits), dst.0, src.into());
            self.dword(value.cast_unsigned());
        }
    }

    /// `lea dst, [base + index << scale + offset]` on 32 bits: an addition that
    /// leaves the flags alone.
    pub(crate) fn lea32(&mut self, dst: Reg, base: Reg, index: Option<(Reg, u8)>, offset: i32) {
        let index_bit = index.map_or(0, |(reg, _)| reg.0 >> 3);
        let rex = dst.0 >> 3 << 2 | index_bit << 1 | base.0 >> 3;
        if rex != 0 {
            self.byte(0x40 | rex);
        }
        self.byte(0x8d);
        self.based(dst.low() << 3, base, index, offset);
    }

    /// `lea dst, [index << scale]` on 32 bits: a shift that leaves the flags
    /// alone.
    pub(crate) fn lea_scaled(&mut self, dst: Reg, index: Reg, scale: u8) {
        let rex = dst.0 >> 3 << 2 | index.0 >> 3 << 1;
        if rex != 0 {
            self.byte(0x40 | rex);
        }
        self.byte(0x8d);
        self.byte(dst.low() << 3 | 4);
        self.byte(scale << 6 | index.low() << 3 | 5);
        self.dword(0);
    }

    /// `movzx dst, src` from a byte or halfword.
    pub(crate) fn movzx(&mut self, from: Bits, dst: Reg, src: impl Into<Rm>) {
        let byte = if from == Bits::B8 { 0xb6 } else { 0xb7 };
        let op = Opcode {
            byte_regs: from == Bits::B8,
            ..Opcode::escaped(byte)
        };
        self.encode(op, dst.0, src.into());
    }

    /// `movsx dst, src` from a byte or halfword.
    pub(crate) fn movsx(&mut self, from: Bits, to: Bits, dst: Reg, src: impl Into<Rm>) {
        let byte = if from == Bits::B8 { 0xbe } else { 0xbf };
        let op = Opcode {
            byte_regs: from == Bits::B8,
            ..Opcode::escaped(byte)
        };
        self.encode(op.wide(to), dst.0, src.into());
    }

    /// `movsxd dst, src`: 32 bits to 64.
    pub(crate) fn movsxd(&mut self, dst: Reg, src: impl Into<Rm>) {
        self.encode(Opcode::new(0x63).wide(Bits::B64), dst.0, src.into());
    }

    /// `setcc dst` of a byte.
    pub(crate) fn setcc(&mut self, cc: Cc, dst: impl Into<Rm>) {
        let op = Opcode {
            byte_regs: true,
            ..Opcode::escaped(0x90 | cc as u8)
        };
        self.encode(op, 0, dst.into());
    }

    /// `cmovcc dst, src`.
    pub(crate) fn cmov(&mut self, cc: Cc, bits: Bits, dst: Reg, src: impl Into<Rm>) {
        self.encode(
            Opcode::escaped(0x40 | cc as u8).wide(bits),
            dst.0,
            src.into(),
        );
    }

    /// `bswap dst` on 32 bits.
    pub(crate) fn bswap(&mut self, dst: Reg) {
        if dst.is_extended() {
            self.byte(0x41);
        }
        self.code.extend_from_slice(&[0x0f, 0xc8 | dst.low()]);
    }

    /// `bsr dst, src` on 32 bits; Z tells that `src` is zero.
    pub(crate) fn bsr(&mut self, dst: Reg, src: impl Into<Rm>) {
        self.encode(Opcode::escaped(0xbd), dst.0, src.into());
    }

    /// `lzcnt dst, src` on 32 bits.
    pub(crate) fn lzcnt(&mut self, dst: Reg, src: impl Into<Rm>) {
        self.encode(
            Opcode {
                mandatory: 0xf3,
                ..Opcode::escaped(0xbd)
            },
            dst.0,
            src.into(),
        );
    }

    /// `lock cmpxchg [dst], src`: compares with `rax`.
    pub(crate) fn lock_cmpxchg(&mut self, bits: Bits, dst: Rm, src: Reg) {
        self.byte(0xf0);
        let op = Opcode {
            escape: true,
            ..Opcode::sized(0xb0, bits)
        };
        self.encode(op, src.0, dst);
    }

    /// `mfence`.
    pub(crate) fn mfence(&mut self) {
        self.code.extend_from_slice(&[0x0f, 0xae, 0xf0]);
    }

    /// `push value`, sign-extended.
    pub(crate) fn push_imm(&mut self, value: u32) {
        self.byte(0x68);
        self.dword(value);
    }

    /// `push [mem]`, 64 bits.
    pub(crate) fn push(&mut self, from: Rm) {
        self.encode(Opcode::new(0xff), 6, from);
    }

    /// `pop [mem]`, 64 bits.
    pub(crate) fn pop(&mut self, to: Rm) {
        self.encode(Opcode::new(0x8f), 0, to);
    }

    /// `ret`.
    pub(crate) fn ret(&mut self) {
        self.byte(0xc3);
    }

    /// `jmp [mem]`.
    pub(crate) fn jmp_mem(&mut self, to: Rm) {
        self.encode(Opcode::new(0xff), 4, to);
    }

    /// `call [mem]`.
    pub(crate) fn call_mem(&mut self, to: Rm) {
        self.encode(Opcode::new(0xff), 2, to);
    }

    /// `jcc` with a 32-bit displacement; returns the offset of the displacement.
    pub(crate) fn jcc(&mut self, cc: Cc) -> u32 {
        self.code.extend_from_slice(&[0x0f, 0x80 | cc as u8]);
        self.displacement()
    }

    /// `jmp` with a 32-bit displacement; returns the offset of the displacement.
    pub(crate) fn jmp(&mut self) -> u32 {
        self.byte(0xe9);
        self.displacement()
    }

    /// `call` with a 32-bit displacement; returns the offset of the displacement.
    pub(crate) fn call(&mut self) -> u32 {
        self.byte(0xe8);
        self.displacement()
    }

    fn displacement(&mut self) -> u32 {
        let at = self.offset();
        self.dword(0);
        at
    }

    /// `jcc` with an 8-bit displacement; [`bind_short`](Self::bind_short) it.
    pub(crate) fn jcc_short(&mut self, cc: Cc) -> Short {
        self.code.extend_from_slice(&[0x70 | cc as u8, 0]);
        Short(self.code.len())
    }

    /// `jmp` with an 8-bit displacement; [`bind_short`](Self::bind_short) it.
    pub(crate) fn jmp_short(&mut self) -> Short {
        self.code.extend_from_slice(&[0xeb, 0]);
        Short(self.code.len())
    }

    /// Makes a short jump lead to the next byte.
    ///
    /// # Panics
    ///
    /// If that is more than 127 bytes away.
    pub(crate) fn bind_short(&mut self, jump: Short) {
        let distance = self.code.len() - jump.0;
        assert!(distance < 128, "a short jump spans a few instructions");
        self.code[jump.0 - 1] = distance.to_le_bytes()[0];
    }

    /// Makes the displacement at `at` lead to offset `to`.
    pub(crate) fn patch(&mut self, at: u32, to: i64) {
        let value = displacement(at, to);
        let at = at as usize;
        self.code[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
}

/// A short jump that waits for its target.
#[derive(Debug)]
pub(crate) struct Short(usize);

/// Returns the displacement that leads from a four-byte field at `at` to `to`.
#[allow(
    clippy::cast_possible_truncation,
    reason = "code memory is less than 2 GiB"
)]
pub(crate) const fn displacement(at: u32, to: i64) -> i32 {
    (to - (at as i64 + 4)) as i32
}
