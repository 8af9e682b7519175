//! The Advanced SIMD part of the lifter.
//!
//! A vector is two halves of 64 bits in vector registers, which are those that the
//! doubleword registers are. An operation is put together of the IR's operations of
//! elements, if they suffice ([`expand`](self::expand)); otherwise the operands go
//! to [`ArmState::vectors`](crate::state::ArmState::vectors) and a helper computes.

use dbt_core::ir::{Helper, Inst, Ty, Value, Width};
use dbt_isa::machine::{Abort, Flow, Machine};
use dbt_isa::ops::Size;

use super::machine::Lifter;
use crate::checksum::Checksum;
use crate::fp_helpers::{CRC_FUNCTION, SIMD_FUNCTION};
use crate::fp_reg::VReg;
use crate::guest::slot;
use crate::simd::SimdOp;
use crate::simd_machine::SimdMachine;
use crate::vfp_machine::VfpMachine;

/// A vector; without an upper half, that is zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Halves {
    pub(super) low: Value,
    pub(super) high: Option<Value>,
}

impl Lifter<'_, '_> {
    /// A constant in a vector register.
    pub(super) fn vector_bits(&mut self, bits: u64) -> Value {
        let ty = Ty::V64;
        self.builder.push(Inst::Const { ty, bits })
    }

    /// The upper half of a vector.
    pub(super) fn upper(&mut self, a: Halves) -> Value {
        match a.high {
            Some(high) => high,
            None => self.vector_bits(0),
        }
    }

    fn call_simd(&mut self, op: SimdOp, operands: [Halves; 3]) -> Halves {
        for (index, operand) in operands.iter().take(op.kind.operands()).enumerate() {
            self.builder.set(slot::vector(2 * index), operand.low);
            if let Some(high) = operand.high {
                self.builder.set(slot::vector(2 * index + 1), high);
            }
        }
        let (packed, zero) = (self.builder.imm64(op.pack()), self.builder.imm64(0));
        let low = self
            .builder
            .call(Helper(SIMD_FUNCTION), [packed, zero, zero]);
        let low = self.double_from_dword(low);
        let high = op.is_wide().then(|| {
            let high = self.builder.get(slot::vector(0));
            let zero = self.vector_bits(0);
            self.builder.set(slot::vector(0), zero);
            high
        });
        Halves { low, high }
    }
}

impl SimdMachine for Lifter<'_, '_> {
    type Vector = Halves;

    fn vector(&mut self, low: Value, high: Value) -> Halves {
        Halves {
            low: self.double_from_dword(low),
            high: Some(self.double_from_dword(high)),
        }
    }
    fn vector_low(&mut self, a: Halves) -> Value {
        self.double_to_dword(a.low)
    }
    fn vector_high(&mut self, a: Halves) -> Value {
        let high = self.upper(a);
        self.double_to_dword(high)
    }
    fn simd(&mut self, op: SimdOp, a: Halves, b: Halves, c: Halves) -> Halves {
        self.refuse();
        if op.is_half_float() {
            return self.call_simd(op, [a, b, c]);
        }
        let start = self.builder.unit().insts.len();
        if let Some(result) = self.expand(op, a, b, c) {
            return result;
        }
        self.builder.rewind(start);
        self.call_simd(op, [a, b, c])
    }
    fn checksum(&mut self, op: Checksum, sum: Value, data: Value) -> Value {
        self.refuse();
        let (sum, data) = (self.builder.zext64(sum), self.builder.zext64(data));
        let packed = self.builder.imm64(op.bits());
        let result = self.builder.call(Helper(CRC_FUNCTION), [packed, sum, data]);
        self.builder.low(result)
    }
    fn misaligned(&mut self, _: Value, _: bool) -> Result<(), Abort> {
        // The interpreter finds the same, and raises the fault.
        let (Flow::Next | Flow::Leave) = self.interpret();
        Ok(())
    }

    fn vreg(&mut self, reg: VReg) -> Halves {
        Halves {
            low: self.double(reg.low()),
            high: reg.is_quad().then(|| self.double(reg.high())),
        }
    }
    fn set_vreg(&mut self, reg: VReg, value: Halves) {
        self.set_double(reg.low(), value.low);
        if reg.is_quad() {
            let high = self.upper(value);
            self.set_double(reg.high(), high);
        }
    }
    fn vector_imm(&mut self, value: u64) -> Halves {
        let half = self.vector_bits(value);
        Halves {
            low: half,
            high: Some(half),
        }
    }
    fn splat(&mut self, size: Size, value: Value) -> Halves {
        let value = self.builder.zext64(value);
        let width = Width::W64;
        let value = self.builder.push(Inst::ToVector { width, a: value });
        let half = self.everywhere(size, value);
        Halves {
            low: half,
            high: Some(half),
        }
    }
}
