//! Data processing and shifts.

use super::*;

const N: u32 = 8;
const Z: u32 = 4;
const C: u32 = 2;
const V: u32 = 1;

#[test]
fn adds_sets_all_flags() {
    let adds = 0xe0910002 /* adds r0, r1, r2 */;
    for (a, b, sum, nzcv) in [
        (1, 2, 3, 0),
        (0x7fff_ffff, 1, 0x8000_0000, N | V),
        (0xffff_ffff, 1, 0, Z | C),
        (0x8000_0000, 0x8000_0000, 0, Z | C | V),
    ] {
        let cpu = one(adds, 0, &[(1, a), (2, b)]);
        assert_eq!((cpu.r(0), cpu.nzcv()), (sum, nzcv), "{a:#x} + {b:#x}");
    }
}

#[test]
fn carries_chain_through_adc_sbc_and_rsc() {
    let cpu = one(
        0xe2b10000, /* adcs r0, r1, #0 */
        C,
        &[(1, 0xffff_ffff)],
    );
    assert_eq!((cpu.r(0), cpu.nzcv()), (0, Z | C));
    let cpu = one(0xe0d10002 /* sbcs r0, r1, r2 */, 0, &[(1, 5), (2, 5)]);
    assert_eq!((cpu.r(0), cpu.nzcv()), (0xffff_ffff, N));
    let cpu = one(0xe0d10002 /* sbcs r0, r1, r2 */, C, &[(1, 5), (2, 5)]);
    assert_eq!((cpu.r(0), cpu.nzcv()), (0, Z | C));
    let cpu = one(0xe2e1000a /* rsc r0, r1, #10 */, C, &[(1, 3)]);
    assert_eq!(cpu.r(0), 7);
    let cpu = one(
        0xe2710000, /* rsbs r0, r1, #0 */
        0,
        &[(1, 0x8000_0000)],
    );
    assert_eq!((cpu.r(0), cpu.nzcv()), (0x8000_0000, N | V));
}

#[test]
fn comparisons_write_flags_only() {
    let cpu = one(0xe1510002 /* cmp r1, r2 */, 0, &[(1, 1), (2, 2)]);
    assert_eq!(cpu.nzcv(), N);
    let cpu = one(0xe3710001 /* cmn r1, #1 */, 0, &[(1, 0xffff_ffff)]);
    assert_eq!(cpu.nzcv(), Z | C);
    let cpu = one(0xe1310002 /* teq r1, r2 */, C | V, &[(1, 9), (2, 9)]);
    assert_eq!(cpu.nzcv(), Z | C | V);
    let cpu = one(
        0xe3110102, /* tst r1, #0x80000000 */
        V,
        &[(1, 0x8000_0001)],
    );
    assert_eq!(cpu.nzcv(), N | C | V);
}

#[test]
fn logical_carry_comes_from_the_shifter() {
    let movs = 0xe3b004ff /* movs r0, #0xff000000 */;
    assert_eq!(one(movs, 0, &[]).nzcv(), N | C);
    let movs = 0xe3b00001 /* movs r0, #1 */;
    assert_eq!(one(movs, C, &[]).nzcv(), C);
    let cpu = one(
        0xe01100a2, /* ands r0, r1, r2, lsr #1 */
        0,
        &[(1, 0xff), (2, 3)],
    );
    assert_eq!((cpu.r(0), cpu.nzcv()), (1, C));
    let cpu = one(
        0xe1d10042, /* bics r0, r1, r2, asr #32 */
        0,
        &[(1, 0xff), (2, 0x8000_0000)],
    );
    assert_eq!((cpu.r(0), cpu.nzcv()), (0, Z | C));
    let cpu = one(
        0xe0310262, /* eors r0, r1, r2, ror #4 */
        0,
        &[(1, 0), (2, 0x18)],
    );
    assert_eq!((cpu.r(0), cpu.nzcv()), (0x8000_0001, N | C));
    let cpu = one(
        0xe1910f82, /* orrs r0, r1, r2, lsl #31 */
        0,
        &[(1, 0), (2, 2)],
    );
    assert_eq!((cpu.r(0), cpu.nzcv()), (0, Z | C));
    let cpu = one(0xe3f00000 /* mvns r0, #0 */, C | V, &[]);
    assert_eq!((cpu.r(0), cpu.nzcv()), (0xffff_ffff, N | C | V));
}

#[test]
fn rrx_moves_the_carry_in_and_bit_0_out() {
    let cpu = one(0xe1b00061 /* rrxs r0, r1 */, C, &[(1, 2)]);
    assert_eq!((cpu.r(0), cpu.nzcv()), (0x8000_0001, N));
    let cpu = one(0xe1b00061 /* rrxs r0, r1 */, 0, &[(1, 3)]);
    assert_eq!((cpu.r(0), cpu.nzcv()), (1, C));
}

/// `Shift_C()` as the manual words it, for every amount a register can hold.
fn shift_c(kind: usize, value: u32, amount: u32, carry: bool) -> (u32, bool) {
    if amount == 0 {
        return (value, carry);
    }
    let wide = u64::from(value);
    match kind {
        0 if amount > 32 => (0, false),
        0 => ((wide << amount) as u32, wide << amount >> 32 & 1 != 0),
        1 if amount > 32 => (0, false),
        1 => ((wide >> amount) as u32, wide >> (amount - 1) & 1 != 0),
        2 => {
            let wide = i64::from(value.cast_signed());
            let amount = amount.min(33);
            (
                (wide >> amount).cast_unsigned() as u32,
                wide >> (amount - 1) & 1 != 0,
            )
        }
        _ => {
            let result = value.rotate_right(amount % 32);
            (result, result >> 31 != 0)
        }
    }
}

#[test]
fn shifts_by_registers_agree_with_the_manual_for_every_amount() {
    let words = [
        0xe1b00211, /* movs r0, r1, lsl r2 */
        0xe1b00231, /* movs r0, r1, lsr r2 */
        0xe1b00251, /* movs r0, r1, asr r2 */
        0xe1b00271, /* movs r0, r1, ror r2 */
    ];
    for (kind, word) in words.into_iter().enumerate() {
        for value in [0, 1, 0x8000_0000, 0xffff_ffff, 0x8765_4321, 0x1234_5678] {
            for amount in 0..256 {
                for carry in [false, true] {
                    // The other bytes of the amount do not count.
                    let cpu = one(
                        word,
                        u32::from(carry) << 1,
                        &[(1, value), (2, 0xab00 | amount)],
                    );
                    let (result, carry) = shift_c(kind, value, amount, carry);
                    assert_eq!(cpu.r(0), result, "{kind} {value:#x} {amount}");
                    assert_eq!(cpu.nzcv() & C != 0, carry, "{kind} {value:#x} {amount}");
                }
            }
        }
    }
}

#[test]
fn shifts_by_immediates_agree_with_the_manual_for_every_amount() {
    for kind in 0..4 {
        for amount in 1..32 {
            for value in [0, 1, 0x8000_0000, 0xffff_ffff, 0x8765_4321] {
                let word = 0xe1b00001 /* movs r0, r1 */ | amount << 7 | kind << 5;
                let cpu = one(word, 0, &[(1, value)]);
                let (result, carry) = shift_c(kind as usize, value, amount, false);
                assert_eq!((cpu.r(0), cpu.nzcv() & C != 0), (result, carry));
            }
        }
    }
}

#[test]
fn halfword_moves_keep_or_clear_the_rest() {
    assert_eq!(
        one(0xe30a0bcd /* movw r0, #0xabcd */, 0, &[(0, u32::MAX)]).r(0),
        0xabcd
    );
    assert_eq!(
        one(0xe34a0bcd /* movt r0, #0xabcd */, 0, &[(0, 0x1_1234)]).r(0),
        0xabcd_1234
    );
}

#[test]
fn the_pc_reads_as_eight_bytes_ahead() {
    assert_eq!(one(0xe28f0004 /* add r0, pc, #4 */, 0, &[]).r(0), CODE + 12);
    assert_eq!(one(0xe24f0004 /* sub r0, pc, #4 */, 0, &[]).r(0), CODE + 4);
    assert_eq!(one(0xe1a0000f /* mov r0, pc */, 0, &[]).r(0), CODE + 8);
}

#[test]
fn counts_and_reversals() {
    assert_eq!(one(0xe16f0f11 /* clz r0, r1 */, 0, &[(1, 0)]).r(0), 32);
    assert_eq!(
        one(0xe16f0f11 /* clz r0, r1 */, 0, &[(1, 0x00ff_0000)]).r(0),
        8
    );
    assert_eq!(
        one(0xe6bf0f31 /* rev r0, r1 */, 0, &[(1, 0x1122_3384)]).r(0),
        0x8433_2211
    );
    assert_eq!(
        one(0xe6bf0fb1 /* rev16 r0, r1 */, 0, &[(1, 0x1122_3384)]).r(0),
        0x2211_8433
    );
    assert_eq!(
        one(0xe6ff0fb1 /* revsh r0, r1 */, 0, &[(1, 0x1122_3384)]).r(0),
        0xffff_8433
    );
    assert_eq!(
        one(0xe6ff0f31 /* rbit r0, r1 */, 0, &[(1, 0x8000_0001)]).r(0),
        0x8000_0001
    );
    assert_eq!(
        one(0xe6ff0f31 /* rbit r0, r1 */, 0, &[(1, 0x0000_00c0)]).r(0),
        0x0300_0000
    );
}

#[test]
fn exception_returns_are_undefined() {
    for word in [
        0xe1b0f00e, /* movs pc, lr */
        0xe25ef004, /* subs pc, lr, #4 */
    ] {
        let mut cpu = Cpu::a32(&[word]);
        let undefined = Step::Trap {
            kind: ir::TrapKind::Undefined,
            info: word,
        };
        assert_eq!(cpu.step(), undefined);
    }
}
