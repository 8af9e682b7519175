//! Code emitted once: how control enters and leaves generated code.
//!
//! # Emitted-code contract
//!
//! `enter(state, code)` saves the host's callee-saved registers, loads the
//! pinned registers from their slots and jumps to `code`. Each way to leave stores
//! the pinned registers and the flags, unwinds the stack to where `enter` left it and
//! returns to `enter`'s caller.
//!
//! The directory leads from locations that have no code to the first byte of code
//! memory. What is there, with a directory, finds the location in `x16`, or in
//! [`GUEST_LINK`] if `x16` holds the address of that byte, which is no location.
//! Where the directory has zero, the fault hook leads to `absent`, which finds the
//! location likewise, but for zero in place of the address. If it is [`Reg::CALLEE`]
//! that holds the address, or zero, then a call has come here, and the location is in the
//! register by which the instruction before the call has looked it up.
//!
//! A slot that the layout calls aligned is so while generated code runs: `enter` leaves
//! the instruction to the interpreter otherwise.
//!
//! With a detour, `enter` and the return from a called function look whether an
//! interrupt is wanted: the thread cannot be moved before, since it is not in generated
//! code. A function called from the code returns to the code, and from there to the
//! detour if it must.

use alloc::vec::Vec;

use dbt_core::guest::StateLayout;
use dbt_core::host::{Detour, Leave};
use dbt_core::ir::{TrapKind, Width};

use crate::asm::{
    Asm, B, IndirectBranch, Logic, Mem, Shift, Shifted, View, add_immediate, logical_immediate,
    with_target,
};
use crate::context;
use crate::facts::Pins;
use crate::flags::Form;
use crate::regs::{GUEST_LINK, PINNED, Reg, Vreg};

/// Offsets of the runtime's entry points from the start of code memory.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entries {
    pub(crate) enter: u32,
    /// Where a jump to address zero resumes.
    pub(crate) absent: u32,
    /// Called with flags split: the return address identifies the exit.
    pub(crate) unlinked: u32,
    /// Jumped to with the context's location set, and flags split.
    pub(crate) trap: u32,
    /// Jumped to with a location in `x16`, and flags as outside.
    pub(crate) interrupt: u32,
    /// Jumped to by `enter` with the context's location set.
    pub(crate) not_entered: u32,
    /// Likewise.
    pub(crate) unaligned: u32,
    /// Called: the return address names a state map.
    pub(crate) interrupt_at: u32,
    /// Called: the return address names a state map.
    pub(crate) interpret_at: u32,
    /// Jumped to by the fault hook.
    pub(crate) fault: u32,
    /// Called after a callback access faulted: the return address identifies
    /// the access.
    pub(crate) callback_fault: u32,
    /// Jumped to with a location in `x16`, and flags as outside: looks it up in the
    /// jump cache.
    pub(crate) lookup: u32,
    /// Jumped to with a location in `x16` that has not been found, and flags as outside.
    pub(crate) missed: u32,
    /// Called with a function in `x16` and its arguments in the context; passes
    /// the state. Leaves the host's flags alone; the result is in `x16`.
    pub(crate) call_state: u32,
    /// As `call_state`, but passes the context.
    pub(crate) call_context: u32,
    /// As `call_state`, and leaves vector registers alone.
    pub(crate) call_float: u32,
    pub(crate) len: u32,
}

impl Entries {
    /// Returns the name of the entry point at an offset from the start of code
    /// memory.
    pub(crate) fn name(&self, offset: u32) -> Option<&'static str> {
        let entries = [
            (self.enter, "enter"),
            (self.absent, "absent"),
            (self.unlinked, "unlinked"),
            (self.trap, "trap"),
            (self.interrupt, "interrupt"),
            (self.not_entered, "not_entered"),
            (self.unaligned, "unaligned"),
            (self.interrupt_at, "interrupt_at"),
            (self.interpret_at, "interpret_at"),
            (self.fault, "fault"),
            (self.callback_fault, "callback_fault"),
            (self.lookup, "lookup"),
            (self.missed, "missed"),
            (self.call_state, "call_state"),
            (self.call_context, "call_context"),
            (self.call_float, "call_float"),
        ];
        let found = entries.iter().find(|(entry, _)| *entry == offset);
        found.map(|(_, name)| *name)
    }
}

/// Bytes of `enter`'s frame.
const FRAME: i32 = 0xb0;

/// Where in it the host's `FPSR` is.
const FRAME_FPSR: i32 = 0xa0;

/// The bits of `FPCR` in the context's form, which has the flags of `FPSR` besides.
const CONTROL: u64 = 0x07f8_0000;
/// The bits of these flags.
const STATUS: u64 = 0xf800_00ff;

/// What decides how generated code finds its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ways {
    /// How far above all code its detour lies, if there is one.
    pub(crate) detour: Option<u32>,
    /// Whether indirect branches use the directory.
    pub(crate) has_directory: bool,
    /// Where flags are when a fragment is entered by what is no direct exit.
    pub(crate) outside: Form,
    /// Whether what indirect branches lead to begins with `BTI`.
    pub(crate) branch_targets: bool,
}

impl Ways {
    /// Emits what an indirect branch leads to: by `x16` or `x17`, as a call, or by a
    /// register of a veneer's.
    pub(crate) fn target(self, by: IndirectBranch, asm: &mut Asm<'_>) {
        if self.branch_targets {
            asm.bti(by);
        }
    }
}

/// Emits the runtime to `code`, which is empty, and returns how its detour differs if
/// there is one.
pub(crate) fn emit(
    layout: &StateLayout,
    pins: &Pins,
    ways: Ways,
    code: &mut Vec<u8>,
) -> (Entries, Vec<Detour>) {
    let Ways {
        detour,
        has_directory,
        outside,
        ..
    } = ways;
    let mut asm = Asm { code };
    let absent = has_directory.then(|| Absent::emit(ways, &mut asm));
    let mut entries = Entries {
        enter: asm.offset(),
        absent: absent.map_or(0, |absent| absent.by_fault),
        ..Entries::default()
    };
    let mut differences = Vec::new();
    // Has the detour hold a branch at `at` instead, leading to `to`.
    let mut differ = |at: u32, to: u32| {
        let word = with_target(B, i64::from(to) - i64::from(at));
        differences.extend(word.map(|word| Detour { offset: at, word }));
    };
    let wanted = enter(layout, pins, ways, &mut asm);
    let unaligned = pins.aligned().map(|reg| {
        let mask = logical_immediate(3, Width::W32);
        asm.logic_imm(Logic::And, Width::W32, Reg::X17, reg, mask.unwrap_or(0));
        asm.cbz(true, Width::W32, Reg::X17)
    });
    let enters = asm.offset();
    asm.br(Reg::X16);

    let veneer = IndirectBranch::Jump;
    entries.unlinked = asm.offset();
    ways.target(veneer, &mut asm);
    asm.store(Width::W64, Reg::LINK, Reg::CONTEXT, context::EXIT);
    leave(Leave::Unlinked, &mut asm);
    let common = asm.offset();
    unwind(layout, pins, &mut asm);

    entries.missed = asm.offset();
    ways.target(veneer, &mut asm);
    for at in absent.into_iter().flat_map(|absent| absent.found) {
        asm.patch(at, entries.missed.into());
    }
    split_flags(outside, &mut asm);
    asm.store(Width::W64, Reg::X16, Reg::CONTEXT, context::LOCATION);
    leave_through(Leave::Indirect, common, &mut asm);
    entries.trap = asm.offset();
    ways.target(veneer, &mut asm);
    leave_through(Leave::Trap, common, &mut asm);
    entries.interrupt = asm.offset();
    ways.target(veneer, &mut asm);
    split_flags(outside, &mut asm);
    asm.store(Width::W64, Reg::X16, Reg::CONTEXT, context::LOCATION);
    entries.unaligned = asm.offset();
    asm.mov_imm(Reg::X17, TrapKind::Interpret as u64);
    asm.store(Width::W64, Reg::X17, Reg::CONTEXT, context::TRAP);
    leave_through(Leave::Trap, common, &mut asm);
    if let Some(unaligned) = unaligned {
        asm.patch(unaligned, entries.unaligned.into());
    }
    entries.not_entered = asm.offset();
    leave_through(Leave::Interrupt, common, &mut asm);
    if let Some(wanted) = wanted {
        asm.patch(wanted, entries.not_entered.into());
    }
    differ(enters, entries.not_entered);
    let recorded = asm.offset();
    move_vectors(false, &mut asm);
    let at = asm.b();
    asm.patch(at, common.into());
    entries.fault = asm.offset();
    leave_through(Leave::Fault, recorded, &mut asm);
    entries.callback_fault = asm.offset();
    ways.target(veneer, &mut asm);
    leave_at(Leave::Fault, recorded, &mut asm);
    entries.interrupt_at = asm.offset();
    ways.target(veneer, &mut asm);
    leave_at(Leave::InterruptAt, recorded, &mut asm);
    entries.interpret_at = asm.offset();
    ways.target(veneer, &mut asm);
    leave_at(Leave::InterpretAt, recorded, &mut asm);
    entries.lookup = asm.offset();
    ways.target(IndirectBranch::Call, &mut asm);
    lookup(has_directory, entries.missed, &mut asm);
    differ(asm.offset(), entries.interrupt);
    asm.br(Reg::X17);
    let returns = detour.map(|distance| returns(distance, &mut asm));
    for (entry, argument, keeps_vectors) in [
        (&mut entries.call_state, context::STATE, false),
        (&mut entries.call_context, 0, true),
        (&mut entries.call_float, context::STATE, true),
    ] {
        *entry = asm.offset();
        ways.target(veneer, &mut asm);
        call(layout, pins, argument, keeps_vectors, &mut asm);
        if let Some(Returns { moved, in_detour }) = returns {
            asm.load(Width::W32, Reg::X17, Reg::CONTEXT, context::INTERRUPT);
            let wanted = asm.cbz(true, Width::W32, Reg::X17);
            asm.patch(wanted, moved.into());
            differ(wanted, in_detour);
            differ(asm.offset(), in_detour);
        }
        asm.ret(Reg::LINK);
    }
    entries.len = asm.offset();
    (entries, differences)
}

/// Brings flags that are as outside to where runtime code expects them.
fn split_flags(outside: Form, asm: &mut Asm<'_>) {
    if outside == Form::Full {
        asm.read_flags(Reg::CARRY);
    }
}

/// Where control gets that does not find its location in the directory.
#[derive(Clone, Copy, Debug)]
struct Absent {
    /// Where it gets by way of a fault.
    by_fault: u32,
    /// The branches that lead on, with the location in `x16`.
    found: [u32; PINNED as usize + 4],
}

impl Absent {
    /// Emits it to the start of code memory.
    fn emit(ways: Ways, asm: &mut Asm<'_>) -> Self {
        let target = |asm: &mut Asm<'_>| ways.target(IndirectBranch::Call, asm);
        target(asm);
        let mut found = [0; PINNED as usize + 4];
        let is_start = |reg: Reg, asm: &mut Asm<'_>| {
            let start = Reg::CODE.into();
            asm.logic(Logic::Eor, false, Width::W64, Reg::X17, reg, start);
            Reg::X17
        };
        let is_callee = is_start(Reg::CALLEE, asm);
        let called = asm.cbz(false, Width::W64, is_callee);
        let is_link = is_start(Reg::X16, asm);
        found[0] = asm.cbz(true, Width::W64, is_link);
        asm.mov(Width::W32, Reg::X16, GUEST_LINK);
        found[1] = asm.b();
        let by_fault = asm.offset();
        // The fault hook resumes as the jump to zero would have gone on.
        target(asm);
        let called_by_fault = asm.cbz(false, Width::W64, Reg::CALLEE);
        found[2] = asm.cbz(true, Width::W64, Reg::X16);
        asm.mov(Width::W32, Reg::X16, GUEST_LINK);
        found[3] = asm.b();
        let here = asm.offset();
        asm.patch(called, here.into());
        asm.patch(called_by_fault, here.into());
        // `Rm` of the load, two instructions before where the call returns to.
        asm.load(Width::W32, Reg::X17, Reg::LINK, -8);
        asm.extract(false, Width::W32, Reg::X17, Reg::X17, 16, 5);
        asm.adr(Reg::X16, 12);
        // Two instructions each, or four.
        let each = Shifted {
            reg: Reg::X17,
            shift: Shift::Lsl,
            amount: 3 + u8::from(ways.branch_targets),
        };
        asm.add_reg(false, false, Width::W64, Reg::X16, Reg::X16, each);
        asm.br(Reg::X16);
        for (n, found) in (0..PINNED).zip(&mut found[4..]) {
            target(asm);
            asm.mov(Width::W32, Reg::X16, Reg(n));
            *found = asm.b();
            target(asm);
        }
        Self { by_fault, found }
    }
}

/// Ways back from a called function.
#[derive(Clone, Copy, Debug)]
struct Returns {
    /// From the code to the detour.
    moved: u32,
    /// In the detour, where the thread may have arrived since the call.
    in_detour: u32,
}

/// Emits ways back with the return address in `x30`. `x15` and `x17` are lost.
fn returns(distance: u32, asm: &mut Asm<'_>) -> Returns {
    let up = |asm: &mut Asm<'_>| {
        asm.mov_imm(Reg::X17, distance.into());
        let distance = Reg::X17.into();
        asm.add_reg(false, false, Width::W64, Reg::LINK, Reg::LINK, distance);
    };
    let moved = asm.offset();
    up(asm);
    asm.ret(Reg::LINK);
    let in_detour = asm.offset();
    // All code of the detour lies above its runtime, which is here.
    asm.adr(Reg::X15, -in_detour.cast_signed());
    asm.add_reg(
        true,
        false,
        Width::W64,
        Reg::X15,
        Reg::LINK,
        Reg::X15.into(),
    );
    let above = asm.tbz(false, Reg::X15, 63);
    up(asm);
    let here = asm.offset();
    asm.patch(above, here.into());
    asm.ret(Reg::LINK);
    Returns { moved, in_detour }
}

/// Adds a constant that is known to have an encoding.
fn add(asm: &mut Asm<'_>, subtract: bool, dst: Reg, a: Reg, constant: u64) {
    let immediate = add_immediate(constant);
    debug_assert!(immediate.is_some(), "a constant of the runtime fits");
    asm.add_imm(subtract, false, Width::W64, dst, a, immediate.unwrap_or(0));
}

/// Returns the branch that is taken if an interrupt is wanted, if that is to be seen.
fn enter(layout: &StateLayout, pins: &Pins, ways: Ways, asm: &mut Asm<'_>) -> Option<u32> {
    ways.target(IndirectBranch::Call, asm);
    asm.push_pair(Reg(29), Reg::LINK, Reg::SP, -FRAME);
    for (place, first) in [19, 21, 23, 25, 27].into_iter().enumerate() {
        let offset = 16 + i32::try_from(place).unwrap_or(0) * 16;
        asm.pair(
            false,
            Width::W64,
            Reg(first),
            Reg(first + 1),
            Reg::SP,
            offset,
        );
    }
    move_saved_vectors(false, asm);
    asm.read_fpsr(Reg::X17);
    asm.store(Width::W64, Reg::X17, Reg::SP, FRAME_FPSR);
    // x19 = context
    add(
        asm,
        true,
        Reg::CONTEXT,
        Reg(0),
        u64::try_from(context::STATE).unwrap_or(0),
    );
    asm.mov(Width::W64, Reg::X16, Reg(1));
    // x17 = sp
    add(asm, false, Reg::X17, Reg::SP, 0);
    asm.store(Width::W64, Reg::X17, Reg::CONTEXT, context::HOST_STACK);
    asm.load(Width::W64, Reg::WINDOW, Reg::CONTEXT, context::WINDOW);
    let lookup = match ways.has_directory {
        true => context::DIRECTORY,
        false => context::JUMP_CACHE,
    };
    asm.load(Width::W64, Reg::LOOKUP, Reg::CONTEXT, lookup);
    asm.adr(Reg::CODE, -asm.offset().cast_signed());
    asm.mov_imm(Reg::CALLEE, u64::MAX);
    asm.load(Width::W64, Reg::CARRY, Reg::CONTEXT, context::FLAGS);
    asm.write_flags(Reg::CARRY);
    enter_float(asm);
    move_pinned(true, layout, pins, asm);
    ways.detour.map(|_| {
        asm.load(Width::W32, Reg::X17, Reg::CONTEXT, context::INTERRUPT);
        asm.cbz(true, Width::W32, Reg::X17)
    })
}

/// Stores the vector registers that the host wants back, or loads them.
fn move_saved_vectors(load: bool, asm: &mut Asm<'_>) {
    for pair in 0..4_u8 {
        let regs = [Vreg(8 + 2 * pair), Vreg(9 + 2 * pair)];
        let offset = 0x60 + i32::from(pair) * 16;
        let base = Reg::SP;
        asm.vector_pair(load, View::D, regs, Mem::Offset { base, offset });
    }
}

/// Takes the guest's floating-point modes and flags over. Pinned registers are free.
fn enter_float(asm: &mut Asm<'_>) {
    let (control, status, host) = (Reg(2), Reg(3), Reg(4));
    let part = |mask| logical_immediate(mask, Width::W32).unwrap_or(0);
    asm.load(Width::W32, status, Reg::CONTEXT, context::FLOAT);
    asm.logic_imm(Logic::And, Width::W32, control, status, part(CONTROL));
    asm.logic_imm(Logic::And, Width::W32, status, status, part(STATUS));
    asm.store(Width::W32, control, Reg::CONTEXT, context::FLOAT);
    asm.write_fpsr(status);
    asm.read_fpcr(host);
    asm.store(Width::W32, host, Reg::CONTEXT, context::HOST_FLOAT);
    set_fpcr(control, host, asm);
}

/// Sets `FPCR`, which holds `now`, unless it is what it should be. `now` is lost.
fn set_fpcr(to: Reg, now: Reg, asm: &mut Asm<'_>) {
    asm.logic(Logic::Eor, false, Width::W32, now, now, to.into());
    let at = asm.cbz(false, Width::W32, now);
    asm.write_fpcr(to);
    let here = asm.offset();
    asm.patch(at, here.into());
}

/// Gives the guest's flags back, and the host its modes. `x16` and `x17` are lost.
fn leave_float(asm: &mut Asm<'_>) {
    asm.read_fpsr(Reg::X16);
    asm.load(Width::W32, Reg::X17, Reg::CONTEXT, context::FLOAT);
    let both = Reg::X17;
    asm.logic(Logic::Orr, false, Width::W32, both, both, Reg::X16.into());
    asm.store(Width::W32, both, Reg::CONTEXT, context::FLOAT);
    asm.read_fpcr(Reg::X16);
    asm.load(Width::W32, Reg::X17, Reg::CONTEXT, context::HOST_FLOAT);
    set_fpcr(Reg::X17, Reg::X16, asm);
}

/// Stores all vector registers to the record of a fault, or loads them. `x17` is lost.
fn move_vectors(load: bool, asm: &mut Asm<'_>) {
    let start = u64::try_from(context::FAULT_VECTORS).unwrap_or(0);
    add(asm, false, Reg::X17, Reg::CONTEXT, start);
    for pair in 0..16_u8 {
        let regs = [Vreg(2 * pair), Vreg(2 * pair + 1)];
        let offset = i32::from(pair) * 32;
        let base = Reg::X17;
        asm.vector_pair(load, View::Q, regs, Mem::Offset { base, offset });
    }
}

/// Loads the pinned registers from their slots, or stores them there. `x17` is lost.
fn move_pinned(load: bool, layout: &StateLayout, pins: &Pins, asm: &mut Asm<'_>) {
    let start = u64::try_from(context::STATE).unwrap_or(0);
    add(asm, false, Reg::X17, Reg::CONTEXT, start);
    let offset = |n: u8| {
        let slot = (n < PINNED).then(|| pins.slot(Reg(n))).flatten()?;
        Some(slot_offset(layout, slot) - context::STATE)
    };
    let mut n = 0;
    while let Some(at) = offset(n) {
        // What `LDP` of words reaches.
        if offset(n + 1) == Some(at + 4) && at <= 252 {
            asm.pair(load, Width::W32, Reg(n), Reg(n + 1), Reg::X17, at);
            n += 2;
            continue;
        }
        match load {
            true => asm.load(Width::W32, Reg(n), Reg::X17, at),
            false => asm.store(Width::W32, Reg(n), Reg::X17, at),
        }
        n += 1;
    }
}

fn leave(why: Leave, asm: &mut Asm<'_>) {
    asm.mov_imm(Reg::X17, why as u64);
    asm.store(Width::W32, Reg::X17, Reg::CONTEXT, context::LEAVE);
}

fn leave_through(why: Leave, common: u32, asm: &mut Asm<'_>) {
    leave(why, asm);
    let at = asm.b();
    asm.patch(at, common.into());
}

fn unwind(layout: &StateLayout, pins: &Pins, asm: &mut Asm<'_>) {
    move_pinned(false, layout, pins, asm);
    asm.read_flags(Reg::X16);
    asm.shift_imm(Shift::Lsr, Width::W32, Reg::X16, Reg::X16, 30);
    asm.insert(Reg::CARRY, Reg::X16, 30, 2);
    asm.store(Width::W64, Reg::CARRY, Reg::CONTEXT, context::FLAGS);
    leave_float(asm);
    asm.load(Width::W64, Reg::X16, Reg::CONTEXT, context::HOST_STACK);
    add(asm, false, Reg::SP, Reg::X16, 0);
    asm.load(Width::W64, Reg::X16, Reg::SP, FRAME_FPSR);
    asm.write_fpsr(Reg::X16);
    move_saved_vectors(true, asm);
    for (place, first) in [19, 21, 23, 25, 27].into_iter().enumerate().rev() {
        let offset = 16 + i32::try_from(place).unwrap_or(0) * 16;
        asm.pair(
            true,
            Width::W64,
            Reg(first),
            Reg(first + 1),
            Reg::SP,
            offset,
        );
    }
    asm.pop_pair(Reg(29), Reg::LINK, Reg::SP, FRAME);
    asm.ret(Reg::LINK);
}

/// Records the registers as a fault hook would, with the return address as the
/// place of the fault.
fn leave_at(why: Leave, common: u32, asm: &mut Asm<'_>) {
    for reg in (0..26).filter(|reg| *reg != 18 && *reg != 19) {
        let place = context::FAULT_REGS + i32::from(reg) * 8;
        asm.store(Width::W64, Reg(reg), Reg::CONTEXT, place);
    }
    asm.store(Width::W64, Reg::LINK, Reg::CONTEXT, context::FAULT_PC);
    asm.read_flags(Reg::X16);
    asm.store(Width::W64, Reg::X16, Reg::CONTEXT, context::FAULT_FLAGS);
    leave_through(why, common, asm);
}

/// Puts the code's address that the jump cache at `base` has for the location in `x16`
/// in `x17`, if zero in `x15` tells that it does.
pub(crate) fn probe(base: Reg, asm: &mut Asm<'_>) {
    let mask = logical_immediate(0x1ffe, Width::W64).unwrap_or(0);
    asm.logic_imm(Logic::And, Width::W64, Reg::X17, Reg::X16, mask);
    let scaled = Shifted {
        reg: Reg::X17,
        shift: Shift::Lsl,
        amount: 3,
    };
    asm.add_reg(false, false, Width::W64, Reg::X17, base, scaled);
    asm.pair(true, Width::W64, Reg::X15, Reg::X17, Reg::X17, 0);
    asm.logic(
        Logic::Eor,
        false,
        Width::W64,
        Reg::X15,
        Reg::X15,
        Reg::X16.into(),
    );
}

/// What precedes the branch to `x17`.
fn lookup(has_directory: bool, missed: u32, asm: &mut Asm<'_>) {
    let base = match has_directory {
        true => Reg::X15,
        false => Reg::LOOKUP,
    };
    if has_directory {
        asm.load(Width::W64, base, Reg::CONTEXT, context::JUMP_CACHE);
    }
    probe(base, asm);
    let at = asm.cbz(true, Width::W64, Reg::X15);
    asm.patch(at, missed.into());
}

/// Calls a function under the host's floating-point modes and flags. Vector registers
/// are recorded as a fault hook would, and come back, if `keeps_vectors`.
fn call(
    layout: &StateLayout,
    pins: &Pins,
    first_argument: i32,
    keeps_vectors: bool,
    asm: &mut Asm<'_>,
) {
    asm.read_flags(Reg::X17);
    asm.push_pair(Reg::X17, Reg::LINK, Reg::SP, -16);
    if keeps_vectors {
        move_vectors(false, asm);
    }
    move_pinned(false, layout, pins, asm);
    let (control, status, host) = (Reg(0), Reg(1), Reg(2));
    asm.read_fpcr(control);
    asm.read_fpsr(status);
    asm.push_pair(control, status, Reg::SP, -16);
    asm.load(Width::W32, host, Reg::CONTEXT, context::HOST_FLOAT);
    set_fpcr(host, control, asm);
    add(
        asm,
        false,
        Reg(0),
        Reg::CONTEXT,
        u64::try_from(first_argument).unwrap_or(0),
    );
    for index in 0..5 {
        let place = context::argument(usize::from(index));
        asm.load(Width::W64, Reg(index + 1), Reg::CONTEXT, place);
    }
    asm.blr(Reg::X16);
    asm.mov(Width::W64, Reg::X16, Reg(0));
    asm.pop_pair(control, status, Reg::SP, 16);
    asm.write_fpsr(status);
    asm.read_fpcr(host);
    set_fpcr(control, host, asm);
    move_pinned(true, layout, pins, asm);
    if keeps_vectors {
        move_vectors(true, asm);
    }
    asm.pop_pair(Reg::X17, Reg::LINK, Reg::SP, 16);
    asm.write_flags(Reg::X17);
}

/// Returns a slot's offset from the context register.
///
/// # Panics
///
/// If the state is 2 GiB or larger.
#[allow(clippy::cast_possible_wrap, reason = "guest state is small")]
pub(crate) fn slot_offset(layout: &StateLayout, slot: dbt_core::ir::Slot) -> i32 {
    context::STATE + layout.slot(slot).offset as i32
}
