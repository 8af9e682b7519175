//! What fuzzing looks at for hours, for a second each.

use core::time::Duration;
use std::time::Instant;

use dbt_testkit::checks;
use dbt_testkit::random::Random;

/// Puts random bytes to a check; most shall be meaningful.
fn check(check: impl Fn(&[u8]) -> bool, len: usize) {
    let (meaningful, all) = check_any(check, len);
    assert!(meaningful * 2 > all, "{meaningful} of {all}");
}

/// Puts random bytes to a check; some shall be meaningful. Returns how many were, and
/// how many there were.
fn check_any(check: impl Fn(&[u8]) -> bool, len: usize) -> (u64, u64) {
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
    assert!(meaningful > 0, "{meaningful} of {all}");
    (meaningful, all)
}

#[test]
fn a32_decodes() {
    check_any(checks::a32_decodes, 9);
}

#[test]
fn t32_decodes() {
    check_any(checks::t32_decodes, 9);
}

#[test]
fn encodings_decode() {
    // Inputs choose among more rows than there are, so bytes that are drawn evenly
    // seldom choose one; the fuzzer learns.
    check_any(checks::encodings_decode, 7);
}

#[test]
fn description_is_checked() {
    check_any(checks::description_is_checked, 5);
}

#[test]
fn any_instruction_steps() {
    check_any(checks::any_instruction_steps, 12);
}

#[test]
fn ir_text_round_trips() {
    // Longer inputs damage the text so much that it is no unit any more.
    check(checks::ir_text_round_trips, 6);
}

#[test]
fn generated_code_keeps_in_step() {
    check(checks::generated_code_keeps_in_step, 200);
    check(checks::system_level_keeps_in_step, 200);
    check(checks::floating_point_keeps_in_step, 200);
    check(checks::exclusives_keep_in_step, 200);
}

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
#[test]
fn code_cache() {
    check(checks::code_cache, 3000);
}
