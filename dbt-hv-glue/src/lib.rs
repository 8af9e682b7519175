#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
//! What a host environment gives a translator: windows, code memory, fault hooks.
//!
//! A translation engine owns nothing: guest memory, executable memory and the
//! news that an access faulted come from where it runs. This crate is those
//! three things for the environments we know. You need it to run translated code
//! in one of them; an embedder with an environment of its own implements
//! `dbt-core`'s `CodeMemory` and `Environment`, and takes this as an example.
//!
//! # Example
//!
//! ```
//! # #[cfg(all(feature = "process", target_os = "linux"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use dbt_hv_glue::process::{Access, Backing, Placement, Prot, Window};
//!
//! let window = Window::new()?;
//! let data = Prot::READ | Prot::WRITE;
//! let addr = window.map(0x8000, 4096, data, Backing::Anonymous, Placement::Fixed)?;
//! window.write(addr, b"guest")?;
//!
//! let mut bytes = [0; 5];
//! window.read(addr, &mut bytes)?;
//! assert_eq!(&bytes, b"guest");
//!
//! let fault = window.read(0x9000, &mut bytes).unwrap_err();
//! assert_eq!((fault.addr, fault.access), (0x9000, Access::Read));
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "process", target_os = "linux")))]
//! # fn main() {}
//! ```
//!
//! # Concepts
//!
//! - `process`: an ordinary Linux process. Its `ProcessMemory` is an engine's
//!   environment, its `ProcessCode` an engine's code memory, and its
//!   `WindowEngine` keeps an engine coherent with guest memory.
//!
//! # Features
//!
//! - `process` (default): the module of that name, on Linux, on x86-64
//!   and AArch64. Elsewhere it is accepted and adds nothing, so that one `Cargo.toml` serves all targets.
//!   It implies `std`.
//! - `native`: `process::native`, the back end for the host that the process runs on.
//!   It implies `process`.
//! - `std`: what needs the standard library; nothing on its own.
//!
//! # `no_std` and allocation
//!
//! Without features the crate is `no_std` and does not allocate.
//!
//! # Limits
//!
//! A process on a host with pages of 4, 16 or 64 KiB, which are the guest's too; KVM and EL2
//! are yet to come.
//!
//! # MSRV
//!
//! Rust 1.95.

#[cfg(feature = "std")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(all(
    feature = "process",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
#[cfg_attr(docsrs, doc(cfg(feature = "process")))]
pub mod process;
