//! 32-bit T32 encodings of loads and stores, DDI 0406C.d sections A6.3.5 to
//! A6.3.10, in its order.
//!
//! The first halfword is the upper one. `bad(t)` is the manual's
//! `t IN {13, 15}`. A load of R15 is a branch and must end its IT block.

dbt_isa::rows! {
    pub t32_mem;

    // A6.3.5 Load/store multiple
    Stm    "T2"         "1110100_01_0_W_0_nnnn_xxxxxxxxxxxxxxxx" unpredictable (n == 15 || x >> 13 & 1 == 1 || x >> 15 == 1 || x.count_ones() < 2 || W == 1 && x >> n & 1 == 1) => Block { n: r(n), wback: W == 1, list: RegList::from_bits(x) } "stm{.c}.w {n}{wback?!}, {list}"
    Ldm    "T2"         "1110100_01_0_W_1_nnnn_xxxxxxxxxxxxxxxx" where (!(W == 1 && n == 13)) unpredictable (n == 15 || x >> 13 & 1 == 1 || x.count_ones() < 2 || x >> 14 == 3 || x >> 15 == 1 && !cx.may_branch() || W == 1 && x >> n & 1 == 1) => Block { n: r(n), wback: W == 1, list: RegList::from_bits(x) } "ldm{.c}.w {n}{wback?!}, {list}"
    Ldm    "POP T2"     "1110100_01_0_1_1_1101_xxxxxxxxxxxxxxxx" unpredictable (x >> 13 & 1 == 1 || x.count_ones() < 2 || x >> 14 == 3 || x >> 15 == 1 && !cx.may_branch()) => Block { n: Reg::SP, wback: true, list: RegList::from_bits(x) } "pop{.c}.w {list}"
    Stmdb  "T1"         "1110100_10_0_W_0_nnnn_xxxxxxxxxxxxxxxx" where (!(W == 1 && n == 13)) unpredictable (n == 15 || x >> 13 & 1 == 1 || x >> 15 == 1 || x.count_ones() < 2 || W == 1 && x >> n & 1 == 1) => Block { n: r(n), wback: W == 1, list: RegList::from_bits(x) } "stmdb{.c} {n}{wback?!}, {list}"
    Stmdb  "PUSH T2"    "1110100_10_0_1_0_1101_xxxxxxxxxxxxxxxx" unpredictable (x >> 13 & 1 == 1 || x >> 15 == 1 || x.count_ones() < 2) => Block { n: Reg::SP, wback: true, list: RegList::from_bits(x) } "push{.c}.w {list}"
    Ldmdb  "T1"         "1110100_10_0_W_1_nnnn_xxxxxxxxxxxxxxxx" unpredictable (n == 15 || x >> 13 & 1 == 1 || x.count_ones() < 2 || x >> 14 == 3 || x >> 15 == 1 && !cx.may_branch() || W == 1 && x >> n & 1 == 1) => Block { n: r(n), wback: W == 1, list: RegList::from_bits(x) } "ldmdb{.c} {n}{wback?!}, {list}"

    // A6.3.6 Load/store dual, load/store exclusive, table branch
    Strex   "T1" "1110100_0010_0_nnnn_tttt_dddd_iiiiiiii" unpredictable (bad(d) || bad(t) || n == 15 || d == n || d == t) => StoreExclusive { d: r(d), t: r(t), address: AddrImm::offset(n, i << 2) } "strex{.c} {d}, {t}, {address}"
    Ldrex   "T1" "1110100_0010_1_nnnn_tttt_(1111)_iiiiiiii" unpredictable (bad(t) || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, i << 2) } "ldrex{.c} {t}, {address}"
    StrdImm "T1" "1110100_P_U_1_W_0_nnnn_tttt_uuuu_iiiiiiii" where (P == 1 || W == 1) unpredictable (n == 15 || bad(t) || bad(u) || W == 1 && (n == t || n == u)) => MemDualImm { t: r(t), t2: r(u), address: AddrImm::new(n, P, U, W, i << 2) } "strd{.c} {t}, {t2}, {address}"
    LdrdImm "T1" "1110100_P_U_1_W_1_nnnn_tttt_uuuu_iiiiiiii" where (n != 15 && (P == 1 || W == 1)) unpredictable (bad(t) || bad(u) || t == u || W == 1 && (n == t || n == u)) => MemDualImm { t: r(t), t2: r(u), address: AddrImm::new(n, P, U, W, i << 2) } "ldrd{.c} {t}, {t2}, {address}"
    LdrdLit "T1" "1110100_P_U_1_W_1_1111_tttt_uuuu_iiiiiiii" where (P == 1 || W == 1) unpredictable (W == 1 || bad(t) || bad(u) || t == u) => MemDualLit { t: r(t), t2: r(u), address: AddrLit::new(U, i << 2) } "ldrd{.c} {t}, {t2}, {address}"
    Strexb  "T1" "1110100_0110_0_nnnn_tttt_(1111)_0100_dddd" unpredictable (bad(d) || bad(t) || n == 15 || d == n || d == t) => StoreExclusive { d: r(d), t: r(t), address: AddrImm::offset(n, 0) } "strexb{.c} {d}, {t}, {address}"
    Strexh  "T1" "1110100_0110_0_nnnn_tttt_(1111)_0101_dddd" unpredictable (bad(d) || bad(t) || n == 15 || d == n || d == t) => StoreExclusive { d: r(d), t: r(t), address: AddrImm::offset(n, 0) } "strexh{.c} {d}, {t}, {address}"
    Strexd  "T1" "1110100_0110_0_nnnn_tttt_uuuu_0111_dddd" unpredictable (bad(d) || bad(t) || bad(u) || n == 15 || d == n || d == t || d == u) => StoreExclusiveDual { d: r(d), t: r(t), t2: r(u), n: r(n) } "strexd{.c} {d}, {t}, {t2}, [{n}]"
    Tbb     "T1" "1110100_0110_1_nnnn_(1111)_(0000)_0000_mmmm" unpredictable (n == 13 || bad(m) || !cx.may_branch()) => TableBranch { n: r(n), m: r(m) } "tbb{.c} [{n}, {m}]"
    Tbh     "T1" "1110100_0110_1_nnnn_(1111)_(0000)_0001_mmmm" unpredictable (n == 13 || bad(m) || !cx.may_branch()) => TableBranch { n: r(n), m: r(m) } "tbh{.c} [{n}, {m}, lsl #1]"
    Ldrexb  "T1" "1110100_0110_1_nnnn_tttt_(1111)_0100_(1111)" unpredictable (bad(t) || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "ldrexb{.c} {t}, {address}"
    Ldrexh  "T1" "1110100_0110_1_nnnn_tttt_(1111)_0101_(1111)" unpredictable (bad(t) || n == 15) => LoadExclusive { t: r(t), address: AddrImm::offset(n, 0) } "ldrexh{.c} {t}, {address}"
    Ldrexd  "T1" "1110100_0110_1_nnnn_tttt_uuuu_0111_(1111)" unpredictable (bad(t) || bad(u) || t == u || n == 15) => LoadExclusiveDual { t: r(t), t2: r(u), n: r(n) } "ldrexd{.c} {t}, {t2}, [{n}]"

    // A6.3.7 Load word
    LdrImm    "T3" "1111100_0_1_10_1_nnnn_tttt_iiiiiiiiiiii" where (n != 15) unpredictable (t == 15 && !cx.may_branch()) => MemImm { t: r(t), address: AddrImm::offset(n, i) } "ldr{.c}.w {t}, {address}"
    LdrImm    "T4" "1111100_0_0_10_1_nnnn_tttt_1_P_U_W_iiiiiiii" where (n != 15 && !(P == 1 && U == 1 && W == 0) && !(n == 13 && P == 0 && U == 1 && W == 1 && i == 4)) undefined (P == 0 && W == 0) unpredictable (W == 1 && n == t || t == 15 && !cx.may_branch()) => MemImm { t: r(t), address: AddrImm::new(n, P, U, W, i) } "ldr{.c} {t}, {address}"
    LdrImm    "POP T3" "1111100_0_0_10_1_1101_tttt_1011_00000100" unpredictable (t == 13 || t == 15 && !cx.may_branch()) => MemImm { t: r(t), address: AddrImm::new(13, 0, 1, 1, 4) } "pop{.c}.w {{{t}}}"
    LdrtImm   "T1" "1111100_0_0_10_1_nnnn_tttt_1110_iiiiiiii" where (n != 15) unpredictable (bad(t)) => MemImm { t: r(t), address: AddrImm::offset(n, i) } "ldrt{.c} {t}, {address}"
    LdrLit    "T2" "1111100_0_U_10_1_1111_tttt_iiiiiiiiiiii" unpredictable (t == 15 && !cx.may_branch()) => MemLit { t: r(t), address: AddrLit::new(U, i) } "ldr{.c}.w {t}, {address}"
    LdrReg    "T2" "1111100_0_0_10_1_nnnn_tttt_000000_ii_mmmm" where (n != 15) unpredictable (bad(m) || t == 15 && !cx.may_branch()) => MemReg { t: r(t), address: AddrReg::offset(n, m, i) } "ldr{.c}.w {t}, {address}"

    // A6.3.8 Load halfword, memory hints
    LdrhImm   "T2" "1111100_0_1_01_1_nnnn_tttt_iiiiiiiiiiii" where (n != 15 && t != 15) unpredictable (t == 13) => MemImm { t: r(t), address: AddrImm::offset(n, i) } "ldrh{.c}.w {t}, {address}"
    LdrhImm   "T3" "1111100_0_0_01_1_nnnn_tttt_1_P_U_W_iiiiiiii" where (n != 15 && !(P == 1 && U == 1 && W == 0) && !(t == 15 && P == 1 && U == 0 && W == 0)) undefined (P == 0 && W == 0) unpredictable (W == 1 && n == t || t == 13 || t == 15) => MemImm { t: r(t), address: AddrImm::new(n, P, U, W, i) } "ldrh{.c} {t}, {address}"
    LdrhtImm  "T1" "1111100_0_0_01_1_nnnn_tttt_1110_iiiiiiii" where (n != 15) unpredictable (bad(t)) => MemImm { t: r(t), address: AddrImm::offset(n, i) } "ldrht{.c} {t}, {address}"
    LdrhLit   "T1" "1111100_0_U_01_1_1111_tttt_iiiiiiiiiiii" where (t != 15) unpredictable (t == 13) => MemLit { t: r(t), address: AddrLit::new(U, i) } "ldrh{.c}.w {t}, {address}"
    LdrhReg   "T2" "1111100_0_0_01_1_nnnn_tttt_000000_ii_mmmm" where (n != 15 && t != 15) unpredictable (t == 13 || bad(m)) => MemReg { t: r(t), address: AddrReg::offset(n, m, i) } "ldrh{.c}.w {t}, {address}"
    PldwImm   "T1" "1111100_0_1_01_1_nnnn_1111_iiiiiiiiiiii" where (n != 15) if_cx (cx.has(Features::MP)) => PreloadImm { address: AddrImm::offset(n, i) } "pldw{.c} {address}"
    PldwImm   "T2" "1111100_0_0_01_1_nnnn_1111_1100_iiiiiiii" where (n != 15) if_cx (cx.has(Features::MP)) => PreloadImm { address: AddrImm::new(n, 1, 0, 0, i) } "pldw{.c} {address}"
    PldwReg   "T1" "1111100_0_0_01_1_nnnn_1111_000000_ii_mmmm" where (n != 15) if_cx (cx.has(Features::MP)) unpredictable (bad(m)) => PreloadReg { address: AddrReg::offset(n, m, i) } "pldw{.c} {address}"

    // Signed
    LdrshImm  "T1" "1111100_1_1_01_1_nnnn_tttt_iiiiiiiiiiii" where (n != 15 && t != 15) unpredictable (t == 13) => MemImm { t: r(t), address: AddrImm::offset(n, i) } "ldrsh{.c}.w {t}, {address}"
    LdrshImm  "T2" "1111100_1_0_01_1_nnnn_tttt_1_P_U_W_iiiiiiii" where (n != 15 && !(P == 1 && U == 1 && W == 0) && !(t == 15 && P == 1 && U == 0 && W == 0)) undefined (P == 0 && W == 0) unpredictable (W == 1 && n == t || t == 13 || t == 15) => MemImm { t: r(t), address: AddrImm::new(n, P, U, W, i) } "ldrsh{.c} {t}, {address}"
    LdrshtImm "T1" "1111100_1_0_01_1_nnnn_tttt_1110_iiiiiiii" where (n != 15) unpredictable (bad(t)) => MemImm { t: r(t), address: AddrImm::offset(n, i) } "ldrsht{.c} {t}, {address}"
    LdrshLit  "T1" "1111100_1_U_01_1_1111_tttt_iiiiiiiiiiii" where (t != 15) unpredictable (t == 13) => MemLit { t: r(t), address: AddrLit::new(U, i) } "ldrsh{.c}.w {t}, {address}"
    LdrshReg  "T2" "1111100_1_0_01_1_nnnn_tttt_000000_ii_mmmm" where (n != 15 && t != 15) unpredictable (t == 13 || bad(m)) => MemReg { t: r(t), address: AddrReg::offset(n, m, i) } "ldrsh{.c}.w {t}, {address}"
    // With Rt = 15: unallocated memory hints, which do nothing.
    Nop       "hint T1" "1111100_1_1_01_1_----_1111_------------" "nop{.c}.w"
    Nop       "hint T2" "1111100_1_0_01_1_nnnn_1111_1100_--------" where (n != 15) "nop{.c}.w"
    Nop       "hint T3" "1111100_1_0_01_1_1111_1111_------------" "nop{.c}.w"
    Nop       "hint T4" "1111100_1_0_01_1_nnnn_1111_000000_------" where (n != 15) "nop{.c}.w"

    // A6.3.9 Load byte, memory hints
    LdrbImm   "T2" "1111100_0_1_00_1_nnnn_tttt_iiiiiiiiiiii" where (n != 15 && t != 15) unpredictable (t == 13) => MemImm { t: r(t), address: AddrImm::offset(n, i) } "ldrb{.c}.w {t}, {address}"
    LdrbImm   "T3" "1111100_0_0_00_1_nnnn_tttt_1_P_U_W_iiiiiiii" where (n != 15 && !(P == 1 && U == 1 && W == 0) && !(t == 15 && P == 1 && U == 0 && W == 0)) undefined (P == 0 && W == 0) unpredictable (W == 1 && n == t || t == 13 || t == 15) => MemImm { t: r(t), address: AddrImm::new(n, P, U, W, i) } "ldrb{.c} {t}, {address}"
    LdrbtImm  "T1" "1111100_0_0_00_1_nnnn_tttt_1110_iiiiiiii" where (n != 15) unpredictable (bad(t)) => MemImm { t: r(t), address: AddrImm::offset(n, i) } "ldrbt{.c} {t}, {address}"
    LdrbLit   "T1" "1111100_0_U_00_1_1111_tttt_iiiiiiiiiiii" where (t != 15) unpredictable (t == 13) => MemLit { t: r(t), address: AddrLit::new(U, i) } "ldrb{.c}.w {t}, {address}"
    LdrbReg   "T2" "1111100_0_0_00_1_nnnn_tttt_000000_ii_mmmm" where (n != 15 && t != 15) unpredictable (t == 13 || bad(m)) => MemReg { t: r(t), address: AddrReg::offset(n, m, i) } "ldrb{.c}.w {t}, {address}"
    PldImm    "T1" "1111100_0_1_00_1_nnnn_1111_iiiiiiiiiiii" where (n != 15) => PreloadImm { address: AddrImm::offset(n, i) } "pld{.c} {address}"
    PldImm    "T2" "1111100_0_0_00_1_nnnn_1111_1100_iiiiiiii" where (n != 15) => PreloadImm { address: AddrImm::new(n, 1, 0, 0, i) } "pld{.c} {address}"
    PldLit    "T1" "1111100_0_U_0(0)_1_1111_1111_iiiiiiiiiiii" => PreloadLit { address: AddrLit::new(U, i) } "pld{.c} {address}"
    PldReg    "T1" "1111100_0_0_00_1_nnnn_1111_000000_ii_mmmm" where (n != 15) unpredictable (bad(m)) => PreloadReg { address: AddrReg::offset(n, m, i) } "pld{.c} {address}"

    // Signed
    LdrsbImm  "T1" "1111100_1_1_00_1_nnnn_tttt_iiiiiiiiiiii" where (n != 15 && t != 15) unpredictable (t == 13) => MemImm { t: r(t), address: AddrImm::offset(n, i) } "ldrsb{.c}.w {t}, {address}"
    LdrsbImm  "T2" "1111100_1_0_00_1_nnnn_tttt_1_P_U_W_iiiiiiii" where (n != 15 && !(P == 1 && U == 1 && W == 0) && !(t == 15 && P == 1 && U == 0 && W == 0)) undefined (P == 0 && W == 0) unpredictable (W == 1 && n == t || t == 13 || t == 15) => MemImm { t: r(t), address: AddrImm::new(n, P, U, W, i) } "ldrsb{.c} {t}, {address}"
    LdrsbtImm "T1" "1111100_1_0_00_1_nnnn_tttt_1110_iiiiiiii" where (n != 15) unpredictable (bad(t)) => MemImm { t: r(t), address: AddrImm::offset(n, i) } "ldrsbt{.c} {t}, {address}"
    LdrsbLit  "T1" "1111100_1_U_00_1_1111_tttt_iiiiiiiiiiii" where (t != 15) unpredictable (t == 13) => MemLit { t: r(t), address: AddrLit::new(U, i) } "ldrsb{.c}.w {t}, {address}"
    LdrsbReg  "T2" "1111100_1_0_00_1_nnnn_tttt_000000_ii_mmmm" where (n != 15 && t != 15) unpredictable (t == 13 || bad(m)) => MemReg { t: r(t), address: AddrReg::offset(n, m, i) } "ldrsb{.c}.w {t}, {address}"
    PliImm    "T1" "1111100_1_1_00_1_nnnn_1111_iiiiiiiiiiii" where (n != 15) => PreloadImm { address: AddrImm::offset(n, i) } "pli{.c} {address}"
    PliImm    "T2" "1111100_1_0_00_1_nnnn_1111_1100_iiiiiiii" where (n != 15) => PreloadImm { address: AddrImm::new(n, 1, 0, 0, i) } "pli{.c} {address}"
    PliLit    "T3" "1111100_1_U_00_1_1111_1111_iiiiiiiiiiii" => PreloadLit { address: AddrLit::new(U, i) } "pli{.c} {address}"
    PliReg    "T1" "1111100_1_0_00_1_nnnn_1111_000000_ii_mmmm" where (n != 15) unpredictable (bad(m)) => PreloadReg { address: AddrReg::offset(n, m, i) } "pli{.c} {address}"

    // A6.3.10 Store single data item
    StrbImm   "T2" "1111100_0_1_00_0_nnnn_tttt_iiiiiiiiiiii" undefined (n == 15) unpredictable (bad(t)) => MemImm { t: r(t), address: AddrImm::offset(n, i) } "strb{.c}.w {t}, {address}"
    StrbImm   "T3" "1111100_0_0_00_0_nnnn_tttt_1_P_U_W_iiiiiiii" where (!(P == 1 && U == 1 && W == 0)) undefined (n == 15 || P == 0 && W == 0) unpredictable (bad(t) || W == 1 && n == t) => MemImm { t: r(t), address: AddrImm::new(n, P, U, W, i) } "strb{.c} {t}, {address}"
    StrbtImm  "T1" "1111100_0_0_00_0_nnnn_tttt_1110_iiiiiiii" undefined (n == 15) unpredictable (bad(t)) => MemImm { t: r(t), address: AddrImm::offset(n, i) } "strbt{.c} {t}, {address}"
    StrbReg   "T2" "1111100_0_0_00_0_nnnn_tttt_000000_ii_mmmm" undefined (n == 15) unpredictable (bad(t) || bad(m)) => MemReg { t: r(t), address: AddrReg::offset(n, m, i) } "strb{.c}.w {t}, {address}"
    StrhImm   "T2" "1111100_0_1_01_0_nnnn_tttt_iiiiiiiiiiii" undefined (n == 15) unpredictable (bad(t)) => MemImm { t: r(t), address: AddrImm::offset(n, i) } "strh{.c}.w {t}, {address}"
    StrhImm   "T3" "1111100_0_0_01_0_nnnn_tttt_1_P_U_W_iiiiiiii" where (!(P == 1 && U == 1 && W == 0)) undefined (n == 15 || P == 0 && W == 0) unpredictable (bad(t) || W == 1 && n == t) => MemImm { t: r(t), address: AddrImm::new(n, P, U, W, i) } "strh{.c} {t}, {address}"
    StrhtImm  "T1" "1111100_0_0_01_0_nnnn_tttt_1110_iiiiiiii" undefined (n == 15) unpredictable (bad(t)) => MemImm { t: r(t), address: AddrImm::offset(n, i) } "strht{.c} {t}, {address}"
    StrhReg   "T2" "1111100_0_0_01_0_nnnn_tttt_000000_ii_mmmm" undefined (n == 15) unpredictable (bad(t) || bad(m)) => MemReg { t: r(t), address: AddrReg::offset(n, m, i) } "strh{.c}.w {t}, {address}"
    StrImm    "T3" "1111100_0_1_10_0_nnnn_tttt_iiiiiiiiiiii" undefined (n == 15) unpredictable (t == 15) => MemImm { t: r(t), address: AddrImm::offset(n, i) } "str{.c}.w {t}, {address}"
    StrImm    "T4" "1111100_0_0_10_0_nnnn_tttt_1_P_U_W_iiiiiiii" where (!(P == 1 && U == 1 && W == 0) && !(n == 13 && P == 1 && U == 0 && W == 1 && i == 4)) undefined (n == 15 || P == 0 && W == 0) unpredictable (t == 15 || W == 1 && n == t) => MemImm { t: r(t), address: AddrImm::new(n, P, U, W, i) } "str{.c} {t}, {address}"
    StrImm    "PUSH T3" "1111100_0_0_10_0_1101_tttt_1101_00000100" unpredictable (bad(t)) => MemImm { t: r(t), address: AddrImm::new(13, 1, 0, 1, 4) } "push{.c}.w {{{t}}}"
    StrtImm   "T1" "1111100_0_0_10_0_nnnn_tttt_1110_iiiiiiii" undefined (n == 15) unpredictable (bad(t)) => MemImm { t: r(t), address: AddrImm::offset(n, i) } "strt{.c} {t}, {address}"
    StrReg    "T2" "1111100_0_0_10_0_nnnn_tttt_000000_ii_mmmm" undefined (n == 15) unpredictable (t == 15 || bad(m)) => MemReg { t: r(t), address: AddrReg::offset(n, m, i) } "str{.c}.w {t}, {address}"
}
