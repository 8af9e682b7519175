//! Status registers, banked registers, system registers.

extern crate alloc;

use alloc::string::ToString;
use alloc::vec::Vec;

use dbt_core::guest::Step;
use dbt_core::ir::TrapKind;

use super::super::{CODE, DATA};
use super::System;
use crate::system::psr::{A, F, I};
use crate::system::{
    Access, AccessKind, Action, Cell, Config, ConfigError, Firmware, Outcome, Place, ProcessorMode,
    Rights, SystemRegister, Watch,
};
use crate::version::Features;

use ProcessorMode::{Abort, Fiq, Irq, Monitor, Supervisor, System as Sys, Undefined, User};

/// Which cores' modes have registers of their own.
const MODES: [ProcessorMode; 7] = [User, Fiq, Irq, Supervisor, Monitor, Abort, Undefined];

#[test]
fn each_mode_has_its_registers() {
    let mut system = System::a32(&[]);
    let mark = |mode: ProcessorMode, n: usize| mode.bits() << 8 | n as u32;
    for mode in MODES {
        system.state.enter_mode(mode);
        for n in 0..15 {
            system.state.r[n] = mark(mode, n);
        }
        system.state.set_spsr(mode.bits());
    }
    for mode in MODES {
        system.state.enter_mode(mode);
        for n in 0..15 {
            let owner = match n {
                13..15 => mode,
                8..13 if mode == Fiq => Fiq,
                // Written last of all.
                _ => Undefined,
            };
            assert_eq!(system.state.r[n], mark(owner, n), "{mode:?} r{n}");
        }
        if mode != User {
            assert_eq!(system.state.spsr(), mode.bits());
        }
        for other in MODES {
            assert_eq!(system.state.mode_reg(other, 13), mark(other, 13));
        }
    }
    system.state.enter_mode(Sys);
    assert_eq!(system.state.r[13], mark(User, 13));
}

#[test]
fn mrs_reads_all_of_the_cpsr_but_the_execution_state() {
    let mut system = System::a32(&[0xe10f_0000]); // mrs r0, cpsr
    system.state.nzcv = 0x6000_0000;
    system.state.q = 1;
    system.state.set_ge_bits(5);
    system.state.big_endian = 1;
    system.next();
    assert_eq!(system.state.r[0], 0x6805_03d3);
}

#[test]
fn msr_writes_its_fields() {
    for (mask, expected) in [
        (1, 0x1df & 0xff & !(I | F) | A),
        (2, Supervisor.bits() | I | F | 0x200),
        (4, Supervisor.bits() | A | I | F | 0xf_0000),
        (8, Supervisor.bits() | A | I | F | 0xf800_0000),
    ] {
        let word = 0xe120_f000 | mask << 16; // msr cpsr_<mask>, r0
        let mut system = System::a32(&[word]).reg(0, 0xffff_fe3f & !(0x20));
        system.next();
        assert_eq!(system.state.cpsr(), expected, "mask {mask}");
        assert_eq!(system.state.pc(), CODE + 4);
    }
}

#[test]
fn msr_writes_the_fields_of_the_spsr() {
    for (mask, expected) in [
        (1, 0xff),
        (2, 0xff00),
        (4, 0xf_0000),
        (8, 0xff00_0000),
        (15, 0xff0f_ffff),
    ] {
        let word = 0xe160_f000 | mask << 16; // msr spsr_<mask>, r0
        let mut system = System::a32(&[word, 0xe14f_1000]).reg(0, u32::MAX);
        system.next().next();
        assert_eq!(system.state.r[1], expected);
    }
}

#[test]
fn user_mode_writes_neither_masks_nor_mode() {
    let mut system = System::a32(&[0xe12f_f000]).reg(0, 0xf80f_01df).mode(User);
    system.state.system.control = User.bits() | I;
    system.next();
    assert_eq!(system.state.cpsr(), 0xf80f_0090);
}

#[test]
fn cps_changes_masks_and_mode() {
    for (word, control) in [
        (0xf10c_01c0_u32, A | I | F | 0x13), // cpsid aif
        (0xf108_0080, A | F | 0x13),         // cpsie i
        (0xf102_001f, A | I | F | 0x1f),     // cps #31
        (0xf10a_0091, A | F | 0x11),         // cpsie i, #17
        (0xf102_0000, A | I | F | 0x13),     // cps #0: no such mode
        (0xf102_001a, A | I | F | 0x13),     // cps #26: Hyp
    ] {
        let mut system = System::a32(&[word]);
        system.next();
        assert_eq!(system.state.cpsr(), control, "{word:#x}");
    }
}

#[test]
fn banked_registers_are_moved() {
    // msr sp_irq, r0; mrs r1, sp_irq; msr spsr_fiq, r2; mrs r3, spsr_fiq; mrs r4, r8_fiq
    let code = [
        0xe121_f300,
        0xe101_1300,
        0xe16e_f202,
        0xe14e_3200,
        0xe108_4200,
    ];
    let mut system = System::a32(&code).reg(0, 0x1111).reg(2, 0x2d3);
    system.state.set_mode_reg(Fiq, 8, 0x88);
    for _ in code {
        system.next();
    }
    assert_eq!(system.state.r[1], 0x1111);
    assert_eq!(system.state.mode_reg(Irq, 13), 0x1111);
    assert_eq!(
        (system.state.r[3], system.state.mode_spsr(Fiq)),
        (0x2d3, 0x2d3)
    );
    assert_eq!(system.state.r[4], 0x88);
    // Not in User mode; Monitor's not in Non-secure state.
    for mut system in [
        System::a32(&[0xe101_1300]).mode(User),
        System::a32(&[0xe10d_1300]).non_secure(), // mrs r1, sp_mon
        System::a32(&[0xe101_1300]).mode(Irq),
    ] {
        assert_eq!(system.next().state.mode(), Undefined);
    }
}

#[test]
fn srs_stores_on_the_stack_of_another_mode() {
    let mut system = System::a32(&[0xf96d_0513]).mode(Irq).reg(14, 0xabc); // srsdb sp!, #19
    system.state.set_spsr(0x1f3);
    system.state.set_mode_reg(Supervisor, 13, DATA + 8);
    system.next();
    assert_eq!((system.word(DATA), system.word(DATA + 4)), (0xabc, 0x1f3));
    assert_eq!(system.state.mode_reg(Supervisor, 13), DATA);
}

#[test]
fn ldm_and_stm_transfer_user_registers() {
    // stm r0, {sp, lr}^; ldm r0, {r8, sp}^
    let mut system = System::a32(&[0xe8c0_6000, 0xe8d0_2100])
        .mode(Fiq)
        .reg(0, DATA);
    system.state.set_mode_reg(User, 13, 0x55);
    system.state.set_mode_reg(User, 14, 0x66);
    system.next().next();
    assert_eq!((system.word(DATA), system.word(DATA + 4)), (0x55, 0x66));
    let user = |n| system.state.mode_reg(User, n);
    assert_eq!((user(8), user(13), system.state.r[8]), (0x55, 0x66, 0));
}

#[test]
fn accesses_of_user_mode_and_of_ldrt_are_unprivileged() {
    use dbt_core::memory::{Fetch, FetchFault, GuestMemory, MemoryFault};
    use dbt_isa::ops::Access;

    struct Spy(super::Ram, Vec<(bool, bool)>, bool);
    impl Fetch for Spy {
        fn fetch16(&mut self, address: u64) -> Result<u16, FetchFault> {
            self.0.fetch16(address)
        }
        fn fetch_unprivileged(&mut self, unprivileged: bool) {
            self.2 = unprivileged;
        }
    }
    impl GuestMemory for Spy {
        fn load(&mut self, access: Access, address: u64) -> Result<u64, MemoryFault> {
            self.1.push((access.unprivileged, access.aligned));
            self.0.load(access, address)
        }
        fn store(&mut self, _: Access, _: u64, _: u64) -> Result<(), MemoryFault> {
            unreachable!()
        }
        fn compare_exchange(
            &mut self,
            _: Access,
            _: u64,
            _: u64,
            _: u64,
        ) -> Result<u64, MemoryFault> {
            unreachable!()
        }
    }
    use dbt_core::guest::Guest;

    for (mode, word, control, unprivileged, aligned) in [
        (Supervisor, 0xe590_1000, 0, false, false), // ldr r1, [r0]
        (Supervisor, 0xe4b0_1000, 0, true, false),  // ldrt r1, [r0]
        (User, 0xe590_1000, 0, true, false),
        (Supervisor, 0xe590_1000, 2, false, true),
    ] {
        let System {
            guest,
            mut state,
            ram,
        } = System::a32(&[word]).cell(Cell::SCTLR, control).mode(mode);
        state.r[0] = DATA;
        let mut spy = Spy(ram, Vec::new(), false);
        assert_eq!(guest.step(&mut state, &mut spy), Step::Next);
        assert_eq!(spy.1, [(unprivileged, aligned)]);
        assert_eq!(spy.2, mode == User);
    }
}

#[test]
fn sctlr_a_makes_unaligned_accesses_fault() {
    let mut system = System::a32(&[0xe590_1000])
        .cell(Cell::SCTLR, 2)
        .reg(0, DATA + 1);
    assert!(matches!(system.step(), Step::Fault(_)));
    let mut system = System::a32(&[0xe590_1000]).reg(0, DATA + 1);
    system.next();
}

#[test]
fn floating_point_needs_cpacr_and_fpexc() {
    let vmov = 0xee10_0a10; // vmov r0, s0
    let vmrs = 0xeef8_0a10; // vmrs r0, fpexc
    for (cpacr, fpexc, mode, word, is_defined) in [
        (0, 0, Supervisor, vmov, false),
        (0, 0, Supervisor, vmrs, false),
        (0x50_0000, 0, Supervisor, vmrs, true),
        (0x50_0000, 0, Supervisor, vmov, false),
        (0x50_0000, 1 << 30, Supervisor, vmov, true),
        (0x50_0000, 1 << 30, User, vmov, false),
        (0xf0_0000, 1 << 30, User, vmov, true),
        (0xf0_0000, 1 << 30, User, vmrs, false),
    ] {
        let mut system = System::a32(&[word])
            .cell(Cell::CPACR, cpacr)
            .cell(Cell::FPEXC, fpexc)
            .mode(mode);
        system.next();
        let took = system.state.mode() == Undefined;
        assert_eq!(took, !is_defined, "{cpacr:x} {fpexc:x} {mode:?} {word:x}");
    }
}

#[test]
fn fpexc_is_written_by_vmsr() {
    let mut system = System::a32(&[0xeee8_0a10, 0xeef8_1a10]) // vmsr fpexc, r0; vmrs r1, fpexc
        .cell(Cell::CPACR, 0xf0_0000)
        .reg(0, u32::MAX);
    system.next().next();
    assert_eq!(system.state.r[1], 1 << 30);
}

fn seen() -> Step {
    Step::Trap {
        kind: TrapKind::SystemRegister,
        info: 0,
    }
}

#[test]
fn system_registers_follow_the_table() {
    // mcr p15, 0, r0, c13, c0, 4; mrc p15, 0, r1, c13, c0, 4; mrc p15, 0, r2, c0, c0, 0
    let mut system = System::a32(&[0xee0d_0f90, 0xee1d_1f90, 0xee10_2f10]).reg(0, 0x1234);
    system.next().next().next();
    assert_eq!(
        (system.state.r[1], system.state.r[2]),
        (0x1234, 0x412f_c0f1)
    );

    // A write that the embedder watches comes to it afterwards.
    let mut system = System::a32(&[0xee03_0f10, 0xee13_1f10]).reg(0, 0x55); // dacr
    assert_eq!(system.step(), seen());
    let &Access {
        place,
        kind,
        value,
        outcome,
        ..
    } = system.state.system.access();
    assert_eq!(place, Place::new(15, 3, 0, 0, 0));
    assert_eq!(
        (kind, value, outcome),
        (AccessKind::Write, 0x55, Outcome::Done)
    );
    assert_eq!(system.next().state.r[1], 0x55);

    // MRC to R15 sets the flags.
    let mut system = System::a32(&[0xee13_ff10]).cell(Cell::DACR, 0xa000_0055);
    assert_eq!(system.next().state.nzcv, 0xa000_0000);
}

#[test]
fn banked_system_registers_follow_scr() {
    let mut system = System::a32(&[0xee1d_1f90])
        .cell(Cell::TPIDRPRW, 1)
        .non_secure();
    system.state.set_cell(Cell::TPIDRPRW, 2);
    assert_eq!(system.next().state.r[1], 2);
    // Monitor mode is Secure, but accesses what SCR.NS says.
    let mut system = System::a32(&[0xee1d_1f90])
        .cell(Cell::TPIDRPRW, 1)
        .mode(Monitor);
    assert_eq!(system.next().state.r[1], 1);
    system.state.r[15] = CODE;
    system.state.set_cell(Cell::SCR, 1);
    assert_eq!(system.next().state.r[1], 0);
}

#[test]
fn what_nobody_handles_is_undefined_and_seen() {
    for (word, mode) in [
        (0xee1f_1f10_u32, Supervisor), // mrc p15, 0, r1, c15, c0, 0
        (0xee10_1f10, User),           // mrc p15, 0, r1, c0, c0, 0
        (0xee00_1f10, Supervisor),     // mcr p15, 0, r1, c0, c0, 0: MIDR is read-only
        (0xee00_0100, Supervisor),     // cdp p1, …
        (0xfc90_0100, Supervisor),     // ldc2 p1, …
        (0xec50_1f0f, Supervisor),     // mrrc p15, 0, r1, r0, c15
    ] {
        let mut system = System::a32(&[word]).mode(mode);
        assert_eq!(system.step(), seen(), "{word:#x}");
        assert_eq!((system.state.mode(), system.state.pc()), (Undefined, 4));
        assert_eq!(system.state.system.access().outcome, Outcome::Undefined);
        assert_eq!(system.state.system.access().word, word);
    }
}

static OWN: [SystemRegister; 3] = [
    SystemRegister {
        name: "MIDR",
        place: Place::new(15, 0, 0, 0, 0),
        rights: Rights::READ,
        needs: Features::empty(),
        reset: 0x1234_5678,
        action: Action::Constant,
    },
    SystemRegister {
        name: "L2CTLR",
        place: Place::new(15, 9, 1, 0, 2),
        rights: Rights::READ_WRITE,
        needs: Features::empty(),
        reset: 3,
        action: Action::Cell {
            cell: Cell::embedder(0),
            writable: 0xf0,
            watch: Watch::No,
        },
    },
    SystemRegister {
        name: "DEVICE",
        place: Place::dual(4, 1, 2),
        rights: Rights::ALL,
        needs: Features::empty(),
        reset: 0,
        action: Action::Embedder,
    },
];

const EXTENDED: Config = Config {
    exceptions: crate::system::Exceptions::Guest,
    firmware: Firmware::None,
    registers: &OWN,
    coprocessors: 1 << 1,
};

#[test]
fn an_embedder_extends_the_table() {
    // mrc MIDR to r0; mrc, mcr, mrc L2CTLR
    let code = [0xee10_0f10, 0xee39_1f50, 0xee29_3f50, 0xee39_2f50];
    let mut system = System::with(Features::CORTEX_A15, EXTENDED, &code).reg(3, u32::MAX);
    system.next().next().next().next();
    assert_eq!(system.state.r[..3], [0x1234_5678, 3, 0xf3]);

    // mrrc p4, 1, r0, r1, c2
    let mut system = System::with(Features::CORTEX_A15, EXTENDED, &[0xec51_0412]);
    assert_eq!(system.step(), seen());
    assert_eq!(system.state.pc(), CODE);
    assert_eq!(system.state.system.access().outcome, Outcome::Pending);
    system
        .guest
        .complete(&mut system.state, Some(0x1111_2222_3333_4444));
    assert_eq!(system.state.r[..2], [0x3333_4444, 0x1111_2222]);
    assert_eq!(system.state.pc(), CODE + 4);

    // A coprocessor as a whole: cdp p1, 0, c0, c0, c0, 0; refused.
    let mut system = System::with(Features::CORTEX_A15, EXTENDED, &[0xee00_0100]);
    assert_eq!(system.step(), seen());
    system.guest.complete(&mut system.state, None);
    assert_eq!(
        (system.state.mode(), system.state.r[14]),
        (Undefined, CODE + 4)
    );
}

#[test]
fn contradictory_declarations_are_refused() {
    let refused = |features, config: Config| {
        crate::guest::A32Guest::with_system(features, config)
            .err()
            .map(|error: ConfigError| error.to_string())
    };
    let plain = Config::default();
    assert_eq!(refused(Features::CORTEX_A15, plain), None);
    assert_eq!(refused(Features::ARMHF, plain), None);
    for (features, message) in [
        (
            Features::ARMV7A | Features::ASIMD,
            "ASIMD is declared without D32",
        ),
        (Features::V7 | Features::V6K, "V6K is declared without V6"),
        (
            Features::ARMV7A | Features::VIRTUALIZATION,
            "VIRTUALIZATION is declared without DIV_ARM | GENERIC_TIMER | LPAE",
        ),
    ] {
        assert_eq!(refused(features, plain).as_deref(), Some(message));
    }
    let firmware = Config {
        firmware: Firmware::HypervisorCall,
        ..plain
    };
    let message = "HypervisorCall calls firmware, but the core lacks it";
    assert_eq!(refused(Features::ARMHF, firmware).as_deref(), Some(message));
    static TWICE: [SystemRegister; 2] = [OWN[0], OWN[0]];
    let twice = Config {
        registers: &TWICE,
        ..plain
    };
    let message = "MIDR is in the place of another register";
    assert_eq!(refused(Features::ARMHF, twice).as_deref(), Some(message));
}
