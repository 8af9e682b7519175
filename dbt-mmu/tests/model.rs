//! Sequences of operations against a trivial model.
//!
//! The model knows nothing of generations: it lists every ticket ever issued and
//! strikes out those whose page an operation touched.
#![allow(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use core::cell::RefCell;
use core::ops::Range;
use std::collections::BTreeSet;

use dbt_mmu::{CodePages, Outcome, Page, PageProtection, Refused, Ticket, Translations};
use proptest::prelude::*;

/// Few pages, so that operations meet.
const PAGES: u64 = 4;

#[derive(Clone, Debug)]
enum Step {
    Protect(u64),
    Publish(usize, usize),
    Fault(u64),
    Invalidate(Range<u64>),
    Remap(Range<u64>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let page = 0..PAGES;
    let bytes = (0..PAGES * Page::SIZE, 0..2 * Page::SIZE).prop_map(|(at, len)| at..at + len);
    let step = prop_oneof![
        4 => page.clone().prop_map(Step::Protect),
        4 => (0..64_usize, 0..64_usize).prop_map(|(a, b)| Step::Publish(a, b)),
        2 => page.prop_map(Step::Fault),
        1 => bytes.clone().prop_map(Step::Invalidate),
        1 => bytes.prop_map(Step::Remap),
    ];
    proptest::collection::vec(step, 0..80)
}

#[derive(Default)]
struct World {
    protected: RefCell<BTreeSet<Page>>,
    forgotten: RefCell<Vec<Range<u64>>>,
}

impl PageProtection for &World {
    fn write_protect(&self, page: Page) -> Result<(), Refused> {
        assert!(self.protected.borrow_mut().insert(page), "protected twice");
        Ok(())
    }

    fn unprotect(&self, page: Page) -> Result<(), Refused> {
        assert!(self.protected.borrow_mut().remove(&page), "released twice");
        Ok(())
    }
}

impl Translations for &World {
    fn forget(&self, bytes: Range<u64>) {
        let page = Page::containing(bytes.start);
        assert!(
            self.protected.borrow().contains(&page),
            "forgotten too late"
        );
        assert!(bytes.start < bytes.end && bytes.end <= page.bytes().end);
        self.forgotten.borrow_mut().push(bytes);
    }
}

/// The tickets issued, each with whether it should still be good.
#[derive(Default)]
struct Model(Vec<(Ticket, bool)>);

impl Model {
    fn spoil(&mut self, bytes: &Range<u64>) {
        for (ticket, good) in &mut self.0 {
            let page = ticket.page().bytes();
            *good &= bytes.is_empty() || page.end <= bytes.start || bytes.end <= page.start;
        }
    }
}

/// The parts of `bytes` in each of `pages`.
fn parts(pages: &BTreeSet<Page>, bytes: &Range<u64>) -> Vec<Range<u64>> {
    let clip = |p: &Page| p.bytes().start.max(bytes.start)..p.bytes().end.min(bytes.end);
    pages.iter().map(clip).filter(|r| !r.is_empty()).collect()
}

proptest! {
    /// Tickets are good until their page is touched, what is forgotten is exactly
    /// what was touched, and exactly the pages that should be are protected.
    #[test]
    fn code_pages_do_what_the_model_does(steps in steps()) {
        let world = World::default();
        let pages = CodePages::<_, _, spin::Mutex<()>>::new(&world, &world);
        let mut model = Model::default();
        for step in steps {
            let before = world.protected.borrow().clone();
            let mut expected = before.clone();
            let mut forgotten = Vec::new();
            match step {
                Step::Protect(n) => {
                    expected.insert(Page::new(n));
                    model.0.push((pages.protect(Page::new(n)).unwrap(), true));
                }
                Step::Publish(a, b) if !model.0.is_empty() => {
                    let [a, b] = [a, b].map(|i| model.0[i % model.0.len()]);
                    let published = pages.publish(&[a.0, b.0], || ()).is_some();
                    prop_assert_eq!(published, a.1 && b.1);
                }
                Step::Publish(..) => {}
                Step::Fault(n) => {
                    let page = Page::new(n);
                    let released = matches!(pages.fault(page), Outcome::Released { .. });
                    prop_assert_eq!(released, expected.remove(&page));
                    if released {
                        forgotten.push(page.bytes());
                        model.spoil(&page.bytes());
                    }
                }
                Step::Invalidate(bytes) => {
                    forgotten = parts(&before, &bytes);
                    model.spoil(&bytes);
                    pages.invalidate(bytes);
                }
                Step::Remap(bytes) => {
                    expected.retain(|p| parts(&BTreeSet::from([*p]), &bytes).is_empty());
                    forgotten = before.difference(&expected).map(|p| p.bytes()).collect();
                    model.spoil(&bytes);
                    let during = pages.remap(bytes, || world.protected.borrow().clone());
                    prop_assert_eq!(&during, &expected);
                }
            }
            prop_assert_eq!(&*world.protected.borrow(), &expected);
            prop_assert_eq!(world.forgotten.take(), forgotten);
            prop_assert_eq!(pages.protected_pages(), expected.len());
        }
    }
}
