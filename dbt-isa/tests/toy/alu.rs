//! A table in a file of its own.

dbt_isa::rows! {
    pub alu;

    /// Add an immediate.
    AddImm "A1" "cccc_001_0100_S_nnnn_dddd_iiiiiiiiiiii" where (c != 0b1111 && !(d == 15 && S == 1)) unpredictable (n == 13) => DpImm { s: S == 1, d, n, imm: i } "add{s?s}{.c} {d}, {n}, {imm}"
    SubImm "A1" "cccc_001_0010_S_nnnn_dddd_iiiiiiiiiiii" where (c != 15) undefined (n == 3) => DpImm { s: S == 1, d, n, imm: i } "sub{s?s:.n}{.c} {{{d}}}, {n}, {imm:#x}"
    SubPc  "A1" "cccc_001_0010_1_nnnn_1111_iiiiiiiiiiii" where (c == 15 && n < 4) => Pair(n, i) "{@print_pair} {0}"
    // Only the first feature level has it.
    Clz    "A1" "1111_0001_0110_(1111)_dddd_(1)(1)(1)(1)_0001_mmmm" if_cx (cx.has_clz) => Pair(d, m) "clz {0}, {1}"
    Nop    "A1" "1110_0011_0010_----_1111_0000_0000_0000" "nop"
}
