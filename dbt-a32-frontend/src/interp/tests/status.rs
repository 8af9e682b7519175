//! Status registers, coprocessors, and what User mode may not do.

use super::*;

#[test]
fn apsr_round_trips() {
    let mut cpu = Cpu::a32(&[
        0xe12cf001, /* msr apsr_nzcvqg, r1 */
        0xe10f0000, /* mrs r0, apsr */
    ])
    .with(&[(1, u32::MAX)]);
    cpu.next().next();
    assert_eq!(cpu.r(0), 0xf80f_0010);
    assert_eq!((cpu.nzcv(), cpu.state.q, cpu.state.ge_bits()), (15, 1, 15));
}

#[test]
fn masks_choose_fields() {
    let cpu = one(0xe124f001 /* msr apsr_g, r1 */, 5, &[(1, u32::MAX)]);
    assert_eq!((cpu.nzcv(), cpu.state.q, cpu.state.ge_bits()), (5, 0, 15));
    let cpu = one(0xe328f20f /* msr apsr_nzcvq, #0xf0000000 */, 0, &[]);
    assert_eq!((cpu.nzcv(), cpu.state.q, cpu.state.ge_bits()), (15, 0, 0));
    // Mode and masks are not the user's.
    let cpu = one(0xe121f001 /* msr cpsr_c, r1 */, 5, &[(1, u32::MAX)]);
    assert_eq!(cpu.state.cpsr(), 0x5000_0010);
}

#[test]
fn endianness_is_the_users() {
    assert_eq!(one(0xf1010200 /* setend be */, 0, &[]).state.big_endian, 1);
    assert_eq!(
        one(0xe122f001 /* msr cpsr_x, r1 */, 0, &[(1, 1 << 9)])
            .state
            .big_endian,
        1
    );
}

#[test]
fn thread_registers() {
    let mut cpu = Cpu::a32(&[
        0xee0d1f50, /* mcr p15, 0, r1, c13, c0, 2 */
        0xee1d2f50, /* mrc p15, 0, r2, c13, c0, 2 */
        0xee1d3f70, /* mrc p15, 0, r3, c13, c0, 3 */
    ])
    .with(&[(1, 77)]);
    cpu.state.tpidruro = 88;
    cpu.next().next().next();
    assert_eq!((cpu.r(2), cpu.r(3)), (77, 88));
}

#[test]
fn barriers_and_hints_do_nothing_visible() {
    for word in [
        0xf57ff05f, /* dmb sy */
        0xf57ff04b, /* dsb ish */
        0xf57ff06f, /* isb sy */
        0xe320f000, /* nop */
        0xe320f0f3, /* dbg #3 */
        0xf5d0f000, /* pld [r0] */
        0xf590f000, /* pldw [r0] */
        0xf6d0f001, /* pli [r0, r1] */
        0xee071fba, /* mcr p15, 0, r1, c7, c10, 5 */
        0xee071f9a, /* mcr p15, 0, r1, c7, c10, 4 */
        0xee071f95, /* mcr p15, 0, r1, c7, c5, 4 */
        0xf10c0080, /* cpsid i */
        // A reserved hint.
        0xe320_f020,
    ] {
        let mut cpu = Cpu::a32(&[word]);
        let mut expected = cpu.state;
        expected.r[15] = CODE + 4;
        assert_eq!(cpu.next().state, expected, "{word:#x}");
    }
}

#[test]
fn privileged_instructions_are_undefined() {
    for word in [
        0xee0d1f70, /* mcr p15, 0, r1, c13, c0, 3 */
        0xee101f10, /* mrc p15, 0, r1, c0, c0, 0 */
        0xee101e10, /* mrc p14, 0, r1, c0, c0, 0 */
        0xec510f1e, /* mrrc p15, 1, r0, r1, c14 */
        0xe14f0000, /* mrs r0, spsr */
        0xe168f000, /* msr spsr_f, r0 */
        0xe1600070, /* smc #0 */
        0xe1400070, /* hvc #0 */
        0xe160006e, /* eret */
        0xe8d08002, /* ldm r0, {r1, pc}^ */
        0xe8c00002, /* stm r0, {r1}^ */
        0xf8900a00, /* rfeia r0 */
        0xf96d0513, /* srsdb sp!, #19 */
    ] {
        let mut cpu = Cpu::a32(&[word]);
        let undefined = Step::Trap {
            kind: ir::TrapKind::Undefined,
            info: word,
        };
        assert_eq!(cpu.step(), undefined, "{word:#x}");
        assert_eq!(cpu.state.pc(), CODE);
    }
}
