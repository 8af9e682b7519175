//! Loads, stores and block transfers.

use super::*;

fn memory(word: u32, regs: &[(usize, u32)]) -> Cpu {
    let mut cpu = Cpu::a32(&[word]).with(&[(1, DATA)]).with(regs);
    for offset in 0..64 {
        cpu.ram.0[DATA as usize - 32 + offset as usize] = 0x60 + offset;
    }
    cpu
}

#[test]
fn addressing_modes() {
    for (word, value, base) in [
        (0xe5910000 /* ldr r0, [r1] */, 0x8382_8180, DATA),
        (0xe5110004 /* ldr r0, [r1, #-4] */, 0x7f7e_7d7c, DATA),
        (
            0xe5b10004, /* ldr r0, [r1, #4]! */
            0x8786_8584,
            DATA + 4,
        ),
        (
            0xe4110008, /* ldr r0, [r1], #-8 */
            0x8382_8180,
            DATA - 8,
        ),
        (0xe7910002 /* ldr r0, [r1, r2] */, 0x8584_8382, DATA),
        (
            0xe7110082, /* ldr r0, [r1, -r2, lsl #1] */
            0x7f7e_7d7c,
            DATA,
        ),
        (
            0xe7b100e2, /* ldr r0, [r1, r2, ror #1]! */
            0x8483_8281,
            DATA + 1,
        ),
        (
            0xe6910102, /* ldr r0, [r1], r2, lsl #2 */
            0x8382_8180,
            DATA + 8,
        ),
        (0xe5d10001 /* ldrb r0, [r1, #1] */, 0x81, DATA),
        (0xe1d100d1 /* ldrsb r0, [r1, #1] */, 0xffff_ff81, DATA),
        (0xe1d100b1 /* ldrh r0, [r1, #1] */, 0x8281, DATA),
        (
            0xe0d100f2, /* ldrsh r0, [r1], #2 */
            0xffff_8180,
            DATA + 2,
        ),
        (
            0xe4b10004, /* ldrt r0, [r1], #4 */
            0x8382_8180,
            DATA + 4,
        ),
        (
            0xe0f100f2, /* ldrsht r0, [r1], #2 */
            0xffff_8180,
            DATA + 2,
        ),
    ] {
        let mut cpu = memory(word, &[(2, 2)]);
        cpu.next();
        assert_eq!((cpu.r(0), cpu.r(1)), (value, base), "{word:#x}");
    }
}

#[test]
fn literals_are_relative_to_the_pc() {
    let mut cpu = Cpu::a32(&[0xe51f0004 /* ldr r0, [pc, #-4] */, 0x1234_5678]);
    assert_eq!(cpu.next().r(0), 0x1234_5678);
}

#[test]
fn stores_write_their_width() {
    for (word, at, value) in [
        (
            0xe5a10004, /* str r0, [r1, #4]! */
            DATA + 4,
            0x1234_5678,
        ),
        (0xe5c10000 /* strb r0, [r1] */, DATA, 0x8382_8178),
        (0xe0c100b2 /* strh r0, [r1], #2 */, DATA, 0x8382_5678),
        (0xe581f000 /* str pc, [r1] */, DATA, CODE + 8),
    ] {
        let mut cpu = memory(word, &[(0, 0x1234_5678)]);
        assert_eq!(cpu.next().word(at), value, "{word:#x}");
    }
}

#[test]
fn big_endian_data_is_reversed() {
    for (word, first, second) in [
        (0xe5912000 /* ldr r2, [r1] */, 0x8081_8283, 0),
        (0xe1d120b0 /* ldrh r2, [r1] */, 0x8081, 0),
        (0xe1d120f0 /* ldrsh r2, [r1] */, 0xffff_8081, 0),
        (0xe5d12000 /* ldrb r2, [r1] */, 0x80, 0),
        (
            0xe1c120d0, /* ldrd r2, r3, [r1] */
            0x8081_8283,
            0x8485_8687,
        ),
        (
            0xe891000c, /* ldm r1, {r2, r3} */
            0x8081_8283,
            0x8485_8687,
        ),
        (
            0xe1b12f9f, /* ldrexd r2, r3, [r1] */
            0x8081_8283,
            0x8485_8687,
        ),
    ] {
        let mut cpu = memory(word, &[]);
        cpu.state.big_endian = 1;
        cpu.next();
        assert_eq!((cpu.r(2), cpu.r(3)), (first, second), "{word:#x}");
    }
    let mut cpu = memory(0xe1c120b0 /* strh r2, [r1] */, &[(2, 0x1234)]);
    cpu.state.big_endian = 1;
    assert_eq!(cpu.next().word(DATA), 0x8382_3412);
    let mut cpu = memory(
        0xe881000c, /* stm r1, {r2, r3} */
        &[(2, 0x1234_5678), (3, 1)],
    );
    cpu.state.big_endian = 1;
    cpu.next();
    assert_eq!(
        (cpu.word(DATA), cpu.word(DATA + 4)),
        (0x7856_3412, 0x0100_0000)
    );
}

#[test]
fn dual_transfers() {
    let mut cpu = memory(0xe1e120d8 /* ldrd r2, r3, [r1, #8]! */, &[]);
    cpu.next();
    assert_eq!(
        (cpu.r(2), cpu.r(3), cpu.r(1)),
        (0x8b8a_8988, 0x8f8e_8d8c, DATA + 8)
    );
    let mut cpu = memory(
        0xe00120f4, /* strd r2, r3, [r1], -r4 */
        &[(2, 1), (3, 2), (4, 8)],
    );
    cpu.next();
    assert_eq!(
        (cpu.word(DATA), cpu.word(DATA + 4), cpu.r(1)),
        (1, 2, DATA - 8)
    );
}

#[test]
fn blocks_ascend_from_their_lowest_address() {
    for (word, lowest, base) in [
        (
            0xe8b1001c, /* ldmia r1!, {r2, r3, r4} */
            DATA,
            DATA + 12,
        ),
        (
            0xe9b1001c, /* ldmib r1!, {r2, r3, r4} */
            DATA + 4,
            DATA + 12,
        ),
        (
            0xe831001c, /* ldmda r1!, {r2, r3, r4} */
            DATA - 8,
            DATA - 12,
        ),
        (
            0xe931001c, /* ldmdb r1!, {r2, r3, r4} */
            DATA - 12,
            DATA - 12,
        ),
        (0xe891001c /* ldmia r1, {r2, r3, r4} */, DATA, DATA),
    ] {
        let mut cpu = memory(word, &[]);
        cpu.next();
        for reg in 0..3 {
            assert_eq!(
                cpu.r(2 + reg),
                cpu.word(lowest + 4 * reg as u32),
                "{word:#x}"
            );
        }
        assert_eq!(cpu.r(1), base);
    }
    for (word, lowest, base) in [
        (
            0xe8a1800c, /* stmia r1!, {r2, r3, pc} */
            DATA,
            DATA + 12,
        ),
        (
            0xe9a1800c, /* stmib r1!, {r2, r3, pc} */
            DATA + 4,
            DATA + 12,
        ),
        (
            0xe821800c, /* stmda r1!, {r2, r3, pc} */
            DATA - 8,
            DATA - 12,
        ),
        (
            0xe921800c, /* stmdb r1!, {r2, r3, pc} */
            DATA - 12,
            DATA - 12,
        ),
    ] {
        let mut cpu = memory(word, &[(2, 2), (3, 3)]);
        cpu.next();
        let stored = [0, 4, 8].map(|offset| cpu.word(lowest + offset));
        assert_eq!((stored, cpu.r(1)), ([2, 3, CODE + 8], base), "{word:#x}");
    }
}

#[test]
fn a_listed_base_is_loaded_last_and_stored_as_it_was() {
    let mut cpu = memory(0xe8910007 /* ldm r1, {r0, r1, r2} */, &[]);
    cpu.next();
    assert_eq!(
        [cpu.r(0), cpu.r(1), cpu.r(2)],
        [0x8382_8180, 0x8786_8584, 0x8b8a_8988]
    );
    // stm r1!, {r0, r1}
    let mut cpu = memory(0xe8a1_0003, &[(0, 7)]);
    cpu.next();
    assert_eq!(
        (cpu.word(DATA), cpu.word(DATA + 4), cpu.r(1)),
        (7, DATA, DATA + 8)
    );
}

fn fault(cpu: &mut Cpu) -> (u32, AccessKind, FaultCause) {
    match cpu.step() {
        Step::Fault(fault) => (fault.address as u32, fault.kind, fault.cause),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_abort_leaves_registers_alone() {
    use AccessKind::{Read, Write};
    for (word, base, address, kind) in [
        (0xe5b10004 /* ldr r0, [r1, #4]! */, END - 4, END, Read),
        (0xe4d10004 /* ldrb r0, [r1], #4 */, END, END, Read),
        (0xe5a10004 /* str r0, [r1, #4]! */, END - 4, END, Write),
        (
            0xe0c120d4, /* ldrd r2, r3, [r1], #4 */
            END - 4,
            END,
            Read,
        ),
        (
            0xe0c120f4, /* strd r2, r3, [r1], #4 */
            END - 4,
            END,
            Write,
        ),
        (0xe491f004 /* ldr pc, [r1], #4 */, END, END, Read),
        (0xe8a1000c /* stm r1!, {r2, r3} */, END - 4, END, Write),
        (0xe1910f9f /* ldrex r0, [r1] */, END, END, Read),
        (0xe1010092 /* swp r0, r2, [r1] */, END, END, Read),
    ] {
        let mut cpu = memory(word, &[(1, base)]);
        let before = cpu.state;
        assert_eq!(
            fault(&mut cpu),
            (address, kind, FaultCause::Unmapped),
            "{word:#x}"
        );
        assert_eq!(cpu.state, before, "{word:#x}");
    }
}

#[test]
fn an_aborted_ldm_can_be_restarted() {
    let mut cpu = memory(0xe8910007 /* ldm r1, {r0, r1, r2} */, &[(1, END - 8)]);
    cpu.set_word(END - 8, 7);
    assert_eq!(
        fault(&mut cpu),
        (END, AccessKind::Read, FaultCause::Unmapped)
    );
    assert_eq!([cpu.r(0), cpu.r(1), cpu.r(2)], [7, END - 8, 0]);
    assert_eq!(cpu.state.pc(), CODE);
}

#[test]
fn multiple_transfers_demand_alignment() {
    for word in [
        0xe1c120d0, /* ldrd r2, r3, [r1] */
        0xe1c120f0, /* strd r2, r3, [r1] */
        0xe891000c, /* ldm r1, {r2, r3} */
        0xe881000c, /* stm r1, {r2, r3} */
        0xe1912f9f, /* ldrex r2, [r1] */
        0xe1b12f9f, /* ldrexd r2, r3, [r1] */
        0xe1012093, /* swp r2, r3, [r1] */
    ] {
        let mut cpu = memory(word, &[(1, DATA + 2)]);
        assert_eq!(fault(&mut cpu).2, FaultCause::Alignment, "{word:#x}");
    }
}
