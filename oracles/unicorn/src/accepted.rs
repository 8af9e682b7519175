//! Where we and Unicorn differ knowingly.
//!
//! Unicorn 2.1 contains QEMU 5.0, some of whose faults later versions have mended.
//! Sections are those of DDI 0406C.d.

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
        reason: "LDM, STM, LDRD, STRD, PUSH, POP and the floating-point loads and stores take an \
                 Alignment fault whatever SCTLR.A is (A3.2.1); QEMU 5.0 does not check",
    },
    Exception {
        covers: |m| m.only(&["pc"]) && m.ours.state.pc() | 2 == m.theirs.state.pc() && a32(m),
        reason: "interworking to an A32 address with bit 1 set is UNPREDICTABLE (BXWritePC, A2.3.1); \
                 we ignore the bit, QEMU fetches there",
    },
    Exception {
        covers: |m| matches!(m.theirs.end, Stop::Fetch(_)) && returns_from_exception(m),
        reason: "SUBS PC, LR and its relatives are UNPREDICTABLE in User mode (B9.3.20); we take \
                 them as UNDEFINED, QEMU branches and restores from no SPSR",
    },
    Exception {
        covers: |m| m.row_name() == "VcvtFromFixed" && m.only(&["d", "fpscr"]),
        reason: "conversion from fixed point rounds to nearest whatever FPSCR.RMode is (A8.8.307, \
                 FixedToFP); QEMU 5.0 rounds as FPSCR says",
    },
    Exception {
        covers: |m| m.row_name().starts_with("Msr") && m.only(&["big_endian"]),
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
        covers: |m| m.item.row == Err(Undecodable::Unallocated) && advanced_simd(m),
        reason: "Advanced SIMD is not described yet (A7.4, A7.7)",
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

fn a32(mismatch: &Mismatch) -> bool {
    mismatch.ours.state.thumb == 0
}

fn aligned_words(name: &str) -> bool {
    const STARTS: [&str; 9] = [
        "Ldm", "Stm", "Ldrd", "Strd", "Vldm", "Vstm", "Vldr", "Vstr", "Fldm",
    ];
    STARTS.iter().any(|start| name.starts_with(start))
        || ["Vpush", "Vpop", "Fstmx"].contains(&name)
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
    ) && !matches!(mismatch.theirs.end, Stop::Exception(_) | Stop::Invalid)
}

/// A data-processing instruction of A32 that sets flags and writes the PC.
fn returns_from_exception(mismatch: &Mismatch) -> bool {
    let word = mismatch.item.word;
    let data_processing = word >> 26 & 3 == 0;
    !mismatch.thumb && data_processing && word >> 20 & 1 == 1 && word >> 12 & 15 == 15
}

/// Advanced SIMD data processing, and its loads and stores of elements and
/// structures.
fn advanced_simd(mismatch: &Mismatch) -> bool {
    let word = mismatch.item.word;
    if mismatch.thumb {
        word & 0xef00_0000 == 0xef00_0000 || word & 0xff10_0000 == 0xf900_0000
    } else {
        word & 0xfe00_0000 == 0xf200_0000 || word & 0xff10_0000 == 0xf400_0000
    }
}
