//! What instructions read and write, found by running their semantics on a
//! machine without values.
//!
//! Since the semantic functions are the only description, nothing can be
//! forgotten here. Everything is a "may": what an instruction does under a
//! dynamic condition counts as done.

use dbt_isa::machine::{Abort, Flow, Machine};
use dbt_isa::ops::{Access, BinOp, CmpOp, Condition, UnOp};

use crate::checksum::Checksum;
use crate::fp_reg::{DReg, SReg};
use crate::insn::Insn;
use crate::instruction::Instruction;
use crate::itstate::ItState;
use crate::machine::{A32Machine, BranchKind, TrapKind};
use crate::reg::{Reg, RegList};
use crate::simd::SimdOp;
use crate::simd_machine::SimdMachine;
use crate::system::{AccessKind, BankedReg, ProcessorMode};
use crate::system_machine::{CoprocessorAccess, Event, Privilege, SystemCall, SystemMachine};
use crate::vfp_machine::{FpOp, VfpMachine};

/// N, Z, C and V as a set of bits 3 to 0.
const ALL_FLAGS: u8 = 15;

/// How an instruction leaves the straight path.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Exit {
    /// To a known address.
    Branch {
        /// The address.
        target: u32,
        /// Whether the instruction set there is T32.
        thumb: bool,
        /// Why.
        kind: BranchKind,
    },
    /// To a known address, or on, as a value decides (`CBZ`).
    BranchIf {
        /// The address.
        target: u32,
    },
    /// To a computed address.
    Indirect {
        /// Why.
        kind: BranchKind,
    },
    /// To the embedder.
    Trap(TrapKind),
}

/// What an instruction reads and writes.
///
/// # Examples
///
/// ```
/// use dbt_a32_frontend::instruction::Instruction;
/// use dbt_a32_frontend::use_analysis::Uses;
/// use dbt_a32_frontend::version::DecodeContext;
///
/// // ldr r0, [r1, r2]!
/// let insn = Instruction::a32(0xe7b1_0002, 0, &DecodeContext::a32()).unwrap();
/// let uses = Uses::of(&insn, false);
/// assert_eq!(uses.reads.to_string(), "{r1, r2}");
/// assert_eq!(uses.writes.to_string(), "{r0, r1}");
/// assert!(uses.loads && !uses.stores);
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Uses {
    /// General-purpose registers read, the PC included.
    pub reads: RegList,
    /// General-purpose registers written, the PC excluded.
    pub writes: RegList,
    /// Condition flags read, N to V in bits 3 to 0; those that the guarding
    /// condition tests included.
    pub flags_read: u8,
    /// Condition flags written, likewise.
    pub flags_written: u8,
    /// Whether Q is read; instructions that may only set it read it.
    pub q_read: bool,
    /// Whether Q is written.
    pub q_written: bool,
    /// Whether the GE flags are read.
    pub ge_read: bool,
    /// Whether the GE flags are written.
    pub ge_written: bool,
    /// Doubleword registers read, as a set of bits; a single counts as its
    /// double.
    pub d_reads: u32,
    /// Doubleword registers written, likewise.
    pub d_writes: u32,
    /// Whether FPSCR is read.
    pub fpscr_read: bool,
    /// Whether FPSCR is written.
    pub fpscr_written: bool,
    /// Whether memory is read.
    pub loads: bool,
    /// Whether memory is written.
    pub stores: bool,
    /// Whether the exclusive monitor or a thread register is touched, accesses
    /// are ordered, or endianness or the IT block change.
    pub system: bool,
    /// Whether it is executed only under a condition.
    pub conditional: bool,
    /// How it leaves the straight path, if it does.
    pub exit: Option<Exit>,
}

impl Uses {
    /// Analyses an instruction. `big_endian` tells the endianness of data.
    #[must_use]
    pub fn of(instruction: &Instruction, big_endian: bool) -> Self {
        let mut analysis = UseAnalysis {
            uses: Self::default(),
            instruction,
            big_endian,
        };
        if let Some(condition) = instruction.cond.condition() {
            analysis.uses.conditional = true;
            analysis.uses.flags_read = flags_tested(condition);
        }
        let insn: Insn = instruction.decoded.insn;
        // An abort cannot come up: no access of this machine faults.
        let _ = insn.execute(&mut analysis);
        analysis.uses
    }
}

/// The flags that a condition tests.
const fn flags_tested(condition: Condition) -> u8 {
    match condition as u8 >> 1 {
        0 => 0b0100,
        1 => 0b0010,
        2 => 0b1000,
        3 => 0b0001,
        4 => 0b0110,
        5 => 0b1001,
        _ => 0b1101,
    }
}

/// The machine whose values are nothing, except that flags know which of them
/// are still the old ones: those are read when they are tested, and not written
/// when they are written back.
struct UseAnalysis<'a> {
    uses: Uses,
    instruction: &'a Instruction,
    big_endian: bool,
}

impl UseAnalysis<'_> {
    fn leave(&mut self, exit: Exit) -> Flow {
        self.uses.exit = Some(exit);
        Flow::Leave
    }

    fn system(&mut self) {
        self.uses.system = true;
    }
}

/// The list with a register more.
fn with(list: RegList, reg: Reg) -> RegList {
    RegList::from_bits(list.bits() | 1 << reg.number())
}

impl Machine for UseAnalysis<'_> {
    type Bit = ();
    type Word = ();
    type Dword = ();
    type Flags = u8;

    fn bit(&mut self, _: bool) {}
    fn imm(&mut self, _: u32) {}
    fn imm64(&mut self, _: u64) {}
    fn binary(&mut self, _: BinOp, (): (), (): ()) {}
    fn binary64(&mut self, _: BinOp, (): (), (): ()) {}
    fn unary(&mut self, _: UnOp, (): ()) {}
    fn compare(&mut self, _: CmpOp, (): (), (): ()) {}
    fn compare64(&mut self, _: CmpOp, (): (), (): ()) {}
    fn bit_and(&mut self, (): (), (): ()) {}
    fn bit_or(&mut self, (): (), (): ()) {}
    fn bit_xor(&mut self, (): (), (): ()) {}
    fn bit_not(&mut self, (): ()) {}
    fn bit_to_word(&mut self, (): ()) {}
    fn select(&mut self, (): (), (): (), (): ()) {}
    fn select64(&mut self, (): (), (): (), (): ()) {}
    fn zext64(&mut self, (): ()) {}
    fn sext64(&mut self, (): ()) {}
    fn low(&mut self, (): ()) {}
    fn high(&mut self, (): ()) {}
    fn adc(&mut self, (): (), (): (), (): ()) {}
    fn sbc(&mut self, (): (), (): (), (): ()) {}
    fn add_flags(&mut self, (): (), (): ()) -> u8 {
        0
    }
    fn sub_flags(&mut self, (): (), (): ()) -> u8 {
        0
    }
    fn adc_flags(&mut self, (): (), (): (), (): ()) -> u8 {
        0
    }
    fn sbc_flags(&mut self, (): (), (): (), (): ()) -> u8 {
        0
    }
    fn nz_flags(&mut self, (): (), rest: u8) -> u8 {
        rest & 0b0011
    }
    fn nzc_flags(&mut self, (): (), (): (), rest: u8) -> u8 {
        rest & 0b0001
    }
    fn flags_from_psr(&mut self, (): ()) -> u8 {
        0
    }
    fn flags_to_psr(&mut self, flags: u8) {
        self.uses.flags_read |= flags;
    }
    fn condition(&mut self, flags: u8, condition: Condition) {
        self.uses.flags_read |= flags & flags_tested(condition);
    }

    fn load(&mut self, _: Access, (): ()) -> Result<(), Abort> {
        self.uses.loads = true;
        Ok(())
    }
    fn load64(&mut self, _: Access, (): ()) -> Result<(), Abort> {
        self.uses.loads = true;
        Ok(())
    }
    fn store(&mut self, _: Access, (): (), (): ()) -> Result<(), Abort> {
        self.uses.stores = true;
        Ok(())
    }
    fn store64(&mut self, _: Access, (): (), (): ()) -> Result<(), Abort> {
        self.uses.stores = true;
        Ok(())
    }
    fn load_tag(&mut self, (): ()) {}
    fn store_exclusive(&mut self, _: Access, (): (), (): (), (): (), (): ()) -> Result<(), Abort> {
        self.uses.loads = true;
        self.uses.stores = true;
        Ok(())
    }
    fn fence(&mut self) {
        self.system();
    }

    fn when(
        &mut self,
        (): (),
        body: impl FnOnce(&mut Self) -> Result<(), Abort>,
    ) -> Result<(), Abort> {
        body(self)
    }
}

impl A32Machine for UseAnalysis<'_> {
    fn pc(&self) -> u32 {
        self.instruction.address
    }
    fn thumb(&self) -> bool {
        self.instruction.thumb
    }
    fn big_endian(&self) -> bool {
        self.big_endian
    }
    fn insn_len(&self) -> u32 {
        self.instruction.size
    }

    fn reg(&mut self, reg: Reg) {
        self.uses.reads = with(self.uses.reads, reg);
    }
    fn set_reg(&mut self, reg: Reg, (): ()) {
        self.uses.writes = with(self.uses.writes, reg);
    }
    fn flags(&mut self) -> u8 {
        ALL_FLAGS
    }
    fn set_flags(&mut self, flags: u8) {
        self.uses.flags_written |= ALL_FLAGS & !flags;
    }
    fn q(&mut self) {
        self.uses.q_read = true;
    }
    fn set_q(&mut self, (): ()) {
        self.uses.q_written = true;
    }
    fn ge(&mut self) {
        self.uses.ge_read = true;
    }
    fn set_ge(&mut self, (): ()) {
        self.uses.ge_written = true;
    }

    fn branch(&mut self, target: u32, thumb: bool, kind: BranchKind) -> Flow {
        self.leave(Exit::Branch {
            target,
            thumb,
            kind,
        })
    }
    fn branch_if(&mut self, (): (), target: u32) -> Flow {
        self.leave(Exit::BranchIf { target })
    }
    fn branch_indirect(&mut self, (): (), kind: BranchKind) -> Flow {
        self.leave(Exit::Indirect { kind })
    }
    fn branch_same_state(&mut self, (): (), kind: BranchKind) -> Flow {
        self.leave(Exit::Indirect { kind })
    }

    fn trap(&mut self, kind: TrapKind, _: u32) -> Flow {
        self.leave(Exit::Trap(kind))
    }
    fn set_big_endian(&mut self, (): ()) -> Flow {
        self.system();
        Flow::Next
    }
    fn set_it(&mut self, _: ItState) {
        self.system();
    }
    fn instruction_barrier(&mut self) -> Flow {
        self.system();
        Flow::Next
    }

    fn exclusive_address(&mut self) {
        self.system();
    }
    fn exclusive_value(&mut self) {
        self.system();
    }
    fn exclusive_tag(&mut self) {
        self.system();
    }
    fn set_exclusive(&mut self, (): (), (): (), (): ()) {
        self.system();
    }
    fn clear_exclusive(&mut self) {
        self.system();
    }

    fn tpidruro(&mut self) {
        self.system();
    }
    fn tpidrurw(&mut self) {
        self.system();
    }
    fn set_tpidrurw(&mut self, (): ()) {
        self.system();
    }
}

impl SystemMachine for UseAnalysis<'_> {
    /// Of an operating system, where most can be told.
    fn privilege(&self) -> Privilege {
        Privilege::Privileged
    }

    fn control(&mut self) {}
    fn spsr(&mut self) {
        self.system();
    }
    fn set_spsr(&mut self, (): ()) {
        self.system();
    }
    fn rarely(&mut self) -> Flow {
        self.system();
        Flow::Next
    }
    fn write_cpsr(&mut self, (): (), fields: u32) {
        if fields & 8 != 0 {
            self.uses.flags_written = ALL_FLAGS;
            self.uses.q_written = true;
        }
        self.uses.ge_written |= fields & 4 != 0;
    }
    fn return_from_exception(&mut self, (): (), (): ()) -> Flow {
        self.write_cpsr((), 15);
        self.leave(Exit::Indirect {
            kind: BranchKind::Return,
        })
    }
    fn elr_hyp(&mut self) {}
    fn user_reg(&mut self, reg: Reg) {
        self.reg(reg);
    }
    fn set_user_reg(&mut self, reg: Reg, (): ()) {
        self.set_reg(reg, ());
    }
    fn banked(&mut self, _: BankedReg) -> Option<()> {
        Some(())
    }
    fn set_banked(&mut self, _: BankedReg, (): ()) -> Option<()> {
        Some(())
    }
    fn mode_sp(&mut self, _: ProcessorMode) -> Option<()> {
        self.reg(Reg::SP);
        Some(())
    }
    fn set_mode_sp(&mut self, _: ProcessorMode, (): ()) {
        self.set_reg(Reg::SP, ());
    }
    fn coprocessor(&mut self, access: CoprocessorAccess) -> Flow {
        let CoprocessorAccess {
            place,
            kind,
            registers,
        } = access;
        let moved = if place.is_dual() { 2 } else { 1 };
        for &register in &registers[..moved] {
            match kind {
                AccessKind::Write => self.reg(register),
                AccessKind::Read if register.is_pc() => self.uses.flags_written = ALL_FLAGS,
                AccessKind::Read => self.set_reg(register, ()),
                AccessKind::Operation | AccessKind::Load | AccessKind::Store => {}
            }
        }
        self.uses.loads |= kind == AccessKind::Load;
        self.uses.stores |= kind == AccessKind::Store;
        Flow::Next
    }
    fn call(&mut self, _: SystemCall, _: u32) -> Flow {
        self.leave(Exit::Trap(TrapKind::SupervisorCall))
    }
    fn event(&mut self, event: Event) -> Flow {
        self.leave(Exit::Trap(match event {
            Event::WaitForEvent => TrapKind::WaitForEvent,
            Event::WaitForInterrupt => TrapKind::WaitForInterrupt,
            Event::Send | Event::SendLocal => TrapKind::SendEvent,
        }))
    }
}

impl VfpMachine for UseAnalysis<'_> {
    type Single = ();
    type Double = ();

    fn single(&mut self, reg: SReg) {
        self.uses.d_reads |= 1 << (reg.index() / 2);
    }
    fn set_single(&mut self, reg: SReg, (): ()) {
        self.uses.d_writes |= 1 << (reg.index() / 2);
    }
    fn double(&mut self, reg: DReg) {
        self.uses.d_reads |= 1 << reg.index();
    }
    fn set_double(&mut self, reg: DReg, (): ()) {
        self.uses.d_writes |= 1 << reg.index();
    }

    fn single_to_word(&mut self, (): ()) {}
    fn single_from_word(&mut self, (): ()) {}
    fn double_to_dword(&mut self, (): ()) {}
    fn double_from_dword(&mut self, (): ()) {}

    fn fpscr(&mut self) {
        self.uses.fpscr_read = true;
    }
    fn fpscr_flags(&mut self) -> u8 {
        self.uses.fpscr_read = true;
        0
    }
    fn set_fpscr_flags(&mut self, _: u8) {
        self.uses.fpscr_written = true;
    }
    fn set_fpscr(&mut self, (): ()) -> Flow {
        self.uses.fpscr_written = true;
        Flow::Next
    }

    fn fp(&mut self, _: FpOp, (): (), (): (), (): ()) {
        self.uses.fpscr_read = true;
        self.uses.fpscr_written = true;
    }
}

impl SimdMachine for UseAnalysis<'_> {
    type Vector = ();

    fn vector(&mut self, (): (), (): ()) {}
    fn vector_low(&mut self, (): ()) {}
    fn vector_high(&mut self, (): ()) {}
    fn simd(&mut self, op: SimdOp, (): (), (): (), (): ()) {
        if op.uses_fpscr() {
            self.uses.fpscr_read = true;
            self.uses.fpscr_written = true;
        }
    }
    fn checksum(&mut self, _: Checksum, (): (), (): ()) {}
    fn aligns(&self) -> bool {
        false
    }
    fn misaligned(&mut self, (): (), _: bool) -> Result<(), Abort> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::string::{String, ToString};

    use super::*;
    use crate::version::DecodeContext;

    fn uses(word: u32) -> Uses {
        let insn = Instruction::a32(word, 0x1000, &DecodeContext::a32());
        Uses::of(&insn.expect("the word is an instruction"), false)
    }

    fn regs(word: u32) -> (String, String) {
        let uses = uses(word);
        (uses.reads.to_string(), uses.writes.to_string())
    }

    #[test]
    fn registers_are_those_of_the_operands() {
        for (word, reads, writes) in [
            (0xe081_0002, "{r1, r2}", "{r0}"),             // add r0, r1, r2
            (0xe1a0_0211, "{r1, r2}", "{r0}"),             // lsl r0, r1, r2
            (0xe8b1_000d, "{r1}", "{r0, r1, r2, r3}"),     // ldm r1!, {r0, r2, r3}
            (0xe92d_4010, "{r4, sp, lr}", "{sp}"),         // push {r4, lr}
            (0xe0e1_0392, "{r0, r1, r2, r3}", "{r0, r1}"), // smlal r0, r1, r2, r3
            (0xe7df_0811, "{r0, r1}", "{r0}"),             // bfi r0, r1, #16, #16
        ] {
            assert_eq!(regs(word), (reads.into(), writes.into()), "{word:#x}");
        }
    }

    #[test]
    fn flags_kept_are_neither_read_nor_written() {
        for (word, read, written) in [
            (0xe091_0002, 0, 0b1111),      // adds r0, r1, r2
            (0xe0b1_0002, 0b0010, 0b1111), // adcs r0, r1, r2
            (0xe011_0002, 0, 0b1100),      // ands r0, r1, r2
            (0xe011_0082, 0, 0b1110),      // ands r0, r1, r2, lsl #1
            (0x0081_0002, 0b0100, 0),      // addeq r0, r1, r2
            (0xc151_0002, 0b1101, 0b1111), // cmpgt r1, r2
        ] {
            let uses = uses(word);
            assert_eq!(
                (uses.flags_read, uses.flags_written),
                (read, written),
                "{word:#x}"
            );
        }
    }

    #[test]
    fn exits_are_recorded() {
        let call = BranchKind::Call { link: 0x1004 };
        for (word, exit) in [
            (
                0xeb00_0000,
                Exit::Branch {
                    target: 0x1008,
                    thumb: false,
                    kind: call,
                },
            ),
            (
                0xe12f_ff1e,
                Exit::Indirect {
                    kind: BranchKind::Return,
                },
            ),
            (
                0xe8bd_8010,
                Exit::Indirect {
                    kind: BranchKind::Return,
                },
            ),
            (
                0xe49d_f004,
                Exit::Indirect {
                    kind: BranchKind::Return,
                },
            ),
            (
                0xe1a0_f000,
                Exit::Indirect {
                    kind: BranchKind::Jump,
                },
            ),
            (0xef00_0000, Exit::Trap(TrapKind::SupervisorCall)),
        ] {
            assert_eq!(uses(word).exit, Some(exit), "{word:#x}");
        }
    }
}
