//! Flags on the way from block to block.
//!
//! **Problem.** Flags can be split: N and Z in the host's flags, C and V in a register.
//! That makes the frequent instructions cheap that set N and Z of a logical result. But
//! after a comparison all four are in the host's flags, and to save two of them is an
//! instruction that most successors have no use for.
//!
//! **Approach.** Each block of a unit expects the flags in one of two forms, which the
//! first edge to it decides: it passes on what it has. Edges that come later convert,
//! if need be, off the main path. The head of a loop is reached from outside first,
//! so its form is decided by what the block that jumps back to it has. A fragment has an
//! entry for each form; what the two take to become one is nothing if the unit sets C
//! and V before anybody could see them.

use dbt_core::analysis::FlagSet;
use dbt_core::ir::{BlockId, Inst, Target, Terminator, Width};

use super::{Lowering, Result};
use crate::asm::{IndirectBranch, Logic, Shift, add_immediate, logical_immediate};
use crate::flags::{Comparison, Flag, Form, Operand, Source, Sources};
use crate::regs::{Reg, SCRATCH};

/// How flags get from where they are to where they are expected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conversion {
    from: Sources,
    live: FlagSet,
    to: Form,
}

impl Conversion {
    /// Nothing to do.
    pub(super) const NONE: Self = Self {
        from: Sources::SPLIT,
        live: FlagSet::NONE,
        to: Form::Split,
    };

    /// From one form to another.
    pub(super) const fn between(from: Form, live: FlagSet, to: Form) -> Self {
        Self {
            from: from.sources(),
            live,
            to,
        }
    }

    /// The form that it leads to.
    pub(super) const fn form(&self) -> Form {
        self.to
    }

    /// Tells whether it takes no instruction.
    pub(super) fn is_empty(&self) -> bool {
        let expected = self.to.sources();
        Flag::each(self.live).all(|flag| self.from.of(flag) == expected.of(flag))
    }
}

impl Lowering<'_> {
    /// Decides where a block expects flags, if no edge has.
    pub(super) fn enter_block(&mut self, id: BlockId) -> Form {
        let form = match self.scratch.forms[id.index()] {
            Some(form) => form,
            None => self.form_of_loop(id).unwrap_or(self.ways.outside),
        };
        self.scratch.forms[id.index()] = Some(form);
        form
    }

    /// Emits what it takes that flags are as the unit's first block expects them. Returns
    /// the entries of those who have them in each form; others may come from outside, too.
    pub(super) fn enter_with_flags(&mut self, from_outside: bool) -> Result<[u32; 2]> {
        let id = BlockId::ENTRY;
        let form = self.scratch.forms[id.index()].unwrap_or(self.ways.outside);
        let other = match form {
            Form::Full => Form::Split,
            Form::Split => Form::Full,
        };
        let live = self.scratch.liveness.live_in(id);
        let conversion = Conversion::between(other, live, form);
        let converting = self.begin_entry(other, from_outside);
        self.convert(&conversion)?;
        let direct = self.begin_entry(form, from_outside);
        let mut entries = [direct; 2];
        if !conversion.is_empty() {
            entries[usize::from(self.entry_of(other))] = converting;
        }
        Ok(entries)
    }

    /// Begins the entry for a form and returns where direct exits enter.
    fn begin_entry(&mut self, form: Form, from_outside: bool) -> u32 {
        if from_outside && self.entry_of(form) == 0 {
            self.outside = self.asm.offset();
            self.ways.target(IndirectBranch::Call, &mut self.asm);
        }
        self.asm.offset()
    }

    /// Returns which of a fragment's entries expects flags in a form.
    pub(super) fn entry_of(&self, form: Form) -> u8 {
        u8::from(form != self.ways.outside)
    }

    /// Returns the form that suits the edges back to a loop's head.
    fn form_of_loop(&self, head: BlockId) -> Option<Form> {
        if !self.scratch.loop_heads[head.index()]
            || !self.scratch.liveness.live_in(head).intersects(FlagSet::CV)
        {
            return None;
        }
        let unit = self.input.unit;
        let mut form = None;
        for block in &unit.blocks {
            let mut last = None;
            for inst in &unit.insts[block.insts.clone()] {
                match *inst {
                    Inst::Set { slot, value } if slot == self.input.layout.flags => {
                        last = Some(value);
                    }
                    Inst::ExitIf { target, .. } if target == Target::Block(head) => {
                        form = last.or(form);
                    }
                    _ => {}
                }
            }
            if block.terminator == Terminator::Jump(Target::Block(head)) {
                form = last.or(form);
            }
        }
        Some(match unit.inst(form?) {
            Inst::NzFlags { .. } | Inst::NzcFlags { .. } | Inst::Const { .. } => Form::Split,
            _ => Form::Full,
        })
    }

    /// Returns how the architectural flags get to `target`, whose form this edge
    /// decides if it is the first.
    pub(super) fn conversion(&mut self, target: Target) -> Result<Conversion> {
        let (live, decided) = match target {
            Target::Exit(_) => return self.leaving(None),
            Target::Block(id) => (
                self.scratch.liveness.live_in(id),
                self.scratch.forms[id.index()].or_else(|| self.form_of_loop(id)),
            ),
        };
        let from = self.architectural_sources(live)?;
        let to = decided.unwrap_or_else(|| {
            let in_host = |flag: Flag| from.of(flag) == Source::Host;
            let carry = live & FlagSet::CV;
            match !carry.is_empty() && Flag::each(carry).all(in_host) {
                true => Form::Full,
                false => Form::Split,
            }
        });
        if let Target::Block(id) = target {
            self.scratch.forms[id.index()] = Some(to);
        }
        Ok(Conversion { from, live, to })
    }

    /// Returns how the architectural flags get out of the unit, in a certain form or in
    /// the one that takes less.
    pub(super) fn leaving(&self, to: Option<Form>) -> Result<Conversion> {
        let live = FlagSet::ALL;
        let from = self.architectural_sources(live)?;
        let to = to.unwrap_or_else(|| {
            let full = match from.common(live) {
                Some(Source::Host | Source::Compare(_)) => true,
                _ => {
                    self.features.flagm
                        && from.common(FlagSet::CV) != Some(Source::Word(Reg::CARRY))
                }
            };
            if full { Form::Full } else { Form::Split }
        });
        Ok(Conversion { from, live, to })
    }

    /// Converts flags. Scratch registers that are not kept are lost.
    pub(super) fn convert(&mut self, conversion: &Conversion) -> Result<()> {
        let Conversion { from, live, to } = *conversion;
        if conversion.is_empty() {
            return Ok(());
        }
        let host = match to {
            Form::Full => live,
            Form::Split => live & FlagSet::NZ,
        };
        let carry = live - host;
        if carry.is_empty() || self.convert_carry(&from, host, carry)? {
            return self.convert_host(&from, host);
        }
        if self.rotate_to_host(&from, live) {
            self.asm.read_flags(Reg::CARRY);
            return Ok(());
        }
        // Whatever it is: all in a word, from which both are set.
        let word = self.assemble(&from, live, self.busy)?;
        self.asm.mov(Width::W64, Reg::CARRY, word);
        self.asm.write_flags(word);
        Ok(())
    }

    /// Puts C and V in their register, the simple way; false if there is none that
    /// leaves the sources of `host` alone.
    fn convert_carry(&mut self, from: &Sources, host: FlagSet, carry: FlagSet) -> Result<bool> {
        let uses =
            |reg: Reg| Flag::each(host).any(|flag| from.of(flag).registers() & 1 << reg.0 != 0);
        let v_stays = !Flag::V.is_in(carry) || from.of(Flag::V) == Source::Word(Reg::CARRY);
        Ok(match from.common(carry) {
            Some(Source::Word(Reg::CARRY)) => true,
            _ if uses(Reg::CARRY) => false,
            _ if v_stays && let Source::Bit(reg, bit) = from.of(Flag::C) => {
                self.bit_to_carry(Reg::CARRY, reg, bit);
                true
            }
            Some(Source::Host) => {
                self.asm.read_flags(Reg::CARRY);
                true
            }
            Some(Source::Word(reg)) => {
                self.asm.mov(Width::W64, Reg::CARRY, reg);
                true
            }
            Some(Source::Compare(comparison))
                if !Flag::each(host).any(|flag| from.of(flag) == Source::Host) =>
            {
                self.emit_comparison(comparison);
                self.asm.read_flags(Reg::CARRY);
                true
            }
            _ => false,
        })
    }

    /// Sets C in a word to a bit of a register. The link register is lost.
    pub(super) fn bit_to_carry(&mut self, word: Reg, reg: Reg, bit: u32) {
        let mut from = reg;
        if bit != 0 {
            // Nothing else uses the link register within a fragment.
            from = Reg::LINK;
            self.asm.shift_imm(Shift::Lsr, Width::W32, from, reg, bit);
        }
        self.asm.insert(word, from, Flag::C.bit(), 1);
    }

    /// Puts flags in the host's flags.
    fn convert_host(&mut self, from: &Sources, mask: FlagSet) -> Result<()> {
        match from.common(mask) {
            None if mask.is_empty() => return Ok(()),
            Some(Source::Host) => return Ok(()),
            Some(Source::Word(reg)) => {
                self.asm.write_flags(reg);
                return Ok(());
            }
            Some(Source::Compare(comparison)) => {
                self.emit_comparison(comparison);
                return Ok(());
            }
            Some(Source::Result(reg)) => {
                self.emit_test(reg);
                return Ok(());
            }
            _ => {}
        }
        if mask == FlagSet::NZ
            && let [Source::Known(n), Source::Known(z), ..] = from.0
        {
            self.known_sign(n, z);
            return Ok(());
        }
        if self.rotate_to_host(from, mask) {
            return Ok(());
        }
        let word = self.assemble(from, mask, self.busy)?;
        self.asm.write_flags(word);
        Ok(())
    }

    /// Puts flags in the host's by FEAT_FlagM: what an instruction sets first, then bits of
    /// registers, from one register after the other. False, and nothing is emitted, if that
    /// does not do. The link register is lost.
    fn rotate_to_host(&mut self, from: &Sources, mask: FlagSet) -> bool {
        let is_set = |source: &Source| matches!(source, Source::Compare(_) | Source::Result(_));
        let mut sources = Flag::each(mask).map(|flag| from.of(flag));
        if !self.features.flagm || sources.any(|source| source == Source::Known(true)) {
            return false;
        }
        let with = |such: &dyn Fn(&Source) -> bool| {
            let mut each = Flag::each(mask).map(|flag| from.of(flag));
            each.find(such)
        };
        let first = with(&is_set);
        let second = with(&|source| is_set(source) && Some(*source) != first);
        let host = with(&|source| *source == Source::Host);
        let third = with(&|source| is_set(source) && ![first, second].contains(&Some(*source)));
        // Of two that change the host's flags, one is saved from the other.
        let (saved, last) = match (host.or(second), first) {
            _ if third.is_some() || (host.is_some() && second.is_some()) => return false,
            (saved, Some(last)) => (saved, Some(last)),
            (_, None) => (None, host),
        };
        if let Some(source) = saved {
            self.set_host(source);
            self.asm.read_flags(Reg::LINK);
        }
        if let Some(source) = last {
            self.set_host(source);
        }
        let cleared = match last {
            Some(Source::Result(_)) => FlagSet::CV,
            _ => FlagSet::NONE,
        };
        let mut left = mask;
        while let Some(flag) = Flag::each(left).next() {
            let source = from.of(flag);
            let same = Flag::each(left).filter(|flag| from.of(*flag) == source);
            let here = same.fold(FlagSet::NONE, |all, flag| all | flag.set());
            left -= here;
            let word = match source {
                _ if Some(source) == last => continue,
                _ if Some(source) == saved => Reg::LINK,
                Source::Word(reg) => reg,
                Source::Bit(reg, bit) => {
                    let rotation = (bit + 64 - (flag.bit() - Flag::V.bit())) % 64;
                    self.asm.rotate_to_flags(reg, rotation, here.bits().into());
                    continue;
                }
                Source::Known(_) if (here - cleared).is_empty() => continue,
                _ => Reg::ZERO,
            };
            let rotation = Flag::V.bit();
            self.asm.rotate_to_flags(word, rotation, here.bits().into());
        }
        true
    }

    /// Emits the instruction that sets the host's flags to a source's.
    fn set_host(&mut self, source: Source) {
        match source {
            Source::Compare(comparison) => self.emit_comparison(comparison),
            Source::Result(reg) => self.emit_test(reg),
            _ => {}
        }
    }

    /// Sets N and Z by one instruction; C and V are lost. The context's address is
    /// neither zero nor negative.
    fn known_sign(&mut self, n: bool, z: bool) {
        let (zero, positive) = (Reg::ZERO, Reg::CONTEXT);
        let width = Width::W64;
        match (n, z) {
            (_, true) => self.asm.add_reg(true, true, width, zero, zero, zero.into()),
            (false, false) => {
                self.asm
                    .logic(Logic::Ands, false, width, zero, positive, positive.into());
            }
            (true, false) => self
                .asm
                .add_reg(true, true, width, zero, zero, positive.into()),
        }
    }

    /// Returns a register that nothing of `avoid` names.
    fn free_of(&self, avoid: u32) -> Result<Reg> {
        SCRATCH
            .into_iter()
            .find(|reg| avoid & 1 << reg.0 == 0)
            .ok_or(dbt_core::host::CompileError::Unsupported)
    }

    /// Puts flags from wherever they are in their bits of a register that is free of
    /// `avoid`. Other bits are zero; the host's flags are lost.
    pub(super) fn assemble(&mut self, from: &Sources, mask: FlagSet, avoid: u32) -> Result<Reg> {
        let avoid = avoid | from.registers();
        let word = self.free_of(avoid)?;
        let other = self.free_of(avoid | 1 << word.0)?;
        let mut begun = false;
        let mut left = mask;
        // The host's flags come first: the other sources change them.
        for host_first in [true, false] {
            while let Some(flag) =
                Flag::each(left).find(|flag| (from.of(*flag) == Source::Host) == host_first)
            {
                let source = from.of(flag);
                let same = |flag: &Flag| from.of(*flag) == source;
                let here = Flag::each(left)
                    .filter(same)
                    .fold(FlagSet::NONE, |all, flag| all | flag.set());
                left -= here;
                let to = if begun { other } else { word };
                self.piece(source, here, to);
                if begun {
                    self.asm
                        .logic(Logic::Orr, false, Width::W32, word, word, other.into());
                }
                begun = true;
            }
        }
        if !begun {
            self.asm.mov_imm(word, 0);
        }
        Ok(word)
    }

    /// Sets `to` to the flags of `mask`, from one source, and zeroes.
    fn piece(&mut self, source: Source, mask: FlagSet, to: Reg) {
        let from = match source {
            Source::Host => {
                self.asm.read_flags(to);
                to
            }
            Source::Word(reg) => reg,
            Source::Compare(comparison) => {
                self.emit_comparison(comparison);
                self.asm.read_flags(to);
                to
            }
            Source::Result(reg) => {
                self.emit_test(reg);
                self.asm.read_flags(to);
                to
            }
            Source::Bit(reg, from) => {
                let bit = Flag::each(mask).next().map_or(0, Flag::bit);
                self.asm.extract(false, Width::W32, to, reg, from, 1);
                self.asm.shift_imm(Shift::Lsl, Width::W32, to, to, bit);
                return;
            }
            Source::Known(value) => {
                let bits = if value {
                    u64::from(mask.bits()) << 28
                } else {
                    0
                };
                self.asm.mov_imm(to, bits);
                return;
            }
            Source::None => {
                self.asm.mov_imm(to, 0);
                return;
            }
        };
        self.mask_word(to, from, mask);
    }

    /// Keeps the bits of a word that `mask` names.
    fn mask_word(&mut self, to: Reg, from: Reg, mask: FlagSet) {
        let bits = u64::from(mask.bits()) << 28;
        if let Some(immediate) = logical_immediate(bits, Width::W32) {
            self.asm
                .logic_imm(Logic::And, Width::W32, to, from, immediate);
            return;
        }
        // A gap in the middle: the flags are cleared one after the other.
        let mut from = from;
        let others = logical_immediate(0xf000_0000, Width::W32);
        let clear = |flag: Flag| logical_immediate(!(1 << flag.bit()) & 0xffff_ffff, Width::W32);
        let cleared = Flag::each(FlagSet::ALL - mask).map(clear);
        for immediate in core::iter::once(others).chain(cleared) {
            self.asm
                .logic_imm(Logic::And, Width::W32, to, from, immediate.unwrap_or(0));
            from = to;
        }
    }

    /// Sets N and Z of a register's value, and clears C and V.
    pub(super) fn emit_test(&mut self, reg: Reg) {
        self.asm
            .logic(Logic::Ands, false, Width::W32, Reg::ZERO, reg, reg.into());
    }

    pub(super) fn emit_comparison(&mut self, comparison: Comparison) {
        let Comparison { add, a, b } = comparison;
        match b {
            Operand::Reg(b) => self
                .asm
                .add_reg(!add, true, Width::W32, Reg::ZERO, a, b.into()),
            // Only constants with an encoding are noted.
            Operand::Imm(b) => {
                let immediate = add_immediate(b.into()).unwrap_or(0);
                self.asm
                    .add_imm(!add, true, Width::W32, Reg::ZERO, a, immediate);
            }
        }
    }
}
