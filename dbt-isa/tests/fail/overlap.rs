//! Two rows match `0b0100_1111`.

dbt_isa::isa! {
    pub enum Insn;
    pub decoder toy: u8 = {
        Nop "A1" "0000_0000"
        Left  "A1" "010_a_1111" where (a == 0 || a > 5) => a as u32
        Right "A1" "01_bb_1111" where (b != 1) => b as u32
    };
}

fn main() {}
