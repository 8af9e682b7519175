//! What a process costs the engine.
//!
//! - `system call`: from one `SVC` to the next, the engine's entry and exit
//!   included. What a personality adds is not in it. Track it.
//! - `patch and rerun`: a guest writes a function of two instructions and calls it:
//!   a host fault, a change of protection there and back, and two translations.
//! - `fetch`, `load`, `store`: one access of the interpreter.
#![allow(
    clippy::std_instead_of_alloc,
    reason = "a benchmark has the standard library"
)]
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(
    missing_docs,
    reason = "criterion's macros make undocumented functions"
)]

extern crate alloc;

use criterion::{Criterion, criterion_group, criterion_main};

#[cfg(all(
    feature = "process",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod process {
    use alloc::sync::Arc;
    use core::hint::black_box;

    use super::Criterion;

    use dbt_a32_frontend::guest::A32Guest;
    use dbt_a32_frontend::state::ArmState;
    use dbt_a32_frontend::version::Features;
    use dbt_core::engine::{Config, Engine};
    use dbt_core::exit::{Budget, Exit};
    use dbt_core::host::Lowering;
    use dbt_core::memory::{Fetch, GuestMemory};
    use dbt_hv_glue::process::native::{self, NativeBackend};
    use dbt_hv_glue::process::{Backing, Placement, ProcessCode, Prot, Window, WindowEngine};
    use dbt_isa::ops::{Access, Size};

    const CODE: u32 = 0x1_0000;
    const BUFFER: u32 = 0x1_1000;

    fn engine(program: &[u32]) -> Arc<WindowEngine<A32Guest, NativeBackend, ProcessCode>> {
        let window = Arc::new(Window::new().unwrap());
        let (len, fixed) = (0x1_0000, Placement::Fixed);
        window
            .map(CODE, len, Prot::all(), Backing::Anonymous, fixed)
            .unwrap();
        for (at, word) in (CODE..).step_by(4).zip(program) {
            window.write_obj(at, word).unwrap();
        }
        let engine = Engine::new(
            A32Guest::new(Features::ARMHF),
            native::backend(),
            Some(ProcessCode::new(16 << 20).unwrap()),
            Lowering::Window,
            Config {
                hot_threshold: 0,
                ..Config::default()
            },
        )
        .unwrap();
        WindowEngine::new(window, engine).unwrap()
    }

    /// Runs a program from one system call to the next.
    fn calls(c: &mut Criterion, name: &str, program: &[u32], registers: &[(usize, u32)]) {
        let engine = engine(program);
        let mut memory = engine.memory().unwrap();
        let mut state = ArmState::default();
        state.r[15] = CODE;
        for &(n, value) in registers {
            state.r[n] = value;
        }
        let mut vcpu = engine.vcpu(state);
        c.bench_function(name, |b| {
            b.iter(|| {
                let exit = engine.run(&mut vcpu, &mut memory, Budget::UNLIMITED);
                assert_eq!(exit, Exit::SystemCall { immediate: 0 });
            });
        });
    }

    pub(super) fn system_call(c: &mut Criterion) {
        // start: svc #0; b start
        calls(c, "system call", &[0xef00_0000, 0xeaff_fffd], &[]);
    }

    pub(super) fn patch_and_rerun(c: &mut Criterion) {
        let program = [
            0xe284_4001, // start: add r4, r4, #1
            0xe7eb_1054, // ubfx r1, r4, #0, #12
            0xe186_1001, // orr r1, r6, r1
            0xe585_1000, // str r1, [r5]        ; movw r0, #r4
            0xe585_7004, // str r7, [r5, #4]    ; bx lr
            0xe12f_ff35, // blx r5
            0xef00_0000, // svc #0
            0xeaff_fff7, // b start
        ];
        let registers = [(5, BUFFER), (6, 0xe300_0000), (7, 0xe12f_ff1e)];
        calls(c, "patch and rerun", &program, &registers);
    }

    pub(super) fn accesses(c: &mut Criterion) {
        let engine = engine(&[]);
        let mut memory = engine.memory().unwrap();
        let word = Access::new(Size::Word);
        c.bench_function("fetch", |b| {
            b.iter(|| memory.fetch32(black_box(CODE.into())));
        });
        c.bench_function("load", |b| {
            b.iter(|| memory.load(word, black_box(BUFFER.into())));
        });
        c.bench_function("store", |b| {
            b.iter(|| memory.store(word, black_box(BUFFER.into()), 1));
        });
    }
}

#[cfg(not(all(
    feature = "process",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
mod process {
    use super::Criterion;

    pub(super) fn system_call(_: &mut Criterion) {}
    pub(super) fn patch_and_rerun(_: &mut Criterion) {}
    pub(super) fn accesses(_: &mut Criterion) {}
}

criterion_group!(
    benches,
    process::system_call,
    process::patch_and_rerun,
    process::accesses
);
criterion_main!(benches);
