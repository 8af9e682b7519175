#![no_std]
#![forbid(unsafe_code)]
//! AArch32 (A32 and T32) guest: decode, disassemble, interpret, lift.

pub mod softfloat;
