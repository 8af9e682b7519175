//! So it does with floating point and vectors.
#![no_main]

use dbt_fuzz::judge;
use dbt_testkit::checks;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus { judge(checks::floating_point_keeps_in_step, data) });
