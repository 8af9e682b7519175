//! Control flow: exits, links, paired calls and returns.
//!
//! # Emitted-code contract
//!
//! A direct exit is a `B` or `BL`, which is among the few instructions that may be
//! rewritten while another CPU executes them (Arm ARM DDI 0487, B2.2.5, "Concurrent
//! modification and execution of instructions"). Unlinked it leads to a stub that
//! calls the runtime, and the return address of that call names the exit. A
//! conditional exit branches to such a `B`, because `B.cond` reaches only 1 MiB.
//!
//! A guest call pushes the guest's return location and the host's, and calls by
//! `BL`. A guest return pops both, compares the guest's with where it goes, and
//! returns by `RET` if they are equal: both are predicted. Otherwise the stack of
//! returns is emptied and the target is looked up.
//!
//! With a [detour](dbt_core::host::Detour) nothing polls: in the detour the branches
//! that close a loop lead to a stub that leaves, direct exits are never linked, and
//! branches to an address in a register lead to where one leaves with the location.
//!
//! Polling, without a detour: whatever jumps backwards in guest code, and every indirect jump,
//! tests the interrupt flag. Forward branches, calls and paired returns need not: a
//! guest cannot run forever on these alone without nesting calls ever deeper, and when
//! the stack of returns is full, which is soon, the flag is tested.

use alloc::sync::Arc;

use dbt_core::analysis::bindings::Binding;
use dbt_core::host::{CompileError, ExitSite};
use dbt_core::ir::{BlockId, IndirectKind, Inst, Target, Terminator, TrapKind, Value, Width};
use dbt_core::location::Location;

use super::edge::Conversion;
use super::flags::InRegister;
use super::float::Fpcr;
use super::int::Test;
use super::{Fixup, Lowering, Result};
use crate::asm::{self, Logic};
use crate::context;
use crate::flags::{Form, Sources};
use crate::regs::Reg;
use crate::runtime::{RETURNS_FULL, probe};

/// Code that lies after all blocks because it runs rarely.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stub {
    /// The branch that leads here.
    at: u32,
    /// What becomes of the flags first.
    flags: Conversion,
    /// What becomes of vector registers.
    transfers: (u32, u32),
    /// What `FPCR` is set to.
    fpcr: Option<Fpcr>,
    kind: StubKind,
}

/// What a stub does.
#[derive(Clone, Copy, Debug)]
pub(super) enum StubKind {
    /// Leaves through a direct exit; polls before.
    Exit { to: Location, poll: bool },
    /// Goes on in a block, past what is done before a loop or not.
    Block { to: BlockId, back: bool },
    /// Only reports a direct exit: the jump that leads here is what gets linked.
    Unlinked(Location),
    /// Leaves where a state map says.
    Mapped {
        why: Why,
        location: Location,
        flags: Sources,
        /// The dirty slots, by their place in a list of such lists.
        vectors: usize,
    },
    /// Leaves because of an interrupt, with the location in `x16`.
    InterruptIndirect,
    /// Looks up elsewhere, with the location in `x16`.
    Missed,
    /// Empties the stack of returns and goes back to `again`, unless an interrupt is
    /// wanted: then it leaves before the call of `to`, or of the location in `x16`.
    StackFull { again: u32, to: Option<Location> },
    /// A return that has no pair. In the detour none has; `ret` is where it returns
    /// otherwise.
    Unpaired { value: Reg, ret: u32 },
}

/// Why control leaves where a state map says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Why {
    /// An interrupt is wanted.
    Interrupt,
    /// The instruction is left to the interpreter.
    Interpret,
    /// A callback access faulted.
    CallbackFault,
}

impl Lowering<'_> {
    pub(super) fn exit_if(&mut self, condition: Value, target: Target) -> Result<()> {
        if let Some(constant) = self.input.unit.constant(condition) {
            if constant == 0 {
                return Ok(());
            }
            let flags = self.conversion(target)?;
            let transfers = self.branch_vectors(target);
            let at = self.asm.b();
            self.stub_for(at, flags, transfers, target);
            return Ok(());
        }
        let test = self.test(condition)?;
        let flags = self.conversion(target)?;
        if let Target::Block(id) = target
            && self.goes_back(target)
        {
            // The loop goes on most times, so what that takes is done before.
            self.jump_vectors(id)?;
        }
        let transfers = self.branch_vectors(target);
        let in_place = transfers.0 == transfers.1 && self.branch_fpcr(target).is_none();
        let at = self.branch_if(test);
        match target {
            Target::Block(to) if in_place && flags.is_empty() => {
                let back = self.goes_back(target);
                self.scratch.fixups.push(Fixup { at, to, back });
            }
            _ => self.stub_for(at, flags, transfers, target),
        }
        Ok(())
    }

    fn stub_for(&mut self, at: u32, flags: Conversion, transfers: (u32, u32), target: Target) {
        let kind = match target {
            Target::Block(to) => StubKind::Block {
                to,
                back: self.goes_back(target),
            },
            Target::Exit(to) => StubKind::Exit {
                to,
                poll: !self.has_detour && self.is_backward(to),
            },
        };
        let fpcr = self.branch_fpcr(target);
        self.scratch.stubs.push(Stub {
            at,
            flags,
            transfers,
            fpcr,
            kind,
        });
    }

    /// Adds a stub that converts nothing.
    fn stub_at(&mut self, at: u32, kind: StubKind) {
        self.scratch.stubs.push(Stub {
            at,
            flags: Conversion::NONE,
            transfers: (0, 0),
            fpcr: None,
            kind,
        });
    }

    /// Branches if a test succeeds.
    fn branch_if(&mut self, test: Test) -> u32 {
        match test {
            Test::Cond(cond) => self.asm.b_cond(cond),
            Test::Register(InRegister::Bit { reg, bit, set }) => self.asm.tbz(set, reg, bit),
            Test::Register(InRegister::Zero { reg, zero }) => self.asm.cbz(!zero, Width::W32, reg),
        }
    }

    /// Leaves at `location` if a test succeeds; a state map tells the rest.
    pub(super) fn side_exit(&mut self, test: Test, why: Why, location: Location, flags: Sources) {
        let vectors = self.deferred_vectors();
        self.side_stub(
            test,
            StubKind::Mapped {
                why,
                location,
                flags,
                vectors,
            },
        );
    }

    /// Branches to a stub if a test succeeds.
    fn side_stub(&mut self, test: Test, kind: StubKind) {
        let at = self.branch_if(test);
        self.stub_at(at, kind);
    }

    pub(super) fn terminator(&mut self, terminator: &Terminator) -> Result<()> {
        let outside = |location| Target::Exit(location);
        match *terminator {
            Terminator::Jump(target) => {
                let flags = self.conversion(target)?;
                match target {
                    Target::Block(id) => self.jump_vectors(id)?,
                    Target::Exit(_) => self.leave_vectors(),
                }
                self.convert(&flags)?;
                self.go(target)
            }
            Terminator::Call {
                target,
                return_location,
                return_to,
            } => {
                // A callee within the unit is entered as one outside is.
                let flags = self.conversion(outside(return_location))?;
                self.leave_vectors();
                self.convert(&flags)?;
                self.direct_call(target, return_location, return_to)
            }
            Terminator::Indirect { value, mode, kind } => {
                let value = self.reg(value)?;
                let flags = self.conversion(outside(self.location))?;
                self.leave_vectors();
                self.convert(&flags)?;
                self.indirect(value, mode, kind)
            }
            Terminator::Trap { kind, info, resume } => {
                let flags = self.conversion(outside(resume))?;
                self.leave_vectors();
                self.convert(&flags)?;
                self.trap(kind, info, resume)
            }
        }
    }

    /// Goes to `target`; flags are as it expects them.
    fn go(&mut self, target: Target) -> Result<()> {
        match target {
            Target::Block(id) if Some(id) == self.next_block => {}
            Target::Block(to) => {
                let at = self.asm.b();
                let back = self.goes_back(target);
                self.scratch.fixups.push(Fixup { at, to, back });
            }
            Target::Exit(to) => {
                if self.is_backward(to) {
                    self.poll(to, Sources::SPLIT);
                }
                self.exit_jump(to);
            }
        }
        Ok(())
    }

    /// A jump that can be linked, with its stub far away.
    fn exit_jump(&mut self, to: Location) {
        let at = self.asm.b();
        self.stub_at(at, StubKind::Unlinked(to));
    }

    fn is_backward(&self, to: Location) -> bool {
        to.pc_bits() <= self.location.pc_bits()
    }

    /// Leaves at `resume` if an interrupt is wanted. Between blocks only.
    pub(super) fn poll(&mut self, resume: Location, flags: Sources) {
        if self.has_detour {
            return;
        }
        let test = self.interrupt_wanted();
        self.side_exit(test, Why::Interrupt, resume, flags);
    }

    fn interrupt_wanted(&mut self) -> Test {
        self.asm
            .load(Width::W32, Reg::X17, Reg::CONTEXT, context::INTERRUPT);
        Test::Register(InRegister::Zero {
            reg: Reg::X17,
            zero: false,
        })
    }

    fn direct_call(
        &mut self,
        target: Target,
        return_location: Location,
        return_to: Target,
    ) -> Result<()> {
        let to = match target {
            Target::Block(id) => {
                self.enter_from_outside(id)?;
                self.location_of(id)
            }
            Target::Exit(to) => Some(to),
        };
        let to = to.ok_or(CompileError::Unsupported)?;
        self.push_return(return_location, 0, Some(to));
        match target {
            Target::Block(to) => {
                let at = self.asm.bl();
                let back = false;
                self.scratch.fixups.push(Fixup { at, to, back });
            }
            Target::Exit(to) => {
                let at = self.asm.bl();
                let kind = StubKind::Unlinked(to);
                self.stub_at(at, kind);
            }
        }
        self.after_return(return_to)
    }

    /// Returns where the guest is when a block begins, if the block says so.
    fn location_of(&self, id: BlockId) -> Option<Location> {
        let unit = self.input.unit;
        let block = unit.block(id);
        let first = unit.insts[block.insts.clone()].first();
        block.location.or(match first {
            Some(Inst::Guest { location }) => Some(*location),
            _ => None,
        })
    }

    /// Converts flags as they are between fragments to how a block expects them.
    fn enter_from_outside(&mut self, id: BlockId) -> Result<()> {
        let form = self.scratch.forms[id.index()].get_or_insert(Form::Split);
        if *form == Form::Full {
            let live = self.scratch.liveness.live_in(id);
            self.convert(&Conversion::from_outside(live))?;
        }
        Ok(())
    }

    /// Pushes a return location with the address behind the next `BL`, before which
    /// there are so many instructions. The call is of `to`, or of the location in `x16`.
    fn push_return(&mut self, return_location: Location, before: u32, to: Option<Location>) {
        let location = match self.known {
            Some((reg, version, known))
                if u64::from(known) == return_location.0 && self.version(reg) == version =>
            {
                reg
            }
            _ => {
                self.asm.mov_imm(Reg::X15, return_location.0);
                Reg::X15
            }
        };
        // adr, stp, tbnz, …, bl
        let distance = 4 * (4 + before);
        self.asm.adr(Reg::X17, distance.cast_signed());
        let again = self.asm.offset();
        self.asm.push_pair(location, Reg::X17, Reg::RETURNS, 16);
        self.side_stub(
            Test::Register(InRegister::Bit {
                reg: Reg::RETURNS,
                bit: RETURNS_FULL,
                set: true,
            }),
            StubKind::StackFull { again, to },
        );
    }

    fn after_return(&mut self, return_to: Target) -> Result<()> {
        match return_to {
            Target::Exit(to) => {
                self.exit_jump(to);
                Ok(())
            }
            Target::Block(id) => {
                // The callee returns with flags as between fragments.
                self.enter_from_outside(id)?;
                self.jump_vectors(id)?;
                self.go(return_to)
            }
        }
    }

    fn indirect(&mut self, value: Reg, mode: u32, kind: IndirectKind) -> Result<()> {
        match kind {
            IndirectKind::Return => {
                let mut value = value;
                if mode != 0 || value == Reg::X15 {
                    self.location_to_x16(value, mode);
                    value = Reg::X16;
                }
                let (popped, wanted) = (Reg::X15, value.into());
                self.asm.pop_pair(popped, Reg::LINK, Reg::RETURNS, -16);
                self.asm
                    .logic(Logic::Eor, false, Width::W64, popped, popped, wanted);
                let at = self.asm.cbz(true, Width::W64, popped);
                let ret = self.asm.offset();
                self.stub_at(at, StubKind::Unpaired { value, ret });
                self.asm.ret();
            }
            IndirectKind::Jump => {
                self.location_to_x16(value, mode);
                if !self.has_detour {
                    let test = self.interrupt_wanted();
                    self.side_stub(test, StubKind::InterruptIndirect);
                }
                self.look_up();
                self.interrupt_in_detour()?;
                self.asm.br(Reg::X17);
            }
            IndirectKind::Call {
                return_location,
                return_to,
            } => {
                self.location_to_x16(value, mode);
                // and, add, ldp, eor, cbnz
                self.push_return(return_location, 5, None);
                self.look_up();
                self.interrupt_in_detour()?;
                self.asm.blr(Reg::X17);
                self.after_return(return_to)?;
            }
        }
        Ok(())
    }

    /// Has the detour leave here, with a location in `x16`.
    fn interrupt_in_detour(&mut self) -> Result<()> {
        let at = self.asm.offset();
        self.leave_for_runtime(at, self.entries.interrupt)
    }

    /// Emits where the detour leaves instead of entering the head of a loop.
    pub(super) fn loop_stubs(&mut self) -> Result<()> {
        if !self.has_detour {
            return Ok(());
        }
        for (index, block) in self.input.unit.blocks.iter().enumerate() {
            let Some(location) = block.location.filter(|_| self.scratch.loop_heads[index]) else {
                continue;
            };
            let form = self.scratch.forms[index].unwrap_or(Form::Split);
            let here = self.asm.offset();
            self.scratch.leave_loops[index] = Some(here);
            let id = BlockId(u32::try_from(index).map_err(|_| CompileError::TooLarge)?);
            let contract = self.scratch.contracts.known(id).unwrap_or(&[]);
            self.vectors.bindings.set(contract);
            let vectors = self.vectors.bindings.deferred();
            self.leave_mapped(Why::Interrupt, location, form.sources(), vectors)?;
        }
        Ok(())
    }

    /// Leaves where a state map says.
    fn leave_mapped(
        &mut self,
        why: Why,
        location: Location,
        flags: Sources,
        vectors: Option<Arc<[Binding]>>,
    ) -> Result<()> {
        let at = self.asm.bl();
        let entry = match why {
            Why::Interrupt => self.entries.interrupt_at,
            Why::Interpret => self.entries.interpret_at,
            Why::CallbackFault => self.entries.callback_fault,
        };
        self.patch_runtime(at, entry)?;
        let here = self.asm.offset();
        self.push_map(here, location, flags, vectors);
        Ok(())
    }

    /// Puts the location whose low half is `value` in `x16`.
    fn location_to_x16(&mut self, value: Reg, mode: u32) {
        if value != Reg::X16 {
            self.asm.mov(Width::W32, Reg::X16, value);
        }
        if mode != 0 {
            self.asm.mov_imm(Reg::X17, u64::from(mode) << 32);
            self.asm.logic(
                Logic::Orr,
                false,
                Width::W64,
                Reg::X16,
                Reg::X16,
                Reg::X17.into(),
            );
        }
    }

    /// Looks the location in `x16` up in the jump cache and puts its code's address
    /// in `x17`.
    fn look_up(&mut self) {
        probe(&mut self.asm);
        let at = self.asm.cbz(true, Width::W64, Reg::X15);
        self.stub_at(at, StubKind::Missed);
    }

    fn trap(&mut self, kind: TrapKind, info: u32, resume: Location) -> Result<()> {
        self.asm.mov_imm(Reg::X16, resume.0);
        self.asm
            .store(Width::W64, Reg::X16, Reg::CONTEXT, context::LOCATION);
        let both = kind as u64 | u64::from(info) << 32;
        self.asm.mov_imm(Reg::X16, both);
        self.asm
            .store(Width::W64, Reg::X16, Reg::CONTEXT, context::TRAP);
        self.jump_runtime(self.entries.trap)
    }

    fn jump_runtime(&mut self, to: u32) -> Result<()> {
        let at = self.asm.b();
        self.patch_runtime(at, to)
    }

    /// Emits the stubs.
    pub(super) fn stubs(&mut self) -> Result<()> {
        let mut position = 0;
        self.busy = 0;
        // Stubs of exits leave nothing in vector registers.
        self.vectors.bindings.clear();
        // Stubs may add stubs.
        while let Some(stub) = self.scratch.stubs.get(position).copied() {
            position += 1;
            let here = self.asm.offset();
            self.bind(stub.at, here)?;
            self.emit_transfers(stub.transfers);
            if let Some(fpcr) = stub.fpcr {
                self.write_fpcr(fpcr);
            }
            self.convert(&stub.flags)?;
            self.stub(&stub, here)?;
        }
        Ok(())
    }

    fn stub(&mut self, stub: &Stub, here: u32) -> Result<()> {
        match stub.kind {
            StubKind::Exit { to, poll } => {
                if poll {
                    self.poll(to, Sources::SPLIT);
                }
                let patch = self.asm.b();
                let unlinked = self.asm.offset();
                self.bind(patch, unlinked)?;
                self.report_exit(patch, unlinked, to)?;
            }
            StubKind::Unlinked(to) => self.report_exit(stub.at, here, to)?,
            StubKind::Block { to, back } => {
                let at = self.asm.b();
                self.scratch.fixups.push(Fixup { at, to, back });
            }
            StubKind::Mapped {
                why,
                location,
                flags,
                vectors,
            } => {
                let vectors = self.deferred[vectors].clone();
                self.leave_mapped(why, location, flags, vectors)?;
            }
            StubKind::InterruptIndirect => self.jump_runtime(self.entries.interrupt)?,
            StubKind::Missed => self.jump_runtime(self.entries.missed)?,
            StubKind::StackFull { again, to } => {
                // What is pushed again is still in `x15` and `x17`.
                self.asm
                    .load(Width::W64, Reg::RETURNS, Reg::CONTEXT, context::RETURNS);
                if self.has_detour {
                    let at = self.asm.b();
                    return self.bind(at, again);
                }
                self.asm
                    .load(Width::W32, Reg::LINK, Reg::CONTEXT, context::INTERRUPT);
                let at = self.asm.cbz(false, Width::W32, Reg::LINK);
                self.bind(at, again)?;
                match to {
                    Some(to) => {
                        self.asm.mov_imm(Reg::X16, to.0);
                        self.jump_runtime(self.entries.interrupt)?;
                    }
                    None => self.jump_runtime(self.entries.interrupt)?,
                }
            }
            StubKind::Unpaired { value, ret } => {
                self.leave_in_detour(ret, asm::B, here.into())?;
                if value != Reg::X16 {
                    // Not above bit 31: see `writeback`.
                    self.asm.mov(Width::W32, Reg::X16, value);
                }
                self.asm
                    .load(Width::W64, Reg::RETURNS, Reg::CONTEXT, context::RETURNS);
                self.jump_runtime(self.entries.lookup)?;
            }
        }
        Ok(())
    }

    fn report_exit(&mut self, patch: u32, unlinked: u32, target: Location) -> Result<()> {
        let at = self.asm.bl();
        self.patch_runtime(at, self.entries.unlinked)?;
        self.exits.push(ExitSite {
            id: self.asm.offset(),
            patch,
            unlinked,
            target,
            tag: self.asm.opcode(patch),
        });
        Ok(())
    }
}
