#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
//! AArch32 (A32 and T32) guest: decode, disassemble, interpret, lift.

#[cfg(feature = "translate")]
extern crate alloc;

pub mod args;
pub mod decode;
pub mod disasm;
mod encodings;
pub mod fp_helpers;
pub mod fp_reg;
#[cfg(feature = "translate")]
pub mod guest;
pub mod imm;
pub mod insn;
pub mod instruction;
#[cfg(feature = "translate")]
pub mod interp;
pub mod itstate;
#[cfg(feature = "translate")]
mod lift;
pub mod machine;
pub mod operands;
pub mod reg;
mod sem;
pub mod softfloat;
pub mod state;
pub mod use_analysis;
pub mod version;
pub mod vfp_machine;
