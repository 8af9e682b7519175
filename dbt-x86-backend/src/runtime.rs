//! Code emitted once: how control enters and leaves generated code.
//!
//! # Emitted-code contract
//!
//! `enter(state, code)` saves the host's callee-saved registers, loads the
//! pinned registers from their slots and jumps to `code`. On the stack it leaves
//! a sentinel that no return address of a guest equals, so that a paired return
//! with nothing to pair with takes the slow path. Each way to leave stores the
//! pinned registers, unwinds the stack to where `enter` left it (dropping paired
//! returns) and returns to `enter`'s caller.
//!
//! Between fragments the stack pointer is a multiple of 16: a paired call takes
//! 16 bytes.

use alloc::vec::Vec;

use dbt_core::guest::StateLayout;
use dbt_core::host::Leave;
use dynasm::dynasm;

use crate::asm::{Asm, Bits, Rm, displacement};
use crate::context;
use crate::regs::{CALLER_SAVED, PINNED, Reg, SCRATCH, VECTORS, Xmm};

/// Offsets of the runtime's entry points from the start of code memory.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entries {
    pub(crate) enter: u32,
    /// Called: the return address identifies the exit.
    pub(crate) unlinked: u32,
    /// Jumped to with the context's location set.
    pub(crate) trap: u32,
    /// Jumped to with the context's location set.
    pub(crate) interrupt: u32,
    /// Called: the return address names a state map.
    pub(crate) interrupt_at: u32,
    /// Called: the return address names a state map.
    pub(crate) interpret_at: u32,
    /// Jumped to by the fault hook.
    pub(crate) fault: u32,
    /// As `enter`, with all registers as they were recorded.
    pub(crate) resume: u32,
    /// Called after a callback access faulted: the return address identifies
    /// the access.
    pub(crate) callback_fault: u32,
    /// Jumped to with a location in `rcx`: looks it up in the jump cache.
    pub(crate) lookup: u32,
    /// Jumped to with a location in `rcx`, which the jump cache does not hold.
    pub(crate) missed: u32,
    /// Called with a function in `rax` and its arguments in the context; passes
    /// the state.
    pub(crate) call_state: u32,
    /// As `call_state`, but passes the context, and changes no vector register.
    pub(crate) call_context: u32,
    /// Called with a function in `rax`, its arguments in the first places for
    /// arguments, and what `rax` held in the fourth. Passes the state, leaves the
    /// result in the first, and changes no register.
    pub(crate) call_float: u32,
    /// Where the constants of [`Constant`] are.
    pub(crate) constants: u32,
    pub(crate) len: u32,
}

impl Entries {
    /// Returns the name of the entry point at an offset from the start of code
    /// memory.
    pub(crate) fn name(&self, offset: u32) -> Option<&'static str> {
        let entries = [
            (self.enter, "enter"),
            (self.unlinked, "unlinked"),
            (self.trap, "trap"),
            (self.interrupt, "interrupt"),
            (self.interrupt_at, "interrupt_at"),
            (self.interpret_at, "interpret_at"),
            (self.fault, "fault"),
            (self.resume, "resume"),
            (self.callback_fault, "callback_fault"),
            (self.lookup, "lookup"),
            (self.missed, "missed"),
            (self.call_state, "call_state"),
            (self.call_context, "call_context"),
            (self.call_float, "call_float"),
            (self.constants, "constants"),
        ];
        let found = entries.iter().find(|(entry, _)| *entry == offset);
        found.map(|(_, name)| *name)
    }
}

/// A constant that generated code reads, eight bytes each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Constant {
    /// All but the sign, of singles in both halves.
    Abs32,
    /// All but the sign of a double.
    Abs64,
    /// The signs of singles in both halves.
    Sign32,
    /// The sign of a double.
    Sign64,
    /// The smallest normal single.
    Normal32,
    /// The smallest normal double.
    Normal64,
    /// The outcomes of a comparison: flags in bits 63 to 60, and in the low half
    /// a number whose comparison with one gives the same flags.
    Less,
    /// See `Less`.
    Equal,
    /// See `Less`.
    Greater,
    /// See `Less`.
    Unordered,
}

impl Constant {
    const COUNT: usize = 10;
    /// The offset behind the last.
    const END: u32 = 10 * 8;

    /// The constants in the order of their numbers.
    const VALUES: [u64; Self::COUNT] = [
        0x7fff_ffff_7fff_ffff,
        0x7fff_ffff_ffff_ffff,
        0x8000_0000_8000_0000,
        0x8000_0000_0000_0000,
        0x0080_0000,
        0x0010_0000_0000_0000,
        0x8000_0000_0000_0000,
        0x6000_0000_0000_0001,
        0x2000_0000_0000_0002,
        0x3000_0000_8000_0000,
    ];

    /// Returns the constant's value.
    pub(crate) const fn value(self) -> u64 {
        Self::VALUES[self as usize]
    }

    /// Returns the constant's offset from the first.
    pub(crate) const fn offset(self) -> u32 {
        self as u32 * 8
    }
}

/// A constant of sixteen bytes that generated code reads; for each of four singles,
/// if nothing else is said.
///
/// Singles are compared as integers, without their signs: `2 * a`, moved so that a
/// signed comparison finds what is sought.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum WideConstant {
    /// Zero.
    Zero,
    /// All but the sign; added to `2 * a` it makes subnormal numbers the lowest.
    Abs,
    /// `2 * a` and `Abs` exceed it unless `a` is subnormal.
    NotSubnormal,
    /// Added to `2 * a` it makes NaNs and what is at most the smallest normal number
    /// the lowest.
    Result,
    /// `2 * a` and `Result` exceed it unless `a` is one of these.
    NotTiny,
    /// Added to `2 * a` it makes normal numbers the lowest.
    Normal,
    /// `2 * a` and `Normal` exceed it unless `a` is normal.
    NotNormal,
    /// In each half: what the upper half of the product of two singles' upper halves
    /// exceeds only if their product is normal, and neither is subnormal.
    Product,
    /// The same if also no bit of the product is too small for a subnormal number.
    ExactProduct,
    /// In each half: added to the upper half of a magnitude it makes infinities and
    /// NaNs negative.
    Finite,
    /// The lowest integer, also the sign.
    Lowest,
    /// Added to `Lowest`, the bits of a single exceed it unless it is positive and
    /// less than 2^31.
    BelowTwo31,
    /// In each byte: the lower four bits.
    Nibbles,
    /// The number of bits set in 0 to 15.
    BitCounts,
    /// In each byte: what makes numbers from 16 on negative, saturating.
    TableEnd,
    /// In each byte: 16.
    Sixteen,
    /// Added to the smallest normal single it makes a signalling NaN.
    Smallest32,
    /// The same of doubles.
    Smallest64,
}

impl WideConstant {
    /// The constants in the order of their numbers, as halves.
    const VALUES: [[u64; 2]; 18] = {
        const fn words(word: u64) -> [u64; 2] {
            [word << 32 | word; 2]
        }
        [
            [0; 2],
            words(0x7fff_ffff),
            words(0x80ff_fffe),
            words(0x80ff_ffff),
            words(0x81ff_ffff),
            words(0x7f00_0000),
            words(0x7dff_ffff),
            words(0x0400_0400),
            words(0x0600_0600),
            words(0x0080_0080),
            words(0x8000_0000),
            words(0xceff_ffff),
            words(0x0f0f_0f0f),
            [0x0302_0201_0201_0100, 0x0403_0302_0302_0201],
            words(0x7070_7070),
            words(0x1010_1010),
            words(0x7f00_0001),
            [0x7fe0_0000_0000_0001; 2],
        ]
    };

    /// Returns the constant's offset from the first [`Constant`].
    pub(crate) const fn offset(self) -> u32 {
        Constant::END + self as u32 * 16
    }
}

/// Bytes of stack for paired returns before they start anew.
const PAIRED_RETURN_BYTES: i32 = 64 << 10;

/// What `dynasm!` emits to.
struct Sink<'a>(&'a mut Vec<u8>);

impl Sink<'_> {
    fn extend(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
    fn push_i8(&mut self, value: i8) {
        self.0.push(value.cast_unsigned());
    }
    fn push_i32(&mut self, value: i32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }
}

/// Emits the runtime to `code`, which is empty.
pub(crate) fn emit(layout: &StateLayout, code: &mut Vec<u8>) -> Entries {
    let mut entries = Entries {
        enter: here(code),
        ..Entries::default()
    };
    enter(code);
    load_pinned(layout, code);
    entries.resume = here(code);
    // The guest's function raises what the guest sees of the exception.
    dynasm!(Sink(code)
        ; .arch x64
        ; and DWORD [rdi + context::FLOAT], BYTE -2
    );
    enter(code);
    load_recorded(code);

    entries.unlinked = here(code);
    dynasm!(Sink(code)
        ; .arch x64
        ; pop rax
        ; mov [rbp + context::EXIT], rax
    );
    leave(Leave::Unlinked, code);
    let common = here(code);
    unwind(layout, code);

    entries.missed = here(code);
    dynasm!(Sink(code)
        ; .arch x64
        ; mov [rbp + context::LOCATION], rcx
    );
    leave_through(Leave::Indirect, common, code);
    entries.trap = here(code);
    leave_through(Leave::Trap, common, code);
    entries.interrupt = here(code);
    leave_through(Leave::Interrupt, common, code);
    entries.fault = here(code);
    record_vectors(code);
    leave_through(Leave::Fault, common, code);
    entries.callback_fault = here(code);
    leave_at(Leave::Fault, common, code);
    entries.interrupt_at = here(code);
    leave_at(Leave::InterruptAt, common, code);
    entries.interpret_at = here(code);
    leave_at(Leave::InterpretAt, common, code);
    entries.lookup = here(code);
    lookup(entries.missed, code);
    entries.call_state = here(code);
    call(0, code);
    entries.call_context = here(code);
    call_outside(code);
    entries.call_float = here(code);
    call_float(code);
    while !here(code).is_multiple_of(16) {
        code.push(0xcc);
    }
    // Operands of sixteen bytes are aligned.
    while !code.len().is_multiple_of(16) {
        code.push(0);
    }
    entries.constants = here(code);
    for constant in Constant::VALUES {
        code.extend_from_slice(&constant.to_le_bytes());
    }
    // An operand of sixteen bytes may start with any of them: others follow.
    for half in WideConstant::VALUES.iter().flatten() {
        code.extend_from_slice(&half.to_le_bytes());
    }
    entries.len = here(code);
    entries
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the runtime is a few hundred bytes"
)]
fn here(code: &[u8]) -> u32 {
    code.len() as u32
}

/// Enters, but for the registers; `rax` holds where to go.
fn enter(code: &mut Vec<u8>) {
    dynasm!(Sink(code)
        ; .arch x64
        ; push rbp
        ; push rbx
        ; push r12
        ; push r13
        ; push r14
        ; push r15
        // The sentinel under paired returns is no location, which are words that
        // `push` has extended: a guest may return to any word.
        ; mov eax, 1
        ; shl rax, 32
        ; push rax
        ; push rax
        ; push rax
        ; mov rbp, rdi
        ; mov rax, rsi
        ; mov [rbp + context::HOST_STACK], rsp
        ; lea rcx, [rsp - PAIRED_RETURN_BYTES]
        ; mov [rbp + context::STACK_LIMIT], rcx
        ; stmxcsr [rbp + context::HOST_FLOAT]
        ; ldmxcsr [rbp + context::FLOAT]
    );
}

/// Loads the pinned registers and goes where `rax` says.
fn load_pinned(layout: &StateLayout, code: &mut Vec<u8>) {
    let mut asm = Asm { code };
    for (slot, reg) in layout.hot.iter().zip(PINNED) {
        asm.mov32(reg, Rm::State(slot_offset(layout, *slot)));
    }
    dynasm!(Sink(code)
        ; .arch x64
        ; jmp rax
    );
}

/// Loads all registers as a fault hook has recorded them and goes where `rax` says.
fn load_recorded(code: &mut Vec<u8>) {
    dynasm!(Sink(code)
        ; .arch x64
        ; mov [rbp + context::EXIT], rax
        ; push QWORD [rbp + context::FAULT_FLAGS]
        ; popfq
    );
    let mut asm = Asm { code };
    load_vectors(&mut asm);
    for reg in PINNED.into_iter().chain(SCRATCH) {
        let place = Rm::State(context::FAULT_REGS + i32::from(reg.0) * 8);
        asm.mov(Bits::B64, reg, place);
    }
    dynasm!(Sink(code)
        ; .arch x64
        ; jmp QWORD [rbp + context::EXIT]
    );
}

fn leave(why: Leave, code: &mut Vec<u8>) {
    dynasm!(Sink(code)
        ; .arch x64
        ; mov DWORD [rbp + context::LEAVE], why as i32
    );
}

fn leave_through(why: Leave, common: u32, code: &mut Vec<u8>) {
    leave(why, code);
    jump(common, code);
}

fn jump(to: u32, code: &mut Vec<u8>) {
    code.push(0xe9);
    let distance = displacement(here(code), to.into());
    code.extend_from_slice(&distance.to_le_bytes());
}

fn unwind(layout: &StateLayout, code: &mut Vec<u8>) {
    let mut asm = Asm { code };
    for (slot, reg) in layout.hot.iter().zip(PINNED) {
        asm.store(Bits::B32, Rm::State(slot_offset(layout, *slot)), reg);
    }
    dynasm!(Sink(code)
        ; .arch x64
        ; stmxcsr [rbp + context::FLOAT]
        ; ldmxcsr [rbp + context::HOST_FLOAT]
        ; mov rsp, [rbp + context::HOST_STACK]
        ; add rsp, BYTE 24
        ; pop r15
        ; pop r14
        ; pop r13
        ; pop r12
        ; pop rbx
        ; pop rbp
        ; ret
    );
}

/// Records the registers as a fault hook would, with the return address as the
/// place of the fault.
fn leave_at(why: Leave, common: u32, code: &mut Vec<u8>) {
    let mut asm = Asm { code };
    for reg in PINNED.into_iter().chain(SCRATCH) {
        let place = Rm::State(context::FAULT_REGS + i32::from(reg.0) * 8);
        asm.store(Bits::B64, place, reg);
    }
    record_vectors(asm.code);
    dynasm!(Sink(asm.code)
        ; .arch x64
        ; pop QWORD [rbp + context::FAULT_PC]
        ; pushfq
        ; pop QWORD [rbp + context::FAULT_FLAGS]
    );
    leave_through(why, common, code);
}

fn lookup(missed: u32, code: &mut Vec<u8>) {
    dynasm!(Sink(code)
        ; .arch x64
        ; mov eax, ecx
        ; and eax, 0x1ffe
        ; mov rdx, [rbp + context::JUMP_CACHE]
        ; cmp [rdx + rax * 8], rcx
    );
    code.extend_from_slice(&[0x0f, 0x85]);
    let distance = displacement(here(code), missed.into());
    code.extend_from_slice(&distance.to_le_bytes());
    dynasm!(Sink(code)
        ; .arch x64
        ; jmp QWORD [rdx + rax * 8 + 8]
    );
}

/// Records the vector registers as state maps name them.
fn record_vectors(code: &mut Vec<u8>) {
    let mut asm = Asm { code };
    for xmm in (0..VECTORS).map(Xmm) {
        let place = Rm::State(context::FAULT_VECTORS + i32::from(xmm.0) * 16);
        asm.store_whole(place, xmm);
    }
}

/// Loads the vector registers that were recorded.
fn load_vectors(asm: &mut Asm<'_>) {
    for xmm in (0..VECTORS).map(Xmm) {
        let place = Rm::State(context::FAULT_VECTORS + i32::from(xmm.0) * 16);
        asm.load_whole(xmm, place);
    }
}

/// Calls what is not the guest's.
fn call_outside(code: &mut Vec<u8>) {
    let mut asm = Asm { code };
    record_vectors(asm.code);
    dynasm!(Sink(asm.code)
        ; .arch x64
        ; sub rsp, BYTE 8
    );
    let at = asm.call();
    dynasm!(Sink(asm.code)
        ; .arch x64
        ; add rsp, BYTE 8
    );
    load_vectors(&mut asm);
    asm.ret();
    let thunk = asm.offset();
    asm.patch(at, thunk.into());
    // One return address more is on the stack than for other thunks.
    call(context::SELF, asm.code);
}

/// Calls a function of the guest from the middle of an instruction.
fn call_float(code: &mut Vec<u8>) {
    const SAVED: [Reg; 8] = [
        Reg::RCX,
        Reg::RDX,
        Reg(6),
        Reg(7),
        Reg(8),
        Reg(9),
        Reg(10),
        Reg(11),
    ];
    let mut asm = Asm { code };
    for reg in SAVED {
        push(&mut asm, reg);
    }
    record_vectors(asm.code);
    dynasm!(Sink(asm.code)
        ; .arch x64
        ; sub rsp, BYTE 8
        ; mov rdi, rbp
    );
    asm.mov(Bits::B64, Reg(6), context::argument(0));
    asm.mov(Bits::B64, Reg::RDX, context::argument(1));
    asm.mov(Bits::B64, Reg::RCX, context::argument(2));
    dynasm!(Sink(asm.code)
        ; .arch x64
        ; stmxcsr [rbp + context::FLOAT]
        ; ldmxcsr [rbp + context::HOST_FLOAT]
        ; call rax
        ; ldmxcsr [rbp + context::FLOAT]
        ; add rsp, BYTE 8
    );
    asm.store(Bits::B64, context::argument(0), Reg::RAX);
    asm.mov(Bits::B64, Reg::RAX, context::argument(3));
    load_vectors(&mut asm);
    for reg in SAVED.into_iter().rev() {
        pop(&mut asm, reg);
    }
    asm.ret();
}

fn call(first_argument: i32, code: &mut Vec<u8>) {
    let mut asm = Asm { code };
    for reg in CALLER_SAVED {
        push(&mut asm, reg);
    }
    let mut sink = Sink(asm.code);
    dynasm!(sink
        ; .arch x64
        ; sub rsp, BYTE 8
        ; lea rdi, [rbp + first_argument]
    );
    asm.mov(Bits::B64, Reg(6), context::argument(0));
    asm.mov(Bits::B64, Reg(2), context::argument(1));
    asm.mov(Bits::B64, Reg(1), context::argument(2));
    asm.mov(Bits::B64, Reg(8), context::argument(3));
    asm.mov(Bits::B64, Reg(9), context::argument(4));
    let mut sink = Sink(asm.code);
    dynasm!(sink
        ; .arch x64
        ; stmxcsr [rbp + context::FLOAT]
        ; ldmxcsr [rbp + context::HOST_FLOAT]
        ; call rax
        ; ldmxcsr [rbp + context::FLOAT]
        ; add rsp, BYTE 8
    );
    for reg in CALLER_SAVED.into_iter().rev() {
        pop(&mut asm, reg);
    }
    asm.ret();
}

fn push(asm: &mut Asm<'_>, reg: Reg) {
    if reg.is_extended() {
        asm.byte(0x41);
    }
    asm.byte(0x50 | reg.low());
}

fn pop(asm: &mut Asm<'_>, reg: Reg) {
    if reg.is_extended() {
        asm.byte(0x41);
    }
    asm.byte(0x58 | reg.low());
}

/// Returns a slot's offset from the state pointer.
///
/// # Panics
///
/// If the state is 2 GiB or larger.
#[allow(clippy::cast_possible_wrap, reason = "guest state is small")]
pub(crate) fn slot_offset(layout: &StateLayout, slot: dbt_core::ir::Slot) -> i32 {
    layout.slot(slot).offset as i32
}
