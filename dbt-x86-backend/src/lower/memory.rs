//! Guest memory and calls of functions.

use dbt_core::analysis::FlagSet;
use dbt_core::analysis::alignment::SlotSet;
use dbt_core::host::{CompileError, Lowering as MemoryLowering, access_bits};
use dbt_core::ir::{BlockId, Helper, Value, VectorWidth, Width};
use dbt_isa::ops::{Access, Size};

use super::branch::{StubKind, Why};
use super::place::Place;
use super::{Lowering, Result};
use crate::asm::{Alu, Bits, Cc, Rm};
use crate::context;
use crate::flags::Plan;
use crate::regs::{Reg, SCRATCH};
use crate::runtime::slot_offset;

pub(super) const fn bits_of(size: Size) -> Bits {
    match size {
        Size::Byte => Bits::B8,
        Size::Half => Bits::B16,
        Size::Word => Bits::B32,
        Size::Dword => Bits::B64,
    }
}

impl Lowering<'_> {
    pub(super) fn load(
        &mut self,
        value: Value,
        access: Access,
        width: Width,
        address: Value,
    ) -> Result<()> {
        if access.aligned {
            self.check_alignment(access, address)?;
        }
        if self.input.lowering == MemoryLowering::Callback {
            return self.load_by_call(value, access, width, address);
        }
        let from = self.window(address)?;
        let dying = match from {
            Rm::Window {
                base: Some(base), ..
            } => Some(base),
            _ => None,
        };
        let dst = self.destination(value, dying, &[])?;
        let flags = self.architectural_plan(FlagSet::ALL)?;
        let at = self.asm.offset();
        match (access.size, access.signed) {
            (Size::Byte | Size::Half, false) => self.asm.movzx(bits_of(access.size), dst, from),
            (Size::Byte | Size::Half, true) => {
                self.asm
                    .movsx(bits_of(access.size), width.into(), dst, from);
            }
            (Size::Word, true) if width == Width::W64 => self.asm.movsxd(dst, from),
            (Size::Word, _) => self.asm.mov32(dst, from),
            (Size::Dword, _) => self.asm.mov(Bits::B64, dst, from),
        }
        self.state_map(at, flags);
        self.define(value, dst);
        Ok(())
    }

    #[allow(clippy::cast_possible_truncation, reason = "stores keep the low bytes")]
    pub(super) fn store(
        &mut self,
        access: Access,
        _width: Width,
        address: Value,
        value: Value,
    ) -> Result<()> {
        if access.aligned {
            self.check_alignment(access, address)?;
        }
        if self.input.lowering == MemoryLowering::Callback {
            self.store_by_call(access, address, value)?;
        } else {
            let bits = bits_of(access.size);
            let constant = self.input.unit.constant(value).filter(|constant| {
                access.size != Size::Dword || i32::try_from(constant.cast_signed()).is_ok()
            });
            let to = self.window(address)?;
            let reg = match constant {
                Some(_) => None,
                None => Some(self.reg(value)?),
            };
            let flags = self.architectural_plan(FlagSet::ALL)?;
            let at = self.asm.offset();
            match (constant, reg) {
                (Some(constant), _) => self.asm.store_imm(bits, to, constant as u32),
                (None, Some(reg)) => self.asm.store(bits, to, reg),
                (None, None) => return Err(CompileError::Unsupported),
            }
            self.state_map(at, flags);
        }
        if access.ordered {
            // A later acquiring load must not pass a releasing store.
            self.fence()?;
        }
        Ok(())
    }

    pub(super) fn load_vector(
        &mut self,
        value: Value,
        access: Access,
        width: VectorWidth,
        address: Value,
    ) -> Result<()> {
        self.check_alignment(access, address)?;
        if self.input.lowering == MemoryLowering::Callback {
            return self.load_vector_by_call(value, access, width, address);
        }
        let from = self.window(address)?;
        let flags = self.architectural_plan(FlagSet::ALL)?;
        // Until the load is made its register holds what it held, which may be a
        // slot that is overwritten next.
        let vectors = self.vectors.bindings.deferred();
        let xmm = self.vector_for(value)?;
        let at = self.asm.offset();
        self.asm.load_vector(width, xmm, from);
        let edges = self.edge_flags();
        self.push_map(at, self.location, flags, edges, vectors);
        self.define_vector(value, xmm);
        Ok(())
    }

    /// Loads by one call, or two.
    fn load_vector_by_call(
        &mut self,
        value: Value,
        access: Access,
        width: VectorWidth,
        address: Value,
    ) -> Result<()> {
        self.before_call_of_memory()?;
        self.pass(0, address)?;
        self.pass_access(access);
        self.call(self.input.callees.load, self.entries.call_context)?;
        self.check_callback()?;
        if width != VectorWidth::V128 {
            let xmm = self.vector_for(value)?;
            self.asm.move_to_vector(Width::W64, xmm, Rm::Reg(Reg::RAX));
            self.define_vector(value, xmm);
            return Ok(());
        }
        // The register may hold a slot that the second call still shows.
        let spill = self.scratch.places.take_spill()?;
        let low = context::spill(spill.into());
        self.asm.store(Bits::B64, low, Reg::RAX);
        self.pass_above(address)?;
        self.pass_access(access);
        self.call(self.input.callees.load, self.entries.call_context)?;
        self.check_callback()?;
        let xmm = self.vector_for(value)?;
        self.asm.load_vector(VectorWidth::V64, xmm, low);
        self.scratch.places.free_spill(spill);
        self.set_high(xmm, Reg::RAX);
        self.define_vector(value, xmm);
        Ok(())
    }

    /// Passes the address of the upper half of sixteen bytes.
    fn pass_above(&mut self, address: Value) -> Result<()> {
        self.before_call_of_memory()?;
        let reg = self.reg(address)?;
        let above = self.take_scratch()?;
        self.asm.lea32(above, reg, None, 8);
        self.asm.store(Bits::B64, context::argument(0), above);
        self.release(above);
        self.release(reg);
        Ok(())
    }

    pub(super) fn store_vector(
        &mut self,
        access: Access,
        width: VectorWidth,
        address: Value,
        value: Value,
    ) -> Result<()> {
        self.check_alignment(access, address)?;
        let xmm = self.vector(value)?;
        if self.input.lowering == MemoryLowering::Callback {
            self.before_call_of_memory()?;
            self.pass(0, address)?;
            self.pass_access(access);
            let place = context::argument(2);
            self.asm.store_imm(Bits::B64, place, 0);
            let part = width.min(VectorWidth::V64);
            self.asm.store_vector(part, place, xmm);
            self.call(self.input.callees.store, self.entries.call_context)?;
            self.check_callback()?;
            if width == VectorWidth::V128 {
                self.pass_above(address)?;
                self.pass_access(access);
                self.store_high(place, xmm);
                self.call(self.input.callees.store, self.entries.call_context)?;
                self.check_callback()?;
            }
        } else {
            let to = self.window(address)?;
            let flags = self.architectural_plan(FlagSet::ALL)?;
            let at = self.asm.offset();
            self.asm.store_vector(width, to, xmm);
            self.state_map(at, flags);
        }
        if access.ordered {
            self.fence()?;
        }
        Ok(())
    }

    /// Orders all accesses before against all accesses behind.
    pub(super) fn fence(&mut self) -> Result<()> {
        self.before_clobber()?;
        self.asm.barrier(context::aside());
        Ok(())
    }

    /// Returns the operand at a guest address.
    fn window(&mut self, address: Value) -> Result<Rm> {
        if let Some(constant) = self.constant32(address) {
            // Without a register there is no wrapping at 32 bits, and the
            // displacement would be sign-extended.
            if constant > i32::MAX.cast_unsigned() {
                let base = self.reg(address)?;
                return Ok(Rm::Window {
                    base: Some(base),
                    index: None,
                    offset: 0,
                });
            }
            return Ok(Rm::Window {
                base: None,
                index: None,
                offset: constant.cast_signed(),
            });
        }
        match self.place(address) {
            Place::Sum {
                base,
                index,
                offset,
            } => {
                for reg in base.into_iter().chain(index.map(|(reg, _)| reg)) {
                    self.keep(reg);
                }
                Ok(Rm::Window {
                    base,
                    index,
                    offset,
                })
            }
            _ => Ok(Rm::Window {
                base: Some(self.reg(address)?),
                index: None,
                offset: 0,
            }),
        }
    }

    /// Leaves for the interpreter if the address is not aligned: it knows what
    /// becomes of the access.
    pub(super) fn check_alignment(&mut self, access: Access, address: Value) -> Result<()> {
        let mask = access.alignment() - 1;
        if mask == 0 {
            return Ok(());
        }
        if self.aligned.is_aligned(self.input.unit, address, mask) {
            return Ok(());
        }
        let reg = match self.place(address) {
            Place::Sum {
                base: Some(base),
                index: None,
                offset,
            } if offset.cast_unsigned() & mask == 0 => {
                self.keep(base);
                base
            }
            _ => self.reg(address)?,
        };
        self.before_clobber()?;
        self.asm.test_imm(reg, mask);
        let flags = self.architectural_plan(FlagSet::ALL)?;
        self.side_exit(Cc::Ne, Why::Interpret, self.location, flags);
        Ok(())
    }

    /// Leaves for the interpreter, before control goes to a block, unless these slots
    /// are multiples of four. Flags are in memory, or where the edge says.
    pub(super) fn look_at_slots(&mut self, to: BlockId, slots: SlotSet) {
        let Some(location) = self.input.unit.block(to).location else {
            return;
        };
        for slot in slots.iter() {
            match self.pins.of(slot) {
                Some(pin) => self.asm.test_imm(pin, 3),
                None => {
                    let place = Rm::State(slot_offset(self.input.layout, slot));
                    self.asm.test_byte(place, 3);
                }
            }
            let edges = self.scratch.edges[to.index()].is_deferring().then_some(to);
            let vectors = self.deferred_vectors();
            self.side_stub(
                Cc::Ne,
                StubKind::Mapped {
                    why: Why::Interpret,
                    location,
                    flags: Plan::EMPTY,
                    edges,
                    vectors,
                },
            );
        }
    }
}

/// Functions.
impl Lowering<'_> {
    pub(super) fn call_helper(
        &mut self,
        value: Value,
        helper: Helper,
        args: [Value; 3],
    ) -> Result<()> {
        self.call_exact(helper, &args)?;
        self.move_result(value, Reg::RAX)
    }

    /// Calls a function of the guest; the result is in `rax`.
    pub(super) fn call_exact(&mut self, helper: Helper, args: &[Value]) -> Result<()> {
        let function = *self
            .input
            .callees
            .helpers
            .get(usize::from(helper.0))
            .ok_or(CompileError::Unsupported)?;
        self.before_clobber()?;
        self.before_call_of_guest()?;
        self.save_all_slot_values()?;
        for (index, arg) in args.iter().enumerate() {
            self.pass(index, *arg)?;
        }
        self.call(function, self.entries.call_state)
    }

    /// Passes an argument to a function that is about to be called.
    pub(super) fn pass(&mut self, index: usize, value: Value) -> Result<()> {
        let reg = self.reg(value)?;
        self.asm.store(Bits::B64, context::argument(index), reg);
        self.release(reg);
        Ok(())
    }

    /// Calls a function through one of the runtime's thunks. Scratch registers
    /// are lost, and the result is in `rax`.
    pub(super) fn call(&mut self, function: u64, thunk: u32) -> Result<()> {
        for reg in SCRATCH {
            self.release(reg);
            self.take(reg)?;
        }
        self.asm.mov_imm(Reg::RAX, function);
        let at = self.asm.call();
        self.patch_runtime(at, thunk);
        for reg in SCRATCH {
            self.release(reg);
        }
        Ok(())
    }

    fn load_by_call(
        &mut self,
        value: Value,
        access: Access,
        width: Width,
        address: Value,
    ) -> Result<()> {
        self.before_call_of_memory()?;
        self.pass(0, address)?;
        self.pass_access(access);
        self.call(self.input.callees.load, self.entries.call_context)?;
        self.check_callback()?;
        if access.signed {
            let bits = Bits::from(width);
            match access.size {
                Size::Byte | Size::Half => {
                    self.asm
                        .movsx(bits_of(access.size), bits, Reg::RAX, Reg::RAX);
                }
                Size::Word if width == Width::W64 => self.asm.movsxd(Reg::RAX, Reg::RAX),
                Size::Word | Size::Dword => {}
            }
        }
        self.move_result(value, Reg::RAX)
    }

    fn store_by_call(&mut self, access: Access, address: Value, value: Value) -> Result<()> {
        self.before_call_of_memory()?;
        self.pass(0, address)?;
        self.pass_access(access);
        self.pass(2, value)?;
        self.call(self.input.callees.store, self.entries.call_context)?;
        self.check_callback()
    }

    /// The callee changes the host's flags, and the fault may need them all.
    pub(super) fn before_call_of_memory(&mut self) -> Result<()> {
        self.before_clobber()?;
        self.save_architectural(self.flags_needed())
    }

    pub(super) fn pass_access(&mut self, access: Access) {
        #[allow(clippy::cast_possible_truncation, reason = "six bits")]
        let packed = access_bits(access) as u32;
        self.asm.store_imm(Bits::B64, context::argument(1), packed);
    }

    /// Leaves if the access faulted.
    pub(super) fn check_callback(&mut self) -> Result<()> {
        self.asm
            .alu_imm(Alu::Cmp, Bits::B32, Rm::State(context::CALLBACK_FAULT), 0);
        let flags = self.architectural_plan(FlagSet::ALL)?;
        self.side_exit(Cc::Ne, Why::CallbackFault, self.location, flags);
        Ok(())
    }
}
