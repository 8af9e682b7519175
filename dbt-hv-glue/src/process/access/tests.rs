//! Reads, writes and fetches, and what they do to translated code.

use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::Mutex;

use dbt_mmu::{Page, Translations};

use crate::process::{
    Access, Backing, CStrFault, FaultKind, FetchFault, GuestFault, Placement, Prot, Window,
};

const RWX: Prot = Prot::all();
const CODE: u32 = 0x1_0000;

#[derive(Default)]
struct Forgotten(Mutex<Vec<Range<u64>>>);

impl Translations for Forgotten {
    fn forget(&self, bytes: Range<u64>) {
        self.0.lock().unwrap().push(bytes);
    }
}

impl Forgotten {
    fn take(&self) -> Vec<Range<u64>> {
        core::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// A window with three pages at `CODE` and an engine that listens.
fn window() -> (Window, Arc<Forgotten>) {
    let window = Window::new().unwrap();
    let backing = Backing::Anonymous;
    window
        .map(CODE, 0x3000, RWX, backing, Placement::Fixed)
        .unwrap();
    let engine = Arc::new(Forgotten::default());
    let weak: Weak<Forgotten> = Arc::downgrade(&engine);
    window.attach(weak).unwrap();
    (window, engine)
}

fn translate(window: &Window, addr: u32) -> dbt_mmu::Ticket {
    let page = Page::containing(addr.into());
    window.code_pages().protect(page).unwrap()
}

fn is_fresh(window: &Window, ticket: dbt_mmu::Ticket) -> bool {
    window.code_pages().publish(&[ticket], || ()).is_some()
}

/// The host's writes forget translations like the guest's own, and land.
#[test]
fn host_writes_release_code_pages() {
    let (window, engine) = window();
    let tickets = [translate(&window, CODE), translate(&window, CODE + 0x1000)];
    assert!(window.query(CODE).unwrap().code);
    window.write(CODE + 0xffe, &[1, 2]).unwrap();
    assert_eq!(engine.take(), [Page::containing(CODE.into()).bytes()]);
    assert_eq!(tickets.map(|t| is_fresh(&window, t)), [false, true]);
    assert_eq!(window.read_obj::<u16>(CODE + 0xffe), Ok(0x0201));
    assert!(!window.query(CODE).unwrap().code);

    let ticket = translate(&window, CODE);
    let host = window.slice(CODE + 0xffc, 8, Access::Write).unwrap();
    assert_eq!(engine.take().len(), 2);
    assert!(!is_fresh(&window, ticket));
    // SAFETY: the range is mapped, writable, and nobody else uses it.
    unsafe { host.write_bytes(9, 8) };
    assert_eq!(window.read_obj::<[u8; 8]>(CODE + 0xffc), Ok([9; 8]));
}

/// Reading does not disturb translations.
#[test]
fn host_reads_leave_code_pages_alone() {
    let (window, engine) = window();
    let ticket = translate(&window, CODE);
    let mut bytes = [0; 64];
    window.read(CODE, &mut bytes).unwrap();
    assert_eq!(window.fetch(CODE, &mut bytes), Ok(64));
    assert!(window.slice(CODE, 64, Access::Read).is_ok());
    assert!(is_fresh(&window, ticket) && engine.take().is_empty());
}

/// Unmapping, replacing and losing the permission to execute forget translations;
/// gaining permissions does not, and a code page stays protected under it.
#[test]
fn mapping_changes_forget_translations() {
    let (window, engine) = window();
    let first = Page::containing(CODE.into()).bytes();
    let forgets = |what: &str, change: &dyn Fn()| {
        let backing = Backing::Anonymous;
        window
            .map(CODE, 0x1000, RWX, backing, Placement::Fixed)
            .unwrap();
        let ticket = translate(&window, CODE);
        engine.take();
        change();
        assert_eq!(engine.take(), core::slice::from_ref(&first), "{what}");
        assert!(!is_fresh(&window, ticket), "{what}");
    };
    forgets("unmap", &|| window.unmap(CODE, 0x1000).unwrap());
    forgets("map", &|| {
        let backing = Backing::Anonymous;
        window
            .map(CODE, 0x1000, RWX, backing, Placement::Fixed)
            .unwrap();
    });
    forgets("protect", &|| {
        window.protect(CODE, 0x1000, Prot::READ).unwrap();
    });
    forgets("remap", &|| {
        let target = crate::process::RemapTarget::MayMove;
        window.remap(CODE, 0x1000, 0x8000, target).unwrap();
    });
    forgets("discard", &|| window.discard(CODE, 0x1000).unwrap());
    forgets("invalidate", &|| window.invalidate(CODE, 0x1000));

    let backing = Backing::Anonymous;
    let prot = Prot::READ | Prot::EXEC;
    window
        .map(CODE, 0x1000, prot, backing, Placement::Fixed)
        .unwrap();
    engine.take();
    let ticket = translate(&window, CODE);
    window.protect(CODE, 0x1000, RWX).unwrap();
    assert!(is_fresh(&window, ticket) && engine.take().is_empty());
    assert!(window.query(CODE).unwrap().code);
    window.write(CODE, &[1]).unwrap();
    assert_eq!(engine.take(), core::slice::from_ref(&first));
}

/// An unmapped page cannot be translated from.
#[test]
fn unmapped_pages_are_not_protected() {
    let (window, _engine) = window();
    assert!(window.code_pages().protect(Page::new(1)).is_err());
    assert!(window.code_pages().protect(Page::new(1 << 20)).is_err());
}

/// A fetch ends with its page and says why it cannot be.
#[test]
fn fetches_stop_at_the_page_and_check_permission() {
    let (window, _engine) = window();
    window.write(CODE + 0xffc, &[1, 2, 3, 4, 5]).unwrap();
    let mut bytes = [0; 16];
    assert_eq!(window.fetch(CODE + 0xffc, &mut bytes), Ok(4));
    assert_eq!(bytes[..5], [1, 2, 3, 4, 0]);
    assert_eq!(window.fetch(0, &mut bytes), Err(FetchFault::Unmapped));
    window
        .protect(CODE, 0x1000, Prot::READ | Prot::WRITE)
        .unwrap();
    assert_eq!(
        window.fetch(CODE, &mut bytes),
        Err(FetchFault::NotExecutable)
    );
}

/// A fault names the first byte that is not allowed, and nothing is written.
#[test]
fn faults_name_the_first_byte() {
    let (window, _engine) = window();
    let end = CODE + 0x3000;
    let fault = |addr, access| GuestFault {
        addr,
        access,
        kind: FaultKind::Unmapped,
    };
    assert_eq!(
        window.read(end - 2, &mut [0; 4]),
        Err(fault(end, Access::Read))
    );
    assert_eq!(
        window.write(end - 2, &[1; 4]),
        Err(fault(end, Access::Write))
    );
    assert_eq!(window.read_obj::<u16>(end - 2), Ok(0));
    assert_eq!(window.read_obj::<u8>(0x42), Err(fault(0x42, Access::Read)));
    assert_eq!(window.read(0x42, &mut []), Ok(()));
    assert_eq!(
        window.zero(end - 0x1000, 0x1001),
        Err(fault(end, Access::Write))
    );
}

/// Strings may end at the last readable byte, and must end.
#[test]
fn strings_end() {
    let (window, _engine) = window();
    let end = CODE + 0x3000;
    window.write(end - 6, b"guest\0").unwrap();
    assert_eq!(window.read_cstr(end - 6, 5).unwrap().as_bytes(), b"guest");
    assert_eq!(window.read_cstr(end - 6, 4), Err(CStrFault::TooLong));
    assert_eq!(window.read_cstr(end - 1, 0).unwrap().as_bytes(), b"");
    window.write(end - 1, b"!").unwrap();
    let fault = GuestFault {
        addr: end,
        access: Access::Read,
        kind: FaultKind::Unmapped,
    };
    assert_eq!(window.read_cstr(end - 6, 100), Err(CStrFault::Fault(fault)));
    window.write(CODE, &[b'x'; 0x2000]).unwrap();
    assert_eq!(
        window.read_cstr(CODE, 0x4000).unwrap().as_bytes().len(),
        0x2000
    );
}

/// The host survives guests that change a mapping under a system call.
#[test]
fn racing_changes_are_faults_at_most() {
    let (window, _engine) = window();
    let stop = AtomicBool::new(false);
    std::thread::scope(|s| {
        s.spawn(|| {
            for _ in 0..2_000 {
                window.unmap(CODE, 0x1000).unwrap();
                let backing = Backing::Anonymous;
                window
                    .map(CODE, 0x1000, RWX, backing, Placement::Fixed)
                    .unwrap();
                let _ = window.code_pages().protect(Page::containing(CODE.into()));
            }
            stop.store(true, Ordering::Relaxed);
        });
        let mut bytes = [0; 0x2000];
        while !stop.load(Ordering::Relaxed) {
            for result in [
                window.read(CODE, &mut bytes),
                window.write(CODE, &[0; 0x2000]),
            ] {
                if let Err(fault) = result {
                    assert_eq!(fault.kind, FaultKind::Unmapped);
                    assert_eq!(fault.addr & !0xfff, CODE);
                }
            }
        }
    });
}
