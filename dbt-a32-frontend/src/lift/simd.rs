//! The Advanced SIMD part of the lifter.
//!
//! An operation is an [`Inst::Vector`], which names the exact function for back ends
//! that lack it.

use dbt_core::ir::{ChecksumOp, Helper, Inst, Ty, Value, VectorKind, VectorOp, VectorWidth};
use dbt_isa::machine::{Abort, Flow, Machine};
use dbt_isa::ops::{Access, Size};

use super::machine::Lifter;
use crate::checksum::Checksum;
use crate::fp_helpers::{CRC_FUNCTION, SIMD_FUNCTION};
use crate::fp_reg::{DReg, VReg};
use crate::guest::slot;
use crate::simd::{SimdKind, SimdOp};
use crate::simd_machine::SimdMachine;
use crate::vfp_machine::VfpMachine;

/// A vector.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Vector {
    /// A `v64`, with zeroes above.
    Half(Value),
    /// A `v128`.
    Whole(Value),
    /// Two `v64`, the lower one first.
    Halves([Value; 2]),
    /// A constant in both halves.
    Repeated(u64),
}

/// What the IR calls an operation.
fn kind(op: SimdOp) -> VectorKind {
    /// Those of the same name.
    macro_rules! same {
        ($($kind:ident)*) => {
            match op.kind {
                $(SimdKind::$kind => VectorKind::$kind,)*
                _ => VectorKind::Guest,
            }
        };
    }
    same! {
        And Or Xor AndNot OrNot Select Add Sub Mul PolyMul Equal Greater GreaterOrEqual Test
        Max Min AbsDiff HalvingAdd RoundingHalvingAdd HalvingSub SatAdd SatSub
        SatDoublingMulHigh SatRoundingDoublingMulHigh Shift RoundingShift SatShift
        SatRoundingShift ShiftLeft ShiftRight RoundingShiftRight SatShiftLeft
        SatShiftLeftUnsigned InsertLeft InsertRight Abs Neg SatAbs SatNeg CountSign
        CountZeroes CountOnes RecipEstimate RsqrtEstimate Widen Narrow SatNarrow
        SatNarrowUnsigned PairAddLong MulLong PolyMulLong Even Odd ZipLow ZipHigh
        TransposeEven TransposeOdd Reverse Extract Splat Table FloatAdd FloatSub FloatMul
        FloatMulAdd FloatMax FloatMin FloatMaxNum FloatMinNum FloatEqual FloatGreater
        FloatGreaterOrEqual FloatRecipStep FloatRsqrtStep FloatRecipEstimate
        FloatRsqrtEstimate FloatToFixed FixedToFloat FloatToInt FloatRound FloatRoundExact
        FloatNarrow FloatWiden FloatNarrowBrain FloatMulAddLong FloatMulSubLong
        SatRoundingDoublingMulAdd SatRoundingDoublingMulSub Dot DotMixed MatrixMulAdd
        MatrixMulAddMixed BrainDot BrainMatrixMulAdd AesEncrypt AesDecrypt AesMix AesUnmix
        Sha1Choose Sha1Parity Sha1Majority Sha1Rotate Sha1Schedule0 Sha1Schedule1 Sha256Hash
        Sha256Hash2 Sha256Schedule0 Sha256Schedule1
    }
}

impl Lifter<'_, '_> {
    fn vector_bits(&mut self, ty: Ty, bits: u64) -> Value {
        self.builder.push(Inst::Const { ty, bits })
    }

    /// Takes a vector apart or puts it together.
    fn part(&mut self, kind: VectorKind, [a, b]: [Value; 2]) -> Value {
        let op = VectorOp::new(kind, Size::Dword, kind == VectorKind::Join);
        self.builder.push(Inst::Vector {
            op,
            rounds: false,
            helper: Helper(SIMD_FUNCTION),
            info: 0,
            args: [a, b, a],
        })
    }

    /// The lower half.
    fn low_half(&mut self, a: Vector) -> Value {
        match a {
            Vector::Half(value) | Vector::Halves([value, _]) => value,
            Vector::Whole(value) => self.part(VectorKind::Low, [value; 2]),
            Vector::Repeated(bits) => self.vector_bits(Ty::V64, bits),
        }
    }

    /// The upper half.
    fn high_half(&mut self, a: Vector) -> Value {
        match a {
            Vector::Half(_) => self.vector_bits(Ty::V64, 0),
            Vector::Whole(value) => self.part(VectorKind::High, [value; 2]),
            Vector::Halves([_, value]) => value,
            Vector::Repeated(bits) => self.vector_bits(Ty::V64, bits),
        }
    }

    fn whole(&mut self, a: Vector) -> Value {
        match a {
            Vector::Half(value) => {
                let zero = self.vector_bits(Ty::V64, 0);
                self.part(VectorKind::Join, [value, zero])
            }
            Vector::Whole(value) => value,
            Vector::Halves(halves) => self.part(VectorKind::Join, halves),
            Vector::Repeated(bits) => self.vector_bits(Ty::V128, bits),
        }
    }

    fn of_width(&mut self, a: Vector, width: VectorWidth) -> Value {
        match width {
            VectorWidth::V128 => self.whole(a),
            VectorWidth::V32 | VectorWidth::V64 => self.low_half(a),
        }
    }

    /// The operands of which two vectors are widened, if both are alike.
    fn widened(&self, op: SimdOp, a: Vector, b: Vector) -> Option<(SimdOp, [Vector; 2])> {
        let operand = |vector| match vector {
            Vector::Whole(value) => match *self.builder.unit().inst(value) {
                Inst::Vector { op, args, .. } if op.kind == VectorKind::Widen => {
                    Some((op, args[0]))
                }
                _ => None,
            },
            _ => None,
        };
        let ((of_a, a), (of_b, b)) = (operand(a)?, operand(b)?);
        let long = SimdOp {
            kind: SimdKind::MulLong,
            size: of_a.size,
            signed: of_a.signed,
            ..op
        };
        (of_a == of_b).then_some((long, [Vector::Half(a), Vector::Half(b)]))
    }

    /// A core register's value as a `v64`.
    fn element(&mut self, value: Value) -> Value {
        let value = self.builder.zext64(value);
        self.double_from_dword(value)
    }
}

impl SimdMachine for Lifter<'_, '_> {
    type Vector = Vector;

    fn vector(&mut self, low: Value, high: Value) -> Vector {
        Vector::Halves([low, high].map(|half| self.double_from_dword(half)))
    }
    fn vector_low(&mut self, a: Vector) -> Value {
        let half = self.low_half(a);
        self.double_to_dword(half)
    }
    fn vector_high(&mut self, a: Vector) -> Value {
        let half = self.high_half(a);
        self.double_to_dword(half)
    }
    #[allow(clippy::cast_possible_truncation, reason = "it is packed in 32 bits")]
    fn simd(&mut self, op: SimdOp, a: Vector, b: Vector, c: Vector) -> Vector {
        self.refuse();
        let (op, [a, b]) = match op.kind {
            SimdKind::Mul if op.quad => self.widened(op, a, b).unwrap_or((op, [a, b])),
            _ => (op, [a, b]),
        };
        let kind = kind(op);
        let wide = op.quad || kind == VectorKind::Guest;
        let vector = VectorOp::new(kind, op.size, wide)
            .signed(op.signed)
            .imm(op.imm);
        let mut args = [Value(0); 3];
        let count = vector.count();
        for (position, operand) in [a, b, c].into_iter().enumerate().take(count) {
            args[position] = if position < op.kind.operands() {
                self.of_width(operand, vector.operands()[position])
            } else {
                args[0]
            };
        }
        let first = args[0];
        args[count..].fill(first);
        let result = self.builder.push(Inst::Vector {
            op: vector,
            rounds: op.kind.is_float() && self.site.mode.fp_rounds,
            helper: Helper(SIMD_FUNCTION),
            info: op.pack() as u32,
            args,
        });
        match vector.width() {
            VectorWidth::V128 if op.is_wide() => Vector::Whole(result),
            VectorWidth::V128 => Vector::Half(self.low_half(Vector::Whole(result))),
            VectorWidth::V32 | VectorWidth::V64 => Vector::Half(result),
        }
    }
    fn checksum(&mut self, op: Checksum, sum: Value, data: Value) -> Value {
        self.refuse();
        let packed = self.builder.imm64(op.bits());
        self.builder.push(Inst::Checksum {
            op: ChecksumOp {
                castagnoli: op.castagnoli,
                size: op.size,
            },
            helper: Helper(CRC_FUNCTION),
            args: [packed, sum, data],
        })
    }
    fn misaligned(&mut self, _: Value, _: bool) -> Result<(), Abort> {
        // The interpreter finds the same, and raises the fault.
        let (Flow::Next | Flow::Leave) = self.interpret();
        Ok(())
    }
    fn aligns(&self) -> bool {
        self.site.mode.aligns()
    }

    fn vreg(&mut self, reg: VReg) -> Vector {
        if reg.is_quad() {
            Vector::Whole(self.builder.get(slot::q(reg.low().index() / 2)))
        } else {
            Vector::Half(self.double(reg.low()))
        }
    }
    fn set_vreg(&mut self, reg: VReg, value: Vector) {
        if reg.is_quad() {
            let value = self.whole(value);
            self.set_vector(slot::q(reg.low().index() / 2), value);
        } else {
            let value = self.low_half(value);
            self.set_double(reg.low(), value);
        }
    }
    fn vector_imm(&mut self, value: u64) -> Vector {
        Vector::Repeated(value)
    }
    #[allow(clippy::cast_possible_truncation, reason = "it is packed in 32 bits")]
    fn splat(&mut self, size: Size, value: Value) -> Vector {
        let value = self.element(value);
        let info = SimdOp::new(SimdKind::Splat, size, true).pack() as u32;
        Vector::Whole(self.builder.push(Inst::Vector {
            op: VectorOp::new(VectorKind::Splat, size, true),
            rounds: false,
            helper: Helper(SIMD_FUNCTION),
            info,
            args: [value; 3],
        }))
    }
    #[allow(clippy::cast_possible_truncation, reason = "it is packed in 32 bits")]
    fn set_element(&mut self, size: Size, d: DReg, x: u32, value: Value) {
        self.refuse();
        let (old, value) = (self.double(d), self.element(value));
        let op = SimdOp::new(SimdKind::Insert, size, false).imm(x);
        let new = self.builder.push(Inst::Vector {
            op: VectorOp::new(VectorKind::Insert, size, false).imm(x as u8),
            rounds: false,
            helper: Helper(SIMD_FUNCTION),
            info: op.pack() as u32,
            args: [old, value, old],
        });
        self.set_double(d, new);
    }

    fn load_vector(&mut self, access: Access, address: Value) -> Result<Vector, Abort> {
        self.refuse();
        let access = self.access(access);
        Ok(Vector::Whole(self.builder.push(Inst::LoadVector {
            access,
            width: VectorWidth::V128,
            address,
        })))
    }
    fn store_vector(&mut self, access: Access, address: Value, value: Vector) -> Result<(), Abort> {
        self.refuse();
        let access = self.access(access);
        let value = self.whole(value);
        self.builder.push(Inst::StoreVector {
            access,
            width: VectorWidth::V128,
            address,
            value,
        });
        Ok(())
    }
    fn vector_from_double(&mut self, a: Value) -> Vector {
        Vector::Half(a)
    }
    fn vector_to_double(&mut self, a: Vector) -> Value {
        self.low_half(a)
    }
    fn vector_join(&mut self, low: Value, high: Value) -> Vector {
        Vector::Halves([low, high])
    }
    fn vector_halves(&mut self, a: Vector) -> [Value; 2] {
        [self.low_half(a), self.high_half(a)]
    }
}
