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

use super::code::Offset;
use super::{Cache, FragmentId, Host, Record};
use crate::host::{Backend, CodeMemory, ExitSite};
use crate::location::Location;

/// A direct exit and what it is linked to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exit {
    pub(super) site: ExitSite,
    pub(super) to: Option<FragmentId>,
}

impl Exit {
    pub(super) const fn new(site: ExitSite) -> Self {
        Self { site, to: None }
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

    /// Links an exit to a fragment, if both are live and the exit is not linked
    /// yet.
    pub(crate) fn link<B: Backend, C: CodeMemory>(
        &mut self,
        host: &Host<B, C>,
        exit: ExitAt,
        to: FragmentId,
    ) {
        let Some(entries) = self.live(to).map(|record| record.entries) else {
            return;
        };
        let Some(from) = self.live(exit.from) else {
            return;
        };
        let place = from.exits[exit.index as usize];
        if place.to.is_some() {
            return;
        }
        let entry = entries[usize::from(place.site.entry)];
        if !patch(host, from.offset, &place.site, entry) {
            return;
        }
        self.records[exit.from.index as usize].exits[exit.index as usize].to = Some(to);
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
        let unlinked = *offset + exit.site.unlinked;
        let reached = patch(host, *offset, &exit.site, unlinked);
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

/// Makes an exit of the fragment at `fragment` lead to `to`; false if it does not
/// reach that far.
fn patch<B: Backend, C: CodeMemory>(
    host: &Host<B, C>,
    fragment: Offset,
    exit: &ExitSite,
    to: Offset,
) -> bool {
    let Some((bytes, count)) = host.backend.link(exit, fragment, to) else {
        return false;
    };
    let place = fragment + exit.patch;
    host.code.write(place, &bytes.to_le_bytes()[..count]);
    true
}
