//! Indirect branches into generated code, checked by the host: code whose targets say so
//! runs, and other code does not.
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

use std::sync::Arc;

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::version::Features;
use dbt_core::engine::{Config, Engine};
use dbt_core::exit::{Budget, Exit};
use dbt_hv_glue::process::native::{self, NativeBackend};
use dbt_hv_glue::process::{Backing, Placement, ProcessCode, Prot, Window, WindowEngine};

const CODE: u32 = 0x1_0000;
/// How often the program goes round.
const TIMES: u32 = 1000;

/// Branches of all kinds: a call, calls by a register, a return, a jump to where a call
/// returns to.
const PROGRAM: [u32; 17] = [
    0xeb00_000b, // 00: bl 34
    0xe280_0001, // 04: add r0, r0, #1
    0xe320_f000, // 08: nop
    0xe320_f000, // 0c: nop
    0xe12f_ff34, // 10: blx r4 (34)
    0xe280_0001, // 14: add r0, r0, #1
    0xe320_f000, // 18: nop
    0xe12f_ff35, // 1c: blx r5 (38)
    0xe251_1001, // 20: subs r1, r1, #1
    0x1aff_fff5, // 24: bne 00
    0xef00_0000, // 28: svc
    0xe320_f000, // 2c: nop
    0xe320_f000, // 30: nop
    0xe12f_ff1e, // 34: bx lr
    0xe1a0_600e, // 38: mov r6, lr
    0xe280_0001, // 3c: add r0, r0, #1
    0xe12f_ff16, // 40: bx r6
];

/// Runs the program with a back end and code memory.
fn run(backend: NativeBackend, code: ProcessCode) -> (Exit, u32) {
    let window = Arc::new(Window::new().unwrap());
    let fixed = Placement::Fixed;
    window
        .map(CODE, 4096, Prot::all(), Backing::Anonymous, fixed)
        .unwrap();
    for (at, word) in (CODE..).step_by(4).zip(PROGRAM) {
        window.write_obj(at, &word).unwrap();
    }
    let config = Config {
        hot_threshold: 0,
        ..Config::default()
    };
    let guest = A32Guest::new(Features::ARMHF);
    let engine = Engine::new(guest, backend, Some(code), window.lowering(), config).unwrap();
    let engine = WindowEngine::new(window, engine).unwrap();
    let mut state = ArmState::default();
    (state.r[1], state.r[15]) = (TIMES, CODE);
    (state.r[4], state.r[5]) = (CODE + 0x34, CODE + 0x38);
    let mut vcpu = engine.vcpu(state);
    let exit = engine.run(&mut vcpu, &mut engine.memory().unwrap(), Budget::UNLIMITED);
    (exit, vcpu.state().r[0])
}

#[test]
fn branches_lead_where_they_may() {
    let code = native::code(1 << 20).unwrap();
    let (backend, code) = native::check_branches(native::backend(), code);
    let checks = code.checks_branches();
    println!("branches are checked: {checks}");
    let right = (Exit::SystemCall { immediate: 0 }, 3 * TIMES);
    assert_eq!(run(backend, code), right);
    if !checks {
        return;
    }
    // SAFETY: the child runs the engine and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let code = native::code(1 << 20).unwrap().with_branch_targets();
        run(native::backend(), code);
        // SAFETY: nothing that the parent needs is left to do.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: the status is written to.
    let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(ended, child);
    let signal = libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status));
    assert_eq!(signal, Some(libc::SIGILL));
}
