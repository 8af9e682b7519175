#![no_std]
//! x86-64 host back end: instruction selection, registers, emission.
