//! From guest bytes to a fragment in the cache.

use alloc::vec::Vec;
use core::ops::Range;

use super::heat::Heat;
use super::observe::CompiledUnit;
use super::{Config, Jit};
use crate::cache::pages::{PAGE_SIZE, PageFilter};
use crate::cache::{ExitAt, FragmentId, NewFragment, Rejected, Ticket};
use crate::guest::{Guest, StateLayout};
use crate::host::{Backend, CodeMemory, CompileInput, Environment, Unwatched};
use crate::ir::{Builder, Unit};
use crate::location::Location;
use crate::memory::{FaultCause, Fetch, FetchFault};
use crate::opt::Optimizer;

/// What a vCPU translates with. It keeps its memory between translations.
#[derive(Debug)]
pub(super) struct Scratch {
    unit: Unit,
    optimizer: Optimizer,
    source: Vec<Range<u64>>,
    pages: Vec<u64>,
    pub(super) heat: Heat,
}

impl Scratch {
    pub(super) fn new(layout: &StateLayout, config: Config) -> Self {
        Self {
            unit: Unit::default(),
            optimizer: Optimizer::new(layout).with_passes(config.passes),
            source: Vec::new(),
            pages: Vec::new(),
            heat: Heat::new(config.hot_threshold),
        }
    }
}

/// What a back end compiles with.
#[derive(Debug)]
pub(super) struct Compiler<B> {
    pub(super) backend: B,
    pub(super) code: Vec<u8>,
}

/// Why there is no fragment for a location.
#[derive(Clone, Copy, Debug)]
pub(super) enum Untranslated {
    /// The instruction cannot be fetched.
    Fetch(FetchFault),
    /// The unit is to be interpreted, always or for now.
    Interpret,
    /// The back end cannot compile the unit, or it is larger than a segment of
    /// code memory.
    Refused,
    /// The location has not been reached often enough.
    Cold,
}

impl<B: Backend, C: CodeMemory> Jit<B, C> {
    /// Translates the unit at `location`, unless another vCPU is faster. What arrives
    /// there arrives from an exit, if there is one.
    ///
    /// The vCPU is outside generated code, so that its own translation may reclaim
    /// the code that it has left.
    pub(super) fn translate<G: Guest, E: Environment>(
        &self,
        guest: &G,
        scratch: &mut Scratch,
        env: &mut E,
        location: Location,
        ticket: Ticket,
        from: Option<ExitAt>,
    ) -> Result<FragmentId, Untranslated> {
        let Scratch {
            unit,
            optimizer,
            source,
            pages,
            ..
        } = scratch;
        pages.clear();
        let mut limit = u32::MAX;
        loop {
            source.clear();
            let mut recorder = Recorder {
                env,
                filter: &self.host.filter,
                source,
                pages,
                unwatched: false,
            };
            let mut builder = Builder::new(unit).with_limit(limit);
            if let Err(fault) = guest.lift(&mut recorder, location, &mut builder) {
                return Err(match recorder.unwatched {
                    true => Untranslated::Interpret,
                    false => Untranslated::Fetch(fault),
                });
            }
            core::mem::swap(&mut unit.source, source);
            optimizer.run(unit);
            match self.compile(unit, location, ticket, from) {
                // What is too much at once is not too much in pieces.
                Err(Untranslated::Refused) if unit.guest_insts > 1 && limit > 1 => {
                    limit = (unit.guest_insts / 2).min(limit / 2).max(1);
                }
                Err(Untranslated::Refused) => {
                    self.cache.lock().refuse(location);
                    return Err(Untranslated::Interpret);
                }
                made => return made,
            }
        }
    }

    /// Compiles a unit and puts it into the cache.
    fn compile(
        &self,
        unit: &Unit,
        location: Location,
        ticket: Ticket,
        from: Option<ExitAt>,
    ) -> Result<FragmentId, Untranslated> {
        let mut compiler = self.compiler.lock();
        let Compiler { backend, code } = &mut *compiler;
        // Room is found only with the compiler's lock held, so it stays. If the
        // code turns out to be too large for it, it is compiled again for the next
        // segment.
        for _ in 0..2 {
            let ((offset, room), lost, arriving, successors) = {
                let cache = self.cache.lock();
                let arriving = from.and_then(|exit| cache.arriving(exit));
                let successors = match self.link {
                    true => cache.successors(unit),
                    false => Vec::new(),
                };
                (cache.room(), cache.lost(), arriving, successors)
            };
            code.clear();
            let input = CompileInput {
                unit,
                layout: self.layout,
                lowering: self.lowering,
                callees: &self.callees,
                runtime: &self.runtime,
                offset,
                lost: &lost,
                arriving: arriving.as_deref().unwrap_or_default(),
                successors: &successors,
                marks: self.observer.0.is_some(),
            };
            let compiled = backend.compile(input, code);
            let mut cache = self.cache.lock();
            let Ok(mut fragment) = compiled else {
                return Err(Untranslated::Refused);
            };
            if code.len() <= room as usize {
                let marks = core::mem::take(&mut fragment.marks);
                let new = NewFragment {
                    location,
                    ticket,
                    source: &unit.source,
                    guest_insts: unit.guest_insts,
                    offset,
                    code,
                    fragment,
                };
                let inserted = cache.insert(&self.host, new);
                drop(cache);
                if let (Ok(_), Some(observer)) = (&inserted, &self.observer.0) {
                    let code = core::mem::take(code);
                    drop(compiler);
                    observer.compiled(&CompiledUnit {
                        location,
                        unit,
                        layout: self.layout,
                        code: &code,
                        address: self.host.code.address(offset),
                        marks: &marks,
                    });
                }
                return match inserted {
                    Ok(id) | Err(Rejected::Exists(id)) => Ok(id),
                    Err(Rejected::Stale) => Err(Untranslated::Interpret),
                };
            }
            if code.len() > cache.largest() as usize {
                break;
            }
            if cache.advance(&self.host).is_err() {
                return Err(Untranslated::Interpret);
            }
        }
        Err(Untranslated::Refused)
    }
}

/// Fetches for a front end; keeps account of what was fetched, and has the
/// environment protect each page before the first byte is read.
struct Recorder<'a, E> {
    env: &'a mut E,
    filter: &'a PageFilter,
    source: &'a mut Vec<Range<u64>>,
    pages: &'a mut Vec<u64>,
    /// Whether a page could not be protected.
    unwatched: bool,
}

impl<E: Environment> Recorder<'_, E> {
    /// Makes sure that a change of the page behind `address` does not go
    /// unnoticed.
    ///
    /// Where that cannot be had, nothing is fetched: the unit ends before.
    fn touch(&mut self, address: u64) -> Result<(), FetchFault> {
        let page = address / PAGE_SIZE;
        if self.pages.last() == Some(&page) || self.pages.contains(&page) {
            return Ok(());
        }
        let start = page * PAGE_SIZE;
        let range = start..start.saturating_add(PAGE_SIZE);
        self.filter.add(&range);
        self.env.protect(range).map_err(|Unwatched| {
            self.unwatched = true;
            FetchFault {
                address,
                cause: FaultCause::Permission,
            }
        })?;
        self.pages.push(page);
        Ok(())
    }

    fn record(&mut self, range: Range<u64>) {
        match self.source.last_mut() {
            Some(last) if last.start <= range.start && range.start <= last.end => {
                last.end = last.end.max(range.end);
            }
            _ => self.source.push(range),
        }
    }
}

impl<E: Environment> Fetch for Recorder<'_, E> {
    fn fetch16(&mut self, address: u64) -> Result<u16, FetchFault> {
        self.touch(address)?;
        let half = self.env.fetch16(address)?;
        self.record(address..address.saturating_add(2));
        Ok(half)
    }

    fn fetch32(&mut self, address: u64) -> Result<u32, FetchFault> {
        self.touch(address)?;
        let word = self.env.fetch32(address)?;
        self.record(address..address.saturating_add(4));
        Ok(word)
    }

    fn fetch_unprivileged(&mut self, unprivileged: bool) {
        self.env.fetch_unprivileged(unprivileged);
    }
}
