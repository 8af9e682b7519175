//! An error stands at the row also when that comes from a table.

mod table {
    dbt_isa::rows! {
        pub table;
        Left  "A1" "010a_1111" => a as u32
        Right "A1" "01b0_1111" => b as u32
    }
}

dbt_isa::isa! {
    pub enum Insn;
    pub decoder toy: u8 = [table::table];
}

fn main() {}
