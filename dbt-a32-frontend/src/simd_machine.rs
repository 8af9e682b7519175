//! The machine that Advanced SIMD semantic functions run on.
//!
//! A vector is a value of 128 bits, or of 64 with zeroes above. Everything that is
//! computed is a [`SimdOp`]; a lifter emits vector instructions for those that the
//! host has, and calls a helper for the others.

use dbt_isa::machine::Abort;
use dbt_isa::ops::{Access, BinOp, Size};

use crate::checksum::Checksum;
use crate::fp_reg::{DReg, VReg};
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

    /// Tells whether every access must be aligned (SCTLR.A).
    fn aligns(&self) -> bool;

    /// Loads sixteen bytes as two doublewords, the lower one first.
    ///
    /// # Errors
    ///
    /// [`Abort`] when an access faults.
    fn load_vector(&mut self, access: Access, address: Self::Word) -> Result<Self::Vector, Abort> {
        let above = self.add_imm(address, 8);
        let low = self.load_double(access, address)?;
        let high = self.load_double(access, above)?;
        Ok(self.vector_join(low, high))
    }
    /// Stores sixteen bytes as two doublewords, the lower one first.
    ///
    /// # Errors
    ///
    /// [`Abort`] when an access faults.
    fn store_vector(
        &mut self,
        access: Access,
        address: Self::Word,
        value: Self::Vector,
    ) -> Result<(), Abort> {
        let above = self.add_imm(address, 8);
        let [low, high] = self.vector_halves(value);
        self.store_double(access, address, low)?;
        self.store_double(access, above, high)
    }
    /// A double with zeroes above.
    fn vector_from_double(&mut self, a: Self::Double) -> Self::Vector {
        let (low, high) = (self.double_to_dword(a), self.imm64(0));
        self.vector(low, high)
    }
    /// The lower double.
    fn vector_to_double(&mut self, a: Self::Vector) -> Self::Double {
        let low = self.vector_low(a);
        self.double_from_dword(low)
    }
    /// Joins two doubles.
    fn vector_join(&mut self, low: Self::Double, high: Self::Double) -> Self::Vector {
        let (low, high) = (self.double_to_dword(low), self.double_to_dword(high));
        self.vector(low, high)
    }
    /// The doubles of a vector.
    fn vector_halves(&mut self, a: Self::Vector) -> [Self::Double; 2] {
        let (low, high) = (self.vector_low(a), self.vector_high(a));
        [self.double_from_dword(low), self.double_from_dword(high)]
    }

    /// Writes element number `x` of a doubleword; of the value the low bits count.
    fn set_element(&mut self, size: Size, d: DReg, x: u32, value: Self::Word) {
        let bits = size.bytes() * 8;
        let mask = u64::MAX >> (64 - bits);
        let (kept, mask) = (self.imm64(!(mask << (bits * x))), self.imm64(mask));
        let amount = self.imm64((bits * x).into());
        let value = self.zext64(value);
        let value = self.binary64(BinOp::And, value, mask);
        let value = self.binary64(BinOp::Shl, value, amount);
        let old = self.dreg(d);
        let old = self.binary64(BinOp::And, old, kept);
        let new = self.binary64(BinOp::Or, old, value);
        self.set_dreg(d, new);
    }

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
