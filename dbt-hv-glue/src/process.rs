//! An ordinary Linux process as host environment.
//!
//! # Problem
//!
//! A user-mode translator wants the host's MMU to check the guest's accesses at no
//! cost, wants to write machine code and run it, and wants to hear of faults
//! precisely. A process can have all that, at the price of `mmap`, `mprotect` and
//! signals, and it must do so without endangering the host program around it.
//!
//! # Approach
//!
//! - [`Window`] reserves the guest's 4 GiB and keeps a page table of what the
//!   guest may do, which the host's protection follows:
//!
//!   ```text
//!    guard │ guest 0 ······················ 4 GiB │ guard
//!    64 KiB│ R  │ RX,code │ RW │ RWX,code │ none  │ 64 KiB
//!    none  │ r  │ r       │ rw │ r        │ none  │ none     ◄─ host: never x
//!   ```
//!
//! - [`ProcessCode`] is memory for generated code, mapped twice.
//! - [`FaultScope`] receives the faults of generated code.
//! - On x86-64, `gs_base` points a segment at the window.
//!
//! - [`ProcessMemory`] makes of these an environment for `dbt-core`'s engine, and
//!   [`WindowEngine`] has the engine forget what changes in the window.
//!
//! An engine of another kind has its own fault handler: if the fault is
//! [`Retry`](WindowFault::Retry), resume; if it is [`Guest`](WindowFault::Guest),
//! recover the guest's state and redirect the context to the engine's exit; if it
//! is [`Elsewhere`](WindowFault::Elsewhere), it is not ours.
//!
//! # Invariants
//!
//! - Guest pages are never executable for the host, and outside its window and
//!   guards a guest's 32-bit address reaches nothing.
//! - A page that holds reachable translations is not writable on the host.
//! - Host code reads and writes guest memory through copies that survive faults.
//!
//! # Limits
//!
//! Physical and virtual pages are the same here. Memory that the guest maps twice
//! (a shared file at two addresses) can change under a translation through the
//! other address, as can a file mapped shared by another process; the guest must
//! then maintain its caches, as the architecture demands of it, and the embedder
//! calls [`Window::invalidate`].
//!
//! Host pages have 4 KiB; larger ones concern `space`, where protections are computed
//! in one place.

mod access;
mod alt_stack;
mod code;
mod engine;
mod error;
mod fault;
mod layout;
mod lock;
mod memory;
#[cfg(feature = "native")]
#[cfg_attr(target_arch = "aarch64", path = "process/aarch64/native.rs")]
pub mod native;
mod prot;
mod regions;
mod space;
mod window;

// What differs between architectures, under the same names.
#[cfg_attr(target_arch = "aarch64", path = "process/aarch64/context.rs")]
mod context;
#[cfg_attr(target_arch = "aarch64", path = "process/aarch64/copy.rs")]
mod copy;
#[cfg(target_arch = "x86_64")]
pub mod gs_base;
#[cfg_attr(target_arch = "aarch64", path = "process/aarch64/icache.rs")]
mod icache;
#[cfg_attr(target_arch = "aarch64", path = "process/aarch64/segment.rs")]
mod segment;
#[cfg_attr(target_arch = "aarch64", path = "process/aarch64/single.rs")]
mod single;

pub use code::{CodeCopy, ProcessCode};
pub use context::HostContext;
pub use engine::WindowEngine;
pub use error::{Access, CStrFault, Error, FaultKind, FetchFault, GuestFault};
pub use fault::{Fault, FaultHandler, FaultScope, Verdict, kick};
pub use lock::FutexLock;
pub use memory::ProcessMemory;
pub use prot::{PageInfo, Prot};
pub use regions::{Region, RegionKind, Search};
pub use space::Space;
pub use window::{
    AlreadyAttached, Attached, Backing, Placement, RemapTarget, Window, WindowCodePages,
    WindowFault,
};

/// Returns the number of bytes in a page of guest memory: the host's, 4, 16 or 64 KiB,
/// since nothing smaller can be protected. Guests must be told (Linux: `AT_PAGESZ`).
#[must_use]
pub fn page_size() -> u32 {
    // Larger ones are refused when a window is made.
    u32::try_from(rustix::param::page_size()).unwrap_or(1 << 31)
}

/// Bytes in a window.
pub const WINDOW_SIZE: u64 = 1 << 32;
