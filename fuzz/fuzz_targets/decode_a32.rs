//! Any A32 word decodes and prints, or is refused.
#![no_main]

use dbt_testkit::checks;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    if checks::a32_decodes(data) {
        Corpus::Keep
    } else {
        Corpus::Reject
    }
});
