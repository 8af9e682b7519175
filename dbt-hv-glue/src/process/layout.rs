//! Where mappings go: the regions of a window and the room between them.

use core::ops::Range;

use super::prot::PageFlags;
use super::regions::Regions;
use super::space::Space;
use super::{Error, Placement, RemapTarget, Search, WINDOW_SIZE, page_size};

/// What the outermost lock guards.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) regions: Regions,
    /// Where mappings without a fixed address go.
    pub(super) mmap: Range<u64>,
}

impl Layout {
    /// Forgets regions in `range` that the host has lost in a failed replacement.
    pub(super) fn drop_lost(&mut self, space: &Space, range: &Range<u64>) {
        let is_lost = u32::try_from(range.start)
            .is_ok_and(|start| !space.flags(start).contains(PageFlags::MAPPED));
        if is_lost {
            self.regions.remove(range);
        }
    }

    /// Decides where a new mapping goes.
    pub(super) fn place(
        &self,
        addr: u32,
        len: u64,
        placement: Placement,
    ) -> Result<Range<u64>, Error> {
        let len = page_range(0, len)?.end;
        match placement {
            Placement::Fixed => page_range(addr, len),
            Placement::FixedNoReplace => {
                let range = page_range(addr, len)?;
                if !self.regions.is_free(&range) {
                    return Err(Error::Exists { addr });
                }
                Ok(range)
            }
            Placement::Hint => match page_range(addr & !(page_size() - 1), len) {
                Ok(range) if range.start >= self.mmap.start && self.regions.is_free(&range) => {
                    Ok(range)
                }
                _ => self.anywhere(len),
            },
            Placement::Anywhere => self.anywhere(len),
        }
    }

    fn anywhere(&self, len: u64) -> Result<Range<u64>, Error> {
        let start = self
            .regions
            .find_free(len, self.mmap.clone(), Search::TopDown)
            .ok_or(Error::NoSpace { len })?;
        Ok(start..start + len)
    }

    /// Decides where a mapping goes that is resized.
    pub(super) fn remap_target(
        &self,
        old: &Range<u64>,
        new_len: u64,
        target: RemapTarget,
    ) -> Result<Range<u64>, Error> {
        let no_space = Error::NoSpace { len: new_len };
        let grown = old.start..old.start + new_len;
        match target {
            RemapTarget::Fixed(addr) => {
                let new = page_range(addr, new_len)?;
                if new.start < old.end && old.start < new.end {
                    return Err(Error::Overlap);
                }
                Ok(new)
            }
            _ if grown.end <= old.end => Ok(grown),
            _ if grown.end <= WINDOW_SIZE && self.regions.is_free(&(old.end..grown.end)) => {
                Ok(grown)
            }
            RemapTarget::MayMove => self.anywhere(new_len),
            RemapTarget::InPlace => Err(no_space),
        }
    }
}

pub(super) fn aligned(value: u64) -> Result<u64, Error> {
    if !value.is_multiple_of(page_size().into()) {
        return Err(Error::Unaligned { value });
    }
    Ok(value)
}

/// The whole pages of `len` bytes at `addr`.
pub(super) fn page_range(addr: u32, len: u64) -> Result<Range<u64>, Error> {
    let start = aligned(addr.into())?;
    if len == 0 {
        return Err(Error::ZeroLength);
    }
    let end = len
        .checked_next_multiple_of(page_size().into())
        .and_then(|len| start.checked_add(len))
        .filter(|&end| end <= WINDOW_SIZE)
        .ok_or(Error::OutOfRange { addr: start, len })?;
    Ok(start..end)
}

pub(super) fn narrow(addr: u64) -> Result<u32, Error> {
    u32::try_from(addr).map_err(|_| Error::OutOfRange { addr, len: 0 })
}
