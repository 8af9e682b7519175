//! A syntax string has an unmatched brace.

dbt_isa::isa! {
    pub enum Insn;
    pub decoder toy: u8 = {
        Nop "A1" "0000_0000"
        Half "A1" "10aa_----" => a as u32 "half }"
    };
}

fn main() {}
