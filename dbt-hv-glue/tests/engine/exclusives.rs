//! Pairs of exclusives with something in between, on two cores that take turns, so
//! that every interleaving is one that we choose.

use dbt_core::engine::Mode;
use dbt_core::exit::Exit;
use dbt_core::memory::{AccessKind, FaultCause};
use dbt_hv_glue::process::{Backing, Placement, Prot};

use crate::machine::{CODE, Machine};

const DATA: u32 = 0x10_0000;
/// Where the other core's programs are.
const OTHER: u32 = CODE + 0x1000;

const LDREX: u32 = 0xe195_0f9f; // ldrex r0, [r5]
const STREX: u32 = 0xe185_2f91; // strex r2, r1, [r5]
const STREX_SAME: u32 = 0xe185_2f90; // strex r2, r0, [r5]
const ADD: u32 = 0xe280_0001; // add r0, r0, #1
const SUB: u32 = 0xe240_0001; // sub r0, r0, #1
const SWP: u32 = 0xe105_0091; // swp r0, r1, [r5]
const CLREX: u32 = 0xf57f_f01f;
const SVC: u32 = 0xef00_0000;

fn machine(mode: Mode) -> Machine {
    let machine = Machine::new(mode);
    let data = (Backing::Anonymous, Placement::Fixed);
    machine
        .window
        .map(DATA, 0x1_0000, Prot::all(), data.0, data.1)
        .unwrap();
    machine
}

/// Runs a load-exclusive at `DATA`, then `other` with R5 as given, then the
/// store-exclusive of 9; returns its status and what memory holds, which was 5.
fn interleave(mode: Mode, other: &[u32], base: u32) -> (u32, u32) {
    let machine = machine(mode);
    machine.window.write_obj(DATA, &5_u32).unwrap();
    machine.load(CODE, &[LDREX, SVC, STREX, SVC]);
    machine.load(OTHER, other);
    machine.load(OTHER + 4 * u32::try_from(other.len()).unwrap(), &[SVC]);
    let mut one = machine.core(CODE, &[(1, 9), (2, 7), (5, DATA)]);
    let mut two = machine.core(OTHER, &[(1, 5), (5, base)]);
    one.run_to_call();
    two.run_to_call();
    one.run_to_call();
    let held = machine.window.read_obj::<u32>(DATA).unwrap();
    (one.reg(2), held)
}

/// Runs it with everything translated, and interpreted.
fn both(other: &[u32], base: u32, expected: (u32, u32)) {
    for mode in [Mode::Translate, Mode::Interpret] {
        assert_eq!(interleave(mode, other, base), expected, "{mode:?}");
    }
}

#[test]
fn an_undisturbed_pair_succeeds() {
    both(&[], DATA, (0, 9));
    both(&[LDREX, CLREX], DATA, (0, 9));
}

#[test]
fn a_value_that_comes_back_is_no_reason_to_succeed() {
    let there_and_back = [LDREX, ADD, STREX_SAME, LDREX, SUB, STREX_SAME];
    both(&there_and_back, DATA, (1, 5));
}

#[test]
fn an_exclusive_store_of_the_same_value_counts() {
    both(&[LDREX, STREX_SAME], DATA, (1, 5));
    both(&[SWP], DATA, (1, 5));
    // The other half of the granule, and a granule that shares its tag.
    both(&[LDREX, STREX_SAME], DATA + 4, (1, 5));
    both(&[LDREX, STREX_SAME], DATA + 0x3000, (1, 5));
    // Its neighbour.
    both(&[LDREX, STREX_SAME], DATA + 8, (0, 9));
}

#[test]
fn a_store_exclusive_that_failed_does_not_count() {
    both(&[LDREX, CLREX, STREX], DATA, (0, 9));
}

#[test]
fn an_ordinary_store_of_another_value_counts() {
    // str r5, [r5]
    both(&[0xe585_5000], DATA, (1, DATA));
}

#[test]
fn a_store_that_faults_can_be_made_again() {
    for mode in [Mode::Translate, Mode::Interpret] {
        let machine = machine(mode);
        machine.load(CODE, &[LDREX, SVC, STREX, SVC]);
        let mut core = machine.core(CODE, &[(1, 9), (2, 7), (5, DATA)]);
        // So that granules are claimed.
        let mut other = machine.core(CODE, &[(1, 8), (2, 7), (5, DATA)]);
        core.run_to_call();
        machine.window.protect(DATA, 0x1000, Prot::READ).unwrap();
        match core.run() {
            Exit::Fault(fault) => {
                assert_eq!(
                    (fault.address, fault.kind),
                    (DATA.into(), AccessKind::Write)
                );
                assert_eq!(fault.cause, FaultCause::Permission);
            }
            exit => panic!("{exit:?}"),
        }
        assert_eq!((core.reg(2), core.reg(15)), (7, CODE + 8));
        machine.window.protect(DATA, 0x1000, Prot::all()).unwrap();
        core.run_to_call();
        assert_eq!(core.reg(2), 0);
        // Nothing stays claimed.
        other.run_to_call();
        other.run_to_call();
        assert_eq!(other.reg(2), 0);
        assert_eq!(machine.window.read_obj::<u32>(DATA), Ok(8));
    }
}

#[test]
fn a_counter_in_a_page_of_code_counts() {
    let program = [
        LDREX,
        ADD,
        STREX_SAME,
        0xe352_0000, // cmp r2, #0
        0x1aff_fffa, // bne start
        0xe254_4001, // subs r4, r4, #1
        0x1aff_fff8, // bne start
        SVC,
    ];
    let counter = CODE + 0x800;
    let machine = machine(Mode::Translate);
    machine.load(CODE, &program);
    let mut cores = [(); 2].map(|()| machine.core(CODE, &[(4, 100), (5, counter)]));
    for core in &mut cores {
        core.run_to_call();
    }
    assert_eq!(machine.window.read_obj::<u32>(counter), Ok(200));
}

#[test]
fn an_address_that_is_not_aligned_is_a_fault() {
    for mode in [Mode::Translate, Mode::Interpret] {
        let machine = machine(mode);
        machine.load(CODE, &[LDREX, SVC]);
        let mut core = machine.core(CODE, &[(0, 3), (5, DATA + 2)]);
        match core.run() {
            Exit::Fault(fault) => assert_eq!(fault.cause, FaultCause::Alignment),
            exit => panic!("{exit:?}"),
        }
        assert_eq!((core.reg(0), core.reg(15)), (3, CODE));
    }
}
