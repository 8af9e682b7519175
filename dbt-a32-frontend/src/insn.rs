//! The instructions, put together from the tables of their encodings.
#![allow(clippy::too_many_lines, reason = "tables expand to long functions")]

use dbt_isa::machine::Execution;

use crate::args::*;
use crate::disasm::PrintContext;
use crate::encodings;
use crate::fp_reg::{FpReg, double, single};
use crate::operands::AddrImm;
use crate::reg::r;
use crate::sem;
use crate::softfloat::Fixed;
use crate::version::{DecodeContext, Features};
use crate::vfp_machine::VfpMachine;

dbt_isa::isa! {
    /// A decoded instruction.
    ///
    /// There is one variant for each instruction of the manual (mnemonic and
    /// kind of operands); all its encodings normalise onto the same arguments.
    pub enum Insn;
    context DecodeContext;
    print context PrintContext;
    execute sem<M: VfpMachine>(m: &mut M) -> Execution;

    /// Floating point, of A32 and T32 alike, with `0b1110` in bits 31 to 28.
    pub decoder vfp: u32 = [encodings::vfp::vfp];
}
