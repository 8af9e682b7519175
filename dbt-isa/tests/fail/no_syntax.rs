//! With a print context every name needs a syntax.

dbt_isa::isa! {
    pub enum Insn;
    print context ();
    pub decoder toy: u8 = {
        Half "A1" "10aa_----" => a as u32
    };
}

fn main() {}
