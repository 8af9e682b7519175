//! Operations that move elements or change their size.

use dbt_core::ir::VectorKind as K;
use dbt_isa::ops::Size;

use super::{Operation, Shift, op};
use crate::asm::Rm;
use crate::lower::{Lowering, Result};
use crate::regs::Xmm;

/// Even and odd words.
const EVEN: u8 = 0b10_00_10_00;
const ODD: u8 = 0b11_01_11_01;

/// The size of twice the bits; of doublewords, these.
pub(super) const fn twice(size: Size) -> Size {
    match size {
        Size::Byte => Size::Half,
        Size::Half => Size::Word,
        Size::Word | Size::Dword => Size::Dword,
    }
}

impl Lowering<'_> {
    /// Emits an operation that moves elements, if it is one.
    pub(super) fn permute(&mut self, operation: &Operation) -> Result<bool> {
        let Operation { op, dst, args, .. } = *operation;
        let [a, b, _] = args;
        let (size, scratch) = (op.size, Xmm::SCRATCH);
        let (unpack_low, unpack_high) = (
            op::UNPACK_LOW[size as usize],
            op::UNPACK_HIGH[size as usize],
        );
        let pairs = op::UNPACK_LOW[Size::Dword as usize];
        match op.kind {
            K::High => self.v3(op::UNPACK_HIGH[Size::Dword as usize], dst, a, a),
            K::Join => self.v3(pairs, dst, a, b),
            K::ZipLow => self.v3(unpack_low, dst, a, b),
            K::ZipHigh if op.wide => self.v3(unpack_high, dst, a, b),
            K::ZipHigh => {
                self.v3(unpack_low, dst, a, b);
                self.shift_bytes(dst, dst, 8);
            }
            // Of two doublewords, these are the same.
            K::Even | K::Odd | K::TransposeEven | K::TransposeOdd if size == Size::Dword => {
                let unpack = if matches!(op.kind, K::Even | K::TransposeEven) {
                    unpack_low
                } else {
                    unpack_high
                };
                self.v3(unpack, dst, a, b);
            }
            K::Even | K::Odd => self.every_other(operation),
            K::TransposeEven | K::TransposeOdd => {
                let (wide, bits) = (twice(size), 8 << size as u8);
                if op.kind == K::TransposeEven {
                    self.shift_elements(Shift::Left, wide, dst, a, bits);
                    self.shift_elements(Shift::Logical, wide, dst, dst, bits);
                    self.shift_elements(Shift::Left, wide, scratch, b, bits);
                } else {
                    self.shift_elements(Shift::Logical, wide, dst, a, bits);
                    self.shift_elements(Shift::Logical, wide, scratch, b, bits);
                    self.shift_elements(Shift::Left, wide, scratch, scratch, bits);
                }
                self.v3(op::OR, dst, dst, scratch);
            }
            K::Reverse => self.reverse(size, op.imm, dst, a),
            K::Extract if op.imm == 0 => self.asm.move_vector(dst, a),
            K::Extract if !op.wide => {
                self.v3(pairs, dst, a, b);
                self.shift_bytes(dst, dst, op.imm);
            }
            K::Extract if self.features.sse4 => self.v3i(op::ALIGN, dst, b, a, op.imm),
            K::Extract => {
                self.shift_bytes(scratch, a, op.imm);
                self.asm
                    .shift_vector(self.features.avx, (0x73, 7), dst, b, 16 - op.imm);
                self.v3(op::OR, dst, dst, scratch);
            }
            K::Splat => self.splat(size, op.imm, dst, a),
            K::Insert if !op.wide && size != Size::Dword => {
                return self.insert(size, op.imm, dst, a, b);
            }
            K::Insert if !op.wide => self.asm.move_vector(dst, b),
            K::Table if self.features.sse4 => self.table(operation)?,
            _ => return Ok(false),
        }
        if matches!(size, Size::Word | Size::Dword) && op.kind != K::Table {
            let args = &args[..op.count()];
            self.inherit_clean(dst, args);
        }
        Ok(true)
    }

    /// Elements with even or odd numbers.
    fn every_other(&mut self, operation: &Operation) {
        let Operation { op, dst, args, .. } = *operation;
        let ([a, b, _], odd) = (args, op.kind == K::Odd);
        let (size, scratch) = (op.size, Xmm::SCRATCH);
        if size == Size::Word {
            if op.wide {
                self.v3i(op::SHUFFLE, dst, a, b, if odd { ODD } else { EVEN });
            } else {
                self.v3(op::UNPACK_LOW[Size::Word as usize], dst, a, b);
                if odd {
                    self.shift_bytes(dst, dst, 8);
                }
            }
            return;
        }
        // Elements are made such that packing them changes nothing.
        let (wide, bits) = (twice(size), 8 << size as u8);
        let (right, pack) = if size == Size::Byte {
            (Shift::Logical, op::PACK_UNSIGNED)
        } else {
            (Shift::Arithmetic, op::PACK_SIGNED[1])
        };
        let pick = |this: &mut Self, dst: Xmm, a: Xmm| {
            if odd {
                this.shift_elements(right, wide, dst, a, bits);
            } else {
                this.shift_elements(Shift::Left, wide, dst, a, bits);
                this.shift_elements(right, wide, dst, dst, bits);
            }
        };
        if op.wide {
            pick(self, dst, a);
            pick(self, scratch, b);
            self.v3(pack, dst, dst, scratch);
        } else {
            self.v3(op::UNPACK_LOW[Size::Dword as usize], dst, a, b);
            pick(self, dst, dst);
            self.v3(pack, dst, dst, dst);
        }
    }

    /// Reverses elements in groups of `2^log2` bytes.
    fn reverse(&mut self, size: Size, log2: u8, dst: Xmm, a: Xmm) {
        /// Neighbours exchanged, and four elements in reverse.
        const PAIRS: u8 = 0b10_11_00_01;
        const FOURS: u8 = 0b00_01_10_11;
        let mut from = a;
        if size == Size::Byte && log2 > 0 {
            let scratch = Xmm::SCRATCH;
            self.shift_elements(Shift::Left, Size::Half, scratch, a, 8);
            self.shift_elements(Shift::Logical, Size::Half, dst, a, 8);
            self.v3(op::OR, dst, dst, scratch);
            from = dst;
        }
        match (size, log2) {
            (Size::Word, 3) => self.v2i(op::SHUFFLE_WORDS, dst, from, PAIRS),
            (Size::Byte | Size::Half, 2 | 3) => {
                let order = if log2 == 2 { PAIRS } else { FOURS };
                self.v2i(op::SHUFFLE_LOW, dst, from, order);
                self.v2i(op::SHUFFLE_HIGH, dst, dst, order);
            }
            _ if from != dst => self.asm.move_vector(dst, from),
            _ => {}
        }
    }

    /// Element number `x` of the lower half everywhere.
    fn splat(&mut self, size: Size, x: u8, dst: Xmm, a: Xmm) {
        let everywhere = |x: u8| x * 0b01_01_01_01;
        match size {
            Size::Byte => {
                self.v3(op::UNPACK_LOW[0], dst, a, a);
                if x < 4 {
                    self.v2i(op::SHUFFLE_LOW, dst, dst, everywhere(x));
                    self.v2i(op::SHUFFLE_WORDS, dst, dst, 0);
                } else {
                    self.v2i(op::SHUFFLE_HIGH, dst, dst, everywhere(x - 4));
                    self.v2i(op::SHUFFLE_WORDS, dst, dst, 0b10_10_10_10);
                }
            }
            Size::Half => {
                self.v2i(op::SHUFFLE_LOW, dst, a, everywhere(x));
                self.v2i(op::SHUFFLE_WORDS, dst, dst, 0);
            }
            Size::Word => self.v2i(op::SHUFFLE_WORDS, dst, a, everywhere(x)),
            Size::Dword => self.v3(op::UNPACK_LOW[Size::Dword as usize], dst, a, a),
        }
    }

    /// Replaces an element of the lower half.
    fn insert(&mut self, size: Size, x: u8, dst: Xmm, a: Xmm, b: Xmm) -> Result<bool> {
        let insert = match (size, x) {
            (Size::Word, 0) => {
                self.v3(op::MOVE_SINGLE, dst, a, b);
                return Ok(true);
            }
            (Size::Word, _) => {
                self.v3(op::UNPACK_LOW[Size::Word as usize], dst, a, b);
                return Ok(true);
            }
            (Size::Byte, _) if !self.features.sse4 => return Ok(false),
            (Size::Byte, _) => op::INSERT_BYTE,
            _ => op::INSERT_HALF,
        };
        let reg = self.take_scratch()?;
        self.asm.move_from_vector(dbt_core::ir::Width::W32, reg, b);
        if self.features.avx {
            self.asm.vector(true, insert, dst, a, Rm::Reg(reg));
        } else {
            self.asm.move_vector(dst, a);
            self.asm.vector_unary(insert, dst, Rm::Reg(reg));
        }
        self.asm.byte(x);
        self.release(reg);
        Ok(true)
    }

    /// Looks bytes up in a table of up to 32.
    fn table(&mut self, operation: &Operation) -> Result<()> {
        use crate::runtime::WideConstant::{Sixteen, TableEnd};
        const SAT_ADD: crate::asm::VecOp = op::SAT_ADD_UNSIGNED[0];
        let Operation { op, dst, args, .. } = *operation;
        let ([a, b, indices], scratch) = (args, Xmm::SCRATCH);
        // What has bit 7 set gives zero.
        let first = if op.imm == 8 {
            self.asm.move_low(scratch, a);
            scratch
        } else {
            a
        };
        let index = self.take_vector()?;
        self.v3c(SAT_ADD, index, indices, TableEnd);
        self.v3(op::SHUFFLE_BYTES, dst, first, index);
        if op.imm > 16 {
            let second = if op.imm == 24 {
                self.asm.move_low(scratch, b);
                scratch
            } else {
                b
            };
            self.v3c(op::SUB[0], index, indices, Sixteen);
            self.v3c(SAT_ADD, index, index, TableEnd);
            if self.features.avx {
                self.v3(op::SHUFFLE_BYTES, scratch, second, index);
            } else {
                if second != scratch {
                    self.asm.move_vector(scratch, second);
                }
                self.v3(op::SHUFFLE_BYTES, scratch, scratch, index);
            }
            self.v3(op::OR, dst, dst, scratch);
        }
        Ok(())
    }
}
