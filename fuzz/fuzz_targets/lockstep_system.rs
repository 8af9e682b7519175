//! So it does at the system level, through exceptions and returns.
#![no_main]

use dbt_fuzz::judge;
use dbt_testkit::checks;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus { judge(checks::system_level_keeps_in_step, data) });
