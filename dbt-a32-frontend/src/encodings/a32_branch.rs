//! A32 branches and supervisor call, DDI 0406C.d, sections A5.2.12, A5.5 and
//! A5.6.

dbt_isa::rows! {
    pub a32_branch;

    // Branch, branch with link, and supervisor call
    /// Branch.
    B      "A1" "cccc_1010_iiiiiiiiiiiiiiiiiiiiiiii"     where (c != 15) => Branch { cond: Cond::AL, offset: sign_extend(i << 2, 26) } "b{.c} {@disasm::branch}"
    /// Branch with link.
    Bl     "A1" "cccc_1011_iiiiiiiiiiiiiiiiiiiiiiii"     where (c != 15) => BranchLink { offset: sign_extend(i << 2, 26) } "bl{.c} {@disasm::branch_link}"
    /// Branch with link and exchange to the other instruction set.
    BlxImm "A2" "1111_101_H_iiiiiiiiiiiiiiiiiiiiiiii" => BranchLink { offset: sign_extend(i << 2 | H << 1, 26) } "blx {@disasm::branch_exchange}"
    /// Branch with link and exchange to a register.
    BlxReg "A1" "cccc_00010010_(111111111111)_0011_mmmm" where (c != 15) if_cx (cx.has(Features::V5TE)) unpredictable (m == 15) => BranchReg { m: r(m) } "blx{.c} {m}"
    /// Branch and exchange.
    Bx     "A1" "cccc_00010010_(111111111111)_0001_mmmm" where (c != 15) => BranchReg { m: r(m) } "bx{.c} {m}"
    /// Branch and exchange Jazelle, which is trivial here.
    Bxj    "A1" "cccc_00010010_(111111111111)_0010_mmmm" where (c != 15) unpredictable (m == 15) => BranchReg { m: r(m) } "bxj{.c} {m}"
    /// Supervisor call.
    Svc    "A1" "cccc_1111_iiiiiiiiiiiiiiiiiiiiiiii"     where (c != 15) => Imm { imm: Imm32(i) } "svc{.c} {imm}"
}
