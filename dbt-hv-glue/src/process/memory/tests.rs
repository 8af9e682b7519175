//! Facts about single accesses of every size.

use dbt_isa::ops::Size;

use super::*;
use crate::process::{Backing, Placement, Prot};

const SIZES: [Size; 4] = [Size::Byte, Size::Half, Size::Word, Size::Dword];

/// A window with two pages, a read-only one behind them, and nothing behind that.
const DATA: u32 = 0x1_0000;
const READ_ONLY: u32 = DATA + 0x2000;
const HOLE: u32 = READ_ONLY + 0x1000;

fn memory() -> ProcessMemory {
    let window = Arc::new(Window::new().unwrap());
    let data = Prot::READ | Prot::WRITE;
    for (at, len, prot) in [(DATA, 0x2000, data), (READ_ONLY, 0x1000, Prot::READ)] {
        window
            .map(at, len, prot, Backing::Anonymous, Placement::Fixed)
            .unwrap();
    }
    ProcessMemory::new(window).unwrap()
}

fn of(size: Size) -> ops::Access {
    ops::Access::new(size)
}

fn mask(size: Size) -> u64 {
    u64::MAX >> (64 - 8 * size.bytes())
}

/// Every size at every offset around a page boundary reads back what was written
/// and touches nothing else.
#[test]
fn accesses_are_of_their_size_wherever_they_are() {
    const VALUE: u64 = 0x8877_6655_4433_2211;
    let mut memory = memory();
    for size in SIZES {
        for addr in DATA + 0xff0..DATA + 0x1010 {
            memory.window.zero(DATA, 0x2000).unwrap();
            memory.store(of(size), addr.into(), VALUE).unwrap();
            let read = memory.load(of(size), addr.into());
            assert_eq!(read, Ok(VALUE & mask(size)), "{size:?} at {addr:#x}");
            let mut around = [0; 24];
            memory.window.read(addr - 8, &mut around).unwrap();
            let mut wanted = [0; 24];
            let len = size.bytes() as usize;
            wanted[8..8 + len].copy_from_slice(&VALUE.to_le_bytes()[..len]);
            assert_eq!(around, wanted, "{size:?} at {addr:#x}");
        }
    }
}

/// A fault is at the first byte that does not allow the access, and nothing was
/// written.
#[test]
fn faults_are_precise_and_write_nothing() {
    let mut memory = memory();
    for size in SIZES {
        for back in 0..size.bytes() {
            let fault = |address: u32, kind, cause| {
                let address = address.into();
                Err(MemoryFault {
                    address,
                    kind,
                    cause,
                })
            };
            let read = memory.load(of(size), (HOLE - back).into());
            let at = if size.bytes() > back {
                HOLE
            } else {
                HOLE - back
            };
            assert_eq!(read, fault(at, AccessKind::Read, FaultCause::Unmapped));

            let written = memory.store(of(size), (READ_ONLY - back).into(), u64::MAX);
            let wanted = fault(READ_ONLY, AccessKind::Write, FaultCause::Permission);
            assert_eq!(written, wanted.map(|_: u64| ()));
            let before = memory.load(of(Size::Dword), (READ_ONLY - 8).into());
            assert_eq!(before, Ok(0), "{size:?} {back} before the page");
        }
    }
}

/// Alignment is checked where it is asked for, before anything else.
#[test]
fn alignment_comes_first() {
    let mut memory = memory();
    let fault = memory.load(of(Size::Word).aligned(), (HOLE + 2).into());
    let cause = fault.map_err(|fault| fault.cause);
    assert_eq!(cause, Err(FaultCause::Alignment));
    let fault = memory.compare_exchange(of(Size::Half), (DATA + 1).into(), 0, 0);
    let cause = fault.map_err(|fault| fault.cause);
    assert_eq!(cause, Err(FaultCause::Alignment));
}

/// The last bytes of memory are followed by the first.
#[test]
fn accesses_wrap_at_the_end() {
    let mut memory = memory();
    let last = u32::MAX - 0xfff;
    let data = Prot::READ | Prot::WRITE;
    let window = Arc::clone(&memory.window);
    let map = |at| {
        window
            .map(at, 4096, data, Backing::Anonymous, Placement::Fixed)
            .unwrap()
    };
    map(last);
    let wrapping = u64::from(u32::MAX - 2);
    let fault = memory.store(of(Size::Dword), wrapping, u64::MAX);
    assert_eq!(fault.map_err(|fault| fault.address), Err(0));
    map(0);
    assert_eq!(memory.load(of(Size::Dword), wrapping), Ok(0));
    memory
        .store(of(Size::Dword), wrapping, 0x0807_0605_0403_0201)
        .unwrap();
    assert_eq!(
        memory.load(of(Size::Dword), wrapping),
        Ok(0x0807_0605_0403_0201)
    );
    assert_eq!(memory.load(of(Size::Word), 0), Ok(0x0706_0504));
}

/// An exchange happens if memory holds what is expected, and tells what it held.
#[test]
fn exchanges_compare_their_own_bytes_only() {
    let mut memory = memory();
    let at = u64::from(DATA);
    for size in SIZES {
        memory.store(of(Size::Dword), at, u64::MAX).unwrap();
        let held = memory.compare_exchange(of(size), at, 7, 8);
        assert_eq!(held, Ok(mask(size)), "{size:?}");
        let held = memory.compare_exchange(of(size), at, u64::MAX, 8);
        assert_eq!(held, Ok(mask(size)), "{size:?}");
        let wanted = !mask(size) | 8;
        assert_eq!(memory.load(of(Size::Dword), at), Ok(wanted), "{size:?}");
    }
}

/// Only what may be executed can be fetched, also where it can be read.
#[test]
fn fetches_need_permission() {
    let mut memory = memory();
    let at = u64::from(DATA);
    let denied = memory.fetch32(at).map_err(|fault| fault.cause);
    assert_eq!(denied, Err(FaultCause::Permission));
    let nothing = memory.fetch16(HOLE.into()).map_err(|fault| fault.cause);
    assert_eq!(nothing, Err(FaultCause::Unmapped));
    memory.store(of(Size::Word), at, 0x1234_5678).unwrap();
    let code = Prot::READ | Prot::EXEC;
    memory.window.protect(DATA, 4096, code).unwrap();
    assert_eq!(memory.fetch32(at), Ok(0x1234_5678));
    assert_eq!(memory.fetch16(at + 2), Ok(0x1234));
}

/// A store to a page that holds translated code releases it.
#[test]
fn stores_release_code_pages() {
    let mut memory = memory();
    memory.protect(DATA.into()..u64::from(DATA) + 4096).unwrap();
    let is_code = |memory: &ProcessMemory| memory.window.query(DATA).unwrap().code;
    assert!(is_code(&memory));
    assert_eq!(memory.load(of(Size::Word), DATA.into()), Ok(0));
    assert!(is_code(&memory));
    memory.store(of(Size::Word), DATA.into(), 1).unwrap();
    assert!(!is_code(&memory));
    memory.protect(DATA.into()..u64::from(DATA) + 4096).unwrap();
    // Whether it stores or not.
    assert_eq!(
        memory.compare_exchange(of(Size::Word), DATA.into(), 5, 6),
        Ok(1)
    );
    assert!(!is_code(&memory));
    let hole = u64::from(HOLE);
    assert_eq!(memory.protect(hole..hole + 4096), Err(Unwatched));
}
