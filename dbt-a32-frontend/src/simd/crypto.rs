//! Operations of the Cryptographic Extension, DDI 0487, and FIPS 197 and 180-4.

use super::{SimdKind, each, element};

pub(super) fn eval(kind: SimdKind, a: u128, b: u128, c: u128) -> u128 {
    match kind {
        SimdKind::AesEncrypt => aes_rows((a ^ b).to_le_bytes(), &SBOX, 5),
        SimdKind::AesDecrypt => aes_rows((a ^ b).to_le_bytes(), &INVERSE_SBOX, 13),
        SimdKind::AesMix => mix(a, [2, 3, 1, 1]),
        SimdKind::AesUnmix => mix(a, [14, 11, 13, 9]),
        SimdKind::Sha1Choose => sha1(a, b, c, |x, y, z| (y ^ z) & x ^ z),
        SimdKind::Sha1Parity => sha1(a, b, c, |x, y, z| x ^ y ^ z),
        SimdKind::Sha1Majority => sha1(a, b, c, |x, y, z| x & y | (x | y) & z),
        SimdKind::Sha1Rotate => words(|index| match index {
            0 => word(a, 0).rotate_left(30),
            _ => 0,
        }),
        // [a0, a1, a2, a3, b0, …] ^ [a2, a3, b0, b1] ^ c.
        SimdKind::Sha1Schedule0 => (a >> 64 | b << 64) ^ a ^ c,
        SimdKind::Sha1Schedule1 => sha1_schedule1(a, b),
        SimdKind::Sha256Hash => sha256(a, b, c).0,
        SimdKind::Sha256Hash2 => sha256(b, a, c).1,
        SimdKind::Sha256Schedule0 => sha256_schedule0(a, b),
        SimdKind::Sha256Schedule1 => sha256_schedule1(a, b, c),
        _ => unreachable!("operations of other modules"),
    }
}

fn word(vector: u128, index: u32) -> u32 {
    element(vector, 32 * index, 32) as u32
}

fn words(word: impl Fn(u32) -> u32) -> u128 {
    each(32, 128, |at| word(at / 32).into())
}

/// The product in the field of AES.
const fn gf_mul(a: u8, b: u8) -> u8 {
    let (mut a, mut b, mut product) = (a, b, 0);
    while b != 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a = a << 1 ^ if a >> 7 == 1 { 0x1b } else { 0 };
        b >>= 1;
    }
    product
}

const SBOX: [u8; 256] = {
    let mut table = [0; 256];
    let mut value = 0;
    while value < 256 {
        // The inverse is the 254th power.
        let mut inverse = 1;
        let mut power = 0;
        while power < 254 {
            inverse = gf_mul(inverse, value as u8);
            power += 1;
        }
        table[value] = inverse
            ^ inverse.rotate_left(1)
            ^ inverse.rotate_left(2)
            ^ inverse.rotate_left(3)
            ^ inverse.rotate_left(4)
            ^ 0x63;
        value += 1;
    }
    table
};

const INVERSE_SBOX: [u8; 256] = {
    let mut table = [0; 256];
    let mut value = 0;
    while value < 256 {
        table[SBOX[value] as usize] = value as u8;
        value += 1;
    }
    table
};

/// Substitutes bytes and shifts rows: each byte comes from `step` times its place.
fn aes_rows(bytes: [u8; 16], table: &[u8; 256], step: u32) -> u128 {
    each(8, 128, |at| {
        let from = at / 8 * step % 16;
        table[usize::from(bytes[from as usize])].into()
    })
}

/// Multiplies columns by a circulant matrix with this first row.
fn mix(a: u128, row: [u8; 4]) -> u128 {
    let bytes = a.to_le_bytes();
    each(8, 128, |at| {
        let place = (at / 8) as usize;
        let (column, line) = (place & !3, place & 3);
        let terms = (0..4).map(|index| gf_mul(bytes[column + index], row[(index + 4 - line) % 4]));
        terms.fold(0, |sum, term| sum ^ u64::from(term))
    })
}

/// Four rounds: `x` holds a to d, `y` holds e, `w` the schedule.
fn sha1(x: u128, y: u128, w: u128, f: impl Fn(u32, u32, u32) -> u32) -> u128 {
    let mut s = [word(x, 0), word(x, 1), word(x, 2), word(x, 3), word(y, 0)];
    for round in 0..4 {
        let [a, b, c, d, e] = s;
        let next = e
            .wrapping_add(f(b, c, d))
            .wrapping_add(a.rotate_left(5))
            .wrapping_add(word(w, round));
        s = [next, a, b.rotate_left(30), c, d];
    }
    words(|index| s[index as usize])
}

fn sha1_schedule1(x: u128, y: u128) -> u128 {
    let t = x ^ y >> 32;
    let first = word(t, 0).rotate_left(1);
    words(|index| match index {
        3 => word(t, 3).rotate_left(1) ^ first.rotate_left(1),
        _ => word(t, index).rotate_left(1),
    })
}

/// Four rounds: `x` holds a to d, `y` e to h, `w` the schedule.
fn sha256(x: u128, y: u128, w: u128) -> (u128, u128) {
    let mut s: [u32; 8] = core::array::from_fn(|index| match index as u32 {
        index @ 0..4 => word(x, index),
        index => word(y, index - 4),
    });
    for round in 0..4 {
        let [a, b, c, d, e, f, g, h] = s;
        let chosen = (f ^ g) & e ^ g;
        let majority = a & b | (a | b) & c;
        let sigma1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let sigma0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let t = h
            .wrapping_add(sigma1)
            .wrapping_add(chosen)
            .wrapping_add(word(w, round));
        let next = t.wrapping_add(sigma0).wrapping_add(majority);
        s = [next, a, b, c, d.wrapping_add(t), e, f, g];
    }
    (
        words(|index| s[index as usize]),
        words(|index| s[index as usize + 4]),
    )
}

fn sha256_schedule0(x: u128, y: u128) -> u128 {
    let next = x >> 32 | y << 96;
    words(|index| {
        let value = word(next, index);
        let sigma = value.rotate_right(7) ^ value.rotate_right(18) ^ value >> 3;
        word(x, index).wrapping_add(sigma)
    })
}

/// `x` is the destination's old value, `y` and `z` the operands.
fn sha256_schedule1(x: u128, y: u128, z: u128) -> u128 {
    let sigma = |value: u32| value.rotate_right(17) ^ value.rotate_right(19) ^ value >> 10;
    let shifted = y >> 32 | z << 96;
    let sum = |index| word(x, index).wrapping_add(word(shifted, index));
    let low = [2, 3].map(|index| sigma(word(z, index)));
    let first = [sum(0).wrapping_add(low[0]), sum(1).wrapping_add(low[1])];
    words(|index| match index {
        0 | 1 => first[index as usize],
        _ => sum(index).wrapping_add(sigma(first[index as usize - 2])),
    })
}
