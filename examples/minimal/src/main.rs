//! The least that an embedder writes: memory, an engine, a vCPU, and what to do
//! when the guest needs something. Runs on Linux, on x86-64 and
//! AArch64.
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "it has std"
)]

use std::error::Error;
use std::sync::Arc;

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::version::Features;
use dbt_core::engine::{Config, Engine};
use dbt_core::exit::{Budget, Exit};
use dbt_hv_glue::process::{Backing, Placement, ProcessCode, Prot, Window, WindowEngine, native};

/// Greatest common divisor of r0 and r1, reported by `svc #1`; then `svc #0`.
const PROGRAM: [u32; 6] = [
    0xe150_0001, // gcd: cmp   r0, r1
    0xc040_0001, //      subgt r0, r0, r1
    0xb041_1000, //      sublt r1, r1, r0
    0x1aff_fffb, //      bne   gcd
    0xef00_0001, //      svc   #1
    0xef00_0000, //      svc   #0
];
const START: u32 = 0x8000;

fn main() -> Result<(), Box<dyn Error>> {
    // Memory: 4 GiB of guest addresses, of which one page is mapped.
    let window = Arc::new(Window::new()?);
    let prot = Prot::READ | Prot::WRITE | Prot::EXEC;
    window.map(START, 4096, prot, Backing::Anonymous, Placement::Fixed)?;
    window.write(START, &PROGRAM.map(u32::to_le_bytes).concat())?;

    // An engine: guest, host, and memory for what is translated.
    let (guest, host) = (A32Guest::new(Features::ARMHF), native::backend());
    let code = Some(ProcessCode::new(1 << 20)?);
    let engine = Engine::new(guest, host, code, window.lowering(), Config::default())?;
    let engine = WindowEngine::new(window, engine)?;

    // A vCPU, and this thread's way to memory.
    let mut state = ArmState::default();
    (state.r[0], state.r[1], state.r[15]) = (1071, 462, START);
    let mut vcpu = engine.vcpu(state);
    let mut memory = engine.memory()?;

    loop {
        match engine.run(&mut vcpu, &mut memory, Budget::UNLIMITED) {
            Exit::SystemCall { immediate: 0 } => return Ok(()),
            Exit::SystemCall { immediate: 1 } => println!("gcd = {}", vcpu.state().r[0]),
            exit => return Err(format!("{exit:?} at {:#x}", vcpu.state().pc()).into()),
        }
    }
}
