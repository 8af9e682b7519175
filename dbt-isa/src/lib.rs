#![no_std]
#![forbid(unsafe_code)]
//! One description of an instruction set, many instances: decoder, disassembler, interpreter,
//! lifter.

pub mod machine;
pub mod ops;
