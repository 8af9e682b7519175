//! Oracles, generators and runners that test the dbt crates.
//!
//! An *oracle* is an independent party that knows the same thing as we do and was
//! written by others. This crate holds the runners that put a question to both
//! and report where the answers differ; `cargo test` asks a sample of the
//! questions, `cargo xtask oracle` asks all of them.

#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "tools have std, and say so in one way"
)]

pub mod arena;
pub mod capstone;
pub mod checks;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub mod conformance;
pub mod equivalence;
pub mod filetest;
pub mod fp;
pub mod llvm;
pub mod lockstep;
pub mod memory;
pub mod programs;
pub mod random;
pub mod sweep;
pub mod units;
