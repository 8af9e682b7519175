//! The description of Toy: what its instructions look like, and what they do.
//!
//! In semantic functions Rust values (numbers of registers, constants, targets) are known
//! while translating; values of `M`'s types are not.

use dbt_isa::machine::{Execution, Flow, Machine};
use dbt_isa::ops::{Access, BinOp, CmpOp, Size};

/// Arguments: a destination and two sources.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RegReg(u32, u32, u32);
/// Arguments: a destination (of a store, what is stored), a source and a constant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RegImm(u32, u32, u32);
/// Arguments: a destination and a constant; or a register to test and where to go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Imm(u32, u32);
/// Arguments: the register that holds where to go; or the address of the next instruction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Target(u32);

dbt_isa::isa! {
    /// The instructions of Toy. Decoding depends on their address.
    pub enum Insn;
    context u32;
    print context ();
    execute self<M: Toy>(m: &mut M) -> Execution;

    /// All instructions of Toy.
    pub decoder toy: u16 = {
        Move    "R" "0000_ddd_nnn_000000"   => RegImm(d, n, 0) "mov r{0}, r{1}"
        AddImm  "I" "0000_ddd_nnn_iiiiii" where (i != 0) => RegImm(d, n, i) "add r{0}, r{1}, {2}"
        Add     "R" "0001_ddd_nnn_mmm_000"  => RegReg(d, n, m) "add r{0}, r{1}, r{2}"
        Sub     "R" "0001_ddd_nnn_mmm_001"  => RegReg(d, n, m) "sub r{0}, r{1}, r{2}"
        And     "R" "0001_ddd_nnn_mmm_010"  => RegReg(d, n, m) "and r{0}, r{1}, r{2}"
        Mul     "R" "0001_ddd_nnn_mmm_011"  => RegReg(d, n, m) "mul r{0}, r{1}, r{2}"
        Less    "R" "0001_ddd_nnn_mmm_100"  => RegReg(d, n, m) "less r{0}, r{1}, r{2}"
        Load    "I" "0010_ddd_nnn_iiiiii" unpredictable (d == n) => RegImm(d, n, i << 2) "ldr r{0}, [r{1}, {2}]"
        Store   "I" "0011_ddd_nnn_iiiiii"   => RegImm(d, n, i << 2) "str r{0}, [r{1}, {2}]"
        MoveImm "I" "0100_ddd_iiiiiiiii"    => Imm(d, i) "mov r{0}, {1}"
        Branch  "I" "0101_nnn_ooooooooo"    => Imm(n, target(*cx, o)) "bnz r{0}, {1:#x}"
        Jump    "R" "0110_nnn_(000000000)"  => Target(n) "jmp r{0}"
        Halt    "H" "1111_1111_1111_1111"   => Target(*cx + 2) "halt"
    };
}

/// Returns where a branch at `pc` goes: `offset` is a signed number of halfwords in nine bits.
const fn target(pc: u32, offset: u32) -> u32 {
    pc.wrapping_add_signed((offset << 23).cast_signed() >> 22)
}

/// What Toy has besides values: registers and ways to go on elsewhere.
#[allow(
    clippy::missing_errors_doc,
    reason = "`Execution` says what its `Err` means"
)]
pub trait Toy: Machine {
    /// Reads a register.
    fn reg(&mut self, number: u32) -> Self::Word;
    /// Writes a register; that is the end of most instructions.
    fn set_reg(&mut self, number: u32, value: Self::Word) -> Execution;
    /// Goes on at `target`, if `taken`.
    fn branch_if(&mut self, taken: Self::Bit, target: u32) -> Execution;
    /// Goes on at an address from a register.
    fn jump(&mut self, target: Self::Word) -> Execution;
    /// Stops; `next` is where to go on.
    fn halt(&mut self, next: u32) -> Execution;
}

fn r#move<M: Toy>(m: &mut M, &RegImm(d, n, _): &RegImm) -> Execution {
    let value = m.reg(n);
    m.set_reg(d, value)
}

fn move_imm<M: Toy>(m: &mut M, &Imm(d, imm): &Imm) -> Execution {
    let value = m.imm(imm);
    m.set_reg(d, value)
}

fn add_imm<M: Toy>(m: &mut M, &RegImm(d, n, imm): &RegImm) -> Execution {
    let sum = address(m, n, imm);
    m.set_reg(d, sum)
}

fn binary<M: Toy>(m: &mut M, op: BinOp, &RegReg(d, left, right): &RegReg) -> Execution {
    let (left, right) = (m.reg(left), m.reg(right));
    let result = m.binary(op, left, right);
    m.set_reg(d, result)
}

fn add<M: Toy>(m: &mut M, args: &RegReg) -> Execution {
    binary(m, BinOp::Add, args)
}

fn sub<M: Toy>(m: &mut M, args: &RegReg) -> Execution {
    binary(m, BinOp::Sub, args)
}

fn and<M: Toy>(m: &mut M, args: &RegReg) -> Execution {
    binary(m, BinOp::And, args)
}

fn mul<M: Toy>(m: &mut M, args: &RegReg) -> Execution {
    binary(m, BinOp::Mul, args)
}

fn less<M: Toy>(m: &mut M, &RegReg(d, left, right): &RegReg) -> Execution {
    let (left, right) = (m.reg(left), m.reg(right));
    let is_less = m.compare(CmpOp::Ult, left, right);
    let result = m.bit_to_word(is_less);
    m.set_reg(d, result)
}

fn address<M: Toy>(m: &mut M, n: u32, imm: u32) -> M::Word {
    let base = m.reg(n);
    m.add_imm(base, imm)
}

fn load<M: Toy>(m: &mut M, &RegImm(d, n, imm): &RegImm) -> Execution {
    let address = address(m, n, imm);
    let value = m.load(Access::new(Size::Word), address)?;
    m.set_reg(d, value)
}

fn store<M: Toy>(m: &mut M, &RegImm(d, n, imm): &RegImm) -> Execution {
    let (address, value) = (address(m, n, imm), m.reg(d));
    m.store(Access::new(Size::Word), address, value)?;
    Ok(Flow::Next)
}

fn branch<M: Toy>(m: &mut M, &Imm(n, target): &Imm) -> Execution {
    let n = m.reg(n);
    let is_zero = m.is_zero(n);
    let taken = m.bit_not(is_zero);
    m.branch_if(taken, target)
}

fn jump<M: Toy>(m: &mut M, &Target(n): &Target) -> Execution {
    let target = m.reg(n);
    m.jump(target)
}

fn halt<M: Toy>(m: &mut M, &Target(next): &Target) -> Execution {
    m.halt(next)
}
