//! What fuzz targets have in common.

use std::cell::Cell;

use libfuzzer_sys::Corpus;

/// Counts inputs, and prints how many at the end of the process.
#[derive(Debug, Default)]
struct Tally {
    meaningful: Cell<u64>,
    all: Cell<u64>,
}

impl Drop for Tally {
    fn drop(&mut self) {
        let (meaningful, all) = (self.meaningful.get(), self.all.get());
        eprintln!("{meaningful} of {all} inputs were meaningful");
    }
}

thread_local! {
    static TALLY: Tally = Tally::default();
}

/// Puts an input to a check; what is not meaningful stays out of the corpus.
pub fn judge(check: impl FnOnce(&[u8]) -> bool, data: &[u8]) -> Corpus {
    let meaningful = check(data);
    TALLY.with(|tally| {
        tally.all.set(tally.all.get() + 1);
        tally
            .meaningful
            .set(tally.meaningful.get() + u64::from(meaningful));
    });
    if meaningful {
        Corpus::Keep
    } else {
        Corpus::Reject
    }
}
