//! What the engine asks of a back end.
//!
//! # Invariants
//!
//! Those of the unsafe trait [`Backend`]; `docs/calling-convention.md` says what
//! the emitted code relies on in turn.
//!
//! - *Entry*: `runtime.rs` saves and restores the callee-saved registers, and each
//!   way out sets the stack pointer to what `enter` recorded.
//! - *Confined*: memory operands are state and context at offsets from the layout
//!   and `context.rs`, the stacks of `runtime.rs`, the jump cache, and guest memory:
//!   the window's base and the low half of a register, or a register that holds 32
//!   bits, or is out of that range by as much as one access adds, and an offset that
//!   the guards cover, or, isolated, an index of 32 bits with a sign and at most a word's
//!   scale ([`ISOLATION`](dbt_core::host::ISOLATION)). Callees are called with the state's or the
//!   context's address.
//! - *Inside*: every branch leads to a label of the fragment, to an entry of the
//!   runtime, or to an exit; blocks and stubs end with one. Indirect branches go to
//!   what the jump cache or the directory says.
//! - *Valid*: the runtime stores constants of [`Leave`](dbt_core::host::Leave).
//! - *Inside* the detour: words differ only by being a branch to the runtime or to a
//!   stub of the same fragment.
//! - *Patchable*: what is patched is one `B` or `BL`, which is aligned.
//! - *Bound*: `lower/vector/fragment.rs` makes exits and entries of the same bindings that
//!   state maps list.
//! - *Alike*: compiling depends on nothing but the input and what
//!   `emit_runtime` has set.
#![expect(unsafe_code, reason = "the trait is unsafe; there is no unsafe block")]

use alloc::vec::Vec;

use dbt_core::guest::StateLayout;
use dbt_core::host::{
    Backend, Callees, CompileError, CompileInput, Detour, Fragment, HostFault, Lowering, Patch,
    Runtime,
};
use dbt_core::ir::{FloatFlags, FloatMode, Rounding};
use dbt_core::location::Location;

use crate::facts::Pins;
use crate::flags::Form;
use crate::runtime::{self, Entries, Ways};
use crate::{A64Backend, StateMap, asm, lower};

impl A64Backend {
    fn ways(&self) -> Ways {
        Ways {
            detour: self.detour,
            has_directory: self.has_directory,
            outside: Form::outside(self.features),
            branch_targets: self.branch_targets,
        }
    }
}

// SAFETY: *Entry*, *Confined*, *Inside*, *Valid*, *Patchable* and *Alike* hold by
// the modules that the invariants above name.
unsafe impl Backend for A64Backend {
    type Map = StateMap;

    fn use_detour(&mut self, distance: u32) -> bool {
        self.detour = Some(distance);
        true
    }

    fn use_directory(&mut self) -> bool {
        self.has_directory = true;
        true
    }

    fn runtime_detour(&self) -> Vec<Detour> {
        self.runtime_detour.clone()
    }

    fn emit_runtime(
        &mut self,
        layout: &StateLayout,
        _lowering: Lowering,
        _callees: &Callees,
        code: &mut Vec<u8>,
    ) -> Result<Runtime, CompileError> {
        if !self.features.simd {
            let missing = "floating point and Advanced SIMD";
            return Err(CompileError::MissingFeature(missing));
        }
        self.pins = Pins::new(layout);
        let pinned = self.pins.slots().iter();
        self.pinned_slots = pinned.map(|slot| layout.slot(*slot).offset).collect();
        (self.entries, self.runtime_detour) = runtime::emit(layout, &self.pins, self.ways(), code);
        let Entries {
            enter,
            fault,
            absent,
            len,
            ..
        } = self.entries;
        Ok(Runtime {
            enter,
            fault,
            resume: None,
            absent,
            len,
        })
    }

    fn compile(
        &mut self,
        input: CompileInput<'_>,
        code: &mut Vec<u8>,
    ) -> Result<Fragment<StateMap>, CompileError> {
        let ways = self.ways();
        lower::Lowering::new(
            input,
            &self.entries,
            &self.pins,
            self.features,
            (ways, self.reach),
            &mut self.scratch,
            code,
        )
        .run()
    }

    fn link(&self, patch: &Patch, fragment: u32, to: u32) -> Option<(u64, usize)> {
        let distance = i64::from(to) - i64::from(fragment) - i64::from(patch.at);
        // Its own fragment is reached always.
        if distance.abs() >= self.reach && to != fragment + patch.unlinked {
            return None;
        }
        Some((asm::with_target(patch.tag, distance)?.into(), 4))
    }

    fn import_flags(&self, nzcv: u32) -> u64 {
        u64::from(nzcv & 0xf000_0000)
    }

    #[allow(clippy::cast_possible_truncation, reason = "they are in the low half")]
    fn export_flags(&self, flags: u64) -> u32 {
        flags as u32 & 0xf000_0000
    }

    fn import_float(&self, mode: FloatMode) -> u32 {
        // RMode, FZ, FZ16, DN and AHP of FPCR are where FPSCR has them; FZ16 is not for
        // functions that are called.
        let rounding = match mode.rounding {
            Rounding::Nearest => 0,
            Rounding::Up => 1,
            Rounding::Down => 2,
            Rounding::Zero => 3,
        };
        rounding << 22
            | u32::from(mode.flushes_halves && self.features.fp16) << 19
            | u32::from(mode.flushes) << 24
            | u32::from(mode.default_nan) << 25
            | u32::from(mode.alternative_half) << 26
    }

    fn export_float(&self, float: u32) -> FloatFlags {
        FloatFlags::from_bits(float)
    }

    fn find_map<'m>(&self, maps: &'m [StateMap], offset: u32) -> Option<&'m StateMap> {
        let index = maps.binary_search_by_key(&offset, |map| map.offset).ok()?;
        maps.get(index)
    }

    #[allow(
        clippy::cast_possible_truncation,
        reason = "slots are written word by word"
    )]
    fn recover(
        &self,
        map: &StateMap,
        fault: &HostFault,
        _context_flags: u64,
        set_slot: &mut dyn FnMut(u32, u32),
    ) -> (Location, u64) {
        for (n, (offset, value)) in self.pinned_slots.iter().zip(fault.regs).enumerate() {
            let by = map.ahead.filter(|(reg, _)| reg.index() == n);
            let by = by.map_or(0, |(_, by)| by.cast_unsigned());
            set_slot(*offset, (value as u32).wrapping_sub(by));
        }
        for slot in map.vectors.iter().flat_map(|slots| slots.iter()) {
            let [low, high] = fault.vectors[usize::from(slot.reg)];
            let words = [low, low >> 32, high, high >> 32];
            for (word, at) in words.into_iter().zip((0..slot.bytes).step_by(4)) {
                set_slot(slot.offset + at, word as u32);
            }
        }
        let flags = map.flags.recover(&fault.regs, fault.flags);
        (map.location, flags.into())
    }
}
