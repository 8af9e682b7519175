//! Which locations are reached often enough to be translated.
//!
//! Most code of most programs runs a few times, and translating a unit costs as
//! much as interpreting it some dozens of times.

use alloc::boxed::Box;
use alloc::vec;

use crate::location::Location;

/// Counters. Locations that share one are translated the earlier for it.
const COUNTERS: usize = 1 << 15;

/// Counts, for one vCPU, how often untranslated locations were reached.
#[derive(Debug)]
pub(super) struct Heat {
    counts: Box<[u8]>,
    threshold: u8,
    /// The evictions at which the counters were last zero.
    evictions: u64,
}

impl Heat {
    /// Makes counters that call a location hot when it has been reached
    /// `threshold` times.
    pub(super) fn new(threshold: u8) -> Self {
        let counters = if threshold == 0 { 0 } else { COUNTERS };
        Self {
            counts: vec![0; counters].into(),
            threshold,
            evictions: 0,
        }
    }

    /// Counts one arrival, and tells whether to interpret this time.
    ///
    /// When code memory has been too small, only what is hot *since then* goes
    /// into it again.
    pub(super) fn is_cold(&mut self, location: Location, evictions: u64) -> bool {
        if self.threshold == 0 {
            return false;
        }
        if self.evictions != evictions {
            self.evictions = evictions;
            self.counts.fill(0);
        }
        // Fibonacci hashing: the high bits depend on all of the location's.
        let hash = location.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - COUNTERS.ilog2());
        #[allow(clippy::cast_possible_truncation, reason = "15 bits")]
        let count = &mut self.counts[hash as usize];
        if *count >= self.threshold {
            return false;
        }
        *count += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Heat;
    use crate::location::Location;

    #[test]
    fn a_location_is_hot_after_as_many_arrivals_as_asked_for() {
        let mut heat = Heat::new(3);
        let arrivals = |heat: &mut Heat, evictions| {
            (0..10)
                .take_while(|_| heat.is_cold(Location(0x8000), evictions))
                .count()
        };
        assert_eq!(arrivals(&mut heat, 0), 3);
        assert_eq!(arrivals(&mut heat, 0), 0);
        assert_eq!(arrivals(&mut heat, 1), 3);
        assert_eq!(arrivals(&mut Heat::new(0), 0), 0);
    }
}
