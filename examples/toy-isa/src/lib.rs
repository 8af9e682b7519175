#![no_std]
#![forbid(unsafe_code)]
//! Toy, a guest of eight registers and instructions of 16 bits, described completely.
//!
//! This crate shows what a third party writes for a guest of its own, and is the code behind the
//! tutorial, `docs/isa-spec.md`:
//!
//! | file | what |
//! | --- | --- |
//! | `guest.rs` | the description: arguments, one row for each encoding, what each does |
//! | `interp.rs` | the instance that computes |
//! | `lift.rs` | the instance that appends IR |
//!
//! ```
//! use toy_isa::FACTORIAL;
//! use toy_isa::guest::toy;
//! use toy_isa::interp::Computer;
//!
//! let decoded = toy::decode(FACTORIAL[3], &6)?;
//! assert_eq!(decoded.display(&()).to_string(), "mul r0, r0, r1");
//!
//! let mut computer = Computer::new(&FACTORIAL);
//! computer.run(100);
//! assert!(computer.is_halted());
//! assert_eq!(computer.regs[0], 120);
//! # Ok::<(), dbt_isa::Undecodable>(())
//! ```

pub mod guest;
pub mod interp;
pub mod lift;

/// A program that computes 5! into `r0` and stores it at 260.
pub const FACTORIAL: [u16; 9] = [
    0x4001, // 0       mov r0, 1
    0x4205, // 2       mov r1, 5
    0x4401, // 4       mov r2, 1
    0x100b, // 6 loop: mul r0, r0, r1
    0x1251, // 8       sub r1, r1, r2
    0x53fe, // 10      bnz r1, loop
    0x4700, // 12      mov r3, 256
    0x30c1, // 14      str r0, [r3, 4]
    0xffff, // 16      halt
];

/// The tutorial, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/isa-spec.md")]
struct Tutorial;
