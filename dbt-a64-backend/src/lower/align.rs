//! Which addresses are known to be aligned.
//!
//! What has been found out of one value holds for each that differs from it by a constant.
//! What holds when a block begins, and what a loop is not entered without, is
//! [`Alignments`](crate::alignment::Alignments)'. If an address is not aligned the
//! instruction there is left to the interpreter, which is always right.

use dbt_core::analysis::FlagSet;
use dbt_core::analysis::alignment::AlignedValues;
use dbt_core::host::{CompileError, Lowering as MemoryLowering};
use dbt_core::ir::{Inst, Value, Width};
use dbt_isa::ops::Access;

use super::branch::Why;
use super::flags::InRegister;
use super::int::Test;
use super::place::Place;
use super::{Lowering, Result};
use crate::alignment::MASKS;
use crate::asm::{Logic, logical_immediate};
use crate::flags::Sources;
use crate::regs::{PINNED, Reg};

/// What is known at one point.
#[derive(Clone, Debug, Default)]
pub(super) struct Alignment {
    known: AlignedValues,
    /// The block's position.
    position: usize,
}

impl Alignment {
    /// Begins the block at a position.
    pub(super) fn begin_block(&mut self, position: usize) {
        self.known.clear();
        self.position = position;
    }
}

/// The low bits that are zero in a multiple of four.
const WORD: u32 = 3;

impl Lowering<'_> {
    /// Leaves for the interpreter if the address is not aligned: it knows what
    /// becomes of the access.
    pub(super) fn check_alignment(&mut self, access: Access, address: Value) -> Result<()> {
        let mask = access.alignment() - 1;
        if mask == 0 {
            return Ok(());
        }
        if self.is_aligned(address, mask) {
            return Ok(());
        }
        let reg = match self.place(address) {
            Place::Sum {
                base,
                index: None,
                offset,
            } if offset.cast_unsigned() & mask == 0 => {
                self.keep(base);
                base
            }
            _ => self.reg(address)?,
        };
        if mask & !WORD == 0 && self.pins.aligned() == Some(reg) {
            return Ok(());
        }
        self.leave_if_unaligned(reg, mask)?;
        self.note_aligned(address, mask);
        Ok(())
    }

    /// Leaves for the interpreter if what this guest instruction is about to write to the
    /// register that is a multiple of four is not. It interprets until that is so again.
    ///
    /// The instruction is executed again then, so this is found out before its first
    /// write.
    pub(super) fn keep_aligned(&mut self) -> Result<()> {
        if self.pins.aligned().is_none() {
            return Ok(());
        }
        let unit = self.input.unit;
        let (insts, layout) = (&unit.insts, self.input.layout);
        let rest = insts[self.index as usize..self.block_end].iter();
        let mut rest = rest.take_while(|inst| !matches!(inst, Inst::Guest { .. }));
        let Some(&Inst::Set { value, .. }) = rest.find(|inst| layout.is_refusable(insts, inst))
        else {
            return Ok(());
        };
        if self.is_aligned(value, WORD) {
            return Ok(());
        }
        let before = insts[..self.index as usize].iter().rev();
        let changes = before
            .take_while(|inst| !matches!(inst, Inst::Guest { .. }))
            .any(|inst| match inst {
                Inst::Set { .. } => true,
                // An embedder may not be asked twice.
                Inst::Load { .. } => self.input.lowering == MemoryLowering::Callback,
                inst => inst.exposes_state(),
            });
        if changes || self.ahead.is_some() || value.0 >= self.index {
            return Err(CompileError::Unsupported);
        }
        let reg = self.reg(value)?;
        self.leave_if_unaligned(reg, WORD)?;
        self.note_aligned(value, WORD);
        Ok(())
    }

    fn leave_if_unaligned(&mut self, reg: Reg, mask: u32) -> Result<()> {
        let test = if mask == 1 {
            InRegister::Bit {
                reg,
                bit: 0,
                set: true,
            }
        } else {
            let low = self.take_scratch()?;
            self.low_bits(low, reg, mask)?;
            self.release(low);
            InRegister::Zero {
                reg: low,
                zero: false,
            }
        };
        // Last, since to vacate a register moves flags.
        let flags = self.architectural_sources(FlagSet::ALL)?;
        self.side_exit(Test::Register(test), Why::Interpret, self.location, flags);
        Ok(())
    }

    fn low_bits(&mut self, to: Reg, from: Reg, mask: u32) -> Result<()> {
        let immediate = logical_immediate(mask.into(), Width::W32);
        let immediate = immediate.ok_or(CompileError::Unsupported)?;
        self.asm
            .logic_imm(Logic::And, Width::W32, to, from, immediate);
        Ok(())
    }

    fn note_aligned(&mut self, value: Value, mask: u32) {
        self.alignment.known.note(self.input.unit, value, mask);
    }

    /// Tells whether an address is known to be aligned.
    pub(super) fn is_aligned(&self, address: Value, mask: u32) -> bool {
        let position = self.alignment.position;
        if self.scratch.alignments.is_known(position, address, mask) {
            return true;
        }
        let known = &self.alignment.known;
        known.contains(self.input.unit, address, mask)
    }

    /// Looks, before a loop, at the registers that must be aligned in it.
    pub(super) fn enter_aligned_loop(&mut self, position: usize, flags: Sources) -> Result<()> {
        let sets = self.scratch.alignments.looked_at(position);
        for (set, mask) in sets.into_iter().zip(MASKS) {
            let mut all: Option<Reg> = None;
            for pin in (0..PINNED).filter(|pin| set & 1 << pin != 0).map(Reg) {
                all = Some(match all {
                    None => pin,
                    Some(before) => {
                        let to = Reg::X17;
                        self.asm
                            .logic(Logic::Orr, false, Width::W32, to, before, pin.into());
                        to
                    }
                });
            }
            let Some(all) = all else { continue };
            self.low_bits(Reg::X17, all, mask)?;
            let test = InRegister::Zero {
                reg: Reg::X17,
                zero: false,
            };
            self.side_exit(Test::Register(test), Why::Interpret, self.location, flags);
        }
        Ok(())
    }
}
