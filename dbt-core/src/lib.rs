#![no_std]
//! Intermediate representation, optimiser and engine for embedding dynamic binary translation.
//!
//! For whoever runs guest code by translating it: emulators, hypervisors, analysis tools.
//! The crate knows no guest, no host and no operating system; those are other crates, or
//! yours. Who only decodes or prints instructions needs a front end alone.
//!
//! ```
//! # #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use std::sync::Arc;
//! # use dbt_a32_frontend::{guest::A32Guest, state::ArmState, version::Features};
//! # use dbt_core::engine::{Config, Engine};
//! # use dbt_core::exit::{Budget, Exit};
//! # use dbt_core::host::Lowering;
//! # use dbt_hv_glue::process::{Backing, Placement, ProcessCode, Prot, Window, WindowEngine};
//! # use dbt_x86_backend::X86Backend;
//! // add r0, r0, r1; subs r1, r1, #1; bne back; svc #0
//! let program = [0xe080_0001_u32, 0xe251_1001, 0x1aff_fffc, 0xef00_0000];
//! let window = Arc::new(Window::new()?);
//! window.map(0x8000, 4096, Prot::all(), Backing::Anonymous, Placement::Fixed)?;
//! window.write(0x8000, &program.map(u32::to_le_bytes).concat())?;
//!
//! let (guest, host) = (A32Guest::new(Features::ARMHF), X86Backend::default());
//! let code = Some(ProcessCode::new(1 << 20)?);
//! let engine = Engine::new(guest, host, code, Lowering::Window, Config::default())?;
//! let engine = WindowEngine::new(window, engine)?;
//!
//! let mut state = ArmState::default();
//! (state.r[1], state.r[15]) = (10, 0x8000);
//! let mut vcpu = engine.vcpu(state);
//! let exit = engine.run(&mut vcpu, &mut engine.memory()?, Budget::UNLIMITED);
//! assert_eq!(exit, Exit::SystemCall { immediate: 0 });
//! assert_eq!(vcpu.state().r[0], 55); // 10 + 9 + … + 1
//! # Ok(())
//! # }
//! # #[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
//! # fn main() {}
//! ```
//!
//! `examples/minimal` is the same as a program; `docs/embedding.md` goes on from there.
//!
//! # Concepts
//!
//! - An [`Engine`](engine::Engine) is what the vCPUs of one guest share: the translations. A
//!   [`Vcpu`](engine::Vcpu) is one guest CPU.
//! - [`Engine::run`](engine::Engine::run) runs a vCPU until something is for the embedder, and
//!   returns an [`Exit`](exit::Exit) that says what. Nothing that a guest does is an
//!   [`Error`](error::Error).
//! - The seams are traits: a [`Guest`](guest::Guest) lifts guest code to [IR](ir) and interprets
//!   it; a [`Backend`](host::Backend) makes host code of a unit; an
//!   [`Environment`](host::Environment) is guest memory as the host provides it;
//!   [`CodeMemory`](host::CodeMemory) holds what is executed.
//! - State is precise at every exit, also when an access faults in the middle of a block.
//!
//! # Features
//!
//! None.
//!
//! # no_std and allocation
//!
//! The crate needs `alloc`, and neither `std` nor a clock nor threads. Translating allocates and
//! evicting frees; executing translated code does neither.
//!
//! # Limits
//!
//! Guest addresses have 32 bits. Code memory is less than 2 GiB.
//!
//! # MSRV
//!
//! Rust 1.95.

extern crate alloc;

pub mod analysis;
mod cache;
pub mod engine;
pub mod error;
pub mod exit;
pub mod guest;
pub mod host;
pub mod ir;
pub mod listing;
pub mod location;
pub mod memory;
pub mod monitor;
pub mod opt;
pub mod stats;

/// The example of the repository's front page.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
