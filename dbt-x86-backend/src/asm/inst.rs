//! Instructions.

use super::{Alu, Asm, Bits, Cc, Opcode, Rm, Shift};
use crate::regs::Reg;

impl Asm<'_> {
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

    /// Copies the flags to memory, by the stack.
    pub(crate) fn save_flags(&mut self, to: Rm) {
        self.byte(0x9c);
        self.pop(to);
    }

    /// The opposite of [`save_flags`](Self::save_flags).
    pub(crate) fn restore_flags(&mut self, from: Rm) {
        self.push(from);
        self.byte(0x9d);
    }

    /// `test [a], value` on a byte.
    pub(crate) fn test_byte(&mut self, a: Rm, value: u8) {
        self.encode(Opcode::sized(0xf6, Bits::B8), 0, a);
        self.byte(value);
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

    /// `lock or dword [place], 0`: a full barrier for ordinary memory, in half the time
    /// of `mfence`, but it changes flags.
    pub(crate) fn barrier(&mut self, place: Rm) {
        self.byte(0xf0);
        self.alu_imm(Alu::Or, Bits::B32, place, 0);
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
}
