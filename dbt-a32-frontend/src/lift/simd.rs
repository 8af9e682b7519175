//! The Advanced SIMD part of the lifter.
//!
//! A vector is two halves of 64 bits, on which bitwise operations, moves, loads and
//! stores are instructions of the IR. For everything else the operands go to
//! [`ArmState::vectors`](crate::state::ArmState::vectors) and a helper computes.

use dbt_core::ir::{Builder, Helper, Value};
use dbt_isa::machine::{Abort, Flow, Machine};
use dbt_isa::ops::{BinOp, Size};

use super::machine::Lifter;
use crate::checksum::Checksum;
use crate::fp_helpers::{CRC_FUNCTION, SIMD_FUNCTION};
use crate::fp_reg::VReg;
use crate::guest::slot;
use crate::simd::{SimdKind, SimdOp};
use crate::simd_machine::SimdMachine;
use crate::vfp_machine::VfpMachine;

/// A vector; without an upper half, that is zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Halves {
    low: Value,
    high: Option<Value>,
}

impl Halves {
    /// Applies an operation of halves.
    fn zip(
        self,
        other: Self,
        wide: bool,
        builder: &mut Builder<'_>,
        mut op: impl FnMut(&mut Builder<'_>, Value, Value) -> Value,
    ) -> Self {
        let low = op(builder, self.low, other.low);
        let high = wide.then(|| {
            let (a, b) = (self.high(builder), other.high(builder));
            op(builder, a, b)
        });
        Self { low, high }
    }

    fn high(self, builder: &mut Builder<'_>) -> Value {
        self.high.unwrap_or_else(|| builder.imm64(0))
    }
}

fn complement(builder: &mut Builder<'_>, a: Value) -> Value {
    let ones = builder.imm64(u64::MAX);
    builder.binary64(BinOp::Xor, a, ones)
}

impl Lifter<'_, '_> {
    /// Emits an operation on halves, if it is one.
    fn on_halves(&mut self, op: SimdOp, a: Halves, b: Halves, c: Halves) -> Option<Halves> {
        let builder = &mut *self.builder;
        let binary = match op.kind {
            SimdKind::And => BinOp::And,
            SimdKind::Or => BinOp::Or,
            SimdKind::Xor => BinOp::Xor,
            SimdKind::Add if op.size == Size::Dword => BinOp::Add,
            SimdKind::Sub if op.size == Size::Dword => BinOp::Sub,
            SimdKind::AndNot | SimdKind::OrNot => {
                let binary = if op.kind == SimdKind::AndNot {
                    BinOp::And
                } else {
                    BinOp::Or
                };
                return Some(a.zip(b, op.quad, builder, |builder, a, b| {
                    let b = complement(builder, b);
                    builder.binary64(binary, a, b)
                }));
            }
            SimdKind::Select => {
                let xor = |builder: &mut Builder<'_>, a, b| builder.binary64(BinOp::Xor, a, b);
                let differing = b.zip(c, op.quad, builder, xor);
                let wanted = a.zip(differing, op.quad, builder, |builder, a, b| {
                    builder.binary64(BinOp::And, a, b)
                });
                return Some(wanted.zip(c, op.quad, builder, xor));
            }
            _ => return None,
        };
        Some(a.zip(b, op.quad, builder, |builder, a, b| {
            builder.binary64(binary, a, b)
        }))
    }
}

impl SimdMachine for Lifter<'_, '_> {
    type Vector = Halves;

    fn vector(&mut self, low: Value, high: Value) -> Halves {
        Halves {
            low,
            high: Some(high),
        }
    }
    fn vector_low(&mut self, a: Halves) -> Value {
        a.low
    }
    fn vector_high(&mut self, a: Halves) -> Value {
        a.high(self.builder)
    }
    fn simd(&mut self, op: SimdOp, a: Halves, b: Halves, c: Halves) -> Halves {
        self.refuse();
        if let Some(result) = self.on_halves(op, a, b, c) {
            return result;
        }
        for (index, operand) in [a, b, c].iter().take(op.kind.operands()).enumerate() {
            self.builder.set(slot::vector(2 * index), operand.low);
            if let Some(high) = operand.high {
                self.builder.set(slot::vector(2 * index + 1), high);
            }
        }
        let (packed, zero) = (self.builder.imm64(op.pack()), self.builder.imm64(0));
        let low = self
            .builder
            .call(Helper(SIMD_FUNCTION), [packed, zero, zero]);
        let high = op.is_wide().then(|| {
            let high = self.builder.get(slot::vector(0));
            self.builder.set(slot::vector(0), zero);
            high
        });
        Halves { low, high }
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
            low: self.dreg(reg.low()),
            high: reg.is_quad().then(|| self.dreg(reg.high())),
        }
    }
}
