//! The region list against an array of pages.
#![allow(
    clippy::cast_possible_truncation,
    reason = "the model's page numbers are small"
)]

use alloc::vec::Vec;

use proptest::prelude::*;

use super::{Region, RegionKind, Regions, Search};
use crate::process::Prot;

const PAGE: u64 = 4096;

/// The model's window is this many pages.
const PAGES: u64 = 24;

/// What a page is: its permissions and the page of the file behind it.
type Model = [Option<(Prot, Option<u64>)>; PAGES as usize];

#[derive(Clone, Debug)]
enum Step {
    Insert {
        page: u64,
        len: u64,
        prot: u8,
        file: Option<u64>,
    },
    Remove {
        page: u64,
        len: u64,
    },
    Protect {
        page: u64,
        len: u64,
        prot: u8,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let at = (0..PAGES, 1..=6_u64).prop_map(|(page, len)| (page, len.min(PAGES - page)));
    let step = prop_oneof![
        (at.clone(), 0..8_u8, proptest::option::of(0..PAGES)).prop_map(
            |((page, len), prot, file)| Step::Insert {
                page,
                len,
                prot,
                file
            }
        ),
        at.clone()
            .prop_map(|(page, len)| Step::Remove { page, len }),
        (at, 0..8_u8).prop_map(|((page, len), prot)| Step::Protect { page, len, prot }),
    ];
    proptest::collection::vec(step, 0..40)
}

fn kind(file: Option<u64>) -> RegionKind {
    file.map_or(RegionKind::Anonymous { shared: false }, |page| {
        RegionKind::File {
            device: 1,
            inode: 2,
            offset: page * PAGE,
            shared: false,
        }
    })
}

fn apply(regions: &mut Regions, model: &mut Model, step: &Step) {
    match *step {
        Step::Insert {
            page,
            len,
            prot,
            file,
        } => {
            let prot = Prot::from_bits_truncate(prot);
            regions.insert(Region {
                range: page * PAGE..(page + len) * PAGE,
                prot,
                kind: kind(file),
                label: None,
            });
            for i in 0..len {
                model[(page + i) as usize] = Some((prot, file.map(|f| f + i)));
            }
        }
        Step::Remove { page, len } => {
            regions.remove(&(page * PAGE..(page + len) * PAGE));
            model[page as usize..(page + len) as usize].fill(None);
        }
        Step::Protect { page, len, prot } => {
            let prot = Prot::from_bits_truncate(prot);
            regions.update(&(page * PAGE..(page + len) * PAGE), |r| r.prot = prot);
            for entry in model[page as usize..(page + len) as usize]
                .iter_mut()
                .flatten()
            {
                entry.0 = prot;
            }
        }
    }
}

/// The lowest (or highest) start of `len` free pages, found the slow way.
fn model_free(
    model: &Model,
    len: u64,
    within: core::ops::Range<u64>,
    search: Search,
) -> Option<u64> {
    let fits = |&start: &u64| {
        start + len <= within.end && (start..start + len).all(|p| model[p as usize].is_none())
    };
    let mut starts = within.clone();
    match search {
        Search::BottomUp => starts.find(fits),
        Search::TopDown => starts.rev().find(fits),
    }
}

proptest! {
    /// Page by page, the list says what an array of pages says, and no two
    /// neighbours could be one.
    #[test]
    fn regions_are_the_pages_they_cover(steps in steps()) {
        let (mut regions, mut model) = (Regions::default(), Model::default());
        for step in &steps {
            apply(&mut regions, &mut model, step);
            let mut seen = Model::default();
            for region in regions.iter() {
                for page in region.range.start / PAGE..region.range.end / PAGE {
                    let file = match region.kind.advanced(page * PAGE - region.range.start) {
                        RegionKind::File { offset, .. } => Some(offset / PAGE),
                        RegionKind::Anonymous { .. } => None,
                    };
                    prop_assert!(seen[page as usize].is_none(), "regions overlap");
                    seen[page as usize] = Some((region.prot, file));
                }
            }
            prop_assert_eq!(seen, model);
            let list: Vec<_> = regions.iter().collect();
            for pair in list.windows(2) {
                prop_assert!(!pair[0].continues_in(pair[1]), "neighbours are not merged");
            }
        }
    }

    /// Free space is found where a search page by page finds it.
    #[test]
    fn free_space_is_found(steps in steps(), len in 1..8_u64, a in 0..PAGES, b in 0..=PAGES) {
        let (mut regions, mut model) = (Regions::default(), Model::default());
        for step in &steps {
            apply(&mut regions, &mut model, step);
        }
        for search in [Search::BottomUp, Search::TopDown] {
            let found = regions.find_free(len * PAGE, a * PAGE..b * PAGE, search);
            prop_assert_eq!(found.map(|f| f / PAGE), model_free(&model, len, a..b, search));
        }
    }
}
