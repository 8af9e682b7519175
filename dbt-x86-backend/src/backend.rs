//! What the engine asks of a back end.
//!
//! # Invariants
//!
//! Those of the unsafe trait [`Backend`]; `docs/calling-convention.md` says what
//! the emitted code relies on in turn.
//!
//! - *Entry*: `runtime.rs` saves and restores the callee-saved registers, and each
//!   way out sets the stack pointer to what `enter` recorded.
//! - *Confined*: every memory operand is an [`Rm`](crate::asm::Rm) or one of the
//!   fixed sequences of `runtime.rs`: state and context at offsets from the layout
//!   and `context.rs`, the stack, the window relative to GS with 32-bit addresses,
//!   the jump cache, or the runtime's constants. Callees are called with the state's or the context's
//!   address.
//! - *Inside*: every jump leads to a label of the fragment, to an entry of the
//!   runtime, or to an exit; blocks and stubs end with one. The paired returns
//!   compare what they pop with what a guest call pushed.
//! - *Valid*: the runtime stores constants of [`Leave`](dbt_core::host::Leave).
//! - *Patchable*: `align_patch` keeps each displacement within eight aligned bytes.
//! - *Alike*: compiling depends on nothing but the input and what
//!   `emit_runtime` has set.
#![expect(unsafe_code, reason = "the trait is unsafe; there is no unsafe block")]

use alloc::vec::Vec;

use dbt_core::guest::StateLayout;
use dbt_core::host::{
    Backend, Callees, CompileError, CompileInput, Fragment, HostFault, Lowering, Patch, Runtime,
};
use dbt_core::ir::{FloatFlags, FloatMode, FloatRules, Rounding};
use dbt_core::location::Location;

use crate::facts::Pins;
use crate::regs::PINNED;
use crate::runtime::{self, Entries};
use crate::{StateMap, X86Backend, asm, flags, lower};

// SAFETY: *Entry*, *Confined*, *Inside*, *Valid*, *Patchable* and *Alike* hold by
// the modules that the invariants above name.
unsafe impl Backend for X86Backend {
    type Map = StateMap;

    fn use_float_traps(&mut self) -> bool {
        self.float_traps = true;
        true
    }

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
        // What the host's exceptions do not tell is known of these rules only.
        self.float_traps &= layout.float_rules == FloatRules::Arm;
        self.entries = runtime::emit(layout, code);
        let Entries {
            enter,
            fault,
            resume,
            len,
            ..
        } = self.entries;
        Ok(Runtime {
            enter,
            fault,
            resume: self.float_traps.then_some(resume),
            absent: 0,
            len,
        })
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
            self.float_traps,
            &mut self.scratch,
            code,
        )
        .run()
    }

    fn link(&self, patch: &Patch, fragment: u32, to: u32) -> Option<(u64, usize)> {
        let value = asm::displacement(fragment + patch.at, to.into()).cast_unsigned();
        Some((value.into(), 4))
    }

    fn import_flags(&self, nzcv: u32) -> u64 {
        flags::import(nzcv)
    }

    fn export_flags(&self, flags: u64) -> u32 {
        flags::export(flags)
    }

    fn import_float(&self, mode: FloatMode) -> u32 {
        const MASKED: u32 = 0x1f80;
        const INVALID: u32 = 0x0080;
        // Subnormal numbers are not flushed.
        let mode = match mode.rounding {
            Rounding::Nearest => 0,
            Rounding::Down => 1,
            Rounding::Up => 2,
            Rounding::Zero => 3,
        };
        let masked = if self.float_traps {
            MASKED & !INVALID
        } else {
            MASKED
        };
        masked | mode << 13
    }

    fn export_float(&self, float: u32) -> FloatFlags {
        // Bit 1 tells of subnormal operands, which guests do not count.
        FloatFlags::from_bits(float & 1 | float >> 1 & 0x1e)
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
        context_flags: u64,
        set_slot: &mut dyn FnMut(u32, u32),
    ) -> (Location, u64) {
        for (offset, reg) in self.pinned_slots.iter().zip(PINNED) {
            set_slot(*offset, fault.regs[reg.index()] as u32);
        }
        for slot in map.vectors.iter().flat_map(|slots| slots.iter()) {
            let [low, high] = fault.vectors[usize::from(slot.reg)];
            let words = [low, low >> 32, high, high >> 32];
            for (offset, word) in (0..slot.bytes).step_by(4).zip(words) {
                set_slot(slot.offset + offset, word as u32);
            }
        }
        let home = flags::recover_edge(map.edges.as_deref(), context_flags, &fault.regs);
        let flags = map.flags.recover(home, &fault.regs, fault.flags);
        (map.location, flags)
    }
}
