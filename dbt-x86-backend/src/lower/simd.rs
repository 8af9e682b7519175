//! Operations on elements of vector registers.
//!
//! Values have 64 bits and lie in the lower halves of registers; what the upper
//! halves hold does not matter. All instructions are SSE2, and none changes flags.

use dbt_core::ir::{Value, VectorOp, VectorShift};
use dbt_isa::ops::Size;

use super::{Lowering, Result};
use crate::regs::Xmm;

/// Second bytes of instructions.
mod byte {
    pub(super) const AND: u8 = 0xdb;
    pub(super) const AND_NOT: u8 = 0xdf;
    pub(super) const OR: u8 = 0xeb;
    pub(super) const XOR: u8 = 0xef;
    /// By sizes from bytes on.
    pub(super) const ADD: [u8; 4] = [0xfc, 0xfd, 0xfe, 0xd4];
    pub(super) const SUB: [u8; 4] = [0xf8, 0xf9, 0xfa, 0xfb];
    pub(super) const EQUAL: [u8; 3] = [0x74, 0x75, 0x76];
    pub(super) const GREATER: [u8; 3] = [0x64, 0x65, 0x66];
    pub(super) const UNPACK: [u8; 4] = [0x60, 0x61, 0x62, 0x6c];
    /// By sizes from halves on.
    pub(super) const SHIFT: [u8; 3] = [0x71, 0x72, 0x73];
    /// `pmullw`.
    pub(super) const MUL_HALVES: u8 = 0xd5;
    /// `pmuludq`, of every other word.
    pub(super) const MUL_WORDS: u8 = 0xf4;
    /// `packuswb`.
    pub(super) const PACK: u8 = 0x67;
}

/// Extensions that tell shifts apart.
const LOGICAL: u8 = 2;
const ARITHMETIC: u8 = 4;
const LEFT: u8 = 6;

impl Lowering<'_> {
    pub(super) fn vector_op(
        &mut self,
        value: Value,
        op: VectorOp,
        a: Value,
        b: Value,
    ) -> Result<()> {
        let (a, b) = (self.vector(a)?, self.vector(b)?);
        let dst = self.vector_for(value)?;
        match op {
            VectorOp::And => self.packed(byte::AND, dst, a, b),
            VectorOp::Or => self.packed(byte::OR, dst, a, b),
            VectorOp::Xor => self.packed(byte::XOR, dst, a, b),
            // The first operand is complemented.
            VectorOp::AndNot => self.packed(byte::AND_NOT, dst, b, a),
            VectorOp::Add(size) => self.packed(byte::ADD[size as usize], dst, a, b),
            VectorOp::Sub(size) => self.packed(byte::SUB[size as usize], dst, a, b),
            VectorOp::Equal(size) => self.packed(byte::EQUAL[size as usize], dst, a, b),
            VectorOp::Greater(size) => self.packed(byte::GREATER[size as usize], dst, a, b),
            VectorOp::Zip(size) => self.packed(byte::UNPACK[size as usize], dst, a, b),
            VectorOp::Mul(Size::Word) => self.mul_words(dst, a, b)?,
            VectorOp::Mul(_) => self.packed(byte::MUL_HALVES, dst, a, b),
            VectorOp::Narrow(Size::Dword) => {
                self.packed(byte::UNPACK[Size::Word as usize], dst, a, b);
            }
            VectorOp::Narrow(Size::Word) => {
                // Halves 0 and 2 become halves 0 and 1.
                const ORDER: u8 = 0b00_00_10_00;
                let scratch = Xmm::SCRATCH;
                self.asm.shuffle_low(scratch, b, ORDER);
                self.asm.shuffle_low(dst, a, ORDER);
                self.asm
                    .packed(byte::UNPACK[Size::Word as usize], dst, scratch);
            }
            VectorOp::Narrow(_) => {
                self.packed(byte::UNPACK[Size::Dword as usize], dst, a, b);
                // What is packed is saturated, so that its upper half must be zero.
                self.asm.packed_shift(byte::SHIFT[0], LEFT, dst, 8);
                self.asm.packed_shift(byte::SHIFT[0], LOGICAL, dst, 8);
                self.asm.packed(byte::PACK, dst, dst);
            }
        }
        self.define_vector(value, dst);
        Ok(())
    }

    pub(super) fn vector_shift(
        &mut self,
        value: Value,
        op: VectorShift,
        amount: u8,
        a: Value,
    ) -> Result<()> {
        let a = self.vector(a)?;
        let dst = self.vector_for(value)?;
        let extension = match op {
            VectorShift::Left(_) => LEFT,
            VectorShift::Logical(_) => LOGICAL,
            VectorShift::Arithmetic(_) => ARITHMETIC,
        };
        self.asm.move_vector(dst, a);
        let byte = byte::SHIFT[op.size() as usize - 1];
        self.asm.packed_shift(byte, extension, dst, amount);
        self.define_vector(value, dst);
        Ok(())
    }

    /// `dst = a op b`.
    fn packed(&mut self, byte: u8, dst: Xmm, a: Xmm, b: Xmm) {
        if self.features.avx {
            self.asm.packed3(byte, dst, a, b);
        } else {
            self.asm.move_vector(dst, a);
            self.asm.packed(byte, dst, b);
        }
    }

    /// The products of words, of which the host multiplies every other one.
    fn mul_words(&mut self, dst: Xmm, a: Xmm, b: Xmm) -> Result<()> {
        let (high, scratch) = (self.take_vector()?, Xmm::SCRATCH);
        let words = byte::SHIFT[2];
        self.asm.move_vector(high, a);
        self.asm.packed_shift(words, LOGICAL, high, 32);
        self.asm.move_vector(scratch, b);
        self.asm.packed_shift(words, LOGICAL, scratch, 32);
        self.asm.packed(byte::MUL_WORDS, high, scratch);
        self.packed(byte::MUL_WORDS, dst, a, b);
        self.asm
            .packed(byte::UNPACK[Size::Word as usize], dst, high);
        Ok(())
    }
}
