//! What an engine and its vCPUs have done, as plain numbers.

/// What the vCPUs of an engine share: translations and the cache.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Stats {
    /// Fragments made.
    pub translations: u64,
    /// Guest instructions in them.
    pub guest_insts: u64,
    /// Bytes of host code in them.
    pub host_bytes: u64,
    /// Fragments that can be entered now.
    pub live_fragments: u64,
    /// Bytes of code memory in use now, those of forgotten fragments included.
    pub used_bytes: u64,
    /// Bytes of code memory that fragments may use.
    pub capacity_bytes: u64,
    /// Exits linked to their successors.
    pub links: u64,
    /// Those of them by which slots of floating-point and vector registers stay in the
    /// host's.
    pub bound_links: u64,
    /// Links taken back.
    pub unlinks: u64,
    /// Calls of `invalidate` and `invalidate_all`.
    pub invalidations: u64,
    /// Fragments that they forgot.
    pub invalidated_fragments: u64,
    /// Segments evicted because the cache was full.
    pub evictions: u64,
    /// Fragments that evictions forgot.
    pub evicted_fragments: u64,
    /// Translations thrown away because their bytes had changed meanwhile, or
    /// because another vCPU had made the same.
    pub discarded: u64,
    /// Units that the back end refused; they are interpreted.
    pub refused: u64,
    /// How often a segment could not be reused yet because a vCPU might still
    /// have been executing in it.
    pub waits: u64,
}

/// What one vCPU has done.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct VcpuStats {
    /// Entries of generated code.
    pub entries: u64,
    /// Instructions that the interpreter executed.
    pub interpreted: u64,
    /// Times generated code left at an exit without a link.
    pub unlinked_exits: u64,
    /// Times an indirect branch missed the jump cache.
    pub indirect_misses: u64,
    /// Lookups that the jump cache could not answer.
    pub lookups: u64,
    /// Units translated.
    pub translations: u64,
    /// Nanoseconds spent on translating, by the environment's clock.
    pub translation_ns: u64,
    /// Accesses of generated code that faulted.
    pub faults: u64,
    /// Faults after which the guest went on.
    pub resolved_faults: u64,
    /// Floating-point exceptions that generated code raised.
    pub float_traps: u64,
    /// Accesses that faulted because their address wrapped around, against a bet.
    pub wrapped: u64,
}

impl core::ops::AddAssign for VcpuStats {
    fn add_assign(&mut self, other: Self) {
        self.entries += other.entries;
        self.interpreted += other.interpreted;
        self.unlinked_exits += other.unlinked_exits;
        self.indirect_misses += other.indirect_misses;
        self.lookups += other.lookups;
        self.translations += other.translations;
        self.translation_ns += other.translation_ns;
        self.faults += other.faults;
        self.resolved_faults += other.resolved_faults;
        self.float_traps += other.float_traps;
        self.wrapped += other.wrapped;
    }
}
