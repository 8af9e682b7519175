//! 16-bit T32 encodings, DDI 0406C.d section A6.2, in its order.
//!
//! `s` of most data-processing rows is "not in an IT block": the same bits set
//! the flags outside a block and leave them alone inside.

dbt_isa::rows! {
    pub t16;

    // A6.2.1 Shift (immediate), add, subtract, move, and compare
    LslImm "T1" "000_00_iiiii_mmm_ddd" where (i != 0) => MoveReg { s: !cx.in_it_block(), d: r(d), m: r(m), shift: Shift::decode(0, i) } "lsl{s?s}{.c} {d}, {m}, {@disasm::shift_amount}"
    MovReg "T2" "000_00_00000_mmm_ddd" unpredictable (cx.in_it_block()) => MoveReg { s: true, d: r(d), m: r(m), shift: Shift::NONE } "mov{s?s}{.c} {d}, {m}"
    LsrImm "T1" "000_01_iiiii_mmm_ddd" => MoveReg { s: !cx.in_it_block(), d: r(d), m: r(m), shift: Shift::decode(1, i) } "lsr{s?s}{.c} {d}, {m}, {@disasm::shift_amount}"
    AsrImm "T1" "000_10_iiiii_mmm_ddd" => MoveReg { s: !cx.in_it_block(), d: r(d), m: r(m), shift: Shift::decode(2, i) } "asr{s?s}{.c} {d}, {m}, {@disasm::shift_amount}"
    AddReg "T1" "000_11_0_0_mmm_nnn_ddd" => DpReg { s: !cx.in_it_block(), d: r(d), n: r(n), m: r(m), shift: Shift::NONE } "add{s?s}{.c} {d}, {n}, {m}{shift}"
    SubReg "T1" "000_11_0_1_mmm_nnn_ddd" => DpReg { s: !cx.in_it_block(), d: r(d), n: r(n), m: r(m), shift: Shift::NONE } "sub{s?s}{.c} {d}, {n}, {m}{shift}"
    AddImm "T1" "000_11_1_0_iii_nnn_ddd" => DpImm { s: !cx.in_it_block(), d: r(d), n: r(n), imm: ExpandedImm::new(i) } "add{s?s}{.c} {d}, {n}, {imm}"
    SubImm "T1" "000_11_1_1_iii_nnn_ddd" => DpImm { s: !cx.in_it_block(), d: r(d), n: r(n), imm: ExpandedImm::new(i) } "sub{s?s}{.c} {d}, {n}, {imm}"
    MovImm "T1" "001_00_ddd_iiiiiiii" => MoveImm { s: !cx.in_it_block(), d: r(d), imm: ExpandedImm::new(i) } "mov{s?s}{.c} {d}, {imm}"
    CmpImm "T1" "001_01_nnn_iiiiiiii" => TestImm { n: r(n), imm: ExpandedImm::new(i) } "cmp{.c} {n}, {imm}"
    AddImm "T2" "001_10_ddd_iiiiiiii" => DpImm { s: !cx.in_it_block(), d: r(d), n: r(d), imm: ExpandedImm::new(i) } "add{s?s}{.c} {d}, {imm}"
    SubImm "T2" "001_11_ddd_iiiiiiii" => DpImm { s: !cx.in_it_block(), d: r(d), n: r(d), imm: ExpandedImm::new(i) } "sub{s?s}{.c} {d}, {imm}"

    // A6.2.2 Data processing
    AndReg "T1" "010000_0000_mmm_ddd" => DpReg { s: !cx.in_it_block(), d: r(d), n: r(d), m: r(m), shift: Shift::NONE } "and{s?s}{.c} {d}, {m}"
    EorReg "T1" "010000_0001_mmm_ddd" => DpReg { s: !cx.in_it_block(), d: r(d), n: r(d), m: r(m), shift: Shift::NONE } "eor{s?s}{.c} {d}, {m}"
    LslReg "T1" "010000_0010_mmm_ddd" => ShiftReg { s: !cx.in_it_block(), d: r(d), n: r(d), m: r(m) } "lsl{s?s}{.c} {d}, {m}"
    LsrReg "T1" "010000_0011_mmm_ddd" => ShiftReg { s: !cx.in_it_block(), d: r(d), n: r(d), m: r(m) } "lsr{s?s}{.c} {d}, {m}"
    AsrReg "T1" "010000_0100_mmm_ddd" => ShiftReg { s: !cx.in_it_block(), d: r(d), n: r(d), m: r(m) } "asr{s?s}{.c} {d}, {m}"
    AdcReg "T1" "010000_0101_mmm_ddd" => DpReg { s: !cx.in_it_block(), d: r(d), n: r(d), m: r(m), shift: Shift::NONE } "adc{s?s}{.c} {d}, {m}"
    SbcReg "T1" "010000_0110_mmm_ddd" => DpReg { s: !cx.in_it_block(), d: r(d), n: r(d), m: r(m), shift: Shift::NONE } "sbc{s?s}{.c} {d}, {m}"
    RorReg "T1" "010000_0111_mmm_ddd" => ShiftReg { s: !cx.in_it_block(), d: r(d), n: r(d), m: r(m) } "ror{s?s}{.c} {d}, {m}"
    TstReg "T1" "010000_1000_mmm_nnn" => TestReg { n: r(n), m: r(m), shift: Shift::NONE } "tst{.c} {n}, {m}{shift}"
    RsbImm "T1" "010000_1001_nnn_ddd" => DpImm { s: !cx.in_it_block(), d: r(d), n: r(n), imm: ExpandedImm::new(0) } "rsb{s?s}{.c} {d}, {n}, {imm}"
    CmpReg "T1" "010000_1010_mmm_nnn" => TestReg { n: r(n), m: r(m), shift: Shift::NONE } "cmp{.c} {n}, {m}{shift}"
    CmnReg "T1" "010000_1011_mmm_nnn" => TestReg { n: r(n), m: r(m), shift: Shift::NONE } "cmn{.c} {n}, {m}{shift}"
    OrrReg "T1" "010000_1100_mmm_ddd" => DpReg { s: !cx.in_it_block(), d: r(d), n: r(d), m: r(m), shift: Shift::NONE } "orr{s?s}{.c} {d}, {m}"
    Mul    "T1" "010000_1101_nnn_ddd" => Mul { s: !cx.in_it_block(), d: r(d), n: r(n), m: r(d) } "mul{s?s}{.c} {d}, {n}, {m}"
    BicReg "T1" "010000_1110_mmm_ddd" => DpReg { s: !cx.in_it_block(), d: r(d), n: r(d), m: r(m), shift: Shift::NONE } "bic{s?s}{.c} {d}, {m}"
    MvnReg "T1" "010000_1111_mmm_ddd" => MoveReg { s: !cx.in_it_block(), d: r(d), m: r(m), shift: Shift::NONE } "mvn{s?s}{.c} {d}, {m}{shift}"

    // A6.2.3 Special data instructions and branch and exchange
    AddReg "T2" "010001_00_d_mmmm_ddd" where (d != 13 && m != 13) unpredictable (d == 15 && (m == 15 || !cx.may_branch())) => DpReg { s: false, d: r(d), n: r(d), m: r(m), shift: Shift::NONE } "add{s?s}{.c} {d}, {m}"
    AddReg "SP T1" "010001_00_d_1101_ddd" unpredictable (d == 15 && !cx.may_branch()) => DpReg { s: false, d: r(d), n: Reg::SP, m: r(d), shift: Shift::NONE } "add{s?s}{.c} {d}, {n}, {m}{shift}"
    AddReg "SP T2" "010001_00_1_mmmm_101" where (m != 13) => DpReg { s: false, d: Reg::SP, n: Reg::SP, m: r(m), shift: Shift::NONE } "add{s?s}{.c} {d}, {m}"
    CmpReg "T2" "010001_01_n_mmmm_nnn" unpredictable (n < 8 && m < 8 || n == 15 || m == 15) => TestReg { n: r(n), m: r(m), shift: Shift::NONE } "cmp{.c} {n}, {m}{shift}"
    MovReg "T1" "010001_10_d_mmmm_ddd" unpredictable (d == 15 && !cx.may_branch()) => MoveReg { s: false, d: r(d), m: r(m), shift: Shift::NONE } "mov{s?s}{.c} {d}, {m}"
    Bx     "T1" "010001_11_0_mmmm_(000)" unpredictable (!cx.may_branch()) => BranchReg { m: r(m) } "bx{.c} {m}"
    BlxReg "T1" "010001_11_1_mmmm_(000)" unpredictable (m == 15 || !cx.may_branch()) => BranchReg { m: r(m) } "blx{.c} {m}"

    // A6.2 LDR (literal)
    LdrLit "T1" "01001_ttt_iiiiiiii" => MemLit { t: r(t), address: AddrLit::new(1, i << 2) } "ldr{.c} {t}, {address}"

    // A6.2.4 Load/store single data item
    StrReg   "T1" "0101_000_mmm_nnn_ttt" => MemReg { t: r(t), address: AddrReg::offset(n, m, 0) } "str{.c} {t}, {address}"
    StrhReg  "T1" "0101_001_mmm_nnn_ttt" => MemReg { t: r(t), address: AddrReg::offset(n, m, 0) } "strh{.c} {t}, {address}"
    StrbReg  "T1" "0101_010_mmm_nnn_ttt" => MemReg { t: r(t), address: AddrReg::offset(n, m, 0) } "strb{.c} {t}, {address}"
    LdrsbReg "T1" "0101_011_mmm_nnn_ttt" => MemReg { t: r(t), address: AddrReg::offset(n, m, 0) } "ldrsb{.c} {t}, {address}"
    LdrReg   "T1" "0101_100_mmm_nnn_ttt" => MemReg { t: r(t), address: AddrReg::offset(n, m, 0) } "ldr{.c} {t}, {address}"
    LdrhReg  "T1" "0101_101_mmm_nnn_ttt" => MemReg { t: r(t), address: AddrReg::offset(n, m, 0) } "ldrh{.c} {t}, {address}"
    LdrbReg  "T1" "0101_110_mmm_nnn_ttt" => MemReg { t: r(t), address: AddrReg::offset(n, m, 0) } "ldrb{.c} {t}, {address}"
    LdrshReg "T1" "0101_111_mmm_nnn_ttt" => MemReg { t: r(t), address: AddrReg::offset(n, m, 0) } "ldrsh{.c} {t}, {address}"
    StrImm   "T1" "0110_0_iiiii_nnn_ttt" => MemImm { t: r(t), address: AddrImm::offset(n, i << 2) } "str{.c} {t}, {address}"
    LdrImm   "T1" "0110_1_iiiii_nnn_ttt" => MemImm { t: r(t), address: AddrImm::offset(n, i << 2) } "ldr{.c} {t}, {address}"
    StrbImm  "T1" "0111_0_iiiii_nnn_ttt" => MemImm { t: r(t), address: AddrImm::offset(n, i) } "strb{.c} {t}, {address}"
    LdrbImm  "T1" "0111_1_iiiii_nnn_ttt" => MemImm { t: r(t), address: AddrImm::offset(n, i) } "ldrb{.c} {t}, {address}"
    StrhImm  "T1" "1000_0_iiiii_nnn_ttt" => MemImm { t: r(t), address: AddrImm::offset(n, i << 1) } "strh{.c} {t}, {address}"
    LdrhImm  "T1" "1000_1_iiiii_nnn_ttt" => MemImm { t: r(t), address: AddrImm::offset(n, i << 1) } "ldrh{.c} {t}, {address}"
    StrImm   "T2" "1001_0_ttt_iiiiiiii" => MemImm { t: r(t), address: AddrImm::offset(13, i << 2) } "str{.c} {t}, {address}"
    LdrImm   "T2" "1001_1_ttt_iiiiiiii" => MemImm { t: r(t), address: AddrImm::offset(13, i << 2) } "ldr{.c} {t}, {address}"

    // A6.2 ADR, ADD (SP plus immediate)
    Adr    "T1"      "10100_ddd_iiiiiiii" => Adr { d: r(d), offset: (i << 2).cast_signed() } "adr{.c} {d}, {@disasm::adr}"
    AddImm "SP T1" "10101_ddd_iiiiiiii" => DpImm { s: false, d: r(d), n: Reg::SP, imm: ExpandedImm::new(i << 2) } "add{s?s}{.c} {d}, {n}, {imm}"

    // A6.2.5 Miscellaneous 16-bit instructions
    AddImm "SP T2" "1011_0000_0_iiiiiii" => DpImm { s: false, d: Reg::SP, n: Reg::SP, imm: ExpandedImm::new(i << 2) } "add{s?s}{.c} {d}, {imm}"
    SubImm "SP T1" "1011_0000_1_iiiiiii" => DpImm { s: false, d: Reg::SP, n: Reg::SP, imm: ExpandedImm::new(i << 2) } "sub{s?s}{.c} {d}, {imm}"
    Cbz    "T1" "1011_o_0_i_1_iiiii_nnn" unpredictable (cx.in_it_block()) => CompareBranch { nonzero: o == 1, n: r(n), offset: (i << 1).cast_signed() } "cb{nonzero?n}z {n}, {@disasm::compare_branch}"
    Sxth   "T1" "1011_0010_00_mmm_ddd" => Extend { d: r(d), m: r(m), rotate: Rotation::from_bits(0) } "sxth{.c} {d}, {m}{rotate}"
    Sxtb   "T1" "1011_0010_01_mmm_ddd" => Extend { d: r(d), m: r(m), rotate: Rotation::from_bits(0) } "sxtb{.c} {d}, {m}{rotate}"
    Uxth   "T1" "1011_0010_10_mmm_ddd" => Extend { d: r(d), m: r(m), rotate: Rotation::from_bits(0) } "uxth{.c} {d}, {m}{rotate}"
    Uxtb   "T1" "1011_0010_11_mmm_ddd" => Extend { d: r(d), m: r(m), rotate: Rotation::from_bits(0) } "uxtb{.c} {d}, {m}{rotate}"
    Stmdb  "PUSH T1" "1011_0_10_m_llllllll" unpredictable (m == 0 && l == 0) => Block { n: Reg::SP, wback: true, list: RegList::from_bits(m << 14 | l) } "push{.c} {list}"
    Setend "T1" "1011_0110_010_(1)_e_(000)" unpredictable (cx.in_it_block()) => Setend { big_endian: e == 1 } "setend {big_endian?be:le}"
    Setpan "T1" "1011_0110_000_(1)_p_(000)" if_cx (cx.has(Features::PAN)) unpredictable (cx.in_it_block()) => Imm { imm: Imm32(p) } "setpan {imm}"
    Cps    "T1" "1011_0110_011_i_(0)_fff" unpredictable (f == 0 || cx.in_it_block()) => Cps { imod: Imm8::new(2 | i), flags: InterruptFlags::new(f), mode: None } "cps{@disasm::cps}"
    Rev    "T1" "1011_1010_00_mmm_ddd" => Regs2 { d: r(d), m: r(m) } "rev{.c} {d}, {m}"
    Rev16  "T1" "1011_1010_01_mmm_ddd" => Regs2 { d: r(d), m: r(m) } "rev16{.c} {d}, {m}"
    Revsh  "T1" "1011_1010_11_mmm_ddd" => Regs2 { d: r(d), m: r(m) } "revsh{.c} {d}, {m}"
    Ldm    "POP T1" "1011_1_10_p_llllllll" unpredictable (p == 0 && l == 0 || p == 1 && !cx.may_branch()) => Block { n: Reg::SP, wback: true, list: RegList::from_bits(p << 15 | l) } "pop{.c} {list}"
    Bkpt   "T1" "1011_1110_iiiiiiii" => Imm { imm: Imm32(i) } "bkpt {imm}"

    // A6.2.6 If-Then, and hints
    It     "T1" "1011_1111_cccc_mmmm" where (m != 0) unpredictable (c == 15 || c == 14 && m.count_ones() != 1 || cx.in_it_block()) => It { it: ItState::start(c, m) } "it{@disasm::it}"
    Nop    "T1" "1011_1111_0000_0000" "nop{.c}"
    Yield  "T1" "1011_1111_0001_0000" "yield{.c}"
    Wfe    "T1" "1011_1111_0010_0000" "wfe{.c}"
    Wfi    "T1" "1011_1111_0011_0000" "wfi{.c}"
    Sev    "T1" "1011_1111_0100_0000" "sev{.c}"
    Sevl   "T1" "1011_1111_0101_0000" "sevl{.c}"
    Hlt    "T1" "1011_1010_10_iiiiii" if_cx (cx.has(Features::V8)) => Imm { imm: Imm32(i) } "hlt {imm}"
    Hint   "T1" "1011_1111_hhhh_0000" where (h > 5) => Imm { imm: Imm32(h) } "hint{.c} {imm}"

    // A6.2 STM, LDM
    Stm    "T1" "1100_0_nnn_llllllll" unpredictable (l == 0) => Block { n: r(n), wback: true, list: RegList::from_bits(l) } "stm{.c} {n}{wback?!}, {list}"
    Ldm    "T1" "1100_1_nnn_llllllll" unpredictable (l == 0) => Block { n: r(n), wback: l >> n & 1 == 0, list: RegList::from_bits(l) } "ldm{.c} {n}{wback?!}, {list}"

    // A6.2.7 Conditional branch, and Supervisor Call; B (T2)
    B      "T1" "1101_cccc_iiiiiiii" where (c < 14) unpredictable (cx.in_it_block()) => Branch { cond: Cond::from_bits(c), offset: sign_extend(i << 1, 9) } "b{cond} {@disasm::branch}"
    Udf    "T1" "1101_1110_iiiiiiii" => Imm { imm: Imm32(i) } "udf {imm}"
    Svc    "T1" "1101_1111_iiiiiiii" => Imm { imm: Imm32(i) } "svc{.c} {imm}"
    B      "T2" "11100_iiiiiiiiiii" unpredictable (!cx.may_branch()) => Branch { cond: Cond::AL, offset: sign_extend(i << 1, 12) } "b{.c} {@disasm::branch}"
}
