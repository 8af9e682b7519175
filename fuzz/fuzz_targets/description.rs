//! A core of any features is made, or refused with the reason.
#![no_main]

use dbt_fuzz::judge;
use dbt_testkit::checks;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus { judge(checks::description_is_checked, data) });
