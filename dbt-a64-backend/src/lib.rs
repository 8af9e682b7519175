#![no_std]
#![forbid(unsafe_code)]
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
//! Guest addresses have 32 bits. Code memory is at most 128 MiB, so that branches
//! reach all of it. Hosts are little-endian.
//!
//! # MSRV
//!
//! Rust 1.95.

extern crate alloc;

mod asm;
mod context;
mod facts;
mod features;
mod flags;
mod lower;
mod map;
pub mod regs;
mod runtime;

use alloc::vec::Vec;

use dbt_core::guest::StateLayout;
use dbt_core::host::{
    Backend, Callees, CompileError, CompileInput, ExitSite, Fragment, HostFault, Lowering, Runtime,
};
use dbt_core::location::Location;

pub use features::Features;
pub use map::StateMap;

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
            scratch: lower::Scratch::default(),
        }
    }

    /// Returns the features that generated code may use.
    #[must_use]
    pub const fn features(&self) -> Features {
        self.features
    }
}

impl Default for A64Backend {
    /// Makes a back end for any AArch64 host.
    fn default() -> Self {
        Self::new(Features::BASELINE)
    }
}

impl Backend for A64Backend {
    type Map = StateMap;

    fn emit_runtime(
        &mut self,
        layout: &StateLayout,
        _lowering: Lowering,
        _callees: &Callees,
        code: &mut Vec<u8>,
    ) -> Result<Runtime, CompileError> {
        self.pins = Pins::new(layout);
        let pinned = self.pins.slots().iter();
        self.pinned_slots = pinned.map(|slot| layout.slot(*slot).offset).collect();
        self.entries = runtime::emit(layout, &self.pins, code);
        let Entries {
            enter, fault, len, ..
        } = self.entries;
        Ok(Runtime { enter, fault, len })
    }

    fn compile(
        &mut self,
        input: CompileInput<'_>,
        code: &mut Vec<u8>,
    ) -> Result<Fragment<StateMap>, CompileError> {
        lower::Lowering::new(
            input,
            &self.entries,
            &self.pins,
            self.features,
            &mut self.scratch,
            code,
        )
        .run()
    }

    fn link(&self, exit: &ExitSite, fragment: u32, to: u32) -> Option<(u64, usize)> {
        let distance = i64::from(to) - i64::from(fragment) - i64::from(exit.patch);
        Some((asm::with_target(exit.tag, distance)?.into(), 4))
    }

    fn import_flags(&self, nzcv: u32) -> u64 {
        u64::from(nzcv & 0xf000_0000)
    }

    #[allow(clippy::cast_possible_truncation, reason = "they are in the low half")]
    fn export_flags(&self, flags: u64) -> u32 {
        flags as u32 & 0xf000_0000
    }

    fn find_map<'m>(&self, maps: &'m [StateMap], offset: u32) -> Option<&'m StateMap> {
        let index = maps.binary_search_by_key(&offset, |map| map.offset).ok()?;
        maps.get(index)
    }

    #[allow(clippy::cast_possible_truncation, reason = "hot slots are 32 bits")]
    fn recover(
        &self,
        map: &StateMap,
        fault: &HostFault,
        _context_flags: u64,
        set_slot: &mut dyn FnMut(u32, u32),
    ) -> (Location, u64) {
        for (offset, value) in self.pinned_slots.iter().zip(fault.regs) {
            set_slot(*offset, value as u32);
        }
        let flags = map.flags.recover(&fault.regs, fault.flags);
        (map.location, flags.into())
    }
}
