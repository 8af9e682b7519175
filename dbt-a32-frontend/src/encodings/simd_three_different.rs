//! Advanced SIMD: registers of different lengths, scalars, extraction, table lookup,
//! DDI 0406C.d, sections A7.4.2 and A7.4.3.

dbt_isa::rows! {
    pub simd_three_different;

    // Three registers of different lengths (A7.4.2).

    /// Add long.
    Vaddl           "A1"     "1111001_u_1_D_zz_nnnn_dddd_0000_N_0_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, d)) => Simd3::mixed(SimdTy::su(u, z), [1, 0, 0], D << 4 | d, N << 4 | n, M << 4 | m) "vaddl{.c}.{ty} {d}, {n}, {m}"
    /// Add wide.
    Vaddw           "A1"     "1111001_u_1_D_zz_nnnn_dddd_0001_N_0_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, d | n)) => Simd3::mixed(SimdTy::su(u, z), [1, 1, 0], D << 4 | d, N << 4 | n, M << 4 | m) "vaddw{.c}.{ty} {d}, {n}, {m}"
    /// Subtract long.
    Vsubl           "A1"     "1111001_u_1_D_zz_nnnn_dddd_0010_N_0_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, d)) => Simd3::mixed(SimdTy::su(u, z), [1, 0, 0], D << 4 | d, N << 4 | n, M << 4 | m) "vsubl{.c}.{ty} {d}, {n}, {m}"
    /// Subtract wide.
    Vsubw           "A1"     "1111001_u_1_D_zz_nnnn_dddd_0011_N_0_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, d | n)) => Simd3::mixed(SimdTy::su(u, z), [1, 1, 0], D << 4 | d, N << 4 | n, M << 4 | m) "vsubw{.c}.{ty} {d}, {n}, {m}"
    /// Add and narrow, high half.
    Vaddhn          "A1"     "1111001_0_1_D_zz_nnnn_dddd_0100_N_0_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, n | m)) => Simd3::mixed(SimdTy::int(z + 1), [0, 1, 1], D << 4 | d, N << 4 | n, M << 4 | m) "vaddhn{.c}.{ty} {d}, {n}, {m}"
    /// Rounding add and narrow, high half.
    Vraddhn         "A1"     "1111001_1_1_D_zz_nnnn_dddd_0100_N_0_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, n | m)) => Simd3::mixed(SimdTy::int(z + 1), [0, 1, 1], D << 4 | d, N << 4 | n, M << 4 | m) "vraddhn{.c}.{ty} {d}, {n}, {m}"
    /// Absolute difference and accumulate long.
    Vabal           "A1"     "1111001_u_1_D_zz_nnnn_dddd_0101_N_0_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, d)) => Simd3::mixed(SimdTy::su(u, z), [1, 0, 0], D << 4 | d, N << 4 | n, M << 4 | m) "vabal{.c}.{ty} {d}, {n}, {m}"
    /// Subtract and narrow, high half.
    Vsubhn          "A1"     "1111001_0_1_D_zz_nnnn_dddd_0110_N_0_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, n | m)) => Simd3::mixed(SimdTy::int(z + 1), [0, 1, 1], D << 4 | d, N << 4 | n, M << 4 | m) "vsubhn{.c}.{ty} {d}, {n}, {m}"
    /// Rounding subtract and narrow, high half.
    Vrsubhn         "A1"     "1111001_1_1_D_zz_nnnn_dddd_0110_N_0_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, n | m)) => Simd3::mixed(SimdTy::int(z + 1), [0, 1, 1], D << 4 | d, N << 4 | n, M << 4 | m) "vrsubhn{.c}.{ty} {d}, {n}, {m}"
    /// Absolute difference long.
    Vabdl           "A1"     "1111001_u_1_D_zz_nnnn_dddd_0111_N_0_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, d)) => Simd3::mixed(SimdTy::su(u, z), [1, 0, 0], D << 4 | d, N << 4 | n, M << 4 | m) "vabdl{.c}.{ty} {d}, {n}, {m}"
    /// Multiply accumulate long.
    Vmlal           "A1"     "1111001_u_1_D_zz_nnnn_dddd_1000_N_0_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, d)) => Simd3::mixed(SimdTy::su(u, z), [1, 0, 0], D << 4 | d, N << 4 | n, M << 4 | m) "vmlal{.c}.{ty} {d}, {n}, {m}"
    /// Multiply subtract long.
    Vmlsl           "A1"     "1111001_u_1_D_zz_nnnn_dddd_1010_N_0_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, d)) => Simd3::mixed(SimdTy::su(u, z), [1, 0, 0], D << 4 | d, N << 4 | n, M << 4 | m) "vmlsl{.c}.{ty} {d}, {n}, {m}"
    /// Saturating doubling multiply accumulate long.
    Vqdmlal         "A1"     "1111001_0_1_D_zz_nnnn_dddd_1001_N_0_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (z == 0 || odd(1, d)) => Simd3::mixed(SimdTy::signed(z), [1, 0, 0], D << 4 | d, N << 4 | n, M << 4 | m) "vqdmlal{.c}.{ty} {d}, {n}, {m}"
    /// Saturating doubling multiply subtract long.
    Vqdmlsl         "A1"     "1111001_0_1_D_zz_nnnn_dddd_1011_N_0_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (z == 0 || odd(1, d)) => Simd3::mixed(SimdTy::signed(z), [1, 0, 0], D << 4 | d, N << 4 | n, M << 4 | m) "vqdmlsl{.c}.{ty} {d}, {n}, {m}"
    /// Multiply long.
    VmullInt        "A1"     "1111001_u_1_D_zz_nnnn_dddd_1100_N_0_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (odd(1, d)) => Simd3::mixed(SimdTy::su(u, z), [1, 0, 0], D << 4 | d, N << 4 | n, M << 4 | m) "vmull{.c}.{ty} {d}, {n}, {m}"
    /// Saturating doubling multiply long.
    Vqdmull         "A1"     "1111001_0_1_D_zz_nnnn_dddd_1101_N_0_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (z == 0 || odd(1, d)) => Simd3::mixed(SimdTy::signed(z), [1, 0, 0], D << 4 | d, N << 4 | n, M << 4 | m) "vqdmull{.c}.{ty} {d}, {n}, {m}"
    /// Multiply polynomials over {0, 1} long.
    VmullPoly       "A1"     "1111001_0_1_D_00_nnnn_dddd_1110_N_0_M_0_mmmm"  if_cx (cx.has(Features::ASIMD)) undefined (odd(1, d)) => Simd3::mixed(SimdTy::P8, [1, 0, 0], D << 4 | d, N << 4 | n, M << 4 | m) "vmull{.c}.{ty} {d}, {n}, {m}"
    VmullPoly       "A1 P64" "1111001_0_1_D_10_nnnn_dddd_1110_N_0_M_0_mmmm"  if_cx (cx.has(Features::PMULL)) undefined (odd(1, d)) unpredictable (cx.in_it_block()) => Simd3::mixed(SimdTy::P64, [1, 0, 0], D << 4 | d, N << 4 | n, M << 4 | m)

    // Two registers and a scalar (A7.4.3).

    /// Multiply accumulate.
    VmlaScalar      "A1"     "1111001_q_1_D_zz_nnnn_dddd_0000_N_1_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (z == 0 || odd(q, d | n)) => SimdScalar3::new(SimdTy::int(z), q, q, D << 4 | d, N << 4 | n, z, M << 4 | m) "vmla{.c}.{ty} {d}, {n}, {m}[{x}]"
    /// Multiply accumulate, floating-point.
    VmlaScalarFloat "A1"     "1111001_q_1_D_zz_nnnn_dddd_0001_N_1_M_0_mmmm"  where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::ASIMD)) undefined (odd(q, d | n)) unpredictable (z == 1 && cx.in_it_block()) => SimdScalar3::new(SimdTy::float(z), q, q, D << 4 | d, N << 4 | n, z, M << 4 | m) "vmla{.c}.{ty} {d}, {n}, {m}[{x}]"
    /// Multiply accumulate long.
    VmlalScalar     "A2"     "1111001_u_1_D_zz_nnnn_dddd_0010_N_1_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (z == 0 || odd(1, d)) => SimdScalar3::new(SimdTy::su(u, z), 1, 0, D << 4 | d, N << 4 | n, z, M << 4 | m) "vmlal{.c}.{ty} {d}, {n}, {m}[{x}]"
    /// Saturating doubling multiply accumulate long.
    VqdmlalScalar   "A2"     "1111001_0_1_D_zz_nnnn_dddd_0011_N_1_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (z == 0 || odd(1, d)) => SimdScalar3::new(SimdTy::signed(z), 1, 0, D << 4 | d, N << 4 | n, z, M << 4 | m) "vqdmlal{.c}.{ty} {d}, {n}, {m}[{x}]"
    /// Multiply subtract.
    VmlsScalar      "A1"     "1111001_q_1_D_zz_nnnn_dddd_0100_N_1_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (z == 0 || odd(q, d | n)) => SimdScalar3::new(SimdTy::int(z), q, q, D << 4 | d, N << 4 | n, z, M << 4 | m) "vmls{.c}.{ty} {d}, {n}, {m}[{x}]"
    /// Multiply subtract, floating-point.
    VmlsScalarFloat "A1"     "1111001_q_1_D_zz_nnnn_dddd_0101_N_1_M_0_mmmm"  where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::ASIMD)) undefined (odd(q, d | n)) unpredictable (z == 1 && cx.in_it_block()) => SimdScalar3::new(SimdTy::float(z), q, q, D << 4 | d, N << 4 | n, z, M << 4 | m) "vmls{.c}.{ty} {d}, {n}, {m}[{x}]"
    /// Multiply subtract long.
    VmlslScalar     "A2"     "1111001_u_1_D_zz_nnnn_dddd_0110_N_1_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (z == 0 || odd(1, d)) => SimdScalar3::new(SimdTy::su(u, z), 1, 0, D << 4 | d, N << 4 | n, z, M << 4 | m) "vmlsl{.c}.{ty} {d}, {n}, {m}[{x}]"
    /// Saturating doubling multiply subtract long.
    VqdmlslScalar   "A2"     "1111001_0_1_D_zz_nnnn_dddd_0111_N_1_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (z == 0 || odd(1, d)) => SimdScalar3::new(SimdTy::signed(z), 1, 0, D << 4 | d, N << 4 | n, z, M << 4 | m) "vqdmlsl{.c}.{ty} {d}, {n}, {m}[{x}]"
    /// Multiply.
    VmulScalar      "A1"     "1111001_q_1_D_zz_nnnn_dddd_1000_N_1_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (z == 0 || odd(q, d | n)) => SimdScalar3::new(SimdTy::int(z), q, q, D << 4 | d, N << 4 | n, z, M << 4 | m) "vmul{.c}.{ty} {d}, {n}, {m}[{x}]"
    /// Multiply, floating-point.
    VmulScalarFloat "A1"     "1111001_q_1_D_zz_nnnn_dddd_1001_N_1_M_0_mmmm"  where (matches!(z, 1 | 2)) if_cx (cx.has_float(z, Features::ASIMD)) undefined (odd(q, d | n)) unpredictable (z == 1 && cx.in_it_block()) => SimdScalar3::new(SimdTy::float(z), q, q, D << 4 | d, N << 4 | n, z, M << 4 | m) "vmul{.c}.{ty} {d}, {n}, {m}[{x}]"
    /// Multiply long.
    VmullScalar     "A2"     "1111001_u_1_D_zz_nnnn_dddd_1010_N_1_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (z == 0 || odd(1, d)) => SimdScalar3::new(SimdTy::su(u, z), 1, 0, D << 4 | d, N << 4 | n, z, M << 4 | m) "vmull{.c}.{ty} {d}, {n}, {m}[{x}]"
    /// Saturating doubling multiply long.
    VqdmullScalar   "A2"     "1111001_0_1_D_zz_nnnn_dddd_1011_N_1_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (z == 0 || odd(1, d)) => SimdScalar3::new(SimdTy::signed(z), 1, 0, D << 4 | d, N << 4 | n, z, M << 4 | m) "vqdmull{.c}.{ty} {d}, {n}, {m}[{x}]"
    /// Saturating doubling multiply, high half.
    VqdmulhScalar   "A1"     "1111001_q_1_D_zz_nnnn_dddd_1100_N_1_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (z == 0 || odd(q, d | n)) => SimdScalar3::new(SimdTy::signed(z), q, q, D << 4 | d, N << 4 | n, z, M << 4 | m) "vqdmulh{.c}.{ty} {d}, {n}, {m}[{x}]"
    /// Saturating rounding doubling multiply, high half.
    VqrdmulhScalar  "A1"     "1111001_q_1_D_zz_nnnn_dddd_1101_N_1_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (z == 0 || odd(q, d | n)) => SimdScalar3::new(SimdTy::signed(z), q, q, D << 4 | d, N << 4 | n, z, M << 4 | m) "vqrdmulh{.c}.{ty} {d}, {n}, {m}[{x}]"
    /// Saturating rounding doubling multiply accumulate, high half.
    VqrdmlahScalar  "A2"     "1111001_q_1_D_zz_nnnn_dddd_1110_N_1_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::RDM)) undefined (z == 0 || odd(q, d | n)) unpredictable (cx.in_it_block()) => SimdScalar3::new(SimdTy::signed(z), q, q, D << 4 | d, N << 4 | n, z, M << 4 | m) "vqrdmlah{.c}.{ty} {d}, {n}, {m}[{x}]"
    /// Saturating rounding doubling multiply subtract, high half.
    VqrdmlshScalar  "A2"     "1111001_q_1_D_zz_nnnn_dddd_1111_N_1_M_0_mmmm"  where (z != 3) if_cx (cx.has(Features::RDM)) undefined (z == 0 || odd(q, d | n)) unpredictable (cx.in_it_block()) => SimdScalar3::new(SimdTy::signed(z), q, q, D << 4 | d, N << 4 | n, z, M << 4 | m) "vqrdmlsh{.c}.{ty} {d}, {n}, {m}[{x}]"

    // Extraction, table lookup, duplication (A7.4).

    /// Extract.
    Vext            "A1"     "1111001_0_1_D_11_nnnn_dddd_iiii_N_q_M_0_mmmm"  if_cx (cx.has(Features::ASIMD)) undefined (q == 0 && i > 7 || odd(q, d | n | m)) => SimdExt::new(q, D << 4 | d, N << 4 | n, M << 4 | m, i) "vext{.c}.8 {d}, {n}, {m}, {imm}"
    /// Table lookup.
    Vtbl            "A1"     "1111001_1_1_D_11_nnnn_dddd_10_ll_N_0_M_0_mmmm" if_cx (cx.has(Features::ASIMD)) unpredictable ((N << 4 | n) + l > 31) => SimdTable { d: double(D, d), list: FpRegList::new(FpReg::Double(double(N, n)), l + 1), m: double(M, m) } "vtbl{.c}.8 {d}, {list}, {m}"
    /// Table lookup that leaves elements out of range.
    Vtbx            "A1"     "1111001_1_1_D_11_nnnn_dddd_10_ll_N_1_M_0_mmmm" if_cx (cx.has(Features::ASIMD)) unpredictable ((N << 4 | n) + l > 31) => SimdTable { d: double(D, d), list: FpRegList::new(FpReg::Double(double(N, n)), l + 1), m: double(M, m) } "vtbx{.c}.8 {d}, {list}, {m}"
    /// Duplicate a scalar.
    VdupScalar      "A1"     "1111001_1_1_D_11_iiii_dddd_1100_0_q_M_0_mmmm"  if_cx (cx.has(Features::ASIMD)) undefined (i & 7 == 0 || odd(q, d)) => SimdDup::new(q, D << 4 | d, i, M << 4 | m) "vdup{.c}.{size} {d}, {m}[{x}]"
}
