//! The machine that Advanced SIMD semantic functions run on.
//!
//! A vector is a value of 128 bits, or of 64 with zeroes above. Everything that is
//! computed is a [`SimdOp`]; a lifter emits vector instructions for those that the
//! host has, and calls a helper for the others.

use dbt_isa::machine::Abort;
use dbt_isa::ops::{BinOp, Size};

use crate::checksum::Checksum;
use crate::fp_reg::VReg;
use crate::simd::SimdOp;
use crate::vfp_machine::VfpMachine;

/// The Advanced SIMD part of the machine.
pub trait SimdMachine: VfpMachine {
    /// 128 bits.
    type Vector: Copy;

    /// Joins two doublewords.
    fn vector(&mut self, low: Self::Dword, high: Self::Dword) -> Self::Vector;
    /// The lower doubleword.
    fn vector_low(&mut self, a: Self::Vector) -> Self::Dword;
    /// The upper doubleword.
    fn vector_high(&mut self, a: Self::Vector) -> Self::Dword;
    /// Performs an operation, raising flags in FPSCR if it does so. Operands that it
    /// does not have may be anything.
    fn simd(
        &mut self,
        op: SimdOp,
        a: Self::Vector,
        b: Self::Vector,
        c: Self::Vector,
    ) -> Self::Vector;
    /// Continues a checksum with the lowest bytes of `data`.
    fn checksum(&mut self, op: Checksum, sum: Self::Word, data: Self::Word) -> Self::Word;
    /// Abandons the instruction with an Alignment fault of a data access.
    ///
    /// # Errors
    ///
    /// [`Abort`], unless the machine goes on elsewhere.
    fn misaligned(&mut self, address: Self::Word, write: bool) -> Result<(), Abort>;

    /// Reads a register; of a doubleword the upper half is zero.
    fn vreg(&mut self, reg: VReg) -> Self::Vector {
        let low = self.dreg(reg.low());
        let high = if reg.is_quad() {
            self.dreg(reg.high())
        } else {
            self.imm64(0)
        };
        self.vector(low, high)
    }
    /// Writes a register; to a doubleword the lower half is written.
    fn set_vreg(&mut self, reg: VReg, value: Self::Vector) {
        let low = self.vector_low(value);
        self.set_dreg(reg.low(), low);
        if reg.is_quad() {
            let high = self.vector_high(value);
            self.set_dreg(reg.high(), high);
        }
    }
    /// A constant in both halves.
    fn vector_imm(&mut self, value: u64) -> Self::Vector {
        let value = self.imm64(value);
        self.vector(value, value)
    }
    /// The low bits of a word in every element.
    fn splat(&mut self, size: Size, value: Self::Word) -> Self::Vector {
        let word = match size {
            Size::Byte => {
                let value = self.and_imm(value, 0xff);
                let ones = self.imm(0x0101_0101);
                self.binary(BinOp::Mul, value, ones)
            }
            Size::Half => {
                let value = self.and_imm(value, 0xffff);
                let ones = self.imm(0x0001_0001);
                self.binary(BinOp::Mul, value, ones)
            }
            Size::Word | Size::Dword => value,
        };
        let low = self.zext64(word);
        let amount = self.imm64(32);
        let high = self.binary64(BinOp::Shl, low, amount);
        let both = self.binary64(BinOp::Or, low, high);
        self.vector(both, both)
    }
}
