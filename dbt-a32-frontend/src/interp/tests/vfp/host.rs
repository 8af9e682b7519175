//! The host's floating point agrees where the rules coincide: rounding to
//! nearest, no flushing, values compared up to the choice of NaN.

use super::*;

/// The values `f` and the interpreter give agree for random operands.
fn agree64(word: u32, f: impl Fn(f64, f64, f64) -> f64) {
    let mut random = random(word.into());
    for _ in 0..100_000 {
        let [a, b, c] = [(); 3].map(|()| f64::from_bits(random()));
        let ours = with_doubles(word, &[(0, a), (1, b), (2, c)]).d0();
        let theirs = f(a, b, c);
        let same = ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan();
        assert!(
            same,
            "{word:#x} of {a:e}, {b:e}, {c:e}: {ours:e}, not {theirs:e}"
        );
    }
}

fn agree32(word: u32, f: impl Fn(f32, f32, f32) -> f32) {
    let mut random = random(word.into());
    for _ in 0..100_000 {
        let [a, b, c] = [(); 3].map(|()| f32::from_bits(random() as u32));
        let ours = with_singles(word, &[(0, a), (1, b), (2, c)]).s0();
        let theirs = f(a, b, c);
        let same = ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan();
        assert!(
            same,
            "{word:#x} of {a:e}, {b:e}, {c:e}: {ours:e}, not {theirs:e}"
        );
    }
}

/// Random patterns, of which every other has an exponent near that of one, in
/// both formats.
fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let bits = state ^ state >> 31;
        match state >> 62 {
            0 => bits,
            1 => bits & 0xbfff_ffff_bfff_ffff,
            _ => bits & 0x8fff_ffff_8fff_ffff | 0x3800_0000_3800_0000,
        }
    }
}

#[test]
fn doubles() {
    agree64(0xee31_0b02, |_, b, c| b + c);
    agree64(0xee31_0b42, |_, b, c| b - c);
    agree64(0xee21_0b02, |_, b, c| b * c);
    agree64(0xee81_0b02, |_, b, c| b / c);
    agree64(0xeeb1_0bc2, |_, _, c| c.sqrt());
    agree64(0xee01_0b02, |a, b, c| a + b * c);
    agree64(0xeea1_0b02, |a, b, c| b.mul_add(c, a));
    agree64(0xeea1_0b42, |a, b, c| (-b).mul_add(c, a));
}

#[test]
fn singles() {
    // Operands in s0, s1, s2.
    agree32(0xee30_0a81, |_, b, c| b + c);
    agree32(0xee30_0ac1, |_, b, c| b - c);
    agree32(0xee20_0a81, |_, b, c| b * c);
    agree32(0xee80_0a81, |_, b, c| b / c);
    agree32(0xeeb1_0ac1, |_, _, c| c.sqrt());
    agree32(0xee00_0a81, |a, b, c| a + b * c);
    agree32(0xeea0_0a81, |a, b, c| b.mul_add(c, a));
}

#[test]
fn conversions() {
    let mut random = random(0);
    for _ in 0..100_000 {
        let bits = random();
        let (single, double) = (f32::from_bits(bits as u32), f64::from_bits(bits));
        let nan = single.is_nan();
        let wide = with_singles(0xeeb7_0ac1, &[(2, single)]).d0();
        assert!(
            nan && wide.is_nan() || wide == f64::from(single),
            "{single:e}"
        );
        let narrow = with_doubles(0xeeb7_0bc1, &[(1, double)]).s0();
        assert!(double.is_nan() && narrow.is_nan() || narrow == double as f32);
        let to_int = |word| with_doubles(word, &[(1, double)]).next().s(0);
        assert_eq!(
            to_int(0xeebd_0bc1),
            (double as i32).cast_unsigned(),
            "{double:e}"
        );
        // Rust's conversions saturate like Arm's.
        let unsigned = (double as i64).clamp(0, u32::MAX.into());
        assert_eq!(i64::from(to_int(0xeebc_0bc1)), unsigned, "{double:e}");
    }
}
