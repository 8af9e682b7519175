//! Nothing reads `b`.

dbt_isa::isa! {
    pub enum Insn;
    pub decoder toy: u8 = {
        Nop "A1" "0000_0000"
        Half "A1" "10aa_bbbb" => a as u32
    };
}

fn main() {}
