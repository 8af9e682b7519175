//! What `--dump` and `--perf-map` do with each translated unit.

use std::io;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use dbt_a32_frontend::guest::A32Guest;
use dbt_core::engine::{CompiledUnit, Observer};
use dbt_user::cli::EngineOptions;
use dbt_user::memory::Space;

use super::dump::Dump;
use super::perf_map::PerfMap;

/// Observes an engine for the options that want it.
pub(super) struct Observers {
    /// The guest's memory, once it is known. Nothing is translated before.
    space: OnceLock<Arc<Space>>,
    dump: Option<Dump>,
    perf_map: Option<PerfMap>,
}

impl Observers {
    /// Makes an observer, if an option wants one.
    pub(super) fn new(options: &EngineOptions, guest: A32Guest) -> io::Result<Option<Arc<Self>>> {
        if options.dump.is_none() && !options.perf_map {
            return Ok(None);
        }
        let dump = options
            .dump
            .map(|columns| Dump::new(columns, options.dump_to.as_deref(), guest))
            .transpose()?;
        let perf_map = options.perf_map.then(PerfMap::create).transpose()?;
        Ok(Some(Arc::new(Self {
            space: OnceLock::new(),
            dump,
            perf_map,
        })))
    }

    /// Says where the guest's memory is, and the code that all units share.
    pub(super) fn attach(&self, space: &Arc<Space>, runtime: Option<Range<u64>>) {
        // An engine is attached once.
        let _ = self.space.set(Arc::clone(space));
        let Some(code) = runtime else { return };
        if let Some(map) = &self.perf_map {
            map.runtime(&code);
        }
        if let Some(dump) = &self.dump {
            dump.runtime(code);
        }
    }
}

impl Observer for Observers {
    fn compiled(&self, unit: &CompiledUnit<'_>) {
        let Some(space) = self.space.get() else {
            return;
        };
        if let Some(dump) = &self.dump {
            dump.write(unit, space);
        }
        if let Some(map) = &self.perf_map {
            map.unit(unit, space);
        }
    }
}
