//! Slots of floating-point and vector registers in host registers.
//!
//! **Problem.** Such slots are too many to be pinned, and writing each result to
//! memory at once would cost more than computing it.
//!
//! **Approach.** Vector registers of the host cache slots. A [`Binding`] says that
//! a register holds a slot; it is *dirty* if memory does not. [`Bindings`] are what
//! holds at one point of a block, and what a state map needs of it. Between blocks
//! they live on: see [`Contracts`]; between fragments too, see [`meets`].
//!
//! **Invariant.** No two bindings overlap unless both are clean.

mod contract;
mod fragment;

use alloc::sync::Arc;
use alloc::vec::Vec;

pub use contract::{Contracts, Transfer, transfers};
pub use fragment::{Successors, is_cheaper, leaving, meets};

/// A slot that a register holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Binding {
    /// The slot's offset in the state, in bytes.
    pub offset: u32,
    /// The slot's size in bytes.
    pub bytes: u32,
    /// The register, by the host's number.
    pub reg: u8,
    /// Whether memory does not hold the slot.
    pub dirty: bool,
}

impl Binding {
    /// Tells whether the slot shares bytes with another.
    #[must_use]
    pub const fn overlaps(&self, offset: u32, bytes: u32) -> bool {
        self.offset < offset + bytes && offset < self.offset + self.bytes
    }

    /// Tells whether it is this slot.
    #[must_use]
    pub const fn is(&self, offset: u32, bytes: u32) -> bool {
        self.offset == offset && self.bytes == bytes
    }

    /// Tells whether all bytes of another slot are the slot's too.
    #[must_use]
    pub const fn contains(&self, offset: u32, bytes: u32) -> bool {
        self.offset <= offset && offset + bytes <= self.offset + self.bytes
    }

    /// Tells whether all bytes of the slot are another's too.
    #[must_use]
    pub const fn is_within(&self, offset: u32, bytes: u32) -> bool {
        offset <= self.offset && self.offset + self.bytes <= offset + bytes
    }
}

/// What vector registers hold at one point.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    list: Vec<Binding>,
    /// The dirty ones as a state map lists them, if nothing has changed since.
    deferred: Option<Option<Arc<[Binding]>>>,
    /// The bindings at the head of the loop that is being lowered.
    preferred: Vec<Binding>,
    /// Those that are preferred outside of loops: what fragments around this one expect.
    around: Vec<Binding>,
}

impl Bindings {
    /// Returns the bindings, in the order in which they were made.
    #[must_use]
    pub fn all(&self) -> &[Binding] {
        &self.list
    }

    /// Returns the bindings at the head of the loop that is being lowered, or what
    /// fragments around this one expect.
    #[must_use]
    pub fn preferred(&self) -> &[Binding] {
        &self.preferred
    }

    /// Makes the bindings of now those that the loop's head prefers, or leaves loops.
    pub fn prefer(&mut self, these: bool) {
        self.preferred.clear();
        let preferred = if these { &self.list } else { &self.around };
        self.preferred.extend_from_slice(preferred);
    }

    /// Makes these what is preferred outside of loops, too.
    pub fn prefer_around(&mut self, these: &[Binding]) {
        self.around.clear();
        self.around.extend_from_slice(these);
        self.prefer(false);
    }

    /// Forgets the bindings, none of which is dirty.
    pub fn clear(&mut self) {
        self.list.clear();
        self.deferred = None;
    }

    /// Makes these the bindings.
    pub fn set(&mut self, bindings: &[Binding]) {
        self.list.clear();
        self.list.extend_from_slice(bindings);
        self.deferred = None;
    }

    /// Returns the register of a slot.
    #[must_use]
    pub fn find(&self, offset: u32, bytes: u32) -> Option<u8> {
        let mut list = self.list.iter();
        list.find(|binding| binding.is(offset, bytes))
            .map(|binding| binding.reg)
    }

    /// Returns a binding of which a slot is a part.
    #[must_use]
    pub fn find_containing(&self, offset: u32, bytes: u32) -> Option<Binding> {
        let mut list = self.list.iter().copied();
        list.find(|binding| binding.contains(offset, bytes))
    }

    /// Tells whether a register is bound.
    #[must_use]
    pub fn is_bound(&self, reg: u8) -> bool {
        self.list.iter().any(|binding| binding.reg == reg)
    }

    /// Adds a binding.
    pub fn bind(&mut self, binding: Binding) {
        self.list.push(binding);
        if binding.dirty {
            self.deferred = None;
        }
    }

    /// Forgets bindings.
    pub fn drop_if(&mut self, condition: impl Fn(&Binding) -> bool) {
        self.list.retain(|binding| !condition(binding));
        self.deferred = None;
    }

    /// Calls `store` with each dirty binding for which `condition` holds; it is
    /// clean then.
    pub fn clean(&mut self, condition: impl Fn(&Binding) -> bool, mut store: impl FnMut(&Binding)) {
        for binding in &mut self.list {
            if binding.dirty && condition(binding) {
                store(binding);
                binding.dirty = false;
                self.deferred = None;
            }
        }
    }

    /// Returns the dirty bindings for a state map.
    pub fn deferred(&mut self) -> Option<Arc<[Binding]>> {
        let list = &self.list;
        let collect = || {
            let dirty = list.iter().copied().filter(|binding| binding.dirty);
            let dirty: Vec<_> = dirty.collect();
            (!dirty.is_empty()).then(|| dirty.into())
        };
        self.deferred.get_or_insert_with(collect).clone()
    }
}
