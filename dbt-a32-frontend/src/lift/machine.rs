//! The machine whose values are those of the IR.

use dbt_core::ir::{Builder, IndirectKind, Target, Terminator, TrapKind, Value};
use dbt_core::location::Location;
use dbt_isa::machine::{Abort, Flow, Machine};
use dbt_isa::ops::{Access, BinOp, CmpOp, Condition, Size, UnOp};

use super::region::Plan;
use crate::guest::{Mode, slot};
use crate::insn::Insn;
use crate::itstate::{Cond, ItState};
use crate::machine::{A32Machine, BranchKind, TrapKind as GuestTrap};
use crate::operands::AddrImm;
use crate::reg::Reg;
use crate::system::config::Core;
use crate::system::psr::context;

/// IR instructions up to which a selection is better than a branch.
const MAX_SELECTED: usize = 10;

/// What the guest does at the system level.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Level {
    /// It has user-level code only.
    User,
    /// It has all modes; the embedder takes exceptions.
    Modes,
    /// It has all modes and takes exceptions itself.
    Exceptions,
}

impl Level {
    pub(super) const fn of(core: &Core) -> Self {
        if core.takes_exceptions() {
            Self::Exceptions
        } else if core.system.is_some() {
            Self::Modes
        } else {
            Self::User
        }
    }
}

/// Where an instruction stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    pub(super) pc: u32,
    pub(super) len: u32,
    pub(super) thumb: bool,
    pub(super) mode: Mode,
    /// `ITSTATE` for the next instruction.
    pub(super) next_it: ItState,
    pub(super) level: Level,
}

impl Site {
    fn location(&self) -> Location {
        self.mode.at(self.pc, self.thumb)
    }

    /// The next instruction.
    fn next(&self) -> Location {
        let mode = Mode {
            it: self.next_it,
            ..self.mode
        };
        mode.at(self.pc.wrapping_add(self.len), self.thumb)
    }

    /// Where a branch goes: IT blocks end there.
    fn elsewhere(&self, pc: u32, thumb: bool) -> Location {
        Mode {
            it: ItState::EMPTY,
            ..self.mode
        }
        .at(pc, thumb)
    }
}

/// Lifts one instruction.
#[derive(Debug)]
pub(super) struct Lifter<'a, 'u> {
    pub(super) builder: &'a mut Builder<'u>,
    plan: &'a mut Plan,
    pub(super) site: Site,
    /// While trying a selection: whether the instruction does what it must.
    selecting: Option<Value>,
    refused: bool,
}

impl<'a, 'u> Lifter<'a, 'u> {
    pub(super) fn new(builder: &'a mut Builder<'u>, plan: &'a mut Plan, site: Site) -> Self {
        Self {
            builder,
            plan,
            site,
            selecting: None,
            refused: false,
        }
    }

    pub(super) fn site(&self) -> &Site {
        &self.site
    }

    /// Lifts an instruction whatever guards it.
    pub(super) fn execute(&mut self, insn: &Insn) {
        let result = insn.execute(self);
        debug_assert!(result.is_ok(), "nothing aborts while lifting");
    }

    /// Tries to lift a guarded instruction as a selection between old and new
    /// values of registers.
    pub(super) fn select(&mut self, insn: &Insn, cond: Cond) -> bool {
        let Some(condition) = cond.condition() else {
            return false;
        };
        let start = self.builder.unit().insts.len();
        let next_it = self.site.next_it;
        self.selecting = Some(self.condition_now(condition));
        self.refused = false;
        self.execute(insn);
        self.selecting = None;
        let short = self.builder.unit().insts.len() - start <= MAX_SELECTED;
        if self.refused || !short {
            self.builder.rewind(start);
            self.site.next_it = next_it;
            self.refused = false;
            return false;
        }
        true
    }

    /// Refuses what a selection cannot express; returns whether it did.
    pub(super) fn refuse(&mut self) -> bool {
        self.refused |= self.selecting.is_some();
        self.selecting.is_some()
    }

    /// Reads whether a condition holds.
    pub(super) fn condition_now(&mut self, condition: Condition) -> Value {
        let flags = self.builder.get(slot::NZCV);
        self.builder.condition(flags, condition)
    }

    /// Branches to `target` if `cond` holds.
    pub(super) fn branch_on(&mut self, cond: Cond, target: u32) {
        let location = self.site.elsewhere(target, self.site.thumb);
        let to = self.plan.target(self.site.pc, location, self.builder);
        match cond.condition() {
            Some(condition) => {
                let holds = self.condition_now(condition);
                self.builder.exit_if(holds, to);
            }
            None => self.builder.end(Terminator::Jump(to)),
        }
    }

    /// Stops at `resume`.
    pub(super) fn stop(&mut self, kind: TrapKind, info: u32, resume: Location) {
        if !self.refuse() {
            self.builder.end(Terminator::Trap { kind, info, resume });
        }
    }

    /// Stops at an UNDEFINED instruction.
    pub(super) fn undefined(&mut self, word: u32) {
        if self.site.level == Level::Exceptions {
            let _ = self.interpret();
        } else {
            self.stop(TrapKind::Undefined, word, self.site.location());
        }
    }

    /// An access as the mode makes it.
    pub(super) fn access(&self, mut access: Access) -> Access {
        let bits = self.site.mode.system;
        // Doublewords that must be aligned as such say so; others are two words.
        access.aligned |= bits & context::ALIGNED != 0 && access.size != Size::Dword;
        access.unprivileged |= bits & context::UNPRIVILEGED != 0;
        access
    }

    /// Leaves the instruction to the interpreter.
    pub(super) fn interpret(&mut self) -> Flow {
        self.stop(TrapKind::Interpret, 0, self.site.location());
        Flow::Leave
    }

    /// Goes to a computed location in the mode of this one.
    fn indirect(&mut self, value: Value, kind: BranchKind) -> Flow {
        if self.refuse() {
            return Flow::Leave;
        }
        let mode = Mode {
            it: ItState::EMPTY,
            ..self.site.mode
        }
        .bits();
        let kind = match kind {
            BranchKind::Jump => IndirectKind::Jump,
            BranchKind::Return => IndirectKind::Return,
            BranchKind::Call { link } => {
                let (return_location, return_to) = self.returning(link);
                IndirectKind::Call {
                    return_location,
                    return_to,
                }
            }
        };
        self.builder.end(Terminator::Indirect { value, mode, kind });
        Flow::Leave
    }

    /// Returns where a call returns to.
    fn returning(&mut self, link: u32) -> (Location, Target) {
        let thumb = link & 1 != 0;
        let location = self.site.elsewhere(link & !1, thumb);
        (
            location,
            self.plan.target(self.site.pc, location, self.builder),
        )
    }

    pub(super) fn set_slot(&mut self, slot: dbt_core::ir::Slot, value: Value) {
        let value = match self.selecting {
            Some(condition) => {
                let old = self.builder.get(slot);
                self.builder.select(condition, value, old)
            }
            None => value,
        };
        self.builder.set(slot, value);
    }
}

/// Methods that the builder has.
macro_rules! delegate {
    ($(fn $name:ident($($arg:ident: $ty:ty),*);)*) => {
        $(fn $name(&mut self, $($arg: $ty),*) -> Value {
            self.builder.$name($($arg),*)
        })*
    };
}

impl Machine for Lifter<'_, '_> {
    type Bit = Value;
    type Word = Value;
    type Dword = Value;
    type Flags = Value;

    delegate! {
        fn bit(value: bool);
        fn imm(value: u32);
        fn imm64(value: u64);
        fn binary(op: BinOp, a: Value, b: Value);
        fn binary64(op: BinOp, a: Value, b: Value);
        fn unary(op: UnOp, a: Value);
        fn compare(op: CmpOp, a: Value, b: Value);
        fn compare64(op: CmpOp, a: Value, b: Value);
        fn bit_and(a: Value, b: Value);
        fn bit_or(a: Value, b: Value);
        fn bit_xor(a: Value, b: Value);
        fn bit_not(a: Value);
        fn bit_to_word(a: Value);
        fn select(condition: Value, yes: Value, no: Value);
        fn select64(condition: Value, yes: Value, no: Value);
        fn zext64(a: Value);
        fn sext64(a: Value);
        fn low(a: Value);
        fn high(a: Value);
        fn adc(a: Value, b: Value, carry: Value);
        fn sbc(a: Value, b: Value, carry: Value);
        fn add_flags(a: Value, b: Value);
        fn sub_flags(a: Value, b: Value);
        fn adc_flags(a: Value, b: Value, carry: Value);
        fn sbc_flags(a: Value, b: Value, carry: Value);
        fn nz_flags(result: Value, rest: Value);
        fn nzc_flags(result: Value, carry: Value, rest: Value);
        fn flags_from_psr(word: Value);
        fn flags_to_psr(flags: Value);
        fn condition(flags: Value, condition: Condition);
    }

    fn load(&mut self, access: Access, address: Value) -> Result<Value, Abort> {
        self.refuse();
        self.builder.load(self.access(access), address)
    }
    fn load64(&mut self, access: Access, address: Value) -> Result<Value, Abort> {
        self.refuse();
        self.builder.load64(self.access(access), address)
    }
    fn store(&mut self, access: Access, address: Value, value: Value) -> Result<(), Abort> {
        self.refuse();
        self.builder.store(self.access(access), address, value)
    }
    fn store64(&mut self, access: Access, address: Value, value: Value) -> Result<(), Abort> {
        self.refuse();
        self.builder.store64(self.access(access), address, value)
    }
    fn load_tag(&mut self, address: Value) -> Value {
        self.refuse();
        self.builder.load_tag(address)
    }
    fn store_exclusive(
        &mut self,
        access: Access,
        address: Value,
        tag: Value,
        expected: Value,
        new: Value,
    ) -> Result<Value, Abort> {
        self.refuse();
        self.builder
            .store_exclusive(self.access(access), address, tag, expected, new)
    }
    fn fence(&mut self) {
        self.refuse();
        self.builder.fence();
    }

    fn when(
        &mut self,
        condition: Value,
        body: impl FnOnce(&mut Self) -> Result<(), Abort>,
    ) -> Result<(), Abort> {
        if self.refuse() {
            return Ok(());
        }
        let join = self.builder.reserve();
        let skip = self.builder.bit_not(condition);
        self.builder.exit_if(skip, Target::Block(join));
        let result = body(self);
        if self.builder.is_open() {
            self.builder.end(Terminator::Jump(Target::Block(join)));
        }
        self.builder.begin(join, None);
        result
    }
}

impl A32Machine for Lifter<'_, '_> {
    fn pc(&self) -> u32 {
        self.site.pc
    }
    fn thumb(&self) -> bool {
        self.site.thumb
    }
    fn big_endian(&self) -> bool {
        self.site.mode.big_endian
    }
    fn insn_len(&self) -> u32 {
        self.site.len
    }

    fn reg(&mut self, reg: Reg) -> Value {
        if reg.is_pc() {
            let ahead = if self.site.thumb { 4 } else { 8 };
            return self.builder.imm(self.site.pc.wrapping_add(ahead));
        }
        self.builder.get(slot::r(reg.index()))
    }
    fn set_reg(&mut self, reg: Reg, value: Value) {
        self.set_slot(slot::r(reg.index()), value);
    }
    fn flags(&mut self) -> Value {
        self.builder.get(slot::NZCV)
    }
    fn set_flags(&mut self, flags: Value) {
        if !self.refuse() {
            self.builder.set(slot::NZCV, flags);
        }
    }
    fn q(&mut self) -> Value {
        self.builder.get(slot::Q)
    }
    fn set_q(&mut self, value: Value) {
        self.set_slot(slot::Q, value);
    }
    fn ge(&mut self) -> Value {
        self.builder.get(slot::GE)
    }
    fn set_ge(&mut self, value: Value) {
        self.set_slot(slot::GE, value);
    }

    fn branch(&mut self, target: u32, thumb: bool, kind: BranchKind) -> Flow {
        if self.refuse() {
            return Flow::Leave;
        }
        let location = self.site.elsewhere(target, thumb);
        let end = match kind {
            BranchKind::Jump | BranchKind::Return => {
                Terminator::Jump(self.plan.target(self.site.pc, location, self.builder))
            }
            BranchKind::Call { link } => {
                let (return_location, return_to) = self.returning(link);
                Terminator::Call {
                    target: Target::Exit(location),
                    return_location,
                    return_to,
                }
            }
        };
        self.builder.end(end);
        Flow::Leave
    }
    fn branch_if(&mut self, condition: Value, target: u32) -> Flow {
        if !self.refuse() {
            let location = self.site.elsewhere(target, self.site.thumb);
            let to = self.plan.target(self.site.pc, location, self.builder);
            self.builder.exit_if(condition, to);
        }
        Flow::Next
    }
    fn branch_indirect(&mut self, target: Value, kind: BranchKind) -> Flow {
        self.indirect(target, kind)
    }
    fn branch_same_state(&mut self, target: Value, kind: BranchKind) -> Flow {
        let value = if self.site.thumb {
            let one = self.builder.imm(1);
            self.builder.or(target, one)
        } else {
            self.builder.and_imm(target, !3)
        };
        self.indirect(value, kind)
    }

    fn trap(&mut self, kind: GuestTrap, info: u32) -> Flow {
        if self.site.level == Level::Exceptions && kind.is_exception() {
            return self.interpret();
        }
        let resume = if kind.retires() {
            self.site.next()
        } else {
            self.site.location()
        };
        self.stop(kind.into(), info, resume);
        Flow::Leave
    }
    fn set_big_endian(&mut self, _: Value) -> Flow {
        self.interpret()
    }
    fn set_it(&mut self, it: ItState) {
        self.site.next_it = it;
    }
    fn instruction_barrier(&mut self) -> Flow {
        let resume = self.site.next();
        self.stop(TrapKind::Resynchronise, 0, resume);
        Flow::Leave
    }

    fn exclusive_address(&mut self) -> Value {
        self.builder.get(slot::EXCLUSIVE_ADDRESS)
    }
    fn exclusive_value(&mut self) -> Value {
        self.builder.get(slot::EXCLUSIVE_VALUE)
    }
    fn exclusive_tag(&mut self) -> Value {
        self.builder.get(slot::EXCLUSIVE_TAG)
    }
    fn set_exclusive(&mut self, address: Value, tag: Value, value: Value) {
        if !self.refuse() {
            self.builder.set(slot::EXCLUSIVE_ADDRESS, address);
            self.builder.set(slot::EXCLUSIVE_TAG, tag);
            self.builder.set(slot::EXCLUSIVE_VALUE, value);
        }
    }
    fn loaded_exclusive(&self, size: Size, address: AddrImm) -> Option<(Value, Value)> {
        self.pending_exclusive(size, address)
    }
    fn clear_exclusive(&mut self) {
        if !self.refuse() {
            let open = self.builder.imm64(crate::state::ArmState::MONITOR_OPEN);
            self.builder.set(slot::EXCLUSIVE_ADDRESS, open);
        }
    }

    fn tpidruro(&mut self) -> Value {
        self.builder.get(slot::TPIDRURO)
    }
    fn tpidrurw(&mut self) -> Value {
        self.builder.get(slot::TPIDRURW)
    }
    fn set_tpidrurw(&mut self, value: Value) {
        self.set_slot(slot::TPIDRURW, value);
    }
}
