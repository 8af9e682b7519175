//! Text of the IR that parses prints as text that parses alike.
#![no_main]

use dbt_fuzz::judge;
use dbt_testkit::checks;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus { judge(checks::ir_text_round_trips, data) });
