//! One name carries two types.

dbt_isa::isa! {
    pub enum Insn;
    pub decoder toy: u8 = {
        Nop "A1" "0000_0000"
        Half "A1" "10aa_----" => a as u32
        Half "A2" "11aa_----" => (a == 1) as bool
    };
}

fn main() {}
