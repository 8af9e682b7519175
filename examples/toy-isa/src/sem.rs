//! What the instructions do.
//!
//! Rust values (registers' numbers, constants, branch targets) are known while translating;
//! values of `M`'s types are not.

use dbt_isa::machine::{Execution, Flow, Machine};
use dbt_isa::ops::{Access, BinOp, CmpOp, Size};

use crate::insn::{Branch, Constant, Jump, Next, Pair, Reg, RegImm, RegReg};

/// What Toy has besides values: registers and ways to go on elsewhere.
pub trait ToyMachine: Machine {
    /// Reads a register.
    fn reg(&mut self, reg: Reg) -> Self::Word;
    /// Writes a register.
    fn set_reg(&mut self, reg: Reg, value: Self::Word);
    /// Goes on at `target`, if `taken`.
    fn branch_if(&mut self, taken: Self::Bit, target: u32);
    /// Goes on at an address from a register.
    fn jump(&mut self, target: Self::Word);
    /// Stops; `next` is where to go on.
    fn halt(&mut self, next: u32);
}

pub(crate) fn r#move<M: ToyMachine>(m: &mut M, a: &Pair) -> Execution {
    let value = m.reg(a.n);
    m.set_reg(a.d, value);
    Ok(Flow::Next)
}

pub(crate) fn move_imm<M: ToyMachine>(m: &mut M, a: &Constant) -> Execution {
    let value = m.imm(a.imm);
    m.set_reg(a.d, value);
    Ok(Flow::Next)
}

pub(crate) fn add_imm<M: ToyMachine>(m: &mut M, a: &RegImm) -> Execution {
    let n = m.reg(a.n);
    let sum = m.add_imm(n, a.imm);
    m.set_reg(a.d, sum);
    Ok(Flow::Next)
}

/// What the instructions of three registers have in common.
fn binary<M: ToyMachine>(m: &mut M, op: BinOp, a: &RegReg) -> Execution {
    let (left, right) = (m.reg(a.n), m.reg(a.m));
    let result = m.binary(op, left, right);
    m.set_reg(a.d, result);
    Ok(Flow::Next)
}

pub(crate) fn add<M: ToyMachine>(m: &mut M, a: &RegReg) -> Execution {
    binary(m, BinOp::Add, a)
}

pub(crate) fn sub<M: ToyMachine>(m: &mut M, a: &RegReg) -> Execution {
    binary(m, BinOp::Sub, a)
}

pub(crate) fn and<M: ToyMachine>(m: &mut M, a: &RegReg) -> Execution {
    binary(m, BinOp::And, a)
}

pub(crate) fn mul<M: ToyMachine>(m: &mut M, a: &RegReg) -> Execution {
    binary(m, BinOp::Mul, a)
}

pub(crate) fn less<M: ToyMachine>(m: &mut M, a: &RegReg) -> Execution {
    let (left, right) = (m.reg(a.n), m.reg(a.m));
    let is_less = m.compare(CmpOp::Ult, left, right);
    let result = m.bit_to_word(is_less);
    m.set_reg(a.d, result);
    Ok(Flow::Next)
}

pub(crate) fn load<M: ToyMachine>(m: &mut M, a: &RegImm) -> Execution {
    let base = m.reg(a.n);
    let address = m.add_imm(base, a.imm);
    let value = m.load(Access::new(Size::Word), address)?;
    m.set_reg(a.d, value);
    Ok(Flow::Next)
}

pub(crate) fn store<M: ToyMachine>(m: &mut M, a: &RegImm) -> Execution {
    let base = m.reg(a.n);
    let address = m.add_imm(base, a.imm);
    let value = m.reg(a.d);
    m.store(Access::new(Size::Word), address, value)?;
    Ok(Flow::Next)
}

pub(crate) fn branch<M: ToyMachine>(m: &mut M, a: &Branch) -> Execution {
    let n = m.reg(a.n);
    let is_zero = m.is_zero(n);
    let taken = m.bit_not(is_zero);
    m.branch_if(taken, a.target);
    Ok(Flow::Next)
}

pub(crate) fn jump<M: ToyMachine>(m: &mut M, a: &Jump) -> Execution {
    let target = m.reg(a.n);
    m.jump(target);
    Ok(Flow::Leave)
}

pub(crate) fn halt<M: ToyMachine>(m: &mut M, next: &Next) -> Execution {
    m.halt(next.0);
    Ok(Flow::Leave)
}
