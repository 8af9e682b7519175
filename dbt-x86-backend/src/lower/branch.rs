//! Control flow: exits, links, paired calls and returns.
//!
//! # Emitted-code contract
//!
//! A direct exit is a jump with a 32-bit displacement that lies within eight
//! aligned bytes, so that it can be redirected by one store while other CPUs run
//! it. Unlinked it leads to a stub that calls the runtime, and the return address
//! of that call names the exit.
//!
//! A guest call pushes the guest's return address and calls the callee, so the
//! host predicts the return. A guest return compares its target with the pushed
//! one and returns if they are equal; otherwise the stack of returns is emptied
//! and the target is looked up.
//!
//! Polling: whatever goes backwards in guest code, and every indirect jump,
//! tests the interrupt flag. Forward branches and paired returns need not: a
//! guest cannot run forever on these alone.

use dbt_core::analysis::FlagSet;
use dbt_core::host::{ExitSite, Patch};
use dbt_core::ir::{BlockId, IndirectKind, Target, Terminator, TrapKind, Value};
use dbt_core::location::Location;

use super::{Lowering, Result};
use crate::asm::{Alu, Bits, Cc, Rm};
use crate::context;
use crate::flags::Plan;
use crate::regs::Reg;

/// Code that lies after all blocks because it runs rarely.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stub {
    /// The displacement that leads here.
    at: u32,
    /// Flags that memory must hold first.
    flags: Plan,
    /// What becomes of vector registers then.
    transfers: (u32, u32),
    kind: StubKind,
}

/// What a stub does.
#[derive(Clone, Copy, Debug)]
pub(super) enum StubKind {
    /// Leaves through a direct exit.
    Exit(Location),
    /// Goes on in a block.
    Block(BlockId),
    /// Only reports a direct exit: the jump that leads here is what gets linked.
    Unlinked(Location),
    /// Leaves where a state map says.
    Mapped {
        why: Why,
        location: Location,
        flags: Plan,
        edges: Option<BlockId>,
        /// The dirty slots, as an index of `Lowering::deferred`.
        vectors: usize,
    },
    /// What a floating-point operation does with values that are not ordinary.
    SlowFloat(usize),
    /// What lies behind the unit for an operation on vectors, by its number.
    SlowVector(usize),
    /// Leaves because of an interrupt, with the location in `rcx`.
    InterruptIndirect,
    /// Empties the stack of returns and goes on after the jump.
    StackFull,
    /// A return that has no pair.
    Unpaired { value: Reg, mode: u32 },
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
            let flags = self.plan_for(target)?;
            let transfers = self.vectors_for(target);
            let at = self.asm.jmp();
            self.stub_for(at, flags, transfers, target);
            return Ok(());
        }
        let cc = self.branch_on(condition)?;
        let flags = self.plan_for(target)?;
        if let Target::Block(id) = target
            && self.goes_back(target)
        {
            // The loop goes on most times, so what that takes is done before.
            self.jump_vectors(id)?;
        }
        let transfers = self.vectors_for(target);
        let in_place = transfers.0 == transfers.1;
        match target {
            Target::Block(id) if self.take_edge(id)? || flags.is_empty() => {
                if !in_place {
                    let at = self.asm.jcc(cc);
                    self.stub_for(at, Plan::EMPTY, transfers, target);
                    return Ok(());
                }
                let at = self.asm.jcc(cc);
                self.scratch.fixups.push((at, id));
            }
            Target::Exit(to) if flags.is_empty() && in_place && !self.is_backward(to) => {
                self.align_patch(2);
                let at = self.asm.jcc(cc);
                self.stub_at(at, StubKind::Unlinked(to));
            }
            _ => {
                let at = self.asm.jcc(cc);
                self.stub_for(at, flags, transfers, target);
            }
        }
        Ok(())
    }

    /// Notes what becomes of vector registers on a branch to `target` that may not
    /// be taken.
    fn vectors_for(&mut self, target: Target) -> (u32, u32) {
        match target {
            Target::Block(id) => self.branch_vectors(id),
            Target::Exit(_) => self.exit_vectors(),
        }
    }

    /// Adds a stub without flags and transfers.
    pub(super) fn stub_at(&mut self, at: u32, kind: StubKind) {
        self.scratch.stubs.push(Stub {
            at,
            flags: Plan::EMPTY,
            transfers: (0, 0),
            kind,
        });
    }

    fn stub_for(&mut self, at: u32, flags: Plan, transfers: (u32, u32), target: Target) {
        let kind = match target {
            Target::Block(id) => StubKind::Block(id),
            Target::Exit(to) => StubKind::Exit(to),
        };
        self.scratch.stubs.push(Stub {
            at,
            flags,
            transfers,
            kind,
        });
    }

    /// Leaves at `location` if `cc` holds; a state map tells the rest.
    pub(super) fn side_exit(&mut self, cc: Cc, why: Why, location: Location, flags: Plan) {
        let edges = self.edge_flags();
        let vectors = self.deferred_vectors();
        self.side_stub(
            cc,
            StubKind::Mapped {
                why,
                location,
                flags,
                edges,
                vectors,
            },
        );
    }

    /// Branches to a stub if `cc` holds.
    pub(super) fn side_stub(&mut self, cc: Cc, kind: StubKind) {
        let at = self.asm.jcc(cc);
        self.stub_at(at, kind);
    }

    fn plan_for(&self, target: Target) -> Result<Plan> {
        self.architectural_plan(self.scratch.liveness.live_at(target))
    }

    pub(super) fn terminator(&mut self, id: BlockId, terminator: &Terminator) -> Result<()> {
        match *terminator {
            Terminator::Jump(target) => {
                let deferred = match target {
                    Target::Block(id) => self.take_edge(id)?,
                    Target::Exit(_) => false,
                };
                if let Target::Exit(_) = target {
                    self.flush_vectors();
                    self.vectors.bindings.clear();
                }
                if !deferred {
                    let demanded = self.scratch.liveness.live_at(target);
                    self.save_architectural(demanded)?;
                }
                if let Target::Block(to) = target {
                    self.look_at_slots(to, self.scratch.alignment.before_jump(id));
                }
                self.go(target)
            }
            Terminator::Call {
                target,
                return_location,
                return_to,
            } => {
                self.save_architectural(FlagSet::ALL)?;
                self.flush_vectors();
                self.vectors.bindings.clear();
                self.direct_call(target, return_location, return_to)
            }
            Terminator::Indirect { value, mode, kind } => {
                self.save_architectural(FlagSet::ALL)?;
                self.flush_vectors();
                self.vectors.bindings.clear();
                self.indirect(value, mode, kind)
            }
            Terminator::Trap { kind, info, resume } => {
                self.save_architectural(FlagSet::ALL)?;
                self.flush_vectors();
                self.vectors.bindings.clear();
                self.trap(kind, info, resume);
                Ok(())
            }
        }
    }

    /// Goes to `target`; flags are in memory, or where the edge says.
    fn go(&mut self, target: Target) -> Result<()> {
        if let Target::Block(id) = target {
            self.jump_vectors(id)?;
        }
        match target {
            Target::Block(id) if Some(id) == self.next_block => {}
            Target::Block(id) => {
                let at = self.asm.jmp();
                self.scratch.fixups.push((at, id));
            }
            Target::Exit(to) => {
                if self.is_backward(to) {
                    self.poll(to);
                }
                self.exit_jump(to);
            }
        }
        Ok(())
    }

    /// A jump that can be linked, with its stub far away.
    fn exit_jump(&mut self, to: Location) {
        self.align_patch(1);
        let at = self.asm.jmp();
        self.stub_at(at, StubKind::Unlinked(to));
    }

    fn is_backward(&self, to: Location) -> bool {
        to.pc_bits() <= self.location.pc_bits()
    }

    /// Leaves at `resume` if an interrupt is wanted.
    pub(super) fn poll(&mut self, resume: Location) {
        self.asm
            .alu_imm(Alu::Cmp, Bits::B32, Rm::State(context::INTERRUPT), 0);
        self.side_exit(Cc::Ne, Why::Interrupt, resume, Plan::EMPTY);
    }

    /// Makes the displacement of an instruction with `prefix` bytes before it lie
    /// within eight aligned bytes.
    fn align_patch(&mut self, prefix: u32) {
        while (self.input.offset + self.asm.offset() + prefix) & 7 > 4 {
            self.asm.byte(0x90);
        }
    }

    fn direct_call(
        &mut self,
        target: Target,
        return_location: Location,
        return_to: Target,
    ) -> Result<()> {
        if let Target::Exit(to) = target
            && self.is_backward(to)
        {
            self.poll(to);
        }
        self.push_return(return_location);
        match target {
            Target::Block(id) => {
                let at = self.asm.call();
                self.scratch.fixups.push((at, id));
            }
            Target::Exit(to) => {
                self.align_patch(1);
                let at = self.asm.call();
                self.stub_at(at, StubKind::Unlinked(to));
            }
        }
        self.after_return(return_to)
    }

    fn push_return(&mut self, return_location: Location) {
        self.asm.alu(
            Alu::Cmp,
            Bits::B64,
            Reg::RSP,
            Rm::State(context::STACK_LIMIT),
        );
        self.side_stub(Cc::B, StubKind::StackFull);
        self.asm.push_imm(return_location.pc_bits());
    }

    fn after_return(&mut self, return_to: Target) -> Result<()> {
        self.asm.alu_imm(Alu::Add, Bits::B64, Reg::RSP, 8);
        match return_to {
            Target::Exit(to) => self.exit_jump(to),
            Target::Block(_) => self.go(return_to)?,
        }
        Ok(())
    }

    fn indirect(&mut self, value: Value, mode: u32, kind: IndirectKind) -> Result<()> {
        match kind {
            IndirectKind::Return => {
                let value = self.reg(value)?;
                // Pairs hold locations as `push` extends them. All 64 bits are
                // compared, since the sentinel differs only in the upper ones.
                let extended = self.take_scratch()?;
                self.asm.movsxd(extended, value);
                self.asm
                    .alu_store(Alu::Cmp, Bits::B64, Rm::Stack(8), extended);
                self.side_stub(Cc::Ne, StubKind::Unpaired { value, mode });
                self.asm.ret();
            }
            IndirectKind::Jump => {
                self.location_to_rcx(value, mode)?;
                self.asm
                    .alu_imm(Alu::Cmp, Bits::B32, Rm::State(context::INTERRUPT), 0);
                self.side_stub(Cc::Ne, StubKind::InterruptIndirect);
                let entry = self.look_up();
                self.asm.jmp_mem(entry);
            }
            IndirectKind::Call {
                return_location,
                return_to,
            } => {
                self.location_to_rcx(value, mode)?;
                self.asm
                    .alu_imm(Alu::Cmp, Bits::B32, Rm::State(context::INTERRUPT), 0);
                self.side_stub(Cc::Ne, StubKind::InterruptIndirect);
                self.push_return(return_location);
                let entry = self.look_up();
                self.asm.call_mem(entry);
                self.after_return(return_to)?;
            }
        }
        Ok(())
    }

    /// Puts the location whose low half is `value` in `rcx`.
    fn location_to_rcx(&mut self, value: Value, mode: u32) -> Result<()> {
        if let Some(constant) = self.constant32(value) {
            self.asm.mov_imm(Reg::RCX, constant.into());
        } else {
            let operand = self.operand(value)?;
            if operand != Rm::Reg(Reg::RCX) {
                self.asm.mov32(Reg::RCX, operand);
            }
        }
        self.add_mode(mode);
        Ok(())
    }

    fn add_mode(&mut self, mode: u32) {
        if mode != 0 {
            self.asm.mov_imm(Reg::RAX, u64::from(mode) << 32);
            self.asm.alu(Alu::Or, Bits::B64, Reg::RCX, Reg::RAX);
        }
    }

    /// Looks the location in `rcx` up in the jump cache and returns where its
    /// code's address is. Values are not needed any more.
    fn look_up(&mut self) -> Rm {
        self.asm.mov32(Reg::RAX, Reg::RCX);
        self.asm.alu_imm(Alu::And, Bits::B32, Reg::RAX, 0x1ffe);
        self.asm
            .mov(Bits::B64, Reg::RDX, Rm::State(context::JUMP_CACHE));
        let tag = Rm::Table {
            base: Reg::RDX,
            index: Reg::RAX,
            offset: 0,
        };
        self.asm.alu_store(Alu::Cmp, Bits::B64, tag, Reg::RCX);
        let at = self.asm.jcc(Cc::Ne);
        self.patch_runtime(at, self.entries.missed);
        Rm::Table {
            base: Reg::RDX,
            index: Reg::RAX,
            offset: 8,
        }
    }

    fn trap(&mut self, kind: TrapKind, info: u32, resume: Location) {
        self.set_location(resume);
        self.asm
            .store_imm(Bits::B32, Rm::State(context::TRAP), kind as u32);
        self.asm
            .store_imm(Bits::B32, Rm::State(context::INFO), info);
        self.jump_runtime(self.entries.trap);
    }

    fn set_location(&mut self, location: Location) {
        let low = Rm::State(context::LOCATION);
        if location.mode() == 0 && location.pc_bits() <= i32::MAX.cast_unsigned() {
            self.asm.store_imm(Bits::B64, low, location.pc_bits());
        } else {
            let high = Rm::State(context::LOCATION + 4);
            self.asm.store_imm(Bits::B32, low, location.pc_bits());
            self.asm.store_imm(Bits::B32, high, location.mode());
        }
    }

    fn jump_runtime(&mut self, to: u32) {
        let at = self.asm.jmp();
        self.patch_runtime(at, to);
    }

    /// Makes the displacement at `at` lead into the runtime, which lies before
    /// this fragment.
    pub(super) fn patch_runtime(&mut self, at: u32, to: u32) {
        self.asm
            .patch(at, i64::from(to) - i64::from(self.input.offset));
    }

    /// Emits the stubs.
    pub(super) fn stubs(&mut self) -> Result<()> {
        // Stubs of exits leave nothing in vector registers.
        self.vectors.bindings.clear();
        let mut position = 0;
        // Stubs may add stubs.
        while let Some(stub) = self.scratch.stubs.get(position).copied() {
            position += 1;
            let here = self.asm.offset();
            self.asm.patch(stub.at, here.into());
            self.emit_plan(&stub.flags, context::FLAGS);
            self.emit_transfers(stub.transfers);
            self.stub(&stub, here)?;
        }
        Ok(())
    }

    fn stub(&mut self, stub: &Stub, here: u32) -> Result<()> {
        match stub.kind {
            StubKind::Exit(to) => {
                // Polls whether or not the exit goes backwards: this is a cold
                // path already.
                self.poll(to);
                self.align_patch(1);
                let patch = self.asm.jmp();
                let unlinked = self.asm.offset();
                self.asm.patch(patch, unlinked.into());
                self.report_exit(patch, unlinked, to);
            }
            StubKind::Unlinked(to) => self.report_exit(stub.at, here, to),
            StubKind::Block(id) => {
                let at = self.asm.jmp();
                self.scratch.fixups.push((at, id));
            }
            StubKind::Mapped {
                why,
                location,
                flags,
                edges,
                vectors,
            } => {
                let at = self.asm.call();
                let entry = match why {
                    Why::Interrupt => self.entries.interrupt_at,
                    Why::Interpret => self.entries.interpret_at,
                    Why::CallbackFault => self.entries.callback_fault,
                };
                self.patch_runtime(at, entry);
                let vectors = self.deferred[vectors].clone();
                self.map_here(location, flags, edges, vectors);
            }
            StubKind::SlowFloat(index) => self.emit_slow(index),
            StubKind::SlowVector(index) => self.emit_slow_vector(index)?,
            StubKind::InterruptIndirect => {
                self.asm
                    .store(Bits::B64, Rm::State(context::LOCATION), Reg::RCX);
                self.jump_runtime(self.entries.interrupt);
            }
            StubKind::StackFull => {
                self.asm
                    .mov(Bits::B64, Reg::RSP, Rm::State(context::HOST_STACK));
                let at = self.asm.jmp();
                self.asm.patch(at, i64::from(stub.at) + 4);
            }
            StubKind::Unpaired { value, mode } => {
                if value != Reg::RCX {
                    self.asm.mov32(Reg::RCX, value);
                }
                self.add_mode(mode);
                self.asm
                    .mov(Bits::B64, Reg::RSP, Rm::State(context::HOST_STACK));
                self.jump_runtime(self.entries.lookup);
            }
        }
        Ok(())
    }

    fn report_exit(&mut self, patch: u32, unlinked: u32, target: Location) {
        let at = self.asm.call();
        self.patch_runtime(at, self.entries.unlinked);
        self.exits.push(ExitSite {
            id: self.asm.offset(),
            patch: Patch {
                at: patch,
                unlinked,
                tag: 0,
            },
            target,
            entry: 0,
            bound: None,
        });
    }
}
