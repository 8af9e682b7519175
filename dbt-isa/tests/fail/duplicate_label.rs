//! One name has the label A1 twice.

dbt_isa::isa! {
    pub enum Insn;
    pub decoder toy: u8 = {
        Nop "A1" "0000_0000"
        Nop "A1" "1000_0000"
    };
}

fn main() {}
