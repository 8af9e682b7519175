//! Advanced SIMD: three registers of the same length, DDI 0406C.d, section A7.4.1.
//!
//! The word is as in A32; T32 has the bit `u` four places higher and `0b1111` around
//! it, and otherwise the same bits.

dbt_isa::rows! {
    pub simd_three_same;

    // Three registers of the same length (A7.4.1).

    /// Halving add.
    Vhadd      "A1" "1111001_u_0_D_zz_nnnn_dddd_0000_N_q_M_0_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | n | m)) => Simd3::new(SimdTy::su(u, z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vhadd{.c}.{ty} {d}, {n}, {m}"
    /// Saturating add.
    Vqadd      "A1" "1111001_u_0_D_zz_nnnn_dddd_0000_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | n | m)) => Simd3::new(SimdTy::su(u, z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vqadd{.c}.{ty} {d}, {n}, {m}"
    /// Rounding halving add.
    Vrhadd     "A1" "1111001_u_0_D_zz_nnnn_dddd_0001_N_q_M_0_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | n | m)) => Simd3::new(SimdTy::su(u, z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vrhadd{.c}.{ty} {d}, {n}, {m}"
    /// And.
    VandReg    "A1" "1111001_0_0_D_00_nnnn_dddd_0001_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | n | m)) => Simd3::new(SimdTy::NONE, q, D << 4 | d, N << 4 | n, M << 4 | m) "vand{.c} {d}, {n}, {m}"
    /// Bit clear.
    VbicReg    "A1" "1111001_0_0_D_01_nnnn_dddd_0001_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | n | m)) => Simd3::new(SimdTy::NONE, q, D << 4 | d, N << 4 | n, M << 4 | m) "vbic{.c} {d}, {n}, {m}"
    /// Or; a move if both operands are one register.
    VorrReg    "A1" "1111001_0_0_D_10_nnnn_dddd_0001_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | n | m)) => Simd3::new(SimdTy::NONE, q, D << 4 | d, N << 4 | n, M << 4 | m) "vorr{.c} {d}, {n}, {m}"
    /// Or not.
    VornReg    "A1" "1111001_0_0_D_11_nnnn_dddd_0001_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | n | m)) => Simd3::new(SimdTy::NONE, q, D << 4 | d, N << 4 | n, M << 4 | m) "vorn{.c} {d}, {n}, {m}"
    /// Exclusive or.
    Veor       "A1" "1111001_1_0_D_00_nnnn_dddd_0001_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | n | m)) => Simd3::new(SimdTy::NONE, q, D << 4 | d, N << 4 | n, M << 4 | m) "veor{.c} {d}, {n}, {m}"
    /// Bitwise select.
    Vbsl       "A1" "1111001_1_0_D_01_nnnn_dddd_0001_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | n | m)) => Simd3::new(SimdTy::NONE, q, D << 4 | d, N << 4 | n, M << 4 | m) "vbsl{.c} {d}, {n}, {m}"
    /// Bitwise insert if true.
    Vbit       "A1" "1111001_1_0_D_10_nnnn_dddd_0001_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | n | m)) => Simd3::new(SimdTy::NONE, q, D << 4 | d, N << 4 | n, M << 4 | m) "vbit{.c} {d}, {n}, {m}"
    /// Bitwise insert if false.
    Vbif       "A1" "1111001_1_0_D_11_nnnn_dddd_0001_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | n | m)) => Simd3::new(SimdTy::NONE, q, D << 4 | d, N << 4 | n, M << 4 | m) "vbif{.c} {d}, {n}, {m}"
    /// Halving subtract.
    Vhsub      "A1" "1111001_u_0_D_zz_nnnn_dddd_0010_N_q_M_0_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | n | m)) => Simd3::new(SimdTy::su(u, z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vhsub{.c}.{ty} {d}, {n}, {m}"
    /// Saturating subtract.
    Vqsub      "A1" "1111001_u_0_D_zz_nnnn_dddd_0010_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | n | m)) => Simd3::new(SimdTy::su(u, z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vqsub{.c}.{ty} {d}, {n}, {m}"
    /// Compare greater than.
    VcgtReg    "A1" "1111001_u_0_D_zz_nnnn_dddd_0011_N_q_M_0_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | n | m)) => Simd3::new(SimdTy::su(u, z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vcgt{.c}.{ty} {d}, {n}, {m}"
    /// Compare greater than or equal.
    VcgeReg    "A1" "1111001_u_0_D_zz_nnnn_dddd_0011_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | n | m)) => Simd3::new(SimdTy::su(u, z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vcge{.c}.{ty} {d}, {n}, {m}"
    /// Shift left.
    VshlReg    "A1" "1111001_u_0_D_zz_nnnn_dddd_0100_N_q_M_0_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | n | m)) => Simd3::new(SimdTy::su(u, z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vshl{.c}.{ty} {d}, {m}, {n}"
    /// Saturating shift left.
    VqshlReg   "A1" "1111001_u_0_D_zz_nnnn_dddd_0100_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | n | m)) => Simd3::new(SimdTy::su(u, z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vqshl{.c}.{ty} {d}, {m}, {n}"
    /// Rounding shift left.
    Vrshl      "A1" "1111001_u_0_D_zz_nnnn_dddd_0101_N_q_M_0_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | n | m)) => Simd3::new(SimdTy::su(u, z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vrshl{.c}.{ty} {d}, {m}, {n}"
    /// Saturating rounding shift left.
    Vqrshl     "A1" "1111001_u_0_D_zz_nnnn_dddd_0101_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | n | m)) => Simd3::new(SimdTy::su(u, z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vqrshl{.c}.{ty} {d}, {m}, {n}"
    /// Maximum.
    VmaxInt    "A1" "1111001_u_0_D_zz_nnnn_dddd_0110_N_q_M_0_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | n | m)) => Simd3::new(SimdTy::su(u, z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vmax{.c}.{ty} {d}, {n}, {m}"
    /// Minimum.
    VminInt    "A1" "1111001_u_0_D_zz_nnnn_dddd_0110_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | n | m)) => Simd3::new(SimdTy::su(u, z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vmin{.c}.{ty} {d}, {n}, {m}"
    /// Absolute difference.
    VabdInt    "A1" "1111001_u_0_D_zz_nnnn_dddd_0111_N_q_M_0_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | n | m)) => Simd3::new(SimdTy::su(u, z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vabd{.c}.{ty} {d}, {n}, {m}"
    /// Absolute difference and accumulate.
    Vaba       "A1" "1111001_u_0_D_zz_nnnn_dddd_0111_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | n | m)) => Simd3::new(SimdTy::su(u, z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vaba{.c}.{ty} {d}, {n}, {m}"
    /// Add.
    VaddInt    "A1" "1111001_0_0_D_zz_nnnn_dddd_1000_N_q_M_0_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | n | m)) => Simd3::new(SimdTy::int(z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vadd{.c}.{ty} {d}, {n}, {m}"
    /// Subtract.
    VsubInt    "A1" "1111001_1_0_D_zz_nnnn_dddd_1000_N_q_M_0_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (odd(q, d | n | m)) => Simd3::new(SimdTy::int(z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vsub{.c}.{ty} {d}, {n}, {m}"
    /// Test bits.
    Vtst       "A1" "1111001_0_0_D_zz_nnnn_dddd_1000_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | n | m)) => Simd3::new(SimdTy::bits(z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vtst{.c}.{ty} {d}, {n}, {m}"
    /// Compare equal.
    VceqReg    "A1" "1111001_1_0_D_zz_nnnn_dddd_1000_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | n | m)) => Simd3::new(SimdTy::int(z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vceq{.c}.{ty} {d}, {n}, {m}"
    /// Multiply accumulate.
    VmlaInt    "A1" "1111001_0_0_D_zz_nnnn_dddd_1001_N_q_M_0_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | n | m)) => Simd3::new(SimdTy::int(z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vmla{.c}.{ty} {d}, {n}, {m}"
    /// Multiply subtract.
    VmlsInt    "A1" "1111001_1_0_D_zz_nnnn_dddd_1001_N_q_M_0_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | n | m)) => Simd3::new(SimdTy::int(z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vmls{.c}.{ty} {d}, {n}, {m}"
    /// Multiply.
    VmulInt    "A1" "1111001_0_0_D_zz_nnnn_dddd_1001_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || odd(q, d | n | m)) => Simd3::new(SimdTy::int(z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vmul{.c}.{ty} {d}, {n}, {m}"
    /// Multiply polynomials over {0, 1}.
    VmulPoly   "A1" "1111001_1_0_D_zz_nnnn_dddd_1001_N_q_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z != 0 || odd(q, d | n | m)) => Simd3::new(SimdTy::poly(z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vmul{.c}.{ty} {d}, {n}, {m}"
    /// Pairwise maximum.
    VpmaxInt   "A1" "1111001_u_0_D_zz_nnnn_dddd_1010_N_0_M_0_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3) => Simd3::new(SimdTy::su(u, z), 0, D << 4 | d, N << 4 | n, M << 4 | m) "vpmax{.c}.{ty} {d}, {n}, {m}"
    /// Pairwise minimum.
    VpminInt   "A1" "1111001_u_0_D_zz_nnnn_dddd_1010_N_0_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3) => Simd3::new(SimdTy::su(u, z), 0, D << 4 | d, N << 4 | n, M << 4 | m) "vpmin{.c}.{ty} {d}, {n}, {m}"
    /// Saturating doubling multiply, high half.
    Vqdmulh    "A1" "1111001_0_0_D_zz_nnnn_dddd_1011_N_q_M_0_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 0 || z == 3 || odd(q, d | n | m)) => Simd3::new(SimdTy::signed(z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vqdmulh{.c}.{ty} {d}, {n}, {m}"
    /// Saturating rounding doubling multiply, high half.
    Vqrdmulh   "A1" "1111001_1_0_D_zz_nnnn_dddd_1011_N_q_M_0_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 0 || z == 3 || odd(q, d | n | m)) => Simd3::new(SimdTy::signed(z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vqrdmulh{.c}.{ty} {d}, {n}, {m}"
    /// Pairwise add.
    VpaddInt   "A1" "1111001_0_0_D_zz_nnnn_dddd_1011_N_0_M_1_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3) => Simd3::new(SimdTy::int(z), 0, D << 4 | d, N << 4 | n, M << 4 | m) "vpadd{.c}.{ty} {d}, {n}, {m}"
    /// Fused multiply accumulate.
    VfmaSimd   "A1" "1111001_0_0_D_0z_nnnn_dddd_1100_N_q_M_1_mmmm" if_cx (cx.has_float(2 - z, Features::VFP4)) undefined (odd(q, d | n | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vfma{.c}.{ty} {d}, {n}, {m}"
    /// Fused multiply subtract.
    VfmsSimd   "A1" "1111001_0_0_D_1z_nnnn_dddd_1100_N_q_M_1_mmmm" if_cx (cx.has_float(2 - z, Features::VFP4)) undefined (odd(q, d | n | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vfms{.c}.{ty} {d}, {n}, {m}"
    /// Add.
    VaddFloat  "A1" "1111001_0_0_D_0z_nnnn_dddd_1101_N_q_M_0_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) undefined (odd(q, d | n | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vadd{.c}.{ty} {d}, {n}, {m}"
    /// Subtract.
    VsubFloat  "A1" "1111001_0_0_D_1z_nnnn_dddd_1101_N_q_M_0_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) undefined (odd(q, d | n | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vsub{.c}.{ty} {d}, {n}, {m}"
    /// Pairwise add.
    VpaddFloat "A1" "1111001_1_0_D_0z_nnnn_dddd_1101_N_0_M_0_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), 0, D << 4 | d, N << 4 | n, M << 4 | m) "vpadd{.c}.{ty} {d}, {n}, {m}"
    /// Absolute difference.
    VabdFloat  "A1" "1111001_1_0_D_1z_nnnn_dddd_1101_N_q_M_0_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) undefined (odd(q, d | n | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vabd{.c}.{ty} {d}, {n}, {m}"
    /// Multiply accumulate.
    VmlaFloat  "A1" "1111001_0_0_D_0z_nnnn_dddd_1101_N_q_M_1_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) undefined (odd(q, d | n | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vmla{.c}.{ty} {d}, {n}, {m}"
    /// Multiply subtract.
    VmlsFloat  "A1" "1111001_0_0_D_1z_nnnn_dddd_1101_N_q_M_1_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) undefined (odd(q, d | n | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vmls{.c}.{ty} {d}, {n}, {m}"
    /// Multiply.
    VmulFloat  "A1" "1111001_1_0_D_0z_nnnn_dddd_1101_N_q_M_1_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) undefined (odd(q, d | n | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vmul{.c}.{ty} {d}, {n}, {m}"
    /// Compare equal.
    VceqFloat  "A1" "1111001_0_0_D_0z_nnnn_dddd_1110_N_q_M_0_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) undefined (odd(q, d | n | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vceq{.c}.{ty} {d}, {n}, {m}"
    /// Compare greater than or equal.
    VcgeFloat  "A1" "1111001_1_0_D_0z_nnnn_dddd_1110_N_q_M_0_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) undefined (odd(q, d | n | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vcge{.c}.{ty} {d}, {n}, {m}"
    /// Compare greater than.
    VcgtFloat  "A1" "1111001_1_0_D_1z_nnnn_dddd_1110_N_q_M_0_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) undefined (odd(q, d | n | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vcgt{.c}.{ty} {d}, {n}, {m}"
    /// Absolute compare greater than or equal.
    Vacge      "A1" "1111001_1_0_D_0z_nnnn_dddd_1110_N_q_M_1_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) undefined (odd(q, d | n | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vacge{.c}.{ty} {d}, {n}, {m}"
    /// Absolute compare greater than.
    Vacgt      "A1" "1111001_1_0_D_1z_nnnn_dddd_1110_N_q_M_1_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) undefined (odd(q, d | n | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vacgt{.c}.{ty} {d}, {n}, {m}"
    /// Maximum.
    VmaxFloat  "A1" "1111001_0_0_D_0z_nnnn_dddd_1111_N_q_M_0_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) undefined (odd(q, d | n | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vmax{.c}.{ty} {d}, {n}, {m}"
    /// Minimum.
    VminFloat  "A1" "1111001_0_0_D_1z_nnnn_dddd_1111_N_q_M_0_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) undefined (odd(q, d | n | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vmin{.c}.{ty} {d}, {n}, {m}"
    /// Pairwise maximum.
    VpmaxFloat "A1" "1111001_1_0_D_0z_nnnn_dddd_1111_N_0_M_0_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), 0, D << 4 | d, N << 4 | n, M << 4 | m) "vpmax{.c}.{ty} {d}, {n}, {m}"
    /// Pairwise minimum.
    VpminFloat "A1" "1111001_1_0_D_1z_nnnn_dddd_1111_N_0_M_0_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), 0, D << 4 | d, N << 4 | n, M << 4 | m) "vpmin{.c}.{ty} {d}, {n}, {m}"
    /// Reciprocal step.
    Vrecps     "A1" "1111001_0_0_D_0z_nnnn_dddd_1111_N_q_M_1_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) undefined (odd(q, d | n | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vrecps{.c}.{ty} {d}, {n}, {m}"
    /// Reciprocal square root step.
    Vrsqrts    "A1" "1111001_0_0_D_1z_nnnn_dddd_1111_N_q_M_1_mmmm" if_cx (cx.has_float(2 - z, Features::ASIMD)) undefined (odd(q, d | n | m)) unpredictable (z == 1 && cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vrsqrts{.c}.{ty} {d}, {n}, {m}"

    // ARMv8: DDI 0487, section F3.1.

    /// Saturating rounding doubling multiply accumulate, high half.
    Vqrdmlah   "A1" "1111001_1_0_D_zz_nnnn_dddd_1011_N_q_M_1_mmmm" if_cx (cx.has(Features::RDM)) undefined (z == 0 || z == 3 || odd(q, d | n | m)) unpredictable (cx.in_it_block()) => Simd3::new(SimdTy::signed(z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vqrdmlah{.c}.{ty} {d}, {n}, {m}"
    /// Saturating rounding doubling multiply subtract, high half.
    Vqrdmlsh   "A1" "1111001_1_0_D_zz_nnnn_dddd_1100_N_q_M_1_mmmm" if_cx (cx.has(Features::RDM)) undefined (z == 0 || z == 3 || odd(q, d | n | m)) unpredictable (cx.in_it_block()) => Simd3::new(SimdTy::signed(z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vqrdmlsh{.c}.{ty} {d}, {n}, {m}"

    /// Maximum number.
    VmaxnmSimd "A1" "1111001_1_0_D_0z_nnnn_dddd_1111_N_q_M_1_mmmm" if_cx (cx.has_float(2 - z, Features::FP_V8)) undefined (odd(q, d | n | m)) unpredictable (cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vmaxnm{.c}.{ty} {d}, {n}, {m}"
    /// Minimum number.
    VminnmSimd "A1" "1111001_1_0_D_1z_nnnn_dddd_1111_N_q_M_1_mmmm" if_cx (cx.has_float(2 - z, Features::FP_V8)) undefined (odd(q, d | n | m)) unpredictable (cx.in_it_block()) => Simd3::new(SimdTy::float(2 - z), q, D << 4 | d, N << 4 | n, M << 4 | m) "vminnm{.c}.{ty} {d}, {n}, {m}"
    /// SHA-1 hash update, choose.
    Sha1c      "A1" "1111001_0_0_D_00_nnnn_dddd_1100_N_1_M_0_mmmm" if_cx (cx.has(Features::SHA1)) undefined (odd(1, d | n | m)) unpredictable (cx.in_it_block()) => Simd3::new(SimdTy::NONE, 1, D << 4 | d, N << 4 | n, M << 4 | m) "sha1c.32 {d}, {n}, {m}"
    /// SHA-1 hash update, parity.
    Sha1p      "A1" "1111001_0_0_D_01_nnnn_dddd_1100_N_1_M_0_mmmm" if_cx (cx.has(Features::SHA1)) undefined (odd(1, d | n | m)) unpredictable (cx.in_it_block()) => Simd3::new(SimdTy::NONE, 1, D << 4 | d, N << 4 | n, M << 4 | m) "sha1p.32 {d}, {n}, {m}"
    /// SHA-1 hash update, majority.
    Sha1m      "A1" "1111001_0_0_D_10_nnnn_dddd_1100_N_1_M_0_mmmm" if_cx (cx.has(Features::SHA1)) undefined (odd(1, d | n | m)) unpredictable (cx.in_it_block()) => Simd3::new(SimdTy::NONE, 1, D << 4 | d, N << 4 | n, M << 4 | m) "sha1m.32 {d}, {n}, {m}"
    /// SHA-1 schedule update 0.
    Sha1su0    "A1" "1111001_0_0_D_11_nnnn_dddd_1100_N_1_M_0_mmmm" if_cx (cx.has(Features::SHA1)) undefined (odd(1, d | n | m)) unpredictable (cx.in_it_block()) => Simd3::new(SimdTy::NONE, 1, D << 4 | d, N << 4 | n, M << 4 | m) "sha1su0.32 {d}, {n}, {m}"
    /// SHA-256 hash update, part 1.
    Sha256h    "A1" "1111001_1_0_D_00_nnnn_dddd_1100_N_1_M_0_mmmm" if_cx (cx.has(Features::SHA2)) undefined (odd(1, d | n | m)) unpredictable (cx.in_it_block()) => Simd3::new(SimdTy::NONE, 1, D << 4 | d, N << 4 | n, M << 4 | m) "sha256h.32 {d}, {n}, {m}"
    /// SHA-256 hash update, part 2.
    Sha256h2   "A1" "1111001_1_0_D_01_nnnn_dddd_1100_N_1_M_0_mmmm" if_cx (cx.has(Features::SHA2)) undefined (odd(1, d | n | m)) unpredictable (cx.in_it_block()) => Simd3::new(SimdTy::NONE, 1, D << 4 | d, N << 4 | n, M << 4 | m) "sha256h2.32 {d}, {n}, {m}"
    /// SHA-256 schedule update 1.
    Sha256su1  "A1" "1111001_1_0_D_10_nnnn_dddd_1100_N_1_M_0_mmmm" if_cx (cx.has(Features::SHA2)) undefined (odd(1, d | n | m)) unpredictable (cx.in_it_block()) => Simd3::new(SimdTy::NONE, 1, D << 4 | d, N << 4 | n, M << 4 | m) "sha256su1.32 {d}, {n}, {m}"
}
