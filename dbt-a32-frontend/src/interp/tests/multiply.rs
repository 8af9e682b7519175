//! Multiplication, division and saturation.

use super::*;

#[test]
fn products() {
    let cpu = one(
        0xe0100291, /* muls r0, r1, r2 */
        3,
        &[(1, 0xffff_ffff), (2, 3)],
    );
    assert_eq!((cpu.r(0), cpu.nzcv()), (0xffff_fffd, 8 | 3));
    assert_eq!(
        one(
            0xe0203291, /* mla r0, r1, r2, r3 */
            0,
            &[(1, 5), (2, 7), (3, 1)]
        )
        .r(0),
        36
    );
    assert_eq!(
        one(
            0xe0603291, /* mls r0, r1, r2, r3 */
            0,
            &[(1, 5), (2, 7), (3, 1)]
        )
        .r(0),
        1_u32.wrapping_sub(35)
    );
}

/// Executes an instruction with two results, R0 and R4.
fn long(word: u32, regs: &[(usize, u32)]) -> (u64, u32) {
    let cpu = one(word, 0, regs);
    (u64::from(cpu.r(4)) << 32 | u64::from(cpu.r(0)), cpu.nzcv())
}

#[test]
fn long_products() {
    let minus_one = &[(0, 5), (4, 6), (1, u32::MAX), (2, u32::MAX)];
    assert_eq!(
        long(0xe0940291 /* umulls r0, r4, r1, r2 */, minus_one),
        (0xffff_fffe_0000_0001, 8)
    );
    assert_eq!(
        long(0xe0d40291 /* smulls r0, r4, r1, r2 */, minus_one),
        (1, 0)
    );
    assert_eq!(
        long(0xe0a40291 /* umlal r0, r4, r1, r2 */, minus_one).0,
        0x0000_0004_0000_0006
    );
    assert_eq!(
        long(0xe0e40291 /* smlal r0, r4, r1, r2 */, minus_one).0,
        0x0000_0006_0000_0006
    );
    assert_eq!(
        long(0xe0440291 /* umaal r0, r4, r1, r2 */, minus_one).0,
        0xffff_fffe_0000_000c
    );
    assert_eq!(
        long(
            0xe0940291, /* umulls r0, r4, r1, r2 */
            &[(1, 0), (2, 9)]
        ),
        (0, 4)
    );
    // The low word alone does not make the result zero, nor negative.
    assert_eq!(
        long(
            0xe0940291, /* umulls r0, r4, r1, r2 */
            &[(1, 0x8000_0000), (2, 1)]
        ),
        (0x8000_0000, 0)
    );
}

#[test]
fn halfword_products() {
    let regs = &[(1, 0xfffe_0003), (2, 0x0005_8000), (3, 100), (0, 1), (4, 0)];
    assert_eq!(
        one(0xe1600281 /* smulbb r0, r1, r2 */, 0, regs)
            .r(0)
            .cast_signed(),
        3 * -32768
    );
    assert_eq!(one(0xe16002c1 /* smulbt r0, r1, r2 */, 0, regs).r(0), 15);
    assert_eq!(one(0xe16002a1 /* smultb r0, r1, r2 */, 0, regs).r(0), 65536);
    assert_eq!(
        one(0xe16002e1 /* smultt r0, r1, r2 */, 0, regs)
            .r(0)
            .cast_signed(),
        -10
    );
    assert_eq!(
        one(0xe10032c1 /* smlabt r0, r1, r2, r3 */, 0, regs).r(0),
        115
    );
    assert_eq!(
        long(0xe14402e1 /* smlaltt r0, r4, r1, r2 */, regs)
            .0
            .cast_signed(),
        -9
    );
    // -131069 * 5 / 65536, rounded down.
    assert_eq!(
        one(0xe12002e1 /* smulwt r0, r1, r2 */, 0, regs)
            .r(0)
            .cast_signed(),
        -10
    );
    assert_eq!(
        one(0xe12032c1 /* smlawt r0, r1, r2, r3 */, 0, regs).r(0),
        90
    );
}

#[test]
fn accumulation_overflow_sets_q_and_wraps() {
    let regs = &[(1, 0x0000_7fff), (2, 0x0000_7fff), (3, 0x7fff_ffff)];
    let cpu = one(0xe1003281 /* smlabb r0, r1, r2, r3 */, 0, regs);
    assert_eq!((cpu.r(0), cpu.state.q), (0xbffe_ffff + 1, 1));
    let cpu = one(
        0xe700f211, /* smuad r0, r1, r2 */
        0,
        &[(1, 0x8000_8000), (2, 0x8000_8000)],
    );
    assert_eq!((cpu.r(0), cpu.state.q), (0x8000_0000, 1));
    // The intermediate sum overflows; the result does not.
    let cpu = one(
        0xe7003211, /* smlad r0, r1, r2, r3 */
        0,
        &[(1, 0x8000_8000), (2, 0x8000_8000), (3, u32::MAX)],
    );
    assert_eq!((cpu.r(0), cpu.state.q), (0x7fff_ffff, 0));
    let cpu = one(
        0xe7003211, /* smlad r0, r1, r2, r3 */
        0,
        &[(1, 0x8000_8000), (2, 0x8000_8000), (3, 0)],
    );
    assert_eq!((cpu.r(0), cpu.state.q), (0x8000_0000, 1));
    let cpu = one(
        0xe7003251, /* smlsd r0, r1, r2, r3 */
        0,
        &[(1, 0x0000_8000), (2, 0x0000_8000), (3, 0x4000_0000)],
    );
    assert_eq!((cpu.r(0), cpu.state.q), (0x8000_0000, 1));
}

#[test]
fn dual_products_may_exchange_halves() {
    let regs = &[(1, 0x0002_0003), (2, 0x0005_0007), (3, 1), (0, 1), (4, 0)];
    assert_eq!(
        one(0xe700f211 /* smuad r0, r1, r2 */, 0, regs).r(0),
        21 + 10
    );
    assert_eq!(
        one(0xe700f231 /* smuadx r0, r1, r2 */, 0, regs).r(0),
        15 + 14
    );
    assert_eq!(
        one(0xe700f251 /* smusd r0, r1, r2 */, 0, regs).r(0),
        21 - 10
    );
    assert_eq!(
        one(0xe700f271 /* smusdx r0, r1, r2 */, 0, regs).r(0),
        15 - 14
    );
    assert_eq!(
        one(0xe7003271 /* smlsdx r0, r1, r2, r3 */, 0, regs).r(0),
        15 - 14 + 1
    );
    assert_eq!(long(0xe7440211 /* smlald r0, r4, r1, r2 */, regs).0, 32);
    assert_eq!(long(0xe7440271 /* smlsldx r0, r4, r1, r2 */, regs).0, 2);
}

#[test]
fn most_significant_words_may_be_rounded() {
    let regs = &[(1, 0x4000_0000), (2, 2), (3, 10)];
    assert_eq!(one(0xe750f211 /* smmul r0, r1, r2 */, 0, regs).r(0), 0);
    assert_eq!(one(0xe750f231 /* smmulr r0, r1, r2 */, 0, regs).r(0), 1);
    assert_eq!(one(0xe7503211 /* smmla r0, r1, r2, r3 */, 0, regs).r(0), 10);
    assert_eq!(
        one(0xe7503231 /* smmlar r0, r1, r2, r3 */, 0, regs).r(0),
        11
    );
    assert_eq!(one(0xe75032d1 /* smmls r0, r1, r2, r3 */, 0, regs).r(0), 9);
    assert_eq!(
        one(0xe75032f1 /* smmlsr r0, r1, r2, r3 */, 0, regs).r(0),
        10
    );
}

#[test]
fn divisions_never_trap() {
    let cases = [
        (
            0xe710f211, /* sdiv r0, r1, r2 */
            0xffff_fff9,
            2,
            0xffff_fffd,
        ),
        (
            0xe710f211, /* sdiv r0, r1, r2 */
            0x8000_0000,
            u32::MAX,
            0x8000_0000,
        ),
        (0xe710f211 /* sdiv r0, r1, r2 */, 5, 0, 0),
        (
            0xe730f211, /* udiv r0, r1, r2 */
            0xffff_fff9,
            2,
            0x7fff_fffc,
        ),
        (0xe730f211 /* udiv r0, r1, r2 */, 5, 0, 0),
    ];
    for (word, a, b, quotient) in cases {
        assert_eq!(one(word, 0, &[(1, a), (2, b)]).r(0), quotient);
    }
}

#[test]
fn saturation_limits_and_sets_q() {
    // The first operand is Rm: qadd r0, r1, r2 computes r1 + r2.
    for (word, a, b, result, q) in [
        (
            0xe1020051, /* qadd r0, r1, r2 */
            0x7fff_ffff,
            1,
            0x7fff_ffff,
            1,
        ),
        (
            0xe1020051, /* qadd r0, r1, r2 */
            0x8000_0000,
            0xffff_ffff,
            0x8000_0000,
            1,
        ),
        (0xe1020051 /* qadd r0, r1, r2 */, 5, 6, 11, 0),
        (
            0xe1220051, /* qsub r0, r1, r2 */
            0x8000_0000,
            1,
            0x8000_0000,
            1,
        ),
        (
            0xe1220051, /* qsub r0, r1, r2 */
            0,
            0x8000_0000,
            0x7fff_ffff,
            1,
        ),
        (
            0xe1420051, /* qdadd r0, r1, r2 */
            0xffff_ffff,
            0x4000_0000,
            0x7fff_fffe,
            1,
        ),
        (0xe1620051 /* qdsub r0, r1, r2 */, 10, 3, 4, 0),
    ] {
        let cpu = one(word, 0, &[(1, a), (2, b)]);
        assert_eq!((cpu.r(0), cpu.state.q), (result, q), "{word:#x}");
    }
}

#[test]
fn q_is_sticky() {
    let mut cpu = Cpu::a32(&[0xe1020051 /* qadd r0, r1, r2 */]);
    cpu.state.q = 1;
    assert_eq!(cpu.next().state.q, 1);
}

#[test]
fn saturation_to_a_width() {
    for (word, value, result, q) in [
        (0xe6a70011 /* ssat r0, #8, r1 */, 200, 127, 1),
        (
            0xe6a70011, /* ssat r0, #8, r1 */
            0xffff_ff00,
            0xffff_ff80,
            1,
        ),
        (
            0xe6a70011, /* ssat r0, #8, r1 */
            0xffff_ff80,
            0xffff_ff80,
            0,
        ),
        (
            0xe6bf0011, /* ssat r0, #32, r1 */
            0x8000_0000,
            0x8000_0000,
            0,
        ),
        (0xe6a00011 /* ssat r0, #1, r1 */, 1, 0, 1),
        (
            0xe6af0211, /* ssat r0, #16, r1, lsl #4 */
            0x1000, 0x7fff, 1,
        ),
        (
            0xe6af0051, /* ssat r0, #16, r1, asr #32 */
            0x8000_0000,
            0xffff_ffff,
            0,
        ),
        (0xe6e00011 /* usat r0, #0, r1 */, 1, 0, 1),
        (
            0xe6ff0011, /* usat r0, #31, r1 */
            0x7fff_ffff,
            0x7fff_ffff,
            0,
        ),
        (0xe6e80011 /* usat r0, #8, r1 */, 0xffff_ffff, 0, 1),
        (0xe6e80011 /* usat r0, #8, r1 */, 256, 255, 1),
        (
            0xe6a70f31, /* ssat16 r0, #8, r1 */
            0x0100_ff80,
            0x007f_ff80,
            1,
        ),
        (
            0xe6e40f31, /* usat16 r0, #4, r1 */
            0xffff_0012,
            0x0000_000f,
            1,
        ),
        (
            0xe6e40f31, /* usat16 r0, #4, r1 */
            0x000f_0001,
            0x000f_0001,
            0,
        ),
    ] {
        let cpu = one(word, 0, &[(1, value)]);
        assert_eq!((cpu.r(0), cpu.state.q), (result, q), "{word:#x} {value:#x}");
    }
}
