//! Forgetting translations, on request and by watching stores.

use core::ops::Range;

use dbt_isa::ops::Access;

use super::enter::callback::CodeWatch;
use super::{Engine, Jit};
use crate::guest::Guest;
use crate::host::{Backend, CodeMemory};
use crate::memory::{Fetch, FetchFault, GuestMemory, MemoryFault};

impl<G: Guest, B: Backend, C: CodeMemory> Engine<G, B, C> {
    /// Forgets every translation made from bytes at guest addresses in `range`,
    /// and no other.
    ///
    /// When it returns, none of them can be entered any more, on any vCPU. One
    /// that a vCPU is executing on another thread is finished, up to its next
    /// exit or loop head, as the architecture allows until that CPU
    /// synchronises.
    ///
    /// It may be called at any time from any thread, also from within a method of
    /// the environment or from a fault hook, provided the fault was in generated
    /// code.
    pub fn invalidate(&self, range: Range<u64>) {
        if let Some(jit) = &self.jit {
            jit.invalidate(&range);
        }
    }

    /// Forgets every translation.
    pub fn invalidate_all(&self) {
        self.invalidate(0..u64::MAX);
    }
}

impl<B: Backend, C: CodeMemory> Jit<B, C> {
    pub(super) fn invalidate(&self, range: &Range<u64>) {
        self.cache.lock().invalidate(&self.host, range);
    }

    /// Takes note of a store that generated code did not make.
    fn stored(&self, access: Access, address: u64) {
        let range = address..address.saturating_add(access.size.bytes().into());
        if self.host.filter.may_have_code(&range) {
            self.invalidate(&range);
        }
    }
}

impl<B: Backend, C: CodeMemory> CodeWatch for Jit<B, C> {
    fn has_code(&self, range: &Range<u64>) -> bool {
        self.host.filter.may_have_code(range) && self.cache.lock().has_code(range)
    }
}

/// The interpreter's memory: stores to translated code invalidate it.
pub(super) struct WatchedMemory<'a, E, B: Backend, C> {
    pub(super) env: &'a mut E,
    pub(super) jit: &'a Jit<B, C>,
}

impl<E: Fetch, B: Backend, C> Fetch for WatchedMemory<'_, E, B, C> {
    fn fetch16(&mut self, address: u64) -> Result<u16, FetchFault> {
        self.env.fetch16(address)
    }

    fn fetch32(&mut self, address: u64) -> Result<u32, FetchFault> {
        self.env.fetch32(address)
    }

    fn fetch_unprivileged(&mut self, unprivileged: bool) {
        self.env.fetch_unprivileged(unprivileged);
    }
}

impl<E: GuestMemory, B: Backend, C: CodeMemory> GuestMemory for WatchedMemory<'_, E, B, C> {
    fn load(&mut self, access: Access, address: u64) -> Result<u64, MemoryFault> {
        self.env.load(access, address)
    }

    fn store(&mut self, access: Access, address: u64, value: u64) -> Result<(), MemoryFault> {
        self.env.store(access, address, value)?;
        self.jit.stored(access, address);
        Ok(())
    }

    fn compare_exchange(
        &mut self,
        access: Access,
        address: u64,
        expected: u64,
        new: u64,
    ) -> Result<u64, MemoryFault> {
        let old = self.env.compare_exchange(access, address, expected, new)?;
        self.jit.stored(access, address);
        Ok(old)
    }
}
