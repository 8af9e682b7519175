//! Parallel arithmetic, packing, extension and bit fields.

use super::*;

#[test]
fn packing_and_selection() {
    let regs = &[(1, 0x1111_2222), (2, 0x3333_4444)];
    assert_eq!(
        one(0xe6810012 /* pkhbt r0, r1, r2 */, 0, regs).r(0),
        0x3333_2222
    );
    assert_eq!(
        one(0xe6810812 /* pkhbt r0, r1, r2, lsl #16 */, 0, regs).r(0),
        0x4444_2222
    );
    assert_eq!(
        one(0xe6810852 /* pkhtb r0, r1, r2, asr #16 */, 0, regs).r(0),
        0x1111_3333
    );
    for ge in 0..16 {
        let mut cpu = Cpu::a32(&[0xe6810fb2 /* sel r0, r1, r2 */])
            .with(&[(1, 0x1111_1111), (2, 0x2222_2222)]);
        cpu.state.set_ge_bits(ge);
        cpu.next();
        for lane in 0..4 {
            let expected = if ge >> lane & 1 != 0 { 0x11 } else { 0x22 };
            assert_eq!(cpu.r(0) >> (8 * lane) & 0xff, expected);
        }
    }
}

#[test]
fn extensions() {
    let regs = &[(1, 0x8081_82f3), (2, 0x0001_0002)];
    for (word, result) in [
        (0xe6af0071 /* sxtb r0, r1 */, 0xffff_fff3),
        (0xe6af0871 /* sxtb r0, r1, ror #16 */, 0xffff_ff81),
        (0xe6bf0471 /* sxth r0, r1, ror #8 */, 0xffff_8182),
        (0xe6ef0c71 /* uxtb r0, r1, ror #24 */, 0x80),
        (0xe6ff0071 /* uxth r0, r1 */, 0x82f3),
        (0xe68f0071 /* sxtb16 r0, r1 */, 0xff81_fff3),
        (0xe6cf0471 /* uxtb16 r0, r1, ror #8 */, 0x0080_0082),
        (0xe6a20071 /* sxtab r0, r2, r1 */, 0x0000_fff5),
        (0xe6b20071 /* sxtah r0, r2, r1 */, 0x0000_82f5),
        (0xe6e20071 /* uxtab r0, r2, r1 */, 0x0001_00f5),
        (0xe6f20071 /* uxtah r0, r2, r1 */, 0x0001_82f5),
        (0xe6820071 /* sxtab16 r0, r2, r1 */, 0xff82_fff5),
        (0xe6c20071 /* uxtab16 r0, r2, r1 */, 0x0082_00f5),
    ] {
        assert_eq!(one(word, 0, regs).r(0), result, "{word:#x}");
    }
}

#[test]
fn bit_fields() {
    let regs = &[(0, 0xffff_ffff), (1, 0x1234_5678)];
    for (word, result) in [
        (0xe7cb021f /* bfc r0, #4, #8 */, 0xffff_f00f),
        (0xe7df001f /* bfc r0, #0, #32 */, 0),
        (0xe7cf0411 /* bfi r0, r1, #8, #8 */, 0xffff_78ff),
        (0xe7df0011 /* bfi r0, r1, #0, #32 */, 0x1234_5678),
        (0xe7e70251 /* ubfx r0, r1, #4, #8 */, 0x67),
        (0xe7e00fd1 /* ubfx r0, r1, #31, #1 */, 0),
        (0xe7a20251 /* sbfx r0, r1, #4, #3 */, 0xffff_ffff),
        (0xe7bf0051 /* sbfx r0, r1, #0, #32 */, 0x1234_5678),
    ] {
        assert_eq!(one(word, 0, regs).r(0), result, "{word:#x}");
    }
}

#[test]
fn sums_of_absolute_differences() {
    let regs = &[(1, 0x00ff_1020), (2, 0xff00_2010), (3, 1000)];
    assert_eq!(
        one(0xe780f211 /* usad8 r0, r1, r2 */, 0, regs).r(0),
        255 + 255 + 16 + 16
    );
    assert_eq!(
        one(0xe7803211 /* usada8 r0, r1, r2, r3 */, 0, regs).r(0),
        1542
    );
}

/// One lane of a parallel operation, in ordinary arithmetic: result and GE.
fn lane(prefix: usize, subtract: bool, bits: u32, a: u32, b: u32) -> (u32, bool) {
    let signed = prefix < 3;
    let mask = (1 << bits) - 1;
    let extend = |value: u32| {
        let value = i64::from(value & mask);
        if signed && value >> (bits - 1) != 0 {
            value - (1 << bits)
        } else {
            value
        }
    };
    let (a, b) = (extend(a), extend(b));
    let exact = if subtract { a - b } else { a + b };
    let (least, most) = if signed {
        (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    } else {
        (0, (1 << bits) - 1)
    };
    let result = match prefix % 3 {
        0 => exact,
        1 => exact.clamp(least, most),
        _ => exact >> 1,
    };
    let ge = if signed || subtract {
        exact >= 0
    } else {
        exact > most
    };
    (result.cast_unsigned() as u32 & mask, ge)
}

#[test]
fn parallel_arithmetic_agrees_with_ordinary_arithmetic() {
    // sadd16 r0, r1, r2 with other prefixes and operations.
    let template = 0xe6110f12 /* sadd16 r0, r1, r2 */ & !0x0070_00e0;
    let prefixes = [1, 2, 3, 5, 6, 7];
    let mut random = 1_u32;
    let mut next = || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match random >> 28 {
            0 => 0,
            1 => u32::MAX,
            2 => 0x8000_7fff,
            3 => 0x7f80_ff01,
            _ => random.rotate_left(11) ^ random >> 3,
        }
    };
    for _ in 0..2000 {
        let (a, b) = (next(), next());
        for (prefix, op1) in prefixes.into_iter().enumerate() {
            for op2 in [0, 1, 2, 3, 4, 7] {
                let word = template | op1 << 20 | op2 << 5;
                let (result, ge) = expected(prefix, op2, a, b);
                let cpu = one(word, 0, &[(1, a), (2, b)]);
                assert_eq!(cpu.r(0), result, "{word:#x} {a:#x} {b:#x}");
                if prefix % 3 == 0 {
                    assert_eq!(cpu.state.ge_bits(), ge, "{word:#x} {a:#x} {b:#x}");
                }
            }
        }
    }
}

fn expected(prefix: usize, op2: u32, a: u32, b: u32) -> (u32, u32) {
    let (mut result, mut ge) = (0, 0);
    if op2 >= 4 {
        for i in 0..4 {
            let (value, flag) = lane(prefix, op2 == 7, 8, a >> (8 * i), b >> (8 * i));
            result |= value << (8 * i);
            ge |= u32::from(flag) << i;
        }
    } else {
        let b = if matches!(op2, 1 | 2) {
            b.rotate_left(16)
        } else {
            b
        };
        let subtract = [[false, false], [true, false], [false, true], [true, true]][op2 as usize];
        for (i, subtract) in (0..).zip(subtract) {
            let (value, flag) = lane(prefix, subtract, 16, a >> (16 * i), b >> (16 * i));
            result |= value << (16 * i);
            ge |= (u32::from(flag) * 3) << (2 * i);
        }
    }
    (result, ge)
}
