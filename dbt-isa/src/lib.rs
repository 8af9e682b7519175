#![no_std]
#![forbid(unsafe_code)]
//! One description of an instruction set, many instances: decoder, disassembler, interpreter,
//! lifter.
//!
//! Write with this crate a guest for `dbt-core`, or a decoder that stands alone. It is not needed
//! to *use* a guest that somebody has described.
//!
//! ```
//! use dbt_isa::{Undecodable, isa};
//!
//! /// A destination, a source, a constant.
//! #[derive(Clone, Copy, Debug, PartialEq, Eq)]
//! pub struct AddArgs {
//!     d: u32,
//!     n: u32,
//!     imm: u32,
//! }
//!
//! isa! {
//!     /// Every instruction.
//!     pub enum Insn;
//!
//!     /// Words of 16 bits.
//!     pub decoder short: u16 = {
//!         AddImm "T1" "000_11_1_0_iii_nnn_ddd"                 => AddArgs { d, n, imm: i }    "adds r{d}, r{n}, #{imm}"
//!         AddImm "T2" "001_10_ddd_iiiiiiii"    where (i != 0)  => AddArgs { d, n: d, imm: i }
//!         Nop    "T1" "10111111_0000_(0000)"                                                  "nop"
//!     };
//! }
//!
//! let decoded = short::decode(0x1c51, &())?;
//! assert_eq!(decoded.insn, Insn::AddImm(AddArgs { d: 1, n: 2, imm: 1 }));
//! assert_eq!(decoded.display(&()).to_string(), "adds r1, r2, #1");
//! assert_eq!(short::decode(0x3107, &())?.row.encoding, "T2");
//! assert_eq!(short::decode(0xbf01, &()), Err(Undecodable::Unpredictable));
//! # Ok::<(), Undecodable>(())
//! ```
//!
//! # Concepts
//!
//! - A **row** describes one encoding: bit pattern, conditions, arguments, syntax. [`isa!`] makes
//!   of all rows an enum of instructions, decoders, a printer and a generator of random
//!   instructions, and proves while compiling that no word matches two rows. [`rows!`] holds rows
//!   in files of their own. The grammar is explained in `docs/isa-spec.md`.
//! - A **semantic function** says what an instruction does, once, generic over a
//!   [`Machine`](machine::Machine). What is a Rust value in it is known while translating; what is
//!   of the machine's types is not, and the compiler keeps them apart. An interpreter is a machine
//!   of numbers ([`concrete`]), a lifter is a machine of IR values.
//! - The **operations** on run-time values mean what [`ops`] computes, in every instance.
//!
//! `examples/toy-isa` is a complete guest.
//!
//! # Features
//!
//! None.
//!
//! # no_std and allocation
//!
//! Neither this crate nor what its macros generate needs `std` or `alloc`.
//!
//! # Limits
//!
//! Instruction words have 8, 16 or 32 bits; longer or variable-length instructions are put together
//! by the guest. Rows cannot be left out by `#[cfg]` one by one, only whole tables.
//!
//! # MSRV
//!
//! Rust 1.95.

pub mod concrete;
pub mod decode;
pub mod machine;
pub mod ops;
pub mod row;
pub mod syntax;
#[doc(hidden)]
pub mod tree;

#[doc(hidden)]
pub use dbt_isa_macros::isa_resume;
pub use dbt_isa_macros::{isa, rows};

pub use decode::{Decoded, Undecodable};
pub use row::RowInfo;
pub use syntax::Syntax;
