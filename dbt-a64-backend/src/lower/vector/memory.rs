//! Guest memory and vector registers.

use alloc::sync::Arc;

use dbt_core::analysis::FlagSet;
use dbt_core::analysis::bindings::Binding;
use dbt_core::host::Lowering as MemoryLowering;
use dbt_core::ir::{Value, Width};
use dbt_isa::ops::{Access, Size};

use crate::asm::{Asm, Mem, View, element};
use crate::lower::{Lowering, Result};
use crate::regs::{Reg, Vreg};

/// `INS` of a general register.
const INSERT: u32 = 0x4e00_1c00;

/// The last access of a vector register, as long as it is the last instruction.
#[derive(Clone, Copy, Debug)]
pub(in crate::lower) struct LastVectorAccess {
    at: u32,
    load: bool,
    view: View,
    reg: Vreg,
    base: Reg,
    offset: i32,
    /// The operand, if it writes the base. The offset is from the new one then.
    writes_back: Option<Mem>,
}

impl Lowering<'_> {
    pub(in crate::lower) fn load_vector(
        &mut self,
        value: Value,
        access: Access,
        view: View,
        address: Value,
    ) -> Result<()> {
        if access.aligned {
            self.check_alignment(access, address)?;
        }
        if self.input.lowering == MemoryLowering::Callback {
            return self.load_vector_by_call(value, access, view, address);
        }
        let from = self.vector_operand(view, address)?;
        // Until the load is made its register holds what it held, which may be a
        // slot that is overwritten next.
        let vectors = self.vectors.bindings.deferred();
        let reg = self.vector_for(value)?;
        self.transfer_vector((true, view, reg), from, vectors)?;
        if access.ordered {
            self.asm.barrier();
        }
        self.define_vector(value, reg);
        Ok(())
    }

    pub(in crate::lower) fn store_vector(
        &mut self,
        access: Access,
        view: View,
        address: Value,
        value: Value,
    ) -> Result<()> {
        if access.aligned {
            self.check_alignment(access, address)?;
        }
        let reg = self.vector(value)?;
        if self.input.lowering == MemoryLowering::Callback {
            return self.store_vector_by_call(access, view, address, reg);
        }
        if access.ordered {
            self.asm.barrier();
        }
        let to = self.vector_operand(view, address)?;
        let vectors = self.vectors.bindings.deferred();
        self.transfer_vector((false, view, reg), to, vectors)?;
        if access.ordered {
            self.asm.barrier();
        }
        Ok(())
    }

    /// Emits a load or store with its state map, joined with the one before if they are
    /// neighbours.
    fn transfer_vector(
        &mut self,
        (load, view, reg): (bool, View, Vreg),
        mem: Mem,
        vectors: Option<Arc<[Binding]>>,
    ) -> Result<()> {
        let written_back = self.write_back(None, mem)?;
        let flags = self.architectural_sources(FlagSet::ALL)?;
        if let Some((operand, ahead)) = written_back {
            let at = self.asm.offset();
            self.asm.transfer_vector(load, view, reg, operand);
            // If it faults, the base is as it was.
            self.push_map(at, self.location, flags, vectors);
            self.ahead = Some(ahead);
            self.last_vector_access = Some(LastVectorAccess {
                at,
                load,
                view,
                reg,
                base: ahead.reg,
                offset: match operand {
                    Mem::After { offset, .. } => -offset,
                    _ => 0,
                },
                writes_back: Some(operand),
            });
            return Ok(());
        }
        if !self.join_vector(load, view, reg, mem) {
            let at = self.asm.offset();
            self.asm.transfer_vector(load, view, reg, mem);
            self.push_map(at, self.location, flags, vectors);
        }
        Ok(())
    }

    /// Calls the embedder for a load, and for each half of 128 bits.
    fn load_vector_by_call(
        &mut self,
        value: Value,
        access: Access,
        view: View,
        address: Value,
    ) -> Result<()> {
        let half = Vreg::SCRATCH;
        self.load_by_call(access, address, 0)?;
        self.asm.move_to_vector(Width::W64, half, Reg::X16);
        if view == View::Q {
            self.load_by_call(access, address, 8)?;
            self.asm
                .vector_general(element(INSERT, Size::Dword, 1), half, Reg::X16);
        }
        let reg = self.vector_for(value)?;
        self.asm.move_vector(view, reg, half);
        self.define_vector(value, reg);
        Ok(())
    }

    /// Calls the embedder for a store, and for each half of 128 bits.
    fn store_vector_by_call(
        &mut self,
        access: Access,
        view: View,
        address: Value,
        reg: Vreg,
    ) -> Result<()> {
        let width = match view {
            View::S => Width::W32,
            View::D | View::Q => Width::W64,
        };
        let general = self.take_scratch()?;
        self.asm.move_from_vector(width, general, reg);
        self.store_by_call(access, address, 0, general)?;
        if view == View::Q {
            let general = self.take_scratch()?;
            self.asm.take_element(View::D, Vreg::SCRATCH, reg, 1);
            self.asm.move_from_vector(width, general, Vreg::SCRATCH);
            self.store_by_call(access, address, 8, general)?;
        }
        Ok(())
    }

    /// Returns the operand at a guest address.
    fn vector_operand(&mut self, view: View, address: Value) -> Result<Mem> {
        let size = match view {
            View::S => Size::Word,
            View::D | View::Q => Size::Dword,
        };
        let mem = self.window(size, address)?;
        if let Mem::Offset { base, offset } = mem
            && !Asm::vector_offset_fits(view, offset)
        {
            let sum = self.take_scratch()?;
            self.add_constant(sum, base, offset);
            return Ok(Mem::Offset {
                base: sum,
                offset: 0,
            });
        }
        Ok(mem)
    }

    /// Makes one instruction of this access and the one before, of neighbours, if it
    /// was the last instruction. The state map of the first serves for both: nothing
    /// has changed in between, so the guest can make both again.
    fn join_vector(&mut self, load: bool, view: View, reg: Vreg, mem: Mem) -> bool {
        let last = self.last_vector_access.take();
        let Mem::Offset { base, offset } = mem else {
            return false;
        };
        let this = LastVectorAccess {
            at: self.asm.offset(),
            load,
            view,
            reg,
            base,
            offset,
            writes_back: None,
        };
        let bytes = view.bytes().cast_signed();
        // A pair of the same register cannot be loaded.
        let Some(last) = last.filter(|last| {
            last.at + 4 == this.at
                && (last.load, last.view, last.base) == (load, view, base)
                && (last.offset - offset).abs() == bytes
                && !(load && last.reg == reg)
        }) else {
            self.last_vector_access = Some(this);
            return false;
        };
        let (first, second) = match last.offset < offset {
            true => (last, this),
            false => (this, last),
        };
        let (operand, by) = match last.writes_back {
            Some(operand @ (Mem::Before { offset, .. } | Mem::After { offset, .. })) => {
                (operand, offset)
            }
            _ => {
                let offset = first.offset;
                (Mem::Offset { base, offset }, offset)
            }
        };
        let is_first = last.writes_back.is_none() || last.offset < offset;
        if !is_first || by % bytes != 0 || !(-64..64).contains(&(by / bytes)) {
            self.last_vector_access = Some(this);
            return false;
        }
        self.asm.code.truncate(last.at as usize);
        self.asm
            .vector_pair(load, view, [first.reg, second.reg], operand);
        true
    }
}
