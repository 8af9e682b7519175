//! Branches, calls and interworking.

use super::*;

/// Executes one branch and returns PC, LR and whether the state is T32.
fn branch(word: u32, regs: &[(usize, u32)]) -> (u32, u32, bool) {
    let cpu = one(word, 0, regs);
    (cpu.state.pc(), cpu.r(14), cpu.state.thumb != 0)
}

#[test]
fn direct_branches_are_relative_to_the_pc() {
    assert_eq!(
        branch(0xea000002 /* b . + 16 */, &[]),
        (CODE + 16, 0, false)
    );
    assert_eq!(
        branch(0xeafffffa /* b . - 16 */, &[]),
        (CODE - 16, 0, false)
    );
    assert_eq!(
        branch(0xeb000002 /* bl . + 16 */, &[]),
        (CODE + 16, CODE + 4, false)
    );
    // blx . + 18
    assert_eq!(branch(0xfb00_0002, &[]), (CODE + 18, CODE + 4, true));
}

#[test]
fn a_conditional_branch_may_fall_through() {
    let cpu = one(0x0a000002 /* beq . + 16 */, 0, &[]);
    assert_eq!(cpu.state.pc(), CODE + 4);
    let cpu = one(0x0a000002 /* beq . + 16 */, 4, &[]);
    assert_eq!(cpu.state.pc(), CODE + 16);
}

#[test]
fn bit_0_of_a_computed_target_selects_the_instruction_set() {
    for word in [
        0xe12fff11, /* bx r1 */
        0xe12fff21, /* bxj r1 */
        0xe1a0f001, /* mov pc, r1 */
        0xe281f000, /* add pc, r1, #0 */
    ] {
        assert_eq!(branch(word, &[(1, 0x2000)]), (0x2000, 0, false));
        assert_eq!(branch(word, &[(1, 0x2003)]), (0x2002, 0, true));
    }
    assert_eq!(
        branch(0xe12fff31 /* blx r1 */, &[(1, 0x2001)]),
        (0x2000, CODE + 4, true)
    );
    assert_eq!(
        branch(0xe12fff3e /* blx lr */, &[(14, 0x2000)]),
        (0x2000, CODE + 4, false)
    );
}

#[test]
fn loads_of_the_pc_interwork() {
    for word in [
        0xe591f000, /* ldr pc, [r1] */
        0xe49df004, /* pop {pc} */
        0xe8918001, /* ldm r1, {r0, pc} */
        0xe99d8000, /* ldmib sp, {pc} */
    ] {
        let mut cpu = Cpu::a32(&[word]).with(&[(1, DATA), (13, DATA)]);
        cpu.set_word(DATA, 0x2001);
        cpu.set_word(DATA + 4, 0x2001);
        cpu.next();
        assert_eq!((cpu.state.pc(), cpu.state.thumb), (0x2000, 1), "{word:#x}");
    }
}

#[test]
fn traps_say_whether_the_instruction_retired() {
    for (word, kind, info, pc) in [
        (
            0xef123456, /* svc #0x123456 */
            ir::TrapKind::SystemCall,
            0x12_3456,
            CODE + 4,
        ),
        (
            0xe12abc7d, /* bkpt #0xabcd */
            ir::TrapKind::Breakpoint,
            0xabcd,
            CODE,
        ),
        (
            0xe7fabcfd, /* udf #0xabcd */
            ir::TrapKind::Undefined,
            0xe7fabcfd, /* udf #0xabcd */
            CODE,
        ),
        (
            0xe320f001, /* yield */
            ir::TrapKind::Yield,
            0,
            CODE + 4,
        ),
        (
            0xe320f002, /* wfe */
            ir::TrapKind::WaitForEvent,
            0,
            CODE + 4,
        ),
        (
            0xe320f003, /* wfi */
            ir::TrapKind::WaitForInterrupt,
            0,
            CODE + 4,
        ),
        (
            0xe320f004, /* sev */
            ir::TrapKind::SendEvent,
            0,
            CODE + 4,
        ),
    ] {
        let mut cpu = Cpu::a32(&[word]);
        assert_eq!(cpu.step(), Step::Trap { kind, info });
        assert_eq!(cpu.state.pc(), pc);
    }
}
