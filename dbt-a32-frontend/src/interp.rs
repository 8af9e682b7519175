//! The interpreter: one instruction at a time, straight on [`ArmState`].
//!
//! It is the oracle of the translator, runs what is not worth translating, and
//! stands in where a host allows no executable memory. It keeps nothing between
//! instructions: each is fetched, decoded and executed anew, and the state is
//! exact after each.

use dbt_core::guest::Step;
use dbt_core::ir;
use dbt_core::memory::{FetchFault, GuestMemory, MemoryFault};
use dbt_isa::machine::{Abort, Flow, Machine};
use dbt_isa::ops::{Access, BinOp, CmpOp, Condition, Nzcv, Size, UnOp};
use dbt_isa::{Decoded, Undecodable};

use crate::decode::{decode_a32, decode_thumb, ignores_it, is_32bit};
use crate::insn::Insn;
use crate::itstate::{Cond, ItState};
use crate::machine::{A32Machine, BranchKind, TrapKind};
use crate::reg::Reg;
use crate::state::ArmState;
use crate::system::config::Core;
use crate::system::is_fp_refused;
use crate::system::psr::context;
use crate::version::{DecodeContext, Features};

mod simd;
mod system;
mod vfp;

pub(crate) use system::privilege;

/// Interprets the instruction at `state`'s PC, on a core that executes user-level
/// code.
///
/// After [`Step::Next`] the state is at the next instruction, whether this one
/// was executed or its condition failed. After a fault it is unchanged but for
/// what `LDM` had loaded; memory may have been written in part. An instruction
/// that is UNDEFINED, not described or rejected as UNPREDICTABLE gives
/// [`ir::TrapKind::Undefined`] with its encoding, unless its condition fails:
/// then it does nothing.
///
/// # Examples
///
/// ```
/// use dbt_a32_frontend::interp::step;
/// use dbt_a32_frontend::state::ArmState;
/// use dbt_a32_frontend::version::Features;
/// use dbt_core::guest::Step;
/// # use dbt_core::memory::*;
/// # use dbt_isa::ops::Access;
/// # struct Rom([u16; 2]);
/// # impl Fetch for Rom {
/// #     fn fetch16(&mut self, address: u64) -> Result<u16, FetchFault> {
/// #         Ok(self.0[address as usize / 2])
/// #     }
/// # }
/// # impl GuestMemory for Rom {
/// #     fn load(&mut self, _: Access, _: u64) -> Result<u64, MemoryFault> { unreachable!() }
/// #     fn store(&mut self, _: Access, _: u64, _: u64) -> Result<(), MemoryFault> { unreachable!() }
/// #     fn compare_exchange(&mut self, _: Access, _: u64, _: u64, _: u64)
/// #         -> Result<u64, MemoryFault> { unreachable!() }
/// # }
///
/// let mut memory = Rom([0x0001, 0xe282]); // add r0, r2, #1
/// let mut state = ArmState::default();
/// state.r[2] = 41;
/// assert_eq!(step(&mut state, &mut memory, Features::ARMV7A), Step::Next);
/// assert_eq!((state.r[0], state.pc()), (42, 4));
/// ```
#[inline]
pub fn step<Mem: GuestMemory + ?Sized>(
    state: &mut ArmState,
    memory: &mut Mem,
    features: Features,
) -> Step {
    step_core(state, memory, &Core::user(features))
}

/// Interprets the instruction at `state`'s PC. Where the guest takes exceptions
/// itself, one that comes up has been taken after [`Step::Next`].
#[inline]
pub(crate) fn step_core<Mem: GuestMemory + ?Sized>(
    state: &mut ArmState,
    memory: &mut Mem,
    core: &Core,
) -> Step {
    if core.system.is_some() {
        memory.fetch_unprivileged(state.system.context & context::UNPRIVILEGED != 0);
    }
    let result = if state.thumb == 0 {
        step_a32(state, memory, core)
    } else {
        step_thumb(state, memory, core)
    };
    let step = result.unwrap_or_else(Step::Fetch);
    if core.takes_exceptions() {
        return system::settle(state, step, core.features);
    }
    step
}

fn step_a32<Mem: GuestMemory + ?Sized>(
    state: &mut ArmState,
    memory: &mut Mem,
    core: &Core,
) -> Result<Step, FetchFault> {
    let pc = state.r[15] & !3;
    let word = memory.fetch32(pc.into())?;
    let site = Site {
        pc,
        len: 4,
        word,
        next_it: ItState::EMPTY,
    };
    if !holds(Cond::from_bits(word >> 28), state) {
        return Ok(site.skip(state));
    }
    let cx = decode_context(state, core.features);
    let decoded = if is_fp_refused(word, false, state.system.context) {
        Err(Undecodable::Undefined)
    } else {
        decode_a32(word, &cx)
    };
    Ok(site.execute(state, memory, core, decoded))
}

fn step_thumb<Mem: GuestMemory + ?Sized>(
    state: &mut ArmState,
    memory: &mut Mem,
    core: &Core,
) -> Result<Step, FetchFault> {
    let pc = state.r[15] & !1;
    let cx = decode_context(state, core.features);
    let first = memory.fetch16(pc.into())?;
    let (len, second) = if is_32bit(first) {
        (4, memory.fetch16(pc.wrapping_add(2).into())?)
    } else {
        (2, 0)
    };
    let word = if len == 4 {
        u32::from(first) << 16 | u32::from(second)
    } else {
        first.into()
    };
    let site = Site {
        pc,
        len,
        word,
        next_it: cx.it.advance(),
    };
    if !ignores_it(first) && !holds(cx.it.cond(), state) {
        return Ok(site.skip(state));
    }
    let decoded = if is_fp_refused(word, true, state.system.context) {
        Err(Undecodable::Undefined)
    } else {
        decode_thumb(first, || second, &cx).map(|thumb| thumb.decoded)
    };
    if let Ok(Decoded {
        insn: Insn::B(branch),
        ..
    }) = &decoded
        && !holds(branch.cond, state)
    {
        return Ok(site.skip(state));
    }
    Ok(site.execute(state, memory, core, decoded))
}

#[allow(clippy::cast_possible_truncation, reason = "ITSTATE has eight bits")]
fn decode_context(state: &ArmState, features: Features) -> DecodeContext {
    DecodeContext {
        features,
        thumb: state.thumb != 0,
        it: ItState::from_bits(state.it as u8),
        big_endian: state.big_endian != 0,
        fp_vectors: state.fpscr & ArmState::FPSCR_VECTORS != 0,
    }
}

fn holds(cond: Cond, state: &ArmState) -> bool {
    cond.condition()
        .is_none_or(|condition| condition.holds(Nzcv::from_psr(state.nzcv)))
}

/// Where an instruction stands and what follows it.
#[derive(Clone, Copy)]
struct Site {
    pc: u32,
    len: u32,
    word: u32,
    next_it: ItState,
}

impl Site {
    /// Moves the state to the next instruction.
    fn skip(self, state: &mut ArmState) -> Step {
        state.r[15] = self.pc.wrapping_add(self.len);
        state.it = self.next_it.bits().into();
        Step::Next
    }

    fn execute<Mem: GuestMemory + ?Sized>(
        self,
        state: &mut ArmState,
        memory: &mut Mem,
        core: &Core,
        decoded: Result<Decoded<Insn>, Undecodable>,
    ) -> Step {
        let mut machine = Interpreter {
            state,
            memory,
            core,
            site: self,
            stop: Step::Next,
        };
        let Ok(Decoded { insn, .. }) = decoded else {
            let _ = machine.trap(TrapKind::Undefined, 0);
            return machine.stop;
        };
        match insn.execute(&mut machine) {
            Ok(Flow::Next) => {
                let Interpreter { state, site, .. } = machine;
                site.skip(state)
            }
            Ok(Flow::Leave) | Err(Abort) => machine.stop,
        }
    }
}

/// The machine whose values are numbers.
#[derive(Debug)]
pub(crate) struct Interpreter<'a, Mem: ?Sized> {
    pub(crate) state: &'a mut ArmState,
    memory: &'a mut Mem,
    core: &'a Core,
    site: Site,
    /// What to return if the instruction does not just go on.
    stop: Step,
}

impl core::fmt::Debug for Site {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:#x}: {:#x}", self.pc, self.word)
    }
}

impl<Mem: GuestMemory + ?Sized> Interpreter<'_, Mem> {
    fn fault(&mut self, fault: MemoryFault) -> Abort {
        self.stop = Step::Fault(fault);
        Abort
    }

    /// An access as this mode makes it.
    fn access(&self, mut access: Access) -> Access {
        let bits = self.state.system.context;
        // Doublewords that must be aligned as such say so; others are two words.
        access.aligned |= bits & context::ALIGNED != 0 && access.size != Size::Dword;
        access.unprivileged |= bits & context::UNPRIVILEGED != 0;
        access
    }

    fn jump(&mut self, target: u32, thumb: bool) -> Flow {
        self.state.r[15] = target;
        self.state.thumb = thumb.into();
        self.state.it = 0;
        Flow::Leave
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "words are the low halves of doublewords"
)]
impl<Mem: GuestMemory + ?Sized> Machine for Interpreter<'_, Mem> {
    type Bit = bool;
    type Word = u32;
    type Dword = u64;
    type Flags = Nzcv;

    fn bit(&mut self, value: bool) -> bool {
        value
    }
    fn imm(&mut self, value: u32) -> u32 {
        value
    }
    fn imm64(&mut self, value: u64) -> u64 {
        value
    }
    fn binary(&mut self, op: BinOp, a: u32, b: u32) -> u32 {
        op.eval32(a, b)
    }
    fn binary64(&mut self, op: BinOp, a: u64, b: u64) -> u64 {
        op.eval64(a, b)
    }
    fn unary(&mut self, op: UnOp, a: u32) -> u32 {
        op.eval(a)
    }
    fn compare(&mut self, op: CmpOp, a: u32, b: u32) -> bool {
        op.eval32(a, b)
    }
    fn compare64(&mut self, op: CmpOp, a: u64, b: u64) -> bool {
        op.eval64(a, b)
    }
    fn bit_and(&mut self, a: bool, b: bool) -> bool {
        a & b
    }
    fn bit_or(&mut self, a: bool, b: bool) -> bool {
        a | b
    }
    fn bit_xor(&mut self, a: bool, b: bool) -> bool {
        a ^ b
    }
    fn bit_not(&mut self, a: bool) -> bool {
        !a
    }
    fn bit_to_word(&mut self, a: bool) -> u32 {
        a.into()
    }
    fn select(&mut self, condition: bool, yes: u32, no: u32) -> u32 {
        if condition { yes } else { no }
    }
    fn select64(&mut self, condition: bool, yes: u64, no: u64) -> u64 {
        if condition { yes } else { no }
    }
    fn zext64(&mut self, a: u32) -> u64 {
        a.into()
    }
    fn sext64(&mut self, a: u32) -> u64 {
        i64::from(a.cast_signed()).cast_unsigned()
    }
    fn low(&mut self, a: u64) -> u32 {
        a as u32
    }
    fn high(&mut self, a: u64) -> u32 {
        (a >> 32) as u32
    }
    fn adc(&mut self, a: u32, b: u32, carry: bool) -> u32 {
        a.wrapping_add(b).wrapping_add(carry.into())
    }
    fn sbc(&mut self, a: u32, b: u32, carry: bool) -> u32 {
        a.wrapping_add(!b).wrapping_add(carry.into())
    }
    fn add_flags(&mut self, a: u32, b: u32) -> Nzcv {
        Nzcv::of_adc(a, b, false)
    }
    fn sub_flags(&mut self, a: u32, b: u32) -> Nzcv {
        Nzcv::of_sbc(a, b, true)
    }
    fn adc_flags(&mut self, a: u32, b: u32, carry: bool) -> Nzcv {
        Nzcv::of_adc(a, b, carry)
    }
    fn sbc_flags(&mut self, a: u32, b: u32, carry: bool) -> Nzcv {
        Nzcv::of_sbc(a, b, carry)
    }
    fn nz_flags(&mut self, result: u32, rest: Nzcv) -> Nzcv {
        rest.with_nz(result)
    }
    fn nzc_flags(&mut self, result: u32, carry: bool, rest: Nzcv) -> Nzcv {
        rest.with_nz(result).with_c(carry)
    }
    fn flags_from_psr(&mut self, word: u32) -> Nzcv {
        Nzcv::from_psr(word)
    }
    fn flags_to_psr(&mut self, flags: Nzcv) -> u32 {
        flags.to_psr()
    }
    fn condition(&mut self, flags: Nzcv, condition: Condition) -> bool {
        condition.holds(flags)
    }

    fn load(&mut self, access: Access, address: u32) -> Result<u32, Abort> {
        let access = self.access(access);
        let value = self
            .memory
            .load(access, address.into())
            .map_err(|fault| self.fault(fault))? as u32;
        Ok(match access.size {
            Size::Byte if access.signed => UnOp::SextByte.eval(value),
            Size::Half if access.signed => UnOp::SextHalf.eval(value),
            _ => value,
        })
    }
    fn load64(&mut self, access: Access, address: u32) -> Result<u64, Abort> {
        let access = self.access(access);
        self.memory
            .load(access, address.into())
            .map_err(|fault| self.fault(fault))
    }
    fn store(&mut self, access: Access, address: u32, value: u32) -> Result<(), Abort> {
        let access = self.access(access);
        self.memory
            .store(access, address.into(), value.into())
            .map_err(|fault| self.fault(fault))
    }
    fn store64(&mut self, access: Access, address: u32, value: u64) -> Result<(), Abort> {
        let access = self.access(access);
        self.memory
            .store(access, address.into(), value)
            .map_err(|fault| self.fault(fault))
    }
    fn load_tag(&mut self, address: u32) -> u64 {
        self.memory.load_tag(address.into())
    }
    fn store_exclusive(
        &mut self,
        access: Access,
        address: u32,
        tag: u64,
        expected: u64,
        new: u64,
    ) -> Result<u32, Abort> {
        let access = self.access(access);
        self.memory
            .store_exclusive(access, address.into(), tag, expected, new)
            .map(|stored| u32::from(!stored))
            .map_err(|fault| self.fault(fault))
    }
    fn fence(&mut self) {
        core::sync::atomic::fence(core::sync::atomic::Ordering::SeqCst);
    }

    fn when(
        &mut self,
        condition: bool,
        body: impl FnOnce(&mut Self) -> Result<(), Abort>,
    ) -> Result<(), Abort> {
        if condition { body(self) } else { Ok(()) }
    }
}

impl<Mem: GuestMemory + ?Sized> A32Machine for Interpreter<'_, Mem> {
    fn pc(&self) -> u32 {
        self.site.pc
    }
    fn thumb(&self) -> bool {
        self.state.thumb != 0
    }
    fn big_endian(&self) -> bool {
        self.state.big_endian != 0
    }
    fn insn_len(&self) -> u32 {
        self.site.len
    }

    fn reg(&mut self, reg: Reg) -> u32 {
        if reg.is_pc() {
            self.site.pc.wrapping_add(if self.thumb() { 4 } else { 8 })
        } else {
            self.state.r[reg.index()]
        }
    }
    fn set_reg(&mut self, reg: Reg, value: u32) {
        debug_assert!(!reg.is_pc(), "the PC is written by branching");
        self.state.r[reg.index()] = value;
    }
    fn flags(&mut self) -> Nzcv {
        Nzcv::from_psr(self.state.nzcv)
    }
    fn set_flags(&mut self, flags: Nzcv) {
        self.state.nzcv = flags.to_psr();
    }
    fn q(&mut self) -> u32 {
        self.state.q
    }
    fn set_q(&mut self, value: u32) {
        self.state.q = value;
    }
    fn ge(&mut self) -> u32 {
        self.state.ge
    }
    fn set_ge(&mut self, value: u32) {
        self.state.ge = value;
    }

    fn branch(&mut self, target: u32, thumb: bool, _: BranchKind) -> Flow {
        self.jump(target, thumb)
    }
    fn branch_if(&mut self, condition: bool, target: u32) -> Flow {
        if condition {
            let thumb = self.thumb();
            self.jump(target, thumb)
        } else {
            Flow::Next
        }
    }
    fn branch_indirect(&mut self, target: u32, _: BranchKind) -> Flow {
        let thumb = target & 1 != 0;
        self.jump(target & if thumb { !1 } else { !3 }, thumb)
    }
    fn branch_same_state(&mut self, target: u32, _: BranchKind) -> Flow {
        let thumb = self.thumb();
        self.jump(target & if thumb { !1 } else { !3 }, thumb)
    }

    fn trap(&mut self, kind: TrapKind, info: u32) -> Flow {
        if kind.retires() {
            self.site.skip(self.state);
        }
        if self.core.takes_exceptions() && self.take_trap(kind, info) {
            return Flow::Leave;
        }
        let info = if kind == TrapKind::Undefined {
            self.site.word
        } else {
            info
        };
        self.stop = Step::Trap {
            kind: kind.into(),
            info,
        };
        Flow::Leave
    }
    fn set_big_endian(&mut self, big_endian: bool) -> Flow {
        self.state.big_endian = big_endian.into();
        Flow::Next
    }
    fn set_it(&mut self, it: ItState) {
        self.site.next_it = it;
    }
    fn instruction_barrier(&mut self) -> Flow {
        Flow::Next
    }

    fn exclusive_address(&mut self) -> u64 {
        self.state.exclusive_address
    }
    fn exclusive_value(&mut self) -> u64 {
        self.state.exclusive_value
    }
    fn exclusive_tag(&mut self) -> u64 {
        self.state.exclusive_tag
    }
    fn set_exclusive(&mut self, address: u64, tag: u64, value: u64) {
        self.state.exclusive_address = address;
        self.state.exclusive_tag = tag;
        self.state.exclusive_value = value;
    }
    fn clear_exclusive(&mut self) {
        self.state.exclusive_address = ArmState::MONITOR_OPEN;
    }

    fn tpidruro(&mut self) -> u32 {
        self.state.tpidruro
    }
    fn tpidrurw(&mut self) -> u32 {
        self.state.tpidrurw
    }
    fn set_tpidrurw(&mut self, value: u32) {
        self.state.tpidrurw = value;
    }
}

impl From<TrapKind> for ir::TrapKind {
    fn from(kind: TrapKind) -> Self {
        match kind {
            TrapKind::SupervisorCall => Self::SystemCall,
            TrapKind::Undefined => Self::Undefined,
            TrapKind::Breakpoint => Self::Breakpoint,
            TrapKind::Yield => Self::Yield,
            TrapKind::WaitForEvent => Self::WaitForEvent,
            TrapKind::WaitForInterrupt => Self::WaitForInterrupt,
            TrapKind::SendEvent => Self::SendEvent,
        }
    }
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "test values are small")]
mod tests;
