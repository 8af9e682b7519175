#![no_std]
#![forbid(unsafe_code)]
//! One description of an instruction set, many instances: decoder, disassembler, interpreter, lifter.

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
