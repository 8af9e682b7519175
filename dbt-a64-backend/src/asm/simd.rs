//! Encoding of Advanced SIMD instructions.

use dbt_core::ir::{VectorOp, VectorShift};
use dbt_isa::ops::Size;

use super::Asm;
use crate::regs::Vreg;

/// Vectors, of 64 bits.
impl Asm<'_> {
    /// An operation of two vectors.
    pub(crate) fn vector(&mut self, op: VectorOp, dst: Vreg, a: Vreg, b: Vreg) {
        let sized = |opcode: u32, size: Size| opcode | (size as u32) << 22;
        // Doublewords are the only element of their vector: a scalar form.
        let opcode = match op {
            VectorOp::And => 0x0e20_1c00,
            VectorOp::AndNot => 0x0e60_1c00,
            VectorOp::Or => 0x0ea0_1c00,
            VectorOp::Xor => 0x2e20_1c00,
            VectorOp::Add(Size::Dword) => 0x5ee0_8400,
            VectorOp::Sub(Size::Dword) => 0x7ee0_8400,
            VectorOp::Add(size) => sized(0x0e20_8400, size),
            VectorOp::Sub(size) => sized(0x2e20_8400, size),
            VectorOp::Mul(size) => sized(0x0e20_9c00, size),
            VectorOp::Equal(size) => sized(0x2e20_8c00, size),
            VectorOp::Greater(size) => sized(0x0e20_3400, size),
            VectorOp::Zip(size) => sized(0x0e00_3800, size),
            VectorOp::Narrow(size) => 0x0e00_1800 | (size as u32 - 1) << 22,
        };
        let operands = u32::from(b.0) << 16 | u32::from(a.0) << 5 | u32::from(dst.0);
        self.word(opcode | operands);
    }

    /// A shift of a vector's elements by a constant that is not zero.
    pub(crate) fn vector_shift(&mut self, op: VectorShift, amount: u8, dst: Vreg, a: Vreg) {
        let bits = op.size().bytes() * 8;
        let (opcode, field) = match op {
            VectorShift::Left(_) => (0x0f00_5400, bits + u32::from(amount)),
            VectorShift::Logical(_) => (0x2f00_0400, 2 * bits - u32::from(amount)),
            VectorShift::Arithmetic(_) => (0x0f00_0400, 2 * bits - u32::from(amount)),
        };
        let scalar = if bits == 64 { 0x5000_0000 } else { 0 };
        let operands = field << 16 | u32::from(a.0) << 5 | u32::from(dst.0);
        self.word(opcode | scalar | operands);
    }
}
