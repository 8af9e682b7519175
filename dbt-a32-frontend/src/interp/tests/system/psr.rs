//! CPSR.PAN (FEAT_PAN) and CPSR.SSBS (FEAT_SSBS): DDI 0487, F5.1.173, G1.12, G1.16.

use dbt_core::guest::Step;

use super::super::CODE;
use super::System;
use crate::system::psr::{PAN, SSBS};
use crate::system::{Cell, Config, Exception, ProcessorMode};
use crate::version::Features;

use ProcessorMode::{Hyp, Monitor, Supervisor, Undefined, User};

const PLAIN: Features = Features::CORTEX_A15.union(Features::V8);
const BOTH: Features = PLAIN.union(Features::PAN).union(Features::SSBS);

const SETPAN_0: u32 = 0xf110_0000;
const SETPAN_1: u32 = 0xf110_0200;
/// SCTLR.SPAN.
const SPAN: u64 = 1 << 23;
/// SCTLR.DSSBS and HSCTLR.DSSBS.
const DSSBS: u64 = 1 << 31;

fn core(code: &[u32]) -> System {
    System::with(BOTH, Config::default(), code)
}

/// Sets the bits of the CPSR that the module is about.
fn bits(mut system: System, bits: u32) -> System {
    let cpsr = system.state.cpsr() & !(PAN | SSBS);
    system.state.set_system_cpsr(cpsr | bits);
    system
}

fn bits_of(cpsr: u32) -> u32 {
    cpsr & (PAN | SSBS)
}

/// What an exception leaves in the CPSR, and what it saves.
fn taken(mut system: System, exception: Exception) -> (u32, u32) {
    let features = system.guest.features();
    system.state.take_exception(exception, features);
    let state = &system.state;
    (bits_of(state.cpsr()), bits_of(state.spsr()))
}

#[test]
fn a_reset_clears_pan_and_ssbs() {
    assert_eq!(bits_of(core(&[]).state.cpsr()), 0);
}

#[test]
fn setpan_writes_pan_alone() {
    for other in [0, SSBS] {
        let mut system = bits(core(&[SETPAN_1, SETPAN_1, SETPAN_0, SETPAN_0]), other);
        let before = system.state.cpsr();
        for expected in [PAN, PAN, 0, 0] {
            assert_eq!(system.next().state.cpsr(), before | expected);
        }
    }
}

#[test]
fn setpan_of_t32_writes_pan() {
    // setpan #1; setpan #0
    let mut system = core(&[0xb610_b618]);
    system.state.thumb = 1;
    assert_eq!(bits_of(system.next().state.cpsr()), PAN);
    assert_eq!(bits_of(system.next().state.cpsr()), 0);
    assert_eq!(system.state.pc(), CODE + 4);
}

#[test]
fn setpan_does_nothing_in_user_mode() {
    let mut system = core(&[SETPAN_1]).mode(User);
    assert_eq!(bits_of(system.next().state.cpsr()), 0);
    let mut system = bits(core(&[SETPAN_0]).mode(User), PAN);
    assert_eq!(bits_of(system.next().state.cpsr()), PAN);
}

#[test]
fn setpan_is_undefined_without_the_feature() {
    for (code, thumb) in [(SETPAN_1, 0), (0xb618, 1)] {
        let mut system = System::with(PLAIN, Config::default(), &[code]);
        system.state.thumb = thumb;
        assert_eq!(system.step(), Step::Next);
        assert_eq!((system.state.mode(), system.state.pc()), (Undefined, 4));
    }
}

#[test]
fn msr_writes_what_the_core_has_with_the_status_field() {
    let only = |feature| PLAIN.union(feature);
    for (features, expected) in [
        (BOTH, PAN | SSBS),
        (only(Features::PAN), PAN),
        (only(Features::SSBS), SSBS),
        (PLAIN, 0),
    ] {
        for (word, value) in [
            (0xe124_f001 /* msr cpsr_s, r1 */, expected),
            (0xe12b_f001 /* msr cpsr_fxc, r1 */, 0),
        ] {
            let mut system = System::with(features, Config::default(), &[word, 0xe10f_0000])
                .reg(1, PAN | SSBS | 0xd3);
            system.next();
            assert_eq!(
                bits_of(system.state.cpsr()),
                value,
                "{features:?} {word:#x}"
            );
            // mrs r0, cpsr
            assert_eq!(bits_of(system.next().state.r[0]), value);
        }
    }
}

#[test]
fn msr_clears_pan_and_ssbs() {
    let mut system = bits(core(&[0xe124_f001 /* msr cpsr_s, r1 */]), PAN | SSBS);
    assert_eq!(bits_of(system.next().state.cpsr()), 0);
}

#[test]
fn user_mode_does_not_write_pan_or_ssbs() {
    let word = 0xe124_f001; // msr cpsr_s, r1
    let mut system = core(&[word]).mode(User).reg(1, PAN | SSBS);
    assert_eq!(bits_of(system.next().state.cpsr()), 0);
    let mut system = bits(core(&[word]).mode(User), PAN | SSBS);
    assert_eq!(bits_of(system.next().state.cpsr()), PAN | SSBS);
}

#[test]
fn an_spsr_holds_what_the_core_has() {
    for (features, expected) in [(BOTH, PAN | SSBS), (PLAIN, 0)] {
        let code = [
            0xe164_f001, // msr spsr_s, r1
            0xe14f_0000, // mrs r0, spsr
        ];
        let mut system = System::with(features, Config::default(), &code).reg(1, PAN | SSBS);
        system.next().next();
        assert_eq!(bits_of(system.state.r[0]), expected);
    }
}

#[test]
fn exceptions_set_pan_unless_span_says_not() {
    let svc = Exception::SupervisorCall { immediate: 0 };
    for exception in [svc, Exception::Undefined, Exception::Irq, Exception::Fiq] {
        let system = |before, sctlr| bits(core(&[]).mode(User).cell(Cell::SCTLR, sctlr), before);
        assert_eq!(taken(system(0, 0), exception), (PAN, 0));
        assert_eq!(taken(system(PAN, 0), exception), (PAN, PAN));
        assert_eq!(taken(system(0, SPAN), exception), (0, 0));
        assert_eq!(taken(system(PAN, SPAN), exception), (PAN, PAN));
    }
}

#[test]
fn exceptions_set_ssbs_to_dssbs() {
    let svc = Exception::SupervisorCall { immediate: 0 };
    let system = |before, sctlr| bits(core(&[]).mode(User).cell(Cell::SCTLR, sctlr), before);
    assert_eq!(taken(system(0, SPAN), svc), (0, 0));
    assert_eq!(taken(system(SSBS, SPAN), svc), (0, SSBS));
    assert_eq!(taken(system(0, SPAN | DSSBS), svc), (SSBS, 0));
    assert_eq!(taken(system(SSBS, SPAN | DSSBS), svc), (SSBS, SSBS));
}

#[test]
fn exceptions_of_a_core_without_them_leave_both_clear() {
    let system = System::with(PLAIN, Config::default(), &[])
        .mode(User)
        .cell(Cell::SCTLR, DSSBS);
    assert_eq!(taken(system, Exception::Irq), (0, 0));
}

#[test]
fn monitor_mode_clears_pan_of_non_secure_code() {
    let smc = Exception::SecureMonitorCall;
    let monitor_pan = |system: System| {
        let mut system = bits(system.mode(Supervisor), PAN);
        system.state.take_exception(smc, BOTH);
        assert_eq!(system.state.mode(), Monitor);
        system.state.cpsr() & PAN
    };
    assert_eq!(monitor_pan(core(&[]).non_secure()), 0);
    assert_eq!(monitor_pan(core(&[])), PAN);
}

#[test]
fn hyp_mode_keeps_pan_and_has_a_dssbs_of_its_own() {
    let call = Exception::HypervisorCall { immediate: 0 };
    for (hsctlr, safe) in [(0, 0), (DSSBS, SSBS)] {
        for pan in [0, PAN] {
            let system = core(&[]).cell(Cell::HSCTLR, hsctlr).non_secure();
            let mut system = bits(system.mode(Supervisor), pan);
            system.state.take_exception(call, BOTH);
            let state = &system.state;
            assert_eq!(state.mode(), Hyp);
            assert_eq!(
                (bits_of(state.cpsr()), bits_of(state.spsr())),
                (pan | safe, pan)
            );
        }
    }
}

#[test]
fn a_return_restores_pan_and_ssbs() {
    for saved in [0, PAN, SSBS, PAN | SSBS] {
        let mut system = bits(core(&[0xe1b0_f00e /* movs pc, lr */]), PAN ^ saved).reg(14, CODE);
        system.state.set_spsr(saved | User.bits());
        system.step();
        assert_eq!(system.state.mode(), User);
        assert_eq!(bits_of(system.state.cpsr()), saved);
    }
}

#[test]
fn sctlr_has_span_and_dssbs_where_the_core_has_them() {
    let mcr = 0xee01_1f10; // mcr p15, 0, r1, c1, c0, 0
    // Bit 23 of a core without PAN is one.
    for (features, cleared, set) in [(BOTH, 0, SPAN | DSSBS), (PLAIN, SPAN, SPAN)] {
        for (value, expected) in [(0, cleared), (0x8080_0000, set)] {
            let mut system = System::with(features, Config::default(), &[mcr]).reg(1, value);
            system.step();
            let sctlr = system.state.cell(Cell::SCTLR);
            assert_eq!(sctlr & (SPAN | DSSBS), expected, "{features:?} {value:#x}");
        }
    }
}
