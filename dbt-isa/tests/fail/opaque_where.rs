//! A call in a `where` may always hold.

dbt_isa::isa! {
    pub enum Insn;
    pub decoder toy: u8 = {
        Nop "A1" "0000_0000"
        Half "A1" "10aa_----" where (odd(a)) => a as u32
        Even "A1" "10aa_----" where (!odd(a)) => a as u32
    };
}

fn main() {}
