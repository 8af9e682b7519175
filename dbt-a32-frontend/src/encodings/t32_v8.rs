//! 32-bit T32 instructions that ARMv8 added, DDI 0487, sections F3.1 and F5.1.

dbt_isa::rows! {
    pub t32_v8;

    // Load-acquire and store-release.

    Stl              "T1" "1110100_0110_0_nnnn_tttt_(1111)_1010_(1111)" if_cx (cx.has(Features::V8)) unpredictable (bad(t) || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "stl{.c} {t}, {address}"
    Lda              "T1" "1110100_0110_1_nnnn_tttt_(1111)_1010_(1111)" if_cx (cx.has(Features::V8)) unpredictable (bad(t) || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "lda{.c} {t}, {address}"
    Stlex            "T1" "1110100_0110_0_nnnn_tttt_(1111)_1110_dddd" if_cx (cx.has(Features::V8)) unpredictable (bad(d) || bad(t) || n == 15 || d == n || d == t) => StoreExclusive { d: r(d), t: r(t), address: AddrImm::offset(n, 0) } "stlex{.c} {d}, {t}, {address}"
    Ldaex            "T1" "1110100_0110_1_nnnn_tttt_(1111)_1110_(1111)" if_cx (cx.has(Features::V8)) unpredictable (bad(t) || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "ldaex{.c} {t}, {address}"
    Stlb             "T1" "1110100_0110_0_nnnn_tttt_(1111)_1000_(1111)" if_cx (cx.has(Features::V8)) unpredictable (bad(t) || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "stlb{.c} {t}, {address}"
    Ldab             "T1" "1110100_0110_1_nnnn_tttt_(1111)_1000_(1111)" if_cx (cx.has(Features::V8)) unpredictable (bad(t) || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "ldab{.c} {t}, {address}"
    Stlexb           "T1" "1110100_0110_0_nnnn_tttt_(1111)_1100_dddd" if_cx (cx.has(Features::V8)) unpredictable (bad(d) || bad(t) || n == 15 || d == n || d == t) => StoreExclusive { d: r(d), t: r(t), address: AddrImm::offset(n, 0) } "stlexb{.c} {d}, {t}, {address}"
    Ldaexb           "T1" "1110100_0110_1_nnnn_tttt_(1111)_1100_(1111)" if_cx (cx.has(Features::V8)) unpredictable (bad(t) || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "ldaexb{.c} {t}, {address}"
    Stlh             "T1" "1110100_0110_0_nnnn_tttt_(1111)_1001_(1111)" if_cx (cx.has(Features::V8)) unpredictable (bad(t) || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "stlh{.c} {t}, {address}"
    Ldah             "T1" "1110100_0110_1_nnnn_tttt_(1111)_1001_(1111)" if_cx (cx.has(Features::V8)) unpredictable (bad(t) || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "ldah{.c} {t}, {address}"
    Stlexh           "T1" "1110100_0110_0_nnnn_tttt_(1111)_1101_dddd" if_cx (cx.has(Features::V8)) unpredictable (bad(d) || bad(t) || n == 15 || d == n || d == t) => StoreExclusive { d: r(d), t: r(t), address: AddrImm::offset(n, 0) } "stlexh{.c} {d}, {t}, {address}"
    Ldaexh           "T1" "1110100_0110_1_nnnn_tttt_(1111)_1101_(1111)" if_cx (cx.has(Features::V8)) unpredictable (bad(t) || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "ldaexh{.c} {t}, {address}"
    Stlexd           "T1" "1110100_0110_0_nnnn_tttt_uuuu_1111_dddd" if_cx (cx.has(Features::V8)) unpredictable (bad(d) || bad(t) || bad(u) || n == 15 || d == n || d == t || d == u) => StoreExclusiveDual { d: r(d), t: r(t), t2: r(u), n: r(n) } "stlexd{.c} {d}, {t}, {t2}, [{n}]"
    Ldaexd           "T1" "1110100_0110_1_nnnn_tttt_uuuu_1111_(1111)" if_cx (cx.has(Features::V8)) unpredictable (bad(t) || bad(u) || t == u || n == 15) => LoadExclusiveDual { t: r(t), t2: r(u), n: r(n) } "ldaexd{.c} {t}, {t2}, [{n}]"

    // CRC-32.

    Crc32            "T1" "111110101_10_C_nnnn_1111_dddd_10_ss_mmmm" where (s != 3) if_cx (cx.has(Features::CRC32)) unpredictable (cx.in_it_block() || bad(d) || bad(n) || bad(m)) => Crc32 { castagnoli: C == 1, size: size_of_log2(s), d: r(d), n: r(n), m: r(m) } "crc32{castagnoli?c}{width()} {d}, {n}, {m}"

    // Hints and exceptions.

    Sevl             "T2" "111100111010_(1111)_10_(0)_0_(0)_000_00000101" "sevl{.c}.w"
    Esb              "T1" "111100111010_(1111)_10_(0)_0_(0)_000_00010000" unpredictable (cx.in_it_block()) "esb{.c}.w"
    Tsb              "T1" "111100111010_(1111)_10_(0)_0_(0)_000_00010010" unpredictable (cx.in_it_block()) "tsb{.c} csync"
    Csdb             "T1" "111100111010_(1111)_10_(0)_0_(0)_000_00010100" unpredictable (cx.in_it_block()) "csdb{.c}.w"
    Clrbhb           "T1" "111100111010_(1111)_10_(0)_0_(0)_000_00010110" unpredictable (cx.in_it_block()) "clrbhb{.c}"
    Sb               "T1" "111100111011_(1111)_10_(0)_0_(1111)_0111_(0000)" if_cx (cx.has(Features::SB)) unpredictable (cx.in_it_block()) "sb"
    /// Change to an Exception level in Debug state, UNDEFINED outside it.
    Dcps             "T1" "111101111000_1111_1000_0000_0000_00_ll" where (l != 0) if_cx (cx.has(Features::V8)) => Imm { imm: Imm32(l) } "dcps{imm.0}"
}
