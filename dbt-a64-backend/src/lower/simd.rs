//! Operations on elements of vector registers.

use dbt_core::ir::{Value, VectorOp, VectorShift};

use super::{Lowering, Result};

impl Lowering<'_> {
    pub(super) fn vector_op(
        &mut self,
        value: Value,
        op: VectorOp,
        a: Value,
        b: Value,
    ) -> Result<()> {
        let (a, b) = (self.vector(a)?, self.vector(b)?);
        let dst = self.vector_for(value)?;
        self.asm.vector(op, dst, a, b);
        self.define_vector(value, dst);
        Ok(())
    }

    pub(super) fn vector_shift(
        &mut self,
        value: Value,
        op: VectorShift,
        amount: u8,
        a: Value,
    ) -> Result<()> {
        let a = self.vector(a)?;
        if amount == 0 {
            self.define_vector(value, a);
            return Ok(());
        }
        let dst = self.vector_for(value)?;
        self.asm.vector_shift(op, amount, dst, a);
        self.define_vector(value, dst);
        Ok(())
    }
}
