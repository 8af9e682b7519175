#![no_std]
//! One description of an instruction set, many instances: decoder, disassembler, interpreter, lifter.
