//! `when` is no clause.

dbt_isa::isa! {
    pub enum Insn;
    pub decoder toy: u8 = {
        Nop "A1" "0000_0000"
        Half "A1" "10aa_----" when (a == 1)
    };
}

fn main() {}
