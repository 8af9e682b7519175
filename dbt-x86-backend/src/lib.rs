#![no_std]
#![forbid(unsafe_code)]
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
use regs::PINNED;
use runtime::Entries;

/// The x86-64 back end. A copy shares nothing with its original.
#[derive(Clone, Debug)]
pub struct X86Backend {
    features: Features,
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

impl Default for X86Backend {
    /// Makes a back end for the CPU that this runs on.
    fn default() -> Self {
        Self::new(Features::detect())
    }
}

impl Backend for X86Backend {
    type Map = StateMap;

    fn emit_runtime(
        &mut self,
        layout: &StateLayout,
        _lowering: Lowering,
        _callees: &Callees,
        code: &mut Vec<u8>,
    ) -> Result<Runtime, CompileError> {
        self.pins = Pins::new(layout);
        let hot = layout.hot.iter().take(PINNED.len());
        self.pinned_slots = hot.map(|slot| layout.slot(*slot).offset).collect();
        self.entries = runtime::emit(layout, code);
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
        let value = asm::displacement(fragment + exit.patch, to.into()).cast_unsigned();
        Some((value.into(), 4))
    }

    fn import_flags(&self, nzcv: u32) -> u64 {
        flags::import(nzcv)
    }

    fn export_flags(&self, flags: u64) -> u32 {
        flags::export(flags)
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
        context_flags: u64,
        set_slot: &mut dyn FnMut(u32, u32),
    ) -> (Location, u64) {
        for (offset, reg) in self.pinned_slots.iter().zip(PINNED) {
            set_slot(*offset, fault.regs[reg.index()] as u32);
        }
        let home = flags::recover_edge(map.edges.as_deref(), context_flags, &fault.regs);
        let flags = map.flags.recover(home, &fault.regs, fault.flags);
        (map.location, flags)
    }
}
