//! Operations on integers.

use dbt_core::ir::{Value, VectorKind as K, VectorOp};
use dbt_isa::ops::Size;

use super::permute::twice;
use super::{Operation, Recheck, Shift, op};
use crate::asm::{Alu, Bits, Cc, VecOp};
use crate::lower::{Lowering, Result};
use crate::regs::Xmm;
use crate::runtime::WideConstant;

const WORD: usize = Size::Word as usize;

const fn bits(size: Size) -> u8 {
    8 * size.bytes() as u8
}

impl Lowering<'_> {
    /// Emits an operation on integers, if the host has it.
    pub(super) fn integer(&mut self, operation: &Operation, values: [Value; 3]) -> Result<bool> {
        let Operation { op, dst, args, .. } = *operation;
        let [a, b, c] = args;
        let (size, index, scratch) = (op.size, op.size as usize, Xmm::SCRATCH);
        match op.kind {
            K::And => self.v3(op::AND, dst, a, b),
            K::Or => self.v3(op::OR, dst, a, b),
            K::Xor => self.v3(op::XOR, dst, a, b),
            K::AndNot => self.v3(op::AND_NOT, dst, b, a),
            K::OrNot => {
                self.ones(dst);
                self.v3(op::XOR, dst, dst, b);
                self.v3(op::OR, dst, dst, a);
            }
            K::Select => {
                self.v3(op::XOR, dst, b, c);
                self.v3(op::AND, dst, dst, a);
                self.v3(op::XOR, dst, dst, c);
            }
            K::Add => self.v3(op::ADD[index], dst, a, b),
            K::Sub => self.v3(op::SUB[index], dst, a, b),
            K::Neg => {
                self.asm.bits(crate::asm::SseOp::Xor, dst, dst);
                self.v3(op::SUB[index], dst, dst, a);
            }
            K::Mul => return self.product(size, dst, a, b),
            K::MulLong => return self.long_product(op, dst, a, b),
            K::Equal | K::Test if size == Size::Dword && !self.features.sse4 => return Ok(false),
            K::Equal => self.v3(op::EQUAL[index], dst, a, b),
            K::Test => {
                self.v3(op::AND, dst, a, b);
                self.v3c(op::EQUAL[index], dst, dst, WideConstant::Zero);
                self.complement(dst);
            }
            K::Greater | K::GreaterOrEqual => return Ok(self.compare_elements(op, dst, a, b)),
            K::Max | K::Min => {
                let Some(extreme) = self.extreme(op, op.kind == K::Max) else {
                    return Ok(false);
                };
                self.v3(extreme, dst, a, b);
            }
            K::AbsDiff => {
                let (Some(max), Some(min)) = (self.extreme(op, true), self.extreme(op, false))
                else {
                    return Ok(false);
                };
                self.v3(max, dst, a, b);
                self.v3(min, scratch, a, b);
                self.v3(op::SUB[index], dst, dst, scratch);
            }
            K::Abs if self.features.sse4 && size != Size::Dword => {
                self.v2(op::ABS[index], dst, a);
            }
            K::RoundingHalvingAdd if !op.signed && matches!(size, Size::Byte | Size::Half) => {
                self.v3(op::AVERAGE[index], dst, a, b);
            }
            K::HalvingAdd | K::RoundingHalvingAdd | K::HalvingSub => self.halving(op, dst, a, b)?,
            K::ShiftLeft => self.left(size, dst, a, op.imm)?,
            K::ShiftRight => self.right(op, dst, a, op.imm)?,
            K::RoundingShiftRight => {
                // Half of it, rounded up, is what half rounded down lacks.
                let shifted = self.take_vector()?;
                self.right(op, shifted, a, op.imm - 1)?;
                self.right(op, dst, shifted, 1)?;
                if self.features.avx {
                    self.v3(op::SUB[index], dst, shifted, dst);
                } else {
                    self.v3(op::SUB[index], shifted, shifted, dst);
                    self.asm.move_vector(dst, shifted);
                }
            }
            K::InsertLeft | K::InsertRight => self.insert_shifted(op, dst, a, b)?,
            K::CountOnes if self.features.sse4 => self.count_ones(dst, a)?,
            K::Widen => self.widen_elements(op, dst, a),
            K::Narrow => self.narrow_elements(size, dst, a),
            K::PairAddLong => {
                let wide = VectorOp {
                    size: twice(size),
                    ..op
                };
                let low = self.take_vector()?;
                self.shift_elements(Shift::Left, wide.size, low, a, bits(size));
                self.right(wide, dst, low, bits(size))?;
                self.right(wide, low, a, bits(size))?;
                self.v3(op::ADD[wide.size as usize], dst, dst, low);
            }
            K::Shift if self.features.avx2 && size == Size::Word => {
                self.shift_each(op.signed, dst, a, b)?;
            }
            _ => return Ok(false),
        }
        self.signs_stay_clean(operation, values);
        Ok(true)
    }

    /// Operations on signs alone do not make singles subnormal.
    fn signs_stay_clean(&mut self, operation: &Operation, values: [Value; 3]) {
        let Operation { op, dst, args, .. } = *operation;
        let signs = self.input.unit.constant(values[1]) == Some(0x8000_0000_8000_0000);
        if matches!(op.kind, K::Xor | K::AndNot) && signs {
            self.inherit_clean(dst, &args[..1]);
        }
    }

    fn complement(&mut self, xmm: Xmm) {
        let ones = Xmm::SCRATCH;
        self.ones(ones);
        self.v3(op::XOR, xmm, xmm, ones);
    }

    /// Returns the host's maximum or minimum.
    fn extreme(&self, op: VectorOp, max: bool) -> Option<VecOp> {
        let index = op.size as usize;
        let simple = if op.signed { Size::Half } else { Size::Byte };
        if op.size == Size::Dword || !self.features.sse4 && op.size != simple {
            return None;
        }
        Some(match (max, op.signed) {
            (true, true) => op::MAX_SIGNED[index],
            (false, true) => op::MIN_SIGNED[index],
            (true, false) => op::MAX_UNSIGNED[index],
            (false, false) => op::MIN_UNSIGNED[index],
        })
    }

    /// Compares; tells whether the host can.
    fn compare_elements(&mut self, op: VectorOp, dst: Xmm, a: Xmm, b: Xmm) -> bool {
        let index = op.size as usize;
        let strict = op.kind == K::Greater;
        if op.signed && (op.size != Size::Dword || self.features.sse4) {
            if strict {
                self.v3(op::GREATER[index], dst, a, b);
            } else {
                self.v3(op::GREATER[index], dst, b, a);
                self.complement(dst);
            }
            return true;
        }
        // What is the extreme is not exceeded.
        let Some(extreme) = self.extreme(op, !strict) else {
            return false;
        };
        self.v3(extreme, dst, a, b);
        self.v3(op::EQUAL[index], dst, dst, a);
        if strict {
            self.complement(dst);
        }
        true
    }

    fn product(&mut self, size: Size, dst: Xmm, a: Xmm, b: Xmm) -> Result<bool> {
        let scratch = Xmm::SCRATCH;
        match size {
            Size::Byte => {
                // Even elements, without what is above them, and odd ones.
                let odd = self.take_vector()?;
                self.shift_elements(Shift::Logical, Size::Half, odd, a, 8);
                self.shift_elements(Shift::Logical, Size::Half, scratch, b, 8);
                self.v3(op::MUL_HALVES, odd, odd, scratch);
                self.shift_elements(Shift::Left, Size::Half, odd, odd, 8);
                self.v3(op::MUL_HALVES, dst, a, b);
                self.shift_elements(Shift::Left, Size::Half, dst, dst, 8);
                self.shift_elements(Shift::Logical, Size::Half, dst, dst, 8);
                self.v3(op::OR, dst, dst, odd);
            }
            Size::Half => self.v3(op::MUL_HALVES, dst, a, b),
            Size::Word if self.features.sse4 => self.v3(op::MUL_WORDS, dst, a, b),
            Size::Word => {
                // The host multiplies every other word.
                let odd = self.take_vector()?;
                self.shift_elements(Shift::Logical, Size::Dword, odd, a, 32);
                self.shift_elements(Shift::Logical, Size::Dword, scratch, b, 32);
                self.v3(op::MUL_LONG_UNSIGNED, odd, odd, scratch);
                self.v3(op::MUL_LONG_UNSIGNED, dst, a, b);
                self.v2i(op::SHUFFLE_WORDS, dst, dst, 0b10_00_10_00);
                self.v2i(op::SHUFFLE_WORDS, odd, odd, 0b10_00_10_00);
                self.v3(op::UNPACK_LOW[WORD], dst, dst, odd);
            }
            Size::Dword => return Ok(false),
        }
        Ok(true)
    }

    /// Products of twice the size.
    fn long_product(&mut self, op: VectorOp, dst: Xmm, a: Xmm, b: Xmm) -> Result<bool> {
        /// Words 0 and 1 in the places of even words.
        const SPREAD: u8 = 0b01_01_00_00;
        let scratch = Xmm::SCRATCH;
        match (op.size, op.signed) {
            (Size::Byte, _) => {
                self.widen_elements(op, dst, a);
                self.widen_elements(op, scratch, b);
                self.v3(op::MUL_HALVES, dst, dst, scratch);
            }
            (Size::Half, signed) => {
                let high = if signed {
                    op::MUL_HIGH_SIGNED
                } else {
                    op::MUL_HIGH_UNSIGNED
                };
                self.v3(high, scratch, a, b);
                self.v3(op::MUL_HALVES, dst, a, b);
                self.v3(op::UNPACK_LOW[Size::Half as usize], dst, dst, scratch);
            }
            (_, true) if !self.features.sse4 => return Ok(false),
            (_, signed) => {
                let mul = if signed {
                    op::MUL_LONG_SIGNED
                } else {
                    op::MUL_LONG_UNSIGNED
                };
                self.v2i(op::SHUFFLE_WORDS, dst, a, SPREAD);
                self.v2i(op::SHUFFLE_WORDS, scratch, b, SPREAD);
                self.v3(mul, dst, dst, scratch);
            }
        }
        Ok(true)
    }

    /// Halves of sums and differences that do not overflow.
    fn halving(&mut self, op: VectorOp, dst: Xmm, a: Xmm, b: Xmm) -> Result<()> {
        let index = op.size as usize;
        let (half, scratch) = (self.take_vector()?, Xmm::SCRATCH);
        self.v3(op::XOR, dst, a, b);
        self.right(op, half, dst, 1)?;
        match op.kind {
            // What both have, and half of what one has.
            K::HalvingAdd => {
                self.v3(op::AND, scratch, a, b);
                self.v3(op::ADD[index], dst, scratch, half);
            }
            K::RoundingHalvingAdd => {
                self.v3(op::OR, scratch, a, b);
                self.v3(op::SUB[index], dst, scratch, half);
            }
            // Half of what one has, less what only the second has.
            _ => {
                self.v3(op::AND_NOT, scratch, a, b);
                self.v3(op::SUB[index], dst, half, scratch);
            }
        }
        Ok(())
    }

    /// Shifts left by less than an element has.
    fn left(&mut self, size: Size, dst: Xmm, a: Xmm, amount: u8) -> Result<()> {
        if amount == 0 {
            self.asm.move_vector(dst, a);
        } else if size == Size::Byte {
            let mask = self.byte_mask(0xff << amount)?;
            self.shift_elements(Shift::Left, Size::Half, dst, a, amount);
            self.v3(op::AND, dst, dst, mask);
        } else {
            self.shift_elements(Shift::Left, size, dst, a, amount);
        }
        Ok(())
    }

    /// A byte everywhere.
    fn byte_mask(&mut self, byte: u8) -> Result<Xmm> {
        let mask = self.take_vector()?;
        let bits = u64::from(byte) * 0x0101_0101_0101_0101;
        self.vector_constant(mask, dbt_core::ir::VectorWidth::V128, bits)?;
        Ok(mask)
    }

    /// Shifts right by up to as many bits as an element has. `dst` is not `a`.
    fn right(&mut self, op: VectorOp, dst: Xmm, a: Xmm, amount: u8) -> Result<()> {
        let (size, scratch) = (op.size, Xmm::SCRATCH);
        let amount = if op.signed {
            amount.min(bits(size) - 1)
        } else {
            amount
        };
        if amount == 0 {
            self.asm.move_vector(dst, a);
            return Ok(());
        }
        match (size, op.signed) {
            (Size::Byte, signed) => {
                // As halves with each byte in the upper part.
                let (shift, pack) = if signed {
                    (Shift::Arithmetic, op::PACK_SIGNED[0])
                } else {
                    (Shift::Logical, op::PACK_UNSIGNED)
                };
                self.v3(op::UNPACK_HIGH[0], scratch, a, a);
                self.v3(op::UNPACK_LOW[0], dst, a, a);
                self.shift_elements(shift, Size::Half, scratch, scratch, 8 + amount);
                self.shift_elements(shift, Size::Half, dst, dst, 8 + amount);
                self.v3(pack, dst, dst, scratch);
            }
            (Size::Dword, true) => {
                // The sign everywhere, shifted out as zeroes.
                self.shift_elements(Shift::Arithmetic, Size::Word, scratch, a, 31);
                self.v2i(op::SHUFFLE_WORDS, scratch, scratch, 0b11_11_01_01);
                self.v3(op::XOR, dst, a, scratch);
                self.shift_elements(Shift::Logical, Size::Dword, dst, dst, amount);
                self.v3(op::XOR, dst, dst, scratch);
            }
            (_, true) => self.shift_elements(Shift::Arithmetic, size, dst, a, amount),
            (_, false) => self.shift_elements(Shift::Logical, size, dst, a, amount),
        }
        Ok(())
    }

    /// A shift that keeps bits of `b`.
    fn insert_shifted(&mut self, op: VectorOp, dst: Xmm, a: Xmm, b: Xmm) -> Result<()> {
        let (size, amount, scratch) = (op.size, op.imm, Xmm::SCRATCH);
        let left = op.kind == K::InsertLeft;
        if !left && amount == bits(size) {
            self.asm.move_vector(dst, b);
            return Ok(());
        }
        if left && amount == 0 {
            self.asm.move_vector(dst, a);
            return Ok(());
        }
        let (shift, back) = if left {
            (Shift::Left, Shift::Logical)
        } else {
            (Shift::Logical, Shift::Left)
        };
        if size == Size::Byte {
            let kept = if left { 0xff << amount } else { 0xff >> amount };
            let mask = self.byte_mask(kept)?;
            self.shift_elements(shift, Size::Half, dst, a, amount);
            self.v3(op::AND, dst, dst, mask);
            self.v3(op::AND_NOT, mask, mask, b);
            self.v3(op::OR, dst, dst, mask);
        } else {
            self.shift_elements(shift, size, dst, a, amount);
            let rest = bits(size) - amount;
            self.shift_elements(shift, size, scratch, b, rest);
            self.shift_elements(back, size, scratch, scratch, rest);
            // What was shifted out on one side comes from the other.
            self.v3(op::OR, dst, dst, scratch);
        }
        Ok(())
    }

    /// Counts bits in nibbles.
    fn count_ones(&mut self, dst: Xmm, a: Xmm) -> Result<()> {
        let (index, scratch) = (self.take_vector()?, Xmm::SCRATCH);
        self.v3c(op::AND, index, a, WideConstant::Nibbles);
        self.table_of_counts(dst);
        self.v3(op::SHUFFLE_BYTES, dst, dst, index);
        self.shift_elements(Shift::Logical, Size::Half, index, a, 4);
        self.v3c(op::AND, index, index, WideConstant::Nibbles);
        self.table_of_counts(scratch);
        self.v3(op::SHUFFLE_BYTES, scratch, scratch, index);
        self.v3(op::ADD[0], dst, dst, scratch);
        Ok(())
    }

    fn table_of_counts(&mut self, dst: Xmm) {
        self.asm.load_whole(dst, crate::asm::Rm::Constant);
        self.at_wide_constant(WideConstant::BitCounts);
    }

    /// The lower half in elements of twice the size.
    fn widen_elements(&mut self, op: VectorOp, dst: Xmm, a: Xmm) {
        let (size, index) = (op.size, op.size as usize);
        if op.signed && size == Size::Word {
            self.shift_elements(Shift::Arithmetic, Size::Word, dst, a, 31);
            if self.features.avx {
                self.v3(op::UNPACK_LOW[WORD], dst, a, dst);
            } else {
                let low = Xmm::SCRATCH;
                self.asm.move_vector(low, a);
                self.v3(op::UNPACK_LOW[WORD], low, low, dst);
                self.asm.move_vector(dst, low);
            }
        } else if op.signed {
            self.v3(op::UNPACK_LOW[index], dst, a, a);
            self.shift_elements(Shift::Arithmetic, twice(size), dst, dst, bits(size));
        } else {
            self.v3c(op::UNPACK_LOW[index], dst, a, WideConstant::Zero);
        }
    }

    /// The lower halves of elements.
    fn narrow_elements(&mut self, size: Size, dst: Xmm, a: Xmm) {
        match size {
            Size::Dword => self.v2i(op::SHUFFLE_WORDS, dst, a, 0b00_00_10_00),
            Size::Word => {
                self.shift_elements(Shift::Left, Size::Word, dst, a, 16);
                self.shift_elements(Shift::Arithmetic, Size::Word, dst, dst, 16);
                self.v3(op::PACK_SIGNED[1], dst, dst, dst);
            }
            _ => {
                self.shift_elements(Shift::Left, Size::Half, dst, a, 8);
                self.shift_elements(Shift::Logical, Size::Half, dst, dst, 8);
                self.v3(op::PACK_UNSIGNED, dst, dst, dst);
            }
        }
    }

    /// Shifts words by those of `b`, either way.
    fn shift_each(&mut self, signed: bool, dst: Xmm, a: Xmm, b: Xmm) -> Result<()> {
        let (amount, scratch) = (self.take_vector()?, Xmm::SCRATCH);
        self.shift_elements(Shift::Left, Size::Word, amount, b, 24);
        self.shift_elements(Shift::Arithmetic, Size::Word, amount, amount, 24);
        // Amounts that are negative or too large give zero, or the sign.
        self.v3(op::SHIFT_LEFT_EACH, dst, a, amount);
        self.asm.bits(crate::asm::SseOp::Xor, scratch, scratch);
        self.v3(op::SUB[WORD], scratch, scratch, amount);
        if signed {
            self.v3(op::SHIFT_RIGHT_EACH_SIGNED, scratch, a, scratch);
            self.v3i(op::BLEND, dst, dst, scratch, amount.0 << 4);
        } else {
            self.v3(op::SHIFT_RIGHT_EACH, scratch, a, scratch);
            self.v3(op::OR, dst, dst, scratch);
        }
        Ok(())
    }
}

/// Saturation: what the host gives is right, and the function is called where it is
/// not what the operation gives without, for the flag.
impl Lowering<'_> {
    pub(super) fn saturating(&mut self, operation: &Operation) -> Result<bool> {
        let Operation { op, dst, args, .. } = *operation;
        let ([a, b, _], index, scratch) = (args, op.size as usize, Xmm::SCRATCH);
        match op.kind {
            K::SatAdd | K::SatSub if matches!(op.size, Size::Byte | Size::Half) => {
                let (exact, wraps) = match (op.kind, op.signed) {
                    (K::SatAdd, true) => (op::SAT_ADD_SIGNED, op::ADD),
                    (K::SatAdd, false) => (op::SAT_ADD_UNSIGNED, op::ADD),
                    (_, true) => (op::SAT_SUB_SIGNED, op::SUB),
                    (_, false) => (op::SAT_SUB_UNSIGNED, op::SUB),
                };
                self.v3(exact[index], dst, a, b);
                self.v3(wraps[index], scratch, a, b);
                self.v3(op::EQUAL[index], scratch, scratch, dst);
            }
            K::SatDoublingMulHigh if op.size == Size::Half => {
                self.v3(op::MUL_HALVES, scratch, a, b);
                self.shift_elements(Shift::Logical, Size::Half, scratch, scratch, 15);
                self.v3(op::MUL_HIGH_SIGNED, dst, a, b);
                self.v3(op::ADD[1], dst, dst, dst);
                self.v3(op::OR, dst, dst, scratch);
                self.not_lowest_half(dst);
            }
            K::SatRoundingDoublingMulHigh if op.size == Size::Half && self.features.sse4 => {
                self.v3(op::MUL_HIGH_ROUNDING, dst, a, b);
                self.not_lowest_half(dst);
            }
            K::SatNarrow | K::SatNarrowUnsigned => {
                self.narrow_elements(op.size, dst, a);
                let half = VectorOp {
                    size: match op.size {
                        Size::Dword => Size::Word,
                        Size::Word => Size::Half,
                        _ => Size::Byte,
                    },
                    signed: op.signed && op.kind == K::SatNarrow,
                    ..op
                };
                let again = self.take_vector()?;
                self.widen_elements(half, again, dst);
                // Doublewords are equal if both their words are.
                let equal = op::EQUAL[index.min(WORD)];
                self.v3(equal, scratch, again, a);
            }
            _ => return Ok(false),
        }
        self.before_clobber()?;
        let reg = self.take_scratch()?;
        self.asm.move_byte_mask(reg, scratch);
        if op.wide || matches!(op.kind, K::SatNarrow | K::SatNarrowUnsigned) {
            self.asm.alu_imm(Alu::Cmp, Bits::B32, reg, 0xffff);
        } else {
            self.asm.alu_imm(Alu::Xor, Bits::B32, reg, 0xff);
            self.asm.test_imm(reg, 0xff);
        }
        self.slow_vector(Cc::Ne, Recheck::Nothing, reg, operation.call);
        self.release(reg);
        Ok(true)
    }

    /// Finds the halves that are not the lowest number.
    fn not_lowest_half(&mut self, a: Xmm) {
        let scratch = Xmm::SCRATCH;
        self.ones(scratch);
        self.shift_elements(Shift::Left, Size::Half, scratch, scratch, 15);
        self.v3(op::EQUAL[1], scratch, scratch, a);
        self.complement_of_scratch();
    }

    fn complement_of_scratch(&mut self) {
        let scratch = Xmm::SCRATCH;
        self.v3c(op::EQUAL[0], scratch, scratch, WideConstant::Zero);
    }
}
