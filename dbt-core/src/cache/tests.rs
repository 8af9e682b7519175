//! Random sequences of everything that happens to a cache, against a model that
//! knows nothing of indices, segments' order or epochs.

extern crate std;

use alloc::collections::BTreeMap;
use alloc::vec;
use core::sync::atomic::Ordering::SeqCst;
use std::collections::HashSet;

use proptest::prelude::*;
use spin::Mutex;

use super::code::Code;
use super::evict::Busy;
use super::*;
use crate::analysis::bindings::Binding;
use crate::guest::StateLayout;
use crate::host::{
    BoundEntry, BoundExit, Callees, CompileError, CompileInput, ExitSite, HostFault, Lowering,
    Patch, Runtime,
};

/// Code memory that nobody executes.
struct Memory {
    bytes: Mutex<Vec<u8>>,
    /// Where it pretends to be executed; never followed.
    base: usize,
    /// Enough for the locations below.
    directory: Vec<AtomicU64>,
}

impl Memory {
    fn new(capacity: usize) -> Self {
        Self {
            bytes: Mutex::new(vec![0; capacity]),
            base: 0x1000_0000,
            directory: (0..16).map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

// SAFETY: nobody executes what is written.
unsafe impl CodeMemory for Memory {
    fn capacity(&self) -> usize {
        self.bytes.lock().len()
    }
    fn exec_base(&self) -> *const u8 {
        core::ptr::without_provenance(self.base)
    }
    fn write(&self, offset: usize, bytes: &[u8]) {
        self.bytes.lock()[offset..][..bytes.len()].copy_from_slice(bytes);
    }
    fn publish(&self, _: Range<usize>) {}
    fn directory(&self) -> Option<&[AtomicU64]> {
        Some(&self.directory)
    }
}

/// A back end whose links can be read back.
#[derive(Clone)]
struct Recogniser;

impl Recogniser {
    const MARK: u64 = 0x4c49_4e4b << 32;
}

// SAFETY: what it emits is never executed.
unsafe impl Backend for Recogniser {
    type Map = ();

    fn emit_runtime(
        &mut self,
        _: &StateLayout,
        _: Lowering,
        _: &Callees,
        _: &mut Vec<u8>,
    ) -> Result<Runtime, CompileError> {
        Err(CompileError::Unsupported)
    }
    fn compile(
        &mut self,
        _: CompileInput<'_>,
        _: &mut Vec<u8>,
    ) -> Result<Fragment<()>, CompileError> {
        Err(CompileError::Unsupported)
    }
    fn link(&self, patch: &Patch, fragment: u32, to: u32) -> Option<(u64, usize)> {
        let site = fragment + patch.at;
        assert!(site.is_multiple_of(8), "the patch is atomic");
        Some((Self::MARK | u64::from(to), 8))
    }
    fn import_flags(&self, nzcv: u32) -> u64 {
        nzcv.into()
    }
    fn export_flags(&self, _: u64) -> u32 {
        0
    }
    fn find_map<'m>(&self, _: &'m [()], _: u32) -> Option<&'m ()> {
        None
    }
    fn recover(
        &self,
        (): &(),
        _: &HostFault,
        flags: u64,
        _: &mut dyn FnMut(u32, u32),
    ) -> (Location, u64) {
        (Location(0), flags)
    }
}

/// A vCPU that is wherever the test says.
struct FakeVcpu {
    jump_cache: JumpCache,
    inside: AtomicU64,
    asked: AtomicU64,
}

impl Watcher for FakeVcpu {
    fn jump_cache(&self) -> &JumpCache {
        &self.jump_cache
    }
    fn inside(&self) -> u64 {
        self.inside.load(SeqCst)
    }
    fn request_leave(&self) {
        self.asked.fetch_add(1, SeqCst);
    }
}

/// How the model remembers a fragment.
#[derive(Clone, Debug)]
struct ModelFragment {
    id: FragmentId,
    offset: Offset,
    code: Vec<u8>,
    sites: Vec<ExitSite>,
    source: Vec<Range<u64>>,
    /// By exit: the location it is linked to.
    links: Vec<Option<Location>>,
}

impl ModelFragment {
    fn is_made_from(&self, range: &Range<u64>) -> bool {
        self.source
            .iter()
            .any(|source| source.clone().any(|byte| range.contains(&byte)))
    }
}

#[derive(Clone, Debug)]
enum Op {
    Insert {
        location: u8,
        page: u8,
        start: u16,
        bytes: u8,
        words: u8,
        exits: Vec<u8>,
        /// An invalidation while the translation is made.
        meanwhile: Option<(u8, u16, u8)>,
    },
    Link {
        location: u8,
        exit: u8,
    },
    Invalidate {
        page: u8,
        start: u16,
        bytes: u16,
    },
    InvalidateAll,
    Enter {
        vcpu: u8,
        location: u8,
    },
    Leave {
        vcpu: u8,
    },
}

fn op() -> impl Strategy<Value = Op> {
    let location = 0..24_u8;
    let page = 0..4_u8;
    let start = (0..4096_u16).prop_map(|start| start & !1);
    prop_oneof![
        6 => (
            location.clone(), page.clone(), start.clone(), 2..60_u8, 1..60_u8,
            prop::collection::vec(location.clone(), 0..4),
            prop::option::weighted(0.1, (page.clone(), start.clone(), any::<u8>())),
        ).prop_map(|(location, page, start, bytes, words, exits, meanwhile)| Op::Insert {
            location, page, start, bytes, words, exits, meanwhile,
        }),
        6 => (location.clone(), 0..4_u8).prop_map(|(location, exit)| Op::Link { location, exit }),
        2 => (page, start, 1..600_u16).prop_map(|(page, start, bytes)| Op::Invalidate {
            page, start, bytes,
        }),
        1 => Just(Op::InvalidateAll),
        3 => (0..3_u8, location).prop_map(|(vcpu, location)| Op::Enter { vcpu, location }),
        3 => (0..3_u8).prop_map(|vcpu| Op::Leave { vcpu }),
    ]
}

struct Test {
    host: Host<Recogniser, Memory>,
    cache: Cache<()>,
    vcpus: Vec<Arc<FakeVcpu>>,
    /// What can be entered.
    live: BTreeMap<Location, ModelFragment>,
    /// What cannot, but is not reclaimed.
    forgotten: Vec<ModelFragment>,
    /// What each vCPU executes.
    executes: Vec<Option<ModelFragment>>,
}

/// How far apart a fragment's entries are.
const APART: Offset = 8;

/// What an exit has in registers, or an entry expects there: always the same slot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Slots {
    Clean,
    Dirty,
    /// Dirty, in another register.
    Elsewhere,
}

impl Slots {
    fn of_exit(word: u32) -> Option<Self> {
        [
            None,
            Some(Self::Clean),
            Some(Self::Dirty),
            Some(Self::Elsewhere),
        ][word as usize % 4]
    }

    /// Those that the bound entries of a location's fragment expect.
    fn expected(at: Location) -> &'static [Self] {
        match at.0 % 7 {
            0 => &[],
            1 => &[Self::Clean],
            2 => &[Self::Dirty],
            3 => &[Self::Elsewhere, Self::Clean],
            4 => &[Self::Clean, Self::Dirty],
            5 => &[Self::Dirty, Self::Clean],
            _ => &[Self::Elsewhere, Self::Dirty],
        }
    }

    fn may_be_followed_by(self, expected: Self) -> bool {
        self == expected || self == Self::Clean && expected == Self::Dirty
    }

    fn bindings(self) -> Arc<[Binding]> {
        Arc::new([Binding {
            offset: 64,
            bytes: 8,
            reg: u8::from(self == Self::Elsewhere),
            dirty: self != Self::Clean,
        }])
    }
}

/// Returns the places of an exit that are patched.
fn patches(site: &ExitSite) -> impl Iterator<Item = Patch> {
    let bound = site.bound.iter().map(|bound| bound.patch);
    bound.chain([site.patch])
}

/// Where the fake runtime ends.
const RUNTIME: Offset = 40;

fn location(number: u8) -> Location {
    // Some share a jump-cache entry.
    Location::new(u32::from(number % 8) * 2, u32::from(number / 8))
}

fn bytes_at(page: u8, start: u16, bytes: u16) -> Range<u64> {
    // The pages follow each other, so that ranges may cross.
    let start = u64::from(page) * PAGE + u64::from(start);
    start..start + u64::from(bytes)
}

const PAGE: u64 = pages::PAGE_SIZE;

const PATIENCE: Patience = Patience {
    float: 0,
    address: 0,
};

impl Test {
    fn new(capacity: usize, segments: usize) -> Self {
        let mut code = Code::new(Memory::new(capacity)).unwrap();
        code.use_directory();
        let mut cache = Cache::new(RUNTIME..code.capacity(), segments, PATIENCE);
        let vcpus: Vec<_> = (0..3)
            .map(|_| {
                Arc::new(FakeVcpu {
                    jump_cache: JumpCache::new(),
                    inside: AtomicU64::new(OUTSIDE),
                    asked: AtomicU64::new(0),
                })
            })
            .collect();
        for vcpu in &vcpus {
            let watcher: Arc<dyn Watcher> = Arc::<FakeVcpu>::clone(vcpu);
            cache.watch(Arc::downgrade(&watcher));
        }
        Self {
            host: Host::new(Recogniser, code),
            cache,
            executes: vec![None; vcpus.len()],
            vcpus,
            live: BTreeMap::new(),
            forgotten: Vec::new(),
        }
    }

    fn forget(&mut self, dead: impl Fn(&ModelFragment) -> bool) {
        let (dead, live): (BTreeMap<_, _>, BTreeMap<_, _>) = core::mem::take(&mut self.live)
            .into_iter()
            .partition(|(_, it)| dead(it));
        self.live = live;
        for fragment in self.live.values_mut() {
            for link in &mut fragment.links {
                *link = link.filter(|to| !dead.contains_key(to));
            }
        }
        self.forgotten
            .extend(dead.into_values().map(|mut fragment| {
                fragment.links.fill(None);
                fragment
            }));
    }

    fn invalidate(&mut self, range: &Range<u64>) {
        self.cache.invalidate(&self.host, range);
        self.forget(|fragment| range.end == u64::MAX || fragment.is_made_from(range));
    }

    /// Finds room, as the translator does.
    fn room(&mut self, len: usize) -> Option<Offset> {
        if len > self.cache.largest() as usize {
            return None;
        }
        loop {
            let (offset, room) = self.cache.room();
            if len <= room as usize {
                return Some(offset);
            }
            let (oldest, evicted) = self.cache.segments.oldest();
            let executing = self
                .executes
                .iter()
                .flatten()
                .any(|it| oldest.contains(&it.offset));
            let result = self.cache.advance(&self.host);
            if !evicted {
                self.forget(|fragment| oldest.contains(&fragment.offset));
            }
            match result {
                Ok(()) => {
                    assert!(!executing, "code is reclaimed while a vCPU executes it");
                    self.forgotten.retain(|it| !oldest.contains(&it.offset));
                }
                Err(Busy) => {
                    assert!(
                        self.vcpus
                            .iter()
                            .any(|vcpu| vcpu.inside() != OUTSIDE && vcpu.asked.load(SeqCst) > 0),
                        "somebody is waited for and knows it"
                    );
                    return None;
                }
            }
        }
    }

    fn insert(
        &mut self,
        at: Location,
        source: Range<u64>,
        words: u8,
        exits: &[u8],
        meanwhile: Option<Range<u64>>,
    ) {
        let ticket = self.cache.ticket();
        if let Some(range) = &meanwhile {
            self.invalidate(range);
        }
        // One word each for the exit's patchable places and for where they lead.
        let len = 8 * (usize::from(words) + 3 * exits.len());
        let Some(offset) = self.room(len) else {
            return;
        };
        let mut code = vec![u8::try_from(at.0 & 0xff).unwrap(); len];
        let sites: Vec<ExitSite> = exits
            .iter()
            .zip((u32::from(words)..).step_by(3))
            .map(|(&target, word)| ExitSite {
                // As a call at the end of the code would leave.
                id: 8 * word + 24,
                patch: Patch {
                    at: 8 * word + 8,
                    unlinked: 8 * word + 16,
                    tag: 0,
                },
                target: location(target),
                entry: target & 1,
                bound: Slots::of_exit(word).map(|slots| BoundExit {
                    // Of two bound exits one has nothing to store before its other place.
                    patch: Patch {
                        at: 8 * word + 8 * (word & 1),
                        unlinked: 8 * word + 8 + 8 * (word & 1),
                        tag: 0,
                    },
                    bindings: slots.bindings(),
                }),
            })
            .collect();
        let bound = Slots::expected(at).iter().zip(2..);
        let returns: Vec<_> = sites
            .iter()
            .map(|site| (site.target, site.patch.unlinked))
            .collect();
        for patch in sites.iter().flat_map(patches) {
            let (bytes, _) = Recogniser
                .link(&patch, offset, offset + patch.unlinked)
                .expect("everything is in reach");
            code[patch.at as usize..][..8].copy_from_slice(&bytes.to_le_bytes());
        }
        let new = NewFragment {
            location: at,
            ticket,
            source: core::slice::from_ref(&source),
            guest_insts: 1,
            offset,
            code: &code,
            fragment: Fragment {
                len: u32::try_from(len).unwrap(),
                exits: sites.clone(),
                maps: Vec::new(),
                bets: Vec::new(),
                outside: 0,
                entries: [APART, 9 * APART],
                bound: bound
                    .map(|(slots, number)| BoundEntry {
                        entries: [number * APART, (number + 2) * APART],
                        contract: slots.bindings(),
                    })
                    .collect(),
                returns,
                detour: Vec::new(),
                marks: Vec::new(),
            },
        };
        let stale =
            meanwhile.is_some_and(|range| range.start < source.end && source.start < range.end);
        let (oldest, evicted) = self.cache.segments.oldest();
        let result = self.cache.insert(&self.host, new);
        match result {
            Ok(id) => {
                assert!(!stale, "a stale translation entered the cache");
                let fragment = ModelFragment {
                    id,
                    offset,
                    code,
                    links: vec![None; sites.len()],
                    sites,
                    source: vec![source],
                };
                assert!(
                    self.live.insert(at, fragment).is_none(),
                    "{at} is there twice"
                );
            }
            Err(Rejected::Stale) => assert!(stale, "bytes were thought changed"),
            Err(Rejected::Exists(id)) => assert_eq!(self.live[&at].id, id),
        }
        if !evicted && self.cache.segments.oldest().1 {
            self.forget(|fragment| oldest.contains(&fragment.offset));
        }
    }

    fn link(&mut self, from: Location, exit: u8) {
        let Some(fragment) = self.live.get_mut(&from) else {
            return;
        };
        let index = usize::from(exit);
        let Some(site) = fragment.sites.get(index) else {
            return;
        };
        let at = self.cache.exit_at(fragment.offset + site.id).unwrap();
        assert_eq!(at.target, site.target);
        if let Some(to) = self.cache.get(at.target) {
            self.cache.link(&self.host, at, to);
            fragment.links[index] = Some(at.target);
        }
    }

    /// A vCPU looks a location up with the lock held, and executes what it finds.
    fn enter(&mut self, vcpu: usize, at: Location) {
        let entry = self.cache.get(at).and_then(|id| self.cache.entry(id));
        assert_eq!(entry.is_some(), self.live.contains_key(&at));
        let Some(entry) = entry else { return };
        let shared = &self.vcpus[vcpu];
        shared.inside.store(self.host.epoch.load(SeqCst), SeqCst);
        shared.jump_cache.fill(&self.host.code, at, entry);
        self.host.code.list_if_absent(at, entry.offset());
        self.executes[vcpu] = Some(self.live[&at].clone());
    }

    fn leave(&mut self, vcpu: usize) {
        self.vcpus[vcpu].inside.store(OUTSIDE, SeqCst);
        self.executes[vcpu] = None;
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Insert {
                location: at,
                page,
                start,
                bytes,
                words,
                exits,
                meanwhile,
            } => {
                let meanwhile =
                    meanwhile.map(|(page, start, len)| bytes_at(page, start, len.into()));
                let source = bytes_at(page, start, bytes.into());
                self.insert(location(at), source, words, &exits, meanwhile);
            }
            Op::Link { location: at, exit } => self.link(location(at), exit),
            Op::Invalidate { page, start, bytes } => self.invalidate(&bytes_at(page, start, bytes)),
            Op::InvalidateAll => self.invalidate(&(0..u64::MAX)),
            Op::Enter { vcpu, location: at } => self.enter(vcpu.into(), location(at)),
            Op::Leave { vcpu } => self.leave(vcpu.into()),
        }
    }

    /// Checks every invariant.
    fn check(&self) {
        for number in 0..24 {
            let at = location(number);
            assert_eq!(
                self.cache.get(at),
                self.live.get(&at).map(|it| it.id),
                "{at}"
            );
        }
        let mut all: Vec<&ModelFragment> = self.live.values().chain(&self.forgotten).collect();
        all.sort_by_key(|it| it.offset);
        for pair in all.windows(2) {
            let end = pair[0].offset as usize + pair[0].code.len();
            assert!(end < pair[1].offset as usize, "fragments touch");
        }
        let memory = self.host.code.with_bytes();
        for fragment in &all {
            self.check_fragment(fragment, &memory);
        }
        self.check_jump_caches();
        self.check_directory();
        self.check_bytes();
        self.check_size(&all);
    }

    fn check_fragment(&self, fragment: &ModelFragment, memory: &[u8]) {
        let len = u32::try_from(fragment.code.len()).unwrap();
        for inside in [0, len / 2, len] {
            let (id, _) = self.cache.at(fragment.offset + inside).unwrap();
            assert_eq!(id, fragment.id, "a host address belongs to its fragment");
        }
        let mut expected = fragment.code.clone();
        for (site, link) in fragment.sites.iter().zip(&fragment.links) {
            let Some(to) = *link else { continue };
            let word = (site.id - 24) / 8;
            let mut suited = Slots::expected(to).iter().zip(2..);
            let suited = suited.find(|(slots, _)| {
                Slots::of_exit(word).is_some_and(|exit| exit.may_be_followed_by(**slots))
            });
            let (patch, entry) = match suited {
                Some((_, number)) => {
                    let bound = site.bound.as_ref().unwrap();
                    (bound.patch, (number + 2 * u32::from(site.entry)) * APART)
                }
                None => (site.patch, (1 + 8 * u32::from(site.entry)) * APART),
            };
            let (bytes, _) = Recogniser
                .link(&patch, fragment.offset, self.live[&to].offset + entry)
                .expect("everything is in reach");
            expected[patch.at as usize..][..8].copy_from_slice(&bytes.to_le_bytes());
        }
        let start = fragment.offset as usize;
        assert_eq!(memory[start..][..expected.len()], expected, "links dangle");
    }

    fn check_jump_caches(&self) {
        for vcpu in &self.vcpus {
            for at in (0..24).map(location) {
                if let Some(entry) = vcpu.jump_cache.get(&self.host.code, at) {
                    assert_eq!(entry.offset(), self.live[&at].offset, "a jump cache lies");
                }
            }
        }
    }

    fn check_directory(&self) {
        let code = &self.host.code;
        for (at, word) in (0..).map(Location).zip(code.directory().unwrap()) {
            let word = word.load(SeqCst);
            if word == 0 || word == code.address(0) {
                continue;
            }
            let entry = self.live.get(&at).map(|fragment| fragment.offset);
            let returns = self.live.values().flat_map(|fragment| {
                let sites = fragment.sites.iter().filter(|site| site.target == at);
                sites.map(|site| fragment.offset + site.patch.unlinked)
            });
            let known = entry.into_iter().chain(returns);
            assert!(
                known
                    .map(|offset| code.address(offset))
                    .any(|it| it == word),
                "the directory lies"
            );
        }
    }

    fn check_bytes(&self) {
        for start in (0..5 * PAGE).step_by(1022) {
            let range = start..start + 300;
            let expected = self.live.values().any(|it| it.is_made_from(&range));
            assert_eq!(self.cache.has_code(&range), expected);
            assert!(!expected || self.host.filter.may_have_code(&range));
        }
    }

    fn check_size(&self, all: &[&ModelFragment]) {
        let stats = self.cache.stats();
        assert_eq!(stats.live_fragments, self.live.len() as u64);
        assert!(stats.used_bytes <= stats.capacity_bytes);
        let used = self.cache.records.len() - self.cache.free.len();
        assert_eq!(used, all.len(), "a record leaks");
        let links = self.live.values().flat_map(|it| &it.links).flatten();
        let mut incoming = BTreeMap::new();
        for to in links {
            *incoming.entry(to).or_insert(0) += 1;
        }
        assert_eq!(
            stats.links - stats.unlinks,
            incoming.values().sum::<u64>(),
            "links are counted"
        );
        for (at, fragment) in &self.live {
            let record = self.cache.record(fragment.id).unwrap();
            let real: HashSet<_> = record
                .incoming
                .iter()
                .filter(|&&(from, index)| self.cache.is_linked(from, index, fragment.id))
                .collect();
            let expected = incoming.get(at).copied().unwrap_or(0);
            assert_eq!(
                real.len() as u64,
                expected,
                "a link is not known to its target"
            );
        }
    }
}

impl Code<Memory> {
    fn with_bytes(&self) -> Vec<u8> {
        self.memory().bytes.lock().clone()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    /// In several segments, some of them waited for.
    #[test]
    fn cache_agrees_with_a_model(
        segments in 1..5_usize,
        ops in prop::collection::vec(op(), 1..120),
    ) {
        let mut test = Test::new(RUNTIME as usize + 8 + segments * 4096, segments);
        for op in ops {
            test.apply(op);
            test.check();
        }
    }

    /// In code memory that holds a few fragments at best.
    #[test]
    fn tiny_cache_agrees_with_a_model(
        capacity in 64..800_usize,
        ops in prop::collection::vec(op(), 1..80),
    ) {
        let mut test = Test::new(capacity, 8);
        for op in ops {
            test.apply(op);
            test.check();
        }
    }
}

/// Relinking the same exits for ever does not make a target's list grow.
#[test]
fn incoming_list_is_bounded() {
    let mut test = Test::new(1 << 16, 1);
    test.insert(location(0), bytes_at(0, 0, 4), 1, &[], None);
    let mut rounds = 0_u16;
    while test.cache.stats.evictions == 0 {
        test.insert(location(1), bytes_at(1, 0, 4), 1, &[0], None);
        test.link(location(1), 0);
        test.invalidate(&bytes_at(1, 0, 4));
        if let Some(target) = test.live.get(&location(0)) {
            let record = test.cache.record(target.id).unwrap();
            assert!(
                record.incoming.len() <= 4,
                "{} links remembered",
                record.incoming.len()
            );
        }
        rounds += 1;
    }
    assert!(rounds > 100, "the cache was filled");
}
