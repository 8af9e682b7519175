//! scratch
use dbt_testkit::capstone::{Oracle, State};
fn main() {
    let mut o = Oracle::new(State::Arm).unwrap();
    let words = std::env::args()
        .skip(1)
        .map(|a| u32::from_str_radix(&a, 16).unwrap())
        .collect::<Vec<_>>();
    o.chunk(words.into_iter(), |w, a| {
        println!(
            "{w:08x} {}",
            a.map_or("-".into(), |a| format!("{} {}", a.mnemonic, a.operands))
        )
    })
    .unwrap();
}
