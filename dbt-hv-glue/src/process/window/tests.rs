//! `mmap` and its relatives, as Linux has them.

use alloc::sync::Arc;
use alloc::vec::Vec;
use std::fs::File;
use std::io::Write as _;
use std::os::fd::AsFd as _;

use super::{
    Backing, Error, Placement, Prot, RegionKind, RemapTarget, Search, WINDOW_SIZE, Window,
};
use crate::process::{Access, FaultKind, GuestFault};
use dbt_core::host::{ISOLATION, Lowering};

const RW: Prot = Prot::READ.union(Prot::WRITE);
const RX: Prot = Prot::READ.union(Prot::EXEC);
const TOP_PAGE: u32 = 0xffff_f000;

fn window() -> Window {
    Window::new().unwrap()
}

fn map(window: &Window, addr: u32, len: u64, prot: Prot) -> u32 {
    window
        .map(addr, len, prot, Backing::Anonymous, Placement::Fixed)
        .unwrap()
}

fn ranges(window: &Window) -> Vec<(u64, u64)> {
    let regions = window.regions();
    regions
        .iter()
        .map(|r| (r.range.start, r.range.end))
        .collect()
}

/// A file of `pages` pages whose bytes are the number of their page, from one.
fn numbered_file(pages: u8) -> File {
    let memory = rustix::fs::memfd_create("test", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
    let mut file = File::from(memory);
    for page in 1..=pages {
        file.write_all(&[page; 4096]).unwrap();
    }
    file
}

/// The base leaves room for huge pages, and the guards are where they should be.
#[test]
fn the_reservation_is_aligned_and_guarded() {
    let window = window();
    let base = window.base().addr();
    assert!(base.is_multiple_of(2 << 20));
    assert_eq!(
        window.host_range(),
        base - 0x1_0000..base + (4 << 30) + 0x1_0000
    );
}

/// The window at zero is a window like others, but null stays invalid, for the guest
/// and for the host, and there is only one.
#[test]
fn the_window_at_zero_keeps_null_invalid() {
    let window = Window::at_zero().unwrap();
    assert_eq!(window.base().addr(), 0);
    assert_eq!(window.lowering(), Lowering::Isolated);
    let above = usize::try_from(ISOLATION).unwrap();
    assert_eq!(window.host_range(), 0..(4 << 30) + above);
    assert_eq!(map(&window, 0x1_0000, 4096, RW), 0x1_0000);
    window.write(0x1_0ffc, &[1, 2, 3, 4]).unwrap();
    assert_eq!(window.read_obj::<u32>(0x1_0ffc), Ok(0x0403_0201));
    for addr in [0, 0xf000] {
        let null = window.map(addr, 4096, RW, Backing::Anonymous, Placement::Fixed);
        assert_eq!(null, Err(Error::Host(rustix::io::Errno::PERM)));
        assert!(window.read_obj::<u8>(addr).is_err());
    }
    let moved = window.remap(0x1_0000, 4096, 4096, RemapTarget::Fixed(0));
    assert_eq!(moved, Err(Error::Host(rustix::io::Errno::PERM)));
    assert_eq!(map(&window, TOP_PAGE, 4096, RW), TOP_PAGE);
    assert!(Window::at_zero().is_err());
    drop(window);
    assert!(Window::at_zero().is_ok());
}

/// The last page of the address space is as good as any other.
#[test]
fn the_top_page_can_be_mapped() {
    let window = window();
    assert_eq!(map(&window, TOP_PAGE, 4096, RW), TOP_PAGE);
    window.write(0xffff_fffc, &[1, 2, 3, 4]).unwrap();
    assert_eq!(window.read_obj::<u32>(0xffff_fffc), Ok(0x0403_0201));
    let beyond = GuestFault {
        addr: 0,
        access: Access::Read,
        kind: FaultKind::Unmapped,
    };
    assert_eq!(window.read_obj::<u64>(0xffff_fffc), Err(beyond));
    window.unmap(TOP_PAGE, 4096).unwrap();
    assert_eq!(window.query(TOP_PAGE), None);
}

/// Ranges beyond 4 GiB, crooked addresses and empty ranges are the caller's error.
#[test]
fn impossible_ranges_are_refused() {
    let window = window();
    let try_map = |addr, len| window.map(addr, len, RW, Backing::Anonymous, Placement::Fixed);
    let (addr, len) = (u64::from(TOP_PAGE), 8192);
    assert_eq!(try_map(TOP_PAGE, len), Err(Error::OutOfRange { addr, len }));
    assert_eq!(
        try_map(0x1001, 4096),
        Err(Error::Unaligned { value: 0x1001 })
    );
    assert_eq!(try_map(0x1000, 0), Err(Error::ZeroLength));
    assert!(matches!(
        try_map(0x1000, u64::MAX),
        Err(Error::OutOfRange { .. })
    ));
    assert!(matches!(
        window.unmap(TOP_PAGE, len),
        Err(Error::OutOfRange { .. })
    ));
    assert!(matches!(
        window.protect(1, 0, RW),
        Err(Error::Unaligned { .. })
    ));
    assert_eq!(window.protect(0x1000, 0, RW), Ok(()));
    assert_eq!(ranges(&window), []);
}

/// A fixed mapping replaces what is there; one that must not, does not.
#[test]
fn fixed_mappings_replace_and_the_others_do_not() {
    let window = window();
    map(&window, 0x1_0000, 0x4000, RW);
    window.write(0x1_1000, &[7]).unwrap();
    map(&window, 0x1_1000, 0x1000, Prot::READ);
    assert_eq!(window.read_obj::<u8>(0x1_1000), Ok(0));
    assert_eq!(
        ranges(&window),
        [
            (0x1_0000, 0x1_1000),
            (0x1_1000, 0x1_2000),
            (0x1_2000, 0x1_4000)
        ]
    );

    let polite = |addr| {
        window.map(
            addr,
            0x2000,
            RW,
            Backing::Anonymous,
            Placement::FixedNoReplace,
        )
    };
    assert_eq!(polite(0x1_3000), Err(Error::Exists { addr: 0x1_3000 }));
    assert_eq!(polite(0x1_4000), Ok(0x1_4000));

    let hinted = |addr| {
        window
            .map(addr, 0x1000, RW, Backing::Anonymous, Placement::Hint)
            .unwrap()
    };
    assert_eq!(hinted(0x2_0123), 0x2_0000);
    assert_eq!(
        hinted(0x2_0000),
        0xfffe_f000,
        "a taken hint is anywhere, from the top"
    );
}

/// When the 4 GiB are used up, there is an error and nothing else.
#[test]
fn exhaustion_is_an_error() {
    let window = window();
    window.set_mmap_range(0..WINDOW_SIZE);
    let anywhere = |len| {
        window.map(
            0,
            len,
            Prot::empty(),
            Backing::Anonymous,
            Placement::Anywhere,
        )
    };
    assert_eq!(anywhere(3 << 30), Ok(1 << 30));
    assert_eq!(anywhere(2 << 30), Err(Error::NoSpace { len: 2 << 30 }));
    assert_eq!(anywhere(1 << 30), Ok(0));
    assert_eq!(anywhere(1), Err(Error::NoSpace { len: 4096 }));
    assert_eq!(
        window.find_free(4096, 0..WINDOW_SIZE, Search::BottomUp),
        None
    );
    assert_eq!(
        window.find_free(4096, 0..WINDOW_SIZE, Search::TopDown),
        None
    );
    assert_eq!(
        anywhere(WINDOW_SIZE + 1).map_err(Error::errno),
        Err(libc::ENOMEM)
    );
    window.unmap(0x8000_0000, 4096).unwrap();
    assert_eq!(anywhere(1), Ok(0x8000_0000));
    window.unmap(0, WINDOW_SIZE).unwrap();
    assert_eq!(ranges(&window), []);
}

/// `mprotect` over a hole changes what comes before it and reports `ENOMEM`.
#[test]
fn protecting_a_hole_is_enomem() {
    let window = window();
    map(&window, 0x1_0000, 0x1000, RW);
    map(&window, 0x1_2000, 0x1000, RW);
    let error = window.protect(0x1_0000, 0x3000, Prot::READ).unwrap_err();
    assert_eq!(error, Error::NotMapped { addr: 0x1_1000 });
    assert_eq!(error.errno(), libc::ENOMEM);
    assert_eq!(window.query(0x1_0000).unwrap().prot, Prot::READ);
    assert_eq!(window.query(0x1_2000).unwrap().prot, RW);
    let error = window.protect(0x5_0000, 0x1000, Prot::READ).unwrap_err();
    assert_eq!(error, Error::NotMapped { addr: 0x5_0000 });
}

/// Permissions decide over the host's accesses too.
#[test]
fn permissions_are_the_guests() {
    let window = window();
    map(&window, 0x1_0000, 0x1000, Prot::empty());
    let fault = |access| GuestFault {
        addr: 0x1_0000,
        access,
        kind: FaultKind::Protection,
    };
    assert_eq!(window.read_obj::<u8>(0x1_0000), Err(fault(Access::Read)));
    window.protect(0x1_0000, 0x1000, RX).unwrap();
    assert_eq!(window.write_obj(0x1_0000, &1_u8), Err(fault(Access::Write)));
    assert_eq!(
        window.slice(0x1_0000, 1, Access::Write),
        Err(fault(Access::Write))
    );
    assert!(window.slice(0x1_0000, 4096, Access::Read).is_ok());
    window.protect(0x1_0000, 0x1000, RW).unwrap();
    assert_eq!(window.write_obj(0x1_0000, &1_u8), Ok(()));
}

/// A file appears at its offset; a private copy does not reach the file, a shared
/// mapping does; what cannot be mapped is the host's word.
#[test]
fn files_can_be_mapped() {
    let window = window();
    let file = numbered_file(3);
    let backing = |offset, shared| Backing::File {
        fd: file.as_fd(),
        offset,
        shared,
    };
    let map = |addr, backing| window.map(addr, 0x2000, RW, backing, Placement::Fixed);
    map(0x1_0000, backing(0x1000, false)).unwrap();
    map(0x2_0000, backing(0x1000, true)).unwrap();
    assert_eq!(window.read_obj::<u8>(0x1_0000), Ok(2));
    window.write_obj(0x1_0000, &0xaa_u8).unwrap();
    assert_eq!(window.read_obj::<u8>(0x2_0000), Ok(2));
    window.write_obj(0x2_1000, &0xbb_u8).unwrap();
    assert_eq!(window.read_obj::<u8>(0x1_1000), Ok(0xbb));

    assert_eq!(
        map(0x3_0000, backing(1, false)),
        Err(Error::Unaligned { value: 1 })
    );
    let read_only = File::open("/proc/self/exe").unwrap();
    let backing = Backing::File {
        fd: read_only.as_fd(),
        offset: 0,
        shared: true,
    };
    assert_eq!(
        map(0x3_0000, backing).map_err(Error::errno),
        Err(libc::EACCES)
    );
    assert_eq!(window.query(0x3_0000), None);

    let regions = window.regions();
    assert_eq!(regions.len(), 2);
    let RegionKind::File {
        offset,
        shared,
        inode,
        ..
    } = regions[1].kind
    else {
        panic!("a file region");
    };
    assert_eq!((offset, shared), (0x1000, true));
    assert_eq!(inode, rustix::fs::fstat(&file).unwrap().st_ino);
}

/// Past the end of a file there is `SIGBUS`, which is not fatal to the host.
#[test]
fn beyond_the_end_of_a_file_is_a_bus_fault() {
    let window = window();
    let file = numbered_file(2);
    let backing = Backing::File {
        fd: file.as_fd(),
        offset: 0,
        shared: true,
    };
    window
        .map(0x1_0000, 0x2000, RW, backing, Placement::Fixed)
        .unwrap();
    file.set_len(4096).unwrap();
    let mut bytes = [0; 8];
    let fault = window.read(0x1_0ffc, &mut bytes).unwrap_err();
    assert_eq!((fault.addr, fault.kind), (0x1_1000, FaultKind::Bus));
    assert_eq!(bytes, [1, 1, 1, 1, 0, 0, 0, 0]);
    let fault = window.write(0x1_1004, &bytes).unwrap_err();
    assert_eq!((fault.addr, fault.kind), (0x1_1004, FaultKind::Bus));
}

/// `mremap` grows in place, moves, shrinks, and says when it cannot.
#[test]
fn mappings_can_be_resized_and_moved() {
    let window = window();
    map(&window, 0x1_0000, 0x2000, RW);
    window.write_obj(0x1_1ffc, &0x1234_5678_u32).unwrap();

    let remap = |addr, old, new, target| window.remap(addr, old, new, target);
    assert_eq!(
        remap(0x1_0000, 0x2000, 0x4000, RemapTarget::InPlace),
        Ok(0x1_0000)
    );
    assert_eq!(window.read_obj::<u32>(0x1_1ffc), Ok(0x1234_5678));
    assert_eq!(window.read_obj::<u32>(0x1_3ffc), Ok(0));

    map(&window, 0x1_4000, 0x1000, Prot::READ);
    let no_space = Error::NoSpace { len: 0x5000 };
    assert_eq!(
        remap(0x1_0000, 0x4000, 0x5000, RemapTarget::InPlace),
        Err(no_space)
    );
    let moved = remap(0x1_0000, 0x4000, 0x5000, RemapTarget::MayMove).unwrap();
    assert_eq!(window.read_obj::<u32>(moved + 0x1ffc), Ok(0x1234_5678));
    window.write_obj(moved + 0x4ffc, &1_u32).unwrap();
    assert_eq!(window.query(0x1_0000), None);

    let fixed = RemapTarget::Fixed(0x1_4000);
    assert_eq!(remap(moved, 0x5000, 0x2000, fixed), Ok(0x1_4000));
    assert_eq!(window.read_obj::<u32>(0x1_5ffc), Ok(0x1234_5678));
    assert_eq!(ranges(&window), [(0x1_4000, 0x1_6000)]);
    assert_eq!(
        remap(0x1_4000, 0x2000, 0x1000, RemapTarget::InPlace),
        Ok(0x1_4000)
    );
    assert_eq!(ranges(&window), [(0x1_4000, 0x1_5000)]);

    let error = remap(0x1_4000, 0x1000, 0x1000, RemapTarget::Fixed(0x1_4000));
    assert_eq!(error, Err(Error::Overlap));
    let error = remap(0x1_4000, 0x2000, 0x1000, RemapTarget::InPlace);
    assert_eq!(error, Err(Error::NotOneRegion { addr: 0x1_4000 }));
}

/// A file's mapping grows into the file, and leaves no hole in the reservation.
#[test]
fn file_mappings_grow_without_holes() {
    let window = window();
    let file = numbered_file(4);
    let backing = Backing::File {
        fd: file.as_fd(),
        offset: 0x1000,
        shared: false,
    };
    window
        .map(0x1_0000, 0x1000, RW, backing, Placement::Fixed)
        .unwrap();
    window.write_obj(0x1_0000, &0x77_u8).unwrap();
    window
        .remap(0x1_0000, 0x1000, 0x2000, RemapTarget::InPlace)
        .unwrap();
    assert_eq!(window.read_obj::<[u8; 1]>(0x1_0000), Ok([0x77]));
    assert_eq!(window.read_obj::<u8>(0x1_1000), Ok(3));
    window
        .remap(0x1_0000, 0x2000, 0x3000, RemapTarget::Fixed(0x8000_0000))
        .unwrap();
    assert_eq!(window.read_obj::<u8>(0x8000_0000), Ok(0x77));
    assert_eq!(window.read_obj::<u8>(0x8000_2000), Ok(4));
    assert!(host_has_no_holes(&window));
}

/// Tells from the host's own list whether the reservation is mapped throughout.
fn host_has_no_holes(window: &Window) -> bool {
    let range = window.host_range();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut at = range.start;
    for line in maps.lines() {
        let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        let parse = |text| usize::from_str_radix(text, 16).unwrap();
        if (parse(start)..parse(end)).contains(&at) {
            assert!(
                !line.split(' ').nth(1).unwrap().contains('x'),
                "executable: {line}"
            );
            at = parse(end);
        }
    }
    at >= range.end
}

/// Executable for the guest is never executable for the host.
#[test]
fn guest_pages_are_not_host_executable() {
    let window = window();
    map(&window, 0x1_0000, 0x1000, Prot::all());
    map(&window, 0x2_0000, 0x1000, RX);
    assert!(host_has_no_holes(&window));
}

/// Labels show, split with their regions and keep neighbours apart.
#[test]
fn regions_can_be_labelled() {
    let window = window();
    map(&window, 0x1_0000, 0x3000, RW);
    window
        .label(0x1_1000, 0x1000, Some(Arc::from("[heap]")))
        .unwrap();
    let labels: Vec<_> = window.regions().into_iter().map(|r| r.label).collect();
    assert_eq!(labels, [None, Some(Arc::from("[heap]")), None]);
    window.label(0x1_1000, 0x1000, None).unwrap();
    assert_eq!(ranges(&window), [(0x1_0000, 0x1_3000)]);
}

/// Discarded memory is as it was first mapped.
#[test]
fn contents_can_be_discarded() {
    let window = window();
    map(&window, 0x1_0000, 0x2000, RW);
    window.write(0x1_0ffc, &[7; 8]).unwrap();
    window.discard(0x1_0000, 0x1000).unwrap();
    assert_eq!(window.read_obj::<u64>(0x1_0ffc), Ok(0x0707_0707_0000_0000));
    let error = window.discard(0x1_1000, 0x2000);
    assert_eq!(error, Err(Error::NotMapped { addr: 0x1_2000 }));
    assert_eq!(window.read_obj::<u32>(0x1_1000), Ok(0));
}

/// A file that cannot be mapped leaves what was there.
#[test]
fn a_failed_replacement_changes_nothing() {
    let window = window();
    map(&window, 0x1_0000, 0x2000, RW);
    window.write(0x1_0000, &[7]).unwrap();
    let directory = File::open("/").unwrap();
    let (fd, offset, shared) = (directory.as_fd(), 0, false);
    let backing = Backing::File { fd, offset, shared };
    let error = window.map(0x1_0000, 0x1000, RW, backing, Placement::Fixed);
    assert_eq!(error.map_err(Error::errno), Err(libc::ENODEV));
    assert_eq!(window.read_obj::<u8>(0x1_0000), Ok(7));
    assert_eq!(ranges(&window), [(0x1_0000, 0x1_2000)]);
    assert!(host_has_no_holes(&window));
}

/// While a window is quiescent, nothing changes in it.
#[test]
fn quiescence_holds_changes_back() {
    let window = window();
    let started = std::sync::Barrier::new(2);
    std::thread::scope(|s| {
        window.quiesce(|| {
            s.spawn(|| {
                started.wait();
                map(&window, 0x1_0000, 0x1000, RW);
            });
            started.wait();
            std::thread::sleep(core::time::Duration::from_millis(20));
            assert_eq!(window.query(0x1_0000), None);
        });
    });
    assert!(window.query(0x1_0000).is_some());
}
