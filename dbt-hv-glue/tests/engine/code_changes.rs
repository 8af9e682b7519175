//! Guests that write code without telling anybody.

use std::sync::atomic::{AtomicBool, Ordering};

use dbt_core::engine::Mode;
use dbt_hv_glue::process::Prot;

use crate::machine::{CODE, Machine};

/// `mov r0, #n; bx lr`, without the number.
const MOV_R0: u32 = 0xe3a0_0000;
const BX_LR: u32 = 0xe12f_ff1e;

/// A store to the instruction behind it is obeyed at once.
#[test]
fn the_next_instruction_can_be_rewritten() {
    let machine = Machine::new(Mode::Translate);
    let program = [
        0xe59f_0008, // ldr r0, [pc, #8]    ; the word at the end
        0xe50f_0004, // str r0, [pc, #-4]   ; over the next
        0xe3a0_1001, // mov r1, #1
        0xef00_0000, // svc #0
        0xe3a0_1002, // mov r1, #2
    ];
    machine.load(CODE, &program);
    let mut core = machine.core(CODE, &[]);
    assert_eq!(core.run_to_call(), 0);
    assert_eq!(core.reg(1), 2);
    // As it is now, it rewrites it with the same.
    let mut core = machine.core(CODE, &[]);
    assert_eq!(core.run_to_call(), 0);
    assert_eq!(core.reg(1), 2);
}

/// A guest's own translator: it writes a function and calls it, again and again.
#[test]
fn a_guest_can_write_and_call_ten_thousand_functions() {
    let program = [
        0xe7eb_1054, // ubfx r1, r4, #0, #12
        0xe1a0_2624, // lsr r2, r4, #12
        0xe186_1001, // orr r1, r6, r1
        0xe181_1802, // orr r1, r1, r2, lsl #16
        0xe585_1000, // str r1, [r5]        ; movw r0, #r4
        0xe585_7004, // str r7, [r5, #4]    ; bx lr
        0xe12f_ff35, // blx r5
        0xe150_0004, // cmp r0, r4
        0x1a00_0003, // bne fail
        0xe088_8000, // add r8, r8, r0
        0xe254_4001, // subs r4, r4, #1
        0x1aff_fff3, // bne start
        0xef00_0000, // svc #0
        0xef00_0001, // fail: svc #1
    ];
    // In a page of its own, and in the writer's.
    for buffer in [CODE + 0x2000, CODE + 0x800] {
        let machine = Machine::new(Mode::Translate);
        machine.load(CODE, &program);
        let registers = [(4, 10_000), (5, buffer), (6, 0xe300_0000), (7, BX_LR)];
        let mut core = machine.core(CODE, &registers);
        assert_eq!(core.run_to_call(), 0);
        assert_eq!(core.reg(8), 10_000 * 10_001 / 2);
    }
}

/// A loop of floating point, longer than a unit, rewrites an instruction of its own now and
/// then: what is in vector registers between its units is not lost when they are forgotten.
#[test]
fn a_long_loop_of_floating_point_can_rewrite_itself() {
    const ADD: u32 = 0xee32_2b00; // vadd.f64 d2, d2, d0
    const SUB: u32 = 0xee32_2b40; // vsub.f64 d2, d2, d0
    let mut program = vec![
        0xe314_000f, // tst r4, #15
        0x0585_6000, // streq r6, [r5]
        0xe1a0_3006, // mov r3, r6
        0xe1a0_6007, // mov r6, r7
        0xe1a0_7003, // mov r7, r3
    ];
    for _ in 0..40 {
        program.extend([
            0xee31_1b02, // vadd.f64 d1, d1, d2
            0xee23_3b04, // vmul.f64 d3, d3, d4
            ADD,
        ]);
    }
    let back = u32::try_from(program.len() + 3).unwrap();
    program.extend([
        0xe254_4001,                                   // subs r4, r4, #1
        0x1a00_0000 | back.wrapping_neg() & 0xff_ffff, // bne start
        0xef00_0000,                                   // svc #0
    ]);
    let rewritten = CODE + 4 * 97;
    let ends = [Mode::Interpret, Mode::Translate].map(|mode| {
        let machine = Machine::new(mode);
        machine.load(CODE, &program);
        let registers = [(4, 500), (5, rewritten), (6, SUB), (7, ADD)];
        let mut core = machine.core(CODE, &registers);
        let numbers = [1.0, 0.5, 0.25, 3.0, 1.001];
        for (d, number) in core.vcpu.state_mut().d.iter_mut().zip(numbers) {
            *d = f64::to_bits(number);
        }
        assert_eq!(core.run_to_call(), 0);
        let bound = machine.engine.stats().bound_links;
        let keeps = cfg!(target_arch = "aarch64") && mode == Mode::Translate;
        assert!(bound > 0 || !keeps, "slots stay in registers between units");
        let state = core.vcpu.state();
        (state.d, state.r)
    });
    assert_eq!(ends[0], ends[1]);
}

/// Data that changes on every round beside the code that changes it.
#[test]
fn a_page_can_mix_code_and_data() {
    let machine = Machine::new(Mode::Translate);
    let program = [
        0xe595_1000, // ldr r1, [r5]
        0xe281_1001, // add r1, r1, #1
        0xe585_1000, // str r1, [r5]
        0xe254_4001, // subs r4, r4, #1
        0x1aff_fffa, // bne start
        0xef00_0000, // svc #0
    ];
    machine.load(CODE, &program);
    let mut core = machine.core(CODE, &[(4, 1000), (5, CODE + 0x800)]);
    assert_eq!(core.run_to_call(), 0);
    assert_eq!(machine.window.read_obj::<u32>(CODE + 0x800), Ok(1000));
}

/// Code that is unmapped, or loses its permission, is not executed from memory of
/// it; code that is mapped anew is.
#[test]
fn code_follows_its_mapping() {
    let machine = Machine::new(Mode::Translate);
    let call = [0xe12f_ff35, 0xef00_0000, 0xeaff_fffc]; // blx r5; svc #0; b start
    machine.load(CODE, &call);
    machine.load(CODE + 0x2000, &[MOV_R0 | 1, BX_LR]);
    let mut core = machine.core(CODE, &[(5, CODE + 0x2000)]);
    for _ in 0..3 {
        assert_eq!(core.run_to_call(), 0);
        assert_eq!(core.reg(0), 1);
    }
    // As a system call writes: a file is read over the code.
    machine.load(CODE + 0x2000, &[MOV_R0 | 2]);
    assert_eq!((core.run_to_call(), core.reg(0)), (0, 2));
    let data = Prot::READ | Prot::WRITE;
    machine.window.protect(CODE + 0x2000, 4096, data).unwrap();
    assert!(matches!(core.run(), dbt_core::exit::Exit::FetchFault(_)));
    assert_eq!(core.reg(15), CODE + 0x2000);
    machine
        .window
        .protect(CODE + 0x2000, 4096, Prot::all())
        .unwrap();
    assert_eq!((core.run_to_call(), core.reg(0)), (0, 2));
    machine.window.unmap(CODE + 0x2000, 4096).unwrap();
    assert!(matches!(core.run(), dbt_core::exit::Exit::FetchFault(_)));
}

/// One core patches what another executes; the other sees it, and never anything
/// else.
#[test]
fn a_core_can_patch_what_another_executes() {
    const ROUNDS: u32 = 2000;
    let machine = Machine::new(Mode::Translate);
    let function = CODE + 0x2000;
    let wait = [
        0xe12f_ff35, // blx r5
        0xe150_0009, // cmp r0, r9
        0x0aff_fffc, // beq start
        0xef00_0000, // svc #0
        0xeaff_fffa, // b start
    ];
    let patch = [
        0xe586_1000, // str r1, [r6]
        0xef00_0000, // svc #0
        0xeaff_fffc, // b start
    ];
    machine.load(CODE, &wait);
    machine.load(CODE + 0x1000, &patch);
    machine.load(function, &[MOV_R0, BX_LR]);
    let seen = std::sync::atomic::AtomicU32::new(0);
    let failed = AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let mut core = machine.core(CODE, &[(5, function)]);
            for round in 1..=ROUNDS {
                core.vcpu.state_mut().r[9] = (round - 1) & 0xff;
                if core.run_to_call() != 0 || core.reg(0) != round & 0xff {
                    failed.store(true, Ordering::Release);
                    panic!("round {round}: saw {}", core.reg(0));
                }
                seen.store(round, Ordering::Release);
            }
        });
        threads.spawn(|| {
            let mut core = machine.core(CODE + 0x1000, &[(6, function)]);
            for round in 1..=ROUNDS {
                core.vcpu.state_mut().r[1] = MOV_R0 | round & 0xff;
                core.run_to_call();
                while seen.load(Ordering::Acquire) < round && !failed.load(Ordering::Acquire) {
                    std::thread::yield_now();
                }
            }
        });
    });
}

/// Two cores patch and execute without waiting for each other: whatever is
/// executed is one of the functions that were there.
#[test]
fn cores_can_race_for_a_page() {
    let machine = Machine::new(Mode::Translate);
    // Each patches a function of its own in the shared page and calls both.
    let program = [
        0xe584_1000, // str r1, [r4]
        0xe12f_ff34, // blx r4
        0xe1a0_7000, // mov r7, r0
        0xe12f_ff35, // blx r5
        0xef00_0000, // svc #0
        0xeaff_fff9, // b start
    ];
    machine.load(CODE, &program);
    let functions = [CODE + 0x2000, CODE + 0x2100];
    for function in functions {
        machine.load(function, &[MOV_R0, BX_LR]);
    }
    std::thread::scope(|threads| {
        for me in 0..2 {
            let machine = &machine;
            threads.spawn(move || {
                let registers = [(4, functions[me]), (5, functions[1 - me])];
                let mut core = machine.core(CODE, &registers);
                for round in 0..3000 {
                    let mine = 0x80 * u32::try_from(me).unwrap();
                    let number = round & 0x7f | mine;
                    core.vcpu.state_mut().r[1] = MOV_R0 | number;
                    assert_eq!(core.run_to_call(), 0);
                    assert_eq!(core.reg(7), number, "my own writes are seen in order");
                    let theirs = core.reg(0);
                    assert!(theirs == 0 || (theirs & 0x80 != 0) == (me == 0));
                }
            });
        }
    });
}
