//! Where we and Unicorn differ knowingly.
//!
//! Unicorn 2.1 contains QEMU 5.0, some of whose faults later versions have mended.
//! Sections are those of DDI 0406C.d.

use dbt_a32_frontend::system::ProcessorMode;
use dbt_core::guest::Step;
use dbt_core::memory::{AccessKind, FaultCause, MemoryFault};
use dbt_isa::Undecodable;
use dbt_testkit::programs::End;

use crate::compare::Mismatch;
use crate::cpu::Stop;

/// A difference that has a reason.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// Whether a difference is this one.
    pub covers: fn(&Mismatch) -> bool,
    /// Why the two sides differ.
    pub reason: &'static str,
}

/// All of them.
pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        covers: |m| aligned_words(m.row_name()) && alignment_fault(m),
        reason: "LDM, STM, LDRD, STRD, PUSH, POP, RFE, SRS and the floating-point loads and stores take an \
                 Alignment fault whatever SCTLR.A is (A3.2.1); QEMU 5.0 does not check",
    },
    Exception {
        covers: |m| structures(m.row_name()) && alignment_fault(m),
        reason: "VLD1 to VLD4 and VST1 to VST4 take an Alignment fault if the address lacks the \
                 alignment that they specify (A3.2.1); QEMU 5.0 does not check",
    },
    Exception {
        covers: |m| {
            let ordered = ["Lda", "Ldah", "Stl", "Stlh"].contains(&m.row_name());
            ordered && alignment_fault(m)
        },
        reason: "load-acquire and store-release take an Alignment fault whatever SCTLR.A is (DDI \
                 0487, E2.7.1); QEMU 5.0 does not check",
    },
    Exception {
        covers: |m| {
            let fault = matches!(m.ours.end, End::Stopped(Step::Fault(_)));
            fault && m.row_name().starts_with("Vld") && m.only(&["d"])
        },
        reason: "what a VLD that faults leaves in its destinations is UNKNOWN (B1.9.8); we leave \
                 them alone, QEMU has loaded some",
    },
    Exception {
        covers: |m| {
            let word = m.item.word;
            let same = word >> 12 & 15 == word & 15 && word >> 22 & 1 == word >> 5 & 1;
            same && ["Vtrn", "Vuzp", "Vzip"].contains(&m.row_name()) && m.only(&["d"])
        },
        reason: "VTRN, VUZP and VZIP of a register with itself give UNKNOWN values (A8.8.420, \
                 A8.8.422, A8.8.423)",
    },
    Exception {
        // What Unicorn executed there may have ended anywhere.
        covers: |m| m.misaligned || m.theirs.state.thumb == 0 && m.theirs.state.pc() & 2 != 0,
        reason: "interworking to an A32 address with bit 1 set is UNPREDICTABLE (BXWritePC, A2.3.2); \
                 we ignore the bit, QEMU fetches there",
    },
    Exception {
        covers: |m| returns_from_exception(m) && m.before.mode() == ProcessorMode::User,
        reason: "SUBS PC, LR and its relatives are UNPREDICTABLE in User mode (B9.3.20); we take \
                 them as UNDEFINED, QEMU branches and restores from no SPSR",
    },
    Exception {
        covers: |m| {
            let fault = matches!(m.ours.end, End::Stopped(Step::Fault(_)));
            fault && m.row_name().starts_with("Ldrd") && m.fields.iter().all(is_register)
        },
        reason: "what an LDRD that faults leaves in its destinations is UNKNOWN (B1.9.8); we leave \
                 them alone, QEMU has loaded the first",
    },
    Exception {
        covers: |m| m.row_name() == "VcvtFromFixed" && m.only(&["d", "fpscr"]),
        reason: "conversion from fixed point rounds to nearest whatever FPSCR.RMode is (A8.8.308, \
                 FixedToFP); QEMU 5.0 rounds as FPSCR says",
    },
    Exception {
        // A jump into the middle of an instruction may have found the MSR.
        covers: |m| m.only(&["big_endian"]),
        reason: "MSR in User mode may write CPSR.E (B9.3.12, CPSRWriteByInstr); QEMU 5.0 does not",
    },
    Exception {
        covers: |m| {
            let fault = matches!(m.theirs.end, Stop::Fault(AccessKind::Write, _));
            fault && m.fields.is_empty() && m.memory.is_some()
        },
        reason: "what a store that faults has written is UNKNOWN (B1.9.8 for STM; A3.5.3 for the \
                 bytes of an unaligned store): Unicorn stores the bytes that it can, and in an IT \
                 block goes on to the end of the block",
    },
    Exception {
        covers: |m| {
            let name = m.row_name();
            let exclusive = name.starts_with("Strex") || name.starts_with("Stlex");
            let mut fields = m.fields.iter();
            exclusive && fields.all(|f| is_register(f) || *f == "banks")
        },
        reason: "a store-exclusive of another size than the load-exclusive before it is UNPREDICTABLE \
                 (A3.4.5); we compare the bytes stored to, QEMU all of what was loaded",
    },
    Exception {
        covers: |m| m.row_name() == "Smlad" && m.only(&["q"]),
        reason: "SMLAD sets Q if the sum of both products and the accumulator overflows (A8.8.177); \
                 QEMU 5.0 also does if the sum of the products alone would",
    },
    Exception {
        covers: |m| {
            let opcode = if m.thumb { 0xff20_0d10 } else { 0xf320_0d10 };
            m.item.word & 0xffa0_0f10 == opcode && m.item.row.is_err()
        },
        reason: "VMUL of numbers with bit 21 set is UNDEFINED (A7.4.1); QEMU 5.0 does not look at \
                 the bit",
    },
    Exception {
        covers: |m| {
            let opcode = if m.thumb { 0xff80_0d00 } else { 0xf380_0d00 };
            m.item.word & 0xff80_0f50 == opcode && m.item.row.is_err()
        },
        reason: "VQDMULL has no unsigned form (A7.4.2); QEMU 5.0 does not look at the bit",
    },
    Exception {
        covers: |m| m.item.row == Err(Undecodable::Unpredictable),
        reason: "UNPREDICTABLE, reached by a jump into the middle of a T32 instruction; we take it as \
                 UNDEFINED",
    },
    Exception {
        covers: |m| m.row_name() == "Isb" && m.before.it != 0 && m.only(&["it"]),
        reason: "ISB does not change ITSTATE beyond advancing it (A8.8.53); QEMU 5.0 loses it when the \
                 barrier ends a block, and so executes the rest of the IT block always",
    },
    Exception {
        covers: |m| {
            let coprocessor = matches!(m.item.word >> 24 & 15, 0b1100..=0b1110);
            coprocessor && m.item.word >> 8 & 15 == 14 && m.theirs.end != Stop::Invalid
        },
        reason: "debug registers in CP14 are readable from User mode if the system allows it \
                 (DBGDSCR.UDCCdis, C11.11.20); we describe none, QEMU reads zeroes, and takes LDC \
                 for MRRC",
    },
    Exception {
        covers: |m| {
            let store = m.item.word & 0xff90_0000 == 0xf880_0000
                || m.item.word & 0xff90_0000 == 0xf800_0000;
            let pc = m.item.word >> 16 & 15 == 15;
            m.thumb && store && pc && m.item.row == Err(Undecodable::Undefined)
        },
        reason: "T32 STR, STRB and STRH relative to the PC are UNDEFINED (A8.8.203, A8.8.206, \
                 A8.8.216); QEMU 5.0 stores",
    },
    Exception {
        covers: |m| {
            let a32 = |psr: u32| psr & 0x20 == 0 && psr & 0x0600_fc00 != 0;
            let cleared = m.ours.state.thumb == 0 && m.ours.state.it == 0;
            m.only(&["it"]) && (cleared || a32(m.before.spsr()))
        },
        reason: "a return to A32 state with an ITSTATE is UNPREDICTABLE (B1.3.3); we clear it, QEMU \
                 keeps it",
    },
    Exception {
        covers: |m| {
            let system = m.before.mode() == ProcessorMode::System;
            system && ["LdmSystem", "StmSystem"].contains(&m.row_name())
        },
        reason: "LDM and STM of User registers are UNPREDICTABLE in System mode (B9.3.6, B9.3.17); we \
                 transfer those in use, QEMU those it saved when it left User mode",
    },
    Exception {
        covers: |m| {
            let reads = ["MrsSpsr", "MrsBanked", "Srs"].contains(&m.row_name());
            (reads || m.is_stored_spsr()) && m.differs_in_reserved_bits()
        },
        reason: "bits 23 to 20 of an SPSR are reserved (B1.3.3); we read zeroes, QEMU 5.0 keeps what \
                 MSR has written to them",
    },
    Exception {
        // The opcodes of SUB and MOV are 0b0010 and 0b1101.
        covers: |m| returns_from_exception(m) && !matches!(m.last.word >> 21 & 15, 2 | 13),
        reason: "all data-processing instructions with S that write the PC return from an exception \
                 (B9.3.20); in QEMU 5.0 only SUBS and MOVS do",
    },
    Exception {
        covers: |m| m.only(&["it"]) && m.ours.state.it & 15 == 0,
        reason: "an ITSTATE that names a condition for no instruction is reserved (A2.5.2); we keep what \
                 a return has written, QEMU clears it at the next exception",
    },
    Exception {
        covers: |m| m.row_name() == "Mrc" && m.item.word & 0x00ff_0fff == 0x0019_0f1e,
        reason: "PMUSERENR is readable from User mode (B4.1.122); we describe no performance monitors",
    },
    Exception {
        covers: |m| m.row_name() == "Srs" && m.item.word & 0x1f == ProcessorMode::Hyp.bits(),
        reason: "SRS to the stack of Hyp mode is UNPREDICTABLE (B9.3.16); we take it as UNDEFINED, QEMU \
                 stores",
    },
    Exception {
        covers: |m| m.row_name() == "MrsBanked" && m.text.ends_with("_hyp"),
        reason: "registers of Hyp mode are not set up for Unicorn",
    },
    Exception {
        covers: |m| m.item.row.is_err() && is_widening_multiply(m.item.word),
        reason: "VFMAL and VFMSL, which the newest CPU of QEMU 5.0 has, come with half precision (DDI \
                 0487, A2.6), which it has not; so ours is declared with neither",
    },
    Exception {
        covers: |m| m.item.row.is_err() && m.item.word & 0xffb0_0f00 == 0xfd20_0d00,
        reason: "VSDOT and VUDOT have bit 24 clear (DDI 0487, F6.1); QEMU 5.0 does not look at the bit",
    },
    Exception {
        // The doubleword behind the destination.
        covers: |m| {
            let word = m.item.word;
            let d = (word >> 18 & 0x10 | word >> 12 & 15) as usize;
            let ours = m.ours.state.d;
            let rest = |n: &usize| *n != d + 1;
            let same = (0..ours.len())
                .filter(rest)
                .all(|n| ours[n] == m.theirs.state.d[n]);
            let quad = word >> 6 & 1 == 1;
            m.row_name() == "VcmlaScalar" && !quad && same && m.only(&["d", "fpscr"])
        },
        reason: "VCMLA of a doubleword changes no other (DDI 0487, F6.1); by an element, QEMU 5.0 \
                 computes a quadword always",
    },
    Exception {
        covers: |m| {
            m.row_name() == "Vjcvt" && m.before.fpscr() & 1 << 24 != 0 && m.only(&["fpscr"])
        },
        reason: "VJCVT of a number that FPSCR.FZ takes for zero clears FPSCR.Z (DDI 0487, FPToFixedJS); \
                 QEMU 5.0 sets it",
    },
    Exception {
        covers: |m| m.row_name().starts_with('V') && m.before.fpscr() & 0x0037_0000 != 0,
        reason: "FPSCR.Len and Stride: no core since the Cortex-A9 has short vectors, and \
                 instructions that they affect are UNDEFINED (DDI 0487, G8.2.57); the newest CPU of QEMU \
                 has them",
    },
    Exception {
        covers: |m| {
            let lost = m.ours.state.it == 0 && m.theirs.state.it != 0 && m.only(&["pc", "it"]);
            m.thumb && m.before.it != 0 && (m.only(&["it"]) || lost)
        },
        reason: "an instruction of an IT block advances ITSTATE; QEMU 5.0 loses it when the instruction \
                 ends a block, and conditions what follows the IT block",
    },
];

impl Mismatch {
    /// The name of the instruction, empty if it is none.
    fn row_name(&self) -> &'static str {
        self.item.row.map_or("", |row| row.name)
    }

    /// Whether nothing differs but `fields`.
    fn only(&self, fields: &[&str]) -> bool {
        self.memory.is_none()
            && !self.fields.is_empty()
            && self.fields.iter().all(|field| fields.contains(field))
    }
}

impl Mismatch {
    /// Whether the words of memory that differ are the two SPSRs: an `SRS` that a branch back
    /// has come to.
    fn is_stored_spsr(&self) -> bool {
        let spsrs = [self.ours.state.spsr(), self.theirs.state.spsr()];
        self.row_name() == "B" && matches!(self.memory, Some((_, a, b)) if [a, b] == spsrs)
    }

    /// Whether core registers and memory differ in bits 23 to 20 at most.
    fn differs_in_reserved_bits(&self) -> bool {
        let reserved = |(a, b): (&u32, &u32)| (a ^ b) & !0x00f0_0000 == 0;
        let mut registers = self.ours.state.r.iter().zip(&self.theirs.state.r);
        let memory = self
            .memory
            .is_none_or(|(_, a, b)| (a ^ b) & !0x00f0_0000 == 0);
        // What SRS stores unaligned moves the bits.
        let near = |x: u32| x != 0 && x >> x.trailing_zeros() < 16;
        let one = matches!(self.memory, Some((_, a, b)) if near(a ^ b));
        let memory = memory || one;
        let mut fields = self.fields.iter();
        fields.all(|field| is_register(field) || ["banks", "it"].contains(field))
            && memory
            && registers.all(reserved)
    }
}

/// Whether a word is `VFMAL` or `VFMSL`, which A32 and T32 encode alike.
const fn is_widening_multiply(word: u32) -> bool {
    let by_element = word & 0xffa0_0f10 == 0xfe00_0810;
    by_element || word & 0xff30_0f10 == 0xfc20_0810
}

fn is_register(field: &&str) -> bool {
    field.starts_with('r') || ["sp", "lr"].contains(field)
}

/// A load or store of elements or structures.
fn structures(name: &str) -> bool {
    let number = name
        .strip_prefix("Vld")
        .or_else(|| name.strip_prefix("Vst"));
    number.is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()))
}

fn aligned_words(name: &str) -> bool {
    const STARTS: [&str; 11] = [
        "Ldm", "Stm", "Ldrd", "Strd", "Vldm", "Vstm", "Vldr", "Vstr", "Fldm", "Rfe", "Srs",
    ];
    STARTS.iter().any(|start| name.starts_with(start)) || ["Vpush", "Vpop", "Fstmx"].contains(&name)
}

fn alignment_fault(mismatch: &Mismatch) -> bool {
    let fault = match mismatch.ours.end {
        End::Stopped(Step::Fault(fault)) => fault,
        _ => return false,
    };
    matches!(
        fault,
        MemoryFault {
            cause: FaultCause::Alignment,
            ..
        }
    ) && (mismatch.row_name() == "Rfe" || !matches!(mismatch.theirs.end, Stop::Exception(_)))
}

/// A data-processing instruction of A32 that sets flags and writes the PC.
fn returns_from_exception(mismatch: &Mismatch) -> bool {
    let word = mismatch.last.word;
    let data_processing = word >> 26 & 3 == 0;
    mismatch.before.thumb == 0 && data_processing && word >> 20 & 1 == 1 && word >> 12 & 15 == 15
}
