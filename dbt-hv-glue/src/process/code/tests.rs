//! Facts about code memory. That it executes is shown in the type's example.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::mm::ProtFlags;

use super::{CodeMemory, Error, ProcessCode, map};

/// The file of mappings, as the host prints it: protection of the one at `addr`.
fn host_protection(addr: usize) -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let holds = |line: &&str| {
        let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        let parse = |text| usize::from_str_radix(text, 16).unwrap();
        (parse(start)..parse(end)).contains(&addr)
    };
    let line = maps.lines().find(holds).expect("the address is mapped");
    line.split(' ').nth(1).unwrap().to_owned()
}

/// No mapping is ever writable and executable.
#[test]
fn views_are_writable_or_executable() {
    let code = ProcessCode::new(10_000).unwrap();
    assert_eq!(code.capacity(), 12_288);
    assert_eq!(host_protection(code.write.start.as_ptr().addr()), "rw-s");
    assert_eq!(host_protection(code.exec_base().addr()), "r-xs");
}

/// Reads the executable view.
fn executable(code: &ProcessCode) -> Vec<u8> {
    (0..code.capacity())
        .map(|at| code.exec_base().wrapping_add(at))
        // SAFETY: the view is that long, and readable.
        .map(|at| unsafe { at.read_volatile() })
        .collect()
}

/// What is written through one view is read through the other, wherever it begins
/// and ends.
#[test]
fn writes_of_all_shapes_arrive() {
    let code = ProcessCode::new(4096).unwrap();
    let mut model = vec![0; 4096];
    let mut fill = 0_u8;
    for start in (0..24).chain(4064..4096) {
        for len in 0..=(4096 - start).min(25) {
            fill = fill.wrapping_add(1);
            let bytes: Vec<u8> = (0..=u8::MAX)
                .map(|i| i.wrapping_add(fill))
                .take(len)
                .collect();
            code.write(start, &bytes);
            model[start..start + len].copy_from_slice(&bytes);
        }
    }
    code.publish(0..4096);
    assert_eq!(executable(&code), model);
}

/// A host that denies execution says so, and an embedder can tell it from others.
#[test]
fn denial_of_executable_memory_is_distinct() {
    fn denying(file: BorrowedFd<'_>, len: usize, prot: ProtFlags) -> super::MapResult {
        if prot.contains(ProtFlags::EXEC) {
            return Err(Errno::ACCESS);
        }
        map(file, len, prot)
    }
    fn exhausted(_: BorrowedFd<'_>, _: usize, _: ProtFlags) -> super::MapResult {
        Err(Errno::NOMEM)
    }
    let error = |mapper| ProcessCode::with_mapper(4096, mapper).unwrap_err();
    assert_eq!(error(denying), Error::ExecutableDenied(Errno::ACCESS));
    assert_eq!(error(exhausted), Error::Host(Errno::NOMEM));
}

/// Impossible sizes are errors.
#[test]
fn impossible_capacities_are_refused() {
    let error = |capacity| ProcessCode::new(capacity).unwrap_err();
    assert_eq!(error(0), Error::ZeroLength);
    assert!(matches!(error(usize::MAX), Error::OutOfRange { .. }));
}

/// A forked child that adopts a copy no longer shares writes.
#[test]
fn an_adopted_copy_is_in_place() {
    let code = ProcessCode::new(8192).unwrap();
    let exec = code.exec_base();
    code.write(4093, &[1, 2, 3, 4]);
    let copy = code.copy().unwrap();
    // SAFETY: nothing was written since, and no other thread has the memory.
    unsafe { code.adopt(copy) }.unwrap();
    assert_eq!(code.exec_base(), exec);
    assert_eq!(executable(&code)[4092..4098], [0, 1, 2, 3, 4, 0]);
    code.write(4092, &[9]);
    assert_eq!(executable(&code)[4092..4098], [9, 1, 2, 3, 4, 0]);
}
