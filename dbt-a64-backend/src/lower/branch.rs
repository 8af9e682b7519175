//! Control flow: exits, links, calls and returns.
//!
//! # Emitted-code contract
//!
//! A direct exit is a `B` or `BL`, which is among the few instructions that may be
//! rewritten while another CPU executes them (Arm ARM DDI 0487, B2.2.5, "Concurrent
//! modification and execution of instructions"). Unlinked it leads to a stub that
//! calls the runtime, and the return address of that call names the exit. A
//! conditional exit branches to such a `B`, because `B.cond` reaches only 1 MiB.
//!
//! An indirect branch finds its code in the directory: one word for each location,
//! which is right at any moment. A word that is zero leads to a fault that the
//! environment turns into a way to the runtime. Without a directory the jump cache is
//! probed.
//!
//! An exit with slots in vector registers has a second `B`, before they are stored, for
//! fragments that expect them there; see `vector/fragment.rs`.
//!
//! A guest call calls by `BL` or `BLR`, and a guest return is a `RET` to what was found:
//! that is the instruction behind the call unless the guest returns elsewhere, so the
//! host predicts it, and no stack of returns need be kept beside the guest's.
//!
//! With a [detour](dbt_core::host::Detour) nothing polls: in the detour the branches
//! that close a loop lead to a stub that leaves, direct exits are never linked, and
//! branches to an address in a register lead to where one leaves with the location.
//!
//! Polling, without a detour: whatever goes backwards in guest code, and every indirect
//! branch, tests the interrupt flag. What goes forward need not: a guest cannot run
//! forever on that alone.

use alloc::sync::Arc;

use dbt_core::analysis::bindings::Binding;
use dbt_core::host::{BoundExit, CompileError, ExitSite, Patch};
use dbt_core::ir::{BlockId, IndirectKind, Target, Terminator, TrapKind, Value, Width};
use dbt_core::location::Location;

use super::edge::Conversion;
use super::flags::InRegister;
use super::float::Fpcr;
use super::int::Test;
use super::vector::{Bound, OnBranch};
use super::{Fixup, Lowering, Result};
use crate::asm::{self, IndirectBranch, Logic, add_immediate};
use crate::context;
use crate::flags::{Form, Sources};
use crate::regs::{GUEST_LINK, PINNED, Reg};
use crate::runtime::probe;

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
    /// Leaves through a direct exit; polls before. Slots may be in registers.
    Exit {
        to: Location,
        poll: bool,
        bound: Option<Bound>,
    },
    /// Goes on in a block, past what is done before a loop or not.
    Block { to: BlockId, back: bool },
    /// Only reports a direct exit with flags in a form: the jump that leads here is what
    /// gets linked. If slots are in registers that memory does not hold, stores them
    /// before.
    Unlinked(Location, Form, Option<Bound>),
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
            let vectors = self.branch_vectors(target);
            let at = self.asm.b();
            self.stub_for(at, flags, vectors, target);
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
        let vectors = self.branch_vectors(target);
        let in_place = vectors.is_empty() && self.branch_fpcr(target).is_none();
        let at = self.branch_if(test);
        match target {
            Target::Block(to) if in_place && flags.is_empty() => {
                let back = self.goes_back(target);
                self.scratch.fixups.push(Fixup { at, to, back });
            }
            _ => self.stub_for(at, flags, vectors, target),
        }
        Ok(())
    }

    fn stub_for(&mut self, at: u32, flags: Conversion, vectors: OnBranch, target: Target) {
        let OnBranch { transfers, bound } = vectors;
        let kind = match target {
            Target::Block(to) => StubKind::Block {
                to,
                back: self.goes_back(target),
            },
            Target::Exit(to) => StubKind::Exit {
                to,
                poll: self.ways.detour.is_none() && self.is_backward(to),
                bound,
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
        match *terminator {
            Terminator::Jump(target) => {
                let flags = self.conversion(target)?;
                let bound = match target {
                    Target::Block(id) => {
                        self.jump_vectors(id)?;
                        None
                    }
                    Target::Exit(to) => self.leave_vectors_for(to),
                };
                self.convert(&flags)?;
                self.go(target, flags.form(), bound)
            }
            Terminator::Call {
                target,
                return_location,
                return_to,
            } => {
                let flags = self.conversion(target)?;
                // A callee within the unit is entered as one outside is.
                self.leave_vectors();
                self.convert(&flags)?;
                self.direct_call(target, flags.form())?;
                self.after_call(return_location, return_to)
            }
            Terminator::Indirect { value, mode, kind } => {
                let value = self.reg(value)?;
                let flags = self.leaving(Some(self.ways.outside))?;
                self.leave_vectors();
                self.convert(&flags)?;
                self.indirect(value, mode, kind)
            }
            Terminator::Trap { kind, info, resume } => {
                let flags = self.leaving(Some(Form::Split))?;
                self.leave_vectors();
                self.convert(&flags)?;
                self.trap(kind, info, resume)
            }
        }
    }

    /// Goes to `target`; flags are as it expects them, in `form`, and slots in registers.
    fn go(&mut self, target: Target, form: Form, bound: Option<Bound>) -> Result<()> {
        match target {
            Target::Block(id) if Some(id) == self.next_block => {}
            Target::Block(to) => {
                let at = self.asm.b();
                let back = self.goes_back(target);
                self.scratch.fixups.push(Fixup { at, to, back });
            }
            Target::Exit(to) => {
                if self.is_backward(to) {
                    self.poll(to, form.sources());
                }
                self.exit_jump(to, form, bound);
            }
        }
        Ok(())
    }

    /// A jump that can be linked, with its stub far away.
    fn exit_jump(&mut self, to: Location, form: Form, bound: Option<Bound>) {
        let at = self.asm.b();
        self.stub_at(at, StubKind::Unlinked(to, form, bound));
    }

    fn is_backward(&self, to: Location) -> bool {
        to.pc_bits() <= self.location.pc_bits()
    }

    /// Leaves at `resume` if an interrupt is wanted. Between blocks only.
    pub(super) fn poll(&mut self, resume: Location, flags: Sources) {
        if self.ways.detour.is_some() {
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

    fn direct_call(&mut self, target: Target, form: Form) -> Result<()> {
        match target {
            Target::Block(to) => {
                let at = self.asm.bl();
                let back = false;
                self.scratch.fixups.push(Fixup { at, to, back });
            }
            Target::Exit(to) => {
                if self.is_backward(to) {
                    self.poll(to, form.sources());
                }
                let at = self.asm.bl();
                self.stub_at(at, StubKind::Unlinked(to, form, None));
            }
        }
        Ok(())
    }

    /// Goes on behind the host's call. The callee returns as one enters from outside.
    fn after_call(&mut self, return_location: Location, return_to: Target) -> Result<()> {
        let here = self.asm.offset();
        self.returns.push((return_location, here));
        if self.ways.has_directory {
            // What is listed there is found by others than the callee too.
            self.ways.target(IndirectBranch::Call, &mut self.asm);
        }
        let outside = self.ways.outside;
        let Target::Block(id) = return_to else {
            return self.go(return_to, outside, None);
        };
        let form = *self.scratch.forms[id.index()].get_or_insert(outside);
        let live = self.scratch.liveness.live_in(id);
        self.convert(&Conversion::between(outside, live, form))?;
        self.jump_vectors(id)?;
        self.go(return_to, form, None)
    }

    fn indirect(&mut self, value: Reg, mode: u32, kind: IndirectKind) -> Result<()> {
        if mode == 0 && self.ways.has_directory && self.ways.detour.is_some() {
            // The runtime finds these locations where they are.
            match kind {
                IndirectKind::Return if value == GUEST_LINK => {
                    self.find(GUEST_LINK, Reg::X16);
                    self.unmoved.push((self.asm.offset(), value));
                    self.asm.ret(Reg::X16);
                    return Ok(());
                }
                IndirectKind::Call {
                    return_location,
                    return_to,
                } if value.0 < PINNED => {
                    self.find(value, Reg::CALLEE);
                    self.unmoved.push((self.asm.offset(), value));
                    self.asm.blr(Reg::CALLEE);
                    return self.after_call(return_location, return_to);
                }
                _ => {}
            }
        }
        self.location_to_x16(value, mode);
        if self.ways.detour.is_none() {
            let test = self.interrupt_wanted();
            self.side_stub(test, StubKind::InterruptIndirect);
        }
        if !self.ways.has_directory {
            probe(Reg::LOOKUP, &mut self.asm);
            let at = self.asm.cbz(true, Width::W64, Reg::X15);
            self.stub_at(at, StubKind::Missed);
        } else if mode == 0 {
            self.find(Reg::X16, Reg::X17);
        } else {
            self.look_up_elsewhere()?;
        }
        self.interrupt_in_detour()?;
        match kind {
            IndirectKind::Return => self.asm.ret(Reg::X17),
            IndirectKind::Jump => self.asm.br(Reg::X17),
            IndirectKind::Call {
                return_location,
                return_to,
            } => {
                self.asm.blr(Reg::X17);
                self.after_call(return_location, return_to)?;
            }
        }
        Ok(())
    }

    /// Puts the host address that the directory has for a location in a register.
    fn find(&mut self, location: Reg, to: Reg) {
        self.asm.load_element(to, Reg::LOOKUP, location);
    }

    /// Puts the address of the runtime's lookup in `x17`: no directory has the location.
    fn look_up_elsewhere(&mut self) -> Result<()> {
        let immediate = add_immediate(self.entries.lookup.into());
        let immediate = immediate.ok_or(CompileError::Unsupported)?;
        self.asm
            .add_imm(false, false, Width::W64, Reg::X17, Reg::CODE, immediate);
        Ok(())
    }

    /// Has the detour leave here, with a location in `x16`.
    fn interrupt_in_detour(&mut self) -> Result<()> {
        let at = self.asm.offset();
        self.leave_for_runtime(at, self.entries.interrupt)
    }

    /// Emits where the detour leaves instead of entering the head of a loop.
    pub(super) fn loop_stubs(&mut self) -> Result<()> {
        if self.ways.detour.is_none() {
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

    /// Emits where the detour leaves instead of going to a location in a pinned register.
    pub(super) fn unmoved_stubs(&mut self) -> Result<()> {
        let mut unmoved = core::mem::take(&mut self.unmoved);
        while let Some((_, reg)) = unmoved.first().copied() {
            let here = self.asm.offset();
            for (at, _) in unmoved.extract_if(.., |(_, other)| *other == reg) {
                self.leave_in_detour(at, asm::B, here.into())?;
            }
            self.asm.mov(Width::W32, Reg::X16, reg);
            self.jump_runtime(self.entries.interrupt)?;
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
            self.stub(&stub)?;
        }
        Ok(())
    }

    fn stub(&mut self, stub: &Stub) -> Result<()> {
        match stub.kind {
            StubKind::Exit { to, poll, bound } => {
                let form = stub.flags.form();
                if poll {
                    self.poll_bound(to, form.sources(), bound);
                }
                let at = self.jump_on()?;
                self.store_and_report(at, to, form, bound)?;
            }
            StubKind::Unlinked(to, form, bound) => {
                self.store_and_report(stub.at, to, form, bound)?;
            }
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
        }
        Ok(())
    }

    /// Jumps to what follows.
    fn jump_on(&mut self) -> Result<u32> {
        let at = self.asm.b();
        let here = self.asm.offset();
        self.bind(at, here)?;
        Ok(at)
    }

    /// Emits what the jump at `at` leads to that leaves by a direct exit, until it is
    /// linked.
    fn store_and_report(
        &mut self,
        at: u32,
        target: Location,
        form: Form,
        bound: Option<Bound>,
    ) -> Result<()> {
        let Some(bound) = bound else {
            return self.report_exit(at, target, form, None);
        };
        let unlinked = self.asm.offset();
        let patch = match self.store_bound(bound) {
            true => self.jump_on()?,
            // There is nothing between the two places.
            false => at,
        };
        let bound = BoundExit {
            patch: Patch {
                at,
                unlinked,
                tag: self.asm.opcode(at),
            },
            bindings: self.bound_bindings(bound),
        };
        self.report_exit(patch, target, form, Some(bound))
    }

    /// Reports a direct exit that is not linked, with flags in a form.
    fn report_exit(
        &mut self,
        patch: u32,
        target: Location,
        form: Form,
        bound: Option<BoundExit>,
    ) -> Result<()> {
        let unlinked = self.asm.offset();
        if form == Form::Full {
            self.asm.read_flags(Reg::CARRY);
        }
        let at = self.asm.bl();
        self.patch_runtime(at, self.entries.unlinked)?;
        self.exits.push(ExitSite {
            id: self.asm.offset(),
            patch: Patch {
                at: patch,
                unlinked,
                tag: self.asm.opcode(patch),
            },
            target,
            entry: self.entry_of(form),
            bound,
        });
        Ok(())
    }
}
