//! The pattern has nine bits.

dbt_isa::isa! {
    pub enum Insn;
    pub decoder toy: u8 = {
        Nop "A1" "0000_0000"
        Wide "A1" "1000_0000_0"
    };
}

fn main() {}
