//! The system registers of CP14 and CP15 that every guest has.
//!
//! See Arm ARM DDI 0406C.d, sections B3.15 to B3.18 and B4.1. Identification
//! registers tell of a core like a Cortex-A15 with neither debug nor performance
//! monitors; an embedder that models another one puts its own before them.
//!
//! Writes to what controls translation of addresses, and maintenance of TLBs, are
//! [watched](Watch::Writes). Caches are not modelled: their maintenance does nothing,
//! since translated code follows memory by itself. The generic timer and address
//! translation operations are the embedder's.

use super::register::{Action, Cell, Place, Rights, SystemRegister, Watch};
use crate::state::ArmState;
use crate::version::Features;

/// SCTLR after a reset: the bits that are one (B4.1.130).
pub const SCTLR_RESET: u64 = 0x00c5_0078;
/// The bits of SCTLR that writes change: M, A, C, Z, I, V, RR, HA, WXN, UWXN, FI, EE,
/// TRE, AFE, TE.
const SCTLR_WRITABLE: u64 = 0x723a_7807;
/// SCTLR.SPAN, of cores with Privileged Access Never.
const SPAN: u64 = 1 << 23;
/// SCTLR.DSSBS and HSCTLR.DSSBS, of cores with Speculative Store Bypass Safe.
const DSSBS: u64 = 1 << 31;
/// The registers that stand for no extension.
const ALWAYS: Features = Features::empty();

/// The value of a register of 32 bits.
const WORD: u64 = 0xffff_ffff;

const fn entry(
    name: &'static str,
    place: Place,
    rights: Rights,
    needs: Features,
    action: Action,
) -> SystemRegister {
    SystemRegister {
        name,
        place,
        rights,
        needs,
        reset: 0,
        action,
    }
}

/// A register with a value; all bits are writable.
const fn cell(
    name: &'static str,
    at: [u32; 4],
    rights: Rights,
    needs: Features,
    cell: Cell,
    watch: Watch,
) -> SystemRegister {
    let [crn, opc1, crm, opc2] = at;
    let action = Action::Cell {
        cell,
        writable: WORD,
        watch,
    };
    entry(
        name,
        Place::cp15(crn, opc1, crm, opc2),
        rights,
        needs,
        action,
    )
}

/// A register of 64 bits with a value.
const fn dual(
    name: &'static str,
    opc1: u32,
    crm: u32,
    rights: Rights,
    cell: Cell,
    watch: Watch,
) -> SystemRegister {
    let action = Action::Cell {
        cell,
        writable: u64::MAX,
        watch,
    };
    entry(
        name,
        Place::dual(15, opc1, crm),
        rights,
        Features::LPAE,
        action,
    )
}

/// An identification register.
const fn id(name: &'static str, at: [u32; 4], value: u64) -> SystemRegister {
    let [crn, opc1, crm, opc2] = at;
    let place = Place::cp15(crn, opc1, crm, opc2);
    with_reset(
        entry(name, place, Rights::READ, ALWAYS, Action::Constant),
        value,
    )
}

/// An operation.
const fn operation(name: &'static str, at: [u32; 4], watch: Watch) -> SystemRegister {
    let [crn, opc1, crm, opc2] = at;
    let place = Place::cp15(crn, opc1, crm, opc2);
    entry(
        name,
        place,
        Rights::WRITE,
        ALWAYS,
        Action::Operation { watch },
    )
}

/// An operation of Hyp mode on TLBs.
const fn hyp_operation(name: &'static str, at: [u32; 4]) -> SystemRegister {
    let mut register = operation(name, at, Watch::Writes);
    register.rights = Rights::HYP_WRITE;
    register.needs = Features::VIRTUALIZATION;
    register
}

/// What the embedder does.
const fn embedder(
    name: &'static str,
    place: Place,
    rights: Rights,
    needs: Features,
) -> SystemRegister {
    entry(name, place, rights, needs, Action::Embedder)
}

const fn with_reset(mut register: SystemRegister, reset: u64) -> SystemRegister {
    register.reset = reset;
    register
}

const fn writable(mut register: SystemRegister, bits: u64) -> SystemRegister {
    if let Action::Cell {
        writable: ref mut old,
        ..
    } = register.action
    {
        *old = bits;
    }
    register
}

const RW: Rights = Rights::READ_WRITE;
const HYP: Rights = Rights::HYP;
const SEC: Features = Features::SECURITY;
const VIRT: Features = Features::VIRTUALIZATION;
const LPAE: Features = Features::LPAE;
const TIMER: Features = Features::GENERIC_TIMER;
const NO: Watch = Watch::No;
const SEEN: Watch = Watch::Writes;

/// All of them.
#[rustfmt::skip]
pub static REGISTERS: &[SystemRegister] = &[
    // c0, identification
    id("MIDR",     [0, 0, 0, 0], 0x412f_c0f1),
    id("CTR",      [0, 0, 0, 1], 0x8444_c004),
    id("TCMTR",    [0, 0, 0, 2], 0),
    id("TLBTR",    [0, 0, 0, 3], 0),
    with_reset(cell("MPIDR", [0, 0, 0, 5], Rights::READ, ALWAYS, Cell::MPIDR, NO), 0x8000_0000),
    id("REVIDR",   [0, 0, 0, 6], 0),
    id("ID_PFR0",  [0, 0, 1, 0], 0x0000_1131),
    id("ID_PFR1",  [0, 0, 1, 1], 0x0001_1011),
    id("ID_DFR0",  [0, 0, 1, 2], 0),
    id("ID_AFR0",  [0, 0, 1, 3], 0),
    id("ID_MMFR0", [0, 0, 1, 4], 0x1020_1105),
    id("ID_MMFR1", [0, 0, 1, 5], 0x2000_0000),
    id("ID_MMFR2", [0, 0, 1, 6], 0x0124_0000),
    id("ID_MMFR3", [0, 0, 1, 7], 0x0210_2211),
    id("ID_ISAR0", [0, 0, 2, 0], 0x0210_1110),
    id("ID_ISAR1", [0, 0, 2, 1], 0x1311_2111),
    id("ID_ISAR2", [0, 0, 2, 2], 0x2123_2041),
    id("ID_ISAR3", [0, 0, 2, 3], 0x1111_2131),
    id("ID_ISAR4", [0, 0, 2, 4], 0x1001_1142),
    id("ID_ISAR5", [0, 0, 2, 5], 0),
    id("CCSIDR",   [0, 1, 0, 0], 0x701f_e00a),
    id("CLIDR",    [0, 1, 0, 1], 0x0a20_0023),
    id("AIDR",     [0, 1, 0, 7], 0),
    cell("CSSELR", [0, 2, 0, 0], RW, ALWAYS, Cell::CSSELR, NO),
    with_reset(cell("VPIDR",  [0, 4, 0, 0], HYP, VIRT, Cell::VPIDR, NO), 0x412f_c0f1),
    cell("VMPIDR", [0, 4, 0, 5], HYP, VIRT, Cell::VMPIDR, NO),
    // c1, system control
    writable(with_reset(cell("SCTLR", [1, 0, 0, 0], RW, Features::PAN.union(Features::SSBS), Cell::SCTLR, SEEN), SCTLR_RESET), SCTLR_WRITABLE | SPAN | DSSBS),
    writable(with_reset(cell("SCTLR", [1, 0, 0, 0], RW, Features::PAN, Cell::SCTLR, SEEN), SCTLR_RESET), SCTLR_WRITABLE | SPAN),
    writable(with_reset(cell("SCTLR", [1, 0, 0, 0], RW, Features::SSBS, Cell::SCTLR, SEEN), SCTLR_RESET), SCTLR_WRITABLE | DSSBS),
    writable(with_reset(cell("SCTLR", [1, 0, 0, 0], RW, ALWAYS, Cell::SCTLR, SEEN), SCTLR_RESET), SCTLR_WRITABLE),
    cell("ACTLR",  [1, 0, 0, 1], RW, ALWAYS, Cell::ACTLR, NO),
    writable(cell("CPACR",  [1, 0, 0, 2], RW, ALWAYS, Cell::CPACR, NO), 0x00f0_0000),
    writable(cell("SCR",    [1, 0, 1, 0], Rights::SECURE, SEC, Cell::SCR, SEEN), 0x3ff),
    writable(cell("SDER",   [1, 0, 1, 1], Rights::SECURE, SEC, Cell::SDER, NO), 3),
    writable(with_reset(cell("NSACR",  [1, 0, 1, 2], Rights::SECURE.union(Rights::NON_SECURE_READ).union(Rights::HYP_READ), SEC, Cell::NSACR, NO), 0xc00), 0xc00),
    writable(with_reset(cell("HSCTLR", [1, 4, 0, 0], HYP, VIRT.union(Features::SSBS), Cell::HSCTLR, SEEN), 0x30c5_0878), 0x4228_1807 | DSSBS),
    writable(with_reset(cell("HSCTLR", [1, 4, 0, 0], HYP, VIRT, Cell::HSCTLR, SEEN), 0x30c5_0878), 0x4228_1807),
    cell("HACTLR", [1, 4, 0, 1], HYP, VIRT, Cell::HACTLR, NO),
    cell("HCR",    [1, 4, 1, 0], HYP, VIRT, Cell::HCR, SEEN),
    cell("HDCR",   [1, 4, 1, 1], HYP, VIRT, Cell::HDCR, NO),
    with_reset(cell("HCPTR",  [1, 4, 1, 2], HYP, VIRT, Cell::HCPTR, NO), 0x33ff),
    cell("HSTR",   [1, 4, 1, 3], HYP, VIRT, Cell::HSTR, NO),
    entry("HACR", Place::cp15(1, 4, 1, 7), HYP, VIRT, Action::Constant),
    // c2, c3, translation tables
    cell("TTBR0",  [2, 0, 0, 0], RW, ALWAYS, Cell::TTBR0, SEEN),
    cell("TTBR1",  [2, 0, 0, 1], RW, ALWAYS, Cell::TTBR1, SEEN),
    cell("TTBCR",  [2, 0, 0, 2], RW, ALWAYS, Cell::TTBCR, SEEN),
    cell("HTCR",   [2, 4, 0, 2], HYP, VIRT, Cell::HTCR, SEEN),
    cell("VTCR",   [2, 4, 1, 2], HYP, VIRT, Cell::VTCR, SEEN),
    dual("TTBR0",  0, 2, RW, Cell::TTBR0, SEEN),
    dual("TTBR1",  1, 2, RW, Cell::TTBR1, SEEN),
    dual("HTTBR",  4, 2, HYP, Cell::HTTBR, SEEN),
    dual("VTTBR",  6, 2, HYP, Cell::VTTBR, SEEN),
    cell("DACR",   [3, 0, 0, 0], RW, ALWAYS, Cell::DACR, SEEN),
    // c5, c6, faults
    cell("DFSR",   [5, 0, 0, 0], RW, ALWAYS, Cell::DFSR, NO),
    cell("IFSR",   [5, 0, 0, 1], RW, ALWAYS, Cell::IFSR, NO),
    cell("ADFSR",  [5, 0, 1, 0], RW, ALWAYS, Cell::ADFSR, NO),
    cell("AIFSR",  [5, 0, 1, 1], RW, ALWAYS, Cell::AIFSR, NO),
    cell("HADFSR", [5, 4, 1, 0], HYP, VIRT, Cell::HADFSR, NO),
    cell("HAIFSR", [5, 4, 1, 1], HYP, VIRT, Cell::HAIFSR, NO),
    cell("HSR",    [5, 4, 2, 0], HYP, VIRT, Cell::HSR, NO),
    cell("DFAR",   [6, 0, 0, 0], RW, ALWAYS, Cell::DFAR, NO),
    cell("IFAR",   [6, 0, 0, 2], RW, ALWAYS, Cell::IFAR, NO),
    cell("HDFAR",  [6, 4, 0, 0], HYP, VIRT, Cell::HDFAR, NO),
    cell("HIFAR",  [6, 4, 0, 2], HYP, VIRT, Cell::HIFAR, NO),
    cell("HPFAR",  [6, 4, 0, 4], HYP, VIRT, Cell::HPFAR, NO),
    // c7, caches, address translation
    operation("NOP",       [7, 0, 0, 4], NO),
    operation("ICIALLUIS", [7, 0, 1, 0], NO),
    operation("BPIALLIS",  [7, 0, 1, 6], NO),
    cell("PAR",            [7, 0, 4, 0], RW, ALWAYS, Cell::PAR, NO),
    dual("PAR",            0, 7, RW, Cell::PAR, NO),
    operation("ICIALLU",   [7, 0, 5, 0], NO),
    operation("ICIMVAU",   [7, 0, 5, 1], NO),
    operation("BPIALL",    [7, 0, 5, 6], NO),
    operation("BPIMVA",    [7, 0, 5, 7], NO),
    operation("DCIMVAC",   [7, 0, 6, 1], NO),
    operation("DCISW",     [7, 0, 6, 2], NO),
    embedder("ATS1CPR",   Place::cp15(7, 0, 8, 0), Rights::WRITE, ALWAYS),
    embedder("ATS1CPW",   Place::cp15(7, 0, 8, 1), Rights::WRITE, ALWAYS),
    embedder("ATS1CUR",   Place::cp15(7, 0, 8, 2), Rights::WRITE, ALWAYS),
    embedder("ATS1CUW",   Place::cp15(7, 0, 8, 3), Rights::WRITE, ALWAYS),
    embedder("ATS12NSOPR", Place::cp15(7, 0, 8, 4), Rights::SECURE_WRITE.union(Rights::HYP_WRITE), SEC),
    embedder("ATS12NSOPW", Place::cp15(7, 0, 8, 5), Rights::SECURE_WRITE.union(Rights::HYP_WRITE), SEC),
    embedder("ATS12NSOUR", Place::cp15(7, 0, 8, 6), Rights::SECURE_WRITE.union(Rights::HYP_WRITE), SEC),
    embedder("ATS12NSOUW", Place::cp15(7, 0, 8, 7), Rights::SECURE_WRITE.union(Rights::HYP_WRITE), SEC),
    embedder("ATS1HR",    Place::cp15(7, 4, 8, 0), Rights::HYP_WRITE, VIRT),
    embedder("ATS1HW",    Place::cp15(7, 4, 8, 1), Rights::HYP_WRITE, VIRT),
    operation("DCCMVAC",   [7, 0, 10, 1], NO),
    operation("DCCSW",     [7, 0, 10, 2], NO),
    operation("DCCMVAU",   [7, 0, 11, 1], NO),
    operation("prefetch",  [7, 0, 13, 1], NO),
    operation("DCCIMVAC",  [7, 0, 14, 1], NO),
    operation("DCCISW",    [7, 0, 14, 2], NO),
    // c8, TLBs
    operation("TLBIALLIS",  [8, 0, 3, 0], SEEN),
    operation("TLBIMVAIS",  [8, 0, 3, 1], SEEN),
    operation("TLBIASIDIS", [8, 0, 3, 2], SEEN),
    operation("TLBIMVAAIS", [8, 0, 3, 3], SEEN),
    operation("ITLBIALL",   [8, 0, 5, 0], SEEN),
    operation("ITLBIMVA",   [8, 0, 5, 1], SEEN),
    operation("ITLBIASID",  [8, 0, 5, 2], SEEN),
    operation("DTLBIALL",   [8, 0, 6, 0], SEEN),
    operation("DTLBIMVA",   [8, 0, 6, 1], SEEN),
    operation("DTLBIASID",  [8, 0, 6, 2], SEEN),
    operation("TLBIALL",    [8, 0, 7, 0], SEEN),
    operation("TLBIMVA",    [8, 0, 7, 1], SEEN),
    operation("TLBIASID",   [8, 0, 7, 2], SEEN),
    operation("TLBIMVAA",   [8, 0, 7, 3], SEEN),
    hyp_operation("TLBIALLHIS",    [8, 4, 3, 0]),
    hyp_operation("TLBIMVAHIS",    [8, 4, 3, 1]),
    hyp_operation("TLBIALLNSNHIS", [8, 4, 3, 4]),
    hyp_operation("TLBIALLH",      [8, 4, 7, 0]),
    hyp_operation("TLBIMVAH",      [8, 4, 7, 1]),
    hyp_operation("TLBIALLNSNH",   [8, 4, 7, 4]),
    // c10, memory attributes
    with_reset(cell("PRRR", [10, 0, 2, 0], RW, ALWAYS, Cell::MAIR0, SEEN), 0x0009_8aa4),
    with_reset(cell("NMRR", [10, 0, 2, 1], RW, ALWAYS, Cell::MAIR1, SEEN), 0x44e0_48e0),
    cell("AMAIR0",  [10, 0, 3, 0], RW, LPAE, Cell::AMAIR0, NO),
    cell("AMAIR1",  [10, 0, 3, 1], RW, LPAE, Cell::AMAIR1, NO),
    cell("HMAIR0",  [10, 4, 2, 0], HYP, VIRT, Cell::HMAIR0, SEEN),
    cell("HMAIR1",  [10, 4, 2, 1], HYP, VIRT, Cell::HMAIR1, SEEN),
    cell("HAMAIR0", [10, 4, 3, 0], HYP, VIRT, Cell::HAMAIR0, NO),
    cell("HAMAIR1", [10, 4, 3, 1], HYP, VIRT, Cell::HAMAIR1, NO),
    // c12, vectors
    writable(cell("VBAR",  [12, 0, 0, 0], RW, SEC, Cell::VBAR, NO), WORD & !31),
    writable(cell("MVBAR", [12, 0, 0, 1], Rights::SECURE, SEC, Cell::MVBAR, NO), WORD & !31),
    entry("ISR", Place::cp15(12, 0, 1, 0), Rights::READ, SEC, Action::Call { read: isr, write: |_, _| () }),
    writable(cell("HVBAR", [12, 4, 0, 0], HYP, VIRT, Cell::HVBAR, NO), WORD & !31),
    // c13, contexts and threads
    cell("FCSEIDR",    [13, 0, 0, 0], RW, ALWAYS, Cell::FCSEIDR, SEEN),
    cell("CONTEXTIDR", [13, 0, 0, 1], RW, ALWAYS, Cell::CONTEXTIDR, SEEN),
    entry("TPIDRURW", Place::cp15(13, 0, 0, 2), Rights::ALL, Features::V6K, Action::Call { read: |state| state.tpidrurw as u64, write: |state, value| state.tpidrurw = low(value) }),
    entry("TPIDRURO", Place::cp15(13, 0, 0, 3), Rights::USER_READ_ONLY, Features::V6K, Action::Call { read: |state| state.tpidruro as u64, write: |state, value| state.tpidruro = low(value) }),
    cell("TPIDRPRW",   [13, 0, 0, 4], RW, Features::V6K, Cell::TPIDRPRW, NO),
    cell("HTPIDR",     [13, 4, 0, 2], HYP, VIRT, Cell::HTPIDR, NO),
    // c14, generic timer
    cell("CNTFRQ",     [14, 0, 0, 0], RW.union(Rights::USER_READ), TIMER, Cell::CNTFRQ, NO),
    cell("CNTKCTL",    [14, 0, 1, 0], RW, TIMER, Cell::CNTKCTL, NO),
    embedder("CNTP_TVAL",  Place::cp15(14, 0, 2, 0), Rights::ALL, TIMER),
    embedder("CNTP_CTL",   Place::cp15(14, 0, 2, 1), Rights::ALL, TIMER),
    embedder("CNTV_TVAL",  Place::cp15(14, 0, 3, 0), Rights::ALL, TIMER),
    embedder("CNTV_CTL",   Place::cp15(14, 0, 3, 1), Rights::ALL, TIMER),
    cell("CNTHCTL",    [14, 4, 1, 0], HYP, VIRT, Cell::CNTHCTL, NO),
    embedder("CNTHP_TVAL", Place::cp15(14, 4, 2, 0), HYP, VIRT),
    embedder("CNTHP_CTL",  Place::cp15(14, 4, 2, 1), HYP, VIRT),
    embedder("CNTPCT",     Place::dual(15, 0, 14), Rights::READ.union(Rights::USER_READ), TIMER),
    embedder("CNTVCT",     Place::dual(15, 1, 14), Rights::READ.union(Rights::USER_READ), TIMER),
    embedder("CNTP_CVAL",  Place::dual(15, 2, 14), Rights::ALL, TIMER),
    embedder("CNTV_CVAL",  Place::dual(15, 3, 14), Rights::ALL, TIMER),
    dual("CNTVOFF", 4, 14, HYP, Cell::CNTVOFF, SEEN),
    embedder("CNTHP_CVAL", Place::dual(15, 6, 14), HYP, VIRT),
    // CP14: no debug, trivial ThumbEE and Jazelle
    entry("DBGDIDR", Place::new(14, 0, 0, 0, 0), Rights::READ.union(Rights::USER_READ), ALWAYS, Action::Constant),
    entry("JIDR",    Place::new(14, 0, 7, 0, 0), Rights::READ, ALWAYS, Action::Constant),
    entry("JOSCR",   Place::new(14, 1, 7, 0, 0), RW, ALWAYS, Action::Constant),
    entry("JMCR",    Place::new(14, 2, 7, 0, 0), RW, ALWAYS, Action::Constant),
];

/// Returns the low half.
#[allow(clippy::cast_possible_truncation, reason = "the low half is meant")]
const fn low(value: u64) -> u32 {
    value as u32
}

/// The interrupts that are pending.
fn isr(state: &ArmState) -> u64 {
    state.system.lines.into()
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::vec::Vec;

    use super::*;

    /// A later description of a place is for cores that none of the earlier ones fit.
    #[test]
    fn no_description_is_hidden_by_an_earlier_one() {
        let hidden: Vec<_> = REGISTERS
            .iter()
            .enumerate()
            .filter(|&(index, register)| {
                REGISTERS[..index].iter().any(|earlier| {
                    earlier.place == register.place && register.needs.contains(earlier.needs)
                })
            })
            .map(|(_, register)| register.name)
            .collect();
        assert_eq!(hidden, [""; 0]);
    }

    /// Of what describes a place, only what can be written depends on features, so that
    /// a reset gives the same whichever fits.
    #[test]
    fn descriptions_of_a_place_differ_in_what_writes_change() {
        for register in REGISTERS {
            for other in REGISTERS
                .iter()
                .filter(|other| other.place == register.place)
            {
                assert_eq!(register.name, other.name);
                assert_eq!(register.reset, other.reset, "{}", register.name);
                assert_eq!(register.rights, other.rights, "{}", register.name);
            }
        }
    }

    #[test]
    fn who_cannot_read_cannot_write() {
        for register in REGISTERS {
            let is_operation =
                matches!(register.action, Action::Operation { .. } | Action::Embedder);
            let (reads, writes) = (
                register.rights.bits() & 0x55,
                register.rights.bits() >> 1 & 0x55,
            );
            assert!(is_operation || writes & !reads == 0, "{}", register.name);
        }
    }
}
