//! Floating point.

use dbt_core::ir::{FloatOp, Helper, SignOp, Ty, Value, Width};

use super::place::Place;
use super::{Lowering, Result};
use crate::asm::{Logic, logical_immediate};
use crate::regs::Reg;

impl Lowering<'_> {
    /// Gives a value the place of another.
    pub(super) fn same(&mut self, value: Value, a: Value) -> Result<()> {
        let reg = self.reg(a)?;
        if let Place::Reg(_) = self.place(a) {
            self.define(value, reg);
            return Ok(());
        }
        let dst = self.destination(value, None, &[])?;
        self.asm.mov(Width::W64, dst, reg);
        self.define(value, dst);
        Ok(())
    }

    pub(super) fn float_sign(
        &mut self,
        value: Value,
        op: SignOp,
        width: Width,
        a: Value,
    ) -> Result<()> {
        let from = self.reg(a)?;
        let dst = self.destination(value, Some(from), &[])?;
        let (logic, mask) = match op {
            SignOp::Neg => (Logic::Eor, op.eval(width, 0)),
            SignOp::Abs => (Logic::And, op.eval(width, u64::MAX)),
        };
        let immediate = logical_immediate(mask, width).unwrap_or(0);
        self.asm.logic_imm(logic, width, dst, from, immediate);
        self.define(value, dst);
        Ok(())
    }

    pub(super) fn float(
        &mut self,
        value: Value,
        op: FloatOp,
        helper: Helper,
        args: [Value; 3],
    ) -> Result<()> {
        self.call_exact(helper, &args[..op.count()])?;
        match op.ty() {
            Ty::Flags => self.flags_in_register(value, Reg::X16),
            Ty::V64 => {
                self.define(value, Reg::X16);
                Ok(())
            }
            _ => {
                self.asm.mov(Width::W32, Reg::X16, Reg::X16);
                self.define(value, Reg::X16);
                Ok(())
            }
        }
    }

    pub(super) fn float_status(&mut self, value: Value) -> Result<()> {
        let dst = self.destination(value, None, &[])?;
        self.asm.mov_imm(dst, 0);
        self.define(value, dst);
        Ok(())
    }
}
