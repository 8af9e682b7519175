//! The pattern does not bind `n`.

dbt_isa::isa! {
    pub enum Insn;
    pub decoder toy: u8 = {
        Nop "A1" "0000_0000"
        Half "A1" "10aa_----" => Pair { d: a, n }
    };
}

fn main() {}
