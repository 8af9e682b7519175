//! The instructions, put together from the tables of their encodings.
#![allow(clippy::too_many_lines, reason = "tables expand to long functions")]

use dbt_isa::machine::Execution;

use crate::args::*;
use crate::args::{bad_lane, lane_spacing, odd, shift_size};
use crate::disasm::{self, PrintContext};
use crate::encodings;
use crate::fp_reg::{FpReg, FpRegList, VReg, double, single};
use crate::imm::{
    ExpandedImm, Imm8, Imm16, Imm32, a32_expand_imm_c, bad_imm, sign_extend, t32_branch_offset,
    t32_expand_imm, t32_expand_imm_c,
};
use crate::itstate::{Cond, ItState};
use crate::operands::{AddrImm, AddrLit, AddrReg, Rotation, Shift, ShiftKind};
use crate::reg::{Reg, RegList, bad, r};
use crate::sem;
use crate::simd_machine::SimdMachine;
use crate::softfloat::Fixed;
use crate::system::BankedReg;
use crate::version::{DecodeContext, Features};

dbt_isa::isa! {
    /// A decoded instruction.
    ///
    /// There is one variant for each instruction of the manual (mnemonic and
    /// kind of operands); all its encodings normalise onto the same arguments.
    pub enum Insn;
    context DecodeContext;
    print context PrintContext;
    execute sem<M: SimdMachine>(m: &mut M) -> Execution;

    /// The A32 instruction set.
    pub decoder a32: u32 = [
        encodings::a32_dp::a32_dp,
        encodings::a32_media::a32_media,
        encodings::a32_mem::a32_mem,
        encodings::a32_branch::a32_branch,
        encodings::a32_system::a32_system,
        encodings::a32_v8::a32_v8,
    ];

    /// The 16-bit instructions of T32.
    pub decoder t16: u16 = [encodings::t16::t16];

    /// The 32-bit instructions of T32; the first halfword is the upper one.
    pub decoder t32: u32 = [
        encodings::t32_dp::t32_dp,
        encodings::t32_mem::t32_mem,
        encodings::t32_misc::t32_misc,
        encodings::t32_v8::t32_v8,
    ];

    /// Floating point without a condition, of A32 and T32 alike.
    pub decoder vfp_v8: u32 = [encodings::vfp_v8::vfp_v8];

    /// Floating point, of A32 and T32 alike, with `0b1110` in bits 31 to 28.
    pub decoder vfp: u32 = [encodings::vfp::vfp];

    /// Floating point in half precision, of A32 and T32 alike.
    pub decoder vfp_half: u32 = [encodings::vfp_half::vfp_half];

    /// Advanced SIMD that A32 and T32 encode alike.
    pub decoder simd_extension: u32 = [encodings::simd_extension::simd_extension];

    /// Advanced SIMD, of A32 and T32 alike, as A32 encodes it.
    pub decoder simd: u32 = [
        encodings::simd_three_same::simd_three_same,
        encodings::simd_three_different::simd_three_different,
        encodings::simd_shift::simd_shift,
        encodings::simd_two_misc::simd_two_misc,
        encodings::simd_mem::simd_mem,
    ];
}
