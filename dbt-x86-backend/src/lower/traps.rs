//! Instructions that may raise a floating-point exception.
//!
//! Each has a place behind the unit where generated code goes on, with all registers as
//! they were before: the instruction has not been executed.

use dbt_core::host::{Bet, BetOn};
use dbt_core::ir::{FloatFlags, Width};
use dbt_core::location::Location;

use super::{Lowering, Result};
use crate::asm::{Alu, Bits, Rm};
use crate::regs::Xmm;
use crate::runtime::slot_offset;

/// An instruction that may trap.
#[derive(Clone, Copy, Debug)]
pub(super) struct TrapSite {
    /// Its offset.
    at: u32,
    /// The guest instruction.
    location: Location,
    then: Trapped,
}

/// What is done instead.
#[derive(Clone, Copy, Debug)]
pub(super) enum Trapped {
    /// The function of an operation is called: an index of `Scratch::slow`.
    Float(usize),
    /// The same for an operation on vectors: an index of `Scratch::slow_vectors`.
    Vector(usize),
    /// A comparison is of a NaN; goes on at this offset.
    Unordered(u32),
}

impl Lowering<'_> {
    /// Tells whether the guest instruction is to raise no exceptions.
    pub(super) fn is_exact(&self) -> bool {
        self.input.lost.binary_search(&self.location).is_ok()
    }

    /// Notes what is done if the instruction at offset `at` traps.
    pub(super) fn traps_at(&mut self, at: u32, then: Trapped) {
        if self.traps {
            self.scratch.trap_sites.push(TrapSite {
                at,
                location: self.location,
                then,
            });
        }
    }

    /// Returns where later sites will be noted.
    pub(super) fn trap_sites(&self) -> usize {
        self.scratch.trap_sites.len()
    }

    /// Sets what is done at the sites from `first` on.
    pub(super) fn set_trapped(&mut self, first: usize, then: Trapped) {
        for site in &mut self.scratch.trap_sites[first..] {
            site.then = then;
        }
    }

    /// Emits what is done instead of instructions that trap. To be called behind the
    /// stubs.
    pub(super) fn trapped(&mut self) -> Result<alloc::vec::Vec<Bet>> {
        let sites = core::mem::take(&mut self.scratch.trap_sites);
        let mut bets = alloc::vec::Vec::with_capacity(sites.len());
        for site in &sites {
            bets.push(Bet {
                offset: site.at,
                location: site.location,
                on: BetOn::Float {
                    resume: self.trapped_at(site.then)?,
                },
            });
        }
        self.scratch.trap_sites = sites;
        Ok(bets)
    }

    fn trapped_at(&mut self, then: Trapped) -> Result<u32> {
        let here = self.asm.offset();
        match then {
            Trapped::Float(index) => {
                if let Some(entry) = self.scratch.slow[index].entry {
                    return Ok(entry);
                }
                self.emit_slow(index);
            }
            Trapped::Vector(index) => {
                if let Some(entry) = self.scratch.slow_vectors[index].entry {
                    return Ok(entry);
                }
                self.emit_slow_vector(index)?;
            }
            Trapped::Unordered(back) => {
                if let Some(slot) = self.input.layout.float_status {
                    let status = Rm::State(slot_offset(self.input.layout, slot));
                    let invalid = FloatFlags::INVALID.bits().cast_signed();
                    self.asm.alu_imm(Alu::Or, Bits::B32, status, invalid);
                }
                // All bits set is a quiet NaN, which raises nothing.
                let nan = Xmm::SCRATCH;
                self.ones(nan);
                self.asm.compare_vector(Width::W32, false, nan, nan);
                let at = self.asm.jmp();
                self.asm.patch(at, back.into());
            }
        }
        Ok(here)
    }
}
