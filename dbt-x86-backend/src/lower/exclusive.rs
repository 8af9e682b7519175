//! The accesses that the global exclusive monitor guards.
//!
//! See [`dbt_core::monitor`] for what is claimed and freed, and why.

use dbt_core::analysis::FlagSet;
use dbt_core::host::{CompileError, Lowering as MemoryLowering};
use dbt_core::ir::Value;
use dbt_core::monitor::GRANULE_MASK;
use dbt_isa::ops::Access;

use super::memory::bits_of;
use super::place::Place;
use super::{Lowering, Result};
use crate::asm::{Alu, Bits, Cc, Rm};
use crate::context;
use crate::regs::{Reg, SCRATCH};

/// The operands of a store-exclusive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Store {
    pub(super) address: Value,
    pub(super) tag: Value,
    pub(super) expected: Value,
    pub(super) new: Value,
}

/// An operand that can be read while no scratch register holds a value.
#[derive(Clone, Copy, Debug)]
enum Source {
    Constant(u64),
    At(Bits, Rm),
}

/// Where the tag of the claimed granule is noted, for when the access faults.
const CLAIMED: Rm = Rm::State(context::CLAIMED);

impl Lowering<'_> {
    pub(super) fn load_tag(&mut self, value: Value, address: Value) -> Result<()> {
        self.before_clobber()?;
        let address = self.reg(address)?;
        let tag = self.take_scratch()?;
        self.asm.mov32(tag, address);
        self.point_to_tag(tag);
        self.asm.mov(Bits::B64, tag, Rm::Host(tag));
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
        self.before_clobber()?;
        for operand in [store.address, store.tag, store.expected, store.new] {
            if matches!(self.place(operand), Place::Sum { .. }) {
                let reg = self.reg(operand)?;
                self.release(reg);
            }
        }
        for reg in SCRATCH {
            self.release(reg);
            self.take(reg)?;
        }
        let address = self.source(store.address)?;
        let tag = self.source(store.tag)?;
        let expected = self.source(store.expected)?;
        let new = self.source(store.new)?;
        let flags = self.architectural_plan(FlagSet::ALL)?;
        let (accumulator, pointer, other) = (Reg::RAX, Reg::RCX, Reg::RDX);

        // Claim.
        self.read(pointer, address);
        self.point_to_tag(pointer);
        self.read(other, tag);
        self.asm.alu_imm(Alu::Or, Bits::B64, other, 1);
        self.asm.mov(Bits::B64, accumulator, other);
        self.asm.alu_imm(Alu::Xor, Bits::B32, accumulator, 1);
        self.asm.lock_cmpxchg(Bits::B64, Rm::Host(pointer), other);
        self.asm.mov_imm(other, 1);
        let refused = self.asm.jcc_short(Cc::Ne);

        // Compare and swap.
        self.asm.store(Bits::B64, CLAIMED, pointer);
        self.read(accumulator, expected);
        self.read(other, new);
        let base = match address {
            Source::At(_, Rm::Reg(reg)) => reg,
            _ => {
                self.read(pointer, address);
                pointer
            }
        };
        let to = Rm::Window {
            base: Some(base),
            index: None,
            offset: 0,
        };
        let at = self.asm.offset();
        self.asm.lock_cmpxchg(bits_of(access.size), to, other);
        self.state_map(at, flags);
        self.asm.setcc(Cc::Ne, other);
        self.asm.movzx(Bits::B8, other, other);

        // Free: nobody else writes a claimed tag.
        self.asm.mov(Bits::B64, pointer, CLAIMED);
        self.asm.alu_imm(Alu::Add, Bits::B64, Rm::Host(pointer), 1);
        self.asm.store_imm(Bits::B64, CLAIMED, 0);
        self.asm.bind_short(refused);
        for reg in SCRATCH {
            self.release(reg);
        }
        self.define(value, other);
        Ok(())
    }

    fn store_exclusive_by_call(
        &mut self,
        value: Value,
        access: Access,
        store: Store,
    ) -> Result<()> {
        self.before_call_of_memory()?;
        self.pass(0, store.address)?;
        self.pass_access(access);
        self.pass(2, store.tag)?;
        self.pass(3, store.expected)?;
        self.pass(4, store.new)?;
        let callee = self.input.callees.store_exclusive;
        self.call(callee, self.entries.call_context)?;
        self.check_callback()?;
        self.move_result(value, Reg::RAX)
    }

    /// Makes a guest address the host address of its granule's tag.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "the mask has twelve bits"
    )]
    fn point_to_tag(&mut self, reg: Reg) {
        self.asm
            .alu_imm(Alu::And, Bits::B32, reg, GRANULE_MASK as i32);
        self.asm
            .alu(Alu::Add, Bits::B64, reg, Rm::State(context::TAGS));
    }

    /// Returns where an operand is once scratch registers have been vacated.
    fn source(&self, value: Value) -> Result<Source> {
        if let Some(constant) = self.input.unit.constant(value) {
            return Ok(Source::Constant(constant));
        }
        Ok(match self.place(value) {
            Place::Slot { offset, bits } => Source::At(bits, Rm::State(offset)),
            Place::Spill(index) => Source::At(Bits::B64, context::spill(index.into())),
            Place::Reg(reg) => Source::At(Bits::B64, Rm::Reg(reg)),
            Place::None | Place::Sum { .. } | Place::Vector(_) | Place::WideSpill(_) => {
                return Err(CompileError::Unsupported);
            }
        })
    }

    fn read(&mut self, reg: Reg, source: Source) {
        match source {
            Source::Constant(constant) => self.load_constant(reg, constant),
            Source::At(bits, from) => self.asm.mov(bits, reg, from),
        }
    }
}
