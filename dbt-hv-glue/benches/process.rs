//! What the process environment costs.
//!
//! `fault/guest` is the price of a guest abort and `fault/flip` that of one round of
//! self-modifying code without the translation itself: watch these two. The
//! `access` group is paid by every emulated system call, `scope` and `gs` by every
//! entry into an engine.
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![cfg_attr(
    not(all(feature = "process", target_os = "linux", target_arch = "x86_64")),
    allow(unused, reason = "there is nothing to measure")
)]

use core::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};

#[cfg(all(feature = "process", target_os = "linux", target_arch = "x86_64"))]
mod process {
    use super::{Criterion, black_box};

    use dbt_core::host::CodeMemory;
    use dbt_hv_glue::process::{
        Backing, Fault, FaultScope, HostContext, Placement, ProcessCode, Prot, Verdict, Window,
        WindowFault, gs_base,
    };
    use dbt_mmu::Page;

    type Entry = extern "sysv64" fn(u64, u64, u64, u64) -> u64;

    /// `mov gs:[ecx], edx; ret`
    const STORE: [u8; 6] = [0x65, 0x67, 0x89, 0x11, 0xc3, 0xc3];

    /// Where `STORE` returns.
    const EXIT: usize = 4;

    const ADDR: u32 = 0x1_0000;

    fn window() -> Window {
        let window = Window::new().unwrap();
        let backing = Backing::Anonymous;
        window
            .map(ADDR, 0x1_0000, Prot::all(), backing, Placement::Fixed)
            .unwrap();
        window.zero(ADDR, 0x1_0000).unwrap();
        window
    }

    /// Faults of generated code.
    pub(super) fn fault(c: &mut Criterion) {
        let window = window();
        let code = ProcessCode::new(4096).unwrap();
        code.write(0, &STORE);
        code.publish(0..STORE.len());
        let exec = code.exec_base();
        let exit = exec.wrapping_add(EXIT).addr();
        let handler = |context: &mut HostContext<'_>, fault: &Fault| {
            match window.host_fault(fault) {
                WindowFault::Retry { .. } => {}
                WindowFault::Guest(_) => context.set_pc(exit),
                WindowFault::Elsewhere => return Verdict::NotMine,
            }
            Verdict::Resume
        };
        let range = exec.addr()..exec.addr() + 4096;
        // SAFETY: the range holds `STORE`, which tolerates being left; it is dropped.
        let scope = unsafe { FaultScope::new(range.clone(), &handler) }.unwrap();
        // SAFETY: nothing else in this program uses the segment.
        unsafe { gs_base::ensure(window.base().addr()) };
        // SAFETY: `STORE` is a function of this type.
        let store = unsafe { core::mem::transmute::<*const u8, Entry>(exec) };
        c.bench_function("fault/none", |b| b.iter(|| store(0, 0, 1, ADDR.into())));
        c.bench_function("fault/guest", |b| b.iter(|| store(0, 0, 1, 0x4000)));
        let pages = window.code_pages();
        c.bench_function("fault/flip", |b| {
            b.iter(|| {
                let ticket = pages.protect(Page::containing(ADDR.into())).unwrap();
                pages.publish(&[ticket], || ()).unwrap();
                store(0, 0, 1, ADDR.into())
            });
        });
        c.bench_function("code_pages/protect_publish", |b| {
            b.iter(|| {
                let ticket = pages.protect(Page::containing(0x1_1000)).unwrap();
                pages.publish(&[ticket], || ()).unwrap();
            });
        });
        drop(scope);
        c.bench_function("scope", |b| {
            // SAFETY: as above.
            b.iter(|| unsafe { FaultScope::new(range.clone(), &handler) }.unwrap());
        });
    }

    /// Host accesses to guest memory.
    pub(super) fn access(c: &mut Criterion) {
        let window = window();
        c.bench_function("access/read_u32", |b| {
            b.iter(|| window.read_obj::<u32>(black_box(ADDR)));
        });
        c.bench_function("access/write_u32", |b| {
            b.iter(|| window.write_obj(black_box(ADDR), &1_u32));
        });
        for len in [64, 4096, 0x1_0000] {
            let mut bytes = vec![0; len];
            c.bench_function(&format!("access/read_{len}"), |b| {
                b.iter(|| window.read(black_box(ADDR), &mut bytes));
            });
        }
        c.bench_function("access/slice_4096", |b| {
            b.iter(|| window.slice(black_box(ADDR), 4096, dbt_hv_glue::process::Access::Write));
        });
        c.bench_function("access/cstr_12", |b| {
            window.write(ADDR, b"/etc/ld.conf\0").unwrap();
            b.iter(|| window.read_cstr(black_box(ADDR), 4096));
        });
    }

    /// Mapping operations.
    pub(super) fn mapping(c: &mut Criterion) {
        let window = window();
        let rw = Prot::READ | Prot::WRITE;
        c.bench_function("mapping/map_unmap_page", |b| {
            b.iter(|| {
                let addr = window.map(0, 4096, rw, Backing::Anonymous, Placement::Anywhere);
                window.unmap(addr.unwrap(), 4096).unwrap();
            });
        });
        c.bench_function("mapping/protect_page_twice", |b| {
            b.iter(|| {
                window.protect(ADDR, 4096, Prot::READ).unwrap();
                window.protect(ADDR, 4096, rw).unwrap();
            });
        });
        c.bench_function("mapping/new_window", |b| b.iter(Window::new));
    }

    /// The segment base.
    pub(super) fn gs(c: &mut Criterion) {
        let base = window().base().addr();
        c.bench_function("gs/ensure_same", |b| {
            // SAFETY: nothing else in this program uses the segment.
            unsafe { gs_base::set(base) };
            // SAFETY: as above.
            b.iter(|| unsafe { gs_base::ensure(black_box(base)) });
        });
        c.bench_function("gs/set", |b| {
            // SAFETY: as above.
            b.iter(|| unsafe { gs_base::set(black_box(base)) });
        });
    }
}

#[cfg(all(feature = "process", target_os = "linux", target_arch = "x86_64"))]
criterion_group!(
    benches,
    process::fault,
    process::access,
    process::mapping,
    process::gs
);

#[cfg(all(feature = "process", target_os = "linux", target_arch = "x86_64"))]
criterion_main!(benches);

#[cfg(not(all(feature = "process", target_os = "linux", target_arch = "x86_64")))]
fn main() {}
