//! The accesses that the global exclusive monitor guards.
//!
//! See [`dbt_core::monitor`] for what is claimed and freed, and why. The host's own
//! monitor is used within each of these accesses, never from one to the next: there is
//! nothing of ours between `LDAXR` and `STLXR`, and how far apart the guest's two
//! instructions are does not matter to it.

use dbt_core::analysis::FlagSet;
use dbt_core::host::{CompileError, Lowering as MemoryLowering};
use dbt_core::ir::{Value, Width};
use dbt_core::monitor::GRANULE_MASK;
use dbt_isa::ops::{Access, Size};

use super::{Lowering, Result};
use crate::asm::{Logic, logical_immediate};
use crate::context;
use crate::flags::Sources;
use crate::regs::Reg;

/// The operands of a store-exclusive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Store {
    pub(super) address: Value,
    pub(super) tag: Value,
    pub(super) expected: Value,
    pub(super) new: Value,
}

impl Lowering<'_> {
    pub(super) fn load_tag(&mut self, value: Value, address: Value) -> Result<()> {
        let address = self.reg(address)?;
        let tag = self.tag_address(address)?;
        self.asm.load_acquire(Size::Dword, tag, tag);
        self.define(value, tag);
        Ok(())
    }

    pub(super) fn store_exclusive(
        &mut self,
        value: Value,
        access: Access,
        store: Store,
    ) -> Result<()> {
        if access.aligned {
            self.check_alignment(access, store.address)?;
        }
        if self.input.lowering == MemoryLowering::Callback {
            return self.store_exclusive_by_call(value, access, store);
        }
        let address = self.reg(store.address)?;
        let pointer = self.tag_address(address)?;
        let base = self.host_address(store.address)?;
        self.release(address);
        let new = self.reg_or_zero(store.new)?;
        let expected = self.reg_or_zero(store.expected)?;
        let tag = self.reg_or_zero(store.tag)?;
        let outcome = self.take_scratch()?;
        let other = self.take_scratch()?;

        // Claim. The odd tag differs from the even one before it in the last bit.
        self.logic_constant(Logic::Orr, other, tag, 1)?;
        self.logic_constant(Logic::Eor, outcome, other, 1)?;
        let refused = self.claim(pointer, tag, outcome, other)?;

        // Compare and swap.
        self.asm
            .store(Width::W64, pointer, Reg::CONTEXT, context::CLAIMED);
        self.swap(access, base, (expected, new), (outcome, other))?;

        // Free: nobody else writes a claimed tag.
        self.asm.load_acquire(Size::Dword, other, pointer);
        self.asm
            .add_imm(false, false, Width::W64, other, other, 1 << 10);
        self.asm.store_release(Size::Dword, other, pointer);
        self.asm
            .store(Width::W64, Reg::ZERO, Reg::CONTEXT, context::CLAIMED);
        let stored = self.asm.cbz(false, Width::W64, outcome);
        let here = self.asm.offset();
        self.bind(refused, here)?;
        if !self.features.lse {
            self.asm.clear_exclusive();
        }
        self.asm.mov_imm(outcome, 1);
        let here = self.asm.offset();
        self.bind(stored, here)?;
        self.define(value, outcome);
        Ok(())
    }

    /// Changes the tag at `pointer` from the one in `outcome` to the one in `other`,
    /// or branches.
    fn claim(&mut self, pointer: Reg, tag: Reg, outcome: Reg, other: Reg) -> Result<u32> {
        if self.features.lse {
            self.asm
                .compare_and_swap(Size::Dword, outcome, other, pointer);
            self.difference(outcome, other);
            self.logic_constant(Logic::Eor, outcome, outcome, 1)?;
            return Ok(self.asm.cbz(true, Width::W64, outcome));
        }
        let again = self.asm.offset();
        self.asm.load_exclusive(Size::Dword, outcome, pointer);
        self.difference(outcome, other);
        self.logic_constant(Logic::Eor, outcome, outcome, 1)?;
        let refused = self.asm.cbz(true, Width::W64, outcome);
        self.asm
            .store_exclusive(Size::Dword, outcome, other, pointer);
        let failed = self.asm.cbz(true, Width::W32, outcome);
        self.bind(failed, again)?;
        self.release(tag);
        Ok(refused)
    }

    /// Compares and swaps; `outcome` is zero then if it has stored. `other` is lost.
    fn swap(
        &mut self,
        access: Access,
        base: Reg,
        (expected, new): (Reg, Reg),
        (outcome, other): (Reg, Reg),
    ) -> Result<()> {
        let flags = self.architectural_sources(FlagSet::ALL)?;
        if self.features.lse {
            self.asm.mov(Width::W64, outcome, expected);
            let at = self.asm.offset();
            self.asm.compare_and_swap(access.size, outcome, new, base);
            self.state_map(at, self.location, flags);
            self.difference_of(access.size, outcome, expected);
            return Ok(());
        }
        let again = self.asm.offset();
        self.asm.load_exclusive(access.size, outcome, base);
        self.state_map(again, self.location, flags);
        self.asm.mov(Width::W64, other, outcome);
        self.difference_of(access.size, other, expected);
        let unequal = self.asm.cbz(true, Width::W64, other);
        self.try_store(access, other, (new, base), again, flags)?;
        self.asm.mov_imm(outcome, 0);
        let stored = self.asm.b();
        // What is there is stored again: a page that may not be written is found out
        // whether or not the value is the expected one, as the interpreter does.
        let here = self.asm.offset();
        self.bind(unequal, here)?;
        self.try_store(access, other, (outcome, base), again, flags)?;
        self.asm.mov_imm(outcome, 1);
        let here = self.asm.offset();
        self.bind(stored, here)
    }

    /// Stores exclusively, or branches to `again`.
    fn try_store(
        &mut self,
        access: Access,
        status: Reg,
        (value, base): (Reg, Reg),
        again: u32,
        flags: Sources,
    ) -> Result<()> {
        let at = self.asm.offset();
        self.asm.store_exclusive(access.size, status, value, base);
        self.state_map(at, self.location, flags);
        let failed = self.asm.cbz(true, Width::W32, status);
        self.bind(failed, again)
    }

    fn store_exclusive_by_call(
        &mut self,
        value: Value,
        access: Access,
        store: Store,
    ) -> Result<()> {
        self.pass(0, store.address)?;
        self.pass_access(access)?;
        self.pass(2, store.tag)?;
        self.pass(3, store.expected)?;
        self.pass(4, store.new)?;
        let callee = self.input.callees.store_exclusive;
        self.call(callee, self.entries.call_context)?;
        self.check_callback()?;
        self.define(value, Reg::X16);
        Ok(())
    }

    /// Returns a register with the host address of the tag of a guest address.
    fn tag_address(&mut self, address: Reg) -> Result<Reg> {
        let tag = self.take_scratch()?;
        let tags = self.take_scratch()?;
        let mask = logical_immediate(GRANULE_MASK, Width::W32).ok_or(CompileError::Unsupported)?;
        self.asm
            .logic_imm(Logic::And, Width::W32, tag, address, mask);
        self.asm.load(Width::W64, tags, Reg::CONTEXT, context::TAGS);
        self.asm.add_uxtw(tag, tags, tag);
        self.release(tags);
        Ok(tag)
    }

    /// Makes `a` zero if it equals `b`, and nothing else.
    fn difference(&mut self, a: Reg, b: Reg) {
        self.asm
            .logic(Logic::Eor, false, Width::W64, a, a, b.into());
    }

    /// The same, of as many low bits as an access has.
    fn difference_of(&mut self, size: Size, a: Reg, b: Reg) {
        self.difference(a, b);
        let bits = size.bytes() * 8;
        if bits < 64 {
            self.asm.extract(false, Width::W64, a, a, 0, bits);
        }
    }

    fn logic_constant(&mut self, op: Logic, dst: Reg, a: Reg, constant: u64) -> Result<()> {
        let immediate = logical_immediate(constant, Width::W64).ok_or(CompileError::Unsupported)?;
        self.asm.logic_imm(op, Width::W64, dst, a, immediate);
        Ok(())
    }
}
