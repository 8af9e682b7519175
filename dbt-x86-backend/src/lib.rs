#![no_std]
#![allow(
    clippy::wrong_self_convention,
    reason = "methods that emit are named for the instruction, not for a conversion of the receiver"
)]
#![deny(unsafe_code)]
//! x86-64 host back end: instruction selection, registers, emission.
//!
//! For embedders who run `dbt-core`'s engine on an x86-64 host. The back end only
//! writes bytes; it never runs them, so it builds and can be tested anywhere.
//!
//! ```
//! use dbt_x86_backend::{Features, X86Backend};
//!
//! // Code for any x86-64; `Features::detect` asks for what this one can do.
//! let backend = X86Backend::new(Features::BASELINE);
//! assert_eq!(backend.features(), Features::BASELINE);
//! ```
//!
//! # Concepts
//!
//! - Eleven guest registers live in host registers in all generated code, across
//!   blocks, loops and links ([`regs`]). Values local to a block share three more.
//! - Guest flags stay in the host's flags or in the operands of a comparison until
//!   memory must hold them.
//! - A guest access is one instruction relative to the GS segment, which wraps at
//!   32 bits as the guest does.
//! - Guest calls and returns are host calls and returns, so they are predicted.
//!
//! # no_std and allocation
//!
//! The crate needs `alloc`. Its buffers are kept from unit to unit.
//!
//! # Features
//!
//! None.
//!
//! # Limits
//!
//! Guest addresses have 32 bits. Generated code follows the System V calling convention where it
//! calls and is called, on every host.
//!
//! # MSRV
//!
//! Rust 1.95.

extern crate alloc;

mod asm;
mod backend;
mod context;
mod facts;
mod features;
mod flags;
mod lower;
mod map;
pub mod regs;
mod runtime;

use alloc::vec::Vec;

pub use features::Features;
pub use map::StateMap;

use facts::Pins;
use runtime::Entries;

/// The x86-64 back end. A copy shares nothing with its original.
#[derive(Clone, Debug)]
pub struct X86Backend {
    features: Features,
    /// Whether invalid operations trap.
    float_traps: bool,
    pins: Pins,
    /// The slot offsets of the pinned registers, in their order.
    pinned_slots: Vec<u32>,
    entries: Entries,
    scratch: lower::Scratch,
}

impl X86Backend {
    /// Makes a back end that uses at most `features`.
    #[must_use]
    pub fn new(features: Features) -> Self {
        Self {
            features,
            float_traps: false,
            pins: Pins::default(),
            pinned_slots: Vec::new(),
            entries: Entries::default(),
            scratch: lower::Scratch::default(),
        }
    }

    /// Returns the features that generated code may use.
    #[must_use]
    pub const fn features(&self) -> Features {
        self.features
    }

    /// Returns the name of the runtime's entry point at an offset from the start
    /// of code memory, for listings; none if there is none, or no runtime yet.
    #[must_use]
    pub fn runtime_entry(&self, offset: u32) -> Option<&'static str> {
        (offset < self.entries.len)
            .then(|| self.entries.name(offset))
            .flatten()
    }
}

impl Default for X86Backend {
    /// Makes a back end for the CPU that this runs on.
    fn default() -> Self {
        Self::new(Features::detect())
    }
}
