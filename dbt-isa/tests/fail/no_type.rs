//! The type of the arguments cannot be seen.

dbt_isa::isa! {
    pub enum Insn;
    pub decoder toy: u8 = {
        Nop "A1" "0000_0000"
        Half "A1" "10aa_----" => a + 1
    };
}

fn main() {}
