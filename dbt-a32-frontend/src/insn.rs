//! The instructions, put together from the tables of their encodings.
#![allow(clippy::too_many_lines, reason = "tables expand to long functions")]

use dbt_isa::machine::Execution;

use crate::args::*;
use crate::disasm::{self, PrintContext};
use crate::encodings;
use crate::fp_reg::{FpReg, double, single};
use crate::imm::{ExpandedImm, Imm8, Imm16, Imm32, a32_expand_imm_c, sign_extend};
use crate::itstate::Cond;
use crate::operands::{AddrImm, AddrLit, AddrReg, Rotation, Shift, ShiftKind};
use crate::reg::{RegList, r};
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

    /// The A32 instruction set.
    pub decoder a32: u32 = [
        encodings::a32_dp::a32_dp,
        encodings::a32_media::a32_media,
        encodings::a32_mem::a32_mem,
        encodings::a32_branch::a32_branch,
        encodings::a32_system::a32_system,
    ];

    /// Floating point, of A32 and T32 alike, with `0b1110` in bits 31 to 28.
    pub decoder vfp: u32 = [encodings::vfp::vfp];
}
