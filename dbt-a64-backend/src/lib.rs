#![no_std]
#![deny(unsafe_code)]
//! AArch64 host back end: instruction selection, registers, emission.
//!
//! For embedders who run `dbt-core`'s engine on an AArch64 host. The back end only
//! writes bytes; it never runs them, so it builds and can be tested anywhere.
//!
//! ```
//! use dbt_a64_backend::{A64Backend, Features};
//!
//! // Code for any ARMv8.0; `Features::from_hwcap` says what a newer host can do.
//! let backend = A64Backend::new(Features::BASELINE);
//! assert_eq!(backend.features(), Features::BASELINE);
//! ```
//!
//! # Concepts
//!
//! - Fifteen guest registers live in host registers in all generated code, across
//!   blocks, loops and links ([`regs`]). Values local to a block share eight more.
//! - Guest flags stay in the host's; what the host's logical instructions would
//!   clear of them is kept in a register.
//! - A guest access is one instruction relative to the window's base, or without a
//!   base if guest addresses are the host's.
//! - Guest calls and returns are host calls and returns, so they are predicted.
//! - An indirect branch loads where its code is from the
//!   [directory](dbt_core::host::CodeMemory::directory), if there is one.
//! - Where threads can be kicked, code does not poll: it is moved to its
//!   [detour](Detour).
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
//! Guest addresses have 32 bits. In code memory of more than 128 MiB, fragments that are
//! farther apart are not linked, and reach the runtime by veneers. Hosts are
//! little-endian.
//!
//! # MSRV
//!
//! Rust 1.95.

extern crate alloc;

mod alignment;
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

use dbt_core::host::Detour;

use facts::Pins;
use runtime::Entries;

/// The AArch64 back end. A copy shares nothing with its original.
#[derive(Clone, Debug)]
pub struct A64Backend {
    features: Features,
    pins: Pins,
    /// The slot offsets of the pinned registers, in their order.
    pinned_slots: Vec<u32>,
    entries: Entries,
    /// How far above all code its detour lies, if there is one.
    detour: Option<u32>,
    /// Whether indirect branches use the directory.
    has_directory: bool,
    /// Whether what indirect branches lead to begins with `BTI`.
    branch_targets: bool,
    runtime_detour: Vec<Detour>,
    /// How far a branch between fragments, or to the runtime, may lead.
    reach: i64,
    scratch: lower::Scratch,
}

impl A64Backend {
    /// Makes a back end that uses at most `features`.
    #[must_use]
    pub fn new(features: Features) -> Self {
        Self {
            features,
            pins: Pins::default(),
            pinned_slots: Vec::new(),
            entries: Entries::default(),
            detour: None,
            has_directory: false,
            branch_targets: false,
            runtime_detour: Vec::new(),
            reach: REACH,
            scratch: lower::Scratch::default(),
        }
    }

    /// The same, with branches that span less than `bytes` from fragment to fragment and
    /// to the runtime, instead of 128 MiB: what lies beyond is reached as it is in larger
    /// code memory.
    #[must_use]
    pub fn with_reach(mut self, bytes: u32) -> Self {
        self.reach = REACH.min(bytes.into());
        self
    }

    /// The same, with code that may lie in guarded pages (`PROT_BTI`): wherever an
    /// indirect branch may lead there is a `BTI`, which hosts without
    /// FEAT_BTI take for a hint that says nothing. Code is a few instructions longer.
    #[must_use]
    pub const fn with_branch_targets(mut self) -> Self {
        self.branch_targets = true;
        self
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

/// What a `B` or `BL` spans, in either direction.
const REACH: i64 = 128 << 20;

impl Default for A64Backend {
    /// Makes a back end for any AArch64 host.
    fn default() -> Self {
        Self::new(Features::BASELINE)
    }
}
