//! Floating point.

use dbt_core::ir::{FloatOp, Helper, SignOp, Ty, Value, Width};

use super::place::Place;
use super::{Lowering, Result};
use crate::asm::{Alu, Bits, Rm};
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
        self.asm.mov(Bits::B64, dst, reg);
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
        self.before_clobber()?;
        let dst = self.take_scratch()?;
        match op {
            SignOp::Neg => {
                self.asm.mov_imm(dst, op.eval(width, 0));
                self.asm.alu(Alu::Xor, width.into(), dst, from);
            }
            SignOp::Abs => {
                let all = u64::MAX >> (64 - 8 * width.bytes());
                self.asm.mov_imm(dst, op.eval(width, all));
                self.asm.alu(Alu::And, width.into(), dst, from);
            }
        }
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
            Ty::Flags => self.flags_from_reg(value, Reg::RAX),
            Ty::V64 => self.move_result(value, Reg::RAX),
            _ => {
                self.asm.mov32(Reg::RAX, Rm::Reg(Reg::RAX));
                self.move_result(value, Reg::RAX)
            }
        }
    }

    pub(super) fn float_status(&mut self, value: Value) -> Result<()> {
        let dst = self.take_scratch()?;
        self.load_constant(dst, 0);
        self.define(value, dst);
        Ok(())
    }
}
