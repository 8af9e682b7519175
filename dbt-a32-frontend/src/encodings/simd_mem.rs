//! Advanced SIMD: element and structure loads and stores, DDI 0406C.d, section A7.7.
//!
//! T32 has `0b11111001` in bits 31 to 24 and otherwise the same bits.

dbt_isa::rows! {
    pub simd_mem;

    // Multiple structures (A7.7.1).

    /// Store multiple structures of 1 element.
    Vst1Multiple "A1 0111" "11110100_0_D_00_nnnn_dddd_0111_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (a > 1) unpredictable (n == 15 || (D << 4 | d) + 0 > 31) => SimdMem::multiple(1, z, SimdList::new(D << 4 | d, 1, 1), n, a, m) "vst1{.c}.{size} {elements()}, {address}"
    Vst1Multiple "A1 1010" "11110100_0_D_00_nnnn_dddd_1010_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (a == 3) unpredictable (n == 15 || (D << 4 | d) + 1 > 31) => SimdMem::multiple(1, z, SimdList::new(D << 4 | d, 2, 1), n, a, m)
    Vst1Multiple "A1 0110" "11110100_0_D_00_nnnn_dddd_0110_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (a > 1) unpredictable (n == 15 || (D << 4 | d) + 2 > 31) => SimdMem::multiple(1, z, SimdList::new(D << 4 | d, 3, 1), n, a, m)
    Vst1Multiple "A1 0010" "11110100_0_D_00_nnnn_dddd_0010_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) unpredictable (n == 15 || (D << 4 | d) + 3 > 31) => SimdMem::multiple(1, z, SimdList::new(D << 4 | d, 4, 1), n, a, m)
    /// Store multiple structures of 2 elements.
    Vst2Multiple "A1 1000" "11110100_0_D_00_nnnn_dddd_1000_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || a == 3) unpredictable (n == 15 || (D << 4 | d) + 1 > 31) => SimdMem::multiple(2, z, SimdList::new(D << 4 | d, 2, 1), n, a, m) "vst2{.c}.{size} {elements()}, {address}"
    Vst2Multiple "A1 1001" "11110100_0_D_00_nnnn_dddd_1001_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || a == 3) unpredictable (n == 15 || (D << 4 | d) + 2 > 31) => SimdMem::multiple(2, z, SimdList::new(D << 4 | d, 2, 2), n, a, m)
    Vst2Multiple "A1 0011" "11110100_0_D_00_nnnn_dddd_0011_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3) unpredictable (n == 15 || (D << 4 | d) + 3 > 31) => SimdMem::multiple(2, z, SimdList::new(D << 4 | d, 4, 1), n, a, m)
    /// Store multiple structures of 3 elements.
    Vst3Multiple "A1 0100" "11110100_0_D_00_nnnn_dddd_0100_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || a > 1) unpredictable (n == 15 || (D << 4 | d) + 2 > 31) => SimdMem::multiple(3, z, SimdList::new(D << 4 | d, 3, 1), n, a, m) "vst3{.c}.{size} {elements()}, {address}"
    Vst3Multiple "A1 0101" "11110100_0_D_00_nnnn_dddd_0101_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || a > 1) unpredictable (n == 15 || (D << 4 | d) + 4 > 31) => SimdMem::multiple(3, z, SimdList::new(D << 4 | d, 3, 2), n, a, m)
    /// Store multiple structures of 4 elements.
    Vst4Multiple "A1 0000" "11110100_0_D_00_nnnn_dddd_0000_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3) unpredictable (n == 15 || (D << 4 | d) + 3 > 31) => SimdMem::multiple(4, z, SimdList::new(D << 4 | d, 4, 1), n, a, m) "vst4{.c}.{size} {elements()}, {address}"
    Vst4Multiple "A1 0001" "11110100_0_D_00_nnnn_dddd_0001_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3) unpredictable (n == 15 || (D << 4 | d) + 6 > 31) => SimdMem::multiple(4, z, SimdList::new(D << 4 | d, 4, 2), n, a, m)
    /// Load multiple structures of 1 element.
    Vld1Multiple "A1 0111" "11110100_0_D_10_nnnn_dddd_0111_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (a > 1) unpredictable (n == 15 || (D << 4 | d) + 0 > 31) => SimdMem::multiple(1, z, SimdList::new(D << 4 | d, 1, 1), n, a, m) "vld1{.c}.{size} {elements()}, {address}"
    Vld1Multiple "A1 1010" "11110100_0_D_10_nnnn_dddd_1010_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (a == 3) unpredictable (n == 15 || (D << 4 | d) + 1 > 31) => SimdMem::multiple(1, z, SimdList::new(D << 4 | d, 2, 1), n, a, m)
    Vld1Multiple "A1 0110" "11110100_0_D_10_nnnn_dddd_0110_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (a > 1) unpredictable (n == 15 || (D << 4 | d) + 2 > 31) => SimdMem::multiple(1, z, SimdList::new(D << 4 | d, 3, 1), n, a, m)
    Vld1Multiple "A1 0010" "11110100_0_D_10_nnnn_dddd_0010_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) unpredictable (n == 15 || (D << 4 | d) + 3 > 31) => SimdMem::multiple(1, z, SimdList::new(D << 4 | d, 4, 1), n, a, m)
    /// Load multiple structures of 2 elements.
    Vld2Multiple "A1 1000" "11110100_0_D_10_nnnn_dddd_1000_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || a == 3) unpredictable (n == 15 || (D << 4 | d) + 1 > 31) => SimdMem::multiple(2, z, SimdList::new(D << 4 | d, 2, 1), n, a, m) "vld2{.c}.{size} {elements()}, {address}"
    Vld2Multiple "A1 1001" "11110100_0_D_10_nnnn_dddd_1001_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || a == 3) unpredictable (n == 15 || (D << 4 | d) + 2 > 31) => SimdMem::multiple(2, z, SimdList::new(D << 4 | d, 2, 2), n, a, m)
    Vld2Multiple "A1 0011" "11110100_0_D_10_nnnn_dddd_0011_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3) unpredictable (n == 15 || (D << 4 | d) + 3 > 31) => SimdMem::multiple(2, z, SimdList::new(D << 4 | d, 4, 1), n, a, m)
    /// Load multiple structures of 3 elements.
    Vld3Multiple "A1 0100" "11110100_0_D_10_nnnn_dddd_0100_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || a > 1) unpredictable (n == 15 || (D << 4 | d) + 2 > 31) => SimdMem::multiple(3, z, SimdList::new(D << 4 | d, 3, 1), n, a, m) "vld3{.c}.{size} {elements()}, {address}"
    Vld3Multiple "A1 0101" "11110100_0_D_10_nnnn_dddd_0101_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || a > 1) unpredictable (n == 15 || (D << 4 | d) + 4 > 31) => SimdMem::multiple(3, z, SimdList::new(D << 4 | d, 3, 2), n, a, m)
    /// Load multiple structures of 4 elements.
    Vld4Multiple "A1 0000" "11110100_0_D_10_nnnn_dddd_0000_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3) unpredictable (n == 15 || (D << 4 | d) + 3 > 31) => SimdMem::multiple(4, z, SimdList::new(D << 4 | d, 4, 1), n, a, m) "vld4{.c}.{size} {elements()}, {address}"
    Vld4Multiple "A1 0001" "11110100_0_D_10_nnnn_dddd_0001_zz_aa_mmmm"   if_cx (cx.has(Features::ASIMD)) undefined (z == 3) unpredictable (n == 15 || (D << 4 | d) + 6 > 31) => SimdMem::multiple(4, z, SimdList::new(D << 4 | d, 4, 2), n, a, m)

    // One structure, to or from one lane (A7.7.1).

    /// Store a structure of 1 element from one lane.
    Vst1Lane     "A1"      "11110100_1_D_00_nnnn_dddd_zz_00_aaaa_mmmm"   where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (bad_lane(1, z, a)) unpredictable (n == 15) => SimdMem::lane(1, z, a, D << 4 | d, n, m) "vst1{.c}.{size} {elements()}, {address}"
    /// Store a structure of 2 elements from one lane.
    Vst2Lane     "A1"      "11110100_1_D_00_nnnn_dddd_zz_01_aaaa_mmmm"   where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (bad_lane(2, z, a)) unpredictable (n == 15 || (D << 4 | d) + 1 * lane_spacing(z, a) > 31) => SimdMem::lane(2, z, a, D << 4 | d, n, m) "vst2{.c}.{size} {elements()}, {address}"
    /// Store a structure of 3 elements from one lane.
    Vst3Lane     "A1"      "11110100_1_D_00_nnnn_dddd_zz_10_aaaa_mmmm"   where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (bad_lane(3, z, a)) unpredictable (n == 15 || (D << 4 | d) + 2 * lane_spacing(z, a) > 31) => SimdMem::lane(3, z, a, D << 4 | d, n, m) "vst3{.c}.{size} {elements()}, {address}"
    /// Store a structure of 4 elements from one lane.
    Vst4Lane     "A1"      "11110100_1_D_00_nnnn_dddd_zz_11_aaaa_mmmm"   where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (bad_lane(4, z, a)) unpredictable (n == 15 || (D << 4 | d) + 3 * lane_spacing(z, a) > 31) => SimdMem::lane(4, z, a, D << 4 | d, n, m) "vst4{.c}.{size} {elements()}, {address}"
    /// Load a structure of 1 element to one lane.
    Vld1Lane     "A1"      "11110100_1_D_10_nnnn_dddd_zz_00_aaaa_mmmm"   where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (bad_lane(1, z, a)) unpredictable (n == 15) => SimdMem::lane(1, z, a, D << 4 | d, n, m) "vld1{.c}.{size} {elements()}, {address}"
    /// Load a structure of 2 elements to one lane.
    Vld2Lane     "A1"      "11110100_1_D_10_nnnn_dddd_zz_01_aaaa_mmmm"   where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (bad_lane(2, z, a)) unpredictable (n == 15 || (D << 4 | d) + 1 * lane_spacing(z, a) > 31) => SimdMem::lane(2, z, a, D << 4 | d, n, m) "vld2{.c}.{size} {elements()}, {address}"
    /// Load a structure of 3 elements to one lane.
    Vld3Lane     "A1"      "11110100_1_D_10_nnnn_dddd_zz_10_aaaa_mmmm"   where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (bad_lane(3, z, a)) unpredictable (n == 15 || (D << 4 | d) + 2 * lane_spacing(z, a) > 31) => SimdMem::lane(3, z, a, D << 4 | d, n, m) "vld3{.c}.{size} {elements()}, {address}"
    /// Load a structure of 4 elements to one lane.
    Vld4Lane     "A1"      "11110100_1_D_10_nnnn_dddd_zz_11_aaaa_mmmm"   where (z != 3) if_cx (cx.has(Features::ASIMD)) undefined (bad_lane(4, z, a)) unpredictable (n == 15 || (D << 4 | d) + 3 * lane_spacing(z, a) > 31) => SimdMem::lane(4, z, a, D << 4 | d, n, m) "vld4{.c}.{size} {elements()}, {address}"

    // One structure to all lanes (A7.7.1).

    /// Load a structure of 1 element to all lanes.
    Vld1All      "A1"      "11110100_1_D_10_nnnn_dddd_11_00_zz_t_a_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || z == 0 && a == 1) unpredictable (n == 15 || (D << 4 | d) + t > 31) => SimdMem::all(1, z, t, a, D << 4 | d, n, m) "vld1{.c}.{size} {elements()}, {address}"
    /// Load a structure of 2 elements to all lanes.
    Vld2All      "A1"      "11110100_1_D_10_nnnn_dddd_11_01_zz_t_a_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3) unpredictable (n == 15 || (D << 4 | d) + 1 * (1 + t) > 31) => SimdMem::all(2, z, t, a, D << 4 | d, n, m) "vld2{.c}.{size} {elements()}, {address}"
    /// Load a structure of 3 elements to all lanes.
    Vld3All      "A1"      "11110100_1_D_10_nnnn_dddd_11_10_zz_t_a_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3 || a == 1) unpredictable (n == 15 || (D << 4 | d) + 2 * (1 + t) > 31) => SimdMem::all(3, z, t, a, D << 4 | d, n, m) "vld3{.c}.{size} {elements()}, {address}"
    /// Load a structure of 4 elements to all lanes.
    Vld4All      "A1"      "11110100_1_D_10_nnnn_dddd_11_11_zz_t_a_mmmm" if_cx (cx.has(Features::ASIMD)) undefined (z == 3 && a == 0) unpredictable (n == 15 || (D << 4 | d) + 3 * (1 + t) > 31) => SimdMem::all(4, z, t, a, D << 4 | d, n, m) "vld4{.c}.{size} {elements()}, {address}"
}
