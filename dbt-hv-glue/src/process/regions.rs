//! What is mapped where: the list behind `/proc/self/maps`, and the free space.
//!
//! The page table answers questions about a page; this answers questions about
//! extents: where is room, what is the fourth mapping, which file is it. It is an
//! ordered map from start page to region, without overlaps, in which neighbours
//! that Linux would merge are merged, so that a guest which reads its own maps
//! finds the lines it expects.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use super::{Prot, WINDOW_SIZE, page_size};

/// A mapped extent of the window.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Region {
    /// The guest addresses it covers. The end may be 4 GiB.
    pub range: Range<u64>,
    /// What the guest may do.
    pub prot: Prot,
    /// What is behind it.
    pub kind: RegionKind,
    /// The name given by [`Window::label`](super::Window::label).
    pub label: Option<Arc<str>>,
}

/// What is behind a region.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RegionKind {
    /// Memory of its own.
    Anonymous {
        /// Whether it stays shared after a `fork`.
        shared: bool,
    },
    /// A file.
    File {
        /// Device number of the file (`st_dev`).
        device: u64,
        /// Number of the file (`st_ino`).
        inode: u64,
        /// Offset of the region's first byte.
        offset: u64,
        /// Whether writes go to the file.
        shared: bool,
    },
}

/// Which end of the range a search starts from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Search {
    /// Highest fitting address first, as `mmap` does.
    TopDown,
    /// Lowest fitting address first.
    BottomUp,
}

/// The regions of a window, by start address.
#[derive(Debug, Default)]
pub(super) struct Regions(BTreeMap<u64, Region>);

impl RegionKind {
    /// The kind of what lies `bytes` further on.
    fn advanced(self, bytes: u64) -> Self {
        match self {
            Self::Anonymous { .. } => self,
            Self::File {
                device,
                inode,
                offset,
                shared,
            } => Self::File {
                device,
                inode,
                offset: offset + bytes,
                shared,
            },
        }
    }
}

impl Region {
    fn len(&self) -> u64 {
        self.range.end - self.range.start
    }

    fn continues_in(&self, next: &Self) -> bool {
        self.range.end == next.range.start
            && self.prot == next.prot
            && self.kind.advanced(self.len()) == next.kind
            && self.label == next.label
    }

    /// The part of `self` within `range`, which must overlap it.
    fn clipped(&self, range: &Range<u64>) -> Self {
        let start = self.range.start.max(range.start);
        Self {
            range: start..self.range.end.min(range.end),
            prot: self.prot,
            kind: self.kind.advanced(start - self.range.start),
            label: self.label.clone(),
        }
    }
}

impl Regions {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Region> {
        self.0.values()
    }

    /// The regions that overlap `range`, in order.
    pub(super) fn overlapping(&self, range: &Range<u64>) -> impl Iterator<Item = &Region> {
        let first = self
            .0
            .range(..=range.start)
            .next_back()
            .filter(|(_, r)| r.range.end > range.start)
            .map_or(range.start, |(&start, _)| start);
        self.0.range(first..range.end.max(first)).map(|(_, r)| r)
    }

    pub(super) fn is_free(&self, range: &Range<u64>) -> bool {
        self.overlapping(range).next().is_none()
    }

    /// The parts of regions within `range`, in order.
    pub(super) fn parts(&self, range: &Range<u64>) -> Vec<Region> {
        self.overlapping(range).map(|r| r.clipped(range)).collect()
    }

    /// Forgets whatever is in `range`.
    pub(super) fn remove(&mut self, range: &Range<u64>) {
        let old: Vec<Region> = self.overlapping(range).cloned().collect();
        for region in old {
            self.0.remove(&region.range.start);
            for rest in [0..range.start, range.end..WINDOW_SIZE] {
                if region.range.start < rest.end && rest.start < region.range.end {
                    let rest = region.clipped(&rest);
                    self.0.insert(rest.range.start, rest);
                }
            }
        }
    }

    /// Puts `region` in place of whatever is there, merged with its neighbours.
    pub(super) fn insert(&mut self, mut region: Region) {
        self.remove(&region.range);
        if let Some((&start, before)) = self.0.range(..region.range.start).next_back()
            && before.continues_in(&region)
        {
            let before = before.clone();
            self.0.remove(&start);
            region = Region {
                range: before.range.start..region.range.end,
                ..before
            };
        }
        if let Some(after) = self.0.get(&region.range.end)
            && region.continues_in(after)
        {
            let end = after.range.end;
            self.0.remove(&region.range.end);
            region.range.end = end;
        }
        self.0.insert(region.range.start, region);
    }

    /// Applies `change` to the parts of regions within `range`.
    pub(super) fn update(&mut self, range: &Range<u64>, change: impl Fn(&mut Region)) {
        for mut part in self.parts(range) {
            change(&mut part);
            self.insert(part);
        }
    }

    /// Finds `len` free bytes (a multiple of the page size) in `within`.
    pub(super) fn find_free(&self, len: u64, within: Range<u64>, search: Search) -> Option<u64> {
        let page = u64::from(page_size());
        let within = within.start.next_multiple_of(page)..within.end.min(WINDOW_SIZE) / page * page;
        let fits = |gap: &Range<u64>| gap.end.saturating_sub(gap.start) >= len;
        match search {
            Search::BottomUp => {
                let mut start = within.start;
                for region in self.overlapping(&within) {
                    if fits(&(start..region.range.start)) {
                        return Some(start);
                    }
                    start = region.range.end;
                }
                fits(&(start..within.end)).then_some(start)
            }
            Search::TopDown => {
                let mut end = within.end;
                for (_, region) in self.0.range(..within.end).rev() {
                    if region.range.end <= within.start {
                        break;
                    }
                    if fits(&(region.range.end..end)) {
                        return Some(end - len);
                    }
                    end = region.range.start.min(end);
                }
                fits(&(within.start..end)).then(|| end - len)
            }
        }
    }
}

#[cfg(test)]
mod tests;
