//! What the kernel does, in a process.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use core::ptr;
use core::slice;
use core::sync::atomic::AtomicU64;

use bare_metal::{Bump, FlatMemory, PROGRAM, RESULT, StaticCode, Stopped, run};
use dbt_core::exit::Exit;
use dbt_core::memory::FaultCause;
use dbt_hv_glue::process::ProcessCode;

/// Everything in this process is allocated by it.
#[global_allocator]
static HEAP: Bump<{ 64 << 20 }> = Bump::new();

fn memory(bytes: usize) -> Vec<u8> {
    let mut memory: Vec<u8> = PROGRAM.iter().flat_map(|word| word.to_le_bytes()).collect();
    memory.resize(bytes, 0);
    memory
}

/// Maps one page range twice, writable and executable.
fn code(words: usize) -> StaticCode {
    let bytes = words * 8;
    // SAFETY: the name is a C string.
    let file = unsafe { libc::memfd_create(c"code".as_ptr(), 0) };
    let len = libc::off_t::try_from(bytes).unwrap_or_default();
    // SAFETY: no memory is involved.
    assert_eq!(unsafe { libc::ftruncate(file, len) }, 0);
    let map = |prot| {
        // SAFETY: a new mapping, at an address that the host chooses.
        let start = unsafe { libc::mmap(ptr::null_mut(), bytes, prot, libc::MAP_SHARED, file, 0) };
        assert_ne!(start, libc::MAP_FAILED);
        start.cast_const()
    };
    let writable = map(libc::PROT_READ | libc::PROT_WRITE).cast::<AtomicU64>();
    let executable = map(libc::PROT_READ | libc::PROT_EXEC).cast();
    // SAFETY: mapped for good, zeroed, aligned to a page, and nobody else's.
    let words = unsafe { slice::from_raw_parts(writable, words) };
    // SAFETY: both are mappings of one file, for good.
    unsafe { StaticCode::new(words, executable) }
}

#[test]
fn static_memory_executes_what_was_written() {
    let mut memory = memory(0x2000);
    let sum = run(code(32 << 10), &mut FlatMemory::new(&mut memory));
    assert!(matches!(sum, Ok(RESULT)), "{sum:?}");
}

#[test]
fn the_program_finds_the_sum() -> Result<(), Box<dyn core::error::Error>> {
    let mut memory = memory(0x2000);
    let sum = run(
        ProcessCode::new(1 << 18)?,
        &mut FlatMemory::new(&mut memory),
    );
    assert!(matches!(sum, Ok(RESULT)), "{sum:?}");
    assert!(
        HEAP.used() < 32 << 20,
        "{} bytes were allocated",
        HEAP.used()
    );
    Ok(())
}

#[test]
fn a_store_beyond_memory_is_an_exit() -> Result<(), Box<dyn core::error::Error>> {
    let mut memory = memory(0x1010);
    let stopped = run(
        ProcessCode::new(1 << 18)?,
        &mut FlatMemory::new(&mut memory),
    );
    let Err(Stopped::Exit(Exit::Fault(fault))) = stopped else {
        panic!("{stopped:?}");
    };
    assert_eq!((fault.address, fault.cause), (0x1010, FaultCause::Unmapped));
    Ok(())
}
