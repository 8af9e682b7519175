//! A32 loads and stores, DDI 0406C.d, sections A5.2.8 to A5.2.10, A5.3, A5.5 and
//! A5.7.1.

dbt_isa::rows! {
    pub a32_mem;

    // Load and store word and unsigned byte, A5.3
    /// Load word.
    LdrImm  "A1"     "cccc_010_P_U_0_W_1_nnnn_tttt_iiiiiiiiiiii" where (c != 15 && n != 15 && !(P == 0 && W == 1) && !(n == 13 && P == 0 && U == 1 && i == 4)) unpredictable ((P == 0 || W == 1) && n == t) => MemImm { t: r(t), address: AddrImm::new(n, P, U, W, i) } "ldr{.c} {t}, {address}"
    LdrImm  "POP A2" "cccc_010_0_1_0_0_1_1101_tttt_000000000100" where (c != 15) unpredictable (t == 13) => MemImm { t: r(t), address: AddrImm::new(13, 0, 1, 0, 4) } "pop{.c} {{{t}}}"
    /// Load byte.
    LdrbImm "A1"     "cccc_010_P_U_1_W_1_nnnn_tttt_iiiiiiiiiiii" where (c != 15 && n != 15 && !(P == 0 && W == 1)) unpredictable (t == 15 || (P == 0 || W == 1) && n == t) => MemImm { t: r(t), address: AddrImm::new(n, P, U, W, i) } "ldrb{.c} {t}, {address}"
    /// Store word.
    StrImm  "A1"     "cccc_010_P_U_0_W_0_nnnn_tttt_iiiiiiiiiiii" where (c != 15 && !(P == 0 && W == 1)) unpredictable ((P == 0 || W == 1) && (n == 15 || n == t)) => MemImm { t: r(t), address: AddrImm::new(n, P, U, W, i) } "str{.c} {t}, {address}"
    /// Store byte.
    StrbImm "A1"     "cccc_010_P_U_1_W_0_nnnn_tttt_iiiiiiiiiiii" where (c != 15 && !(P == 0 && W == 1)) unpredictable (t == 15 || (P == 0 || W == 1) && (n == 15 || n == t)) => MemImm { t: r(t), address: AddrImm::new(n, P, U, W, i) } "strb{.c} {t}, {address}"

    // Relative to the PC
    /// Load word relative to the PC.
    LdrLit  "A1" "cccc_010_P_U_0_W_1_1111_tttt_iiiiiiiiiiii" where (c != 15 && !(P == 0 && W == 1)) unpredictable (P == W) => MemLit { t: r(t), address: AddrLit::new(U, i) } "ldr{.c} {t}, {address}"
    /// Load byte relative to the PC.
    LdrbLit "A1" "cccc_010_P_U_1_W_1_1111_tttt_iiiiiiiiiiii" where (c != 15 && !(P == 0 && W == 1)) unpredictable (P == W || t == 15) => MemLit { t: r(t), address: AddrLit::new(U, i) } "ldrb{.c} {t}, {address}"

    // With a register offset
    /// Load word with a register offset.
    LdrReg  "A1" "cccc_011_P_U_0_W_1_nnnn_tttt_iiiii_yy_0_mmmm" where (c != 15 && !(P == 0 && W == 1)) unpredictable (m == 15 || (P == 0 || W == 1) && (n == 15 || n == t)) => MemReg { t: r(t), address: AddrReg::new(n, m, P, U, W, Shift::decode(y, i)) } "ldr{.c} {t}, {address}"
    /// Load byte with a register offset.
    LdrbReg "A1" "cccc_011_P_U_1_W_1_nnnn_tttt_iiiii_yy_0_mmmm" where (c != 15 && !(P == 0 && W == 1)) unpredictable (t == 15 || m == 15 || (P == 0 || W == 1) && (n == 15 || n == t)) => MemReg { t: r(t), address: AddrReg::new(n, m, P, U, W, Shift::decode(y, i)) } "ldrb{.c} {t}, {address}"
    /// Store word with a register offset.
    StrReg  "A1" "cccc_011_P_U_0_W_0_nnnn_tttt_iiiii_yy_0_mmmm" where (c != 15 && !(P == 0 && W == 1)) unpredictable (m == 15 || (P == 0 || W == 1) && (n == 15 || n == t)) => MemReg { t: r(t), address: AddrReg::new(n, m, P, U, W, Shift::decode(y, i)) } "str{.c} {t}, {address}"
    /// Store byte with a register offset.
    StrbReg "A1" "cccc_011_P_U_1_W_0_nnnn_tttt_iiiii_yy_0_mmmm" where (c != 15 && !(P == 0 && W == 1)) unpredictable (t == 15 || m == 15 || (P == 0 || W == 1) && (n == 15 || n == t)) => MemReg { t: r(t), address: AddrReg::new(n, m, P, U, W, Shift::decode(y, i)) } "strb{.c} {t}, {address}"

    // Unprivileged
    /// Load word unprivileged.
    LdrtImm  "A1" "cccc_010_0_U_0_1_1_nnnn_tttt_iiiiiiiiiiii"    where (c != 15) unpredictable (t == 15 || n == 15 || n == t) => MemImm { t: r(t), address: AddrImm::new(n, 0, U, 1, i) } "ldrt{.c} {t}, {address}"
    /// Load word unprivileged.
    LdrtReg  "A2" "cccc_011_0_U_0_1_1_nnnn_tttt_iiiii_yy_0_mmmm" where (c != 15) unpredictable (t == 15 || n == 15 || n == t || m == 15) => MemReg { t: r(t), address: AddrReg::new(n, m, 0, U, 1, Shift::decode(y, i)) } "ldrt{.c} {t}, {address}"
    /// Load byte unprivileged.
    LdrbtImm "A1" "cccc_010_0_U_1_1_1_nnnn_tttt_iiiiiiiiiiii"    where (c != 15) unpredictable (t == 15 || n == 15 || n == t) => MemImm { t: r(t), address: AddrImm::new(n, 0, U, 1, i) } "ldrbt{.c} {t}, {address}"
    /// Load byte unprivileged.
    LdrbtReg "A2" "cccc_011_0_U_1_1_1_nnnn_tttt_iiiii_yy_0_mmmm" where (c != 15) unpredictable (t == 15 || n == 15 || n == t || m == 15) => MemReg { t: r(t), address: AddrReg::new(n, m, 0, U, 1, Shift::decode(y, i)) } "ldrbt{.c} {t}, {address}"
    /// Store word unprivileged.
    StrtImm  "A1" "cccc_010_0_U_0_1_0_nnnn_tttt_iiiiiiiiiiii"    where (c != 15) unpredictable (n == 15 || n == t) => MemImm { t: r(t), address: AddrImm::new(n, 0, U, 1, i) } "strt{.c} {t}, {address}"
    /// Store word unprivileged.
    StrtReg  "A2" "cccc_011_0_U_0_1_0_nnnn_tttt_iiiii_yy_0_mmmm" where (c != 15) unpredictable (n == 15 || n == t || m == 15) => MemReg { t: r(t), address: AddrReg::new(n, m, 0, U, 1, Shift::decode(y, i)) } "strt{.c} {t}, {address}"
    /// Store byte unprivileged.
    StrbtImm "A1" "cccc_010_0_U_1_1_0_nnnn_tttt_iiiiiiiiiiii"    where (c != 15) unpredictable (t == 15 || n == 15 || n == t) => MemImm { t: r(t), address: AddrImm::new(n, 0, U, 1, i) } "strbt{.c} {t}, {address}"
    /// Store byte unprivileged.
    StrbtReg "A2" "cccc_011_0_U_1_1_0_nnnn_tttt_iiiii_yy_0_mmmm" where (c != 15) unpredictable (t == 15 || n == 15 || n == t || m == 15) => MemReg { t: r(t), address: AddrReg::new(n, m, 0, U, 1, Shift::decode(y, i)) } "strbt{.c} {t}, {address}"

    // Extra load and store, A5.2.8
    /// Load halfword.
    LdrhImm  "A1" "cccc_000_P_U_1_W_1_nnnn_tttt_iiii_1011_iiii" where (c != 15 && n != 15 && !(P == 0 && W == 1)) unpredictable (t == 15 || (P == 0 || W == 1) && n == t) => MemImm { t: r(t), address: AddrImm::new(n, P, U, W, i) } "ldrh{.c} {t}, {address}"
    /// Load signed byte.
    LdrsbImm "A1" "cccc_000_P_U_1_W_1_nnnn_tttt_iiii_1101_iiii" where (c != 15 && n != 15 && !(P == 0 && W == 1)) unpredictable (t == 15 || (P == 0 || W == 1) && n == t) => MemImm { t: r(t), address: AddrImm::new(n, P, U, W, i) } "ldrsb{.c} {t}, {address}"
    /// Load signed halfword.
    LdrshImm "A1" "cccc_000_P_U_1_W_1_nnnn_tttt_iiii_1111_iiii" where (c != 15 && n != 15 && !(P == 0 && W == 1)) unpredictable (t == 15 || (P == 0 || W == 1) && n == t) => MemImm { t: r(t), address: AddrImm::new(n, P, U, W, i) } "ldrsh{.c} {t}, {address}"
    /// Store halfword.
    StrhImm  "A1" "cccc_000_P_U_1_W_0_nnnn_tttt_iiii_1011_iiii" where (c != 15 && !(P == 0 && W == 1)) unpredictable (t == 15 || (P == 0 || W == 1) && (n == 15 || n == t)) => MemImm { t: r(t), address: AddrImm::new(n, P, U, W, i) } "strh{.c} {t}, {address}"

    // With a register offset
    /// Load halfword with a register offset.
    LdrhReg  "A1" "cccc_000_P_U_0_W_1_nnnn_tttt_(0000)_1011_mmmm" where (c != 15 && !(P == 0 && W == 1)) unpredictable (t == 15 || m == 15 || (P == 0 || W == 1) && (n == 15 || n == t)) => MemReg { t: r(t), address: AddrReg::new(n, m, P, U, W, Shift::NONE) } "ldrh{.c} {t}, {address}"
    /// Load signed byte with a register offset.
    LdrsbReg "A1" "cccc_000_P_U_0_W_1_nnnn_tttt_(0000)_1101_mmmm" where (c != 15 && !(P == 0 && W == 1)) unpredictable (t == 15 || m == 15 || (P == 0 || W == 1) && (n == 15 || n == t)) => MemReg { t: r(t), address: AddrReg::new(n, m, P, U, W, Shift::NONE) } "ldrsb{.c} {t}, {address}"
    /// Load signed halfword with a register offset.
    LdrshReg "A1" "cccc_000_P_U_0_W_1_nnnn_tttt_(0000)_1111_mmmm" where (c != 15 && !(P == 0 && W == 1)) unpredictable (t == 15 || m == 15 || (P == 0 || W == 1) && (n == 15 || n == t)) => MemReg { t: r(t), address: AddrReg::new(n, m, P, U, W, Shift::NONE) } "ldrsh{.c} {t}, {address}"
    /// Store halfword with a register offset.
    StrhReg  "A1" "cccc_000_P_U_0_W_0_nnnn_tttt_(0000)_1011_mmmm" where (c != 15 && !(P == 0 && W == 1)) unpredictable (t == 15 || m == 15 || (P == 0 || W == 1) && (n == 15 || n == t)) => MemReg { t: r(t), address: AddrReg::new(n, m, P, U, W, Shift::NONE) } "strh{.c} {t}, {address}"

    // Relative to the PC
    /// Load halfword relative to the PC.
    LdrhLit  "A1" "cccc_000_P_U_1_W_1_1111_tttt_iiii_1011_iiii" where (c != 15 && !(P == 0 && W == 1)) unpredictable (P == W || t == 15) => MemLit { t: r(t), address: AddrLit::new(U, i) } "ldrh{.c} {t}, {address}"
    /// Load signed byte relative to the PC.
    LdrsbLit "A1" "cccc_000_P_U_1_W_1_1111_tttt_iiii_1101_iiii" where (c != 15 && !(P == 0 && W == 1)) unpredictable (P == W || t == 15) => MemLit { t: r(t), address: AddrLit::new(U, i) } "ldrsb{.c} {t}, {address}"
    /// Load signed halfword relative to the PC.
    LdrshLit "A1" "cccc_000_P_U_1_W_1_1111_tttt_iiii_1111_iiii" where (c != 15 && !(P == 0 && W == 1)) unpredictable (P == W || t == 15) => MemLit { t: r(t), address: AddrLit::new(U, i) } "ldrsh{.c} {t}, {address}"

    // Unprivileged, A5.2.9
    /// Load halfword unprivileged.
    LdrhtImm  "A1" "cccc_000_0_U_1_1_1_nnnn_tttt_iiii_1011_iiii"   where (c != 15) unpredictable (t == 15 || n == 15 || n == t) => MemImm { t: r(t), address: AddrImm::new(n, 0, U, 1, i) } "ldrht{.c} {t}, {address}"
    /// Load halfword unprivileged.
    LdrhtReg  "A2" "cccc_000_0_U_0_1_1_nnnn_tttt_(0000)_1011_mmmm" where (c != 15) unpredictable (t == 15 || n == 15 || n == t || m == 15) => MemReg { t: r(t), address: AddrReg::new(n, m, 0, U, 1, Shift::NONE) } "ldrht{.c} {t}, {address}"
    /// Load signed byte unprivileged.
    LdrsbtImm "A1" "cccc_000_0_U_1_1_1_nnnn_tttt_iiii_1101_iiii"   where (c != 15) unpredictable (t == 15 || n == 15 || n == t) => MemImm { t: r(t), address: AddrImm::new(n, 0, U, 1, i) } "ldrsbt{.c} {t}, {address}"
    /// Load signed byte unprivileged.
    LdrsbtReg "A2" "cccc_000_0_U_0_1_1_nnnn_tttt_(0000)_1101_mmmm" where (c != 15) unpredictable (t == 15 || n == 15 || n == t || m == 15) => MemReg { t: r(t), address: AddrReg::new(n, m, 0, U, 1, Shift::NONE) } "ldrsbt{.c} {t}, {address}"
    /// Load signed halfword unprivileged.
    LdrshtImm "A1" "cccc_000_0_U_1_1_1_nnnn_tttt_iiii_1111_iiii"   where (c != 15) unpredictable (t == 15 || n == 15 || n == t) => MemImm { t: r(t), address: AddrImm::new(n, 0, U, 1, i) } "ldrsht{.c} {t}, {address}"
    /// Load signed halfword unprivileged.
    LdrshtReg "A2" "cccc_000_0_U_0_1_1_nnnn_tttt_(0000)_1111_mmmm" where (c != 15) unpredictable (t == 15 || n == 15 || n == t || m == 15) => MemReg { t: r(t), address: AddrReg::new(n, m, 0, U, 1, Shift::NONE) } "ldrsht{.c} {t}, {address}"
    /// Store halfword unprivileged.
    StrhtImm  "A1" "cccc_000_0_U_1_1_0_nnnn_tttt_iiii_1011_iiii"   where (c != 15) unpredictable (t == 15 || n == 15 || n == t) => MemImm { t: r(t), address: AddrImm::new(n, 0, U, 1, i) } "strht{.c} {t}, {address}"
    /// Store halfword unprivileged.
    StrhtReg  "A2" "cccc_000_0_U_0_1_0_nnnn_tttt_(0000)_1011_mmmm" where (c != 15) unpredictable (t == 15 || n == 15 || n == t || m == 15) => MemReg { t: r(t), address: AddrReg::new(n, m, 0, U, 1, Shift::NONE) } "strht{.c} {t}, {address}"

    // Dual
    /// Load dual.
    LdrdImm "A1" "cccc_000_P_U_1_W_0_nnnn_tttt_iiii_1101_iiii"     where (c != 15 && n != 15) if_cx (cx.has(Features::V5TE)) unpredictable (t & 1 == 1 || t == 14 || P == 0 && W == 1 || (P == 0 || W == 1) && (n == t || n == t + 1)) => MemDualImm { t: r(t), t2: r(t + 1), address: AddrImm::new(n, P, U, W, i) } "ldrd{.c} {t}, {t2}, {address}"
    /// Load dual relative to the PC.
    LdrdLit "A1" "cccc_000_(1)_U_1_(0)_0_1111_tttt_iiii_1101_iiii" where (c != 15) if_cx (cx.has(Features::V5TE)) unpredictable (t & 1 == 1 || t == 14) => MemDualLit { t: r(t), t2: r(t + 1), address: AddrLit::new(U, i) } "ldrd{.c} {t}, {t2}, {address}"
    /// Load dual with a register offset.
    LdrdReg "A1" "cccc_000_P_U_0_W_0_nnnn_tttt_(0000)_1101_mmmm"   where (c != 15) if_cx (cx.has(Features::V5TE)) unpredictable (t & 1 == 1 || t == 14 || P == 0 && W == 1 || m == 15 || m == t || m == t + 1 || (P == 0 || W == 1) && (n == 15 || n == t || n == t + 1)) => MemDualReg { t: r(t), t2: r(t + 1), address: AddrReg::new(n, m, P, U, W, Shift::NONE) } "ldrd{.c} {t}, {t2}, {address}"
    /// Store dual.
    StrdImm "A1" "cccc_000_P_U_1_W_0_nnnn_tttt_iiii_1111_iiii"     where (c != 15) if_cx (cx.has(Features::V5TE)) unpredictable (t & 1 == 1 || t == 14 || P == 0 && W == 1 || (P == 0 || W == 1) && (n == 15 || n == t || n == t + 1)) => MemDualImm { t: r(t), t2: r(t + 1), address: AddrImm::new(n, P, U, W, i) } "strd{.c} {t}, {t2}, {address}"
    /// Store dual with a register offset.
    StrdReg "A1" "cccc_000_P_U_0_W_0_nnnn_tttt_(0000)_1111_mmmm"   where (c != 15) if_cx (cx.has(Features::V5TE)) unpredictable (t & 1 == 1 || t == 14 || P == 0 && W == 1 || m == 15 || (P == 0 || W == 1) && (n == 15 || n == t || n == t + 1)) => MemDualReg { t: r(t), t2: r(t + 1), address: AddrReg::new(n, m, P, U, W, Shift::NONE) } "strd{.c} {t}, {t2}, {address}"

    // Synchronization primitives, A5.2.10
    /// Swap word.
    Swp    "A1" "cccc_00010000_nnnn_tttt_(0000)_1001_mmmm"   where (c != 15) if_cx (cx.has(Features::SWP)) unpredictable (t == 15 || m == 15 || n == 15 || n == t || n == m) => Swap { t: r(t), t2: r(m), n: r(n) } "swp{.c} {t}, {t2}, [{n}]"
    /// Swap byte.
    Swpb   "A1" "cccc_00010100_nnnn_tttt_(0000)_1001_mmmm"   where (c != 15) if_cx (cx.has(Features::SWP)) unpredictable (t == 15 || m == 15 || n == 15 || n == t || n == m) => Swap { t: r(t), t2: r(m), n: r(n) } "swpb{.c} {t}, {t2}, [{n}]"
    /// Store exclusive word.
    Strex  "A1" "cccc_00011000_nnnn_dddd_(11)11_1001_tttt"   where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || t == 15 || n == 15 || d == n || d == t) => StoreExclusive { d: r(d), t: r(t), address: AddrImm::offset(n, 0) } "strex{.c} {d}, {t}, {address}"
    /// Load exclusive word.
    Ldrex  "A1" "cccc_00011001_nnnn_tttt_(11)11_1001_(1111)" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (t == 15 || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "ldrex{.c} {t}, {address}"
    /// Store exclusive doubleword.
    Strexd "A1" "cccc_00011010_nnnn_dddd_(11)11_1001_tttt"   where (c != 15) if_cx (cx.has(Features::V6K)) unpredictable (d == 15 || t & 1 == 1 || t == 14 || n == 15 || d == n || d == t || d == t + 1) => StoreExclusiveDual { d: r(d), t: r(t), t2: r(t + 1), n: r(n) } "strexd{.c} {d}, {t}, {t2}, [{n}]"
    /// Load exclusive doubleword.
    Ldrexd "A1" "cccc_00011011_nnnn_tttt_(11)11_1001_(1111)" where (c != 15) if_cx (cx.has(Features::V6K)) unpredictable (t & 1 == 1 || t == 14 || n == 15) => LoadExclusiveDual { t: r(t), t2: r(t + 1), n: r(n) } "ldrexd{.c} {t}, {t2}, [{n}]"
    /// Store exclusive byte.
    Strexb "A1" "cccc_00011100_nnnn_dddd_(11)11_1001_tttt"   where (c != 15) if_cx (cx.has(Features::V6K)) unpredictable (d == 15 || t == 15 || n == 15 || d == n || d == t) => StoreExclusive { d: r(d), t: r(t), address: AddrImm::offset(n, 0) } "strexb{.c} {d}, {t}, {address}"
    /// Load exclusive byte.
    Ldrexb "A1" "cccc_00011101_nnnn_tttt_(11)11_1001_(1111)" where (c != 15) if_cx (cx.has(Features::V6K)) unpredictable (t == 15 || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "ldrexb{.c} {t}, {address}"
    /// Store exclusive halfword.
    Strexh "A1" "cccc_00011110_nnnn_dddd_(11)11_1001_tttt"   where (c != 15) if_cx (cx.has(Features::V6K)) unpredictable (d == 15 || t == 15 || n == 15 || d == n || d == t) => StoreExclusive { d: r(d), t: r(t), address: AddrImm::offset(n, 0) } "strexh{.c} {d}, {t}, {address}"
    /// Load exclusive halfword.
    Ldrexh "A1" "cccc_00011111_nnnn_tttt_(11)11_1001_(1111)" where (c != 15) if_cx (cx.has(Features::V6K)) unpredictable (t == 15 || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "ldrexh{.c} {t}, {address}"

    // Block data transfer, A5.5
    /// Load multiple, increment after; `POP` (A1).
    Ldm       "A1" "cccc_100_0_1_0_W_1_nnnn_xxxxxxxxxxxxxxxx"   where (c != 15) unpredictable (n == 15 || x == 0 || W == 1 && x >> n & 1 == 1) => Block { n: r(n), wback: W == 1, list: RegList::from_bits(x) } "{@disasm::ldm_or_pop}"
    /// Load multiple, decrement after.
    Ldmda     "A1" "cccc_100_0_0_0_W_1_nnnn_xxxxxxxxxxxxxxxx"   where (c != 15) unpredictable (n == 15 || x == 0 || W == 1 && x >> n & 1 == 1) => Block { n: r(n), wback: W == 1, list: RegList::from_bits(x) } "ldmda{.c} {n}{wback?!}, {list}"
    /// Load multiple, decrement before.
    Ldmdb     "A1" "cccc_100_1_0_0_W_1_nnnn_xxxxxxxxxxxxxxxx"   where (c != 15) unpredictable (n == 15 || x == 0 || W == 1 && x >> n & 1 == 1) => Block { n: r(n), wback: W == 1, list: RegList::from_bits(x) } "ldmdb{.c} {n}{wback?!}, {list}"
    /// Load multiple, increment before.
    Ldmib     "A1" "cccc_100_1_1_0_W_1_nnnn_xxxxxxxxxxxxxxxx"   where (c != 15) unpredictable (n == 15 || x == 0 || W == 1 && x >> n & 1 == 1) => Block { n: r(n), wback: W == 1, list: RegList::from_bits(x) } "ldmib{.c} {n}{wback?!}, {list}"
    /// Store multiple, increment after.
    Stm       "A1" "cccc_100_0_1_0_W_0_nnnn_xxxxxxxxxxxxxxxx"   where (c != 15) unpredictable (n == 15 || x == 0) => Block { n: r(n), wback: W == 1, list: RegList::from_bits(x) } "stm{.c} {n}{wback?!}, {list}"
    /// Store multiple, decrement after.
    Stmda     "A1" "cccc_100_0_0_0_W_0_nnnn_xxxxxxxxxxxxxxxx"   where (c != 15) unpredictable (n == 15 || x == 0) => Block { n: r(n), wback: W == 1, list: RegList::from_bits(x) } "stmda{.c} {n}{wback?!}, {list}"
    /// Store multiple, decrement before; `PUSH` (A1).
    Stmdb     "A1" "cccc_100_1_0_0_W_0_nnnn_xxxxxxxxxxxxxxxx"   where (c != 15) unpredictable (n == 15 || x == 0) => Block { n: r(n), wback: W == 1, list: RegList::from_bits(x) } "{@disasm::stmdb_or_push}"
    /// Store multiple, increment before.
    Stmib     "A1" "cccc_100_1_1_0_W_0_nnnn_xxxxxxxxxxxxxxxx"   where (c != 15) unpredictable (n == 15 || x == 0) => Block { n: r(n), wback: W == 1, list: RegList::from_bits(x) } "stmib{.c} {n}{wback?!}, {list}"
    /// `LDM` (User registers) and `LDM` (exception return), which User mode may not execute.
    LdmSystem "A1" "cccc_100_P_U_1_W_1_nnnn_xxxxxxxxxxxxxxxx"   where (c != 15) unpredictable (n == 15 || x == 0 || W == 1 && (x >> 15 == 0 || x >> n & 1 == 1)) => BlockSystem { n: r(n), increment: U == 1, before: P == 1, wback: W == 1, list: RegList::from_bits(x) } "ldm{@disasm::block_mode}{.c} {n}{wback?!}, {list} ^"
    /// `STM` (User registers), which User mode may not execute.
    StmSystem "A1" "cccc_100_P_U_1_(0)_0_nnnn_xxxxxxxxxxxxxxxx" where (c != 15) unpredictable (n == 15 || x == 0) => BlockSystem { n: r(n), increment: U == 1, before: P == 1, wback: false, list: RegList::from_bits(x) } "stm{@disasm::block_mode}{.c} {n}, {list} ^"

    // Preload, A5.7.1
    /// Preload data, to be written.
    PldwImm "A1" "1111_0101_U_0_01_nnnn_(1111)_iiiiiiiiiiii"    if_cx (cx.has(Features::MP)) unpredictable (n == 15) => PreloadImm { address: AddrImm::new(n, 1, U, 0, i) } "pldw {address}"
    /// Preload data, to be written.
    PldwReg "A1" "1111_0111_U_0_01_nnnn_(1111)_iiiii_yy_0_mmmm" if_cx (cx.has(Features::MP)) unpredictable (m == 15 || n == 15) => PreloadReg { address: AddrReg::new(n, m, 1, U, 0, Shift::decode(y, i)) } "pldw {address}"
    /// Preload data.
    PldImm  "A1" "1111_0101_U_1_01_nnnn_(1111)_iiiiiiiiiiii"    where (n != 15) if_cx (cx.has(Features::V5TE)) => PreloadImm { address: AddrImm::new(n, 1, U, 0, i) } "pld {address}"
    /// Preload data.
    PldLit  "A1" "1111_0101_U_1_01_1111_(1111)_iiiiiiiiiiii"    if_cx (cx.has(Features::V5TE)) => PreloadLit { address: AddrLit::new(U, i) } "pld {address}"
    /// Preload data.
    PldReg  "A1" "1111_0111_U_1_01_nnnn_(1111)_iiiii_yy_0_mmmm" if_cx (cx.has(Features::V5TE)) unpredictable (m == 15) => PreloadReg { address: AddrReg::new(n, m, 1, U, 0, Shift::decode(y, i)) } "pld {address}"
    /// Preload instruction.
    PliImm  "A1" "1111_0100_U_1_01_nnnn_(1111)_iiiiiiiiiiii"    where (n != 15) if_cx (cx.has(Features::V7)) => PreloadImm { address: AddrImm::new(n, 1, U, 0, i) } "pli {address}"
    /// Preload instruction.
    PliLit  "A1" "1111_0100_U_1_01_1111_(1111)_iiiiiiiiiiii"    if_cx (cx.has(Features::V7)) => PreloadLit { address: AddrLit::new(U, i) } "pli {address}"
    /// Preload instruction.
    PliReg  "A1" "1111_0110_U_1_01_nnnn_(1111)_iiiii_yy_0_mmmm" if_cx (cx.has(Features::V7)) unpredictable (m == 15) => PreloadReg { address: AddrReg::new(n, m, 1, U, 0, Shift::decode(y, i)) } "pli {address}"
    // Unallocated memory hints, which do nothing.
    Nop     "hint A1" "1111_0100_-_0_01_----_----_------------"    if_cx (cx.has(Features::MP)) "nop{.c}"
    Nop     "hint A2" "1111_0110_-_0_01_----_----_-------0----"    if_cx (cx.has(Features::MP)) "nop{.c}"
}
