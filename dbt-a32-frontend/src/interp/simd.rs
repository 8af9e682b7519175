//! The Advanced SIMD part of the interpreter.

use dbt_core::memory::{AccessKind, FaultCause, GuestMemory, MemoryFault};
use dbt_isa::machine::Abort;

use super::Interpreter;
use crate::checksum::Checksum;
use crate::simd::SimdOp;
use crate::simd_machine::SimdMachine;
use crate::system::psr::context;

#[allow(clippy::cast_possible_truncation, reason = "half of a vector")]
impl<Mem: GuestMemory + ?Sized> SimdMachine for Interpreter<'_, Mem> {
    type Vector = u128;

    fn vector(&mut self, low: u64, high: u64) -> u128 {
        u128::from(high) << 64 | u128::from(low)
    }
    fn vector_low(&mut self, a: u128) -> u64 {
        a as u64
    }
    fn vector_high(&mut self, a: u128) -> u64 {
        (a >> 64) as u64
    }
    fn simd(&mut self, op: SimdOp, a: u128, b: u128, c: u128) -> u128 {
        op.execute(self.state, a, b, c)
    }
    fn checksum(&mut self, op: Checksum, sum: u32, data: u32) -> u32 {
        op.eval(sum, data)
    }
    fn aligns(&self) -> bool {
        self.state.system.context & context::ALIGNED != 0
    }
    fn misaligned(&mut self, address: u32, write: bool) -> Result<(), Abort> {
        Err(self.fault(MemoryFault {
            address: address.into(),
            kind: if write {
                AccessKind::Write
            } else {
                AccessKind::Read
            },
            cause: FaultCause::Alignment,
        }))
    }
}
