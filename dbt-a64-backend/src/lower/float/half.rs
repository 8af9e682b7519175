//! Arithmetic in half precision, with FEAT_FP16.

use dbt_core::ir::{HalfOp, Value};

use super::{int_conversion, rounding};
use crate::asm::{Fp1, Fp2, Fused, IntConversion, Precision};
use crate::lower::{Lowering, Result};

const HALF: Precision = Precision::Half;

impl Lowering<'_> {
    /// Emits an operation; false if the host has none that rounds so.
    pub(super) fn half(
        &mut self,
        value: Value,
        op: HalfOp,
        rounds: bool,
        args: [Value; 3],
    ) -> Result<bool> {
        let [a, b, c] = args;
        match op {
            HalfOp::Add => self.half_of_two(value, Fp2::Add, a, b)?,
            HalfOp::Sub => self.half_of_two(value, Fp2::Sub, a, b)?,
            HalfOp::Mul => self.half_of_two(value, Fp2::Mul, a, b)?,
            HalfOp::Div => self.half_of_two(value, Fp2::Div, a, b)?,
            HalfOp::MaxNum => self.half_of_two(value, Fp2::MaxNum, a, b)?,
            HalfOp::MinNum => self.half_of_two(value, Fp2::MinNum, a, b)?,
            HalfOp::Sqrt => self.half_of_one(value, Fp1::Sqrt, a)?,
            HalfOp::Round(to) => self.half_of_one(value, rounding(to), a)?,
            HalfOp::MulAdd => {
                let (sum, a, b) = (self.vector(a)?, self.vector(b)?, self.vector(c)?);
                let dst = self.vector_for(value)?;
                self.asm.fused(Fused::Add, HALF, dst, a, b, sum);
                self.define_vector(value, dst);
            }
            HalfOp::Compare => self.compare_float(value, HALF, false, a, b)?,
            HalfOp::CompareSignalling => self.compare_float(value, HALF, true, a, b)?,
            HalfOp::ToInt { signed, to } => {
                let to = match int_conversion(to) {
                    None if !rounds => Some(IntConversion::TiesEven),
                    to => to,
                };
                let Some(to) = to else {
                    return Ok(false);
                };
                self.convert_to_int(value, HALF, to, signed, a)?;
            }
            HalfOp::FromInt { signed } => {
                let from = self.reg_or_zero(a)?;
                let dst = self.vector_for(value)?;
                self.asm.int_to_float(HALF, signed, dst, from);
                self.define_vector(value, dst);
            }
        }
        Ok(true)
    }

    fn half_of_two(&mut self, value: Value, op: Fp2, a: Value, b: Value) -> Result<()> {
        let (a, b) = (self.vector(a)?, self.vector(b)?);
        let dst = self.vector_for(value)?;
        self.asm.float2(op, HALF, dst, a, b);
        self.define_vector(value, dst);
        Ok(())
    }

    fn half_of_one(&mut self, value: Value, op: Fp1, a: Value) -> Result<()> {
        let a = self.vector(a)?;
        let dst = self.vector_for(value)?;
        self.asm.float1(op, HALF, dst, a);
        self.define_vector(value, dst);
        Ok(())
    }
}
