//! Floating point.

use super::*;
use crate::softfloat::FpFlags;

mod host;

/// A CPU with one instruction and these doubles.
fn with_doubles(word: u32, doubles: &[(usize, f64)]) -> Cpu {
    let mut cpu = Cpu::a32(&[word]);
    for &(reg, value) in doubles {
        cpu.state.d[reg] = value.to_bits();
    }
    cpu
}

/// A CPU with one instruction and these singles.
fn with_singles(word: u32, singles: &[(usize, f32)]) -> Cpu {
    let mut cpu = Cpu::a32(&[word]);
    for &(reg, value) in singles {
        cpu.set_s(reg, value.to_bits());
    }
    cpu
}

impl Cpu {
    fn s(&self, reg: usize) -> u32 {
        (self.state.d[reg / 2] >> (reg % 2 * 32)) as u32
    }

    fn set_s(&mut self, reg: usize, bits: u32) {
        let shift = reg % 2 * 32;
        let kept = self.state.d[reg / 2] & !(0xffff_ffff << shift);
        self.state.d[reg / 2] = kept | u64::from(bits) << shift;
    }

    /// The result in D0.
    fn d0(&mut self) -> f64 {
        f64::from_bits(self.next().state.d[0])
    }

    /// The result in S0.
    fn s0(&mut self) -> f32 {
        f32::from_bits(self.next().s(0))
    }

    fn flags(&self) -> FpFlags {
        FpFlags::from_fpscr(self.state.fpscr())
    }
}

/// `d0 = op(d0, d1, d2)` of 2, 3 and 5.
fn of_235(word: u32) -> f64 {
    with_doubles(word, &[(0, 2.0), (1, 3.0), (2, 5.0)]).d0()
}

#[test]
fn accumulation_signs_are_the_manuals() {
    assert_eq!(of_235(0xee01_0b02), 17.0, "vmla d0, d1, d2");
    assert_eq!(of_235(0xee01_0b42), -13.0, "vmls d0, d1, d2");
    assert_eq!(of_235(0xee11_0b42), -17.0, "vnmla d0, d1, d2");
    assert_eq!(of_235(0xee11_0b02), 13.0, "vnmls d0, d1, d2");
    assert_eq!(of_235(0xeea1_0b02), 17.0, "vfma d0, d1, d2");
    assert_eq!(of_235(0xeea1_0b42), -13.0, "vfms d0, d1, d2");
    assert_eq!(of_235(0xee91_0b42), -17.0, "vfnma d0, d1, d2");
    assert_eq!(of_235(0xee91_0b02), 13.0, "vfnms d0, d1, d2");
}

#[test]
fn arithmetic_of_doubles() {
    assert_eq!(of_235(0xee31_0b02), 8.0, "vadd d0, d1, d2");
    assert_eq!(of_235(0xee31_0b42), -2.0, "vsub d0, d1, d2");
    assert_eq!(of_235(0xee21_0b02), 15.0, "vmul d0, d1, d2");
    assert_eq!(of_235(0xee21_0b42), -15.0, "vnmul d0, d1, d2");
    assert_eq!(of_235(0xee81_0b02), 0.6, "vdiv d0, d1, d2");
    assert_eq!(of_235(0xeeb1_0bc2), 5_f64.sqrt(), "vsqrt d0, d2");
}

#[test]
fn a_single_leaves_the_other_half_alone() {
    // vadd.f32 s1, s2, s3
    let mut cpu = with_singles(0xee71_0a21, &[(0, 9.0), (2, 0.5), (3, 0.25)]);
    cpu.next();
    assert_eq!(cpu.state.d[0], 0x3f40_0000_4110_0000);
}

#[test]
fn accumulation_rounds_twice_and_fusion_once() {
    let a = 1.0 + f64::EPSILON;
    let operands = [(0, -1.0), (1, a), (2, a)];
    let twice = with_doubles(0xee01_0b02, &operands).d0();
    assert_eq!(twice, 2.0 * f64::EPSILON, "vmla d0, d1, d2");
    let once = with_doubles(0xeea1_0b02, &operands).d0();
    assert_eq!(once, f64::EPSILON.mul_add(f64::EPSILON, 2.0 * f64::EPSILON));
}

#[test]
fn signs_are_bits_even_of_nans() {
    let nan = f64::from_bits(0xfff0_0000_0000_0001);
    let mut cpu = with_doubles(0xeeb0_0bc1 /* vabs.f64 d0, d1 */, &[(1, nan)]);
    assert_eq!(cpu.next().state.d[0], 0x7ff0_0000_0000_0001);
    let mut cpu = with_doubles(0xeeb1_0b41 /* vneg.f64 d0, d1 */, &[(1, nan)]);
    assert_eq!(cpu.next().state.d[0], 0x7ff0_0000_0000_0001);
    assert_eq!(cpu.flags(), FpFlags::NONE);
    let mut cpu = with_singles(0xeeb1_0a60 /* vneg.f32 s0, s1 */, &[(1, 0.0)]);
    assert_eq!(cpu.next().s(0), 0x8000_0000);
}

#[test]
fn moves_of_constants_and_registers() {
    assert_eq!(with_doubles(0xeeb7_0b00, &[]).d0(), 1.0);
    assert_eq!(
        with_singles(0xeef8_0a00, &[]).next().s(1),
        0xc000_0000,
        "vmov.f32 s1, #-2.0"
    );
    assert_eq!(
        with_doubles(0xeeb0_0b41, &[(1, 7.0)]).d0(),
        7.0,
        "vmov.f64 d0, d1"
    );
    assert_eq!(
        with_singles(0xeeb0_0a60, &[(1, 7.0)]).s0(),
        7.0,
        "vmov.f32 s0, s1"
    );
}

#[test]
fn fpscr_rounds_and_collects() {
    // vdiv.f32 s0, s1, s2: 1 / 3 in all modes, then 1 / 0.
    for (mode, third) in [
        (0, 0x3eaa_aaab),
        (1, 0x3eaa_aaab),
        (2, 0x3eaa_aaaa),
        (3, 0x3eaa_aaaa),
    ] {
        let mut cpu = with_singles(0xee80_0a81, &[(1, 1.0), (2, 3.0)]);
        cpu.state.set_fpscr(mode << 22 | 1);
        assert_eq!(cpu.next().s(0), third);
        assert_eq!(
            cpu.state.fpscr(),
            mode << 22 | 0x11,
            "IXC beside the IOC raised before"
        );
    }
    let mut cpu = with_singles(0xee80_0a81, &[(1, 1.0), (2, -0.0)]);
    assert_eq!(cpu.s0(), f32::NEG_INFINITY);
    assert_eq!(cpu.flags(), FpFlags::DIVIDE_BY_ZERO);
}

#[test]
fn comparison_writes_the_flags_of_fpscr() {
    // vcmp.f64 d0, d1; vmrs apsr_nzcv, fpscr
    for (a, b, nzcv, flags) in [
        (1.0, 2.0, 0b1000, FpFlags::NONE),
        (2.0, 2.0, 0b0110, FpFlags::NONE),
        (0.0, -0.0, 0b0110, FpFlags::NONE),
        (3.0, 2.0, 0b0010, FpFlags::NONE),
        (f64::NEG_INFINITY, f64::MIN, 0b1000, FpFlags::NONE),
        (f64::NAN, 2.0, 0b0011, FpFlags::NONE),
        (
            f64::from_bits(0x7ff0_0000_0000_0001),
            2.0,
            0b0011,
            FpFlags::INVALID,
        ),
    ] {
        let mut cpu = Cpu::a32(&[0xeeb4_0b41, 0xeef1_fa10]);
        (cpu.state.d[0], cpu.state.d[1]) = (a.to_bits(), b.to_bits());
        cpu.state.set_fpscr(0xf000_0000);
        cpu.next();
        assert_eq!(cpu.state.fpscr(), nzcv << 28 | flags.bits(), "{a} to {b}");
        assert_eq!(cpu.next().nzcv(), nzcv);
    }
    // vcmpe.f32 s0, #0
    let mut cpu = with_singles(0xeeb5_0ac0, &[(0, f32::NAN)]);
    cpu.next();
    assert_eq!(cpu.state.fpscr(), 0x3000_0001);
    // vcmp.f32 s0, #0 flushes its operand if told to.
    let mut cpu = with_singles(0xeeb5_0a40, &[(0, -1e-40)]);
    cpu.state.set_fpscr(1 << 24);
    cpu.next();
    assert_eq!(cpu.state.fpscr(), 0x6100_0080);
}

#[test]
fn conversions_between_precisions() {
    // vcvt.f64.f32 d0, s2
    assert_eq!(
        with_singles(0xeeb7_0ac1, &[(2, 0.1)]).d0(),
        f64::from(0.1_f32)
    );
    // vcvt.f32.f64 s0, d1
    assert_eq!(with_doubles(0xeeb7_0bc1, &[(1, 0.1)]).s0(), 0.1);
    let mut cpu = with_doubles(0xeeb7_0bc1, &[(1, 1e300)]);
    assert_eq!(cpu.s0(), f32::INFINITY);
    assert_eq!(cpu.flags(), FpFlags::OVERFLOW | FpFlags::INEXACT);
}

#[test]
fn conversions_to_integers_saturate() {
    let to_s32 = 0xeebd_0bc1; // vcvt.s32.f64 s0, d1
    for (value, result, flags) in [
        (-1.5, -1, FpFlags::INEXACT),
        (2_147_483_647.0, i32::MAX, FpFlags::NONE),
        (2_147_483_648.0, i32::MAX, FpFlags::INVALID),
        (-2_147_483_648.9, i32::MIN, FpFlags::INEXACT),
        (f64::NEG_INFINITY, i32::MIN, FpFlags::INVALID),
        (f64::NAN, 0, FpFlags::INVALID),
    ] {
        let mut cpu = with_doubles(to_s32, &[(1, value)]);
        assert_eq!(cpu.next().s(0), result.cast_unsigned(), "{value}");
        assert_eq!(cpu.flags(), flags, "{value}");
    }
    // vcvt.u32.f32 s0, s1
    let mut cpu = with_singles(0xeebc_0ae0, &[(1, -1.0)]);
    assert_eq!((cpu.next().s(0), cpu.flags()), (0, FpFlags::INVALID));
    // vcvtr.s32.f32 s0, s1 rounds as FPSCR says: here to the nearest, then up.
    for (mode, result) in [(0, 2), (1, 3)] {
        let mut cpu = with_singles(0xeebd_0a60, &[(1, 2.5)]);
        cpu.state.set_fpscr(mode << 22);
        assert_eq!(cpu.next().s(0), result);
    }
}

#[test]
fn conversions_from_integers() {
    let mut cpu = Cpu::a32(&[0xeeb8_0be0, 0xeeb8_0b60]);
    cpu.set_s(1, 0xffff_ffff);
    assert_eq!(cpu.d0(), -1.0, "vcvt.f64.s32 d0, s1");
    cpu.set_s(1, 0xffff_ffff);
    assert_eq!(cpu.d0(), 4_294_967_295.0, "vcvt.f64.u32 d0, s1");
    // vcvt.f32.u32 s0, s1 rounds as FPSCR says.
    let mut cpu = Cpu::a32(&[0xeeb8_0a60]);
    cpu.set_s(1, 0xffff_ffff);
    cpu.state.set_fpscr(3 << 22);
    assert_eq!(cpu.next().s(0), 0x4f7f_ffff);
}

#[test]
fn conversions_to_and_from_fixed_point() {
    // vcvt.s16.f32 s0, s0, #8
    let mut cpu = with_singles(0xeebe_0a44, &[(0, -1.5)]);
    assert_eq!(cpu.next().s(0), 0xffff_fe80, "sign-extended");
    let mut cpu = with_singles(0xeebe_0a44, &[(0, 1000.0)]);
    assert_eq!((cpu.next().s(0), cpu.flags()), (0x7fff, FpFlags::INVALID));
    // vcvt.s32.f64 d0, d0, #32
    let mut cpu = with_doubles(0xeebe_0bc0, &[(0, -0.25)]);
    assert_eq!(cpu.next().state.d[0], 0xffff_ffff_c000_0000);
    // vcvt.f64.u16 d0, d0, #4: what is above the number is ignored.
    let mut cpu = Cpu::a32(&[0xeebb_0b46]);
    cpu.state.d[0] = 0xdead_beef_0123_ffff;
    assert_eq!(cpu.d0(), 4095.9375);
    // vcvt.f32.s32 s0, s0, #32 rounds to nearest whatever FPSCR says.
    let mut cpu = Cpu::a32(&[0xeeba_0ac0]);
    cpu.set_s(0, 0x7fff_ffff);
    cpu.state.set_fpscr(3 << 22);
    assert_eq!(cpu.s0(), 0.5);
}

#[test]
fn conversions_of_halves_touch_one_half() {
    let mut cpu = Cpu::a32(&[0xeef3_0ac1, 0xeeb2_1ae0]);
    cpu.set_s(1, 0x1111_2222);
    cpu.set_s(2, 1.5_f32.to_bits());
    assert_eq!(cpu.next().s(1), 0x3e00_2222, "vcvtt.f16.f32 s1, s2");
    assert_eq!(cpu.next().s(2), 1.5_f32.to_bits(), "vcvtt.f32.f16 s2, s1");
}

#[test]
fn moves_between_core_and_extension_registers() {
    // vmov s1, r1; vmov r2, s1; vmov d1, r1, r2; vmov r4, r3, d1
    let mut cpu = Cpu::a32(&[0xee00_1a90, 0xee10_2a90, 0xec42_1b11, 0xec53_4b11]);
    cpu.state.r[1] = 0x1234_5678;
    assert_eq!(cpu.next().state.d[0], 0x1234_5678_0000_0000);
    assert_eq!(cpu.next().r(2), 0x1234_5678);
    cpu.state.r[2] = 0x9abc_def0;
    assert_eq!(cpu.next().state.d[1], 0x9abc_def0_1234_5678);
    cpu.next();
    assert_eq!((cpu.r(4), cpu.r(3)), (0x1234_5678, 0x9abc_def0));
    // vmov.32 d0[1], r1; vmov.32 r2, d0[0]
    let mut cpu = Cpu::a32(&[0xee20_1b10, 0xee10_2b10]).with(&[(1, 7)]);
    cpu.state.d[0] = 0x1111_1111_2222_2222;
    assert_eq!(cpu.next().state.d[0], 0x0000_0007_2222_2222);
    assert_eq!(cpu.next().r(2), 0x2222_2222);
    // vmov s1, s2, r0, r1; vmov r2, r3, s1, s2
    let mut cpu = Cpu::a32(&[0xec41_0a30, 0xec53_2a30]).with(&[(0, 5), (1, 6)]);
    assert_eq!(cpu.next().state.d[..2], [5 << 32, 6]);
    cpu.next();
    assert_eq!((cpu.r(2), cpu.r(3)), (5, 6));
}

#[test]
fn fpscr_keeps_what_it_has() {
    // vmsr fpscr, r0; vmrs r1, fpscr
    let mut cpu = Cpu::a32(&[0xeee1_0a10, 0xeef1_1a10]).with(&[(0, 0xffff_ffff)]);
    assert_eq!(cpu.next().next().r(1), 0xfff7_009f);
}

#[test]
fn identification_is_privileged() {
    for word in [0xeef0_0a10, 0xeef7_0a10, 0xeee0_0a10, 0xeef8_0a10] {
        let undefined = Step::Trap {
            kind: ir::TrapKind::Undefined,
            info: word,
        };
        assert_eq!(Cpu::a32(&[word]).step(), undefined);
    }
}

#[test]
fn short_vectors_are_undefined_where_they_would_matter() {
    for (word, defined) in [
        (0xee31_0b02, false), // vadd.f64 d0, d1, d2
        (0xeea1_0b02, false), // vfma.f64 d0, d1, d2
        (0xeeb0_0b41, false), // vmov.f64 d0, d1
        (0xeeb4_0b41, true),  // vcmp.f64 d0, d1
        (0xeeb7_0bc1, true),  // vcvt.f32.f64 s0, d1
        (0xee00_1a90, true),  // vmov s1, r1
    ] {
        for vectors in [1 << 16, 1 << 20] {
            let mut cpu = Cpu::a32(&[word]);
            cpu.state.set_fpscr(vectors);
            assert_eq!(cpu.step() == Step::Next, defined, "{word:#x}");
        }
    }
}

#[test]
fn absent_registers_are_undefined() {
    // vadd.f64 d16, d0, d0; vadd.f32 s1, s0, s0 has the same extension bit.
    assert_ne!(Cpu::a32(&[0xee70_0b00]).step(), Step::Next);
    assert_eq!(Cpu::a32(&[0xee70_0a00]).step(), Step::Next);
}

#[test]
fn loads_and_stores_of_single_registers() {
    // vldr d1, [r0, #8]; vstr s2, [r0, #-4]
    let mut cpu = Cpu::a32(&[0xed90_1b02, 0xed00_1a01]).with(&[(0, DATA)]);
    cpu.set_word(DATA + 8, 0x1111_1111);
    cpu.set_word(DATA + 12, 0x2222_2222);
    assert_eq!(cpu.next().state.d[1], 0x2222_2222_1111_1111);
    assert_eq!(cpu.next().word(DATA - 4), 0x1111_1111);
    // vldr d0, [pc] in T32 at an odd halfword: the PC is aligned down.
    let mut cpu = Cpu::t32(&[0xbf00, 0xed9f, 0x0b00, 0x1111, 0x2222, 0x3333]);
    assert_eq!(cpu.next().next().state.d[0], 0x3333_2222_1111_0b00);
}

#[test]
fn words_of_a_double_swap_in_big_endian_data() {
    // vldr d0, [r0]; vstr d0, [r0, #8]
    let mut cpu = Cpu::a32(&[0xed90_0b00, 0xed80_0b02]).with(&[(0, DATA)]);
    cpu.state.big_endian = 1;
    cpu.set_word(DATA, u32::from_le_bytes([1, 2, 3, 4]));
    cpu.set_word(DATA + 4, u32::from_le_bytes([5, 6, 7, 8]));
    assert_eq!(cpu.next().state.d[0], 0x0102_0304_0506_0708);
    cpu.next();
    assert_eq!(cpu.word(DATA + 8), cpu.word(DATA));
    assert_eq!(cpu.word(DATA + 12), cpu.word(DATA + 4));
}

#[test]
fn block_transfers_move_the_base() {
    // vpush {d0, d1}; vpop {s4, s5, s6, s7}
    let mut cpu = Cpu::a32(&[0xed2d_0b04, 0xecbd_2a04]).with(&[(13, DATA)]);
    (cpu.state.d[0], cpu.state.d[1]) = (0x0101_0101_0202_0202, 0x0303_0303_0404_0404);
    cpu.next();
    assert_eq!((cpu.r(13), cpu.word(DATA - 16)), (DATA - 16, 0x0202_0202));
    cpu.next();
    assert_eq!(cpu.r(13), DATA);
    assert_eq!(cpu.state.d[2..4], cpu.state.d[..2]);
    // vldmia r0, {d0}; vstmdb r0!, {s0}; fldmiax r0!, {d0}
    let mut cpu = Cpu::a32(&[0xec90_0b02, 0xed20_0a01, 0xecb0_0b03]).with(&[(0, DATA)]);
    cpu.next();
    assert_eq!(cpu.r(0), DATA, "without writeback");
    cpu.next();
    assert_eq!(cpu.r(0), DATA - 4);
    cpu.next();
    assert_eq!(cpu.r(0), DATA - 4 + 12, "one word more");
}

#[test]
fn a_fault_leaves_the_base_and_what_was_loaded() {
    // vldmia r0!, {d0, d1}, of which the second is past the end
    let mut cpu = Cpu::a32(&[0xecb0_0b04]).with(&[(0, END - 12)]);
    cpu.set_word(END - 12, 1);
    cpu.set_word(END - 8, 2);
    cpu.state.d[1] = 3;
    let fault = MemoryFault {
        address: END.into(),
        kind: AccessKind::Read,
        cause: FaultCause::Unmapped,
    };
    assert_eq!(cpu.step(), Step::Fault(fault));
    assert_eq!((cpu.r(0), cpu.state.pc()), (END - 12, CODE));
    assert_eq!(cpu.state.d[..2], [2 << 32 | 1, 3]);
}

#[test]
fn addresses_are_multiples_of_a_word() {
    // vldr d0, [r0]
    let mut cpu = Cpu::a32(&[0xed90_0b00]).with(&[(0, DATA + 2)]);
    let fault = MemoryFault {
        address: (DATA + 2).into(),
        kind: AccessKind::Read,
        cause: FaultCause::Alignment,
    };
    assert_eq!(cpu.step(), Step::Fault(fault));
    let mut cpu = Cpu::a32(&[0xed90_0b00]).with(&[(0, DATA + 4)]);
    assert_eq!(cpu.step(), Step::Next);
}

#[test]
fn t32_has_the_same_encodings_under_it() {
    // it eq; vaddeq.f64 d0, d1, d2
    for (nzcv, result) in [(0b0100, 8.0), (0, 2.0)] {
        let mut cpu = Cpu::t32(&[0xbf08, 0xee31, 0x0b02]);
        for (reg, value) in [(0, 2.0_f64), (1, 3.0), (2, 5.0)] {
            cpu.state.d[reg] = value.to_bits();
        }
        cpu.state.nzcv = nzcv << 28;
        cpu.next();
        assert_eq!(cpu.d0(), result);
    }
}
