//! Interpreter, evaluator and generated code agree on random programs.

use core::time::Duration;
use std::time::Instant;

use dbt_a32_frontend::state::ArmState;
use dbt_testkit::lockstep::{Counts, Difference, Lockstep};
use dbt_testkit::random::Random;

/// Runs for a while.
fn check(lockstep: Lockstep, time: Duration) {
    check_by(Lockstep::step, lockstep, time);
}

fn check_by(
    step: fn(&mut Lockstep, &mut Counts) -> Result<(), Box<Difference>>,
    mut lockstep: Lockstep,
    time: Duration,
) {
    let start = Instant::now();
    let mut counts = Counts::default();
    while start.elapsed() < time {
        if let Err(difference) = step(&mut lockstep, &mut counts) {
            panic!("{difference}");
        }
    }
    println!("{counts:?}");
    assert!(counts.aborts > 0, "some accesses fault");
}

/// What is no instruction, or UNPREDICTABLE, anywhere in a block and at the end of
/// memory, does what the interpreter does: it harms nobody.
#[test]
fn bad_instructions_harm_nobody() {
    let time = Duration::from_secs(3);
    for lockstep in [Lockstep::new(3, (1, 1)), Lockstep::system(3, (1, 1))] {
        check_by(Lockstep::step_hostile, lockstep.with_generated_code(), time);
    }
    let lockstep = Lockstep::new(4, (1, 1)).with_evaluators();
    check_by(Lockstep::step_hostile, lockstep, time);
}

/// Programs in any mode, with exceptions that are taken and returned from.
#[test]
fn the_system_level_in_generated_code_does_what_the_interpreter_does() {
    let lockstep = Lockstep::system(1, (1, 32)).with_generated_code();
    check(lockstep, Duration::from_secs(3));
}

#[test]
fn exclusives_in_generated_code_do_what_the_interpreter_does() {
    let lockstep = Lockstep::exclusive(1, (1, 32)).with_generated_code();
    check(lockstep, Duration::from_secs(3));
}

#[test]
fn evaluator_does_what_the_interpreter_does() {
    let lockstep = Lockstep::new(1, (1, 32)).with_evaluators();
    check(lockstep, Duration::from_secs(4));
}

#[test]
fn floating_point_in_generated_code_does_what_the_interpreter_does() {
    let lockstep = Lockstep::floating(1, (1, 32)).with_generated_code();
    check(lockstep, Duration::from_secs(3));
}

/// Programs of several units, most of which leave with slots in registers.
#[test]
fn long_programs_of_floating_point_do_what_the_interpreter_does() {
    let lockstep = Lockstep::floating(7, (70, 250)).with_generated_code();
    check(lockstep, Duration::from_secs(3));
}

/// A loop of more instructions than a unit has, nearly all of them floating point: between
/// its units slots stay in registers, and a fault at any access, in any iteration, finds
/// them.
#[test]
fn a_fault_in_a_long_loop_of_floating_point_finds_its_slots() {
    let mut random = Random::new(1);
    let mut lockstep = Lockstep::new(0, (1, 1)).with_generated_code();
    for _ in 0..4 {
        let words = long_loop(&mut random);
        let mut state = ArmState::default();
        (state.r[0], state.r[1]) = (0x2000_0100, 6);
        for d in &mut state.d {
            *d = f64::from(random.word()).to_bits();
        }
        if let Err(difference) = lockstep.run(state, &words) {
            panic!("{difference}");
        }
    }
    let bound = lockstep.bound_links();
    println!("{bound} links with slots in registers");
    assert!(bound > 0 || !cfg!(target_arch = "aarch64"));
}

/// Instructions of A32 that count `R1` down and access memory at `R0`.
fn long_loop(random: &mut Random) -> Vec<u32> {
    // VADD, VSUB, VMUL and VMLA of D0 to D15, the same of S0 to S31, and of Q0 to Q7.
    const DOUBLES: [u32; 4] = [0xee30_0b00, 0xee30_0b40, 0xee20_0b00, 0xee00_0b00];
    const SINGLES: [u32; 4] = [0xee30_0a00, 0xee30_0a40, 0xee20_0a00, 0xee00_0a00];
    const QUADS: [u32; 4] = [0xf200_0d40, 0xf220_0d40, 0xf300_0d50, 0xf200_0d50];
    // VLDR and VSTR.
    const ACCESSES: [u32; 2] = [0xed90_0b00, 0xed80_0b00];
    let mut words = Vec::new();
    while words.len() < 150 {
        let op = random.below(4);
        let [d, n, m] = [(); 3].map(|()| random.word() % 16);
        let regs = n << 16 | d << 12 | m;
        match random.below(8) {
            0..3 => words.push(DOUBLES[op] | regs),
            3 => words.push(SINGLES[op] | regs | random.word() & 0x0040_00a0),
            4 => words.push(QUADS[op] | regs & !0x1_1001),
            5 | 6 => words.push(ACCESSES[op / 2] | d << 12 | n << 2),
            // TST R1, #m; BEQ over two instructions.
            _ => words.extend([0xe311_0000 | m, 0x0a00_0001]),
        }
    }
    // What a branch might have led into the middle of.
    words.extend([0xe320_f000, 0xe320_f000, 0xe251_1001]);
    let back = u32::try_from(words.len() + 2)
        .expect("it is short")
        .wrapping_neg();
    words.push(0x1a00_0000 | back & 0x00ff_ffff);
    words
}

/// A loop that loads d2 to d5, and then a write of s4, half of d2, whose register the
/// loop wanted for d2.
#[test]
fn half_of_a_slot_does_not_drop_the_other_half() {
    let words = [0xecbd_2b08, 0x0000_d6fc, 0xeeb0_2ac7];
    check_t32(&words, &[(13, 0x2000_0988)]);
}

/// `VSHL` of d0 by d17, the upper half of a register that was used before: the half must
/// not be moved to where d0 is, although the result belongs there.
#[test]
fn an_upper_half_is_not_moved_over_an_operand() {
    let words = [0xf3c0_0e57, 0xf280_0e15, 0xf2ed_d930, 0xf201_0480];
    check_a32(&words, &[]);
}

/// `VCMP`, `VMRS` and an access that faults: the flags are where a fault must not lose
/// them.
#[test]
fn a_fault_after_a_comparison_of_numbers_finds_its_flags() {
    let words = [0xeeb4_db62, 0xeef1_fa10, 0xecab_8b1e];
    check_t32(&words, &[(11, 0)]);
}

/// Runs instructions of A32 under all flags.
fn check_a32(words: &[u32], r: &[(usize, u32)]) {
    check_words(0, words, r);
}

/// Runs instructions of T32 under all flags.
fn check_t32(words: &[u32], r: &[(usize, u32)]) {
    check_words(1, words, r);
}

fn check_words(thumb: u32, words: &[u32], r: &[(usize, u32)]) {
    check_each(thumb, words, &[r]);
}

/// Runs instructions under all flags with each of several contents of registers.
fn check_each(thumb: u32, words: &[u32], contents: &[&[(usize, u32)]]) {
    let mut lockstep = Lockstep::new(0, (1, 1))
        .with_evaluators()
        .with_generated_code();
    let flags = 0..16;
    for (flags, r) in flags.flat_map(|flags| contents.iter().map(move |r| (flags, r))) {
        let mut state = ArmState {
            nzcv: flags << 28,
            thumb,
            ..ArmState::default()
        };
        for &(register, value) in *r {
            state.r[register] = value;
        }
        if let Err(difference) = lockstep.run(state, words) {
            panic!("{difference}");
        }
    }
}

/// `VCMP` behind flags that are wanted later: to save those does not change its own.
#[test]
fn a_comparison_of_numbers_does_not_lose_its_flags_to_older_ones() {
    check_t32(&[0x337f, 0x331a, 0xeeb5_1b40], &[]);
}

/// A store of an odd address behind `TST`: its check does not write over what the flags
/// follow from.
#[test]
fn an_alignment_check_finds_flags_where_it_leaves_them() {
    check_t32(&[0x2b70, 0x4230, 0xe8e7_c460], &[(7, 0x2000_0e0d)]);
}

/// `UMAAL` to SP, which is left to the interpreter if that is no multiple of four: what
/// the instruction before it wrote is not gone then, although it is written again.
#[test]
fn a_refused_write_leaves_the_state_before_its_instruction() {
    let r = [(1, 37), (7, 0x2000_3ff2), (13, 0x2000_2bd0)];
    check_a32(&[0xe0b8_3197, 0xe04d_3198], &r);
}

/// Both operands of `QDADD` saturate, and it is generated code that says so.
#[test]
fn flags_of_two_saturations_are_kept_apart() {
    let contents: &[&[_]] = &[
        &[(1, 0x7fff_ffff), (2, 0x4000_0000)],
        &[(1, 0x8000_0000), (2, 0xbfff_ffff)],
        &[(1, 1), (2, 0x7fff_ffff)],
        &[(1, 0x7fff_ffff), (2, 1)],
        &[(1, 1), (2, 1)],
    ];
    check_each(0, &[0xe141_0052], contents);
}

/// `LSLS R0, R1, R2` and the others, with `RRX`, which takes the carry, behind.
#[test]
fn shifts_by_registers_do_what_the_interpreter_does() {
    let amounts = [0, 1, 31, 32, 33, 63, 64, 65, 128, 255, 256, 0xffff_ff01];
    let values = [1, 0x8000_0000, 0xaaaa_5555];
    let contents: Vec<[(usize, u32); 2]> = amounts
        .iter()
        .flat_map(|amount| values.map(|value| [(1, value), (2, *amount)]))
        .collect();
    let contents: Vec<&[_]> = contents.iter().map(<[_; 2]>::as_slice).collect();
    for kind in 0..4 {
        check_each(0, &[0xe1b0_0211 | kind << 5, 0xe1a0_3060], &contents);
    }
}

/// `MSRMI CPSR_fx, R2`: the endianness is the interpreter's affair, but it must
/// find the flags that chose the instruction.
#[test]
fn a_conditional_msr_is_started_anew_under_its_own_flags() {
    check_a32(&[0x412a_f002], &[(2, 0x2000_0b58)]);
}

/// `ASRS R3, R2, #6; UASXLE R1, R2, R8; CMN R10, R4, LSR #5`: V of the condition
/// is that of the flags before, which stay where they are.
#[test]
fn a_condition_on_flags_that_are_never_written_finds_the_old_overflow() {
    check_a32(
        &[0xe1b0_3342, 0xd652_1f38, 0xe17a_02a4],
        &[(2, 0x2000_04b8)],
    );
}

/// `UMLALS R9, R12, R1, R7; RRXMI SP, R1`: making a bit of C takes the register
/// from which N and Z would have been recomputed.
#[test]
fn a_bit_made_of_flags_does_not_lose_them_to_flags_that_are_saved() {
    check_a32(&[0xe0bc_9791, 0x41a0_d061], &[(12, 0x8000_7fff)]);
}

/// `BX LR` to the last halfword: a return without a call must not be taken for
/// one with a call, whatever it returns to.
#[test]
fn a_guest_returns_to_any_address_without_a_call() {
    let last = u32::MAX;
    for target in [last, last - 1, last - 2, 0, 1, 2, 0x8000_0000, 0x8000_0001] {
        check_a32(&[0xe12f_ff1e], &[(14, target)]);
    }
}

/// `ITTE MI; NOP; WFI; UDF; B` back to the `UDF`: it is met in the IT block, where
/// a unit starts after the hint, and outside.
#[test]
fn a_branch_into_an_it_block_leaves_the_block() {
    check_t32(&[0xbf46, 0xbf00, 0xbf30, 0xde00, 0xe7fd], &[]);
}

/// `REVSH R0, R2; ORRS R3, R3, R3, ROR #7; CMP R8, R3, LSR #13; REV16 R0, R0; SBC R1,
/// R0, R0, LSL #2; ORR R0, R0, #0x1ec00`: the shift takes a register for which the flags are computed
/// again, and changes them.
#[test]
fn a_shift_does_not_change_flags_that_it_had_saved() {
    check_t32(
        &[
            0xbad0,
            0xea53_13f3,
            0xebb8_3f53,
            0xfa90_f090,
            0xeb60_0180,
            0xf440_30f6,
        ],
        &[(3, 2)],
    );
}

/// `VMOV S0, R1; VCMP.F32 S0, #0; VMRS APSR_nzcv, FPSCR; LDR R0, [R2]` from nowhere:
/// what a fault hook records must not overwrite the outcome of the comparison.
#[test]
fn a_fault_finds_the_outcome_of_a_comparison_of_numbers() {
    let words = [0xee00_1a10, 0xeeb5_0a40, 0xeef1_fa10, 0xe592_0000];
    for number in [1.0_f32, -1.0, 0.0, f32::NAN] {
        check_a32(&words, &[(1, number.to_bits())]);
    }
}

#[test]
fn generated_code_does_what_the_interpreter_does() {
    for len in [(1, 1), (8, 32)] {
        let lockstep = Lockstep::new(2, len).with_generated_code();
        check(lockstep, Duration::from_secs(3));
    }
}

/// Where accesses write their base registers, sums are made by the access, and nothing
/// polls.
#[test]
fn generated_code_at_zero_does_what_the_interpreter_does() {
    let mut lockstep = Lockstep::new(5, (1, 32)).with_generated_code_at_zero();
    check_register_offsets(&mut lockstep);
    check(lockstep, Duration::from_secs(3));
}

/// Every access at a base and an index, by A32 and T32, with sums that wrap around in
/// either direction, or not, and accesses that wrap around themselves.
fn check_register_offsets(lockstep: &mut Lockstep) {
    // The condition aside, without the shift: base R1, index R2, R0 is accessed.
    const A32: [u32; 4] = [0xe791_0002, 0xe781_0002, 0xe7d1_0002, 0xe7c1_0002];
    const A32_HALVES: [u32; 4] = [0xe191_00b2, 0xe181_00b2, 0xe191_00d2, 0xe191_00f2];
    const T32: [u32; 8] = [
        0xf851_0002,
        0xf841_0002,
        0xf831_0002,
        0xf821_0002,
        0xf811_0002,
        0xf801_0002,
        0xf911_0002,
        0xf931_0002,
    ];
    // `ADD R3, R1, R0`, so that registers matter behind the access.
    const ADD: [u32; 2] = [0xe081_3000, 0xeb01_0300];
    let shifts = |words: &[u32], shifts: core::ops::Range<u32>, at: u32| {
        let each = words.iter().flat_map(move |word| {
            let shifts = shifts.clone();
            shifts.map(move |shift| (word | shift << at, shift))
        });
        each.collect::<Vec<_>>()
    };
    let arm = [shifts(&A32, 0..4, 7), shifts(&A32_HALVES, 0..1, 0)].concat();
    let thumb = shifts(&T32, 0..4, 4);
    for (set, accesses) in [(0, arm), (1, thumb)] {
        for (word, shift) in accesses {
            for address in [0x2000_0108_u32, 0x2000_2ffe, 0x2000_3000, 0xffff_fffe] {
                for index in INDICES {
                    let mut state = ArmState {
                        thumb: set,
                        ..ArmState::default()
                    };
                    state.r[1] = address.wrapping_sub(index << shift);
                    state.r[2] = index;
                    let words = [word, ADD[set as usize]];
                    if let Err(difference) = lockstep.run(state, &words) {
                        panic!("{difference}");
                    }
                }
            }
        }
    }
}

/// Indices that are small or great, as numbers with a sign or without.
const INDICES: [u32; 10] = [
    0,
    1,
    0x40,
    0x2000_0000,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xc000_0000,
    0xffff_0000,
    0xffff_ffff,
];
