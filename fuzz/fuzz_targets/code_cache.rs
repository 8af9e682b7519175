//! What is executed is what is in guest memory.
#![no_main]

use dbt_fuzz::judge;
use dbt_testkit::checks;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus { judge(checks::code_cache, data) });
