//! Scalar floating point: VFPv2 to VFPv4.
//!
//! A32 encodes these instructions under any condition but `0b1111`, T32 with
//! `0b1110` in its place and otherwise alike, so that one table serves both: the
//! word is decoded with `0b1110` in bits 31 to 28. What the tables of DDI 0406C.d,
//! sections A7.5, A7.6, A7.8 and A7.9, give to Advanced SIMD is in no row.
//!
//! Of a transfer of doubles, `i` is the number of registers and the bit below it
//! tells `FLDMX` and `FSTMX`. A bit in parentheses that is wrong makes the word
//! UNPREDICTABLE.

dbt_isa::rows! {
    pub vfp;

    // Data processing (A7.5).

    /// Multiply accumulate.
    Vmla           "A2" "1110_11100_D_00_nnnn_dddd_101_z_N_0_M_0_mmmm"     if_cx (cx.has(Features::VFP2)) undefined (cx.fp_vectors || cx.lacks(z & (D | N | M))) => Fp3::new(z, d, D, n, N, m, M) "vmla{.c}.{d.precision()} {d}, {n}, {m}"
    /// Multiply subtract.
    Vmls           "A2" "1110_11100_D_00_nnnn_dddd_101_z_N_1_M_0_mmmm"     if_cx (cx.has(Features::VFP2)) undefined (cx.fp_vectors || cx.lacks(z & (D | N | M))) => Fp3::new(z, d, D, n, N, m, M) "vmls{.c}.{d.precision()} {d}, {n}, {m}"
    /// Negate and multiply subtract.
    Vnmls          "A1" "1110_11100_D_01_nnnn_dddd_101_z_N_0_M_0_mmmm"     if_cx (cx.has(Features::VFP2)) undefined (cx.fp_vectors || cx.lacks(z & (D | N | M))) => Fp3::new(z, d, D, n, N, m, M) "vnmls{.c}.{d.precision()} {d}, {n}, {m}"
    /// Negate and multiply accumulate.
    Vnmla          "A1" "1110_11100_D_01_nnnn_dddd_101_z_N_1_M_0_mmmm"     if_cx (cx.has(Features::VFP2)) undefined (cx.fp_vectors || cx.lacks(z & (D | N | M))) => Fp3::new(z, d, D, n, N, m, M) "vnmla{.c}.{d.precision()} {d}, {n}, {m}"
    /// Multiply.
    Vmul           "A2" "1110_11100_D_10_nnnn_dddd_101_z_N_0_M_0_mmmm"     if_cx (cx.has(Features::VFP2)) undefined (cx.fp_vectors || cx.lacks(z & (D | N | M))) => Fp3::new(z, d, D, n, N, m, M) "vmul{.c}.{d.precision()} {d}, {n}, {m}"
    /// Multiply and negate.
    Vnmul          "A2" "1110_11100_D_10_nnnn_dddd_101_z_N_1_M_0_mmmm"     if_cx (cx.has(Features::VFP2)) undefined (cx.fp_vectors || cx.lacks(z & (D | N | M))) => Fp3::new(z, d, D, n, N, m, M) "vnmul{.c}.{d.precision()} {d}, {n}, {m}"
    /// Add.
    Vadd           "A2" "1110_11100_D_11_nnnn_dddd_101_z_N_0_M_0_mmmm"     if_cx (cx.has(Features::VFP2)) undefined (cx.fp_vectors || cx.lacks(z & (D | N | M))) => Fp3::new(z, d, D, n, N, m, M) "vadd{.c}.{d.precision()} {d}, {n}, {m}"
    /// Subtract.
    Vsub           "A2" "1110_11100_D_11_nnnn_dddd_101_z_N_1_M_0_mmmm"     if_cx (cx.has(Features::VFP2)) undefined (cx.fp_vectors || cx.lacks(z & (D | N | M))) => Fp3::new(z, d, D, n, N, m, M) "vsub{.c}.{d.precision()} {d}, {n}, {m}"
    /// Divide.
    Vdiv           "A1" "1110_11101_D_00_nnnn_dddd_101_z_N_0_M_0_mmmm"     if_cx (cx.has(Features::VFP2)) undefined (cx.fp_vectors || cx.lacks(z & (D | N | M))) => Fp3::new(z, d, D, n, N, m, M) "vdiv{.c}.{d.precision()} {d}, {n}, {m}"
    /// Fused negate and multiply subtract.
    Vfnms          "A1" "1110_11101_D_01_nnnn_dddd_101_z_N_0_M_0_mmmm"     if_cx (cx.has(Features::VFP4)) undefined (cx.fp_vectors || cx.lacks(z & (D | N | M))) => Fp3::new(z, d, D, n, N, m, M) "vfnms{.c}.{d.precision()} {d}, {n}, {m}"
    /// Fused negate and multiply accumulate.
    Vfnma          "A1" "1110_11101_D_01_nnnn_dddd_101_z_N_1_M_0_mmmm"     if_cx (cx.has(Features::VFP4)) undefined (cx.fp_vectors || cx.lacks(z & (D | N | M))) => Fp3::new(z, d, D, n, N, m, M) "vfnma{.c}.{d.precision()} {d}, {n}, {m}"
    /// Fused multiply accumulate.
    Vfma           "A2" "1110_11101_D_10_nnnn_dddd_101_z_N_0_M_0_mmmm"     if_cx (cx.has(Features::VFP4)) undefined (cx.fp_vectors || cx.lacks(z & (D | N | M))) => Fp3::new(z, d, D, n, N, m, M) "vfma{.c}.{d.precision()} {d}, {n}, {m}"
    /// Fused multiply subtract.
    Vfms           "A2" "1110_11101_D_10_nnnn_dddd_101_z_N_1_M_0_mmmm"     if_cx (cx.has(Features::VFP4)) undefined (cx.fp_vectors || cx.lacks(z & (D | N | M))) => Fp3::new(z, d, D, n, N, m, M) "vfms{.c}.{d.precision()} {d}, {n}, {m}"
    /// Move a constant.
    VmovImm        "A2" "1110_11101_D_11_hhhh_dddd_101_z_(0)_0_(0)_0_llll" if_cx (cx.has(Features::VFP3)) undefined (cx.fp_vectors || cx.lacks(z & D)) => FpMovImm { d: FpReg::new(z, d, D), imm: FpImm::new(h << 4 | l) } "vmov{.c}.{d.precision()} {d}, {imm}"
    /// Move.
    VmovReg        "A2" "1110_11101_D_11_0000_dddd_101_z_0_1_M_0_mmmm"     if_cx (cx.has(Features::VFP2)) undefined (cx.fp_vectors || cx.lacks(z & (D | M))) => Fp2::new(z, d, D, m, M) "vmov{.c}.{d.precision()} {d}, {m}"
    /// Absolute value.
    Vabs           "A2" "1110_11101_D_11_0000_dddd_101_z_1_1_M_0_mmmm"     if_cx (cx.has(Features::VFP2)) undefined (cx.fp_vectors || cx.lacks(z & (D | M))) => Fp2::new(z, d, D, m, M) "vabs{.c}.{d.precision()} {d}, {m}"
    /// Negate.
    Vneg           "A2" "1110_11101_D_11_0001_dddd_101_z_0_1_M_0_mmmm"     if_cx (cx.has(Features::VFP2)) undefined (cx.fp_vectors || cx.lacks(z & (D | M))) => Fp2::new(z, d, D, m, M) "vneg{.c}.{d.precision()} {d}, {m}"
    /// Square root.
    Vsqrt          "A1" "1110_11101_D_11_0001_dddd_101_z_1_1_M_0_mmmm"     if_cx (cx.has(Features::VFP2)) undefined (cx.fp_vectors || cx.lacks(z & (D | M))) => Fp2::new(z, d, D, m, M) "vsqrt{.c}.{d.precision()} {d}, {m}"
    /// Convert from half precision.
    VcvtFromHalf   "A1" "1110_11101_D_11_0010_dddd_101_0_t_1_M_0_mmmm"     if_cx (cx.has(Features::VFP_HALF)) => FpHalf { top: t == 1, d: single(d, D), m: single(m, M) } "vcvt{top?t:b}{.c}.f32.f16 {d}, {m}"
    /// Convert to half precision.
    VcvtToHalf     "A1" "1110_11101_D_11_0011_dddd_101_0_t_1_M_0_mmmm"     if_cx (cx.has(Features::VFP_HALF)) => FpHalf { top: t == 1, d: single(d, D), m: single(m, M) } "vcvt{top?t:b}{.c}.f16.f32 {d}, {m}"
    /// Compare.
    Vcmp           "A1" "1110_11101_D_11_0100_dddd_101_z_e_1_M_0_mmmm"     if_cx (cx.has(Features::VFP2)) undefined (cx.lacks(z & (D | M))) => FpCompare { signalling: e == 1, d: FpReg::new(z, d, D), m: FpReg::new(z, m, M) } "vcmp{signalling?e}{.c}.{d.precision()} {d}, {m}"
    /// Compare with zero.
    VcmpZero       "A2" "1110_11101_D_11_0101_dddd_101_z_e_1_(0)_0_(0000)" if_cx (cx.has(Features::VFP2)) undefined (cx.lacks(z & D)) => FpCompareZero { signalling: e == 1, d: FpReg::new(z, d, D) } "vcmp{signalling?e}{.c}.{d.precision()} {d}, #0"
    /// Convert between single and double precision.
    VcvtPrecision  "A1" "1110_11101_D_11_0111_dddd_101_z_1_1_M_0_mmmm"     if_cx (cx.has(Features::VFP2)) undefined (cx.lacks(if z == 1 { M } else { D })) => Fp2 { d: FpReg::new(1 - z, d, D), m: FpReg::new(z, m, M) } "vcvt{.c}.{d.precision()}.{m.precision()} {d}, {m}"
    /// Convert from an integer.
    VcvtFromInt    "A1" "1110_11101_D_11_1000_dddd_101_z_s_1_M_0_mmmm"     if_cx (cx.has(Features::VFP2)) undefined (cx.lacks(z & D)) => FpFromInt { signed: s == 1, d: FpReg::new(z, d, D), m: single(m, M) } "vcvt{.c}.{d.precision()}.{signed?s:u}32 {d}, {m}"
    /// Convert to an integer.
    VcvtToInt      "A1" "1110_11101_D_11_110_s_dddd_101_z_r_1_M_0_mmmm"    if_cx (cx.has(Features::VFP2)) undefined (cx.lacks(z & M)) => FpToInt { rounded: r == 0, signed: s == 1, d: single(d, D), m: FpReg::new(z, m, M) } "vcvt{rounded?r}{.c}.{signed?s:u}32.{m.precision()} {d}, {m}"
    /// Convert from fixed point.
    VcvtFromFixed  "A1" "1110_11101_D_11_1_0_1_u_dddd_101_z_x_1_i_0_jjjj"  if_cx (cx.has(Features::VFP3)) undefined (cx.lacks(z & D)) unpredictable (x == 0 && (j << 1 | i) > 16) => FpFixed { fixed: Fixed::decode(x, u, j << 1 | i), d: FpReg::new(z, d, D) } "vcvt{.c}.{d.precision()}.{fixed} {d}, {d}, {fraction()}"
    /// Convert to fixed point.
    VcvtToFixed    "A1" "1110_11101_D_11_1_1_1_u_dddd_101_z_x_1_i_0_jjjj"  if_cx (cx.has(Features::VFP3)) undefined (cx.lacks(z & D)) unpredictable (x == 0 && (j << 1 | i) > 16) => FpFixed { fixed: Fixed::decode(x, u, j << 1 | i), d: FpReg::new(z, d, D) } "vcvt{.c}.{fixed}.{d.precision()} {d}, {d}, {fraction()}"

    // ARMv8: DDI 0487, section F3.1.

    /// Convert a half to a double.
    VcvtDoubleFromHalf "A1" "1110_11101_D_11_0010_dddd_101_1_t_1_M_0_mmmm" if_cx (cx.has(Features::FP_V8)) undefined (cx.lacks(D)) => FpHalfDouble { top: t == 1, d: double(D, d), s: single(m, M) } "vcvt{top?t:b}{.c}.f64.f16 {d}, {s}"
    /// Convert a double to a half.
    VcvtHalfFromDouble "A1" "1110_11101_D_11_0011_dddd_101_1_t_1_M_0_mmmm" if_cx (cx.has(Features::FP_V8)) undefined (cx.lacks(M)) => FpHalfDouble { top: t == 1, d: double(M, m), s: single(d, D) } "vcvt{top?t:b}{.c}.f16.f64 {s}, {d}"
    /// Round to an integer.
    Vrint          "A1 r" "1110_11101_D_11_0110_dddd_101_z_0_1_M_0_mmmm" if_cx (cx.has(Features::FP_V8)) undefined (cx.lacks(z & (D | M))) => FpRound { to: RoundTo::Fpscr, d: FpReg::new(z, d, D), m: FpReg::new(z, m, M) } "vrint{to}{.c}.{d.precision()} {d}, {m}"
    Vrint          "A1 z" "1110_11101_D_11_0110_dddd_101_z_1_1_M_0_mmmm" if_cx (cx.has(Features::FP_V8)) undefined (cx.lacks(z & (D | M))) => FpRound { to: RoundTo::Zero, d: FpReg::new(z, d, D), m: FpReg::new(z, m, M) }
    Vrint          "A1 x" "1110_11101_D_11_0111_dddd_101_z_0_1_M_0_mmmm" if_cx (cx.has(Features::FP_V8)) undefined (cx.lacks(z & (D | M))) => FpRound { to: RoundTo::Exact, d: FpReg::new(z, d, D), m: FpReg::new(z, m, M) }

    /// Convert to a signed integer as JavaScript does.
    Vjcvt          "A1" "1110_11101_D_11_1001_dddd_1011_1_1_M_0_mmmm" if_cx (cx.has(Features::JSCVT)) undefined (cx.lacks(M)) unpredictable (cx.in_it_block()) => FpHalfDouble { top: false, d: double(M, m), s: single(d, D) } "vjcvt.s32.f64 {s}, {d}"

    // Loads and stores (A7.6).

    /// Store doubles.
    Vstm           "A1" "1110_110_p_u_D_w_0_nnnn_dddd_1011_iiiiiii_0"      where (p != u && (p == 0 || w == 1) && !(p == 1 && w == 1 && n == 13)) if_cx (cx.has(Features::VFP2)) unpredictable (n == 15 && (w == 1 || cx.thumb) || cx.lacks_doubles(D << 4 | d, i)) => FpBlock::doubles(n, u, w, D << 4 | d, i, 0) "vstm{add?ia:db}{.c} {n}{wback?!}, {list}"
    Vstm           "A2" "1110_110_p_u_D_w_0_nnnn_dddd_1010_iiiiiiii"       where (p != u && (p == 0 || w == 1) && !(p == 1 && w == 1 && n == 13)) if_cx (cx.has(Features::VFP2)) unpredictable (n == 15 && (w == 1 || cx.thumb) || i == 0 || (d << 1 | D) + i > 32) => FpBlock::singles(n, u, w, d << 1 | D, i)
    /// Push doubles.
    Vpush          "A1" "1110_110_1_0_D_1_0_1101_dddd_1011_iiiiiii_0"      if_cx (cx.has(Features::VFP2)) unpredictable (cx.lacks_doubles(D << 4 | d, i)) => FpBlock::doubles(13, 0, 1, D << 4 | d, i, 0) "vpush{.c} {list}"
    Vpush          "A2" "1110_110_1_0_D_1_0_1101_dddd_1010_iiiiiiii"       if_cx (cx.has(Features::VFP2)) unpredictable (i == 0 || (d << 1 | D) + i > 32) => FpBlock::singles(13, 0, 1, d << 1 | D, i)
    /// Store doubles in an unspecified format, with a word more.
    Fstmx          "A1" "1110_110_p_u_D_w_0_nnnn_dddd_1011_iiiiiii_1"      where (p != u && (p == 0 || w == 1)) if_cx (cx.has(Features::VFP2)) unpredictable (n == 15 && (w == 1 || cx.thumb) || i == 0 || (D << 4 | d) + i > 16) => FpBlock::doubles(n, u, w, D << 4 | d, i, 1) "fstm{add?ia:db}x{.c} {n}{wback?!}, {list}"
    /// Load doubles.
    Vldm           "A1" "1110_110_p_u_D_w_1_nnnn_dddd_1011_iiiiiii_0"      where (p != u && (p == 0 || w == 1) && !(p == 0 && w == 1 && n == 13)) if_cx (cx.has(Features::VFP2)) unpredictable (n == 15 && (w == 1 || cx.thumb) || cx.lacks_doubles(D << 4 | d, i)) => FpBlock::doubles(n, u, w, D << 4 | d, i, 0) "vldm{add?ia:db}{.c} {n}{wback?!}, {list}"
    Vldm           "A2" "1110_110_p_u_D_w_1_nnnn_dddd_1010_iiiiiiii"       where (p != u && (p == 0 || w == 1) && !(p == 0 && w == 1 && n == 13)) if_cx (cx.has(Features::VFP2)) unpredictable (n == 15 && (w == 1 || cx.thumb) || i == 0 || (d << 1 | D) + i > 32) => FpBlock::singles(n, u, w, d << 1 | D, i)
    /// Pop doubles.
    Vpop           "A1" "1110_110_0_1_D_1_1_1101_dddd_1011_iiiiiii_0"      if_cx (cx.has(Features::VFP2)) unpredictable (cx.lacks_doubles(D << 4 | d, i)) => FpBlock::doubles(13, 1, 1, D << 4 | d, i, 0) "vpop{.c} {list}"
    Vpop           "A2" "1110_110_0_1_D_1_1_1101_dddd_1010_iiiiiiii"       if_cx (cx.has(Features::VFP2)) unpredictable (i == 0 || (d << 1 | D) + i > 32) => FpBlock::singles(13, 1, 1, d << 1 | D, i)
    /// Load doubles in an unspecified format, with a word more.
    Fldmx          "A1" "1110_110_p_u_D_w_1_nnnn_dddd_1011_iiiiiii_1"      where (p != u && (p == 0 || w == 1)) if_cx (cx.has(Features::VFP2)) unpredictable (n == 15 && (w == 1 || cx.thumb) || i == 0 || (D << 4 | d) + i > 16) => FpBlock::doubles(n, u, w, D << 4 | d, i, 1) "fldm{add?ia:db}x{.c} {n}{wback?!}, {list}"
    /// Store a register.
    Vstr           "A1" "1110_1101_u_D_0_0_nnnn_dddd_101_z_iiiiiiii"       if_cx (cx.has(Features::VFP2)) undefined (cx.lacks(z & D)) unpredictable (n == 15 && cx.thumb) => FpMem { d: FpReg::new(z, d, D), address: AddrImm::new(n, 1, u, 0, i << 2) } "vstr{.c} {d}, {address}"
    /// Load a register.
    Vldr           "A1" "1110_1101_u_D_0_1_nnnn_dddd_101_z_iiiiiiii"       if_cx (cx.has(Features::VFP2)) undefined (cx.lacks(z & D)) => FpMem { d: FpReg::new(z, d, D), address: AddrImm::new(n, 1, u, 0, i << 2) } "vldr{.c} {d}, {address}"

    // Transfers between core and extension registers (A7.8, A7.9).

    /// Move a core register to a single.
    VmovToSingle   "A1" "1110_1110_000_0_nnnn_tttt_1010_N_(00)_1_(0000)"   if_cx (cx.has(Features::VFP2)) unpredictable (t == 15 || t == 13 && cx.thumb) => FpCore { t: r(t), n: single(n, N) } "vmov{.c} {n}, {t}"
    /// Move a single to a core register.
    VmovFromSingle "A1" "1110_1110_000_1_nnnn_tttt_1010_N_(00)_1_(0000)"   if_cx (cx.has(Features::VFP2)) unpredictable (t == 15 || t == 13 && cx.thumb) => FpCore { t: r(t), n: single(n, N) } "vmov{.c} {t}, {n}"
    /// Move a core register to half of a double.
    VmovToScalar   "A1" "1110_1110_00_x_0_dddd_tttt_1011_D_00_1_(0000)"    if_cx (cx.has(Features::VFP2)) undefined (cx.lacks(D)) unpredictable (t == 15 || t == 13 && cx.thumb) => FpScalar { t: r(t), d: double(D, d), x: x as u8 } "vmov{.c}.32 {d}[{x}], {t}"
    /// Move half of a double to a core register.
    VmovFromScalar "A1" "1110_1110_00_x_1_nnnn_tttt_1011_N_00_1_(0000)"    if_cx (cx.has(Features::VFP2)) undefined (cx.lacks(N)) unpredictable (t == 15 || t == 13 && cx.thumb) => FpScalar { t: r(t), d: double(N, n), x: x as u8 } "vmov{.c}.32 {t}, {d}[{x}]"
    /// Move a core register to a byte or halfword.
    VmovToLane     "A1 8"  "1110_1110_01_x_0_dddd_tttt_1011_D_xx_1_(0000)"  if_cx (cx.has(Features::ASIMD)) unpredictable (t == 15 || t == 13 && cx.thumb) => SimdLane::new(SimdTy::bits(0), r(t), double(D, d), x) "vmov{.c}.{ty} {d}[{x}], {t}"
    VmovToLane     "A1 16" "1110_1110_00_x_0_dddd_tttt_1011_D_x1_1_(0000)"  if_cx (cx.has(Features::ASIMD)) unpredictable (t == 15 || t == 13 && cx.thumb) => SimdLane::new(SimdTy::bits(1), r(t), double(D, d), x)
    /// Move a byte or halfword to a core register.
    VmovFromLane   "A1 8"  "1110_1110_u1_x_1_nnnn_tttt_1011_N_xx_1_(0000)"  if_cx (cx.has(Features::ASIMD)) unpredictable (t == 15 || t == 13 && cx.thumb) => SimdLane::new(SimdTy::su(u, 0), r(t), double(N, n), x) "vmov{.c}.{ty} {t}, {d}[{x}]"
    VmovFromLane   "A1 16" "1110_1110_u0_x_1_nnnn_tttt_1011_N_x1_1_(0000)"  if_cx (cx.has(Features::ASIMD)) unpredictable (t == 15 || t == 13 && cx.thumb) => SimdLane::new(SimdTy::su(u, 1), r(t), double(N, n), x)
    /// Duplicate a core register.
    VdupCore       "A1"    "1110_1110_1_b_q_0_dddd_tttt_1011_D_0_e_1_(0000)" if_cx (cx.has(Features::ASIMD)) undefined (b & e == 1 || odd(q, d)) unpredictable (t == 15 || t == 13 && cx.thumb) => SimdDupCore { size: SimdTy::bits(2 - (b << 1 | e)), d: VReg::new(q, D << 4 | d), t: r(t) } "vdup{.c}.{size} {d}, {t}"
    /// Move FPSCR to a core register.
    Vmrs           "A1" "1110_1110_1111_0001_tttt_1010_(000)_1_(0000)"     where (t != 15) if_cx (cx.has(Features::VFP2)) unpredictable (t == 13 && cx.thumb) => FpStatus { t: r(t) } "vmrs{.c} {t}, fpscr"
    /// Move the flags of FPSCR to the APSR.
    VmrsFlags      "A1" "1110_1110_1111_0001_1111_1010_(000)_1_(0000)"     if_cx (cx.has(Features::VFP2)) "vmrs{.c} apsr_nzcv, fpscr"
    /// Move a core register to FPSCR.
    Vmsr           "A1" "1110_1110_1110_0001_tttt_1010_(000)_1_(0000)"     if_cx (cx.has(Features::VFP2)) unpredictable (t == 15 || t == 13 && cx.thumb) => FpStatus { t: r(t) } "vmsr{.c} fpscr, {t}"
    /// Move another system register to a core register.
    VmrsSystem     "A1" "1110_1110_1111_gggg_tttt_1010_(000)_1_(0000)"     where (matches!(g, 0 | 5 | 6 | 7 | 8)) if_cx (cx.has(if g == 5 { Features::FP_V8 } else { Features::VFP2 })) unpredictable (t == 15 || t == 13 && cx.thumb) => FpSystem { t: r(t), reg: FpSystemReg::from_bits(g) } "vmrs{.c} {t}, {reg}"
    /// Move a core register to another system register.
    VmsrSystem     "A1" "1110_1110_1110_gggg_tttt_1010_(000)_1_(0000)"     where (matches!(g, 0 | 8)) if_cx (cx.has(Features::VFP2)) unpredictable (t == 15 || t == 13 && cx.thumb) => FpSystem { t: r(t), reg: FpSystemReg::from_bits(g) } "vmsr{.c} {reg}, {t}"
    /// Move two core registers to two singles.
    VmovToPair     "A1" "1110_1100_010_0_qqqq_tttt_1010_00_M_1_mmmm"       if_cx (cx.has(Features::VFP2)) unpredictable (t == 15 || q == 15 || (t == 13 || q == 13) && cx.thumb || m == 15 && M == 1) => FpCorePair::new(t, q, single(m, M)) "vmov{.c} {m}, {m1}, {t}, {t2}"
    /// Move two singles to two core registers.
    VmovFromPair   "A1" "1110_1100_010_1_qqqq_tttt_1010_00_M_1_mmmm"       if_cx (cx.has(Features::VFP2)) unpredictable (t == 15 || q == 15 || (t == 13 || q == 13) && cx.thumb || m == 15 && M == 1 || t == q) => FpCorePair::new(t, q, single(m, M)) "vmov{.c} {t}, {t2}, {m}, {m1}"
    /// Move two core registers to a double.
    VmovToDouble   "A1" "1110_1100_010_0_qqqq_tttt_1011_00_M_1_mmmm"       if_cx (cx.has(Features::VFP2)) undefined (cx.lacks(M)) unpredictable (t == 15 || q == 15 || (t == 13 || q == 13) && cx.thumb) => FpCoreDouble { t: r(t), t2: r(q), m: double(M, m) } "vmov{.c} {m}, {t}, {t2}"
    /// Move a double to two core registers.
    VmovFromDouble "A1" "1110_1100_010_1_qqqq_tttt_1011_00_M_1_mmmm"       if_cx (cx.has(Features::VFP2)) undefined (cx.lacks(M)) unpredictable (t == 15 || q == 15 || (t == 13 || q == 13) && cx.thumb || t == q) => FpCoreDouble { t: r(t), t2: r(q), m: double(M, m) } "vmov{.c} {t}, {t2}, {m}"
}
