//! Floating-point instructions of ARMv8 that are encoded with `0b1111` in bits 31 to
//! 28 in A32 and T32, DDI 0487, sections F3.1 and F4.1.

dbt_isa::rows! {
    pub vfp_v8;

    // Floating-point data processing without a condition.

    /// Select by a condition.
    Vsel             "A1" "1111_11100_D_cc_nnnn_dddd_101_z_N_0_M_0_mmmm" if_cx (cx.has(Features::FP_V8)) undefined (cx.lacks(z & (D | N | M))) unpredictable (cx.in_it_block()) => FpSelect { cond: Cond::from_bits(c << 2 | (c >> 1 ^ c) << 1 & 2), args: Fp3::new(z, d, D, n, N, m, M) } "vsel{cond}.{args.d.precision()} {args.d}, {args.n}, {args.m}"
    /// Maximum number.
    Vmaxnm           "A2" "1111_11101_D_00_nnnn_dddd_101_z_N_0_M_0_mmmm" if_cx (cx.has(Features::FP_V8)) undefined (cx.lacks(z & (D | N | M))) unpredictable (cx.in_it_block()) => Fp3::new(z, d, D, n, N, m, M) "vmaxnm.{d.precision()} {d}, {n}, {m}"
    /// Minimum number.
    Vminnm           "A2" "1111_11101_D_00_nnnn_dddd_101_z_N_1_M_0_mmmm" if_cx (cx.has(Features::FP_V8)) undefined (cx.lacks(z & (D | N | M))) unpredictable (cx.in_it_block()) => Fp3::new(z, d, D, n, N, m, M) "vminnm.{d.precision()} {d}, {n}, {m}"
    /// Round to an integer.
    Vrint            "A1 rm" "1111_11101_D_11_10_rr_dddd_101_z_01_M_0_mmmm" if_cx (cx.has(Features::FP_V8)) undefined (cx.lacks(z & (D | M))) unpredictable (cx.in_it_block()) => FpRound { to: RoundTo::from_rm(r), d: FpReg::new(z, d, D), m: FpReg::new(z, m, M) } "vrint{to}{.c}.{d.precision()} {d}, {m}"
    /// Convert to an integer, rounding as the instruction says.
    VcvtRounded      "A1" "1111_11101_D_11_11_rr_dddd_101_z_s_1_M_0_mmmm" if_cx (cx.has(Features::FP_V8)) undefined (cx.lacks(z & M)) unpredictable (cx.in_it_block()) => FpToIntRounded { to: RoundTo::from_rm(r), signed: s == 1, d: single(d, D), m: FpReg::new(z, m, M) } "vcvt{to}.{signed?s:u}32.{m.precision()} {d}, {m}"

    // Halves of singles.

    /// Insert into the upper half.
    Vins             "A1" "1111_11101_D_11_0000_dddd_1010_1_1_M_0_mmmm" if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp2::new(0, d, D, m, M) "vins.f16 {d}, {m}"
    /// Move from the upper half.
    Vmovx            "A1" "1111_11101_D_11_0000_dddd_1010_0_1_M_0_mmmm" if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp2::new(0, d, D, m, M) "vmovx.f16 {d}, {m}"
}
