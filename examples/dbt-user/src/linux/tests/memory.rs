//! Maps of guest memory, to the last page.

use super::nr::{Sysno, of};
use super::{Caller, DATA, NOWHERE};
use crate::linux::Errno;

const RW: u32 = 3;
const PRIVATE: u32 = 0x22;
const FIXED: u32 = 0x10;
const NO_FD: u32 = !0;

fn mmap(caller: &mut Caller, addr: u32, len: u32, prot: u32, flags: u32) -> Result<u32, Errno> {
    caller.call(of(Sysno::mmap2), &[addr, len, prot, flags, NO_FD, 0])
}

#[test]
fn maps_come_and_go() {
    let mut caller = Caller::new();
    let at = mmap(&mut caller, 0, 0x3001, RW, PRIVATE).unwrap();
    caller.put(at + 0x3ffc, &[1; 4]);
    assert_eq!(
        caller.call(of(Sysno::mprotect), &[at + 0x1000, 0x1000, 1]),
        Ok(0)
    );
    assert!(caller.0.space().write(at + 0x1000, &[1]).is_err());
    assert_eq!(
        caller.call(of(Sysno::munmap), &[at + 0x1000, 0x1000]),
        Ok(0)
    );
    assert_eq!(
        caller.call(of(Sysno::mprotect), &[at, 0x3000, RW]),
        Err(Errno::ENOMEM)
    );
    // A hint is taken if it is free; a fixed address replaces.
    assert_eq!(
        mmap(&mut caller, at + 0x1000, 0x1000, RW, PRIVATE),
        Ok(at + 0x1000)
    );
    assert_ne!(
        mmap(&mut caller, at + 0x1000, 0x1000, RW, PRIVATE),
        Ok(at + 0x1000)
    );
    assert_eq!(
        mmap(&mut caller, at + 0x3000, 0x1000, RW, PRIVATE | FIXED),
        Ok(at + 0x3000)
    );
    assert_eq!(caller.get::<u32>(at + 0x3ffc), 0);
    assert_eq!(
        mmap(&mut caller, at, 0x1000, RW, PRIVATE | 0x10_0000),
        Err(Errno::EEXIST)
    );
    for bad in [(at + 1, 0x1000, FIXED), (0, 0, 0)] {
        let (addr, len, flag) = bad;
        assert_eq!(
            mmap(&mut caller, addr, len, RW, PRIVATE | flag),
            Err(Errno::EINVAL)
        );
    }
    assert_eq!(mmap(&mut caller, 0, 0x1000, RW, 0x20), Err(Errno::EINVAL));
    assert_eq!(mmap(&mut caller, 0, 0x1000, RW, 2), Err(Errno::EBADF));
    assert_eq!(caller.call(of(Sysno::munmap), &[at, 0x4000]), Ok(0));
    assert_eq!(
        caller.call(of(Sysno::munmap), &[at + 1, 0x1000]),
        Err(Errno::EINVAL)
    );
}

#[test]
fn a_map_that_moves_keeps_its_contents() {
    let mut caller = Caller::new();
    let at = mmap(&mut caller, 0, 0x2000, RW, PRIVATE).unwrap();
    caller.put(at + 0x1000, b"kept");
    // Something lies behind it, so that it must move.
    mmap(&mut caller, at + 0x2000, 0x1000, RW, PRIVATE | FIXED).unwrap();
    let mremap = of(Sysno::mremap);
    assert_eq!(
        caller.call(mremap, &[at, 0x2000, 0x4000, 0, 0]),
        Err(Errno::ENOMEM)
    );
    let new = caller.call(mremap, &[at, 0x2000, 0x40_0000, 1, 0]).unwrap();
    assert_eq!(caller.get::<[u8; 4]>(new + 0x1000), *b"kept");
    assert!(caller.0.space().query(at).is_none());
    assert_eq!(
        caller.call(mremap, &[new, 0x40_0000, 0x2000, 0, 0]),
        Ok(new)
    );
    assert_eq!(
        caller.call(mremap, &[NOWHERE, 0x1000, 0x2000, 1, 0]),
        Err(Errno::EFAULT)
    );
}

#[test]
fn the_heap_grows_shrinks_and_meets_its_neighbour() {
    let mut caller = Caller::new();
    let brk = of(Sysno::brk);
    let start = caller.call(brk, &[0]).unwrap();
    assert_eq!(caller.call(brk, &[start + 0x1234]), Ok(start + 0x1234));
    caller.put(start + 0x1230, &[1; 4]);
    assert_eq!(caller.call(brk, &[start + 0x10]), Ok(start + 0x10));
    assert!(caller.0.space().query(start + 0x1000).is_none());
    // Grown again, it is zero again.
    assert_eq!(caller.call(brk, &[start + 0x2000]), Ok(start + 0x2000));
    assert_eq!(caller.get::<u32>(start + 0x1230), 0);
    mmap(&mut caller, start + 0x4000, 0x1000, RW, PRIVATE | FIXED).unwrap();
    assert_eq!(caller.call(brk, &[start + 0x9000]), Ok(start + 0x2000));
    assert_eq!(caller.call(brk, &[start - 1]), Ok(start + 0x2000));
    assert_eq!(caller.call(brk, &[0xffff_ffff]), Ok(start + 0x2000));
}

/// The guest runs out of addresses; the host does not notice.
#[test]
fn a_guest_that_exhausts_its_memory_is_told() {
    let mut caller = Caller::new();
    let mut total = 0_u64;
    for size in [1_u32 << 28, 1 << 20, 1 << 12] {
        while mmap(&mut caller, 0, size, 0, PRIVATE).is_ok() {
            total += u64::from(size);
            assert!(total < 1 << 32);
        }
    }
    assert_eq!(
        mmap(&mut caller, 0, 0x1000, RW, PRIVATE),
        Err(Errno::ENOMEM)
    );
    assert_eq!(
        mmap(&mut caller, 0, 0xffff_f000, RW, PRIVATE),
        Err(Errno::ENOMEM)
    );
    assert!(total > 0xff00_0000, "{total:#x} bytes were mapped");
    // What it has still works.
    caller.put(DATA, b"fine");
}

#[test]
fn advice_to_forget_is_followed() {
    let mut caller = Caller::new();
    let at = mmap(&mut caller, 0, 0x2000, RW, PRIVATE).unwrap();
    caller.put(at, &[9; 0x2000]);
    assert_eq!(caller.call(of(Sysno::madvise), &[at, 0x1000, 4]), Ok(0));
    assert_eq!(
        (caller.get::<u8>(at), caller.get::<u8>(at + 0x1000)),
        (0, 9)
    );
    assert_eq!(
        caller.call(of(Sysno::madvise), &[NOWHERE, 0x1000, 4]),
        Err(Errno::ENOMEM)
    );
    assert_eq!(
        caller.call(of(Sysno::msync), &[NOWHERE, 0x1000, 4]),
        Err(Errno::ENOMEM)
    );
}
