//! Guest code that changes itself, and guest code that faults, on the whole stack:
//! window, fault hook, engine, A32 front end and the host's back end.
//!
//! None of the programs maintains a cache. The architecture demands that of real
//! ones; a translator that relied on it would fail on those that forget, which work
//! on many cores.
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have the standard library"
)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(all(
    feature = "process",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]

mod aborts;
mod code_changes;
mod exclusives;
mod interrupts;
mod machine;
#[cfg(target_arch = "x86_64")]
mod stepping;
