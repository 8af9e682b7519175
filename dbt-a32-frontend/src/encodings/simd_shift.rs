//! Advanced SIMD: a register and a shift amount, or an immediate, DDI 0406C.d,
//! sections A7.4.4 and A7.4.6.
//!
//! That some encodings of a zero are UNPREDICTABLE (`AdvSIMDExpandImm()`) ARMv8 has
//! taken back, and they are constants like others here.

dbt_isa::rows! {
    pub simd_shift;

    // Two registers and a shift amount (A7.4.4).

    /// Shift right.
    VshrImm        "A1"      "1111001_u_1_D_iiiiii_dddd_0000_l_q_M_1_mmmm"  where (l == 1 || i > 7) if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | m)) => SimdShift::right(SimdTy::su(u, shift_size(l, i)), q, D << 4 | d, M << 4 | m, i) "vshr{.c}.{ty} {d}, {m}, {amount}"
    /// Shift right and accumulate.
    Vsra           "A1"      "1111001_u_1_D_iiiiii_dddd_0001_l_q_M_1_mmmm"  where (l == 1 || i > 7) if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | m)) => SimdShift::right(SimdTy::su(u, shift_size(l, i)), q, D << 4 | d, M << 4 | m, i) "vsra{.c}.{ty} {d}, {m}, {amount}"
    /// Rounding shift right.
    VrshrImm       "A1"      "1111001_u_1_D_iiiiii_dddd_0010_l_q_M_1_mmmm"  where (l == 1 || i > 7) if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | m)) => SimdShift::right(SimdTy::su(u, shift_size(l, i)), q, D << 4 | d, M << 4 | m, i) "vrshr{.c}.{ty} {d}, {m}, {amount}"
    /// Rounding shift right and accumulate.
    Vrsra          "A1"      "1111001_u_1_D_iiiiii_dddd_0011_l_q_M_1_mmmm"  where (l == 1 || i > 7) if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | m)) => SimdShift::right(SimdTy::su(u, shift_size(l, i)), q, D << 4 | d, M << 4 | m, i) "vrsra{.c}.{ty} {d}, {m}, {amount}"
    /// Shift right and insert.
    Vsri           "A1"      "1111001_1_1_D_iiiiii_dddd_0100_l_q_M_1_mmmm"  where (l == 1 || i > 7) if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | m)) => SimdShift::right(SimdTy::bits(shift_size(l, i)), q, D << 4 | d, M << 4 | m, i) "vsri{.c}.{ty} {d}, {m}, {amount}"
    /// Shift left.
    VshlImm        "A1"      "1111001_0_1_D_iiiiii_dddd_0101_l_q_M_1_mmmm"  where (l == 1 || i > 7) if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | m)) => SimdShift::left(SimdTy::int(shift_size(l, i)), q, D << 4 | d, M << 4 | m, i) "vshl{.c}.{ty} {d}, {m}, {amount}"
    /// Shift left and insert.
    Vsli           "A1"      "1111001_1_1_D_iiiiii_dddd_0101_l_q_M_1_mmmm"  where (l == 1 || i > 7) if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | m)) => SimdShift::left(SimdTy::bits(shift_size(l, i)), q, D << 4 | d, M << 4 | m, i) "vsli{.c}.{ty} {d}, {m}, {amount}"
    /// Saturating shift left, unsigned result of signed operands.
    Vqshlu         "A1"      "1111001_1_1_D_iiiiii_dddd_0110_l_q_M_1_mmmm"  where (l == 1 || i > 7) if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | m)) => SimdShift::left(SimdTy::signed(shift_size(l, i)), q, D << 4 | d, M << 4 | m, i) "vqshlu{.c}.{ty} {d}, {m}, {amount}"
    /// Saturating shift left.
    VqshlImm       "A1"      "1111001_u_1_D_iiiiii_dddd_0111_l_q_M_1_mmmm"  where (l == 1 || i > 7) if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | m)) => SimdShift::left(SimdTy::su(u, shift_size(l, i)), q, D << 4 | d, M << 4 | m, i) "vqshl{.c}.{ty} {d}, {m}, {amount}"
    /// Shift right and narrow.
    Vshrn          "A1"      "1111001_0_1_D_iiiiii_dddd_1000_0_0_M_1_mmmm"  where (i > 7) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, m)) => SimdShift::narrow(SimdTy::int(shift_size(0, i) + 1), D << 4 | d, M << 4 | m, i) "vshrn{.c}.{ty} {d}, {m}, {amount}"
    /// Rounding shift right and narrow.
    Vrshrn         "A1"      "1111001_0_1_D_iiiiii_dddd_1000_0_1_M_1_mmmm"  where (i > 7) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, m)) => SimdShift::narrow(SimdTy::int(shift_size(0, i) + 1), D << 4 | d, M << 4 | m, i) "vrshrn{.c}.{ty} {d}, {m}, {amount}"
    /// Saturating shift right and narrow, unsigned result of signed operands.
    Vqshrun        "A1"      "1111001_1_1_D_iiiiii_dddd_1000_0_0_M_1_mmmm"  where (i > 7) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, m)) => SimdShift::narrow(SimdTy::signed(shift_size(0, i) + 1), D << 4 | d, M << 4 | m, i) "vqshrun{.c}.{ty} {d}, {m}, {amount}"
    /// Saturating rounding shift right and narrow, unsigned result of signed operands.
    Vqrshrun       "A1"      "1111001_1_1_D_iiiiii_dddd_1000_0_1_M_1_mmmm"  where (i > 7) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, m)) => SimdShift::narrow(SimdTy::signed(shift_size(0, i) + 1), D << 4 | d, M << 4 | m, i) "vqrshrun{.c}.{ty} {d}, {m}, {amount}"
    /// Saturating shift right and narrow.
    Vqshrn         "A1"      "1111001_u_1_D_iiiiii_dddd_1001_0_0_M_1_mmmm"  where (i > 7) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, m)) => SimdShift::narrow(SimdTy::su(u, shift_size(0, i) + 1), D << 4 | d, M << 4 | m, i) "vqshrn{.c}.{ty} {d}, {m}, {amount}"
    /// Saturating rounding shift right and narrow.
    Vqrshrn        "A1"      "1111001_u_1_D_iiiiii_dddd_1001_0_1_M_1_mmmm"  where (i > 7) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, m)) => SimdShift::narrow(SimdTy::su(u, shift_size(0, i) + 1), D << 4 | d, M << 4 | m, i) "vqrshrn{.c}.{ty} {d}, {m}, {amount}"
    /// Shift left long.
    VshllImm       "A1"      "1111001_u_1_D_iiiiii_dddd_1010_0_0_M_1_mmmm"  where (i > 8 && i != 16 && i != 32) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, d)) => SimdShift::long(SimdTy::su(u, shift_size(0, i)), D << 4 | d, M << 4 | m, i) "vshll{.c}.{ty} {d}, {m}, {amount}"
    /// Move long.
    Vmovl          "A1"      "1111001_u_1_D_iiiiii_dddd_1010_0_0_M_1_mmmm"  where (i == 8 || i == 16 || i == 32) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, d)) => SimdShift::long(SimdTy::su(u, shift_size(0, i)), D << 4 | d, M << 4 | m, i) "vmovl{.c}.{ty} {d}, {m}"
    /// Convert from fixed point.
    VcvtFixedFloat "A1"      "1111001_u_1_D_iiiiii_dddd_11f_0_0_q_M_1_mmmm" where (i > 7) if_cx (cx.has_float(1 + f, Features::ASIMD)) undefined (i < 32 || f == 0 && i < 48 || odd(q, d | m)) unpredictable (f == 0 && cx.in_it_block()) => SimdConvert::new(SimdTy::float(1 + f), SimdTy::su(u, 1 + f), q, D << 4 | d, M << 4 | m, 64 - i) "vcvt{.c}.{to}.{from} {d}, {m}, {fraction}"
    /// Convert to fixed point.
    VcvtFloatFixed "A1"      "1111001_u_1_D_iiiiii_dddd_11f_1_0_q_M_1_mmmm" where (i > 7) if_cx (cx.has_float(1 + f, Features::ASIMD)) undefined (i < 32 || f == 0 && i < 48 || odd(q, d | m)) unpredictable (f == 0 && cx.in_it_block()) => SimdConvert::new(SimdTy::su(u, 1 + f), SimdTy::float(1 + f), q, D << 4 | d, M << 4 | m, 64 - i) "vcvt{.c}.{to}.{from} {d}, {m}, {fraction}"

    // One register and a modified immediate (A7.4.6).

    /// Move a constant.
    VmovSimdImm    "A1 i32"  "1111001_i_1_D_000_iii_dddd_0cc0_0_q_0_1_iiii" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d)) => SimdImm::new(q, D << 4 | d, c << 1, 0, i) "vmov{.c}.{imm.ty()} {d}, {imm}"
    VmovSimdImm    "A1 i16"  "1111001_i_1_D_000_iii_dddd_10c0_0_q_0_1_iiii" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d)) => SimdImm::new(q, D << 4 | d, 8 | c << 1, 0, i)
    VmovSimdImm    "A1 ones" "1111001_i_1_D_000_iii_dddd_110c_0_q_0_1_iiii" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d)) => SimdImm::new(q, D << 4 | d, 12 | c, 0, i)
    VmovSimdImm    "A1 i8"   "1111001_i_1_D_000_iii_dddd_1110_0_q_0_1_iiii" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d)) => SimdImm::new(q, D << 4 | d, 14, 0, i)
    VmovSimdImm    "A1 f32"  "1111001_i_1_D_000_iii_dddd_1111_0_q_0_1_iiii" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d)) => SimdImm::new(q, D << 4 | d, 15, 0, i)
    VmovSimdImm    "A1 i64"  "1111001_i_1_D_000_iii_dddd_1110_0_q_1_1_iiii" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d)) => SimdImm::new(q, D << 4 | d, 14, 1, i)
    /// Or with a constant.
    VorrImm        "A1 i32"  "1111001_i_1_D_000_iii_dddd_0cc1_0_q_0_1_iiii" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d)) => SimdImm::new(q, D << 4 | d, c << 1 | 1, 0, i) "vorr{.c}.{imm.ty()} {d}, {imm}"
    VorrImm        "A1 i16"  "1111001_i_1_D_000_iii_dddd_10c1_0_q_0_1_iiii" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d)) => SimdImm::new(q, D << 4 | d, 9 | c << 1, 0, i)
    /// Move the complement of a constant.
    VmvnImm        "A1 i32"  "1111001_i_1_D_000_iii_dddd_0cc0_0_q_1_1_iiii" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d)) => SimdImm::new(q, D << 4 | d, c << 1, 1, i) "vmvn{.c}.{imm.ty()} {d}, {imm}"
    VmvnImm        "A1 i16"  "1111001_i_1_D_000_iii_dddd_10c0_0_q_1_1_iiii" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d)) => SimdImm::new(q, D << 4 | d, 8 | c << 1, 1, i)
    VmvnImm        "A1 ones" "1111001_i_1_D_000_iii_dddd_110c_0_q_1_1_iiii" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d)) => SimdImm::new(q, D << 4 | d, 12 | c, 1, i)
    /// Clear the bits of a constant.
    VbicImm        "A1 i32"  "1111001_i_1_D_000_iii_dddd_0cc1_0_q_1_1_iiii" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d)) => SimdImm::new(q, D << 4 | d, c << 1 | 1, 1, i) "vbic{.c}.{imm.ty()} {d}, {imm}"
    VbicImm        "A1 i16"  "1111001_i_1_D_000_iii_dddd_10c1_0_q_1_1_iiii" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d)) => SimdImm::new(q, D << 4 | d, 9 | c << 1, 1, i)
}
