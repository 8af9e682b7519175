//! Every interleaving of two vCPUs: one translates, the other writes.
//!
//! A vCPU is a short program of steps. The steps are atomic in the real thing too:
//! a method of `CodePages` because of its lock, a read or write of memory because
//! it is one access. The enumerator runs every schedule of the two programs from
//! the start and checks after each step, and inside every callback, that no
//! reachable translation differs from memory.
//!
//! That the enumerator can find bugs at all is shown by giving it wrong protocols.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use core::cell::{Cell, RefCell};
use core::ops::Range;

use dbt_mmu::{CodePages, Outcome, Page, PageProtection, Refused, Ticket, Translations};

use Step::{DeviceWrite, Invalidate, Protect, Publish, PublishUnchecked, Read, Remap, Write};

/// The pages of the world. A unit is made from both, as one that straddles them.
const PAGES: [Page; 2] = [Page::new(0), Page::new(1)];

/// Memory, the host's protection of it, and the engine's cache.
#[derive(Default)]
struct World {
    memory: [Cell<u8>; 2],
    protected: [Cell<bool>; 2],
    /// The translations that can be entered: the bytes they were made from.
    reachable: RefCell<Vec<[u8; 2]>>,
    /// Whether a stale translation was ever reachable.
    stale: Cell<bool>,
}

impl World {
    fn bytes(&self) -> [u8; 2] {
        self.memory.each_ref().map(Cell::get)
    }

    fn check(&self) {
        let fresh = |made_from: &[u8; 2]| *made_from == self.bytes();
        let guarded = self.protected.iter().all(Cell::get);
        let reachable = self.reachable.borrow();
        if !reachable.iter().all(fresh) || (!reachable.is_empty() && !guarded) {
            self.stale.set(true);
        }
    }
}

fn index(page: Page) -> usize {
    usize::try_from(page.number()).unwrap()
}

impl PageProtection for &World {
    fn write_protect(&self, page: Page) -> Result<(), Refused> {
        self.protected[index(page)].set(true);
        self.check();
        Ok(())
    }

    fn unprotect(&self, page: Page) -> Result<(), Refused> {
        self.protected[index(page)].set(false);
        self.check();
        Ok(())
    }
}

impl Translations for &World {
    fn forget(&self, _: Range<u64>) {
        // Both pages hold part of every translation.
        self.reachable.borrow_mut().clear();
        self.check();
    }
}

type Pages<'a> = CodePages<&'a World, &'a World, spin::Mutex<()>>;

/// One atomic step of a vCPU.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Take a ticket for a page.
    Protect(usize),
    /// Read the byte of a page that is to be translated.
    Read(usize),
    /// Publish what was read.
    Publish,
    /// Publish without asking.
    PublishUnchecked,
    /// Write to a page: while it is protected, the step is a fault, and repeats.
    Write(usize, u8),
    /// A device writes past the protection and then says so: two steps.
    DeviceWrite(usize, u8),
    Invalidate(usize),
    /// Replace a page by another.
    Remap(usize, u8),
}

/// What a vCPU knows.
#[derive(Default)]
struct Vcpu {
    at: usize,
    tickets: Vec<Ticket>,
    read: [u8; 2],
}

impl Vcpu {
    /// Takes one step of `program`.
    fn step(&mut self, program: &[Step], world: &World, pages: &Pages<'_>) {
        let step = program[self.at];
        self.at += 1;
        match step {
            Protect(n) => self.tickets.push(pages.protect(PAGES[n]).unwrap()),
            Read(n) => self.read[n] = world.memory[n].get(),
            Publish => {
                let tickets = core::mem::take(&mut self.tickets);
                pages.publish(&tickets, || world.reachable.borrow_mut().push(self.read));
            }
            PublishUnchecked => world.reachable.borrow_mut().push(self.read),
            Write(n, value) => {
                if world.protected[n].get() {
                    assert!(matches!(pages.fault(PAGES[n]), Outcome::Released { .. }));
                    self.at -= 1;
                } else {
                    world.memory[n].set(value);
                }
            }
            DeviceWrite(n, value) => world.memory[n].set(value),
            Invalidate(n) => pages.invalidate(PAGES[n].bytes()),
            Remap(n, value) => {
                pages.remap(PAGES[n].bytes(), || world.memory[n].set(value));
            }
        }
        world.check();
    }
}

/// What came of running every schedule.
#[derive(Debug, Default)]
struct Tally {
    schedules: u64,
    /// Schedules in which a stale translation was reachable at some time.
    stale: u64,
    /// Schedules that ended with a stale translation reachable.
    stale_at_end: u64,
    /// Schedules that ended with a reachable translation.
    useful: u64,
}

/// Runs every schedule of two programs.
fn enumerate(programs: [&[Step]; 2]) -> Tally {
    let mut tally = Tally::default();
    // A schedule is a list of choices; each run follows its prefix and then always
    // chooses the first vCPU that can go on.
    let mut schedule: Vec<usize> = Vec::new();
    loop {
        run(programs, &mut schedule, &mut tally);
        // Next in lexicographic order: bump the last choice that can be bumped.
        loop {
            match schedule.pop() {
                None => return tally,
                Some(0) => {
                    schedule.push(1);
                    break;
                }
                Some(_) => {}
            }
        }
    }
}

/// Runs one schedule, and completes it in place.
fn run(programs: [&[Step]; 2], schedule: &mut Vec<usize>, tally: &mut Tally) {
    let world = World::default();
    let pages = Pages::new(&world, &world);
    let mut vcpus = [Vcpu::default(), Vcpu::default()];
    let mut taken = 0;
    while vcpus.iter().zip(programs).any(|(v, p)| v.at < p.len()) {
        let can_go_on = [0, 1].map(|i| vcpus[i].at < programs[i].len());
        if taken == schedule.len() {
            // A forced choice is entered as 1 either way: there is nothing to bump.
            schedule.push(usize::from(can_go_on != [true, true]));
        }
        let choice = if can_go_on == [true, true] {
            schedule[taken]
        } else {
            usize::from(can_go_on[1])
        };
        taken += 1;
        vcpus[choice].step(programs[choice], &world, &pages);
    }
    let fresh = world.reachable.borrow().iter().all(|t| *t == world.bytes());
    tally.schedules += 1;
    tally.stale += u64::from(world.stale.get());
    tally.stale_at_end += u64::from(!fresh);
    tally.useful += u64::from(!world.reachable.borrow().is_empty());
}

/// Translates a unit that straddles both pages.
const TRANSLATE: [Step; 5] = [Protect(0), Read(0), Protect(1), Read(1), Publish];

/// Writes are seen whenever they happen, and most schedules still end with a
/// translation.
#[test]
fn no_write_leaves_a_stale_translation_reachable() {
    let twice: Vec<Step> = TRANSLATE.into_iter().chain(TRANSLATE).collect();
    let tally = enumerate([&twice, &[Write(0, 1), Write(1, 2), Write(0, 3)]]);
    assert!(tally.schedules > 200, "{tally:?}");
    assert_eq!((tally.stale, tally.stale_at_end), (0, 0), "{tally:?}");
    assert!(tally.useful > 0, "{tally:?}");
}

/// Two vCPUs that both translate and both write.
#[test]
fn vcpus_that_translate_and_write_agree() {
    let a: Vec<Step> = TRANSLATE.into_iter().chain([Write(0, 1)]).collect();
    let b: Vec<Step> = [Write(1, 2)].into_iter().chain(TRANSLATE).collect();
    let tally = enumerate([&a, &b]);
    assert!(tally.schedules > 900, "{tally:?}");
    assert_eq!((tally.stale, tally.stale_at_end), (0, 0), "{tally:?}");
}

/// Pages that are replaced, before, between and after other writes.
#[test]
fn remapping_leaves_nothing_stale() {
    let tally = enumerate([
        &TRANSLATE,
        &[Write(0, 1), Remap(0, 2), Remap(1, 3), Write(1, 4)],
    ]);
    assert!(tally.schedules > 100, "{tally:?}");
    assert_eq!((tally.stale, tally.stale_at_end), (0, 0), "{tally:?}");
}

/// A device writes unseen; translations may be stale until it says so, and no
/// longer.
#[test]
fn announced_writes_leave_nothing_stale() {
    let device = [
        DeviceWrite(0, 1),
        Invalidate(0),
        DeviceWrite(1, 2),
        Invalidate(1),
    ];
    let tally = enumerate([&TRANSLATE, &device]);
    assert!(tally.schedules > 100, "{tally:?}");
    assert_eq!(tally.stale_at_end, 0, "{tally:?}");
    assert!(tally.stale > 0, "the device is seen in between: {tally:?}");
}

/// The enumerator tells wrong protocols: reading before protecting, publishing
/// without a check, and a device that says nothing.
#[test]
fn wrong_protocols_are_found_out() {
    let writes = [Write(0, 1), Write(1, 2)];
    let too_late = [Read(0), Protect(0), Protect(1), Read(1), Publish];
    assert!(enumerate([&too_late, &writes]).stale_at_end > 0);
    let unchecked = [Protect(0), Read(0), Protect(1), Read(1), PublishUnchecked];
    assert!(enumerate([&unchecked, &writes]).stale_at_end > 0);
    assert!(enumerate([&TRANSLATE, &[DeviceWrite(0, 1)]]).stale_at_end > 0);
}

/// The enumerator misses no schedule: two programs of n and m steps that never
/// repeat one have (n + m)! / (n! m!) of them.
#[test]
fn every_schedule_is_run_once() {
    let reads = [Read(0); 4];
    assert_eq!(enumerate([&reads, &reads]).schedules, 70);
    assert_eq!(enumerate([&reads, &reads[..2]]).schedules, 15);
    assert_eq!(enumerate([&[], &reads]).schedules, 1);
}
