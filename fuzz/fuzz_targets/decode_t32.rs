//! Any T32 halfwords decode and print, or are refused.
#![no_main]

use dbt_testkit::checks;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    if checks::t32_decodes(data) {
        Corpus::Keep
    } else {
        Corpus::Reject
    }
});
