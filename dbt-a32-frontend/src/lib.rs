#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
//! AArch32 (A32 and T32) guest: decode, disassemble, interpret, lift.

pub mod args;
pub mod fp_reg;
pub mod imm;
pub mod itstate;
pub mod machine;
pub mod operands;
pub mod reg;
pub mod softfloat;
pub mod state;
pub mod version;
