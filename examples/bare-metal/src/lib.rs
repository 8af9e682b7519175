#![no_std]
//! The crates without an operating system: what a kernel or a hypervisor brings.
//!
//! - [`Bump`]: an allocator; the engine needs `alloc`.
//! - [`StaticCode`]: code memory in a static buffer.
//! - [`FlatMemory`]: guest memory in a slice, by the callback lowering: each access
//!   of the guest is a call, so no fault hook and no page tables are needed.
//!
//! [`run`] puts them together. `src/main.rs` is the program: on bare metal it has
//! no `main` and no standard library; on Linux it runs the same code, with
//! executable memory from the process.

mod bump;
mod code;
mod memory;

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::version::Features;
use dbt_core::engine::{Config, Engine};
use dbt_core::exit::{Budget, Exit};
use dbt_core::host::{CodeMemory, Lowering};
use dbt_x86_backend::X86Backend;

pub use bump::Bump;
pub use code::StaticCode;
pub use memory::FlatMemory;

/// Fills a table with squares and adds them up: r0 = 1² + 2² + … + 10².
pub const PROGRAM: [u32; 12] = [
    0xe3a0_1001, //       mov  r1, #1
    0xe3a0_2a01, //       mov  r2, #0x1000
    0xe003_0191, // fill: mul  r3, r1, r1
    0xe482_3004, //       str  r3, [r2], #4
    0xe281_1001, //       add  r1, r1, #1
    0xe351_000b, //       cmp  r1, #11
    0x1aff_fffa, //       bne  fill
    0xe532_3004, // sum:  ldr  r3, [r2, #-4]!
    0xe080_0003, //       add  r0, r0, r3
    0xe352_0a01, //       cmp  r2, #0x1000
    0x1aff_fffb, //       bne  sum
    0xef00_0000, //       svc  #0
];

/// What the program leaves in r0.
pub const RESULT: u32 = 385;

/// Runs the program at guest address 0 until its system call; returns its r0.
///
/// # Errors
///
/// Says what kept the program from getting there.
pub fn run(code: impl CodeMemory, memory: &mut FlatMemory<'_>) -> Result<u32, Stopped> {
    let (guest, host) = (A32Guest::new(Features::ARMHF), X86Backend::default());
    let engine = Engine::new(
        guest,
        host,
        Some(code),
        Lowering::Callback,
        Config::default(),
    )
    .map_err(Stopped::Engine)?;
    let mut vcpu = engine.vcpu(ArmState::default());
    match engine.run(&mut vcpu, memory, Budget::UNLIMITED) {
        Exit::SystemCall { .. } => Ok(vcpu.state().r[0]),
        exit => Err(Stopped::Exit(exit)),
    }
}

/// Why the program did not come to its end.
#[derive(Clone, Copy, Debug)]
pub enum Stopped {
    /// The engine could not be made.
    Engine(dbt_core::error::Error),
    /// The guest needs something that nobody here provides.
    Exit(Exit),
}
