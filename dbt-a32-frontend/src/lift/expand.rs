//! Vector operations put together of the IR's.
//!
//! The IR has what every host has. Bytes are shifted in halves and masked;
//! unsigned numbers are compared with their highest bits inverted; a maximum is a
//! selection by a comparison, and so on. What comes out is right in the lower half
//! alone for an operation on doublewords.

use dbt_core::ir::{Inst, Value, VectorOp, VectorShift, Width};
use dbt_isa::machine::Machine;
use dbt_isa::ops::{BinOp, Size};

use super::machine::Lifter;
use super::simd::Halves;
use crate::simd::{SimdKind, SimdOp};
use crate::vfp_machine::VfpMachine;

/// The size of twice the bits.
const fn twice(size: Size) -> Option<Size> {
    match size {
        Size::Byte => Some(Size::Half),
        Size::Half => Some(Size::Word),
        Size::Word => Some(Size::Dword),
        Size::Dword => None,
    }
}

const fn bits(size: Size) -> u32 {
    8 * size.bytes()
}

/// A number in every element.
const fn repeated(size: Size, number: u64) -> u64 {
    match size {
        Size::Byte => number * 0x0101_0101_0101_0101,
        Size::Half => number * 0x0001_0001_0001_0001,
        Size::Word => number * 0x0000_0001_0000_0001,
        Size::Dword => number,
    }
}

/// All bits of an element.
const fn ones(size: Size) -> u64 {
    u64::MAX >> (64 - bits(size))
}

impl Lifter<'_, '_> {
    /// Emits an operation, if the IR's operations suffice. Otherwise what was
    /// emitted is of no use.
    pub(super) fn expand(&mut self, op: SimdOp, a: Halves, b: Halves, c: Halves) -> Option<Halves> {
        if let Some(moved) = self.moves(op, a, b) {
            return Some(moved);
        }
        let low = self.elements(op, [a.low, b.low, c.low])?;
        if !op.quad {
            return Some(Halves { low, high: None });
        }
        let operands = [a, b, c].map(|operand| self.upper(operand));
        let high = Some(self.elements(op, operands)?);
        Some(Halves { low, high })
    }

    fn op(&mut self, op: VectorOp, a: Value, b: Value) -> Value {
        self.builder.push(Inst::Vector { op, a, b })
    }

    /// Computes the elements of a half.
    fn elements(&mut self, op: SimdOp, [a, b, c]: [Value; 3]) -> Option<Value> {
        let (size, imm) = (op.size, u32::from(op.imm));
        Some(match op.kind {
            SimdKind::And => self.op(VectorOp::And, a, b),
            SimdKind::Or => self.op(VectorOp::Or, a, b),
            SimdKind::Xor => self.op(VectorOp::Xor, a, b),
            SimdKind::AndNot => self.op(VectorOp::AndNot, a, b),
            SimdKind::OrNot => {
                let b = self.complement(b);
                self.op(VectorOp::Or, a, b)
            }
            SimdKind::Select => self.choose(a, b, c),
            SimdKind::Add => self.op(VectorOp::Add(size), a, b),
            SimdKind::Sub => self.op(VectorOp::Sub(size), a, b),
            SimdKind::Mul => self.product(size, a, b),
            SimdKind::Equal => self.op(VectorOp::Equal(size), a, b),
            SimdKind::Greater => self.greater(op, a, b)?,
            SimdKind::GreaterOrEqual => {
                let less = self.greater(op, b, a)?;
                self.complement(less)
            }
            SimdKind::Test => {
                let (both, zero) = (self.op(VectorOp::And, a, b), self.vector_bits(0));
                let none = self.op(VectorOp::Equal(size), both, zero);
                self.complement(none)
            }
            SimdKind::Max => {
                let greater = self.greater(op, a, b)?;
                self.choose(greater, a, b)
            }
            SimdKind::Min => {
                let greater = self.greater(op, a, b)?;
                self.choose(greater, b, a)
            }
            SimdKind::AbsDiff => {
                let less = self.greater(op, b, a)?;
                let difference = self.op(VectorOp::Sub(size), a, b);
                self.negate_if(size, less, difference)
            }
            SimdKind::Abs => {
                let zero = self.vector_bits(0);
                let negative = self.greater(op, zero, a)?;
                self.negate_if(size, negative, a)
            }
            SimdKind::Neg => {
                let zero = self.vector_bits(0);
                self.op(VectorOp::Sub(size), zero, a)
            }
            SimdKind::HalvingAdd => {
                // What both have, and half of what one has.
                let (both, one) = (self.op(VectorOp::And, a, b), self.op(VectorOp::Xor, a, b));
                let half = self.right(op, one, 1);
                self.op(VectorOp::Add(size), both, half)
            }
            SimdKind::RoundingHalvingAdd => {
                let (any, one) = (self.op(VectorOp::Or, a, b), self.op(VectorOp::Xor, a, b));
                let half = self.right(op, one, 1);
                self.op(VectorOp::Sub(size), any, half)
            }
            SimdKind::HalvingSub => {
                // Half of what one has, less what only the second has.
                let (one, second) = (
                    self.op(VectorOp::Xor, a, b),
                    self.op(VectorOp::AndNot, b, a),
                );
                let half = self.right(op, one, 1);
                self.op(VectorOp::Sub(size), half, second)
            }
            SimdKind::ShiftLeft => self.left(size, a, imm),
            SimdKind::ShiftRight => self.right(op, a, imm),
            SimdKind::RoundingShiftRight => {
                // The last bit that falls off rounds.
                let shifted = self.right(op, a, imm);
                let last = self.logical(size, a, imm - 1);
                let one = self.vector_bits(repeated(size, 1));
                let last = self.op(VectorOp::And, last, one);
                self.op(VectorOp::Add(size), shifted, last)
            }
            SimdKind::InsertLeft => {
                let shifted = self.left(size, a, imm);
                let kept = self.vector_bits(repeated(size, (1 << imm) - 1));
                let kept = self.op(VectorOp::And, b, kept);
                self.op(VectorOp::Or, shifted, kept)
            }
            SimdKind::InsertRight => {
                let shifted = self.logical(size, a, imm);
                let inserted = ones(size).checked_shr(imm).unwrap_or(0);
                let inserted = self.vector_bits(repeated(size, inserted & ones(size)));
                let kept = self.op(VectorOp::AndNot, b, inserted);
                self.op(VectorOp::Or, shifted, kept)
            }
            SimdKind::PairAddLong => {
                let wide = SimdOp {
                    size: twice(size)?,
                    ..op
                };
                let low = self.left(wide.size, a, bits(size));
                let (low, high) = (
                    self.right(wide, low, bits(size)),
                    self.right(wide, a, bits(size)),
                );
                self.op(VectorOp::Add(wide.size), low, high)
            }
            SimdKind::Reverse => self.reverse(size, a, imm)?,
            SimdKind::TransposeEven => {
                let wide = twice(size)?;
                let mask = self.vector_bits(repeated(wide, ones(size)));
                let (even, odd) = (
                    self.op(VectorOp::And, a, mask),
                    self.left(wide, b, bits(size)),
                );
                self.op(VectorOp::Or, even, odd)
            }
            SimdKind::TransposeOdd => {
                let wide = twice(size)?;
                let mask = self.vector_bits(repeated(wide, ones(size)));
                let (even, odd) = (
                    self.logical(wide, a, bits(size)),
                    self.op(VectorOp::AndNot, b, mask),
                );
                self.op(VectorOp::Or, even, odd)
            }
            _ => return None,
        })
    }

    /// Emits an operation that moves elements from half to half, if it is one.
    fn moves(&mut self, op: SimdOp, a: Halves, b: Halves) -> Option<Halves> {
        let size = op.size;
        let half = |low| Halves { low, high: None };
        Some(match op.kind {
            SimdKind::Widen => {
                let zero = self.vector_bits(0);
                let above = if op.signed {
                    self.op(VectorOp::Greater(size), zero, a.low)
                } else {
                    zero
                };
                self.zip(size, a.low, above)
            }
            SimdKind::Narrow => {
                let high = self.upper(a);
                half(self.op(VectorOp::Narrow(size), a.low, high))
            }
            SimdKind::Even | SimdKind::Odd => {
                let wide = twice(size)?;
                let amount = if op.kind == SimdKind::Odd {
                    bits(size)
                } else {
                    0
                };
                let pick = |this: &mut Self, a, b| {
                    let (a, b) = (this.logical(wide, a, amount), this.logical(wide, b, amount));
                    this.op(VectorOp::Narrow(wide), a, b)
                };
                if op.quad {
                    let (a_high, b_high) = (self.upper(a), self.upper(b));
                    Halves {
                        low: pick(self, a.low, a_high),
                        high: Some(pick(self, b.low, b_high)),
                    }
                } else {
                    half(pick(self, a.low, b.low))
                }
            }
            SimdKind::ZipLow if op.quad => self.zip(size, a.low, b.low),
            SimdKind::ZipHigh if op.quad => {
                let (a, b) = (self.upper(a), self.upper(b));
                self.zip(size, a, b)
            }
            SimdKind::ZipLow => half(self.op(VectorOp::Zip(size), a.low, b.low)),
            SimdKind::ZipHigh => {
                let both = self.zip(size, a.low, b.low);
                half(self.upper(both))
            }
            SimdKind::Extract => self.extract(op, a, b),
            SimdKind::Splat => {
                let element = self.logical(Size::Dword, a.low, u32::from(op.imm) * bits(size));
                let low = self.everywhere(size, element);
                Halves {
                    low,
                    high: op.quad.then_some(low),
                }
            }
            _ => return None,
        })
    }

    fn complement(&mut self, a: Value) -> Value {
        let ones = self.vector_bits(u64::MAX);
        self.op(VectorOp::Xor, a, ones)
    }

    /// `yes` where bits of `mask` are set, else `no`.
    fn choose(&mut self, mask: Value, yes: Value, no: Value) -> Value {
        let yes = self.op(VectorOp::And, yes, mask);
        let no = self.op(VectorOp::AndNot, no, mask);
        self.op(VectorOp::Or, yes, no)
    }

    /// `-a` where `mask` is set, else `a`.
    fn negate_if(&mut self, size: Size, mask: Value, a: Value) -> Value {
        let inverted = self.op(VectorOp::Xor, a, mask);
        self.op(VectorOp::Sub(size), inverted, mask)
    }

    fn greater(&mut self, op: SimdOp, a: Value, b: Value) -> Option<Value> {
        // There is none of doublewords.
        twice(op.size)?;
        if op.signed || op.kind == SimdKind::Abs {
            return Some(self.op(VectorOp::Greater(op.size), a, b));
        }
        let highest = self.vector_bits(repeated(op.size, 1 << (bits(op.size) - 1)));
        let (a, b) = (
            self.op(VectorOp::Xor, a, highest),
            self.op(VectorOp::Xor, b, highest),
        );
        Some(self.op(VectorOp::Greater(op.size), a, b))
    }

    fn product(&mut self, size: Size, a: Value, b: Value) -> Value {
        match size {
            Size::Byte => {
                let half = Size::Half;
                let even = self.op(VectorOp::Mul(half), a, b);
                let mask = self.vector_bits(repeated(half, 0xff));
                let even = self.op(VectorOp::And, even, mask);
                let (a, b) = (self.logical(half, a, 8), self.logical(half, b, 8));
                let odd = self.op(VectorOp::Mul(half), a, b);
                let odd = self.left(half, odd, 8);
                self.op(VectorOp::Or, even, odd)
            }
            Size::Half | Size::Word => self.op(VectorOp::Mul(size), a, b),
            Size::Dword => {
                let (a, b) = (self.double_to_dword(a), self.double_to_dword(b));
                let product = self.builder.binary64(BinOp::Mul, a, b);
                let width = Width::W64;
                self.builder.push(Inst::ToVector { width, a: product })
            }
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "less than 64")]
    fn shift(&mut self, op: VectorShift, a: Value, amount: u32) -> Value {
        if amount == 0 {
            return a;
        }
        let amount = amount as u8;
        self.builder.push(Inst::VectorShift { op, amount, a })
    }

    fn left(&mut self, size: Size, a: Value, amount: u32) -> Value {
        if amount >= bits(size) {
            return self.vector_bits(0);
        }
        if size != Size::Byte {
            return self.shift(VectorShift::Left(size), a, amount);
        }
        let shifted = self.shift(VectorShift::Left(Size::Half), a, amount);
        let mask = self.vector_bits(repeated(size, 0xff << amount & 0xff));
        self.op(VectorOp::And, shifted, mask)
    }

    /// To the right, with zeroes.
    fn logical(&mut self, size: Size, a: Value, amount: u32) -> Value {
        if amount >= bits(size) {
            return self.vector_bits(0);
        }
        if size != Size::Byte {
            return self.shift(VectorShift::Logical(size), a, amount);
        }
        let shifted = self.shift(VectorShift::Logical(Size::Half), a, amount);
        let mask = self.vector_bits(repeated(size, 0xff >> amount));
        self.op(VectorOp::And, shifted, mask)
    }

    /// To the right, with the sign if the operation is signed.
    fn right(&mut self, op: SimdOp, a: Value, amount: u32) -> Value {
        let size = op.size;
        if !op.signed {
            return self.logical(size, a, amount);
        }
        let amount = amount.min(bits(size) - 1);
        match size {
            Size::Half | Size::Word => self.shift(VectorShift::Arithmetic(size), a, amount),
            Size::Byte | Size::Dword => {
                let shifted = self.logical(size, a, amount);
                // The bit that was the sign is extended.
                let sign = self.vector_bits(repeated(size, 1 << (bits(size) - 1 - amount)));
                self.negate_if(size, sign, shifted)
            }
        }
    }

    /// All elements of two halves in turns.
    fn zip(&mut self, size: Size, a: Value, b: Value) -> Halves {
        let low = self.op(VectorOp::Zip(size), a, b);
        let (a, b) = (
            self.logical(Size::Dword, a, 32),
            self.logical(Size::Dword, b, 32),
        );
        let high = Some(self.op(VectorOp::Zip(size), a, b));
        Halves { low, high }
    }

    /// The lowest element everywhere.
    pub(super) fn everywhere(&mut self, size: Size, a: Value) -> Value {
        match twice(size) {
            Some(wide) => {
                let pair = self.op(VectorOp::Zip(size), a, a);
                self.everywhere(wide, pair)
            }
            None => a,
        }
    }

    /// Reverses elements in groups of `2^log2` bytes, by exchanging neighbours of
    /// all sizes.
    fn reverse(&mut self, size: Size, a: Value, log2: u32) -> Option<Value> {
        if size.bytes() == 1 << log2 {
            return Some(a);
        }
        let wide = twice(size)?;
        let (left, right) = (
            self.left(wide, a, bits(size)),
            self.logical(wide, a, bits(size)),
        );
        let exchanged = self.op(VectorOp::Or, left, right);
        self.reverse(wide, exchanged, log2)
    }

    /// Bytes from `imm` on.
    fn extract(&mut self, op: SimdOp, a: Halves, b: Halves) -> Halves {
        let parts = if op.quad {
            [a.low, self.upper(a), b.low, self.upper(b)]
        } else {
            [a.low, b.low, b.low, b.low]
        };
        let (first, amount) = (usize::from(op.imm) / 8, u32::from(op.imm) % 8 * 8);
        let part = |this: &mut Self, index: usize| {
            if amount == 0 {
                return parts[index];
            }
            let size = Size::Dword;
            let (low, high) = (
                this.logical(size, parts[index], amount),
                this.left(size, parts[index + 1], 64 - amount),
            );
            this.op(VectorOp::Or, low, high)
        };
        Halves {
            low: part(self, first),
            high: op.quad.then(|| part(self, first + 1)),
        }
    }
}
