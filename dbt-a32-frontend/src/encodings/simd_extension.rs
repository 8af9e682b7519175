//! Advanced SIMD of ARMv8.2 and later: the three-register extensions, DDI 0487, sections
//! F3.1 and F4.1.
//!
//! A32 and T32 encode them alike, with `0b1111` in bits 31 to 28 where coprocessors 8, 12
//! and 13 would be. All are UNPREDICTABLE in an IT block.

dbt_isa::rows! {
    pub simd_extension;

    // Complex numbers (ARMv8.3).

    /// Complex add.
    Vcadd        "A1" "1111_110_r_1_D_0_s_nnnn_dddd_1000_N_q_M_0_mmmm"  if_cx (cx.has_float(1 + s, Features::FCMA)) undefined (odd(q, d | n | m)) unpredictable (cx.in_it_block()) => SimdComplex::new(SimdTy::float(1 + s), q, D << 4 | d, N << 4 | n, M << 4 | m, 2 * r + 1) "vcadd.{args.ty} {args.d}, {args.n}, {args.m}, {rotation}"
    /// Complex multiply accumulate.
    Vcmla        "A1" "1111_110_rr_D_1_s_nnnn_dddd_1000_N_q_M_0_mmmm"   if_cx (cx.has_float(1 + s, Features::FCMA)) undefined (odd(q, d | n | m)) unpredictable (cx.in_it_block()) => SimdComplex::new(SimdTy::float(1 + s), q, D << 4 | d, N << 4 | n, M << 4 | m, r) "vcmla.{args.ty} {args.d}, {args.n}, {args.m}, {rotation}"
    /// Complex multiply accumulate by an element.
    VcmlaScalar  "A1 16" "1111_1110_0_D_rr_nnnn_dddd_1000_N_q_M_0_mmmm" if_cx (cx.has_float(1, Features::FCMA)) undefined (odd(q, d | n)) unpredictable (cx.in_it_block()) => SimdComplexScalar::new(SimdTy::float(1), q, D << 4 | d, N << 4 | n, m, M, r) "vcmla.{args.ty} {args.d}, {args.n}, {args.m}[{args.x}], {rotation}"
    VcmlaScalar  "A1 32" "1111_1110_1_D_rr_nnnn_dddd_1000_N_q_M_0_mmmm" if_cx (cx.has(Features::FCMA)) undefined (odd(q, d | n)) unpredictable (cx.in_it_block()) => SimdComplexScalar::new(SimdTy::float(2), q, D << 4 | d, N << 4 | n, M << 4 | m, 0, r)

    // Products of halves, added to singles (ARMv8.2).

    /// Multiply halves and add to singles.
    Vfmal        "A1" "1111_1100_0_D_10_nnnn_dddd_1000_N_q_M_1_mmmm"   if_cx (cx.has(Features::FHM)) undefined (odd(q, d)) unpredictable (cx.in_it_block()) => SimdHalves::new(q, D << 4 | d, n, N, m, M) "vfmal.f16 {d}, {n}, {m}"
    /// Multiply halves and subtract from singles.
    Vfmsl        "A1" "1111_1100_1_D_10_nnnn_dddd_1000_N_q_M_1_mmmm"   if_cx (cx.has(Features::FHM)) undefined (odd(q, d)) unpredictable (cx.in_it_block()) => SimdHalves::new(q, D << 4 | d, n, N, m, M) "vfmsl.f16 {d}, {n}, {m}"
    /// Multiply halves by an element and add to singles.
    VfmalScalar  "A1" "1111_1110_0_D_00_nnnn_dddd_1000_N_q_M_1_mmmm"   if_cx (cx.has(Features::FHM)) undefined (odd(q, d)) unpredictable (cx.in_it_block()) => SimdHalfScalar::new(q, D << 4 | d, n, N, m, M) "vfmal.f16 {d}, {n}, {m}[{x}]"
    /// Multiply halves by an element and subtract from singles.
    VfmslScalar  "A1" "1111_1110_0_D_01_nnnn_dddd_1000_N_q_M_1_mmmm"   if_cx (cx.has(Features::FHM)) undefined (odd(q, d)) unpredictable (cx.in_it_block()) => SimdHalfScalar::new(q, D << 4 | d, n, N, m, M) "vfmsl.f16 {d}, {n}, {m}[{x}]"

    // Dot products (ARMv8.2) and products of matrices (ARMv8.6) of bytes.

    /// Dot product.
    Vdot         "A1" "1111_1100_0_D_10_nnnn_dddd_1101_N_q_M_u_mmmm"   if_cx (cx.has(Features::DOT_PRODUCT)) undefined (odd(q, d | n | m)) unpredictable (cx.in_it_block()) => Simd3::new(SimdTy::su(u, 0), q, D << 4 | d, N << 4 | n, M << 4 | m) "v{ty.letter()}dot.{ty} {d}, {n}, {m}"
    /// Dot product by an element.
    VdotScalar   "A1" "1111_1110_0_D_10_nnnn_dddd_1101_N_q_M_u_mmmm"   if_cx (cx.has(Features::DOT_PRODUCT)) undefined (odd(q, d | n)) unpredictable (cx.in_it_block()) => SimdScalar3::element(SimdTy::su(u, 0), q, D << 4 | d, N << 4 | n, m, M) "v{ty.letter()}dot.{ty} {d}, {n}, {m}[{x}]"
    /// Dot product of unsigned and signed bytes.
    Vusdot       "A1" "1111_1100_1_D_10_nnnn_dddd_1101_N_q_M_0_mmmm"   if_cx (cx.has(Features::I8MM)) undefined (odd(q, d | n | m)) unpredictable (cx.in_it_block()) => Simd3::new(SimdTy::signed(0), q, D << 4 | d, N << 4 | n, M << 4 | m) "vusdot.{ty} {d}, {n}, {m}"
    /// Dot product of unsigned bytes and a signed element.
    VusdotScalar "A1" "1111_1110_1_D_00_nnnn_dddd_1101_N_q_M_0_mmmm"   if_cx (cx.has(Features::I8MM)) undefined (odd(q, d | n)) unpredictable (cx.in_it_block()) => SimdScalar3::element(SimdTy::signed(0), q, D << 4 | d, N << 4 | n, m, M) "vusdot.{ty} {d}, {n}, {m}[{x}]"
    /// Dot product of signed bytes and an unsigned element.
    VsudotScalar "A1" "1111_1110_1_D_00_nnnn_dddd_1101_N_q_M_1_mmmm"   if_cx (cx.has(Features::I8MM)) undefined (odd(q, d | n)) unpredictable (cx.in_it_block()) => SimdScalar3::element(SimdTy::unsigned(0), q, D << 4 | d, N << 4 | n, m, M) "vsudot.{ty} {d}, {n}, {m}[{x}]"
    /// Multiply matrices of bytes and accumulate.
    Vmmla        "A1" "1111_1100_0_D_10_nnnn_dddd_1100_N_1_M_u_mmmm"   if_cx (cx.has(Features::I8MM)) undefined (odd(1, d | n | m)) unpredictable (cx.in_it_block()) => Simd3::new(SimdTy::su(u, 0), 1, D << 4 | d, N << 4 | n, M << 4 | m) "v{ty.letter()}mmla.{ty} {d}, {n}, {m}"
    /// Multiply matrices of unsigned and signed bytes and accumulate.
    Vusmmla      "A1" "1111_1100_1_D_10_nnnn_dddd_1100_N_1_M_0_mmmm"   if_cx (cx.has(Features::I8MM)) undefined (odd(1, d | n | m)) unpredictable (cx.in_it_block()) => Simd3::new(SimdTy::signed(0), 1, D << 4 | d, N << 4 | n, M << 4 | m) "vusmmla.{ty} {d}, {n}, {m}"

    // BFloat16 (ARMv8.6).

    /// Dot product of BFloat16.
    VdotBrain       "A1" "1111_1100_0_D_00_nnnn_dddd_1101_N_q_M_0_mmmm" if_cx (cx.has(Features::BF16)) undefined (odd(q, d | n | m)) unpredictable (cx.in_it_block()) => Simd3::new(SimdTy::F16, q, D << 4 | d, N << 4 | n, M << 4 | m) "vdot.bf16 {d}, {n}, {m}"
    /// Dot product of BFloat16 by an element.
    VdotBrainScalar "A1" "1111_1110_0_D_00_nnnn_dddd_1101_N_q_M_0_mmmm" if_cx (cx.has(Features::BF16)) undefined (odd(q, d | n)) unpredictable (cx.in_it_block()) => SimdScalar3::element(SimdTy::F16, q, D << 4 | d, N << 4 | n, m, M) "vdot.bf16 {d}, {n}, {m}[{x}]"
    /// Multiply matrices of BFloat16 and accumulate.
    VmmlaBrain      "A1" "1111_1100_0_D_00_nnnn_dddd_1100_N_1_M_0_mmmm" if_cx (cx.has(Features::BF16)) undefined (odd(1, d | n | m)) unpredictable (cx.in_it_block()) => Simd3::new(SimdTy::F16, 1, D << 4 | d, N << 4 | n, M << 4 | m) "vmmla.bf16 {d}, {n}, {m}"
    /// Multiply BFloat16 and add to singles.
    VfmaBrain       "A1" "1111_1100_0_D_11_nnnn_dddd_1000_N_t_M_1_mmmm" if_cx (cx.has(Features::BF16)) undefined (odd(1, d | n | m)) unpredictable (cx.in_it_block()) => SimdBrain { top: t == 1, args: Simd3::new(SimdTy::F16, 1, D << 4 | d, N << 4 | n, M << 4 | m) } "vfma{top?t:b}.bf16 {args.d}, {args.n}, {args.m}"
    /// Multiply BFloat16 by an element and add to singles.
    VfmaBrainScalar "A1" "1111_1110_0_D_11_nnnn_dddd_1000_N_t_M_1_mmmm" if_cx (cx.has(Features::BF16)) undefined (odd(1, d | n)) unpredictable (cx.in_it_block()) => SimdBrainScalar { top: t == 1, args: SimdScalar3::element(SimdTy::F16, 1, D << 4 | d, N << 4 | n, m & 7, M << 1 | m >> 3) } "vfma{top?t:b}.bf16 {args.d}, {args.n}, {args.m}[{args.x}]"
}
