//! A pattern has no question marks.

dbt_isa::isa! {
    pub enum Insn;
    pub decoder toy: u8 = {
        Nop "A1" "0000_0000"
        Odd "A1" "1000_00?0"
    };
}

fn main() {}
