//! A field of two bits is never 4.

dbt_isa::isa! {
    pub enum Insn;
    pub decoder toy: u8 = {
        Nop "A1" "0000_0000"
        Never "A1" "1000_00aa" where (a == 4) => a as u32
    };
}

fn main() {}
