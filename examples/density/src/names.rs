//! Names for what A64 code spends beside one instruction for each guest instruction.

use core::mem::offset_of;
use core::ops::{AddAssign, Index, IndexMut};

use dbt_core::host::VcpuContext;
use dbt_core::ir::{IndirectKind, Inst, Terminator};

/// What a host instruction is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(usize)]
pub(crate) enum Name {
    /// The one that does what the guest instruction does.
    Own,
    /// Further accesses of the same guest instruction.
    Access,
    /// Tests of an address's alignment.
    Alignment,
    /// Parts of an address.
    Address,
    /// The new base register of an access.
    Writeback,
    /// Further arithmetic.
    Arithmetic,
    /// Selection and skipping.
    Conditional,
    /// Flags that are moved, saved or made again.
    Flags,
    /// Constants.
    Constants,
    /// Copies of registers.
    Moves,
    /// State and spilled values in memory.
    Slots,
    /// Looking whether an interrupt is wanted.
    Polls,
    /// Guest calls.
    Calls,
    /// Returns of guest calls.
    Returns,
    /// Other branches to where a register says.
    Lookups,
    /// Branches between blocks and out of units.
    Exits,
}

pub(crate) const NAMES: [&str; 16] = [
    "own",
    "access",
    "align",
    "address",
    "writeback",
    "arith",
    "cond",
    "flags",
    "const",
    "moves",
    "slots",
    "polls",
    "calls",
    "returns",
    "lookups",
    "exits",
];

/// Numbers of instructions, by name.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Named([u64; NAMES.len()]);

impl Named {
    pub(crate) fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        NAMES.into_iter().zip(self.0)
    }

    /// Makes one of them, the most telling, that of the guest instruction itself.
    pub(crate) fn own(mut self) -> Self {
        const ORDER: [Name; 14] = [
            Name::Access,
            Name::Arithmetic,
            Name::Conditional,
            Name::Calls,
            Name::Returns,
            Name::Lookups,
            Name::Slots,
            Name::Constants,
            Name::Moves,
            Name::Exits,
            Name::Writeback,
            Name::Flags,
            Name::Address,
            Name::Alignment,
        ];
        let accesses = self[Name::Access] > 0;
        if let Some(name) = ORDER.into_iter().find(|name| self[*name] > 0) {
            self[name] -= 1;
            self[Name::Own] += 1;
        }
        if accesses {
            for name in [Name::Arithmetic, Name::Moves] {
                self[Name::Writeback] += self[name];
                self[name] = 0;
            }
        }
        self
    }
}

impl Index<Name> for Named {
    type Output = u64;

    fn index(&self, name: Name) -> &u64 {
        &self.0[name as usize]
    }
}

impl IndexMut<Name> for Named {
    fn index_mut(&mut self, name: Name) -> &mut u64 {
        &mut self.0[name as usize]
    }
}

impl AddAssign for Named {
    fn add_assign(&mut self, other: Self) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum += more;
        }
    }
}

/// Tells whether an instruction is a load or store with an immediate offset from the
/// context register, and of which offset.
fn context_offset(word: u32) -> Option<i64> {
    if word >> 5 & 31 != 19 {
        return None;
    }
    let unscaled = word & 0x3b20_0c00 == 0x3800_0000;
    let scaled = word & 0x3b00_0000 == 0x3900_0000;
    let pair = word & 0x3b00_0000 == 0x2900_0000;
    if unscaled {
        return Some(i64::from((word << 11).cast_signed() >> 23));
    }
    (scaled || pair).then(|| i64::from(word >> 10 & 0xfff) << (word >> 30))
}

/// Names an instruction by its own looks, if these suffice.
fn by_looks(word: u32) -> Option<Name> {
    let interrupt = i64::try_from(offset_of!(VcpuContext, interrupt)).unwrap_or(i64::MAX);
    let reads_or_writes_flags = word & !(1 << 21 | 31) == 0xd51b_4200;
    let rotates_to_flags = word & 0xffe0_7c10 == 0xba00_0400;
    if reads_or_writes_flags || rotates_to_flags {
        return Some(Name::Flags);
    }
    match context_offset(word) {
        Some(offset) if offset == interrupt => Some(Name::Polls),
        Some(_) => Some(Name::Slots),
        None => None,
    }
}

const fn is_load_or_store(word: u32) -> bool {
    word & 0x0a00_0000 == 0x0800_0000
}

const fn is_branch(word: u32) -> bool {
    word & 0x1c00_0000 == 0x1400_0000
}

/// `MOVZ`, `MOVN` or `MOVK`, `ORR` of a constant with zero, or `LDR` of a literal.
const fn is_constant(word: u32) -> bool {
    word >> 24 == 0x18 || word & 0x1f80_0000 == 0x1280_0000 || word & 0x7f80_03e0 == 0x3200_03e0
}

/// `MOV` of a register.
const fn is_move(word: u32) -> bool {
    word & 0x7fe0_ffe0 == 0x2a00_03e0
}

/// Names the instructions that an IR instruction became.
pub(crate) fn of_inst(inst: &Inst, words: &[u32], into: &mut Named) {
    let access = matches!(
        inst,
        Inst::Load { .. }
            | Inst::Store { .. }
            | Inst::LoadVector { .. }
            | Inst::StoreVector { .. }
            | Inst::StoreExclusive { .. }
    );
    let mut before = Name::Own;
    for (index, word) in words.iter().enumerate() {
        // What looks at an address lies before a branch.
        let ahead = words[index..].iter().any(|word| is_branch(*word));
        let name = match by_looks(*word) {
            Some(name) => name,
            None if before == Name::Polls => Name::Polls,
            None if access && is_load_or_store(*word) => Name::Access,
            None if access && ahead => Name::Alignment,
            None if access => Name::Address,
            None if is_constant(*word) => Name::Constants,
            None if is_move(*word) => Name::Moves,
            None => match inst {
                Inst::ExitIf { .. } | Inst::Select { .. } => Name::Conditional,
                Inst::NzFlags { .. }
                | Inst::NzcFlags { .. }
                | Inst::Get { .. }
                | Inst::FlagsFromPsr { .. }
                | Inst::FlagsToPsr { .. } => Name::Flags,
                Inst::Set { .. } if is_branch(*word) => Name::Conditional,
                _ => Name::Arithmetic,
            },
        };
        into[name] += 1;
        before = by_looks(*word).unwrap_or(Name::Own);
    }
}

/// Names the instructions at the end of a block.
pub(crate) fn of_end(end: &Terminator, words: &[u32], into: &mut Named) {
    let mut before = Name::Own;
    for word in words {
        let name = match by_looks(*word) {
            Some(name) => name,
            None if before == Name::Polls => Name::Polls,
            None if is_vector_move(*word) => Name::Moves,
            None => of_terminator(end),
        };
        into[name] += 1;
        before = by_looks(*word).unwrap_or(Name::Own);
    }
}

/// `FMOV Sd, Sn`, `FMOV Dd, Dn` or `MOV Vd.16B, Vn.16B`.
const fn is_vector_move(word: u32) -> bool {
    let is_quad = word & 0xffe0_fc00 == 0x4ea0_1c00 && word >> 16 & 31 == word >> 5 & 31;
    word & 0xffbf_fc00 == 0x1e20_4000 || is_quad
}

/// Names what an end of a block is.
pub(crate) const fn of_terminator(end: &Terminator) -> Name {
    match end {
        Terminator::Call { .. } => Name::Calls,
        Terminator::Indirect { kind, .. } => match kind {
            IndirectKind::Jump => Name::Lookups,
            IndirectKind::Call { .. } => Name::Calls,
            IndirectKind::Return => Name::Returns,
        },
        Terminator::Jump(_) | Terminator::Trap { .. } => Name::Exits,
    }
}

/// Names the instructions before a block's first.
pub(crate) fn of_head(words: &[u32], into: &mut Named) {
    let mut before = Name::Own;
    for (index, word) in words.iter().enumerate() {
        // What looks at addresses before a loop lies before a branch.
        let ahead = words[index..].iter().any(|word| word >> 24 == 0x35);
        let name = match by_looks(*word) {
            Some(name) => name,
            None if before == Name::Polls => Name::Polls,
            None if ahead => Name::Alignment,
            None if word >> 26 == 0b00_0101 => Name::Exits,
            None => Name::Flags,
        };
        into[name] += 1;
        before = by_looks(*word).unwrap_or(Name::Own);
    }
}
