//! A32 instructions that ARMv8 added, DDI 0487, sections F4.1 and F5.1.

dbt_isa::rows! {
    pub a32_v8;

    // Load-acquire and store-release.

    /// Store-release.
    Stl              "A1" "cccc_00011000_nnnn_(1111)_(11)00_1001_tttt" where (c != 15) if_cx (cx.has(Features::V8)) unpredictable (t == 15 || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "stl{.c} {t}, {address}"
    /// Load-acquire.
    Lda              "A1" "cccc_00011001_nnnn_tttt_(11)00_1001_(1111)" where (c != 15) if_cx (cx.has(Features::V8)) unpredictable (t == 15 || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "lda{.c} {t}, {address}"
    /// Store-release exclusive.
    Stlex            "A1" "cccc_00011000_nnnn_dddd_(11)10_1001_tttt" where (c != 15) if_cx (cx.has(Features::V8)) unpredictable (d == 15 || t == 15 || n == 15 || d == n || d == t) => StoreExclusive { d: r(d), t: r(t), address: AddrImm::offset(n, 0) } "stlex{.c} {d}, {t}, {address}"
    /// Load-acquire exclusive.
    Ldaex            "A1" "cccc_00011001_nnnn_tttt_(11)10_1001_(1111)" where (c != 15) if_cx (cx.has(Features::V8)) unpredictable (t == 15 || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "ldaex{.c} {t}, {address}"
    /// Store-release of a byte.
    Stlb             "A1" "cccc_00011100_nnnn_(1111)_(11)00_1001_tttt" where (c != 15) if_cx (cx.has(Features::V8)) unpredictable (t == 15 || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "stlb{.c} {t}, {address}"
    /// Load-acquire of a byte.
    Ldab             "A1" "cccc_00011101_nnnn_tttt_(11)00_1001_(1111)" where (c != 15) if_cx (cx.has(Features::V8)) unpredictable (t == 15 || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "ldab{.c} {t}, {address}"
    /// Store-release exclusive of a byte.
    Stlexb           "A1" "cccc_00011100_nnnn_dddd_(11)10_1001_tttt" where (c != 15) if_cx (cx.has(Features::V8)) unpredictable (d == 15 || t == 15 || n == 15 || d == n || d == t) => StoreExclusive { d: r(d), t: r(t), address: AddrImm::offset(n, 0) } "stlexb{.c} {d}, {t}, {address}"
    /// Load-acquire exclusive of a byte.
    Ldaexb           "A1" "cccc_00011101_nnnn_tttt_(11)10_1001_(1111)" where (c != 15) if_cx (cx.has(Features::V8)) unpredictable (t == 15 || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "ldaexb{.c} {t}, {address}"
    /// Store-release of a halfword.
    Stlh             "A1" "cccc_00011110_nnnn_(1111)_(11)00_1001_tttt" where (c != 15) if_cx (cx.has(Features::V8)) unpredictable (t == 15 || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "stlh{.c} {t}, {address}"
    /// Load-acquire of a halfword.
    Ldah             "A1" "cccc_00011111_nnnn_tttt_(11)00_1001_(1111)" where (c != 15) if_cx (cx.has(Features::V8)) unpredictable (t == 15 || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "ldah{.c} {t}, {address}"
    /// Store-release exclusive of a halfword.
    Stlexh           "A1" "cccc_00011110_nnnn_dddd_(11)10_1001_tttt" where (c != 15) if_cx (cx.has(Features::V8)) unpredictable (d == 15 || t == 15 || n == 15 || d == n || d == t) => StoreExclusive { d: r(d), t: r(t), address: AddrImm::offset(n, 0) } "stlexh{.c} {d}, {t}, {address}"
    /// Load-acquire exclusive of a halfword.
    Ldaexh           "A1" "cccc_00011111_nnnn_tttt_(11)10_1001_(1111)" where (c != 15) if_cx (cx.has(Features::V8)) unpredictable (t == 15 || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "ldaexh{.c} {t}, {address}"
    /// Store-release exclusive of a doubleword.
    Stlexd           "A1" "cccc_00011010_nnnn_dddd_(11)10_1001_tttt" where (c != 15) if_cx (cx.has(Features::V8)) unpredictable (d == 15 || t & 1 == 1 || t == 14 || n == 15 || d == n || d == t || d == t + 1) => StoreExclusiveDual { d: r(d), t: r(t), t2: r(t + 1), n: r(n) } "stlexd{.c} {d}, {t}, {t2}, [{n}]"
    /// Load-acquire exclusive of a doubleword.
    Ldaexd           "A1" "cccc_00011011_nnnn_tttt_(11)10_1001_(1111)" where (c != 15) if_cx (cx.has(Features::V8)) unpredictable (t & 1 == 1 || t == 14 || n == 15) => LoadExclusiveDual { t: r(t), t2: r(t + 1), n: r(n) } "ldaexd{.c} {t}, {t2}, [{n}]"

    // CRC-32.

    /// Checksum.
    Crc32            "A1" "cccc_00010_ss_0_nnnn_dddd_(00)_C_(0)_0100_mmmm" where (c != 15 && s != 3) if_cx (cx.has(Features::CRC32)) unpredictable (c != 14 || d == 15 || n == 15 || m == 15) => Crc32 { castagnoli: C == 1, size: size_of_log2(s), d: r(d), n: r(n), m: r(m) } "crc32{castagnoli?c}{width()} {d}, {n}, {m}"

    // Hints and exceptions.

    /// Send an event to oneself; a reserved hint before ARMv8.
    Sevl             "A1" "cccc_00110010_0000_(1111)_(0000)_00000101" where (c != 15) "sevl{.c}"
    /// Halting breakpoint, UNDEFINED where halting is disabled.
    Hlt              "A1" "cccc_00010000_iiiiiiiiiiii_0111_iiii" where (c != 15) if_cx (cx.has(Features::V8)) unpredictable (c != 14) => Imm { imm: Imm32(i) } "hlt {imm}"
    /// Error synchronization barrier; a reserved hint before ARMv8.2.
    Esb              "A1" "cccc_00110010_0000_(1111)_(0000)_00010000" where (c != 15) unpredictable (c != 14) "esb{.c}"
    /// Trace synchronization barrier; a reserved hint before ARMv8.4.
    Tsb              "A1" "cccc_00110010_0000_(1111)_(0000)_00010010" where (c != 15) unpredictable (c != 14) "tsb{.c} csync"
    /// Consumption of speculative data barrier; a reserved hint on older cores.
    Csdb             "A1" "cccc_00110010_0000_(1111)_(0000)_00010100" where (c != 15) unpredictable (c != 14) "csdb{.c}"
    /// Clear branch history; a reserved hint before ARMv8.9.
    Clrbhb           "A1" "cccc_00110010_0000_(1111)_(0000)_00010110" where (c != 15) unpredictable (c != 14) "clrbhb{.c}"
    /// Speculation barrier.
    Sb               "A1" "1111_01010111_(1111)_(1111)_(0000)_0111_(0000)" if_cx (cx.has(Features::SB)) "sb"

    // Privileged Access Never.

    /// Set CPSR.PAN.
    Setpan           "A1" "1111_00010001_(0000)_(0000)_(00)_p_(0)_0000_(0000)" if_cx (cx.has(Features::PAN)) => Imm { imm: Imm32(p) } "setpan {imm}"
}
