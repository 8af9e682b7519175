//! What is executed is what is in guest memory.
#![no_main]

use dbt_testkit::checks;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    if checks::code_cache(data) {
        Corpus::Keep
    } else {
        Corpus::Reject
    }
});
