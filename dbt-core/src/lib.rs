#![no_std]
//! Intermediate representation, optimiser and engine for embedding dynamic binary translation.

extern crate alloc;

mod cache;
pub mod engine;
pub mod error;
pub mod exit;
pub mod analysis;
pub mod guest;
pub mod host;
pub mod ir;
pub mod location;
pub mod memory;
pub mod stats;
pub mod opt;
