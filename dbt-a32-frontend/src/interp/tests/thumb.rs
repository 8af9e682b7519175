//! What is particular to T32: IT blocks, the PC, calls.

use super::*;

#[test]
fn it_blocks_guard_their_instructions() {
    // ite eq; addeq r0, #1; addne r0, #2; adds r0, #4
    let code = [0xbf0c, 0x3001, 0x3002, 0x3004];
    for (nzcv, result) in [(4, 5), (0, 6)] {
        let mut cpu = Cpu::t32(&code);
        cpu.state.nzcv = nzcv << 28;
        cpu.next();
        assert_eq!(cpu.state.it, 0x0c);
        cpu.next().next();
        assert_eq!(
            (cpu.state.it, cpu.nzcv()),
            (0, nzcv),
            "flags are kept in the block"
        );
        cpu.next();
        assert_eq!((cpu.r(0), cpu.nzcv()), (result, 0));
    }
}

#[test]
fn the_pc_reads_as_four_bytes_ahead_and_aligned_for_literals() {
    let code = [
        0xbf00, /* nop */
        0x4800, /* ldr r0, [pc, #0] */
        0xa101, /* add r1, pc, #4 */
        0x467a, /* mov r2, pc */
    ];
    let mut cpu = Cpu::t32(&code);
    cpu.next().next().next().next();
    let literal = u32::from(code[2]) | u32::from(code[3]) << 16;
    assert_eq!(
        (cpu.r(0), cpu.r(1), cpu.r(2)),
        (literal, CODE + 12, CODE + 10)
    );
}

#[test]
fn calls_link_with_bit_0() {
    let mut cpu = Cpu::t32(&[0xf000, 0xf87e /* bl . + 0x100 */]);
    cpu.next();
    assert_eq!(
        (cpu.state.pc(), cpu.r(14), cpu.state.thumb),
        (CODE + 0x100, CODE + 5, 1)
    );
    let mut cpu = Cpu::t32(&[
        0xbf00, /* nop */
        0xf000, 0xe880, /* blx . + 0x102 */
    ]);
    cpu.next().next();
    assert_eq!(
        (cpu.state.pc(), cpu.r(14), cpu.state.thumb),
        (CODE + 0x104, CODE + 7, 0)
    );
    let mut cpu = Cpu::t32(&[0x4788 /* blx r1 */]).with(&[(1, 0x2000)]);
    cpu.next();
    assert_eq!(
        (cpu.state.pc(), cpu.r(14), cpu.state.thumb),
        (0x2000, CODE + 3, 0)
    );
}

#[test]
fn data_processing_does_not_leave_the_instruction_set() {
    let mut cpu = Cpu::t32(&[0x468f /* mov pc, r1 */]).with(&[(1, 0x2000)]);
    cpu.next();
    assert_eq!((cpu.state.pc(), cpu.state.thumb), (0x2000, 1));
}

#[test]
fn conditional_branches() {
    for (half, nzcv, taken) in [(0xd002, 4, true), (0xd002, 0, false), (0xd102, 0, true)] {
        let mut cpu = Cpu::t32(&[half]);
        cpu.state.nzcv = nzcv << 28;
        cpu.next();
        assert_eq!(cpu.state.pc(), CODE + if taken { 8 } else { 2 });
    }
    for (half, value, taken) in [(0xb111, 0, true), (0xb111, 1, false), (0xb911, 1, true)] {
        let mut cpu = Cpu::t32(&[half]).with(&[(1, value)]);
        cpu.next();
        assert_eq!(
            cpu.state.pc(),
            CODE + if taken { 8 } else { 2 },
            "{half:#x}"
        );
    }
}

#[test]
fn table_branches_go_forward_by_halfwords() {
    let mut cpu = Cpu::t32(&[0xe8d1, 0xf002 /* tbb [r1, r2] */]).with(&[(1, DATA), (2, 3)]);
    cpu.ram.0[DATA as usize + 3] = 0x81;
    cpu.next();
    assert_eq!(cpu.state.pc(), CODE + 4 + 0x102);
    let mut cpu = Cpu::t32(&[0xe8df, 0xf012 /* tbh [pc, r2, lsl #1] */, 0, 0x10]).with(&[(2, 1)]);
    cpu.next();
    assert_eq!(cpu.state.pc(), CODE + 4 + 0x20);
}

#[test]
fn a_system_call_in_an_it_block_advances_it() {
    // itt eq; svceq #1; nop
    let mut cpu = Cpu::t32(&[0xbf04, 0xdf01]);
    cpu.state.nzcv = 4 << 28;
    cpu.next();
    assert_eq!(
        cpu.step(),
        Step::Trap {
            kind: ir::TrapKind::SystemCall,
            info: 1
        }
    );
    assert_eq!((cpu.state.pc(), cpu.state.it), (CODE + 4, 0x08));
}

#[test]
fn bkpt_ignores_the_it_block() {
    let mut cpu = Cpu::t32(&[0xbf08, 0xbe07]);
    cpu.next();
    assert_eq!(
        cpu.step(),
        Step::Trap {
            kind: ir::TrapKind::Breakpoint,
            info: 7
        }
    );
}
