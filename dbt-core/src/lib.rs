#![no_std]
//! Intermediate representation, optimiser and engine for embedding dynamic binary translation.

extern crate alloc;

pub mod analysis;
mod cache;
pub mod engine;
pub mod error;
pub mod exit;
pub mod guest;
pub mod host;
pub mod ir;
pub mod location;
pub mod memory;
pub mod opt;
pub mod stats;
