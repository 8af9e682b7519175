//! Links between fragments.
//!
//! An exit starts out *unlinked*: its patchable place leads to code that names
//! the exit and returns to the dispatcher, which links it once its successor
//! exists. Each patch is one atomic write; a CPU that still executes the old bytes
//! reaches the same guest location by way of the dispatcher.
//!
//! A target knows who links to it, in `incoming`. An entry of `incoming` whose exit
//! has been unlinked since is left there and recognised by the exit's `to`; the
//! list is swept when it would grow, so that it stays in proportion to the real
//! links.
//!
//! An exit that has slots in registers has two patchable places: one before they are
//! stored, for a target that expects them where they are, and one behind. At most one
//! of them is linked at a time.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::code::Offset;
use super::{Cache, FragmentId, Host, Record};
use crate::analysis::bindings::{Binding, meets};
use crate::host::{Backend, BoundEntry, CodeMemory, ExitSite, Patch};
use crate::ir::{Target, Unit};
use crate::location::Location;

/// A direct exit and what it is linked to.
#[derive(Debug)]
pub(super) struct Exit {
    pub(super) site: ExitSite,
    pub(super) to: Option<FragmentId>,
    /// Whether it is the place before slots are stored that is linked.
    is_bound: bool,
}

impl Exit {
    pub(super) const fn new(site: ExitSite) -> Self {
        Self {
            site,
            to: None,
            is_bound: false,
        }
    }

    /// Returns what is patched: the place before slots are stored or that behind.
    fn patch(&self, is_bound: bool) -> &Patch {
        match &self.site.bound {
            Some(bound) if is_bound => &bound.patch,
            _ => &self.site.patch,
        }
    }

    /// Returns the bound entry of a target that suits.
    fn suited<'e>(&self, target: &'e [BoundEntry]) -> Option<&'e BoundEntry> {
        let now = &self.site.bound.as_ref()?.bindings;
        target.iter().find(|entry| meets(now, &entry.contract))
    }
}

/// The exit by which a vCPU left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExitAt {
    from: FragmentId,
    index: u32,
    /// Where the guest goes.
    pub(crate) target: Location,
}

impl<M> Cache<M> {
    /// Returns the exit that [`ExitSite::id`] identifies, of a fragment live or
    /// forgotten.
    pub(crate) fn exit_at(&self, id: Offset) -> Option<ExitAt> {
        let (from, record) = self.at(id)?;
        let relative = id - record.offset;
        let index = record
            .exits
            .iter()
            .position(|exit| exit.site.id == relative)?;
        Some(ExitAt {
            from,
            index: u32::try_from(index).ok()?,
            target: record.exits[index].site.target,
        })
    }

    /// Returns the slots that an exit has in registers.
    pub(crate) fn arriving(&self, exit: ExitAt) -> Option<Arc<[Binding]>> {
        let exit = &self.live(exit.from)?.exits[exit.index as usize];
        let bound = exit.site.bound.as_ref()?;
        Some(Arc::clone(&bound.bindings))
    }

    /// Returns with which slots in registers the fragments had best be entered that a
    /// unit's direct exits lead to.
    pub(crate) fn successors(&self, unit: &Unit) -> Vec<(Location, Arc<[Binding]>)> {
        let mut all: Vec<(Location, Arc<[Binding]>)> = Vec::new();
        for target in unit.targets() {
            if let Target::Exit(to) = target
                && let Some(record) = self.get(to).and_then(|id| self.live(id))
                && let Some(bound) = record.bound.first()
                && all.iter().all(|(known, _)| *known != to)
            {
                all.push((to, Arc::clone(&bound.contract)));
            }
        }
        all
    }

    /// Links an exit to a fragment, if both are live and the exit is not linked
    /// yet.
    pub(crate) fn link<B: Backend, C: CodeMemory>(
        &mut self,
        host: &Host<B, C>,
        exit: ExitAt,
        to: FragmentId,
    ) {
        let (Some(target), Some(from)) = (self.live(to), self.live(exit.from)) else {
            return;
        };
        let place = &from.exits[exit.index as usize];
        if place.to.is_some() {
            return;
        }
        let which = usize::from(place.site.entry);
        let suited = place.suited(&target.bound);
        let entry = match suited {
            Some(bound) => target.offset + bound.entries[which],
            None => target.entries[which],
        };
        let is_bound = suited.is_some();
        if !patch(host, from.offset, place.patch(is_bound), entry) {
            return;
        }
        let place = &mut self.records[exit.from.index as usize].exits[exit.index as usize];
        (place.to, place.is_bound) = (Some(to), is_bound);
        self.stats.bound_links += u64::from(is_bound);
        self.sweep_incoming(to);
        self.records[to.index as usize]
            .incoming
            .push((exit.from, exit.index));
        self.stats.links += 1;
    }

    /// Takes back all links to a fragment.
    pub(super) fn unlink_incoming<B: Backend, C: CodeMemory>(
        &mut self,
        host: &Host<B, C>,
        id: FragmentId,
    ) {
        for (from, index) in core::mem::take(&mut self.records[id.index as usize].incoming) {
            if self.is_linked(from, index, id) {
                self.unlink(host, from, index);
            }
        }
    }

    /// Takes back all links from a fragment.
    pub(super) fn unlink_outgoing<B: Backend, C: CodeMemory>(
        &mut self,
        host: &Host<B, C>,
        id: FragmentId,
    ) {
        for index in 0..self.records[id.index as usize].exits.len() {
            if self.records[id.index as usize].exits[index].to.is_some() {
                self.unlink(host, id, u32::try_from(index).unwrap_or(u32::MAX));
            }
        }
    }

    fn unlink<B: Backend, C: CodeMemory>(
        &mut self,
        host: &Host<B, C>,
        from: FragmentId,
        index: u32,
    ) {
        let Record { offset, exits, .. } = &mut self.records[from.index as usize];
        let exit = &mut exits[index as usize];
        exit.to = None;
        let place = exit.patch(exit.is_bound);
        let reached = patch(host, *offset, place, *offset + place.unlinked);
        debug_assert!(reached, "an exit reaches its own fragment");
        self.stats.unlinks += 1;
    }

    pub(super) fn is_linked(&self, from: FragmentId, index: u32, to: FragmentId) -> bool {
        self.record(from)
            .and_then(|record| record.exits.get(index as usize))
            .is_some_and(|exit| exit.to == Some(to))
    }

    /// Drops what is no link any more, if the list would have to grow.
    fn sweep_incoming(&mut self, to: FragmentId) {
        let record = &mut self.records[to.index as usize];
        if record.incoming.len() < record.incoming.capacity() {
            return;
        }
        let mut incoming = core::mem::take(&mut record.incoming);
        incoming.retain(|&(from, index)| self.is_linked(from, index, to));
        self.records[to.index as usize].incoming = incoming;
    }
}

/// Makes a place of the fragment at `fragment` lead to `to`; false if it does not
/// reach that far.
fn patch<B: Backend, C: CodeMemory>(
    host: &Host<B, C>,
    fragment: Offset,
    place: &Patch,
    to: Offset,
) -> bool {
    let Some((bytes, count)) = host.backend.link(place, fragment, to) else {
        return false;
    };
    host.code
        .write(fragment + place.at, &bytes.to_le_bytes()[..count]);
    true
}
