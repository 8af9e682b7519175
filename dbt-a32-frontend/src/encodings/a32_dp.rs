//! A32 data processing, multiplication and saturation, DDI 0406C.d, sections
//! A5.2.1 to A5.2.5, A5.2.7 and A5.2.12.

dbt_isa::rows! {
    pub a32_dp;

    // Data-processing (register), A5.2.1
    /// Bitwise AND.
    AndReg "A1" "cccc_000_0000_S_nnnn_dddd_iiiii_yy_0_mmmm" where (c != 15) => DpReg { s: S == 1, d: r(d), n: r(n), m: r(m), shift: Shift::decode(y, i) } "and{s?s}{.c} {d}, {n}, {m}{shift}"
    /// Bitwise exclusive OR.
    EorReg "A1" "cccc_000_0001_S_nnnn_dddd_iiiii_yy_0_mmmm" where (c != 15) => DpReg { s: S == 1, d: r(d), n: r(n), m: r(m), shift: Shift::decode(y, i) } "eor{s?s}{.c} {d}, {n}, {m}{shift}"
    /// Subtract.
    SubReg "A1" "cccc_000_0010_S_nnnn_dddd_iiiii_yy_0_mmmm" where (c != 15) => DpReg { s: S == 1, d: r(d), n: r(n), m: r(m), shift: Shift::decode(y, i) } "sub{s?s}{.c} {d}, {n}, {m}{shift}"
    /// Reverse subtract.
    RsbReg "A1" "cccc_000_0011_S_nnnn_dddd_iiiii_yy_0_mmmm" where (c != 15) => DpReg { s: S == 1, d: r(d), n: r(n), m: r(m), shift: Shift::decode(y, i) } "rsb{s?s}{.c} {d}, {n}, {m}{shift}"
    /// Add.
    AddReg "A1" "cccc_000_0100_S_nnnn_dddd_iiiii_yy_0_mmmm" where (c != 15) => DpReg { s: S == 1, d: r(d), n: r(n), m: r(m), shift: Shift::decode(y, i) } "add{s?s}{.c} {d}, {n}, {m}{shift}"
    /// Add with carry.
    AdcReg "A1" "cccc_000_0101_S_nnnn_dddd_iiiii_yy_0_mmmm" where (c != 15) => DpReg { s: S == 1, d: r(d), n: r(n), m: r(m), shift: Shift::decode(y, i) } "adc{s?s}{.c} {d}, {n}, {m}{shift}"
    /// Subtract with carry.
    SbcReg "A1" "cccc_000_0110_S_nnnn_dddd_iiiii_yy_0_mmmm" where (c != 15) => DpReg { s: S == 1, d: r(d), n: r(n), m: r(m), shift: Shift::decode(y, i) } "sbc{s?s}{.c} {d}, {n}, {m}{shift}"
    /// Reverse subtract with carry.
    RscReg "A1" "cccc_000_0111_S_nnnn_dddd_iiiii_yy_0_mmmm" where (c != 15) => DpReg { s: S == 1, d: r(d), n: r(n), m: r(m), shift: Shift::decode(y, i) } "rsc{s?s}{.c} {d}, {n}, {m}{shift}"
    /// Bitwise OR.
    OrrReg "A1" "cccc_000_1100_S_nnnn_dddd_iiiii_yy_0_mmmm" where (c != 15) => DpReg { s: S == 1, d: r(d), n: r(n), m: r(m), shift: Shift::decode(y, i) } "orr{s?s}{.c} {d}, {n}, {m}{shift}"
    /// Bitwise bit clear.
    BicReg "A1" "cccc_000_1110_S_nnnn_dddd_iiiii_yy_0_mmmm" where (c != 15) => DpReg { s: S == 1, d: r(d), n: r(n), m: r(m), shift: Shift::decode(y, i) } "bic{s?s}{.c} {d}, {n}, {m}{shift}"

    // Moves and shifts by an immediate
    /// Move a register.
    MovReg "A1" "cccc_000_1101_S_(0000)_dddd_00000_00_0_mmmm" where (c != 15) => MoveReg { s: S == 1, d: r(d), m: r(m), shift: Shift::NONE } "mov{s?s}{.c} {d}, {m}"
    /// Logical shift left.
    LslImm "A1" "cccc_000_1101_S_(0000)_dddd_iiiii_00_0_mmmm" where (c != 15 && i != 0) => MoveReg { s: S == 1, d: r(d), m: r(m), shift: Shift::decode(0b00, i) } "lsl{s?s}{.c} {d}, {m}, {@disasm::shift_amount}"
    /// Logical shift right.
    LsrImm "A1" "cccc_000_1101_S_(0000)_dddd_iiiii_01_0_mmmm" where (c != 15) => MoveReg { s: S == 1, d: r(d), m: r(m), shift: Shift::decode(0b01, i) } "lsr{s?s}{.c} {d}, {m}, {@disasm::shift_amount}"
    /// Arithmetic shift right.
    AsrImm "A1" "cccc_000_1101_S_(0000)_dddd_iiiii_10_0_mmmm" where (c != 15) => MoveReg { s: S == 1, d: r(d), m: r(m), shift: Shift::decode(0b10, i) } "asr{s?s}{.c} {d}, {m}, {@disasm::shift_amount}"
    /// Rotate right.
    RorImm "A1" "cccc_000_1101_S_(0000)_dddd_iiiii_11_0_mmmm" where (c != 15 && i != 0) => MoveReg { s: S == 1, d: r(d), m: r(m), shift: Shift::decode(0b11, i) } "ror{s?s}{.c} {d}, {m}, {@disasm::shift_amount}"
    /// Rotate right with extend.
    Rrx    "A1" "cccc_000_1101_S_(0000)_dddd_00000_11_0_mmmm" where (c != 15) => MoveReg { s: S == 1, d: r(d), m: r(m), shift: Shift::decode(3, 0) } "rrx{s?s}{.c} {d}, {m}"
    /// Bitwise NOT of a register.
    MvnReg "A1" "cccc_000_1111_S_(0000)_dddd_iiiii_yy_0_mmmm" where (c != 15) => MoveReg { s: S == 1, d: r(d), m: r(m), shift: Shift::decode(y, i) } "mvn{s?s}{.c} {d}, {m}{shift}"

    // Tests
    /// Test bits.
    TstReg "A1" "cccc_000_1000_1_nnnn_(0000)_iiiii_yy_0_mmmm" where (c != 15) => TestReg { n: r(n), m: r(m), shift: Shift::decode(y, i) } "tst{.c} {n}, {m}{shift}"
    /// Test equivalence.
    TeqReg "A1" "cccc_000_1001_1_nnnn_(0000)_iiiii_yy_0_mmmm" where (c != 15) => TestReg { n: r(n), m: r(m), shift: Shift::decode(y, i) } "teq{.c} {n}, {m}{shift}"
    /// Compare.
    CmpReg "A1" "cccc_000_1010_1_nnnn_(0000)_iiiii_yy_0_mmmm" where (c != 15) => TestReg { n: r(n), m: r(m), shift: Shift::decode(y, i) } "cmp{.c} {n}, {m}{shift}"
    /// Compare negative.
    CmnReg "A1" "cccc_000_1011_1_nnnn_(0000)_iiiii_yy_0_mmmm" where (c != 15) => TestReg { n: r(n), m: r(m), shift: Shift::decode(y, i) } "cmn{.c} {n}, {m}{shift}"

    // Data-processing (register-shifted register), A5.2.2
    /// Bitwise AND.
    AndRegShift "A1" "cccc_000_0000_S_nnnn_dddd_ssss_0_yy_1_mmmm" where (c != 15) unpredictable (d == 15 || n == 15 || m == 15 || s == 15) => DpRegShift { s: S == 1, d: r(d), n: r(n), m: r(m), kind: ShiftKind::from_bits(y), rs: r(s) } "and{s?s}{.c} {d}, {n}, {m}, {kind} {rs}"
    /// Bitwise exclusive OR.
    EorRegShift "A1" "cccc_000_0001_S_nnnn_dddd_ssss_0_yy_1_mmmm" where (c != 15) unpredictable (d == 15 || n == 15 || m == 15 || s == 15) => DpRegShift { s: S == 1, d: r(d), n: r(n), m: r(m), kind: ShiftKind::from_bits(y), rs: r(s) } "eor{s?s}{.c} {d}, {n}, {m}, {kind} {rs}"
    /// Subtract.
    SubRegShift "A1" "cccc_000_0010_S_nnnn_dddd_ssss_0_yy_1_mmmm" where (c != 15) unpredictable (d == 15 || n == 15 || m == 15 || s == 15) => DpRegShift { s: S == 1, d: r(d), n: r(n), m: r(m), kind: ShiftKind::from_bits(y), rs: r(s) } "sub{s?s}{.c} {d}, {n}, {m}, {kind} {rs}"
    /// Reverse subtract.
    RsbRegShift "A1" "cccc_000_0011_S_nnnn_dddd_ssss_0_yy_1_mmmm" where (c != 15) unpredictable (d == 15 || n == 15 || m == 15 || s == 15) => DpRegShift { s: S == 1, d: r(d), n: r(n), m: r(m), kind: ShiftKind::from_bits(y), rs: r(s) } "rsb{s?s}{.c} {d}, {n}, {m}, {kind} {rs}"
    /// Add.
    AddRegShift "A1" "cccc_000_0100_S_nnnn_dddd_ssss_0_yy_1_mmmm" where (c != 15) unpredictable (d == 15 || n == 15 || m == 15 || s == 15) => DpRegShift { s: S == 1, d: r(d), n: r(n), m: r(m), kind: ShiftKind::from_bits(y), rs: r(s) } "add{s?s}{.c} {d}, {n}, {m}, {kind} {rs}"
    /// Add with carry.
    AdcRegShift "A1" "cccc_000_0101_S_nnnn_dddd_ssss_0_yy_1_mmmm" where (c != 15) unpredictable (d == 15 || n == 15 || m == 15 || s == 15) => DpRegShift { s: S == 1, d: r(d), n: r(n), m: r(m), kind: ShiftKind::from_bits(y), rs: r(s) } "adc{s?s}{.c} {d}, {n}, {m}, {kind} {rs}"
    /// Subtract with carry.
    SbcRegShift "A1" "cccc_000_0110_S_nnnn_dddd_ssss_0_yy_1_mmmm" where (c != 15) unpredictable (d == 15 || n == 15 || m == 15 || s == 15) => DpRegShift { s: S == 1, d: r(d), n: r(n), m: r(m), kind: ShiftKind::from_bits(y), rs: r(s) } "sbc{s?s}{.c} {d}, {n}, {m}, {kind} {rs}"
    /// Reverse subtract with carry.
    RscRegShift "A1" "cccc_000_0111_S_nnnn_dddd_ssss_0_yy_1_mmmm" where (c != 15) unpredictable (d == 15 || n == 15 || m == 15 || s == 15) => DpRegShift { s: S == 1, d: r(d), n: r(n), m: r(m), kind: ShiftKind::from_bits(y), rs: r(s) } "rsc{s?s}{.c} {d}, {n}, {m}, {kind} {rs}"
    /// Bitwise OR.
    OrrRegShift "A1" "cccc_000_1100_S_nnnn_dddd_ssss_0_yy_1_mmmm" where (c != 15) unpredictable (d == 15 || n == 15 || m == 15 || s == 15) => DpRegShift { s: S == 1, d: r(d), n: r(n), m: r(m), kind: ShiftKind::from_bits(y), rs: r(s) } "orr{s?s}{.c} {d}, {n}, {m}, {kind} {rs}"
    /// Bitwise bit clear.
    BicRegShift "A1" "cccc_000_1110_S_nnnn_dddd_ssss_0_yy_1_mmmm" where (c != 15) unpredictable (d == 15 || n == 15 || m == 15 || s == 15) => DpRegShift { s: S == 1, d: r(d), n: r(n), m: r(m), kind: ShiftKind::from_bits(y), rs: r(s) } "bic{s?s}{.c} {d}, {n}, {m}, {kind} {rs}"

    // Shifts by a register
    /// Logical shift left by a register.
    LslReg      "A1" "cccc_000_1101_S_(0000)_dddd_mmmm_0_00_1_nnnn" where (c != 15) unpredictable (d == 15 || n == 15 || m == 15) => ShiftReg { s: S == 1, d: r(d), n: r(n), m: r(m) } "lsl{s?s}{.c} {d}, {n}, {m}"
    /// Logical shift right by a register.
    LsrReg      "A1" "cccc_000_1101_S_(0000)_dddd_mmmm_0_01_1_nnnn" where (c != 15) unpredictable (d == 15 || n == 15 || m == 15) => ShiftReg { s: S == 1, d: r(d), n: r(n), m: r(m) } "lsr{s?s}{.c} {d}, {n}, {m}"
    /// Arithmetic shift right by a register.
    AsrReg      "A1" "cccc_000_1101_S_(0000)_dddd_mmmm_0_10_1_nnnn" where (c != 15) unpredictable (d == 15 || n == 15 || m == 15) => ShiftReg { s: S == 1, d: r(d), n: r(n), m: r(m) } "asr{s?s}{.c} {d}, {n}, {m}"
    /// Rotate right by a register.
    RorReg      "A1" "cccc_000_1101_S_(0000)_dddd_mmmm_0_11_1_nnnn" where (c != 15) unpredictable (d == 15 || n == 15 || m == 15) => ShiftReg { s: S == 1, d: r(d), n: r(n), m: r(m) } "ror{s?s}{.c} {d}, {n}, {m}"
    /// Bitwise NOT of a register shifted by a register.
    MvnRegShift "A1" "cccc_000_1111_S_(0000)_dddd_ssss_0_yy_1_mmmm" where (c != 15) unpredictable (d == 15 || m == 15 || s == 15) => MoveRegShift { s: S == 1, d: r(d), m: r(m), kind: ShiftKind::from_bits(y), rs: r(s) } "mvn{s?s}{.c} {d}, {m}, {kind} {rs}"

    // Tests
    /// Test bits.
    TstRegShift "A1" "cccc_000_1000_1_nnnn_(0000)_ssss_0_yy_1_mmmm" where (c != 15) unpredictable (n == 15 || m == 15 || s == 15) => TestRegShift { n: r(n), m: r(m), kind: ShiftKind::from_bits(y), rs: r(s) } "tst{.c} {n}, {m}, {kind} {rs}"
    /// Test equivalence.
    TeqRegShift "A1" "cccc_000_1001_1_nnnn_(0000)_ssss_0_yy_1_mmmm" where (c != 15) unpredictable (n == 15 || m == 15 || s == 15) => TestRegShift { n: r(n), m: r(m), kind: ShiftKind::from_bits(y), rs: r(s) } "teq{.c} {n}, {m}, {kind} {rs}"
    /// Compare.
    CmpRegShift "A1" "cccc_000_1010_1_nnnn_(0000)_ssss_0_yy_1_mmmm" where (c != 15) unpredictable (n == 15 || m == 15 || s == 15) => TestRegShift { n: r(n), m: r(m), kind: ShiftKind::from_bits(y), rs: r(s) } "cmp{.c} {n}, {m}, {kind} {rs}"
    /// Compare negative.
    CmnRegShift "A1" "cccc_000_1011_1_nnnn_(0000)_ssss_0_yy_1_mmmm" where (c != 15) unpredictable (n == 15 || m == 15 || s == 15) => TestRegShift { n: r(n), m: r(m), kind: ShiftKind::from_bits(y), rs: r(s) } "cmn{.c} {n}, {m}, {kind} {rs}"

    // Data-processing (immediate), A5.2.3
    /// Bitwise AND.
    AndImm "A1" "cccc_001_0000_S_nnnn_dddd_iiiiiiiiiiii" where (c != 15) => DpImm { s: S == 1, d: r(d), n: r(n), imm: a32_expand_imm_c(i) } "and{s?s}{.c} {d}, {n}, {imm}"
    /// Bitwise exclusive OR.
    EorImm "A1" "cccc_001_0001_S_nnnn_dddd_iiiiiiiiiiii" where (c != 15) => DpImm { s: S == 1, d: r(d), n: r(n), imm: a32_expand_imm_c(i) } "eor{s?s}{.c} {d}, {n}, {imm}"
    /// Subtract.
    SubImm "A1" "cccc_001_0010_S_nnnn_dddd_iiiiiiiiiiii" where (c != 15) => DpImm { s: S == 1, d: r(d), n: r(n), imm: a32_expand_imm_c(i) } "sub{s?s}{.c} {d}, {n}, {imm}"
    /// Reverse subtract.
    RsbImm "A1" "cccc_001_0011_S_nnnn_dddd_iiiiiiiiiiii" where (c != 15) => DpImm { s: S == 1, d: r(d), n: r(n), imm: a32_expand_imm_c(i) } "rsb{s?s}{.c} {d}, {n}, {imm}"
    /// Add.
    AddImm "A1" "cccc_001_0100_S_nnnn_dddd_iiiiiiiiiiii" where (c != 15) => DpImm { s: S == 1, d: r(d), n: r(n), imm: a32_expand_imm_c(i) } "add{s?s}{.c} {d}, {n}, {imm}"
    /// Add with carry.
    AdcImm "A1" "cccc_001_0101_S_nnnn_dddd_iiiiiiiiiiii" where (c != 15) => DpImm { s: S == 1, d: r(d), n: r(n), imm: a32_expand_imm_c(i) } "adc{s?s}{.c} {d}, {n}, {imm}"
    /// Subtract with carry.
    SbcImm "A1" "cccc_001_0110_S_nnnn_dddd_iiiiiiiiiiii" where (c != 15) => DpImm { s: S == 1, d: r(d), n: r(n), imm: a32_expand_imm_c(i) } "sbc{s?s}{.c} {d}, {n}, {imm}"
    /// Reverse subtract with carry.
    RscImm "A1" "cccc_001_0111_S_nnnn_dddd_iiiiiiiiiiii" where (c != 15) => DpImm { s: S == 1, d: r(d), n: r(n), imm: a32_expand_imm_c(i) } "rsc{s?s}{.c} {d}, {n}, {imm}"
    /// Bitwise OR.
    OrrImm "A1" "cccc_001_1100_S_nnnn_dddd_iiiiiiiiiiii" where (c != 15) => DpImm { s: S == 1, d: r(d), n: r(n), imm: a32_expand_imm_c(i) } "orr{s?s}{.c} {d}, {n}, {imm}"
    /// Bitwise bit clear.
    BicImm "A1" "cccc_001_1110_S_nnnn_dddd_iiiiiiiiiiii" where (c != 15) => DpImm { s: S == 1, d: r(d), n: r(n), imm: a32_expand_imm_c(i) } "bic{s?s}{.c} {d}, {n}, {imm}"

    // Moves
    /// Move an immediate.
    MovImm "A1" "cccc_001_1101_S_(0000)_dddd_iiiiiiiiiiii" where (c != 15) => MoveImm { s: S == 1, d: r(d), imm: a32_expand_imm_c(i) } "mov{s?s}{.c} {d}, {imm}"
    MovImm "A2" "cccc_0011_0000_iiii_dddd_iiiiiiiiiiii"    where (c != 15) if_cx (cx.has(Features::V6T2)) unpredictable (d == 15) => MoveImm { s: false, d: r(d), imm: ExpandedImm::new(i) } "movw{.c} {d}, {imm}"
    /// Move to the top halfword.
    Movt   "A1" "cccc_0011_0100_iiii_dddd_iiiiiiiiiiii"    where (c != 15) if_cx (cx.has(Features::V6T2)) unpredictable (d == 15) => MoveWide { d: r(d), imm16: Imm16::new(i) } "movt{.c} {d}, {imm16}"
    /// Bitwise NOT of an immediate.
    MvnImm "A1" "cccc_001_1111_S_(0000)_dddd_iiiiiiiiiiii" where (c != 15) => MoveImm { s: S == 1, d: r(d), imm: a32_expand_imm_c(i) } "mvn{s?s}{.c} {d}, {imm}"

    // Tests
    /// Test bits.
    TstImm "A1" "cccc_001_1000_1_nnnn_(0000)_iiiiiiiiiiii" where (c != 15) => TestImm { n: r(n), imm: a32_expand_imm_c(i) } "tst{.c} {n}, {imm}"
    /// Test equivalence.
    TeqImm "A1" "cccc_001_1001_1_nnnn_(0000)_iiiiiiiiiiii" where (c != 15) => TestImm { n: r(n), imm: a32_expand_imm_c(i) } "teq{.c} {n}, {imm}"
    /// Compare.
    CmpImm "A1" "cccc_001_1010_1_nnnn_(0000)_iiiiiiiiiiii" where (c != 15) => TestImm { n: r(n), imm: a32_expand_imm_c(i) } "cmp{.c} {n}, {imm}"
    /// Compare negative.
    CmnImm "A1" "cccc_001_1011_1_nnnn_(0000)_iiiiiiiiiiii" where (c != 15) => TestImm { n: r(n), imm: a32_expand_imm_c(i) } "cmn{.c} {n}, {imm}"

    // Multiply and multiply accumulate, A5.2.5
    /// Multiply.
    Mul   "A1" "cccc_0000000_S_dddd_(0000)_mmmm_1001_nnnn" where (c != 15) unpredictable (d == 15 || n == 15 || m == 15) => Mul { s: S == 1, d: r(d), n: r(n), m: r(m) } "mul{s?s}{.c} {d}, {n}, {m}"
    /// Multiply accumulate.
    Mla   "A1" "cccc_0000001_S_dddd_aaaa_mmmm_1001_nnnn"   where (c != 15) unpredictable (d == 15 || n == 15 || m == 15 || a == 15) => MulAcc { s: S == 1, d: r(d), n: r(n), m: r(m), a: r(a) } "mla{s?s}{.c} {d}, {n}, {m}, {a}"
    /// Unsigned multiply accumulate accumulate long.
    Umaal "A1" "cccc_0000010_0_hhhh_llll_mmmm_1001_nnnn"   where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (l == 15 || h == 15 || n == 15 || m == 15 || h == l) => MulLong { s: false, lo: r(l), hi: r(h), n: r(n), m: r(m) } "umaal{.c} {lo}, {hi}, {n}, {m}"
    /// Multiply and subtract.
    Mls   "A1" "cccc_0000011_0_dddd_aaaa_mmmm_1001_nnnn"   where (c != 15) if_cx (cx.has(Features::V6T2)) unpredictable (d == 15 || n == 15 || m == 15 || a == 15) => Regs4 { d: r(d), n: r(n), m: r(m), a: r(a) } "mls{.c} {d}, {n}, {m}, {a}"
    /// Unsigned multiply long.
    Umull "A1" "cccc_0000100_S_hhhh_llll_mmmm_1001_nnnn"   where (c != 15) unpredictable (l == 15 || h == 15 || n == 15 || m == 15 || h == l) => MulLong { s: S == 1, lo: r(l), hi: r(h), n: r(n), m: r(m) } "umull{s?s}{.c} {lo}, {hi}, {n}, {m}"
    /// Unsigned multiply accumulate long.
    Umlal "A1" "cccc_0000101_S_hhhh_llll_mmmm_1001_nnnn"   where (c != 15) unpredictable (l == 15 || h == 15 || n == 15 || m == 15 || h == l) => MulLong { s: S == 1, lo: r(l), hi: r(h), n: r(n), m: r(m) } "umlal{s?s}{.c} {lo}, {hi}, {n}, {m}"
    /// Signed multiply long.
    Smull "A1" "cccc_0000110_S_hhhh_llll_mmmm_1001_nnnn"   where (c != 15) unpredictable (l == 15 || h == 15 || n == 15 || m == 15 || h == l) => MulLong { s: S == 1, lo: r(l), hi: r(h), n: r(n), m: r(m) } "smull{s?s}{.c} {lo}, {hi}, {n}, {m}"
    /// Signed multiply accumulate long.
    Smlal "A1" "cccc_0000111_S_hhhh_llll_mmmm_1001_nnnn"   where (c != 15) unpredictable (l == 15 || h == 15 || n == 15 || m == 15 || h == l) => MulLong { s: S == 1, lo: r(l), hi: r(h), n: r(n), m: r(m) } "smlal{s?s}{.c} {lo}, {hi}, {n}, {m}"

    // Halfword multiply and multiply accumulate, A5.2.7
    /// `SMLABB`, `SMLABT`, `SMLATB`, `SMLATT`: signed multiply accumulate (halfwords).
    Smlaxy  "A1" "cccc_00010000_dddd_aaaa_mmmm_1_M_N_0_nnnn"   where (c != 15) if_cx (cx.has(Features::V5TE)) unpredictable (d == 15 || n == 15 || m == 15 || a == 15) => MulAccHalf { d: r(d), n: r(n), m: r(m), a: r(a), n_high: N == 1, m_high: M == 1 } "smla{n_high?t:b}{m_high?t:b}{.c} {d}, {n}, {m}, {a}"
    /// `SMLAWB`, `SMLAWT`: signed multiply accumulate (word by halfword).
    Smlawy  "A1" "cccc_00010010_dddd_aaaa_mmmm_1_M_0_0_nnnn"   where (c != 15) if_cx (cx.has(Features::V5TE)) unpredictable (d == 15 || n == 15 || m == 15 || a == 15) => MulAccWordHalf { d: r(d), n: r(n), m: r(m), a: r(a), m_high: M == 1 } "smlaw{m_high?t:b}{.c} {d}, {n}, {m}, {a}"
    /// `SMULWB`, `SMULWT`: signed multiply (word by halfword).
    Smulwy  "A1" "cccc_00010010_dddd_(0000)_mmmm_1_M_1_0_nnnn" where (c != 15) if_cx (cx.has(Features::V5TE)) unpredictable (d == 15 || n == 15 || m == 15) => MulWordHalf { d: r(d), n: r(n), m: r(m), m_high: M == 1 } "smulw{m_high?t:b}{.c} {d}, {n}, {m}"
    /// `SMLALBB` and so on: signed multiply accumulate long (halfwords).
    Smlalxy "A1" "cccc_00010100_hhhh_llll_mmmm_1_M_N_0_nnnn"   where (c != 15) if_cx (cx.has(Features::V5TE)) unpredictable (l == 15 || h == 15 || n == 15 || m == 15 || h == l) => MulLongHalf { lo: r(l), hi: r(h), n: r(n), m: r(m), n_high: N == 1, m_high: M == 1 } "smlal{n_high?t:b}{m_high?t:b}{.c} {lo}, {hi}, {n}, {m}"
    /// `SMULBB`, `SMULBT`, `SMULTB`, `SMULTT`: signed multiply (halfwords).
    Smulxy  "A1" "cccc_00010110_dddd_(0000)_mmmm_1_M_N_0_nnnn" where (c != 15) if_cx (cx.has(Features::V5TE)) unpredictable (d == 15 || n == 15 || m == 15) => MulHalf { d: r(d), n: r(n), m: r(m), n_high: N == 1, m_high: M == 1 } "smul{n_high?t:b}{m_high?t:b}{.c} {d}, {n}, {m}"

    // Saturating addition and subtraction, A5.2.6; miscellaneous, A5.2.12
    /// Saturating add.
    Qadd  "A1" "cccc_00010000_nnnn_dddd_(0000)_0101_mmmm"   where (c != 15) if_cx (cx.has(Features::V5TE)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "qadd{.c} {d}, {m}, {n}"
    /// Saturating subtract.
    Qsub  "A1" "cccc_00010010_nnnn_dddd_(0000)_0101_mmmm"   where (c != 15) if_cx (cx.has(Features::V5TE)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "qsub{.c} {d}, {m}, {n}"
    /// Saturating double and add.
    Qdadd "A1" "cccc_00010100_nnnn_dddd_(0000)_0101_mmmm"   where (c != 15) if_cx (cx.has(Features::V5TE)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "qdadd{.c} {d}, {m}, {n}"
    /// Saturating double and subtract.
    Qdsub "A1" "cccc_00010110_nnnn_dddd_(0000)_0101_mmmm"   where (c != 15) if_cx (cx.has(Features::V5TE)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "qdsub{.c} {d}, {m}, {n}"
    /// Count leading zeros.
    Clz   "A1" "cccc_00010110_(1111)_dddd_(1111)_0001_mmmm" where (c != 15) if_cx (cx.has(Features::V5TE)) unpredictable (d == 15 || m == 15) => Regs2 { d: r(d), m: r(m) } "clz{.c} {d}, {m}"
}
