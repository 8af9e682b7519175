//! What fuzzing looks at for hours, for a second each.

use core::time::Duration;
use std::time::Instant;

use dbt_testkit::checks;
use dbt_testkit::random::Random;

/// Puts random bytes to a check; most shall be meaningful.
fn check(check: impl Fn(&[u8]) -> bool, len: usize) {
    let start = Instant::now();
    let mut random = Random::new(1);
    let (mut meaningful, mut all) = (0_u64, 0_u64);
    while start.elapsed() < Duration::from_secs(1) {
        let len = random.below(len);
        let data: Vec<u8> = (0..len).map(|_| random.bits().to_le_bytes()[0]).collect();
        meaningful += u64::from(check(&data));
        all += 1;
    }
    println!("{meaningful} of {all} inputs were meaningful");
    assert!(meaningful * 2 > all, "{meaningful} of {all}");
}

#[test]
fn a32_decodes() {
    check(checks::a32_decodes, 64);
}

#[test]
fn t32_decodes() {
    check(checks::t32_decodes, 64);
}

#[test]
fn ir_text_round_trips() {
    // Longer inputs damage the text so much that it is no unit any more.
    check(checks::ir_text_round_trips, 6);
}

#[test]
fn generated_code_keeps_in_step() {
    check(checks::generated_code_keeps_in_step, 200);
}

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
#[test]
fn code_cache() {
    check(checks::code_cache, 3000);
}
