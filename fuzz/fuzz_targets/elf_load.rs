//! Any file is loaded as its segments say, or is refused.
#![no_main]

use std::fs::File;
use std::io::Write;
use std::ops::Range;

use dbt_user::elf::{Image, Segment, load};
use dbt_user::memory::{Space, page_size};
use libfuzzer_sys::fuzz_target;
use rustix::fs::{MemfdFlags, memfd_create};

fuzz_target!(|data: &[u8]| {
    let Ok(image) = Image::parse(data, data.len() as u64) else {
        return;
    };
    let extent = image.extent();
    assert!(extent.start < extent.end && extent.end <= 1 << 32);
    let mut file = File::from(memfd_create("image", MemfdFlags::CLOEXEC).expect("a file"));
    file.write_all(data).expect("memory for a small file");
    let space = Space::new().expect("address space for a guest");
    let Ok(loaded) = load(&space, &file, &image, None) else {
        return;
    };
    for (index, segment) in image.segments.iter().enumerate() {
        // As under Linux, the last one that is loaded gets a page that several want.
        let mut others = image.segments.iter().enumerate();
        if others.any(|(other, with)| other != index && share_a_page(segment, with)) {
            continue;
        }
        let start = segment.offset as usize;
        let bytes = &data[start..start + segment.file_size as usize];
        let mut there = vec![0; bytes.len()];
        let address = segment.addr.wrapping_add(loaded.bias);
        // A segment need not be readable.
        if space.read(address, &mut there).is_ok() {
            assert_eq!(there, bytes, "the segment at {address:#x}");
        }
    }
});

fn share_a_page(a: &Segment, b: &Segment) -> bool {
    let (a, b) = (pages(a), pages(b));
    a.start < b.end && b.start < a.end
}

fn pages(segment: &Segment) -> Range<u64> {
    let page = u64::from(page_size());
    let end = u64::from(segment.addr) + u64::from(segment.size);
    u64::from(segment.addr) / page..end.div_ceil(page)
}
