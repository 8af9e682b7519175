//! Exclusive accesses and swaps.

use super::*;

const EXCLUSIVE: [u32; 2] = [
    0xe1912f9f, /* ldrex r2, [r1] */
    0xe1810f93, /* strex r0, r3, [r1] */
];

#[test]
fn an_undisturbed_pair_succeeds_once() {
    let mut cpu = Cpu::a32(&[EXCLUSIVE[0], EXCLUSIVE[1], EXCLUSIVE[1]]).with(&[(1, DATA), (3, 9)]);
    cpu.set_word(DATA, 5);
    cpu.next().next();
    assert_eq!((cpu.r(2), cpu.r(0), cpu.word(DATA)), (5, 0, 9));
    // The monitor is open again.
    assert_eq!(cpu.next().r(0), 1);
}

#[test]
fn a_changed_word_makes_the_store_fail() {
    let mut cpu = Cpu::a32(&EXCLUSIVE).with(&[(1, DATA), (3, 9)]);
    cpu.next().set_word(DATA, 5);
    cpu.next();
    assert_eq!((cpu.r(0), cpu.word(DATA)), (1, 5));
}

#[test]
fn another_address_makes_the_store_fail() {
    let mut cpu = Cpu::a32(&EXCLUSIVE).with(&[(1, DATA), (3, 9)]);
    cpu.next().state.r[1] = DATA + 4;
    cpu.next();
    assert_eq!((cpu.r(0), cpu.word(DATA + 4)), (1, 0));
    assert_eq!(cpu.state.exclusive_address, ArmState::MONITOR_OPEN);
}

#[test]
fn clrex_opens_the_monitor() {
    let mut cpu =
        Cpu::a32(&[EXCLUSIVE[0], 0xf57ff01f /* clrex */, EXCLUSIVE[1]]).with(&[(1, DATA)]);
    assert_eq!(cpu.next().next().next().r(0), 1);
}

#[test]
fn every_width_has_its_pair() {
    for (load, store, bytes) in [
        (
            0xe1d12f9f, /* ldrexb r2, [r1] */
            0xe1c10f94, /* strexb r0, r4, [r1] */
            1,
        ),
        (
            0xe1f12f9f, /* ldrexh r2, [r1] */
            0xe1e10f94, /* strexh r0, r4, [r1] */
            2,
        ),
        (
            0xe1912f9f, /* ldrex r2, [r1] */
            0xe1810f94, /* strex r0, r4, [r1] */
            4,
        ),
        (
            0xe1b12f9f, /* ldrexd r2, r3, [r1] */
            0xe1a10f94, /* strexd r0, r4, r5, [r1] */
            8,
        ),
    ] {
        for big_endian in [0, 1] {
            let regs = [(1, DATA), (4, 0x1122_3344), (5, 0x5566_7788)];
            let mut cpu = Cpu::a32(&[load, store, load]).with(&regs);
            cpu.state.big_endian = big_endian;
            for i in 0..16 {
                cpu.ram.0[DATA as usize + i] = 0xf0 + i as u8;
            }
            cpu.next().next();
            assert_eq!(cpu.r(0), 0);
            assert_eq!(usize::from(cpu.ram.0[DATA as usize + bytes]), 0xf0 + bytes);
            cpu.next();
            let mask = if bytes < 4 {
                (1 << (8 * bytes)) - 1
            } else {
                u32::MAX
            };
            assert_eq!(cpu.r(2), 0x1122_3344 & mask);
            if bytes == 8 {
                assert_eq!(cpu.r(3), 0x5566_7788);
            }
        }
    }
}

#[test]
fn a_faulting_store_writes_no_status() {
    let mut cpu = Cpu::a32(&[EXCLUSIVE[1]]).with(&[(0, 7), (1, END)]);
    cpu.state.exclusive_address = END.into();
    assert!(matches!(cpu.step(), Step::Fault(_)));
    assert_eq!((cpu.r(0), cpu.state.pc()), (7, CODE));
}

#[test]
fn swaps_exchange() {
    let mut cpu = Cpu::a32(&[
        0xe1010092, /* swp r0, r2, [r1] */
        0xe1410090, /* swpb r0, r0, [r1] */
    ])
    .with(&[(1, DATA), (2, 9)]);
    cpu.set_word(DATA, 0xffff_0005);
    cpu.next();
    assert_eq!((cpu.r(0), cpu.word(DATA)), (0xffff_0005, 9));
    cpu.next();
    assert_eq!((cpu.r(0), cpu.word(DATA)), (9, 5));
}
