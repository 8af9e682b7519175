#![no_std]
//! AArch32 (A32 and T32) guest: decode, disassemble, interpret, lift.
