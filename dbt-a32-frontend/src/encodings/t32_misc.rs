//! 32-bit T32 encodings of branches, status, hint, barrier, system and
//! coprocessor instructions, DDI 0406C.d sections A6.3.4, A6.3.5 and A6.3.18.
//!
//! The first halfword is the upper one.

dbt_isa::rows! {
    pub t32_misc;

    // A6.3.4 Branches
    B      "T3" "11110_S_cccc_iiiiii_10_J_0_K_iiiiiiiiiii" where (c < 14) unpredictable (cx.in_it_block()) => Branch { cond: Cond::from_bits(c), offset: sign_extend(S << 20 | K << 19 | J << 18 | i << 1, 21) } "b{cond}.w {@disasm::branch}"
    B      "T4" "11110_S_iiiiiiiiii_10_J_1_K_iiiiiiiiiii" unpredictable (!cx.may_branch()) => Branch { cond: Cond::AL, offset: t32_branch_offset(S, J, K, i << 1) } "b{.c}.w {@disasm::branch}"
    Bl     "T1" "11110_S_iiiiiiiiii_11_J_1_K_iiiiiiiiiii" unpredictable (!cx.may_branch()) => BranchLink { offset: t32_branch_offset(S, J, K, i << 1) } "bl{.c} {@disasm::branch_link}"
    BlxImm "T2" "11110_S_iiiiiiiiii_11_J_0_K_iiiiiiiiii_H" undefined (H == 1) unpredictable (!cx.may_branch()) => BranchLink { offset: t32_branch_offset(S, J, K, i << 2) } "blx{.c} {@disasm::branch_exchange}"
    Bxj    "T1" "111100111100_mmmm_10_(0)_0_(1111)_(00000000)" unpredictable (bad(m) || !cx.may_branch()) => BranchReg { m: r(m) } "bxj{.c} {m}"

    // Status register access
    MsrReg     "T1" "11110011100_0_nnnn_10_(0)_0_kkkk_(00)_0_(00000)" unpredictable (k == 0 || bad(n)) => MsrReg { mask: PsrMask::new(k), n: r(n) } "msr{.c} {mask}, {n}"
    MsrSpsrReg "T1" "11110011100_1_nnnn_10_(0)_0_kkkk_(00)_0_(00000)" unpredictable (k == 0 || bad(n)) => MsrReg { mask: PsrMask::spsr(k), n: r(n) } "msr{.c} {mask}, {n}"
    Mrs        "T1" "11110011111_0_(1111)_10_(0)_0_dddd_(00)_0_(00000)" unpredictable (bad(d)) => Mrs { d: r(d) } "mrs{.c} {d}, apsr"
    MrsSpsr    "T1" "11110011111_1_(1111)_10_(0)_0_dddd_(00)_0_(00000)" unpredictable (bad(d)) => Mrs { d: r(d) } "mrs{.c} {d}, spsr"

    MrsBanked  "T1" "11110011111_R_yyyy_10_(0)_0_dddd_(00)1x_(0000)" if_cx (cx.has(Features::VIRTUALIZATION)) unpredictable (bad(d) || BankedReg::new(R, x << 4 | y).is_none()) => MrsBanked { d: r(d), reg: BankedReg::of(R, x << 4 | y) } "mrs{.c} {d}, {reg}"
    MsrBanked  "T1" "11110011100_R_nnnn_10_(0)_0_yyyy_(00)1x_(0000)" if_cx (cx.has(Features::VIRTUALIZATION)) unpredictable (bad(n) || BankedReg::new(R, x << 4 | y).is_none()) => MsrBanked { reg: BankedReg::of(R, x << 4 | y), n: r(n) } "msr{.c} {reg}, {n}"

    // Change Processor State, and hints
    Cps   "T2" "111100111010_(1111)_10_(0)_0_(0)_jj_M_AIF_mmmmm" where (j != 0 || M != 0) unpredictable (m != 0 && M == 0 || j >> 1 == 1 && A | I | F == 0 || j >> 1 == 0 && A | I | F != 0 || j == 1 || cx.in_it_block()) => Cps { imod: Imm8::new(j), flags: InterruptFlags::new(A << 2 | I << 1 | F), mode: if M == 1 { Some(Imm8::new(m)) } else { None } } "cps{@disasm::cps}"
    Nop   "T2" "111100111010_(1111)_10_(0)_0_(0)_000_00000000" "nop{.c}.w"
    Yield "T2" "111100111010_(1111)_10_(0)_0_(0)_000_00000001" "yield{.c}.w"
    Wfe   "T2" "111100111010_(1111)_10_(0)_0_(0)_000_00000010" "wfe{.c}.w"
    Wfi   "T2" "111100111010_(1111)_10_(0)_0_(0)_000_00000011" "wfi{.c}.w"
    Sev   "T2" "111100111010_(1111)_10_(0)_0_(0)_000_00000100" "sev{.c}.w"
    Dbg   "T1" "111100111010_(1111)_10_(0)_0_(0)_000_1111_iiii" => Imm { imm: Imm32(i) } "dbg{.c} {imm}"
    Hint  "T2" "111100111010_(1111)_10_(0)_0_(0)_000_iiiiiiii" where (i > 5 && i < 240 && !matches!(i, 16 | 18 | 20 | 22)) => Imm { imm: Imm32(i) } "hint{.c}.w {imm}"

    // Miscellaneous control instructions
    Clrex "T1" "111100111011_(1111)_10_(0)_0_(1111)_0010_(1111)" "clrex{.c}"
    Dsb   "SSBB T1"  "111100111011_(1111)_10_(0)_0_(1111)_0100_0000" => Barrier { option: BarrierOption::new(0) } "ssbb{.c}"
    Dsb   "PSSBB T1" "111100111011_(1111)_10_(0)_0_(1111)_0100_0100" => Barrier { option: BarrierOption::new(4) } "pssbb{.c}"
    Dsb   "T1" "111100111011_(1111)_10_(0)_0_(1111)_0100_oooo" where (!matches!(o, 0 | 4)) => Barrier { option: BarrierOption::new(o) } "dsb{.c} {option}"
    Dmb   "T1" "111100111011_(1111)_10_(0)_0_(1111)_0101_oooo" => Barrier { option: BarrierOption::new(o) } "dmb{.c} {option}"
    Isb   "T1" "111100111011_(1111)_10_(0)_0_(1111)_0110_oooo" => Barrier { option: BarrierOption::new(o) } "isb{.c} {@disasm::isb_option}"

    // Exceptions
    Eret   "T1"    "111100111101_(1110)_10_(0)_0_(1111)_00000000" unpredictable (!cx.may_branch()) "eret{.c}"
    SubImm "LR T1" "111100111101_(1110)_10_(0)_0_(1111)_iiiiiiii" where (i != 0) unpredictable (!cx.may_branch()) => DpImm { s: true, d: Reg::PC, n: Reg::LR, imm: ExpandedImm::new(i) } "sub{s?s}{.c} {d}, {n}, {imm}"
    Hvc    "T1"    "111101111110_iiii_1000_iiiiiiiiiiii" if_cx (cx.has(Features::VIRTUALIZATION)) unpredictable (cx.in_it_block()) => Imm { imm: Imm32(i) } "hvc.w {imm}"
    Smc    "T1"    "111101111111_iiii_1000_(000000000000)" if_cx (cx.has(Features::SECURITY)) unpredictable (!cx.may_branch()) => Imm { imm: Imm32(i) } "smc{.c} {imm}"
    Udf    "T2"    "111101111111_iiii_1010_iiiiiiiiiiii" => Imm { imm: Imm32(i) } "udf.w {imm}"
    Srs    "T1"    "1110100_00_0_W_0_(1101)_(11000000000)_mmmmm" => Srs { increment: false, before: true, mode: Imm8::new(m), wback: W == 1 } "srs{@disasm::srs_mode}{.c} sp{wback?!}, {mode}"
    Srs    "T2"    "1110100_11_0_W_0_(1101)_(11000000000)_mmmmm" => Srs { increment: true, before: false, mode: Imm8::new(m), wback: W == 1 } "srs{@disasm::srs_mode}{.c} sp{wback?!}, {mode}"
    Rfe    "T1"    "1110100_00_0_W_1_nnnn_(1100000000000000)" unpredictable (n == 15 || !cx.may_branch()) => Rfe { increment: false, before: true, n: r(n), wback: W == 1 } "rfe{@disasm::rfe_mode}{.c} {n}{wback?!}"
    Rfe    "T2"    "1110100_11_0_W_1_nnnn_(1100000000000000)" unpredictable (n == 15 || !cx.may_branch()) => Rfe { increment: true, before: false, n: r(n), wback: W == 1 } "rfe{@disasm::rfe_mode}{.c} {n}{wback?!}"

    // A6.3.18 Coprocessor instructions, except for those of 10 and 11
    Mcr  "T1" "11101110_ooo_0_nnnn_tttt_pppp_qqq_1_mmmm" where (p & 8 == 0 || p & 14 == 14) unpredictable (bad(t)) => Coproc { coproc: Coprocessor::new(p), opc1: Imm8::new(o), t: r(t), crn: CoprocReg::new(n), crm: CoprocReg::new(m), opc2: Imm8::new(q) } "mcr{.c} {coproc}, {opc1}, {t}, {crn}, {crm}, {opc2}"
    Mrc  "T1" "11101110_ooo_1_nnnn_tttt_pppp_qqq_1_mmmm" where (p & 8 == 0 || p & 14 == 14) unpredictable (t == 13) => Coproc { coproc: Coprocessor::new(p), opc1: Imm8::new(o), t: r(t), crn: CoprocReg::new(n), crm: CoprocReg::new(m), opc2: Imm8::new(q) } "mrc{.c} {coproc}, {opc1}, {@disasm::mrc_destination}, {crn}, {crm}, {opc2}"
    Mcrr "T1" "111011000100_uuuu_tttt_pppp_oooo_mmmm" where (p & 8 == 0 || p & 14 == 14) unpredictable (bad(t) || bad(u)) => CoprocDual { coproc: Coprocessor::new(p), opc1: Imm8::new(o), t: r(t), t2: r(u), crm: CoprocReg::new(m) } "mcrr{.c} {coproc}, {opc1}, {t}, {t2}, {crm}"
    Mrrc "T1" "111011000101_uuuu_tttt_pppp_oooo_mmmm" where (p & 8 == 0 || p & 14 == 14) unpredictable (bad(t) || bad(u) || t == u) => CoprocDual { coproc: Coprocessor::new(p), opc1: Imm8::new(o), t: r(t), t2: r(u), crm: CoprocReg::new(m) } "mrrc{.c} {coproc}, {opc1}, {t}, {t2}, {crm}"
    Cdp  "T1" "1110_1110_oooo_nnnn_dddd_pppp_qqq_0_mmmm" where (p & 8 == 0 || p & 14 == 14) => CoprocOperation { coproc: Coprocessor::new(p), opc1: Imm8::new(o), crd: CoprocReg::new(d), crn: CoprocReg::new(n), crm: CoprocReg::new(m), opc2: Imm8::new(q) } "cdp{.c} {coproc}, {opc1}, {crd}, {crn}, {crm}, {opc2}"
    Ldc  "T1" "1110_110_P_U_D_W_1_nnnn_dddd_pppp_iiiiiiii" where ((p & 8 == 0 || p & 14 == 14) && P | U | W != 0) unpredictable (n == 15 && (W == 1 || P == 0)) => CoprocTransfer { coproc: Coprocessor::new(p), long: D == 1, crd: CoprocReg::new(d), address: CoprocAddress::new([P, U, W], n, i) } "ldc{long?l}{.c} {coproc}, {crd}, {address}"
    Stc  "T1" "1110_110_P_U_D_W_0_nnnn_dddd_pppp_iiiiiiii" where ((p & 8 == 0 || p & 14 == 14) && P | U | W != 0) unpredictable (n == 15) => CoprocTransfer { coproc: Coprocessor::new(p), long: D == 1, crd: CoprocReg::new(d), address: CoprocAddress::new([P, U, W], n, i) } "stc{long?l}{.c} {coproc}, {crd}, {address}"
    Cdp2  "T2" "1111_1110_oooo_nnnn_dddd_pppp_qqq_0_mmmm" where (p & 8 == 0 || p & 14 == 14) => CoprocOperation { coproc: Coprocessor::new(p), opc1: Imm8::new(o), crd: CoprocReg::new(d), crn: CoprocReg::new(n), crm: CoprocReg::new(m), opc2: Imm8::new(q) } "cdp2{.c} {coproc}, {opc1}, {crd}, {crn}, {crm}, {opc2}"
    Ldc2  "T2" "1111_110_P_U_D_W_1_nnnn_dddd_pppp_iiiiiiii" where ((p & 8 == 0 || p & 14 == 14) && P | U | W != 0) unpredictable (n == 15 && (W == 1 || P == 0)) => CoprocTransfer { coproc: Coprocessor::new(p), long: D == 1, crd: CoprocReg::new(d), address: CoprocAddress::new([P, U, W], n, i) } "ldc2{long?l}{.c} {coproc}, {crd}, {address}"
    Stc2  "T2" "1111_110_P_U_D_W_0_nnnn_dddd_pppp_iiiiiiii" where ((p & 8 == 0 || p & 14 == 14) && P | U | W != 0) unpredictable (n == 15) => CoprocTransfer { coproc: Coprocessor::new(p), long: D == 1, crd: CoprocReg::new(d), address: CoprocAddress::new([P, U, W], n, i) } "stc2{long?l}{.c} {coproc}, {crd}, {address}"
    Mcr2  "T2" "1111_1110_ooo_0_nnnn_tttt_pppp_qqq_1_mmmm" where (p & 8 == 0 || p & 14 == 14) unpredictable (bad(t)) => Coproc { coproc: Coprocessor::new(p), opc1: Imm8::new(o), t: r(t), crn: CoprocReg::new(n), crm: CoprocReg::new(m), opc2: Imm8::new(q) } "mcr2{.c} {coproc}, {opc1}, {t}, {crn}, {crm}, {opc2}"
    Mrc2  "T2" "1111_1110_ooo_1_nnnn_tttt_pppp_qqq_1_mmmm" where (p & 8 == 0 || p & 14 == 14) unpredictable (t == 13) => Coproc { coproc: Coprocessor::new(p), opc1: Imm8::new(o), t: r(t), crn: CoprocReg::new(n), crm: CoprocReg::new(m), opc2: Imm8::new(q) } "mrc2{.c} {coproc}, {opc1}, {@disasm::mrc_destination}, {crn}, {crm}, {opc2}"
    Mcrr2 "T2" "1111_1100_0100_uuuu_tttt_pppp_oooo_mmmm" where (p & 8 == 0 || p & 14 == 14) unpredictable (bad(t) || bad(u)) => CoprocDual { coproc: Coprocessor::new(p), opc1: Imm8::new(o), t: r(t), t2: r(u), crm: CoprocReg::new(m) } "mcrr2{.c} {coproc}, {opc1}, {t}, {t2}, {crm}"
    Mrrc2 "T2" "1111_1100_0101_uuuu_tttt_pppp_oooo_mmmm" where (p & 8 == 0 || p & 14 == 14) unpredictable (bad(t) || bad(u) || t == u) => CoprocDual { coproc: Coprocessor::new(p), opc1: Imm8::new(o), t: r(t), t2: r(u), crm: CoprocReg::new(m) } "mrrc2{.c} {coproc}, {opc1}, {t}, {t2}, {crm}"
}
