//! Puts an [`Image`] into guest memory.

use std::fs::File;
use std::os::fd::AsFd;

use super::Image;
use crate::memory::{Backing, Error, Placement, Prot, Space, page_size};

/// Where an image was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// What was added to the image's addresses.
    pub bias: u32,
    /// Where it starts; bit 0 selects T32.
    pub entry: u32,
    /// Where its program headers are (`AT_PHDR`).
    pub headers: u32,
    /// The first page behind it: where the heap starts.
    pub end: u32,
}

/// Loads an image. A relocatable one goes to `preferred` if that is free, otherwise
/// (and if there is no preference) where the space finds room.
///
/// # Errors
///
/// Returns an error when there is no room or the host refuses a mapping.
pub fn load(
    space: &Space,
    file: &File,
    image: &Image,
    preferred: Option<u32>,
) -> Result<Loaded, Error> {
    let extent = image.extent();
    let len = extent.end - extent.start;
    // Reserve the whole extent first, so that nothing else falls between the segments.
    let (addr, placement) = match (image.relocatable, preferred) {
        (false, _) => (extent.start as u32, Placement::FixedNoReplace),
        (true, Some(addr)) => (addr, Placement::Hint),
        (true, None) => (0, Placement::Anywhere),
    };
    let start = space.map(addr, len, Prot::empty(), Backing::Anonymous, placement)?;
    let bias = start.wrapping_sub(extent.start as u32);
    // The gaps between segments stay reserved and inaccessible, as `ld.so` leaves them.
    for segment in &image.segments {
        let addr = segment.addr.wrapping_add(bias);
        let head = addr % page_size();
        if segment.file_size != 0 {
            space.map(
                addr - head,
                u64::from(segment.file_size) + u64::from(head),
                segment.prot,
                Backing::File {
                    fd: file.as_fd(),
                    offset: u64::from(segment.offset - head),
                    shared: false,
                },
                Placement::Fixed,
            )?;
        }
        zero_rest(space, addr, segment.file_size, segment.size, segment.prot)?;
    }
    Ok(Loaded {
        bias,
        entry: image.entry.wrapping_add(bias),
        headers: if image.headers == 0 {
            0
        } else {
            image.headers.wrapping_add(bias)
        },
        end: start.wrapping_add(len as u32),
    })
}

/// Makes `[addr + file_size, addr + size)` read as zero.
fn zero_rest(space: &Space, addr: u32, file_size: u32, size: u32, prot: Prot) -> Result<(), Error> {
    if file_size == size {
        return Ok(());
    }
    let page = u64::from(page_size());
    let zero_from = u64::from(addr) + u64::from(file_size);
    let end = u64::from(addr) + u64::from(size);
    // The tail of the last page with file contents; without any, there is no such page.
    let next_page = if file_size == 0 {
        zero_from & !(page - 1)
    } else {
        zero_from.next_multiple_of(page)
    };
    if next_page > zero_from && prot.contains(Prot::WRITE) {
        // To the end of the page, not only of the segment: the dynamic linker takes what is
        // left of its last page for memory that nobody wrote.
        let tail = vec![0; (next_page - zero_from) as usize];
        // A file that shrank meanwhile has no such page; the program will fault there itself.
        let _ = space.write(zero_from as u32, &tail);
    }
    if end > next_page {
        let len = end - next_page;
        space.map(
            next_page as u32,
            len,
            prot,
            Backing::Anonymous,
            Placement::Fixed,
        )?;
    }
    Ok(())
}
