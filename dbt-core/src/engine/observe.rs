//! Observers of translation: for listings, profilers and debuggers.

use alloc::sync::Arc;
use core::fmt;

use crate::guest::StateLayout;
use crate::host::CodeMark;
use crate::ir::Unit;
use crate::location::Location;

/// Is told of each unit that is compiled.
///
/// Without an observer an engine does nothing for one; with one, units are
/// compiled with marks, and each code is copied.
pub trait Observer: Send + Sync {
    /// A unit was compiled and put into the cache, where it may have been
    /// forgotten again by now.
    ///
    /// The engine holds no lock when it calls this, on the thread that
    /// translates.
    fn compiled(&self, unit: &CompiledUnit<'_>);
}

/// A unit and the code that was made of it.
#[derive(Clone, Copy, Debug)]
pub struct CompiledUnit<'a> {
    /// Where it starts in the guest.
    pub location: Location,
    /// The unit as it was compiled, after the optimiser.
    pub unit: &'a Unit,
    /// The guest's slots.
    pub layout: &'a StateLayout,
    /// The code, with its exits not linked.
    pub code: &'a [u8],
    /// The host address at which the code is executed.
    pub address: u64,
    /// What each part of the code was made from.
    pub marks: &'a [CodeMark],
}

/// The observer, if there is one.
#[derive(Clone, Default)]
pub(super) struct Observing(pub(super) Option<Arc<dyn Observer>>);

impl fmt::Debug for Observing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observing").field(&self.0.is_some()).finish()
    }
}
