//! Guest memory and calls of functions.

use dbt_core::analysis::FlagSet;
use dbt_core::host::{Bet, BetOn, CompileError, Lowering as MemoryLowering, access_bits};
use dbt_core::ir::{Helper, Inst, Value, Width};
use dbt_isa::ops::{Access, BinOp, Size};

use super::branch::Why;
use super::flags::InRegister;
use super::int::Test;
use super::place::Place;
use super::vector::view_of;
use super::{Lowering, Result};
use crate::asm::{Extend, Mem, Transfer, add_immediate, logical_immediate, offset_fits};
use crate::context;
use crate::facts;
use crate::regs::{CALLER_SAVED, PINNED, Reg};

/// The last access, as long as it is the last instruction.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastAccess {
    at: u32,
    store: bool,
    reg: Reg,
    base: Reg,
    offset: i32,
    /// The operand, if it writes the base. The offset is from the new one then.
    writes_back: Option<Mem>,
}

/// Tells whether it is a bet that the sum does not wrap around: what is known not to is
/// extended without a sign.
const fn is_bet(mem: Mem) -> bool {
    let (Mem::Index { extend, .. } | Mem::Element { extend, .. }) = mem else {
        return false;
    };
    matches!(extend, Extend::Sxtw)
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
            self.load_by_call(access, address, 0)?;
            if access.signed {
                self.extend_loaded(access.size, width, Reg::X16);
            }
            self.define(value, Reg::X16);
            return Ok(());
        }
        if access.ordered {
            let base = self.host_address(address)?;
            let dst = self.destination(value, Some(base), &[])?;
            let flags = self.architectural_sources(FlagSet::ALL)?;
            let at = self.asm.offset();
            self.asm.load_acquire(access.size, dst, base);
            self.state_map(at, self.location, flags);
            if access.signed {
                self.extend_loaded(access.size, width, dst);
            }
            self.define(value, dst);
            return Ok(());
        }
        let from = match self.element(access.size, address) {
            Some(element) => element,
            None => self.window(access.size, address)?,
        };
        let dying = match from {
            Mem::Offset { base, .. }
            | Mem::Before { base, .. }
            | Mem::After { base, .. }
            | Mem::Index { index: base, .. }
            | Mem::Element { index: base, .. } => base,
        };
        let dst = self.destination(value, Some(dying), &[])?;
        let what = match access.signed && access.size != Size::Dword {
            true if access.size == Size::Word && width == Width::W32 => Transfer::Load(Size::Word),
            true => Transfer::LoadSigned(access.size, width),
            false => Transfer::Load(access.size),
        };
        self.transfer(what, dst, from)?;
        self.define(value, dst);
        Ok(())
    }

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
            let value = self.reg_or_zero(value)?;
            return self.store_by_call(access, address, 0, value);
        }
        let reg = self.reg_or_zero(value)?;
        if access.ordered {
            let base = self.host_address(address)?;
            let flags = self.architectural_sources(FlagSet::ALL)?;
            let at = self.asm.offset();
            self.asm.store_release(access.size, reg, base);
            self.state_map(at, self.location, flags);
            return Ok(());
        }
        let to = match self.element(access.size, address) {
            Some(element) => element,
            None => self.window(access.size, address)?,
        };
        self.transfer(Transfer::Store(access.size), reg, to)
    }

    /// Emits a load or store with its state map, joined with the one before if they
    /// are neighbours.
    fn transfer(&mut self, what: Transfer, reg: Reg, mem: Mem) -> Result<()> {
        if let Some((operand, ahead)) = self.write_back(Some(reg), mem)? {
            let flags = self.architectural_sources(FlagSet::ALL)?;
            let at = self.asm.offset();
            self.asm.transfer(what, reg, operand);
            // If it faults, the base is as it was.
            self.state_map(at, self.location, flags);
            self.ahead = Some(ahead);
            let word = matches!(
                what,
                Transfer::Load(Size::Word) | Transfer::Store(Size::Word)
            );
            self.last_access = word.then_some(LastAccess {
                at,
                store: matches!(what, Transfer::Store(_)),
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
        if let Mem::Offset { base, offset } = mem
            && matches!(
                what,
                Transfer::Load(Size::Word) | Transfer::Store(Size::Word)
            )
        {
            let this = LastAccess {
                at: self.asm.offset(),
                store: matches!(what, Transfer::Store(_)),
                reg,
                base,
                offset,
                writes_back: None,
            };
            if self.join(this) {
                return Ok(());
            }
            self.last_access = Some(this);
        }
        let flags = self.architectural_sources(FlagSet::ALL)?;
        let at = self.asm.offset();
        self.asm.transfer(what, reg, mem);
        self.state_map(at, self.location, flags);
        if is_bet(mem) {
            self.bets.push(Bet {
                offset: at,
                location: self.location,
                on: BetOn::Address,
            });
        }
        Ok(())
    }

    /// Makes one instruction of two accesses to neighbouring words. The state map of
    /// the first serves for both: nothing has changed in between, so the guest can
    /// make both again.
    fn join(&mut self, this: LastAccess) -> bool {
        let Some(last) = self.last_access.take() else {
            return false;
        };
        let adjacent = last.at + 4 == this.at
            && (last.store, last.base) == (this.store, this.base)
            && (last.offset - this.offset).abs() == 4;
        if let Some(operand) = last.writes_back {
            let (Mem::Before { offset: by, .. } | Mem::After { offset: by, .. }) = operand else {
                return false;
            };
            // A store of the base would be one of what it was before.
            let distinct = this.reg != this.base && (this.store || this.reg != last.reg);
            if !adjacent || last.offset > this.offset || !distinct || by % 4 != 0 {
                return false;
            }
            self.asm.code.truncate(last.at as usize);
            self.asm.pair_at(!this.store, last.reg, this.reg, operand);
            return true;
        }
        let (first, second) = match last.offset < this.offset {
            true => (last, this),
            false => (this, last),
        };
        // A load may not change the address of the other, nor load a register twice.
        let independent = this.store || (last.reg != last.base && last.reg != this.reg);
        let fits = first.offset % 4 == 0 && (-256..=252).contains(&first.offset);
        if !adjacent || !independent || !fits {
            return false;
        }
        self.asm.code.truncate(last.at as usize);
        self.asm.pair(
            !this.store,
            Width::W32,
            first.reg,
            second.reg,
            this.base,
            first.offset,
        );
        true
    }

    fn extend_loaded(&mut self, size: Size, width: Width, reg: Reg) {
        let bits = size.bytes() * 8;
        let full = if width == Width::W64 { 64 } else { 32 };
        if bits < full {
            self.asm.extract(true, width, reg, reg, 0, bits);
        }
    }

    /// Returns a register with the host address of a guest address.
    pub(super) fn host_address(&mut self, address: Value) -> Result<Reg> {
        let guest = self.reg(address)?;
        let host = self.take_scratch()?;
        self.asm.add_uxtw(host, Reg::WINDOW, guest);
        Ok(host)
    }

    /// Returns the operand at a guest address that is a base and an index, if the sum
    /// does not wrap around, or if it is a bet that it does not.
    fn element(&mut self, size: Size, address: Value) -> Option<Mem> {
        let Place::Sum {
            base,
            index: Some((index, amount)),
            offset: 0,
        } = self.place(address)
        else {
            return None;
        };
        let scale = size.bytes().trailing_zeros();
        if !self.input.lowering.is_identity() || amount != 0 && u32::from(amount) != scale {
            return None;
        }
        let extend = match self.index_is_small(address, amount) {
            true => Extend::Uxtw,
            false if self.bets_on_address(amount) => Extend::Sxtw,
            false => return None,
        };
        self.keep(base);
        self.keep(index);
        Some(match amount {
            0 => Mem::Index {
                base,
                index,
                extend,
            },
            _ => Mem::Element {
                base,
                index,
                extend,
            },
        })
    }

    /// Tells whether the index of a sum is so small that it does not get past the guards.
    fn index_is_small(&self, address: Value, amount: u8) -> bool {
        const REACH: u32 = 1 << 15;
        let unit = self.input.unit;
        let Inst::Binary { b: of, .. } = *unit.inst(address) else {
            return false;
        };
        let (of, shift) = match *unit.inst(of) {
            Inst::Binary {
                op: BinOp::Shl,
                width: Width::W32,
                a,
                b,
            } => (a, unit.constant(b)),
            _ => (of, Some(0)),
        };
        shift == Some(amount.into())
            && facts::greatest(unit, of).is_some_and(|index| index < REACH >> amount)
    }

    /// Tells whether it is a bet that a base and an index scaled so are no more than the
    /// guest's address space.
    ///
    /// Indices are numbers with a sign: programs count them up from below zero more often
    /// than they have such that are greater than 2^31.
    fn bets_on_address(&self, amount: u8) -> bool {
        // A doubleword's would reach farther than nothing is.
        self.input.lowering == MemoryLowering::Isolated
            && amount <= 2
            && self.input.lost.binary_search(&self.location).is_err()
    }

    /// Returns the operand at a guest address.
    pub(super) fn window(&mut self, size: Size, address: Value) -> Result<Mem> {
        if let Place::Sum {
            base,
            index: None,
            offset,
        } = self.place(address)
            && self.input.lowering.is_identity()
            && offset_fits(size, offset)
        {
            self.keep(base);
            return Ok(Mem::Offset { base, offset });
        }
        if self.input.lowering.is_identity()
            && let Some(mem) = self.in_two_parts(size, address)?
        {
            return Ok(mem);
        }
        let base = self.reg(address)?;
        Ok(match self.input.lowering.is_identity() {
            true => Mem::Offset { base, offset: 0 },
            false => Mem::Index {
                base: Reg::WINDOW,
                index: base,
                extend: Extend::Uxtw,
            },
        })
    }

    /// Returns the operand at an address of which one instruction makes the greater part
    /// and the access adds the rest.
    fn in_two_parts(&mut self, size: Size, address: Value) -> Result<Option<Mem>> {
        if let Some(constant) = self.constant32(address) {
            let offset = constant % (size.bytes() << 12);
            let rest = u64::from(constant - offset);
            let one = rest.trailing_zeros() >= 16
                || rest >> 16 == 0
                || logical_immediate(rest, Width::W32).is_some();
            let offset = offset.cast_signed();
            if !one || rest == 0 || !offset_fits(size, offset) {
                return Ok(None);
            }
            let base = self.take_scratch()?;
            self.asm.mov_imm(base, rest);
            return Ok(Some(Mem::Offset { base, offset }));
        }
        let Place::Sum {
            base,
            index: None,
            offset,
        } = self.place(address)
        else {
            return Ok(None);
        };
        // The rest is added to a multiple of 4096, up or down.
        let rest = offset & 0xfff;
        let (most, subtract) = (offset - rest, offset < 0);
        let immediate = add_immediate(u64::from(most.unsigned_abs()));
        let (Some(immediate), true) = (immediate, offset_fits(size, rest)) else {
            return Ok(None);
        };
        self.keep(base);
        let sum = self.take_scratch()?;
        self.asm
            .add_imm(subtract, false, Width::W32, sum, base, immediate);
        Ok(Some(Mem::Offset {
            base: sum,
            offset: rest,
        }))
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
        let function = self.helper(helper)?;
        for (index, arg) in args.into_iter().enumerate() {
            self.pass(index, arg)?;
        }
        self.save_all_slot_values()?;
        self.before_call_of_guest()?;
        self.call(function, self.entries.call_state)?;
        for n in 0..PINNED {
            // The function may have written the slot.
            self.before_overwrite(Reg(n))?;
        }
        self.define(value, Reg::X16);
        Ok(())
    }

    /// Calls a function that touches no slot that a value may be in. The result is in
    /// `x16`.
    pub(super) fn call_exact(&mut self, helper: Helper, args: &[Value]) -> Result<()> {
        let function = self.helper(helper)?;
        for (index, arg) in args.iter().enumerate() {
            self.pass(index, *arg)?;
        }
        self.call(function, self.entries.call_float)
    }

    /// The same with a constant argument. Scratch registers that are not kept are lost.
    pub(super) fn call_exact_with(&mut self, helper: Helper, argument: u64) -> Result<()> {
        let function = self.helper(helper)?;
        let reg = self.take_scratch()?;
        self.asm.mov_imm(reg, argument);
        self.asm
            .store(Width::W64, reg, Reg::CONTEXT, context::argument(0));
        self.release(reg);
        self.call(function, self.entries.call_float)
    }

    fn helper(&self, helper: Helper) -> Result<u64> {
        let helpers = &self.input.callees.helpers;
        let function = helpers.get(usize::from(helper.0)).copied();
        function.ok_or(CompileError::Unsupported)
    }

    /// Passes an argument to a function that is about to be called.
    pub(super) fn pass(&mut self, index: usize, value: Value) -> Result<()> {
        if let Some(view) = view_of(self.ty_of(value)) {
            let reg = self.vector(value)?;
            let place = context::argument(index);
            self.asm.store(Width::W64, Reg::ZERO, Reg::CONTEXT, place);
            self.asm.store_vector(view, reg, Reg::CONTEXT, place);
            return Ok(());
        }
        let reg = self.reg_or_zero(value)?;
        self.asm
            .store(Width::W64, reg, Reg::CONTEXT, context::argument(index));
        self.release(reg);
        Ok(())
    }

    /// Calls a function through one of the runtime's thunks, which saves the host's
    /// flags. The result is in `x16`, and other scratch registers that a function may
    /// change are lost.
    pub(super) fn call(&mut self, function: u64, thunk: u32) -> Result<()> {
        for reg in CALLER_SAVED {
            self.release(reg);
            self.take(reg)?;
        }
        self.asm.mov_imm(Reg::X16, function);
        let at = self.asm.bl();
        self.patch_runtime(at, thunk)?;
        for reg in CALLER_SAVED {
            self.release(reg);
        }
        // The result.
        self.keep(Reg::X16);
        Ok(())
    }

    /// Calls the embedder for a load of what lies so many bytes above an address. What was
    /// loaded is in `x16`, zero-extended.
    pub(super) fn load_by_call(
        &mut self,
        access: Access,
        address: Value,
        above: i32,
    ) -> Result<()> {
        self.pass_address(address, above)?;
        self.pass_access(access)?;
        self.call(self.input.callees.load, self.entries.call_context)?;
        self.check_callback()
    }

    /// Calls the embedder for a store of a register.
    pub(super) fn store_by_call(
        &mut self,
        access: Access,
        address: Value,
        above: i32,
        reg: Reg,
    ) -> Result<()> {
        self.asm
            .store(Width::W64, reg, Reg::CONTEXT, context::argument(2));
        self.pass_address(address, above)?;
        self.pass_access(access)?;
        self.call(self.input.callees.store, self.entries.call_context)?;
        self.check_callback()
    }

    fn pass_address(&mut self, address: Value, above: i32) -> Result<()> {
        if above == 0 {
            return self.pass(0, address);
        }
        let base = self.reg(address)?;
        let sum = self.take_scratch()?;
        self.add_constant(sum, base, above);
        self.asm
            .store(Width::W64, sum, Reg::CONTEXT, context::argument(0));
        self.release(sum);
        self.release(base);
        Ok(())
    }

    pub(super) fn pass_access(&mut self, access: Access) -> Result<()> {
        let reg = self.take_scratch()?;
        self.asm.mov_imm(reg, access_bits(access));
        self.asm
            .store(Width::W64, reg, Reg::CONTEXT, context::argument(1));
        self.release(reg);
        Ok(())
    }

    /// Leaves if the access faulted.
    pub(super) fn check_callback(&mut self) -> Result<()> {
        let reg = self.take_scratch()?;
        self.asm
            .load(Width::W32, reg, Reg::CONTEXT, context::CALLBACK_FAULT);
        let flags = self.architectural_sources(FlagSet::ALL)?;
        let test = Test::Register(InRegister::Zero { reg, zero: false });
        self.side_exit(test, Why::CallbackFault, self.location, flags);
        self.release(reg);
        Ok(())
    }
}
