#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
//! AArch32 (A32 and T32) guest: decode, disassemble, interpret, lift.

pub mod args;
pub mod decode;
pub mod disasm;
mod encodings;
pub mod fp_helpers;
pub mod fp_reg;
pub mod imm;
pub mod insn;
#[cfg(feature = "translate")]
pub mod interp;
pub mod itstate;
pub mod machine;
pub mod operands;
pub mod reg;
mod sem;
pub mod softfloat;
pub mod state;
pub mod version;
pub mod vfp_machine;
