//! A32 status, hint, barrier and system instructions, DDI 0406C.d, sections A5.2.11,
//! A5.2.12, A5.6 and A5.7.

dbt_isa::rows! {
    pub a32_system;

    // Status register access, A5.2.11 and A5.2.12
    /// Move from the CPSR, of which user code sees the APSR.
    Mrs        "A1" "cccc_00010_0_00_(1111)_dddd_(00)0(0)_0000_(0000)" where (c != 15) unpredictable (d == 15) => Mrs { d: r(d) } "mrs{.c} {d}, apsr"
    /// Move from the SPSR.
    MrsSpsr    "A1" "cccc_00010_1_00_(1111)_dddd_(00)0(0)_0000_(0000)" where (c != 15) unpredictable (d == 15) => Mrs { d: r(d) } "mrs{.c} {d}, spsr"
    /// Move a register to the APSR.
    MsrReg     "A1" "cccc_00010_0_10_kkkk_(1111)_(00)0(0)_0000_nnnn"   where (c != 15) unpredictable (k == 0 || n == 15) => MsrReg { mask: PsrMask::new(k), n: r(n) } "msr{.c} {mask}, {n}"
    /// Move a register to the SPSR.
    MsrSpsrReg "A1" "cccc_00010_1_10_kkkk_(1111)_(00)0(0)_0000_nnnn"   where (c != 15) unpredictable (k == 0 || n == 15) => MsrReg { mask: PsrMask::spsr(k), n: r(n) } "msr{.c} {mask}, {n}"
    /// Move an immediate to the APSR.
    MsrImm     "A1" "cccc_00110_0_10_kkkk_(1111)_iiiiiiiiiiii"         where (c != 15 && k != 0) => MsrImm { mask: PsrMask::new(k), imm: a32_expand_imm_c(i) } "msr{.c} {mask}, {imm}"
    /// Move an immediate to the SPSR.
    MsrSpsrImm "A1" "cccc_00110_1_10_kkkk_(1111)_iiiiiiiiiiii"         where (c != 15) unpredictable (k == 0) => MsrImm { mask: PsrMask::spsr(k), imm: a32_expand_imm_c(i) } "msr{.c} {mask}, {imm}"

    /// Move a banked register to a register.
    MrsBanked  "A1" "cccc_00010_R_00_yyyy_dddd_(00)1x_0000_(0000)"     where (c != 15) if_cx (cx.has(Features::VIRTUALIZATION)) unpredictable (d == 15 || BankedReg::new(R, x << 4 | y).is_none()) => MrsBanked { d: r(d), reg: BankedReg::of(R, x << 4 | y) } "mrs{.c} {d}, {reg}"
    /// Move a register to a banked register.
    MsrBanked  "A1" "cccc_00010_R_10_yyyy_(1111)_(00)1x_0000_nnnn"     where (c != 15) if_cx (cx.has(Features::VIRTUALIZATION)) unpredictable (n == 15 || BankedReg::new(R, x << 4 | y).is_none()) => MsrBanked { reg: BankedReg::of(R, x << 4 | y), n: r(n) } "msr{.c} {reg}, {n}"

    // Hints, A5.2.11
    /// No operation.
    Nop   "A1" "cccc_00110010_0000_(1111)_(0000)_00000000"  where (c != 15) "nop{.c}"
    /// Yield to other threads.
    Yield "A1" "cccc_00110010_0000_(1111)_(0000)_00000001"  where (c != 15) "yield{.c}"
    /// Wait for event.
    Wfe   "A1" "cccc_00110010_0000_(1111)_(0000)_00000010"  where (c != 15) "wfe{.c}"
    /// Wait for interrupt.
    Wfi   "A1" "cccc_00110010_0000_(1111)_(0000)_00000011"  where (c != 15) "wfi{.c}"
    /// Send event.
    Sev   "A1" "cccc_00110010_0000_(1111)_(0000)_00000100"  where (c != 15) "sev{.c}"
    /// Debug hint.
    Dbg   "A1" "cccc_00110010_0000_(1111)_(0000)_1111_iiii" where (c != 15) => Imm { imm: Imm32(i) } "dbg{.c} {imm}"
    /// A reserved hint, which does nothing.
    Hint  "A1" "cccc_00110010_0000_(1111)_(0000)_iiiiiiii"  where (c != 15 && i > 5 && i < 240 && !matches!(i, 16 | 18 | 20 | 22)) => Imm { imm: Imm32(i) } "hint{.c} {imm}"

    // Barriers, A5.7.1
    /// Clear exclusive.
    Clrex "A1" "1111_01010111_(1111)_(1111)_(0000)_0001_(1111)" if_cx (cx.has(Features::V6K)) "clrex"
    /// Data synchronization barrier.
    Dsb   "SSBB A1"  "1111_01010111_(1111)_(1111)_(0000)_0100_0000" if_cx (cx.has(Features::V7)) => Barrier { option: BarrierOption::new(0) } "ssbb"
    Dsb   "PSSBB A1" "1111_01010111_(1111)_(1111)_(0000)_0100_0100" if_cx (cx.has(Features::V7)) => Barrier { option: BarrierOption::new(4) } "pssbb"
    Dsb   "A1" "1111_01010111_(1111)_(1111)_(0000)_0100_oooo"   where (!matches!(o, 0 | 4)) if_cx (cx.has(Features::V7)) => Barrier { option: BarrierOption::new(o) } "dsb {option}"
    /// Data memory barrier.
    Dmb   "A1" "1111_01010111_(1111)_(1111)_(0000)_0101_oooo"   if_cx (cx.has(Features::V7)) => Barrier { option: BarrierOption::new(o) } "dmb {option}"
    /// Instruction synchronization barrier.
    Isb   "A1" "1111_01010111_(1111)_(1111)_(0000)_0110_oooo"   if_cx (cx.has(Features::V7)) => Barrier { option: BarrierOption::new(o) } "isb {@disasm::isb_option}"

    // System, A5.2.12 and A5.7
    /// Set the endianness of data.
    Setend "A1" "1111_00010000_(000)_1_(000000)_E_(0)_0000_(0000)"    if_cx (cx.has(Features::V6)) => Setend { big_endian: E == 1 } "setend {big_endian?be:le}"
    /// Change processor state.
    Cps    "A1" "1111_00010000_jj_M_0_(0000000)_AIF_0_mmmmm"          if_cx (cx.has(Features::V6)) unpredictable (m != 0 && M == 0 || j >> 1 == 1 && A | I | F == 0 || j >> 1 == 0 && A | I | F != 0 || j == 0 && M == 0 || j == 1) => Cps { imod: Imm8::new(j), flags: InterruptFlags::new(A << 2 | I << 1 | F), mode: if M == 1 { Some(Imm8::new(m)) } else { None } } "cps{@disasm::cps}"
    /// Store return state.
    Srs    "A1" "1111_100_P_U_1_W_0_(1101)_(0000)_(0101)_(000)_mmmmm" if_cx (cx.has(Features::V6)) => Srs { increment: U == 1, before: P == 1, mode: Imm8::new(m), wback: W == 1 } "srs{@disasm::srs_mode} sp{wback?!}, {mode}"
    /// Return from exception.
    Rfe    "A1" "1111_100_P_U_0_W_1_nnnn_(0000)_(1010)_(0000)_(0000)" if_cx (cx.has(Features::V6)) unpredictable (n == 15) => Rfe { increment: U == 1, before: P == 1, n: r(n), wback: W == 1 } "rfe{@disasm::rfe_mode} {n}{wback?!}"
    /// Breakpoint.
    Bkpt   "A1" "cccc_00010010_iiiiiiiiiiii_0111_iiii"                where (c != 15) if_cx (cx.has(Features::V5TE)) unpredictable (c != 14) => Imm { imm: Imm32(i) } "bkpt {imm}"
    /// Hypervisor call.
    Hvc    "A1" "cccc_00010100_iiiiiiiiiiii_0111_iiii"                where (c != 15) if_cx (cx.has(Features::VIRTUALIZATION)) unpredictable (c != 14) => Imm { imm: Imm32(i) } "hvc {imm}"
    /// Secure monitor call.
    Smc    "A1" "cccc_00010110_(000000000000)_0111_iiii"              where (c != 15) if_cx (cx.has(Features::SECURITY)) => Imm { imm: Imm32(i) } "smc{.c} {imm}"
    /// Exception return.
    Eret   "A1" "cccc_00010110_(000000000000)_0110_(1110)"            where (c != 15) if_cx (cx.has(Features::VIRTUALIZATION)) "eret{.c}"

    // Coprocessor 0 to 9 and 12 to 15, A5.6
    /// Move to a coprocessor register.
    Mcr  "A1" "cccc_1110_ooo_0_nnnn_tttt_pppp_qqq_1_mmmm" where (c != 15 && (p & 8 == 0 || p & 14 == 14)) unpredictable (t == 15) => Coproc { coproc: Coprocessor::new(p), opc1: Imm8::new(o), t: r(t), crn: CoprocReg::new(n), crm: CoprocReg::new(m), opc2: Imm8::new(q) } "mcr{.c} {coproc}, {opc1}, {t}, {crn}, {crm}, {opc2}"
    /// Move from a coprocessor register.
    Mrc  "A1" "cccc_1110_ooo_1_nnnn_tttt_pppp_qqq_1_mmmm" where (c != 15 && (p & 8 == 0 || p & 14 == 14)) => Coproc { coproc: Coprocessor::new(p), opc1: Imm8::new(o), t: r(t), crn: CoprocReg::new(n), crm: CoprocReg::new(m), opc2: Imm8::new(q) } "mrc{.c} {coproc}, {opc1}, {@disasm::mrc_destination}, {crn}, {crm}, {opc2}"
    /// Move two registers to a coprocessor.
    Mcrr "A1" "cccc_1100_0100_uuuu_tttt_pppp_oooo_mmmm"   where (c != 15 && (p & 8 == 0 || p & 14 == 14)) unpredictable (t == 15 || u == 15) => CoprocDual { coproc: Coprocessor::new(p), opc1: Imm8::new(o), t: r(t), t2: r(u), crm: CoprocReg::new(m) } "mcrr{.c} {coproc}, {opc1}, {t}, {t2}, {crm}"
    /// Move a coprocessor register to two registers.
    Mrrc "A1" "cccc_1100_0101_uuuu_tttt_pppp_oooo_mmmm"   where (c != 15 && (p & 8 == 0 || p & 14 == 14)) unpredictable (t == 15 || u == 15 || t == u) => CoprocDual { coproc: Coprocessor::new(p), opc1: Imm8::new(o), t: r(t), t2: r(u), crm: CoprocReg::new(m) } "mrrc{.c} {coproc}, {opc1}, {t}, {t2}, {crm}"

    // Coprocessors 0 to 7, 14 and 15; 8, 9, 12 and 13 are reserved (A2.9)
    /// Coprocessor data operation.
    Cdp  "A1" "cccc_1110_oooo_nnnn_dddd_pppp_qqq_0_mmmm" where (c != 15 && (p & 8 == 0 || p & 14 == 14)) => CoprocOperation { coproc: Coprocessor::new(p), opc1: Imm8::new(o), crd: CoprocReg::new(d), crn: CoprocReg::new(n), crm: CoprocReg::new(m), opc2: Imm8::new(q) } "cdp{.c} {coproc}, {opc1}, {crd}, {crn}, {crm}, {opc2}"
    /// Load memory to a coprocessor.
    Ldc  "A1" "cccc_110_P_U_D_W_1_nnnn_dddd_pppp_iiiiiiii" where (c != 15 && (p & 8 == 0 || p & 14 == 14) && P | U | W != 0) unpredictable (n == 15 && W == 1) => CoprocTransfer { coproc: Coprocessor::new(p), long: D == 1, crd: CoprocReg::new(d), address: CoprocAddress::new([P, U, W], n, i) } "ldc{long?l}{.c} {coproc}, {crd}, {address}"
    /// Store a coprocessor to memory.
    Stc  "A1" "cccc_110_P_U_D_W_0_nnnn_dddd_pppp_iiiiiiii" where (c != 15 && (p & 8 == 0 || p & 14 == 14) && P | U | W != 0) unpredictable (n == 15 && W == 1) => CoprocTransfer { coproc: Coprocessor::new(p), long: D == 1, crd: CoprocReg::new(d), address: CoprocAddress::new([P, U, W], n, i) } "stc{long?l}{.c} {coproc}, {crd}, {address}"
    /// Coprocessor data operation, another space.
    Cdp2  "A2" "1111_1110_oooo_nnnn_dddd_pppp_qqq_0_mmmm" where (p & 8 == 0 || p & 14 == 14) => CoprocOperation { coproc: Coprocessor::new(p), opc1: Imm8::new(o), crd: CoprocReg::new(d), crn: CoprocReg::new(n), crm: CoprocReg::new(m), opc2: Imm8::new(q) } "cdp2 {coproc}, {opc1}, {crd}, {crn}, {crm}, {opc2}"
    /// Load memory to a coprocessor, another space.
    Ldc2  "A2" "1111_110_P_U_D_W_1_nnnn_dddd_pppp_iiiiiiii" where ((p & 8 == 0 || p & 14 == 14) && P | U | W != 0) unpredictable (n == 15 && W == 1) => CoprocTransfer { coproc: Coprocessor::new(p), long: D == 1, crd: CoprocReg::new(d), address: CoprocAddress::new([P, U, W], n, i) } "ldc2{long?l} {coproc}, {crd}, {address}"
    /// Store a coprocessor to memory, another space.
    Stc2  "A2" "1111_110_P_U_D_W_0_nnnn_dddd_pppp_iiiiiiii" where ((p & 8 == 0 || p & 14 == 14) && P | U | W != 0) unpredictable (n == 15 && W == 1) => CoprocTransfer { coproc: Coprocessor::new(p), long: D == 1, crd: CoprocReg::new(d), address: CoprocAddress::new([P, U, W], n, i) } "stc2{long?l} {coproc}, {crd}, {address}"
    /// Move to a coprocessor register, another space.
    Mcr2  "A2" "1111_1110_ooo_0_nnnn_tttt_pppp_qqq_1_mmmm" where (p & 8 == 0 || p & 14 == 14) unpredictable (t == 15) => Coproc { coproc: Coprocessor::new(p), opc1: Imm8::new(o), t: r(t), crn: CoprocReg::new(n), crm: CoprocReg::new(m), opc2: Imm8::new(q) } "mcr2 {coproc}, {opc1}, {t}, {crn}, {crm}, {opc2}"
    /// Move from a coprocessor register, another space.
    Mrc2  "A2" "1111_1110_ooo_1_nnnn_tttt_pppp_qqq_1_mmmm" where (p & 8 == 0 || p & 14 == 14) => Coproc { coproc: Coprocessor::new(p), opc1: Imm8::new(o), t: r(t), crn: CoprocReg::new(n), crm: CoprocReg::new(m), opc2: Imm8::new(q) } "mrc2 {coproc}, {opc1}, {@disasm::mrc_destination}, {crn}, {crm}, {opc2}"
    /// Move two registers to a coprocessor, another space.
    Mcrr2 "A2" "1111_1100_0100_uuuu_tttt_pppp_oooo_mmmm" where (p & 8 == 0 || p & 14 == 14) unpredictable (t == 15 || u == 15) => CoprocDual { coproc: Coprocessor::new(p), opc1: Imm8::new(o), t: r(t), t2: r(u), crm: CoprocReg::new(m) } "mcrr2 {coproc}, {opc1}, {t}, {t2}, {crm}"
    /// Move a coprocessor register to two registers, another space.
    Mrrc2 "A2" "1111_1100_0101_uuuu_tttt_pppp_oooo_mmmm" where (p & 8 == 0 || p & 14 == 14) unpredictable (t == 15 || u == 15 || t == u) => CoprocDual { coproc: Coprocessor::new(p), opc1: Imm8::new(o), t: r(t), t2: r(u), crm: CoprocReg::new(m) } "mrrc2 {coproc}, {opc1}, {t}, {t2}, {crm}"
}
