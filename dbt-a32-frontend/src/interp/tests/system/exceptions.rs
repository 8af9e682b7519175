//! Exceptions taken (B1.8, B1.9), and returns from them.

use dbt_core::guest::Step;
use dbt_core::ir::TrapKind;

use super::super::{CODE, DATA};
use super::System;
use crate::system::psr::{A, F, I};
use crate::system::{Cell, Config, Exception, Exceptions, Firmware, Lines, ProcessorMode};
use crate::version::Features;

use ProcessorMode::{Abort, Fiq, Hyp, Irq, Monitor, Supervisor, System as Sys, Undefined, User};

const ABORT: Exception = Exception::DataAbort {
    status: 0x805,
    address: Some(0x1234),
};
const PREFETCH: Exception = Exception::PrefetchAbort {
    status: 0x7,
    address: CODE,
};

/// Mode, vector, distance of LR from the PC, masks.
type Expected = (ProcessorMode, u32, u32, u32);

/// Takes an exception and compares.
fn taken(mut system: System, exception: Exception, expected: Expected) -> System {
    system.state.system.control &= !(A | I | F);
    system.state.nzcv = 0x9000_0000;
    let (pc, psr) = (system.state.pc(), system.state.cpsr());
    system
        .state
        .take_exception(exception, system.guest.features());
    let state = &system.state;
    let masks = state.cpsr() & (A | I | F);
    let actual = (
        state.mode(),
        state.pc(),
        state.r[14].wrapping_sub(pc),
        masks,
    );
    assert_eq!(actual, expected, "{exception:?}");
    assert_eq!(state.spsr(), psr, "{exception:?}");
    assert_eq!(state.cpsr() & 0xf000_0000, 0x9000_0000);
    system
}

#[test]
fn each_exception_has_its_mode_vector_link_and_masks() {
    let svc = Exception::SupervisorCall { immediate: 0 };
    for (exception, a32, t32) in [
        (
            Exception::Undefined,
            (Undefined, 4, 4, I),
            (Undefined, 4, 2, I),
        ),
        (svc, (Supervisor, 8, 0, I), (Supervisor, 8, 0, I)),
        (PREFETCH, (Abort, 12, 4, A | I), (Abort, 12, 4, A | I)),
        (ABORT, (Abort, 16, 8, A | I), (Abort, 16, 8, A | I)),
        (Exception::Irq, (Irq, 24, 4, A | I), (Irq, 24, 4, A | I)),
        (
            Exception::Fiq,
            (Fiq, 28, 4, A | I | F),
            (Fiq, 28, 4, A | I | F),
        ),
        (
            Exception::SecureMonitorCall,
            (Monitor, 8, 0, A | I | F),
            (Monitor, 8, 0, A | I | F),
        ),
    ] {
        taken(System::a32(&[]).mode(User), exception, a32);
        taken(System::t32(&[]).mode(User), exception, t32);
        taken(System::a32(&[]).mode(Sys).non_secure(), exception, a32);
    }
}

#[test]
fn vectors_are_low_high_or_based() {
    let at = |system, vector| taken(system, Exception::Irq, (Irq, vector, 4, A | I));
    at(System::a32(&[]), 24);
    at(System::a32(&[]).cell(Cell::VBAR, 0x8000), 0x8018);
    at(System::a32(&[]).cell(Cell::SCTLR, 1 << 13), 0xffff_0018);
    let both = System::a32(&[]).cell(Cell::VBAR, 0x8000);
    at(both.cell(Cell::SCTLR, 1 << 13), 0xffff_0018);
}

#[test]
fn handlers_have_the_instruction_set_and_endianness_of_sctlr() {
    for (control, thumb, big_endian) in [
        (0, 0, 0),
        (1 << 30, 1, 0),
        (1 << 25, 0, 1),
        (1 << 30 | 1 << 25, 1, 1),
    ] {
        let mut system = System::t32(&[]).cell(Cell::SCTLR, control);
        system.state.it = 0x1f;
        let system = taken(system, Exception::Irq, (Irq, 24, 4, A | I));
        let state = &system.state;
        assert_eq!(
            (state.thumb, state.big_endian, state.it),
            (thumb, big_endian, 0)
        );
    }
}

#[test]
fn non_secure_masks_of_a_core_without_hyp_mode_depend_on_scr() {
    let features = Features::ARMV7A;
    for (scr, irq, fiq) in [
        (1, I, I),
        (1 | 1 << 4, I, I | F),
        (1 | 1 << 5, A | I, A | I),
    ] {
        let system = || System::with(features, Config::default(), &[]).cell(Cell::SCR, scr);
        taken(system(), Exception::Irq, (Irq, 24, 4, irq));
        taken(system(), Exception::Fiq, (Fiq, 28, 4, fiq));
    }
}

#[test]
fn scr_sends_interrupts_and_external_aborts_to_monitor_mode() {
    let all = A | I | F;
    let system = |scr: u64| {
        System::a32(&[])
            .cell(Cell::MVBAR, 0x4000)
            .cell(Cell::SCR, scr)
    };
    taken(system(3), Exception::Irq, (Monitor, 0x4018, 4, all));
    taken(system(5), Exception::Fiq, (Monitor, 0x401c, 4, all));
    let external = Exception::DataAbort {
        status: 0x8,
        address: Some(0),
    };
    taken(system(9), external, (Monitor, 0x4010, 8, all));
    // Others are no concern of SCR.EA.
    taken(system(9), ABORT, (Abort, 16, 8, A | I));
}

#[test]
fn an_exception_of_monitor_mode_goes_to_secure_state() {
    let system = System::a32(&[]).mode(Monitor).non_secure();
    let system = taken(system, Exception::Undefined, (Undefined, 4, 4, I));
    assert_eq!(system.state.cell(Cell::SCR), 0);
}

#[test]
fn faults_are_recorded_for_the_security_state_that_takes_them() {
    let system = taken(System::a32(&[]), ABORT, (Abort, 16, 8, A | I));
    let faults = |system: &System| {
        [Cell::DFSR, Cell::DFAR, Cell::IFSR, Cell::IFAR].map(|cell| system.state.cell(cell))
    };
    assert_eq!(faults(&system), [0x805, 0x1234, 0, 0]);
    assert_eq!(faults(&system.non_secure()), [0; 4]);

    let system = taken(
        System::a32(&[]).non_secure(),
        PREFETCH,
        (Abort, 12, 4, A | I),
    );
    assert_eq!(faults(&system), [0, 0, 7, CODE.into()]);
    assert_eq!(faults(&system.cell(Cell::SCR, 0)), [0; 4]);
}

#[test]
fn hyp_mode_takes_its_own_exceptions_and_what_hcr_routes() {
    const BASE: u32 = 0x6000;
    let hyp = |from: ProcessorMode, hcr: u64, exception, vector: u32, hsr: u64| {
        let mut system = System::a32(&[])
            .cell(Cell::HVBAR, BASE.into())
            .cell(Cell::HCR, hcr)
            .non_secure()
            .mode(from)
            .reg(14, 0x77);
        let (pc, psr) = (system.state.pc(), system.state.cpsr());
        system
            .state
            .take_exception(exception, system.guest.features());
        let state = &system.state;
        assert_eq!(
            (state.mode(), state.pc()),
            (Hyp, BASE + vector),
            "{exception:?}"
        );
        // The preferred return address is in ELR_hyp; LR is that of User mode.
        let link = if from.lr_bank() == 0 { 0x77 } else { 0 };
        assert_eq!(
            (state.elr_hyp(), state.spsr(), state.r[14]),
            (pc, psr, link)
        );
        assert_eq!(state.cell(Cell::HSR), hsr, "{exception:?}");
        assert_eq!(state.cpsr() & (A | I | F), A | I | F);
    };
    let (imo, fmo, tge) = (1 << 4, 1 << 3, 1 << 27);
    let call = Exception::HypervisorCall { immediate: 0x4b };
    let svc = Exception::SupervisorCall { immediate: 3 };
    hyp(Supervisor, 0, call, 20, 0x4a00_004b);
    hyp(Hyp, 0, call, 8, 0x4a00_004b);
    hyp(Hyp, 0, svc, 8, 0x4600_0003);
    hyp(User, tge, svc, 20, 0x4600_0003);
    hyp(Hyp, 0, Exception::Undefined, 4, 0x0200_0000);
    hyp(User, tge, Exception::Undefined, 20, 0x0200_0000);
    hyp(Hyp, 0, Exception::Irq, 24, 0);
    hyp(Supervisor, imo, Exception::Irq, 24, 0);
    hyp(User, fmo, Exception::Fiq, 28, 0);
    let trap = Exception::HypTrap {
        syndrome: 0x9200_0007,
    };
    hyp(Supervisor, 0, trap, 20, 0x9200_0007);
    // Secure state has no Hyp mode.
    let secure = System::a32(&[]).cell(Cell::HCR, imo);
    taken(secure, Exception::Irq, (Irq, 24, 4, A | I));
}

#[test]
fn instructions_take_exceptions() {
    for (word, mode, vector, link) in [
        (0xef00_0012_u32, Supervisor, 8, 4), // svc #0x12
        (0xe7f0_00f0, Undefined, 4, 4),      // udf #0
        (0xe120_0070, Abort, 12, 4),         // bkpt #0
        (0xe160_0070, Monitor, 8, 4),        // smc #0
        (0xe140_0070, Undefined, 4, 4),      // hvc #0, in Secure state
        (0xee10_0a10, Undefined, 4, 4),      // vmov r0, s0, disabled
    ] {
        let mut system = System::a32(&[word]);
        system.next();
        let state = &system.state;
        let actual = (state.mode(), state.pc(), state.r[14].wrapping_sub(CODE));
        assert_eq!(actual, (mode, vector, link), "{word:#x}");
    }
    // A breakpoint tells IFSR that it is a debug event.
    let mut system = System::t32(&[0xbe00]);
    system.next();
    assert_eq!((system.state.cell(Cell::IFSR), system.state.pc()), (2, 12));
}

#[test]
fn hvc_enters_hyp_mode_where_scr_allows_it() {
    let system = || System::a32(&[0xe140_0077]).cell(Cell::SCR, 0x101); // hvc #7
    let mut enabled = system();
    enabled.next();
    assert_eq!((enabled.state.mode(), enabled.state.pc()), (Hyp, 20));
    assert_eq!(enabled.state.elr_hyp(), CODE + 4);
    let mut user = system().mode(User);
    user.next();
    assert_eq!(user.state.mode(), Undefined);
}

#[test]
fn firmware_calls_come_to_the_embedder() {
    for (firmware, word, kind) in [
        (
            Firmware::HypervisorCall,
            0xe140_0077,
            TrapKind::HypervisorCall,
        ),
        (
            Firmware::SecureMonitorCall,
            0xe160_0077,
            TrapKind::FirmwareCall,
        ),
    ] {
        let config = Config {
            firmware,
            ..Config::default()
        };
        let mut system = System::with(Features::CORTEX_A15, config, &[word]);
        assert_eq!(system.step(), Step::Trap { kind, info: 7 });
        assert_eq!(
            (system.state.mode(), system.state.pc()),
            (Supervisor, CODE + 4)
        );
        // User mode has no such calls.
        let mut user = System::with(Features::CORTEX_A15, config, &[word]).mode(User);
        user.next();
        assert_eq!(user.state.mode(), Undefined);
    }
}

#[test]
fn an_embedder_that_takes_exceptions_sees_them() {
    let config = Config {
        exceptions: Exceptions::Embedder,
        ..Config::default()
    };
    for (word, kind, info, pc) in [
        (0xef00_0012, TrapKind::SystemCall, 0x12, CODE + 4),
        (0xe7f0_00f0, TrapKind::Undefined, 0xe7f0_00f0, CODE),
        (0xe120_0070, TrapKind::Breakpoint, 0, CODE),
    ] {
        let mut system = System::with(Features::CORTEX_A15, config, &[word]);
        assert_eq!(system.step(), Step::Trap { kind, info });
        assert_eq!((system.state.mode(), system.state.pc()), (Supervisor, pc));
    }
}

#[test]
fn returns_restore_mode_state_and_masks() {
    // From IRQ mode to T32 in User mode, in an IT block.
    let psr = 0xa400_0c30 | 1 << 9;
    let returns: [(&[u32], u32); 5] = [
        (&[0xe25e_f004], 0x2005), // subs pc, lr, #4
        (&[0xe1b0_f00e], 0x2001), // movs pc, lr
        (&[0xe160_006e], 0x2001), // eret
        (&[0xe8fd_8000], DATA),   // ldm sp!, {pc}^
        (&[0xf8bd_0a00], DATA),   // rfeia sp!
    ];
    for (code, lr) in returns {
        let mut system = System::a32(code).mode(Irq).reg(13, DATA).reg(14, lr);
        system.state.set_spsr(psr);
        system.set_word(DATA, 0x2001);
        system.set_word(DATA + 4, psr);
        system.next();
        let state = &system.state;
        assert_eq!((state.mode(), state.pc()), (User, 0x2000), "{code:x?}");
        assert_eq!(state.cpsr(), psr, "{code:x?}");
        // The base was updated in IRQ mode.
        let sp = state.mode_reg(Irq, 13).wrapping_sub(DATA);
        let popped = [0, 4, 8][usize::from(lr == DATA) * (1 + usize::from(code[0] >> 28 == 15))];
        assert_eq!(sp, popped, "{code:x?}");
    }
}

#[test]
fn t32_returns_with_subs_and_eret() {
    for (halves, lr) in [([0xf3de_u16, 0x8f04], 0x2004), ([0xf3de, 0x8f00], 0x2000)] {
        let mut system = System::t32(&halves).mode(Abort).reg(14, lr);
        system.state.set_spsr(Sys.bits());
        system.next();
        assert_eq!((system.state.mode(), system.state.pc()), (Sys, 0x2000));
        assert_eq!(system.state.thumb, 0);
    }
}

#[test]
fn hyp_mode_returns_with_eret_only() {
    let hyp = |word| {
        let mut system = System::a32(&[word]).non_secure().mode(Hyp);
        system.state.system.elr_hyp = 0x3000;
        system.state.set_spsr(Supervisor.bits());
        system.next();
        system.state
    };
    let eret = hyp(0xe160_006e);
    assert_eq!((eret.mode(), eret.pc()), (Supervisor, 0x3000));
    for word in [0xe25e_f004, 0xe8fd_8000, 0xf8bd_0a00, 0xf96d_0513] {
        let state = hyp(word);
        assert_eq!((state.mode(), state.pc()), (Hyp, 4), "{word:#x}");
    }
}

#[test]
fn a_return_to_a_mode_that_cannot_be_entered_keeps_the_mode() {
    for psr in [0, 0b11010, 0b10100] {
        let mut system = System::a32(&[0xe1b0_f00e]).mode(Irq).reg(14, 0x2000);
        system.state.set_spsr(psr);
        system.next();
        assert_eq!((system.state.mode(), system.state.pc()), (Irq, 0x2000));
    }
}

#[test]
fn nested_exceptions_unwind() {
    // SVC in User mode, IRQ in its handler, UDF in that, and back again.
    let mut system = System::a32(&[0xef00_0000]).mode(User);
    for (vector, word) in [(4, 0xe1b0_f00e), (8, 0xe320_f000), (24, 0xe7f0_00f0)] {
        system.set_word(vector, word); // movs pc, lr; nop; udf #0
    }
    system.set_word(28, 0xe25e_f004); // subs pc, lr, #4
    system.set_word(12, 0xe1b0_f00e); // movs pc, lr
    system.state.system.control &= !(A | I | F);
    system.next();
    assert_eq!((system.state.mode(), system.state.pc()), (Supervisor, 8));
    system.state.system.control &= !I;
    system.guest.set_lines(&mut system.state, Lines::IRQ);
    assert_eq!((system.state.mode(), system.state.pc()), (Irq, 24));
    system.guest.set_lines(&mut system.state, Lines::empty());
    assert_eq!(system.next().state.mode(), Undefined);
    // Behind the UDF, in IRQ mode, at what returns from it.
    system.next();
    assert_eq!((system.state.mode(), system.state.pc()), (Irq, 28));
    system.next();
    assert_eq!((system.state.mode(), system.state.pc()), (Supervisor, 8));
    system.next().next();
    assert_eq!((system.state.mode(), system.state.pc()), (User, CODE + 4));
}

#[test]
fn what_unmasks_an_asserted_interrupt_takes_it() {
    for word in [
        0xf108_0080_u32, // cpsie i
        0xe121_f000,     // msr cpsr_c, r0
        0xe1b0_f00e,     // movs pc, lr
    ] {
        let mut system = System::a32(&[word])
            .reg(0, Supervisor.bits())
            .reg(14, CODE + 4);
        system.state.set_spsr(Supervisor.bits());
        system.guest.set_lines(&mut system.state, Lines::IRQ);
        assert_eq!(system.state.mode(), Supervisor);
        system.next();
        assert_eq!(
            (system.state.mode(), system.state.pc()),
            (Irq, 24),
            "{word:#x}"
        );
        assert_eq!(system.state.r[14], CODE + 8);
    }
}

#[test]
fn fiqs_come_first_and_hyp_routes_ignore_masks() {
    let both = Lines::IRQ | Lines::FIQ;
    let mut system = System::a32(&[]);
    system.state.system.control &= !(I | F);
    system.guest.set_lines(&mut system.state, both);
    assert_eq!(system.state.mode(), Fiq);

    let mut system = System::a32(&[]).cell(Cell::HCR, 1 << 4).non_secure();
    system.guest.set_lines(&mut system.state, both);
    assert_eq!((system.state.mode(), system.state.pc()), (Hyp, 24));
}

#[test]
fn events_end_waiting() {
    let wfe = Step::Trap {
        kind: TrapKind::WaitForEvent,
        info: 0,
    };
    let mut system = System::a32(&[0xe320_f002, 0xe320_f002, 0xe320_f004, 0xe320_f002]);
    assert_eq!(system.step(), wfe);
    system.guest.send_event(&mut system.state);
    system.next();
    let kind = TrapKind::SendEvent;
    assert_eq!(system.step(), Step::Trap { kind, info: 0 });
    system.next();

    // SEVL is for this core alone.
    let features = Features::CORTEX_A15 | Features::V8;
    let sevl = [0xe320_f005, 0xe320_f002];
    System::with(features, Config::default(), &sevl)
        .next()
        .next();

    // A masked interrupt ends WFI as well.
    let mut system = System::a32(&[0xe320_f003, 0xe320_f003]);
    let kind = TrapKind::WaitForInterrupt;
    assert_eq!(system.step(), Step::Trap { kind, info: 0 });
    system.guest.set_lines(&mut system.state, Lines::IRQ);
    system.next();
}
