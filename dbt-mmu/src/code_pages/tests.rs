//! Facts about single calls; sequences and interleavings are in `tests/`.

use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::ops::Range;

use super::{CodePages, Outcome, Ticket};
use crate::{Page, PageProtection, Refused, Translations};

#[derive(Default)]
struct Host {
    protected: RefCell<Vec<Page>>,
    refuse: Cell<bool>,
}

impl PageProtection for &Host {
    fn write_protect(&self, page: Page) -> Result<(), Refused> {
        if self.refuse.get() {
            return Err(Refused { page });
        }
        assert!(!self.protected.borrow().contains(&page), "protected twice");
        self.protected.borrow_mut().push(page);
        Ok(())
    }

    fn unprotect(&self, page: Page) -> Result<(), Refused> {
        if self.refuse.get() {
            return Err(Refused { page });
        }
        assert!(self.protected.borrow().contains(&page), "released twice");
        self.protected.borrow_mut().retain(|p| *p != page);
        Ok(())
    }
}

#[derive(Default)]
struct Forgotten(RefCell<Vec<Range<u64>>>);

impl Translations for &Forgotten {
    fn forget(&self, bytes: Range<u64>) {
        self.0.borrow_mut().push(bytes);
    }
}

type Pages<'a> = CodePages<&'a Host, &'a Forgotten, spin::Mutex<()>>;

const PAGE: Page = Page::containing(0x5000);

fn is_fresh(pages: &Pages<'_>, ticket: Ticket) -> bool {
    pages.publish(&[ticket], || ()).is_some()
}

/// Two translations from one page protect it once and share its fate.
#[test]
fn a_page_is_protected_once_and_released_once() {
    let (host, forgotten) = <(Host, Forgotten)>::default();
    let pages = Pages::new(&host, &forgotten);
    let (a, b) = (pages.protect(PAGE).unwrap(), pages.protect(PAGE).unwrap());
    assert!(is_fresh(&pages, a) && is_fresh(&pages, b));
    assert_eq!(pages.fault(PAGE), Outcome::Released { flips: 1 });
    assert_eq!(pages.fault(PAGE), Outcome::NotProtected);
    assert!(!is_fresh(&pages, a) && !is_fresh(&pages, b));
    assert_eq!(forgotten.0.borrow().as_slice(), &[PAGE.bytes()]);
}

/// Cache maintenance forgets the bytes named, page by page, and no more.
#[test]
fn invalidation_is_exact() {
    let (host, forgotten) = <(Host, Forgotten)>::default();
    let pages = Pages::new(&host, &forgotten);
    let tickets = [5, 6, 8].map(|n| pages.protect(Page::new(n)).unwrap());
    pages.invalidate(0x5ffc..0x6004);
    assert_eq!(*forgotten.0.borrow(), [0x5ffc..0x6000, 0x6000..0x6004]);
    assert_eq!(tickets.map(|t| is_fresh(&pages, t)), [false, false, true]);
    assert_eq!(pages.protected_pages(), 3);
    pages.invalidate(0x8000..0x8000);
    assert_eq!(forgotten.0.borrow().len(), 2);
}

/// A unit across two pages is stale as soon as either page is.
#[test]
fn a_unit_depends_on_each_of_its_pages() {
    let (host, forgotten) = <(Host, Forgotten)>::default();
    let pages = Pages::new(&host, &forgotten);
    let tickets = [5, 6].map(|n| pages.protect(Page::new(n)).unwrap());
    assert!(pages.publish(&tickets, || ()).is_some());
    let _ = pages.fault(Page::new(6));
    assert!(pages.publish(&tickets, || ()).is_none());
}

/// A page that is dropped and met again does not revive an old ticket.
#[test]
fn remapping_does_not_revive_tickets() {
    let (host, forgotten) = <(Host, Forgotten)>::default();
    let pages = Pages::new(&host, &forgotten);
    let old = pages.protect(PAGE).unwrap();
    let seen = pages.remap(0x5000..0x6000, || host.protected.borrow().clone());
    assert!(seen.is_empty(), "the change sees released pages");
    let new = pages.protect(PAGE).unwrap();
    assert!(!is_fresh(&pages, old) && is_fresh(&pages, new));
}

/// A refusal leaves no page half protected and no stale translation reachable.
#[test]
fn refusals_are_reported_and_harmless() {
    let (host, forgotten) = <(Host, Forgotten)>::default();
    let pages = Pages::new(&host, &forgotten);
    host.refuse.set(true);
    assert_eq!(pages.protect(PAGE), Err(Refused { page: PAGE }));
    assert_eq!(pages.fault(PAGE), Outcome::NotProtected);

    host.refuse.set(false);
    let ticket = pages.protect(PAGE).unwrap();
    host.refuse.set(true);
    assert_eq!(pages.fault(PAGE), Outcome::Stuck);
    assert!(!is_fresh(&pages, ticket) && pages.is_protected(PAGE));
    assert_eq!(forgotten.0.borrow().as_slice(), &[PAGE.bytes()]);
}

/// Flips count up while they are frequent and fade when they stop.
#[test]
fn flips_are_forgiven() {
    let (host, forgotten) = <(Host, Forgotten)>::default();
    let pages = Pages::new(&host, &forgotten);
    for n in 1..=8 {
        let _ = pages.protect(PAGE).unwrap();
        assert_eq!(pages.fault(PAGE), Outcome::Released { flips: n });
    }
    assert_eq!(pages.protect(PAGE).unwrap().flips(), 8);
    for _ in 0..600 {
        let _ = pages.protect(Page::new(1)).unwrap();
    }
    assert_eq!(pages.flips(PAGE), 2);
    assert_eq!(pages.flips(Page::new(77)), 0);
}
