//! Facts about code memory. That it executes is shown in the type's example.

use alloc::borrow::ToOwned;
use alloc::string::String;

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
    assert_eq!(host_protection(code.write_base().addr()), "rw-s");
    assert_eq!(host_protection(code.exec_base().addr()), "r-xs");
}

/// What is written through one view is read through the other.
#[test]
fn views_show_the_same_memory() {
    let code = ProcessCode::new(4096).unwrap();
    // SAFETY: the view is 4096 bytes long.
    let last = unsafe { code.write_base().add(4095) };
    // SAFETY: as above.
    unsafe { last.write(0xc3) };
    code.publish(4095..4096);
    // SAFETY: as above.
    let last = unsafe { code.exec_base().add(4095) };
    // SAFETY: as above.
    assert_eq!(unsafe { last.read() }, 0xc3);
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

/// A forked child that asks for its own copy no longer shares writes.
#[test]
fn unshared_code_is_a_copy_in_place() {
    let mut code = ProcessCode::new(4096).unwrap();
    let (write, exec) = (code.write_base(), code.exec_base());
    // SAFETY: the view is writable.
    unsafe { write.write(0x90) };
    code.unshare().unwrap();
    assert_eq!((code.write_base(), code.exec_base()), (write, exec));
    // SAFETY: the view is readable.
    assert_eq!(unsafe { exec.read() }, 0x90);
    // SAFETY: the view is writable.
    unsafe { write.write(0xc3) };
    // SAFETY: the view is readable.
    assert_eq!(unsafe { exec.read() }, 0xc3);
}
