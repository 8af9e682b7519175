//! Advanced SIMD: two registers, miscellaneous, DDI 0406C.d, section A7.4.5.

dbt_isa::rows! {
    pub simd_two_misc;

    // Two registers, miscellaneous (A7.4.5).

    /// Reverse elements in doublewords.
    Vrev64             "A1"   "1111001_1_1_D_11_zz_00_dddd_0_0000_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | m)) => Simd2::new(SimdTy::bits(z), q, D << 4 | d, M << 4 | m) "vrev64{.c}.{ty} {d}, {m}"
    /// Reverse elements in words.
    Vrev32             "A1"   "1111001_1_1_D_11_zz_00_dddd_0_0001_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z > 1 || odd(q, d | m)) => Simd2::new(SimdTy::bits(z), q, D << 4 | d, M << 4 | m) "vrev32{.c}.{ty} {d}, {m}"
    /// Reverse elements in halfwords.
    Vrev16             "A1"   "1111001_1_1_D_11_zz_00_dddd_0_0010_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z > 0 || odd(q, d | m)) => Simd2::new(SimdTy::bits(z), q, D << 4 | d, M << 4 | m) "vrev16{.c}.{ty} {d}, {m}"
    /// Pairwise add long.
    Vpaddl             "A1"   "1111001_1_1_D_11_zz_00_dddd_0_010_u_q_M_0_mmmm"  if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | m)) => Simd2::new(SimdTy::su(u, z), q, D << 4 | d, M << 4 | m) "vpaddl{.c}.{ty} {d}, {m}"
    /// Count leading sign bits.
    Vcls               "A1"   "1111001_1_1_D_11_zz_00_dddd_0_1000_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | m)) => Simd2::new(SimdTy::signed(z), q, D << 4 | d, M << 4 | m) "vcls{.c}.{ty} {d}, {m}"
    /// Count leading zeroes.
    Vclz               "A1"   "1111001_1_1_D_11_zz_00_dddd_0_1001_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | m)) => Simd2::new(SimdTy::int(z), q, D << 4 | d, M << 4 | m) "vclz{.c}.{ty} {d}, {m}"
    /// Count bits that are set.
    Vcnt               "A1"   "1111001_1_1_D_11_zz_00_dddd_0_1010_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z != 0 || odd(q, d | m)) => Simd2::new(SimdTy::bits(z), q, D << 4 | d, M << 4 | m) "vcnt{.c}.{ty} {d}, {m}"
    /// Complement.
    VmvnReg            "A1"   "1111001_1_1_D_11_00_00_dddd_0_1011_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | m)) => Simd2::new(SimdTy::NONE, q, D << 4 | d, M << 4 | m) "vmvn{.c} {d}, {m}"
    /// Pairwise add and accumulate long.
    Vpadal             "A1"   "1111001_1_1_D_11_zz_00_dddd_0_110_u_q_M_0_mmmm"  if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | m)) => Simd2::new(SimdTy::su(u, z), q, D << 4 | d, M << 4 | m) "vpadal{.c}.{ty} {d}, {m}"
    /// Saturating absolute value.
    Vqabs              "A1"   "1111001_1_1_D_11_zz_00_dddd_0_1110_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | m)) => Simd2::new(SimdTy::signed(z), q, D << 4 | d, M << 4 | m) "vqabs{.c}.{ty} {d}, {m}"
    /// Saturating negate.
    Vqneg              "A1"   "1111001_1_1_D_11_zz_00_dddd_0_1111_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | m)) => Simd2::new(SimdTy::signed(z), q, D << 4 | d, M << 4 | m) "vqneg{.c}.{ty} {d}, {m}"
    /// Compare: greater than zero.
    VcgtZero           "A1"   "1111001_1_1_D_11_zz_01_dddd_0_0000_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | m)) => Simd2::new(SimdTy::signed(z), q, D << 4 | d, M << 4 | m) "vcgt{.c}.{ty} {d}, {m}, #0"
    /// Compare: greater than zero, floating-point.
    VcgtZeroFloat      "A1"   "1111001_1_1_D_11_zz_01_dddd_0_1000_q_M_0_mmmm"   where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::ASIMD)) undefined (odd(q, d | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd2::new(SimdTy::float(z), q, D << 4 | d, M << 4 | m) "vcgt{.c}.{ty} {d}, {m}, #0"
    /// Compare: greater than or equal to zero.
    VcgeZero           "A1"   "1111001_1_1_D_11_zz_01_dddd_0_0001_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | m)) => Simd2::new(SimdTy::signed(z), q, D << 4 | d, M << 4 | m) "vcge{.c}.{ty} {d}, {m}, #0"
    /// Compare: greater than or equal to zero, floating-point.
    VcgeZeroFloat      "A1"   "1111001_1_1_D_11_zz_01_dddd_0_1001_q_M_0_mmmm"   where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::ASIMD)) undefined (odd(q, d | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd2::new(SimdTy::float(z), q, D << 4 | d, M << 4 | m) "vcge{.c}.{ty} {d}, {m}, #0"
    /// Compare: equal to zero.
    VceqZero           "A1"   "1111001_1_1_D_11_zz_01_dddd_0_0010_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | m)) => Simd2::new(SimdTy::int(z), q, D << 4 | d, M << 4 | m) "vceq{.c}.{ty} {d}, {m}, #0"
    /// Compare: equal to zero, floating-point.
    VceqZeroFloat      "A1"   "1111001_1_1_D_11_zz_01_dddd_0_1010_q_M_0_mmmm"   where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::ASIMD)) undefined (odd(q, d | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd2::new(SimdTy::float(z), q, D << 4 | d, M << 4 | m) "vceq{.c}.{ty} {d}, {m}, #0"
    /// Compare: less than or equal to zero.
    VcleZero           "A1"   "1111001_1_1_D_11_zz_01_dddd_0_0011_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | m)) => Simd2::new(SimdTy::signed(z), q, D << 4 | d, M << 4 | m) "vcle{.c}.{ty} {d}, {m}, #0"
    /// Compare: less than or equal to zero, floating-point.
    VcleZeroFloat      "A1"   "1111001_1_1_D_11_zz_01_dddd_0_1011_q_M_0_mmmm"   where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::ASIMD)) undefined (odd(q, d | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd2::new(SimdTy::float(z), q, D << 4 | d, M << 4 | m) "vcle{.c}.{ty} {d}, {m}, #0"
    /// Compare: less than zero.
    VcltZero           "A1"   "1111001_1_1_D_11_zz_01_dddd_0_0100_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | m)) => Simd2::new(SimdTy::signed(z), q, D << 4 | d, M << 4 | m) "vclt{.c}.{ty} {d}, {m}, #0"
    /// Compare: less than zero, floating-point.
    VcltZeroFloat      "A1"   "1111001_1_1_D_11_zz_01_dddd_0_1100_q_M_0_mmmm"   where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::ASIMD)) undefined (odd(q, d | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd2::new(SimdTy::float(z), q, D << 4 | d, M << 4 | m) "vclt{.c}.{ty} {d}, {m}, #0"
    /// Absolute value.
    VabsInt            "A1"   "1111001_1_1_D_11_zz_01_dddd_0_0110_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | m)) => Simd2::new(SimdTy::signed(z), q, D << 4 | d, M << 4 | m) "vabs{.c}.{ty} {d}, {m}"
    /// Absolute value, floating-point.
    VabsFloat          "A1"   "1111001_1_1_D_11_zz_01_dddd_0_1110_q_M_0_mmmm"   where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::ASIMD)) undefined (odd(q, d | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd2::new(SimdTy::float(z), q, D << 4 | d, M << 4 | m) "vabs{.c}.{ty} {d}, {m}"
    /// Negate.
    VnegInt            "A1"   "1111001_1_1_D_11_zz_01_dddd_0_0111_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | m)) => Simd2::new(SimdTy::signed(z), q, D << 4 | d, M << 4 | m) "vneg{.c}.{ty} {d}, {m}"
    /// Negate, floating-point.
    VnegFloat          "A1"   "1111001_1_1_D_11_zz_01_dddd_0_1111_q_M_0_mmmm"   where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::ASIMD)) undefined (odd(q, d | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd2::new(SimdTy::float(z), q, D << 4 | d, M << 4 | m) "vneg{.c}.{ty} {d}, {m}"
    /// Swap.
    Vswp               "A1"   "1111001_1_1_D_11_00_10_dddd_0_0000_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | m)) => Simd2::new(SimdTy::NONE, q, D << 4 | d, M << 4 | m) "vswp{.c} {d}, {m}"
    /// Transpose.
    Vtrn               "A1"   "1111001_1_1_D_11_zz_10_dddd_0_0001_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | m)) => Simd2::new(SimdTy::bits(z), q, D << 4 | d, M << 4 | m) "vtrn{.c}.{ty} {d}, {m}"
    /// Unzip.
    Vuzp               "A1"   "1111001_1_1_D_11_zz_10_dddd_0_0010_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || q == 0 && z == 2 || odd(q, d | m)) => Simd2::new(SimdTy::bits(z), q, D << 4 | d, M << 4 | m) "vuzp{.c}.{ty} {d}, {m}"
    /// Zip.
    Vzip               "A1"   "1111001_1_1_D_11_zz_10_dddd_0_0011_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || q == 0 && z == 2 || odd(q, d | m)) => Simd2::new(SimdTy::bits(z), q, D << 4 | d, M << 4 | m) "vzip{.c}.{ty} {d}, {m}"
    /// Move and narrow.
    Vmovn              "A1"   "1111001_1_1_D_11_zz_10_dddd_0_0100_0_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(1, m)) => Simd2::narrow(SimdTy::int(z + 1), D << 4 | d, M << 4 | m) "vmovn{.c}.{ty} {d}, {m}"
    /// Saturating move and narrow, unsigned result of signed operands.
    Vqmovun            "A1"   "1111001_1_1_D_11_zz_10_dddd_0_0100_1_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(1, m)) => Simd2::narrow(SimdTy::signed(z + 1), D << 4 | d, M << 4 | m) "vqmovun{.c}.{ty} {d}, {m}"
    /// Saturating move and narrow.
    Vqmovn             "A1"   "1111001_1_1_D_11_zz_10_dddd_0_0101_u_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(1, m)) => Simd2::narrow(SimdTy::su(u, z + 1), D << 4 | d, M << 4 | m) "vqmovn{.c}.{ty} {d}, {m}"
    /// Shift left long by the size of the elements.
    VshllMax           "A2"   "1111001_1_1_D_11_zz_10_dddd_0_0110_0_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(1, d)) => SimdShift::long_max(z, D << 4 | d, M << 4 | m) "vshll{.c}.{ty} {d}, {m}, {amount}"
    /// Convert to half precision.
    VcvtHalfFromSingle "A1"   "1111001_1_1_D_11_01_10_dddd_0_1100_0_M_0_mmmm"   if_cx (cx.has(Features::ASIMD.union(Features::VFP_HALF))) undefined (odd(1, m)) => SimdConvert::narrow(D << 4 | d, M << 4 | m) "vcvt{.c}.{to}.{from} {d}, {m}"
    /// Convert from half precision.
    VcvtSingleFromHalf "A1"   "1111001_1_1_D_11_01_10_dddd_0_1110_0_M_0_mmmm"   if_cx (cx.has(Features::ASIMD.union(Features::VFP_HALF))) undefined (odd(1, d)) => SimdConvert::long(D << 4 | d, M << 4 | m) "vcvt{.c}.{to}.{from} {d}, {m}"
    /// Reciprocal estimate.
    VrecpeInt          "A1"   "1111001_1_1_D_11_10_11_dddd_0_1000_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | m)) => Simd2::new(SimdTy::unsigned(2), q, D << 4 | d, M << 4 | m) "vrecpe{.c}.{ty} {d}, {m}"
    /// Reciprocal estimate, floating-point.
    VrecpeFloat        "A1"   "1111001_1_1_D_11_zz_11_dddd_0_1010_q_M_0_mmmm"   where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::ASIMD)) undefined (odd(q, d | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd2::new(SimdTy::float(z), q, D << 4 | d, M << 4 | m) "vrecpe{.c}.{ty} {d}, {m}"
    /// Reciprocal square root estimate.
    VrsqrteInt         "A1"   "1111001_1_1_D_11_10_11_dddd_0_1001_q_M_0_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | m)) => Simd2::new(SimdTy::unsigned(2), q, D << 4 | d, M << 4 | m) "vrsqrte{.c}.{ty} {d}, {m}"
    /// Reciprocal square root estimate, floating-point.
    VrsqrteFloat       "A1"   "1111001_1_1_D_11_zz_11_dddd_0_1011_q_M_0_mmmm"   where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::ASIMD)) undefined (odd(q, d | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd2::new(SimdTy::float(z), q, D << 4 | d, M << 4 | m) "vrsqrte{.c}.{ty} {d}, {m}"
    /// Convert from an integer.
    VcvtIntFloat       "A1"   "1111001_1_1_D_11_zz_11_dddd_0_110_u_q_M_0_mmmm"  where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::ASIMD)) undefined (odd(q, d | m)) unpredictable (z == 1 && cx.in_it_block()) => SimdConvert::new(SimdTy::float(z), SimdTy::su(u, z), q, D << 4 | d, M << 4 | m, 0) "vcvt{.c}.{to}.{from} {d}, {m}"
    /// Convert to an integer.
    VcvtFloatInt       "A1"   "1111001_1_1_D_11_zz_11_dddd_0_111_u_q_M_0_mmmm"  where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::ASIMD)) undefined (odd(q, d | m)) unpredictable (z == 1 && cx.in_it_block()) => SimdConvert::new(SimdTy::su(u, z), SimdTy::float(z), q, D << 4 | d, M << 4 | m, 0) "vcvt{.c}.{to}.{from} {d}, {m}"

    /// Convert to BFloat16.
    VcvtBrainFromSingle "A1"  "1111001_1_1_D_11_01_10_dddd_0_1100_1_M_0_mmmm"   if_cx (cx.has(Features::BF16)) undefined (odd(1, m)) unpredictable (cx.in_it_block()) => Simd2::narrow(SimdTy::F32, D << 4 | d, M << 4 | m) "vcvt{.c}.bf16.{ty} {d}, {m}"

    // ARMv8: DDI 0487, section F3.1.

    /// AES encryption round.
    Aese               "A1"   "1111001_1_1_D_11_00_00_dddd_0_0110_0_M_0_mmmm"   if_cx (cx.has(Features::AES)) undefined (odd(1, d | m)) unpredictable (cx.in_it_block()) => Simd2::new(SimdTy::NONE, 1, D << 4 | d, M << 4 | m) "aese.8 {d}, {m}"
    /// AES decryption round.
    Aesd               "A1"   "1111001_1_1_D_11_00_00_dddd_0_0110_1_M_0_mmmm"   if_cx (cx.has(Features::AES)) undefined (odd(1, d | m)) unpredictable (cx.in_it_block()) => Simd2::new(SimdTy::NONE, 1, D << 4 | d, M << 4 | m) "aesd.8 {d}, {m}"
    /// AES mix columns.
    Aesmc              "A1"   "1111001_1_1_D_11_00_00_dddd_0_0111_0_M_0_mmmm"   if_cx (cx.has(Features::AES)) undefined (odd(1, d | m)) unpredictable (cx.in_it_block()) => Simd2::new(SimdTy::NONE, 1, D << 4 | d, M << 4 | m) "aesmc.8 {d}, {m}"
    /// AES inverse mix columns.
    Aesimc             "A1"   "1111001_1_1_D_11_00_00_dddd_0_0111_1_M_0_mmmm"   if_cx (cx.has(Features::AES)) undefined (odd(1, d | m)) unpredictable (cx.in_it_block()) => Simd2::new(SimdTy::NONE, 1, D << 4 | d, M << 4 | m) "aesimc.8 {d}, {m}"
    /// SHA-1 fixed rotate.
    Sha1h              "A1"   "1111001_1_1_D_11_10_01_dddd_0_0101_1_M_0_mmmm"   if_cx (cx.has(Features::SHA1)) undefined (odd(1, d | m)) unpredictable (cx.in_it_block()) => Simd2::new(SimdTy::NONE, 1, D << 4 | d, M << 4 | m) "sha1h.32 {d}, {m}"
    /// SHA-1 schedule update 1.
    Sha1su1            "A1"   "1111001_1_1_D_11_10_10_dddd_0_0111_0_M_0_mmmm"   if_cx (cx.has(Features::SHA1)) undefined (odd(1, d | m)) unpredictable (cx.in_it_block()) => Simd2::new(SimdTy::NONE, 1, D << 4 | d, M << 4 | m) "sha1su1.32 {d}, {m}"
    /// SHA-256 schedule update 0.
    Sha256su0          "A1"   "1111001_1_1_D_11_10_10_dddd_0_0111_1_M_0_mmmm"   if_cx (cx.has(Features::SHA2)) undefined (odd(1, d | m)) unpredictable (cx.in_it_block()) => Simd2::new(SimdTy::NONE, 1, D << 4 | d, M << 4 | m) "sha256su0.32 {d}, {m}"
    /// Round to an integer.
    VrintSimd          "A1 n" "1111001_1_1_D_11_zz_10_dddd_0_1000_q_M_0_mmmm"   where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::FP_V8)) undefined (odd(q, d | m)) unpredictable (cx.in_it_block()) => SimdRound::new(SimdTy::float(z), RoundTo::TieEven, q, D << 4 | d, M << 4 | m) "vrint{to}.{ty} {d}, {m}"
    VrintSimd          "A1 x" "1111001_1_1_D_11_zz_10_dddd_0_1001_q_M_0_mmmm"   where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::FP_V8)) undefined (odd(q, d | m)) unpredictable (cx.in_it_block()) => SimdRound::new(SimdTy::float(z), RoundTo::Exact, q, D << 4 | d, M << 4 | m)
    VrintSimd          "A1 a" "1111001_1_1_D_11_zz_10_dddd_0_1010_q_M_0_mmmm"   where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::FP_V8)) undefined (odd(q, d | m)) unpredictable (cx.in_it_block()) => SimdRound::new(SimdTy::float(z), RoundTo::TieAway, q, D << 4 | d, M << 4 | m)
    VrintSimd          "A1 z" "1111001_1_1_D_11_zz_10_dddd_0_1011_q_M_0_mmmm"   where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::FP_V8)) undefined (odd(q, d | m)) unpredictable (cx.in_it_block()) => SimdRound::new(SimdTy::float(z), RoundTo::Zero, q, D << 4 | d, M << 4 | m)
    VrintSimd          "A1 m" "1111001_1_1_D_11_zz_10_dddd_0_1101_q_M_0_mmmm"   where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::FP_V8)) undefined (odd(q, d | m)) unpredictable (cx.in_it_block()) => SimdRound::new(SimdTy::float(z), RoundTo::Down, q, D << 4 | d, M << 4 | m)
    VrintSimd          "A1 p" "1111001_1_1_D_11_zz_10_dddd_0_1111_q_M_0_mmmm"   where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::FP_V8)) undefined (odd(q, d | m)) unpredictable (cx.in_it_block()) => SimdRound::new(SimdTy::float(z), RoundTo::Up, q, D << 4 | d, M << 4 | m)
    /// Convert to an integer, rounding as the instruction says.
    VcvtRoundedSimd    "A1"   "1111001_1_1_D_11_zz_11_dddd_0_0_rr_u_q_M_0_mmmm" where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::FP_V8)) undefined (odd(q, d | m)) unpredictable (cx.in_it_block()) => SimdConvertRounded::new(RoundTo::from_rm(r), SimdTy::su(u, z), q, D << 4 | d, M << 4 | m) "vcvt{round}.{to}.{from()} {d}, {m}"
}
