//! Scalar floating point in half precision, ARMv8.2: coprocessor 9, DDI 0487, sections
//! F3.1 and F6.1.
//!
//! As in [`vfp`](super::vfp), one table serves A32 and T32; bits 31 to 28 are `0b1110` for
//! what A32 encodes under a condition, which must be always, and `0b1111` for the rest. Texts
//! are those of the rows for singles and doubles.

dbt_isa::rows! {
    pub vfp_half;

    Vmla           "A2 f16" "1110_11100_D_00_nnnn_dddd_1001_N_0_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp3::half(d, D, n, N, m, M)
    Vmls           "A2 f16" "1110_11100_D_00_nnnn_dddd_1001_N_1_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp3::half(d, D, n, N, m, M)
    Vnmls          "A1 f16" "1110_11100_D_01_nnnn_dddd_1001_N_0_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp3::half(d, D, n, N, m, M)
    Vnmla          "A1 f16" "1110_11100_D_01_nnnn_dddd_1001_N_1_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp3::half(d, D, n, N, m, M)
    Vmul           "A2 f16" "1110_11100_D_10_nnnn_dddd_1001_N_0_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp3::half(d, D, n, N, m, M)
    Vnmul          "A2 f16" "1110_11100_D_10_nnnn_dddd_1001_N_1_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp3::half(d, D, n, N, m, M)
    Vadd           "A2 f16" "1110_11100_D_11_nnnn_dddd_1001_N_0_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp3::half(d, D, n, N, m, M)
    Vsub           "A2 f16" "1110_11100_D_11_nnnn_dddd_1001_N_1_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp3::half(d, D, n, N, m, M)
    Vdiv           "A1 f16" "1110_11101_D_00_nnnn_dddd_1001_N_0_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp3::half(d, D, n, N, m, M)
    Vfnms          "A1 f16" "1110_11101_D_01_nnnn_dddd_1001_N_0_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp3::half(d, D, n, N, m, M)
    Vfnma          "A1 f16" "1110_11101_D_01_nnnn_dddd_1001_N_1_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp3::half(d, D, n, N, m, M)
    Vfma           "A2 f16" "1110_11101_D_10_nnnn_dddd_1001_N_0_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp3::half(d, D, n, N, m, M)
    Vfms           "A2 f16" "1110_11101_D_10_nnnn_dddd_1001_N_1_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp3::half(d, D, n, N, m, M)
    VmovImm        "A2 f16" "1110_11101_D_11_hhhh_dddd_1001_(0)_0_(0)_0_llll" if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => FpMovImm { d: FpReg::half(d, D), imm: FpImm::new(h << 4 | l) }
    Vabs           "A2 f16" "1110_11101_D_11_0000_dddd_1001_1_1_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp2 { d: FpReg::half(d, D), m: FpReg::half(m, M) }
    Vneg           "A2 f16" "1110_11101_D_11_0001_dddd_1001_0_1_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp2 { d: FpReg::half(d, D), m: FpReg::half(m, M) }
    Vsqrt          "A1 f16" "1110_11101_D_11_0001_dddd_1001_1_1_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp2 { d: FpReg::half(d, D), m: FpReg::half(m, M) }
    Vcmp           "A1 f16" "1110_11101_D_11_0100_dddd_1001_e_1_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => FpCompare { signalling: e == 1, d: FpReg::half(d, D), m: FpReg::half(m, M) }
    VcmpZero       "A2 f16" "1110_11101_D_11_0101_dddd_1001_e_1_(0)_0_(0000)" if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => FpCompareZero { signalling: e == 1, d: FpReg::half(d, D) }
    VcvtFromInt    "A1 f16" "1110_11101_D_11_1000_dddd_1001_s_1_M_0_mmmm"     if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => FpFromInt { signed: s == 1, d: FpReg::half(d, D), m: single(m, M) }
    VcvtToInt      "A1 f16" "1110_11101_D_11_110_s_dddd_1001_r_1_M_0_mmmm"    if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => FpToInt { rounded: r == 0, signed: s == 1, d: single(d, D), m: FpReg::half(m, M) }
    VcvtFromFixed  "A1 f16" "1110_11101_D_11_1_0_1_u_dddd_1001_x_1_i_0_jjjj"  if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block() || x == 0 && (j << 1 | i) > 16) => FpFixed { fixed: Fixed::decode(x, u, j << 1 | i), d: FpReg::half(d, D) }
    VcvtToFixed    "A1 f16" "1110_11101_D_11_1_1_1_u_dddd_1001_x_1_i_0_jjjj"  if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block() || x == 0 && (j << 1 | i) > 16) => FpFixed { fixed: Fixed::decode(x, u, j << 1 | i), d: FpReg::half(d, D) }
    Vrint          "A1 r f16" "1110_11101_D_11_0110_dddd_1001_0_1_M_0_mmmm" if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => FpRound { to: RoundTo::Fpscr, d: FpReg::half(d, D), m: FpReg::half(m, M) }
    Vrint          "A1 z f16" "1110_11101_D_11_0110_dddd_1001_1_1_M_0_mmmm" if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => FpRound { to: RoundTo::Zero, d: FpReg::half(d, D), m: FpReg::half(m, M) }
    Vrint          "A1 x f16" "1110_11101_D_11_0111_dddd_1001_0_1_M_0_mmmm" if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => FpRound { to: RoundTo::Exact, d: FpReg::half(d, D), m: FpReg::half(m, M) }
    Vstr           "A1 f16" "1110_1101_u_D_0_0_nnnn_dddd_1001_iiiiiiii"       if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block() || n == 15 && cx.thumb) => FpMem { d: FpReg::half(d, D), address: AddrImm::new(n, 1, u, 0, i << 1) } "vstr{.c}.16 {d}, {address}"
    Vldr           "A1 f16" "1110_1101_u_D_0_1_nnnn_dddd_1001_iiiiiiii"       if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => FpMem { d: FpReg::half(d, D), address: AddrImm::new(n, 1, u, 0, i << 1) } "vldr{.c}.16 {d}, {address}"
    /// Move a core register to a half.
    VmovToHalf     "A1" "1110_1110_000_0_nnnn_tttt_1001_N_(00)_1_(0000)"      if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block() || t == 15 || t == 13 && cx.thumb) => FpCore { t: r(t), n: single(n, N) } "vmov{.c}.f16 {n}, {t}"
    /// Move a half to a core register.
    VmovFromHalf   "A1" "1110_1110_000_1_nnnn_tttt_1001_N_(00)_1_(0000)"      if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block() || t == 15 || t == 13 && cx.thumb) => FpCore { t: r(t), n: single(n, N) } "vmov{.c}.f16 {t}, {n}"
    /// Convert to BFloat16, any condition.
    VcvtToBrain    "A1" "1110_11101_D_11_0011_dddd_1001_t_1_M_0_mmmm"         if_cx (cx.has(Features::BF16)) => FpHalf { top: t == 1, d: single(d, D), m: single(m, M) } "vcvt{top?t:b}{.c}.bf16.f32 {d}, {m}"

    // Without a condition.

    Vsel             "A1 f16" "1111_11100_D_cc_nnnn_dddd_1001_N_0_M_0_mmmm" if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => FpSelect { cond: Cond::from_bits(c << 2 | (c >> 1 ^ c) << 1 & 2), args: Fp3::half(d, D, n, N, m, M) }
    Vmaxnm           "A2 f16" "1111_11101_D_00_nnnn_dddd_1001_N_0_M_0_mmmm" if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp3::half(d, D, n, N, m, M)
    Vminnm           "A2 f16" "1111_11101_D_00_nnnn_dddd_1001_N_1_M_0_mmmm" if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => Fp3::half(d, D, n, N, m, M)
    Vrint            "A1 rm f16" "1111_11101_D_11_10_rr_dddd_1001_01_M_0_mmmm" if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => FpRound { to: RoundTo::from_rm(r), d: FpReg::half(d, D), m: FpReg::half(m, M) }
    VcvtRounded      "A1 f16" "1111_11101_D_11_11_rr_dddd_1001_s_1_M_0_mmmm" if_cx (cx.has(Features::FP16)) unpredictable (cx.in_it_block()) => FpToIntRounded { to: RoundTo::from_rm(r), signed: s == 1, d: single(d, D), m: FpReg::half(m, M) }
}
