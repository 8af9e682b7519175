//! Encoding of floating-point instructions.

use dbt_core::ir::{VectorWidth, Width};

use super::{Asm, Bits, Opcode, Rm};
use crate::regs::{Reg, Xmm};

/// Scalar instructions of a result and an operand, by their second byte.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Sse {
    Sqrt = 0x51,
    Add = 0x58,
    Mul = 0x59,
    Sub = 0x5c,
    Div = 0x5e,
    Max = 0x5f,
    /// To the other precision.
    Convert = 0x5a,
}

/// Bitwise instructions of whole registers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum SseOp {
    And = 0x54,
    Xor = 0x57,
}

/// A vector instruction: the map of its opcode (1 is `0F`, 2 `0F 38`, 3 `0F 3A`),
/// the number of its prefix (1 is `66`, 2 `F3`, 3 `F2`) and its last byte.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct VecOp {
    map: u8,
    prefix: u8,
    byte: u8,
}

impl VecOp {
    pub(crate) const fn new(map: u8, prefix: u8, byte: u8) -> Self {
        Self { map, prefix, byte }
    }

    const fn opcode(self) -> Opcode {
        let mut op = Opcode::escaped(self.byte);
        op.mandatory = match self.prefix {
            0 => 0,
            1 => 0x66,
            2 => 0xf3,
            _ => 0xf2,
        };
        op.second = match self.map {
            1 => 0,
            2 => 0x38,
            _ => 0x3a,
        };
        op
    }
}

/// The prefix of a move of a width.
const fn moving(width: VectorWidth) -> u8 {
    match width {
        VectorWidth::V32 => 0xf3,
        VectorWidth::V64 => 0xf2,
        VectorWidth::V128 => 0,
    }
}

/// The prefix that tells the precision of a scalar instruction.
const fn scalar(width: Width) -> u8 {
    match width {
        Width::W32 => 0xf3,
        Width::W64 => 0xf2,
    }
}

impl From<Xmm> for Rm {
    fn from(xmm: Xmm) -> Self {
        Self::Reg(Reg(xmm.0))
    }
}

impl Asm<'_> {
    fn sse(&mut self, mandatory: u8, byte: u8, reg: u8, rm: impl Into<Rm>) {
        let op = Opcode {
            mandatory,
            ..Opcode::escaped(byte)
        };
        self.encode(op, reg, rm.into());
    }

    /// `movss dst, [src]` or `movsd`, which clear the rest, or `movups`.
    pub(crate) fn load_vector(&mut self, width: VectorWidth, dst: Xmm, src: Rm) {
        self.sse(moving(width), 0x10, dst.0, src);
    }

    /// `movss [dst], src`, `movsd` or `movups`.
    pub(crate) fn store_vector(&mut self, width: VectorWidth, dst: Rm, src: Xmm) {
        self.sse(moving(width), 0x11, src.0, dst);
    }

    /// `movhps [dst], src`.
    pub(crate) fn store_upper(&mut self, dst: Rm, src: Xmm) {
        self.sse(0, 0x17, src.0, dst);
    }

    /// `movq dst, src`, which clears the rest.
    pub(crate) fn move_low(&mut self, dst: Xmm, src: Xmm) {
        self.sse(0xf3, 0x7e, dst.0, src);
    }

    /// `movmskps dst, src`.
    pub(crate) fn move_mask(&mut self, dst: Reg, src: Xmm) {
        self.sse(0, 0x50, dst.0, src);
    }

    /// `pmovmskb dst, src`.
    pub(crate) fn move_byte_mask(&mut self, dst: Reg, src: Xmm) {
        self.sse(0x66, 0xd7, dst.0, src);
    }

    /// `op dst, a, b`: the VEX form if `avx`; otherwise `a` is moved first, so that
    /// `dst` is not `b` unless it is also `a`.
    pub(crate) fn vector(&mut self, avx: bool, op: VecOp, dst: Xmm, a: Xmm, b: impl Into<Rm>) {
        let b = b.into();
        if avx {
            self.vex(op.map, op.prefix, Bits::B32, op.byte, dst, a, b);
        } else {
            if dst != a {
                debug_assert!(b != dst.into(), "the operand would be lost");
                self.move_vector(dst, a);
            }
            self.encode(op.opcode(), dst.0, b);
        }
    }

    /// `op dst, src`.
    pub(crate) fn vector_unary(&mut self, op: VecOp, dst: Xmm, src: impl Into<Rm>) {
        self.encode(op.opcode(), dst.0, src.into());
    }

    /// A packed shift of `a` by a constant: the second byte and the extension.
    pub(crate) fn shift_vector(
        &mut self,
        avx: bool,
        (byte, extension): (u8, u8),
        dst: Xmm,
        a: Xmm,
        amount: u8,
    ) {
        if avx {
            self.vex(1, 1, Bits::B32, byte, Xmm(extension), dst, a.into());
        } else {
            if dst != a {
                self.move_vector(dst, a);
            }
            self.sse(0x66, byte, extension, dst);
        }
        self.byte(amount);
    }

    /// `movups dst, [src]`.
    pub(crate) fn load_whole(&mut self, dst: Xmm, src: Rm) {
        self.sse(0, 0x10, dst.0, src);
    }

    /// `movups [dst], src`.
    pub(crate) fn store_whole(&mut self, dst: Rm, src: Xmm) {
        self.sse(0, 0x11, src.0, dst);
    }

    /// `movaps dst, src`.
    pub(crate) fn move_vector(&mut self, dst: Xmm, src: Xmm) {
        self.sse(0, 0x28, dst.0, src);
    }

    /// `movd dst, src` or `movq`, from a general register or memory.
    pub(crate) fn move_to_vector(&mut self, width: Width, dst: Xmm, src: Rm) {
        let op = Opcode {
            mandatory: 0x66,
            ..Opcode::escaped(0x6e)
        };
        self.encode(op.wide(width.into()), dst.0, src);
    }

    /// `movd dst, src` or `movq`, to a general register.
    pub(crate) fn move_from_vector(&mut self, width: Width, dst: Reg, src: Xmm) {
        let op = Opcode {
            mandatory: 0x66,
            ..Opcode::escaped(0x7e)
        };
        self.encode(op.wide(width.into()), src.0, dst.into());
    }

    /// `vpextrd dst, src, 1`: the upper half of a double.
    pub(crate) fn move_from_high(&mut self, dst: Reg, src: Xmm) {
        self.vex(3, 1, Bits::B32, 0x16, src, Xmm(0), dst.into());
        self.byte(1);
    }

    /// `op dst, src` on scalars.
    pub(crate) fn scalar(&mut self, op: Sse, width: Width, dst: Xmm, src: impl Into<Rm>) {
        self.sse(scalar(width), op as u8, dst.0, src);
    }

    /// `vop dst, a, b` on scalars.
    pub(crate) fn scalar3(&mut self, op: Sse, width: Width, dst: Xmm, a: Xmm, b: impl Into<Rm>) {
        let prefix = match width {
            Width::W32 => 2,
            Width::W64 => 3,
        };
        self.vex(1, prefix, Bits::B32, op as u8, dst, a, b.into());
    }

    /// `op dst, src` on bits.
    pub(crate) fn bits(&mut self, op: SseOp, dst: Xmm, src: Xmm) {
        self.sse(0, op as u8, dst.0, src);
    }

    /// `vop dst, a, b` on bits.
    pub(crate) fn bits3(&mut self, op: SseOp, dst: Xmm, a: Xmm, b: Rm) {
        self.vex(1, 0, Bits::B32, op as u8, dst, a, b);
    }

    /// `vfmadd231ps dst, a, b`: `dst += a * b`, rounded once.
    pub(crate) fn fused_vector(&mut self, dst: Xmm, a: Xmm, b: Xmm) {
        self.vex(2, 1, Bits::B32, 0xb8, dst, a, b.into());
    }

    /// `vfmadd231ss dst, a, b` or `vfmadd231sd`: `dst += a * b`, rounded once.
    pub(crate) fn fused(&mut self, width: Width, dst: Xmm, a: Xmm, b: Xmm) {
        self.vex(2, 1, width.into(), 0xb9, dst, a, b.into());
    }

    /// `ucomiss a, b` or `ucomisd`; `comiss`, `comisd` if `signalling`.
    pub(crate) fn compare_vector(
        &mut self,
        width: Width,
        signalling: bool,
        a: Xmm,
        b: impl Into<Rm>,
    ) {
        let prefix = match width {
            Width::W32 => 0,
            Width::W64 => 0x66,
        };
        self.sse(prefix, 0x2e + u8::from(signalling), a.0, b);
    }

    /// `cvtsi2ss dst, src` or `cvtsi2sd`, from an integer of `bits`.
    pub(crate) fn convert_from_int(&mut self, width: Width, bits: Bits, dst: Xmm, src: Reg) {
        let op = Opcode {
            mandatory: scalar(width),
            ..Opcode::escaped(0x2a)
        };
        self.encode(op.wide(bits), dst.0, src.into());
    }

    /// `cvtss2si dst, src` or `cvtsd2si`, to an integer of `bits`; `cvttss2si`,
    /// `cvttsd2si` if it truncates.
    pub(crate) fn convert_to_int(
        &mut self,
        width: Width,
        bits: Bits,
        truncates: bool,
        dst: Reg,
        src: Xmm,
    ) {
        let op = Opcode {
            mandatory: scalar(width),
            ..Opcode::escaped(0x2d - u8::from(truncates))
        };
        self.encode(op.wide(bits), dst.0, src.into());
    }

    /// `stmxcsr [to]`.
    pub(crate) fn store_status(&mut self, to: Rm) {
        self.sse(0, 0xae, 3, to);
    }

    /// A VEX instruction whose operand in memory is a constant, if any.
    #[allow(
        clippy::too_many_arguments,
        reason = "the fields of the encoding, one each"
    )]
    fn vex(&mut self, map: u8, prefix: u8, bits: Bits, byte: u8, dst: Xmm, a: Xmm, b: Rm) {
        let base = match b {
            Rm::Reg(reg) => reg.0 >> 3,
            _ => 0,
        };
        let wide = u8::from(bits == Bits::B64) << 7;
        let last = wide | (!a.0 & 15) << 3 | prefix;
        let no_reg = u8::from(dst.0 < 8) << 7;
        if map == 1 && base == 0 && wide == 0 {
            self.byte(0xc5);
            self.byte(no_reg | last);
        } else {
            self.byte(0xc4);
            self.byte(no_reg | 0x40 | (base ^ 1) << 5 | map);
            self.byte(last);
        }
        self.byte(byte);
        self.modrm(dst.0 & 7, b);
    }
}
